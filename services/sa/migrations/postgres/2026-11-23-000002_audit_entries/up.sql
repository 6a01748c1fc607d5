-- The audit trail: an entry for every change of state of accounts, orders with their certificates, and authorizations.
-- Triggers write it, with the rights of the owner of this schema: whoever changes a state cannot but leave an entry,
-- and needs no right on the entries.

-- The columns are in the order that needs no padding. There are no CHECKs: their text would be parsed for each
-- entry, and nobody but the function below writes them.
CREATE TABLE audit_entries (
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT,
    request BYTEA,
    detail TEXT,
    hash BYTEA NOT NULL,
    PRIMARY KEY (subject, position)
) PARTITION BY RANGE (subject);
CREATE TABLE audit_entries_default PARTITION OF audit_entries DEFAULT;
COMMENT ON TABLE audit_entries IS
    'The audit trail. Entries are added and never altered. Those of a subject leave together.';
COMMENT ON COLUMN audit_entries.subject IS
    'The id of the account, order or authorization. What happens to a certificate is told about its order.';
COMMENT ON COLUMN audit_entries.position IS
    'Counts the entries of the subject from 0.';
COMMENT ON COLUMN audit_entries.at IS
    'When, by the clock of the database.';
COMMENT ON COLUMN audit_entries.event IS
    'What happened, under the name that the audit log has for it.';
COMMENT ON COLUMN audit_entries.state IS
    'The state that it led to, of the thing that the event names.';
COMMENT ON COLUMN audit_entries.actor IS
    'Who caused it, as in the audit log; NULL for the holder of the account.';
COMMENT ON COLUMN audit_entries.request IS
    'The id of the request that led to it; NULL if the writer named no origin, and then the actor is not known either.';
COMMENT ON COLUMN audit_entries.detail IS
    'The serial of a prepared certificate, SHA-256 of an issued one, the reason of a revocation, the problem of a failure, the state before an end, the new owner of a lease, the thumbprint of a new key.';
COMMENT ON COLUMN audit_entries.hash IS
    'SHA-256 over the hash of the subject''s entry before (32 zero octets for the first) and all fields.';

-- Adds an entry about a subject whose row this transaction has locked: that is what makes the position its own.
-- `writer` is the actor if the transaction names no origin. Returns the position.
CREATE FUNCTION audit_append(about BYTEA, happened TEXT, became TEXT, more TEXT, writer TEXT DEFAULT NULL)
RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    previous BYTEA;
    place BIGINT;
    moment BIGINT := extract(epoch FROM clock_timestamp()) * 1000;
    who TEXT := coalesce(nullif(current_setting('cairn.actor', true), ''), writer);
    origin BYTEA := decode(nullif(current_setting('cairn.request', true), ''), 'hex');
BEGIN
    SELECT entry.hash, entry.position + 1 INTO previous, place
    FROM audit_entries AS entry WHERE entry.subject = about ORDER BY entry.position DESC LIMIT 1;
    IF NOT FOUND THEN
        previous := '\x0000000000000000000000000000000000000000000000000000000000000000';
        place := 0;
    END IF;
    INSERT INTO audit_entries (position, at, subject, event, state, actor, request, detail, hash)
    VALUES (
        place, moment, about, happened, became, who, origin, more,
        sha256(
            previous || about || int8send(place) || int8send(moment)
            || int4send(octet_length(happened)) || convert_to(happened, 'UTF8')
            || int4send(octet_length(became)) || convert_to(became, 'UTF8')
            || coalesce(int4send(octet_length(who)) || convert_to(who, 'UTF8'), '\xffffffff')
            || coalesce(int4send(octet_length(origin)) || origin, '\xffffffff')
            || coalesce(int4send(octet_length(more)) || convert_to(more, 'UTF8'), '\xffffffff')
        )
    );
    RETURN place;
END
$$;
COMMENT ON FUNCTION audit_append IS 'Adds an entry to the audit trail.';

-- The argument of a trigger is the event, without the noun before it; none stands for the new status. What audit_append
-- returns is assigned, since PERFORM would run a query of its own.
CREATE FUNCTION audit_account() RETURNS TRIGGER LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place BIGINT;
BEGIN
    place := audit_append(
        NEW.id,
        'account.' || coalesce(TG_ARGV[0], NEW.status),
        NEW.status,
        CASE
            WHEN TG_ARGV[0] IN ('created', 'key_changed') THEN encode(NEW.thumbprint, 'hex')
            WHEN TG_ARGV[0] = 'agreed_to_terms' THEN NEW.terms_agreed
        END
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_account IS 'Tells the audit trail about accounts.';

CREATE TRIGGER audit_account_created AFTER INSERT ON accounts
    FOR EACH ROW EXECUTE FUNCTION audit_account('created');
CREATE TRIGGER audit_account_status AFTER UPDATE OF status ON accounts
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION audit_account();
CREATE TRIGGER audit_account_contact AFTER UPDATE OF contact ON accounts
    FOR EACH ROW EXECUTE FUNCTION audit_account('updated');
CREATE TRIGGER audit_account_terms AFTER UPDATE OF terms_agreed ON accounts
    FOR EACH ROW EXECUTE FUNCTION audit_account('agreed_to_terms');
CREATE TRIGGER audit_account_key AFTER UPDATE OF jwk, thumbprint ON accounts
    FOR EACH ROW EXECUTE FUNCTION audit_account('key_changed');

CREATE FUNCTION audit_order() RETURNS TRIGGER LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place BIGINT;
BEGIN
    IF TG_ARGV[0] = 'created' THEN
        place := audit_append(NEW.id, 'order.created', NEW.status, NULL);
    ELSIF TG_ARGV[0] = 'claimed' THEN
        place := audit_append(NEW.id, 'order.claimed', NEW.status, NEW.lease_owner);
    ELSE
        place := audit_append(
            NEW.id,
            CASE
                WHEN NEW.status = 'processing' THEN 'order.finalizing'
                WHEN NEW.status = 'valid' THEN 'order.finished'
                WHEN NEW.status <> 'invalid' THEN 'order.' || NEW.status
                WHEN OLD.status = 'processing' THEN 'order.failed'
                ELSE 'order.ended'
            END,
            NEW.status,
            CASE
                WHEN NEW.status <> 'invalid' THEN NULL
                WHEN OLD.status = 'processing' THEN NEW.error::JSON ->> 'kind'
                ELSE OLD.status
            END
        );
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_order IS 'Tells the audit trail about orders.';

CREATE TRIGGER audit_order_created AFTER INSERT ON orders
    FOR EACH ROW EXECUTE FUNCTION audit_order('created');
CREATE TRIGGER audit_order_status AFTER UPDATE OF status ON orders
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION audit_order();
-- A lease that is renewed keeps its id.
CREATE TRIGGER audit_order_claimed AFTER UPDATE OF lease_id ON orders
    FOR EACH ROW
    WHEN (NEW.status = 'processing' AND OLD.status = 'processing' AND NEW.lease_id IS DISTINCT FROM OLD.lease_id)
    EXECUTE FUNCTION audit_order('claimed');

CREATE FUNCTION audit_authorization() RETURNS TRIGGER LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place BIGINT;
BEGIN
    IF TG_ARGV[0] IS NOT NULL THEN
        place := audit_append(NEW.id, 'authorization.' || TG_ARGV[0], NEW.status, NULL);
    ELSE
        -- What ends with its account has no lease left to show for an attempt.
        place := audit_append(
            NEW.id,
            CASE
                WHEN NEW.status = 'valid' THEN 'authorization.validated'
                WHEN NEW.status <> 'invalid' THEN 'authorization.' || NEW.status
                WHEN NEW.lease_id IS NOT NULL THEN 'authorization.validated'
                ELSE 'authorization.ended'
            END,
            NEW.status,
            CASE
                WHEN NEW.status = 'valid' THEN NULL
                WHEN NEW.status = 'invalid' AND NEW.lease_id IS NOT NULL THEN NEW.error::JSON ->> 'kind'
                ELSE OLD.status
            END
        );
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_authorization IS 'Tells the audit trail about authorizations.';

-- One that was made with an order is pending, as the entry about the order tells.
CREATE TRIGGER audit_authorization_created AFTER INSERT ON authorizations
    FOR EACH ROW WHEN (NEW.order_id IS NULL OR NEW.status <> 'pending')
    EXECUTE FUNCTION audit_authorization('created');
CREATE TRIGGER audit_authorization_status AFTER UPDATE OF status ON authorizations
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION audit_authorization();
CREATE TRIGGER audit_authorization_caa AFTER UPDATE OF caa_checked ON authorizations
    FOR EACH ROW WHEN (NEW.status = OLD.status) EXECUTE FUNCTION audit_authorization('caa_checked');

CREATE FUNCTION audit_challenge() RETURNS TRIGGER LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place BIGINT;
BEGIN
    place := audit_append(
        NEW.id,
        'challenge.' || TG_ARGV[0],
        'processing',
        CASE TG_ARGV[0]
            WHEN 'attempt_failed' THEN NEW.error::JSON ->> 'kind'
            WHEN 'claimed' THEN NEW.lease_owner
        END
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_challenge IS 'Tells the audit trail about the challenges of authorizations.';

CREATE TRIGGER audit_challenge_answered AFTER UPDATE OF answered ON authorizations
    FOR EACH ROW WHEN (NEW.answered IS DISTINCT FROM OLD.answered) EXECUTE FUNCTION audit_challenge('answered');
CREATE TRIGGER audit_challenge_attempt AFTER UPDATE OF error ON authorizations
    FOR EACH ROW WHEN (NEW.status = OLD.status) EXECUTE FUNCTION audit_challenge('attempt_failed');
CREATE TRIGGER audit_challenge_claimed AFTER UPDATE OF lease_id ON authorizations
    FOR EACH ROW
    WHEN (
        NEW.status = 'pending' AND OLD.status = 'pending'
        AND NEW.answered = OLD.answered AND NEW.lease_id IS DISTINCT FROM OLD.lease_id
    )
    EXECUTE FUNCTION audit_challenge('claimed');

-- The order's row is locked for the entry about it. That is also the sequence in which a certificate and its order
-- are changed elsewhere.
CREATE FUNCTION audit_certificate() RETURNS TRIGGER LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    order_status TEXT;
    place BIGINT;
BEGIN
    SELECT status INTO order_status FROM orders WHERE id = NEW.order_id FOR NO KEY UPDATE;
    IF TG_ARGV[0] = 'prepared' THEN
        place := audit_append(
            NEW.order_id,
            'certificate.prepared',
            CASE WHEN NEW.der IS NULL THEN 'prepared' ELSE 'issued' END,
            encode(NEW.serial, 'hex')
        );
    ELSIF TG_ARGV[0] = 'issued' THEN
        place := audit_append(
            NEW.order_id, 'certificate.issued', 'issued', encode(sha256(NEW.der), 'hex')
        );
        -- It is stored before its order moves.
        IF order_status <> 'processing' THEN
            place := audit_append(NEW.order_id, 'certificate.came_late', 'issued', order_status);
        END IF;
    ELSE
        place := audit_append(
            NEW.order_id,
            'certificate.revoked',
            CASE WHEN NEW.revoked IS NULL THEN 'issued' ELSE 'revoked' END,
            NEW.revocation_reason::TEXT,
            NEW.revoked_by
        );
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_certificate IS 'Tells the audit trail about certificates.';

CREATE TRIGGER audit_certificate_prepared AFTER INSERT ON certificates
    FOR EACH ROW EXECUTE FUNCTION audit_certificate('prepared');
CREATE TRIGGER audit_certificate_issued AFTER UPDATE OF der ON certificates
    FOR EACH ROW EXECUTE FUNCTION audit_certificate('issued');
CREATE TRIGGER audit_certificate_revoked
    AFTER UPDATE OF revoked, revocation_reason, revoked_by ON certificates
    FOR EACH ROW EXECUTE FUNCTION audit_certificate('revoked');

-- Nobody but these triggers calls their functions, and so the trail has no other writer: a trigger needs no right
-- on its function, but whoever could make one on a table of their own would.
REVOKE ALL ON FUNCTION audit_append, audit_account, audit_order, audit_authorization, audit_challenge,
    audit_certificate FROM PUBLIC;
DO $$
DECLARE
    part REGCLASS;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cairn_sa') THEN
        RETURN;
    END IF;
    REVOKE ALL ON FUNCTION audit_append, audit_account, audit_order, audit_authorization, audit_challenge,
        audit_certificate FROM cairn_sa;
    REVOKE INSERT, UPDATE, DELETE ON audit_entries FROM cairn_sa;
    -- A row that is deleted would be told by nobody. Receipts of CAA checks make way for newer ones.
    REVOKE DELETE ON accounts, key_changes, orders, authorizations, certificates, replacements FROM cairn_sa;
    -- Statements on a table need no right on its partitions, and nothing else names them.
    FOR part IN SELECT oid FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'public'::REGNAMESPACE
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM cairn_sa', part);
    END LOOP;
END
$$;

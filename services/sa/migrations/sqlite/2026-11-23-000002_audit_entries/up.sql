-- The audit trail: an entry for every change of state of accounts, orders with their certificates, and authorizations.
-- Triggers write it, by functions of the program: a connection without them cannot change anything.

-- Entries are added and never altered. Those of a subject leave together.
CREATE TABLE audit_entries (
    -- The id of the account, order or authorization. What happens to a certificate is told about its order.
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    -- Counts the entries of the subject from 0.
    position INTEGER NOT NULL,
    -- When, by the clock of the database.
    at INTEGER NOT NULL,
    -- What happened, under the name that the audit log has for it.
    event TEXT NOT NULL,
    -- The state that it led to, of the thing that the event names.
    state TEXT NOT NULL,
    -- Who caused it, as in the audit log; NULL for the holder of the account.
    actor TEXT,
    -- The id of the request that led to it; NULL if the writer named no origin, and then the actor is not known either.
    request BLOB,
    -- The serial of a prepared certificate, SHA-256 of an issued one, the reason of a revocation, the problem of a
    -- failure, the state before an end, the new owner of a lease, the thumbprint of a new key.
    detail TEXT,
    -- SHA-256 over the hash of the subject's entry before (32 zero octets for the first) and all fields.
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (subject, position)
) STRICT, WITHOUT ROWID;

-- What triggers write to. `actor` is for changes whose writer named no origin.
CREATE VIEW audit_trail AS SELECT subject, event, state, detail, actor FROM audit_entries;

CREATE TRIGGER audit_trail_chain INSTEAD OF INSERT ON audit_trail
BEGIN
    -- An aggregate over the last entry gives one row also where there is none.
    INSERT INTO audit_entries (subject, position, at, event, state, actor, request, detail, hash)
    SELECT
        NEW.subject,
        coalesce(max(position) + 1, 0),
        CAST(round(unixepoch('subsec') * 1000) AS INTEGER),
        NEW.event,
        NEW.state,
        coalesce(audit_actor(), NEW.actor),
        audit_request(),
        NEW.detail,
        audit_hash(
            hash,
            NEW.subject,
            coalesce(max(position) + 1, 0),
            CAST(round(unixepoch('subsec') * 1000) AS INTEGER),
            NEW.event,
            NEW.state,
            coalesce(audit_actor(), NEW.actor),
            audit_request(),
            NEW.detail
        )
    FROM audit_entries WHERE subject = NEW.subject;
END;

CREATE TRIGGER audit_account_created AFTER INSERT ON accounts
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'account.created', NEW.status, lower(hex(NEW.thumbprint)));
END;

CREATE TRIGGER audit_account_status AFTER UPDATE OF status ON accounts
WHEN NEW.status <> OLD.status
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'account.' || NEW.status, NEW.status);
END;

CREATE TRIGGER audit_account_contact AFTER UPDATE OF contact ON accounts
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'account.updated', NEW.status);
END;

CREATE TRIGGER audit_account_terms AFTER UPDATE OF terms_agreed ON accounts
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'account.agreed_to_terms', NEW.status, NEW.terms_agreed);
END;

CREATE TRIGGER audit_account_key AFTER UPDATE OF jwk, thumbprint ON accounts
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'account.key_changed', NEW.status, lower(hex(NEW.thumbprint)));
END;

CREATE TRIGGER audit_order_created AFTER INSERT ON orders
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'order.created', NEW.status);
END;

CREATE TRIGGER audit_order_status AFTER UPDATE OF status ON orders
WHEN NEW.status <> OLD.status
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (
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
            WHEN OLD.status = 'processing' THEN json_extract(NEW.error, '$.kind')
            ELSE OLD.status
        END
    );
END;

-- A lease that is renewed keeps its id.
CREATE TRIGGER audit_order_claimed AFTER UPDATE OF lease_id ON orders
WHEN NEW.status = 'processing' AND OLD.status = 'processing' AND NEW.lease_id IS NOT OLD.lease_id
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'order.claimed', NEW.status, NEW.lease_owner);
END;

-- One that was made with an order is pending, as the entry about the order tells.
CREATE TRIGGER audit_authorization_created AFTER INSERT ON authorizations
WHEN NEW.order_id IS NULL OR NEW.status <> 'pending'
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'authorization.created', NEW.status);
END;

-- What ends with its account has no lease left to show for an attempt.
CREATE TRIGGER audit_authorization_status AFTER UPDATE OF status ON authorizations
WHEN NEW.status <> OLD.status
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (
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
            WHEN NEW.status = 'invalid' AND NEW.lease_id IS NOT NULL THEN json_extract(NEW.error, '$.kind')
            ELSE OLD.status
        END
    );
END;

CREATE TRIGGER audit_authorization_caa AFTER UPDATE OF caa_checked ON authorizations
WHEN NEW.status = OLD.status
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'authorization.caa_checked', NEW.status);
END;

CREATE TRIGGER audit_challenge_answered AFTER UPDATE OF answered ON authorizations
WHEN NEW.answered IS NOT OLD.answered
BEGIN
    INSERT INTO audit_trail (subject, event, state) VALUES (NEW.id, 'challenge.answered', 'processing');
END;

CREATE TRIGGER audit_challenge_attempt AFTER UPDATE OF error ON authorizations
WHEN NEW.status = OLD.status
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'challenge.attempt_failed', 'processing', json_extract(NEW.error, '$.kind'));
END;

CREATE TRIGGER audit_challenge_claimed AFTER UPDATE OF lease_id ON authorizations
WHEN NEW.status = 'pending' AND OLD.status = 'pending'
    AND NEW.answered = OLD.answered AND NEW.lease_id IS NOT OLD.lease_id
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.id, 'challenge.claimed', 'processing', NEW.lease_owner);
END;

CREATE TRIGGER audit_certificate_prepared AFTER INSERT ON certificates
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (
        NEW.order_id,
        'certificate.prepared',
        CASE WHEN NEW.der IS NULL THEN 'prepared' ELSE 'issued' END,
        lower(hex(NEW.serial))
    );
END;

-- It is stored before its order moves.
CREATE TRIGGER audit_certificate_issued AFTER UPDATE OF der ON certificates
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail)
    VALUES (NEW.order_id, 'certificate.issued', 'issued', audit_fingerprint(NEW.der));
    INSERT INTO audit_trail (subject, event, state, detail)
    SELECT id, 'certificate.came_late', 'issued', status FROM orders
    WHERE id = NEW.order_id AND status <> 'processing';
END;

CREATE TRIGGER audit_certificate_revoked AFTER UPDATE OF revoked, revocation_reason, revoked_by ON certificates
BEGIN
    INSERT INTO audit_trail (subject, event, state, detail, actor)
    VALUES (
        NEW.order_id,
        'certificate.revoked',
        CASE WHEN NEW.revoked IS NULL THEN 'issued' ELSE 'revoked' END,
        CAST(NEW.revocation_reason AS TEXT),
        NEW.revoked_by
    );
END;

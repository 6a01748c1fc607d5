-- Conventions of every table:
--   Ids are the 16 octets of a UUIDv7. Moments are milliseconds since 1970-01-01T00:00:00Z. States are the
--   texts of RFC 8555 section 7.1.6. JSON columns hold what cairn-types serialises. There are no secrets.
--   A stored state moves only by an UPDATE that names the state it expects. What time alone does to a
--   state (a pending order that is past its time is invalid) is not stored but derived by the reader.
--   Only accounts are the target of foreign keys: the other tables leave by age.
--   A lease (lease_id, lease_owner, lease_deadline) is the right to do a piece of work. While the work is in
--   flight all three are set; when it has ended only lease_id stays, to recognise a repeated last call.
--   Tables that grow are partitioned by time, on the moment in a UUIDv7 or the day in a serial, and leave by the
--   partition. What fits no partition goes into the default one, and moves when its partition is made.

CREATE TABLE accounts (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    jwk TEXT NOT NULL,
    thumbprint BYTEA NOT NULL UNIQUE CHECK (octet_length(thumbprint) = 32),
    status TEXT NOT NULL CHECK (status IN ('valid', 'deactivated', 'revoked')),
    contact TEXT NOT NULL,
    terms_agreed TEXT,
    external_account_binding TEXT,
    external_account_key TEXT UNIQUE,
    created BIGINT NOT NULL
);
COMMENT ON TABLE accounts IS
    'Clients (RFC 8555 section 7.1.2). They stay for good.';
COMMENT ON COLUMN accounts.id IS
    'UUIDv7, part of the account''s URL.';
COMMENT ON COLUMN accounts.jwk IS
    'The public key as a canonical JWK.';
COMMENT ON COLUMN accounts.thumbprint IS
    'RFC 7638: SHA-256 over the JWK. A key belongs to one account.';
COMMENT ON COLUMN accounts.status IS
    'Only ''valid'' moves, to one of the others.';
COMMENT ON COLUMN accounts.contact IS
    'JSON array of contact URLs.';
COMMENT ON COLUMN accounts.terms_agreed IS
    'The URL of the terms of service that were agreed to.';
COMMENT ON COLUMN accounts.external_account_binding IS
    'The verified external account binding (RFC 8555 section 7.3.4), as received.';
COMMENT ON COLUMN accounts.external_account_key IS
    'The id of the external account key; it binds one account.';
COMMENT ON COLUMN accounts.created IS
    'When it was made.';

CREATE TABLE key_changes (
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    position BIGINT NOT NULL,
    request BYTEA NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account_id, position)
);
COMMENT ON TABLE key_changes IS
    'The signed requests that link each key of an account to the one before. They stay as long as the account.';
COMMENT ON COLUMN key_changes.account_id IS
    'Whose key.';
COMMENT ON COLUMN key_changes.position IS
    '0 is the account''s first change of key.';
COMMENT ON COLUMN key_changes.request IS
    'The flattened JWS of RFC 8555 section 7.3.5, as received.';
COMMENT ON COLUMN key_changes.created IS
    'When it was made.';

CREATE TABLE orders (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'ready', 'processing', 'valid', 'invalid')),
    expires BIGINT NOT NULL,
    identifiers TEXT NOT NULL,
    profile TEXT NOT NULL,
    not_before BIGINT,
    not_after BIGINT,
    replaces BYTEA,
    authorizations BYTEA NOT NULL CHECK (octet_length(authorizations) % 16 = 0),
    awaiting BIGINT NOT NULL CHECK (awaiting >= 0),
    error TEXT,
    serial BYTEA CHECK (octet_length(serial) = 16),
    lease_id BYTEA,
    lease_owner TEXT,
    lease_deadline BIGINT,
    created BIGINT NOT NULL,
    request BYTEA
) PARTITION BY RANGE (id);
CREATE TABLE orders_default PARTITION OF orders DEFAULT;
COMMENT ON TABLE orders IS
    'Requests for one certificate each (RFC 8555 section 7.1.3). Of no use after `expires`, except that one with a certificate stays as long as it.';
COMMENT ON COLUMN orders.id IS
    'UUIDv7, part of the order''s URL.';
COMMENT ON COLUMN orders.account_id IS
    'Whose.';
COMMENT ON COLUMN orders.status IS
    'pending -> ready -> processing -> valid; any but valid -> invalid.';
COMMENT ON COLUMN orders.expires IS
    'After this it can no longer be finalized.';
COMMENT ON COLUMN orders.identifiers IS
    'JSON array of identifiers.';
COMMENT ON COLUMN orders.profile IS
    'The name of the certificate profile.';
COMMENT ON COLUMN orders.not_before IS
    'The wanted validity.';
COMMENT ON COLUMN orders.not_after IS
    'The wanted validity.';
COMMENT ON COLUMN orders.replaces IS
    'The serial of the certificate to replace (RFC 9773 section 5).';
COMMENT ON COLUMN orders.authorizations IS
    'The ids of its authorizations, in the order of its identifiers, one after the other. Those that were made with it name it in turn; the others were valid already.';
COMMENT ON COLUMN orders.awaiting IS
    'How many of them are not valid yet. It is counted down by the transaction that makes one valid; the one that reaches 0 makes the order ready.';
COMMENT ON COLUMN orders.error IS
    'JSON problem: why it is invalid.';
COMMENT ON COLUMN orders.serial IS
    'The serial of its certificate, set once, before anything is signed: one order, one serial.';
COMMENT ON COLUMN orders.lease_id IS
    'The lease of the finalization.';
COMMENT ON COLUMN orders.lease_owner IS
    'The lease of the finalization.';
COMMENT ON COLUMN orders.lease_deadline IS
    'The lease of the finalization.';
COMMENT ON COLUMN orders.created IS
    'When it was made.';
COMMENT ON COLUMN orders.request IS
    'The flattened JWS of the finalize request, as received; the certificate request is in it.';
CREATE INDEX orders_account ON orders (account_id, id);
COMMENT ON INDEX orders_account IS
    'An account''s orders, newest first.';
CREATE INDEX orders_open ON orders (account_id, id) WHERE status IN ('pending', 'ready');
COMMENT ON INDEX orders_open IS
    'What the end of an account ends, and what a retried request finds. Rows leave as soon as the order is finalized.';
CREATE INDEX orders_lease ON orders (lease_deadline) WHERE lease_deadline IS NOT NULL;
COMMENT ON INDEX orders_lease IS
    'Finalizations in flight, those that ran out first.';

CREATE TABLE authorizations (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    order_id BYTEA CHECK (octet_length(order_id) = 16),
    identifier_type TEXT NOT NULL,
    identifier TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'valid', 'invalid', 'deactivated', 'revoked')),
    expires BIGINT NOT NULL,
    challenges TEXT NOT NULL,
    answered BYTEA,
    thumbprint BYTEA,
    validated BIGINT,
    caa_checked BIGINT,
    error TEXT,
    lease_id BYTEA,
    lease_owner TEXT,
    lease_deadline BIGINT,
    created BIGINT NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE authorizations_default PARTITION OF authorizations DEFAULT;
COMMENT ON TABLE authorizations IS
    'The right to certificates for one identifier (RFC 8555 section 7.1.4). Worth nothing after `expires`; stays as long as the orders that name it.';
COMMENT ON COLUMN authorizations.id IS
    'UUIDv7, part of the authorization''s URL.';
COMMENT ON COLUMN authorizations.account_id IS
    'Whose.';
COMMENT ON COLUMN authorizations.order_id IS
    'The order that it was made with, the only one that waits for it; NULL if none asked for it. Orders that came later use it only once it is valid.';
COMMENT ON COLUMN authorizations.identifier_type IS
    '''dns'' or ''ip''.';
COMMENT ON COLUMN authorizations.identifier IS
    'As ordered: with ''*.'' if it is for the wildcard.';
COMMENT ON COLUMN authorizations.status IS
    'pending -> valid or invalid; pending or valid -> deactivated; valid -> revoked.';
COMMENT ON COLUMN authorizations.expires IS
    'While pending: until when it may be validated. Once valid: until when it may be used.';
COMMENT ON COLUMN authorizations.challenges IS
    'JSON array of the challenges offered, each with id, type and token. What became of the one that was answered is told by the columns below; the others stay pending.';
COMMENT ON COLUMN authorizations.answered IS
    'The id of the challenge that was answered: processing, or what the authorization became.';
COMMENT ON COLUMN authorizations.thumbprint IS
    'The thumbprint of the account key that control is, or was, proved with.';
COMMENT ON COLUMN authorizations.validated IS
    'When control was proved.';
COMMENT ON COLUMN authorizations.caa_checked IS
    'When CAA records were last found to permit issuance.';
COMMENT ON COLUMN authorizations.error IS
    'JSON problem: why the last attempt failed.';
COMMENT ON COLUMN authorizations.lease_id IS
    'The lease of the validation.';
COMMENT ON COLUMN authorizations.lease_owner IS
    'The lease of the validation.';
COMMENT ON COLUMN authorizations.lease_deadline IS
    'The lease of the validation.';
COMMENT ON COLUMN authorizations.created IS
    'When it was made.';
CREATE INDEX authorizations_validated ON authorizations (account_id, identifier, expires)
    WHERE validated IS NOT NULL;
COMMENT ON INDEX authorizations_validated IS
    'What can be reused, the longest-lived last.';
CREATE INDEX authorizations_unproved ON authorizations (account_id) WHERE validated IS NULL;
COMMENT ON INDEX authorizations_unproved IS
    'What the end of an account ends is among these.';
CREATE INDEX authorizations_lease ON authorizations (lease_deadline) WHERE lease_deadline IS NOT NULL;
COMMENT ON INDEX authorizations_lease IS
    'Validations in flight, those that ran out first.';

CREATE TABLE receipts (
    authorization_id BYTEA NOT NULL,
    position BIGINT NOT NULL,
    created BIGINT NOT NULL,
    receipt BYTEA NOT NULL,
    PRIMARY KEY (authorization_id, position)
) PARTITION BY RANGE (authorization_id);
CREATE TABLE receipts_default PARTITION OF receipts DEFAULT;
COMMENT ON TABLE receipts IS
    'What validators signed. A row lives as long as its authorization.';
COMMENT ON COLUMN receipts.authorization_id IS
    'What it is about.';
COMMENT ON COLUMN receipts.position IS
    'Counts from 0 in the order of arrival.';
COMMENT ON COLUMN receipts.created IS
    'When it arrived: those of the validation when their authorization was validated, those of the last check of CAA after that.';
COMMENT ON COLUMN receipts.receipt IS
    'Encoded by cairn-evidence; opaque here.';

CREATE TABLE certificates (
    serial BYTEA NOT NULL CHECK (octet_length(serial) = 16),
    day BIGINT NOT NULL,
    order_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL REFERENCES accounts (id),
    profile TEXT NOT NULL,
    issuer TEXT NOT NULL,
    identifiers TEXT NOT NULL,
    spki BYTEA NOT NULL CHECK (octet_length(spki) = 32),
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    created BIGINT NOT NULL,
    issued BIGINT,
    revoked BIGINT,
    revocation_reason BIGINT,
    revoked_by TEXT,
    tbs BYTEA NOT NULL,
    der BYTEA,
    PRIMARY KEY (serial, day),
    CHECK ((revoked IS NULL) = (revocation_reason IS NULL) AND (revoked IS NULL) = (revoked_by IS NULL))
) PARTITION BY RANGE (day);
CREATE TABLE certificates_default PARTITION OF certificates DEFAULT;
COMMENT ON TABLE certificates IS
    'What was about to be signed, and what was signed. A row is there before its signature exists. Expires with `not_after`.';
COMMENT ON COLUMN certificates.serial IS
    'The content octets of the serial number: prefix, day, randomness.';
COMMENT ON COLUMN certificates.day IS
    'The day in the serial, in days since 1970-01-01: octets 1 and 2.';
COMMENT ON COLUMN certificates.order_id IS
    'The order it is for. One order, one certificate: the order''s row takes one serial.';
COMMENT ON COLUMN certificates.account_id IS
    'Who ordered it.';
COMMENT ON COLUMN certificates.profile IS
    'The name of the profile that shaped it.';
COMMENT ON COLUMN certificates.issuer IS
    'The id of the issuer in the certificate authority''s configuration.';
COMMENT ON COLUMN certificates.identifiers IS
    'JSON array of identifiers.';
COMMENT ON COLUMN certificates.spki IS
    'SHA-256 over the SubjectPublicKeyInfo.';
COMMENT ON COLUMN certificates.not_before IS
    'Its validity, both ends inclusive.';
COMMENT ON COLUMN certificates.not_after IS
    'Its validity, both ends inclusive.';
COMMENT ON COLUMN certificates.created IS
    'When the TBS was stored.';
COMMENT ON COLUMN certificates.issued IS
    'When the certificate was stored.';
COMMENT ON COLUMN certificates.revoked IS
    'Since when and why it is revoked: all three or none. The reason is a CRLReason code.';
COMMENT ON COLUMN certificates.revocation_reason IS
    'Since when and why it is revoked: all three or none. The reason is a CRLReason code.';
COMMENT ON COLUMN certificates.revoked_by IS
    'An account''s URL, ''certificate key'' or an operator''s name.';
COMMENT ON COLUMN certificates.tbs IS
    'DER of the TBSCertificate; empty once it is in the certificate.';
COMMENT ON COLUMN certificates.der IS
    'DER of the certificate, once signed. It contains the TBSCertificate.';

CREATE TABLE replacements (
    serial BYTEA NOT NULL CHECK (octet_length(serial) = 16),
    day BIGINT NOT NULL,
    order_id BYTEA NOT NULL,
    PRIMARY KEY (serial, day)
) PARTITION BY RANGE (day);
CREATE TABLE replacements_default PARTITION OF replacements DEFAULT;
COMMENT ON TABLE replacements IS
    'Which order replaces which certificate (RFC 9773 section 5). A row lives as long as its order.';
COMMENT ON COLUMN replacements.serial IS
    'The certificate that is replaced; by one order, unless that becomes invalid.';
COMMENT ON COLUMN replacements.day IS
    'The day in the serial, as in `certificates`.';
COMMENT ON COLUMN replacements.order_id IS
    'The order that replaces it.';

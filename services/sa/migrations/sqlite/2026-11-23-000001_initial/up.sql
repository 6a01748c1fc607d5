-- Conventions of every table:
--   Ids are the 16 octets of a UUIDv7. Moments are milliseconds since 1970-01-01T00:00:00Z. States are the
--   texts of RFC 8555 section 7.1.6. JSON columns hold what cairn-types serialises. There are no secrets.
--   A stored state moves only by an UPDATE that names the state it expects. What time alone does to a
--   state (a pending order that is past its time is invalid) is not stored but derived by the reader.
--   Only accounts are the target of foreign keys: the other tables leave by age.
--   A lease (lease_id, lease_owner, lease_deadline) is the right to do a piece of work. While the work is in
--   flight all three are set; when it has ended only lease_id stays, to recognise a repeated last call.

-- Clients (RFC 8555 section 7.1.2). They stay for good.
CREATE TABLE accounts (
    -- UUIDv7, part of the account's URL.
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- The public key as a canonical JWK.
    jwk TEXT NOT NULL,
    -- RFC 7638: SHA-256 over the JWK. A key belongs to one account.
    thumbprint BLOB NOT NULL UNIQUE CHECK (length(thumbprint) = 32),
    -- Only 'valid' moves, to one of the others.
    status TEXT NOT NULL CHECK (status IN ('valid', 'deactivated', 'revoked')),
    -- JSON array of contact URLs.
    contact TEXT NOT NULL,
    -- The URL of the terms of service that were agreed to.
    terms_agreed TEXT,
    -- The verified external account binding (RFC 8555 section 7.3.4), as received.
    external_account_binding TEXT,
    -- The id of the external account key; it binds one account.
    external_account_key TEXT UNIQUE,
    -- When it was made.
    created INTEGER NOT NULL
) STRICT;

-- The signed requests that link each key of an account to the one before. They stay as long as the account.
CREATE TABLE key_changes (
    -- Whose key.
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- 0 is the account's first change of key.
    position INTEGER NOT NULL,
    -- The flattened JWS of RFC 8555 section 7.3.5, as received.
    request BLOB NOT NULL,
    -- When it was made.
    created INTEGER NOT NULL,
    PRIMARY KEY (account_id, position)
) STRICT;

-- Requests for one certificate each (RFC 8555 section 7.1.3). Of no use after `expires`, except that one
-- with a certificate stays as long as it.
CREATE TABLE orders (
    -- UUIDv7, part of the order's URL.
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Whose.
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- pending -> ready -> processing -> valid; any but valid -> invalid.
    status TEXT NOT NULL CHECK (status IN ('pending', 'ready', 'processing', 'valid', 'invalid')),
    -- After this it can no longer be finalized.
    expires INTEGER NOT NULL,
    -- JSON array of identifiers.
    identifiers TEXT NOT NULL,
    -- The name of the certificate profile.
    profile TEXT NOT NULL,
    -- The wanted validity.
    not_before INTEGER,
    not_after INTEGER,
    -- The serial of the certificate to replace (RFC 9773 section 5).
    replaces BLOB,
    -- The ids of its authorizations, in the order of its identifiers, one after the other. Those that were
    -- made with it name it in turn; the others were valid already.
    authorizations BLOB NOT NULL CHECK (length(authorizations) % 16 = 0),
    -- How many of them are not valid yet. It is counted down by the transaction that makes one valid; the
    -- one that reaches 0 makes the order ready.
    awaiting INTEGER NOT NULL CHECK (awaiting >= 0),
    -- JSON problem: why it is invalid.
    error TEXT,
    -- The serial of its certificate, set once, before anything is signed: one order, one serial.
    serial BLOB CHECK (length(serial) = 16),
    -- The lease of the finalization.
    lease_id BLOB,
    lease_owner TEXT,
    lease_deadline INTEGER,
    -- When it was made.
    created INTEGER NOT NULL,
    -- The flattened JWS of the finalize request, as received; the certificate request is in it.
    request BLOB
) STRICT;
-- An account's orders, newest first.
CREATE INDEX orders_account ON orders (account_id, id);
-- What the end of an account ends, and what a retried request finds. Rows leave as soon as the order is finalized.
CREATE INDEX orders_open ON orders (account_id, id) WHERE status IN ('pending', 'ready');
-- Finalizations in flight, those that ran out first.
CREATE INDEX orders_lease ON orders (lease_deadline) WHERE lease_deadline IS NOT NULL;

-- The right to certificates for one identifier (RFC 8555 section 7.1.4). Worth nothing after `expires`; stays
-- as long as the orders that name it.
CREATE TABLE authorizations (
    -- UUIDv7, part of the authorization's URL.
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Whose.
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- The order that it was made with, the only one that waits for it; NULL if none asked for it. Orders that came
    -- later use it only once it is valid.
    order_id BLOB CHECK (length(order_id) = 16),
    -- 'dns' or 'ip'.
    identifier_type TEXT NOT NULL,
    -- As ordered: with '*.' if it is for the wildcard.
    identifier TEXT NOT NULL,
    -- pending -> valid or invalid; pending or valid -> deactivated; valid -> revoked.
    status TEXT NOT NULL CHECK (status IN ('pending', 'valid', 'invalid', 'deactivated', 'revoked')),
    -- While pending: until when it may be validated. Once valid: until when it may be used.
    expires INTEGER NOT NULL,
    -- JSON array of the challenges offered, each with id, type and token. What became of the one that was
    -- answered is told by the columns below; the others stay pending.
    challenges TEXT NOT NULL,
    -- The id of the challenge that was answered: processing, or what the authorization became.
    answered BLOB,
    -- The thumbprint of the account key that control is, or was, proved with.
    thumbprint BLOB,
    -- When control was proved.
    validated INTEGER,
    -- When CAA records were last found to permit issuance.
    caa_checked INTEGER,
    -- JSON problem: why the last attempt failed.
    error TEXT,
    -- The lease of the validation.
    lease_id BLOB,
    lease_owner TEXT,
    lease_deadline INTEGER,
    -- When it was made.
    created INTEGER NOT NULL
) STRICT;
-- What can be reused, the longest-lived last. Not `WHERE status = 'valid'`: comparing that with the `status = ?`
-- of the other statements makes SQLite look into their values, and prepare them anew for each.
CREATE INDEX authorizations_validated ON authorizations (account_id, identifier, expires)
    WHERE validated IS NOT NULL;
-- What the end of an account ends is among these.
CREATE INDEX authorizations_unproved ON authorizations (account_id) WHERE validated IS NULL;
-- Validations in flight, those that ran out first.
CREATE INDEX authorizations_lease ON authorizations (lease_deadline) WHERE lease_deadline IS NOT NULL;

-- What validators signed. A row lives as long as its authorization.
CREATE TABLE receipts (
    -- What it is about.
    authorization_id BLOB NOT NULL,
    -- Counts from 0 in the order of arrival.
    position INTEGER NOT NULL,
    -- When it arrived: those of the validation when their authorization was validated, those of the last
    -- check of CAA after that.
    created INTEGER NOT NULL,
    -- Encoded by cairn-evidence; opaque here.
    receipt BLOB NOT NULL,
    PRIMARY KEY (authorization_id, position)
) STRICT;

-- What was about to be signed, and what was signed. A row is there before its signature exists. Expires with
-- `not_after`.
CREATE TABLE certificates (
    -- The content octets of the serial number: prefix, day, randomness.
    serial BLOB NOT NULL CHECK (length(serial) = 16),
    -- The day in the serial, in days since 1970-01-01: octets 1 and 2.
    day INTEGER NOT NULL,
    -- The order it is for. One order, one certificate: the order's row takes one serial.
    order_id BLOB NOT NULL,
    -- Who ordered it.
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- The name of the profile that shaped it.
    profile TEXT NOT NULL,
    -- The id of the issuer in the certificate authority's configuration.
    issuer TEXT NOT NULL,
    -- JSON array of identifiers.
    identifiers TEXT NOT NULL,
    -- SHA-256 over the SubjectPublicKeyInfo.
    spki BLOB NOT NULL CHECK (length(spki) = 32),
    -- Its validity, both ends inclusive.
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    -- When the TBS was stored.
    created INTEGER NOT NULL,
    -- When the certificate was stored.
    issued INTEGER,
    -- Since when and why it is revoked: all three or none. The reason is a CRLReason code.
    revoked INTEGER,
    revocation_reason INTEGER,
    -- An account's URL, 'certificate key' or an operator's name.
    revoked_by TEXT,
    -- DER of the TBSCertificate; empty once it is in the certificate.
    tbs BLOB NOT NULL,
    -- DER of the certificate, once signed. It contains the TBSCertificate.
    der BLOB,
    PRIMARY KEY (serial, day),
    CHECK ((revoked IS NULL) = (revocation_reason IS NULL) AND (revoked IS NULL) = (revoked_by IS NULL))
) STRICT;

-- Which order replaces which certificate (RFC 9773 section 5). A row lives as long as its order.
CREATE TABLE replacements (
    -- The certificate that is replaced; by one order, unless that becomes invalid.
    serial BLOB NOT NULL CHECK (length(serial) = 16),
    -- The day in the serial, as in `certificates`.
    day INTEGER NOT NULL,
    -- The order that replaces it.
    order_id BLOB NOT NULL,
    PRIMARY KEY (serial, day)
) STRICT, WITHOUT ROWID;

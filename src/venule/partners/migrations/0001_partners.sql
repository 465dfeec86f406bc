-- Partners' applications, their public keys, what members let them do, codes and tokens.
-- What they hold (codes, tokens, tickets) is kept as SHA-256. The lists in the CHECKs are those of
-- model.py; a test compares them.

CREATE TABLE partner_house (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sandbox INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
    set_at BIGINT NOT NULL
);

CREATE TABLE partner_application (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    contact TEXT NOT NULL,
    owner_id BYTEA REFERENCES member (id),
    state TEXT NOT NULL CHECK (state IN (
        'sandbox', 'asked', 'admitted', 'refused', 'suspended', 'closed'
    )),
    scopes TEXT NOT NULL,                 -- sorted, a space between two
    redirect_uris TEXT NOT NULL,          -- a space between two
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    decided_by TEXT,
    reason TEXT
);

CREATE INDEX partner_application_owner ON partner_application (owner_id);
CREATE INDEX partner_application_state ON partner_application (state, id);

CREATE TABLE partner_key (
    id BYTEA PRIMARY KEY,
    application_id BYTEA NOT NULL REFERENCES partner_application (id),
    key_use TEXT NOT NULL CHECK (key_use IN ('request', 'assertion')),
    alg TEXT NOT NULL CHECK (alg IN ('ed25519', 'es256')),
    public_key BYTEA NOT NULL,            -- SubjectPublicKeyInfo in DER
    not_before BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    added_at BIGINT NOT NULL,
    UNIQUE (application_id, public_key),
    CHECK (key_use = 'assertion' OR alg = 'ed25519'),
    CHECK (expires_at IS NULL OR not_before < expires_at)
);

-- Nonces of requests and `jti` of assertions that were taken; forgotten when they are too old anyway.
CREATE TABLE partner_once (
    application_id BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('nonce', 'assertion')),
    value TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, kind, value)
);

CREATE INDEX partner_once_until ON partner_once (until_at);

CREATE TABLE partner_server_key (
    id BYTEA PRIMARY KEY,
    public_key BYTEA NOT NULL,            -- Ed25519, 32 bytes
    sealed BYTEA NOT NULL,                -- the private half, under the vault's key
    made_at BIGINT NOT NULL
);

CREATE TABLE partner_consent (
    id BYTEA PRIMARY KEY,
    application_id BYTEA NOT NULL REFERENCES partner_application (id),
    member_id BYTEA NOT NULL REFERENCES member (id),
    scopes TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    used_at BIGINT
);

CREATE UNIQUE INDEX partner_consent_live ON partner_consent (member_id, application_id)
    WHERE withdrawn_at IS NULL;
CREATE INDEX partner_consent_member ON partner_consent (member_id, id);

CREATE TABLE partner_request (
    ticket BYTEA PRIMARY KEY,
    member_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL,
    challenge TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT
);

CREATE INDEX partner_request_expires ON partner_request (expires_at);

CREATE TABLE partner_grant (
    id BYTEA PRIMARY KEY,
    application_id BYTEA NOT NULL,
    consent_id BYTEA NOT NULL REFERENCES partner_consent (id),
    made_at BIGINT NOT NULL,
    revoked_at BIGINT,
    reason TEXT
);

CREATE INDEX partner_grant_consent ON partner_grant (consent_id);

CREATE TABLE partner_code (
    hash BYTEA PRIMARY KEY,
    application_id BYTEA NOT NULL,
    consent_id BYTEA NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    grant_id BYTEA                        -- what it was changed for; NULL: not yet
);

CREATE INDEX partner_code_expires ON partner_code (expires_at);

CREATE TABLE partner_token (
    hash BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    application_id BYTEA NOT NULL,
    grant_id BYTEA,                       -- NULL: the application acts of itself
    scopes TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,                       -- a refresh token that was changed for the next
    revoked_at BIGINT,
    CHECK (kind = 'access' OR grant_id IS NOT NULL)
);

CREATE INDEX partner_token_expires ON partner_token (expires_at);

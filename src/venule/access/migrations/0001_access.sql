-- Who may come in: staff, the logins of people and staff, what they prove themselves with, their
-- sessions, what two of them must agree to, and the log of it all. Secrets are hashed or sealed.
-- The lists in the CHECKs are those of model.py and roles.py; a test compares them.

CREATE TABLE access_staff (
    id BYTEA PRIMARY KEY,
    display_name TEXT NOT NULL,
    added_at BIGINT NOT NULL
);

CREATE TABLE access_staff_role (
    staff_id BYTEA NOT NULL REFERENCES access_staff (id),
    role TEXT NOT NULL CHECK (role IN (
        'operator', 'finance', 'support', 'risk', 'auditor', 'regulator_reader'
    )),
    PRIMARY KEY (staff_id, role)
);

CREATE TABLE access_login (
    id BYTEA PRIMARY KEY,                 -- also the user handle of its passkeys
    kind TEXT NOT NULL CHECK (kind IN ('person', 'staff')),
    owner_id BYTEA NOT NULL,              -- the member, or the member of staff
    name TEXT NOT NULL,                   -- NFKC and casefolded
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    version BIGINT NOT NULL,              -- grows with every change of a credential
    password_hash TEXT,                   -- argon2id, PHC string
    password_at BIGINT,
    totp_sealed BYTEA,                    -- sealed by the vault
    totp_step BIGINT NOT NULL,            -- the last time-step that was accepted
    code_hash BYTEA UNIQUE,               -- SHA-256 of the enrolment code
    code_until BIGINT,
    code_by BYTEA,                        -- the member of staff who handed it out
    enrolled_by BYTEA,                    -- who handed out the code that was used
    opened_at BIGINT NOT NULL,
    UNIQUE (kind, name),
    UNIQUE (kind, owner_id),
    CHECK ((password_hash IS NULL) = (totp_sealed IS NULL)),
    CHECK ((password_hash IS NULL) = (password_at IS NULL)),
    CHECK ((code_hash IS NULL) = (code_until IS NULL)),
    CHECK (code_hash IS NULL OR state = 'invited')
);

-- Failures are counted by name, known or not: both are treated alike.
CREATE TABLE access_failure (
    name_hash BYTEA PRIMARY KEY,          -- SHA-256 of kind and name
    failures BIGINT NOT NULL CHECK (failures > 0),
    last_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

CREATE INDEX access_failure_last ON access_failure (last_at);

CREATE TABLE access_recovery_code (
    login_id BYTEA NOT NULL REFERENCES access_login (id),
    code_hash BYTEA NOT NULL,             -- SHA-256 of login and code
    used_at BIGINT,
    PRIMARY KEY (login_id, code_hash)
);

CREATE TABLE access_passkey (
    id BYTEA PRIMARY KEY,
    login_id BYTEA NOT NULL REFERENCES access_login (id),
    credential_id BYTEA NOT NULL UNIQUE,
    public_key BYTEA NOT NULL,            -- COSE
    sign_count BIGINT NOT NULL CHECK (sign_count >= 0),
    may_back_up INTEGER NOT NULL CHECK (may_back_up IN (0, 1)),
    backed_up INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
    name TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX access_passkey_login ON access_passkey (login_id);

CREATE TABLE access_device (
    id BYTEA PRIMARY KEY,
    login_id BYTEA NOT NULL REFERENCES access_login (id),
    token_hash BYTEA NOT NULL UNIQUE,     -- SHA-256 of what the device keeps
    name TEXT NOT NULL,
    agent TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);

CREATE INDEX access_device_login ON access_device (login_id);

CREATE TABLE access_session (
    id BYTEA PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,     -- SHA-256 of a token of 256 bits
    login_id BYTEA NOT NULL REFERENCES access_login (id),
    device_id BYTEA NOT NULL,
    factor TEXT NOT NULL CHECK (factor IN ('passkey', 'totp', 'recovery')),
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    stepped_up_at BIGINT NOT NULL,
    stepped_up_by TEXT NOT NULL CHECK (stepped_up_by IN ('passkey', 'totp', 'recovery')),
    ended_at BIGINT,
    reason TEXT                           -- why it ended before its time
);

CREATE INDEX access_session_login ON access_session (login_id);
CREATE INDEX access_session_expires ON access_session (expires_at);

-- What was begun and is finished once, in time, for the same purpose.
CREATE TABLE access_challenge (
    id BYTEA PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN (
        'sign_in', 'second_factor', 'enrol', 'register', 'step_up', 'approve'
    )),
    challenge BYTEA NOT NULL,             -- of a passkey; second_factor: SHA-256 of a token
    login_id BYTEA,
    session_id BYTEA,
    subject BYTEA,                        -- approve: the digest of what is approved
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE UNIQUE INDEX access_challenge_half ON access_challenge (challenge)
    WHERE purpose = 'second_factor';
CREATE INDEX access_challenge_login ON access_challenge (login_id);
CREATE INDEX access_challenge_expires ON access_challenge (expires_at);

CREATE TABLE access_proposal (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,                   -- the command, such as members.change_tier
    body BYTEA NOT NULL,                  -- the command in canonical JSON
    digest BYTEA NOT NULL,                -- SHA-256 of kind, a NUL and body
    maker_id BYTEA NOT NULL REFERENCES access_staff (id),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'proposed', 'executed', 'rejected', 'withdrawn', 'expired'
    )),
    proposed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    checker_id BYTEA REFERENCES access_staff (id),
    decided_at BIGINT,
    note TEXT,                            -- why it was rejected
    answer BYTEA,                         -- what the command answered, in JSON
    error TEXT,                           -- what the last attempt was refused for
    attempts BIGINT NOT NULL,
    CHECK (checker_id IS NULL OR checker_id <> maker_id),
    CHECK ((checker_id IS NULL) = (state NOT IN ('executed', 'rejected'))),
    CHECK ((decided_at IS NULL) = (state = 'proposed'))
);

CREATE INDEX access_proposal_state ON access_proposal (state, id);

CREATE TABLE access_event (
    id BYTEA PRIMARY KEY,                 -- in the order of time
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'refused')),
    reason TEXT,
    kind TEXT CHECK (kind IN ('person', 'staff')),
    owner_id BYTEA,
    login_id BYTEA,
    session_id BYTEA,
    subject TEXT,                         -- what it was done to
    address TEXT NOT NULL,                -- the network: /24 of IPv4, /48 of IPv6
    agent TEXT NOT NULL
);

CREATE INDEX access_event_login ON access_event (login_id, id);
CREATE INDEX access_event_at ON access_event (at);

-- The wire protocols of merchants' SDKs: applications, what the wire knows of trades, notifications.
-- Amounts are fen. Money stands in the ledger and in escrow; nothing here is a balance.

-- The gateway's own keys: what it signs answers with. The newest one signs.
CREATE TABLE gateway_key (
    id INTEGER PRIMARY KEY,
    public_key TEXT NOT NULL,             -- base64 of the SubjectPublicKeyInfo
    sealed BYTEA NOT NULL,                -- the private key, as the vault seals it
    root_cert TEXT NOT NULL,              -- PEM, one certificate after an empty line
    root_cert_sn TEXT NOT NULL,
    root_sealed BYTEA NOT NULL,
    cert TEXT NOT NULL,                   -- PEM, of the public key
    cert_sn TEXT NOT NULL UNIQUE,
    made_at BIGINT NOT NULL
);

CREATE TABLE gateway_user (
    number TEXT PRIMARY KEY,              -- 16 digits, 2088...
    member_id BYTEA NOT NULL UNIQUE
);

CREATE TABLE gateway_app (
    app_id TEXT PRIMARY KEY,              -- 16 digits
    partner_app_id BYTEA UNIQUE,          -- of the room partners, if it was made there
    seller_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    keys TEXT NOT NULL,                   -- JSON: public keys, two while they change
    rsa1 INTEGER NOT NULL CHECK (rsa1 IN (0, 1)),
    aes_sealed BYTEA,
    cert_sn TEXT UNIQUE,                  -- certificate mode
    cert TEXT,
    products TEXT NOT NULL,               -- JSON: what it may call
    redirects TEXT NOT NULL,              -- JSON: where authorisations may send people back to
    partner TEXT UNIQUE,                  -- the classic interface, when an operator lets it in
    md5_sealed BYTEA,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK ((partner IS NULL) = (md5_sealed IS NULL)),
    CHECK ((cert_sn IS NULL) = (cert IS NULL))
);

-- What the wire knows of a trade. `opened`: a buyer has seen it; before that nobody is told of it.
CREATE TABLE gateway_order (
    trade_id BYTEA PRIMARY KEY,
    trade_no TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,                 -- whose trade it is
    acting TEXT NOT NULL,                 -- who asked for it
    out_trade_no TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,           -- names it in the cashier's address
    opened INTEGER NOT NULL CHECK (opened IN (0, 1)),
    interface TEXT NOT NULL CHECK (interface IN ('v2', 'classic')),
    method TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    return_url TEXT NOT NULL,
    details TEXT NOT NULL,                -- JSON: what is told again as it was sent
    made_at BIGINT NOT NULL,
    UNIQUE (app_id, out_trade_no)
);

CREATE TABLE gateway_authorisation (
    authorisation_id BYTEA PRIMARY KEY,
    auth_no TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    acting TEXT NOT NULL,
    out_order_no TEXT NOT NULL,
    request_no TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    UNIQUE (app_id, out_order_no, request_no)
);

CREATE TABLE gateway_settlement (
    settlement_id BYTEA PRIMARY KEY,
    settle_no TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    request_no TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    UNIQUE (app_id, request_no)
);

CREATE TABLE gateway_transfer (
    payment_id BYTEA PRIMARY KEY,
    order_id TEXT NOT NULL UNIQUE,
    fund_order_id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL,
    out_biz_no TEXT NOT NULL,
    body BYTEA NOT NULL,                  -- SHA-256 of what was asked for
    amount BIGINT NOT NULL CHECK (amount > 0),
    title TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    UNIQUE (app_id, out_biz_no)
);

-- Payment codes: shown by a buyer's wallet, good for a minute and for one payment.
CREATE TABLE gateway_code (
    code TEXT PRIMARY KEY,
    member_id BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    used_at BIGINT,
    used_for BYTEA                        -- the trade or authorisation
);

-- Orders to freeze that wait for a payer to open them.
CREATE TABLE gateway_voucher (
    token TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    acting TEXT NOT NULL,
    out_order_no TEXT NOT NULL,
    request_no TEXT NOT NULL,
    title TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    notify_url TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    made_at BIGINT NOT NULL,
    UNIQUE (app_id, out_order_no, request_no)
);

-- How far the events of the house have been read.
CREATE TABLE gateway_cursor (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE TABLE gateway_notice (
    id BYTEA PRIMARY KEY,
    app_id TEXT NOT NULL,                 -- who is told
    partner TEXT,                         -- of the classic interface
    ref BYTEA NOT NULL,                   -- the trade or authorisation
    event_seq BIGINT NOT NULL,
    url TEXT NOT NULL,
    parameters TEXT NOT NULL,             -- JSON: all but the time and the signature
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_at BIGINT,
    seen TEXT NOT NULL,                   -- what the last attempt met
    made_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (event_seq, ref),
    CHECK ((next_at IS NULL) = (state <> 'waiting')),
    CHECK ((ended_at IS NULL) = (state = 'waiting'))
);

CREATE INDEX gateway_notice_ref ON gateway_notice (ref);
CREATE INDEX gateway_notice_failed ON gateway_notice (app_id, made_at) WHERE state = 'failed';

-- Codes and tokens by which a person or a merchant lets an application act. Kept as SHA-256 only.
CREATE TABLE gateway_grant (
    sha256 BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN (
        'user_code', 'user_access', 'user_refresh', 'app_code', 'app_auth', 'app_refresh', 'bill'
    )),
    app_id TEXT NOT NULL,                 -- who may use it
    member_id BYTEA,                      -- of a person
    for_app TEXT,                         -- of a merchant: its application
    scope TEXT NOT NULL,
    family BYTEA NOT NULL,                -- what came from one consent
    made_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    ended_at BIGINT                       -- used, replaced or taken back
);

CREATE INDEX gateway_grant_family ON gateway_grant (family);

-- Numbers of v3 requests that were seen, for as long as their times are taken.
CREATE TABLE gateway_nonce (
    app_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, nonce)
);

CREATE INDEX gateway_nonce_until ON gateway_nonce (until_at);

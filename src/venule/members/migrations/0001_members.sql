-- Members, the bank accounts bound to them, and the dated limits of the onboarding tiers.
-- The lists in the CHECKs are those of model.py; a test compares them.

CREATE TABLE member (
    id BYTEA PRIMARY KEY,
    external_ref TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'merchant', 'institution')),
    tier INTEGER NOT NULL CHECK (tier IN (0, 1, 2, 3)),
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen', 'closed')),
    account BIGINT NOT NULL,              -- the wallet's account in the ledger
    display_name TEXT,
    opened_at BIGINT NOT NULL,
    CHECK ((kind = 'person') = (tier > 0))
);

CREATE TABLE bank_account (
    id BYTEA PRIMARY KEY,
    member_id BYTEA NOT NULL REFERENCES member (id),
    bank TEXT NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('bound', 'unbound')),
    bound_at BIGINT NOT NULL
);

-- A bank account belongs to one member at a time.
CREATE UNIQUE INDEX bank_account_bound ON bank_account (bank, number) WHERE state = 'bound';

CREATE TABLE tier_limit (
    rule TEXT NOT NULL CHECK (rule IN (
        'balance_out_lifetime', 'balance_out_year', 'balance_out_day', 'investment_single'
    )),
    tier INTEGER NOT NULL CHECK (tier IN (1, 2, 3)),
    amount BIGINT NOT NULL CHECK (amount >= 0),   -- fen
    from_on TEXT NOT NULL,                        -- first day in force, China's civil time
    to_on TEXT,                                   -- first day no longer in force; NULL: open
    source TEXT NOT NULL,
    PRIMARY KEY (rule, tier, from_on),
    CHECK (to_on IS NULL OR from_on < to_on)
);

-- People's Bank of China, announcement 43 of 2015 (measures on network payment by non-bank payment
-- institutions), article 11; in force from 2016-07-01. Before that date no such limit.
-- Tier I counts transfers to the customer's own bank account, tiers II and III do not. Only a tier
-- III balance may buy investment products: a single purchase of at most 0 says no.
INSERT INTO tier_limit (rule, tier, amount, from_on, to_on, source) VALUES
    ('balance_out_lifetime', 1, 100000, '2016-07-01', NULL, 'PBOC announcement 43 of 2015, article 11(1)'),
    ('balance_out_year', 2, 10000000, '2016-07-01', NULL, 'PBOC announcement 43 of 2015, article 11(2)'),
    ('balance_out_year', 3, 20000000, '2016-07-01', NULL, 'PBOC announcement 43 of 2015, article 11(3)'),
    ('investment_single', 1, 0, '2016-07-01', NULL, 'PBOC announcement 43 of 2015, article 11(1)'),
    ('investment_single', 2, 0, '2016-07-01', NULL, 'PBOC announcement 43 of 2015, article 11(2)');

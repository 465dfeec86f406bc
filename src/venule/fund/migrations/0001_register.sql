-- A calendar as data: one character a natural day from `first_on`, 1 open and 0 closed.
CREATE TABLE fund_calendar (
    name TEXT NOT NULL PRIMARY KEY,
    first_on TEXT NOT NULL,
    days TEXT NOT NULL
);

-- terms, accounts: JSON. settings: a digest of all that a fund is made of, this row, its calendar, its
-- limits and lines, so that one value tells whether what is remembered of them is still true.
CREATE TABLE fund (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    unit BIGINT NOT NULL UNIQUE,
    opened_on TEXT NOT NULL,
    calendar TEXT NOT NULL,
    terms TEXT NOT NULL,
    accounts TEXT NOT NULL,
    settings TEXT NOT NULL,
    subscriptions_open INTEGER NOT NULL,
    redemptions_open INTEGER NOT NULL,
    shadow_state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE fund_limit (
    fund TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    from_on TEXT NOT NULL,
    amount BIGINT NOT NULL,
    to_on TEXT,
    transition_to_on TEXT,
    PRIMARY KEY (fund, rule, subject, from_on)
);

CREATE TABLE fund_advance_line (
    fund TEXT NOT NULL,
    bank BYTEA NOT NULL,
    name TEXT NOT NULL,
    licensed INTEGER NOT NULL,
    line BIGINT NOT NULL,
    transit BIGINT NOT NULL,
    funding BIGINT NOT NULL,
    pledge BIGINT NOT NULL,
    holder BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    PRIMARY KEY (fund, bank)
);

-- Who holds: ledger accounts, no balances. cash: the member's wallet account. frozen: 0 until
-- something is frozen. sweep_keep: fen left in the wallet by the daily sweep, NULL without one.
CREATE TABLE fund_holder (
    fund TEXT NOT NULL,
    distributor TEXT NOT NULL,
    member BYTEA NOT NULL,
    account BIGINT NOT NULL,
    cash BIGINT NOT NULL,
    frozen BIGINT NOT NULL,
    sweep_keep BIGINT,
    opened_at BIGINT NOT NULL,
    PRIMARY KEY (fund, distributor, member)
);

CREATE INDEX fund_holder_frozen ON fund_holder (fund, account) WHERE frozen > 0;

CREATE INDEX fund_holder_sweep ON fund_holder (fund, account) WHERE sweep_keep IS NOT NULL;

-- number: the distributor's, NULL for an order that was given none. amount: fen asked for. reserved,
-- hold_seq: the hold on the register; of a fast redemption, hold_seq is its first ledger entry. paid:
-- the subscription's money has come, or the redemption's has gone. leaves_on, returned_on: of a fast
-- redemption, the first natural day that the holder no longer earns, and that he earns again after a
-- reversal.
CREATE TABLE fund_order (
    order_id BYTEA NOT NULL PRIMARY KEY,
    fund TEXT NOT NULL,
    distributor TEXT NOT NULL,
    number TEXT,
    kind TEXT NOT NULL,
    holder BIGINT NOT NULL,
    cash BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    whole INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    reserved BIGINT NOT NULL,
    hold_seq BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    accepted_on TEXT NOT NULL,
    trade_on TEXT NOT NULL,
    confirm_on TEXT NOT NULL,
    leaves_on TEXT,
    returned_on TEXT,
    bank BYTEA,
    state TEXT NOT NULL,
    confirmed BIGINT,
    reason TEXT NOT NULL,
    CHECK (kind IN ('subscribe', 'redeem', 'fast', 'pledge')),
    CHECK (state IN ('accepted', 'sent', 'confirmed', 'partly_confirmed', 'rejected', 'cancelled')),
    CHECK ((confirmed IS NOT NULL) = (state IN ('confirmed', 'partly_confirmed')))
);

CREATE UNIQUE INDEX fund_order_number ON fund_order (distributor, number) WHERE number IS NOT NULL;

CREATE INDEX fund_order_due ON fund_order (fund, confirm_on);

CREATE INDEX fund_order_holder ON fund_order (holder, accepted_on);

-- Redemptions confirmed that could not be paid: the wallet was closed. A person decides.
CREATE TABLE fund_unpaid (
    order_id BYTEA NOT NULL PRIMARY KEY,
    fund TEXT NOT NULL,
    amount BIGINT NOT NULL,
    refused TEXT NOT NULL,
    since_at BIGINT NOT NULL
);

CREATE TABLE fund_freeze (
    freeze_id BYTEA NOT NULL PRIMARY KEY,
    fund TEXT NOT NULL,
    holder BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    cause INTEGER NOT NULL,
    note TEXT NOT NULL,
    frozen_at BIGINT NOT NULL,
    released_at BIGINT
);

CREATE INDEX fund_freeze_holder ON fund_freeze (holder);

-- One sweep a natural day.
CREATE TABLE fund_sweep (
    fund TEXT NOT NULL,
    swept_on TEXT NOT NULL,
    orders BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    swept_at BIGINT NOT NULL,
    PRIMARY KEY (fund, swept_on)
);

-- Registers taken over before the fund's first day, one row each part.
CREATE TABLE fund_import (
    fund TEXT NOT NULL,
    part BIGINT NOT NULL,
    holders BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    PRIMARY KEY (fund, part)
);

-- Movements of members' money, what the bank says about them, and the house's own accounts.
-- Amounts are fen. The lists in the CHECKs are those of model.py; a test compares them.

CREATE TABLE house_account (
    name TEXT PRIMARY KEY,
    code INTEGER NOT NULL,
    account BIGINT NOT NULL UNIQUE,       -- in the ledger
    bank TEXT,                            -- of our bank accounts
    number TEXT
);

CREATE TABLE top_up (
    id BYTEA PRIMARY KEY,
    member_id BYTEA NOT NULL,
    bank_account_id BYTEA,                -- NULL: a quick payment
    reserve TEXT NOT NULL,
    account BIGINT NOT NULL,              -- the wallet's
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('requested', 'in_transit', 'credited', 'rejected')),
    reason TEXT NOT NULL,
    told_seq BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    told_at BIGINT,
    ended_at BIGINT,
    CHECK ((ended_at IS NULL) = (state IN ('requested', 'in_transit'))),
    CHECK ((told_at IS NULL) = (told_seq = 0))
);

CREATE INDEX top_up_open ON top_up (member_id) WHERE state IN ('requested', 'in_transit');
CREATE INDEX top_up_ended ON top_up (ended_at) WHERE told_at IS NOT NULL AND ended_at IS NOT NULL;

CREATE TABLE payment (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'transfer')),
    payer_id BYTEA NOT NULL,
    payee_id BYTEA NOT NULL,
    payer_account BIGINT NOT NULL,
    payee_account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (0 <= fee AND fee < amount),
    refunded BIGINT NOT NULL CHECK (0 <= refunded AND refunded <= amount),
    state TEXT NOT NULL CHECK (state IN ('paid', 'partly_refunded', 'refunded')),
    counted_on TEXT,                      -- the day whose limits it used; NULL: none in force
    made_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    CHECK (payer_id <> payee_id),
    CHECK ((state = 'paid') = (refunded = 0)),
    CHECK ((state = 'refunded') = (refunded = amount)),
    CHECK (kind = 'payment' OR refunded = 0)
);

CREATE TABLE refund (
    id BYTEA PRIMARY KEY,
    payment_id BYTEA NOT NULL REFERENCES payment (id),
    request_id TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    refunded BIGINT NOT NULL,             -- of the payment in all, after this one
    made_at BIGINT NOT NULL,
    UNIQUE (payment_id, request_id)
);

CREATE TABLE payout (
    id BYTEA PRIMARY KEY,
    member_id BYTEA NOT NULL,
    bank_account_id BYTEA,                -- NULL: a real-time payout
    reserve TEXT NOT NULL,
    account BIGINT NOT NULL,              -- the wallet's
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN (
        'reserved', 'sent', 'settled', 'returning', 'returned', 'refused'
    )),
    reason TEXT NOT NULL,
    held_seq BIGINT NOT NULL,
    counted_on TEXT,
    requested_at BIGINT NOT NULL,
    sent_at BIGINT,
    ended_at BIGINT,                      -- when it was no longer in transit
    CHECK ((ended_at IS NULL) = (state IN ('reserved', 'sent', 'returning')))
);

CREATE INDEX payout_open ON payout (member_id) WHERE state IN ('reserved', 'sent', 'returning');
CREATE INDEX payout_ended ON payout (ended_at) WHERE held_seq > 0 AND ended_at IS NOT NULL;

-- What a member has used: on the last day, in the last year of use, and in all.
CREATE TABLE limit_counter (
    member_id BYTEA PRIMARY KEY,
    day_on TEXT NOT NULL,
    day_used BIGINT NOT NULL CHECK (day_used >= 0),
    year_on INTEGER NOT NULL,
    year_used BIGINT NOT NULL CHECK (year_used >= 0),
    life_used BIGINT NOT NULL CHECK (life_used >= 0)
);

-- Counted uses of a balance by the rooms above, such as a purchase of fund shares.
CREATE TABLE limit_use (
    ref BYTEA PRIMARY KEY,
    member_id BYTEA NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('payment', 'transfer', 'investment', 'withdrawal')),
    counted_on TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    returned BIGINT NOT NULL CHECK (0 <= returned AND returned <= amount)
);

-- Our bookings on a reserve account, by the bank's reference; + into it, - out of it.
-- part 0: as told first; higher: what the statement corrected.
CREATE TABLE bank_entry (
    reserve TEXT NOT NULL,
    bank_ref TEXT NOT NULL,
    part INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    ref BYTEA NOT NULL,
    booked_on TEXT NOT NULL,              -- the bank's day, as told
    booked_at BIGINT NOT NULL,            -- our instant
    matched_on TEXT,                      -- the day whose reconciliation matched it
    PRIMARY KEY (reserve, bank_ref, part)
);

CREATE INDEX bank_entry_unmatched ON bank_entry (reserve, booked_at) WHERE matched_on IS NULL;
CREATE INDEX bank_entry_booked ON bank_entry (reserve, booked_at);

-- Lines of the bank's statements.
CREATE TABLE bank_line (
    reserve TEXT NOT NULL,
    bank_ref TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    our_ref TEXT NOT NULL,
    booked_on TEXT NOT NULL,
    matched_on TEXT,
    PRIMARY KEY (reserve, bank_ref)
);

CREATE INDEX bank_line_unmatched ON bank_line (reserve, booked_on) WHERE matched_on IS NULL;

CREATE TABLE reconciliation (
    reserve TEXT NOT NULL,
    day_on TEXT NOT NULL,
    statement BYTEA NOT NULL,             -- SHA-256
    opening BIGINT NOT NULL,              -- the bank's
    closing BIGINT NOT NULL,
    drift BIGINT NOT NULL,                -- openings that were not the closing before, summed up
    entries BIGINT NOT NULL,              -- sum of our entries up to the cut
    breaks BIGINT NOT NULL,               -- how many
    report BYTEA NOT NULL,                -- MessagePack
    PRIMARY KEY (reserve, day_on)
);

CREATE TABLE bank_case (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN (
        'unmatched_credit', 'unmatched_debit', 'amount_differs', 'late_money', 'booked_twice',
        'difference', 'contradiction', 'malformed'
    )),
    reserve TEXT NOT NULL,
    cause TEXT NOT NULL UNIQUE,
    subject BYTEA,
    amount BIGINT NOT NULL,               -- what lies in suspense for it; 0: no money
    detail TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'credited', 'offset', 'covered', 'dismissed')),
    opened_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((ended_at IS NULL) = (state = 'open'))
);

CREATE INDEX bank_case_open ON bank_case (opened_at) WHERE state = 'open';

-- How far we have read the bank's messages.
CREATE TABLE rail_cursor (
    rail TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);

-- The directory of a house of books, in a home of its own; and in every book's home: payments to
-- other books, receipts from them, the clearing accounts, and their reconciliation day by day.
-- The lists in the CHECKs are those of model.py; a test compares them.

CREATE TABLE directory_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL CHECK (version > 0)
);

CREATE TABLE directory_book (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    name TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,               -- where its writer listens; '': not known
    opened_at BIGINT NOT NULL
);

-- Slots, the last 16 bits of a member's id, from first to last, both included.
CREATE TABLE directory_range (
    first_slot INTEGER PRIMARY KEY CHECK (0 <= first_slot),
    last_slot INTEGER NOT NULL CHECK (first_slot <= last_slot AND last_slot < 65536),
    book INTEGER NOT NULL
);

CREATE TABLE directory_institution (
    institution TEXT PRIMARY KEY,
    book INTEGER NOT NULL
);

-- One account for each other book; opened when the first payment needs it.
CREATE TABLE book_clearing (
    peer INTEGER PRIMARY KEY CHECK (peer > 0),
    account BIGINT NOT NULL UNIQUE
);

-- Payments to other books.
CREATE TABLE book_payment (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'transfer', 'refund')),
    peer INTEGER NOT NULL,
    payer_id BYTEA NOT NULL,
    payee_id BYTEA NOT NULL,
    payer_account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    refunded BIGINT NOT NULL CHECK (0 <= refunded AND refunded <= amount),
    original_id BYTEA,                    -- of a refund: the payment that came from there
    request_id TEXT NOT NULL,             -- of a refund: the merchant's own
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'settled', 'returned', 'cancelled')),
    reason TEXT NOT NULL,
    held_seq BIGINT NOT NULL CHECK (held_seq > 0),
    ended_seq BIGINT NOT NULL,            -- the hold's posting or release; 0 while held
    peer_seq BIGINT NOT NULL,             -- the other book's journal at its word; 0 while held
    made_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((kind = 'refund') = (original_id IS NOT NULL)),
    CHECK ((state = 'held') = (ended_at IS NULL)),
    CHECK ((state = 'held') = (ended_seq = 0))
);

CREATE INDEX book_payment_held ON book_payment (peer, held_seq) WHERE state = 'held';
CREATE INDEX book_payment_settled ON book_payment (peer, ended_seq, peer_seq)
    WHERE state = 'settled';
CREATE UNIQUE INDEX book_payment_refund ON book_payment (original_id, request_id)
    WHERE kind = 'refund';

-- What other books have told us to receive, and what became of it. A row never changes, but for
-- `refunded`.
CREATE TABLE book_receipt (
    id BYTEA PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'transfer', 'refund')),
    peer INTEGER NOT NULL,
    payer_id BYTEA NOT NULL,
    payee_id BYTEA NOT NULL,
    payee_account BIGINT NOT NULL,        -- 0 unless received
    amount BIGINT NOT NULL CHECK (amount > 0),
    refunded BIGINT NOT NULL CHECK (0 <= refunded AND refunded <= amount),
    original_id BYTEA,                    -- of a refund: our payment
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'rejected', 'cancelled')),
    reason TEXT NOT NULL,
    seq BIGINT NOT NULL,                  -- its posting, or where the journal stood
    peer_seq BIGINT NOT NULL CHECK (peer_seq > 0),   -- the hold in the paying book
    made_at BIGINT NOT NULL,
    CHECK ((kind = 'refund') = (original_id IS NOT NULL)),
    CHECK ((state = 'received') = (payee_account > 0))
);

CREATE INDEX book_receipt_received ON book_receipt (peer, seq, peer_seq)
    WHERE state = 'received';
CREATE INDEX book_receipt_original ON book_receipt (original_id) WHERE original_id IS NOT NULL;

-- A pair of books reconciled for a day; both keep it, `peer` being the other one.
CREATE TABLE book_pair_day (
    peer INTEGER NOT NULL,
    day_on TEXT NOT NULL,
    seq BIGINT NOT NULL,                  -- our journal's position compared
    peer_seq BIGINT NOT NULL,
    balance BIGINT NOT NULL,              -- our clearing account with the other
    peer_balance BIGINT NOT NULL,
    under_way BIGINT NOT NULL CHECK (under_way >= 0),
    unexplained BIGINT NOT NULL,
    matched BIGINT NOT NULL,              -- payments found alike on both sides
    state TEXT NOT NULL CHECK (state IN ('balanced', 'alarm', 'explained')),
    note TEXT NOT NULL,
    PRIMARY KEY (peer, day_on)
);

CREATE TABLE book_pair_item (
    peer INTEGER NOT NULL,
    day_on TEXT NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('under_way', 'not_received', 'not_held', 'differs')),
    payer_book INTEGER NOT NULL,
    amount BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (peer, day_on, id)
);

-- Positions of all books at which a day was reconciled: no book knows there what another has not
-- done. In the directory's home.
CREATE TABLE directory_cut (
    day_on TEXT NOT NULL,
    book INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (day_on, book)
);

CREATE TABLE ledger_unit (
    unit BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    scale BIGINT NOT NULL
);

-- One row a group: its transfers as fixed 128-byte records, its opened accounts as 24-byte records,
-- and the hash that chains it to the row before.
CREATE TABLE journal (
    book BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    transfer_count BIGINT NOT NULL,
    first_account BIGINT NOT NULL,
    account_count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    openings BYTEA NOT NULL,
    transfers BYTEA NOT NULL,
    PRIMARY KEY (book, first_seq)
);

CREATE INDEX journal_last_at ON journal (book, last_at);

-- Accounts in pages of 4,096 x 64 bytes, each as it stood after the group that ended at `seq`.
CREATE TABLE ledger_page (
    book BIGINT NOT NULL,
    page BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    accounts BYTEA NOT NULL,
    PRIMARY KEY (book, page)
);

-- The journal is replayed from `next_seq` on; `pending` is the open holds of that moment.
CREATE TABLE ledger_checkpoint (
    book BIGINT NOT NULL PRIMARY KEY,
    next_seq BIGINT NOT NULL,
    last_account BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    pending BYTEA NOT NULL
);

-- Old journal rows lie in immutable files beside the database; one row a file says which transfers,
-- how they chain to those before and after, and the hash of every part of the file.
CREATE TABLE journal_archive (
    book BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    file TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    chunks BYTEA NOT NULL,
    entry_hash BYTEA NOT NULL,
    PRIMARY KEY (book, first_seq)
);

CREATE INDEX journal_archive_last_at ON journal_archive (book, last_at);

-- The home's own tables: the latest instant it has told, idempotency keys, jobs, events.

CREATE TABLE home_clock (
    id INTEGER PRIMARY KEY,
    last_at BIGINT NOT NULL
);

INSERT INTO home_clock (id, last_at) VALUES (1, 0);

CREATE TABLE idempotency (
    key TEXT NOT NULL PRIMARY KEY,
    used_at BIGINT NOT NULL,
    use_case TEXT NOT NULL,
    body BYTEA NOT NULL,      -- SHA-256 of the command
    answer BYTEA NOT NULL     -- MessagePack of the first answer
);

CREATE INDEX idempotency_used_at ON idempotency (used_at);

CREATE TABLE job (
    id BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'done', 'dead')),
    payload BYTEA NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT           -- when it was done or gave up
);

CREATE INDEX job_ready ON job (kind, due_at, id) WHERE state = 'ready';
CREATE INDEX job_dead ON job (ended_at, id) WHERE state = 'dead';
CREATE INDEX job_done ON job (ended_at, id) WHERE state = 'done';

CREATE TABLE event (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    ref BYTEA NOT NULL,
    body BYTEA NOT NULL
);

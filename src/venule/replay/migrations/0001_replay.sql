-- What a replay has done in this home: its inputs, its people, how far it is, and its days.

-- One row. digest: SHA-256 of the inputs. day_index, step, done: the first `done` commands of that
-- step of that day are in the books; every earlier step and day is complete. failure: a command
-- was refused, and the home is no use any more.
CREATE TABLE replay_run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    digest TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    day_index INTEGER NOT NULL,
    step INTEGER NOT NULL,
    done INTEGER NOT NULL,
    elapsed_ms BIGINT NOT NULL,
    failure TEXT
);

-- Whom the replay made: kind 'user' or 'shop', numbered from 0 as in the plan.
CREATE TABLE replay_member (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    member BYTEA NOT NULL,
    PRIMARY KEY (kind, number)
);

-- A day that is over. Amounts in fen; balance_fen: what all users hold at its end.
CREATE TABLE replay_day (
    day_index INTEGER PRIMARY KEY,
    happened_on TEXT NOT NULL,
    balance_fen BIGINT NOT NULL,
    income_fen BIGINT NOT NULL,
    earning_fen BIGINT NOT NULL,
    holders BIGINT NOT NULL,
    transfers BIGINT NOT NULL
);

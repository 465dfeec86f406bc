-- One row in a home that was restored to a point of its history: how far, and of how much. Such a home
-- is for looking: nobody writes to it.

CREATE TABLE home_cut (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,                  -- the participant's last position that was kept
    ended_at_seq BIGINT NOT NULL,         -- the backup's
    of_home BYTEA NOT NULL                -- the backup's home, 16 bytes
);

-- Webhooks: where applications want to be told of events, what they are told, and how that went.
-- The lists in the CHECKs are those of model.py; a test compares them.

CREATE TABLE webhook_endpoint (
    id BYTEA PRIMARY KEY,
    application_id BYTEA NOT NULL,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    types TEXT NOT NULL,                  -- JSON: public event types; [] is all of them
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'removed')),
    reason TEXT NOT NULL,                 -- why it is disabled
    created_at BIGINT NOT NULL,
    from_seq BIGINT NOT NULL,             -- told of the events after this one
    failures INTEGER NOT NULL CHECK (failures >= 0),  -- in a row
    failing_since BIGINT,
    resting_until BIGINT,                 -- not called before
    CHECK ((failures = 0) = (failing_since IS NULL))
);

CREATE INDEX webhook_endpoint_application ON webhook_endpoint (application_id, id)
    WHERE state <> 'removed';

-- Two at a time while one takes over from the other.
CREATE TABLE webhook_secret (
    endpoint_id BYTEA NOT NULL REFERENCES webhook_endpoint (id),
    number INTEGER NOT NULL,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    until_at BIGINT,                      -- NULL: the newest
    PRIMARY KEY (endpoint_id, number)
);

-- How far the events have been looked at.
CREATE TABLE webhook_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL
);

INSERT INTO webhook_cursor (id, seq) VALUES (1, 0);

-- An event that could not be told, for a person to look at.
CREATE TABLE webhook_unread (
    seq BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    error TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- What is told, once for all who are told of it.
CREATE TABLE webhook_message (
    id BYTEA PRIMARY KEY,
    seq BIGINT NOT NULL,                  -- of the event; 0: of a ping
    type TEXT NOT NULL,
    ref BYTEA NOT NULL,                   -- the business object
    body BYTEA NOT NULL,                  -- JSON, as it is signed and sent
    made_at BIGINT NOT NULL
);

CREATE TABLE webhook_delivery (
    id BYTEA PRIMARY KEY,
    endpoint_id BYTEA NOT NULL REFERENCES webhook_endpoint (id),
    message_id BYTEA NOT NULL REFERENCES webhook_message (id),
    ref BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'delivered', 'dead')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),   -- in all: the next attempt's number, less 1
    tries INTEGER NOT NULL CHECK (tries >= 0),         -- of the present round of attempts
    begun_at BIGINT,                      -- the first of them
    due_at BIGINT,
    ended_at BIGINT,
    UNIQUE (message_id, endpoint_id),
    CHECK ((due_at IS NULL) = (state <> 'ready')),
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'ready')))
);

CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at, id)
    WHERE state = 'ready';
-- Of one object one delivery is ready; the others wait behind it.
CREATE UNIQUE INDEX webhook_delivery_first ON webhook_delivery (endpoint_id, ref)
    WHERE state = 'ready';
CREATE INDEX webhook_delivery_behind ON webhook_delivery (endpoint_id, ref, seq)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_dead ON webhook_delivery (endpoint_id, id) WHERE state = 'dead';
CREATE INDEX webhook_delivery_listed ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_over ON webhook_delivery (state, ended_at, id)
    WHERE ended_at IS NOT NULL;

CREATE TABLE webhook_attempt (
    delivery_id BYTEA NOT NULL REFERENCES webhook_delivery (id),
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    status INTEGER NOT NULL,              -- 0: no answer
    took_ms BIGINT NOT NULL,
    answer BYTEA NOT NULL,                -- its first bytes
    error TEXT NOT NULL,                  -- why there was none
    PRIMARY KEY (delivery_id, number)
);

-- Members as one application alone knows them: written when the application is first told of one.
CREATE TABLE gateway_open_id (
    open_id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    member_id BYTEA NOT NULL,
    UNIQUE (app_id, member_id)
);

-- Whose books these are and how far they have come: what `witness` is compared with.

ALTER TABLE home_clock ADD COLUMN home BYTEA;                      -- the home's id, 16 bytes
ALTER TABLE home_clock ADD COLUMN commits BIGINT NOT NULL DEFAULT 0;  -- groups so far
ALTER TABLE home_clock ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;   -- the participant's position
ALTER TABLE home_clock ADD COLUMN hash BYTEA;                      -- and what it stands for

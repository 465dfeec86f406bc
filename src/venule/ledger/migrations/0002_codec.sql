-- How the records of a row are written: 0 raw, 1 packed by column.
ALTER TABLE journal ADD COLUMN codec BIGINT NOT NULL DEFAULT 0;

ALTER TABLE ledger_page ADD COLUMN codec BIGINT NOT NULL DEFAULT 0;

-- What a unit counts is vouched for too; '' in rows older than this.
ALTER TABLE ledger_unit ADD COLUMN hash BYTEA NOT NULL DEFAULT '';

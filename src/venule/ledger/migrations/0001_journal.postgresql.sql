-- What the kernel writes does not compress as PostgreSQL would try to: without this its own
-- compression costs more than everything else of an append together.
ALTER TABLE journal ALTER COLUMN openings SET STORAGE EXTERNAL;
ALTER TABLE journal ALTER COLUMN transfers SET STORAGE EXTERNAL;
ALTER TABLE ledger_page ALTER COLUMN accounts SET STORAGE EXTERNAL;
ALTER TABLE ledger_checkpoint ALTER COLUMN pending SET STORAGE EXTERNAL;

"""What a store imports to speak SQL: the handle on the open connection, and a reader's own.

Only portable SQL: `?` placeholders; the types BIGINT, INTEGER, TEXT, BYTEA;
`INSERT ... ON CONFLICT (...) DO NOTHING` or `UPDATE`; `RETURNING`. No AUTOINCREMENT, no rowid, no
triggers: the same text runs on every kind of home.
"""

from venule.kit.reader import open_readonly
from venule.kit.sqlite import Params, Row, Sql, StorageFailed

__all__ = ["Params", "Row", "Sql", "StorageFailed", "open_readonly"]

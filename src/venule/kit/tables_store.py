"""Every SQL statement about tables in general: which there are, their rows in order, filling them.

What is said of a table here is the same on every kind of home: the columns of its primary key come
first, in the key's order, then the others by name; kinds are those that migrations write.
"""

from __future__ import annotations

from collections.abc import Sequence
from re import compile as pattern
from typing import Any, Final, NamedTuple

from venule.kit.sql import Row, Sql

BIGINT, INTEGER, TEXT, BYTEA = "BIGINT", "INTEGER", "TEXT", "BYTEA"

BATCH_BYTES: Final = 8 * 2**20
"""A batch of rows is at most so long, unless a single row is longer."""

BATCH_ROWS: Final = 16_384

_NAME: Final = pattern(r"[a-z_][a-z0-9_]*")

_SQLITE_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
_SQLITE_COLUMNS: Final = "SELECT name, type, pk FROM pragma_table_info(?)"
_SQLITE_PARENTS: Final = 'SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)'

_TABLES: Final = """
SELECT c.relname FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname"""
_COLUMNS: Final = """
SELECT a.attname, UPPER(FORMAT_TYPE(a.atttypid, a.atttypmod)),
    COALESCE(ARRAY_POSITION(CAST(i.indkey AS SMALLINT[]), a.attnum) + 1, 0)
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = CAST(CAST(? AS TEXT) AS REGCLASS) AND a.attnum > 0 AND NOT a.attisdropped"""
_PARENTS: Final = """
SELECT DISTINCT p.relname FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
WHERE k.conrelid = CAST(CAST(? AS TEXT) AS REGCLASS) AND k.contype = 'f'"""


class Table(NamedTuple):
    """columns: names. kinds: of each. key: so many of the first columns are the primary key.
    parents: tables whose rows must be there before."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    key: int
    parents: frozenset[str] = frozenset()


def table_names(sql: Sql) -> list[str]:
    """Return the names of the home's tables."""
    return [name for (name,) in sql.rows(_SQLITE_TABLES if _is_sqlite(sql) else _TABLES)]


def describe(sql: Sql, name: str) -> Table:
    """Say what a table is like."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"expected a plain name of a table, seen {name!r}")
    found = sql.rows(_SQLITE_COLUMNS if _is_sqlite(sql) else _COLUMNS, (name,))
    keys = sorted((place, column, kind) for column, kind, place in found if place)
    others = sorted((column, kind) for column, kind, place in found if not place)
    rows = [(column, kind) for _, column, kind in keys] + others
    parents = sql.rows(_SQLITE_PARENTS if _is_sqlite(sql) else _PARENTS, (name,))
    return Table(
        name,
        tuple(column for column, _ in rows),
        tuple(kind for _, kind in rows),
        len(keys),
        frozenset(parent for (parent,) in parents) - {name},
    )


def count_rows(sql: Sql, table: Table) -> int:
    """Return how many rows a table has."""
    row = sql.row(f"SELECT COUNT(*) FROM {table.name}")  # noqa: S608  a plain name
    assert row is not None
    return int(row[0])


def measure(sql: Sql, table: Table, after: Sequence[Any] | None, limit: int) -> tuple[int, int]:
    """Return how many rows come after a key, at most `limit`, and how long their values of no
    fixed length are: bytes, or characters of text."""
    lengths = [
        f'COALESCE(LENGTH("{column}"), 0)'
        for column, kind in zip(table.columns, table.kinds, strict=True)
        if kind in {TEXT, BYTEA}
    ]
    size = " + ".join(lengths) or "0"
    where, params = _after(table, after)
    row = sql.row(
        f"SELECT COUNT(*), COALESCE(SUM(size), 0) FROM (SELECT {size} AS size FROM {table.name}"  # noqa: S608  plain names
        f"{where} ORDER BY {_key(table)} LIMIT ?) AS part",
        (*params, limit),
    )
    assert row is not None
    return int(row[0]), int(row[1])


def rows_after(sql: Sql, table: Table, after: Sequence[Any] | None, limit: int) -> list[Row]:
    """Return the next rows after a key (None: the first) in the order of the primary key."""
    where, params = _after(table, after)
    return sql.rows(
        f"SELECT {_names(table.columns)} FROM {table.name}{where}"  # noqa: S608  plain names
        f" ORDER BY {_key(table)} LIMIT ?",
        (*params, limit),
    )


def next_rows(
    sql: Sql,
    table: Table,
    after: Sequence[Any] | None,
    rows_max: int = BATCH_ROWS,
    bytes_max: int = BATCH_BYTES,
) -> list[Row]:
    """Return as many of the next rows as make a batch; none: there are none."""
    limit = rows_max
    while True:
        count, size = measure(sql, table, after, limit)
        if size <= bytes_max or count <= 1:
            return rows_after(sql, table, after, count) if count else []
        limit = max(1, min(count // 2, count * bytes_max // size))


def insert_rows(sql: Sql, table: Table, rows: Sequence[Row], packed: bytes) -> None:
    """Bring rows into a table, in the open transaction.

    packed: the same rows in the binary form of PostgreSQL's COPY.
    """
    columns = _names(table.columns)
    if _is_sqlite(sql):
        places = ", ".join("?" * len(table.columns))
        sql.many(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", rows)  # noqa: S608  plain names
        return
    from venule.kit.pg.sql import PostgresSql

    assert isinstance(sql, PostgresSql)
    sql.copy_in(f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)", packed)


def empty(sql: Sql, tables: Sequence[Table]) -> None:
    """Remove all rows, in the open transaction. tables: parents first."""
    if _is_sqlite(sql):
        for table in reversed(tables):
            sql.run(f"DELETE FROM {table.name}")  # noqa: S608  a plain name
    elif tables:
        sql.run(f"TRUNCATE {', '.join(table.name for table in tables)}")


def _is_sqlite(sql: Sql) -> bool:
    return sql.dialect == "sqlite"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _key(table: Table) -> str:
    return _names(table.columns[: table.key])


def _after(table: Table, after: Sequence[Any] | None) -> tuple[str, Sequence[Any]]:
    if after is None:
        return "", ()
    places = ", ".join("?" * table.key)
    return f" WHERE ({_key(table)}) > ({places})", after

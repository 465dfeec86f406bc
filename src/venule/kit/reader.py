"""Open a home for reading, whoever is writing and whatever the directory allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from venule.kit import homedir
from venule.kit.errors import HomeLocked, shorten
from venule.kit.lock import HomeLock, lock_against_writers
from venule.kit.moving_store import admit_reader
from venule.kit.sqlite import CACHE_BYTES, DATABASE_FILE, SqliteSql, connect
from venule.kit.standing import check_identity, check_standing
from venule.kit.wal import WAL_FILE
from venule.kit.witness import Slot

FAULTS_MAX: Final = 100


class _GuardedSql(SqliteSql):
    """A handle that keeps writers out for as long as it reads a file as one that cannot change."""

    __slots__ = ("_guard",)

    def __init__(self, sql: SqliteSql, guard: HomeLock | None) -> None:
        super().__init__(sql.conn, sql.path, readonly=True, inode=sql.inode)
        self._guard = guard

    def close(self) -> None:
        super().close()
        if self._guard is not None:
            self._guard.release()


def open_readonly(path: Path | str) -> SqliteSql:
    """Open the database of a home for reading; a writer may be at work in another process.

    A directory that this user cannot write to will do, if the home was closed well: SQLite reads
    it as a file that does not change, and writers are kept out meanwhile as far as the file system
    lets us.
    Raises: NotAHome, HomeTooNew, HomeDamaged (see `standing` for its leaves), StorageFailed,
    HomeIncomplete.
    """
    path = Path(path)
    homedir.check_format(path)
    homedir.check_database_file(path)
    slot: Slot | None = None
    writing = False
    guard: HomeLock | None = None
    try:
        guard = lock_against_writers(path)
    except HomeLocked:
        writing = True
    try:
        if not writing:
            slot = check_standing(path, trust_witness=guard is not None).witness
        immutable = not (writing or os.access(path, os.W_OK) or _has_log(path))
        sql = connect(path / DATABASE_FILE, path, mode="ro", immutable=immutable)
        if immutable:
            sql, guard = _GuardedSql(sql, guard), None
    finally:
        if guard is not None:
            guard.release()
    try:
        sql.rows("SELECT 1 FROM sqlite_master LIMIT 1")  # SQLite looks at the file only now
        sql.run(f"PRAGMA cache_size = {-(CACHE_BYTES // 1024)}")
        sql.run("PRAGMA query_only = 1")
        if slot is not None:
            check_identity(path, slot, sql)
        admit_reader(sql)
    except BaseException:
        sql.close()
        raise
    return sql


def structure_faults(sql: SqliteSql) -> list[str]:
    """Let SQLite check every page, row, index and constraint; return what it says is wrong.

    It reads the whole database, but knows nothing of what the bytes of a value should be.
    """
    said = sql.rows(f"PRAGMA integrity_check({FAULTS_MAX})") + sql.rows("PRAGMA foreign_key_check")
    return [" ".join(str(word) for word in row) for row in said if row != ("ok",)]


def value_faults(sql: SqliteSql) -> list[str]:
    """Return the values that are not of their column's kind: another type, text that is no UTF-8,
    a day (`..._on`) that is none. With the key of their row; at most `FAULTS_MAX`.

    It reads the whole database, value by value.
    """
    faults: list[str] = []
    for (table,) in sql.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
        columns = sql.rows(f"PRAGMA table_info({table})")
        keys = [name for _, name, _, _, _, place in columns if place] or ["rowid"]
        where = " || ', ' || ".join(f"'{key} ' || quote({key})" for key in keys)
        for _, name, declared, _, _, _ in columns:
            types = _TYPES.get(declared)
            if types is None:
                continue
            wrong = f"typeof({name}) NOT IN ({', '.join(repr(kind) for kind in types)}, 'null')"
            if name.endswith("_on") and declared == "TEXT":
                wrong += f" OR date({name}) IS NOT {name}"
            query = f"SELECT {where}, quote(CAST({name} AS BLOB)) FROM {table} WHERE {wrong}"  # noqa: S608
            faults += [f"{table}, {key}: {name} {seen[:60]}" for key, seen in sql.rows(query)]
            if declared == "TEXT":
                query = f"SELECT {where}, CAST({name} AS BLOB) FROM {table}"  # noqa: S608
                faults += [
                    f"{table}, {key}: {name} is not UTF-8: {shorten(raw.hex())}"
                    for key, raw in sql.each(query)
                    if raw is not None and not _is_utf8(raw)
                ]
            if len(faults) >= FAULTS_MAX:
                return faults[:FAULTS_MAX]
    return faults


_TYPES: Final = {
    "BIGINT": ("integer",),
    "INTEGER": ("integer",),
    "TEXT": ("text",),
    "BYTEA": ("blob",),
}


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_log(path: Path) -> bool:
    wal = path / WAL_FILE
    return wal.exists() and wal.stat().st_size > 0

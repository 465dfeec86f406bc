"""Every SQL statement about the write-ahead log of an embedded home.

Each log is known by a generation, drawn at random, that stands in page 1 of the database: its first
transaction writes its own and the one that it is based on. So a log and a database file that do not
belong together are told apart from their bytes alone, see `standing`.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from venule.kit.errors import HomeError
from venule.kit.home_store import Mark, identity, new_home_id
from venule.kit.sqlite import DATABASE_FILE, SqliteSql, connect
from venule.kit.wal import WAL_FILE, Generation


def clock_page(sql: SqliteSql) -> int:
    """Return the number of the page that holds the only row of `home_clock`."""
    row = sql.row("SELECT rootpage FROM sqlite_master WHERE name = 'home_clock'")
    return 0 if row is None else int(row[0])


def generation(sql: SqliteSql) -> Generation:
    """Return what page 1 says as of now."""
    own, base = sql.row("PRAGMA user_version"), sql.row("PRAGMA application_id")
    assert own is not None
    assert base is not None
    return Generation(own[0], base[0])


def begin_generation(sql: SqliteSql) -> None:
    """Let the open transaction be the first of a log, based on the database as it is."""
    base = generation(sql).own
    own = base
    while own in {base, 0}:
        own = int.from_bytes(os.urandom(4), "big") >> 1
    sql.run(f"PRAGMA application_id = {base}")
    sql.run(f"PRAGMA user_version = {own}")


def become_another(sql: SqliteSql) -> None:
    """Give a copy that begins a life of its own another id, and another generation."""
    sql.begin()
    begin_generation(sql)
    if sql.has_column("home_clock", "home"):
        sql.run("UPDATE home_clock SET home = ? WHERE id = 1", (new_home_id(),))
    if sql.has_table("home_moved"):  # the home it is from has gone elsewhere; this one has not
        sql.run("DELETE FROM home_moved")
    sql.commit()


def hold_the_log(sql: SqliteSql) -> None:
    """Keep SQLite from emptying the log when it thinks it long enough: `writelog` does."""
    sql.run("PRAGMA wal_autocheckpoint = 0")


def backfill(sql: SqliteSql, *, wait: bool = False) -> bool:
    """Copy the log back into the database, durably; whether all of it is there now.

    A reader of an older state can prevent it; with `wait`, for as long as SQLite's busy timeout.
    """
    row = sql.row(f"PRAGMA wal_checkpoint({'FULL' if wait else 'PASSIVE'})")
    assert row is not None
    busy, frames, done = row
    return not busy and frames == done


def stand_here(sql: SqliteSql) -> None:
    """Read from now on as of this instant, so that no frame after it goes back."""
    sql.run("BEGIN")
    sql.row("SELECT id FROM home_clock")


def truncate_log(sql: SqliteSql) -> None:
    """Cut the log, all of which is back in the database, to nothing; a reader can prevent it."""
    sql.row("PRAGMA wal_checkpoint(TRUNCATE)")


def look_inside(home: Path) -> tuple[bytes, Mark] | None:
    """Return identity and mark of the database file alone, without its log; None if unreadable."""
    with suppress(HomeError, sqlite3.Error):
        sql = connect(home / DATABASE_FILE, home, mode="ro", immutable=True)
        try:
            return identity(sql)
        finally:
            sql.close()
    return None


def close_leaving_the_log(sql: SqliteSql, home: Path) -> None:
    """Close without emptying the log: SQLite does not if a connection that only reads is left.

    A log of nothing goes. Again is harmless.
    """
    guard: SqliteSql | None = None
    wal = home / WAL_FILE
    if sql.inode is None or not (wal.exists() and wal.stat().st_size):
        sql.close()
        return
    with suppress(HomeError, sqlite3.Error):
        guard = connect(home / DATABASE_FILE, home, mode="ro")
        guard.row("SELECT 1 FROM sqlite_master LIMIT 1")
    sql.close()
    if guard is not None:
        guard.close()

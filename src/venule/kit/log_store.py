"""Every SQL statement about a home's identity and its write-ahead log.

Each log is known by a generation, drawn at random, that stands in page 1 of the database: its first
transaction writes its own and the one that it is based on. So a log and a database file that do not
belong together are told apart from their bytes alone, see `standing`.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from venule.kit.errors import HomeError
from venule.kit.sqlite import DATABASE_FILE, Sql, connect
from venule.kit.wal import WAL_FILE, Generation

HOME_ID_BYTES: Final = 16
CLOCK_COLUMNS: Final = ("id", "last_at", "home", "commits", "seq", "hash")
"""Of table `home_clock`, in order."""


class Mark(NamedTuple):
    """How far a home has come.

    commits: groups since it was made. seq, hash: the participant's position, such as the last
    transfer and the hash of its journal row. at_us: the instant of the last command, in
    microseconds since the Unix epoch.
    """

    commits: int
    seq: int
    hash: bytes
    at_us: int


NO_MARK: Final = Mark(0, 0, b"", 0)


def new_home_id() -> bytes:
    """Draw an id. It is never one of a seed: two homes must not have the same."""
    return os.urandom(HOME_ID_BYTES)


def identity(sql: Sql) -> tuple[bytes, Mark]:
    """Return the home's id (empty: none was given yet) and its mark; all empty in an old home."""
    known = {name for (name,) in sql.rows("SELECT name FROM pragma_table_info('home_clock')")}
    if "home" not in known:
        return b"", NO_MARK
    row = sql.row("SELECT home, commits, seq, hash, last_at FROM home_clock WHERE id = 1")
    if row is None:
        return b"", NO_MARK
    home, commits, seq, digest, at_us = row
    return bytes(home or b""), Mark(commits, seq, bytes(digest or b""), at_us)


def give_identity(sql: Sql, home: bytes) -> None:
    """Say whose books these are. No transaction is open."""
    sql.begin()
    sql.run("UPDATE home_clock SET home = ? WHERE id = 1", (home,))
    sql.commit()


def save_mark(sql: Sql, mark: Mark) -> None:
    """Note in the open transaction how far the home comes with it."""
    sql.run(
        "UPDATE home_clock SET last_at = ?, commits = ?, seq = ?, hash = ? WHERE id = 1",
        (mark.at_us, mark.commits, mark.seq, mark.hash),
    )


@dataclass(eq=False)
class HomeCut(HomeError):
    """The home was restored to a point of its history: it is for looking, not for writing."""

    path: str
    seq: int
    end: int
    slug = "home-cut"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected a whole home to write to, seen one restored to sequence number"
            f" {self.seq} of {self.end}, with the ledger alone"
        )


class Cut(NamedTuple):
    """To what point of its history a home was restored. seq, end: the participant's positions; end:
    the backup's. of_home: id of the home that the backup is of."""

    seq: int
    end: int
    of_home: bytes


def cut_of(sql: Sql) -> Cut | None:
    """Return to what point a home was restored; None if it is whole."""
    if not sql.has_table("home_cut"):
        return None
    row = sql.row("SELECT seq, ended_at_seq, of_home FROM home_cut WHERE id = 1")
    return None if row is None else Cut(row[0], row[1], bytes(row[2]))


def save_cut(sql: Sql, cut: Cut) -> None:
    """Note in the open transaction that the home is restored to a point."""
    sql.run("INSERT INTO home_cut (id, seq, ended_at_seq, of_home) VALUES (1, ?, ?, ?)", cut)


def clock_page(sql: Sql) -> int:
    """Return the number of the page that holds the only row of `home_clock`."""
    row = sql.row("SELECT rootpage FROM sqlite_master WHERE name = 'home_clock'")
    return 0 if row is None else int(row[0])


def generation(sql: Sql) -> Generation:
    """Return what page 1 says as of now."""
    own, base = sql.row("PRAGMA user_version"), sql.row("PRAGMA application_id")
    assert own is not None
    assert base is not None
    return Generation(own[0], base[0])


def begin_generation(sql: Sql) -> None:
    """Let the open transaction be the first of a log, based on the database as it is."""
    base = generation(sql).own
    own = base
    while own in {base, 0}:
        own = int.from_bytes(os.urandom(4), "big") >> 1
    sql.run(f"PRAGMA application_id = {base}")
    sql.run(f"PRAGMA user_version = {own}")


def become_another(sql: Sql) -> None:
    """Give a copy that begins a life of its own another id, and another generation."""
    sql.begin()
    begin_generation(sql)
    known = {name for (name,) in sql.rows("SELECT name FROM pragma_table_info('home_clock')")}
    if "home" in known:
        sql.run("UPDATE home_clock SET home = ? WHERE id = 1", (new_home_id(),))
    sql.commit()


def hold_the_log(sql: Sql) -> None:
    """Keep SQLite from emptying the log when it thinks it long enough: `writelog` does."""
    sql.run("PRAGMA wal_autocheckpoint = 0")


def backfill(sql: Sql, *, wait: bool = False) -> bool:
    """Copy the log back into the database, durably; whether all of it is there now.

    A reader of an older state can prevent it; with `wait`, for as long as SQLite's busy timeout.
    """
    row = sql.row(f"PRAGMA wal_checkpoint({'FULL' if wait else 'PASSIVE'})")
    assert row is not None
    busy, frames, done = row
    return not busy and frames == done


def stand_here(sql: Sql) -> None:
    """Read from now on as of this instant, so that no frame after it goes back."""
    sql.run("BEGIN")
    sql.row("SELECT id FROM home_clock")


def truncate_log(sql: Sql) -> None:
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


def close_leaving_the_log(sql: Sql, home: Path) -> None:
    """Close without emptying the log: SQLite does not if a connection that only reads is left.

    A log of nothing goes. Again is harmless.
    """
    guard: Sql | None = None
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

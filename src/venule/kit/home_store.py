"""Every SQL statement about a home's identity: whose books, how far they are, cut or whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from venule.kit.errors import HomeDamaged, HomeError
from venule.kit.sql import Sql
from venule.kit.sqlite import SQLITE_ERRORS

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
    """Return the home's id (empty: none was given yet) and its mark; all empty in an old home.

    Raises: HomeDamaged.
    """
    if not sql.has_column("home_clock", "home"):
        return b"", NO_MARK
    try:
        row = sql.row("SELECT home, commits, seq, hash, last_at FROM home_clock WHERE id = 1")
    except SQLITE_ERRORS as error:
        raise HomeDamaged(sql.path, "home_clock", "what was written", str(error)) from error
    if row is None:
        return b"", NO_MARK
    values: tuple[Any, ...] = tuple(b"" if value is None else value for value in row)
    home, commits, seq, digest, at_us = values
    kinds = tuple(type(value) for value in values)
    if kinds != (bytes, int, int, bytes, int) or len(home) not in (0, HOME_ID_BYTES):
        wanted = f"an id of {HOME_ID_BYTES} bytes, two numbers, a hash, an instant"
        raise HomeDamaged(sql.path, "home_clock", wanted, f"{row}")
    return home, Mark(commits, seq, digest, at_us)


def give_identity(sql: Sql, home: bytes) -> None:
    """Say whose books these are. No transaction is open."""
    sql.begin()
    save_owner(sql, home)
    sql.commit()


def save_owner(sql: Sql, home: bytes) -> None:
    """Say whose books these are, in the open transaction."""
    sql.run("UPDATE home_clock SET home = ? WHERE id = 1", (home,))


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


def refuse_cut(sql: Sql) -> None:
    """Let no writer into a home that is for looking. Raises: HomeCut."""
    cut = cut_of(sql)
    if cut is not None:
        raise HomeCut(sql.path, cut.seq, cut.end)


def save_cut(sql: Sql, cut: Cut) -> None:
    """Note in the open transaction that the home is restored to a point."""
    sql.run("INSERT INTO home_cut (id, seq, ended_at_seq, of_home) VALUES (1, ?, ?, ?)", cut)

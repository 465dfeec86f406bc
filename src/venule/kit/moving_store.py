"""Every SQL statement about a home that moves: what the new one knows of its coming, and the old
one of its going.

The tables are made when they are needed, and not by a migration: before the first migration a home
under way must be known for one. None of them is moved.

    home_incomplete     in a home that is not whole yet: nobody may look. Without rows: whether it
                        is there can be asked by those who may see no row of it
    home_arrival        one row in a home that came from elsewhere: whence, and how far it is
    home_arrival_table  one row a table: how much of it is there
    home_moved          one row in a home that has gone elsewhere: nobody writes to it any more
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum, unique
from typing import Any, Final, NamedTuple

import msgspec

from venule.kit.home_store import Mark, identity
from venule.kit.moving_errors import (
    HomeIncomplete,
    HomeMoved,
    MoveOvertaken,
    MoveSourceChanged,
)
from venule.kit.sql import Sql
from venule.kit.tables_store import Table, empty, table_names

INCOMPLETE: Final = "home_incomplete"
ARRIVAL: Final = "home_arrival"
PROGRESS: Final = "home_arrival_table"
MOVED: Final = "home_moved"

BELONGS_TO_A_PLACE: Final = frozenset(
    {INCOMPLETE, ARRIVAL, PROGRESS, MOVED, "writer_lease", "writer_fence"}
)
"""Tables that say something of a home at its place, not of its books."""

NOT_ROW_BY_ROW: Final = frozenset({"schema_migration", "home_clock"})
"""Both homes have them and write them themselves."""

_MAKE: Final = (
    f"CREATE TABLE {INCOMPLETE} (id INTEGER NOT NULL PRIMARY KEY)",
    f"""CREATE TABLE {ARRIVAL} (
    id INTEGER NOT NULL PRIMARY KEY,
    move BYTEA NOT NULL,
    state TEXT NOT NULL,
    came_from TEXT NOT NULL,
    home BYTEA NOT NULL,
    commits BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    last_at BIGINT NOT NULL
)""",
    f"""CREATE TABLE {PROGRESS} (
    name TEXT NOT NULL PRIMARY KEY,
    row_count BIGINT NOT NULL,
    last_key BYTEA NOT NULL,
    done INTEGER NOT NULL
)""",
)
_MAKE_MOVED: Final = f"""CREATE TABLE IF NOT EXISTS {MOVED} (
    id INTEGER NOT NULL PRIMARY KEY,
    move BYTEA NOT NULL,
    gone_to TEXT NOT NULL,
    moved_at BIGINT NOT NULL
)"""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


@unique
class State(StrEnum):
    """How far a home is that comes from elsewhere."""

    MAKING = "making"
    """Its tables are being made."""
    FILLING = "filling"
    """Rows are coming."""
    ARRIVED = "arrived"
    """Everything is there and compared: who likes may look; the old home still has the writer."""
    COMPLETE = "complete"
    """The old home takes no writer any more; this one does."""


class Arrival(NamedTuple):
    """A home that comes from elsewhere. home, mark: identity of the home that it is."""

    move: bytes
    state: State
    came_from: str
    home: bytes
    mark: Mark


class Progress(NamedTuple):
    """How much of a table is there. last_key: of the last row, None before the first."""

    name: str
    rows: int
    last_key: Sequence[Any] | None
    done: bool


class Moved(NamedTuple):
    """Where a home has gone."""

    move: bytes
    gone_to: str
    moved_at: int


def admit_reader(sql: Sql) -> None:
    """Refuse to look into a home that is not whole. Raises: HomeIncomplete."""
    if sql.has_table(INCOMPLETE):
        raise HomeIncomplete(sql.path)


def admit_mover(sql: Sql) -> None:
    """Refuse to move a home that is itself on its way. Raises: HomeIncomplete."""
    arrival = arrival_of(sql)
    if arrival is not None and arrival.state is not State.COMPLETE:
        raise HomeIncomplete(sql.path, arrival.came_from)


def admit_writer(sql: Sql) -> None:
    """Refuse to write to a home that is on its way, or has gone. Nothing has been written yet.

    Raises: HomeIncomplete, HomeMoved.
    """
    admit_mover(sql)
    moved = moved_of(sql)
    if moved is not None:
        raise HomeMoved(sql.path, moved.gone_to, moved.moved_at)


def books_of(sql: Sql) -> list[int]:
    """Return the books that have or had a writer."""
    if not sql.has_table("writer_lease"):
        return []
    return [book for (book,) in sql.rows("SELECT book FROM writer_lease ORDER BY book")]


# ---------------------------------------------------------------- the new home


def is_vacant(sql: Sql) -> bool:
    """Whether there is no table but those that belong to the place."""
    return set(table_names(sql)) <= BELONGS_TO_A_PLACE


def arrival_of(sql: Sql) -> Arrival | None:
    """Return what a home knows of its coming; None if it never came from elsewhere."""
    if not sql.has_table(ARRIVAL):
        return None
    row = sql.row(
        f"SELECT move, state, came_from, home, commits, seq, hash, last_at FROM {ARRIVAL}"  # noqa: S608  a constant
        " WHERE id = 1"
    )
    if row is None:
        return None
    move, state, came_from, home, commits, seq, digest, last_at = row
    mark = Mark(commits, seq, digest, last_at)
    return Arrival(move, State(state), came_from, home, mark)


def make_arrival(sql: Sql, arrival: Arrival) -> None:
    """Let a vacant home be one that comes from elsewhere. No transaction is open."""
    sql.begin()
    try:
        for statement in _MAKE:
            sql.run(statement)
        mark = arrival.mark
        sql.run(
            f"INSERT INTO {ARRIVAL} (id, move, state, came_from, home, commits, seq, hash, last_at)"  # noqa: S608  a constant
            " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                arrival.move, str(arrival.state), arrival.came_from, arrival.home, mark.commits,
                mark.seq, mark.hash, mark.at_us,
            ),
        )  # fmt: skip
        sql.commit()
    except BaseException:
        sql.rollback()
        raise


def begin_filling(sql: Sql, before: Arrival, now: Arrival, tables: Sequence[Table]) -> None:
    """Empty the tables and let rows come. No transaction is open.

    before: what the home said until now: somebody else's move is not disturbed.
    Raises: MoveOvertaken.
    """
    mark = now.mark
    sql.begin()
    try:
        changed = sql.run(
            f"UPDATE {ARRIVAL} SET move = ?, state = ?, came_from = ?, commits = ?, seq = ?,"  # noqa: S608  a constant
            " hash = ?, last_at = ? WHERE id = 1 AND move = ? AND state = ?",
            (
                now.move, str(State.FILLING), now.came_from, mark.commits, mark.seq, mark.hash,
                mark.at_us, before.move, str(before.state),
            ),
        )  # fmt: skip
        if changed != 1:
            raise MoveOvertaken(sql.path)
        if before.state is State.ARRIVED:
            sql.run(_MAKE[0])
        empty(sql, tables)
        sql.run(f"DELETE FROM {PROGRESS}")  # noqa: S608  a constant
        sql.many(
            f"INSERT INTO {PROGRESS} (name, row_count, last_key, done) VALUES (?, 0, ?, 0)",  # noqa: S608  a constant
            [(table.name, b"") for table in tables],
        )
        commits = max(mark.commits, identity(sql)[1].commits) + 1  # a witness sees it rise
        sql.run(
            "UPDATE home_clock SET home = ?, commits = ?, seq = ?, hash = ?, last_at = ?"
            " WHERE id = 1",
            (now.home, commits, mark.seq, mark.hash, mark.at_us),
        )
        sql.commit()
    except BaseException:
        sql.rollback()
        raise


def progress_of(sql: Sql) -> dict[str, Progress]:
    """Return how much of each table is there."""
    rows = sql.rows(f"SELECT name, row_count, last_key, done FROM {PROGRESS}")  # noqa: S608  a constant
    return {
        name: Progress(name, count, _decode(key) if key else None, bool(done))
        for name, count, key, done in rows
    }


def save_progress(sql: Sql, move: bytes, before: Progress, now: Progress) -> None:
    """Note in the open transaction that more of a table is there.

    Raises: MoveOvertaken if it is not as it was left: another process moves this home.
    """
    key = b"" if now.last_key is None else _encode(now.last_key)
    changed = sql.run(
        f"UPDATE {PROGRESS} SET row_count = ?, last_key = ?, done = ?"  # noqa: S608  a constant
        f" WHERE name = ? AND row_count = ? AND done = 0"
        f" AND EXISTS (SELECT 1 FROM {ARRIVAL} WHERE id = 1 AND move = ? AND state = ?)",
        (now.rows, key, int(now.done), now.name, before.rows, move, str(State.FILLING)),
    )
    if changed != 1:
        raise MoveOvertaken(sql.path)


def save_arrived(sql: Sql, move: bytes) -> None:
    """Let readers in: all rows are there. In the open transaction. Raises: MoveOvertaken."""
    _advance(sql, move, State.FILLING, State.ARRIVED)
    sql.run(f"DROP TABLE {INCOMPLETE}")


def save_complete(sql: Sql, move: bytes) -> None:
    """Let a writer in, from the next opening on. In the open transaction. Raises: MoveOvertaken."""
    _advance(sql, move, State.ARRIVED, State.COMPLETE)


def _advance(sql: Sql, move: bytes, before: State, now: State) -> None:
    changed = sql.run(
        f"UPDATE {ARRIVAL} SET state = ? WHERE id = 1 AND move = ? AND state = ?",  # noqa: S608  a constant
        (str(now), move, str(before)),
    )
    if changed != 1:
        raise MoveOvertaken(sql.path)


# ---------------------------------------------------------------- the old home


def moved_of(sql: Sql) -> Moved | None:
    """Return where a home has gone; None if it is still here."""
    if not sql.has_table(MOVED):
        return None
    row = sql.row(f"SELECT move, gone_to, moved_at FROM {MOVED} WHERE id = 1")  # noqa: S608  a constant
    return None if row is None else Moved(*row)


def save_moved(sql: Sql, moved: Moved, mark: Mark, books: Sequence[int]) -> None:
    """Let nobody write here any more, in the open transaction.

    mark, books: how far the home had come, and who might have written. Raises: MoveSourceChanged.
    """
    untouched = sql.run(
        "UPDATE home_clock SET commits = commits WHERE id = 1 AND commits = ?", (mark.commits,)
    )
    if untouched != 1 or not set(books_of(sql)) <= set(books):
        raise MoveSourceChanged(sql.path)
    sql.run(_MAKE_MOVED)
    sql.run(f"INSERT INTO {MOVED} (id, move, gone_to, moved_at) VALUES (1, ?, ?, ?)", moved)  # noqa: S608  a constant

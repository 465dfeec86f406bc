"""Every SQL statement of the replay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from venule.kit.migrate import Migrations
from venule.kit.sql import Sql

MIGRATIONS: Final = Migrations("replay", package="venule.replay")


class Run(msgspec.Struct, frozen=True):
    """How far a replay is; see the migration."""

    digest: str
    attempts: int
    day_index: int
    step: int
    done: int
    elapsed_ms: int
    failure: str | None


class DayDone(msgspec.Struct, frozen=True):
    """A day that is over. Amounts in fen."""

    day_index: int
    happened_on: date
    balance_fen: int
    income_fen: int
    earning_fen: int
    holders: int
    transfers: int


def load_run(sql: Sql) -> Run | None:
    """Return the replay of this home, if there is one."""
    row = sql.row(
        "SELECT digest, attempts, day_index, step, done, elapsed_ms, failure"
        " FROM replay_run WHERE id = 1"
    )
    return None if row is None else Run(*row)


def insert_run(sql: Sql, digest: str, day_index: int) -> None:
    """Begin a replay, at the first step of a day."""
    sql.run(
        "INSERT INTO replay_run (id, digest, attempts, day_index, step, done, elapsed_ms, failure)"
        " VALUES (1, ?, 0, ?, 0, 0, 0, NULL)",
        (digest, day_index),
    )


def count_attempt(sql: Sql) -> None:
    """Note that somebody takes the replay up."""
    sql.run("UPDATE replay_run SET attempts = attempts + 1 WHERE id = 1")


def save_place(sql: Sql, day_index: int, step: int, done: int, elapsed_ms: int) -> None:
    """Note how far the replay is, and that it took `elapsed_ms` more."""
    sql.run(
        "UPDATE replay_run SET day_index = ?, step = ?, done = ?, elapsed_ms = elapsed_ms + ?"
        " WHERE id = 1",
        (day_index, step, done, elapsed_ms),
    )


def save_failure(sql: Sql, failure: str) -> None:
    """Note that a command was refused."""
    sql.run("UPDATE replay_run SET failure = ? WHERE id = 1", (failure,))


def insert_members(sql: Sql, kind: str, first: int, members: Sequence[UUID]) -> None:
    """Note whom the replay made, numbered from `first`."""
    rows = [(kind, first + place, member.bytes) for place, member in enumerate(members)]
    sql.many("INSERT INTO replay_member (kind, number, member) VALUES (?, ?, ?)", rows)


def load_members(sql: Sql, kind: str) -> list[UUID]:
    """Return whom the replay made, in order of their numbers."""
    rows = sql.rows("SELECT member FROM replay_member WHERE kind = ? ORDER BY number", (kind,))
    return [UUID(bytes=bytes(row[0])) for row in rows]


def insert_day(sql: Sql, day: DayDone) -> None:
    """Note a day that is over."""
    sql.run(
        "INSERT INTO replay_day (day_index, happened_on, balance_fen, income_fen, earning_fen,"
        " holders, transfers) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            day.day_index,
            day.happened_on.isoformat(),
            day.balance_fen,
            day.income_fen,
            day.earning_fen,
            day.holders,
            day.transfers,
        ),
    )


def load_days(sql: Sql) -> list[DayDone]:
    """Return the days that are over, in order."""
    rows = sql.rows(
        "SELECT day_index, happened_on, balance_fen, income_fen, earning_fen, holders, transfers"
        " FROM replay_day ORDER BY day_index"
    )
    return [DayDone(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]

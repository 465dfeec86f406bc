"""Every SQL statement about who writes to a book.

The time is always the database's. It is that of the statement's start, each being a transaction of
its own: one that had to wait for a row judges by an instant that is a little too early, which never
ends a lease too soon.
"""

from __future__ import annotations

from re import compile as pattern
from typing import Final, NamedTuple

import psycopg

from venule.kit.pg.sql import PostgresSql
from venule.kit.pg.store import LOCK_TIMEOUT_MS

_NOW: Final = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000000 AS BIGINT)"

# holder: '' when it was given back. endpoint: where the writer takes commands.
_LEASE_TABLE: Final = """
CREATE TABLE IF NOT EXISTS writer_lease (
    book BIGINT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    endpoint TEXT NOT NULL
)"""

# Whose commits count, see `FENCE`.
_FENCE_TABLE: Final = """
CREATE TABLE IF NOT EXISTS writer_fence (
    book BIGINT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL
)"""

CREATE_TRIES: Final = 3
_MADE_MEANWHILE: Final = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
)

LEASE_TABLE: Final = "writer_lease"
FENCE_TABLE: Final = "writer_fence"
_FENCE_NAME: Final = pattern(rf"{FENCE_TABLE}(_\d+)?")
FENCE: Final = (
    "UPDATE writer_fence SET generation = CASE WHEN generation = ? THEN generation END"
    " WHERE book = ?"
)
"""Fails, and with it the group, if another writer has come: NULL is no generation."""

_SESSION: Final = "'venule ' || LEFT(MD5(CURRENT_SCHEMA()), 8) || ' ' || CAST(? AS TEXT)"
"""What the sessions of a writer are called: after the home, then book and holder."""

_LOCK_TIMEOUT: Final = "SELECT set_config('lock_timeout', ?, FALSE)"


class LeaseRow(NamedTuple):
    """A lease as it is now. Instants are the database's, in microseconds since the Unix epoch."""

    holder: str
    generation: int
    expires_at: int
    endpoint: str
    now: int


def is_fence(table: str | None) -> bool:
    """Whether an error is about the fence; on a node of a cluster its name ends in a number."""
    return table is not None and _FENCE_NAME.fullmatch(table) is not None


def create_tables(sql: PostgresSql) -> None:
    """Make the tables if they are not there: before any migration, since those need a writer."""
    for name, statement in ((LEASE_TABLE, _LEASE_TABLE), (FENCE_TABLE, _FENCE_TABLE)):
        for _ in range(CREATE_TRIES):
            if sql.has_table(name):  # who may not create may still write
                break
            try:
                sql.run(statement)
                break
            except _MADE_MEANWHILE:
                continue  # another process did the same at the same moment


def select_lease(sql: PostgresSql, book: int) -> LeaseRow | None:
    """Return the lease of a book; None if there never was one."""
    row = sql.row(
        f"SELECT holder, generation, expires_at, endpoint, {_NOW} FROM writer_lease WHERE book = ?",  # noqa: S608  a constant
        (book,),
    )
    return None if row is None else LeaseRow(*row)


def first_book(sql: PostgresSql) -> int | None:
    """Return the lowest number of a book that has had a writer."""
    row = sql.row("SELECT MIN(book) FROM writer_lease")
    return None if row is None or row[0] is None else int(row[0])


def insert_lease(sql: PostgresSql, book: int, holder: str, duration_us: int, endpoint: str) -> bool:
    """Be the first; False if another one was."""
    changed = sql.run(
        "INSERT INTO writer_lease (book, holder, generation, expires_at, endpoint)"  # noqa: S608  a constant
        f" VALUES (?, ?, 1, {_NOW} + ?, ?) ON CONFLICT (book) DO NOTHING",
        (book, holder, duration_us, endpoint),
    )
    return changed == 1


def update_taken(
    sql: PostgresSql, book: int, seen: int, holder: str, duration_us: int, endpoint: str
) -> bool:
    """Become the holder after generation `seen`, if it has ended and nobody was faster."""
    changed = sql.run(
        "UPDATE writer_lease SET holder = ?, generation = generation + 1,"  # noqa: S608  a constant
        f" expires_at = {_NOW} + ?, endpoint = ?"
        f" WHERE book = ? AND generation = ? AND (holder = '' OR expires_at <= {_NOW})",
        (holder, duration_us, endpoint, book, seen),
    )
    return changed == 1


def update_renewed(
    sql: PostgresSql, book: int, generation: int, holder: str, duration_us: int
) -> bool:
    """Hold on for another while; False if the lease is another's."""
    changed = sql.run(
        f"UPDATE writer_lease SET expires_at = {_NOW} + ?"  # noqa: S608  a constant
        " WHERE book = ? AND generation = ? AND holder = ?",
        (duration_us, book, generation, holder),
    )
    return changed == 1


def update_advanced(sql: PostgresSql, book: int, seen: int, holder: str, duration_us: int) -> bool:
    """Begin the next generation as the holder of generation `seen`; False if it is another's."""
    changed = sql.run(
        "UPDATE writer_lease SET generation = generation + 1,"  # noqa: S608  a constant
        f" expires_at = {_NOW} + ? WHERE book = ? AND generation = ? AND holder = ?",
        (duration_us, book, seen, holder),
    )
    return changed == 1


def update_endpoint(sql: PostgresSql, book: int, holder: str, endpoint: str) -> bool:
    """Say where the holder takes commands; False if the lease is another's."""
    changed = sql.run(
        "UPDATE writer_lease SET endpoint = ? WHERE book = ? AND holder = ?",
        (endpoint, book, holder),
    )
    return changed == 1


def update_released(sql: PostgresSql, book: int, generation: int, holder: str) -> bool:
    """Give the lease back; False if it is another's."""
    changed = sql.run(
        "UPDATE writer_lease SET holder = '', endpoint = '', expires_at = 0"
        " WHERE book = ? AND generation = ? AND holder = ?",
        (book, generation, holder),
    )
    return changed == 1


def raise_fence(sql: PostgresSql, book: int, generation: int, wait_ms: int) -> bool:
    """Let no commit of an older generation count from now on; False if a newer one is there.

    wait_ms: how long to wait for a group of the old writer that is about to be committed.
    Raises: HomeLocked if it takes longer.
    """
    sql.row(_LOCK_TIMEOUT, (f"{wait_ms}ms",))
    try:
        changed = sql.run(
            "INSERT INTO writer_fence (book, generation) VALUES (?, ?)"
            " ON CONFLICT (book) DO UPDATE SET generation = excluded.generation"
            " WHERE writer_fence.generation < excluded.generation",
            (book, generation),
        )
    finally:
        if sql.fatal is None:
            sql.row(_LOCK_TIMEOUT, (f"{LOCK_TIMEOUT_MS}ms",))
    return changed == 1


def check_fence(sql: PostgresSql, book: int, generation: int) -> None:
    """In a group, just before its commit: it must fail if the book has got another writer."""
    sql.write(FENCE, (generation, book))


def name_session(sql: PostgresSql, book: int, holder: str) -> None:
    """Let the server know whose session this is, for `end_sessions`."""
    sql.row(f"SELECT set_config('application_name', {_SESSION}, FALSE)", (f"{book} {holder}",))


def end_sessions(sql: PostgresSql, book: int, holder: str) -> int:
    """End the sessions of all writers of a book but one that are in a transaction; return how many
    there were.

    The server allows it to the same user, or to a member of `pg_signal_backend`.
    """
    return len(
        sql.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608  a constant
            f" WHERE STARTS_WITH(application_name, {_SESSION}) AND application_name <> {_SESSION}"
            " AND datname = CURRENT_DATABASE() AND xact_start IS NOT NULL",
            (f"{book} ", f"{book} {holder}"),
        )
    )

"""The SQL of a read-only look at a book: is the schema ours, where were accounts opened."""

from __future__ import annotations

from venule.kit.sql import Sql


def applied_migrations(sql: Sql, room: str) -> list[tuple[int, str]]:
    """Return (number, sha256) of every migration of a room that this home has."""
    return [
        (int(number), str(digest))
        for number, digest in sql.rows(
            "SELECT number, sha256 FROM schema_migration WHERE room = ? ORDER BY number", (room,)
        )
    ]


def opening_spans(sql: Sql, book: int, from_seq: int) -> list[tuple[int, int, int]]:
    """Return (first_seq, first_account, account_count) of rows from `from_seq` on that open some.

    Reads no blob, so that a long tail costs little.
    """
    return [
        (int(first_seq), int(first_account), int(count))
        for first_seq, first_account, count in sql.rows(
            "SELECT first_seq, first_account, account_count FROM journal"
            " WHERE book = ? AND first_seq >= ? AND account_count > 0 ORDER BY first_seq",
            (book, from_seq),
        )
    ]

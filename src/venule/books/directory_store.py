"""Every SQL statement about the directory of a house of books."""

from __future__ import annotations

from datetime import date
from typing import Any

from venule.books.model import BookEntry, BookNumber, Directory, SlotRange
from venule.kit.sql import Sql
from venule.kit.time import from_us, to_us


def load_directory(sql: Sql) -> Directory:
    """Return the directory as it stands; version 0 before anything is in it."""
    version = sql.row("SELECT version FROM directory_version WHERE id = 1")
    books = sql.rows("SELECT number, name, endpoint, opened_at FROM directory_book ORDER BY number")
    ranges = sql.rows("SELECT first_slot, last_slot, book FROM directory_range ORDER BY first_slot")
    institutions = sql.rows(
        "SELECT institution, book FROM directory_institution ORDER BY institution"
    )
    return Directory(
        0 if version is None else int(version[0]),
        tuple(BookEntry(BookNumber(n), name, end, from_us(at)) for n, name, end, at in books),
        tuple(SlotRange(first, last, BookNumber(book)) for first, last, book in ranges),
        {name: BookNumber(book) for name, book in institutions},
    )


def save_version(sql: Sql, version: int) -> None:
    """Write the directory's version."""
    if not sql.run("UPDATE directory_version SET version = ? WHERE id = 1", (version,)):
        sql.run("INSERT INTO directory_version (id, version) VALUES (1, ?)", (version,))


def insert_book(sql: Sql, entry: BookEntry) -> None:
    """Write a new book."""
    sql.run(
        "INSERT INTO directory_book (number, name, endpoint, opened_at) VALUES (?, ?, ?, ?)",
        (entry.number, entry.name, entry.endpoint, to_us(entry.opened_at)),
    )


def insert_range(sql: Sql, each: SlotRange) -> None:
    """Write a range of slots."""
    sql.run(
        "INSERT INTO directory_range (first_slot, last_slot, book) VALUES (?, ?, ?)",
        (each.first, each.last, each.book),
    )


def insert_institution(sql: Sql, institution: str, book: int) -> None:
    """Write whose new members go into a book."""
    sql.run(
        "INSERT INTO directory_institution (institution, book) VALUES (?, ?)", (institution, book)
    )


def save_endpoint(sql: Sql, book: int, endpoint: str) -> None:
    """Write where a book's writer listens."""
    sql.run("UPDATE directory_book SET endpoint = ? WHERE number = ?", (endpoint, book))


def load_cut(sql: Sql, on: date) -> dict[int, int]:
    """Return the positions at which a day was reconciled, empty if it was not."""
    return dict(
        sql.rows(
            "SELECT book, seq FROM directory_cut WHERE day_on = ? ORDER BY book", (on.isoformat(),)
        )
    )


def last_cut(sql: Sql, before: date) -> dict[int, int]:
    """Return the positions of the last day reconciled before a day, empty if there is none."""
    row = sql.row("SELECT MAX(day_on) FROM directory_cut WHERE day_on < ?", (before.isoformat(),))
    day: Any = None if row is None else row[0]
    return {} if day is None else load_cut(sql, date.fromisoformat(day))


def insert_cut(sql: Sql, on: date, positions: dict[int, int]) -> None:
    """Write the positions at which a day is reconciled."""
    sql.many(
        "INSERT INTO directory_cut (day_on, book, seq) VALUES (?, ?, ?)",
        [(on.isoformat(), book, seq) for book, seq in sorted(positions.items())],
    )

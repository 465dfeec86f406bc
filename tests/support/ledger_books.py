"""A book over a bare database, driven by hand: what the home does, without a home."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pytest

from support.both_homes import EMBEDDED, Places, tables
from support.postgres import open_sql
from venule.kit.migrate import KIT_MIGRATIONS, migrate
from venule.kit.sql import Sql
from venule.kit.sqlite import SqliteSql
from venule.ledger import MIGRATIONS, Book, Posted, Transfer

T = TypeVar("T")
CNY, USD = 156, 840


def new_sql() -> SqliteSql:
    sql = SqliteSql(
        sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False), ":memory:"
    )
    for migration in MIGRATIONS.load():
        sql.conn.executescript(migration.text)
    return sql


class Hand:
    """Groups and commands on a book, with a clock of our own."""

    def __init__(self, sql: Sql | None = None) -> None:
        self.sql = sql or new_sql()
        self.book = Book(self.sql)
        self.now_us = 1_000_000

    def group(self, *commands: Callable[[Book], T], fail: Iterable[int] = ()) -> list[T]:
        """Run commands as one group; those in `fail` are undone after they ran."""
        book = self.book
        self.sql.begin()
        book.begin(self.sql, self.now_us)
        answers = []
        for i, command in enumerate(commands):
            mark = book.mark()
            answers.append(command(book))
            if i in fail:
                book.rollback_to(mark)
        book.flush(self.sql)
        self.sql.commit()
        book.committed()
        return answers

    def open(self, *flags: int, unit: int = CNY) -> list[int]:
        """Open one account for each of the flags."""

        def command(book: Book) -> list[int]:
            book.define_unit(self.sql, unit, str(unit), 2)
            return [book.open_accounts(unit, 2010, 1, flag, None)[0] for flag in flags]

        return self.group(command)[0]

    def post(self, *transfers: Transfer) -> list[Posted]:
        return self.group(lambda book: book.post(transfers))[0]

    def reopen(self) -> Hand:
        other = Hand(self.sql)
        other.now_us = self.now_us
        return other


class Hands:
    """Makes hands on books of one kind of home, each with a database of its own."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._opened: list[Sql] = []
        self._used = 0

    def __call__(self) -> Hand:
        """Return a hand on an empty book."""
        if self.places.kind == EMBEDDED:
            return Hand()
        self._used += 1
        if self._used > len(self._opened):
            sql = open_sql(str(self.places(f"hand {self._used}")))
            self._opened.append(sql)
            migrate(sql, [KIT_MIGRATIONS, MIGRATIONS], 1)
            return Hand(sql)
        sql = self._opened[self._used - 1]
        sql.rollback()
        for table in tables(sql):
            if table.startswith(("journal", "ledger", "book")):
                sql.run(f"DELETE FROM {table}")
        return Hand(sql)

    def again(self) -> None:
        """Begin another example: whatever hands there are, nobody uses them any more."""
        self._used = 0

    def close(self) -> None:
        for sql in self._opened:
            sql.close()


@pytest.fixture
def new_hand(places: Places) -> Iterator[Hands]:
    """Makes hands, in memory and on PostgreSQL."""
    hands = Hands(places)
    yield hands
    hands.close()

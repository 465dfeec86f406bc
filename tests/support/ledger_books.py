"""A book over a database in memory, driven by hand: what the home does, without a home."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeVar

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

    def __init__(self, sql: SqliteSql | None = None) -> None:
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

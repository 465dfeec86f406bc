"""What a store imports to speak SQL: the handle on the open connection, and a reader's own.

Only portable SQL: `?` placeholders; the types BIGINT, INTEGER, TEXT, BYTEA;
`INSERT ... ON CONFLICT (...) DO NOTHING` or `UPDATE`; `RETURNING`. No AUTOINCREMENT, no rowid, no
triggers: the same text runs on every kind of home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from venule.kit.errors import HomeError
from venule.kit.place import is_address
from venule.kit.sqlite import Params, Row, StorageFailed

__all__ = ["Params", "Row", "Sql", "StorageFailed", "open_readonly"]


class Sql(Protocol):
    """A handle on one open connection, of any dialect. Not for two threads at once.

    path: what messages call the home. folder: where its files that are no rows lie; None if there
    is no such place. fatal: the last error that leaves nothing of the transaction to go on with;
    whoever owns the transaction must look at it before going on. wrote: set by every statement that
    may have written, or that failed; who wants to know clears it before. on_begin: called in every
    new write transaction.
    """

    path: str
    readonly: bool
    fatal: HomeError | None
    wrote: bool
    on_begin: Callable[[], None] | None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`: for migrations."""

    @property
    def folder(self) -> Path | None:
        """See above."""

    def run(self, sql: str, params: Params = ()) -> int:
        """Execute a statement and return how many rows it changed (-1 when it is no change)."""

    def row(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row, or None."""

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows."""

    def each(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows one by one, for results too big to hold."""

    def many(self, sql: str, rows: Iterable[Params]) -> None:
        """Execute one statement for each of the parameter rows."""

    def begin(self, *, deferring: bool | None = None) -> None:
        """Open a write transaction.

        deferring: from now on (None: as before) statements whose count is known beforehand may
        ride with later ones, if that saves time; what is wrong with one comes as `FailedLater`.
        """

    def begin_read(self) -> None:
        """See one state of the database from here on, until `rollback`. Again changes nothing."""

    def commit(self) -> None:
        """Make the transaction durable."""

    def rollback(self) -> None:
        """Undo the transaction, if nobody has done so."""

    def start_look(self) -> None:
        """Refuse to write, until `end_look`. No transaction is open."""

    def end_look(self) -> None:
        """Allow to write again."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def has_table(self, name: str) -> bool:
        """Whether the home has a table of this name."""

    def has_column(self, table: str, name: str) -> bool:
        """Whether a table has a column of this name."""

    def watch(self, before: Callable[[str], None]) -> None:
        """Call `before(statement)` ahead of every statement: for tracing, and for faults in tests.

        What `before` raises takes the place of the statement's own answer.
        """

    def close(self) -> None:
        """Close the connection."""


def open_readonly(place: Path | str) -> Sql:
    """Open the database of a home for reading, wherever it is; a writer may be at work elsewhere.

    Raises: NotAHome, HomeTooNew, HomeDamaged (see `standing` for its leaves), StorageFailed; for an
    address also AddressMalformed, DatabaseUnreachable, DatabaseBusy, DatabaseRefused,
    DatabaseUnsuitable.
    """
    if is_address(place):
        from venule.kit.pg.opening import open_reader

        return open_reader(str(place))
    from venule.kit.reader import open_readonly as open_files

    return open_files(place)

"""PostgreSQL underneath a home: the open connection, with the face of `sqlite.Sql`.

Every statement costs a round trip, and a group of small commands would be nothing but round trips.
So what needs no answer rides with the next statement that does: savepoints always; with `deferring`
also every INSERT whose count is known beforehand, and all that `many` does. A whole group may then
go over the wire with its commit. What the server says of such a statement comes later than the
statement: see `PostgresSql.deferring`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import psycopg

from venule.kit.connection_errors import CommitUnknown, ConnectionLost, FailedLater
from venule.kit.errors import CommitFailed, DiskFull, HomeDamaged, HomeError
from venule.kit.pg import store
from venule.kit.pg.cursors import FETCH_FIRST_ROWS, Cursors, next_fetch
from venule.kit.pg.errors import is_elsewhere, translate
from venule.kit.pg.wire import Broken, Failure, Sent, Wire, describe
from venule.kit.sqlite import Params, Row, StorageFailed

PUSH_STATEMENTS: Final = 16
"""So many deferred statements are sent ahead when a command ends: the server works meanwhile."""

IN_FLIGHT_MAX: Final = 4_096


class PostgresSql:
    """A thin, typed handle on one open connection. Not for two threads at once.

    fatal: the last error that leaves nothing of the transaction to go on with; whoever owns the
    transaction must look at it before going on. After a lost connection it stays for good.
    wrote: set by every statement that may have written; who wants to know clears it before.
    deferring: within a transaction, let statements with a known answer ride with the next one.
    An error of one of them comes with a later statement, at the latest with the commit: as its
    own if its command (the part between SAVEPOINT and RELEASE) is still in progress, else as
    `FailedLater`, and then from every statement until `rollback`; never if its command is undone
    before.

    After a statement that failed, PostgreSQL takes none but `ROLLBACK TO command` or `rollback`:
    the same error is raised again.
    """

    dialect: ClassVar[str] = "postgresql"

    __slots__ = (
        "_before", "_begun", "_command", "_cursors", "_dirty", "_looks",
        "_marked", "_open", "_pending", "_pin", "_real", "_refused", "_spoiled", "_tag", "_wire",
        "conn", "deferring", "fatal", "folder", "on_begin", "on_cluster", "path", "readonly",
        "wrote",
    )  # fmt: skip

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        path: str,
        *,
        readonly: bool = False,
        folder: Path | None = None,
    ) -> None:
        self.conn = conn
        self.path = path
        self.folder = folder
        self.readonly = readonly
        self.deferring = False
        self.fatal: HomeError | None = None
        self.on_begin: Callable[[], None] | None = None  # called in every new write transaction
        self.on_cluster = False  # Citus is there
        self.wrote = False
        self._wire = Wire(conn)
        self._before: Callable[[str], None] | None = None
        self._pending: list[Sent] = []
        self._pin: tuple[str, Params] = (store.TAKE_STATE, ())
        self._open = False  # a transaction is
        self._looks = False  # it may not write
        self._begun = False  # the server knows of it
        self._refused: Exception | None = None  # the server waits for a rollback
        self._spoiled: Exception | None = None
        self._command = 0  # commands so far
        self._tag = 0  # the command in progress, or 0
        self._marked = 0  # where its statements begin among those pending
        self._real = False  # the server knows of its savepoint
        self._dirty = False  # it may have written
        self._cursors = Cursors()

    # ------------------------------------------------------------ statements

    def run(self, sql: str, params: Params = ()) -> int:
        """Execute a statement and return how many rows it changed (-1 when it is no change)."""
        if sql == store.SAVEPOINT:
            return self._start_command()
        if sql == store.UNDO:
            return self._undo_command()
        if sql == store.RELEASE:
            return self._end_command()
        statement = self._wire.statement(sql)
        self._look(sql, writes=not statement.reads)
        sent = self._wire.make(statement, params, self._tag)
        if statement.one_row and self._defers:
            self._pending.append(sent)
            return 1
        result = self._ask(sent)
        if not (statement.reads or statement.named):
            self._wire.forget()
        return -1 if statement.reads or result.command_tuples is None else result.command_tuples

    def write(self, sql: str, params: Params = ()) -> None:
        """Execute a change whose count nobody asks for: it too may be deferred."""
        self._look(sql, writes=True)
        self._pending.append(self._sent(sql, params))
        if not self._defers:
            self.settle()

    def row(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows(sql, params)
        return rows[0] if rows else None

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows."""
        statement = self._wire.statement(sql)
        self._look(sql, writes=not statement.reads)
        result = self._ask(self._wire.make(statement, params, self._tag))
        return self._wire.rows(result)

    def each(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows one by one, for results too big to hold.

        Other statements may come in between; the end of the transaction, or of the command, is the
        end of it.
        """
        if not self._wire.statement(sql).reads:
            yield from self.rows(sql, params)
            return
        self._look(sql, writes=False)
        name, epoch = self._cursors.new(beyond=not self._open)
        opening = self._once(store.declare(name, sql, beyond=not self._open), params)
        count = FETCH_FIRST_ROWS
        try:
            rows = self._wire.rows(self._ask(opening, self._once(store.fetch(name, count))))
            while True:
                yield from rows
                if len(rows) < count:
                    return
                count = next_fetch(rows)
                self._look(sql, writes=False)
                rows = self._wire.rows(self._ask(self._once(store.fetch(name, count))))
        finally:
            self._cursors.end(name, epoch)

    def many(self, sql: str, rows: Iterable[Params]) -> None:
        """Execute one statement for each of the parameter rows; all or nothing."""
        statement = self._wire.statement(sql)
        self._look(sql, writes=True)
        for params in rows:
            self._pending.append(self._wire.make(statement, params, self._tag))
            if len(self._pending) >= PUSH_STATEMENTS and self._open:
                self._push()
        if not self._defers:
            self.settle()

    def copy_in(self, sql: str, data: bytes) -> None:
        """Bring rows in: `COPY ... FROM STDIN`; all or nothing."""
        self._look(sql, writes=True)
        self._place()
        self._exchange(())
        self._answer_of(lambda: self._wire.copy_in(self._sent(sql), data))

    @property
    def _defers(self) -> bool:
        return self.deferring and self._open and not self._looks

    def settle(self) -> None:
        """Carry out all that was deferred; what it says comes now."""
        if self._pending or self._wire.in_flight:
            self._place()
            self._exchange(())

    # ------------------------------------------------------------ commands

    def _start_command(self) -> int:
        self._look(store.SAVEPOINT, writes=False)
        assert self._tag == 0, "savepoints do not nest"
        self._command += 1
        self._tag = self._command
        self._marked, self._real, self._dirty = len(self._pending), False, False
        return -1

    def _undo_command(self) -> int:
        """Undo what the command has written; it is still to be released."""
        if self._before is not None:
            self._tell(store.UNDO)
        self._check(undoing=True)
        if self._real:
            self._pending[:] = [self._sent(store.UNDO)]
        else:
            del self._pending[self._marked :]
            if self._refused is not None:  # by a statement that only looked: nowhere to go back to
                self._spoiled = self._refused
                raise FailedLater(self._spoiled)
        self._refused = None
        self._cursors.epoch += 1
        return -1

    def _end_command(self) -> int:
        self._look(store.RELEASE, writes=False)
        if self._real:
            self._pending.append(self._sent(store.RELEASE))
        self._tag, self._real = 0, False
        if len(self._pending) >= PUSH_STATEMENTS:
            self._push()
        return -1

    def _place(self) -> None:
        """Let the server know of the command's savepoint, if there is something to go back from."""
        if self._tag == 0 or self._real:
            return
        if self._dirty or not self.deferring:
            self._pending.insert(self._marked, self._sent(store.SAVEPOINT))
            self._real = True

    # ------------------------------------------------------------ transactions

    def begin(self, *, deferring: bool | None = None) -> None:
        """Open a write transaction; let statements be deferred from now on, or not any more."""
        if deferring is not None:
            self.deferring = deferring
        self._begin(store.BEGIN)
        if not self.deferring:
            self.settle()
        if self.on_begin is not None:
            self.on_begin()

    def begin_read(self) -> None:
        """See one state of the database from here on, until `rollback`. Again changes nothing."""
        if not self._open:
            self._begin(store.BEGIN_READ)
            self._looks = True
            self._ask(self._sent(*self._pin))

    def _begin(self, sql: str) -> None:
        self._look(sql, writes=False)
        assert not self._open, "transactions do not nest"
        self._wire.tidy()
        self._pending.append(self._sent(sql))
        self._open, self._begun, self._looks = True, False, False
        self._cursors.epoch += 1

    def commit(self) -> None:
        """Make the transaction durable.

        Raises: CommitUnknown if the connection ended before the answer; after every other error
        nothing is kept.
        """
        self._look(store.COMMIT, writes=False)
        assert self._open, "a commit needs a transaction"
        last = self._sent(store.COMMIT)
        try:
            self._wire.check_alive()
        except Broken as error:
            raise self._lost(error) from error
        try:
            result = self._wire.exchange([*self._take(), last])
        except Failure as failure:
            if failure.sent is not last:
                raise self._told(failure) from failure.error
            if failure.fatal:
                raise self._unknown(failure.error) from failure.error
            self._end()
            raise self.failed(failure.error) from failure.error
        except BaseException as error:
            raise self._unknown(error) from error
        self._end()
        assert result is not None
        if result.command_status != b"COMMIT":
            raise CommitFailed(self.path, f"{result.command_status!r} in answer to a commit")
        self._raise_interrupt()

    def rollback(self) -> None:
        """Undo the transaction, if the connection has not undone it. Clears `fatal`."""
        begun = self._begun or self._wire.in_flight > 0
        was_open = self._open
        self._end()
        if self._wire.is_broken:
            return
        self.fatal = None
        if not (was_open and begun):
            return
        if self._before is not None:
            self._tell(store.ROLLBACK)
        try:
            if self._wire.in_flight:
                self._sync()
            self._wire.exchange([self._sent(store.ROLLBACK)])
        except Failure as failure:
            raise self._told(failure) from failure.error
        except Broken as error:
            self._lost(error)  # which undoes it too
        self._raise_interrupt()

    def _sync(self) -> None:
        """Read the answers to what was sent ahead: the transaction goes, whatever they say."""
        try:
            self._wire.exchange(())
        except Failure as failure:
            if failure.fatal:
                raise Broken(str(failure.error)) from failure.error

    def _end(self) -> None:
        self._pending.clear()
        self._open = self._begun = self._real = False
        self._refused = self._spoiled = None
        self._tag = 0
        self._cursors.epoch += 1

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._open

    @property
    def spoiled(self) -> bool:
        """Whether a deferred statement has failed after its command, see `FailedLater`."""
        return self._spoiled is not None

    # ------------------------------------------------------------ there and back

    def _sent(self, sql: str, params: Params = ()) -> Sent:
        return self._wire.make(self._wire.statement(sql), params, self._tag)

    def _once(self, sql: str, params: Params = ()) -> Sent:
        """As `_sent`, of a text that does not come again."""
        return self._wire.make(describe(sql), params, self._tag)

    def _look(self, sql: str, *, writes: bool) -> None:
        """What comes before every statement."""
        self._check()
        if writes:
            self.wrote = self._dirty = True
        elif not self._open:
            self._dirty = False
        if self._before is not None:
            self._tell(sql)

    def _check(self, *, undoing: bool = False) -> None:
        if self.fatal is not None:
            raise self.fatal
        if self._spoiled is not None:
            raise FailedLater(self._spoiled)
        if self._refused is not None and not undoing:
            raise self._refused

    def _tell(self, sql: str) -> None:
        assert self._before is not None
        try:
            self._before(sql)
        except psycopg.Error as error:
            raise self.failed(error) from error

    def _ask(self, *last: Sent) -> Any:
        self._place()
        result = self._exchange(last)
        assert result is not None
        return result

    def _exchange(self, last: tuple[Sent, ...]) -> Any:
        return self._answer_of(lambda: self._wire.exchange([*self._take(), *last]))

    def _answer_of(self, ask: Callable[[], Any]) -> Any:
        try:
            result = ask()
        except Failure as failure:
            raise self._told(failure) from failure.error
        except Broken as error:
            raise self._cut(error) from error
        except BaseException as error:
            self._cut(error)
            raise
        self._raise_interrupt()
        return result

    def _push(self) -> None:
        """Send what is pending ahead; its answers are read with the next exchange."""
        self._place()
        if self._wire.in_flight > IN_FLIGHT_MAX:
            self._exchange(())
            return
        try:
            self._wire.push(self._take())
        except Broken as error:
            raise self._lost(error) from error

    def _take(self) -> list[Sent]:
        """Return what is pending, cursors to be closed first."""
        batch, self._pending = self._pending, []
        for name in self._cursors.take_ended():
            batch.append(self._once(store.close_cursor(name)))
        self._marked = 0
        self._begun = self._open
        return batch

    def _told(self, failure: Failure) -> Exception:
        """Return what to raise for a statement that the server has refused."""
        if failure.fatal or is_elsewhere(failure.error):
            return self._cut(failure.error)
        told = self.failed(failure.error)
        self.wrote = True  # or may not write any more: the command is to be undone
        if failure.sent.tag != self._tag:
            self._spoiled = told
            return FailedLater(told)
        if self._open:
            self._refused = told
        return told

    def failed(self, error: psycopg.Error) -> Exception:
        """Return what to raise for a server's error, and remember it if all is over."""
        told = translate(self.path, error)
        if told is None:
            return error
        if isinstance(told, DiskFull | HomeDamaged | StorageFailed | ConnectionLost):
            self.fatal = told
        return told

    def _cut(self, error: BaseException) -> HomeError:
        """The connection has ended; a change outside a transaction is a commit of its own."""
        return self._lost(error) if self._open or not self._dirty else self._unknown(error)

    def _lost(self, error: BaseException) -> ConnectionLost:
        self._wire.close()
        self._end()
        lost = ConnectionLost(self.path, str(error).strip().split("\n")[0])
        self.fatal = lost
        return lost

    def _unknown(self, error: BaseException) -> CommitUnknown:
        seen = self._lost(error).seen
        unknown = CommitUnknown(self.path, seen)
        self.fatal = unknown
        return unknown

    def _raise_interrupt(self) -> None:
        interrupt, self._wire.interrupt = self._wire.interrupt, None
        if interrupt is not None:
            raise interrupt

    def watch(self, before: Callable[[str], None]) -> None:
        """Call `before(statement)` ahead of every statement: for tracing, and for faults in tests.

        What `before` raises takes the place of the statement's own answer.
        """
        self._before = before

    def start_look(self) -> None:
        """See one state and refuse to write, until `end_look`."""
        self.begin_read()

    def end_look(self) -> None:
        """Allow to write again. Raises: ConnectionLost if the pin does not hold: see `pin`."""
        if self.readonly:
            return
        self.rollback()
        if self._pin[1] and not self._wire.is_broken:
            self._look(self._pin[0], writes=False)
            self._ask(self._sent(*self._pin))  # what was seen may have been of two states

    def pin(self, sql: str, params: Params) -> None:
        """Let this statement come first and last in every look, and last in every group.

        It fails when this is not the place to look at any more: then the connection is given up.
        """
        self._pin = sql, params

    def check_pin(self) -> None:
        """In the open group, just before its commit: see `pin`."""
        if self._pin[1]:
            self.write(*self._pin)

    def take_over(self, fresh: PostgresSql) -> None:
        """Go on with the connection of another handle: this one's was lost."""
        self._wire.close()
        self._end()
        self.conn, self._wire, self._pin = fresh.conn, fresh._wire, fresh._pin
        self.fatal = None

    def has_column(self, table: str, name: str) -> bool:
        """Whether a table of the home's schema has a column of this name."""
        return self.row(store.HAS_COLUMN, (table, name)) is not None

    def has_table(self, name: str) -> bool:
        """Whether the home's schema has a table of this name."""
        return self.row(store.HAS_TABLE, (name,)) is not None

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

"""A home: one directory, one database, one writer; commands run in groups that commit as one.

A group is one database transaction and one disk flush. Each command of it runs in a savepoint of
its own: one that fails leaves nothing and disturbs no other. A group that cannot be committed
leaves nothing at all, and every caller of it is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from threading import Lock, get_ident
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from venule.kit import homedir
from venule.kit.backup import backup, restore
from venule.kit.errors import (
    CommitFailed,
    DiskFull,
    HomeClosed,
    HomeDamaged,
    HomeError,
    HomeLocked,
    HomeReadOnly,
    NotAHome,
)
from venule.kit.events import EventLog
from venule.kit.idempotency import Keys, body_hash
from venule.kit.ids import Ids, SystemIds
from venule.kit.lock import HomeLock, lock_for_writing
from venule.kit.migrate import (
    KIT_MIGRATIONS,
    HomeNotMigrated,
    Migrations,
    find_missing,
    migrate,
)
from venule.kit.reader import open_readonly
from venule.kit.seal import SEAL_BYTES_MAX, Seal
from venule.kit.sqlite import DATABASE_FILE, Sql, StorageFailed, configure, connect
from venule.kit.time import Clock, from_us, to_us
from venule.kit.tx import Call, NoParticipant, Outcome, Participant, Tx
from venule.kit.wal import check_wal

__all__ = ["Home", "backup", "restore"]

T = TypeVar("T", bound=Tx)
C = TypeVar("C")
R = TypeVar("R")

CUT_SHORT: Final = "a group was cut short"


class Home(Generic[T]):
    """An open home. Threads may share it: groups and reads take turns.

    For many callers at once use a `Desk`; it makes groups of them.
    """

    def __init__(
        self,
        path: Path,
        sql: Sql,
        clock: Clock,
        ids: Ids,
        participant: Participant,
        tx: T,
        lock: HomeLock | None,
        seal: Seal | None,
    ) -> None:
        self.path = path
        self.sql = sql
        self.clock = clock
        self.ids = ids
        self.participant = participant
        self._tx = tx
        self._lock = lock
        self._seal = seal
        self._keys = Keys(sql)
        self._log = EventLog()
        self._gate = Lock()
        self._owner = 0  # the thread that is inside, or 0
        self._closed = False
        self._poison: str | None = None
        row = sql.row("SELECT last_at FROM home_clock WHERE id = 1")
        self._last_us = self._stored_us = row[0] if row else 0
        self._last = from_us(self._last_us)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Clock,
        ids: Ids | None = None,
        migrations: Sequence[Migrations] = (),
        participant: Callable[[Sql], Participant] | None = None,
        tx: Callable[[Sql, Ids, Any], T],
        readonly: bool = False,
        seal_max_bytes: int = SEAL_BYTES_MAX,
    ) -> Home[T]:
        """Open a home; for writing, make it if nothing (or an empty directory) is there.

        migrations: of the rooms, in floor order; those of the kit come first by themselves.
        participant: makes the state in memory from the database, once the schema is up to date.
        tx: makes what commands get: `tx(sql, ids, participant)`.
        readonly: see the home as it is now, whatever a writer does to it meanwhile; close it soon,
        since the writer's log cannot shrink before. A participant that reads the same state as the
        commands calls `sql.begin_read()` before it looks.
        seal_max_bytes: seal on closing only a database up to this size; 0 never.

        Raises: NotAHome, HomeLocked, HomeTooNew, HomeDamaged, HomeReadOnly, HomeNotMigrated,
        DiskFull, StorageFailed.
        """
        path = Path(path)
        ids = SystemIds(clock) if ids is None else ids
        rooms = [room for room in migrations if room.room != KIT_MIGRATIONS.room]
        rooms.insert(0, KIT_MIGRATIONS)
        if readonly:
            sql = open_readonly(path)
            return cls._finish(path, sql, clock, ids, rooms, participant, tx, None, None)
        with homedir.disk_errors(path):
            vacant = homedir.is_vacant(path)
        if vacant:
            with suppress(
                NotAHome
            ):  # another process was faster: then this one opens what is there
                homedir.create(path)
        homedir.check_format(path)
        lock = lock_for_writing(path)
        try:
            check_wal(path)
            homedir.check_database_file(path)
            with homedir.disk_errors(path):
                seal = Seal.break_open(path, seal_max_bytes)
            sql = connect(path / DATABASE_FILE, path)
            return cls._finish(path, sql, clock, ids, rooms, participant, tx, lock, seal)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _finish(
        cls,
        path: Path,
        sql: Sql,
        clock: Clock,
        ids: Ids,
        rooms: Sequence[Migrations],
        participant: Callable[[Sql], Participant] | None,
        tx: Callable[[Sql, Ids, Any], T],
        lock: HomeLock | None,
        seal: Seal | None,
    ) -> Home[T]:
        try:
            if sql.readonly:
                for missing in find_missing(sql, rooms)[:1]:
                    raise HomeNotMigrated(str(path), f"{missing.room} {missing.number}")
            else:
                configure(sql)
                migrate(sql, rooms, to_us(clock.now()))
            book = NoParticipant() if participant is None else participant(sql)
            if sql.readonly:
                sql.begin_read()  # one state of the home for as long as it is open
            return cls(path, sql, clock, ids, book, tx(sql, ids, book), lock, seal)
        except BaseException:
            sql.close()
            raise

    def run(self, fn: Callable[[T, C], R], command: C, *, key: str | None = None) -> R:
        """Carry out one command; it is durable when this returns.

        key: the client's idempotency key.
        Raises: what the command raises (it has left nothing then), and what `run_many` answers.
        """
        value: R = self.run_many((Call(fn, command, key),))[0].result()
        return value

    def run_many(self, calls: Sequence[Call[T]]) -> list[Outcome]:
        """Carry out commands as one group: one disk flush, each in its own savepoint.

        If the group as a whole fails (DiskFull, CommitFailed, HomeDamaged), each outcome says so.
        Raises: HomeClosed, HomeReadOnly, CommitFailed if the home is not in a state to begin.
        """
        if not calls:
            return []
        self._enter()
        try:
            if self._lock is None:
                raise HomeReadOnly(str(self.path))
            return self._group(calls)
        finally:
            self._leave()

    def read(self, fn: Callable[[T], R]) -> R:
        """Let a function read, between two groups. It must not write, nor take long."""
        self._enter()
        try:
            self._start_command()
            self._tx.readonly = True
            if self._lock is not None:
                self.sql.run("PRAGMA query_only = 1")
            return fn(self._tx)
        finally:
            try:
                self._tx.readonly = False
                self.sql.fatal = None
                if self._lock is not None:
                    self.sql.run("PRAGMA query_only = 0")
            finally:
                self._leave()

    def _enter(self) -> None:
        me = get_ident()
        assert self._owner != me, "a command must not run another, nor read from the home"
        self._gate.acquire()
        self._owner = me
        if self._closed or self._poison is not None:
            self._leave()
            if self._closed:
                raise HomeClosed(str(self.path))
            raise CommitFailed(str(self.path), f"an earlier failure: {self._poison}")

    def _leave(self) -> None:
        self._owner = 0
        self._gate.release()

    def _group(self, calls: Sequence[Call[T]]) -> list[Outcome]:
        sql, participant = self.sql, self.participant
        self._poison = CUT_SHORT  # unless one of the three ends below is reached
        try:
            self._start_command()
            sql.begin()
            participant.begin(sql, self._last_us)
            outcomes = [self._command(call) for call in calls]
            self._flush()
        except BaseException as error:
            return self._abandon(error, len(calls))
        try:
            sql.commit()
        except BaseException as error:
            return self._commit_failed(error, outcomes)
        self._committed()
        return outcomes

    def _command(self, call: Call[T]) -> Outcome:
        tx, sql, participant = self._tx, self.sql, self.participant
        self._start_command()
        events_before = len(tx.events)
        mark = participant.mark()
        sql.run("SAVEPOINT command")
        try:
            if call.key is None:
                value = call.fn(tx, call.command)
            else:
                value = self._once(call.fn, call.command, call.key)
            if sql.fatal is not None:  # the command swallowed it, but the transaction is gone
                raise sql.fatal
        except Exception as error:
            if sql.fatal is not None:
                raise sql.fatal from error
            sql.run("ROLLBACK TO command")
            sql.run("RELEASE command")
            participant.rollback_to(mark)
            del tx.events[events_before:]
            return Outcome(None, error)
        sql.run("RELEASE command")
        return Outcome(value)

    def _once(self, fn: Callable[[T, Any], Any], command: Any, key: str) -> Any:
        use_case = self._keys.use_case(fn)
        body = body_hash(use_case, command)
        answer = self._keys.first_answer(use_case, key, body)
        if answer is not None:
            return use_case.decode(answer)
        value = fn(self._tx, command)
        self._keys.remember(use_case, key, body, value, self._tx.now_us)
        return value

    def _start_command(self) -> None:
        """Give the command its instant: the clock's, or the last one if the clock went back."""
        now = self.clock.now()
        if now > self._last:
            self._last = now
            self._last_us = to_us(now)
        tx = self._tx
        tx.now, tx.now_us = self._last, self._last_us

    def _flush(self) -> None:
        """Write what the group has kept in memory."""
        if self._tx.events:
            self._log.append(self.sql, self._tx.events)
            self._tx.events.clear()
        self._keys.flush()
        if self._last_us > self._stored_us:
            self.sql.run("UPDATE home_clock SET last_at = ? WHERE id = 1", (self._last_us,))
        self.participant.flush(self.sql)

    def _committed(self) -> None:
        self._stored_us = self._last_us
        self.participant.committed()
        self._poison = None

    def _abandon(self, error: BaseException, count: int) -> list[Outcome]:
        """Undo the group and tell everybody why."""
        self._tx.events.clear()
        self._keys.forget()
        self._log.forget()
        poison = str(error) if isinstance(error, HomeDamaged) else None
        try:
            self.sql.rollback()
            self.participant.abandoned(self.sql)
        except Exception as second:
            poison = f"{type(second).__name__}: {second}"
        self._poison = poison
        if not isinstance(error, Exception):
            raise error
        return [Outcome(None, self._group_error(error)) for _ in range(count)]

    def _group_error(self, error: Exception) -> Exception:
        if isinstance(error, HomeError) and not isinstance(error, StorageFailed):
            return copy(error)
        failed = CommitFailed(str(self.path), f"{type(error).__name__}: {error}")
        failed.__cause__ = error
        return failed

    def _commit_failed(self, error: BaseException, outcomes: list[Outcome]) -> list[Outcome]:
        """Tell apart: surely not committed, committed but interrupted, and not known."""
        count = len(outcomes)
        if isinstance(error, DiskFull | HomeLocked):
            return self._abandon(error, count)
        if not isinstance(error, Exception):
            if self.sql.in_transaction:
                return self._abandon(error, count)
            self._committed()
            raise error
        self._poison = f"{type(error).__name__}: {error}"
        return [Outcome(None, CommitFailed(str(self.path), str(error))) for _ in range(count)]

    def close(self) -> None:
        """Close in good order: the participant's last words, the log emptied, the seal set.

        Again is harmless. A poisoned home is only let go of.
        """
        assert self._owner != get_ident(), "a command must not close its home"
        with self._gate:
            if self._closed:
                return
            self._closed = True
            try:
                if self._lock is not None and self._poison is None:
                    self._close_well()
            finally:
                self.sql.close()
                if self._lock is not None:
                    self._lock.release()

    def _close_well(self) -> None:
        self.participant.close(self.sql)
        if self._seal is None:
            return
        unchanged = self._seal.is_database_untouched()
        self.sql.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.sql.close()
        with homedir.disk_errors(self.path):
            self._seal.set_again(unchanged=unchanged)

    def __enter__(self) -> Home[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

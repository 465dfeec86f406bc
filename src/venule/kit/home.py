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
from venule.kit.care import Care, position_of
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
from venule.kit.lock import lock_for_writing
from venule.kit.log_store import Mark, identity, save_mark
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
from venule.kit.standing import check_standing
from venule.kit.time import Clock, from_us, to_us
from venule.kit.tx import Call, NoParticipant, Outcome, Participant, Tx
from venule.kit.wal import cut_tail
from venule.kit.writelog import LOG_BYTES_MAX

__all__ = ["Home", "backup", "restore"]

T = TypeVar("T", bound=Tx)
C = TypeVar("C")
R = TypeVar("R")

CUT_SHORT: Final = "a group was cut short"

ALONE_STRETCHES: Final = 8
"""After a stretch that had to be carried out again, so many begin with a savepoint a command."""


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
        care: Care | None,
    ) -> None:
        self.path = path
        self.sql = sql
        self.clock = clock
        self.ids = ids
        self.participant = participant
        self._tx = tx
        self._care = care  # of a writer
        self._keys = Keys(sql)
        self._log = EventLog()
        self._gate = Lock()
        self._turn = Lock()  # held by who is next at the gate: nobody passes twice before another
        self._owner = 0  # the thread that is inside, or 0
        self._alone_for = 0  # stretches to come without a try together
        self._closed = False
        self._poison: str | None = None
        self._mark = identity(sql)[1]
        self._last_us = self._mark.at_us
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
        log_max_bytes: int = LOG_BYTES_MAX,
    ) -> Home[T]:
        """Open a home; for writing, make it if nothing (or an empty directory) is there.

        migrations: of the rooms, in floor order; those of the kit come first by themselves.
        participant: makes the state in memory from the database, once the schema is up to date.
        tx: makes what commands get: `tx(sql, ids, participant)`.
        readonly: see the home as it is now, whatever a writer does to it meanwhile; close it soon,
        since the writer's log cannot shrink before. A participant that reads the same state as the
        commands calls `sql.begin_read()` before it looks.
        seal_max_bytes: seal on closing only a database up to this size; 0 never.
        log_max_bytes: bring the database up to date when the log is longer than this.

        Raises: NotAHome, HomeLocked, HomeTooNew, HomeDamaged (see `standing` for its leaves),
        HomeReadOnly, HomeNotMigrated, DiskFull, StorageFailed; HistoryUnreachable.
        """
        path = Path(path)
        ids = SystemIds(clock) if ids is None else ids
        rooms = [room for room in migrations if room.room != KIT_MIGRATIONS.room]
        rooms.insert(0, KIT_MIGRATIONS)
        if readonly:
            sql = open_readonly(path)
            return cls._finish(path, sql, clock, ids, rooms, participant, tx, None)
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
            standing = check_standing(path)
            with homedir.disk_errors(path):
                seal = Seal.break_open(path, seal_max_bytes)
                cut_tail(path, standing.log)
            sql = connect(path / DATABASE_FILE, path)
            care = Care(path, lock, seal, standing, log_max_bytes)
            return cls._finish(path, sql, clock, ids, rooms, participant, tx, care)
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
        care: Care | None,
    ) -> Home[T]:
        try:
            if care is None:
                for missing in find_missing(sql, rooms)[:1]:
                    raise HomeNotMigrated(str(path), f"{missing.room} {missing.number}")
            else:
                configure(sql)
                care.begin(sql)
                migrate(sql, rooms, to_us(clock.now()))
                care.attach()
            book = NoParticipant() if participant is None else participant(sql)
            if sql.readonly:
                sql.begin_read()  # one state of the home for as long as it is open
            return cls(path, sql, clock, ids, book, tx(sql, ids, book), care)
        except BaseException:
            if care is None:
                sql.close()
            else:
                care.let_go(sql)
            raise

    def run(self, fn: Callable[[T, C], R], command: C, *, key: str | None = None) -> R:
        """Carry out one command; it is durable when this returns.

        key: the client's idempotency key.
        Raises: what the command raises (it has left nothing then), and what `run_many` answers.
        """
        value: R = self.run_many((Call(fn, command, key),))[0].result()
        return value

    def run_many(self, calls: Sequence[Call[T]], *, stretch: int = 1) -> list[Outcome]:
        """Carry out commands as one group: one disk flush; one that fails leaves nothing.

        stretch: so many commands may share a savepoint. If one of them fails after it has written
        rows, its whole stretch is undone and carried out again, each command in a savepoint of its
        own: then a function is called twice for one effect and one answer.
        If the group as a whole fails (DiskFull, CommitFailed, HomeDamaged), each outcome says so.
        Raises: HomeClosed, HomeReadOnly, CommitFailed if the home is not in a state to begin.
        """
        if not calls:
            return []
        self._enter()
        try:
            if self._care is None:
                raise HomeReadOnly(str(self.path))
            return self._group(calls, stretch)
        finally:
            self._leave()

    def read(self, fn: Callable[[T], R]) -> R:
        """Let a function read, between two groups. It must not write, nor take long."""
        self._enter()
        try:
            self._start_command()
            self._tx.readonly = True
            if self._care is not None:
                self.sql.run("PRAGMA query_only = 1")
            return fn(self._tx)
        finally:
            try:
                self._tx.readonly = False
                self.sql.fatal = None
                if self._care is not None:
                    self.sql.run("PRAGMA query_only = 0")
            finally:
                self._leave()

    def _enter(self) -> None:
        me = get_ident()
        assert self._owner != me, "a command must not run another, nor read from the home"
        with self._turn:
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

    def _group(self, calls: Sequence[Call[T]], stretch: int) -> list[Outcome]:
        sql, participant = self.sql, self.participant
        self._poison = CUT_SHORT  # unless one of the three ends below is reached
        try:
            self._start_command()
            sql.begin()
            participant.begin(sql, self._last_us)
            if len(calls) > 1:
                self._keys.look_up([call.key for call in calls])
            outcomes: list[Outcome] = []
            for start in range(0, len(calls), stretch):
                outcomes += self._stretch(calls[start : start + stretch])
            self._flush()
        except BaseException as error:
            return self._abandon(error, len(calls))
        try:
            sql.commit()
        except BaseException as error:
            return self._commit_failed(error, outcomes)
        self._committed()
        return outcomes

    def _stretch(self, calls: Sequence[Call[T]]) -> list[Outcome]:
        if len(calls) > 1:
            if self._alone_for:
                self._alone_for -= 1
            else:
                outcomes = self._together(calls)
                if outcomes is not None:
                    return outcomes
                self._alone_for = ALONE_STRETCHES
        return [self._alone(call) for call in calls]

    def _together(self, calls: Sequence[Call[T]]) -> list[Outcome] | None:
        """Carry out commands in one savepoint; None if that does not do: all is undone then.

        A command that fails before it has written a row is undone in memory, the others stay.
        """
        sql = self.sql
        place = self._place()
        sql.run("SAVEPOINT command")
        outcomes = []
        for call in calls:
            outcome = self._command(call)
            if outcome.error is not None and sql.wrote:
                sql.run("ROLLBACK TO command")
                sql.run("RELEASE command")
                self._back_to(place)
                return None
            outcomes.append(outcome)
        sql.run("RELEASE command")
        return outcomes

    def _alone(self, call: Call[T]) -> Outcome:
        """Carry out a command in a savepoint of its own."""
        self.sql.run("SAVEPOINT command")
        outcome = self._command(call)
        if outcome.error is not None:
            self.sql.run("ROLLBACK TO command")
        self.sql.run("RELEASE command")
        return outcome

    def _command(self, call: Call[T]) -> Outcome:
        """Carry out a command; if it fails, undo in memory what it did. Its rows stay, if any."""
        tx, sql = self._tx, self.sql
        self._start_command()
        place = self._place()
        sql.wrote = False
        try:
            if call.key is None:
                value = call.fn(tx, call.command)
            else:
                value = self._once(call.fn, call.command, call.key)
        except Exception as error:
            self._check_transaction(error)
            self._back_to(place)
            return Outcome(None, error)
        self._check_transaction(None)
        return Outcome(value)

    def _check_transaction(self, error: Exception | None) -> None:
        """See to it that a command has not lost the transaction, even if it swallowed the error."""
        if self.sql.fatal is not None:
            raise self.sql.fatal from error
        if not self.sql.in_transaction:
            raise CommitFailed(str(self.path), "a command that ended the transaction") from error

    def _place(self) -> tuple[object, int, int]:
        """Return where the group stands in memory."""
        return self.participant.mark(), self._keys.fresh_count, len(self._tx.events)

    def _back_to(self, place: tuple[object, int, int]) -> None:
        mark, keys, events = place
        self.participant.rollback_to(mark)
        self._keys.rollback_to(keys)
        del self._tx.events[events:]

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
        self.participant.flush(self.sql)
        seq, digest = position_of(self.participant)
        self._mark = Mark(self._mark.commits + 1, seq, digest, self._last_us)
        save_mark(self.sql, self._mark)

    def _committed(self) -> None:
        self.participant.committed()
        assert self._care is not None
        self._care.committed(self._mark)
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
            self._mark = identity(self.sql)[1]
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
                if self._care is not None and self._poison is None:
                    self.participant.close(self.sql)
                    self._care.close(self.sql)
            finally:
                if self._care is None:
                    self.sql.close()
                else:
                    self._care.let_go(self.sql)

    def __enter__(self) -> Home[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

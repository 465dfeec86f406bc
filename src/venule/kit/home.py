"""A home: one database, one writer; commands run in groups that commit as one.

A home is a directory, or a schema of a PostgreSQL database. A group is one database transaction and
one disk flush. Each command of it runs in a savepoint of its own: one that fails leaves nothing and
disturbs no other. A group that cannot be committed leaves nothing at all, and every caller of it is
told so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock, get_ident
from types import TracebackType
from typing import Any, Generic, TypeVar

from venule.kit.backup import backup, restore
from venule.kit.care import BOOK, Care, open_writer
from venule.kit.connection_errors import ConnectionLost
from venule.kit.errors import (
    CommitFailed,
    HomeClosed,
    HomeReadOnly,
)
from venule.kit.groups import GroupObserver, Groups, Instants
from venule.kit.home_store import identity
from venule.kit.ids import Ids, SystemIds
from venule.kit.migrate import (
    KIT_MIGRATIONS,
    HomeNotMigrated,
    Migrations,
    find_missing,
    migrate,
)
from venule.kit.moving_store import admit_writer
from venule.kit.place import is_address
from venule.kit.seal import SEAL_BYTES_MAX
from venule.kit.sql import Sql, open_readonly
from venule.kit.time import Clock, to_us
from venule.kit.tx import Call, NoParticipant, Outcome, Participant, Tx
from venule.kit.writelog import LOG_BYTES_MAX

__all__ = ["Home", "backup", "restore"]

T = TypeVar("T", bound=Tx)
C = TypeVar("C")
R = TypeVar("R")


class Home(Generic[T]):
    """An open home. Threads may share it: groups and reads take turns.

    For many callers at once use a `Desk`; it makes groups of them.
    """

    def __init__(
        self,
        place: Path | str,
        sql: Sql,
        clock: Clock,
        ids: Ids,
        participant: Participant,
        tx: T,
        care: Care | None,
    ) -> None:
        self.place = place  # what to open it by; not for messages: it may hold a password
        self.sql = sql
        self.clock = clock
        self.ids = ids
        self.participant = participant
        self._tx = tx
        self._care = care  # of a writer
        self._instants = Instants(clock, identity(sql)[1].at_us)
        self._groups = None if care is None else Groups(sql, self._instants, participant, tx, care)
        self._gate = Lock()
        self._turn = Lock()  # held by who is next at the gate: nobody passes twice before another
        self._owner = 0  # the thread that is inside, or 0
        self._closed = False

    @classmethod
    def open(
        cls,
        place: Path | str,
        *,
        clock: Clock,
        ids: Ids | None = None,
        migrations: Sequence[Migrations] = (),
        participant: Callable[[Sql], Participant] | None = None,
        tx: Callable[[Sql, Ids, Any], T],
        readonly: bool = False,
        book: int = BOOK,
        seal_max_bytes: int = SEAL_BYTES_MAX,
        log_max_bytes: int = LOG_BYTES_MAX,
        endpoint: str = "",
        patience_us: int = 0,
        admit: Callable[[Sql], None] = admit_writer,
    ) -> Home[T]:
        """Open a home; for writing, make it if nothing (or an empty directory) is there.

        place: a directory, or an address `postgresql://...` (see `pg.address`).
        migrations: of the rooms, in floor order; those of the kit come first by themselves.
        participant: makes the state in memory from the database, once the schema is up to date.
        tx: makes what commands get: `tx(sql, ids, participant)`.
        readonly: see the home as it is now, whatever a writer does to it meanwhile; close it soon,
        since the writer's log cannot shrink before. A participant that reads the same state as the
        commands calls `sql.begin_read()` before it looks.
        Of a directory: seal_max_bytes: seal on closing only a database up to this size; 0 never.
        log_max_bytes: bring the database up to date when the log is longer than this.
        Of an address: book: whose lease is taken. endpoint: where this writer takes commands, for
        those who look for it. patience_us: how long to wait for another writer to end.
        admit: refuses a writer that this home is not for, before anything is written.

        Raises: NotAHome, HomeLocked, HomeTooNew, HomeDamaged (see `standing` for its leaves),
        HomeReadOnly, HomeNotMigrated, DiskFull, StorageFailed; HistoryUnreachable;
        HomeMoved, HomeIncomplete; and for an
        address LeaseHeld, LeaseLost, AddressMalformed, DatabaseUnreachable, DatabaseBusy,
        DatabaseRefused, DatabaseUnsuitable.
        """
        if not is_address(place):
            place = Path(place)
        ids = SystemIds(clock) if ids is None else ids
        rooms = [room for room in migrations if room.room != KIT_MIGRATIONS.room]
        rooms.insert(0, KIT_MIGRATIONS)
        if readonly:
            sql = open_readonly(place)
            return cls._finish(place, sql, clock, ids, rooms, participant, tx, None, admit)
        sql, care = open_writer(
            place,
            book=book,
            seal_max_bytes=seal_max_bytes,
            log_max_bytes=log_max_bytes,
            endpoint=endpoint,
            patience_us=patience_us,
        )
        return cls._finish(place, sql, clock, ids, rooms, participant, tx, care, admit)

    @classmethod
    def _finish(
        cls,
        place: Path | str,
        sql: Sql,
        clock: Clock,
        ids: Ids,
        rooms: Sequence[Migrations],
        participant: Callable[[Sql], Participant] | None,
        tx: Callable[[Sql, Ids, Any], T],
        care: Care | None,
        admit: Callable[[Sql], None],
    ) -> Home[T]:
        try:
            if care is None:
                for missing in find_missing(sql, rooms)[:1]:
                    raise HomeNotMigrated(sql.path, f"{missing.room} {missing.number}")
            else:
                care.begin()
                admit(sql)
                migrate(sql, rooms, to_us(clock.now()), care.building)
                care.attach()
            book = NoParticipant() if participant is None else participant(sql)
            if sql.readonly:
                sql.begin_read()  # one state of the home for as long as it is open
            return cls(place, sql, clock, ids, book, tx(sql, ids, book), care)
        except BaseException:
            if care is None:
                sql.close()
            else:
                care.let_go()
            raise

    @property
    def shown(self) -> str:
        """What messages call the home."""
        return self.sql.path

    @property
    def path(self) -> Path:
        """The directory of an embedded home."""
        assert isinstance(self.place, Path), "a home of files"
        return self.place

    def check_writer(self) -> None:
        """See whether this process may still write, without asking anybody. From any thread.

        Raises: HomeClosed, HomeReadOnly, LeaseLost, CommitFailed.
        """
        if self._groups is None:
            raise HomeReadOnly(self.shown)
        if self._closed:
            raise HomeClosed(self.shown)
        self._groups.check()

    def is_over(self) -> bool:
        """Whether this process will surely never write here again, unless the home is opened anew.

        A writer that only cannot reach its database for a while is not over. From any thread.
        """
        if self._groups is None or self._closed:
            return True
        return self._groups.is_over()

    def observe(self, observer: GroupObserver | None) -> None:
        """Tell somebody of each group from now on; nobody is told of a reader's home."""
        if self._groups is not None:
            self._groups.observer = observer

    def announce(self, endpoint: str) -> None:
        """Let those who look for the writer know where it takes commands, see `kit.writing`.

        Raises: HomeClosed, HomeReadOnly, LeaseLost, ConnectionLost, DiskFull.
        """
        if self._care is None:
            raise HomeReadOnly(self.shown)
        if self._closed:
            raise HomeClosed(self.shown)
        self._care.announce(endpoint)

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
            if self._groups is None:
                raise HomeReadOnly(self.shown)
            return self._groups.run(calls, stretch)
        finally:
            self._leave()

    def read(self, fn: Callable[[T], R]) -> R:
        """Let a function read, between two groups. It must not write, nor take long."""
        self._enter()
        try:
            try:
                return self._look(fn)
            except ConnectionLost:
                if self._groups is None or not self._groups.mend():
                    raise
                return self._look(fn)
        finally:
            self._leave()

    def _look(self, fn: Callable[[T], R]) -> R:
        if self._groups is not None:
            self._groups.check()  # another writer may have written since
        try:
            self._instants.give(self._tx)
            self._tx.readonly = True
            self.sql.start_look()
            return fn(self._tx)
        finally:
            self._tx.readonly = False
            self.sql.end_look()

    def _enter(self) -> None:
        me = get_ident()
        assert self._owner != me, "a command must not run another, nor read from the home"
        with self._turn:
            self._gate.acquire()
        self._owner = me
        poison = None if self._groups is None else self._groups.poison
        if self._closed or poison is not None:
            self._leave()
            if self._closed:
                raise HomeClosed(self.shown)
            raise CommitFailed(self.shown, f"an earlier failure: {poison}")

    def _leave(self) -> None:
        self._owner = 0
        self._gate.release()

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
                if self._care is not None and self._groups and self._groups.poison is None:
                    self.participant.close(self.sql)
                    self._care.close()
            finally:
                if self._care is None:
                    self.sql.close()
                else:
                    self._care.let_go()

    def __enter__(self) -> Home[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

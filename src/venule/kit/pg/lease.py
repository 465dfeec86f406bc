"""The lease that makes one process the only writer of a book in a PostgreSQL home.

A row says who holds it, in which generation, and until when, in the database's time. Whoever wants
to write takes it when it has ended, by compare-and-set, and so begins the next generation; the
holder renews it well before its end, and gives it back when it closes.

A lease alone proves nothing: a process that was stopped for a minute believes in it all the same.
So every group ends with a statement that fails unless its writer's generation is still the book's,
see `Lease.check`; and the journal's primary key refuses a second row at the same place whatever
else goes wrong. The lease only sees to it that there is somebody, and soon.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, unique
from logging import getLogger
from threading import Event, RLock, Thread
from time import monotonic_ns, sleep
from typing import Final

import psycopg

from venule.kit.errors import HomeError, HomeLocked
from venule.kit.pg import lease_store
from venule.kit.pg.errors import DatabaseRefused
from venule.kit.pg.lease_store import LeaseRow
from venule.kit.pg.sql import PostgresSql

DURATION_US: Final = 3_000_000
"""How long a writer that says nothing more keeps the book from all others."""

RENEWALS: Final = 3
"""So many times within its duration a lease is renewed."""

POLL_US: Final = 100_000
"""How often one who waits looks again at most, since a lease may be given back at any moment."""

FENCE_TRIES: Final = 3
HOST_CHARS_MAX: Final = 16

_log: Final = getLogger("venule.lease")


@dataclass(eq=False)
class LeaseHeld(HomeError):
    """Another process writes to the book. `left_us`: until its lease ends if it is not renewed."""

    path: str
    book: int
    holder: str
    endpoint: str
    left_us: int
    status, retryable, slug = 503, True, "lease-held"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected to become the writer of book {self.book}, seen {self.holder} "
            f"writing to it, for another {self.left_us} us at least"
        )


@dataclass(eq=False)
class LeaseLost(HomeError):
    """The book has got another writer: this one must stop. What it has not committed is undone."""

    path: str
    book: int
    generation: int
    seen: str
    status, retryable, slug = 503, True, "lease-lost"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected to be the writer of book {self.book} in generation "
            f"{self.generation}, seen {self.seen}"
        )


@unique
class Step(Enum):
    """What to do about a lease."""

    CREATE = "create"
    TAKE = "take"
    WAIT = "wait"
    RENEW = "renew"
    STOP = "stop"


def decide(seen: LeaseRow | None, holder: str, generation: int) -> Step:
    """Return what a process does about a lease.

    seen: the row with the database's time; None: there is none. generation: the one that this
    process holds, 0 if it has none yet. A lease that has ended and that nobody has taken is still
    the holder's.
    """
    if generation:
        mine = seen is not None and (seen.holder, seen.generation) == (holder, generation)
        return Step.RENEW if mine else Step.STOP
    if seen is None:
        return Step.CREATE
    if not seen.holder or seen.expires_at <= seen.now:
        return Step.TAKE
    return Step.WAIT


def new_holder() -> str:
    """Return a name for this process as a writer; never the same twice."""
    host = socket.gethostname()[:HOST_CHARS_MAX]
    return f"{host}:{os.getpid()}:{os.urandom(4).hex()}"


class Lease:
    """A lease that this process holds, or has held. Its writer and its keeper may share it."""

    def __init__(
        self,
        sql: PostgresSql,
        book: int,
        holder: str,
        generation: int,
        duration_us: int,
        until_ns: int,
    ) -> None:
        self.book = book
        self.holder = holder
        self.generation = generation
        self.duration_us = duration_us
        self._gate = RLock()  # of the connection
        self._sql = sql
        self._until_ns = until_ns  # of this machine's clock, and on the safe side
        self._lost = ""

    @classmethod
    def acquire(
        cls,
        sql: PostgresSql,
        book: int,
        holder: str,
        *,
        endpoint: str = "",
        duration_us: int = DURATION_US,
        patience_us: int = 0,
    ) -> Lease:
        """Become the only writer of a book.

        sql: a connection for nothing else. endpoint: where this writer takes commands. patience_us:
        how long to wait for another one's lease to end.
        Raises: LeaseHeld.
        """
        give_up_ns = monotonic_ns() + 1_000 * patience_us
        while True:
            began_ns = monotonic_ns()
            seen = lease_store.select_lease(sql, book)
            step = decide(seen, holder, 0)
            generation, won = 1, False
            if step is Step.CREATE:
                won = lease_store.insert_lease(sql, book, holder, duration_us, endpoint)
            elif step is Step.TAKE:
                assert seen is not None
                generation = seen.generation + 1
                won = lease_store.update_taken(
                    sql, book, seen.generation, holder, duration_us, endpoint
                )
            if won:
                until_ns = began_ns + 1_000 * duration_us
                return cls(sql, book, holder, generation, duration_us, until_ns)
            if step is Step.WAIT and monotonic_ns() >= give_up_ns:
                assert seen is not None
                left_us = seen.expires_at - seen.now
                raise LeaseHeld(sql.path, book, seen.holder, seen.endpoint, left_us)
            if step is Step.WAIT:
                assert seen is not None
                sleep(max(1, min(POLL_US, seen.expires_at - seen.now)) / 1_000_000)

    def fence_off(self, writer: PostgresSql) -> None:
        """See to it that no commit of an earlier writer counts any more; then look at the book.

        writer: the connection that will write; no transaction is open. An earlier writer's group
        that is just being committed is waited for. Then earlier writers' sessions that are in the
        middle of a group are ended: nothing of it can be kept any more, and one that was stopped
        would hold the locks of what it has written, such as idempotency keys.
        Raises: LeaseLost if a later writer has come already; HomeLocked.
        """
        me = f"{self.holder} {self.generation}"
        lease_store.name_session(writer, self.book, me)
        wait_ms = max(1, self.duration_us // (RENEWALS * 1_000))
        for attempt in range(1, FENCE_TRIES + 1):
            try:
                if not lease_store.raise_fence(writer, self.book, self.generation, wait_ms):
                    raise self._lose("a later one")
                self._end_sessions(me)
                return
            except HomeLocked:
                if attempt == FENCE_TRIES:
                    raise
            self.renew()
            self._end_sessions(me)

    def _end_sessions(self, me: str) -> None:
        with self._gate:
            try:
                ended = lease_store.end_sessions(self._sql, self.book, me)
            except DatabaseRefused as error:
                _log.warning("book %d: earlier writers' sessions stay: %s", self.book, error)
                return
        if ended:
            _log.warning("book %d: ended %d sessions of earlier writers", self.book, ended)

    def advance(self, sql: PostgresSql) -> None:
        """Begin the next generation under the same name: what the last one left is to be fenced.

        sql: any connection that works. Raises: LeaseLost.
        """
        with self._gate:
            began_ns = monotonic_ns()
            seen = lease_store.select_lease(sql, self.book)
            if self._lost or seen is None or seen.holder != self.holder:
                raise self._lose("no lease" if seen is None else f"{seen.holder or 'nobody'}")
            if not lease_store.update_advanced(
                sql, self.book, seen.generation, self.holder, self.duration_us
            ):
                raise self._lose("a later one")
            self.generation = seen.generation + 1
            self._until_ns = began_ns + 1_000 * self.duration_us

    def check(self, writer: PostgresSql) -> None:
        """Make the open group fail if the book has got another writer. Just before its commit.

        What fails is told by `explain`.
        """
        lease_store.check_fence(writer, self.book, self.generation)

    def explain(self, error: BaseException) -> LeaseLost | None:
        """Return LeaseLost if a group failed because of `check`, else None."""
        if not isinstance(error, psycopg.errors.NotNullViolation):
            return None
        if not lease_store.is_fence(error.diag.table_name):
            return None
        return self._lose("a later one")

    def confirm(self) -> LeaseLost | None:
        """Ask whether it is still ours: LeaseLost if not, None if it is or nobody answers."""
        with self._gate:
            try:
                seen = lease_store.select_lease(self._sql, self.book)
            except (HomeError, psycopg.Error):
                return None
        if seen is not None and (seen.holder, seen.generation) == (self.holder, self.generation):
            return None
        return self._lose("no lease" if seen is None else f"{seen.holder or 'nobody'} instead")

    def check_held(self) -> None:
        """Before a group: is it worth beginning? Asks nobody. Raises: LeaseLost."""
        if not self._lost and monotonic_ns() >= self._until_ns:
            raise LeaseLost(
                self._sql.path, self.book, self.generation, "a lease that was not renewed in time"
            )
        if self._lost:
            raise LeaseLost(self._sql.path, self.book, self.generation, self._lost)

    def renew(self) -> None:
        """Hold on for another while.

        Raises: LeaseLost if it is another's; ConnectionLost, after which it may be tried again with
        `reconnected` until the lease ends.
        """
        with self._gate:
            began_ns = monotonic_ns()
            if not lease_store.update_renewed(
                self._sql, self.book, self.generation, self.holder, self.duration_us
            ):
                seen = lease_store.select_lease(self._sql, self.book)
                other = "no lease" if seen is None else f"{seen.holder or 'nobody'} instead"
                raise self._lose(other)
            self._until_ns = began_ns + 1_000 * self.duration_us

    def announce(self, endpoint: str) -> None:
        """Tell whoever looks for the writer where it takes commands. Raises: LeaseLost."""
        with self._gate:
            if not lease_store.update_endpoint(self._sql, self.book, self.holder, endpoint):
                raise self._lose("another holder")

    def reconnected(self, sql: PostgresSql) -> None:
        """Go on with another connection: the first one was lost."""
        with self._gate:
            self._sql.close()
            self._sql = sql

    def release(self) -> None:
        """Give it back, so that the next one need not wait. Again is harmless."""
        with self._gate:
            if not self._lost:
                lease_store.update_released(self._sql, self.book, self.generation, self.holder)
                self._lost = "one given back"

    def close(self) -> None:
        """Close the connection. What was not given back runs out by itself."""
        with self._gate:
            self._sql.close()

    @property
    def is_lost(self) -> bool:
        """Whether it is known to be another's, or was given back."""
        return bool(self._lost)

    @property
    def left_us(self) -> int:
        """How long it lasts without being renewed, by this machine's clock; 0: it has ended."""
        return max(0, self._until_ns - monotonic_ns()) // 1_000

    def _lose(self, seen: str) -> LeaseLost:
        self._lost = self._lost or seen
        return LeaseLost(self._sql.path, self.book, self.generation, self._lost)


class LeaseKeeper:
    """Renews a lease in a thread of its own until it is closed or the lease is lost."""

    def __init__(
        self,
        lease: Lease,
        connect: Callable[[], PostgresSql],
        lost: Callable[[LeaseLost], None],
    ) -> None:
        """connect: makes another connection when the first one is lost. lost: called once, in the
        keeper's thread, when the lease is gone; the writer must then stop."""
        self._lease = lease
        self._connect = connect
        self._tell = lost
        self._stop = Event()
        self._thread = Thread(target=self._work, name="venule-lease", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        lease = self._lease
        pause_us = lease.duration_us // RENEWALS
        while not self._stop.wait(pause_us / 1_000_000):
            try:
                lease.renew()
                pause_us = lease.duration_us // RENEWALS
            except LeaseLost as error:
                self._tell(error)
                return
            except (HomeError, psycopg.Error) as error:
                _log.warning("book %d: the lease was not renewed: %s", lease.book, error)
                self._try_again()
                pause_us = lease.duration_us // (10 * RENEWALS)

    def _try_again(self) -> None:
        """Connect anew. A lease that has run out meanwhile is ours again if nobody has taken it."""
        try:
            self._lease.reconnected(self._connect())
        except HomeError as error:
            _log.warning("book %d: no connection to renew with: %s", self._lease.book, error)

    def close(self, *, release: bool = True) -> None:
        """Stop renewing; give the lease back, unless the writer has not ended in good order."""
        self._stop.set()
        self._thread.join()
        if release:
            try:
                self._lease.release()
            except (HomeError, psycopg.Error) as error:
                _log.warning("book %d: the lease runs out by itself: %s", self._lease.book, error)

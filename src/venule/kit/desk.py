"""The desk: many callers, one writer thread, one disk flush for all who wait.

The writer takes every command that waits (never waiting for more), runs them as one group, and
answers their callers once the group is durable. While it writes, the next group gathers by itself.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from concurrent.futures import Future
from copy import copy
from queue import Empty, SimpleQueue
from threading import Lock, Thread, get_ident
from time import sleep
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from venule.kit.errors import AppError, CommitFailed, DeskBusy, DeskClosed
from venule.kit.home import Home
from venule.kit.tx import Call, Outcome, Tx

T = TypeVar("T", bound=Tx)
C = TypeVar("C")
R = TypeVar("R")

GROUP_MAX: Final = 512
WAITING_MAX: Final = 65_536


class _Door:
    """A caller that waits in its own thread: cheaper than a Future by half."""

    __slots__ = ("call", "outcome", "wait")

    def __init__(self, call: Call[Any]) -> None:
        self.call = call
        self.outcome: Outcome | None = None
        lock = allocate_lock()
        lock.acquire()
        self.wait = lock

    def begin(self) -> bool:
        return True

    def answer(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.wait.release()


class _Promise:
    """A caller that holds a Future."""

    __slots__ = ("call", "future")

    def __init__(self, call: Call[Any]) -> None:
        self.call = call
        self.future: Future[Any] = Future()

    def begin(self) -> bool:
        return self.future.set_running_or_notify_cancel()

    def answer(self, outcome: Outcome) -> None:
        if outcome.error is None:
            self.future.set_result(outcome.value)
        else:
            self.future.set_exception(outcome.error)


_Ticket = _Door | _Promise


class Desk(Generic[T]):
    """Takes commands from any thread. Close it before its home."""

    def __init__(
        self, home: Home[T], *, group_max: int = GROUP_MAX, waiting_max: int = WAITING_MAX
    ) -> None:
        """group_max: commands in one group; waiting_max: commands waiting before DeskBusy."""
        self.home = home
        self._group_max = group_max
        self._waiting_max = waiting_max
        self._queue: SimpleQueue[_Ticket | None] = SimpleQueue()
        self._closing = False
        self._gate = Lock()  # makes "not closing" and "put" one step
        self._thread = Thread(target=self._work, name="venule-desk", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[[T, C], R], command: C, key: str | None = None) -> Future[R]:
        """Hand in a command; the future ends when it is durable. Cancelling works until it begins.

        Raises: DeskBusy, DeskClosed.
        """
        promise = _Promise(Call(fn, command, key))
        self._put(promise)
        return promise.future

    def call(self, fn: Callable[[T, C], R], command: C, key: str | None = None) -> R:
        """Hand in a command and wait until it is durable.

        Raises: DeskBusy, DeskClosed, and what the command raises.
        """
        door = _Door(Call(fn, command, key))
        self._put(door)
        door.wait.acquire()
        assert door.outcome is not None
        value: R = door.outcome.result()
        return value

    def close(self) -> None:
        """Take no more, finish what waits, stop. Again is harmless."""
        assert self._thread.ident != get_ident(), "a command must not close its desk"
        with self._gate:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        self._thread.join()

    def _put(self, ticket: _Ticket) -> None:
        assert self._thread.ident != get_ident(), "a command must not hand in another"
        with self._gate:
            if self._closing:
                raise DeskClosed
            if self._queue.qsize() >= self._waiting_max:
                raise DeskBusy(self._queue.qsize(), self._waiting_max)
            self._queue.put(ticket)

    def _work(self) -> None:
        closing = False
        while not closing:
            ticket = self._queue.get()
            sleep(0)  # callers that are awake put their commands down first: not a wait, a turn
            group: list[_Ticket] = []
            while ticket is not None:
                if ticket.begin():
                    group.append(ticket)
                if len(group) == self._group_max:
                    break
                try:
                    ticket = self._queue.get_nowait()
                except Empty:
                    break
            closing = ticket is None
            if group:
                for ticket, outcome in zip(group, self._run(group), strict=True):
                    ticket.answer(outcome)

    def _run(self, group: list[_Ticket]) -> list[Outcome]:
        try:
            return self.home.run_many([ticket.call for ticket in group])
        except BaseException as error:  # a caller must get an answer, whatever happened
            failure: Exception = CommitFailed(
                str(self.home.path), f"{type(error).__name__}: {error}"
            )
            if isinstance(error, AppError):
                failure = error
            return [Outcome(None, copy(failure)) for _ in group]

    def __enter__(self) -> Desk[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

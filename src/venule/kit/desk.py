"""The desk: many callers, one writer thread, one disk flush for all who wait.

The writer takes every command that waits (never waiting for more), runs them as one group, and
answers their callers once the group is durable. While it writes, the next group gathers by itself.

A caller comes through one of three doors: `call` waits in its own thread, `acall` in a task of an
event loop, `submit` gives a `Future`. The callers of one event loop are woken together. Threads
that wait wake one another in a chain, and the writer goes on when the last one is awake: else all
of them, and the writer, would fight for the interpreter at once.
"""

from __future__ import annotations

import asyncio
from _thread import LockType, allocate_lock
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from copy import copy
from itertools import pairwise
from queue import Empty, SimpleQueue
from threading import Lock, Thread, get_ident, main_thread
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

STRETCH: Final = 32
"""Commands of a group that share a savepoint, see `Home.run_many`."""

AWAKE_S_MAX: Final = 0.005
"""How long the writer waits, in seconds, until the threads that it has answered are awake."""

_Loop = asyncio.AbstractEventLoop
_Awaited = tuple[asyncio.Future[Outcome], Outcome]


class _Door:
    """A caller that waits in its own thread: cheaper than a Future by half."""

    __slots__ = ("alone", "call", "next", "outcome", "wait")

    def __init__(self, call: Call[Any]) -> None:
        self.call = call
        self.outcome: Outcome | None = None
        self.next: LockType | None = None  # whom to wake, once awake
        # A signal may take the main thread away from where it waits: no one must depend on it.
        self.alone = get_ident() == main_thread().ident
        self.wait = _locked()

    def begin(self) -> bool:
        return True

    def enter(self) -> Any:
        """Wait for the answer, wake the next, return the value or raise the error."""
        try:
            self.wait.acquire()
        finally:
            if self.next is not None:
                self.next.release()
        assert self.outcome is not None
        return self.outcome.result()


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


class _Task:
    """A caller that waits in an event loop; only that loop's thread may touch the future."""

    __slots__ = ("call", "future", "loop")

    def __init__(self, call: Call[Any], loop: _Loop) -> None:
        self.call = call
        self.loop = loop
        self.future: asyncio.Future[Outcome] = loop.create_future()

    def begin(self) -> bool:
        return not self.future.cancelled()


_Ticket = _Door | _Promise | _Task


def _locked() -> LockType:
    lock = allocate_lock()
    lock.acquire()
    return lock


def _wake_in_a_chain(doors: list[_Door]) -> None:
    """Wake threads one by another, and wait for the last one.

    Meanwhile they put their next commands down; the writer needs the interpreter after them.
    """
    awake = _locked()
    for door, after in pairwise(doors):
        door.next = after.wait
    doors[-1].next = awake
    doors[0].wait.release()
    awake.acquire(timeout=AWAKE_S_MAX)


def _wake(awaited: Iterable[_Awaited]) -> None:
    """Answer the callers of one loop, in its own thread."""
    for future, outcome in awaited:
        if not future.done():  # or its task was cancelled meanwhile
            future.set_result(outcome)


class Desk(Generic[T]):
    """Takes commands from any thread. Close it before its home.

    A command that is handed in may be carried out twice before it is answered (see
    `Home.run_many`): what it does outside its transaction must bear that.
    """

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

    @property
    def waiting(self) -> int:
        """How many commands wait for a group."""
        return self._queue.qsize()

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
        value: R = door.enter()
        return value

    async def acall(self, fn: Callable[[T, C], R], command: C, key: str | None = None) -> R:
        """Hand in a command from a task and wait until it is durable, as `call` does.

        A task that is cancelled before its command begins takes it back. Later the command is
        carried out all the same, and nobody is told: ask again with the same key.
        Raises: DeskBusy, DeskClosed, and what the command raises.
        """
        task = _Task(Call(fn, command, key), asyncio.get_running_loop())
        self._put(task)
        value: R = (await task.future).result()
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
                self._answer(group, self._run(group))

    def _run(self, group: list[_Ticket]) -> list[Outcome]:
        try:
            return self.home.run_many([ticket.call for ticket in group], stretch=STRETCH)
        except BaseException as error:  # a caller must get an answer, whatever happened
            failure: Exception = CommitFailed(self.home.shown, f"{type(error).__name__}: {error}")
            if isinstance(error, AppError):
                failure = error
            return [Outcome(None, copy(failure)) for _ in group]

    def _answer(self, group: list[_Ticket], outcomes: list[Outcome]) -> None:
        doors: list[_Door] = []
        loops: dict[_Loop, list[_Awaited]] = {}
        for ticket, outcome in zip(group, outcomes, strict=True):
            if isinstance(ticket, _Task):
                loops.setdefault(ticket.loop, []).append((ticket.future, outcome))
            elif isinstance(ticket, _Promise):
                ticket.answer(outcome)
            else:
                ticket.outcome = outcome
                if ticket.alone:
                    ticket.wait.release()
                else:
                    doors.append(ticket)
        for loop, awaited in loops.items():
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_wake, awaited)
        if doors:
            _wake_in_a_chain(doors)

    def __enter__(self) -> Desk[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

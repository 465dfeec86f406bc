"""The one thing that whoever asks needs: a way to the writer, near or far.

From an event loop (`Door`), a process that has the home open asks its desk (`DeskDoor`); any other
one asks a `Relay`. From a thread (`Writing`) it is a `NearWriter`, or a `Relay` again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from venule.kit.connection_errors import ConnectionLost
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.kit.tx import Tx

C = TypeVar("C")
R = TypeVar("R")
T = TypeVar("T", bound=Tx)


class Door(Protocol):
    """Carries out commands and looks, from a task."""

    async def acall(self, fn: Callable[[Any, C], R], command: C, key: str | None = None) -> R:
        """Carry out a command; it is durable when this returns. See `Desk.acall`."""

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        """Look between two groups: `fn(tx)`, or `fn(tx, query)`."""


class Writing(Protocol):
    """The same for threads: `NearWriter`, or a `Relay` to a writer in another process."""

    def call(self, fn: Callable[[Any, C], R], command: C) -> R:
        """Carry out a command; it is durable when this returns."""

    def read(self, fn: Callable[[Any, C], R], query: C) -> R:
        """Look between two groups."""


class NearWriter(Generic[T]):
    """The writer of this process; with a desk, commands go into its groups."""

    def __init__(self, home: Home[T], desk: Desk[T] | None = None) -> None:
        self._home = home
        self._desk = desk

    def call(self, fn: Callable[[Any, C], R], command: C) -> R:
        """Carry out a command."""
        if self._desk is None:
            return self._home.run(fn, command)
        return self._desk.call(fn, command)

    def read(self, fn: Callable[[Any, C], R], query: C) -> R:
        """Look between two groups."""
        return self._home.read(lambda tx: fn(tx, query))


class _Look:
    """One who looks: what is asked, and what was found."""

    __slots__ = ("done", "error", "fn", "query", "value")

    def __init__(self, fn: Callable[..., Any], query: Any) -> None:
        self.fn = fn
        self.query = query
        self.done = False
        self.value: Any = None
        self.error: Exception | None = None

    def look(self, tx: Any) -> None:
        try:
            self.value = self.fn(tx) if self.query is None else self.fn(tx, self.query)
        except ConnectionLost:
            raise
        except Exception as error:
            self.error = error
        self.done = True


class DeskDoor(Generic[T]):
    """A door to the desk of this process.

    Looks that come while another one waits for its turn at the home are done in that turn: many who
    look at once do not stand in line, one by one, with the writer's groups.
    """

    def __init__(self, desk: Desk[T]) -> None:
        self._desk = desk
        self.acall = desk.acall
        self._asked: list[_Look] = []
        self._gate = Lock()

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        """Look between two groups, in a thread: the event loop does not wait for a group's end."""
        look = _Look(fn, query)
        self._asked.append(look)
        await asyncio.to_thread(self._read, look)
        if look.error is not None:
            raise look.error
        value: R = look.value
        return value

    def _read(self, mine: _Look) -> None:
        """Take a turn and do all that is asked by then; nothing if another one's turn did mine."""
        with self._gate:
            if mine.done:
                return
            self._desk.home.read(lambda tx: self._look_at_all(tx, mine))

    def _look_at_all(self, tx: T, mine: _Look) -> None:
        asked, self._asked = self._asked, []
        for look in [*asked, mine]:
            if not look.done:
                look.look(tx)

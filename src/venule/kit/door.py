"""The one thing that whoever asks from an event loop needs: a way to the writer, near or far.

A process that has the home open asks its desk (`DeskDoor`); any other one asks a `Relay`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from venule.kit.desk import Desk
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


class DeskDoor(Generic[T]):
    """A door to the desk of this process."""

    def __init__(self, desk: Desk[T]) -> None:
        self._desk = desk
        self.acall = desk.acall

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        """Look between two groups, in a thread: the event loop does not wait for a group's end."""
        return await asyncio.to_thread(self._read, fn, query)

    def _read(self, fn: Callable[..., R], query: Any) -> R:
        if query is None:
            return self._desk.home.read(fn)
        return self._desk.home.read(lambda tx: fn(tx, query))

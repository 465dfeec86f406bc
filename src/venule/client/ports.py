"""What the groups of operations ask of a client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol, TypeVar

from venule.client.events import Event
from venule.client.shapes import Ask

T = TypeVar("T")


class Sender(Protocol):
    """Makes calls, and waits for their answers."""

    def send(self, ask: Ask[T]) -> T:
        """Make a call."""

    def stream(self, ask: Ask[Any]) -> Iterator[Event]:
        """Give the events of a stream."""


class AsyncSender(Protocol):
    """Makes calls whose answers are awaited."""

    async def send(self, ask: Ask[T]) -> T:
        """Make a call."""

    def stream(self, ask: Ask[Any]) -> AsyncIterator[Event]:
        """Give the events of a stream."""

"""The port to another book, and the adapter over whatever takes its commands: a desk of this
process, or a relay to the book's writer in another one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from venule.books.model import Answer, Order
from venule.books.service import cancel, receive

C = TypeVar("C")
R = TypeVar("R")


class Door(Protocol):
    """What takes commands of a book: a `Desk` or a `Relay`."""

    def submit(self, fn: Callable[[Any, C], R], command: C, key: str | None = None) -> Future[R]:
        """Hand in a command; the future ends when it is durable."""
        ...


class Peer(Protocol):
    """Another book, as far as a payment needs it. Each order is told until it is answered.

    key: the same for the same word about the same order.
    """

    def deliver(self, order: Order, key: str) -> Future[Answer]:
        """Hand an order over. What became of it is the future's; it may never end well."""
        ...

    def cancel(self, order: Order, key: str) -> Future[Answer]:
        """Ask what became of an order, and forbid it if it has not come."""
        ...


class DoorPeer:
    """A book behind a door."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def deliver(self, order: Order, key: str) -> Future[Answer]:
        """Hand an order over."""
        return self._door.submit(receive, order, key)

    def cancel(self, order: Order, key: str) -> Future[Answer]:
        """Ask what became of an order, and forbid it if it has not come."""
        return self._door.submit(cancel, order, key)

"""All of a house at once, for an operator: each book where its writer is, in another process or in
none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Final, TypeVar

from venule.books.cut import HomeReader, PlaceReader, Reader
from venule.books.host import askers
from venule.books.model import BookNumber
from venule.books.peers import Door
from venule.books.reconcile import House
from venule.books.root import Root
from venule.kit.errors import HomeError
from venule.kit.home import Home
from venule.ledger import Tx

C = TypeVar("C")
R = TypeVar("R")

TAKEN: Final = frozenset({"home-locked", "lease-held"})
"""Errors that say that another process writes a home."""


class OpenDoor:
    """Takes commands of a home that this process has open, one at a time."""

    def __init__(self, home: Home[Tx]) -> None:
        self._home = home

    def submit(self, fn: Callable[[Tx, C], R], command: C, key: str | None = None) -> Future[R]:
        """Carry a command out; the future has ended."""
        future: Future[R] = Future()
        try:
            future.set_result(self._home.run(fn, command, key=key))
        except Exception as error:  # it is the future's, as with a desk
            future.set_exception(error)
        return future


def file_readers(root: Root) -> dict[int, Reader]:
    """Return a reader of each book's newest state, whoever writes it."""
    return {
        entry.number: PlaceReader(lambda number=entry.number: root.open_book(number, readonly=True))  # type: ignore[misc]
        for entry in root.directory().books
    }


@contextmanager
def book_door(root: Root, number: BookNumber) -> Iterator[tuple[Reader, Door]]:
    """Open a book, or ask its writer if that is another process. Raises: as opening a home does."""
    with ExitStack() as stack:
        yield _enter(root, number, stack)


@contextmanager
def whole_house(root: Root) -> Iterator[House]:
    """Open the directory and every book, or ask a book's writer if that is another process.

    Raises: as opening a home does.
    """
    with ExitStack() as stack:
        known = root.directory()
        books = {int(entry.number): _enter(root, entry.number, stack) for entry in known.books}
        home = stack.enter_context(root.open_directory())
        yield House((HomeReader(home), OpenDoor(home)), books)


def _enter(root: Root, number: BookNumber, stack: ExitStack) -> tuple[Reader, Door]:
    try:
        home = stack.enter_context(root.open_book(number))
    except HomeError as error:
        if error.slug not in TAKEN:
            raise
        relay = askers(root, [number])[number]
        stack.callback(relay.close)
        return relay, relay
    return HomeReader(home), OpenDoor(home)

"""A house of books of which a book's process can die at any statement, and is started again.

What a `kill -9` leaves is the files as they are at that instant: they are copied, the open home is
forgotten, and the book is opened from the copy. Another book that waits for its answer waits in
vain; a client is told nothing and asks again, with the same key.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from support.book_house import BookTown, HomeDoor, Line, LineDown
from support.sim.faults import Crashed, take_image
from support.sim.house import let_go
from venule.books import BookNumber, DoorPeer, book_jobs
from venule.kit.home import Home
from venule.kit.jobs import JobRunner
from venule.ledger import Tx

R = TypeVar("R")
TRIES_MAX = 8


class DyingDoor(HomeDoor):
    """A door to a book that may die before it answers."""

    def __init__(self, town: DyingTown, number: int) -> None:
        super().__init__(lambda: town.homes[number])
        self._town = town
        self._number = number

    def submit(self, fn: Any, command: Any, key: str | None = None) -> Future[Any]:
        try:
            return super().submit(fn, command, key)
        except Crashed:
            self._town.start_again(self._number)
            future: Future[Any] = Future()
            future.set_exception(LineDown("the other book died"))
            return future


class DyingTown(BookTown):
    """Counts the statements of all books; `arm` says at which one its book dies."""

    def __init__(self, root: Path, books: int = 4) -> None:
        self.count = 0
        self.at = -1
        self.deaths: list[str] = []
        self.images = 0
        self.busy = True
        super().__init__(root, books)
        for (a, b), line in list(self.lines.items()):
            mended = Line(HomeDoor(lambda b=b: self.homes[b]))
            mended.peer = DoorPeer(DyingDoor(self, b))
            mended.fate = line.fate
            self.lines[a, b] = mended
        self.busy = False

    def open_book(self, number: int) -> Home[Tx]:
        home = super().open_book(number)
        home.sql.watch(lambda statement: self._tick(number, statement))
        return home

    def _tick(self, number: int, statement: str) -> None:
        if self.busy:
            return
        self.count += 1
        if self.count == self.at:
            self.at = -1
            self._image = take_image(self.path(number), Path(self.root) / f"image-{self.images}")
            self.images += 1
            self.died = number
            self.deaths.append(f"book {number} at {statement[:40]!r}")
            raise Crashed

    def arm(self, at: int) -> None:
        """Die at the statement of this number, counted from now."""
        self.count, self.at = 0, at

    def start_again(self, number: int) -> None:
        """A supervisor starts the dead book again, from what is left of it."""
        with self.spared():
            dead = self.homes[number]
            dead.sql.close()
            let_go(dead)
            shutil.rmtree(self.path(number))
            self._image.rename(self.path(number))
            self.open_book(number)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Let nobody die meanwhile."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before

    def insist(self, act: Callable[[], R]) -> R:
        """Ask a book, and ask again if it died meanwhile: `act` should have a key."""
        for _ in range(TRIES_MAX):
            try:
                return act()
            except Crashed:
                self.start_again(self.died)
        raise AssertionError("it died each time")

    def work(self, *numbers: int) -> int:
        """Run the jobs that are due; a book that dies is started again, and goes on."""
        return sum(self.insist(lambda n=n: self._work(n)) for n in numbers or self.homes)

    def _work(self, number: int) -> int:
        count = 0
        while done := self.runner(number).run_due():
            count += done
        return count

    def waiting(self) -> list[datetime]:
        with self.spared():
            return super().waiting()

    def runner(self, number: int) -> JobRunner[Tx]:
        peers: Any = {BookNumber(b): line for (a, b), line in self.lines.items() if a == number}
        return JobRunner(self.homes[number], book_jobs(peers, self.clock))

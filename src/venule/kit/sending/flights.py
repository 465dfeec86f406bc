"""Calls on their way: many at a time in threads, each for somebody, taken up as they end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Generic, TypeVar

K = TypeVar("K")
A = TypeVar("A")
R = TypeVar("R")


class Flights(Generic[K, R]):
    """Not for two threads. What is called must not raise: its failure is a value of `R`."""

    def __init__(self, at_once: int, name: str) -> None:
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._flying: dict[Future[R], K] = {}
        self._woken = Event()

    def __len__(self) -> int:
        return len(self._flying)

    @property
    def free(self) -> int:
        """How many more may be on their way."""
        return self._at_once - len(self._flying)

    def whose(self) -> list[K]:
        """Return for whom each of those on their way is."""
        return list(self._flying.values())

    def has_landed(self) -> bool:
        """Whether one has ended that nobody has taken up."""
        return any(future.done() for future in self._flying)

    def launch(self, whose: K, call: Callable[[A], R], asked: A) -> None:
        """Let a call go."""
        future = self._pool.submit(call, asked)
        self._flying[future] = whose
        future.add_done_callback(lambda _: self._woken.set())

    def landed(self) -> list[R]:
        """Take up those that have ended."""
        ended = [future for future in self._flying if future.done()]
        for future in ended:
            del self._flying[future]
        return [future.result() for future in ended]

    def look_away(self) -> None:
        """From now on, one that ends ends the next `rest`."""
        self._woken.clear()

    def rest(self, seconds: float) -> None:
        """Wait until one has ended since `look_away`, or for so long."""
        self._woken.wait(seconds)

    def wait_for_one(self) -> None:
        """Wait until one has ended, if any is on its way."""
        if self._flying:
            wait(self._flying, return_when=FIRST_COMPLETED)

    def close(self) -> None:
        """Let no more go, and wait for those on their way. Again is harmless."""
        self._pool.shutdown(wait=True)

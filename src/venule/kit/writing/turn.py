"""Waiting for one's turn to be the writer, and following what the writer writes meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from venule.kit.care import BOOK
from venule.kit.place import is_address
from venule.kit.sql import Sql


class Follower(Protocol):
    """Keeps something in memory that the next writer would have to load, such as a book."""

    def follow(self, sql: Sql) -> None:
        """Come up to date. sql: a reader's handle; no transaction is open, and none is left open.

        Called over and over again while another process is the writer.
        """


class Turn(Protocol):
    """One process's place among those that wait."""

    def is_mine(self) -> bool:
        """Whether it is worth trying to become the writer; asked a few times a second.

        Raises: HomeError if nobody can tell now.
        """

    def close(self) -> None:
        """Wait no longer. Again is harmless."""


class _TryTheLock:
    """Of a directory: trying to lock it is all there is, and costs next to nothing."""

    def is_mine(self) -> bool:
        return True

    def close(self) -> None:
        pass


def make_turn(place: Path | str, book: int = BOOK, follower: Follower | None = None) -> Turn:
    """Begin to wait. A follower is of use only where the home is an address."""
    if is_address(place):
        from venule.kit.pg.turn import LeaseTurn

        return LeaseTurn(str(place), book, follower)
    return _TryTheLock()

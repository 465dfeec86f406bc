"""What a writer holds beside the open database, so that it is the only one and knows it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from venule.kit.errors import HomeError
from venule.kit.home_store import Mark
from venule.kit.place import is_address
from venule.kit.seal import SEAL_BYTES_MAX
from venule.kit.sql import Sql
from venule.kit.tx import Participant
from venule.kit.writelog import LOG_BYTES_MAX

BOOK: Final = 1
"""The number of a home's book, if nobody says another."""


class Care(Protocol):
    """Begins before the schema is looked at, ends after the database is closed."""

    def begin(self) -> None:
        """Nothing has been written yet. Raises: HomeCut for a home that is for looking."""

    def building(self) -> AbstractContextManager[Sql]:
        """Return the connection over which tables are made and changed."""

    def attach(self) -> None:
        """The schema is up to date."""

    def announce(self, endpoint: str) -> None:
        """Let those who look for the writer know where it takes commands."""

    def check(self) -> None:
        """Before a group: is it worth beginning? Raises: LeaseLost if there is another writer."""

    def is_over(self) -> bool:
        """Whether it is known, without asking anybody, that this writer will never write again."""

    def last_word(self) -> None:
        """In the open group, just before its commit: let it fail if there is another writer."""

    def meaning(self, error: BaseException) -> HomeError | None:
        """Return what the failure of a group says of this writer; None if it says nothing."""

    def recover(self) -> bool:
        """After a lost connection: whether there is another one, and still no other writer.

        Then nothing of the lost one is under way any more: what it did is there or is not.
        Raises: HomeError if there is another writer.
        """

    def committed(self, mark: Mark) -> None:
        """A group is durable."""

    def close(self) -> None:
        """The home closes in good order."""

    def let_go(self) -> None:
        """Close what is still open; let another writer come."""


def open_writer(
    place: Path | str,
    *,
    book: int = BOOK,
    seal_max_bytes: int = SEAL_BYTES_MAX,
    log_max_bytes: int = LOG_BYTES_MAX,
    endpoint: str = "",
    patience_us: int = 0,
) -> tuple[Sql, Care]:
    """Become the writer of a home, wherever it is; see `Home.open`."""
    if is_address(place):
        from venule.kit.pg.opening import open_writer as open_database

        return open_database(str(place), book, endpoint=endpoint, patience_us=patience_us)
    from venule.kit.embedded import open_writer as open_files

    return open_files(Path(place), seal_max_bytes, log_max_bytes)


def position_of(participant: Participant) -> tuple[int, bytes]:
    """Return what a participant that has `position()` says of the group it has flushed."""
    position = getattr(participant, "position", None)
    return (0, b"") if position is None else position()

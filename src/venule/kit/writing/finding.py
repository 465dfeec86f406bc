"""Where the writer of a home takes commands now."""

from __future__ import annotations

from pathlib import Path

from venule.kit.homedir import read_endpoint
from venule.kit.place import is_address


def find_writer(place: Path | str, book: int | None = None) -> str | None:
    """Return the endpoint that the writer of a home has announced; None if there is none.

    book: without one, the lowest that has had a writer.
    For a `Relay`, which asks before every connection. It may be that of a writer that has died: the
    next one takes its place. Of a PostgreSQL home it makes a connection that only reads, and ends
    it: a process that has found its writer holds none.
    Raises: AddressMalformed, DatabaseUnreachable, DatabaseBusy, DatabaseRefused,
    DatabaseUnsuitable, NotAHome, ConnectionLost.
    """
    if is_address(place):
        from venule.kit.pg.opening import find_endpoint

        return find_endpoint(str(place), book)
    return read_endpoint(Path(place))

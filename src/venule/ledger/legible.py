"""Can a row be read, and are its values of the kinds that were written? One byte of a row's header
can make a number of a blob, and a number of zero looks like a blob that is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from venule.kit.errors import HomeDamaged, HomeError
from venule.kit.sqlite import SQLITE_ERRORS


@contextmanager
def legible(damaged: Callable[[str], HomeError]) -> Iterator[None]:
    """Raise what `damaged` makes of the reason if the database cannot read what is asked for."""
    try:
        yield
    except HomeDamaged as error:
        raise damaged(f"it cannot be read: {error.seen}") from error
    except SQLITE_ERRORS as error:
        raise damaged(f"it cannot be read: {error}") from error


def wrong_kind(row: msgspec.Struct) -> str:
    """Say which field of a row is not of its kind, with what was expected and seen; '' if none."""
    for name, expected in type(row).__annotations__.items():
        seen = type(getattr(row, name)).__name__
        if seen != expected:
            return f"its {name}: expected {_WORDS[expected]}, seen {_WORDS.get(seen, seen)}"
    return ""


_WORDS = {
    "int": "a number",
    "bytes": "bytes",
    "str": "a text",
    "float": "a fraction",
    "NoneType": "nothing",
}

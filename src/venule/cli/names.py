"""The words for account codes and transfer codes: the enums that the rooms publish.

A room publishes `...AccountCode` and `...TransferCode`, both `IntEnum`; each code is of one room.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from enum import IntEnum
from functools import cache

import venule


def rooms() -> list[str]:
    """Return the packages of the house, such as `venule.fund`."""
    return sorted(
        f"venule.{found.name}" for found in pkgutil.iter_modules(venule.__path__) if found.ispkg
    )


@cache
def account_names() -> dict[int, str]:
    """Return the chart of accounts: the name of each code."""
    return dict(_codes("AccountCode"))


@cache
def transfer_names() -> dict[int, str]:
    """Return why money moves: the name of each transfer code."""
    return dict(_codes("TransferCode"))


def _codes(ending: str) -> Iterator[tuple[int, str]]:
    for room in rooms():
        module = importlib.import_module(room)
        for name, thing in vars(module).items():
            if name.endswith(ending) and isinstance(thing, type) and issubclass(thing, IntEnum):
                yield from ((member.value, member.name) for member in thing)

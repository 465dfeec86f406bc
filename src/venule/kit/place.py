"""Where a home is: a directory, or an address of a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SCHEMES: Final = ("postgresql://", "postgres://")


def is_address(place: Path | str) -> bool:
    """Whether a home is named by an address rather than by a directory."""
    return isinstance(place, str) and place.startswith(SCHEMES)


def shown(place: Path | str) -> str:
    """Return what messages call a home: of an address neither user nor password."""
    if not is_address(place):
        return str(place)
    from venule.kit.pg.address import Address

    return Address.parse(str(place)).shown

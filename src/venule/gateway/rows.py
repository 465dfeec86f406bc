"""How the room's values stand in rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from venule.kit.time import from_us, to_us


def us(at: datetime | None) -> int | None:
    """Return an instant as it is stored."""
    return None if at is None else to_us(at)


def at(stored: int | None) -> datetime | None:
    """Return a stored instant."""
    return None if stored is None else from_us(stored)


def raw(id_: UUID | None) -> bytes | None:
    """Return an id as it is stored."""
    return None if id_ is None else id_.bytes


def marks(columns: str) -> str:
    """Return a placeholder for each of a list of columns."""
    return ", ".join("?" * (columns.count(",") + 1))

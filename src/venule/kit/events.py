"""Events: facts appended in the transaction of the command that caused them, in one order.

`seq` runs 1, 2, 3 ... without a gap, so that a reader that remembers the last one it has seen
misses nothing and sees nothing twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from venule.kit.sql import Sql

PAGE_EVENTS_MAX = 10_000

NewEvent = tuple[int, str, bytes, bytes]
"""An event not yet written: at (us), name, ref, body (MessagePack)."""


class Event(msgspec.Struct, frozen=True):
    """A fact. `at` is microseconds since the Unix epoch; `ref` the business object's 16 bytes."""

    seq: int
    at: int
    name: str
    ref: bytes
    body: bytes

    def decode(self, type_: Any = Any) -> Any:
        """Return the body, as `type_` if given."""
        return msgspec.msgpack.decode(self.body, type=type_)

    @property
    def ref_id(self) -> UUID:
        """The reference as an id."""
        return UUID(bytes=self.ref)


def events_after(sql: Sql, seq: int, limit: int = 1_000) -> list[Event]:
    """Return the events after `seq` (0: from the first), oldest first, at most `limit`."""
    if not 1 <= limit <= PAGE_EVENTS_MAX:
        raise ValueError(f"expected a limit of 1 to {PAGE_EVENTS_MAX} events, seen {limit}")
    rows = sql.rows(
        "SELECT seq, at, name, ref, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    return [Event(*row) for row in rows]


class EventLog:
    """The writer's end: knows the last number given."""

    def __init__(self) -> None:
        self._last: int | None = None  # None: ask the table

    def append(self, sql: Sql, events: list[NewEvent]) -> None:
        """Write events in order, in the open transaction."""
        if self._last is None:
            row = sql.row("SELECT MAX(seq) FROM event")
            self._last = row[0] if row and row[0] else 0
        first = self._last + 1
        sql.many(
            "INSERT INTO event (seq, at, name, ref, body) VALUES (?, ?, ?, ?, ?)",
            [(seq, *event) for seq, event in enumerate(events, first)],
        )
        self._last += len(events)

    def forget(self) -> None:
        """The group was undone: the numbers it gave are free again."""
        self._last = None

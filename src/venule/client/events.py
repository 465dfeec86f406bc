"""Server-sent events (HTML standard, section 9.2), from the bytes of a stream."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from venule.client.errors import AnswerUnreadable
from venule.client.shapes import Struct, decoder

T = TypeVar("T")

LINE_BYTES_MAX: Final = 1 << 20
STREAM: Final = "text/event-stream"


class Event(msgspec.Struct, frozen=True):
    """An event of a stream. data: as it came, in JSON. id: of the place in the stream."""

    event: str
    data: bytes
    id: str = ""

    def read(self, type_: type[T]) -> T:
        """Return what it says. Raises: AnswerUnreadable."""
        kind: Any = type_
        try:
            found: T = decoder(kind).decode(self.data)
        except msgspec.MsgspecError as error:
            raise AnswerUnreadable(f"event {self.event}: {error}") from error
        return found


class Sum(Struct, frozen=True, kw_only=True):
    """An exact sum as text, and its currency (ISO 4217)."""

    amount: str
    currency: str


class BalanceEvent(Struct, frozen=True, kw_only=True):
    """A wallet's balance after something moved. position: the journal's."""

    position: int
    balance: Sum
    held: Sum
    available: Sum


class EventReader:
    """Makes events out of chunks of bytes, however they are cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._id = ""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that end in this chunk. Raises: AnswerUnreadable."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise AnswerUnreadable(f"expected lines of at most {LINE_BYTES_MAX} bytes")
        found = [self._take(line.removesuffix(b"\r")) for line in lines]
        return [event for event in found if event is not None]

    def _take(self, line: bytes) -> Event | None:
        if not line:
            return self._end()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            self._id = value.decode("utf-8", "replace")
        return None

    def _end(self) -> Event | None:
        event, data = self._event or "message", self._data
        self._event, self._data = "", []
        return Event(event, b"\n".join(data), self._id) if data else None


def news(last: BalanceEvent | None, event: Event) -> BalanceEvent | None:
    """Return the balance that an event tells, if it is not the one that was told last."""
    if event.event != "balance":
        return None
    told: Any = event.read(BalanceEvent)
    return None if told == last else told

"""Put an event into the bytes that are signed and sent. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from venule.webhooks.model import Message, MessageId
from venule.webhooks.shapes import Envelope, Shape

_encode: Final = msgspec.json.Encoder().encode


def make_message(
    message_id: MessageId, seq: int, type_: str, ref: bytes, at: datetime, data: Shape
) -> Message:
    """Return a message. at: when what it tells of happened."""
    return Message(message_id, seq, type_, ref, _encode(Envelope(type_, at, data)), at)

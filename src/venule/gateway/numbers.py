"""Numbers that the wire shows: made from ids, so that nobody counts our trades by them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from venule.kit.time import CHINA

USER_PREFIX: Final = "2088"
APP_PREFIX: Final = "2021"
CODE_PREFIX: Final = "28"
_RAND_B: Final = (1 << 62) - 1


def long_number(id_: UUID, made_at: datetime, extra: str = "") -> str:
    """Return a number of 28 digits: the day in China, then 20 of the id's random bits.

    extra: tells apart two numbers of one id.
    """
    tail = id_.int & _RAND_B
    if extra:
        digest = sha256(id_.bytes + extra.encode()).digest()
        tail = int.from_bytes(digest[:8], "big") & _RAND_B
    lead = (id_.int >> 64) % 10
    return f"{made_at.astimezone(CHINA):%Y%m%d}{lead}{tail:019}"


def short_number(prefix: str, id_: UUID, digits: int) -> str:
    """Return a number of so many digits after its prefix, from an id's random bits."""
    return f"{prefix}{(id_.int & _RAND_B) % 10**digits:0{digits}}"


def open_id(app_id: str, member_id: UUID) -> str:
    """Return what one application alone knows a member by: no two can compare what they know."""
    digest = sha256(b"open_id " + app_id.encode() + member_id.bytes).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def masked(login: str) -> str:
    """Return a login with its middle hidden: `138****0000`, `li***@example.com`."""
    name, at, host = login.partition("@")
    if at:
        return f"{name[:2]}***@{host}"
    if len(login) <= 4:
        return f"{login[:1]}***"
    keep = 4 if len(login) > 8 else 2
    return f"{login[:3]}****{login[-keep:]}" if len(login) > 7 else f"{login[:2]}***{login[-1]}"

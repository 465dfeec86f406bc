"""Amounts and instants as the protocol writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from venule.kit.time import CHINA

AMOUNT_MINOR_MAX: Final = 10_000_000_000
_AMOUNT: Final = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,2})?", re.ASCII)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_MINUTE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", re.ASCII)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([mhdc])", re.ASCII)


def read_amount(text: str) -> int | None:
    """Return fen of yuan with at most two decimals, 0.01 to 100,000,000.00; None if it is not so.

    As the merchant wrote it: no sign, no exponent, no zero in front, no other digits than ASCII's.
    """
    if not _AMOUNT.fullmatch(text):
        return None
    yuan, _, cents = text.partition(".")
    minor = int(yuan) * 100 + int(cents.ljust(2, "0"))
    return minor if 0 < minor <= AMOUNT_MINOR_MAX else None


def show_amount(minor: int) -> str:
    """Return yuan with two decimals."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def read_stamp(text: str) -> datetime | None:
    """Return the instant of `yyyy-MM-dd HH:mm:ss` (or without seconds) in China; None if wrong."""
    if not _MINUTE.fullmatch(text):
        return None
    try:
        form = "%Y-%m-%d %H:%M:%S" if _STAMP.fullmatch(text) else "%Y-%m-%d %H:%M"
        return datetime.strptime(text, form).replace(tzinfo=CHINA)
    except ValueError:
        return None


def show_stamp(at: datetime | None) -> str:
    """Return an instant as `yyyy-MM-dd HH:mm:ss` in China; nothing for None."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def show_tenths(at: datetime) -> str:
    """Return an instant as `yyyy-MM-dd HH:mm:ss.S` in China."""
    return f"{show_stamp(at)}.{at.microsecond // 100_000}"


def is_near(stamp: str, now: datetime, within: timedelta) -> bool:
    """Say whether a timestamp lies near now, read as China's time or as UTC."""
    at = read_stamp(stamp)
    if at is None or not _STAMP.fullmatch(stamp):
        return False
    as_utc = at + timedelta(hours=8)
    return min(abs(at - now), abs(as_utc - now)) <= within


def read_span(text: str, now: datetime) -> datetime | None:
    """Return when a span such as `90m`, `2h`, `1d` from now ends; `1c`: with this day in China.

    None if it is not one, or not of one minute to fifteen days.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        return None
    count, unit = int(found[1]), found[2]
    if unit == "c":
        if count != 1:
            return None
        day = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        return day + timedelta(days=1)
    span = timedelta(minutes=count * {"m": 1, "h": 60, "d": 1_440}[unit])
    return now + span if span <= timedelta(days=15) else None

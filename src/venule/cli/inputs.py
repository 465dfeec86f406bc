"""Text of a command line turned into what the services understand."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from venule.cli.errors import (
    AccountMalformed,
    InstantMalformed,
    PlaceIsAddress,
    ReferenceMalformed,
)
from venule.kit.place import is_address
from venule.kit.time import CHINA

ACCOUNT_DIGITS_MAX: Final = 10
DAY_SHAPE: Final = "2014-06-30"


def parse_start(option: str, text: str) -> datetime:
    """Parse a day, meaning its first moment, or an instant; without an offset it is China time.

    Raises: InstantMalformed.
    """
    try:
        if len(text) == len(DAY_SHAPE):
            at = datetime.combine(date.fromisoformat(text), time.min, CHINA)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=CHINA)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InstantMalformed(option, text) from None


def parse_end(option: str, text: str) -> datetime:
    """Parse a day, meaning the first moment after it, or an instant.

    Raises: InstantMalformed.
    """
    at = parse_start(option, text)
    try:
        return at + timedelta(days=1) if len(text) == len(DAY_SHAPE) else at
    except OverflowError:
        raise InstantMalformed(option, text) from None


def parse_moment(option: str, text: str) -> datetime:
    """Parse a day, meaning its last microsecond, or an instant: what was true then counts.

    Raises: InstantMalformed.
    """
    end = parse_end(option, text)
    return end - timedelta(microseconds=1) if len(text) == len(DAY_SHAPE) else end


def parse_account(text: str) -> int | UUID:
    """Parse an account's number, or the id of its owner.

    Raises: AccountMalformed.
    """
    if text.isascii() and text.isdigit() and len(text) <= ACCOUNT_DIGITS_MAX:
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise AccountMalformed(text) from None


def parse_ref(option: str, text: str) -> bytes:
    """Parse the 16 bytes of a business object or an owner.

    Raises: ReferenceMalformed.
    """
    try:
        return UUID(text).bytes
    except ValueError:
        raise ReferenceMalformed(option, text) from None


def parse_directory(place: str, command: str, instead: str) -> Path:
    """Return the directory of a home, for a command that works on files.

    instead: what to do with a home in a database. Raises: PlaceIsAddress.
    """
    if is_address(place):
        raise PlaceIsAddress(command, instead)
    return Path(place)

"""The tree of everything the world can do to us, and how it is told.

A leaf is one reason: typed fields say what was expected and what was seen, `slug` names it for
good, `retryable` says whether the same request can succeed later without anybody changing it.
Bugs (a bool for an amount, a naive instant) are `TypeError`, `ValueError` or `assert`, not these.

    AppError
    |-- BadInput 422        what was sent cannot be understood
    |   |-- MalformedAmount, AmountOutOfRange, CurrenciesDiffer
    |   |-- UnknownCurrency, CurrencyWithoutMinorUnit
    |   `-- BadFile         a file: `path`, `line`, `expected`, `seen`
    |       |-- FileUnreadable, FileTooLarge, FileColumnsWrong, FileRowWrong, FileEmpty
    |       `-- CalendarDateWrong, CalendarWeekdayWrong, CalendarFlagWrong,
    |           CalendarDayMissing, CalendarDaysOutOfOrder
    |-- NotFound 404        what was named is not there
    |-- Conflict 409        it contradicts what is already recorded
    |   `-- IdempotencyKeyReused (422)
    |-- Refused 409         understood, and a rule says no
    |   `-- CalendarExhausted, ClockMovedBack
    |-- HomeError 500       the place where the books are kept
    |   `-- NotAHome, HomeLocked, HomeTooNew, HomeDamaged, HomeReadOnly, HomeClosed,
    |       DiskFull, CommitFailed
    `-- Unavailable 503     not now; try again
        `-- DeskBusy, DeskClosed

A room adds its own leaves under these branches in its own `errors.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar

import msgspec

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
PROBLEM_TYPE = "urn:venule:error:"
SEEN_CHARS_MAX = 80


def shorten(text: str) -> str:
    """Quote hostile text for a message: one line, at most `SEEN_CHARS_MAX` characters of it."""
    if len(text) <= SEEN_CHARS_MAX:
        return repr(text)
    return f"{text[:SEEN_CHARS_MAX]!r}... ({len(text)} characters)"


class AppError(Exception):
    """The root. Raise only leaves: classes that set a `slug` of their own.

    A leaf is a `@dataclass(eq=False)` whose fields are the facts; class attributes go without
    annotation, so that they are not fields. A field must not take a name in `RESERVED`.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    RESERVED: ClassVar[frozenset[str]] = frozenset(
        {"type", "title", "status", "detail", "instance", "slug", "retryable", "message", "args"}
    )

    @property
    def message(self) -> str:
        """Say what was expected and what was seen, with units."""
        raise NotImplementedError(f"{type(self).__name__} is a branch, not a leaf")

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[AppError], tuple[object, ...]]:
        return type(self), tuple(self.facts().values())

    def facts(self) -> dict[str, Any]:
        """Return the typed fields by name, in order."""
        return {name: getattr(self, name) for name in fact_names(type(self))}

    def problem(self) -> dict[str, Any]:
        """Return the body of an `application/problem+json` answer (RFC 9457, section 3).

        The typed fields follow as extension members (section 3.2), in JSON's own types.
        """
        return {
            "type": PROBLEM_TYPE + self.slug,
            "title": self.slug.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.message,
            "retryable": self.retryable,
            **{name: _plain(value) for name, value in self.facts().items()},
        }


def fact_names(leaf: Any) -> tuple[str, ...]:
    """Return the names of an error class's typed fields, in order; class attributes are none."""
    return tuple(field.name for field in fields(leaf)) if is_dataclass(leaf) else ()


def all_errors() -> list[type[AppError]]:
    """Return every leaf that has been imported, by slug: the errors page is made from this."""
    return sorted(_leaves(AppError), key=lambda leaf: (leaf.slug, leaf.__qualname__))


def _leaves(branch: type[AppError]) -> Iterator[type[AppError]]:
    for child in branch.__subclasses__():
        if "slug" in vars(child):
            yield child
        yield from _leaves(child)


def _plain(value: object) -> object:
    """Turn a field into JSON's types: enums by name, bytes as hex, wide ints as text."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        return str(value)
    return msgspec.to_builtins(value, enc_hook=str)


class BadInput(AppError):
    """What was sent cannot be understood; sending it again changes nothing."""

    status = 422


class NotFound(AppError):
    """What was named is not there."""

    status = 404


class Conflict(AppError):
    """The request contradicts what is already recorded."""

    status = 409


class Refused(AppError):
    """The request is understood, and a rule says no."""

    status = 409


class HomeError(AppError):
    """The place where the books are kept cannot be used as asked."""

    status = 500


class Unavailable(AppError):
    """Not now: the same request may succeed later."""

    status, retryable = 503, True


@dataclass(eq=False)
class MalformedAmount(BadInput):
    """Text that is not a plain decimal number with at most the unit's decimals."""

    seen: str
    digits: int
    slug = "malformed-amount"

    @property
    def message(self) -> str:
        if self.digits == 0:
            return f"expected a whole number, such as -12, seen {shorten(self.seen)}"
        return (
            f"expected a number with at most {self.digits} decimals, such as "
            f"-12.{'345678901234'[: self.digits]}, seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class AmountOutOfRange(BadInput):
    """An amount that does not fit 64 bits of minor units."""

    seen: str
    slug = "amount-out-of-range"

    @property
    def message(self) -> str:
        return (
            f"expected an amount of {INT64_MIN} to {INT64_MAX} minor units, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class CurrenciesDiffer(BadInput):
    """Two sums that must be of one currency are not."""

    expected: str
    seen: str
    slug = "currencies-differ"

    @property
    def message(self) -> str:
        return f"expected an amount in {self.expected}, seen one in {self.seen}"


@dataclass(eq=False)
class UnknownCurrency(BadInput):
    """A code that ISO 4217 does not list among the active ones."""

    seen: str
    slug = "unknown-currency"

    @property
    def message(self) -> str:
        return f"expected an active ISO 4217 currency code, seen {shorten(self.seen)}"


@dataclass(eq=False)
class CurrencyWithoutMinorUnit(BadInput):
    """A code of ISO 4217 that has no minor unit: a metal, a unit of account, a test code."""

    currency: str
    slug = "currency-without-minor-unit"

    @property
    def message(self) -> str:
        return f"expected a currency with minor units, seen {self.currency}, which has none"


@dataclass(eq=False)
class BadFile(BadInput):
    """A branch: a file does not hold what it should. `line` counts from 1; 0 = the whole file."""

    path: str
    line: int
    expected: str
    seen: str

    @property
    def message(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else self.path
        return f"{place}: expected {self.expected}, seen {self.seen}"


class FileUnreadable(BadFile):
    """The file cannot be opened, or is not UTF-8 text."""

    slug = "file-unreadable"


class FileTooLarge(BadFile):
    """The file is larger than the limit for its kind."""

    slug = "file-too-large"


class FileColumnsWrong(BadFile):
    """The header misses a column, doubles one, or has one too many."""

    slug = "file-columns-wrong"


class FileRowWrong(BadFile):
    """A row does not have one value a column."""

    slug = "file-row-wrong"


class FileEmpty(BadFile):
    """The file has no row."""

    slug = "file-empty"


class CalendarDateWrong(BadFile):
    """A date is not a day written YYYY-MM-DD."""

    slug = "calendar-date-wrong"


class CalendarWeekdayWrong(BadFile):
    """The weekday given is not that of the date (ISO: Monday is 1, Sunday 7)."""

    slug = "calendar-weekday-wrong"


class CalendarFlagWrong(BadFile):
    """A flag is neither 0 nor 1."""

    slug = "calendar-flag-wrong"


class CalendarDayMissing(BadFile):
    """A day is left out between two rows."""

    slug = "calendar-day-missing"


class CalendarDaysOutOfOrder(BadFile):
    """A day comes twice, or after a later one."""

    slug = "calendar-days-out-of-order"


@dataclass(eq=False)
class CalendarExhausted(Refused):
    """A day, or the search for an open day, lies outside what the calendar covers."""

    calendar: str
    asked: date
    first: date
    last: date
    slug = "calendar-exhausted"

    @property
    def message(self) -> str:
        return (
            f"expected days from {self.first} to {self.last}, which calendar {self.calendar!r} "
            f"covers, seen a need for {self.asked}"
        )


@dataclass(eq=False)
class ClockMovedBack(Refused):
    """A virtual clock was asked to go back in time."""

    now: datetime
    asked: datetime
    slug = "clock-moved-back"

    @property
    def message(self) -> str:
        return (
            f"expected an instant not before {self.now.isoformat()}, seen {self.asked.isoformat()}"
        )


@dataclass(eq=False)
class IdempotencyKeyReused(Conflict):
    """The key was used before for another command or another body.

    Status 422 as in draft-ietf-httpapi-idempotency-key-header, section 2.7.
    """

    key: str
    first_use_case: str
    use_case: str
    status, slug = 422, "idempotency-key-reused"

    @property
    def message(self) -> str:
        if self.first_use_case == self.use_case:
            return (
                f"expected the first body of {self.use_case} again under key {shorten(self.key)}, "
                "seen another body"
            )
        return (
            f"expected key {shorten(self.key)} for {self.first_use_case} only, "
            f"seen it for {self.use_case}"
        )


@dataclass(eq=False)
class NotAHome(HomeError):
    """The path does not hold a home."""

    path: str
    seen: str
    slug = "not-a-home"

    @property
    def message(self) -> str:
        return f"expected a home at {self.path}, seen {self.seen}"


@dataclass(eq=False)
class HomeLocked(HomeError):
    """Another process writes to this home. `holder_pid` is 0 when it is not known."""

    path: str
    holder_pid: int
    retryable, slug = True, "home-locked"

    @property
    def message(self) -> str:
        holder = f"process {self.holder_pid}" if self.holder_pid else "another process"
        return f"expected to be the only writer of {self.path}, seen {holder} writing to it"


@dataclass(eq=False)
class HomeTooNew(HomeError):
    """The home was written by a later version of this program; it is left untouched."""

    path: str
    what: str
    known: int
    seen: int
    slug = "home-too-new"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected {self.what} up to {self.known}, seen {self.seen}: "
            "the home was written by a newer version"
        )


@dataclass(eq=False)
class HomeDamaged(HomeError):
    """Something in the home is not as it was written."""

    path: str
    what: str
    expected: str
    seen: str
    slug = "home-damaged"

    @property
    def message(self) -> str:
        return f"{self.path}: {self.what}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class HomeReadOnly(HomeError):
    """The home must be written to and cannot be."""

    path: str
    slug = "home-read-only"

    @property
    def message(self) -> str:
        return f"expected to be allowed to write to {self.path}, seen a read-only place"


@dataclass(eq=False)
class HomeClosed(HomeError):
    """The home was closed before the command came."""

    path: str
    slug = "home-closed"

    @property
    def message(self) -> str:
        return f"expected an open home at {self.path}, seen a closed one"


@dataclass(eq=False)
class DiskFull(HomeError):
    """No space left; nothing of the group was kept."""

    path: str
    slug = "disk-full"

    @property
    def message(self) -> str:
        return f"expected room to write to {self.path}, seen a full disk; nothing was changed"


@dataclass(eq=False)
class CommitFailed(HomeError):
    """A commit did not come back well; the home refuses all commands until it is opened again."""

    path: str
    seen: str
    slug = "commit-failed"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected the commit to succeed, seen {self.seen}; "
            "open the home again to learn what is durable"
        )


@dataclass(eq=False)
class DeskBusy(Unavailable):
    """The desk's queue is full."""

    waiting: int
    waiting_max: int
    slug = "desk-busy"

    @property
    def message(self) -> str:
        return f"expected fewer than {self.waiting_max} waiting commands, seen {self.waiting}"


class DeskClosed(Unavailable):
    """The desk takes no more commands."""

    slug = "desk-closed"

    @property
    def message(self) -> str:
        return "expected an open desk, seen one that is closing"

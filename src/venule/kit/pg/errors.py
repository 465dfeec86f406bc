"""What PostgreSQL and the way to it can do to a home, as typed errors.

What the server says about a statement (a broken constraint, a syntax error, a serialization
failure) stays a `psycopg.Error`: that is a bug of ours, or the statement's own business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg

from venule.kit.connection_errors import ConnectionLost
from venule.kit.errors import (
    BadInput,
    DiskFull,
    HomeDamaged,
    HomeError,
    HomeLocked,
    HomeReadOnly,
    NotAHome,
    shorten,
)
from venule.kit.pg.store import ELSEWHERE
from venule.kit.sqlite import StorageFailed

SEEN_CHARS_MAX: Final = 300


@dataclass(eq=False)
class AddressMalformed(BadInput):
    """Text that does not name a PostgreSQL home. It may hold a password, so it is not shown."""

    reason: str
    slug = "home-address-malformed"

    @property
    def message(self) -> str:
        return (
            "expected an address such as postgresql://user@host:5432/database?schema=venule, "
            f"seen one with {self.reason}"
        )


@dataclass(eq=False)
class TextNotStorable(BadInput):
    """PostgreSQL stores no text with a NUL character in it."""

    seen: str
    slug = "text-not-storable"

    @property
    def message(self) -> str:
        return f"expected text without NUL characters, seen {shorten(self.seen)}"


@dataclass(eq=False)
class DatabaseUnreachable(HomeError):
    """No server answers at the address, or it cannot take connections yet."""

    path: str
    seen: str
    status, retryable, slug = 503, True, "database-unreachable"

    @property
    def message(self) -> str:
        return f"expected a database server at {self.path}, seen {self.seen}"


@dataclass(eq=False)
class DatabaseBusy(HomeError):
    """The server has as many connections as it takes."""

    path: str
    status, retryable, slug = 503, True, "database-busy"

    @property
    def message(self) -> str:
        return f"expected a free connection at {self.path}, seen none left"


@dataclass(eq=False)
class DatabaseRefused(HomeError):
    """The server knows this user not at all, or does not let him do this."""

    path: str
    seen: str
    slug = "database-refused"

    @property
    def message(self) -> str:
        return f"expected to be allowed at {self.path}, seen {self.seen}"


@dataclass(eq=False)
class DatabaseUnsuitable(HomeError):
    """The server or the database is set up in a way that the books cannot rely on."""

    path: str
    setting: str
    expected: str
    seen: str
    slug = "database-unsuitable"

    @property
    def message(self) -> str:
        return f"{self.path}: expected {self.setting} {self.expected}, seen {shorten(self.seen)}"


def translate(path: str, error: psycopg.Error) -> HomeError | None:
    """Return what a server's error says about the home, or None if it is about the statement.

    The classes of SQLSTATE are those of appendix A of PostgreSQL's manual.
    """
    state = error.sqlstate or ""
    seen = first_line(error)
    if state == "53100":
        return DiskFull(path)
    if state == "25006":
        return HomeReadOnly(path)
    if state == "42501":
        return DatabaseRefused(path, seen)
    if state == "55P03":
        return HomeLocked(path, 0)
    if state in {"XX001", "XX002"}:
        return HomeDamaged(path, "database", "whole pages and indexes", seen)
    if state[:2] == "08" or state in {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"}:
        return ConnectionLost(path, seen)
    if state[:2] == "58" or state == "53200":
        return StorageFailed(path, seen)
    return None


def is_elsewhere(error: psycopg.Error) -> bool:
    """Whether a node says that the book is on another one by now."""
    return error.sqlstate == "22P02" and ELSEWHERE in str(error)


def translate_refusal(path: str, error: psycopg.Error, password: str) -> HomeError:
    """Return why no connection came about. libpq tells the reason as text only."""
    seen = first_line(error)
    if password:
        seen = seen.replace(password, "***")
    if "too many" in seen or "connection slots" in seen:
        return DatabaseBusy(path)
    if "database" in seen and "does not exist" in seen:
        return NotAHome(path, "no such database")
    for words in ("authentication failed", "no pg_hba.conf entry", "not permitted", "denied for"):
        if words in seen:
            return DatabaseRefused(path, seen)
    if "role" in seen and "does not exist" in seen:
        return DatabaseRefused(path, seen)
    return DatabaseUnreachable(path, seen)


def first_line(error: BaseException) -> str:
    """Return an error's text without hints and context."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:SEEN_CHARS_MAX]

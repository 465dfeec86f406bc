"""What the generated files are made of: structs, words that may grow, and calls as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

T = TypeVar("T")

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


class Struct(msgspec.Struct, frozen=True, omit_defaults=True):
    """The base of what is sent and received: a newer service may say more than is known here."""


class Word(StrEnum):
    """The base of enumerations: a word of a newer service is taken as it is."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Generic[T]):
    """A call that has not been made. gives: type of the answer; None: it has none.

    money: takes effect once for each key; key: None: the client makes one. takes: media type of the
    body.
    """

    method: str
    path: str
    gives: Any = None
    body: Any = None
    query: Mapping[str, Any] | None = None
    money: bool = False
    key: str | None = None
    takes: str = JSON
    accepts: str = JSON

    @property
    def target(self) -> str:
        """Path and query."""
        pairs = [(name, text_of(value)) for name, value in (self.query or {}).items()
                 if value is not None]  # fmt: skip
        return f"{self.path}?{urlencode(pairs, quote_via=quote)}" if pairs else self.path

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body or b""
        return msgspec.json.encode(self.body)

    def read(self, content: bytes) -> Any:
        """Return the answer. Raises: msgspec.MsgspecError."""
        if self.gives is None:
            return None
        return content if self.gives is bytes else decoder(self.gives).decode(content)


@cache
def decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    """Return what reads a type from JSON; made once."""
    return msgspec.json.Decoder(type_)


def text_of(value: Any) -> str:
    """Return a parameter as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def part(value: Any) -> str:
    """Return a parameter as a segment of a path."""
    return quote(text_of(value), safe="")

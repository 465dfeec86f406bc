"""How values look in JSON: exact, free of locale."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Final, TypeVar

import msgspec

from venule.kit.http.errors import CursorUnknown
from venule.kit.money import Money

T = TypeVar("T")

AMOUNT_PATTERN: Final = r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?$"
CURSOR_CHARS_MAX: Final = 512


Cursor = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=CURSOR_CHARS_MAX,
        description="`next_cursor` of the page before; it means nothing by itself.",
    ),
]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of what is sent to us: what is not known is refused, not ignored."""


class Amount(msgspec.Struct, frozen=True):
    """An exact sum as text, and its currency (ISO 4217)."""

    amount: Annotated[
        str,
        msgspec.Meta(
            pattern=AMOUNT_PATTERN,
            description="A decimal number with at most the currency's decimals.",
            examples=["12.34"],
        ),
    ]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", examples=["CNY"])] = "CNY"

    def money(self) -> Money:
        """Return the sum. Raises: MalformedAmount, UnknownCurrency, AmountOutOfRange."""
        return Money.parse(self.amount, self.currency)


class Paid(Shape, frozen=True):
    """An exact sum above zero, in yuan, with at most two decimals."""

    amount: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,12}(\.[0-9]{1,2})?)$",
            max_length=16,
            description="Yuan: a number above 0 with at most two decimals.",
            examples=["12.34"],
        ),
    ]
    currency: Annotated[str, msgspec.Meta(pattern="^CNY$", examples=["CNY"])]

    def money(self) -> Money:
        """Return the sum. Raises: MalformedAmount, UnknownCurrency, AmountOutOfRange."""
        return Money.parse(self.amount, self.currency)


def amount(money: Money) -> Amount:
    """Return how a sum looks in JSON."""
    return Amount(money.format(), money.currency)


def fen(minor: int) -> Amount:
    """Return how so many fen look in JSON."""
    return amount(Money(minor, "CNY"))


def give_cursor(place: object) -> str:
    """Return a place in a list as text that means nothing to the caller."""
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def take_cursor(cursor: str, type_: type[T]) -> T:
    """Return the place again. Raises: CursorUnknown."""
    try:
        if len(cursor) > CURSOR_CHARS_MAX:
            raise ValueError
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        _check_storable(msgspec.msgpack.decode(raw))
        return msgspec.msgpack.decode(raw, type=type_)
    except (ValueError, msgspec.MsgspecError):
        raise CursorUnknown(cursor) from None


def _check_storable(value: object) -> None:
    """What was made up by a caller may hold what no row can. Raises: ValueError."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    if isinstance(value, str) and "\x00" in value:
        raise ValueError
    if isinstance(value, list):
        for each in value:
            _check_storable(each)
    if isinstance(value, dict):
        for name, each in value.items():
            _check_storable(name)
            _check_storable(each)


def plain(value: Any) -> Any:
    """Return a value in JSON's own types, as it would be sent."""
    return msgspec.to_builtins(value)

"""Exact money: whole minor units of one currency, and the only two ways to divide them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

from venule.kit.currency import minor_digits
from venule.kit.errors import (
    INT64_MAX,
    INT64_MIN,
    AmountOutOfRange,
    CurrenciesDiffer,
    MalformedAmount,
)

_PLAIN_NUMBER: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_WHOLE_DIGITS_MAX: Final = 19  # 2**63 has 19; what is longer never fits and is not converted


class Rounding(Enum):
    """Where a quotient goes that is not whole."""

    DOWN = "toward zero"
    FLOOR = "toward minus infinity"
    CEILING = "toward plus infinity"
    HALF_UP = "to the nearest, halves away from zero"
    HALF_EVEN = "to the nearest, halves to the even neighbour"


class Money(msgspec.Struct, frozen=True):
    """An exact sum: `amount` counts minor units (fen, cents) of `currency` (ISO 4217).

    Raises: AmountOutOfRange beyond 64 bits; UnknownCurrency; CurrencyWithoutMinorUnit;
    TypeError for a bool or a float, which are programmer errors. Sums and comparisons of two
    currencies raise CurrenciesDiffer; `==` of them is False.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        _require_int(self.amount, "minor units")
        if not INT64_MIN <= self.amount <= INT64_MAX:
            raise AmountOutOfRange(_text_of(self.amount))
        minor_digits(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read an amount in major units, `"12.34"`; strict, see `parse_minor`."""
        return cls(parse_minor(text, minor_digits(currency)), currency)

    def format(self) -> str:
        """Write the amount in major units with all decimals of the currency: `12.30`, `-0.05`."""
        return format_minor(self.amount, minor_digits(self.currency))

    def __str__(self) -> str:
        return f"{self.format()} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split by weights; the parts sum to the whole. See `allocate_int`."""
        return [Money(part, self.currency) for part in allocate_int(self.amount, weights)]

    def scale(self, numerator: int, denominator: int, rounding: Rounding) -> Money:
        """Multiply by `numerator / denominator`, exactly, then round once. See `divide`."""
        _require_int(numerator, "numerator")
        return Money(divide(self.amount * numerator, denominator, rounding), self.currency)

    def _same(self, other: Money) -> int:
        """Return the other amount. Raises: CurrenciesDiffer."""
        if not isinstance(other, Money):
            raise TypeError(f"expected Money, got {other!r}")
        if self.currency != other.currency:
            raise CurrenciesDiffer(self.currency, other.currency)
        return other.amount


def parse(text: str, currency: str) -> Money:
    """Read an amount in major units of a currency: `Money.parse` as a function."""
    return Money.parse(text, currency)


def parse_minor(text: str, digits: int) -> int:
    """Read a plain decimal number with at most `digits` decimals; return it in minor units.

    Fewer decimals are filled up: "12.3" with two is 1230. Refused are spaces, a plus sign, an
    exponent, grouping, leading zeros, a bare point, and digits other than 0-9.
    Raises: MalformedAmount; AmountOutOfRange if it does not fit 64 bits.
    """
    match = _PLAIN_NUMBER.fullmatch(text)
    if match is None or len(match[3] or "") > digits:
        raise MalformedAmount(text, digits)
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(whole) > _WHOLE_DIGITS_MAX:
        raise AmountOutOfRange(text)
    amount = int(sign + whole + decimals.ljust(digits, "0"))
    if not INT64_MIN <= amount <= INT64_MAX:
        raise AmountOutOfRange(text)
    return amount


def format_minor(amount: int, digits: int) -> str:
    """Write minor units as a plain decimal number with exactly `digits` decimals."""
    _require_int(amount, "minor units")
    if digits == 0:
        return str(amount)
    sign = "-" if amount < 0 else ""
    text = str(abs(amount)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return `numerator / denominator`, rounded as named; exact for ints of any size.

    Raises: ZeroDivisionError.
    """
    _require_int(numerator, "numerator")
    _require_int(denominator, "denominator")
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, rest = divmod(numerator, denominator)  # 0 <= rest < denominator
    return floor + _rounds_up(floor, rest, denominator, rounding)


def _rounds_up(floor: int, rest: int, denominator: int, rounding: Rounding) -> bool:
    """Decide whether `floor + rest/denominator` goes to `floor + 1`."""
    twice = 2 * rest - denominator
    match rounding:
        case Rounding.FLOOR:
            return False
        case Rounding.CEILING:
            return rest > 0
        case Rounding.DOWN:
            return rest > 0 and floor < 0
        case Rounding.HALF_UP:
            return twice > 0 or (twice == 0 and floor >= 0)
        case Rounding.HALF_EVEN:
            return twice > 0 or (twice == 0 and floor % 2 == 1)


def allocate_int(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number by weights so that the parts sum to it: largest remainder.

    Each part is `total * weight / sum(weights)` cut toward zero; the units left over go one each to
    the largest remainders, ties to the lowest index. A negative total is split as its mirror
    image, so `allocate_int(-t, w)` is the negative of `allocate_int(t, w)`; weight 0 gets 0.
    Raises: ValueError without weights, for a negative one, or if all are 0.
    """
    _require_int(total, "total")
    for weight in weights:
        _require_int(weight, "weight")
    weight_sum = sum(weights)
    if weight_sum <= 0 or min(weights) < 0:
        raise ValueError("expected weights >= 0 with a sum > 0")
    sign = -1 if total < 0 else 1
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(abs(total) * weight, weight_sum)
        parts.append(part)
        remainders.append(remainder)
    left = abs(total) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
    for index in by_remainder[:left]:  # sorted() keeps ties in order of index
        parts[index] += 1
    return [sign * part for part in parts]


def _require_int(value: object, what: str) -> None:
    if type(value) is not int:  # a bool is an int to isinstance; numpy ints overflow in silence
        raise TypeError(f"{what} must be int, got {value!r}")


def _text_of(amount: int) -> str:
    """Write an int of any size: `str` refuses those of more than 4300 digits."""
    return str(amount) if amount.bit_length() < 10_000 else f"{amount.bit_length()} bits"

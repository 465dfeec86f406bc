"""Income per 10,000 shares and the annualised yields, in decimal arithmetic of 50 digits.

Income per 10,000 shares (万份收益) has 4 decimals of a yuan, held as int: 1.2986 is 12,986. A
yield has 3 decimals of a percent, held as int: 4.902 % is 4,902. Both are rounded half up.
Source: CSRC disclosure rule no. 5 (2005, money funds); fund-clearing reference, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from venule.fund.model import Carry
from venule.kit.money import Rounding, divide

PER_10K_SCALE: Final = 10_000
"""Four decimals of a yuan."""

WEEK_DAYS: Final = 7
FOUR_WEEKS_DAYS: Final = 28
PER_10K_E4_MAX: Final = 10**9
"""Most income per 10,000 shares that is believed: 100,000 yuan, ten times the shares."""

YEAR_DAYS: Final = 365
"""365 also in leap years."""

_DECIMAL: Final = Context(prec=50, rounding=ROUND_HALF_UP)
_ONE: Final = Decimal(1)
_YUAN_PER_UNIT: Final = Decimal(10_000 * PER_10K_SCALE)


def per_10k_e4(net_income: int, shares: int) -> int:
    """Return the income of a day for 10,000 shares, in 1e-4 yuan, from fen; half up.

    Raises: ZeroDivisionError without shares.
    """
    return divide(net_income * 10_000 * PER_10K_SCALE, shares, Rounding.HALF_UP)


def net_income_of(per_10k: int, shares: int) -> int:
    """Return a day's net income in fen from the published income per 10,000 (1e-4 yuan); half up.

    The published figure has 4 decimals, so this is the income of the register, not of a holder.
    """
    return divide(per_10k * shares, 10_000 * PER_10K_SCALE, Rounding.HALF_UP)


def seven_day_yield(per_10k: Sequence[int], carry: Carry = Carry.DAILY) -> int:
    """Return the annualised yield of the last seven natural days, percent with 3 decimals.

    per_10k: published values of consecutive days in 1e-4 yuan, the last one is the day asked for.
    Fewer than seven days (a young fund): those there are, with their number in place of 7.
    Raises: ValueError without a day.
    """
    return annualised_yield(per_10k[-WEEK_DAYS:], carry)


def four_week_yield(per_10k: Sequence[int], carry: Carry = Carry.DAILY) -> int:
    """Return the annualised yield of the last 28 natural days, percent with 3 decimals."""
    return annualised_yield(per_10k[-FOUR_WEEKS_DAYS:], carry)


def annualised_yield(per_10k: Sequence[int], carry: Carry = Carry.DAILY) -> int:
    """Return the annualised yield of all days given, percent with 3 decimals, half up.

    carry: income that becomes shares daily compounds; monthly, it does not.
    Raises: ValueError without a day.
    """
    return _percent_e3(_annual_rate(per_10k, carry))


def annual_rate(per_10k: Sequence[int], carry: Carry = Carry.DAILY) -> Decimal:
    """Return the annualised yield before rounding, in percent."""
    return _DECIMAL.multiply(_annual_rate(per_10k, carry), Decimal(100))


def growth_since_inception(per_10k: Sequence[int]) -> int:
    """Return the compounded growth of all days given, not annualised, percent with 3 decimals."""
    return _percent_e3(_DECIMAL.subtract(_product(per_10k), _ONE))


def _annual_rate(per_10k: Sequence[int], carry: Carry) -> Decimal:
    days = len(per_10k)
    if days == 0:
        raise ValueError("expected the income of at least one day")
    c = _DECIMAL
    if carry is Carry.DAILY:
        exponent = c.divide(Decimal(YEAR_DAYS), Decimal(days))
        return c.subtract(c.power(_product(per_10k), exponent), _ONE)
    yearly = c.divide(Decimal(sum(per_10k) * YEAR_DAYS), Decimal(days))
    return c.divide(yearly, _YUAN_PER_UNIT)


def _product(per_10k: Sequence[int]) -> Decimal:
    c = _DECIMAL
    product = _ONE
    for value in per_10k:
        product = c.multiply(product, c.add(_ONE, c.divide(Decimal(value), _YUAN_PER_UNIT)))
    return product


def _percent_e3(rate: Decimal) -> int:
    return int(_DECIMAL.multiply(rate, Decimal(100_000)).to_integral_value(ROUND_HALF_UP))

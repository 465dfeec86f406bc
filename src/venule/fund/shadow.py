"""Shadow pricing: how far market value has moved from amortised cost, and what that demands.

The comparison is exact: `(shadow - amortised) * 1,000,000` against `bound_ppm * amortised`, in
ints. Source: Measures of 2015 (order 120), article 12; fund-clearing reference, section 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from venule.fund.model import ShadowBounds, ShadowState
from venule.fund.states import (
    SHADOW_TRANSITIONS,
    STOPS_REDEMPTIONS,
    STOPS_SUBSCRIPTIONS,
    ShadowReading,
)
from venule.kit.money import Rounding, divide

PPM: Final = 1_000_000


class Valuation(msgspec.Struct, frozen=True):
    """A fund's two values on a trading day, in the same minor unit; amortised > 0."""

    on: date
    amortised: int
    shadow: int


class ShadowVerdict(msgspec.Struct, frozen=True):
    """What holds after a trading day. deviation_ppm is rounded half up, for display only.

    mend_days: trading days left to be back inside, counted from the first day outside; None inside.
    """

    on: date
    state: ShadowState
    deviation_ppm: int
    stop_subscriptions: bool
    stop_redemptions: bool
    mend_days: int | None


def deviation_ppm(value: Valuation) -> int:
    """Return the deviation in parts per million, half up."""
    return divide((value.shadow - value.amortised) * PPM, value.amortised, Rounding.HALF_UP)


def bounds_on(bounds: Sequence[ShadowBounds], on: date) -> ShadowBounds | None:
    """Return the bounds in force on a day, None before the first."""
    return max((b for b in bounds if b.from_on <= on), key=lambda b: b.from_on, default=None)


def judge(
    values: Sequence[Valuation],
    bounds: Sequence[ShadowBounds],
    state: ShadowState,
    *,
    liquidate: bool,
) -> ShadowVerdict:
    """Judge the last of some consecutive trading days, given the state after the day before.

    values: oldest first; enough of them to see the days in a row. liquidate: what follows too many
    days below the bound, liquidation or valuation at fair value.
    """
    today = values[-1]
    rule = bounds_on(bounds, today.on)
    reading = ShadowReading.INSIDE if rule is None else _reading(values, rule, liquidate)
    after = SHADOW_TRANSITIONS[state, reading]
    return ShadowVerdict(
        on=today.on,
        state=after,
        deviation_ppm=deviation_ppm(today),
        stop_subscriptions=after in STOPS_SUBSCRIPTIONS,
        stop_redemptions=after in STOPS_REDEMPTIONS,
        mend_days=None if rule is None else _mend_days(values, rule),
    )


def _reading(values: Sequence[Valuation], rule: ShadowBounds, liquidate: bool) -> ShadowReading:
    today = values[-1]
    last = [v for v in values[-rule.twice_days :] if v.on >= rule.from_on]
    if len(last) == rule.twice_days and all(
        _below(v, rule.twice_ppm, rule.twice_inclusive) for v in last
    ):
        return ShadowReading.TWICE_LIQUIDATE if liquidate else ShadowReading.TWICE_FAIR_VALUE
    if _below(today, rule.very_low_ppm, rule.very_low_inclusive):
        return ShadowReading.VERY_LOW
    if _below(today, rule.low_ppm, rule.low_inclusive):
        return ShadowReading.LOW
    if _above(today, rule.high_ppm, rule.high_inclusive):
        return ShadowReading.HIGH
    return ShadowReading.INSIDE


def _mend_days(values: Sequence[Valuation], rule: ShadowBounds) -> int | None:
    outside = 0
    for value in reversed(values):
        if value.on < rule.from_on or not _is_outside(value, rule):
            break
        outside += 1
    return max(0, rule.mend_days - outside + 1) if outside else None


def _is_outside(value: Valuation, rule: ShadowBounds) -> bool:
    return _below(value, rule.low_ppm, rule.low_inclusive) or _above(
        value, rule.high_ppm, rule.high_inclusive
    )


def _below(value: Valuation, bound_ppm: int, inclusive: bool) -> bool:
    seen, bound = (value.shadow - value.amortised) * PPM, bound_ppm * value.amortised
    return seen <= bound if inclusive else seen < bound


def _above(value: Valuation, bound_ppm: int, inclusive: bool) -> bool:
    seen, bound = (value.shadow - value.amortised) * PPM, bound_ppm * value.amortised
    return seen >= bound if inclusive else seen > bound

"""Arithmetic of the replay: natural-day income, sharing out of sums, concentration, breaks."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from venule.fund import WeekdaySchedule, net_income_of
from venule.kit.calendar import Calendar
from venule.replay.model import Bools, Break, Floats, Flows, Ints, Yields

NATURAL_DAYS: Final = WeekdaySchedule()
"""The source's rule: days run from midnight, and public holidays do not count."""

PUBLISHED_SHARES: Final = (
    ("largest user", 1, 0.0088, 0.0098),
    ("top 10", 10, 0.046, 0.052),
    ("top 0.1 %", 29, 0.089, 0.101),
    ("top 1 %", 280, 0.326, 0.367),
    ("top 5 %", 1402, 0.674, 0.724),
    ("top 10 %", 2804, 0.846, 0.880),
)
"""Who made how much of all purchases and of all redemptions in the published sample of 28,041:
name, number of users, share of purchases, share of redemptions."""
PUBLISHED_USERS: Final = 28_041


def first_income_day(bought_on: date) -> date:
    """Return the first day whose income a purchase shares in, by the rule of natural days."""
    return NATURAL_DAYS.subscription_confirm_on(bought_on)


def first_income_day_by_calendar(bought_on: date, fund_days: Calendar) -> date:
    """Return the same by the rule of production, for an order before the cut-off of 15:00.

    T is that day or the next open day; what is confirmed on T+1 shares in income from T+1 on.
    """
    return fund_days.add_open(fund_days.next_open_or_same(bought_on), 1)


def fill(whole: int, weights: Floats, room: Ints) -> Ints | None:
    """Share `whole` out in proportion to weights, nobody above his room; None if it can't hold.

    Parts are whole fen and sum to `whole`; what remains of the rounding goes to the largest part
    that has room for it.
    """
    if not len(room) or whole > int(room.sum()):
        return None
    usable = np.maximum(weights, 1e-9) * (room > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(np.where(room > 0, room / usable, 0.0), kind="stable")
    # Those with the least room for their weight are full first; the others share by weight.
    full_before = np.concatenate(([0], room[order].cumsum()))[:-1]
    weight_from = usable[order][::-1].cumsum()[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(weight_from > 0, (whole - full_before) / weight_from, 0.0)
    fits = np.flatnonzero(level * usable[order] <= room[order])
    parts = room.copy()
    if len(fits):
        first = int(fits[0])
        sharing = order[first:]
        shared = np.floor(level[first] * usable[sharing]).astype(np.int64)
        parts[sharing] = np.minimum(np.maximum(shared, 0), room[sharing])
    return _settle(whole, parts, room)


def _settle(whole: int, parts: Ints, room: Ints) -> Ints:
    """Bring the sum of the parts to `whole`, starting with the largest part."""
    rest = whole - int(parts.sum())
    for index in np.argsort(-parts, kind="stable").tolist():
        if not rest:
            break
        change = max(-int(parts[index]), min(rest, int(room[index] - parts[index])))
        parts[index] += change
        rest -= change
    return parts


def round_down(parts: Ints, step: int, whole: int, room: Ints) -> Ints:
    """Cut parts of ten steps or more to whole steps; what is cut off goes to the largest."""
    cut = np.where(parts >= 10 * step, parts - parts % step, parts)
    return _settle(whole, cut, room)


def top_shares(by_user: Ints, users: int) -> list[float]:
    """Return which part of all the largest users made, for each of `PUBLISHED_SHARES`.

    users: the size of the sample; the groups keep their part of it (but one user at least).
    """
    ranked = np.sort(by_user)[::-1].cumsum()
    whole = int(ranked[-1]) if len(ranked) else 0
    counts = [max(1, round(top * users / PUBLISHED_USERS)) for _, top, _, _ in PUBLISHED_SHARES]
    return [int(ranked[min(n, len(ranked)) - 1]) / whole if whole else 0.0 for n in counts]


def find_breaks(flows: Flows, books_with_real_income: Ints) -> list[Break]:
    """Compare how the source's balance moved each day with how the books did.

    books_with_real_income: by day, the movement of all holdings in the books, with the real income
    of the day in place of our own. A break is what the source has more than the books.
    """
    moved = flows["balance_fen"] - flows["prev_balance_fen"]
    differs = moved - books_with_real_income
    return [
        Break(flows.days[index], int(differs[index])) for index in np.flatnonzero(differs).tolist()
    ]


def within_1_percent(ours: Ints, real: Ints) -> Bools:
    """Tell for each day if our income is within 1 % of the real one, exactly."""
    near: Bools = np.abs(ours - real) * 100 <= np.abs(real)
    return near


def modelled_income(
    flows: Flows, yields: Yields, bought: Ints, by_calendar: Calendar | None = None
) -> Ints:
    """Compute each day's income from daily sums alone: what no service has touched.

    eligible = the real opening balance - what was bought and has its first income day still to
    come, by the rule of natural days, or of production if a calendar is given. Income is that of
    the same day. bought: by day, the purchases that stay until they earn.
    """
    per_10k = dict(zip(yields.days, yields.per_10k_e4.tolist(), strict=True))
    waiting: dict[date, int] = {}
    pending = 0
    income = np.zeros(len(flows.days), dtype=np.int64)
    for index, day in enumerate(flows.days):
        for due in [due for due in waiting if due <= day]:
            pending -= waiting.pop(due)
        opening = int(flows["prev_balance_fen"][index])
        income[index] = net_income_of(per_10k[day], opening - pending)
        if by_calendar is None:
            earns_on = first_income_day(day)
        else:
            earns_on = first_income_day_by_calendar(day, by_calendar)
        waiting[earns_on] = waiting.get(earns_on, 0) + int(bought[index])
        pending += int(bought[index])
    return income

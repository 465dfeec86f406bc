"""The built-in scenario: what stands in for data that is not at hand.

Real are the fund's published yields, and the published number of new users a month and how often
users act. All amounts are made up: growth like that of a young money fund, from a seed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np

from venule.fund import net_income_of
from venule.replay.draws import Draws
from venule.replay.model import FLOW_COLUMNS, Floats, Flows, Ints, Users, Yields
from venule.replay.rules import first_income_day

USERS: Final = 28_041
"""The size of the published sample of users."""
FIRST_DAY: Final = date(2013, 7, 1)
DAYS: Final = 365
NEW_USERS: Final = (
    1600, 863, 778, 1701, 2590, 2028, 3312, 4464, 2561, 2081, 1646, 1380, 1542, 1495,
)  # fmt: skip
"""New users of the published sample by month, from July 2013 to August 2014."""
IDLE_SHARE: Final = 0.44
"""Of the published sample, the part without a single day of buying or redeeming."""
FEW_SHARE: Final = 0.70
"""... and the part with at most `FEW_DAYS` of them."""
FEW_DAYS: Final = 7
BUSY_MEAN_DAYS: Final = 30.0
BUSY_MAX_DAYS: Final = 384

# Made up: what a day brings, in fen, and which part of the balance leaves.
FIRST_PURCHASE_FEN: Final = 500_000.0
PURCHASE_PER_USER_FEN: Final = 9_000.0
REDEEMED_OF_BALANCE: Final = 0.014
OPENING_PER_USER_FEN: Final = 600_000.0
FROM_BANK: Final = 0.64
CONSUMED: Final = 0.17
TO_BANK_OF_TRANSFERS: Final = 0.8
WEEKDAY_FACTOR: Final = (1.2, 1.2, 1.1, 1.1, 1.0, 0.7, 0.7)
SPREAD: Final = 0.18


def make_users(seed: int) -> Users:
    """Draw how often each of `USERS` acts, after the published shares."""
    draws = Draws(seed, 1)
    level = draws.uniform(USERS)
    few = 1 + ((level - IDLE_SHARE) / (FEW_SHARE - IDLE_SHARE) * FEW_DAYS).astype(np.int64)
    busy = FEW_DAYS + (BUSY_MEAN_DAYS * draws.exponential(USERS)).astype(np.int64)
    active = np.where(level < FEW_SHARE, few, np.minimum(busy, BUSY_MAX_DAYS))
    return Users(np.where(level < IDLE_SHARE, 0, active).astype(np.int64), "generated")


def make_flows(yields: Yields, users: int, seed: int) -> Flows:
    """Draw the daily sums of a year: a fund that grows as the published sample did."""
    draws = Draws(seed, 2)
    days = tuple(FIRST_DAY + timedelta(days=index) for index in range(DAYS))
    new = _new_users(days, users, draws)
    joined = new.cumsum()
    factor = np.array([WEEKDAY_FACTOR[day.weekday()] for day in days])
    noise = np.exp(SPREAD * draws.bell(2 * DAYS)).reshape(2, DAYS)
    bought = (new * FIRST_PURCHASE_FEN + joined * PURCHASE_PER_USER_FEN) * factor * noise[0]
    leaving = REDEEMED_OF_BALANCE * factor * noise[1]
    columns = _columns(days, yields, new, bought, leaving, draws)
    return Flows(days, columns, "generated")


def _new_users(days: tuple[date, ...], users: int, draws: Draws) -> Ints:
    """Spread the published new users of each month over its days, for a sample of `users`."""
    months = np.array([(day.year - 2013) * 12 + day.month - 7 for day in days])
    weight = np.exp(SPREAD * draws.bell(len(days)))
    weight[0] *= 10.0  # those who were there before the first day are new on it
    exact = np.zeros(len(days))
    for month, count in enumerate(NEW_USERS):
        here = months == month
        if here.any():
            exact[here] = weight[here] / weight[here].cumsum()[-1] * count
    upto = np.maximum(np.rint(exact.cumsum() * users / USERS).astype(np.int64), 1)
    return np.diff(upto, prepend=0)


def _columns(
    days: tuple[date, ...],
    yields: Yields,
    new: Ints,
    bought: Floats,
    leaving: Floats,
    draws: Draws,
) -> dict[str, Ints]:
    """Walk through the days, so that every identity of the flows holds."""
    per_10k = dict(zip(yields.days, yields.per_10k_e4.tolist(), strict=True))
    split = 0.9 + 0.2 * draws.uniform(3 * DAYS).reshape(3, DAYS)
    balance = int(new[0] * OPENING_PER_USER_FEN)
    waiting: dict[date, int] = {}
    pending = 0
    rows: list[tuple[int, ...]] = []
    for index, day in enumerate(days):
        pending -= waiting.pop(day, 0)
        income = net_income_of(per_10k.get(day, 0), balance - pending)
        direct = int(bought[index])
        bank = int(direct * FROM_BANK * split[0, index])
        redeemed = int((balance - pending) * min(leaving[index], 0.1))
        consumed = int(redeemed * CONSUMED * split[1, index])
        to_bank = int((redeemed - consumed) * TO_BANK_OF_TRANSFERS * split[2, index])
        transferred = redeemed - consumed
        closing = balance + direct + income - redeemed
        earns_on = first_income_day(day)
        waiting[earns_on] = waiting.get(earns_on, 0) + direct
        pending += direct
        sources = (direct - bank, bank)
        targets = (consumed, transferred, transferred - to_bank, to_bank)
        joined = int(new[: index + 1].sum())
        totals = (joined, int(new[index]), closing, balance, direct + income, direct)
        rows.append((*totals, *sources, redeemed, *targets, income))
        balance = closing
    return _by_name(rows)


def _by_name(rows: list[tuple[int, ...]]) -> dict[str, Ints]:
    table = np.array(rows, dtype=np.int64).T.copy()
    return dict(zip(FLOW_COLUMNS, table, strict=True))

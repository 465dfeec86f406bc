"""The people of the replay: when each joins, how often and how much he moves. From a seed.

Real are the number of users who join each day and how often each user of the sample acts; that
the shares of the largest users come out as published is the aim; who is who is generated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from venule.replay.draws import Draws
from venule.replay.model import Floats, Flows, Ints, Kind, Users
from venule.replay.rules import PUBLISHED_SHARES, PUBLISHED_USERS

SAMPLE_DAYS: Final = 427
"""The 14 months over which the sample counted active days, from the first day of the flows."""

# The largest single values of the sample, in fen.
BALANCE_MAX: Final = 104_285_082
PURCHASE_MAX: Final = 201_768_328
REDEMPTION_MAX: Final = 102_310_600
CONSUMPTION_MAX: Final = 30_000_000

# Generated behaviour. Of the user-days with a row 6.12 % have consumption and about 12 % have any
# action at all, so that half of the active days have some.
KEEN_FIRST: Final = 0.4
CONSUMES: Final = 0.5
TRANSFERS: Final = 0.25
BUYS: Final = 0.5
SIZE_SPREAD: Final = 1.5
DAY_SPREAD: Final = 0.9
PURCHASES_FOR_A_LARGE_USER: Final = 40.0
BALANCING_ROUNDS: Final = 60


@dataclass(frozen=True, eq=False)
class Population:
    """By user: the index of the day he joins (`never`: after the last), and his sizes.

    acts: by day, which users act and how: pairs (day, user) per kind of movement, in day order.
    purchases, redemptions: what a user shall move over all days, in fen, as a weight.
    scale: how many people of the published sample one of ours stands for, at least 1.
    """

    joins: Ints
    never: int
    purchases: Floats
    redemptions: Floats
    acts: dict[Kind, tuple[Ints, Ints]]
    buy_weights: dict[Kind, Floats]
    scale: float

    def __len__(self) -> int:
        return len(self.joins)

    def joining(self, day: int) -> Ints:
        """Return the users whose first day this is."""
        return np.flatnonzero(self.joins == day)


def make_population(flows: Flows, users: Users, users_max: int | None, seed: int) -> Population:
    """Draw the people for these flows: the first `users_max` of the users, or all."""
    in_file = len(users.active_days)
    active = users.active_days[: users_max or in_file]
    days = len(flows.days)
    span = max(SAMPLE_DAYS, days)
    joins = _draw_joins(flows, active, in_file, span, Draws(seed, 10))
    acts = _draw_acts(flows, joins, active, span, Draws(seed, 11))
    purchases, redemptions = _draw_sizes(flows, acts, len(active), Draws(seed, 12))
    return Population(
        joins=joins,
        never=days,
        purchases=purchases,
        redemptions=redemptions,
        acts=acts,
        buy_weights=_balance_purchases(flows, acts, purchases, Draws(seed, 13)),
        scale=max(1.0, PUBLISHED_USERS / len(active)),
    )


def _draw_joins(flows: Flows, active: Ints, in_file: int, span: int, draws: Draws) -> Ints:
    """Draw the day on which each user joins; nobody joins too late for his active days.

    As many join each day as in the flows, or their part of it when not all users are taken.
    """
    days, users = len(flows.days), len(active)
    upto = flows["new_users"].cumsum() * users // in_file
    upto = np.minimum(np.maximum(upto, 1), users)  # somebody must be there on the first day
    counts = np.diff(upto, prepend=0)
    joins = np.full(users, days, dtype=np.int64)
    shuffled = draws.order(users)
    waiting = shuffled[np.argsort(active[shuffled], kind="stable")].tolist()
    waiting.reverse()  # the least active are taken first, for the latest days
    pool: list[int] = []
    picks = draws.uniform(3 * users).tolist()
    slots = [(days, users - int(upto[-1]))]
    slots += [(day, int(counts[day])) for day in range(days - 1, -1, -1)]
    for day, count in slots:
        while waiting and (active[waiting[-1]] <= span - day or not day):
            pool.append(waiting.pop())
        for _ in range(min(count, len(pool))):
            # Late comers act less: at times, of two who might join the less active does.
            at, other = int(picks.pop() * len(pool)), int(picks.pop() * len(pool))
            if picks.pop() < KEEN_FIRST and active[pool[other]] < active[pool[at]]:
                at = other
            pool[at], pool[-1] = pool[-1], pool[at]
            joins[pool.pop()] = day
    joins[pool] = 0
    return joins


def _draw_acts(
    flows: Flows, joins: Ints, active: Ints, span: int, draws: Draws
) -> dict[Kind, tuple[Ints, Ints]]:
    """Draw on which days each user acts, and how. A user who ever acts buys when he joins."""
    days, users = len(flows.days), len(joins)
    rate = np.minimum(active / np.maximum(span - joins, 1), 1.0)
    found: dict[Kind, list[Ints]] = {kind: [] for kind in Kind}
    split = {
        (Kind.BUY_FROM_WALLET, Kind.BUY_FROM_BANK): _share(flows, Kind.BUY_FROM_BANK),
        (Kind.REDEEM_TO_WALLET, Kind.REDEEM_TO_BANK): _share(flows, Kind.REDEEM_TO_BANK),
    }
    for day in range(days):
        newly = (joins == day) & (active > 0) if day else np.zeros(users, dtype=np.bool_)
        acting = np.flatnonzero(draws.chance(rate) & (joins <= day) | newly)
        first = newly[acting]
        buys = (draws.uniform(len(acting)) < BUYS) | first
        consumes = (draws.uniform(len(acting)) < CONSUMES) & ~first
        transfers = (draws.uniform(len(acting)) < TRANSFERS) & ~first
        for (near, bank), doing in zip(split, (buys, transfers), strict=True):
            by_bank = draws.uniform(len(acting)) < split[near, bank][day]
            found[near].append(acting[doing & ~by_bank])
            found[bank].append(acting[doing & by_bank])
        found[Kind.CONSUME].append(acting[consumes])
    acts = {}
    for kind, acting_by_day in found.items():
        wanted = flows.kind(kind) > 0
        by_day = [who[: len(who) * wanted[day]] for day, who in enumerate(acting_by_day)]
        lengths = [len(who) for who in by_day]
        acts[kind] = (np.repeat(np.arange(days), lengths), np.concatenate(by_day).astype(np.int64))
    return acts


def _share(flows: Flows, bank: Kind) -> Floats:
    """Return by day which part of the people use the bank; sums there are larger, so fewer do."""
    other = {Kind.BUY_FROM_BANK: Kind.BUY_FROM_WALLET, Kind.REDEEM_TO_BANK: Kind.REDEEM_TO_WALLET}
    left, right = flows.kind(other[bank]), flows.kind(bank)
    part = right / np.maximum(left + right, 1)
    share: Floats = part / (part + 2.0 * (1.0 - part))
    return share


def _draw_sizes(
    flows: Flows, acts: dict[Kind, tuple[Ints, Ints]], users: int, draws: Draws
) -> tuple[Floats, Floats]:
    """Draw what each user moves over all days, so that the largest have the published shares.

    The more often one acts the larger he tends to be; who buys most also redeems most.
    """
    buys = np.zeros(users)
    for kind in (Kind.BUY_FROM_WALLET, Kind.BUY_FROM_BANK):
        buys += np.bincount(acts[kind][1], minlength=users)
    leaning = np.log(np.maximum(buys, 0.5)) + SIZE_SPREAD * draws.bell(users)
    often = buys >= PURCHASES_FOR_A_LARGE_USER
    sized = np.where(buys > 0, leaning, -np.inf)
    order = np.argsort(-sized, kind="stable")
    # The very largest need many days for it, since one day and one balance are limited.
    head = max(1, len(order) // 1000)
    large = order[often[order]][:head]
    large = large[np.argsort(-buys[large], kind="stable")]
    order = np.concatenate((large, order[~np.isin(order, large)]))
    buyers = int((buys > 0).sum())
    bought = float(flows["purchase_direct_fen"].sum())
    redeemed = float(flows["redeem_total_fen"].sum())
    purchases, redemptions = np.zeros(users), np.zeros(users)
    for column, whole, sizes in ((2, bought, purchases), (3, redeemed, redemptions)):
        sizes[order[:buyers]] = whole * _rank_sizes(column, buyers, users)
    return purchases, redemptions


def _rank_sizes(column: int, count: int, users: int) -> Floats:
    """Return the part of each rank, largest first, such that the published groups have theirs."""
    tops = [max(1, round(row[1] * users / PUBLISHED_USERS)) for row in PUBLISHED_SHARES]
    bounds = [0, *tops, max(count, tops[-1] + 1)]
    shares = [0.0, *[float(row[column]) for row in PUBLISHED_SHARES], 1.0]
    sizes = np.zeros(bounds[-1])
    groups = [
        (low, high, (shares[i + 1] - shares[i]) / (high - low))
        for i, (low, high) in enumerate(pairwise(bounds))
        if high > low
    ]
    for i, (low, high, mean) in enumerate(groups):
        above = groups[i - 1][2] if i else mean * 1.2
        below = groups[i + 1][2] if i + 1 < len(groups) else mean * mean / above
        upper, lower = np.sqrt(mean * above), np.sqrt(mean * below)
        steps = (np.arange(high - low) + 0.5) / (high - low)
        slope = upper * (lower / upper) ** steps
        sizes[low:high] = slope * mean * (high - low) / slope.cumsum()[-1]
    sizes = sizes[:count]
    return sizes / sizes.cumsum()[-1] if count else sizes


def _balance_purchases(
    flows: Flows, acts: dict[Kind, tuple[Ints, Ints]], purchases: Floats, draws: Draws
) -> dict[Kind, Floats]:
    """Weigh each purchase such that users and days both come near their totals.

    Proportional fitting of a table of (day and source, user): rows and columns in turn.
    """
    days = len(flows.days)
    kinds = (Kind.BUY_FROM_WALLET, Kind.BUY_FROM_BANK)
    column = np.concatenate([acts[kind][0] + days * n for n, kind in enumerate(kinds)])
    row = np.concatenate([acts[kind][1] for kind in kinds])
    wanted = np.concatenate([flows.kind(kind) for kind in kinds]).astype(np.float64)
    weight = np.exp(DAY_SPREAD * draws.bell(len(row))) * purchases[row]
    for _ in range(BALANCING_ROUNDS):
        by_row = np.bincount(row, weight, minlength=len(purchases))
        weight *= (purchases / np.maximum(by_row, 1e-9))[row]
        by_column = np.bincount(column, weight, minlength=2 * days)
        weight *= (wanted / np.maximum(by_column, 1e-9))[column]
    split = len(acts[kinds[0]][0])
    return {kinds[0]: weight[:split], kinds[1]: weight[split:]}

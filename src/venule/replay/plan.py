"""What every member does on every day: made before the first day, from the inputs and the seed.

The parts of a day add up to its real totals, component by component, to the fen. Nobody takes out
more than is his and earning at the start of the day; but some money goes in and out on one day
(bought to be spent, or to be passed on to another bank) and never begins to earn. What a holder
has is counted with slightly less income than the fund will credit, so that the plan never asks
for more than the books hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from venule.replay.draws import Draws
from venule.replay.errors import FlowImpossible
from venule.replay.inputs import Inputs
from venule.replay.model import KINDS_IN, KINDS_OUT, Floats, Ints, Kind
from venule.replay.population import (
    BALANCE_MAX,
    CONSUMPTION_MAX,
    PURCHASE_MAX,
    REDEMPTION_MAX,
    Population,
    make_population,
)
from venule.replay.rules import fill, first_income_day, round_down

PER_10K_SCALE: Final = 10_000 * 10_000
"""Income per 10,000 shares comes in 0.0001 yuan."""

# Assumed, since no figure is published: which part of consumption and of transfers is money that
# was put in the same day and never earned. Daily sums can't tell it from money that stays, so that
# without any of it the income of the real year comes out 0.27 % too low, within 1 % on 315 of 365
# days; a tenth of consumption gives 325 days, a third 330, both values below 334.
SPENT_AT_ONCE_PERCENT: Final = 35
PASSED_ON_PERCENT: Final = 3
AT_ONCE_OF_PURCHASES_PERCENT_MAX: Final = 50
WHOLE_YUAN: Final = 100

# Generated behaviour as well, such that the largest users come out as published.
AMOUNT_SPREAD: Final = 0.8
"""How unequal the amounts of people of one size are: the sigma of a nearly lognormal factor."""
CROWDING: Final = 3.0
"""How much more somebody wants to take out whose balance is at the largest of the sample."""
ALWAYS_SOME: Final = 0.002
"""Which part of his balance somebody weighs with who has already taken out what was due."""
CATCH_UP_MAX: Final = 4.0
"""By how much at most purchases grow of somebody who had no room for earlier ones."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Movements of one kind: who, and how much in fen."""

    users: Ints
    fen: Ints

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class AtOnce:
    """Money that goes in from `source` and out to `target` on one day, before it can earn."""

    users: Ints
    fen: Ints
    source: Ints
    target: Ints

    def __len__(self) -> int:
        return len(self.users)

    def sums(self) -> Ints:
        """Return the sum by kind, in and out."""
        whole = np.zeros(len(Kind), dtype=np.int64)
        np.add.at(whole, self.source, self.fen)
        np.add.at(whole, self.target, self.fen)
        return whole


@dataclass(frozen=True, eq=False)
class DayPlan:
    """One day: who joins, who moves what.

    top_ups: what comes into wallets from outside: all that is bought from a bank, and what a wallet
    lacks for what is bought from it.
    """

    index: int
    day: date
    joining: Ints
    moves: dict[Kind, Moves]
    at_once: AtOnce
    top_ups: Moves

    def sums(self) -> Ints:
        """Return the sum by kind, in fen."""
        whole = self.at_once.sums()
        for kind, moves in self.moves.items():
            whole[kind] += int(moves.fen.sum())
        return whole


@dataclass(frozen=True, eq=False)
class Plan:
    """All days. opening: what each user holds before the first day, in fen."""

    population: Population
    opening: Ints
    days: tuple[DayPlan, ...]

    def by_user(self, kinds: Sequence[Kind]) -> Ints:
        """Return what each user moved over all days, in fen."""
        whole = np.zeros(len(self.population), dtype=np.int64)
        for plan in self.days:
            for kind in kinds:
                np.add.at(whole, plan.moves[kind].users, plan.moves[kind].fen)
                for side in (plan.at_once.source, plan.at_once.target):
                    np.add.at(
                        whole, plan.at_once.users[side == kind], plan.at_once.fen[side == kind]
                    )
        return whole


def make_plan(inputs: Inputs, flows_path: Path | None = None) -> Plan:
    """Plan all days. Raises: FlowImpossible, naming the row that cannot be met."""
    population = make_population(inputs.flows, inputs.users, inputs.users_max, inputs.seed)
    planner = _Planner(inputs, population, str(flows_path or "built-in flows"))
    return Plan(population, planner.opening, tuple(map(planner.plan, range(len(planner.days)))))


class _Planner:
    """The state that the plan of a day needs of the days before; amounts in fen, by user."""

    def __init__(self, inputs: Inputs, population: Population, source: str) -> None:
        self.days = inputs.flows.days
        self._flows = inputs.flows
        self._people = population
        self._source = source
        self._draws = Draws(inputs.seed, 20)
        per_10k = dict(zip(inputs.yields.days, inputs.yields.per_10k_e4.tolist(), strict=True))
        self._per_10k = [per_10k[day] for day in self.days]
        self._bounds = {
            kind: np.searchsorted(days, np.arange(len(self.days) + 1)).tolist()
            for kind, (days, _) in population.acts.items()
        }
        users = len(population)
        self._waiting: dict[date, Ints] = {}
        self._pending = np.zeros(users, dtype=np.int64)
        self._bought = np.zeros(users, dtype=np.int64)
        self._redeemed = np.zeros(users, dtype=np.int64)
        self._hoped = np.zeros(users)
        self._cash = np.zeros(users, dtype=np.int64)
        self._caps = [
            int(most * population.scale)
            for most in (BALANCE_MAX, PURCHASE_MAX, REDEMPTION_MAX, CONSUMPTION_MAX)
        ]
        self.opening = self._open()
        self._earning = self.opening.copy()

    def _open(self) -> Ints:
        """Share the balance of the day before the first among those present on the first day."""
        whole = int(self._flows["prev_balance_fen"][0])
        here = self._people.joining(0)
        opening = np.zeros(len(self._people), dtype=np.int64)
        weights = self._people.purchases[here] + 1.0 + self._draws.exponential(len(here))
        room = np.full(len(here), self._caps[0])
        parts = fill(whole, np.sqrt(weights), room)
        if parts is None:
            raise self._impossible(0, f"room for an opening balance of {whole} fen", len(here))
        opening[here] = parts
        return opening

    def _impossible(self, index: int, expected: str, present: int) -> FlowImpossible:
        seen = f"too little among the {present} users present on {self.days[index]}"
        return FlowImpossible(self._source, index + 2, expected, seen)

    def plan(self, index: int) -> DayPlan:
        """Plan one day; days must come in order."""
        day = self.days[index]
        newly = self._waiting.pop(day, None)
        if newly is not None:
            self._earning += newly
            self._pending -= newly
        left = {kind: int(self._flows.kind(kind)[index]) for kind in Kind}
        at_once = self._plan_at_once(index, left)
        room = np.minimum(self._earning, self._caps[2])
        moves = {kind: self._plan_out(index, kind, left[kind], room) for kind in KINDS_OUT}
        out = np.zeros_like(self._earning)
        for kind in KINDS_OUT:
            np.add.at(out, moves[kind].users, moves[kind].fen)
        closing = self._earning + self._pending - out
        room = np.maximum(np.minimum(self._caps[0] - closing, self._caps[1]), 0)
        moves |= {kind: self._plan_in(index, kind, left[kind], room) for kind in KINDS_IN}
        top_ups = self._plan_top_ups(moves, at_once)
        self._close(index, moves, at_once, out)
        planned = DayPlan(index, day, self._people.joining(index), moves, at_once, top_ups)
        wanted = [int(self._flows.kind(kind)[index]) for kind in Kind]
        assert planned.sums().tolist() == wanted, f"the plan of {day} misses its totals"
        return planned

    def _acting(self, index: int, kind: Kind) -> tuple[Ints, slice]:
        bounds = self._bounds[kind]
        here = slice(bounds[index], bounds[index + 1])
        return self._people.acts[kind][1][here], here

    def _plan_at_once(self, index: int, left: dict[Kind, int]) -> AtOnce:
        """Plan the money that goes in and out today; take it off what is `left` of the totals."""
        spare = {k: left[k] * AT_ONCE_OF_PURCHASES_PERCENT_MAX // 100 for k in KINDS_IN}
        users, fen, sources, targets = [], [], [], []
        for target in KINDS_OUT:
            percent = SPENT_AT_ONCE_PERCENT if target == Kind.CONSUME else PASSED_ON_PERCENT
            acting, _ = self._acting(index, target)
            acting = acting[self._draws.uniform(len(acting)) * 100 < percent]
            cap = self._caps[3] if target == Kind.CONSUME else self._caps[2]
            for source in KINDS_IN:
                half = acting[source :: len(KINDS_IN)]
                whole = min(left[target] * percent // 200, spare[source])
                weights = self._weights(half) * np.sqrt(self._people.redemptions[half] + 1.0)
                parts = fill(whole, weights, np.full(len(half), min(cap, whole)))
                if parts is None:
                    continue
                here = parts > 0
                users.append(half[here])
                fen.append(parts[here])
                sources.append(np.full(int(here.sum()), source, dtype=np.int64))
                targets.append(np.full(int(here.sum()), target, dtype=np.int64))
                spare[source] -= whole
                left[source] -= whole
                left[target] -= whole
        return AtOnce(_join(users), _join(fen), _join(sources), _join(targets))

    def _weights(self, users: Ints) -> Floats:
        spread: Floats = np.exp(AMOUNT_SPREAD * self._draws.bell(len(users)))
        return spread

    def _plan_out(self, index: int, kind: Kind, whole: int, room: Ints) -> Moves:
        """Share a total that leaves among those who act, by how much they are due to take out."""
        acting, _ = self._acting(index, kind)
        due = self._people.redemptions / np.maximum(self._people.purchases, 1.0)
        due = due * self._bought - self._redeemed
        wanted = np.maximum(due, room * ALWAYS_SOME)
        wanted *= 1.0 + CROWDING * (self._earning / self._caps[0]) ** 2
        weights = self._weights(acting) * wanted[acting]
        caps = np.minimum(room, self._caps[3]) if kind == Kind.CONSUME else room
        moves = self._share(index, kind, whole, acting, weights, caps, wanted)
        np.subtract.at(room, moves.users, moves.fen)
        return moves

    def _plan_in(self, index: int, kind: Kind, whole: int, room: Ints) -> Moves:
        """Share a total that comes in among those who act, by their balanced weights."""
        acting, here = self._acting(index, kind)
        weights = self._people.buy_weights[kind][here]
        np.add.at(self._hoped, acting, weights)
        late = self._hoped[acting] / np.maximum(self._bought[acting] + weights, 1.0)
        weights = weights * np.clip(late, 0.5, CATCH_UP_MAX)
        present = self._people.joins <= index
        caps = np.where(present, room, 0)
        moves = self._share(index, kind, whole, acting, weights, caps, self._people.purchases)
        np.subtract.at(room, moves.users, moves.fen)
        return moves

    def _share(
        self,
        index: int,
        kind: Kind,
        whole: int,
        acting: Ints,
        weights: Floats,
        caps: Ints,
        others: Floats,
    ) -> Moves:
        """Share `whole` among those acting; if they can't hold it, call in some of the others."""
        if not whole:
            return Moves(_join([]), _join([]))
        if int(caps[acting].sum()) < whole:
            acting, weights = self._call_in(whole, acting, caps, others)
        parts = fill(whole, weights, caps[acting])
        if parts is None:
            present = int((self._people.joins <= index).sum())
            raise self._impossible(index, f"room for {kind.name} of {whole} fen", present)
        if kind != Kind.CONSUME:
            parts = round_down(parts, WHOLE_YUAN, whole, caps[acting])
        return Moves(acting[parts > 0], parts[parts > 0])

    def _call_in(self, whole: int, acting: Ints, caps: Ints, others: Floats) -> tuple[Ints, Floats]:
        """Add people to those acting, the largest with better luck, until there is ample room."""
        luck = caps * self._draws.uniform(len(caps))
        luck[acting] = np.inf
        order = np.argsort(-luck, kind="stable")
        order = order[caps[order] > 0]
        enough = int(np.searchsorted(caps[order].cumsum(), 2 * whole)) + 1
        acting = np.sort(order[:enough])
        return acting, self._weights(acting) * others[acting]

    def _plan_top_ups(self, moves: dict[Kind, Moves], at_once: AtOnce) -> Moves:
        """Bring into each wallet what the day needs of it; take the day's moves into its cash."""
        lacking = np.zeros_like(self._cash)
        np.add.at(lacking, moves[Kind.BUY_FROM_WALLET].users, moves[Kind.BUY_FROM_WALLET].fen)
        near = at_once.source == Kind.BUY_FROM_WALLET
        np.add.at(lacking, at_once.users[near], at_once.fen[near])
        lacking = np.maximum(lacking - self._cash, 0)
        np.add.at(lacking, moves[Kind.BUY_FROM_BANK].users, moves[Kind.BUY_FROM_BANK].fen)
        np.add.at(lacking, at_once.users[~near], at_once.fen[~near])
        self._cash += lacking
        for kind in KINDS_IN:
            np.subtract.at(self._cash, moves[kind].users, moves[kind].fen)
        leaves = at_once.target != Kind.REDEEM_TO_WALLET
        np.subtract.at(self._cash, at_once.users[leaves], at_once.fen[leaves])
        kept = moves[Kind.REDEEM_TO_WALLET]
        np.add.at(self._cash, kept.users, kept.fen)
        assert int(self._cash.min()) >= 0
        users = np.flatnonzero(lacking)
        return Moves(users, lacking[users])

    def _close(self, index: int, moves: dict[Kind, Moves], at_once: AtOnce, out: Ints) -> None:
        """Take the day into the state; income is counted one fen low, so as never to be more."""
        bought = np.zeros_like(self._earning)
        for kind in KINDS_IN:
            np.add.at(bought, moves[kind].users, moves[kind].fen)
        income = np.maximum(self._earning * self._per_10k[index] // PER_10K_SCALE - 1, 0)
        self._earning += income - out
        self._pending += bought
        earns_on = first_income_day(self.days[index])
        self._waiting[earns_on] = self._waiting.get(earns_on, 0) + bought
        self._bought += bought
        self._redeemed += out
        np.add.at(self._bought, at_once.users, at_once.fen)
        np.add.at(self._redeemed, at_once.users, at_once.fen)
        assert int(self._earning.min()) >= 0


def _join(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

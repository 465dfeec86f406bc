"""The plan meets every day's totals to the fen, and asks nobody for more than is his."""

from pathlib import Path

import numpy as np
import pytest

from venule.replay import ReplayOptions
from venule.replay.inputs import read_inputs
from venule.replay.model import KINDS_IN, KINDS_OUT, Kind
from venule.replay.plan import make_plan
from venule.replay.population import (
    BALANCE_MAX,
    CONSUMPTION_MAX,
    PURCHASE_MAX,
    REDEMPTION_MAX,
)
from venule.replay.rules import PUBLISHED_SHARES, first_income_day, top_shares


def _check_totals(inputs, plan):
    assert inputs.flows["prev_balance_fen"][0] == plan.opening.sum()
    for day in plan.days:
        expected = [int(inputs.flows.kind(kind)[day.index]) for kind in Kind]
        assert expected == day.sums().tolist(), day.day


def _check_holdings(plan):
    """Walk through the plan without any income: nobody takes out what is not his and earning."""
    earning = plan.opening.copy()
    cash = np.zeros_like(earning)
    waiting = {}
    for day in plan.days:
        earning += waiting.pop(day.day, 0)
        bought = np.zeros_like(earning)
        np.add.at(cash, day.top_ups.users, day.top_ups.fen)
        for kind in KINDS_IN:
            np.add.at(bought, day.moves[kind].users, day.moves[kind].fen)
        np.subtract.at(cash, day.at_once.users, day.at_once.fen)
        cash -= bought
        assert cash.min() >= 0
        kept = day.at_once.target == Kind.REDEEM_TO_WALLET
        np.add.at(cash, day.at_once.users[kept], day.at_once.fen[kept])
        for kind in KINDS_OUT:
            np.subtract.at(earning, day.moves[kind].users, day.moves[kind].fen)
        kept = day.moves[Kind.REDEEM_TO_WALLET]
        np.add.at(cash, kept.users, kept.fen)
        earns_on = first_income_day(day.day)
        waiting[earns_on] = waiting.get(earns_on, 0) + bought
    return earning


@pytest.mark.parametrize("users", [1, 2, 30, 300])
def test_totals_are_met_whatever_the_number_of_users(builtin, users):
    inputs = builtin(users=users)

    plan = make_plan(inputs)

    assert users == len(plan.population)
    _check_totals(inputs, plan)


def test_nobody_moves_before_he_joins(builtin):
    plan = make_plan(builtin())

    for day in plan.days:
        joined = set(np.flatnonzero(plan.population.joins <= day.index).tolist())
        movers = [*(moves.users for moves in day.moves.values()), day.at_once.users]
        assert set(np.concatenate(movers).tolist()) <= joined
        assert set(day.joining.tolist()) == set(
            np.flatnonzero(plan.population.joins == day.index).tolist()
        )


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(builtin):
    def trace(seed):
        plan = make_plan(builtin(seed=seed, days=15))
        return [
            (kind, moves.users.tolist(), moves.fen.tolist())
            for day in plan.days
            for kind, moves in day.moves.items()
        ]

    assert trace(5) == trace(5)
    assert trace(5) != trace(6)


def test_users_who_never_act_are_no_obstacle(tables):
    for row in tables.users[1:]:
        row[3] = "0"

    inputs = read_inputs(tables.write())

    _check_totals(inputs, make_plan(inputs))


@pytest.fixture(scope="module")
def real(fund_data: Path):
    inputs = read_inputs(
        ReplayOptions(
            home=Path("nowhere"),
            report=Path("nowhere"),
            flows=fund_data / "daily_flows.csv",
            yields=fund_data / "daily_yield.csv",
            users=fund_data / "users.csv.gz",
            calendar=fund_data / "calendar.csv",
        )
    )
    return inputs, make_plan(inputs)


def test_the_real_year_is_met_day_by_day(real):
    inputs, plan = real

    assert (365, 28_041) == (len(plan.days), len(plan.population))
    _check_totals(inputs, plan)


def test_income_is_hardly_ever_needed_to_pay_out(real):
    """The plan may use credited income, but not more than a year's worth of it."""
    _, plan = real

    assert -0.06 < _check_holdings(plan).min() / BALANCE_MAX


def test_as_many_join_each_day_as_really_did(real):
    inputs, plan = real
    joined = np.bincount(plan.population.joins, minlength=366)

    assert inputs.flows["new_users"].tolist() == joined[:365].tolist()
    assert 28_041 - 25_004 == joined[365]


def test_concentration_is_as_published_within_20_percent(real):
    _, plan = real
    bought = top_shares(plan.by_user(KINDS_IN), 28_041)
    redeemed = top_shares(plan.by_user(KINDS_OUT), 28_041)

    for place, (name, _, purchases, redemptions) in enumerate(PUBLISHED_SHARES):
        assert purchases == pytest.approx(bought[place], rel=0.2), name
        assert redemptions == pytest.approx(redeemed[place], rel=0.2), name


def test_no_movement_is_larger_than_the_largest_of_the_sample(real):
    _, plan = real

    def largest(kind):
        return max(int(day.moves[kind].fen.max(initial=0)) for day in plan.days)

    assert largest(Kind.CONSUME) <= CONSUMPTION_MAX
    assert max(map(largest, KINDS_OUT)) <= REDEMPTION_MAX
    assert max(map(largest, KINDS_IN)) <= PURCHASE_MAX


def test_people_act_about_as_often_as_published(real):
    """In July to October 2013 some 5 to 11 % of the users present redeemed on a day."""
    inputs, plan = real
    parts = []
    for day in plan.days[:123]:
        movers = [*(day.moves[kind].users for kind in KINDS_OUT), day.at_once.users]
        parts.append(len(set(np.concatenate(movers).tolist())) / inputs.flows["users"][day.index])

    assert 0.05 < np.mean(parts) < 0.11

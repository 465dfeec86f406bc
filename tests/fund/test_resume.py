"""A day's run can be stopped at any point and ends as if it had not been."""

from __future__ import annotations

from datetime import date, time, timedelta

import numpy as np
import pytest

from support.fund_town import CODE, FundTown, open_home
from venule.fund import (
    CloseDay,
    FreezeCause,
    FreezeShares,
    TailPolicy,
    Terms,
    check,
    close_day,
    close_step,
    day,
    freeze_shares,
)
from venule.kit.errors import CommitFailed
from venule.kit.time import VirtualClock

MON, TUE, WED = (date(2014, 5, 12) + timedelta(days=i) for i in range(3))
TERMS = Terms(shards=3, tail=TailPolicy.CARRY)
STEPS = 3 + 1 + 3 + 1


class Killed(Exception):
    """The process ends here."""


@pytest.fixture
def busy(make_town):
    """A town on Tuesday evening, with a day closed and all that a run can meet still to be done."""
    town = make_town(terms=TERMS)
    people = [town.member(cash=500_00, shares=fen) for fen in range(100_00, 3000_00, 97_31)]
    for who in people[:6]:
        town.buy(who, 30_00)
    for who in people[6:10]:
        town.sell(who, 20_00)
    town.sell(people[10], None)
    for who in people[12:16]:
        town.fast(who, 10_00)
    town.run(freeze_shares, FreezeShares(CODE, people[20], 50_00, FreezeCause.COURT))
    town.close(MON, 411)
    town.at(TUE, time(10))
    for who in people[2:8]:
        town.buy(who, 11_11)
        town.fast(who, 7_77)
    town.sell(people[21], None)
    town.at(TUE, time(20))
    return town


def outcome(home):
    """All that a day leaves behind, but for the instants."""

    def look(tx):
        view = tx.accounts_view()
        rows = tx.sql.rows(
            "SELECT holder, kind, amount, reserved, paid, state, confirmed FROM fund_order"
            " ORDER BY holder, kind, amount"
        )
        steps = tx.sql.rows(
            "SELECT run_on, step, shard, entries, fen FROM fund_run_step ORDER BY 1, 2, 3"
        )
        money = {
            name: view[name].copy().tolist()
            for name in ("debits_posted", "credits_posted", "debits_pending")
        }
        return day(tx, CODE, TUE), rows, steps, money, tx.seq_at(tx.now + timedelta(days=9))

    return home.read(look)


def copy_of(town, places, name):
    """Open what a killed process would leave of the town's home."""
    clock = VirtualClock(town.clock.now())
    return open_home(places.copy(town.place, name), clock, run=99)


@pytest.mark.parametrize("income", [523, -523])
def test_killed_between_any_two_steps(busy, places, income):
    busy.publish(TUE, income)
    ends = []
    for done in range(STEPS + 1):
        with copy_of(busy, places, f"killed after {done}") as home:
            answer = close_day(home, CloseDay(CODE, TUE))
            assert answer == close_day(home, CloseDay(CODE, TUE))
            assert [] == home.read(check)
            ends.append(outcome(home))
        if done < STEPS:
            busy.run(close_step, CloseDay(CODE, TUE))

    assert ends == [outcome(busy.home)] * (STEPS + 1)
    assert income == answer.net_income


def test_killed_inside_any_step(busy, places):
    """Raise before each statement in turn: the step is undone whole, and the next try does it."""
    busy.publish(TUE, 523)
    with copy_of(busy, places, "uninterrupted") as home:
        close_day(home, CloseDay(CODE, TUE))
        expected = outcome(home)

    at, killed = 0, 0
    while busy.read(day, CODE, TUE) is None:
        count = 0

        def before(statement, at=at):
            nonlocal count
            count += 1
            if count == at:
                raise Killed(statement)

        busy.home.sql.watch(before)
        try:
            busy.run(close_step, CloseDay(CODE, TUE))
        except (Killed, CommitFailed):
            killed += 1
            at += 1
            busy.reopen()
        else:
            at = 1
            busy.home.sql.watch(lambda _: None)

    assert killed > 60
    assert expected == outcome(busy.home)


def test_a_crash_in_the_middle_of_a_large_loss(make_town):
    """The hard way of a loss, holds and all, is one step: undone or done."""
    town = make_town()
    who, other = town.member(shares=100_00), town.member(shares=100_00)
    town.sell(who, 90_00)
    town.sell(other, None)
    town.publish(MON, -50_00)
    town.at(MON, time(20))
    for _ in range(4):
        town.run(close_step, CloseDay(CODE, MON))
    before = (town.holding(who), town.holding(other))

    def die(statement):
        if statement.startswith("UPDATE fund_order SET reserved"):
            raise Killed(statement)

    town.home.sql.watch(die)
    with pytest.raises(Killed):
        town.run(close_step, CloseDay(CODE, MON))
    town.home.sql.watch(lambda _: None)

    assert before == (town.holding(who), town.holding(other))
    close_day(town.home, CloseDay(CODE, MON))
    assert (75_00, 75_00) == (town.shares(who), town.shares(other))


def test_the_frozen_input_is_what_a_resumed_run_works_on(busy, places):
    """What members do while a run stands still does not change who earned."""
    busy.publish(TUE, 523)
    with copy_of(busy, places, "uninterrupted") as home:
        expected = close_day(home, CloseDay(CODE, TUE))
    who = busy.member(cash=100_00)
    for _ in range(STEPS - 2):
        busy.run(close_step, CloseDay(CODE, TUE))
        busy.buy(who, 1_00)
        busy.at(WED, time(2))
        busy.read(lambda tx: tx.sql.rows("SELECT 1"))

    answer = close_day(busy.home, CloseDay(CODE, TUE))

    assert (expected.input_hash, expected.credited) == (answer.input_hash, answer.credited)


def test_the_inputs_of_a_run_can_be_kept(places):
    from venule.fund.day_store import load_parts

    for keep in (False, True):
        with FundTown(places(f"{keep}"), terms=Terms(keep_inputs=keep, shards=2)) as town:
            town.member(shares=76_00)
            town.member(shares=500_00)
            for on in (MON, TUE, WED):
                town.close(on, 8)
            found = [town.read(lambda tx, on=on: load_parts(tx.sql, CODE, on)) for on in (MON, TUE)]
            assert [keep, keep] == [bool(parts) for parts in found]
            kept = town.read(lambda tx: load_parts(tx.sql, CODE, WED))
            assert 8 == sum(int(part.credits.sum()) for part in kept)
            assert all(part.shares.dtype == np.int64 for part in kept)


def test_a_home_opened_again_goes_on(busy):
    busy.publish(TUE, 523)
    for _ in range(STEPS):
        busy.reopen()
        busy.run(close_step, CloseDay(CODE, TUE))
    assert busy.read(day, CODE, TUE) is not None

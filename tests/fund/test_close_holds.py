"""A day's run and what is held: redemptions of all shares, losses, frozen shares."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from support.fund_town import CODE
from venule.fund import (
    FreezeCause,
    FreezeShares,
    FreezeUnknown,
    FrozenIncome,
    OrderState,
    ReverseFast,
    Terms,
    UnfreezeShares,
    day,
    freeze_shares,
    reverse_fast,
    totals,
    unfreeze_shares,
)

MON, TUE, WED, THU, FRI, SAT, SUN, NEXT_MON = (
    date(2014, 5, 12) + timedelta(days=i) for i in range(8)
)
MILLION = 1_000_000_00
RATE = 100_00
"""A day's income on a million yuan."""


# All of it


def test_redeeming_all_takes_income_along(town):
    who, other = town.member(shares=MILLION), town.member(shares=MILLION)
    town.at(FRI, time(10))
    for on in (MON, TUE, WED, THU):
        town.close(on)
    sold = town.sell(who, None)

    for on in (FRI, SAT, SUN):
        town.close(on, 2 * RATE)

    held = town.holding(who)
    assert (MILLION + 3 * RATE, 0) == (held.reserved, held.available)
    town.close(NEXT_MON, RATE)
    assert (MILLION + 3 * RATE, 0) == (town.cash(who), town.shares(who))
    assert (OrderState.CONFIRMED, MILLION + 3 * RATE) == _outcome(town, sold)
    assert MILLION + 4 * RATE == town.shares(other)


def _outcome(town, placed):
    now = town.order(placed)
    return now.state, now.confirmed


def test_a_fen_of_income_goes_to_one_redemption_of_all(town):
    who = town.member(shares=100_00)
    back = [town.fast(who, fen) for fen in (10_00, 5_00)]
    sold = [town.sell(who, None)]
    town.run(reverse_fast, ReverseFast(back[0].id, "pay-out failed"))
    sold.append(town.sell(who, None))
    town.run(reverse_fast, ReverseFast(back[1].id, "pay-out failed"))

    town.close(MON, 3)

    held = town.holding(who)
    assert (95_03, 5_00) == (held.reserved, held.available)
    town.close(TUE)
    assert [85_03, 10_00] == [town.order(each).confirmed for each in sold]


def test_redeeming_all_bears_a_loss(town):
    who = town.member(shares=MILLION)
    sold = town.sell(who, None)
    town.close(MON, -RATE)
    town.close(TUE, 0)

    assert (OrderState.CONFIRMED, MILLION - RATE) == _outcome(town, sold)
    assert MILLION - RATE == town.cash(who)


def test_a_loss_takes_reserved_shares_only_when_free_ones_are_used_up(town):
    who = town.member(shares=100_00)
    first, second = town.sell(who, 50_00), town.sell(who, 40_00)
    town.close(MON, -20_00)

    held = town.holding(who)
    assert (80_00, 0, 80_00) == (held.total, held.available, held.reserved)
    town.close(TUE, 0)
    assert (OrderState.PARTLY_CONFIRMED, 40_00) == _outcome(town, first)
    assert (OrderState.CONFIRMED, 40_00) == _outcome(town, second)
    assert 80_00 == town.cash(who)


def test_a_loss_of_everything(town):
    who, other = town.member(shares=60_00), town.member(shares=40_00)
    sold, whole = town.sell(who, 50_00), town.sell(other, None)

    closed = town.close(MON, -130_00)

    assert (-100_00, 30_00, 0) == (closed.credited, closed.loss_left, closed.shares_total)
    assert 30_00 == town.read(totals, CODE).loss
    assert (0, 0) == (town.shares(who), town.shares(other))
    town.close(TUE, 5)
    assert (OrderState.REJECTED, None) == _outcome(town, sold) == _outcome(town, whole)
    alarms = town.read(lambda tx: tx.sql.rows("SELECT 1 FROM event WHERE name = ?", _LOSS))
    assert 1 == len(alarms)
    assert 5 == town.read(day, CODE, TUE).residue  # nobody was there to earn it
    again = town.member(cash=100_00)
    town.at(WED)
    town.buy(again, 100_00)
    town.close(WED, 0)
    town.close(THU, 2)
    assert 100_07 == town.shares(again)


_LOSS = ("fund.loss_not_taken",)


def test_a_loss_on_shares_that_have_left_cannot_be_taken(town):
    """Taken out after 15:00: the day's loss is his, but nothing of his is left."""
    who, other = town.member(shares=50_00), town.member(shares=50_00)
    town.at(MON, time(15))
    town.fast(who, 50_00)

    closed = town.close(MON, -10_00)

    assert (-5_00, 5_00) == (closed.credited, closed.loss_left)
    assert (0, 45_00) == (town.shares(who), town.shares(other))
    assert 0 == town.read(totals, CODE).banks
    town.close(TUE, 0)


def test_shares_that_are_back_and_earn_for_the_bank_are_not_lost(town):
    """Monday is closed late: on Tuesday the shares earn for the bank, so none may be missing."""
    who, other = town.member(shares=50_00), town.member(shares=50_00)
    town.at(MON, time(16))
    taken = town.fast(who, 45_00)
    town.at(TUE, time(16))
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))

    monday = town.close(MON, -20_00)

    assert (-15_00, 5_00) == (monday.credited, monday.loss_left)
    assert [45_00, 40_00] == [town.shares(each) for each in (who, other)]
    town.close(TUE, 8_50)
    assert (45_00, 44_00, 4_50) == (
        town.shares(who),
        town.shares(other),
        town.read(totals, CODE).banks,
    )
    town.close(WED, 0)


def test_shares_that_are_back_stay_when_what_is_reserved_has_left(town):
    """The loss takes from the redemption, which is gone by the day the shares must be there."""
    who = town.member(shares=100_00)
    sold = town.sell(who, 55_00)
    town.at(MON, time(16))
    taken = town.fast(who, 45_00)
    town.at(TUE, time(16))
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))

    monday = town.close(MON, -20_00)

    assert (-20_00, 0) == (monday.credited, monday.loss_left)
    held = town.holding(who)
    assert (35_00, 45_00) == (held.reserved, held.available)
    town.close(TUE, 4_50)
    assert (OrderState.PARTLY_CONFIRMED, 35_00) == _outcome(town, sold)
    assert (45_00, 4_50) == (town.shares(who), town.read(totals, CODE).banks)


def test_zero_changes_nothing(town):
    who = town.member(shares=50_00)
    closed = town.close(MON, 0)

    assert (0, 0, 0) == (closed.credited, closed.residue, closed.loss_left)
    assert 50_00 == town.shares(who)


# Frozen shares


@pytest.mark.parametrize(
    "how, frozen, free",
    [(FrozenIncome.FREE, 400_000_00, RATE), (FrozenIncome.FROZEN, 400_000_00 + 40_00, 60_00)],
)
def test_frozen_shares_earn(make_town, how, frozen, free):
    town = make_town(terms=Terms(frozen_income=how))
    who = town.member(shares=MILLION)
    command = FreezeShares(CODE, who, 400_000_00, FreezeCause.COURT)
    freeze = town.run(freeze_shares, command)

    town.close(MON, RATE)

    held = town.holding(who)
    assert (frozen, 600_000_00 + free) == (held.frozen, held.available)
    with pytest.raises(Exception, match="free shares"):
        town.sell(who, held.available + 1)
    town.run(unfreeze_shares, UnfreezeShares(freeze.id))
    assert (0, MILLION + RATE) == (town.holding(who).frozen, town.holding(who).available)


def test_frozen_income_does_not_go_along_with_a_redemption_of_all(make_town):
    town = make_town(terms=Terms(frozen_income=FrozenIncome.FROZEN))
    who = town.member(shares=MILLION)
    town.run(freeze_shares, FreezeShares(CODE, who, 400_000_00, FreezeCause.COURT))
    sold = town.sell(who, None)
    town.close(MON, RATE)
    town.close(TUE, 0)

    assert (OrderState.CONFIRMED, 600_000_00 + 60_00) == _outcome(town, sold)
    assert 400_000_00 + 40_00 == town.holding(who).frozen == town.shares(who)


def test_the_last_release_takes_the_frozen_income_along(make_town):
    town = make_town(terms=Terms(frozen_income=FrozenIncome.FROZEN))
    who = town.member(shares=MILLION)
    first, second = (
        town.run(freeze_shares, FreezeShares(CODE, who, shares, FreezeCause.HOLDER))
        for shares in (300_000_00, 200_000_00)
    )
    town.close(MON, RATE)

    assert 300_000_00 == town.run(unfreeze_shares, UnfreezeShares(first.id)).shares_minor
    assert 200_000_00 + 50_00 == town.holding(who).frozen
    with pytest.raises(FreezeUnknown):
        town.run(unfreeze_shares, UnfreezeShares(first.id))
    assert 200_050_00 == town.run(unfreeze_shares, UnfreezeShares(second.id)).shares_minor
    assert (MILLION + RATE, 0) == (town.holding(who).available, town.holding(who).frozen)


def test_a_loss_reaches_frozen_shares_last(town):
    who = town.member(shares=100_00)
    town.run(freeze_shares, FreezeShares(CODE, who, 60_00, FreezeCause.PLEDGE))
    town.sell(who, 30_00)
    town.close(MON, -50_00)

    held = town.holding(who)
    assert (50_00, 0, 0, 50_00) == (held.total, held.available, held.reserved, held.frozen)
    town.close(TUE, 0)

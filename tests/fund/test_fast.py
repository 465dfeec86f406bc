"""Money now: fast redemption, the bank's line, the 15:00 rule, paying a merchant from shares."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date, time, timedelta

import pytest

from support.fund_town import CODE, NOON
from venule.fund import (
    AdvanceExhausted,
    AdvanceNotLicensed,
    CancelOrder,
    CashInsufficient,
    FastRedeem,
    FundingInsufficient,
    FundingOrder,
    IllegalTransition,
    LimitExceeded,
    OpenAdvanceLine,
    OrderKind,
    OrderState,
    PayFromFund,
    RejectOrder,
    ReverseFast,
    SharesInsufficient,
    TermsWrong,
    cancel_order,
    fast_redeem,
    open_advance_line,
    pay_from_fund,
    reject_order,
    reverse_fast,
    totals,
)
from venule.kit.desk import Desk
from venule.ledger import TransferFlags
from venule.members import MemberKind, NewMember, Tier, onboard
from venule.wallet import NotAMerchant, StatementQuery, available, wallet_statement

MON, TUE, WED, THU, FRI, SAT, SUN, NEXT_MON, NEXT_TUE = (
    date(2014, 5, 12) + timedelta(days=i) for i in range(9)
)
CUT_OFF = time(15)
MILLION = 1_000_000_00


def pledge_orders(town):
    return town.read(
        lambda tx: tx.sql.rows(
            "SELECT holder, amount, state, paid, confirm_on FROM fund_order"
            " WHERE kind = 'pledge' ORDER BY amount"
        )
    )


def test_money_now_shares_later(town):
    who = town.member(shares=100_00)

    taken = town.fast(who, 30_00)
    more = town.fast(who, 5_00)

    assert (OrderKind.FAST, OrderState.ACCEPTED, MON, TUE, MON, town.bank) == (
        taken.kind,
        taken.state,
        taken.trade_on,
        taken.confirm_on,
        taken.leaves_on,
        taken.bank,
    )
    assert (35_00, 65_00) == (town.cash(who), town.shares(who))
    now = town.read(totals, CODE)
    assert (100_00, 35_00, 35_00) == (now.shares, now.pledged, now.advance_used)
    town.close(MON)
    account = town.holding(who).account
    assert [(account, 35_00, "sent", 0, "2014-05-13")] == pledge_orders(town)  # one a holder
    town.close(TUE)
    assert [(account, 35_00, "confirmed", 1, "2014-05-13")] == pledge_orders(town)
    now = town.read(totals, CODE)
    assert (65_00, 0, 0, 0) == (now.shares, now.pledged, now.advance_used, now.payable)
    assert {OrderState.CONFIRMED} == {town.order(taken).state, town.order(more).state}
    assert 35_00 == town.cash(who)


@pytest.mark.parametrize(
    "at, holder_gets, bank_gets",
    [(time(14, 59, 59, 999999), 0, 10_00), (CUT_OFF, 10_00, 0)],
)
def test_the_income_of_the_pledged_day(make_town, at, holder_gets, bank_gets):
    """Before 15:00 the customer does not earn that day, after it he does."""
    town = make_town(on=TUE)
    who = town.member(shares=MILLION)
    town.at(TUE, at)
    town.fast(who, MILLION)

    town.close(TUE, 10_00)

    assert holder_gets == town.shares(who)
    assert bank_gets == town.read(totals, CODE).banks
    town.close(WED, 10_00)
    if holder_gets:  # T is Wednesday: the bank earns it
        assert (10_00, 10_00) == (town.shares(who), town.read(totals, CODE).banks)
    else:  # confirmed: the pledge is gone, the bank earns on its ten yuan only
        assert (0, 20_00) == (town.shares(who), town.read(totals, CODE).banks)


def test_a_pledge_over_a_weekend_earns_for_the_bank(make_town):
    town = make_town(on=FRI)
    who = town.member(shares=MILLION)
    town.at(FRI, CUT_OFF)
    town.fast(who, MILLION)
    given = [town.close(on, 10_00) for on in (FRI, SAT, SUN, NEXT_MON)]

    assert [10_00] * 4 == [day.credited for day in given]
    assert 30_00 - 3 <= town.read(totals, CODE).banks <= 30_00
    town.close(NEXT_TUE, 0)
    assert 0 == town.read(totals, CODE).pledged
    assert 40_00 == town.read(totals, CODE).shares


def test_the_line_is_used_up_and_filled_again(make_town):
    town = make_town(line=50_00)
    who = town.member(shares=100_00)
    town.fast(who, 30_00)

    with pytest.raises(AdvanceExhausted) as refused:
        town.fast(who, 20_01)
    assert 20_00 == refused.value.left
    assert OrderState.ACCEPTED is town.sell(who, 20_01).state  # the normal way is open
    town.fast(who, 20_00)
    town.close(MON)
    with pytest.raises(AdvanceExhausted):
        town.fast(who, 1)
    town.close(TUE)
    town.at(WED)
    town.fast(who, 29_99)


def test_without_a_bank_there_is_no_fast_redemption(make_town):
    town = make_town(line=0)
    who = town.member(shares=100_00)

    with pytest.raises(AdvanceExhausted):
        town.fast(who, 1)


def test_ten_thousand_yuan_a_day_since_2018(make_town):
    town = make_town(on=date(2018, 6, 29), line=100 * MILLION)  # begun after 1 June: bound at once
    who = town.member(shares=MILLION)
    other = town.member(shares=MILLION)
    town.fast(who, 6_000_00)

    with pytest.raises(LimitExceeded) as refused:
        town.fast(who, 4_000_01)
    assert (10_000_00, 6_000_00) == (refused.value.limit, refused.value.used)
    town.fast(who, 4_000_00)
    with pytest.raises(LimitExceeded):
        pay(town, who, 1, FundingOrder.SHARES_ONLY)
    town.fast(other, 10_000_00)
    town.sell(who, 900_000_00)  # the normal redemption has no limit
    town.at(date(2018, 6, 29), time(23, 59, 59, 999999))
    with pytest.raises(LimitExceeded):
        town.fast(who, 1)
    town.at(date(2018, 6, 30), time(0))  # per natural day, a Saturday too
    town.fast(who, 10_000_00)


def test_whoever_was_there_before_has_a_month_of_transition(make_town):
    town = make_town(on=date(2018, 5, 31), line=100 * MILLION)
    who = town.member(shares=MILLION)
    for on in (date(2018, 5, 31), date(2018, 6, 1), date(2018, 6, 30)):
        town.at(on)
        town.fast(who, 20_000_00)
    town.at(date(2018, 7, 1), time(0))
    with pytest.raises(LimitExceeded):
        town.fast(who, 10_000_01)


def test_only_licensed_banks_since_2018(make_town):
    new = make_town(on=date(2018, 6, 29), line=0)
    unlicensed = OpenAdvanceLine(CODE, new.member(), "Lender", False, MILLION, new.today)
    with pytest.raises(AdvanceNotLicensed):
        new.run(open_advance_line, unlicensed)
    town = make_town(on=date(2018, 5, 31), licensed=False)
    who = town.member(shares=MILLION)
    town.at(date(2018, 6, 30))
    town.fast(who, 1)
    town.at(date(2018, 7, 2))
    with pytest.raises(AdvanceNotLicensed):
        town.fast(who, 1)


def test_a_second_bank_steps_in(town):
    bank = town.run(onboard, NewMember("second", MemberKind.INSTITUTION, Tier.NONE)).id
    command = OpenAdvanceLine(CODE, bank, "Second", True, 5 * MILLION, MON)
    town.run(open_advance_line, command)
    with pytest.raises(TermsWrong):
        town.run(open_advance_line, command)
    who = town.member(shares=6 * MILLION)

    assert town.bank == town.fast(who, MILLION).bank
    assert bank == town.fast(who, 2 * MILLION).bank
    with pytest.raises(AdvanceExhausted):
        town.fast(who, 3 * MILLION + 1)
    town.close(MON, 100_00)
    town.close(TUE, 100_00)
    assert 3 * MILLION == town.cash(who)


def test_a_failed_pay_out_is_mirrored(town):
    who = town.member(shares=100_00)
    taken = town.fast(who, 30_00)
    account = town.holding(who).account

    undone = town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))

    assert OrderState.CANCELLED is undone.state
    held = town.holding(who)
    assert (0, 100_00, 100_00) == (town.cash(who), held.total, held.available)
    lines = town.read(lambda tx: tx.statement(account, newest_first=False))
    assert [100_00, -30_00, 30_00] == [line.amount for line in lines]  # nothing was edited
    assert lines[2].flags & TransferFlags.REVERSAL
    assert lines[1].seq == lines[2].related
    with pytest.raises(IllegalTransition):
        town.run(reverse_fast, ReverseFast(taken.id, "again"))
    town.close(MON, 10)
    assert 100_10 == town.shares(who)


def test_a_reversal_after_the_day_is_lost_to_the_bank(make_town):
    """Taken on Saturday morning and undone on Sunday evening: two days' income is the bank's."""
    town = make_town(on=FRI)
    who = town.member(shares=MILLION)
    town.close(FRI)
    town.at(SAT, time(10))
    taken = town.fast(who, MILLION)
    town.close(SAT, 100)
    town.at(SUN, time(20))
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))
    town.close(SUN, 100)

    assert (MILLION, 200) == (town.shares(who), town.read(totals, CODE).banks)
    town.close(NEXT_MON, 100)
    assert (MILLION + 100, 200) == (town.shares(who), town.read(totals, CODE).banks)
    town.close(NEXT_TUE, 0)


def test_a_reversal_on_the_same_day_after_the_hour(make_town):
    """Taken before 15:00 and undone after it: the day is the bank's, the next is not."""
    town = make_town(on=SAT)
    who = town.member(shares=MILLION)
    taken = town.fast(who, MILLION)
    town.at(SAT, time(16))
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))

    town.close(SAT, 100)
    assert (MILLION, 100) == (town.shares(who), town.read(totals, CODE).banks)
    town.close(SUN, 100)
    assert (MILLION + 100, 100) == (town.shares(who), town.read(totals, CODE).banks)


def test_a_reversal_after_the_days_close_moves_the_days_money_back(town):
    who = town.member(shares=100_00)
    town.at(MON, CUT_OFF)
    taken = town.fast(who, 30_00)
    town.close(MON, 10)
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))
    town.close(TUE, 10)

    assert (100_20, 0) == (town.shares(who), town.read(totals, CODE).banks)
    assert [] == town.breaks()


def test_a_reversal_while_the_runs_are_days_late(make_town):
    """The pay-out fails on Thursday and no day since Monday was run: the bank earns till then."""
    town = make_town(on=MON)
    who = town.member(shares=MILLION)
    taken = town.fast(who, MILLION)
    town.at(THU, NOON)
    town.run(reverse_fast, ReverseFast(taken.id, "pay-out failed"))

    for on in (MON, TUE, WED):
        town.close(on, 100)
    assert (MILLION, 300) == (town.shares(who), town.read(totals, CODE).banks)
    town.close(THU, 100)
    assert (MILLION + 100, 300) == (town.shares(who), town.read(totals, CODE).banks)
    assert [] == town.breaks()


def test_what_was_spent_or_cut_cannot_be_reversed(town):
    who = town.member(cash=0, shares=100_00)
    taken = pay(town, who, 30_00).order
    with pytest.raises(CashInsufficient):
        town.run(reverse_fast, ReverseFast(taken.id, "too late"))
    for refused in (CancelOrder(taken.id), RejectOrder(taken.id, "no")):
        use_case = cancel_order if isinstance(refused, CancelOrder) else reject_order
        with pytest.raises(IllegalTransition):
            town.run(use_case, refused)
    town.give(who, 30_00)
    town.close(MON)
    with pytest.raises(IllegalTransition):
        town.run(reverse_fast, ReverseFast(taken.id, "too late"))


# Paying a merchant


def pay(town, who, amount, funding=None):
    command = PayFromFund(CODE, who, town.merchant, amount, funding)
    return town.run(pay_from_fund, command)


def test_cash_first_then_shares_both_legs_booked(town):
    who = town.member(cash=40_00, shares=100_00)

    paid = pay(town, who, 65_00)

    assert (40_00, 25_00) == (paid.cash_minor, paid.shares_minor)
    assert (OrderKind.FAST, 25_00) == (paid.order.kind, paid.order.amount)
    assert (0, 75_00) == (town.cash(who), town.shares(who))
    assert 65_00 == town.read(available, town.merchant).amount
    lines = town.read(wallet_statement, StatementQuery(who)).lines
    assert [-65_00, 25_00, 40_00] == [line.amount_minor for line in lines]


@pytest.mark.parametrize(
    "funding, cash, shares",
    [
        (FundingOrder.CASH_THEN_SHARES, 0, 95_00),
        (FundingOrder.SHARES_THEN_CASH, 40_00, 55_00),
        (FundingOrder.CASH_ONLY, 0, 100_00),
        (FundingOrder.SHARES_ONLY, 40_00, 55_00),
    ],
)
def test_the_order_of_funding(town, funding, cash, shares):
    who = town.member(cash=40_00, shares=100_00)
    amount = 40_00 if funding is FundingOrder.CASH_ONLY else 45_00

    paid = pay(town, who, amount, funding)

    assert amount == paid.cash_minor + paid.shares_minor
    assert (cash, shares) == (town.cash(who), town.shares(who))


def test_whole_or_not_at_all(make_town):
    town = make_town(line=50_00)
    who = town.member(cash=40_00, shares=60_00)
    before = (town.cash(who), town.holding(who), town.read(_last_transfer))

    with pytest.raises(FundingInsufficient):
        pay(town, who, 100_01)
    with pytest.raises(AdvanceExhausted):
        pay(town, who, 40_00 + 50_01)
    with pytest.raises(NotAMerchant):  # the second leg fails: the first is undone
        town.run(pay_from_fund, PayFromFund(CODE, who, town.member(), 60_00))

    last = before[2] + 2  # the other person's wallet and holding were opened
    assert (*before[:2], last) == (town.cash(who), town.holding(who), town.read(_last_transfer))
    assert [] == town.read(lambda tx: tx.sql.rows("SELECT 1 FROM fund_order"))


def _last_transfer(tx):
    return tx.seq_at(tx.now + timedelta(days=1))


def test_income_credited_can_be_spent_the_same_day(town):
    who = town.member(shares=1000_00)
    town.close(MON, 50)

    pay(town, who, 1000_50)

    assert 0 == town.shares(who)


def test_two_callers_redeem_the_same_shares(town):
    who = town.member(shares=100_00)
    with Desk(town.home) as desk:
        answers: list[Future] = [
            desk.submit(fast_redeem, FastRedeem(CODE, who, 60_00)) for _ in range(8)
        ]
        outcomes = [answer.exception() for answer in answers]

    assert 1 == outcomes.count(None)
    assert 7 == sum(isinstance(error, SharesInsufficient) for error in outcomes)
    assert (60_00, 40_00) == (town.cash(who), town.shares(who))


def test_the_legs_of_a_fast_redemption_are_one_chain(town):
    who = town.member(shares=100_00)
    first = town.read(_last_transfer)
    town.at(MON, NOON)
    town.fast(who, 30_00)

    posted = town.read(lambda tx: [tx.transfer(first + i) for i in range(3)])
    assert [True, True, False] == [bool(t.flags & TransferFlags.LINKED) for t in posted]
    assert 1 == len({t.ref for t in posted})

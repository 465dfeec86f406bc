"""A day's run: who earns what over weekends and holidays, losses, order, refusals, entries."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

import pytest

from support.fund_town import CODE, FundTown
from venule.fund import (
    AmountOutOfFund,
    CloseDay,
    CloseRefused,
    DayNotOver,
    DayOutOfOrder,
    FundAccountCode,
    FundTransferCode,
    IncomeChanged,
    LoadCalendar,
    OpenDay,
    OrderId,
    OrderNotPayable,
    OrderState,
    PayUnpaid,
    PublishIncome,
    ScheduleKind,
    Step,
    TailPolicy,
    Terms,
    TermsWrong,
    YieldMissing,
    calendar_command,
    close_day,
    close_step,
    customers_balance,
    day,
    day_steps,
    fund_of,
    last_closed,
    load_calendar,
    open_day,
    pay_unpaid,
    publish_income,
    totals,
    yield_on,
)
from venule.kit.calendar import china
from venule.kit.errors import CalendarExhausted
from venule.ledger import Transfer
from venule.members import CloseMember
from venule.wallet import close_member

MON, TUE, WED, THU, FRI, SAT, SUN, NEXT_MON, NEXT_TUE, NEXT_WED = (
    date(2014, 5, 12) + timedelta(days=i) for i in range(10)
)
MILLION = 1_000_000_00
RATE = 100_00
"""A day's income on a million yuan."""


def earn(town, who, days):
    """Close days at a rate of 1 per 10,000 and say how much each day added to a holding."""
    gains = []
    for on in days:
        town.run(publish_income, PublishIncome(CODE, on, per_10k_e4=10_000))
        before = town.shares(who)
        confirmed = town.close(on, None).confirmed_in
        gains.append(town.shares(who) - before - confirmed)
    return gains


# Section 2: which natural days a purchase earns on; no holiday.
@pytest.mark.parametrize(
    "on, at, earns",
    [
        (MON, time(15), "0 0 1 1 1 1 1"),  # T Tuesday
        (TUE, time(14, 59), "0 0 1 1 1 1 1"),
        (WED, time(15), "0 0 0 0 1 1 1"),  # T Thursday: Friday, Saturday and Sunday
        (THU, time(15), "0 0 0 0 0 0 0 1"),  # T Friday: from Monday on
        (FRI, time(15), "0 0 0 0 0 0 0 0 1"),  # T Monday: from Tuesday on
    ],
)
def test_first_income(town, on, at, earns):
    who = town.member(cash=MILLION)
    expected = [int(mark) for mark in earns.split()]
    days = [MON + timedelta(days=i) for i in range(len(expected))]
    gains = earn(town, who, [d for d in days if d < on])
    town.at(on, at)
    town.buy(who, MILLION)

    gains += earn(town, who, [d for d in days if d >= on])

    assert expected == [gain // RATE for gain in gains]


@pytest.mark.parametrize(
    "on, at, earns",
    [
        (MON, time(14, 59), "1 0 0"),  # T Monday: earns Monday, redeemed Tuesday
        (MON, time(15), "1 1 0"),
        (THU, time(15), "1 1 1 1 1 1 1 0 0"),  # T Friday: earns the weekend
        (SAT, time(10), "1 1 1 1 1 1 1 1 0"),  # T Monday
    ],
)
def test_last_income(town, on, at, earns):
    who = town.member(shares=MILLION)
    town.member(shares=1)
    expected = [int(mark) for mark in earns.split()]
    days = [MON + timedelta(days=i) for i in range(len(expected))]
    credits = []
    for d in days:
        if d == on:
            town.at(on, at)
            town.sell(who, MILLION)
        before = town.shares(who)
        town.run(publish_income, PublishIncome(CODE, d, per_10k_e4=10_000))
        closed = town.close(d, None)
        credits.append(town.shares(who) - before + closed.confirmed_out)

    assert expected == [credit // RATE for credit in credits]


def test_the_may_holidays(make_town):
    """Section 2, worked: bought on 04-30 at 14:59, confirmed on 05-05; at 15:00, on 05-06."""
    town = make_town(on=date(2014, 4, 30))
    early, late = (town.member(cash=MILLION) for _ in range(2))
    town.at(date(2014, 4, 30), time(14, 59))
    town.buy(early, MILLION)
    town.at(date(2014, 4, 30), time(15))
    town.buy(late, MILLION)
    first = {}
    for i in range(9):
        on = date(2014, 4, 30) + timedelta(days=i)
        town.run(publish_income, PublishIncome(CODE, on, per_10k_e4=10_000))
        town.close(on, None)
        for name, who in (("early", early), ("late", late)):
            if town.shares(who) > MILLION:
                first.setdefault(name, on)

    assert {"early": date(2014, 5, 5), "late": date(2014, 5, 6)} == first


def test_shares_confirmed_in_the_morning_can_be_used_that_day(town):
    who = town.member(cash=100_00)
    town.buy(who, 100_00)
    town.close(MON)
    with pytest.raises(DayNotOver):
        open_day(town.home, OpenDay(CODE, TUE))

    for _ in range(2):
        town.morning(TUE)
        assert 100_00 == town.shares(who)
    town.fast(who, 40_00)
    town.close(TUE, 0)
    open_day(town.home, OpenDay(CODE, TUE))
    assert (60_00, 40_00) == (town.shares(who), town.cash(who))
    with pytest.raises(DayOutOfOrder):
        open_day(town.home, OpenDay(CODE, THU))


# Tail policies


@pytest.mark.parametrize(
    "tail, credits, residue",
    [
        (TailPolicy.TRUNCATE_REDISTRIBUTE, [1, 7, 160, 0], 0),
        (TailPolicy.TRUNCATE_TO_FUND, [0, 6, 160, 0], 2),
        (TailPolicy.CARRY, [0, 6, 160, 0], 2),
    ],
)
@pytest.mark.parametrize("shards", [1, 7])
def test_tail_policies_by_any_number_of_shards(make_town, tail, credits, residue, shards):
    town = make_town(terms=Terms(tail=tail, shards=shards))
    people = [town.member(shares=fen) for fen in (7600, 50000, 1234567, 90)]
    before = [town.shares(who) for who in people]

    closed = town.close(MON, 168)

    assert credits == [town.shares(who) - b for who, b in zip(people, before, strict=True)]
    assert (168 - residue, residue, 13001) == (closed.credited, closed.residue, closed.per_10k_e4)
    gains = []
    for i in range(1, 6):
        town.close(MON + timedelta(days=i), (-168, 100, 0, -1, 168)[i - 1])
        gains.append([town.shares(who) - b for who, b in zip(people, before, strict=True)])
    control = -168 + 168 + 100 - 1 + 168
    last = town.read(day, CODE, SAT)
    assert control == sum(gains[-1]) + last.residue
    if tail is TailPolicy.CARRY:  # over the days nobody is a fen away from what is fair
        fair = [round(fen * control / 1292257 * 100) for fen in (7600, 50000, 1234567, 90)]
        assert all(abs(100 * g - f) < 200 for g, f in zip(gains[-1], fair, strict=True))


def test_the_input_hash_is_that_of_who_earns_not_of_the_shards(make_town):
    seen = []
    for shards in (1, 7, 1000):
        town = make_town(terms=Terms(shards=shards))
        people = [town.member(shares=fen) for fen in (7600, 50000, 1234567, 90)]
        closed = town.close(MON, 168)
        seen.append((closed, [town.shares(who) for who in people]))

    assert seen[0] == seen[1] == seen[2]
    assert 32 == len(seen[0][0].input_hash)


# What a close refuses


def test_days_run_in_order(town):
    with pytest.raises(DayOutOfOrder) as refused:
        town.close(TUE)
    assert MON == refused.value.expected
    first = town.close(MON, 5)
    town.close(TUE)
    assert first == close_day(town.home, CloseDay(CODE, MON))  # again: the first answer
    with pytest.raises(DayOutOfOrder):
        town.close(THU)
    with pytest.raises(DayOutOfOrder):
        close_day(town.home, CloseDay(CODE, MON - timedelta(days=1)))
    assert TUE == town.read(last_closed, CODE)
    assert town.read(day, CODE, WED) is None


@pytest.mark.parametrize(
    "schedule, begins",
    [(ScheduleKind.OPEN_DAYS, (MON, time(15))), (ScheduleKind.WEEKDAY, (TUE, time(0)))],
)
def test_a_day_is_not_closed_before_it_is_over(make_town, schedule, begins):
    town = make_town(terms=Terms(schedule=schedule))
    town.publish(MON, 0)
    town.clock.set(town.read(town._closes_from, MON) - timedelta(microseconds=1))
    with pytest.raises(DayNotOver):
        close_day(town.home, CloseDay(CODE, MON))
    town.at(*begins)
    assert MON == close_day(town.home, CloseDay(CODE, MON)).on


def test_a_day_waits_for_its_income(town):
    who = town.member(cash=100_00)
    town.buy(who, 1)
    town.at(MON, time(16))
    with pytest.raises(YieldMissing):
        close_day(town.home, CloseDay(CODE, MON))
    assert [] == town.read(day_steps, CODE, MON)
    town.close(MON, 0)


def test_past_the_calendar(make_town):
    town = make_town(on=date(2014, 5, 30), calendar_days=(date(2014, 1, 1), date(2014, 5, 31)))
    town.close(date(2014, 5, 30))
    town.close(date(2014, 5, 31))
    with pytest.raises(CalendarExhausted):
        town.publish(date(2014, 6, 1), 0)
    with pytest.raises(CalendarExhausted):
        close_day(town.home, CloseDay(CODE, date(2014, 6, 1)))
    with pytest.raises(CalendarExhausted):
        town.buy(town.member(cash=1), 1)


def test_income_is_published_once(town):
    town.publish(MON, 5)
    town.publish(MON, 5)
    with pytest.raises(IncomeChanged):
        town.publish(MON, 6)
    for wrong in (PublishIncome(CODE, TUE), PublishIncome(CODE, TUE, 1, 1)):
        with pytest.raises(TermsWrong):
            town.run(publish_income, wrong)
    with pytest.raises(AmountOutOfFund):
        town.publish(TUE, 10**30)
    with pytest.raises(DayOutOfOrder):
        town.publish(MON - timedelta(days=1), 0)


def rogue_transfers(town: FundTown):
    """Transfers behind the room's back, and what the close must say of them."""
    one, two = (town.holding(who).account for who in (town.member(shares=9), town.member(shares=9)))
    fund = town.read(fund_of, CODE)
    known, issue = fund.accounts, fund.accounts.issue
    pledge, line = town.line.pledge, town.line.line
    return {
        "shares = yesterday's + income + in - out": Transfer(one, two, 1, 999),
        "pledge = fast orders": Transfer(issue, pledge, 1, 999),
        "capital = shares": Transfer(known.custody, known.capital, 1, 999),
        "collection = unconfirmed": Transfer(known.reserve, known.collection, 1, 999),
        "payable = confirmed, unpaid": Transfer(known.custody, known.payable, 1, 999),
        "income accounts = residue - losses": Transfer(known.accrued, known.income, 1, 999),
        "advance line = pledge + unsettled": Transfer(line, known.custody, 1, 999),
    }


@pytest.mark.parametrize("rule", list(range(7)))
def test_a_broken_invariant_keeps_the_day_open(town, rule):
    named, transfer = list(rogue_transfers(town).items())[rule]
    town.close(MON, 3)
    town.rogue(transfer)

    for _ in range(2):
        with pytest.raises(CloseRefused) as refused:
            town.close(TUE, 3)
    assert refused.value.expected != refused.value.seen
    if not named.startswith(("pledge", "income")):
        assert named == refused.value.rule
    assert town.read(day, CODE, TUE) is None
    assert MON == town.read(last_closed, CODE)
    assert named in {found.rule for found in town.breaks()} | {refused.value.rule}
    back = Transfer(transfer.credit, transfer.debit, 1, 999)
    town.rogue(back)  # the books are put right: the day goes on where it stood
    assert 3 == town.close(TUE, 3).credited
    assert [] == town.breaks()


# What is recorded


def test_the_steps_of_a_day_are_recorded(make_town):
    town = make_town(terms=Terms(shards=3))
    for fen in (100_00, 200_00, 300_00):
        town.member(shares=fen)
    town.close(MON, 60)

    steps = town.read(day_steps, CODE, MON)
    assert [
        (Step.PAY_OUT, 0),
        (Step.CUT, 0),
        (Step.INCOME, 0),
        (Step.DISTRIBUTE, 0),
        (Step.DISTRIBUTE, 1),
        (Step.DISTRIBUTE, 2),
        (Step.CHECK, 0),
    ] == [(s.step, s.shard) for s in steps]
    assert 60 == sum(s.fen for s in steps if s.step is Step.DISTRIBUTE)
    assert 1 == len({s.hash for s in steps if s.step in (Step.INCOME, Step.DISTRIBUTE)})


def test_the_entries_of_the_reference(make_town):
    """Section 10, event by event: (debit code, credit code) of every entry in CNY."""
    town = make_town()
    who = town.member(cash=100_00, shares=500_00)
    town.buy(who, 10_00)
    town.sell(who, 20_00)
    town.fast(who, 30_00)
    town.close(MON, 50)
    town.close(TUE, -40)

    seen = town.read(_entries)

    code, why = FundAccountCode, FundTransferCode
    assert {
        (why.ORDER_PAID, 2010, 2040),
        (why.SUBSCRIPTION_CONFIRMED, 2040, code.SHARE_CAPITAL),
        (why.SHARES_ISSUED, code.SHARES_IN_ISSUE, code.HOLDER),
        (why.INCOME_CREDITED, code.SHARES_IN_ISSUE, code.HOLDER),
        (why.INCOME_CAPITALISED, code.INCOME_TO_DISTRIBUTE, code.SHARE_CAPITAL),
        (why.LOSS_TAKEN, code.HOLDER, code.SHARES_IN_ISSUE),
        (why.LOSS_CAPITALISED, code.SHARE_CAPITAL, code.LOSS_TO_DISTRIBUTE),
        (why.REDEMPTION_CONFIRMED, code.SHARE_CAPITAL, code.REDEMPTION_PAYABLE),
        (why.REDEMPTION_PAID, code.REDEMPTION_PAYABLE, 2010),
        (why.ADVANCE_PAID, code.ADVANCE_LINE, 2010),
        (why.SHARES_PLEDGED, code.HOLDER, code.ADVANCE_PLEDGE),
        (why.ADVANCE_SETTLED, code.REDEMPTION_PAYABLE, code.ADVANCE_LINE),
    } <= seen
    assert all(debit // 9000 == credit // 9000 for _, debit, credit in seen)  # units never mix


def _entries(tx):
    accounts = tx.accounts_view()
    last = tx.seq_at(tx.now + timedelta(days=1))
    entries = set()
    for seq in range(1, last):
        record = tx.transfer(seq)
        if 200 <= record.code < 300:
            codes = (int(accounts[a]["code"]) for a in (record.debit, record.credit))
            entries.add((record.code, *codes))
    return entries


def test_a_closed_wallet_leaves_its_redemption_payable(town):
    who = town.member(shares=100_00)
    town.sell(who, 100_00)
    town.run(close_member, CloseMember(who))
    town.close(MON)
    town.close(TUE)

    assert 100_00 == town.read(totals, CODE).payable
    rows = town.read(lambda tx: tx.sql.rows("SELECT amount, refused FROM fund_unpaid"))
    assert [(100_00, "CREDIT_ACCOUNT_CLOSED")] == rows
    assert [] == town.breaks()
    heir = town.member()
    sold = OrderId(town.read(lambda tx: UUID(bytes=_unpaid(tx))))
    assert town.run(pay_unpaid, PayUnpaid(sold, heir)).paid
    assert (100_00, 0) == (town.cash(heir), town.read(totals, CODE).payable)
    with pytest.raises(OrderNotPayable):
        town.run(pay_unpaid, PayUnpaid(sold, heir))
    town.close(WED)


def _unpaid(tx):
    return tx.sql.rows("SELECT order_id FROM fund_unpaid")[0][0]


def test_an_order_keeps_the_days_it_was_given(town):
    """A day that has not begun turns into a holiday: what was accepted for it is not lost."""
    who = town.member(cash=10_00)
    town.at(MON, time(15))
    placed = town.buy(who, 10_00)
    known = calendar_command(china(date(2013, 7, 1), date(2014, 12, 31))[1])
    at = (TUE - known.first_on).days
    days = known.days[:at] + "00" + known.days[at + 2 :]
    town.run(load_calendar, LoadCalendar("fund", known.first_on, days))
    assert THU == town.buy(town.member(cash=1), 1).trade_on
    for on in (MON, TUE, WED):
        town.close(on)

    now = town.order(placed)
    assert (OrderState.CONFIRMED, 10_00) == (now.state, now.confirmed)


def test_the_banks_see_one_line_for_each_sum(town):
    """What moved on the reserve is told to the wallet's reconciliation, one line a sum."""
    who = town.member(cash=100_00, shares=100_00)
    town.buy(who, 10_00)
    town.sell(who, 20_00)
    town.fast(who, 30_00)
    town.close(MON)
    town.close(TUE)

    rows = town.read(
        lambda tx: tx.sql.rows(
            "SELECT bank_ref, amount FROM bank_entry WHERE bank_ref LIKE 'fund-%' ORDER BY bank_ref"
        )
    )
    assert [
        (f"fund-{CODE}-{MON}-advance-{town.line.line}", 30_00),
        (f"fund-{CODE}-{TUE}-in", -10_00),
        (f"fund-{CODE}-{TUE}-out", 20_00),
    ] == rows


def test_the_bank_redeems_its_own_income(make_town):
    town = make_town(on=MON)
    who = town.member(shares=MILLION)
    town.fast(who, MILLION)
    town.close(MON, RATE)
    assert RATE == town.shares(town.bank)
    town.at(TUE)
    town.sell(town.bank, RATE)
    town.close(TUE)
    town.close(WED)
    assert (0, RATE) == (town.shares(town.bank), town.cash(town.bank))


def test_the_customers_balance(town):
    who = town.member(cash=100_00, shares=100_00)
    town.buy(who, 10_00)
    town.fast(who, 30_00)
    town.sell(who, 5_00)

    assert 100_00 + 10_00 - 30_00 - 5_00 == town.read(customers_balance, CODE)


def test_the_yield_of_our_own_days(town):
    for i, per_10k in enumerate([13221, 13244, 13117, 13115, 13083, 13022, 12986]):
        on = MON + timedelta(days=i)
        assert town.read(yield_on, CODE, on) is None
        town.run(publish_income, PublishIncome(CODE, on, per_10k_e4=per_10k))
        town.close(on, None)
    assert 4902 == town.read(yield_on, CODE, SUN)


# The publisher's rule


def test_worked_day_of_the_replay(make_town):
    """Section 13: 2014-05-14, 27,243,913.7 yuan of Tuesday do not earn until Thursday."""
    town = make_town(on=TUE, terms=Terms(schedule=ScheduleKind.WEEKDAY), line=10**12)
    held = town.member(shares=21977500470)
    new = town.member(cash=272439137)
    town.buy(new, 272439137)
    assert 22249939607 == town.read(customers_balance, CODE)
    town.close(TUE, 0)
    town.run(publish_income, PublishIncome(CODE, WED, per_10k_e4=12986))
    town.at(WED, time(10))
    town.fast(held, 5_000_00)  # whoever redeems on a day still earns it

    closed = town.close(WED, None)

    assert (21977500470, 2853998) == (closed.shares_earning, closed.credited)
    town.run(publish_income, PublishIncome(CODE, THU, per_10k_e4=12946))
    assert 22249939607 - 5_000_00 + 2853998 == town.close(THU, None).shares_earning


def test_a_step_at_a_time_is_the_same_day(town):
    who = town.member(shares=MILLION)
    town.publish(MON, RATE)
    town.at(MON, time(20))
    seen = []
    while not seen or seen[-1].closed is None:
        seen.append(town.run(close_step, CloseDay(CODE, MON)))

    assert ["pay_out", "cut", "income", "distribute", "check", "closed"] == [
        done.next.value for done in seen
    ]
    assert seen[-1].closed == close_day(town.home, CloseDay(CODE, MON))
    assert MILLION + RATE == town.shares(who)

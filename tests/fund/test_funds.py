"""Setting up: calendars that grow, funds, holdings in bulk, a register taken over."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

import pytest

from support.fund_town import CODE, UNIT
from venule.fund import (
    AmountOutOfFund,
    CalendarChanged,
    CalendarUnknown,
    FundExists,
    FundUnknown,
    HolderExists,
    HolderUnknown,
    HoldingsOpened,
    ImportBalances,
    Imported,
    Limit,
    LimitRule,
    LoadCalendar,
    OpenFund,
    OpenHolding,
    OpenHoldings,
    RegisterInUse,
    SetLimit,
    Terms,
    TermsWrong,
    calendar_command,
    customers_balance,
    fund_of,
    holder,
    import_opening_balances,
    load_calendar,
    open_fund,
    open_holding,
    open_holdings,
    set_limit,
    totals,
)
from venule.kit.calendar import china
from venule.kit.errors import CalendarExhausted
from venule.members import MemberId, MemberUnknown, NewMember, OnboardMany, onboard_many

MON, TUE = date(2014, 5, 12), date(2014, 5, 13)


def test_a_fund_needs_sense(town):
    good = OpenFund("2", "Two", 2000, MON, "fund")
    for wrong, error in (
        (OpenFund(CODE, "Two", 2000, MON, "fund"), FundExists),
        (OpenFund("2", "Two", UNIT, MON, "fund"), FundExists),
        (OpenFund("2", "Two", 156, MON, "fund"), TermsWrong),
        (OpenFund("a b", "Two", 2000, MON, "fund"), TermsWrong),
        (OpenFund("2", "Two", 2000, MON, "nowhere"), CalendarUnknown),
        (OpenFund("2", "Two", 2000, date(2030, 1, 1), "fund"), CalendarExhausted),
        (OpenFund("2", "Two", 2000, MON, "fund", Terms(shards=0)), TermsWrong),
    ):
        with pytest.raises(error):
            town.run(open_fund, wrong)
    assert "2" == town.run(open_fund, good).code
    with pytest.raises(FundUnknown):
        town.read(fund_of, "3")


def test_two_funds_have_nothing_in_common(town):
    town.run(open_fund, OpenFund("2", "Two", 2000, MON, "fund"))
    who = town.member(cash=100_00, shares=10_00)
    town.run(open_holding, OpenHolding("2", who))
    town.buy(who, 20_00)

    assert (0, 0) == (town.read(totals, "2").shares, town.read(totals, "2").in_transit)
    town.close(MON, 5)
    assert town.read(fund_of, CODE).accounts != town.read(fund_of, "2").accounts


def test_a_calendar_grows_and_keeps_its_past(make_town):
    town = make_town(on=TUE, calendar_days=(date(2014, 1, 1), date(2014, 5, 16)))
    who = town.member(cash=10)
    town.at(date(2014, 5, 15))
    town.at(date(2014, 5, 16), time(15))
    with pytest.raises(CalendarExhausted):
        town.buy(who, 1)
    longer = calendar_command(china(date(2014, 1, 1), date(2014, 12, 31))[1])

    town.run(load_calendar, longer)

    assert date(2014, 5, 19) == town.buy(who, 1).trade_on
    changed_past = longer.days[:-1].replace("1", "0", 1)
    changed_future = longer.days[:200] + "0" * (len(longer.days) - 200)
    for days, error in (
        (changed_past, CalendarChanged),
        (longer.days[:-1], CalendarChanged),
        ("", TermsWrong),
        ("01x", TermsWrong),
    ):
        with pytest.raises(error):
            town.run(load_calendar, LoadCalendar("fund", date(2014, 1, 1), days))
    town.run(load_calendar, LoadCalendar("fund", date(2014, 1, 1), changed_future))


def test_a_change_that_was_undone_is_not_remembered(town):
    """A fund is remembered by what it is made of: not by the command that failed."""

    def change_and_fail(tx, limit):
        set_limit(tx, SetLimit(CODE, limit))
        assert limit in fund_of(tx, CODE).limits
        raise HolderUnknown(CODE, town.bank)

    before = town.read(fund_of, CODE)
    with pytest.raises(HolderUnknown):
        town.run(change_and_fail, Limit(LimitRule.SUBSCRIBE_MIN, 7, MON))
    assert before.limits == town.read(fund_of, CODE).limits
    other = Limit(LimitRule.SUBSCRIBE_MIN, 9, MON)
    town.run(set_limit, SetLimit(CODE, other))
    assert other in town.read(fund_of, CODE).limits


def test_limits_that_make_no_sense(town):
    for limit in (
        Limit(LimitRule.SUBSCRIBE_MIN, -1, MON),
        Limit(LimitRule.SUBSCRIBE_MIN, 1, TUE, to_on=MON),
        Limit(LimitRule.SUBSCRIBE_MIN, 1, MON, subject="x"),
        Limit(LimitRule.ADVANCE_LINE, 1, MON, subject="nobody"),
    ):
        with pytest.raises(TermsWrong):
            town.run(set_limit, SetLimit(CODE, limit))


def people(town, count):
    new = [NewMember(f"p{i}") for i in range(count)]
    return town.run(onboard_many, OnboardMany(new)).ids


def test_holdings_in_bulk(town):
    ids = people(town, 50)
    opened = town.run(open_holdings, OpenHoldings(CODE, ids[:49]))

    assert 49 == opened.count
    for i, who in enumerate(ids[:49]):
        assert opened.first_account + i == town.read(holder, CODE, who).account
    for wrong in ([ids[49], ids[49]], [ids[49], ids[3]]):
        with pytest.raises(HolderExists):
            town.run(open_holdings, OpenHoldings(CODE, wrong))
    with pytest.raises(MemberUnknown):
        town.run(open_holdings, OpenHoldings(CODE, [MemberId(UUID(int=5))]))
    assert HoldingsOpened(0, 0) == town.run(open_holdings, OpenHoldings(CODE, []))
    first = town.read(holder, CODE, ids[0])
    assert first == town.run(open_holding, OpenHolding(CODE, ids[0]))


def test_a_register_is_taken_over_with_its_money(town):
    ids = people(town, 3)
    town.run(open_holdings, OpenHoldings(CODE, ids))
    command = ImportBalances(CODE, ids[:2], [76_00, 500_00])

    assert Imported(2, 576_00) == town.run(import_opening_balances, command)
    town.run(import_opening_balances, ImportBalances(CODE, ids[1:], [1, 90]))

    assert [76_00, 500_01, 90] == [town.shares(who) for who in ids]
    assert 576_91 == town.read(totals, CODE).shares == town.read(customers_balance, CODE)
    assert 10 == town.close(MON, 10).credited  # it earns from the first day on
    with pytest.raises(RegisterInUse):
        town.run(import_opening_balances, command)


def test_a_register_that_cannot_be_taken_over(town):
    ids = people(town, 2)
    town.run(open_holdings, OpenHoldings(CODE, ids[:1]))
    for command, error in (
        (ImportBalances(CODE, ids[:1], [1, 2]), TermsWrong),
        (ImportBalances(CODE, ids, [1, 2]), HolderUnknown),
        (ImportBalances(CODE, ids[:1], [0]), AmountOutOfFund),
        (ImportBalances(CODE, ids[:1] * 2, [10**15, 1]), AmountOutOfFund),
    ):
        with pytest.raises(error):
            town.run(import_opening_balances, command)
    assert 0 == town.read(totals, CODE).shares
    assert Imported(0, 0) == town.run(import_opening_balances, ImportBalances(CODE, [], []))


def test_the_first_day_without_anybody(town):
    closed = town.close(MON, 0)

    assert (0, 0, 0) == (closed.holders, closed.shares_earning, closed.per_10k_e4)
    town.close(TUE, 100)
    who = town.member(cash=10_00)
    town.at(date(2014, 5, 14))
    town.buy(who, 10_00)
    town.close(date(2014, 5, 14), 0)
    town.close(date(2014, 5, 15), 0)
    assert 11_00 == town.shares(who)  # what nobody could earn is handed out when somebody can


def test_calendar_command_is_the_calendar():
    fund = china(date(2014, 4, 30), date(2014, 5, 5))[1]
    command = calendar_command(fund)

    assert ("fund", date(2014, 4, 30), "100001") == (command.name, command.first_on, command.days)
    assert timedelta(days=5) == fund.last - fund.first

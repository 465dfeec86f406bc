"""Setting a fund up: calendar, accounts, limits, advance lines, holdings, a register taken over."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np

from venule.fund import day_store, flows, rules, store
from venule.fund.commands import (
    HoldingsOpened,
    ImportBalances,
    Imported,
    LoadCalendar,
    OpenAdvanceLine,
    OpenFund,
    OpenHolding,
    OpenHoldings,
    SetLimit,
    SetSales,
)
from venule.fund.errors import (
    AdvanceNotLicensed,
    CalendarChanged,
    CalendarUnknown,
    FundExists,
    FundUnknown,
    HolderExists,
    HolderUnknown,
    RegisterInUse,
    TermsWrong,
)
from venule.fund.model import (
    CNY,
    CODE_CHARS_MAX,
    OWN_DISTRIBUTOR,
    REGULATOR_LIMITS,
    SHARE_SCALE,
    AdvanceLine,
    Fund,
    FundAccounts,
    Holder,
    Limit,
    LimitRule,
)
from venule.fund.model import FundAccountCode as Code
from venule.fund.posting import post_batch_all
from venule.fund.schedule import DAY
from venule.kit.calendar import Calendar
from venule.kit.time import china_date
from venule.ledger import AccountFlags, Tx, ref_array
from venule.members import MemberId, wallet_account, wallet_accounts
from venule.wallet import AccountCode, house

_LIABILITY = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
_ASSET = AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS
_FREE = AccountFlags.NONE


def calendar_command(calendar: Calendar) -> LoadCalendar:
    """Write a calendar as the command that loads it."""
    count = (calendar.last - calendar.first).days + 1
    days = (calendar.first + i * DAY for i in range(count))
    marks = "".join("1" if on in calendar.open_days else "0" for on in days)
    return LoadCalendar(calendar.name, calendar.first, marks)


def load_calendar(tx: Tx, command: LoadCalendar) -> None:
    """Load a calendar, or more days of one. A day that has begun keeps what it was.

    Raises: TermsWrong for other marks than 0 and 1, CalendarChanged.
    """
    if not command.days or set(command.days) - {"0", "1"}:
        raise TermsWrong("days", "one 0 or 1 for each natural day", command.days)
    known = store.load_calendar_row(tx.sql, command.name)
    if known is not None:
        first_on, today = date.fromisoformat(known[0]), china_date(tx.now)
        for i, mark in enumerate(known[1]):
            on = first_on + i * DAY
            at = (on - command.first_on).days
            seen = command.days[at] if 0 <= at < len(command.days) else ""
            if seen != mark and (on <= today or not seen):
                raise CalendarChanged(command.name, on)
    store.save_calendar(tx.sql, command.name, command.first_on, command.days)


def open_fund(tx: Tx, command: OpenFund) -> Fund:
    """Open a fund: its unit, its accounts, the regulator's dated limits.

    Raises: TermsWrong, FundExists, CalendarUnknown, CalendarExhausted if the calendar does not
    cover the first day; WalletNotSetUp before the wallet room is set up.
    """
    terms = command.terms
    rules.require_terms(terms, command.unit)
    if not 0 < len(command.code) <= CODE_CHARS_MAX or not command.code.isalnum():
        raise TermsWrong("code", f"1 to {CODE_CHARS_MAX} letters and digits", command.code)
    if store.fund_exists(tx.sql, command.code, command.unit):
        raise FundExists(command.code, command.unit)
    if store.load_calendar_row(tx.sql, command.calendar) is None:
        raise CalendarUnknown(command.calendar)
    tx.define_unit(command.unit, f"fund {command.code}", SHARE_SCALE)
    accounts = _open_accounts(tx, command.unit)
    store.insert_fund(
        tx.sql,
        command.code,
        command.name,
        command.unit,
        command.opened_on,
        command.calendar,
        terms,
        accounts,
        tx.now_us,
    )
    for limit in REGULATOR_LIMITS:
        store.save_limit(tx.sql, command.code, limit)
    store.save_settings(tx.sql, command.code)
    fund = fund_of(tx, command.code)
    fund.schedule.closes_from(command.opened_on)
    return fund


def _open_accounts(tx: Tx, unit: int) -> FundAccounts:
    """Open the fund's accounts. Custody and accrued income together are the fund's assets: neither
    has a floor of its own, because income is booked before it is paid."""
    return FundAccounts(
        reserve=house(tx).reserve,
        collection=tx.open_account(CNY, AccountCode.FUND_COLLECTION, flags=_LIABILITY),
        custody=tx.open_account(CNY, Code.FUND_CUSTODY, flags=_FREE),
        accrued=tx.open_account(CNY, Code.ACCRUED_INCOME, flags=_FREE),
        capital=tx.open_account(CNY, Code.SHARE_CAPITAL, flags=_LIABILITY),
        payable=tx.open_account(CNY, Code.REDEMPTION_PAYABLE, flags=_LIABILITY),
        income=tx.open_account(CNY, Code.INCOME_TO_DISTRIBUTE, flags=_FREE),
        loss=tx.open_account(CNY, Code.LOSS_TO_DISTRIBUTE, flags=_FREE),
        issue=tx.open_account(unit, Code.SHARES_IN_ISSUE, flags=_ASSET),
    )


def fund_of(tx: Tx, code: str) -> Fund:
    """Return a fund with its limits, lines and schedule. Raises: FundUnknown."""
    fund = store.load_fund(tx.sql, code)
    if fund is None:
        raise FundUnknown(code)
    return fund


def set_limit(tx: Tx, command: SetLimit) -> Fund:
    """Put a dated limit on a fund. Raises: FundUnknown, TermsWrong."""
    fund, limit = fund_of(tx, command.fund), command.limit
    if limit.amount < 0:
        raise TermsWrong("amount", "fen >= 0", str(limit.amount))
    if limit.to_on is not None and limit.to_on < limit.from_on:
        raise TermsWrong("to_on", f"a day from {limit.from_on} on", str(limit.to_on))
    if limit.rule is LimitRule.ADVANCE_LINE:
        banks = {line.bank.hex for line in fund.lines}
        if limit.subject not in banks:
            raise TermsWrong("subject", "a bank with an advance line", limit.subject)
    elif limit.subject:
        raise TermsWrong("subject", "nothing", limit.subject)
    store.save_limit(tx.sql, fund.code, limit)
    store.save_settings(tx.sql, fund.code)
    return fund_of(tx, fund.code)


def set_sales(tx: Tx, command: SetSales) -> Fund:
    """Open or stop subscriptions and redemptions by hand. Raises: FundUnknown."""
    fund = fund_of(tx, command.fund)
    store.save_sales(tx.sql, fund.code, command.subscriptions_open, command.redemptions_open)
    tx.emit("fund.sales_set", UUID(int=fund.unit), command)
    return fund_of(tx, fund.code)


def open_advance_line(tx: Tx, command: OpenAdvanceLine) -> AdvanceLine:
    """Let a bank advance fast redemptions of a fund.

    Raises: FundUnknown, MemberUnknown, TermsWrong, AdvanceNotLicensed for a bank without a licence
    where the law asks for one on the day it begins.
    """
    fund = fund_of(tx, command.fund)
    rules.require_amount(command.amount_minor, "advance line")
    if any(line.bank == command.bank_id for line in fund.lines):
        raise TermsWrong("bank_id", "a bank without a line", str(command.bank_id))
    holder = open_holding(tx, OpenHolding(fund.code, command.bank_id))
    ref = command.bank_id.bytes
    line = AdvanceLine(
        bank=command.bank_id,
        name=command.name,
        licensed=command.licensed,
        line=tx.open_account(CNY, Code.ADVANCE_LINE, flags=_ASSET, ref=ref),
        transit=tx.open_account(CNY, Code.ADVANCE_IN_TRANSIT, flags=_FREE, ref=ref),
        funding=tx.open_account(CNY, Code.ADVANCE_FUNDING, flags=_LIABILITY, ref=ref),
        pledge=tx.open_account(fund.unit, Code.ADVANCE_PLEDGE, flags=_LIABILITY, ref=ref),
        holder=holder.account,
    )
    if not rules.may_advance(line, command.from_on, fund.opened_on):
        raise AdvanceNotLicensed(fund.code, command.from_on)
    store.insert_line(tx.sql, fund.code, line, tx.now_us)
    subject = command.bank_id.hex
    limit = Limit(LimitRule.ADVANCE_LINE, command.amount_minor, command.from_on, subject=subject)
    store.save_limit(tx.sql, fund.code, limit)
    store.save_settings(tx.sql, fund.code)
    return line


# Holdings


def open_holding(tx: Tx, command: OpenHolding) -> Holder:
    """Open a holding for a member; again gives the first. Raises: FundUnknown, MemberUnknown."""
    fund = fund_of(tx, command.fund)
    known = store.load_holder(tx.sql, fund.code, command.distributor, command.member_id)
    if known is not None:
        return known
    cash = wallet_account(tx, command.member_id)
    account = tx.open_account(fund.unit, Code.HOLDER, flags=_LIABILITY, ref=command.member_id)
    holder = Holder(account, command.member_id, cash)
    store.insert_holders(tx.sql, fund.code, command.distributor, [holder], tx.now_us)
    return holder


def open_holdings(tx: Tx, command: OpenHoldings) -> HoldingsOpened:
    """Open holdings for many members at once, all or none.

    Raises: FundUnknown, MemberUnknown, HolderExists for a member who has one or comes twice.
    """
    fund, ids = fund_of(tx, command.fund), command.member_ids
    if not ids:
        return HoldingsOpened(0, 0)
    seen = store.find_holders(tx.sql, fund.code, command.distributor, [i.bytes for i in ids])
    for member_id in ids:
        if member_id.bytes in seen:
            raise HolderExists(fund.code, member_id)
        seen.add(member_id.bytes)
    cash = wallet_accounts(tx, ids)
    accounts = tx.open_accounts(
        fund.unit, Code.HOLDER, len(ids), flags=_LIABILITY, refs=ref_array(ids)
    )
    holders = [Holder(a, i, cash[i]) for a, i in zip(accounts, ids, strict=True)]
    store.insert_holders(tx.sql, fund.code, command.distributor, holders, tx.now_us)
    return HoldingsOpened(accounts[0], len(accounts))


def holder(tx: Tx, fund: str, member_id: MemberId, distributor: str = OWN_DISTRIBUTOR) -> Holder:
    """Return a member's holding, its accounts. Raises: HolderUnknown."""
    found = store.load_holder(tx.sql, fund, distributor, member_id)
    if found is None:
        raise HolderUnknown(fund, member_id)
    return found


def import_opening_balances(tx: Tx, command: ImportBalances) -> Imported:
    """Take over a register, with the money behind it at the custodian; before the first day is run.

    Raises: FundUnknown, RegisterInUse, TermsWrong for lists of different length, HolderUnknown,
    AmountOutOfFund.
    """
    fund = fund_of(tx, command.fund)
    ran = day_store.last_run(tx.sql, fund.code)
    if ran is not None:
        raise RegisterInUse(fund.code, ran.on)
    ids, shares = command.member_ids, command.shares_minor
    if len(ids) != len(shares):
        raise TermsWrong("shares_minor", f"{len(ids)} amounts", str(len(shares)))
    if not ids:
        return Imported(0, 0)
    known = dict(store.load_holders(tx.sql, fund.code, command.distributor))
    accounts = np.empty(len(ids), np.int64)
    for i, member_id in enumerate(ids):
        rules.require_amount(shares[i], "shares taken over")
        account = known.get(member_id.bytes)
        if account is None:
            raise HolderUnknown(fund.code, member_id)
        accounts[i] = account
    total = rules.require_amount(sum(shares), "register taken over")
    ref = tx.new_id().bytes
    amounts = np.array(shares, np.int64)
    post_batch_all(tx, flows.register_taken_over(fund.accounts, accounts, amounts, ref))
    tx.post_all([flows.assets_taken_over(fund.accounts, total, ref)])
    day_store.add_taken_over(tx.sql, fund.code, fund.opened_on - DAY, accounts, amounts)
    tx.emit("fund.register_taken_over", ref, {"holders": len(ids), "shares_minor": total})
    return Imported(len(ids), total)

"""What must come of the commands about a fund itself: opening, limits, sales, holdings.

The price is 1.00: one fen of share is one fen of money, in accounts of the share class's own unit.
"""

from __future__ import annotations

from typing import Any

from support.sim.books import CNY, FREE, NO_DEBT, NO_SURPLUS, Refuse
from support.sim.fund_model import FEN_MAX, BankLine, Fund, Holder
from support.sim.model import Expect, Model, audits
from venule import fund as services

ACCOUNTS = (
    ("collection", CNY, 2040, NO_DEBT),
    ("custody", CNY, 7010, FREE),
    ("accrued", CNY, 7020, FREE),
    ("capital", CNY, 8010, NO_DEBT),
    ("payable", CNY, 8020, NO_DEBT),
    ("income", CNY, 8030, FREE),
    ("loss", CNY, 8040, FREE),
    ("issue", 0, 9010, NO_SURPLUS),
)


@audits(services.load_calendar)
def load_calendar(m: Model, c: Any) -> Expect:
    m.calendars[c.name] = (c.first_on, c.days)
    return Expect()


@audits(services.open_fund)
def open_fund(m: Model, c: Any) -> Expect:
    if c.code in m.funds:
        raise Refuse("FundExists")
    m.units[c.unit] = c.code
    found = {name: m.books.open(unit or c.unit, code, way) for name, unit, code, way in ACCOUNTS}
    found = {"reserve": m.reserves["reserve"], **found}
    fund = Fund(c.code, c.unit, c.opened_on.isoformat(), c.terms, c.calendar, found)
    fund.limits += services.REGULATOR_LIMITS
    m.funds[c.code] = fund
    return Expect({"code": c.code, **{f"accounts.{name}": a for name, a in found.items()}})


def fund_of(m: Model, code: str) -> Fund:
    if code not in m.funds:
        raise Refuse("FundUnknown")
    found: Fund = m.funds[code]
    return found


@audits(services.set_limit)
def set_limit(m: Model, c: Any) -> Expect:
    fund, new = fund_of(m, c.fund), c.limit
    same = (new.rule, new.subject, new.from_on)
    fund.limits = [x for x in fund.limits if (x.rule, x.subject, x.from_on) != same] + [new]
    return Expect({"code": fund.code})


@audits(services.set_sales)
def set_sales(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    fund.subscriptions, fund.redemptions = c.subscriptions_open, c.redemptions_open
    m.events["fund.sales_set"] += 1
    return Expect(
        {"subscriptions_open": c.subscriptions_open, "redemptions_open": c.redemptions_open}
    )


def limit_on(fund: Fund, rule: str, on: str, subject: str = "") -> int | None:
    """Return the amount of a dated limit on a day; whoever was there before has a transition."""
    best = None
    for limit in fund.limits:
        if limit.rule.value != rule or limit.subject != subject:
            continue
        begins = limit.from_on
        if limit.transition_to_on is not None and fund.opened_on < limit.from_on.isoformat():
            begins = limit.transition_to_on
        ended = limit.to_on is not None and on > limit.to_on.isoformat()
        if (
            begins.isoformat() <= on
            and not ended
            and (best is None or limit.from_on >= best.from_on)
        ):
            best = limit
    return None if best is None else int(best.amount)


@audits(services.open_advance_line)
def open_advance_line(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    who = m.member(c.bank_id)
    holder = hold(m, fund, who)
    books = m.books
    line = BankLine(
        who.ref,
        c.name,
        holder.account,
        books.open(CNY, 7030, NO_SURPLUS),
        books.open(CNY, 1030, FREE),
        books.open(CNY, 8050, NO_DEBT),
        books.open(fund.unit, 9040, NO_DEBT),
    )
    fund.lines.append(line)
    rule = services.LimitRule.ADVANCE_LINE
    fund.limits.append(services.Limit(rule, c.amount_minor, c.from_on, subject=c.bank_id.hex))
    return Expect({"line": line.line, "pledge": line.pledge, "holder": holder.account})


def hold(m: Model, fund: Fund, who: Any) -> Holder:
    """Return a member's holding; open it if there is none."""
    if who.ref not in fund.holders:
        account = m.books.open(fund.unit, 9020, NO_DEBT)
        fund.holders[who.ref] = Holder(who.ref, account, who.account)
    return fund.holders[who.ref]


@audits(services.open_holding)
def open_holding(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    found = hold(m, fund, m.member(c.member_id))
    return Expect({"account": found.account, "cash": found.cash, "frozen": found.frozen})


@audits(services.import_opening_balances)
def import_balances(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    if fund.runs:
        raise Refuse("RegisterInUse")
    for member_id, shares in zip(c.member_ids, c.shares_minor, strict=True):
        m.books.move(fund.accounts["issue"], holder_of(m, fund, member_id).account, shares)
    total = sum(c.shares_minor)
    m.books.move(fund.accounts["custody"], fund.accounts["capital"], total)
    fund.imported += total
    m.events["fund.register_taken_over"] += 1
    return Expect({"count": len(c.member_ids), "shares_minor": total})


def holder_of(m: Model, fund: Fund, member_id: Any) -> Holder:
    for who in m.members.values():
        if who.id == member_id.hex and who.ref in fund.holders:
            return fund.holders[who.ref]
    raise Refuse("HolderUnknown")


def check_shares(amount: int) -> int:
    if not 0 < amount <= FEN_MAX:
        raise Refuse("AmountOutOfFund")
    return amount


def sorted_holders(fund: Fund) -> list[Holder]:
    return sorted(fund.holders.values(), key=lambda h: h.account)

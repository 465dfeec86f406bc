"""What a member sees and does of its own, and a fund as others are told of it."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from venule.fund import order_store, store
from venule.fund.close import day, day_steps, last_closed, yield_on
from venule.fund.commands import CancelOrder, OpenFund, PayOrder, SetLimit, SetSales
from venule.fund.day_store import StepRecord
from venule.fund.errors import OrderUnknown
from venule.fund.funds import fund_of, holder, open_fund, set_limit, set_sales
from venule.fund.model import (
    DayClosed,
    Fund,
    FundTransferCode,
    Holder,
    Holding,
    Limit,
    Order,
    OrderId,
    OrderKind,
    ShadowState,
)
from venule.fund.schedule import DAY
from venule.fund.service import cancel_order, holding, order, pay_order
from venule.fund.steps import run_ref
from venule.kit.time import china_date, from_us
from venule.ledger import StatementLine, Tx
from venule.members import MemberId

LISTED_MAX: Final = 201
"""Most rows of one page, and the one behind it that says whether there is another page."""

LINES_LOOKED_AT_MAX: Final = 500
"""Most entries of a holding that one page of income looks through."""

LATE_DAYS_MAX: Final = 40
"""So many days after its end a day may be closed and its income still be told by its date."""

_INCOME: Final = (int(FundTransferCode.INCOME_CREDITED), int(FundTransferCode.LOSS_TAKEN))


class FundFacts(msgspec.Struct, frozen=True):
    """A fund as others are told of it. cut_off: HH:MM:SS of China."""

    code: str
    name: str
    opened_on: date
    cut_off: str
    subscriptions_open: bool
    redemptions_open: bool
    shadow_state: ShadowState
    last_closed_on: date | None
    limits: list[Limit]


class OrdersQuery(msgspec.Struct, frozen=True):
    """Which of a member's orders. before: older than this one."""

    fund: str
    member_id: MemberId
    kind: OrderKind | None = None
    before: OrderId | None = None
    limit: int = LISTED_MAX
    distributor: str = "venule"


class OwnerOrder(msgspec.Struct, frozen=True):
    """An order, named by the member that it must belong to."""

    order_id: OrderId
    by: MemberId


class HeldQuery(msgspec.Struct, frozen=True):
    """A member's shares of a fund."""

    fund: str
    member_id: MemberId
    distributor: str = "venule"


class HeldBy(msgspec.Struct, frozen=True):
    """A holding, and the holder it is of."""

    holder: Holder
    holding: Holding


class IncomeQuery(msgspec.Struct, frozen=True):
    """Which page of a member's income. before_seq: `next_seq` of the page before."""

    fund: str
    member_id: MemberId
    before_seq: int | None = None
    limit: int = 31
    distributor: str = "venule"


class IncomeLine(msgspec.Struct, frozen=True):
    """A day's income in fen of shares, negative for a loss. on: None for a part of a loss that
    shares on hold bore."""

    seq: int
    on: date | None
    credited_us: int
    amount: int


class IncomePage(msgspec.Struct, frozen=True):
    """Some of a member's income, the newest first. next_seq: None at the end; a page may be short
    and still not be the last."""

    lines: list[IncomeLine]
    next_seq: int | None


class FundDay(msgspec.Struct, frozen=True):
    """A closed day. yield_e3: 7-day annualised, in thousandths of a percent."""

    closed: DayClosed
    yield_e3: int | None


class FundDayQuery(msgspec.Struct, frozen=True):
    """A fund's day."""

    fund: str
    on: date


def all_funds(tx: Tx) -> list[FundFacts]:
    """Return every fund, by code."""
    return [_facts(tx, fund_of(tx, code)) for code in store.fund_codes(tx.sql)]


def fund_facts(tx: Tx, code: str) -> FundFacts:
    """Return a fund. Raises: FundUnknown."""
    return _facts(tx, fund_of(tx, code))


def _facts(tx: Tx, fund: Fund) -> FundFacts:
    return FundFacts(
        fund.code,
        fund.name,
        fund.opened_on,
        fund.terms.cut_off,
        fund.subscriptions_open,
        fund.redemptions_open,
        fund.shadow_state,
        last_closed(tx, fund.code),
        list(fund.limits),
    )


def launch_fund(tx: Tx, command: OpenFund) -> FundFacts:
    """Open a fund, and tell how it stands. Raises: as `open_fund`."""
    return _facts(tx, open_fund(tx, command))


def change_limit(tx: Tx, command: SetLimit) -> FundFacts:
    """Put a dated limit on a fund, and tell how it stands. Raises: as `set_limit`."""
    return _facts(tx, set_limit(tx, command))


def change_sales(tx: Tx, command: SetSales) -> FundFacts:
    """Open or stop sales by hand, and tell how the fund stands. Raises: as `set_sales`."""
    return _facts(tx, set_sales(tx, command))


def fund_day(tx: Tx, query: FundDayQuery) -> FundDay | None:
    """Return a closed day with its yield, None if it is not closed. Raises: FundUnknown."""
    fund = fund_of(tx, query.fund)
    closed = day(tx, fund.code, query.on)
    return None if closed is None else FundDay(closed, yield_on(tx, fund.code, query.on))


def steps_of_day(tx: Tx, query: FundDayQuery) -> list[StepRecord]:
    """Return the steps done of a day's run, in order. Raises: FundUnknown."""
    return day_steps(tx, fund_of(tx, query.fund).code, query.on)


# A member's own


def held_by(tx: Tx, query: HeldQuery) -> HeldBy:
    """Return what a member holds, and what it has chosen. Raises: HolderUnknown."""
    who = holder(tx, query.fund, query.member_id, query.distributor)
    return HeldBy(who, holding(tx, query.fund, query.member_id, query.distributor))


def orders_of(tx: Tx, query: OrdersQuery) -> list[Order]:
    """Return a member's orders, the newest first. Raises: HolderUnknown."""
    who = holder(tx, query.fund, query.member_id, query.distributor)
    most = max(1, min(query.limit, LISTED_MAX))
    return order_store.orders_of(tx.sql, who.account, query.kind, query.before, most)


def own_order(tx: Tx, query: OwnerOrder) -> Order:
    """Return one's own order. Raises: OrderUnknown, for another's too."""
    found = order(tx, query.order_id)
    who = store.load_holder(tx.sql, found.fund, found.distributor, query.by)
    if who is None or who.account != found.holder:
        raise OrderUnknown(query.order_id)
    return found


def cancel_own_order(tx: Tx, command: OwnerOrder) -> Order:
    """Take one's own order back. Raises: OrderUnknown for another's, and as `cancel_order`."""
    own_order(tx, command)
    return cancel_order(tx, CancelOrder(command.order_id))


def pay_own_order(tx: Tx, command: OwnerOrder) -> Order:
    """Pay one's own subscription. Raises: OrderUnknown for another's, and as `pay_order`."""
    own_order(tx, command)
    return pay_order(tx, PayOrder(command.order_id))


def income_of(tx: Tx, query: IncomeQuery) -> IncomePage:
    """Return a member's income day by day, from the entries of its holding, the newest first.

    One call looks through so many entries of the holding at most; the next page goes on behind.
    Raises: HolderUnknown.
    """
    who = holder(tx, query.fund, query.member_id, query.distributor)
    limit = max(1, min(query.limit, LISTED_MAX))
    looked: list[StatementLine] = []
    least = 0
    for account in (who.account, who.frozen):
        if not account:
            continue
        found = tx.statement(account, limit=LINES_LOOKED_AT_MAX, before_seq=query.before_seq)
        if len(found) == LINES_LOOKED_AT_MAX:
            least = max(least, found[-1].seq)
        looked += found
    whole = sorted((each for each in looked if each.seq >= least), key=lambda e: -e.seq)
    mine = [each for each in whole if each.code in _INCOME]
    lines = [_line(query.fund, each) for each in mine[:limit]]
    if len(mine) > limit:
        return IncomePage(lines, lines[-1].seq)
    return IncomePage(lines, least or None)


def _line(fund: str, entry: StatementLine) -> IncomeLine:
    on = china_date(from_us(entry.at))
    for _ in range(LATE_DAYS_MAX):
        if run_ref(fund, on) == entry.ref:
            return IncomeLine(entry.seq, on, entry.at, entry.amount)
        on -= DAY
    return IncomeLine(entry.seq, None, entry.at, entry.amount)

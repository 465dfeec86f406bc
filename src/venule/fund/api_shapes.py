"""What a fund looks like in JSON. Shares are sums of yuan at 1.00 each; yields have texts of their
own: income per 10,000 shares in yuan with 4 decimals, 7-day yields in percent with 3."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule.fund.mine import FundDay, FundFacts, IncomeLine
from venule.fund.model import (
    CODE_CHARS_MAX,
    FEN_MAX,
    FundTotals,
    Holder,
    Holding,
    Limit,
    LimitRule,
    Order,
    OrderId,
    OrderKind,
    OrderState,
    ShadowState,
)
from venule.kit.http import Amount, Call, Caller, CallerKind, Cursor, NotPermitted, Shape, fen
from venule.kit.http.errors import RouteNotFound
from venule.kit.http.texts import line_pattern
from venule.kit.money import Money
from venule.kit.time import from_us
from venule.members import MemberId

TAG: Final = "fund"
READ: Final = "fund.read"
WRITE: Final = "fund.write"
OPERATE: Final = "fund.operate"

PAGE_MAX: Final = 100
NUMBER_CHARS_MAX: Final = 30
"""Of the caller's own part of an order's number; the rest says whose it is."""

YEARS: Final = range(1990, 2200)
"""Days outside are no fund's."""

assert FEN_MAX == 10_000_000_000_000 * 100, "the patterns say so"

FundCode = Annotated[str, msgspec.Meta(pattern=f"^[A-Za-z0-9]{{1,{CODE_CHARS_MAX}}}$")]
Number = Annotated[
    str,
    msgspec.Meta(
        pattern=line_pattern(NUMBER_CHARS_MAX),
        description="A number of the caller's own: the same one again gives the first order.",
    ),
]
Words = Annotated[str, msgspec.Meta(pattern=line_pattern(128))]
Note = Annotated[str, msgspec.Meta(pattern=line_pattern(128, empty=True))]
Currency = Annotated[str, msgspec.Meta(pattern="^CNY$", examples=["CNY"])]


class Part(Shape, frozen=True):
    """A sum in yuan from 0.00 on."""

    amount: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?$", max_length=16, examples=["100.00"]
        ),
    ]
    currency: Currency

    @property
    def minor(self) -> int:
        """The sum in fen."""
        return Money.parse(self.amount, self.currency).amount


class Signed(Shape, frozen=True):
    """A sum in yuan, of any sign."""

    amount: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?$", max_length=17, examples=["-0.50"]
        ),
    ]
    currency: Currency

    @property
    def minor(self) -> int:
        """The sum in fen."""
        return Money.parse(self.amount, self.currency).amount


class PageQuery(Shape, frozen=True):
    """Which page of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = 20
    cursor: Cursor | None = None


class FundPath(msgspec.Struct, frozen=True):
    """Which fund."""

    fund: FundCode


class DayPath(msgspec.Struct, frozen=True):
    """Which natural day of which fund."""

    fund: FundCode
    on: date


class OrderPath(msgspec.Struct, frozen=True):
    """Which order."""

    order_id: UUID

    @property
    def id(self) -> OrderId:
        """The order's id."""
        return OrderId(self.order_id)


def day_in(call: Call[Any, Any, DayPath]) -> date:
    """Return the day of a path. Raises: RouteNotFound for one that no calendar has."""
    on = call.path.on
    if on.year not in YEARS:
        raise RouteNotFound(call.request.url.path)
    return on


def me(call: Call[Any, Any, Any]) -> MemberId:
    """Return the member whose shares it is about. Raises: NotPermitted."""
    found = call.who.member_id
    if found is None:
        raise NotPermitted("act for a member")
    return MemberId(found)


def number_of(caller: Caller, number: str | None) -> str | None:
    """Return under which number an order is kept: numbers are each caller's own."""
    return None if number is None else f"{caller.id.hex}/{number}"


def text_of(scaled: int, decimals: int) -> str:
    """Return an integer of a scale as exact decimal text."""
    sign, digits = "-" if scaled < 0 else "", str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def scaled_of(text: str, decimals: int) -> int:
    """Return exact decimal text as an integer of a scale; it has no more decimals than that."""
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(decimals, "0"))


class LimitView(msgspec.Struct, frozen=True):
    """A dated limit. transition_to_on: who was in business before is bound from then on only."""

    rule: LimitRule
    amount: Amount
    from_on: date
    to_on: date | None
    transition_to_on: date | None
    subject: str


def limit_view(each: Limit) -> LimitView:
    """Return a dated limit."""
    return LimitView(
        each.rule, fen(each.amount), each.from_on, each.to_on, each.transition_to_on, each.subject
    )


class FundView(msgspec.Struct, frozen=True):
    """A fund. cut_off: HH:MM:SS of China, belongs to the next open day. Limits of single banks are
    shown to staff alone."""

    code: str
    name: str
    opened_on: date
    cut_off: str
    subscriptions_open: bool
    redemptions_open: bool
    shadow_state: ShadowState
    last_closed_on: date | None
    limits: list[LimitView]


def fund_view(caller: Caller, it: FundFacts) -> FundView:
    """Return a fund as members and partners, or staff, see it."""
    staff = caller.kind is CallerKind.STAFF
    return FundView(
        it.code,
        it.name,
        it.opened_on,
        it.cut_off,
        it.subscriptions_open,
        it.redemptions_open,
        it.shadow_state,
        it.last_closed_on,
        [limit_view(each) for each in it.limits if staff or not each.subject],
    )


class FundList(msgspec.Struct, frozen=True):
    """Every fund, by code."""

    items: list[FundView]


class DayView(msgspec.Struct, frozen=True):
    """A closed day. per_10k: income of 10,000 shares in yuan, 4 decimals. yield_7d: annualised, in
    percent, 3 decimals. The sums are the fund's, and shown to staff alone."""

    fund: str
    on: date
    per_10k: str
    yield_7d: str | None
    holders: int | None
    shares: Amount | None
    shares_earning: Amount | None
    net_income: Amount | None
    credited: Amount | None
    residue: Amount | None
    loss_left: Amount | None
    confirmed_in: Amount | None
    confirmed_out: Amount | None


def day_view(caller: Caller, it: FundDay) -> DayView:
    """Return a closed day as the world, or staff, sees it."""
    staff, closed = caller.kind is CallerKind.STAFF, it.closed
    return DayView(
        closed.fund,
        closed.on,
        text_of(closed.per_10k_e4, 4),
        None if it.yield_e3 is None else text_of(it.yield_e3, 3),
        closed.holders if staff else None,
        fen(closed.shares_total) if staff else None,
        fen(closed.shares_earning) if staff else None,
        fen(closed.net_income) if staff else None,
        fen(closed.credited) if staff else None,
        fen(closed.residue) if staff else None,
        fen(closed.loss_left) if staff else None,
        fen(closed.confirmed_in) if staff else None,
        fen(closed.confirmed_out) if staff else None,
    )


class HoldingView(msgspec.Struct, frozen=True):
    """What a member holds: total = available + reserved + frozen. in_transit: paid, not yet
    confirmed. sweep_keep: what the daily sweep leaves in the wallet; null without a sweep."""

    fund: str
    member_id: MemberId
    total: Amount
    available: Amount
    reserved: Amount
    frozen: Amount
    in_transit: Amount
    sweep_keep: Amount | None


def holding_view(fund: str, who: Holder, it: Holding) -> HoldingView:
    """Return what a member holds."""
    return HoldingView(
        fund,
        who.member_id,
        fen(it.total),
        fen(it.available),
        fen(it.reserved),
        fen(it.frozen),
        fen(it.in_transit),
        None if who.sweep_keep is None else fen(who.sweep_keep),
    )


class OrderView(msgspec.Struct, frozen=True):
    """An order and what became of it. amount: money to subscribe, shares to redeem. trade_on: T.
    whole: all shares, with the income not yet credited. leaves_on: of a fast redemption, the first
    day whose income is not the holder's."""

    id: OrderId
    fund: str
    number: str | None
    kind: OrderKind
    state: OrderState
    amount: Amount
    whole: bool
    paid: bool
    accepted_at: datetime
    trade_on: date
    confirm_on: date
    leaves_on: date | None
    returned_on: date | None
    confirmed: Amount | None
    reason: str


def order_view(o: Order) -> OrderView:
    """Return an order as its member sees it."""
    number = o.number
    if number is not None and number[32:33] == "/":
        number = number[33:]
    return OrderView(
        o.id,
        o.fund,
        number,
        o.kind,
        o.state,
        fen(o.amount),
        o.whole,
        o.paid,
        from_us(o.accepted_at),
        o.trade_on,
        o.confirm_on,
        o.leaves_on,
        o.returned_on,
        None if o.confirmed is None else fen(o.confirmed),
        o.reason,
    )


class OrderPage(msgspec.Struct, frozen=True):
    """Some orders, the newest first."""

    items: list[OrderView]
    next_cursor: str | None


class IncomeView(msgspec.Struct, frozen=True):
    """A day's income in shares, negative for a loss. on: null for a part of a loss that shares on
    hold bore."""

    on: date | None
    credited_at: datetime
    amount: Amount


def income_view(it: IncomeLine) -> IncomeView:
    """Return a day's income."""
    return IncomeView(it.on, from_us(it.credited_us), fen(it.amount))


class IncomeList(msgspec.Struct, frozen=True):
    """Some of a member's income, the newest first. A page may be short, or empty, and still have
    another one behind it: go on as long as there is a cursor."""

    items: list[IncomeView]
    next_cursor: str | None


class TotalsView(msgspec.Struct, frozen=True):
    """A fund's register and control accounts."""

    shares: Amount
    pledged: Amount
    reserved: Amount
    in_transit: Amount
    payable: Amount
    advance_used: Amount
    banks: Amount
    loss: Amount
    customers: Amount


def totals_view(it: FundTotals, customers_minor: int) -> TotalsView:
    """Return a fund's sums. customers: what the distributor shows its customers in all."""
    return TotalsView(
        fen(it.shares),
        fen(it.pledged),
        fen(it.reserved),
        fen(it.in_transit),
        fen(it.payable),
        fen(it.advance_used),
        fen(it.banks),
        fen(it.loss),
        fen(customers_minor),
    )

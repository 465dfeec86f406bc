"""What members, and partners for them, do with a fund over HTTP."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from venule.fund import fast, mine, service
from venule.fund.api_shapes import (
    READ,
    TAG,
    WRITE,
    DayPath,
    DayView,
    FundList,
    FundPath,
    FundView,
    HoldingView,
    IncomeList,
    Note,
    Number,
    OrderPage,
    OrderPath,
    OrderView,
    PageQuery,
    Part,
    day_in,
    day_view,
    fund_view,
    holding_view,
    income_view,
    me,
    number_of,
    order_view,
)
from venule.fund.commands import (
    FastRedeem,
    OpenHolding,
    PayFromFund,
    Redeem,
    SetSweep,
    Subscribe,
)
from venule.fund.day_errors import DayNotClosed
from venule.fund.errors import (
    AdvanceExhausted,
    AdvanceNotLicensed,
    BelowMinimum,
    CashInsufficient,
    CutOffPassed,
    FundingInsufficient,
    FundNotOpen,
    FundUnknown,
    HolderUnknown,
    IllegalTransition,
    LimitExceeded,
    OrderNotPayable,
    OrderNumberReused,
    OrderUnknown,
    RedemptionsStopped,
    SharesInsufficient,
    SubscriptionsStopped,
)
from venule.fund.funds import open_holding
from venule.fund.model import FundingOrder, OrderId, OrderKind
from venule.fund.sweep import set_sweep
from venule.kit.errors import AppError, CalendarExhausted
from venule.kit.http import (
    ALL_SIDES,
    MEMBER_SIDE,
    Amount,
    Call,
    CallerKind,
    Paid,
    Route,
    Shape,
    fen,
    give_cursor,
    take_cursor,
)
from venule.members import MemberClosed, MemberFrozen, MemberId, MemberUnknown
from venule.wallet import InsufficientFunds, NotAMerchant, SelfTransfer
from venule.wallet import LimitExceeded as WalletLimitExceeded

_FUND: Final[tuple[type[AppError], ...]] = (FundUnknown, HolderUnknown)
_TIMES: Final[tuple[type[AppError], ...]] = (FundNotOpen, CalendarExhausted)
_SPENDING: Final[tuple[type[AppError], ...]] = (
    MemberUnknown,
    MemberFrozen,
    MemberClosed,
    WalletLimitExceeded,
    CashInsufficient,
)
_ADVANCE: Final[tuple[type[AppError], ...]] = (
    RedemptionsStopped,
    LimitExceeded,
    AdvanceNotLicensed,
    AdvanceExhausted,
    SharesInsufficient,
)


class SubscribeBody(Shape, frozen=True):
    """Money for shares. pay_now: from the wallet now; else it is to be paid before the cut-off."""

    amount: Paid
    number: Number | None = None
    pay_now: bool = True


class RedeemBody(Shape, frozen=True):
    """Shares for money on the next open day. shares: null: all that are free, with the income to
    come."""

    shares: Paid | None
    number: Number | None = None


class FastBody(Shape, frozen=True):
    """Shares for money now."""

    shares: Paid
    number: Number | None = None


class PayBody(Shape, frozen=True):
    """A payment to a merchant from cash and shares. funding: null: the fund's own order."""

    merchant_id: MemberId
    amount: Paid
    funding: FundingOrder | None = None
    note: Note = ""


class SweepBody(Shape, frozen=True):
    """What the daily sweep leaves in the wallet; null: no sweep."""

    keep: Part | None


class OrdersListQuery(PageQuery, frozen=True):
    """Which of the caller's orders."""

    kind: OrderKind | None = None


class PaymentView(msgspec.Struct, frozen=True):
    """A payment, where it came from, and the fast redemption that was part of it."""

    payment_id: UUID
    from_cash: Amount
    from_shares: Amount
    order: OrderView | None


async def list_funds(call: Call[None, None, None]) -> FundList:
    """List all funds."""
    return FundList([fund_view(call.who, each) for each in await call.door.aread(mine.all_funds)])


async def show_fund(call: Call[None, None, FundPath]) -> FundView:
    """Show a fund."""
    return fund_view(call.who, await call.door.aread(mine.fund_facts, call.path.fund))


async def show_fund_day(call: Call[None, None, DayPath]) -> DayView:
    """Show a closed day of a fund."""
    query = mine.FundDayQuery(call.path.fund, day_in(call))
    found = await call.door.aread(mine.fund_day, query)
    if found is None:
        raise DayNotClosed(query.fund, query.on)
    return day_view(call.who, found)


async def open_fund_holding(call: Call[None, None, FundPath]) -> HoldingView:
    """Open a holding; again changes nothing."""
    await call.door.acall(open_holding, OpenHolding(call.path.fund, me(call)))
    return await show_fund_holding(call)


async def show_fund_holding(call: Call[None, None, FundPath]) -> HoldingView:
    """Show what the caller holds."""
    query = mine.HeldQuery(call.path.fund, me(call))
    found = await call.door.aread(mine.held_by, query)
    return holding_view(call.path.fund, found.holder, found.holding)


async def list_fund_income(call: Call[None, PageQuery, FundPath]) -> IncomeList:
    """List the caller's income day by day."""
    seq = None if call.query.cursor is None else take_cursor(call.query.cursor, int)
    query = mine.IncomeQuery(call.path.fund, me(call), seq, call.query.limit)
    found = await call.door.aread(mine.income_of, query)
    more = None if found.next_seq is None else give_cursor(found.next_seq)
    return IncomeList([income_view(each) for each in found.lines], more)


async def subscribe_to_fund(call: Call[SubscribeBody, None, FundPath]) -> OrderView:
    """Buy shares."""
    body = call.body
    command = Subscribe(
        call.path.fund,
        me(call),
        body.amount.money().amount,
        number_of(call.who, body.number),
        body.pay_now,
    )
    return order_view(await call.door.acall(service.subscribe, command, call.key))


async def redeem_from_fund(call: Call[RedeemBody, None, FundPath]) -> OrderView:
    """Sell shares, paid on the next open day."""
    body = call.body
    shares = None if body.shares is None else body.shares.money().amount
    command = Redeem(call.path.fund, me(call), shares, number_of(call.who, body.number))
    return order_view(await call.door.acall(service.redeem, command, call.key))


async def redeem_fast_from_fund(call: Call[FastBody, None, FundPath]) -> OrderView:
    """Sell shares for money now."""
    body = call.body
    command = FastRedeem(
        call.path.fund, me(call), body.shares.money().amount, number_of(call.who, body.number)
    )
    return order_view(await call.door.acall(fast.fast_redeem, command, call.key))


async def pay_merchant_from_fund(call: Call[PayBody, None, FundPath]) -> PaymentView:
    """Pay a merchant from cash and shares."""
    body = call.body
    command = PayFromFund(
        call.path.fund,
        me(call),
        body.merchant_id,
        body.amount.money().amount,
        body.funding,
        body.note,
    )
    made = await call.door.acall(fast.pay_from_fund, command, call.key)
    order = None if made.order is None else order_view(made.order)
    return PaymentView(made.payment_id, fen(made.cash_minor), fen(made.shares_minor), order)


async def set_fund_sweep(call: Call[SweepBody, None, FundPath]) -> HoldingView:
    """Choose the daily sweep, or end it."""
    keep = None if call.body.keep is None else call.body.keep.minor
    await call.door.acall(set_sweep, SetSweep(call.path.fund, me(call), keep))
    query = mine.HeldQuery(call.path.fund, me(call))
    found = await call.door.aread(mine.held_by, query)
    return holding_view(call.path.fund, found.holder, found.holding)


async def list_fund_orders(call: Call[None, OrdersListQuery, FundPath]) -> OrderPage:
    """List the caller's orders."""
    query = call.query
    last = None if query.cursor is None else OrderId(take_cursor(query.cursor, UUID))
    wanted = mine.OrdersQuery(call.path.fund, me(call), query.kind, last, query.limit + 1)
    found = await call.door.aread(mine.orders_of, wanted)
    page = found[: query.limit]
    more = give_cursor(page[-1].id) if len(found) > query.limit else None
    return OrderPage([order_view(each) for each in page], more)


async def show_fund_order(call: Call[None, None, OrderPath]) -> OrderView:
    """Show an order."""
    if call.who.kind is CallerKind.STAFF:
        return order_view(await call.door.aread(service.order, call.path.id))
    query = mine.OwnerOrder(call.path.id, me(call))
    return order_view(await call.door.aread(mine.own_order, query))


async def pay_fund_order(call: Call[None, None, OrderPath]) -> OrderView:
    """Pay a subscription that was accepted without money."""
    command = mine.OwnerOrder(call.path.id, me(call))
    return order_view(await call.door.acall(mine.pay_own_order, command, call.key))


async def cancel_fund_order(call: Call[None, None, OrderPath]) -> OrderView:
    """Take an order back before the cut-off of its trade day."""
    command = mine.OwnerOrder(call.path.id, me(call))
    return order_view(await call.door.acall(mine.cancel_own_order, command, call.key))


_IN: Final[dict[str, Any]] = {"takes_path": FundPath, "tag": TAG}
_LOOKS: Final[dict[str, Any]] = {**_IN, "method": "GET", "who": MEMBER_SIDE, "needs": READ}
_MOVES: Final[dict[str, Any]] = {
    **_IN, "method": "POST", "who": MEMBER_SIDE, "needs": WRITE, "money": True, "rate": "money",
    "answer": OrderView, "status": 201,
}  # fmt: skip
_ORDER: Final[dict[str, Any]] = {**_MOVES, "takes_path": OrderPath, "status": 200}
_PAY: Final = {"amount": "1000.00", "currency": "CNY"}
_AT: Final = "/v1/funds/{fund}"

ROUTES: Final[list[Route]] = [
    Route(method="GET", path="/v1/funds", handler=list_funds, summary="List funds", tag=TAG,
          answer=FundList, who=ALL_SIDES, needs=READ),
    Route(path=_AT, handler=show_fund, summary="Show a fund", answer=FundView, etag=True,
          errors=(FundUnknown,), **{**_LOOKS, "who": ALL_SIDES}),
    Route(path=f"{_AT}/days/{{on}}", handler=show_fund_day, summary="Show a day's yield",
          answer=DayView, errors=(FundUnknown, DayNotClosed),
          **{**_LOOKS, "who": ALL_SIDES, "takes_path": DayPath}),
    Route(path=f"{_AT}/holding", handler=open_fund_holding, summary="Open my holding",
          description="Before the first order; again changes nothing.", answer=HoldingView,
          method="POST", who=MEMBER_SIDE, needs=WRITE,
          errors=(*_FUND, MemberUnknown), **_IN),
    Route(path=f"{_AT}/holding", handler=show_fund_holding, summary="Show my holding",
          answer=HoldingView, errors=(HolderUnknown,), **_LOOKS),
    Route(path=f"{_AT}/income", handler=list_fund_income, summary="List my income",
          query=PageQuery, answer=IncomeList, errors=(HolderUnknown,), **_LOOKS),
    Route(path=f"{_AT}/sweep", handler=set_fund_sweep, summary="Choose the daily sweep",
          description="What is above the sum to keep goes from the wallet into the fund, once a "
          "day.", method="PUT", body=SweepBody, answer=HoldingView, who=MEMBER_SIDE, needs=WRITE,
          errors=_FUND, examples={"body": {"keep": {"amount": "100.00", "currency": "CNY"}}},
          **_IN),
    Route(path=f"{_AT}/subscriptions", handler=subscribe_to_fund, summary="Subscribe",
          description="The money leaves the wallet now; the shares come on the next open day.",
          body=SubscribeBody,
          errors=(*_FUND, OrderNumberReused, SubscriptionsStopped, *_TIMES, BelowMinimum,
                  LimitExceeded, *_SPENDING),
          examples={"body": {"amount": _PAY}}, **_MOVES),
    Route(path=f"{_AT}/redemptions", handler=redeem_from_fund, summary="Redeem",
          description="Paid into the wallet when it is confirmed, on the next open day.",
          body=RedeemBody,
          errors=(*_FUND, OrderNumberReused, RedemptionsStopped, *_TIMES, SharesInsufficient),
          examples={"body": {"shares": None}}, **_MOVES),
    Route(path=f"{_AT}/fast-redemptions", handler=redeem_fast_from_fund, summary="Redeem at once",
          description="A bank advances the money; dated limits apply.", body=FastBody,
          errors=(*_FUND, OrderNumberReused, *_TIMES, *_ADVANCE),
          examples={"body": {"shares": _PAY}}, **_MOVES),
    Route(path=f"{_AT}/payments", handler=pay_merchant_from_fund, summary="Pay from the fund",
          description="What cash lacks is redeemed at once, then the wallet pays all; whole or "
          "not at all.", body=PayBody,
          errors=(*_FUND, FundingInsufficient, *_TIMES, *_ADVANCE, MemberUnknown, MemberFrozen,
                  MemberClosed, SelfTransfer, NotAMerchant, WalletLimitExceeded,
                  InsufficientFunds),
          examples={"body": {
              "merchant_id": "01890a5d-ac96-774b-bcce-b302099a8057", "amount": _PAY}},
          **{**_MOVES, "answer": PaymentView}),
    Route(path=f"{_AT}/orders", handler=list_fund_orders, summary="List my orders",
          query=OrdersListQuery, answer=OrderPage, errors=(HolderUnknown,), **_LOOKS),
    Route(path="/v1/fund-orders/{order_id}", handler=show_fund_order, summary="Show an order",
          answer=OrderView, errors=(OrderUnknown,),
          **{**_LOOKS, "who": ALL_SIDES, "takes_path": OrderPath}),
    Route(path="/v1/fund-orders/{order_id}/payment", handler=pay_fund_order,
          summary="Pay a subscription", description="One that was accepted without money.",
          errors=(OrderUnknown, OrderNotPayable, CutOffPassed, *_SPENDING), **_ORDER),
    Route(path="/v1/fund-orders/{order_id}/cancellation", handler=cancel_fund_order,
          summary="Cancel an order", description="Until the cut-off of its trade day.",
          errors=(OrderUnknown, IllegalTransition, CutOffPassed), **_ORDER),
]  # fmt: skip

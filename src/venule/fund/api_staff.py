"""What staff do with a fund over HTTP: calendar, limits, sales, valuation, income, the day's run.

What opens a fund, takes a register over, unfreezes shares or undoes an advance is proposed and
approved by two people, and has no operation here.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule.fund import mine, service
from venule.fund.api_shapes import (
    OPERATE,
    READ,
    TAG,
    DayPath,
    FundPath,
    FundView,
    Note,
    OrderPath,
    OrderView,
    Part,
    Signed,
    TotalsView,
    Words,
    day_in,
    fund_view,
    order_view,
    scaled_of,
    text_of,
    totals_view,
)
from venule.fund.close import close_step, customers_balance, open_step, publish_income, totals
from venule.fund.commands import (
    CloseDay,
    FreezeShares,
    LoadCalendar,
    OpenAdvanceLine,
    OpenDay,
    OpenHoldings,
    PayUnpaid,
    PublishIncome,
    RejectOrder,
    ReportValuation,
    SetLimit,
    SetSales,
    Sweep,
)
from venule.fund.errors import (
    AdvanceNotLicensed,
    CalendarChanged,
    CloseRefused,
    DayNotOver,
    DayOutOfOrder,
    FundNotOpen,
    FundUnknown,
    HolderExists,
    HolderUnknown,
    IllegalTransition,
    IncomeChanged,
    OrderNotPayable,
    OrderUnknown,
    SharesInsufficient,
    SubscriptionsStopped,
    SweepNotToday,
    TermsWrong,
    ValuationNotDue,
    YieldMissing,
)
from venule.fund.freezes import freeze_shares
from venule.fund.funds import load_calendar, open_advance_line, open_holdings
from venule.fund.model import FreezeCause, FreezeId, Limit, LimitRule, ShadowState, Step
from venule.fund.sweep import sweep as sweep_wallets
from venule.fund.valuation import report_valuation
from venule.kit.errors import CalendarExhausted
from venule.kit.http import STAFF, Amount, Call, Paid, Route, Shape, fen
from venule.kit.time import from_us
from venule.members import MemberClosed, MemberId, MemberUnknown

CALENDAR_DAYS_MAX: Final = 4_000
HOLDINGS_MAX: Final = 1_000

Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9 -]{0,31}$")]


class CalendarPath(msgspec.Struct, frozen=True):
    """Which calendar."""

    calendar: Name


class CalendarBody(Shape, frozen=True):
    """A calendar: one character a natural day from `first_on`, 1 open, 0 closed."""

    first_on: date
    days: Annotated[
        str, msgspec.Meta(pattern="^[01]+$", min_length=1, max_length=CALENDAR_DAYS_MAX)
    ]


class LimitBody(Shape, frozen=True):
    """A dated limit. subject: the bank's member id in hexadecimal, for an advance line alone."""

    rule: LimitRule
    amount: Part
    from_on: date
    to_on: date | None = None
    transition_to_on: date | None = None
    subject: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""


class SalesBody(Shape, frozen=True):
    """What is sold and bought back, by hand."""

    subscriptions_open: bool
    redemptions_open: bool
    reason: Words


class LineBody(Shape, frozen=True):
    """A bank that advances fast redemptions."""

    bank_id: MemberId
    name: Words
    licensed: bool
    amount: Paid
    from_on: date


class LineView(msgspec.Struct, frozen=True):
    """A bank that advances."""

    bank_id: UUID
    name: str
    licensed: bool


class NetIncome(Shape, frozen=True, tag_field="as", tag="net_income"):
    """The register's net income of a day."""

    amount: Signed


class PerTenThousand(Shape, frozen=True, tag_field="as", tag="per_10k"):
    """The income of 10,000 shares of a day, in yuan with up to 4 decimals."""

    per_10k: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,4})?$", max_length=11, examples=["1.2986"]
        ),
    ]


class IncomePublished(msgspec.Struct, frozen=True):
    """What was published."""

    fund: str
    on: date
    net_income: Amount | None
    per_10k: str | None


class ValuationBody(Shape, frozen=True):
    """A trading day's value of the fund, at amortised cost and at market."""

    amortised: Paid
    shadow: Paid


class VerdictView(msgspec.Struct, frozen=True):
    """What holds after a trading day. deviation_ppm: parts per million, rounded, for display."""

    on: date
    state: ShadowState
    deviation_ppm: int
    stop_subscriptions: bool
    stop_redemptions: bool
    mend_days: int | None


class StepView(msgspec.Struct, frozen=True):
    """Where a day's run stands: its next step."""

    next: Step


class DoneView(msgspec.Struct, frozen=True):
    """A step done: entries or rows, the money or shares it moved, the hash of what it worked on."""

    step: Step
    shard: int
    entries: int
    moved: Amount
    hash: str
    done_at: datetime


class DoneList(msgspec.Struct, frozen=True):
    """The steps done of a day's run, in order."""

    items: list[DoneView]


class SweptView(msgspec.Struct, frozen=True):
    """What a sweep did."""

    orders: int
    amount: Amount


class FreezeBody(Shape, frozen=True):
    """Shares to freeze: they earn on, and cannot be redeemed."""

    member_id: MemberId
    shares: Paid
    cause: FreezeCause
    note: Note = ""


class FreezeView(msgspec.Struct, frozen=True):
    """A freeze."""

    id: FreezeId
    fund: str
    shares: Amount
    cause: FreezeCause


class HoldingsBody(Shape, frozen=True):
    """Members who have no holding yet."""

    member_ids: Annotated[list[MemberId], msgspec.Meta(min_length=1, max_length=HOLDINGS_MAX)]


class HoldingsView(msgspec.Struct, frozen=True):
    """How many holdings were opened."""

    opened: int


class ReasonBody(Shape, frozen=True):
    """Why."""

    reason: Words


class PayeeBody(Shape, frozen=True):
    """Whose wallet takes the money."""

    member_id: MemberId


async def load_fund_calendar(call: Call[CalendarBody, None, CalendarPath]) -> None:
    """Load a calendar, or more days of one."""
    command = LoadCalendar(call.path.calendar, call.body.first_on, call.body.days)
    await call.door.acall(load_calendar, command)


async def set_fund_limit(call: Call[LimitBody, None, FundPath]) -> FundView:
    """Put a dated limit on a fund."""
    body = call.body
    limit = Limit(
        body.rule, body.amount.minor, body.from_on, body.to_on, body.transition_to_on, body.subject
    )
    command = SetLimit(call.path.fund, limit)
    return fund_view(call.who, await call.door.acall(mine.change_limit, command))


async def set_fund_sales(call: Call[SalesBody, None, FundPath]) -> FundView:
    """Open or stop subscriptions and redemptions by hand."""
    body = call.body
    command = SetSales(call.path.fund, body.subscriptions_open, body.redemptions_open, body.reason)
    return fund_view(call.who, await call.door.acall(mine.change_sales, command))


async def open_fund_advance_line(call: Call[LineBody, None, FundPath]) -> LineView:
    """Let a bank advance fast redemptions."""
    body = call.body
    command = OpenAdvanceLine(
        call.path.fund,
        body.bank_id,
        body.name,
        body.licensed,
        body.amount.money().amount,
        body.from_on,
    )
    made = await call.door.acall(open_advance_line, command)
    return LineView(made.bank, made.name, made.licensed)


async def publish_fund_income(
    call: Call[NetIncome | PerTenThousand, None, DayPath],
) -> IncomePublished:
    """Publish a natural day's income."""
    fund, on, body = call.path.fund, day_in(call), call.body
    if isinstance(body, NetIncome):
        command = PublishIncome(fund, on, net_income_minor=body.amount.minor)
        said = IncomePublished(fund, on, fen(body.amount.minor), None)
    else:
        scaled = scaled_of(body.per_10k, 4)
        command = PublishIncome(fund, on, per_10k_e4=scaled)
        said = IncomePublished(fund, on, None, text_of(scaled, 4))
    await call.door.acall(publish_income, command)
    return said


async def report_fund_valuation(call: Call[ValuationBody, None, DayPath]) -> VerdictView:
    """Report a trading day's value; what it stops, it stops by itself."""
    body = call.body
    command = ReportValuation(
        call.path.fund, day_in(call), body.amortised.money().amount, body.shadow.money().amount
    )
    it = await call.door.acall(report_valuation, command)
    return VerdictView(
        it.on,
        it.state,
        it.deviation_ppm,
        it.stop_subscriptions,
        it.stop_redemptions,
        it.mend_days,
    )


async def open_fund_day_step(call: Call[None, None, DayPath]) -> StepView:
    """Do the next morning step of a day."""
    command = OpenDay(call.path.fund, day_in(call))
    return StepView((await call.door.acall(open_step, command, call.key)).next)


async def close_fund_day_step(call: Call[None, None, DayPath]) -> StepView:
    """Do the next step of a day's run."""
    command = CloseDay(call.path.fund, day_in(call))
    return StepView((await call.door.acall(close_step, command, call.key)).next)


async def list_fund_day_steps(call: Call[None, None, DayPath]) -> DoneList:
    """List the steps done of a day's run."""
    query = mine.FundDayQuery(call.path.fund, day_in(call))
    found = await call.door.aread(mine.steps_of_day, query)
    return DoneList(
        [
            DoneView(s.step, s.shard, s.entries, fen(s.fen), s.hash.hex(), from_us(s.done_at))
            for s in found
        ]
    )


async def sweep_into_fund(call: Call[None, None, DayPath]) -> SweptView:
    """Sweep the wallets of all who chose it, once a day."""
    command = Sweep(call.path.fund, day_in(call))
    made = await call.door.acall(sweep_wallets, command, call.key)
    return SweptView(made.orders, fen(made.amount_minor))


async def show_fund_totals(call: Call[None, None, FundPath]) -> TotalsView:
    """Show a fund's register and control accounts."""
    found = await call.door.aread(totals, call.path.fund)
    return totals_view(found, await call.door.aread(customers_balance, call.path.fund))


async def freeze_fund_shares(call: Call[FreezeBody, None, FundPath]) -> FreezeView:
    """Freeze free shares of a member."""
    body = call.body
    command = FreezeShares(
        call.path.fund, body.member_id, body.shares.money().amount, body.cause, body.note
    )
    made = await call.door.acall(freeze_shares, command, call.key)
    return FreezeView(made.id, made.fund, fen(made.shares_minor), made.cause)


async def open_fund_holdings(call: Call[HoldingsBody, None, FundPath]) -> HoldingsView:
    """Open holdings for many members, all or none."""
    command = OpenHoldings(call.path.fund, call.body.member_ids)
    return HoldingsView((await call.door.acall(open_holdings, command)).count)


async def reject_fund_order(call: Call[ReasonBody, None, OrderPath]) -> OrderView:
    """Refuse an order that was sent."""
    command = RejectOrder(call.path.id, call.body.reason)
    return order_view(await call.door.acall(service.reject_order, command, call.key))


async def pay_unpaid_fund_order(call: Call[PayeeBody, None, OrderPath]) -> OrderView:
    """Pay a redemption, whose own wallet was closed, into another one."""
    command = PayUnpaid(call.path.id, call.body.member_id)
    return order_view(await call.door.acall(service.pay_unpaid, command, call.key))


_DOES: Final[dict[str, Any]] = {"who": STAFF, "needs": OPERATE, "tag": TAG}
_IN: Final[dict[str, Any]] = {**_DOES, "takes_path": FundPath}
_ON: Final[dict[str, Any]] = {**_DOES, "takes_path": DayPath}
_OF: Final[dict[str, Any]] = {
    **_DOES, "takes_path": OrderPath, "method": "POST", "money": True, "answer": OrderView,
}  # fmt: skip
_RUN: Final[dict[str, Any]] = {**_ON, "method": "POST", "money": True, "answer": StepView}
_AT: Final = "/v1/funds/{fund}"
_DAY: Final = "/v1/funds/{fund}/days/{on}"
_ORDER: Final = "/v1/fund-orders/{order_id}"
_DAYS: Final = (FundUnknown, CalendarExhausted, DayOutOfOrder)
_MEMBER: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
_PAY: Final = {"amount": "1000.00", "currency": "CNY"}

ROUTES: Final[list[Route]] = [
    Route(method="PUT", path="/v1/fund-calendars/{calendar}", handler=load_fund_calendar,
          summary="Load a calendar", description="Or more days of one; a day that has begun keeps "
          "what it was.", body=CalendarBody, takes_path=CalendarPath, errors=(CalendarChanged,),
          examples={"body": {"first_on": "2014-01-01", "days": "0110011"}}, **_DOES),
    Route(method="POST", path=f"{_AT}/limits", handler=set_fund_limit, summary="Set a dated limit",
          description="The same rule, subject and first day again replaces it.", body=LimitBody,
          answer=FundView, errors=(FundUnknown, TermsWrong),
          examples={"body": {"rule": "subscribe_min", "from_on": "2014-06-01",
                             "amount": {"amount": "1.00", "currency": "CNY"}}}, **_IN),
    Route(method="PUT", path=f"{_AT}/sales", handler=set_fund_sales, summary="Open or stop sales",
          body=SalesBody, answer=FundView, errors=(FundUnknown,),
          examples={"body": {"subscriptions_open": False, "redemptions_open": True,
                             "reason": "the fund is full"}}, **_IN),
    Route(method="POST", path=f"{_AT}/advance-lines", handler=open_fund_advance_line, status=201,
          summary="Open an advance line", body=LineBody, answer=LineView,
          errors=(FundUnknown, MemberUnknown, TermsWrong, AdvanceNotLicensed),
          examples={"body": {"bank_id": _MEMBER, "name": "A bank", "licensed": True,
                             "amount": _PAY, "from_on": "2014-06-01"}}, **_IN),
    Route(method="PUT", path=f"{_DAY}/income", handler=publish_fund_income,
          summary="Publish a day's income", description="Again with the same figure changes "
          "nothing.", body=NetIncome | PerTenThousand, answer=IncomePublished,
          errors=(*_DAYS, IncomeChanged),
          examples={"body": {"as": "per_10k", "per_10k": "1.2986"}}, **_ON),
    Route(method="PUT", path=f"{_DAY}/valuation", handler=report_fund_valuation,
          summary="Report a day's valuation", body=ValuationBody, answer=VerdictView,
          errors=(FundUnknown, CalendarExhausted, ValuationNotDue),
          examples={"body": {"amortised": _PAY, "shadow": _PAY}}, **_ON),
    Route(path=f"{_DAY}/opening-steps", handler=open_fund_day_step, summary="Open a day by a step",
          description="Confirms and pays in the morning what is due; go on until the next step is "
          "`cut`.", errors=(*_DAYS, DayNotOver, CloseRefused), **_RUN),
    Route(path=f"{_DAY}/closing-steps", handler=close_fund_day_step,
          summary="Close a day by a step", description="Go on, each time with a key of its own, "
          "until the next step is `closed`.",
          errors=(*_DAYS, DayNotOver, YieldMissing, CloseRefused), **_RUN),
    Route(method="GET", path=f"{_DAY}/steps", handler=list_fund_day_steps,
          summary="List the steps of a day", answer=DoneList, errors=(FundUnknown,),
          **{**_ON, "needs": READ}),
    Route(path=f"{_DAY}/sweep", handler=sweep_into_fund, summary="Sweep wallets into the fund",
          description="Today's, once; again gives the first answer.",
          errors=(FundUnknown, FundNotOpen, SubscriptionsStopped, SweepNotToday,
                  CalendarExhausted), **{**_RUN, "answer": SweptView}),
    Route(method="GET", path=f"{_AT}/totals", handler=show_fund_totals, answer=TotalsView,
          summary="Show a fund's sums", errors=(FundUnknown,), **{**_IN, "needs": READ}),
    Route(method="POST", path=f"{_AT}/share-freezes", handler=freeze_fund_shares, status=201,
          summary="Freeze shares", description="By a court's order, the holder's wish, as a pledge "
          "(0, 1, 2).", body=FreezeBody, answer=FreezeView, money=True,
          errors=(FundUnknown, HolderUnknown, SharesInsufficient),
          examples={"body": {"member_id": _MEMBER, "shares": _PAY, "cause": 0}},
          **{**_IN, "needs": "fund.freeze_shares"}),
    Route(method="POST", path=f"{_AT}/holdings", handler=open_fund_holdings, status=201,
          summary="Open holdings", body=HoldingsBody, answer=HoldingsView,
          errors=(FundUnknown, MemberUnknown, HolderExists),
          examples={"body": {"member_ids": [_MEMBER]}}, **_IN),
    Route(path=f"{_ORDER}/rejection", handler=reject_fund_order, summary="Reject an order",
          description="One that was sent; money and shares are free at once.", body=ReasonBody,
          errors=(OrderUnknown, IllegalTransition), examples={"body": {"reason": "not known"}},
          **_OF),
    Route(path=f"{_ORDER}/settlement", handler=pay_unpaid_fund_order, body=PayeeBody,
          summary="Pay an unpaid redemption", description="Whose own wallet could not take it.",
          errors=(OrderUnknown, OrderNotPayable, MemberUnknown, MemberClosed),
          examples={"body": {"member_id": _MEMBER}}, **_OF),
]  # fmt: skip

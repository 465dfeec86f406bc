# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `fund`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.models.common import Amount, Paid
from venule.client.shapes import Struct, Word


class FundLimitRule(Word):
    """What a dated limit limits; amounts in fen."""

    ADVANCE_LINE = "advance_line"
    FAST_DAILY = "fast_daily"
    HOLDING_CAP = "holding_cap"
    SUBSCRIBE_DAILY = "subscribe_daily"
    SUBSCRIBE_MIN = "subscribe_min"


class FundingOrder(Word):
    """Which money a payment takes first."""

    CASH_ONLY = "cash_only"
    CASH_THEN_SHARES = "cash_then_shares"
    SHARES_ONLY = "shares_only"
    SHARES_THEN_CASH = "shares_then_cash"


class OrderKind(Word):
    """What an order asks for. FAST is an advance against a pledge; PLEDGE is its redemption."""

    FAST = "fast"
    PLEDGE = "pledge"
    REDEEM = "redeem"
    SUBSCRIBE = "subscribe"


class OrderState(Word):
    """Where an order stands; see `states.TRANSITIONS`."""

    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    PARTLY_CONFIRMED = "partly_confirmed"
    REJECTED = "rejected"
    SENT = "sent"


class ShadowState(Word):
    """What the deviation of shadow from amortised value demands.

    LOW: back inside within some trading days. HIGH: the same, and no subscriptions.
    VERY_LOW: make good the difference. FAIR_VALUE and LIQUIDATING: after two trading days
    very low; both stay.
    """

    FAIR_VALUE = "fair_value"
    HIGH = "high"
    INSIDE = "inside"
    LIQUIDATING = "liquidating"
    LOW = "low"
    VERY_LOW = "very_low"


class Step(Word):
    """The steps of a day's run, in order."""

    CHECK = "check"
    CLOSED = "closed"
    CONFIRM = "confirm"
    CUT = "cut"
    DISTRIBUTE = "distribute"
    INCOME = "income"
    PAY_OUT = "pay_out"


class CalendarBody(Struct, frozen=True, kw_only=True):
    """A calendar: one character a natural day from `first_on`, 1 open, 0 closed."""

    first_on: dt.date
    days: str


class DayView(Struct, frozen=True, kw_only=True):
    """A closed day. per_10k: income of 10,000 shares in yuan, 4 decimals. yield_7d:
    annualised, in percent, 3 decimals. The sums are the fund's, and shown to staff alone.
    """

    fund: str
    on: dt.date
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


class DoneList(Struct, frozen=True, kw_only=True):
    """The steps done of a day's run, in order."""

    items: list[DoneView]


class DoneView(Struct, frozen=True, kw_only=True):
    """A step done: entries or rows, the money or shares it moved, the hash of what it worked
    on.
    """

    step: Step
    shard: int
    entries: int
    moved: Amount
    hash: str
    done_at: dt.datetime


class FastBody(Struct, frozen=True, kw_only=True):
    """Shares for money now."""

    shares: Paid
    number: str | None = None


class FreezeView(Struct, frozen=True, kw_only=True):
    """A freeze."""

    id: UUID
    fund: str
    shares: Amount
    cause: int


class FundFreezeBody(Struct, frozen=True, kw_only=True):
    """Shares to freeze: they earn on, and cannot be redeemed."""

    member_id: UUID
    shares: Paid
    cause: int
    note: str = ""


class FundLineView(Struct, frozen=True, kw_only=True):
    """A bank that advances."""

    bank_id: UUID
    name: str
    licensed: bool


class FundList(Struct, frozen=True, kw_only=True):
    """Every fund, by code."""

    items: list[FundView]


class FundPart(Struct, frozen=True, kw_only=True):
    """A sum in yuan from 0.00 on."""

    amount: str
    currency: str


class FundPayBody(Struct, frozen=True, kw_only=True):
    """A payment to a merchant from cash and shares. funding: null: the fund's own order."""

    merchant_id: UUID
    amount: Paid
    funding: FundingOrder | None = None
    note: str = ""


class FundPaymentView(Struct, frozen=True, kw_only=True):
    """A payment, where it came from, and the fast redemption that was part of it."""

    payment_id: UUID
    from_cash: Amount
    from_shares: Amount
    order: OrderView | None


class FundReasonBody(Struct, frozen=True, kw_only=True):
    """Why."""

    reason: str


class FundView(Struct, frozen=True, kw_only=True):
    """A fund. cut_off: HH:MM:SS of China, belongs to the next open day. Limits of single banks
    are shown to staff alone.
    """

    code: str
    name: str
    opened_on: dt.date
    cut_off: str
    subscriptions_open: bool
    redemptions_open: bool
    shadow_state: ShadowState
    last_closed_on: dt.date | None
    limits: list[LimitView]


class HoldingView(Struct, frozen=True, kw_only=True):
    """What a member holds: total = available + reserved + frozen. in_transit: paid, not yet
    confirmed. sweep_keep: what the daily sweep leaves in the wallet; null without a sweep.
    """

    fund: str
    member_id: UUID
    total: Amount
    available: Amount
    reserved: Amount
    frozen: Amount
    in_transit: Amount
    sweep_keep: Amount | None


class HoldingsBody(Struct, frozen=True, kw_only=True):
    """Members who have no holding yet."""

    member_ids: list[UUID]


class HoldingsView(Struct, frozen=True, kw_only=True):
    """How many holdings were opened."""

    opened: int


class IncomeList(Struct, frozen=True, kw_only=True):
    """Some of a member's income, the newest first. A page may be short, or empty, and still
    have another one behind it: go on as long as there is a cursor.
    """

    items: list[IncomeView]
    next_cursor: str | None


class IncomePublished(Struct, frozen=True, kw_only=True):
    """What was published."""

    fund: str
    on: dt.date
    net_income: Amount | None
    per_10k: str | None


class IncomeView(Struct, frozen=True, kw_only=True):
    """A day's income in shares, negative for a loss. on: null for a part of a loss that shares
    on hold bore.
    """

    on: dt.date | None
    credited_at: dt.datetime
    amount: Amount


class LimitBody(Struct, frozen=True, kw_only=True):
    """A dated limit. subject: the bank's member id in hexadecimal, for an advance line alone."""

    rule: FundLimitRule
    amount: FundPart
    from_on: dt.date
    to_on: dt.date | None = None
    transition_to_on: dt.date | None = None
    subject: str = ""


class LimitView(Struct, frozen=True, kw_only=True):
    """A dated limit. transition_to_on: who was in business before is bound from then on only."""

    rule: FundLimitRule
    amount: Amount
    from_on: dt.date
    to_on: dt.date | None
    transition_to_on: dt.date | None
    subject: str


class LineBody(Struct, frozen=True, kw_only=True):
    """A bank that advances fast redemptions."""

    bank_id: UUID
    name: str
    licensed: bool
    amount: Paid
    from_on: dt.date


class NetIncome(Struct, frozen=True, kw_only=True, tag_field="as", tag="net_income"):
    """The register's net income of a day."""

    amount: Signed


class OrderPage(Struct, frozen=True, kw_only=True):
    """Some orders, the newest first."""

    items: list[OrderView]
    next_cursor: str | None


class OrderView(Struct, frozen=True, kw_only=True):
    """An order and what became of it. amount: money to subscribe, shares to redeem. trade_on:
    T. whole: all shares, with the income not yet credited. leaves_on: of a fast redemption,
    the first day whose income is not the holder's.
    """

    id: UUID
    fund: str
    number: str | None
    kind: OrderKind
    state: OrderState
    amount: Amount
    whole: bool
    paid: bool
    accepted_at: dt.datetime
    trade_on: dt.date
    confirm_on: dt.date
    leaves_on: dt.date | None
    returned_on: dt.date | None
    confirmed: Amount | None
    reason: str


class PayeeBody(Struct, frozen=True, kw_only=True):
    """Whose wallet takes the money."""

    member_id: UUID


class PerTenThousand(Struct, frozen=True, kw_only=True, tag_field="as", tag="per_10k"):
    """The income of 10,000 shares of a day, in yuan with up to 4 decimals."""

    per_10k: str


class RedeemBody(Struct, frozen=True, kw_only=True):
    """Shares for money on the next open day. shares: null: all that are free, with the income
    to come.
    """

    shares: Paid | None
    number: str | None = None


class SalesBody(Struct, frozen=True, kw_only=True):
    """What is sold and bought back, by hand."""

    subscriptions_open: bool
    redemptions_open: bool
    reason: str


class Signed(Struct, frozen=True, kw_only=True):
    """A sum in yuan, of any sign."""

    amount: str
    currency: str


class StepView(Struct, frozen=True, kw_only=True):
    """Where a day's run stands: its next step."""

    next: Step


class SubscribeBody(Struct, frozen=True, kw_only=True):
    """Money for shares. pay_now: from the wallet now; else it is to be paid before the
    cut-off.
    """

    amount: Paid
    number: str | None = None
    pay_now: bool = True


class SweepBody(Struct, frozen=True, kw_only=True):
    """What the daily sweep leaves in the wallet; null: no sweep."""

    keep: FundPart | None


class SweptView(Struct, frozen=True, kw_only=True):
    """What a sweep did."""

    orders: int
    amount: Amount


class TotalsView(Struct, frozen=True, kw_only=True):
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


class ValuationBody(Struct, frozen=True, kw_only=True):
    """A trading day's value of the fund, at amortised cost and at market."""

    amortised: Paid
    shadow: Paid


class VerdictView(Struct, frozen=True, kw_only=True):
    """What holds after a trading day. deviation_ppm: parts per million, rounded, for display."""

    on: dt.date
    state: ShadowState
    deviation_ppm: int
    stop_subscriptions: bool
    stop_redemptions: bool
    mend_days: int | None

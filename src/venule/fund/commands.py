"""What the fund room can be asked to do: the bodies of its use cases. Amounts are int fen."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from venule.fund.model import (
    OWN_DISTRIBUTOR,
    FreezeCause,
    FreezeId,
    FundingOrder,
    Limit,
    Order,
    OrderId,
    Terms,
)
from venule.members import MemberId


class LoadCalendar(msgspec.Struct, frozen=True):
    """A calendar: one character a natural day from `first_on`, 1 open, 0 closed."""

    name: str
    first_on: date
    days: str


class OpenFund(msgspec.Struct, frozen=True):
    """Open a fund with one share class. `unit`: 1000 to 65535; `opened_on`: its first day.

    calendar: the name of a loaded calendar; its days bound the fund's.
    """

    code: str
    name: str
    unit: int
    opened_on: date
    calendar: str
    terms: Terms = Terms()


class SetLimit(msgspec.Struct, frozen=True):
    """Put a dated limit on a fund; the same rule, subject and first day again replaces it."""

    fund: str
    limit: Limit


class OpenAdvanceLine(msgspec.Struct, frozen=True):
    """Let a bank advance fast redemptions, up to `amount_minor` at a time from a day on.

    bank_id: a member (institution), whose wallet gets what the bank redeems.
    """

    fund: str
    bank_id: MemberId
    name: str
    licensed: bool
    amount_minor: int
    from_on: date


class SetSales(msgspec.Struct, frozen=True):
    """Open or stop subscriptions and redemptions by hand."""

    fund: str
    subscriptions_open: bool
    redemptions_open: bool
    reason: str


class OpenHolding(msgspec.Struct, frozen=True):
    """Open a holding for a member; again gives the first."""

    fund: str
    member_id: MemberId
    distributor: str = OWN_DISTRIBUTOR


class OpenHoldings(msgspec.Struct, frozen=True):
    """Open holdings for many members who have none, all or none."""

    fund: str
    member_ids: list[MemberId]
    distributor: str = OWN_DISTRIBUTOR


class HoldingsOpened(msgspec.Struct, frozen=True):
    """The new holdings' accounts: consecutive, in the order asked for."""

    first_account: int
    count: int


class ImportBalances(msgspec.Struct, frozen=True):
    """Take over a register from an earlier registrar: fen of shares of members with a holding."""

    fund: str
    member_ids: list[MemberId]
    shares_minor: list[int]
    distributor: str = OWN_DISTRIBUTOR


class Imported(msgspec.Struct, frozen=True):
    """What was taken over."""

    count: int
    shares_minor: int


class Subscribe(msgspec.Struct, frozen=True):
    """Buy shares for an amount of money. number: the distributor's, unique for ever; None: ours.

    paid: take the money from the wallet now; else `pay_order` must come before the cut-off.
    """

    fund: str
    member_id: MemberId
    amount_minor: int
    number: str | None = None
    paid: bool = True
    distributor: str = OWN_DISTRIBUTOR


class Redeem(msgspec.Struct, frozen=True):
    """Sell shares, paid on the next open day. None: all that are free, with income to come."""

    fund: str
    member_id: MemberId
    shares_minor: int | None
    number: str | None = None
    distributor: str = OWN_DISTRIBUTOR


class PayOrder(msgspec.Struct, frozen=True):
    """Pay a subscription that was accepted without money."""

    order_id: OrderId


class CancelOrder(msgspec.Struct, frozen=True):
    """Take an order back before the cut-off of its trade day."""

    order_id: OrderId


class RejectOrder(msgspec.Struct, frozen=True):
    """The fund refuses an order that was sent."""

    order_id: OrderId
    reason: str


class PayUnpaid(msgspec.Struct, frozen=True):
    """Pay a redemption whose wallet was closed into another member's wallet."""

    order_id: OrderId
    member_id: MemberId


class FastRedeem(msgspec.Struct, frozen=True):
    """Sell shares for money now, advanced by a bank."""

    fund: str
    member_id: MemberId
    shares_minor: int
    number: str | None = None
    distributor: str = OWN_DISTRIBUTOR


class ReverseFast(msgspec.Struct, frozen=True):
    """Undo a fast redemption whose pay-out failed."""

    order_id: OrderId
    reason: str


class PayFromFund(msgspec.Struct, frozen=True):
    """Pay a merchant from cash and shares. funding: None takes the fund's own order."""

    fund: str
    payer_id: MemberId
    merchant_id: MemberId
    amount_minor: int
    funding: FundingOrder | None = None
    note: str = ""
    distributor: str = OWN_DISTRIBUTOR


class FundPayment(msgspec.Struct, frozen=True):
    """A payment, where it came from, and the fast redemption that was part of it."""

    payment_id: UUID
    cash_minor: int
    shares_minor: int
    order: Order | None


class SetSweep(msgspec.Struct, frozen=True):
    """Choose the daily sweep: what is above `keep_minor` in the wallet goes into the fund.

    None ends it.
    """

    fund: str
    member_id: MemberId
    keep_minor: int | None
    distributor: str = OWN_DISTRIBUTOR


class Sweep(msgspec.Struct, frozen=True):
    """Sweep all wallets whose members chose it, once a natural day."""

    fund: str
    on: date


class Swept(msgspec.Struct, frozen=True):
    """What a sweep did: subscriptions and fen."""

    orders: int
    amount_minor: int


class FreezeShares(msgspec.Struct, frozen=True):
    """Freeze free shares: they earn on, and can't be redeemed."""

    fund: str
    member_id: MemberId
    shares_minor: int
    cause: FreezeCause
    note: str = ""
    distributor: str = OWN_DISTRIBUTOR


class ShareFreeze(msgspec.Struct, frozen=True):
    """A freeze of some shares of a holder."""

    id: FreezeId
    fund: str
    holder: int
    shares_minor: int
    cause: FreezeCause
    released: bool


class UnfreezeShares(msgspec.Struct, frozen=True):
    """Release a freeze, whole."""

    freeze_id: FreezeId


class PublishIncome(msgspec.Struct, frozen=True):
    """A natural day's income: the register's net income in fen, or the income per 10,000 shares.

    Exactly one of the two. per_10k_e4: 1e-4 yuan (1.2986 is 12986).
    """

    fund: str
    on: date
    net_income_minor: int | None = None
    per_10k_e4: int | None = None


class ReportValuation(msgspec.Struct, frozen=True):
    """A trading day's value of the fund, at amortised cost and at market (shadow), in fen."""

    fund: str
    on: date
    amortised_minor: int
    shadow_minor: int


class OpenDay(msgspec.Struct, frozen=True):
    """Confirm and pay in the morning what is due on a day."""

    fund: str
    on: date


class CloseDay(msgspec.Struct, frozen=True):
    """Run a natural day to its end."""

    fund: str
    on: date

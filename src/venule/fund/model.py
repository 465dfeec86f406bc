"""Types of the fund room: terms and limits of a fund, orders, the register, a day's run.

Money and shares are int fen: the price of a money fund's share is always 1.00, so one fen of share
is one fen of money; they never share an account, since a share class is a unit of its own.
"""

from __future__ import annotations

from datetime import date
from enum import Enum, IntEnum
from typing import Any, Final, NewType, TypeAlias
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from venule.fund.schedule import Schedule
from venule.members import MemberId

OrderId = NewType("OrderId", UUID)
FreezeId = NewType("FreezeId", UUID)

Int64s: TypeAlias = npt.NDArray[np.int64]
RecordArray: TypeAlias = npt.NDArray[Any]
"""An array of one of the ledger's layouts: accounts, requests, results."""

CNY: Final = 156
SHARE_SCALE: Final = 2
UNIT_MIN: Final = 1_000
"""Share classes are units from here on; below are currencies."""

FEN_MAX: Final = 10**15
"""Most fen of one order, import or day: ten trillion yuan, far from what int64 holds."""

OWN_DISTRIBUTOR: Final = "venule"
NUMBER_CHARS_MAX: Final = 64
CODE_CHARS_MAX: Final = 16
SHARDS_MAX: Final = 4_096


class FundAccountCode(IntEnum):
    """The fund's part of the chart of accounts.

    ADVANCE_IN_TRANSIT is a client asset: what a bank has advanced today and pays into the client
    reserve in one sum at the cut. ADVANCE_FUNDING: the fund owes the bank that money until the
    pledge is redeemed; it always equals ADVANCE_LINE.
    """

    ADVANCE_IN_TRANSIT = 1030
    FUND_CUSTODY = 7010
    ACCRUED_INCOME = 7020
    ADVANCE_LINE = 7030
    SHARE_CAPITAL = 8010
    REDEMPTION_PAYABLE = 8020
    INCOME_TO_DISTRIBUTE = 8030
    LOSS_TO_DISTRIBUTE = 8040
    ADVANCE_FUNDING = 8050
    SHARES_IN_ISSUE = 9010
    HOLDER = 9020
    HOLDER_FROZEN = 9030
    ADVANCE_PLEDGE = 9040


class FundTransferCode(IntEnum):
    """Why the fund moves money or shares."""

    ORDER_PAID = 200
    ORDER_REFUNDED = 201
    SUBSCRIPTION_CONFIRMED = 202
    SHARES_ISSUED = 203
    MONEY_TO_FUND = 204
    SHARES_RESERVED = 205
    RESERVATION_RELEASED = 206
    REDEMPTION_CONFIRMED = 207
    SHARES_CANCELLED = 208
    REDEMPTION_PAID = 209
    MONEY_FROM_FUND = 210
    SHARES_PLEDGED = 211
    ADVANCE_PAID = 212
    ADVANCE_FUNDED = 213
    ADVANCE_REVERSED = 214
    ADVANCE_SETTLED = 215
    ADVANCE_REPAID = 216
    INCOME_TAKEN_IN = 217
    INCOME_CREDITED = 218
    INCOME_CAPITALISED = 219
    LOSS_TAKEN_IN = 220
    LOSS_TAKEN = 221
    LOSS_CAPITALISED = 222
    SHARES_FROZEN = 223
    SHARES_UNFROZEN = 224
    REGISTER_TAKEN_OVER = 225
    RESIDUE_USED = 226


class ScheduleKind(Enum):
    """Which schedule turns instants into trade days."""

    OPEN_DAYS = "open_days"
    WEEKDAY = "weekday"


class TailPolicy(Enum):
    """What becomes of the part of a day's income below one fen."""

    TRUNCATE_REDISTRIBUTE = "truncate_redistribute"
    TRUNCATE_TO_FUND = "truncate_to_fund"
    CARRY = "carry"


class Carry(Enum):
    """How often income becomes shares; it decides the formula of the yield."""

    DAILY = "daily"
    MONTHLY = "monthly"


class FrozenIncome(Enum):
    """How the income of frozen shares is added."""

    FREE = "free"
    FROZEN = "frozen"


class FundingOrder(Enum):
    """Which money a payment takes first."""

    CASH_THEN_SHARES = "cash_then_shares"
    SHARES_THEN_CASH = "shares_then_cash"
    CASH_ONLY = "cash_only"
    SHARES_ONLY = "shares_only"


class FreezeCause(Enum):
    """Why shares are frozen. The values are those of the exchange files."""

    COURT = 0
    HOLDER = 1
    PLEDGE = 2


class LimitRule(Enum):
    """What a dated limit limits; amounts in fen."""

    FAST_DAILY = "fast_daily"
    """Fast redemption per investor, fund, distributor and natural day."""

    HOLDING_CAP = "holding_cap"
    """What one investor may hold, orders on the way included."""

    SUBSCRIBE_DAILY = "subscribe_daily"
    """Subscriptions per investor, fund, distributor and natural day."""

    SUBSCRIBE_MIN = "subscribe_min"
    """The least amount of one subscription."""

    ADVANCE_LINE = "advance_line"
    """What one bank advances at most at a time; `subject` is the bank."""


class Limit(msgspec.Struct, frozen=True):
    """A dated limit: in force from `from_on` up to and including `to_on`.

    transition_to_on: whoever was in business before `from_on` is bound only from this day on.
    subject: whom the limit is about, where the rule says so (a bank's id in hex).
    """

    rule: LimitRule
    amount: int
    from_on: date
    to_on: date | None = None
    transition_to_on: date | None = None
    subject: str = ""


REGULATOR_LIMITS: Final = (
    Limit(
        LimitRule.FAST_DAILY,
        1_000_000,
        from_on=date(2018, 6, 1),
        transition_to_on=date(2018, 7, 1),
    ),
)
"""10,000 yuan a day of fast redemption. Source: CSRC and central bank, guiding opinions on the
internet sale and redemption of money funds, in force 1 June 2018, one month of transition."""

LICENCE_NEEDED: Final = Limit(
    LimitRule.ADVANCE_LINE, 0, from_on=date(2018, 6, 1), transition_to_on=date(2018, 7, 1)
)
"""From when only a commercial bank with a fund-sales licence may advance money. Same source."""


class ShadowBounds(msgspec.Struct, frozen=True):
    """Bounds of the deviation of shadow from amortised value, in parts per million, from a day on.

    Each comparison says whether the bound itself is outside. Source: Measures of 2015 (order 120,
    in force 2016-02-01), article 12.
    """

    from_on: date
    low_ppm: int = -2_500
    low_inclusive: bool = True
    high_ppm: int = 5_000
    high_inclusive: bool = True
    very_low_ppm: int = -5_000
    very_low_inclusive: bool = True
    twice_ppm: int = -5_000
    twice_inclusive: bool = False
    twice_days: int = 2
    mend_days: int = 5
    """Trading days within which the deviation must be back inside."""


MEASURES_2015: Final = ShadowBounds(from_on=date(2016, 2, 1))


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a fund's contract fixes.

    cut_off: HH:MM:SS of China; it belongs to the next open day. shards: parts that a day's income
    is worked out and posted in; the result does not depend on it. keep_inputs: keep the frozen
    inputs of every run, not only their hash.
    """

    schedule: ScheduleKind = ScheduleKind.OPEN_DAYS
    cut_off: str = "15:00:00"
    tail: TailPolicy = TailPolicy.TRUNCATE_REDISTRIBUTE
    carry: Carry = Carry.DAILY
    shards: int = 1
    frozen_income: FrozenIncome = FrozenIncome.FREE
    funding: FundingOrder = FundingOrder.CASH_THEN_SHARES
    shadow: tuple[ShadowBounds, ...] = (MEASURES_2015,)
    liquidate_on_second_day: bool = True
    """After two days below the bound: stop redemptions and liquidate; else value at fair value."""
    keep_inputs: bool = False


class FundAccounts(msgspec.Struct, frozen=True):
    """A fund's ledger accounts; `reserve` and `collection` stand on the wallet's side."""

    reserve: int
    collection: int
    custody: int
    accrued: int
    capital: int
    payable: int
    income: int
    loss: int
    issue: int


class AdvanceLine(msgspec.Struct, frozen=True):
    """A bank that advances fast redemptions, and its accounts.

    line: what the bank has advanced and not got back. transit: the part of it not yet paid into the
    client reserve. funding: the fund's debt for it. pledge: the shares that secure it. holder: the
    bank's own holding, where the income of pledged shares goes.
    """

    bank: UUID
    name: str
    licensed: bool
    line: int
    transit: int
    funding: int
    pledge: int
    holder: int


class ShadowState(Enum):
    """What the deviation of shadow from amortised value demands.

    LOW: back inside within some trading days. HIGH: the same, and no subscriptions. VERY_LOW: make
    good the difference. FAIR_VALUE and LIQUIDATING: after two trading days very low; both stay.
    """

    INSIDE = "inside"
    LOW = "low"
    HIGH = "high"
    VERY_LOW = "very_low"
    FAIR_VALUE = "fair_value"
    LIQUIDATING = "liquidating"


class Fund(msgspec.Struct, frozen=True):
    """A fund as its use cases need it, with its schedule built.

    subscriptions_open, redemptions_open: what was set by hand, and what the shadow price stops.
    """

    code: str
    name: str
    unit: int
    opened_on: date
    terms: Terms
    accounts: FundAccounts
    schedule: Schedule
    limits: tuple[Limit, ...]
    lines: tuple[AdvanceLine, ...]
    shadow_state: ShadowState
    subscriptions_open: bool
    redemptions_open: bool


class Holder(msgspec.Struct, frozen=True):
    """A holding on the register: a member of a distributor, with its accounts.

    frozen: 0 as long as nothing was ever frozen. cash: the member's wallet. sweep_keep: the cash
    that the daily sweep leaves in the wallet, None without a sweep.
    """

    account: int
    member_id: MemberId
    cash: int
    frozen: int = 0
    sweep_keep: int | None = None


class Holding(msgspec.Struct, frozen=True):
    """What a member holds of a fund, in fen of shares; `in_transit`: fen paid, not yet confirmed.

    total = available + reserved + frozen.
    """

    account: int
    cash_account: int
    total: int
    available: int
    reserved: int
    frozen: int
    in_transit: int


class OrderKind(Enum):
    """What an order asks for. FAST is an advance against a pledge; PLEDGE is its redemption."""

    SUBSCRIBE = "subscribe"
    REDEEM = "redeem"
    FAST = "fast"
    PLEDGE = "pledge"


class OrderState(Enum):
    """Where an order stands; see `states.TRANSITIONS`."""

    ACCEPTED = "accepted"
    SENT = "sent"
    CONFIRMED = "confirmed"
    PARTLY_CONFIRMED = "partly_confirmed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class OrderEvent(Enum):
    """What can happen to an order."""

    CANCEL = "cancel"
    LAPSE = "lapse"
    SEND = "send"
    CONFIRM = "confirm"
    CONFIRM_PART = "confirm_part"
    REJECT = "reject"


class Order(msgspec.Struct, frozen=True):
    """An application and what became of it.

    number: the distributor's, None if it gave none. holder, cash: ledger accounts of the holding
    and of the wallet. amount: fen of money to subscribe, of shares to redeem. whole: all shares are
    redeemed, with the income not yet credited. paid: the money of a subscription has come, that of
    a redemption has gone. accepted_at: microseconds since 1970. trade_on: T. confirm_on: when it is
    or would be confirmed. leaves_on: for FAST, the first day whose income goes to the bank;
    returned_on: the first that goes to the holder again, after a reversal. reserved, hold_seq: the
    hold on the register; of FAST, hold_seq is its first ledger entry. confirmed: fen, None until
    then.
    """

    id: OrderId
    fund: str
    distributor: str
    number: str | None
    kind: OrderKind
    holder: int
    cash: int
    amount: int
    whole: bool
    paid: bool
    accepted_at: int
    accepted_on: date
    trade_on: date
    confirm_on: date
    state: OrderState
    reserved: int = 0
    hold_seq: int = 0
    leaves_on: date | None = None
    returned_on: date | None = None
    bank: UUID | None = None
    confirmed: int | None = None
    reason: str = ""


class FundTotals(msgspec.Struct, frozen=True):
    """A fund's register and its control accounts, in fen.

    shares: in issue. pledged and reserved are parts of it. in_transit: subscriptions paid and not
    confirmed. payable: redemptions confirmed and not paid. advance_used: advanced by banks. banks:
    the banks' own holdings, where the income of pledged shares goes. loss: what holders could not
    bear.
    """

    shares: int
    pledged: int
    reserved: int
    in_transit: int
    payable: int
    advance_used: int
    banks: int
    loss: int


class Step(Enum):
    """The steps of a day's run, in order."""

    CONFIRM = "confirm"
    PAY_OUT = "pay_out"
    CUT = "cut"
    INCOME = "income"
    DISTRIBUTE = "distribute"
    CHECK = "check"
    CLOSED = "closed"


class DayClosed(msgspec.Struct, frozen=True):
    """A closed day. Fen of money or shares; per_10k_e4 in 1e-4 yuan.

    net_income is of that day; residue is what the tail policy left in the fund (part of a fen per
    holder), loss_left what could not be taken from holders. input_hash: of the frozen inputs.
    """

    fund: str
    on: date
    shares_earning: int
    holders: int
    net_income: int
    per_10k_e4: int
    credited: int
    residue: int
    loss_left: int
    confirmed_in: int
    confirmed_out: int
    shares_total: int
    input_hash: bytes

"""Types of the wallet: movements of members' money, and what was asked for.

Amounts named `..._minor` are fen; instants are aware UTC (`..._at`), days are China's civil
days (`..._on`).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.kit.money import Money
from venule.members import BankAccountId, MemberId

TopUpId = NewType("TopUpId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
PayoutId = NewType("PayoutId", UUID)
CaseId = NewType("CaseId", UUID)

CURRENCY: Final = "CNY"
AMOUNT_MINOR_MAX: Final = 10**15
"""The most that one movement may carry, in fen: ten trillion yuan."""

MAIN_RESERVE: Final = "reserve"
BATCH_LINES_MAX: Final = 100_000
TEXT_CHARS_MAX: Final = 64
NOTE_CHARS_MAX: Final = 200
STATEMENT_LINES_MAX: Final = 1_000


class Use(Enum):
    """What a member's balance is used for; limits tell these apart."""

    PAYMENT = "payment"
    TRANSFER = "transfer"
    INVESTMENT = "investment"
    WITHDRAWAL = "withdrawal"


class TopUpState(Enum):
    """requested: no answer yet; in_transit: the bank has accepted; credited, rejected: over."""

    REQUESTED = "requested"
    IN_TRANSIT = "in_transit"
    CREDITED = "credited"
    REJECTED = "rejected"


class TopUpEvent(Enum):
    """accept, refuse: the rail's answer to the order; confirm, reject: the bank's later word."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    CONFIRM = "confirm"
    REJECT = "reject"


class PayoutState(Enum):
    """reserved: on hold in the wallet; sent: accepted by the bank; settled: debited by it.

    returning: the bank has told of the return before the debit. returned: back in the wallet.
    refused: the hold was released.
    """

    RESERVED = "reserved"
    SENT = "sent"
    SETTLED = "settled"
    RETURNING = "returning"
    RETURNED = "returned"
    REFUSED = "refused"


class PayoutEvent(Enum):
    """accept, refuse: the rail's answer; settle: debited; reject: never debited; return: undone."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    SETTLE = "settle"
    REJECT = "reject"
    RETURN = "return"


class PaymentKind(Enum):
    """A payment to a merchant can be refunded; a transfer between members cannot."""

    PAYMENT = "payment"
    TRANSFER = "transfer"


class PaymentState(Enum):
    """How much of a payment has gone back."""

    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class PaymentEvent(Enum):
    """A refund of a part, or of all that was left."""

    REFUND_PART = "refund_part"
    REFUND_REST = "refund_rest"


class CaseKind(Enum):
    """Why a bank's word needs a person.

    unmatched_credit, unmatched_debit: nobody knows the line. amount_differs: not the amount of the
    order. late_money: money for an order that was over. booked_twice: a second booking of one
    order. difference: the bank's amount is not the one we had booked. contradiction, malformed: no
    money in it.
    """

    UNMATCHED_CREDIT = "unmatched_credit"
    UNMATCHED_DEBIT = "unmatched_debit"
    AMOUNT_DIFFERS = "amount_differs"
    LATE_MONEY = "late_money"
    BOOKED_TWICE = "booked_twice"
    DIFFERENCE = "difference"
    CONTRADICTION = "contradiction"
    MALFORMED = "malformed"


class CaseState(Enum):
    """credited: given to a member; offset: two cases undo each other; covered: by own money."""

    OPEN = "open"
    CREDITED = "credited"
    OFFSET = "offset"
    COVERED = "covered"
    DISMISSED = "dismissed"


class CaseEvent(Enum):
    """What a person decides about a case."""

    CREDIT = "credit"
    OFFSET = "offset"
    COVER = "cover"
    DISMISS = "dismiss"


class TopUp(msgspec.Struct, frozen=True, gc=False):
    """Money on its way from a member's bank account into their wallet.

    told_seq: the ledger's transfer that put it in transit, 0 before. told_at: when that was.
    bank_account_id: None when it came without an order of ours (quick payment).
    """

    id: TopUpId
    member_id: MemberId
    bank_account_id: BankAccountId | None
    reserve: str
    account: int
    amount_minor: int
    state: TopUpState
    reason: str
    told_seq: int
    requested_at: datetime
    told_at: datetime | None
    ended_at: datetime | None


class Payment(msgspec.Struct, frozen=True, gc=False):
    """Money from one member to another. `fee_minor`: what the payee paid us for it.

    counted_on: the day whose limits it used; None if no limit was in force.
    """

    id: PaymentId
    kind: PaymentKind
    payer_id: MemberId
    payee_id: MemberId
    payer_account: int
    payee_account: int
    amount_minor: int
    fee_minor: int
    refunded_minor: int
    state: PaymentState
    counted_on: date | None
    made_at: datetime
    note: str


class Refund(msgspec.Struct, frozen=True):
    """A part of a payment that went back. `refunded_minor`: of the payment in all, after it."""

    id: RefundId
    payment_id: PaymentId
    request_id: str
    amount_minor: int
    refunded_minor: int
    made_at: datetime


class Payout(msgspec.Struct, frozen=True, gc=False):
    """Money on its way from a member's wallet to their bank account.

    held_seq: the ledger's pending transfer; 0 when there was none (real-time payout).
    """

    id: PayoutId
    member_id: MemberId
    bank_account_id: BankAccountId | None
    reserve: str
    account: int
    amount_minor: int
    state: PayoutState
    reason: str
    held_seq: int
    counted_on: date | None
    requested_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class Case(msgspec.Struct, frozen=True):
    """Something the bank says that nobody has explained yet.

    amount_minor: what lies in SUSPENSE for it: > 0 came in, < 0 went out, 0 no money moved.
    subject: the order it is about, if any. cause: makes it unique: the same word twice, one case.
    """

    id: CaseId
    kind: CaseKind
    reserve: str
    cause: str
    subject: UUID | None
    amount_minor: int
    detail: str
    state: CaseState
    opened_at: datetime
    ended_at: datetime | None


class OurBankAccount(msgspec.Struct, frozen=True):
    """An account of ours at a bank. `name`: how this house calls it."""

    name: str
    bank: str
    number: str


class SetUp(msgspec.Struct, frozen=True):
    """The bank accounts to begin with; one of the reserves is called `MAIN_RESERVE`."""

    reserves: tuple[OurBankAccount, ...] = (OurBankAccount(MAIN_RESERVE, "reserve bank", "1"),)
    own_bank: OurBankAccount = OurBankAccount("own", "own bank", "2")


class House(msgspec.Struct, frozen=True):
    """The ledger accounts that belong to the house, by what they are for (see `accounts.py`)."""

    reserves: dict[str, int]
    top_up_in_transit: int
    top_up_uncleared: int
    payout_in_transit: int
    suspense: int
    fees_unswept: int
    own_bank: int
    own_capital: int
    fees: int
    shortfalls: int

    @property
    def reserve(self) -> int:
        """The main reserve account."""
        return self.reserves[MAIN_RESERVE]


class RequestTopUp(msgspec.Struct, frozen=True):
    """Bring money from the member's bank account into their wallet."""

    member_id: MemberId
    bank_account_id: BankAccountId
    amount: Money
    reserve: str = MAIN_RESERVE


class TopUpLine(msgspec.Struct, frozen=True, gc=False):
    """The bank's confirmation of one top-up, booked on its day `booked_on` under `bank_ref`."""

    top_up_id: TopUpId
    bank_ref: str
    amount_minor: int
    booked_on: date


class ConfirmTopUps(msgspec.Struct, frozen=True):
    """Many confirmations for one reserve account."""

    lines: list[TopUpLine]
    reserve: str = MAIN_RESERVE


class CreditLine(msgspec.Struct, frozen=True, gc=False):
    """Money that has arrived for a member, ordered and confirmed in one."""

    member_id: MemberId
    amount_minor: int
    bank_ref: str


class CreditTopUps(msgspec.Struct, frozen=True):
    """Many quick payments that the bank booked on one day, all or none."""

    lines: list[CreditLine]
    booked_on: date
    reserve: str = MAIN_RESERVE


class Pay(msgspec.Struct, frozen=True):
    """Pay a merchant. `fee`: what the merchant pays us out of it; none by default."""

    payer_id: MemberId
    merchant_id: MemberId
    amount: Money
    fee: Money | None = None
    note: str = ""


class TransferMoney(msgspec.Struct, frozen=True):
    """Send money to another member."""

    payer_id: MemberId
    payee_id: MemberId
    amount: Money
    note: str = ""


class PayLine(msgspec.Struct, frozen=True, gc=False):
    """One payment of a batch."""

    payer_id: MemberId
    merchant_id: MemberId
    amount_minor: int


class PayMany(msgspec.Struct, frozen=True):
    """Many payments without fee, all or none."""

    lines: list[PayLine]


class RefundPayment(msgspec.Struct, frozen=True):
    """Send back a part of a payment. `request_id`: the merchant's own, one a refund."""

    payment_id: PaymentId
    request_id: str
    amount: Money


class Withdraw(msgspec.Struct, frozen=True):
    """Send money from a wallet to the member's bank account."""

    member_id: MemberId
    bank_account_id: BankAccountId
    amount: Money
    reserve: str = MAIN_RESERVE


class PayOutLine(msgspec.Struct, frozen=True, gc=False):
    """One payout that the bank has settled at once."""

    member_id: MemberId
    amount_minor: int
    bank_ref: str


class PayOutMany(msgspec.Struct, frozen=True):
    """Many real-time payouts that the bank booked on one day, all or none."""

    lines: list[PayOutLine]
    booked_on: date
    reserve: str = MAIN_RESERVE


class Batch(msgspec.Struct, frozen=True):
    """What a batch did: lines and fen."""

    count: int
    total_minor: int


class Spend(msgspec.Struct, frozen=True, gc=False):
    """A room above is about to debit a wallet. `ref`: its business object, 16 bytes, unique."""

    member_id: MemberId
    amount_minor: int
    use: Use
    ref: bytes


class ReserveEntry(msgspec.Struct, frozen=True, gc=False):
    """A booking of ours on a reserve account, as the bank should show it.

    amount_minor: + into the account, - out of it. ref: the business object, 16 bytes.
    """

    bank_ref: str
    amount_minor: int
    ref: bytes
    booked_on: date
    reserve: str = MAIN_RESERVE


class SweepFees(msgspec.Struct, frozen=True):
    """Fees have gone from a reserve account to our own bank account. `amount` None: all of them."""

    bank_ref: str
    booked_on: date
    amount: Money | None = None
    reserve: str = MAIN_RESERVE


class PayInCapital(msgspec.Struct, frozen=True):
    """The owners have paid money into our own bank account."""

    amount: Money


class CreditCase(msgspec.Struct, frozen=True):
    """Money in suspense turns out to be a member's."""

    case_id: CaseId
    member_id: MemberId


class OffsetCases(msgspec.Struct, frozen=True):
    """Two cases undo each other: the bank has put right what it did."""

    case_id: CaseId
    other_id: CaseId


class CoverCase(msgspec.Struct, frozen=True):
    """Own money makes good what is missing: it has gone from our bank account to the reserve."""

    case_id: CaseId
    bank_ref: str
    booked_on: date


class DismissCase(msgspec.Struct, frozen=True):
    """A case without money is looked at and done. `reason` is kept."""

    case_id: CaseId
    reason: str


class StatementQuery(msgspec.Struct, frozen=True):
    """Which part of a wallet's statement to show; newest first. `until` is exclusive."""

    member_id: MemberId
    limit: int = 50
    before_seq: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class WalletLine(msgspec.Struct, frozen=True):
    """One line of a wallet's statement.

    amount_minor: what it did to the balance, + in, - out; 0 where only a hold began or ended.
    balance_minor, held_minor: after it. ref: the order's id.
    """

    seq: int
    at: datetime
    kind: str
    amount_minor: int
    balance_minor: int
    held_minor: int
    ref: UUID


class WalletStatement(msgspec.Struct, frozen=True):
    """A page of a wallet's statement. `next_before_seq`: for the next page; None at the end."""

    member_id: MemberId
    currency: str
    lines: list[WalletLine]
    next_before_seq: int | None

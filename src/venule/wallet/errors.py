"""What can go wrong in the wallet.

AppError
|-- BadInput
|   `-- AmountNotPositive, AmountTooLarge, CurrencyNotServed, BatchTooLarge, FeeTooLarge,
|       RefMalformed, StatementInconsistent
|-- NotFound
|   `-- TopUpUnknown, PaymentUnknown, PayoutUnknown, CaseUnknown, ReserveUnknown,
|       ReconciliationUnknown
|-- Conflict
|   `-- RefundRequestReused, SpendRefReused, BankRefReused, StatementChanged,
|       StatementOutOfOrder, StatementTooEarly, HouseDiffers
|-- Refused
|   `-- WalletNotSetUp, InsufficientFunds, LimitExceeded, SelfTransfer, NotAMerchant,
|       NotRefundable, RefundExceedsPayment, TransitionIllegal, NothingToSweep,
|       CaseNotResolvable, OrdersOpen
`-- Unavailable
    `-- RailUnavailable, BankStatementNotReady

A command that meets several of these gives the first in this order: the form of what was sent
(amounts, currency, texts), what it names (members, orders), their states, the limits, the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, Unavailable, shorten
from venule.members import LimitRule, MemberKind, Tier


@dataclass(eq=False)
class AmountNotPositive(BadInput):
    """An amount of zero or less where money is to move."""

    amount_minor: int
    slug = "amount-not-positive"

    @property
    def message(self) -> str:
        return f"expected an amount above 0 fen, seen {self.amount_minor}"


@dataclass(eq=False)
class AmountTooLarge(BadInput):
    """More than one movement may carry."""

    amount_minor: int
    amount_minor_max: int
    slug = "amount-too-large"

    @property
    def message(self) -> str:
        return f"expected at most {self.amount_minor_max} fen, seen {self.amount_minor}"


@dataclass(eq=False)
class CurrencyNotServed(BadInput):
    """Wallets are kept in another currency."""

    expected: str
    seen: str
    slug = "currency-not-served"

    @property
    def message(self) -> str:
        return f"expected an amount in {self.expected}, seen one in {shorten(self.seen)}"


@dataclass(eq=False)
class BatchTooLarge(BadInput):
    """More lines in one command than one command takes."""

    asked: int
    lines_max: int
    slug = "batch-too-large"

    @property
    def message(self) -> str:
        return f"expected at most {self.lines_max} lines in one command, seen {self.asked}"


@dataclass(eq=False)
class FeeTooLarge(BadInput):
    """A fee that leaves the merchant nothing."""

    fee_minor: int
    amount_minor: int
    slug = "fee-too-large"

    @property
    def message(self) -> str:
        return f"expected a fee below the payment's {self.amount_minor} fen, seen {self.fee_minor}"


@dataclass(eq=False)
class RefMalformed(BadInput):
    """A reference to a business object is not of 16 bytes."""

    seen: bytes
    slug = "ref-malformed"

    @property
    def message(self) -> str:
        return f"expected a reference of 16 bytes, seen {len(self.seen)}"


@dataclass(eq=False)
class StatementInconsistent(BadInput):
    """A bank's statement contradicts itself, or is of another account; nothing of it is taken."""

    reserve: str
    on: date
    reason: str
    slug = "statement-inconsistent"

    @property
    def message(self) -> str:
        return f"bank statement of {self.reserve!r} for {self.on}: {self.reason}"


@dataclass(eq=False)
class TopUpUnknown(NotFound):
    """No top-up has this id."""

    top_up_id: UUID
    slug = "top-up-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a top-up, seen {self.top_up_id}"


@dataclass(eq=False)
class PaymentUnknown(NotFound):
    """No payment has this id."""

    payment_id: UUID
    slug = "payment-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a payment, seen {self.payment_id}"


@dataclass(eq=False)
class PayoutUnknown(NotFound):
    """No withdrawal has this id."""

    payout_id: UUID
    slug = "payout-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a withdrawal, seen {self.payout_id}"


@dataclass(eq=False)
class CaseUnknown(NotFound):
    """No case has this id."""

    case_id: UUID
    slug = "case-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a case, seen {self.case_id}"


@dataclass(eq=False)
class ReserveUnknown(NotFound):
    """None of our reserve accounts has this name."""

    reserve: str
    slug = "reserve-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a reserve account of ours, seen {shorten(self.reserve)}"


@dataclass(eq=False)
class ReconciliationUnknown(NotFound):
    """This day of a reserve account has not been reconciled."""

    reserve: str
    on: date
    slug = "reconciliation-unknown"

    @property
    def message(self) -> str:
        return f"expected a day of {shorten(self.reserve)} that is reconciled, seen {self.on}"


@dataclass(eq=False)
class RefundRequestReused(Conflict):
    """A refund was made under this request id, of another amount."""

    payment_id: UUID
    request_id: str
    first_minor: int
    amount_minor: int
    slug = "refund-request-reused"

    @property
    def message(self) -> str:
        return (
            f"refund request {shorten(self.request_id)} of payment {self.payment_id}: expected "
            f"{self.first_minor} fen as the first time, seen {self.amount_minor}"
        )


@dataclass(eq=False)
class SpendRefReused(Conflict):
    """A balance was used before under this reference."""

    ref: UUID
    slug = "spend-ref-reused"

    @property
    def message(self) -> str:
        return f"expected a reference that is new, seen {self.ref}"


@dataclass(eq=False)
class BankRefReused(Conflict):
    """We have booked something under this bank reference already."""

    reserve: str
    bank_ref: str
    slug = "bank-ref-reused"

    @property
    def message(self) -> str:
        return (
            f"expected a bank reference that is new on {shorten(self.reserve)}, "
            f"seen {shorten(self.bank_ref)}, which is booked"
        )


@dataclass(eq=False)
class StatementChanged(Conflict):
    """A day is reconciled already, against a statement that said something else."""

    reserve: str
    on: date
    slug = "statement-changed"

    @property
    def message(self) -> str:
        return (
            f"expected the first bank statement of {self.reserve!r} for {self.on} again, "
            "seen another"
        )


@dataclass(eq=False)
class StatementOutOfOrder(Conflict):
    """A bank's statements come day by day; this is not the next one."""

    reserve: str
    expected_on: date
    on: date
    slug = "statement-out-of-order"

    @property
    def message(self) -> str:
        return (
            f"expected the bank statement of {self.reserve!r} for {self.expected_on}, "
            f"seen the one for {self.on}"
        )


@dataclass(eq=False)
class StatementTooEarly(Conflict):
    """A day is reconciled when it is over, by China's civil time."""

    reserve: str
    on: date
    retryable, slug = True, "statement-too-early"

    @property
    def message(self) -> str:
        return (
            f"expected the bank statement of {shorten(self.reserve)} for a day that is over, "
            f"seen {self.on}"
        )


@dataclass(eq=False)
class HouseDiffers(Conflict):
    """The house is set up already, with other bank accounts."""

    expected: str
    seen: str
    slug = "house-differs"

    @property
    def message(self) -> str:
        return f"expected the bank accounts {self.expected}, as set up, seen {self.seen}"


class WalletNotSetUp(Refused):
    """The house's own accounts are not open yet."""

    slug = "wallet-not-set-up"

    @property
    def message(self) -> str:
        return "expected a house that is set up, seen none of its accounts: call set_up first"


@dataclass(eq=False)
class InsufficientFunds(Refused):
    """The wallet does not hold enough that is free. Both figures are fen."""

    account: int
    needed_minor: int
    available_minor: int
    slug = "insufficient-funds"

    @property
    def message(self) -> str:
        return (
            f"expected {self.needed_minor} fen available on account {self.account}, "
            f"seen {self.available_minor}"
        )


@dataclass(eq=False)
class LimitExceeded(Refused):
    """The tier's limit does not allow this much. `used_minor`: before this movement."""

    member_id: UUID
    rule: LimitRule
    tier: Tier
    limit_minor: int
    used_minor: int
    asked_minor: int
    slug = "limit-exceeded"

    @property
    def message(self) -> str:
        return (
            f"limit {self.rule.value} of tier {self.tier.name}: expected at most "
            f"{self.limit_minor} fen, seen {self.used_minor} used and {self.asked_minor} asked for"
        )


@dataclass(eq=False)
class SelfTransfer(Refused):
    """Payer and payee are the same member."""

    member_id: UUID
    slug = "self-transfer"

    @property
    def message(self) -> str:
        return f"expected two members, seen {self.member_id} on both sides"


@dataclass(eq=False)
class NotAMerchant(Refused):
    """Only merchants and institutions take payments; to a person, money is transferred."""

    member_id: UUID
    kind: MemberKind
    slug = "not-a-merchant"

    @property
    def message(self) -> str:
        return f"expected a merchant or an institution, seen {self.member_id}, a {self.kind.value}"


@dataclass(eq=False)
class NotRefundable(Refused):
    """Transfers between members are not refunded."""

    payment_id: UUID
    slug = "not-refundable"

    @property
    def message(self) -> str:
        return f"expected a payment to a merchant, seen {self.payment_id}, a transfer"


@dataclass(eq=False)
class RefundExceedsPayment(Refused):
    """Never more goes back than was paid."""

    payment_id: UUID
    paid_minor: int
    refunded_minor: int
    asked_minor: int
    slug = "refund-exceeds-payment"

    @property
    def message(self) -> str:
        left = self.paid_minor - self.refunded_minor
        return (
            f"payment {self.payment_id}: expected at most {left} fen, which is left of "
            f"{self.paid_minor}, seen {self.asked_minor}"
        )


@dataclass(eq=False)
class TransitionIllegal(Refused):
    """What was said cannot happen to an order in this state."""

    machine: str
    state: str
    event: str
    slug = "transition-illegal"

    @property
    def message(self) -> str:
        return f"{self.machine}: {self.state!r} cannot take event {self.event!r}"


@dataclass(eq=False)
class NothingToSweep(Refused):
    """There are fewer fees than were to be swept."""

    unswept_minor: int
    asked_minor: int
    slug = "nothing-to-sweep"

    @property
    def message(self) -> str:
        return (
            f"expected 1 to {self.unswept_minor} fen, the fees not yet swept, "
            f"seen {self.asked_minor}"
        )


@dataclass(eq=False)
class CaseNotResolvable(Refused):
    """A case cannot end this way: its money is of the wrong sign or amount."""

    case_id: UUID
    amount_minor: int
    expected: str
    slug = "case-not-resolvable"

    @property
    def message(self) -> str:
        return f"case {self.case_id}: expected {self.expected}, seen {self.amount_minor} fen"


@dataclass(eq=False)
class OrdersOpen(Refused):
    """A membership ends only when no top-up or withdrawal is under way."""

    member_id: UUID
    top_ups: int
    payouts: int
    slug = "orders-open"

    @property
    def message(self) -> str:
        return (
            f"expected no order of {self.member_id} under way, seen {self.top_ups} top-ups and "
            f"{self.payouts} withdrawals"
        )


@dataclass(eq=False)
class RailUnavailable(Unavailable):
    """The bank gave no answer: whether it took the order is not known. Ask again with its key."""

    key: UUID
    slug = "rail-unavailable"

    @property
    def message(self) -> str:
        return f"expected the bank's answer to order {self.key}, seen none"


@dataclass(eq=False)
class BankStatementNotReady(Unavailable):
    """The bank makes a day's statement when the day is over."""

    reserve: str
    on: date
    slug = "bank-statement-not-ready"

    @property
    def message(self) -> str:
        return (
            f"expected the bank statement of {self.reserve!r} for {self.on}, seen the day not over"
        )

"""Decisions of the wallet: pure functions, facts in, answer out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from venule.kit.money import Money
from venule.members import LimitRule, MemberKind, Party, check_may_pay, check_may_receive
from venule.wallet.errors import (
    AmountNotPositive,
    AmountTooLarge,
    BatchTooLarge,
    CurrencyNotServed,
    FeeTooLarge,
    LimitExceeded,
    NotAMerchant,
    NotRefundable,
    RefMalformed,
    RefundExceedsPayment,
    SelfTransfer,
)
from venule.wallet.model import (
    AMOUNT_MINOR_MAX,
    BATCH_LINES_MAX,
    CURRENCY,
    Payment,
    PaymentEvent,
    PaymentKind,
    Use,
)


def check_minor(amount_minor: int) -> int:
    """Return the fen of a movement. Raises: AmountNotPositive, AmountTooLarge."""
    if amount_minor <= 0:
        raise AmountNotPositive(amount_minor)
    if amount_minor > AMOUNT_MINOR_MAX:
        raise AmountTooLarge(amount_minor, AMOUNT_MINOR_MAX)
    return amount_minor


def check_amount(amount: Money) -> int:
    """Return the fen of a movement. Raises: CurrencyNotServed, and as `check_minor`."""
    if amount.currency != CURRENCY:
        raise CurrencyNotServed(CURRENCY, amount.currency)
    return check_minor(amount.amount)


def check_fee(fee: Money | None, amount_minor: int) -> int:
    """Return the fen of a fee; None is none. Raises: as `check_amount`, FeeTooLarge."""
    if fee is None:
        return 0
    fee_minor = check_amount(fee)
    if fee_minor >= amount_minor:
        raise FeeTooLarge(fee_minor, amount_minor)
    return fee_minor


def check_batch(lines: Sequence[object]) -> None:
    """Raises: BatchTooLarge."""
    if len(lines) > BATCH_LINES_MAX:
        raise BatchTooLarge(len(lines), BATCH_LINES_MAX)


def check_transfer(payer: Party, payee: Party) -> None:
    """Raises: SelfTransfer, MemberFrozen, MemberClosed, in this order."""
    if payer.id == payee.id:
        raise SelfTransfer(payer.id)
    check_may_pay(payer)
    check_may_receive(payee)


def check_payment(payer: Party, merchant: Party) -> None:
    """Raises: SelfTransfer, NotAMerchant, MemberFrozen, MemberClosed, in this order."""
    if payer.id == merchant.id:
        raise SelfTransfer(payer.id)
    if merchant.kind is MemberKind.PERSON:
        raise NotAMerchant(merchant.id, merchant.kind)
    check_may_pay(payer)
    check_may_receive(merchant)


def refund_event(payment: Payment, amount_minor: int) -> PaymentEvent:
    """Say what a refund does to a payment. Raises: NotRefundable, RefundExceedsPayment."""
    if payment.kind is not PaymentKind.PAYMENT:
        raise NotRefundable(payment.id)
    left = payment.amount_minor - payment.refunded_minor
    if amount_minor > left:
        raise RefundExceedsPayment(
            payment.id, payment.amount_minor, payment.refunded_minor, amount_minor
        )
    return PaymentEvent.REFUND_REST if amount_minor == left else PaymentEvent.REFUND_PART


REF_BYTES: Final = 16


class Counters(msgspec.Struct, frozen=True, gc=False):
    """What a member has used of limits, in fen: that day, that year, in all."""

    day_minor: int
    year_minor: int
    life_minor: int


YEARLY_USES: Final = frozenset({Use.PAYMENT, Use.TRANSFER, Use.INVESTMENT})
"""Uses that count by day and year. A withdrawal to the own bank account counts in all only.

Source: PBOC announcement 43 of 2015, article 11: tier I "including", tiers II and III "excluding"
transfers to the customer's own bank account.
"""


def is_counted(party: Party) -> bool:
    """Say whether a use of this member's balance is counted today: persons', once limits exist."""
    return party.counting and party.kind is MemberKind.PERSON


def counted_on(party: Party, today: date) -> date | None:
    """Return the day on which a use of this member's balance is counted; None if it is not."""
    return today if is_counted(party) else None


def check_single(party: Party, use: Use, amount_minor: int) -> None:
    """Check what one movement may carry. Raises: LimitExceeded."""
    if use is not Use.INVESTMENT or not is_counted(party):
        return
    limit = party.limits.get(LimitRule.INVESTMENT_SINGLE)
    if limit is not None and amount_minor > limit:
        raise LimitExceeded(
            party.id, LimitRule.INVESTMENT_SINGLE, party.tier, limit, 0, amount_minor
        )


def check_used(party: Party, use: Use, amount_minor: int, after: Counters) -> None:
    """Check what has been used, this movement included, against the tier's limits.

    The limit itself may be reached. Raises: LimitExceeded; day before year before life.
    """
    if use in YEARLY_USES:
        _check_one(party, LimitRule.BALANCE_OUT_DAY, amount_minor, after.day_minor)
        _check_one(party, LimitRule.BALANCE_OUT_YEAR, amount_minor, after.year_minor)
    _check_one(party, LimitRule.BALANCE_OUT_LIFETIME, amount_minor, after.life_minor)


def _check_one(party: Party, rule: LimitRule, amount_minor: int, after_minor: int) -> None:
    limit = party.limits.get(rule)
    if limit is not None and after_minor > limit:
        raise LimitExceeded(
            party.id, rule, party.tier, limit, after_minor - amount_minor, amount_minor
        )


def check_ref(ref: bytes) -> bytes:
    """Return a reference to a business object. Raises: RefMalformed."""
    if len(ref) != REF_BYTES:
        raise RefMalformed(ref)
    return ref

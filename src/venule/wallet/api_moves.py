"""Money moved by those whose it is: people, and partners for a member or a merchant."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from venule.kit.errors import AppError
from venule.kit.http import (
    MEMBER_SIDE,
    PARTNER,
    Call,
    NotPermitted,
    Paid,
    Route,
    Shape,
    line_pattern,
    member_of,
)
from venule.members import (
    BankAccountId,
    BankAccountUnbound,
    BankAccountUnknown,
    MemberClosed,
    MemberFrozen,
    MemberId,
    MemberUnknown,
)
from venule.wallet import payouts, service, top_ups
from venule.wallet.api_views import (
    BANK_ACCOUNT_EXAMPLE,
    CNY,
    MEMBER_EXAMPLE,
    MERCHANT_EXAMPLE,
    PAYMENT_EXAMPLE,
    REFUND_EXAMPLE,
    TOP_UP_EXAMPLE,
    WITHDRAWAL_EXAMPLE,
    BatchView,
    Note,
    PaymentView,
    RefundView,
    TopUpView,
    WithdrawalView,
    batch_view,
    payment_view,
    refund_view,
    top_up_view,
    withdrawal_view,
)
from venule.wallet.errors import (
    InsufficientFunds,
    LimitExceeded,
    NotAMerchant,
    NotRefundable,
    PaymentUnknown,
    RefundExceedsPayment,
    RefundRequestReused,
    SelfTransfer,
)
from venule.wallet.model import (
    TEXT_CHARS_MAX,
    Pay,
    PayLine,
    PayMany,
    PaymentId,
    RefundPayment,
    RequestTopUp,
    TransferMoney,
    Withdraw,
)

LINES_MAX: Final = 5_000
LINES_BYTES_MAX: Final = 2 * 1024 * 1024


class PayBody(Shape, frozen=True):
    """A payment to a merchant, out of the caller's wallet."""

    merchant_id: MemberId
    amount: Paid
    note: Note = ""


class TransferBody(Shape, frozen=True):
    """Money for another member, out of the caller's wallet."""

    payee_id: MemberId
    amount: Paid
    note: Note = ""


class PayLineBody(Shape, frozen=True):
    """One payment of a batch."""

    merchant_id: MemberId
    amount: Paid


class PayBatchBody(Shape, frozen=True):
    """Payments out of the caller's wallet, all or none."""

    lines: Annotated[list[PayLineBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]


class RefundBody(Shape, frozen=True):
    """A part of a payment, or all of it, to go back. request_id: your own, one a refund."""

    request_id: Annotated[
        str, msgspec.Meta(pattern=line_pattern(TEXT_CHARS_MAX), examples=["return-7"])
    ]
    amount: Paid


class BankOrderBody(Shape, frozen=True):
    """Money from, or to, a bank account that is bound to the member."""

    bank_account_id: BankAccountId
    amount: Paid


class PaymentPath(msgspec.Struct, frozen=True):
    """Which payment."""

    payment_id: PaymentId


async def make_payment(call: Call[PayBody, None, None]) -> PaymentView:
    """Pay a merchant."""
    me = MemberId(member_of(call.who))
    body = call.body
    command = Pay(me, body.merchant_id, body.amount.money(), None, body.note)
    return payment_view(await call.door.acall(service.pay, command, call.key), me)


async def make_payments(call: Call[PayBatchBody, None, None]) -> BatchView:
    """Pay many merchants."""
    me = MemberId(member_of(call.who))
    lines = [PayLine(me, line.merchant_id, line.amount.money().amount) for line in call.body.lines]
    return batch_view(await call.door.acall(service.pay_many, PayMany(lines), call.key))


async def make_transfer(call: Call[TransferBody, None, None]) -> PaymentView:
    """Send money to another member."""
    me = MemberId(member_of(call.who))
    body = call.body
    command = TransferMoney(me, body.payee_id, body.amount.money(), body.note)
    return payment_view(await call.door.acall(service.transfer, command, call.key), me)


async def refund_payment(call: Call[RefundBody, None, PaymentPath]) -> RefundView:
    """Send back a part of a payment. Who was paid by it never changes, so it is looked up before.

    Raises: PaymentUnknown for those whom it is none of their business, NotPermitted for the payer.
    """
    me, payment_id = member_of(call.who), call.path.payment_id
    paid = await call.door.aread(service.payment, payment_id)
    if me not in (paid.payer_id, paid.payee_id):
        raise PaymentUnknown(payment_id)
    if me != paid.payee_id:
        raise NotPermitted("refund what was paid to them")
    command = RefundPayment(payment_id, call.body.request_id, call.body.amount.money())
    return refund_view(await call.door.acall(service.refund, command, call.key))


async def order_top_up(call: Call[BankOrderBody, None, None]) -> TopUpView:
    """Bring money from a bank account."""
    body = call.body
    command = RequestTopUp(MemberId(member_of(call.who)), body.bank_account_id, body.amount.money())
    return top_up_view(await call.door.acall(top_ups.request_top_up, command, call.key))


async def order_withdrawal(call: Call[BankOrderBody, None, None]) -> WithdrawalView:
    """Send money to a bank account."""
    body = call.body
    command = Withdraw(MemberId(member_of(call.who)), body.bank_account_id, body.amount.money())
    return withdrawal_view(await call.door.acall(payouts.withdraw, command, call.key))


_SPENDING: Final[tuple[type[AppError], ...]] = (
    MemberUnknown,
    MemberFrozen,
    MemberClosed,
    LimitExceeded,
    InsufficientFunds,
)
_MONEY: Final[dict[str, Any]] = {
    "method": "POST",
    "tag": "wallet",
    "status": 201,
    "who": MEMBER_SIDE,
    "money": True,
    "rate": "money",
}

MOVES: Final[list[Route]] = [
    Route(
        path="/v1/payments", handler=make_payment, body=PayBody, answer=PaymentView,
        needs="payments.write", errors=(*_SPENDING, SelfTransfer, NotAMerchant),
        summary="Pay a merchant from the wallet, whole or not at all.",
        examples={
            "body": {"merchant_id": MERCHANT_EXAMPLE, "amount": CNY, "note": "two coffees"},
            "answer": PAYMENT_EXAMPLE,
        }, **_MONEY,
    ),
    Route(
        path="/v1/payment-batches", handler=make_payments, body=PayBatchBody, answer=BatchView,
        needs="payments.write", errors=(*_SPENDING, SelfTransfer, NotAMerchant),
        body_bytes_max=LINES_BYTES_MAX, timeout_s=60,
        summary="Pay many merchants from the wallet, all or none.",
        examples={
            "body": {"lines": [{"merchant_id": MERCHANT_EXAMPLE, "amount": CNY}]},
            "answer": {"count": 1, "total": CNY},
        }, **(_MONEY | {"who": PARTNER}),
    ),
    Route(
        path="/v1/transfers", handler=make_transfer, body=TransferBody, answer=PaymentView,
        needs="transfers.write", errors=(*_SPENDING, SelfTransfer),
        summary="Send money to another member, whole or not at all.",
        examples={
            "body": {"payee_id": MEMBER_EXAMPLE, "amount": CNY},
            "answer": PAYMENT_EXAMPLE | {"kind": "transfer"},
        }, **_MONEY,
    ),
    Route(
        path="/v1/payments/{payment_id}/refunds", handler=refund_payment, body=RefundBody,
        takes_path=PaymentPath, answer=RefundView, needs="refunds.write",
        errors=(
            PaymentUnknown, RefundRequestReused, NotRefundable, RefundExceedsPayment,
            MemberFrozen, MemberClosed, InsufficientFunds,
        ),
        summary="Send back a part of a payment, from the merchant's wallet to the payer's.",
        description="Only the merchant that was paid. Never more goes back than was paid; the same "
        "request id with the same amount gives the first refund again.",
        examples={
            "body": {"request_id": "return-7", "amount": CNY}, "answer": REFUND_EXAMPLE,
        }, **_MONEY,
    ),
    Route(
        path="/v1/top-ups", handler=order_top_up, body=BankOrderBody, answer=TopUpView,
        needs="top_ups.write",
        errors=(MemberUnknown, BankAccountUnknown, BankAccountUnbound, MemberClosed),
        summary="Bring money from a bound bank account into the wallet.",
        description="The money is there when the bank has booked it.",
        examples={
            "body": {"bank_account_id": BANK_ACCOUNT_EXAMPLE, "amount": CNY},
            "answer": TOP_UP_EXAMPLE,
        }, **_MONEY,
    ),
    Route(
        path="/v1/withdrawals", handler=order_withdrawal, body=BankOrderBody,
        answer=WithdrawalView, needs="withdrawals.write",
        errors=(*_SPENDING, BankAccountUnknown, BankAccountUnbound),
        summary="Send money from the wallet to a bound bank account.",
        description="It is held at once, and gone when the bank has taken the order.",
        examples={
            "body": {"bank_account_id": BANK_ACCOUNT_EXAMPLE, "amount": CNY},
            "answer": WITHDRAWAL_EXAMPLE,
        }, **_MONEY,
    ),
]  # fmt: skip
"""Operations that move the caller's own money."""

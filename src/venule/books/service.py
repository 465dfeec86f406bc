"""Payments between books: hold, receive, settle or return; cancel; refund in parts.

    A: hold, row HELD, job            (one transaction)
    B: receipt RECEIVED, money moves  (one transaction; the same order again gives the same answer)
    A: hold posted, row SETTLED       (one transaction)

So money is never in neither book: until A posts, it is in A, and from B's receipt on also in B.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from venule.books import flows, rules, store
from venule.books.errors import BookPaymentUnknown, BookRefundRequestReused, WrongBook
from venule.books.flows import BooksAccountCode
from venule.books.model import (
    NOTE_CHARS_MAX,
    PAGE_MAX,
    REQUEST_CHARS_MAX,
    Answer,
    BookNumber,
    BookPayment,
    BookPaymentId,
    Listing,
    Order,
    PaymentKind,
    PaymentState,
    Receipt,
    ReceiptState,
    SendBack,
    SendMoney,
    Sent,
)
from venule.books.states import advance
from venule.kit.errors import NotFound, Refused
from venule.kit.money import Money
from venule.ledger import AccountFlags, Refusal, Tx
from venule.members import (
    WALLET_UNIT,
    MemberId,
    MemberKind,
    Party,
    check_may_pay,
    check_may_receive,
    check_text,
    party,
)
from venule.wallet import (
    CURRENCY,
    NotAMerchant,
    Spend,
    Use,
    check_amount,
    give_back,
    post,
    spend,
)

SEND: Final = "books.send"
"""The kind of job that carries orders to another book, followed by that book's number."""


def send_kind(peer: int) -> str:
    """Return the kind of job that carries orders to a book: an outbox of its own for each."""
    return f"{SEND}.{peer}"


def clearing(tx: Tx, peer: BookNumber) -> int:
    """Return the clearing account with another book; open it if it is the first time."""
    known = store.find_clearing(tx.sql, peer)
    if known is None:
        known = tx.open_account(
            WALLET_UNIT,
            BooksAccountCode.BOOK_CLEARING,
            flags=AccountFlags.NONE,
            ref=peer.to_bytes(16, "big"),
        )
        store.insert_clearing(tx.sql, peer, known)
    return known


# The paying book


def send(tx: Tx, command: SendMoney) -> BookPayment:
    """Pay or send money to a member of another book: held here until that book has its word.

    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, TextMalformed, TimeoutOutOfRange,
    BookNumberOutOfRange, SameBook, MemberUnknown, MemberFrozen, MemberClosed, LimitExceeded,
    InsufficientFunds.
    """
    amount = check_amount(command.amount)
    if command.note:
        check_text("note", command.note, NOTE_CHARS_MAX)
    rules.check_timeout(command.timeout_s)
    rules.check_other_book(tx.book.number, command.to_book)
    payment_id = BookPaymentId(tx.new_id())
    assert command.kind is not PaymentKind.REFUND, "a refund is sent back, see send_back"
    use = Use.PAYMENT if command.kind is PaymentKind.PAYMENT else Use.TRANSFER
    payer = spend(tx, Spend(command.payer_id, amount, use, payment_id.bytes))
    return _hold(
        tx,
        BookPayment(
            payment_id,
            command.kind,
            command.to_book,
            payer.id,
            command.payee_id,
            payer.account,
            amount,
            0,
            None,
            "",
            command.note,
            PaymentState.HELD,
            "",
            0,
            0,
            0,
            tx.now,
            tx.now + timedelta(seconds=command.timeout_s),
            None,
        ),
    )


def _hold(tx: Tx, new: BookPayment) -> BookPayment:
    """Reserve the money, write the row and the job that carries the order, all in one."""
    account = clearing(tx, new.peer)
    held = post(
        tx, flows.hold(new.payer_account, account, new.amount_minor, new.id.bytes, new.kind)
    )
    payment = msgspec.structs.replace(new, held_seq=held[0])
    store.insert_payment(tx.sql, payment)
    order = Order(
        payment.id,
        payment.kind,
        BookNumber(tx.book.number),
        payment.peer,
        payment.payer_id,
        payment.payee_id,
        payment.amount_minor,
        payment.original_id,
        payment.held_seq,
        payment.note,
    )
    timeout_s = int((payment.deadline_at - payment.made_at) // timedelta(seconds=1))
    tx.enqueue(
        send_kind(payment.peer),
        Sent(order, payment.deadline_at),
        max_attempts=rules.attempts_max(timeout_s),
    )
    tx.emit("books.payment_held", payment.id, payment)
    return payment


def answered(tx: Tx, answer: Answer) -> BookPayment:
    """Take the other book's word on a payment: post the hold, or release it.

    The same word again changes nothing. Raises: BookPaymentUnknown, WrongBook,
    BookPaymentTransitionIllegal.
    """
    before = payment(tx, answer.id)
    if answer.book != before.peer:
        raise WrongBook(before.peer, answer.book)
    state = advance(before.state, answer.state)
    if state is before.state:
        return before
    ref = before.id.bytes
    if state is PaymentState.SETTLED:
        ended = post(tx, flows.settle(before.held_seq, ref, before.kind))
    else:
        ended = post(tx, flows.release(before.held_seq, ref, before.kind))
        _let_go(tx, before)
    after = msgspec.structs.replace(
        before,
        state=state,
        reason=answer.reason,
        ended_seq=ended[0],
        peer_seq=answer.seq,
        ended_at=tx.now,
    )
    store.save_ended(tx.sql, after)
    tx.emit(f"books.payment_{state.value}", after.id, after)
    return after


def _let_go(tx: Tx, before: BookPayment) -> None:
    """Give back what a payment had used up besides money."""
    if before.original_id is None:
        give_back(tx, before.id.bytes, before.amount_minor)
        return
    came = receipt(tx, before.original_id)
    store.save_receipt_refunded(tx.sql, came.id, came.refunded_minor - before.amount_minor)


def payment(tx: Tx, payment_id: BookPaymentId) -> BookPayment:
    """Return a payment to another book. Raises: BookPaymentUnknown."""
    found = store.load_payment(tx.sql, payment_id)
    if found is None:
        raise BookPaymentUnknown(payment_id)
    return found


def payments(tx: Tx, query: Listing) -> list[BookPayment]:
    """Return payments to other books, the newest first, at most `PAGE_MAX`."""
    limit = max(1, min(query.limit, PAGE_MAX))
    return store.list_payments(tx.sql, msgspec.structs.replace(query, limit=limit))


# The receiving book


def receive(tx: Tx, order: Order) -> Answer:
    """Receive a payment from another book, or refuse it; the same order again changes nothing.

    Raises: WrongBook, BookNumberOutOfRange, SameBook, BookOrderDiffers; what is no fault of the
    order's form is an answer: rejected.
    """
    rules.check_order(tx.book.number, order)
    known = store.load_receipt(tx.sql, order.id)
    if known is not None:
        rules.check_same(known, order)
        return rules.answer(tx.book.number, known)
    try:
        payee, paid = _check(tx, order)
    except (NotFound, Refused) as error:
        return _write_down(tx, order, ReceiptState.REJECTED, error.slug)
    account, ref = clearing(tx, order.from_book), order.id.bytes
    moved = flows.take(account, payee.account, order.amount_minor, ref, order.kind)
    refusal = tx.post(moved)[0].refusal
    if refusal is not Refusal.OK:
        return _write_down(tx, order, ReceiptState.REJECTED, refusal.name.lower())
    if paid is not None:
        store.save_payment_refunded(tx.sql, paid.id, paid.refunded_minor + order.amount_minor)
        give_back(tx, paid.id.bytes, order.amount_minor)
    return _write_down(tx, order, ReceiptState.RECEIVED, "", payee.account)


def _check(tx: Tx, order: Order) -> tuple[Party, BookPayment | None]:
    """Return the payee, and the payment that a refund is of; raises what an order is rejected for,
    and changes nothing."""
    check_amount(Money(order.amount_minor, CURRENCY))
    paid = None
    if order.original_id is not None:
        paid = payment(tx, order.original_id)
        rules.check_refund_of(paid, order)
    payee = party(tx, order.payee_id)
    if order.kind is PaymentKind.PAYMENT and payee.kind is MemberKind.PERSON:
        raise NotAMerchant(payee.id, payee.kind)
    check_may_receive(payee)
    return payee, paid


def _write_down(tx: Tx, order: Order, state: ReceiptState, reason: str, account: int = 0) -> Answer:
    made = Receipt(
        order.id,
        order.kind,
        order.from_book,
        order.payer_id,
        order.payee_id,
        account,
        order.amount_minor,
        0,
        order.original_id,
        order.note,
        state,
        reason,
        tx.book.position()[0],
        order.held_seq,
        tx.now,
    )
    store.insert_receipt(tx.sql, made)
    tx.emit(f"books.receipt_{state.value}", made.id, made)
    return rules.answer(tx.book.number, made)


def cancel(tx: Tx, order: Order) -> Answer:
    """Say what became of an order; if it has not come, it never will: it is refused from now on.

    Raises: as `receive`.
    """
    rules.check_order(tx.book.number, order)
    known = store.load_receipt(tx.sql, order.id)
    if known is not None:
        rules.check_same(known, order)
        return rules.answer(tx.book.number, known)
    return _write_down(tx, order, ReceiptState.CANCELLED, "timed-out")


def receipt(tx: Tx, payment_id: BookPaymentId) -> Receipt:
    """Return what became of a payment from another book. Raises: BookPaymentUnknown."""
    found = store.load_receipt(tx.sql, payment_id)
    if found is None:
        raise BookPaymentUnknown(payment_id)
    return found


def receipts(tx: Tx, query: Listing) -> list[Receipt]:
    """Return payments from other books, the newest first, at most `PAGE_MAX`."""
    return store.list_receipts(tx.sql, max(1, min(query.limit, PAGE_MAX)))


# The way back


def send_back(tx: Tx, command: SendBack) -> BookPayment:
    """Refund a part of a payment that came from another book: a payment back, naming it.

    The same request id with the same amount gives the first refund again and does nothing.
    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, TextMalformed, TimeoutOutOfRange,
    BookPaymentUnknown, BookRefundRequestReused, NotReceived, BookRefundExceeds, MemberFrozen,
    MemberClosed, InsufficientFunds.
    """
    amount = check_amount(command.amount)
    check_text("request_id", command.request_id, REQUEST_CHARS_MAX)
    rules.check_timeout(command.timeout_s)
    came = receipt(tx, command.payment_id)
    first = store.load_refund(tx.sql, came.id, command.request_id)
    if first is not None:
        if first.amount_minor != amount:
            raise BookRefundRequestReused(came.id, command.request_id, first.amount_minor, amount)
        return first
    rules.check_refundable(came, amount)
    merchant = party(tx, MemberId(came.payee_id))
    check_may_pay(merchant)
    store.save_receipt_refunded(tx.sql, came.id, came.refunded_minor + amount)
    return _hold(
        tx,
        BookPayment(
            BookPaymentId(tx.new_id()),
            PaymentKind.REFUND,
            came.peer,
            came.payee_id,
            came.payer_id,
            merchant.account,
            amount,
            0,
            came.id,
            command.request_id,
            "",
            PaymentState.HELD,
            "",
            0,
            0,
            0,
            tx.now,
            tx.now + timedelta(seconds=command.timeout_s),
            None,
        ),
    )

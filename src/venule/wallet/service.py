"""Use cases between members: transfer, pay, refund; limits; statements; the end of a membership.

Top-ups stand in `top_ups.py`, withdrawals in `payouts.py`, the bank's word in `inbox.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from venule.kit.money import Money
from venule.kit.time import china_date, from_us
from venule.ledger import Transfer, TransferFlags, Tx
from venule.members import (
    CloseMember,
    Member,
    MemberId,
    Party,
    check_may_pay,
    check_text,
    end_membership,
    parties,
    party,
    wallet_account,
)
from venule.wallet import flows, rules, store
from venule.wallet.accounts import WalletTransferCode
from venule.wallet.errors import (
    OrdersOpen,
    PaymentUnknown,
    RefundExceedsPayment,
    RefundRequestReused,
    SpendRefReused,
)
from venule.wallet.house_accounts import house, post
from venule.wallet.model import (
    CURRENCY,
    NOTE_CHARS_MAX,
    STATEMENT_LINES_MAX,
    TEXT_CHARS_MAX,
    Batch,
    Pay,
    PayMany,
    Payment,
    PaymentId,
    PaymentKind,
    PaymentState,
    Refund,
    RefundId,
    RefundPayment,
    Spend,
    StatementQuery,
    TransferMoney,
    Use,
    WalletLine,
    WalletStatement,
)
from venule.wallet.states import PAYMENT, advance

# Payments


def pay(tx: Tx, command: Pay) -> Payment:
    """Pay a merchant from the wallet, whole or not at all.

    The payer pays `amount`; the merchant receives it less `fee`.
    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, FeeTooLarge, TextMalformed,
    MemberUnknown, SelfTransfer, NotAMerchant, MemberFrozen, MemberClosed, LimitExceeded,
    InsufficientFunds.
    """
    amount = rules.check_amount(command.amount)
    fee = rules.check_fee(command.fee, amount)
    _check_note(command.note)
    found = parties(tx, (command.payer_id, command.merchant_id))
    payer, merchant = found[command.payer_id], found[command.merchant_id]
    rules.check_payment(payer, merchant)
    payment = _payment(tx, PaymentKind.PAYMENT, payer, merchant, amount, fee, command.note)
    fees = house(tx).fees_unswept if fee else 0
    ref = payment.id.bytes
    post(tx, flows.pay(payer.account, merchant.account, amount, ref, fee, fees))
    store.insert_payments(tx.sql, (payment,))
    tx.emit("wallet.paid", payment.id, payment)
    return payment


def transfer(tx: Tx, command: TransferMoney) -> Payment:
    """Send money to another member, whole or not at all.

    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, TextMalformed, MemberUnknown,
    SelfTransfer, MemberFrozen, MemberClosed, LimitExceeded, InsufficientFunds.
    """
    amount = rules.check_amount(command.amount)
    _check_note(command.note)
    found = parties(tx, (command.payer_id, command.payee_id))
    payer, payee = found[command.payer_id], found[command.payee_id]
    rules.check_transfer(payer, payee)
    made = _payment(tx, PaymentKind.TRANSFER, payer, payee, amount, 0, command.note)
    post(tx, flows.transfer(payer.account, payee.account, amount, made.id.bytes))
    store.insert_payments(tx.sql, (made,))
    tx.emit("wallet.transferred", made.id, made)
    return made


def pay_many(tx: Tx, command: PayMany) -> Batch:
    """Make many payments to merchants in order, all or none.

    Raises: BatchTooLarge, and as `pay` for the first line that cannot be done.
    """
    rules.check_batch(command.lines)
    total = 0
    for line in command.lines:
        total += rules.check_minor(line.amount_minor)
    lines = command.lines
    found = parties(tx, [i for line in lines for i in (line.payer_id, line.merchant_id)])
    payments: list[Payment] = []
    transfers: list[Transfer] = []
    for line in lines:
        payer, merchant = found[line.payer_id], found[line.merchant_id]
        rules.check_payment(payer, merchant)
        made = _payment(tx, PaymentKind.PAYMENT, payer, merchant, line.amount_minor, 0, "")
        payments.append(made)
        transfers += flows.pay(
            payer.account, merchant.account, line.amount_minor, made.id.bytes, 0, 0
        )
    post(tx, transfers)
    store.insert_payments(tx.sql, payments)
    return Batch(len(payments), total)


def _check_note(note: str) -> None:
    if note:
        check_text("note", note, NOTE_CHARS_MAX)


def _payment(
    tx: Tx, kind: PaymentKind, payer: Party, payee: Party, amount: int, fee: int, note: str
) -> Payment:
    """Count a payment against the payer's limits and draw up its row."""
    use = Use.PAYMENT if kind is PaymentKind.PAYMENT else Use.TRANSFER
    return Payment(
        PaymentId(tx.new_id()),
        kind,
        payer.id,
        payee.id,
        payer.account,
        payee.account,
        amount,
        fee,
        0,
        PaymentState.PAID,
        count(tx, payer, use, amount),
        tx.now,
        note,
    )


def payment(tx: Tx, payment_id: PaymentId) -> Payment:
    """Return a payment or transfer. Raises: PaymentUnknown."""
    found = store.load_payments(tx.sql, (payment_id,)).get(payment_id)
    if found is None:
        raise PaymentUnknown(payment_id)
    return found


def refund(tx: Tx, command: RefundPayment) -> Refund:
    """Send back a part of a payment, from the merchant's wallet to the payer's.

    The same request id with the same amount gives the first refund again and does nothing. Limits
    that the payment used are released by the part; the fee stays paid.
    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, TextMalformed, PaymentUnknown,
    RefundRequestReused, NotRefundable, RefundExceedsPayment, MemberFrozen, MemberClosed,
    InsufficientFunds.
    """
    amount = rules.check_amount(command.amount)
    check_text("request_id", command.request_id, TEXT_CHARS_MAX)
    paid = payment(tx, command.payment_id)
    first = store.load_refund(tx.sql, paid.id, command.request_id)
    if first is not None:
        if first.amount_minor != amount:
            raise RefundRequestReused(paid.id, command.request_id, first.amount_minor, amount)
        return first
    event = rules.refund_event(paid, amount)
    found = parties(tx, (paid.payer_id, paid.payee_id))
    rules.check_transfer(found[paid.payee_id], found[paid.payer_id])
    refunded = paid.refunded_minor + amount
    made = Refund(RefundId(tx.new_id()), paid.id, command.request_id, amount, refunded, tx.now)
    post(tx, flows.refund(paid.payee_account, paid.payer_account, amount, made.id.bytes))
    store.save_refunded(tx.sql, paid.id, refunded, advance(PAYMENT, paid.state, event))
    store.insert_refund(tx.sql, made)
    uncount(tx, paid.payer_id, Use.PAYMENT, paid.counted_on, amount)
    tx.emit("wallet.refunded", paid.id, made)
    return made


# Limits


def count(tx: Tx, who: Party, use: Use, amount_minor: int) -> date | None:
    """Count a use against a member's limits; return the day it counts on, None if none does.

    Raises: LimitExceeded.
    """
    counted_on = rules.counted_on(who, china_date(tx.now))
    if counted_on is None:
        return None
    rules.check_single(who, use, amount_minor)
    periodic = amount_minor if use in rules.YEARLY_USES else 0
    after = store.count_use(tx.sql, who.id, counted_on, periodic, amount_minor)
    rules.check_used(who, use, amount_minor, after)
    return counted_on


def uncount(
    tx: Tx, member_id: MemberId, use: Use, counted_on: date | None, amount_minor: int
) -> None:
    """Release limits, because money has come back; `counted_on`: as `count` returned it."""
    if counted_on is not None:
        periodic = amount_minor if use in rules.YEARLY_USES else 0
        store.uncount_use(tx.sql, member_id, counted_on, periodic, amount_minor)


def limits_used(tx: Tx, member_id: MemberId) -> rules.Counters:
    """Return what a member has used of their limits today, this year and in all (fen)."""
    return store.load_counters(tx.sql, party(tx, member_id).id, china_date(tx.now))


def spend(tx: Tx, command: Spend) -> Party:
    """Check and count a use of a balance that a room above is about to debit by itself.

    Post your transfer from `account` of the answer in the same command.
    Raises: as `spend_many`.
    """
    return spend_many(tx, (command,))[0]


def spend_many(tx: Tx, commands: Sequence[Spend]) -> list[Party]:
    """Check and count uses of balances in order, all or none.

    Raises: BatchTooLarge, AmountNotPositive, AmountTooLarge, RefMalformed, MemberUnknown,
    MemberFrozen, MemberClosed, LimitExceeded, SpendRefReused.
    """
    rules.check_batch(commands)
    for each in commands:
        rules.check_minor(each.amount_minor)
        rules.check_ref(each.ref)
    found = parties(tx, [each.member_id for each in commands])
    answer = []
    for each in commands:
        who = found[each.member_id]
        check_may_pay(who)
        counted_on = count(tx, who, each.use, each.amount_minor)
        if counted_on is not None and not store.insert_use(tx.sql, each, counted_on):
            raise SpendRefReused(UUID(bytes=each.ref))
        answer.append(who)
    return answer


def give_back(tx: Tx, ref: bytes, amount_minor: int) -> None:
    """Release limits that `spend` counted under `ref`: this much of the money has come back.

    A use that was not counted (no limit was in force) is none of our business.
    Raises: AmountNotPositive, AmountTooLarge, RefMalformed, RefundExceedsPayment.
    """
    rules.check_minor(amount_minor)
    used = store.load_use(tx.sql, rules.check_ref(ref))
    if used is None:
        return
    member_id, purpose, counted_on, amount, returned = used
    if returned + amount_minor > amount:
        raise RefundExceedsPayment(UUID(bytes=ref), amount, returned, amount_minor)
    store.save_use_returned(tx.sql, ref, returned + amount_minor)
    uncount(tx, member_id, Use(purpose), counted_on, amount_minor)


# What a member sees


def available(tx: Tx, member_id: MemberId) -> Money:
    """Return what a member may spend now: balance less holds. Raises: MemberUnknown."""
    return Money(tx.account(wallet_account(tx, member_id)).available_credit, CURRENCY)


def account_sums(tx: Tx, member_id: MemberId) -> tuple[int, int]:
    """Return what a member may spend, and what is held of theirs (fen). Raises: MemberUnknown."""
    account = tx.account(wallet_account(tx, member_id))
    return account.available_credit, account.debits_pending


def wallet_statement(tx: Tx, query: StatementQuery) -> WalletStatement:
    """Return a page of a wallet's statement, newest first, with running balances.

    Raises: MemberUnknown.
    """
    account = wallet_account(tx, query.member_id)
    limit = max(1, min(query.limit, STATEMENT_LINES_MAX))
    found = tx.statement(
        account,
        limit=limit,
        before_seq=query.before_seq,
        since=query.since,
        until=query.until,
    )
    lines = [
        WalletLine(
            line.seq,
            from_us(line.at),
            _kind(line.code),
            0 if line.flags & _HOLDS_ONLY else line.amount,
            line.balance,
            line.debits_pending,
            UUID(bytes=line.ref),
        )
        for line in found
    ]
    more = lines[-1].seq if len(lines) == limit else None
    return WalletStatement(query.member_id, CURRENCY, lines, more)


_HOLDS_ONLY: Final = TransferFlags.PENDING | TransferFlags.VOID_PENDING | TransferFlags.EXPIRED
_KINDS: Final = {code.value: code.name.lower() for code in WalletTransferCode}


def _kind(code: int) -> str:
    """Name a transfer's code; those of the rooms above are theirs to name."""
    return _KINDS.get(code, f"code_{code}")


def close_member(tx: Tx, command: CloseMember) -> Member:
    """End a membership: nothing may be under way, and the wallet must be empty.

    Raises: MemberUnknown, OrdersOpen, WalletNotEmpty, MemberTransitionIllegal.
    """
    who = party(tx, command.member_id)
    top_ups, payouts = store.count_open_orders(tx.sql, who.id)
    if top_ups or payouts:
        raise OrdersOpen(who.id, top_ups, payouts)
    return end_membership(tx, command)

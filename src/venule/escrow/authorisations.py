"""Pre-authorisation: money frozen in a payer's wallet for a payee, paid in parts, then let go.

What is frozen stays the payer's: it is a hold in the ledger. The payer's limits are used by the
freezing, so that every payment from it can be made, and released with what is unfrozen.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from venule.escrow import authorisation_store, flows, rules, states, store
from venule.escrow.commands import CreateTrade, FreezeFunds, PayAuthorised, UnfreezeFunds
from venule.escrow.errors import (
    AuthorisationExceeded,
    AuthorisationUnknown,
    DeadlineInThePast,
    RequestNoReused,
    TradeUnknown,
)
from venule.escrow.model import (
    APP_CHARS_MAX,
    NUMBER_CHARS_MAX,
    SUBJECT_CHARS_MAX,
    TEXT_CHARS_MAX,
    Authorisation,
    AuthorisationEvent,
    AuthorisationId,
    AuthorisationState,
    Operation,
    OperationId,
    OperationKind,
    Trade,
    TradeEvent,
    TradeId,
    TradeKind,
)
from venule.escrow.posting import fees_account, post
from venule.escrow.refunds import OURS, check_request_no
from venule.escrow.service import draw_shares, new_trade, product
from venule.escrow.terms import Product, Terms
from venule.escrow.turning import pools, remind, turn
from venule.ledger import Tx
from venule.members import check_may_receive, parties
from venule.wallet import Spend, Use, give_back, spend


def freeze_funds(tx: Tx, command: FreezeFunds) -> Authorisation:
    """Freeze money of a payer for a payee. The same numbers and content give the first one.

    Raises: EscrowTextMalformed, TradeAmountOutOfRange, RequestNoReused, ProductUnknown,
    DeadlineInThePast, MemberUnknown, BuyerIsSeller, SellerNotAMerchant, MemberFrozen, MemberClosed,
    LimitExceeded, what `fund.fast_redeem` raises, InsufficientFunds.
    """
    rules.check_text("app", command.app, APP_CHARS_MAX)
    rules.check_text("out_order_no", command.out_order_no, NUMBER_CHARS_MAX)
    check_request_no(command.request_no)
    rules.check_text("title", command.title, SUBJECT_CHARS_MAX)
    amount = rules.check_amount("amount", command.amount_minor)
    first = authorisation_store.find_authorisation(
        tx.sql, command.app, command.out_order_no, command.request_no
    )
    if first is not None:
        return _same(first, command)
    of = product(tx, command.product)
    due_at = _until(command, of.terms, tx.now)
    found = parties(tx, (command.payer_id, command.payee_id))
    payee = found[command.payee_id]
    rules.check_parties(TradeKind.INSTANT, command.payer_id, payee)
    check_may_receive(payee)
    id_ = AuthorisationId(tx.new_id())
    payer = spend(tx, Spend(command.payer_id, amount, Use.PAYMENT, id_.bytes))
    draw_shares(tx, payer, amount, command.fund)
    [hold_seq] = post(tx, flows.hold(payer.account, pools(tx), amount, id_.bytes))
    made = Authorisation(
        id_,
        command.app,
        command.out_order_no,
        command.request_no,
        of.id,
        payer.id,
        payee.id,
        payer.account,
        payee.account,
        command.title,
        amount,
        0,
        0,
        AuthorisationState.FROZEN,
        hold_seq,
        tx.now,
        due_at,
        None,
    )
    authorisation_store.insert_authorisation(tx.sql, made)
    remind(tx, due_at)
    _note(tx, made, OperationKind.FREEZE, command.request_no, amount)
    tx.emit("escrow.frozen", made.id, made)
    return made


def _until(command: FreezeFunds, terms: Terms, now: datetime) -> datetime:
    last = now + timedelta(seconds=terms.freeze_s)
    if command.until is None:
        return last
    if not now < command.until <= last:
        raise DeadlineInThePast(f"an instant after {now}, up to {last}", command.until)
    return command.until


def _same(first: Authorisation, command: FreezeFunds) -> Authorisation:
    expected = (first.payer_id, first.payee_id, first.frozen_minor)
    seen = (command.payer_id, command.payee_id, command.amount_minor)
    if expected != seen:
        raise RequestNoReused(
            "authorisation", command.request_no, f"{expected[2]} fen", f"{seen[2]} fen, or others"
        )
    return first


def _note(
    tx: Tx,
    of: Authorisation,
    kind: OperationKind,
    request_no: str,
    amount_minor: int,
    trade_id: TradeId | None = None,
    note: str = "",
) -> Operation:
    id_ = OperationId(tx.new_id())
    made = Operation(id_, of.id, kind, request_no, amount_minor, trade_id, tx.now, note)
    authorisation_store.insert_operation(tx.sql, made)
    return made


def pay_authorised(tx: Tx, command: PayAuthorised) -> Trade:
    """Make an instant trade and pay it from what is frozen; the same number again gives it.

    complete: what is left is unfrozen in the same instant.
    Raises: EscrowTextMalformed, TradeAmountOutOfRange, AuthorisationUnknown, NotTheParty,
    OutTradeNoReused, EscrowTransitionIllegal, AuthorisationExceeded, MemberClosed.
    """
    rules.check_text("out_trade_no", command.out_trade_no, NUMBER_CHARS_MAX)
    rules.check_text("subject", command.subject, SUBJECT_CHARS_MAX)
    amount = rules.check_amount("amount", command.amount_minor)
    of = authorisation(tx, command.authorisation_id)
    rules.check_side("payee", of.payee_id, command.by)
    wanted = CreateTrade(
        of.app,
        command.out_trade_no,
        of.payee_id,
        amount,
        command.subject,
        of.payer_id,
        TradeKind.INSTANT,
        settle=command.settle,
    )
    first = store.find_trade(tx.sql, of.app, command.out_trade_no)
    if first is not None:
        rules.check_same(first, wanted)
        if first.authorisation_id != of.id:
            raise TradeUnknown(command.out_trade_no)
        return first
    states.advance(states.AUTHORISATION, of.state, AuthorisationEvent.PAY_REST)
    if amount > of.rest_minor:
        raise AuthorisationExceeded(of.id, of.rest_minor, amount)
    terms = store.load_terms(tx.sql, of.product)
    found = parties(tx, (of.payer_id, of.payee_id))
    check_may_receive(found[of.payee_id])
    named = Product(of.product, "", 0, terms, tx.now)
    made = new_trade(tx, wanted, named, found[of.payee_id], found[of.payer_id], None)
    store.insert_trade(tx.sql, made)
    _note(tx, of, OperationKind.PAY, command.out_trade_no, amount, made.id)
    made = _pay(tx, of, made, terms, complete=command.complete)
    event = TradeEvent.PAY_INSTANT if rules.open_s(made, terms) else TradeEvent.PAY_FINAL
    return turn(tx, made, event, terms, "paid")


def _pay(tx: Tx, of: Authorisation, made: Trade, terms: Terms, *, complete: bool) -> Trade:
    amount = made.amount_minor
    released = rules.release(replace(made, authorisation_id=of.id, paid_at=tx.now), terms, amount)
    left = of.rest_minor - amount
    again = 0 if complete else left
    fees = fees_account(tx, released.fee_minor)
    seqs = post(
        tx,
        flows.pay_from_hold(released.after, pools(tx), of.hold_seq, again, fees, of.id.bytes),
    )
    hold_seq = seqs[1] if again else 0
    paid = replace(of, paid_minor=of.paid_minor + amount, hold_seq=hold_seq)
    if complete and left:
        give_back(tx, of.id.bytes, left)
        paid = replace(paid, unfrozen_minor=paid.unfrozen_minor + left)
        _note(tx, of, OperationKind.UNFREEZE, f"{OURS}complete", left)
    event = AuthorisationEvent.PAY_PART if again else AuthorisationEvent.PAY_REST
    _write(tx, paid, event)
    return released.after


def unfreeze_funds(tx: Tx, command: UnfreezeFunds) -> Operation:
    """Let go of a part of what is frozen. The same number and amount give the first one.

    Raises: EscrowTextMalformed, TradeAmountOutOfRange, AuthorisationUnknown, NotTheParty,
    RequestNoReused, EscrowTransitionIllegal, AuthorisationExceeded.
    """
    check_request_no(command.request_no)
    rules.check_note("note", command.note, TEXT_CHARS_MAX)
    amount = rules.check_amount("amount", command.amount_minor)
    of = authorisation(tx, command.authorisation_id)
    rules.check_side("payee", of.payee_id, command.by)
    kind = OperationKind.UNFREEZE
    first = authorisation_store.find_operation(tx.sql, of.id, kind, command.request_no)
    if first is not None:
        if first.amount_minor != amount:
            raise RequestNoReused(
                "unfreezing", command.request_no, f"{first.amount_minor} fen", f"{amount} fen"
            )
        return first
    states.advance(states.AUTHORISATION, of.state, AuthorisationEvent.UNFREEZE_REST)
    if amount > of.rest_minor:
        raise AuthorisationExceeded(of.id, of.rest_minor, amount)
    rest = amount == of.rest_minor
    event = AuthorisationEvent.UNFREEZE_REST if rest else AuthorisationEvent.UNFREEZE_PART
    return _unfreeze(tx, of, amount, event, command.request_no, command.note)


def _unfreeze(
    tx: Tx,
    of: Authorisation,
    amount: int,
    event: AuthorisationEvent,
    request_no: str,
    note: str = "",
) -> Operation:
    left = of.rest_minor - amount
    seqs = post(tx, flows.unfreeze(of.payer_account, pools(tx), of.hold_seq, left, of.id.bytes))
    give_back(tx, of.id.bytes, amount)
    hold_seq = seqs[1] if left else 0
    _write(tx, replace(of, unfrozen_minor=of.unfrozen_minor + amount, hold_seq=hold_seq), event)
    return _note(tx, of, OperationKind.UNFREEZE, request_no, amount, note=note)


def unfreeze_due(tx: Tx, authorisation_id: AuthorisationId) -> None:
    """The time of an authorisation is over: the rest is the payer's again."""
    of = authorisation(tx, authorisation_id)
    if of.due_at is not None and of.due_at <= tx.now:
        event = AuthorisationEvent.UNFREEZE_DUE
        _unfreeze(tx, of, of.rest_minor, event, f"{OURS}due")


def _write(tx: Tx, after: Authorisation, event: AuthorisationEvent) -> None:
    state = states.advance(states.AUTHORISATION, after.state, event)
    if state is AuthorisationState.ENDED:
        after = replace(after, due_at=None, ended_at=tx.now)
    after = replace(after, state=state)
    authorisation_store.save_authorisation(tx.sql, after)
    tx.emit(f"escrow.authorisation_{event.value}", after.id, after)


def authorisation(tx: Tx, authorisation_id: AuthorisationId) -> Authorisation:
    """Return an authorisation. Raises: AuthorisationUnknown."""
    found = authorisation_store.load_authorisation(tx.sql, authorisation_id)
    if found is None:
        raise AuthorisationUnknown(str(authorisation_id))
    return found


def authorisation_by_number(tx: Tx, app: str, out_order_no: str, request_no: str) -> Authorisation:
    """Return the authorisation that an application calls so. Raises: AuthorisationUnknown."""
    found = authorisation_store.find_authorisation(tx.sql, app, out_order_no, request_no)
    if found is None:
        raise AuthorisationUnknown(out_order_no)
    return found


def operations(tx: Tx, authorisation_id: AuthorisationId) -> list[Operation]:
    """Return what an authorisation was used for, the earliest first."""
    return authorisation_store.load_operations(tx.sql, authorisation_id)

"""Freezing money for a merchant, and letting it go; `alipay.trade.pay` pays from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from venule import escrow
from venule.escrow import (
    Authorisation,
    AuthorisationState,
    AuthorisationUnknown,
    FreezeFunds,
    Operation,
    OperationKind,
    UnfreezeFunds,
)
from venule.gateway import store, telling
from venule.gateway.errors import (
    WireFieldWrong,
    WireOrderUnknown,
    WireRequestReused,
    WireUserUnknown,
)
from venule.gateway.fields import amount_of, note_of, plain_of, request_no, url_of
from venule.gateway.model import Asked, Content, Frozen, Voucher
from venule.gateway.numbers import long_number
from venule.gateway.requests import FreezeOrder, OperationName, Unfreeze
from venule.gateway.trades import SUCCESS, use_code
from venule.gateway.users import known_number, masked_login, number_of, user_by_number
from venule.gateway.wire.money import read_span
from venule.ledger import Tx

VOUCHER_TIME: Final = timedelta(days=15)
_KINDS: Final = {
    OperationKind.FREEZE: "FREEZE",
    OperationKind.PAY: "PAY",
    OperationKind.UNFREEZE: "UNFREEZE",
}


def freeze(tx: Tx, asked: Asked[FreezeOrder]) -> Content:
    """Freeze money of the buyer whose code was shown; the same numbers again give the first."""
    wanted = asked.request
    order_no, number, title, amount = _checked(tx, asked)
    known = [
        each
        for each in store.find_frozen_by_order(tx.sql, asked.by.for_app, order_no)
        if each.request_no == number
    ]
    if known:
        payer = escrow.authorisation(tx, known[0].authorisation_id).payer_id
    else:
        payer = use_code(tx, wanted.auth_code)
    made = escrow.freeze_funds(
        tx,
        FreezeFunds(asked.by.for_app, order_no, number, payer, asked.by.seller_id, amount, title),
    )
    if known:
        return _told_frozen(tx, known[0], made)
    store.save_code_used(tx.sql, wanted.auth_code, made.id, tx.now_us)
    number_of(tx, payer)
    frozen = Frozen(
        made.id,
        long_number(made.id, made.created_at),
        asked.by.for_app,
        asked.by.app_id,
        order_no,
        number,
        url_of("notify_url", asked.notify_url),
        tx.now,
    )
    store.insert_frozen(tx.sql, frozen)
    return _told_frozen(tx, frozen, made)


def _checked(tx: Tx, asked: Asked[FreezeOrder]) -> tuple[str, str, str, int]:
    wanted = asked.request
    if wanted.payee_user_id and user_by_number(tx, wanted.payee_user_id) != asked.by.seller_id:
        raise WireUserUnknown(wanted.payee_user_id)
    return (
        request_no("out_order_no", wanted.out_order_no),
        request_no("out_request_no", wanted.out_request_no),
        plain_of("order_title", wanted.order_title, 100),
        amount_of("amount", wanted.amount),
    )


def _told_frozen(tx: Tx, frozen: Frozen, made: Authorisation) -> Content:
    [first, *_] = escrow.operations(tx, made.id)
    return {
        **SUCCESS,
        "auth_no": frozen.auth_no,
        "out_order_no": frozen.out_order_no,
        "operation_id": telling.operation_number(first),
        "out_request_no": frozen.request_no,
        "amount": telling.yuan(made.frozen_minor),
        "fund_amount": telling.yuan(made.frozen_minor),
        "status": "SUCCESS",
        "payer_user_id": known_number(tx, made.payer_id),
        "payer_logon_id": masked_login(tx, made.payer_id),
        "gmt_trans": telling.stamp(made.created_at),
    }


def voucher(tx: Tx, asked: Asked[FreezeOrder]) -> Content:
    """Make an order to freeze that waits for whoever scans its code."""
    found = make_voucher(tx, asked)
    address = f"{asked.base_url}/freeze/{found.token}"
    return {
        **SUCCESS,
        "out_order_no": found.out_order_no,
        "out_request_no": found.request_no,
        "code_type": "QRCODE",
        "code_value": address,
        "code_url": f"{address}/code.svg",
    }


def make_voucher(tx: Tx, asked: Asked[FreezeOrder]) -> Voucher:
    """Make an order to freeze, or find the first one."""
    order_no, number, title, amount = _checked(tx, asked)
    first = store.find_voucher(tx.sql, asked.by.for_app, order_no, number)
    if first is not None:
        if (first.amount_minor, first.title) != (amount, title):
            raise WireRequestReused("order to freeze", number, "sum or title")
        return first
    made = Voucher(
        tx.new_id().hex,
        asked.by.for_app,
        asked.by.app_id,
        order_no,
        number,
        title,
        amount,
        url_of("notify_url", asked.notify_url),
        _until(asked.request, tx.now),
        False,
        tx.now,
    )
    store.insert_voucher(tx.sql, made)
    return made


def _until(wanted: FreezeOrder, now: datetime) -> datetime:
    span = wanted.pay_timeout or wanted.timeout_express
    if not span:
        return now + VOUCHER_TIME
    until = read_span(span, now)
    if until is None:
        raise WireFieldWrong("pay_timeout", "1m to 15d, or 1c", span)
    return until


def unfreeze(tx: Tx, asked: Asked[Unfreeze]) -> Content:
    """Let go of a part of what is frozen, or all; the same number again changes nothing."""
    wanted = asked.request
    frozen = store.find_frozen(tx.sql, asked.by.for_app, wanted.auth_no)
    if frozen is None:
        raise AuthorisationUnknown(wanted.auth_no)
    note = note_of("remark", wanted.remark, 100).strip()
    made = escrow.unfreeze_funds(
        tx,
        UnfreezeFunds(
            frozen.authorisation_id,
            asked.by.seller_id,
            request_no("out_request_no", wanted.out_request_no),
            amount_of("amount", wanted.amount),
            "".join(c if c.isprintable() else " " for c in note).strip(),
        ),
    )
    return {
        **SUCCESS,
        "auth_no": frozen.auth_no,
        "out_order_no": frozen.out_order_no,
        "operation_id": telling.operation_number(made),
        "out_request_no": made.request_no,
        "amount": telling.yuan(made.amount_minor),
        "fund_amount": telling.yuan(made.amount_minor),
        "status": "SUCCESS",
        "gmt_trans": telling.stamp(made.made_at),
    }


def _find(tx: Tx, app_id: str, wanted: OperationName) -> tuple[Frozen, Operation] | None:
    """Return an authorisation and what was done with it, as a request names them."""
    if wanted.auth_no:
        found = store.find_frozen(tx.sql, app_id, wanted.auth_no)
        known = [] if found is None else [found]
    elif wanted.out_order_no:
        known = store.find_frozen_by_order(tx.sql, app_id, wanted.out_order_no)
    else:
        raise WireFieldWrong("auth_no", "auth_no or out_order_no", "")
    if not (wanted.operation_id or wanted.out_request_no):
        raise WireFieldWrong("operation_id", "operation_id or out_request_no", "")
    for frozen in known:
        for each in escrow.operations(tx, frozen.authorisation_id):
            if wanted.operation_type and _KINDS[each.kind] != wanted.operation_type:
                continue
            named = telling.operation_number(each) if wanted.operation_id else each.request_no
            if named == (wanted.operation_id or wanted.out_request_no):
                return frozen, each
    return None


def query_operation(tx: Tx, asked: Asked[OperationName]) -> Content:
    """Tell of a freeze, an unfreeze or a payment from what is frozen."""
    wanted = asked.request
    found = _find(tx, asked.by.for_app, wanted)
    if found is None:
        return _unopened(tx, asked)
    frozen, operation = found
    of = escrow.authorisation(tx, frozen.authorisation_id)
    over = of.state is AuthorisationState.ENDED
    return {
        **SUCCESS,
        "auth_no": frozen.auth_no,
        "out_order_no": frozen.out_order_no,
        "order_title": of.title,
        "order_status": "FINISH" if over else "AUTHORIZED",
        "total_freeze_amount": telling.yuan(of.frozen_minor),
        "rest_amount": telling.yuan(of.rest_minor),
        "total_pay_amount": telling.yuan(of.paid_minor),
        "payer_user_id": known_number(tx, of.payer_id),
        "payer_logon_id": masked_login(tx, of.payer_id),
        "operation_id": telling.operation_number(operation),
        "out_request_no": operation.request_no,
        "operation_type": _KINDS[operation.kind],
        "amount": telling.yuan(operation.amount_minor),
        "fund_amount": telling.yuan(operation.amount_minor),
        "status": "SUCCESS",
        "remark": operation.note,
        "gmt_create": telling.stamp(operation.made_at),
        "gmt_trans": telling.stamp(operation.made_at),
    }


def _unopened(tx: Tx, asked: Asked[OperationName]) -> Content:
    """Tell of an order to freeze that no payer has taken up. Raises: WireOrderUnknown."""
    wanted = asked.request
    found = store.find_voucher(tx.sql, asked.by.for_app, wanted.out_order_no, wanted.out_request_no)
    if found is None:
        number = wanted.operation_id or wanted.out_request_no
        raise WireOrderUnknown("operation", number)
    over = found.closed or found.until_at <= tx.now
    return {
        **SUCCESS,
        "out_order_no": found.out_order_no,
        "out_request_no": found.request_no,
        "order_title": found.title,
        "order_status": "CLOSED" if over else "INIT",
        "operation_type": "FREEZE",
        "amount": telling.yuan(found.amount_minor),
        "status": "CLOSED" if over else "INIT",
        "gmt_create": telling.stamp(found.made_at),
    }


def cancel(tx: Tx, asked: Asked[OperationName]) -> Content:
    """Undo a freeze: let all that is left go, or shut the order that nobody has taken up."""
    wanted = asked.request
    note_of("remark", wanted.remark, 100)
    said = {"out_order_no": wanted.out_order_no, "out_request_no": wanted.out_request_no}
    found = _find(tx, asked.by.for_app, wanted)
    if found is None:
        of = store.find_voucher(
            tx.sql, asked.by.for_app, wanted.out_order_no, wanted.out_request_no
        )
        if of is None:
            raise WireOrderUnknown("operation", wanted.operation_id or wanted.out_request_no)
        store.save_voucher_closed(tx.sql, of.token)
        return {**SUCCESS, **said, "action": "close"}
    frozen, operation = found
    authorisation = escrow.authorisation(tx, frozen.authorisation_id)
    number = f"cancel-{operation.id.hex}"
    made: Operation | None = None
    if authorisation.rest_minor:
        made = escrow.unfreeze_funds(
            tx,
            UnfreezeFunds(authorisation.id, asked.by.seller_id, number, authorisation.rest_minor),
        )
    return {
        **SUCCESS,
        "auth_no": frozen.auth_no,
        "out_order_no": frozen.out_order_no,
        "operation_id": telling.operation_number(made or operation),
        "out_request_no": frozen.request_no,
        "action": "unfreeze",
    }

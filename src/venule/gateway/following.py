"""From what has happened to what merchants are told.

Whatever moves a trade (a method, a buyer in the wallet, a deadline, an operator) tells of it in its
own transaction, as an event of the house. The gateway reads those events in their order and writes
the notifications of each, with its cursor, in one transaction: none is lost, none comes twice.
What an event says is the state of that moment, however late the notification is sent.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from venule import escrow
from venule.escrow import (
    Authorisation,
    AuthorisationId,
    Case,
    Told,
    Trade,
    TradeId,
    TradeKind,
    TradeState,
)
from venule.gateway import classic_notices, notice_store, store, telling
from venule.gateway.model import Frozen, Notice, NoticeId, NoticeState, Order
from venule.gateway.numbers import open_id
from venule.gateway.users import masked_login, number_of, open_id_of, shown_login
from venule.gateway.wire.money import show_amount, show_tenths
from venule.kit.events import Event, events_after
from venule.kit.time import from_us
from venule.ledger import Tx

CURSOR: Final = "notices"
EVENTS_AT_ONCE: Final = 256
PREFIX: Final = "escrow."
OF_CANCEL: Final = "cancel "
"""How escrow numbers what `cancel_trade` refunds: the merchant asked for it and has its answer."""

NOT_TOLD_UNPAID: Final = frozenset({"alipay.trade.precreate", "alipay.trade.pay"})


class Follow(msgspec.Struct, frozen=True):
    """Read on. limit: at most so many events."""

    limit: int = EVENTS_AT_ONCE


class Followed(msgspec.Struct, frozen=True):
    """What was read and told. more: there may be more to read."""

    events: int
    notices: int
    more: bool


def start_following(tx: Tx, _: None = None) -> int:
    """Begin at the present end of the events; again changes nothing. Return where it stands."""
    known = notice_store.load_cursor(tx.sql, CURSOR)
    if known is None:
        known = notice_store.last_event(tx.sql)
        notice_store.save_cursor(tx.sql, CURSOR, known)
    return known


def is_behind(tx: Tx) -> bool:
    """Say whether there are events to follow."""
    known = notice_store.load_cursor(tx.sql, CURSOR)
    return known is not None and known < notice_store.last_event(tx.sql)


def follow(tx: Tx, command: Follow) -> Followed:
    """Read the next events and write the notifications that they give."""
    cursor = start_following(tx)
    events = events_after(tx.sql, cursor, command.limit)
    count = 0
    for event in events:
        for notice in _notices(tx, event):
            notice_store.insert_notice(tx.sql, notice)
            count += 1
    if events:
        notice_store.save_cursor(tx.sql, CURSOR, events[-1].seq)
    return Followed(len(events), count, len(events) == command.limit)


def _notices(tx: Tx, event: Event) -> list[Notice]:
    if not event.name.startswith(PREFIX):
        return []
    word = event.name.removeprefix(PREFIX)
    if word == "frozen" or word.startswith("authorisation_"):
        return _of_frozen(tx, event, word)
    order = store.load_order(tx.sql, TradeId(event.ref_id))
    if order is None or not order.notify_url:
        return []
    trade = escrow.trade(tx, order.trade_id)
    if trade.buyer_id is not None:
        number_of(tx, trade.buyer_id)  # it may have paid without our knowing
        open_id_of(tx, order.app_id, trade.buyer_id)
    if order.interface == "classic":
        case = event.decode(Case) if word.startswith("case_") else None
        told = None if case is not None or word.startswith("evidence") else event.decode(Told)
        said = classic_notices.parameters(tx, order, trade, word, told, case, event)
    elif word.startswith(("case_", "evidence")):
        return []
    else:
        said = trade_parameters(tx, order, trade, word, event.decode(Told), event)
    partner = classic_notices.partner_of(tx, order)
    return [] if said is None else [make_notice(tx, order, event, said, partner)]


def make_notice(
    tx: Tx, about: Order | Frozen, event: Event, said: dict[str, str], partner: str | None
) -> Notice:
    """Draw up a notification; its id is the same in every repetition."""
    id_ = NoticeId(tx.new_id())
    said = {name: value for name, value in said.items() if value}
    said["notify_id"] = id_.hex
    ref: UUID = event.ref_id
    return Notice(
        id_,
        about.app_id,
        partner,
        ref,
        event.seq,
        about.notify_url,
        said,
        NoticeState.WAITING,
        0,
        tx.now,
        "",
        tx.now,
        None,
    )


def is_told(order: Order, trade: Trade, word: str, told: Told) -> bool:
    """Say whether a merchant of v2 is told of an event."""
    if word == "refunded":
        return not told.number.startswith(OF_CANCEL)
    if word == "closed":
        return order.method not in NOT_TOLD_UNPAID
    if word in ("shipped", "confirmed", "ruled"):
        return trade.kind is TradeKind.GUARANTEED
    return word in ("paid", "finished")


def trade_parameters(
    tx: Tx, order: Order, trade: Trade, word: str, told: Told, event: Event
) -> dict[str, str] | None:
    """Return what a notification of v2 says of a trade; None if nobody is told."""
    if not is_told(order, trade, word, told):
        return None
    at = from_us(event.at)
    said = {
        "notify_type": "trade_status_sync",
        "charset": "utf-8",
        "version": "1.0",
        "app_id": order.acting,
        "auth_app_id": order.app_id,
        "trade_no": order.trade_no,
        "out_trade_no": order.out_trade_no,
        "buyer_id": "" if trade.buyer_id is None else number_of(tx, trade.buyer_id),
        "buyer_open_id": "" if trade.buyer_id is None else open_id(order.app_id, trade.buyer_id),
        "buyer_logon_id": masked_login(tx, trade.buyer_id),
        "seller_id": number_of(tx, trade.seller_id),
        "seller_email": shown_login(tx, trade.seller_id),
        "trade_status": telling.state_name(trade.kind, told.state),
        "total_amount": show_amount(trade.amount_minor),
        "subject": trade.subject,
        "body": order.details.body,
        "passback_params": order.details.passback_params,
        "gmt_create": telling.stamp(trade.created_at),
    }
    if trade.is_paid:
        sums = telling.amounts(trade)
        said |= {name: str(sums[name]) for name in sums}
        said["gmt_payment"] = telling.stamp(trade.paid_at)
        bills = [
            {"amount": each["amount"], "fundChannel": each["fund_channel"]}
            for each in telling.fund_bills(trade)
        ]
        said["fund_bill_list"] = msgspec.json.encode(bills).decode()
    if word == "refunded":
        said["out_biz_no"] = told.number
        said["gmt_refund"] = show_tenths(at)
    if told.refunded_minor:
        said["refund_fee"] = show_amount(told.refunded_minor)
    if told.state in (TradeState.CLOSED, TradeState.FINISHED):
        said["gmt_close"] = telling.stamp(at)
    return said


_FREEZE_WORDS: Final = {
    "frozen": ("fund_auth_freeze", "FREEZE", "SUCCESS"),
    "authorisation_unfreeze_part": ("fund_auth_unfreeze", "UNFREEZE", "SUCCESS"),
    "authorisation_unfreeze_rest": ("fund_auth_unfreeze", "UNFREEZE", "SUCCESS"),
    "authorisation_unfreeze_due": ("fund_auth_unfreeze", "UNFREEZE", "SUCCESS"),
}


def _of_frozen(tx: Tx, event: Event, word: str) -> list[Notice]:
    """A freeze or unfreeze; a payment from what is frozen is told as a trade."""
    frozen = store.load_frozen(tx.sql, AuthorisationId(event.ref_id))
    if frozen is None or not frozen.notify_url or word not in _FREEZE_WORDS:
        return []
    of = event.decode(Authorisation)
    kind, operation_type, status = _FREEZE_WORDS[word]
    wanted = (
        escrow.OperationKind.FREEZE if operation_type == "FREEZE" else escrow.OperationKind.UNFREEZE
    )
    done = [
        each
        for each in escrow.operations(tx, of.id)
        if each.kind is wanted and each.made_at <= from_us(event.at)
    ]
    operation = done[-1]
    said = {
        "notify_type": kind,
        "charset": "utf-8",
        "version": "1.0",
        "app_id": frozen.acting,
        "auth_app_id": frozen.app_id,
        "auth_no": frozen.auth_no,
        "out_order_no": frozen.out_order_no,
        "operation_id": telling.operation_number(operation),
        "operation_type": operation_type,
        "out_request_no": operation.request_no,
        "amount": show_amount(operation.amount_minor),
        "status": status,
        "gmt_create": telling.stamp(of.created_at),
        "gmt_trans": telling.stamp(operation.made_at),
        "payer_user_id": number_of(tx, of.payer_id),
        "payer_logon_id": masked_login(tx, of.payer_id),
        "payee_user_id": number_of(tx, of.payee_id),
        "payee_logon_id": masked_login(tx, of.payee_id),
        "total_freeze_amount": show_amount(of.frozen_minor),
        "total_unfreeze_amount": show_amount(of.unfrozen_minor),
        "total_pay_amount": show_amount(of.paid_minor),
        "rest_amount": show_amount(of.rest_minor),
    }
    return [make_notice(tx, frozen, event, said, None)]

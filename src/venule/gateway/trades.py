"""Trades as v2 and v3 ask for them: make, pay, ask, close, cancel.

What moves money is done by escrow, in the same transaction as what the wire keeps of it. Refunds
stand in `refunding.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from venule import escrow
from venule.escrow import (
    CloseTrade,
    CreateTrade,
    EscrowTransitionIllegal,
    Goods,
    PayAuthorised,
    PayTrade,
    Trade,
    TradeEvent,
    TradeKind,
    TradeState,
)
from venule.gateway import store, telling
from venule.gateway.errors import PaymentCodeInvalid, WireFieldWrong, WireUserUnknown
from venule.gateway.fields import amount_of, note_of, out_no, plain_of, until_of, url_of
from venule.gateway.model import (
    CODE_S,
    CONFIRM_ABOVE_MINOR,
    Asked,
    Content,
    Details,
    Order,
)
from venule.gateway.numbers import long_number
from venule.gateway.requests import NewTrade, QueryTrade, TradeName
from venule.gateway.users import named_user, number_of, open_id_of, user_by_number
from venule.ledger import Tx
from venule.members import MemberId

ESCROW_TRADE: Final = "ESCROW_TRADE"
SUCCESS: Final = {"code": "10000", "msg": "Success"}
WAITING: Final = {"code": "10003", "msg": "order success pay inprocess"}
CODE_PAY_TIME: Final = timedelta(minutes=90)
"""How long a payment by code waits for the buyer's word."""


def create(tx: Tx, asked: Asked[NewTrade]) -> Content:
    """Make a trade with a buyer; the same number and content again give the same one."""
    wanted = asked.request
    buyer = named_user(
        tx, wanted.buyer_id, wanted.buyer_logon_id, asked.by.for_app, wanted.buyer_open_id
    )
    if buyer is None:
        raise WireFieldWrong("buyer_id", "a user number, buyer_open_id or buyer_logon_id", "")
    order, _ = make(tx, asked, buyer, opened=True)
    return {**SUCCESS, "out_trade_no": order.out_trade_no, "trade_no": order.trade_no}


def precreate(tx: Tx, asked: Asked[NewTrade]) -> Content:
    """Make a trade that waits for whoever scans its code."""
    order, trade = make(tx, asked, None, opened=False)
    _check_payable(trade)
    address = f"{asked.base_url}/cashier/{order.token}"
    return {**SUCCESS, "out_trade_no": order.out_trade_no, "qr_code": address}


def page(tx: Tx, asked: Asked[NewTrade]) -> Order:
    """Make or find the trade that a browser brings; the cashier shows it.

    A reload brings the same parameters and finds the same trade.
    """
    order, trade = make(tx, asked, None, opened=False)
    _check_payable(trade)
    return order


def _check_payable(trade: Trade) -> None:
    """Raises: EscrowTransitionIllegal if a trade is paid, or closed."""
    if trade.state is not TradeState.CREATED:
        raise _illegal(trade, TradeEvent.PAY)


def _illegal(trade: Trade, event: TradeEvent) -> EscrowTransitionIllegal:
    return EscrowTransitionIllegal("TradeState", trade.state.value, event.value)


def make(
    tx: Tx, asked: Asked[NewTrade], buyer: MemberId | None, *, opened: bool
) -> tuple[Order, Trade]:
    """Make a trade and what the wire keeps of it, or find the first one.

    Raises: WireFieldWrong, WireUserUnknown, what `escrow.create_trade` does.
    """
    wanted = asked.request
    number = out_no("out_trade_no", wanted.out_trade_no)
    notify_url = url_of("notify_url", asked.notify_url)
    return_url = url_of("return_url", asked.return_url)
    details = _details(wanted)
    command = _command(tx, asked, number, buyer)
    known = store.find_order(tx.sql, asked.by.for_app, number)
    trade = escrow.create_trade(tx, command)
    if known is not None:
        return known, trade
    made = Order(
        trade.id,
        long_number(trade.id, trade.created_at),
        asked.by.for_app,
        asked.by.app_id,
        number,
        tx.new_id().hex,
        opened,
        "v2",
        asked.method,
        notify_url,
        return_url,
        details,
        tx.now,
    )
    store.insert_order(tx.sql, made)
    if buyer is not None:
        number_of(tx, buyer)
    return made, trade


def _command(tx: Tx, asked: Asked[NewTrade], number: str, buyer: MemberId | None) -> CreateTrade:
    wanted = asked.request
    seller = asked.by.seller_id
    if wanted.seller_id and user_by_number(tx, wanted.seller_id) != seller:
        raise WireUserUnknown(wanted.seller_id)
    guaranteed = wanted.product_code == ESCROW_TRADE
    span = wanted.timeout_express or wanted.qr_code_timeout_express
    until = until_of(tx.now, wanted.time_expire, span)
    if until is None and wanted.auth_code:
        most = timedelta(seconds=escrow.product(tx, escrow.STANDARD).terms.pay_s)
        until = tx.now + min(CODE_PAY_TIME, most)
    if store.find_order(tx.sql, asked.by.for_app, number) is not None:
        until = None  # a repetition comes later; its deadline is that of the first
    return CreateTrade(
        asked.by.for_app,
        number,
        seller,
        amount_of("total_amount", wanted.total_amount),
        plain_of("subject", wanted.subject, 256),
        buyer,
        TradeKind.GUARANTEED if guaranteed else TradeKind.INSTANT,
        Goods.VIRTUAL if wanted.goods_type == "0" else Goods.EXPRESS,
        settle=wanted.extend_params.royalty_freeze == "true",
        pay_until=until,
    )


def _details(wanted: NewTrade) -> Details:
    return Details(
        note_of("body", wanted.body, 128),
        note_of("passback_params", wanted.passback_params, 512),
        note_of("store_id", wanted.store_id, 32),
        note_of("terminal_id", wanted.terminal_id, 32),
        note_of("operator_id", wanted.operator_id, 32),
        note_of("product_code", wanted.product_code, 64),
        quit_url=note_of("quit_url", wanted.quit_url, 400),
    )


def pay(tx: Tx, asked: Asked[NewTrade]) -> Content:
    """Make a trade and pay it at once: by a code that the buyer shows, or from what is frozen.

    The same again gives the result. A sum above `CONFIRM_ABOVE_MINOR` waits for the buyer's word.
    """
    wanted = asked.request
    if wanted.auth_no:
        return _pay_frozen(tx, asked)
    if wanted.scene not in ("bar_code", "wave_code", "security_code"):
        raise WireFieldWrong("scene", "bar_code, wave_code or security_code", wanted.scene)
    number = out_no("out_trade_no", wanted.out_trade_no)
    first = store.find_order(tx.sql, asked.by.for_app, number)
    if first is not None:
        trade = escrow.trade(tx, first.trade_id)
        if trade.buyer_id is not None and (
            trade.is_paid or _used_for(tx, wanted.auth_code) == trade.id
        ):
            order, trade = make(tx, asked, trade.buyer_id, opened=True)
            return _paid(tx, order, trade)
    buyer = use_code(tx, wanted.auth_code)
    order, trade = make(tx, asked, buyer, opened=True)
    store.save_code_used(tx.sql, wanted.auth_code, trade.id, tx.now_us)
    store.save_opened(tx.sql, trade.id)
    number_of(tx, buyer)
    open_id_of(tx, order.app_id, buyer)
    if trade.amount_minor <= CONFIRM_ABOVE_MINOR:
        trade = escrow.pay_trade(tx, PayTrade(trade.id, buyer))
    return _paid(tx, order, trade)


def _used_for(tx: Tx, code: str) -> object:
    known = store.load_code(tx.sql, code)
    return None if known is None else known[2]


def use_code(tx: Tx, code: str) -> MemberId:
    """Return whose a payment code is. Raises: PaymentCodeInvalid."""
    found = store.load_code(tx.sql, code)
    if found is None:
        raise PaymentCodeInvalid("unknown")
    buyer, made_us, used = found
    if used is not None:
        raise PaymentCodeInvalid("used")
    if tx.now_us - made_us > CODE_S * 1_000_000:
        raise PaymentCodeInvalid("too old")
    return buyer


def _pay_frozen(tx: Tx, asked: Asked[NewTrade]) -> Content:
    wanted = asked.request
    number = out_no("out_trade_no", wanted.out_trade_no)
    frozen = store.find_frozen(tx.sql, asked.by.for_app, wanted.auth_no)
    if frozen is None:
        raise escrow.AuthorisationUnknown(wanted.auth_no)
    known = store.find_order(tx.sql, asked.by.for_app, number)
    trade = escrow.pay_authorised(
        tx,
        PayAuthorised(
            frozen.authorisation_id,
            asked.by.seller_id,
            number,
            amount_of("total_amount", wanted.total_amount),
            plain_of("subject", wanted.subject, 256),
            complete=wanted.auth_confirm_mode == "COMPLETE",
            settle=wanted.extend_params.royalty_freeze == "true",
        ),
    )
    if known is None:
        known = Order(
            trade.id,
            long_number(trade.id, trade.created_at),
            asked.by.for_app,
            asked.by.app_id,
            number,
            tx.new_id().hex,
            True,
            "v2",
            asked.method,
            url_of("notify_url", asked.notify_url) or frozen.notify_url,
            "",
            _details(wanted),
            tx.now,
        )
        store.insert_order(tx.sql, known)
    return _paid(tx, known, trade)


def _paid(tx: Tx, order: Order, trade: Trade) -> Content:
    if trade.state is TradeState.CREATED:
        said = {"total_amount": telling.yuan(trade.amount_minor)}
        return {**WAITING, **telling.names(order), **telling.buyer(tx, trade), **said}
    if not trade.is_paid:
        _check_payable(trade)
    return {
        **SUCCESS,
        **telling.names(order),
        **telling.buyer(tx, trade),
        **telling.amounts(trade),
        "gmt_payment": telling.stamp(trade.paid_at),
        "fund_bill_list": telling.fund_bills(trade),
    }


# Asking


def find(tx: Tx, app_id: str, name: Any, *, unopened: bool = False) -> Order:
    """Return the order that a request names; of another application's nobody is told.

    unopened: also one that no buyer has seen.
    Raises: WireFieldWrong, TradeUnknown.
    """
    if name.trade_no:
        found = store.find_order_by_no(tx.sql, name.trade_no)
        if found is not None and found.app_id != app_id:
            found = None
    elif name.out_trade_no:
        found = store.find_order(tx.sql, app_id, name.out_trade_no)
    else:
        raise WireFieldWrong("out_trade_no", "out_trade_no or trade_no", "")
    if found is None or not (found.opened or unopened):
        raise escrow.TradeUnknown(name.trade_no or name.out_trade_no)
    return found


def query(tx: Tx, asked: Asked[QueryTrade]) -> Content:
    """Tell how a trade stands."""
    order = find(tx, asked.by.for_app, asked.request)
    trade = escrow.trade(tx, order.trade_id)
    content = {
        **SUCCESS,
        **telling.names(order),
        "trade_status": telling.status(trade),
        **telling.buyer(tx, trade),
        **(telling.amounts(trade) if trade.is_paid else telling.no_amounts(trade)),
        "subject": trade.subject,
        **telling.details(order),
    }
    if trade.is_paid:
        content["send_pay_date"] = telling.stamp(trade.paid_at)
        content["fund_bill_list"] = telling.fund_bills(trade)
    if "trade_settle_info" in asked.request.query_options and trade.settle:
        content["trade_settle_info"] = telling.settle_info(tx, trade)
    return content


# Ending


def close(tx: Tx, asked: Asked[TradeName]) -> Content:
    """Close a trade that is not paid."""
    order = find(tx, asked.by.for_app, asked.request)
    trade = escrow.trade(tx, order.trade_id)
    if trade.state is TradeState.CLOSED:
        raise _illegal(trade, TradeEvent.CLOSE)
    escrow.close_trade(tx, CloseTrade(order.trade_id, asked.by.seller_id))
    return {**SUCCESS, **telling.names(order)}


def cancel(tx: Tx, asked: Asked[TradeName]) -> Content:
    """Undo a trade whatever has become of it; one that never was is undone as well."""
    said: Content = {"retry_flag": "N"}
    try:
        order = find(tx, asked.by.for_app, asked.request, unopened=True)
    except escrow.TradeUnknown:
        return {**SUCCESS, "out_trade_no": asked.request.out_trade_no, **said}
    before = escrow.trade(tx, order.trade_id)
    after = escrow.cancel_trade(tx, CloseTrade(order.trade_id, asked.by.seller_id))
    said["action"] = "refund" if before.is_paid else "close"
    if before.is_paid:
        said["gmt_refund_pay"] = telling.stamp(after.ended_at or tx.now)
    return {**SUCCESS, **telling.names(order), **said}


def open_order(tx: Tx, token: str) -> Order:
    """A buyer has come to the cashier: from now on the merchant is told of the order.

    Raises: TradeUnknown.
    """
    found = store.find_order_by_token(tx.sql, token)
    if found is None:
        raise escrow.TradeUnknown(token)
    if not found.opened:
        store.save_opened(tx.sql, found.trade_id)
        found = replace(found, opened=True)
    return found

"""The buyer's side: what a wallet or the cashier does for a buyer who is known by then.

Who the buyer is and that they have agreed is checked before, by whoever asks.
"""

from __future__ import annotations

from typing import Final

import msgspec

from venule import escrow
from venule.escrow import Confirm, FreezeFunds, PayTrade, Ship, Trade
from venule.fund import all_funds
from venule.gateway import store, trades
from venule.gateway.applications import app
from venule.gateway.errors import PaymentCodeInvalid, WireOrderUnknown
from venule.gateway.model import CODE_S, Frozen, Order, Voucher
from venule.gateway.numbers import CODE_PREFIX, long_number, short_number
from venule.gateway.users import DRAWS_MAX, number_of, open_id_of
from venule.ledger import Tx
from venule.members import MemberId, check_may_pay, member, party

CODE_DIGITS: Final = 16
KEEP_CODES_S: Final = 86_400


class PayOrder(msgspec.Struct, frozen=True):
    """A buyer pays the order that the cashier shows. fund: take from it what cash lacks."""

    token: str
    buyer_id: MemberId
    fund: str | None = None


class PaidOrder(msgspec.Struct, frozen=True):
    """An order and its trade after it was paid."""

    order: Order
    trade: Trade


class ShowCode(msgspec.Struct, frozen=True):
    """A buyer's wallet shows a payment code."""

    member_id: MemberId


class ConfirmReceipt(msgspec.Struct, frozen=True):
    """A buyer has the goods."""

    token: str
    buyer_id: MemberId


class TakeUp(msgspec.Struct, frozen=True):
    """A payer freezes what an order asks for."""

    token: str
    payer_id: MemberId


class SendGoods(msgspec.Struct, frozen=True):
    """A merchant has shipped."""

    app_id: str
    trade_no: str
    carrier: str
    tracking_no: str


def pay_order(tx: Tx, command: PayOrder) -> PaidOrder:
    """Pay an order from the buyer's wallet; again it says that it is paid.

    Raises: TradeUnknown, what `escrow.pay_trade` does.
    """
    order = trades.open_order(tx, command.token)
    trade = escrow.trade(tx, order.trade_id)
    if not (trade.is_paid and trade.buyer_id == command.buyer_id):
        number_of(tx, command.buyer_id)
        open_id_of(tx, order.app_id, command.buyer_id)
        trade = escrow.pay_trade(tx, PayTrade(trade.id, command.buyer_id, command.fund))
    return PaidOrder(order, trade)


def show_code(tx: Tx, command: ShowCode) -> str:
    """Return a new payment code of a buyer: good for a minute, for one payment.

    Raises: MemberUnknown, MemberFrozen, MemberClosed.
    """
    check_may_pay(party(tx, command.member_id))
    store.delete_codes(tx.sql, tx.now_us - KEEP_CODES_S * 1_000_000)
    for _ in range(DRAWS_MAX):
        code = short_number(CODE_PREFIX, tx.new_id(), CODE_DIGITS)
        if store.insert_code(tx.sql, code, command.member_id, tx.now_us):
            return code
    raise PaymentCodeInvalid(f"not to be had within {CODE_S} s")


def confirm_receipt(tx: Tx, command: ConfirmReceipt) -> Trade:
    """The buyer has the goods: the seller is paid. Raises: TradeUnknown, as `escrow.confirm`."""
    order = store.find_order_by_token(tx.sql, command.token)
    if order is None:
        raise escrow.TradeUnknown(command.token)
    return escrow.confirm(tx, Confirm(order.trade_id, command.buyer_id))


def send_goods(tx: Tx, command: SendGoods) -> Trade:
    """Note that goods are under way. Raises: TradeUnknown, as `escrow.ship`."""
    order = store.find_order_by_no(tx.sql, command.trade_no)
    if order is None or order.app_id != command.app_id:
        raise escrow.TradeUnknown(command.trade_no)
    trade = escrow.trade(tx, order.trade_id)
    escrow.ship(tx, Ship(trade.id, trade.seller_id, command.carrier, command.tracking_no))
    return escrow.trade(tx, trade.id)


def take_up(tx: Tx, command: TakeUp) -> Frozen:
    """Freeze what a voucher asks for, from the payer's wallet.

    Raises: WireOrderUnknown, what `escrow.freeze_funds` does.
    """
    found = store.find_voucher_by_token(tx.sql, command.token)
    if found is None or found.closed or found.until_at <= tx.now:
        raise WireOrderUnknown("order to freeze", command.token)
    number_of(tx, command.payer_id)
    made = escrow.freeze_funds(
        tx,
        FreezeFunds(
            found.app_id,
            found.out_order_no,
            found.request_no,
            command.payer_id,
            app(tx, found.app_id).seller_id,
            found.amount_minor,
            found.title,
        ),
    )
    known = store.load_frozen(tx.sql, made.id)
    if known is not None:
        return known
    frozen = Frozen(
        made.id,
        long_number(made.id, made.created_at),
        found.app_id,
        found.acting,
        found.out_order_no,
        found.request_no,
        found.notify_url,
        tx.now,
    )
    store.insert_frozen(tx.sql, frozen)
    return frozen


class Source(msgspec.Struct, frozen=True):
    """A fund whose shares may pay what cash lacks."""

    code: str
    name: str


class Shown(msgspec.Struct, frozen=True):
    """What the cashier shows of an order. sources: besides cash."""

    order: Order
    trade: Trade
    merchant: str
    sources: list[Source] = []


def show_order(tx: Tx, token: str) -> Shown:
    """Return what the cashier shows. Raises: TradeUnknown."""
    order = store.find_order_by_token(tx.sql, token)
    if order is None:
        raise escrow.TradeUnknown(token)
    trade = escrow.trade(tx, order.trade_id)
    funds = [Source(each.code, each.name) for each in all_funds(tx) if each.redemptions_open]
    return Shown(order, trade, shown_name(tx, trade.seller_id), funds)


def shown_name(tx: Tx, member_id: MemberId) -> str:
    """Return how a merchant is called on pages."""
    who = member(tx, member_id)
    return who.display_name or who.external_ref


class ShownVoucher(msgspec.Struct, frozen=True):
    """What the page shows of an order to freeze. state: open, frozen or closed."""

    voucher: Voucher
    merchant: str
    state: str


def show_voucher(tx: Tx, token: str) -> ShownVoucher:
    """Return what the page of an order to freeze shows. Raises: WireOrderUnknown."""
    found = store.find_voucher_by_token(tx.sql, token)
    if found is None:
        raise WireOrderUnknown("order to freeze", token)
    taken = [
        each
        for each in store.find_frozen_by_order(tx.sql, found.app_id, found.out_order_no)
        if each.request_no == found.request_no
    ]
    state = "frozen" if taken else "open"
    if not taken and (found.closed or found.until_at <= tx.now):
        state = "closed"
    return ShownVoucher(found, shown_name(tx, app(tx, found.app_id).seller_id), state)

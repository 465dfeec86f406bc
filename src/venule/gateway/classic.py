"""What the classic interface asks for: guaranteed trades made by a browser, shipping, queries."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import msgspec

from venule import escrow
from venule.escrow import CreateTrade, Goods, Ship, Trade, TradeKind
from venule.gateway import classic_notices, notice_store, store, trades
from venule.gateway.errors import GatewayRefused, WireFieldWrong
from venule.gateway.fields import amount_of, note_of, out_no, plain_of, until_of, url_of
from venule.gateway.model import Acting, Details, NoticeId, NoticeState, Order
from venule.gateway.numbers import long_number
from venule.gateway.requests import TradeName
from venule.gateway.telling import stamp
from venule.gateway.users import is_login_of, known_number
from venule.gateway.wire.money import AMOUNT_MINOR_MAX, read_amount, show_amount
from venule.ledger import Tx

GUARANTEED: Final = frozenset({"create_partner_trade_by_buyer", "trade_create_by_buyer"})
DIRECT: Final = "create_direct_pay_by_user"
QUANTITY_MAX: Final = 1_000_000
VERIFIED_AFTER: Final = timedelta(minutes=1)
"""A notification can be verified until so long after it was acknowledged."""

_GOODS: Final = {
    "EXPRESS": Goods.EXPRESS,
    "EMS": Goods.EXPRESS,
    "POST": Goods.POST,
    "DIRECT": Goods.VIRTUAL,
}
_PAYERS: Final = ("SELLER_PAY", "BUYER_PAY", "BUYER_PAY_AFTER_RECEIVE")
_KEPT: Final = (*classic_notices.REPEATED,)
_DISCOUNT: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)


class ClassicAsked(msgspec.Struct, frozen=True):
    """A request of the classic interface, verified. values: as they were sent."""

    by: Acting
    service: str
    values: dict[str, str]

    def get(self, name: str) -> str:
        """Return a value; an absent one is empty."""
        return self.values.get(name, "")


class ToldTrade(msgspec.Struct, frozen=True):
    """An answer about a trade, in the interface's own names."""

    root: str
    members: dict[str, str]


def create_order(tx: Tx, asked: ClassicAsked) -> Order:
    """Make or find the trade that a browser brings.

    Raises: WireFieldWrong, WireUserUnknown, what `escrow.create_trade` does.
    """
    number = out_no("out_trade_no", asked.get("out_trade_no"))
    guaranteed = asked.service in GUARANTEED
    _check_seller(tx, asked)
    command = CreateTrade(
        asked.by.for_app,
        number,
        asked.by.seller_id,
        total_of(asked),
        plain_of("subject", asked.get("subject"), 256),
        None,
        TradeKind.GUARANTEED if guaranteed else TradeKind.INSTANT,
        _goods(asked) if guaranteed else Goods.EXPRESS,
        pay_until=None,
    )
    first = store.find_order(tx.sql, asked.by.for_app, number)
    until = until_of(tx.now, "", asked.get("it_b_pay"))
    if first is None and until is not None:
        command = msgspec.structs.replace(command, pay_until=until)
    details = Details(
        note_of("body", asked.get("body"), 400),
        show_url=url_of("show_url", asked.get("show_url")),
        classic={name: asked.get(name)[:256] for name in _KEPT if asked.get(name)},
    )
    notify_url = url_of("notify_url", asked.get("notify_url"))
    return_url = url_of("return_url", asked.get("return_url"))
    trade = escrow.create_trade(tx, command)
    if first is not None:
        return first
    made = Order(
        trade.id,
        long_number(trade.id, trade.created_at),
        asked.by.for_app,
        asked.by.app_id,
        number,
        tx.new_id().hex,
        False,
        "classic",
        asked.service,
        notify_url,
        return_url,
        details,
        tx.now,
    )
    store.insert_order(tx.sql, made)
    return made


def _check_seller(tx: Tx, asked: ClassicAsked) -> None:
    """Raises: WireFieldWrong if the seller named is not the partner."""
    number, login = asked.get("seller_id"), asked.get("seller_email")
    if number:
        if known_number(tx, asked.by.seller_id) != number:
            raise WireFieldWrong("seller_id", "the partner's own number", number)
    elif login and not is_login_of(tx, asked.by.seller_id, login):
        raise WireFieldWrong("seller_email", "the partner's own login", login)


def _goods(asked: ClassicAsked) -> Goods:
    kind = asked.get("logistics_type")
    if kind not in _GOODS:
        raise WireFieldWrong("logistics_type", ", ".join(_GOODS), kind)
    payer = asked.get("logistics_payment")
    if payer not in _PAYERS:
        raise WireFieldWrong("logistics_payment", ", ".join(_PAYERS), payer)
    return _GOODS[kind]


def total_of(asked: ClassicAsked) -> int:
    """Return what the buyer pays: `price * quantity + discount`, and the carriage if it is theirs.

    Raises: WireFieldWrong, GatewayRefused.
    """
    if asked.get("total_fee") and not asked.get("price"):
        return amount_of("total_fee", asked.get("total_fee"))
    quantity = asked.get("quantity") or "1"
    if not (quantity.isascii() and quantity.isdigit() and 0 < int(quantity[:9]) <= QUANTITY_MAX):
        raise WireFieldWrong("quantity", f"1 to {QUANTITY_MAX}", quantity)
    total = amount_of("price", asked.get("price")) * int(quantity)
    if asked.get("discount"):
        total += _discount(asked.get("discount"))
    if asked.get("logistics_payment") == "BUYER_PAY":
        total += _carriage(asked.get("logistics_fee"))
    if not 0 < total <= AMOUNT_MINOR_MAX:
        raise GatewayRefused("classic", "TOTAL_FEE_OUT_OF_RANGE", f"{total} fen")
    return total


def _discount(text: str) -> int:
    if not _DISCOUNT.fullmatch(text) or not text.startswith("-"):
        if text in ("0", "0.0", "0.00"):
            return 0
        raise WireFieldWrong("discount", "yuan of 0 or less", text)
    whole, _, cents = text[1:].partition(".")
    return -(int(whole) * 100 + int(cents.ljust(2, "0")))


def _carriage(text: str) -> int:
    if text in ("0", "0.0", "0.00"):
        return 0
    fen = read_amount(text)
    if fen is None:
        raise WireFieldWrong("logistics_fee", "yuan", text)
    return fen


def send_goods(tx: Tx, asked: ClassicAsked) -> ToldTrade:
    """Note that goods are under way; again changes nothing.

    Raises: WireFieldWrong, TradeUnknown, what `escrow.ship` does.
    """
    order = trades.find(
        tx, asked.by.for_app, TradeName(trade_no=asked.get("trade_no")), unopened=True
    )
    trade = escrow.trade(tx, order.trade_id)
    carrier = plain_of("logistics_name", asked.get("logistics_name"), 64)
    number = plain_of("invoice_no", asked.get("invoice_no") or "none", 64)
    known = escrow.shipments(tx, trade.id)
    if not any((s.carrier, s.tracking_no) == (carrier, number) for s in known):
        escrow.ship(tx, Ship(trade.id, asked.by.seller_id, carrier, number))
        trade = escrow.trade(tx, trade.id)
    said = classic_notices.facts(tx, order, trade)
    names = ("trade_no", "out_trade_no", "subject", "price", "quantity", "total_fee")
    members = {name: said.get(name, "") for name in names}
    return ToldTrade(
        "tradeBase",
        {
            **members,
            "trade_status": classic_notices.state_name(trade.kind, trade.state),
            "seller_id": said["seller_id"],
            "seller_login_email": said["seller_email"],
            "buyer_login_email": said["buyer_email"],
            "gmt_create": said["gmt_create"],
        },
    )


def query(tx: Tx, asked: ClassicAsked) -> ToldTrade:
    """Tell how a trade stands. Raises: WireFieldWrong, TradeUnknown."""
    name = TradeName(asked.get("out_trade_no"), asked.get("trade_no"))
    order = trades.find(tx, asked.by.for_app, name)
    trade = escrow.trade(tx, order.trade_id)
    said = classic_notices.facts(tx, order, trade)
    return ToldTrade("trade", {**said, **_standing(tx, trade)})


def _standing(tx: Tx, trade: Trade) -> dict[str, str]:
    sent = escrow.shipments(tx, trade.id)
    cases = escrow.cases(tx, trade.id)
    said = {
        "trade_status": classic_notices.state_name(trade.kind, trade.state),
        "flag_trade_locked": "1" if trade.case_id else "0",
        "is_total_fee_adjust": "F",
        "use_coupon": "F",
        "operator_role": "B",
        "payment_type": "1",
        "to_seller_fee": show_amount(trade.released_minor - trade.refunded_late_minor),
        "to_buyer_fee": show_amount(trade.refunded_minor),
        "logistics_status": "INITIAL_STATUS",
        "gmt_last_modified_time": stamp(trade.ended_at or trade.paid_at or trade.created_at),
    }
    if trade.is_paid and trade.kind is TradeKind.GUARANTEED:
        said["logistics_status"] = (
            "WAIT_LOGISTICS_SEND_GOODS"
            if not sent
            else "RECEIVE_GOODS"
            if trade.ended_at is not None
            else "WAIT_RECEIVER_CONFIRM_GOODS"
        )
    if sent:
        said["gmt_send_goods"] = stamp(sent[0].shipped_at)
    if cases:
        said["refund_status"] = classic_notices.REFUND_STATES[cases[-1].state]
    elif trade.refunded_minor:
        said["refund_status"] = "REFUND_SUCCESS"
    if trade.due_at is not None:
        said["time_out"] = stamp(trade.due_at)
        said["time_out_type"] = "closeTradeAction" if not trade.is_paid else "autoFinishTradeAction"
    return said


class VerifyNotice(msgspec.Struct, frozen=True):
    """A partner asks whether a notification is ours."""

    partner: str
    notify_id: str


def verify_notice(tx: Tx, query_: VerifyNotice) -> bool:
    """Say whether a notification is ours, for this partner, and lately or still on its way."""
    try:
        notice_id = NoticeId(msgspec.convert(query_.notify_id, type=NoticeId))
    except msgspec.ValidationError:
        return False
    found = notice_store.load_notice(tx.sql, notice_id)
    if found is None or found.partner != query_.partner or query_.notify_id != found.id.hex:
        return False
    if found.state is NoticeState.WAITING:
        return True
    if found.ended_at is None or found.state is NoticeState.FAILED:
        return False
    return tx.now - found.ended_at <= VERIFIED_AFTER


def return_facts(tx: Tx, order: Order) -> dict[str, str]:
    """Return what the browser brings back to a shop."""
    trade = escrow.trade(tx, order.trade_id)
    said = {
        "is_success": "T",
        "notify_type": "trade_status_sync",
        **classic_notices.facts(tx, order, trade),
        "trade_status": classic_notices.state_name(trade.kind, trade.state),
        "notify_time": stamp(tx.now),
    }
    return {name: value for name, value in said.items() if value}

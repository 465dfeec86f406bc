"""What the classic interface tells of a trade: every state, and every turn of a refund."""

from __future__ import annotations

from typing import Final

from venule.escrow import Case, CaseState, Told, Trade, TradeKind, TradeState, shipments
from venule.gateway import app_store
from venule.gateway.model import Order
from venule.gateway.telling import stamp
from venule.gateway.users import known_number, masked_login, shown_login
from venule.gateway.wire.money import show_amount
from venule.kit.events import Event
from venule.kit.time import from_us
from venule.ledger import Tx

WORDS: Final = frozenset({"created", "paid", "shipped", "confirmed", "refunded", "closed", "ruled"})
STATES: Final = {
    TradeState.CREATED: "WAIT_BUYER_PAY",
    TradeState.PAID: "WAIT_SELLER_SEND_GOODS",
    TradeState.PART_SHIPPED: "WAIT_SELLER_SEND_GOODS",
    TradeState.SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
    TradeState.SUCCESS: "TRADE_FINISHED",
    TradeState.FINISHED: "TRADE_FINISHED",
    TradeState.CLOSED: "TRADE_CLOSED",
}
REFUND_STATES: Final = {
    CaseState.ASKED: "WAIT_SELLER_AGREE",
    CaseState.REFUSED: "SELLER_REFUSE_BUYER",
    CaseState.RETURNING: "WAIT_BUYER_RETURN_GOODS",
    CaseState.RETURNED: "WAIT_SELLER_CONFIRM_GOODS",
    CaseState.DISPUTED: "SELLER_REFUSE_BUYER",
    CaseState.PROPOSED: "SELLER_REFUSE_BUYER",
    CaseState.RULED: "SELLER_REFUSE_BUYER",
    CaseState.APPEALED: "SELLER_REFUSE_BUYER",
    CaseState.APPEAL_PROPOSED: "SELLER_REFUSE_BUYER",
    CaseState.REFUNDED: "REFUND_SUCCESS",
    CaseState.EXECUTED: "REFUND_SUCCESS",
    CaseState.CLOSED: "REFUND_CLOSED",
}
REPEATED: Final = (
    "price", "quantity", "discount", "payment_type", "logistics_type", "logistics_fee",
    "logistics_payment", "receive_name", "receive_address", "receive_zip", "receive_phone",
    "receive_mobile",
)  # fmt: skip
"""What is told again as it was sent."""


def state_name(kind: TradeKind, state: TradeState) -> str:
    """Return what the classic interface calls a state."""
    if kind is TradeKind.INSTANT and state is TradeState.SUCCESS:
        return "TRADE_SUCCESS"
    return STATES[state]


def partner_of(tx: Tx, order: Order) -> str | None:
    """Return the partner that an order's application is; None in the other interfaces."""
    if order.interface != "classic":
        return None
    app = app_store.load_app(tx.sql, order.app_id)
    return None if app is None else app.partner


def facts(tx: Tx, order: Order, trade: Trade) -> dict[str, str]:
    """Return what the classic interface says of a trade, but for its state."""
    said = order.details.classic
    return {
        "trade_no": order.trade_no,
        "out_trade_no": order.out_trade_no,
        "subject": trade.subject,
        "body": order.details.body,
        "total_fee": show_amount(trade.amount_minor),
        "seller_id": known_number(tx, trade.seller_id),
        "seller_email": shown_login(tx, trade.seller_id),
        "buyer_id": known_number(tx, trade.buyer_id),
        "buyer_email": masked_login(tx, trade.buyer_id),
        "gmt_create": stamp(trade.created_at),
        "gmt_payment": stamp(trade.paid_at),
        "use_coupon": "N",
        "is_total_fee_adjust": "N",
        **{name: said[name] for name in REPEATED if said.get(name)},
    }


def parameters(
    tx: Tx,
    order: Order,
    trade: Trade,
    word: str,
    told: Told | None,
    case: Case | None,
    event: Event,
) -> dict[str, str] | None:
    """Return what a notification says; None if nobody is told of such an event."""
    if case is None and (told is None or word not in WORDS):
        return None
    if case is not None and case.state in (CaseState.REFUNDED, CaseState.EXECUTED):
        return None  # the refund itself is told
    at = stamp(from_us(event.at))
    state = trade.state if told is None else told.state
    said = {
        "notify_type": "trade_status_sync",
        **facts(tx, order, trade),
        "trade_status": state_name(trade.kind, state),
        "gmt_logistics_modify": at,
    }
    sent = shipments(tx, trade.id)
    if sent:
        said["gmt_send_goods"] = stamp(sent[0].shipped_at)
    if case is not None:
        said["refund_status"] = REFUND_STATES[case.state]
        said["gmt_refund"] = at
    elif word == "refunded" or (told is not None and word == "ruled" and told.refunded_minor):
        said["refund_status"] = "REFUND_SUCCESS"
        said["gmt_refund"] = at
    return said

"""What is told of a trade, in the protocol's own names. Nothing is told that is empty."""

from __future__ import annotations

from typing import Final

from venule import escrow
from venule.escrow import Refund, Trade, TradeKind, TradeState
from venule.gateway.model import Content, Order
from venule.gateway.numbers import long_number, open_id
from venule.gateway.users import known_number, masked_login
from venule.gateway.wire.money import show_amount, show_stamp
from venule.ledger import Tx

BALANCE: Final = "ALIPAYACCOUNT"
FUND: Final = "MONEYFUND"

_INSTANT: Final = {
    TradeState.CREATED: "WAIT_BUYER_PAY",
    TradeState.SUCCESS: "TRADE_SUCCESS",
    TradeState.FINISHED: "TRADE_FINISHED",
    TradeState.CLOSED: "TRADE_CLOSED",
}
_GUARANTEED: Final = {
    **_INSTANT,
    TradeState.PAID: "WAIT_SELLER_SEND_GOODS",
    TradeState.PART_SHIPPED: "WAIT_SELLER_SEND_GOODS",
    TradeState.SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
}

yuan = show_amount
stamp = show_stamp


def state_name(kind: TradeKind, state: TradeState) -> str:
    """Return what the wire calls a state."""
    return (_GUARANTEED if kind is TradeKind.GUARANTEED else _INSTANT)[state]


def status(trade: Trade) -> str:
    """Return what the wire calls the state that a trade is in."""
    return state_name(trade.kind, trade.state)


def names(order: Order) -> Content:
    """Return the two numbers of a trade."""
    return {"trade_no": order.trade_no, "out_trade_no": order.out_trade_no}


def buyer(tx: Tx, trade: Trade) -> Content:
    """Return who the buyer is, once that is known."""
    return {
        "buyer_logon_id": masked_login(tx, trade.buyer_id),
        "buyer_user_id": known_number(tx, trade.buyer_id),
        "buyer_open_id": "" if trade.buyer_id is None else open_id(trade.app, trade.buyer_id),
    }


def amounts(trade: Trade) -> Content:
    """Return the sums of a paid trade."""
    paid = show_amount(trade.amount_minor)
    return {
        "total_amount": paid,
        "receipt_amount": paid,
        "buyer_pay_amount": paid,
        "point_amount": "0.00",
        "invoice_amount": paid,
    }


def no_amounts(trade: Trade) -> Content:
    """Return the sums of a trade that is not paid."""
    nothing = dict.fromkeys(
        ("receipt_amount", "buyer_pay_amount", "point_amount", "invoice_amount"), "0.00"
    )
    return {"total_amount": show_amount(trade.amount_minor), **nothing}


def fund_bills(trade: Trade) -> list[Content]:
    """Return from where a trade was paid."""
    cash = trade.amount_minor - trade.shares_minor
    parts = ((BALANCE, cash), (FUND, trade.shares_minor))
    return [{"fund_channel": channel, "amount": show_amount(fen)} for channel, fen in parts if fen]


def refund_items(refund: Refund) -> list[Content]:
    """Return to where a refund went."""
    parts = ((BALANCE, refund.amount_minor - refund.to_fund_minor), (FUND, refund.to_fund_minor))
    return [{"fund_channel": channel, "amount": show_amount(fen)} for channel, fen in parts if fen]


def details(order: Order) -> Content:
    """Return what the merchant sent about a trade."""
    said = order.details
    return {
        "body": said.body,
        "store_id": said.store_id,
        "terminal_id": said.terminal_id,
        "passback_params": said.passback_params,
    }


def settle_info(tx: Tx, trade: Trade) -> Content:
    """Return what of a trade was shared out, and what is still kept for it."""
    seller = known_number(tx, trade.seller_id)
    lines: list[Content] = []
    for settlement in escrow.settlements(tx, trade.id):
        number = long_number(settlement.id, settlement.settled_at)
        lines += [
            {
                "operation_type": "transfer",
                "operation_serial_no": number,
                "operation_dt": show_stamp(settlement.settled_at),
                "trans_out": seller,
                "trans_in": known_number(tx, line.receiver_id),
                "amount": show_amount(line.amount_minor),
            }
            for line in settlement.lines
        ]
    return {
        "trade_unsettled_amount": show_amount(trade.unsettled_minor),
        "trade_settle_detail_list": lines or None,
    }


def operation_number(operation: escrow.Operation) -> str:
    """Return our number of what was done with an authorisation."""
    return long_number(operation.id, operation.made_at)

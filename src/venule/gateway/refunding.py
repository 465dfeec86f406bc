"""Refunds as v2 and v3 ask for them."""

from __future__ import annotations

from venule import escrow
from venule.escrow import (
    Refund,
    RefundExceedsTrade,
    RefundTrade,
    RoyaltyBack,
    Trade,
)
from venule.gateway import telling, trades
from venule.gateway.errors import GatewayRefused, WireFieldWrong
from venule.gateway.fields import amount_of, note_of, request_no
from venule.gateway.model import Asked, Content
from venule.gateway.requests import QueryRefund, RefundOf, RoyaltyBackTo
from venule.gateway.trades import SUCCESS
from venule.gateway.users import known_number, user_by_login, user_by_number
from venule.ledger import Tx


def refund(tx: Tx, asked: Asked[RefundOf]) -> Content:
    """Send back a part of a trade, or all; the same number and sum again change nothing."""
    wanted = asked.request
    amount = amount_of("refund_amount", wanted.refund_amount)
    order = trades.find(tx, asked.by.for_app, wanted)
    trade = escrow.trade(tx, order.trade_id)
    number = wanted.out_request_no
    if not number:
        number = order.out_trade_no
        first = escrow.refund_by_number(tx, trade.id, number)
        if amount != trade.amount_minor and first is None:
            raise GatewayRefused(
                "40004",
                "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
                "a refund of a part needs an out_request_no",
            )
    number = request_no("out_request_no", number)
    before = escrow.refund_by_number(tx, trade.id, number)
    made = escrow.refund_trade(
        tx,
        RefundTrade(
            trade.id,
            asked.by.seller_id,
            number,
            amount,
            _reason(wanted.refund_reason),
            lines=_lines(tx, trade, wanted.refund_royalty_parameters),
        ),
    )
    after = escrow.trade(tx, trade.id)
    content = {
        **SUCCESS,
        **telling.names(order),
        **telling.buyer(tx, after),
        "fund_change": "N" if before is not None else "Y",
        "refund_fee": telling.yuan(after.refunded_minor),
        "send_back_fee": telling.yuan(made.amount_minor),
        "gmt_refund_pay": telling.stamp(made.made_at),
    }
    if "refund_detail_item_list" in wanted.query_options:
        content["refund_detail_item_list"] = telling.refund_items(made)
    return content


def _reason(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in note_of("refund_reason", text, 256))
    return line.strip()


def _lines(tx: Tx, trade: Trade, wanted: list[RoyaltyBackTo]) -> list[RoyaltyBack]:
    """Return what the receivers named give back, from their newest parts first.

    Raises: WireFieldWrong, WireUserUnknown, RefundExceedsTrade.
    """
    if not wanted:
        return []
    left = {
        (line.settlement_id, line.line): [line.receiver_id, line.amount_minor - line.returned_minor]
        for settlement in reversed(escrow.settlements(tx, trade.id))
        for line in settlement.lines
    }
    given: dict[tuple[escrow.SettlementId, int], int] = {}
    for each in wanted:
        rest = amount_of("refund_royalty_parameters.amount", each.amount)
        if not each.trans_out:
            raise WireFieldWrong("refund_royalty_parameters.trans_out", "a receiver", "")
        by_login = each.trans_out_type == "loginName"
        who = (
            user_by_login(tx, each.trans_out).id if by_login else user_by_number(tx, each.trans_out)
        )
        asked_minor = rest
        for place, entry in left.items():
            if entry[0] == who and rest and entry[1]:
                part = min(rest, int(str(entry[1])))
                entry[1] = int(str(entry[1])) - part
                given[place] = given.get(place, 0) + part
                rest -= part
        if rest:
            raise RefundExceedsTrade(trade.id, asked_minor - rest, asked_minor)
    return [RoyaltyBack(place[0], place[1], fen) for place, fen in given.items()]


def query_refund(tx: Tx, asked: Asked[QueryRefund]) -> Content:
    """Tell of a refund; of one that is not there, that nothing is known."""
    wanted = asked.request
    order = trades.find(tx, asked.by.for_app, wanted)
    found = escrow.refund_by_number(tx, order.trade_id, wanted.out_request_no)
    if found is None:
        return {**SUCCESS, **telling.names(order), "out_request_no": wanted.out_request_no}
    trade = escrow.trade(tx, order.trade_id)
    content = {
        **SUCCESS,
        **telling.names(order),
        "out_request_no": found.request_no,
        "refund_reason": found.reason,
        "total_amount": telling.yuan(trade.amount_minor),
        "refund_amount": telling.yuan(found.amount_minor),
        "refund_status": "REFUND_SUCCESS",
    }
    if "gmt_refund_pay" in wanted.query_options:
        content["gmt_refund_pay"] = telling.stamp(found.made_at)
    if "refund_detail_item_list" in wanted.query_options:
        content["refund_detail_item_list"] = telling.refund_items(found)
    content["refund_royaltys"] = _royalties(tx, found) or None
    return content


def _royalties(tx: Tx, found: Refund) -> list[Content]:
    if not found.receivers_minor:
        return []
    receivers = {
        (line.settlement_id, line.line): line.receiver_id
        for settlement in escrow.settlements(tx, found.trade_id)
        for line in settlement.lines
    }
    return [
        {
            "refund_amount": telling.yuan(each.amount_minor),
            "royalty_type": "transfer_refund",
            "result_code": "SUCCESS",
            "trans_out": known_number(tx, receivers[each.settlement_id, each.line]),
        }
        for each in escrow.royalty_returns(tx, found.id)
    ]

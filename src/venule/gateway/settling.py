"""Sharing out: receivers of royalties, settlements, and letting go of what is kept for them."""

from __future__ import annotations

import re
from typing import Final

from venule import escrow
from venule.escrow import (
    BindReceivers,
    Confirm,
    Receiver,
    Settle,
    TradeKind,
    UnbindReceivers,
)
from venule.gateway import store, telling, trades
from venule.gateway.errors import GatewayRefused, WireFieldWrong, WireOrderUnknown
from venule.gateway.fields import amount_of, note_of, request_no
from venule.gateway.model import Asked, Content, Order, Settled
from venule.gateway.numbers import long_number
from venule.gateway.requests import (
    ReceiverEntity,
    Relations,
    RelationsQuery,
    RoyaltyParameter,
    SettleConfirm,
    SettleOrder,
    SettleQuery,
    TradeName,
    TradeNo,
)
from venule.gateway.trades import SUCCESS
from venule.gateway.users import (
    check_name,
    known_number,
    masked_login,
    number_of,
    user_by_login,
    user_by_number,
)
from venule.ledger import Tx
from venule.members import MemberId

PAGE_MAX: Final = 100
_PERCENT: Final = re.compile(r"(100|[1-9]?[0-9])(\.[0-9]{1,4})?", re.ASCII)
PPM_A_PERCENT: Final = 10_000


def receiver_of(tx: Tx, kind: str, account: str, name: str = "") -> MemberId:
    """Return a receiver named by number or login. Raises: WireFieldWrong, WireUserUnknown,
    WireUserDiffers."""
    if kind == "userId":
        return user_by_number(tx, account)
    if kind == "loginName":
        who = user_by_login(tx, account)
        check_name(who, name)
        return who.id
    raise WireFieldWrong("type", "userId or loginName", kind)


def _receivers(tx: Tx, wanted: list[ReceiverEntity]) -> list[MemberId]:
    if not wanted:
        raise WireFieldWrong("receiver_list", "a receiver or more", "none")
    return [receiver_of(tx, each.type, each.account, each.name) for each in wanted]


def bind(tx: Tx, asked: Asked[Relations]) -> Content:
    """Name receivers of the seller's royalties; one that is named already stays."""
    request_no("out_request_no", asked.request.out_request_no, 32)
    who = _receivers(tx, asked.request.receiver_list)
    note = note_of("memo", asked.request.receiver_list[0].memo, 64).strip()
    escrow.bind_receivers(tx, BindReceivers(asked.by.seller_id, who, note))
    for each in who:
        number_of(tx, each)
    return {**SUCCESS, "result_code": "SUCCESS"}


def unbind(tx: Tx, asked: Asked[Relations]) -> Content:
    """No longer share with receivers; one that is not named is none."""
    request_no("out_request_no", asked.request.out_request_no, 32)
    who = _receivers(tx, asked.request.receiver_list)
    escrow.unbind_receivers(tx, UnbindReceivers(asked.by.seller_id, who))
    return {**SUCCESS, "result_code": "SUCCESS"}


def receivers(tx: Tx, asked: Asked[RelationsQuery]) -> Content:
    """List the receivers, a page at a time."""
    wanted = asked.request
    number, size = _count("page_num", wanted.page_num), _count("page_size", wanted.page_size)
    size = min(size, PAGE_MAX)
    known = escrow.receivers(tx, asked.by.seller_id)
    shown = known[(number - 1) * size : number * size]
    return {
        **SUCCESS,
        "result_code": "SUCCESS",
        "receiver_list": [
            {
                "type": "userId",
                "account": known_number(tx, each.receiver_id),
                "memo": each.note,
                "login_name": masked_login(tx, each.receiver_id),
            }
            for each in shown
        ],
        "total_page_num": -(-len(known) // size),
        "total_record_num": len(known),
        "current_page_num": number,
        "current_page_size": len(shown),
    }


def _count(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise WireFieldWrong(field, "a number from 1", text)
    return int(text)


def settle(tx: Tx, asked: Asked[SettleOrder]) -> Content:
    """Share out what is kept for settlement, by amounts or ratios; `royalty_finish` ends it."""
    wanted = asked.request
    number = request_no("out_request_no", wanted.out_request_no)
    order = trades.find(tx, asked.by.for_app, TradeName(trade_no=wanted.trade_no))
    made = escrow.settle(
        tx,
        Settle(
            order.trade_id,
            asked.by.seller_id,
            number,
            [_part(tx, asked, each) for each in wanted.royalty_parameters],
            wanted.extend_params.royalty_finish == "true",
        ),
    )
    settled = _keep(tx, made, asked.by.for_app)
    return {**SUCCESS, "trade_no": order.trade_no, "settle_no": settled.settle_no}


def _keep(tx: Tx, made: escrow.Settlement, app_id: str) -> Settled:
    settle_no = long_number(made.id, made.settled_at)
    kept = Settled(made.id, settle_no, app_id, made.request_no, made.settled_at)
    store.insert_settled(tx.sql, kept)
    return kept


def _part(tx: Tx, asked: Asked[SettleOrder], each: RoyaltyParameter) -> Receiver:
    if each.royalty_type not in ("", "transfer"):
        raise WireFieldWrong("royalty_type", "transfer", each.royalty_type)
    if each.trans_out:
        out = receiver_of(tx, each.trans_out_type or "userId", each.trans_out)
        if out != asked.by.seller_id:
            raise WireFieldWrong("trans_out", "the seller", each.trans_out)
    who = receiver_of(tx, each.trans_in_type or "userId", each.trans_in)
    note = note_of("desc", each.desc, 256).strip()
    if each.amount:
        fen = amount_of("royalty_parameters.amount", each.amount)
        return Receiver(who, amount_minor=fen, note=note)
    return Receiver(who, ratio_ppm=_ratio(each.amount_percentage), note=note)


def _ratio(text: str) -> int:
    found = _PERCENT.fullmatch(text)
    if not found:
        raise WireFieldWrong("amount_percentage", "a percentage up to 100", text)
    whole, _, part = text.partition(".")
    return int(whole) * PPM_A_PERCENT + int(part.ljust(4, "0"))


def query_settlement(tx: Tx, asked: Asked[SettleQuery]) -> Content:
    """Tell of a settlement, by our number or the merchant's."""
    wanted = asked.request
    number = wanted.settle_no or wanted.out_request_no
    if not number:
        raise WireFieldWrong("settle_no", "settle_no, or out_request_no and trade_no", "")
    kept = store.find_settled(
        tx.sql, asked.by.for_app, wanted.settle_no, "" if wanted.settle_no else number
    )
    if kept is None:
        raise WireOrderUnknown("settlement", number)
    made = escrow.settlement_by_number(tx, kept.app_id, kept.request_no)
    assert made is not None, "a settlement that the wire knows is there"
    at = telling.stamp(made.settled_at)
    return {
        **SUCCESS,
        "out_request_no": made.request_no,
        "operation_dt": at,
        "royalty_detail_list": [
            {
                "operation_type": "transfer",
                "execute_dt": at,
                "trans_out": known_number(tx, asked.by.seller_id),
                "trans_out_type": "userId",
                "trans_in": known_number(tx, line.receiver_id),
                "trans_in_type": "userId",
                "amount": telling.yuan(line.amount_minor),
                "state": "SUCCESS",
                "detail_id": f"{kept.settle_no}{line.line:04}",
            }
            for line in made.lines
        ],
    }


def unsettled(tx: Tx, asked: Asked[TradeNo]) -> Content:
    """Tell what of a trade is still kept for settlement."""
    order = trades.find(tx, asked.by.for_app, TradeName(trade_no=asked.request.trade_no))
    trade = escrow.trade(tx, order.trade_id)
    return {**SUCCESS, "unsettled_amount": telling.yuan(trade.unsettled_minor)}


def confirm(tx: Tx, asked: Asked[SettleConfirm]) -> Content:
    """Let go to the merchant of what is held, or of what is kept for settlement.

    A guaranteed trade is let go of by a marketplace that acts for the seller, never by the seller:
    the buyer's protection would be none.
    """
    wanted = asked.request
    number = request_no("out_request_no", wanted.out_request_no)
    order = trades.find(tx, asked.by.for_app, TradeName(trade_no=wanted.trade_no))
    trade = escrow.trade(tx, order.trade_id)
    if trade.kind is TradeKind.GUARANTEED and trade.held_minor:
        released = _release(tx, asked, order)
    else:
        command = Settle(trade.id, asked.by.seller_id, number, [], finish=True)
        made = escrow.settle(tx, command)
        _keep(tx, made, asked.by.for_app)
        released = made.seller_minor
    return {
        **SUCCESS,
        "trade_no": order.trade_no,
        "out_request_no": number,
        "settle_amount": telling.yuan(released),
    }


def _release(tx: Tx, asked: Asked[SettleConfirm], order: Order) -> int:
    if asked.by.app_id == asked.by.for_app:
        raise GatewayRefused(
            "40006",
            "isv.insufficient-isv-permissions",
            "a guaranteed trade is released by its buyer, or by a marketplace with the token of "
            "the seller",
        )
    before = escrow.trade(tx, order.trade_id)
    assert before.buyer_id is not None
    after = escrow.confirm(tx, Confirm(order.trade_id, before.buyer_id))
    return after.released_minor - before.released_minor

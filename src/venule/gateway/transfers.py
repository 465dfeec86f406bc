"""Transfers from a merchant's account, and what is on it."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from venule.gateway import store, telling
from venule.gateway.errors import WireFieldWrong, WireOrderUnknown, WireRequestReused
from venule.gateway.fields import amount_of, note_of, request_no
from venule.gateway.model import Asked, Content, Sent
from venule.gateway.numbers import long_number
from venule.gateway.requests import (
    AccountQuery,
    OldTransfer,
    Participant,
    TransferQuery,
    UniTransfer,
)
from venule.gateway.trades import SUCCESS
from venule.gateway.users import (
    check_name,
    number_of,
    user_by_login,
    user_by_number,
    user_by_open_id,
)
from venule.kit.money import Money
from venule.ledger import Tx
from venule.members import MemberId, member
from venule.wallet import CURRENCY, TransferMoney, account_sums, transfer

TO_ACCOUNT: Final = "TRANS_ACCOUNT_NO_PWD"


def _payee(tx: Tx, app_id: str, wanted: Participant) -> MemberId:
    """Return who is to be paid. Raises: WireFieldWrong, WireUserUnknown, WireUserDiffers."""
    if wanted.identity_type == "ALIPAY_USER_ID":
        who = member(tx, user_by_number(tx, wanted.identity))
    elif wanted.identity_type == "ALIPAY_OPEN_ID":
        who = member(tx, user_by_open_id(tx, app_id, wanted.identity))
    elif wanted.identity_type == "ALIPAY_LOGON_ID":
        if not wanted.name:
            raise WireFieldWrong("payee_info.name", "the payee's name, with a login", "")
        who = user_by_login(tx, wanted.identity)
    else:
        expected = "ALIPAY_USER_ID, ALIPAY_OPEN_ID or ALIPAY_LOGON_ID"
        raise WireFieldWrong("payee_info.identity_type", expected, wanted.identity_type)
    check_name(who, wanted.name)
    return who.id


def uni_transfer(tx: Tx, asked: Asked[UniTransfer]) -> Content:
    """Send money from the merchant's account; the same number and content again change nothing."""
    wanted = asked.request
    if wanted.product_code != TO_ACCOUNT:
        raise WireFieldWrong("product_code", TO_ACCOUNT, wanted.product_code)
    if wanted.biz_scene not in ("", "DIRECT_TRANSFER"):
        raise WireFieldWrong("biz_scene", "DIRECT_TRANSFER", wanted.biz_scene)
    sent = _send(
        tx,
        asked,
        wanted.out_biz_no,
        amount_of("trans_amount", wanted.trans_amount),
        wanted.payee_info,
        note_of("order_title", wanted.order_title, 128),
    )
    return {
        **SUCCESS,
        "out_biz_no": sent.out_biz_no,
        "order_id": sent.order_id,
        "pay_fund_order_id": sent.fund_order_id,
        "status": "SUCCESS",
        "trans_date": telling.stamp(sent.made_at),
    }


def old_transfer(tx: Tx, asked: Asked[OldTransfer]) -> Content:
    """The same as `uni_transfer`, in the words of the older method."""
    wanted = asked.request
    kinds = {"ALIPAY_USERID": "ALIPAY_USER_ID", "ALIPAY_LOGONID": "ALIPAY_LOGON_ID"}
    kind = kinds.get(wanted.payee_type, wanted.payee_type)
    name = wanted.payee_real_name
    if kind == "ALIPAY_LOGON_ID" and not name:
        found = user_by_login(tx, wanted.payee_account)
        name = found.display_name or found.external_ref
    sent = _send(
        tx,
        asked,
        wanted.out_biz_no,
        amount_of("amount", wanted.amount),
        Participant(wanted.payee_account, kind, name),
        note_of("remark", wanted.remark, 200),
    )
    return {
        **SUCCESS,
        "out_biz_no": sent.out_biz_no,
        "order_id": sent.order_id,
        "pay_date": telling.stamp(sent.made_at),
    }


def _send(
    tx: Tx,
    asked: Asked[UniTransfer] | Asked[OldTransfer],
    out_biz_no: str,
    amount_minor: int,
    payee: Participant,
    title: str,
) -> Sent:
    number = request_no("out_biz_no", out_biz_no)
    body = sha256(msgspec.msgpack.encode((amount_minor, payee.identity, title))).digest()
    first = store.find_sent(tx.sql, asked.by.for_app, number)
    if first is not None:
        if first.body != body:
            raise WireRequestReused("transfer", number, "sum, payee or title")
        return first
    payee_id = _payee(tx, asked.by.for_app, payee)
    note = "".join(c if c.isprintable() else " " for c in title).strip()[:64]
    paid = transfer(
        tx,
        TransferMoney(asked.by.seller_id, payee_id, Money(amount_minor, CURRENCY), note),
    )
    number_of(tx, payee_id)
    made = Sent(
        paid.id,
        long_number(paid.id, paid.made_at),
        long_number(paid.id, paid.made_at, "fund"),
        asked.by.for_app,
        number,
        body,
        amount_minor,
        title,
        tx.now,
    )
    store.insert_sent(tx.sql, made)
    return made


def _find(tx: Tx, asked: Asked[TransferQuery]) -> Sent:
    wanted = asked.request
    number = wanted.order_id or wanted.pay_fund_order_id
    if number:
        found = store.find_sent_by_order(tx.sql, asked.by.for_app, number)
    elif wanted.out_biz_no:
        found = store.find_sent(tx.sql, asked.by.for_app, wanted.out_biz_no)
    else:
        raise WireFieldWrong("out_biz_no", "out_biz_no, order_id or pay_fund_order_id", "")
    if found is None:
        raise WireOrderUnknown("transfer", number or wanted.out_biz_no)
    return found


def query_transfer(tx: Tx, asked: Asked[TransferQuery]) -> Content:
    """Tell of a transfer."""
    sent = _find(tx, asked)
    at = telling.stamp(sent.made_at)
    return {
        **SUCCESS,
        "order_id": sent.order_id,
        "pay_fund_order_id": sent.fund_order_id,
        "out_biz_no": sent.out_biz_no,
        "trans_amount": telling.yuan(sent.amount_minor),
        "status": "SUCCESS",
        "pay_date": at,
        "arrival_time_end": at,
        "order_fee": "0.00",
    }


def query_old_transfer(tx: Tx, asked: Asked[TransferQuery]) -> Content:
    """The same as `query_transfer`, in the words of the older method."""
    said = query_transfer(tx, asked)
    return {k: v for k, v in said.items() if k not in ("pay_fund_order_id", "trans_amount")}


def account(tx: Tx, asked: Asked[AccountQuery]) -> Content:
    """Tell what is on the merchant's account."""
    free, frozen = _sums(tx, asked)
    return {
        **SUCCESS,
        "available_amount": telling.yuan(free),
        "freeze_amount": telling.yuan(frozen),
        "total_amount": telling.yuan(free + frozen),
    }


def bill_balance(tx: Tx, asked: Asked[AccountQuery]) -> Content:
    """The same as `account`, in the words of the bill's method."""
    return {**account(tx, asked), "settle_amount": "0.00"}


def _sums(tx: Tx, asked: Asked[AccountQuery]) -> tuple[int, int]:
    wanted = asked.request
    whose = wanted.alipay_user_id or wanted.bill_user_id
    if whose and user_by_number(tx, whose) != asked.by.seller_id:
        raise WireFieldWrong("alipay_user_id", "the merchant's own, or one with a token", whose)
    if wanted.account_type not in ("", "ACCTRANS_ACCOUNT"):
        raise WireFieldWrong("account_type", "ACCTRANS_ACCOUNT", wanted.account_type)
    return account_sums(tx, asked.by.seller_id)

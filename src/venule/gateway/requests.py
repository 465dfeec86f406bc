"""What the methods take: the fields of `biz_content` that we use; all are texts.

Others are ignored. Fields keep the protocol's own names. What is not said is empty.
"""

from __future__ import annotations

import msgspec


class TradeName(msgspec.Struct, frozen=True):
    """Names a trade; `trade_no` wins."""

    out_trade_no: str = ""
    trade_no: str = ""
    operator_id: str = ""


class ExtendParams(msgspec.Struct, frozen=True):
    """Of a trade or settlement: `"true"` says yes."""

    royalty_freeze: str = ""
    royalty_finish: str = ""
    sys_service_provider_id: str = ""


class NewTrade(msgspec.Struct, frozen=True):
    """A trade to be: for every method that makes one."""

    out_trade_no: str
    subject: str
    total_amount: str
    body: str = ""
    product_code: str = ""
    seller_id: str = ""
    operator_id: str = ""
    store_id: str = ""
    terminal_id: str = ""
    timeout_express: str = ""
    time_expire: str = ""
    qr_code_timeout_express: str = ""
    passback_params: str = ""
    extend_params: ExtendParams = ExtendParams()
    buyer_id: str = ""
    buyer_logon_id: str = ""
    buyer_open_id: str = ""
    goods_type: str = ""
    quit_url: str = ""
    scene: str = ""
    auth_code: str = ""
    auth_no: str = ""
    auth_confirm_mode: str = ""


class QueryTrade(msgspec.Struct, frozen=True):
    """Asks for a trade."""

    out_trade_no: str = ""
    trade_no: str = ""
    query_options: list[str] = []


class RoyaltyBackTo(msgspec.Struct, frozen=True):
    """What a receiver gives back for a refund."""

    trans_out: str = ""
    trans_out_type: str = ""
    trans_in: str = ""
    amount: str = ""


class RefundOf(msgspec.Struct, frozen=True):
    """Money to be sent back."""

    refund_amount: str
    out_trade_no: str = ""
    trade_no: str = ""
    out_request_no: str = ""
    refund_reason: str = ""
    refund_royalty_parameters: list[RoyaltyBackTo] = []
    query_options: list[str] = []


class QueryRefund(msgspec.Struct, frozen=True):
    """Asks for a refund."""

    out_request_no: str
    out_trade_no: str = ""
    trade_no: str = ""
    query_options: list[str] = []


class ReceiverEntity(msgspec.Struct, frozen=True):
    """A receiver of royalties."""

    account: str
    type: str = "userId"
    name: str = ""
    memo: str = ""


class Relations(msgspec.Struct, frozen=True):
    """Receivers to bind or unbind."""

    out_request_no: str
    receiver_list: list[ReceiverEntity]


class RelationsQuery(msgspec.Struct, frozen=True):
    """Asks for the receivers."""

    out_request_no: str = ""
    page_num: str = "1"
    page_size: str = "20"


class RoyaltyParameter(msgspec.Struct, frozen=True):
    """A part of a settlement."""

    trans_in: str = ""
    trans_in_type: str = "userId"
    royalty_type: str = "transfer"
    trans_out: str = ""
    trans_out_type: str = ""
    amount: str = ""
    amount_percentage: str = ""
    desc: str = ""


class SettleOrder(msgspec.Struct, frozen=True):
    """A settlement."""

    out_request_no: str
    trade_no: str
    royalty_parameters: list[RoyaltyParameter] = []
    operator_id: str = ""
    royalty_mode: str = ""
    extend_params: ExtendParams = ExtendParams()


class SettleQuery(msgspec.Struct, frozen=True):
    """Asks for a settlement."""

    settle_no: str = ""
    out_request_no: str = ""
    trade_no: str = ""


class TradeNo(msgspec.Struct, frozen=True):
    """Names a trade by our number."""

    trade_no: str


class SettleConfirm(msgspec.Struct, frozen=True):
    """Releases what is held for a merchant."""

    out_request_no: str
    trade_no: str


class Participant(msgspec.Struct, frozen=True):
    """Who is paid by a transfer."""

    identity: str
    identity_type: str = "ALIPAY_USER_ID"
    name: str = ""


class UniTransfer(msgspec.Struct, frozen=True):
    """A transfer to an account."""

    out_biz_no: str
    trans_amount: str
    product_code: str
    payee_info: Participant
    biz_scene: str = ""
    order_title: str = ""
    remark: str = ""


class TransferQuery(msgspec.Struct, frozen=True):
    """Asks for a transfer."""

    out_biz_no: str = ""
    order_id: str = ""
    pay_fund_order_id: str = ""


class OldTransfer(msgspec.Struct, frozen=True):
    """A transfer as the older method has it."""

    out_biz_no: str
    payee_type: str
    payee_account: str
    amount: str
    payer_show_name: str = ""
    payee_real_name: str = ""
    remark: str = ""


class AccountQuery(msgspec.Struct, frozen=True):
    """Asks for a balance."""

    alipay_user_id: str = ""
    bill_user_id: str = ""
    account_type: str = ""


class FreezeOrder(msgspec.Struct, frozen=True):
    """Money to be frozen."""

    out_order_no: str
    out_request_no: str
    order_title: str
    amount: str
    auth_code: str = ""
    auth_code_type: str = ""
    payee_user_id: str = ""
    payee_logon_id: str = ""
    product_code: str = ""
    pay_timeout: str = ""
    timeout_express: str = ""


class Unfreeze(msgspec.Struct, frozen=True):
    """Frozen money to be let go."""

    auth_no: str
    out_request_no: str
    amount: str
    remark: str


class OperationName(msgspec.Struct, frozen=True):
    """Names what was done with an authorisation."""

    auth_no: str = ""
    out_order_no: str = ""
    operation_id: str = ""
    out_request_no: str = ""
    operation_type: str = ""
    remark: str = ""


class BillQuery(msgspec.Struct, frozen=True):
    """Asks for a bill."""

    bill_type: str
    bill_date: str
    smid: str = ""


class UserToken(msgspec.Struct, frozen=True):
    """Asks for a person's token; outside `biz_content`."""

    grant_type: str = ""
    code: str = ""
    refresh_token: str = ""


class AppToken(msgspec.Struct, frozen=True):
    """Asks for a merchant's token."""

    grant_type: str
    code: str = ""
    refresh_token: str = ""


class AppTokenQuery(msgspec.Struct, frozen=True):
    """Asks about a merchant's token."""

    app_auth_token: str


class CertQuery(msgspec.Struct, frozen=True):
    """Asks for a certificate of the platform."""

    alipay_cert_sn: str


class Nothing(msgspec.Struct, frozen=True):
    """A method without fields."""

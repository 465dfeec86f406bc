"""Every method of v2, and of v3 over it: name, what it takes, who carries it out, who may call it.

v3 calls `alipay.trade.query` by the path `/v3/alipay/trade/query`; the rest is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from venule.gateway import freezing, refunding, requests, settling, tokens, trades, transfers
from venule.gateway.codes import Family
from venule.gateway.model import Permission


class Method(msgspec.Struct, frozen=True):
    """A method. fn: the use case; reads: it only looks. page: a browser brings it.

    outside: its fields stand beside `biz_content`, not in it. drawn: it needs random texts, which
    the process that took the request draws.
    """

    name: str
    request: type[Any]
    fn: Callable[..., Any]
    permission: Permission
    family: Family
    reads: bool = False
    page: bool = False
    outside: bool = False
    drawn: bool = False


_P, _F = Permission, Family


def _method(
    name: str,
    request: type[Any],
    fn: Callable[..., Any],
    permission: Permission,
    family: Family,
    **how: bool,
) -> Method:
    return Method(f"alipay.{name}", request, fn, permission, family, **how)


_TRADES: Final = (
    _method("trade.create", requests.NewTrade, trades.create, _P.TRADE, _F.TRADE),
    _method("trade.precreate", requests.NewTrade, trades.precreate, _P.TRADE, _F.TRADE),
    _method("trade.pay", requests.NewTrade, trades.pay, _P.TRADE, _F.PAY),
    _method("trade.page.pay", requests.NewTrade, trades.page, _P.TRADE, _F.TRADE, page=True),
    _method("trade.wap.pay", requests.NewTrade, trades.page, _P.TRADE, _F.TRADE, page=True),
    _method("trade.app.pay", requests.NewTrade, trades.page, _P.TRADE, _F.TRADE, page=True),
    _method("trade.query", requests.QueryTrade, trades.query, _P.TRADE, _F.TRADE, reads=True),
    _method("trade.close", requests.TradeName, trades.close, _P.TRADE, _F.TRADE),
    _method("trade.cancel", requests.TradeName, trades.cancel, _P.TRADE, _F.REFUND),
    _method("trade.refund", requests.RefundOf, refunding.refund, _P.TRADE, _F.REFUND),
    _method(
        "trade.fastpay.refund.query",
        requests.QueryRefund,
        refunding.query_refund,
        _P.TRADE,
        _F.REFUND,
        reads=True,
    ),
)

_SETTLEMENT: Final = (
    _method("trade.royalty.relation.bind", requests.Relations, settling.bind, _P.SETTLE, _F.SETTLE),
    _method(
        "trade.royalty.relation.unbind", requests.Relations, settling.unbind, _P.SETTLE, _F.SETTLE
    ),
    _method(
        "trade.royalty.relation.batchquery",
        requests.RelationsQuery,
        settling.receivers,
        _P.SETTLE,
        _F.SETTLE,
        reads=True,
    ),
    _method("trade.order.settle", requests.SettleOrder, settling.settle, _P.SETTLE, _F.SETTLE),
    _method(
        "trade.order.settle.query",
        requests.SettleQuery,
        settling.query_settlement,
        _P.SETTLE,
        _F.SETTLE,
        reads=True,
    ),
    _method(
        "trade.order.onsettle.query",
        requests.TradeNo,
        settling.unsettled,
        _P.SETTLE,
        _F.SETTLE,
        reads=True,
    ),
    _method("trade.settle.confirm", requests.SettleConfirm, settling.confirm, _P.SETTLE, _F.SETTLE),
)

_FUNDS: Final = (
    _method(
        "fund.trans.uni.transfer",
        requests.UniTransfer,
        transfers.uni_transfer,
        _P.TRANSFER,
        _F.TRANSFER,
    ),
    _method(
        "fund.trans.common.query",
        requests.TransferQuery,
        transfers.query_transfer,
        _P.TRANSFER,
        _F.TRANSFER,
        reads=True,
    ),
    _method(
        "fund.trans.toaccount.transfer",
        requests.OldTransfer,
        transfers.old_transfer,
        _P.TRANSFER,
        _F.TRANSFER,
    ),
    _method(
        "fund.trans.order.query",
        requests.TransferQuery,
        transfers.query_old_transfer,
        _P.TRANSFER,
        _F.TRANSFER,
        reads=True,
    ),
    _method(
        "fund.account.query",
        requests.AccountQuery,
        transfers.account,
        _P.ACCOUNT,
        _F.TRANSFER,
        reads=True,
    ),
    _method(
        "data.bill.balance.query",
        requests.AccountQuery,
        transfers.bill_balance,
        _P.ACCOUNT,
        _F.TRANSFER,
        reads=True,
    ),
)

_FREEZES: Final = (
    _method("fund.auth.order.freeze", requests.FreezeOrder, freezing.freeze, _P.FREEZE, _F.FREEZE),
    _method(
        "fund.auth.order.voucher.create",
        requests.FreezeOrder,
        freezing.voucher,
        _P.FREEZE,
        _F.FREEZE,
    ),
    _method(
        "fund.auth.order.app.freeze",
        requests.FreezeOrder,
        freezing.make_voucher,
        _P.FREEZE,
        _F.FREEZE,
        page=True,
    ),
    _method("fund.auth.order.unfreeze", requests.Unfreeze, freezing.unfreeze, _P.FREEZE, _F.FREEZE),
    _method(
        "fund.auth.operation.detail.query",
        requests.OperationName,
        freezing.query_operation,
        _P.FREEZE,
        _F.FREEZE,
        reads=True,
    ),
    _method(
        "fund.auth.operation.cancel", requests.OperationName, freezing.cancel, _P.FREEZE, _F.FREEZE
    ),
)

_TOKENS: Final = (
    _method(
        "system.oauth.token",
        requests.UserToken,
        tokens.user_token,
        _P.OAUTH,
        _F.OTHER,
        outside=True,
        drawn=True,
    ),
    _method("user.info.share", requests.Nothing, tokens.user_info, _P.OAUTH, _F.OTHER, reads=True),
    _method(
        "open.auth.token.app",
        requests.AppToken,
        tokens.app_token,
        _P.APP_AUTH,
        _F.OTHER,
        drawn=True,
    ),
    _method(
        "open.auth.token.app.query",
        requests.AppTokenQuery,
        tokens.query_app_token,
        _P.APP_AUTH,
        _F.OTHER,
        reads=True,
    ),
    _method(
        "open.app.alipaycert.download",
        requests.CertQuery,
        tokens.certificate,
        _P.CERT,
        _F.OTHER,
        reads=True,
    ),
)

_BILLS: Final = (
    _method(
        "data.dataservice.bill.downloadurl.query",
        requests.BillQuery,
        tokens.bill_address,
        _P.BILL,
        _F.OTHER,
        drawn=True,
    ),
)

_ALL: Final = (*_TRADES, *_SETTLEMENT, *_FUNDS, *_FREEZES, *_TOKENS, *_BILLS)

METHODS: Final = {method.name: method for method in _ALL}
"""By name."""

COMMANDS: Final[tuple[Callable[..., Any], ...]] = tuple(
    dict.fromkeys(method.fn for method in _ALL if not method.reads)
)
READERS: Final[tuple[Callable[..., Any], ...]] = tuple(
    dict.fromkeys(method.fn for method in _ALL if method.reads)
)

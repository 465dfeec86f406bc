"""What the rooms' errors are called on the wire: one table, by family of methods.

A family without a word of its own takes the general one. What is missing here is a fault of ours:
`20000`, and the caller tries again with the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from venule import escrow, fund, members, wallet
from venule.gateway import errors
from venule.gateway.errors import GatewayRefused
from venule.kit.errors import AppError, CalendarExhausted


class Family(Enum):
    """Methods whose errors have the same names."""

    TRADE = "trade"
    PAY = "pay"
    REFUND = "refund"
    SETTLE = "settle"
    TRANSFER = "transfer"
    FREEZE = "freeze"
    OTHER = "other"


MESSAGES: Final[Mapping[str, str]] = {
    "10000": "Success",
    "10003": "order success pay inprocess",
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40003": "Insufficient Conditions",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}

Word = str | Callable[[Any], str]
_T, _P, _R, _S = Family.TRADE, Family.PAY, Family.REFUND, Family.SETTLE
_M, _F, _O = Family.TRANSFER, Family.FREEZE, Family.OTHER


def _of_transition(error: escrow.EscrowTransitionIllegal) -> str:
    """Name why a trade does not do what is asked of it."""
    pays = error.event.startswith("pay")
    if error.machine == "AuthorisationState":
        return "ACQ.AUTH_NO_ERROR"
    if error.state == "finished":
        return "ACQ.TRADE_HAS_SUCCESS" if pays else "ACQ.TRADE_HAS_FINISHED"
    if pays:
        return "ACQ.TRADE_HAS_CLOSE" if error.state == "closed" else "ACQ.TRADE_HAS_SUCCESS"
    return "ACQ.TRADE_STATUS_ERROR"


def _of_grant(error: errors.GrantInvalid) -> str:
    return {
        "code": "isv.code-invalid",
        "refresh_token": "isv.refresh-token-invalid",
        "grant_type": "isv.grant-type-invalid",
    }[error.what]


_PARAMETER: Final = {
    _T: "ACQ.INVALID_PARAMETER",
    _P: "ACQ.INVALID_PARAMETER",
    _R: "ACQ.INVALID_PARAMETER",
    _S: "ACQ.INVALID_PARAMETER",
    _M: "INVALID_PARAMETER",
    _F: "INVALID_PARAMETER",
    _O: "INVALID_PARAMETER",
}
_NO_PAYEE: Final = {
    _T: "ACQ.BUYER_NOT_EXIST",
    _P: "ACQ.BUYER_NOT_EXIST",
    _R: "ACQ.ROYALTY_RECEIVER_INVALID",
    _S: "ACQ.ROYALTY_RECEIVER_INVALID",
    _M: "PAYEE_NOT_EXIST",
    _F: "USER_NOT_EXIST",
    _O: "USER_NOT_EXIST",
}
_STATUS: Final = {
    _T: "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
    _P: "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
    _R: "ACQ.SELLER_BEEN_BLOCKED",
    _S: "ACQ.ROYALTY_RECEIVER_INVALID",
    _M: "PAYEE_ACCOUNT_STATUS_ERROR",
    _F: "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
    _O: "USER_STATUS_ERROR",
}
_LACKING: Final = {
    _T: "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    _P: "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    _R: "ACQ.SELLER_BALANCE_NOT_ENOUGH",
    _S: "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR",
    _M: "PAYER_BALANCE_NOT_ENOUGH",
    _F: "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    _O: "BALANCE_NOT_ENOUGH",
}


def _all(word: Word) -> dict[Family, Word]:
    return dict.fromkeys(Family, word)


def _but(general: Word, **words: Word) -> dict[Family, Word]:
    return _all(general) | {Family(name): word for name, word in words.items()}


TABLE: Final[Mapping[type[AppError], Mapping[Family, Word]]] = {
    # The form of what was sent
    errors.WireFieldWrong: dict(_PARAMETER),
    errors.KeyUnfit: dict(_PARAMETER),
    escrow.EscrowTextMalformed: dict(_PARAMETER),
    escrow.TradeAmountOutOfRange: _PARAMETER | {_T: "ACQ.TOTAL_FEE_EXCEED"},
    escrow.RoyaltyMalformed: _PARAMETER | {_S: "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"},
    escrow.TooManyOfTrade: dict(_PARAMETER),
    escrow.DeadlineInThePast: dict(_PARAMETER),
    wallet.AmountNotPositive: dict(_PARAMETER),
    wallet.AmountTooLarge: _PARAMETER | {_M: "EXCEED_LIMIT_SM_AMOUNT"},
    members.TextMalformed: dict(_PARAMETER),
    # What it names
    escrow.TradeUnknown: _but("ACQ.TRADE_NOT_EXIST", transfer="ORDER_NOT_EXIST"),
    escrow.AuthorisationUnknown: _but("AUTH_ORDER_NOT_EXIST", pay="ACQ.AUTH_NO_ERROR"),
    escrow.ShipmentUnknown: _all("ACQ.TRADE_STATUS_ERROR"),
    errors.WireOrderUnknown: _but("ORDER_NOT_EXIST", freeze="AUTH_OPERATION_NOT_EXIST"),
    errors.WireUserUnknown: dict(_NO_PAYEE),
    members.MemberUnknown: dict(_NO_PAYEE),
    errors.WireUserDiffers: _but("PAYEE_USER_INFO_ERROR", settle="ACQ.ROYALTY_RECEIVER_INVALID"),
    errors.PaymentCodeInvalid: _all("ACQ.PAYMENT_AUTH_CODE_INVALID"),
    # Repetitions that are none
    escrow.OutTradeNoReused: _all("ACQ.CONTEXT_INCONSISTENT"),
    escrow.RequestNoReused: _but(
        "ACQ.DISCORDANT_REPEAT_REQUEST", freeze="INCONSISTENT_REPEAT_REQUEST"
    ),
    errors.WireRequestReused: _but("INCONSISTENT_REPEAT_REQUEST"),
    # Who may, and in what state
    escrow.NotTheParty: _but("ACQ.TRADE_NOT_EXIST", freeze="AUTH_ORDER_NOT_EXIST"),
    escrow.BuyerIsSeller: _but("ACQ.BUYER_SELLER_EQUAL", settle="ACQ.ROYALTY_RECEIVER_INVALID"),
    wallet.SelfTransfer: _all("PAYER_PAYEE_CANNOT_SAME"),
    escrow.SellerNotAMerchant: _but("ACQ.ACCESS_FORBIDDEN"),
    wallet.NotAMerchant: _but("ACQ.ACCESS_FORBIDDEN"),
    escrow.EscrowTransitionIllegal: _but(_of_transition, freeze="ORDER_ALREADY_CLOSED"),
    escrow.TradeExpired: _all("ACQ.TRADE_HAS_CLOSE"),
    escrow.CaseStillOpen: _all("ACQ.REASON_TRADE_BEEN_FREEZEN"),
    escrow.NotForSettlement: _all("ACQ.TRADE_SETTLE_ERROR"),
    escrow.ReceiverNotBound: _all("ACQ.RELATION_NOT_EXIST"),
    members.MemberFrozen: _STATUS | {_M: "PAYER_STATUS_ERROR"},
    members.MemberClosed: dict(_STATUS),
    # Sums, limits, money
    escrow.RefundExceedsTrade: _all("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
    wallet.RefundExceedsPayment: _all("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
    escrow.SettlementExceedsRest: _all("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR"),
    escrow.AuthorisationExceeded: _but("ACQ.AUTH_NO_ERROR", freeze="UNFREEZE_AMOUNT_EXCEED"),
    escrow.ExceedsUnshipped: dict(_PARAMETER),
    escrow.CarrierMissing: dict(_PARAMETER),
    wallet.LimitExceeded: _but(
        "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", transfer="EXCEED_LIMIT_DM_AMOUNT"
    ),
    wallet.InsufficientFunds: dict(_LACKING),
    # A fund's shares as a source
    fund.FundUnknown: dict(_PARAMETER),
    fund.AmountOutOfFund: dict(_LACKING),
    fund.HolderUnknown: dict(_LACKING),
    fund.SharesInsufficient: dict(_LACKING),
    fund.LimitExceeded: _but("ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"),
    fund.RedemptionsStopped: _but("ACQ.ERROR_BALANCE_PAYMENT_DISABLE"),
    fund.FundNotOpen: _but("ACQ.ERROR_BALANCE_PAYMENT_DISABLE"),
    fund.AdvanceNotLicensed: _but("ACQ.ERROR_BALANCE_PAYMENT_DISABLE"),
    fund.AdvanceExhausted: _but("ACQ.ERROR_BALANCE_PAYMENT_DISABLE"),
    CalendarExhausted: _but("ACQ.ERROR_BALANCE_PAYMENT_DISABLE"),
    # Permissions by persons and merchants
    errors.GrantInvalid: _all(_of_grant),
}


def wire_codes(error: AppError, family: Family) -> tuple[str, str]:
    """Return the code and sub-code of an error: never nothing, for SDKs take that for success."""
    if isinstance(error, GatewayRefused):
        return error.code, error.sub_code
    words = TABLE.get(type(error))
    if words is None:
        unknown = "aop.unknow-error" if family in (_M, _F, _O) else "ACQ.SYSTEM_ERROR"
        return "20000", unknown
    word = words[family]
    said = word if isinstance(word, str) else word(error)
    return ("40002" if said.startswith("isv.") else "40004"), said

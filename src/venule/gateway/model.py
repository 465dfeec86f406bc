"""Types of the gateway: applications, what the wire knows of trades, notifications, grants.

Amounts named `..._minor` are fen; instants are aware UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, Final, Generic, NewType, TypeVar
from uuid import UUID

import msgspec

from venule.escrow import AuthorisationId, SettlementId, TradeId
from venule.members import MemberId
from venule.wallet import PaymentId

NoticeId = NewType("NoticeId", UUID)

Q = TypeVar("Q")

Content = dict[str, Any]
"""What an answer says, in the protocol's own names and order."""

KEYS_MAX: Final = 2
"""Public keys of an application: the old one and the new one while they change."""

CODE_S: Final = 60
"""A payment code is good for so long."""

CONFIRM_ABOVE_MINOR: Final = 100_000
"""A payment by code of more than this waits for the buyer's own word: 1,000.00 yuan.

Source: the payment services' own limit on payments without a password, as under the bar-code rules
of the People's Bank of China (No. 296 of 2017), which cap them by how codes are made.
"""


class AppState(Enum):
    """Active: it may call. Suspended: an operator has stopped it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Permission(Enum):
    """What an application may be let call: one a family of methods."""

    TRADE = "trade"
    SETTLE = "settle"
    TRANSFER = "transfer"
    ACCOUNT = "account"
    FREEZE = "freeze"
    BILL = "bill"
    OAUTH = "oauth"
    APP_AUTH = "app_auth"
    CERT = "cert"


class App(msgspec.Struct, frozen=True):
    """A merchant's application. keys: its public keys, base64 on one line.

    aes_sealed, md5_sealed: secrets as the vault seals them.
    """

    app_id: str
    seller_id: MemberId
    name: str
    state: AppState
    keys: list[str]
    products: list[Permission]
    made_at: datetime
    rsa1: bool = False
    aes_sealed: bytes | None = None
    cert_sn: str | None = None
    cert: str | None = None
    redirects: list[str] = []
    partner: str | None = None
    md5_sealed: bytes | None = None
    partner_app_id: UUID | None = None


class PlatformKey(msgspec.Struct, frozen=True):
    """What the gateway signs with, and its certificates. sealed, root_sealed: private keys."""

    id: int
    public_key: str
    sealed: bytes
    root_cert: str
    root_cert_sn: str
    root_sealed: bytes
    cert: str
    cert_sn: str
    made_at: datetime


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a merchant sent about a trade and is told again as it was."""

    body: str = ""
    passback_params: str = ""
    store_id: str = ""
    terminal_id: str = ""
    operator_id: str = ""
    product_code: str = ""
    show_url: str = ""
    quit_url: str = ""
    classic: dict[str, str] = {}


class Order(msgspec.Struct, frozen=True):
    """What the wire knows of a trade. app_id: whose it is; acting: who asked for it."""

    trade_id: TradeId
    trade_no: str
    app_id: str
    acting: str
    out_trade_no: str
    token: str
    opened: bool
    interface: str
    method: str
    notify_url: str
    return_url: str
    details: Details
    made_at: datetime


class Frozen(msgspec.Struct, frozen=True):
    """What the wire knows of an authorisation."""

    authorisation_id: AuthorisationId
    auth_no: str
    app_id: str
    acting: str
    out_order_no: str
    request_no: str
    notify_url: str
    made_at: datetime


class Settled(msgspec.Struct, frozen=True):
    """What the wire knows of a settlement."""

    settlement_id: SettlementId
    settle_no: str
    app_id: str
    request_no: str
    made_at: datetime


class Sent(msgspec.Struct, frozen=True):
    """What the wire knows of a transfer. body: SHA-256 of what was asked for."""

    payment_id: PaymentId
    order_id: str
    fund_order_id: str
    app_id: str
    out_biz_no: str
    body: bytes
    amount_minor: int
    title: str
    made_at: datetime


class Voucher(msgspec.Struct, frozen=True):
    """An order to freeze that waits for a payer to open it."""

    token: str
    app_id: str
    acting: str
    out_order_no: str
    request_no: str
    title: str
    amount_minor: int
    notify_url: str
    until_at: datetime
    closed: bool
    made_at: datetime


class NoticeState(Enum):
    """Waiting: it will be tried (again). Delivered: acknowledged. Failed: given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Notice(msgspec.Struct, frozen=True):
    """A notification. parameters: all but the time of sending and the signature."""

    id: NoticeId
    app_id: str
    partner: str | None
    ref: UUID
    event_seq: int
    url: str
    parameters: dict[str, str]
    state: NoticeState
    attempts: int
    next_at: datetime | None
    seen: str
    made_at: datetime
    ended_at: datetime | None


class GrantKind(Enum):
    """What a code or token is good for."""

    USER_CODE = "user_code"
    USER_ACCESS = "user_access"
    USER_REFRESH = "user_refresh"
    APP_CODE = "app_code"
    APP_AUTH = "app_auth"
    APP_REFRESH = "app_refresh"
    BILL = "bill"


class Grant(msgspec.Struct, frozen=True):
    """A code or token. sha256: of its text, which is not kept. family: of one consent."""

    sha256: bytes
    kind: GrantKind
    app_id: str
    member_id: MemberId | None
    for_app: str | None
    scope: str
    family: UUID
    made_at: datetime
    until_at: datetime
    ended_at: datetime | None = None


class Acting(msgspec.Struct, frozen=True):
    """For whom a request is carried out. app_id: who signed it; for_app: whose orders these are."""

    app_id: str
    for_app: str
    seller_id: MemberId


class Asked(msgspec.Struct, Generic[Q], frozen=True):
    """A request of a merchant, verified. method: its name; token: a person's, if one was sent.

    base_url: where people reach this gateway.
    """

    by: Acting
    request: Q
    method: str
    notify_url: str = ""
    return_url: str = ""
    token: str = ""
    base_url: str = ""
    drawn: tuple[str, str] = ("", "")

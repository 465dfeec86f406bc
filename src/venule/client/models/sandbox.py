# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `sandbox`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from venule.client.models.common import Amount, ApplicationKeyView, Paid
from venule.client.shapes import Struct


class BankFaults(Struct, frozen=True, kw_only=True):
    """How the simulated bank behaves towards orders that come from now on.

    refuse: an order is not taken. lose_answer: it is taken, and its first answer is lost.
    reject: taken, and not done. return: a payout is debited and comes back. duplicate: a
    message comes twice. silent: a booking is told by the statement only. stray: somebody
    pays in as much besides. book_s_max: from the order to its booking or rejection;
    message_s_max: from there to each message; return_s_max: from a debit to its return.
    Times are drawn evenly up to their maximum.
    """

    refuse_ppm: int = 0
    lose_answer_ppm: int = 0
    reject_ppm: int = 0
    return_ppm: int = 0
    duplicate_ppm: int = 0
    silent_ppm: int = 0
    stray_ppm: int = 0
    book_s_max: int = 0
    message_s_max: int = 0
    return_s_max: int = 86400


class ClockBody(Struct, frozen=True, kw_only=True):
    """How far time passes: so many seconds, up to an instant, or the later of both."""

    advance_s: int = 0
    to: dt.datetime | None = None


class ClockView(Struct, frozen=True, kw_only=True):
    """The world's clock. ahead_s: how far it is ahead of the real time. reached: whether a
    move came to its goal; if not, ask again: there was much to do on the way.
    """

    now: dt.datetime
    ahead_s: int
    reached: bool = True


class GatewayAccess(Struct, frozen=True, kw_only=True):
    """What an SDK of the partner gateway is set up with, besides the merchant's own private
    key.
    """

    app_id: str
    gateway_url: str
    public_key: str


class PlayBalance(Struct, frozen=True, kw_only=True):
    """What a member can spend."""

    member_id: UUID
    available: Amount


class PlayBuyer(Struct, frozen=True, kw_only=True):
    """A buyer, by reference, and an order: see `OrderName`."""

    buyer: str
    app_id: str = ""
    out_trade_no: str = ""
    trade_no: str = ""
    token: str = ""


class PlayCode(Struct, frozen=True, kw_only=True):
    """A buyer, by reference."""

    buyer: str


class PlayConsent(Struct, frozen=True, kw_only=True):
    """Somebody consents. scope: a person lets the application know them; for_app: a merchant
    lets it act for one of its own; token: a payer takes up an order to freeze.
    """

    buyer: str
    app_id: str = ""
    scope: str = ""
    for_app: str = ""
    token: str = ""


class PlayShipping(Struct, frozen=True, kw_only=True):
    """A merchant ships the goods of a guaranteed trade."""

    app_id: str
    trade_no: str
    carrier: str
    tracking_no: str


class PlayTopUp(Struct, frozen=True, kw_only=True):
    """Play money for a member."""

    member_id: UUID
    amount: Paid


class PlayedCode(Struct, frozen=True, kw_only=True):
    """A payment code: good for a minute, for one payment."""

    auth_code: str


class PlayedConsent(Struct, frozen=True, kw_only=True):
    """What the application gets: a code, or the number of what is frozen."""

    auth_code: str = ""
    app_auth_code: str = ""
    auth_no: str = ""


class PlayedTrade(Struct, frozen=True, kw_only=True):
    """How a trade stands after what was played, in the gateway's own words."""

    trade_no: str
    out_trade_no: str
    trade_status: str


class ServingSessionView(Struct, frozen=True, kw_only=True):
    """A session of a member."""

    member_id: UUID
    session_token: str
    expires_at: dt.datetime


class SignUpBody(Struct, frozen=True, kw_only=True):
    """Who wants to try out. request_key: signs requests, Ed25519. assertion_key: for OAuth,
    Ed25519 or P-256. gateway_key: with which an SDK of the partner gateway signs, RSA.
    scopes: what the application may do in the sandbox; all if it is not said.
    """

    name: str
    contact: str
    request_key: str
    assertion_key: str | None = None
    gateway_key: str | None = None
    scopes: list[str] | None = None
    redirect_uris: list[str] = msgspec.field(default_factory=list)


class SignedUp(Struct, frozen=True, kw_only=True):
    """A world of one's own. Secrets are shown here and nowhere else.

    base_url: what stands before every path. owner_id: the merchant for whom the application
    acts. fund: the code of a fund that earns every day.
    """

    sandbox: str
    base_url: str
    application_id: UUID
    owner_id: UUID
    scopes: list[str]
    keys: list[ApplicationKeyView]
    gateway: GatewayAccess
    members: list[TestMember]
    fund: str
    now: dt.datetime


class TestMember(Struct, frozen=True, kw_only=True):
    """A test member, and all that is needed to be them.

    ref: how the cashier and the buyer's side of the sandbox know them. session_token: to
    ask as them, `Authorization: Bearer ...`. totp_secret: for an authenticator app or a
    library.
    """

    member_id: UUID
    ref: str
    name: str
    balance: Amount
    bank_account_id: UUID
    login_name: str
    password: str
    totp_secret: str
    session_token: str


class TestMemberBody(Struct, frozen=True, kw_only=True):
    """A test member: a person, or a merchant; with play money."""

    name: str = "Test member"
    kind: str = "person"
    amount: Paid | None = None

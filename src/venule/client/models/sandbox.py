# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `sandbox`."""

from __future__ import annotations

from venule.client.shapes import Struct


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

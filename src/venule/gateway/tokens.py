"""Tokens: what an application gets for a consent, and what it may see with it."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Final

from venule.gateway import app_store, billing, grants
from venule.gateway.errors import GatewayRefused, WireFieldWrong
from venule.gateway.model import Asked, Content, Grant, GrantKind
from venule.gateway.numbers import open_id
from venule.gateway.requests import (
    AppToken,
    AppTokenQuery,
    BillQuery,
    CertQuery,
    Nothing,
    UserToken,
)
from venule.gateway.telling import stamp
from venule.gateway.trades import SUCCESS
from venule.gateway.users import known_number, number_of, open_id_of
from venule.ledger import Tx
from venule.members import member

_DAY: Final = re.compile(r"\d{4}-\d\d(-\d\d)?", re.ASCII)


def _seconds(span: timedelta) -> int:
    return int(span // timedelta(seconds=1))


def user_token(tx: Tx, asked: Asked[UserToken]) -> Content:
    """Give an application a person's tokens for a code, or for the token that refreshes them."""
    wanted = asked.request
    consent = grants.exchange(
        tx,
        asked.by.app_id,
        (GrantKind.USER_CODE, wanted.code),
        (GrantKind.USER_REFRESH, wanted.refresh_token),
        wanted.grant_type,
    )
    access, refresh = asked.drawn
    grants.keep(tx, GrantKind.USER_ACCESS, access, consent, grants.ACCESS_TIME)
    grants.keep(tx, GrantKind.USER_REFRESH, refresh, consent, grants.REFRESH_TIME)
    assert consent.member_id is not None
    return {
        **SUCCESS,
        "user_id": number_of(tx, consent.member_id),
        "open_id": open_id_of(tx, asked.by.app_id, consent.member_id),
        "access_token": access,
        "expires_in": str(_seconds(grants.ACCESS_TIME)),
        "refresh_token": refresh,
        "re_expires_in": str(_seconds(grants.REFRESH_TIME)),
        "auth_start": stamp(tx.now),
    }


def user_info(tx: Tx, asked: Asked[Nothing]) -> Content:
    """Tell an application what a person has let it know. Raises: GatewayRefused."""
    found, how = grants.look(tx, GrantKind.USER_ACCESS, asked.token, asked.by.app_id)
    if found is None or found.member_id is None:
        sub_code = "aop.auth-token-time-out" if how == "too old" else "aop.invalid-auth-token"
        raise GatewayRefused("20001", sub_code, f"the token is {how}")
    who = member(tx, found.member_id)
    said: Content = {
        **SUCCESS,
        "user_id": known_number(tx, who.id),
        "open_id": open_id(asked.by.app_id, who.id),
    }
    if found.scope == "auth_user":
        said["nick_name"] = who.display_name
    return said


def app_token(tx: Tx, asked: Asked[AppToken]) -> Content:
    """Give an application a merchant's tokens; those that it had end."""
    wanted = asked.request
    consent = grants.exchange(
        tx,
        asked.by.app_id,
        (GrantKind.APP_CODE, wanted.code),
        (GrantKind.APP_REFRESH, wanted.refresh_token),
        wanted.grant_type,
    )
    token, refresh = asked.drawn
    grants.keep(tx, GrantKind.APP_AUTH, token, consent, grants.APP_AUTH_TIME)
    grants.keep(tx, GrantKind.APP_REFRESH, refresh, consent, grants.APP_REFRESH_TIME)
    assert consent.member_id is not None
    said: Content = {
        "app_auth_token": token,
        "app_refresh_token": refresh,
        "auth_app_id": consent.for_app,
        "user_id": number_of(tx, consent.member_id),
        "expires_in": _seconds(grants.APP_AUTH_TIME),
        "re_expires_in": _seconds(grants.APP_REFRESH_TIME),
    }
    return {**SUCCESS, **said, "tokens": [said]}


def query_app_token(tx: Tx, asked: Asked[AppTokenQuery]) -> Content:
    """Tell of a merchant's token that was given to this application. Raises: GatewayRefused."""
    found = grants.known(tx, GrantKind.APP_AUTH, asked.request.app_auth_token, asked.by.app_id)
    if found is None:
        raise GatewayRefused("20001", "aop.invalid-app-auth-token", "the token is unknown")
    return {
        **SUCCESS,
        "user_id": known_number(tx, found.member_id),
        "auth_app_id": found.for_app,
        "expires_in": _seconds(grants.APP_AUTH_TIME),
        "auth_methods": _methods_for(tx, found),
        "auth_start": stamp(found.made_at),
        "auth_end": stamp(found.until_at),
        "status": "valid" if found.ended_at is None and found.until_at > tx.now else "invalid",
    }


def _methods_for(tx: Tx, found: Grant) -> list[str]:
    """Return what the application may call for the merchant."""
    from venule.gateway.methods import METHODS

    app = app_store.load_app(tx.sql, found.app_id)
    may = set() if app is None else set(app.products)
    return sorted(name for name, method in METHODS.items() if method.permission in may)


def certificate(tx: Tx, asked: Asked[CertQuery]) -> Content:
    """Give a certificate of the platform by its serial. Raises: GatewayRefused."""
    for key in app_store.load_keys(tx.sql):
        if key.cert_sn == asked.request.alipay_cert_sn:
            content = base64.b64encode(key.cert.encode()).decode()
            return {**SUCCESS, "alipay_cert_content": content}
    raise GatewayRefused("40004", "isv.invalid-alipay-cert-sn", "no such certificate")


def bill_address(tx: Tx, asked: Asked[BillQuery]) -> Content:
    """Give the address of a bill, good for five minutes. Raises: WireFieldWrong, GatewayRefused."""
    wanted = asked.request
    if wanted.bill_type not in billing.TYPES:
        raise WireFieldWrong("bill_type", " or ".join(billing.TYPES), wanted.bill_type)
    span = billing.span_of(wanted.bill_date) if _DAY.fullmatch(wanted.bill_date) else None
    if span is None:
        raise WireFieldWrong("bill_date", "yyyy-MM-dd or yyyy-MM", wanted.bill_date)
    app = app_store.load_app(tx.sql, asked.by.for_app)
    if span[1] > tx.now or app is None or span[1] <= app.made_at:
        raise GatewayRefused(
            "40004", "isp.bill_not_exist", "there is no bill, or its time is not over"
        )
    token = asked.drawn[0]
    grants.keep(
        tx,
        GrantKind.BILL,
        token,
        None,
        grants.BILL_TIME,
        app_id=asked.by.for_app,
        member_id=asked.by.seller_id,
        scope=f"{wanted.bill_type} {wanted.bill_date}",
    )
    return {**SUCCESS, "bill_download_url": f"{asked.base_url}/bills/{token}"}

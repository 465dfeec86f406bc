"""What a request is checked by: one look for the application, the one it acts for, and the key."""

from __future__ import annotations

import msgspec

from venule.gateway import app_store, grants
from venule.gateway.model import App, GrantKind, PlatformKey
from venule.ledger import Tx


class LookUp(msgspec.Struct, frozen=True):
    """Who is said to call. token: an `app_auth_token`, if one was sent."""

    app_id: str
    token: str = ""


class Found(msgspec.Struct, frozen=True):
    """Who calls. for_app: whose orders these are; granted: how the token is, or nothing."""

    platform: PlatformKey | None
    app: App | None
    for_app: App | None = None
    granted: str = ""


def look_up(tx: Tx, query: LookUp) -> Found:
    """Return who calls and what the gateway signs with."""
    platform = app_store.last_key(tx.sql)
    app = app_store.load_app(tx.sql, query.app_id) if query.app_id else None
    if app is None or not query.token:
        return Found(platform, app, app)
    found, how = grants.look(tx, GrantKind.APP_AUTH, query.token, app.app_id)
    if found is None or found.for_app is None:
        return Found(platform, app, None, how)
    return Found(platform, app, app_store.load_app(tx.sql, found.for_app), "")

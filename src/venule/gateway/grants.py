"""Codes and tokens: by a person for an application, by a merchant for another, and for a bill.

What is drawn at random is drawn by the process that asks; a command gets it, and keeps its SHA-256.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Final

import msgspec

from venule.gateway import app_store, grant_store
from venule.gateway.errors import GatewayAppUnknown, GrantInvalid
from venule.gateway.model import App, Grant, GrantKind
from venule.ledger import Tx
from venule.members import MemberId

CODE_TIME: Final = timedelta(minutes=10)
ACCESS_TIME: Final = timedelta(days=15)
REFRESH_TIME: Final = timedelta(days=30)
APP_AUTH_TIME: Final = timedelta(days=365)
APP_REFRESH_TIME: Final = timedelta(days=372)
BILL_TIME: Final = timedelta(minutes=5)
SCOPES: Final = ("auth_base", "auth_user")


def digest(text: str) -> bytes:
    """Return what is kept of a code or token."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def look(tx: Tx, kind: GrantKind, text: str, app_id: str) -> tuple[Grant | None, str]:
    """Return a code or token in force, or None and how it is: unknown, ended or too old."""
    found = grant_store.load_grant(tx.sql, digest(text))
    if found is None or found.kind is not kind or found.app_id != app_id:
        return None, "unknown"
    if found.ended_at is not None:
        return None, "ended"
    if found.until_at <= tx.now:
        return None, "too old"
    return found, ""


class LetUserIn(msgspec.Struct, frozen=True):
    """A person lets an application know them. code: drawn by whoever asks."""

    app_id: str
    member_id: MemberId
    scope: str
    code: str


class LetAppAct(msgspec.Struct, frozen=True):
    """A merchant lets another application act for one of its own. by: the merchant."""

    app_id: str
    for_app: str
    by: MemberId
    code: str


class TakeBack(msgspec.Struct, frozen=True):
    """A consent is taken back: all that came from it ends."""

    token: str


def keep(
    tx: Tx,
    kind: GrantKind,
    text: str,
    of: Grant | None,
    time: timedelta,
    **how: object,
) -> Grant:
    """Keep a code or token; what it does not say is as in the one that it comes from."""
    made = Grant(
        digest(text),
        kind,
        str(how.get("app_id", of.app_id if of else "")),
        of.member_id if of else how.get("member_id"),  # type: ignore[arg-type]
        of.for_app if of else how.get("for_app"),  # type: ignore[arg-type]
        str(how.get("scope", of.scope if of else "")),
        of.family if of else tx.new_id(),
        tx.now,
        tx.now + time,
    )
    grant_store.insert_grant(tx.sql, made)
    return made


def _app(tx: Tx, app_id: str) -> App:
    found = app_store.load_app(tx.sql, app_id)
    if found is None:
        raise GatewayAppUnknown(app_id)
    return found


def let_user_in(tx: Tx, command: LetUserIn) -> bool:
    """Keep a person's consent as a code. Raises: GatewayAppUnknown, GrantInvalid."""
    _app(tx, command.app_id)
    if command.scope not in SCOPES:
        raise GrantInvalid("grant_type", f"for {command.scope}")
    keep(
        tx,
        GrantKind.USER_CODE,
        command.code,
        None,
        CODE_TIME,
        app_id=command.app_id,
        member_id=command.member_id,
        scope=command.scope,
    )
    return True


def let_app_act(tx: Tx, command: LetAppAct) -> bool:
    """Keep a merchant's consent as a code. Raises: GatewayAppUnknown."""
    _app(tx, command.app_id)
    if _app(tx, command.for_app).seller_id != command.by:
        raise GatewayAppUnknown(command.for_app)
    keep(
        tx,
        GrantKind.APP_CODE,
        command.code,
        None,
        CODE_TIME,
        app_id=command.app_id,
        for_app=command.for_app,
        member_id=command.by,
    )
    return True


def take_back(tx: Tx, command: TakeBack) -> int:
    """End all that came from the consent of a token; return how much that was."""
    found = grant_store.load_grant(tx.sql, digest(command.token))
    return 0 if found is None else grant_store.end_family(tx.sql, found.family, tx.now_us)


def exchange(
    tx: Tx, app_id: str, code: tuple[GrantKind, str], refresh: tuple[GrantKind, str], how: str
) -> Grant:
    """Return the consent behind a code or refresh token, and end what came from it before.

    A code that comes again ends all that it gave: somebody else has it (RFC 6749, section 4.1.2).
    Raises: GrantInvalid.
    """
    if how not in ("authorization_code", "refresh_token"):
        raise GrantInvalid("grant_type", how or "missing")
    kind, text = code if how == "authorization_code" else refresh
    what = "code" if how == "authorization_code" else "refresh_token"
    found, seen = look(tx, kind, text, app_id)
    if found is None:
        raise GrantInvalid(what, seen)
    grant_store.end_family(tx.sql, found.family, tx.now_us)
    return found


def known(tx: Tx, kind: GrantKind, text: str, app_id: str) -> Grant | None:
    """Return a code or token, in force or not; None if it is not this application's."""
    found = grant_store.load_grant(tx.sql, digest(text))
    return found if found and found.kind is kind and found.app_id == app_id else None


def in_force(tx: Tx, kind: GrantKind, text: str) -> Grant | None:
    """Return a code or token in force, whoever holds it; None if it is not."""
    found = grant_store.load_grant(tx.sql, digest(text))
    if found is None or found.kind is not kind or found.ended_at is not None:
        return None
    return found if found.until_at > tx.now else None

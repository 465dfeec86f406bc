"""Decisions about consents, codes and tokens: pure functions, facts in, answer out."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from venule.partners import rules
from venule.partners.consent_model import USE_NOTED_S, Code, Consent, Grant, Request, Token
from venule.partners.model import STATE_CHARS_MAX, Application, ApplicationId, TokenKind
from venule.partners.oauth_errors import (
    GrantInvalid,
    GrantNotForClient,
    RequestUnfit,
    ScopeTooWide,
)
from venule.partners.scopes import ASKED, missing

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_redirect(it: Application, redirect_uri: str) -> None:
    """Check that browsers may be sent back there; the addresses must be the same to the letter.

    Raises: RequestUnfit. Never send a browser to an address that has not passed.
    """
    if redirect_uri not in it.redirect_uris:
        raise RequestUnfit("redirect_uri", "one that the application has registered", redirect_uri)


def check_request(it: Application, request: Request, sandbox: bool) -> None:
    """Check what an application asks of a member.

    Raises, in this order: RequestUnfit for its redirect_uri, GrantNotForClient, ScopeTooWide,
    RequestUnfit.
    """
    check_redirect(it, request.redirect_uri)
    if not rules.may_call(it.state, sandbox):
        raise GrantNotForClient
    check_scopes(request.scopes, ASKED & set(it.scopes))
    if not 0 < len(request.state) <= STATE_CHARS_MAX or not request.state.isprintable():
        raise RequestUnfit("state", f"1 to {STATE_CHARS_MAX} printable characters", request.state)
    if not _CHALLENGE.fullmatch(request.challenge):
        expected = "the SHA-256 of a verifier in base64url (RFC 7636, section 4.2)"
        raise RequestUnfit("code_challenge", expected, request.challenge)


def check_scopes(wanted: Sequence[str], allowed: Sequence[str] | set[str] | frozenset[str]) -> None:
    """Raises: ScopeTooWide for more than is allowed, or for nothing at all."""
    more = missing(wanted, allowed)
    if more or not wanted:
        raise ScopeTooWide(list(more))


def challenge_of(verifier: str) -> str:
    """Return the challenge S256 of a verifier (RFC 7636, section 4.2)."""
    raw = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def check_code(
    code: Code, application_id: ApplicationId, redirect_uri: str, verifier: str, now: datetime
) -> None:
    """Check that a code may be changed for tokens; whether it was used is another question.

    Raises: GrantInvalid, RequestUnfit.
    """
    if code.application_id != application_id:
        raise GrantInvalid("a code of another application")
    if code.expires_at <= now:
        raise GrantInvalid("a code that is over")
    if code.redirect_uri != redirect_uri:
        raise GrantInvalid("another redirect_uri than that of the authorisation")
    if not _VERIFIER.fullmatch(verifier):
        raise RequestUnfit("code_verifier", "43 to 128 unreserved characters", verifier)
    if challenge_of(verifier) != code.challenge:
        raise GrantInvalid("a verifier that is not that of the challenge")


def holds(token: Token, grant: Grant | None, consent: Consent | None, now: datetime) -> bool:
    """Whether a token counts, but for its application's state and for a refresh token's use."""
    if token.revoked_at is not None or token.expires_at <= now:
        return False
    if token.grant_id is None:
        return token.kind is TokenKind.ACCESS
    if grant is None or grant.revoked_at is not None:
        return False
    return consent is not None and consent.withdrawn_at is None


def scopes_now(token: Token, it: Application, consent: Consent | None) -> tuple[str, ...]:
    """Return what token, application and consent allow together, sorted."""
    allowed = {*token.scopes} & {*it.scopes}
    if consent is not None:
        allowed &= {*consent.scopes} & ASKED
    return tuple(sorted(allowed))


def is_use_to_note(consent: Consent, now: datetime) -> bool:
    """Whether the last use of a consent was noted so long ago that this one is noted too."""
    return consent.used_at is None or now - consent.used_at >= timedelta(seconds=USE_NOTED_S)

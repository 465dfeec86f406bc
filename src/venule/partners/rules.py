"""Decisions about applications and their keys: pure functions, facts in, answer out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from venule.members import MemberKind
from venule.partners.errors import (
    ApplicationMayNotCall,
    KeySpanWrong,
    OwnerMissing,
    PartnerTextMalformed,
    RedirectUnfit,
    TooManyKeys,
)
from venule.partners.model import (
    KEYS_ACTIVE_MAX,
    REDIRECT_CHARS_MAX,
    REDIRECTS_MAX,
    Application,
    ApplicationState,
    Key,
)

IN_SANDBOX: Final = frozenset(
    {
        ApplicationState.SANDBOX,
        ApplicationState.ASKED,
        ApplicationState.ADMITTED,
        ApplicationState.REFUSED,
    }
)
"""States in which an application may call where no money is real."""

LOOPBACK: Final = "127.0.0.1"


def check_text(field: str, text: str, chars_max: int) -> None:
    """Raises: PartnerTextMalformed for an empty, too long or unprintable text."""
    if not 0 < len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise PartnerTextMalformed(field, chars_max, text)


def check_redirects(uris: Sequence[str]) -> None:
    """Raises: RedirectUnfit.

    Addresses are compared as they are written (RFC 9700, section 2.1), so none is put into shape.
    """
    if len(uris) > REDIRECTS_MAX or len(set(uris)) != len(uris):
        raise RedirectUnfit(f"{len(uris)} addresses, {len(set(uris))} of them different")
    for uri in uris:
        if not _is_redirect(uri):
            raise RedirectUnfit(uri)


def _is_redirect(uri: str) -> bool:
    if len(uri) > REDIRECT_CHARS_MAX or not uri.isascii() or not uri.isprintable():
        return False
    if any(sign in uri for sign in ' \\"<>^`{|}#@'):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    local = parts.scheme == "http" and host == LOOPBACK
    return (parts.scheme == "https" or local) and bool(host) and parts.path.startswith("/")


def check_key_span(now: datetime, not_before: datetime, expires_at: datetime | None) -> None:
    """Raises: KeySpanWrong."""
    if expires_at is not None and expires_at <= max(now, not_before):
        raise KeySpanWrong(not_before, expires_at)


def check_key_count(keys: Iterable[Key], now: datetime) -> None:
    """Raises: TooManyKeys if another key would be one more than may be good at a time."""
    if sum(not is_over(key, now) for key in keys) >= KEYS_ACTIVE_MAX:
        raise TooManyKeys(KEYS_ACTIVE_MAX)


def is_over(key: Key, now: datetime) -> bool:
    """Whether a key is revoked or has expired; one that is not yet good is not over."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def fault_of(key: Key, now: datetime) -> str:
    """Say why a key is not good at an instant; '' if it is."""
    if key.revoked_at is not None:
        return "is revoked"
    if key.expires_at is not None and key.expires_at <= now:
        return "has expired"
    if now < key.not_before:
        return "is not yet good"
    return ""


def may_call(state: ApplicationState, sandbox: bool) -> bool:
    """Whether an application may call; where money is real, only one that is admitted."""
    return state is ApplicationState.ADMITTED or (sandbox and state in IN_SANDBOX)


def check_may_call(it: Application, sandbox: bool) -> None:
    """Raises: ApplicationMayNotCall."""
    if not may_call(it.state, sandbox):
        raise ApplicationMayNotCall(it.id, it.state)


def check_admissible(it: Application) -> None:
    """Raises: OwnerMissing."""
    if it.owner_id is None:
        raise OwnerMissing(it.id)


def owner_fault(kind: MemberKind, owner: object, member: object) -> str:
    """Say why a member cannot be an application's owner; '' if it can."""
    if kind is MemberKind.PERSON:
        return "a person"
    if owner is not None and owner != member:
        return "another owner than the one it has:"
    return ""

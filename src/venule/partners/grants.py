"""Codes and tokens: give them out, change them for the next, take them back, look them up.

What is given out is drawn by the process that serves; here only its SHA-256 is known.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from venule.kit.time import MICROSECOND
from venule.ledger import Tx
from venule.partners import grant_rules, grant_store, rules, service
from venule.partners.consent_model import (
    ACCESS_S,
    REFRESH_S,
    ExchangeCode,
    Grant,
    Issued,
    IssueForClient,
    Renew,
    RevokeToken,
    Token,
    TokenFacts,
    TokenQuery,
)
from venule.partners.model import ApplicationId, GrantId, TokenKind
from venule.partners.oauth_errors import GrantInvalid, GrantNotForClient

CODE_REUSED: Final = "its code came a second time"
REFRESH_REUSED: Final = "a refresh token came a second time"
REVOKED: Final = "the application has revoked it"
PURGE_AFTER_S: Final = 7 * 86_400
"""So long tokens and codes are kept when they are over: a late second use is still seen."""


def issue_for_client(tx: Tx, command: IssueForClient) -> Issued:
    """Give an application a token with which it acts of itself (RFC 6749, section 4.4).

    Raises: ApplicationUnknown, GrantNotForClient, ScopeTooWide.
    """
    allowed = _allowed(tx, command.application_id)
    scopes = allowed if command.scopes is None else tuple(sorted(set(command.scopes)))
    grant_rules.check_scopes(scopes, allowed)
    _give(tx, command.access, TokenKind.ACCESS, command.application_id, None, scopes)
    return Issued(scopes, ACCESS_S)


def exchange_code(tx: Tx, command: ExchangeCode) -> Issued:
    """Change a code for an access and a refresh token (RFC 6749, section 4.1.3).

    A code that comes a second time ends all that it was changed for: that must be kept, so the
    answer says `reused` in place of an error.
    Raises: ApplicationUnknown, GrantNotForClient, GrantInvalid, RequestUnfit.
    """
    _allowed(tx, command.application_id)
    code = grant_store.load_code(tx.sql, command.code)
    if code is None:
        raise GrantInvalid("an unknown code")
    if code.application_id == command.application_id and code.grant_id is not None:
        return _end(tx, command.application_id, code.grant_id, CODE_REUSED)
    grant_rules.check_code(
        code, command.application_id, command.redirect_uri, command.verifier, tx.now
    )
    consent = grant_store.load_consent(tx.sql, code.consent_id)
    if consent is None or consent.withdrawn_at is not None:
        raise GrantInvalid("a code whose consent was withdrawn")
    grant = Grant(GrantId(tx.new_id()), code.application_id, code.consent_id, tx.now, None, None)
    grant_store.insert_grant(tx.sql, grant)
    grant_store.save_code_used(tx.sql, code.hash, grant.id)
    _give(tx, command.access, TokenKind.ACCESS, grant.application_id, grant.id, code.scopes)
    _give(tx, command.refresh, TokenKind.REFRESH, grant.application_id, grant.id, code.scopes)
    return Issued(code.scopes, ACCESS_S)


def renew(tx: Tx, command: Renew) -> Issued:
    """Change a refresh token for the next two (RFC 6749, section 6).

    One that comes a second time ends its family (RFC 9700, section 4.14.2); see `exchange_code`.
    Raises: ApplicationUnknown, GrantNotForClient, GrantInvalid, ScopeTooWide.
    """
    _allowed(tx, command.application_id)
    found = grant_store.load_token(tx.sql, command.token)
    if found is None or found[0].application_id != command.application_id:
        raise GrantInvalid("an unknown refresh token")
    token, _, grant, consent = found
    if token.kind is not TokenKind.REFRESH or token.grant_id is None:
        raise GrantInvalid("an access token")
    if token.used_at is not None:
        return _end(tx, command.application_id, token.grant_id, REFRESH_REUSED)
    if not grant_rules.holds(token, grant, consent, tx.now):
        raise GrantInvalid("a refresh token that is over or was taken back")
    scopes = token.scopes if command.scopes is None else tuple(sorted(set(command.scopes)))
    grant_rules.check_scopes(scopes, token.scopes)
    grant_store.save_token_used(tx.sql, token.hash, tx.now_us)
    _give(tx, command.access, TokenKind.ACCESS, token.application_id, token.grant_id, scopes)
    _give(
        tx, command.refresh, TokenKind.REFRESH, token.application_id, token.grant_id, token.scopes
    )
    return Issued(scopes, ACCESS_S)


def _allowed(tx: Tx, application_id: ApplicationId) -> tuple[str, ...]:
    it = service.application(tx, application_id)
    if not rules.may_call(it.state, service.is_sandbox(tx)):
        raise GrantNotForClient
    return it.scopes


def _give(
    tx: Tx,
    hash_: bytes,
    kind: TokenKind,
    application_id: ApplicationId,
    grant_id: GrantId | None,
    scopes: tuple[str, ...],
) -> None:
    seconds = ACCESS_S if kind is TokenKind.ACCESS else REFRESH_S
    until = tx.now + timedelta(seconds=seconds)
    token = Token(hash_, kind, application_id, grant_id, scopes, tx.now, until, None, None)
    grant_store.insert_token(tx.sql, token)


def _end(tx: Tx, application_id: ApplicationId, grant_id: GrantId, reason: str) -> Issued:
    if grant_store.revoke_grant(tx.sql, grant_id, reason, tx.now_us):
        tx.emit("partners.grant_ended", application_id, {"grant_id": grant_id, "why": reason})
    return Issued(reused=reason)


def revoke_token(tx: Tx, command: RevokeToken) -> None:
    """Take a token back: an access token alone, a refresh token with its family (RFC 7009, 2.1).

    What is unknown, or another application's, is left alone and not told of.
    """
    found = grant_store.load_token(tx.sql, command.token)
    if found is None or found[0].application_id != command.application_id:
        return
    token = found[0]
    if token.kind is TokenKind.REFRESH and token.grant_id is not None:
        _end(tx, command.application_id, token.grant_id, REVOKED)
    else:
        grant_store.revoke_token(tx.sql, token.hash, tx.now_us)


def token_facts(tx: Tx, query: TokenQuery) -> TokenFacts | None:
    """Return a token that holds now, with what it allows; None for any other."""
    found = grant_store.load_token(tx.sql, query.token)
    if found is None:
        return None
    token, it, grant, consent = found
    if not grant_rules.holds(token, grant, consent, tx.now) or token.used_at is not None:
        return None
    if not rules.may_call(it.state, service.is_sandbox(tx)):
        return None
    return TokenFacts(
        token.kind,
        it.id,
        it.owner_id,
        None if consent is None else consent.member_id,
        None if consent is None else consent.id,
        grant_rules.scopes_now(token, it, consent),
        token.issued_at,
        token.expires_at,
        (token.expires_at - tx.now) // MICROSECOND,
        consent is not None and grant_rules.is_use_to_note(consent, tx.now),
    )


def purge_grants(tx: Tx, before_us: int) -> int:
    """Delete tokens, codes and requests over since before an instant (us); return how many.

    Call again until it returns less than a page; keep them for `PURGE_AFTER_S` at least.
    """
    return grant_store.purge(tx.sql, before_us)

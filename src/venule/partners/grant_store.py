"""Every SQL statement about consents, and about the codes and tokens that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from venule.kit.sql import Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId
from venule.partners.consent_model import (
    Code,
    Consent,
    ConsentShown,
    Grant,
    Kept,
    Request,
    Token,
)
from venule.partners.model import (
    Application,
    ApplicationId,
    ApplicationState,
    ConsentId,
    GrantId,
    TokenKind,
)
from venule.partners.store import (
    APPLICATION,
    APPLICATION_COLUMNS,
    IDS_MAX,
    application_of,
    at_or_none,
    marks,
    us_or_none,
    words,
)

PURGE_ROWS_MAX: Final = 500

_CONSENT: Final = (
    "c.id, c.application_id, c.member_id, c.scopes, c.given_at, c.withdrawn_at, c.used_at"
)
_CONSENT_COLUMNS: Final = 7
_IT: Final = (
    "t.hash, t.kind, t.application_id, t.grant_id, t.scopes, t.issued_at, t.expires_at,"
    " t.used_at, t.revoked_at"
)
_TOKEN_COLUMNS: Final = 9
_GRANT: Final = "g.id, g.application_id, g.consent_id, g.made_at, g.revoked_at, g.reason"
_GRANT_COLUMNS: Final = 6


def insert_consent(sql: Sql, it: Consent) -> None:
    """Write a new consent."""
    sql.run(
        "INSERT INTO partner_consent (id, application_id, member_id, scopes, given_at,"
        " withdrawn_at, used_at) VALUES (?, ?, ?, ?, ?, NULL, NULL)",
        (
            it.id.bytes,
            it.application_id.bytes,
            it.member_id.bytes,
            " ".join(it.scopes),
            to_us(it.given_at),
        ),
    )


def save_consent(sql: Sql, it: Consent) -> None:
    """Write what can change of a consent."""
    sql.run(
        "UPDATE partner_consent SET scopes = ?, withdrawn_at = ?, used_at = ? WHERE id = ?",
        (" ".join(it.scopes), us_or_none(it.withdrawn_at), us_or_none(it.used_at), it.id.bytes),
    )


def load_consent(sql: Sql, consent_id: ConsentId) -> Consent | None:
    """Return a consent, or None."""
    row = sql.row(
        f"SELECT {_CONSENT} FROM partner_consent AS c WHERE c.id = ?",  # noqa: S608
        (consent_id.bytes,),
    )
    return None if row is None else _consent(row)


def load_live_consent(
    sql: Sql, member_id: MemberId, application_id: ApplicationId
) -> Consent | None:
    """Return what a member lets an application do now, or None."""
    row = sql.row(
        f"SELECT {_CONSENT} FROM partner_consent AS c"  # noqa: S608
        " WHERE c.member_id = ? AND c.application_id = ? AND c.withdrawn_at IS NULL",
        (member_id.bytes, application_id.bytes),
    )
    return None if row is None else _consent(row)


def load_consents(sql: Sql, member_id: MemberId, *, withdrawn: bool) -> list[ConsentShown]:
    """Return a member's consents as they are shown, the youngest first."""
    live = "" if withdrawn else " AND c.withdrawn_at IS NULL"
    rows = sql.rows(
        f"SELECT a.name, a.state, {_CONSENT} FROM partner_consent AS c"  # noqa: S608
        " JOIN partner_application AS a ON a.id = c.application_id"
        f" WHERE c.member_id = ?{live} ORDER BY c.id DESC",
        (member_id.bytes,),
    )
    return [ConsentShown(_consent(row[2:]), row[0], ApplicationState(row[1])) for row in rows]


def load_allowed(
    sql: Sql, members: Sequence[MemberId], states: Sequence[str]
) -> list[tuple[MemberId, ApplicationId, tuple[str, ...]]]:
    """Return what members let applications do that are in some states, in order."""
    found: list[tuple[MemberId, ApplicationId, tuple[str, ...]]] = []
    for start in range(0, len(members), IDS_MAX):
        piece = members[start : start + IDS_MAX]
        rows = sql.rows(
            "SELECT c.member_id, c.application_id, c.scopes, a.scopes"  # noqa: S608
            " FROM partner_consent AS c JOIN partner_application AS a ON a.id = c.application_id"
            f" WHERE c.member_id IN ({marks(len(piece))}) AND c.withdrawn_at IS NULL"
            f" AND a.state IN ({marks(len(states))}) ORDER BY c.member_id, c.application_id",
            [*(member.bytes for member in piece), *states],
        )
        found += [
            (
                MemberId(UUID(bytes=member)),
                ApplicationId(UUID(bytes=application)),
                tuple(sorted({*words(given)} & {*words(allowed)})),
            )
            for member, application, given, allowed in rows
        ]
    return found


def _consent(row: Sequence[Any]) -> Consent:
    raw, application, member, scopes, given_at, withdrawn_at, used_at = row
    return Consent(
        ConsentId(UUID(bytes=raw)),
        ApplicationId(UUID(bytes=application)),
        MemberId(UUID(bytes=member)),
        words(scopes),
        from_us(given_at),
        at_or_none(withdrawn_at),
        at_or_none(used_at),
    )


def insert_request(sql: Sql, it: Kept) -> None:
    """Write a request that a member looks at."""
    asked = it.request
    sql.run(
        "INSERT INTO partner_request (ticket, member_id, application_id, redirect_uri, scopes,"
        " state, challenge, expires_at, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            it.ticket,
            it.member_id.bytes,
            asked.application_id.bytes,
            asked.redirect_uri,
            " ".join(asked.scopes),
            asked.state,
            asked.challenge,
            to_us(it.expires_at),
        ),
    )


def load_request(sql: Sql, ticket: bytes) -> Kept | None:
    """Return a request that a member looks at, or None."""
    row = sql.row(
        "SELECT member_id, application_id, redirect_uri, scopes, state, challenge, expires_at,"
        " decided_at FROM partner_request WHERE ticket = ?",
        (ticket,),
    )
    if row is None:
        return None
    member, application, redirect_uri, scopes, state, challenge, expires_at, decided_at = row
    request = Request(
        ApplicationId(UUID(bytes=application)), redirect_uri, words(scopes), state, challenge
    )
    return Kept(
        ticket,
        MemberId(UUID(bytes=member)),
        request,
        from_us(expires_at),
        at_or_none(decided_at),
    )


def save_decided(sql: Sql, ticket: bytes, now_us: int) -> None:
    """Write that a request was answered."""
    sql.run("UPDATE partner_request SET decided_at = ? WHERE ticket = ?", (now_us, ticket))


def insert_code(sql: Sql, it: Code) -> None:
    """Write a new code."""
    sql.run(
        "INSERT INTO partner_code (hash, application_id, consent_id, redirect_uri, challenge,"
        " scopes, expires_at, grant_id) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            it.hash,
            it.application_id.bytes,
            it.consent_id.bytes,
            it.redirect_uri,
            it.challenge,
            " ".join(it.scopes),
            to_us(it.expires_at),
        ),
    )


def load_code(sql: Sql, hash_: bytes) -> Code | None:
    """Return a code, or None."""
    row = sql.row(
        "SELECT application_id, consent_id, redirect_uri, challenge, scopes, expires_at, grant_id"
        " FROM partner_code WHERE hash = ?",
        (hash_,),
    )
    if row is None:
        return None
    application, consent, redirect_uri, challenge, scopes, expires_at, grant = row
    return Code(
        hash_,
        ApplicationId(UUID(bytes=application)),
        ConsentId(UUID(bytes=consent)),
        redirect_uri,
        challenge,
        words(scopes),
        from_us(expires_at),
        None if grant is None else GrantId(UUID(bytes=grant)),
    )


def save_code_used(sql: Sql, hash_: bytes, grant_id: GrantId) -> None:
    """Write what a code was changed for."""
    sql.run("UPDATE partner_code SET grant_id = ? WHERE hash = ?", (grant_id.bytes, hash_))


def insert_grant(sql: Sql, it: Grant) -> None:
    """Write a new family of tokens."""
    sql.run(
        "INSERT INTO partner_grant (id, application_id, consent_id, made_at, revoked_at, reason)"
        " VALUES (?, ?, ?, ?, NULL, NULL)",
        (it.id.bytes, it.application_id.bytes, it.consent_id.bytes, to_us(it.made_at)),
    )


def revoke_grant(sql: Sql, grant_id: GrantId, reason: str, now_us: int) -> int:
    """End a family, unless it has ended; return how many were."""
    return sql.run(
        "UPDATE partner_grant SET revoked_at = ?, reason = ? WHERE id = ? AND revoked_at IS NULL",
        (now_us, reason, grant_id.bytes),
    )


def revoke_grants_of(sql: Sql, consent_id: ConsentId, reason: str, now_us: int) -> int:
    """End every family that came from a consent; return how many were ended."""
    return sql.run(
        "UPDATE partner_grant SET revoked_at = ?, reason = ?"
        " WHERE consent_id = ? AND revoked_at IS NULL",
        (now_us, reason, consent_id.bytes),
    )


def insert_token(sql: Sql, it: Token) -> None:
    """Write a new token."""
    sql.run(
        "INSERT INTO partner_token (hash, kind, application_id, grant_id, scopes, issued_at,"
        " expires_at, used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        (
            it.hash,
            it.kind.value,
            it.application_id.bytes,
            None if it.grant_id is None else it.grant_id.bytes,
            " ".join(it.scopes),
            to_us(it.issued_at),
            to_us(it.expires_at),
        ),
    )


def save_token_used(sql: Sql, hash_: bytes, now_us: int) -> None:
    """Write that a refresh token was changed for the next."""
    sql.run("UPDATE partner_token SET used_at = ? WHERE hash = ?", (now_us, hash_))


def revoke_token(sql: Sql, hash_: bytes, now_us: int) -> None:
    """End a token."""
    sql.run(
        "UPDATE partner_token SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL",
        (now_us, hash_),
    )


Found = tuple[Token, Application, Grant | None, Consent | None]


def load_token(sql: Sql, hash_: bytes) -> Found | None:
    """Return a token with all that it depends on, or None."""
    row = sql.row(
        f"SELECT {_IT}, {APPLICATION}, {_GRANT}, {_CONSENT} FROM partner_token AS t"  # noqa: S608
        " JOIN partner_application AS a ON a.id = t.application_id"
        " LEFT JOIN partner_grant AS g ON g.id = t.grant_id"
        " LEFT JOIN partner_consent AS c ON c.id = g.consent_id"
        " WHERE t.hash = ?",
        (hash_,),
    )
    if row is None:
        return None
    after_token = _TOKEN_COLUMNS + APPLICATION_COLUMNS
    after_grant = after_token + _GRANT_COLUMNS
    of_grant, of_consent = row[after_token:after_grant], row[after_grant:]
    return (
        _token(row[:_TOKEN_COLUMNS]),
        application_of(row[_TOKEN_COLUMNS:after_token]),
        None if of_grant[0] is None else _grant(of_grant),
        None if of_consent[0] is None else _consent(of_consent),
    )


def _token(row: Sequence[Any]) -> Token:
    hash_, kind, application, grant, scopes, issued_at, expires_at, used_at, revoked_at = row
    return Token(
        bytes(hash_),
        TokenKind(kind),
        ApplicationId(UUID(bytes=application)),
        None if grant is None else GrantId(UUID(bytes=grant)),
        words(scopes),
        from_us(issued_at),
        from_us(expires_at),
        at_or_none(used_at),
        at_or_none(revoked_at),
    )


def _grant(row: Sequence[Any]) -> Grant:
    raw, application, consent, made_at, revoked_at, reason = row
    return Grant(
        GrantId(UUID(bytes=raw)),
        ApplicationId(UUID(bytes=application)),
        ConsentId(UUID(bytes=consent)),
        from_us(made_at),
        at_or_none(revoked_at),
        reason,
    )


_OVER: Final = {
    "partner_token": "hash",
    "partner_code": "hash",
    "partner_request": "ticket",
}


def purge(sql: Sql, before_us: int) -> int:
    """Delete tokens, codes and requests that were over before an instant, a bounded number of
    each; return how many."""
    return sum(
        sql.run(
            f"DELETE FROM {table} WHERE {name} IN (SELECT {name} FROM {table}"  # noqa: S608
            " WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
            (before_us, PURGE_ROWS_MAX),
        )
        for table, name in _OVER.items()
    )

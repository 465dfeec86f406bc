"""Every SQL statement of the access room on the log of authentication."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from venule.access.model import AuthEvent, AuthEventId, LoginId, OwnerKind, SessionId
from venule.access.store import raw
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us

_EVENT: Final = (
    "id, at, what, outcome, reason, kind, owner_id, login_id, session_id, subject, address, agent"
)
_LAST_ID: Final = b"\xff" * 16


def insert_event(sql: Sql, event: AuthEvent) -> None:
    """Write a line of the log."""
    sql.run(
        f"INSERT INTO access_event ({_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            event.id.bytes,
            to_us(event.at),
            event.what,
            "ok" if event.ok else "refused",
            event.reason,
            None if event.kind is None else event.kind.value,
            raw(event.owner_id),
            raw(event.login_id),
            raw(event.session_id),
            event.subject,
            event.address,
            event.agent,
        ),
    )


def load_events(
    sql: Sql, login_id: LoginId | None, before: AuthEventId | None, limit: int
) -> list[AuthEvent]:
    """Return a page of the log, the newest first."""
    last = _LAST_ID if before is None else before.bytes
    where, params = ("", ()) if login_id is None else (" AND login_id = ?", (login_id.bytes,))
    rows = sql.rows(
        f"SELECT {_EVENT} FROM access_event WHERE id < ?{where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (last, *params, limit),
    )
    return [_event(row) for row in rows]


def purge_events(sql: Sql, before: datetime, limit: int) -> int:
    """Delete lines of the log before an instant, the oldest first, at most `limit`."""
    return sql.run(
        "DELETE FROM access_event WHERE id IN (SELECT id FROM access_event WHERE at < ?"
        " ORDER BY at LIMIT ?)",
        (to_us(before), limit),
    )


def _event(row: Row) -> AuthEvent:
    return AuthEvent(
        AuthEventId(UUID(bytes=row[0])),
        from_us(row[1]),
        row[2],
        row[3] == "ok",
        row[4],
        None if row[5] is None else OwnerKind(row[5]),
        None if row[6] is None else UUID(bytes=row[6]),
        None if row[7] is None else LoginId(UUID(bytes=row[7])),
        None if row[8] is None else SessionId(UUID(bytes=row[8])),
        row[9],
        row[10],
        row[11],
    )

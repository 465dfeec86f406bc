"""Every SQL statement about notifications, and how far the house's events have been read."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from venule.gateway.model import Notice, NoticeId, NoticeState
from venule.gateway.rows import at, marks, us
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us


def load_cursor(sql: Sql, name: str) -> int | None:
    """Return the last event that was read, or None if none ever was."""
    row = sql.row("SELECT seq FROM gateway_cursor WHERE name = ?", (name,))
    return None if row is None else int(row[0])


def save_cursor(sql: Sql, name: str, seq: int) -> None:
    """Note the last event that was read."""
    if not sql.run("UPDATE gateway_cursor SET seq = ? WHERE name = ?", (seq, name)):
        sql.run("INSERT INTO gateway_cursor (name, seq) VALUES (?, ?)", (name, seq))


def last_event(sql: Sql) -> int:
    """Return the number of the last event that is written."""
    row = sql.row("SELECT MAX(seq) FROM event")
    return 0 if row is None or row[0] is None else int(row[0])


_NOTICE: Final = (
    "id, app_id, partner, ref, event_seq, url, parameters, state, attempts, next_at, seen, made_at,"
    " ended_at"
)


def insert_notice(sql: Sql, n: Notice) -> None:
    """Write a new notification."""
    sql.run(
        f"INSERT INTO gateway_notice ({_NOTICE}) VALUES ({marks(_NOTICE)})",  # noqa: S608
        (
            n.id.bytes,
            n.app_id,
            n.partner,
            n.ref.bytes,
            n.event_seq,
            n.url,
            msgspec.json.encode(n.parameters).decode(),
            n.state.value,
            n.attempts,
            us(n.next_at),
            n.seen,
            to_us(n.made_at),
            us(n.ended_at),
        ),
    )


def save_attempt(
    sql: Sql,
    notice_id: NoticeId,
    state: NoticeState,
    attempts: int,
    next_at: datetime | None,
    seen: str,
    ended_at: datetime | None,
) -> None:
    """Write what became of an attempt."""
    sql.run(
        "UPDATE gateway_notice SET state = ?, attempts = ?, next_at = ?, seen = ?, ended_at = ?"
        " WHERE id = ?",
        (state.value, attempts, us(next_at), seen, us(ended_at), notice_id.bytes),
    )


def load_notice(sql: Sql, notice_id: NoticeId) -> Notice | None:
    """Return a notification, or None."""
    row = sql.row(f"SELECT {_NOTICE} FROM gateway_notice WHERE id = ?", (notice_id.bytes,))  # noqa: S608
    return None if row is None else _notice(row)


def is_written(sql: Sql, event_seq: int, ref: UUID) -> bool:
    """Say whether there is a notification of an event about something."""
    row = sql.row(
        "SELECT 1 FROM gateway_notice WHERE event_seq = ? AND ref = ?", (event_seq, ref.bytes)
    )
    return row is not None


def load_failed(sql: Sql, app_id: str, limit: int) -> list[Notice]:
    """Return an application's notifications that were given up, the newest first."""
    rows = sql.rows(
        f"SELECT {_NOTICE} FROM gateway_notice WHERE app_id = ? AND state = 'failed'"  # noqa: S608
        " ORDER BY made_at DESC, id DESC LIMIT ?",
        (app_id, limit),
    )
    return [_notice(row) for row in rows]


def load_next_due(sql: Sql) -> datetime | None:
    """Return when the next attempt is due, or None if nothing waits."""
    row = sql.row(
        "SELECT next_at FROM gateway_notice WHERE state = 'waiting' ORDER BY next_at LIMIT 1"
    )
    return None if row is None else from_us(row[0])


def load_due_apps(sql: Sql, now: datetime, after: str, limit: int) -> list[str]:
    """Return applications that something is due to, those behind one, in order.

    One walk along the index of what waits, whatever there is behind it.
    """
    found: list[str] = []
    while len(found) < limit:
        row = sql.row(
            "SELECT app_id FROM gateway_notice WHERE state = 'waiting' AND app_id > ?"
            " AND next_at <= ? ORDER BY app_id LIMIT 1",
            (after, to_us(now)),
        )
        if row is None:
            break
        after = str(row[0])
        found.append(after)
    return found


def load_due(sql: Sql, app_id: str, now: datetime, limit: int) -> list[Notice]:
    """Return what is due to an application, the longest due first."""
    rows = sql.rows(
        f"SELECT {_NOTICE} FROM gateway_notice"  # noqa: S608
        " WHERE state = 'waiting' AND app_id = ? AND next_at <= ?"
        " ORDER BY next_at, event_seq LIMIT ?",
        (app_id, to_us(now), limit),
    )
    return [_notice(row) for row in rows]


def load_of(sql: Sql, ref: UUID) -> list[Notice]:
    """Return the notifications about a trade or authorisation, the earliest first."""
    rows = sql.rows(
        f"SELECT {_NOTICE} FROM gateway_notice WHERE event_seq > 0 AND ref = ?"  # noqa: S608
        " ORDER BY event_seq",
        (ref.bytes,),
    )
    return [_notice(row) for row in rows]


def _notice(row: Row) -> Notice:
    id_, app_id, partner, ref, seq, url, parameters, state, attempts = row[:9]
    next_at, seen, made, ended = row[9:]
    return Notice(
        NoticeId(UUID(bytes=id_)),
        app_id,
        partner,
        UUID(bytes=ref),
        seq,
        url,
        msgspec.json.decode(parameters, type=dict[str, str]),
        NoticeState(state),
        attempts,
        at(next_at),
        seen,
        from_us(made),
        at(ended),
    )

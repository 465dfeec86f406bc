"""Every SQL statement of the access room on challenges, devices and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from venule.access.model import (
    Challenge,
    ChallengeId,
    Device,
    DeviceId,
    Factor,
    LoginId,
    Purpose,
    Session,
    SessionId,
)
from venule.access.store import instant, raw, stored
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us

_CHALLENGE: Final = "id, purpose, challenge, login_id, session_id, subject, expires_at, used_at"
_DEVICE: Final = "id, login_id, name, agent, first_seen_at, last_seen_at"
_SESSION: Final = (
    "id, login_id, device_id, factor, opened_at, seen_at, expires_at, stepped_up_at,"
    " stepped_up_by, ended_at, reason"
)


def insert_challenge(sql: Sql, challenge: Challenge) -> None:
    """Write a new challenge."""
    sql.run(
        f"INSERT INTO access_challenge ({_CHALLENGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            challenge.id.bytes,
            challenge.purpose.value,
            challenge.challenge,
            raw(challenge.login_id),
            raw(challenge.session_id),
            challenge.subject,
            to_us(challenge.expires_at),
            stored(challenge.used_at),
        ),
    )


def load_challenge(sql: Sql, challenge_id: ChallengeId) -> Challenge | None:
    """Return a challenge, used or not; or None."""
    row = sql.row(
        f"SELECT {_CHALLENGE} FROM access_challenge WHERE id = ?",  # noqa: S608
        (challenge_id.bytes,),
    )
    return None if row is None else _challenge(row)


def load_half(sql: Sql, token_hash: bytes) -> Challenge | None:
    """Return a sign-in that waits, or waited, for its second factor; or None."""
    row = sql.row(
        f"SELECT {_CHALLENGE} FROM access_challenge"  # noqa: S608
        " WHERE challenge = ? AND purpose = 'second_factor'",
        (token_hash,),
    )
    return None if row is None else _challenge(row)


def use_challenge(sql: Sql, challenge_id: ChallengeId, at: datetime) -> bool:
    """Use a challenge up; False if it was used before."""
    changed = sql.run(
        "UPDATE access_challenge SET used_at = ? WHERE id = ? AND used_at IS NULL",
        (to_us(at), challenge_id.bytes),
    )
    return changed == 1


def delete_challenges(sql: Sql, login_id: LoginId) -> None:
    """Delete what was begun for a login: its credentials have changed."""
    sql.run("DELETE FROM access_challenge WHERE login_id = ?", (login_id.bytes,))


def purge_challenges(sql: Sql, before: datetime, limit: int) -> int:
    """Delete challenges that timed out before an instant, at most `limit`."""
    return sql.run(
        "DELETE FROM access_challenge WHERE id IN (SELECT id FROM access_challenge"
        " WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
        (to_us(before), limit),
    )


def _challenge(row: Row) -> Challenge:
    return Challenge(
        ChallengeId(UUID(bytes=row[0])),
        Purpose(row[1]),
        row[2],
        None if row[3] is None else LoginId(UUID(bytes=row[3])),
        None if row[4] is None else SessionId(UUID(bytes=row[4])),
        row[5],
        from_us(row[6]),
        instant(row[7]),
    )


def insert_device(sql: Sql, device: Device, token_hash: bytes) -> None:
    """Write a new device."""
    sql.run(
        "INSERT INTO access_device (id, login_id, token_hash, name, agent, first_seen_at,"
        " last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            device.id.bytes,
            device.login_id.bytes,
            token_hash,
            device.name,
            device.agent,
            to_us(device.first_seen_at),
            to_us(device.last_seen_at),
        ),
    )


def save_device(sql: Sql, device: Device) -> None:
    """Write what of a device can change."""
    sql.run(
        "UPDATE access_device SET name = ?, agent = ?, last_seen_at = ? WHERE id = ?",
        (device.name, device.agent, to_us(device.last_seen_at), device.id.bytes),
    )


def load_device(sql: Sql, device_id: DeviceId) -> Device | None:
    """Return a device, or None."""
    row = sql.row(f"SELECT {_DEVICE} FROM access_device WHERE id = ?", (device_id.bytes,))  # noqa: S608
    return None if row is None else _device(row)


def load_device_by_token(sql: Sql, login_id: LoginId, token_hash: bytes) -> Device | None:
    """Return a login's device that showed a token, or None."""
    row = sql.row(
        f"SELECT {_DEVICE} FROM access_device WHERE token_hash = ? AND login_id = ?",  # noqa: S608
        (token_hash, login_id.bytes),
    )
    return None if row is None else _device(row)


def load_devices(sql: Sql, login_id: LoginId) -> list[Device]:
    """Return a login's devices, the one seen last first."""
    rows = sql.rows(
        f"SELECT {_DEVICE} FROM access_device WHERE login_id = ?"  # noqa: S608
        " ORDER BY last_seen_at DESC, id DESC",
        (login_id.bytes,),
    )
    return [_device(row) for row in rows]


def delete_device(sql: Sql, device_id: DeviceId) -> None:
    """Delete a device."""
    sql.run("DELETE FROM access_device WHERE id = ?", (device_id.bytes,))


def delete_devices(sql: Sql, login_id: LoginId) -> None:
    """Delete all devices of a login."""
    sql.run("DELETE FROM access_device WHERE login_id = ?", (login_id.bytes,))


def _device(row: Row) -> Device:
    return Device(
        DeviceId(UUID(bytes=row[0])),
        LoginId(UUID(bytes=row[1])),
        row[2],
        row[3],
        from_us(row[4]),
        from_us(row[5]),
    )


def insert_session(sql: Sql, session: Session, token_hash: bytes) -> None:
    """Write a new session."""
    sql.run(
        f"INSERT INTO access_session ({_SESSION}, token_hash)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session.id.bytes,
            session.login_id.bytes,
            session.device_id.bytes,
            session.factor.value,
            to_us(session.opened_at),
            to_us(session.seen_at),
            to_us(session.expires_at),
            to_us(session.stepped_up_at),
            session.stepped_up_by.value,
            stored(session.ended_at),
            session.reason,
            token_hash,
        ),
    )


def save_session(sql: Sql, session: Session) -> None:
    """Write what of a session can change."""
    sql.run(
        "UPDATE access_session SET seen_at = ?, stepped_up_at = ?, stepped_up_by = ?,"
        " ended_at = ?, reason = ? WHERE id = ?",
        (
            to_us(session.seen_at),
            to_us(session.stepped_up_at),
            session.stepped_up_by.value,
            stored(session.ended_at),
            session.reason,
            session.id.bytes,
        ),
    )


def load_session(sql: Sql, session_id: SessionId) -> Session | None:
    """Return a session, over or not; or None."""
    row = sql.row(f"SELECT {_SESSION} FROM access_session WHERE id = ?", (session_id.bytes,))  # noqa: S608
    return None if row is None else _session(row)


def load_session_by_token(sql: Sql, token_hash: bytes) -> Session | None:
    """Return the session of a token, over or not; or None."""
    row = sql.row(f"SELECT {_SESSION} FROM access_session WHERE token_hash = ?", (token_hash,))  # noqa: S608
    return None if row is None else _session(row)


def load_unended(sql: Sql, login_id: LoginId, now: datetime) -> list[Session]:
    """Return a login's sessions that nobody has ended and whose last instant lies ahead, the one
    seen last first; some may have idled out."""
    rows = sql.rows(
        f"SELECT {_SESSION} FROM access_session"  # noqa: S608
        " WHERE login_id = ? AND ended_at IS NULL AND expires_at > ?"
        " ORDER BY seen_at DESC, id DESC",
        (login_id.bytes, to_us(now)),
    )
    return [_session(row) for row in rows]


def purge_sessions(sql: Sql, before: datetime, limit: int) -> int:
    """Delete sessions whose last instant lies before another one, at most `limit`."""
    return sql.run(
        "DELETE FROM access_session WHERE id IN (SELECT id FROM access_session"
        " WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
        (to_us(before), limit),
    )


def _session(row: Row) -> Session:
    return Session(
        SessionId(UUID(bytes=row[0])),
        LoginId(UUID(bytes=row[1])),
        DeviceId(UUID(bytes=row[2])),
        Factor(row[3]),
        from_us(row[4]),
        from_us(row[5]),
        from_us(row[6]),
        from_us(row[7]),
        Factor(row[8]),
        instant(row[9]),
        row[10],
    )

"""Every SQL statement on endpoints and their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.partners import ApplicationId
from venule.webhooks.model import (
    Endpoint,
    EndpointId,
    EndpointState,
    Secret,
)

MIGRATIONS: Final = Migrations("webhooks", package="venule.webhooks")

IDS_MAX: Final = 500

_ENDPOINT: Final = (
    "id, application_id, url, description, types, state, reason, created_at, from_seq, failures,"
    " failing_since, resting_until"
)


def insert_endpoint(sql: Sql, endpoint: Endpoint) -> None:
    """Write a new endpoint."""
    sql.run(
        f"INSERT INTO webhook_endpoint ({_ENDPOINT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        _row(endpoint),
    )


def save_endpoint(sql: Sql, endpoint: Endpoint) -> None:
    """Write an endpoint that has changed."""
    id_, _, url, description, types, state, reason, _, *rest = _row(endpoint)
    sql.run(
        "UPDATE webhook_endpoint SET url = ?, description = ?, types = ?, state = ?, reason = ?,"
        " from_seq = ?, failures = ?, failing_since = ?, resting_until = ? WHERE id = ?",
        (url, description, types, state, reason, *rest, id_),
    )


def load_endpoint(sql: Sql, endpoint_id: EndpointId) -> Endpoint | None:
    """Return an endpoint, removed or not; or None."""
    row = sql.row(f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE id = ?", (endpoint_id.bytes,))  # noqa: S608
    return None if row is None else _endpoint(row)


def load_endpoints(sql: Sql, application_id: ApplicationId) -> list[Endpoint]:
    """Return an application's endpoints that are not removed, the earliest first."""
    rows = sql.rows(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint"  # noqa: S608
        " WHERE application_id = ? AND state <> 'removed' ORDER BY id",
        (application_id.bytes,),
    )
    return [_endpoint(row) for row in rows]


def load_enabled(sql: Sql, applications: Sequence[ApplicationId]) -> list[Endpoint]:
    """Return the endpoints of applications that are told, in order."""
    found: list[Endpoint] = []
    for start in range(0, len(applications), IDS_MAX):
        piece = [each.bytes for each in applications[start : start + IDS_MAX]]
        rows = sql.rows(
            f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE state <> 'removed'"  # noqa: S608
            f" AND state = 'enabled' AND application_id IN ({', '.join('?' * len(piece))})"
            " ORDER BY id",
            piece,
        )
        found += map(_endpoint, rows)
    return found


def has_enabled(sql: Sql) -> bool:
    """Whether anybody is told of anything."""
    return sql.row("SELECT 1 FROM webhook_endpoint WHERE state = 'enabled' LIMIT 1") is not None


def insert_secret(sql: Sql, endpoint_id: EndpointId, secret: Secret) -> None:
    """Write a new secret."""
    sql.run(
        "INSERT INTO webhook_secret (endpoint_id, number, sealed, made_at, until_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            endpoint_id.bytes,
            secret.number,
            secret.sealed,
            to_us(secret.made_at),
            _us(secret.until_at),
        ),
    )


def load_secrets(sql: Sql, endpoint_id: EndpointId) -> list[Secret]:
    """Return an endpoint's secrets, the newest first."""
    rows = sql.rows(
        "SELECT number, sealed, made_at, until_at FROM webhook_secret WHERE endpoint_id = ?"
        " ORDER BY number DESC",
        (endpoint_id.bytes,),
    )
    return [
        Secret(number, sealed, from_us(made_at), None if until is None else from_us(until))
        for number, sealed, made_at, until in rows
    ]


def end_secret(sql: Sql, endpoint_id: EndpointId, number: int, until_at: datetime) -> None:
    """Write when a secret ends."""
    sql.run(
        "UPDATE webhook_secret SET until_at = ? WHERE endpoint_id = ? AND number = ?",
        (to_us(until_at), endpoint_id.bytes, number),
    )


def delete_secrets(sql: Sql, endpoint_id: EndpointId, numbers: Sequence[int]) -> None:
    """Forget secrets."""
    sql.many(
        "DELETE FROM webhook_secret WHERE endpoint_id = ? AND number = ?",
        [(endpoint_id.bytes, number) for number in numbers],
    )


def _row(e: Endpoint) -> Row:
    return (
        e.id.bytes,
        e.application_id.bytes,
        e.url,
        e.description,
        msgspec.json.encode(e.types).decode(),
        e.state.value,
        e.reason,
        to_us(e.created_at),
        e.from_seq,
        e.failures,
        _us(e.failing_since),
        _us(e.resting_until),
    )


def _endpoint(row: Row) -> Endpoint:
    id_, application, url, description, types, state, reason, made, *rest = row
    from_seq, failures, since, until = rest
    return Endpoint(
        EndpointId(UUID(bytes=id_)),
        ApplicationId(UUID(bytes=application)),
        url,
        description,
        msgspec.json.decode(types, type=tuple[str, ...]),
        EndpointState(state),
        reason,
        from_us(made),
        from_seq,
        failures,
        None if since is None else from_us(since),
        None if until is None else from_us(until),
    )


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)

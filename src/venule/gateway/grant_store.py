"""Every SQL statement about codes and tokens."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from venule.gateway.model import Grant, GrantKind
from venule.gateway.rows import at, marks, raw, us
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

_GRANT: Final = (
    "sha256, kind, app_id, member_id, for_app, scope, family, made_at, until_at, ended_at"
)


def insert_grant(sql: Sql, g: Grant) -> None:
    """Write a code or token."""
    sql.run(
        f"INSERT INTO gateway_grant ({_GRANT}) VALUES ({marks(_GRANT)})",  # noqa: S608
        (
            g.sha256,
            g.kind.value,
            g.app_id,
            raw(g.member_id),
            g.for_app,
            g.scope,
            g.family.bytes,
            to_us(g.made_at),
            to_us(g.until_at),
            us(g.ended_at),
        ),
    )


def load_grant(sql: Sql, sha256: bytes) -> Grant | None:
    """Return a code or token, or None."""
    row = sql.row(f"SELECT {_GRANT} FROM gateway_grant WHERE sha256 = ?", (sha256,))  # noqa: S608
    return None if row is None else _grant(row)


def end_family(sql: Sql, family: UUID, now_us: int) -> int:
    """End all that came from one consent and is in force; return how many."""
    return sql.run(
        "UPDATE gateway_grant SET ended_at = ? WHERE family = ? AND ended_at IS NULL",
        (now_us, family.bytes),
    )


def delete_grants(sql: Sql, before_us: int) -> int:
    """Forget what has been over for long."""
    return sql.run("DELETE FROM gateway_grant WHERE until_at < ?", (before_us,))


def _grant(row: Row) -> Grant:
    sha256, kind, app_id, member, for_app, scope, family, made, until, ended = row
    return Grant(
        sha256,
        GrantKind(kind),
        app_id,
        None if member is None else MemberId(UUID(bytes=member)),
        for_app,
        scope,
        UUID(bytes=family),
        from_us(made),
        from_us(until),
        at(ended),
    )

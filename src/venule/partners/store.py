"""Every SQL statement about applications, keys, and what counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId
from venule.partners.model import (
    Application,
    ApplicationId,
    ApplicationQuery,
    ApplicationState,
    Key,
    KeyAlg,
    KeyId,
    KeyUse,
    Once,
    ServerKey,
)

MIGRATIONS: Final = Migrations("partners", package="venule.partners")

IDS_MAX: Final = 500
FORGET_ROWS_MAX: Final = 1_000

APPLICATION: Final = (
    "a.id, a.name, a.contact, a.owner_id, a.state, a.scopes, a.redirect_uris, a.made_at,"
    " a.changed_at, a.decided_by, a.reason"
)
APPLICATION_COLUMNS: Final = 11
_KEY: Final = (
    "k.id, k.application_id, k.key_use, k.alg, k.public_key, k.not_before, k.expires_at,"
    " k.revoked_at, k.added_at"
)
_ZERO: Final = bytes(16)


def marks(count: int) -> str:
    """Return so many placeholders."""
    return ", ".join("?" * count)


def us_or_none(at: datetime | None) -> int | None:
    """Return microseconds, or None."""
    return None if at is None else to_us(at)


def at_or_none(at_us: int | None) -> datetime | None:
    """Return the instant, or None."""
    return None if at_us is None else from_us(at_us)


def words(text: str) -> tuple[str, ...]:
    """Return what was kept with a space between two."""
    return tuple(text.split())


def load_sandbox(sql: Sql) -> bool | None:
    """Return whether the home is a sandbox; None if nobody has said."""
    row = sql.row("SELECT sandbox FROM partner_house WHERE id = 1")
    return None if row is None else bool(row[0])


def insert_house(sql: Sql, sandbox: bool, now_us: int) -> None:
    """Write what the home is."""
    sql.run(
        "INSERT INTO partner_house (id, sandbox, set_at) VALUES (1, ?, ?)",
        (int(sandbox), now_us),
    )


def has_applications(sql: Sql) -> bool:
    """Say whether there is any application."""
    return sql.row("SELECT 1 FROM partner_application LIMIT 1") is not None


def insert_application(sql: Sql, it: Application) -> None:
    """Write a new application."""
    sql.run(
        "INSERT INTO partner_application (id, name, contact, owner_id, state, scopes,"
        " redirect_uris, made_at, changed_at, decided_by, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            it.id.bytes,
            it.name,
            it.contact,
            None if it.owner_id is None else it.owner_id.bytes,
            it.state.value,
            " ".join(it.scopes),
            " ".join(it.redirect_uris),
            to_us(it.made_at),
            to_us(it.changed_at),
            it.decided_by,
            it.reason,
        ),
    )


def save_application(sql: Sql, it: Application) -> None:
    """Write what can change of an application."""
    sql.run(
        "UPDATE partner_application SET owner_id = ?, state = ?, scopes = ?, redirect_uris = ?,"
        " changed_at = ?, decided_by = ?, reason = ? WHERE id = ?",
        (
            None if it.owner_id is None else it.owner_id.bytes,
            it.state.value,
            " ".join(it.scopes),
            " ".join(it.redirect_uris),
            to_us(it.changed_at),
            it.decided_by,
            it.reason,
            it.id.bytes,
        ),
    )


def load_application(sql: Sql, application_id: ApplicationId) -> Application | None:
    """Return an application, or None."""
    row = sql.row(
        f"SELECT {APPLICATION} FROM partner_application AS a WHERE a.id = ?",  # noqa: S608
        (application_id.bytes,),
    )
    return None if row is None else application_of(row)


def load_applications(sql: Sql, query: ApplicationQuery) -> list[Application]:
    """Return applications in order of id, after one."""
    after = _ZERO if query.after is None else query.after.bytes
    where = "a.id > ?"
    params: list[bytes | str] = [after]
    if query.state is not None:
        where, params = "a.state = ? AND a.id > ?", [query.state.value, after]
    rows = sql.rows(
        f"SELECT {APPLICATION} FROM partner_application AS a WHERE {where}"  # noqa: S608
        " ORDER BY a.id LIMIT ?",
        (*params, query.limit),
    )
    return [application_of(row) for row in rows]


def load_owned(
    sql: Sql, members: Sequence[MemberId], states: Sequence[str]
) -> list[tuple[MemberId, ApplicationId]]:
    """Return the applications, in some states, that members own: pairs, in order."""
    found: list[tuple[MemberId, ApplicationId]] = []
    for start in range(0, len(members), IDS_MAX):
        piece = members[start : start + IDS_MAX]
        rows = sql.rows(
            "SELECT owner_id, id FROM partner_application"  # noqa: S608
            f" WHERE owner_id IN ({marks(len(piece))}) AND state IN ({marks(len(states))})"
            " ORDER BY owner_id, id",
            [*(member.bytes for member in piece), *states],
        )
        found += [(MemberId(UUID(bytes=m)), ApplicationId(UUID(bytes=a))) for m, a in rows]
    return found


def application_of(row: Sequence[Any]) -> Application:
    """Return an application from the columns of `APPLICATION`."""
    raw, name, contact, owner, state, scopes, uris, made_at, changed_at, decided_by, reason = row
    return Application(
        ApplicationId(UUID(bytes=raw)),
        name,
        contact,
        None if owner is None else MemberId(UUID(bytes=owner)),
        ApplicationState(state),
        words(scopes),
        words(uris),
        from_us(made_at),
        from_us(changed_at),
        decided_by,
        reason,
    )


def insert_key(sql: Sql, key: Key) -> None:
    """Write a new key."""
    sql.run(
        "INSERT INTO partner_key (id, application_id, key_use, alg, public_key, not_before,"
        " expires_at, revoked_at, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.id.bytes,
            key.application_id.bytes,
            key.use.value,
            key.alg.value,
            key.public,
            to_us(key.not_before),
            us_or_none(key.expires_at),
            us_or_none(key.revoked_at),
            to_us(key.added_at),
        ),
    )


def load_keys(sql: Sql, application_id: ApplicationId) -> list[Key]:
    """Return an application's keys, in the order in which they were added."""
    rows = sql.rows(
        f"SELECT {_KEY} FROM partner_key AS k WHERE k.application_id = ? ORDER BY k.id",  # noqa: S608
        (application_id.bytes,),
    )
    return [_key(row) for row in rows]


def load_key_facts(sql: Sql, key_id: KeyId) -> tuple[Key, Application] | None:
    """Return a key and whose it is, or None."""
    row = sql.row(
        f"SELECT {APPLICATION}, {_KEY} FROM partner_key AS k"  # noqa: S608
        " JOIN partner_application AS a ON a.id = k.application_id WHERE k.id = ?",
        (key_id.bytes,),
    )
    if row is None:
        return None
    return _key(row[APPLICATION_COLUMNS:]), application_of(row[:APPLICATION_COLUMNS])


def revoke_key(sql: Sql, key_id: KeyId, now_us: int) -> None:
    """Write that a key is revoked."""
    sql.run("UPDATE partner_key SET revoked_at = ? WHERE id = ?", (now_us, key_id.bytes))


def _key(row: Row | Sequence[Any]) -> Key:
    raw, application, use, alg, public, not_before, expires_at, revoked_at, added_at = row
    return Key(
        KeyId(UUID(bytes=raw)),
        ApplicationId(UUID(bytes=application)),
        KeyUse(use),
        KeyAlg(alg),
        bytes(public),
        from_us(not_before),
        at_or_none(expires_at),
        at_or_none(revoked_at),
        from_us(added_at),
    )


def insert_once(
    sql: Sql, application_id: ApplicationId, what: Once, value: str, until_us: int
) -> bool:
    """Write what counts once; False if it is there already."""
    return 1 == sql.run(
        "INSERT INTO partner_once (application_id, kind, value, until_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (application_id, kind, value) DO NOTHING",
        (application_id.bytes, what.value, value, until_us),
    )


def forget_once(sql: Sql, before_us: int) -> int:
    """Delete what could no longer be taken before an instant, a bounded number; return how many."""
    return sql.run(
        "DELETE FROM partner_once WHERE (application_id, kind, value) IN"
        " (SELECT application_id, kind, value FROM partner_once WHERE until_at < ?"
        " ORDER BY until_at LIMIT ?)",
        (before_us, FORGET_ROWS_MAX),
    )


def insert_server_key(sql: Sql, key: ServerKey) -> None:
    """Write a key of our own."""
    sql.run(
        "INSERT INTO partner_server_key (id, public_key, sealed, made_at) VALUES (?, ?, ?, ?)",
        (key.id.bytes, key.public, key.sealed, to_us(key.made_at)),
    )


def load_server_key(sql: Sql) -> ServerKey | None:
    """Return the key of our own, or None."""
    row = sql.row(
        "SELECT id, public_key, sealed, made_at FROM partner_server_key ORDER BY id LIMIT 1"
    )
    if row is None:
        return None
    return ServerKey(KeyId(UUID(bytes=row[0])), bytes(row[1]), bytes(row[2]), from_us(row[3]))

"""Every SQL statement of the access room on logins: credentials, codes, passkeys, failures."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from venule.access.model import (
    Failures,
    Login,
    LoginId,
    LoginState,
    OwnerKind,
    Passkey,
    PasskeyId,
    StaffId,
)
from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us

MIGRATIONS: Final = Migrations("access", package="venule.access")

_LOGIN: Final = (
    "id, kind, owner_id, name, state, version, password_hash, password_at, totp_sealed, totp_step,"
    " code_hash, code_until, code_by, enrolled_by, opened_at"
)
_PASSKEY: Final = (
    "id, login_id, credential_id, public_key, sign_count, may_back_up, backed_up, name, added_at,"
    " used_at"
)


def instant(us: int | None) -> datetime | None:
    """Return an instant that may be missing."""
    return None if us is None else from_us(us)


def stored(at: datetime | None) -> int | None:
    """Return an instant that may be missing, as it is stored."""
    return None if at is None else to_us(at)


def raw(id_: UUID | None) -> bytes | None:
    """Return an id that may be missing, as it is stored."""
    return None if id_ is None else id_.bytes


def insert_login(sql: Sql, login: Login) -> None:
    """Write a new login."""
    sql.run(
        f"INSERT INTO access_login ({_LOGIN})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            login.id.bytes,
            login.kind.value,
            login.owner_id.bytes,
            login.name,
            *_changing(login),
            to_us(login.opened_at),
        ),
    )


def save_login(sql: Sql, login: Login) -> None:
    """Write what of a login can change."""
    sql.run(
        "UPDATE access_login SET state = ?, version = ?, password_hash = ?, password_at = ?,"
        " totp_sealed = ?, totp_step = ?, code_hash = ?, code_until = ?, code_by = ?,"
        " enrolled_by = ? WHERE id = ?",
        (*_changing(login), login.id.bytes),
    )


def _changing(login: Login) -> tuple[Any, ...]:
    return (
        login.state.value,
        login.version,
        login.password_hash,
        stored(login.password_at),
        login.totp_sealed,
        login.totp_step,
        login.code_hash,
        stored(login.code_until),
        raw(login.code_by),
        raw(login.enrolled_by),
    )


def load_login(sql: Sql, login_id: LoginId) -> Login | None:
    """Return a login, or None."""
    return _found(
        sql.row(f"SELECT {_LOGIN} FROM access_login WHERE id = ?", (login_id.bytes,))  # noqa: S608
    )


def load_login_by_name(sql: Sql, kind: OwnerKind, name: str) -> Login | None:
    """Return the login of a name, or None."""
    return _found(
        sql.row(
            f"SELECT {_LOGIN} FROM access_login WHERE kind = ? AND name = ?",  # noqa: S608
            (kind.value, name),
        )
    )


def load_login_of(sql: Sql, kind: OwnerKind, owner_id: UUID) -> Login | None:
    """Return the login of a member or of one of the staff, or None."""
    return _found(
        sql.row(
            f"SELECT {_LOGIN} FROM access_login WHERE kind = ? AND owner_id = ?",  # noqa: S608
            (kind.value, owner_id.bytes),
        )
    )


def load_login_by_code(sql: Sql, code_hash: bytes) -> Login | None:
    """Return the login that waits for an enrolment code, or None."""
    return _found(
        sql.row(f"SELECT {_LOGIN} FROM access_login WHERE code_hash = ?", (code_hash,))  # noqa: S608
    )


def load_logins(sql: Sql) -> list[Login]:
    """Return all logins, in order of id: for proofs."""
    rows = sql.rows(f"SELECT {_LOGIN} FROM access_login ORDER BY id")  # noqa: S608
    return [_login(row) for row in rows]


def _found(row: Row | None) -> Login | None:
    return None if row is None else _login(row)


def _login(row: Row) -> Login:
    return Login(
        LoginId(UUID(bytes=row[0])),
        OwnerKind(row[1]),
        UUID(bytes=row[2]),
        row[3],
        LoginState(row[4]),
        row[5],
        row[6],
        instant(row[7]),
        row[8],
        row[9],
        row[10],
        instant(row[11]),
        None if row[12] is None else StaffId(UUID(bytes=row[12])),
        None if row[13] is None else StaffId(UUID(bytes=row[13])),
        from_us(row[14]),
    )


def load_failures(sql: Sql, name_hash: bytes) -> Failures | None:
    """Return the failures counted under a name, or None."""
    row = sql.row(
        "SELECT failures, last_at, blocked_until FROM access_failure WHERE name_hash = ?",
        (name_hash,),
    )
    return None if row is None else Failures(row[0], from_us(row[1]), from_us(row[2]))


def save_failures(sql: Sql, name_hash: bytes, failures: Failures) -> None:
    """Write the failures counted under a name."""
    sql.run(
        "INSERT INTO access_failure (name_hash, failures, last_at, blocked_until)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures,"
        " last_at = excluded.last_at, blocked_until = excluded.blocked_until",
        (name_hash, failures.count, to_us(failures.last_at), to_us(failures.blocked_until)),
    )


def delete_failures(sql: Sql, name_hash: bytes) -> None:
    """Forget the failures under a name."""
    sql.run("DELETE FROM access_failure WHERE name_hash = ?", (name_hash,))


def purge_failures(sql: Sql, before: datetime, limit: int) -> int:
    """Delete failures whose last lies before an instant, at most `limit`."""
    return sql.run(
        "DELETE FROM access_failure WHERE name_hash IN (SELECT name_hash FROM access_failure"
        " WHERE last_at < ? ORDER BY last_at LIMIT ?)",
        (to_us(before), limit),
    )


def replace_recovery(sql: Sql, login_id: LoginId, hashes: list[bytes]) -> None:
    """Put new recovery codes in place of all old ones."""
    sql.run("DELETE FROM access_recovery_code WHERE login_id = ?", (login_id.bytes,))
    sql.many(
        "INSERT INTO access_recovery_code (login_id, code_hash, used_at) VALUES (?, ?, NULL)",
        [(login_id.bytes, each) for each in hashes],
    )


def use_recovery(sql: Sql, login_id: LoginId, code_hash: bytes, at: datetime) -> bool:
    """Use a recovery code up; False if it is none, or was used."""
    changed = sql.run(
        "UPDATE access_recovery_code SET used_at = ?"
        " WHERE login_id = ? AND code_hash = ? AND used_at IS NULL",
        (to_us(at), login_id.bytes, code_hash),
    )
    return changed == 1


def count_recovery(sql: Sql, login_id: LoginId) -> int:
    """Return how many recovery codes are left."""
    row = sql.row(
        "SELECT COUNT(*) FROM access_recovery_code WHERE login_id = ? AND used_at IS NULL",
        (login_id.bytes,),
    )
    return 0 if row is None else int(row[0])


def insert_passkey(sql: Sql, passkey: Passkey) -> bool:
    """Write a new passkey; False if its credential is registered already."""
    changed = sql.run(
        f"INSERT INTO access_passkey ({_PASSKEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        " ON CONFLICT (credential_id) DO NOTHING",
        (
            passkey.id.bytes,
            passkey.login_id.bytes,
            passkey.credential_id,
            passkey.public_key,
            passkey.sign_count,
            int(passkey.may_back_up),
            int(passkey.backed_up),
            passkey.name,
            to_us(passkey.added_at),
            stored(passkey.used_at),
        ),
    )
    return changed == 1


def save_passkey(sql: Sql, passkey: Passkey) -> None:
    """Write what of a passkey can change."""
    sql.run(
        "UPDATE access_passkey SET sign_count = ?, backed_up = ?, name = ?, used_at = ?"
        " WHERE id = ?",
        (
            passkey.sign_count,
            int(passkey.backed_up),
            passkey.name,
            stored(passkey.used_at),
            passkey.id.bytes,
        ),
    )


def load_passkeys(sql: Sql, login_id: LoginId) -> list[Passkey]:
    """Return a login's passkeys, the oldest first."""
    rows = sql.rows(
        f"SELECT {_PASSKEY} FROM access_passkey WHERE login_id = ? ORDER BY id",  # noqa: S608
        (login_id.bytes,),
    )
    return [_passkey(row) for row in rows]


def load_passkey(sql: Sql, passkey_id: PasskeyId) -> Passkey | None:
    """Return a passkey, or None."""
    row = sql.row(
        f"SELECT {_PASSKEY} FROM access_passkey WHERE id = ?",  # noqa: S608
        (passkey_id.bytes,),
    )
    return None if row is None else _passkey(row)


def load_credential(sql: Sql, credential_id: bytes) -> Passkey | None:
    """Return the passkey that an authenticator calls so, or None."""
    row = sql.row(
        f"SELECT {_PASSKEY} FROM access_passkey WHERE credential_id = ?",  # noqa: S608
        (credential_id,),
    )
    return None if row is None else _passkey(row)


def delete_passkey(sql: Sql, passkey_id: PasskeyId) -> None:
    """Delete a passkey."""
    sql.run("DELETE FROM access_passkey WHERE id = ?", (passkey_id.bytes,))


def delete_passkeys(sql: Sql, login_id: LoginId) -> None:
    """Delete all passkeys of a login."""
    sql.run("DELETE FROM access_passkey WHERE login_id = ?", (login_id.bytes,))


def _passkey(row: Row) -> Passkey:
    return Passkey(
        PasskeyId(UUID(bytes=row[0])),
        LoginId(UUID(bytes=row[1])),
        row[2],
        row[3],
        row[4],
        bool(row[5]),
        bool(row[6]),
        row[7],
        from_us(row[8]),
        instant(row[9]),
    )

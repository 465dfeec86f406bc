"""Every SQL statement about who calls: the gateway's keys, applications, users."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from venule.gateway.model import App, AppState, Permission, PlatformKey
from venule.gateway.rows import marks, raw
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

_KEY: Final = "id, public_key, sealed, root_cert, root_cert_sn, root_sealed, cert, cert_sn, made_at"


def last_key(sql: Sql) -> PlatformKey | None:
    """Return the newest key of the gateway, or None."""
    row = sql.row(f"SELECT {_KEY} FROM gateway_key ORDER BY id DESC LIMIT 1")  # noqa: S608
    return None if row is None else _key(row)


def load_keys(sql: Sql) -> list[PlatformKey]:
    """Return the gateway's keys, the newest first."""
    return [_key(row) for row in sql.rows(f"SELECT {_KEY} FROM gateway_key ORDER BY id DESC")]  # noqa: S608


def insert_key(sql: Sql, k: PlatformKey) -> None:
    """Write a key of the gateway."""
    sql.run(
        f"INSERT INTO gateway_key ({_KEY}) VALUES ({marks(_KEY)})",  # noqa: S608
        (
            k.id,
            k.public_key,
            k.sealed,
            k.root_cert,
            k.root_cert_sn,
            k.root_sealed,
            k.cert,
            k.cert_sn,
            to_us(k.made_at),
        ),
    )


def _key(row: Row) -> PlatformKey:
    id_, public_key, sealed, root_cert, root_cert_sn, root_sealed, cert, cert_sn, made = row
    return PlatformKey(
        id_,
        public_key,
        sealed,
        root_cert,
        root_cert_sn,
        root_sealed,
        cert,
        cert_sn,
        from_us(made),
    )


_APP: Final = (
    "app_id, partner_app_id, seller_id, name, state, keys, rsa1, aes_sealed, cert_sn, cert,"
    " products, redirects, partner, md5_sealed, made_at"
)


def load_app(sql: Sql, app_id: str) -> App | None:
    """Return an application, or None."""
    row = sql.row(f"SELECT {_APP} FROM gateway_app WHERE app_id = ?", (app_id,))  # noqa: S608
    return None if row is None else _app(row)


def find_app_by_partner(sql: Sql, partner: str) -> App | None:
    """Return the application that the classic interface knows by this number, or None."""
    row = sql.row(f"SELECT {_APP} FROM gateway_app WHERE partner = ?", (partner,))  # noqa: S608
    return None if row is None else _app(row)


def find_app_of_partners(sql: Sql, partner_app_id: UUID) -> App | None:
    """Return the application that the room partners knows by this id, or None."""
    row = sql.row(
        f"SELECT {_APP} FROM gateway_app WHERE partner_app_id = ?",  # noqa: S608
        (partner_app_id.bytes,),
    )
    return None if row is None else _app(row)


def load_apps(sql: Sql, seller_id: MemberId) -> list[App]:
    """Return a seller's applications, by number."""
    rows = sql.rows(
        f"SELECT {_APP} FROM gateway_app WHERE seller_id = ? ORDER BY app_id",  # noqa: S608
        (seller_id.bytes,),
    )
    return [_app(row) for row in rows]


def _values(a: App) -> tuple[object, ...]:
    return (
        a.name,
        a.state.value,
        msgspec.json.encode(a.keys).decode(),
        int(a.rsa1),
        a.aes_sealed,
        a.cert_sn,
        a.cert,
        msgspec.json.encode(a.products).decode(),
        msgspec.json.encode(a.redirects).decode(),
        a.partner,
        a.md5_sealed,
    )


def insert_app(sql: Sql, a: App) -> bool:
    """Write a new application; False if its number is taken."""
    made = to_us(a.made_at)
    return 1 == sql.run(
        "INSERT INTO gateway_app (app_id, partner_app_id, seller_id, name, state, keys, rsa1,"
        " aes_sealed, cert_sn, cert, products, redirects, partner, md5_sealed, made_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (app_id) DO NOTHING",
        (a.app_id, raw(a.partner_app_id), a.seller_id.bytes, *_values(a), made, made),
    )


def save_app(sql: Sql, a: App, now_us: int) -> None:
    """Write what changes in an application."""
    sql.run(
        "UPDATE gateway_app SET name = ?, state = ?, keys = ?, rsa1 = ?, aes_sealed = ?,"
        " cert_sn = ?, cert = ?, products = ?, redirects = ?, partner = ?, md5_sealed = ?,"
        " changed_at = ? WHERE app_id = ?",
        (*_values(a), now_us, a.app_id),
    )


def _app(row: Row) -> App:
    app_id, partner_app, seller, name, state, keys, rsa1, aes, cert_sn, cert = row[:10]
    products, redirects, partner, md5, made = row[10:]
    return App(
        app_id,
        MemberId(UUID(bytes=seller)),
        name,
        AppState(state),
        msgspec.json.decode(keys, type=list[str]),
        msgspec.json.decode(products, type=list[Permission]),
        from_us(made),
        bool(rsa1),
        aes,
        cert_sn,
        cert,
        msgspec.json.decode(redirects, type=list[str]),
        partner,
        md5,
        None if partner_app is None else UUID(bytes=partner_app),
    )


# Users


def find_user(sql: Sql, number: str) -> MemberId | None:
    """Return the member of a user number, or None."""
    row = sql.row("SELECT member_id FROM gateway_user WHERE number = ?", (number,))
    return None if row is None else MemberId(UUID(bytes=row[0]))


def find_number(sql: Sql, member_id: MemberId) -> str | None:
    """Return the user number of a member, or None."""
    row = sql.row("SELECT number FROM gateway_user WHERE member_id = ?", (member_id.bytes,))
    return None if row is None else str(row[0])


def insert_user(sql: Sql, number: str, member_id: MemberId) -> bool:
    """Give a member a number; False if the number is taken."""
    return 1 == sql.run(
        "INSERT INTO gateway_user (number, member_id) VALUES (?, ?)"
        " ON CONFLICT (number) DO NOTHING",
        (number, member_id.bytes),
    )


def insert_open_id(sql: Sql, open_id: str, app_id: str, member_id: MemberId) -> None:
    """Keep who an application knows by an open id; again changes nothing."""
    sql.run(
        "INSERT INTO gateway_open_id (open_id, app_id, member_id) VALUES (?, ?, ?)"
        " ON CONFLICT (open_id) DO NOTHING",
        (open_id, app_id, member_id.bytes),
    )


def find_open_id(sql: Sql, app_id: str, open_id: str) -> MemberId | None:
    """Return who an application knows by an open id, or None."""
    row = sql.row(
        "SELECT member_id FROM gateway_open_id WHERE open_id = ? AND app_id = ?",
        (open_id, app_id),
    )
    return None if row is None else MemberId(UUID(bytes=row[0]))

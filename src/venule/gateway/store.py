"""Every SQL statement about what the wire knows: orders, authorisations, settlements, transfers,
payment codes, vouchers, and what was seen of nonces."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from venule.escrow import AuthorisationId, SettlementId, TradeId
from venule.gateway.model import Details, Frozen, Order, Sent, Settled, Voucher
from venule.gateway.rows import marks
from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId
from venule.wallet import PaymentId

MIGRATIONS: Final = Migrations("gateway", package="venule.gateway")

_ORDER: Final = (
    "trade_id, trade_no, app_id, acting, out_trade_no, token, opened, interface, method,"
    " notify_url, return_url, details, made_at"
)


def insert_order(sql: Sql, o: Order) -> None:
    """Write a new order."""
    sql.run(
        f"INSERT INTO gateway_order ({_ORDER}) VALUES ({marks(_ORDER)})",  # noqa: S608
        (
            o.trade_id.bytes,
            o.trade_no,
            o.app_id,
            o.acting,
            o.out_trade_no,
            o.token,
            int(o.opened),
            o.interface,
            o.method,
            o.notify_url,
            o.return_url,
            msgspec.json.encode(o.details).decode(),
            to_us(o.made_at),
        ),
    )


def save_opened(sql: Sql, trade_id: TradeId) -> None:
    """Note that a buyer has seen an order."""
    sql.run("UPDATE gateway_order SET opened = 1 WHERE trade_id = ?", (trade_id.bytes,))


def load_order(sql: Sql, trade_id: TradeId) -> Order | None:
    """Return what the wire knows of a trade, or None."""
    row = sql.row(f"SELECT {_ORDER} FROM gateway_order WHERE trade_id = ?", (trade_id.bytes,))  # noqa: S608
    return None if row is None else _order(row)


def find_order(sql: Sql, app_id: str, out_trade_no: str) -> Order | None:
    """Return the order that an application calls so, or None."""
    row = sql.row(
        f"SELECT {_ORDER} FROM gateway_order WHERE app_id = ? AND out_trade_no = ?",  # noqa: S608
        (app_id, out_trade_no),
    )
    return None if row is None else _order(row)


def find_order_by_no(sql: Sql, trade_no: str) -> Order | None:
    """Return the order of a trade number, or None."""
    row = sql.row(f"SELECT {_ORDER} FROM gateway_order WHERE trade_no = ?", (trade_no,))  # noqa: S608
    return None if row is None else _order(row)


def find_order_by_token(sql: Sql, token: str) -> Order | None:
    """Return the order that the cashier knows by this token, or None."""
    row = sql.row(f"SELECT {_ORDER} FROM gateway_order WHERE token = ?", (token,))  # noqa: S608
    return None if row is None else _order(row)


def _order(row: Row) -> Order:
    trade_id, trade_no, app_id, acting, number, token, opened, interface, method = row[:9]
    notify_url, return_url, details, made = row[9:]
    return Order(
        TradeId(UUID(bytes=trade_id)),
        trade_no,
        app_id,
        acting,
        number,
        token,
        bool(opened),
        interface,
        method,
        notify_url,
        return_url,
        msgspec.json.decode(details, type=Details),
        from_us(made),
    )


# Authorisations

_FROZEN: Final = (
    "authorisation_id, auth_no, app_id, acting, out_order_no, request_no, notify_url, made_at"
)


def insert_frozen(sql: Sql, f: Frozen) -> None:
    """Write what the wire knows of a new authorisation."""
    sql.run(
        f"INSERT INTO gateway_authorisation ({_FROZEN}) VALUES ({marks(_FROZEN)})",  # noqa: S608
        (
            f.authorisation_id.bytes,
            f.auth_no,
            f.app_id,
            f.acting,
            f.out_order_no,
            f.request_no,
            f.notify_url,
            to_us(f.made_at),
        ),
    )


def load_frozen(sql: Sql, authorisation_id: AuthorisationId) -> Frozen | None:
    """Return what the wire knows of an authorisation, or None."""
    row = sql.row(
        f"SELECT {_FROZEN} FROM gateway_authorisation WHERE authorisation_id = ?",  # noqa: S608
        (authorisation_id.bytes,),
    )
    return None if row is None else _frozen(row)


def find_frozen(sql: Sql, app_id: str, auth_no: str) -> Frozen | None:
    """Return an application's authorisation by our number, or None."""
    row = sql.row(
        f"SELECT {_FROZEN} FROM gateway_authorisation WHERE auth_no = ? AND app_id = ?",  # noqa: S608
        (auth_no, app_id),
    )
    return None if row is None else _frozen(row)


def find_frozen_by_order(sql: Sql, app_id: str, out_order_no: str) -> list[Frozen]:
    """Return an application's authorisations by its own number, the earliest first."""
    rows = sql.rows(
        f"SELECT {_FROZEN} FROM gateway_authorisation WHERE app_id = ? AND out_order_no = ?"  # noqa: S608
        " ORDER BY made_at, auth_no",
        (app_id, out_order_no),
    )
    return [_frozen(row) for row in rows]


def _frozen(row: Row) -> Frozen:
    id_, auth_no, app_id, acting, order_no, request_no, notify_url, made = row
    return Frozen(
        AuthorisationId(UUID(bytes=id_)),
        auth_no,
        app_id,
        acting,
        order_no,
        request_no,
        notify_url,
        from_us(made),
    )


# Settlements

_SETTLED: Final = "settlement_id, settle_no, app_id, request_no, made_at"


def insert_settled(sql: Sql, s: Settled) -> None:
    """Write what the wire knows of a settlement; again changes nothing."""
    sql.run(
        f"INSERT INTO gateway_settlement ({_SETTLED}) VALUES ({marks(_SETTLED)})"  # noqa: S608
        " ON CONFLICT (settlement_id) DO NOTHING",
        (s.settlement_id.bytes, s.settle_no, s.app_id, s.request_no, to_us(s.made_at)),
    )


def find_settled(sql: Sql, app_id: str, settle_no: str, request_no: str) -> Settled | None:
    """Return an application's settlement by our number or by its own, or None."""
    row = sql.row(
        f"SELECT {_SETTLED} FROM gateway_settlement WHERE app_id = ?"  # noqa: S608
        " AND (settle_no = ? OR request_no = ?)",
        (app_id, settle_no, request_no),
    )
    if row is None:
        return None
    return Settled(SettlementId(UUID(bytes=row[0])), row[1], row[2], row[3], from_us(row[4]))


# Transfers

_SENT: Final = (
    "payment_id, order_id, fund_order_id, app_id, out_biz_no, body, amount, title, made_at"
)


def insert_sent(sql: Sql, s: Sent) -> None:
    """Write what the wire knows of a transfer."""
    sql.run(
        f"INSERT INTO gateway_transfer ({_SENT}) VALUES ({marks(_SENT)})",  # noqa: S608
        (
            s.payment_id.bytes,
            s.order_id,
            s.fund_order_id,
            s.app_id,
            s.out_biz_no,
            s.body,
            s.amount_minor,
            s.title,
            to_us(s.made_at),
        ),
    )


def find_sent(sql: Sql, app_id: str, out_biz_no: str) -> Sent | None:
    """Return the transfer that an application calls so, or None."""
    row = sql.row(
        f"SELECT {_SENT} FROM gateway_transfer WHERE app_id = ? AND out_biz_no = ?",  # noqa: S608
        (app_id, out_biz_no),
    )
    return None if row is None else _sent(row)


def find_sent_by_order(sql: Sql, app_id: str, order_id: str) -> Sent | None:
    """Return an application's transfer by one of our numbers, or None."""
    row = sql.row(
        f"SELECT {_SENT} FROM gateway_transfer WHERE app_id = ?"  # noqa: S608
        " AND (order_id = ? OR fund_order_id = ?)",
        (app_id, order_id, order_id),
    )
    return None if row is None else _sent(row)


def load_sent(sql: Sql, payment_id: UUID) -> Sent | None:
    """Return what the wire knows of a transfer, or None."""
    row = sql.row(f"SELECT {_SENT} FROM gateway_transfer WHERE payment_id = ?", (payment_id.bytes,))  # noqa: S608
    return None if row is None else _sent(row)


def _sent(row: Row) -> Sent:
    id_, order_id, fund_order_id, app_id, number, body, amount, title, made = row
    return Sent(
        PaymentId(UUID(bytes=id_)),
        order_id,
        fund_order_id,
        app_id,
        number,
        body,
        amount,
        title,
        from_us(made),
    )


# Payment codes


def insert_code(sql: Sql, code: str, member_id: MemberId, now_us: int) -> bool:
    """Keep a payment code; False if it is in use."""
    return 1 == sql.run(
        "INSERT INTO gateway_code (code, member_id, made_at) VALUES (?, ?, ?)"
        " ON CONFLICT (code) DO NOTHING",
        (code, member_id.bytes, now_us),
    )


def load_code(sql: Sql, code: str) -> tuple[MemberId, int, UUID | None] | None:
    """Return whose a payment code is, since when, and what it was used for; or None."""
    row = sql.row("SELECT member_id, made_at, used_for FROM gateway_code WHERE code = ?", (code,))
    if row is None:
        return None
    used = None if row[2] is None else UUID(bytes=row[2])
    return MemberId(UUID(bytes=row[0])), int(row[1]), used


def save_code_used(sql: Sql, code: str, used_for: UUID, now_us: int) -> None:
    """Note what a payment code was used for."""
    sql.run(
        "UPDATE gateway_code SET used_at = ?, used_for = ? WHERE code = ?",
        (now_us, used_for.bytes, code),
    )


def delete_codes(sql: Sql, before_us: int) -> int:
    """Forget payment codes that are no longer good."""
    return sql.run("DELETE FROM gateway_code WHERE made_at < ?", (before_us,))


# Vouchers

_VOUCHER: Final = (
    "token, app_id, acting, out_order_no, request_no, title, amount, notify_url, until_at, closed,"
    " made_at"
)


def insert_voucher(sql: Sql, v: Voucher) -> None:
    """Write an order to freeze."""
    sql.run(
        f"INSERT INTO gateway_voucher ({_VOUCHER}) VALUES ({marks(_VOUCHER)})",  # noqa: S608
        (
            v.token,
            v.app_id,
            v.acting,
            v.out_order_no,
            v.request_no,
            v.title,
            v.amount_minor,
            v.notify_url,
            to_us(v.until_at),
            int(v.closed),
            to_us(v.made_at),
        ),
    )


def find_voucher(sql: Sql, app_id: str, out_order_no: str, request_no: str) -> Voucher | None:
    """Return the order to freeze that an application calls so, or None."""
    row = sql.row(
        f"SELECT {_VOUCHER} FROM gateway_voucher"  # noqa: S608
        " WHERE app_id = ? AND out_order_no = ? AND request_no = ?",
        (app_id, out_order_no, request_no),
    )
    return None if row is None else _voucher(row)


def find_voucher_by_token(sql: Sql, token: str) -> Voucher | None:
    """Return the order to freeze that the cashier knows by this token, or None."""
    row = sql.row(f"SELECT {_VOUCHER} FROM gateway_voucher WHERE token = ?", (token,))  # noqa: S608
    return None if row is None else _voucher(row)


def save_voucher_closed(sql: Sql, token: str) -> None:
    """Note that an order to freeze can no longer be taken up."""
    sql.run("UPDATE gateway_voucher SET closed = 1 WHERE token = ?", (token,))


def _voucher(row: Row) -> Voucher:
    token, app_id, acting, order_no, request_no, title, amount, url, until, closed, made = row
    return Voucher(
        token,
        app_id,
        acting,
        order_no,
        request_no,
        title,
        amount,
        url,
        from_us(until),
        bool(closed),
        from_us(made),
    )


# Nonces


def insert_nonce(sql: Sql, app_id: str, nonce: str, until_us: int) -> bool:
    """Keep the number of a request; False if it was seen."""
    return 1 == sql.run(
        "INSERT INTO gateway_nonce (app_id, nonce, until_at) VALUES (?, ?, ?)"
        " ON CONFLICT (app_id, nonce) DO NOTHING",
        (app_id, nonce, until_us),
    )


def delete_nonces(sql: Sql, before_us: int) -> int:
    """Forget numbers of requests whose times are no longer taken."""
    return sql.run("DELETE FROM gateway_nonce WHERE until_at < ?", (before_us,))

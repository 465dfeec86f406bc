"""Every SQL statement about trades: accounts, products, trades, shipments, refunds.

Those about settlements, cases, authorisations and deadlines stand in a `..._store.py` each.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from venule.escrow.model import (
    AuthorisationId,
    CaseId,
    Cause,
    Goods,
    Pools,
    Refund,
    RefundId,
    Shipment,
    ShipmentState,
    Trade,
    TradeId,
    TradeKind,
    TradeState,
)
from venule.escrow.terms import Product, Terms
from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

MIGRATIONS: Final = Migrations("escrow", package="venule.escrow")

_STATES: Final = {state.value: state for state in TradeState}
_KINDS: Final = {kind.value: kind for kind in TradeKind}
_GOODS: Final = {goods.value: goods for goods in Goods}
_SHIPMENT_STATES: Final = {state.value: state for state in ShipmentState}


def us(at: datetime | None) -> int | None:
    """Return an instant as it is stored."""
    return None if at is None else to_us(at)


def at(stored: int | None) -> datetime | None:
    """Return a stored instant."""
    return None if stored is None else from_us(stored)


def raw(id_: UUID | None) -> bytes | None:
    """Return an id as it is stored."""
    return None if id_ is None else id_.bytes


def id_of(stored: bytes | None) -> UUID | None:
    """Return a stored id."""
    return None if stored is None else UUID(bytes=stored)


def marks(columns: str) -> str:
    """Return a placeholder for each of a list of columns."""
    return ", ".join("?" * (columns.count(",") + 1))


# Accounts and products


def load_pools(sql: Sql) -> Pools | None:
    """Return the room's accounts, None before there are any."""
    rows = sql.rows("SELECT name, account FROM escrow_account")
    found: dict[str, int] = dict(rows)
    return Pools(found["held"], found["unsettled"]) if found else None


def insert_pools(sql: Sql, pools: Pools) -> None:
    """Write the room's accounts."""
    sql.many(
        "INSERT INTO escrow_account (name, account) VALUES (?, ?)",
        [("held", pools.held), ("unsettled", pools.unsettled)],
    )


@lru_cache(256)
def _terms(text: str) -> Terms:
    return msgspec.json.decode(text, type=Terms)


PRODUCT: Final = "id, name, version, terms, set_at"


def last_product(sql: Sql, name: str) -> Product | None:
    """Return the newest version of a product, or None."""
    row = sql.row(
        f"SELECT {PRODUCT} FROM escrow_product WHERE name = ? ORDER BY version DESC LIMIT 1",  # noqa: S608
        (name,),
    )
    return None if row is None else product_of(row)


def load_terms(sql: Sql, product: int) -> Terms:
    """Return the terms that a trade names."""
    row = sql.row("SELECT terms FROM escrow_product WHERE id = ?", (product,))
    assert row is not None, f"product {product} is named and not there"
    return _terms(row[0])


def insert_product(sql: Sql, name: str, version: int, terms: Terms, now_us: int) -> int:
    """Write a version of a product; return its id."""
    row = sql.row(
        "INSERT INTO escrow_product (id, name, version, terms, set_at)"
        " SELECT COALESCE(MAX(id), 0) + 1, ?, ?, ?, ? FROM escrow_product RETURNING id",
        (name, version, msgspec.json.encode(terms).decode(), now_us),
    )
    assert row is not None
    return int(row[0])


def product_of(row: Row) -> Product:
    """Return the product that a row of `PRODUCT` is."""
    return Product(row[0], row[1], row[2], _terms(row[3]), from_us(row[4]))


# Trades

_FIXED: Final = (
    "id, app, out_trade_no, kind, goods, product, settle, seller_id, seller_account, subject,"
    " amount, created_at"
)
_MOVING: Final = (
    "buyer_id, buyer_account, state, due_at, paid_at, ended_at, unshipped, shipped, released,"
    " awarded, refunded, refunded_late, unsettled, shared, fee, fee_returned, fund, fund_order_id,"
    " shares, shares_returned, authorisation_id, case_id, extended"
)
TRADE: Final = f"{_FIXED}, {_MOVING}"
_SET: Final = ", ".join(f"{name.strip()} = ?" for name in _MOVING.split(","))


def _moving(t: Trade) -> tuple[Any, ...]:
    return (
        raw(t.buyer_id),
        t.buyer_account,
        t.state.value,
        us(t.due_at),
        us(t.paid_at),
        us(t.ended_at),
        t.unshipped_minor,
        t.shipped_minor,
        t.released_minor,
        t.awarded_minor,
        t.refunded_minor,
        t.refunded_late_minor,
        t.unsettled_minor,
        t.shared_minor,
        t.fee_minor,
        t.fee_returned_minor,
        t.fund,
        raw(t.fund_order_id),
        t.shares_minor,
        t.shares_returned_minor,
        raw(t.authorisation_id),
        raw(t.case_id),
        int(t.extended),
    )


def insert_trade(sql: Sql, t: Trade) -> None:
    """Write a new trade."""
    fixed = (
        t.id.bytes,
        t.app,
        t.out_trade_no,
        t.kind.value,
        t.goods.value,
        t.product,
        int(t.settle),
        t.seller_id.bytes,
        t.seller_account,
        t.subject,
        t.amount_minor,
        to_us(t.created_at),
    )
    sql.run(
        f"INSERT INTO escrow_trade ({TRADE}) VALUES ({marks(TRADE)})",  # noqa: S608
        (*fixed, *_moving(t)),
    )


def save_trade(sql: Sql, t: Trade) -> None:
    """Write what changes in a trade."""
    sql.run(f"UPDATE escrow_trade SET {_SET} WHERE id = ?", (*_moving(t), t.id.bytes))  # noqa: S608


def load_trade(sql: Sql, trade_id: TradeId) -> Trade | None:
    """Return a trade, or None."""
    row = sql.row(f"SELECT {TRADE} FROM escrow_trade WHERE id = ?", (trade_id.bytes,))  # noqa: S608
    return None if row is None else trade_of(row)


def find_trade(sql: Sql, app: str, out_trade_no: str) -> Trade | None:
    """Return the trade that an application calls so, or None."""
    row = sql.row(
        f"SELECT {TRADE} FROM escrow_trade WHERE app = ? AND out_trade_no = ?",  # noqa: S608
        (app, out_trade_no),
    )
    return None if row is None else trade_of(row)


def trades_paid(
    sql: Sql, seller_id: MemberId, since_us: int, until_us: int, limit: int
) -> list[Trade]:
    """Return a seller's trades paid in a span (its end excluded), the earliest first."""
    rows = sql.rows(
        f"SELECT {TRADE} FROM escrow_trade WHERE seller_id = ? AND paid_at IS NOT NULL"  # noqa: S608
        " AND paid_at >= ? AND paid_at < ? ORDER BY paid_at, id LIMIT ?",
        (seller_id.bytes, since_us, until_us, limit),
    )
    return [trade_of(row) for row in rows]


def count_open_trades(sql: Sql, member_id: MemberId) -> int:
    """Return how many trades of a member hold money between its parties."""
    row = sql.row(
        "SELECT (SELECT COUNT(*) FROM escrow_trade WHERE buyer_id = ?"
        "  AND unshipped + shipped + unsettled > 0)"
        " + (SELECT COUNT(*) FROM escrow_trade WHERE seller_id = ?"
        "  AND unshipped + shipped + unsettled > 0)",
        (member_id.bytes, member_id.bytes),
    )
    assert row is not None
    return int(row[0])


def trade_of(row: Row) -> Trade:
    """Return the trade that a row of `TRADE` is."""
    (id_, app, number, kind, goods, product, settle, seller, seller_account, subject) = row[:10]
    amount, created, buyer, buyer_account, state, due, paid, ended = row[10:18]
    unshipped, shipped, released, awarded, refunded, late, unsettled, shared = row[18:26]
    fee, fee_returned, fund, order, shares, shares_returned, authorisation, case, extended = row[
        26:
    ]
    return Trade(
        TradeId(UUID(bytes=id_)),
        app,
        number,
        _KINDS[kind],
        _GOODS[goods],
        product,
        bool(settle),
        None if buyer is None else MemberId(UUID(bytes=buyer)),
        MemberId(UUID(bytes=seller)),
        buyer_account,
        seller_account,
        subject,
        amount,
        _STATES[state],
        from_us(created),
        at(due),
        at(paid),
        at(ended),
        unshipped,
        shipped,
        released,
        awarded,
        refunded,
        late,
        unsettled,
        shared,
        fee,
        fee_returned,
        fund,
        id_of(order),
        shares,
        shares_returned,
        None if authorisation is None else AuthorisationId(UUID(bytes=authorisation)),
        None if case is None else CaseId(UUID(bytes=case)),
        bool(extended),
    )


# Shipments

_SHIPMENT: Final = (
    "trade_id, number, amount, refunded, fee, state, carrier, tracking_no, shipped_at, due_at,"
    " ended_at"
)


def insert_shipment(sql: Sql, s: Shipment) -> None:
    """Write a new shipment."""
    sql.run(
        f"INSERT INTO escrow_shipment ({_SHIPMENT}) VALUES ({marks(_SHIPMENT)})",  # noqa: S608
        (
            s.trade_id.bytes,
            s.number,
            s.amount_minor,
            s.refunded_minor,
            s.fee_minor,
            s.state.value,
            s.carrier,
            s.tracking_no,
            to_us(s.shipped_at),
            to_us(s.due_at),
            us(s.ended_at),
        ),
    )


def save_shipments(sql: Sql, shipments: Iterable[Shipment]) -> None:
    """Write what changes in shipments."""
    for s in shipments:
        sql.run(
            "UPDATE escrow_shipment SET refunded = ?, fee = ?, state = ?, due_at = ?, ended_at = ?"
            " WHERE trade_id = ? AND number = ?",
            (
                s.refunded_minor,
                s.fee_minor,
                s.state.value,
                to_us(s.due_at),
                us(s.ended_at),
                s.trade_id.bytes,
                s.number,
            ),
        )


def load_shipments(sql: Sql, trade_id: TradeId) -> list[Shipment]:
    """Return a trade's shipments, by number."""
    rows = sql.rows(
        f"SELECT {_SHIPMENT} FROM escrow_shipment WHERE trade_id = ? ORDER BY number",  # noqa: S608
        (trade_id.bytes,),
    )
    return [
        Shipment(
            trade_id,
            number,
            amount,
            refunded,
            fee,
            _SHIPMENT_STATES[state],
            carrier,
            tracking,
            from_us(shipped),
            from_us(due),
            at(ended),
        )
        for _, number, amount, refunded, fee, state, carrier, tracking, shipped, due, ended in rows
    ]


# Refunds

_REFUND: Final = (
    "id, trade_id, request_no, cause, amount, held, unsettled, seller, receivers, fee_returned,"
    " refunded, to_fund, reason, made_at"
)


def insert_refund(sql: Sql, r: Refund) -> None:
    """Write a new refund."""
    sql.run(
        f"INSERT INTO escrow_refund ({_REFUND}) VALUES ({marks(_REFUND)})",  # noqa: S608
        (
            r.id.bytes,
            r.trade_id.bytes,
            r.request_no,
            r.cause.value,
            r.amount_minor,
            r.held_minor,
            r.unsettled_minor,
            r.seller_minor,
            r.receivers_minor,
            r.fee_returned_minor,
            r.refunded_minor,
            r.to_fund_minor,
            r.reason,
            to_us(r.made_at),
        ),
    )


def load_refund(sql: Sql, trade_id: TradeId, request_no: str) -> Refund | None:
    """Return the refund made under a request number, or None."""
    row = sql.row(
        f"SELECT {_REFUND} FROM escrow_refund WHERE trade_id = ? AND request_no = ?",  # noqa: S608
        (trade_id.bytes, request_no),
    )
    return None if row is None else _refund(row)


def load_refunds(sql: Sql, trade_id: TradeId) -> list[Refund]:
    """Return a trade's refunds, the earliest first."""
    rows = sql.rows(
        f"SELECT {_REFUND} FROM escrow_refund WHERE trade_id = ? ORDER BY id",  # noqa: S608
        (trade_id.bytes,),
    )
    return [_refund(row) for row in rows]


def refunds_made(
    sql: Sql, seller_id: MemberId, since_us: int, until_us: int, after: bytes, limit: int
) -> list[Refund]:
    """Return refunds of a seller's trades made in a span (its end excluded), the earliest first.

    after: of those made in the span's first instant, only what comes after this id.
    """
    columns = ", ".join(f"r.{name.strip()}" for name in _REFUND.split(","))
    rows = sql.rows(
        f"SELECT {columns} FROM escrow_refund AS r JOIN escrow_trade AS t ON t.id = r.trade_id"  # noqa: S608
        " WHERE t.seller_id = ? AND r.made_at >= ? AND r.made_at < ?"
        " AND (r.made_at > ? OR r.id > ?) ORDER BY r.made_at, r.id LIMIT ?",
        (seller_id.bytes, since_us, until_us, since_us, after, limit),
    )
    return [_refund(row) for row in rows]


def _refund(row: Row) -> Refund:
    id_, trade, request_no, cause, amount, held, unsettled, seller = row[:8]
    receivers, fee_returned, refunded, to_fund, reason, made = row[8:]
    return Refund(
        RefundId(UUID(bytes=id_)),
        TradeId(UUID(bytes=trade)),
        request_no,
        Cause(cause),
        amount,
        held,
        unsettled,
        seller,
        receivers,
        fee_returned,
        refunded,
        to_fund,
        reason,
        from_us(made),
    )

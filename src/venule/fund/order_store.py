"""SQL of orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from venule.fund.model import Order, OrderId, OrderKind, OrderState
from venule.kit.sql import Row, Sql

IDS_MAX: Final = 500

_KINDS: Final = {kind.value: kind for kind in OrderKind}
_STATES: Final = {state.value: state for state in OrderState}

_ORDER: Final = (
    "order_id, fund, distributor, number, kind, holder, cash, amount, whole, paid, reserved,"
    " hold_seq, accepted_at, accepted_on, trade_on, confirm_on, leaves_on, returned_on, bank,"
    " state, confirmed, reason"
)
_INSERT_ORDER: Final = (
    f"INSERT INTO fund_order ({_ORDER})"  # noqa: S608
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BY_ID: Final = f"SELECT {_ORDER} FROM fund_order WHERE order_id = ?"  # noqa: S608
_BY_NUMBER: Final = f"SELECT {_ORDER} FROM fund_order WHERE distributor = ? AND number = ?"  # noqa: S608


def _row_of(o: Order) -> Row:
    return (
        o.id.bytes,
        o.fund,
        o.distributor,
        o.number,
        o.kind.value,
        o.holder,
        o.cash,
        o.amount,
        1 if o.whole else 0,
        1 if o.paid else 0,
        o.reserved,
        o.hold_seq,
        o.accepted_at,
        o.accepted_on.isoformat(),
        o.trade_on.isoformat(),
        o.confirm_on.isoformat(),
        None if o.leaves_on is None else o.leaves_on.isoformat(),
        None if o.returned_on is None else o.returned_on.isoformat(),
        None if o.bank is None else o.bank.bytes,
        o.state.value,
        o.confirmed,
        o.reason,
    )


def insert_order(sql: Sql, order: Order) -> None:
    """Write a new order."""
    sql.run(_INSERT_ORDER, _row_of(order))


def insert_orders(sql: Sql, orders: Sequence[Order]) -> None:
    """Write new orders."""
    sql.many(_INSERT_ORDER, [_row_of(order) for order in orders])


def load_order(sql: Sql, order_id: OrderId) -> Order | None:
    """Return an order."""
    row = sql.row(_BY_ID, (order_id.bytes,))
    return None if row is None else _order(row)


def load_order_by_number(sql: Sql, distributor: str, number: str) -> Order | None:
    """Return the order that a distributor has given a number."""
    row = sql.row(_BY_NUMBER, (distributor, number))
    return None if row is None else _order(row)


def members_of(sql: Sql, ids: Sequence[bytes]) -> dict[bytes, UUID]:
    """Return whose orders these are; looks through all holdings, for rare use."""
    found: dict[bytes, UUID] = {}
    for start in range(0, len(ids), IDS_MAX):
        piece = ids[start : start + IDS_MAX]
        rows = sql.rows(
            "SELECT o.order_id, h.member FROM fund_order AS o"  # noqa: S608  marks alone
            " JOIN fund_holder AS h ON h.fund = o.fund AND h.account = o.holder"
            f" WHERE o.order_id IN ({', '.join('?' * len(piece))})",
            piece,
        )
        found.update((order_id, UUID(bytes=member)) for order_id, member in rows)
    return found


def orders_of(
    sql: Sql, holder: int, kind: OrderKind | None, before: OrderId | None, limit: int
) -> list[Order]:
    """Return a holder's orders, older than `before`, the newest first."""
    where = "holder = ?"
    values: list[Any] = [holder]
    if before is not None:
        where += " AND order_id < ?"
        values.append(before.bytes)
    if kind is not None:
        where += " AND kind = ?"
        values.append(kind.value)
    rows = sql.rows(
        f"SELECT {_ORDER} FROM fund_order WHERE {where} ORDER BY order_id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [_order(row) for row in rows]


def _order(row: Row) -> Order:
    return Order(
        id=OrderId(UUID(bytes=row[0])),
        fund=row[1],
        distributor=row[2],
        number=row[3],
        kind=_KINDS[row[4]],
        holder=row[5],
        cash=row[6],
        amount=row[7],
        whole=bool(row[8]),
        paid=bool(row[9]),
        reserved=row[10],
        hold_seq=row[11],
        accepted_at=row[12],
        accepted_on=date.fromisoformat(row[13]),
        trade_on=date.fromisoformat(row[14]),
        confirm_on=date.fromisoformat(row[15]),
        leaves_on=_date(row[16]),
        returned_on=_date(row[17]),
        bank=None if row[18] is None else UUID(bytes=row[18]),
        state=_STATES[row[19]],
        confirmed=row[20],
        reason=row[21],
    )


def save_state(sql: Sql, order: Order, state: OrderState, reason: str = "") -> None:
    """Write an order's new state."""
    sql.run(
        "UPDATE fund_order SET state = ?, reason = ? WHERE order_id = ?",
        (state.value, reason, order.id.bytes),
    )


def save_returned(sql: Sql, order: Order, state: OrderState, on: date, reason: str) -> None:
    """Write that a fast redemption was reversed, and from when its holder earns again."""
    sql.run(
        "UPDATE fund_order SET state = ?, returned_on = ?, reason = ? WHERE order_id = ?",
        (state.value, on.isoformat(), reason, order.id.bytes),
    )


def save_paid(sql: Sql, order: Order) -> None:
    """Write that a subscription's money has come."""
    sql.run("UPDATE fund_order SET paid = 1 WHERE order_id = ?", (order.id.bytes,))


def save_reservation(sql: Sql, order_id: bytes, reserved: int, hold_seq: int) -> None:
    """Write an order's new hold."""
    sql.run(
        "UPDATE fund_order SET reserved = ?, hold_seq = ? WHERE order_id = ?",
        (reserved, hold_seq, order_id),
    )


def asked_on(sql: Sql, holder: int, kind: OrderKind, on: date) -> int:
    """Return what a holder has asked for on a natural day and not taken back, in fen."""
    row = sql.row(
        "SELECT COALESCE(SUM(amount), 0) FROM fund_order"
        " WHERE holder = ? AND accepted_on = ? AND kind = ? AND state <> 'cancelled'",
        (holder, on.isoformat(), kind.value),
    )
    assert row is not None
    return int(row[0])


def asked_on_by_holder(sql: Sql, fund: str, kind: OrderKind, on: date) -> dict[int, int]:
    """Return the same for all holders with an order that is confirmed after the day."""
    rows = sql.rows(
        "SELECT holder, SUM(amount) FROM fund_order WHERE fund = ? AND confirm_on > ?"
        " AND accepted_on = ? AND kind = ? AND state <> 'cancelled' GROUP BY holder",
        (fund, on.isoformat(), on.isoformat(), kind.value),
    )
    return dict(rows)


def in_transit_of(sql: Sql, holder: int) -> int:
    """Return what a holder has on the way: subscriptions paid and not confirmed, in fen."""
    row = sql.row(
        "SELECT COALESCE(SUM(amount), 0) FROM fund_order WHERE holder = ?"
        " AND kind = 'subscribe' AND paid = 1 AND state IN ('accepted', 'sent')",
        (holder,),
    )
    assert row is not None
    return int(row[0])


def in_transit_by_holder(sql: Sql, fund: str, after: date) -> dict[int, int]:
    """Return what each holder has on the way; `after`: the last day whose orders are confirmed."""
    rows = sql.rows(
        "SELECT holder, SUM(amount) FROM fund_order WHERE fund = ? AND confirm_on > ?"
        " AND kind = 'subscribe' AND paid = 1 AND state IN ('accepted', 'sent') GROUP BY holder",
        (fund, after.isoformat()),
    )
    return dict(rows)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

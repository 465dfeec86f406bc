"""Every SQL statement about deadlines."""

from __future__ import annotations

from typing import Final

from venule.kit.sql import Row, Sql


def insert_tick(sql: Sql, tick_us: int) -> bool:
    """Note that a minute is to be looked at; say whether nobody had noted it."""
    added = sql.run(
        "INSERT INTO escrow_tick (tick_at) VALUES (?) ON CONFLICT (tick_at) DO NOTHING", (tick_us,)
    )
    return added == 1


def delete_tick(sql: Sql, tick_us: int) -> None:
    """A minute has been looked at."""
    sql.run("DELETE FROM escrow_tick WHERE tick_at = ?", (tick_us,))


_DUE: Final = {
    "trade": "SELECT due_at, id, 0 FROM escrow_trade WHERE due_at IS NOT NULL"
    " AND due_at >= ? AND due_at <= ? AND (due_at > ? OR id > ?) ORDER BY due_at, id LIMIT ?",
    # A page may begin with shipments of the trade that the last one ended with: they come twice.
    "shipment": "SELECT due_at, trade_id, number FROM escrow_shipment WHERE ended_at IS NULL"
    " AND due_at >= ? AND due_at <= ? AND (due_at > ? OR trade_id >= ?)"
    " ORDER BY due_at, trade_id LIMIT ?",
    "case": "SELECT due_at, id, 0 FROM escrow_case WHERE due_at IS NOT NULL"
    " AND due_at >= ? AND due_at <= ? AND (due_at > ? OR id > ?) ORDER BY due_at, id LIMIT ?",
    "authorisation": "SELECT due_at, id, 0 FROM escrow_authorisation WHERE due_at IS NOT NULL"
    " AND due_at >= ? AND due_at <= ? AND (due_at > ? OR id > ?) ORDER BY due_at, id LIMIT ?",
}
KINDS: Final = tuple(_DUE)


def due_between(
    sql: Sql, what: str, after_us: int, after_id: bytes, until_us: int, limit: int
) -> list[Row]:
    """Return deadline, id and number of what is due up to an instant, in order, after a place."""
    return sql.rows(_DUE[what], (after_us, until_us, after_us, after_id, limit))

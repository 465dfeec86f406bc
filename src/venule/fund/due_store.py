"""SQL of a day's orders: what is due, cut, still earning, and the sums that proofs compare.

Orders are found by the day of their confirmation, reversed ones by the day they are undone from: a
run looks at few rows, however long the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from venule.fund.model import OrderKind, OrderState
from venule.kit.sql import Row, Sql


def count_due(sql: Sql, fund: str, on: date) -> int:
    """Return how many orders to be confirmed on a day are not final."""
    row = sql.row(
        "SELECT COUNT(*) FROM fund_order WHERE fund = ? AND confirm_on = ?"
        " AND state IN ('accepted', 'sent')",
        (fund, on.isoformat()),
    )
    assert row is not None
    return int(row[0])


def due_orders(
    sql: Sql, fund: str, on: date, kind: OrderKind
) -> list[tuple[bytes, int, int, int, int, int, bytes | None]]:
    """Return id, holder, amount, reserved, hold, whole and bank of a day's orders to confirm."""
    rows: list[Any] = sql.rows(
        "SELECT order_id, holder, amount, reserved, hold_seq, whole, bank FROM fund_order"
        " WHERE fund = ? AND confirm_on = ? AND state = 'sent' AND kind = ? ORDER BY order_id",
        (fund, on.isoformat(), kind.value),
    )
    return rows


def confirm_due(sql: Sql, fund: str, on: date, kind: OrderKind, state: OrderState) -> int:
    """Confirm all due orders of a kind in full; return how many."""
    return sql.run(
        "UPDATE fund_order SET state = ?, confirmed = amount"
        " WHERE fund = ? AND confirm_on = ? AND state = 'sent' AND kind = ?",
        (state.value, fund, on.isoformat(), kind.value),
    )


def confirm_each(sql: Sql, rows: Sequence[tuple[str, int | None, str, bytes]]) -> None:
    """Write state, confirmed fen and reason of single orders."""
    sql.many("UPDATE fund_order SET state = ?, confirmed = ?, reason = ? WHERE order_id = ?", rows)


def unpaid_redemptions(sql: Sql, fund: str, on: date) -> list[tuple[bytes, int, int]]:
    """Return id, cash account and fen of the redemptions confirmed on a day and not yet paid."""
    rows: list[Any] = sql.rows(
        "SELECT order_id, cash, confirmed FROM fund_order WHERE fund = ? AND confirm_on = ?"
        " AND kind = 'redeem' AND paid = 0 AND confirmed > 0 ORDER BY order_id",
        (fund, on.isoformat()),
    )
    return rows


def unpaid_pledges(sql: Sql, fund: str, on: date) -> dict[bytes, int]:
    """Return per bank the fen of pledges confirmed on a day and not yet settled."""
    rows = sql.rows(
        "SELECT bank, SUM(confirmed) FROM fund_order WHERE fund = ? AND confirm_on = ?"
        " AND kind = 'pledge' AND paid = 0 AND state = 'confirmed' GROUP BY bank ORDER BY bank",
        (fund, on.isoformat()),
    )
    return dict(rows)


def pay_due(sql: Sql, fund: str, on: date) -> int:
    """Write that all redemptions confirmed on a day are paid; return how many."""
    return sql.run(
        "UPDATE fund_order SET paid = 1 WHERE fund = ? AND confirm_on = ? AND paid = 0"
        " AND kind IN ('redeem', 'pledge') AND confirmed IS NOT NULL",
        (fund, on.isoformat()),
    )


def insert_unpaid(sql: Sql, rows: Sequence[tuple[bytes, str, int, str, int]]) -> None:
    """Keep redemptions that could not be paid: id, fund, fen, the ledger's refusal, when."""
    sql.many(
        "INSERT INTO fund_unpaid (order_id, fund, amount, refused, since_at)"
        " VALUES (?, ?, ?, ?, ?)",
        rows,
    )
    sql.many("UPDATE fund_order SET paid = 0 WHERE order_id = ?", [(row[0],) for row in rows])


def awaiting_payment(sql: Sql, fund: str, on: date) -> int:
    """Return the fen of a day's redemptions confirmed and not paid, other than those refused."""
    row = sql.row(
        "SELECT COALESCE(SUM(confirmed), 0) FROM fund_order WHERE fund = ? AND confirm_on = ?"
        " AND kind IN ('redeem', 'pledge') AND paid = 0"
        " AND order_id NOT IN (SELECT order_id FROM fund_unpaid WHERE fund = ?)",
        (fund, on.isoformat(), fund),
    )
    assert row is not None
    return int(row[0])


def load_unpaid(sql: Sql, order_id: bytes) -> tuple[str, int] | None:
    """Return fund and fen of a redemption that could not be paid."""
    row: Any = sql.row("SELECT fund, amount FROM fund_unpaid WHERE order_id = ?", (order_id,))
    return row  # type: ignore[no-any-return]


def delete_unpaid(sql: Sql, order_id: bytes) -> None:
    """Write that a redemption that could not be paid now is."""
    sql.run("DELETE FROM fund_unpaid WHERE order_id = ?", (order_id,))
    sql.run("UPDATE fund_order SET paid = 1 WHERE order_id = ?", (order_id,))


def unpaid_total(sql: Sql, fund: str) -> int:
    """Return the fen of redemptions that could not be paid."""
    row = sql.row("SELECT COALESCE(SUM(amount), 0) FROM fund_unpaid WHERE fund = ?", (fund,))
    assert row is not None
    return int(row[0])


# The cut


def confirm_days(sql: Sql, fund: str, on: date) -> list[date]:
    """Return the days on which the orders of T that are still to be cut will be confirmed."""
    rows = sql.rows(
        "SELECT DISTINCT confirm_on FROM fund_order WHERE fund = ? AND confirm_on > ?"
        " AND trade_on = ? AND state = 'accepted' ORDER BY confirm_on",
        (fund, on.isoformat(), on.isoformat()),
    )
    return [date.fromisoformat(row[0]) for row in rows]


def lapse_unpaid(sql: Sql, fund: str, on: date, confirm_on: date, state: OrderState) -> int:
    """Cancel the subscriptions of T that were not paid by the cut-off; return how many."""
    return sql.run(
        "UPDATE fund_order SET state = ?, reason = 'not paid by the cut-off'"
        " WHERE fund = ? AND confirm_on = ? AND trade_on = ? AND state = 'accepted'"
        " AND kind = 'subscribe' AND paid = 0",
        (state.value, fund, confirm_on.isoformat(), on.isoformat()),
    )


def send_cut(sql: Sql, fund: str, on: date, confirm_on: date, state: OrderState) -> int:
    """Send the orders of T; return how many."""
    return sql.run(
        "UPDATE fund_order SET state = ?"
        " WHERE fund = ? AND confirm_on = ? AND trade_on = ? AND state = 'accepted'",
        (state.value, fund, confirm_on.isoformat(), on.isoformat()),
    )


def pledges_of(
    sql: Sql, fund: str, on: date, confirm_on: date
) -> list[tuple[bytes, int, str, int, int]]:
    """Return bank, holder, distributor, cash account and fen of T's fast redemptions, one row each
    bank and holder."""
    rows: list[Any] = sql.rows(
        "SELECT bank, holder, distributor, MIN(cash), SUM(amount) FROM fund_order"
        " WHERE fund = ? AND confirm_on = ? AND trade_on = ? AND kind = 'fast' AND state = 'sent'"
        " GROUP BY bank, holder, distributor ORDER BY bank, holder, distributor",
        (fund, confirm_on.isoformat(), on.isoformat()),
    )
    return rows


# Who earns


def still_earning(sql: Sql, fund: str, on: date) -> list[tuple[int, bytes, int]]:
    """Return holder, bank and fen of pledged shares whose holder still earns the day."""
    rows: list[Any] = sql.rows(
        "SELECT holder, bank, SUM(amount) FROM fund_order WHERE fund = ? AND confirm_on > ?"
        " AND kind = 'fast' AND leaves_on > ? AND state IN ('accepted', 'sent')"
        " GROUP BY holder, bank",
        (fund, on.isoformat(), on.isoformat()),
    )
    return rows


def not_yet_earning_again(sql: Sql, fund: str, on: date) -> list[tuple[int, bytes, int]]:
    """Return holder, bank and fen of reversed pledges whose income of the day is the bank's."""
    rows: list[Any] = sql.rows(
        "SELECT holder, bank, SUM(amount) FROM fund_order WHERE fund = ? AND returned_on > ?"
        " AND kind = 'fast' AND state = 'cancelled' AND leaves_on <= ? GROUP BY holder, bank",
        (fund, on.isoformat(), on.isoformat()),
    )
    return rows


def absences(sql: Sql, fund: str, since: date) -> list[tuple[int, str, str, int]]:
    """Return holder, first day, day of the return and fen of reversed pledges that some holder
    misses income for on a day from `since` on."""
    rows: list[Any] = sql.rows(
        "SELECT holder, leaves_on, returned_on, amount FROM fund_order"
        " WHERE fund = ? AND returned_on > ? AND returned_on > leaves_on"
        " AND kind = 'fast' AND state = 'cancelled'",
        (fund, since.isoformat()),
    )
    return rows


def moved_on(sql: Sql, fund: str, on: date) -> list[tuple[str, int, bytes | None, int]]:
    """Return what changed the earning shares on a day: what, holder, bank, fen.

    what: the kind of an order confirmed on the day; `left` and `back` for fast redemptions.
    """
    day = on.isoformat()
    rows: list[Any] = sql.rows(
        "SELECT kind, holder, bank, SUM(confirmed) FROM fund_order WHERE fund = ?"
        " AND confirm_on = ? AND kind <> 'fast' AND confirmed IS NOT NULL"
        " GROUP BY kind, holder, bank"
        " UNION ALL SELECT 'left', holder, bank, SUM(amount) FROM fund_order WHERE fund = ?"
        " AND confirm_on >= ? AND kind = 'fast' AND leaves_on = ? GROUP BY holder, bank"
        " UNION ALL SELECT 'back', holder, bank, SUM(amount) FROM fund_order WHERE fund = ?"
        " AND returned_on = ? AND kind = 'fast' GROUP BY holder, bank",
        (fund, day, fund, day, day, fund, day),
    )
    return rows


def open_reservations(sql: Sql, fund: str, on: date) -> list[tuple[bytes, int, int, int, int]]:
    """Return id, holder, whole, reserved and hold of redemptions to be confirmed after a day."""
    rows: list[Any] = sql.rows(
        "SELECT order_id, holder, whole, reserved, hold_seq FROM fund_order WHERE fund = ?"
        " AND confirm_on > ? AND kind = 'redeem' AND state IN ('accepted', 'sent')"
        " ORDER BY accepted_at, order_id",
        (fund, on.isoformat()),
    )
    return rows


# Sums for the proofs


class OpenSums(msgspec.Struct, frozen=True):
    """What the rows say lies in the control accounts, in fen."""

    in_transit: int
    reserved: int
    pledged: dict[bytes, int]


def open_sums(sql: Sql, fund: str, after: date | None) -> OpenSums:
    """Return the sums over open orders; `after`: look only at orders confirmed after that day."""
    since = "" if after is None else after.isoformat()
    rows = sql.rows(
        "SELECT kind, bank, SUM(CASE WHEN kind = 'redeem' THEN reserved"
        " WHEN kind = 'subscribe' AND paid = 0 THEN 0 ELSE amount END)"
        " FROM fund_order WHERE fund = ? AND confirm_on > ? AND state IN ('accepted', 'sent')"
        " AND kind <> 'pledge' GROUP BY kind, bank",
        (fund, since),
    )
    sums = {(kind, bank): int(fen) for kind, bank, fen in rows}
    pledged = {bank: fen for (kind, bank), fen in sums.items() if kind == "fast"}
    return OpenSums(sums.get(("subscribe", None), 0), sums.get(("redeem", None), 0), pledged)


def count_open_by(sql: Sql, fund: str, on: date) -> int:
    """Return how many orders are open though their confirmation was due by a day."""
    return _count(sql, "confirm_on <= ? AND state IN ('accepted', 'sent')", fund, on)


def count_final_after(sql: Sql, fund: str, on: date) -> int:
    """Return how many orders are confirmed though their confirmation is due after a day."""
    return _count(sql, "confirm_on > ? AND confirmed IS NOT NULL", fund, on)


def count_wrong_amounts(sql: Sql, fund: str) -> int:
    """Return how many orders are confirmed for nothing, or for more than was asked for."""
    row = sql.row(
        "SELECT COUNT(*) FROM fund_order WHERE fund = ? AND confirmed IS NOT NULL"
        " AND (confirmed <= 0 OR (confirmed > amount AND whole = 0))",
        (fund,),
    )
    assert row is not None
    return int(row[0])


def _count(sql: Sql, where: str, fund: str, on: date) -> int:
    row = sql.row(
        f"SELECT COUNT(*) FROM fund_order WHERE fund = ? AND {where}",  # noqa: S608
        (fund, on.isoformat()),
    )
    assert row is not None
    return int(row[0])


def taken_over(sql: Sql, fund: str) -> int:
    """Return the fen of shares taken over from an earlier registrar."""
    row = sql.row("SELECT COALESCE(SUM(shares), 0) FROM fund_import WHERE fund = ?", (fund,))
    assert row is not None
    return int(row[0])


def confirmed_sums(sql: Sql, fund: str) -> dict[str, int]:
    """Return the fen ever confirmed of each kind of order."""
    rows = sql.rows(
        "SELECT kind, COALESCE(SUM(confirmed), 0) FROM fund_order WHERE fund = ? GROUP BY kind",
        (fund,),
    )
    return dict(rows)


class ProofRow(NamedTuple):
    """What an order's row says of money. order_id, bank: bytes of their ids; amounts: fen."""

    order_id: bytes
    kind: str
    state: str
    holder: int
    cash: int
    amount: int
    whole: int
    paid: int
    reserved: int
    hold_seq: int
    bank: bytes
    confirmed: int


def orders_to_prove(sql: Sql, fund: str) -> Iterator[ProofRow]:
    """Yield every order of a fund, in no order."""
    rows = sql.each(
        "SELECT order_id, kind, state, holder, cash, amount, whole, paid, reserved, hold_seq, bank,"
        " confirmed FROM fund_order WHERE fund = ?",
        (fund,),
    )
    return map(ProofRow._make, rows)


def all_unpaid(sql: Sql, fund: str) -> list[Row]:
    """Return the ids of redemptions that are confirmed and could not be paid."""
    return sql.rows("SELECT order_id FROM fund_unpaid WHERE fund = ?", (fund,))

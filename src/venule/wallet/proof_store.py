"""The SQL of the wallet's proofs: sums over its rows."""

from __future__ import annotations

from collections.abc import Iterator

from venule.kit.sql import Row, Sql


def refund_faults(sql: Sql) -> list[Row]:
    """Return payment, amount, refunded and the sum of its refunds, where these disagree."""
    return sql.rows(
        "SELECT p.id, p.amount, p.refunded, COALESCE(r.total, 0) FROM payment AS p LEFT JOIN"
        " (SELECT payment_id, SUM(amount) AS total FROM refund GROUP BY payment_id) AS r"
        " ON r.payment_id = p.id"
        " WHERE p.refunded <> COALESCE(r.total, 0) OR p.refunded > p.amount ORDER BY p.id"
    )


def payment_amounts(sql: Sql) -> dict[bytes, int]:
    """Return the amount of every payment and transfer between members by id, fen."""
    return dict(sql.each("SELECT id, amount FROM payment"))


def refund_amounts(sql: Sql) -> dict[bytes, int]:
    """Return the amount of every refund by id, fen."""
    return dict(sql.each("SELECT id, amount FROM refund"))


def suspense_total(sql: Sql) -> int:
    """Return what the open cases say lies in suspense, fen."""
    row = sql.row("SELECT COALESCE(SUM(amount), 0) FROM bank_case WHERE state = 'open'")
    assert row is not None
    total: int = row[0]
    return total


def counted_uses(sql: Sql) -> Iterator[Row]:
    """Yield member, day, fen that count by day and year, and fen that count in all."""
    return sql.each(
        "SELECT payer_id, counted_on, SUM(amount - refunded), SUM(amount - refunded)"
        " FROM payment WHERE counted_on IS NOT NULL GROUP BY payer_id, counted_on"
        " UNION ALL"
        " SELECT member_id, counted_on, 0, SUM(amount) FROM payout"
        " WHERE counted_on IS NOT NULL AND state NOT IN ('returned', 'refused')"
        " GROUP BY member_id, counted_on"
        " UNION ALL"
        " SELECT member_id, counted_on,"
        "  SUM(CASE WHEN purpose = 'withdrawal' THEN 0 ELSE amount - returned END),"
        "  SUM(amount - returned)"
        " FROM limit_use GROUP BY member_id, counted_on"
    )


def counters(sql: Sql) -> Iterator[Row]:
    """Yield member, day, used that day, year, used that year, used in all."""
    return sql.each(
        "SELECT member_id, day_on, day_used, year_on, year_used, life_used"
        " FROM limit_counter ORDER BY member_id"
    )

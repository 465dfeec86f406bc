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


def payments(sql: Sql) -> Iterator[Row]:
    """Yield id, kind, payer, payee, their accounts, amount and fee of every payment."""
    return sql.each(
        "SELECT id, kind, payer_id, payee_id, payer_account, payee_account, amount, fee"
        " FROM payment"
    )


def refunds(sql: Sql) -> Iterator[Row]:
    """Yield id, amount and the payment's two accounts of every refund."""
    return sql.each(
        "SELECT r.id, r.amount, p.payer_account, p.payee_account"
        " FROM refund AS r JOIN payment AS p ON p.id = r.payment_id"
    )


def top_ups(sql: Sql) -> Iterator[Row]:
    """Yield id, member, reserve, account, amount, state and told_seq of every top-up."""
    return sql.each("SELECT id, member_id, reserve, account, amount, state, told_seq FROM top_up")


def payouts(sql: Sql) -> Iterator[Row]:
    """Yield id, member, reserve, account, amount, state and held_seq of every withdrawal."""
    return sql.each("SELECT id, member_id, reserve, account, amount, state, held_seq FROM payout")


def entry_sums(sql: Sql) -> Iterator[Row]:
    """Yield reserve, reference and sum of our bookings with it."""
    return sql.each("SELECT reserve, ref, SUM(amount) FROM bank_entry GROUP BY reserve, ref")


def line_faults(sql: Sql) -> list[Row]:
    """Return reserve, bank's reference, its amount and ours where matched lines differ."""
    return sql.rows(
        "SELECT l.reserve, l.bank_ref, l.amount, COALESCE(SUM(e.amount), 0) FROM bank_line AS l"
        " LEFT JOIN bank_entry AS e ON e.reserve = l.reserve AND e.bank_ref = l.bank_ref"
        "  AND e.matched_on IS NOT NULL"
        " WHERE l.matched_on IS NOT NULL GROUP BY l.reserve, l.bank_ref, l.amount"
        " HAVING l.amount <> COALESCE(SUM(e.amount), 0) ORDER BY l.reserve, l.bank_ref"
    )


def statement_faults(sql: Sql) -> list[Row]:
    """Return reserve, day, opening and lines added up, and closing, where these differ."""
    return sql.rows(
        "SELECT r.reserve, r.day_on, r.opening + COALESCE(SUM(l.amount), 0), r.closing"
        " FROM reconciliation AS r LEFT JOIN bank_line AS l"
        "  ON l.reserve = r.reserve AND l.booked_on = r.day_on"
        " GROUP BY r.reserve, r.day_on, r.opening, r.closing"
        " HAVING r.opening + COALESCE(SUM(l.amount), 0) <> r.closing ORDER BY r.reserve, r.day_on"
    )


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

"""The SQL of the room's proofs: sums over its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from venule.kit.sql import Row, Sql


def trades(sql: Sql) -> Iterator[Row]:
    """Yield what the ledger must know of every paid trade."""
    return sql.each(
        "SELECT id, kind, settle, buyer_id, seller_id, buyer_account, seller_account, amount,"
        " released, fee, authorisation_id, product FROM escrow_trade WHERE paid_at IS NOT NULL"
    )


def unpaid_sellers(sql: Sql) -> Iterator[Row]:
    """Yield id, seller and account, buyer and account of trades that were never paid."""
    return sql.each(
        "SELECT id, seller_id, seller_account, buyer_id, buyer_account FROM escrow_trade"
        " WHERE paid_at IS NULL"
    )


def pool_sums(sql: Sql) -> tuple[int, int, int]:
    """Return what all trades hold, what they keep for settlement, and what is frozen, fen."""
    row = sql.row(
        "SELECT (SELECT COALESCE(SUM(unshipped + shipped), 0) FROM escrow_trade),"
        " (SELECT COALESCE(SUM(unsettled), 0) FROM escrow_trade),"
        " (SELECT COALESCE(SUM(frozen - paid - unfrozen), 0) FROM escrow_authorisation)"
    )
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


_FAULTS: Final = {
    "refunds of a trade": (
        "SELECT t.id, t.refunded, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT trade_id, SUM(amount) AS fen FROM escrow_refund GROUP BY trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.refunded <> COALESCE(r.fen, 0)"
    ),
    "late refunds of a trade": (
        "SELECT t.id, t.refunded_late, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT trade_id, SUM(amount - held) AS fen FROM escrow_refund GROUP BY trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.refunded_late <> COALESCE(r.fen, 0)"
    ),
    "fee returned of a trade": (
        "SELECT t.id, t.fee_returned, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT trade_id, SUM(fee_returned) AS fen FROM escrow_refund GROUP BY trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.fee_returned <> COALESCE(r.fen, 0)"
    ),
    "shares returned of a trade": (
        "SELECT t.id, t.shares_returned, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT trade_id, SUM(to_fund) AS fen FROM escrow_refund GROUP BY trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.shares_returned <> COALESCE(r.fen, 0)"
    ),
    "goods under way of a trade": (
        "SELECT t.id, t.shipped, COALESCE(s.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT trade_id, SUM(amount - refunded) AS fen FROM escrow_shipment"
        "  WHERE state = 'shipped' GROUP BY trade_id) AS s"
        " ON s.trade_id = t.id WHERE t.shipped <> COALESCE(s.fen, 0)"
    ),
    "released of a trade": (
        "SELECT t.id, t.released, COALESCE(s.fen, 0) + COALESCE(r.fen, 0)"
        " FROM escrow_trade AS t"
        " LEFT JOIN (SELECT trade_id, SUM(amount - refunded) AS fen FROM escrow_shipment"
        "  WHERE state = 'confirmed' GROUP BY trade_id) AS s ON s.trade_id = t.id"
        " LEFT JOIN (SELECT c.trade_id, SUM(u.seller) AS fen FROM escrow_case AS c"
        "  JOIN escrow_ruling AS u ON u.case_id = c.id WHERE u.state = 'executed'"
        "  GROUP BY c.trade_id) AS r ON r.trade_id = t.id"
        " WHERE t.kind = 'guaranteed'"
        " AND t.released <> COALESCE(s.fen, 0) + COALESCE(r.fen, 0)"
    ),
    "fee of a trade": (
        "SELECT t.id, t.fee, COALESCE(s.fen, 0) + COALESCE(r.fen, 0) FROM escrow_trade AS t"
        " LEFT JOIN (SELECT trade_id, SUM(fee) AS fen FROM escrow_shipment GROUP BY trade_id) AS s"
        " ON s.trade_id = t.id"
        " LEFT JOIN (SELECT c.trade_id, SUM(u.fee) AS fen FROM escrow_case AS c"
        "  JOIN escrow_ruling AS u ON u.case_id = c.id WHERE u.state = 'executed'"
        "  GROUP BY c.trade_id) AS r ON r.trade_id = t.id"
        " WHERE t.kind = 'guaranteed' AND t.fee <> COALESCE(s.fen, 0) + COALESCE(r.fen, 0)"
    ),
    "released of an instant trade": (
        "SELECT id, released, CASE WHEN paid_at IS NULL THEN 0 ELSE amount END FROM escrow_trade"
        " WHERE kind = 'instant'"
        " AND released <> CASE WHEN paid_at IS NULL THEN 0 ELSE amount END"
    ),
    "awarded of a trade": (
        "SELECT t.id, t.awarded, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT c.trade_id, SUM(a.amount) AS fen FROM escrow_case AS c"
        "  JOIN escrow_ruling AS u ON u.case_id = c.id AND u.state = 'executed'"
        "  JOIN escrow_award AS a ON a.case_id = u.case_id AND a.number = u.number"
        "  GROUP BY c.trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.awarded <> COALESCE(r.fen, 0)"
    ),
    "refunded by a ruling": (
        "SELECT t.id, COALESCE(f.fen, 0), COALESCE(r.fen, 0) FROM escrow_trade AS t"
        " LEFT JOIN (SELECT trade_id, SUM(amount) AS fen FROM escrow_refund"
        "  WHERE cause = 'ruling' GROUP BY trade_id) AS f ON f.trade_id = t.id"
        " LEFT JOIN (SELECT c.trade_id, SUM(u.buyer) AS fen FROM escrow_case AS c"
        "  JOIN escrow_ruling AS u ON u.case_id = c.id WHERE u.state = 'executed'"
        "  GROUP BY c.trade_id) AS r ON r.trade_id = t.id"
        " WHERE COALESCE(f.fen, 0) <> COALESCE(r.fen, 0)"
    ),
    "shared of a trade": (
        "SELECT t.id, t.shared, COALESCE(r.fen, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT s.trade_id, SUM(y.amount - y.returned) AS fen FROM escrow_settlement AS s"
        "  JOIN escrow_royalty AS y ON y.settlement_id = s.id GROUP BY s.trade_id) AS r"
        " ON r.trade_id = t.id WHERE t.shared <> COALESCE(r.fen, 0)"
    ),
    "kept for settlement of a trade": (
        "SELECT t.id, t.unsettled, CASE WHEN t.settle = 1 THEN t.released - t.fee ELSE 0 END"
        " - COALESCE(s.fen, 0) - COALESCE(r.fen, 0) FROM escrow_trade AS t"
        " LEFT JOIN (SELECT trade_id, SUM(shared + seller) AS fen FROM escrow_settlement"
        "  GROUP BY trade_id) AS s ON s.trade_id = t.id"
        " LEFT JOIN (SELECT trade_id, SUM(unsettled) AS fen FROM escrow_refund GROUP BY trade_id)"
        " AS r ON r.trade_id = t.id"
        " WHERE t.unsettled <> CASE WHEN t.settle = 1 THEN t.released - t.fee ELSE 0 END"
        " - COALESCE(s.fen, 0) - COALESCE(r.fen, 0)"
    ),
    "lines of a settlement": (
        "SELECT s.id, s.shared, COALESCE(r.fen, 0) FROM escrow_settlement AS s LEFT JOIN"
        " (SELECT settlement_id, SUM(amount) AS fen FROM escrow_royalty GROUP BY settlement_id)"
        " AS r ON r.settlement_id = s.id WHERE s.shared <> COALESCE(r.fen, 0)"
    ),
    "given back of royalties": (
        "SELECT y.settlement_id, y.returned, COALESCE(r.fen, 0) FROM escrow_royalty AS y LEFT JOIN"
        " (SELECT settlement_id, line, SUM(amount) AS fen FROM escrow_royalty_return"
        "  GROUP BY settlement_id, line) AS r"
        " ON r.settlement_id = y.settlement_id AND r.line = y.line"
        " WHERE y.returned <> COALESCE(r.fen, 0)"
    ),
    "given back for a refund": (
        "SELECT f.id, f.receivers, COALESCE(r.fen, 0) FROM escrow_refund AS f LEFT JOIN"
        " (SELECT refund_id, SUM(amount) AS fen FROM escrow_royalty_return GROUP BY refund_id)"
        " AS r ON r.refund_id = f.id WHERE f.receivers <> COALESCE(r.fen, 0)"
    ),
    "uses of an authorisation": (
        "SELECT a.id, a.frozen - a.paid - a.unfrozen, COALESCE(o.fen, 0)"
        " FROM escrow_authorisation AS a LEFT JOIN"
        " (SELECT authorisation_id,"
        "   SUM(CASE WHEN kind = 'freeze' THEN amount ELSE -amount END) AS fen"
        "  FROM escrow_operation GROUP BY authorisation_id) AS o ON o.authorisation_id = a.id"
        " WHERE a.frozen - a.paid - a.unfrozen <> COALESCE(o.fen, 0)"
    ),
    "trades paid from an authorisation": (
        "SELECT a.id, a.paid, COALESCE(t.fen, 0) FROM escrow_authorisation AS a LEFT JOIN"
        " (SELECT authorisation_id, SUM(amount) AS fen FROM escrow_trade"
        "  WHERE authorisation_id IS NOT NULL GROUP BY authorisation_id) AS t"
        " ON t.authorisation_id = a.id WHERE a.paid <> COALESCE(t.fen, 0)"
    ),
    "payments of an authorisation": (
        "SELECT o.id, o.amount, COALESCE(t.amount, 0) FROM escrow_operation AS o"
        " LEFT JOIN escrow_trade AS t"
        " ON t.id = o.trade_id AND t.authorisation_id = o.authorisation_id"
        " WHERE o.kind = 'pay' AND o.amount <> COALESCE(t.amount, 0)"
    ),
    "open case of a trade": (
        "SELECT t.id, 1, COALESCE(c.found, 0) FROM escrow_trade AS t LEFT JOIN"
        " (SELECT id, trade_id, 1 AS found FROM escrow_case WHERE ended_at IS NULL) AS c"
        " ON c.trade_id = t.id AND c.id = t.case_id"
        " WHERE t.case_id IS NOT NULL AND c.found IS NULL"
    ),
    "trade of an open case": (
        "SELECT c.id, 1, 0 FROM escrow_case AS c LEFT JOIN escrow_trade AS t"
        " ON t.id = c.trade_id AND t.case_id = c.id"
        " WHERE c.ended_at IS NULL AND t.id IS NULL"
    ),
    "parties of a case": (
        "SELECT c.id, 1, 0 FROM escrow_case AS c LEFT JOIN escrow_trade AS t"
        " ON t.id = c.trade_id AND t.buyer_id = c.buyer_id AND t.seller_id = c.seller_id"
        " WHERE t.id IS NULL"
    ),
}


def sum_faults(sql: Sql) -> Iterator[tuple[str, bytes, int, int]]:
    """Yield what, whose, the sum noted and the sum of the rows, where these disagree."""
    for what, query in _FAULTS.items():
        for id_, noted, summed in sql.rows(query):
            yield what, bytes(id_), int(noted), int(summed)


def product_terms(sql: Sql) -> list[Row]:
    """Return id and terms of every version of every product."""
    return sql.rows("SELECT id, terms FROM escrow_product")


def released(sql: Sql) -> Iterator[Row]:
    """Yield trade, fen and fee of every release."""
    return sql.each(
        "SELECT trade_id, amount - refunded, fee FROM escrow_shipment WHERE state = 'confirmed'"
        " UNION ALL SELECT c.trade_id, u.seller, u.fee FROM escrow_ruling AS u"
        " JOIN escrow_case AS c ON c.id = u.case_id WHERE u.state = 'executed'"
    )


def refunds(sql: Sql) -> Iterator[Row]:
    """Yield trade, fen held, unsettled and the seller's, and the fee returned of every refund."""
    return sql.each("SELECT trade_id, held, unsettled, seller, fee_returned FROM escrow_refund")


def royalty_returns(sql: Sql) -> Iterator[Row]:
    """Yield trade, account and fen of all that receivers gave back."""
    return sql.each(
        "SELECT f.trade_id, y.account, r.amount FROM escrow_royalty_return AS r"
        " JOIN escrow_refund AS f ON f.id = r.refund_id"
        " JOIN escrow_royalty AS y ON y.settlement_id = r.settlement_id AND y.line = r.line"
    )


def royalties(sql: Sql) -> Iterator[Row]:
    """Yield trade, receiver, account and fen of every line of a settlement."""
    return sql.each(
        "SELECT s.trade_id, y.receiver_id, y.account, y.amount FROM escrow_royalty AS y"
        " JOIN escrow_settlement AS s ON s.id = y.settlement_id"
    )


def settled(sql: Sql) -> Iterator[Row]:
    """Yield trade and fen that a settlement gave to the seller."""
    return sql.each("SELECT trade_id, seller FROM escrow_settlement WHERE seller > 0")


def awards(sql: Sql) -> Iterator[Row]:
    """Yield trade, member, account and fen of every award that was carried out."""
    return sql.each(
        "SELECT c.trade_id, a.member_id, a.account, a.amount FROM escrow_award AS a"
        " JOIN escrow_ruling AS u ON u.case_id = a.case_id AND u.number = a.number"
        " JOIN escrow_case AS c ON c.id = a.case_id WHERE u.state = 'executed'"
    )


def authorisations(sql: Sql) -> Iterator[Row]:
    """Yield id, payer and account, payee and account, what is left, and its hold."""
    return sql.each(
        "SELECT id, payer_id, payer_account, payee_id, payee_account, frozen - paid - unfrozen,"
        " hold_seq FROM escrow_authorisation"
    )


def files(sql: Sql) -> Iterator[Row]:
    """Yield hash and content of every file of evidence."""
    return sql.each("SELECT sha256, content FROM escrow_file")


def file_sizes(sql: Sql) -> Iterator[Row]:
    """Yield evidence, its hash and the bytes it is said to have."""
    return sql.each("SELECT id, sha256, bytes_count FROM escrow_evidence")

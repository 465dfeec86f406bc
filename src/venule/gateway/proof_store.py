"""Every SQL statement by which the room's rows are proven."""

from __future__ import annotations

from collections.abc import Iterator

from venule.kit.sql import Row, Sql


def users(sql: Sql) -> Iterator[Row]:
    """Yield number and member of everybody who has a number."""
    return sql.each("SELECT number, member_id FROM gateway_user")


def apps(sql: Sql) -> Iterator[Row]:
    """Yield id, seller, keys, certificate and its serial, and partner of every application."""
    return sql.each("SELECT app_id, seller_id, keys, cert, cert_sn, partner FROM gateway_app")


def orders(sql: Sql) -> Iterator[Row]:
    """Yield trade, both numbers, application and who acted, and when it was made, of each order."""
    return sql.each(
        "SELECT trade_id, trade_no, app_id, acting, out_trade_no, made_at FROM gateway_order"
    )


def authorisations(sql: Sql) -> Iterator[Row]:
    """Yield what is kept of every authorisation, but for where it is told."""
    return sql.each(
        "SELECT authorisation_id, auth_no, app_id, acting, out_order_no, request_no, made_at"
        " FROM gateway_authorisation"
    )


def settlements(sql: Sql) -> Iterator[Row]:
    """Yield every settlement."""
    return sql.each(
        "SELECT settlement_id, settle_no, app_id, request_no, made_at FROM gateway_settlement"
    )


def transfers(sql: Sql) -> Iterator[Row]:
    """Yield every transfer, but for the merchant's own words."""
    return sql.each(
        "SELECT payment_id, order_id, fund_order_id, app_id, amount, made_at FROM gateway_transfer"
    )


def used_codes(sql: Sql) -> Iterator[Row]:
    """Yield whose payment codes were used, and for what."""
    return sql.each("SELECT member_id, used_for FROM gateway_code WHERE used_for IS NOT NULL")


def vouchers(sql: Sql) -> Iterator[Row]:
    """Yield application, who acted, its numbers and the sum of every order to freeze."""
    return sql.each("SELECT app_id, acting, out_order_no, request_no, amount FROM gateway_voucher")


def notices(sql: Sql) -> Iterator[Row]:
    """Yield every notification, but for how sending it went."""
    return sql.each("SELECT id, app_id, partner, ref, event_seq, parameters FROM gateway_notice")


def grants(sql: Sql) -> Iterator[Row]:
    """Yield who may use every grant, who gave it, and for which application."""
    return sql.each("SELECT app_id, member_id, for_app FROM gateway_grant")


def open_ids(sql: Sql) -> Iterator[Row]:
    """Yield by what every application knows whom."""
    return sql.each("SELECT open_id, app_id, member_id FROM gateway_open_id")


def event_ref(sql: Sql, seq: int) -> bytes | None:
    """Return what an event is about, or None if there is no such event."""
    row = sql.row("SELECT ref FROM event WHERE seq = ?", (seq,))
    return None if row is None else bytes(row[0])

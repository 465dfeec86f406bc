"""Every SQL statement that lists what is a member's, the newest first, a page at a time."""

from __future__ import annotations

from typing import Any

from venule.escrow.authorisation_store import AUTHORISATION, authorisation_of
from venule.escrow.case_store import CASE, case_of
from venule.escrow.model import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Case,
    CaseId,
    Side,
    Trade,
    TradeId,
    TradeState,
)
from venule.escrow.states import MACHINES
from venule.escrow.store import PRODUCT, TRADE, product_of, trade_of
from venule.escrow.terms import Product
from venule.kit.sql import Sql
from venule.members import MemberId


def trades_of(
    sql: Sql,
    member_id: MemberId,
    side: Side,
    state: TradeState | None,
    before: TradeId | None,
    limit: int,
) -> list[Trade]:
    """Return a member's trades on a side, older than `before`."""
    where, values = _mine("buyer_id" if side is Side.BUYER else "seller_id", member_id, before)
    if state is not None:
        where += " AND state = ?"
        values.append(state.value)
        if state not in MACHINES["trade"].over:
            where += " AND ended_at IS NULL"  # what the index of states is about
    rows = sql.rows(
        f"SELECT {TRADE} FROM escrow_trade WHERE {where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [trade_of(row) for row in rows]


def cases_of(
    sql: Sql, member_id: MemberId, side: Side, before: CaseId | None, limit: int
) -> list[Case]:
    """Return the cases of a member's trades on a side, older than `before`."""
    where, values = _mine("buyer_id" if side is Side.BUYER else "seller_id", member_id, before)
    rows = sql.rows(
        f"SELECT {CASE} FROM escrow_case WHERE {where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [case_of(row) for row in rows]


def cases_waiting(sql: Sql, after_us: int, after: bytes, limit: int) -> list[Case]:
    """Return what waits for an operator, the oldest first, behind a place in that list."""
    rows = sql.rows(
        f"SELECT {CASE} FROM escrow_case"  # noqa: S608
        " WHERE state IN ('disputed', 'proposed', 'appealed', 'appeal_proposed')"
        " AND (opened_at > ? OR (opened_at = ? AND id > ?)) ORDER BY opened_at, id LIMIT ?",
        (after_us, after_us, after, limit),
    )
    return [case_of(row) for row in rows]


def authorisations_of(
    sql: Sql,
    member_id: MemberId,
    side: Side,
    state: AuthorisationState | None,
    before: AuthorisationId | None,
    limit: int,
) -> list[Authorisation]:
    """Return what a member has frozen (as a buyer) or may be paid from (as a seller)."""
    where, values = _mine("payer_id" if side is Side.BUYER else "payee_id", member_id, before)
    if state is not None:
        where += " AND state = ?"
        values.append(state.value)
    rows = sql.rows(
        f"SELECT {AUTHORISATION} FROM escrow_authorisation WHERE {where}"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (*values, limit),
    )
    return [authorisation_of(row) for row in rows]


def products(sql: Sql) -> list[Product]:
    """Return the newest version of every product, by name."""
    rows = sql.rows(
        f"SELECT {PRODUCT} FROM escrow_product AS p WHERE version ="  # noqa: S608
        " (SELECT MAX(version) FROM escrow_product AS o WHERE o.name = p.name) ORDER BY name"
    )
    return [product_of(row) for row in rows]


def _mine(
    column: str, member_id: MemberId, before: TradeId | CaseId | AuthorisationId | None
) -> tuple[str, list[Any]]:
    where, values = f"{column} = ?", [member_id.bytes]
    if before is not None:
        where += " AND id < ?"
        values.append(before.bytes)
    return where, values

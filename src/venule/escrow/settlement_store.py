"""Every SQL statement about settlements: receivers of royalties, what they got and gave back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from venule.escrow.model import (
    RefundId,
    Relation,
    RoyaltyLine,
    RoyaltyReturn,
    Settlement,
    SettlementId,
    TradeId,
)
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId


def bind(sql: Sql, relations: Iterable[Relation]) -> None:
    """Write receivers; one that is bound stays as it is."""
    sql.many(
        "INSERT INTO escrow_relation (seller_id, receiver_id, note, bound_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (seller_id, receiver_id) DO NOTHING",
        [(r.seller_id.bytes, r.receiver_id.bytes, r.note, to_us(r.bound_at)) for r in relations],
    )


def unbind(sql: Sql, seller_id: MemberId, receivers: Iterable[MemberId]) -> None:
    """Remove receivers."""
    sql.many(
        "DELETE FROM escrow_relation WHERE seller_id = ? AND receiver_id = ?",
        [(seller_id.bytes, each.bytes) for each in receivers],
    )


def load_relations(sql: Sql, seller_id: MemberId) -> list[Relation]:
    """Return a seller's receivers, the first bound first."""
    rows = sql.rows(
        "SELECT receiver_id, note, bound_at FROM escrow_relation WHERE seller_id = ?"
        " ORDER BY bound_at, receiver_id",
        (seller_id.bytes,),
    )
    return [
        Relation(seller_id, MemberId(UUID(bytes=receiver)), note, from_us(bound))
        for receiver, note, bound in rows
    ]


def insert_settlement(sql: Sql, made: Settlement, body: bytes) -> None:
    """Write a settlement and its lines. body: the hash of what was asked for."""
    sql.run(
        "INSERT INTO escrow_settlement (id, trade_id, app, request_no, body, shared, seller,"
        " settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made.id.bytes,
            made.trade_id.bytes,
            made.app,
            made.request_no,
            body,
            made.shared_minor,
            made.seller_minor,
            to_us(made.settled_at),
        ),
    )
    sql.many(
        "INSERT INTO escrow_royalty (settlement_id, line, receiver_id, account, amount, returned,"
        " note) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                made.id.bytes,
                each.line,
                each.receiver_id.bytes,
                each.account,
                each.amount_minor,
                each.returned_minor,
                each.note,
            )
            for each in made.lines
        ],
    )


_SETTLEMENT: Final = "id, trade_id, app, request_no, shared, seller, settled_at"


def find_settlement(sql: Sql, app: str, request_no: str) -> tuple[Settlement, bytes] | None:
    """Return the settlement an application calls so, with the hash of what was asked for."""
    row = sql.row(
        f"SELECT {_SETTLEMENT}, body FROM escrow_settlement WHERE app = ? AND request_no = ?",  # noqa: S608
        (app, request_no),
    )
    if row is None:
        return None
    made = _settlement(row[:-1], load_royalties(sql, TradeId(UUID(bytes=row[1]))))
    return made, row[-1]


def load_settlements(sql: Sql, trade_id: TradeId) -> list[Settlement]:
    """Return a trade's settlements with their lines, the earliest first."""
    rows = sql.rows(
        f"SELECT {_SETTLEMENT} FROM escrow_settlement WHERE trade_id = ? ORDER BY id",  # noqa: S608
        (trade_id.bytes,),
    )
    lines = load_royalties(sql, trade_id)
    return [_settlement(row, lines) for row in rows]


def load_royalties(sql: Sql, trade_id: TradeId) -> list[RoyaltyLine]:
    """Return what each receiver got of a trade, in order."""
    rows = sql.rows(
        "SELECT r.settlement_id, r.line, r.receiver_id, r.account, r.amount, r.returned, r.note"
        " FROM escrow_settlement AS s JOIN escrow_royalty AS r ON r.settlement_id = s.id"
        " WHERE s.trade_id = ? ORDER BY r.settlement_id, r.line",
        (trade_id.bytes,),
    )
    return [
        RoyaltyLine(
            SettlementId(UUID(bytes=row[0])), row[1], MemberId(UUID(bytes=row[2])), *row[3:]
        )
        for row in rows
    ]


def save_returns(sql: Sql, returns: Sequence[RoyaltyReturn]) -> None:
    """Write what receivers gave back for a refund."""
    sql.many(
        "INSERT INTO escrow_royalty_return (refund_id, settlement_id, line, amount)"
        " VALUES (?, ?, ?, ?)",
        [(r.refund_id.bytes, r.settlement_id.bytes, r.line, r.amount_minor) for r in returns],
    )
    sql.many(
        "UPDATE escrow_royalty SET returned = returned + ? WHERE settlement_id = ? AND line = ?",
        [(r.amount_minor, r.settlement_id.bytes, r.line) for r in returns],
    )


def load_returns(sql: Sql, refund_id: RefundId) -> list[RoyaltyReturn]:
    """Return what receivers gave back for a refund."""
    rows = sql.rows(
        "SELECT settlement_id, line, amount FROM escrow_royalty_return WHERE refund_id = ?"
        " ORDER BY settlement_id, line",
        (refund_id.bytes,),
    )
    return [RoyaltyReturn(refund_id, SettlementId(UUID(bytes=row[0])), *row[1:]) for row in rows]


def _settlement(row: Row, lines: Iterable[RoyaltyLine]) -> Settlement:
    id_ = SettlementId(UUID(bytes=row[0]))
    return Settlement(
        id_,
        TradeId(UUID(bytes=row[1])),
        row[2],
        row[3],
        row[4],
        row[5],
        from_us(row[6]),
        [each for each in lines if each.settlement_id == id_],
    )

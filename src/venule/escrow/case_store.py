"""Every SQL statement about cases: wishes for refunds, evidence, rulings."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from venule.escrow.model import (
    Award,
    Case,
    CaseId,
    CaseState,
    Evidence,
    EvidenceId,
    Ruling,
    RulingState,
    Side,
    TradeId,
)
from venule.escrow.store import at, marks, us
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

CASE: Final = (
    "id, trade_id, request_no, amount, shipment, goods_back, reason, state, answer, carrier,"
    " tracking_no, opened_at, due_at, ended_at"
)


def insert_case(sql: Sql, c: Case, buyer_id: MemberId, seller_id: MemberId) -> None:
    """Write a new case, and whose it is: for lists of them."""
    sql.run(
        f"INSERT INTO escrow_case ({CASE}, buyer_id, seller_id)"  # noqa: S608
        f" VALUES ({marks(CASE)}, ?, ?)",
        (
            c.id.bytes,
            c.trade_id.bytes,
            c.request_no,
            c.amount_minor,
            c.shipment,
            int(c.goods_back),
            c.reason,
            c.state.value,
            c.answer,
            c.carrier,
            c.tracking_no,
            to_us(c.opened_at),
            us(c.due_at),
            us(c.ended_at),
            buyer_id.bytes,
            seller_id.bytes,
        ),
    )


def save_case(sql: Sql, c: Case) -> None:
    """Write what changes in a case."""
    sql.run(
        "UPDATE escrow_case SET state = ?, answer = ?, carrier = ?, tracking_no = ?,"
        " due_at = ?, ended_at = ? WHERE id = ?",
        (
            c.state.value,
            c.answer,
            c.carrier,
            c.tracking_no,
            us(c.due_at),
            us(c.ended_at),
            c.id.bytes,
        ),
    )


def load_case(sql: Sql, case_id: CaseId) -> Case | None:
    """Return a case, or None."""
    row = sql.row(f"SELECT {CASE} FROM escrow_case WHERE id = ?", (case_id.bytes,))  # noqa: S608
    return None if row is None else case_of(row)


def load_cases(sql: Sql, trade_id: TradeId) -> list[Case]:
    """Return a trade's cases, the earliest first."""
    rows = sql.rows(
        f"SELECT {CASE} FROM escrow_case WHERE trade_id = ? ORDER BY id",  # noqa: S608
        (trade_id.bytes,),
    )
    return [case_of(row) for row in rows]


def cases_to_rule(sql: Sql, limit: int) -> list[Case]:
    """Return what waits for an operator, the oldest first."""
    rows = sql.rows(
        f"SELECT {CASE} FROM escrow_case"  # noqa: S608
        " WHERE state IN ('disputed', 'proposed', 'appealed', 'appeal_proposed')"
        " ORDER BY opened_at, id LIMIT ?",
        (limit,),
    )
    return [case_of(row) for row in rows]


def case_of(row: Row) -> Case:
    """Return the case that a row of `CASE` is."""
    id_, trade, request_no, amount, shipment, goods_back, reason, state, answer = row[:9]
    carrier, tracking, opened, due, ended = row[9:]
    return Case(
        CaseId(UUID(bytes=id_)),
        TradeId(UUID(bytes=trade)),
        request_no,
        amount,
        shipment,
        bool(goods_back),
        reason,
        CaseState(state),
        answer,
        carrier,
        tracking,
        from_us(opened),
        at(due),
        at(ended),
    )


_RULING: Final = "case_id, number, state, buyer, seller, fee, operator, second, reason, made_at"


def insert_ruling(sql: Sql, r: Ruling) -> None:
    """Write a new ruling."""
    sql.run(
        f"INSERT INTO escrow_ruling ({_RULING}) VALUES ({marks(_RULING)})",  # noqa: S608
        (
            r.case_id.bytes,
            r.number,
            r.state.value,
            r.buyer_minor,
            r.seller_minor,
            r.fee_minor,
            r.operator,
            r.second,
            r.reason,
            to_us(r.made_at),
        ),
    )
    sql.many(
        "INSERT INTO escrow_award (case_id, number, line, member_id, account, amount)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (r.case_id.bytes, r.number, line, a.member_id.bytes, a.account, a.amount_minor)
            for line, a in enumerate(r.awards)
        ],
    )


def save_ruling(sql: Sql, r: Ruling) -> None:
    """Write what becomes of a ruling."""
    sql.run(
        "UPDATE escrow_ruling SET state = ?, second = ?, fee = ? WHERE case_id = ? AND number = ?",
        (r.state.value, r.second, r.fee_minor, r.case_id.bytes, r.number),
    )


def load_rulings(sql: Sql, case_id: CaseId) -> list[Ruling]:
    """Return a case's rulings, the first one first."""
    awards: dict[int, list[Award]] = {}
    for number, member, account, amount in sql.rows(
        "SELECT number, member_id, account, amount FROM escrow_award WHERE case_id = ?"
        " ORDER BY number, line",
        (case_id.bytes,),
    ):
        award = Award(MemberId(UUID(bytes=member)), account, amount)
        awards.setdefault(number, []).append(award)
    rows = sql.rows(
        f"SELECT {_RULING} FROM escrow_ruling WHERE case_id = ? ORDER BY number",  # noqa: S608
        (case_id.bytes,),
    )
    return [
        Ruling(
            case_id,
            row[1],
            RulingState(row[2]),
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            from_us(row[9]),
            awards.get(row[1], []),
        )
        for row in rows
    ]


_EVIDENCE: Final = "id, case_id, side, sha256, media_type, bytes_count, name, filed_at"


def insert_evidence(sql: Sql, e: Evidence, content: bytes) -> None:
    """Write a file, and that it was filed; a file that is there is kept once."""
    sql.run(
        "INSERT INTO escrow_file (sha256, content) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING",
        (e.sha256, content),
    )
    sql.run(
        f"INSERT INTO escrow_evidence ({_EVIDENCE}) VALUES ({marks(_EVIDENCE)})",  # noqa: S608
        (
            e.id.bytes,
            e.case_id.bytes,
            e.side.value,
            e.sha256,
            e.media_type,
            e.bytes_count,
            e.name,
            to_us(e.filed_at),
        ),
    )


def load_evidence(sql: Sql, case_id: CaseId) -> list[Evidence]:
    """Return what was filed in a case, the earliest first."""
    rows = sql.rows(
        f"SELECT {_EVIDENCE} FROM escrow_evidence WHERE case_id = ? ORDER BY id",  # noqa: S608
        (case_id.bytes,),
    )
    return [
        Evidence(
            EvidenceId(UUID(bytes=id_)),
            case_id,
            Side(side),
            sha256,
            media_type,
            bytes_count,
            name,
            from_us(filed),
        )
        for id_, _, side, sha256, media_type, bytes_count, name, filed in rows
    ]


def load_file(sql: Sql, evidence_id: EvidenceId) -> tuple[str, str, str, bytes] | None:
    """Return side, name, media type and content of a file that was filed, or None."""
    row = sql.row(
        "SELECT e.side, e.name, e.media_type, f.content FROM escrow_evidence AS e"
        " JOIN escrow_file AS f ON f.sha256 = e.sha256 WHERE e.id = ?",
        (evidence_id.bytes,),
    )
    return None if row is None else (row[0], row[1], row[2], row[3])

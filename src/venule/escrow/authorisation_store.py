"""Every SQL statement about authorisations: money frozen in a wallet for a payee."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from venule.escrow.model import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Operation,
    OperationId,
    OperationKind,
    TradeId,
)
from venule.escrow.store import at, marks, raw, us
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

AUTHORISATION: Final = (
    "id, app, out_order_no, request_no, product, payer_id, payee_id, payer_account, payee_account,"
    " title, frozen, paid, unfrozen, state, hold_seq, created_at, due_at, ended_at"
)


def insert_authorisation(sql: Sql, a: Authorisation) -> None:
    """Write a new authorisation."""
    sql.run(
        f"INSERT INTO escrow_authorisation ({AUTHORISATION}) VALUES ({marks(AUTHORISATION)})",  # noqa: S608
        (
            a.id.bytes,
            a.app,
            a.out_order_no,
            a.request_no,
            a.product,
            a.payer_id.bytes,
            a.payee_id.bytes,
            a.payer_account,
            a.payee_account,
            a.title,
            a.frozen_minor,
            a.paid_minor,
            a.unfrozen_minor,
            a.state.value,
            a.hold_seq,
            to_us(a.created_at),
            us(a.due_at),
            us(a.ended_at),
        ),
    )


def save_authorisation(sql: Sql, a: Authorisation) -> None:
    """Write what changes in an authorisation."""
    sql.run(
        "UPDATE escrow_authorisation SET paid = ?, unfrozen = ?, state = ?, hold_seq = ?,"
        " due_at = ?, ended_at = ? WHERE id = ?",
        (
            a.paid_minor,
            a.unfrozen_minor,
            a.state.value,
            a.hold_seq,
            us(a.due_at),
            us(a.ended_at),
            a.id.bytes,
        ),
    )


def load_authorisation(sql: Sql, authorisation_id: AuthorisationId) -> Authorisation | None:
    """Return an authorisation, or None."""
    row = sql.row(
        f"SELECT {AUTHORISATION} FROM escrow_authorisation WHERE id = ?",  # noqa: S608
        (authorisation_id.bytes,),
    )
    return None if row is None else authorisation_of(row)


def find_authorisation(
    sql: Sql, app: str, out_order_no: str, request_no: str
) -> Authorisation | None:
    """Return the authorisation that an application calls so, or None."""
    row = sql.row(
        f"SELECT {AUTHORISATION} FROM escrow_authorisation"  # noqa: S608
        " WHERE app = ? AND out_order_no = ? AND request_no = ?",
        (app, out_order_no, request_no),
    )
    return None if row is None else authorisation_of(row)


def count_frozen(sql: Sql, member_id: MemberId) -> int:
    """Return how many authorisations of a member, as payer or payee, are not over."""
    row = sql.row(
        "SELECT (SELECT COUNT(*) FROM escrow_authorisation WHERE payer_id = ?"
        "  AND state = 'frozen') + (SELECT COUNT(*) FROM escrow_authorisation WHERE payee_id = ?"
        "  AND state = 'frozen')",
        (member_id.bytes, member_id.bytes),
    )
    assert row is not None
    return int(row[0])


def authorisation_of(row: Row) -> Authorisation:
    """Return the authorisation that a row of `AUTHORISATION` is."""
    id_, app, order, request, product, payer, payee, payer_account, payee_account = row[:9]
    title, frozen, paid, unfrozen, state, hold_seq, created, due, ended = row[9:]
    return Authorisation(
        AuthorisationId(UUID(bytes=id_)),
        app,
        order,
        request,
        product,
        MemberId(UUID(bytes=payer)),
        MemberId(UUID(bytes=payee)),
        payer_account,
        payee_account,
        title,
        frozen,
        paid,
        unfrozen,
        AuthorisationState(state),
        hold_seq,
        from_us(created),
        at(due),
        at(ended),
    )


_OPERATION: Final = "id, authorisation_id, kind, request_no, amount, trade_id, made_at, note"


def insert_operation(sql: Sql, o: Operation) -> None:
    """Write what an authorisation was used for."""
    sql.run(
        f"INSERT INTO escrow_operation ({_OPERATION}) VALUES ({marks(_OPERATION)})",  # noqa: S608
        (
            o.id.bytes,
            o.authorisation_id.bytes,
            o.kind.value,
            o.request_no,
            o.amount_minor,
            raw(o.trade_id),
            to_us(o.made_at),
            o.note,
        ),
    )


def load_operations(sql: Sql, authorisation_id: AuthorisationId) -> list[Operation]:
    """Return what an authorisation was used for, the earliest first."""
    rows = sql.rows(
        f"SELECT {_OPERATION} FROM escrow_operation WHERE authorisation_id = ? ORDER BY id",  # noqa: S608
        (authorisation_id.bytes,),
    )
    return [_operation(row) for row in rows]


def find_operation(
    sql: Sql, authorisation_id: AuthorisationId, kind: OperationKind, request_no: str
) -> Operation | None:
    """Return the use that was made under a request number, or None."""
    row = sql.row(
        f"SELECT {_OPERATION} FROM escrow_operation"  # noqa: S608
        " WHERE authorisation_id = ? AND kind = ? AND request_no = ?",
        (authorisation_id.bytes, kind.value, request_no),
    )
    return None if row is None else _operation(row)


def _operation(row: Row) -> Operation:
    id_, authorisation, kind, request_no, amount, trade, made, note = row
    return Operation(
        OperationId(UUID(bytes=id_)),
        AuthorisationId(UUID(bytes=authorisation)),
        OperationKind(kind),
        request_no,
        amount,
        None if trade is None else TradeId(UUID(bytes=trade)),
        from_us(made),
        note,
    )

"""Every SQL statement about payments between books, as the paying and as the receiving book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from venule.books.model import (
    BookNumber,
    BookPayment,
    BookPaymentId,
    Listing,
    PaymentKind,
    PaymentState,
    Receipt,
    ReceiptState,
)
from venule.kit.migrate import Migrations
from venule.kit.sql import Params, Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import MemberId

MIGRATIONS: Final = Migrations("books", package="venule.books")

IDS_MAX: Final = 500
"""How many values one IN list holds; longer lists are asked for in pieces."""

_KINDS: Final = {kind.value: kind for kind in PaymentKind}
_STATES: Final = {state.value: state for state in PaymentState}
_WORDS: Final = {state.value: state for state in ReceiptState}


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _among(
    sql: Sql, select: str, ids: Sequence[UUID], where: str = "", params: Params = ()
) -> list[Row]:
    """Return the rows that have one of these ids; where, params: what else must hold."""
    found: list[Row] = []
    for start in range(0, len(ids), IDS_MAX):
        piece = [each.bytes for each in ids[start : start + IDS_MAX]]
        text = f"{select} WHERE {where}id IN ({_marks(len(piece))})"
        found += sql.rows(text, (*params, *piece))
    return found


def _raw(known: UUID | None) -> bytes | None:
    return None if known is None else known.bytes


def _id(raw: bytes | None) -> BookPaymentId | None:
    return None if raw is None else BookPaymentId(UUID(bytes=raw))


# Clearing accounts


def load_clearing(sql: Sql) -> dict[int, int]:
    """Return the clearing account with each other book, by its number."""
    return dict(sql.rows("SELECT peer, account FROM book_clearing ORDER BY peer"))


def find_clearing(sql: Sql, peer: int) -> int | None:
    """Return the clearing account with another book, None before there is one."""
    row = sql.row("SELECT account FROM book_clearing WHERE peer = ?", (peer,))
    return None if row is None else int(row[0])


def insert_clearing(sql: Sql, peer: int, account: int) -> None:
    """Write a new clearing account."""
    sql.run("INSERT INTO book_clearing (peer, account) VALUES (?, ?)", (peer, account))


# The paying side

_PAYMENT: Final = (
    "id, kind, peer, payer_id, payee_id, payer_account, amount, refunded, original_id,"
    " request_id, note, state, reason, held_seq, ended_seq, peer_seq, made_at, deadline_at,"
    " ended_at"
)


def insert_payment(sql: Sql, p: BookPayment) -> None:
    """Write a new payment to another book."""
    sql.run(
        f"INSERT INTO book_payment ({_PAYMENT}) VALUES ({_marks(19)})",  # noqa: S608
        (
            p.id.bytes,
            p.kind.value,
            p.peer,
            p.payer_id.bytes,
            p.payee_id.bytes,
            p.payer_account,
            p.amount_minor,
            p.refunded_minor,
            _raw(p.original_id),
            p.request_id,
            p.note,
            p.state.value,
            p.reason,
            p.held_seq,
            p.ended_seq,
            p.peer_seq,
            to_us(p.made_at),
            to_us(p.deadline_at),
            None if p.ended_at is None else to_us(p.ended_at),
        ),
    )


def save_ended(sql: Sql, p: BookPayment) -> None:
    """Write how a payment has ended."""
    assert p.ended_at is not None
    sql.run(
        "UPDATE book_payment SET state = ?, reason = ?, ended_seq = ?, peer_seq = ?, ended_at = ?"
        " WHERE id = ?",
        (p.state.value, p.reason, p.ended_seq, p.peer_seq, to_us(p.ended_at), p.id.bytes),
    )


def save_payment_refunded(sql: Sql, payment_id: BookPaymentId, refunded: int) -> None:
    """Write how much of a payment has come back in all."""
    sql.run("UPDATE book_payment SET refunded = ? WHERE id = ?", (refunded, payment_id.bytes))


def load_payment(sql: Sql, payment_id: UUID) -> BookPayment | None:
    """Return a payment to another book, or None."""
    row = sql.row(f"SELECT {_PAYMENT} FROM book_payment WHERE id = ?", (payment_id.bytes,))  # noqa: S608
    return None if row is None else _payment(row)


def load_payments(sql: Sql, ids: Sequence[UUID]) -> list[BookPayment]:
    """Return the payments among these ids."""
    return [_payment(row) for row in _among(sql, f"SELECT {_PAYMENT} FROM book_payment", ids)]  # noqa: S608


def load_refund(sql: Sql, original_id: UUID, request_id: str) -> BookPayment | None:
    """Return the refund that was sent back under a request id, or None."""
    row = sql.row(
        f"SELECT {_PAYMENT} FROM book_payment"  # noqa: S608
        " WHERE kind = 'refund' AND original_id = ? AND request_id = ?",
        (original_id.bytes, request_id),
    )
    return None if row is None else _payment(row)


def list_payments(sql: Sql, query: Listing) -> list[BookPayment]:
    """Return payments to other books, the newest first."""
    where, values = ("", []) if query.state is None else ("WHERE state = ?", [query.state.value])
    rows = sql.rows(
        f"SELECT {_PAYMENT} FROM book_payment {where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, query.limit),
    )
    return [_payment(row) for row in rows]


def each_payment(sql: Sql) -> Iterator[BookPayment]:
    """Yield all payments to other books, for proofs."""
    return map(_payment, sql.each(f"SELECT {_PAYMENT} FROM book_payment"))  # noqa: S608


def settled_between(sql: Sql, peer: int, after: int, upto: int, limit: int) -> list[BookPayment]:
    """Return payments to a book settled after one position up to another, in that order."""
    rows = sql.rows(
        f"SELECT {_PAYMENT} FROM book_payment WHERE state = 'settled' AND peer = ?"  # noqa: S608
        " AND ended_seq > ? AND ended_seq <= ? ORDER BY ended_seq LIMIT ?",
        (peer, after, upto, limit),
    )
    return [_payment(row) for row in rows]


def open_at(sql: Sql, peer: int, seq: int) -> list[Row]:
    """Return id and amount of payments to a book that were held at a position, and that have not
    been returned since."""
    return sql.rows(
        "SELECT id, amount FROM book_payment"
        " WHERE state = 'held' AND peer = ? AND held_seq <= ?"
        " UNION ALL SELECT id, amount FROM book_payment"
        " WHERE state = 'settled' AND peer = ? AND ended_seq > ? AND held_seq <= ?",
        (peer, seq, peer, seq, seq),
    )


def needs(sql: Sql, peer: int, after: int, upto: int) -> int:
    """Return how far a book must be for what we did between two positions, 0 if it need not."""
    rows = sql.rows(
        "SELECT MAX(peer_seq) FROM book_payment"
        " WHERE state = 'settled' AND peer = ? AND ended_seq > ? AND ended_seq <= ?"
        " UNION ALL SELECT MAX(peer_seq) FROM book_receipt"
        " WHERE state = 'received' AND peer = ? AND seq > ? AND seq <= ?",
        (peer, after, upto, peer, after, upto),
    )
    return max(0 if seq is None else int(seq) for (seq,) in rows)


def _payment(row: Row) -> BookPayment:
    raw, kind, peer, payer, payee, account, amount, refunded, original, request, note = row[:11]
    state, reason, held, ended, peer_seq, made, deadline, over = row[11:]
    return BookPayment(
        BookPaymentId(UUID(bytes=raw)),
        _KINDS[kind],
        BookNumber(peer),
        MemberId(UUID(bytes=payer)),
        MemberId(UUID(bytes=payee)),
        account,
        amount,
        refunded,
        _id(original),
        request,
        note,
        _STATES[state],
        reason,
        held,
        ended,
        peer_seq,
        from_us(made),
        from_us(deadline),
        None if over is None else from_us(over),
    )


# The receiving side

_RECEIPT: Final = (
    "id, kind, peer, payer_id, payee_id, payee_account, amount, refunded, original_id, note,"
    " state, reason, seq, peer_seq, made_at"
)


def insert_receipt(sql: Sql, r: Receipt) -> None:
    """Write what became of a payment from another book."""
    sql.run(
        f"INSERT INTO book_receipt ({_RECEIPT}) VALUES ({_marks(15)})",  # noqa: S608
        (
            r.id.bytes,
            r.kind.value,
            r.peer,
            r.payer_id.bytes,
            r.payee_id.bytes,
            r.payee_account,
            r.amount_minor,
            r.refunded_minor,
            _raw(r.original_id),
            r.note,
            r.state.value,
            r.reason,
            r.seq,
            r.peer_seq,
            to_us(r.made_at),
        ),
    )


def save_receipt_refunded(sql: Sql, payment_id: BookPaymentId, refunded: int) -> None:
    """Write how much of a receipt is on its way back, or back, in all."""
    sql.run("UPDATE book_receipt SET refunded = ? WHERE id = ?", (refunded, payment_id.bytes))


def load_receipt(sql: Sql, payment_id: UUID) -> Receipt | None:
    """Return what became of a payment from another book, or None if it has not come."""
    row = sql.row(f"SELECT {_RECEIPT} FROM book_receipt WHERE id = ?", (payment_id.bytes,))  # noqa: S608
    return None if row is None else _receipt(row)


def load_receipts(sql: Sql, ids: Sequence[UUID]) -> list[Receipt]:
    """Return the receipts among these ids."""
    return [_receipt(row) for row in _among(sql, f"SELECT {_RECEIPT} FROM book_receipt", ids)]  # noqa: S608


def list_receipts(sql: Sql, limit: int) -> list[Receipt]:
    """Return payments from other books, the newest first."""
    rows = sql.rows(f"SELECT {_RECEIPT} FROM book_receipt ORDER BY id DESC LIMIT ?", (limit,))  # noqa: S608
    return [_receipt(row) for row in rows]


def each_receipt(sql: Sql) -> Iterator[Receipt]:
    """Yield all receipts, for proofs."""
    return map(_receipt, sql.each(f"SELECT {_RECEIPT} FROM book_receipt"))  # noqa: S608


def received_between(sql: Sql, peer: int, after: int, upto: int, limit: int) -> list[Receipt]:
    """Return payments received from a book after one position up to another, in that order."""
    rows = sql.rows(
        f"SELECT {_RECEIPT} FROM book_receipt WHERE state = 'received' AND peer = ?"  # noqa: S608
        " AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        (peer, after, upto, limit),
    )
    return [_receipt(row) for row in rows]


def received_by(sql: Sql, ids: Sequence[UUID], seq: int) -> list[Row]:
    """Return id and amount of those of these payments that had been received at a position."""
    return _among(
        sql,
        "SELECT id, amount FROM book_receipt",
        ids,
        "state = 'received' AND seq <= ? AND ",
        (seq,),
    )


def _receipt(row: Row) -> Receipt:
    raw, kind, peer, payer, payee, account, amount, refunded, original, note = row[:10]
    state, reason, seq, peer_seq, made = row[10:]
    return Receipt(
        BookPaymentId(UUID(bytes=raw)),
        _KINDS[kind],
        BookNumber(peer),
        MemberId(UUID(bytes=payer)),
        MemberId(UUID(bytes=payee)),
        account,
        amount,
        refunded,
        _id(original),
        note,
        _WORDS[state],
        reason,
        seq,
        peer_seq,
        from_us(made),
    )

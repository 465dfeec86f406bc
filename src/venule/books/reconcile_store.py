"""Every SQL statement about the reconciliation of pairs of books."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from venule.books.model import (
    BookNumber,
    BookPaymentId,
    ExplainDay,
    Item,
    ItemKind,
    PairDay,
    PairQuery,
    PairState,
)
from venule.kit.sql import Sql


def insert_pair_day(sql: Sql, day: PairDay) -> None:
    """Write a pair's day, with its items."""
    on = day.day_on.isoformat()
    sql.run(
        "INSERT INTO book_pair_day (peer, day_on, seq, peer_seq, balance, peer_balance, under_way,"
        " unexplained, matched, state, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            day.peer,
            on,
            day.seq,
            day.peer_seq,
            day.balance_minor,
            day.peer_balance_minor,
            day.under_way_minor,
            day.unexplained_minor,
            day.matched,
            day.state.value,
            day.note,
        ),
    )
    sql.many(
        "INSERT INTO book_pair_item (peer, day_on, id, kind, payer_book, amount, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (day.peer, on, i.id.bytes, i.kind.value, i.payer_book, i.amount_minor, i.detail)
            for i in day.items
        ],
    )


def last_day(sql: Sql, peer: int) -> date | None:
    """Return the last day reconciled with a book, None if there is none."""
    row = sql.row("SELECT MAX(day_on) FROM book_pair_day WHERE peer = ?", (peer,))
    return None if row is None or row[0] is None else date.fromisoformat(row[0])


def load_pair_day(sql: Sql, book: BookNumber, query: PairQuery) -> PairDay | None:
    """Return a pair's day, of one day or the last before one; None if there is none."""
    text = (
        "SELECT day_on, seq, peer_seq, balance, peer_balance, under_way, unexplained, matched,"
        " state, note FROM book_pair_day WHERE peer = ? AND "
    )
    if query.day_on is not None:
        row = sql.row(text + "day_on = ?", (query.peer, query.day_on.isoformat()))
    else:
        before = "9999-12-31" if query.before_on is None else query.before_on.isoformat()
        row = sql.row(text + "day_on < ? ORDER BY day_on DESC LIMIT 1", (query.peer, before))
    if row is None:
        return None
    day, seq, peer_seq, balance, peer_balance, under_way, unexplained, matched, state, note = row
    items = sql.rows(
        "SELECT id, kind, payer_book, amount, detail FROM book_pair_item"
        " WHERE peer = ? AND day_on = ? ORDER BY id",
        (query.peer, day),
    )
    return PairDay(
        book,
        BookNumber(query.peer),
        date.fromisoformat(day),
        seq,
        peer_seq,
        balance,
        peer_balance,
        under_way,
        unexplained,
        matched,
        [
            Item(BookPaymentId(UUID(bytes=raw)), ItemKind(kind), BookNumber(payer), amount, detail)
            for raw, kind, payer, amount, detail in items
        ],
        PairState(state),
        note,
    )


def save_explained(sql: Sql, command: ExplainDay) -> None:
    """Write an operator's word on a pair's day."""
    sql.run(
        "UPDATE book_pair_day SET state = 'explained', note = ? WHERE peer = ? AND day_on = ?",
        (command.note, command.peer, command.day_on.isoformat()),
    )

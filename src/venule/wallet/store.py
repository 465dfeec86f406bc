"""Every SQL statement about orders: top-ups, payments, refunds, withdrawals, limits, the house.

What is about the bank's word stands in `bank_store.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members import BankAccountId, MemberId
from venule.wallet.model import (
    Payment,
    PaymentId,
    PaymentKind,
    PaymentState,
    Payout,
    PayoutId,
    PayoutState,
    Refund,
    RefundId,
    Spend,
    TopUp,
    TopUpId,
    TopUpState,
)
from venule.wallet.rules import Counters

MIGRATIONS: Final = Migrations("wallet", package="venule.wallet")

IDS_MAX: Final = 500
"""How many values one IN list holds; longer lists are asked for in pieces."""

_TOP_UP_STATES: Final = {state.value: state for state in TopUpState}
_PAYOUT_STATES: Final = {state.value: state for state in PayoutState}


def pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield a long list in pieces that an IN list holds."""
    for start in range(0, len(values), IDS_MAX):
        yield values[start : start + IDS_MAX]


def _by_ids(sql: Sql, columns: str, table: str, ids: Sequence[UUID]) -> Iterator[Row]:
    for piece in pieces([i.bytes for i in ids]):
        text = f"SELECT {columns} FROM {table} WHERE id IN ({marks(len(piece))})"  # noqa: S608
        yield from sql.rows(text, piece)


def marks(count: int) -> str:
    """Return as many placeholders."""
    return ", ".join("?" * count)


def _day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _on(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


def _bank_account(raw: bytes | None) -> BankAccountId | None:
    return None if raw is None else BankAccountId(UUID(bytes=raw))


# The house


def load_house(sql: Sql) -> list[Row]:
    """Return the house's accounts: name, code, account, bank, number; by name."""
    return sql.rows("SELECT name, code, account, bank, number FROM house_account ORDER BY name")


def insert_house(sql: Sql, rows: Sequence[Sequence[Any]]) -> None:
    """Write the house's accounts: name, code, account, bank, number."""
    sql.many(
        "INSERT INTO house_account (name, code, account, bank, number) VALUES (?, ?, ?, ?, ?)",
        rows,
    )


# Top-ups

_TOP_UP: Final = (
    "id, member_id, bank_account_id, reserve, account, amount, state, reason, told_seq,"
    " requested_at, told_at, ended_at"
)


def insert_top_ups(sql: Sql, top_ups: Iterable[TopUp]) -> None:
    """Write new top-ups."""
    sql.many(
        f"INSERT INTO top_up ({_TOP_UP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (
                t.id.bytes,
                t.member_id.bytes,
                None if t.bank_account_id is None else t.bank_account_id.bytes,
                t.reserve,
                t.account,
                t.amount_minor,
                t.state.value,
                t.reason,
                t.told_seq,
                to_us(t.requested_at),
                _us(t.told_at),
                _us(t.ended_at),
            )
            for t in top_ups
        ],
    )


def save_top_ups(sql: Sql, top_ups: Iterable[TopUp]) -> None:
    """Write what changes in top-ups: state, reason, when and where told, when over."""
    sql.many(
        "UPDATE top_up SET state = ?, reason = ?, told_seq = ?, told_at = ?, ended_at = ?"
        " WHERE id = ?",
        [
            (t.state.value, t.reason, t.told_seq, _us(t.told_at), _us(t.ended_at), t.id.bytes)
            for t in top_ups
        ],
    )


def load_top_ups(sql: Sql, ids: Sequence[UUID]) -> dict[UUID, TopUp]:
    """Return the top-ups among these ids."""
    return {found.id: found for found in map(_top_up, _by_ids(sql, _TOP_UP, "top_up", ids))}


def open_top_ups(sql: Sql) -> list[TopUp]:
    """Return the top-ups that are not over, the oldest first."""
    rows = sql.rows(
        f"SELECT {_TOP_UP} FROM top_up WHERE state IN ('requested', 'in_transit') ORDER BY id"  # noqa: S608
    )
    return [_top_up(row) for row in rows]


def open_top_ups_of(sql: Sql, member_id: MemberId, limit: int) -> list[TopUp]:
    """Return a member's top-ups that are not over, the newest first."""
    rows = sql.rows(
        f"SELECT {_TOP_UP} FROM top_up WHERE member_id = ?"  # noqa: S608
        " AND state IN ('requested', 'in_transit') ORDER BY id DESC LIMIT ?",
        (member_id.bytes, limit),
    )
    return [_top_up(row) for row in rows]


def top_ups_told_at(sql: Sql, reserve: str, cut_us: int) -> list[TopUp]:
    """Return the top-ups that were in transit just before an instant, the oldest first."""
    rows = sql.rows(
        f"SELECT {_TOP_UP} FROM top_up WHERE state IN ('requested', 'in_transit')"  # noqa: S608
        " AND reserve = ? AND told_at < ?"
        f" UNION ALL SELECT {_TOP_UP} FROM top_up WHERE told_at IS NOT NULL"
        " AND ended_at IS NOT NULL AND ended_at >= ? AND reserve = ? AND told_at < ? ORDER BY id",
        (reserve, cut_us, cut_us, reserve, cut_us),
    )
    return [_top_up(row) for row in rows]


def _top_up(row: Row) -> TopUp:
    raw, member, bank_account, reserve, account, amount, state, reason, seq, asked, told, over = row
    return TopUp(
        TopUpId(UUID(bytes=raw)),
        MemberId(UUID(bytes=member)),
        _bank_account(bank_account),
        reserve,
        account,
        amount,
        _TOP_UP_STATES[state],
        reason,
        seq,
        from_us(asked),
        _at(told),
        _at(over),
    )


# Withdrawals

_PAYOUT: Final = (
    "id, member_id, bank_account_id, reserve, account, amount, state, reason, held_seq,"
    " counted_on, requested_at, sent_at, ended_at"
)


def insert_payouts(sql: Sql, payouts: Iterable[Payout]) -> None:
    """Write new withdrawals."""
    sql.many(
        f"INSERT INTO payout ({_PAYOUT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (
                p.id.bytes,
                p.member_id.bytes,
                None if p.bank_account_id is None else p.bank_account_id.bytes,
                p.reserve,
                p.account,
                p.amount_minor,
                p.state.value,
                p.reason,
                p.held_seq,
                _day(p.counted_on),
                to_us(p.requested_at),
                _us(p.sent_at),
                _us(p.ended_at),
            )
            for p in payouts
        ],
    )


def save_payouts(sql: Sql, payouts: Iterable[Payout]) -> None:
    """Write what changes in withdrawals: state, reason, when sent, when over."""
    sql.many(
        "UPDATE payout SET state = ?, reason = ?, sent_at = ?, ended_at = ? WHERE id = ?",
        [(p.state.value, p.reason, _us(p.sent_at), _us(p.ended_at), p.id.bytes) for p in payouts],
    )


def load_payouts(sql: Sql, ids: Sequence[UUID]) -> dict[UUID, Payout]:
    """Return the withdrawals among these ids."""
    return {found.id: found for found in map(_payout, _by_ids(sql, _PAYOUT, "payout", ids))}


def open_payouts(sql: Sql) -> list[Payout]:
    """Return the withdrawals that are under way, the oldest first."""
    rows = sql.rows(
        f"SELECT {_PAYOUT} FROM payout WHERE state IN ('reserved', 'sent', 'returning')"  # noqa: S608
        " ORDER BY id"
    )
    return [_payout(row) for row in rows]


def payouts_sent_at(sql: Sql, reserve: str, cut_us: int) -> list[Payout]:
    """Return the withdrawals sent and not over just before an instant, the oldest first."""
    rows = sql.rows(
        f"SELECT {_PAYOUT} FROM payout WHERE state IN ('reserved', 'sent', 'returning')"  # noqa: S608
        " AND reserve = ? AND sent_at < ?"
        f" UNION ALL SELECT {_PAYOUT} FROM payout WHERE held_seq > 0"
        " AND ended_at IS NOT NULL AND ended_at >= ? AND reserve = ? AND sent_at < ? ORDER BY id",
        (reserve, cut_us, cut_us, reserve, cut_us),
    )
    return [_payout(row) for row in rows]


def _payout(row: Row) -> Payout:
    (raw, member, bank_account, reserve, account, amount, state, reason, seq, counted) = row[:10]
    asked, sent, over = row[10:]
    return Payout(
        PayoutId(UUID(bytes=raw)),
        MemberId(UUID(bytes=member)),
        _bank_account(bank_account),
        reserve,
        account,
        amount,
        _PAYOUT_STATES[state],
        reason,
        seq,
        _on(counted),
        from_us(asked),
        _at(sent),
        _at(over),
    )


def count_open_orders(sql: Sql, member_id: MemberId) -> tuple[int, int]:
    """Return how many top-ups and withdrawals of a member are under way."""
    row = sql.row(
        "SELECT (SELECT COUNT(*) FROM top_up WHERE member_id = ?"
        "  AND state IN ('requested', 'in_transit')),"
        " (SELECT COUNT(*) FROM payout WHERE member_id = ?"
        "  AND state IN ('reserved', 'sent', 'returning'))",
        (member_id.bytes, member_id.bytes),
    )
    assert row is not None
    return row[0], row[1]


# Payments and refunds

_PAYMENT: Final = (
    "id, kind, payer_id, payee_id, payer_account, payee_account, amount, fee, refunded, state,"
    " counted_on, made_at, note"
)


def insert_payments(sql: Sql, payments: Iterable[Payment]) -> None:
    """Write new payments and transfers."""
    sql.many(
        f"INSERT INTO payment ({_PAYMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            (
                p.id.bytes,
                p.kind.value,
                p.payer_id.bytes,
                p.payee_id.bytes,
                p.payer_account,
                p.payee_account,
                p.amount_minor,
                p.fee_minor,
                p.refunded_minor,
                p.state.value,
                _day(p.counted_on),
                to_us(p.made_at),
                p.note,
            )
            for p in payments
        ],
    )


def load_payments(sql: Sql, ids: Sequence[UUID]) -> dict[UUID, Payment]:
    """Return the payments and transfers among these ids."""
    return {found.id: found for found in map(_payment, _by_ids(sql, _PAYMENT, "payment", ids))}


def _payment(row: Row) -> Payment:
    raw, kind, payer, payee, payer_account, payee_account, amount, fee, refunded = row[:9]
    state, counted, made, note = row[9:]
    return Payment(
        PaymentId(UUID(bytes=raw)),
        PaymentKind(kind),
        MemberId(UUID(bytes=payer)),
        MemberId(UUID(bytes=payee)),
        payer_account,
        payee_account,
        amount,
        fee,
        refunded,
        PaymentState(state),
        _on(counted),
        from_us(made),
        note,
    )


def save_refunded(sql: Sql, payment_id: PaymentId, refunded: int, state: PaymentState) -> None:
    """Write how much of a payment has gone back in all."""
    sql.run(
        "UPDATE payment SET refunded = ?, state = ? WHERE id = ?",
        (refunded, state.value, payment_id.bytes),
    )


_REFUND: Final = "id, payment_id, request_id, amount, refunded, made_at"


def insert_refund(sql: Sql, refund: Refund) -> None:
    """Write a new refund."""
    sql.run(
        f"INSERT INTO refund ({_REFUND}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            refund.id.bytes,
            refund.payment_id.bytes,
            refund.request_id,
            refund.amount_minor,
            refund.refunded_minor,
            to_us(refund.made_at),
        ),
    )


def load_refund(sql: Sql, payment_id: PaymentId, request_id: str) -> Refund | None:
    """Return the refund made under a request id, or None."""
    row = sql.row(
        f"SELECT {_REFUND} FROM refund WHERE payment_id = ? AND request_id = ?",  # noqa: S608
        (payment_id.bytes, request_id),
    )
    return None if row is None else _refund(row)


def load_refunds(sql: Sql, payment_id: PaymentId, after: bytes, limit: int) -> list[Refund]:
    """Return the refunds of a payment with an id above `after`, the oldest first."""
    rows = sql.rows(
        f"SELECT {_REFUND} FROM refund WHERE payment_id = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
        (payment_id.bytes, after, limit),
    )
    return [_refund(row) for row in rows]


def _refund(row: Row) -> Refund:
    raw, payment, request, amount, refunded, made = row
    return Refund(
        RefundId(UUID(bytes=raw)),
        PaymentId(UUID(bytes=payment)),
        request,
        amount,
        refunded,
        from_us(made),
    )


# Limits


def count_use(sql: Sql, member_id: MemberId, on: date, periodic: int, in_all: int) -> Counters:
    """Add a use to a member's counters and return them; a new day or year begins at 0.

    periodic: fen to add to the day and the year; in_all: to the total.
    """
    row = sql.row(
        "INSERT INTO limit_counter (member_id, day_on, day_used, year_on, year_used, life_used)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (member_id) DO UPDATE SET"
        " day_used = excluded.day_used + CASE WHEN limit_counter.day_on = excluded.day_on"
        "  THEN limit_counter.day_used ELSE 0 END,"
        " year_used = excluded.year_used + CASE WHEN limit_counter.year_on = excluded.year_on"
        "  THEN limit_counter.year_used ELSE 0 END,"
        " day_on = excluded.day_on, year_on = excluded.year_on,"
        " life_used = limit_counter.life_used + excluded.life_used"
        " RETURNING day_used, year_used, life_used",
        (member_id.bytes, on.isoformat(), periodic, on.year, periodic, in_all),
    )
    assert row is not None
    return Counters(*row)


def uncount_use(
    sql: Sql, member_id: MemberId, counted_on: date, periodic: int, in_all: int
) -> None:
    """Take a use counted on a day off a member's counters, as far as day and year are still on."""
    sql.run(
        "UPDATE limit_counter SET"
        " day_used = day_used - CASE WHEN day_on = ? THEN ? ELSE 0 END,"
        " year_used = year_used - CASE WHEN year_on = ? THEN ? ELSE 0 END,"
        " life_used = life_used - ? WHERE member_id = ?",
        (
            counted_on.isoformat(),
            periodic,
            counted_on.year,
            periodic,
            in_all,
            member_id.bytes,
        ),
    )


def load_counters(sql: Sql, member_id: MemberId, on: date) -> Counters:
    """Return what a member has used as of a day."""
    row = sql.row(
        "SELECT CASE WHEN day_on = ? THEN day_used ELSE 0 END,"
        " CASE WHEN year_on = ? THEN year_used ELSE 0 END, life_used"
        " FROM limit_counter WHERE member_id = ?",
        (on.isoformat(), on.year, member_id.bytes),
    )
    return Counters(0, 0, 0) if row is None else Counters(*row)


def insert_use(sql: Sql, spend: Spend, counted_on: date) -> bool:
    """Write a use by a room above; say whether its reference was new."""
    added = sql.run(
        "INSERT INTO limit_use (ref, member_id, purpose, counted_on, amount, returned)"
        " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (ref) DO NOTHING",
        (
            spend.ref,
            spend.member_id.bytes,
            spend.use.value,
            counted_on.isoformat(),
            spend.amount_minor,
        ),
    )
    return added == 1


def load_use(sql: Sql, ref: bytes) -> tuple[MemberId, str, date, int, int] | None:
    """Return member, purpose, day, fen and fen returned of a use by a room above, or None."""
    row = sql.row(
        "SELECT member_id, purpose, counted_on, amount, returned FROM limit_use WHERE ref = ?",
        (ref,),
    )
    if row is None:
        return None
    member, purpose, counted, amount, returned = row
    return MemberId(UUID(bytes=member)), purpose, date.fromisoformat(counted), amount, returned


def save_use_returned(sql: Sql, ref: bytes, returned: int) -> None:
    """Write how much of a use has come back in all."""
    sql.run("UPDATE limit_use SET returned = ? WHERE ref = ?", (returned, ref))

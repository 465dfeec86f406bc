"""Every SQL statement about the bank's word: entries, statement lines, reconciliations, cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.wallet.model import Case, CaseId, CaseKind, CaseState
from venule.wallet.store import marks, pieces


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A booking of ours on a reserve account: + into it, - out of it, fen.

    part: 0 as first told, higher what the statement corrected. booked_at: our instant, in
    microseconds; booked_on: the bank's day.
    """

    reserve: str
    bank_ref: str
    part: int
    amount_minor: int
    ref: bytes
    booked_on: date
    booked_at: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the bank's statement, as kept."""

    reserve: str
    bank_ref: str
    amount_minor: int
    our_ref: str
    booked_on: date


# Our entries

_ENTRY: Final = "reserve, bank_ref, part, amount, ref, booked_on, booked_at"


def insert_entries(sql: Sql, entries: Iterable[Entry]) -> None:
    """Write bookings of ours."""
    sql.many(
        f"INSERT INTO bank_entry ({_ENTRY}, matched_on) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608
        [
            (
                e.reserve,
                e.bank_ref,
                e.part,
                e.amount_minor,
                e.ref,
                e.booked_on.isoformat(),
                e.booked_at,
            )
            for e in entries
        ],
    )


def known_refs(sql: Sql, reserve: str, bank_refs: Sequence[str]) -> set[str]:
    """Return those bank references that we have booked on a reserve account."""
    found: set[str] = set()
    for piece in pieces(bank_refs):
        rows = sql.rows(
            "SELECT bank_ref FROM bank_entry"  # noqa: S608
            f" WHERE reserve = ? AND part = 0 AND bank_ref IN ({marks(len(piece))})",
            (reserve, *piece),
        )
        found.update(row[0] for row in rows)
    return found


def unmatched_entries(sql: Sql, reserve: str) -> list[Entry]:
    """Return our bookings that no statement has matched yet, the oldest first."""
    rows = sql.rows(
        f"SELECT {_ENTRY} FROM bank_entry WHERE reserve = ? AND matched_on IS NULL"  # noqa: S608
        " ORDER BY booked_at, bank_ref, part",
        (reserve,),
    )
    return [
        Entry(name, bank_ref, part, amount, ref, date.fromisoformat(on), at)
        for name, bank_ref, part, amount, ref, on, at in rows
    ]


def sum_entries(sql: Sql, reserve: str, since_us: int, until_us: int) -> int:
    """Return the sum of our bookings made from one instant up to, not including, another."""
    row = sql.row(
        "SELECT COALESCE(SUM(amount), 0) FROM bank_entry"
        " WHERE reserve = ? AND booked_at >= ? AND booked_at < ?",
        (reserve, since_us, until_us),
    )
    assert row is not None
    total: int = row[0]
    return total


def match_before(sql: Sql, reserve: str, on: date, since_us: int) -> int:
    """Match all bookings of before the first statement's day; return their sum."""
    params = (reserve, on.isoformat(), since_us)
    row = sql.row(
        "SELECT COALESCE(SUM(amount), 0) FROM bank_entry"
        " WHERE reserve = ? AND booked_on < ? AND booked_at < ?",
        params,
    )
    sql.run(
        "UPDATE bank_entry SET matched_on = ? WHERE reserve = ? AND booked_on < ?"
        " AND booked_at < ?",
        (on.isoformat(), *params),
    )
    assert row is not None
    total: int = row[0]
    return total


# The bank's lines


def insert_lines(sql: Sql, lines: Iterable[Line]) -> None:
    """Write lines of a statement."""
    sql.many(
        "INSERT INTO bank_line (reserve, bank_ref, amount, our_ref, booked_on, matched_on)"
        " VALUES (?, ?, ?, ?, ?, NULL)",
        [
            (
                line.reserve,
                line.bank_ref,
                line.amount_minor,
                line.our_ref,
                line.booked_on.isoformat(),
            )
            for line in lines
        ],
    )


def known_lines(sql: Sql, reserve: str, bank_refs: Sequence[str]) -> set[str]:
    """Return those bank references that an earlier statement has shown."""
    found: set[str] = set()
    for piece in pieces(bank_refs):
        rows = sql.rows(
            "SELECT bank_ref FROM bank_line"  # noqa: S608
            f" WHERE reserve = ? AND bank_ref IN ({marks(len(piece))})",
            (reserve, *piece),
        )
        found.update(row[0] for row in rows)
    return found


def unmatched_lines(sql: Sql, reserve: str) -> list[Line]:
    """Return the bank's lines that no booking of ours has matched yet, the oldest first."""
    rows = sql.rows(
        "SELECT reserve, bank_ref, amount, our_ref, booked_on FROM bank_line"
        " WHERE reserve = ? AND matched_on IS NULL ORDER BY booked_on, bank_ref",
        (reserve,),
    )
    return [
        Line(name, bank_ref, amount, our_ref, date.fromisoformat(on))
        for name, bank_ref, amount, our_ref, on in rows
    ]


def save_matched(sql: Sql, reserve: str, bank_refs: Sequence[str], on: date, cut_us: int) -> None:
    """Write that lines and the bookings made before the cut belong together."""
    sql.many(
        "UPDATE bank_line SET matched_on = ? WHERE reserve = ? AND bank_ref = ?",
        [(on.isoformat(), reserve, ref) for ref in bank_refs],
    )
    sql.many(
        "UPDATE bank_entry SET matched_on = ? WHERE reserve = ? AND bank_ref = ? AND booked_at < ?",
        [(on.isoformat(), reserve, ref, cut_us) for ref in bank_refs],
    )


# Reconciliations


def insert_reconciliation(sql: Sql, row: Sequence[Any]) -> None:
    """Write a day's result, the values in the order of the columns."""
    sql.run(
        "INSERT INTO reconciliation"
        " (reserve, day_on, statement, opening, closing, drift, entries, breaks, report)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def load_reconciliation(sql: Sql, reserve: str, on: date) -> tuple[bytes, bytes] | None:
    """Return a day's statement hash and report, or None."""
    row = sql.row(
        "SELECT statement, report FROM reconciliation WHERE reserve = ? AND day_on = ?",
        (reserve, on.isoformat()),
    )
    return None if row is None else (row[0], row[1])


def last_reconciliation(sql: Sql, reserve: str) -> tuple[date, int, int, int] | None:
    """Return day, closing balance, drift and sum of entries of the last one, or None."""
    row = sql.row(
        "SELECT day_on, closing, drift, entries FROM reconciliation WHERE reserve = ?"
        " ORDER BY day_on DESC LIMIT 1",
        (reserve,),
    )
    return None if row is None else (date.fromisoformat(row[0]), *row[1:])


def reconciliations(
    sql: Sql, reserve: str, before: date | None, limit: int
) -> list[tuple[date, int, int]]:
    """Return day, closing balance and count of breaks of the days before one, the last first."""
    rows = sql.rows(
        "SELECT day_on, closing, breaks FROM reconciliation WHERE reserve = ? AND day_on < ?"
        " ORDER BY day_on DESC LIMIT ?",
        (reserve, "9999-99-99" if before is None else before.isoformat(), limit),
    )
    return [(date.fromisoformat(day), closing, breaks) for day, closing, breaks in rows]


# Cases

_CASE: Final = "id, kind, reserve, cause, subject, amount, detail, state, opened_at, ended_at"


def insert_cases(sql: Sql, cases: Iterable[Case]) -> list[Case]:
    """Write new cases, leaving out those whose cause is known; return the ones written."""
    text = (
        f"INSERT INTO bank_case ({_CASE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        " ON CONFLICT (cause) DO NOTHING"
    )
    return [
        c
        for c in cases
        if sql.run(
            text,
            (
                c.id.bytes,
                c.kind.value,
                c.reserve,
                c.cause,
                None if c.subject is None else c.subject.bytes,
                c.amount_minor,
                c.detail,
                c.state.value,
                to_us(c.opened_at),
                None if c.ended_at is None else to_us(c.ended_at),
            ),
        )
        == 1
    ]


def save_case(sql: Sql, case: Case) -> None:
    """Write how a case ended."""
    sql.run(
        "UPDATE bank_case SET state = ?, ended_at = ?, detail = ? WHERE id = ?",
        (
            case.state.value,
            None if case.ended_at is None else to_us(case.ended_at),
            case.detail,
            case.id.bytes,
        ),
    )


def load_case(sql: Sql, case_id: CaseId) -> Case | None:
    """Return a case, or None."""
    row = sql.row(f"SELECT {_CASE} FROM bank_case WHERE id = ?", (case_id.bytes,))  # noqa: S608
    return None if row is None else _case(row)


def case_refs(sql: Sql, refs: Sequence[bytes]) -> set[bytes]:
    """Return those references that are of cases."""
    found: set[bytes] = set()
    for piece in pieces(refs):
        text = f"SELECT id FROM bank_case WHERE id IN ({marks(len(piece))})"  # noqa: S608
        found.update(row[0] for row in sql.rows(text, piece))
    return found


def open_cases(sql: Sql) -> list[Case]:
    """Return the cases that nobody has decided, the oldest first."""
    rows = sql.rows(
        f"SELECT {_CASE} FROM bank_case WHERE state = 'open' ORDER BY opened_at, id"  # noqa: S608
    )
    return [_case(row) for row in rows]


def open_cases_after(sql: Sql, after: CaseId | None, limit: int) -> list[Case]:
    """Return open cases that came after a case, the oldest first."""
    rows = sql.rows(
        f"SELECT {_CASE} FROM bank_case WHERE state = 'open'"  # noqa: S608
        + (
            " AND (opened_at, id) > (SELECT opened_at, id FROM bank_case WHERE id = ?)"
            if after is not None
            else ""
        )
        + " ORDER BY opened_at, id LIMIT ?",
        (limit,) if after is None else (after.bytes, limit),
    )
    return [_case(row) for row in rows]


def _case(row: Row) -> Case:
    raw, kind, reserve, cause, subject, amount, detail, state, opened, ended = row
    return Case(
        CaseId(UUID(bytes=raw)),
        CaseKind(kind),
        reserve,
        cause,
        None if subject is None else UUID(bytes=subject),
        amount,
        detail,
        CaseState(state),
        from_us(opened),
        None if ended is None else from_us(ended),
    )


# How far messages are read


def load_position(sql: Sql, rail: str) -> int:
    """Return how many messages of a rail we have taken."""
    row = sql.row("SELECT position FROM rail_cursor WHERE rail = ?", (rail,))
    return 0 if row is None else row[0]


def save_position(sql: Sql, rail: str, position: int) -> None:
    """Write how many messages of a rail we have taken."""
    sql.run(
        "INSERT INTO rail_cursor (rail, position) VALUES (?, ?)"
        " ON CONFLICT (rail) DO UPDATE SET position = excluded.position",
        (rail, position),
    )

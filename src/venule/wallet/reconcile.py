"""External reconciliation: a reserve account in our books against the bank's statement, per day.

The cut is midnight, China's civil time. What the bank holds (A) less what our books say at the cut
(R) is the gap; every fen of it is an item: either a matter of time (the bank was first, or we were)
or a break. So `gap = sum of in_transit + sum of breaks` holds by construction, and is asserted.

The statement is the bank's last word: a line that no message has told us of is taken in here, as
the confirmation of the order it names, or into suspense with a case.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import Enum
from hashlib import sha256
from typing import Final

import msgspec

from venule.kit.time import china_date, china_instant, to_us
from venule.ledger import Tx
from venule.wallet import bank_store, flows, store
from venule.wallet.bank_store import Entry, Line
from venule.wallet.errors import (
    StatementChanged,
    StatementInconsistent,
    StatementOutOfOrder,
    StatementTooEarly,
)
from venule.wallet.house_accounts import house, post, reserve_account
from venule.wallet.inbox import order_id, take
from venule.wallet.model import (
    AMOUNT_MINOR_MAX,
    TEXT_CHARS_MAX,
    Case,
    CaseId,
    CaseKind,
    CaseState,
)
from venule.wallet.rail import BankMessage, BankStatement, MessageKind

_REF_CHARS_MAX: Final = TEXT_CHARS_MAX - 8
"""A reference seen again gets a number behind it; it must still fit."""


class ItemKind(Enum):
    """What an item of a reconciliation is.

    In transit, explained: bank_first (booked by the bank that day, by us after the cut),
    books_first (the bank's day of booking is a later one). Under way, in both books alike and so
    without effect on the gap: payout_sent, top_up_told. Breaks: unmatched (nobody explains the
    line; a case), difference (the bank's amount is another; a case), missing_at_bank (told as
    booked, not on the statement), opening (not the closing balance before), unrecorded (posted on
    the reserve account without an entry for the bank).
    """

    BANK_FIRST = "bank_first"
    BOOKS_FIRST = "books_first"
    PAYOUT_SENT = "payout_sent"
    TOP_UP_TOLD = "top_up_told"
    UNMATCHED = "unmatched"
    DIFFERENCE = "difference"
    MISSING_AT_BANK = "missing_at_bank"
    OPENING = "opening"
    UNRECORDED = "unrecorded"


EXPLAINED: Final = frozenset({ItemKind.BANK_FIRST, ItemKind.BOOKS_FIRST})


class Item(msgspec.Struct, frozen=True):
    """One reason for a difference. amount_minor: what it adds to the gap; of those under way, the
    order's amount. ref: the order's or the case's id, in hexadecimal."""

    kind: ItemKind
    amount_minor: int
    bank_ref: str
    ref: str


class Reconciliation(msgspec.Struct, frozen=True):
    """A day's result. bank_minor: the statement's closing balance; books_minor: ours at the cut."""

    reserve: str
    on: date
    bank_minor: int
    books_minor: int
    matched: int
    matched_minor: int
    in_transit: list[Item]
    under_way: list[Item]
    breaks: list[Item]

    @property
    def gap_minor(self) -> int:
        """What the bank holds more than our books say."""
        return self.bank_minor - self.books_minor

    @property
    def unexplained_minor(self) -> int:
        """The part of the gap that is not a matter of time."""
        return self.gap_minor - sum(item.amount_minor for item in self.in_transit)


class ReconcileDay(msgspec.Struct, frozen=True):
    """The bank's statement of a day that is over."""

    statement: BankStatement


def reconcile_day(tx: Tx, command: ReconcileDay) -> Reconciliation:
    """Compare a reserve account with the bank's statement of a day; take in what it tells anew.

    The same statement again gives the first result and does nothing. The first day may be any;
    then day follows day. Raises: ReserveUnknown, StatementInconsistent, StatementChanged,
    StatementOutOfOrder, StatementTooEarly.
    """
    statement = command.statement
    reserve, on = statement.reserve, statement.on
    account = reserve_account(house(tx), reserve)
    check_statement(statement)
    digest = sha256(msgspec.msgpack.encode(statement)).digest()
    known = bank_store.load_reconciliation(tx.sql, reserve, on)
    if known is not None:
        if known[0] != digest:
            raise StatementChanged(reserve, on)
        return msgspec.msgpack.decode(known[1], type=Reconciliation)
    if china_date(tx.now) <= on:
        raise StatementTooEarly(reserve, on)
    cut = china_instant(on + timedelta(days=1), time())
    drift, entries_minor = _follow(tx, statement, cut)
    matched, items = _compare(tx, statement, cut)
    books = -tx.balance_at(account, cut - timedelta(microseconds=1))
    if drift:
        items.append(Item(ItemKind.OPENING, drift, "", ""))
    if books != entries_minor:
        items.append(Item(ItemKind.UNRECORDED, entries_minor - books, "", ""))
    result = Reconciliation(
        reserve,
        on,
        statement.closing_minor,
        books,
        len(matched),
        sum(matched.values()),
        [item for item in items if item.kind in EXPLAINED],
        _under_way(tx, reserve, cut),
        [item for item in items if item.kind not in EXPLAINED],
    )
    assert result.unexplained_minor == sum(item.amount_minor for item in result.breaks)
    _save(tx, result, statement, digest, drift, entries_minor)
    return result


def check_statement(statement: BankStatement) -> None:
    """Check a statement by itself. Raises: StatementInconsistent."""
    total = statement.opening_minor
    for line in statement.lines:
        total += line.amount_minor
        if not 0 < abs(line.amount_minor) <= AMOUNT_MINOR_MAX:
            _inconsistent(statement, f"line {line.bank_ref!r}: {line.amount_minor} fen")
        if not 0 < len(line.bank_ref) <= _REF_CHARS_MAX:
            _inconsistent(statement, f"a line's reference is {line.bank_ref[:80]!r}")
    if total != statement.closing_minor:
        _inconsistent(
            statement,
            f"expected a closing balance of {total} fen, the opening balance and all lines, "
            f"seen {statement.closing_minor}",
        )


def _inconsistent(statement: BankStatement, reason: str) -> None:
    raise StatementInconsistent(statement.reserve, statement.on, reason)


def _follow(tx: Tx, statement: BankStatement, cut: datetime) -> tuple[int, int]:
    """Keep the lines; return the drift of openings so far, and our entries' sum at the cut."""
    reserve, on = statement.reserve, statement.on
    last = bank_store.last_reconciliation(tx.sql, reserve)
    since_us = to_us(china_instant(on, time()))
    if last is None:  # what came before the first statement is in its opening balance
        entries = bank_store.sum_entries(tx.sql, reserve, 0, since_us)
        drift = statement.opening_minor - bank_store.match_before(tx.sql, reserve, on, since_us)
    else:
        last_on, closing, drift, entries = last
        if on != last_on + timedelta(days=1):
            raise StatementOutOfOrder(reserve, last_on + timedelta(days=1), on)
        drift += statement.opening_minor - closing
    entries += bank_store.sum_entries(tx.sql, reserve, since_us, to_us(cut))
    seen = bank_store.known_lines(tx.sql, reserve, [line.bank_ref for line in statement.lines])
    lines = []
    for line in statement.lines:
        ref, times = line.bank_ref, 1
        while ref in seen:  # the bank has booked again under one reference: a line of its own
            times += 1
            ref = f"{line.bank_ref}#{times}"
            seen |= bank_store.known_lines(tx.sql, reserve, [ref])
        seen.add(ref)
        lines.append(Line(reserve, ref, line.amount_minor, line.our_ref, on))
    bank_store.insert_lines(tx.sql, lines)
    return drift, entries


def _compare(tx: Tx, statement: BankStatement, cut: datetime) -> tuple[dict[str, int], list[Item]]:
    """Match lines and entries; return the matched with their amounts, and items for the rest."""
    reserve, cut_us = statement.reserve, to_us(cut)
    lines = {line.bank_ref: line for line in bank_store.unmatched_lines(tx.sql, reserve)}
    entries = _by_ref(bank_store.unmatched_entries(tx.sql, reserve))
    news = [line for ref, line in lines.items() if ref not in entries]
    if news:
        take(tx, _as_messages(tx, news))
    entries = _by_ref(bank_store.unmatched_entries(tx.sql, reserve))
    for ref, line in lines.items():
        mine = entries.get(ref)
        if mine and sum(entry.amount_minor for entry in mine) != line.amount_minor:
            mine.append(_correct(tx, line, mine))
    cases = bank_store.case_refs(tx.sql, [e.ref for mine in entries.values() for e in mine])
    matched: dict[str, int] = {}
    items: list[Item] = []
    for ref in sorted(lines.keys() | entries.keys()):
        shown, ours = lines.get(ref), entries.get(ref, [])
        before = [entry for entry in ours if entry.booked_at < cut_us]
        booked = sum(entry.amount_minor for entry in before)
        if shown is not None and before and booked == shown.amount_minor:
            matched[ref] = booked
        elif shown is not None:
            late = [entry for entry in ours if entry.booked_at >= cut_us]
            items.append(_bank_ahead(shown, booked, late, cases))
        elif before:
            items.append(_books_ahead(before, booked, statement.on))
    bank_store.save_matched(tx.sql, reserve, list(matched), statement.on, cut_us)
    return matched, items


def _by_ref(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.bank_ref, []).append(entry)
    return found


def _bank_ahead(line: Line, booked: int, late: list[Entry], cases: set[bytes]) -> Item:
    """Say why the bank has booked more or less than we had by the cut."""
    amount = line.amount_minor - booked
    strange = [entry for entry in late if entry.ref in cases]
    if not late:  # it cannot even be booked
        return Item(ItemKind.UNMATCHED, amount, line.bank_ref, line.our_ref)
    if not strange:
        return Item(ItemKind.BANK_FIRST, amount, line.bank_ref, late[0].ref.hex())
    kind = ItemKind.DIFFERENCE if strange[0].part else ItemKind.UNMATCHED
    return Item(kind, amount, line.bank_ref, strange[0].ref.hex())


def _books_ahead(before: list[Entry], booked: int, on: date) -> Item:
    """Say why we have booked by the cut what the bank does not show."""
    later = all(entry.booked_on > on for entry in before)
    kind = ItemKind.BOOKS_FIRST if later else ItemKind.MISSING_AT_BANK
    return Item(kind, -booked, before[0].bank_ref, before[0].ref.hex())


def _as_messages(tx: Tx, lines: list[Line]) -> list[BankMessage]:
    """Read lines that we have not booked as the bank's word on the orders they name."""
    ids = [found for line in lines if (found := order_id(line.our_ref)) is not None]
    payouts = store.load_payouts(tx.sql, ids)
    messages = []
    for line in lines:
        if line.amount_minor < 0:
            kind = MessageKind.PAYOUT_BOOKED
        elif order_id(line.our_ref) in payouts:
            kind = MessageKind.PAYOUT_RETURNED
        else:
            kind = MessageKind.DEBIT_BOOKED
        messages.append(
            BankMessage(
                kind,
                line.reserve,
                line.our_ref[:TEXT_CHARS_MAX],
                abs(line.amount_minor),
                line.bank_ref,
                line.booked_on,
                "bank statement",
            )
        )
    return messages


def _correct(tx: Tx, line: Line, mine: list[Entry]) -> Entry:
    """Bring our books to the bank's amount; what differs goes to suspense with a case."""
    amount = line.amount_minor - sum(entry.amount_minor for entry in mine)
    case_id = CaseId(tx.new_id())
    known = house(tx)
    reserve = reserve_account(known, line.reserve)
    post(tx, flows.into_suspense(known, reserve, amount, case_id.bytes))
    part = 1 + max(entry.part for entry in mine)
    entry = Entry(
        line.reserve, line.bank_ref, part, amount, case_id.bytes, line.booked_on, tx.now_us
    )
    bank_store.insert_entries(tx.sql, [entry])
    case = Case(
        case_id,
        CaseKind.DIFFERENCE,
        line.reserve,
        f"difference:{line.reserve}:{line.bank_ref}:{part}",
        order_id(line.our_ref),
        amount,
        f"the statement says {line.amount_minor} fen, we had {line.amount_minor - amount}",
        CaseState.OPEN,
        tx.now,
        None,
    )
    for opened in bank_store.insert_cases(tx.sql, [case]):
        tx.emit("wallet.case_opened", opened.id, opened)
    return entry


def _under_way(tx: Tx, reserve: str, cut: datetime) -> list[Item]:
    """List the orders that were with the bank at the cut, item by item."""
    cut_us = to_us(cut)
    items = [
        Item(ItemKind.PAYOUT_SENT, p.amount_minor, "", p.id.hex)
        for p in store.payouts_sent_at(tx.sql, reserve, cut_us)
    ]
    return items + [
        Item(ItemKind.TOP_UP_TOLD, t.amount_minor, "", t.id.hex)
        for t in store.top_ups_told_at(tx.sql, reserve, cut_us)
    ]


def _save(
    tx: Tx,
    result: Reconciliation,
    statement: BankStatement,
    digest: bytes,
    drift: int,
    entries_minor: int,
) -> None:
    bank_store.insert_reconciliation(
        tx.sql,
        (
            result.reserve,
            result.on.isoformat(),
            digest,
            statement.opening_minor,
            statement.closing_minor,
            drift,
            entries_minor,
            len(result.breaks),
            msgspec.msgpack.encode(result),
        ),
    )
    tx.emit(
        "wallet.reconciled",
        bytes(16),
        {
            "reserve": result.reserve,
            "on": result.on,
            "gap_minor": result.gap_minor,
            "unexplained_minor": result.unexplained_minor,
        },
    )

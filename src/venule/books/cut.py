"""Totals over books, from one position in each journal.

A sum over books that are asked one after the other is torn: it may see a payment posted in the
paying book and not yet its receipt. A cut is consistent if no payment is settled at the paying
book's position whose receipt lies behind the receiving book's, and nothing received whose hold lies
behind. Each row keeps the other book's sequence number, so the cut is found by raising positions to
what they rest on, until nothing more is missing: everything that it adds has happened before the
last book was looked at, so it comes to an end however busy the books are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import numpy as np

from venule.books import store
from venule.books.errors import BookUnknown, CutNotReached
from venule.books.flows import BooksAccountCode
from venule.books.model import (
    At,
    BookNumber,
    BookPaymentId,
    BookTotals,
    CodeTotal,
    Cut,
    HouseTotals,
    Known,
    Open,
    Stand,
    StandQuery,
)
from venule.kit.home import Home
from venule.ledger import TransferFlags, Tx, exact_sum, trial_balance
from venule.members import WALLET_UNIT

C = TypeVar("C")
R = TypeVar("R")

CLIENT_LIABILITIES: Final = range(2000, 3000)
_NOT_POSTED: Final = int(
    TransferFlags.PENDING
    | TransferFlags.VOID_PENDING
    | TransferFlags.OPENS
    | TransferFlags.CLOSE
    | TransferFlags.REOPEN
)


class Reader(Protocol):
    """Lets functions look at a book: a `Relay`, or one of the classes below."""

    def read(self, fn: Callable[[Any, C], R], query: C) -> R:
        """Let a function look."""
        ...


class HomeReader:
    """Looks at a home that this process has open."""

    def __init__(self, home: Home[Tx]) -> None:
        self._home = home

    def read(self, fn: Callable[[Tx, C], R], query: C) -> R:
        """Let a function look, between two groups."""
        return self._home.read(lambda tx: fn(tx, query))


class PlaceReader:
    """Looks at a home that another process may write: each time at its newest state."""

    def __init__(self, look: Callable[[], Home[Tx]]) -> None:
        self._look = look

    def read(self, fn: Callable[[Tx, C], R], query: C) -> R:
        """Let a function look at the home as it is now."""
        with self._look() as home:
            return home.read(lambda tx: fn(tx, query))


# What a book answers


def stand(tx: Tx, query: StandQuery) -> Stand:
    """Return how far the journal has come, and what of other books that rests on.

    Raises: CutNotReached.
    """
    here = tx.book.position()[0]
    upto = query.upto
    if upto is None:
        upto = here if query.before_at is None else tx.seq_at(query.before_at) - 1
    if upto > here:
        raise CutNotReached(tx.book.number, here, upto)
    rests = {
        peer: store.needs(tx.sql, peer, query.after, upto) for peer in store.load_clearing(tx.sql)
    }
    return Stand(
        BookNumber(tx.book.number), upto, {peer: seq for peer, seq in rests.items() if seq}
    )


def totals_at(tx: Tx, query: At) -> BookTotals:
    """Return the sums by unit and code as they were after a transfer.

    The cost is that of all accounts, and of the transfers since. Raises: CutNotReached.
    """
    here = tx.book.position()[0]
    if query.seq > here:
        raise CutNotReached(tx.book.number, here, query.seq)
    accounts = tx.accounts_view()
    sums: defaultdict[tuple[int, int], int] = defaultdict(int)
    for line in trial_balance(accounts, tx.book):
        sums[line.unit, line.code] += line.credit - line.debit
    seq = query.seq + 1
    while seq <= here:
        first, records = tx.book.block(seq)
        late = records[seq - first :]
        seq = first + len(records)
        late = late[(late["flags"] & _NOT_POSTED) == 0]
        for side, sign in (("credit", 1), ("debit", -1)):
            kinds = accounts[late[side]]
            keys = kinds["unit"].astype(np.int64) << 16 | kinds["code"]
            for key in np.unique(keys).tolist():
                moved = exact_sum(late["amount"][keys == key])
                sums[key >> 16, key & 0xFFFF] -= sign * moved
    totals = [CodeTotal(unit, code, fen) for (unit, code), fen in sorted(sums.items())]
    return BookTotals(BookNumber(tx.book.number), query.seq, totals)


def clearing_at(tx: Tx, query: At) -> int:
    """Return the clearing account with a book, credits less debits posted, after a transfer."""
    account = store.find_clearing(tx.sql, query.peer)
    if account is None:
        return 0
    lines = tx.statement(account, limit=1, before_seq=query.seq + 1)
    return lines[0].balance if lines else 0


def open_at(tx: Tx, query: At) -> list[Open]:
    """Return the payments to a book that were held at a position, and not returned since."""
    rows = store.open_at(tx.sql, query.peer, query.seq)
    return [Open(BookPaymentId(UUID(bytes=raw)), amount) for raw, amount in rows]


def received_by(tx: Tx, query: Known) -> int:
    """Return the sum of those of these payments that had been received at a position, fen."""
    return sum(amount for _, amount in store.received_by(tx.sql, query.ids, query.seq))


# What the house makes of it


def consistent_cut(
    readers: Mapping[int, Reader], first: StandQuery | None = None, base: Cut | None = None
) -> Cut:
    """Return a consistent cut at the newest positions, or at those before an instant, or just
    above.

    base: a consistent cut that lies below; only what came after it is looked at.
    Raises: BookUnknown if a book that is not among the readers is needed; what reading raises.
    """
    known = {} if base is None else base.positions
    before_at = None if first is None else first.before_at
    positions: dict[int, int] = {}
    needed: dict[int, int] = {}
    for number, reader in readers.items():
        after = known.get(number, 0)
        found = reader.read(stand, StandQuery(after, before_at=before_at))
        positions[number] = max(found.seq, after)
        _raise(needed, found.needs)
    while behind := {b: seq for b, seq in needed.items() if seq > positions.get(b, 0)}:
        for number, seq in behind.items():
            if number not in readers:
                raise BookUnknown(number)
            found = readers[number].read(stand, StandQuery(positions[number], seq))
            positions[number] = seq
            _raise(needed, found.needs)
    return Cut(positions)


def _raise(needed: dict[int, int], more: Mapping[int, int]) -> None:
    for number, seq in more.items():
        needed[number] = max(needed.get(number, 0), seq)


def house_totals(readers: Mapping[int, Reader], cut: Cut) -> HouseTotals:
    """Return the sums over all books at a consistent cut. Raises: what reading raises."""
    sums: defaultdict[tuple[int, int], int] = defaultdict(int)
    for number, reader in readers.items():
        for line in reader.read(totals_at, At(cut.positions[number])).totals:
            sums[line.unit, line.code] += line.balance_minor
    under_way = sum(
        _under_way(readers, cut, payer, payee)
        for payer in readers
        for payee in readers
        if payer != payee
    )
    clearing = sums[WALLET_UNIT, int(BooksAccountCode.BOOK_CLEARING)]
    owed = sum(
        fen
        for (unit, code), fen in sums.items()
        if unit == WALLET_UNIT and code in CLIENT_LIABILITIES
    )
    return HouseTotals(
        cut.positions,
        [CodeTotal(unit, code, fen) for (unit, code), fen in sorted(sums.items())],
        clearing,
        under_way,
        owed - clearing - under_way,
    )


def _under_way(readers: Mapping[int, Reader], cut: Cut, payer: int, payee: int) -> int:
    """Return what one book has received of another that had not posted it yet, at a cut."""
    held = readers[payer].read(open_at, At(cut.positions[payer], payee))
    if not held:
        return 0
    known = Known([each.id for each in held], cut.positions[payee])
    return readers[payee].read(received_by, known)

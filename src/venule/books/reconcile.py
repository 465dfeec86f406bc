"""The close of a day between books: each pair's clearing accounts compared, item by item.

All pairs are compared at one consistent cut, taken at the end of the day: so a payment that one
side has and the other has not is under way, or it is a fault. Every payment posted or received
since the day before is looked for on the other side, and what was open before is looked at again;
what remains must explain the two accounts' difference to the fen. Each step is kept as it is done:
broken off at any moment, the same command goes on; done again, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from itertools import combinations

import msgspec

from venule.books import cut as cuts
from venule.books import directory_store, reconcile_store, rules, store
from venule.books.errors import DayNotOver, PairDayChanged, PairDayOutOfOrder, PairDayUnknown
from venule.books.model import (
    NOTE_CHARS_MAX,
    At,
    BookNumber,
    BookPayment,
    BookPaymentId,
    Cut,
    ExplainDay,
    Item,
    ItemKind,
    KeepCut,
    Known,
    PairDay,
    PairQuery,
    PairState,
    Receipt,
    Span,
    StandQuery,
)
from venule.books.peers import Door
from venule.kit.time import china_date, china_instant
from venule.ledger import Tx
from venule.members import check_text

# What the directory and the books keep


def keep_cut(tx: Tx, command: KeepCut) -> Cut:
    """Keep the positions at which a day is reconciled; those kept first stay. In the directory.

    Raises: DayNotOver.
    """
    today = china_date(tx.now)
    if command.day_on >= today:
        raise DayNotOver(command.day_on, today)
    known = directory_store.load_cut(tx.sql, command.day_on)
    if known:
        return Cut(known)
    directory_store.insert_cut(tx.sql, command.day_on, command.positions)
    return Cut(command.positions)


def kept_cut(tx: Tx, on: date) -> Cut:
    """Return the positions kept for a day; none if there are none."""
    return Cut(directory_store.load_cut(tx.sql, on))


def cut_before(tx: Tx, on: date) -> Cut:
    """Return the positions of the last day kept before a day; none if there are none."""
    return Cut(directory_store.last_cut(tx.sql, on))


def keep_pair_day(tx: Tx, command: PairDay) -> PairDay:
    """Keep the outcome of a pair's day; again the same changes nothing.

    Raises: PairDayChanged, PairDayOutOfOrder.
    """
    known = pair_day(tx, PairQuery(command.peer, day_on=command.day_on))
    if known is not None:
        if msgspec.structs.replace(known, state=command.state, note=command.note) != command:
            raise PairDayChanged(command.peer, command.day_on)
        return known
    last = reconcile_store.last_day(tx.sql, command.peer)
    if last is not None and last > command.day_on:
        raise PairDayOutOfOrder(command.peer, last, command.day_on)
    reconcile_store.insert_pair_day(tx.sql, command)
    if command.state is PairState.ALARM:
        tx.emit("books.pair_alarm", command.peer.to_bytes(16, "big"), command)
    return command


def pair_day(tx: Tx, query: PairQuery) -> PairDay | None:
    """Return a pair's reconciliation, None if there is none."""
    return reconcile_store.load_pair_day(tx.sql, BookNumber(tx.book.number), query)


def explain_day(tx: Tx, command: ExplainDay) -> PairDay:
    """Note why a pair's day did not balance; what was found stays. One that did stays as it is.

    Raises: TextMalformed, PairDayUnknown.
    """
    check_text("note", command.note, NOTE_CHARS_MAX)
    known = pair_day(tx, PairQuery(command.peer, day_on=command.day_on))
    if known is None:
        raise PairDayUnknown(command.peer, command.day_on)
    if known.state is PairState.BALANCED:
        return known
    reconcile_store.save_explained(tx.sql, command)
    return msgspec.structs.replace(known, state=PairState.EXPLAINED, note=command.note)


# What they answer


def settled_page(tx: Tx, query: Span) -> list[BookPayment]:
    """Return a page of payments to a book that were posted, in order of their posting."""
    return store.settled_between(tx.sql, query.peer, query.after, query.upto, query.limit)


def received_page(tx: Tx, query: Span) -> list[Receipt]:
    """Return a page of payments received from a book, in order of their receipt."""
    return store.received_between(tx.sql, query.peer, query.after, query.upto, query.limit)


def known_payments(tx: Tx, query: Known) -> list[BookPayment]:
    """Return those of these payments to other books that we know."""
    return store.load_payments(tx.sql, query.ids)


def known_receipts(tx: Tx, query: Known) -> list[Receipt]:
    """Return those of these payments from other books that we know."""
    return store.load_receipts(tx.sql, query.ids)


# The close of a day


class House:
    """The directory and all books of a house: where to look, and where to write."""

    def __init__(
        self,
        directory: tuple[cuts.Reader, Door],
        books: Mapping[int, tuple[cuts.Reader, Door]],
    ) -> None:
        self.directory, self.directory_door = directory
        self.readers = {number: reader for number, (reader, _) in sorted(books.items())}
        self.doors = {number: door for number, (_, door) in sorted(books.items())}


def close_day(house: House, on: date) -> list[PairDay]:
    """Reconcile every pair of books for a day of China; return a row for each.

    Raises: DayNotOver, PairDayOutOfOrder; what the books' doors raise.
    """
    before = house.directory.read(cut_before, on)
    here = house.directory.read(kept_cut, on)
    if not here.positions:
        end = china_instant(on + timedelta(days=1), time())
        here = cuts.consistent_cut(house.readers, StandQuery(before_at=end), before)
        keep = KeepCut(on, here.positions)
        here = house.directory_door.submit(keep_cut, keep).result()
    days = []
    for low, high in combinations(sorted(here.positions), 2):
        days.append(_close_pair(house, BookNumber(low), BookNumber(high), on, before, here))
    return days


def _close_pair(
    house: House, low: BookNumber, high: BookNumber, on: date, before: Cut, here: Cut
) -> PairDay:
    """Compare a pair, keep the outcome in the lower book and then in the other one."""
    found = house.readers[low].read(pair_day, PairQuery(high, day_on=on))
    if found is None:
        found = _compare(house, low, high, on, before, here)
        found = house.doors[low].submit(keep_pair_day, found).result()
    other = msgspec.structs.replace(
        found,
        book=high,
        peer=low,
        seq=found.peer_seq,
        peer_seq=found.seq,
        balance_minor=found.peer_balance_minor,
        peer_balance_minor=found.balance_minor,
    )
    house.doors[high].submit(keep_pair_day, other).result()
    return found


def _compare(
    house: House, low: BookNumber, high: BookNumber, on: date, before: Cut, here: Cut
) -> PairDay:
    last = house.readers[low].read(pair_day, PairQuery(high, before_on=on))
    old = [] if last is None else last.items
    items: list[Item] = []
    matched = 0
    for payer, payee in ((low, high), (high, low)):
        mine = [each for each in old if each.payer_book == payer]
        found, count = _compare_way(house, payer, payee, before, here, mine)
        items += found
        matched += count
    one = house.readers[low].read(cuts.clearing_at, At(here.positions[low], high))
    two = house.readers[high].read(cuts.clearing_at, At(here.positions[high], low))
    under_way = sum(each.amount_minor for each in items if each.kind is ItemKind.UNDER_WAY)
    unexplained = one + two + under_way
    return PairDay(
        low,
        high,
        on,
        here.positions[low],
        here.positions[high],
        one,
        two,
        under_way,
        unexplained,
        matched,
        sorted(items, key=lambda each: each.id),
        rules.pair_state(unexplained, items),
    )


def _compare_way(
    house: House, payer: BookNumber, payee: BookNumber, before: Cut, here: Cut, old: list[Item]
) -> tuple[list[Item], int]:
    """Compare what one book has paid to another: what is not alike, and how much is."""
    found: dict[BookPaymentId, Item] = {}
    matched = 0
    there = house.readers[payee]
    after, upto = before.positions.get(payer, 0), here.positions[payer]
    while paid := house.readers[payer].read(settled_page, Span(payee, after, upto)):
        after = paid[-1].ended_seq
        ids = [each.id for each in paid]
        receipts = there.read(known_receipts, Known(ids, here.positions[payee]))
        wrong = rules.compare_settled(payer, paid, receipts, here.positions[payee])
        found |= {each.id: each for each in wrong}
        matched += len(paid) - len(wrong)
    after, upto = before.positions.get(payee, 0), here.positions[payee]
    while got := there.read(received_page, Span(payer, after, upto)):
        after = got[-1].seq
        found |= _posted(house, payer, got, here)
    if old:
        ids = [each.id for each in old]
        paid = house.readers[payer].read(known_payments, Known(ids, 0))
        paid = [each for each in paid if 0 < each.ended_seq <= here.positions[payer]]
        paid = [each for each in paid if each.state is rules.SETTLED]
        got = there.read(known_receipts, Known(ids, 0))
        wrong = rules.compare_settled(payer, paid, got, here.positions[payee])
        found |= {each.id: each for each in wrong}
        got = [each for each in got if each.state is rules.RECEIVED]
        found |= _posted(house, payer, got, here)
    return list(found.values()), matched


def _posted(
    house: House, payer: BookNumber, got: list[Receipt], here: Cut
) -> dict[BookPaymentId, Item]:
    """Return those payments received that the paying book has not posted."""
    upto = here.positions[payer]
    known = house.readers[payer].read(known_payments, Known([each.id for each in got], upto))
    return {each.id: each for each in rules.compare_received(payer, got, known, upto)}

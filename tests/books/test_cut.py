"""Totals over books: torn when read one after the other, whole at a consistent cut."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from support.book_house import OPENING_FEN, BookTown
from venule.books import (
    At,
    BooksAccountCode,
    BookUnknown,
    Cut,
    CutNotReached,
    HomeReader,
    StandQuery,
    consistent_cut,
    house_totals,
    is_whole,
    open_at,
    stand,
    totals_at,
)
from venule.ledger import Tx, trial_balance

CLEARING = int(BooksAccountCode.BOOK_CLEARING)


class Busy:
    """A reader of a book; something happens in the house before each look."""

    def __init__(self, town: BookTown, number: int, between) -> None:
        self._reader = HomeReader(town.homes[number])
        self._between = between

    def read(self, fn, query):
        self._between()
        return self._reader.read(fn, query)


def wallets(tx: Tx, query: At) -> int:
    """A naive live sum: what is owed to members, now."""
    found = trial_balance(tx.accounts_view(), tx.book)
    return sum(line.credit - line.debit for line in found if line.code in (2010, 2020))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_a_sum_read_live_is_torn_and_one_at_a_cut_is_not(tmp_path, order):
    with BookTown(tmp_path / "house", 3) as town:
        members = {n: town.person(n) for n in (1, 2, 3)}
        total = 3 * OPENING_FEN
        random = Random(str(order))

        def happen() -> None:
            """Money goes around; what is told is answered, or only half."""
            a, b = random.sample((1, 2, 3), 2)
            town.lines[a, b].fate = lambda: random.choice(("ok", "answer", "lose"))
            town.transfer(a, members[a], b, members[b], 100)
            town.work(a)
            town.wait(seconds=random.randint(0, 2))

        busy = {n: Busy(town, n, happen) for n in order}
        torn = [sum(each.read(wallets, At(0)) for each in busy.values()) for _ in range(12)]
        whole = [house_totals(busy, consistent_cut(busy)) for _ in range(12)]

        assert any(sum_ != total for sum_ in torn), "the naive sum is right by chance"
        assert {total} == {each.client_minor for each in whole}
        assert all(is_whole(each) for each in whole)
        for line in town.lines.values():
            line.fate = lambda: "ok"
        town.settle()
        last = town.totals()
        assert (total, 0, 0) == (last.client_minor, last.under_way_minor, last.clearing_minor)


def test_what_is_under_way_is_counted_once(town):
    ann, ben = town.person(1), town.person(2)
    town.lines[1, 2].fate = lambda: "answer"
    town.transfer(1, ann, 2, ben, 700)
    town.work()
    found = town.totals()

    assert (700, -700) == (found.under_way_minor, found.clearing_minor)
    assert (2 * OPENING_FEN, True) == (found.client_minor, is_whole(found))
    assert town.reserves() == found.client_minor


def test_totals_at_each_position_are_those_of_the_journal(town):
    ann, ben = town.person(1), town.person(2)
    for fen in (700, 800):
        town.transfer(1, ann, 2, ben, fen)
        town.work()

    def compare(tx: Tx) -> None:
        for seq in range(tx.book.position()[0] + 1):
            found = {
                (each.unit, each.code): each.balance_minor for each in totals_at(tx, At(seq)).totals
            }
            lines = trial_balance(tx.accounts_view(), tx.book, below_seq=seq + 1)
            expected = {(each.unit, each.code): each.credit - each.debit for each in lines}
            assert expected == {key: found[key] for key in expected}
            assert not any(fen for key, fen in found.items() if key not in expected)

    town.homes[1].read(compare)
    town.homes[2].read(compare)


def test_a_position_that_is_not_there_is_refused(town):
    for fn, query in ((totals_at, At(10_000)), (stand, StandQuery(0, 10_000))):
        with pytest.raises(CutNotReached):
            town.homes[1].read(lambda tx, fn=fn, query=query: fn(tx, query))


def test_a_book_left_out_is_told(town):
    ann, ben = town.person(1), town.person(2)
    town.transfer(1, ann, 2, ben, 700)
    town.work()
    with pytest.raises(BookUnknown):
        consistent_cut({1: HomeReader(town.homes[1])})


def test_a_cut_is_raised_to_what_it_rests_on(town):
    """A settled in A is seen only with its receipt in B, even if B was looked at before."""
    ann, ben = town.person(1), town.person(2)
    before = town.homes[2].read(lambda tx: tx.book.position()[0])
    made = town.transfer(1, ann, 2, ben, 700)
    town.work()
    settled = town.payment(1, made.id)
    assert before < settled.peer_seq
    seen = town.homes[1].read(lambda tx: stand(tx, StandQuery(0, settled.ended_seq)))
    assert {2: settled.peer_seq} == seen.needs
    seen = town.homes[1].read(lambda tx: stand(tx, StandQuery(0, settled.ended_seq - 1)))
    assert {} == seen.needs
    seen = town.homes[2].read(lambda tx: stand(tx, StandQuery(0, settled.peer_seq)))
    assert {1: settled.held_seq} == seen.needs
    opened = town.homes[1].read(lambda tx: open_at(tx, At(settled.held_seq, 2)))
    assert [made.id] == [each.id for each in opened]


def test_a_base_below_gives_the_same_cut(town):
    ann, ben = town.person(1), town.person(2)
    readers = town.house().readers
    town.transfer(1, ann, 2, ben, 700)
    town.work()
    base = consistent_cut(readers)
    town.transfer(2, ben, 1, ann, 700)
    town.work()

    assert consistent_cut(readers) == consistent_cut(readers, base=base)
    assert isinstance(base, Cut)

"""The close of a day between books: what agrees, what is under way, what is an alarm."""

from __future__ import annotations

import sqlite3
from datetime import date, time

import pytest

from support.book_house import BookTown, HomeDoor
from venule.books import (
    BookNumber,
    DayNotOver,
    ExplainDay,
    ItemKind,
    PairDayOutOfOrder,
    PairDayUnknown,
    PairQuery,
    PairState,
    close_day,
    explain_day,
    pair_day,
)
from venule.kit.events import events_after
from venule.ledger import Transfer, Tx

MONDAY, TUESDAY, WEDNESDAY = date(2020, 3, 2), date(2020, 3, 3), date(2020, 3, 4)


def kept(town: BookTown, book: int, peer: int, on: date):
    return town.homes[book].read(lambda tx: pair_day(tx, PairQuery(peer, day_on=on)))


def test_a_quiet_day(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    town.send_back(2, made.id, "r", 200)
    town.work()
    town.go_to(TUESDAY)
    days = town.close_day(MONDAY)

    assert 6 == len(days)
    assert {PairState.BALANCED} == {day.state for day in days}
    first = days[0]
    assert (1, 2, 500, -500) == (
        first.book,
        first.peer,
        first.balance_minor,
        first.peer_balance_minor,
    )
    assert (2, 0, 0, []) == (
        first.matched,
        first.under_way_minor,
        first.unexplained_minor,
        first.items,
    )
    other = kept(town, 2, 1, MONDAY)
    assert (-500, 500, first.peer_seq) == (other.balance_minor, other.peer_balance_minor, other.seq)


def test_what_is_under_way_explains_the_difference_and_is_carried_on(town):
    ann, shop = town.person(1), town.merchant(2)
    town.lines[1, 2].fate = lambda: "answer"
    made = town.send(1, ann, 2, shop, 700, timeout_s=7 * 86_400)
    town.work()
    for on, after in ((MONDAY, TUESDAY), (TUESDAY, WEDNESDAY)):
        town.go_to(after)
        first = town.close_day(on)[0]
        assert (PairState.BALANCED, 0, -700, 700) == (
            first.state,
            first.balance_minor,
            first.peer_balance_minor,
            first.under_way_minor,
        )
        assert [(made.id, ItemKind.UNDER_WAY)] == [(i.id, i.kind) for i in first.items]
    town.lines[1, 2].fate = lambda: "ok"
    town.go_to(WEDNESDAY, time(20))
    town.work()
    town.go_to(date(2020, 3, 5))
    first = town.close_day(WEDNESDAY)[0]

    assert (PairState.BALANCED, 700, 0, 1, []) == (
        first.state,
        first.balance_minor,
        first.under_way_minor,
        first.matched,
        first.items,
    )


def test_the_end_of_the_day_is_the_cut(town):
    ann, shop = town.person(1), town.merchant(2)
    town.send(1, ann, 2, shop, 700)
    town.work()
    town.go_to(TUESDAY, time(9))
    town.send(1, ann, 2, shop, 11)
    town.work()
    first = town.close_day(MONDAY)[0]
    assert (700, -700) == (first.balance_minor, first.peer_balance_minor)
    town.go_to(WEDNESDAY)
    second = town.close_day(TUESDAY)[0]

    assert (711, 1) == (second.balance_minor, second.matched)


def test_again_changes_nothing_and_a_break_goes_on(town):
    ann, shop = town.person(1), town.merchant(2)
    town.send(1, ann, 2, shop, 700)
    town.work()
    town.go_to(TUESDAY, time(9))
    house = town.house()
    left = 5

    class Breaking(HomeDoor):
        def submit(self, fn, command, key=None):
            nonlocal left
            left -= 1
            if left < 0:
                raise ConnectionError("the operator's machine is gone")
            return super().submit(fn, command, key)

    house.doors = {n: Breaking(lambda n=n: town.homes[n]) for n in house.doors}
    days = None
    while days is None:
        try:
            days = close_day(house, MONDAY)
        except ConnectionError:
            left = 5 if left < -3 else 7
            town.send(1, ann, 2, shop, 1)
            town.work()
        left = max(left, 0) + 4
    assert 700 == days[0].balance_minor
    assert days == town.close_day(MONDAY)
    for day in days:
        assert (day.book, day.seq, day.items) == (
            kept(town, day.peer, day.book, MONDAY).peer,
            kept(town, day.peer, day.book, MONDAY).peer_seq,
            kept(town, day.peer, day.book, MONDAY).items,
        )


def test_days_come_in_order_and_when_they_are_over(town):
    with pytest.raises(DayNotOver):
        town.close_day(MONDAY)
    town.go_to(date(2020, 3, 6))
    town.close_day(WEDNESDAY)
    with pytest.raises(PairDayOutOfOrder):
        town.close_day(TUESDAY)


def forge(town: BookTown, text: str, *values) -> None:
    """Change rows of book 2 behind its back."""
    town.homes[2].close()
    db = sqlite3.connect(town.path(2) / "home.sqlite")
    assert db.execute(text, values).rowcount == 1
    db.commit()
    db.close()
    (town.path(2) / "seal.json").unlink()
    town.open_book(2)


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("DELETE FROM book_receipt WHERE id = ?", [ItemKind.NOT_RECEIVED]),
        ("UPDATE book_receipt SET amount = amount + 1 WHERE id = ?", [ItemKind.DIFFERS]),
        ("UPDATE book_receipt SET peer_seq = peer_seq + 1 WHERE id = ?", [ItemKind.DIFFERS]),
        (
            "UPDATE book_receipt SET id = CAST(X'41' || substr(id, 2) AS BLOB) WHERE id = ?",
            [ItemKind.NOT_HELD, ItemKind.NOT_RECEIVED],
        ),
    ],
)
def test_a_row_that_is_not_alike_is_an_alarm_until_it_is_explained(kept_town, text, kinds):
    town = kept_town
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    forge(town, text, made.id.bytes)
    town.go_to(TUESDAY)
    first = town.close_day(MONDAY)[0]

    assert PairState.ALARM is first.state
    assert kinds == sorted((item.kind for item in first.items), key=lambda kind: kind.value)
    names = town.homes[1].read(lambda tx: [e.name for e in events_after(tx.sql, 0, 1_000)])
    assert 1 == names.count("books.pair_alarm")
    town.homes[1].run(explain_day, ExplainDay(BookNumber(2), MONDAY, "a row was lost on a disk"))
    assert PairState.EXPLAINED is kept(town, 1, 2, MONDAY).state
    assert town.close_day(MONDAY)[0].items == first.items
    town.go_to(WEDNESDAY)
    second = town.close_day(TUESDAY)[0]
    assert PairState.ALARM is second.state, "it is not mended by being explained"
    assert kinds == sorted((item.kind for item in second.items), key=lambda kind: kind.value)


def test_money_that_no_payment_explains_is_an_alarm(town):
    ann, shop = town.person(1), town.merchant(2)
    town.send(1, ann, 2, shop, 700)
    town.work()

    def steal(tx: Tx, _: None) -> None:
        account = tx.sql.row("SELECT account FROM book_clearing WHERE peer = 1")[0]
        tx.post_all([Transfer(account, shop.account, 3, 703)])

    town.homes[2].run(steal, None)
    town.go_to(TUESDAY)
    first = town.close_day(MONDAY)[0]

    assert (PairState.ALARM, -3, []) == (first.state, first.unexplained_minor, first.items)
    assert any("clearing = settled - received" in each for each in town.breaks())


def test_only_a_day_that_was_kept_is_explained(town):
    with pytest.raises(PairDayUnknown):
        town.homes[1].run(explain_day, ExplainDay(BookNumber(2), MONDAY, "a note"))

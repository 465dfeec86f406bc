"""The directory: which book a member is in, and what is refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from support.book_house import BookTown
from venule.books import (
    SLOTS,
    AddBook,
    BookIds,
    BookNameTaken,
    BookUnknown,
    InstitutionTaken,
    InstitutionUnknown,
    KnownDirectory,
    MoveRange,
    RangeNotMovable,
    SetEndpoint,
    SlotsOutOfRange,
    SlotsTaken,
    SlotUnassigned,
    add_book,
    book_of_institution,
    directory,
    move_range,
    set_endpoint,
    shares,
    slot,
    where,
)
from venule.kit.ids import SeededIds
from venule.kit.time import FixedClock


@pytest.fixture
def empty(tmp_path):
    with BookTown(tmp_path / "house", 1) as town:
        yield town


def test_every_member_is_found_by_the_id(town):
    for book in town.homes:
        for _ in range(20):
            assert book == where(town.known, town.person(book, 0).id)


def test_every_slot_has_one_book(town):
    found = [where(town.known, UUID(int=each)) for each in range(0, SLOTS, 97)]

    assert sorted(found) == found
    assert set(town.homes) == set(found)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_shares_are_whole(count):
    ranges = shares(count)

    assert list(range(SLOTS)) == [i for first, last in ranges for i in range(first, last + 1)]


@pytest.mark.parametrize("first, last", [(0, SLOTS - 1), (5, 5), (65_000, SLOTS - 1)])
def test_ids_of_a_book_are_in_its_slots_in_order_and_none_twice(town, first, last):
    ids = BookIds(SeededIds(3, FixedClock(town.clock.now())), first, last)
    made = [ids.new() for _ in range(2_000)]

    assert made == sorted(set(made))
    assert all(first <= slot(each) <= last for each in made)
    assert {7} == {each.version for each in made}


def test_a_book_by_institution(tmp_path):
    with BookTown(tmp_path / "house", 1) as town:
        run = town.directory.run
        with pytest.raises(SlotsTaken):
            run(add_book, AddBook("b", 0, 5))
    known = KnownDirectory(lambda: town.known)
    with pytest.raises(InstitutionUnknown):
        book_of_institution(known.copy, "county bank")


def test_what_is_refused(empty):
    run = empty.directory.run
    [only] = empty.known.ranges
    with pytest.raises(SlotsOutOfRange):
        run(add_book, AddBook("b", 5, 4))
    with pytest.raises(SlotsTaken):
        run(add_book, AddBook("b", 5, 6))
    with pytest.raises(BookNameTaken):
        run(add_book, AddBook(empty.known.books[0].name, 5, 6))
    with pytest.raises(RangeNotMovable):
        run(move_range, MoveRange(5, 6, only.book))
    with pytest.raises(BookUnknown):
        run(move_range, MoveRange(5, 6, 9))
    with pytest.raises(BookUnknown):
        run(set_endpoint, SetEndpoint(9, "unix:somewhere"))
    assert empty.known == empty.directory.read(directory)


def test_the_version_tells_a_change(tmp_path):
    from venule.app import open_home

    with open_home(tmp_path / "directory") as home:
        assert 0 == home.read(directory).version
        home.run(add_book, AddBook("a", 0, 99, ("county bank",)))
        known = KnownDirectory(lambda: home.read(directory))
        with pytest.raises(SlotUnassigned):
            known.where(UUID(int=100))
        home.run(add_book, AddBook("b", 100, 199))
        assert (1, 2) == (known.copy.version, home.read(directory).version)
        assert 2 == known.where(UUID(int=100))
        assert 2 == known.copy.version
        assert 1 == book_of_institution(known.copy, "county bank")
        with pytest.raises(InstitutionTaken):
            home.run(add_book, AddBook("c", 200, 299, ("county bank",)))
        home.run(set_endpoint, SetEndpoint(2, "unix:here"))
        assert 3 == home.run(set_endpoint, SetEndpoint(2, "unix:here")).version

"""Events: in the order of commits, numbered without a gap."""

from __future__ import annotations

import pytest

from support.both_homes import Places, Trouble
from support.kit_homes import Put, crash, open_notes, put
from venule.kit.errors import DiskFull
from venule.kit.events import events_after
from venule.kit.home import Home
from venule.kit.tx import Call, Tx


def read(home: Home, after: int = 0, limit: int = 1000) -> list:
    return home.read(lambda tx: events_after(tx.sql, after, limit))


def test_numbers_have_no_gap_whatever_fails(places: Places):
    with open_notes(places("home")) as home:
        home.run_many(
            [Call(put, Put(1)), Call(put, Put(-1)), Call(crash, Put(5)), Call(put, Put(2))]
        )
    with open_notes(places("home")) as home:
        home.run(put, Put(3))
        events = read(home)

    assert [1, 2, 3] == [event.seq for event in events]
    assert [1, 2, 3] == [event.decode(Put).number for event in events]
    assert {"noted"} == {event.name for event in events}
    assert events[0].at <= events[1].at <= events[2].at


def test_a_page_at_a_time(places: Places):
    with open_notes(places("home")) as home:
        placed = [home.run(put, Put(n)) for n in range(5)]

        assert [1, 2] == [event.seq for event in read(home, 0, 2)]
        assert [3, 4] == [event.seq for event in read(home, 2, 2)]
        assert [] == read(home, 5)
        assert placed[0].id == read(home)[0].ref_id
        with pytest.raises(ValueError, match="limit"):
            read(home, 0, 0)


def test_a_reference_has_16_bytes(places: Places):
    def emit(tx: Tx, ref: bytes) -> None:
        tx.emit("name", ref, None)

    with open_notes(places("home")) as home:
        home.run(emit, bytes(16))
        with pytest.raises(ValueError, match="16 bytes"):
            home.run(emit, b"short")
        assert 1 == len(read(home))


def test_numbers_go_on_after_a_group_that_was_undone(places: Places):
    def full(statement: str) -> None:
        if statement == "COMMIT" and faults:
            raise faults.pop().on(home.sql)

    faults = []
    with open_notes(places("home")) as home:
        home.run(put, Put(1))
        home.sql.watch(full)
        faults.append(Trouble.FULL)
        with pytest.raises(DiskFull):
            home.run(put, Put(2))
        home.run(put, Put(3))

        assert [(1, 1), (2, 3)] == [(e.seq, e.decode(Put).number) for e in read(home)]

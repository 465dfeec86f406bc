"""Ids: version 7, in order, unique across threads, and the same again from a seed."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.ids import Ids, SeededIds, SystemIds
from venule.kit.time import FixedClock, SystemClock, VirtualClock, from_us, to_us

START = dt.datetime(2013, 7, 1, tzinfo=dt.UTC)


class Readings:
    """A clock that shows the given instants one after the other, also backward."""

    def __init__(self, at_us):
        self._at_us = iter(at_us)

    def now(self):
        return from_us(next(self._at_us))


def _many(ids: Ids, count):
    return [ids.new() for _ in range(count)]


@pytest.mark.parametrize("ids", [SystemIds(SystemClock()), SeededIds(1, FixedClock(START))])
def test_an_id_is_a_uuid_of_version_7(ids):
    for each in _many(ids, 200):
        assert (7, RFC_4122) == (each.version, each.variant)


def test_an_id_carries_its_millisecond():
    at = START + dt.timedelta(milliseconds=123, microseconds=999)

    assert to_us(at) // 1000 == SeededIds(1, FixedClock(at)).new().int >> 80


@pytest.mark.parametrize("make", [SystemIds, lambda clock: SeededIds(7, clock)])
def test_ids_grow_while_the_clock_stands(make):
    made = _many(make(FixedClock(START)), 20_000)

    assert all(a.int < b.int and a.bytes < b.bytes for a, b in pairwise(made))
    assert {made[0].int >> 80} == {each.int >> 80 for each in made}


@given(st.lists(st.integers(0, 2**50), min_size=2, max_size=50), st.integers(0, 9))
def test_ids_grow_whatever_the_clock_does(at_us, seed):
    made = _many(SeededIds(seed, Readings(at_us)), len(at_us))

    assert all(a < b for a, b in pairwise(made))
    assert all((7, RFC_4122) == (each.version, each.variant) for each in made)
    latest = [max(at_us[: i + 1]) // 1000 for i in range(len(at_us))]
    assert all(each.int >> 80 >= ms for each, ms in zip(made, latest, strict=True))


def test_a_tail_that_is_used_up_carries_into_the_millisecond():
    ids = SeededIds(1, FixedClock(START))
    first = ids.new()
    ids._last |= (1 << 74) - 1
    second = ids.new()

    assert (first.int >> 80) + 1 == second.int >> 80
    assert (7, RFC_4122) == (second.version, second.variant)


def test_a_seed_gives_the_same_ids_again():
    def run(seed):
        clock = VirtualClock(START)
        ids = SeededIds(seed, clock)
        made = _many(ids, 50)
        clock.advance(dt.timedelta(days=1))
        return made + _many(ids, 50)

    assert run(1) == run(1)
    assert run("run 2") == run("run 2")
    assert not set(run(1)) & set(run(2))


def test_threads_never_get_the_same_id():
    ids = SystemIds(FixedClock(START))
    with ThreadPoolExecutor(4) as pool:
        made = [each for part in pool.map(lambda _: _many(ids, 2_000), range(8)) for each in part]

    assert 16_000 == len(set(made))


def test_two_sources_of_the_system_differ():
    clock = FixedClock(START)

    assert not set(_many(SystemIds(clock), 100)) & set(_many(SystemIds(clock), 100))


def test_a_forked_process_does_not_go_on_with_its_parents_chance():
    ids = SystemIds(FixedClock(START))
    ids.new()
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(into, ids.new().bytes)
        os._exit(0)
    childs = os.read(out, 16)
    os.waitpid(pid, 0)
    os.close(out)
    os.close(into)

    assert 16 == len(childs)
    assert childs != ids.new().bytes

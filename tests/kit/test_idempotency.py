"""The same request twice has one effect and one answer."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from support.both_homes import Places
from support.kit_homes import START, NoteTx, Placed, Put, Unlucky, left, numbers, open_notes, put
from venule.kit.desk import Desk
from venule.kit.errors import IdempotencyKeyReused
from venule.kit.idempotency import IdempotencyKeyMalformed, purge_keys
from venule.kit.time import VirtualClock, to_us
from venule.kit.tx import Call, Tx


@pytest.fixture
def home(places: Places):
    with open_notes(places("home")) as home:
        yield home


def put_again(tx: NoteTx, command: Put) -> Placed:
    return put(tx, command)


def test_the_second_gets_the_first_answer(home):
    first = home.run(put, Put(1), key="k")
    second = home.run(put, Put(1), key="k")

    assert first == second
    assert isinstance(second, Placed)
    assert {"note": 1, "event": 1, "job": 1, "idempotency": 1, "tally": 1} == left(home)


def test_twice_in_one_group(home):
    first, second, other = home.run_many(
        [Call(put, Put(1), "k"), Call(put, Put(1), "k"), Call(put, Put(2), "k")]
    )

    assert first.value == second.value
    assert isinstance(other.error, IdempotencyKeyReused)
    assert [1] == numbers(home)


def test_after_reopening(places: Places):
    with open_notes(places("home")) as home:
        first = home.run(put, Put(1), key="k")
    with open_notes(places("home")) as home:
        assert first == home.run(put, Put(1), key="k")
        with pytest.raises(IdempotencyKeyReused):
            home.run(put, Put(2), key="k")
        assert [1] == numbers(home)


def test_another_use_case_or_body_is_refused_and_named(home):
    home.run(put, Put(1), key="k")

    with pytest.raises(IdempotencyKeyReused) as caught:
        home.run(put_again, Put(1), key="k")
    assert caught.value.first_use_case.endswith(".put")
    assert caught.value.use_case.endswith(".put_again")
    with pytest.raises(IdempotencyKeyReused, match="another body"):
        home.run(put, Put(1, "other"), key="k")


def test_a_failed_command_keeps_no_key(home):
    with pytest.raises(Unlucky):
        home.run(put, Put(-1), key="k")

    assert 2 == home.run(put, Put(2), key="k").number


def test_a_failed_and_a_good_one_in_one_group(home):
    bad, good = home.run_many([Call(put, Put(-1), "k"), Call(put, Put(2), "k")])

    assert isinstance(bad.error, Unlucky)
    assert 2 == good.value.number


def test_two_callers_at_once(home):
    answers: list[Placed] = []
    barrier = threading.Barrier(8)

    def caller() -> None:
        barrier.wait()
        answers.extend(desk.call(put, Put(n), f"k{n}") for n in range(20))

    with Desk(home) as desk:
        callers = [threading.Thread(target=caller) for _ in range(8)]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()

    assert list(range(20)) == numbers(home)
    assert 160 == len(answers)
    assert 20 == len({answer.id for answer in answers})


def test_answers_of_every_shape_come_back_equal(home):
    def nothing(tx: Tx, command: None) -> None:
        return None

    def several(tx: Tx, command: int) -> dict[str, list[Placed]]:
        return {"a": [Placed(tx.new_id(), command)]}

    for fn, command in ((nothing, None), (several, 3)):
        key = fn.__name__
        assert home.run(fn, command, key=key) == home.run(fn, command, key=key)


def test_bugs_are_named_at_once(home):
    def no_annotation(tx, command):
        return 1

    def no_encoding(tx: Tx, command: None) -> object:
        put(tx, Put(1))
        return object()

    with pytest.raises(TypeError, match="return annotation"):
        home.run(no_annotation, None, key="k")
    with pytest.raises(TypeError):
        home.run(no_encoding, None, key="k")
    assert 0 == sum(left(home).values())


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b"])
def test_strange_keys(home, key: str):
    with pytest.raises(IdempotencyKeyMalformed):
        home.run(put, Put(1), key=key)


def test_keys_of_any_text(home):
    for key in ("x" * 255, "钱包", "it's"):
        assert home.run(put, Put(1), key=key) == home.run(put, Put(1), key=key)


def test_a_groups_keys_are_looked_up_in_few_statements(home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("venule.kit.idempotency.LOOK_UP_KEYS_MAX", 8)
    first = home.run_many([Call(put, Put(n), f"k{n}") for n in range(0, 40, 2)])
    looks: list[str] = []
    home.sql.watch(lambda statement: "FROM idempotency" in statement and looks.append(statement))

    again = home.run_many([Call(put, Put(n), f"k{n}") for n in range(21)])

    assert [8, 8, 8] == [statement.count("?") for statement in looks]  # 5 are asked for as 8
    assert [o.value for o in first[:11]] == [o.value for o in again[::2]]
    assert sorted([*range(0, 40, 2), *range(1, 21, 2)]) == numbers(home)


def test_a_strange_key_is_the_fault_of_its_command_alone(home):
    strange = ["", "x" * 256, "a\0b", "\ud800", 7, None]
    home.run(put, Put(1), key="k1")
    outcomes = home.run_many(
        [Call(put, Put(n), f"k{n}") for n in (1, 2)]
        + [Call(put, Put(10 + n), key) for n, key in enumerate(strange)]
    )

    seen = [type(outcome.error) for outcome in outcomes]
    bad = [IdempotencyKeyMalformed] * 3
    assert [type(None)] * 2 + bad + [UnicodeEncodeError, TypeError, type(None)] == seen
    assert [1, 2, 15] == numbers(home)


def test_a_key_that_is_purged_counts_as_new_from_the_next_group_on(home):
    first = home.run(put, Put(1), key="k")
    purged, same = home.run_many([Call(purge_keys, to_us(START) + 1), Call(put, Put(1), "k")])
    assert (1, first) == (purged.value, same.value)

    assert first != home.run(put, Put(1), key="k")
    assert [1, 1] == numbers(home)


def test_old_keys_are_purged_in_bounded_steps(places: Places, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("venule.kit.idempotency.PURGE_ROWS_MAX", 3)
    clock = VirtualClock(START)
    with open_notes(places("home"), clock) as home:
        for n in range(5):
            home.run(put, Put(n), key=f"old{n}")
        clock.advance(timedelta(days=30))
        first = home.run(put, Put(9), key="new")
        before = to_us(clock.now() - timedelta(days=1))

        assert [3, 2, 0] == [home.run(purge_keys, before) for _ in range(3)]
        assert first == home.run(put, Put(9), key="new")
        assert 6 == len(numbers(home))

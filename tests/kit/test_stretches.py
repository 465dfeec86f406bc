"""Commands that share a savepoint: the same effects and answers as with one for each."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from support.both_homes import POSTGRESQL, RULE_BROKEN, Places, tables
from support.kit_homes import (
    NoteTx,
    Placed,
    Put,
    Unlucky,
    left,
    numbers,
    open_notes,
    put,
    put_if_lucky,
)
from venule.kit import groups
from venule.kit.tx import Call


@pytest.fixture
def home(places: Places):
    with open_notes(places("home")) as home:
        yield home


class Counted:
    """A command that counts how often it is called for each number, as nothing else can tell."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def put(self, tx: NoteTx, command: Put) -> Placed:
        self.calls.append(command.number)
        return put(tx, command)

    def refuse(self, tx: NoteTx, command: Put) -> Placed:
        """Fail with everything changed but the database."""
        self.calls.append(command.number)
        tx.tally.total += command.number
        tx.emit("refused", bytes(16), command)
        tx.sql.rows("SELECT number FROM note")
        raise Unlucky


def test_a_command_that_fails_before_it_writes_disturbs_nobody(home):
    counted = Counted()
    calls = [
        Call(counted.put, Put(1), "a"),
        Call(counted.refuse, Put(2), "b"),
        Call(counted.put, Put(3), "c"),
    ]
    outcomes = home.run_many(calls, stretch=3)

    assert [1, 2, 3] == counted.calls
    assert [type(None), Unlucky, type(None)] == [type(o.error) for o in outcomes]
    assert {"note": 2, "event": 2, "job": 2, "idempotency": 2, "tally": 4} == left(home)


def test_a_command_that_fails_after_it_wrote_is_undone_with_its_stretch_and_all_run_again(home):
    counted = Counted()
    calls = [Call(counted.put, Put(n), f"k{i}") for i, n in enumerate((1, 2, 3, -4, 5, 6, 7, 8))]
    outcomes = home.run_many(calls, stretch=2)

    assert [1, 2, 3, -4, 3, -4, 5, 6, 7, 8] == counted.calls
    assert [3] == [n for n, outcome in enumerate(outcomes) if outcome.error is not None]
    assert [1, 2, 3, 5, 6, 7, 8] == numbers(home)
    assert {"note": 7, "event": 7, "job": 7, "idempotency": 7, "tally": 32} == left(home)
    assert outcomes[4].value == home.run(counted.put, Put(5), key="k4")


def test_after_a_stretch_was_run_again_some_begin_alone(home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(groups, "ALONE_STRETCHES", 2)
    counted = Counted()
    group = [Call(counted.put, Put(n)) for n in (1, -2) * 4]

    home.run_many(group, stretch=2)
    assert 4 + 2 + 2 + 4 == len(counted.calls)
    home.run_many(group, stretch=2)
    assert 12 + 2 + 2 + 4 + 2 == len(counted.calls)


def write_and_return(tx: NoteTx, number: int) -> int:
    [(number,)] = tx.sql.rows(
        "INSERT INTO note VALUES (?, ?, '') RETURNING number", (tx.new_id().bytes, number)
    )
    if number % 2:
        raise Unlucky
    return number


def make_a_table(tx: NoteTx, number: int) -> None:
    """A change that SQLite does not count as one."""
    tx.sql.run(f"CREATE TABLE made_{number} (id BIGINT)")
    if number % 2:
        raise Unlucky


def swallow(tx: NoteTx, number: int) -> int:
    """Go on after a statement that failed, as PostgreSQL does not let anybody do."""
    for _ in range(2):
        with suppress(RULE_BROKEN):
            tx.sql.run("INSERT INTO note VALUES (?, ?, '')", (number.to_bytes(16, "big"), number))
    if number % 2:
        raise Unlucky
    return number


def walk_away(tx: NoteTx, number: int) -> int:
    """Leave a statement half read, then fail or not."""
    put(tx, Put(number))
    next(tx.sql.each("SELECT number FROM note ORDER BY number"))
    if number % 2:
        raise Unlucky
    return number


def misspell(tx: NoteTx, number: int) -> None:
    tx.sql.rows("SELECT nothing FROM note")


ANY = (put_if_lucky, write_and_return, make_a_table, swallow, walk_away, misspell)


@pytest.mark.parametrize("seed", range(6))
def test_together_or_alone_leave_the_same(places: Places, seed: int):
    random = Random(seed)
    any_of = [fn for fn in ANY if fn is not swallow or places.kind != POSTGRESQL]
    groups = []
    for first in range(100, 400, 100):
        numbers_ = random.sample(range(first, first + 100), random.randint(2, 12))
        calls = [
            Call(random.choice(any_of), n, random.choice((None, f"key-{n}"))) for n in numbers_
        ]
        calls += random.choices(calls, k=2)  # twice in a group, and again in a later one
        calls += random.choices(groups[-1], k=2) if groups else []
        groups.append(calls)

    def live(stretch: int) -> tuple[object, ...]:
        with open_notes(places(f"home{stretch}")) as home:
            outcomes = [o for group in groups for o in home.run_many(group, stretch=stretch)]
            made = home.read(lambda tx: tables(tx.sql))
            keys = home.read(lambda tx: tx.sql.rows("SELECT key FROM idempotency ORDER BY 1"))
            seqs = home.read(lambda tx: tx.sql.rows("SELECT seq FROM event ORDER BY 1"))
            errors = [type(outcome.error) for outcome in outcomes]
            return errors, numbers(home), left(home), made, keys, seqs

    alone = live(1)
    assert alone == live(3) == live(32)
    assert {type(None), Unlucky} <= set(alone[0])

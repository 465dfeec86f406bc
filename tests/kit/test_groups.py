"""Groups of a home: one that fails leaves nothing, a group that fails leaves nothing at all.

Everything is tried twice: with a savepoint for each command, and with one for all that go together.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
import weakref
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from support.both_homes import RULE_BROKEN, Place, Places, Trouble, only_files
from support.kit_homes import (
    NoteTx,
    Put,
    Unlucky,
    crash,
    left,
    numbers,
    open_notes,
    put,
)
from venule.kit.errors import CommitFailed, DiskFull, HomeDamaged, HomeLocked, HomeReadOnly
from venule.kit.home import Home
from venule.kit.sql import StorageFailed
from venule.kit.tx import Call


@pytest.fixture
def place(places: Places) -> Place:
    return places()


@pytest.fixture
def home(place: Place):
    with open_notes(place) as home:
        yield home


@pytest.fixture(params=[1, 32], ids=["alone", "together"])
def run_many(home: Home, request: pytest.FixtureRequest):
    return partial(home.run_many, stretch=request.param)


def test_a_command_that_fails_alone_leaves_nothing(home, run_many):
    outcomes = run_many(
        [
            Call(put, Put(1), "a"),
            Call(put, Put(-2), "b"),
            Call(crash, Put(3), "c"),
            Call(put, Put(4), "d"),
        ]
    )

    assert [1, 4] == [outcome.value.number for outcome in outcomes if outcome.error is None]
    assert isinstance(outcomes[1].error, Unlucky)
    assert isinstance(outcomes[2].error, ZeroDivisionError)
    assert {"note": 2, "event": 2, "job": 2, "idempotency": 2, "tally": 5} == left(home)


def test_a_single_command_raises_what_went_wrong(home):
    with pytest.raises(Unlucky):
        home.run(put, Put(-1))
    with pytest.raises(ZeroDivisionError):
        home.run(crash, Put(1))
    assert 0 == sum(left(home).values())


def test_the_participant_follows(home, run_many):
    book = home.participant
    run_many([Call(put, Put(1)), Call(put, Put(-1))])

    assert "begin" == book.said[0]
    assert {"rollback_to"} == set(book.said[1:-2])
    assert ["flush", "committed"] == book.said[-2:]
    assert 1 == book.total
    assert [] == run_many([])
    home.close()
    assert "close" == book.said[-1]


def test_a_sql_bug_undoes_its_command_alone(home, run_many):
    def twice(tx: NoteTx, command: Put) -> None:
        put(tx, command)
        for _ in range(2):
            tx.sql.run("INSERT INTO note VALUES (?, 1, '')", (bytes(16),))

    outcomes = run_many([Call(put, Put(1)), Call(twice, Put(2)), Call(put, Put(3))])

    assert isinstance(outcomes[1].error, RULE_BROKEN)
    assert [1, 3] == numbers(home)


def test_commands_do_not_nest(home):
    def outer(tx: NoteTx, command: Put) -> None:
        home.run(put, command)

    def reads(tx: NoteTx, command: Put) -> None:
        home.read(lambda tx: None)

    for fn in (outer, reads):
        with pytest.raises(AssertionError, match="must not run another"):
            home.run(fn, Put(1))
    assert [] == numbers(home)


def test_a_read_changes_nothing(home):
    home.run(put, Put(1))
    with pytest.raises(HomeReadOnly):
        home.read(lambda tx: put(tx, Put(2)))
    with pytest.raises(ZeroDivisionError):
        home.read(lambda tx: 1 // 0)
    home.run(put, Put(3))
    assert [1, 3] == numbers(home)


def test_interrupted_between_commands(home, run_many):
    def interrupted(tx: NoteTx, command: Put) -> None:
        raise KeyboardInterrupt

    home.run(put, Put(1))
    with pytest.raises(KeyboardInterrupt):
        run_many([Call(put, Put(2)), Call(interrupted, Put(3)), Call(put, Put(4))])
    assert {"note": 1, "event": 1, "job": 1, "idempotency": 0, "tally": 1} == left(home)
    home.run(put, Put(5))
    assert [1, 5] == numbers(home)


def test_threads_take_turns(home):
    threads = [
        threading.Thread(target=lambda n=n: [home.run(put, Put(n)) for _ in range(10)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 60 == len(numbers(home))
    assert 150 == left(home)["tally"]


# Faults


class Fault:
    """Makes the connection fail at statements that start with given words."""

    def __init__(self, home: Home, start: str, trouble: Trouble) -> None:
        self.start, self.error = start, trouble.on(home.sql)
        self.times = 1
        home.sql.watch(self.before)

    def before(self, statement: str) -> None:
        if self.times and statement.startswith(self.start):
            self.times -= 1
            raise self.error


GROUP = [Call(put, Put(2), "k"), Call(put, Put(3))]

# Where the connection fails, and what all callers of the group are told.
FAULTS = [
    ("BEGIN", Trouble.LOCKED, HomeLocked),
    ("BEGIN", Trouble.UNREADABLE, CommitFailed),
    ("SAVEPOINT", Trouble.UNWRITABLE, CommitFailed),
    ("SELECT use_case", Trouble.UNREADABLE, CommitFailed),
    ("INSERT INTO note", Trouble.FULL, DiskFull),
    ("INSERT INTO note", Trouble.UNWRITABLE, CommitFailed),
    ("INSERT INTO job", Trouble.FULL, DiskFull),
    ("INSERT INTO event", Trouble.FULL, DiskFull),
    ("INSERT INTO idempotency", Trouble.UNWRITABLE, CommitFailed),
    ("UPDATE home_clock", Trouble.NO_MEMORY, CommitFailed),
    ("UPDATE tally", Trouble.FULL, DiskFull),
    ("RELEASE", Trouble.BROKEN, CommitFailed),
    ("COMMIT", Trouble.FULL, DiskFull),
    ("COMMIT", Trouble.LOCKED, HomeLocked),
]


@pytest.mark.parametrize("start,trouble,expected", FAULTS)
def test_a_group_that_fails_leaves_nothing_and_the_home_goes_on(
    home, run_many, place: Place, start: str, trouble: Trouble, expected: type
):
    home.run(put, Put(1))
    before = left(home)
    home.clock.advance(timedelta(seconds=1))
    Fault(home, start, trouble)

    outcomes = run_many(GROUP)

    assert [expected] * 2 == [type(outcome.error) for outcome in outcomes]
    assert outcomes[0].error is not outcomes[1].error
    assert "abandoned" in home.participant.said
    assert before == left(home)
    assert [2, 3] == [outcome.value.number for outcome in run_many(GROUP)]
    home.close()
    with open_notes(place) as again:
        assert {"note": 3, "event": 3, "job": 3, "idempotency": 1, "tally": 6} == left(again)


def test_damage_found_on_the_way_stops_the_home(home, run_many):
    Fault(home, "INSERT INTO note", Trouble.DAMAGED)

    assert isinstance(run_many(GROUP)[1].error, HomeDamaged)
    with pytest.raises(CommitFailed):
        run_many(GROUP)


@pytest.mark.parametrize("trouble", [Trouble.UNFLUSHED, Trouble.BROKEN])
def test_a_commit_of_unknown_outcome_poisons(home, run_many, place: Place, trouble: Trouble):
    Fault(home, "COMMIT", trouble)

    assert [CommitFailed] * 2 == [type(outcome.error) for outcome in run_many(GROUP)]
    assert "abandoned" not in home.participant.said
    for use in (lambda: home.run(put, Put(9)), lambda: home.read(lambda tx: None)):
        with pytest.raises(CommitFailed, match="earlier"):
            use()
    home.close()
    assert "close" not in home.participant.said
    with open_notes(place) as again:
        assert [] == numbers(again)
        again.run(put, Put(4))


def test_a_participant_that_cannot_come_back_poisons(home, run_many):
    def fails(*args: object) -> None:
        raise RuntimeError("lost")

    home.participant.abandoned = fails
    Fault(home, "INSERT INTO note", Trouble.FULL)

    assert isinstance(run_many(GROUP)[0].error, DiskFull)
    with pytest.raises(CommitFailed, match="lost"):
        home.run(put, Put(1))


def test_a_participant_that_fails_after_the_commit_poisons(home, place: Place):
    def fails(*args: object) -> None:
        raise RuntimeError("lost")

    home.participant.committed = fails
    with pytest.raises(RuntimeError):
        home.run(put, Put(1))
    with pytest.raises(CommitFailed):
        home.run(put, Put(2))
    home.close()
    with open_notes(place) as again:
        assert [1] == numbers(again)


def test_a_command_cannot_swallow_a_full_disk(home, run_many):
    def swallows(tx: NoteTx, command: Put) -> None:
        try:
            put(tx, command)
        except DiskFull:
            tx.emit("all is well", bytes(16), None)

    Fault(home, "INSERT INTO note", Trouble.FULL)

    assert isinstance(run_many([Call(swallows, Put(1))])[0].error, DiskFull)
    assert 0 == sum(left(home).values())


@only_files
def test_a_really_full_disk(home, run_many, place: Place):
    home.run(put, Put(1), key="first")
    before = left(home)
    pages = home.sql.rows("PRAGMA page_count")[0][0]
    home.sql.run(f"PRAGMA max_page_count = {pages + 10}")

    outcomes = run_many([Call(put, Put(n, "x" * 50_000), f"k{n}") for n in range(8)])

    assert [DiskFull] * 8 == [type(outcome.error) for outcome in outcomes]
    assert before == left(home)
    home.run(put, Put(2))  # a small one still fits
    home.sql.run("PRAGMA max_page_count = 100000")
    outcomes = run_many([Call(put, Put(n, "x" * 50_000), f"k{n}") for n in range(8)])
    assert all(outcome.error is None for outcome in outcomes)
    home.close()
    with open_notes(place) as again:
        assert 10 == len(numbers(again))


@only_files
def test_a_file_that_may_not_grow(place: Place):
    """The system refuses to write beyond a size: the log cannot take the commit."""

    def work() -> None:
        import resource

        with open_notes(place) as home:
            home.run(put, Put(1))
            size = (Path(place) / "home.sqlite-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
            failed = home.run_many([Call(put, Put(n, "x" * 50_000)) for n in range(8)])
            assert {CommitFailed} == {type(outcome.error) for outcome in failed}
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )

    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with open_notes(place) as again:
        assert [1] == numbers(again)
        assert 1 == left(again)["tally"]


@only_files
def test_nothing_is_written_after_an_error_that_ended_the_transaction(home, run_many):
    """SQLite would take it as a transaction of its own, and make it durable."""

    def goes_on(tx: NoteTx, command: Put) -> None:
        for number in (1, 2):
            with suppress(StorageFailed):
                tx.sql.run("INSERT INTO note VALUES (?, ?, '')", (bytes([number]), number))

    def ended(statement: str) -> None:
        if statement.startswith("INSERT INTO note") and home.sql.fatal is None:
            home.sql.conn.rollback()  # as SQLite may do by itself
            raise disk_error

    disk_error = sqlite3.OperationalError("disk I/O error")
    disk_error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    home.sql.watch(ended)
    outcomes = run_many([Call(goes_on, Put(1)), Call(put, Put(3))])

    assert [CommitFailed] * 2 == [type(outcome.error) for outcome in outcomes]
    assert 0 == sum(left(home).values())


@only_files
def test_a_command_that_ends_the_transaction_fails_the_group(home, run_many, place: Place):
    def ends(tx: NoteTx, command: Put) -> None:
        tx.sql.run("INSERT INTO note VALUES (?, 7, '')", (bytes(16),))
        with suppress(RULE_BROKEN):
            tx.sql.run("INSERT OR ROLLBACK INTO note VALUES (?, 7, '')", (bytes(16),))

    outcomes = run_many([Call(put, Put(1)), Call(ends, Put(2)), Call(put, Put(3))])

    assert [CommitFailed] * 3 == [type(outcome.error) for outcome in outcomes]
    assert 0 == sum(left(home).values())
    home.run(put, Put(4))
    home.close()
    with open_notes(place) as again:
        assert [4] == numbers(again)


class Bug(Exception):
    pass


def stumble(tx: NoteTx, command: Put) -> None:
    raise Bug


def test_an_error_answered_is_not_kept(home, run_many):
    """An error holds the frames it came through, and they the answers, and these the error."""
    told = [weakref.ref(each.error) for each in run_many([Call(stumble, Put(1))] * 2)]
    gc.collect()
    assert [None, None] == [error() for error in told]

"""The desk: groups gather by themselves, callers are answered after the commit, none is lost."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from time import sleep

import pytest

from support.both_homes import Places, Trouble
from support.kit_homes import (
    NoteTx,
    Put,
    Unlucky,
    crash,
    held_up,
    left,
    numbers,
    open_notes,
    put,
)
from venule.kit.desk import Desk
from venule.kit.errors import CommitFailed, DeskBusy, DeskClosed, DiskFull, HomeClosed
from venule.kit.home import Home


@pytest.fixture
def home(places: Places):
    with open_notes(places("home")) as home:
        yield home


def groups_of(home: Home) -> list[int]:
    """Record the sizes of the groups from here on."""
    sizes: list[int] = []
    run_many = home.run_many
    home.run_many = lambda calls, **how: (sizes.append(len(calls)), run_many(calls, **how))[1]
    return sizes


def test_many_callers(home):
    def caller(first: int) -> None:
        for n in range(first, first + 25):
            assert n == desk.call(put, Put(n)).number

    with Desk(home) as desk:
        threads = [threading.Thread(target=caller, args=(n * 25,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert list(range(400)) == numbers(home)


def test_all_that_waits_goes_in_one_group_up_to_the_bound(home):
    sizes = groups_of(home)
    with Desk(home, group_max=4) as desk:
        gate = held_up(desk)
        futures = [desk.submit(put, Put(n)) for n in range(10)]
        gate.open.set()
        assert list(range(10)) == [future.result(20).number for future in futures]

    assert [1, 4, 4, 2] == sizes


def test_answered_only_when_durable(home):
    answered_before: list[bool] = []

    def watch(statement: str) -> None:
        if statement == "COMMIT":
            answered_before.extend(future.done() for future in futures)

    futures: list[Future] = []
    with Desk(home) as desk:
        gate = held_up(desk)
        home.sql.watch(watch)
        futures += [desk.submit(put, Put(n)) for n in range(5)]
        gate.open.set()
        for future in futures:
            future.result(20)

    assert len(answered_before) >= 5
    assert not any(answered_before)


def test_each_gets_its_own_answer(home):
    with Desk(home) as desk:
        gate = held_up(desk)
        good = desk.submit(put, Put(1), "k")
        refused = desk.submit(put, Put(-1))
        bug = desk.submit(crash, Put(1))
        same = desk.submit(put, Put(1), "k")
        gate.open.set()

        assert good.result(20) == same.result(20)
        with pytest.raises(Unlucky):
            refused.result(20)
        with pytest.raises(ZeroDivisionError):
            bug.result(20)
        with pytest.raises(Unlucky):
            desk.call(put, Put(-1))
    assert [1] == numbers(home)


def test_a_cancelled_command_is_not_run(home):
    with Desk(home) as desk:
        gate = held_up(desk)
        first, second = desk.submit(put, Put(1)), desk.submit(put, Put(2))
        assert first.cancel()
        gate.open.set()
        assert 2 == second.result(20).number
        assert not second.cancel()
    assert [2] == numbers(home)


def test_a_full_queue_says_so_and_recovers(home):
    with Desk(home, waiting_max=3) as desk:
        gate = held_up(desk)
        futures = [desk.submit(put, Put(n)) for n in range(3)]
        with pytest.raises(DeskBusy) as caught:
            desk.submit(put, Put(9))
        assert caught.value.retryable
        with pytest.raises(DeskBusy):
            desk.call(put, Put(9))
        gate.open.set()
        for future in futures:
            future.result(20)
        desk.call(put, Put(3))
    assert [0, 1, 2, 3] == numbers(home)


def test_close_finishes_what_waits(home):
    desk = Desk(home, group_max=2)
    gate = held_up(desk)
    futures = [desk.submit(put, Put(n)) for n in range(7)]
    closer = threading.Thread(target=desk.close)
    closer.start()
    gate.open.set()
    closer.join(20)

    assert all(future.done() for future in futures)
    assert list(range(7)) == numbers(home)
    desk.close()
    with pytest.raises(DeskClosed):
        desk.submit(put, Put(1))
    with pytest.raises(DeskClosed):
        desk.call(put, Put(1))


def test_closing_while_callers_come_leaves_no_one_without_an_answer(home):
    ended: list[str] = []

    def caller() -> None:
        try:
            while True:
                desk.call(put, Put(1))
        except DeskClosed:
            ended.append("closed")

    desk = Desk(home)
    threads = [threading.Thread(target=caller) for _ in range(8)]
    for thread in threads:
        thread.start()
    desk.call(put, Put(1))
    desk.close()
    for thread in threads:
        thread.join(20)

    assert ["closed"] * 8 == ended


def test_a_group_that_fails_is_told_to_all_and_the_next_goes_on(home):
    def full(statement: str) -> None:
        if statement == "COMMIT" and faults:
            raise faults.pop().on(home.sql)

    faults = []
    home.sql.watch(full)
    with Desk(home) as desk:
        gate = held_up(desk)
        futures = [desk.submit(put, Put(n)) for n in range(3)]
        faults.append(Trouble.FULL)
        gate.open.set()  # its own group fails first
        for future in futures:
            future.exception(20)
        faults.append(Trouble.FULL)
        with pytest.raises(DiskFull):
            desk.call(put, Put(8))
        assert 9 == desk.call(put, Put(9)).number
        faults.append(Trouble.UNFLUSHED)
        for _ in range(2):
            with pytest.raises(CommitFailed):
                desk.call(put, Put(10))


class Interrupted(Exception):
    """What comes to a waiting thread from outside."""


def test_a_signal_in_the_main_thread_leaves_no_other_caller_waiting(home):
    """The main thread stops waiting; those who stand behind it must be woken all the same."""

    def interrupt(*args: object) -> None:
        raise Interrupted

    answers: list[int] = []
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Desk(home) as desk:
            gate = held_up(desk)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Interrupted):
                desk.call(put, Put(1))
            threads = callers(desk, answers, range(2, 6))
            gate.open.set()
            for thread in threads:
                thread.join(20)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert [2, 3, 4, 5] == sorted(answers)
    assert [1, 2, 3, 4, 5] == numbers(home)


def test_an_exception_from_outside_leaves_no_other_caller_waiting(home):
    """As a debugger or a test's time limit raises it in a thread that waits."""
    answers: list[int] = []
    with Desk(home) as desk:
        gate = held_up(desk)
        threads = [*callers(desk, answers, [1]), *callers(desk, answers, [2, 3])]
        thread_id = ctypes.c_ulong(threads[0].ident or 0)
        raised = ctypes.pythonapi.PyThreadState_SetAsyncExc(
            thread_id, ctypes.py_object(Interrupted)
        )
        gate.open.set()
        for thread in threads:
            thread.join(20)

    assert 1 == raised
    assert [2, 3] == sorted(answers)
    assert [1, 2, 3] == numbers(home)


def callers(desk: Desk, answers: list[int], puts: Iterable[int]) -> list[threading.Thread]:
    """Start a thread for each command, in this order; return once all are in the queue."""
    threads = []
    for number in puts:
        before = desk._queue.qsize()
        thread = threading.Thread(target=ask, args=(desk, answers, number), daemon=True)
        thread.start()
        threads.append(thread)
        while desk._queue.qsize() == before:
            sleep(0.001)
    return threads


def ask(desk: Desk, answers: list[int], number: int) -> None:
    with suppress(Interrupted):
        answers.append(desk.call(put, Put(number)).number)


def test_a_closed_home_is_told(home):
    with Desk(home) as desk:
        home.close()
        with pytest.raises(HomeClosed):
            desk.call(put, Put(1))


def test_a_command_that_wants_to_exit_does_not_take_the_desk_with_it(home):
    def leaves(tx: NoteTx, command: None) -> None:
        raise SystemExit(3)

    with Desk(home) as desk:
        with pytest.raises(CommitFailed, match="SystemExit"):
            desk.call(leaves, None)
        desk.call(put, Put(1))
    assert {"note": 1, "event": 1, "job": 1, "idempotency": 0, "tally": 1} == left(home)


def test_commands_do_not_go_back_to_the_desk(home):
    def again(act: Callable[[], object]) -> Callable[[NoteTx, None], None]:
        return lambda tx, command: (act(), None)[1]

    with Desk(home) as desk:
        for act in (lambda: desk.call(put, Put(1)), lambda: desk.submit(put, Put(1)), desk.close):
            with pytest.raises(AssertionError, match="a command must not"):
                desk.call(again(act), None)

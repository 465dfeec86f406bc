"""The desk's door for tasks of an event loop: answered together, taken back, never left waiting."""

from __future__ import annotations

import asyncio
import threading

import pytest

from support.both_homes import Places, Trouble
from support.kit_homes import (
    Gate,
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
from venule.kit.errors import CommitFailed, DeskBusy, DeskClosed, HomeClosed
from venule.kit.home import Home

TIMEOUT_S = 20


@pytest.fixture
def home(places: Places):
    with open_notes(places("home")) as home:
        yield home


@pytest.fixture
def desk(home: Home):
    with Desk(home, waiting_max=50) as desk:
        yield desk


async def put_down(desk: Desk, *puts: Put) -> list[asyncio.Task]:
    """Start a task for each command and let it get as far as waiting for its answer."""
    tasks = [asyncio.create_task(desk.acall(put, it)) for it in puts]
    await asyncio.sleep(0)
    return tasks


def run(main) -> object:
    return asyncio.run(asyncio.wait_for(main, TIMEOUT_S))


def test_the_tasks_of_a_group_are_woken_together(home, desk, monkeypatch: pytest.MonkeyPatch):
    async def main() -> None:
        loop = asyncio.get_running_loop()
        wakes: list[object] = []
        soon = loop.call_soon_threadsafe
        monkeypatch.setattr(
            loop, "call_soon_threadsafe", lambda *call: (wakes.append(call), soon(*call))[1]
        )
        gate = held_up(desk)
        tasks = await put_down(desk, *(Put(n) for n in range(10)))
        gate.open.set()
        assert list(range(10)) == [placed.number for placed in await asyncio.gather(*tasks)]
        assert 1 == len(wakes)

    run(main())
    assert list(range(10)) == numbers(home)


def test_each_task_gets_its_own_answer(home, desk):
    def stops(tx: NoteTx, command: None) -> None:
        raise StopIteration  # which a future would not take

    async def main() -> list[object]:
        return await asyncio.gather(
            desk.acall(put, Put(1), "k"),
            desk.acall(put, Put(-1)),
            desk.acall(crash, Put(1)),
            desk.acall(stops, None),
            desk.acall(put, Put(1), "k"),
            return_exceptions=True,
        )

    first, refused, bug, stopped, same = run(main())
    assert first == same
    assert isinstance(refused, Unlucky)
    assert isinstance(bug, ZeroDivisionError)
    assert isinstance(stopped, RuntimeError)  # as everywhere in a coroutine
    assert [1] == numbers(home)


def test_a_task_cancelled_before_its_command_begins_takes_it_back(home, desk):
    async def main() -> None:
        gate = held_up(desk)
        first, second = await put_down(desk, Put(1), Put(2))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.open.set()
        assert 2 == (await second).number

    run(main())
    assert [2] == numbers(home)


def test_a_task_cancelled_later_has_no_answer_but_its_effect(home, desk):
    async def main() -> None:
        before, gate = held_up(desk), Gate()
        task = asyncio.create_task(desk.acall(gate.command, None))
        others = await put_down(desk, Put(2), Put(3))
        before.open.set()  # all three are one group now
        await asyncio.to_thread(gate.reached.wait, TIMEOUT_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open.set()
        assert [2, 3] == [placed.number for placed in await asyncio.gather(*others)]

    run(main())
    assert [2, 3] == numbers(home)


def test_a_time_limit_works_and_the_same_key_tells_what_became_of_it(home, desk):
    async def main() -> None:
        gate = held_up(desk)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.acall(put, Put(1), "k"), 0.01)
        gate.open.set()
        assert 1 == (await desk.acall(put, Put(1), "k")).number

    run(main())
    assert [1] == numbers(home)


def test_a_loop_closed_meanwhile_disturbs_nobody(home, desk):
    gate = Gate()
    loop = asyncio.new_event_loop()
    task = loop.create_task(desk.acall(gate.command, None))
    loop.run_until_complete(asyncio.sleep(0))
    assert gate.reached.wait(TIMEOUT_S)
    other = desk.submit(put, Put(2))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    gate.open.set()

    assert 2 == other.result(TIMEOUT_S).number
    assert 3 == desk.call(put, Put(3)).number
    assert [2, 3] == numbers(home)


def test_callers_of_every_kind_in_one_group(home, desk):
    """Two loops, threads and futures: the chain of one kind does not pass another by."""
    answers: list[int] = []
    ready = threading.Barrier(6)

    def loop_of(first: int) -> None:
        async def main() -> None:
            tasks = await put_down(desk, *(Put(n) for n in range(first, first + 5)))
            ready.wait(TIMEOUT_S)
            answers.extend(placed.number for placed in await asyncio.gather(*tasks))

        run(main())

    def caller(number: int) -> None:
        ready.wait(TIMEOUT_S)
        answers.append(desk.call(put, Put(number)).number)

    gate = held_up(desk)
    threads = [threading.Thread(target=loop_of, args=(first,)) for first in (0, 5)]
    threads += [threading.Thread(target=caller, args=(number,)) for number in (10, 11, 12)]
    for thread in threads:
        thread.start()
    ready.wait(TIMEOUT_S)
    future = desk.submit(put, Put(13))
    gate.open.set()
    for thread in threads:
        thread.join(TIMEOUT_S)

    assert 13 == future.result(TIMEOUT_S).number
    assert list(range(13)) == sorted(answers)
    assert list(range(14)) == numbers(home)


def test_a_full_queue_and_a_closed_desk_say_so_at_once(home):
    async def main() -> None:
        desk = Desk(home, waiting_max=3)
        gate = held_up(desk)
        tasks = await put_down(desk, Put(0), Put(1), Put(2))
        with pytest.raises(DeskBusy):
            await desk.acall(put, Put(9))
        closing = asyncio.create_task(asyncio.to_thread(desk.close))
        gate.open.set()
        await closing
        assert [0, 1, 2] == [placed.number for placed in await asyncio.gather(*tasks)]
        with pytest.raises(DeskClosed):
            await desk.acall(put, Put(9))

    run(main())
    assert [0, 1, 2] == numbers(home)


def test_closing_within_the_loop_answers_who_waits(home):
    async def main() -> None:
        desk = Desk(home)
        tasks = await put_down(desk, Put(1), Put(2))
        desk.close()
        assert [1, 2] == [placed.number for placed in await asyncio.gather(*tasks)]

    run(main())


def test_a_poisoned_and_a_closed_home_are_told_to_every_task(home, desk):
    def fails(statement: str) -> None:
        if statement == "COMMIT":
            raise Trouble.UNFLUSHED.on(home.sql)

    async def both() -> list[type]:
        tasks = await put_down(desk, Put(1), Put(2))
        return [type(error) for error in await asyncio.gather(*tasks, return_exceptions=True)]

    home.sql.watch(fails)
    assert [CommitFailed] * 2 == run(both())
    assert [CommitFailed] * 2 == run(both())
    home.close()
    assert [HomeClosed] * 2 == run(both())


def test_a_command_does_not_go_back_to_the_desk_as_a_task(home, desk):
    def again(tx: NoteTx, command: None) -> None:
        asyncio.run(desk.acall(put, Put(1)))

    async def main() -> None:
        with pytest.raises(AssertionError, match="a command must not"):
            await desk.acall(again, None)

    run(main())
    assert 0 == sum(left(home).values())

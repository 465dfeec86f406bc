"""Commands from another process: each done once, each answered, whatever dies between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from support import relays
from support.kit_homes import NoteTx, Placed, Put, Unlucky, crash, open_notes, put
from support.relays import (
    SECRET,
    Served,
    count_from,
    fork_writer,
    hold,
    kill,
    not_served,
    numbers,
    served,
    talk,
)
from venule.kit import telling
from venule.kit.errors import IdempotencyKeyReused
from venule.kit.home import Home
from venule.kit.relay import (
    AnswerLost,
    AnswerTooLarge,
    AskMalformed,
    CommandBroke,
    ForeignError,
    ProcedureUnknown,
    Relay,
    RelayBusy,
    RelayClosed,
    WriterUnreachable,
    client,
    procedures,
)


@pytest.fixture(autouse=True)
def held() -> None:
    relays.HELD.clear()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home[NoteTx]]:
    with open_notes(tmp_path / "home") as home:
        yield home


@pytest.fixture(params=["unix", "tcp"])
def serving(request: pytest.FixtureRequest, home: Home[NoteTx]) -> Iterator[Served]:
    endpoint = f"unix:{home.path}/writer" if request.param == "unix" else "tcp:127.0.0.1:0"
    with served(home, endpoint) as serving:
        yield serving
        relays.HELD.set()


@pytest.fixture
def relay(serving: Served) -> Iterator[Relay]:
    with Relay(lambda: serving.endpoint, SECRET) as relay:
        yield relay
        relays.HELD.set()


def test_a_command_is_carried_out_and_answered(relay: Relay, home: Home[NoteTx]):
    placed = relay.call(put, Put(5, "tea"))
    assert isinstance(placed, Placed)
    assert 5 == placed.number
    assert [5] == home.read(numbers)
    assert [5] == relay.read(numbers)
    assert 1 == relay.read(count_from, 5)
    assert 0 == relay.read(count_from, 6)


def test_the_same_key_gets_the_first_answer(relay: Relay):
    first = relay.call(put, Put(5), "k")
    assert first == relay.call(put, Put(5), "k")
    assert [5] == relay.read(numbers)
    with pytest.raises(IdempotencyKeyReused) as raised:
        relay.call(put, Put(6), "k")
    assert "k" == raised.value.key


def test_errors_are_the_writers(relay: Relay):
    with pytest.raises(Unlucky):
        relay.call(put, Put(-1))
    with pytest.raises(CommandBroke, match="ZeroDivisionError"):
        relay.call(crash, Put(1))
    with pytest.raises(ProcedureUnknown, match="not_served"):
        relay.call(not_served, Put(1))
    with pytest.raises(AskMalformed, match="number"):
        relay.call(put, {"number": "one"})  # type: ignore[arg-type]
    with pytest.raises(AnswerTooLarge):
        relay.read(talk, 17 << 20)
    assert 1 << 20 == len(relay.read(talk, 1 << 20))
    assert [] == relay.read(numbers)


def test_an_answer_or_an_error_of_another_version_is_told(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Unlucky, "slug", "from-the-future")
    monkeypatch.setattr(telling, "all_errors", list)
    with pytest.raises(ForeignError, match="from-the-future"):
        relay.call(put, Put(-1))
    known = relay._procedures[put, False]
    other = known._replace(give=procedures.msgspec.msgpack.Decoder(int).decode)
    relay._procedures[put, False] = other
    with pytest.raises(ForeignError, match="an answer of"):
        relay.call(put, Put(1))


def test_many_threads_at_once(relay: Relay):
    with ThreadPoolExecutor(16) as pool:
        placed = list(pool.map(lambda n: relay.call(put, Put(n), str(n)), range(400)))
    assert list(range(400)) == [answer.number for answer in placed]
    assert list(range(400)) == relay.read(numbers)


def test_many_tasks_at_once(relay: Relay):
    async def pay() -> list[Placed]:
        return await asyncio.gather(*(relay.acall(put, Put(n), str(n)) for n in range(2_000)))

    assert list(range(2_000)) == [answer.number for answer in asyncio.run(pay())]
    assert list(range(2_000)) == relay.read(numbers)


def test_stopping_answers_what_was_taken(relay: Relay, serving: Served):
    taken = relay.submit(hold, Put(1))
    time.sleep(0.2)
    stopping = ThreadPoolExecutor().submit(serving.stop)
    time.sleep(0.1)
    assert not stopping.done()
    relays.HELD.set()
    assert 1 == taken.result(20).number
    stopping.result(20)


@pytest.mark.parametrize(
    "found, seen",
    [("unix:/nowhere/writer", "FileNotFound"), (None, "no writer"), ("here", "expected unix")],
)
def test_without_a_writer_the_caller_is_told(found: str | None, seen: str):
    relay = Relay(lambda: found, SECRET, timeout_s=0.3)
    with relay, pytest.raises(WriterUnreachable, match=seen):
        relay.call(put, Put(1), "k")


def test_an_answer_that_does_not_come_in_time_is_unknown(home: Home[NoteTx]):
    endpoint = f"unix:{home.path}/writer"
    with served(home, endpoint), Relay(lambda: endpoint, SECRET, timeout_s=0.5) as relay:
        with pytest.raises(AnswerLost) as raised:
            relay.call(hold, Put(1), "k")
        assert "k" == raised.value.key
        relays.HELD.set()
        assert 1 == relay.call(hold, Put(1), "k").number
        assert [1] == relay.read(numbers)


def test_a_late_answer_harms_nobody(home: Home[NoteTx]):
    endpoint = f"unix:{home.path}/writer"
    with served(home, endpoint), Relay(lambda: endpoint, SECRET, timeout_s=0.3) as relay:
        with pytest.raises(AnswerLost):
            relay.call(hold, Put(1))
        relays.HELD.set()
        assert [2] == [relay.call(put, Put(2), "next").number]
        assert [1, 2] == relay.read(numbers)


def test_too_many_wait(home: Home[NoteTx]):
    with Relay(lambda: None, SECRET, timeout_s=0.3, waiting_max=2) as relay:
        waiting = [relay.submit(put, Put(n)) for n in range(2)]
        with pytest.raises(RelayBusy):
            relay.submit(put, Put(2))
        assert all(isinstance(future.exception(20), WriterUnreachable) for future in waiting)


def test_a_closed_relay_takes_nothing(serving: Served):
    relay = Relay(lambda: serving.endpoint, SECRET)
    last = relay.submit(put, Put(1))
    relay.close()
    relay.close()
    assert 1 == last.result(0).number
    with pytest.raises(RelayClosed):
        relay.call(put, Put(2))


def test_a_cancelled_future_harms_nobody(relay: Relay):
    assert relay.submit(hold, Put(1)).cancel()
    relays.HELD.set()
    assert [1, 2] == [relay.call(put, Put(2)).number - 1, len(relay.read(numbers))]


def test_the_next_writer_answers_what_the_last_one_did_not(tmp_path: Path):
    """Writers are killed under load: every key is answered once, and done once."""
    path, endpoint = tmp_path / "home", f"unix:{tmp_path}/writer"
    random = Random(4)
    with open_notes(path):
        pass
    pid = fork_writer(path, endpoint)
    with Relay(lambda: endpoint, SECRET) as relay, ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(relay.call, put, Put(n), f"k{n}") for n in range(3_000)]
        for _ in range(6):
            time.sleep(0.02 + random.random() * 0.1)
            kill(pid)
            pid = fork_writer(path, endpoint)
        placed = [answer.result(60) for answer in answers]
        assert list(range(3_000)) == relay.read(numbers)
        assert placed == [relay.call(put, Put(n), f"k{n}") for n in range(3_000)]
    kill(pid)


def test_a_command_without_a_key_is_not_sent_twice(tmp_path: Path):
    path, endpoint = tmp_path / "home", f"unix:{tmp_path}/writer"
    with open_notes(path):
        pass
    pid = fork_writer(path, endpoint)
    with Relay(lambda: endpoint, SECRET) as relay:
        lost = relay.submit(hold, Put(1))
        time.sleep(0.3)
        kill(pid)
        with pytest.raises(AnswerLost):
            lost.result(20)
        pid = fork_writer(path, endpoint)
        assert [] == relay.read(numbers)
    kill(pid)


def test_a_writer_that_closes_hands_over(home: Home[NoteTx], tmp_path: Path):
    """Its desk is closed while its socket still answers: the next writer is asked."""
    endpoints = [f"unix:{tmp_path}/first", f"unix:{tmp_path}/second"]
    with (
        served(home, endpoints[0]) as first,
        Relay(lambda: endpoints[0], SECRET, timeout_s=20) as relay,
    ):
        assert 1 == relay.call(put, Put(1), "a").number
        first.server._desk.close()
        waiting = relay.submit(put, Put(2), "b")
        time.sleep(0.2)
        assert not waiting.done()
        with served(home, endpoints[1]):
            endpoints[0] = endpoints[1]
            assert 2 == waiting.result(20).number
    assert [1, 2] == home.read(numbers)


def test_functions_must_say_what_they_take():
    def mute(tx, command):
        return command

    def wide(tx: NoteTx, one: int, two: int) -> int:
        return one

    for fn in (mute, wide):
        with pytest.raises(TypeError, match="expected"):
            procedures.Procedures([fn])
    with pytest.raises(ValueError, match="once"):
        procedures.Procedures([put], [put])


def test_a_command_that_fits_no_frame_is_a_mistake(relay: Relay, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "FRAME_BYTES_MAX", 1_000)
    with pytest.raises(ValueError, match="at most 1000"):
        relay.call(put, Put(1, "x" * 1_000))
    assert 1 == relay.call(put, Put(1)).number


def test_a_writer_that_says_nothing_any_more_is_left_for_another(
    home: Home[NoteTx], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "STALL_S", 0.02)
    with (
        open_notes(tmp_path / "other") as other,
        served(home, f"unix:{home.path}/writer") as silent,
        served(other, f"unix:{other.path}/writer") as next_one,
    ):
        found = [silent.endpoint]
        with Relay(lambda: found[0], SECRET) as relay:
            slow = relay.submit(hold, Put(5), "k")
            without_key = relay.submit(put, Put(6))
            while not silent.server._connections:
                time.sleep(0.01)
            found[0] = next_one.endpoint
            with pytest.raises(AnswerLost, match="another writer"):
                without_key.result(20)
            while not next_one.server._connections:
                time.sleep(0.01)
            relays.HELD.set()
            assert 5 == slow.result(20).number
        assert [5] == other.read(numbers)

"""A long log is emptied beside the commits: nobody waits, nothing is lost whenever it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.kit_homes import NoteTx, Put, numbers, open_notes, put, snapshot
from venule.kit import log_store, writelog
from venule.kit.errors import DiskFull
from venule.kit.home import Home
from venule.kit.sql import Sql
from venule.kit.standing import LogMissing
from venule.kit.wal import FRAME_BYTES, WAL_FILE
from venule.kit.witness import WITNESS_FILE, LogState, read_witness

LOG_FRAMES = 40
COPIER = "venule-backfill"


class Halt:
    """Stops the copying thread, when it has copied, until it is told to go on."""

    def __init__(self, first: Callable[[], None] = lambda: None) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.rounds = 0
        self.first = first
        self._backfill = log_store.backfill

    def came(self) -> bool:
        """Whether it has copied; gives it a moment."""
        return self.reached.wait(0.01)

    def backfill(self, sql: Sql, *, wait: bool = False) -> bool:
        if threading.current_thread().name != COPIER:
            return self._backfill(sql, wait=wait)
        self.rounds += 1
        self.first()
        done = self._backfill(sql, wait=wait)
        self.reached.set()
        assert self.go_on.wait(20)
        return done


@pytest.fixture
def halt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Halt]:
    halt = Halt()
    monkeypatch.setattr(writelog, "BESIDE_BYTES_MIN", 0)
    monkeypatch.setattr(log_store, "backfill", halt.backfill)
    yield halt
    halt.go_on.set()


@pytest.fixture
def home(tmp_path: Path, halt: Halt) -> Iterator[Home[NoteTx]]:
    with open_notes(tmp_path / "home", log_max_bytes=LOG_FRAMES * FRAME_BYTES) as home:
        yield home
        halt.go_on.set()


def post(home: Home[NoteTx], until: Callable[[], Any]) -> None:
    """Put notes until something is so; the home has notes 0, 1, 2 ..."""
    first = len(numbers(home))
    for number in range(first, first + 500):
        if until():
            return
        home.run(put, Put(number))
    pytest.fail("it never came")


def log(home: Home[NoteTx]) -> bytes:
    """Which log it is."""
    return (home.path / WAL_FILE).read_bytes()[16:24]


def check(path: Path, count: int) -> None:
    with open_notes(path) as home:
        assert list(range(count)) == numbers(home)
        assert sum(range(count)) == home.participant.total
        home.run(put, Put(count))


def test_commits_go_on_meanwhile_and_then_a_new_log_begins(home: Home[NoteTx], halt: Halt):
    post(home, halt.came)
    first = log(home)
    size = (home.path / WAL_FILE).stat().st_size
    assert size > LOG_FRAMES * FRAME_BYTES
    for number in range(len(numbers(home)), len(numbers(home)) + 3):
        home.run(put, Put(number))
    assert log(home) == first
    assert (home.path / WAL_FILE).stat().st_size > size
    halt.go_on.set()
    post(home, lambda: log(home) != first)
    assert read_witness(home.path).state is LogState.USED


def test_what_a_crash_leaves_meanwhile_needs_its_log(
    home: Home[NoteTx], halt: Halt, tmp_path: Path
):
    post(home, halt.came)
    early = snapshot(home.path, tmp_path / "early")
    count = len(numbers(home))
    home.run(put, Put(count))
    late = snapshot(home.path, tmp_path / "late")
    (snapshot(late, tmp_path / "without") / WAL_FILE).unlink()
    (snapshot(late, tmp_path / "twice") / WITNESS_FILE).write_bytes(
        (early / WITNESS_FILE).read_bytes()
    )
    assert read_witness(late).state is LogState.EMPTYING
    with pytest.raises(LogMissing):
        open_notes(tmp_path / "without")
    check(early, count)
    check(late, count + 1)
    check(tmp_path / "twice", count + 1)


def test_a_log_partly_copied_is_needed_after_a_crash_too(
    home: Home[NoteTx], halt: Halt, tmp_path: Path
):
    post(home, halt.came)
    crashed = snapshot(home.path, tmp_path / "crashed")
    count = len(numbers(home))
    with open_notes(crashed, log_max_bytes=1 << 40) as again:
        again.run(put, Put(count))
        left = snapshot(crashed, tmp_path / "left")
    assert read_witness(left).state is LogState.EMPTYING
    (left / WAL_FILE).unlink()
    with pytest.raises(LogMissing):
        open_notes(left)


def test_a_log_that_a_reader_keeps_is_needed(tmp_path: Path):
    path = tmp_path / "home"
    with open_notes(path, log_max_bytes=LOG_FRAMES * FRAME_BYTES) as home:
        home.run(put, Put(0))
        reader = log_store.connect(path / "home.sqlite", path, mode="ro")
        reader.run("BEGIN")
        assert [(0,)] == reader.rows("SELECT number FROM note")
        post(home, lambda: (path / WAL_FILE).stat().st_size > 2 * LOG_FRAMES * FRAME_BYTES)
        count = len(numbers(home))
        left = snapshot(path, tmp_path / "left")
        assert read_witness(left).state is LogState.EMPTYING
        (snapshot(left, tmp_path / "without") / WAL_FILE).unlink()
        reader.close()
    with pytest.raises(LogMissing):
        open_notes(tmp_path / "without")
    check(left, count)


def test_much_that_came_meanwhile_takes_another_round(home: Home[NoteTx], halt: Halt):
    post(home, halt.came)
    first = log(home)
    size = (home.path / WAL_FILE).stat().st_size
    post(home, lambda: (home.path / WAL_FILE).stat().st_size > size + LOG_FRAMES * FRAME_BYTES)
    halt.go_on.set()
    post(home, lambda: log(home) != first)
    assert halt.rounds > 1


def test_a_disk_that_does_not_keep_up_is_waited_for(home: Home[NoteTx], halt: Halt):
    home.run(put, Put(0))
    first = log(home)
    late = threading.Event()

    def release() -> None:
        assert late.wait(20)
        halt.go_on.set()

    helper = threading.Thread(target=release)
    helper.start()
    bound = writelog.LIMITS_MAX * LOG_FRAMES * FRAME_BYTES

    def is_near() -> bool:
        return (home.path / WAL_FILE).stat().st_size > bound * 3 // 4

    post(home, is_near)
    late.set()
    post(home, lambda: log(home) != first)
    helper.join()
    assert (home.path / WAL_FILE).stat().st_size < bound + LOG_FRAMES * FRAME_BYTES


def test_copying_that_fails_is_left_to_the_writer(home: Home[NoteTx], halt: Halt):
    home.run(put, Put(0))
    first = log(home)

    def full() -> None:
        raise DiskFull(str(home.path))

    halt.first = full
    post(home, lambda: log(home) != first)
    assert halt.rounds > 0


def test_closing_waits_for_it(tmp_path: Path, halt: Halt):
    home = open_notes(tmp_path / "home", log_max_bytes=LOG_FRAMES * FRAME_BYTES)
    post(home, halt.came)
    count = len(numbers(home))
    closer = threading.Thread(target=home.close)
    closer.start()
    halt.go_on.set()
    closer.join(20)
    assert not (tmp_path / "home" / WAL_FILE).exists()
    assert read_witness(tmp_path / "home").state is LogState.CLOSED
    check(tmp_path / "home", count)

"""Killed at any moment: every answered command is there, every other wholly there or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from support.kit_homes import (
    NoteTx,
    Put,
    is_unlucky,
    left,
    numbers,
    open_notes,
    put,
    put_if_lucky,
    snapshot,
)
from venule.kit.events import events_after
from venule.kit.home import Home
from venule.kit.time import SystemClock
from venule.kit.tx import Call

MOMENTS = 30
GROUP_MAX = 6
DELAY_S_MAX = 0.12
SEED = 20130813

WORKER = """
import os, sys
from pathlib import Path
from random import Random
from support.kit_homes import open_notes
from test_crash import work
work(Path(sys.argv[1]), Random(sys.argv[2]), int(sys.argv[3]))
"""


def work(path: Path, random: Random, number: int) -> None:
    """Run groups and say, after each, which commands are durable; until killed."""
    home = open_notes(path, SystemClock())
    home.sql.run("PRAGMA wal_autocheckpoint = 20")  # many moments fall into a checkpoint
    while True:
        group = range(number, number + random.randint(1, GROUP_MAX))
        calls = [Call(put_if_lucky, n, f"key-{n}") for n in group]
        outcomes = home.run_many(calls, stretch=random.choice((1, 3)))
        said = [(n, o.value.id.hex) for n, o in zip(group, outcomes, strict=True) if not o.error]
        os.write(1, (json.dumps(said) + "\n").encode())
        number = group.stop


def kill_at_a_random_moment(path: Path, random: Random, number: int) -> dict[int, str]:
    """Start a worker, kill it, and return what it answered."""
    tests = Path(__file__).parent
    places = [str(tests), str(tests.parent), *sys.path]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, path, str(random.random()), str(number)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
    )
    assert worker.stdout is not None
    first = b"" if random.random() < 0.1 else worker.stdout.readline()
    time.sleep(random.random() * DELAY_S_MAX)
    os.kill(worker.pid, signal.SIGKILL)
    *whole, _ = (first + worker.stdout.read()).split(b"\n")
    worker.stdout.close()
    assert -signal.SIGKILL == worker.wait()
    return dict(pair for line in whole for pair in json.loads(line))


def check(home: Home[NoteTx], answered: dict[int, str]) -> None:
    """Look at all that commands can leave: it agrees, and holds what was answered."""

    def look(tx: NoteTx) -> None:
        notes = {n: i.hex() for i, n in tx.sql.rows("SELECT id, number FROM note")}
        events = events_after(tx.sql, 0, 10_000)
        keys = [key for (key,) in tx.sql.rows("SELECT key FROM idempotency")]
        jobs = tx.sql.rows("SELECT payload FROM job")

        assert answered.items() <= notes.items()
        assert not [n for n in notes if is_unlucky(n)]
        assert sorted(notes) == sorted(event.decode(Put).number for event in events)
        assert list(range(1, len(notes) + 1)) == [event.seq for event in events]
        assert all(a.at <= b.at for a, b in pairwise(events))
        assert {f"key-{n}" for n in notes} == set(keys)
        assert len(notes) == len(keys) == len(jobs)
        assert sum(notes) == tx.tally.total
        assert [(sum(notes),)] == tx.sql.rows("SELECT total FROM tally")

    home.read(look)


def test_kill_9_at_random_moments(tmp_path: Path):
    path = tmp_path / "home"
    random = Random(SEED)
    answered: dict[int, str] = {}
    number = 1
    for _ in range(MOMENTS):
        answered |= kill_at_a_random_moment(path, random, number)
        if not path.exists():  # killed before there was a home
            continue
        with open_notes(path, SystemClock()) as home:
            check(home, answered)
            there = numbers(home)
            if there:
                again = home.run(put_if_lucky, there[-1], key=f"key-{there[-1]}")
                assert answered.get(there[-1], again.id.hex) == again.id.hex
                assert there == numbers(home)
            number = max([*there, number]) + 1
    assert len(answered) > 2 * MOMENTS, "the workers never came to work"


@pytest.mark.parametrize("stretch", [1, 3])
def test_killed_at_every_statement(tmp_path: Path, stretch: int):
    """A copy of the files at each statement is what a kill at that moment would leave."""
    groups = [[1, 2], [3], [4, 5, 3], [8, 9, 10]]
    shots: list[tuple[Path, list[int]]] = []
    done: list[int] = []

    def shoot(statement: str) -> None:
        shots.append((snapshot(home.path, tmp_path / f"shot{len(shots)}"), list(done)))

    with open_notes(tmp_path / "home") as home:
        home.sql.watch(shoot)
        for group in groups:
            home.run_many([Call(put_if_lucky, n, f"key-{n}") for n in group], stretch=stretch)
            done += [n for n in group if not is_unlucky(n)]
    shoot("the end")

    assert len(shots) > 50
    for path, expected in shots:
        with open_notes(path) as again:
            assert expected == numbers(again)
            check(again, {})
            with pytest.raises(ZeroDivisionError):
                again.run(put_if_lucky, 17, key="key-17")
            again.run(put_if_lucky, 18, key="key-18")
            check(again, {})


def test_killed_at_every_statement_of_an_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A new home can be opened again after a kill at any statement of its first opening."""
    from venule.kit import embedded, homedir

    path = tmp_path / "home"
    shots: list[Path] = []
    connect = homedir.connect

    def watched(*args, **options):
        sql = connect(*args, **options)
        sql.watch(
            lambda statement: (
                path.exists() and shots.append(snapshot(path, tmp_path / f"shot{len(shots)}"))
            )
        )
        return sql

    monkeypatch.setattr(homedir, "connect", watched)
    monkeypatch.setattr(embedded, "connect", watched)
    open_notes(path).close()
    monkeypatch.undo()

    assert len(shots) > 30
    for shot in shots:
        with open_notes(shot) as home:
            home.run(put, Put(5))
            assert {"note": 1, "event": 1, "job": 1, "idempotency": 0, "tally": 5} == left(home)

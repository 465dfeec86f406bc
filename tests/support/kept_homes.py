"""Homes of notes 0, 1, 2 ... whose participant has a position, and what one holds, in one value."""

from __future__ import annotations

import itertools
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from support.kit_homes import START, NoteTx, Put, Tally, put, snapshot
from venule.kit.home import Home
from venule.kit.home_store import Mark, identity
from venule.kit.ids import SeededIds
from venule.kit.sql import Sql
from venule.kit.time import Clock, VirtualClock
from venule.kit.wal import FRAME_BYTES

LOG_BYTES = 40 * FRAME_BYTES
_seeds = itertools.count(7)  # no two openings give the same id


class Counted(Tally):
    """A tally that says where it stands: how many notes there are, and a hash over their sum."""

    def load(self, sql: Sql) -> None:
        super().load(sql)
        self.count: int = sql.rows("SELECT COUNT(*) FROM note")[0][0]

    def flush(self, sql: Sql) -> None:
        super().flush(sql)
        self.count = sql.rows("SELECT COUNT(*) FROM note")[0][0]

    def position(self) -> tuple[int, bytes]:
        return self.count, hash_of(self.count)


def hash_of(count: int) -> bytes:
    """What stands for the notes 0 to count - 1."""
    return sha256(b"%d" % sum(range(count))).digest()


class State(NamedTuple):
    """Everything that a home of notes 0, 1, 2 ... holds; it agrees with itself, see `state_of`."""

    count: int
    mark: Mark


def open_counted(path: Path, clock: Clock | None = None, **options: Any) -> Home[NoteTx]:
    clock = VirtualClock(START) if clock is None else clock
    ids = SeededIds(next(_seeds), clock)
    return Home.open(path, clock=clock, ids=ids, participant=Counted, tx=NoteTx, **options)


def add(home: Home[NoteTx], count: int, size: int = 10) -> None:
    """Put the next notes, one a group."""
    first = home.participant.count
    for number in range(first, first + count):
        home.run(put, Put(number, "x" * size))


def state_of(home: Home[NoteTx]) -> State:
    """Look at everything: it is whole, and it agrees."""

    def look(tx: NoteTx) -> State:
        rows = tx.sql.rows
        assert [("ok",)] == rows("PRAGMA integrity_check")
        notes = [number for (number,) in rows("SELECT number FROM note ORDER BY number")]
        assert list(range(len(notes))) == notes
        assert [(sum(notes),)] == rows("SELECT total FROM tally")
        assert [(len(notes),)] == rows("SELECT COUNT(*) FROM event WHERE name = 'noted'")
        assert [(len(notes),)] == rows("SELECT COUNT(*) FROM job")
        _, mark = identity(tx.sql)
        assert (len(notes), hash_of(len(notes)) if notes else mark.hash) == (mark.seq, mark.hash)
        return State(len(notes), mark)

    return home.read(look)


def several_times(folder: Path) -> dict[str, Path]:
    """One home at several times, and another one: closed, or killed with a log."""
    shots: dict[str, Path] = {}

    def shoot(home: Path, name: str) -> None:
        shots[name] = snapshot(home, folder / name)

    path = folder / "home"
    with open_counted(path, log_max_bytes=LOG_BYTES) as home:
        add(home, 3)
        shoot(path, "first, killed")
    shoot(path, "first, closed")
    with open_counted(path, log_max_bytes=LOG_BYTES) as home:
        add(home, 2)
        shoot(path, "second, killed early")
        add(home, 2)
        shoot(path, "second, killed late")
        add(home, 30, size=9_000)
        shoot(path, "second, killed after the log was emptied")
    shoot(path, "second, closed")
    with open_counted(path, log_max_bytes=LOG_BYTES) as home:
        add(home, 1)
        shoot(path, "third, killed")
    other = folder / "other home"
    with open_counted(other, log_max_bytes=LOG_BYTES) as home:
        add(home, 50)
        shoot(other, "other, killed")
    shoot(other, "other, closed")
    return shots


def mix(target: Path, database: Path, log: Path | None, witness: Path | None) -> Path:
    """Make a directory of parts of several ones."""
    target.mkdir()
    for name in ("home.sqlite", "venule.json"):
        shutil.copyfile(database / name, target / name)
    (target / "lock").write_bytes(b"")
    for source, name in ((log, "home.sqlite-wal"), (witness, "witness")):
        if source is not None and (source / name).exists():
            shutil.copyfile(source / name, target / name)
    return target

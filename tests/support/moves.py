"""Homes that move: their places, what must be there on arrival, and who dies on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from support.parcels import ROOM, START, everything, open_parcels, send, send_many
from support.postgres import PostgresServer, open_sql
from venule.kit import embedded, homedir, moving
from venule.kit.home_store import identity
from venule.kit.moving import MoveReport, move
from venule.kit.moving_errors import (
    HomeIncomplete,
    HomeMoved,
)
from venule.kit.pg import cluster
from venule.kit.sql import open_readonly
from venule.kit.time import VirtualClock

PARCELS = 40
SMALL = (16, 6_000)
"""Batches of so many rows and bytes at most: many of them, also in a small home."""

MOMENTS_MAX = 1_000
"""A move has fewer statements than this."""


def move_it(source: Path | str, target: Path | str, **options) -> MoveReport:
    options = {"prove": lambda place: None, "limits": SMALL} | options
    return move(source, target, rooms=[ROOM], clock=VirtualClock(START), **options)


def rows_of(place: Path | str) -> dict[str, list[tuple]]:
    with closing(open_readonly(place)) as sql:
        return everything(sql)


def run_sql(place: Path | str, *statements: str) -> None:
    """Change a home behind its back."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place / "home.sqlite", isolation_level=None)) as conn:
            for statement in statements:
                conn.execute(statement)
        return
    with closing(open_sql(place)) as sql:
        for statement in statements:
            sql.run(statement)


@pytest.fixture
def new_place(tmp_path: Path, postgres: PostgresServer) -> Callable[[str], Path | str]:
    """Name places where nothing is, by what is there then: `files` or `database`."""
    numbers = iter(range(1_000))

    def name(kind: str) -> Path | str:
        if kind == "database":
            return postgres.address(folder=str(tmp_path / f"files-{next(numbers)}"))
        return tmp_path / f"home-{next(numbers)}"

    return name


@pytest.fixture(params=["files to database", "database to files", "database to database"])
def pair(request, new_place) -> tuple[Path | str, Path | str]:
    """A home with something of everything, and a place where nothing is."""
    one, _, other = request.param.partition(" to ")
    source = new_place(one)
    with open_parcels(source) as home:
        send_many(home, PARCELS)
        files = home.sql.folder / "archive" / "deep"
        files.mkdir(parents=True)
        (files / "one").write_bytes(b"1" * 10_000)
        (files / "two.new").write_bytes(b"unfinished")
    return source, new_place(other)


def check_moved(source: Path | str, target: Path | str, rows: dict[str, list[tuple]]) -> None:
    """The target has it all, and lives; the source only shows what it had."""
    with closing(open_readonly(target)) as new, closing(open_readonly(source)) as old:
        assert everything(new) | {"event": []} == rows | {"event": []}
        assert [row[3:] for row in rows["event"]] == [
            row[3:] for row in everything(new)["event"] if row[2] == "sent"
        ]
        (old_id, old_mark), (new_id, new_mark) = identity(old), identity(new)
        assert old_id == new_id
        assert (old_mark.seq, old_mark.hash) == (new_mark.seq, new_mark.hash)
        assert (new.folder / "archive/deep/one").read_bytes() == b"1" * 10_000
        assert not (new.folder / "archive/deep/two.new").exists()
    with pytest.raises(HomeMoved):
        open_parcels(source)
    with open_parcels(target) as home:
        assert 6 == home.run(send, 3, key="key 3")
        assert home.run(send, 77) == 154
        events = [name for (name,) in home.sql.rows("SELECT name FROM event ORDER BY seq")]
        assert ["sent"] * PARCELS + ["home.arrived", "sent"] == events


@contextmanager
def watching(before: Callable[[str], None]) -> Iterator[None]:
    """Call `before` ahead of every statement of every connection, of both kinds."""

    def watched(module):
        real = module.connect

        def connect(*args, **options):
            sql = real(*args, **options)
            sql.watch(before)
            return sql

        return patch.object(module, "connect", connect)

    patches = [watched(module) for module in (embedded, homedir, cluster)]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def killed_at(source: Path | str, target: Path | str, moment: int) -> bool:
    """Move in a process of its own that is killed at a statement; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = [moment]

        def count(statement: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with watching(count):
                move_it(source, target)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert 1 != os.waitstatus_to_exitcode(status)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def end_leases(*places: Path | str) -> None:
    """Let the leases of those who died be over, without waiting for it."""
    for place in places:
        if isinstance(place, str):
            with suppress(psycopg.errors.UndefinedTable):
                run_sql(place, "UPDATE writer_lease SET expires_at = 0")


def can_write(place: Path | str) -> bool:
    if isinstance(place, str):
        with closing(open_sql(place)) as sql:
            there = sql.has_table("schema_migration")
    else:
        there = place.exists()
    if not there:
        return False
    try:
        open_parcels(place).close()
    except (HomeMoved, HomeIncomplete):
        return False
    return True


class Stop(Exception):
    """The move is broken off here."""


def broken_off(source, target, step: str = "fill", ticks: int = 3, **options) -> None:
    """Move until so many ticks of a step have been seen."""
    left = [ticks]

    def stop(tick: moving.Tick) -> None:
        left[0] -= tick.step == step
        if not left[0]:
            raise Stop

    with pytest.raises(Stop):
        move_it(source, target, tick=stop, **options)

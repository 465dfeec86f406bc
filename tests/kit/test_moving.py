"""Moving house: whole and the same on arrival, whatever dies on the way; one writer at most."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from support.parcels import ROOM, START, everything, open_parcels, send, send_many
from support.postgres import PostgresServer, open_sql
from venule.kit import embedded, homedir, moving, moving_homes, moving_store
from venule.kit.backup import backup, restore
from venule.kit.errors import DiskFull, HomeLocked, NotAHome
from venule.kit.home_store import identity
from venule.kit.migrate import HomeNotMigrated
from venule.kit.moving import MoveReport, digest_of, move
from venule.kit.moving_errors import (
    HomeIncomplete,
    HomeMoved,
    MoveDiffers,
    MoveNeedsFolder,
    MoveOvertaken,
    MoveSourceChanged,
    MoveTargetTaken,
    MoveUnfit,
    MoveVersionsDiffer,
)
from venule.kit.moving_store import State
from venule.kit.pg import cluster
from venule.kit.pg.lease import LeaseHeld
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


def test_everything_arrives_and_the_old_home_shows_only(pair):
    source, target = pair
    rows = rows_of(source)
    said: list[moving.Tick] = []
    report = move_it(source, target, tick=said.append)
    assert {"fill", "archive", "compare", "prove"} == {tick.step for tick in said}
    assert report.rows == said[-1].rows == said[-1].rows_total
    assert 1 == report.archive_files
    assert not report.again
    counts = {table.name: table.rows for table in report.tables}
    assert (PARCELS, PARCELS, 0) == tuple(counts[t] for t in ("parcel", "a_label", "vacant"))
    with closing(open_readonly(source)) as old, closing(open_readonly(target)) as new:
        for table in report.tables:
            if table.name != "event":
                assert table == digest_of(old, table.name) == digest_of(new, table.name, 3)
    check_moved(source, target, rows)


def test_the_same_command_again_says_that_it_is_done(pair):
    source, target = pair
    first = move_it(source, target)
    again = move_it(source, target)
    assert again.again
    assert (first.home, first.seq, first.hash) == (again.home, again.seq, again.hash)
    with pytest.raises(HomeMoved):
        move_it(source, f"{target}_2" if isinstance(target, str) else target.with_name("other"))


# Whoever dies on the way


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


@pytest.mark.sim
def test_killed_at_any_statement_the_same_command_goes_on(pair, new_place, seeds: range):
    """`make random SEEDS=240` kills at every statement."""
    source, target = pair
    rows = rows_of(source)
    kind = "files" if isinstance(target, Path) else "database"
    moments = range(1, MOMENTS_MAX, max(1, MOMENTS_MAX // 4 // len(seeds)))
    tries = list(
        takewhile(lambda moment: one_death(source, new_place(kind), rows, moment), moments)
    )
    assert len(tries) > 4


def one_death(source, target, rows, moment: int) -> bool:
    """Kill a move at a statement and go on; False if it was over before."""
    if not killed_at(source, target, moment):
        return False
    end_leases(source, target)
    writers = [can_write(place) for place in (source, target)]
    if all(writers):  # without a trace of the move it is as good as nothing: an empty home
        assert is_empty(target)
        remove(target)
    end_leases(source, target)
    move_it(source, target)
    check_moved(source, target, rows)
    come_back(source)
    return True


def is_empty(place: Path | str) -> bool:
    with closing(open_readonly(place)) as sql:
        return not any(everything(sql).values())


def remove(place: Path | str) -> None:
    if isinstance(place, Path):
        shutil.rmtree(place)
    else:
        run_sql(
            place, "DROP SCHEMA " + place.partition("schema=")[2].partition("&")[0] + " CASCADE"
        )


def come_back(place: Path | str) -> None:
    """Let a home that has gone be there again, for the next try."""
    run_sql(place, "DROP TABLE home_moved", "DELETE FROM event WHERE name = 'home.moved'")
    if isinstance(place, Path):
        for name in ("seal.json", "witness"):
            (place / name).unlink(missing_ok=True)


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


def test_nobody_looks_into_half_a_home_nor_writes_to_it(pair):
    source, target = pair
    broken_off(source, target)
    with pytest.raises(HomeIncomplete):
        open_readonly(target)
    with pytest.raises(HomeIncomplete, match="still being moved here from"):
        open_parcels(target)
    with pytest.raises(HomeIncomplete):
        move_it(target, "elsewhere")
    open_parcels(source).close()
    broken_off(source, target, "prove", 1)
    open_readonly(target).close()  # all is there
    with pytest.raises(HomeIncomplete):
        open_parcels(target)
    open_parcels(source).close()


def test_a_proof_that_fails_leaves_the_old_home_as_it_was(pair):
    source, target = pair
    rows = rows_of(source)

    def fail(place) -> None:
        assert rows == rows_of(place)
        raise Stop

    with pytest.raises(Stop):
        move_it(source, target, prove=fail)
    open_parcels(source).close()
    assert move_it(source, target).again
    check_moved(source, target, rows)


def test_what_was_written_between_two_tries_moves_too(pair):
    source, target = pair
    for step, ticks, number in (("fill", 4, 100), ("prove", 1, 101), ("fill", 2, 102)):
        broken_off(source, target, step, ticks)
        with open_parcels(source) as home:
            home.run(send, number)
            home.run(change, 7)
    rows = rows_of(source)
    assert move_it(source, target).again
    assert rows | {"event": []} == rows_of(target) | {"event": []}
    assert not can_write(source)
    assert can_write(target)


def change(tx, number: int) -> None:
    tx.sql.run("UPDATE parcel SET note = 'changed' WHERE number <= ?", (number,))
    tx.sql.run("DELETE FROM a_label WHERE of_number = ?", (number,))


# What is refused


CHANGES = {
    "UPDATE parcel SET note = 'X' WHERE number = 20": r"parcel, place .*, number 20: note",
    "UPDATE parcel SET place = 'b' WHERE number = 21": "this row next, as in the old home, seen",
    "DELETE FROM job WHERE created_at > 0": "job, id .*: expected this row, as in the old home",
    "INSERT INTO vacant (at) VALUES (4)": "vacant, at 4: expected no such row",
}


@pytest.mark.parametrize("statement", list(CHANGES))
def test_a_row_that_has_changed_on_the_way_is_found(pair, statement: str):
    source, target = pair

    def meddle(tick: moving.Tick) -> None:
        if tick.step == "archive":
            run_sql(target, statement)

    with pytest.raises(MoveDiffers, match=CHANGES[statement]):
        move_it(source, target, tick=meddle)
    open_parcels(source).close()
    with pytest.raises(HomeIncomplete):
        open_readonly(target)


def test_an_archive_file_that_has_changed_is_found(pair):
    source, target = pair
    broken_off(source, target, "prove", 1)
    with closing(open_readonly(target)) as sql:
        file = sql.folder / "archive/deep/one"
    file.unlink()
    file.write_bytes(b"1" * 9_999 + b"2")
    with pytest.raises(MoveDiffers, match="archive file deep/one"):
        move_it(source, target)


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("UPDATE parcel SET weight = 'x' WHERE number = 9", "a value of BIGINT in weight, seen"),
        ("UPDATE parcel SET small = 4294967296 WHERE number = 9", "a value of INTEGER in small"),
        ("UPDATE parcel SET note = CAST(X'6100' AS TEXT) WHERE number = 9", "TEXT in note"),
        ("UPDATE parcel SET body = 'word' WHERE number = 9", "a value of BYTEA in body"),
        ("INSERT INTO a_label (ref, of_number) VALUES (X'00', 4711)", "rows that the new home"),
        ("CREATE TABLE stray (id BIGINT PRIMARY KEY)", "a table that the migrations of both make"),
        ("ALTER TABLE vacant ADD COLUMN more TEXT", "with a primary key"),
    ],
)
def test_what_the_other_kind_of_home_does_not_take(new_place, statement: str, expected: str):
    source = new_place("files")
    with open_parcels(source) as home:
        send_many(home, 12)
    run_sql(source, "PRAGMA ignore_check_constraints = 1", statement)
    (source / "seal.json").unlink()
    with pytest.raises(MoveUnfit, match=expected):
        move_it(source, new_place("database"))
    open_parcels(source).close()


def test_a_place_where_something_is_is_not_taken(pair, new_place, tmp_path: Path):
    source, target = pair
    with open_parcels(target) as home:
        home.run(send, 1)
    with pytest.raises(MoveTargetTaken):
        move_it(source, target)
    with pytest.raises(MoveTargetTaken, match="a home"):
        move_it(target, source)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(NotAHome):
        move_it(source, tmp_path / "full")
    strange = new_place("database")
    run_sql(strange, "CREATE TABLE customer (id BIGINT PRIMARY KEY)")
    with pytest.raises(MoveTargetTaken):
        move_it(source, strange)
    half = new_place("database")
    broken_off(source, half)
    with pytest.raises(MoveTargetTaken, match="on its way from"):
        move_it(target, half)
    with pytest.raises(NotAHome):
        move_it(tmp_path / "nowhere", new_place("database"))
    assert not (tmp_path / "nowhere").exists()


def test_an_archive_needs_a_folder(new_place, postgres: PostgresServer):
    source = new_place("files")
    open_parcels(source).close()
    (source / "archive").mkdir()
    (source / "archive" / "one").write_bytes(b"1")
    target = postgres.address()
    with pytest.raises(MoveNeedsFolder, match="the 1 files"):
        move_it(source, target)
    assert move_it(source, f"{target}&folder={source}-files").archive_files == 1


def test_versions_that_differ_are_refused(pair):
    source, target = pair
    broken_off(source, target)
    forget_seal(target)
    run_sql(target, "DELETE FROM schema_migration WHERE room = 'parcels'")
    with pytest.raises(MoveVersionsDiffer, match="with parcels 1"):
        move_it(source, target)
    forget_seal(source)
    run_sql(source, "DELETE FROM schema_migration WHERE room = 'kit' AND number = 3")
    with pytest.raises(HomeNotMigrated):
        move_it(source, target)


def forget_seal(place: Path | str) -> None:
    if isinstance(place, Path):
        (place / "seal.json").unlink(missing_ok=True)


def test_two_moves_at_once_are_refused(pair, new_place, monkeypatch: pytest.MonkeyPatch):
    source, target = pair
    rows = rows_of(source)
    monkeypatch.setattr(moving_homes, "PATIENCE_US", 0)
    third = new_place("files")
    open_parcels(third).close()
    tried: list[moving.Tick] = []

    def another(tick: moving.Tick) -> None:
        if not tried:
            tried.append(tick)
            with pytest.raises((HomeLocked, LeaseHeld)):
                move_it(source, target)
            with pytest.raises((HomeLocked, LeaseHeld)):
                move_it(source, new_place("database"))
            with pytest.raises((HomeLocked, LeaseHeld)):
                move_it(third, target)

    move_it(source, target, tick=another)
    check_moved(source, target, rows)


def test_every_book_of_the_old_home_is_held(new_place, monkeypatch: pytest.MonkeyPatch):
    source, target = new_place("database"), new_place("database")
    monkeypatch.setattr(moving_homes, "PATIENCE_US", 0)
    with open_parcels(source, book=3) as home:
        send_many(home, 2)
        open_parcels(source, book=5).close()
        with pytest.raises(LeaseHeld):
            move_it(source, target)

    def another(tick: moving.Tick) -> None:
        for book in (3, 5):
            with pytest.raises(LeaseHeld):
                open_parcels(source, book=book)

    move_it(source, target, tick=another)
    with pytest.raises(HomeMoved):
        open_parcels(source, book=5)
    open_parcels(target, book=5).close()


def test_a_writer_that_comes_by_another_door_is_found(new_place):
    source, target = new_place("database"), new_place("files")
    with open_parcels(source) as home:
        send_many(home, 2)

    def another(tick: moving.Tick) -> None:
        if tick.step == "prove":
            open_parcels(source, book=9).close()

    with pytest.raises(MoveSourceChanged):
        move_it(source, target, tick=another)
    open_parcels(source).close()
    move_it(source, target)


def test_who_was_overtaken_stops(pair):
    source, target = pair

    def overtake(tick: moving.Tick) -> None:
        if tick.step == "fill" and tick.table == "job":
            run_sql(target, "UPDATE home_arrival_table SET row_count = row_count + 1")

    with pytest.raises(MoveOvertaken):
        move_it(source, target, tick=overtake)


def test_a_full_disk_stops_it_and_the_same_command_goes_on(pair):
    source, target = pair
    rows = rows_of(source)
    files = isinstance(target, Path)

    def full(statement: str) -> None:
        if statement.startswith(("INSERT INTO job", "COPY job")):
            if not files:
                raise psycopg.errors.DiskFull("no space")
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    with watching(full), pytest.raises(DiskFull):
        move_it(source, target)
    open_parcels(source).close()
    assert move_it(source, target).again
    check_moved(source, target, rows)


def test_a_row_longer_than_a_batch(new_place):
    source, target = new_place("files"), new_place("database")
    with open_parcels(source) as home:
        for number in range(3):
            home.run(put_long, number)
    report = move_it(source, target)
    assert report.bytes > 3 * 200_000
    assert ("parcel", 3) in [(table.name, table.rows) for table in report.tables]


def put_long(tx, number: int) -> None:
    tx.sql.run(
        "INSERT INTO parcel (place, number, weight, small, note, body) VALUES (?, ?, 1, 1, ?, ?)",
        ("here", number, "n" * 10_000, bytes(200_000)),
    )


def test_a_backup_of_a_home_that_has_gone_begins_a_life_of_its_own(new_place, tmp_path: Path):
    source, target = new_place("files"), new_place("database")
    open_parcels(source).close()
    move_it(source, target)
    backup(source, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "restored")
    with open_parcels(tmp_path / "restored") as home, closing(open_readonly(target)) as sql:
        assert identity(home.sql)[0] != identity(sql)[0]


def test_states_are_told_from_the_tables(new_place):
    source, target = new_place("files"), new_place("database")
    open_parcels(source).close()
    move_it(source, target)
    with closing(open_readonly(target)) as new, closing(open_readonly(source)) as old:
        arrival, moved = moving_store.arrival_of(new), moving_store.moved_of(old)
        assert State.COMPLETE is arrival.state
        assert arrival.move == moved.move
        assert (str(source), new.path) == (arrival.came_from, moved.gone_to)
        assert moving_store.arrival_of(old) is None
        assert moving_store.moved_of(new) is None

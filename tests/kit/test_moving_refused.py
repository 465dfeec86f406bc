"""Moving house: what is refused, and what no move may carry over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from support.moves import (
    broken_off,
    check_moved,
    move_it,
    rows_of,
    run_sql,
    watching,
)
from support.parcels import open_parcels, send, send_many
from support.postgres import PostgresServer
from venule.kit import moving, moving_homes, moving_store
from venule.kit.backup import backup, restore
from venule.kit.errors import DiskFull, HomeLocked, NotAHome
from venule.kit.home_store import identity
from venule.kit.migrate import HomeNotMigrated
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
from venule.kit.pg.lease import LeaseHeld
from venule.kit.sql import open_readonly

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

"""`verify` and opening, over all rooms: a flipped byte anywhere is told and changes nothing."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from support.looking_homes import live
from venule.app import has_rooms, open_books, open_home, verify
from venule.cli import main
from venule.kit.errors import HomeDamaged, HomeError
from venule.kit.sqlite import DATABASE_FILE
from venule.replay import ReplayOptions, run

FLIPS_PER_FILE = 60


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has lived through three days of the built-in scenario and was closed well."""
    folder = tmp_path_factory.mktemp("app")
    home = folder / "home"
    options = ReplayOptions(home=home, report=folder / "report", users_max=300, days_max=3)
    run(options, open_home)
    return home


@pytest.fixture
def home(closed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(closed, tmp_path / "home")


def flip(file: Path, place: int, bit: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        old = opened.read(1)[0]
        opened.seek(place)
        opened.write(bytes([old ^ 1 << bit]))


def content(home: Path) -> dict[str, bytes]:
    """What the home holds, without the empty log and index that SQLite makes for a reader."""
    files = [file for file in sorted(home.iterdir()) if file.suffix != ".sqlite-shm"]
    return {file.name: file.read_bytes() for file in files if file.stat().st_size}


def test_a_sound_home_is_ok(home: Path) -> None:
    before = content(home)
    report = verify(home)
    assert report.ok, report.faults
    assert report.checked["seal"] == "whole"
    assert int(report.checked["transfers"]) > 100
    assert before == content(home)


def test_a_home_of_the_ledger_on_its_own_is_proven_and_stays_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    live(home, steps=40)[0].close()
    assert main(["ledger", "archive", str(home), "--keep-transfers", "9", "--partial"]) == 0

    report = verify(home)

    assert report.ok, report.faults
    assert str(report.checked["room_checks"]).startswith("none: ")
    assert report.checked["archive_files"] == 1
    assert not has_rooms(home)
    with open_books(home) as books:
        assert books.read(lambda tx: len(tx.statement(4, limit=3))) == 3


def test_damaged_words_of_the_schema_are_told_as_damage(home: Path) -> None:
    """SQLite quotes them in its message, which then is no text."""
    (home / "seal.json").unlink()
    raw = (home / "home.sqlite").read_bytes()
    flip(home / "home.sqlite", raw.index(b"NULL", raw.index(b"CREATE TABLE job")) + 2, 7)
    said = r"malformed database schema \(job\)"
    assert any(re.search(said, fault.message) for fault in verify(home).faults)
    for look in (open_home, open_books):
        with pytest.raises(HomeDamaged, match=said):
            look(home)


@pytest.mark.parametrize("value", ["X'01'", "CAST(X'FF' AS TEXT)", "7"])
def test_a_damaged_identity_is_told_as_damage(home: Path, value: str) -> None:
    (home / "seal.json").unlink()
    db = sqlite3.connect(home / "home.sqlite")
    db.execute(f"UPDATE home_clock SET home = {value}")
    db.commit()
    db.close()
    [fault] = verify(home).faults
    assert "home_clock: expected " in fault.message
    with pytest.raises(HomeDamaged, match="home_clock: expected "):
        open_home(home)


@pytest.mark.parametrize("mark, at, bit", [(b"CHECK", b"0", 1), (b"--", b" ", 7)])
def test_a_changed_definition_is_told(home: Path, mark: bytes, at: bytes, bit: int) -> None:
    """Of rows that a sound definition would refuse nothing is known: so it is proven as well."""
    (home / "seal.json").unlink()
    raw = (home / "home.sqlite").read_bytes()
    marked = raw.index(mark, raw.index(b"CREATE TABLE payment"))
    flip(home / "home.sqlite", raw.index(at, marked), bit)
    assert [(True, DATABASE_FILE)] == [
        (fault.message.startswith("the definition of table "), fault.where)
        for fault in verify(home).faults
    ]


def test_a_flipped_byte_anywhere_is_told_and_changes_nothing(home: Path) -> None:
    random = Random(11)
    sound = content(home)
    for file in [home / name for name in sound]:
        for _ in range(FLIPS_PER_FILE):
            place, bit = random.randrange(file.stat().st_size), random.randrange(8)
            flip(file, place, bit)
            spoilt = content(home)
            try:
                report = verify(home)
            except HomeError:
                pass
            else:
                assert not report.ok, f"{file.name} byte {place} bit {bit}"
                assert report.faults[0].message
            with pytest.raises(HomeError):
                open_home(home)
            assert spoilt == content(home), "opening or verifying has changed something"
            flip(file, place, bit)
    assert verify(home).ok


CHANGES = {
    "a payment's amount": "UPDATE payment SET amount = amount + 1 WHERE rowid = 1",
    "a payment that is gone": "DELETE FROM payment WHERE rowid = 1",
    "a holder of the register": "DELETE FROM fund_holder WHERE rowid = 1",
    "an unconfirmed order's amount": (
        "UPDATE fund_order SET amount = amount + 1 WHERE kind = 'subscribe' AND state = 'sent'"
    ),
    "the newest journal row": "DELETE FROM journal WHERE first_seq > 100",
}


def change(home: Path, statement: str) -> None:
    (home / "seal.json").unlink(missing_ok=True)
    connection = sqlite3.connect(home / "home.sqlite")
    with connection:
        *before, last = statement.split(";")
        for each in before:
            connection.execute(each)
        assert connection.execute(last).rowcount > 0
    connection.close()


@pytest.mark.parametrize("what", CHANGES)
def test_rows_changed_behind_the_ledger_are_told(home: Path, what: str) -> None:
    change(home, CHANGES[what])
    report = verify(home)
    assert not report.ok
    assert report.checked["seal"] != "whole"


def test_a_broken_seal_is_not_the_end_of_what_is_told(home: Path) -> None:
    """It says where the file has changed; what has changed is told after it."""
    db = sqlite3.connect(home / "home.sqlite")
    row = db.execute("SELECT transfers FROM journal WHERE first_seq > 100 LIMIT 1").fetchone()
    db.close()
    file = home / "home.sqlite"
    flip(file, file.read_bytes().index(row[0][-40:]) + 20, 3)
    first, *others = verify(home).faults
    assert "bytes" in first.where
    assert any("transfer" in fault.message for fault in others)


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "statement, named",
    [
        ("UPDATE payment SET kind = CAST(X'ff61' AS TEXT) WHERE rowid = 1", "payment, id X'"),
        ("UPDATE payment SET amount = 'ten' WHERE rowid = 1", "payment, id X'"),
        ("UPDATE payment SET id = X'00' WHERE rowid = 1", "payments"),
        ("UPDATE member SET kind = 77 WHERE rowid = 2", "members"),
        ("UPDATE fund_order SET confirm_on = '2013-13-41' WHERE rowid = 1", "fund_order, order_id"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_rest_is_looked_at(
    home: Path, statement: str, named: str, sealed: bool
) -> None:
    seal = (home / "seal.json").read_bytes()
    change(home, f"PRAGMA ignore_check_constraints = 1; {statement}")
    if sealed:
        (home / "seal.json").write_bytes(seal)
    faults = verify(home).faults
    assert any(named in f"{fault.where} {fault.message}" for fault in faults), faults


def test_a_newer_home_is_refused(home: Path) -> None:
    file = home / "venule.json"
    told = json.loads(file.read_bytes())
    number = next(key for key, value in told.items() if isinstance(value, int))
    file.write_text(json.dumps(told | {number: 99}))
    with pytest.raises(HomeError):
        open_home(home)
    assert not verify(home).ok


def test_an_older_copy_under_a_newer_seal_is_refused(home: Path, closed: Path) -> None:
    with open_home(home) as opened:
        opened.run(lambda tx, _: tx.emit("touched", bytes(16), None), None)
    (home / "home.sqlite").write_bytes((closed / "home.sqlite").read_bytes())
    with pytest.raises(HomeDamaged, match="seen an older copy that ends at"):
        open_home(home)


def test_readers_see_one_moment_while_a_writer_goes_on(home: Path) -> None:
    write: Callable[..., None] = lambda tx, _: tx.emit("touched", bytes(16), None)  # noqa: E731
    with open_home(home) as writer, open_home(home, readonly=True) as reader:
        count = "SELECT count(*) FROM event"
        before = reader.read(lambda tx: tx.sql.row(count))
        writer.run(write, None)
        assert before == reader.read(lambda tx: tx.sql.row(count))
        with open_home(home, readonly=True) as later:
            assert before != later.read(lambda tx: tx.sql.row(count))
    assert verify(home).ok

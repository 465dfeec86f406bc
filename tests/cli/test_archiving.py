"""`venule ledger archive`: what it moves, what it answers, what it leaves alone."""

import shutil
from pathlib import Path

import pytest

from support.kit_homes import flip
from venule import app, ledger
from venule.cli import archiving
from venule.cli.exits import Exit
from venule.ledger import archive


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Path:
    """A copy of the home, to write to."""
    return Path(shutil.copytree(home, tmp_path / "home"))


def test_old_transfers_move_and_the_books_read_as_before(venule, own):
    asked = ["statement", own, 2, "--json"], ["balances", own, "--at", "2014-05-14T10:30", "--json"]
    before = [venule(*words).json for words in asked]

    answer = venule("ledger", "archive", own, "--keep-transfers", 2, "--partial", "--json")

    assert Exit.OK == answer.code, answer.err
    [file] = answer.json["files"]
    assert (1, 7, 7) == (file["first_seq"], file["last_seq"], file["transfers"])
    assert file["bytes"] == (own / file["file"]).stat().st_size
    assert before == [venule(*words).json for words in asked]
    report = app.verify(own)
    assert (True, 1) == (report.ok, report.checked["archive_files"])


def test_a_home_with_little_to_move_stays_as_it_is(venule, own):
    answer = venule("ledger", "archive", own)

    assert Exit.OK == answer.code
    assert answer.out.startswith("nothing to move: ")
    assert not list(own.rglob("*.parquet"))


def test_a_damaged_file_is_named_by_verify(venule, own):
    venule("ledger", "archive", own, "--keep-transfers", 0, "--partial")
    [file] = own.rglob("*.parquet")
    flip(file, 1_000)

    answer = venule("verify", own)

    assert Exit.REFUSED == answer.code
    assert f"fault: archive of book 1: archive/book-1/{file.name}, bytes " in answer.out
    assert "byte 1000 is " in answer.out


def test_nothing_is_made_where_no_home_is(venule, tmp_path):
    answer = venule("ledger", "archive", tmp_path / "none")

    assert (Exit.HOME, False) == (answer.code, (tmp_path / "none").exists())


@pytest.mark.parametrize("options", [["--keep-transfers=-1"], ["--segment-transfers", 0]])
def test_numbers_that_make_no_sense(venule, own, options):
    assert Exit.USAGE == venule("ledger", "archive", own, *options).code


def test_the_command_and_the_ledger_mean_the_same():
    assert (archive.KEEP_TRANSFERS, archive.SEGMENT_TRANSFERS) == (
        archiving.KEEP_TRANSFERS,
        archiving.SEGMENT_TRANSFERS,
    )
    assert ledger.archive_journal is archive.archive_journal

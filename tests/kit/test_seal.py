"""The seal: any flipped byte of a cleanly closed home is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.kit_homes import Put, flip, numbers, open_notes, put, snapshot
from venule.kit import seal
from venule.kit.errors import HomeDamaged
from venule.kit.seal import check_seal
from venule.kit.sql import open_readonly

SEGMENT = 40_000


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(seal, "SEGMENT_BYTES", SEGMENT)
    with open_notes(tmp_path / "home") as home:
        for n in range(5):
            home.run(put, Put(n, "x" * 20_000))
    return tmp_path / "home"


def test_a_cleanly_closed_home_is_sealed(path: Path):
    assert [] == check_seal(path)


def test_any_flipped_byte_is_found_in_its_segment(path: Path):
    file = path / "home.sqlite"
    size = file.stat().st_size
    for offset in [*range(0, size, 9_973), size - 1]:
        flip(file, offset)
        start = offset // SEGMENT * SEGMENT
        assert [(start, min(start + SEGMENT, size))] == check_seal(path)
        flip(file, offset)
    assert [] == check_seal(path)


def test_what_is_missing_or_too_much_is_found(path: Path):
    file = path / "home.sqlite"
    content = file.read_bytes()
    size = len(content)
    file.write_bytes(content + b"x")
    assert [(size, size + 1)] == check_seal(path)
    file.write_bytes(content[:-1])
    last = (size - 1) // SEGMENT * SEGMENT
    assert [(last, size)] == check_seal(path)
    file.write_bytes(b"")
    assert check_seal(path)[-1] == (last, size)


def test_any_flipped_byte_of_the_seal_itself_is_found(path: Path):
    content = (path / "seal.json").read_bytes()
    for offset in range(len(content)):
        flip(path / "seal.json", offset)
        with pytest.raises(HomeDamaged, match="seal"):
            check_seal(path)
        (path / "seal.json").write_bytes(content)


def test_no_seal_while_open_and_none_after_a_kill(path: Path, tmp_path: Path):
    with open_notes(path) as home:
        assert check_seal(path) is None
        home.run(put, Put(9))
        killed = snapshot(path, tmp_path / "killed")
    assert check_seal(killed) is None
    assert [] == check_seal(path)


def test_a_home_that_was_only_opened_keeps_its_seal(path: Path, monkeypatch: pytest.MonkeyPatch):
    before = (path / "seal.json").read_bytes()
    monkeypatch.setattr(seal, "CHECK_BYTES_MAX", 0)
    monkeypatch.setattr(seal, "_hashes", None)  # nothing needs to be read again
    open_notes(path).close()

    assert before == (path / "seal.json").read_bytes()


def test_opening_refuses_what_is_not_as_it_was_sealed(path: Path):
    flip(path / "home.sqlite", (path / "home.sqlite").stat().st_size - 5)
    with pytest.raises(HomeDamaged, match="sealed on closing"):
        open_notes(path)

    assert check_seal(path)


def test_damage_under_an_old_seal_is_not_sealed_over(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seal, "CHECK_BYTES_MAX", 0)
    flip(path / "home.sqlite", (path / "home.sqlite").stat().st_size - 5)
    open_notes(path).close()

    assert check_seal(path)


def test_too_big_to_seal(path: Path):
    open_notes(path, seal_max_bytes=1000).close()
    assert check_seal(path) is None
    open_notes(path).close()
    assert [] == check_seal(path)


def test_a_reader_does_not_break_the_seal(path: Path):
    with open_notes(path, readonly=True) as home:
        assert 5 == len(numbers(home))
    assert [] == check_seal(path)


def test_a_reader_at_the_close_leaves_the_home_unsealed_but_whole(path: Path):
    home = open_notes(path)
    home.sql.run("PRAGMA busy_timeout = 0")
    reader = open_notes(path, readonly=True)
    home.run(put, Put(9))
    late = open_notes(path, readonly=True)
    home.run(put, Put(10))
    home.close()
    assert check_seal(path) is None
    assert 6 == len(numbers(late))
    late.close()
    reader.close()
    with open_notes(path) as again:
        assert 7 == len(numbers(again))
    assert [] == check_seal(path)


def test_an_idle_reader_does_not_keep_the_home_from_its_seal(path: Path):
    home = open_notes(path)
    reader = open_readonly(path)
    home.run(put, Put(9))
    home.close()
    assert [] == check_seal(path)
    assert 6 == len(reader.rows("SELECT 1 FROM note"))
    reader.close()
    assert [] == check_seal(path)


def test_a_half_written_seal_is_no_seal(path: Path):
    os.rename(path / "seal.json", path / "seal.json.new")
    assert check_seal(path) is None
    open_notes(path).close()
    assert [] == check_seal(path)
    assert not (path / "seal.json.new").exists()

"""Backups: one instant of a home in use; a file that is whole or not there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from support.kit_homes import Put, numbers, open_notes, put, snapshot
from venule.kit import backup as backup_module
from venule.kit.backup import BackupExists, BackupUnusable, restore
from venule.kit.errors import HomeDamaged, NotAHome
from venule.kit.home import backup


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with open_notes(tmp_path / "home") as home:
        for n in range(5):
            home.run(put, Put(n, "x" * 10_000), key=f"k{n}")
    return tmp_path / "home"


def test_there_and_back(path: Path, tmp_path: Path):
    backup(path, tmp_path / "copies" / "monday")
    restore(tmp_path / "copies" / "monday", tmp_path / "again")

    assert ["monday"] == os.listdir(tmp_path / "copies")
    with open_notes(tmp_path / "again") as home:
        assert [0, 1, 2, 3, 4] == numbers(home)
        assert home.run(put, Put(1, "x" * 10_000), key="k1").number == 1
        assert 5 == len(numbers(home))
        home.run(put, Put(7))


def test_while_a_writer_runs(path: Path, tmp_path: Path):
    stop = threading.Event()

    def writes() -> None:
        n = 10
        while not stop.is_set():
            home.run(put, Put(n), key=str(n))
            n += 1

    with open_notes(path) as home:
        writer = threading.Thread(target=writes)
        writer.start()
        for n in range(5):
            backup(path, tmp_path / f"copy{n}")
        stop.set()
        writer.join()
        all_of_them = numbers(home)
    for n in range(5):
        restore(tmp_path / f"copy{n}", tmp_path / f"again{n}")
        with open_notes(tmp_path / f"again{n}") as again:
            seen = numbers(again)
            assert all_of_them[: len(seen)] == seen
            assert sum(seen) == again.participant.total


def test_of_a_home_that_was_killed(path: Path, tmp_path: Path):
    with open_notes(path) as home:
        home.run(put, Put(9))
        killed = snapshot(path, tmp_path / "killed")
    backup(killed, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "again")
    with open_notes(tmp_path / "again") as home:
        assert [0, 1, 2, 3, 4, 9] == numbers(home)


def test_nothing_is_overwritten(path: Path, tmp_path: Path):
    (tmp_path / "there").write_text("dear")
    with pytest.raises(BackupExists):
        backup(path, tmp_path / "there")
    assert "dear" == (tmp_path / "there").read_text()
    backup(path, tmp_path / "copy")
    for place in (path, tmp_path / "there"):
        with pytest.raises(NotAHome):
            restore(tmp_path / "copy", place)


def test_a_file_that_comes_while_copying_is_not_overwritten(
    path: Path, tmp_path: Path, monkeypatch
):
    copy = backup_module._copy

    def copy_slowly(source, new, file):
        copy(source, new, file)
        file.write_text("dear")

    monkeypatch.setattr(backup_module, "_copy", copy_slowly)
    with pytest.raises(BackupExists):
        backup(path, tmp_path / "there")
    assert "dear" == (tmp_path / "there").read_text()
    assert ["home", "there"] == sorted(os.listdir(tmp_path))


def test_a_backup_that_fails_leaves_no_file(path: Path, tmp_path: Path):
    file = path / "home.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:100] + bytes(8_000) + content[8_100:])
    folder = tmp_path / "copies"
    folder.mkdir()
    with pytest.raises(HomeDamaged):
        backup(path, folder / "copy")
    with pytest.raises(NotAHome):
        backup(tmp_path / "nowhere", folder / "copy")
    assert [] == os.listdir(folder)


@pytest.mark.parametrize("content", [None, b"", b"no database" * 5000, b"cut", b"grown"])
def test_what_is_no_backup_makes_no_home(path: Path, tmp_path: Path, content: bytes | None):
    copy = tmp_path / "copy"
    if content is not None:
        backup(path, copy)
        whole = copy.read_bytes()
        copy.write_bytes({b"cut": whole[:-20_000], b"grown": whole + b"x"}.get(content, content))
    with pytest.raises(BackupUnusable):
        restore(copy, tmp_path / "again")
    assert not (tmp_path / "again").exists()

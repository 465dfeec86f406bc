"""Copies of a book: taken while it is posted to, each is a prefix of history; put in a wrong place,
each is refused with the reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.homes import new_home
from support.ledger_archives import Past, archive_all, archive_file, live, make_checkpoint, post
from support.looking_homes import live as live_to_look_into
from venule import app
from venule.cli import main
from venule.kit.backup import backup, restore
from venule.kit.home import Home
from venule.kit.home_store import Mark
from venule.kit.standing import HomeForeign, HomeOutdated, LogForeign
from venule.kit.time import VirtualClock
from venule.kit.wal import WAL_FILE
from venule.ledger import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveMissing,
    ArchiveSwapped,
    Transfer,
    Tx,
    open_readonly,
)
from venule.ledger.archive_proof import checked_rows

START = datetime(2014, 5, 14, tzinfo=UTC)
COPIES = 12


def hashes(home: Home[Tx]) -> dict[int, bytes]:
    """The journal's hash after each of its rows, by the row's last transfer."""
    found = {0: bytes(32)}
    for row, _, _ in checked_rows(home.sql, 1):
        found[row.first_seq + row.transfer_count - 1] = row.hash
    return found


def check_copy(file: Path, home: Path, history: dict[int, bytes]) -> int:
    """A copy opens clean, holds what can be proven, and is a prefix; return where it ends."""
    mark: Mark = restore(file, home)
    with open_readonly(home) as view:
        position = view.position()
    assert (mark.seq, mark.hash) == (position.seq, position.hash)
    assert history[position.seq] == position.hash
    app.open_home(home).close()
    report = app.verify(home)
    assert report.ok, report.faults
    assert position.seq == report.checked["transfers"]
    return position.seq


def test_copies_taken_while_a_thread_posts_and_archives(tmp_path: Path) -> None:
    stop, archived = threading.Event(), threading.Event()
    clock = VirtualClock(START)
    with new_home(tmp_path / "home", clock) as home:
        past = Past(home, clock, seed=3)
        past.go_on(10)

        def write() -> None:
            while not stop.is_set():
                past.go_on(12)
                home.run(make_checkpoint, None)
                if archive_all(home, segment=200):
                    archived.set()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(COPIES):
                backup(tmp_path / "home", tmp_path / f"copy{number}")
                if number == COPIES // 2:
                    assert archived.wait(60)
        finally:
            stop.set()
            writer.join()
        history = hashes(home)
    ends = [
        check_copy(tmp_path / f"copy{number}", tmp_path / f"again{number}", history)
        for number in range(COPIES)
    ]
    assert sorted(ends) == ends
    assert len(set(ends)) > 1
    assert (tmp_path / f"copy{COPIES - 1}.archive").is_dir()


def test_copies_taken_while_a_process_posts(tmp_path: Path) -> None:
    path = tmp_path / "home"
    live_to_look_into(path, steps=30)[0].close()
    command = [sys.executable, "-m", "support.looking_writer", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_tests()
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for number in range(4):
            assert 0 == main(["backup", str(path), str(tmp_path / f"copy{number}")])
        said, _ = writer.communicate()
    with new_home(path, VirtualClock(START)) as home:
        history = hashes(home)
    assert int(said) in history
    ends = [
        check_copy(tmp_path / f"copy{number}", tmp_path / f"again{number}", history)
        for number in range(4)
    ]
    assert sorted(ends) == ends
    assert ends[-1] <= int(said)


def _tests() -> Path:
    return Path(__file__).parents[1]


# ---------------------------------------------------------------- in a wrong place


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two books with an archive, and of the first one a backup and a copy from before."""
    folder = tmp_path_factory.mktemp("books")
    for name, seed in (("ours", 1), ("other", 2)):
        clock = VirtualClock(START)
        home = live(folder / name, clock, seed, groups=15)
        archive_all(home, segment=60)
        home.close()
        if name == "ours":
            shutil.copytree(folder / name, folder / "before")
            backup(folder / name, folder / "backup")
            with new_home(folder / name, clock, seed=5) as home:
                for _ in range(6):
                    home.run(post, [Transfer(1, 2, 3, 101)])
    return folder


@pytest.mark.parametrize(
    "source,expected,words",
    [
        ("before/home.sqlite", HomeOutdated, "seen an older copy that ends at sequence number"),
        ("backup", HomeOutdated, "seen an older copy that ends at sequence number"),
        ("other/home.sqlite", HomeForeign, "that of home"),
    ],
)
def test_another_database(
    books: Path, tmp_path: Path, source: str, expected: type[Exception], words: str
) -> None:
    path = shutil.copytree(books / "ours", tmp_path / "home")
    shutil.copyfile(books / source, path / "home.sqlite")
    for _ in range(2):
        with pytest.raises(expected, match=words):
            new_home(path, VirtualClock(START))
        with pytest.raises(expected, match=words):
            open_readonly(path)


def test_the_log_of_another_home(books: Path, tmp_path: Path) -> None:
    path = shutil.copytree(books / "ours", tmp_path / "home")
    with new_home(shutil.copytree(books / "other", tmp_path / "other"), VirtualClock(START)) as it:
        it.run(make_checkpoint, None)
        shutil.copyfile(tmp_path / "other" / WAL_FILE, path / WAL_FILE)
    with pytest.raises(LogForeign, match="generation"):
        new_home(path, VirtualClock(START))


def test_archive_files_of_another_book(books: Path, tmp_path: Path) -> None:
    """Refused at opening, of whatever length it is."""
    path = shutil.copytree(books / "ours", tmp_path / "home")
    with new_home(path, VirtualClock(START)) as home:
        ours = archive_file(home)
    with new_home(shutil.copytree(books / "other", tmp_path / "other"), VirtualClock(START)) as it:
        theirs = archive_file(it).read_bytes()
    whole = ours.read_bytes()
    assert len(theirs) != len(whole)
    ours.write_bytes(theirs)
    with pytest.raises((ArchiveSwapped, ArchiveCut), match=f"expected {len(whole)} bytes, seen"):
        new_home(path, VirtualClock(START))
    ours.unlink()
    with pytest.raises(ArchiveMissing, match="seen no file"):
        new_home(path, VirtualClock(START))
    ours.write_bytes(theirs[: len(whole)].ljust(len(whole), b"\0"))
    with pytest.raises(ArchiveDamaged, match="footer"):
        new_home(path, VirtualClock(START))

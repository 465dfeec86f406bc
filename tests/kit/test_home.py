"""A home: made whole or not at all, one writer, groups that commit as one, damage that is named."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.kit_homes import (
    START,
    Put,
    as_another_user,
    flip,
    numbers,
    open_notes,
    put,
)
from venule.kit import homedir
from venule.kit.errors import (
    HomeClosed,
    HomeDamaged,
    HomeLocked,
    HomeReadOnly,
    HomeTooNew,
    NotAHome,
)
from venule.kit.home import Home, backup
from venule.kit.seal import check_seal
from venule.kit.sql import StorageFailed
from venule.kit.time import FixedClock, SystemClock, VirtualClock, to_us
from venule.kit.tx import Tx


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def home(path: Path):
    with open_notes(path) as home:
        yield home


# Opening


def test_makes_a_home_and_opens_it_again(path: Path):
    with open_notes(path) as home:
        home.run(put, Put(1))
    with open_notes(path) as home:
        assert [1] == numbers(home)
        assert home.participant.total == 1


def test_after_a_clean_close_nothing_is_left_over(path: Path):
    with open_notes(path) as home:
        home.run(put, Put(1))

    assert {"home.sqlite", "lock", "seal.json", "venule.json", "witness"} == set(os.listdir(path))
    assert ["home"] == os.listdir(path.parent)
    assert b"" == (path / "lock").read_bytes()


def test_an_empty_directory_and_missing_parents_will_do(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    open_notes(tmp_path / "empty").close()
    open_notes(tmp_path / "a" / "b" / "home").close()


@pytest.mark.parametrize("readonly", [False, True])
def test_a_foreign_directory_is_left_alone(tmp_path: Path, readonly: bool):
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(NotAHome):
        open_notes(tmp_path, readonly=readonly)
    with pytest.raises(NotAHome):
        open_notes(tmp_path / "letter.txt", readonly=readonly)
    assert ["letter.txt"] == os.listdir(tmp_path)


def test_a_reader_makes_nothing(path: Path):
    with pytest.raises(NotAHome):
        open_notes(path, readonly=True)
    assert not path.exists()


def test_a_newer_format_is_left_alone(path: Path):
    open_notes(path).close()
    (path / "venule.json").write_bytes(homedir.format_content(2))

    for readonly in (False, True):
        with pytest.raises(HomeTooNew) as caught:
            open_notes(path, readonly=readonly)
        assert (1, 2) == (caught.value.known, caught.value.seen)


def test_every_flipped_byte_of_the_format_file_is_damage(path: Path):
    open_notes(path).close()
    content = (path / "venule.json").read_bytes()
    for offset in range(len(content)):
        flip(path / "venule.json", offset)
        with pytest.raises(HomeDamaged):
            open_notes(path)
        (path / "venule.json").write_bytes(content)


def test_a_crash_while_making_leaves_nothing_at_the_place(path: Path, monkeypatch):
    def dies(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", dies)
    with pytest.raises(KeyboardInterrupt):
        open_notes(path)
    assert [] == os.listdir(path.parent)


def test_what_a_dead_maker_left_is_swept(path: Path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    litter = path.parent / f".home.venule-new-0a0b0c0d-{dead.pid}"
    litter.mkdir()
    alive = path.parent / f".home.venule-new-0a0b0c0d-{os.getpid()}"
    alive.mkdir()

    open_notes(path).close()

    assert not litter.exists()
    assert alive.exists()


def test_many_open_a_new_home_at_once_and_one_gets_it(path: Path):
    answers: list[object] = []
    barrier = threading.Barrier(6)

    def opens() -> None:
        barrier.wait()
        try:
            answers.append(open_notes(path))
        except HomeLocked as error:
            answers.append(error)

    threads = [threading.Thread(target=opens) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    homes = [answer for answer in answers if isinstance(answer, Home)]
    assert 6 == len(answers)
    assert 1 == len(homes)
    homes[0].close()


# Locks and permissions


def test_a_second_writer_is_told_who_writes(home, path: Path):
    with pytest.raises(HomeLocked) as caught:
        open_notes(path)
    assert os.getpid() == caught.value.holder_pid

    script = (
        "import sys\nfrom venule.kit.home import Home\nfrom venule.kit.time import SystemClock\n"
        "from venule.kit.tx import Tx\nHome.open(sys.argv[1], clock=SystemClock(), tx=Tx)\n"
    )
    other = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
    assert 1 == other.returncode
    assert f"seen process {os.getpid()} writing" in other.stderr


def test_the_lock_ends_with_its_process_even_if_a_child_lives(path: Path):
    home = open_notes(path)
    gate_out, gate_in = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(gate_in)
        os.read(gate_out, 1)  # until the parent has had its way
        os._exit(0)
    home.close()
    open_notes(path).close()
    os.close(gate_in)
    os.close(gate_out)
    os.waitpid(pid, 0)


def test_readers_do_not_mind_a_writer(home, path: Path):
    home.run(put, Put(1))
    with open_notes(path, readonly=True) as reader:
        home.run(put, Put(2))

        assert [1] == numbers(reader)  # as it was when the reader opened it
        assert [1, 2] == numbers(home)
        with pytest.raises(HomeReadOnly):
            reader.run(put, Put(3))
    with open_notes(path, readonly=True) as reader:
        assert [1, 2] == numbers(reader)


def test_a_home_that_may_not_be_written_to_can_be_read():
    with TemporaryDirectory() as base:  # not below pytest's own, which other users cannot enter
        path = Path(base) / "home"
        with open_notes(path) as home:
            home.run(put, Put(1))
        before = set(os.listdir(path))

        def work() -> None:
            with pytest.raises(HomeReadOnly):
                open_notes(path)
            with pytest.raises(HomeReadOnly):
                open_notes(path.parent / "new")
            with open_notes(path, readonly=True) as reader:
                assert [1] == numbers(reader)
                with open(path / "lock", "rb") as lock, pytest.raises(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # no writer comes meanwhile

        for file in path.iterdir():
            file.chmod(0o444)
        path.chmod(0o555)
        path.parent.chmod(0o555)
        try:
            assert 0 == as_another_user(work)
            assert before == set(os.listdir(path))
        finally:
            path.parent.chmod(0o755)
            path.chmod(0o755)


def test_looking_at_the_files_does_not_cost_the_writer_its_locks(home, path: Path):
    """Another program that closes the database last would delete the log, if SQLite let it."""
    home.run(put, Put(1))
    with open_notes(path, readonly=True) as reader:
        assert check_seal(path) is None
        homedir.check_database_file(path)
        backup(path, path.parent / "copy")
        assert [1] == numbers(reader)
    foreign = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1] + '/home.sqlite')\n"
        "assert c.execute('SELECT COUNT(*) FROM note').fetchone() == (1,)\n"
        "c.close()\n"
    )
    assert 0 == subprocess.run([sys.executable, "-c", foreign, path]).returncode

    assert (path / "home.sqlite-wal").exists()
    home.run(put, Put(2))
    with open_notes(path, readonly=True) as reader:
        assert [1, 2] == numbers(reader)


def test_handles_kept_for_the_locks_are_closed_with_the_home(home, path: Path):
    def handles() -> int:
        links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
        return sum(
            f"{path}/home.sqlite" in os.readlink(link) for link in links if os.path.lexists(link)
        )

    home.run(put, Put(1))
    before = handles()
    for _ in range(3):
        homedir.check_database_file(path)
    assert before + 1 == handles()
    home.close()
    assert 0 == handles()


# Time


def test_time_never_goes_back(path: Path):
    def now(tx: Tx, command: None) -> int:
        assert tx.now_us == to_us(tx.now)
        return tx.now_us

    clock = VirtualClock(START + timedelta(seconds=5))
    with open_notes(path, clock) as home:
        first = home.run(now, None)
        clock.advance(timedelta(microseconds=1))
        assert first + 1 == home.run(now, None)
        assert first + 1 == home.read(lambda tx: tx.now_us)
    with open_notes(path, FixedClock(START)) as home:
        assert first + 1 == home.run(now, None)
        assert first + 1 == home.read(lambda tx: tx.now_us)


# Closing


def test_a_closed_home_takes_nothing(home):
    home.close()
    home.close()
    for use in (lambda: home.run(put, Put(1)), lambda: home.read(lambda tx: None)):
        with pytest.raises(HomeClosed):
            use()


def test_a_close_that_fails_lets_go_all_the_same(path: Path):
    home = open_notes(path)
    home.run(put, Put(1))
    home.participant.close = lambda sql: sql.run("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        home.close()
    assert not (path / "seal.json").exists()
    with open_notes(path) as again:
        assert [1] == numbers(again)


# Damage


def test_damaged_databases_are_named(path: Path, tmp_path: Path):
    with open_notes(path) as home:
        home.run(put, Put(1, "x" * 100_000))
    file = path / "home.sqlite"
    whole = file.read_bytes()
    for content, seen in (
        (b"", "SQLite database"),
        (b"not a database" * 5000, "SQLite database"),
        (whole[:-16384], "bytes"),
        (whole[:16384], "bytes"),
        (whole[:16] + b"\x10\x00" + whole[18:], "pages"),
        (whole[:100] + bytes(16_000) + whole[16_100:], "database"),
    ):
        file.write_bytes(content)
        for readonly in (False, True):
            with pytest.raises(HomeDamaged, match=seen):
                open_notes(path, readonly=readonly)
    file.unlink()
    with pytest.raises(HomeDamaged, match="no such file"):
        open_notes(path)


def test_a_page_that_makes_no_sense_is_damage_when_read(path: Path):
    with open_notes(path) as home:
        for n in range(50):
            home.run(put, Put(n, "x" * 10_000))
    file = path / "home.sqlite"
    whole = bytearray(file.read_bytes())
    for page in range(3, len(whole) // 16384):
        whole[page * 16384 : page * 16384 + 100] = b"\xff" * 100
    file.write_bytes(whole)
    with pytest.raises(HomeDamaged), open_notes(path, readonly=True) as home:
        numbers(home)


def test_the_format_file_says_what_it_is(path: Path):
    open_notes(path).close()

    assert 1 == json.loads((path / "venule.json").read_bytes())["format"]
    assert isinstance(StorageFailed("p", "s").message, str)


def test_the_systems_clock_will_do(path: Path):
    with Home.open(path, clock=SystemClock(), tx=Tx) as home:
        assert home.read(lambda tx: tx.now_us) > to_us(START)

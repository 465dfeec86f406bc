"""A backup restored to a point: for every transfer, the books as they were after it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.homes import new_home
from support.ledger_archives import Past, archive_all, live, make_checkpoint
from venule.app import open_home, verify
from venule.kit.backup import BackupUnusable, backup, keepsakes_of
from venule.kit.errors import NotAHome
from venule.kit.home_store import HomeCut
from venule.kit.sqlite import connect
from venule.kit.time import VirtualClock
from venule.ledger import (
    ArchiveDamaged,
    JournalDamaged,
    PointUnknown,
    TransferFlags,
    Tx,
    restore_to,
)

START = datetime(2014, 5, 12, tzinfo=UTC)
Balances = dict[int, tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a ledger with two archive files, a checkpoint and rows after it."""
    folder = tmp_path_factory.mktemp("restoring")
    clock = VirtualClock(START)
    with live(folder / "home", clock, seed=5, groups=5) as home:
        archive_all(home)
        past = Past(home, clock, seed=6)
        past.go_on(6)
        home.run(make_checkpoint, None)
        assert archive_all(home)
        past.go_on(3)
        home.run(make_checkpoint, None)
        past.go_on(3)
    with open_home(folder / "home", clock=clock):  # the rooms' tables as well
        backup(folder / "home", folder / "file")
    return folder / "file"


def records_of(home: Path) -> list:
    with open_home(home, readonly=True) as opened:
        return opened.read(lambda tx: [tx.transfer(n) for n in range(1, tx.book.memory.next_seq)])


def balances(home: Path) -> Balances:
    with open_home(home, readonly=True) as opened:

        def ask(tx: Tx) -> Balances:
            numbers = range(1, tx.book.memory.last_account + 1)
            found = [tx.account(number) for number in numbers]
            return {
                number: (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
                for number, a in zip(numbers, found, strict=True)
            }

        return opened.read(ask)


class Slate:
    """Balances kept by hand, record by record."""

    def __init__(self) -> None:
        self.held: dict[int, list[int]] = {}
        self.holds: dict[int, tuple[int, int, int]] = {}

    def take(self, record) -> None:
        flags, debit, credit = record.flags, record.debit, record.credit
        if flags & TransferFlags.OPENS:
            self.held |= {number: [0, 0, 0, 0] for number in range(debit, credit + 1)}
        elif flags & TransferFlags.PENDING:
            self.add(debit, credit, record.amount, pending=True)
            self.holds[record.seq] = debit, credit, record.amount
        elif flags & (TransferFlags.POST_PENDING | TransferFlags.VOID_PENDING):
            debit, credit, amount = self.holds.pop(record.related)
            self.add(debit, credit, -amount, pending=True)
            if flags & TransferFlags.POST_PENDING:
                self.add(debit, credit, record.amount)
        else:
            self.add(debit, credit, record.amount)

    def add(self, debit: int, credit: int, amount: int, *, pending: bool = False) -> None:
        self.held[debit][0 if pending else 1] += amount
        self.held[credit][2 if pending else 3] += amount

    @property
    def balances(self) -> Balances:
        return {number: (a, b, c, d) for number, (a, b, c, d) in self.held.items()}


def test_every_point_is_as_it_was(file: Path, tmp_path: Path) -> None:
    assert restore_all(file, tmp_path / "all")
    history = records_of(tmp_path / "all")
    files_kept, slate = set(), Slate()
    for record in history:
        slate.take(record)
        home = tmp_path / f"at{record.seq}"
        whole = restore_to(file, home, record.seq)
        assert whole == (record.seq == len(history))
        assert slate.balances == balances(home)
        report = verify(home)
        assert report.ok, report.faults
        assert report.checked["transfers"] == record.seq
        files_kept.add(report.checked["archive_files"])
        if record.seq % 10 == 0:
            assert history[: record.seq] == records_of(home)
        shutil.rmtree(home)
    assert {0, 1, 2} == files_kept, "there should be points before, in and after archive files"


def restore_all(file: Path, home: Path) -> bool:
    with connect_to(file) as source:
        (end,) = source.row("SELECT seq FROM home_clock")
    return restore_to(file, home, end)


def connect_to(file: Path):
    from contextlib import closing

    return closing(connect(file, file, mode="ro", immutable=True))


def test_nobody_writes_to_it(file: Path, tmp_path: Path) -> None:
    restore_to(file, tmp_path / "home", 20)
    before = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.sqlite")}
    for opening in (open_home, lambda path: new_home(path, VirtualClock(START))):
        with pytest.raises(HomeCut, match=r"restored to sequence number 20 of \d+"):
            opening(tmp_path / "home")
    assert before == {path: path.read_bytes() for path in (tmp_path / "home").rglob("*.sqlite")}
    assert verify(tmp_path / "home").ok
    assert "none: the home was restored" in str(verify(tmp_path / "home").checked["room_checks"])
    backup(tmp_path / "home", tmp_path / "again")
    restore_to(tmp_path / "again", tmp_path / "less", 10)
    assert 10 == verify(tmp_path / "less").checked["transfers"]


@pytest.mark.parametrize("seq", [-1, 0, 10**9])
def test_a_point_that_there_is_not(file: Path, tmp_path: Path, seq: int) -> None:
    with pytest.raises(PointUnknown, match=rf"from 1 to \d+, seen {seq}"):
        restore_to(file, tmp_path / "home", seq)
    assert not (tmp_path / "home").exists()


def test_what_is_in_the_way_or_no_backup(file: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "something").touch()
    with pytest.raises(NotAHome):
        restore_to(file, tmp_path / "home", 10)
    (tmp_path / "text").write_text("no backup")
    with pytest.raises(BackupUnusable):
        restore_to(tmp_path / "text", tmp_path / "new", 10)


def copy_of(file: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(file, folder / "file")
    shutil.copytree(keepsakes_of(file), keepsakes_of(folder / "file"))
    return folder / "file"


def test_a_damaged_history_is_named_and_leaves_nothing(file: Path, tmp_path: Path) -> None:
    spoilt = copy_of(file, tmp_path / "copy")
    with connect_to(spoilt) as source:
        seq, blob = source.row(
            "SELECT first_seq, transfers FROM journal WHERE transfer_count > 1"
            " ORDER BY first_seq DESC LIMIT 1"
        )
    raw = bytearray(spoilt.read_bytes())
    raw[raw.index(blob) + len(blob) // 2] ^= 4
    spoilt.write_bytes(raw)
    with pytest.raises(JournalDamaged, match=str(seq)):
        restore_to(spoilt, tmp_path / "home", seq)
    assert ["copy"] == [path.name for path in tmp_path.iterdir()]
    assert not restore_to(spoilt, tmp_path / "home", seq - 1), "what is before it is not touched"
    archive = min(keepsakes_of(spoilt).rglob("*.parquet"))
    raw = bytearray(archive.read_bytes())
    raw[len(raw) // 3] ^= 4
    archive.unlink()
    archive.write_bytes(raw)
    with pytest.raises(ArchiveDamaged):
        restore_to(spoilt, tmp_path / "early", 5)
    assert not (tmp_path / "early").exists()

"""Whatever happens to a file of the archive or to its catalog is found and named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from random import Random

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.both_homes import Places
from support.homes import new_home
from support.kit_homes import flip
from support.ledger_archives import archive_all, archive_file, faults, live
from venule.kit.errors import HomeError
from venule.kit.home import Home
from venule.kit.time import VirtualClock
from venule.ledger import (
    TRANSFER,
    ArchiveCut,
    ArchiveDamaged,
    ArchiveEntryDamaged,
    ArchiveMissing,
    ArchiveSwapped,
    Tx,
    archive_format,
    archive_store,
)
from venule.ledger.archive_damage import find_damage, find_flip
from venule.ledger.archive_format import FOOTER, ROWS, chunks_of
from venule.ledger.archive_reader import ArchiveFile, open_archive

START = datetime(2014, 5, 14, tzinfo=UTC)
SAID = re.compile(
    r"byte (?P<at>\d+) is (?P<seen>0x\w\w), (?P<expected>0x\w\w) was written; "
    r"(?:in column (?P<column>\w+)|in the (?P<place>footer|mark))"
)
NAMED = re.compile(r"it changes transfers? ([\d, ]+?)(?: and \d+ more, to (\d+))?;")


class Bytes:
    """A file in memory."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def size(self) -> int:
        return len(self.raw)

    def read(self, offset: int, length: int) -> bytes:
        return self.raw[offset : offset + length]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_format, "GROUP_TRANSFERS", 32)


@pytest.fixture
def home(places: Places) -> Iterator[Home[Tx]]:
    home = live(places("home"), VirtualClock(START), 8, groups=12)
    archive_all(home, segment=60)
    yield home
    home.close()


def first_file(home: Home[Tx]) -> ArchiveFile:
    return open_archive(home.sql, archive_store.archives(home.sql, 1)[0])


def damage(file: ArchiveFile, raw: bytes) -> list[HomeError]:
    return list(find_damage(ArchiveFile(file.row, Bytes(raw))))


def flipped(raw: bytes, at: int, bits: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]


def test_every_changed_byte_is_told_with_what_it_was(home: Home[Tx]) -> None:
    file = first_file(home)
    raw = archive_file(home).read_bytes()
    chunks = chunks_of(file.row)
    assert len(raw) == file.row.size == int(chunks["length"].sum())
    random = Random(1)
    for chunk in chunks:
        offset, length = int(chunk["offset"]), int(chunk["length"])
        part = raw[offset : offset + length]
        assert find_flip(part, chunk) is None
        for at in range(length):
            found = find_flip(flipped(part, at, 1 << random.randrange(8)), chunk)
            assert found is not None
            assert (at, part[at]) == (found.at, found.expected)


@pytest.mark.sim
def test_a_changed_byte_is_named_with_its_transfers(home: Home[Tx], seeds: range) -> None:
    """Three seeds in the suite are 300 bytes; forty are every byte of the file."""
    file = first_file(home)
    raw = archive_file(home).read_bytes()
    records = np.concatenate([records for _, _, records in file.rows()])
    random = Random(len(seeds))
    places = set()
    for at in random.sample(range(len(raw)), min(len(raw), 100 * len(seeds))):
        bad = flipped(raw, at, 1 << random.randrange(8))
        [error] = damage(file, bad)
        assert isinstance(error, ArchiveDamaged)
        said = SAID.search(error.message)
        assert said, error.message
        assert (at, bad[at], raw[at]) == (
            int(said["at"]), int(said["seen"], 16), int(said["expected"], 16),
        )  # fmt: skip
        assert error.first_byte <= at <= error.last_byte
        places.add(said["column"] or said["place"])
        compare_with_a_plain_reader(error, said["column"], bad, records)
    assert {"footer", "row_hash", "ref", "amount"} <= places


def compare_with_a_plain_reader(
    error: ArchiveDamaged, column: str | None, bad: bytes, records: np.ndarray
) -> None:
    """What the message says changes is what Parquet's own reader sees otherwise, if it can read."""
    if column not in TRANSFER.names:
        return
    group = records[(records["seq"] >= error.first_seq) & (records["seq"] <= error.last_seq)]
    start = error.first_seq - 1
    try:
        seen = pq.read_table(BytesIO(bad), columns=[column]).column(0)
        values = seen.to_numpy() if column != "ref" else np.array(seen.to_pylist(), dtype="V16")
    except (pa.ArrowException, OSError, ValueError):
        values = np.zeros(0)
    if len(values) != len(records):
        assert "cannot be read in these transfers" in error.message
        return
    values = values.view(np.int64) if column == "at" else values
    wrong = group["seq"][values[start : start + len(group)] != group[column]].tolist()
    named = NAMED.search(error.message)
    if not wrong:
        assert "read the same" in error.message
        return
    assert named, error.message
    told = [int(n) for n in named[1].split(",")]
    assert wrong[:5] == told
    assert wrong[-1] == int(named[2] or told[-1])


def test_the_batches_of_a_changed_byte_are_named(home: Home[Tx]) -> None:
    file = first_file(home)
    raw = archive_file(home).read_bytes()
    starts = [row.first_seq for row, _, _ in file.rows()]
    chunk = file.chunks[0]
    first, last = int(chunk["first_seq"]), int(chunk["first_seq"] + chunk["transfers"]) - 1
    touched = [max(s for s in starts if s <= first), *(s for s in starts if first < s <= last)]
    twice = flipped(flipped(raw, int(chunk["offset"]) + 9, 1), int(chunk["offset"]) + 99, 1)
    [error] = damage(file, twice)
    assert isinstance(error, ArchiveDamaged)
    assert (first, last) == (error.first_seq, error.last_seq)
    assert re.search(r"more than one byte changed; batch(es)? from transfer \d", error.message)
    assert ", ".join(str(start) for start in touched[:5]) in error.message


@pytest.mark.parametrize("number", [0, 1, -1])
def test_a_damaged_part_is_never_read(home: Home[Tx], number: int) -> None:
    chunk = first_file(home).chunks[number]
    flip(archive_file(home), int(chunk["offset"] + chunk["length"]) - 20)
    [fault] = faults(home)
    assert archive_file(home).name in fault
    if chunk["part"] != ROWS:
        home.read(lambda tx: tx.book.reader.forget())
        with pytest.raises(ArchiveDamaged, match="do not match the catalog's hash"):
            home.read(lambda tx: tx.transfer(3))
    home.close()


def test_a_missing_file(home: Home[Tx], places: Places) -> None:
    archive_file(home, 1).unlink()
    with pytest.raises(ArchiveMissing, match="seen no file"):
        home.read(lambda tx: tx.transfer(first_of(tx, 1)))
    [fault] = faults(home)
    assert "seen no file" in fault
    home.close()
    with pytest.raises(ArchiveMissing, match="seen no file"):
        new_home(places("home"), VirtualClock(START))


def first_of(tx: Tx, number: int) -> int:
    return archive_store.archive_files(tx.sql, 1)[number][0]


@pytest.mark.parametrize("share", [0, 1, 50, 90, 99])
def test_a_cut_file(home: Home[Tx], places: Places, share: int) -> None:
    path = archive_file(home)
    size = path.stat().st_size
    with open(path, "r+b") as opened:
        opened.truncate(size * share // 100)
    [fault] = faults(home)
    assert f"expected {size} bytes, seen {size * share // 100}: transfers" in fault
    with pytest.raises(ArchiveCut, match="are cut off"):
        home.read(lambda tx: tx.transfer(3))
    home.close()
    with pytest.raises(ArchiveCut, match="are cut off"):
        new_home(places("home"), VirtualClock(START))


def test_a_file_that_has_grown(home: Home[Tx], places: Places) -> None:
    path = archive_file(home)
    path.write_bytes(path.read_bytes() + b"more")
    [fault] = faults(home)
    assert "these are too many" in fault
    home.close()
    with pytest.raises(ArchiveSwapped, match=r"expected \d+ bytes, seen \d+ bytes"):
        new_home(places("home"), VirtualClock(START))


def test_a_file_of_another_book_with_the_same_length_is_refused_at_opening(
    home: Home[Tx], places: Places
) -> None:
    path = archive_file(home)
    whole = path.read_bytes()
    home.close()
    note = b'"book":1,'
    assert 1 == whole.count(note)
    path.write_bytes(whole.replace(note, b'"book":2,'))
    with pytest.raises(ArchiveSwapped, match=r"of book 1, hash \w+, seen .* of book 2, hash"):
        new_home(places("home"), VirtualClock(START))
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    with pytest.raises(ArchiveDamaged, match="footer"):
        new_home(places("home"), VirtualClock(START))
    path.write_bytes(whole)
    with new_home(places("home"), VirtualClock(START)):
        pass


def test_files_of_another_range_home_and_time(home: Home[Tx], places: Places) -> None:
    path, file = archive_file(home), first_file(home)
    whole = path.read_bytes()

    def said(raw: bytes) -> str:
        [error] = damage(file, raw)
        assert isinstance(error, ArchiveSwapped)
        return error.message

    entries = archive_store.archives(home.sql, 1)
    assert f"seen transfers {entries[1].first_seq} to {entries[1].last_seq} of book 1" in said(
        archive_file(home, 1).read_bytes()
    )
    assert "another writing of them" in said(written_again(whole))
    assert "no file of the archive" in said(b"x" * len(whole))
    other = live(places("other"), VirtualClock(START), 9, groups=12)
    archive_all(other, segment=60)
    theirs = archive_file(other).read_bytes()
    other.close()
    assert "seen transfers 1 to" in said(theirs)
    identity = archive_format.identity_of(archive_format.read_footer(Bytes(whole)))
    assert identity is not None
    forged = msgspec.structs.replace(identity, hash="00" * 32)
    assert "another home, or another history" in said(written_again(whole, forged))
    home.close()


def written_again(raw: bytes, identity: archive_format.Identity | None = None) -> bytes:
    """The same table in a file of other bytes."""
    table = pq.read_table(BytesIO(raw))
    notes = pq.read_metadata(BytesIO(raw)).metadata[b"venule.archive"]
    out = BytesIO()
    with pq.ParquetWriter(out, table.schema, compression="none") as writer:
        writer.write_table(table, row_group_size=20)
        writer.add_key_value_metadata(
            {"venule.archive": notes if identity is None else msgspec.json.encode(identity)}
        )
    return out.getvalue()


def test_every_changed_value_of_the_catalog_is_found(home: Home[Tx]) -> None:
    row = archive_store.archives(home.sql, 1)[1]
    for name in row.__struct_fields__:
        value = getattr(row, name)
        other = (
            value + 1 if isinstance(value, int)
            else value + "x" if isinstance(value, str)
            else bytes([value[0] ^ 1]) + value[1:]
        )  # fmt: skip
        home.sql.begin()
        home.sql.run(
            f"UPDATE journal_archive SET {name if name != 'size' else 'bytes'} = ?"
            " WHERE first_seq = ?",
            (other, row.first_seq),
        )
        if name != "book":
            with pytest.raises(ArchiveEntryDamaged, match="does not match its own hash"):
                open_archive(home.sql, archive_store.archives(home.sql, 1)[1])
        assert faults(home), name
        home.sql.rollback()
    home.sql.begin()
    home.sql.run("DELETE FROM journal_archive WHERE first_seq = 1")
    assert any("expected a file from transfer 1" in fault for fault in faults(home))
    home.sql.run("DELETE FROM journal_archive")
    assert any("expected a row that begins at transfer 1" in fault for fault in faults(home))
    home.sql.rollback()
    assert faults(home) == []
    home.close()


def test_a_row_that_differs_from_its_archived_twin(places: Places) -> None:
    home = live(places("home"), VirtualClock(START), 8, groups=12)
    kept = home.sql.rows("SELECT * FROM journal WHERE first_seq <= 10 ORDER BY first_seq")
    archive_all(home)
    [(first, *_), (second, *_)] = [(row[1], row) for row in kept][-2:]
    home.sql.begin()
    marks = ", ".join("?" * len(kept[0]))
    home.sql.many(f"INSERT INTO journal VALUES ({marks})", kept)
    assert faults(home) == []
    home.sql.run("UPDATE journal SET last_at = last_at + 1 WHERE first_seq = ?", (second,))
    assert any(f"row from transfer {second}: its content" in fault for fault in faults(home))
    home.sql.run("UPDATE journal SET hash = previous_hash WHERE first_seq = ?", (first,))
    assert any(f"row from transfer {first}: it is not as it stands" in f for f in faults(home))
    home.sql.rollback()
    home.close()


def test_a_footer_and_a_part_damaged_at_once(home: Home[Tx]) -> None:
    file, raw = first_file(home), archive_file(home).read_bytes()
    bad = flipped(flipped(raw, 40, 1), len(raw) - 40, 1)
    first, second = damage(file, bad)
    assert "byte 40 is" in first.message
    assert f"byte {len(raw) - 40} is" in second.message
    assert file.chunks[-1]["part"] == FOOTER
    shutil.copy(archive_file(home), archive_file(home).with_suffix(".copy"))  # nobody minds
    assert faults(home) == []
    home.close()

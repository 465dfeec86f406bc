"""Naming damage in archive files: which byte, which transfers, which batches (journal rows).

The catalog knows two sums of every chunk of a file: of its bytes, and of each byte times its place.
If one byte has changed they tell its place and what it was, and the chunk's hash proves it. Then
the file can be read both ways, and what differs is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from venule.kit.errors import HomeError
from venule.kit.sqlite import StorageFailed
from venule.ledger import archive_format as format
from venule.ledger.archive_format import FOOTER, ROWS, RowMark
from venule.ledger.archive_reader import ArchiveFile
from venule.ledger.errors import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveEntryDamaged,
    ArchiveMissing,
    ArchiveSwapped,
)
from venule.ledger.model import RecordArray

SHOWN_MAX: Final = 5
"""Changed transfers or batches that one message names."""


class Flip(msgspec.Struct, frozen=True):
    """One byte that explains all that is wrong with a chunk; `at` counts from its start."""

    at: int
    seen: int
    expected: int


def find_damage(file: ArchiveFile) -> Iterator[HomeError]:
    """Read every byte of a file and yield what is wrong with it.

    These are ArchiveMissing, ArchiveCut, ArchiveSwapped, ArchiveDamaged, ArchiveEntryDamaged.
    """
    row = file.row
    try:
        size = file.source.size()
        bad, whole = _bad_chunks(file)
    except FileNotFoundError:
        yield ArchiveMissing(row.file, row.first_seq, row.last_seq)
        return
    except OSError as error:
        yield StorageFailed(row.file, str(error))
        return
    if not bad and size == row.size:
        if whole != row.sha256:
            reason = "its hash of the file and those of the file's chunks contradict each other"
            yield ArchiveEntryDamaged(row.book, row.first_seq, reason)
        return
    if all(n in bad for n, part in enumerate(file.chunks["part"].tolist()) if part != ROWS):
        yield _another_file(file, size)
        return
    if size > row.size:
        reason = f"expected a file of {row.size} bytes: these are too many"
        yield ArchiveDamaged(row.file, row.size, size - 1, row.first_seq, row.last_seq, reason)
    elif size < row.size:
        yield _cut(file, size)
    for number in bad:
        if int(file.chunks[number]["offset"] + file.chunks[number]["length"]) <= size:
            yield _damaged(file, number)


def _bad_chunks(file: ArchiveFile) -> tuple[list[int], bytes]:
    """Return the numbers of the chunks that are not as written, and the hash of them all."""
    bad = []
    whole = hashlib.sha256()
    for number, chunk in enumerate(file.chunks):
        raw = file.source.read(int(chunk["offset"]), int(chunk["length"]))
        whole.update(raw)
        if hashlib.sha256(raw).digest() != chunk["sha256"].tobytes():
            bad.append(number)
    return bad, whole.digest()


def _cut(file: ArchiveFile, size: int) -> ArchiveCut:
    row, chunks = file.row, file.chunks
    lost = chunks[(chunks["transfers"] > 0) & (chunks["offset"] + chunks["length"] > size)]
    first = int(lost["first_seq"][0]) if len(lost) else row.first_seq
    return ArchiveCut(row.file, first, row.last_seq, row.size, size)


def _another_file(file: ArchiveFile, size: int) -> HomeError:
    """Nothing of a file is as it was written: say what it is instead."""
    row = file.row
    expected = f"transfers {row.first_seq} to {row.last_seq} of book {row.book}"
    try:
        seen = format.identity_of(format.read_footer(file.source))
    except (ValueError, OSError):
        seen = None
    if seen is None:
        if size < row.size:
            return ArchiveCut(row.file, row.first_seq, row.last_seq, row.size, size)
        return ArchiveSwapped(row.file, expected, f"{size} bytes that are no file of the archive")
    if (seen.book, seen.first_seq, seen.last_seq) != (row.book, row.first_seq, row.last_seq):
        what = f"transfers {seen.first_seq} to {seen.last_seq} of book {seen.book}"
        return ArchiveSwapped(row.file, expected, what)
    if (seen.previous_hash, seen.hash) != (row.previous_hash.hex(), row.hash.hex()):
        chain = f"{expected} with the last hash {row.hash.hex()}"
        what = f"{seen.hash}: another home, or another history of this one"
        return ArchiveSwapped(row.file, chain, what)
    what = "another writing of them: the file of another copy of this home"
    return ArchiveSwapped(row.file, expected, what)


# ---------------------------------------------------------------- one damaged chunk


def _damaged(file: ArchiveFile, number: int) -> ArchiveDamaged:
    chunk, row = file.chunks[number], file.row
    offset, length = int(chunk["offset"]), int(chunk["length"])
    raw = file.source.read(offset, length)
    flip = find_flip(raw, chunk)
    first, last = row.first_seq, row.last_seq
    if chunk["part"] != FOOTER:
        first = int(chunk["first_seq"])
        last = first + int(chunk["transfers"]) - 1
    said = ["more than one byte changed"]
    if flip is not None:
        said = [
            f"byte {offset + flip.at} is {flip.seen:#04x}, {flip.expected:#04x} was written",
            *_effect(file, number, raw, flip),
        ]
    elif chunk["part"] != FOOTER:
        said += _batches(file, int(chunk["group"]))
    return ArchiveDamaged(row.file, offset, offset + length - 1, first, last, "; ".join(said))


def find_flip(raw: bytes, chunk: np.void) -> Flip | None:
    """Return the one byte whose change explains all that is wrong; None if no single one does.

    The sums differ by e and by e times the byte's place, where e is the change.
    """
    total, moment = format.byte_sums(raw)
    change = int(chunk["byte_sum"]) - total
    by_place = int(chunk["byte_moment"]) - moment
    if change == 0 or by_place % change:
        return None
    at = by_place // change - 1
    if not 0 <= at < len(raw) or not 0 <= raw[at] + change <= 255:
        return None
    flip = Flip(at, raw[at], raw[at] + change)
    right = hashlib.sha256(corrected(raw, flip)).digest() == chunk["sha256"].tobytes()
    return flip if right else None


def corrected(raw: bytes, flip: Flip) -> bytes:
    """Return a chunk with one byte put right."""
    return raw[: flip.at] + bytes([flip.expected]) + raw[flip.at + 1 :]


def _effect(file: ArchiveFile, number: int, raw: bytes, flip: Flip) -> list[str]:
    """Say what a changed byte does to what is read."""
    chunk = file.chunks[number]
    if chunk["part"] == FOOTER:
        return ["in the footer: no transfer is changed, but other programs may not find them"]
    metadata, group, offset = _metadata(file), int(chunk["group"]), int(chunk["offset"])
    if metadata is None:
        return []
    places = format.columns_at(metadata, group)
    at = offset + flip.at
    name = next((n for start, length, n in places if start <= at < start + length), "")
    if not name:
        return ["in the mark at the start of the file: no transfer is changed"]
    column = name.split(".")[0]
    right = corrected(raw, flip)
    if chunk["part"] == ROWS:
        return [f"in column {column}", *_changed_rows(metadata, chunk, raw, right)]
    try:
        seen = _read(metadata, chunk, column, raw)
    except format.decoder_errors():
        unreadable = f"in column {column}, which cannot be read in these transfers"
        return [unreadable, *_batches(file, group)]
    changed = np.flatnonzero(seen != _read(metadata, chunk, column, right))
    seqs = (int(chunk["first_seq"]) + changed).tolist()
    if not seqs:
        return [f"in column {column}, whose values read the same"]
    changes = f"in column {column}, it changes {_listed('transfer', seqs)}"
    return [changes, *_batches(file, group, seqs)]


def _read(metadata: Any, chunk: np.void, column: str, raw: bytes) -> RecordArray:
    table = format.read_columns(metadata, int(chunk["group"]), [column], int(chunk["offset"]), raw)
    if table.num_rows != int(chunk["transfers"]):
        raise ValueError(f"expected {chunk['transfers']} values, seen {table.num_rows}")
    return format.to_values(table, column)


def _changed_rows(metadata: Any, chunk: np.void, raw: bytes, right: bytes) -> list[str]:
    group, offset = int(chunk["group"]), int(chunk["offset"])

    def read(part: bytes) -> dict[int, RowMark]:
        table = format.read_columns(metadata, group, format.ROW_COLUMNS, offset, part)
        return {mark.place: mark for mark in format.to_marks(table)}

    wanted = read(right)
    try:
        seen = read(raw)
    except format.decoder_errors():
        seen = {}
    first = int(chunk["first_seq"])
    changed = [
        first + place
        for place, mark in wanted.items()
        if place not in seen or not _same(mark, seen[place])
    ]
    changed += [first + place for place in seen if place not in wanted]
    if not changed:
        return ["its values read the same"]
    return [f"it changes {_listed('batch from transfer', sorted(changed))}"]


def _same(a: RowMark, b: RowMark) -> bool:
    return (
        (a.hash, a.first_account) == (b.hash, b.first_account)
        and len(a.openings) == len(b.openings)
        and bool((a.openings == b.openings).all())
    )


def _metadata(file: ArchiveFile) -> Any:
    """Return the footer, put right if it is one byte off; None if it is not to be read."""
    try:
        return file.metadata
    except (ArchiveDamaged, ArchiveCut):
        chunk = file.chunks[-1]
        raw = file.source.read(int(chunk["offset"]), int(chunk["length"]))
        flip = find_flip(raw, chunk)
        return None if flip is None else format.parse_footer(corrected(raw, flip))


def _batches(file: ArchiveFile, group: int, seqs: Sequence[int] = ()) -> list[str]:
    """Name the batches of a row group that hold these transfers, or all of them; nothing if the
    file is too damaged to tell."""
    starts: list[int] = []
    try:
        for number in range(group, -1, -1):
            first = file.first_seq(number)
            starts = [first + mark.place for mark in file.marks(number)] + starts
            if starts and starts[0] <= file.first_seq(group):
                break
    except (ArchiveDamaged, ArchiveCut):
        return []
    starts = [s for s in starts if s > file.first_seq(group)] + [
        max(s for s in starts if s <= file.first_seq(group))
    ]
    starts.sort()
    if seqs:
        starts = sorted({starts[i] for i in np.searchsorted(starts, seqs, side="right") - 1})
    return [_listed("batch from transfer", starts)]


def _listed(what: str, numbers: Sequence[int]) -> str:
    plural = f"{what}s" if not what.startswith("batch") else what.replace("batch", "batches")
    shown = ", ".join(str(n) for n in numbers[:SHOWN_MAX])
    if len(numbers) > SHOWN_MAX:
        return f"{plural} {shown} and {len(numbers) - SHOWN_MAX} more, to {numbers[-1]}"
    return f"{what if len(numbers) == 1 else plural} {shown}"

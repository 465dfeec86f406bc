"""Reading archive files: every chunk is compared with the catalog before anything is made of it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from venule.kit.sql import Sql
from venule.kit.sqlite import StorageFailed
from venule.ledger import archive_format as format
from venule.ledger import archive_store as store
from venule.ledger.archive_format import FileSource, RowMark, Source
from venule.ledger.archive_store import ArchiveRow
from venule.ledger.columns import RAW
from venule.ledger.errors import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveEntryDamaged,
    ArchiveMissing,
    ArchiveNowhere,
    ArchiveSwapped,
)
from venule.ledger.model import RecordArray
from venule.ledger.store import JournalRow

ArchivedRow: TypeAlias = tuple[JournalRow, RecordArray, RecordArray]
"""A journal row without its content, its openings, its transfers."""

FILES_MAX: Final = 8
"""So many files' footers are kept in memory, the most recently used (about 6 MB each)."""


class ArchiveFile:
    """One file of the catalog. Raises: ArchiveEntryDamaged."""

    def __init__(self, row: ArchiveRow, source: Source) -> None:
        if format.entry_hash(row) != row.entry_hash:
            raise ArchiveEntryDamaged(
                row.book, row.first_seq, "the entry does not match its own hash"
            )
        self.row = row
        self.source = source
        self.chunks = format.chunks_of(row)
        self.groups = len(self.chunks) // 2
        self._first_seqs = self.chunks["first_seq"][: 2 * self.groups : 2]
        self._last_ats = self.chunks["last_at"][: 2 * self.groups : 2]
        self._metadata: Any = None

    def read(self, number: int) -> bytes:
        """Return a chunk's bytes. Raises: ArchiveMissing, ArchiveCut, ArchiveDamaged."""
        chunk = self.chunks[number]
        offset, length = int(chunk["offset"]), int(chunk["length"])
        first, last = self.row.first_seq, self.row.last_seq
        try:
            raw = self.source.read(offset, length)
            size = offset + len(raw) if len(raw) < length else self.row.size
        except FileNotFoundError:
            raise ArchiveMissing(self.row.file, first, last) from None
        except OSError as error:
            raise StorageFailed(self.row.file, str(error)) from error
        if len(raw) < length:
            first = int(chunk["first_seq"]) if chunk["transfers"] else first
            raise ArchiveCut(self.row.file, first, last, self.row.size, size)
        if hashlib.sha256(raw).digest() != chunk["sha256"].tobytes():
            if chunk["transfers"]:
                first = int(chunk["first_seq"])
                last = first + int(chunk["transfers"]) - 1
            raise ArchiveDamaged(
                self.row.file, offset, offset + length - 1, first, last,
                "the bytes do not match the catalog's hash; `venule verify` says more",
            )  # fmt: skip
        return raw

    @property
    def metadata(self) -> Any:
        """The footer, parsed."""
        if self._metadata is None:
            self._metadata = format.parse_footer(self.read(len(self.chunks) - 1))
        return self._metadata

    def transfers(self, group: int) -> RecordArray:
        """Return the records of a row group."""
        return format.to_records(self._table(2 * group, format.TRANSFER_COLUMNS))

    def marks(self, group: int) -> list[RowMark]:
        """Return where journal rows begin in a row group."""
        return format.to_marks(self._table(2 * group + 1, format.ROW_COLUMNS))

    def _content(self, group: int) -> tuple[RecordArray, list[RowMark]]:
        """Return both parts of a row group, which lie side by side."""
        offset = int(self.chunks[2 * group]["offset"])
        raw = self.read(2 * group) + self.read(2 * group + 1)
        columns = (*format.TRANSFER_COLUMNS, *format.ROW_COLUMNS)
        table = format.read_columns(self.metadata, group, columns, offset, raw)
        return format.to_records(table), format.to_marks(table)

    def _table(self, number: int, columns: tuple[str, ...]) -> Any:
        chunk = self.chunks[number]
        raw = self.read(number)
        group, offset = int(chunk["group"]), int(chunk["offset"])
        return format.read_columns(self.metadata, group, columns, offset, raw)

    def first_seq(self, group: int) -> int:
        """Return the number of a row group's first transfer."""
        return int(self._first_seqs[group])

    def group_of(self, seq: int) -> int:
        """Return the row group that holds a transfer of this file."""
        return int(np.searchsorted(self._first_seqs, seq, side="right")) - 1

    def group_at(self, at: int) -> int:
        """Return the first row group that ends at or after an instant."""
        return int(np.searchsorted(self._last_ats, at, side="left"))

    def rows(self) -> Iterator[ArchivedRow]:
        """Yield the journal rows as they were, in order."""
        mark: RowMark | None = None
        parts: list[RecordArray] = []
        previous = self.row.previous_hash
        for group in range(self.groups):
            records, marks = self._content(group)
            start = 0
            for following in marks:
                if mark is not None:
                    parts.append(records[start : following.place])
                    yield _row(self.row.book, previous, mark, parts)
                    previous = mark.hash
                mark, parts, start = following, [], following.place
            parts.append(records[start:])
        if mark is not None:
            yield _row(self.row.book, previous, mark, parts)


def _row(book: int, previous: bytes, mark: RowMark, parts: list[RecordArray]) -> ArchivedRow:
    parts = [part for part in parts if len(part)]
    records = parts[0] if len(parts) == 1 else np.concatenate(parts)
    row = JournalRow(
        book=book,
        first_seq=int(records["seq"][0]),
        transfer_count=len(records),
        first_account=mark.first_account,
        account_count=len(mark.openings),
        first_at=int(records["at"][0]),
        last_at=int(records["at"][-1]),
        previous_hash=previous,
        hash=mark.hash,
        openings=b"",
        transfers=b"",
        codec=RAW,
    )
    return row, mark.openings, records


class Archives:
    """The archive of a book, as its catalog has it."""

    def __init__(self, sql: Sql, book: int) -> None:
        self._sql = sql
        self._book = book
        self._files: OrderedDict[int, ArchiveFile] = OrderedDict()

    def find(self, seq: int) -> tuple[ArchiveFile, int] | None:
        """Return the file and row group that hold a transfer; None if it is not archived."""
        first_seq = store.archive_holding(self._sql, self._book, seq)
        if first_seq is None:
            return None
        file = self.file(first_seq)
        return file, file.group_of(seq)

    def find_at(self, at: int) -> tuple[ArchiveFile, int] | None:
        """Return the first row group that ends at or after an instant; None if all are older."""
        first_seq = store.archive_at(self._sql, self._book, at)
        if first_seq is None:
            return None
        file = self.file(first_seq)
        return file, file.group_at(at)

    def file(self, first_seq: int) -> ArchiveFile:
        """Return the file that begins with a transfer. Raises: ArchiveEntryDamaged."""
        file = self._files.get(first_seq)
        if file is None:
            row = store.archive(self._sql, self._book, first_seq)
            file = self._files[first_seq] = open_archive(self._sql, row)
            if len(self._files) > FILES_MAX:
                self._files.popitem(last=False)
        else:
            self._files.move_to_end(first_seq)
        return file

    def forget(self) -> None:
        """Drop what is cached."""
        self._files.clear()


def folder_of(sql: Sql) -> Path:
    """Return where a home's files are. Raises: ArchiveNowhere."""
    if sql.folder is None:
        raise ArchiveNowhere(sql.path)
    return sql.folder


def open_archive(sql: Sql, row: ArchiveRow) -> ArchiveFile:
    """Return a file of the catalog; nothing of it is read yet. Raises: ArchiveEntryDamaged."""
    return ArchiveFile(row, FileSource(folder_of(sql).joinpath(row.file)))


def check_files(sql: Sql, book: int) -> None:
    """Check that every file of the catalog is there, with its length and its footer, which says
    whose it is; not what else is in it.

    Raises: ArchiveMissing, ArchiveCut, ArchiveSwapped; ArchiveDamaged for a footer that changed.
    """
    footers = store.archive_footers(sql, book, format.CHUNK.itemsize)
    for first, last, name, expected in store.archive_files(sql, book):
        try:
            seen = FileSource(folder_of(sql).joinpath(name)).size()
        except FileNotFoundError:
            raise ArchiveMissing(name, first, last) from None
        except OSError as error:
            raise StorageFailed(name, str(error)) from error
        if seen < expected:
            raise ArchiveCut(name, first, last, expected, seen)
        if seen > expected:
            raise ArchiveSwapped(name, f"{expected} bytes", f"{seen} bytes")
        _check_footer(folder_of(sql), name, (book, first, last), *footers[name])


def _check_footer(
    home: Path, name: str, span: tuple[int, int, int], end: bytes, chunk: bytes
) -> None:
    """Compare a file's footer with the hash in the catalog. span: book, first and last transfer."""
    book, first, last = span
    if len(chunk) != format.CHUNK.itemsize:
        raise ArchiveEntryDamaged(book, first, "it does not say how its file ends")
    wanted = np.frombuffer(chunk, format.CHUNK)[0]
    offset, length = int(wanted["offset"]), int(wanted["length"])
    try:
        raw = FileSource(home.joinpath(name)).read(offset, length)
    except (OSError, ValueError) as error:
        raise StorageFailed(name, str(error)) from error
    if hashlib.sha256(raw).digest() == bytes(wanted["sha256"]):
        return
    try:
        said = format.identity_of(format.parse_footer(raw))
    except (ValueError, OSError):
        said = None
    if said is not None and (said.book, said.first_seq, said.last_seq, said.hash) != (
        *span,
        end.hex(),
    ):
        raise ArchiveSwapped(
            name,
            f"transfers {first} to {last} of book {book}, hash {end.hex()[:16]}",
            f"transfers {said.first_seq} to {said.last_seq} of book {said.book},"
            f" hash {said.hash[:16]}",
        )
    reason = "its footer is not the one that was written"
    raise ArchiveDamaged(name, offset, offset + length - 1, first, last, reason)

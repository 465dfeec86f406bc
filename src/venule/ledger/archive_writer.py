"""Writing an archive file, and describing it for the catalog from the bytes that are read back."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from venule.ledger import archive_format as format
from venule.ledger.archive_format import CHUNK, FOOTER, Identity, RowMark, Source
from venule.ledger.archive_store import ArchiveRow
from venule.ledger.errors import ArchiveDamaged
from venule.ledger.model import TRANSFER, RecordArray
from venule.ledger.store import JournalRow


class _Sink(io.RawIOBase):
    """A new file that is hashed on its way to the disk."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "xb")  # noqa: SIM115 (closed by `end` or `abandon`)
        self.digest = hashlib.sha256()
        self.bytes = 0
        self._abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, raw: Any) -> int:
        size = memoryview(raw).nbytes
        if not self._abandoned:
            self._file.write(raw)
            self.digest.update(raw)
        self.bytes += size
        return size

    def tell(self) -> int:
        return self.bytes

    def end(self) -> None:
        """Make the content durable, and let whoever reads it next fetch it from the disk."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            self._file.close()

    def abandon(self) -> None:
        self._abandoned = True
        self._file.close()


class SegmentWriter:
    """Writes journal rows, in order, into a new file; then `finish` it or `abandon` it."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._sink = _Sink(path)
        self._writer = format.open_writer(pa.PythonFile(self._sink, mode="w"))
        self._records: RecordArray = np.empty(format.GROUP_TRANSFERS, dtype=TRANSFER)
        self._filled = 0
        self._marks: list[RowMark] = []
        self._openings = 0
        self._groups: list[tuple[int, int, int]] = []  # first seq, transfers, last instant
        self._first_at = 0
        self.transfers = 0
        self.openings = 0

    def add(self, row: JournalRow, openings: RecordArray, records: RecordArray) -> None:
        """Append a journal row."""
        if not self.transfers:
            self._first_at = row.first_at
        self.transfers += len(records)
        self.openings += len(openings)
        self._marks.append(RowMark(self._filled, row.hash, row.first_account, openings))
        self._openings += len(openings)
        taken = 0
        while taken < len(records):
            part = records[taken : taken + format.GROUP_TRANSFERS - self._filled]
            self._records[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            taken += len(part)
            if self._filled == format.GROUP_TRANSFERS:
                self._end_group()
        if self._openings >= format.GROUP_OPENINGS_MAX:
            self._end_group()

    def _end_group(self) -> None:
        if not self._filled:
            return
        records = self._records[: self._filled]
        self._groups.append((int(records["seq"][0]), len(records), int(records["at"][-1])))
        table = format.to_table(records, self._marks)
        self._writer.write_table(table, row_group_size=len(records))
        self._filled = 0
        self._marks = []
        self._openings = 0

    def finish(self, identity: Identity) -> None:
        """Write what is left and make the file durable."""
        self._end_group()
        format.note(self._writer, identity)
        self._writer.close()
        self._sink.end()

    def abandon(self) -> None:
        """Let go of a file that will not be finished."""
        self._sink.abandon()
        with suppress(Exception):
            self._writer.close()

    def describe(self, source: Source, name: str, identity: Identity) -> ArchiveRow:
        """Return the catalog's row for the finished file, from what the disk gives back.

        Raises: ArchiveDamaged if that is not what was written.
        """
        size, digest = self._sink.bytes, self._sink.digest.digest()
        if (source.size(), format.file_hash(source)) != (size, digest):
            reason = "the disk does not give back what was written"
            raise ArchiveDamaged(name, 0, size - 1, identity.first_seq, identity.last_seq, reason)
        groups = [*self._groups, (identity.last_seq + 1, 0, self._groups[-1][2])]
        chunks: RecordArray = np.zeros(2 * len(groups) - 1, dtype=CHUNK)
        parts = format.layout(format.read_footer(source), size)
        for index, (offset, length, group, part) in enumerate(parts):
            raw = source.read(offset, length)
            checked = np.void(hashlib.sha256(raw).digest())
            chunks[index] = (
                offset, length, *groups[group], group, part, *format.byte_sums(raw), checked
            )  # fmt: skip
        assert chunks[-1]["part"] == FOOTER
        row = ArchiveRow(
            book=identity.book,
            first_seq=identity.first_seq,
            last_seq=identity.last_seq,
            first_at=self._first_at,
            last_at=self._groups[-1][2],
            previous_hash=bytes.fromhex(identity.previous_hash),
            hash=bytes.fromhex(identity.hash),
            file=name,
            size=size,
            sha256=digest,
            chunks=chunks.tobytes(),
            entry_hash=b"",
        )
        return msgspec.structs.replace(row, entry_hash=format.entry_hash(row))

"""The archive's files: Parquet, one file a segment of whole journal rows, never changed.

The columns are the fields of a journal record by name, so that any engine can ask the files:
`SELECT sum(amount) FROM 'archive/**/*.parquet'`. Three more columns keep the journal rows (one row
was one commit): on the first transfer of each stand its `row_hash`, `row_first_account` and
`row_openings`, the accounts that it opened; they are null on all other transfers. With the hash of
the row before, which the file's own notes give, every row's hash can be computed again.

A file is cut into chunks: of each row group the columns of the transfers, then those of the rows;
at last the footer. The catalog keeps every chunk's SHA-256, and two sums that name a single changed
byte (see `find_flip`). What is read is compared with them first, always.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from venule.ledger.archive_store import ArchiveRow
from venule.ledger.model import OPENING, TRANSFER, RecordArray

FORMAT: Final = 1
GROUP_TRANSFERS: Final = 8_192
"""Transfers of a row group: the least that is read for one line of a statement."""

GROUP_OPENINGS_MAX: Final = 1 << 20
"""A row group also ends once it has so many openings (24 MiB)."""

COMPRESSION: Final = "zstd"
COMPRESSION_LEVEL: Final = 3

TRANSFERS: Final = 0
ROWS: Final = 1
FOOTER: Final = 2
"""What a chunk is a part of."""

CHUNK: Final = np.dtype(
    [
        ("offset", "<i8"),
        ("length", "<i8"),
        ("first_seq", "<i8"),
        ("transfers", "<i8"),
        ("last_at", "<i8"),
        ("group", "<i4"),
        ("part", "<i4"),
        ("byte_sum", "<i8"),
        ("byte_moment", "<i8"),
        ("sha256", "V32"),
    ]
)
"""A part of a file, as the catalog keeps it; together they cover every byte of it. The sums are of
its bytes, and of each byte times its place from 1."""

TRANSFER_COLUMNS: Final = TRANSFER.names or ()
ROW_COLUMNS: Final = ("row_hash", "row_first_account", "row_openings")
_HASH_BYTES: Final = 32
_MAGIC: Final = b"PAR1"
_TAIL_BYTES: Final = 8
_READ_BYTES: Final = 1 << 20
_NOTES: Final = "venule.archive"
_STEPWISE: Final = frozenset({"seq", "at", "debit", "credit", "timeout_s", "code", "flags"})


class Identity(msgspec.Struct, frozen=True):
    """What a file says of itself: the part of which history it is."""

    format: int
    book: int
    first_seq: int
    last_seq: int
    previous_hash: str
    hash: str


class RowMark(msgspec.Struct, frozen=True):
    """Where a journal row begins in a row group, and what is its own."""

    place: int
    hash: bytes
    first_account: int
    openings: RecordArray


class Source(Protocol):
    """The bytes of a file."""

    def size(self) -> int: ...
    def read(self, offset: int, length: int) -> bytes: ...


class FileSource:
    """The bytes of a file on disk. Raises what the operating system says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self) -> int:
        return self._path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            parts = []
            while length > 0:
                part = os.pread(fd, length, offset)
                if not part:
                    break
                parts.append(part)
                offset += len(part)
                length -= len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            os.close(fd)


def file_hash(source: Source) -> bytes:
    """SHA-256 over a whole file."""
    digest = hashlib.sha256()
    offset = 0
    while piece := source.read(offset, _READ_BYTES):
        digest.update(piece)
        offset += len(piece)
    return digest.digest()


# ---------------------------------------------------------------- the catalog's words


def archive_name(book: int, first_seq: int, last_seq: int) -> str:
    """Return a file's place below the home."""
    return f"archive/book-{book}/{first_seq:012d}-{last_seq:012d}.parquet"


def entry_hash(row: ArchiveRow) -> bytes:
    """SHA-256 over what the catalog says of a file."""
    return hashlib.sha256(msgspec.msgpack.encode(msgspec.structs.astuple(row)[:-1])).digest()


def chunks_of(row: ArchiveRow) -> RecordArray:
    """Return a file's chunks, in the order of its bytes."""
    return np.frombuffer(row.chunks, dtype=CHUNK)


def byte_sums(raw: bytes) -> tuple[int, int]:
    """Return the sum of all bytes, and of each times its place from 1, modulo 2**64 as int64."""
    values = np.frombuffer(raw, dtype=np.uint8)
    total = moment = 0
    for start in range(0, len(values), 1 << 16):
        part = values[start : start + (1 << 16)].astype(np.int64)
        here = int(part.sum())
        total += here
        moment += int(part @ np.arange(1, len(part) + 1)) + start * here
    return total, (moment + (1 << 63)) % (1 << 64) - (1 << 63)


# ---------------------------------------------------------------- Parquet


def open_writer(sink: Any) -> Any:
    """Return a Parquet writer; every `write_table` shall be one row group.

    Numbers that rise or are spread evenly are written as differences, the others as planes of
    bytes: half the size of Parquet's defaults, three times as fast, and every engine reads it.
    """
    import pyarrow.parquet as pq

    numbers = [name for name in TRANSFER_COLUMNS if name != "ref"]
    return pq.ParquetWriter(
        sink,
        schema(),
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=False,
        column_encoding={
            name: "DELTA_BINARY_PACKED" if name in _STEPWISE else "BYTE_STREAM_SPLIT"
            for name in numbers
        },
        write_statistics=["seq", "at"],
        write_page_checksum=True,
        sorting_columns=[pq.SortingColumn(0)],
    )


def note(writer: Any, identity: Identity) -> None:
    """Write into the footer what the file is."""
    writer.add_key_value_metadata({_NOTES: msgspec.json.encode(identity)})


def read_footer(source: Source) -> Any:
    """Return the metadata of a whole file. Raises ValueError, OSError for what is none."""
    size = source.size()
    tail = source.read(max(0, size - _TAIL_BYTES), _TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little") + _TAIL_BYTES
    if tail[4:] != _MAGIC or length > size - len(_MAGIC):
        raise ValueError("it does not end as a Parquet file")
    return parse_footer(source.read(size - length, length))


def parse_footer(raw: bytes) -> Any:
    """Return the metadata that a footer holds. Raises ValueError, OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_metadata(pa.BufferReader(_MAGIC + raw))


def identity_of(metadata: Any) -> Identity | None:
    """Return what a file says it is; None if it says nothing that we understand."""
    try:
        return msgspec.json.decode((metadata.metadata or {})[_NOTES.encode()], type=Identity)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def layout(metadata: Any, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (offset, length, row group, part) of each chunk of a file."""
    offset = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        rows_at = _start(group.column(len(TRANSFER_COLUMNS)))
        last = group.column(group.num_columns - 1)
        end = _start(last) + last.total_compressed_size
        yield offset, rows_at - offset, number, TRANSFERS
        yield rows_at, end - rows_at, number, ROWS
        offset = end
    yield offset, size - offset, metadata.num_row_groups, FOOTER


def columns_at(metadata: Any, group: int) -> list[tuple[int, int, str]]:
    """Return (offset, length, name) of each column of a row group."""
    columns = [metadata.row_group(group).column(i) for i in range(metadata.num_columns)]
    return [(_start(it), it.total_compressed_size, it.path_in_schema) for it in columns]


def _start(column: Any) -> int:
    dictionary = column.dictionary_page_offset
    return int(column.data_page_offset if dictionary is None else dictionary)


def read_columns(metadata: Any, group: int, columns: Sequence[str], offset: int, raw: bytes) -> Any:
    """Return columns of a row group as a table. raw: the file's bytes from `offset`, so far as
    these columns need them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pa.PythonFile(_Window(offset, raw), mode="r") as window:
        file = pq.ParquetFile(window, metadata=metadata)
        return file.read_row_group(group, columns=list(columns), use_threads=False)


def decoder_errors() -> tuple[type[Exception], ...]:
    """Return what reading bytes that nobody wrote may raise."""
    import pyarrow as pa

    return (pa.ArrowException, OSError, ValueError, LookupError, MemoryError, OverflowError)


class _Window(io.RawIOBase):
    """A part of a file that stands for the whole: reading elsewhere finds the end."""

    def __init__(self, offset: int, raw: bytes) -> None:
        self._offset = offset
        self._raw = raw
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._offset + len(self._raw))[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start = self._at - self._offset
        end = len(self._raw) if size < 0 else start + size
        part = self._raw[start:end] if start >= 0 else b""
        self._at += len(part)
        return part


# ---------------------------------------------------------------- records <-> columns


@cache
def schema() -> Any:
    """Return the Arrow schema of a file."""
    import pyarrow as pa

    types = {"<i8": pa.int64(), "<u4": pa.uint32(), "<u2": pa.uint16(), "|V16": pa.binary(16)}
    fields = [
        pa.field(
            name, pa.timestamp("us", "UTC") if name == "at" else types[TRANSFER[name].str], False
        )
        for name in TRANSFER_COLUMNS
    ]
    opening = pa.struct(
        [pa.field(name, types[OPENING[name].str], False) for name in OPENING.names or ()]
    )
    fields += [
        pa.field("row_hash", pa.binary(_HASH_BYTES)),
        pa.field("row_first_account", pa.uint32()),
        pa.field("row_openings", pa.list_(pa.field("element", opening, False))),
    ]
    return pa.schema(fields)


def to_table(records: RecordArray, marks: Sequence[RowMark]) -> Any:
    """Return records as a table; the marks' places count from the first record."""
    import pyarrow as pa

    fields = schema()
    columns = [_column(records[name], fields.field(name).type) for name in TRANSFER_COLUMNS]
    starts = np.zeros(len(records), dtype=np.bool_)
    starts[[mark.place for mark in marks]] = True
    none_here = pa.array(~starts)
    hashes = np.zeros(len(records), dtype="V32")
    hashes[starts] = np.frombuffer(b"".join(mark.hash for mark in marks), dtype="V32")
    accounts = np.zeros(len(records), dtype=np.uint32)
    accounts[starts] = [mark.first_account for mark in marks]
    lengths = np.zeros(len(records) + 1, dtype=np.int64)
    lengths[1:][starts] = [len(mark.openings) for mark in marks]
    openings = np.concatenate([mark.openings for mark in marks]) if marks else _no_openings()
    element = fields.field("row_openings").type.value_type
    values = pa.StructArray.from_arrays(
        [_column(openings[name], element.field(name).type) for name in OPENING.names or ()],
        fields=list(element),
    )
    columns += [
        pa.Array.from_buffers(
            pa.binary(_HASH_BYTES),
            len(records),
            [pa.array(starts).buffers()[1], pa.py_buffer(hashes)],
        ),
        pa.array(accounts, mask=~starts),
        pa.ListArray.from_arrays(
            pa.array(lengths.cumsum().astype(np.int32)),
            values,
            type=fields.field("row_openings").type,
            mask=none_here,
        ),
    ]
    return pa.Table.from_arrays(columns, schema=fields)


def _no_openings() -> RecordArray:
    return np.zeros(0, dtype=OPENING)


def _column(values: RecordArray, kind: Any) -> Any:
    import pyarrow as pa

    whole = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole.view(np.uint8))])


def to_records(table: Any) -> RecordArray:
    """Return the records of a table: the way back of `to_table`."""
    records: RecordArray = np.empty(table.num_rows, dtype=TRANSFER)
    for name in TRANSFER_COLUMNS:
        records[name] = to_values(table, name)
    return records


def to_values(table: Any, name: str) -> RecordArray:
    """Return one column of a table of records."""
    return _values(_array(table.column(name)), TRANSFER[name])


def _array(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _values(array: Any, dtype: np.dtype[Any]) -> RecordArray:
    start = array.offset * dtype.itemsize
    return np.frombuffer(array.buffers()[1], dtype, count=len(array), offset=start)


def to_marks(table: Any) -> list[RowMark]:
    """Return where rows begin in a table, and what is their own."""
    hashes, accounts, openings = (_array(table.column(name)) for name in ROW_COLUMNS)
    places = np.flatnonzero(hashes.is_valid().to_numpy(zero_copy_only=False))
    columns = openings.flatten().flatten()
    opened: RecordArray = np.empty(len(columns[0]), dtype=OPENING)
    for name, column in zip(OPENING.names or (), columns, strict=True):
        opened[name] = _values(column, OPENING[name])
    ends = openings.value_lengths().fill_null(0).to_numpy().cumsum()[places]
    starts = np.concatenate(([0], ends))[:-1]
    return [
        RowMark(place, digest, account, opened[start:end])
        for place, digest, account, start, end in zip(
            places.tolist(),
            _values(hashes, np.dtype("V32"))[places].tolist(),
            accounts.fill_null(0).to_numpy()[places].tolist(),
            starts.tolist(),
            ends.tolist(),
            strict=True,
        )
    ]

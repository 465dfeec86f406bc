"""A book as Arrow, for DuckDB, pandas and whatever reads Parquet.

Instants are `timestamp[us, UTC]`; amounts and balances are whole minor units, never fractions; a
reference is 16 bytes. What a column means stands in its metadata.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from venule.kit.homedir import disk_errors, fsync_directory
from venule.ledger.errors import ExportExists
from venule.ledger.model import AccountFlags, RecordArray
from venule.ledger.tx import NOT_POSTED
from venule.ledger.view import Exported, View

BATCH_ROWS: Final = 1 << 17
"""About so many rows a batch, and so a Parquet row group (17 MiB of transfers before packing)."""

COMPRESSION: Final = "zstd"
_INSTANT: Final = pa.timestamp("us", tz="UTC")
_REF: Final = pa.binary(16)
_CLOSED: Final = int(AccountFlags.CLOSED)
_MINOR: Final = "minor units of the accounts' currency or share class"


@dataclass(frozen=True)
class _Column:
    """A column: its Arrow type, what it counts, what it says."""

    name: str
    type: Any
    unit: str
    says: str

    @property
    def field(self) -> Any:
        return pa.field(
            self.name, self.type, nullable=False, metadata={"unit": self.unit, "says": self.says}
        )


TRANSFER_COLUMNS: Final = (
    _Column("seq", pa.int64(), "number", "place in the journal, from 1"),
    _Column(
        "at", _INSTANT, "microseconds since 1970-01-01T00:00Z", "instant of the commit's group"
    ),
    _Column("debit", pa.uint32(), "account", "debited; of an opening: first account opened"),
    _Column("credit", pa.uint32(), "account", "credited; of an opening: last account opened"),
    _Column(
        "amount", pa.int64(), _MINOR, "moved, held or released; of an opening: accounts opened"
    ),
    _Column(
        "posted", pa.bool_(), "", "money moved: not a hold, its release, an opening, a closing"
    ),
    _Column("code", pa.uint16(), "transfer code", "why"),
    _Column("flags", pa.uint16(), "bits of TransferFlags", "how"),
    _Column("ref", _REF, "16 bytes", "the business object; zeros: none"),
    _Column("related", pa.int64(), "number", "the transfer posted, voided or reversed; 0: none"),
    _Column("timeout_s", pa.uint32(), "seconds", "until a hold is released by itself; 0: never"),
    _Column("prev_debit", pa.int64(), "number", "the debit account's transfer before; 0: none"),
    _Column("prev_credit", pa.int64(), "number", "the credit account's transfer before; 0: none"),
    _Column(
        "debit_balance", pa.int64(), _MINOR, "of the debit account afterwards: credits - debits"
    ),
    _Column("debit_debits_pending", pa.int64(), _MINOR, "of the debit account afterwards"),
    _Column("debit_credits_pending", pa.int64(), _MINOR, "of the debit account afterwards"),
    _Column("credit_balance", pa.int64(), _MINOR, "of the credit account afterwards"),
    _Column("credit_debits_pending", pa.int64(), _MINOR, "of the credit account afterwards"),
    _Column("credit_credits_pending", pa.int64(), _MINOR, "of the credit account afterwards"),
)

ACCOUNT_COLUMNS: Final = (
    _Column("id", pa.uint32(), "account", "number, from 1"),
    _Column("unit", pa.uint16(), "unit", "what it counts: ISO 4217 number, or a share class"),
    _Column("code", pa.uint16(), "account code", "place in the chart of accounts"),
    _Column("flags", pa.uint16(), "bits of AccountFlags", "what it may not do"),
    _Column("closed", pa.bool_(), "", "takes no transfers"),
    _Column("ref", _REF, "16 bytes", "the owner; zeros: the house"),
    _Column("balance", pa.int64(), _MINOR, "credits posted - debits posted"),
    _Column("debits_pending", pa.int64(), _MINOR, "held, to be debited"),
    _Column("debits_posted", pa.int64(), _MINOR, "sum of all debits"),
    _Column("credits_pending", pa.int64(), _MINOR, "held, to be credited"),
    _Column("credits_posted", pa.int64(), _MINOR, "sum of all credits"),
    _Column("head", pa.int64(), "number", "the last transfer that touched it; 0: none"),
)


def transfers(
    view: View, first: int, last: int, columns: Sequence[str] | None = None
) -> pa.RecordBatchReader:
    """Stream transfers, oldest first. Raises: KeyError for a column that there is not."""
    wanted = _wanted(TRANSFER_COLUMNS, columns)
    schema = _schema(view, wanted)

    def batches() -> Iterator[Any]:
        for chunk in view.chunks(first, last, records=BATCH_ROWS):
            more = {}
            if any(column.name == "posted" for column in wanted):
                more["posted"] = (chunk["flags"] & NOT_POSTED) == 0
            yield _batch(schema, wanted, chunk, more)

    return pa.RecordBatchReader.from_batches(schema, batches())


def accounts(view: View) -> pa.RecordBatchReader:
    """Stream all accounts by number."""
    schema = _schema(view, ACCOUNT_COLUMNS)
    loaded = view.load_accounts()

    def batches() -> Iterator[Any]:
        for start in range(1, len(loaded), BATCH_ROWS):
            part = loaded[start : start + BATCH_ROWS]
            more = {
                "id": np.arange(start, start + len(part), dtype=np.uint32),
                "closed": (part["flags"] & _CLOSED) != 0,
                "balance": part["credits_posted"] - part["debits_posted"],
            }
            yield _batch(schema, ACCOUNT_COLUMNS, part, more)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _wanted(columns: Sequence[_Column], names: Sequence[str] | None) -> tuple[_Column, ...]:
    by_name = {column.name: column for column in columns}
    return tuple(columns) if names is None else tuple(by_name[name] for name in names)


def _schema(view: View, columns: Sequence[_Column]) -> Any:
    position = view.position()
    units = [{"unit": it.unit, "name": it.name, "scale": it.scale} for it in view.units.values()]
    metadata = {
        "venule.book": str(view.book),
        "venule.position": str(position.seq),
        "venule.hash": position.hash.hex(),
        "venule.units": json.dumps(units, ensure_ascii=False),
    }
    return pa.schema([column.field for column in columns], metadata=metadata)


def _batch(
    schema: Any, columns: Sequence[_Column], records: RecordArray, more: dict[str, RecordArray]
) -> Any:
    arrays = []
    for column in columns:
        values = more[column.name] if column.name in more else records[column.name]
        if column.type == pa.bool_():
            arrays.append(pa.array(values))
        else:  # the type says how the same bytes are read: no copy of a contiguous column
            buffer = pa.py_buffer(np.ascontiguousarray(values))
            arrays.append(pa.Array.from_buffers(column.type, len(values), [None, buffer]))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def export(reader: pa.RecordBatchReader, file: Path | str) -> Exported:
    """Write a stream into a new Parquet file, a row group a batch; whole and durable, or not there.

    Raises: ExportExists, DiskFull, HomeReadOnly, StorageFailed.
    """
    file = Path(file).absolute()
    if file.exists() or file.is_symlink():
        raise ExportExists(str(file))
    new: Path | None = None
    try:
        with disk_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            fd, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
            new = Path(name)
            with open(fd, "wb") as opened:
                rows = _write(reader, opened)
            try:
                os.link(new, file)
            except FileExistsError:
                raise ExportExists(str(file)) from None
            fsync_directory(file.parent)
            return Exported(rows, file.stat().st_size)
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def _write(reader: pa.RecordBatchReader, opened: BinaryIO) -> int:
    rows = 0
    with pq.ParquetWriter(opened, reader.schema, compression=COMPRESSION) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    opened.flush()
    os.fsync(opened.fileno())
    return rows

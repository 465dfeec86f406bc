"""Where the log ends: read from SQLite's index of it, for the price of one `pread`.

`home.sqlite-shm` begins with the header of the log's index: how many frames are committed, their
check sum, and how many of them are back in the database. Only the writer changes it, so the writer
itself always reads it whole.

Format: https://www.sqlite.org/walformat.html#the_wal_index_header
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final, NamedTuple

from venule.kit.sqlite import DATABASE_FILE, SqliteSql, keep_open

INDEX_FILE: Final = f"{DATABASE_FILE}-shm"
READ_BYTES: Final = 100
_INDEX: Final = struct.Struct("=16xIIII8s56xI")
_SUMS: Final = struct.Struct(">II")


class LogEnd(NamedTuple):
    """The committed end of the log.

    checksum: over all its frames. backfilled: so many of them are back in the database; when all
    are, the next transaction may begin the log anew.
    """

    frames: int
    salts: bytes
    checksum: bytes
    backfilled: int


class LogIndex:
    """The index of the log of an open home; its handle stays open as long as the home's own."""

    def __init__(self, home: Path, sql: SqliteSql) -> None:
        self._fd = keep_open(sql, home / INDEX_FILE)

    def read(self) -> LogEnd:
        """Return the log's end as of the last commit."""
        frames, _, first, second, salts, backfilled = _INDEX.unpack(
            os.pread(self._fd, READ_BYTES, 0)
        )
        return LogEnd(frames, salts, _SUMS.pack(first, second), backfilled)

"""Rows as bytes: the same for the same rows, whatever home they lie in.

The form is that of PostgreSQL's binary COPY: a row is the number of its columns (2 bytes), then for
each its length (4 bytes; -1: NULL) and its value. Integers are big-endian, of 4 or 8 bytes by their
column's kind, text is UTF-8.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from venule.kit.moving_errors import MoveUnfit
from venule.kit.sql import Row
from venule.kit.tables_store import BIGINT, BYTEA, INTEGER, TEXT, Table

COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
COPY_TAIL: Final = struct.pack("!h", -1)

_NULL: Final = struct.pack("!i", -1)
_length: Final = struct.Struct("!i").pack
_int8: Final = struct.Struct("!iq").pack
_int4: Final = struct.Struct("!ii").pack


def pack(table: Table, rows: Sequence[Row], path: str) -> bytes:
    """Return rows as bytes. path: of the home that they are from, for messages.

    Raises: MoveUnfit for a value that is not of its column's kind.
    """
    encoders = [_ENCODERS[kind] for kind in table.kinds]
    head = struct.pack("!h", len(encoders))
    parts: list[bytes] = []
    add = parts.append
    for row in rows:
        add(head)
        try:
            for encode, value in zip(encoders, row, strict=True):
                add(_NULL if value is None else encode(value))
        except (TypeError, AttributeError, struct.error, UnicodeError):
            raise _unfit(table, row, path) from None
    return b"".join(parts)


def as_copy(packed: bytes) -> bytes:
    """Return packed rows as a whole file of PostgreSQL's COPY."""
    return b"".join((COPY_HEAD, packed, COPY_TAIL))


def new_digest(table: Table) -> Any:
    """Return a SHA-256 that knows the table; packed rows are added in the order of the key."""
    return sha256(" ".join((table.name, *table.columns, *table.kinds)).encode() + b"\n")


def key_of(table: Table, row: Row) -> Row:
    """Return a row's primary key."""
    return row[: table.key]


def where(table: Table, row: Row) -> str:
    """Name a row by its primary key."""
    pairs = zip(table.columns, key_of(table, row), strict=False)
    return ", ".join(f"{column} {_shown(value)}" for column, value in pairs)


def first_difference(
    table: Table, expected: Sequence[Row], seen: Sequence[Row]
) -> tuple[str, str, str]:
    """Say where two lists of rows part: where, what was expected, what is seen."""
    for old, new in zip(expected, seen, strict=False):
        if key_of(table, old) != key_of(table, new):
            return f"{table.name}, {where(table, old)}", "this row next", where(table, new)
        for column, a, b in zip(table.columns, old, new, strict=True):
            if a != b and (a or b):
                return f"{table.name}, {where(table, old)}: {column}", _shown(a), _shown(b)
    if len(expected) > len(seen):
        return f"{table.name}, {where(table, expected[len(seen)])}", "this row", "none"
    return f"{table.name}, {where(table, seen[len(expected)])}", "no such row", "one"


def _encode_int8(value: Any) -> bytes:
    if type(value) is not int:
        raise TypeError
    return _int8(8, value)


def _encode_int4(value: Any) -> bytes:
    if type(value) is not int:
        raise TypeError
    return _int4(4, value)


def _encode_text(value: Any) -> bytes:
    raw: bytes = value.encode()
    if b"\0" in raw:
        raise TypeError
    return _length(len(raw)) + raw


def _encode_bytes(value: Any) -> bytes:
    if value == "":  # what SQLite takes from DEFAULT ''
        value = b""
    if type(value) is not bytes:
        raise TypeError
    return _length(len(value)) + value


_ENCODERS: Final[dict[str, Callable[[Any], bytes]]] = {
    BIGINT: _encode_int8,
    INTEGER: _encode_int4,
    TEXT: _encode_text,
    BYTEA: _encode_bytes,
}
KINDS: Final = frozenset(_ENCODERS)


def _unfit(table: Table, row: Row, path: str) -> MoveUnfit:
    for column, kind, value in zip(table.columns, table.kinds, row, strict=True):
        try:
            if value is not None:
                _ENCODERS[kind](value)
        except (TypeError, AttributeError, struct.error, UnicodeError):
            expected = f"a value of {kind} in {column}"
            return MoveUnfit(path, table.name, where(table, row), expected, _shown(value))
    raise AssertionError("every value of the row is fit")


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)

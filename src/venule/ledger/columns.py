"""Fixed records packed by column, for the journal and the pages of a checkpoint.

Of every column only what differs is stored: the bytes above a base that all of its values share.
Sequence numbers count up by themselves, a reference to an earlier record is a distance, and what
hardly varies (codes, flags, the empty halves of holds) takes no room at all. Values far from the
others are listed apart. There is no entropy coder: a record costs some 25 to 50 bytes instead of
128, and packing costs less than copying the rest to disk would.

A packed block, all numbers little-endian:

    uint32  count of records
    uint16  bytes of a raw record
    uint8   columns
    uint8   version, 1
    uint8   of each column: width (low four bits; 9 to 15 mean width 1 to 7 with exceptions), and
            how many bytes its base takes (high four bits)
    bytes   the bases, zigzag
    then of each column, in order: `width` planes of `count` bytes, lowest byte first, and if it has
            exceptions: uint32 how many, uint32 each one's place, int64 each one's value
    uint64  sum of all bytes before, and uint64 sum of each byte times its place (from 1)

The two sums name a single changed byte and what it was: see `find_flip`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from numba import njit

from venule.ledger.holds import Int
from venule.ledger.model import RecordArray

Table: TypeAlias = npt.NDArray[np.int64]

RAW: Final = 0
PACKED: Final = 1
"""Values of a row's `codec`."""

VERSION: Final = 1
HEADER_BYTES: Final = 8
SUMS_BYTES: Final = 16
_EXCEPTION_BYTES: Final = 12

_PLAIN: Final = 0
_COUNTING: Final = 1  # as the value less its place in the block
_BACK: Final = 2  # as the distance from the record's own sequence number; 0 stays 0
_SWAPPED: Final = 3  # big-endian: the high half of a time-ordered reference
_BACKWARD: Final = frozenset({"related", "prev_debit", "prev_credit"})


class PackDamaged(Exception):
    """A packed block that cannot be read: what is wrong with it."""


class Flip(msgspec.Struct, frozen=True):
    """One byte that explains all that is wrong with a block. `field` is '' outside the values."""

    at: int
    seen: int
    expected: int
    field: str
    record: int


@cache
def _table(dtype: np.dtype[Any]) -> tuple[Table, tuple[str, ...]]:
    """Return (word, shift, bits, kind) of each column of a layout, and the columns' names."""
    rows: list[tuple[int, int, int, int]] = []
    names: list[str] = []
    for name in dtype.names or ():
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        if name == "ref":
            word = offset // 8
            rows += [(word, 0, 64, _SWAPPED), (word + 1, 0, 64, _PLAIN)]
            names += ["ref", "ref"]
            continue
        how = _BACK if name in _BACKWARD else _COUNTING if not offset and name == "seq" else _PLAIN
        rows.append((offset // 8, offset % 8 * 8, kind.itemsize * 8, how))
        names.append(name)
    return np.array(rows, dtype=np.int64), tuple(names)


def pack(records: RecordArray) -> bytes:
    """Pack contiguous records of a layout whose fields lie in whole 8-byte words."""
    table, _ = _table(records.dtype)
    count = len(records)
    words = records.view(np.int64).reshape(count, records.dtype.itemsize // 8)
    room = HEADER_BYTES + 9 * len(table) + count * records.dtype.itemsize + SUMS_BYTES
    out = np.empty(room, dtype=np.uint8)
    length = _pack(words, table, out)
    return out[:length].tobytes()


def unpack(raw: bytes, dtype: np.dtype[Any]) -> RecordArray:
    """Return the records of a packed block. Raises: PackDamaged."""
    table, _ = _table(dtype)
    block = np.frombuffer(raw, dtype=np.uint8)
    if len(block) < HEADER_BYTES + len(table) + SUMS_BYTES:
        raise PackDamaged(f"expected at least a header and sums, seen {len(block)} bytes")
    if _sums_differ(block):
        raise PackDamaged("its bytes do not add up to their sums")
    count = int.from_bytes(raw[:4], "little")
    head = (int.from_bytes(raw[4:6], "little"), raw[6], raw[7])
    if head != (dtype.itemsize, len(table), VERSION):
        raise PackDamaged(f"expected {(dtype.itemsize, len(table), VERSION)} ahead, seen {head}")
    if _packed_bytes(block, len(table), count) != len(block) - SUMS_BYTES:
        raise PackDamaged(f"its length does not fit {count} records")
    records: RecordArray = np.zeros(count, dtype=dtype)
    words = records.view(np.int64).reshape(count, dtype.itemsize // 8)
    if not _unpack(block, table, words):
        raise PackDamaged("an exception lies past the last record")
    return records


def find_flip(raw: bytes, dtype: np.dtype[Any]) -> Flip | None:
    """Return the one byte whose change would explain a block's sums; None if no single one does.

    The two sums differ by e and by e times the byte's place, where e is the change: their quotient
    is the place. The caller checks the corrected block against its hash.
    """
    body = len(raw) - SUMS_BYTES
    if body < HEADER_BYTES:
        return None
    block = np.frombuffer(raw, dtype=np.uint8)
    total, weighted = (int(n) for n in _sums(block[:body]))
    change = int.from_bytes(raw[body : body + 8], "little") - total
    moment = int.from_bytes(raw[body + 8 :], "little") - weighted
    if change == 0 and moment == 0:
        return None
    if change == 0 or moment == 0:  # one of the sums itself
        at = body if moment == 0 else body + 8
        value = total if moment == 0 else weighted
        right = value.to_bytes(8, "little")
        off = [i for i in range(8) if raw[at + i] != right[i]]
        return Flip(at + off[0], raw[at + off[0]], right[off[0]], "", -1) if len(off) == 1 else None
    place, rest = divmod(moment, change)
    if rest or not 0 < place <= body:
        return None
    expected = raw[place - 1] + change
    if not 0 <= expected <= 255:
        return None
    field, record = _whose(raw[: place - 1] + bytes([expected]) + raw[place:], dtype, place - 1)
    return Flip(place - 1, raw[place - 1], expected, field, record)


def corrected(raw: bytes, flip: Flip) -> bytes:
    """Return a block with one byte put right."""
    return raw[: flip.at] + bytes([flip.expected]) + raw[flip.at + 1 :]


def _whose(raw: bytes, dtype: np.dtype[Any], at: int) -> tuple[str, int]:
    """Return the field and the record that a byte of a whole block belongs to."""
    table, names = _table(dtype)
    columns, count = len(table), int.from_bytes(raw[:4], "little")
    marks = raw[HEADER_BYTES : HEADER_BYTES + columns]
    start = HEADER_BYTES + columns + sum(mark >> 4 for mark in marks)
    if at < start or not count:
        return "", -1
    for name, mark in zip(names, marks, strict=True):
        width = mark & 15 if mark & 15 <= 8 else (mark & 15) - 8
        end = start + width * count
        if at < end:
            return name, (at - start) % count
        if mark & 15 > 8:
            many = int.from_bytes(raw[end : end + 4], "little")
            places = raw[end + 4 : end + 4 + 4 * many]
            values = end + 4 + 4 * many
            if end + 4 <= at < values + 8 * many:
                k = (at - end - 4) // 4 if at < values else (at - values) // 8
                return name, int.from_bytes(places[4 * k : 4 * k + 4], "little")
            end = values + 8 * many
        if at < end:
            return name, -1
        start = end
    return "", -1


# ---------------------------------------------------------------- compiled


@njit(cache=True, nogil=True)
def _sums(block: Any) -> Any:
    total = np.uint64(0)
    weighted = np.uint64(0)
    for i in range(len(block)):
        total += np.uint64(block[i])
        weighted += np.uint64(block[i]) * np.uint64(i + 1)
    return total, weighted


@njit(cache=True, nogil=True)
def _sums_differ(block: Any) -> Any:
    body = len(block) - 16
    total, weighted = _sums(block[:body])
    return total != _load(block, body, 8) or weighted != _load(block, body + 8, 8)


@njit(cache=True, nogil=True)
def _store(out: Any, at: Int, value: Any, length: Int) -> Int:
    v = np.uint64(value)
    for j in range(length):
        out[at + j] = np.uint8(v & np.uint64(255))
        v >>= np.uint64(8)
    return at + length


@njit(cache=True, nogil=True)
def _load(block: Any, at: Int, length: Int) -> Any:
    v = np.uint64(0)
    for j in range(length):
        v |= np.uint64(block[at + j]) << np.uint64(8 * j)
    return v


@njit(cache=True, nogil=True)
def _swap(value: Any) -> Any:
    """Reverse the bytes of a word."""
    v = np.uint64(value)
    low = np.uint64(0x00FF00FF00FF00FF)
    mid = np.uint64(0x0000FFFF0000FFFF)
    v = ((v >> np.uint64(8)) & low) | ((v & low) << np.uint64(8))
    v = ((v >> np.uint64(16)) & mid) | ((v & mid) << np.uint64(16))
    return np.int64((v >> np.uint64(32)) | (v << np.uint64(32)))


@njit(cache=True, nogil=True)
def _bytes_for(value: Any) -> Int:
    v = np.uint64(value)
    length = 0
    while v != 0:
        v >>= np.uint64(8)
        length += 1
    return length


@njit(cache=True, nogil=True)
def _gather(words: Any, row: Any, column: Any) -> None:
    """Copy one field of all records, in the form in which it varies least."""
    word, shift, bits, kind = row[0], row[1], row[2], row[3]
    n = len(words)
    if bits == 64:
        for i in range(n):
            column[i] = words[i, word]
    else:
        mask = (np.int64(1) << bits) - 1
        for i in range(n):
            column[i] = (words[i, word] >> shift) & mask
    if kind == 1:
        for i in range(n):
            column[i] -= i
    elif kind == 2:
        for i in range(n):
            if column[i] != 0:
                column[i] = words[i, 0] - column[i]
    elif kind == 3:
        for i in range(n):
            column[i] = _swap(column[i])


@njit(cache=True, nogil=True)
def _choose(column: Any) -> Any:
    """Return (base, width, exceptions): the cheapest way to store a column."""
    low = column[0]
    high = column[0]
    for i in range(1, len(column)):
        low = min(low, column[i])
        high = max(high, column[i])
    width = _bytes_for(np.uint64(high) - np.uint64(low))
    if width <= 1 or (low >= 0 and _bytes_for(np.uint64(high)) <= 1):
        return low, width, 0
    fits = np.zeros(9, dtype=np.int64)
    for i in range(len(column)):
        fits[_bytes_for(np.uint64(column[i]))] += 1
    base, exceptions, best = low, 0, width * len(column)
    within = fits[0]
    for w in range(1, 8):
        within += fits[w]
        outside = len(column) - within
        cost = w * len(column) + 4 + 12 * outside
        if cost < best:
            base, width, exceptions, best = np.int64(0), w, outside, cost
    return base, width, exceptions


@njit(cache=True, nogil=True)
def _pack(words: Any, table: Any, out: Any) -> Int:
    n, k = words.shape[0], table.shape[0]
    _store(out, 0, n, 4)
    _store(out, 4, 8 * words.shape[1], 2)
    out[6], out[7] = k, 1
    column = np.empty(n, dtype=np.int64)
    bases = np.zeros(k, dtype=np.int64)
    widths = np.zeros(k, dtype=np.int64)
    apart = np.zeros(k, dtype=np.int64)
    at = 8 + k
    for c in range(k):
        if n > 0:
            _gather(words, table[c], column)
            bases[c], widths[c], apart[c] = _choose(column)
        zigzag = np.uint64((bases[c] << 1) ^ (bases[c] >> 63))
        length = _bytes_for(zigzag)
        out[8 + c] = np.uint8((length << 4) | (widths[c] + (8 if apart[c] > 0 else 0)))
        at = _store(out, at, zigzag, length)
    for c in range(k):
        if widths[c] > 0:
            _gather(words, table[c], column)
            at = _write_column(column, bases[c], widths[c], apart[c], out, at)
    total, weighted = _sums(out[:at])
    at = _store(out, at, total, 8)
    return _store(out, at, weighted, 8)


@njit(cache=True, nogil=True)
def _write_column(column: Any, base: Any, width: Int, apart: Int, out: Any, at: Int) -> Int:
    n = len(column)
    for i in range(n):
        column[i] -= base
    for j in range(width):
        shift = 8 * j
        for i in range(n):
            out[at + i] = np.uint8((column[i] >> shift) & 255)
        at += n
    if apart > 0:
        at = _store(out, at, apart, 4)
        values = at + 4 * apart
        limit = np.uint64(1) << np.uint64(8 * width)
        for i in range(n):
            if np.uint64(column[i]) >= limit:
                at = _store(out, at, i, 4)
                values = _store(out, values, column[i], 8)
        at = values
    return at


@njit(cache=True, nogil=True)
def _packed_bytes(block: Any, columns: Int, count: Int) -> Int:
    """Return the length that the header tells of, without the sums; -1 if it cannot be."""
    end = len(block) - 16
    at = 8 + columns
    for c in range(columns):
        at += block[8 + c] >> 4
        if block[8 + c] >> 4 > 8:
            return -1
    for c in range(columns):
        width = np.int64(block[8 + c] & 15)
        exceptions = width > 8
        at += (width - 8 if exceptions else width) * count
        if exceptions:
            if at + 4 > end:
                return -1
            at += 4 + 12 * np.int64(_load(block, at, 4))
        if at > end:
            return -1
    return at


@njit(cache=True, nogil=True)
def _unpack(block: Any, table: Any, words: Any) -> Any:
    n, k = words.shape[0], table.shape[0]
    column = np.empty(n, dtype=np.int64)
    base_at = 8 + k
    at = 8 + k
    for c in range(k):
        at += block[8 + c] >> 4
    for c in range(k):
        length = np.int64(block[8 + c] >> 4)
        zigzag = _load(block, base_at, length)
        base_at += length
        base = np.int64(zigzag >> np.uint64(1)) ^ -np.int64(zigzag & np.uint64(1))
        width = np.int64(block[8 + c] & 15)
        exceptions = width > 8
        width -= np.int64(8) if exceptions else np.int64(0)
        if width == 0 and base == 0 and table[c, 3] != 1:
            continue  # the record is all zeros before
        column[:] = 0
        for j in range(width):
            shift = 8 * j
            for i in range(n):
                column[i] |= np.int64(block[at + i]) << shift
            at += n
        if exceptions:
            many = np.int64(_load(block, at, 4))
            at += 4
            for e in range(many):
                place = np.int64(_load(block, at + 4 * e, 4))
                if place >= n:
                    return False
                column[place] = np.int64(_load(block, at + 4 * many + 8 * e, 8))
            at += 12 * many
        _scatter(column, base, table[c], words)
    return True


@njit(cache=True, nogil=True)
def _scatter(column: Any, base: Any, row: Any, words: Any) -> None:
    """Put a column back into its field. The sequence number, word 0, comes first."""
    word, shift, bits, kind = row[0], row[1], row[2], row[3]
    for i in range(len(column)):
        value = column[i] + base
        if kind == 1:
            value += i
        elif kind == 2:
            if value != 0:
                value = words[i, 0] - value
        elif kind == 3:
            value = _swap(value)
        if bits == 64:
            words[i, word] = value
        else:
            words[i, word] |= value << shift

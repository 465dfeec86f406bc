"""Look at a write-ahead log before SQLite does.

After a crash SQLite replays the log up to the first frame whose check sum is wrong and silently
drops the rest. That is right for a torn end: the last commit was just being written. It is wrong
for damage, which would take commits away that callers were told of. This module tells the two
apart, by two signs of damage:

- later commits. The log is flushed at every commit, so a crash can tear the frames of one commit
  only; a whole second commit at or behind the wrong frame was durable.
- a single byte. A crash tears at sectors or pages; a frame that one changed byte would explain was
  most likely written whole and changed afterwards. The sum is linear, so every such byte can be
  tried. Only most likely: what a torn write leaves in a sector may differ by one byte from what
  was meant. So a frame past those that the witness has seen, which nobody need have been told of,
  is a torn end nevertheless.

What is whole is told too (`LogScan`): which pages it holds, and which generation of the database
it belongs on, see `standing`.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from venule.kit.errors import HomeDamaged
from venule.kit.sqlite import DATABASE_FILE, PAGE_BYTES

WAL_FILE: Final = f"{DATABASE_FILE}-wal"
HEADER_BYTES: Final = 32
FRAME_HEADER_BYTES: Final = 24
FRAME_BYTES: Final = FRAME_HEADER_BYTES + PAGE_BYTES
FRAMES_AT_ONCE: Final = 1_024
SALTS: Final = slice(16, 24)
"""Of the header: random bytes that tell a log from what was in the file before."""
OWN_OFFSET: Final = 60
"""Of page 1: `user_version`."""
BASE_OFFSET: Final = 68
"""Of page 1: `application_id`."""
MAGIC: Final = 0x377F0682  # the lowest bit set: sums are over big-endian words
U32: Final = 0xFFFFFFFF
U32_ZERO: Final = np.uint32(0)

Words = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]


class Generation(NamedTuple):
    """What page 1 says: the generation of the log that holds this page, and of what it is based on.

    SQLite's `user_version` and `application_id`, drawn at random for each log, see `log_store`.
    """

    own: int
    base: int


def generation_of(page: bytes) -> Generation:
    """Return what (the beginning of) an image of page 1 says."""
    own, base = page[OWN_OFFSET : OWN_OFFSET + 4], page[BASE_OFFSET : BASE_OFFSET + 4]
    return Generation(int.from_bytes(own, "big"), int.from_bytes(base, "big"))


@dataclass
class LogScan:
    """What a log holds up to its last whole commit.

    header: its first 32 bytes. pages: the number of each frame's page. sums: each frame's check
    sum, over all up to it. database_pages: how large the last commit leaves the database.
    generations: what each image of page 1 says, in order.
    """

    header: bytes
    pages: Words
    sums: Words
    database_pages: int = 0
    generations: list[Generation] = field(default_factory=list)

    @property
    def frames(self) -> int:
        return len(self.pages)

    @property
    def salts(self) -> bytes:
        return self.header[SALTS]

    def checksum(self, frames: int) -> bytes:
        """Return the check sum over the first so many frames, as it stands in the file."""
        if frames == 0:
            return self.header[24:32]
        return bytes(self.sums[frames - 1].astype(">u4").data)


def check_wal(home: Path, seen: Callable[[bytes], int | None] = lambda _: None) -> LogScan | None:
    """Check the log of a home that nobody writes to; None if it holds no whole commit.

    seen: how many frames of the log with these salts the witness has seen, None without a witness.
    Raises: HomeDamaged naming the frame.
    """
    try:
        with open(home / WAL_FILE, "rb") as file:
            if os.fstat(file.fileno()).st_size >= HEADER_BYTES + FRAME_BYTES:
                return _check_file(home, file, seen)
    except FileNotFoundError:
        pass
    return None


def cut_tail(home: Path, log: LogScan | None) -> None:
    """Cut off what a crash left behind the last whole commit, durably.

    SQLite would leave it and write over it. Torn once more, the next commit would then have whole
    commits behind it, as after damage. For the one writer, before it opens the database.
    Raises: OSError.
    """
    end = 0 if log is None else HEADER_BYTES + log.frames * FRAME_BYTES
    try:
        with open(home / WAL_FILE, "r+b") as file:
            if os.fstat(file.fileno()).st_size > end:
                os.ftruncate(file.fileno(), end)
                os.fsync(file.fileno())
    except FileNotFoundError:
        pass


def _check_file(home: Path, file: BinaryIO, seen: Callable[[bytes], int | None]) -> LogScan | None:
    header = file.read(HEADER_BYTES)
    order = _check_header(home, header)
    words = np.frombuffer(header, ">u4").astype(np.uint32)
    salts, sums = words[4:6], words[6:8]
    good_parts: list[Bools] = []
    head_parts: list[Words] = []
    generations: list[tuple[int, Generation]] = []
    while raw := file.read(FRAMES_AT_ONCE * FRAME_BYTES):
        good, head, sums = _check_frames(raw, order, salts, sums)
        generations += _generations(raw, head, FRAMES_AT_ONCE * len(good_parts))
        good_parts.append(good)
        head_parts.append(head)
    good, head = np.concatenate(good_parts), np.concatenate(head_parts)
    commit = (head[:, 1] != 0) & (head[:, 2:4] == salts).all(axis=1)
    wrong = len(good) if good.all() else int(np.argmin(good))
    if wrong < len(good):
        commits = np.flatnonzero(commit)
        commits = commits[commits >= wrong]
        if good[commits[1:]].any():
            raise _damage(home, wrong, "later commits follow")
        before, frame = _frame_and_sums_before(file, wrong)
        known = seen(header[SALTS])
        if (known is None or wrong < known) and _is_one_byte_off(frame, order, salts, before):
            raise _damage(home, wrong, "all but one byte of it is right")
    whole = np.flatnonzero(commit[:wrong])
    if not len(whole):
        return None
    count = int(whole[-1]) + 1
    return LogScan(
        header,
        pages=head[:count, 0],
        sums=head[:count, 4:6],
        database_pages=int(head[count - 1, 1]),
        generations=[said for frame, said in generations if frame < count],
    )


def _generations(raw: bytes, head: Words, first: int) -> list[tuple[int, Generation]]:
    """Return what each image of page 1 says, with the number of its frame."""
    found = []
    for i in np.flatnonzero(head[:, 0] == 1).tolist():
        start = i * FRAME_BYTES + FRAME_HEADER_BYTES
        found.append((first + i, generation_of(raw[start : start + 100])))
    return found


def _damage(home: Path, frame: int, sign: str) -> HomeDamaged:
    expected = "a check sum that fits"
    return HomeDamaged(
        str(home), f"{WAL_FILE}, frame {frame + 1}", expected, f"one that does not, and {sign}"
    )


def _frame_and_sums_before(file: BinaryIO, frame: int) -> tuple[Words, bytes]:
    """Read a frame, and the check sum stored in what comes before it."""
    start = HEADER_BYTES + frame * FRAME_BYTES
    file.seek(start - FRAME_BYTES + 16 if frame else 24)
    before = np.frombuffer(file.read(8), ">u4").astype(np.uint32)
    file.seek(start)
    return before, file.read(FRAME_BYTES)


def _is_one_byte_off(frame: bytes, order: str, salts: Words, before: Words) -> bool:
    """Whether a frame becomes right by changing one byte of it."""
    weights, carry = _weights()
    words = np.frombuffer(frame[:8] + frame[FRAME_HEADER_BYTES:], order).astype(np.uint32)
    sums = words @ weights + before @ carry
    right = np.concatenate((salts, sums)).astype(">u4").tobytes()
    seen = frame[8:FRAME_HEADER_BYTES]
    bytes_off = sum(a != b for a, b in zip(right, seen, strict=True))
    if bytes_off <= 1 or seen[:8] != right[:8]:
        return bytes_off <= 1
    missing = np.frombuffer(seen[8:], ">u4").astype(np.uint32) - sums
    for shift in (0, 8, 16, 24):
        for change in range(1, 256):
            by = np.uint32(change << shift)
            if (weights * by == missing).all(axis=1).any():
                return True
            if (weights * by == U32_ZERO - missing).all(axis=1).any():
                return True
    return False


def _check_header(home: Path, header: bytes) -> str:
    """Return the byte order of the sums. SQLite flushes the header before the first frame."""
    magic = int.from_bytes(header[:4], "big")
    order = ">u4" if magic & 1 else "<u4"
    first = second = 0
    words = np.frombuffer(header[:24], order).tolist()
    for x, y in zip(words[::2], words[1::2], strict=True):
        first = (first + x + second) & U32
        second = (second + y + first) & U32
    stored = int.from_bytes(header[24:28], "big"), int.from_bytes(header[28:32], "big")
    page = int.from_bytes(header[8:12], "big")
    if magic & ~1 != MAGIC or stored != (first, second) or page != PAGE_BYTES:
        raise HomeDamaged(
            str(home), f"{WAL_FILE}, header", "a header whose check sum fits", header.hex()
        )
    return order


def _check_frames(raw: bytes, order: str, salts: Words, sums: Words) -> tuple[Bools, Words, Words]:
    """Return, for each whole frame, whether it fits the one before, and the words of its header.

    sums: the check sum stored before the first frame. The last result is that for the next call.
    """
    count = len(raw) // FRAME_BYTES
    frames = np.frombuffer(raw, np.uint8, count * FRAME_BYTES).reshape(count, FRAME_BYTES)
    head = np.ascontiguousarray(frames[:, :FRAME_HEADER_BYTES]).view(">u4").astype(np.uint32)
    summed = np.concatenate((frames[:, :8], frames[:, FRAME_HEADER_BYTES:]), axis=1)
    words = summed.view(order).astype(np.uint32, copy=False)
    weights, carry = _weights()
    stored = head[:, 4:6]
    before = np.concatenate((sums[np.newaxis], stored[:-1])) if count else stored
    salted = (head[:, 2:4] == salts).all(axis=1)
    fits = (words @ weights + before @ carry == stored).all(axis=1)
    good = salted & fits & (head[:, 0] != 0)
    return good, head, stored[-1] if count else sums


@cache
def _weights() -> tuple[Words, Words]:
    """Return the check sum as a linear map: sums = words @ weights + sums before @ carry.

    SQLite's loop, for each pair of words (x, y): a += x + b; b += y + a (modulo 2**32). One round
    is the matrix ((1, 1), (1, 2)) on (a, b), plus (x, x + y); a later round multiplies it again.
    """
    pairs = (8 + PAGE_BYTES) // 8
    weights = np.zeros((2 * pairs, 2), np.uint32)
    aa, ab, bb = 1, 0, 1  # the power of the (symmetric) matrix; the last pair has power 0
    for pair in range(pairs - 1, -1, -1):
        weights[2 * pair] = (aa + ab) & U32, (ab + bb) & U32
        weights[2 * pair + 1] = ab, bb
        aa, ab, bb = (aa + ab) & U32, (aa + 2 * ab) & U32, (ab + 2 * bb) & U32
    return weights, np.array([[aa, ab], [ab, bb]], np.uint32)

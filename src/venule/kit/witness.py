"""The witness: a small file beside the database that remembers how far this directory has come.

After each commit one of its two slots is written, without a flush: what is in it is never ahead of
what is durable, and after a loss of power it may lag behind. So a home that does not hold what its
witness has seen has lost something: a file was cut, taken away, or an older copy was put in its
place. Two slots in different sectors: a torn write leaves the other one. After a clean close both
say the same, and a changed byte anywhere in the file is found.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from enum import IntEnum, unique
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from venule.kit.errors import HomeDamaged
from venule.kit.home_store import Mark
from venule.kit.homedir import fsync_directory

WITNESS_FILE: Final = "witness"
WITNESS_BYTES: Final = 4_096
SLOT_OFFSETS: Final = (0, 2_048)
HASH_BYTES_MAX: Final = 64
MAGIC: Final = b"VENWIT1\n"
SUM_BYTES: Final = 16

_SLOT: Final = struct.Struct("<8sQ16sB3xIIIqqq8s8sB64s")
SLOT_BYTES: Final = _SLOT.size + SUM_BYTES


class WitnessDamaged(HomeDamaged):
    """The witness is not as it was written. The books are not touched by that: remove the file."""

    slug = "witness-damaged"


@unique
class LogState(IntEnum):
    """What the log was when the witness looked."""

    USED = 1
    """It holds commits that the database may not have yet."""
    EMPTYING = 2
    """The database is being brought up to date: the log is needed to the last frame."""
    EMPTIED = 3
    """The database is whole without it."""
    CLOSED = 4
    """As EMPTIED, and the home was closed well."""


class Slot(msgspec.Struct, frozen=True, gc=False):
    """What the witness has seen.

    own: the generation of the log; base: that of the database file it was begun on. frames,
    salts, checksum: see `walindex.LogEnd`. mark: the last group.
    """

    home: bytes
    state: LogState
    own: int
    base: int
    frames: int
    salts: bytes
    checksum: bytes
    mark: Mark
    turn: int = 0


def encode(slot: Slot, turn: int) -> bytes:
    """Return a slot's bytes with their check sum."""
    mark = slot.mark
    if len(mark.hash) > HASH_BYTES_MAX:
        raise ValueError(f"expected a hash of at most {HASH_BYTES_MAX} bytes, seen {mark.hash!r}")
    raw = _SLOT.pack(
        MAGIC, turn, slot.home, slot.state, slot.own, slot.base, slot.frames, mark.commits,
        mark.seq, mark.at_us, slot.salts, slot.checksum, len(mark.hash), mark.hash,
    )  # fmt: skip
    return raw + sha256(raw).digest()[:SUM_BYTES]


def decode(raw: bytes) -> Slot | None:
    """Read a slot; None if it is not whole."""
    body, stored = raw[: _SLOT.size], raw[_SLOT.size :]
    if len(body) != _SLOT.size or sha256(body).digest()[:SUM_BYTES] != stored:
        return None
    (
        magic,
        turn,
        home,
        state,
        own,
        base,
        frames,
        commits,
        seq,
        at_us,
        salts,
        checksum,
        size,
        digest,
    ) = _SLOT.unpack(body)
    if magic != MAGIC:
        return None
    mark = Mark(commits, seq, digest[:size], at_us)
    return Slot(home, LogState(state), own, base, frames, salts, checksum, mark, turn)


def read_witness(home: Path) -> Slot | None:
    """Return the last thing the witness has seen; None if there is no witness.

    Raises: WitnessDamaged.
    """
    try:
        raw = (home / WITNESS_FILE).read_bytes()
    except FileNotFoundError:
        return None
    parts = [raw[offset : offset + SLOT_BYTES] for offset in SLOT_OFFSETS]
    slots = [decode(part) for part in parts]
    whole = [slot for slot in slots if slot is not None]
    last = max(whole, key=lambda slot: slot.turn, default=None)
    if last is None or (last.state is LogState.CLOSED and len(whole) < len(slots)):
        seen = f"{len(whole)} in {len(raw)} bytes"
        raise WitnessDamaged(str(home), WITNESS_FILE, "two slots whose check sums fit", seen)
    if raw != _content(parts):
        raise WitnessDamaged(str(home), WITNESS_FILE, "zeros beside its slots", "other bytes")
    return last


class Witness:
    """The witness of a home that is open for writing."""

    def __init__(self, home: Path, last: Slot) -> None:
        """last: what it says now; written anew, durably, if there is no file yet."""
        self._path = home / WITNESS_FILE
        self._turn = last.turn
        self._last = encode(last, last.turn)
        if not self._path.exists():
            _create(self._path, self._last)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)

    def note(self, slot: Slot) -> None:
        """Write what is durable now; not flushed."""
        self._turn += 1
        self._last = encode(slot, self._turn)
        os.pwrite(self._fd, self._last, SLOT_OFFSETS[self._turn & 1])

    def repeat(self) -> None:
        """Write what was noted last into the other slot too."""
        os.pwrite(self._fd, self._last, SLOT_OFFSETS[~self._turn & 1])

    def flush(self) -> None:
        """Make what was noted durable."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file. Again is harmless."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def give_up(self) -> None:
        """Remove a file that can no longer be written: none is better than one that is wrong."""
        self.close()
        self._path.unlink(missing_ok=True)
        fsync_directory(self._path.parent)


def home_name(home: bytes) -> str:
    """Return a home's id as it is shown."""
    return str(UUID(bytes=home)) if home else "without an id"


def _content(slots: Sequence[bytes]) -> bytes:
    raw = bytearray(WITNESS_BYTES)
    for offset, slot in zip(SLOT_OFFSETS, slots, strict=True):
        raw[offset : offset + len(slot)] = slot
    return bytes(raw)


def _create(path: Path, slot: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    with open(new, "wb") as file:
        file.write(_content([slot] * len(SLOT_OFFSETS)))
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    fsync_directory(path.parent)

"""The seal of a cleanly closed home: hashes of its database, so that any flipped byte is found.

`seal.json` holds the SHA-256 of every segment of `home.sqlite`, its size, and a hash of itself. It
is set after a clean close and broken, durably, before anything is written again: a home without a
seal is in use, was killed, or is larger than what is sealed.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from venule.kit.errors import HomeDamaged
from venule.kit.homedir import fsync_directory
from venule.kit.sqlite import DATABASE_FILE, open_beside
from venule.kit.witness import home_name, read_witness

SEAL_FILE: Final = "seal.json"
SEAL_BYTES_MAX: Final = 64 * 2**30
"""Above this a close does not seal: reading the whole database would take minutes."""
CHECK_BYTES_MAX: Final = 2**30
"""Up to this size opening compares the database with its seal: it takes under a second."""
SEGMENT_BYTES: Final = 16 * 2**20
READ_BYTES: Final = 2**20


class SealForeign(HomeDamaged):
    """The seal of another home lies in this directory."""

    slug = "seal-foreign"


class SealContent(msgspec.Struct):
    """What `seal.json` says. `seal_sha256` is of the same text with that field empty.

    home: the id of the home; seals of old homes have none.
    """

    bytes: int
    segment_bytes: int
    segments_sha256: list[str]
    seal_sha256: str = ""
    home: str | msgspec.UnsetType = msgspec.UNSET


class Seal:
    """The seal of a home that is open for writing: broken now, set again at a clean close."""

    def __init__(self, home: Path, bytes_max: int, broken: bytes | None) -> None:
        self._home = home
        self._bytes_max = bytes_max
        self._broken = broken
        self._stat_before = _stat(home)

    @classmethod
    def break_open(cls, home: Path, bytes_max: int) -> Seal:
        """Remove the seal, durably; compare it first if the database is not too large.

        Raises: HomeDamaged if a byte has changed since the home was closed.
        """
        file = home / SEAL_FILE
        if (home / DATABASE_FILE).stat().st_size <= CHECK_BYTES_MAX:
            for first, last in check_seal(home) or ():
                where = f"{DATABASE_FILE}, bytes {first} to {last}"
                raise HomeDamaged(str(home), where, "what was sealed on closing", "other bytes")
        broken = None
        if file.exists():
            broken = file.read_bytes()
            file.unlink()
        fsync_directory(home)
        return cls(home, bytes_max, broken)

    def is_database_untouched(self) -> bool:
        """Whether nothing was written since the seal was broken, not even to the log."""
        wal = self._home / f"{DATABASE_FILE}-wal"
        return _stat(self._home) == self._stat_before and not (wal.exists() and wal.stat().st_size)

    def set_again(self, home_id: bytes, *, unchanged: bool) -> None:
        """Hash the database and write the seal, unless the log still holds something.

        unchanged: nothing was written: put the broken seal back as it was.
        """
        wal = self._home / f"{DATABASE_FILE}-wal"
        size = (self._home / DATABASE_FILE).stat().st_size
        if size > self._bytes_max or (wal.exists() and wal.stat().st_size):
            return
        if unchanged and self._broken is not None:
            content = self._broken
        else:
            hashes = _hashes(self._home, size, SEGMENT_BYTES)
            content = encode(SealContent(size, SEGMENT_BYTES, hashes, home=home_id.hex()))
        new = self._home / f"{SEAL_FILE}.new"
        with open(new, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, self._home / SEAL_FILE)
        fsync_directory(self._home)


def check_seal(home: Path) -> list[tuple[int, int]] | None:
    """Return the damaged byte ranges `(from, to)` of the database; None if there is no seal.

    A range is a whole segment, or what is too much or missing at the end.
    Raises: HomeDamaged if the seal itself is not as it was written; SealForeign.
    """
    home = Path(home)
    try:
        raw = (home / SEAL_FILE).read_bytes()
    except FileNotFoundError:
        return None
    seal = decode(home, raw)
    _check_home(home, seal)
    size = (home / DATABASE_FILE).stat().st_size
    damaged = []
    seen = _hashes(home, min(size, seal.bytes), seal.segment_bytes)
    for index, digest in enumerate(seal.segments_sha256):
        first = index * seal.segment_bytes
        if index >= len(seen) or seen[index] != digest:
            damaged.append((first, min(first + seal.segment_bytes, seal.bytes)))
    if size > seal.bytes:
        damaged.append((seal.bytes, size))
    return damaged


def encode(seal: SealContent) -> bytes:
    """Return the file's text, its own hash filled in."""
    bare = msgspec.structs.replace(seal, seal_sha256="")
    digest = sha256(msgspec.json.encode(bare)).hexdigest()
    return msgspec.json.encode(msgspec.structs.replace(bare, seal_sha256=digest)) + b"\n"


def decode(home: Path, raw: bytes) -> SealContent:
    """Read the file's text. Raises: HomeDamaged."""
    try:
        seal = msgspec.json.decode(raw, type=SealContent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HomeDamaged(str(home), SEAL_FILE, "a seal", str(error)) from None
    if raw != encode(seal):
        expected = "a hash of itself that fits"
        raise HomeDamaged(str(home), SEAL_FILE, expected, "another")
    return seal


def _check_home(home: Path, seal: SealContent) -> None:
    try:
        slot = read_witness(home)
    except HomeDamaged:  # told by whoever needs the witness
        return
    if slot is not None and seal.home is not msgspec.UNSET and seal.home != slot.home.hex():
        expected = f"the seal of home {home_name(slot.home)}"
        seen = home_name(bytes.fromhex(seal.home))
        raise SealForeign(str(home), SEAL_FILE, expected, f"that of home {seen}")


def _hashes(home: Path, size: int, segment_bytes: int) -> list[str]:
    hashes = []
    with open_beside(home / DATABASE_FILE) as file:
        for first in range(0, size, segment_bytes):
            digest = sha256()
            left = min(segment_bytes, size - first)
            while left:
                piece = file.read(min(READ_BYTES, left))
                if not piece:
                    break
                digest.update(piece)
                left -= len(piece)
            hashes.append(digest.hexdigest())
    return hashes


def _stat(home: Path) -> tuple[int, int]:
    stat = (home / DATABASE_FILE).stat()
    return stat.st_size, stat.st_mtime_ns

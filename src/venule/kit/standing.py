"""Whether the files of a home belong together, looked at before SQLite may join them.

SQLite lays a log over any database file that it finds beside it. That is right for the file that
the log was begun on, and for one that has some or all of the log's pages already; over an older or
a foreign file it would mix two states without a word. Every log names, in the first page of the
database, its own generation and the one that it is based on, so that bytes alone tell. The witness
says in addition how far these files must reach.

    HomeDamaged
    |-- HomeForeign     a file of another home
    |-- HomeOutdated    an older copy under what this directory has seen
    |-- HomeForked      as far or farther, but not what this directory has seen
    |-- LogForeign      the log belongs on another database file, or another time
    |-- LogMissing      the log is gone and the database needs it
    `-- LogCut          the log ends before what was answered

The way out of each: put the right file back, or restore a backup. Whoever means to go on with an
older database says so, see `accept`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from venule.kit.errors import HomeDamaged
from venule.kit.home_store import Mark, identity
from venule.kit.homedir import check_database_file
from venule.kit.log_store import look_inside
from venule.kit.sqlite import DATABASE_FILE, PAGE_BYTES, SqliteSql
from venule.kit.wal import WAL_FILE, Generation, LogScan, check_wal, generation_of
from venule.kit.witness import LogState, Slot, home_name, read_witness

HASH_CHARS: Final = 16
"""Of a hash, shown in messages."""


class HomeForeign(HomeDamaged):
    """A file of another home lies in this directory."""

    slug = "home-foreign"


class HomeOutdated(HomeDamaged):
    """The database is an older copy: this directory has seen more than it holds."""

    slug = "home-outdated"


class HomeForked(HomeDamaged):
    """The database is not an older state of this home, nor one that follows on what was seen."""

    slug = "home-forked"


class LogForeign(HomeDamaged):
    """The write-ahead log does not belong on this database file."""

    slug = "log-foreign"


class LogMissing(HomeDamaged):
    """The write-ahead log is gone, and with it groups that were answered."""

    slug = "log-missing"


class LogCut(HomeDamaged):
    """The write-ahead log ends before groups that were answered."""

    slug = "log-cut"


@dataclass
class Standing:
    """What the files say before anybody opens the database.

    witness: None if there is none. log: None if it holds no commit. disk: what page 1 of the
    database file says, without the log.
    """

    witness: Slot | None
    log: LogScan | None
    disk: Generation


def check_standing(home: Path, *, trust_witness: bool = True, trust_log: bool = True) -> Standing:
    """Check the files of a home that nobody writes to.

    trust_witness: False looks only at whether log and database file belong together. trust_log:
    False looks at the database file alone, as if there were no log.
    Raises: HomeDamaged, or one of its leaves above; WitnessDamaged.
    """
    slot = read_witness(home) if trust_witness else None
    log = check_wal(home, partial(_frames_seen, slot)) if trust_log else None
    head, size = check_database_file(home)
    disk = generation_of(head)
    _check_pair(home, slot, disk, log)
    if slot is not None:
        _check_log(home, slot, disk, log)
    _check_size(home, head, size, log)
    if slot is not None and log is None:
        _check_inside(home, slot, look_inside(home))
    return Standing(slot, log, disk)


def _frames_seen(slot: Slot | None, salts: bytes) -> int | None:
    if slot is None:
        return None
    return slot.frames if slot.salts == salts else 0


def check_identity(home: Path, slot: Slot, sql: SqliteSql) -> None:
    """Compare an open database with the witness. Raises: HomeForeign, HomeOutdated, HomeForked."""
    _check_inside(home, slot, identity(sql))


def _check_inside(home: Path, slot: Slot, inside: tuple[bytes, Mark] | None) -> None:
    if inside is None:  # SQLite will say why
        return
    seen, mark = inside
    if seen != slot.home or mark.commits < slot.mark.commits:
        raise _wrong_database(home, slot, inside)
    if mark.commits == slot.mark.commits and mark[:3] != slot.mark[:3]:
        raise _wrong_database(home, slot, inside)


def _check_pair(home: Path, slot: Slot | None, disk: Generation, log: LogScan | None) -> None:
    if log is None or not log.generations:
        return
    base = log.generations[0].base
    if disk.own == base or any(disk.own == generation.own for generation in log.generations):
        return
    if slot is not None and slot.salts == log.salts:  # the log is ours: it is the other file
        raise _wrong_database(home, slot, look_inside(home))
    expected = f"a log on generation {disk.own:08x} of {DATABASE_FILE}"
    raise LogForeign(str(home), WAL_FILE, expected, f"one on generation {base:08x}")


def _check_log(home: Path, slot: Slot, disk: Generation, log: LogScan | None) -> None:
    if log is None:
        fits = disk.own == slot.own and slot.state is not LogState.EMPTYING
    elif log.salts == slot.salts:
        _check_reach(home, slot, log)
        fits = bool(log.generations) or disk.own in {slot.own, slot.base}
    else:  # begun since the witness looked
        fits = slot.own in {disk.own, *(generation.base for generation in log.generations[:1])}
    if fits:
        return
    if log is None and disk.own in {slot.own, slot.base}:
        raise _without_log(home, slot)
    raise _wrong_database(home, slot, look_inside(home))


def _without_log(home: Path, slot: Slot) -> LogMissing | LogCut:
    wal = home / WAL_FILE
    size = wal.stat().st_size if wal.exists() else 0
    expected = f"{slot.frames} frames, up to {_words(slot.mark)}"
    if size:
        return LogCut(str(home), WAL_FILE, expected, f"none in {size} bytes")
    return LogMissing(str(home), WAL_FILE, expected, "no log")


def _check_reach(home: Path, slot: Slot, log: LogScan) -> None:
    if log.frames < slot.frames:
        expected = f"{slot.frames} frames, up to {_words(slot.mark)}"
        raise LogCut(str(home), WAL_FILE, expected, f"{log.frames} frames")
    seen = log.checksum(slot.frames)
    if seen != slot.checksum:
        expected = f"check sum {slot.checksum.hex()} at frame {slot.frames}"
        raise LogForeign(str(home), WAL_FILE, expected, seen.hex())


def _wrong_database(
    home: Path, slot: Slot, inside: tuple[bytes, Mark] | None
) -> HomeForeign | HomeOutdated | HomeForked:
    """Say in which way a database is not the one that the witness has seen."""
    expected = f"{_words(slot.mark)}, which this directory has seen"
    if inside is None:
        return HomeForked(str(home), DATABASE_FILE, expected, "a database that cannot be read")
    seen, mark = inside
    if seen and seen != slot.home:
        expected = f"the database of home {home_name(slot.home)}"
        return HomeForeign(str(home), DATABASE_FILE, expected, f"that of home {home_name(seen)}")
    if mark.commits < slot.mark.commits:
        return HomeOutdated(
            str(home), DATABASE_FILE, expected, f"an older copy that ends at {_words(mark)}"
        )
    return HomeForked(str(home), DATABASE_FILE, expected, f"another history, up to {_words(mark)}")


def _words(mark: Mark) -> str:
    said = f"sequence number {mark.seq}"
    if mark.hash:
        said += f" with hash {mark.hash.hex()[:HASH_CHARS]}"
    return f"{said} (group {mark.commits})"


def _check_size(home: Path, head: bytes, size: int, log: LogScan | None) -> None:
    """Check that every page is in the file or in the log."""
    pages = int.from_bytes(head[28:32], "big")
    held = size // PAGE_BYTES
    if log is None:
        if size < pages * PAGE_BYTES:
            raise HomeDamaged(
                str(home), DATABASE_FILE, f"{pages * PAGE_BYTES} bytes", f"{size} bytes"
            )
        return
    if held >= log.database_pages:
        return
    in_log = np.zeros(log.database_pages - held, np.bool_)
    beyond = log.pages[(log.pages > held) & (log.pages <= log.database_pages)]
    in_log[beyond.astype(np.int64) - held - 1] = True
    if not in_log.all():
        needed = held + 1 + int(np.flatnonzero(~in_log)[-1])
        raise HomeDamaged(
            str(home),
            DATABASE_FILE,
            f"at least {needed * PAGE_BYTES} bytes: page {needed} is not in the log",
            f"{size} bytes",
        )

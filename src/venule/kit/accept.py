"""Going on with an older database, knowingly.

A home whose files hold less than its directory has seen is refused (see `standing`). The way out is
the right file, or a backup. Where there is neither, somebody has to say that what is missing is
lost: then what remembers it (the witness, a log or a seal of another time) is set aside, the home
opens as it stands, and the fact stands in its log of events as `home.accepted`.

    HOME/accepted.json            while it is being done; the same command finishes it
    HOME/set-aside/<time>/        what was set aside, and the same file at last

Only what is one whole state can be accepted: damage, a file of another home, and a database that
was being brought up to date from a log that is gone, cannot.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from venule.kit import homedir
from venule.kit.errors import HomeDamaged, Refused
from venule.kit.home import Home
from venule.kit.home_store import HOME_ID_BYTES, Mark, identity
from venule.kit.lock import lock_for_writing
from venule.kit.reader import structure_faults
from venule.kit.seal import SEAL_FILE, check_seal
from venule.kit.sqlite import DATABASE_FILE, SqliteSql, connect
from venule.kit.standing import (
    HomeForked,
    HomeOutdated,
    LogCut,
    LogForeign,
    LogMissing,
    check_identity,
    check_standing,
)
from venule.kit.time import Clock, to_us
from venule.kit.tx import Tx
from venule.kit.wal import WAL_FILE
from venule.kit.walindex import INDEX_FILE
from venule.kit.witness import WITNESS_FILE, LogState, Slot, WitnessDamaged, read_witness

ACCEPTED_FILE: Final = "accepted.json"
ASIDE_FOLDER: Final = "set-aside"
ACCEPTED_EVENT: Final = "home.accepted"

_WAYS_OUT: Final = HomeOutdated | HomeForked | LogCut | LogForeign | LogMissing | WitnessDamaged
_HALF_WAY: Final = (
    "the database was being brought up to date from a log that is not whole any more: "
    "it is no state that ever was; restore a backup"
)


@dataclass(eq=False)
class NothingToAccept(Refused):
    """The home opens as it is: nothing is known to be lost."""

    path: str
    seq: int
    slug = "nothing-to-accept"

    @property
    def message(self) -> str:
        return (
            f"expected a home that is refused, seen {self.path}, which opens as it is, up to "
            f"sequence number {self.seq}"
        )


@dataclass(eq=False)
class NotAcceptable(Refused):
    """What is wrong with the home is not that it is older than what was seen of it."""

    path: str
    refusal: str
    reason: str
    slug = "not-acceptable"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected one whole, older state of this home, seen {self.refusal}: "
            f"{self.reason}"
        )


class Reached(msgspec.Struct, frozen=True):
    """How far a home has come: groups since it was made, the last transfer and the hash of its
    journal row, the instant of the last command (microseconds since the Unix epoch)."""

    groups: int
    seq: int
    hash: str
    at_us: int


class Acceptance(msgspec.Struct, frozen=True):
    """What a home goes on with, and without.

    refusal: the slug of what kept it closed; message: its words. seen: what the directory has seen,
    None if its witness cannot be read. kept: what the files hold. set_aside: files of the home that
    go, the witness last. accepted_us: when, 0 before.
    """

    home: str
    refusal: str
    message: str
    seen: Reached | None
    kept: Reached
    set_aside: list[str]
    accepted_us: int = 0

    @property
    def lost(self) -> tuple[int, int] | None:
        """The sequence numbers from and to which transfers are lost; `to` is less than `from` if
        only other rows are. None if it is not known where what was seen and what is kept part."""
        if self.seen is None or self.seen.groups <= self.kept.groups:
            return None
        return self.kept.seq + 1, self.seen.seq

    @property
    def folder(self) -> str:
        """Where below the home the files go."""
        return f"{ASIDE_FOLDER}/{self.accepted_us}"


def weigh(home: Path | str) -> Acceptance:
    """Say what accepting a home as it stands would lose; nothing is changed.

    Reads the whole database. Raises: NothingToAccept, NotAcceptable; NotAHome, HomeTooNew,
    HomeLocked, HomeReadOnly.
    """
    path = Path(home)
    homedir.check_format(path)
    lock = lock_for_writing(path)
    try:
        return _unfinished(path) or _weigh(path)
    finally:
        lock.release()


def accept(home: Path | str, clock: Clock, open_home: Callable[[Path], Home[Any]]) -> Acceptance:
    """Go on with a home as it stands. Broken off at any moment, calling it again finishes it.

    open_home: opens it for writing, with all its rooms.
    Raises: as `weigh`, and what opening raises: what is missing then has to be brought back first.
    """
    path = Path(home)
    homedir.check_format(path)
    lock = lock_for_writing(path)
    try:
        with homedir.disk_errors(path):
            accepted = _unfinished(path)
            if accepted is None:
                accepted = _dated(path, _weigh(path), to_us(clock.now()))
                _write_down(path, accepted)
            _set_aside(path, accepted)
    finally:
        lock.release()
    with open_home(path) as opened:
        opened.run(record_acceptance, accepted, key=f"{ACCEPTED_EVENT} {accepted.accepted_us}")
    with homedir.disk_errors(path):
        os.rename(path / ACCEPTED_FILE, path / accepted.folder / ACCEPTED_FILE)
        homedir.fsync_directory(path / accepted.folder)
        homedir.fsync_directory(path)
    return accepted


def record_acceptance(tx: Tx, accepted: Acceptance) -> None:
    """Leave the fact in the home's log of events."""
    tx.emit(ACCEPTED_EVENT, bytes.fromhex(accepted.home), accepted)


# ---------------------------------------------------------------- weighing


def _weigh(path: Path) -> Acceptance:
    slot, refusal = _refusal(path)
    if refusal is not None and not isinstance(refusal, _WAYS_OUT):
        why = "damage, or a file of another home, is no older state: restore a backup"
        raise NotAcceptable(str(path), refusal.message, why)
    log_goes = False
    try:
        with_log = check_standing(path, trust_witness=False).log is not None
    except LogForeign:
        with_log, log_goes = False, True
        check_standing(path, trust_witness=False, trust_log=False)
    if refusal is None:
        raise NothingToAccept(str(path), _inside(path, with_log=with_log)[1].seq)
    if slot is not None and (isinstance(refusal, LogMissing | LogCut | LogForeign) or log_goes):
        _check_not_half_way(path, slot, refusal)
    seen, kept = _inside(path, with_log=with_log)
    if slot is not None and seen not in {b"", slot.home}:
        raise NotAcceptable(str(path), refusal.message, "a file of another home")
    return Acceptance(
        home=(slot.home if slot is not None else seen or bytes(HOME_ID_BYTES)).hex(),
        refusal=refusal.slug,
        message=refusal.message,
        seen=None if slot is None else _reached(slot.mark),
        kept=_reached(kept),
        set_aside=_in_the_way(path, log_goes=log_goes),
    )


def _refusal(path: Path) -> tuple[Slot | None, HomeDamaged | None]:
    """Return what the witness says, and why the home is not opened."""
    slot = None
    try:
        slot = read_witness(path)
        standing = check_standing(path)
        if slot is not None:
            with closing(_open(path, with_log=standing.log is not None)) as sql:
                check_identity(path, slot, sql)
    except HomeDamaged as error:
        return slot, error
    return slot, None


def _check_not_half_way(path: Path, slot: Slot, refusal: HomeDamaged) -> None:
    """The pages of a log go into the database one by one: without the log it may hold some only."""
    disk = check_standing(path, trust_witness=False, trust_log=False).disk
    if slot.state is LogState.EMPTYING and disk.own in {slot.own, slot.base}:
        raise NotAcceptable(str(path), refusal.message, _HALF_WAY)


def _inside(path: Path, *, with_log: bool) -> tuple[bytes, Mark]:
    """Return identity and mark of a database that SQLite finds no fault with."""
    try:
        with closing(_open(path, with_log=with_log)) as sql:
            faults = structure_faults(sql)
            found = identity(sql)
    except HomeDamaged as error:
        raise NotAcceptable(str(path), error.message, "restore a backup") from error
    if faults:
        raise NotAcceptable(str(path), faults[0], "restore a backup")
    return found


def _open(path: Path, *, with_log: bool) -> SqliteSql:
    """Open the database for reading; nobody writes meanwhile."""
    return connect(path / DATABASE_FILE, path, mode="ro", immutable=not with_log)


def _in_the_way(path: Path, *, log_goes: bool) -> list[str]:
    """Return what would keep the home closed, in the order in which it goes."""
    names = []
    if (path / SEAL_FILE).exists():
        try:
            is_whole = not check_seal(path)
        except HomeDamaged:
            is_whole = False
        names += [] if is_whole else [SEAL_FILE]
    if log_goes:
        names += [INDEX_FILE, WAL_FILE]
    return [name for name in (*names, WITNESS_FILE) if (path / name).exists()]


def _reached(mark: Mark) -> Reached:
    return Reached(mark.commits, mark.seq, mark.hash.hex(), mark.at_us)


# ---------------------------------------------------------------- doing it


def _unfinished(path: Path) -> Acceptance | None:
    try:
        return msgspec.json.decode((path / ACCEPTED_FILE).read_bytes(), type=Acceptance)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        expected = "what was accepted"
        raise HomeDamaged(str(path), ACCEPTED_FILE, expected, str(error)) from error


def _dated(path: Path, accepted: Acceptance, now_us: int) -> Acceptance:
    """Give it the instant, or the next one after others that has no folder yet."""
    accepted = msgspec.structs.replace(accepted, accepted_us=now_us)
    return _dated(path, accepted, now_us + 1) if (path / accepted.folder).exists() else accepted


def _write_down(path: Path, accepted: Acceptance) -> None:
    new = path / f"{ACCEPTED_FILE}.new"
    with open(new, "wb") as file:
        file.write(msgspec.json.encode(accepted) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path / ACCEPTED_FILE)
    homedir.fsync_directory(path)


def _set_aside(path: Path, accepted: Acceptance) -> None:
    """Move the files, the witness last: as long as it is there, nobody can open the home."""
    folder = path / accepted.folder
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / WITNESS_FILE).exists():  # all of them went before: these are new ones
        return
    homedir.fsync_directory(folder.parent)
    homedir.fsync_directory(path)
    for name in accepted.set_aside:
        if (path / name).exists() and not (folder / name).exists():
            os.rename(path / name, folder / name)
            homedir.fsync_directory(folder)
            homedir.fsync_directory(path)

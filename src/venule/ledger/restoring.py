"""Restore a backup to a point of its history: the ledger alone, for looking.

The rooms' rows are of one moment, the backup's; the ledger has every moment. So a home restored to
an earlier point has the ledger's tables only, is marked in its database, and takes no writer.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from venule.kit.backup import (
    carry_archive,
    check_backup,
    new_database,
    opened_backup,
    restore,
)
from venule.kit.home_store import Cut, Mark, identity, save_cut, save_mark
from venule.kit.migrate import KIT_MIGRATIONS, migrate
from venule.kit.sql import Sql
from venule.ledger.point import PointUnknown, copy_up_to, files_up_to, last_seq
from venule.ledger.store import MIGRATIONS

_ROOMS: Final = (KIT_MIGRATIONS, MIGRATIONS)


def restore_to(file: Path | str, home: Path | str, seq: int) -> bool:
    """Make a home with the books as they were after transfer `seq`; whole, or not there.

    If that is the backup's last transfer, the home is all of the backup, and True is returned.
    Raises: PointUnknown, BooksTooMany; what `restore` raises; JournalDamaged, ArchiveMissing,
    ArchiveCut, ArchiveDamaged for a history that does not hold up to there.
    """
    file = Path(file)
    check_backup(file)
    with opened_backup(file, file.parent) as source:
        end = last_seq(source)
    if seq == end and end > 0:
        restore(file, home)
        return True
    if not 0 < seq < end:
        raise PointUnknown(seq, end)
    restore(file, home, partial(_fill, file, seq))
    return False


def _fill(file: Path, seq: int, new: Path) -> None:
    """Put the ledger's database, cut, and its archive files into a directory."""
    with opened_backup(file, new) as source, new_database(new) as target:
        whole, parts = files_up_to(source, seq)
        carry_archive(file, new, [*whole, *parts])
        _copy(source, target, seq)
    for name in parts:
        new.joinpath(name).unlink()


def _copy(source: Sql, target: Sql, seq: int) -> None:
    of_home, mark = identity(source)
    migrate(target, _ROOMS, mark.at_us)
    digest, at_us = copy_up_to(source, target, seq)
    target.begin()
    save_mark(target, Mark(mark.commits, seq, digest, at_us))
    save_cut(target, Cut(seq, last_seq(source), of_home))
    target.commit()

"""A backup of a home in a database, while it is in use: one file, as `backup` makes of a directory.

All rows are read in one transaction that sees one state; the writer goes on. What was written is
read back and compared. `restore` makes a home in a directory of it, with an id of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from venule.kit import homedir, tables_store
from venule.kit.backup import keepsakes_of, new_names, place_file, place_folder
from venule.kit.errors import HomeDamaged
from venule.kit.home_store import identity, save_mark, save_owner
from venule.kit.keepsakes import KEEPSAKES_FOLDER, carry, names_in
from venule.kit.migrate import (
    KIT_MIGRATIONS,
    HomeNotMigrated,
    Migrations,
    find_missing,
    migrate,
    rooms_in,
)
from venule.kit.moving import digest_of
from venule.kit.moving_homes import tables_of
from venule.kit.moving_rows import key_of, new_digest, pack
from venule.kit.sql import Sql, open_readonly
from venule.kit.sqlite import SqliteSql, configure_copy, connect
from venule.kit.tables_store import Table


def backup_rows(place: str, file: Path | str, rooms: Sequence[Migrations]) -> None:
    """Copy a home in a database into a new file, as of one instant; a writer may be at work.

    rooms: all that a home may have. Files of its archive go into a folder beside it, as with
    `backup`. The file is whole and durable when this returns, and not there if it fails.
    Raises: BackupExists; as `open_readonly`, HomeNotMigrated; MoveUnfit; DiskFull, HomeReadOnly of
    the target.
    """
    file = Path(file).absolute()
    folder = keepsakes_of(file)
    new, new_folder = new_names(file, folder)
    with closing(open_readonly(place)) as source, homedir.disk_errors(file):
        source.begin_read()
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = None if source.folder is None else source.folder / KEEPSAKES_FOLDER
        names = names_in(kept) if kept is not None else []
        try:
            with closing(connect(new, file, mode="rwc")) as target:
                _fill(source, target, rooms)
            with open(new, "rb") as written:
                os.fsync(written.fileno())
            if kept is not None and names:
                carry(kept, new_folder, names)
                place_folder(new_folder, folder)
            place_file(new, file, folder if names else None)
            homedir.fsync_directory(file.parent)
        finally:
            for left in (new, Path(f"{new}-journal")):
                left.unlink(missing_ok=True)
            shutil.rmtree(new_folder, ignore_errors=True)


def _fill(source: Sql, target: SqliteSql, rooms: Sequence[Migrations]) -> None:
    has = rooms_in(source)
    kept = [room for room in (KIT_MIGRATIONS, *rooms) if room.room in has]
    for missing in find_missing(source, kept)[:1]:
        raise HomeNotMigrated(source.path, f"{missing.room} {missing.number}")
    home, mark = identity(source)
    configure_copy(target)
    migrate(target, kept, mark.at_us)
    tables = tables_of(source, target)
    target.begin()
    tables_store.empty(target, tables)
    sums = [_copy(source, target, table) for table in tables]
    save_owner(target, home)
    save_mark(target, mark)
    target.commit()
    for table, expected in zip(tables, sums, strict=True):
        seen = digest_of(target, table.name).sha256
        if seen != expected:
            raise HomeDamaged(target.path, f"table {table.name}", expected, seen)


def _copy(source: Sql, target: Sql, table: Table) -> str:
    digest, after = new_digest(table), None
    while rows := tables_store.next_rows(source, table, after):
        packed = pack(table, rows, source.path)
        digest.update(packed)
        tables_store.insert_rows(target, table, rows, packed)
        after = key_of(table, rows[-1])
    return str(digest.hexdigest())

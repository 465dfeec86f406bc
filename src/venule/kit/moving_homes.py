"""The two homes of a move: the old one held, the new one made, or found as a try has left it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from venule.kit import moving_store, tables_store
from venule.kit.care import BOOK
from venule.kit.errors import NotAHome
from venule.kit.home import Home
from venule.kit.home_store import identity
from venule.kit.keepsakes import KEEPSAKES_FOLDER, names_in
from venule.kit.migrate import (
    KIT_MIGRATIONS,
    HomeNotMigrated,
    Migrations,
    find_missing,
    migrate,
    rooms_in,
)
from venule.kit.moving_errors import (
    HomeMoved,
    MoveNeedsFolder,
    MoveTargetTaken,
    MoveUnfit,
    MoveVersionsDiffer,
)
from venule.kit.moving_rows import KINDS
from venule.kit.moving_store import Arrival, State
from venule.kit.sql import Sql, open_readonly
from venule.kit.tables_store import Table
from venule.kit.time import Clock, FixedClock, from_us
from venule.kit.tx import NoParticipant, Tx

PATIENCE_US: Final = 5_000_000
"""So long is the lease of a writer waited for that has ended without a word, such as a try before
this one."""


class Still(NoParticipant):
    """Keeps saying where the books stand."""

    def __init__(self, sql: Sql) -> None:
        self._at = identity(sql)[1]

    def position(self) -> tuple[int, bytes]:
        return self._at.seq, self._at.hash


def look_at(
    place: Path | str, rooms: Sequence[Migrations], books_in: Callable[[Sql], Sequence[int]]
) -> tuple[list[Migrations], list[int]]:
    """Return the rooms that the old home has, and its books; opening it could make one."""
    with closing(open_readonly(place)) as sql:
        has = rooms_in(sql)
        kept = [room for room in (KIT_MIGRATIONS, *rooms) if room.room in has]
        for missing in find_missing(sql, kept)[:1]:
            raise HomeNotMigrated(sql.path, f"{missing.room} {missing.number}")
        if not identity(sql)[0]:
            raise NotAHome(sql.path, "one that was never opened for writing")
        return kept, sorted({*books_in(sql), *moving_store.books_of(sql)}) or [BOOK]


def open_old(place: Path | str, rooms: Sequence[Migrations], clock: Clock, book: int) -> Home[Tx]:
    """Hold the old home, gone or not: whether it may still move is seen when the new one is."""
    return Home.open(
        place,
        clock=clock,
        migrations=rooms,
        participant=Still,
        tx=Tx,
        book=book,
        patience_us=PATIENCE_US,
        admit=moving_store.admit_mover,
    )


class NewHome:
    """The new home from before it is there. move: names this move, drawn by chance."""

    def __init__(self, old: Home[Tx], rooms: Sequence[Migrations], books: list[int]) -> None:
        self.books = books
        self._old = old
        self._rooms = rooms
        home, mark = identity(old.sql)
        self.moved = moving_store.moved_of(old.sql)
        shown = old.shown
        self.arrival = Arrival(os.urandom(16), State.MAKING, shown, home, mark)
        self.again = False
        self.tables: list[Table] = []

    def open(self, place: Path | str) -> Home[Tx]:
        """Open it for writing, or make it."""
        if self.moved is not None:
            self._check_gone_here(place)
        return Home.open(
            place,
            clock=FixedClock(from_us(self.arrival.mark.at_us)),
            migrations=self._rooms,
            participant=Still,
            tx=Tx,
            book=self.books[0],
            patience_us=PATIENCE_US,
            admit=self._admit,
        )

    def _check_gone_here(self, place: Path | str) -> None:
        """The old home is marked: the new one must be there, or nothing is made."""
        assert self.moved is not None
        try:
            with closing(open_readonly(place)) as sql:
                arrival = moving_store.arrival_of(sql)
        except NotAHome:
            arrival = None
        if arrival is None or arrival.move != self.moved.move:
            raise HomeMoved(self._old.shown, self.moved.gone_to, self.moved.moved_at)

    def _admit(self, sql: Sql) -> None:
        """Take what is there for this move, or refuse it; then make and empty the tables."""
        seen = moving_store.arrival_of(sql)
        if self.moved is not None and seen is not None and seen.move == self.moved.move:
            self.again, self.arrival = True, seen
            return
        if seen is None:
            if not moving_store.is_vacant(sql):
                raise MoveTargetTaken(sql.path, "a home")
            if self._old_files() and sql.folder is None:
                raise MoveNeedsFolder(sql.path, len(self._old_files()))
            moving_store.make_arrival(sql, self.arrival)
            seen = self.arrival
        else:
            self.again = True
            if seen.state is State.COMPLETE:
                raise MoveTargetTaken(sql.path, f"a home that came from {seen.came_from}")
            if seen.home != self.arrival.home:
                raise MoveTargetTaken(sql.path, f"a home on its way from {seen.came_from}")
        if seen.state is State.MAKING:
            migrate(sql, self._rooms, self.arrival.mark.at_us)
        self._check_versions(sql)
        self.tables = tables_of(self._old.sql, sql)
        if seen.state is State.MAKING or seen.mark != self.arrival.mark:
            moving_store.begin_filling(sql, seen, self.arrival, self.tables)
        else:
            self.arrival = seen

    def _old_files(self) -> list[str]:
        folder = self._old.sql.folder
        return [] if folder is None else names_in(folder / KEEPSAKES_FOLDER)

    def _check_versions(self, sql: Sql) -> None:
        for missing in find_missing(sql, self._rooms)[:1]:
            raise MoveVersionsDiffer(
                sql.path,
                f"tables with {missing.room} {missing.number}, as in the old home",
                "those of an older version, begun by an earlier try: remove it and begin anew",
            )


def tables_of(old: Sql, new: Sql) -> list[Table]:
    """Return the tables to be moved, parents first. Raises: MoveUnfit if the homes' differ."""
    ours = moving_store.BELONGS_TO_A_PLACE | moving_store.NOT_ROW_BY_ROW
    names = [set(tables_store.table_names(sql)) - ours for sql in (old, new)]
    for name in sorted(names[0] ^ names[1]):
        side = "in the old home only" if name in names[0] else "in the new home only"
        raise MoveUnfit(new.path, name, "", "a table that the migrations of both make", side)
    found = {}
    for name in sorted(names[0]):
        table, other = tables_store.describe(old, name), tables_store.describe(new, name)
        if table[:4] != other[:4] or not table.key or not KINDS.issuperset(table.kinds):
            expected = f"{table.columns} of {table.kinds}, with a primary key"
            raise MoveUnfit(new.path, name, "", expected, f"{other.columns} of {other.kinds}")
        found[name] = table
    ordered: list[Table] = []
    while found:
        free = [t for t in found.values() if not t.parents & found.keys()]
        ordered += [found.pop(table.name) for table in free or list(found.values())]
    return ordered

"""Moving house: all of a home goes to another place, from a directory to a database or back.

The old home is held as its writer's for the whole time, so that nobody writes to it. The new one is
filled table by table in the order of the primary keys, a batch a group; each batch notes how far it
has come, so that the same command goes on wherever it was broken off. Nobody may look into the new
home before all is there and compared, and nobody writes to it before the old home takes no writer:

    making -> filling      tables are there, and empty
    filling -> arrived     every row was read back on both sides: the same bytes, the same digest
                           then the new home is proven (`prove`)
    the old home: moved    a group of its own; it names where the books have gone
    arrived -> complete    the new home takes a writer

Broken off between the last two, neither takes a writer until the command is given again. If the old
home was written to between two tries, what has come is removed and all begins anew.

What moves is the home itself, with its id: there is one at a time that takes a writer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from venule.kit import moving_homes, moving_store, tables_store
from venule.kit.ahead import ahead
from venule.kit.care import open_writer
from venule.kit.home import Home
from venule.kit.home_store import Mark, identity
from venule.kit.keepsakes import KEEPSAKES_FOLDER, names_in
from venule.kit.migrate import Migrations
from venule.kit.moving_errors import MoveDiffers, MoveNeedsFolder, MoveUnfit
from venule.kit.moving_files import bring
from venule.kit.moving_homes import NewHome, look_at, open_old
from venule.kit.moving_rows import (
    as_copy,
    first_difference,
    key_of,
    new_digest,
    pack,
    where,
)
from venule.kit.moving_store import Moved, Progress, State
from venule.kit.place import is_address
from venule.kit.sql import Row, Sql
from venule.kit.tables_store import BATCH_BYTES, BATCH_ROWS, Table
from venule.kit.time import Clock
from venule.kit.tx import Tx

AHEAD: Final = 2
"""So many batches are read before they are needed."""

MOVED_EVENT: Final = "home.moved"
ARRIVED_EVENT: Final = "home.arrived"


class TableMoved(msgspec.Struct, frozen=True):
    """rows: how many. sha256: of all rows, see `moving_rows`."""

    name: str
    rows: int
    sha256: str


class MoveReport(msgspec.Struct, frozen=True):
    """What has moved. source, target: as messages call them. home: the id that both have. seq,
    hash: where the books stand. again: an earlier try had begun."""

    source: str
    target: str
    home: str
    tables: list[TableMoved]
    rows: int
    bytes: int
    archive_files: int
    seq: int
    hash: str
    again: bool


class Went(msgspec.Struct, frozen=True):
    """The body of the events in both homes: from where to where, and where the books stood."""

    source: str
    target: str
    seq: int
    hash: str


class Tick(msgspec.Struct, frozen=True):
    """How far a move is. step: `fill`, `compare`, `archive` or `prove`; rows: of all tables."""

    step: str
    table: str
    rows: int
    rows_total: int
    bytes: int


class _Batch(msgspec.Struct, frozen=True):
    table: Table
    rows: list[Row]
    packed: bytes


def move(
    source: Path | str,
    target: Path | str,
    *,
    rooms: Sequence[Migrations],
    clock: Clock,
    prove: Callable[[Path | str], None],
    books_in: Callable[[Sql], Sequence[int]] = lambda _: (),
    tick: Callable[[Tick], None] = lambda _: None,
    limits: tuple[int, int] = (BATCH_ROWS, BATCH_BYTES),
) -> MoveReport:
    """Move a home. Broken off at any moment, calling it again goes on.

    rooms: all that a home may have; those of the source are moved. prove: looks at the new home
    when all is there, and raises if it does not hold. books_in: the numbers of a home's books,
    beside those that have had a writer: nobody may write to any of them.
    Raises: NotAHome, HomeNotMigrated, HomeMoved, HomeCut, MoveTargetTaken, MoveNeedsFolder,
    MoveVersionsDiffer, MoveUnfit, MoveDiffers, MoveOvertaken; what opening for writing raises; what
    a group answers.
    """
    source, target = _normal(source), _normal(target)
    rooms, books = look_at(source, rooms, books_in)
    with ExitStack() as stack:
        old = stack.enter_context(open_old(source, rooms, clock, books[0]))
        for book in books[1:] if is_address(source) else ():
            _, care = open_writer(source, book=book, patience_us=moving_homes.PATIENCE_US)
            stack.callback(care.let_go)
        new = NewHome(old, rooms, books)
        home = stack.enter_context(new.open(target))
        mover = _Mover(old, home, new, tick, limits)
        return mover.run(prove)


def _normal(place: Path | str) -> Path | str:
    return place if is_address(place) else Path(place).absolute()


# ---------------------------------------------------------------- on the way


def arrive(tx: Tx, command: tuple[bytes, Progress, Progress, _Batch | None]) -> None:
    """Bring a batch of rows into a table, and note it."""
    move_id, before, now, batch = command
    if batch is not None:
        tables_store.insert_rows(tx.sql, batch.table, batch.rows, as_copy(batch.packed))
    moving_store.save_progress(tx.sql, move_id, before, now)


def let_readers_in(tx: Tx, move_id: bytes) -> None:
    """All is there and compared."""
    moving_store.save_arrived(tx.sql, move_id)


def leave(tx: Tx, command: tuple[bytes, bytes, Went, Mark, list[int]]) -> None:
    """Let nobody write to the old home any more."""
    move_id, home, went, mark, books = command
    moving_store.save_moved(tx.sql, Moved(move_id, went.target, tx.now_us), mark, books)
    tx.emit(MOVED_EVENT, home, went)


def settle(tx: Tx, command: tuple[bytes, bytes, Went]) -> None:
    """Let a writer into the new home."""
    move_id, home, went = command
    moving_store.save_complete(tx.sql, move_id)
    tx.emit(ARRIVED_EVENT, home, went)


class _Mover:
    """One try, with both homes in hand."""

    def __init__(
        self,
        old: Home[Tx],
        new: Home[Tx],
        plan: NewHome,
        tick: Callable[[Tick], None],
        limits: tuple[int, int],
    ) -> None:
        self._old = old
        self._new = new
        self._plan = plan
        self._tick = tick
        self._limits = limits
        self._rows = 0
        self._total = 0
        self._bytes = 0

    def run(self, prove: Callable[[Path | str], None]) -> MoveReport:
        """Do what is left to be done."""
        old, new, plan = self._old, self._new, self._plan
        move_id, state, _, home, mark = plan.arrival
        went = Went(old.shown, new.shown, mark.seq, mark.hash.hex())
        files = 0
        compared: list[TableMoved] = []
        if plan.moved is None:
            files, compared = self._bring()
            self._tell("prove", "")
            prove(new.place)
            old.run(leave, (move_id, home, went, mark, plan.books))
        if state is not State.COMPLETE:
            new.run(settle, (move_id, home, went))
        return MoveReport(
            source=old.shown,
            target=new.shown,
            home=home.hex(),
            tables=compared,
            rows=sum(table.rows for table in compared),
            bytes=self._bytes,
            archive_files=files,
            seq=mark.seq,
            hash=mark.hash.hex(),
            again=plan.again,
        )

    def _bring(self) -> tuple[int, list[TableMoved]]:
        """Let everything arrive; return how many files, and the tables."""
        tables = self._plan.tables
        counts = [self._old.read(partial(_count, table=table)) for table in tables]
        self._total = sum(counts)
        filling = self._new.read(_state) is State.FILLING
        if filling:
            self._fill()
        files = self._bring_archive()
        compared = self._compare()
        if filling:
            self._new.run(let_readers_in, self._plan.arrival.move)
        return files, compared

    def _tell(self, step: str, table: str) -> None:
        self._tick(Tick(step, table, self._rows, self._total, self._bytes))

    # ------------------------------------------------------------ rows

    def _fill(self) -> None:
        progress = self._new.read(lambda tx: moving_store.progress_of(tx.sql))
        self._rows = sum(known.rows for known in progress.values())
        for table in self._plan.tables:
            known = progress[table.name]
            if not known.done:
                self._fill_table(table, known)

    def _fill_table(self, table: Table, known: Progress) -> None:
        move_id = self._plan.arrival.move
        with ahead(self._batches(table, known.last_key), AHEAD) as batches:
            for batch in batches:
                last = key_of(table, batch.rows[-1])
                now = Progress(table.name, known.rows + len(batch.rows), last, False)
                try:
                    self._new.run(arrive, (move_id, known, now, batch))
                except Exception as error:
                    if not _is_about_rows(error):
                        raise
                    raise self._unfit(table, batch, error) from error
                known = now
                self._rows += len(batch.rows)
                self._bytes += len(batch.packed)
                self._tell("fill", table.name)
        self._new.run(arrive, (move_id, known, known._replace(done=True), None))

    def _unfit(self, table: Table, batch: _Batch, error: Exception) -> MoveUnfit:
        span = f"{where(table, batch.rows[0])} to {where(table, batch.rows[-1])}"
        said = str(error).partition("\n")[0]
        return MoveUnfit(self._new.shown, table.name, span, "rows that the new home takes", said)

    def _batches(self, table: Table, after: Sequence[Any] | None) -> Generator[_Batch, None, None]:
        """Yield the rows of the old home, packed."""
        while True:
            asked = (table, after, *self._limits)
            rows = self._old.read(partial(_next_rows, asked=asked))
            if not rows:
                return
            yield _Batch(table, rows, pack(table, rows, self._old.shown))
            after = key_of(table, rows[-1])

    def _rows_after(
        self, home: Home[Tx], table: Table, after: Sequence[Any] | None, limit: int
    ) -> list[Row]:
        return home.read(lambda tx: tables_store.rows_after(tx.sql, table, after, limit))

    # ------------------------------------------------------------ on arrival

    def _compare(self) -> list[TableMoved]:
        """Read everything back. Raises: MoveDiffers."""
        self._rows = 0
        mark = identity(self._new.sql)[1]
        expected = self._plan.arrival.mark
        if (mark.seq, mark.hash, mark.at_us) != (expected.seq, expected.hash, expected.at_us):
            raise MoveDiffers(
                self._new.shown, "where the books stand", _words(expected), _words(mark)
            )
        return [self._compare_table(table) for table in self._plan.tables]

    def _compare_table(self, table: Table) -> TableMoved:
        digest, count, after = new_digest(table), 0, None
        with ahead(self._batches(table, None), AHEAD) as batches:
            for batch in batches:
                seen = self._rows_after(self._new, table, after, len(batch.rows))
                same = seen == batch.rows or pack(table, seen, self._new.shown) == batch.packed
                if not same:
                    raise self._differs(table, batch.rows, seen)
                digest.update(batch.packed)
                count += len(seen)
                after = key_of(table, seen[-1])
                self._rows += len(seen)
                self._tell("compare", table.name)
        more = self._rows_after(self._new, table, after, 1)
        if more:
            raise self._differs(table, [], more)
        return TableMoved(table.name, count, digest.hexdigest())

    def _differs(self, table: Table, expected: list[Row], seen: list[Row]) -> MoveDiffers:
        return MoveDiffers(self._new.shown, *first_difference(table, expected, seen))

    def _bring_archive(self) -> int:
        source, target = self._old.sql.folder, self._new.sql.folder
        names = [] if source is None else names_in(source / KEEPSAKES_FOLDER)
        if not names:
            return 0
        assert source is not None
        if target is None:
            raise MoveNeedsFolder(self._new.shown, len(names))
        self._tell("archive", "")
        bring(source / KEEPSAKES_FOLDER, target / KEEPSAKES_FOLDER, names, self._new.shown)
        return len(names)


def _is_about_rows(error: Exception) -> bool:
    """Whether the database has refused what a statement brought."""
    import psycopg  # a home in a directory does without

    return isinstance(error, psycopg.Error | sqlite3.Error)


def _next_rows(tx: Tx, asked: tuple[Table, Sequence[Any] | None, int, int]) -> list[Row]:
    return tables_store.next_rows(tx.sql, *asked)


def _count(tx: Tx, table: Table) -> int:
    return tables_store.count_rows(tx.sql, table)


def _state(tx: Tx) -> State:
    arrival = moving_store.arrival_of(tx.sql)
    assert arrival is not None
    return arrival.state


def _words(mark: Mark) -> str:
    return f"sequence number {mark.seq} with hash {mark.hash.hex()[:16]} at {mark.at_us} us"


def digest_of(sql: Sql, name: str, rows: int = BATCH_ROWS) -> TableMoved:
    """Return the digest of one table of an open home; the same as the move's report has."""
    table = tables_store.describe(sql, name)
    digest, count, after = new_digest(table), 0, None
    while found := tables_store.rows_after(sql, table, after, rows):
        digest.update(pack(table, found, sql.path))
        count += len(found)
        after = key_of(table, found[-1])
    return TableMoved(name, count, digest.hexdigest())

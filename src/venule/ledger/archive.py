"""Moving old journal rows into the archive, while payments go on.

A segment goes in small steps, each of them durable before the next begins: a new file is written
and read back from the disk, with every row's hash computed again from it; it gets its name; one
command enters it into the catalog; then the journal rows that it holds are deleted, a few with each
commit. So at every moment each row is in the journal, or in a file of the catalog, or in both: a
crash leaves at worst a file that nobody knows, which the next run removes, or rows that are still
to be deleted, which the next run deletes.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from venule.kit.home import Home
from venule.kit.homedir import disk_errors, fsync_directory
from venule.kit.sql import Sql, open_readonly
from venule.ledger import archive_store, store
from venule.ledger.archive_damage import find_damage
from venule.ledger.archive_format import (
    FORMAT,
    FileSource,
    Identity,
    archive_name,
    identity_of,
    read_footer,
)
from venule.ledger.archive_reader import ArchiveFile, folder_of, open_archive
from venule.ledger.archive_store import ArchiveRow
from venule.ledger.archive_writer import SegmentWriter
from venule.ledger.checkpoint import check_row
from venule.ledger.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveEntryDamaged,
    ArchiveStray,
    JournalDamaged,
)
from venule.ledger.journal import GENESIS_HASH, row_hash
from venule.ledger.tx import Tx

SEGMENT_TRANSFERS: Final = 4_000_000
"""Transfers of one file, about 60 MB for plain payments."""

SEGMENT_OPENINGS_MAX: Final = 16_000_000
"""A file also ends once it has so many opened accounts (384 MB before compression)."""

KEEP_TRANSFERS: Final = 8_000_000
"""The newest transfers, which stay in the journal."""

SLICE_BYTES: Final = 8 << 20
"""Journal that one commit deletes (as raw records), so that payments hardly wait for it."""

SLICE_ROWS: Final = 1_024

Run = Callable[[Callable[[Tx, Any], Any], Any], Any]
"""`home.run`, or `desk.call`: carries out one command."""

_NEW: Final = "segment.new"


class Archived(msgspec.Struct, frozen=True):
    """A new file of the archive. file: below the home; size: bytes."""

    file: str
    first_seq: int
    last_seq: int
    size: int

    @property
    def transfers(self) -> int:
        return self.last_seq - self.first_seq + 1


def archive_journal(
    home: Home[Tx],
    *,
    book: int = 1,
    keep_transfers: int = KEEP_TRANSFERS,
    segment_transfers: int = SEGMENT_TRANSFERS,
    partial: bool = False,
    checkpoint: bool = False,
    run: Run | None = None,
) -> list[Archived]:
    """Move journal rows to the archive; return the files that were made, which may be none.

    Only what the last complete checkpoint no longer needs is moved, and not the newest
    `keep_transfers`. partial: make a last file of less than `segment_transfers` too. checkpoint:
    write one first, in one transaction, if a file's worth waits for it: for a home that nobody else
    writes to; a busy one makes its own.
    run: how to carry out the small commands, `home.run` by default; give `desk.call` where a desk
    serves many callers, so that they take turns. The heavy part reads through a connection of its
    own: call this from a thread of your own, beside the writer.
    Raises: ArchiveBusy, ArchiveStray, JournalDamaged, DiskFull, and what a damaged archive raises.
    """
    carry_out = home.run if run is None else run
    place = folder_of(home.sql)
    sql = open_readonly(home.place)
    try:
        with disk_errors(place), _only_one(place, book) as folder:
            _finish_last(sql, book, carry_out)
            _sweep(sql, book, folder)
            made: list[Archived] = []
            least = 1 if partial else segment_transfers
            if checkpoint and _waits(sql, book, keep_transfers) >= least:
                carry_out(_checkpoint, None)
            end = border(sql, book, keep_transfers)  # not of later: a busy writer has no end
            while end - _next_seq(sql, book)[0] >= least:
                row = _make_file(sql, book, folder, keep_transfers, segment_transfers)
                if row is None:
                    break
                carry_out(_enter, row)
                _drop(book, row.last_seq, carry_out)
                made.append(Archived(row.file, row.first_seq, row.last_seq, row.size))
            return made
    finally:
        sql.close()


# ---------------------------------------------------------------- what may go


def border(sql: Sql, book: int, keep_transfers: int) -> int:
    """Return the first transfer that must stay in the journal."""
    checkpoint = store.checkpoint(sql, book)
    position = store.last_position(sql, book)
    if checkpoint is None or position is None:
        return 1
    return max(1, min(checkpoint.next_seq, position[0] + 1 - keep_transfers))


def _next_seq(sql: Sql, book: int) -> tuple[int, bytes]:
    """Return where the next file begins, and the hash of the row before."""
    archived = archive_store.archived_to(sql, book)
    return (1, GENESIS_HASH) if archived is None else (archived[0] + 1, archived[1])


def _waits(sql: Sql, book: int, keep_transfers: int) -> int:
    """Return how many transfers could go if a checkpoint were written now."""
    position = store.last_position(sql, book)
    end = 1 if position is None else position[0] + 1 - keep_transfers
    return end - border(sql, book, keep_transfers)


def _checkpoint(tx: Tx, _: None) -> None:
    tx.book.checkpoint(tx.sql)


# ---------------------------------------------------------------- one file


def _make_file(
    sql: Sql, book: int, folder: Path, keep_transfers: int, segment_transfers: int
) -> ArchiveRow | None:
    """Write the next segment into a file that has its name; None if not even one row may go."""
    new = folder.joinpath(_NEW)
    writer = SegmentWriter(new)
    try:
        identity = _write(sql, book, writer, border(sql, book, keep_transfers), segment_transfers)
        if identity is None:
            writer.abandon()
            new.unlink()
            return None
        writer.finish(identity)
    except BaseException:
        writer.abandon()
        raise
    name = archive_name(book, identity.first_seq, identity.last_seq)
    source = FileSource(new)
    row = writer.describe(source, name, identity)
    _check_content(ArchiveFile(row, source))
    final = folder.joinpath(Path(name).name)
    os.link(new, final)  # unlike a renaming, it never replaces anything
    fsync_directory(folder)
    new.unlink()
    return row


def _write(
    sql: Sql, book: int, writer: SegmentWriter, end: int, segment_transfers: int
) -> Identity | None:
    """Write rows that end before transfer `end`, until the segment is full."""
    first, digest = _next_seq(sql, book)
    identity: Identity | None = None
    previous, next_seq = digest, first
    for row in store.rows_from(sql, book, first):
        full = writer.transfers >= segment_transfers or writer.openings >= SEGMENT_OPENINGS_MAX
        if full or row.first_seq + row.transfer_count > end:
            break
        openings, records = check_row(row, previous, next_seq, row.first_account - 1)
        writer.add(row, openings, records)
        previous, next_seq = row.hash, row.first_seq + row.transfer_count
        identity = Identity(FORMAT, book, first, next_seq - 1, digest.hex(), previous.hex())
    return identity


def _check_content(file: ArchiveFile) -> None:
    """Compute the hash of every row again from a file. Raises: ArchiveDamaged."""
    digest, next_seq = file.row.previous_hash, file.row.first_seq
    for row, openings, records in file.rows():
        if row.first_seq != next_seq or row_hash(row, openings, records) != row.hash:
            break
        digest, next_seq = row.hash, next_seq + row.transfer_count
    if (digest, next_seq) != (file.row.hash, file.row.last_seq + 1):
        first, last = file.row.first_seq, file.row.last_seq
        reason = "its rows do not have the hashes that they have in the journal"
        raise ArchiveDamaged(file.row.file, 0, file.row.size - 1, first, last, reason)


def _enter(tx: Tx, row: ArchiveRow) -> None:
    """Enter a file into the catalog; from here on its journal rows are dispensable."""
    first, digest = _next_seq(tx.sql, row.book)
    position = store.position_before(tx.sql, row.book, row.last_seq + 1)
    if (first, digest) != (row.first_seq, row.previous_hash):
        raise ArchiveEntryDamaged(row.book, row.first_seq, "it does not follow on the last file")
    if position != (row.last_seq, row.hash):
        raise JournalDamaged(row.book, row.first_seq, "the journal has changed while it was read")
    archive_store.add_archive(tx.sql, row)


# ---------------------------------------------------------------- deleting what is archived


def _drop(book: int, to_seq: int, run: Run) -> None:
    while run(_drop_slice, (book, to_seq)):
        pass


def _drop_slice(tx: Tx, what: tuple[int, int]) -> bool:
    """Delete the oldest journal rows up to a transfer, as many as one commit may; return whether
    some are left."""
    book, to_seq = what
    last, size = 0, 0
    for seq, transfers, accounts in archive_store.oldest_rows(tx.sql, book, to_seq, SLICE_ROWS):
        size += transfers * 128 + accounts * 24
        if last and size > SLICE_BYTES:
            break
        last = seq
    dropped = archive_store.drop_rows(tx.sql, book, last) if last else 0
    return dropped > 0 and bool(archive_store.oldest_rows(tx.sql, book, to_seq, 1))


# ---------------------------------------------------------------- after a crash


@contextmanager
def _only_one(home: Path, book: int) -> Iterator[Path]:
    """Make the book's folder and hold it locked. Raises: ArchiveBusy."""
    folder = home.joinpath("archive", f"book-{book}")
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for changed in (folder.parent, home):
            fsync_directory(changed)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveBusy(str(folder)) from None
        yield folder
    finally:
        os.close(fd)


def _finish_last(sql: Sql, book: int, run: Run) -> None:
    """Delete the journal rows that a run before was to delete, once their files are seen whole."""
    archived = archive_store.archived_to(sql, book)
    if archived is None or not archive_store.oldest_rows(sql, book, archived[0], 1):
        return
    begins = archive_store.oldest_rows(sql, book, archived[0], 1)[0][0]
    for entry in archive_store.archives(sql, book):
        if entry.last_seq >= begins:
            for damage in find_damage(open_archive(sql, entry)):
                raise damage
    _drop(book, archived[0], run)


def _sweep(sql: Sql, book: int, folder: Path) -> None:
    """Remove what a crash has left before the catalog knew it: its rows are all in the journal.

    Raises: ArchiveStray for a file whose transfers are not in this journal.
    """
    folder.joinpath(_NEW).unlink(missing_ok=True)
    known = {Path(name).name for _, _, name, _ in archive_store.archive_files(sql, book)}
    for path in sorted(folder.glob("*.parquet")):
        if path.name in known:
            continue
        seen = _look_at(path)
        if seen is None or not _is_in_journal(sql, book, seen):
            what = "one that says nothing" if seen is None else f"{msgspec.to_builtins(seen)}"
            raise ArchiveStray(str(path), what)
        path.unlink()
    fsync_directory(folder)


def _look_at(path: Path) -> Identity | None:
    try:
        return identity_of(read_footer(FileSource(path)))
    except (ValueError, OSError):
        return None


def _is_in_journal(sql: Sql, book: int, seen: Identity) -> bool:
    """Whether the journal still has all rows of a file: its first and its last one, chained."""
    first = next(store.rows_from(sql, book, seen.first_seq), None)
    last = store.position_before(sql, book, seen.last_seq + 1)
    return (
        seen.book == book
        and first is not None
        and first.first_seq == seen.first_seq
        and first.previous_hash.hex() == seen.previous_hash
        and last is not None
        and (last[0], last[1].hex()) == (seen.last_seq, seen.hash)
    )

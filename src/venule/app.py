"""The composition root: joins the rooms over one home."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from venule import fund, ledger, members, replay, wallet
from venule.kit.backup import backup
from venule.kit.errors import AppError, HomeDamaged
from venule.kit.home import Home
from venule.kit.ids import Ids
from venule.kit.log_store import cut_of
from venule.kit.migrate import Migrations
from venule.kit.reader import open_readonly, structure_faults, value_faults
from venule.kit.seal import check_seal
from venule.kit.sqlite import DATABASE_FILE, Sql
from venule.kit.time import Clock, SystemClock
from venule.ledger import Book, CheckpointDamaged, Fault, JournalDamaged, Tx

__all__ = ["ROOMS", "VerifyReport", "backup", "open_home", "verify"]

ROOMS: Final[tuple[Migrations, ...]] = (
    ledger.MIGRATIONS,
    members.MIGRATIONS,
    wallet.MIGRATIONS,
    fund.MIGRATIONS,
    replay.MIGRATIONS,
)
"""The rooms that keep rows, in floor order; the kit's own come first by themselves."""

FAULTS_SHOWN_MAX: Final = 100


class VerifyReport(msgspec.Struct, frozen=True):
    """What `verify` found: `ok`, or the faults, the first one first; and what was looked at."""

    ok: bool
    faults: list[Fault]
    checked: dict[str, int | str]


def open_home(
    path: Path | str, *, readonly: bool = False, clock: Clock | None = None, ids: Ids | None = None
) -> Home[Tx]:
    """Open the home of all rooms; for writing, make it if nothing is there.

    A reader sees the home as it was when it opened, while a writer goes on. Of a home that was
    restored to a point, it sees the ledger.
    Raises: NotAHome, HomeLocked, HomeTooNew, HomeDamaged, HomeReadOnly, HomeNotMigrated, DiskFull,
    StorageFailed, JournalDamaged, CheckpointDamaged.
    """
    return Home.open(
        path,
        clock=SystemClock() if clock is None else clock,
        ids=ids,
        migrations=(ledger.MIGRATIONS,) if readonly and is_cut(path) else ROOMS,
        participant=_snapshot_book if readonly else Book,
        tx=Tx,
        readonly=readonly,
    )


def is_cut(path: Path | str) -> bool:
    """Whether a home was restored to a point and has the ledger alone. Raises as `verify`."""
    sql = open_readonly(path)
    try:
        return cut_of(sql) is not None
    finally:
        sql.close()


def _snapshot_book(sql: Sql) -> Book:
    sql.begin_read()  # pages, journal and rows of one moment
    return Book(sql)


def verify(path: Path | str) -> VerifyReport:
    """Recompute everything from the files alone and say ok, or what does not hold.

    In this order: the seal of a well-closed home over every byte, which says where the file has
    changed; then, to say what has, SQLite's own structure, the ledger's proof (archive files, hash
    chain, sums, chains, checkpoints) and the book as a writer would open it against the replayed
    one. If the book is whole, every room's own checks against it (register = ledger, client
    liabilities = client assets, every order's entries, and so on); and if anything but the book is
    wrong, every value of every row.
    Raises: NotAHome, HomeTooNew, HomeNotMigrated, StorageFailed if there is nothing to verify.
    """
    path = Path(path)
    checked: dict[str, int | str] = {}
    faults = _seal_faults(path, checked)
    try:
        found = _book_faults(path, checked)
        if not found:
            found = _room_faults(path, checked)
            if found or faults:
                found += _value_faults(path)
        faults += found
    except (HomeDamaged, JournalDamaged, CheckpointDamaged) as error:
        faults.append(Fault(where=str(path), message=error.message))
    return VerifyReport(ok=not faults, faults=faults[:FAULTS_SHOWN_MAX], checked=checked)


def _seal_faults(path: Path, checked: dict[str, int | str]) -> list[Fault]:
    try:
        damaged = check_seal(path)
    except HomeDamaged as error:
        return [Fault(where=str(path), message=error.message)]
    checked["seal"] = "absent: not closed well, or open now" if damaged is None else "whole"
    return [
        Fault(f"{DATABASE_FILE}, bytes {first} to {last}", "they changed after the home was closed")
        for first, last in damaged or []
    ]


def _book_faults(path: Path, checked: dict[str, int | str]) -> list[Fault]:
    sql = open_readonly(path)
    try:
        sql.begin_read()
        faults = [Fault(DATABASE_FILE, said) for said in structure_faults(sql)]
        try:
            return faults + _ledger_faults(sql, checked)
        except Exception as error:
            if isinstance(error, AppError) and not faults:
                raise
            said = f"{type(error).__name__}: {error}"
            return [*faults, Fault("ledger", f"its proof ended before it was done: {said}")]
    finally:
        sql.close()


def _ledger_faults(sql: Sql, checked: dict[str, int | str]) -> list[Fault]:
    faults: list[Fault] = []
    for book in ledger.books(sql) or [1]:
        proof, memory = ledger.prove(sql, book)
        checked |= {
            "transfers": proof.transfers,
            "accounts": proof.accounts,
            "journal_rows": proof.rows,
            "archive_files": proof.archives,
            "checkpoint_pages": proof.pages,
            "open_holds": proof.pending,
            "journal_hash": proof.hash,
        }
        faults += proof.faults
        if not faults and not memory.equals(Book(sql, book).memory):
            faults.append(Fault(f"book {book}", "checkpoint and tail do not give the replay"))
    return faults


def _value_faults(path: Path) -> list[Fault]:
    sql = open_readonly(path)
    try:
        sql.begin_read()
        return [Fault("rows", said) for said in value_faults(sql)]
    finally:
        sql.close()


def _room_faults(path: Path, checked: dict[str, int | str]) -> list[Fault]:
    if is_cut(path):
        checked["room_checks"] = "none: the home was restored to a point, with the ledger alone"
        return []
    with open_home(path, readonly=True) as home:
        breaks = home.read(lambda tx: [*wallet.check(tx), *fund.check(tx)])
        checked["room_checks"] = "wallet, members, fund"
    return [
        Fault(
            f"{found.room}: {found.rule}",
            f"{found.subject}: expected {found.expected}, seen {found.actual}",
        )
        for found in breaks
    ]

"""Proof from the files alone: recompute the book from its journal and compare everything that can
be compared.

What is checked, in this order: every byte of the archive's files; of every journal row, archived or
not, its hash and its chain to the row before, sequence numbers, both chains and both balances of
every record, the holds that are posted and voided; every checkpoint page against its hash and
against the replay at its own moment; the checkpoint row; the limits of every account; and, per
unit, that debits equal credits.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from venule.kit.sql import Sql
from venule.ledger import archive_store, kernel, store
from venule.ledger.archive_proof import archive_damages, checked_rows
from venule.ledger.checkpoint import accounts_of, apply_row, checkpoint_hash, page_of
from venule.ledger.errors import (
    ArchiveCut,
    ArchiveDamaged,
    ArchiveEntryDamaged,
    ArchiveMissing,
    CheckpointDamaged,
    JournalDamaged,
)
from venule.ledger.journal import GENESIS_HASH, unit_hash
from venule.ledger.memory import Memory
from venule.ledger.model import AccountFlags, RecordArray
from venule.ledger.store import CheckpointRow

_DEBIT_LIMIT: Final = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
_CREDIT_LIMIT: Final = int(AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)
_HALF: Final = (1 << 32) - 1


class Fault(msgspec.Struct, frozen=True):
    """Something that does not hold: where, and what was expected and seen."""

    where: str
    message: str


class Proof(msgspec.Struct, frozen=True):
    """What a verification of one book found. `faults` is empty when all holds."""

    book: int
    transfers: int
    accounts: int
    rows: int
    archives: int
    pages: int
    pending: int
    hash: str
    faults: list[Fault]


class UnitTotals(msgspec.Struct, frozen=True):
    """Sums over all accounts of a unit, minor units."""

    unit: int
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int


def prove(sql: Sql, book: int) -> tuple[Proof, Memory]:
    """Replay a book from its first transfer; return what was found and the memory so rebuilt.

    A fault in the archive or in the journal ends the replay: what follows cannot be judged.
    """
    memory = Memory()
    archived = f"archive of book {book}"
    faults = [Fault(archived, error.message) for error in archive_damages(sql, book)]
    readable = not faults
    pages, checkpoint = _checkpoint_of(sql, book, faults)
    page_count = sum(len(numbers) for numbers in pages.values())
    digest, rows = GENESIS_HASH, 0
    try:
        _compare_checkpoint(checkpoint, memory, faults)
        for row, openings, records in checked_rows(sql, book) if readable else ():
            apply_row(row, openings, records, memory)
            digest = row.hash
            rows += 1
            _compare_checkpoint(checkpoint, memory, faults)
            for page in pages.pop(memory.next_seq - 1, ()):
                _compare_page(sql, book, page, memory, faults)
        if readable:
            faults += _left_over(book, pages, checkpoint, memory)
    except JournalDamaged as error:
        faults.append(Fault(f"journal of book {book}", error.message))
    except (ArchiveMissing, ArchiveCut, ArchiveDamaged, ArchiveEntryDamaged) as error:
        faults.append(Fault(archived, error.message))
    faults += _standing_faults(memory) + _unit_faults(sql)
    proof = Proof(
        book=book,
        transfers=memory.next_seq - 1,
        accounts=memory.last_account,
        rows=rows,
        archives=len(archive_store.archive_files(sql, book)),
        pages=page_count,
        pending=memory.pending_count,
        hash=digest.hex(),
        faults=faults,
    )
    return proof, memory


def _left_over(
    book: int, pages: dict[int, list[int]], checkpoint: CheckpointRow | None, memory: Memory
) -> list[Fault]:
    """What the replay never came by."""
    faults = [
        Fault(
            f"checkpoint pages {numbers[0]}..{numbers[-1]} of book {book}",
            f"they were written after transfer {seq}, where no journal row ends",
        )
        for seq, numbers in pages.items()
    ]
    if checkpoint is not None and checkpoint.next_seq > memory.next_seq:
        message = f"it starts at transfer {checkpoint.next_seq}, past the end of the journal"
        faults.append(Fault(f"checkpoint of book {book}", message))
    return faults


def _checkpoint_of(
    sql: Sql, book: int, faults: list[Fault]
) -> tuple[dict[int, list[int]], CheckpointRow | None]:
    """Return the pages by the transfer after which they were written, and the checkpoint row."""
    try:
        return _pages_by_seq(sql, book), store.checkpoint(sql, book)
    except CheckpointDamaged as error:
        faults.append(Fault(f"checkpoint of book {book}", error.message))
        return {}, None


def _pages_by_seq(sql: Sql, book: int) -> dict[int, list[int]]:
    pages: dict[int, list[int]] = {}
    for page, seq in store.page_seqs(sql, book):
        pages.setdefault(seq, []).append(page)
    return pages


def _compare_page(sql: Sql, book: int, page: int, memory: Memory, faults: list[Fault]) -> None:
    try:
        row = store.page(sql, book, page)
        seen = accounts_of(row)
    except CheckpointDamaged as error:
        faults.append(Fault(f"checkpoint page {page} of book {book}", error.message))
        return
    expected = page_of(memory, page)
    if seen.tobytes() != expected.tobytes():
        different = np.flatnonzero(seen != expected)
        account = (page << kernel.PAGE_SHIFT) + int(different[0])
        message = f"account {account} is not what the journal says after transfer {row.seq}"
        faults.append(Fault(f"checkpoint page {page} of book {book}", message))


def _compare_checkpoint(row: CheckpointRow | None, memory: Memory, faults: list[Fault]) -> None:
    if row is None or row.next_seq != memory.next_seq:
        return
    where = f"checkpoint of book {row.book}"
    if checkpoint_hash(row.book, row.next_seq, row.last_account, row.pending) != row.hash:
        faults.append(Fault(where, "the row does not match its hash"))
    elif row.last_account != memory.last_account:
        message = f"it knows {row.last_account} accounts, the journal {memory.last_account}"
        faults.append(Fault(where, message))
    elif row.pending != memory.open_holds().tobytes():
        faults.append(Fault(where, "its open holds are not those of the journal"))


def totals(accounts: RecordArray) -> list[UnitTotals]:
    """Sum all accounts per unit, exactly."""
    answer = []
    for unit in np.unique(accounts["unit"]).tolist():
        if unit == 0:
            continue
        mine = accounts[accounts["unit"] == unit]
        answer.append(
            UnitTotals(
                unit=int(unit),
                debits_posted=exact_sum(mine["debits_posted"]),
                credits_posted=exact_sum(mine["credits_posted"]),
                debits_pending=exact_sum(mine["debits_pending"]),
                credits_pending=exact_sum(mine["credits_pending"]),
            )
        )
    return answer


def exact_sum(values: RecordArray) -> int:
    """Sum int64 values without overflow: high and low halves apart."""
    return (int((values >> 32).sum()) << 32) + int((values & _HALF).sum())


def _unit_faults(sql: Sql) -> list[Fault]:
    hashes = store.unit_hashes(sql)
    return [
        Fault(f"unit {unit.unit}", f"{unit.name} (scale {unit.scale}) does not match its hash")
        for unit in store.units(sql)
        if unit.unit in hashes and hashes[unit.unit] != unit_hash(unit)
    ]


def _standing_faults(memory: Memory) -> list[Fault]:
    accounts = memory.accounts[: memory.last_account + 1]
    faults = [
        Fault(
            f"unit {t.unit}",
            f"debits {t.debits_posted} (pending {t.debits_pending}) are not credits "
            f"{t.credits_posted} (pending {t.credits_pending})",
        )
        for t in totals(accounts)
        if t.debits_posted != t.credits_posted or t.debits_pending != t.credits_pending
    ]
    flags = accounts["flags"]
    debits = accounts["debits_posted"] + accounts["debits_pending"]
    credits = accounts["credits_posted"] + accounts["credits_pending"]
    over = ((flags & _DEBIT_LIMIT) != 0) & (debits > accounts["credits_posted"])
    over |= ((flags & _CREDIT_LIMIT) != 0) & (credits > accounts["debits_posted"])
    sums = ("debits_posted", "debits_pending", "credits_posted", "credits_pending")
    negative = np.logical_or.reduce([accounts[field] < 0 for field in sums])
    faults += [Fault(f"account {i}", "it is beyond its limit") for i in np.flatnonzero(over)[:20]]
    faults += [Fault(f"account {i}", "a sum is negative") for i in np.flatnonzero(negative)[:20]]
    return faults

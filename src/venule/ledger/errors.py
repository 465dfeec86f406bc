"""What can go wrong in the ledger.

AppError
|-- BadInput
|   |-- UnitUnknown, UnitConflict, AccountFieldOutOfRange, TransferFieldOutOfRange
|-- NotFound
|   |-- AccountNotFound, TransferNotFound
|-- Conflict
|   |-- ExportExists
|-- Refused
|   |-- TransferRefused, BookFull, GroupTooLarge, HoldsTooMany, TooManyPairs
|-- Unavailable
|   |-- ArchiveBusy
`-- HomeError
    |-- JournalDamaged, CheckpointDamaged, WriterFenced
    |-- ArchiveMissing, ArchiveCut, ArchiveSwapped, ArchiveDamaged, ArchiveEntryDamaged
    |-- ArchiveStray
"""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import BadInput, Conflict, HomeError, NotFound, Refused, Unavailable
from venule.ledger.model import Refusal, Transfer


@dataclass(eq=False)
class UnitUnknown(BadInput):
    """An account was to be opened in a unit that nobody has defined."""

    unit: int
    slug = "unit-unknown"

    @property
    def message(self) -> str:
        return f"expected a defined unit, saw {self.unit}: call define_unit first"


@dataclass(eq=False)
class UnitConflict(BadInput):
    """A unit exists already with another name or scale."""

    unit: int
    expected: str
    seen: str
    slug = "unit-conflict"

    @property
    def message(self) -> str:
        return f"unit {self.unit} is {self.expected}, it cannot become {self.seen}"


@dataclass(eq=False)
class AccountFieldOutOfRange(BadInput):
    """A field of an account to be opened is out of range."""

    field: str
    expected: str
    seen: str
    slug = "account-field-out-of-range"

    @property
    def message(self) -> str:
        return f"account field {self.field}: expected {self.expected}, saw {self.seen}"


@dataclass(eq=False)
class TransferFieldOutOfRange(BadInput):
    """A field of a transfer does not fit the ledger's layout."""

    index: int
    seen: str
    slug = "transfer-field-out-of-range"

    @property
    def message(self) -> str:
        return (
            f"transfer {self.index}: expected int64 fields (amount in minor units) and a ref of "
            f"16 bytes, saw {self.seen}"
        )


@dataclass(eq=False)
class AccountNotFound(NotFound):
    """No account has this id."""

    account: int
    last_account: int
    slug = "account-not-found"

    @property
    def message(self) -> str:
        return f"expected an account between 1 and {self.last_account}, saw {self.account}"


@dataclass(eq=False)
class TransferNotFound(NotFound):
    """No transfer has this sequence number."""

    seq: int
    last_seq: int
    slug = "transfer-not-found"

    @property
    def message(self) -> str:
        return f"expected a transfer between 1 and {self.last_seq}, saw {self.seq}"


@dataclass(eq=False)
class TransferRefused(Refused):
    """The ledger refused a transfer of a command that needs all of its transfers."""

    index: int
    refusal: Refusal
    transfer: Transfer
    slug = "transfer-refused"

    @property
    def message(self) -> str:
        t = self.transfer
        return (
            f"transfer {self.index} (debit {t.debit}, credit {t.credit}, amount {t.amount} minor "
            f"units, code {t.code}) was refused: {self.refusal.name.lower().replace('_', ' ')}"
        )


@dataclass(eq=False)
class BookFull(Refused):
    """No room for more accounts in this book."""

    accounts_max: int
    asked: int
    slug = "book-full"

    @property
    def message(self) -> str:
        return f"this book has room for {self.accounts_max} accounts, {self.asked} were asked for"


@dataclass(eq=False)
class HoldsTooMany(Refused):
    """More pending transfers than a book may have open: post or void some, or let them expire."""

    holds_max: int
    open: int
    asked: int
    slug = "holds-too-many"

    @property
    def message(self) -> str:
        return (
            f"this book has room for {self.holds_max} open holds: {self.open} are open, "
            f"{self.asked} more were asked for"
        )


@dataclass(eq=False)
class GroupTooLarge(Refused):
    """More transfers than one commit may carry."""

    transfers_max: int
    asked: int
    slug = "group-too-large"

    @property
    def message(self) -> str:
        return f"one group carries at most {self.transfers_max} transfers, saw {self.asked}"


@dataclass(eq=False)
class JournalDamaged(HomeError):
    """The journal contradicts itself."""

    book: int
    first_seq: int
    reason: str
    slug = "journal-damaged"

    @property
    def message(self) -> str:
        return f"book {self.book}, journal row from transfer {self.first_seq}: {self.reason}"


@dataclass(eq=False)
class CheckpointDamaged(HomeError):
    """A checkpoint contradicts its hash or the journal."""

    book: int
    page: int
    reason: str
    slug = "checkpoint-damaged"

    @property
    def message(self) -> str:
        return f"book {self.book}, checkpoint page {self.page}: {self.reason}"


@dataclass(eq=False)
class WriterFenced(HomeError):
    """Another writer has appended to this book: this one must stop."""

    book: int
    first_seq: int
    slug = "writer-fenced"

    @property
    def message(self) -> str:
        return (
            f"book {self.book}: expected to append from transfer {self.first_seq}, "
            "but another writer has been there"
        )


@dataclass(eq=False)
class ExportExists(Conflict):
    """An export never overwrites anything."""

    path: str
    slug = "export-exists"

    @property
    def message(self) -> str:
        return f"expected nothing at {self.path}, seen a file: an export does not overwrite"


@dataclass(eq=False)
class TooManyPairs(Refused):
    """More pairs of accounts have paid each other than are held in memory."""

    pairs_max: int
    first_seq: int
    seen_seq: int
    last_seq: int
    slug = "too-many-pairs"

    @property
    def message(self) -> str:
        return (
            f"expected at most {self.pairs_max} different pairs of accounts in transfers "
            f"{self.first_seq} to {self.last_seq}, saw more by transfer {self.seen_seq}: ask for "
            "less time, or by code"
        )


@dataclass(eq=False)
class ArchiveNowhere(BadInput):
    """A PostgreSQL home has an archive only if its address says where the files lie."""

    path: str
    slug = "archive-nowhere"

    @property
    def message(self) -> str:
        return f"{self.path}: expected an address with &folder=/a/folder, seen none"


@dataclass(eq=False)
class ArchiveBusy(Unavailable):
    """Somebody else is moving journal rows to the archive at this moment."""

    path: str
    slug = "archive-busy"

    @property
    def message(self) -> str:
        return f"{self.path}: expected to be the only one who archives, another one is at work"


@dataclass(eq=False)
class ArchiveMissing(HomeError):
    """A file of the catalog is not there."""

    file: str
    first_seq: int
    last_seq: int
    slug = "archive-missing"

    @property
    def message(self) -> str:
        return f"{self.file}: expected transfers {self.first_seq} to {self.last_seq}, seen no file"


@dataclass(eq=False)
class ArchiveCut(HomeError):
    """An archive file ends too early."""

    file: str
    first_seq: int
    last_seq: int
    expected: int
    seen: int
    slug = "archive-cut"

    @property
    def message(self) -> str:
        return (
            f"{self.file}: expected {self.expected} bytes, seen {self.seen}: transfers "
            f"{self.first_seq} to {self.last_seq} are cut off"
        )


@dataclass(eq=False)
class ArchiveSwapped(HomeError):
    """Another file lies where an archive file was: of another home, range or time."""

    file: str
    expected: str
    seen: str
    slug = "archive-swapped"

    @property
    def message(self) -> str:
        return f"{self.file}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class ArchiveDamaged(HomeError):
    """Bytes of an archive file have changed. first_byte, last_byte: the part that they are in."""

    file: str
    first_byte: int
    last_byte: int
    first_seq: int
    last_seq: int
    reason: str
    slug = "archive-damaged"

    @property
    def message(self) -> str:
        return (
            f"{self.file}, bytes {self.first_byte} to {self.last_byte}, transfers {self.first_seq} "
            f"to {self.last_seq}: {self.reason}"
        )


@dataclass(eq=False)
class ArchiveEntryDamaged(HomeError):
    """What the catalog says of an archive file contradicts itself, the chain or the journal."""

    book: int
    first_seq: int
    reason: str
    slug = "archive-entry-damaged"

    @property
    def message(self) -> str:
        return (
            f"book {self.book}, catalog of the archive, transfers from {self.first_seq}: "
            f"{self.reason}"
        )


@dataclass(eq=False)
class ArchiveStray(HomeError):
    """A file among the archives that the catalog does not know, with transfers not found here."""

    file: str
    seen: str
    slug = "archive-stray"

    @property
    def message(self) -> str:
        return (
            f"{self.file}: expected only files of the catalog, seen {self.seen}: if it belongs to "
            "a newer copy of this home, bring that back; else move it away"
        )

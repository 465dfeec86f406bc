"""What can go wrong in the ledger.

AppError
|-- BadInput
|   |-- UnitUnknown, UnitConflict, AccountFieldOutOfRange, TransferFieldOutOfRange
|-- NotFound
|   |-- AccountNotFound, TransferNotFound
|-- Refused
|   |-- TransferRefused, BookFull, GroupTooLarge
`-- HomeError
    |-- JournalDamaged, CheckpointDamaged, WriterFenced
"""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import BadInput, HomeError, NotFound, Refused
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

"""Types of the ledger: accounts, transfers, results, and their fixed layouts in memory and in the
journal.

Amounts are int64 counts of the unit's minor unit. Instants are int64 microseconds since the Unix
epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

RecordArray: TypeAlias = npt.NDArray[Any]
"""A one-dimensional numpy array of one of the layouts below."""

INT64_MAX: Final = 2**63 - 1
ACCOUNTS_MAX: Final = 2**32 - 2
"""Highest account id: ids stand in four bytes of a journal record."""

TIMEOUT_S_MAX: Final = 2**32 - 1
ZERO_REF: Final = bytes(16)


class AccountFlags(IntFlag):
    """What an account may not do."""

    NONE = 0
    DEBITS_MUST_NOT_EXCEED_CREDITS = 1
    CREDITS_MUST_NOT_EXCEED_DEBITS = 2
    CLOSED = 4


class TransferFlags(IntFlag):
    """How a transfer is to be done. OPENS and EXPIRED are written by the ledger itself."""

    NONE = 0
    LINKED = 1
    PENDING = 2
    POST_PENDING = 4
    VOID_PENDING = 8
    BALANCING_DEBIT = 16
    BALANCING_CREDIT = 32
    REVERSAL = 64
    CLOSE = 128
    REOPEN = 256
    OPENS = 512
    EXPIRED = 1024


class LedgerTransferCode(IntEnum):
    """Why the ledger itself writes a record: accounts opened, a hold whose time is over."""

    OPEN = 1
    EXPIRE = 2


CALLER_FLAGS: Final = 511
"""The flags that a caller may set."""

REVERSAL_DIFFERS_MARK: Final = 1 << 20
"""Set on a request by the book when the reversed transfer is not the mirror image."""


class Refusal(IntEnum):
    """Why a transfer was refused. The numbers are the order in which the rules are checked:
    of several reasons the one with the lowest number is given."""

    OK = 0
    LINKED_EVENT_FAILED = 1
    LINKED_CHAIN_OPEN = 2
    FLAGS_UNKNOWN = 3
    FLAGS_CONFLICT = 4
    CODE_OUT_OF_RANGE = 5
    TIMEOUT_NEEDS_PENDING = 6
    TIMEOUT_OUT_OF_RANGE = 7
    RELATED_MUST_BE_ZERO = 8
    RELATED_NEEDED = 9
    AMOUNT_NEGATIVE = 10
    AMOUNT_MUST_BE_ZERO = 11
    AMOUNT_MUST_NOT_BE_ZERO = 12
    PENDING_NOT_FOUND = 13
    PENDING_ALREADY_RESOLVED = 14
    PENDING_EXPIRED = 15
    PENDING_ACCOUNTS_DIFFER = 16
    EXCEEDS_PENDING_AMOUNT = 17
    PENDING_AMOUNT_DIFFERS = 18
    REVERSED_NOT_FOUND = 19
    REVERSED_DIFFERS = 20
    DEBIT_ACCOUNT_NOT_FOUND = 21
    CREDIT_ACCOUNT_NOT_FOUND = 22
    ACCOUNTS_MUST_DIFFER = 23
    UNITS_DIFFER = 24
    DEBIT_ACCOUNT_CLOSED = 25
    CREDIT_ACCOUNT_CLOSED = 26
    ACCOUNT_NOT_CLOSED = 27
    ACCOUNT_HAS_PENDING = 28
    NOTHING_TO_BALANCE = 29
    OVERFLOWS_DEBITS = 30
    OVERFLOWS_CREDITS = 31
    EXCEEDS_CREDITS = 32
    EXCEEDS_DEBITS = 33


# Layouts. Two views of the same bytes: the public one has `ref` as 16 raw bytes,
# the kernel's one has it as two int64, because compiled code moves those in registers.

ACCOUNT: Final = np.dtype(
    [
        ("debits_pending", "<i8"),
        ("debits_posted", "<i8"),
        ("credits_pending", "<i8"),
        ("credits_posted", "<i8"),
        ("head", "<i8"),
        ("ref", "V16"),
        ("unit", "<u2"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("reserved", "<u2"),
    ]
)
"""64 bytes an account; the index in the array is the id. `head`: the last transfer that touched
it."""

TRANSFER: Final = np.dtype(
    [
        ("seq", "<i8"),
        ("at", "<i8"),
        ("amount", "<i8"),
        ("related", "<i8"),
        ("ref", "V16"),
        ("debit", "<u4"),
        ("credit", "<u4"),
        ("timeout_s", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("prev_debit", "<i8"),
        ("prev_credit", "<i8"),
        ("debit_balance", "<i8"),
        ("debit_debits_pending", "<i8"),
        ("debit_credits_pending", "<i8"),
        ("credit_balance", "<i8"),
        ("credit_debits_pending", "<i8"),
        ("credit_credits_pending", "<i8"),
    ]
)
"""128 bytes a journal record. `prev_*`: the previous record of that account, 0 for none; the last
six fields are both accounts' balance (credits posted minus debits posted) and holds after this
record."""

TRANSFER_REQUEST: Final = np.dtype(
    [
        ("debit", "<i8"),
        ("credit", "<i8"),
        ("amount", "<i8"),
        ("related", "<i8"),
        ("ref", "V16"),
        ("timeout_s", "<i8"),
        ("code", "<i4"),
        ("flags", "<i4"),
    ]
)
"""64 bytes a request of a batch: a transfer as the caller states it."""

TRANSFER_RESULT: Final = np.dtype([("seq", "<i8"), ("amount", "<i8"), ("refusal", "<i8")])
"""What became of a request: its sequence number (0 when refused), the amount moved, the refusal."""

OPENING: Final = np.dtype(
    [("ref", "V16"), ("unit", "<u2"), ("code", "<u2"), ("flags", "<u2"), ("reserved", "<u2")]
)
"""24 bytes an opened account, as the journal keeps it."""

PENDING: Final = np.dtype(
    [("seq", "<i8"), ("amount", "<i8"), ("expires_at", "<i8"), ("debit", "<u4"), ("credit", "<u4")]
)
"""An open pending transfer; `expires_at` 0 means never."""


def _kernel_view(dtype: np.dtype[Any]) -> np.dtype[Any]:
    fields: list[tuple[str, str]] = []
    for name in dtype.names or ():
        if name == "ref":
            fields += [("ref_hi", "<i8"), ("ref_lo", "<i8")]
        else:
            fields.append((name, dtype[name].str))
    return np.dtype(fields)


ACCOUNT_KERNEL: Final = _kernel_view(ACCOUNT)
TRANSFER_KERNEL: Final = _kernel_view(TRANSFER)
REQUEST_KERNEL: Final = _kernel_view(TRANSFER_REQUEST)


class Transfer(msgspec.Struct, frozen=True):
    """One movement from `debit` to `credit`.

    amount: minor units of the accounts' unit. With BALANCING_*: the most that may move. With
    POST_PENDING: 0 means all of the hold, less posts a part and releases the rest. With
    VOID_PENDING: 0 or the hold's amount.
    code: why (1..65535, a room's own table). ref: the business object's 16 bytes.
    related: the pending transfer that is posted or voided, or the transfer that a REVERSAL undoes.
    timeout_s: for PENDING, seconds until the hold is released by itself; 0 = never.
    """

    debit: int
    credit: int
    amount: int
    code: int
    ref: bytes = ZERO_REF
    flags: int = 0
    related: int = 0
    timeout_s: int = 0


class Posted(msgspec.Struct, frozen=True):
    """What became of a transfer: sequence number (0 when refused), minor units moved, refusal."""

    seq: int
    amount: int
    refusal: Refusal

    @property
    def ok(self) -> bool:
        return self.refusal is Refusal.OK


class Account(msgspec.Struct, frozen=True):
    """An account as it stands; amounts in minor units of `unit`."""

    id: int
    unit: int
    code: int
    flags: AccountFlags
    ref: bytes
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int
    head: int

    @property
    def balance(self) -> int:
        """Credits posted minus debits posted: what a liability account owes."""
        return self.credits_posted - self.debits_posted

    @property
    def debit_balance(self) -> int:
        """Debits posted minus credits posted: what an asset account holds."""
        return self.debits_posted - self.credits_posted

    @property
    def available_credit(self) -> int:
        """Balance less holds: what may still be debited from a liability account."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def available_debit(self) -> int:
        """What may still be credited to an asset account."""
        return self.debits_posted - self.credits_posted - self.credits_pending


class TransferRecord(msgspec.Struct, frozen=True):
    """A journal record as written."""

    seq: int
    at: int
    debit: int
    credit: int
    amount: int
    code: int
    flags: TransferFlags
    ref: bytes
    related: int
    timeout_s: int
    prev_debit: int
    prev_credit: int


class StatementLine(msgspec.Struct, frozen=True):
    """One line of an account's statement.

    amount: signed minor units, + credits the account, - debits it; 0 effect on `balance` for holds.
    balance, debits_pending, credits_pending: of this account after this record.
    """

    seq: int
    at: int
    counterparty: int
    amount: int
    code: int
    flags: TransferFlags
    ref: bytes
    related: int
    balance: int
    debits_pending: int
    credits_pending: int


class Unit(msgspec.Struct, frozen=True):
    """What an account counts: a currency (ISO 4217 numeric code) or a share class (1000 and
    above)."""

    unit: int
    name: str
    scale: int


UNIT_MAX: Final = 65_535
CODE_MAX: Final = 65_535


def ref_array(refs: Sequence[UUID | bytes]) -> RecordArray:
    """Return 16-byte references as the uint8 array that `open_accounts` takes."""
    raw = b"".join(ref.bytes if isinstance(ref, UUID) else ref for ref in refs)
    return np.frombuffer(raw, dtype=np.uint8).reshape(len(refs), 16)

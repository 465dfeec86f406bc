"""The ledger: accounts and transfers, the only code that changes a balance.

Double entry in the vocabulary of TigerBeetle: accounts with debits and credits, posted and pending;
transfers that can be linked in all-or-nothing chains, pending with a time-out, posted in part or
voided, balancing, and reversals that name what they reverse. One book has one journal and one
writer; a commit appends the group's records to the journal in the same database transaction as the
business rows.
"""

from venule.ledger.book import Book, ref_array
from venule.ledger.errors import (
    AccountFieldOutOfRange,
    AccountNotFound,
    BookFull,
    CheckpointDamaged,
    GroupTooLarge,
    JournalDamaged,
    TransferFieldOutOfRange,
    TransferNotFound,
    TransferRefused,
    UnitConflict,
    UnitUnknown,
    WriterFenced,
)
from venule.ledger.model import (
    ACCOUNT,
    INT64_MAX,
    TRANSFER,
    TRANSFER_REQUEST,
    TRANSFER_RESULT,
    ZERO_REF,
    Account,
    AccountFlags,
    LedgerTransferCode,
    Posted,
    Refusal,
    StatementLine,
    Transfer,
    TransferFlags,
    TransferRecord,
    Unit,
)
from venule.ledger.proofs import Fault, Proof, UnitTotals, exact_sum, prove, totals
from venule.ledger.statements import Standing
from venule.ledger.store import MIGRATIONS, books
from venule.ledger.tx import Tx

__all__ = [
    "ACCOUNT",
    "INT64_MAX",
    "MIGRATIONS",
    "TRANSFER",
    "TRANSFER_REQUEST",
    "TRANSFER_RESULT",
    "ZERO_REF",
    "Account",
    "AccountFieldOutOfRange",
    "AccountFlags",
    "AccountNotFound",
    "Book",
    "BookFull",
    "CheckpointDamaged",
    "Fault",
    "GroupTooLarge",
    "JournalDamaged",
    "LedgerTransferCode",
    "Posted",
    "Proof",
    "Refusal",
    "Standing",
    "StatementLine",
    "Transfer",
    "TransferFieldOutOfRange",
    "TransferFlags",
    "TransferNotFound",
    "TransferRecord",
    "TransferRefused",
    "Tx",
    "Unit",
    "UnitConflict",
    "UnitTotals",
    "UnitUnknown",
    "WriterFenced",
    "books",
    "exact_sum",
    "prove",
    "ref_array",
    "totals",
]

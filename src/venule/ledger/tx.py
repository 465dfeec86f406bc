"""What a use case can ask of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from venule.kit.ids import Ids
from venule.kit.sql import Sql
from venule.kit.time import to_us
from venule.kit.tx import Tx as KitTx
from venule.ledger import statements
from venule.ledger.book import Book
from venule.ledger.errors import TransferNotFound, TransferRefused
from venule.ledger.journal import to_record
from venule.ledger.legs import LEG, legs_of
from venule.ledger.model import (
    ZERO_REF,
    Account,
    AccountFlags,
    Posted,
    RecordArray,
    Refusal,
    StatementLine,
    Transfer,
    TransferFlags,
    TransferRecord,
    Unit,
)

STATEMENT_LIMIT: Final = 50
NOT_POSTED: Final = int(
    TransferFlags.PENDING
    | TransferFlags.VOID_PENDING
    | TransferFlags.OPENS
    | TransferFlags.CLOSE
    | TransferFlags.REOPEN
)


class Tx(KitTx):
    """One command in progress, with the book it posts to."""

    def __init__(self, sql: Sql, ids: Ids, participant: Book) -> None:
        super().__init__(sql, ids, participant)
        self.book = participant

    # ------------------------------------------------------------ the only door that moves money

    def post(self, transfers: Sequence[Transfer]) -> list[Posted]:
        """Post transfers in order. A refusal is a value in the answer; nothing else changes.

        Raises: TransferFieldOutOfRange for what does not fit the layout, GroupTooLarge.
        """
        assert not self.readonly, "a read must not post"
        self.book.now_us = self.now_us
        return self.book.post(transfers)

    def post_all(self, transfers: Sequence[Transfer]) -> list[Posted]:
        """Post transfers that must all be accepted.

        Raises: TransferRefused for the first one that is not: let it pass, so that the command is
        undone.
        """
        answer = self.post(transfers)
        for i, posted in enumerate(answer):
            refusal = posted.refusal
            if refusal is not Refusal.OK and refusal is not Refusal.LINKED_EVENT_FAILED:
                raise TransferRefused(i, refusal, transfers[i])
        return answer

    def post_batch(self, requests: RecordArray) -> RecordArray:
        """Post an array of TRANSFER_REQUEST in order; return an array of TRANSFER_RESULT."""
        assert not self.readonly, "a read must not post"
        self.book.now_us = self.now_us
        return self.book.post_batch(requests)

    # ------------------------------------------------------------ accounts and units

    def define_unit(self, unit: int, name: str, scale: int) -> None:
        """Define what a unit number counts. Raises: UnitConflict."""
        self.book.define_unit(self.sql, unit, name, scale)

    def units(self) -> list[Unit]:
        """Return all units."""
        return self.book.units

    def open_account(
        self, unit: int, code: int, *, flags: int = AccountFlags.NONE, ref: bytes | UUID = ZERO_REF
    ) -> int:
        """Open one account; ref: the owner's 16 bytes. Raises: UnitUnknown, BookFull."""
        raw = ref.bytes if isinstance(ref, UUID) else ref
        return self.open_accounts(
            unit, code, 1, flags=flags, refs=np.frombuffer(raw, np.uint8).reshape(1, -1)
        )[0]

    def open_accounts(
        self,
        unit: int,
        code: int,
        count: int,
        *,
        flags: int = AccountFlags.NONE,
        refs: RecordArray | None = None,
    ) -> range:
        """Open `count` accounts alike; refs: uint8 (count, 16), see `ref_array`. Returns their
        ids."""
        assert not self.readonly, "a read must not open accounts"
        self.book.now_us = self.now_us
        return self.book.open_accounts(unit, code, count, int(flags), refs)

    def account(self, account: int) -> Account:
        """Return an account as it stands. Raises: AccountNotFound."""
        return self.book.account(account)

    def accounts_view(self) -> RecordArray:
        """Return all accounts (index = id; 0 is empty) as a read-only view of the live memory."""
        memory = self.book.memory
        view = memory.accounts[: memory.last_account + 1].view()
        view.flags.writeable = False
        return view

    def balances(self, accounts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return credits posted minus debits posted of each account, minor units."""
        rows = self._rows(accounts)
        answer: npt.NDArray[np.int64] = rows["credits_posted"] - rows["debits_posted"]
        return answer

    def availables(self, accounts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the balance less holds of each account, minor units."""
        rows = self._rows(accounts)
        answer: npt.NDArray[np.int64] = (
            rows["credits_posted"] - rows["debits_posted"] - rows["debits_pending"]
        )
        return answer

    def _rows(self, accounts: npt.NDArray[np.int64]) -> RecordArray:
        if len(accounts):
            self.book.check_account(int(accounts.min()))
            self.book.check_account(int(accounts.max()))
        rows: RecordArray = self.book.memory.accounts[accounts]
        return rows

    # ------------------------------------------------------------ the past

    def transfer(self, seq: int) -> TransferRecord:
        """Return a transfer as written. Raises: TransferNotFound."""
        if not 0 < seq < self.book.memory.next_seq:
            raise TransferNotFound(seq, self.book.memory.next_seq - 1)
        first, records = self.book.block(seq)
        return to_record(records[seq - first].tobytes())

    def posted(
        self, *, codes: Sequence[int] | None = None, accounts: Sequence[int] | None = None
    ) -> RecordArray:
        """Return what was posted with one of the codes, from or to one of the accounts, oldest
        first, of dtype `LEG`.

        Reads the whole journal: for proofs. 48 bytes an entry.
        """
        memory = self.book.memory
        found = [np.empty(0, LEG)]
        seq = 1
        while seq < memory.next_seq:
            first, records = self.book.block(seq)
            seq = first + len(records)
            mine = (records["flags"] & NOT_POSTED) == 0
            if codes is not None:
                mine &= np.isin(records["code"], codes)
            if accounts is not None:
                mine &= np.isin(records["debit"], accounts) | np.isin(records["credit"], accounts)
            if mine.any():
                found.append(legs_of(records[mine]))
        return np.concatenate(found)

    def statement(
        self,
        account: int,
        *,
        newest_first: bool = True,
        limit: int = STATEMENT_LIMIT,
        before_seq: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[StatementLine]:
        """Return an account's transfers with running balances.

        Newest first, the cost is the lines shown; pass the last line's seq as `before_seq` for the
        next page. Oldest first walks back to `since` before it answers. since is inclusive, until
        exclusive.
        Raises: AccountNotFound.
        """
        self.book.check_account(account)
        head = int(self.book.memory.accounts[account]["head"])
        if until is not None:
            below = self.seq_at(until)
            before_seq = below if before_seq is None else min(before_seq, below)
        lines = statements.walk(
            self.book,
            account,
            head,
            limit=min(limit, statements.STATEMENT_LINES_MAX) if newest_first else 1 << 62,
            before_seq=before_seq,
            since=None if since is None else to_us(since),
            until=None if until is None else to_us(until),
        )
        return lines if newest_first else lines[::-1][:limit]

    def seq_at(self, instant: datetime) -> int:
        """Return the first transfer at or after an instant (one past the last if there is none)."""
        return self.book.seq_at(to_us(instant))

    def balance_at(self, account: int, instant: datetime) -> int:
        """Return credits minus debits posted up to and including `instant`, minor units."""
        return self.standing_at(account, instant).balance

    def standing_at(self, account: int, instant: datetime) -> statements.Standing:
        """Return balance and holds as of `instant` (inclusive). Raises: AccountNotFound."""
        self.book.check_account(account)
        head = int(self.book.memory.accounts[account]["head"])
        below = self.book.seq_at(to_us(instant) + 1)
        return statements.standing(self.book, account, head, below)

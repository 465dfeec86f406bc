"""Questions to a book's journal: which transfers, which accounts, the trial balance at any moment.

Everything works on whole blocks of records at a time. By account, newest first, the chain through
the records is walked instead: its cost is the rows shown. What could look at the whole journal
takes a bound and says how many transfers it has looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from venule.ledger.model import (
    INT64_MAX,
    TRANSFER,
    TRANSFER_KERNEL,
    RecordArray,
    TransferFlags,
)
from venule.ledger.proofs import exact_sum
from venule.ledger.statements import WALK_STEPS_MAX, Blocks, last_before
from venule.ledger.view import View, touches

Ints = npt.NDArray[np.int64]

SCAN_MAX: Final = 10_000_000
"""Most transfers that a search looks at unless told otherwise."""

ACCOUNTS_AT_ONCE: Final = 1 << 20
_STEPS_AT_ONCE: Final = 64
_OPENS: Final = int(TransferFlags.OPENS)
_LINKED: Final = int(TransferFlags.LINKED)


class Search(msgspec.Struct, frozen=True):
    """Which transfers. What is None, or an empty tuple, does not matter.

    first_seq, last_seq: inclusive. related: the transfer that is posted, voided or reversed.
    amount_min, amount_max: minor units, inclusive; records that move nothing (accounts opened or
    closed) have none. account: on either side; the record of its opening does not count.
    """

    first_seq: int = 1
    last_seq: int = INT64_MAX
    account: int | None = None
    codes: tuple[int, ...] = ()
    ref: bytes | None = None
    related: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None


class Found(msgspec.Struct, frozen=True):
    """What a search has found so far.

    parts: arrays of TRANSFER, in the order asked for. looked_at: how many transfers were. next_seq:
    the first one in that order not yet looked at; None when there is no more.
    """

    parts: tuple[Any, ...] = ()
    looked_at: int = 0
    next_seq: int | None = None

    @property
    def records(self) -> RecordArray:
        """All transfers found."""
        return np.concatenate(self.parts) if self.parts else np.zeros(0, dtype=TRANSFER)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def more(self, part: RecordArray, looked: int, next_seq: int | None) -> Found:
        """Return this with what was found next."""
        parts = (*self.parts, part) if len(part) else self.parts
        return Found(parts, self.looked_at + looked, next_seq)


def find_transfers(
    view: View,
    search: Search,
    *,
    newest_first: bool = True,
    limit: int = 50,
    scan_max: int = SCAN_MAX,
) -> Iterator[Found]:
    """Yield what is found so far, again and again; the last one is the answer.

    Stop early, or be interrupted, and the one before is a good answer to a part of the question.
    limit: transfers wanted. scan_max: transfers looked at, about; the answer then says where to go
    on.
    Raises: AccountNotFound.
    """
    first, last = max(1, search.first_seq), min(search.last_seq, view.last_seq)
    if search.account is not None:
        view.kind(search.account)
    if first > last or limit <= 0:
        yield Found()
    elif search.account is None:
        yield from _scan(view, search, Found(), (first, last), newest_first, limit, scan_max)
    elif newest_first:
        yield from _newest_of_account(view, search, (first, last), limit, scan_max)
    else:
        yield from _oldest_of_account(view, search, (first, last), limit, scan_max)


def matching(records: RecordArray, search: Search) -> RecordArray:
    """Return which records are what is searched for; its bounds in seq are the caller's to keep."""
    wanted = np.ones(len(records), dtype=np.bool_)
    if search.account is not None:
        wanted &= touches(records, search.account)
    if len(search.codes) == 1:
        wanted &= records["code"] == search.codes[0]
    elif search.codes:
        wanted &= np.isin(records["code"], search.codes)
    if search.ref is not None:
        high, low = np.frombuffer(search.ref, dtype="<i8")
        words = records.view(TRANSFER_KERNEL)
        wanted &= words["ref_lo"] == low
        wanted &= words["ref_hi"] == high
    if search.related is not None:
        wanted &= records["related"] == search.related
    if search.amount_min is not None or search.amount_max is not None:
        low_minor = 1 if search.amount_min is None else max(1, search.amount_min)
        wanted &= (records["flags"] & _OPENS) == 0
        wanted &= records["amount"] >= low_minor
        if search.amount_max is not None:
            wanted &= records["amount"] <= search.amount_max
    return wanted


def _scan(
    view: View,
    search: Search,
    found: Found,
    span: tuple[int, int],
    newest_first: bool,
    limit: int,
    scan_max: int,
) -> Iterator[Found]:
    """Look at whole blocks in order, from one end of the span."""
    first, last = span
    budget = max(1, scan_max - found.looked_at)
    end = max(first, last - budget + 1) if newest_first else min(last, first + budget - 1)
    low, high = (end, last) if newest_first else (first, end)
    for chunk in view.chunks(low, high, newest_first=newest_first):
        step = -1 if newest_first else 1
        here = np.flatnonzero(matching(chunk, search))[::step]
        full = len(here) >= limit - len(found)
        here = here[: limit - len(found)]
        stop = here[-1] if full else (0 if newest_first else len(chunk) - 1)
        looked = int(len(chunk) - stop if newest_first else stop + 1)
        next_seq = int(chunk["seq"][stop]) + step
        found = found.more(chunk[here], looked, next_seq if first <= next_seq <= last else None)
        yield found
        if full:
            return


# ---------------------------------------------------------------- by account: along the chain


def _newest_of_account(
    view: View, search: Search, span: tuple[int, int], limit: int, scan_max: int
) -> Iterator[Found]:
    assert search.account is not None
    first, last = span
    seq, looked = _last_of_account(view, search.account, last)
    found = Found((), looked, seq if seq >= first else None)
    yield found
    steps = 0
    while seq >= first and len(found) < limit and steps < WALK_STEPS_MAX:
        share = min(_STEPS_AT_ONCE, limit - len(found))
        passed, seq = _walk(view, search.account, seq, first, share)
        steps += len(passed)
        part = passed[matching(passed, search)]
        found = found.more(part, len(passed), seq if seq >= first else None)
        yield found
    if seq >= first and len(found) < limit:
        yield from _scan(view, search, found, (first, seq), True, limit, scan_max)


def _oldest_of_account(
    view: View, search: Search, span: tuple[int, int], limit: int, scan_max: int
) -> Iterator[Found]:
    """The chain leads backwards only: a short one is collected first, for a long one blocks are
    looked at from the first on."""
    assert search.account is not None
    first, last = span
    seq, looked = _last_of_account(view, search.account, last)
    passed, seq = _walk(view, search.account, seq, first, WALK_STEPS_MAX)
    found = Found((), looked + len(passed), first)
    yield found
    if seq >= first:
        yield from _scan(view, search, found, span, False, limit, scan_max)
        return
    passed = passed[::-1].copy()
    part = passed[matching(passed, search)]
    next_seq = int(part["seq"][limit]) if len(part) > limit else None
    yield found.more(part[:limit], 0, next_seq)


def _last_of_account(view: View, account: int, last: int) -> tuple[int, int]:
    """Return the account's last transfer up to `last`, and how many were looked at from the end."""
    record = view.record(last)  # the cursor of a page before is such a transfer
    if touches(np.array([record]), account)[0]:
        return last, 1
    head, looked = view.head(account)
    return (head if head <= last else last_before(view, account, head, last + 1)), looked


def _walk(view: View, account: int, seq: int, first: int, steps: int) -> tuple[RecordArray, int]:
    """Follow the chain back from `seq`, down to `first`; return the transfers passed, newest first,
    and the number of the one that is next."""
    passed = np.zeros(steps, dtype=TRANSFER)  # copies: a record of a block would keep all of it
    count = 0
    while seq >= first and seq > 0 and count < steps:
        record = view.record(seq)
        passed[count] = record
        count += 1
        side = "prev_debit" if int(record["debit"]) == account else "prev_credit"
        seq = int(record[side])
    return passed[:count], seq


def chain_of(view: View, seq: int) -> tuple[int, int]:
    """Return the first and last transfer of the linked chain around `seq`: itself if it has none.

    Raises: TransferNotFound.
    """
    first = last = seq
    while int(view.record(last)["flags"]) & _LINKED:
        last += 1
    while first > 1 and int(view.record(first - 1)["flags"]) & _LINKED:
        first -= 1
    return first, last


# ---------------------------------------------------------------- accounts


class AccountSearch(msgspec.Struct, frozen=True):
    """Which accounts. What is None, or an empty tuple, does not matter.

    after: only numbers above. balance_min, balance_max: credits less debits, minor units,
    inclusive. flags: all of these are set. flags_unset: none of these is.
    """

    after: int = 0
    codes: tuple[int, ...] = ()
    unit: int | None = None
    owner: bytes | None = None
    flags: int = 0
    flags_unset: int = 0
    balance_min: int | None = None
    balance_max: int | None = None


def find_accounts(accounts: RecordArray, search: AccountSearch, limit: int) -> list[int]:
    """Return up to `limit` numbers of accounts, ascending.

    accounts: all of them (index = number; 0 is empty), as `View.load_accounts` gives them.
    """
    found: list[int] = []
    for start in range(max(0, search.after) + 1, len(accounts), ACCOUNTS_AT_ONCE):
        part = accounts[start : start + ACCOUNTS_AT_ONCE]
        wanted = _wanted_accounts(part, search)
        found += (np.flatnonzero(wanted)[: limit - len(found)] + start).tolist()
        if len(found) >= limit:
            break
    return found


def _wanted_accounts(part: RecordArray, search: AccountSearch) -> RecordArray:
    wanted: RecordArray = part["unit"] != 0
    if search.codes:
        wanted &= np.isin(part["code"], search.codes)
    if search.unit is not None:
        wanted &= part["unit"] == search.unit
    if search.owner is not None:
        wanted &= part["ref"] == np.void(search.owner)
    if search.flags:
        wanted &= (part["flags"] & search.flags) == search.flags
    if search.flags_unset:
        wanted &= (part["flags"] & search.flags_unset) == 0
    balances = part["credits_posted"] - part["debits_posted"]
    if search.balance_min is not None:
        wanted &= balances >= search.balance_min
    if search.balance_max is not None:
        wanted &= balances <= search.balance_max
    return wanted


# ---------------------------------------------------------------- the trial balance


class TrialLine(msgspec.Struct, frozen=True):
    """All accounts of one unit and code: how many, and the sum of each side's balances.

    debit, credit: minor units, of the accounts whose debits exceed their credits, and of the
    others; both not negative. held: what pending transfers may still move to or from them.
    """

    unit: int
    code: int
    accounts: int
    debit: int
    credit: int
    held: int


def trial_balance(
    accounts: RecordArray, blocks: Blocks, below_seq: int | None = None
) -> list[TrialLine]:
    """Sum up the accounts by unit and code, as they stand or as they stood before a transfer.

    accounts: all of them (index = number; 0 is empty). below_seq: count only transfers with a lower
    number; this costs one pass over the journal up to there.
    """
    if below_seq is None:
        balances = accounts["credits_posted"] - accounts["debits_posted"]
        held = accounts["debits_pending"] + accounts["credits_pending"]
        opened = len(accounts) - 1
    else:
        balances, held, opened = _standings_below(blocks, below_seq, len(accounts))
    groups = accounts["unit"].astype(np.int64) << 16 | accounts["code"]
    kinds, group_of = np.unique(groups[1 : opened + 1], return_inverse=True)
    lines = []
    for index, kind in enumerate(kinds.tolist()):
        mine = np.flatnonzero(group_of == index) + 1
        here = balances[mine]
        lines.append(
            TrialLine(
                unit=kind >> 16,
                code=kind & 0xFFFF,
                accounts=len(mine),
                debit=-exact_sum(here[here < 0]),
                credit=exact_sum(here[here > 0]),
                held=exact_sum(held[mine]),
            )
        )
    return lines


def _standings_below(blocks: Blocks, below_seq: int, accounts: int) -> tuple[Ints, Ints, int]:
    """Return balances and holds of all accounts before transfer `below_seq`, and the highest
    account that was open then.

    Each record carries both accounts' balances after it, so the last record of each account wins.
    """
    balances = np.zeros(accounts, dtype=np.int64)
    held = np.zeros(accounts, dtype=np.int64)
    opened = 0
    seq = 1
    while seq < below_seq:
        first, block = blocks.block(seq)
        records = block[: below_seq - first]
        seq = first + len(block)
        opens = (records["flags"] & _OPENS) != 0
        if opens.any():
            opened = max(opened, int(records["credit"][opens].max()))
            records = records[~opens]
        sides = _both(records, "debit", "credit")
        balances[sides] = _both(records, "debit_balance", "credit_balance")
        held[sides] = _both(records, "debit_debits_pending", "credit_debits_pending") + _both(
            records, "debit_credits_pending", "credit_credits_pending"
        )
    return balances, held, opened


def _both(records: RecordArray, debit_field: str, credit_field: str) -> Ints:
    """Return a field of the debit side and of the credit side in turn, record by record."""
    both: Ints = np.empty((len(records), 2), dtype=np.int64)
    both[:, 0] = records[debit_field]
    both[:, 1] = records[credit_field]
    return both.ravel()

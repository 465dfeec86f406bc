"""The ledger's kernel: pure, compiled functions over record arrays. No clock, no I/O, sequential
semantics.

`apply` takes a batch of requests in order and changes accounts and the table of open pending
transfers; for every request it writes a result, for every accepted one a journal record. `undo`
takes records back, newest first.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numba import njit

from venule.ledger.holds import Int, hold, slot, unhold
from venule.ledger.model import (
    CALLER_FLAGS,
    INT64_MAX,
    REVERSAL_DIFFERS_MARK,
    TIMEOUT_S_MAX,
    AccountFlags,
    Refusal,
    TransferFlags,
)

World: TypeAlias = tuple[Any, Any, Any, Any, Any, Any]
"""Accounts, table of holds, output records, undo notes, dirty pages, state."""

# Slots of the state vector.
NEXT_SEQ: Final = 0
LAST_ACCOUNT: Final = 1
OUT_COUNT: Final = 2
PENDING_COUNT: Final = 3
STATE_LEN: Final = 4

PAGE_SHIFT: Final = 12
"""Accounts are checkpointed in pages of 4,096 (256 KiB)."""

_PREFETCH_MIN: Final = 64
_US_PER_S: Final = 1_000_000
_MAX: Final = np.int64(INT64_MAX)
_TIMEOUT_MAX: Final = np.int64(TIMEOUT_S_MAX)
_CALLER: Final = np.int64(CALLER_FLAGS)
_MARK: Final = np.int64(REVERSAL_DIFFERS_MARK)

_LINKED: Final = np.int64(TransferFlags.LINKED)
_PENDING: Final = np.int64(TransferFlags.PENDING)
_POST: Final = np.int64(TransferFlags.POST_PENDING)
_VOID: Final = np.int64(TransferFlags.VOID_PENDING)
_RESOLVE: Final = np.int64(TransferFlags.POST_PENDING | TransferFlags.VOID_PENDING)
_BAL_DEBIT: Final = np.int64(TransferFlags.BALANCING_DEBIT)
_BAL_CREDIT: Final = np.int64(TransferFlags.BALANCING_CREDIT)
_BALANCING: Final = np.int64(TransferFlags.BALANCING_DEBIT | TransferFlags.BALANCING_CREDIT)
_REVERSAL: Final = np.int64(TransferFlags.REVERSAL)
_CLOSE: Final = np.int64(TransferFlags.CLOSE)
_REOPEN: Final = np.int64(TransferFlags.REOPEN)
_TURN: Final = np.int64(TransferFlags.CLOSE | TransferFlags.REOPEN)
_OPENS: Final = np.int64(TransferFlags.OPENS)
_EXPIRED: Final = np.int64(TransferFlags.EXPIRED)

_A_DEBIT_LIMIT: Final = np.int64(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
_A_CREDIT_LIMIT: Final = np.int64(AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)
_A_CLOSED: Final = np.int64(AccountFlags.CLOSED)

# Numba freezes enum members as objects; plain ints compile to constants.
R_OK: Final = int(Refusal.OK)
R_LINKED_FAILED: Final = int(Refusal.LINKED_EVENT_FAILED)
R_CHAIN_OPEN: Final = int(Refusal.LINKED_CHAIN_OPEN)
R_FLAGS_UNKNOWN: Final = int(Refusal.FLAGS_UNKNOWN)
R_FLAGS_CONFLICT: Final = int(Refusal.FLAGS_CONFLICT)
R_CODE: Final = int(Refusal.CODE_OUT_OF_RANGE)
R_TIMEOUT_PENDING: Final = int(Refusal.TIMEOUT_NEEDS_PENDING)
R_TIMEOUT_RANGE: Final = int(Refusal.TIMEOUT_OUT_OF_RANGE)
R_RELATED_ZERO: Final = int(Refusal.RELATED_MUST_BE_ZERO)
R_RELATED_NEEDED: Final = int(Refusal.RELATED_NEEDED)
R_NEGATIVE: Final = int(Refusal.AMOUNT_NEGATIVE)
R_MUST_BE_ZERO: Final = int(Refusal.AMOUNT_MUST_BE_ZERO)
R_NOT_ZERO: Final = int(Refusal.AMOUNT_MUST_NOT_BE_ZERO)
R_PENDING_NOT_FOUND: Final = int(Refusal.PENDING_NOT_FOUND)
R_PENDING_RESOLVED: Final = int(Refusal.PENDING_ALREADY_RESOLVED)
R_PENDING_EXPIRED: Final = int(Refusal.PENDING_EXPIRED)
R_PENDING_ACCOUNTS: Final = int(Refusal.PENDING_ACCOUNTS_DIFFER)
R_EXCEEDS_PENDING: Final = int(Refusal.EXCEEDS_PENDING_AMOUNT)
R_PENDING_AMOUNT: Final = int(Refusal.PENDING_AMOUNT_DIFFERS)
R_REVERSED_NOT_FOUND: Final = int(Refusal.REVERSED_NOT_FOUND)
R_REVERSED_DIFFERS: Final = int(Refusal.REVERSED_DIFFERS)
R_DEBIT_NOT_FOUND: Final = int(Refusal.DEBIT_ACCOUNT_NOT_FOUND)
R_CREDIT_NOT_FOUND: Final = int(Refusal.CREDIT_ACCOUNT_NOT_FOUND)
R_SAME: Final = int(Refusal.ACCOUNTS_MUST_DIFFER)
R_UNITS: Final = int(Refusal.UNITS_DIFFER)
R_DEBIT_CLOSED: Final = int(Refusal.DEBIT_ACCOUNT_CLOSED)
R_CREDIT_CLOSED: Final = int(Refusal.CREDIT_ACCOUNT_CLOSED)
R_NOT_CLOSED: Final = int(Refusal.ACCOUNT_NOT_CLOSED)
R_HAS_PENDING: Final = int(Refusal.ACCOUNT_HAS_PENDING)
R_NOTHING: Final = int(Refusal.NOTHING_TO_BALANCE)
R_OVER_DEBITS: Final = int(Refusal.OVERFLOWS_DEBITS)
R_OVER_CREDITS: Final = int(Refusal.OVERFLOWS_CREDITS)
R_EXCEEDS_CREDITS: Final = int(Refusal.EXCEEDS_CREDITS)
R_EXCEEDS_DEBITS: Final = int(Refusal.EXCEEDS_DEBITS)


# ---------------------------------------------------------------- writing one record


@njit(cache=True)
def _write(
    world: World, request: Any, at: Int, flags: Int, debit: Int, credit: Int, amount: Int
) -> None:
    """Append the journal record of a change already made to both accounts, and move their heads."""
    accounts, _, out, _, dirty, state = world
    k = state[OUT_COUNT]
    seq = state[NEXT_SEQ]
    r = out[k]
    r.seq = seq
    r.at = at
    r.amount = amount
    r.related = request.related
    r.ref_hi = request.ref_hi
    r.ref_lo = request.ref_lo
    r.debit = debit
    r.credit = credit
    r.timeout_s = request.timeout_s
    r.code = request.code
    r.flags = flags
    d = accounts[debit]
    r.prev_debit = d.head
    d.head = seq
    r.debit_balance = d.credits_posted - d.debits_posted
    r.debit_debits_pending = d.debits_pending
    r.debit_credits_pending = d.credits_pending
    dirty[debit >> PAGE_SHIFT] = 1
    if credit != 0:
        c = accounts[credit]
        r.prev_credit = c.head
        c.head = seq
        r.credit_balance = c.credits_posted - c.debits_posted
        r.credit_debits_pending = c.debits_pending
        r.credit_credits_pending = c.credits_pending
        dirty[credit >> PAGE_SHIFT] = 1
    else:
        r.prev_credit = 0
        r.credit_balance = 0
        r.credit_debits_pending = 0
        r.credit_credits_pending = 0
    state[OUT_COUNT] = k + 1
    state[NEXT_SEQ] = seq + 1


# ---------------------------------------------------------------- the rules, in the order of
# Refusal


@njit(cache=True)
def _form(request: Any, flags: Int, internal: bool) -> Int:
    """Rules that need no account: flags, code, time-out, related, sign of the amount."""
    allowed = _CALLER | _MARK
    if internal:
        allowed |= _EXPIRED
    if flags & ~allowed != 0:
        return R_FLAGS_UNKNOWN
    kind = flags & (_PENDING | _RESOLVE | _TURN | _REVERSAL)
    if kind & (kind - 1) != 0:
        return R_FLAGS_CONFLICT
    if flags & _BALANCING == _BALANCING or (
        flags & _BALANCING != 0 and flags & (_RESOLVE | _TURN) != 0
    ):
        return R_FLAGS_CONFLICT
    if request.code < 1 or request.code > 65535:
        return R_CODE
    if request.timeout_s != 0 and flags & _PENDING == 0:
        return R_TIMEOUT_PENDING
    if request.timeout_s < 0 or request.timeout_s > _TIMEOUT_MAX:
        return R_TIMEOUT_RANGE
    if flags & (_RESOLVE | _REVERSAL) == 0:
        if request.related != 0:
            return R_RELATED_ZERO
    elif request.related <= 0:
        return R_RELATED_NEEDED
    if request.amount < 0:
        return R_NEGATIVE
    if flags & _TURN != 0:
        if request.amount != 0:
            return R_MUST_BE_ZERO
    elif request.amount == 0 and flags & _RESOLVE == 0:
        return R_NOT_ZERO
    return R_OK


@njit(cache=True)
def _resolve(world: World, request: Any, result: Any, at: Int, flags: Int) -> Int:
    """Post (all or a part of) or void an open pending transfer."""
    accounts, table, out, aux, _, state = world
    i = slot(table, request.related)
    if table[i].seq != request.related:
        place = request.related - (state[NEXT_SEQ] - state[OUT_COUNT])
        if place >= 0 and place < state[OUT_COUNT] and np.int64(out[place].flags) & _PENDING != 0:
            return R_PENDING_RESOLVED
        return R_PENDING_NOT_FOUND
    held = table[i].amount
    expires_at = table[i].expires_at
    debit = np.int64(table[i].debit)
    credit = np.int64(table[i].credit)
    if expires_at != 0 and at >= expires_at and flags & _EXPIRED == 0:
        return R_PENDING_EXPIRED
    if (request.debit != 0 and request.debit != debit) or (
        request.credit != 0 and request.credit != credit
    ):
        return R_PENDING_ACCOUNTS
    amount = held if request.amount == 0 else request.amount
    if flags & _POST != 0:
        if amount > held:
            return R_EXCEEDS_PENDING
    elif amount != held:
        return R_PENDING_AMOUNT
    d = accounts[debit]
    c = accounts[credit]
    d.debits_pending -= held
    c.credits_pending -= held
    if flags & _POST != 0:
        d.debits_posted += amount
        c.credits_posted += amount
    unhold(table, request.related)
    state[PENDING_COUNT] -= 1
    k = state[OUT_COUNT]
    aux[k, 0] = held
    aux[k, 1] = expires_at
    _write(world, request, at, flags, debit, credit, amount)
    result.amount = amount
    return R_OK


@njit(cache=True)
def _turn(world: World, request: Any, at: Int, flags: Int) -> Int:
    """Close or reopen the account named as debit."""
    accounts, _, _, _, _, state = world
    debit = request.debit
    if debit < 1 or debit > state[LAST_ACCOUNT]:
        return R_DEBIT_NOT_FOUND
    if request.credit != 0:
        return R_CREDIT_NOT_FOUND
    d = accounts[debit]
    closed = np.int64(d.flags) & _A_CLOSED
    if flags & _CLOSE != 0:
        if closed != 0:
            return R_DEBIT_CLOSED
        if d.debits_pending != 0 or d.credits_pending != 0:
            return R_HAS_PENDING
    elif closed == 0:
        return R_NOT_CLOSED
    d.flags = np.int64(d.flags) ^ _A_CLOSED
    _write(world, request, at, flags, debit, 0, 0)
    return R_OK


@njit(cache=True)
def _move(world: World, request: Any, result: Any, at: Int, flags: Int, first_seq: Int) -> Int:
    """An ordinary or pending movement between two accounts."""
    accounts, table, _, _, _, state = world
    debit = request.debit
    credit = request.credit
    amount = request.amount
    if flags & _REVERSAL != 0:
        if request.related >= first_seq:
            return R_REVERSED_NOT_FOUND
        if flags & _MARK != 0:
            return R_REVERSED_DIFFERS
    if debit < 1 or debit > state[LAST_ACCOUNT]:
        return R_DEBIT_NOT_FOUND
    if credit < 1 or credit > state[LAST_ACCOUNT]:
        return R_CREDIT_NOT_FOUND
    if debit == credit:
        return R_SAME
    d = accounts[debit]
    c = accounts[credit]
    if d.unit != c.unit:
        return R_UNITS
    d_flags = np.int64(d.flags)
    c_flags = np.int64(c.flags)
    if d_flags & _A_CLOSED != 0:
        return R_DEBIT_CLOSED
    if c_flags & _A_CLOSED != 0:
        return R_CREDIT_CLOSED
    if flags & _BAL_DEBIT != 0:
        amount = min(amount, d.credits_posted - d.debits_posted - d.debits_pending)
    elif flags & _BAL_CREDIT != 0:
        amount = min(amount, c.debits_posted - c.credits_posted - c.credits_pending)
    if amount <= 0:
        return R_NOTHING
    # Both sums stay within int64 for ever, so the differences here cannot overflow.
    if amount > _MAX - d.debits_pending - d.debits_posted:
        return R_OVER_DEBITS
    if amount > _MAX - c.credits_pending - c.credits_posted:
        return R_OVER_CREDITS
    if (
        d_flags & _A_DEBIT_LIMIT != 0
        and d.debits_pending + d.debits_posted + amount > d.credits_posted
    ):
        return R_EXCEEDS_CREDITS
    if (
        c_flags & _A_CREDIT_LIMIT != 0
        and c.credits_pending + c.credits_posted + amount > c.debits_posted
    ):
        return R_EXCEEDS_DEBITS
    if flags & _PENDING != 0:
        d.debits_pending += amount
        c.credits_pending += amount
        expires_at = 0 if request.timeout_s == 0 else at + request.timeout_s * _US_PER_S
        hold(table, state[NEXT_SEQ], amount, expires_at, debit, credit)
        state[PENDING_COUNT] += 1
    else:
        d.debits_posted += amount
        c.credits_posted += amount
    _write(world, request, at, flags & ~_MARK, debit, credit, amount)
    result.amount = amount
    return R_OK


@njit(cache=True)
def undo(world: World, keep: Int) -> None:
    """Take back all records of `out` from the newest down to index `keep`."""
    accounts, table, out, aux, _, state = world
    k = state[OUT_COUNT] - 1
    while k >= keep:
        r = out[k]
        flags = np.int64(r.flags)
        debit = np.int64(r.debit)
        credit = np.int64(r.credit)
        if flags & _OPENS != 0:
            for a in range(debit, credit + 1):
                accounts[a].unit = 0
                accounts[a].code = 0
                accounts[a].flags = 0
                accounts[a].ref_hi = 0
                accounts[a].ref_lo = 0
            state[LAST_ACCOUNT] = debit - 1
        else:
            d = accounts[debit]
            d.head = r.prev_debit
            if flags & _TURN != 0:
                d.flags = np.int64(d.flags) ^ _A_CLOSED
            else:
                c = accounts[credit]
                c.head = r.prev_credit
                if flags & _PENDING != 0:
                    d.debits_pending -= r.amount
                    c.credits_pending -= r.amount
                    unhold(table, r.seq)
                    state[PENDING_COUNT] -= 1
                elif flags & _RESOLVE != 0:
                    if flags & _POST != 0:
                        d.debits_posted -= r.amount
                        c.credits_posted -= r.amount
                    d.debits_pending += aux[k, 0]
                    c.credits_pending += aux[k, 0]
                    hold(table, r.related, aux[k, 0], aux[k, 1], debit, credit)
                    state[PENDING_COUNT] += 1
                else:
                    d.debits_posted -= r.amount
                    c.credits_posted -= r.amount
        k -= 1
    state[NEXT_SEQ] -= state[OUT_COUNT] - keep
    state[OUT_COUNT] = keep


@njit(cache=True)
def _touch(accounts: Any, requests: Any, last: Int) -> Int:
    """Read every account of the batch once: many cache misses at a time instead of one after
    another."""
    total = np.int64(0)
    for i in range(len(requests)):
        debit = requests[i].debit
        credit = requests[i].credit
        if debit > 0 and debit <= last:
            total += accounts[debit].head
        if credit > 0 and credit <= last:
            total += accounts[credit].head
    return total


@njit(cache=True)
def apply(world: World, requests: Any, results: Any, at: Int, internal: bool) -> Int:
    """Do a batch in order; return how many requests were accepted.

    The output, the undo notes and the table of holds need room for len(requests) more entries.
    A linked chain runs from its first request with LINKED to the first one without; it is done
    whole or not at all. Refused requests take no sequence number and change nothing.
    """
    accounts, state = world[0], world[5]
    n = len(requests)
    first_seq = state[NEXT_SEQ]
    before = state[OUT_COUNT]
    if n >= _PREFETCH_MIN and _touch(accounts, requests, state[LAST_ACCOUNT]) < 0:
        return -1
    chain_start = -1
    chain_out = np.int64(0)
    broken = False
    for i in range(n):
        request = requests[i]
        result = results[i]
        result.seq = 0
        result.amount = 0
        flags = np.int64(request.flags)
        linked = flags & _LINKED != 0
        if linked and chain_start < 0:
            chain_start = i
            chain_out = state[OUT_COUNT]
            broken = False
        seq = state[NEXT_SEQ]
        if chain_start >= 0 and broken:
            refusal = R_LINKED_FAILED
        elif linked and i == n - 1:
            refusal = R_CHAIN_OPEN
        else:
            refusal = _form(request, flags, internal)
            if refusal == R_OK:
                if flags & _RESOLVE != 0:
                    refusal = _resolve(world, request, result, at, flags)
                elif flags & _TURN != 0:
                    refusal = _turn(world, request, at, flags)
                else:
                    refusal = _move(world, request, result, at, flags, first_seq)
        result.refusal = refusal
        if refusal == R_OK:
            result.seq = seq
        elif chain_start >= 0 and not broken:
            broken = True
            undo(world, chain_out)
            for j in range(chain_start, i):
                results[j].seq = 0
                results[j].amount = 0
                results[j].refusal = R_LINKED_FAILED
        if chain_start >= 0 and not linked:
            chain_start = -1
    return state[OUT_COUNT] - before

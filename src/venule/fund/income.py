"""A day's income, holder by holder, to the fen: exact integer arithmetic over arrays.

    raw(h) = shares(h) * income / total        credit(h) = raw cut toward zero

What is cut off goes by the fund's tail policy. `truncate_redistribute`: fen by fen to the largest
remainders, ties to the lowest account number. `truncate_to_fund`: it stays in the fund, for
tomorrow's income. `carry`: each holder keeps his part below a fen, with 8 decimals of a fen. The
answer depends neither on the order of the rows nor on the number of shards.
Source: fund-clearing reference, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from venule.fund.model import Int64s, TailPolicy

CARRY_SCALE: Final = 100_000_000
"""A carried part is held in 1e-8 fen."""

INT64_MAX: Final = 2**63 - 1
_LOW32: Final = np.uint64(0xFFFFFFFF)
_32: Final = np.uint64(32)
_1: Final = np.uint64(1)
_BASE: Final = np.uint64(1 << 32)
_SCALE: Final = np.uint64(CARRY_SCALE)


@dataclass(frozen=True)
class Distribution:
    """What each holder gets, in fen, in the order of the rows given; negative on a negative day.

    carry: each holder's part below a fen in 1e-8 fen, all zero unless the policy carries. credited:
    the sum of credits. left_in_fund: income less credits, what stays in the fund (of which `carry`
    belongs to holders). not_taken: the part of a loss above all holders' shares, >= 0.
    """

    credits: Int64s
    carry: Int64s
    credited: int
    left_in_fund: int
    not_taken: int


@dataclass(frozen=True)
class ShardCut:
    """One shard's part before the tail: cut credits (magnitudes), remainders over the total."""

    accounts: Int64s
    cut: Int64s
    remainders: Int64s
    cut_sum: int


def distribute(
    shares: Int64s,
    accounts: Int64s,
    net_income: int,
    policy: TailPolicy,
    carry: Int64s | None = None,
    shards: int = 1,
) -> Distribution:
    """Distribute a day's net income (fen, any sign) over the holders' earning shares (fen, >= 0).

    accounts: each holder's number, all different; only decides ties. carry: yesterday's, 1e-8 fen
    (0 <= carry < 1e8). A loss above all shares is taken up to the shares; the rest is `not_taken`.
    With `carry` a loss uses up the carried part before it takes a fen.
    """
    _check(shares, accounts, carry)
    total = _sum(shares)
    if total == 0 or net_income == 0:
        return _nothing(shares, net_income, carry)
    not_taken = max(0, -net_income - total)
    income = net_income + not_taken
    if policy is TailPolicy.CARRY:
        return _carry(shares, income, total, not_taken, carry)
    parts = [
        cut_shard(shares[rows], accounts[rows], abs(income), total)
        for rows in _rows_by_shard(accounts, shards)
    ]
    sign = 1 if income > 0 else -1
    residue = abs(income) - sum(part.cut_sum for part in parts)
    winners = np.empty(0, np.int64)
    if policy is TailPolicy.TRUNCATE_REDISTRIBUTE:
        winners = merge_residue([top_remainders(part, residue) for part in parts], residue)
        residue = 0
    credits = np.zeros(len(shares), np.int64)
    for rows, part in zip(_rows_by_shard(accounts, shards), parts, strict=True):
        credits[rows] = part.cut
    if len(winners):
        credits[np.isin(accounts, winners)] += 1
    credits *= sign
    zero = np.zeros(len(shares), np.int64)
    return Distribution(credits, zero, income - sign * residue, sign * residue, not_taken)


def cut_shard(shares: Int64s, accounts: Int64s, income: int, total: int) -> ShardCut:
    """Cut one shard: `shares * income // total` and what remains over `total`; income >= 0."""
    cut = np.empty(len(shares), np.int64)
    remainders = np.empty(len(shares), np.int64)
    _cut(shares, np.uint64(income), np.uint64(total), cut, remainders)
    return ShardCut(accounts, cut, remainders, _sum(cut))


def top_remainders(part: ShardCut, count: int) -> tuple[Int64s, Int64s]:
    """Return the remainders and accounts of a shard that may win one of `count` residue fen.

    The largest remainders first, ties by account number; never more than `count`.
    """
    remainders, accounts = part.remainders, part.accounts
    if 0 < count < len(remainders):
        threshold = np.partition(remainders, len(remainders) - count)[len(remainders) - count]
        chosen = remainders >= threshold
        remainders, accounts = remainders[chosen], accounts[chosen]
    order = np.lexsort((accounts, -remainders))[:count]
    return remainders[order], accounts[order]


def merge_residue(candidates: list[tuple[Int64s, Int64s]], residue: int) -> Int64s:
    """Return the accounts that get a residue fen each: the first `residue` of all shards' best."""
    if residue == 0:
        return np.empty(0, np.int64)
    remainders = np.concatenate([pair[0] for pair in candidates])
    accounts = np.concatenate([pair[1] for pair in candidates])
    order = np.lexsort((accounts, -remainders))[:residue]
    winners: Int64s = accounts[order]
    assert len(winners) == residue, "the residue is smaller than the number of holders"
    return winners


def _carry(
    shares: Int64s, income: int, total: int, not_taken: int, carry: Int64s | None
) -> Distribution:
    before = np.zeros(len(shares), np.int64) if carry is None else carry
    credits = np.empty(len(shares), np.int64)
    after = np.empty(len(shares), np.int64)
    _cut_carry(shares, before, np.uint64(abs(income)), np.uint64(total), income < 0, credits, after)
    credited = _sum(credits)
    return Distribution(credits, after, credited, income - credited, not_taken)


def _nothing(shares: Int64s, net_income: int, carry: Int64s | None) -> Distribution:
    zero = np.zeros(len(shares), np.int64)
    kept = zero if carry is None else carry.copy()
    gain, loss = max(net_income, 0), max(-net_income, 0)
    return Distribution(zero, kept, 0, gain, loss)


def _rows_by_shard(accounts: Int64s, shards: int) -> list[Any]:
    """Return which rows each shard holds: by account number modulo the number of shards."""
    if shards == 1:
        return [slice(None)]
    numbers = accounts % shards
    return [np.flatnonzero(numbers == shard) for shard in range(shards)]


def _sum(values: Int64s) -> int:
    """Sum exactly, beyond 64 bits too."""
    high = int((values >> 32).sum())
    low = int((values & 0xFFFFFFFF).sum())
    return (high << 32) + low


def _check(shares: Int64s, accounts: Int64s, carry: Int64s | None) -> None:
    if shares.dtype != np.int64 or accounts.dtype != np.int64 or len(shares) != len(accounts):
        raise TypeError("expected int64 arrays of shares and accounts, of one length")
    if len(shares) and int(shares.min()) < 0:
        raise ValueError(f"expected shares >= 0, seen {int(shares.min())}")
    if _sum(shares) > INT64_MAX:
        raise ValueError("expected a register of less than 2**63 fen")
    if carry is not None and (carry.dtype != np.int64 or len(carry) != len(shares)):
        raise TypeError("expected an int64 array of carried parts, one a holder")


# 128-bit arithmetic in two unsigned words. The quotients fit one word, because shares <= total.


@njit(cache=True)
def _multiply(a: Any, b: Any) -> Any:
    """Return the high and low word of a * b."""
    a_low, a_high = a & _LOW32, a >> _32
    b_low, b_high = b & _LOW32, b >> _32
    low = a_low * b_low
    middle = a_high * b_low + (low >> _32)
    middle_2 = a_low * b_high + (middle & _LOW32)
    high = a_high * b_high + (middle >> _32) + (middle_2 >> _32)
    return high, (middle_2 << _32) | (low & _LOW32)


@njit(cache=True)
def _divide(high: Any, low: Any, by: Any) -> Any:
    """Return quotient and remainder of a two-word number; high < by < 2**63.

    Knuth, algorithm D, in base 2**32 with two digits.
    """
    if high == 0:
        return low // by, low % by
    shift = np.uint64(0)
    while (by << shift) >> np.uint64(63) == 0:
        shift += _1
    by <<= shift
    if shift > 0:
        high = (high << shift) | (low >> (np.uint64(64) - shift))
    low <<= shift
    by_high, by_low = by >> _32, by & _LOW32
    digit_1, digit_0 = low >> _32, low & _LOW32
    q1 = high // by_high
    rest = high - q1 * by_high
    while q1 >= _BASE or q1 * by_low > ((rest << _32) | digit_1):
        q1 -= _1
        rest += by_high
        if rest >= _BASE:
            break
    middle = ((high << _32) | digit_1) - q1 * by
    q0 = middle // by_high
    rest = middle - q0 * by_high
    while q0 >= _BASE or q0 * by_low > ((rest << _32) | digit_0):
        q0 -= _1
        rest += by_high
        if rest >= _BASE:
            break
    remainder = (((middle << _32) | digit_0) - q0 * by) >> shift
    return (q1 << _32) + q0, remainder


@njit(cache=True)
def _cut(shares: Any, income: Any, total: Any, cut: Any, remainders: Any) -> None:
    for i in range(len(shares)):
        high, low = _multiply(np.uint64(shares[i]), income)
        quotient, remainder = _divide(high, low, total)
        cut[i] = np.int64(quotient)
        remainders[i] = np.int64(remainder)


@njit(cache=True)
def _cut_carry(
    shares: Any, before: Any, income: Any, total: Any, is_loss: bool, credits: Any, after: Any
) -> None:
    """Add each holder's part to what he carried, in 1e-8 fen; credit whole fen, carry the rest.

    The part itself is cut toward minus infinity at 1e-8 fen, so that the fund never owes more than
    it has; the carried part stays within 0 and 1e8.
    """
    scale = np.int64(CARRY_SCALE)
    for i in range(len(shares)):
        high, low = _multiply(np.uint64(shares[i]), income)
        whole, remainder = _divide(high, low, total)
        high, low = _multiply(remainder, _SCALE)
        part, rest = _divide(high, low, total)
        if is_loss:
            fen = -np.int64(whole)
            below = before[i] - np.int64(part) - (np.int64(1) if rest > 0 else np.int64(0))
        else:
            fen = np.int64(whole)
            below = before[i] + np.int64(part)
        if below < 0:
            below += scale
            fen -= 1
        elif below >= scale:
            below -= scale
            fen += 1
        credits[i] = fen
        after[i] = below

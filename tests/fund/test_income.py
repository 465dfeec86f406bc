"""A day's income: exact to the fen, by every tail policy, whatever the order and the shards."""

from __future__ import annotations

import csv
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.fund import TailPolicy, distribute
from venule.fund.income import CARRY_SCALE, _divide, _multiply

REDISTRIBUTE = TailPolicy.TRUNCATE_REDISTRIBUTE
TO_FUND = TailPolicy.TRUNCATE_TO_FUND
CARRY = TailPolicy.CARRY
MAX = 2**63 - 1


def ints(values):
    return np.array(values, np.int64)


def share_out(shares, net_income, policy=REDISTRIBUTE, accounts=None, carry=None, shards=1):
    numbers = ints(range(1, len(shares) + 1) if accounts is None else accounts)
    before = None if carry is None else ints(carry)
    return distribute(ints(shares), numbers, net_income, policy, before, shards)


# The worked example of section 4.


@pytest.mark.parametrize(
    "policy, credits, left",
    [(REDISTRIBUTE, [1, 7, 160, 0], 0), (TO_FUND, [0, 6, 160, 0], 2), (CARRY, [0, 6, 160, 0], 2)],
)
def test_worked_example(policy, credits, left):
    given = share_out([7600, 50000, 1234567, 90], 168, policy)

    assert credits == given.credits.tolist()
    assert (168 - left, left, 0) == (given.credited, given.left_in_fund, given.not_taken)


def test_worked_example_as_a_loss():
    given = share_out([7600, 50000, 1234567, 90], -168)

    assert [-1, -7, -160, 0] == given.credits.tolist()


@pytest.fixture(scope="module")
def year(fund_data):
    with (fund_data / "daily_yield.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert ("2013-07-01", "2014-06-30", 365) == (rows[0]["date"], rows[-1]["date"], len(rows))
    return [int(Decimal(row["income_per_10k"]) * 10_000) for row in rows]


# Section 4, golden values: a holder alone, no other flows, over the real year.
@pytest.mark.parametrize(
    "start, truncated, carried",
    [
        ("0.50", "0.50", "0.52"),
        ("1.00", "1.00", "1.05"),
        ("50.00", "50.00", "52.60"),
        ("76.00", "78.32", "79.96"),
        ("77.00", "79.53", "81.01"),
        ("100.00", "103.65", "105.21"),
        ("1234.56", "1297.28", "1298.99"),
        ("10000.00", "10520.12", "10521.95"),
        ("1000000.00", "1052193.75", "1052195.60"),
    ],
)
def test_golden_year(year, start, truncated, carried):
    """The others hold so much that the fund's income is a whole number of fen every day."""
    total = 10**14
    for policy, end in ((TO_FUND, truncated), (CARRY, carried)):
        mine, carry = int(Decimal(start) * 100), 0
        for per_10k in year:
            given = share_out(
                [mine, total - mine], per_10k * total // 10**8, policy, carry=[carry, 0]
            )
            mine += int(given.credits[0])
            carry = int(given.carry[0])
        assert int(Decimal(end) * 100) == mine


# Against fractions of any size


def oracle(shares, income, policy, accounts, carry):
    """The definition, in Python's own integers: (credits, carry, left, not taken)."""
    total = sum(shares)
    if total == 0 or income == 0:
        kept = list(carry) if policy is CARRY else [0] * len(shares)
        return [0] * len(shares), kept, max(income, 0), max(-income, 0)
    not_taken = max(0, -income - total)
    income += not_taken
    if policy is CARRY:
        sums = [c + s * income * CARRY_SCALE // total for c, s in zip(carry, shares, strict=True)]
        credits = [x // CARRY_SCALE for x in sums]
        return credits, [x % CARRY_SCALE for x in sums], income - sum(credits), not_taken
    sign = 1 if income > 0 else -1
    raw = [divmod(s * abs(income), total) for s in shares]
    credits = [quotient for quotient, _ in raw]
    residue = abs(income) - sum(credits)
    if policy is REDISTRIBUTE:
        best = sorted(range(len(shares)), key=lambda i: (-raw[i][1], accounts[i]))
        for i in best[:residue]:
            credits[i] += 1
        residue = 0
    return [sign * c for c in credits], [0] * len(shares), sign * residue, not_taken


AMOUNTS = st.one_of(st.integers(0, 1000), st.integers(0, 10**12), st.integers(0, 2**63 // 64))


@st.composite
def registers(draw):
    shares = draw(st.lists(AMOUNTS, min_size=0, max_size=50))
    accounts = draw(st.permutations(range(10, 10 + 3 * len(shares), 3)))
    bound = draw(st.sampled_from([5, 1000, 10**9, 2**62]))
    income = draw(st.integers(-bound, bound))
    carry = draw(
        st.lists(st.integers(0, CARRY_SCALE - 1), min_size=len(shares), max_size=len(shares))
    )
    return shares, list(accounts), income, carry


@given(registers(), st.sampled_from(list(TailPolicy)), st.sampled_from([1, 7, 1000]))
def test_distribution_is_that_of_the_definition(register, policy, shards):
    shares, accounts, income, carry = register
    given_carry = carry if policy is CARRY else None

    seen = share_out(shares, income, policy, accounts, given_carry, shards)

    credits, after, left, not_taken = oracle(shares, income, policy, accounts, carry)
    assert credits == seen.credits.tolist()
    assert after == seen.carry.tolist()
    assert (sum(credits), left, not_taken) == (seen.credited, seen.left_in_fund, seen.not_taken)


@given(registers(), st.sampled_from(list(TailPolicy)), st.data())
def test_nothing_is_lost_and_nobody_goes_below_zero(register, policy, data):
    shares, accounts, income, carry = register
    given_carry = carry if policy is CARRY else None
    seen = share_out(shares, income, policy, accounts, given_carry)

    assert income == seen.credited + seen.left_in_fund - seen.not_taken
    assert all(s + c >= 0 for s, c in zip(shares, seen.credits.tolist(), strict=True))
    if policy is REDISTRIBUTE and sum(shares):
        assert 0 == seen.left_in_fund
        for share, credit in zip(shares, seen.credits.tolist(), strict=True):
            fair = share * (income + seen.not_taken)
            assert abs(credit * sum(shares) - fair) < sum(shares)  # less than a fen away
    if policy is CARRY:
        owed = sum(seen.carry.tolist()) - sum(carry)
        assert 0 <= seen.left_in_fund * CARRY_SCALE - owed <= len(shares) or not sum(shares)

    order = data.draw(st.permutations(range(len(shares))))
    again = share_out(
        [shares[i] for i in order],
        income,
        policy,
        [accounts[i] for i in order],
        [carry[i] for i in order] if policy is CARRY else None,
        shards=data.draw(st.integers(1, 9)),
    )
    assert [seen.credits[i] for i in order] == again.credits.tolist()
    assert [seen.carry[i] for i in order] == again.carry.tolist()


def test_ties_go_to_the_lowest_account():
    seen = share_out([100] * 6, 8, accounts=[9, 4, 7, 2, 8, 3])

    assert [1, 1, 1, 2, 1, 2] == seen.credits.tolist()
    for shards in (1, 2, 5, 1000):
        same = share_out([100] * 6, 8, accounts=[9, 4, 7, 2, 8, 3], shards=shards)
        assert seen.credits.tolist() == same.credits.tolist()


def test_products_beyond_64_bits():
    third = MAX // 3
    seen = share_out([third, third, third], MAX)

    assert MAX == seen.credited
    assert {MAX // 3, MAX // 3 + 1} >= set(seen.credits.tolist())
    assert [MAX] == share_out([MAX], MAX).credits.tolist()
    assert [-MAX] == share_out([MAX], -MAX).credits.tolist()


def test_a_loss_above_all_shares_is_taken_up_to_them():
    for policy in TailPolicy:
        seen = share_out([100, 0, 50], -200, policy)
        assert [-100, 0, -50] == seen.credits.tolist()
        assert (-150, 0, 50) == (seen.credited, seen.left_in_fund, seen.not_taken)


def test_without_shares_a_gain_stays_and_a_loss_is_not_taken():
    for shares in ([], [0, 0]):
        assert (0, 7, 0) == _sums(share_out(shares, 7))
        assert (0, 0, 7) == _sums(share_out(shares, -7))
        assert (0, 0, 0) == _sums(share_out(shares, 0))


def _sums(given):
    return given.credited, given.left_in_fund, given.not_taken


def test_a_carried_part_becomes_a_fen_and_a_loss_uses_it_up_first():
    third = CARRY_SCALE // 3
    short = share_out([100, 200], 1, CARRY, carry=[CARRY_SCALE - third - 1, 0])
    assert ([0, 0], CARRY_SCALE - 1) == (short.credits.tolist(), int(short.carry[0]))
    seen = share_out([100, 200], 1, CARRY, carry=[CARRY_SCALE - third, 0])
    assert ([1, 0], 0) == (seen.credits.tolist(), int(seen.carry[0]))

    loss = share_out([100, 200], -1, CARRY, carry=[CARRY_SCALE // 2, CARRY_SCALE - 1])
    assert [0, 0] == loss.credits.tolist()
    assert -1 == loss.left_in_fund


def test_what_is_not_int64_is_refused():
    with pytest.raises(TypeError):
        distribute(np.array([1.5]), ints([1]), 1, REDISTRIBUTE)
    with pytest.raises(TypeError):
        distribute(ints([1, 2]), ints([1]), 1, REDISTRIBUTE)
    with pytest.raises(ValueError, match="shares >= 0"):
        share_out([5, -1], 1)
    with pytest.raises(ValueError, match="less than"):
        share_out([MAX, 1], 1)


WORDS = st.integers(0, MAX)


@given(WORDS, WORDS, st.integers(1, MAX))
def test_two_word_arithmetic(a, b, by):
    high, low = _multiply(np.uint64(a), np.uint64(b))
    assert a * b == (int(high) << 64) + int(low)

    if a <= by:  # as shares <= total: the quotient fits a word
        quotient, remainder = _divide(np.uint64(high), np.uint64(low), np.uint64(by))
        assert divmod(a * b, by) == (int(quotient), int(remainder))


EDGES = [
    sign + (bits << shift)
    for bits in (1, 2**31 - 1, 2**31 + 1, 2**32 - 1)
    for shift in (0, 1, 15, 31)
    for sign in (-1, 0, 1)
]


def test_division_at_the_edges_of_its_digits():
    """Where the first guess of a digit is too large by one and by two."""
    words = sorted({edge for edge in EDGES if 0 < edge <= MAX} | {MAX, MAX - 1, 2**62})
    for by in words:
        for high in {by - 1, by // 2, by - by // 3 - 1, *words}:
            for low in (0, 1, 2**32 - 1, 2**32, 2**64 - 2**32, 2**64 - 1):
                if 0 <= high < by:
                    seen = _divide(np.uint64(high), np.uint64(low), np.uint64(by))
                    assert divmod((high << 64) + low, by) == tuple(map(int, seen))


@pytest.mark.parametrize("holders", [28_000, 300_000])
def test_many_holders(holders):
    rng = np.random.default_rng(20140514)
    shares = rng.integers(0, 10**8, holders)
    accounts = rng.permutation(holders).astype(np.int64)
    net_income = int(shares.sum()) // 7_000

    seen = distribute(shares, accounts, net_income, REDISTRIBUTE)

    assert net_income == seen.credited == int(seen.credits.sum())
    for shards in (7, 1000):
        same = distribute(shares, accounts, net_income, REDISTRIBUTE, None, shards)
        assert (seen.credits == same.credits).all()

"""The kernel against a ledger of dictionaries, over random batches of every flag."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.both_homes import fewer
from support.ledger_books import CNY, USD, Hand, Hands
from support.ledger_oracle import Oracle
from venule.ledger import ACCOUNT, INT64_MAX, AccountFlags, Posted, Transfer, TransferFlags

DEBIT_LIMIT = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
CREDIT_LIMIT = AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS
ACCOUNTS = (0, 0, DEBIT_LIMIT, DEBIT_LIMIT, CREDIT_LIMIT, 0)

amounts = st.one_of(
    st.integers(0, 12),
    st.sampled_from([-1, INT64_MAX, INT64_MAX - 5, INT64_MAX // 2, -INT64_MAX]),
)
plain_flags = st.sampled_from(
    [0, 0, 0, 1, 2, 2, 4, 4, 8, 16, 32, 64, 3, 5, 9, 17, 18, 65, 128, 256]
)
flags = st.one_of(plain_flags, plain_flags, st.integers(0, 2047), st.just(-1))


Work = tuple[list[Transfer], int, bool]
"""A batch, how many seconds later it comes, and whether it is undone."""


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    flag = draw(flags)
    related = 0
    if flag & 76 or draw(st.integers(0, 20)) == 0:
        related = draw(st.integers(-1, 40))
    resolves = bool(flag & 12)
    account = st.sampled_from([0] * 12 + [1, 2]) if resolves else st.integers(-1, 8)
    return Transfer(
        debit=draw(account),
        credit=0 if flag & 384 and draw(st.booleans()) else draw(account),
        amount=0 if flag & 384 and draw(st.booleans()) else draw(amounts),
        code=draw(st.sampled_from([1, 2, 65535, 1, 1, 1, 0, 65536, -7])),
        flags=flag,
        related=related,
        timeout_s=draw(st.sampled_from([0, 0, 1, 5, 2**32, -1])) if flag & 2 else 0,
    )


batches = st.lists(
    st.tuples(st.lists(transfers(), min_size=1, max_size=12), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=8,
)


def seeded(new_hand: Hands) -> tuple[Hand, Oracle]:
    hand, oracle = new_hand(), Oracle()
    hand.open(*ACCOUNTS)
    for flag in ACCOUNTS:
        oracle.open_account(CNY, flag)
    hand.open(0, unit=USD)
    oracle.open_account(USD, 0)
    start = [Transfer(1, a, 20, 1) for a in (3, 4)] + [Transfer(5, 2, 15, 1)]
    hand.post(*start)
    oracle.post(start, hand.now_us)
    return hand, oracle


def for_batches(new_hand: Hands, examples: int, holds: Callable[[list[Work]], None]) -> None:
    """Look at a property over many batches, see `fewer`."""

    @settings(max_examples=fewer(examples, new_hand.places), deadline=None)
    @given(batches)
    def property_holds(work: list[Work]) -> None:
        new_hand.again()
        holds(work)

    property_holds()


def expire(oracle: Oracle, now_us: int) -> None:
    """What the book does at the begin of a group: release holds whose time is over, by due time."""
    due = sorted((at, seq) for seq, at in oracle.open.items() if at and at <= now_us)
    for _, seq in due:
        held = oracle.journal[seq]
        assert held is not None
        oracle.open[seq] = 0
        oracle.post([Transfer(0, 0, 0, 2, flags=TransferFlags.VOID_PENDING, related=seq)], now_us)


def assert_same(hand: Hand, oracle: Oracle) -> None:
    book = hand.book
    assert book.memory.next_seq == len(oracle.journal) + 1
    for number, expected in oracle.accounts.items():
        got = book.account(number)
        sums = (got.debits_pending, got.debits_posted, got.credits_pending, got.credits_posted)
        assert tuple(expected.sums.values()) == sums, number
        assert got.flags == expected.flags
    assert sorted(oracle.open) == book.memory.open_holds()["seq"].tolist()


def test_equals_the_oracle_also_after_reopening(new_hand: Hands) -> None:
    def holds(work: list[Work]) -> None:
        hand, oracle = seeded(new_hand)
        for batch, seconds, undone in work:
            hand.now_us += seconds * 1_000_000
            expire(oracle, hand.now_us)
            saved = oracle._copy()
            expected = oracle.post(batch, hand.now_us)
            got = hand.group(lambda book, b=batch: book.post(b), fail=[0] if undone else [])[0]
            assert [Posted(*e) for e in expected] == got
            if undone:
                oracle.accounts, oracle.journal, oracle.open = saved
            assert_same(hand, oracle)
        reopened = hand.reopen()
        assert_same(reopened, oracle)
        end = hand.book.memory.last_account + 1
        live: np.ndarray = hand.book.memory.accounts[:end]
        again: np.ndarray = reopened.book.memory.accounts[:end]
        assert live.view(np.uint8).tobytes() == again.view(np.uint8).tobytes()
        assert live.dtype == ACCOUNT

    for_batches(new_hand, 250, holds)


def test_batches_of_arrays_answer_as_single_transfers_do(new_hand: Hands) -> None:
    def holds(work: list[Work]) -> None:
        one, many = seeded(new_hand)[0], seeded(new_hand)[0]
        for batch, seconds, _ in work:
            one.now_us += seconds * 1_000_000
            many.now_us = one.now_us
            singly = one.post(*batch)
            array = many.group(lambda book, b=batch: book._post_many(b))[0]
            assert singly == array

    for_batches(new_hand, 60, holds)


def test_debits_equal_credits_and_limits_hold(new_hand: Hands) -> None:
    def holds(work: list[Work]) -> None:
        hand, _ = seeded(new_hand)
        for batch, seconds, _undone in work:
            hand.now_us += seconds * 1_000_000
            hand.post(*batch)
            accounts = [hand.book.account(i) for i in range(1, 8)]
            assert sum(a.debits_posted for a in accounts) == sum(a.credits_posted for a in accounts)
            assert sum(a.debits_pending for a in accounts) == sum(
                a.credits_pending for a in accounts
            )
            for a in accounts:
                assert (
                    min(a.debits_pending, a.credits_pending, a.debits_posted, a.credits_posted) >= 0
                )
                if a.flags & DEBIT_LIMIT:
                    assert a.available_credit >= 0
                if a.flags & CREDIT_LIMIT:
                    assert a.available_debit >= 0

    for_batches(new_hand, 60, holds)

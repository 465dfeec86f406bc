"""Statements walk the chain; balances at any past instant; both also after reopening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from support.both_homes import Places
from support.homes import new_home
from support.ledger_books import CNY
from venule.kit.home import Home
from venule.kit.time import VirtualClock
from venule.ledger import (
    TRANSFER_REQUEST,
    AccountNotFound,
    Transfer,
    TransferFlags,
    TransferNotFound,
    Tx,
    statements,
)

START = datetime(2014, 5, 14, tzinfo=UTC)
OpenHome = Callable[[], Home[Tx]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def home(places: Places, clock: VirtualClock) -> Iterator[Home[Tx]]:
    with new_home(places("home"), clock) as home:
        yield home


def open_two(tx: Tx, _: None) -> list[int]:
    tx.define_unit(CNY, "CNY", 2)
    return list(tx.open_accounts(CNY, 2010, 3))


def post(tx: Tx, transfers: list[Transfer]) -> list[int]:
    return [posted.seq for posted in tx.post_all(transfers)]


def fill(home: Home[Tx], clock: VirtualClock, hours: int = 30) -> list[int]:
    """One transfer an hour from a to b of 1, 2, 3 ... fen, every third one back by half."""
    home.run(open_two, None)
    seqs = []
    for hour in range(1, hours + 1):
        clock.set(START + timedelta(hours=hour))
        seqs += home.run(post, [Transfer(1, 2, hour, 5)])
        if hour % 3 == 0:
            seqs += home.run(post, [Transfer(2, 1, hour // 2, 6)])
    return seqs


def test_newest_first_with_running_balances_and_pages(
    home: Home[Tx], clock: VirtualClock, places: Places
) -> None:
    seqs = fill(home, clock)
    home.close()
    home = new_home(places("home"), clock)
    lines = home.read(lambda tx: tx.statement(2, limit=1000))
    assert seqs[::-1] == [line.seq for line in lines]
    balance = 0
    for line in reversed(lines):
        balance += line.amount
        assert balance == line.balance
        assert line.counterparty == 1
    pages = []
    before = None
    while page := home.read(lambda tx, b=before: tx.statement(2, limit=7, before_seq=b)):
        pages += page
        before = page[-1].seq
    assert lines == pages
    oldest = home.read(lambda tx: tx.statement(2, newest_first=False, limit=5))
    assert lines[::-1][:5] == oldest


def test_by_date_since_is_inclusive_until_exclusive(home: Home[Tx], clock: VirtualClock) -> None:
    fill(home, clock)
    since, until = START + timedelta(hours=10), START + timedelta(hours=12)
    lines = home.read(lambda tx: tx.statement(1, since=since, until=until))
    assert [line.amount for line in lines] == [-11, -10]


def test_balance_at_any_instant(home: Home[Tx], clock: VirtualClock) -> None:
    fill(home, clock)
    balance = 0
    for hour in range(1, 31):
        balance += hour - (hour // 2 if hour % 3 == 0 else 0)
        at = START + timedelta(hours=hour)
        assert balance == home.read(lambda tx, at=at: tx.balance_at(2, at))
        just_before_next = at + timedelta(hours=1) - timedelta(microseconds=1)
        assert balance == home.read(lambda tx, at=just_before_next: tx.balance_at(2, at))
        assert -balance == home.read(lambda tx, at=at: tx.balance_at(1, at))
    assert home.read(lambda tx: tx.balance_at(2, START)) == 0
    assert home.read(lambda tx: tx.balance_at(3, START + timedelta(days=9))) == 0


def test_holds_stand_in_the_statement(home: Home[Tx], clock: VirtualClock) -> None:
    home.run(open_two, None)
    clock.advance(timedelta(seconds=1))
    [seq] = home.run(post, [Transfer(1, 2, 9, 5, flags=TransferFlags.PENDING)])
    held_at = clock.now()
    clock.advance(timedelta(seconds=1))
    home.run(post, [Transfer(0, 0, 4, 5, flags=TransferFlags.POST_PENDING, related=seq)])
    posted, held = home.read(lambda tx: tx.statement(2))
    assert (held.balance, held.credits_pending, held.debits_pending) == (0, 9, -0)
    assert (4, 0, seq) == (posted.balance, posted.credits_pending, posted.related)
    standing = home.read(lambda tx: tx.standing_at(1, held_at))
    assert (standing.balance, standing.debits_pending, standing.available_credit) == (0, 9, -9)


def test_a_busy_account_is_found_without_walking_its_chain(
    home: Home[Tx], clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seqs = fill(home, clock, hours=4)
    early = clock.now()
    for _ in range(5):
        clock.advance(timedelta(hours=1))
        home.run(post_batch_of, 2_000)
    steps = 0
    previous = statements._previous

    def counted(record: np.void, account: int) -> int:
        nonlocal steps
        steps += 1
        return previous(record, account)

    monkeypatch.setattr(statements, "_previous", counted)
    assert home.read(lambda tx: tx.balance_at(2, early)) == 10 - 1
    assert steps <= statements.WALK_STEPS_MAX
    assert (
        seqs[-1] == home.read(lambda tx: tx.statement(2, until=early + timedelta(minutes=1)))[0].seq
    )


def post_batch_of(tx: Tx, count: int) -> None:
    requests = np.zeros(count, dtype=TRANSFER_REQUEST)
    requests["debit"], requests["credit"], requests["amount"], requests["code"] = 1, 2, 1, 5
    assert (tx.post_batch(requests)["refusal"] == 0).all()


def test_transfer_by_number_and_unknown_ones(home: Home[Tx], clock: VirtualClock) -> None:
    seqs = fill(home, clock, hours=2)
    record = home.read(lambda tx: tx.transfer(seqs[0]))
    assert (record.debit, record.credit, record.amount, record.code) == (1, 2, 1, 5)
    for seq in (0, -1, 999):
        with pytest.raises(TransferNotFound, match="expected a transfer between 1 and"):
            home.read(lambda tx, s=seq: tx.transfer(s))
    for account in (0, -1, 4):
        with pytest.raises(AccountNotFound, match="expected an account between 1 and 3"):
            home.read(lambda tx, a=account: tx.statement(a))

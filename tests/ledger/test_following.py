"""A copy that follows a book is, at a takeover, what loading the book would give, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from support.ledger_archives import archive_all
from support.ledger_books import CNY
from support.postgres import PostgresServer, open_sql
from venule.app import open_home
from venule.kit.sql import Sql, open_readonly
from venule.kit.time import VirtualClock
from venule.ledger import (
    AccountFlags,
    Book,
    Follower,
    JournalDamaged,
    Transfer,
    TransferFlags,
    Tx,
    checkpoint,
    following,
    store,
)

START = datetime(2014, 5, 12, tzinfo=UTC)
STEPS = 60
F = TransferFlags


class House:
    """A writer, and a reader that follows it."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.clock = VirtualClock(START)
        self.home = open_home(place, clock=self.clock)
        self.home.run(set_up, None)
        self.reader: Sql = open_readonly(place)
        self.follower = Follower()
        self.holds: list[int] = []

    def follow(self) -> None:
        self.follower.follow(self.reader)

    def live(self, random: Random) -> None:
        """Do something of everything that changes a book."""
        self.clock.advance(timedelta(seconds=random.randint(0, 40)))
        kind = random.randrange(10)
        if kind == 0:
            self.home.run(open_more, random.randint(1, 5_000))
        elif kind == 1:
            self.home.run(lambda tx, _: tx.book.checkpoint(tx.sql), None)
        elif kind == 2 and self.holds:
            hold = self.holds.pop(random.randrange(len(self.holds)))
            self.home.run(resolve, (hold, random.random() < 0.5))
        elif kind == 3:
            self.holds += self.home.run(hold_some, random.randint(1, 30))
        else:
            last = self.home.read(lambda tx: tx.book.memory.last_account)
            for _ in range(random.randint(1, 4)):
                payees = [random.randint(2, last) for _ in range(random.randint(1, 40))]
                self.home.run(pay, payees)

    def close(self) -> None:
        self.home.close()
        self.reader.close()


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_account(CNY, 1010)
    tx.open_accounts(CNY, 2010, 50, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)


def open_more(tx: Tx, count: int) -> None:
    tx.open_accounts(CNY, 2010, count)


def pay(tx: Tx, payees: list[int]) -> None:
    tx.post([Transfer(1, payee, 10, 1) for payee in payees])


def hold_some(tx: Tx, timeout_s: int) -> list[int]:
    transfers = [Transfer(1, 2 + n, 5, 2, flags=F.PENDING, timeout_s=n * timeout_s) for n in (0, 1)]
    return [posted.seq for posted in tx.post(transfers)]


def resolve(tx: Tx, how: tuple[int, bool]) -> None:
    hold, keep = how
    flags = F.POST_PENDING if keep else F.VOID_PENDING
    tx.post([Transfer(0, 0, 0 if keep else 5, 3, flags=flags, related=hold)])


@pytest.fixture
def house(postgres: PostgresServer) -> Iterator[House]:
    house = House(postgres.address())
    yield house
    house.close()


def assert_same(place: str, followed: Book, fresh: Book) -> None:
    mine, theirs = followed.memory, fresh.memory
    end = theirs.last_account + 2
    assert mine.state.tobytes() == theirs.state.tobytes()
    assert mine.accounts[:end].tobytes() == theirs.accounts[:end].tobytes()
    assert mine.open_holds().tobytes() == theirs.open_holds().tobytes()
    assert followed._hash == fresh._hash
    assert followed.units == fresh.units
    assert sorted(followed._expiries) == sorted(fresh._expiries)
    assert followed._checkpointer._since == fresh._checkpointer._since
    # A page that is clean has its image in the database; loading may mark some that have it too.
    assert not (mine.dirty & ~theirs.dirty).any()
    images = open_sql(place, readonly=True)
    for page in np.flatnonzero(~mine.dirty[: (end >> 12) + 1].astype(bool)).tolist():
        if checkpoint.page_of(mine, page)["unit"].any():
            image = checkpoint.accounts_of(store.page(images, 1, page))
            assert image.tobytes() == checkpoint.page_of(mine, page).tobytes()
    images.close()


@pytest.mark.sim
def test_what_was_followed_is_what_would_be_loaded(
    postgres: PostgresServer, seeds: range, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpoint, "CYCLE_RECORDS_MIN", 150)
    for seed in seeds:
        random = Random(seed)
        house = House(postgres.address())
        for _ in range(STEPS):
            house.live(random)
            if random.random() < 0.4:
                house.follow()
        before = house.follower.seq
        house.home.close()

        sql = open_sql(house.place)
        fresh = Book(sql)
        followed = Book(sql, 1, house.follower)
        assert fresh.memory.next_seq - 1 - before == followed.replayed
        assert 0 == house.follower.seq
        assert_same(house.place, followed, fresh)
        assert Book(sql, 1, house.follower).memory.equals(fresh.memory)  # it has nothing any more
        sql.close()
        house.reader.close()


def test_a_home_goes_on_with_what_was_followed(house: House):
    house.follow()
    house.home.run(pay, [2, 3, 4])
    house.home.close()

    with open_home(house.place, clock=house.clock, follower=house.follower) as home:
        assert 3 == home.participant.replayed
        home.run(pay, [2])
        assert [20, 10, 10] == home.read(
            lambda tx: [tx.account(number).credits_posted for number in (2, 3, 4)]
        )
    with open_home(house.place, clock=house.clock) as home:
        assert [20] == home.read(lambda tx: [tx.account(2).credits_posted])


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    return lambda: " ".join(record.getMessage() for record in caplog.records)


def test_a_database_that_was_set_back_is_loaded_anew(house: House, told: Callable[[], str]):
    house.home.run(pay, [2])
    house.home.run(pay, [3])
    house.follow()
    house.home.close()
    sql = open_sql(house.place)
    last = sql.rows("SELECT MAX(first_seq) FROM journal")[0][0]
    sql.run("DELETE FROM journal WHERE first_seq = ?", (last,))

    book = Book(sql, 1, house.follower)
    assert "loading instead" in told()
    assert (10, 0) == (book.account(2).credits_posted, book.account(3).credits_posted)
    sql.close()


def test_another_history_is_loaded_anew(house: House, told: Callable[[], str]):
    house.home.run(pay, [2])
    house.follow()
    sql = open_sql(house.place)
    sql.run("DELETE FROM journal WHERE first_seq = ?", (house.follower.seq,))
    house.home.close()
    with open_home(house.place, clock=house.clock) as home:
        home.run(pay, [3])
        home.run(pay, [4])
    house.follow()
    assert "does not chain" in told()
    assert 0 == house.follower.seq
    house.follow()
    book = Book(sql, 1, house.follower)
    assert [0, 10, 10] == [book.account(number).credits_posted for number in (2, 3, 4)]
    sql.close()


def test_rows_that_went_to_the_archive_are_loaded_anew(
    postgres: PostgresServer, tmp_path: Path, told: Callable[[], str]
):
    house = House(postgres.address(folder=str(tmp_path)))
    house.follow()
    for _ in range(9):
        house.home.run(pay, [2, 3])
    house.home.run(lambda tx, _: tx.book.checkpoint(tx.sql), None)
    archive_all(house.home)
    house.home.run(pay, [4])
    house.follow()
    assert "expected a row that begins at" in told()
    house.follow()
    assert house.home.read(lambda tx: tx.book.memory.next_seq - 1) == house.follower.seq
    house.close()


def test_damage_is_told_by_whoever_loads(house: House, told: Callable[[], str]):
    house.follow()
    house.home.run(pay, [2])
    house.home.close()
    sql = open_sql(house.place)
    sql.run(
        "UPDATE journal SET transfers = SET_BYTE(transfers, 40, GET_BYTE(transfers, 40) # 1)"
        " WHERE first_seq = ?",
        (house.follower.seq + 1,),
    )
    house.follow()
    assert "following anew" in told()
    with pytest.raises(JournalDamaged):
        Book(sql, 1, house.follower)
    sql.close()


def test_what_cannot_be_read_is_not_followed(house: House, told: Callable[[], str]):
    house.follow()
    assert house.follower.seq
    sql = open_sql(house.place)
    sql.run("ALTER TABLE journal RENAME TO journal_of_a_later_version")
    house.follow()
    assert 0 == house.follower.seq
    assert "not following" in told()
    sql.run("ALTER TABLE journal_of_a_later_version RENAME TO journal")
    sql.close()


def test_many_rows_come_in_parts(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(following, "ROWS_AT_ONCE", 3)
    house.follow()
    for payee in range(2, 12):
        house.home.run(pay, [payee])
    house.follow()
    assert house.home.read(lambda tx: tx.book.memory.next_seq - 1) == house.follower.seq

"""The same book on SQLite and on PostgreSQL: equal answers, equal journals, equal proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import psycopg
import pytest

from support.ledger_books import CNY, USD, Hand
from venule.kit.migrate import KIT_MIGRATIONS, migrate
from venule.kit.pg.sql import PostgresSql
from venule.ledger import (
    MIGRATIONS,
    TRANSFER_REQUEST,
    AccountFlags,
    Book,
    TransferFlags,
    WriterFenced,
    prove,
    totals,
)

OPERATIONS_PER_SEED = 7_000
"""So `make test` carries out some 20,000 on both homes, `make sim SEEDS=150` a million."""

REFUSALS_MIN = 20
"""Of so many kinds there must be refusals, or else nothing was tried."""

BATCH_MAX = 120
DEBIT_LIMIT = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
CREDIT_LIMIT = int(AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)

F = TransferFlags
PLAIN = [0] * 12 + [F.LINKED, F.LINKED]
SPECIAL = [
    F.PENDING,
    F.PENDING,
    F.PENDING | F.LINKED,
    F.POST_PENDING,
    F.POST_PENDING,
    F.VOID_PENDING,
    F.BALANCING_DEBIT,
    F.BALANCING_CREDIT,
    F.BALANCING_DEBIT | F.PENDING,
    F.REVERSAL,
    F.CLOSE,
    F.REOPEN,
    F.POST_PENDING | F.VOID_PENDING,
    1 << 9,
]

Command = Callable[[Book], object]
Answer = tuple[object, ...]


@pytest.fixture
def new_home(new_postgres_sql: Callable[..., PostgresSql]) -> Callable[[], PostgresSql]:
    """Open handles on one PostgreSQL home with a ledger."""

    def open_another() -> PostgresSql:
        sql = new_postgres_sql()
        migrate(sql, [KIT_MIGRATIONS, MIGRATIONS], 1)
        return sql

    return open_another


class World:
    """Draws what is done next; knows nothing of what came of it but how much there is."""

    def __init__(self) -> None:
        self.accounts = 0
        self.last_seq = 0

    def transfers(self, random: Random, count: int) -> np.ndarray:
        requests = np.zeros(count, dtype=TRANSFER_REQUEST)
        for request in requests:
            flags = int(random.choice(SPECIAL if random.random() < 0.4 else PLAIN))
            names_other = flags & (F.POST_PENDING | F.VOID_PENDING | F.REVERSAL)
            request["flags"] = flags
            request["code"] = random.choice(
                [1, 2, 100, 65_535, 0] if random.random() < 0.05 else [9]
            )
            request["debit"] = random.randint(1, self.accounts + 1)
            request["credit"] = random.randint(1, self.accounts + 1)
            request["amount"] = random.choice([0, -1, 2**62]) if random.random() < 0.02 else (
                random.randint(1, 500)
            )  # fmt: skip
            request["ref"] = np.void(random.randbytes(16))
            if names_other:
                request["related"] = max(1, self.last_seq - random.randint(-3, 60))
                if flags & (F.POST_PENDING | F.VOID_PENDING):
                    request["debit"] = request["credit"] = request["amount"] = 0
            if flags & (F.CLOSE | F.REOPEN):
                request["credit"] = request["amount"] = 0
                request["debit"] = random.randint(1, max(1, self.accounts // 20))
            if flags & F.PENDING and random.random() < 0.5:
                request["timeout_s"] = random.randint(1, 20)
        return requests


def group(hand: Hand, seed: int, world: World) -> tuple[Answer, int]:
    """Draw a group from a seed and carry it out; return the answers and how many transfers."""
    random = Random(seed)
    hand.now_us += random.choice([0, 1, 700_000, 4_000_000])
    commands: list[Command] = []
    count = 0
    if world.accounts < 40 or random.random() < 0.05:
        flag = random.choice([0, 0, DEBIT_LIMIT, CREDIT_LIMIT])
        unit = random.choice([CNY, CNY, CNY, USD])
        commands.append(lambda book: _open(hand, book, unit, random.randint(1, 30), flag))
    for _ in range(random.choice([1, 1, 1, 4])):
        requests = world.transfers(random, random.randint(1, BATCH_MAX))
        count += len(requests)
        commands.append(lambda book, requests=requests: book.post_batch(requests).tolist())
    fail = [len(commands) - 1] if random.random() < 0.1 else []
    answers = hand.group(*commands, fail=fail)
    if random.random() < 0.05:
        hand.sql.begin()
        hand.book.checkpoint(hand.sql)
        hand.sql.commit()
    return tuple(answers), count


def _open(hand: Hand, book: Book, unit: int, count: int, flag: int) -> tuple[int, int]:
    book.define_unit(hand.sql, unit, f"unit {unit}", 2)
    opened = book.open_accounts(unit, 2010, count, flag, None)
    return opened[0], opened[-1]


def journal(hand: Hand) -> Iterator[tuple]:
    return hand.sql.each(
        "SELECT first_seq, transfer_count, first_account, account_count, previous_hash, hash,"
        " openings, transfers, codec FROM journal ORDER BY book, first_seq"
    )


@pytest.mark.sim
def test_equal_answers_journals_and_proofs(new_home: Callable[[], PostgresSql], seeds: range):
    plain, other = Hand(), Hand(new_home())
    world = World()
    done = 0
    refusals: set[int] = set()
    draw = Random(20140514)
    while done < OPERATIONS_PER_SEED * len(seeds):
        seed = draw.getrandbits(32)
        other.sql.deferring = seed % 2 == 0
        expected, count = group(plain, seed, world)
        seen, _ = group(other, seed, world)
        assert expected == seen, seed
        done += count
        for answer in expected:
            if isinstance(answer, list):
                refusals |= {refusal for _, _, refusal in answer}
        world.accounts = plain.book.memory.last_account
        world.last_seq = plain.book.memory.next_seq - 1
        if seed % 97 == 0:
            plain, other = plain.reopen(), other.reopen()
    other.sql.deferring = False
    assert len(refusals) > REFUSALS_MIN, sorted(refusals)

    rows = 0
    for expected_row, seen_row in zip(journal(plain), journal(other), strict=True):
        assert expected_row == seen_row
        rows += 1
    expected_proof, expected_memory = prove(plain.sql, 1)
    proof, memory = prove(other.sql, 1)
    assert expected_proof == proof
    assert [] == proof.faults
    assert rows == proof.rows
    last = memory.last_account + 1
    assert expected_memory.accounts[:last].tobytes() == memory.accounts[:last].tobytes()
    assert memory.accounts[:last].tobytes() == other.book.memory.accounts[:last].tobytes()
    for sums in totals(memory.accounts[1:last]):
        assert sums.debits_posted == sums.credits_posted
        assert sums.debits_pending == sums.credits_pending


def two_writers(new_home: Callable[[], PostgresSql]) -> tuple[Hand, Hand]:
    first = Hand(new_home())
    first.open(0, 0)
    return first, Hand(new_home())


def pay(hand: Hand, amount: int) -> object:
    request = np.zeros(1, dtype=TRANSFER_REQUEST)
    request["debit"], request["credit"], request["amount"], request["code"] = 1, 2, amount, 1
    return hand.group(lambda book: book.post_batch(request).tolist())


@pytest.mark.parametrize("deferring", [False, True])
def test_a_second_writer_is_refused_by_the_journal(
    new_home: Callable[[], PostgresSql], deferring: bool
):
    zombie, writer = two_writers(new_home)
    zombie.sql.deferring = deferring
    pay(writer, 5)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        pay(zombie, 7)
    assert "journal_pkey" == caught.value.diag.constraint_name
    zombie.sql.rollback()
    with pytest.raises(WriterFenced):
        zombie.book.abandoned(zombie.sql)

    proof, memory = prove(writer.sql, 1)
    assert [] == proof.faults
    assert 5 == int(memory.accounts[2]["credits_posted"])


def test_two_writers_at_the_same_moment(new_home: Callable[[], PostgresSql]):
    """Both append before either commits: the second one waits for the first, and is refused."""
    first, second = two_writers(new_home)
    first.sql.begin()
    first.book.begin(first.sql, first.now_us)
    request = np.zeros(1, dtype=TRANSFER_REQUEST)
    request["debit"], request["credit"], request["amount"], request["code"] = 1, 2, 3, 1
    first.book.post_batch(request)
    first.book.flush(first.sql)
    second.sql.row("SELECT set_config('lock_timeout', '50ms', FALSE)")
    with pytest.raises(Exception, match="the only writer"):
        pay(second, 4)
    second.sql.rollback()
    second.book.abandoned(second.sql)  # nobody has been there yet
    first.sql.commit()
    first.book.committed()
    with pytest.raises(psycopg.errors.UniqueViolation):
        pay(second, 4)
    second.sql.rollback()
    with pytest.raises(WriterFenced):
        second.book.abandoned(second.sql)

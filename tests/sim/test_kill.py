"""kill -9 at random moments, 70 a seed: every answered command is there, every other wholly there
or not at all, and the books balance. Checkpoints are made far more often than in life, so that many
moments fall into one.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.kit.tx import Call
from venule.ledger import (
    MIGRATIONS,
    AccountFlags,
    Book,
    Transfer,
    TransferFlags,
    Tx,
    checkpoint,
    prove,
)

CNY = 156
WALLETS = 50
START_FEN = 1_000_000
GROUP = 5
ANSWER = struct.Struct("<qq")
MOMENTS = 70
DELAY_S_MAX = 0.12


def open_home(path: Path) -> Home[Tx]:
    clock = SystemClock()
    return Home.open(
        path,
        clock=clock,
        ids=SystemIds(clock),
        migrations=[MIGRATIONS],
        participant=Book,
        tx=Tx,
    )


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    wallets = tx.open_accounts(
        CNY, 2010, WALLETS, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    )
    tx.post_all([Transfer(bank, wallet, START_FEN, 100) for wallet in wallets])
    tx.sql.run("CREATE TABLE payment (number BIGINT PRIMARY KEY, seq BIGINT, amount BIGINT)")


def amount_of(number: int) -> int:
    return 1 + number * 7919 % 90


def pay(tx: Tx, number: int) -> int:
    """Two legs, one of them through a hold; a row, an event. Every ninth one fails late."""
    payer, payee, other = (2 + i for i in Random(number).sample(range(WALLETS), 3))
    amount = amount_of(number)
    [held] = tx.post_all([Transfer(payer, other, amount, 101, flags=TransferFlags.PENDING)])
    posted = tx.post_all(
        [
            Transfer(0, 0, amount, 102, flags=TransferFlags.POST_PENDING, related=held.seq),
            Transfer(other, payee, amount, 103),
        ]
    )
    tx.sql.run("INSERT INTO payment VALUES (?, ?, ?)", (number, posted[1].seq, amount))
    tx.emit("paid", bytes(16), number)
    if number % 9 == 0:
        raise RuntimeError("a bug after everything was written")
    return posted[1].seq


def worker(path: Path, pipe: int, first: int) -> None:
    """Pay and pay, and say what is durable, until killed."""
    checkpoint.CYCLE_RECORDS_MIN = 60  # type: ignore[misc]
    checkpoint.RECORDS_PER_PAGE = 1 << 30  # type: ignore[misc]
    home = open_home(path)
    number = first
    while True:
        numbers = range(number, number + GROUP)
        outcomes = home.run_many([Call(pay, n, key=f"pay-{n}") for n in numbers])
        answers = [
            ANSWER.pack(n, outcome.value)
            for n, outcome in zip(numbers, outcomes, strict=True)
            if outcome.error is None
        ]
        os.write(pipe, b"".join(answers))
        number += GROUP


def in_child(work: Callable[..., Any], *args: Any) -> int:
    """Fork: the child has everything imported and compiled already."""
    pid = os.fork()
    if pid == 0:
        try:
            work(*args)
        finally:
            os._exit(1)
    return pid


def kill_at_a_random_moment(path: Path, random: Random, first: int) -> dict[int, int]:
    read_end, write_end = os.pipe()
    pid = in_child(worker, path, write_end, first)
    os.close(write_end)
    time.sleep(random.random() * DELAY_S_MAX)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(read_end, "rb") as pipe:
        raw = pipe.read()
    whole = raw[: len(raw) - len(raw) % ANSWER.size]
    return dict(ANSWER.iter_unpack(whole))


def check(path: Path, answered: dict[int, int]) -> int:
    """Look at everything; return the number to go on with."""
    home = open_home(path)
    rows: dict[int, int] = {}

    def look(tx: Tx) -> None:
        rows.update(tx.sql.rows("SELECT number, seq FROM payment"))
        for number, seq in rows.items():
            record = tx.transfer(seq)
            assert (103, amount_of(number)) == (record.code, record.amount)
        accounts = [tx.account(a) for a in range(1, WALLETS + 2)]
        assert sum(a.balance for a in accounts) == 0
        assert all(a.debits_pending == a.credits_pending == 0 for a in accounts)
        assert -accounts[0].balance == START_FEN * WALLETS
        assert tx.sql.row("SELECT count(*) FROM event WHERE name = 'paid'") == (len(rows),)
        assert tx.book.memory.next_seq - 1 == 2 + WALLETS + 3 * len(rows)

    home.read(look)
    for number, seq in answered.items():
        assert rows.get(number) == seq, f"payment {number} was answered"
    assert not [number for number in rows if number % 9 == 0]
    if rows:
        again = max(rows)
        assert rows[again] == home.run(pay, again, key=f"pay-{again}"), "a retry pays once"
    proof, _ = prove(home.sql, 1)
    assert proof.faults == []
    home.close()
    return max([*rows, *answered], default=0) + 1


@pytest.mark.sim
def test_kill_at_random_moments(tmp_path: Path, seeds: range) -> None:
    """Three seeds in the suite are 210 moments; `make kills N=n` takes more."""
    for seed in seeds:
        answered, _ = live_and_die(tmp_path / str(seed), Random(20140514 + seed))
        assert answered > MOMENTS // 10, f"the workers hardly came to work: {answered} answers"


def live_and_die(path: Path, random: Random, moments: int = MOMENTS) -> tuple[int, int]:
    """Kill so often; return how many payments were answered, and how many the home holds."""
    home = open_home(path)
    home.run(set_up, None)
    home.close()
    answered: dict[int, int] = {}
    following = 1
    for moment in range(moments):
        answered |= kill_at_a_random_moment(path, random, following)
        if moment % 4 == 3:  # the next worker must be able to open it in any case
            following = check(path, answered)
        else:
            following = max([*answered, following]) + GROUP + 1
    check(path, answered)
    home = open_home(path)
    [(kept,)] = home.read(lambda tx: tx.sql.rows("SELECT count(*) FROM payment"))
    home.close()
    return len(answered), kept

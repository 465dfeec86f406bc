"""Single payments from 64 callers through the desk: durable commands a second.

Every payment is a command of its own with an idempotency key, two accounts, a ledger transfer and a
business row; the caller waits until its group is durable. `--rate` holds the callers together to so
many commands a second and shows the latency at that load.

    python benchmarks/desk.py --callers 64 --seconds 10
"""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path
from random import Random

import msgspec

from common import fresh, home_bytes, open_home, percentile_ms, rss_bytes, say
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.ledger import AccountFlags, Transfer, Tx

CNY = 156
WALLETS = 10_000


class Pay(msgspec.Struct, frozen=True):
    payer: int
    payee: int
    amount: int
    memo: str


class Paid(msgspec.Struct, frozen=True):
    payment: bytes
    seq: int


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    wallets = tx.open_accounts(
        CNY, 2010, WALLETS, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    )
    tx.post_all([Transfer(bank, wallet, 10_000_000, 100) for wallet in wallets])
    tx.sql.run(
        "CREATE TABLE bench_payment (id BYTEA PRIMARY KEY, payer BIGINT, payee BIGINT,"
        " amount BIGINT, memo TEXT, seq BIGINT, at BIGINT)"
    )


def pay(tx: Tx, command: Pay) -> Paid:
    payment = tx.new_id().bytes
    [posted] = tx.post_all(
        [Transfer(command.payer, command.payee, command.amount, 101, ref=payment)]
    )
    tx.sql.run(
        "INSERT INTO bench_payment VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            payment,
            command.payer,
            command.payee,
            command.amount,
            command.memo,
            posted.seq,
            tx.now_us,
        ),
    )
    return Paid(payment, posted.seq)


class Caller(threading.Thread):
    """One caller: draws a payment, sends it, waits for the durable answer, again."""

    def __init__(self, desk: Desk[Tx], number: int, until: float, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.desk, self.number, self.until, self.pause_s = desk, number, until, pause_s
        self.took: list[float] = []

    def run(self) -> None:
        random = Random(self.number)
        due = time.perf_counter() + random.random() * self.pause_s
        while (now := time.perf_counter()) < self.until:
            if now < due:
                time.sleep(due - now)
            due += self.pause_s
            payer, payee = random.sample(range(2, WALLETS + 2), 2)
            command = Pay(payer, payee, random.randint(1, 500), "tea")
            began = time.perf_counter()
            self.desk.call(pay, command, key=f"{self.number}-{len(self.took)}")
            self.took.append(time.perf_counter() - began)


def load(home: Home[Tx], callers: int, seconds: float, rate: float) -> tuple[list[float], float]:
    began = time.perf_counter()
    pause_s = callers / rate if rate else 0.0
    with Desk(home) as desk:
        threads = [Caller(desk, i, began + seconds, pause_s) for i in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - began
    return [took for thread in threads for took in thread.took], elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument(
        "--rate", type=float, default=0, help="commands a second, 0 = all that goes"
    )
    parser.add_argument("--home", type=Path, default=Path("build/bench-desk"))
    args = parser.parse_args()
    args.home.parent.mkdir(parents=True, exist_ok=True)
    home = open_home(fresh(args.home))
    home.run(set_up, None)
    size_before = home_bytes(args.home)
    took, elapsed = load(home, args.callers, args.seconds, args.rate)
    count = home.read(lambda tx: tx.sql.row("SELECT count(*) FROM bench_payment"))
    assert count == (len(took),), f"answered {len(took)}, found {count}"
    home.close()
    began = time.perf_counter()
    home = open_home(args.home)
    reopen_s = time.perf_counter() - began
    home.close()
    say(
        {
            "callers": args.callers,
            "commands": len(took),
            "commands_per_s": round(len(took) / elapsed),
            "p50_ms": percentile_ms(took, 0.50),
            "p99_ms": percentile_ms(took, 0.99),
            "bytes_per_command": round((home_bytes(args.home) - size_before) / len(took), 1),
            "reopen_s": round(reopen_s, 3),
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "durable": "each group: SQLite WAL, synchronous=FULL; key, row, transfer together",
        }
    )


if __name__ == "__main__":
    main()

"""Durable transfers a second among N accounts, with everything on.

Every batch is one command and one commit: debit limits, journal chains, hash chain, a business row,
one disk flush. Both accounts and the amount of each transfer are random. Drawing the
random requests is not counted; everything from the call to the durable answer is.

    python benchmarks/ledger.py --accounts 1000000 --batches 2000
    python benchmarks/ledger.py --home start
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from common import percentile_ms, rss_bytes, say, slow_down_disk
from places import HOME_HELP, durable, fresh, home_bytes, open_home, place_of
from venule.kit.home import Home
from venule.kit.tx import Call
from venule.ledger import TRANSFER_REQUEST, AccountFlags, Tx

BATCH = 8_192
CNY = 156
OPEN_AT_ONCE = 1 << 20
FUND_AT_ONCE = 1 << 16
START_FEN = 1_000


def set_up(tx: Tx, _: None) -> int:
    tx.define_unit(CNY, "CNY", 2)
    tx.sql.run(
        "CREATE TABLE bench_batch (id BYTEA PRIMARY KEY, last_seq BIGINT, accepted BIGINT,"
        " at BIGINT)"
    )
    return tx.open_account(CNY, 1010)


def open_wallets(tx: Tx, count: int) -> None:
    tx.open_accounts(CNY, 2010, count, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)


def fund(tx: Tx, span: tuple[int, int]) -> None:
    """Ten yuan for each wallet of the span."""
    requests = np.zeros(span[1] - span[0], dtype=TRANSFER_REQUEST)
    requests["debit"] = 1
    requests["credit"] = np.arange(*span)
    requests["amount"] = START_FEN
    requests["code"] = 100
    assert (tx.post_batch(requests)["refusal"] == 0).all()


def draw(rng: np.random.Generator, accounts: int, refs: bool = False) -> np.ndarray:
    requests = np.zeros(BATCH, dtype=TRANSFER_REQUEST)
    requests["debit"] = rng.integers(2, accounts + 2, BATCH)
    requests["credit"] = rng.integers(2, accounts + 2, BATCH)
    requests["amount"] = rng.integers(1, 20, BATCH)
    requests["code"] = 101
    if refs:
        requests["ref"] = np.frombuffer(time_ordered_refs(rng, BATCH), dtype="V16")
    return requests


def time_ordered_refs(rng: np.random.Generator, count: int) -> bytes:
    """References as business objects have them: UUIDv7, all of one millisecond."""
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, :6] = np.frombuffer(int(time.time() * 1e3).to_bytes(6, "big"), dtype=np.uint8)
    raw[:, 6] = 0x70 | raw[:, 6] & 0x0F
    raw[:, 8] = 0x80 | raw[:, 8] & 0x3F
    return raw.tobytes()


def move(tx: Tx, requests: np.ndarray) -> int:
    results = tx.post_batch(requests)
    accepted = int((results["refusal"] == 0).sum())
    tx.sql.run(
        "INSERT INTO bench_batch (id, last_seq, accepted, at) VALUES (?, ?, ?, ?)",
        (tx.new_id().bytes, int(results["seq"].max()), accepted, tx.now_us),
    )
    return accepted


def populate(home: Home[Tx], accounts: int) -> tuple[float, float]:
    began = time.perf_counter()
    for start in range(0, accounts, OPEN_AT_ONCE):
        home.run(open_wallets, min(OPEN_AT_ONCE, accounts - start))
    opened = time.perf_counter()
    for start in range(2, accounts + 2, FUND_AT_ONCE):
        home.run(fund, (start, min(start + FUND_AT_ONCE, accounts + 2)))
    return accounts / (opened - began), accounts / (time.perf_counter() - opened)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--batches", type=int, default=1_000)
    parser.add_argument("--home", default="build/bench-ledger", help=HOME_HELP)
    parser.add_argument("--seed", type=int, default=20140514)
    parser.add_argument("--group", type=int, default=1, help="batches that one commit carries")
    parser.add_argument(
        "--refs", action="store_true", help="each transfer names an object (UUIDv7)"
    )
    parser.add_argument("--fsync-ms", type=float, default=0, help="make a commit cost this much")
    parser.add_argument("--disk-mb-s", type=float, default=0, help="and write no faster than this")
    args = parser.parse_args()
    place = fresh(place_of(args.home))
    home = open_home(place)
    rng = np.random.default_rng(args.seed)
    home.run(set_up, None)
    home.run(move, draw(rng, 1))  # compiles the kernel; refused, moves nothing
    before = rss_bytes()
    create_per_s, fund_per_s = populate(home, args.accounts)
    per_account = (rss_bytes() - before) / args.accounts
    size_before = home_bytes(place)
    if args.fsync_ms or args.disk_mb_s:
        slow_down_disk(home, args.fsync_ms, args.disk_mb_s)
    took, done = [], 0
    for _ in range(args.batches // args.group):
        calls = [Call(move, draw(rng, args.accounts, args.refs)) for _ in range(args.group)]
        began = time.perf_counter()
        outcomes = home.run_many(calls)
        took.append(time.perf_counter() - began)
        done += sum(outcome.result() for outcome in outcomes)
    posted = len(took) * args.group * BATCH
    rate = posted / sum(took)
    began = time.perf_counter()
    home.close()
    close_s = time.perf_counter() - began
    per_transfer = (home_bytes(place) - size_before) / max(1, done)
    began = time.perf_counter()
    home = open_home(place)
    reopen_s = time.perf_counter() - began
    home.close()
    say(
        {
            "accounts": args.accounts,
            "transfers": posted,
            "accepted": done,
            "transfers_per_s": round(rate),
            "p50_ms": percentile_ms(took, 0.50),
            "p99_ms": percentile_ms(took, 0.99),
            "bytes_per_account": round(per_account, 1),
            "bytes_per_transfer": round(per_transfer, 1),
            "create_per_s": round(create_per_s),
            "fund_per_s": round(fund_per_s),
            "close_s": round(close_s, 3),
            "reopen_s": round(reopen_s, 3),
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "durable": f"each batch of {BATCH} with a row: {durable(place)}, hash-chained journal",
        }
    )


if __name__ == "__main__":
    main()

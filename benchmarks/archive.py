"""Old journal rows into the archive: how fast, how small, and what payments and readers feel of it.

Batches of random transfers are posted; then the journal is archived, alone and beside a writer that
goes on posting; then statements and proofs are read from the archive; at last rounds of posting and
archiving show that the database stops growing.

    python benchmarks/archive.py --accounts 1000000 --batches 500
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from threading import Thread

import numpy as np

from common import percentile_ms, say
from ledger import BATCH, draw, move, populate, set_up
from places import fresh, open_home
from venule.kit.home import Home
from venule.ledger import Tx, archive_journal, prove

STATEMENTS = 100
LINES = 50
ROUNDS = 6


def make_checkpoint(tx: Tx, _: None) -> None:
    tx.book.checkpoint(tx.sql)


def database_mb(home: Home[Tx]) -> tuple[float, float]:
    """Size of the database, and how much of it is in use (not free for what comes)."""

    def look(tx: Tx) -> list[int]:
        names = ("page_count", "freelist_count", "page_size")
        return [tx.sql.rows(f"PRAGMA {name}")[0][0] for name in names]

    pages, free, size = home.read(look)
    return round(pages * size / 1e6, 1), round((pages - free) * size / 1e6, 1)


def post(home: Home[Tx], rng: np.random.Generator, accounts: int, batches: int) -> None:
    for _ in range(batches):
        home.run(move, draw(rng, accounts))


def commits(home: Home[Tx], rng: np.random.Generator, accounts: int, size: int, beside: Thread):
    """Post small batches, one after the other, as long as the thread lives; at least 200."""
    took = []
    beside.start()
    while beside.is_alive() or len(took) < 200:
        requests = draw(rng, accounts)[:size]
        began = time.perf_counter()
        home.run(move, requests)
        took.append(time.perf_counter() - began)
    beside.join()
    return took


def statement_ms(home: Home[Tx], wallets: list[int]) -> tuple[list[float], int]:
    """Each from an empty cache."""
    took, lines = [], 0
    for wallet in wallets:
        home.read(lambda tx: tx.book.reader.forget())
        began = time.perf_counter()
        lines += len(home.read(lambda tx, w=wallet: tx.statement(w, limit=LINES)))
        took.append(time.perf_counter() - began)
    return took, lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--segment", type=int, default=0, help="transfers of a file; 0: a quarter")
    parser.add_argument("--commit", type=int, default=100, help="transfers of a measured commit")
    parser.add_argument("--home", type=Path, default=Path("build/bench-archive"))
    parser.add_argument("--seed", type=int, default=20140514)
    args = parser.parse_args()
    args.home.parent.mkdir(parents=True, exist_ok=True)
    home = open_home(fresh(args.home))
    rng = np.random.default_rng(args.seed)
    home.run(set_up, None)
    home.run(move, draw(rng, 1))
    populate(home, args.accounts)
    post(home, rng, args.accounts, args.batches)
    home.run(make_checkpoint, None)
    transfers = home.read(lambda tx: tx.book.memory.next_seq - 1)
    segment = args.segment or args.batches * BATCH // 4
    busy = [int(w) for w in rng.integers(2, args.accounts + 2, STATEMENTS)]
    in_journal, _ = statement_ms(home, busy)
    before = prove_rate(home, transfers)
    before_mb, _ = database_mb(home)

    def half(keep: int) -> list:
        return archive_journal(home, keep_transfers=keep, segment_transfers=segment, partial=True)

    idle = commits(home, rng, args.accounts, args.commit, Thread(target=lambda: None))
    began = time.perf_counter()
    cpu = time.process_time()
    made = half(transfers // 2 + len(idle) * args.commit)
    alone_s, alone_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    alone = sum(it.transfers for it in made)
    beside: list = []
    began = time.perf_counter()
    thread = Thread(target=lambda: beside.extend(half(0)))
    while_archiving = commits(home, rng, args.accounts, args.commit, thread)
    beside_s = time.perf_counter() - began
    made += beside
    in_archive, lines = statement_ms(home, busy)
    home.run(make_checkpoint, None)
    half(0)
    transfers = home.read(lambda tx: tx.book.memory.next_seq - 1)
    after = prove_rate(home, transfers)
    sizes = []
    for _ in range(ROUNDS):
        post(home, rng, args.accounts, args.batches // 4)
        home.run(make_checkpoint, None)
        half(0)
        sizes.append(database_mb(home))
    home.close()
    plain = [it for it in made if it.first_seq > args.accounts + 10]
    say(
        {
            "accounts": args.accounts,
            "archived": sum(it.transfers for it in made),
            "files": len(made),
            "bytes_per_transfer": round(
                sum(it.size for it in plain) / max(1, sum(it.transfers for it in plain)), 2
            ),
            "database_mb_before": before_mb,
            "archive_mb": round(sum(it.size for it in made) / 1e6, 1),
            "archive_per_s": round(alone / alone_s),
            "archive_per_cpu_s": round(alone / alone_cpu_s),
            "archive_per_s_beside_a_writer": round(sum(it.transfers for it in beside) / beside_s),
            "commit_idle_p50_ms": percentile_ms(idle, 0.5),
            "commit_idle_p99_ms": percentile_ms(idle, 0.99),
            "commit_archiving_p50_ms": percentile_ms(while_archiving, 0.5),
            "commit_archiving_p99_ms": percentile_ms(while_archiving, 0.99),
            "commit_archiving_max_ms": percentile_ms(while_archiving, 1),
            "commits_while_archiving": len(while_archiving),
            "statement_lines": round(lines / STATEMENTS, 1),
            "statement_journal_p50_ms": percentile_ms(in_journal, 0.5),
            "statement_archive_p50_ms": percentile_ms(in_archive, 0.5),
            "statement_archive_p99_ms": percentile_ms(in_archive, 0.99),
            "verify_journal_per_s": before,
            "verify_archive_per_s": after,
            "database_and_used_mb_by_round": str(sizes),
            "durable": "each file and its name flushed before the catalog; rows deleted after",
        }
    )


def prove_rate(home: Home[Tx], transfers: int) -> int:
    began = time.perf_counter()
    proof, _ = home.read(lambda tx: prove(tx.sql, 1))
    assert proof.faults == []
    assert transfers == proof.transfers
    return round(transfers / (time.perf_counter() - began))


if __name__ == "__main__":
    main()

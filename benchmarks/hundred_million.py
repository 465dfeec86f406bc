"""A hundred million wallets of ten yuan in one book: make them, pay among them, kill, reopen.

Everything happens in processes of its own, which are killed with SIGKILL where the text says so:

1. open the wallets, credit each with ten yuan, and pay among them at random (every transfer with a
   debit limit, both accounts' chains and a reference; a tenth of them in linked pairs), while
   checkpoints are written; then go on until a checkpoint is all but finished, the moment at which
   the most would have to be replayed;
2. kill -9; open again, look at every balance, pay, close;
3. open the closed home;
4. move all but the newest transfers to archive files (`--archive 0` leaves it out), prove
   everything from the files if asked to (`--verify`: some minutes more).

    python benchmarks/hundred_million.py
    python benchmarks/hundred_million.py --accounts 1000000 --transfers 5000000 --verify
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from common import percentile_ms, rss_bytes, say
from ledger import BATCH, START_FEN, draw, move, populate, set_up
from places import fresh, home_bytes, open_home
from venule.ledger import TransferFlags, Tx, exact_sum

ACCOUNT_BYTES = 64
S_PER_MONTH = 30 * 86_400
LINKED_SHARE = 0.1
WARM_UP_BATCHES = 20


def requests_of(rng: np.random.Generator, accounts: int) -> np.ndarray:
    """Random payments; a tenth of them are pairs that hold together."""
    requests = draw(rng, accounts, refs=True)
    firsts = np.flatnonzero(rng.random(BATCH - 1) < LINKED_SHARE / 2)
    firsts = firsts[np.diff(firsts, prepend=-2) > 1]
    requests["flags"][firsts] = int(TransferFlags.LINKED)
    return requests


def tell(result: dict[str, Any]) -> None:
    print(json.dumps(result), flush=True)


def live(args: argparse.Namespace) -> None:
    """Stage 1, until killed."""
    home = open_home(args.home)
    rng = np.random.default_rng(args.seed)
    home.run(set_up, None)
    home.run(move, draw(rng, 1))  # compiles the kernel; refused, moves nothing
    before = rss_bytes()
    create_per_s, fund_per_s = populate(home, args.accounts)
    per_account = (rss_bytes() - before) / args.accounts
    size_before, seq_before = (
        home.read(database_bytes),
        home.read(lambda tx: tx.book.memory.next_seq),
    )
    book = home.participant
    took, during, done, batch = [], [], 0, 0
    while batch * BATCH < args.transfers or not is_worst_moment(book, batch, args):
        requests = requests_of(rng, args.accounts)
        began = time.perf_counter()
        accepted = home.run(move, requests)
        elapsed = time.perf_counter() - began
        batch += 1
        if batch * BATCH <= args.transfers + BATCH:
            done += accepted
            took.append(elapsed)
        if book.checkpoint_pages_left:
            during.append(elapsed)
    written = home.read(lambda tx: tx.book.memory.next_seq) - seq_before
    tell(
        {
            "accounts": args.accounts,
            "create_per_s": round(create_per_s),
            "fund_per_s": round(fund_per_s),
            "transfers": len(took) * BATCH,
            "accepted": done,
            "transfers_per_s": round(len(took) * BATCH / sum(took)),
            "p50_ms": percentile_ms(took, 0.50),
            "p99_ms": percentile_ms(took, 0.99),
            "max_ms": percentile_ms(took, 1.0),
            "commits_during_checkpoint": len(during),
            "checkpoint_p99_ms": percentile_ms(during, 0.99) if during else None,
            "checkpoint_max_ms": percentile_ms(during, 1.0) if during else None,
            "bytes_per_account": round(per_account, 1),
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "rss_beyond_accounts_mb": round((rss_bytes() - ACCOUNT_BYTES * args.accounts) / 1e6),
            "bytes_per_transfer": round((home.read(database_bytes) - size_before) / written, 1),
            "home_gb": round(home_bytes(args.home) / 1e9, 2),
            "sum": home.read(liabilities),
        }
    )
    signal.pause()


def is_worst_moment(book: Any, batch: int, args: argparse.Namespace) -> bool:
    """Whether a checkpoint is all but finished: a kill now costs the longest replay."""
    left = book.checkpoint_pages_left
    return 0 < left <= 8 or batch * BATCH > args.transfers + args.accounts * 3 + (16 << 20)


def database_bytes(tx: Tx) -> int:
    """Size of the database once its log is emptied into it."""
    pages, size = tx.sql.row(
        "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size"
    )
    return int(pages * size)


def liabilities(tx: Tx) -> list[int]:
    """Position, and what all wallets hold together: minor units."""
    view = tx.accounts_view()[2:]
    return [
        tx.book.memory.next_seq - 1,
        exact_sum(view["credits_posted"]) - exact_sum(view["debits_posted"]),
    ]


def come_back(args: argparse.Namespace) -> None:
    """Stages 2 and 3: open, look, pay a little, close."""
    began = time.perf_counter()
    home = open_home(args.home)
    reopen_s = time.perf_counter() - began
    seen = home.read(liabilities)
    replayed = home.participant.replayed
    rng = np.random.default_rng(args.seed + 1)
    for _ in range(WARM_UP_BATCHES):
        home.run(move, requests_of(rng, args.accounts))
    seen_after = home.read(liabilities)
    began = time.perf_counter()
    home.close()
    tell(
        {
            "reopen_s": round(reopen_s, 3),
            "replayed": replayed,
            "close_s": round(time.perf_counter() - began, 3),
            "sum": seen,
            "sum_after": seen_after,
            "rss_gb": round(rss_bytes() / 1e9, 3),
        }
    )


def put_away(args: argparse.Namespace) -> None:
    """Stage 4: move all but the newest transfers to archive files."""
    from venule.ledger import archive_journal

    home = open_home(args.home)
    before = home_bytes(args.home)
    began = time.perf_counter()
    made = archive_journal(home, keep_transfers=args.archive_keep)
    moved = sum(file.transfers for file in made)
    elapsed = time.perf_counter() - began
    position = home.read(lambda tx: tx.book.memory.next_seq)
    began = time.perf_counter()
    lines = home.read(lambda tx: tx.statement(2 + args.accounts // 2, limit=50))
    statement_ms = (time.perf_counter() - began) * 1e3
    home.close()
    folder = args.home / "archive"
    archived = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    tell(
        {
            "archived_transfers": moved,
            "archive_per_s": round(moved / elapsed),
            "archive_bytes_per_transfer": round(archived / max(1, moved), 1),
            "archive_statement_ms": round(statement_ms, 2),
            "archive_statement_lines": len(lines),
            "home_gb_before_archive": round(before / 1e9, 2),
            "home_gb_after_archive": round(home_bytes(args.home) / 1e9, 2),
            "position": position,
        }
    )


def prove(args: argparse.Namespace) -> None:
    """Replay everything from the files alone."""
    from venule.kit.reader import open_readonly
    from venule.ledger import prove as prove_book

    sql = open_readonly(args.home)
    began = time.perf_counter()
    proof, _ = prove_book(sql, 1)
    elapsed = time.perf_counter() - began
    sql.close()
    assert not proof.faults, proof.faults
    tell({"verify_s": round(elapsed, 1), "verify_per_s": round(proof.transfers / elapsed)})


STAGES = {"live": live, "come-back": come_back, "put-away": put_away, "prove": prove}


def run_stage(args: argparse.Namespace, stage: str, *, kill: bool = False) -> dict[str, Any]:
    """Run a stage in a process of its own; return what it tells."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--stage", stage, *sys.argv[1:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if kill:
            os.kill(process.pid, signal.SIGKILL)
    if not line:
        sys.exit(f"the stage {stage!r} ended without a result, exit code {process.returncode}")
    print(f"{stage}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    answer: dict[str, Any] = json.loads(line)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000_000)
    parser.add_argument("--transfers", type=int, default=100_000_000)
    parser.add_argument("--archive", type=int, default=1, help="0: leave the archive out")
    parser.add_argument("--archive-keep", type=int, default=50_000_000, help="transfers kept")
    parser.add_argument("--verify", action="store_true", help="prove everything at the end")
    parser.add_argument(
        "--machine-month", type=float, default=60, help="price of the machine a month"
    )
    parser.add_argument("--currency", default="USD", help="in which that price is")
    parser.add_argument("--home", type=Path, default=Path("build/bench-hundred-million"))
    parser.add_argument("--seed", type=int, default=20140514)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        STAGES[args.stage](args)
        return
    args.home.parent.mkdir(parents=True, exist_ok=True)
    fresh(args.home)
    result = run_stage(args, "live", kill=True)
    before_kill = result.pop("sum")
    killed = run_stage(args, "come-back")
    assert before_kill == killed["sum"], f"durable {before_kill}, found {killed['sum']}"
    assert before_kill[1] == START_FEN * args.accounts, "the wallets hold what was put into them"
    closed = run_stage(args, "come-back")
    assert killed["sum_after"] == closed["sum"]
    result |= {
        "reopen_after_kill_s": killed["reopen_s"],
        "replayed_after_kill": killed["replayed"],
        "close_s": killed["close_s"],
        "reopen_s": closed["reopen_s"],
        "replayed_after_close": closed["replayed"],
    }
    if args.archive:
        result |= run_stage(args, "put-away")
    if args.verify:
        result |= run_stage(args, "prove")
    per_s = result["transfers_per_s"]
    result |= {
        "machine_month": args.machine_month,
        "currency": args.currency,
        "account_year_cost": float(f"{12 * args.machine_month / args.accounts:.3g}"),
        "million_transfers_cost": float(f"{args.machine_month / S_PER_MONTH * 1e6 / per_s:.3g}"),
        "durable": f"each batch of {BATCH}: SQLite WAL, synchronous=FULL, hash-chained journal",
    }
    say(result)


if __name__ == "__main__":
    main()

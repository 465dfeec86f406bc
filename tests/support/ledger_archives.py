"""Homes with a varied past, and everything that can be read of it: the same whether its journal
lies in the database or in the archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from support.both_homes import Place
from support.homes import new_home
from support.ledger_books import CNY, USD
from venule.kit.home import Home
from venule.kit.time import VirtualClock, from_us
from venule.ledger import (
    AccountFlags,
    Archived,
    Transfer,
    TransferFlags,
    Tx,
    archive_journal,
    archive_store,
    prove,
)
from venule.ledger.archive_proof import checked_rows

LIMIT = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
CODES = (100, 101, 102, 103)


def set_up(tx: Tx, wallets: int) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.define_unit(USD, "USD", 2)
    tx.open_account(CNY, 1010)
    tx.open_accounts(CNY, 2010, wallets, flags=LIMIT)
    tx.post_all([Transfer(1, 2 + i, 5_000, 100, ref=bytes([i]) * 16) for i in range(wallets)])


def post(tx: Tx, transfers: list[Transfer]) -> list[int]:
    return [posted.seq for posted in tx.post(transfers)]


def open_more(tx: Tx, count: int) -> range:
    return tx.open_accounts(USD, 2020, count)


def make_checkpoint(tx: Tx, _: None) -> None:
    tx.book.checkpoint(tx.sql)


class Past:
    """Draws what happens next in a home: payments, holds, captures, reversals, openings."""

    def __init__(self, home: Home[Tx], clock: VirtualClock, seed: int, wallets: int = 6) -> None:
        self.home = home
        self.clock = clock
        self.random = Random(seed)
        self.wallets = wallets
        self.holds: list[int] = []
        self.paid: list[tuple[int, Transfer]] = []
        home.run(set_up, wallets)

    def go_on(self, groups: int) -> None:
        for _ in range(groups):
            self.clock.advance(timedelta(microseconds=self.random.choice([0, 1, 999, 10**7])))
            self._group()

    def _group(self) -> None:
        random = self.random
        kind = random.choice(["pay"] * 4 + ["many", "hold", "resolve", "reverse", "open"])
        count = {"pay": random.choice([1, 1, 2, 5]), "many": 60}.get(kind, 1)
        payments = [self._payment() for _ in range(count)]
        if kind == "open":
            self.home.run(open_more, random.choice([1, 40]))
        elif kind == "hold":
            timeout = random.choice([0, 3])
            held = self._payment(flags=int(TransferFlags.PENDING), timeout_s=timeout)
            self.holds += [seq for seq in self.home.run(post, [held]) if seq]
        elif kind == "resolve" and self.holds:
            hold = self.holds.pop(random.randrange(len(self.holds)))
            flag = random.choice([TransferFlags.POST_PENDING, TransferFlags.VOID_PENDING])
            self.home.run(post, [Transfer(0, 0, 0, 102, flags=int(flag), related=hold)])
        elif kind == "reverse" and self.paid:
            seq, it = random.choice(self.paid)
            back = Transfer(
                it.credit, it.debit, it.amount, 103, flags=TransferFlags.REVERSAL, related=seq
            )
            self.home.run(post, [back])
        else:
            seqs = self.home.run(post, payments)
            self.paid += [(s, p) for s, p in zip(seqs, payments, strict=True) if s]

    def _payment(self, **more: Any) -> Transfer:
        payer, payee = self.random.sample(range(2, 2 + self.wallets), 2)
        ref = self.random.choice([bytes(16), self.random.randbytes(16)])
        return Transfer(payer, payee, self.random.randint(1, 90), 101, ref=ref, **more)


def live(place: Place, clock: VirtualClock, seed: int, groups: int = 40) -> Home[Tx]:
    """A home with a past; its last checkpoint is near the end, a few groups follow."""
    home = new_home(place, clock, seed=seed)
    past = Past(home, clock, seed)
    past.go_on(groups)
    home.run(make_checkpoint, None)
    past.go_on(3)
    return home


def archive_all(home: Home[Tx], segment: int = 1 << 40) -> list[Archived]:
    return archive_journal(home, keep_transfers=0, segment_transfers=segment, partial=True)


def everything(home: Home[Tx]) -> dict[str, Any]:
    """All that anybody can ask of the past."""

    def ask(tx: Tx) -> dict[str, Any]:
        last = tx.book.memory.next_seq - 1
        accounts = range(1, tx.book.memory.last_account + 1)
        records = [tx.transfer(seq) for seq in range(1, last + 1)]
        times = sorted({record.at for record in records})
        moments = [from_us(at + d) for at in times[:: len(times) // 7 + 1] for d in (-1, 0, 1)]
        some = accounts[: 2 + 6]
        return {
            "records": records,
            "statements": {a: tx.statement(a, limit=10_000) for a in accounts},
            "pages": {a: tx.statement(a, limit=3, before_seq=last // 2) for a in some},
            "oldest": {a: tx.statement(a, limit=5, newest_first=False) for a in some},
            "spans": [
                tx.statement(a, since=moments[1], until=moments[-2], limit=10_000) for a in some
            ],
            "standings": [tx.standing_at(a, at) for a in some for at in moments],
            "seqs": [tx.seq_at(at) for at in moments],
            "refs": tx.posted(codes=CODES).tobytes(),
        }

    return home.read(ask)


def glance(home: Home[Tx]) -> dict[str, Any]:
    """Every record, and a little of the rest, to look at often."""

    def ask(tx: Tx) -> dict[str, Any]:
        records = [tx.transfer(seq) for seq in range(1, tx.book.memory.next_seq)]
        moments = [from_us(record.at) for record in records[::20]]
        return {
            "records": records,
            "statements": {a: tx.statement(a, limit=10_000) for a in (1, 2)},
            "standings": [tx.standing_at(3, at) for at in moments],
            "refs": tx.posted(codes=CODES).tobytes(),
        }

    return home.read(ask)


def rows(home: Home[Tx]) -> list[tuple[Any, ...]]:
    """Every journal row, archived or not: its own numbers, hashes and content."""
    return [
        (
            row.first_seq, row.transfer_count, row.first_account, row.account_count, row.first_at,
            row.last_at, row.previous_hash, row.hash, openings.tobytes(), records.tobytes(),
        )
        for row, openings, records in checked_rows(home.sql, 1)
    ]  # fmt: skip


def faults(home: Home[Tx]) -> list[str]:
    return [f"{fault.where}: {fault.message}" for fault in prove(home.sql, 1)[0].faults]


def journal_rows(home: Home[Tx]) -> int:
    return len(archive_store.oldest_rows(home.sql, 1, 1 << 60, 1 << 30))


def archive_file(home: Home[Tx], number: int = 0) -> Path:
    return home.sql.folder / archive_store.archive_files(home.sql, 1)[number][2]

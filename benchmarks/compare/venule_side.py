"""Venule: an embedded home, one command a batch, every batch its own commit and flush.

A batch goes through the home as any command does, with an idempotency key: the key, the hash of
the batch and its answer are stored in the same transaction as the journal.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
from pathlib import Path

import msgspec
import numpy as np
from side import Poster
from workload import BANK, FIRST_WALLET, Array, Batch, Workload

import venule
from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.ledger import MIGRATIONS, TRANSFER_REQUEST, AccountFlags, Book, Refusal, Tx

CNY = 156
BANK_CODE = 1010
WALLET_CODE = 2010
OPEN_AT_ONCE = 1 << 20


class PostBatch(msgspec.Struct, frozen=True):
    """Transfers as the bytes of an array of TRANSFER_REQUEST."""

    requests: bytes


def open_accounts(tx: Tx, wallets: int) -> None:
    """The bank, then the wallets: their numbers are those of the workload."""
    tx.define_unit(CNY, "CNY", 2)
    assert tx.open_account(CNY, BANK_CODE) == BANK
    limit = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    for first in range(0, wallets, OPEN_AT_ONCE):
        count = min(OPEN_AT_ONCE, wallets - first)
        opened = tx.open_accounts(CNY, WALLET_CODE, count, flags=limit)
        assert opened.start == first + FIRST_WALLET


def post(tx: Tx, command: PostBatch) -> list[int]:
    """Post a batch; return the positions that lacked funds."""
    requests = np.frombuffer(command.requests, dtype=TRANSFER_REQUEST)
    refusals = tx.post_batch(requests)["refusal"]
    refused = np.flatnonzero(refusals)
    assert (refusals[refused] == int(Refusal.EXCEEDS_CREDITS)).all()
    return refused.tolist()


def packed(batch: Batch) -> bytes:
    """Return a batch in the form that the ledger takes, 64 bytes a transfer."""
    requests = np.zeros(len(batch), dtype=TRANSFER_REQUEST)
    requests["debit"] = batch.debit
    requests["credit"] = batch.credit
    requests["amount"] = batch.amount
    requests["ref"] = batch.id_bytes.view("V16")[:, 0]
    requests["code"] = batch.code
    return requests.tobytes()


class VenuleSide:
    durable = (
        "batch, key and answer in one SQLite transaction: WAL flushed (synchronous=FULL), one disk"
    )
    in_flight = 1
    version = f"Venule {venule.__version__}, SQLite {sqlite3.sqlite_version}"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "venule-home"
        if self.path.exists():
            shutil.rmtree(self.path)
        self.home = self._open()

    def _open(self) -> Home[Tx]:
        clock = SystemClock()
        return Home.open(
            self.path,
            clock=clock,
            ids=SystemIds(clock),
            migrations=[MIGRATIONS],
            participant=Book,
            tx=Tx,
            seal_max_bytes=0,
        )

    def prepare(self, workload: Workload) -> None:
        self.home.run(open_accounts, workload.wallets)
        give = self.poster()
        for batch in workload.funding():
            assert len(give(batch)) == 0
        self.settle()

    def poster(self) -> Poster:
        def call(batch: Batch) -> Array:
            command = PostBatch(packed(batch))
            return np.array(self.home.run(post, command, key=f"batch {batch.number}"), dtype=int)

        return call

    def settle(self) -> None:
        """Close and open again: checkpoints are written, SQLite's log is emptied."""
        self.home.close()
        self.home = self._open()

    def balances(self, wallets: int) -> Array:
        numbers = np.arange(FIRST_WALLET, wallets + FIRST_WALLET)
        return self.home.read(lambda tx: tx.balances(numbers))

    def history(self, account: int) -> tuple[int, int]:
        lines, before = 0, None
        last = 0
        while True:
            page = self.home.read(
                lambda tx, before=before: tx.statement(account, limit=1_000, before_seq=before)
            )
            if not page:
                return lines, last
            if not lines:
                last = page[0].balance
            lines += len(page)
            before = page[-1].seq

    def disk_bytes(self) -> int:
        return sum(
            (Path(folder) / name).stat().st_size
            for folder, _, names in os.walk(self.path)
            for name in names
        )

    def server_pids(self) -> list[int]:
        return []

    def close(self) -> None:
        self.home.close()
        shutil.rmtree(self.path)


def make(args: argparse.Namespace) -> VenuleSide:
    """Return the side; it has one writer, so nothing is gained by more batches in flight."""
    return VenuleSide(args.folder)

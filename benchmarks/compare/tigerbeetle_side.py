"""TigerBeetle: a server of its own, through its official Python client, in its fastest way.

The client's own objects, a dataclass a transfer, cost more to make and to pack than the server
takes to post them. So a batch goes to the client as one block of bytes that already has the
layout of its structures, and the answer comes back as one block: nothing in Python is done per
transfer. A client has one request under way; several clients keep the server's pipeline filled.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import tigerbeetle as tb
from processes import free_port, listening_on, open_files
from side import Poster
from tigerbeetle import bindings
from workload import BANK, BATCH, FIRST_WALLET, Array, Batch, Workload

LEDGER: Final = 156
IN_FLIGHT: Final = 4
START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 60
ACCOUNTS_CACHE_MIB_MIN: Final = 128
WALLET_CODE: Final = 2010

_U128: Final = ("<u8", 2)
ACCOUNT: Final = np.dtype(
    [
        ("id", *_U128),
        ("debits_pending", *_U128),
        ("debits_posted", *_U128),
        ("credits_pending", *_U128),
        ("credits_posted", *_U128),
        ("user_data_128", *_U128),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("reserved", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
TRANSFER: Final = np.dtype(
    [
        ("id", *_U128),
        ("debit_account_id", *_U128),
        ("credit_account_id", *_U128),
        ("amount", *_U128),
        ("pending_id", *_U128),
        ("user_data_128", *_U128),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("timeout", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
RESULT: Final = np.dtype([("timestamp", "<u8"), ("status", "<u4"), ("reserved", "<u4")])
ID: Final = np.dtype([("id", *_U128)])

assert ctypes.sizeof(bindings.CAccount) == ACCOUNT.itemsize
assert ctypes.sizeof(bindings.CTransfer) == TRANSFER.itemsize
assert ctypes.sizeof(bindings.CCreateTransferResult) == RESULT.itemsize
assert bindings.CTransfer.ledger.offset == TRANSFER.fields["ledger"][1]
assert bindings.CAccount.flags.offset == ACCOUNT.fields["flags"][1]


@cache
def _events(size: int) -> Any:
    """Return a C structure of so many bytes: all events of a request, one event to the client."""

    class Events(ctypes.Structure):
        _fields_ = (("raw", ctypes.c_uint8 * size),)

        @classmethod
        def from_param(cls, events: Array) -> Any:
            return cls.from_buffer(events)

    return Events


@cache
def _answers(size: int) -> Any:
    """Return a C structure of so many bytes: all results of a request, copied out as they are."""

    class Answers(ctypes.Structure):
        _fields_ = (("raw", ctypes.c_uint8 * size),)

        def to_python(self) -> bytes:
            return bytes(self)

    return Answers


def _request(client: tb.ClientSync, operation: tb.Operation, events: Array, result: Any) -> Array:
    """Send events as one block of bytes; return their results, one an event."""
    size = len(events) * result.itemsize
    [answer] = client._submit(operation, [events], _events(events.nbytes), _answers(size))
    return np.frombuffer(answer, dtype=result)


def _set(field: Array, low: Any, high: Any = 0) -> None:
    field[:, 0] = low
    field[:, 1] = high


class Server:
    """A replica on the loopback over a fresh data file, with the format of production."""

    def __init__(self, binary: str, folder: Path, cache_mib: int) -> None:
        self.folder = folder / "tigerbeetle"
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        data = self.folder / "0_0.tigerbeetle"
        self.address = f"127.0.0.1:{free_port()}"
        told = subprocess.run([binary, "version"], check=True, capture_output=True, text=True)
        self.version = told.stdout.split()[-1]
        shape = ["--cluster=0", "--replica=0", "--replica-count=1"]
        log = (self.folder / "log").open("w")
        subprocess.run([binary, "format", *shape, str(data)], check=True, stderr=log)
        # Its default cache of accounts, 128 MiB, is too small for a million: half as fast.
        accounts_mib = max(ACCOUNTS_CACHE_MIB_MIN, cache_mib // 4)
        caches = [f"--cache-grid={cache_mib}MiB", f"--cache-accounts={accounts_mib}MiB"]
        self.process = subprocess.Popen(
            [binary, "start", f"--addresses={self.address}", "--experimental", *caches, data],
            stdout=log,
            stderr=log,
        )
        until = time.monotonic() + START_TIMEOUT_S
        while listening_on(int(self.address.rsplit(":", 1)[1])) is None:
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                sys.exit(f"TigerBeetle did not start; see {self.folder / 'log'}")
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(STOP_TIMEOUT_S)


class TigerBeetleSide:
    durable = (
        "batch in the replica's log, written through (O_DIRECT, O_DSYNC); with more replicas: in a"
        " quorum of logs"
    )

    def __init__(self, address: str, server: Server | None, in_flight: int) -> None:
        self.server = server
        self.in_flight = in_flight
        self._address = address
        self._clients: list[tb.ClientSync] = []
        self._run = 0
        self._pid = self._find()
        client = f"TigerBeetle, client {metadata.version('tigerbeetle')}"
        self.version = client if server is None else f"{client}, server {server.version}"

    def _find(self) -> int | None:
        host, _, port = self._address.rpartition(":")
        local = host in ("", "127.0.0.1", "localhost")
        return listening_on(int(port)) if local and "," not in self._address else None

    def _client(self) -> tb.ClientSync:
        client = tb.ClientSync(cluster_id=0, replica_addresses=self._address)
        self._clients.append(client)
        return client

    def prepare(self, workload: Workload) -> None:
        self._run = workload.epoch_ms
        client = self._client()
        for first in range(BANK, workload.wallets + FIRST_WALLET, BATCH):
            count = min(BATCH, workload.wallets + FIRST_WALLET - first)
            accounts = np.zeros(count, dtype=ACCOUNT)
            _set(accounts["id"], np.arange(first, first + count), self._run)
            accounts["ledger"] = LEDGER
            accounts["code"] = WALLET_CODE
            flags = tb.AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS | tb.AccountFlags.HISTORY
            accounts["flags"] = flags
            if first == BANK:
                accounts["flags"][0] = tb.AccountFlags.HISTORY
            done = _request(client, tb.Operation.CREATE_ACCOUNTS, accounts, RESULT)
            assert (done["status"] == tb.CreateAccountStatus.CREATED).all(), done
        give = self._post_with(client)
        for batch in workload.funding():
            assert len(give(batch)) == 0

    def poster(self) -> Poster:
        return self._post_with(self._client())

    def _post_with(self, client: tb.ClientSync) -> Poster:
        lacking = int(tb.CreateTransferStatus.EXCEEDS_CREDITS)
        created = int(tb.CreateTransferStatus.CREATED)

        def post(batch: Batch) -> Array:
            transfers = np.zeros(len(batch), dtype=TRANSFER)
            _set(transfers["id"], batch.id_low, batch.id_high)
            _set(transfers["debit_account_id"], batch.debit, self._run)
            _set(transfers["credit_account_id"], batch.credit, self._run)
            _set(transfers["amount"], batch.amount)
            transfers["ledger"] = LEDGER
            transfers["code"] = batch.code
            done = _request(client, tb.Operation.CREATE_TRANSFERS, transfers, RESULT)
            assert len(batch) == len(done), (len(batch), len(done))
            refused = np.flatnonzero(done["status"] != created)
            assert (done["status"][refused] == lacking).all(), np.unique(done["status"])
            return refused

        return post

    def settle(self) -> None:
        """Its trees are compacted as it goes: nothing to wait for."""

    def balances(self, wallets: int) -> Array:
        client = self._clients[0]
        found = np.zeros(wallets, dtype=np.int64)
        for first in range(0, wallets, BATCH):
            count = min(BATCH, wallets - first)
            ids = np.zeros(count, dtype=ID)
            numbers = np.arange(first, first + count) + FIRST_WALLET
            _set(ids["id"], numbers, self._run)
            accounts = _request(client, tb.Operation.LOOKUP_ACCOUNTS, ids, ACCOUNT)
            assert np.array_equal(accounts["id"][:, 0], numbers)
            held = accounts["credits_posted"][:, 0] - accounts["debits_posted"][:, 0]
            found[first : first + count] = held.astype(np.int64)
        return found

    def history(self, account: int) -> tuple[int, int]:
        lines, since, last = 0, 0, None
        while True:
            page = self._clients[0].get_account_balances(
                tb.AccountFilter(
                    account_id=self._run << 64 | account,
                    user_data_128=0,
                    user_data_64=0,
                    user_data_32=0,
                    code=0,
                    timestamp_min=since,
                    timestamp_max=0,
                    limit=BATCH - 1,
                    flags=tb.AccountFilterFlags.DEBITS | tb.AccountFilterFlags.CREDITS,
                )
            )
            if not page:
                return lines, 0 if last is None else last.credits_posted - last.debits_posted
            lines += len(page)
            last = page[-1]
            since = last.timestamp + 1

    def disk_bytes(self) -> int | None:
        if self._pid is None:
            return None
        return sum(file.stat().st_size for file in open_files(self._pid, ".tigerbeetle"))

    def server_pids(self) -> list[int] | None:
        return None if self._pid is None else [self._pid]

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.server is not None:
            self.server.stop()
            shutil.rmtree(self.server.folder)


def make(args: argparse.Namespace) -> TigerBeetleSide:
    """Return the side; the target is an address, or the path of the program to start."""
    server = None
    address = args.target
    if os.path.isfile(args.target):
        server = Server(args.target, args.folder, args.cache_mib)
        address = server.address
    return TigerBeetleSide(address, server, args.in_flight or IN_FLIGHT)

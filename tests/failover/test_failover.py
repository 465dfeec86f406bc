"""One writer, always: killed, stopped, cut off and out of space under load, with real processes.

Each test ends with an audit: every answered payment is there with the transfer that was answered,
none is there twice, and the books prove.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from support.cut_proxy import Cut, CutProxy, proxy_to
from support.failover.clients import Audit, Clients
from support.failover.nursery import Nursery
from support.failover.payments import SECRET, SetUp, set_up
from support.postgres import PostgresServer
from support.small_disk import small_disk
from venule import app
from venule.kit.writing import find_writer

LEASE_US = 1_000_000
"""Shorter than in life: most of a takeover is waiting for the lease to end."""

KILLS = 3
TRIES_S = 60


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    folder = tmp_path_factory.mktemp("writers")
    secret = folder / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)
    with Nursery(secret, folder / "log", lease_us=LEASE_US) as nursery:
        yield nursery


@pytest.fixture
def start(nursery: Nursery) -> Iterator[Callable[..., int]]:
    """Start writers; those that are left at the end are killed."""
    pids: list[int] = []

    def start_one(place: Path | str, **options: str) -> int:
        pids.append(nursery.start(place, **options))
        return pids[-1]

    yield start_one
    for pid in pids:
        end(pid, signal.SIGKILL)


def end(pid: int, sign: signal.Signals) -> None:
    """Send a signal that ends a writer, and wait for its end."""
    try:
        os.kill(pid, sign)
        os.kill(pid, signal.SIGCONT)
        until = time.monotonic() + TRIES_S
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.005)
    except ProcessLookupError:
        return
    pytest.fail(f"process {pid} does not end")


def prepare(place: Path | str) -> None:
    with app.open_home(place) as home:
        home.run(set_up, SetUp())


def writer_of(place: Path | str, *others: str) -> str:
    """Wait for a writer that is none of those; return its endpoint."""
    until = time.monotonic() + TRIES_S
    while time.monotonic() < until:
        found = find_writer(place)
        if found is not None and found not in others:
            return found
        time.sleep(0.02)
    pytest.fail("no writer came")


@pytest.fixture
def place(postgres: PostgresServer) -> str:
    address = postgres.address()
    prepare(address)
    return address


def finish(clients: Clients, *pids: int) -> None:
    """Let everything be answered and everybody end, then audit."""
    clients.stop()
    for pid in pids:
        end(pid, signal.SIGTERM)
    Audit(clients).check()


def test_the_writer_is_killed_again_and_again(place: str, start: Callable[..., int]):
    writer = start(place)
    at = writer_of(place)
    with Clients(place) as clients:
        for _ in range(KILLS):
            standby = start(place)
            clients.wait_for_answers()
            end(writer, signal.SIGKILL)
            clients.wait_for_answers()
            at, before = writer_of(place, at), at
            assert at != before
            writer = standby
        finish(clients, writer)


def test_a_writer_that_is_asked_to_end_leaves_nothing_open(place: str, start: Callable[..., int]):
    first = start(place)
    at = writer_of(place)
    second = start(place)
    with Clients(place) as clients:
        clients.wait_for_answers()
        end(first, signal.SIGTERM)
        writer_of(place, at)
        clients.wait_for_answers()
        finish(clients, second)


def test_a_writer_that_sleeps_past_its_lease_wakes_as_a_standby(
    place: str, start: Callable[..., int]
):
    first = start(place)
    at = writer_of(place)
    with Clients(place) as clients:
        clients.wait_for_answers()
        second = start(place)
        os.kill(first, signal.SIGSTOP)
        then = writer_of(place, at)
        clients.wait_for_answers()
        os.kill(first, signal.SIGCONT)  # in the middle of a group, as like as not
        clients.wait_for_answers(100)
        assert then == writer_of(place)
        end(second, signal.SIGKILL)  # the one that slept takes its turn again
        writer_of(place, then)
        clients.wait_for_answers()
        finish(clients, first)


@pytest.fixture
def cable(postgres: PostgresServer) -> Iterator[CutProxy]:
    with proxy_to(postgres.port) as proxy:
        yield proxy


def test_connections_are_cut_and_commits_end_unknown(
    postgres: PostgresServer, cable: CutProxy, start: Callable[..., int]
):
    near = postgres.address(tcp=True)
    prepare(near)
    far = near.replace(f":{postgres.port}/", f":{cable.port}/")
    writer = start(far)
    writer_of(near)
    standby = start(near)
    with Clients(near) as clients:
        for cut in (Cut.AFTER, Cut.BEFORE, Cut.AFTER):
            clients.wait_for_answers()
            cable.word, cable.cut = b"COMMIT\0", cut
            clients.wait_for_answers()
            assert cable.cut is Cut.NEVER
        cable.cut_now()
        clients.wait_for_answers()
        finish(clients, writer, standby)


def test_the_server_crashes_under_load(start: Callable[..., int]):
    server = PostgresServer()
    try:
        server.start()
        place = server.address()
        prepare(place)
        writer = start(place)
        writer_of(place)
        standby = start(place)
        with Clients(place) as clients:
            for _ in range(2):
                clients.wait_for_answers()
                server.restart()
                clients.wait_for_answers()
            finish(clients, writer, standby)
    finally:
        server.remove()


def test_the_tables_have_no_room_left(start: Callable[..., int]):
    """The writer stays: what it cannot keep it refuses, until there is room again."""
    server = PostgresServer()
    try:
        server.start()
        with small_disk(24) as disk:
            owner = os.stat(server.folder).st_uid
            os.chown(disk.folder, owner, -1)
            (disk.folder / "tables").mkdir()
            os.chown(disk.folder / "tables", owner, -1)
            server.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder}/tables'")
            server.execute("ALTER DATABASE books SET default_tablespace = 'small'")
            place = server.address()
            prepare(place)
            writer = start(place)
            at = writer_of(place)
            with Clients(place) as clients:
                clients.wait_for_answers()
                disk.fill()
                clients.wait_for_refusal("disk-full")
                disk.make_room()
                clients.wait_for_answers()
                assert at == find_writer(place)
                finish(clients, writer)
            server.stop()
    finally:
        server.remove()


def test_the_server_has_no_room_left(start: Callable[..., int]):
    """Its log cannot grow, so it ends; writers wait until it is there again."""
    with small_disk(160) as disk:
        disk.folder.chmod(0o755)
        server = PostgresServer(within=disk.folder, max_wal_size="64MB")
        try:
            server.start()
            place = server.address()
            prepare(place)
            writer, standby = start(place), start(place)
            writer_of(place)
            with Clients(place) as clients:
                clients.wait_for_answers()
                disk.fill()
                until = time.monotonic() + TRIES_S
                while server.runs and time.monotonic() < until:
                    with suppress(psycopg.Error):
                        server.execute("SELECT pg_switch_wal()")
                    time.sleep(0.05)
                assert not server.runs
                disk.make_room()
                server.start()
                clients.wait_for_answers()
                finish(clients, writer, standby)
        finally:
            server.remove()


def test_processes_share_a_directory(tmp_path: Path, start: Callable[..., int]):
    place = tmp_path / "home"
    prepare(place)
    writer = start(place)
    writer_of(place)
    with Clients(place) as clients:
        for sign in (signal.SIGKILL, signal.SIGTERM):
            standby = start(place)
            clients.wait_for_answers()
            end(writer, sign)
            clients.wait_for_answers()
            writer = standby
        finish(clients, writer)
    assert not (place / "endpoint").exists()

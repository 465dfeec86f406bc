"""Online backup and point-in-time restore with PostgreSQL's own programs.

As `docs/operations/postgresql-backup.md` says: a base backup is taken while the writer posts, the
log is archived, and a copy is brought to a point in the middle of the traffic. What is restored is
a prefix of history: the books prove, and all that was answered before the point is there.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from support.postgres import DATABASE, USER, PostgresServer
from venule.app import open_home, verify
from venule.kit.errors import HomeError
from venule.kit.home import Home
from venule.kit.home_store import identity
from venule.kit.pg import lease_store
from venule.kit.sql import open_readonly
from venule.kit.time import VirtualClock
from venule.ledger import Transfer, Tx

CNY = 156
SCHEMA = "books"
WAIT_S = 60
PROGRAMS = ("pg_basebackup", "pg_verifybackup", "pg_dump", "pg_restore", "createdb")
START = datetime(2017, 3, 10, tzinfo=UTC)


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_accounts(CNY, 1010, 2)


def pay(tx: Tx, number: int) -> int:
    tx.emit("paid", tx.new_id(), number)
    return tx.post_all([Transfer(1, 2, number, 1)])[0].seq


@dataclass
class Answered:
    """number: the last command that was answered. seq, hash: where the books stood then."""

    number: int
    seq: int
    hash: bytes


@dataclass
class Traffic:
    """A writer that posts without a pause, and remembers what it was answered."""

    home: Home[Tx]
    answers: list[Answered] = field(default_factory=list)
    stop: Event = field(default_factory=Event)

    def __enter__(self) -> Traffic:
        self.thread = Thread(target=self._post)
        self.thread.start()
        self.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _post(self) -> None:
        while not self.stop.is_set():
            number = len(self.answers) + 1
            self.home.run(pay, number, key=f"key {number}")
            self.answers.append(Answered(number, *self.home.participant.position()))

    def wait(self, more: int) -> int:
        """Wait for so many answers; return how many there were before."""
        before, end = len(self.answers), time.monotonic() + WAIT_S
        while len(self.answers) < before + more and time.monotonic() < end:
            time.sleep(0.005)
        assert len(self.answers) >= before + more
        return before


class Restored(PostgresServer):
    """A server that begins with a copy of a base backup; settings: how far it recovers."""

    def __init__(self, source: PostgresServer, base: Path, **settings: str) -> None:
        self._source, self._base = source, base
        super().__init__(**settings)

    def _make(self) -> None:
        self._prefix = self._source._prefix
        shutil.copytree(self._base, self.data)
        if any(name.startswith("recovery") for name in self.settings):
            (self.data / "recovery.signal").touch()
        give(self.folder, self._source)

    def _answers(self) -> bool:
        try:
            [over] = self.ask("SELECT NOT pg_is_in_recovery()")
        except psycopg.OperationalError:
            return False
        return over

    def ask(self, statement: str) -> tuple:
        return ask(self, statement)


def ask(server: PostgresServer, statement: str) -> tuple:
    local = f"host={server.folder} port={server.port} user={USER} dbname=postgres"
    with psycopg.connect(local, autocommit=True) as conn:
        row = conn.execute(statement.encode()).fetchone()
    assert row is not None
    return row


def give(folder: Path, server: PostgresServer) -> None:
    """Let the server's user own a folder and all in it."""
    owner = server.data.stat().st_uid
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, -1)


@dataclass
class Past:
    """A server with a base backup, taken under traffic, and an archive of its log.

    began, ended: how many commands were answered before the backup, and when it was done. points:
    what is said to a recovery, and how many commands were answered before that.
    """

    server: PostgresServer
    address: str
    base: Path
    traffic: Traffic
    began: int
    points: dict[str, tuple[dict[str, str], int]]

    @property
    def restore_command(self) -> str:
        return f'cp "{self.server.folder}/wal/%f" "%p"'


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    server = PostgresServer()
    missing = [name for name in PROGRAMS if not (server.programs / name).exists()]
    if missing:
        server.remove()
        pytest.skip(f"needs {', '.join(missing)}, not among the server's programs")
    wal, base = server.folder / "wal", server.folder / "base"
    wal.mkdir()
    give(wal, server)
    server.settings |= {
        "full_page_writes": "on",
        "archive_mode": "on",
        "archive_command": f'test ! -f "{wal}/%f" && cp "%p" "{wal}/%f"',
    }
    try:
        server.start()
        address = server.address(SCHEMA)
        with open_home(address, clock=VirtualClock(START)) as home:
            home.run(set_up, None)
            with Traffic(home) as traffic:
                began = len(traffic.answers)
                server._run(
                    "pg_basebackup", "-D", base, "-X", "stream", "-c", "fast", "--no-sync",
                    "-h", server.folder, "-p", server.port, "-U", USER,
                )  # fmt: skip
                traffic.wait(5)
                points = mark_points(server, traffic)
                traffic.wait(5)
            archive_all(server, wal)
            server._run("pg_verifybackup", base)
            yield Past(server, address, base, traffic, began, points)
    finally:
        server.remove()


def mark_points(server: PostgresServer, traffic: Traffic) -> dict[str, tuple[dict[str, str], int]]:
    """Name points in the middle of the traffic, in each way that there is."""
    points = {}
    for kind, statement in (
        ("name", "SELECT pg_create_restore_point('before the close') IS NOT NULL"),
        ("lsn", "SELECT pg_current_wal_flush_lsn()"),
        ("time", "SELECT clock_timestamp()"),
    ):
        answered = len(traffic.answers)
        [said] = ask(server, statement)
        target = "before the close" if kind == "name" else str(said)
        points[kind] = ({f"recovery_target_{kind}": target}, answered)
        traffic.wait(5)
    return points


def archive_all(server: PostgresServer, wal: Path) -> None:
    """Wait until the log is in the archive."""
    [name] = ask(server, "SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + WAIT_S
    while not (wal / name).exists():
        assert time.monotonic() < end, "the log was not archived"
        time.sleep(0.05)


@pytest.fixture
def restore(past: Past) -> Iterator[Callable[..., tuple[Restored, str]]]:
    """Make servers from the base backup; return each with the address of its home."""
    made: list[Restored] = []

    def make(**settings: str) -> tuple[Restored, str]:
        if settings:
            settings |= {
                "restore_command": past.restore_command,
                "recovery_target_action": "promote",
            }
        made.append(Restored(past.server, past.base, **settings))
        made[-1].start()
        return made[-1], made[-1].address(SCHEMA)

    yield make
    for server in made:
        server.remove()


def check_prefix(address: str, past: Past, answered: int) -> Answered:
    """The books prove, are the first part of history, and hold what was answered."""
    report = verify(address)
    assert report.ok, report.faults
    with closing(open_readonly(address)) as sql:
        _, mark = identity(sql)
        events = [row[0] for row in sql.rows("SELECT seq FROM event ORDER BY seq")]
        keys = sql.rows("SELECT key FROM idempotency")
    [last] = [it for it in past.traffic.answers if it.seq == mark.seq]
    assert last.number >= answered
    assert (last.hash, report.checked["journal_hash"]) == (mark.hash, mark.hash.hex())
    assert list(range(1, last.number + 1)) == events
    assert {(f"key {number}",) for number in range(1, last.number + 1)} == set(keys)
    return last


def check_goes_on(address: str, last: Answered) -> None:
    """A writer can go on: what was answered is answered again, what was lost is done anew."""
    before = generation(address)
    with open_home(address, clock=VirtualClock(START), patience_us=10_000_000) as home:
        assert generation(address) > before
        assert last.seq == home.run(pay, last.number, key=f"key {last.number}")
        assert last.seq + 1 == home.run(pay, last.number + 1, key=f"key {last.number + 1}")
    assert verify(address).ok


def generation(address: str) -> int:
    with closing(open_readonly(address)) as sql:
        row = lease_store.select_lease(sql, 1)
    assert row is not None
    return row.generation


def test_a_base_backup_under_traffic_is_a_prefix_of_history(past: Past, restore):
    _, address = restore()
    check_goes_on(address, check_prefix(address, past, past.began))


@pytest.mark.parametrize("kind", ["name", "lsn", "time"])
def test_a_copy_is_brought_to_a_point_in_the_traffic(past: Past, restore, kind: str):
    settings, answered = past.points[kind]
    _, address = restore(**settings)
    last = check_prefix(address, past, answered)
    assert last.number < len(past.traffic.answers)
    check_goes_on(address, last)


def test_a_writer_that_outlives_a_restore_writes_nothing_to_it(past: Past, restore):
    """The server comes back where it was: what the writer remembers is not there."""
    settings, answered = past.points["name"]
    server, address = restore(recovery_target_timeline="latest")  # to the end of the archive
    assert past.traffic.answers[-1] == check_prefix(address, past, len(past.traffic.answers))
    with open_home(address, clock=VirtualClock(START), patience_us=10_000_000) as writer:
        number = len(past.traffic.answers) + 1
        writer.run(pay, number)
        server.stop()
        shutil.rmtree(server.data)
        server.settings |= settings
        server._make()
        server.start()
        with pytest.raises(HomeError):
            writer.run(pay, number + 1)
        with pytest.raises(HomeError):
            writer.run(pay, number + 2)
    check_goes_on(address, check_prefix(address, past, answered))


def test_a_dump_is_a_backup_too(past: Past):
    server = past.server
    where = ("-h", server.folder, "-p", server.port, "-U", USER)
    dump = server.folder / "wal" / "dump"
    server._run("pg_dump", *where, "-d", DATABASE, "-n", SCHEMA, "-Fc", "-f", dump)
    server._run("createdb", *where, "copy")
    server._run("pg_restore", *where, "-d", "copy", dump)
    address = past.address.replace(f"/{DATABASE}?", "/copy?")
    check_goes_on(address, check_prefix(address, past, len(past.traffic.answers)))

"""The database server dies, and its synchronous standby takes over: the writer goes on there.

As `docs/operations/postgresql.md` says: an address with both hosts, a standby that every commit
waits for, and an operator (or a tool) that promotes it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.postgres import PASSWORD, PostgresServer
from venule import app
from venule.kit.desk import Desk
from venule.kit.errors import AppError
from venule.kit.pg import care
from venule.kit.time import VirtualClock
from venule.ledger import Transfer, Tx

CNY = 156
CALLERS = 8
BEFORE, AFTER = 200, 100
"""Answers to wait for before the server dies, and after the standby was promoted."""


class Standby(PostgresServer):
    """A copy of a server that follows it."""

    def __init__(self, primary: PostgresServer) -> None:
        self._primary = primary
        super().__init__()

    def _make(self) -> None:
        primary = self._primary
        self._prefix = primary._prefix
        owner = primary.folder.stat().st_uid
        os.chown(self.folder, owner, -1)
        where = f"host=127.0.0.1 port={primary.port} user=venule password={PASSWORD}"
        self._run(
            "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-d", f"{where} application_name=second",
        )  # fmt: skip

    def _answers(self) -> bool:
        """It takes nothing but reads before it is promoted."""
        try:
            self.execute("SELECT 1")
        except Exception:
            return False
        return True


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, Standby]]:
    primary = PostgresServer()
    standby: Standby | None = None
    if not (primary.programs / "pg_basebackup").exists():
        primary.remove()
        pytest.skip("needs pg_basebackup, which is not among the server's programs")
    try:
        primary.start()
        standby = Standby(primary)
        standby.start()
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'second'")
        primary.execute("SELECT pg_reload_conf()")
        yield primary, standby
    finally:
        if standby is not None:
            standby.remove()
        primary.remove()


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_accounts(CNY, 1010, 2)
    tx.sql.run("CREATE TABLE paid (number BIGINT PRIMARY KEY, seq BIGINT NOT NULL)")


def pay(tx: Tx, number: int) -> int:
    [posted] = tx.post_all([Transfer(1, 2, 1, 1)])
    tx.sql.run("INSERT INTO paid (number, seq) VALUES (?, ?)", (number, posted.seq))
    return posted.seq


class Callers:
    """Pay without end; the same key again when the answer was an error that may pass."""

    def __init__(self, desk: Desk[Tx]) -> None:
        self.desk = desk
        self.answers: dict[int, int] = {}
        self.failures: list[BaseException] = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._pay, args=(n,)) for n in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def _pay(self, caller: int) -> None:
        number = caller
        try:
            while not self.stop.is_set():
                try:
                    self.answers[number] = self.desk.call(pay, number, f"key-{number}")
                    number += CALLERS
                except AppError as error:
                    if not error.retryable:
                        raise
        except BaseException as error:
            self.failures.append(error)

    def wait_for(self, count: int) -> None:
        while len(self.answers) < count and not self.failures:
            threading.Event().wait(0.01)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_the_standby_takes_over_and_no_answer_is_lost(
    pair: tuple[PostgresServer, Standby], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(care, "RECOVER_US", 120_000_000)
    primary, standby = pair
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    address = (
        f"postgresql://venule:{PASSWORD}@{hosts}/books?schema=home_f"
        "&target_session_attrs=read-write&connect_timeout=3"
    )
    with app.open_home(address, clock=VirtualClock(datetime(2014, 5, 12, tzinfo=UTC))) as home:
        home.run(set_up, None)
        with Desk(home) as desk:
            callers = Callers(desk)
            try:
                callers.wait_for(BEFORE)
                primary.stop(signal.SIGQUIT)
                standby.execute("SELECT pg_promote()")
                callers.wait_for(len(callers.answers) + AFTER)
            finally:
                callers.end()
        assert [] == callers.failures
        rows = home.read(lambda tx: tx.sql.rows("SELECT number, seq FROM paid ORDER BY number"))
    assert callers.answers.items() <= dict(rows).items()
    assert len(rows) <= len(callers.answers) + CALLERS
    there = f"postgresql://venule:{PASSWORD}@127.0.0.1:{standby.port}/books?schema=home_f"
    report = app.verify(there)
    assert report.ok, report.faults

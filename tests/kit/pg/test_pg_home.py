"""A home in a PostgreSQL database: its groups, its one writer, what a lost connection leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from support.cut_proxy import Cut, CutProxy, proxy_to
from support.postgres import PostgresServer, open_sql
from venule.app import open_home, verify
from venule.kit.connection_errors import CommitUnknown
from venule.kit.errors import CommitFailed, HomeReadOnly, NotAHome
from venule.kit.home import Home
from venule.kit.pg import care, lease
from venule.kit.pg.lease import LeaseHeld, LeaseLost
from venule.kit.time import VirtualClock
from venule.kit.tx import Call
from venule.ledger import AccountFlags, Transfer, Tx, open_readonly

CNY = 156
COMMIT = b"COMMIT\0"
OPENINGS = 2
"""So many records of the journal come before any transfer."""

START = datetime(2014, 5, 12, tzinfo=UTC)


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    tx.open_accounts(CNY, 2010, 2, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
    tx.post_all([Transfer(bank, 2, 1_000_000, 1)])
    tx.sql.run("CREATE TABLE paid (number BIGINT PRIMARY KEY, seq BIGINT NOT NULL)")


def pay(tx: Tx, number: int) -> int:
    [posted] = tx.post_all([Transfer(2, 3, 100, 2)])
    seq = posted.seq - OPENINGS
    tx.sql.run("INSERT INTO paid (number, seq) VALUES (?, ?)", (number, seq))
    return seq


def pay_and_fail(tx: Tx, number: int) -> int:
    pay(tx, number)
    raise ZeroDivisionError


def paid(home: Home[Tx]) -> list[tuple[int, int]]:
    rows = home.read(lambda tx: tx.sql.rows("SELECT number, seq FROM paid ORDER BY number"))
    assert 100 * len(rows) == home.read(lambda tx: tx.account(3).credits_posted)
    return rows


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    return postgres.address()


@pytest.fixture
def open_here(address: str) -> Iterator[Callable[..., Home[Tx]]]:
    """Open homes that are let go of at the end, whatever became of them."""
    opened: list[Home[Tx]] = []

    def open_it(place: str = address, **options) -> Home[Tx]:
        opened.append(open_home(place, clock=VirtualClock(START), **options))
        return opened[-1]

    yield open_it
    for home in opened:
        home.close()


def test_groups_keys_and_proofs_as_in_a_directory(open_here, address: str):
    with pytest.raises(NotAHome, match="no home in schema"):
        open_here(readonly=True)
    home = open_here()
    home.run(set_up, None)
    calls = [
        Call(pay, 1, "a"),
        Call(pay_and_fail, 2),
        Call(pay, 3),
        Call(pay, 1, "a"),
        Call(pay, 1, None),  # the same primary key: fails alone
    ]
    ends = home.run_many(calls, stretch=4)
    assert [2, None, 3, 2, None] == [end.value for end in ends]
    assert isinstance(ends[1].error, ZeroDivisionError)
    assert ends[4].error is not None
    assert [(1, 2), (3, 3)] == paid(home)
    with open_readonly(address) as view:  # a writer is at work
        assert 3 == view.position().seq - OPENINGS
    with open_here(readonly=True) as reader:
        assert [(1, 2), (3, 3)] == paid(reader)
        with pytest.raises(HomeReadOnly):
            reader.run(pay, 9)
    home.close()

    again = open_here()
    assert 2 == again.run(pay, 1, key="a")
    assert 4 == again.run(pay, 4)
    again.close()
    report = verify(address)
    assert report.ok, report.faults
    assert 4 == report.checked["transfers"] - OPENINGS


def test_a_look_must_not_write(open_here):
    home = open_here()
    home.run(set_up, None)
    with pytest.raises(Exception, match="read-only"):
        home.read(lambda tx: tx.sql.run("DELETE FROM paid"))
    assert [] == paid(home)
    assert 2 == home.run(pay, 1)


def test_what_is_damaged_in_the_database_is_found(open_here, address: str):
    with open_here() as home:
        home.run(set_up, None)
        home.run(pay, 1)
        home.run(pay, 2)
    with_sql = open_sql(address)
    with_sql.run(
        "UPDATE journal SET transfers = SET_BYTE(transfers, 40, GET_BYTE(transfers, 40) # 1)"
        " WHERE first_seq = 4"
    )
    with_sql.close()
    report = verify(address)
    assert not report.ok
    assert "transfer 4" in report.faults[0].where + report.faults[0].message


def test_a_journal_that_ends_too_early_is_found(open_here, address: str):
    """Without a checkpoint nothing else knows of its last row."""
    with open_here() as home:
        home.run(set_up, None)
        home.run(pay, 1)
    with_sql = open_sql(address)
    with_sql.run("DELETE FROM journal WHERE first_seq = (SELECT MAX(first_seq) FROM journal)")
    with_sql.close()
    [fault] = verify(address).faults
    assert "home_clock" == fault.where
    assert "expected the end at transfer 4" in fault.message
    assert "seen transfer 3" in fault.message


# One writer


def test_one_writer_at_a_time_and_the_next_one_waits_for_its_turn(open_here):
    first = open_here(endpoint="tcp:here:1")
    first.run(set_up, None)
    with pytest.raises(LeaseHeld) as caught:
        open_here()
    assert "tcp:here:1" == caught.value.endpoint
    first.close()
    assert 2 == open_here(patience_us=60_000_000).run(pay, 1)


def test_a_writer_that_slept_past_its_lease_writes_nothing(open_here, monkeypatch):
    """It believes in its lease: the fence alone keeps it out, whatever it has put together."""
    first = open_here()
    first.run(set_up, None)
    first.run(pay, 1)
    monkeypatch.setattr(first._groups._care.lease, "check_held", lambda: None)
    first._groups._care._keeper._stop.set()  # it sleeps
    first._groups._care._keeper._thread.join()
    first._groups._care.lease.duration_us = 1
    first._groups._care.lease.renew()
    second = open_here()
    assert 3 == second.run(pay, 2)
    ends = first.run_many([Call(pay, 3), Call(pay, 4)])
    assert [LeaseLost, LeaseLost] == [type(end.error) for end in ends]
    assert all(end.error.retryable for end in ends)
    with pytest.raises(CommitFailed, match="expected to be the writer"):
        first.run(pay, 5)
    assert [(1, 2), (2, 3)] == paid(second)


# Lost connections


@pytest.fixture
def cable(postgres: PostgresServer) -> Iterator[CutProxy]:
    with proxy_to(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def far(postgres: PostgresServer, cable: CutProxy, open_here) -> Home[Tx]:
    """A writer at the other end of the cable."""
    address = postgres.address(tcp=True).replace(f":{postgres.port}/", f":{cable.port}/")
    home = open_here(address)
    home.run(set_up, None)
    return home


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_commit_of_unknown_outcome_is_looked_up(far: Home[Tx], cable: CutProxy, cut: Cut):
    far.run(pay, 1)
    cable.cut, cable.word = cut, COMMIT
    ends = far.run_many([Call(pay, 2, "k2"), Call(pay_and_fail, 3), Call(pay, 4)])
    assert [3, None, 4] == [end.value for end in ends]
    assert 5 == far.run(pay, 5)
    assert 3 == far.run(pay, 2, key="k2")
    assert [(1, 2), (2, 3), (4, 4), (5, 5)] == paid(far)


def test_a_connection_lost_between_groups_or_in_one_is_made_again(far: Home[Tx], cable: CutProxy):
    cable.cut_now()
    assert [] == paid(far)
    cable.cut_now()
    assert 2 == far.run(pay, 1)
    cable.cut, cable.word = Cut.AFTER, b"INSERT INTO paid"

    def pay_and_look(tx: Tx, number: int) -> int:
        seq = pay(tx, number)
        tx.sql.rows("SELECT seq FROM paid")  # so it is sent now
        return seq

    assert 3 == far.run(pay_and_look, 2)
    assert [(1, 2), (2, 3)] == paid(far)


def test_a_server_that_does_not_come_back(far: Home[Tx], cable: CutProxy, monkeypatch):
    monkeypatch.setattr(care, "RECOVER_US", 200_000)
    far.run(pay, 1)
    cable.cut, cable.word = Cut.AFTER, COMMIT
    cable.server_port = 1  # nobody listens there
    [end] = far.run_many([Call(pay, 2)])
    assert isinstance(end.error, CommitUnknown)
    with pytest.raises(CommitFailed, match="an earlier failure"):
        far.run(pay, 3)
    with pytest.raises(CommitFailed):
        far.check_writer()


def test_another_writer_came_while_the_connection_was_lost(
    postgres: PostgresServer, far: Home[Tx], cable: CutProxy, open_here, monkeypatch
):
    monkeypatch.setattr(lease, "RENEWALS", 1_000_000_000)
    far.run(pay, 1)
    server, cable.server_port = cable.server_port, 1
    cable.cut_now()
    far._groups._care.lease.duration_us = 1
    sql = open_sql(postgres.address(far.shown.partition("schema=")[2]))
    sql.run("UPDATE writer_lease SET expires_at = 0")
    sql.close()
    second = open_here(postgres.address(far.shown.partition("schema=")[2]))
    assert 3 == second.run(pay, 2)
    cable.server_port = server
    [end] = far.run_many([Call(pay, 3)])
    assert isinstance(end.error, LeaseLost)
    assert [(1, 2), (2, 3)] == paid(second)


def test_a_server_that_crashes_under_load(open_here):
    server = PostgresServer()
    try:
        server.start()
        home = open_here(server.address())
        home.run(set_up, None)
        home.run(pay, 1)
        server.restart()
        assert 3 == home.run(pay, 2)
        server.restart()
        assert [(1, 2), (2, 3)] == paid(home)
        home.close()
    finally:
        server.remove()


def test_what_is_shown_of_a_home_has_no_password(postgres: PostgresServer, open_here):
    place = postgres.address(tcp=True)
    home = open_here(place)
    assert "a-password" in place
    assert "a-password" not in home.shown + repr(home)

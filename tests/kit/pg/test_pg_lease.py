"""One writer a book: who may take the lease, and what a writer that has lost it can still do."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import psycopg
import pytest

from support.cut_proxy import proxy_to
from support.postgres import PostgresServer, open_sql
from venule.kit.connection_errors import CommitUnknown, ConnectionLost
from venule.kit.errors import HomeLocked
from venule.kit.pg import lease as lease_module
from venule.kit.pg import lease_store
from venule.kit.pg.lease import (
    Lease,
    LeaseHeld,
    LeaseKeeper,
    LeaseLost,
    Step,
    decide,
    new_holder,
)
from venule.kit.pg.lease_store import LeaseRow
from venule.kit.pg.sql import PostgresSql

Open = Callable[..., PostgresSql]
LONG_US = 600_000_000
ENDED_US = 1
"""A lease of this duration has ended at the next look."""


@pytest.mark.parametrize(
    "seen,generation,expected",
    [
        (None, 0, Step.CREATE),
        (LeaseRow("a", 3, 100, "", 99), 0, Step.WAIT),
        (LeaseRow("me", 3, 100, "", 99), 0, Step.WAIT),  # another life of mine: it must end first
        (LeaseRow("a", 3, 100, "", 100), 0, Step.TAKE),
        (LeaseRow("", 3, 0, "", 99), 0, Step.TAKE),
        (LeaseRow("me", 3, 100, "", 99), 3, Step.RENEW),
        (LeaseRow("me", 3, 100, "", 200), 3, Step.RENEW),  # ended, and nobody has taken it
        (LeaseRow("me", 4, 100, "", 99), 3, Step.STOP),
        (LeaseRow("a", 3, 100, "", 99), 3, Step.STOP),
        (LeaseRow("a", 4, 100, "", 200), 3, Step.STOP),
        (LeaseRow("", 3, 0, "", 99), 3, Step.STOP),
        (None, 3, Step.STOP),
    ],
)
def test_what_to_do_about_a_lease(seen: LeaseRow | None, generation: int, expected: Step):
    assert expected is decide(seen, "me", generation)


def test_a_holder_has_a_name_of_its_own():
    names = {new_holder() for _ in range(100)}

    assert 100 == len(names)
    assert all(len(name) <= 44 for name in names)


@pytest.fixture
def connect(new_postgres_sql: Open) -> Open:
    lease_store.create_tables(new_postgres_sql())
    return new_postgres_sql


def acquire(connect: Open, holder: str, **options) -> Lease:
    options = {"duration_us": LONG_US, **options}
    return Lease.acquire(connect(), 1, holder, **options)


def test_the_tables_may_be_made_by_many_at_once(new_postgres_sql: Open):
    handles = [new_postgres_sql() for _ in range(6)]
    threads = [Thread(target=lease_store.create_tables, args=(sql,)) for sql in handles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for sql in handles:
        assert sql.fatal is None
        assert lease_store.select_lease(sql, 1) is None


def test_one_at_a_time(connect: Open):
    first = acquire(connect, "first", endpoint="tcp:1")
    with pytest.raises(LeaseHeld) as caught:
        acquire(connect, "second")
    assert ("first", "tcp:1") == (caught.value.holder, caught.value.endpoint)
    assert 0 < caught.value.left_us <= LONG_US
    other = Lease.acquire(connect(), 2, "second", duration_us=LONG_US)  # of another book
    first.renew()
    first.release()
    first.release()

    assert 2 == acquire(connect, "second").generation
    assert 1 == other.generation
    for use in (first.renew, first.check_held):
        with pytest.raises(LeaseLost):
            use()


def test_many_who_want_it_at_once_and_one_who_gets_it(connect: Open):
    for round_ in range(3):
        handles = [connect() for _ in range(6)]
        won: list[Lease] = []
        refused: list[LeaseHeld] = []

        def want(sql: PostgresSql, name: str, won=won, refused=refused) -> None:
            try:
                won.append(Lease.acquire(sql, 1, name, duration_us=LONG_US))
            except LeaseHeld as error:
                refused.append(error)

        threads = [
            Thread(target=want, args=(sql, f"{round_}-{i}")) for i, sql in enumerate(handles)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [round_ + 1] == [lease.generation for lease in won]
        assert 5 == len(refused)
        won[0].release()
        for sql in handles:
            sql.close()


def test_a_lease_that_ended_is_still_the_holders_until_it_is_taken(connect: Open):
    first = acquire(connect, "first", duration_us=ENDED_US)
    with pytest.raises(LeaseLost, match="not renewed in time"):
        first.check_held()
    first.duration_us = LONG_US
    first.renew()
    first.check_held()
    with pytest.raises(LeaseHeld):
        acquire(connect, "second")
    first.duration_us = ENDED_US
    first.renew()

    second = acquire(connect, "second")
    assert 2 == second.generation
    with pytest.raises(LeaseLost, match="second instead"):
        first.renew()
    first.release()
    second.renew()


def test_waiting_for_a_turn(connect: Open):
    first = acquire(connect, "first")
    taken: list[Lease] = []
    sql = connect()
    waiting = Thread(
        target=lambda: taken.append(
            Lease.acquire(sql, 1, "second", duration_us=LONG_US, patience_us=LONG_US)
        )
    )
    waiting.start()
    assert [] == taken
    first.release()
    waiting.join()

    assert [2] == [lease.generation for lease in taken]


# The fence: what a writer that has lost its lease without knowing can still do


@pytest.fixture
def book(connect: Open) -> Open:
    connect().run("CREATE TABLE line (id BIGINT PRIMARY KEY, word TEXT)")
    return connect


def write(sql: PostgresSql, lease: Lease, number: int) -> None:
    sql.begin()
    sql.run("INSERT INTO line (id, word) VALUES (?, ?)", (number, lease.holder))
    lease.check(sql)
    sql.commit()


def lines(sql: PostgresSql) -> list[tuple[int, str]]:
    return sql.rows("SELECT id, word FROM line ORDER BY id")


@pytest.mark.parametrize("deferring", [False, True])
def test_a_zombie_commits_nothing(book: Open, deferring: bool):
    old, new = book(), book()
    old.deferring = new.deferring = deferring
    first = acquire(book, "first", duration_us=ENDED_US)
    first.fence_off(old)
    write(old, first, 1)
    write(old, first, 2)
    second = acquire(book, "second")
    write(old, first, 3)  # taken, but the new writer has not looked at the book yet
    second.fence_off(new)
    assert [1, 2, 3] == [number for number, _ in lines(new)]
    write(new, second, 4)
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        write(old, first, 5)
    old.rollback()

    lost = first.explain(caught.value)
    assert isinstance(lost, LeaseLost)
    assert lost.retryable
    with pytest.raises(LeaseLost):
        first.check_held()
    with pytest.raises(LeaseLost):
        first.fence_off(old)
    assert [(3, "first"), (4, "second")] == lines(new)[-2:]


def test_only_the_fence_is_explained(book: Open):
    sql = book()
    first = acquire(book, "first")
    sql.run("ALTER TABLE line ALTER COLUMN word SET NOT NULL")
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        sql.run("INSERT INTO line (id) VALUES (1)")
    assert first.explain(caught.value) is None
    assert first.explain(ValueError()) is None


def test_the_new_writer_waits_for_a_commit_under_way_and_ends_one_that_hangs(
    book: Open,
):
    old, new = book(), book()
    first = acquire(book, "first", duration_us=ENDED_US)
    first.fence_off(old)
    write(old, first, 1)
    old.begin()
    old.run("INSERT INTO line (id, word) VALUES (2, 'first')")
    first.check(old)  # and it stops here, with the row locked
    second = acquire(book, "second", duration_us=150_000)
    bystander = Lease.acquire(book(), 2, "bystander", duration_us=LONG_US)
    third = book()
    bystander.fence_off(third)
    second.fence_off(new)

    assert [(1, "first")] == lines(new)
    write(new, second, 2)
    with pytest.raises((ConnectionLost, CommitUnknown)):  # told before the commit, or instead of it
        old.commit()
    assert [(1, "first"), (2, "second")] == lines(new)
    write(third, bystander, 3)  # the writer of another book has nothing to do with it


def test_a_zombie_in_the_middle_of_a_group_locks_nothing(book: Open):
    """It has not come to the fence: what it holds is a row that the new writer writes too."""
    old, new = book(), book()
    first = acquire(book, "first", duration_us=ENDED_US)
    first.fence_off(old)
    old.begin()
    old.run("INSERT INTO line (id, word) VALUES (1, 'first')")
    second = acquire(book, "second")
    second.fence_off(new)

    new.run("SET lock_timeout = '20s'")  # far less than the server lets a session be idle
    write(new, second, 1)
    assert [(1, "second")] == lines(new)
    with pytest.raises(ConnectionLost):
        old.run("INSERT INTO line (id, word) VALUES (2, 'first')")


def test_a_writer_that_nobody_may_end_keeps_the_new_one_out(book: Open, monkeypatch):
    old, new = book(), book()
    first = acquire(book, "first", duration_us=ENDED_US)
    first.fence_off(old)
    old.begin()
    first.check(old)
    monkeypatch.setattr(lease_module.lease_store, "end_sessions", lambda *_: 0)
    second = acquire(book, "second", duration_us=60_000)
    with pytest.raises(HomeLocked):
        second.fence_off(new)
    old.rollback()
    second.fence_off(new)


# The keeper


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that are long, so that no slow machine loses one, and renewed every few ms."""
    monkeypatch.setattr(lease_module, "RENEWALS", LONG_US // 5_000)


@pytest.mark.usefixtures("often")
def test_the_keeper_renews_until_it_is_closed(connect: Open):
    lease = acquire(connect, "first")
    renewed = Event()
    times = 0
    renew = lease.renew

    def counted() -> None:
        nonlocal times
        renew()
        times += 1
        if times == 3:
            renewed.set()

    lease.renew = counted
    keeper = LeaseKeeper(lease, connect, lambda error: pytest.fail(str(error)))
    assert renewed.wait(60)
    keeper.close()

    assert 2 == acquire(connect, "second").generation


def test_the_keeper_tells_that_the_lease_is_lost(connect: Open):
    lease = acquire(connect, "first", duration_us=50_000)
    told: list[LeaseLost] = []
    heard = Event()
    keeper = LeaseKeeper(lease, connect, lambda error: (told.append(error), heard.set()))
    sql = connect()
    sql.run("UPDATE writer_lease SET holder = 'thief', generation = 2")
    assert heard.wait(60)
    keeper.close()

    assert ["thief instead"] == [error.seen for error in told]
    assert ("thief", 2) == lease_store.select_lease(sql, 1)[:2]


@pytest.mark.usefixtures("often")
def test_the_keeper_finds_another_way_when_its_connection_is_cut(
    postgres: PostgresServer, connect: Open
):
    lease_sql = connect()
    schema = lease_sql.path.partition("schema=")[2]
    with proxy_to(postgres.port) as cable:
        address = postgres.address(schema, tcp=True)
        far = open_sql(address.replace(f":{postgres.port}/", f":{cable.port}/"))
        lease = Lease.acquire(far, 1, "first", duration_us=LONG_US)
        again = Event()

        def another() -> PostgresSql:
            again.set()
            return lease_sql

        keeper = LeaseKeeper(lease, another, lambda error: pytest.fail(str(error)))
        cable.cut_now()
        assert again.wait(60)
        keeper.close()

    row = lease_store.select_lease(lease_sql, 1)
    assert row is not None
    assert ("", 1) == row[:2]  # given back through the other connection


def test_the_keeper_goes_on_when_there_is_no_way_in_time(postgres: PostgresServer, connect: Open):
    """A lease that ran out is still ours if nobody has taken it; meanwhile nothing is written."""
    schema = connect().path.partition("schema=")[2]
    with proxy_to(postgres.port) as cable:
        address = postgres.address(schema, tcp=True)
        far = open_sql(address.replace(f":{postgres.port}/", f":{cable.port}/"))
        lease = Lease.acquire(far, 1, "first", duration_us=400_000)
        tried, way = Event(), Event()

        def no_way_at_first() -> PostgresSql:
            tried.set()
            if not way.is_set():
                raise HomeLocked("no way", 0)
            return open_sql(postgres.address(schema))

        keeper = LeaseKeeper(lease, no_way_at_first, lambda error: None)
        cable.cut_now()
        assert tried.wait(60)
        while lease.left_us:
            tried.clear()
            assert tried.wait(60)
        with pytest.raises(LeaseLost, match="not renewed in time"):
            lease.check_held()
        way.set()
        while not lease.left_us:  # it comes back
            Event().wait(0.005)
        keeper.close()
    assert lease.is_lost
    lease.close()


def test_the_next_generation_under_the_same_name(connect: Open):
    """After a lost connection: what it left under way is waited for, and does not count later."""
    old, new = connect(), connect()
    lease = acquire(connect, "first")
    lease.fence_off(old)
    lease.advance(new)
    assert 2 == lease.generation
    lease.fence_off(new)
    stale = Lease(connect(), 1, "first", 1, LONG_US, 0)
    old.begin()
    with pytest.raises(psycopg.errors.NotNullViolation):
        stale.check(old)
    old.rollback()
    lease.renew()

    lease.duration_us = ENDED_US
    lease.renew()
    acquire(connect, "second")
    with pytest.raises(LeaseLost):
        lease.advance(new)

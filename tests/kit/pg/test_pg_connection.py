"""The way to a PostgreSQL server: cut at the worst moment, closed, or to the wrong place."""

from __future__ import annotations

from time import sleep

import pytest

from support.cut_proxy import Cut, CutProxy, proxy_to
from support.postgres import PASSWORD, PostgresServer, open_sql
from venule.kit.connection_errors import CommitUnknown, ConnectionLost
from venule.kit.errors import NotAHome
from venule.kit.pg.address import Address
from venule.kit.pg.connecting import connect
from venule.kit.pg.errors import (
    AddressMalformed,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnreachable,
    DatabaseUnsuitable,
)
from venule.kit.pg.sql import PostgresSql


def put(sql: PostgresSql, number: int) -> int:
    return sql.run("INSERT INTO t (id, word) VALUES (?, ?)", (number, f"w{number}"))


def ids(sql: PostgresSql) -> list[int]:
    return [number for (number,) in sql.rows("SELECT id FROM t ORDER BY id")]


@pytest.fixture
def sql(new_postgres_sql) -> PostgresSql:
    sql = new_postgres_sql()
    sql.run("CREATE TABLE t (id BIGINT PRIMARY KEY, word TEXT)")
    return sql


@pytest.fixture
def cable(postgres: PostgresServer):
    with proxy_to(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def far(postgres: PostgresServer, cable: CutProxy):
    """A handle whose cable can be cut."""
    text = postgres.address(tcp=True).replace(f":{postgres.port}/", f":{cable.port}/")
    sql = open_sql(text)
    sql.run("CREATE TABLE t (id BIGINT PRIMARY KEY, word TEXT)")
    yield sql
    sql.close()


@pytest.fixture
def near(postgres: PostgresServer, far: PostgresSql):
    """Open handles on the same tables that go another way."""
    opened = []

    def open_another() -> PostgresSql:
        opened.append(open_sql(postgres.address(far.path.partition("schema=")[2])))
        return opened[-1]

    yield open_another
    for sql in opened:
        sql.close()


@pytest.mark.parametrize("deferring", [False, True])
@pytest.mark.parametrize("cut,kept", [(Cut.BEFORE, []), (Cut.AFTER, [1])])
def test_a_commit_without_an_answer_is_of_unknown_outcome(
    near,
    far: PostgresSql,
    cable: CutProxy,
    cut: Cut,
    kept: list[int],
    deferring: bool,
):
    far.deferring = deferring
    far.begin()
    put(far, 1)
    cable.cut = cut
    backend = far.conn.pgconn.backend_pid
    with pytest.raises(CommitUnknown) as caught:
        far.commit()
    assert caught.value.retryable
    assert not far.in_transaction
    far.rollback()
    for use in (far.begin, lambda: ids(far), lambda: put(far, 2), far.begin_read):
        with pytest.raises((CommitUnknown, ConnectionLost)):
            use()
    sql = near()
    while sql.row("SELECT 1 FROM pg_stat_activity WHERE pid = ?", (backend,)):
        sleep(0.01)  # it may still be at it
    assert kept == ids(sql)


def test_a_connection_lost_before_the_commit_is_surely_undone(near, far: PostgresSql):
    for when in range(3):
        sql = near()
        sql.begin()
        put(sql, 1)
        put(sql, 2)
        far.row(
            "SELECT pg_terminate_backend(CAST(? AS INTEGER), 5000)", (sql.conn.pgconn.backend_pid,)
        )
        with pytest.raises(ConnectionLost) as caught:
            (sql.commit, lambda s=sql: ids(s), lambda s=sql: put(s, 3))[when]()
        assert "schema=" in caught.value.message
        assert isinstance(sql.fatal, ConnectionLost)
        assert not sql.in_transaction
        sql.rollback()
        with pytest.raises(ConnectionLost):
            sql.begin()
    assert [] == ids(far)


def test_a_change_outside_a_transaction_is_a_commit_of_its_own(far: PostgresSql, cable: CutProxy):
    cable.cut, cable.word = Cut.AFTER, b"INSERT"
    with pytest.raises(CommitUnknown):
        put(far, 1)


def test_a_look_outside_a_transaction_is_not(far: PostgresSql, cable: CutProxy):
    put(far, 1)
    cable.cut_now()
    with pytest.raises(ConnectionLost):
        ids(far)


def test_an_interrupted_commit_is_heard_to_its_end(sql: PostgresSql, monkeypatch):
    class Interrupted:
        def __init__(self, poll) -> None:
            self.poll_, self.times = poll, 1

        def poll(self, *timeout):
            if self.times and not timeout:
                self.times -= 1
                raise KeyboardInterrupt
            return self.poll_.poll(*timeout)

    sql.begin()
    put(sql, 1)
    monkeypatch.setattr(sql._wire, "_readable", Interrupted(sql._wire._readable))
    with pytest.raises(KeyboardInterrupt):
        sql.commit()

    assert not sql.in_transaction
    assert [1] == ids(sql)


def test_nobody_there(postgres: PostgresServer):
    address = postgres.address(tcp=True).replace(f":{postgres.port}/", ":1/")
    with pytest.raises(DatabaseUnreachable) as caught:
        connect(Address.parse(address))
    assert "127.0.0.1:1/books" in caught.value.message
    assert caught.value.retryable


def test_a_password_is_never_shown(postgres: PostgresServer):
    good = Address.parse(postgres.address(tcp=True))
    wrong = postgres.address(tcp=True).replace(PASSWORD, "not-the-password")
    with pytest.raises(DatabaseRefused) as refused:
        connect(Address.parse(wrong))
    with pytest.raises(NotAHome, match="no such database") as missing:
        connect(Address.parse(postgres.address(tcp=True).replace("/books", "/nobooks")))
    with pytest.raises(AddressMalformed) as malformed:
        Address.parse(f"postgresql://u:{PASSWORD}@h:5432:1/b?sslmode")

    said = [repr(good), good.shown]
    for caught in (refused, missing, malformed):
        assert caught.value.__cause__ is None
        said += [caught.value.message, repr(caught.value.facts())]
    assert not [text for text in said if "password" in text.replace("password authentication", "")]


@pytest.mark.parametrize(
    "text,shown",
    [
        ("postgresql://u:p@h:5/db", "postgresql://h:5/db?schema=venule"),
        ("postgres://u@h1:1,h2:2/db?schema=b_2", "postgresql://h1:1,h2:2/db?schema=b_2"),
        ("postgresql:///db?host=/run/pg&user=u", "postgresql://%2Frun%2Fpg/db?schema=venule"),
        ("postgresql://[::1]:5/db?sslmode=disable", "postgresql://[::1]:5/db?schema=venule"),
    ],
)
def test_addresses(text: str, shown: str):
    address = Address.parse(text)

    assert shown == address.shown
    assert "schema" not in address.conninfo


@pytest.mark.parametrize(
    "text",
    [
        "mysql://h/db",
        "/a/directory",
        "postgresql://h/db?schema=Books",
        "postgresql://h/db?schema=pg_books",
        "postgresql://h/db?schema=a;drop",
        "postgresql://h/db?schema=a&schema=b",
        "postgresql://h/db?nonsense=1",
        "postgresql://h/db?schema",
    ],
)
def test_addresses_that_name_no_home(text: str):
    with pytest.raises(AddressMalformed):
        Address.parse(text)


def test_a_server_that_has_no_connection_left(postgres: PostgresServer):
    postgres.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    with pytest.raises(DatabaseBusy):
        connect(Address.parse(postgres.address().replace("venule@", "few@")))


def test_a_database_that_books_cannot_rely_on(postgres: PostgresServer):
    postgres.execute("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(DatabaseUnsuitable, match="server_encoding UTF8, seen 'SQL_ASCII'"):
        connect(Address.parse(postgres.address().replace("/books", "/ascii")))
    careless = postgres.address(options="-csynchronous_commit=off")
    with pytest.raises(DatabaseUnsuitable, match="synchronous_commit"):
        connect(Address.parse(careless))

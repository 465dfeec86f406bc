"""The roles of `docs/operations/postgresql-roles.sql`: each can do its work, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from support.postgres import DATABASE, PostgresServer
from venule import app
from venule.kit.pg.errors import DatabaseRefused
from venule.kit.sql import open_readonly as open_sql
from venule.kit.time import VirtualClock
from venule.kit.writing import find_writer
from venule.ledger import Transfer, Tx, open_readonly

ROLES = ("owner", "writer", "api", "reader", "regulator")
CNY = 156
CLOCK = VirtualClock(datetime(2017, 3, 10, tzinfo=UTC))


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_accounts(CNY, 1010, 3)


def pay(tx: Tx, amount: int) -> int:
    return tx.post_all([Transfer(1, 2, amount, 1)])[0].seq


@pytest.fixture(scope="module")
def home(postgres: PostgresServer, repository: Path) -> Iterator[str]:
    """Address of a home with `USER` for the user; the roles are as the page says."""
    for role in ROLES:
        postgres.execute(f"CREATE ROLE venule_{role} LOGIN")
    postgres.execute(f"GRANT CREATE ON DATABASE {DATABASE} TO venule_owner")
    address = postgres.address("venule").replace("://venule@", "://USER@")
    with app.open_home(as_role(address, "owner"), clock=CLOCK) as made:
        made.run(set_up, None)
    script = (repository / "docs/operations/postgresql-roles.sql").read_text()
    with psycopg.connect(conninfo(postgres), autocommit=True) as conn:
        conn.execute(script.encode())
    yield address
    with psycopg.connect(conninfo(postgres), autocommit=True) as conn:
        for role in ROLES:
            conn.execute(f"DROP OWNED BY venule_{role} CASCADE".encode())
            conn.execute(f"DROP ROLE venule_{role}".encode())


def conninfo(postgres: PostgresServer) -> str:
    return f"host={postgres.folder} port={postgres.port} user=venule dbname={DATABASE}"


def as_role(address: str, role: str) -> str:
    return address.replace("USER", f"venule_{role}")


def test_the_writer_writes_and_changes_no_table(home: str):
    with app.open_home(as_role(home, "writer"), clock=CLOCK) as opened:
        seq = opened.run(pay, 5)
        with pytest.raises(Exception, match="permission denied"):
            opened.run(lambda tx, _: tx.sql.run("CREATE TABLE mine (id BIGINT)"), None)
        for change in ("UPDATE journal SET first_at = 0", "DELETE FROM schema_migration"):
            with pytest.raises(Exception, match="permission denied"):
                opened.run(lambda tx, it: tx.sql.run(it), change)
        assert seq + 1 == opened.run(pay, 6)


def test_a_reader_proves_everything_and_writes_nothing(home: str):
    place = as_role(home, "reader")
    report = app.verify(place)
    assert report.ok, report.faults
    with pytest.raises(DatabaseRefused, match="writer_lease"):
        app.open_home(place, clock=CLOCK)


def test_a_regulator_sees_the_ledger_and_no_names(home: str):
    place = as_role(home, "regulator")
    with open_readonly(place) as view:
        assert 3 == view.accounts().num_rows
    sql = open_sql(place)
    try:
        assert [] == sql.rows("SELECT id, tier FROM member")
        for hidden in (
            "display_name FROM member",
            "number FROM bank_account",
            "key FROM idempotency",
        ):
            with pytest.raises(Exception, match="permission denied"):
                sql.rows(f"SELECT {hidden}")
    finally:
        sql.close()


def test_an_api_process_finds_the_writer_and_sees_nothing_else(home: str, postgres: PostgresServer):
    with psycopg.connect(conninfo(postgres).replace("user=venule ", "user=venule_api ")) as conn:
        found = conn.execute("SELECT book, endpoint FROM venule.writer_lease").fetchall()
        assert [(1, "")] == found
        place = as_role(home, "api")
        assert find_writer(place) is None
        with app.open_home(as_role(home, "writer"), clock=CLOCK) as opened:
            opened.announce("tcp:here:1")
            assert "tcp:here:1" == find_writer(place)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT 1 FROM venule.journal")

"""The proofs find what is wrong: every column of which the ledger knows is changed here."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from support.book_house import BookTown
from venule.app import verify
from venule.kit.errors import HomeError

VOUCHED = {
    "book_clearing": "peer account",
    "book_payment": "id kind peer payer_id payer_account amount refunded original_id state"
    " held_seq ended_seq",
    "book_receipt": "id kind peer payee_id payee_account amount refunded original_id state",
}
WHERE = {
    "book_payment.ended_seq": "ended_seq > 0",
    "book_payment.original_id": "original_id IS NOT NULL",
    "book_receipt.payee_id": "state = 'received'",
    "book_receipt.payee_account": "state = 'received'",
    "book_receipt.id": "state = 'received'",
    "book_receipt.peer": "state = 'received'",
    "book_receipt.kind": "state = 'received' AND kind <> 'transfer'",
    "book_receipt.amount": "state = 'received'",
    "book_receipt.original_id": "original_id IS NOT NULL",
    "book_receipt.state": "state = 'received'",
    "book_payment.kind": "kind <> 'transfer'",
}
FREE = {
    "book_payment": "payee_id request_id note reason peer_seq made_at deadline_at ended_at",
    "book_receipt": "note reason peer_seq made_at payer_id seq",
    "book_pair_day": "peer day_on seq peer_seq balance peer_balance under_way unexplained matched"
    " state note",
    "book_pair_item": "peer day_on id kind payer_book amount detail",
    "directory_version": "id version",
    "directory_book": "number name endpoint opened_at",
    "directory_range": "first_slot last_slot book",
    "directory_institution": "institution book",
    "directory_cut": "day_on book seq",
}
"""What this book's ledger knows nothing of: words, instants, the other book, the directory.

`peer_seq` and the pairs' days are compared with the other book by each reconciliation. `seq` of a
receipt is vouched for where it was received, see `test_a_receipt_names_its_entry`.
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two books, with something of everything in the first."""
    root = tmp_path_factory.mktemp("lived") / "house"
    with BookTown(root, 2) as town:
        ann, ben = town.person(1), town.person(2)
        shop, stall = town.merchant(1), town.merchant(2)
        for payer, a, payee, b in ((ann, 1, stall, 2), (ben, 2, shop, 1)):
            made = town.send(a, payer, b, payee, 700)
            town.send(a, payer, b, ann if b == 2 else ben, 5)  # is refused
            town.transfer(a, payer, b, ben if b == 2 else ann, 6)
            town.work()
            town.send_back(b, made.id, "r", 300)
            town.work()
            town.lines[a, b].fate = lambda: "lose"
            town.send(a, payer, b, payee, 8)
            town.work()
            town.wait(seconds=60)
            town.lines[a, b].fate = lambda: "ok"
            town.work()
        town.lines[1, 2].fate = lambda: "lose"
        town.send(1, ann, 2, stall, 9)
        town.work()
        town.go_to(date(2020, 3, 3))
        town.close_day(date(2020, 3, 2))
        assert [] == town.breaks()
    return root


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    return shutil.copytree(lived / "book-0001", tmp_path / "home")


def test_the_house_is_proven_from_its_files(lived):
    for name in ("directory", "book-0001", "book-0002"):
        report = verify(lived / name)
        assert report.ok, report.faults
        assert (
            "wallet, members, access, books, fund, escrow, gateway" == report.checked["room_checks"]
        )


def test_every_column_is_named(lived):
    db = sqlite3.connect(lived / "book-0001" / "home.sqlite")
    found = db.execute(
        "SELECT m.name, i.name FROM sqlite_master AS m, pragma_table_info(m.name) AS i"
        " WHERE m.type = 'table' AND (m.name LIKE 'book\\_%' ESCAPE '\\'"
        " OR m.name LIKE 'directory\\_%' ESCAPE '\\')"
    ).fetchall()
    db.close()
    named = [
        (table, column)
        for columns in (VOUCHED, FREE)
        for table, names in columns.items()
        for column in names.split()
    ]
    assert sorted(found) == sorted(named)


OTHER = {
    "BIGINT": "{0} + 1",
    "INTEGER": "{0} + 1",
    "BYTEA": "CAST(X'41' || substr({0}, 2) AS BLOB)",
}
WORDS = {
    "kind": "CASE kind WHEN 'refund' THEN 'payment' ELSE 'refund' END",
    "book_payment.state": "CASE state WHEN 'settled' THEN 'returned' ELSE 'settled' END",
    "book_receipt.state": "'rejected'",
}


def change(home: Path, table: str, column: str) -> None:
    (home / "seal.json").unlink(missing_ok=True)
    db = sqlite3.connect(home / "home.sqlite", isolation_level=None)
    db.execute("PRAGMA ignore_check_constraints = 1")
    kinds = {row[1]: row[2] for row in db.execute(f"PRAGMA table_info({table})")}
    value = WORDS.get(f"{table}.{column}", WORDS.get(column))
    value = value or OTHER[kinds[column]].format(column)
    where = WHERE.get(f"{table}.{column}", "TRUE")
    rows = db.execute(f"SELECT rowid FROM {table} WHERE {where}").fetchall()
    assert rows
    for (row,) in rows:
        with suppress(sqlite3.IntegrityError):  # it is unique
            db.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = ?", (row,))
            db.close()
            return
    raise AssertionError("no row could be changed")


@pytest.mark.parametrize(
    "table, column", [(table, each) for table, names in VOUCHED.items() for each in names.split()]
)
def test_a_change_is_told(home, table, column):
    change(home, table, column)
    try:
        report = verify(home)
    except HomeError:
        return
    assert not report.ok
    assert any("books" in fault.where for fault in report.faults), report.faults


def test_a_receipt_names_its_entry(home):
    (home / "seal.json").unlink(missing_ok=True)
    db = sqlite3.connect(home / "home.sqlite", isolation_level=None)
    db.execute("UPDATE book_receipt SET seq = seq - 1 WHERE state = 'received'")
    db.close()
    assert not verify(home).ok


def test_each_value_of_the_free_columns_may_change(home):
    """So that the list of what is vouched for is not too short."""
    for column in ("payee_id", "peer_seq"):
        change(home, "book_payment", column)
    assert verify(home).ok

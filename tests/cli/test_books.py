"""`venule books ...`: what an operator of a house of several books sees and does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.book_house import BookTown
from support.book_processes import People, fork_book, found, kill
from venule.app import books_root
from venule.books import BookNumber, Listing, Root, SendMoney, askers, payments, send
from venule.cli.exits import Exit
from venule.kit.money import Money


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house in which something of everything has happened; closed."""
    root = tmp_path / "house"
    with BookTown(root, 2) as town:
        ann, shop = town.person(1), town.merchant(2)
        town.send(1, ann, 2, shop, 700)
        town.work()
        town.lines[1, 2].fate = lambda: "lose"
        town.send(1, ann, 2, shop, 800)
        town.settle()
    (root / "secret").write_bytes(bytes(32))
    (root / "secret").chmod(0o600)
    return root


def test_a_house_is_made_and_shown(venule, tmp_path):
    root = tmp_path / "house"
    made = venule("books", "init", root, "--books", 3)
    assert (Exit.OK, 3) == (made.code, len(made.out.splitlines()))
    again = venule("books", "init", root)
    assert Exit.REFUSED == again.code
    assert "house-of-books-exists" in again.err
    taken = venule("books", "add", root, "county", "--first-slot", 0, "--last-slot", 9)
    assert (Exit.REFUSED, True) == (taken.code, "slots-taken" in taken.err)
    shown = venule("books", "list", root, "--json").json
    assert (3, ["0-21844"]) == (shown["version"], [shown["books"][0]["slots"]])
    assert Exit.OK == venule("books", "list", root).code
    assert {"directory", "book-0001", "book-0002", "book-0003", "secret"} == {
        each.name for each in root.iterdir()
    }
    for name in ("directory", "book-0003"):
        assert Exit.OK == venule("verify", root / name).code


def test_a_book_of_an_institution(venule, tmp_path):
    root = tmp_path / "house"
    books_root(root).create()
    slots = ("--first-slot", 10, "--last-slot", 99)
    made = venule("books", "add", root, "county", *slots, "--institution", "bank", "--json")
    assert 1 == made.json["number"]
    assert "book 1\n" == venule("books", "where", root, "bank").out
    member = f"01709a6e-0c00-7000-8000-0000{99:08x}"
    assert 1 == venule("books", "where", root, member, "--json").json["book"]
    for asked, slug in (("01709a6e-0c00-7000-8000-000000000001", "slot-un"), ("x", "institution-")):
        answer = venule("books", "where", root, asked)
        assert (Exit.REFUSED, True) == (answer.code, slug in answer.err)


def test_payments_and_dead_letters(venule, house):
    shown = venule("books", "payments", house, 1, "--json").json["payments"]
    assert ["held", "settled"] == [each["state"] for each in shown]
    assert "8.00" in venule("books", "payments", house, 1, "--state", "held").out
    wrong = venule("books", "payments", house, 1, "--state", "lost")
    assert (Exit.BAD_INPUT, True) == (wrong.code, "state-unknown" in wrong.err)
    assert Exit.BAD_INPUT == venule("books", "payments", house, 1, "--limit", 0).code
    assert "book-unknown" in venule("books", "payments", house, 3).err
    [dead] = venule("books", "dead", house, 1, "--json").json["dead"]
    assert "LineDown" in dead["error"]
    assert dead["job"] in venule("books", "dead", house, 1).out
    assert [] == venule("books", "dead", house, 1, "--revive", dead["job"], "--json").json["dead"]
    assert "job-not-dead" in venule("books", "dead", house, 1, "--revive", dead["job"]).err
    assert Exit.BAD_INPUT == venule("books", "dead", house, 1, "--revive", "x").code


def test_totals(venule, house):
    shown = venule("books", "totals", house, "--json").json
    assert (True, 100_000, 0) == (
        shown["whole"],
        shown["client_minor"],
        shown["under_way_minor"],
    )
    assert "owed to clients: 1000.00" in venule("books", "totals", house).out


def test_a_book_is_looked_into_as_any_home(venule, house):
    book = house / "book-0002"
    balances = venule("balances", book, "--json")
    assert Exit.OK == balances.code, balances.err
    assert "BOOK_CLEARING" in balances.out
    listed = venule("ledger", "accounts", book, "--code", 2900, "--json").json["accounts"]
    assert [-700] == [each["balance_minor"] for each in listed]
    told = venule("ledger", "transfers", book, "--code", 703, "--json").json["transfers"]
    assert [700] == [each["amount_minor"] for each in told]
    assert Exit.OK == venule("verify", book).code


def test_the_close_of_a_day(venule, house):
    answer = venule("books", "reconcile", house, "2020-03-02")
    assert Exit.OK == answer.code, answer.err
    [pair] = venule("books", "reconcile", house, "2020-03-02", "--json").json["pairs"]
    assert (700, -700, "balanced") == (
        pair["balance_minor"],
        pair["peer_balance_minor"],
        pair["state"],
    )
    assert "balanced" in venule("books", "explain", house, 1, 2, "2020-03-02", "no need").out
    assert "pair-day-unknown" in venule("books", "explain", house, 1, 2, "2020-03-05", "why").err
    assert Exit.BAD_INPUT == venule("books", "reconcile", house, "yesterday").code
    future = venule("books", "reconcile", house, "2999-01-01")
    assert "day-not-over" in future.err


def test_an_alarm_is_refused(venule, house):
    root = books_root(house)
    with root.open_book(2) as home:
        home.run(forget, None)
    answer = venule("books", "reconcile", house, "2020-03-02")
    assert Exit.REFUSED == answer.code
    assert "not_received" in answer.out
    assert "explained" in venule("books", "explain", house, 1, 2, "2020-03-02", "a test").out


def forget(tx, _: None) -> None:
    tx.sql.run("DELETE FROM book_receipt")


@pytest.fixture
def founded(tmp_path: Path) -> tuple[Path, Root, People]:
    return tmp_path / "house", *found(tmp_path / "house", 2)


def pay_across(root: Root, people: People) -> None:
    door = askers(root, [1])[1]
    pay = SendMoney(people[1][0].id, people[2][1].id, BookNumber(2), Money(700, "CNY"))
    door.submit(send, pay, "tea").result()
    while door.read(payments, Listing())[0].ended_at is None:
        pass
    door.close()


def test_books_that_are_served_are_asked(venule, founded):
    place, root, people = founded
    pids = [fork_book(place, number) for number in people]
    try:
        pay_across(root, people)
        assert "700" in str(venule("books", "totals", place, "--json").json)
        closed = venule("books", "reconcile", place, "2020-03-02")
        assert Exit.OK == closed.code, closed.err
        assert "tcp:127.0.0.1:" in venule("books", "list", place).out
        assert Exit.OK == venule("books", "dead", place, 1).code
    finally:
        for pid in pids:
            kill(pid)


def test_a_book_is_served_until_it_is_told_to_end(founded):
    place, root, people = founded
    command = [sys.executable, "-c", "import sys; from venule.cli import main; sys.exit(main())"]
    served = [
        subprocess.Popen(
            [*command, "books", "serve", str(place), str(number)],
            stdout=subprocess.PIPE,
        )
        for number in people
    ]
    try:
        for each in served:
            assert each.stdout is not None
            assert b"is served at tcp:127.0.0.1:" in each.stdout.readline()
        pay_across(root, people)
    finally:
        for each in served:
            each.send_signal(signal.SIGTERM)
        codes = [each.wait(30) for each in served]
        for each in served:
            each.stdout.close()
    assert [Exit.OK, Exit.OK] == codes
    with root.open_book(2, readonly=True) as home:
        assert 1 == home.read(lambda tx: tx.sql.row("SELECT COUNT(*) FROM book_receipt"))[0]

"""A book on a cluster: payments with a row each, many callers, and what must hold afterwards."""

from __future__ import annotations

import threading
from collections import Counter
from time import monotonic, sleep
from typing import Any

from venule.app import open_home, verify
from venule.kit.desk import Desk
from venule.kit.errors import AppError, HomeError
from venule.kit.home import Home
from venule.kit.pg.address import Address
from venule.kit.pg.cluster import building
from venule.kit.tx import Call
from venule.ledger import AccountFlags, Transfer, Tx

CNY = 156
BANK, PAYER, PAYEE = 1, 2, 3
START_FEN = 100_000_000
PATIENCE_US = 30_000_000
GIVE_UP_S = 90
CALLERS = 6

PAID = "CREATE TABLE paid (seq BIGINT PRIMARY KEY, number BIGINT NOT NULL)"


def open_book(address: str, **options: Any) -> Home[Tx]:
    """Open a book; if it is new, with a payer, a payee and a table of payments."""
    home = open_home(address, **options)
    if not home.sql.readonly and not home.read(lambda tx: tx.sql.has_table("paid")):
        with building(home.sql, Address.parse(address)) as builder:
            builder.run(PAID)
        home.run(set_up, None)
    return home


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    tx.open_accounts(CNY, 2010, 2, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
    tx.post_all([Transfer(bank, PAYER, START_FEN, 1)])


def pay(tx: Tx, number: int) -> int:
    """A payment, with its row; return its place in the journal."""
    [posted] = tx.post_all([Transfer(PAYER, PAYEE, 1, 2)])
    tx.sql.run("INSERT INTO paid (seq, number) VALUES (?, ?)", (posted.seq, number))
    return posted.seq


def pay_and_fail(tx: Tx, number: int) -> int:
    pay(tx, number)
    raise ZeroDivisionError


def paid(home: Home[Tx]) -> list[int]:
    """Return the numbers that were paid, in order; rows and ledger agree."""
    rows = home.read(lambda tx: tx.sql.rows("SELECT number FROM paid ORDER BY seq"))
    assert len(rows) == home.read(lambda tx: tx.account(PAYEE).credits_posted)
    return [number for (number,) in rows]


def port_of(home: Home[Tx]) -> int:
    """Return the port of the server that a home is connected to."""
    return int(home.sql.conn.info.port)  # type: ignore[attr-defined]


class Load:
    """Callers that pay through one desk, each again with the same key until it is answered.

    A writer that cannot go on is closed and opened again, as its supervisor would. Use it as a
    context: inside, the callers are at work; at the end they have stopped, and `check` says what
    must hold.
    """

    def __init__(self, address: str, callers: int = CALLERS) -> None:
        self.address = address
        self.answered: dict[int, int] = {}
        self.errors: Counter[str] = Counter()
        self.reopened = 0
        self.longest_s = 0.0
        self._gate = threading.Lock()
        self._stop = threading.Event()
        self._desk = self._open()
        self._threads = [
            threading.Thread(target=self._call, args=(n, callers)) for n in range(callers)
        ]

    def _open(self) -> Desk[Tx]:
        return Desk(open_book(self.address, patience_us=PATIENCE_US))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._desk.close()
        self._desk.home.close()

    def _call(self, number: int, step: int) -> None:
        while not self._stop.is_set():
            self._pay(number)
            number += step

    def _pay(self, number: int) -> None:
        began = monotonic()
        give_up = began + GIVE_UP_S
        while monotonic() < give_up:
            desk = self._desk
            try:
                self.answered[number] = desk.call(pay, number, key=f"pay {number}")
                self.longest_s = max(self.longest_s, monotonic() - began)
                return
            except Exception as error:
                with self._gate:
                    self.errors[_name(error)] += 1
                if isinstance(error, AppError):
                    self._mend(desk)
                sleep(0.02)
        raise AssertionError(f"payment {number} was never answered: {self.errors}")

    def _mend(self, desk: Desk[Tx]) -> None:
        """Open the writer again if it is the one that failed, and has not recovered by itself."""
        with self._gate:
            if desk is not self._desk:
                return
            try:
                desk.home.check_writer()
                return
            except HomeError:
                pass
            desk.close()
            try:
                desk.home.close()
                self._desk = self._open()
                self.reopened += 1
            except HomeError as error:
                self.errors[_name(error)] += 1

    @property
    def port(self) -> int:
        """Return the port of the server that the writer is connected to."""
        return port_of(self._desk.home)

    def wait_for(self, more: int) -> None:
        """Let so many more payments be answered."""
        until, enough = monotonic() + GIVE_UP_S, len(self.answered) + more
        while len(self.answered) < enough:
            assert monotonic() < until, f"no payments any more: {self.errors}"
            sleep(0.01)

    def wait_for_errors(self) -> None:
        """Let a caller be told that something is wrong."""
        until, before = monotonic() + GIVE_UP_S, self.errors.total()
        while self.errors.total() == before:
            assert monotonic() < until, "no errors"
            sleep(0.01)

    def check(self) -> None:
        """What was answered is there once, at the place that was told; the book is whole."""
        with open_book(self.address, patience_us=PATIENCE_US) as home:
            rows = home.read(lambda tx: tx.sql.rows("SELECT number, seq FROM paid"))
            assert len(rows) == home.read(lambda tx: tx.account(PAYEE).credits_posted)
        twice = [number for number, times in Counter(n for n, _ in rows).items() if times > 1]
        assert [] == twice
        kept = dict(rows)
        lost = {number for number, seq in self.answered.items() if kept.get(number) != seq}
        assert set() == lost
        report = verify(self.address)
        assert report.ok, report.faults


def _name(error: Exception) -> str:
    shown = error.message if isinstance(error, AppError) else str(error).split("\n")[0]
    return f"{type(error).__name__}: {shown[:160]}"


def calls(*numbers: int) -> list[Call[Tx]]:
    return [Call(pay, number, f"pay {number}") for number in numbers]

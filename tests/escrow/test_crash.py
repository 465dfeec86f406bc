"""Killed at any statement: a command is there or not at all, and what is due is done later."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from support.escrow_scenes import TERMS
from support.escrow_town import EscrowTown
from venule.app import verify
from venule.escrow import (
    AnswerCase,
    AskRefund,
    BindReceivers,
    Confirm,
    CreateTrade,
    FreezeFunds,
    OpenDispute,
    PayAuthorised,
    PayTrade,
    Receiver,
    RefundTrade,
    RoyaltyOnRefund,
    Rule,
    Settle,
    Ship,
    TradeKind,
    answer_case,
    ask_refund,
    bind_receivers,
    confirm,
    create_trade,
    freeze_funds,
    open_dispute,
    pay_authorised,
    pay_trade,
    refund_trade,
    rule,
    settle,
    ship,
    trade_by_number,
)
from venule.kit.errors import CommitFailed
from venule.ledger import Tx
from venule.members import MemberId


class Killed(Exception):
    """The process ends here."""


def state_of(town: EscrowTown) -> object:
    """All that the room's commands leave behind, but for ids and instants."""

    def look(tx: Tx) -> object:
        view = tx.accounts_view()
        money = [view[name].tolist() for name in ("debits_posted", "credits_posted")]
        trades = tx.sql.rows(
            "SELECT out_trade_no, state, unshipped, shipped, released, awarded, refunded, shared,"
            " unsettled, fee, fee_returned FROM escrow_trade ORDER BY 1"
        )
        counts = [
            tx.sql.rows(f"SELECT COUNT(*) FROM {name}")
            for name in (
                "escrow_shipment",
                "escrow_refund",
                "escrow_settlement",
                "escrow_royalty_return",
                "escrow_ruling",
                "escrow_operation",
                "event",
                "limit_use",
            )
        ]
        return money, trades, counts

    return town.read(look)


def steps(town: EscrowTown, partner: MemberId) -> list:
    """One command after another through most of what can be done; each is made when it is due."""
    shop, buyer = town.shop, town.buyer

    def of(number):
        return town.read(trade_by_number, "app", number)

    def order(number, amount, **how):
        return CreateTrade("app", number, shop, amount, "tea", buyer, **how)

    def pay(number):
        return pay_trade, PayTrade(of(number).id, buyer)

    def case():
        return of("T1").case_id

    def frozen():
        return town.read(lambda tx: tx.sql.rows("SELECT id FROM escrow_authorisation"))[0][0]

    instant = {"kind": TradeKind.INSTANT, "settle": True}
    back = RoyaltyOnRefund.PRO_RATA
    return [
        lambda: (create_trade, order("T1", 10_000)),
        lambda: pay("T1"),
        lambda: (ship, Ship(of("T1").id, shop, "SF", "1", 4_000)),
        lambda: (ship, Ship(of("T1").id, shop, "SF", "2")),
        lambda: (refund_trade, RefundTrade(of("T1").id, shop, "R1", 500)),
        lambda: (confirm, Confirm(of("T1").id, buyer, 1)),
        lambda: (ask_refund, AskRefund(of("T1").id, buyer, "C1", 1_000, "broken")),
        lambda: (answer_case, AnswerCase(case(), shop, agree=False)),
        lambda: (open_dispute, OpenDispute(case(), buyer)),
        lambda: (rule, Rule(case(), "ann", 2_000, of("T1").held_minor - 2_000, "so be it")),
        lambda: (create_trade, order("T2", 9_999, **instant)),
        lambda: pay("T2"),
        lambda: (
            settle,
            Settle(of("T2").id, shop, "S1", [Receiver(partner, ratio_ppm=333_333)]),
        ),
        lambda: (refund_trade, RefundTrade(of("T2").id, shop, "R1", 3_333, royalties=back)),
        lambda: (freeze_funds, FreezeFunds("app", "A1", "1", buyer, shop, 8_000, "a room")),
        lambda: (
            pay_authorised,
            PayAuthorised(UUID(bytes=frozen()), shop, "N1", 3_000, "a night"),
        ),
    ]


def new_town(path: Path) -> tuple[EscrowTown, MemberId]:
    town = EscrowTown(path, TERMS)
    partner = town.merchant()
    town.run(bind_receivers, BindReceivers(town.shop, [partner]))
    return town, partner


def test_killed_inside_any_command(tmp_path: Path):
    """Raise before each statement in turn: a command is there or not at all; again does it once."""
    town, partner = new_town(tmp_path / "uninterrupted")
    for step in steps(town, partner):
        town.run(*step())
    town.wait(days=500)
    expected = state_of(town)
    assert [] == town.breaks()
    town.home.close()

    town, partner = new_town(tmp_path / "killed")
    killed = 0
    for number, step in enumerate(steps(town, partner)):
        at = 0
        while True:
            at += 1
            fn, command = step()
            before = state_of(town)
            count = 0

            def die(statement: str, at: int = at) -> None:
                nonlocal count
                count += 1
                if count == at:
                    raise Killed(statement)

            town.home.sql.watch(die)
            try:
                town.run(fn, command, key=f"step {number}")
            except (Killed, CommitFailed):
                killed += 1
                town.home.sql.watch(lambda _: None)
                town.reopen()
                now = state_of(town)
                if now != before:  # it died after the commit: the key gives the first answer
                    town.run(fn, command, key=f"step {number}")
                    assert now == state_of(town)
                    break
            else:
                town.home.sql.watch(lambda _: None)
                break
    town.wait(days=500)

    assert killed > 100
    assert expected == state_of(town)
    assert [] == town.breaks()
    town.home.close()
    assert verify(town.place).ok


def test_killed_between_any_two_deadlines(tmp_path: Path):
    """The files as a kill would leave them, again and again, while time passes: nothing is lost."""
    town = EscrowTown(tmp_path / "home", TERMS)
    town.order(100)
    town.paid(1_000)
    parts = town.paid(5_000)
    town.ship(parts, 2_000)
    town.shipped(3_000)
    town.ask(town.shipped(4_000))
    end = town.clock.now() + timedelta(days=450)
    town.pass_to(end)
    expected = state_of(town)
    town.home.close()

    town = EscrowTown(tmp_path / "killed 0", TERMS)
    town.order(100)
    town.paid(1_000)
    parts = town.paid(5_000)
    town.ship(parts, 2_000)
    town.shipped(3_000)
    town.ask(town.shipped(4_000))
    deaths = 0
    while (due := town.jobs.next_due_at()) is not None and due <= end:
        town.clock.set(max(due, town.clock.now()))
        town.jobs.run_due(limit=1)
        deaths += 1
        path = tmp_path / f"killed {deaths}"
        shutil.copytree(town.place, path, ignore=shutil.ignore_patterns("lock"))
        town.home.close()
        town.place = path
        town.runs += 1
        town.home = town._open()
    town.clock.set(end)
    assert deaths > 10
    assert expected == state_of(town)
    assert [] == town.breaks()
    town.home.close()


WORKER = """
import sys
from pathlib import Path
from test_crash import work
work(Path(sys.argv[1]), int(sys.argv[2]))
"""
MOMENTS = 6
SEED = 20140512


def work(path: Path, number: int) -> None:
    """Trade and say, after each command, what is durable; until killed."""
    town = EscrowTown(path, TERMS, runs=number)
    while True:
        number += 1
        trade = town.order(100, out_trade_no=f"W{number}")
        os.write(1, (json.dumps([trade.out_trade_no, "created"]) + "\n").encode())
        for step in (town.pay, town.ship, town.confirm):
            step(trade)
            now = town.trade(trade)
            os.write(1, (json.dumps([now.out_trade_no, now.state.value]) + "\n").encode())


ORDER = ("created", "paid", "shipped", "success", "finished")


@pytest.mark.timeout(300)
def test_kill_9_at_random_moments(tmp_path: Path):
    path, random = tmp_path / "home", Random(SEED)
    with EscrowTown(path, TERMS):
        pass
    answered: dict[str, str] = {}
    tests = Path(__file__).parent
    places = os.pathsep.join([str(tests), str(tests.parent), *sys.path])
    for moment in range(MOMENTS):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, path, str(10_000 * (moment + 1))],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": places},
        )
        assert worker.stdout is not None
        first = worker.stdout.readline()
        time.sleep(random.random() * 0.3)
        os.kill(worker.pid, signal.SIGKILL)
        *whole, _ = (first + worker.stdout.read()).split(b"\n")
        worker.stdout.close()
        assert -signal.SIGKILL == worker.wait()
        answered |= dict(json.loads(line) for line in whole)
        with EscrowTown(path, TERMS, runs=moment + 100) as town:
            assert [] == town.breaks()
            for number, state in answered.items():
                seen = town.read(trade_by_number, "app 1", number).state.value
                assert ORDER.index(seen) >= ORDER.index(state)
    assert len(answered) > 2 * MOMENTS, "the workers never came to work"
    assert verify(path).ok

"""Worlds from seeds, with an auditor who must find what is wrong when we make it wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest

from support.postgres import PostgresServer
from support.sim.__main__ import again, main
from support.sim.postgres_house import postgres_house
from support.sim.run import STEPS, run
from venule.fund import steps
from venule.kit import time as kit_time
from venule.kit.idempotency import Keys
from venule.kit.sqlite import SqliteSql
from venule.ledger import Transfer
from venule.ledger.book import Book
from venule.wallet import flows, rules, service, store

STEPS_SHORT = 120
SEEDS_SHORT = 3
HAPPENS_ON_POSTGRESQL = (
    *("killed at ", "killed after the commit", "killed between", "connection lost at "),
    *("answer of the commit lost", "disk full and told so"),
)
HAPPENS = (
    *("killed at ", "killed between", "power failed", "answer lost", "asked again at once"),
    *("asked again after", "doubled", "disk full and told so", "midnight", "holiday"),
)


@pytest.mark.sim
def test_worlds_hold(seeds: range):
    """Three seeds in the suite; `make sim SEEDS=n` takes more."""
    with ProcessPoolExecutor(2) as pool:
        reports = list(pool.map(run, seeds))
    failed = [(again(report), report.failure) for report in reports if report.failure]
    assert [] == failed
    happened: Counter[str] = sum((report.counts for report in reports), Counter())
    for what in HAPPENS:
        assert any(name.startswith(what) for name in happened), f"{what} never happened"


@pytest.mark.sim
def test_worlds_hold_on_postgresql(postgres: PostgresServer, seeds: range):
    """The same world, with the faults of a database; short in the suite."""
    happened: Counter[str] = Counter()
    for seed in seeds:
        steps = STEPS if len(seeds) > SEEDS_SHORT else STEPS_SHORT
        make = partial(postgres_house, address=postgres.address())
        report = run(seed, steps, make=make)
        assert "" == report.failure, f"seed {seed} at step {report.step}: {report.trace[-5:]}"
        happened += report.counts
    for what in HAPPENS_ON_POSTGRESQL:
        assert any(name.startswith(what) for name in happened), f"{what} never happened"


def test_a_replay_is_the_same():
    assert run(11, STEPS_SHORT).digest == run(11, STEPS_SHORT).digest
    assert run(11, STEPS_SHORT).digest != run(12, STEPS_SHORT).digest


def test_a_failure_prints_how_to_replay_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    plant_no_fees(monkeypatch)
    assert 1 == main(["--seed", "3"])
    told = capsys.readouterr().out
    assert re.search(r"seed 3 failed at step \d+", told)
    assert "make sim SEED=3" in told
    last = msgspec.json.decode(told.splitlines()[-1])
    assert last["failed"]


# Faults in our own code, each of which some world must tell


def plant_no_fees(patch: pytest.MonkeyPatch) -> None:
    def pay(payer: int, merchant: int, amount: int, ref: bytes, *_: int) -> list[Transfer]:
        return genuine(payer, merchant, amount, ref, 0, 0)

    genuine = flows.pay
    patch.setattr(flows, "pay", pay)


def plant_deaf_keys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Keys, "first_answer", lambda *_: None)
    patch.setattr(Keys, "remember", lambda *_: None)


def plant_lost_commits(patch: pytest.MonkeyPatch) -> None:
    commits = 0
    commit = SqliteSql.commit

    def forgetful(sql: SqliteSql) -> None:
        nonlocal commits
        commits += 1
        sql.rollback() if commits % 90 == 0 else commit(sql)

    patch.setattr(SqliteSql, "commit", forgetful)


def plant_income_of_another(patch: pytest.MonkeyPatch) -> None:
    distribute = steps.distribute

    def unjust(*args: Any, **more: Any) -> Any:
        fair = distribute(*args, **more)
        if len(fair.credits) > 1 and fair.credits[0] > 0:
            fair.credits[:2] += np.array([-1, 1])
        return fair

    patch.setattr(steps, "distribute", unjust)


def plant_holds_that_stay(patch: pytest.MonkeyPatch) -> None:
    def keep(house: Any, wallet: int, ref: bytes, held_seq: int) -> list[Transfer]:
        return []

    patch.setattr(flows, "release_payout", keep)


def plant_a_refund_to_the_payee(patch: pytest.MonkeyPatch) -> None:
    refund = flows.refund
    patch.setattr(flows, "refund", lambda merchant, payer, *rest: refund(payer, merchant, *rest))


def plant_an_account_that_drifts(patch: pytest.MonkeyPatch) -> None:
    """Memory has another balance than the journal, once in a while."""
    committed = Book.committed

    def careless(book: Book) -> None:
        committed(book)
        if book.memory.next_seq % 7 == 0:
            book.memory.accounts["debits_posted"][1] += 1

    patch.setattr(Book, "committed", careless)


def plant_utc_days(patch: pytest.MonkeyPatch) -> None:
    """Days end at midnight in London."""

    def utc_date(instant: Any) -> Any:
        return instant.date()

    for module in (rules, service, store, kit_time):
        if hasattr(module, "china_date"):
            patch.setattr(module, "china_date", utc_date)


PLANTS: list[Callable[[pytest.MonkeyPatch], None]] = [
    plant_no_fees,
    plant_deaf_keys,
    plant_lost_commits,
    plant_income_of_another,
    plant_holds_that_stay,
    plant_a_refund_to_the_payee,
    plant_an_account_that_drifts,
    plant_utc_days,
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__.removeprefix("plant_"))
def test_a_planted_fault_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch)
    assert any(run(seed).failure for seed in range(6)), "six worlds saw nothing"

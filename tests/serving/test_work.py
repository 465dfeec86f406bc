"""The work beside the requests: jobs are run, messages taken, what is old thrown away."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from support.both_homes import Places
from support.wallet_town import Town, yuan
from venule.kit.idempotency import request_key
from venule.kit.jobs import JobRunner
from venule.kit.time import china_instant
from venule.serving.metrics import Metrics
from venule.serving.work import Worker, jobs_lag_s
from venule.wallet import (
    RequestTopUp,
    TransferMoney,
    Withdraw,
    check,
    request_top_up,
    transfer,
    wallet_jobs,
    withdraw,
)


@pytest.fixture
def town(places: Places):
    with Town(places("home"), china_instant(date(2017, 3, 10), time(9))) as town:
        yield town


def rows(town: Town, table: str) -> int:
    return town.read(lambda tx: tx.sql.row(f"SELECT COUNT(*) FROM {table}")[0])


def test_orders_go_to_the_bank_and_its_word_comes_back(town):
    me = town.person(money="10")
    account = town.bank_account(me.id)
    town.run(withdraw, Withdraw(me.id, account, yuan("4")))
    town.run(request_top_up, RequestTopUp(me.id, account, yuan("1")))
    worker = Worker(town.home, wallet_jobs(town.rail), rail=town.rail)

    while worker.work_once():
        town.wait(seconds=1)
    town.wait(hours=1)
    while worker.work_once():
        pass

    assert 700 == town.fen(me.id)
    assert [] == town.read(check)


def test_a_thread_does_it_by_itself(town):
    me = town.person(money="10")
    account = town.bank_account(me.id)
    town.run(withdraw, Withdraw(me.id, account, yuan("4")))
    done = []

    def tick(_home) -> int:
        done.append(1)
        return 0

    runner = JobRunner(town.home, wallet_jobs(town.rail))
    with Worker(town.home, wallet_jobs(town.rail), rail=town.rail, ticks=[tick]):
        while runner.next_due_at() is not None or not done:
            pass
    assert 600 == town.fen(me.id)


def test_a_broken_tick_does_not_end_the_work(town):
    seen = []

    def broken(_home) -> int:
        seen.append(1)
        raise RuntimeError("a bug")

    worker = Worker(town.home, {}, ticks=[broken])
    worker._stop.wait = lambda seconds: len(seen) > 2 and worker._stop.set()
    worker._live()
    assert len(seen) > 2


def test_old_keys_and_done_jobs_are_thrown_away(town):
    me, you = town.person(money="10"), town.person()
    command = TransferMoney(me.id, you.id, yuan("1"))
    key = request_key("person/1", "k", bytes(32))
    first = town.run(transfer, command, key=key)
    town.run(withdraw, Withdraw(me.id, town.bank_account(me.id), yuan("1")))
    town.work()
    worker = Worker(town.home, {}, keep_keys=timedelta(days=3))

    town.wait(days=2, hours=23)
    worker.clean()
    assert first == town.run(transfer, command, key=key), "kept for as long as was said"
    town.wait(days=8)
    worker.clean()
    assert 0 == rows(town, "idempotency")
    assert 0 == rows(town, "job")


def test_the_lag_of_jobs_is_told(town):
    me = town.person(money="10")
    kinds = sorted(wallet_jobs(town.rail))
    assert 0 == town.read(jobs_lag_s, kinds)
    town.run(withdraw, Withdraw(me.id, town.bank_account(me.id), yuan("1")))
    town.wait(seconds=90)
    assert 90 <= town.read(jobs_lag_s, kinds) < 91


def test_metrics_are_told_in_prometheus_words(house):
    house.client.get("/healthz")
    house.client.get("/v1/nothing")
    text = house.metrics.text().decode()

    for line in (
        'venule_http_requests_total{method="GET",route="/healthz",status="200"} 1.0',
        'venule_http_problems_total{code="route-not-found"} 1.0',
        "venule_commands_total",
        "venule_group_commands_bucket",
        "venule_commit_seconds_sum",
        "venule_http_at_work 0.0",
    ):
        assert line in text, line


def test_a_gauge_that_nobody_knows_now_is_left_out():
    from venule.kit.errors import DeskClosed

    def unknown() -> float:
        raise DeskClosed

    metrics = Metrics()
    metrics.ask("venule_a", "A.", lambda: 1)
    metrics.ask("venule_b", "B.", unknown)
    metrics.ask("venule_a", "A.", lambda: 2)
    text = metrics.text().decode()
    assert "venule_a 2.0" in text
    assert "venule_b" not in text

"""Several processes of the service on one database, and one that is killed: nothing is lost,
nothing is done twice, and who is shut out in one is shut out in all."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from support import house_folk as folk
from support.postgres import PostgresServer
from support.processes import Load, Running, Town, town, wait_ready
from venule.app import open_home, verify
from venule.wallet import OrdersQuery, payments_of

PAYERS = 8


@dataclass
class Seeded:
    """A town whose home has members with sessions and a shop with an application."""

    town: Town
    payers: list[folk.Folk]
    shop: Any
    buyer: Any
    app: folk.App


def seed(it: Town) -> Seeded:
    with open_home(it.home if "://" in it.home else Path(it.home)) as home:
        folk.set_up(home.run)
        payers = [folk.person(home.run) for _ in range(PAYERS)]
        shop = folk.new_shop(home.run)
        buyer = folk.new_shop(home.run, folk.OPENING_FEN)
        app = folk.app(home.run, buyer, ("payments.write", "wallet.read"))
    return Seeded(it, payers, shop, buyer, app)


@pytest.fixture
def seeded(postgres: PostgresServer, tmp_path: Path) -> Iterator[Seeded]:
    with town(postgres.address(), tmp_path) as it:
        yield seed(it)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Seeded]:
    with town(str(tmp_path / "house"), tmp_path) as it:
        yield seed(it)


def pay_body(seeded: Seeded, yuan: str = "1.00") -> dict[str, Any]:
    return {
        "merchant_id": str(seeded.shop),
        "amount": {"amount": yuan, "currency": "CNY"},
        "note": "one coffee",
    }


def booked(seeded: Seeded, payer: Any) -> Counter[tuple[str, int]]:
    """What the books hold of somebody's payments, read by another way than the API."""
    place = seeded.town.home
    found: Counter[tuple[str, int]] = Counter()
    with open_home(place if "://" in place else Path(place), readonly=True) as home:
        cursor = None
        while True:
            query = OrdersQuery(payer, limit=200, before_seq=cursor)
            page = home.read(lambda tx, query=query: payments_of(tx, query))
            for each in page.items:
                found[each.note, each.amount_minor] += 1
            cursor = page.next_before_seq
            if cursor is None:
                return found


def check_all_once(seeded: Seeded, load: Load) -> None:
    """Both sides have counted the same payments, each once; and the books hold together."""
    for payer in seeded.payers:
        asked = Counter(
            (it.body["note"], round(100 * Decimal(it.body["amount"]["amount"])))
            for who, it in load.sent
            if who is payer
        )
        assert asked == booked(seeded, payer.id)
    ids = [it.answer["id"] for _, it in load.sent]
    assert len(ids) == len(set(ids))
    place = seeded.town.home
    report = verify(place if "://" in place else Path(place))
    assert report.ok, report.faults


async def at_once(urls: list[str], headers: dict[str, str], body: Any, each: int) -> list[Any]:
    async with httpx.AsyncClient(timeout=60) as client:
        asked = [
            client.post(f"{url}/v1/payments", json=body, headers=headers)
            for url in urls
            for _ in range(each)
        ]
        return await asyncio.gather(*asked)


def test_two_processes_know_each_other_s_keys(seeded):
    writer, first, second = seeded.town.writer(), seeded.town.serve(), seeded.town.serve()
    urls = [first.url, second.url]
    for url in urls:
        wait_ready(url)
    payer, body = seeded.payers[0], pay_body(seeded)
    headers = {**payer.headers, "idempotency-key": "the-same"}
    said = asyncio.run(at_once(urls, headers, body, 1))
    assert [201, 201] == [each.status_code for each in said], [each.text for each in said]
    assert said[0].content == said[1].content

    # Many at once: within a process, those that meet the first one are told that it runs.
    headers["idempotency-key"] = "the-same-again"
    said = asyncio.run(at_once(urls, headers, body, 6))
    assert {201} <= {each.status_code for each in said} <= {201, 409}
    assert 1 == len({each.content for each in said if each.status_code == 201})
    assert {"idempotency-key-running"} >= {
        each.json()["code"] for each in said if each.status_code == 409
    }
    assert Counter({("one coffee", 100): 2}) == booked(seeded, payer.id)

    # All of them end and begin again, and remember.
    assert [0, 0, 0] == [each.stop() for each in (first, second, writer)]
    seeded.town.writer()
    first, second = seeded.town.serve(), seeded.town.serve()
    for url in (first.url, second.url):
        wait_ready(url)
    again = asyncio.run(at_once([first.url, second.url], headers, body, 1))
    kept = next(each for each in said if each.status_code == 201)
    assert [kept.content] * 2 == [each.content for each in again]
    other = pay_body(seeded, "1.01")
    refused = asyncio.run(at_once([first.url, second.url], headers, other, 1))
    assert [422, 422] == [each.status_code for each in refused]
    assert Counter({("one coffee", 100): 2}) == booked(seeded, payer.id)


def test_a_signed_request_counts_once_in_all_processes(seeded):
    seeded.town.writer()
    first, second = seeded.town.serve(), seeded.town.serve()
    for url in (first.url, second.url):
        wait_ready(url)
    body = json.dumps(pay_body(seeded)).encode()
    headers = seeded.app.signed(
        "POST", "http://pay.example/v1/payments", body, **{"idempotency-key": "signed"}
    )
    headers["host"] = "pay.example"
    said = httpx.post(f"{first.url}/v1/payments", content=body, headers=headers, timeout=60)
    assert 201 == said.status_code, said.text
    assert "signature" in said.headers
    for url in (second.url, first.url):
        replayed = httpx.post(f"{url}/v1/payments", content=body, headers=headers, timeout=60)
        assert (401, "used-before") == (replayed.status_code, replayed.json()["code"])
    assert Counter({("one coffee", 100): 1}) == booked(seeded, seeded.buyer)


def test_who_signs_out_is_out_everywhere(seeded):
    seeded.town.writer()
    first, second = seeded.town.serve(), seeded.town.serve()
    for url in (first.url, second.url):
        wait_ready(url)
    payer = seeded.payers[1]
    for url in (first.url, second.url):
        assert 200 == httpx.get(f"{url}/v1/wallet", headers=payer.headers).status_code
    ended = httpx.delete(f"{first.url}/v1/session", headers=payer.headers)
    assert ended.status_code in {200, 204}
    over = time.monotonic()
    assert 401 == httpx.get(f"{first.url}/v1/wallet", headers=payer.headers).status_code
    while True:
        asked = time.monotonic()
        if httpx.get(f"{second.url}/v1/wallet", headers=payer.headers).status_code == 401:
            break
        assert asked - over < 2, "a session that is over is still used in the other process"


def test_a_writer_is_killed_under_load(seeded):
    writer = seeded.town.writer()
    first, second = seeded.town.serve(), seeded.town.serve()
    urls = [first.url, second.url]
    for url in urls:
        wait_ready(url)
    with Load(urls, seeded.payers, seeded.shop) as load:
        load.until(100)
        writer.kill()
        away = wait_ready(first.url, 503).json()
        assert "unavailable" == away["status"]
        seeded.town.writer()
        before = load.answered()
        load.until(before + 100)
    for url in urls:
        wait_ready(url)
    load.retry(second.url)
    check_all_once(seeded, load)
    assert not load.problems


def test_a_serving_process_is_told_to_stop_under_load(seeded):
    seeded.town.writer()
    first, second = seeded.town.serve(), seeded.town.serve()
    urls = [first.url, second.url]
    for url in urls:
        wait_ready(url)
    with Load(urls, seeded.payers, seeded.shop) as load:
        load.until(100)
        assert 0 == first.stop()
        before = load.answered()
        load.until(before + 50)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{urls[0]}/healthz")
    # What was taken has been answered: the payer saw either an answer, or a connection refused.
    assert {201, 503, 0} >= {it.status for _, it in load.sent}
    for _, it in load.sent:
        if it.status == 503:
            assert "stopping" == it.answer["code"]
    load.retry(urls[1])
    check_all_once(seeded, load)


def test_a_house_of_one_process_is_killed_under_load(embedded):
    running = embedded.town.serve()
    url = running.url
    wait_ready(url)
    with Load([url], embedded.payers, embedded.shop) as load:
        load.until(100)
        running.kill()
        port = url.rpartition(":")[2]
        running = embedded.town.serve(listen=f"127.0.0.1:{port}")
        before = load.answered()
        load.until(before + 100)
    answers = {it.key: it.answer for _, it in load.sent if it.status == 201}
    load.retry(url)
    # Keys that were answered before the end still give the same answer.
    with httpx.Client(base_url=url, timeout=60) as client:
        for payer, it in load.sent[:60]:
            headers = {**payer.headers, "idempotency-key": it.key}
            again = client.post("/v1/payments", json=it.body, headers=headers)
            assert it.answer == again.json()
            assert answers.get(it.key, it.answer) == again.json()
    assert 0 == running.stop()
    check_all_once(embedded, load)


def test_more_than_fits_is_shed_and_nothing_is_lost(seeded):
    seeded.town.writer()
    it = seeded.town.serve(at_work_max=2)
    wait_ready(it.url)

    async def flood() -> list[tuple[folk.Folk, str, httpx.Response]]:
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(base_url=it.url, timeout=60, limits=limits) as client:

            async def one(at: int) -> tuple[folk.Folk, str, httpx.Response]:
                payer = seeded.payers[at % PAYERS]
                key = f"flood-{at}"
                headers = {**payer.headers, "idempotency-key": key}
                said = await client.post("/v1/payments", json=pay_body(seeded), headers=headers)
                return payer, key, said

            return await asyncio.gather(*(one(at) for at in range(400)))

    said = asyncio.run(flood())
    shed = [each for each in said if each[2].status_code == 503]
    assert shed, "nothing was shed"
    assert {201, 503} >= {each[2].status_code for each in said}
    assert all(each[2].headers["retry-after"] == "1" for each in shed)
    assert {"overloaded"} == {each[2].json()["code"] for each in shed}
    made = Counter(payer.id for payer, _, answer in said if answer.status_code == 201)
    for payer in seeded.payers:
        assert made[payer.id] == booked(seeded, payer.id)["one coffee", 100]
    with httpx.Client(base_url=it.url, timeout=60) as client:  # it has recovered
        for payer, key, _ in shed:
            headers = {**payer.headers, "idempotency-key": key}
            answer = client.post("/v1/payments", json=pay_body(seeded), headers=headers)
            assert 201 == answer.status_code
    assert 400 == sum(booked(seeded, payer.id)["one coffee", 100] for payer in seeded.payers)


def metrics_of(it: Running) -> str:
    said = it.wait_for(r'"listening": "([0-9.:]+)", "event": "metrics"')
    return f"http://{said[1]}/metrics"


def test_metrics_tell_rates_and_nobody_s_name(seeded):
    seeded.town.writer(metrics_listen="127.0.0.1:0")
    it: Running = seeded.town.serve(metrics_listen="127.0.0.1:0")
    wait_ready(it.url)
    payer = seeded.payers[0]
    headers = {**payer.headers, "idempotency-key": "measured"}
    httpx.post(f"{it.url}/v1/payments", json=pay_body(seeded), headers=headers, timeout=60)
    httpx.get(f"{it.url}/v1/payments/{payer.id}", headers=payer.headers)
    text = httpx.get(metrics_of(it)).text
    assert 'venule_http_requests_total{method="POST",route="/v1/payments",status="201"} 1.0' in text
    assert 'venule_http_problems_total{code="payment-unknown"} 1.0' in text
    for private in (payer.id, payer.token, seeded.shop, "one coffee"):
        assert str(private) not in text
    text = httpx.get(metrics_of(seeded.town.running[0])).text
    assert "venule_commands_total" in text
    assert "venule_jobs_lag_seconds" in text

"""A wallet's balance, live, over server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import httpx
import pytest

from venule.kit.money import Money
from venule.serving import streams
from venule.wallet import Pay, TransferMoney, pay, transfer

from .conftest import someone


def events(answer: httpx.Response) -> Iterator[dict]:
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_S", 0.01)


def test_a_balance_comes_at_once_and_again_when_it_changes(house, quick):
    me, shop, friend = (
        someone(house, "me", 1_000), someone(house, "shop", merchant=True), someone(house, "friend")
    )  # fmt: skip
    with house.client.stream("GET", "/v1/wallet/stream", headers=me.headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer)
        first = next(told)
        assert {"amount": "10.00", "currency": "CNY"} == first["balance"] == first["available"]
        house.desk.call(pay, Pay(me.id, shop.id, Money(1, "CNY")))
        second = next(told)
        assert ("9.99", "0.00") == (second["balance"]["amount"], second["held"]["amount"])
        assert second["position"] > first["position"]
        house.desk.call(transfer, TransferMoney(me.id, friend.id, Money(999, "CNY")))
        assert "0.00" == next(told)["balance"]["amount"]


def test_what_moves_elsewhere_is_not_told(house, quick):
    me, shop, other = (
        someone(house, "me", 5), someone(house, "shop", merchant=True), someone(house, "other", 9)
    )  # fmt: skip
    with house.client.stream("GET", "/v1/wallet/stream", headers=me.headers) as answer:
        told = events(answer)
        next(told)
        house.desk.call(pay, Pay(other.id, shop.id, Money(1, "CNY")))
        house.desk.call(pay, Pay(me.id, shop.id, Money(2, "CNY")))
        assert "0.03" == next(told)["balance"]["amount"]


def test_streams_end_with_the_service(house, quick):
    me = someone(house, "me", 5)
    ended = threading.Event()

    def listen() -> None:
        with house.client.stream("GET", "/v1/wallet/stream", headers=me.headers) as answer:
            told = events(answer)
            next(told)
            house.service.ending()
            assert [] == list(told)
        ended.set()

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join(20)
    assert ended.is_set()


def test_nobody_else_listens(house, monkeypatch: pytest.MonkeyPatch):
    assert 401 == house.client.get("/v1/wallet/stream").status_code
    me = someone(house, "me", 5)
    monkeypatch.setattr(streams, "LISTENERS_MAX", 0)
    answer = house.client.get("/v1/wallet/stream", headers=me.headers)
    assert (503, "too-many-listeners") == (answer.status_code, answer.json()["code"])

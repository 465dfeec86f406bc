"""Live balances: what is told, to whom, and until when."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest

from support import house_folk as folk
from venule.serving import streams


def told(lines: Any) -> dict[str, Any]:
    """Return the next event of a stream."""
    for line in lines:
        if line.startswith("data: "):
            found: dict[str, Any] = json.loads(line[6:])
            return found
    raise AssertionError("the stream ended")


def test_a_balance_is_told_when_it_moves(house):
    run = house.desk.call
    payer, shop = folk.person(run), folk.new_shop(run)
    with house.client.stream("GET", "/v1/wallet/stream", headers=payer.headers) as said:
        lines = said.iter_lines()
        before = told(lines)
        assert {"amount": "500000.00", "currency": "CNY"} == before["balance"]
        house.client.post(
            "/v1/payments",
            headers={**payer.headers, "idempotency-key": "k"},
            json={"merchant_id": str(shop), "amount": {"amount": "1.00", "currency": "CNY"}},
        )
        after = told(lines)
        assert "499999.00" == after["available"]["amount"]
        assert after["position"] > before["position"]


@pytest.mark.parametrize("how", ["signed out", "frozen out"])
def test_who_may_no_longer_look_hears_no_more(house, how, monkeypatch):
    """A session that is over ends its streams, though they began before."""
    monkeypatch.setattr(streams, "SURE_S", 0.1)
    run = house.desk.call
    payer = folk.person(run)
    with house.client.stream("GET", "/v1/wallet/stream", headers=payer.headers) as said:
        lines = said.iter_lines()
        told(lines)
        if how == "signed out":
            assert house.client.delete("/v1/session", headers=payer.headers).status_code < 300
        else:
            from venule.access import DisableLogin, disable_login

            run(disable_login, DisableLogin(payer.login_id, "stolen"))
        folk.give(run, payer.id, 100)
        rest = list(lines)  # it ends by itself, long before its time
    assert sum(line.startswith("data: ") for line in rest) <= 1


def test_nobody_takes_all_streams(house, monkeypatch):
    monkeypatch.setattr(streams, "OWN_LISTENERS_MAX", 2)
    payer, other = folk.person(house.desk.call), folk.person(house.desk.call)
    with ExitStack() as stack:
        for _ in range(2):
            said = stack.enter_context(
                house.client.stream("GET", "/v1/wallet/stream", headers=payer.headers)
            )
            assert 200 == said.status_code
        refused = house.client.get("/v1/wallet/stream", headers=payer.headers)
        assert (503, "too-many-listeners") == (refused.status_code, refused.json()["code"])
        with house.client.stream("GET", "/v1/wallet/stream", headers=other.headers) as said:
            assert 200 == said.status_code

"""Worlds beside a house: their own clocks, banks and days; many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.receivers import Reply, receiving
from support.sandboxes import House, Partner, house
from venule import app
from venule.serving.worlds import PREFIX

DAY_S = 86_400


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("served")) as it:
        yield it


@pytest.fixture(scope="module")
def partner(served: House) -> Partner:
    return served.sign_up()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def balance(partner: Partner, place: int = 0) -> str:
    found: str = partner.as_member("GET", "/v1/wallet", place=place)["available"]["amount"]
    return found


def test_what_the_sign_up_gives_is_enough_to_begin(served: House, partner: Partner) -> None:
    told = partner.told
    assert f"{served.url}{PREFIX}{told['sandbox']}" == told["base_url"]
    own = partner.signed("GET", f"/v1/applications/{told['application_id']}")
    assert (200, told["owner_id"]) == (own.status_code, own.json()["owner_id"])
    assert ["10000.00", "10000.00"] == [balance(partner, place) for place in (0, 1)]
    paid = partner.as_member(
        "POST", "/v1/payments", {"merchant_id": told["owner_id"], "amount": cny("12.34")}
    )
    assert cny("12.34") == paid["amount"]
    assert "9987.66" == balance(partner)


def test_every_answer_of_a_world_says_what_it_is(served: House, partner: Partner) -> None:
    for path in ("/v1/sandbox/clock", "/openapi.json", "/no/such/path", "/cashier/none"):
        assert partner.name == partner.ask("GET", path).headers["venule-sandbox"]
    assert "venule-sandbox" not in served.client.get(f"{served.url}/openapi.json").headers
    described = partner.get("/openapi.json")
    assert "sandbox" in described["info"]["title"]
    assert partner.base == described["servers"][0]["url"]
    house_described = served.client.get(f"{served.url}/openapi.json").json()
    assert "sandbox" not in house_described["info"]["title"]
    assert "/sandbox/sign-up" in house_described["paths"]
    assert not any(path.startswith("/v1/sandbox/clock") for path in house_described["paths"])


def test_problems_have_whole_addresses(partner: Partner) -> None:
    problem = partner.ask("GET", "/v1/no-such-thing").json()
    assert f"{PREFIX}{partner.name}/v1/no-such-thing" == problem["instance"]
    assert f"{partner.base}/problems/route-not-found" == problem["type"]
    assert 200 == partner.ask("GET", "/problems/route-not-found").status_code


@pytest.mark.parametrize("name", ["0" * 20, "..", "sign-up", "", "a%2fb", "X" * 20])
def test_there_is_no_world_of_another_name(served: House, name: str) -> None:
    answer = served.client.get(f"{served.url}{PREFIX}{name}/v1/sandbox/clock")
    assert 404 == answer.status_code
    assert answer.json()["code"] in {"world-unknown", "route-not-found"}


def test_two_worlds_have_two_clocks(served: House, partner: Partner) -> None:
    other = served.sign_up("Other shop")
    before, mine = other.now(), partner.now()
    moved = partner.wait(advance_s=3 * DAY_S)
    assert at(moved["now"]) >= mine + timedelta(days=3)
    assert other.now() - before < timedelta(days=1)
    answer = partner.signed("GET", f"/v1/applications/{partner.told['application_id']}")
    assert 200 == answer.status_code, "partners sign by the real time"
    assert (
        401
        == partner.signed(
            "GET", f"/v1/applications/{partner.told['application_id']}", base=other.base
        ).status_code
    ), "a key of one world is unknown in another one"
    assert 404 == other.ask("GET", f"/v1/members/{partner.member()['member_id']}", headers={
        "authorization": f"Bearer {other.member()['session_token']}"}).status_code  # fmt: skip


def test_the_clock_never_goes_back_and_not_too_far(partner: Partner) -> None:
    now = partner.now()
    stays = partner.post("/v1/sandbox/clock", {"to": "2020-01-01T00:00:00Z"})
    assert at(stays["now"]) >= now
    far = partner.ask("POST", "/v1/sandbox/clock", {"to": "2126-01-01T00:00:00Z"})
    assert (409, "clock-too-far") == (far.status_code, far.json()["code"])
    for wrong in ({"advance_s": -1}, {"advance_s": 401 * DAY_S}, {"to": "2030-01-01T00:00:00"}):
        assert 422 == partner.ask("POST", "/v1/sandbox/clock", wrong).status_code
    assert partner.now() - at(stays["now"]) < timedelta(minutes=5)


def fresh(partner: Partner) -> None:
    """Be the test members anew: sessions end as time passes."""
    for told in partner.told["members"]:
        opened = partner.post(f"/v1/sandbox/members/{told['member_id']}/session")
        told["session_token"] = opened["session_token"]


def test_a_buyer_who_is_silent_confirms_in_time(partner: Partner) -> None:
    fresh(partner)
    made = partner.signed("POST", "/v1/trades", {
        "out_trade_no": "T-1", "seller_id": partner.told["owner_id"], "amount": cny("88.00"),
        "subject": "Tea",
    })  # fmt: skip
    assert 201 == made.status_code, made.text
    trade = f"/v1/trades/{made.json()['id']}"
    partner.as_member("POST", f"{trade}/payment", {"fund": None})
    shipped = partner.signed(
        "POST", f"{trade}/shipments", {"carrier": "SF Express", "tracking_no": "SF1"}
    )
    assert shipped.status_code < 300, shipped.text
    partner.wait(advance_s=5 * DAY_S)
    assert "shipped" == partner.signed("GET", trade).json()["state"]
    partner.wait(advance_s=30 * DAY_S)
    after = partner.signed("GET", trade).json()
    assert "finished" == after["state"], after


def test_the_bank_books_when_its_time_has_come(partner: Partner) -> None:
    fresh(partner)
    partner.ask("PUT", "/v1/sandbox/bank-faults", {"book_s_max": 2 * DAY_S})
    asked = partner.as_member("POST", "/v1/withdrawals", {
        "bank_account_id": partner.member()["bank_account_id"], "amount": cny("10.00"),
    })  # fmt: skip
    partner.wait(advance_s=1)
    path = f"/v1/withdrawals/{asked['id']}"
    fresh(partner)
    assert "settled" != partner.as_member("GET", path)["state"]
    moved = partner.wait(advance_s=2 * DAY_S)
    fresh(partner)
    done = partner.as_member("GET", path)
    assert "settled" == done["state"], done
    assert at(done["ended_at"]) < at(moved["now"]), "at its own instant, not at the end"


def test_faults_of_the_bank_hold_for_what_comes_after(partner: Partner) -> None:
    partner.ask("PUT", "/v1/sandbox/bank-faults", {"reject_ppm": 1_000_000})
    assert 1_000_000 == partner.get("/v1/sandbox/bank-faults")["reject_ppm"]
    fresh(partner)
    before = balance(partner)
    body = {"bank_account_id": partner.member()["bank_account_id"], "amount": cny("10.00")}
    asked = partner.as_member("POST", "/v1/withdrawals", body)
    partner.wait(advance_s=60)
    fresh(partner)
    rejected = partner.as_member("GET", f"/v1/withdrawals/{asked['id']}")
    assert ("returned", before) == (rejected["state"], balance(partner))
    partner.ask("PUT", "/v1/sandbox/bank-faults", {})
    asked = partner.as_member("POST", "/v1/withdrawals", body)
    partner.wait(advance_s=60)
    fresh(partner)
    assert "settled" == partner.as_member("GET", f"/v1/withdrawals/{asked['id']}")["state"]


def test_money_comes_from_nowhere_and_members_too(partner: Partner) -> None:
    made = partner.post("/v1/sandbox/members", {"name": "Another", "amount": cny("5.00")})
    told = partner.post(
        "/v1/sandbox/top-ups", {"member_id": made["member_id"], "amount": cny("7.00")}
    )
    assert cny("12.00") == told["available"]
    token = {"authorization": f"Bearer {made['session_token']}"}
    assert "12.00" == partner.get("/v1/wallet", headers=token)["available"]["amount"]
    nobody = {"member_id": "0145a1c8-5a80-7000-8000-000000000001", "amount": cny("1.00")}
    assert 404 == partner.ask("POST", "/v1/sandbox/top-ups", nobody).status_code


def test_a_webhook_that_nobody_takes_is_dead_after_three_days(partner: Partner) -> None:
    fresh(partner)
    with receiving(lambda _: Reply(500)) as receiver:
        made = partner.signed("POST", "/v1/webhook-endpoints", {"url": f"{receiver.url}/hook"})
        assert 201 == made.status_code, made.text
        endpoint = made.json()["id"] if "id" in made.json() else made.json()["endpoint"]["id"]
        partner.as_member(
            "POST", "/v1/payments",
            {"merchant_id": partner.told["owner_id"], "amount": cny("1.00")},
        )  # fmt: skip
        partner.wait(advance_s=4 * DAY_S)
        listed = partner.signed("GET", f"/v1/webhook-endpoints/{endpoint}/deliveries").json()
        assert {"dead"} == {each["state"] for each in listed["items"]}
        assert 11 == max(each["attempts"] for each in listed["items"])
        assert len(receiver.received) >= 11
        assert partner.signed("DELETE", f"/v1/webhook-endpoints/{endpoint}").status_code < 300


def test_the_fund_earns_every_day(partner: Partner) -> None:
    fresh(partner)
    fund = f"/v1/funds/{partner.told['fund']}"
    partner.as_member("POST", f"{fund}/holding")
    partner.as_member("POST", f"{fund}/subscriptions", {"amount": cny("1000.00")})
    partner.wait(advance_s=14 * DAY_S)
    fresh(partner)
    income = partner.as_member("GET", f"{fund}/income")["items"]
    assert len(income) >= 5, income


def test_a_buyer_is_played_through_the_gateway_operations(partner: Partner) -> None:
    code = partner.post("/v1/sandbox/gateway/paycode", {"buyer": partner.member()["ref"]})
    assert code["auth_code"].isdigit()


def test_two_sign_up_at_once(served: House) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(served.sign_up, ["One", "Two"]))
    assert 2 == len({each.name for each in made})
    for each in made:
        own = each.signed("GET", f"/v1/applications/{each.told['application_id']}")
        assert 200 == own.status_code


def test_a_sign_up_that_is_refused_leaves_nothing(served: House, tmp_path: Any) -> None:
    there = {each.name for each in served.worlds._folder.iterdir()}
    private = Ed25519PrivateKey.generate()
    answer = served.asked(private, gateway_key="no key")
    assert (409, "public-key-unfit") == (answer.status_code, answer.json()["code"])
    assert there == {each.name for each in served.worlds._folder.iterdir()}
    assert 422 == served.asked(private, name="").status_code


def test_a_world_is_closed_for_another_and_goes_on_later(tmp_path: Any) -> None:
    with house(tmp_path, sandboxes_open_max=1) as small:
        first = small.sign_up("First")
        first.wait(advance_s=10 * DAY_S)
        first.ask("PUT", "/v1/sandbox/bank-faults", {"refuse_ppm": 7})
        then = first.now()
        second = small.sign_up("Second")
        assert 1 == small.worlds.open_count
        assert first.now() >= then
        assert 7 == first.get("/v1/sandbox/bank-faults")["refuse_ppm"]
        assert second.now() < then
        _stream_and_ask(first, second)
        _many_at_once(first, second)
    with house(tmp_path) as again:
        answer = again.client.get(f"{again.url}{PREFIX}{first.name}/v1/sandbox/clock").json()
        assert at(answer["now"]) >= then
    for each in (first, second):
        report = app.verify(tmp_path / "worlds" / each.name)
        assert report.ok, report.faults


def _stream_and_ask(first: Partner, second: Partner) -> None:
    """A world that answers is not closed: there is no room for another one meanwhile."""
    token = first.post(f"/v1/sandbox/members/{first.member()['member_id']}/session")
    headers = {"authorization": f"Bearer {token['session_token']}"}
    with httpx.stream("GET", f"{first.base}/v1/wallet/stream", headers=headers) as stream:
        assert 200 == stream.status_code
        events = stream.iter_raw()  # held: the stream ends with its reader
        assert b"balance" in next(events)
        busy = second.ask("GET", "/v1/sandbox/clock")
        assert (503, "worlds-busy") == (busy.status_code, busy.json()["code"])
        assert "retry-after" in busy.headers


def _many_at_once(first: Partner, second: Partner) -> None:
    """Worlds that take turns in one place lose nothing: each answer is whole, or says not now."""
    codes: list[int] = []
    lock = threading.Lock()

    def top_up(who: Partner) -> None:
        body = {"member_id": who.member()["member_id"], "amount": cny("1.00")}
        for _ in range(15):
            answer = who.ask("POST", "/v1/sandbox/top-ups", body)
            with lock:
                codes.append(answer.status_code)
                done[who.name] += answer.status_code == 201

    done = {first.name: 0, second.name: 0}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(top_up, [first, second, first, second]))
    assert {201, 503} >= set(codes)
    for who in (first, second):
        fresh(who)
        assert f"{10_000 + done[who.name]}.00" == balance(who)

"""Guaranteed trade over HTTP, on every kind of home: who may do what, and what it does."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from support.both_homes import Places
from support.escrow_town import EscrowTown
from support.town_site import Site, serve
from venule.escrow import Terms
from venule.escrow.api import ROUTES

RULERS = "staff escrow.read,escrow.rule,escrow.operate"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)


@pytest.fixture
def at(places: Places) -> Iterator[SimpleNamespace]:
    """A town and its site, and the tokens of those who live there."""
    with EscrowTown(places("home"), Terms(fee_ppm=6_000, two_people_minor=50_000)) as town:
        with serve(town, ROUTES) as site:
            stranger = town.person(100_000)
            yield SimpleNamespace(
                town=town,
                site=site,
                buyer=f"person {town.buyer}",
                shop=f"person {town.shop}",
                stranger=f"person {stranger}",
                partner=f"partner escrow.read,escrow.write {town.shop}",
            )
        assert [] == town.breaks()


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def order(at: Any, number: str, amount: str = "100.00", **how: Any) -> dict[str, Any]:
    body = {
        "out_trade_no": number,
        "seller_id": str(at.town.shop),
        "buyer_id": str(at.town.buyer),
        "amount": yuan(amount),
        "subject": "Tea",
        **how,
    }
    return at.site.post(at.shop, "/v1/trades", body, 201)


def paid(at: Any, number: str, amount: str = "100.00", **how: Any) -> str:
    path = f"/v1/trades/{order(at, number, amount, **how)['id']}"
    assert at.site.post(at.buyer, f"{path}/payment", {})["state"] in {"paid", "success"}
    return path


def shipped(at: Any, number: str, amount: str = "100.00") -> str:
    path = paid(at, number, amount)
    at.site.post(at.shop, f"{path}/shipments", {"carrier": "SF", "tracking_no": "1"}, 201)
    return path


def test_a_trade_from_order_to_release(at):
    site: Site = at.site
    made = order(at, "A-1")
    path = f"/v1/trades/{made['id']}"
    assert ("created", "100.00") == (made["state"], made["amount"]["amount"])
    assert made == order(at, "A-1"), "the same number is the same trade"

    held = site.post(at.buyer, f"{path}/payment", {})
    assert ("paid", "100.00", None) == (held["state"], held["held"]["amount"], held["fee"])
    first = site.post(
        at.partner, f"{path}/shipments",
        {"carrier": "SF", "tracking_no": "7", "amount": yuan("40.00")}, 201,
    )  # fmt: skip
    assert (1, "40.00") == (first["number"], first["amount"]["amount"])
    assert (409, "carrier-missing") == site.refused(at.shop, "POST", f"{path}/shipments", {})
    site.post(at.shop, f"{path}/shipments", {"carrier": "SF", "tracking_no": "8"}, 201)
    assert site.post(at.buyer, f"{path}/extension")["extended"]
    assert "60.00" == site.post(at.buyer, f"{path}/confirmation", {"shipment": 1})["held"]["amount"]
    over = site.post(at.buyer, f"{path}/confirmation", {})

    assert ("finished", "0.00", "100.00") == (
        over["state"], over["held"]["amount"], over["released"]["amount"],
    )  # fmt: skip
    assert "0.60" == site.get(at.shop, path)["fee"]["amount"]
    assert 9_940 == at.town.fen(at.town.shop)
    sent = site.get(at.buyer, f"{path}/shipments")["items"]
    assert [(1, "confirmed"), (2, "confirmed")] == [(s["number"], s["state"]) for s in sent]
    assert 6_000 == site.get(at.shop, f"{path}/terms")["fee_ppm"]
    assert site.get(at.buyer, f"{path}/terms")["fee_ppm"] is None


def test_a_payment_moves_money_once_for_its_key(at):
    path = f"/v1/trades/{order(at, 'K-1')['id']}"
    before = at.town.fen(at.town.buyer)

    first = at.site.post(at.buyer, f"{path}/payment", {}, key="pay-1")
    again = at.site.post(at.buyer, f"{path}/payment", {}, key="pay-1")
    other = at.site.ask(at.buyer, "POST", f"{path}/payment", {"fund": "000198"}, key="pay-1")

    assert first == again
    assert 422 == other.status_code
    assert before - 10_000 == at.town.fen(at.town.buyer)
    bare = at.site.client.post(
        f"{path}/payment", json={}, headers={"authorization": f"Bearer {at.buyer}"}
    )
    assert 400 == bare.status_code


def test_to_others_a_trade_is_unknown_and_stays_as_it_is(at):
    path = shipped(at, "O-1")
    case = at.site.post(
        at.buyer, f"{path}/cases",
        {"request_no": "C-1", "amount": yuan("1.00"), "reason": "broken"}, 201,
    )  # fmt: skip
    of_case = f"/v1/trade-cases/{case['id']}"
    before = at.site.get(at.shop, path)
    cash = at.town.fen(at.town.buyer), at.town.fen(at.town.shop)

    for who in (at.stranger, f"partner escrow.read,escrow.write {uuid4()}"):
        for tail in ("", "/terms", "/shipments", "/refunds", "/settlements", "/cases"):
            assert (404, "trade-unknown") == at.site.refused(who, "GET", f"{path}{tail}")
        for tail, body in (
            ("/payment", {}),
            ("/closure", None),
            ("/cancellation", None),
            ("/shipments", {"carrier": "X", "tracking_no": "1"}),
            ("/confirmation", {}),
            ("/extension", None),
            ("/refunds", {"request_no": "R", "amount": yuan("1.00")}),
            ("/settlements", {"request_no": "S", "receivers": []}),
            ("/cases", {"request_no": "C", "amount": yuan("1.00"), "reason": "x"}),
        ):
            assert (404, "trade-unknown") == at.site.refused(who, "POST", f"{path}{tail}", body)
        for tail in ("", "/evidence", f"/evidence/{uuid4()}", "/rulings"):
            seen = at.site.refused(who, "GET", f"{of_case}{tail}")
            assert (404, "case-of-trade-unknown") == seen
        for tail, body in (
            ("/answer", {"agree": True}),
            ("/return", {"carrier": "X", "tracking_no": "1"}),
            ("/withdrawal", None),
            ("/dispute", None),
            ("/evidence", {"kind": "text", "name": "n", "text": "t"}),
            ("/appeal", {"reason": "no"}),
        ):
            seen = at.site.refused(who, "POST", f"{of_case}{tail}", body)
            assert (404, "case-of-trade-unknown") == seen
        assert [] == at.site.get(who, "/v1/trades?side=buyer")["items"]
        assert [] == at.site.get(who, "/v1/trade-cases?side=seller")["items"]

    assert before == at.site.get(at.shop, path)
    assert cash == (at.town.fen(at.town.buyer), at.town.fen(at.town.shop))
    wrong_side = at.site.refused(at.buyer, "POST", f"{path}/refunds",
                                 {"request_no": "R", "amount": yuan("1.00")})  # fmt: skip
    assert (409, "not-the-party") == wrong_side


def test_kinds_of_callers_and_scopes(at):
    path = paid(at, "S-1")
    town = at.town

    assert (401, "caller-unknown") == at.site.refused("nobody", "GET", path)
    for who in (f"partner escrow.read {town.buyer}", f"partner  {town.buyer}"):
        seen = at.site.refused(who, "POST", f"{path}/confirmation", {})
        assert (403, "not-permitted") == seen
    assert (403, "not-permitted") == at.site.refused(
        f"partner escrow.write {town.buyer}", "GET", path
    )
    assert (403, "not-permitted") == at.site.refused("partner escrow.read", "GET", "/v1/trades")
    assert (403, "not-permitted") == at.site.refused(RULERS, "POST", f"{path}/payment", {})
    assert (403, "not-permitted") == at.site.refused("staff escrow.rule", "GET", path)
    assert "paid" == at.site.get("staff escrow.read", path)["state"]
    for who in (at.buyer, at.partner, "staff escrow.read"):
        assert (403, "not-permitted") == at.site.refused(who, "GET", "/v1/trade-cases-to-rule")
        seen = at.site.refused(who, "PUT", "/v1/escrow-products/mine", None)
        assert (403, "not-permitted") == seen


def test_who_orders_is_a_party_and_buyers_choose_no_terms(at):
    body = {
        "out_trade_no": "W-1", "seller_id": str(at.town.shop), "amount": yuan("1.00"),
        "subject": "Tea", "buyer_id": str(at.town.buyer),
    }  # fmt: skip

    assert (409, "not-the-party") == at.site.refused(at.stranger, "POST", "/v1/trades", body)
    seen = at.site.refused(at.buyer, "POST", "/v1/trades", {**body, "settle": True})
    assert (409, "not-the-party") == seen
    mine = at.site.post(at.buyer, "/v1/trades", body, 201)
    theirs = at.site.post(at.partner, "/v1/trades", body, 201)
    assert mine["id"] != theirs["id"], "numbers are each application's own"
    assert mine["app"] == f"member/{at.town.buyer}"


def test_what_anybody_may_pay_is_seen_by_who_knows_its_name(at):
    path = f"/v1/trades/{order(at, 'X-1', '5.00', buyer_id=None)['id']}"

    assert "5.00" == at.site.get(at.stranger, path)["amount"]["amount"]
    assert (404, "trade-unknown") == at.site.refused(at.stranger, "GET", f"{path}/refunds")
    assert "paid" == at.site.post(at.stranger, f"{path}/payment", {})["state"]
    assert (404, "trade-unknown") == at.site.refused(at.buyer, "GET", path)


def test_lists_go_page_by_page_the_newest_first(at):
    for number in range(5):
        order(at, f"L-{number}")
    paid(at, "L-5")
    seen: list[str] = []
    path = "/v1/trades?side=seller&limit=2"
    while path:
        page = at.site.get(at.partner, path)
        assert len(page["items"]) <= 2
        seen += [each["out_trade_no"] for each in page["items"]]
        more = page["next_cursor"]
        path = f"/v1/trades?side=seller&limit=2&cursor={more}" if more else ""

    assert [f"L-{n}" for n in (5, 4, 3, 2, 1, 0)] == seen
    still = at.site.get(at.shop, "/v1/trades?side=seller&state=paid")["items"]
    assert ["L-5"] == [each["out_trade_no"] for each in still]
    assert 5 == len(at.site.get(at.buyer, "/v1/trades?state=created")["items"])
    assert [] == at.site.get(at.shop, "/v1/trades?side=buyer")["items"]
    assert (404, "cursor-unknown") == at.site.refused(at.shop, "GET", "/v1/trades?cursor=abc")


def test_refunds_closing_and_cancelling(at):
    path = paid(at, "R-1")
    body = {"request_no": "r1", "amount": yuan("30.00"), "reason": "sold out"}
    first = at.site.post(at.shop, f"{path}/refunds", body, 201)
    assert first == at.site.post(at.shop, f"{path}/refunds", body, 201)
    body["amount"] = yuan("31.00")
    assert (409, "request-no-reused") == at.site.refused(at.shop, "POST", f"{path}/refunds", body)
    more = {"request_no": "r2", "amount": yuan("70.01")}
    seen = at.site.refused(at.shop, "POST", f"{path}/refunds", more)
    assert (409, "refund-exceeds-trade") == seen
    at.site.post(at.shop, f"{path}/refunds", {"request_no": "r3", "amount": yuan("1.00")}, 201)
    page = at.site.get(at.buyer, f"{path}/refunds?limit=1")
    rest = at.site.get(at.buyer, f"{path}/refunds?limit=1&cursor={page['next_cursor']}")
    assert ["r1", "r3"] == [each["request_no"] for each in page["items"] + rest["items"]]
    assert rest["next_cursor"] is None

    assert "closed" == at.site.post(at.partner, f"{path}/cancellation")["state"]
    unpaid = f"/v1/trades/{order(at, 'R-2')['id']}"
    assert "closed" == at.site.post(at.buyer, f"{unpaid}/closure")["state"]
    assert 1_000_000 == at.town.fen(at.town.buyer)


def test_a_trade_is_shared_out(at):
    friend = at.town.merchant()
    named = {"receiver_ids": [str(friend)], "note": "partner"}
    path = paid(at, "M-1", "100.00", kind="instant", settle=True)
    parts = {
        "request_no": "s1",
        "finish": True,
        "receivers": [{"by": "ratio", "receiver_id": str(friend), "ratio_ppm": 300_000}],
    }

    seen = at.site.refused(at.shop, "POST", f"{path}/settlements", parts)
    assert (409, "receiver-not-bound") == seen
    bound = at.site.post(at.shop, "/v1/royalty-receivers", named)["items"]
    assert [str(friend)] == [each["member_id"] for each in bound]
    made = at.site.post(at.shop, f"{path}/settlements", parts, 201)
    assert ("29.82", "69.58") == (made["shared"]["amount"], made["rest_to_seller"]["amount"])
    assert [made] == at.site.get(at.shop, f"{path}/settlements")["items"]
    assert (409, "not-the-party") == at.site.refused(at.buyer, "GET", f"{path}/settlements")
    assert 2_982 == at.town.fen(friend)
    assert [] == at.site.post(at.shop, "/v1/royalty-receivers/removal",
                              {"receiver_ids": [str(friend)]})["items"]  # fmt: skip
    assert [] == at.site.get(at.shop, "/v1/royalty-receivers")["items"]


def ask(at: Any, path: str, amount: str = "100.00") -> str:
    body = {"request_no": "c", "amount": yuan(amount), "reason": "broken"}
    case = at.site.post(at.buyer, f"{path}/cases", body, 201)
    assert "asked" == case["state"]
    return f"/v1/trade-cases/{case['id']}"


def test_a_case_that_the_seller_agrees_to(at):
    path = shipped(at, "C-1")
    case = ask(at, path, "20.00")
    assert (409, "case-still-open") == at.site.refused(at.buyer, "POST", f"{path}/confirmation", {})
    listed = at.site.get(at.shop, "/v1/trade-cases?side=seller")["items"]
    assert listed == at.site.get(at.buyer, f"{path}/cases")["items"]
    assert listed == at.site.get(at.buyer, "/v1/trade-cases")["items"]

    assert "refunded" == at.site.post(at.shop, f"{case}/answer", {"agree": True})["state"]
    assert "20.00" == at.site.get(at.buyer, path)["refunded"]["amount"]


def test_goods_go_back_and_a_case_is_withdrawn(at):
    path = shipped(at, "B-1")
    body = {"request_no": "c", "amount": yuan("9.00"), "reason": "small", "goods_back": True}
    case = f"/v1/trade-cases/{at.site.post(at.buyer, f'{path}/cases', body, 201)['id']}"
    assert "returning" == at.site.post(at.shop, f"{case}/answer", {"agree": True})["state"]
    sent = {"carrier": "SF", "tracking_no": "9"}
    assert "returned" == at.site.post(at.buyer, f"{case}/return", sent)["state"]
    assert "refunded" == at.site.post(at.shop, f"{case}/answer", {"agree": True})["state"]
    body |= {"request_no": "c2", "goods_back": False}
    other = f"/v1/trade-cases/{at.site.post(at.buyer, f'{path}/cases', body, 201)['id']}"
    assert "closed" == at.site.post(at.buyer, f"{other}/withdrawal")["state"]


def test_a_dispute_is_ruled_by_two_operators_and_appealed(at):
    path = shipped(at, "D-1", "600.00")
    case = ask(at, path, "600.00")
    at.site.post(at.shop, f"{case}/answer", {"agree": False, "words": "no"})
    assert "disputed" == at.site.post(at.buyer, f"{case}/dispute")["state"]
    waiting = at.site.get(RULERS, "/v1/trade-cases-to-rule")["items"]
    assert [case] == [f"/v1/trade-cases/{each['id']}" for each in waiting]
    split = {"buyer": yuan("400.00"), "seller": yuan("200.00"), "reason": "half broken"}
    first, second = (f"staff escrow.rule,escrow.read,id={n}" for n in (1, 2))

    odd = at.site.refused(first, "POST", f"{case}/rulings", {**split, "buyer": yuan("400.01")})
    assert (409, "ruling-unbalanced") == odd
    made = at.site.post(first, f"{case}/rulings", split, 201)
    assert "staff/00000000-0000-0000-0000-000000000001" == made["operator"]
    assert "proposed" == made["state"]
    assert [] == at.site.get(at.buyer, f"{case}/rulings")["items"], "not yet for the parties"
    same = at.site.refused(first, "POST", f"{case}/decision", {"approve": True})
    assert (409, "same-operator") == same
    at.site.post(second, f"{case}/decision", {"approve": True})
    [shown] = at.site.get(at.shop, f"{case}/rulings")["items"]
    assert ("ruled", None) == (shown["state"], shown["operator"])
    assert "appealed" == at.site.post(at.shop, f"{case}/appeal", {"reason": "never"})["state"]
    third, fourth = (f"staff escrow.rule,id={n}" for n in (3, 4))
    at.site.post(third, f"{case}/rulings", split, 201)
    assert "executed" == at.site.post(fourth, f"{case}/decision", {"approve": True})["state"]
    assert "400.00" == at.site.get(at.buyer, path)["refunded"]["amount"]


def test_evidence_is_kept_as_it_was(at):
    case = ask(at, shipped(at, "E-1"))
    picture = {"kind": "file", "name": "box.png", "content": b64encode(PNG).decode()}

    filed = at.site.post(at.buyer, f"{case}/evidence", picture, 201)
    text = {"kind": "text", "name": "letter.txt", "text": "它坏了。\n"}
    at.site.post(at.shop, f"{case}/evidence", text, 201)

    assert ("image/png", len(PNG), "buyer") == (
        filed["media_type"], filed["size_bytes"], filed["side"],
    )  # fmt: skip
    listed = at.site.get("staff escrow.read", f"{case}/evidence")["items"]
    assert ["box.png", "letter.txt"] == [each["name"] for each in listed]
    said = at.site.ask(at.shop, "GET", f"{case}/evidence/{filed['id']}")
    assert (PNG, "attachment", "image/png") == (
        said.content, said.headers["content-disposition"], said.headers["x-media-type"],
    )  # fmt: skip
    for content in (b"<html>", b"", b"GIF89a"):
        bad = {**picture, "content": b64encode(content).decode()}
        status, _ = at.site.refused(at.buyer, "POST", f"{case}/evidence", bad)
        assert 422 == status
    elsewhere = ask(at, shipped(at, "E-2"))
    seen = at.site.refused(at.buyer, "GET", f"{elsewhere}/evidence/{filed['id']}")
    assert (404, "evidence-unknown") == seen


def test_money_is_frozen_paid_in_parts_and_let_go(at):
    body = {
        "out_order_no": "H-1", "request_no": "f1", "payee_id": str(at.town.shop),
        "amount": yuan("500.00"), "title": "Room 12",
    }  # fmt: skip
    made = at.site.post(at.buyer, "/v1/authorisations", body, 201, key="f1")
    assert made == at.site.post(at.buyer, "/v1/authorisations", body, 201, key="f1")
    path = f"/v1/authorisations/{made['id']}"
    assert 950_000 == at.town.fen(at.town.buyer)

    two = {"out_trade_no": "P-1", "amount": yuan("120.00"), "subject": "Two nights"}
    bought = at.site.post(at.partner, f"{path}/payments", two, 201)
    assert made["id"] == bought["authorisation_id"]
    back = {"request_no": "u1", "amount": yuan("380.01")}
    seen = at.site.refused(at.shop, "POST", f"{path}/unfreezings", back)
    assert (409, "authorisation-exceeded") == seen
    assert (409, "not-the-party") == at.site.refused(at.buyer, "POST", f"{path}/unfreezings", back)
    at.site.post(at.shop, f"{path}/unfreezings", {**back, "amount": yuan("380.00")}, 201)

    assert 988_000 == at.town.fen(at.town.buyer)
    assert "ended" == at.site.get(at.buyer, path)["state"]
    uses = at.site.get(at.shop, f"{path}/operations")["items"]
    assert ["freeze", "pay", "unfreeze"] == [each["kind"] for each in uses]
    listed = at.site.get(at.shop, "/v1/authorisations?side=seller&state=ended")["items"]
    assert [made["id"]] == [each["id"] for each in listed]
    for method, tail, sent in (
        ("GET", "", None), ("GET", "/operations", None), ("POST", "/payments", two),
        ("POST", "/unfreezings", back),
    ):  # fmt: skip
        seen = at.site.refused(at.stranger, method, f"{path}{tail}", sent)
        assert (404, "authorisation-unknown") == seen


def test_staff_set_products(at):
    path = "/v1/escrow-products/books"
    assert (404, "product-unknown") == at.site.refused(RULERS, "GET", path)
    [standard] = at.site.get(RULERS, "/v1/escrow-products")["items"]
    terms = {**standard["terms"], "fee_ppm": 10_000}

    made = at.site.ask(RULERS, "PUT", path, terms).json()

    assert (1, 10_000) == (made["version"], made["terms"]["fee_ppm"])
    assert 2 == at.site.ask(RULERS, "PUT", path, terms).json()["version"]
    trade = f"/v1/trades/{order(at, 'Q-1', product='books')['id']}"
    assert 10_000 == at.site.get(at.shop, f"{trade}/terms")["fee_ppm"]
    wrong = at.site.refused(RULERS, "PUT", path, {**terms, "ship_days": 0})
    assert (422, "request-invalid") == wrong


def test_time_that_is_over_is_refused(at):
    late = (at.town.clock.now() - timedelta(seconds=1)).isoformat()
    body = {
        "out_trade_no": "Z-1", "seller_id": str(at.town.shop), "amount": yuan("1.00"),
        "subject": "Tea", "pay_until": late,
    }  # fmt: skip

    assert (409, "deadline-in-the-past") == at.site.refused(at.shop, "POST", "/v1/trades", body)

"""What is looked at over HTTP: right to the fen, page by page, and only one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.api_town import ApiTown, api_town
from support.both_homes import Places
from support.wallet_town import yuan
from venule.kit.http import give_cursor
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.members import Tier
from venule.wallet import (
    Pay,
    PayLine,
    PayMany,
    RefundPayment,
    RequestTopUp,
    TransferMoney,
    Withdraw,
    pay,
    pay_many,
    refund,
    request_top_up,
    transfer,
    withdraw,
)
from venule.wallet.api import ROUTES

NOBODY = str(SystemIds(SystemClock()).new())


@pytest.fixture
def site(places: Places) -> Iterator[ApiTown]:
    with api_town(places("home"), ROUTES) as site:
        yield site


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def pages(who, path, **query):
    """Every item of a list, and how many each page had."""
    items, sizes, cursor = [], [], None
    while True:
        more = query if cursor is None else query | {"cursor": cursor}
        page = who.get(path, **more)
        items += page["items"]
        sizes.append(len(page["items"]))
        cursor = page["next_cursor"]
        if cursor is None:
            return items, sizes


def test_a_statement_page_by_page(site):
    town = site.town
    me, shop = town.person(money="10"), town.merchant()
    for n in range(1, 5):
        town.wait(minutes=1)
        town.run(pay, Pay(me.id, shop.id, yuan(f"{n}")))
    who = site.person(me)

    items, sizes = pages(who, "/v1/wallet/statement", limit=2)

    assert [2, 2, 1] == sizes
    assert ["-4.00", "-3.00", "-2.00", "-1.00", "10.00"] == [i["amount"]["amount"] for i in items]
    assert ["0.00", "4.00", "7.00", "9.00", "10.00"] == [i["balance"]["amount"] for i in items]
    assert ["payment"] * 4 + ["top_up"] == [i["kind"] for i in items]
    times = [i["at"] for i in items]
    assert items[1:3] == who.get("/v1/wallet/statement", since=times[2], until=times[0])["items"]
    assert items == site.staff("wallet.read").get(f"/v1/members/{me.id}/statement")["items"]


def test_payments_newest_first_by_direction(site):
    town = site.town
    me, friend, shop = town.person(money="10"), town.person(money="1"), town.merchant()
    first = town.run(pay, Pay(me.id, shop.id, yuan("2"), yuan("0.02")))
    second = town.run(transfer, TransferMoney(friend.id, me.id, yuan("1")))
    town.run(refund, RefundPayment(first.id, "r", yuan("0.5")))
    third = town.run(transfer, TransferMoney(me.id, friend.id, yuan("3")))
    who = site.person(me)

    everything, sizes = pages(who, "/v1/payments", limit=1)

    assert [str(third.id), str(second.id), str(first.id)] == [each["id"] for each in everything]
    assert [1, 1, 1, 0] == sizes
    out = who.get("/v1/payments", direction="out")["items"]
    assert [str(third.id), str(first.id)] == [each["id"] for each in out]
    came = who.get("/v1/payments", direction="in")["items"]
    assert [str(second.id)] == [each["id"] for each in came]
    assert ("partly_refunded", cny("0.50")) == (out[1]["state"], out[1]["refunded"])
    theirs = site.person(shop).get("/v1/payments")["items"]
    assert [(str(first.id), cny("0.02"))] == [(each["id"], each["fee"]) for each in theirs]
    assert None is out[1]["fee"], "what the merchant pays us is none of the payer's business"
    seen = site.staff("wallet.read").get(f"/v1/members/{me.id}/payments")["items"]
    assert (3, cny("0.02")) == (len(seen), seen[2]["fee"])


def test_a_payment_among_thousands_of_others_is_found_page_by_page(site):
    town = site.town
    shop, me = town.merchant("100"), town.person(money="100")
    paid = town.run(pay, Pay(shop.id, town.merchant().id, yuan("1")))
    town.run(pay_many, PayMany([PayLine(me.id, shop.id, 1)] * 2_500))

    items, sizes = pages(site.person(shop), "/v1/payments", direction="out")

    assert [str(paid.id)] == [each["id"] for each in items]
    assert [0, 1] == sizes, "a page looks at a bounded number of lines, and says where to go on"


def test_one_payment_and_its_refunds(site):
    town = site.town
    me, shop, stranger = town.person(money="10"), town.merchant(), town.person()
    paid = town.run(pay, Pay(me.id, shop.id, yuan("10")))
    made = [town.run(refund, RefundPayment(paid.id, f"r{n}", yuan("1"))) for n in range(3)]
    path = f"/v1/payments/{paid.id}"
    scope = "payments.read"

    for who in (
        site.person(me),
        site.person(shop),
        site.partner(scope, member=shop),
        site.partner(scope, member=me, acts=True),
        site.staff(scope),
    ):
        assert str(paid.id) == who.get(path)["id"]
        items, sizes = pages(who, f"{path}/refunds", limit=2)
        assert ([str(each.id) for each in made], [2, 1]) == ([i["id"] for i in items], sizes)
        assert ["1.00", "2.00", "3.00"] == [i["refunded"]["amount"] for i in items]
    for who in (site.person(stranger), site.partner(scope, member=stranger), site.partner(scope)):
        assert (404, "payment-unknown") == who.refused("GET", path)
        assert (404, "payment-unknown") == who.refused("GET", f"{path}/refunds")
    assert (403, "not-permitted") == site.staff("wallet.read").refused("GET", path)


def test_top_ups_and_withdrawals(site):
    town = site.town
    me, stranger = town.person(), town.person()
    bound = town.bank_account(me.id)
    came = town.run(request_top_up, RequestTopUp(me.id, bound, yuan("5")))
    town.work()
    town.wait(hours=2)
    town.poll()
    waiting = town.run(request_top_up, RequestTopUp(me.id, bound, yuan("1")))
    town.give(me.id, 300)
    sent = [town.run(withdraw, Withdraw(me.id, bound, yuan(f"{n}"))) for n in (1, 2)]
    who, staff = site.person(me), site.staff("wallet.read")

    top_ups = who.get("/v1/top-ups")["items"]
    assert [("requested", "1.00"), ("credited", "3.00"), ("credited", "5.00")] == [
        (each["state"], each["amount"]["amount"]) for each in top_ups
    ]
    assert [str(waiting.id), str(came.id)] == [top_ups[0]["id"], top_ups[2]["id"]]
    assert [None, str(bound)] == [top_ups[1]["bank_account_id"], top_ups[2]["bank_account_id"]]
    withdrawals, sizes = pages(who, "/v1/withdrawals", limit=1)
    assert [str(each.id) for each in sent[::-1]] == [each["id"] for each in withdrawals]
    assert [1, 1, 0] == sizes
    assert top_ups == staff.get(f"/v1/members/{me.id}/top-ups")["items"]
    assert withdrawals == staff.get(f"/v1/members/{me.id}/withdrawals")["items"]
    for path, code in (
        (f"/v1/top-ups/{came.id}", "top-up-unknown"),
        (f"/v1/withdrawals/{sent[0].id}", "payout-unknown"),
    ):
        assert who.get(path) == staff.get(path)
        assert (404, code) == site.person(stranger).refused("GET", path)
        nobodys = f"{path.rpartition('/')[0]}/{NOBODY}"
        assert (404, code) == staff.refused("GET", nobodys)
    assert [] == site.person(stranger).get("/v1/top-ups")["items"]


def test_limits_with_what_is_used(places):
    with api_town(places("home"), ROUTES, datetime(2017, 3, 10, 1, tzinfo=UTC)) as site:
        town = site.town
        me, shop = town.person(Tier.II, "200000"), town.merchant()
        town.run(pay, Pay(me.id, shop.id, yuan("0.99")))
        town.run(withdraw, Withdraw(me.id, town.bank_account(me.id), yuan("7")))
        who = site.person(me)

        found = who.get("/v1/wallet/limits")

        assert ("2017-03-10", True) == (found["on"], found["counted"])
        assert (cny("0.99"), cny("0.99"), cny("7.99")) == (
            found["used_day"], found["used_year"], found["used_in_all"]
        )  # fmt: skip
        year = {"rule": "balance_out_year", "limit": cny("100000.00"), "used": cny("0.99")}
        assert year | {"left": cny("99999.01")} == found["limits"][0]
        assert ["balance_out_year", "investment_single"] == [r["rule"] for r in found["limits"]]
        body = {"merchant_id": str(shop.id), "amount": cny("99999.02")}
        assert (409, "limit-exceeded") == who.refused("POST", "/v1/payments", body)
        who.post("/v1/payments", body | {"amount": cny("99999.01")})
        assert cny("0.00") == who.get("/v1/wallet/limits")["limits"][0]["left"]
        staff = site.staff("wallet.read").get(f"/v1/members/{me.id}/limits")
        assert who.get("/v1/wallet/limits") == staff
        merchants = site.person(shop).get("/v1/wallet/limits")
        assert (False, []) == (merchants["counted"], merchants["limits"])


OWN = {
    "/v1/wallet": "wallet.read",
    "/v1/wallet/limits": "limits.read",
    "/v1/wallet/statement": "statements.read",
    "/v1/payments": "payments.read",
    "/v1/top-ups": "wallet.read",
    "/v1/withdrawals": "wallet.read",
}


@pytest.mark.parametrize("path", OWN)
def test_own_things_for_people_and_partners_within_a_scope(site, path):
    me = site.town.person(money="1")
    others = {route.needs for route in ROUTES} - {OWN[path]}

    mine = site.person(me).get(path)

    assert mine == site.partner(OWN[path], member=me, acts=True).get(path)
    assert (403, "not-permitted") == site.partner(*others, member=me).refused("GET", path)
    assert (403, "not-permitted") == site.partner(OWN[path]).refused("GET", path)
    assert (403, "not-permitted") == site.staff(OWN[path]).refused("GET", path)
    assert 401 == site.client.get(path).status_code


@pytest.mark.parametrize(
    "what", ["wallet", "limits", "statement", "payments", "top-ups", "withdrawals"]
)
def test_a_members_things_for_staff_alone(site, what):
    me = site.town.person(money="1")
    path = f"/v1/members/{me.id}/{what}"
    others = {route.needs for route in ROUTES} - {"wallet.read"}

    site.staff("wallet.read").get(path)

    assert (403, "not-permitted") == site.staff(*others).refused("GET", path)
    for who in (site.person(me), site.partner("wallet.read", member=me)):
        assert (403, "not-permitted") == who.refused("GET", path)
    nobodys = f"/v1/members/{NOBODY}/{what}"
    assert (404, "member-unknown") == site.staff("wallet.read").refused("GET", nobodys)


@pytest.mark.parametrize("place", [0, -1, 2**63, "x", None, 1.5, [1]])
def test_a_cursor_that_was_made_up(site, place):
    who = site.person(site.town.person(money="1"))

    for path in ("/v1/wallet/statement", "/v1/payments", "/v1/top-ups", "/v1/withdrawals"):
        assert (404, "cursor-unknown") == who.refused("GET", path, cursor=give_cursor(place))
        beyond = who.get(path, cursor=give_cursor(2**61))
        assert beyond["next_cursor"] is None


def test_a_balance_that_has_not_changed_is_not_sent_again(site):
    me = site.town.person(money="1")
    who = site.person(me)
    first = who.ask("GET", "/v1/wallet")
    tag = {"if-none-match": first.headers["etag"]}

    same = site.client.get("/v1/wallet", headers=who.headers | tag)
    site.town.give(me.id, 1)
    changed = site.client.get("/v1/wallet", headers=who.headers | tag)

    assert (304, 200) == (same.status_code, changed.status_code)
    assert cny("1.01") == changed.json()["available"]

"""Money moved over HTTP: done once, exact to the fen, and only by those whose it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.api_town import ApiTown, api_town
from support.both_homes import Places
from support.wallet_town import yuan
from venule.members import Freeze, freeze
from venule.wallet import Pay, pay
from venule.wallet.api import ROUTES

NOBODY = "01a22348-4ad8-7739-bca4-14ebfd94c77a"


@pytest.fixture
def site(places: Places) -> Iterator[ApiTown]:
    with api_town(places("home"), ROUTES) as site:
        yield site


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def test_a_person_pays_a_merchant(site):
    payer, merchant = site.town.person(money="10"), site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": cny("3.21"), "note": "两杯咖啡"}

    made = site.person(payer).post("/v1/payments", body)

    assert (cny("3.21"), None, cny("0.00")) == (made["amount"], made["fee"], made["refunded"])
    assert ("payment", "paid", "两杯咖啡") == (made["kind"], made["state"], made["note"])
    assert [str(payer.id), str(merchant.id)] == [made["payer_id"], made["payee_id"]]
    assert (679, 321) == (site.town.fen(payer.id), site.town.fen(merchant.id))


def test_a_payment_is_made_once_for_each_key(site):
    payer, merchant = site.town.person(money="10"), site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": cny("3")}
    me = site.person(payer)

    first = me.ask("POST", "/v1/payments", body, key="k1")
    again = me.ask("POST", "/v1/payments", body, key="k1")
    other = me.ask("POST", "/v1/payments", body | {"amount": cny("4")}, key="k1")
    none = me.ask("POST", "/v1/payments", body)

    assert (201, first.content) == (again.status_code, again.content)
    assert (422, "idempotency-key-reused") == (other.status_code, other.json()["code"])
    assert (400, "idempotency-key-missing") == (none.status_code, none.json()["code"])
    assert 300 == site.town.fen(merchant.id)


def test_two_callers_may_choose_the_same_key(site):
    merchant = site.town.merchant()
    payers = [site.town.person(money="1") for _ in range(2)]
    body = {"merchant_id": str(merchant.id), "amount": cny("1")}

    made = [site.person(who).ask("POST", "/v1/payments", body, key="k").json() for who in payers]

    assert made[0]["id"] != made[1]["id"]
    assert 200 == site.town.fen(merchant.id)


@pytest.mark.parametrize(
    "amount, fen", [("0.01", 1), ("0.1", 10), ("0.10", 10), ("1", 100), ("9007199254740.99", None)]
)
def test_amounts_are_exact(site, amount, fen):
    payer, merchant = site.town.person(money="10"), site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": cny(amount)}
    me = site.person(payer)

    if fen is None:
        answer = me.ask("POST", "/v1/payments", body, key="k").json()
        assert ("insufficient-funds", 900719925474099) == (answer["code"], answer["needed_minor"])
    else:
        me.post("/v1/payments", body)
        assert fen == site.town.fen(merchant.id)


@pytest.mark.parametrize(
    "amount",
    [
        *map(cny, ["1e2", "٣", "01", "0", "0.00", "-1", "+1", "1.", ".5", "1.001", "1,000", " 1"]),
        *map(cny, ["1\n", "NaN", "1_0", "１", "10000000000000"]),
        {"amount": 1, "currency": "CNY"},
        {"amount": 0.1, "currency": "CNY"},
        {"amount": "1", "currency": "USD"},
        {"amount": "1"},
        {"amount": "1", "currency": "CNY", "more": 1},
        "1",
        None,
    ],
)
def test_what_is_no_amount_is_refused(site, amount):
    payer, merchant = site.town.person(money="200"), site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": amount}

    status, _ = site.person(payer).refused("POST", "/v1/payments", body)

    assert 422 == status


def test_payments_that_cannot_be(site):
    town = site.town
    payer, friend, merchant = town.person(money="10"), town.person(), town.merchant()
    frozen = town.person(money="10")
    town.run(freeze, Freeze(frozen.id, "a test"))

    def refused(who, payee, amount, path="/v1/payments", name="merchant_id"):
        body = {name: str(payee), "amount": cny(amount)}
        return site.person(who).refused("POST", path, body)

    assert (404, "member-unknown") == refused(payer, NOBODY, "1")
    assert (409, "not-a-merchant") == refused(payer, friend.id, "1")
    assert (409, "insufficient-funds") == refused(payer, merchant.id, "10.01")
    assert (409, "member-frozen") == refused(frozen, merchant.id, "1")
    assert (409, "self-transfer") == refused(merchant, merchant.id, "1")
    assert (422, "request-invalid") == refused(payer, "x", "1")
    to = {"path": "/v1/transfers", "name": "payee_id"}
    assert (409, "self-transfer") == refused(payer, payer.id, "1", **to)
    assert (409, "insufficient-funds") == refused(payer, friend.id, "11", **to)


def test_nobody_sets_a_fee_or_another_payer(site):
    payer, merchant = site.town.person(money="10"), site.town.merchant()
    for more in ({"fee": cny("0.01")}, {"payer_id": str(merchant.id)}):
        body = {"merchant_id": str(merchant.id), "amount": cny("1")} | more

        assert (422, "request-invalid") == site.person(payer).refused("POST", "/v1/payments", body)


def test_a_transfer_to_another_member(site):
    payer, friend = site.town.person(money="10"), site.town.person()

    made = site.person(payer).post(
        "/v1/transfers", {"payee_id": str(friend.id), "amount": cny("0.01")}
    )

    assert ("transfer", cny("0.01")) == (made["kind"], made["amount"])
    assert (999, 1) == (site.town.fen(payer.id), site.town.fen(friend.id))


def test_a_partner_pays_for_the_member_it_acts_for(site):
    payer, merchant = site.town.person(money="10"), site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": cny("1")}

    made = site.partner("payments.write", member=payer, acts=True).post("/v1/payments", body)

    assert str(payer.id) == made["payer_id"]


@pytest.mark.parametrize(
    "path, scope",
    [
        ("/v1/payments", "payments.write"),
        ("/v1/payment-batches", "payments.write"),
        ("/v1/transfers", "transfers.write"),
        (f"/v1/payments/{NOBODY}/refunds", "refunds.write"),
        ("/v1/top-ups", "top_ups.write"),
        ("/v1/withdrawals", "withdrawals.write"),
    ],
)
def test_who_may_not_move_money(site, path, scope):
    payer = site.town.person(money="10")
    others = {route.needs for route in ROUTES} - {scope}

    assert (403, "not-permitted") == site.staff(scope, *others).refused("POST", path, {})
    assert (403, "not-permitted") == site.partner(*others, member=payer).refused("POST", path, {})
    nobody = site.client.post(path, json={}, headers={"idempotency-key": "k"})
    assert (401, "caller-unknown") == (nobody.status_code, nobody.json()["code"])


def test_an_application_of_nobody_moves_nobodys_money(site):
    merchant = site.town.merchant()
    body = {"merchant_id": str(merchant.id), "amount": cny("1")}

    who = site.partner("payments.write")

    assert (403, "not-permitted") == who.refused("POST", "/v1/payments", body)


def test_a_merchants_application_pays_many_from_its_own_wallet(site):
    town = site.town
    shop, suppliers = town.merchant("10"), [town.merchant() for _ in range(3)]
    who = site.partner("payments.write", member=shop)
    lines = [{"merchant_id": str(each.id), "amount": cny("2.5")} for each in suppliers]

    done = who.post("/v1/payment-batches", {"lines": lines})

    assert {"count": 3, "total": cny("7.50")} == done
    assert [250, 250, 250, 250] == [town.fen(each.id) for each in (shop, *suppliers)]
    last = {"merchant_id": NOBODY, "amount": cny("0.01")}
    batch = {"lines": [lines[0] | {"amount": cny("1")}, last]}
    assert (404, "member-unknown") == who.refused("POST", "/v1/payment-batches", batch)
    assert (422, "request-invalid") == who.refused("POST", "/v1/payment-batches", {"lines": []})
    person = site.person(town.person(money="9"))
    assert (403, "not-permitted") == person.refused("POST", "/v1/payment-batches", batch)


def test_the_merchant_refunds_in_parts_never_more_than_paid(site):
    town = site.town
    payer, shop, other = town.person(money="10"), town.merchant(), town.merchant("10")
    paid = town.run(pay, Pay(payer.id, shop.id, yuan("10")))
    path = f"/v1/payments/{paid.id}/refunds"
    ours = site.partner("refunds.write", member=shop)
    part = {"request_id": "r1", "amount": cny("4")}

    first, again = ours.post(path, part), ours.post(path, part)
    assert (first, cny("4.00")) == (again, first["refunded"])
    assert (409, "refund-request-reused") == ours.refused(
        "POST", path, {"request_id": "r1", "amount": cny("5")}
    )
    too_much = {"request_id": "r2", "amount": cny("6.01")}
    assert (409, "refund-exceeds-payment") == ours.refused("POST", path, too_much)
    rest = site.person(shop).post(path, {"request_id": "r2", "amount": cny("6")})
    assert cny("10.00") == rest["refunded"]
    assert (1000, 0) == (town.fen(payer.id), town.fen(shop.id))
    assert (403, "not-permitted") == site.person(payer).refused("POST", path, too_much)
    for stranger in (site.person(other), site.partner("refunds.write", member=other)):
        assert (404, "payment-unknown") == stranger.refused("POST", path, too_much)
    nothing = f"/v1/payments/{NOBODY}/refunds"
    assert (404, "payment-unknown") == ours.refused("POST", nothing, too_much)


def test_money_comes_from_a_bank_account_and_goes_there(site):
    town = site.town
    me, other = town.person(), town.person()
    bound, others = str(town.bank_account(me.id)), str(town.bank_account(other.id))
    order = {"bank_account_id": bound, "amount": cny("10")}

    asked = site.person(me).post("/v1/top-ups", order)
    assert ("requested", 0) == (asked["state"], town.fen(me.id))
    town.work()
    town.wait(hours=2)
    town.poll()
    found = site.person(me).get(f"/v1/top-ups/{asked['id']}")
    assert ("credited", 1000) == (found["state"], town.fen(me.id))

    sent = site.person(me).post("/v1/withdrawals", order | {"amount": cny("4")})
    assert ("reserved", 600) == (sent["state"], town.fen(me.id))
    balance = site.person(me).get("/v1/wallet")
    assert (cny("10.00"), cny("6.00"), cny("4.00")) == (
        balance["balance"], balance["available"], balance["held"]
    )  # fmt: skip
    town.work()
    assert "sent" == site.person(me).get(f"/v1/withdrawals/{sent['id']}")["state"]

    for path in ("/v1/top-ups", "/v1/withdrawals"):
        theirs = order | {"bank_account_id": others}
        assert (404, "bank-account-unknown") == site.person(me).refused("POST", path, theirs)
        assert (422, "request-invalid") == site.person(me).refused(
            "POST", path, order | {"reserve": "reserve"}
        )

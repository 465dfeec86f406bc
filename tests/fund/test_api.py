"""A fund over HTTP, on every kind of home: who may do what, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from support.both_homes import Places
from support.fund_town import CODE, FundTown
from support.town_site import Site, serve
from venule.fund.api import ROUTES
from venule.kit.time import china_instant

AT = f"/v1/funds/{CODE}"
MONDAY = date(2014, 5, 12)
STAFF = "staff fund.read,fund.operate"


@pytest.fixture
def at(places: Places) -> Iterator[SimpleNamespace]:
    """A fund and its site; one member with cash and shares, one without a holding."""
    with FundTown(places("home")) as town:
        with serve(town, ROUTES) as site:
            who = town.member(cash=500_000, shares=300_000)
            other = town.member(cash=10_000, holding=False)
            yield SimpleNamespace(
                town=town,
                site=site,
                who=who,
                me=f"person {who}",
                other=f"person {other}",
                partner=f"partner fund.read,fund.write {who}",
            )
        assert [] == town.breaks()


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def test_a_fund_and_a_holding_are_shown(at):
    site: Site = at.site
    [listed] = site.get(at.me, "/v1/funds")["items"]
    assert listed == site.get(at.me, AT)
    assert (CODE, "15:00:00", True) == (
        listed["code"], listed["cut_off"], listed["subscriptions_open"],
    )  # fmt: skip
    rules = {each["rule"] for each in listed["limits"]}
    assert {"fast_daily"} == rules, "a bank's line is nothing for members"
    assert {"fast_daily", "advance_line"} == {
        each["rule"] for each in site.get(STAFF, AT)["limits"]
    }
    assert "3000.00" == site.get(at.partner, f"{AT}/holding")["total"]["amount"]

    assert (404, "fund-holder-unknown") == site.refused(at.other, "GET", f"{AT}/holding")
    opened = site.post(at.other, f"{AT}/holding")
    assert opened == site.post(at.other, f"{AT}/holding")
    assert "0.00" == opened["total"]["amount"]
    assert (404, "fund-unknown") == site.refused(at.me, "POST", "/v1/funds/nope/holding")


def test_orders_move_money_once_for_their_key(at):
    body = {"amount": yuan("1000.00"), "number": "N-1"}
    before = at.town.cash(at.who)

    first = at.site.post(at.me, f"{AT}/subscriptions", body, 201, key="one")
    again = at.site.post(at.me, f"{AT}/subscriptions", body, 201, key="one")
    same = at.site.post(at.me, f"{AT}/subscriptions", body, 201, key="two")

    assert first == again == same, "the key, and the number"
    assert before - 100_000 == at.town.cash(at.who)
    assert ("N-1", "subscribe", "2014-05-12", "2014-05-13") == (
        first["number"], first["kind"], first["trade_on"], first["confirm_on"],
    )  # fmt: skip
    at.site.post(at.other, f"{AT}/holding")
    theirs = at.site.post(at.other, f"{AT}/subscriptions", {**body, "amount": yuan("1.00")}, 201)
    assert theirs["id"] != first["id"], "numbers are each caller's own"
    reused = at.site.refused(at.me, "POST", f"{AT}/subscriptions", {**body, "amount": yuan("2.00")})
    assert (409, "fund-order-number-reused") == reused
    poor = at.site.refused(at.me, "POST", f"{AT}/subscriptions", {"amount": yuan("9999.00")})
    assert (409, "fund-cash-insufficient") == poor
    assert before - 100_000 == at.town.cash(at.who)


def test_redeeming_cancelling_and_paying(at):
    part = at.site.post(at.me, f"{AT}/redemptions", {"shares": yuan("500.00")}, 201)
    rest = at.site.post(at.partner, f"{AT}/redemptions", {"shares": None}, 201)
    assert (False, True, "2500.00") == (part["whole"], rest["whole"], rest["amount"]["amount"])
    assert "0.00" == at.site.get(at.me, f"{AT}/holding")["available"]["amount"]
    of = f"/v1/fund-orders/{rest['id']}"

    assert "cancelled" == at.site.post(at.me, f"{of}/cancellation")["state"]
    assert "2500.00" == at.site.get(at.me, f"{AT}/holding")["available"]["amount"]
    unpaid = at.site.post(
        at.me, f"{AT}/subscriptions", {"amount": yuan("10.00"), "pay_now": False}, 201
    )
    cash = at.town.cash(at.who)
    paid = at.site.post(at.me, f"/v1/fund-orders/{unpaid['id']}/payment")
    assert (False, True) == (unpaid["paid"], paid["paid"])
    assert cash - 1_000 == at.town.cash(at.who)
    late = f"/v1/fund-orders/{part['id']}/cancellation"
    at.town.at(MONDAY, time(16))
    assert (409, "fund-cut-off-passed") == at.site.refused(at.me, "POST", late)


def test_money_now_and_payments_from_shares(at):
    cash = at.town.cash(at.who)
    fast = at.site.post(at.me, f"{AT}/fast-redemptions", {"shares": yuan("100.00")}, 201)
    assert "2014-05-12" <= fast["leaves_on"]
    assert cash + 10_000 == at.town.cash(at.who)
    body = {"merchant_id": str(at.town.merchant), "amount": yuan("5200.00")}
    made = at.site.post(at.me, f"{AT}/payments", body, 201)
    assert ("5100.00", "100.00") == (
        made["from_cash"]["amount"], made["from_shares"]["amount"],
    )  # fmt: skip
    assert "fast" == made["order"]["kind"]
    body["funding"] = "cash_only"
    seen = at.site.refused(at.me, "POST", f"{AT}/payments", body)
    assert (409, "fund-funding-insufficient") == seen
    many = at.site.refused(at.me, "POST", f"{AT}/fast-redemptions", {"shares": yuan("9000.00")})
    assert (409, "fund-shares-insufficient") == many


def test_orders_are_listed_page_by_page_and_are_ones_own(at):
    ids = [
        at.site.post(at.me, f"{AT}/subscriptions", {"amount": yuan(f"{n}.00")}, 201)["id"]
        for n in range(1, 6)
    ]
    at.site.post(at.me, f"{AT}/redemptions", {"shares": yuan("1.00")}, 201)
    seen: list[str] = []
    path = f"{AT}/orders?kind=subscribe&limit=2"
    while path:
        page = at.site.get(at.partner, path)
        seen += [each["id"] for each in page["items"]]
        more = page["next_cursor"]
        path = f"{AT}/orders?kind=subscribe&limit=2&cursor={more}" if more else ""

    assert ids[::-1] == seen
    assert 6 == len(at.site.get(at.me, f"{AT}/orders")["items"])
    of = f"/v1/fund-orders/{ids[0]}"
    cash = at.town.cash(at.who)
    for who in (at.other, f"partner fund.read,fund.write {uuid4()}"):
        assert (404, "fund-order-unknown") == at.site.refused(who, "GET", of)
        for tail in ("cancellation", "payment"):
            seen_there = at.site.refused(who, "POST", f"{of}/{tail}")
            assert (404, "fund-order-unknown") == seen_there
        assert (404, "fund-holder-unknown") == at.site.refused(who, "GET", f"{AT}/orders")
    assert cash == at.town.cash(at.who)
    assert "accepted" == at.site.get(STAFF, of)["state"]


def test_kinds_of_callers_and_scopes(at):
    body = {"amount": yuan("1.00")}
    no = (403, "not-permitted")

    assert (401, "caller-unknown") == at.site.refused("nobody", "GET", "/v1/funds")
    reads = f"partner fund.read {at.who}"
    assert no == at.site.refused(reads, "POST", f"{AT}/subscriptions", body)
    assert no == at.site.refused(f"partner fund.write {at.who}", "GET", f"{AT}/holding")
    assert no == at.site.refused("partner fund.read", "GET", f"{AT}/holding")
    assert no == at.site.refused(STAFF, "POST", f"{AT}/subscriptions", body)
    for who in (at.me, at.partner, "staff fund.read"):
        for method, path in (
            ("PUT", f"{AT}/sales"), ("POST", f"{AT}/limits"), ("POST", f"{AT}/advance-lines"),
            ("PUT", f"{AT}/days/2014-05-12/income"), ("PUT", f"{AT}/days/2014-05-12/valuation"),
            ("POST", f"{AT}/days/2014-05-12/closing-steps"),
            ("POST", f"{AT}/days/2014-05-12/sweep"), ("POST", f"{AT}/share-freezes"),
            ("POST", f"/v1/fund-orders/{uuid4()}/rejection"),
            ("POST", f"/v1/fund-orders/{uuid4()}/settlement"), ("POST", f"{AT}/holdings"),
            ("PUT", "/v1/fund-calendars/fund"),
        ):  # fmt: skip
            assert no == at.site.refused(who, method, path)
    assert no == at.site.refused("staff fund.operate", "GET", f"{AT}/totals")


def close(at, on: date) -> None:
    path = f"{AT}/days/{on}"
    at.town.clock.set(china_instant(on, time(23)))
    while at.site.post(STAFF, f"{path}/closing-steps")["next"] != "closed":
        pass


def test_a_day_is_run_and_its_income_is_seen(at):
    day = f"{AT}/days/{MONDAY}"
    assert (404, "fund-day-not-closed") == at.site.refused(at.me, "GET", day)
    at.town.clock.set(china_instant(MONDAY, time(23)))
    early = at.site.refused(STAFF, "POST", f"{day}/closing-steps")
    assert (409, "fund-yield-missing") == early
    net = {"as": "net_income", "amount": yuan("0.39")}
    said = at.site.ask(STAFF, "PUT", f"{day}/income", net)
    assert ("0.39", None) == (said.json()["net_income"]["amount"], said.json()["per_10k"])
    assert 200 == at.site.ask(STAFF, "PUT", f"{day}/income", net).status_code
    other = at.site.refused(STAFF, "PUT", f"{day}/income", {"as": "per_10k", "per_10k": "1.3"})
    assert (409, "fund-income-changed") == other
    close(at, MONDAY)
    tuesday = date(2014, 5, 13)
    loss = {"as": "net_income", "amount": yuan("-0.10")}
    assert 200 == at.site.ask(STAFF, "PUT", f"{AT}/days/{tuesday}/income", loss).status_code
    at.town.at(tuesday, time(9))
    assert "pay_out" == at.site.post(STAFF, f"{AT}/days/{tuesday}/opening-steps")["next"]
    close(at, tuesday)

    shown = at.site.get(at.me, day)
    assert ("1.3000", None) == (shown["per_10k"], shown["net_income"])
    assert "4.859" == shown["yield_7d"]
    assert "0.39" == at.site.get(STAFF, day)["net_income"]["amount"]
    steps = at.site.get(STAFF, f"{day}/steps")["items"]
    assert {"pay_out", "income", "check"} <= {each["step"] for each in steps}
    income = at.site.get(at.me, f"{AT}/income?limit=1")
    assert [("2014-05-13", "-0.10")] == [
        (each["on"], each["amount"]["amount"]) for each in income["items"]
    ]
    more = at.site.get(at.me, f"{AT}/income?limit=1&cursor={income['next_cursor']}")
    assert [("2014-05-12", "0.39")] == [
        (each["on"], each["amount"]["amount"]) for each in more["items"]
    ]
    assert "3000.29" == at.site.get(STAFF, f"{AT}/totals")["shares"]["amount"]
    assert str(tuesday) == at.site.get(at.me, AT)["last_closed_on"]
    assert (404, "route-not-found") == at.site.refused(at.me, "GET", f"{AT}/days/0001-01-03")


def test_a_published_income_per_10_000_is_exact(at):
    path = f"{AT}/days/{MONDAY}/income"

    said = at.site.ask(STAFF, "PUT", path, {"as": "per_10k", "per_10k": "-0.05"}).json()

    assert "-0.0500" == said["per_10k"]
    assert -500 == at.town.read(
        lambda tx: tx.sql.rows("SELECT per_10k_e4 FROM fund_income")[0][0]
    )  # fmt: skip
    for wrong in ("1.29861", "1,2", "100000", "NaN", ""):
        seen = at.site.refused(STAFF, "PUT", path, {"as": "per_10k", "per_10k": wrong})
        assert (422, "request-invalid") == seen


def test_staff_steer_a_fund(at):
    stop = {"subscriptions_open": False, "redemptions_open": True, "reason": "full"}
    assert not at.site.ask(STAFF, "PUT", f"{AT}/sales", stop).json()["subscriptions_open"]
    seen = at.site.refused(at.me, "POST", f"{AT}/subscriptions", {"amount": yuan("1.00")})
    assert (409, "fund-subscriptions-stopped") == seen
    stop["subscriptions_open"] = True
    assert at.site.ask(STAFF, "PUT", f"{AT}/sales", stop).json()["subscriptions_open"]
    least = {"rule": "subscribe_min", "amount": yuan("10.00"), "from_on": "2014-05-01"}
    said = at.site.post(STAFF, f"{AT}/limits", least)["limits"]
    assert "10.00" in {each["amount"]["amount"] for each in said}
    small = at.site.refused(at.me, "POST", f"{AT}/subscriptions", {"amount": yuan("9.99")})
    assert (409, "fund-below-minimum") == small
    odd = at.site.refused(STAFF, "POST", f"{AT}/limits", {**least, "subject": "0" * 32})
    assert (409, "fund-terms-wrong") == odd
    value = {"amortised": yuan("1000.00"), "shadow": yuan("1000.10")}
    verdict = at.site.ask(STAFF, "PUT", f"{AT}/days/{MONDAY}/valuation", value).json()
    assert ("inside", 100) == (verdict["state"], verdict["deviation_ppm"])
    bank = {
        "bank_id": str(at.town.merchant), "name": "Second", "licensed": True,
        "amount": yuan("5.00"), "from_on": "2014-05-12",
    }  # fmt: skip
    assert "Second" == at.site.post(STAFF, f"{AT}/advance-lines", bank, 201)["name"]
    twice = at.site.refused(STAFF, "POST", f"{AT}/advance-lines", bank)
    assert (409, "fund-terms-wrong") == twice
    week = {"first_on": "2015-01-01", "days": "0110011"}
    assert 204 == at.site.ask(STAFF, "PUT", "/v1/fund-calendars/second", week).status_code


def test_shares_are_frozen_and_wallets_swept(at):
    body = {"member_id": str(at.who), "shares": yuan("2000.00"), "cause": 0, "note": "court"}
    made = at.site.post("staff fund.freeze_shares", f"{AT}/share-freezes", body, 201)
    assert "2000.00" == made["shares"]["amount"]
    held = at.site.get(at.me, f"{AT}/holding")
    assert ("1000.00", "2000.00") == (held["available"]["amount"], held["frozen"]["amount"])

    chosen = at.site.ask(at.me, "PUT", f"{AT}/sweep", {"keep": yuan("4000.00")}).json()
    assert "4000.00" == chosen["sweep_keep"]["amount"]
    swept = at.site.post(STAFF, f"{AT}/days/{MONDAY}/sweep")
    assert (1, "1000.00") == (swept["orders"], swept["amount"]["amount"])
    assert swept == at.site.post(STAFF, f"{AT}/days/{MONDAY}/sweep")
    ended = at.site.ask(at.me, "PUT", f"{AT}/sweep", {"keep": None}).json()
    assert ended["sweep_keep"] is None
    opened = {"member_ids": [at.other.partition(" ")[2]]}
    assert 1 == at.site.post(STAFF, f"{AT}/holdings", opened, 201)["opened"]
    twice = at.site.refused(STAFF, "POST", f"{AT}/holdings", opened)
    assert (409, "fund-holder-exists") == twice


def test_an_order_is_refused_by_the_fund(at):
    order = at.site.post(at.me, f"{AT}/subscriptions", {"amount": yuan("7.00")}, 201)
    of = f"/v1/fund-orders/{order['id']}"

    unpaid = at.site.refused(STAFF, "POST", f"{of}/settlement", {"member_id": str(at.who)})
    assert (409, "fund-order-not-payable") == unpaid
    seen = at.site.refused(STAFF, "POST", f"{of}/rejection", {"reason": "not sent yet"})
    assert (409, "fund-illegal-transition") == seen

"""The bank's word, reconciliation, cases and the house, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest

from support.api_town import ApiTown, api_town
from support.both_homes import Places
from support.wallet_town import yuan
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.members import Freeze, freeze
from venule.wallet import RequestTopUp, Withdraw, request_top_up, withdraw
from venule.wallet.api import ROUTES

NOBODY = str(SystemIds(SystemClock()).new())
DAY = "2014-03-10"


@pytest.fixture
def site(places: Places) -> Iterator[ApiTown]:
    with api_town(places("home"), ROUTES) as site:
        yield site


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def message(our_ref, amount, kind="debit_booked", **more):
    return {
        "kind": kind, "reserve": "reserve", "our_ref": our_ref, "amount": cny(amount),
        "bank_ref": "B1", "booked_on": DAY,
    } | more  # fmt: skip


def test_messages_are_taken_once_by_place_and_by_key(site):
    town = site.town
    me = town.person()
    asked = town.run(request_top_up, RequestTopUp(me.id, town.bank_account(me.id), yuan("5")))
    bank = site.partner("bank.messages")
    body = {"rail": "icbc", "after": 0, "messages": [message(asked.id.hex, "5")]}

    first = bank.post("/v1/bank/messages", body, status=200)

    assert {"applied": 1, "repeated": 0, "cases": 0} == first
    assert {"applied": 0, "repeated": 0, "cases": 0} == (
        bank.post("/v1/bank/messages", body, status=200)
    ), "these places were taken"
    again = body | {"after": 1}
    assert (
        1 == site.partner("bank.messages").post("/v1/bank/messages", again, status=200)["repeated"]
    )
    assert 500 == town.fen(me.id)


def test_nothing_the_bank_says_is_refused(site):
    bank = site.partner("bank.messages")
    said = [
        message("who knows", "0.01"),
        message("  of another bank ", "7", "payout_booked", bank_ref="B2"),
        message("", "-3", bank_ref="B3"),
        message("zero", "0", bank_ref=""),
        message("x", "1", reserve="no reserve of ours", booked_on=None),
    ]

    taken = bank.post("/v1/bank/messages", {"rail": "r", "after": 0, "messages": said}, status=200)

    assert {"applied": 0, "repeated": 0, "cases": 5} == taken
    kinds = [each["kind"] for each in site.staff("cases.read").get("/v1/bank/cases")["items"]]
    assert sorted(["unmatched_credit", "unmatched_debit", *["malformed"] * 3]) == sorted(kinds)
    assert [] == site.town.breaks()


def test_confirmations_and_bookings_at_once(site):
    town = site.town
    me, shop = town.person(), town.merchant("9")
    asked = town.run(request_top_up, RequestTopUp(me.id, town.bank_account(me.id), yuan("5")))
    staff = site.partner("bank.messages")
    line = {"top_up_id": str(asked.id), "bank_ref": "B1", "amount": cny("5"), "booked_on": DAY}

    taken = staff.post("/v1/bank/top-up-confirmations", {"lines": [line]}, status=200)
    assert ({"applied": 1, "repeated": 0, "cases": 0}, 500) == (taken, town.fen(me.id))

    def booked(*lines, **more):
        return {
            "booked_on": DAY,
            "lines": [
                {"member_id": str(who), "amount": cny(amount), "bank_ref": ref}
                for who, amount, ref in lines
            ],
        } | more

    two = booked((me.id, "1.5", "B2"), (shop.id, "2", "B3"))
    done = staff.post("/v1/bank/top-ups", two, status=200)
    assert ({"count": 2, "total": cny("3.50")}, 650) == (done, town.fen(me.id))
    assert (409, "bank-ref-reused") == staff.refused("POST", "/v1/bank/top-ups", two)
    out = booked((me.id, "6", "B4"), (shop.id, "11", "B5"))
    done = staff.post("/v1/bank/payouts", out, status=200)
    assert ({"count": 2, "total": cny("17.00")}, 50) == (done, town.fen(me.id))
    too_much = booked((me.id, "0.5", "B6"), (shop.id, "0.01", "B7"))
    assert (409, "insufficient-funds") == staff.refused("POST", "/v1/bank/payouts", too_much)
    town.run(freeze, Freeze(me.id, "a test"))
    path = "/v1/bank/payouts"
    assert (409, "member-frozen") == staff.refused("POST", path, booked((me.id, "0.1", "B8")))
    for path in ("/v1/bank/payouts", "/v1/bank/top-ups"):
        nobodys = booked((NOBODY, "1", "B9"))
        assert (404, "member-unknown") == staff.refused("POST", path, nobodys)
        elsewhere = booked((shop.id, "1", "B9"), reserve="another")
        assert (404, "reserve-unknown") == staff.refused("POST", path, elsewhere)


def statement(town, on, **more):
    found = town.rail.statement("reserve", on)
    return {
        "reserve": "reserve",
        "on": on.isoformat(),
        "opening": cny(fen(found.opening_minor)),
        "closing": cny(fen(found.closing_minor)),
        "lines": [
            {"bank_ref": e.bank_ref, "our_ref": e.our_ref, "amount": cny(fen(e.amount_minor))}
            for e in found.lines
        ],
    } | more


def fen(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def test_days_are_reconciled_and_shown(site):
    town = site.town
    days = []
    for n in range(3):
        town.person(money=f"{n + 1}")
        days.append(town.today)
        town.go_to(town.today + timedelta(days=1), time(9))
    staff = site.staff("bank.reconcile")
    path = "/v1/bank/reconciliations"

    first = statement(town, days[0])
    results = [staff.post(path, statement(town, on), status=200) for on in days]

    assert [("1.00", "1.00"), ("3.00", "3.00"), ("6.00", "6.00")] == [
        (each["bank"]["amount"], each["books"]["amount"]) for each in results
    ]
    assert [cny("0.00")] * 3 == [each["gap"] for each in results]
    assert results[0] == staff.post(path, first, status=200), "the first result again"
    listed = staff.get(path, limit=2)
    assert [days[2], days[1]] == [date.fromisoformat(each["on"]) for each in listed["items"]]
    rest = staff.get(path, limit=2, cursor=listed["next_cursor"])
    assert ([days[0].isoformat()], None) == ([d["on"] for d in rest["items"]], rest["next_cursor"])
    assert results[1] == staff.get(f"{path}/reserve/{days[1]}")

    assert (404, "reconciliation-unknown") == staff.refused("GET", f"{path}/reserve/{town.today}")
    assert (404, "reserve-unknown") == staff.refused("GET", f"{path}/another/{days[0]}")
    assert (404, "reserve-unknown") == staff.refused("GET", path, reserve="another")
    changed = first | {"closing": cny("2"), "opening": cny("1")}
    assert (409, "statement-changed") == staff.refused("POST", path, changed)
    wrong = first | {"closing": cny("2")}
    assert (422, "statement-inconsistent") == staff.refused("POST", path, wrong)
    for on in (town.today.isoformat(), "9999-12-31"):
        late = first | {"on": on}
        assert (409, "statement-too-early") == staff.refused("POST", path, late)
    gap = first | {"on": (days[2] + timedelta(days=-9)).isoformat()}
    assert (409, "statement-out-of-order") == staff.refused("POST", path, gap)


def test_what_the_bank_has_and_we_do_not_is_a_break(site):
    town = site.town
    town.person(money="1")
    day = town.today
    town.go_to(day + timedelta(days=1))
    more = statement(town, day)
    more["lines"].append({"bank_ref": "B9", "amount": cny("-0.25")})
    more["closing"] = cny("0.75")

    done = site.partner("bank.reconcile").post("/v1/bank/reconciliations", more, status=200)

    assert [("unmatched", "-0.25")] == [(b["kind"], b["amount"]["amount"]) for b in done["breaks"]]
    assert (cny("-0.25"), cny("-0.25")) == (done["gap"], done["unexplained"])
    [case] = site.staff("cases.read").get("/v1/bank/cases")["items"]
    assert ("unmatched_debit", cny("-0.25")) == (case["kind"], case["amount"])


def test_cases_are_listed_and_ended(site):
    bank = site.partner("bank.messages")
    said = [
        message("?", "3", bank_ref="B1"),
        message("?", "3", "payout_booked", bank_ref="B2"),
        message("?", "4", "payout_booked", bank_ref="B3"),
        message("x", "1", reserve="nowhere"),
    ]
    for n, each in enumerate(said):
        site.town.wait(seconds=1)
        bank.post("/v1/bank/messages", {"rail": "r", "after": n, "messages": [each]}, status=200)
    reader, staff = site.staff("cases.read"), site.staff("cases.write", "cases.read")
    page = reader.get("/v1/bank/cases", limit=3)
    rest = reader.get("/v1/bank/cases", limit=3, cursor=page["next_cursor"])
    came, went, more, empty = [each["id"] for each in page["items"] + rest["items"]]
    assert rest["next_cursor"] is None
    path = "/v1/bank/cases"

    assert (409, "case-not-resolvable") == staff.refused(
        "POST", f"{path}/{came}/offset", {"other_id": more}
    )
    done = staff.post(f"{path}/{came}/offset", {"other_id": went}, status=200)
    assert ("offset", "offset") == (done["state"], reader.get(f"{path}/{went}")["state"])
    assert (409, "transition-illegal") == staff.refused(
        "POST", f"{path}/{came}/offset", {"other_id": went}
    )
    why = {"reason": "a test of theirs"}
    assert (409, "case-not-resolvable") == staff.refused("POST", f"{path}/{more}/dismiss", why)
    assert "dismissed" == staff.post(f"{path}/{empty}/dismiss", why, status=200)["state"]
    assert (404, "case-unknown") == staff.refused("POST", f"{path}/{NOBODY}/dismiss", why)
    assert (404, "case-unknown") == reader.refused("GET", f"{path}/{NOBODY}")
    assert [more] == [each["id"] for each in reader.get(path)["items"]]
    assert (403, "not-permitted") == reader.refused("POST", f"{path}/{more}/dismiss", why)


def test_the_house_shows_clients_money_and_ours(site):
    town = site.town
    me = town.person(money="10")
    town.run(withdraw, Withdraw(me.id, town.bank_account(me.id), yuan("4")))
    town.work()

    found = {
        each["name"]: each["balance"]["amount"]
        for each in site.staff("house.read").get("/v1/house")["items"]
    }

    assert ("10.00", "4.00", "0.00", "0.00") == tuple(
        found[name] for name in ("reserve:reserve", "payout_in_transit", "own_bank", "suspense")
    )


STAFF_AND_RAILS = {
    ("POST", "/v1/bank/messages"): "bank.messages",
    ("POST", "/v1/bank/top-up-confirmations"): "bank.messages",
    ("POST", "/v1/bank/top-ups"): "bank.messages",
    ("POST", "/v1/bank/payouts"): "bank.messages",
    ("POST", "/v1/bank/reconciliations"): "bank.reconcile",
}
STAFF_ALONE = {
    ("GET", "/v1/bank/reconciliations"): "bank.reconcile",
    ("GET", f"/v1/bank/reconciliations/reserve/{DAY}"): "bank.reconcile",
    ("GET", "/v1/bank/cases"): "cases.read",
    ("GET", f"/v1/bank/cases/{NOBODY}"): "cases.read",
    ("POST", f"/v1/bank/cases/{NOBODY}/dismiss"): "cases.write",
    ("POST", f"/v1/bank/cases/{NOBODY}/offset"): "cases.write",
    ("GET", "/v1/house"): "house.read",
}


@pytest.mark.parametrize("what", [*STAFF_AND_RAILS, *STAFF_ALONE])
def test_who_may_not(site, what):
    needed = (STAFF_AND_RAILS | STAFF_ALONE)[what]
    others = {route.needs for route in ROUTES} - {needed}
    body = {} if what[0] == "POST" else None
    callers = [
        site.staff(*others),
        site.partner(*others),
        site.person(site.town.person()),
        *([site.partner(needed)] if what in STAFF_ALONE else []),
    ]

    for who in callers:
        assert (403, "not-permitted") == who.refused(*what, body)
    assert 401 == site.client.request(*what).status_code

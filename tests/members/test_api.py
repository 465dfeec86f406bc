"""Members over HTTP: opened, seen, frozen; their bank accounts; and only by those who may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from support.api_town import ApiTown, api_town
from support.both_homes import Places, fewer, only_files
from support.contract import find_no_lie
from venule.kit.http import CallerKind, give_cursor
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.members import BindBankAccount, CloseMember, bind_bank_account, end_membership
from venule.members.api import ROUTES, VERIFY

NOBODY = str(SystemIds(SystemClock()).new())
WRITE = "members.write"


@pytest.fixture
def site(places: Places) -> Iterator[ApiTown]:
    with api_town(places("home"), ROUTES) as site:
        yield site


def test_a_person_sees_themselves(site):
    me = site.town.person()

    found = site.person(me).get("/v1/me")

    assert (str(me.id), "person", "III", "active") == (
        found["id"], found["kind"], found["tier"], found["state"]
    )  # fmt: skip
    assert "account" not in found
    assert found == site.person(me).get(f"/v1/members/{me.id}")
    assert found == site.partner("members.read", member=me, acts=True).get("/v1/me")
    assert (403, "not-permitted") == site.partner("members.read").refused("GET", "/v1/me")
    assert (403, "not-permitted") == site.partner(WRITE, member=me).refused("GET", "/v1/me")
    assert (403, "not-permitted") == site.staff("members.read").refused("GET", "/v1/me")
    assert 401 == site.client.get("/v1/me").status_code


def test_a_member_is_opened_once_for_each_key(site):
    staff = site.staff(WRITE)
    body = {"kind": "person", "external_ref": "客户 1", "display_name": "小明"}

    first = staff.ask("POST", "/v1/members", body, key="k")
    again = staff.ask("POST", "/v1/members", body, key="k")

    assert (201, first.content) == (first.status_code, again.content)
    assert ("I", "客户 1", "小明") == tuple(
        first.json()[name] for name in ("tier", "external_ref", "display_name")
    )
    assert (409, "external-ref-taken") == staff.refused("POST", "/v1/members", body)
    without = staff.ask("POST", "/v1/members", body | {"external_ref": "other"})
    assert (400, "idempotency-key-missing") == (without.status_code, without.json()["code"])


@pytest.mark.parametrize("kind", ["merchant", "institution"])
def test_merchants_and_institutions_have_no_tier(site, kind):
    partner = site.partner(WRITE)
    body = {"kind": kind, "external_ref": "shop-7"}

    made = partner.post("/v1/members", body)

    assert (kind, None) == (made["kind"], made["tier"])
    assert (422, "request-invalid") == partner.refused(
        "POST", "/v1/members", body | {"external_ref": "x", "tier": "I"}
    )


@pytest.mark.parametrize("tier", ["II", "III"])
def test_only_who_has_verified_a_person_opens_them_above_tier_one(site, tier):
    body = {"kind": "person", "external_ref": "p", "tier": tier}
    batch = {"members": [{"kind": "person", "external_ref": "q"}, body]}

    for who in (site.staff(WRITE), site.partner(WRITE)):
        assert (403, "not-permitted") == who.refused("POST", "/v1/members", body)
        assert (403, "not-permitted") == who.refused("POST", "/v1/member-batches", batch)
    assert tier == site.partner(WRITE, VERIFY).post("/v1/members", body)["tier"]


def test_many_are_opened_all_or_none(site):
    partner = site.partner(WRITE)
    lines = [{"kind": "person", "external_ref": f"p{n}"} for n in range(3)]

    opened = partner.post("/v1/member-batches", {"members": lines})

    reader = site.staff("members.read")
    refs = [reader.get(f"/v1/members/{each}")["external_ref"] for each in opened["ids"]]
    assert ["p0", "p1", "p2"] == refs
    taken = {"members": [{"kind": "merchant", "external_ref": "new"}, lines[0]]}
    assert (409, "external-ref-taken") == partner.refused("POST", "/v1/member-batches", taken)
    none = {"members": []}
    assert (422, "request-invalid") == partner.refused("POST", "/v1/member-batches", none)


@pytest.mark.parametrize("ref", ["", " a", "a ", "a\tb", "a\x00", "x" * 65, "a\u200bb", 7, None])
def test_what_is_no_reference_is_refused(site, ref):
    body = {"kind": "merchant", "external_ref": ref}

    assert (422, "request-invalid") == site.staff(WRITE).refused("POST", "/v1/members", body)


def test_of_others_people_and_partners_learn_nothing(site):
    me, other = site.town.person(), site.town.person()
    scope = "members.read"

    for who in (site.person(me), site.partner(scope, member=me), site.partner(scope)):
        for member in (other.id, NOBODY):
            path = f"/v1/members/{member}"
            assert (404, "member-unknown") == who.refused("GET", path)
            assert (404, "member-unknown") == who.refused("GET", f"{path}/bank-accounts")
        for ref in (other.external_ref, "nobody"):
            found = who.refused("GET", "/v1/members", external_ref=ref)
            assert (404, "external-ref-unknown") == found
    staff = site.staff(scope)
    by_ref = staff.get("/v1/members", external_ref=other.external_ref)
    assert by_ref == staff.get(f"/v1/members/{other.id}")
    assert by_ref == site.person(other).get("/v1/members", external_ref=other.external_ref)
    assert (404, "member-unknown") == staff.refused("GET", f"/v1/members/{NOBODY}")
    assert (403, "not-permitted") == site.staff(WRITE).refused("GET", f"/v1/members/{me.id}")


def test_staff_freeze_and_unfreeze(site):
    me = site.town.person()
    staff, why = site.staff("members.freeze"), {"reason": "court order 2014/17"}
    path = f"/v1/members/{me.id}"

    assert "frozen" == staff.post(f"{path}/freeze", why, status=200)["state"]
    again = staff.refused("POST", f"{path}/freeze", why)
    assert (409, "member-transition-illegal") == again
    assert "active" == staff.post(f"{path}/unfreeze", why, status=200)["state"]
    for event in ("freeze", "unfreeze"):
        for who in (
            site.person(me),
            site.partner("members.freeze", member=me),
            site.staff(WRITE, "members.read"),
        ):
            assert (403, "not-permitted") == who.refused("POST", f"{path}/{event}", why)
        nobodys = f"/v1/members/{NOBODY}/{event}"
        assert (404, "member-unknown") == staff.refused("POST", nobodys, why)
        assert (422, "request-invalid") == staff.refused("POST", f"{path}/{event}", {})


def test_tier_limits_in_force_on_a_day(site):
    who = site.person(site.town.person())

    assert [] == who.get("/v1/tier-limits", on="2016-06-30")["items"]
    items = who.get("/v1/tier-limits", on="2016-07-01")["items"]

    assert [
        ("I", "balance_out_lifetime", "1000.00"),
        ("I", "investment_single", "0.00"),
        ("II", "balance_out_year", "100000.00"),
        ("II", "investment_single", "0.00"),
        ("III", "balance_out_year", "200000.00"),
    ] == [(each["tier"], each["rule"], each["amount"]["amount"]) for each in items]
    assert (422, "request-invalid") == who.refused("GET", "/v1/tier-limits")
    assert (422, "request-invalid") == who.refused("GET", "/v1/tier-limits", on="2016-02-30")


def test_bank_accounts_are_bound_listed_and_unbound(site):
    town = site.town
    me, other = town.person(), town.person()
    who, path = site.person(me), f"/v1/members/{me.id}/bank-accounts"
    made = [
        who.post(path, {"bank": "ICBC", "number": f"62220000{n}"}) for n in ("1111", "2222", "3333")
    ]

    assert ["1111", "2222", "3333"] == [each["number_ends_in"] for each in made]
    page = who.get(path, limit=2)
    rest = who.get(path, limit=2, cursor=page["next_cursor"])
    assert (made, None) == (page["items"] + rest["items"], rest["next_cursor"])
    taken = {"bank": "ICBC", "number": "622200001111"}
    assert (409, "bank-account-taken") == who.refused("POST", path, taken)
    theirs = f"/v1/members/{other.id}/bank-accounts"
    assert (404, "member-unknown") == who.refused("POST", theirs, taken | {"number": "1"})

    one = f"{path}/{made[1]['id']}"
    assert "unbound" == who.ask("DELETE", one).json()["state"]
    assert "unbound" == who.ask("DELETE", one).json()["state"]
    assert [made[0], made[2]] == who.get(path)["items"]
    through_mine = f"{theirs}/{made[0]['id']}"
    assert (404, "bank-account-unknown") == site.person(other).refused("DELETE", through_mine)
    assert (404, "member-unknown") == site.person(other).refused("DELETE", f"{path}/{NOBODY}")
    assert (404, "bank-account-unknown") == who.refused("DELETE", f"{path}/{NOBODY}")
    assert made[0] == site.staff("members.read").get(path)["items"][0]
    assert (404, "cursor-unknown") == who.refused("GET", path, cursor=give_cursor("x"))
    assert (404, "member-unknown") == site.staff("members.read").refused(
        "GET", f"/v1/members/{NOBODY}/bank-accounts"
    )


@pytest.mark.parametrize("number, shown", [("7", ""), ("123", "3"), ("123456789", "6789")])
def test_of_a_number_never_more_than_half_is_shown(site, number, shown):
    me = site.town.person()
    site.town.run(bind_bank_account, BindBankAccount(me.id, "ICBC", number))

    [found] = site.person(me).get(f"/v1/members/{me.id}/bank-accounts")["items"]

    assert shown == found["number_ends_in"]
    assert not {"number", number} & {*found, *found.values()}


def test_who_may_bind_and_unbind(site):
    me = site.town.person()
    path, body = f"/v1/members/{me.id}/bank-accounts", {"bank": "ICBC", "number": "1234"}
    scope = "bank_accounts.write"
    made = site.partner(scope, member=me, acts=True).post(path, body)
    one = f"{path}/{made['id']}"

    for what in (("POST", path, body), ("DELETE", one)):
        assert (403, "step-up-needed") == site.person(me, fresh=False).refused(*what)
        assert (403, "step-up-needed") == site.staff(scope, fresh=False).refused(*what)
        assert (403, "not-permitted") == site.staff("members.read").refused(*what)
        assert (403, "not-permitted") == site.partner(WRITE, member=me).refused(*what)
        assert (404, "member-unknown") == site.partner(scope).refused(*what)
    assert 200 == site.staff(scope).ask("DELETE", one).status_code


def test_a_closed_member_binds_nothing_more(site):
    me = site.town.person()
    site.town.run(end_membership, CloseMember(me.id))
    path, body = f"/v1/members/{me.id}/bank-accounts", {"bank": "ICBC", "number": "1234"}

    assert (409, "member-closed") == site.person(me).refused("POST", path, body)
    assert "closed" == site.person(me).get("/v1/me")["state"]


@only_files
def test_a_machine_that_reads_the_description_finds_no_lie(places):
    with api_town(places("contract"), ROUTES, datetime(2017, 3, 10, 1, tzinfo=UTC)) as site:
        me = site.town.person()
        bound = site.town.bank_account(me.id)
        routes = {(route.method, route.path): route for route in ROUTES}
        turn = count()

        def headers(method, path):
            route = routes[method, path]
            if CallerKind.PERSON in route.who:
                return site.person(me).headers
            return site.staff(route.needs, VERIFY).headers

        def prepare(case):
            if next(turn) % 2 and case.path_parameters:
                case.path_parameters["member_id"] = str(me.id)
                if "bank_account_id" in case.path_parameters:
                    case.path_parameters["bank_account_id"] = str(bound)

        asked = find_no_lie(ROUTES, site.url, headers, examples=fewer(10, places), prepare=prepare)

        assert asked > len(ROUTES)
        assert "internal-error" not in site.codes
        assert site.codes.count("") > len(ROUTES)
        assert [] == site.town.breaks()

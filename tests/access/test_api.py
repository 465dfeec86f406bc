"""Who calls, over HTTP, with a real client on a real server."""

import json
from collections import Counter

import pytest

from support.access_site import Site, access_site
from support.access_town import PASSWORD
from support.authenticator import Authenticator
from venule.access import Ceremony, Role, permissions_of
from venule.kit.http import CallerKind, describe
from venule.members import Tier, member


@pytest.fixture
def site(places):
    with access_site(places("home")) as site:
        yield site
        assert [] == site.town.breaks()


def ceremony(view):
    return Ceremony(view["challenge_id"], view["options"])


def enrolled(site: Site, person=None):
    """Enrol over the wire with a password; return the person and their token."""
    person = site.town.person() if person is None else person
    invited = site.do("POST", "/v1/enrolment", {"code": person.code})
    person.seed = site.town.seed_of(invited["totp"]["secret"])
    body = {
        "code": person.code,
        "password": PASSWORD,
        "offer": invited["totp"]["offer"],
        "totp_code": person.totp(),
    }
    entered = site.do("POST", "/v1/enrolment/password", body)
    person.recovery = entered["recovery_codes"]
    return person, entered["token"]


def signed_in(site: Site, person):
    site.town.wait(minutes=1)
    kind = person.kind.value
    body = {"login": person.name, "password": PASSWORD, "kind": kind}
    half = site.do("POST", "/v1/sign-in/password", body)
    code = {"token": half["token"], "code": person.totp()}
    return site.do("POST", "/v1/sign-in/second-factor", code)["token"]


def test_from_a_code_to_signing_out(site):
    person, first = enrolled(site)
    token = signed_in(site, person)

    who = site.do("GET", "/v1/session", token=token)
    assert (person.name, "person", []) == (who["login_name"], who["kind"], who["permissions"])
    assert 2 == len(site.do("GET", "/v1/sessions", token=token)["items"])
    assert 10 == site.do("GET", "/v1/credentials", token=token)["recovery_codes_left"]
    assert {"ended": 1} == site.do("POST", "/v1/sessions/end-others", token=token)
    assert (401, "session-over") == site.refused("GET", "/v1/session", token=first)

    assert site.do("DELETE", "/v1/session", token=token) is None
    assert (401, "session-over") == site.refused("GET", "/v1/session", token=token)
    assert (401, "caller-unknown") == site.refused("GET", "/v1/session")


def test_what_is_wrong_is_told_alike(site):
    person, _ = enrolled(site)
    for name in (person.name, "nobody@example"):
        body = {"login": name, "password": "wrong horse battery"}
        assert (401, "sign-in-refused") == site.refused("POST", "/v1/sign-in/password", body)
    for _ in range(4):
        site.ask("POST", "/v1/sign-in/password", body)
    assert (429, "too-many-failures") == site.refused("POST", "/v1/sign-in/password", body)
    half = {"token": "vsh_x", "code": "123456"}
    assert (401, "sign-in-refused") == site.refused("POST", "/v1/sign-in/second-factor", half)
    code = {"code": "AAAA-BBBB-CCCC-DDDD"}
    assert (401, "code-refused") == site.refused("POST", "/v1/enrolment", code)


def test_passkeys_over_the_wire(site):
    _, token = enrolled(site)
    key = Authenticator()
    begun = site.do("POST", "/v1/passkeys/challenges", token=token)
    body = {
        "challenge_id": begun["challenge_id"],
        "answer": json.loads(key.make(ceremony(begun))),
        "name": "钥匙",
    }
    added = site.do("POST", "/v1/passkeys", body, token)
    assert "钥匙" == added["name"]

    begun = site.do("POST", "/v1/sign-in/passkey-challenges")
    body = {
        "challenge_id": begun["challenge_id"],
        "answer": json.loads(key.answer(ceremony(begun))),
    }
    entered = site.do("POST", "/v1/sign-in/passkey", body)
    assert (401, "sign-in-refused") == site.refused("POST", "/v1/sign-in/passkey", body)

    site.town.wait(minutes=6)
    token = entered["token"]
    removal = ("DELETE", f"/v1/passkeys/{added['id']}")
    assert (403, "step-up-needed") == site.refused(*removal, token=token)
    begun = site.do("POST", "/v1/session/step-up/challenges", token=token)
    body = {
        "challenge_id": begun["challenge_id"],
        "answer": json.loads(key.answer(ceremony(begun))),
    }
    site.do("POST", "/v1/session/step-up/passkey", body, token)
    renamed = site.do("PATCH", f"/v1/passkeys/{added['id']}", {"name": "key"}, token)
    assert "key" == renamed["name"]
    site.do(*removal, token=token)
    assert [] == site.do("GET", "/v1/passkeys", token=token)["items"]
    assert (409, "last-credential") == site.refused(
        "DELETE", "/v1/credentials/fallback", token=token
    )


def test_devices_and_own_events(site):
    person, token = enrolled(site)
    (device,) = site.do("GET", "/v1/devices", token=token)["items"]
    named = site.do("PATCH", f"/v1/devices/{device['id']}", {"name": "my phone"}, token)
    assert "my phone" == named["name"]
    token = signed_in(site, person)
    site.do("DELETE", f"/v1/devices/{device['id']}", token=token)

    page = site.do("GET", "/v1/session/events", token=token, limit=2)
    assert ["device.remove", "sign_in"] == [each["what"] for each in page["items"]]
    more = site.do("GET", "/v1/session/events", token=token, cursor=page["next_cursor"])
    assert "sign_in.password" == more["items"][0]["what"]
    assert "127.0.0.0/24" == more["items"][0]["address"]
    answer = site.ask("GET", "/v1/session/events", token=token, cursor="x")
    assert "cursor-unknown" == answer.json()["code"]


def test_a_password_and_codes_are_changed(site):
    person, token = enrolled(site)
    new = "seven green bottles"
    site.do("PUT", "/v1/credentials/password", {"password": new}, token)
    weak = {"password": "password1234"}
    assert (409, "password-unfit") == site.refused("PUT", "/v1/credentials/password", weak, token)
    codes = site.do("POST", "/v1/credentials/recovery-codes", token=token)["recovery_codes"]
    offer = site.do("POST", "/v1/credentials/totp-offers", token=token)
    person.seed = site.town.seed_of(offer["secret"])
    body = {"password": PASSWORD, "offer": offer["offer"], "totp_code": person.totp()}
    again = site.do("PUT", "/v1/credentials/fallback", body, token)["recovery_codes"]

    assert not set(codes) & set(again)
    assert signed_in(site, person)


def staff(site: Site):
    """The first two operators, one of support and one of risk, signed in over the wire."""
    people = site.town.staff([Role.SUPPORT], [Role.RISK])
    return [signed_in(site, each) for each in people]


def test_what_takes_two_over_the_wire(site):
    *_, support, risk = staff(site)
    someone = site.town.member()
    body = {
        "kind": "members.change_tier",
        "body": {"tier": 1, "member_id": str(someone.id)},
        "reason": "papers seen",
    }
    made = site.do("POST", "/v1/proposals", body, support)
    path = f"/v1/proposals/{made['id']}"
    assert made == site.do("GET", path, token=risk)
    assert [made] == site.do("GET", "/v1/proposals", token=risk, state="proposed")["items"]
    shown = {"digest": made["digest"]}

    assert (403, "permission-missing") == site.refused("POST", f"{path}/approve", shown, support)
    other = {"digest": "00" * 32}
    assert (409, "proposal-differs") == site.refused("POST", f"{path}/approve", other, risk)
    done = site.do("POST", f"{path}/approve", shown, risk)

    assert "executed" == done["state"]
    assert Tier.I is site.town.read(member, someone.id).tier
    again = site.refused("POST", f"{path}/reject", shown | {"note": "late"}, risk)
    assert (409, "proposal-decided") == again


def test_a_recovery_code_is_no_proof_for_what_is_risky(site):
    people = site.town.staff()
    operator = people[0]
    site.town.wait(minutes=1)
    half = site.do(
        "POST",
        "/v1/sign-in/password",
        {"login": operator.name, "password": PASSWORD, "kind": "staff"},
    )
    body = {"token": half["token"], "code": operator.recovery[0], "factor": "recovery"}
    token = site.do("POST", "/v1/sign-in/second-factor", body)["token"]

    login = people[1].login_id
    assert (403, "step-up-needed") == site.refused("POST", f"/v1/logins/{login}/code", token=token)


def test_the_staff_lets_members_in_and_out(site):
    operator, _, support, _ = staff(site)
    someone = site.town.member()
    path = f"/v1/members/{someone.id}/login"
    issued = site.do("POST", path, {"login": "New@Example"}, support)
    assert "new@example" == site.do("GET", path, token=support)["name"]
    assert (409, "login-there") == site.refused("POST", path, {"login": "again"}, support)
    login = f"/v1/logins/{issued['login']['id']}"
    site.do("POST", f"{login}/code", token=support)
    old = {"code": issued["code"]}
    assert (401, "code-refused") == site.refused("POST", "/v1/enrolment", old)

    reason = {"reason": "stolen"}
    assert (403, "not-permitted") == site.refused("POST", f"{login}/disable", reason, support)
    done = site.do("POST", f"{login}/disable", reason, operator)
    assert "disabled" == done["state"]


def test_the_log_is_for_those_who_may_read_it(site):
    operator, *_, risk = staff(site)

    assert (403, "not-permitted") == site.refused("GET", "/v1/auth-events", token=operator)
    lines = site.do("GET", "/v1/auth-events", token=risk, limit=3)["items"]
    assert 3 == len(lines)
    assert ["desk"] != site.do("GET", "/v1/staff", token=risk)["items"]


def test_every_operation_of_the_staff_is_somebodys(site):
    held = permissions_of([role for role in Role if role])
    needs = {r.needs for r in site.routes if CallerKind.STAFF in r.who and r.needs}

    assert needs <= held
    for route in site.routes:
        if route.method != "GET" and route.needs:
            for role in (Role.AUDITOR, Role.REGULATOR_READER):
                assert route.needs not in permissions_of([role]), route.path


def test_the_description_can_be_made(site):
    made = describe(site.routes, title="x", version="1", description="x", server=site.url, tags={})
    names = Counter(
        each["operationId"] for path in made["paths"].values() for each in path.values()
    )

    assert 1 == max(names.values())
    assert len(names) == len(site.routes)

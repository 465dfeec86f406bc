"""From a sandbox into the house: asked for over HTTP, decided by two of the staff, used with the
same key."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pyotp

from support.sandboxes import House, Partner, house
from venule import access
from venule.access import FirstStaff, FoundStaff, Role, code_hash, new_code
from venule.members import MemberKind, NewMember, Tier, onboard


class Staff:
    """Somebody of the house, signed in with a password and an app."""

    def __init__(self, served: House, code: str) -> None:
        self._served = served
        invited = self._ask("POST", "/v1/enrolment", {"code": code})
        secret = invited["totp"]["secret"]
        self.token = ""
        entered = self._ask("POST", "/v1/enrolment/password", {
            "code": code, "password": secrets.token_urlsafe(20),
            "offer": invited["totp"]["offer"], "totp_code": pyotp.TOTP(secret).now(),
        })  # fmt: skip
        self.token = entered["token"]

    def answer(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if getattr(self, "token", "") else {}
        url = f"{self._served.url}{path}"
        return self._served.client.request(method, url, json=body, headers=headers)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        found = self.answer(method, path, body)
        assert found.status_code < 300, found.text
        return found.json()

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def propose(self, kind: str, body: dict[str, Any]) -> Any:
        said = {"kind": kind, "body": body, "reason": "the firm's papers were seen"}
        return self._ask("POST", "/v1/proposals", said)

    def approve(self, proposal: Any) -> httpx.Response:
        body = {"digest": proposal["digest"]}
        return self.answer("POST", f"/v1/proposals/{proposal['id']}/approve", body)


def staff_of(served: House) -> list[Staff]:
    codes = [new_code(secrets.token_bytes) for _ in range(2)]
    firsts = [
        FirstStaff(f"Desk {n}", f"desk{n}", [Role.OPERATOR], code_hash(code))
        for n, code in enumerate(codes)
    ]
    served.run(served.door.acall(access.found_staff, FoundStaff(firsts)))
    return [Staff(served, code) for code in codes]


def in_house(served: House, partner: Partner, view: dict[str, Any]) -> httpx.Response:
    """Ask the house as its application, with the sandbox's key under the house's id."""
    return partner.signed(
        "GET", f"/v1/applications/{view['application_id']}",
        base=served.url, key_id=view["keys"][0]["key_id"],
    )  # fmt: skip


def test_two_of_the_staff_let_an_application_in(tmp_path):
    with house(tmp_path) as served:
        partner = served.sign_up(scopes=["payments.read", "wallet.read"])
        path = f"/v1/applications/{partner.told['application_id']}/production-request"
        unasked = partner.signed("GET", path)
        assert (404, "production-not-asked") == (unasked.status_code, unasked.json()["code"])
        asked = partner.signed("POST", path)
        assert 200 == asked.status_code, asked.text
        view = asked.json()
        assert ("asked", served.url) == (view["state"], view["base_url"])
        assert partner.told["keys"][0]["id"] == view["keys"][0]["sandbox_key_id"]
        assert view == partner.signed("POST", path).json(), "again changes nothing"
        early = in_house(served, partner, view)
        assert (403, "application-may-not-call") == (early.status_code, early.json()["code"])

        maker, checker = staff_of(served)
        waiting = maker.get("/v1/applications?state=asked")["items"]
        assert [view["application_id"]] == [each["id"] for each in waiting]
        assert ("Shop helper", "dev@shop.example") == (waiting[0]["name"], waiting[0]["contact"])
        owner = _owner(served)
        _agreed(maker, checker, "partners.bind_owner", {
            "application_id": view["application_id"], "owner_id": owner, "operator": "desk0",
        })  # fmt: skip
        admit = maker.propose("partners.admit", {
            "application_id": view["application_id"], "scopes": ["payments.read"],
            "operator": "desk0",
        })  # fmt: skip
        alone = maker.approve(admit)
        assert (403, "checker-is-maker") == (alone.status_code, alone.json()["code"])
        assert 403 == in_house(served, partner, view).status_code
        assert "asked" == partner.signed("GET", path).json()["state"]
        assert 200 == checker.approve(admit).status_code

        told = partner.signed("GET", path).json()
        assert ("admitted", ["payments.read"]) == (told["state"], told["scopes"])
        # What a process knows of a key it looks up anew after two seconds.
        tries = (in_house(served, partner, view) for _ in range(10_000))
        inside = next(each for each in tries if each.status_code != 403)
        assert (200, owner) == (inside.status_code, inside.json()["owner_id"])


def _agreed(maker: Staff, checker: Staff, kind: str, body: dict[str, Any]) -> None:
    done = checker.approve(maker.propose(kind, body))
    assert 200 == done.status_code, done.text


def _owner(served: House) -> str:
    new = NewMember("shop-1", MemberKind.MERCHANT, Tier.NONE, "The Shop")
    return str(served.run(served.door.acall(onboard, new)).id)


def test_what_was_refused_may_be_asked_again_from_a_world_opened_anew(tmp_path):
    with house(tmp_path, sandboxes_open_max=1) as served:
        partner = served.sign_up()
        path = f"/v1/applications/{partner.told['application_id']}/production-request"
        view = partner.signed("POST", path).json()
        maker, _ = staff_of(served)
        refused = maker.answer(
            "POST", f"/v1/applications/{view['application_id']}/refusal", {"reason": "no papers"}
        )
        assert 200 == refused.status_code, refused.text
        served.sign_up("Other")  # which closes the first one
        told = partner.signed("GET", path).json()
        assert ("refused", "no papers") == (told["state"], told["reason"])
        again = partner.signed("POST", path).json()
        assert (view["application_id"], "asked") == (again["application_id"], again["state"])


def test_nobody_asks_for_another_application(tmp_path):
    with house(tmp_path) as served:
        partner = served.sign_up()
        other = partner.ask("POST", "/v1/sandbox/applications", {
            "name": "Other", "contact": "x@y.example",
        }).json()["application"]["id"]  # fmt: skip
        answer = partner.signed("POST", f"/v1/applications/{other}/production-request")
        assert (404, "application-unknown") == (answer.status_code, answer.json()["code"])
        nobody = partner.ask("POST", f"/v1/applications/{other}/production-request")
        assert 401 == nobody.status_code

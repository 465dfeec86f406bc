"""Partners over HTTP, on a real server: sign-up, keys, signed answers, OAuth and the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, algorithms

from support.both_homes import only_files
from support.partner_site import MEMBER_COOKIE, STAFF_ID, Site
from support.partner_town import (
    BACK,
    ISSUER,
    OPERATOR,
    SCOPES,
    OneKey,
    PartnerTown,
    pem,
    private_key,
    query_of,
)
from venule import partners
from venule.kit.http import describe
from venule.members import MemberKind
from venule.partners import ConsentQuery, Suspend
from venule.partners.api_model import ApplicationBody


@pytest.fixture
def make_site(make_town: Callable[..., PartnerTown]) -> Iterator[Callable[..., Site]]:
    """Serve towns."""
    with ExitStack() as stack:
        yield lambda **how: Site(make_town(**how), stack)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A service where money is real."""
    return make_site()


NEW = {
    "name": "Shop helper 商店",
    "contact": "dev@shop.example",
    "scopes": ["payments.read", "payments.write"],
    "redirect_uris": [BACK],
    "request_key": pem(private_key("new")),
    "assertion_key": pem(private_key("new too")),
}


def test_a_stranger_signs_up_in_a_sandbox_and_calls(make_site):
    site = make_site(sandbox=True)
    answer = site.ask("POST", "/v1/sandbox/applications", NEW)
    assert 201 == answer.status_code, answer.text
    opened = answer.json()
    it, key = opened["application"], opened["keys"][0]
    assert ("sandbox", NEW["scopes"], NEW["name"]) == (it["state"], it["scopes"], it["name"])
    assert it["owner_id"]
    me = SimpleNamespace(
        request_private=private_key("new"), request_key=SimpleNamespace(id=key["id"])
    )
    path = f"/v1/applications/{it['id']}"
    assert it == site.signed(me, "GET", path).json()
    added = site.signed(
        me, "POST", f"{path}/keys", {"use": "request", "public_key": pem(private_key("2"))}
    )
    assert 201 == added.status_code, added.text
    gone = site.signed(me, "POST", f"{path}/keys/{key['id']}/revocation", {"reason": "changed"})
    assert gone.json()["revoked_at"]
    assert (401, "signature-key-over") == told(site.signed(me, "GET", path))
    me.request_private, me.request_key = private_key("2"), SimpleNamespace(id=added.json()["id"])
    assert "asked" == site.signed(me, "POST", f"{path}/production-request").json()["state"]
    uris = {"redirect_uris": ["https://shop.example/other"]}
    changed = site.signed(me, "PUT", f"{path}/redirect-uris", uris).json()
    assert uris["redirect_uris"] == changed["redirect_uris"]
    assert 3 == len(site.signed(me, "GET", f"{path}/keys").json()["items"])


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_where_money_is_real_nobody_signs_up_by_itself(site):
    assert (409, "not-a-sandbox") == told(site.ask("POST", "/v1/sandbox/applications", NEW))
    partner = site.town.partner()
    body = {"use": "request", "public_key": pem(private_key("mine"))}
    path = f"/v1/applications/{partner.id}/keys"
    assert (409, "not-a-sandbox") == told(site.signed(partner, "POST", path, body))
    assert (403, "not-permitted") == told(site.ask("POST", "/v1/applications", NEW, "staff x"))
    opened = site.ask("POST", "/v1/applications", NEW, "staff partners.operate").json()
    assert ("sandbox", None) == (opened["application"]["state"], opened["application"]["owner_id"])


def test_staff_look_and_stop(site):
    town = site.town
    partner, other = town.partner(), town.partner(name="Another")
    who = "staff partners.read partners.operate"
    first = site.ask("GET", "/v1/applications?limit=1", who=who).json()
    assert [str(partner.id)] == [it["id"] for it in first["items"]]
    rest = site.ask("GET", f"/v1/applications?cursor={first['next_cursor']}", who=who).json()
    assert ([str(other.id)], None) == ([it["id"] for it in rest["items"]], rest["next_cursor"])
    path = f"/v1/applications/{partner.id}"
    assert 200 == site.signed(partner, "GET", path).status_code
    after = site.ask("POST", f"{path}/suspension", {"reason": "odd"}, who).json()
    assert ("suspended", "odd") == (after["state"], after["reason"])
    assert f"staff {STAFF_ID}" == town.read(partners.application, partner.id).decided_by
    assert (403, "application-may-not-call") == told(site.signed(partner, "GET", path))
    assert "closed" == site.ask("POST", f"{path}/closure", {"reason": "gone"}, who).json()["state"]
    again = site.ask("POST", f"{path}/closure", {"reason": "gone"}, who)
    assert (409, "application-transition-illegal") == told(again)
    refused = site.ask("POST", f"/v1/applications/{other.id}/refusal", {"reason": "no"}, who)
    assert 409 == refused.status_code
    items = site.ask("GET", "/v1/applications?state=closed", who=who).json()["items"]
    assert [str(partner.id)] == [it["id"] for it in items]


def test_an_application_sees_itself_alone(site):
    partner, other = site.town.partner(), site.town.partner(name="Another")
    path = f"/v1/applications/{other.id}"
    for method, below in (("GET", ""), ("GET", "/keys"), ("POST", "/production-request")):
        assert (404, "application-unknown") == told(site.signed(partner, method, path + below))
    revoke = f"{path}/keys/{other.request_key.id}/revocation"
    assert 404 == site.signed(partner, "POST", revoke, {"reason": "malice"}).status_code
    foreign = f"/v1/applications/{partner.id}/keys/{other.request_key.id}/revocation"
    assert (404, "key-unknown") == told(site.signed(partner, "POST", foreign, {"reason": "malice"}))
    assert (403, "not-permitted") == told(site.ask("GET", path, who="staff wallet.read"))
    assert (401, "caller-unknown") == told(site.ask("GET", path))


def test_who_acts_for_a_member_does_not_change_the_application(site):
    partner = site.town.partner()
    token = site.town.exchange(partner, site.town.allow(partner)).access_token
    headers = {"authorization": f"Bearer {token}"}
    answer = site.client.get(f"/v1/applications/{partner.id}", headers=headers)
    assert 404 == answer.status_code
    own = site.town.tokens(partner, grant_type="client_credentials").access_token
    headers = {"authorization": f"bearer {own}"}
    assert 200 == site.client.get(f"/v1/applications/{partner.id}", headers=headers).status_code


def test_answers_to_signed_requests_are_signed(site):
    partner = site.town.partner()
    answer = site.signed(partner, "GET", f"/v1/applications/{partner.id}/keys")
    shown = site.ask("GET", "/v1/server-key").json()
    assert "signature" not in site.ask("GET", "/v1/server-key").headers
    raw = msgspec.convert(shown["public_key"], bytes)
    key = Ed25519PublicKey.from_public_bytes(raw)

    class Known(OneKey):
        def resolve_public_key(self, key_id: str) -> Any:
            assert shown["id"] == key_id
            return key

    checker = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Known(None))
    seen = SimpleNamespace(
        status_code=answer.status_code,
        headers=dict(answer.headers),
        request=answer.extensions["asked"],
    )
    (found,) = checker.verify(
        seen,
        max_age=timedelta(days=36_500),
        require_components=["@status", "content-digest", "content-type", '"signature";req'],
        body=answer.content,
    )
    assert answer.content == found.body


def test_a_replayed_or_altered_request_is_refused_on_the_wire(site):
    partner = site.town.partner()
    path = f"/v1/applications/{partner.id}"
    message = site.signed(partner, "GET", path).extensions["asked"]
    again = site.client.get(path, headers=message.headers)
    assert (401, "used-before") == told(again)
    other = site.client.get(f"{path}/keys", headers=message.headers)
    assert (401, "signature-wrong") == told(other)
    elsewhere = site.client.get(path, headers={**message.headers, "host": "other.example"})
    assert (401, "origin-not-ours") == told(elsewhere)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": " x"},
        {"contact": "x\n"},
        {"scopes": ["everything"]},
        {"redirect_uris": ["http://shop.example/"]},
        {"redirect_uris": ["https://shop.example/#x"]},
        {"odd": 1},
        {"request_key": ""},
    ],
    ids=str,
)
@only_files
def test_what_is_not_signed_up(make_site, changed):
    site = make_site(sandbox=True)
    answer = site.ask("POST", "/v1/sandbox/applications", {**NEW, **changed})
    assert 422 == answer.status_code
    unfit = site.ask("POST", "/v1/sandbox/applications", {**NEW, "request_key": "no key"})
    assert (409, "public-key-unfit") == told(unfit)
    assert [] == site.town.read(partners.applications, partners.ApplicationQuery())


def test_scopes_are_listed(site):
    items = site.ask("GET", "/v1/scopes").json()["items"]
    assert list(partners.SCOPES) == [each["name"] for each in items]


def test_a_member_sees_and_withdraws(site):
    town = site.town
    partner = town.partner()
    answer = town.exchange(partner, town.allow(partner))
    who = f"person {town.buyer}"
    (shown,) = site.ask("GET", "/v1/me/consents", who=who).json()["items"]
    assert ("Shop helper", ["payments.read", "payments.write"]) == (
        shown["application"],
        [each["name"] for each in shown["scopes"]],
    )
    assert [] == site.ask("GET", "/v1/me/consents", who=f"person {town.shop}").json()["items"]
    headers = {"authorization": f"Bearer {answer.access_token}"}
    path = f"/v1/applications/{partner.id}"
    assert 404 == site.client.get(path, headers=headers).status_code
    consent = f"/v1/me/consents/{shown['id']}"
    assert 404 == site.ask("DELETE", consent, who=f"person {town.shop}").status_code
    assert 204 == site.ask("DELETE", consent, who=who).status_code
    assert (401, "token-unknown") == told(site.client.get(path, headers=headers))
    assert [] == site.ask("GET", "/v1/me/consents", who=who).json()["items"]


# OAuth on the wire


def test_tokens_over_the_wire(site):
    town = site.town
    partner = town.partner()
    sent = {**town.proof(partner), "grant_type": "client_credentials", "scope": "payments.read"}
    answer = site.client.post("/oauth/token", data=sent)
    assert 200 == answer.status_code, answer.text
    assert "no-store" == answer.headers["cache-control"]
    found = answer.json()
    assert ("Bearer", 600, "payments.read") == (
        found["token_type"],
        found["expires_in"],
        found["scope"],
    )
    assert "refresh_token" not in found
    again = site.client.post("/oauth/token", data=sent)
    assert (401, "invalid_client", "used-before") == error_of(again)
    hand = {**town.proof(partner), "token": found["access_token"]}
    assert site.client.post("/oauth/introspect", data=hand).json()["active"] is True
    hand |= town.proof(partner)
    assert {} == site.client.post("/oauth/revoke", data=hand).json()
    hand |= town.proof(partner)
    assert {"active": False} == site.client.post("/oauth/introspect", data=hand).json()


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    assert "application/json" == answer.headers["content-type"]
    body = answer.json()
    assert body["error_description"]
    return answer.status_code, body["error"], body["code"]


def test_errors_of_oauth_have_their_own_shape(site):
    town = site.town
    partner = town.partner()
    proof = town.proof(partner)
    for sent, expected in (
        ({}, (400, "unsupported_grant_type")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (401, "invalid_client")),
        ({**proof, "grant_type": "refresh_token"}, (400, "invalid_request")),
    ):
        assert expected == error_of(site.client.post("/oauth/token", data=sent))[:2]
    sent = {**town.proof(partner), "grant_type": "client_credentials", "scope": "all"}
    assert "invalid_scope" == error_of(site.client.post("/oauth/token", data=sent))[1]
    sent = {**town.proof(partner), "grant_type": "refresh_token", "refresh_token": "x"}
    assert "invalid_grant" == error_of(site.client.post("/oauth/token", data=sent))[1]
    town.run(partners.suspend, Suspend(partner.id, "odd", OPERATOR))
    sent = {**town.proof(partner), "grant_type": "client_credentials"}
    assert "unauthorized_client" == error_of(site.client.post("/oauth/token", data=sent))[1]
    nobody = town.assertion(partner, iss=str(STAFF_ID), sub=str(STAFF_ID))
    sent |= {"client_assertion": nobody}
    assert "invalid_client" == error_of(site.client.post("/oauth/token", data=sent))[1]


@only_files
def test_forms_that_are_none(site):
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"a=1&a=2", b"\xff=1", b"a", b"&".join(b"a%d=1" % n for n in range(31))):
        answer = site.client.post("/oauth/token", content=content, headers=form)
        assert (400, "invalid_request") == error_of(answer)[:2]
    assert 415 == site.client.post("/oauth/token", json={}).status_code


def test_the_metadata_is_where_it_is_looked_for(site):
    found = site.client.get("/.well-known/oauth-authorization-server").json()
    assert ISSUER == found["issuer"]


def test_a_member_allows_on_the_page(site):
    town = site.town
    partner = town.partner(name="<b>Tea & more</b>")
    wish = town.wish(partner)
    nobody = site.client.get("/oauth/authorize", params=wish)
    assert 303 == nobody.status_code
    assert nobody.headers["location"].startswith("/sign-in?next=%2Foauth%2Fauthorize%3F")
    cookies = {MEMBER_COOKIE: str(town.buyer)}
    site.client.cookies.update(cookies)
    page = site.client.get("/oauth/authorize", params=wish)
    assert 200 == page.status_code
    assert "&lt;b&gt;Tea &amp; more&lt;/b&gt;" in page.text
    assert "<b>" not in page.text
    assert "Pay merchants from your wallet" in page.text
    assert "使用您的余额付款" in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' https://shop.example" in policy
    assert "frame-ancestors 'none'" in policy
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)[1]
    answer = site.client.post("/oauth/decision", data={"ticket": ticket, "answer": "allow"})
    assert 303 == answer.status_code, answer.text
    assert answer.headers["location"].startswith(BACK)
    code = query_of(answer.headers["location"])["code"]
    assert town.buyer == town.bearer(town.exchange(partner, code).access_token).member_id
    again = site.client.post("/oauth/decision", data={"ticket": ticket, "answer": "allow"})
    assert (400, True) == (again.status_code, "consent-request-over" in again.text)


def test_a_member_refuses_on_the_page(site):
    town = site.town
    partner = town.partner()
    site.client.cookies.update({MEMBER_COOKIE: str(town.buyer)})
    page = site.client.get("/oauth/authorize", params=town.wish(partner))
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)[1]
    for answer in ("refuse", "", "Allow"):
        page = site.client.get("/oauth/authorize", params=town.wish(partner))
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)[1]
        went = site.client.post("/oauth/decision", data={"ticket": ticket, "answer": answer})
        assert "access_denied" == query_of(went.headers["location"])["error"]
    assert [] == town.read(partners.consents_of, ConsentQuery(town.buyer))


def test_another_member_or_site_cannot_answer_the_page(site):
    town = site.town
    partner = town.partner()
    site.client.cookies.update({MEMBER_COOKIE: str(town.buyer)})
    page = site.client.get("/oauth/authorize", params=town.wish(partner))
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)[1]
    form = {"ticket": ticket, "answer": "allow"}
    other = str(town.member(MemberKind.PERSON))
    for cookies in ({}, {MEMBER_COOKIE: other}):
        site.client.cookies.clear()
        site.client.cookies.update(cookies)
        assert 400 == site.client.post("/oauth/decision", data=form).status_code
    site.client.cookies.update({MEMBER_COOKIE: str(town.buyer)})
    guessed = {"ticket": "guessed", "answer": "allow"}
    assert 400 == site.client.post("/oauth/decision", data=guessed).status_code
    assert 400 == site.client.post("/oauth/decision", data={}).status_code
    assert 303 == site.client.post("/oauth/decision", data=form).status_code


def test_a_page_that_sends_no_browser_away(site):
    town = site.town
    partner = town.partner()
    site.client.cookies.update({MEMBER_COOKIE: str(town.buyer)})
    for changed in (
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "x"},
        {"client_id": str(STAFF_ID)},
        {"redirect_uri": "-"},
    ):
        answer = site.client.get("/oauth/authorize", params=town.wish(partner, **changed))
        assert (400, None) == (answer.status_code, answer.headers.get("location"))
    answer = site.client.get("/oauth/authorize", params=town.wish(partner, scope="all"))
    assert "invalid_scope" == query_of(answer.headers["location"])["error"]


@only_files
def test_the_description_can_be_made(site):
    told_ = describe(
        site.routes, title="t", version="1", description="d", server="https://a.example", tags={}
    )
    assert "/v1/applications/{application_id}/keys" in told_["paths"]
    assert not any(path.startswith("/oauth") for path in told_["paths"])
    assert ApplicationBody.__name__ in told_["components"]["schemas"]
    assert set(SCOPES) <= set(partners.SCOPES)

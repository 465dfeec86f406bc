"""The page where members sign in, the consent behind it, and what the logs keep of all of it."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import structlog

from support import house_folk as folk
from venule.access.totp import code_at, step_at
from venule.kit import log
from venule.kit.time import SystemClock
from venule.partners import oauth

FORM = {"content-type": "application/x-www-form-urlencoded"}


def form(who: folk.Folk, **more: str) -> dict[str, str]:
    code = code_at(folk.SEED, step_at(SystemClock().now()))
    return {"login": who.name, "password": folk.PASSWORD, "code": code, **more}


def sign_in(house: Any, who: folk.Folk, next_: str = "/", **headers: str) -> httpx.Response:
    said: httpx.Response = httpx.post(
        f"{house.url}/sign-in", params={"next": next_}, data=form(who), headers=headers
    )
    return said


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example", "///evil.example", "https://evil.example", "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "\n//evil.example", "javascript:alert(1)", " /x",
        "/%0d%0aset-cookie:a=b\r\nx: y", "http:evil.example", "//evil.example/%2f..",
        "evil.example",
    ],
)  # fmt: skip
def test_who_signs_in_stays_with_us(house, goal):
    said = sign_in(house, folk.person(house.desk.call), goal)
    assert 303 == said.status_code, said.text
    assert "/" == said.headers["location"]
    assert "set-cookie" in said.headers


def test_another_site_signs_nobody_in(house):
    """A form that another site sends would put its own account under a member's hands."""
    who = folk.person(house.desk.call)
    for origin in ("https://evil.example", "null", f"{house.url}.evil.example"):
        said = sign_in(house, who, origin=origin)
        assert 403 == said.status_code
        assert "set-cookie" not in said.headers
    said = sign_in(house, who, **{"sec-fetch-site": "cross-site"})
    assert 403 == said.status_code
    good = sign_in(house, who, origin=house.url)
    assert 303 == good.status_code


def test_a_session_is_a_new_one(house):
    """Whatever cookie a browser brings: signing in gives it another one, out of scripts' reach."""
    who = folk.person(house.desk.call)
    said = sign_in(house, who, cookie="venule_session=vss_planted-by-another")
    cookie = said.headers["set-cookie"]
    assert "planted" not in cookie
    assert cookie.startswith("venule_session=vss_")
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    kept = {"cookie": cookie.partition(";")[0]}
    # The API takes no cookie, so that no other site can use it.
    assert 401 == httpx.get(f"{house.url}/v1/wallet", headers=kept).status_code


def test_a_wrong_word_says_nothing_of_who_there_is(house):
    who = folk.person(house.desk.call)
    seen = set()
    for login, password, code in (
        ("nobody.here", folk.PASSWORD, "123456"),
        (who.name, "another", "123456"),
        (who.name, folk.PASSWORD, "000000"),
        ("\x00", "\x00", "\x00"),
    ):
        fields = {"login": login, "password": password, "code": code}
        said = httpx.post(f"{house.url}/sign-in", data=fields)
        seen.add((said.status_code, said.text.partition('role="alert"')[2].partition("<")[0]))
        assert "no-store" in said.headers["cache-control"]
    assert 1 == len(seen), seen


def asked_consent(house: Any, app: folk.App, cookie: str) -> httpx.Response:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 50).digest()).rstrip(b"=").decode()
    wish = {
        "response_type": "code", "client_id": str(app.id), "redirect_uri": folk.BACK, "state": "s",
        "scope": "wallet.read", "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    said: httpx.Response = httpx.get(
        f"{house.url}{oauth.AUTHORIZE}", params=wish, headers={"cookie": cookie}
    )
    return said


def test_a_consent_is_given_by_who_was_asked(house):
    """The ticket is the page's; neither another member's cookie nor none does."""
    run = house.desk.call
    app = folk.app(run, folk.new_shop(run), ("wallet.read",))
    owner, thief = (
        sign_in(house, folk.person(run)).headers["set-cookie"].partition(";")[0] for _ in range(2)
    )
    page = asked_consent(house, app, owner)
    assert 200 == page.status_code
    assert "DENY" == page.headers["x-frame-options"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    assert len(ticket) > 20
    url = f"{house.url}/oauth/decision"
    for cookie, sent in ((thief, ticket), ("", ticket), (owner, "made-up"), (owner, "")):
        fields = {"ticket": sent, "answer": "allow"}
        said = httpx.post(url, data=fields, headers={"cookie": cookie})
        assert 400 == said.status_code
    page = asked_consent(house, app, owner)
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    fields = {"ticket": ticket, "answer": "allow"}
    said = httpx.post(url, data=fields, headers={"cookie": owner})
    assert 303 == said.status_code
    assert "code" in parse_qs(urlsplit(said.headers["location"]).query)
    again = httpx.post(url, data=fields, headers={"cookie": owner})
    assert 400 == again.status_code


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged from here on, by us and by libraries, down to the smallest thing."""
    stream, root = io.StringIO(), logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    log.configure("json", logging.DEBUG, stream)
    ours = ("httpx", "httpcore")  # the test's own client
    before = [logging.getLogger(each).level for each in ours]
    for each in ours:
        logging.getLogger(each).setLevel(logging.WARNING)
    yield stream
    for each, its in zip(ours, before, strict=True):
        logging.getLogger(each).setLevel(its)
    root.setLevel(level)
    root.handlers = handlers
    structlog.reset_defaults()


def test_logs_keep_no_secret_and_no_person(logged, house):
    run, client = house.desk.call, house.client
    who, shop = folk.person(run), folk.new_shop(run)
    app = folk.app(run, shop, ("wallet.read", "webhooks.manage"))
    sign_in(house, who)
    half = client.post("/v1/sign-in/password", json={"login": who.name, "password": "a wrong one"})
    assert 401 == half.status_code
    number = "6222000011112222"
    account = client.post(
        f"/v1/members/{who.id}/bank-accounts", headers=who.headers,
        json={"bank": "ICBC", "number": number},
    )  # fmt: skip
    assert account.status_code < 300, account.text
    client.post(
        "/v1/payments", headers={**who.headers, "idempotency-key": "k"},
        json={"merchant_id": str(shop), "amount": {"amount": "1.00", "currency": "CNY"},
              "note": "a secret present"},
    )  # fmt: skip
    hook = b'{"url":"https://shop.example.com/hooks","types":["payment.paid"]}'
    made = client.post(
        "/v1/webhook-endpoints", content=hook,
        headers=app.signed("POST", f"{house.url}/v1/webhook-endpoints", hook),
    )  # fmt: skip
    secret = made.json()["secret"]
    client.get("/v1/wallet", headers={"authorization": "Bearer vss_" + "x" * 43})
    client.get(f"/v1/wallet?token={who.token}", headers=who.headers)
    client.delete("/v1/session", headers=who.headers)
    said = logged.getvalue()
    private = (
        who.token, folk.PASSWORD, "a wrong one", who.name, number, secret, "a secret present",
        "vss_", folk.PASSWORD_HASH, folk.SEED.decode(),
    )  # fmt: skip
    found = [line for line in said.splitlines() if any(each in line for each in private)]
    assert [] == found

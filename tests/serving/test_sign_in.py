"""A member signs in on a page, in a real browser, and is known to the pages that ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pyotp
import pytest

from support.browser import launched

from .conftest import someone

PASSWORD = "blue kettle on the 7th shelf"


def with_password(house, name: str = "mei") -> tuple[str, pyotp.TOTP]:
    """Give a member a password and an app; return the login's name and the app."""
    me = someone(house, name)
    offer = house.client.post("/v1/credentials/totp-offers", headers=me.headers).json()
    app = pyotp.TOTP(offer["secret"])
    body = {"password": PASSWORD, "offer": offer["offer"], "totp_code": app.now()}
    answer = house.client.put("/v1/credentials/fallback", json=body, headers=me.headers)
    assert answer.status_code < 300, answer.text
    return f"{name}@example.org", app


def next_code(app: pyotp.TOTP) -> str:
    return app.at(datetime.now(UTC) + timedelta(seconds=30))


def test_a_member_signs_in_and_goes_where_they_were_going(house):
    login, app = with_password(house)
    with launched() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{house.url}/oauth/authorize?client_id=x")
        assert page.url.startswith(f"{house.url}/sign-in?next=")
        page.fill("#login", login)
        page.fill("#password", "another")
        page.fill("#code", "000000")
        page.click("form button")
        page.get_by_role("alert").wait_for()
        assert [] == page.context.cookies()
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.fill("#code", next_code(app))
        page.click("form button")
        page.wait_for_url("**/oauth/authorize**")
        [cookie] = page.context.cookies()
        assert (True, "Lax", "/") == (cookie["httpOnly"], cookie["sameSite"], cookie["path"])
        assert not page.evaluate("document.cookie"), "scripts do not see it"


def test_a_passkey_signs_in_too(house):
    with launched() as browser:
        context = browser.new_context()
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
        }  # fmt: skip
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        me = someone(house, "mei")
        page.goto(f"{house.url}/sign-in?next=/docs")
        begun = house.client.post("/v1/passkeys/challenges", headers=me.headers).json()
        answer = page.evaluate(
            "async o => (await navigator.credentials.create({publicKey:"
            " PublicKeyCredential.parseCreationOptionsFromJSON(o)})).toJSON()",
            begun["options"],
        )
        body = {"challenge_id": begun["challenge_id"], "answer": answer, "name": "test"}
        made = house.client.post("/v1/passkeys", json=body, headers=me.headers)
        assert made.status_code < 300, made.text
        page.click("#passkey")
        page.wait_for_url(f"{house.url}/docs")
        assert 1 == len(context.cookies())


@pytest.mark.parametrize(
    "goal", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/a\nb", "/é"]
)
def test_nobody_is_led_elsewhere(house, goal):
    login, app = with_password(house)
    form = {"login": login, "password": PASSWORD, "code": next_code(app)}
    answer = house.client.post(f"/sign-in?next={quote(goal)}", data=form)
    assert (303, "/") == (answer.status_code, answer.headers["location"])


def test_another_sites_form_is_refused(house):
    login, app = with_password(house)
    form = {"login": login, "password": PASSWORD, "code": next_code(app)}
    answer = house.client.post("/sign-in", data=form, headers={"origin": "https://evil.example"})
    assert 403 == answer.status_code
    assert "set-cookie" not in answer.headers
    page = house.client.get("/sign-in").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page
    assert "form-action 'self'" in page

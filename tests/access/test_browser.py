"""A real browser with a virtual authenticator makes a passkey on a page and signs in with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from support.access_site import access_site
from support.browser import launched
from venule.access import passkeys

PAGE = """<!doctype html><meta charset="utf-8"><title>sign in</title>
<script>
async function ask(method, path, body, token) {
  const headers = {};
  if (body) headers["content-type"] = "application/json";
  if (token) headers["authorization"] = "Bearer " + token;
  const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
  return {status: answer.status, body: answer.status === 204 ? null : await answer.json()};
}
async function make(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({publicKey})).toJSON();
}
async function show(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({publicKey})).toJSON();
}
async function enrol(code) {
  const invited = (await ask("POST", "/v1/enrolment", {code})).body;
  const {challenge_id, options} = invited.passkey;
  const answer = await make(options);
  return ask("POST", "/v1/enrolment/passkey", {code, challenge_id, answer, name: "browser"});
}
async function signIn() {
  const {challenge_id, options} = (await ask("POST", "/v1/sign-in/passkey-challenges")).body;
  const answer = await show(options);
  return ask("POST", "/v1/sign-in/passkey", {challenge_id, answer});
}
async function stepUp(token) {
  const begun = (await ask("POST", "/v1/session/step-up/challenges", null, token)).body;
  const answer = await show(begun.options);
  const body = {challenge_id: begun.challenge_id, answer};
  return ask("POST", "/v1/session/step-up/passkey", body, token);
}
</script>
"""


@contextmanager
def browser(url: str) -> Iterator[tuple[Page, Any, str]]:
    """Open a page in a browser that has an authenticator; give both, and the authenticator's id."""
    with launched() as opened:
        page = opened.new_page()
        page.goto(url.replace("127.0.0.1", "localhost"))
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page, devtools, made["authenticatorId"]


def test_a_browser_makes_a_passkey_and_signs_in(places):
    with access_site(places("home"), rp_id="localhost", page=PAGE) as site:
        person = site.town.person()
        with browser(site.url) as (page, devtools, authenticator):
            enrolled = page.evaluate("code => enrol(code)", person.code)
            assert 201 == enrolled["status"], enrolled

            signed_in = page.evaluate("signIn()")
            assert 201 == signed_in["status"], signed_in
            token = signed_in["body"]["token"]
            who = site.do("GET", "/v1/session", token=token)
            assert (person.name, "passkey") == (who["login_name"], who["session"]["factor"])

            site.town.wait(minutes=10)
            stepped = page.evaluate("token => stepUp(token)", token)
            assert 200 == stepped["status"], stepped
            at = site.town.clock.now().isoformat().replace("+00:00", "Z")
            assert at == stepped["body"]["stepped_up_at"]

            (kept,) = site.town.read(passkeys, person.login_id)
            held = devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
            assert ("browser", held["credentials"][0]["signCount"]) == (kept.name, kept.sign_count)

            without = {"authenticatorId": authenticator, "isUserVerified": False}
            devtools.send("WebAuthn.setUserVerified", without)
            refused = page.evaluate("signIn().catch(error => error.name)")
            assert "NotAllowedError" == refused  # the browser itself does not ask us

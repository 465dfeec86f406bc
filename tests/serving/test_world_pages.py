"""A world's pages below its path: signing in, OAuth, links; by the real time alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyotp

from support.sandboxes import house
from venule.serving.worlds import WELL_KNOWN

DAY_S = 86_400


def test_a_member_lets_an_application_act_in_a_world_that_is_ahead(tmp_path):
    with house(tmp_path) as served, httpx.Client(timeout=60) as browser:
        partner = served.sign_up(redirect_uris=["https://shop.example/back"])
        root = urlsplit(partner.base).path
        partner.wait(advance_s=30 * DAY_S)
        metadata = partner.get("/.well-known/oauth-authorization-server")
        assert partner.base == metadata["issuer"]
        assert metadata["authorization_endpoint"].startswith(partner.base)
        well_known = browser.get(f"{served.url}{WELL_KNOWN}{partner.name}")
        assert (200, metadata) == (well_known.status_code, well_known.json())

        asked = browser.get(metadata["authorization_endpoint"], params={
            "response_type": "code", "client_id": partner.told["application_id"],
            "redirect_uri": "https://shop.example/back", "scope": "wallet.read",
            "state": "s", "code_challenge_method": "S256",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        })  # fmt: skip
        assert 303 == asked.status_code
        sign_in = asked.headers["location"]
        assert sign_in.startswith(f"{root}/sign-in?next=")
        told = partner.member()
        signed_in = browser.post(f"{served.url}{sign_in}", data={
            "login": told["login_name"], "password": told["password"],
            "code": _next_code(told["totp_secret"]),
        })  # fmt: skip
        assert 303 == signed_in.status_code, signed_in.text
        assert f"Path={root}/" in signed_in.headers["set-cookie"]
        page = browser.get(f"{served.url}{signed_in.headers['location']}")
        assert 200 == page.status_code, page.text
        assert f'action="{root}/oauth/decision"' in page.text
        ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
        done = browser.post(
            f"{partner.base}/oauth/decision", data={"ticket": ticket, "answer": "allow"}
        )
        back = urlsplit(done.headers["location"])
        assert ("shop.example", "s") == (back.netloc, dict(parse_qsl(back.query))["state"])
        assert "code" in dict(parse_qsl(back.query))


def _next_code(secret: str) -> str:
    """Return a code that was not used yet: that of the enrolment may be of the same half minute."""
    totp = pyotp.TOTP(secret)
    return totp.at(datetime.now(UTC) + timedelta(seconds=30))


def test_pages_link_below_the_path(tmp_path):
    with house(tmp_path) as served:
        partner = served.sign_up()
        for page in ("/docs", "/problems/route-not-found"):
            text = partner.ask("GET", page).text
            links = [part.partition('"')[0] for part in text.split('href="')[1:]]
            for link in links:
                if link.startswith(("#", "http")):
                    continue
                whole = httpx.URL(f"{partner.base}{page}").join(link)
                assert str(whole).startswith(f"{partner.base}/"), link
                assert 200 == served.client.get(whole).status_code

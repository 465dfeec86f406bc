"""Pages: the cashier in a real browser, returns, consents, orders to freeze."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from support.gateway_client import Merchant, quoted, sign, text_of
from support.gateway_house import GatewayHouse
from venule import escrow
from venule.gateway.applications import SetApp, set_app
from venule.gateway.pages import is_under

CHROMIUM = Path("/usr/bin/chromium")
PAGE_PAY = "alipay.trade.page.pay"
BACK = "http://shop.test/back?session=1"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[GatewayHouse]:
    house = GatewayHouse(tmp_path / "home")
    house.start()
    yield house
    house.close()


@pytest.fixture
def shop(live: GatewayHouse) -> Iterator[Merchant]:
    merchant = Merchant(live)
    yield merchant
    merchant.close()


def address(live: GatewayHouse, path: str) -> str:
    return f"http://127.0.0.1:{live.port}{path}"


def page_pay(
    live: GatewayHouse, shop: Merchant, amount: str = "88.88", *, number: str = "P1", **more: str
) -> str:
    biz = {
        "out_trade_no": number,
        "total_amount": amount,
        "subject": "<b>茶</b> & {x}",
        "product_code": "FAST_INSTANT_TRADE_PAY",
    }
    values = shop.values(PAGE_PAY, biz, return_url=BACK, **more)
    values["sign"] = sign(shop.key, text_of(values))
    return address(live, f"/gateway.do?{quoted(values).decode()}")


def test_a_buyer_pays_in_a_browser(live: GatewayHouse, shop: Merchant) -> None:
    if not CHROMIUM.exists():
        pytest.skip("needs a browser")
    from playwright.sync_api import sync_playwright

    before = live.fen(live.buyer)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="en-GB", is_mobile=True
        )
        page = context.new_page()
        context.route("http://shop.test/**", lambda route: route.fulfill(body="thank you"))
        page.goto(page_pay(live, shop))
        assert "¥ 88.88" == page.locator(".amount").inner_text()
        assert page.get_by_text("<b>茶</b> & {x}").is_visible()
        assert page.get_by_role("heading").inner_text().startswith("Pay to merchant")
        assert page.locator(".qr svg").is_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        page.get_by_label("Account").fill(live.login(live.buyer))
        page.get_by_label("Payment password").fill("222222")
        page.get_by_role("button").click()
        assert page.get_by_role("alert").inner_text() == (
            "The account or the payment password is wrong"
        )
        assert before == live.fen(live.buyer)
        page.get_by_label("Payment password").fill("111111")
        page.get_by_role("button").click()
        page.wait_for_url("http://shop.test/back**")
        back = page.url
        page.goto(page_pay(live, shop))  # the same request once more: it is paid
        assert page.get_by_text("ACQ.TRADE_HAS_SUCCESS").is_visible()
        browser.close()
    assert before - 8_888 == live.fen(live.buyer)
    check_return(live, shop, back)


def check_return(live: GatewayHouse, shop: Merchant, back: str) -> None:
    values = dict(parse_qsl(urlsplit(back).query))
    assert "1" == values.pop("session")
    given = values.pop("sign")
    values.pop("sign_type")
    assert shop.is_signed(text_of(values).encode(), given)
    expected = {
        "app_id": live.app.app_id,
        "auth_app_id": live.app.app_id,
        "method": f"{PAGE_PAY}.return",
        "out_trade_no": "P1",
        "total_amount": "88.88",
        "seller_id": live.number(live.shop),
    }
    assert expected == {name: values[name] for name in expected}


def test_refused_page_requests(live: GatewayHouse, shop: Merchant) -> None:
    with httpx.Client() as browser:
        first = browser.get(page_pay(live, shop))
        assert 302 == first.status_code
        assert first.headers["location"] == browser.get(page_pay(live, shop)).headers["location"]
        other = browser.get(page_pay(live, shop, "99.99"))
        assert (200, True) == (other.status_code, "ACQ.CONTEXT_INCONSISTENT" in other.text)
        forged = browser.get(page_pay(live, shop).replace("88.88", "0.01"))
        assert (200, True) == (forged.status_code, "isv.invalid-signature" in forged.text)
        assert "<script" not in forged.text
        assert 404 == browser.get(address(live, "/nothing")).status_code
        unknown = browser.get(address(live, "/cashier/nothing"))
        assert "ACQ.TRADE_NOT_EXIST" in unknown.text or "TRADE_NOT_EXIST" in unknown.text
        shown = browser.get(address(live, first.headers["location"]))
        assert "no-store" == shown.headers["cache-control"]
        assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_a_form_posts_as_the_sdks_write_it(live: GatewayHouse, shop: Merchant) -> None:
    values = dict(parse_qsl(urlsplit(page_pay(live, shop)).query, keep_blank_values=True))
    biz = values.pop("biz_content")
    with httpx.Client() as browser:
        target = address(live, f"/gateway.do?{quoted(values).decode()}")
        there = browser.post(target, data={"biz_content": biz})
        assert 302 == there.status_code


def test_a_poor_buyer_is_told_so(live: GatewayHouse, shop: Merchant) -> None:
    poor = live.person(100)
    with httpx.Client() as browser:
        there = browser.get(page_pay(live, shop)).headers["location"]
        form = {"login": live.login(poor), "password": "111111"}
        said = browser.post(address(live, there), data=form)
        assert "ACQ.BUYER_BALANCE_NOT_ENOUGH" in said.text
    trade = live.read(escrow.trade_by_number, live.app.app_id, "P1")
    assert (escrow.TradeState.CREATED, None) == (trade.state, trade.buyer_id)


def test_consents(live: GatewayHouse, shop: Merchant) -> None:
    live.run(set_app, SetApp(live.app.app_id, redirects=["http://shop.test/oauth"]))
    query = (
        f"app_id={live.app.app_id}&scope=auth_user&state=s"
        "&redirect_uri=http%3A%2F%2Fshop.test%2Foauth%2Fdone"
    )
    place = address(live, f"/oauth2/publicAppAuthorize.htm?{query}")
    with httpx.Client() as browser:
        assert "shop" in browser.get(place).text
        evil = place.replace("shop.test", "evil.test")
        assert "redirect_uri" in browser.get(evil).text
        wrong = browser.post(place, data={"login": "x", "password": "111111"})
        assert 200 == wrong.status_code
        form = {"login": live.login(live.buyer), "password": "111111"}
        back = browser.post(place, data=form)
        assert 303 == back.status_code
        values = dict(parse_qsl(urlsplit(back.headers["location"]).query))
        assert ("s", "auth_user", live.app.app_id) == (
            values["state"],
            values["scope"],
            values["app_id"],
        )
        given = {"grant_type": "authorization_code", "code": values["auth_code"]}
        token = shop.call("alipay.system.oauth.token", None, **given)
        assert live.number(live.buyer) == token["user_id"]
        place = address(live, f"/oauth2/appToAppAuth.htm?{query}")
        form = {"login": live.login(live.shop), "password": "111111"}
        back = browser.post(place, data=form)
        code = dict(parse_qsl(urlsplit(back.headers["location"]).query))["app_auth_code"]
        given = {"grant_type": "authorization_code", "code": code}
        assert "10000" == shop.call("alipay.open.auth.token.app", given)["code"]


@pytest.mark.parametrize(
    "wanted, yes",
    [
        ("https://a.test/x", True),
        ("https://a.test/x/y?z", True),
        ("https://a.test/xy", False),
        ("http://a.test/x", False),
        ("https://a.test:444/x", False),
        ("https://b.test/x", False),
        ("https://a.test@b.test/x", False),
        ("https://a.test/x/../y", False),
        ("//a.test/x", False),
        ("javascript:alert(1)", False),
        ("https://a.test\\@b.test/x", False),
        ("", False),
    ],
)
def test_where_consents_may_lead(wanted: str, yes: bool) -> None:
    assert yes == is_under(wanted, ["https://a.test/x"])


def test_an_order_to_freeze_is_taken_up(live: GatewayHouse, shop: Merchant) -> None:
    made = shop.call(
        "alipay.fund.auth.order.voucher.create",
        {
            "out_order_no": "F1",
            "out_request_no": "R1",
            "order_title": "deposit",
            "amount": "10.00",
        },
    )
    path = urlsplit(made["code_value"]).path
    before = live.fen(live.buyer)
    with httpx.Client() as browser:
        assert "¥ 10.00" in browser.get(address(live, path)).text
        image = browser.get(address(live, f"{path}/code.svg"))
        assert ("image/svg+xml", True) == (
            image.headers["content-type"].partition(";")[0],
            bool(re.match(r"<svg xmlns", image.text)),
        )
        form = {"login": live.login(live.buyer), "password": "111111"}
        assert 303 == browser.post(address(live, path), data=form).status_code
        assert "已冻结" in browser.get(address(live, path)).text
    assert before - 1_000 == live.fen(live.buyer)

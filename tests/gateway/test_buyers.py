"""Buyers with a login of their own: password and TOTP at the cashier, in a browser and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.test_pages import BACK, CHROMIUM, address, page_pay
from support.access_town import PASSWORD
from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse, private_key
from support.gateway_logins import Logins
from venule.access import EventQuery, auth_events

NAME = "buyer@example"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[GatewayHouse]:
    house = GatewayHouse(tmp_path / "home")
    yield house
    house.close()


@pytest.fixture
def logins(live: GatewayHouse) -> Logins:
    logins = Logins(live)
    logins.enrol(live.buyer, NAME)
    live.start(logins.buyers)
    return logins


@pytest.fixture
def shop(live: GatewayHouse) -> Iterator[Merchant]:
    merchant = Merchant(live)
    yield merchant
    merchant.close()


def test_a_buyer_pays_with_password_and_code_in_a_browser(
    live: GatewayHouse, logins: Logins, shop: Merchant
) -> None:
    if not CHROMIUM.exists():
        pytest.skip("needs a browser")
    from playwright.sync_api import sync_playwright

    before = live.fen(live.buyer)
    known = (len(logins.devices(live.buyer)), len(logins.sessions(live.buyer)))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        context.route("http://shop.test/**", lambda route: route.fulfill(body="thank you"))
        page.goto(page_pay(live, shop))
        page.get_by_label("Account").fill(NAME)
        page.get_by_label("Payment password").fill(PASSWORD)
        page.get_by_label("One-time code").fill("000000")
        page.get_by_role("button").click()
        assert page.get_by_role("alert").is_visible()
        assert before == live.fen(live.buyer)
        page.get_by_label("Payment password").fill(PASSWORD)
        page.get_by_label("One-time code").fill(logins.code(NAME))
        page.get_by_role("button").click()
        page.wait_for_url(f"{BACK.partition('?')[0]}**")
        assert [] == context.cookies()
        browser.close()
    assert before - 8_888 == live.fen(live.buyer)
    after = (len(logins.devices(live.buyer)), len(logins.sessions(live.buyer)))
    assert known == after, "paying leaves no device and no session behind"
    what = [event.what for event in live.read(auth_events, EventQuery(limit=3))]
    assert ["sign_in.proof", "sign_in.password", "sign_in.second"] == what


def test_a_code_pays_once_and_a_sandbox_password_never(
    live: GatewayHouse, logins: Logins, shop: Merchant
) -> None:
    form = {"login": NAME, "password": PASSWORD, "code": logins.code(NAME)}
    with httpx.Client() as browser:
        there = address(live, browser.get(page_pay(live, shop)).headers["location"])
        for wrong in (
            {**form, "password": "111111"},
            {**form, "login": live.login(live.buyer), "password": "111111"},
            {**form, "login": "nobody"},
            {**form, "login": "a b"},
        ):
            assert "账号或支付密码不正确" in browser.post(there, data=wrong).text
        assert 303 == browser.post(there, data=form).status_code
        other = browser.get(page_pay(live, shop, number="P2")).headers["location"]
        again = browser.post(address(live, other), data=form)
        assert "账号或支付密码不正确" in again.text


def test_merchants_are_told_logins_not_references(
    live: GatewayHouse, logins: Logins, shop: Merchant
) -> None:
    form = {"login": NAME, "password": PASSWORD, "code": logins.code(NAME)}
    url = page_pay(live, shop, notify_url="http://shop.test/notify")
    with httpx.Client() as browser:
        browser.post(address(live, browser.get(url).headers["location"]), data=form)
    asked = shop.call("alipay.trade.query", {"out_trade_no": "P1"})
    assert "bu***@example" == asked["buyer_logon_id"]
    live.work()
    [(_, said)] = live.posted
    assert "bu***@example" == said["buyer_logon_id"]
    own = live.login(live.shop)
    assert f"{own[:3]}****{own[-4:]}" == said["seller_email"]
    for who in (live.shop, live.buyer):
        assert live.login(who) not in str((asked, said))
    logins.enrol(live.shop, "shop@example")
    shop.call(
        "alipay.trade.refund",
        {"out_trade_no": "P1", "refund_amount": "1.00", "out_request_no": "R1"},
    )
    live.work()
    assert "shop@example" == live.posted[-1][1]["seller_email"]


def test_a_login_that_is_anothers_reference_names_nobody(
    live: GatewayHouse, logins: Logins, shop: Merchant
) -> None:
    def send(number: str, login: str) -> dict[str, str]:
        payee = {"identity": login, "identity_type": "ALIPAY_LOGON_ID", "name": live.name(payee_id)}
        return shop.call(
            "alipay.fund.trans.uni.transfer",
            {
                "out_biz_no": number,
                "trans_amount": "1.00",
                "product_code": "TRANS_ACCOUNT_NO_PWD",
                "biz_scene": "DIRECT_TRANSFER",
                "payee_info": payee,
            },
        )

    payee_id = live.buyer
    assert "10000" == send("T1", NAME)["code"]
    assert "10000" == send("T2", live.login(live.buyer))["code"]
    imposter = live.person()
    logins.enrol(imposter, live.login(live.buyer))
    assert "PAYEE_NOT_EXIST" == send("T3", live.login(live.buyer))["sub_code"]
    assert "10000" == send("T4", NAME)["code"]


def test_each_application_knows_a_buyer_by_a_name_of_its_own(
    live: GatewayHouse, logins: Logins, shop: Merchant
) -> None:
    form = {"login": NAME, "password": PASSWORD, "code": logins.code(NAME)}
    url = page_pay(live, shop, notify_url="http://shop.test/notify")
    with httpx.Client() as browser:
        browser.post(address(live, browser.get(url).headers["location"]), data=form)
    told = shop.call("alipay.trade.query", {"out_trade_no": "P1"})["buyer_open_id"]
    live.work()
    assert told == live.posted[-1][1]["buyer_open_id"]
    order = {"total_amount": "1.00", "subject": "tea", "buyer_open_id": told}
    made = shop.call("alipay.trade.create", {**order, "out_trade_no": "O1"})
    assert "10000" == made["code"], made
    assert told == shop.call("alipay.trade.query", {"out_trade_no": "O1"})["buyer_open_id"]
    sent = {
        "out_biz_no": "OT1",
        "trans_amount": "1.00",
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "payee_info": {"identity": told, "identity_type": "ALIPAY_OPEN_ID"},
    }
    assert "10000" == shop.call("alipay.fund.trans.uni.transfer", sent)["code"]
    key = private_key(1)
    other = Merchant(live, live.register(live.merchant(10_000), key).app_id, key)
    refused = other.call("alipay.trade.create", {**order, "out_trade_no": "O2"})
    assert "ACQ.BUYER_NOT_EXIST" == refused["sub_code"]
    own = {**order, "buyer_open_id": "", "buyer_id": live.number(live.buyer)}
    other.call("alipay.trade.create", {**own, "out_trade_no": "O3"})
    theirs = other.call("alipay.trade.query", {"out_trade_no": "O3"})["buyer_open_id"]
    assert theirs not in (told, "")
    other.close()

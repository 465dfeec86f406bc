"""The package alipay 0.7.4, as it was in 2014, sells on a live gateway with the money in escrow."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest

from interop.conftest import Shop, python_shop
from support.gateway_house import GatewayHouse
from venule.gateway.applications import LetClassicIn, let_classic_in
from venule.gateway.gateway import MD5_PURPOSE

KEY = "abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Shop]:
    sealed = house.vault.seal(MD5_PURPOSE, KEY.encode())
    app = house.run(let_classic_in, LetClassicIn(house.app.app_id, sealed))
    with python_shop(house, "classic", partner=app.partner, md5_key=KEY) as shop:
        yield shop


ORDER = {
    "out_trade_no": "P1",
    "subject": "担保 & 1",
    "logistics_type": "EXPRESS",
    "logistics_fee": "5.00",
    "logistics_payment": "BUYER_PAY",
    "price": "10.00",
    "quantity": "2",
    "notify_url": "http://shop.test/notify",
    "return_url": "http://shop.test/back?a=1",
    "body": "",
}


def pay(house: GatewayHouse, address: str) -> str:
    """The buyer's browser: goes to the cashier and pays; returns where it is sent then."""
    target = address.replace("http://gateway.test", f"http://127.0.0.1:{house.port}")
    with httpx.Client() as browser:
        there = browser.get(target)
        assert 302 == there.status_code, there.text
        place = f"http://127.0.0.1:{house.port}{there.headers['location']}"
        page = browser.get(place)
        assert "¥ 25.00" in page.text
        form = {"login": house.login(house.buyer), "password": "111111"}
        paid = browser.post(place, data=form)
        assert 303 == paid.status_code, paid.text
        return paid.headers["location"]


def trade_of(text: str) -> dict[str, str]:
    root = ElementTree.fromstring(text)
    assert "T" == root.findtext("is_success"), text
    [element] = root.find("response")
    return {each.tag: each.text for each in element}


def test_a_guaranteed_sale(house: GatewayHouse, shop: Shop) -> None:
    address = shop.do("url", name="create_partner_trade_by_buyer_url", fields=ORDER)["url"]
    before = house.fen(house.shop)
    back = pay(house, address)
    assert back.startswith("http://shop.test/back?a=1&")
    assert "is_success=T" in back

    asked = trade_of(
        shop.do("ask", name="single_trade_query", fields={"out_trade_no": "P1"})["text"]
    )
    assert ("WAIT_SELLER_SEND_GOODS", "25.00", "担保 & 1") == (
        asked["trade_status"],
        asked["total_fee"],
        asked["subject"],
    )
    assert before == house.fen(house.shop)
    sent = shop.do(
        "visit",
        name="send_goods_confirm_by_platform",
        fields={"trade_no": asked["trade_no"], "logistics_name": "SF", "invoice_no": "SF1"},
    )
    assert "WAIT_BUYER_CONFIRM_GOODS" == trade_of(sent["text"])["trade_status"]
    house.confirm(asked["trade_no"])
    asked = trade_of(
        shop.do("ask", name="single_trade_query", fields={"trade_no": asked["trade_no"]})["text"]
    )
    assert "TRADE_FINISHED" == asked["trade_status"]
    assert before + 2_500 - 15 == house.fen(house.shop)

    house.verify = lambda values: shop.do("verify", values=values)
    house.work()
    assert [
        "WAIT_BUYER_PAY",
        "WAIT_SELLER_SEND_GOODS",
        "WAIT_BUYER_CONFIRM_GOODS",
        "TRADE_FINISHED",
    ] == [values["trade_status"] for _, values in house.posted]
    assert [{"verified": True}] * 4 == house.verified
    house.verify = None
    house.wait(minutes=2)
    assert {"verified": False} == shop.do("verify", values=house.posted[0][1])


def test_wrong_keys_are_refused(house: GatewayHouse, shop: Shop) -> None:
    with python_shop(house, "classic", partner=house.number(house.shop), md5_key="x" * 32) as other:
        told = other.do("ask", name="single_trade_query", fields={"out_trade_no": "P1"})
        assert "ILLEGAL_SIGN" == ElementTree.fromstring(told["text"]).findtext("error")
    told = shop.do("ask", name="single_trade_query", fields={"out_trade_no": "P9"})
    assert "TRADE_NOT_EXIST" == ElementTree.fromstring(told["text"]).findtext("error")

"""The package alipay 0.7.4, as it was in 2014, sells on a live gateway with the money in escrow."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest

from interop.conftest import Shop, python_shop
from interop.test_whole_days import BILL, unpack
from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse
from venule.gateway.applications import LetClassicIn, let_classic_in
from venule.gateway.gateway import MD5_PURPOSE
from venule.kit.time import china_date

KEY = "abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Shop]:
    sealed = house.vault.seal(MD5_PURPOSE, KEY.encode())
    app = house.run(let_classic_in, LetClassicIn(house.app.app_id, sealed))
    with python_shop(
        house, "classic", partner=app.partner, md5_key=KEY, seller_email=house.login(house.shop)
    ) as shop:
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
    with python_shop(
        house, "classic", partner=house.number(house.shop), md5_key="x" * 32, seller_email="x"
    ) as other:
        told = other.do("ask", name="single_trade_query", fields={"out_trade_no": "P1"})
        assert "ILLEGAL_SIGN" == ElementTree.fromstring(told["text"]).findtext("error")
    told = shop.do("ask", name="single_trade_query", fields={"out_trade_no": "P9"})
    assert "TRADE_NOT_EXIST" == ElementTree.fromstring(told["text"]).findtext("error")


def browse(house: GatewayHouse, address: str, who: str = "") -> tuple[str, str]:
    """The merchant's browser: sees the page of a batch, and agrees to it; return both pages."""
    target = address.replace("http://gateway.test", f"http://127.0.0.1:{house.port}")
    with httpx.Client() as browser:
        page = browser.get(target)
        assert 200 == page.status_code
        form = {"login": who or house.login(house.shop), "password": "111111"}
        return page.text, browser.post(target, data=form).text


def paid_directly(house: GatewayHouse, shop: Shop, number: str) -> dict[str, str]:
    fields = {"out_trade_no": number, "subject": "tea", "total_fee": "25.00"}
    fields["notify_url"] = "http://shop.test/notify"
    pay(house, shop.do("url", name="create_direct_pay_by_user_url", fields=fields)["url"])
    return trade_of(
        shop.do("ask", name="single_trade_query", fields={"out_trade_no": number})["text"]
    )


OF_ALL = ("notify_id", "notify_time", "sign", "sign_type")
LETTERS = dict.fromkeys("batch_no", "")
"""`refund_fastpay_by_platform_pwd` of 0.7.4 checks for parameters named `b`, `a`, `t`... instead of
`batch_no`: its list of names has one string and no comma. As it is meant it can never be called;
with a parameter for every letter it can, and it signs those as well."""


def test_a_refund_of_a_part(house: GatewayHouse, shop: Shop) -> None:
    asked = paid_directly(house, shop, "F1")
    before, shop_fen = house.fen(house.buyer), house.fen(house.shop)
    line = {"trade_no": asked["trade_no"], "fee": "8.88", "note": "too many"}
    fields = {
        **LETTERS,
        "batch_no": "20261128001",
        "batch_list": [line, {"trade_no": "0", "fee": "1.00", "note": "unknown"}],
        "notify_url": "http://shop.test/batch",
    }
    how = {"name": "refund_fastpay_by_platform_pwd", "by_login": True}
    meant = shop.do("url", **how, fields={k: v for k, v in fields.items() if k not in LETTERS})
    assert meant == {"error": "MissingParameter: missing parameters"}
    address = shop.do("url", **how, fields=fields)["url"]

    page, refused = browse(house, address, house.login(house.buyer))
    assert "¥ 9.88" in page
    assert "账号或支付密码不正确" in refused
    assert before == house.fen(house.buyer)
    _, done = browse(house, address)
    assert "成功" in done
    assert "TRADE_NOT_EXIST" in done
    assert (before + 888, shop_fen - 888 + 5) == (house.fen(house.buyer), house.fen(house.shop))
    _, again = browse(house, address)
    assert "成功" in again
    assert before + 888 == house.fen(house.buyer)

    forged = browse(house, address.replace("8.88", "9.88"))[0]
    assert "ILLEGAL_SIGN" in forged
    asked = trade_of(
        shop.do("ask", name="single_trade_query", fields={"trade_no": asked["trade_no"]})["text"]
    )
    assert ("REFUND_SUCCESS", "8.88") == (asked["refund_status"], asked["to_buyer_fee"])
    house.verify = lambda values: shop.do("verify", values=values)
    house.work()
    assert [{"verified": True}] * len(house.posted) == house.verified
    [said] = [values for url, values in house.posted if url.endswith("/batch")]
    assert {
        "notify_type": "batch_refund_notify",
        "batch_no": "20261128001",
        "success_num": "1",
        "result_details": f"{asked['trade_no']}^8.88^SUCCESS#0^1.00^TRADE_NOT_EXIST",
    } == {name: said[name] for name in said if name not in OF_ALL}


def test_transfers_in_a_batch(house: GatewayHouse, shop: Shop) -> None:
    receivers = [house.person(), house.person()]
    before = house.fen(house.shop)
    lines = [
        {"account": house.login(who), "name": house.name(who), "fee": fee, "note": "bonus"}
        for who, fee in zip(receivers, ("0.10", "0.20"), strict=True)
    ]
    lines.append({"account": "nobody", "name": "nobody", "fee": "5.00", "note": ""})
    fields = {
        "account_name": house.name(house.shop),
        "batch_no": "B1",
        "notify_url": "http://shop.test/batch",
        "batch_list": lines,
    }
    how = {"name": "create_batch_trans_notify_url", "by_login": True}
    address = shop.do("url", **how, fields=fields)["url"]
    for _ in range(2):
        page, done = browse(house, address)
        assert "¥ 5.30" in page
        assert (2, 1) == (done.count("成功"), done.count("ILLEGAL_ARGUMENT"))
        assert [10, 20] == [house.fen(who) for who in receivers]
        assert before - 30 == house.fen(house.shop)
    house.verify = lambda values: shop.do("verify", values=values)
    house.work()
    assert [{"verified": True}] == house.verified
    [(_, said)] = house.posted
    assert "batch_trans_notify" == said["notify_type"]
    assert ["B11", "B12"] == [
        each.split("^")[0] for each in said["success_details"].split("|")[:-1]
    ]
    assert said["fail_details"].startswith("B13^nobody^nobody^5.00^F^ILLEGAL_ARGUMENT")
    stolen = {**fields, "account_name": "another"}
    assert "ILLEGAL_ARGUMENT" in browse(house, shop.do("url", **how, fields=stolen)["url"])[0]


def test_the_bill_of_the_day(house: GatewayHouse, shop: Shop) -> None:
    """The package of 2014 cannot ask for bills: the partner's application does, signed as in v2."""
    address = shop.do("url", name="create_partner_trade_by_buyer_url", fields=ORDER)["url"]
    pay(house, address)
    day = china_date(house.clock.now())
    house.wait(days=1)
    merchant = Merchant(house)
    told = merchant.call(BILL, {"bill_type": "trade", "bill_date": f"{day}"})
    merchant.close()
    detail, summary = unpack(house, told["bill_download_url"])
    [row] = [row for row in detail if len(row) > 10 and row[1].strip("\t") == "P1"]
    assert ("担保 & 1", "25.00") == (row[3], row[12])
    [total] = [row for row in summary if row[0].strip("\t") == "合计"]
    assert "25.00" == total[4]

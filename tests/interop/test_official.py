"""alipay-sdk-python, as it is, sells on a live gateway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interop.conftest import Shop, python_shop
from support.gateway_house import GatewayHouse


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Shop]:
    with python_shop(house, "official") as shop:
        yield shop


def test_a_sale_from_creating_to_a_refund(house: GatewayHouse, shop: Shop) -> None:
    order = {"out_trade_no": "A1", "total_amount": "88.88", "subject": "茶 {x} & 1"}
    made = shop.call("alipay.trade.create", {**order, "buyer_id": house.number(house.buyer)})
    assert "10000" == made["code"]
    asked = shop.call("alipay.trade.query", {"out_trade_no": "A1"})
    assert ("WAIT_BUYER_PAY", "茶 {x} & 1") == (asked["trade_status"], asked["subject"])

    paid = shop.call(
        "alipay.trade.pay",
        {**order, "out_trade_no": "A2", "scene": "bar_code", "auth_code": house.code()},
    )
    assert ("10000", "88.88") == (paid["code"], paid["total_amount"])
    asked = shop.call("alipay.trade.query", {"trade_no": paid["trade_no"]})
    assert "TRADE_SUCCESS" == asked["trade_status"]
    back = shop.call(
        "alipay.trade.refund",
        {"out_trade_no": "A2", "refund_amount": "8.88", "out_request_no": "R1"},
    )
    assert ("10000", "Y", "8.88") == (back["code"], back["fund_change"], back["refund_fee"])
    known = shop.call(
        "alipay.trade.fastpay.refund.query", {"out_trade_no": "A2", "out_request_no": "R1"}
    )
    assert ("REFUND_SUCCESS", "8.88") == (known["refund_status"], known["refund_amount"])
    scanned = shop.call("alipay.trade.precreate", {**order, "out_trade_no": "A3"})
    assert scanned["qr_code"].startswith("http")
    unknown = shop.do("call", method="alipay.trade.query", fields={"out_trade_no": "{no}"})
    assert not unknown["success"]
    assert "ACQ.TRADE_NOT_EXIST" == unknown["content"]["sub_code"]


def test_settlement_and_a_transfer(house: GatewayHouse, shop: Shop) -> None:
    receiver = house.person()
    number = house.number(receiver)
    bound = shop.call(
        "alipay.trade.royalty.relation.bind",
        {"out_request_no": "B1", "receiver_list": [{"type": "userId", "account": number}]},
    )
    assert ("10000", "SUCCESS") == (bound["code"], bound["result_code"])
    paid = shop.call(
        "alipay.trade.pay",
        {
            "out_trade_no": "S1",
            "total_amount": "100.00",
            "subject": "shared",
            "scene": "bar_code",
            "auth_code": house.code(),
            "extend_params": {"royalty_freeze": "true"},
        },
    )
    assert "10000" == paid["code"]
    settled = shop.call(
        "alipay.trade.order.settle",
        {
            "out_request_no": "ST1",
            "trade_no": paid["trade_no"],
            "royalty_parameters": [{"trans_in_type": "userId", "trans_in": number, "amount": 30}],
            "extend_params": {"royalty_finish": "true"},
        },
    )
    assert "10000" == settled["code"]
    assert 3_000 == house.fen(receiver)
    sent = shop.call(
        "alipay.fund.trans.uni.transfer",
        {
            "out_biz_no": "T1",
            "trans_amount": "12.34",
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "bonus",
            "payee_info": {"identity": number, "identity_type": "ALIPAY_USER_ID"},
        },
    )
    assert ("10000", "SUCCESS") == (sent["code"], sent["status"])
    assert 4_234 == house.fen(receiver)
    known = shop.call("alipay.fund.trans.common.query", {"out_biz_no": "T1"})
    assert ("SUCCESS", "12.34") == (known["status"], known["trans_amount"])


def test_a_notification_is_verified_by_the_sdk(house: GatewayHouse, shop: Shop) -> None:
    order = {
        "out_trade_no": "N1",
        "total_amount": "5.00",
        "subject": "tea",
        "passback_params": "a%3D1",
    }
    shop.call(
        "alipay.trade.pay",
        {**order, "scene": "bar_code", "auth_code": house.code()},
        notify_url="http://shop.test/notify",
    )
    shop.call(
        "alipay.trade.refund",
        {"out_trade_no": "N1", "refund_amount": "2.00", "out_request_no": "R1"},
    )
    house.work()
    assert ["TRADE_SUCCESS", "TRADE_SUCCESS"] == [v["trade_status"] for _, v in house.posted]
    assert ["", "2.00"] == [v.get("refund_fee", "") for _, v in house.posted]
    for _, values in house.posted:
        assert {"verified": True} == shop.do("verify", values=values)
    house.posted[0][1]["total_amount"] = "6.00"
    assert "Verification" in shop.do("verify", values=house.posted[0][1])["error"]

"""python-alipay-sdk, as it is, sells on a live gateway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interop.conftest import Shop, python_shop
from support.gateway_house import GatewayHouse


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Shop]:
    with python_shop(house, "community") as shop:
        yield shop


def test_a_sale_from_creating_to_a_refund(house: GatewayHouse, shop: Shop) -> None:
    def api(name: str, **fields: object) -> dict:
        answer = shop.do("api", name=name, fields=fields)
        assert "error" not in answer, answer
        return answer["content"]

    buyer = house.number(house.buyer)
    made = api(
        "api_alipay_trade_create",
        subject="茶 {x}",
        out_trade_no="C1",
        total_amount="88.88",
        buyer_id=buyer,
    )
    assert "10000" == made["code"]
    assert "WAIT_BUYER_PAY" == api("api_alipay_trade_query", out_trade_no="C1")["trade_status"]
    paid = api(
        "api_alipay_trade_pay",
        out_trade_no="C2",
        scene="bar_code",
        auth_code=house.code(),
        subject="tea",
        total_amount=88.88,
    )
    assert ("10000", "88.88") == (paid["code"], paid["total_amount"])
    back = api("api_alipay_trade_refund", refund_amount=8.8, out_trade_no="C2", out_request_no="R1")
    assert ("Y", "8.80") == (back["fund_change"], back["refund_fee"])
    known = api("api_alipay_trade_fastpay_refund_query", out_request_no="R1", out_trade_no="C2")
    assert "8.80" == known["refund_amount"]
    scanned = api(
        "api_alipay_trade_precreate", subject="tea", out_trade_no="C3", total_amount="1.00"
    )
    assert scanned["qr_code"]
    assert "10000" == api("api_alipay_trade_cancel", out_trade_no="C3")["code"]
    assert "10000" == api("api_alipay_trade_close", out_trade_no="C1")["code"]
    assert "ACQ.TRADE_NOT_EXIST" == api("api_alipay_trade_query", out_trade_no="X")["sub_code"]
    receiver = house.person()
    sent = api(
        "api_alipay_fund_trans_toaccount_transfer",
        out_biz_no="T1",
        payee_type="ALIPAY_USERID",
        payee_account=house.number(receiver),
        amount="3.12",
    )
    assert "10000" == sent["code"]
    assert 312 == house.fen(receiver)
    assert "SUCCESS" == api("api_alipay_fund_trans_order_query", out_biz_no="T1")["status"]


def test_settlement_and_a_notification(house: GatewayHouse, shop: Shop) -> None:
    receiver = house.person()
    number = house.number(receiver)
    shop.call(
        "alipay.trade.royalty.relation.bind",
        {"out_request_no": "B1", "receiver_list": [{"type": "userId", "account": number}]},
    )
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
        notify_url="http://shop.test/notify",
    )
    settled = shop.do(
        "api",
        name="api_alipay_trade_order_settle",
        fields={
            "out_request_no": "ST1",
            "trade_no": paid["trade_no"],
            "royalty_parameters": [{"trans_in": number, "amount": 30.0}],
        },
    )
    assert "10000" == settled["content"]["code"]
    assert 3_000 == house.fen(receiver)
    house.work()
    [(_, values)] = house.posted
    assert {"verified": True} == shop.do("verify", values=values)
    assert {"verified": False} == shop.do("verify", values={**values, "total_amount": "1.00"})

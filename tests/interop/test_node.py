"""The npm package alipay-sdk, as it is, sells on a live gateway: by v2 and by v3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from interop.conftest import Shop, node_shop
from support.gateway_house import GatewayHouse


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Shop]:
    with node_shop(house) as shop:
        yield shop


ORDER = {"total_amount": "88.88", "subject": '茶 {x} "y" & _response'}


def test_a_sale_by_v2(house: GatewayHouse, shop: Shop) -> None:
    buyer = house.number(house.buyer)
    made = shop.call("alipay.trade.create", {**ORDER, "out_trade_no": "N1", "buyer_id": buyer})
    assert "10000" == made["code"]
    asked = shop.call("alipay.trade.query", {"out_trade_no": "N1"})
    assert ("WAIT_BUYER_PAY", ORDER["subject"]) == (asked["trade_status"], asked["subject"])
    paid = shop.call(
        "alipay.trade.pay",
        {**ORDER, "out_trade_no": "N2", "scene": "bar_code", "auth_code": house.code()},
        notify_url="http://shop.test/notify",
    )
    assert "88.88" == paid["total_amount"]
    back = {"out_trade_no": "N2", "refund_amount": 8.88, "out_request_no": "R1"}
    assert "8.88" == shop.call("alipay.trade.refund", back)["refund_fee"]
    known = shop.call(
        "alipay.trade.fastpay.refund.query", {"out_trade_no": "N2", "out_request_no": "R1"}
    )
    assert "REFUND_SUCCESS" == known["refund_status"]
    unknown = shop.call("alipay.trade.query", {"out_trade_no": "{no}"})
    assert "ACQ.TRADE_NOT_EXIST" == unknown["sub_code"]
    house.work()
    for _, values in house.posted:
        assert {"verified": True} == shop.do("verify", values=values)
    assert 2 == len(house.posted)
    spoilt = {**house.posted[0][1], "subject": "other"}
    assert {"verified": False} == shop.do("verify", values=spoilt)


def test_a_sale_by_v3(house: GatewayHouse, shop: Shop) -> None:
    def curl(path: str, body: dict[str, Any] | None = None, **how: Any) -> dict[str, Any]:
        step = {"http": "POST", "path": f"/v3/alipay/{path}", **how}
        return shop.do("curl", **step, **({"body": body} if body else {}))

    buyer = house.number(house.buyer)
    made = curl("trade/create", {**ORDER, "out_trade_no": "V1", "buyer_id": buyer})
    assert ("V1", 200) == (made["content"]["out_trade_no"], made["status"])
    assert "code" not in made["content"]
    asked = curl("trade/query", {"out_trade_no": "V1"})["content"]
    assert ("WAIT_BUYER_PAY", ORDER["subject"]) == (asked["trade_status"], asked["subject"])
    paid = curl(
        "trade/pay",
        {**ORDER, "out_trade_no": "V2", "scene": "bar_code", "auth_code": house.code()},
    )
    assert "88.88" == paid["content"]["total_amount"]
    back = {"out_trade_no": "V2", "refund_amount": "8.88", "out_request_no": "R1"}
    assert "8.88" == curl("trade/refund", back)["content"]["refund_fee"]
    known = curl("trade/fastpay/refund/query", {"out_trade_no": "V2", "out_request_no": "R1"})
    assert "REFUND_SUCCESS" == known["content"]["refund_status"]
    receiver = house.person()
    sent = curl(
        "fund/trans/uni/transfer",
        {
            "out_biz_no": "T1",
            "trans_amount": "1.00",
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "payee_info": {
                "identity": house.number(receiver),
                "identity_type": "ALIPAY_USER_ID",
            },
        },
    )
    assert "SUCCESS" == sent["content"]["status"]
    asked = curl("fund/trans/common/query", http="GET", query={"out_biz_no": "T1"})
    assert "1.00" == asked["content"]["trans_amount"]
    unknown = curl("trade/query", {"out_trade_no": "{no}"})
    assert ("ACQ.TRADE_NOT_EXIST", 400) == (unknown["code"], unknown["status"])
    assert ("unknown-api", 404) == tuple(
        curl("trade/nonsense", {"a": "b"})[name] for name in ("code", "status")
    )

"""Trades over v2, on every kind of home: what is answered, what moves, what repetition does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse
from venule import escrow
from venule.gateway.buying import PayOrder, SendGoods, pay_order, send_goods
from venule.gateway.gateway import Page, Request

PAY, QUERY, REFUND = "alipay.trade.pay", "alipay.trade.query", "alipay.trade.refund"
CREATE, CLOSE, CANCEL = "alipay.trade.create", "alipay.trade.close", "alipay.trade.cancel"
PRECREATE = "alipay.trade.precreate"


def order(number: str = "A1", amount: Any = "88.88", **more: Any) -> dict[str, Any]:
    return {"out_trade_no": number, "total_amount": amount, "subject": "tea", **more}


def by_code(house: GatewayHouse, number: str = "A1", amount: Any = "88.88", **more: Any) -> dict:
    return order(number, amount, scene="bar_code", auth_code=house.code(), **more)


def codes(content: dict[str, Any]) -> tuple[str, str]:
    return content["code"], content.get("sub_code", "")


def test_a_sale_moves_the_money_less_the_fee(house: GatewayHouse, shop: Merchant) -> None:
    seller, buyer = house.fen(house.shop), house.fen(house.buyer)
    paid = shop.call(PAY, by_code(house, body="b", store_id="S1"))
    assert ("10000", "") == codes(paid)
    assert ("88.88", house.number(house.buyer)) == (paid["total_amount"], paid["buyer_user_id"])
    assert [{"fund_channel": "ALIPAYACCOUNT", "amount": "88.88"}] == paid["fund_bill_list"]
    assert (seller + 8_888 - 53, buyer - 8_888) == (house.fen(house.shop), house.fen(house.buyer))
    asked = shop.call(QUERY, {"trade_no": paid["trade_no"], "out_trade_no": "ignored"})
    assert ("TRADE_SUCCESS", "b", "S1") == (asked["trade_status"], asked["body"], asked["store_id"])
    assert 28 == len(asked["trade_no"])
    assert "*" in asked["buyer_logon_id"]


def test_the_same_again_and_something_else(house: GatewayHouse, shop: Merchant) -> None:
    made = shop.call(CREATE, order(buyer_id=house.number(house.buyer)))
    again = shop.call(CREATE, order(amount=88.880, buyer_id=house.number(house.buyer)))
    assert made == again
    for other in (order(amount="88.89"), order(subject="milk")):
        said = shop.call(CREATE, {**other, "buyer_id": house.number(house.buyer)})
        assert ("40004", "ACQ.CONTEXT_INCONSISTENT") == codes(said)
    wanted = by_code(house, "A2")
    paid = shop.call(PAY, wanted)
    before = house.fen(house.buyer)
    assert paid == shop.call(PAY, wanted)
    assert before == house.fen(house.buyer)
    assert "ACQ.TRADE_HAS_SUCCESS" == codes(shop.call(PRECREATE, order("A2")))[1]
    shop.call(CLOSE, {"out_trade_no": "A1"})
    said = shop.call(PAY, by_code(house, "A1"))
    assert "ACQ.TRADE_HAS_CLOSE" == codes(said)[1]


def test_equal_requests_at_once_move_money_once(house: GatewayHouse, shop: Merchant) -> None:
    from support.gateway_client import quoted, sign, text_of

    values = shop.values(PAY, by_code(house))
    values["sign"] = sign(shop.key, text_of(values))

    async def all_at_once() -> list[Page]:
        request = Request(quoted(values), b"")
        return await asyncio.gather(*(house.gateway.v2(request) for _ in range(12)))

    before = house.fen(house.buyer)
    pages = shop.runner.run(all_at_once())
    assert 1 == len({shop.read(page, PAY)["trade_no"] for page in pages})
    assert before - 8_888 == house.fen(house.buyer)


@pytest.mark.parametrize(
    "change, sub_code",
    [
        ({"total_amount": "0"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "-1"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "1e2"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "1.001"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": None}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "a b"}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "a" * 65}, "ACQ.INVALID_PARAMETER"),
        ({"subject": ""}, "ACQ.INVALID_PARAMETER"),
        ({"subject": "x" * 257}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "16d"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "2001-01-01 00:00:00"}, "ACQ.INVALID_PARAMETER"),
        ({"buyer_id": "2088000000000000"}, "ACQ.BUYER_NOT_EXIST"),
        ({"buyer_id": "self"}, "ACQ.BUYER_SELLER_EQUAL"),
        ({"buyer_id": None}, "ACQ.INVALID_PARAMETER"),
        ({"seller_id": "buyer"}, "ACQ.BUYER_NOT_EXIST"),
    ],
)
def test_what_a_trade_may_not_be(
    house: GatewayHouse, shop: Merchant, change: dict[str, Any], sub_code: str
) -> None:
    numbers = {"self": house.number(house.shop), "buyer": house.number(house.buyer)}
    wanted = order(buyer_id=house.number(house.buyer)) | {
        name: numbers.get(value, value) for name, value in change.items()
    }
    assert ("40004", sub_code) == codes(shop.call(CREATE, wanted))


def test_codes_are_good_once_and_for_a_minute(house: GatewayHouse, shop: Merchant) -> None:
    code = house.code()
    assert 18 == len(code)
    assert code.startswith("28")
    wanted = order(scene="bar_code", auth_code=code)
    assert "10000" == shop.call(PAY, wanted)["code"]
    again = shop.call(PAY, {**wanted, "out_trade_no": "A2"})
    assert "ACQ.PAYMENT_AUTH_CODE_INVALID" == codes(again)[1]
    late = by_code(house, "A3")
    house.wait(seconds=61)
    assert "ACQ.PAYMENT_AUTH_CODE_INVALID" == codes(shop.call(PAY, late))[1]
    never = order("A4", scene="bar_code", auth_code="280000000000000000")
    assert "ACQ.PAYMENT_AUTH_CODE_INVALID" == codes(shop.call(PAY, never))[1]
    assert "ACQ.TRADE_NOT_EXIST" == codes(shop.call(QUERY, {"out_trade_no": "A3"}))[1]


def test_a_large_payment_by_code_waits_for_the_buyer(house: GatewayHouse, shop: Merchant) -> None:
    wanted = by_code(house, amount="1000.01")
    waits = shop.call(PAY, wanted)
    assert ("10003", "") == codes(waits)
    assert waits == shop.call(PAY, wanted)
    assert "WAIT_BUYER_PAY" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]
    token = house.token("A1")
    house.run(pay_order, PayOrder(token, house.buyer))
    assert "TRADE_SUCCESS" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]
    assert "10000" == shop.call(PAY, wanted)["code"]


def test_nobody_is_told_of_an_order_before_a_buyer_has_seen_it(
    house: GatewayHouse, shop: Merchant
) -> None:
    made = shop.call(PRECREATE, order())
    assert made["qr_code"] == f"http://gateway.test/cashier/{house.token('A1')}"
    assert made == shop.call(PRECREATE, order())
    assert "ACQ.TRADE_NOT_EXIST" == codes(shop.call(QUERY, {"out_trade_no": "A1"}))[1]
    assert "ACQ.TRADE_NOT_EXIST" == codes(shop.call(CLOSE, {"out_trade_no": "A1"}))[1]
    house.run(pay_order, PayOrder(house.token("A1"), house.buyer))
    assert "TRADE_SUCCESS" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]


def test_lack_of_money_leaves_nothing(house: GatewayHouse, shop: Merchant) -> None:
    poor = house.person(1_000)
    wanted = order(scene="bar_code", auth_code=house.code(poor))
    assert ("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH") == codes(shop.call(PAY, wanted))
    assert 1_000 == house.fen(poor)
    house.give(poor, 10_000)
    assert "10000" == shop.call(PAY, wanted)["code"]


def test_refunds(house: GatewayHouse, shop: Merchant) -> None:
    paid = shop.call(PAY, by_code(house, amount="10.00"))
    part = {"out_trade_no": "A1", "refund_amount": "3.00", "out_request_no": "R1"}
    first = shop.call(REFUND, part)
    assert ("Y", "3.00", "3.00") == (
        first["fund_change"],
        first["refund_fee"],
        first["send_back_fee"],
    )
    assert ("N", "3.00") == tuple(shop.call(REFUND, part)[n] for n in ("fund_change", "refund_fee"))
    other = {**part, "refund_amount": "4.00"}
    assert "ACQ.DISCORDANT_REPEAT_REQUEST" == codes(shop.call(REFUND, other))[1]
    whole = {"trade_no": paid["trade_no"], "refund_amount": "5.00"}
    assert "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" == codes(shop.call(REFUND, whole))[1]
    more = {**part, "out_request_no": "R2", "refund_amount": "7.01"}
    assert "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" == codes(shop.call(REFUND, more))[1]
    rest = {**part, "out_request_no": "R2", "refund_amount": "7.00"}
    assert "10.00" == shop.call(REFUND, rest)["refund_fee"]
    assert "TRADE_CLOSED" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]
    asked = {"out_trade_no": "A1", "out_request_no": "R1"}
    found = shop.call("alipay.trade.fastpay.refund.query", asked)
    assert ("REFUND_SUCCESS", "3.00") == (found["refund_status"], found["refund_amount"])
    asked = {"out_trade_no": "A1", "out_request_no": "R9"}
    found = shop.call("alipay.trade.fastpay.refund.query", asked)
    assert ("10000", None) == (found["code"], found.get("refund_status"))


def test_a_refund_without_a_number_is_of_the_whole(house: GatewayHouse, shop: Merchant) -> None:
    before = house.fen(house.buyer)
    shop.call(PAY, by_code(house))
    back = {"out_trade_no": "A1", "refund_amount": 88.88}
    assert "Y" == shop.call(REFUND, back)["fund_change"]
    assert "N" == shop.call(REFUND, back)["fund_change"]
    assert before == house.fen(house.buyer)


def test_closing_and_cancelling(house: GatewayHouse, shop: Merchant) -> None:
    buyer = house.number(house.buyer)
    shop.call(CREATE, order("A1", buyer_id=buyer))
    assert "10000" == shop.call(CLOSE, {"out_trade_no": "A1"})["code"]
    assert "TRADE_CLOSED" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]
    assert "ACQ.TRADE_STATUS_ERROR" == codes(shop.call(CLOSE, {"out_trade_no": "A1"}))[1]
    before = house.fen(house.buyer)
    shop.call(PAY, by_code(house, "A2"))
    assert "ACQ.TRADE_STATUS_ERROR" == codes(shop.call(CLOSE, {"out_trade_no": "A2"}))[1]
    undone = shop.call(CANCEL, {"out_trade_no": "A2"})
    assert ("N", "refund") == (undone["retry_flag"], undone["action"])
    assert before == house.fen(house.buyer)
    shop.call(CREATE, order("A3", buyer_id=buyer))
    assert "close" == shop.call(CANCEL, {"out_trade_no": "A3"})["action"]
    assert None is shop.call(CANCEL, {"out_trade_no": "A9"}).get("action")
    shop.call(PRECREATE, order("A4"))
    assert "close" == shop.call(CANCEL, {"out_trade_no": "A4"})["action"]
    with pytest.raises(escrow.EscrowTransitionIllegal):
        house.run(pay_order, PayOrder(house.token("A4"), house.buyer))


def test_each_application_sees_only_its_own(house: GatewayHouse, shop: Merchant) -> None:
    from support.gateway_house import private_key

    paid = shop.call(PAY, by_code(house))
    rival = house.merchant()
    app = house.register(rival, private_key(1))
    other = Merchant(house, app.app_id, private_key(1))
    for name in ({"trade_no": paid["trade_no"]}, {"out_trade_no": "A1"}):
        assert "ACQ.TRADE_NOT_EXIST" == codes(other.call(QUERY, name))[1]
        assert "ACQ.TRADE_NOT_EXIST" == codes(other.call(CLOSE, name))[1]
        back = {**name, "refund_amount": "1.00", "out_request_no": "R"}
        assert "ACQ.TRADE_NOT_EXIST" == codes(other.call(REFUND, back))[1]
    assert "10000" == other.call(PAY, by_code(house, "A1", "1.00"))["code"]
    other.close()


def test_a_guaranteed_trade_by_v2(house: GatewayHouse, shop: Merchant) -> None:
    before = house.fen(house.shop)
    shop.call(PAY, by_code(house, product_code="ESCROW_TRADE"))
    asked = shop.call(QUERY, {"out_trade_no": "A1"})
    assert "WAIT_SELLER_SEND_GOODS" == asked["trade_status"]
    assert before == house.fen(house.shop)
    house.run(send_goods, SendGoods(house.app.app_id, asked["trade_no"], "SF", "SF1"))
    asked = shop.call(QUERY, {"out_trade_no": "A1"})
    assert "WAIT_BUYER_CONFIRM_GOODS" == asked["trade_status"]
    own = {"out_request_no": "C1", "trade_no": asked["trade_no"], "settle_info": {}}
    refused = shop.call("alipay.trade.settle.confirm", own)
    assert "isv.insufficient-isv-permissions" == codes(refused)[1]
    house.wait(days=10, minutes=2)  # the buyer is silent
    assert "TRADE_FINISHED" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]
    assert before + 8_888 - 53 == house.fen(house.shop)


def test_unpaid_trades_are_closed_in_time(house: GatewayHouse, shop: Merchant) -> None:
    wanted = order(timeout_express="5m", buyer_id=house.number(house.buyer))
    shop.call(CREATE, wanted)
    house.wait(minutes=6)
    assert "TRADE_CLOSED" == shop.call(QUERY, {"out_trade_no": "A1"})["trade_status"]

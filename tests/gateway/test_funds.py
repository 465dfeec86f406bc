"""Settlement, transfers, freezes, tokens and bills over v2, on every kind of home."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse, private_key
from venule.gateway.buying import TakeUp, take_up
from venule.gateway.grants import LetAppAct, LetUserIn, let_app_act, let_user_in
from venule.gateway.pages import Bills
from venule.kit.time import china_date

PAY = "alipay.trade.pay"


def codes(content: dict[str, Any]) -> tuple[str, str]:
    return content["code"], content.get("sub_code", "")


def paid(house: GatewayHouse, shop: Merchant, number: str, amount: str, **more: Any) -> dict:
    content = shop.call(
        PAY,
        {
            "out_trade_no": number,
            "total_amount": amount,
            "subject": "shared",
            "scene": "bar_code",
            "auth_code": house.code(),
            **more,
        },
    )
    assert "10000" == content["code"], content
    return content


FOR_SETTLEMENT = {"extend_params": {"royalty_freeze": "true"}}
BIND = "alipay.trade.royalty.relation.bind"
SETTLE = "alipay.trade.order.settle"


def entity(house: GatewayHouse, who: Any) -> dict[str, str]:
    return {"type": "userId", "account": house.number(who), "memo": "m"}


def test_settlement(house: GatewayHouse, shop: Merchant) -> None:
    first, second = house.person(), house.merchant()
    trade = paid(house, shop, "S1", "100.00", **FOR_SETTLEMENT)
    part = {"trans_in_type": "userId", "trans_in": house.number(first), "amount": "30.00"}
    wanted = {
        "out_request_no": "ST1",
        "trade_no": trade["trade_no"],
        "royalty_parameters": [part],
    }
    assert "ACQ.RELATION_NOT_EXIST" == codes(shop.call(SETTLE, wanted))[1]
    receivers = {"out_request_no": "B1", "receiver_list": [entity(house, first)]}
    for _ in range(2):
        assert "SUCCESS" == shop.call(BIND, receivers)["result_code"]
    login = {"type": "loginName", "account": house.login(second), "name": "someone else"}
    by_login = {"out_request_no": "B2", "receiver_list": [login]}
    assert "ACQ.ROYALTY_RECEIVER_INVALID" == codes(shop.call(BIND, by_login))[1]
    login["name"] = house.name(second)
    assert "10000" == shop.call(BIND, by_login)["code"]
    listed = shop.call("alipay.trade.royalty.relation.batchquery", {"out_request_no": "Q"})
    assert (2, house.number(first)) == (
        listed["total_record_num"],
        listed["receiver_list"][0]["account"],
    )
    made = shop.call(SETTLE, wanted)
    assert ("10000", 3_000) == (made["code"], house.fen(first))
    assert made == shop.call(SETTLE, wanted)
    other = {**wanted, "royalty_parameters": [{**part, "amount": "31.00"}]}
    assert "ACQ.DISCORDANT_REPEAT_REQUEST" == codes(shop.call(SETTLE, other))[1]
    much = {**other, "out_request_no": "ST2", "royalty_parameters": [{**part, "amount": "99.00"}]}
    assert "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR" == codes(shop.call(SETTLE, much))[1]
    found = shop.call("alipay.trade.order.settle.query", {"settle_no": made["settle_no"]})
    assert ["30.00"] == [line["amount"] for line in found["royalty_detail_list"]]
    left = shop.call("alipay.trade.order.onsettle.query", {"trade_no": trade["trade_no"]})
    assert "69.40" == left["unsettled_amount"]
    options = {"out_trade_no": "S1", "query_options": ["trade_settle_info"]}
    info = shop.call("alipay.trade.query", options)["trade_settle_info"]
    assert "69.40" == info["trade_unsettled_amount"]
    before = house.fen(house.shop)
    done = {"out_request_no": "C1", "trade_no": trade["trade_no"], "settle_info": {}}
    assert "69.40" == shop.call("alipay.trade.settle.confirm", done)["settle_amount"]
    assert before + 6_940 == house.fen(house.shop)
    back = {
        "out_trade_no": "S1",
        "refund_amount": "50.00",
        "out_request_no": "R1",
        "refund_royalty_parameters": [{"trans_out": house.number(first), "amount": "20.00"}],
    }
    assert "50.00" == shop.call("alipay.trade.refund", back)["refund_fee"]
    assert 1_000 == house.fen(first)
    asked = {"out_trade_no": "S1", "out_request_no": "R1"}
    told = shop.call("alipay.trade.fastpay.refund.query", asked)
    assert [("20.00", house.number(first))] == [
        (each["refund_amount"], each["trans_out"]) for each in told["refund_royaltys"]
    ]
    shop.call("alipay.trade.royalty.relation.unbind", receivers)
    late = {**wanted, "out_request_no": "ST3"}
    assert "40004" == shop.call(SETTLE, late)["code"]
    plain = paid(house, shop, "S2", "1.00")
    wrong = {**wanted, "out_request_no": "ST4", "trade_no": plain["trade_no"]}
    assert "ACQ.TRADE_SETTLE_ERROR" == codes(shop.call(SETTLE, wrong))[1]


TRANSFER = "alipay.fund.trans.uni.transfer"


def transfer(identity: str, number: str = "T1", amount: Any = "1.00", **payee: str) -> dict:
    return {
        "out_biz_no": number,
        "trans_amount": amount,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": "bonus",
        "payee_info": {"identity": identity, "identity_type": "ALIPAY_USER_ID", **payee},
    }


def test_transfers(house: GatewayHouse, shop: Merchant) -> None:
    who = house.person()
    number, login = house.number(who), house.login(who)
    first = shop.call(TRANSFER, transfer(number))
    assert ("10000", "SUCCESS", 100) == (first["code"], first["status"], house.fen(who))
    assert first == shop.call(TRANSFER, transfer(number))
    assert 100 == house.fen(who)
    said = shop.call(TRANSFER, transfer(number, amount="2.00"))
    assert "INCONSISTENT_REPEAT_REQUEST" == codes(said)[1]
    for wanted, sub_code in (
        (transfer("2088000000000000", "T2"), "PAYEE_NOT_EXIST"),
        (transfer(house.number(house.shop), "T3"), "PAYER_PAYEE_CANNOT_SAME"),
        (transfer(number, "T4", "99999999"), "PAYER_BALANCE_NOT_ENOUGH"),
        (transfer(number, "T5", "0.001"), "INVALID_PARAMETER"),
        (transfer(login, "T6", identity_type="ALIPAY_LOGON_ID"), "INVALID_PARAMETER"),
        (
            transfer(login, "T7", identity_type="ALIPAY_LOGON_ID", name="other"),
            "PAYEE_USER_INFO_ERROR",
        ),
        ({**transfer(number, "T8"), "product_code": "TRANS_BANKCARD_NO_PWD"}, "INVALID_PARAMETER"),
    ):
        assert ("40004", sub_code) == codes(shop.call(TRANSFER, wanted))
    named = transfer(login, "T9", identity_type="ALIPAY_LOGON_ID", name=house.name(who))
    assert "10000" == shop.call(TRANSFER, named)["code"]
    for name in ({"out_biz_no": "T1"}, {"order_id": first["order_id"]}):
        asked = shop.call("alipay.fund.trans.common.query", name)
        assert ("SUCCESS", "1.00") == (asked["status"], asked["trans_amount"])
    asked = shop.call("alipay.fund.trans.common.query", {"out_biz_no": "T99"})
    assert "ORDER_NOT_EXIST" == codes(asked)[1]
    balance = shop.call("alipay.fund.account.query", {"alipay_user_id": house.number(house.shop)})
    assert house.fen(house.shop) == round(float(balance["available_amount"]) * 100)
    other = shop.call("alipay.fund.account.query", {"alipay_user_id": number})
    assert "INVALID_PARAMETER" == codes(other)[1]


FREEZE = "alipay.fund.auth.order.freeze"


def freeze(house: GatewayHouse, number: str = "FR1", amount: str = "100.00") -> dict[str, str]:
    return {
        "auth_code": house.code(),
        "auth_code_type": "bar_code",
        "out_order_no": "F1",
        "out_request_no": number,
        "order_title": "deposit",
        "amount": amount,
    }


def test_freezes(house: GatewayHouse, shop: Merchant) -> None:
    before = house.fen(house.buyer)
    wanted = freeze(house)
    made = shop.call(FREEZE, wanted)
    assert ("10000", before - 10_000) == (made["code"], house.fen(house.buyer))
    assert made == shop.call(FREEZE, wanted)
    other = shop.call(FREEZE, {**wanted, "amount": "101.00"})
    assert "INCONSISTENT_REPEAT_REQUEST" == codes(other)[1]
    part = {
        "out_trade_no": "P1",
        "total_amount": "40.00",
        "subject": "rent",
        "auth_no": made["auth_no"],
        "product_code": "PRE_AUTH",
    }
    bought = shop.call(PAY, part)
    assert ("10000", "40.00") == (bought["code"], bought["total_amount"])
    assert bought == shop.call(PAY, part)
    much = {**part, "out_trade_no": "P2", "total_amount": "60.01"}
    assert "ACQ.AUTH_NO_ERROR" == codes(shop.call(PAY, much))[1]
    free = {"auth_no": made["auth_no"], "out_request_no": "U1", "amount": "20.00", "remark": "r"}
    undone = shop.call("alipay.fund.auth.order.unfreeze", free)
    assert undone == shop.call("alipay.fund.auth.order.unfreeze", free)
    assert before - 8_000 == house.fen(house.buyer)
    more = {**free, "out_request_no": "U2", "amount": "40.01"}
    said = shop.call("alipay.fund.auth.order.unfreeze", more)
    assert "UNFREEZE_AMOUNT_EXCEED" == codes(said)[1]
    asked = shop.call(
        "alipay.fund.auth.operation.detail.query",
        {"auth_no": made["auth_no"], "operation_id": undone["operation_id"]},
    )
    assert ("UNFREEZE", "20.00", "40.00", "40.00") == tuple(
        asked[n] for n in ("operation_type", "amount", "rest_amount", "total_pay_amount")
    )
    last = {**part, "out_trade_no": "P3", "total_amount": "10.00", "auth_confirm_mode": "COMPLETE"}
    assert "10000" == shop.call(PAY, last)["code"]
    assert before - 5_000 == house.fen(house.buyer)
    ended = {**free, "out_request_no": "U9", "amount": "1.00"}
    said = shop.call("alipay.fund.auth.order.unfreeze", ended)
    assert "ORDER_ALREADY_CLOSED" == codes(said)[1]


def test_a_voucher_is_taken_up_or_shut(house: GatewayHouse, shop: Merchant) -> None:
    wanted = {k: v for k, v in freeze(house).items() if not k.startswith("auth")}
    made = shop.call("alipay.fund.auth.order.voucher.create", wanted)
    token = made["code_value"].rpartition("/")[2]
    assert made == shop.call("alipay.fund.auth.order.voucher.create", wanted)
    name = {"out_order_no": "F1", "out_request_no": "FR1"}
    asked = shop.call("alipay.fund.auth.operation.detail.query", name)
    assert "INIT" == asked["status"]
    house.run(take_up, TakeUp(token, house.buyer))
    asked = shop.call("alipay.fund.auth.operation.detail.query", name)
    assert ("SUCCESS", "100.00") == (asked["status"], asked["rest_amount"])
    undone = shop.call("alipay.fund.auth.operation.cancel", {**name, "remark": "r"})
    assert "unfreeze" == undone["action"]
    other = {**wanted, "out_request_no": "FR2"}
    shop.call("alipay.fund.auth.order.voucher.create", other)
    name = {"out_order_no": "F1", "out_request_no": "FR2", "remark": "r"}
    assert "close" == shop.call("alipay.fund.auth.operation.cancel", name)["action"]


# Tokens

USER_TOKEN = "alipay.system.oauth.token"


def test_a_person_lets_an_application_know_them(house: GatewayHouse, shop: Merchant) -> None:
    app_id = house.app.app_id
    house.run(let_user_in, LetUserIn(app_id, house.buyer, "auth_user", "code-1"))
    given = {"grant_type": "authorization_code", "code": "code-1"}
    token = shop.call(USER_TOKEN, None, **given)
    assert ("10000", house.number(house.buyer)) == (token["code"], token["user_id"])
    info = shop.call("alipay.user.info.share", None, auth_token=token["access_token"])
    assert (token["user_id"], house.name(house.buyer)) == (info["user_id"], info["nick_name"])
    again = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    newer = shop.call(USER_TOKEN, None, **again)
    assert "10000" == newer["code"]
    old = shop.call("alipay.user.info.share", None, auth_token=token["access_token"])
    assert ("20001", "aop.invalid-auth-token") == codes(old)
    assert "isv.refresh-token-invalid" == codes(shop.call(USER_TOKEN, None, **again))[1]
    # a code that comes twice is in wrong hands
    assert "isv.code-invalid" == codes(shop.call(USER_TOKEN, None, **given))[1]
    wrong = shop.call(USER_TOKEN, None, grant_type="password", code="x")
    assert ("40002", "isv.grant-type-invalid") == codes(wrong)
    house.run(let_user_in, LetUserIn(app_id, house.buyer, "auth_base", "code-2"))
    house.wait(minutes=11)
    late = shop.call(USER_TOKEN, None, grant_type="authorization_code", code="code-2")
    assert "isv.code-invalid" == codes(late)[1]


@pytest.fixture
def agent(house: GatewayHouse) -> Iterator[Merchant]:
    """An application of somebody else, who acts for the shop."""
    app = house.register(house.merchant(), private_key(1))
    other = Merchant(house, app.app_id, private_key(1))
    yield other
    other.close()


def test_an_application_acts_for_a_merchant(
    house: GatewayHouse, shop: Merchant, agent: Merchant
) -> None:
    house.run(let_app_act, LetAppAct(agent.app_id, house.app.app_id, house.shop, "code"))
    given = {"grant_type": "authorization_code", "code": "code"}
    token = agent.call("alipay.open.auth.token.app", given)
    assert (house.app.app_id, 31_536_000) == (token["auth_app_id"], token["expires_in"])
    assert token["app_auth_token"] == token["tokens"][0]["app_auth_token"]
    before = house.fen(house.shop)
    with_token = {"app_auth_token": token["app_auth_token"]}
    made = agent.call(
        PAY,
        {
            "out_trade_no": "G1",
            "total_amount": "10.00",
            "subject": "x",
            "scene": "bar_code",
            "auth_code": house.code(),
        },
        notify_url="http://agent.test/n",
        **with_token,
    )
    assert "10000" == made["code"]
    assert before + 1_000 - 6 == house.fen(house.shop)
    assert (
        "TRADE_SUCCESS" == shop.call("alipay.trade.query", {"out_trade_no": "G1"})["trade_status"]
    )
    own = agent.call("alipay.trade.query", {"out_trade_no": "G1"})
    assert "ACQ.TRADE_NOT_EXIST" == codes(own)[1]
    house.work()
    [(_, values)] = house.posted
    assert (agent.app_id, house.app.app_id) == (values["app_id"], values["auth_app_id"])
    asked = agent.call("alipay.open.auth.token.app.query", with_token)
    assert ("valid", house.app.app_id) == (asked["status"], asked["auth_app_id"])
    stolen = shop.call("alipay.trade.query", {"out_trade_no": "G1"}, **with_token)
    assert ("20001", "aop.invalid-app-auth-token") == codes(stolen)
    house.wait(days=366)
    late = agent.call("alipay.trade.query", {"out_trade_no": "G1"}, **with_token)
    assert "aop.app-auth-token-time-out" == codes(late)[1]


# Bills

BILL = "alipay.data.dataservice.bill.downloadurl.query"


def bill(house: GatewayHouse, shop: Merchant, kind: str, day: str) -> dict[str, list[list[str]]]:
    told = shop.call(BILL, {"bill_type": kind, "bill_date": day})
    assert "10000" == told["code"], told
    token = told["bill_download_url"].rpartition("/")[2]
    page = shop.runner.run(Bills(house.gateway).file(token))
    assert ("application/zip", 200) == (page.content_type, page.status)
    files = {}
    with zipfile.ZipFile(io.BytesIO(page.body), metadata_encoding="gbk") as zipped:
        for info in zipped.infolist():
            assert not info.flag_bits & 0x800
            text = zipped.read(info).decode("gbk")
            assert "\r\n" in text
            files[info.filename] = list(csv.reader(io.StringIO(text)))
    return files


def test_bills(house: GatewayHouse, shop: Merchant) -> None:
    day = china_date(house.clock.now())
    paid(house, shop, "B1", "100.00", store_id="ST", subject="=1+1, “茶”\n")
    paid(house, shop, "B2", "50.00")
    back = {"out_trade_no": "B1", "refund_amount": "30.00", "out_request_no": "R1"}
    shop.call("alipay.trade.refund", back)
    assert (
        "isp.bill_not_exist"
        == codes(shop.call(BILL, {"bill_type": "trade", "bill_date": f"{day}"}))[1]
    )
    house.clock.advance(timedelta(days=1))
    files = bill(house, shop, "trade", f"{day}")
    pid = f"{house.number(house.shop)}0156"
    stem = f"{pid}_{day:%Y%m%d}_业务明细"
    assert {f"{stem}.csv", f"{stem}(汇总).csv"} == set(files)
    detail = files[f"{stem}.csv"]
    assert ["#支付宝业务明细查询"] == detail[0]
    assert [f"#账号：[{pid}]"] == detail[1]
    assert 25 == len(detail[4])
    rows = [dict(zip(detail[4], (c.strip("\t") for c in row), strict=True)) for row in detail[5:8]]
    assert [("B1", "100.00"), ("B2", "50.00"), ("B1", "-30.00")] == [
        (row["商户订单号"], row["商家实收（元）"]) for row in rows
    ]
    assert ["交易", "交易", "退款"] == [row["业务类型"] for row in rows]
    assert "R1" == rows[2]["退款批次号/请求号"]
    assert "'=1+1， “茶”" == rows[0]["商品名称"]
    assert ["-0.60", "-0.30", "0.18"] == [row["服务费（元）"] for row in rows]
    assert "交易合计：2笔，商家实收共150.00元" in detail[9][0]
    account = bill(house, shop, "signcustomer", f"{day}")
    lines = account[f"{pid}_{day:%Y%m%d}_账务明细.csv"]
    head = lines[4]
    rows = [dict(zip(head, row, strict=True)) for row in lines[5:] if len(row) == len(head)]
    balance = None
    for row in rows:
        moved = float(row["收入金额（+元）"] or row["支出金额（-元）"])
        if balance is not None:
            assert round(balance + moved, 2) == float(row["账户余额（元）"])
        balance = float(row["账户余额（元）"])
    assert house.fen(house.shop) == round(balance * 100)
    assert "退款（交易退款）" in {row["业务类型"] for row in rows}
    gone = shop.runner.run(Bills(house.gateway).file("nonsense"))
    assert 404 == gone.status
    told = shop.call(BILL, {"bill_type": "trade", "bill_date": f"{day}"})
    house.clock.advance(timedelta(minutes=6))
    late = Bills(house.gateway).file(told["bill_download_url"].rpartition("/")[2])
    assert 404 == shop.runner.run(late).status
    for wrong in ("2014-13-01", "yesterday", "2014-1-1"):
        said = shop.call(BILL, {"bill_type": "trade", "bill_date": wrong})
        assert "40004" == said["code"]

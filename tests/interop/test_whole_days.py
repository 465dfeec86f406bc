"""A whole day of a shop, the same for every SDK: from an order to the bill of the day, in GBK."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from interop.conftest import Shop, node_shop, python_shop
from support.gateway_house import GatewayHouse
from venule.kit.time import CHINA, china_date

Call = Callable[..., dict[str, Any]]

HALF_AN_HOUR = timedelta(minutes=30)


def opening() -> datetime:
    """An instant from which the day's end is within what both clocks may differ by, 24 hours."""
    now = datetime.now(CHINA)
    if now.hour >= 12:
        return now.astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - HALF_AN_HOUR).astimezone(UTC)


def day_after(house: GatewayHouse) -> datetime:
    """The next day in China, a while after midnight."""
    tomorrow = house.clock.now().astimezone(CHINA) + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=30, second=0, microsecond=0).astimezone(UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GatewayHouse]:
    house = GatewayHouse(tmp_path / "home", opening())
    house.start()
    yield house
    house.close()


def v2(shop: Shop) -> Call:
    return shop.call


GETS = ("alipay.fund.trans.common.query", "alipay.data.dataservice.bill.downloadurl.query")


def v3(shop: Shop) -> Call:
    """Calls a method of v2 by its path: some are looked at, most are posted."""

    def call(method: str, fields: dict[str, Any], notify_url: str = "") -> dict[str, Any]:
        path = f"/v3/{method.replace('.', '/')}"
        if method in GETS:
            answer = shop.do("curl", http="GET", path=path, query=fields)
        else:
            body = {**fields, "notify_url": notify_url} if notify_url else fields
            answer = shop.do("curl", http="POST", path=path, body=body)
        assert 200 == answer["status"], answer
        return {"code": "10000", **answer["content"]}

    return call


@contextmanager
def node(house: GatewayHouse) -> Iterator[Shop]:
    """A shop whose machine shows the world's time: v3 takes no other."""
    with node_shop(house) as shop:
        set_clock(house, shop)
        yield shop


def set_clock(house: GatewayHouse, shop: Shop) -> None:
    shop.do("clock", now_ms=int(house.clock.now().timestamp() * 1_000))


SHOPS = {
    "official": (lambda house: python_shop(house, "official"), v2),
    "community": (lambda house: python_shop(house, "community"), v2),
    "npm-v2": (node, v2),
    "npm-v3": (node, v3),
}


def test_bills_are_of_days_that_are_over(house: GatewayHouse) -> None:
    now, then = house.clock.now(), day_after(house)
    assert china_date(now) < china_date(then)
    for instant in (now, then):
        assert abs(instant - datetime.now(UTC)) < timedelta(hours=24)


@pytest.mark.parametrize("name", SHOPS)
def test_a_day_of_a_shop(house: GatewayHouse, name: str) -> None:
    opened, how = SHOPS[name]
    with opened(house) as shop:
        call = how(shop)
        receiver = house.person()
        start_fen = house.fen(house.shop)
        sell(house, call)
        refund_a_part(house, call)
        share(house, call, receiver)
        send(house, call, receiver)
        verify_all(house, shop)
        day = china_date(house.clock.now())
        house.wait(seconds=int((day_after(house) - house.clock.now()).total_seconds()))
        if opened is node:
            set_clock(house, shop)
        read_bills(house, call, f"{day}")
        # 88.88 less 8.88 back, less the fee of 0.53, of which 0.05 comes back, less what was given.
        assert start_fen + 8_888 - 888 - 53 + 5 - 3_000 - 312 == house.fen(house.shop)


def sell(house: GatewayHouse, call: Call) -> None:
    made = call(
        "alipay.trade.create",
        {
            "out_trade_no": "D1",
            "total_amount": "88.88",
            "subject": "茶, {x}",
            "buyer_id": house.number(house.buyer),
            "extend_params": {"royalty_freeze": "true"},
        },
        notify_url="http://shop.test/notify",
    )
    assert ("10000", "D1") == (made["code"], made["out_trade_no"])
    assert "WAIT_BUYER_PAY" == call("alipay.trade.query", {"out_trade_no": "D1"})["trade_status"]
    house.pay("D1")
    asked = call("alipay.trade.query", {"trade_no": made["trade_no"]})
    assert ("TRADE_SUCCESS", "88.88") == (asked["trade_status"], asked["total_amount"])


def refund_a_part(house: GatewayHouse, call: Call) -> None:
    back = {"out_trade_no": "D1", "refund_amount": "8.88", "out_request_no": "DR1"}
    made = call("alipay.trade.refund", back)
    assert ("Y", "8.88") == (made["fund_change"], made["refund_fee"])
    assert "N" == call("alipay.trade.refund", back)["fund_change"]
    known = call(
        "alipay.trade.fastpay.refund.query", {"out_trade_no": "D1", "out_request_no": "DR1"}
    )
    assert ("REFUND_SUCCESS", "8.88") == (known["refund_status"], known["refund_amount"])


def share(house: GatewayHouse, call: Call, receiver: Any) -> None:
    """Share 30.00 out to a partner of the shop, and keep the rest."""
    number = house.number(receiver)
    call(
        "alipay.trade.royalty.relation.bind",
        {"out_request_no": "DB1", "receiver_list": [{"type": "userId", "account": number}]},
    )
    trade_no = call("alipay.trade.query", {"out_trade_no": "D1"})["trade_no"]
    settled = call(
        "alipay.trade.order.settle",
        {
            "out_request_no": "DS1",
            "trade_no": trade_no,
            "royalty_parameters": [
                {"trans_in_type": "userId", "trans_in": number, "amount": "30.00"}
            ],
            "extend_params": {"royalty_finish": "true"},
        },
    )
    assert trade_no == settled["trade_no"]
    assert 3_000 == house.fen(receiver)


def send(house: GatewayHouse, call: Call, receiver: Any) -> None:
    sent = call(
        "alipay.fund.trans.uni.transfer",
        {
            "out_biz_no": "DT1",
            "trans_amount": "3.12",
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "bonus",
            "payee_info": {"identity": house.number(receiver), "identity_type": "ALIPAY_USER_ID"},
        },
    )
    assert "SUCCESS" == sent["status"]
    known = call("alipay.fund.trans.common.query", {"out_biz_no": "DT1"})
    assert ("SUCCESS", "3.12") == (known["status"], known["trans_amount"])
    assert 3_312 == house.fen(receiver)


def verify_all(house: GatewayHouse, shop: Shop) -> None:
    house.work()
    told = [(values["trade_status"], values.get("refund_fee")) for _, values in house.posted]
    assert [("TRADE_SUCCESS", None), ("TRADE_SUCCESS", "8.88")] == told[:2]
    for _, values in house.posted:
        assert {"verified": True} == shop.do("verify", values=values)
        spoilt = shop.do("verify", values={**values, "total_amount": "0.01"})
        assert spoilt == {"verified": False} or "Verification" in spoilt["error"]


BILL = "alipay.data.dataservice.bill.downloadurl.query"


def read_bills(house: GatewayHouse, call: Call, day: str) -> None:
    told = call(BILL, {"bill_type": "trade", "bill_date": day})
    detail, summary = unpack(house, told["bill_download_url"])
    columns = next(i for i, row in enumerate(detail) if "商户订单号" in row)
    rows = [
        dict(zip(detail[columns], (cell.strip("\t") for cell in row), strict=True))
        for row in detail[columns + 1 :]
        if len(row) == len(detail[columns])
    ]
    assert [("D1", "茶， {x}", "88.88", ""), ("D1", "茶， {x}", "-8.88", "DR1")] == [
        (
            row["商户订单号"],
            row["商品名称"],
            row["商家实收（元）"],
            row["退款批次号/请求号"],
        )
        for row in rows
    ]
    [total] = [row for row in summary if row[0].strip("\t") == "合计"]
    # what the shop keeps: 88.88 - 8.88 - (0.53 - 0.05) - 30.00
    assert ["80.00", "-0.48", "-30.00", "49.52"] == [total[4], *total[9:12]]

    told = call(BILL, {"bill_type": "signcustomer", "bill_date": day})
    detail, _ = unpack(house, told["bill_download_url"])
    columns = next(i for i, row in enumerate(detail) if "账户余额（元）" in row)
    lines = [
        dict(zip(detail[columns], row, strict=True))
        for row in detail[columns + 1 :]
        if len(row) == len(detail[columns])
    ]
    sent = [row for row in lines if row["商户订单号"].strip("\t") == "DT1"]
    assert ["-3.12"] == [row["支出金额（-元）"] for row in sent]
    assert house.fen(house.shop) == round(float(lines[-1]["账户余额（元）"]) * 100)


def unpack(house: GatewayHouse, address: str) -> tuple[list[list[str]], list[list[str]]]:
    """Fetch a bill as any program fetches it; return the rows of its two files."""
    target = address.replace("http://gateway.test", f"http://127.0.0.1:{house.port}")
    page = httpx.get(target)
    assert (200, "application/zip") == (page.status_code, page.headers["content-type"])
    with zipfile.ZipFile(io.BytesIO(page.content), metadata_encoding="gbk") as zipped:
        files = {info.filename: zipped.read(info).decode("gbk") for info in zipped.infolist()}
    assert 2 == len(files)
    read = {"汇总" in name: list(csv.reader(io.StringIO(text))) for name, text in files.items()}
    return read[False], read[True]

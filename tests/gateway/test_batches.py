"""Batches of the classic interface: what is read of them, and that each line takes effect once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse
from venule.escrow import RefundExceedsTrade
from venule.gateway.classic import ClassicAsked
from venule.gateway.classic_batches import (
    LINES_MAX,
    REFUNDS,
    TRANSFERS,
    Batch,
    DoLine,
    LineDone,
    TellBatch,
    do_line,
    read_batch,
    tell_batch,
)
from venule.gateway.classic_gateway import classic_error
from venule.gateway.errors import WireFieldWrong, WireRequestReused
from venule.gateway.model import Acting
from venule.kit.errors import AppError
from venule.members import MemberId

NOBODY = Acting("2021000000000001", "2021000000000001", MemberId(UUID(int=1)))

ONE = {"batch_num": "1", "detail_data": "N^a^n^1.00^"}


def asked(service: str, by: Acting = NOBODY, **values: str) -> ClassicAsked:
    return ClassicAsked(by, service, {"batch_no": "B1", **values})


def test_lines_are_read() -> None:
    batch = read_batch(asked(REFUNDS, batch_num="2", detail_data="1^0.50^a b#2^3.00^"))
    assert [("B1-1", "1", 50, "a b"), ("B1-2", "2", 300, "")] == [
        (line.number, line.target, line.amount_minor, line.note) for line in batch.lines
    ]
    text = "N1^a@b^name^0.10^x|N2^2088000000000001^name^0.20^|"
    values = {"batch_num": "2", "detail_data": text, "batch_fee": "0.30000000000000004"}
    sent = read_batch(asked(TRANSFERS, **values))
    assert [("N1", "a@b", 10, "name"), ("N2", "2088000000000001", 20, "name")] == [
        (line.number, line.target, line.amount_minor, line.name) for line in sent.lines
    ]
    assert 30 == sent.total_minor


@pytest.mark.parametrize(
    "service, values, field",
    [
        (REFUNDS, {"batch_num": "2", "detail_data": "1^0.50^a"}, "batch_num"),
        (REFUNDS, {"batch_num": "1", "detail_data": "1^0.50"}, "detail_data"),
        (REFUNDS, {"batch_num": "1", "detail_data": "1^0^a"}, "detail_data"),
        (REFUNDS, {"batch_num": "1", "detail_data": "1^-1.00^a"}, "detail_data"),
        (REFUNDS, {"batch_num": "1", "detail_data": "1^1.00^a|b^1.00"}, "detail_data"),
        (REFUNDS, {"batch_num": "1", "detail_data": "1^1.00^a$b"}, "detail_data"),
        (REFUNDS, {"batch_no": "", "batch_num": "1", "detail_data": "1^1.00^a"}, "batch_no"),
        (REFUNDS, {"batch_num": "101", "detail_data": "#".join(["1^1.00^a"] * 101)}, "batch_num"),
        (
            TRANSFERS,
            {**ONE, "batch_fee": "2"},
            "batch_fee",
        ),
        (
            TRANSFERS,
            {**ONE, "batch_fee": "1.005"},
            "batch_fee",
        ),
        (
            TRANSFERS,
            {**ONE, "batch_fee": "NaN"},
            "batch_fee",
        ),
        (
            TRANSFERS,
            {"batch_num": "2", "detail_data": "N^a^n^1.00^|N^b^n^1.00^", "batch_fee": "2"},
            "detail_data",
        ),
    ],
)
def test_what_is_not_a_batch_is_refused(service: str, values: dict[str, str], field: str) -> None:
    with pytest.raises(WireFieldWrong) as raised:
        read_batch(asked(service, **values))
    assert field == raised.value.field
    assert LINES_MAX == 100


@given(
    st.sampled_from([REFUNDS, TRANSFERS]),
    st.text("1^.#|0a$ \n茶", max_size=40),
    st.text("0123.e+-", max_size=8),
    st.text("0123", max_size=2),
)
def test_any_text_is_a_batch_or_refused(service: str, text: str, fee: str, count: str) -> None:
    values = {"detail_data": text, "batch_fee": fee, "batch_num": count}
    try:
        batch = read_batch(asked(service, **values))
    except WireFieldWrong:
        return
    assert 0 < len(batch.lines) == int(count)
    assert all(line.amount_minor > 0 for line in batch.lines)


def own(house: GatewayHouse) -> Acting:
    app_id = house.app.app_id
    return Acting(app_id, app_id, house.shop)


def pay(house: GatewayHouse, shop: Merchant, number: str, amount: str) -> str:
    fields = {"out_trade_no": number, "total_amount": amount, "subject": "tea"}
    code = {"scene": "bar_code", "auth_code": house.code()}
    return str(shop.call("alipay.trade.pay", {**fields, **code})["trade_no"])


def test_a_line_takes_effect_once(house: GatewayHouse, shop: Merchant) -> None:
    number = pay(house, shop, "A1", "10.00")
    before = house.fen(house.buyer)
    text = f"{number}^4.00^first#{number}^5.00^second#{number}^2.00^too much"
    batch = read_batch(asked(REFUNDS, own(house), batch_num="3", detail_data=text))
    for _ in range(2):
        for line in batch.lines[:2]:
            assert house.run(do_line, DoLine(batch.by, REFUNDS, line)).at
        with pytest.raises(RefundExceedsTrade):
            house.run(do_line, DoLine(batch.by, REFUNDS, batch.lines[2]))
        assert before + 900 == house.fen(house.buyer)

    receiver = house.person()
    line = f"N1^{house.number(receiver)}^{house.name(receiver)}^1.00^x"
    values = {"batch_num": "1", "batch_fee": "1.00"}
    sent = read_batch(asked(TRANSFERS, own(house), detail_data=line, **values))
    for _ in range(2):
        done = house.run(do_line, DoLine(sent.by, TRANSFERS, sent.lines[0]))
        assert done.serial
        assert 100 == house.fen(receiver)
    values["batch_fee"] = "2.00"
    other = read_batch(
        asked(TRANSFERS, own(house), detail_data=line.replace("1.00", "2.00"), **values)
    )
    with pytest.raises(WireRequestReused):
        house.run(do_line, DoLine(other.by, TRANSFERS, other.lines[0]))
    assert 100 == house.fen(receiver)


def test_another_merchants_trade_is_not_refunded(house: GatewayHouse, shop: Merchant) -> None:
    number = pay(house, shop, "A1", "10.00")
    stranger = house.register(house.merchant(100_000), house.key)
    by = Acting(stranger.app_id, stranger.app_id, stranger.seller_id)
    batch = read_batch(asked(REFUNDS, by, batch_num="1", detail_data=f"{number}^1.00^x"))
    before = house.fen(house.buyer)
    with pytest.raises(AppError) as raised:
        house.run(do_line, DoLine(by, REFUNDS, batch.lines[0]))
    assert "trade-unknown" == raised.value.slug
    assert before == house.fen(house.buyer)


def test_an_end_is_told_once(house: GatewayHouse, shop: Merchant) -> None:
    number = pay(house, shop, "A1", "10.00")
    batch = read_batch(
        asked(
            REFUNDS,
            own(house),
            batch_num="1",
            detail_data=f"{number}^1.00^x",
            notify_url="http://shop.test/batch",
        )
    )
    told = _tell(house, batch, LineDone(batch.lines[0], "TRADE_STATUS_NOT_AVAILD"))
    assert told
    assert not _tell(house, batch, LineDone(batch.lines[0], "TRADE_STATUS_NOT_AVAILD"))
    assert _tell(house, batch, LineDone(batch.lines[0], at="2026-01-01 00:00:00"))
    house.work()
    assert [f"{number}^1.00^TRADE_STATUS_NOT_AVAILD", f"{number}^1.00^SUCCESS"] == [
        values["result_details"] for url, values in house.posted if url.endswith("/batch")
    ]


def _tell(house: GatewayHouse, batch: Batch, done: LineDone) -> Any:
    return house.run(tell_batch, TellBatch(batch, house.number(house.shop), [done]))


def test_what_a_line_meets_has_its_word(house: GatewayHouse, shop: Merchant) -> None:
    """Each line that cannot be carried out says why; none of these is a fault of ours."""
    trade = pay(house, shop, "A1", "10.00")
    receiver, own_number = house.person(), house.number(house.shop)
    to, name = house.number(receiver), house.name(receiver)
    refunds = {f"{trade}^10.01^x": "REFUND_TRADE_FEE_ERROR", "0^1.00^x": "TRADE_NOT_EXIST"}
    transfers = {
        f"N1^{to}^{name}^99999.00^x": "ACCOUNT_BALANCE_NOT_ENOUGH",
        f"N2^{to}^somebody^1.00^x": "ACCOUNT_NAME_NOT_MATCH",
        f"N3^2088000000000000^{name}^1.00^x": "ILLEGAL_ARGUMENT",
        f"N4^{own_number}^{house.name(house.shop)}^1.00^x": "ILLEGAL_ARGUMENT",
    }
    for service, lines in ((REFUNDS, refunds), (TRANSFERS, transfers)):
        for text, word in lines.items():
            fee = text.split("^")[1 if service == REFUNDS else 3]
            values = {"batch_num": "1", "batch_fee": fee, "detail_data": text}
            [line] = read_batch(asked(service, own(house), **values)).lines
            with pytest.raises(AppError) as raised:
                house.run(do_line, DoLine(own(house), service, line))
            assert word == classic_error(raised.value), text

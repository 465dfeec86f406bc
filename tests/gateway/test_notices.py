"""What merchants are told: of every event once, in eight attempts, signed, as it was then."""

from __future__ import annotations

from concurrent.futures import wait
from datetime import timedelta
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from msgspec.structs import replace

from support.gateway_client import Merchant, text_of
from support.gateway_house import GatewayHouse, private_key
from venule import escrow
from venule.escrow import Confirm, PayTrade, Ship
from venule.gateway import notice_store
from venule.gateway.dispatcher import NoticeDispatcher
from venule.gateway.following import CURSOR, Follow, follow
from venule.gateway.model import Notice, NoticeId, NoticeState
from venule.gateway.notifying import (
    MERCHANTS_AT_ONCE,
    OF_A_MERCHANT_MAX,
    SCHEDULE,
    SendAgain,
    TakeDue,
    failed_notices,
    is_due,
    send_again,
    take_due,
)
from venule.kit.door import NearWriter
from venule.ledger import Tx

URL = "http://shop.test/notify"
PAY = "alipay.trade.pay"


def pay(house: GatewayHouse, shop: Merchant, number: str = "A1", **more: object) -> dict:
    fields = {
        "out_trade_no": number,
        "total_amount": "10.00",
        "subject": "茶 & {x}",
        "scene": "bar_code",
        "auth_code": house.code(),
        **more,
    }
    paid = shop.call(PAY, fields, notify_url=URL)
    assert "10000" == paid["code"], paid
    return paid


def states(house: GatewayHouse) -> list[str]:
    return [values["trade_status"] for _, values in house.posted]


def test_a_payment_and_refunds_are_told(house: GatewayHouse, shop: Merchant) -> None:
    paid = pay(house, shop, passback_params="a%3D1", body="b")
    for number, amount in (("R1", "3.00"), ("R2", "7.00")):
        back = {"out_trade_no": "A1", "refund_amount": amount, "out_request_no": number}
        shop.call("alipay.trade.refund", back)
    house.work()
    assert ["TRADE_SUCCESS", "TRADE_SUCCESS", "TRADE_CLOSED"] == states(house)
    for url, values in house.posted:
        assert URL == url
        text = text_of({k: v for k, v in values.items() if k != "sign_type"})
        assert shop.is_signed(text.encode(), values["sign"])
        assert all(values.values())
    first, second, third = (values for _, values in house.posted)
    expected = {
        "app_id": house.app.app_id,
        "auth_app_id": house.app.app_id,
        "trade_no": paid["trade_no"],
        "out_trade_no": "A1",
        "total_amount": "10.00",
        "receipt_amount": "10.00",
        "buyer_id": house.number(house.buyer),
        "seller_id": house.number(house.shop),
        "passback_params": "a%3D1",
        "body": "b",
        "subject": "茶 & {x}",
        "notify_type": "trade_status_sync",
        "fund_bill_list": '[{"amount":"10.00","fundChannel":"ALIPAYACCOUNT"}]',
    }
    assert expected == {name: first[name] for name in expected}
    assert "refund_fee" not in first
    assert ("3.00", "R1") == (second["refund_fee"], second["out_biz_no"])
    assert ("10.00", "R2") == (third["refund_fee"], third["out_biz_no"])
    assert 3 == len({values["notify_id"] for _, values in house.posted})


def test_a_merchant_is_told_eight_times_in_a_day(house: GatewayHouse, shop: Merchant) -> None:
    house.says = b"fail"
    pay(house, shop)
    house.work()
    began = house.clock.now()
    times = [timedelta()]
    for span in SCHEDULE:
        count = len(house.posted)
        house.clock.advance(span - timedelta(seconds=1))
        house.work()
        assert count == len(house.posted)
        house.clock.advance(timedelta(seconds=1))
        house.work()
        assert count + 1 == len(house.posted)
        times.append(house.clock.now() - began)
    minutes = [int(each / timedelta(minutes=1)) for each in times]
    assert [0, 4, 14, 24, 84, 204, 564, 1_464] == minutes
    house.wait(days=3)
    assert 8 == len(house.posted)
    assert 1 == len({values["notify_id"] for _, values in house.posted})
    assert 1 == len({values["gmt_payment"] for _, values in house.posted})
    [failed] = house.read(failed_notices, house.app.app_id)
    assert (NoticeState.FAILED, 8, "status 200: fail") == (
        failed.state,
        failed.attempts,
        failed.seen,
    )
    house.says = b" success\n"
    house.run(send_again, SendAgain(failed.id, house.app.app_id))
    house.work()
    assert 9 == len(house.posted)
    assert [] == house.read(failed_notices, house.app.app_id)


@pytest.mark.parametrize("says", [b"", b"SUCCESS", b"success!", b"<html>success</html>", b"\xff"])
def test_only_success_is_success(house: GatewayHouse, shop: Merchant, says: bytes) -> None:
    house.says = says
    pay(house, shop)
    house.work()
    house.wait(minutes=4)
    assert 2 == len(house.posted)
    house.says = b"success"
    house.wait(minutes=10)
    house.wait(days=2)
    assert 3 == len(house.posted)


def test_what_happens_elsewhere_is_told_as_well(house: GatewayHouse, shop: Merchant) -> None:
    """A buyer pays and confirms in the wallet, a deadline passes: no method of ours was called."""
    made = shop.call(
        "alipay.trade.create",
        {
            "out_trade_no": "A1",
            "total_amount": "5.00",
            "subject": "x",
            "buyer_id": house.number(house.buyer),
            "product_code": "ESCROW_TRADE",
        },
        notify_url=URL,
    )
    assert "10000" == made["code"]
    trade = house.read(escrow.trade_by_number, house.app.app_id, "A1")
    house.run(escrow.pay_trade, PayTrade(trade.id, house.buyer))
    house.run(escrow.ship, Ship(trade.id, house.shop, "SF", "1"))
    house.run(escrow.confirm, Confirm(trade.id, house.buyer))
    house.work()
    assert ["WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED"] == states(house)
    shop.call(
        "alipay.trade.create",
        {
            "out_trade_no": "A2",
            "total_amount": "5.00",
            "subject": "x",
            "buyer_id": house.number(house.buyer),
            "timeout_express": "5m",
        },
        notify_url=URL,
    )
    house.posted.clear()
    house.wait(minutes=6)
    house.work()
    assert ["TRADE_CLOSED"] == states(house)


def test_the_end_of_the_time_for_refunds_is_told(house: GatewayHouse, shop: Merchant) -> None:
    pay(house, shop)
    house.work()
    house.posted.clear()
    house.wait(days=366)
    house.work()
    assert ["TRADE_FINISHED"] == states(house)


def test_who_cancels_or_has_no_address_is_not_told(house: GatewayHouse, shop: Merchant) -> None:
    pay(house, shop)
    house.work()
    house.posted.clear()
    shop.call("alipay.trade.cancel", {"out_trade_no": "A1"})
    shop.call(
        PAY,
        {
            "out_trade_no": "A2",
            "total_amount": "1.00",
            "subject": "x",
            "scene": "bar_code",
            "auth_code": house.code(),
        },
    )
    house.work()
    assert [] == house.posted


def test_events_are_followed_once_and_none_is_missed(house: GatewayHouse, shop: Merchant) -> None:
    for number in range(5):
        pay(house, shop, f"A{number}")
    steps = []
    while True:
        done = house.run(follow, Follow(2))
        steps.append(done.notices)
        if not done.more:
            break
    assert 5 == sum(steps)
    assert 0 == house.run(follow, Follow()).notices
    last = house.read(lambda tx: notice_store.last_event(tx.sql))
    assert last == house.read(lambda tx: notice_store.load_cursor(tx.sql, CURSOR))
    house.work()
    assert {f"A{n}" for n in range(5)} == {values["out_trade_no"] for _, values in house.posted}
    assert 5 == len(house.posted)


def test_an_attempt_that_ends_in_a_crash_is_made_again(house: GatewayHouse, shop: Merchant) -> None:
    """The merchant has got it, and we have died before we wrote so: it comes again, with its id."""
    pay(house, shop)
    house.run(follow, Follow())
    assert 1 == house.dispatcher.step()
    wait(house.dispatcher._flights._flying)
    crashed, house.dispatcher = house.dispatcher, house.make_dispatcher()
    house.work()
    first, second = (values for _, values in house.posted)
    assert first["notify_id"] == second["notify_id"]
    crashed.close()  # what the first one knew comes late, and changes nothing
    [notice] = house.read(all_notices)
    assert (NoticeState.DELIVERED, 1) == (notice.state, notice.attempts)
    house.wait(days=2)
    assert 2 == len(house.posted)


def all_notices(tx: Tx) -> list[Notice]:
    refs = tx.sql.rows("SELECT DISTINCT ref FROM gateway_notice")
    return [each for (ref,) in refs for each in notice_store.load_of(tx.sql, UUID(bytes=ref))]


class Receiver:
    """The merchants' end: those of one application are answered when the test lets them."""

    def __init__(self, slow: str) -> None:
        self.slow = slow
        self.let = Event()
        self.lock = Lock()
        self.at_work = 0
        self.most = 0
        self.told: list[tuple[str, str, str]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        said = dict(parse_qsl(body.decode()))
        if said["app_id"] == self.slow:
            with self.lock:
                self.at_work += 1
                self.most = max(self.most, self.at_work)
            assert self.let.wait(30)
            with self.lock:
                self.at_work -= 1
        with self.lock:
            self.told.append((said["app_id"], said["out_trade_no"], said.get("refund_fee", "")))
        return 200, b"success"


def test_a_slow_merchant_holds_up_nobody_but_itself(house: GatewayHouse, shop: Merchant) -> None:
    quick = Merchant(house, house.register(house.merchant(), private_key(1)).app_id, private_key(1))
    receiver = Receiver(slow=shop.app_id)
    dispatcher = NoticeDispatcher(
        NearWriter(house.home, house.desk), house.clock, house.gateway, receiver
    )
    count = 2 * OF_A_MERCHANT_MAX
    for number in range(count):
        pay(house, shop, f"S{number}")
    house.run(follow, Follow())
    assert OF_A_MERCHANT_MAX == dispatcher.step()
    for number in range(count):
        pay(house, quick, f"Q{number}")
    house.run(follow, Follow())
    stop = Event()
    thread = Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    quick_ones = [(quick.app_id, f"Q{number}", "") for number in range(count)]
    while len(receiver.told) < count:
        stop.wait(0.01)
    assert quick_ones == sorted(receiver.told, key=lambda each: int(each[1][1:]))
    assert OF_A_MERCHANT_MAX == receiver.most
    receiver.let.set()
    while len(receiver.told) < 2 * count:
        stop.wait(0.01)
    stop.set()
    thread.join()
    dispatcher.close()
    quick.close()
    assert OF_A_MERCHANT_MAX == receiver.most
    assert 2 * count == len(set(receiver.told))
    assert not house.read(is_due)


def test_what_is_said_of_a_trade_comes_in_its_order(house: GatewayHouse, shop: Merchant) -> None:
    for number in range(3):
        pay(house, shop, f"A{number}")
        for part in range(3):
            back = {"out_trade_no": f"A{number}", "refund_amount": "1.00"}
            shop.call("alipay.trade.refund", {**back, "out_request_no": f"R{part}"})
    house.run(follow, Follow())
    receiver = Receiver(slow="")
    dispatcher = NoticeDispatcher(
        NearWriter(house.home, house.desk), house.clock, house.gateway, receiver
    )
    assert 3 == dispatcher.step(), "one of each trade"
    dispatcher.drain()
    dispatcher.close()
    for number in range(3):
        told = [fee for _, name, fee in receiver.told if name == f"A{number}"]
        assert ["", "1.00", "2.00", "3.00"] == told


def test_who_waits_for_later_keeps_nobody_back(house: GatewayHouse, shop: Merchant) -> None:
    """Retries of many are not due for hours: what is due to others is found behind them."""
    pay(house, shop)
    house.run(follow, Follow())
    [own] = house.read(all_notices)

    def wait_for_later(tx: Tx, count: int) -> None:
        later = tx.now + timedelta(hours=1)
        for number in range(count):
            id_ = NoticeId(tx.new_id())
            app_id = f"10{number:014}"  # in front of every application there is
            other = replace(own, id=id_, app_id=app_id, ref=id_, next_at=later)
            notice_store.insert_notice(tx.sql, other)

    house.run(wait_for_later, 2 * MERCHANTS_AT_ONCE)
    [taken] = house.read(take_due, TakeDue(10))
    assert own.id == taken.notice.id


def test_every_merchant_has_its_turn(house: GatewayHouse, shop: Merchant) -> None:
    """More merchants than are looked at in one command: none is left out."""
    shops = [house.register(house.shop, private_key()).app_id for _ in range(5)]
    merchants = [Merchant(house, app_id) for app_id in shops]
    for merchant in merchants:
        pay(house, merchant)
        merchant.close()
    house.run(follow, Follow())
    told: list[str] = []
    after = ""
    for _ in shops:
        [taken] = house.read(take_due, TakeDue(1, after=after))
        after = taken.notice.app_id
        told.append(after)
    assert sorted(shops) == sorted(told)


def test_freezes_are_told(house: GatewayHouse, shop: Merchant) -> None:
    made = shop.call(
        "alipay.fund.auth.order.freeze",
        {
            "auth_code": house.code(),
            "auth_code_type": "bar_code",
            "out_order_no": "F1",
            "out_request_no": "FR1",
            "order_title": "deposit",
            "amount": "100.00",
        },
        notify_url=URL,
    )
    assert "10000" == made["code"], made
    part = {"auth_no": made["auth_no"], "out_request_no": "U1", "amount": "30.00", "remark": "ok"}
    assert "10000" == shop.call("alipay.fund.auth.order.unfreeze", part)["code"]
    house.work()
    first, second = (values for _, values in house.posted)
    assert ("fund_auth_freeze", "FREEZE", "100.00", "100.00") == tuple(
        first[name] for name in ("notify_type", "operation_type", "amount", "rest_amount")
    )
    assert ("fund_auth_unfreeze", "UNFREEZE", "30.00", "70.00") == tuple(
        second[name] for name in ("notify_type", "operation_type", "amount", "rest_amount")
    )
    assert made["operation_id"] == first["operation_id"]

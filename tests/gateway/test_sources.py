"""A buyer pays from a fund's shares at the cashier: cash first, and only if they say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from gateway.test_pages import address, page_pay
from support.escrow_town import CODE, UNIT
from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse
from venule import fund
from venule.kit.calendar import china
from venule.kit.time import china_date
from venule.members import MemberKind, NewMember, Tier, onboard


@pytest.fixture
def live(tmp_path: Path) -> Iterator[GatewayHouse]:
    house = GatewayHouse(tmp_path / "home")
    house.start()
    yield house
    house.close()


@pytest.fixture
def shop(live: GatewayHouse) -> Iterator[Merchant]:
    merchant = Merchant(live)
    yield merchant
    merchant.close()


@pytest.fixture
def saver(live: GatewayHouse) -> str:
    """A buyer with 50.00 in cash and 100.00 in a fund."""
    on = china_date(live.clock.now())
    days = china(date(on.year - 1, 7, 1), date(on.year, 12, 31))[1]
    live.run(fund.load_calendar, fund.calendar_command(days))
    live.run(fund.open_fund, fund.OpenFund(CODE, "零钱基金", UNIT, on, "fund", fund.Terms()))
    bank = live.run(onboard, NewMember("bank", MemberKind.INSTITUTION, Tier.NONE)).id
    live.run(
        fund.open_advance_line, fund.OpenAdvanceLine(CODE, bank, "Bank", True, 100_000_000, on)
    )
    who = live.person(5_000)
    live.run(fund.open_holding, fund.OpenHolding(CODE, who))
    live.run(fund.import_opening_balances, fund.ImportBalances(CODE, [who], [10_000]))
    return live.login(who)


def pay(live: GatewayHouse, url: str, login: str, source: str | None) -> httpx.Response:
    with httpx.Client() as browser:
        there = address(live, browser.get(url).headers["location"])
        shown = browser.get(there).text
        assert "余额优先，不足部分用 零钱基金" in shown
        form = {"login": login, "password": "111111"}
        return browser.post(there, data=form if source is None else {**form, "source": source})


def test_what_cash_lacks_comes_from_the_fund(
    live: GatewayHouse, shop: Merchant, saver: str
) -> None:
    url = page_pay(live, shop, notify_url="http://shop.test/notify")
    for source in (None, "", "nonsense"):
        refused = pay(live, url, saver, source)
        assert "ACQ.BUYER_BALANCE_NOT_ENOUGH" in refused.text
    assert 303 == pay(live, url, saver, CODE).status_code
    asked = shop.call(
        "alipay.trade.query", {"out_trade_no": "P1", "query_options": ["fund_bill_list"]}
    )
    assert [("ALIPAYACCOUNT", "50.00"), ("MONEYFUND", "38.88")] == [
        (each["fund_channel"], each["amount"]) for each in asked["fund_bill_list"]
    ]
    live.work()
    bills = live.posted[-1][1]["fund_bill_list"]
    assert bills == (
        '[{"amount":"50.00","fundChannel":"ALIPAYACCOUNT"},'
        '{"amount":"38.88","fundChannel":"MONEYFUND"}]'
    )
    back = {"out_trade_no": "P1", "refund_amount": "88.88", "out_request_no": "R1"}
    assert "10000" == shop.call("alipay.trade.refund", back)["code"]


def test_a_buyer_without_shares_is_told_so(live: GatewayHouse, shop: Merchant, saver: str) -> None:
    poor = live.login(live.person(100))
    assert "ACQ.BUYER_BALANCE_NOT_ENOUGH" in pay(live, page_pay(live, shop), poor, CODE).text
    much = page_pay(live, shop, "200.00", number="P2")
    assert "ACQ.BUYER_BALANCE_NOT_ENOUGH" in pay(live, much, saver, CODE).text

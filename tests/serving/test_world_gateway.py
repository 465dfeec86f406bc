"""The partner gateway of a world: below a path, with its buyer's side and its notifications."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from support.gateway_client import sign, text_of
from support.gateway_house import private_key
from support.receivers import Received, Reply, receiving
from support.sandboxes import Partner, house
from venule.cli.main import main
from venule.gateway.wire.money import show_stamp
from venule.gateway.wire.signing import public_key, told_key

HOUR_S = 3_600


@dataclass
class Shop:
    """A merchant's program, with an SDK's way of signing."""

    partner: Partner
    client: httpx.Client

    @property
    def access(self) -> dict[str, str]:
        found: dict[str, str] = self.partner.told["gateway"]
        return found

    def call(self, method: str, biz: dict[str, Any], **common: str) -> httpx.Response:
        values = {
            "app_id": self.access["app_id"], "method": method, "format": "JSON",
            "charset": "utf-8", "sign_type": "RSA2", "version": "1.0",
            "timestamp": show_stamp(datetime.now(UTC)), "biz_content": json.dumps(biz), **common,
        }  # fmt: skip
        values["sign"] = sign(private_key(), text_of(values))
        return self.client.get(f"{self.access['gateway_url']}?{urlencode(values)}")

    def done(self, method: str, biz: dict[str, Any], **common: str) -> dict[str, Any]:
        told = self.call(method, biz, **common).json()
        found: dict[str, Any] = told[f"{method.replace('.', '_')}_response"]
        assert "10000" == found["code"], told
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with house(tmp_path_factory.mktemp("shop")) as served, httpx.Client(timeout=60) as client:
        key = told_key(private_key().public_key())
        yield Shop(served.sign_up("Shop", gateway_key=key), client)


def test_a_buyer_is_played_at_the_command_line(shop: Shop, capsys: Any) -> None:
    buyer = shop.partner.member()["ref"]
    made = shop.done("alipay.trade.precreate", {
        "out_trade_no": "G-1", "total_amount": "20.00", "subject": "Tea",
    })  # fmt: skip
    assert made["qr_code"].startswith(f"{shop.partner.base}/cashier/")
    told = ["sandbox", "pay", "--at", shop.partner.base, buyer, "--json"]
    assert 0 == main([*told, "--app-id", shop.access["app_id"], "--out-trade-no", "G-1"])
    paid = json.loads(capsys.readouterr().out)
    assert "TRADE_SUCCESS" == paid["trade_status"]
    found = shop.done("alipay.trade.query", {"out_trade_no": "G-1"})
    assert ("TRADE_SUCCESS", "20.00") == (found["trade_status"], found["total_amount"])
    assert 1 == main([*told, "--trade-no", "2026000000000000"])
    assert "sandbox-refused" in capsys.readouterr().err
    assert 4 == main(told), "an order is named in one way"


def test_the_clock_and_a_payment_code_at_the_command_line(shop: Shop, capsys: Any) -> None:
    buyer = shop.partner.member()["ref"]
    assert 0 == main(["sandbox", "paycode", "--at", shop.partner.base, buyer, "--json"])
    code = json.loads(capsys.readouterr().out)["auth_code"]
    paid = shop.done("alipay.trade.pay", {
        "out_trade_no": "G-2", "total_amount": "3.00", "subject": "Tea", "auth_code": code,
        "scene": "bar_code",
    })  # fmt: skip
    assert "3.00" == paid["total_amount"]
    before = shop.partner.now()
    asked = ["sandbox", "clock", "--at", shop.partner.base, "--advance-s", "60", "--json"]
    assert 0 == main(asked)
    after = json.loads(capsys.readouterr().out)
    assert (datetime.fromisoformat(after["now"]) - before).total_seconds() >= 60
    assert 0 == main(["sandbox", "authorise", "--at", shop.partner.base, buyer, "--json",
                      "--app-id", shop.access["app_id"], "--scope", "auth_user"])  # fmt: skip
    assert json.loads(capsys.readouterr().out)["auth_code"]
    assert 5 == main(["sandbox", "clock", "--at", "http://127.0.0.1:9"])


def test_a_page_leads_on_below_the_path(shop: Shop) -> None:
    answer = shop.call("alipay.trade.page.pay", {
        "out_trade_no": "G-3", "total_amount": "5.00", "subject": "Tea",
        "product_code": "FAST_INSTANT_TRADE_PAY",
    })  # fmt: skip
    assert 302 == answer.status_code
    root = urlsplit(shop.partner.base).path
    assert answer.headers["location"].startswith(f"{root}/cashier/")
    page = httpx.URL(shop.partner.base).join(answer.headers["location"])
    shown = shop.client.get(page).text
    assert f'action="{root}/cashier/' in shown
    paid = shop.client.post(page, data={
        "login": shop.partner.member()["ref"], "password": "111111",
    })  # fmt: skip
    assert 303 == paid.status_code, paid.text
    found = shop.done("alipay.trade.query", {"out_trade_no": "G-3"})
    assert "TRADE_SUCCESS" == found["trade_status"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_signature_of_v3_is_over_its_own_path_or_the_whole_one(shop: Shop, whole: bool) -> None:
    body = json.dumps({"out_trade_no": "G-1"}).encode()
    own = "/v3/alipay/trade/query"
    root = urlsplit(shop.partner.base).path
    stamp = int(datetime.now(UTC).timestamp() * 1_000)
    auth = f"app_id={shop.access['app_id']},nonce={uuid.uuid4()},timestamp={stamp}"

    def ask(target: str) -> httpx.Response:
        text = f"{auth}\nPOST\n{target}\n{body.decode()}\n"
        said = base64.b64encode(private_key().sign(text.encode(), PKCS1v15(), hashes.SHA256()))
        headers = {
            "authorization": f"ALIPAY-SHA256withRSA {auth},sign={said.decode()}",
            "content-type": "application/json",
        }
        return shop.client.post(f"{shop.partner.base}{own}", content=body, headers=headers)

    wrong = ask("/v3/alipay/trade/close")
    assert 401 == wrong.status_code, wrong.text
    answer = ask(root + own if whole else own)
    assert 200 == answer.status_code, answer.text
    signed = "{}\n{}\n{}\n".format(
        answer.headers["alipay-timestamp"], answer.headers["alipay-nonce"], answer.text
    )
    public_key(shop.access["public_key"]).verify(
        base64.b64decode(answer.headers["alipay-signature"]), signed.encode(), PKCS1v15(),
        hashes.SHA256(),
    )  # fmt: skip


def test_notifications_come_again_as_time_passes(shop: Shop) -> None:
    heard: list[dict[str, str]] = []

    def answer(received: Received) -> Reply:
        heard.append(dict(parse_qsl(received.body.decode())))
        return Reply(body=b"success" if len(heard) == 4 else b"fail")

    with receiving(answer) as receiver:
        shop.done(
            "alipay.trade.precreate",
            {"out_trade_no": "G-4", "total_amount": "2.00", "subject": "Tea"},
            notify_url=f"{receiver.url}/notify",
        )
        said = {"buyer": shop.partner.member()["ref"], "app_id": shop.access["app_id"]}
        shop.partner.post("/v1/sandbox/gateway/pay", {**said, "out_trade_no": "G-4"})
        shop.partner.wait(advance_s=15 * 60)
        assert 3 == len(heard), "at once, after 4 minutes, after 10 more"
        shop.partner.wait(advance_s=48 * HOUR_S)
        assert 4 == len(heard), "after the fourth one it is taken"
    assert {"TRADE_SUCCESS"} == {each["trade_status"] for each in heard}
    assert 1 == len({each["notify_id"] for each in heard})

"""The npm package alipay-sdk, as it is, sells on a live gateway: by v2 and by v3."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from interop.conftest import Shop, node_shop
from support.gateway_house import GatewayHouse
from venule.gateway.applications import SetApp, set_app, set_certificate
from venule.gateway.gateway import AES_PURPOSE
from venule.gateway.platform import issue_for


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


def test_encrypted_content_by_v2_and_v3(house: GatewayHouse) -> None:
    key = b"0123456789abcdef"
    sealed = house.vault.seal(AES_PURPOSE, key)
    house.run(set_app, SetApp(house.app.app_id, aes_sealed=sealed))
    with node_shop(house, encrypt_key=b64encode(key).decode()) as shop:
        wanted = {**ORDER, "out_trade_no": "E1", "scene": "bar_code", "auth_code": house.code()}
        paid = shop.do("call", method="alipay.trade.pay", fields=wanted, encrypt=True)["content"]
        assert ("10000", "88.88") == (paid["code"], paid["total_amount"])
        step = {"http": "POST", "path": "/v3/alipay/trade/query", "body": {"out_trade_no": "E1"}}
        asked = shop.do("curl", **step, encrypt=True)
        assert "TRADE_SUCCESS" == asked["content"]["trade_status"], asked


def certified(house: GatewayHouse) -> dict[str, str]:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")]))
        .sign(house.key, hashes.SHA256())
    )
    pem = request.public_bytes(serialization.Encoding.PEM).decode()
    issued = issue_for(
        house.vault, house.platform, house.app, pem, UUID(int=2**120 + 7), house.clock.now()
    )
    house.run(set_certificate, issued)
    return {
        "appCertContent": issued.cert,
        "alipayPublicCertContent": house.platform.cert,
        "alipayRootCertContent": house.platform.root_cert,
    }


def test_certificates_by_v2_and_v3(house: GatewayHouse) -> None:
    certificates = certified(house)
    with node_shop(house, certificates=certificates) as shop:
        wanted = {**ORDER, "out_trade_no": "Z1", "scene": "bar_code", "auth_code": house.code()}
        paid = shop.do("call", method="alipay.trade.pay", fields=wanted)
        assert "10000" == paid["content"]["code"], paid
        step = {"http": "POST", "path": "/v3/alipay/trade/query", "body": {"out_trade_no": "Z1"}}
        asked = shop.do("curl", **step)
        assert "TRADE_SUCCESS" == asked["content"]["trade_status"], asked
        serial = {"alipay_cert_sn": house.platform.cert_sn}
        got = shop.do("call", method="alipay.open.app.alipaycert.download", fields=serial)
        content = b64decode(got["content"]["alipay_cert_content"]).decode()
        assert house.platform.cert == content
    with node_shop(house) as plain:  # without its certificate it is nobody
        refused = plain.do("call", method="alipay.trade.query", fields={"out_trade_no": "Z1"})
        assert "isv.invalid-app-cert-sn" in str(refused)


def test_page_addresses(house: GatewayHouse, shop: Shop) -> None:
    fields = {**ORDER, "out_trade_no": "W1", "product_code": "QUICK_WAP_WAY"}
    page = shop.do("page", method="alipay.trade.wap.pay", fields=fields)["page"]
    target = page.replace("http://gateway.test", f"http://127.0.0.1:{house.port}")
    with httpx.Client() as browser:
        assert 302 == browser.get(target).status_code
    form = shop.do("page", method="alipay.trade.page.pay", fields=fields, http="POST")["page"]
    assert "<form" in form

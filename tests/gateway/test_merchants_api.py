"""What merchants and operators set up, and the sandbox's buyer, over HTTP."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from support.both_homes import Places, only_files
from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse, gateway_house, private_key
from support.town_site import find_lies, serve
from venule.gateway import merchant_routes, sandbox_routes
from venule.gateway.notifying import SCHEDULE
from venule.gateway.wire.signing import pem_of, told_key
from venule.kit.http import errors_of

STAFF = "staff partners.operate"
APPS = "/v1/gateway/apps"


def routes(house: GatewayHouse) -> list[Any]:
    return [*merchant_routes(house.gateway), *sandbox_routes(house.gateway)]


@pytest.fixture
def at(places: Places) -> Iterator[SimpleNamespace]:
    with gateway_house(places("home")) as house, serve(house, routes(house)) as site:
        shop = Merchant(house)
        yield SimpleNamespace(
            house=house,
            site=site,
            shop=shop,
            own=f"person {house.shop}",
            other=f"person {house.buyer}",
        )
        shop.close()


def test_from_sign_up_to_the_first_sale(at: Any) -> None:
    key = private_key(1)
    body = {"name": "my shop", "public_key": pem_of(told_key(key.public_key()))}
    made = at.site.post(at.own, APPS, body, 201)
    assert (16, "active", str(at.house.shop)) == (
        len(made["app_id"]),
        made["state"],
        made["seller_id"],
    )
    assert "transfer" not in made["products"]
    assert made == at.site.get(at.own, f"{APPS}/{made['app_id']}")
    assert made["app_id"] in {each["app_id"] for each in at.site.get(at.own, APPS)["items"]}
    platform = at.site.get("nobody", "/v1/gateway/platform-key")
    assert made["platform_public_key"] == platform["base64"]
    assert platform["pem"].startswith("-----BEGIN PUBLIC KEY-----")
    shop = Merchant(at.house, made["app_id"], key)
    buyer = at.house.login(at.house.buyer)
    code = at.site.post("nobody", "/v1/sandbox/gateway/paycode", {"buyer": buyer})["auth_code"]
    paid = shop.call(
        "alipay.trade.pay",
        {
            "out_trade_no": "1",
            "total_amount": "1.00",
            "subject": "tea",
            "scene": "bar_code",
            "auth_code": code,
        },
    )
    assert "10000" == paid["code"]
    moved = shop.call("alipay.fund.trans.common.query", {"out_biz_no": "1"})
    assert "isv.insufficient-isv-permissions" == moved["sub_code"]
    change = {"products": [*made["products"], "transfer"]}
    assert (403, "not-permitted") == at.site.refused(
        at.own, "PATCH", f"{APPS}/{made['app_id']}", change
    )
    at.site._json(at.site.ask(STAFF, "PATCH", f"{APPS}/{made['app_id']}", change), 200)
    moved = shop.call("alipay.fund.trans.common.query", {"out_biz_no": "1"})
    assert "ORDER_NOT_EXIST" == moved["sub_code"]
    shop.close()


def test_nobody_sees_what_is_anothers(at: Any) -> None:
    app = f"{APPS}/{at.house.app.app_id}"
    unknown = (404, "gateway-app-unknown")
    assert unknown == at.site.refused(at.other, "GET", app)
    assert unknown == at.site.refused(at.other, "PUT", f"{app}/keys", {"public_keys": ["x"]})
    assert unknown == at.site.refused(at.other, "POST", f"{app}/aes-key")
    assert unknown == at.site.refused(at.other, "GET", f"{app}/failed-notices")
    assert (403, "not-permitted") == at.site.refused(at.own, "POST", f"{app}/classic")
    assert [] == at.site.get(at.other, APPS)["items"]
    assert 1 == len(at.site.get(STAFF, f"{APPS}?seller_id={at.house.shop}")["items"])
    assert (409, "key-unfit") == at.site.refused(
        at.own, "PUT", f"{app}/keys", {"public_keys": ["nonsense"]}
    )


def test_secrets_and_certificates(at: Any) -> None:
    app = f"{APPS}/{at.house.app.app_id}"
    aes = at.site.post(at.own, f"{app}/aes-key")
    assert 16 == len(b64decode(aes["key"]))
    classic = at.site.post(STAFF, f"{app}/classic")
    assert (32, at.house.number(at.house.shop)) == (len(classic["key"]), classic["partner"])
    shown = at.site.get(at.own, app)
    assert (True, classic["partner"]) == (shown["encrypted"], shown["classic_partner"])
    assert classic["key"] not in str(shown)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(private_key(1), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )
    files = at.site.post(at.own, f"{app}/certificate", {"request": request})
    cert = x509.load_pem_x509_certificate(files["app_certificate"].encode())
    root = x509.load_pem_x509_certificate(files["root_certificate"].encode())
    cert.verify_directly_issued_by(root)
    assert (409, "key-unfit") == at.site.refused(
        at.own, "POST", f"{app}/certificate", {"request": "nonsense"}
    )
    assert at.site.get(at.own, app)["certificate_mode"]


def test_what_could_not_be_told(at: Any) -> None:
    house = at.house
    house.says = b"no"
    at.shop.call(
        "alipay.trade.pay",
        {
            "out_trade_no": "1",
            "total_amount": "1.00",
            "subject": "tea",
            "scene": "bar_code",
            "auth_code": house.code(),
        },
        notify_url="http://shop.test/n",
    )
    house.work()
    for span in SCHEDULE:
        house.clock.advance(span)
        house.work()
    app = f"{APPS}/{house.app.app_id}"
    [failed] = at.site.get(at.own, f"{app}/failed-notices")["items"]
    assert ("failed", 8, "1") == (failed["state"], failed["attempts"], failed["out_trade_no"])
    house.says = b"success"
    again = f"{app}/notices/{failed['id']}/send-again"
    assert "waiting" == at.site.post(at.own, again)["state"]
    assert (404, "gateway-app-unknown") == at.site.refused(at.other, "POST", again)
    house.work()
    assert [] == at.site.get(at.own, f"{app}/failed-notices")["items"]


def test_the_sandbox_plays_the_buyer(at: Any) -> None:
    house, play = at.house, "/v1/sandbox/gateway"
    buyer = house.login(house.buyer)
    order = {
        "out_trade_no": "1",
        "total_amount": "1.00",
        "subject": "tea",
        "product_code": "ESCROW_TRADE",
    }
    at.shop.call("alipay.trade.precreate", order)
    name = {"buyer": buyer, "app_id": house.app.app_id, "out_trade_no": "1"}
    paid = at.site.post("nobody", f"{play}/pay", name)
    assert "WAIT_SELLER_SEND_GOODS" == paid["trade_status"]
    goods = {
        "app_id": house.app.app_id,
        "trade_no": paid["trade_no"],
        "carrier": "SF",
        "tracking_no": "1",
    }
    assert (
        "WAIT_BUYER_CONFIRM_GOODS" == at.site.post("nobody", f"{play}/ship", goods)["trade_status"]
    )
    done = at.site.post("nobody", f"{play}/confirm", {"buyer": buyer, "trade_no": paid["trade_no"]})
    assert "TRADE_FINISHED" == done["trade_status"]
    asked = {"buyer": buyer, "app_id": house.app.app_id}
    code = at.site.post("nobody", f"{play}/authorise", asked)["auth_code"]
    given = {"grant_type": "authorization_code", "code": code}
    token = at.shop.call("alipay.system.oauth.token", None, **given)
    assert house.number(house.buyer) == token["user_id"]


@only_files
def test_a_machine_that_reads_it_finds_no_lie(places: Places) -> None:
    with (
        gateway_house(places("home")) as house,
        serve(house, [route for route in routes(house) if route.who]) as site,
    ):
        tokens = {"person": f"person {house.shop}", "staff": STAFF}
        find_lies(site, tokens, {"app_id": [house.app.app_id]})


def test_names_and_errors_are_told_once(still: GatewayHouse) -> None:
    found = routes(still)
    names = [route.name for route in found]
    assert len(names) == len(set(names))
    for route in found:
        assert len(errors_of(route)) == len(set(errors_of(route))), route.name
    still.gateway.sandbox = False
    assert [] == sandbox_routes(still.gateway)
    still.gateway.sandbox = True

"""The envelope of v2: what is checked, in which order, and how it is answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.gateway_client import Merchant, quoted, sign, text_of
from support.gateway_house import GatewayHouse, private_key
from venule.gateway.applications import SetApp, SetKeys, set_app, set_keys
from venule.gateway.gateway import AES_PURPOSE, FORM, Page
from venule.gateway.methods import METHODS
from venule.gateway.model import AppState, Permission
from venule.gateway.wire import aes
from venule.gateway.wire.money import show_stamp
from venule.gateway.wire.signing import told_key

QUERY = "alipay.trade.query"
BIZ = {"out_trade_no": "none"}

Values = dict[str, str]


def changed(caller: Merchant, change: Callable[[Values], Any], *, after: bool = False) -> dict:
    """Send a query with something changed before or after it is signed; return the content."""
    values = caller.values(QUERY, BIZ)
    if not after:
        change(values)
    values["sign"] = sign(caller.key, text_of(values), "utf-8", "RSA2")
    if after:
        change(values)
    method = values.get("method", "")
    page = caller.send_values({k: v for k, v in values.items() if v})
    root = method if method.isascii() and "." in method else "error"
    return caller.read(page, root)


def without(name: str) -> Callable[[Values], Any]:
    return lambda values: values.pop(name, None)


def with_(**said: str) -> Callable[[Values], Any]:
    return lambda values: values.update(said)


CHECKS = [
    # what is changed before the signature, the codes
    (with_(charset="latin-1"), "40002", "isv.invalid-charset"),
    (without("method"), "40001", "isv.missing-method"),
    (without("app_id"), "40001", "isv.missing-app-id"),
    (without("sign_type"), "40001", "isv.missing-signature-type"),
    (without("timestamp"), "40001", "isv.missing-timestamp"),
    (without("version"), "40001", "isv.missing-version"),
    (with_(app_id="2021999999999999"), "40002", "isv.invalid-app-id"),
    (with_(app_cert_sn="0" * 32), "40002", "isv.invalid-app-cert-sn"),
    (with_(alipay_root_cert_sn="0" * 32), "40002", "isv.invalid-alipay-root-cert-sn"),
    (with_(sign_type="RSA"), "40002", "isv.invalid-signature-type"),
    (with_(sign_type="MD5"), "40002", "isv.invalid-signature-type"),
    (with_(timestamp="2014-01-01 00:00:00"), "40002", "isv.invalid-timestamp"),
    (with_(timestamp="yesterday"), "40002", "isv.invalid-timestamp"),
    (with_(format="XML"), "40002", "isv.invalid-format"),
    (with_(version="2.0"), "40002", "isv.invalid-parameter"),
    (with_(method="alipay.trade.nonsense"), "40002", "isv.invalid-method"),
    (with_(app_auth_token="none"), "20001", "aop.invalid-app-auth-token"),
    (with_(encrypt_type="DES"), "40002", "isv.decryption-error-not-valid-encrypt-type"),
    (with_(encrypt_type="AES"), "40002", "isv.decryption-error-not-valid-encrypt-key"),
    (with_(biz_content="[]"), "40002", "isv.invalid-parameter"),
    (with_(biz_content="{"), "40002", "isv.invalid-parameter"),
    (with_(biz_content='{"out_trade_no":{}}'), "40004", "ACQ.INVALID_PARAMETER"),
    (with_(biz_content="{}"), "40004", "ACQ.INVALID_PARAMETER"),
    (with_(), "40004", "ACQ.TRADE_NOT_EXIST"),
    (with_(terminal_type="pc", alipay_sdk="x"), "40004", "ACQ.TRADE_NOT_EXIST"),
]


@pytest.mark.parametrize("change, code, sub_code", CHECKS)
def test_each_check(caller: Merchant, change: Callable, code: str, sub_code: str) -> None:
    content = changed(caller, change)
    assert (code, sub_code) == (content["code"], content["sub_code"])
    assert content["msg"]
    assert content["sub_msg"]


@pytest.mark.parametrize(
    "change, code, sub_code",
    [
        (without("sign"), "40001", "isv.missing-signature"),
        (with_(sign="AAAA"), "40002", "isv.invalid-signature"),
        (with_(sign="not base64!"), "40002", "isv.invalid-signature"),
        (with_(biz_content='{"out_trade_no":"other"}'), "40002", "isv.invalid-signature"),
        (with_(notify_url="http://x.test"), "40002", "isv.invalid-signature"),
        (without("format"), "40002", "isv.invalid-signature"),
        (with_(method="alipay.trade.close"), "40002", "isv.invalid-signature"),
    ],
)
def test_what_is_altered_is_refused(
    caller: Merchant, change: Callable, code: str, sub_code: str
) -> None:
    content = changed(caller, change, after=True)
    assert (code, sub_code) == (content["code"], content["sub_code"])


ORDER = [
    # each pair: the first is told, though the second is wrong as well
    (without("method"), without("app_id")),
    (without("version"), with_(app_id="0")),
    (with_(app_id="0"), with_(sign_type="MD5")),
    (with_(app_cert_sn="0"), with_(sign_type="MD5")),
    (with_(sign_type="MD5"), with_(timestamp="x")),
    (with_(timestamp="x"), with_(method="alipay.no.such")),
    (with_(method="alipay.no.such"), with_(app_auth_token="x")),
    (with_(app_auth_token="x"), with_(encrypt_type="DES")),
    (with_(encrypt_type="DES"), with_(biz_content="[")),
]


@pytest.mark.parametrize("first, second", ORDER)
def test_the_order_of_checks(caller: Merchant, first: Callable, second: Callable) -> None:
    def both(values: Values) -> None:
        first(values)
        second(values)

    assert changed(caller, first)["sub_code"] == changed(caller, both)["sub_code"]


def test_a_signature_comes_before_what_it_asks_for(caller: Merchant) -> None:
    def spoil(values: Values) -> None:
        values |= {"method": "alipay.no.such", "timestamp": "x"}

    assert "isv.invalid-signature" == changed(caller, spoil, after=True)["sub_code"]


def test_parameters_may_be_split_between_query_and_body(caller: Merchant) -> None:
    values = caller.values(QUERY, BIZ)
    values["sign"] = sign(caller.key, text_of(values))
    body = quoted({"biz_content": values.pop("biz_content")})
    content = caller.read(caller.send(quoted(values), body, content_type=FORM), QUERY)
    assert "ACQ.TRADE_NOT_EXIST" == content["sub_code"]
    twice = caller.read(caller.send(quoted(values), body + b"&version=1.0"), QUERY)
    assert "isv.invalid-parameter" == twice["sub_code"]


def test_empty_values_may_be_signed(caller: Merchant) -> None:
    values = caller.values(QUERY, BIZ) | {"notify_url": ""}
    text = "&".join(f"{k}={v}" for k, v in sorted(values.items()))
    values["sign"] = sign(caller.key, text)
    page = caller.send(quoted(values))
    assert "ACQ.TRADE_NOT_EXIST" == caller.read(page, QUERY)["sub_code"]
    del values["sign"]
    values["sign"] = sign(caller.key, text_of(values))
    assert "ACQ.TRADE_NOT_EXIST" == caller.read(caller.send(quoted(values)), QUERY)["sub_code"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "GBK", "gb2312", "GB18030"])
def test_charsets(caller: Merchant, charset: str) -> None:
    content = caller.call(QUERY, '{"out_trade_no":"茶{"}', charset=charset)
    assert ("ACQ.TRADE_NOT_EXIST", "茶{") == (content["sub_code"], content["out_trade_no"])


def test_without_a_charset_it_is_utf8(caller: Merchant) -> None:
    assert "ACQ.TRADE_NOT_EXIST" == changed(caller, without("charset"))["sub_code"]


def test_two_keys_while_they_change_and_a_key_of_before(
    house: GatewayHouse, shop: Merchant
) -> None:
    other = private_key(1)
    keys = [told_key(each.public_key()) for each in (house.key, other)]
    house.run(set_keys, SetKeys(house.app.app_id, keys))
    newer = Merchant(house, key=other)
    assert "ACQ.TRADE_NOT_EXIST" == shop.call(QUERY, BIZ)["sub_code"]
    assert "ACQ.TRADE_NOT_EXIST" == newer.call(QUERY, BIZ)["sub_code"]
    house.run(set_keys, SetKeys(house.app.app_id, keys[1:]))
    assert "isv.invalid-signature" == shop.call(QUERY, BIZ)["sub_code"]
    newer.close()


def test_sha1_is_for_applications_that_were_let(house: GatewayHouse, shop: Merchant) -> None:
    values = shop.values(QUERY, BIZ, sign_type="RSA")
    values["sign"] = sign(shop.key, text_of(values), sign_type="RSA")
    refused = shop.read(shop.send_values(values), QUERY)  # signed with SHA-256 all the same
    assert "isv.invalid-signature-type" == refused["sub_code"]
    house.run(set_app, SetApp(house.app.app_id, rsa1=True))
    assert "ACQ.TRADE_NOT_EXIST" == shop.call(QUERY, BIZ, sign_type="RSA")["sub_code"]


def test_products_and_suspension(house: GatewayHouse, shop: Merchant) -> None:
    house.run(set_app, SetApp(house.app.app_id, products=[Permission.ACCOUNT]))
    refused = shop.call(QUERY, BIZ)
    assert ("40006", "isv.insufficient-isv-permissions") == (refused["code"], refused["sub_code"])
    assert "10000" == shop.call("alipay.fund.account.query", {})["code"]
    house.run(set_app, SetApp(house.app.app_id, state=AppState.SUSPENDED))
    assert "isv.invalid-app-id" == shop.call("alipay.fund.account.query", {})["sub_code"]


def test_encrypted_content(house: GatewayHouse, shop: Merchant) -> None:
    key = b"0123456789abcdef"
    sealed = house.vault.seal(AES_PURPOSE, key)
    house.run(set_app, SetApp(house.app.app_id, aes_sealed=sealed))
    secret = aes.encrypt(key, json.dumps(BIZ).encode())
    values = shop.values(QUERY, secret, encrypt_type="AES")
    values["sign"] = sign(shop.key, text_of(values))
    answer = json.loads(shop.send_values(values).body)
    text = answer["alipay_trade_query_response"]
    # an error that is found after decryption is encrypted, too
    assert shop.is_signed(f'"{text}"'.encode(), answer["sign"])
    assert "ACQ.TRADE_NOT_EXIST" == json.loads(aes.decrypt(key, text))["sub_code"]
    wrong = shop.call(QUERY, aes.encrypt(b"x" * 16, b"{}"), encrypt_type="AES")
    assert wrong["sub_code"].startswith("isv.decryption-error")


def test_a_gateway_without_a_method_answers_under_its_own_name(caller: Merchant) -> None:
    page = caller.send(b"")
    content = caller.read(page, "error")
    assert ("40001", "isv.missing-method") == (content["code"], content["sub_code"])


BYTES = st.binary(max_size=200) | st.sampled_from(
    [
        b"method=alipay.trade.query&method=x",
        b"charset=x&method=alipay.trade.query",
        b"&&&=%%%",
        b"%",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BYTES, BYTES)
def test_any_bytes_get_a_signed_answer(caller: Merchant, query: bytes, body: bytes) -> None:
    page = caller.send(query, body)
    answer = json.loads(page.body.decode(page.content_type.rpartition("=")[2]))
    [root] = [name for name in answer if name.endswith("_response")]
    assert answer[root]["code"] in ("40001", "40002")
    assert answer[root]["sub_code"]


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(name for name, m in METHODS.items() if not m.page)),
    st.dictionaries(
        st.sampled_from(sorted({f for m in METHODS.values() for f in m.request.__struct_fields__})),
        VALUES | st.integers() | st.booleans() | st.none() | st.lists(VALUES, max_size=3)
        | st.dictionaries(VALUES, VALUES, max_size=2),
    ),
)  # fmt: skip
def test_any_fields_get_a_documented_answer(caller: Merchant, method: str, biz: dict) -> None:
    """Signed nonsense finds a code of the table; nothing of it is a fault of ours."""
    content = caller.call(method, biz)
    assert content["code"] in ("10000", "20001", "40002", "40004", "40006"), content
    assert content["code"] == "10000" or content["sub_code"]


def test_requests_leave_nothing_behind_when_they_are_refused(
    house: GatewayHouse, shop: Merchant
) -> None:
    before = house.snapshot()
    for change, _, _ in CHECKS:
        changed(shop, change)
    for biz in ({}, {"out_trade_no": "A", "subject": "x", "total_amount": "-1"}):
        shop.call("alipay.trade.create", biz)
    assert before == house.snapshot()


def test_a_request_over_the_wire_may_have_an_absolute_target(tmp_path) -> None:

    house = GatewayHouse(tmp_path / "home")
    try:
        port = house.start()
        shop = Merchant(house)
        values = shop.values(QUERY, BIZ)
        values["sign"] = sign(shop.key, text_of(values))
        query = quoted(values).decode()
        with socket.create_connection(("127.0.0.1", port)) as dialled:
            dialled.sendall(
                f"POST http://gateway.test/gateway.do?{query} HTTP/1.1\r\nHost: gateway.test\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            got = b""
            while part := dialled.recv(65_536):
                got += part
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"content-encoding" not in head.lower()

        assert "ACQ.TRADE_NOT_EXIST" == shop.read(Page(body), QUERY)["sub_code"]
        shop.close()
    finally:
        house.close()


def test_the_time_may_be_of_china_or_of_utc(still: GatewayHouse, caller: Merchant) -> None:
    for stamp in (show_stamp(still.clock.now()), f"{still.clock.now():%Y-%m-%d %H:%M:%S}"):
        assert "ACQ.TRADE_NOT_EXIST" == caller.call(QUERY, BIZ, timestamp=stamp)["sub_code"]

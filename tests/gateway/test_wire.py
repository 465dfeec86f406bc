"""The bytes of the protocol: its test vectors, and what holds for any text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.gateway.errors import GatewayRefused, KeyUnfit
from venule.gateway.numbers import masked
from venule.gateway.wire import aes, answers, certificates, classic, rest, signing
from venule.gateway.wire.business import read_object
from venule.gateway.wire.money import is_near, read_amount, read_span, read_stamp, show_amount
from venule.gateway.wire.parameters import read_parameters

QUERY = {
    "app_id": "2021000000000001",
    "method": "alipay.trade.query",
    "charset": "utf-8",
    "sign_type": "RSA2",
    "timestamp": "2026-01-02 03:04:05",
    "version": "1.0",
    "format": "json",
    "biz_content": '{"out_trade_no":"T{1}"}',
    "notify_url": "",
    "sign": "x",
}


def sha(text: bytes) -> str:
    return sha256(text).hexdigest()


def test_the_signed_text() -> None:
    text = signing.signed_text(QUERY)
    assert text == (
        'app_id=2021000000000001&biz_content={"out_trade_no":"T{1}"}&charset=utf-8&format=json'
        "&method=alipay.trade.query&sign_type=RSA2&timestamp=2026-01-02 03:04:05&version=1.0"
    )
    assert "59d85487afafa5466c7a9aec110b2f833061656088c068fb034bed4259cafd2e" == sha(text.encode())
    assert "&notify_url=&" in signing.signed_text(QUERY, empty=True)


def test_the_content_to_sign() -> None:
    content = {
        "code": "40004",
        "msg": "Business Failed",
        "sub_code": "ACQ.TRADE_NOT_EXIST",
        "sub_msg": "交易{不存在",
    }
    utf8, gbk = (answers.write_content(content, charset) for charset in ("utf-8", "gbk"))
    assert "53c10b6424a18e58cae364e3ccb31a51ad2fdb58a3fd493078e70f706ba620cb" == sha(utf8)
    assert "b3ef3334178356672f3408955c6cb3cb36c156cddc09ae6be1ce6f3735ed07b6" == sha(gbk)


def test_aes() -> None:
    key = b"0123456789abcdef"
    text = '{"out_trade_no":"A1","subject":"中"}'.encode()
    secret = "hM7TQ18QF5bhZ+Favk3byUwyAwOlMCmTkG37YocaWGiP3pXZDaw6C1Rfkvb4798Q"
    assert secret == aes.encrypt(key, text)
    assert text == aes.decrypt(key, secret)
    assert None is aes.decrypt(b"x" * 16, secret)
    for wrong in ("", "AAAA", "é", secret[:-4], "A" * 22 + "=="):
        assert None is aes.decrypt(key, wrong)


def test_the_serial_of_a_certificate() -> None:
    issuer = "CN=Test Root,OU=CA,O=Test,C=CN"
    assert "edc6b543947e7a596019c15cc7d2e620" == certificates.serial_of(issuer, 1234567890)


def test_classic_md5() -> None:
    values = {
        "service": "create_partner_trade_by_buyer",
        "partner": "2088000000000201",
        "_input_charset": "utf-8",
        "out_trade_no": "A1",
        "subject": "担保 & 1",
        "price": "10.00",
        "quantity": "1",
        "sign_type": "MD5",
    }
    assert "5a5da611a315114df42da48217cbdca8" == classic.sign(values, "secretkey", "utf-8")
    signed = {**values, "sign": "5a5da611a315114df42da48217cbdca8"}
    assert classic.verify(signed, "secretkey", "utf-8")
    assert classic.verify({**signed, "body": ""}, "secretkey", "utf-8")
    with_empty = signing.signed_text({**values, "body": ""}, without=("sign_type",), empty=True)
    kept = {**values, "body": "", "sign": classic.digest(with_empty, "secretkey", "utf-8")}
    assert classic.verify(kept, "secretkey", "utf-8")
    for change in ({"price": "1.00"}, {"sign": ""}, {"sign": "é"}, {"body": "x"}):
        assert not classic.verify({**signed, **change}, "secretkey", "utf-8")


def test_the_signed_text_of_v3() -> None:
    text = rest.signed_request(
        "app_id=2021000000000001,nonce=abc,timestamp=1767323045000",
        "POST",
        "/v3/alipay/trade/query",
        b'{"out_trade_no":"A1"}',
        "",
    )
    assert "60695fa14e6d0f00a2f66dd7b1557f2f174fc2a1005839125eb704a3f255cdfe" == sha(text)


# Amounts and times


@pytest.mark.parametrize(
    "text, fen",
    [
        ("1", 100),
        ("1.0", 100),
        ("1.00", 100),
        ("0.01", 1),
        ("88.88", 8_888),
        ("100000000", 10_000_000_000),
        ("100000000.01", None),
        ("0", None),
        ("0.00", None),
        ("-1", None),
        ("+1", None),
        ("1e2", None),
        ("1.001", None),
        ("01", None),
        (".5", None),
        ("1.", None),
        ("１", None),
        ("1,000", None),
        (" 1", None),
        ("1\n", None),
        ("", None),
    ],
)
def test_amounts(text: str, fen: int | None) -> None:
    assert fen == read_amount(text)


@given(st.integers(1, 10_000_000_000))
def test_an_amount_comes_back(fen: int) -> None:
    assert fen == read_amount(show_amount(fen))


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, until",
    [
        ("1m", timedelta(minutes=1)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("15d", timedelta(days=15)),
        ("16d", None),
        ("0m", None),
        ("1.5h", None),
        ("1c", timedelta(hours=12, minutes=55, seconds=55)),
        ("2c", None),
        ("1s", None),
    ],
)
def test_spans(text: str, until: timedelta | None) -> None:
    found = read_span(text, NOW)
    assert until == (None if found is None else found - NOW)


def test_timestamps_may_be_of_china_or_utc() -> None:
    day = timedelta(hours=24)
    assert is_near("2026-01-02 11:04:05", NOW, day)
    assert is_near("2026-01-02 03:04:05", NOW, day)
    assert is_near("2026-01-03 11:04:05", NOW, day)
    assert is_near("2026-01-01 03:04:05", NOW, day)
    assert not is_near("2026-01-04 03:04:06", NOW, day)
    assert not is_near("2026-01-01 03:04:04", NOW, day)
    for wrong in ("", "2026-01-02", "2026-13-02 03:04:05", "2026-01-02 03:04", "x"):
        assert not is_near(wrong, NOW, day)
    assert None is read_stamp("2026-02-30 00:00:00")


def test_logins_are_masked() -> None:
    assert ["138****0001", "li***@example.com", "a***", "sh***x"] == [
        masked(each) for each in ("13800130001", "linus@example.com", "ab", "shop-x")
    ]


# Reading


def test_parameters_are_merged_and_decoded_by_their_charset() -> None:
    found = read_parameters(b"a=1+2%203&charset=GBK", b"b=%B2%E8")
    assert ({"a": "1 2 3", "charset": "GBK", "b": "茶"}, "gbk") == (found.values, found.charset)


@pytest.mark.parametrize(
    "query, body, sub_code",
    [
        (b"a=1&a=2", b"", "isv.invalid-parameter"),
        (b"a=1", b"a=1", "isv.invalid-parameter"),
        (b"charset=latin-1", b"", "isv.invalid-charset"),
        (b"charset=utf-16", b"", "isv.invalid-charset"),
        (b"a=%ff", b"", "isv.invalid-charset"),
        (b"charset=gbk&a=%ff%ff", b"", "isv.invalid-charset"),
        (b"a=%00", b"", "isv.invalid-parameter"),
        (b"%e4=1", b"", "isv.invalid-parameter"),
        (b"=1", b"", "isv.invalid-parameter"),
        (b"&".join(b"a%d=1" % n for n in range(201)), b"", "isv.invalid-parameter"),
        (b"", b"a=" + b"1" * 1_300_000, "isv.invalid-parameter"),
    ],
)
def test_what_cannot_be_read_is_refused(query: bytes, body: bytes, sub_code: str) -> None:
    with pytest.raises(GatewayRefused) as refused:
        read_parameters(query, body)
    assert ("40002", sub_code) == (refused.value.code, refused.value.sub_code)


def test_a_multipart_form_is_read_without_its_files() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="biz_content"\r\n\r\n{"a":1}\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nbytes\r\n--B--\r\n'
    )
    found = read_parameters(b"method=m", body, "multipart/form-data; boundary=B")
    assert {"method": "m", "biz_content": '{"a":1}'} == found.values


def test_business_content_keeps_numbers_as_they_were_written() -> None:
    found = read_object('{"a": 88.880, "b": 1e2, "c": true, "d": null, "e": "", "f": [{"g": 1}]}')
    assert {"a": "88.880", "b": "1e2", "c": "true", "f": [{"g": "1"}]} == found


@pytest.mark.parametrize(
    "text", ["", "[]", '"a"', "{", '{"a":1,"a":2}', '{"a":NaN}', "{}x", '{"a":"\\u0000"}',
             '{"a":"\\ud800"}', '{"a":' * 40 + "1" + "}" * 40, "[" * 100_000]
)  # fmt: skip
def test_business_content_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(GatewayRefused) as refused:
        read_object(text)
    assert "isv.invalid-parameter" == refused.value.sub_code


def code_of(read: Callable[[], object]) -> str:
    """The code of a refusal, or nothing."""
    try:
        read()
    except GatewayRefused as error:
        return error.code
    return ""


@given(st.text())
def test_any_business_content_is_read_or_refused(text: str) -> None:
    assert code_of(lambda: read_object(text)) in ("", "40002")


@given(st.binary(), st.binary(), st.sampled_from(["", "multipart/form-data; boundary=B", "x"]))
def test_any_bytes_are_read_or_refused(query: bytes, body: bytes, content_type: str) -> None:
    def read() -> None:
        found = read_parameters(query, body, content_type)
        assert all(value.encode(found.charset) for value in found.values.values() if value)

    assert code_of(read) in ("", "40002")


@given(st.text())
def test_any_authorization_is_read_or_refused(text: str) -> None:
    for header in (text, f"{rest.SCHEME} {text}", f"{rest.SCHEME} {text},sign=x"):
        assert code_of(lambda header=header: rest.read_authorization(header)) in ("", "v3")


# Writing

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        '"sign"',
        '},"sign":"',
        "alipay_trade_query_response",
        "error_response",
        "{}}{",
        "\\",
        "\\u007b",
    ]
)


@given(
    st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS), max_size=5), st.sampled_from(["utf-8", "gbk"])
)
def test_content_comes_back_and_has_no_bare_brace(content: dict, charset: str) -> None:
    written = answers.write_content(content, charset)
    kept = {name: value for name, value in content.items() if value != ""}
    assert kept == json.loads(written.decode(charset))
    inside = written[1:-1].decode(charset)
    assert not set("{}") & set(inside)
    assert "_response" not in inside


@pytest.mark.parametrize(
    "pasted",
    ["", "x", "-----BEGIN PUBLIC KEY-----", "QUJD", "é" * 10, "A" * 9_000],
)
def test_keys_that_are_none(pasted: str) -> None:
    with pytest.raises(KeyUnfit):
        signing.bare_key(pasted)


@pytest.mark.parametrize(
    "name, yes",
    [
        ("alipay.trade.query", True),
        ("alipay.trade2.query", False),
        ("alipay", False),
        ("alipay..query", False),
        ("a.é", False),
        ("a_b.c", False),
        ("", False),
    ],
)
def test_names_of_methods(name: str, yes: bool) -> None:
    assert yes == answers.is_method(name)
    expected = f"{name.replace('.', '_')}_response" if yes else "error_response"
    assert expected == answers.root_of(name)

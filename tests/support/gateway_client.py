"""A merchant's program of our own: signs as the SDKs do, and cuts answers as each of them does."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote_plus, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from support.gateway_house import GatewayHouse
from venule.gateway.gateway import Page, Request
from venule.gateway.wire.money import show_stamp
from venule.gateway.wire.signing import public_key


def text_of(values: dict[str, str]) -> str:
    return "&".join(f"{k}={v}" for k, v in sorted(values.items()) if v and k != "sign")


def sign(key: RSAPrivateKey, text: str, charset: str = "utf-8", sign_type: str = "RSA2") -> str:
    how = hashes.SHA256() if sign_type == "RSA2" else hashes.SHA1()
    return base64.b64encode(key.sign(text.encode(charset), PKCS1v15(), how)).decode()


class Merchant:
    """Calls a gateway in process, byte for byte as over the wire."""

    def __init__(self, house: GatewayHouse, app_id: str = "", key: RSAPrivateKey | None = None):
        self.house = house
        self.app_id = app_id or house.app.app_id
        self.key = key or house.key
        self.runner = asyncio.Runner()
        self.pool = ThreadPoolExecutor(1)
        self.runner.get_loop().set_default_executor(self.pool)
        self.runner.run(asyncio.to_thread(lambda: None))  # its thread is there from now on

    def close(self) -> None:
        self.runner.close()
        self.pool.shutdown()

    def values(self, method: str, biz: Any = None, **common: str) -> dict[str, str]:
        values = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": show_stamp(self.house.clock.now()),
            "version": "1.0",
        }
        if biz is not None:
            values["biz_content"] = biz if isinstance(biz, str) else json.dumps(biz)
        values |= common
        return {k: v for k, v in values.items() if v}

    def send(self, query: bytes, body: bytes = b"", **how: Any) -> Page:
        return self.runner.run(self.house.gateway.v2(Request(query, body, **how)))

    def send_values(self, values: dict[str, str]) -> Page:
        charset = values.get("charset", "utf-8")
        try:
            query = urlencode(values, encoding=charset)
        except LookupError:
            query = urlencode(values)
        return self.send(query.encode())

    def call(self, method: str, biz: Any = None, **common: str) -> dict[str, Any]:
        values = self.values(method, biz, **common)
        charset = values.get("charset", "utf-8")
        values["sign"] = sign(self.key, text_of(values), charset, values["sign_type"])
        return self.read(self.send_values(values), method, charset, values["sign_type"])

    def read(
        self, page: Page, method: str, charset: str = "utf-8", sign_type: str = "RSA2"
    ) -> dict[str, Any]:
        """Return the content of an answer, after each SDK's way to its signed text was tried."""
        assert 200 == page.status
        text = page.body.decode(charset)
        root = f"{method.replace('.', '_')}_response"
        for cut in CUTS:
            signed, given = cut(text, root)
            assert self.is_signed(signed.encode(charset), given, sign_type), (cut, text)
        return json.loads(text)[root]

    def is_signed(self, text: bytes, given: str, sign_type: str = "RSA2") -> bool:
        key = public_key(self.house.public_key)
        how = hashes.SHA256() if sign_type == "RSA2" else hashes.SHA1()
        try:
            key.verify(base64.b64decode(given), text, PKCS1v15(), how)
        except InvalidSignature:
            return False
        return True


def cut_official(text: str, root: str) -> tuple[str, str]:
    """alipay-sdk-python: expressions."""
    begin = re.search(r'"[A-Za-z_]+_response"[ \t\n]*:[ \t\n]*\{', text)
    ends = list(re.finditer(r'\}[ \t\n]*,[ \t\n]*"sign"[ \t\n]*:[ \t\n]*"', text))
    assert begin is not None, text
    assert ends, text
    last = ends[-1]
    return text[begin.end() - 1 : last.start() + 1], text[last.end() : text.index('"', last.end())]


def cut_community(text: str, root: str) -> tuple[str, str]:
    """python-alipay-sdk: braces are counted, quotes are not seen."""
    start = end = text.index("{", text.index(root))
    depth = 1
    while depth:
        end += 1
        depth += {"{": 1, "}": -1}.get(text[end], 0)
    return text[start : end + 1], json.loads(text)["sign"]


def cut_npm(text: str, root: str) -> tuple[str, str]:
    """npm alipay-sdk."""
    rest = text[text.index(f'{root}"') + len(root) + 1 :]
    rest = rest[rest.index("{") :]
    rest = rest[: rest.rindex('"sign"')]
    return rest[: rest.rindex("}") + 1], json.loads(text)["sign"]


def cut_java(text: str, root: str) -> tuple[str, str]:
    """Java: a fixed distance, then the brace that matches, quotes respected."""
    start = text.index(root) + len(root) + 2
    depth, quoted, escaped = 0, False, False
    for end in range(start, len(text)):
        char = text[end]
        if char == '"' and not escaped:
            quoted = not quoted
        elif not quoted:
            depth += {"{": 1, "}": -1}.get(char, 0)
        escaped = char == "\\" and not escaped
        if not depth:
            break
    assert root not in text[end:]
    assert 1 == sum(isinstance(each, dict) for each in json.loads(text).values())
    return text[start : end + 1], json.loads(text)["sign"]


def cut_php(text: str, root: str) -> tuple[str, str]:
    """PHP: the same distance, then one before the last `"sign"`; old ones take the first."""
    start = text.index(root) + len(root) + 2
    last = text.rindex('"sign"') - 1
    assert text.index('"sign"') - 1 == last
    return text[start:last], json.loads(text)["sign"]


CUTS = (cut_official, cut_community, cut_npm, cut_java, cut_php)


def quoted(values: dict[str, str], charset: str = "utf-8") -> bytes:
    return "&".join(f"{k}={quote_plus(v, encoding=charset)}" for k, v in values.items()).encode()

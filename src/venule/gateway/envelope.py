"""The envelope of v2: the checks in the protocol's order, the use case, the signed answer.

The signature is verified here, in the process that took the request, never in the writer's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from venule.gateway.codes import MESSAGES, Family, wire_codes
from venule.gateway.errors import GatewayRefused
from venule.gateway.looking import Found
from venule.gateway.methods import METHODS, Method
from venule.gateway.model import Acting, App, AppState, Asked, Content
from venule.gateway.wire import aes, answers, signing
from venule.gateway.wire.business import read_object, shape
from venule.gateway.wire.money import is_near
from venule.gateway.wire.parameters import UTF8, Parameters
from venule.kit.errors import AppError, shorten

DRAWN_BYTES: Final = 24
"""Of a token: 192 random bits, 32 characters; the protocol has room for 40."""

CLOCKS_APART: Final = timedelta(hours=24)
SHOWN_CHARS_MAX: Final = 4_000
COMMON: Final = ("sign", "app_id", "sign_type", "timestamp", "version")
_MISSING: Final = {
    "sign": "isv.missing-signature",
    "app_id": "isv.missing-app-id",
    "sign_type": "isv.missing-signature-type",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
}
PROTOCOL: Final = frozenset(
    {
        "app_id", "method", "format", "charset", "sign_type", "sign", "timestamp", "version",
        "notify_url", "return_url", "app_auth_token", "auth_token", "encrypt_type", "app_cert_sn",
        "alipay_root_cert_sn", "alipay_sdk", "ws_service_url", "biz_content",
    }
)  # fmt: skip


class Checked(msgspec.Struct, frozen=True):
    """A request whose sender is known. encrypt: its key, if the content was encrypted."""

    app: App
    method: Method
    asked: Asked[Any]
    aes_key: bytes | None = None


def missing(values: Parameters) -> None:
    """Raises: GatewayRefused if what every request has is not there."""
    if not values.get("method"):
        raise GatewayRefused("40001", "isv.missing-method", "expected a method, seen none")
    for name in COMMON:
        if not values.get(name):
            raise GatewayRefused("40001", _MISSING[name], f"expected {name}, seen none")


def check_sender(values: Parameters, found: Found) -> App:
    """Return the application that has signed. Raises: GatewayRefused."""
    app = found.app
    if app is None or app.state is not AppState.ACTIVE:
        raise _wrong("isv.invalid-app-id", f"no application {shorten(values.get('app_id'))}")
    check_certificates(values.get("app_cert_sn"), values.get("alipay_root_cert_sn"), found)
    sign_type = values.get("sign_type")
    if sign_type not in (signing.RSA2, signing.RSA) or (sign_type == signing.RSA and not app.rsa1):
        raise _wrong("isv.invalid-signature-type", f"expected RSA2, seen {shorten(sign_type)}")
    if not app.keys:
        raise GatewayRefused(
            "40001", "isv.missing-signature-key", "the application has no public key yet"
        )
    if not is_signed(values, app, sign_type):
        text = signing.signed_text(values.values)
        raise _wrong("isv.invalid-signature", f"verified against: {text[:SHOWN_CHARS_MAX]}")
    return app


def is_signed(values: Parameters, app: App, sign_type: str) -> bool:
    """Say whether one of an application's keys has signed the request.

    If some value is empty, the text is tried with it as well: one SDK signs those.
    """
    texts = [signing.signed_text(values.values)]
    if "" in values.values.values():
        texts.append(signing.signed_text(values.values, empty=True))
    return any(
        signing.verify(
            signing.public_key(key), text.encode(values.charset), values.get("sign"), sign_type
        )
        for text in texts
        for key in app.keys
    )


def check_certificates(app_cert_sn: str, root_cert_sn: str, found: Found) -> None:
    """Raises: GatewayRefused if the serials are not those of the application and our root.

    An application in certificate mode must name its certificate; another one must not.
    """
    app = found.app
    assert app is not None
    if app_cert_sn != (app.cert_sn or ""):
        raise _wrong("isv.invalid-app-cert-sn", f"no certificate {shorten(app_cert_sn)}")
    root = "" if found.platform is None or not app.cert_sn else found.platform.root_cert_sn
    if root_cert_sn != root:
        raise _wrong("isv.invalid-alipay-root-cert-sn", f"no root {shorten(root_cert_sn)}")


def check_rest(
    values: Parameters,
    found: Found,
    app: App,
    now: datetime,
    base_url: str,
    open_aes: Callable[[bytes], bytes],
    draw: Callable[[int], str],
) -> Checked:
    """Check what comes after the signature, in order. Raises: GatewayRefused."""
    if not is_near(values.get("timestamp"), now, CLOCKS_APART):
        raise _wrong(
            "isv.invalid-timestamp",
            f"expected yyyy-MM-dd HH:mm:ss near now, seen {shorten(values.get('timestamp'))}",
        )
    if values.get("format").upper() not in ("", "JSON"):
        raise _wrong("isv.invalid-format", f"expected JSON, seen {values.get('format')}")
    if values.get("version") != "1.0":
        raise _wrong("isv.invalid-parameter", "expected version 1.0")
    method = METHODS.get(values.get("method"))
    if method is None:
        raise _wrong("isv.invalid-method", f"no method {shorten(values.get('method'))}")
    if method.permission not in app.products:
        raise GatewayRefused(
            "40006",
            "isv.insufficient-isv-permissions",
            f"expected an application with the product {method.permission.value}",
        )
    acting = acting_for(found, values.get("app_auth_token"))
    text, key = _plain(values, app, open_aes)
    members = outside_of(values) if method.outside else read_object(text or "{}")
    asked = Asked(
        acting,
        shape_request(members, method),
        method.name,
        values.get("notify_url"),
        values.get("return_url"),
        values.get("auth_token"),
        base_url,
        (draw(DRAWN_BYTES), draw(DRAWN_BYTES)) if method.drawn else ("", ""),
    )
    return Checked(app, method, asked, key)


def shape_request(members: dict[str, Any], method: Method) -> Any:
    """Return a request of a method. Raises: GatewayRefused."""
    try:
        return shape(members, method.request)
    except msgspec.ValidationError as error:
        prefix = "ACQ." if method.name.startswith("alipay.trade.") else ""
        raise GatewayRefused("40004", f"{prefix}INVALID_PARAMETER", str(error)) from None


def outside_of(values: Parameters) -> dict[str, str]:
    """Return a method's own parameters, of those beside `biz_content`."""
    return {k: v for k, v in values.values.items() if k not in PROTOCOL and v}


def acting_for(found: Found, token: str) -> Acting:
    """Return for whom the application acts. Raises: GatewayRefused."""
    app = found.app
    assert app is not None
    if token and (found.for_app is None or found.for_app.state is not AppState.ACTIVE):
        how = {"too old": "aop.app-auth-token-time-out"}
        sub_code = how.get(found.granted, "aop.invalid-app-auth-token")
        raise GatewayRefused("20001", sub_code, f"the token is {found.granted or 'not in force'}")
    whose = found.for_app or app
    return Acting(app.app_id, whose.app_id, whose.seller_id)


def _plain(
    values: Parameters, app: App, open_aes: Callable[[bytes], bytes]
) -> tuple[str, bytes | None]:
    """Return `biz_content` as it was before it was encrypted, and the key.

    Raises: GatewayRefused.
    """
    text = values.get("biz_content")
    kind = values.get("encrypt_type")
    if not kind:
        return text, None
    if kind != "AES":
        raise _wrong("isv.decryption-error-not-valid-encrypt-type", "expected AES")
    if app.aes_sealed is None:
        raise _wrong("isv.decryption-error-not-valid-encrypt-key", "no key is set")
    key = open_aes(app.aes_sealed)
    if not text:
        return text, key
    plain = aes.decrypt(key, text)
    if plain is None:
        raise _wrong("isv.decryption-error-unknown", "expected content encrypted with the key")
    try:
        return plain.decode(values.charset), key
    except UnicodeDecodeError:
        raise _wrong("isv.decryption-error-unknown", "expected text") from None


def _wrong(sub_code: str, detail: str) -> GatewayRefused:
    return GatewayRefused("40002", sub_code, detail)


# Answers


def told_error(error: AppError, method: Method | None, asked: Asked[Any] | None) -> Content:
    """Return the content of an answer that says no."""
    code, sub_code = wire_codes(error, Family.OTHER if method is None else method.family)
    detail = error.detail if isinstance(error, GatewayRefused) else error.message
    content = {
        "code": code,
        "msg": MESSAGES[code],
        "sub_code": sub_code,
        "sub_msg": detail,
    }
    number = getattr(asked.request, "out_trade_no", "") if asked is not None else ""
    return content | ({"out_trade_no": number} if number else {})


class Signer(msgspec.Struct, frozen=True):
    """What answers are signed with. cert_sn: of the platform's certificate."""

    key: RSAPrivateKey
    cert_sn: str


def write_answer(
    content: Content,
    signer: Signer,
    *,
    method: str,
    charset: str = UTF8,
    sign_type: str = signing.RSA2,
    certified: bool = False,
    aes_key: bytes | None = None,
) -> bytes:
    """Return the bytes of an answer, signed.

    certified: the request was in certificate mode. aes_key: encrypt the content with it.
    """
    body = answers.write_content(content, charset)
    if aes_key is not None:
        body = b'"' + aes.encrypt(aes_key, body).encode() + b'"'
    how = sign_type if sign_type in (signing.RSA, signing.RSA2) else signing.RSA2
    return answers.write_answer(
        answers.root_of(method),
        body,
        lambda text: signing.sign(signer.key, text, how),
        signer.cert_sn if certified else "",
    )

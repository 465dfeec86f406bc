"""v3: the same methods by path. Real statuses, and a signature in the headers of every answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from venule.gateway import envelope
from venule.gateway.codes import Family, wire_codes
from venule.gateway.errors import GatewayRefused
from venule.gateway.gateway import Gateway, Page, Request
from venule.gateway.looking import Found, LookUp, look_up
from venule.gateway.methods import METHODS, Method
from venule.gateway.model import App, AppState, Asked, Content, Order, Voucher
from venule.gateway.nonces import SeeNonce, see_nonce
from venule.gateway.wire import aes, answers, rest, signing
from venule.gateway.wire.business import read_object
from venule.gateway.wire.parameters import (
    PARAMETERS_MAX,
    REQUEST_BYTES_MAX,
    read_multipart,
    read_parameters,
)
from venule.gateway.wire.rest import Authorization, refused
from venule.kit.errors import AppError
from venule.kit.time import from_us, to_us

CLOCKS_APART: Final = timedelta(minutes=10)
JSON: Final = "application/json;charset=utf-8"
STATUSES: Final = {
    "missing-authorization": 401,
    "invalid-authorization": 401,
    "invalid-app-id": 401,
    "invalid-signature": 401,
    "invalid-timestamp": 401,
    "invalid-app-auth-token": 401,
    "invalid-auth-token": 401,
    "access-forbidden": 403,
    "unknown-api": 404,
    "request-limited": 429,
    "system-error": 500,
}
_OF_V2: Final = {
    "aop.invalid-auth-token": "invalid-auth-token",
    "aop.auth-token-time-out": "invalid-auth-token",
    "aop.invalid-app-auth-token": "invalid-app-auth-token",
    "aop.app-auth-token-time-out": "invalid-app-auth-token",
    "isv.insufficient-isv-permissions": "access-forbidden",
    "isv.invalid-app-id": "invalid-app-id",
    "isv.invalid-app-cert-sn": "invalid-authorization",
    "isv.invalid-alipay-root-cert-sn": "invalid-authorization",
}


class Rest:
    """Answers requests of v3."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def answer(self, request: Request) -> Page:
        """Answer a request: signed, whatever it says."""
        path, _, query = request.target.partition("?")
        headers = request.headers
        found = Found(None, None)
        key: bytes | None = None
        status, content = 200, b""
        try:
            auth: Authorization | None = None
            try:
                auth = rest.read_authorization(headers.get("authorization", ""))
            finally:
                app_id = "" if auth is None else auth.app_id
                token = headers.get("alipay-app-auth-token", "")
                found = await self._gateway.door.aread(look_up, LookUp(app_id, token))
            app = await self._sender(request, auth, found)
            method = METHODS.get(rest.method_of(path))
            if method is None or method.page:
                raise refused("unknown-api", "expected the path of a method")
            if method.permission not in app.products:
                raise refused("access-forbidden", f"no product {method.permission.value}")
            acting = envelope.acting_for(found, token)
            text, key = self._plain(request, app)
            members = self._members(text, query.encode("latin-1"))
            asked = self._asked(method, acting, members)
            told = await self._gateway.carry_out(method, asked)
            assert not isinstance(told, Order | Voucher)
            content = self._content(told)
            if key is not None:
                content = aes.encrypt(key, content).encode()
        except AppError as error:
            key = None
            status, content = self._refusal(error, path)
        return self._page(status, content, found, encrypted=key is not None)

    async def _sender(self, request: Request, auth: Authorization, found: Found) -> App:
        """Return the application that has signed. Raises: GatewayRefused."""
        app = found.app
        if app is None or app.state is not AppState.ACTIVE:
            raise refused("invalid-app-id", "no such application")
        root = request.headers.get("alipay-root-cert-sn", "")
        envelope.check_certificates(auth.app_cert_sn, root, found)
        if len(request.body) > REQUEST_BYTES_MAX:
            raise refused("isv.invalid-parameter", "the body is too long")
        # An SDK that is told an address with a path signs its own part alone, or all of it.
        targets = dict.fromkeys((request.target, request.root + request.target))
        texts = [
            rest.signed_request(
                auth.text,
                request.http_method,
                target,
                _signed_body(request),
                request.headers.get("alipay-app-auth-token", ""),
            )
            for target in targets
        ]
        if not any(
            signing.verify(signing.public_key(key), text, auth.sign)
            for key in app.keys
            for text in texts
        ):
            shown = texts[0][: envelope.SHOWN_CHARS_MAX].decode("utf-8", "replace")
            raise refused("invalid-signature", f"verified against: {shown}")
        now = self._gateway.clock.now()
        at = from_us(auth.timestamp_ms * 1_000)
        span = CLOCKS_APART
        if auth.expired_s is not None:
            span = min(span, timedelta(seconds=auth.expired_s))
        if not now - span <= at <= now + CLOCKS_APART:
            raise refused("invalid-timestamp", f"expected a time within {span} of now")
        until = to_us(at + 2 * CLOCKS_APART)
        fresh = await self._gateway.door.acall(see_nonce, SeeNonce(app.app_id, auth.nonce, until))
        if not fresh:
            raise refused("invalid-authorization", "the nonce was seen before")
        return app

    def _plain(self, request: Request, app: App) -> tuple[str, bytes | None]:
        """Return the body's text, and the key if it was encrypted. Raises: GatewayRefused."""
        body = _signed_body(request)
        kind = request.headers.get("alipay-encrypt-type", "")
        key = None
        if kind:
            if kind != "AES" or app.aes_sealed is None:
                raise refused("isv.decryption-error-not-valid-encrypt-key", "no key is set")
            key = self._gateway.open_aes(app.aes_sealed)
            if body:
                plain = aes.decrypt(key, body.decode("latin-1"))
                if plain is None:
                    raise refused("isv.decryption-error-unknown", "another key")
                body = plain
        try:
            return body.decode(), key
        except UnicodeDecodeError:
            raise refused("isv.invalid-charset", "expected UTF-8") from None

    def _members(self, text: str, query: bytes) -> dict[str, Any]:
        values = read_parameters(query, b"").values
        members: dict[str, Any] = {name: value for name, value in values.items() if value}
        for name, value in members.items():
            if value[:1] in "[{":  # lists and objects in a query string are JSON
                members[name] = read_object(f'{{"v":{value}}}').get("v")
        if text:
            members |= read_object(text)
        if len(members) > PARAMETERS_MAX:
            raise refused("isv.invalid-parameter", "too many fields")
        return members

    def _asked(self, method: Method, acting: Any, members: dict[str, Any]) -> Asked[Any]:
        def said(name: str) -> str:
            value = members.pop(name, "")
            return value if isinstance(value, str) else ""

        notify_url, return_url, token = said("notify_url"), said("return_url"), said("auth_token")
        drawn = ("", "")
        if method.drawn:
            draw = self._gateway.draw
            drawn = (draw(envelope.DRAWN_BYTES), draw(envelope.DRAWN_BYTES))
        return Asked(
            acting,
            envelope.shape_request(members, method),
            method.name,
            notify_url,
            return_url,
            token,
            self._gateway.base_url,
            drawn,
        )

    def _content(self, told: Content) -> bytes:
        said = {name: value for name, value in told.items() if name not in ("code", "msg")}
        return answers.write_content(said, "utf-8")

    def _refusal(self, error: AppError, path: str) -> tuple[int, bytes]:
        method = METHODS.get(rest.method_of(path))
        family = Family.OTHER if method is None else method.family
        code, name = wire_codes(error, family)
        if code == "20000":
            name = "system-error"
        name = _OF_V2.get(name, name)
        detail = error.detail if isinstance(error, GatewayRefused) else error.message
        said = {"code": name, "message": detail}
        return STATUSES.get(name, 400), answers.write_content(said, "utf-8")

    def _page(self, status: int, body: bytes, found: Found, *, encrypted: bool) -> Page:
        gateway = self._gateway
        signer = gateway.signer(found.platform)
        timestamp = str(to_us(gateway.clock.now()) // 1_000)
        nonce = gateway.draw(16)
        text = rest.signed_answer(timestamp, nonce, body)
        headers = {
            "alipay-timestamp": timestamp,
            "alipay-nonce": nonce,
            "alipay-signature": signing.sign(signer.key, text),
            "alipay-trace-id": nonce,
        }
        if found.app is not None and found.app.cert_sn:
            headers["alipay-sn"] = signer.cert_sn
        return Page(body, status, "text/plain" if encrypted else JSON, headers)


def _signed_body(request: Request) -> bytes:
    """Return what of a body is signed: all of it, or the field `data` of a form with files."""
    if not request.content_type.lower().startswith("multipart/form-data"):
        return request.body
    boundary = request.content_type.rpartition("boundary=")[2].strip('"').encode("latin-1")
    fields = dict(read_multipart(request.body, boundary))
    return fields.get(b"data", b"")

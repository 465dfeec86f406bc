"""The gateway as a process has it: takes requests' bytes, gives answers' bytes.

It reads who calls, verifies and signs here, and leaves to the writer what must be durable.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from venule.gateway import envelope
from venule.gateway.cashier_pages import render
from venule.gateway.errors import GatewayNotSetUp, GatewayRefused
from venule.gateway.looking import Found, LookUp, look_up
from venule.gateway.methods import METHODS, Method
from venule.gateway.model import Asked, Content, Order, PlatformKey, Voucher
from venule.gateway.wire import signing
from venule.gateway.wire.answers import is_method
from venule.gateway.wire.parameters import Parameters, guess_parameter, read_parameters
from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.kit.time import Clock
from venule.kit.vault import Vault

RSA_PURPOSE: Final = "gateway rsa"
ROOT_PURPOSE: Final = "gateway root"
AES_PURPOSE: Final = "gateway aes"
MD5_PURPOSE: Final = "gateway md5"
FORM: Final = "application/x-www-form-urlencoded"


class Page(msgspec.Struct, frozen=True):
    """What goes back: an answer, a page or a redirect."""

    body: bytes
    status: int = 200
    content_type: str = "text/html;charset=utf-8"
    headers: dict[str, str] = {}


class Request(msgspec.Struct, frozen=True):
    """What came: nothing of it is trusted. target: path and query as they stood, without the
    path that the gateway is mounted at, which is `root`.
    """

    query: bytes
    body: bytes
    content_type: str = FORM
    http_method: str = "POST"
    target: str = ""
    headers: dict[str, str] = {}
    root: str = ""


class KeyRing:
    """Opens what signs and encrypts: for whoever answers, and for whoever notifies."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._signers: dict[int, envelope.Signer] = {}

    def signer(self, platform: PlatformKey | None) -> envelope.Signer:
        """Return what answers are signed with. Raises: GatewayNotSetUp, VaultSealBroken."""
        if platform is None:
            raise GatewayNotSetUp
        known = self._signers.get(platform.id)
        if known is None:
            key = load_private(self.vault.open(RSA_PURPOSE, platform.sealed))
            known = self._signers[platform.id] = envelope.Signer(key, platform.cert_sn)
        return known

    def open_aes(self, sealed: bytes) -> bytes:
        """Return an application's AES key."""
        return self.vault.open(AES_PURPOSE, sealed)

    def open_md5(self, sealed: bytes) -> str:
        """Return a partner's key in the classic interface."""
        return self.vault.open(MD5_PURPOSE, sealed).decode()


class Gateway(KeyRing):
    """One of each process that serves merchants. `base_url`: where people reach it."""

    def __init__(
        self,
        door: Door,
        clock: Clock,
        vault: Vault,
        *,
        base_url: str,
        sandbox: bool = False,
        draw: Callable[[int], str] = secrets.token_urlsafe,
        draw_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """draw: gives a random text of so many bytes: for codes and tokens; draw_bytes: keys."""
        super().__init__(vault)
        self.door = door
        self.clock = clock
        self.base_url = base_url.rstrip("/")
        self.root = urlsplit(self.base_url).path  # what stands before every path of the pages
        self.sandbox = sandbox
        self.draw = draw
        self.draw_bytes = draw_bytes

    # v2

    async def v2(self, request: Request) -> Page:
        """Answer a request of v2: always with status 200, always signed."""
        try:
            values = read_parameters(request.query, request.body, request.content_type)
        except GatewayRefused as error:
            guess = guess_parameter("method", request.query, request.body)
            return await self._unreadable(error, guess)
        found = await self.door.aread(
            look_up, LookUp(values.get("app_id"), values.get("app_auth_token"))
        )
        method = METHODS.get(values.get("method"))
        checked: envelope.Checked | None = None
        try:
            envelope.missing(values)
            app = envelope.check_sender(values, found)
            checked = envelope.check_rest(
                values, found, app, self.clock.now(), self.base_url, self.open_aes, self.draw
            )
            answer = await self.carry_out(checked.method, checked.asked)
        except AppError as error:
            asked = None if checked is None else checked.asked
            content = envelope.told_error(error, method, asked)
            if method is not None and method.page:
                return error_page(content)
            key = None if checked is None else checked.aes_key
            return self._answer(values, found, content, key)
        if isinstance(answer, Order | Voucher):
            place = "cashier" if isinstance(answer, Order) else "freeze"
            return Page(b"", 302, headers={"location": f"{self.root}/{place}/{answer.token}"})
        return self._answer(values, found, answer, checked.aes_key)

    async def carry_out(self, method: Method, asked: Asked[Any]) -> Content | Order | Voucher:
        """Carry out a verified request; a fault of ours is told and answered as such."""
        try:
            if method.reads:
                return await self.door.aread(method.fn, asked)
            return await self.door.acall(method.fn, asked)
        except AppError:
            raise
        except Exception as error:
            structlog.get_logger().exception("gateway.broke", method=method.name)
            raise GatewayRefused("20000", "isp.unknow-error", type(error).__name__) from error

    def _answer(
        self, values: Parameters, found: Found, content: Content, aes_key: bytes | None
    ) -> Page:
        # SHA-1 is used for applications that were let, and for nobody else's text.
        rsa1 = found.app is not None and found.app.rsa1
        sign_type = values.get("sign_type") if rsa1 else signing.RSA2
        body = envelope.write_answer(
            content,
            self.signer(found.platform),
            method=values.get("method"),
            charset=values.charset,
            sign_type=sign_type,
            certified=found.app is not None and found.app.cert_sn is not None,
            aes_key=aes_key,
        )
        return Page(body, content_type=f"text/html;charset={values.charset}")

    async def _unreadable(self, error: GatewayRefused, method: str) -> Page:
        found = await self.door.aread(look_up, LookUp(""))
        named = Parameters({"method": method if is_method(method) else ""})
        content = envelope.told_error(error, None, None)
        return self._answer(named, found, content, None)


def load_private(der: bytes) -> RSAPrivateKey:
    """Return a private key from its PKCS#8."""
    key = serialization.load_der_private_key(der, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def error_page(content: Content) -> Page:
    """Return the page that a browser sees when a page method is refused."""
    return Page(render("refused.html.j2", **content).encode())

"""Applications: what a merchant or an operator sets of them, and what a request is checked by."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from venule.gateway import app_store
from venule.gateway.errors import GatewayAppUnknown, GatewayNotSetUp, KeyUnfit
from venule.gateway.fields import plain_of
from venule.gateway.following import start_following
from venule.gateway.model import (
    KEYS_MAX,
    App,
    AppState,
    Permission,
    PlatformKey,
)
from venule.gateway.numbers import APP_PREFIX, short_number
from venule.gateway.users import DRAWS_MAX, number_of
from venule.gateway.wire.signing import KEY_BITS_MIN, KEY_BITS_MIN_RSA, bare_key
from venule.ledger import Tx
from venule.members import MemberId, member

APP_DIGITS: Final = 12
NAME_CHARS_MAX: Final = 64
STANDARD: Final = [
    Permission.TRADE,
    Permission.SETTLE,
    Permission.ACCOUNT,
    Permission.FREEZE,
    Permission.BILL,
    Permission.OAUTH,
    Permission.APP_AUTH,
    Permission.CERT,
]
"""What an application may call from the beginning: all but moving the merchant's own money away."""


class NewPlatformKey(msgspec.Struct, frozen=True):
    """A key and certificates that were made outside, sealed."""

    public_key: str
    sealed: bytes
    root_cert: str
    root_cert_sn: str
    root_sealed: bytes
    cert: str
    cert_sn: str


class NewApp(msgspec.Struct, frozen=True):
    """An application to be. public_key: as the merchant pasted it."""

    seller_id: MemberId
    name: str
    public_key: str = ""
    products: list[Permission] = msgspec.field(default_factory=lambda: list(STANDARD))
    partner_app_id: UUID | None = None


class SetKeys(msgspec.Struct, frozen=True):
    """Public keys that an application signs with: two while they change."""

    app_id: str
    public_keys: list[str]


class SetApp(msgspec.Struct, frozen=True):
    """What an operator or a merchant sets of an application; None: as it is."""

    app_id: str
    state: AppState | None = None
    products: list[Permission] | None = None
    redirects: list[str] | None = None
    rsa1: bool | None = None
    aes_sealed: bytes | None = None


class LetClassicIn(msgspec.Struct, frozen=True):
    """An operator lets an application use the classic interface. md5_sealed: its key, sealed."""

    app_id: str
    md5_sealed: bytes


class SetCertificate(msgspec.Struct, frozen=True):
    """A certificate that was issued for an application: from now on it calls in that mode."""

    app_id: str
    cert: str
    cert_sn: str
    public_key: str


def add_platform_key(tx: Tx, command: NewPlatformKey) -> PlatformKey:
    """Keep a key of the gateway; it signs from now on."""
    last = app_store.last_key(tx.sql)
    made = PlatformKey(
        1 if last is None else last.id + 1,
        command.public_key,
        command.sealed,
        command.root_cert,
        command.root_cert_sn,
        command.root_sealed,
        command.cert,
        command.cert_sn,
        tx.now,
    )
    app_store.insert_key(tx.sql, made)
    start_following(tx)
    return made


def platform_key(tx: Tx) -> PlatformKey:
    """Return what the gateway signs with. Raises: GatewayNotSetUp."""
    found = app_store.last_key(tx.sql)
    if found is None:
        raise GatewayNotSetUp
    return found


def platform_keys(tx: Tx) -> list[PlatformKey]:
    """Return all the gateway has signed with, the newest first."""
    return app_store.load_keys(tx.sql)


def register_app(tx: Tx, command: NewApp) -> App:
    """Open an application for a seller; one that the room partners knows is opened once.

    Raises: WireFieldWrong, MemberUnknown, KeyUnfit.
    """
    name = plain_of("name", command.name, NAME_CHARS_MAX)
    seller = member(tx, command.seller_id)
    keys = [bare_key(command.public_key)] if command.public_key else []
    if command.partner_app_id is not None:
        first = app_store.find_app_of_partners(tx.sql, command.partner_app_id)
        if first is not None:
            return first
    number_of(tx, seller.id)
    for _ in range(DRAWS_MAX):
        app_id = short_number(APP_PREFIX, tx.new_id(), APP_DIGITS)
        made = App(
            app_id,
            seller.id,
            name,
            AppState.ACTIVE,
            keys,
            list(dict.fromkeys(command.products)),
            tx.now,
            partner_app_id=command.partner_app_id,
        )
        if app_store.insert_app(tx.sql, made):
            tx.emit("gateway.app_registered", seller.id, {"app_id": app_id})
            return made
    raise AssertionError("every number drawn is taken")


def app(tx: Tx, app_id: str) -> App:
    """Return an application. Raises: GatewayAppUnknown."""
    found = app_store.load_app(tx.sql, app_id)
    if found is None:
        raise GatewayAppUnknown(app_id)
    return found


def apps_of(tx: Tx, seller_id: MemberId) -> list[App]:
    """Return a seller's applications."""
    return app_store.load_apps(tx.sql, seller_id)


def app_by_partner(tx: Tx, partner: str) -> App:
    """Return the application that the classic interface knows so. Raises: GatewayAppUnknown."""
    found = app_store.find_app_by_partner(tx.sql, partner)
    if found is None:
        raise GatewayAppUnknown(partner)
    return found


def set_keys(tx: Tx, command: SetKeys) -> App:
    """Put other public keys in force. Raises: GatewayAppUnknown, KeyUnfit."""
    before = app(tx, command.app_id)
    if not 1 <= len(command.public_keys) <= KEYS_MAX:
        raise KeyUnfit(f"1 to {KEYS_MAX} keys", f"{len(command.public_keys)} keys")
    bits = KEY_BITS_MIN_RSA if before.rsa1 else KEY_BITS_MIN
    keys = list(dict.fromkeys(bare_key(each, bits) for each in command.public_keys))
    return _save(tx, replace(before, keys=keys))


def set_app(tx: Tx, command: SetApp) -> App:
    """Set what an application may do. Raises: GatewayAppUnknown."""
    before = app(tx, command.app_id)
    wanted = {
        "state": command.state,
        "products": command.products,
        "redirects": command.redirects,
        "rsa1": command.rsa1,
        "aes_sealed": command.aes_sealed,
    }
    return _save(tx, replace(before, **{k: v for k, v in wanted.items() if v is not None}))


def let_classic_in(tx: Tx, command: LetClassicIn) -> App:
    """Let an application use the classic interface, under its seller's number.

    Raises: GatewayAppUnknown, KeyUnfit if another application of the seller is in already.
    """
    before = app(tx, command.app_id)
    partner = number_of(tx, before.seller_id)
    other = app_store.find_app_by_partner(tx.sql, partner)
    if other is not None and other.app_id != before.app_id:
        raise KeyUnfit("one application of a seller in the classic interface", other.app_id)
    return _save(tx, replace(before, partner=partner, md5_sealed=command.md5_sealed))


def set_certificate(tx: Tx, command: SetCertificate) -> App:
    """Put an application's certificate in force. Raises: GatewayAppUnknown."""
    before = app(tx, command.app_id)
    keys = [bare_key(command.public_key)]
    return _save(tx, replace(before, cert=command.cert, cert_sn=command.cert_sn, keys=keys))


def _save(tx: Tx, after: App) -> App:
    app_store.save_app(tx.sql, after, tx.now_us)
    return after

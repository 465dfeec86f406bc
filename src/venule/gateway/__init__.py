"""The wire protocols of merchants' existing SDKs, over guaranteed trade and the wallet.

A shop changes the gateway address, its keys and its application id, and sells. What is spoken is
the open platform's interface as its SDKs speak it: v2 with signed forms, v3 with signed headers,
and the classic interface of 2013 for guaranteed trade. Requests are verified, and answers signed,
in the process that takes them; what moves money is done by escrow and the wallet, in one
transaction with what the wire keeps of it.
"""

from venule.gateway.api import mounts, routes
from venule.gateway.applications import (
    LetClassicIn,
    NewApp,
    NewPlatformKey,
    SetApp,
    SetCertificate,
    SetKeys,
    add_platform_key,
    app,
    apps_of,
    let_classic_in,
    platform_key,
    platform_keys,
    register_app,
    set_app,
    set_certificate,
    set_keys,
)
from venule.gateway.buyers import AccessBuyers, Buyers, SandboxBuyers
from venule.gateway.dispatcher import (
    NOTICE_TIMEOUT_S,
    NOTICES_AT_ONCE,
    NoticeDispatcher,
    merchants_policy,
    post_over,
)
from venule.gateway.errors import (
    GatewayAppUnknown,
    GatewayNotSetUp,
    GatewayRefused,
    GrantInvalid,
    KeyUnfit,
    NoticeUnknown,
    NotInSandbox,
    PaymentCodeInvalid,
    WireFieldWrong,
    WireOrderUnknown,
    WireRequestReused,
    WireUserDiffers,
    WireUserUnknown,
)
from venule.gateway.gateway import AES_PURPOSE, MD5_PURPOSE, Gateway, KeyRing
from venule.gateway.jobs import clean_gateway, follow_events
from venule.gateway.merchants_api import merchant_routes
from venule.gateway.methods import METHODS
from venule.gateway.model import App, AppState, Notice, NoticeState, Permission, PlatformKey
from venule.gateway.notifying import (
    SendAgain,
    failed_notices,
    next_notice_at,
    notices_of,
    send_again,
)
from venule.gateway.platform import issue_for, make_platform, ready
from venule.gateway.proofs import check
from venule.gateway.sandbox import sandbox_routes
from venule.gateway.store import MIGRATIONS
from venule.gateway.use_cases import COMMANDS, READERS

__all__ = [
    "AES_PURPOSE",
    "COMMANDS",
    "MD5_PURPOSE",
    "METHODS",
    "MIGRATIONS",
    "NOTICES_AT_ONCE",
    "NOTICE_TIMEOUT_S",
    "READERS",
    "AccessBuyers",
    "App",
    "AppState",
    "Buyers",
    "Gateway",
    "GatewayAppUnknown",
    "GatewayNotSetUp",
    "GatewayRefused",
    "GrantInvalid",
    "KeyRing",
    "KeyUnfit",
    "LetClassicIn",
    "NewApp",
    "NewPlatformKey",
    "NotInSandbox",
    "Notice",
    "NoticeDispatcher",
    "NoticeState",
    "NoticeUnknown",
    "PaymentCodeInvalid",
    "Permission",
    "PlatformKey",
    "SandboxBuyers",
    "SendAgain",
    "SetApp",
    "SetCertificate",
    "SetKeys",
    "WireFieldWrong",
    "WireOrderUnknown",
    "WireRequestReused",
    "WireUserDiffers",
    "WireUserUnknown",
    "add_platform_key",
    "app",
    "apps_of",
    "check",
    "clean_gateway",
    "failed_notices",
    "follow_events",
    "issue_for",
    "let_classic_in",
    "make_platform",
    "merchant_routes",
    "merchants_policy",
    "mounts",
    "next_notice_at",
    "notices_of",
    "platform_key",
    "platform_keys",
    "post_over",
    "ready",
    "register_app",
    "routes",
    "sandbox_routes",
    "send_again",
    "set_app",
    "set_certificate",
    "set_keys",
]

"""Codes of an authenticator app: RFC 6238, six digits every 30 s, HMAC-SHA-1 as apps have it."""

from __future__ import annotations

import hmac
from base64 import b32encode
from datetime import datetime
from typing import Final

from pyotp import TOTP

from venule.access.rules import plain_code
from venule.kit.time import to_us

PERIOD_S: Final = 30
DIGITS: Final = 6
SEED_BYTES: Final = 20
"""160 bits. Source: RFC 4226, section 4, R6."""

STEPS_AROUND: Final = 1
"""Steps before and after that are accepted: clocks differ. Source: RFC 6238, section 5.2."""


def seed_text(seed: bytes) -> str:
    """Return a seed as a person types it into an app."""
    return b32encode(seed).decode()


def provisioning_uri(seed: bytes, name: str, issuer: str) -> str:
    """Return what the app reads from a QR code."""
    return _totp(seed).provisioning_uri(name=name, issuer_name=issuer)


def code_at(seed: bytes, step: int) -> str:
    """Return the code of a time-step."""
    return _totp(seed).generate_otp(step)


def step_at(now: datetime) -> int:
    """Return the time-step of an instant."""
    return to_us(now) // (PERIOD_S * 1_000_000)


def matching_step(seed: bytes, code: str, now: datetime) -> int | None:
    """Return the latest time-step around now that a code is of, or None. All are compared."""
    seen = plain_code(code).encode()
    found = None
    now_step = step_at(now)
    for step in range(now_step - STEPS_AROUND, now_step + STEPS_AROUND + 1):
        if hmac.compare_digest(code_at(seed, step).encode(), seen):
            found = step
    return found


def _totp(seed: bytes) -> TOTP:
    return TOTP(seed_text(seed), digits=DIGITS, interval=PERIOD_S)

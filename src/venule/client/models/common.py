# Made from the description of the API by `make pages`; do not edit.
"""Structs of more than one group."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.shapes import Struct, Word


class KeyAlg(Word):
    """How a key signs: Ed25519 (RFC 8032), or ECDSA with P-256 and SHA-256 (RFC 7518, 3.4)."""

    ED25519 = "ed25519"
    ES256 = "es256"


class KeyUse(Word):
    """What a key signs: whole requests (RFC 9421), or assertions of a client (RFC 7523)."""

    ASSERTION = "assertion"
    REQUEST = "request"


class MembersLimitRule(Word):
    """What a tier's limit counts. Amounts are fen; days and years are China's civil ones.

    balance_out_lifetime: payments, transfers, investments and withdrawals since the first
    day on which any limit is in force. balance_out_year, balance_out_day: the same without
    withdrawals to the member's own bank account. investment_single: one purchase of an
    investment product.
    """

    BALANCE_OUT_DAY = "balance_out_day"
    BALANCE_OUT_LIFETIME = "balance_out_lifetime"
    BALANCE_OUT_YEAR = "balance_out_year"
    INVESTMENT_SINGLE = "investment_single"


class Amount(Struct, frozen=True, kw_only=True):
    """An exact sum as text, and its currency (ISO 4217)."""

    amount: str
    currency: str = "CNY"


class ApplicationKeyView(Struct, frozen=True, kw_only=True):
    """A public key. id: what `keyid` and `kid` name."""

    id: UUID
    use: KeyUse
    alg: KeyAlg
    not_before: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    added_at: dt.datetime


class BatchView(Struct, frozen=True, kw_only=True):
    """What a batch did."""

    count: int
    total: Amount


class Paid(Struct, frozen=True, kw_only=True):
    """An exact sum above zero, in yuan, with at most two decimals."""

    amount: str
    currency: str

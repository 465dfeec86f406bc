"""The room's codes in the chart of accounts, and why it moves money."""

from __future__ import annotations

from enum import IntEnum


class EscrowAccountCode(IntEnum):
    """The chart of accounts: money of clients that stands between two of them."""

    ESCROW_HELD = 2080
    ESCROW_UNSETTLED = 2090


class EscrowTransferCode(IntEnum):
    """Why money moved: this room has 300 to 319."""

    ESCROW_PAID = 300
    INSTANT_PAID = 301
    PAID_FOR_SETTLEMENT = 302
    ESCROW_RELEASED = 303
    RELEASED_FOR_SETTLEMENT = 304
    TRADE_FEE = 305
    TRADE_FEE_RETURNED = 306
    ESCROW_REFUNDED = 307
    TRADE_REFUNDED = 308
    ROYALTY_PAID = 309
    ROYALTY_RETURNED = 310
    SETTLED = 311
    ESCROW_AWARDED = 312
    PREAUTH_HELD = 313
    PREAUTH_PAID = 314
    PREAUTH_RELEASED = 315

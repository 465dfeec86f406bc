"""Products: what a trade's terms are. Spans named `..._s` are seconds."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final

import msgspec

PPM: Final = 1_000_000
STANDARD: Final = "standard"
"""The product that is there from the beginning."""


class FeeOnRefund(Enum):
    """Whether the seller has the fee back for what is refunded after the seller was paid."""

    RETURNED = "returned"
    KEPT = "kept"


class RefundTo(Enum):
    """Where refunds go: into the wallet, or the part that was paid from a fund back into it."""

    WALLET = "wallet"
    SOURCE = "source"


class Silence(Enum):
    """What a seller's silence on a wish for a refund of shipped goods means."""

    DISPUTE = "dispute"
    AGREE = "agree"


DAY_S: Final = 86_400


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a product fixes; a trade keeps the terms of the day it was created.

    fee_ppm: what the seller pays us of what it is paid, half up to the fen. ship_days: bank
    business days; the last one ends at midnight in China. confirm_..._s: from shipping to the
    automatic confirmation. extension_s: what the buyer may add to it, once. ..._refund_s: how long
    after it was paid or released a trade can be refunded; 0: it can't. settle_s: how long what is
    kept for settlement is kept. two_people_minor: above it a ruling needs a second operator.
    """

    fee_ppm: int = 6_000
    fee_on_refund: FeeOnRefund = FeeOnRefund.RETURNED
    refund_to: RefundTo = RefundTo.SOURCE
    silence: Silence = Silence.DISPUTE
    pay_s: int = 15 * DAY_S
    ship_days: int = 7
    confirm_express_s: int = 10 * DAY_S
    confirm_post_s: int = 30 * DAY_S
    confirm_virtual_s: int = 3 * DAY_S
    extension_s: int = 3 * DAY_S
    answer_unshipped_s: int = 2 * DAY_S
    answer_shipped_s: int = 5 * DAY_S
    dispute_s: int = 7 * DAY_S
    send_back_s: int = 7 * DAY_S
    receive_s: int = 10 * DAY_S
    appeal_s: int = 7 * DAY_S
    guaranteed_refund_s: int = 0
    instant_refund_s: int = 365 * DAY_S
    settle_s: int = 90 * DAY_S
    freeze_s: int = 30 * DAY_S
    two_people_minor: int = 500_000


class Product(msgspec.Struct, frozen=True):
    """A version of a product's terms. `id`: what trades name it by."""

    id: int
    name: str
    version: int
    terms: Terms
    set_at: datetime

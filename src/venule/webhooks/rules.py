"""When a message is sent again, when it is given up, and who is not called for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Final
from uuid import UUID

from venule.webhooks.errors import EventTypeUnknown, OverlapOutOfRange
from venule.webhooks.model import OVERLAP_S_MAX

SECOND_US: Final = 1_000_000
MINUTE_S: Final = 60
HOUR_S: Final = 3_600

DELAYS_S: Final[tuple[int, ...]] = (
    5,
    MINUTE_S,
    5 * MINUTE_S,
    30 * MINUTE_S,
    2 * HOUR_S,
    5 * HOUR_S,
    10 * HOUR_S,
    14 * HOUR_S,
    18 * HOUR_S,
    22 * HOUR_S,
)
"""From a failed attempt to the next one: 11 attempts within 3 days, as Standard Webhooks advises
(specification 1.0, "Deliverability and reliability")."""

ROUND_S: Final = 72 * HOUR_S
"""No attempt is made later than this after the first one."""

JITTER_PERMILLE: Final = 100
"""A delay is shortened by up to a tenth, so that what failed together does not come together."""

RETRY_AFTER_S_MAX: Final = 6 * HOUR_S
RETRY_AFTER_STATUSES: Final = frozenset({429, 503})
GONE: Final = 410

REST_S_MAX: Final = 5 * MINUTE_S
GIVEN_UP_AFTER_S: Final = 5 * 24 * HOUR_S
"""An endpoint that has taken nothing for so long is disabled."""

LEASE_US: Final = 90 * SECOND_US
"""A claimed delivery of which nothing is heard is sent again after this."""

WINDOW: Final = 16
"""Deliveries on their way to one endpoint at a time; 1 while it is failing."""

KEPT_DELIVERED_S: Final = 30 * 24 * HOUR_S
KEPT_DEAD_S: Final = 90 * 24 * HOUR_S


def is_success(status: int) -> bool:
    """Whether a message counts as received."""
    return 200 <= status < 300


def next_due_us(
    delivery_id: UUID, tries: int, begun_us: int, now_us: int, retry_after_s: int | None
) -> int | None:
    """Return when a message whose last attempt failed is sent again; None: it is given up.

    tries: attempts of this round so far. retry_after_s: what the other side asked for; it can make
    the next attempt later, by `RETRY_AFTER_S_MAX` at most. The last attempt is at the end of
    `ROUND_S` at the latest.
    """
    end_us = begun_us + ROUND_S * SECOND_US
    if is_exhausted(tries) or now_us >= end_us:
        return None
    delay_us = DELAYS_S[tries - 1] * SECOND_US
    delay_us -= delay_us * _draw(delivery_id, tries) // 1_000
    if retry_after_s is not None:
        delay_us = max(delay_us, min(retry_after_s, RETRY_AFTER_S_MAX) * SECOND_US)
    return min(now_us + delay_us, end_us)


def is_exhausted(tries: int) -> bool:
    """Whether so many attempts were all there are in a round."""
    return tries > len(DELAYS_S)


def _draw(delivery_id: UUID, tries: int) -> int:
    """Return 0 to `JITTER_PERMILLE`, the same for the same attempt: a replay must not differ."""
    digest = sha256(delivery_id.bytes + tries.to_bytes(4, "big")).digest()
    return int.from_bytes(digest[:4], "big") % (JITTER_PERMILLE + 1)


def rest_us(failures: int, retry_after_s: int | None) -> int:
    """Return how long an endpoint is left alone after so many failures in a row (1 or more)."""
    rest_s = min(1 << min(failures - 1, 32), REST_S_MAX)
    if retry_after_s is not None:
        rest_s = max(rest_s, min(retry_after_s, RETRY_AFTER_S_MAX))
    return rest_s * SECOND_US


def is_given_up(failing_since_us: int, now_us: int) -> bool:
    """Whether an endpoint has failed for too long."""
    return now_us - failing_since_us >= GIVEN_UP_AFTER_S * SECOND_US


def window(failures: int, busy: int) -> int:
    """Return how many more deliveries may go to an endpoint now."""
    return max(0, (1 if failures else WINDOW) - busy)


def retry_after_s(status: int, header: str | None) -> int | None:
    """Read a `Retry-After` in seconds (RFC 9110, section 10.2.3); None for any other form, or from
    an answer that is not meant to be waited for."""
    if status not in RETRY_AFTER_STATUSES or header is None:
        return None
    text = header.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return int(text)


def check_types(types: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Return a filter, sorted. Raises: EventTypeUnknown."""
    for at, type_ in enumerate(types):
        if type_ not in known or type_ in types[:at]:
            raise EventTypeUnknown(type_)
    return tuple(sorted(types))


def check_overlap(seconds: int) -> int:
    """Raises: OverlapOutOfRange."""
    if not 0 <= seconds <= OVERLAP_S_MAX:
        raise OverlapOutOfRange(OVERLAP_S_MAX, seconds)
    return seconds

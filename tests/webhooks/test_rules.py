"""The schedule, the window, and what the database allows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule import __file__ as PACKAGE_FILE
from venule.kit.time import to_us
from venule.kit.vault import Vault, VaultSealBroken
from venule.webhooks.errors import EventTypeUnknown, OverlapOutOfRange
from venule.webhooks.model import DeliveryState, EndpointState
from venule.webhooks.rules import (
    DELAYS_S,
    GIVEN_UP_AFTER_S,
    REST_S_MAX,
    RETRY_AFTER_S_MAX,
    ROUND_S,
    SECOND_US,
    WINDOW,
    check_overlap,
    check_types,
    is_given_up,
    next_due_us,
    rest_us,
    retry_after_s,
    window,
)
from venule.webhooks.signing import key_of, new_secret, open_secret, sign

NOW = to_us(datetime(2026, 1, 1, tzinfo=UTC))


def test_the_schedule_fills_three_days():
    assert list(DELAYS_S) == sorted(DELAYS_S)
    assert ROUND_S - 3_600 < sum(DELAYS_S) <= ROUND_S


@given(st.uuids(), st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=30))
def test_a_round_ends_within_three_days_whatever_is_asked(delivery_id, asked):
    at, tries = NOW, 1
    for wait_s in [*asked, *[None] * 12]:
        due = next_due_us(delivery_id, tries, NOW, at, wait_s)
        if due is None:
            break
        assert at < due <= NOW + ROUND_S * SECOND_US
        if wait_s is not None and due < NOW + ROUND_S * SECOND_US:
            assert due - at >= min(wait_s, RETRY_AFTER_S_MAX) * SECOND_US
        at, tries = due, tries + 1
    else:
        pytest.fail("it never ends")
    assert tries <= len(DELAYS_S) + 1


@given(st.uuids(), st.integers(1, len(DELAYS_S)))
def test_a_delay_is_shortened_by_a_tenth_at_most_and_always_the_same(delivery_id: UUID, tries: int):
    due = next_due_us(delivery_id, tries, NOW, NOW, None)
    full = DELAYS_S[tries - 1] * SECOND_US
    assert due == next_due_us(delivery_id, tries, NOW, NOW, None)
    assert due is not None
    assert NOW + full * 9 // 10 <= due <= NOW + full


def test_delays_are_spread():
    dues = {next_due_us(UUID(int=n), 3, NOW, NOW, None) for n in range(200)}
    assert len(dues) > 50


@given(st.integers(1, 10**6))
def test_a_rest_has_a_bound(failures: int):
    assert SECOND_US <= rest_us(failures, None) <= REST_S_MAX * SECOND_US
    assert rest_us(failures, 10**9) == RETRY_AFTER_S_MAX * SECOND_US


def test_an_endpoint_is_given_up_after_five_days():
    assert not is_given_up(NOW, NOW + GIVEN_UP_AFTER_S * SECOND_US - 1)
    assert is_given_up(NOW, NOW + GIVEN_UP_AFTER_S * SECOND_US)


@pytest.mark.parametrize(
    "failures, busy, room",
    [(0, 0, WINDOW), (0, 3, WINDOW - 3), (0, WINDOW, 0), (0, 99, 0), (1, 0, 1), (1, 1, 0),
     (9, 8, 0)],
)  # fmt: skip
def test_a_window(failures: int, busy: int, room: int):
    assert room == window(failures, busy)


@pytest.mark.parametrize(
    "status, header, seconds",
    [(503, "7", 7), (429, " 7 ", 7), (500, "7", None), (200, "7", None), (503, None, None),
     (503, "", None), (503, "-1", None), (503, "1.5", None), (503, "٣", None),
     (503, "9" * 10, None), (503, "Fri, 31 Dec 1999 23:59:59 GMT", None)],
)  # fmt: skip
def test_retry_after(status: int, header: str | None, seconds: int | None):
    assert seconds == retry_after_s(status, header)


def test_filters_and_overlaps():
    assert ("a.b", "c.d") == check_types(["c.d", "a.b"], {"a.b", "c.d", "e.f"})
    for bad in (["x.y"], ["a.b", "a.b"]):
        with pytest.raises(EventTypeUnknown):
            check_types(bad, {"a.b"})
    assert 0 == check_overlap(0)
    for seconds in (-1, 7 * 86_400 + 1):
        with pytest.raises(OverlapOutOfRange):
            check_overlap(seconds)


def test_a_secret_is_sealed_and_opened():
    vault = Vault(bytes(32))
    secret, sealed = new_secret(vault, lambda count: bytes(range(count)))
    assert secret.startswith("whsec_")
    assert bytes(range(32)) == key_of(secret) == open_secret(vault, sealed)
    assert key_of(secret) not in sealed
    with pytest.raises(VaultSealBroken):
        open_secret(Vault(bytes([1]) * 32), sealed)


def test_a_known_signature():
    """The example of the specification's reference implementations."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == signed


def test_the_lists_of_the_database_are_those_of_the_types():
    text = (Path(PACKAGE_FILE).parent / "webhooks/migrations/0001_webhooks.sql").read_text()
    lists = re.findall(r"CHECK \(state IN \(([^)]*)\)\)", text)
    found = [{each.strip(" '") for each in one.split(",")} for one in lists]
    assert [{s.value for s in EndpointState}, {s.value for s in DeliveryState}] == found

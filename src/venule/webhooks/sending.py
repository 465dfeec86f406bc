"""What the dispatcher asks for: take what is due, and keep how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from venule.kit.time import from_us, to_us
from venule.ledger import Tx
from venule.webhooks import delivery_store, rules, store
from venule.webhooks.model import (
    ANSWER_BYTES_KEPT,
    ERROR_CHARS_KEPT,
    Attempt,
    Claim,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Endpoint,
    EndpointEvent,
    EndpointId,
    EndpointState,
    Look,
    Purge,
    Record,
    Result,
    Sending,
    TurnOver,
    Work,
)
from venule.webhooks.service import end_endpoint, signing_secrets
from venule.webhooks.states import advance_delivery

ENDPOINTS_AT_ONCE: Final = 64


def look(tx: Tx, _: Look) -> Work:
    """Say whether there is anything to do now; changes nothing."""
    events = delivery_store.load_cursor(tx.sql) < delivery_store.last_event(tx.sql)
    for endpoint_id in delivery_store.ready_endpoints(tx.sql, None, ENDPOINTS_AT_ONCE):
        due_us = delivery_store.next_due_us(tx.sql, endpoint_id)
        if due_us is not None and due_us <= tx.now_us and _callable(tx, endpoint_id) is not None:
            return Work(events, True)
    return Work(events, False)


def next_due_at(tx: Tx) -> datetime | None:
    """Return when the next delivery may be sent; None if there is none on its way."""
    found = []
    after: EndpointId | None = None
    while ids := delivery_store.ready_endpoints(tx.sql, after, ENDPOINTS_AT_ONCE):
        after = ids[-1]
        for endpoint_id in ids:
            due_us = delivery_store.next_due_us(tx.sql, endpoint_id)
            endpoint = store.load_endpoint(tx.sql, endpoint_id)
            if due_us is not None and endpoint is not None:
                resting = endpoint.resting_until
                found.append(max(due_us, 0 if resting is None else to_us(resting)))
    return from_us(min(found)) if found else None


def claim(tx: Tx, command: Claim) -> list[Sending]:
    """Take deliveries that are due, fairly over the endpoints, and count their attempts.

    An attempt is counted before it begins, so that even one that kills us is. If nothing more is
    heard of it, it is made again after `rules.LEASE_US`.
    """
    first = delivery_store.ready_endpoints(tx.sql, command.after, ENDPOINTS_AT_ONCE)
    if len(first) < ENDPOINTS_AT_ONCE and command.after is not None:
        again = delivery_store.ready_endpoints(tx.sql, None, ENDPOINTS_AT_ONCE - len(first))
        first += [each for each in again if each not in first]
    taken: list[Sending] = []
    for endpoint_id in first:
        endpoint = _callable(tx, endpoint_id)
        if endpoint is None:
            continue
        room = rules.window(endpoint.failures, command.busy.get(endpoint_id, 0))
        room = min(room, command.limit - len(taken))
        if room <= 0:
            continue
        due = delivery_store.due_for(tx.sql, endpoint_id, tx.now_us, room)
        taken += _take(tx, endpoint, due)
        if len(taken) >= command.limit:
            break
    return taken


def _callable(tx: Tx, endpoint_id: EndpointId) -> Endpoint | None:
    """Return an endpoint if it may be called now."""
    found = store.load_endpoint(tx.sql, endpoint_id)
    if found is None or found.state is not EndpointState.ENABLED:
        return None
    return None if found.resting_until is not None and tx.now < found.resting_until else found


def _take(tx: Tx, endpoint: Endpoint, due: list[Delivery]) -> list[Sending]:
    if not due:
        return []
    sealed = tuple(each.sealed for each in signing_secrets(tx, endpoint.id))
    messages = delivery_store.load_messages(tx.sql, [each.message_id for each in due])
    taken = []
    for before in due:
        if rules.is_exhausted(before.tries):  # nothing was heard of its last attempt
            _end(tx, before, DeliveryEvent.GIVE_UP)
            _turn(tx, before)
            continue
        after = replace(
            before,
            attempts=before.attempts + 1,
            tries=before.tries + 1,
            begun_at=before.begun_at or tx.now,
            due_at=from_us(tx.now_us + rules.LEASE_US),
        )
        delivery_store.save_delivery(tx.sql, after)
        taken.append(
            Sending(
                after.id,
                endpoint.id,
                after.message_id,
                after.attempts,
                endpoint.url,
                sealed,
                messages[after.message_id].body,
                tx.now_us,
            )
        )
    return taken


def record(tx: Tx, command: Record) -> int:
    """Keep how sendings ended, and say what comes next; return how many were delivered."""
    delivered = 0
    attempts = []
    for result in command.results:
        before = delivery_store.load_delivery(tx.sql, result.delivery_id)
        if before is None:
            continue
        attempt = Attempt(
            result.number,
            from_us(result.at_us),
            result.status,
            result.took_ms,
            result.answer[:ANSWER_BYTES_KEPT],
            result.error[:ERROR_CHARS_KEPT],
        )
        attempts.append((before.id, attempt))
        if rules.is_success(result.status):
            delivered += _succeeded(tx, before, result)
        else:
            _failed(tx, before, result)
    delivery_store.insert_attempts(tx.sql, attempts)
    return delivered


def turn_over(tx: Tx, command: TurnOver) -> list[Sending]:
    """Keep how sendings ended and take the next ones: one commit for both."""
    record(tx, command.record)
    return claim(tx, command.claim)


def _succeeded(tx: Tx, before: Delivery, result: Result) -> bool:
    """The message is there. Told of twice, or after it was given up, it is there all the same."""
    endpoint = store.load_endpoint(tx.sql, result.endpoint_id)
    if endpoint is not None and endpoint.failures:
        well = replace(endpoint, failures=0, failing_since=None, resting_until=None)
        store.save_endpoint(tx.sql, well)
    if before.state not in (DeliveryState.READY, DeliveryState.DEAD):
        return False
    was_first = before.state is DeliveryState.READY
    _end(tx, before, DeliveryEvent.DELIVER)
    if was_first:
        _turn(tx, before)
    return True


def _failed(tx: Tx, before: Delivery, result: Result) -> None:
    """Send it again later, or give it up; leave an endpoint alone that keeps failing."""
    if before.state is not DeliveryState.READY or before.attempts != result.number:
        return  # given up meanwhile, or another attempt is under way
    endpoint = store.load_endpoint(tx.sql, result.endpoint_id)
    assert endpoint is not None
    begun_us = tx.now_us if before.begun_at is None else to_us(before.begun_at)
    due_us = rules.next_due_us(before.id, before.tries, begun_us, tx.now_us, result.retry_after_s)
    if due_us is None:
        _end(tx, before, DeliveryEvent.GIVE_UP)
        _turn(tx, before)
    else:
        state = advance_delivery(before.state, DeliveryEvent.RETRY)
        delivery_store.save_delivery(tx.sql, replace(before, state=state, due_at=from_us(due_us)))
    if endpoint.state is not EndpointState.ENABLED:
        return
    if result.status == rules.GONE:
        end_endpoint(tx, endpoint, EndpointEvent.GONE, "it answered 410 Gone")
        return
    if endpoint.resting_until is not None and tx.now < endpoint.resting_until:
        return  # one of a round that has been counted
    since = endpoint.failing_since or tx.now
    failures = endpoint.failures + 1
    rest_us = rules.rest_us(failures, result.retry_after_s)
    worse = replace(
        endpoint,
        failures=failures,
        failing_since=since,
        resting_until=from_us(tx.now_us + rest_us),
    )
    store.save_endpoint(tx.sql, worse)
    if rules.is_given_up(to_us(since), tx.now_us):
        end_endpoint(tx, worse, EndpointEvent.GIVE_UP, "it has taken nothing for five days")


def _end(tx: Tx, before: Delivery, event: DeliveryEvent) -> None:
    state = advance_delivery(before.state, event)
    delivery_store.save_delivery(tx.sql, replace(before, state=state, due_at=None, ended_at=tx.now))


def _turn(tx: Tx, ended: Delivery) -> None:
    """Let the next one of an object go."""
    waiting = delivery_store.next_waiting(tx.sql, ended.endpoint_id, ended.ref)
    if waiting is not None:
        state = advance_delivery(waiting.state, DeliveryEvent.TURN)
        delivery_store.save_delivery(tx.sql, replace(waiting, state=state, due_at=tx.now))


def purge(tx: Tx, command: Purge) -> int:
    """Forget deliveries that have long been over, at most `limit`; return how many."""
    kept = (
        (DeliveryState.DELIVERED, rules.KEPT_DELIVERED_S),
        (DeliveryState.DEAD, rules.KEPT_DEAD_S),
    )
    gone = 0
    for state, seconds in kept:
        before_us = tx.now_us - seconds * rules.SECOND_US
        rows = delivery_store.select_over(tx.sql, state, before_us, command.limit - gone)
        delivery_store.delete_deliveries(tx.sql, rows)
        gone += len(rows)
    return gone

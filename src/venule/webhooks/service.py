"""Use cases of an application's owner: endpoints, their secrets, their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from venule.ledger import Tx
from venule.members import check_text
from venule.partners import ApplicationId
from venule.webhooks import delivery_store, rules, store
from venule.webhooks.catalogue import ENDPOINT_DISABLED, PING, TYPES
from venule.webhooks.errors import (
    DeliveryUnknown,
    EndpointDisabled,
    EndpointUnknown,
    TooManyEndpoints,
)
from venule.webhooks.messages import make_message
from venule.webhooks.model import (
    DESCRIPTION_CHARS_MAX,
    ENDPOINTS_MAX,
    PAGE_MAX,
    REPLAYED_AT_ONCE,
    AddEndpoint,
    ChangeEndpoint,
    Delivery,
    DeliveryDetail,
    DeliveryEvent,
    DeliveryId,
    DeliveryState,
    Endpoint,
    EndpointEvent,
    EndpointId,
    EndpointState,
    ListDeliveries,
    ListedDelivery,
    MessageId,
    OfDelivery,
    OfEndpoint,
    Replayed,
    RotateSecret,
    Secret,
    Unread,
)
from venule.webhooks.shapes import EndpointData
from venule.webhooks.states import advance_delivery, advance_endpoint


def add_endpoint(tx: Tx, command: AddEndpoint) -> Endpoint:
    """Tell an application of its members' events from now on.

    Whoever asks has checked the URL by the policy of the house (`kit.sending.check_url`); it is
    checked again with every message.
    Raises: EventTypeUnknown, TextMalformed, TooManyEndpoints.
    """
    types = rules.check_types(command.types, TYPES)
    _check_description(command.description)
    if len(store.load_endpoints(tx.sql, command.application_id)) >= ENDPOINTS_MAX:
        raise TooManyEndpoints(ENDPOINTS_MAX)
    made = Endpoint(
        EndpointId(tx.new_id()),
        command.application_id,
        command.url,
        command.description,
        types,
        EndpointState.ENABLED,
        "",
        tx.now,
        delivery_store.last_event(tx.sql),
    )
    store.insert_endpoint(tx.sql, made)
    store.insert_secret(tx.sql, made.id, Secret(1, command.sealed_secret, tx.now, None))
    return made


def change_endpoint(tx: Tx, command: ChangeEndpoint) -> Endpoint:
    """Change URL, description or types; what is on its way goes to the new URL.

    Raises: EndpointUnknown, EventTypeUnknown, TextMalformed.
    """
    before = _own(tx, command.application_id, command.endpoint_id)
    after = before
    if command.url is not None:
        after = replace(after, url=command.url)
    if command.types is not None:
        after = replace(after, types=rules.check_types(command.types, TYPES))
    if command.description is not None:
        _check_description(command.description)
        after = replace(after, description=command.description)
    store.save_endpoint(tx.sql, after)
    return after


def enable_endpoint(tx: Tx, command: OfEndpoint) -> Endpoint:
    """Tell an endpoint of what happens from now on; what it has missed can be replayed.

    Raises: EndpointUnknown, EndpointTransitionIllegal.
    """
    before = _own(tx, command.application_id, command.endpoint_id)
    state = advance_endpoint(before.state, EndpointEvent.ENABLE)
    after = replace(
        before,
        state=state,
        reason="",
        from_seq=delivery_store.last_event(tx.sql),
        failures=0,
        failing_since=None,
        resting_until=None,
    )
    store.save_endpoint(tx.sql, after)
    return after


def disable_endpoint(tx: Tx, command: OfEndpoint) -> Endpoint:
    """Stop telling an endpoint; what was on its way is dead and can be replayed later.

    Raises: EndpointUnknown, EndpointTransitionIllegal.
    """
    before = _own(tx, command.application_id, command.endpoint_id)
    return end_endpoint(tx, before, EndpointEvent.DISABLE, "by its owner")


def remove_endpoint(tx: Tx, command: OfEndpoint) -> Endpoint:
    """Stop telling an endpoint for good and forget its secrets.

    Raises: EndpointUnknown.
    """
    before = _own(tx, command.application_id, command.endpoint_id)
    after = end_endpoint(tx, before, EndpointEvent.REMOVE, "by its owner")
    numbers = [each.number for each in store.load_secrets(tx.sql, before.id)]
    store.delete_secrets(tx.sql, before.id, numbers)
    return after


def end_endpoint(tx: Tx, before: Endpoint, event: EndpointEvent, reason: str) -> Endpoint:
    """Disable or remove an endpoint, and let what is on its way be dead.

    What the house decides is told to the application's other endpoints.
    Raises: EndpointTransitionIllegal.
    """
    after = replace(before, state=advance_endpoint(before.state, event), reason=reason)
    store.save_endpoint(tx.sql, after)
    delivery_store.give_up_all(tx.sql, before.id, tx.now_us)
    if event in (EndpointEvent.GONE, EndpointEvent.GIVE_UP):
        said = {"application_id": before.application_id, "reason": reason}
        tx.emit(ENDPOINT_DISABLED, before.id, said)
    return after


def rotate_secret(tx: Tx, command: RotateSecret) -> list[Secret]:
    """Sign with a new secret; the one before goes on for some time. Return those that sign now.

    At most two sign at a time: one that was being replaced already ends now.
    Raises: EndpointUnknown, OverlapOutOfRange.
    """
    overlap = timedelta(seconds=rules.check_overlap(command.overlap_s))
    endpoint = _own(tx, command.application_id, command.endpoint_id)
    known = store.load_secrets(tx.sql, endpoint.id)
    newest = known[0]
    store.delete_secrets(tx.sql, endpoint.id, [each.number for each in known[1:]])
    store.end_secret(tx.sql, endpoint.id, newest.number, tx.now + overlap)
    made = Secret(newest.number + 1, command.sealed_secret, tx.now, None)
    store.insert_secret(tx.sql, endpoint.id, made)
    return signing_secrets(tx, endpoint.id)


def signing_secrets(tx: Tx, endpoint_id: EndpointId) -> list[Secret]:
    """Return the secrets that sign now, the newest first."""
    known = store.load_secrets(tx.sql, endpoint_id)
    return [each for each in known if each.until_at is None or tx.now < each.until_at]


def ping(tx: Tx, command: OfEndpoint) -> Delivery:
    """Send an endpoint a message of no business, to see whether it arrives.

    Raises: EndpointUnknown, EndpointDisabled.
    """
    endpoint = _enabled(tx, command.application_id, command.endpoint_id)
    id_ = tx.new_id()
    message = make_message(MessageId(id_), 0, PING, id_.bytes, tx.now, EndpointData(endpoint.id))
    delivery = Delivery(
        DeliveryId(tx.new_id()),
        endpoint.id,
        message.id,
        message.ref,
        0,
        DeliveryState.READY,
        due_at=tx.now,
    )
    delivery_store.insert_messages(tx.sql, [message])
    delivery_store.insert_deliveries(tx.sql, [delivery])
    return delivery


def replay(tx: Tx, command: OfDelivery) -> Delivery:
    """Send a message that has ended once more, under its own id, for another three days.

    Raises: DeliveryUnknown, EndpointDisabled, DeliveryTransitionIllegal.
    """
    before = _own_delivery(tx, command)
    _enabled(tx, command.application_id, before.endpoint_id)
    (after,) = _replay(tx, before.endpoint_id, [before])
    return after


def replay_dead(tx: Tx, command: OfEndpoint) -> Replayed:
    """Send what an endpoint has missed once more, in the order of the events; a page at a time.

    Raises: EndpointUnknown, EndpointDisabled.
    """
    endpoint = _enabled(tx, command.application_id, command.endpoint_id)
    dead = delivery_store.dead_of(tx.sql, endpoint.id, REPLAYED_AT_ONCE)
    _replay(tx, endpoint.id, dead)
    return Replayed(len(dead), len(dead) == REPLAYED_AT_ONCE)


def _replay(tx: Tx, endpoint_id: EndpointId, ended: Sequence[Delivery]) -> list[Delivery]:
    """Let deliveries be ready again, or wait behind others of their object."""
    refs = [each.ref for each in ended]
    busy = {ref for _, ref in delivery_store.under_way(tx.sql, [endpoint_id], refs)}
    changed = []
    for before in ended:
        behind = before.ref in busy
        event = DeliveryEvent.REPLAY_BEHIND if behind else DeliveryEvent.REPLAY
        after = replace(
            before,
            state=advance_delivery(before.state, event),
            tries=0,
            begun_at=None,
            due_at=None if behind else tx.now,
            ended_at=None,
        )
        busy.add(before.ref)
        delivery_store.save_delivery(tx.sql, after)
        changed.append(after)
    return changed


def endpoints(tx: Tx, application_id: ApplicationId) -> list[Endpoint]:
    """Return an application's endpoints, the earliest first."""
    return store.load_endpoints(tx.sql, application_id)


def endpoint(tx: Tx, query: OfEndpoint) -> Endpoint:
    """Return an endpoint. Raises: EndpointUnknown."""
    return _own(tx, query.application_id, query.endpoint_id)


def deliveries(tx: Tx, query: ListDeliveries) -> list[ListedDelivery]:
    """Return an endpoint's deliveries, the newest first, at most `PAGE_MAX`.

    Raises: EndpointUnknown.
    """
    of = _own(tx, query.application_id, query.endpoint_id)
    limit = max(1, min(query.limit, PAGE_MAX))
    return delivery_store.list_deliveries(tx.sql, of.id, query.state, query.before, limit)


def delivery(tx: Tx, query: OfDelivery) -> DeliveryDetail:
    """Return a delivery with its message and its attempts. Raises: DeliveryUnknown."""
    found = _own_delivery(tx, query)
    messages = delivery_store.load_messages(tx.sql, [found.message_id])
    attempts = delivery_store.load_attempts(tx.sql, found.id)
    return DeliveryDetail(found, messages[found.message_id], attempts)


def unread(tx: Tx, limit: int) -> list[Unread]:
    """Return the events that nobody could be told of, the latest first: for the house's people."""
    return delivery_store.load_unread(tx.sql, max(1, min(limit, PAGE_MAX)))


def _own(tx: Tx, application_id: ApplicationId, endpoint_id: EndpointId) -> Endpoint:
    found = store.load_endpoint(tx.sql, endpoint_id)
    if (
        found is None
        or found.application_id != application_id
        or found.state is EndpointState.REMOVED
    ):
        raise EndpointUnknown(endpoint_id)
    return found


def _enabled(tx: Tx, application_id: ApplicationId, endpoint_id: EndpointId) -> Endpoint:
    found = _own(tx, application_id, endpoint_id)
    if found.state is not EndpointState.ENABLED:
        raise EndpointDisabled(found.id, found.reason)
    return found


def _own_delivery(tx: Tx, query: OfDelivery) -> Delivery:
    found = delivery_store.load_delivery(tx.sql, query.delivery_id)
    if found is None:
        raise DeliveryUnknown(query.delivery_id)
    try:
        _own(tx, query.application_id, found.endpoint_id)
    except EndpointUnknown:
        raise DeliveryUnknown(query.delivery_id) from None
    return found


def _check_description(text: str) -> None:
    if text:
        check_text("description", text, DESCRIPTION_CHARS_MAX)

"""The official library of Standard Webhooks as the receiver, behind a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from support.both_homes import Places
from support.receivers import Received, Receiver, Reply, receiving
from support.webhook_town import BUYER_APP, VAULT, WebhookTown
from venule.kit.time import SystemClock, VirtualClock
from venule.webhooks import (
    DeliveryState,
    EndpointState,
    OfDelivery,
    RotateSecret,
    new_secret,
    ping,
    replay,
    rotate_secret,
)
from venule.webhooks.service import signing_secrets


@pytest.fixture
def town(places: Places) -> Iterator[WebhookTown]:
    with WebhookTown(places()) as town:
        yield town


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def verified(secret: str, received: Received) -> dict:
    return Webhook(secret).verify(received.body, received.headers)


def test_a_payment_is_told_to_both_sides_and_verified(town: WebhookTown, receiver: Receiver):
    _, of_shop = town.add(f"{receiver.url}/shop", draw=lambda n: b"s" * n)
    _, of_buyer = town.add(f"{receiver.url}/buyer", app=BUYER_APP, draw=lambda n: b"b" * n)
    paid = town.buy(1_234)
    town.dispatcher().drain()
    by_path = {each.path: each for each in receiver.received}
    assert {"/shop", "/buyer"} == set(by_path)
    told = verified(of_shop, by_path["/shop"])
    assert told == verified(of_buyer, by_path["/buyer"])
    assert by_path["/shop"].headers["webhook-id"] == by_path["/buyer"].headers["webhook-id"]
    assert "payment.paid" == told["type"]
    assert paid.made_at.isoformat().replace("+00:00", "Z") == told["timestamp"]
    assert {
        "payment_id": str(paid.id),
        "payer_id": str(town.buyer),
        "payee_id": str(town.shop),
        "amount": {"amount": "12.34", "currency": "CNY"},
        "made_at": told["timestamp"],
    } == told["data"]
    with pytest.raises(WebhookVerificationError):
        verified(of_buyer, by_path["/shop"])
    altered = by_path["/shop"].body.replace(b"12.34", b"99.34")
    with pytest.raises(WebhookVerificationError):
        Webhook(of_shop).verify(altered, by_path["/shop"].headers)


def test_the_time_that_is_signed_is_the_worlds(town: WebhookTown, receiver: Receiver):
    """A home whose clock runs ahead, as in a sandbox, sends messages that are of now."""
    _, secret = town.add(receiver.url)
    town.later(days=400)
    town.buy()
    town.dispatcher().drain()
    (received,) = receiver.received
    verified(secret, received)
    town.buy()
    town.dispatcher(clock=VirtualClock(SystemClock().now() + timedelta(minutes=6))).drain()
    with pytest.raises(WebhookVerificationError, match="too new"):
        verified(secret, receiver.received[1])


def test_while_a_secret_is_replaced_both_sign(town: WebhookTown, receiver: Receiver):
    endpoint, old = town.add(receiver.url, draw=lambda n: b"1" * n)
    new, sealed = new_secret(VAULT, lambda n: b"2" * n)
    town.run(rotate_secret, RotateSecret(endpoint.application_id, endpoint.id, sealed, 3_600))
    town.buy()
    town.dispatcher().drain()
    (both,) = receiver.received
    assert 2 == len(both.headers["webhook-signature"].split(" "))
    assert verified(old, both) == verified(new, both)
    town.later(seconds=3_600)
    town.buy()
    town.dispatcher().drain()
    verified(new, receiver.received[1])
    with pytest.raises(WebhookVerificationError):
        verified(old, receiver.received[1])


def test_a_second_rotation_ends_the_first_secret_at_once(town: WebhookTown, receiver: Receiver):
    endpoint, _ = town.add(receiver.url)
    for n in (2, 3):
        _, sealed = new_secret(VAULT, lambda count, n=n: bytes([n]) * count)
        town.run(rotate_secret, RotateSecret(endpoint.application_id, endpoint.id, sealed))
    assert [3, 2] == [each.number for each in town.read(signing_secrets, endpoint.id)]


def test_a_replay_has_the_same_id_and_the_same_body(town: WebhookTown, receiver: Receiver):
    endpoint, secret = town.add(receiver.url)
    town.buy()
    dispatcher = town.dispatcher()
    dispatcher.drain()
    (delivered,) = town.deliveries(endpoint.id)
    assert DeliveryState.DELIVERED is delivered.state
    town.run(replay, OfDelivery(endpoint.application_id, delivered.id))
    dispatcher.drain()
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert verified(secret, first) == verified(secret, second)
    assert [1, 2] == [each.number for each in town.detail(delivered.id).attempts]


def test_a_failure_is_repeated_with_the_same_id_until_it_is_taken(town: WebhookTown):
    answers = [Reply(500, b"sorry"), Reply(301, headers={"Location": "/x"}), Reply(204)]
    with receiving(lambda _: answers.pop(0)) as receiver:
        endpoint, secret = town.add(receiver.url)
        town.buy()
        dispatcher = town.dispatcher()
        dispatcher.drain()
        while town.next_due():
            dispatcher.drain()
    assert 3 == len(receiver.received)
    assert 1 == len({each.headers["webhook-id"] for each in receiver.received})
    for each in receiver.received:
        verified(secret, each)
    (delivered,) = town.deliveries(endpoint.id)
    attempts = town.detail(delivered.id).attempts
    assert [(500, b"sorry"), (301, b""), (204, b"")] == [(a.status, a.answer) for a in attempts]
    assert DeliveryState.DELIVERED is delivered.state
    assert 0 == town.endpoint(endpoint.id).failures


def test_gone_disables_the_endpoint_and_tells_the_others(town: WebhookTown, receiver: Receiver):
    with receiving(lambda _: Reply(410)) as gone:
        endpoint, _ = town.add(gone.url)
        town.add(receiver.url, ("endpoint.disabled",))
        town.buy()
        dispatcher = town.dispatcher()
        dispatcher.drain()
        town.buy()
        dispatcher.drain()
    assert 1 == len(gone.received)
    assert EndpointState.DISABLED is town.endpoint(endpoint.id).state
    (told,) = receiver.received
    assert {"type": "endpoint.disabled"}.items() <= json.loads(told.body).items()
    assert str(endpoint.id) == json.loads(told.body)["data"]["endpoint_id"]


def test_a_ping(town: WebhookTown, receiver: Receiver):
    endpoint, secret = town.add(receiver.url, ("payment.paid",))
    town.run(ping, town.of(endpoint.id))
    town.dispatcher().drain()
    assert "endpoint.ping" == verified(secret, receiver.received[0])["type"]

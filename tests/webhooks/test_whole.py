"""With the partners' own applications, over a relay to the writer, and across real deaths."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from standardwebhooks import Webhook

from support.both_homes import Places, only_files
from support.receivers import HERE, receiving
from support.relays import SECRET, Served
from support.webhook_town import SHOP_APP, VAULT, Sink, WebhookTown
from venule.kit.desk import Desk
from venule.kit.door import NearWriter
from venule.kit.relay import Procedures, Relay
from venule.kit.sending import Sender, Sent
from venule.kit.time import SystemClock
from venule.ledger import Tx
from venule.partners import (
    AddKey,
    ApplicationId,
    BindOwner,
    KeyUse,
    SetUpSandbox,
    SignUp,
    add_key,
    bind_owner,
    set_up_sandbox,
    sign_up,
)
from venule.procedures import COMMANDS, READERS
from venule.webhooks import DeliveryState, Dispatcher
from venule.webhooks.rules import LEASE_US


def new_application(town: WebhookTown) -> ApplicationId:
    """Sign an application up whose owner is the shop."""
    town.run(set_up_sandbox, SetUpSandbox())
    made = town.run(sign_up, SignUp("Tea", "tea@shop.example.com", ("payments.read",)))
    town.run(bind_owner, BindOwner(made.id, town.shop, "operator"))
    return made.id


def test_an_application_is_told_of_its_owners_events_and_of_its_own(places: Places):
    with WebhookTown(places()) as town, receiving() as receiver:
        app = new_application(town)
        _, secret = town.add(receiver.url, app=app)
        town.buy(100)
        other = town.merchant()
        town.run(add_key, AddKey(app, KeyUse.REQUEST, _key()))
        dispatcher = Dispatcher(NearWriter(town.home), Sender(HERE), VAULT, SystemClock())
        dispatcher.drain()
        dispatcher.close()
    told = [Webhook(secret).verify(each.body, each.headers) for each in receiver.received]
    assert sorted(["payment.paid", "application.key_added"]) == sorted(e["type"] for e in told)
    assert str(other) not in json.dumps(told)


def _key() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_dispatcher_in_another_process_asks_the_writer_over_a_relay(places: Places):
    with WebhookTown(places()) as town, receiving() as receiver:
        app = new_application(town)
        endpoint, _ = town.add(receiver.url, app=app)
        for n in range(1, 20):
            town.buy(n)
        with Desk[Tx](town.home) as desk:
            serving = Served(desk, "tcp:127.0.0.1:0", Procedures(COMMANDS, READERS))
            try:
                with Relay(lambda: serving.endpoint, SECRET) as relay:
                    dispatcher = Dispatcher(relay, Sender(HERE), VAULT, SystemClock())
                    dispatcher.drain()
                    dispatcher.close()
            finally:
                serving.close()
        states = {each.state for each in town.deliveries(endpoint.id, app=app)}
    assert 19 == len(receiver.received)
    assert {DeliveryState.DELIVERED} == states


class Deadly:
    """Delivers, and dies before anybody can write that it has."""

    def __init__(self) -> None:
        self._sender = Sender(HERE)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> Sent:
        self._sender.post(url, headers, body, timeout_s=timeout_s)
        os._exit(17)


@only_files
def test_killed_after_the_call_and_before_the_record(places: Places):
    with receiving() as receiver:
        with WebhookTown(places()) as town:
            shop, endpoint = town.shop, town.add(receiver.url, ("payment.paid",))[0]
            town.buy()
            now = town.clock.now()
        pid = os.fork()
        if pid == 0:
            try:
                town = WebhookTown(places(), runs=1)
                town.watchers[shop] = [SHOP_APP]
                town.dispatcher(Deadly()).drain()
            finally:
                os._exit(1)
        assert 17 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with WebhookTown(places(), runs=2) as town:
            town.clock.set(now)
            town.later(microseconds=LEASE_US)
            sink = Sink()
            town.dispatcher(sink).drain()
            (delivered,) = town.deliveries(endpoint.id)
    (first,), (second,) = receiver.received, sink.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (DeliveryState.DELIVERED, 2) == (delivered.state, delivered.attempts)

"""An application's endpoints are its own, and there is a limit to everything."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from support.both_homes import RULE_BROKEN, Places, spoil
from support.webhook_town import BUYER_APP, SHOP_APP, Sink, WebhookTown
from venule.members import TextMalformed
from venule.webhooks import (
    AddEndpoint,
    ChangeEndpoint,
    DeliveryId,
    DeliveryState,
    DeliveryTransitionIllegal,
    DeliveryUnknown,
    EndpointDisabled,
    EndpointId,
    EndpointState,
    EndpointTransitionIllegal,
    EndpointUnknown,
    EventTypeUnknown,
    Fan,
    FanOut,
    ListDeliveries,
    OfDelivery,
    OfEndpoint,
    RotateSecret,
    TooManyEndpoints,
    add_endpoint,
    change_endpoint,
    deliveries,
    delivery,
    disable_endpoint,
    enable_endpoint,
    endpoint,
    endpoints,
    ping,
    remove_endpoint,
    replay,
    replay_dead,
    rotate_secret,
)
from venule.webhooks.store import load_secrets

URL = "https://shop.example.com/hook"


@pytest.fixture
def town(places: Places) -> Iterator[WebhookTown]:
    with WebhookTown(places()) as town:
        yield town


def test_made_changed_and_listed(town: WebhookTown):
    made, _ = town.add(URL, ("payment.refunded", "payment.paid"))
    assert ("payment.paid", "payment.refunded") == made.types
    change = ChangeEndpoint(SHOP_APP, made.id, f"{URL}/2", ("trade.paid",), "the new one")
    after = town.run(change_endpoint, change)
    assert (f"{URL}/2", ("trade.paid",), "the new one") == (
        after.url,
        after.types,
        after.description,
    )
    same = town.run(change_endpoint, ChangeEndpoint(SHOP_APP, made.id))
    assert after == same == town.endpoint(made.id)
    assert [after] == town.read(endpoints, SHOP_APP)
    assert [] == town.read(endpoints, BUYER_APP)


def test_nobody_reaches_another_applications_endpoint(town: WebhookTown):
    made, _ = town.add(URL)
    of = OfEndpoint(BUYER_APP, made.id)
    for fn in (enable_endpoint, disable_endpoint, remove_endpoint, ping, replay_dead):
        with pytest.raises(EndpointUnknown):
            town.run(fn, of)
    with pytest.raises(EndpointUnknown):
        town.read(endpoint, of)
    with pytest.raises(EndpointUnknown):
        town.run(change_endpoint, ChangeEndpoint(BUYER_APP, made.id, "https://evil.example.com"))
    with pytest.raises(EndpointUnknown):
        town.run(rotate_secret, RotateSecret(BUYER_APP, made.id, b"x"))
    with pytest.raises(EndpointUnknown):
        town.read(deliveries, ListDeliveries(BUYER_APP, made.id))
    with pytest.raises(EndpointUnknown):
        town.read(endpoint, OfEndpoint(SHOP_APP, EndpointId(UUID(int=9))))
    sent = town.run(ping, town.of(made.id))
    with pytest.raises(DeliveryUnknown):
        town.read(delivery, OfDelivery(BUYER_APP, sent.id))
    with pytest.raises(DeliveryUnknown):
        town.run(replay, OfDelivery(BUYER_APP, sent.id))
    with pytest.raises(DeliveryUnknown):
        town.run(replay, OfDelivery(SHOP_APP, DeliveryId(UUID(int=9))))


def test_refused(town: WebhookTown):
    with pytest.raises(EventTypeUnknown):
        town.add(URL, ("no.such",))
    with pytest.raises(TextMalformed):
        town.run(add_endpoint, AddEndpoint(SHOP_APP, URL, b"x", (), "a\nb"))
    for n in range(20):
        town.add(f"{URL}/{n}")
    with pytest.raises(TooManyEndpoints):
        town.add(URL)
    town.add(URL, app=BUYER_APP)


def test_its_life(town: WebhookTown):
    made, _ = town.add(URL)
    of = town.of(made.id)
    with pytest.raises(EndpointTransitionIllegal):
        town.run(enable_endpoint, of)
    town.run(disable_endpoint, of)
    for fn in (ping, replay_dead):
        with pytest.raises(EndpointDisabled):
            town.run(fn, of)
    with pytest.raises(EndpointTransitionIllegal):
        town.run(disable_endpoint, of)
    assert EndpointState.ENABLED is town.run(enable_endpoint, of).state
    assert EndpointState.REMOVED is town.run(remove_endpoint, of).state
    with pytest.raises(EndpointUnknown):
        town.run(enable_endpoint, of)
    assert [] == town.read(endpoints, SHOP_APP)
    assert [] == town.home.read(lambda tx: load_secrets(tx.sql, made.id))


def test_what_happens_while_it_is_disabled_is_not_kept(town: WebhookTown):
    made, _ = town.add(URL, ("payment.paid",))
    town.run(disable_endpoint, town.of(made.id))
    town.buy()
    town.run(enable_endpoint, town.of(made.id))
    town.buy()
    sink = Sink()
    town.dispatcher(sink).drain()
    assert 1 == len(sink.received)


def test_deliveries_are_paged(town: WebhookTown):
    made, _ = town.add(URL, ("payment.paid",))
    for n in range(1, 8):
        town.buy(n)
    town.run(Fan(town.watched).fan_out, FanOut(1_000))
    seen, before = [], None
    while page := town.read(deliveries, ListDeliveries(SHOP_APP, made.id, None, before, 3)):
        seen += page
        before = page[-1].delivery.id
    assert 7 == len(seen)
    assert sorted((each.delivery.id for each in seen), reverse=True) == [
        each.delivery.id for each in seen
    ]
    assert {"payment.paid"} == {each.type for each in seen}
    dead = ListDeliveries(SHOP_APP, made.id, DeliveryState.DEAD)
    assert [] == town.read(deliveries, dead)


def test_what_is_under_way_is_not_replayed(town: WebhookTown):
    made, _ = town.add(URL)
    sent = town.run(ping, town.of(made.id))
    with pytest.raises(DeliveryTransitionIllegal):
        town.run(replay, OfDelivery(SHOP_APP, sent.id))


def test_the_database_allows_one_delivery_of_an_object_under_way(town: WebhookTown):
    town.add(URL, ("payment.paid", "payment.refunded"))
    town.refund_payment(town.buy(), 1, "a")
    town.run(Fan(town.watched).fan_out, FanOut(1_000))

    def cheat(tx, _):
        spoil(tx.sql, "UPDATE webhook_delivery SET state = 'ready', due_at = 1")

    with pytest.raises(RULE_BROKEN):
        town.run(cheat, None)

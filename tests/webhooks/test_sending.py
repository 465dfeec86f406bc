"""When messages are sent again, in which order, and when they are given up."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from support.both_homes import Places
from support.receivers import Received
from support.webhook_town import BUYER_APP, SHOP_APP, Sink, WebhookTown, unanswered
from venule.kit.events import events_after
from venule.kit.sending import Policy, Sender, Sent
from venule.webhooks import (
    Claim,
    DeliveryState,
    EndpointState,
    FanOut,
    Look,
    OfDelivery,
    Purge,
    Record,
    Result,
    claim,
    disable_endpoint,
    enable_endpoint,
    look,
    purge,
    record,
    remove_endpoint,
    replay,
    replay_dead,
    unread,
)
from venule.webhooks.fanout import Fan
from venule.webhooks.model import EndpointEvent
from venule.webhooks.rules import DELAYS_S, LEASE_US, WINDOW

URL = "https://shop.example.com/hook"


@pytest.fixture
def town(places: Places) -> Iterator[WebhookTown]:
    with WebhookTown(places()) as town:
        yield town


def told(received: Received) -> tuple[str, str]:
    body = json.loads(received.body)
    return body["type"], body["data"].get("number", body["data"].get("request_id", ""))


def test_what_is_about_one_object_comes_in_its_order(town: WebhookTown):
    """The first of three fails twice: the others wait, a message about another object does not."""
    endpoint, _ = town.add(URL, ("payment.paid", "payment.refunded"))
    failures = {"payment.paid": 2}

    def answer(received: Received) -> Sent:
        type_, _ = told(received)
        first = json.loads(received.body)["data"]["payment_id"] == str(paid.id)
        if first and failures.get(type_, 0):
            failures[type_] -= 1
            return Sent(500, b"", 1)
        return Sent(200, b"", 1)

    sink = Sink(answer)
    paid = town.buy(100)
    town.refund_payment(paid, 1, "a")
    town.refund_payment(paid, 2, "b")
    dispatcher = town.dispatcher(sink)
    dispatcher.drain()
    assert [("payment.paid", "")] == [told(each) for each in sink.received]
    states = [each.state for each in town.deliveries(endpoint.id)]
    assert [DeliveryState.READY, DeliveryState.WAITING, DeliveryState.WAITING] == states
    other = town.buy(200)
    while town.next_due():
        dispatcher.drain()
    of_other = [r for r in sink.received if str(other.id) in r.body.decode()]
    assert 1 == len(of_other)
    mine = [told(r) for r in sink.received if r not in of_other]
    paid_thrice = [("payment.paid", "")] * 3
    assert [*paid_thrice, ("payment.refunded", "a"), ("payment.refunded", "b")] == mine
    assert {DeliveryState.DELIVERED} == {each.state for each in town.deliveries(endpoint.id)}


def test_after_three_days_it_is_dead_and_the_next_one_goes(town: WebhookTown):
    endpoint, _ = town.add(URL, ("payment.paid", "payment.refunded"))
    alive = False

    def answer(received: Received) -> Sent:
        return (
            Sent(200, b"", 1) if alive or "refunded" in told(received)[0] else unanswered(received)
        )

    sink = Sink(answer)
    began = town.clock.now()
    paid = town.buy()
    town.refund_payment(paid, 1, "a")
    dispatcher = town.dispatcher(sink)
    dispatcher.drain()
    while town.next_due():
        dispatcher.drain()
    first, second = town.deliveries(endpoint.id)
    assert (DeliveryState.DEAD, DeliveryState.DELIVERED) == (first.state, second.state)
    assert first.ended_at is not None
    assert timedelta(days=2) < first.ended_at - began <= timedelta(days=3)
    attempts = town.detail(first.id).attempts
    assert len(DELAYS_S) + 1 == first.attempts == len(attempts)
    assert {0} == {each.status for each in attempts}
    assert "no answer in time" in attempts[0].error
    gaps = [(b.at - a.at).total_seconds() for a, b in itertools.pairwise(attempts)]
    for gap, delay in zip(gaps, DELAYS_S, strict=True):
        assert 0.9 * delay <= gap <= delay

    alive = True
    town.run(replay, OfDelivery(SHOP_APP, first.id))
    dispatcher.drain()
    (again,) = [each for each in town.deliveries(endpoint.id) if each.id == first.id]
    assert (DeliveryState.DELIVERED, len(DELAYS_S) + 2) == (again.state, again.attempts)
    ids = {r.headers["webhook-id"] for r in sink.received if told(r)[0] == "payment.paid"}
    assert 1 == len(ids)


def test_a_crash_between_call_and_record_sends_it_again(town: WebhookTown):
    """What was claimed and never recorded comes again after the lease, with the same id."""
    town.add(URL)
    town.buy()
    fan = Fan(town.watched)
    town.run(fan.fan_out, FanOut(100))
    (lost,) = town.run(claim, Claim(10))
    town.reopen()
    assert [] == town.run(claim, Claim(10))
    town.later(microseconds=LEASE_US)
    sink = Sink()
    town.dispatcher(sink).drain()
    (received,) = sink.received
    assert f"msg_{lost.message_id.hex}" == received.headers["webhook-id"]
    assert lost.body == received.body
    late = Result(lost.delivery_id, lost.endpoint_id, lost.number, lost.claimed_us, 500, 1)
    town.run(record, Record((late,)))
    (delivered,) = town.deliveries(lost.endpoint_id)
    assert DeliveryState.DELIVERED is delivered.state
    assert [(1, 500), (2, 200)] == [
        (each.number, each.status) for each in town.detail(delivered.id).attempts
    ]


def test_what_dies_in_every_attempt_is_dead_in_the_end(town: WebhookTown):
    endpoint, _ = town.add(URL)
    town.buy()
    town.run(Fan(town.watched).fan_out, FanOut(100))
    for _ in range(len(DELAYS_S) + 1):
        assert 1 == len(town.run(claim, Claim(10)))
        town.later(microseconds=LEASE_US)
    assert [] == town.run(claim, Claim(10))
    assert [DeliveryState.DEAD] == [each.state for each in town.deliveries(endpoint.id)]


def test_no_event_is_lost_or_doubled_across_crashes(town: WebhookTown):
    town.add(URL, ("payment.paid",))
    fan = Fan(town.watched)
    paid = []
    for _ in range(5):
        paid += [town.buy(n) for n in range(1, 8)]
        town.run(fan.fan_out, FanOut(3))
        town.reopen()
    sink = Sink()
    town.dispatcher(sink).drain()
    seen = [json.loads(each.body)["data"]["payment_id"] for each in sink.received]
    assert sorted(str(each.id) for each in paid) == sorted(seen)
    assert not town.read(look, Look()).events


def test_a_command_that_fails_after_fanning_out_leaves_nothing(town: WebhookTown):
    town.add(URL)
    town.buy()
    fan = Fan(town.watched)

    def broken(tx, command):
        fan.fan_out(tx, command)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        town.run(broken, FanOut(100))
    assert 1 == town.run(fan.fan_out, FanOut(1_000)).deliveries


def test_only_those_concerned_are_told_and_only_of_what_they_want(town: WebhookTown):
    town.add(f"{URL}/all")
    town.add(f"{URL}/refunds", ("payment.refunded",))
    town.add(f"{URL}/buyer", app=BUYER_APP)
    stranger = town.merchant()
    paid = town.buy()
    town.refund_payment(paid, 1, "a")
    town.watchers[stranger] = []
    sink = Sink()
    town.dispatcher(sink).drain()
    seen = Counter((each.path.rpartition("/")[2], told(each)[0]) for each in sink.received)
    assert {
        ("all", "payment.paid"): 1,
        ("all", "payment.refunded"): 1,
        ("refunds", "payment.refunded"): 1,
        ("buyer", "payment.paid"): 1,
        ("buyer", "payment.refunded"): 1,
    } == seen


def test_what_happened_before_an_endpoint_is_not_told(town: WebhookTown):
    town.buy()
    town.add(URL)
    sink = Sink()
    town.dispatcher(sink).drain()
    assert [] == sink.received


def test_an_application_that_watches_both_sides_is_told_once(town: WebhookTown):
    town.watchers[town.buyer] = [SHOP_APP, BUYER_APP]
    town.add(URL)
    town.buy()
    sink = Sink()
    town.dispatcher(sink).drain()
    assert 1 == len(sink.received)


def test_nobody_listens_costs_one_command(town: WebhookTown):
    for _ in range(3):
        town.buy()
    last = town.home.read(lambda tx: events_after(tx.sql, 0, 1_000))[-1].seq
    assert last == town.run(Fan(town.watched).fan_out, FanOut(1)).events
    assert not town.read(look, Look()).events


def test_an_endpoint_that_fails_is_left_alone_and_then_probed_with_one(town: WebhookTown):
    endpoint, _ = town.add(URL, ("payment.paid",))
    up = False
    sink = Sink(lambda received: Sent(200 if up else 503, b"", 1))
    for n in range(1, 31):
        town.buy(n)
    dispatcher = town.dispatcher(sink)
    dispatcher.drain()
    first_round = len(sink.received)
    assert first_round <= WINDOW
    for _ in range(6):
        assert town.next_due()
        before = len(sink.received)
        dispatcher.drain()
        assert 1 == len(sink.received) - before
    assert 7 == town.endpoint(endpoint.id).failures
    up = True
    while town.next_due():
        dispatcher.drain()
    assert {DeliveryState.DELIVERED} == {each.state for each in town.deliveries(endpoint.id)}
    assert 30 == len({each.headers["webhook-id"] for each in sink.received})


def test_an_endpoint_that_takes_nothing_for_five_days_is_disabled(town: WebhookTown):
    endpoint, _ = town.add(URL, ("payment.paid",))
    other, _ = town.add(f"{URL}/other", ("endpoint.disabled",))
    sink = Sink(lambda r: unanswered(r) if r.path == URL else Sent(200, b"", 1))
    dispatcher = town.dispatcher(sink)
    began = town.clock.now()
    while town.endpoint(endpoint.id).state is EndpointState.ENABLED:
        town.buy()
        dispatcher.drain()
        town.later(hours=8)
        assert town.clock.now() - began < timedelta(days=6)
    assert town.clock.now() - began >= timedelta(days=5)
    assert "five days" in town.endpoint(endpoint.id).reason
    dispatcher.drain()
    assert ["endpoint.disabled"] == [told(r)[0] for r in sink.received if r.path != URL]
    assert {DeliveryState.DEAD} == {each.state for each in town.deliveries(endpoint.id)}
    assert [DeliveryState.DELIVERED] == [d.state for d in town.deliveries(other.id)]


@pytest.mark.parametrize(
    "status, header, rests_s",
    [(503, "120", 120), (429, "3600", 3_600), (503, "99999999", 21_600), (500, "120", 5),
     (503, "Fri, 31 Dec 2099 23:59:59 GMT", 5), (503, "-1", 5)],
)  # fmt: skip
def test_an_endpoint_says_how_long_to_wait(
    town: WebhookTown, status: int, header: str, rests_s: int
):
    endpoint, _ = town.add(URL)
    town.buy()
    began = town.clock.now()
    town.dispatcher(Sink(lambda _: Sent(status, b"", 1, {"retry-after": header}))).drain()
    (delivery,) = town.deliveries(endpoint.id)
    assert delivery.due_at is not None
    waits_s = (delivery.due_at - began).total_seconds()
    assert 0.9 * rests_s <= waits_s <= rests_s


def test_dead_ones_of_an_endpoint_are_replayed_in_their_order(town: WebhookTown):
    endpoint, _ = town.add(URL, ("payment.paid", "payment.refunded"))
    paid = town.buy()
    for n in range(3):
        town.refund_payment(paid, 1, str(n))
    town.run(Fan(town.watched).fan_out, FanOut(1_000))
    town.run(disable_endpoint, town.of(endpoint.id))
    assert {DeliveryState.DEAD} == {each.state for each in town.deliveries(endpoint.id)}
    town.run(enable_endpoint, town.of(endpoint.id))
    replayed = town.run(replay_dead, town.of(endpoint.id))
    assert (4, False) == (replayed.count, replayed.more)
    sink = Sink()
    town.dispatcher(sink).drain()
    assert ["", "0", "1", "2"] == [told(each)[1] for each in sink.received]


def test_a_removed_endpoint_is_told_nothing_more(town: WebhookTown):
    endpoint, _ = town.add(URL)
    town.buy()
    town.run(Fan(town.watched).fan_out, FanOut(1_000))
    town.run(remove_endpoint, town.of(endpoint.id))
    town.buy()
    sink = Sink()
    town.dispatcher(sink).drain()
    assert [] == sink.received


def test_an_answer_after_it_was_given_up_counts(town: WebhookTown):
    endpoint, _ = town.add(URL)
    town.buy()
    town.run(Fan(town.watched).fan_out, FanOut(1_000))
    (sending,) = town.run(claim, Claim(10))
    town.run(disable_endpoint, town.of(endpoint.id))
    well = Result(sending.delivery_id, endpoint.id, 1, sending.claimed_us, 200, 1)
    assert 1 == town.run(record, Record((well,)))
    assert [DeliveryState.DELIVERED] == [each.state for each in town.deliveries(endpoint.id)]


def test_a_slow_endpoint_holds_no_other_up(town: WebhookTown):
    """Its window is full of calls that do not come back; the others' messages go out."""
    import threading

    held = threading.Event()

    def answer(received: Received) -> Sent:
        if received.path.endswith("slow"):
            held.wait(20)
        return Sent(200, b"", 1)

    town.add(f"{URL}/slow", ("payment.paid",))
    town.add(f"{URL}/fast", ("payment.paid",))
    sink = Sink(answer)
    dispatcher = town.dispatcher(sink)
    for n in range(1, 31):
        town.buy(n)
    fast = 0
    for _ in range(2_000):
        dispatcher.step()
        dispatcher._flights.rest(0.01)
        fast = sum(each.path.endswith("fast") for each in sink.received)
        if fast == 30:
            break
    slow = sum(each.path.endswith("slow") for each in sink.received)
    held.set()
    dispatcher.drain()
    assert (30, WINDOW) == (fast, slow)


def test_a_url_that_leads_inside_fails_like_any_other(town: WebhookTown):
    endpoint, _ = town.add("https://shop.example.com/hook")
    town.buy()
    inside = Sender(Policy(), look_up=lambda *_: ["10.0.0.1"])
    town.dispatcher(inside).drain()
    (delivery,) = town.deliveries(endpoint.id)
    assert "private" in town.detail(delivery.id).attempts[0].error


def test_an_event_at_odds_with_its_record_is_kept_for_a_person(town: WebhookTown):
    town.add(URL)
    town.run(lambda tx, _: tx.emit("wallet.paid", bytes(16), {"what": "ever"}), None)
    town.buy()
    sink = Sink()
    town.dispatcher(sink).drain()
    assert 1 == len(sink.received)
    (kept,) = town.read(unread, 10)
    assert ("wallet.paid", True) == (kept.name, "ValidationError" in kept.error)


def test_what_is_long_over_is_forgotten(town: WebhookTown):
    endpoint, _ = town.add(URL)
    for n in range(1, 4):
        town.buy(n)
    town.dispatcher(Sink()).drain()
    town.buy(9)
    town.run(Fan(town.watched).fan_out, FanOut(1_000))
    town.later(days=31)
    assert (2, 1, 0) == tuple(town.run(purge, Purge(2)) for _ in range(3))
    assert 1 == len(town.deliveries(endpoint.id))
    counts = town.home.read(
        lambda tx: [
            tx.sql.row(f"SELECT COUNT(*) FROM webhook_{table}")[0]
            for table in ("message", "delivery", "attempt")
        ]
    )
    assert [1, 1, 0] == counts


def test_the_events_of_an_endpoint_are_those_of_its_table():
    from venule.webhooks.states import DELIVERY, ENDPOINT

    assert {EndpointState.REMOVED} == set(EndpointState) - {state for state, _ in ENDPOINT}
    assert set(EndpointEvent) == {event for _, event in ENDPOINT}
    assert set(DeliveryState) == {state for state, _ in DELIVERY}

"""From the table of events to messages and deliveries, for those whom an event concerns.

Events are looked at in their order, a page a command; how far is a row of the same transaction, so
that none is lost and none is told twice, whatever crashes. The commands that emit them do nothing
for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from venule.kit.errors import AppError
from venule.kit.events import Event, events_after
from venule.kit.time import from_us
from venule.ledger import Tx
from venule.members import MemberId
from venule.partners import ApplicationId, watchers
from venule.webhooks import delivery_store, store
from venule.webhooks.catalogue import CATALOGUE, Entry
from venule.webhooks.facts import Fact
from venule.webhooks.messages import make_message
from venule.webhooks.model import (
    ERROR_CHARS_KEPT,
    Delivery,
    DeliveryId,
    DeliveryState,
    Endpoint,
    FannedOut,
    FanOut,
    Message,
    MessageId,
    Unread,
)

Watchers = Callable[[Tx, Sequence[MemberId]], dict[MemberId, list[ApplicationId]]]
"""Which applications may learn of members' events."""


class _Told(NamedTuple):
    """An event that is told, if anybody listens."""

    event: Event
    entry: Entry
    fact: Fact


def fan_out(tx: Tx, command: FanOut) -> FannedOut:
    """Look at the next events, at most `limit`, and make deliveries of them: for the applications
    of members, and those that members let read something."""
    return Fan(watchers).fan_out(tx, command)


class Fan:
    """Looks at events on behalf of those who watch members."""

    def __init__(self, watchers: Watchers) -> None:
        self._watchers = watchers

    def fan_out(self, tx: Tx, command: FanOut) -> FannedOut:
        """Look at the next events, at most `limit`, and make deliveries of them."""
        cursor = delivery_store.load_cursor(tx.sql)
        if not store.has_enabled(tx.sql):  # nobody listens: what has happened stays untold
            last = delivery_store.last_event(tx.sql)
            if last > cursor:
                delivery_store.save_cursor(tx.sql, last)
            return FannedOut(last - cursor, 0, 0)
        events = events_after(tx.sql, cursor, command.limit)
        if not events:
            return FannedOut(0, 0, 0)
        told = _read(tx, events)
        messages, deliveries = self._address(tx, told)
        delivery_store.insert_messages(tx.sql, messages)
        delivery_store.insert_deliveries(tx.sql, deliveries)
        delivery_store.save_cursor(tx.sql, events[-1].seq)
        return FannedOut(len(events), len(messages), len(deliveries))

    def _address(self, tx: Tx, told: Sequence[_Told]) -> tuple[list[Message], list[Delivery]]:
        """Find who listens, and draw up what goes to them; behind what is on its way already."""
        members = list(dict.fromkeys(m for each in told for m in each.fact.members))
        watching = self._watchers(tx, members) if members else {}
        wanted = [_applications(each.fact, watching) for each in told]
        applications = list(dict.fromkeys(a for each in wanted for a in each))
        if not applications:
            return [], []
        listening = store.load_enabled(tx.sql, applications)
        by_application: dict[ApplicationId, list[Endpoint]] = {}
        for endpoint in listening:
            by_application.setdefault(endpoint.application_id, []).append(endpoint)
        refs = list(dict.fromkeys(each.event.ref for each in told))
        busy = delivery_store.under_way(tx.sql, [each.id for each in listening], refs)
        messages: list[Message] = []
        deliveries: list[Delivery] = []
        for each, concerned in zip(told, wanted, strict=True):
            at = from_us(each.event.at)
            to = [
                endpoint
                for application in concerned
                for endpoint in by_application.get(application, ())
                if endpoint.from_seq < each.event.seq
                and (not endpoint.types or each.entry.name in endpoint.types)
            ]
            if not to:
                continue
            id_ = MessageId(tx.new_id())
            seq, ref = each.event.seq, each.event.ref
            messages.append(make_message(id_, seq, each.entry.name, ref, at, each.fact.data))
            for endpoint in to:
                behind = (endpoint.id, ref) in busy
                busy.add((endpoint.id, ref))
                deliveries.append(
                    Delivery(
                        DeliveryId(tx.new_id()),
                        endpoint.id,
                        id_,
                        ref,
                        seq,
                        DeliveryState.WAITING if behind else DeliveryState.READY,
                        due_at=None if behind else tx.now,
                    )
                )
        return messages, deliveries


def _read(tx: Tx, events: Sequence[Event]) -> list[_Told]:
    """Read what is told of events; one whose record is at odds is kept for a person."""
    told = []
    for event in events:
        entry = CATALOGUE.get(event.name)
        if entry is None:
            continue
        try:
            told.append(_Told(event, entry, entry.read(tx, event)))
        except (AppError, msgspec.MsgspecError) as error:
            text = f"{type(error).__name__}: {error}"[:ERROR_CHARS_KEPT]
            delivery_store.insert_unread(tx.sql, Unread(event.seq, event.name, text, tx.now))
    return told


def _applications(fact: Fact, watching: dict[MemberId, list[ApplicationId]]) -> list[ApplicationId]:
    """Return whom an event concerns, each once."""
    own = [] if fact.application is None else [fact.application]
    theirs = [a for member in fact.members for a in watching.get(member, ())]
    return list(dict.fromkeys(own + theirs))

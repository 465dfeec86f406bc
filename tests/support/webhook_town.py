"""A town whose shop has an application that is told of events: for the tests of webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from support.both_homes import Place
from support.escrow_town import NO_FEE, EscrowTown
from support.receivers import HERE, Received
from venule import wallet
from venule.escrow import Terms
from venule.kit.door import NearWriter
from venule.kit.money import Money
from venule.kit.sending import Sender, SendFailed, SendStep, Sent
from venule.kit.time import Clock, SystemClock
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberId
from venule.partners import ApplicationId
from venule.webhooks import (
    AddEndpoint,
    Delivery,
    DeliveryDetail,
    DeliveryId,
    DeliveryState,
    Dispatcher,
    Endpoint,
    EndpointId,
    Fan,
    ListDeliveries,
    OfDelivery,
    OfEndpoint,
    Poster,
    add_endpoint,
    deliveries,
    delivery,
    endpoint,
    new_secret,
    next_due_at,
)

R = TypeVar("R")

SHOP_APP = ApplicationId(UUID(int=1))
BUYER_APP = ApplicationId(UUID(int=2))
VAULT = Vault(bytes(range(32)))


def draw(count: int) -> bytes:
    """Give bytes that are not random: the tests' secrets."""
    return bytes(count)


class WebhookTown(EscrowTown):
    """The shop has an application, the buyer another one.

    watchers: which applications watch a member; the shop's and the buyer's to begin with.
    """

    def __init__(self, place: Place, terms: Terms = NO_FEE, runs: int = 0) -> None:
        self.watchers: dict[MemberId, list[ApplicationId]] = {}
        self.dispatchers: list[Dispatcher] = []
        super().__init__(place, terms, runs=runs)
        self.watchers[self.shop] = [SHOP_APP]
        self.watchers[self.buyer] = [BUYER_APP]

    def watched(self, _: Tx, members: Sequence[MemberId]) -> dict[MemberId, list[ApplicationId]]:
        return {each: self.watchers[each] for each in members if each in self.watchers}

    def __exit__(self, *error: Any) -> None:
        for each in self.dispatchers:
            each.close()
        super().__exit__(*error)

    def dispatcher(
        self, sender: Poster | None = None, clock: Clock | None = None, at_once: int = 32
    ) -> Dispatcher:
        made = Dispatcher(
            NearWriter(self.home),
            Sender(HERE) if sender is None else sender,
            VAULT,
            SystemClock() if clock is None else clock,
            fan_out=Fan(self.watched).fan_out,
            at_once=at_once,
        )
        self.dispatchers.append(made)
        return made

    def add(
        self,
        url: str,
        types: tuple[str, ...] = (),
        app: ApplicationId = SHOP_APP,
        draw: Callable[[int], bytes] = draw,
    ) -> tuple[Endpoint, str]:
        """Add an endpoint; return it and its secret."""
        secret, sealed = new_secret(VAULT, draw)
        return self.run(add_endpoint, AddEndpoint(app, url, sealed, types)), secret

    def buy(self, fen: int = 100) -> wallet.Payment:
        """Let the buyer pay the shop."""
        return self.run(wallet.pay, wallet.Pay(self.buyer, self.shop, Money(fen, "CNY")))

    def refund_payment(self, of: wallet.Payment, fen: int, request: str) -> None:
        self.run(wallet.refund, wallet.RefundPayment(of.id, request, Money(fen, "CNY")))

    def of(self, id_: EndpointId, app: ApplicationId = SHOP_APP) -> OfEndpoint:
        return OfEndpoint(app, id_)

    def endpoint(self, id_: EndpointId, app: ApplicationId = SHOP_APP) -> Endpoint:
        return self.read(endpoint, OfEndpoint(app, id_))

    def deliveries(
        self, id_: EndpointId, state: DeliveryState | None = None, app: ApplicationId = SHOP_APP
    ) -> list[Delivery]:
        """Return an endpoint's deliveries, the earliest first."""
        found = self.read(deliveries, ListDeliveries(app, id_, state, limit=200))
        return [each.delivery for each in reversed(found)]

    def detail(self, id_: DeliveryId, app: ApplicationId = SHOP_APP) -> DeliveryDetail:
        return self.read(delivery, OfDelivery(app, id_))

    def next_due(self) -> bool:
        """Let time pass until something is to be sent again; False if there is nothing."""
        at = self.home.read(next_due_at)
        if at is None:
            return False
        self.clock.set(max(at, self.clock.now()))
        return True

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))


@dataclass
class Sink:
    """A receiver without a network: `answer` decides on each message."""

    answer: Callable[[Received], Sent] = lambda _: Sent(200, b"", 1)
    received: list[Received] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> Sent:
        received = Received(url, dict(headers), body)
        self.received.append(received)
        return self.answer(received)


def unanswered(_: Received) -> Sent:
    raise SendFailed("shop.example.com", SendStep.ANSWER, "no answer in time", 15_000)

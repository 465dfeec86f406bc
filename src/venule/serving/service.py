"""A process of the service: the home or the way to it, the operations, the work beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import prometheus_client
from starlette.types import ASGIApp
from structlog import get_logger

from venule import __version__, app, escrow, gateway, partners, wallet
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor, Door
from venule.kit.home import Home
from venule.kit.http import RATES, Api, OriginForm, Rate, Route, describe
from venule.kit.ids import SystemIds
from venule.kit.time import Clock, SystemClock
from venule.kit.vault import Vault
from venule.kit.writing import EndpointTaken
from venule.ledger import Tx
from venule.serving.beside import vault_of, working
from venule.serving.front import Front
from venule.serving.metrics import Metrics
from venule.serving.pages import page_routes
from venule.serving.rooms import Rooms
from venule.serving.settings import Settings

TAGS: Final[Mapping[str, str]] = {
    "access": "Signing in, passkeys, sessions and devices, step-up; staff, and what takes two.",
    "members": "Who holds a wallet: opening, tiers, limits, bank accounts.",
    "wallet": "Money of members: balances, payments, transfers, top-ups, withdrawals.",
    "bank": "The bank's word: messages, statements, reconciliation, cases.",
    "fund": "Money-market fund: orders, holdings, income, the sweep, the close of a day.",
    "escrow": "Guaranteed trade: orders, shipments, refunds, disputes, settlement, freezes.",
    "partners": "Applications of other firms, their keys and scopes, members' consents.",
    "webhooks": "Where partners are told what happens, and what became of each message.",
    "gateway": "What an operator sets up for merchants with an SDK of the partner gateway.",
    "sandbox": "Trying out: test members with play money, a clock that moves when told.",
    "operations": "What those who run the house look at and put right.",
}

_log: Final = get_logger("venule.serving")


class Service:
    """One process's application, over a door."""

    def __init__(
        self, rooms: Rooms, clock: Clock, metrics: Metrics, more: Sequence[Route] = ()
    ) -> None:
        """more: operations besides those of the rooms, or in place of one of theirs."""
        settings = rooms.settings
        self.rooms = rooms
        routes = together(rooms.routes(), more)
        self._description = description_of(routes, settings)
        self.api = Api(
            [*routes, *page_routes(lambda: self._description, lambda: self.api.stopping)],
            rooms.door,
            rooms.gatekeeper,
            clock=clock,
            ids=SystemIds(SystemClock()),
            rates=_rates(settings),
            at_work_max=settings.at_work_max,
            observer=metrics,
            sign=rooms.sign,
            pages="/problems/" if not settings.public_url else f"{settings.url}/problems/",
        )
        metrics.ask("venule_http_at_work", "Requests under way.", lambda: self.api.room.at_work)

    @property
    def asgi(self) -> ASGIApp:
        """What a server serves."""
        return self.with_mounts({})

    def with_mounts(self, mounts: Mapping[str, ASGIApp]) -> ASGIApp:
        """Return what a server serves. mounts: what else there is, by path, with its own limits."""
        front = Front(
            self.api,
            self.rooms.mounts(),
            own=mounts,
            proxies=[ip_network(each) for each in self.rooms.settings.trusted_proxies],
            room=self.api.room,
            stopping=lambda: self.api.stopping,
        )
        return OriginForm(front)

    def ending(self) -> None:
        """Take nothing new."""
        self.api.stopping = True
        self.rooms.balances.stop()


DESCRIPTION: Final = (
    "Money is `{amount, currency}`, exact, as text. Errors are problems (RFC 9457) with a stable "
    "`code`, each with a page. Calls that move money need an `Idempotency-Key`: the same key with "
    "the same request has one effect and one answer."
)


PLAY: Final = "A sandbox: money, members and time are play."


def together(routes: Sequence[Route], more: Sequence[Route]) -> list[Route]:
    """Return operations and more of them; one of `more` stands in place of one of the same name."""
    named = {(route.method, route.path): route for route in (*routes, *more)}
    return list(named.values())


def description_of(routes: list[Route], settings: Settings) -> dict[str, Any]:
    """Return what is said of the operations (OpenAPI)."""
    kind = " sandbox" if settings.sandbox else ""
    return describe(
        routes,
        title=f"{settings.house_name}{kind}: the API",
        version=__version__,
        description=f"{PLAY} {DESCRIPTION}" if settings.sandbox else DESCRIPTION,
        server=settings.url,
        tags=TAGS,
    )


@contextmanager
def opened(
    settings: Settings, metrics: Metrics, clock: Clock
) -> Iterator[tuple[Door, Vault, Callable[[], bool]]]:
    """Give a door to the writer, the vault, and whether the home is no longer ours.

    If the writer is here, the work beside it is too.
    """
    place = settings.place
    if not settings.writes_here:
        secret = Path(settings.writer_secret_file) if settings.writer_secret_file else None
        with app.connect(place, secret) as relay:
            yield relay, vault_of(settings), lambda: False
        return
    with ExitStack() as stack:
        home = stack.enter_context(app.open_home(place, clock=clock))
        vault = vault_of(settings)
        desk = stack.enter_context(Desk(home))
        stack.enter_context(working(home, settings, vault, metrics, desk))
        metrics.ask("venule_desk_waiting", "Commands that wait.", lambda: desk.waiting)
        yield DeskDoor(desk), vault, home.is_over


def work_beside(settings: Settings) -> Callable[[Home[Tx]], AbstractContextManager[object]]:
    """Return what a writer does beside its commands, while others serve. Raises: VaultKeyUnfit."""
    vault, metrics = vault_of(settings), Metrics()
    if settings.metrics_listen:
        show_metrics(metrics, settings)
    return lambda home: working(home, settings, vault, metrics)


def show_metrics(metrics: Metrics, settings: Settings) -> None:
    """Let Prometheus ask, at an address of its own. Raises: EndpointTaken."""
    host, _, port = settings.metrics_listen.rpartition(":")
    try:
        server, _ = prometheus_client.start_http_server(
            int(port), host.strip("[]"), metrics.registry
        )
    except OSError as error:
        raise EndpointTaken(settings.metrics_listen, error.strerror or str(error)) from error
    _log.info("metrics", listening=f"{host}:{server.server_port}")


async def make_service(
    settings: Settings,
    door: Door,
    vault: Vault,
    clock: Clock,
    metrics: Metrics,
    more: Sequence[Route] = (),
) -> Service:
    """Return one process's application. more: see `Service`. Raises: VaultSealBroken."""
    await set_up(door, vault, clock)
    signer = await partners.load_signer(door, vault, SystemClock())
    return Service(Rooms(settings, door, vault, clock, signer), clock, metrics, more)


async def set_up(door: Door, vault: Vault, clock: Clock) -> None:
    """Set up the rooms of a new home as they come; what is set up already stays as it is."""
    try:
        await door.aread(wallet.house)
    except wallet.WalletNotSetUp:
        await door.acall(wallet.set_up, wallet.SetUp())
        await door.acall(escrow.set_up_escrow, escrow.SetUpEscrow())
    await gateway.ready(door, vault, clock)


def _rates(settings: Settings) -> dict[str, Rate]:
    usual = Rate(settings.rate_per_s, settings.rate_burst)
    return {
        **RATES,
        "standard": usual,
        "money": usual,
        "sign_in": Rate(settings.sign_in_per_s, settings.sign_in_burst),
        "sign_up": Rate(settings.sign_ups_per_hour / 3_600, settings.sign_ups_burst),
    }

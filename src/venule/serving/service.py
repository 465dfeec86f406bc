"""A process of the service: the home or the way to it, the operations, the work beside them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import prometheus_client
import uvloop
from starlette.responses import Response
from starlette.types import ASGIApp
from structlog import get_logger

from venule import __version__, access, app, escrow, partners, wallet
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor, Door
from venule.kit.home import Home
from venule.kit.http import RATES, Api, Caller, Rate, Route, describe
from venule.kit.ids import SystemIds
from venule.kit.jobs import Handler
from venule.kit.place import is_address
from venule.kit.time import Clock, SystemClock, to_us
from venule.kit.vault import KEY_FILE, Vault, read_vault
from venule.ledger import Tx
from venule.members import api as members_api
from venule.partners import api as partners_api
from venule.procedures import SENSITIVE
from venule.serving import operations, streams
from venule.serving.front import make_front
from venule.serving.gatekeeper import Gatekeeper
from venule.serving.metrics import Metrics
from venule.serving.pages import page_routes
from venule.serving.server import HttpServer
from venule.serving.settings import Rail, Settings
from venule.serving.work import Worker, jobs_lag_s
from venule.wallet import api as wallet_api

AUTH_EVENTS_KEPT: Final = timedelta(days=400)
SESSIONS_KEPT: Final = timedelta(days=90)
GRANTS_KEPT: Final = timedelta(days=30)
CLEAN_AGAIN: Final = 500
"""When so much was thrown away at once, there may be more."""

RAIL_FILE: Final = "bank-simulator"
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

_log: Final = get_logger("venule.service")


class Rooms:
    """The rooms' work outside the writer, over one door: made once a process."""

    def __init__(
        self, settings: Settings, door: Door, vault: Vault, clock: Clock, signer: Any
    ) -> None:
        self.settings = settings
        self.door = door
        self.vault = vault
        self.signer: partners.AnswerSigner = signer
        origin = _origin(settings.url)
        ceremonies = access.Ceremonies(settings.domain, settings.house_name, [origin])
        front = access.Front(
            door, vault, clock, ceremonies, issuer=settings.house_name, chance=secrets.token_bytes
        )
        self.people = access.Authn(front)
        self.front = front
        # Partners sign by the machine's clock, whatever the house's says.
        self.partners = partners.Authenticator(door, SystemClock(), frozenset({origin}))
        self.gatekeeper = Gatekeeper(self.people, self.partners, urlsplit(origin).scheme)
        self.balances = streams.Balances(door)

    def routes(self) -> list[Route]:
        """Return every operation of the rooms."""
        return [
            *access.access_routes(self.front, self.people, SENSITIVE),
            *members_api.ROUTES,
            *wallet_api.ROUTES,
            *partners_api.partner_routes(self.partners),
            *operations.ROUTES,
            streams.stream_route(self.balances),
        ]

    def sign(self, caller: Caller, response: Response) -> None:
        """Sign an answer to a partner that signs its requests."""
        fields = self.signer.fields(
            response.status_code,
            response.headers.get("content-type", ""),
            bytes(response.body),
            caller.facts.signature,
        )
        for name, value in fields:
            response.headers[name.lower()] = value


class Service:
    """One process's application, over a door."""

    def __init__(self, rooms: Rooms, clock: Clock, metrics: Metrics) -> None:
        settings = rooms.settings
        self.rooms = rooms
        routes = rooms.routes()
        self._description = describe(
            routes,
            title=f"{settings.house_name}: the API",
            version=__version__,
            description=DESCRIPTION,
            server=settings.url,
            tags=TAGS,
        )
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
        return make_front(self.api, {})

    def ending(self) -> None:
        """Take nothing new."""
        self.api.stopping = True
        self.rooms.balances.stop()


DESCRIPTION: Final = (
    "Money is `{amount, currency}`, exact, as text. Errors are problems (RFC 9457) with a stable "
    "`code`, each with a page. Calls that move money need an `Idempotency-Key`: the same key with "
    "the same request has one effect and one answer."
)


def make_handlers(rail: wallet.BankRail | None) -> dict[str, Handler]:
    """Return the handlers of all jobs of the rooms."""
    handlers: dict[str, Handler] = {**escrow.escrow_jobs(), **access.access_jobs()}
    if rail is not None:
        handlers |= wallet.wallet_jobs(rail)
    return handlers


@contextmanager
def opened(settings: Settings, metrics: Metrics, clock: Clock) -> Iterator[tuple[Door, Any]]:
    """Give a door to the writer, and whether it is over; with the work beside it if it is here."""
    place = settings.place
    if not settings.writes_here:
        secret = Path(settings.writer_secret_file) if settings.writer_secret_file else None
        with app.connect(place, secret) as relay:
            yield relay, lambda: False
        return
    with ExitStack() as stack:
        home = stack.enter_context(app.open_home(place, clock=clock))
        stack.enter_context(working(home, settings, metrics, clock))
        desk = stack.enter_context(Desk(home))
        metrics.ask("venule_desk_waiting", "Commands that wait.", lambda: desk.waiting)
        yield DeskDoor(desk), home.is_over


@contextmanager
def working(home: Home[Tx], settings: Settings, metrics: Metrics, clock: Clock) -> Iterator[Worker]:
    """Do the work beside the requests for as long as a home is open here."""
    home.observe(metrics)
    rail = make_rail(settings, clock)
    handlers = make_handlers(rail)
    kinds = sorted(handlers)
    worker = Worker(
        home,
        handlers,
        rail=rail,
        cleaners=[_clean_access, _clean_grants],
        keep_keys=timedelta(days=settings.keep_keys_days),
        metrics=metrics,
    )
    metrics.ask(
        "venule_jobs_lag_seconds",
        "For how long the job that is due longest has been due.",
        lambda: home.read(lambda tx: jobs_lag_s(tx, kinds)),
    )
    with worker:
        yield worker


def _clean_access(home: Home[Tx]) -> bool:
    now = home.clock.now()
    command = access.Purge(now - AUTH_EVENTS_KEPT, now - SESSIONS_KEPT)
    done = home.run(access.purge_access, command)
    counts = (done.events, done.sessions, done.challenges, done.failures)
    return max(counts) >= CLEAN_AGAIN


def _clean_grants(home: Home[Tx]) -> bool:
    before = home.clock.now() - GRANTS_KEPT
    deleted: int = home.run(partners.purge_grants, to_us(before))
    return bool(deleted >= CLEAN_AGAIN)


def make_rail(settings: Settings, clock: Clock) -> wallet.BankRail | None:
    """Return the way to the bank that is set up."""
    if settings.rail is Rail.NONE:
        return None
    place = settings.place
    path = place / RAIL_FILE if isinstance(place, Path) else None
    return wallet.BankRailSimulator(1, clock, path=path)


def vault_of(settings: Settings) -> Vault:
    """Return the vault. Raises: VaultKeyUnfit."""
    if settings.vault_key_file:
        return read_vault(Path(settings.vault_key_file))
    assert not is_address(settings.home)
    folder = Path(settings.home)
    return read_vault(folder / KEY_FILE, make=folder.is_dir())


def serve(settings: Settings, *, began: Callable[[str], None] = lambda _: None) -> bool:
    """Serve until told to stop; return whether it was (else the home is no longer ours).

    Raises: EndpointTaken, VaultKeyUnfit, and what opening a home does.
    """
    clock = SystemClock()
    metrics = Metrics()
    with opened(settings, metrics, clock) as (door, is_over):
        vault = vault_of(settings)

        async def live() -> bool:
            signer = await partners.load_signer(door, vault, SystemClock())
            rooms = Rooms(settings, door, vault, clock, signer)
            service = Service(rooms, clock, metrics)
            server = HttpServer(service.asgi, settings)
            return await server.run(is_over=is_over, began=began, ending=service.ending)

        if settings.metrics_listen:
            host, _, port = settings.metrics_listen.rpartition(":")
            prometheus_client.start_http_server(int(port), host, metrics.registry)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(live())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _rates(settings: Settings) -> dict[str, Rate]:
    usual = Rate(settings.rate_per_s, settings.rate_burst)
    return {
        **RATES,
        "standard": usual,
        "money": usual,
        "sign_in": Rate(settings.sign_in_per_s, settings.sign_in_burst),
    }

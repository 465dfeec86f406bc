"""A world to try things out in: a home of its own, with its own clock, bank and days.

It is served as a house is. What is different: its clock moves when it is told to, and does on the
way, each at its own instant, what falls due; nothing in it is real.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from starlette.types import ASGIApp

from venule import app, gateway, partners, webhooks
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor, NearWriter
from venule.kit.home import Home
from venule.kit.http import Route
from venule.kit.sending import Sender
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.serving.beside import (
    RAIL_FILE,
    make_notices,
    make_worker,
    vault_of,
    webhook_policy,
)
from venule.serving.errors import ClockBusy
from venule.serving.founding import FUND, FoundFund, found_fund
from venule.serving.fund_days import FundDays
from venule.serving.metrics import Metrics
from venule.serving.service import Service, make_service
from venule.serving.settings import Rail, Settings, Where
from venule.serving.work import Worker
from venule.serving.world_clock import WorldClock
from venule.wallet import BankRailSimulator, RailFaults

KEPT_FILE: Final = "world.json"
HEADER: Final = b"venule-sandbox"
RAIL_SEED: Final = 1
SENDING_TIMEOUT_S: Final = 5.0
SENDING_AT_ONCE: Final = 4
IDLE_S: Final = 1.0
"""So long a world rests when nothing is due: there are many of them."""

MOVE_S: Final = 40.0
"""A move of the clock takes about so long at most, and says how far it came."""

Monotonic = Callable[[], float]


class Carried(msgspec.Struct, frozen=True):
    """An application of the world as the house knows it."""

    application_id: partners.ApplicationId


class Kept(msgspec.Struct, frozen=True):
    """What a world remembers outside its home. carried: by the application's id here.

    ahead_us: how far its clock is ahead of the machine's, in microseconds.
    """

    ahead_us: int = 0
    faults: RailFaults = RailFaults()
    carried: dict[str, Carried] = {}


class Moved(msgspec.Struct, frozen=True):
    """How far a move came: `now` is the goal, or the time was up before it was reached."""

    now: datetime
    reached: bool


def read_kept(folder: Path) -> Kept:
    """Return what a world remembers; of a new one, nothing."""
    try:
        return msgspec.json.decode((folder / KEPT_FILE).read_bytes(), type=Kept)
    except FileNotFoundError:
        return Kept()


def write_kept(folder: Path, kept: Kept) -> None:
    """Remember it, whole or not at all."""
    draft = folder / f"{KEPT_FILE}.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(kept))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / KEPT_FILE)


class Insides:
    """What of a world is open in this process: to be made and closed in a thread."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        place = settings.place
        assert isinstance(place, Path), "a world is a directory"
        self.folder = place
        self._keeping = Lock()
        self.kept = read_kept(place)
        self.clock = WorldClock(SystemClock(), timedelta(microseconds=self.kept.ahead_us))
        with ExitStack() as stack:
            self.home: Home[Tx] = stack.enter_context(app.open_home(place, clock=self.clock))
            self.clock.not_before(self.home.read(_instant))
            self.vault: Vault = vault_of(settings)
            self.rail = BankRailSimulator(RAIL_SEED, self.clock, path=place / RAIL_FILE)
            self.rail.set_faults(self.kept.faults)
            writer = NearWriter(self.home)
            self.dispatcher = webhooks.Dispatcher(
                writer,
                Sender(webhook_policy(settings)),
                self.vault,
                SystemClock(),
                at_once=SENDING_AT_ONCE,
                timeout_s=SENDING_TIMEOUT_S,
            )
            stack.callback(self.dispatcher.close)
            self.notices = make_notices(
                writer,
                settings,
                self.vault,
                at_once=SENDING_AT_ONCE,
                timeout_s=SENDING_TIMEOUT_S,
            )
            stack.callback(self.notices.close)
            self.days = FundDays(self.home, FUND)
            self.worker = _worker(self, settings, metrics)
            stack.enter_context(self.worker)
            self.desk: Desk[Tx] = stack.enter_context(Desk(self.home))
            self.door = DeskDoor(self.desk)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let go of it in good order."""
        self._stack.close()

    def keep(self, **changed: Any) -> None:
        """Remember something else."""
        with self._keeping:
            ahead_us = self.clock.ahead // timedelta(microseconds=1)
            self.kept = replace(self.kept, **{"ahead_us": ahead_us, **changed})
            write_kept(self.folder, self.kept)


def _worker(of: Insides, settings: Settings, metrics: Metrics) -> Worker:
    of.home.observe(metrics)
    ticks = [lambda _: of.dispatcher.step(), lambda _: of.notices.step(), of.days.work]
    return make_worker(of.home, settings, of.rail, metrics, ticks, IDLE_S)


def _instant(tx: Tx) -> datetime:
    return tx.now


class World:
    """An open world, as it is served. Its operations: `play.py`."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        insides: Insides,
        executor: Executor,
        monotonic: Monotonic,
    ) -> None:
        self.settings = settings
        self.name = name
        self.door = insides.door
        self.vault = insides.vault
        self.clock = insides.clock
        self.rail = insides.rail
        self.service: Service | None = None
        self._asgi: ASGIApp | None = None
        self._insides = insides
        self._executor = executor
        self._monotonic = monotonic
        self._moving = Lock()

    @property
    def asgi(self) -> ASGIApp:
        """What a server serves."""
        assert self._asgi is not None, "a world is served once it is made"
        return self._asgi

    def is_over(self) -> bool:
        """Whether this process will never write here again."""
        return self._insides.home.is_over()

    def serve(self, service: Service) -> None:
        """Serve it by an application that was made for it."""
        self.service = service
        self._asgi = _marked(service.asgi, self.name.encode())

    # Faults, and what is kept

    def set_faults(self, faults: RailFaults) -> None:
        """Let the bank behave otherwise towards orders that come from now on."""
        self.rail.set_faults(faults)
        self._insides.keep(faults=faults)

    def carried(self, application_id: partners.ApplicationId) -> Carried | None:
        """Return what the house knows of an application here; None if nothing."""
        return self._insides.kept.carried.get(str(application_id))

    def keep_carried(self, application_id: partners.ApplicationId, carried: Carried) -> None:
        """Remember how the house knows an application of this world."""
        known = {**self._insides.kept.carried, str(application_id): carried}
        self._insides.keep(carried=known)

    # The clock

    async def move(self, to: datetime) -> Moved:
        """Let time pass up to an instant, and do on the way what falls due.

        Raises: ClockBusy if somebody else is moving it.
        """
        loop = asyncio.get_running_loop()
        if not self._moving.acquire(blocking=False):
            raise ClockBusy
        # Whoever asked may go away: the clock moves on, and is let go of in the end.
        return await asyncio.shield(loop.run_in_executor(self._executor, self._move, to))

    def _move(self, to: datetime) -> Moved:
        try:
            with self._insides.worker.turn:
                return self._walk(to)
        finally:
            self._moving.release()

    def _walk(self, to: datetime) -> Moved:
        clock, ends = self.clock, self._monotonic() + MOVE_S
        clock.hold(clock.now())
        try:
            reached = self._settle(ends)
            while reached:
                now = clock.now()
                at = self._next_due_at(now)
                if at is None or at > to:
                    break
                clock.hold(at)
                reached = self._settle(ends)
            if reached:
                clock.hold(to)
                reached = self._settle(ends)
            return Moved(clock.now(), reached)
        finally:
            clock.let_go()
            self._insides.keep()

    def _settle(self, ends: float) -> bool:
        """Do all that is due now; return whether it was done before the time was up."""
        insides = self._insides
        while True:
            done = insides.worker.work_once()
            insides.dispatcher.drain()
            insides.notices.drain()
            if not done:
                return True
            if self._monotonic() > ends:
                return False

    def _next_due_at(self, now: datetime) -> datetime | None:
        """Return when something falls due next. What is due and does not move is left alone."""
        insides = self._insides
        dues = (
            insides.worker.runner.next_due_at(),
            self.rail.next_message_at(),
            insides.home.read(webhooks.next_due_at),
            insides.home.read(gateway.next_notice_at),
            insides.days.next_at(),
        )
        return min((at for at in dues if at is not None and at > now), default=None)

    # Its end

    def ending(self) -> None:
        """Take nothing new."""
        if self.service is not None:
            self.service.ending()

    async def close(self) -> None:
        """Let go of the home; what its clock has come to is kept."""
        self.ending()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._insides.close)


@asynccontextmanager
async def open_world(
    settings: Settings,
    executor: Executor,
    operations: Callable[[World], list[Route]],
    *,
    name: str = "sandbox",
    metrics: Metrics | None = None,
    monotonic: Monotonic = time.monotonic,
) -> AsyncIterator[World]:
    """Open a world, and make it first if nothing is there; close it in the end.

    settings: those of the world, see `settings_of`. operations: of its own, besides the rooms'.
    Raises: what opening a home does, VaultKeyUnfit, VaultSealBroken, SandboxTooLate.
    """
    metrics = Metrics() if metrics is None else metrics
    insides = await _opened(executor, settings, metrics)
    world = World(settings, name, insides, executor, monotonic)
    try:
        await world.door.acall(partners.set_up_sandbox, partners.SetUpSandbox())
        more = operations(world)
        args = (world.door, world.vault, world.clock, metrics, more)
        service = await make_service(settings, *args)
        await world.door.acall(found_fund, FoundFund())
        world.serve(service)
        insides.keep()
        yield world
    finally:
        await world.close()


async def _opened(executor: Executor, settings: Settings, metrics: Metrics) -> Insides:
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(executor, Insides, settings, metrics)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:  # nobody waits for it any more: it is closed once it is open
        opening.add_done_callback(lambda done: _let_go(executor, done))
        raise


def _let_go(executor: Executor, opened: asyncio.Future[Insides]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        executor.submit(opened.result().close)


def settings_of(house: Settings, folder: Path, url: str) -> Settings:
    """Return the settings of a world beside a house: its own home and address, else the same."""
    return replace(
        house,
        home=str(folder),
        public_url=url,
        sandbox=True,
        sandboxes="",
        rail=Rail.SIMULATOR,
        vault_key_file="",
        metrics_listen="",
        writer=Where.HERE,
    )


def _marked(inner: ASGIApp, name: bytes) -> ASGIApp:
    """Say with every answer that nothing of it is real."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, name)]
            await send(message)

        await inner(scope, receive, sending)

    return serve

"""How a process serves until it is told to stop: a house with worlds beside it, or one world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import uvloop
from msgspec.structs import replace
from starlette.types import ASGIApp

from venule.kit.door import Door
from venule.kit.http import Route
from venule.kit.time import Clock, SystemClock
from venule.kit.vault import Vault
from venule.serving.metrics import Metrics
from venule.serving.play import Play
from venule.serving.server import HttpServer
from venule.serving.service import make_service, opened, show_metrics
from venule.serving.settings import Rail, Settings
from venule.serving.sign_up import SIGN_UP, SignedUp, SignUpBody, admit, sign_up_route
from venule.serving.world import World, open_world
from venule.serving.worlds import Worlds

Began = Callable[[str], None]
WORLD_THREADS: Final = 2


def serve(settings: Settings, *, began: Began = lambda _: None) -> bool:
    """Serve until told to stop; return whether it was (else the home is no longer ours).

    Raises: EndpointTaken, VaultKeyUnfit, and what opening a home does.
    """
    metrics = Metrics()
    if settings.metrics_listen:
        show_metrics(metrics, settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if settings.sandbox:
            return runner.run(_serve_world(settings, metrics, began))
        clock = SystemClock()
        with opened(settings, metrics, clock) as (door, vault, is_over):
            serving = _serve_house(settings, door, vault, clock, metrics, began, is_over)
            return runner.run(serving)


async def _serve_house(
    settings: Settings,
    door: Door,
    vault: Vault,
    clock: Clock,
    metrics: Metrics,
    began: Began,
    is_over: Callable[[], bool],
) -> bool:
    worlds = Worlds(settings, door, metrics) if settings.sandboxes else None
    more = [] if worlds is None else [sign_up_route(worlds.sign_up)]
    service = await make_service(settings, door, vault, clock, metrics, more)
    mounts: Mapping[str, ASGIApp] = (
        {} if worlds is None else worlds.mounts() | {SIGN_UP: service.api}
    )

    def ending() -> None:
        service.ending()
        if worlds is not None:
            worlds.ending()

    server = HttpServer(service.with_mounts(mounts), settings)
    try:
        return await server.run(is_over=is_over, began=began, ending=ending)
    finally:
        if worlds is not None:
            await worlds.close()


def world_operations(world: World) -> list[Route]:
    """Return the operations of a world that stands alone: who signs up there, shares it."""
    play = Play(world)

    async def sign_up_here(body: SignUpBody) -> SignedUp:
        return await admit(world, play.actors, body)

    return [*play.routes(), sign_up_route(sign_up_here)]


async def _serve_world(settings: Settings, metrics: Metrics, began: Began) -> bool:
    settings = replace(settings, rail=Rail.SIMULATOR)
    with ThreadPoolExecutor(WORLD_THREADS, thread_name_prefix="venule-world") as executor:
        opening = open_world(settings, executor, world_operations, metrics=metrics)
        async with opening as world:
            server = HttpServer(world.asgi, settings)
            return await server.run(is_over=world.is_over, began=began, ending=world.ending)

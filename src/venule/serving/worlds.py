"""Many worlds below one address, each in a directory of its own, opened when somebody asks.

A few are open at a time. Who has not been asked for longest is closed to make room, but never while
it answers; what falls due in a closed world is done when it is opened again.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.kit.http import InternalError, Route, Stopping, problem, problem_response
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.serving.errors import WorldsBusy, WorldsFull, WorldUnknown
from venule.serving.metrics import Metrics
from venule.serving.play import Actors, Play
from venule.serving.production import Production
from venule.serving.settings import Settings
from venule.serving.sign_up import SignedUp, SignUpBody, admit
from venule.serving.world import KEPT_FILE, World, open_world, settings_of

PREFIX: Final = "/sandbox/"
METADATA: Final = "/.well-known/oauth-authorization-server"
WELL_KNOWN: Final = f"{METADATA}{PREFIX}"
"""Where clients look for what an issuer with a path says of itself. Source: RFC 8414, 3.1."""

NAME: Final = re.compile(r"[a-z0-9]{8,32}")
NAME_BYTES: Final = 10
"""80 random bits: who has not been told a world's name does not find it."""

ROOM_S: Final = 2.0
"""So long whoever asks waits for another world to be done, before it is told to come again."""

THREADS: Final = 8
"""In which worlds are opened, closed and moved through time."""

_log: Final = get_logger("venule.worlds")


class _Slot:
    """A world that is open, or about to be."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.opening = False
        self.world: World | None = None
        self.stack = AsyncExitStack()


class Worlds:
    """Opens worlds and hands requests to them. Of one event loop."""

    def __init__(
        self,
        settings: Settings,
        house: Door,
        metrics: Metrics | None = None,
        draw: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        """settings: the house's. house: where applications ask for production."""
        self._settings = settings
        self._house = house
        self._folder = Path(settings.sandboxes)
        self._draw = draw
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="venule-worlds")
        self._ids = SystemIds(SystemClock())
        self._actors: dict[str, Actors] = {}
        self._making = 0
        self._freed = asyncio.Event()
        self._stopping = False
        if metrics is not None:
            metrics.ask("venule_sandboxes_open", "Sandboxes open.", lambda: self.open_count)

    @property
    def open_count(self) -> int:
        """How many worlds are open, or about to be."""
        return sum(slot.opening or slot.world is not None for slot in self._slots.values())

    # Requests

    def mounts(self) -> dict[str, ASGIApp]:
        """Return where the house serves it."""
        return {PREFIX: self, WELL_KNOWN: self}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to its world, whose paths begin behind its name."""
        path: str = scope["path"]
        if path.startswith(WELL_KNOWN):
            path = f"{PREFIX}{path.removeprefix(WELL_KNOWN)}{METADATA}"
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        root = f"{PREFIX}{name}"
        inner = {
            **scope,
            "path": f"/{rest}",
            "root_path": scope.get("root_path", "") + root,
        }
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            async with self.entered(name) as world:
                await world.asgi(inner, receive, sending)
        except Exception as error:
            if began:
                raise
            await self._refuse(error, scope, receive, send)

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        if not isinstance(error, AppError):
            _log.error("broke", exc_info=error)
        told = error if isinstance(error, AppError) else InternalError()
        pages = f"{self._settings.url}/problems/"
        trace_id = str(self._ids.new())
        body = problem(told, instance=scope["path"], trace_id=trace_id, pages=pages)
        response = problem_response(told, body, scope["method"])
        response.headers["x-request-id"] = trace_id
        await response(scope, receive, send)

    @asynccontextmanager
    async def entered(self, name: str) -> AsyncIterator[World]:
        """Give a world, open for as long as it is used.

        Raises: Stopping, WorldUnknown, WorldsBusy; and what opening a home does.
        """
        if self._stopping:
            raise Stopping
        if not NAME.fullmatch(name):
            raise WorldUnknown(name)
        if name not in self._slots and not (self._folder / name / KEPT_FILE).is_file():
            raise WorldUnknown(name)
        async with self._used(name) as slot:
            world = await self._world(name, slot)
            yield world

    @asynccontextmanager
    async def _used(self, name: str) -> AsyncIterator[_Slot]:
        slot = self._slots.setdefault(name, _Slot())
        self._slots.move_to_end(name)
        slot.users += 1
        try:
            yield slot
        finally:
            slot.users -= 1
            if not slot.users:
                self._freed.set()
            self._drop(name, slot)

    def _drop(self, name: str, slot: _Slot) -> None:
        if slot.world is None and not slot.users and self._slots.get(name) is slot:
            del self._slots[name]

    async def _world(self, name: str, slot: _Slot) -> World:
        async with slot.lock:
            if slot.world is not None and slot.world.is_over():
                await self._close(name, slot)
            if slot.world is None:
                await self._open(name, slot)
            assert slot.world is not None, "it was opened"
            return slot.world

    async def _open(self, name: str, slot: _Slot) -> None:
        await self._make_room()
        slot.opening = True
        try:
            folder = self._folder / name
            settings = settings_of(self._settings, folder, f"{self._settings.url}{PREFIX}{name}")
            stack = AsyncExitStack()
            opening = open_world(settings, self._executor, self._operations, name=name)
            slot.world = await stack.enter_async_context(opening)
            slot.stack = stack
        finally:
            slot.opening = False

    def _operations(self, world: World) -> list[Route]:
        play = Play(world)
        self._actors[world.name] = play.actors
        production = Production(world, self._house, self._settings.url)
        return [*play.routes(), *production.routes()]

    async def _make_room(self) -> None:
        """Close the world that was asked least lately, if there is no room. Raises: WorldsBusy."""
        open_max = self._settings.sandboxes_open_max
        ends = asyncio.get_running_loop().time() + ROOM_S
        while self.open_count >= open_max:
            idle = (
                (name, slot)
                for name, slot in self._slots.items()
                if slot.world is not None and not slot.users and not slot.lock.locked()
            )
            found = next(idle, None)
            if found is None:
                self._freed.clear()
                try:
                    async with asyncio.timeout_at(ends):
                        await self._freed.wait()
                except TimeoutError:
                    raise WorldsBusy(open_max) from None
                continue
            name, slot = found
            async with slot.lock:
                if not slot.users:
                    await self._close(name, slot)
            self._drop(name, slot)

    async def _close(self, name: str, slot: _Slot) -> None:
        slot.world = None
        self._actors.pop(name, None)
        await slot.stack.aclose()

    # Signing up

    async def sign_up(self, body: SignUpBody) -> SignedUp:
        """Make a world for a partner. Raises: WorldsFull, WorldsBusy, and as `sign_up.admit`."""
        worlds_max = self._settings.sandboxes_max
        there = await asyncio.to_thread(_count, self._folder)
        if there + self._making >= worlds_max:
            raise WorldsFull(worlds_max)
        name = self._draw(NAME_BYTES)
        self._making += 1
        try:
            async with self._used(name) as slot:
                return await self._made(name, slot, body)
        finally:
            self._making -= 1

    async def _made(self, name: str, slot: _Slot, body: SignUpBody) -> SignedUp:
        try:
            world = await self._world(name, slot)
            return await admit(world, self._actors[name], body)
        except BaseException:
            async with slot.lock:
                if slot.world is not None:
                    await self._close(name, slot)
            await asyncio.to_thread(shutil.rmtree, self._folder / name, ignore_errors=True)
            raise

    # Its end

    def ending(self) -> None:
        """Take nothing new."""
        self._stopping = True
        for slot in self._slots.values():
            if slot.world is not None:
                slot.world.ending()

    async def close(self) -> None:
        """Close every world."""
        self.ending()
        for name, slot in list(self._slots.items()):
            async with slot.lock:
                if slot.world is not None:
                    await self._close(name, slot)
        self._executor.shutdown()


def _count(folder: Path) -> int:
    """Return how many worlds there are; make the directory if nothing is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return sum(1 for each in folder.iterdir() if each.is_dir())

"""Moves of a world's clock: how far one comes in its time, and only one at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

import pytest

from venule.serving.errors import ClockBusy
from venule.serving.settings import Settings
from venule.serving.world import MOVE_S, World, open_world, settings_of

DAYS = timedelta(days=3)


@asynccontextmanager
async def world(folder, monotonic) -> AsyncIterator[World]:
    settings = settings_of(Settings(), folder / "world", "http://127.0.0.1:1")
    with ThreadPoolExecutor(2) as executor:
        async with open_world(settings, executor, lambda _: [], monotonic=monotonic) as it:
            yield it


def test_a_move_that_takes_too_long_says_how_far_it_came(tmp_path):
    ticks = count(0, MOVE_S * 0.6)

    async def live() -> None:
        async with world(tmp_path, lambda: next(ticks)) as it:
            goal = it.clock.now() + DAYS
            first = await it.move(goal)
            assert not first.reached
            assert first.now < goal
            last = first
            for _ in range(30):
                if last.reached:
                    break
                last = await it.move(goal)
            assert last.reached
            assert last.now >= goal

    asyncio.run(live())


def test_one_moves_the_clock_at_a_time_and_whoever_leaves_breaks_nothing(tmp_path):
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> float:
        inside.set()
        assert go_on.wait(30)
        return 0.0

    async def live() -> None:
        async with world(tmp_path, wait) as it:
            goal = it.clock.now() + DAYS
            leaving = asyncio.create_task(it.move(goal))
            assert await asyncio.to_thread(inside.wait, 30)
            with pytest.raises(ClockBusy):
                await it.move(goal)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            go_on.set()
            while True:
                try:
                    moved = await it.move(goal + DAYS)
                    break
                except ClockBusy:
                    continue
            assert moved.reached
            assert goal + DAYS <= it.clock.now()

    asyncio.run(live())

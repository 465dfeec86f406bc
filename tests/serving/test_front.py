"""What is served beside the API keeps the API's limits."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from support.live import live
from venule.kit.http import Room
from venule.serving import front
from venule.serving.front import Front


async def quick(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


async def waits(scope: Any, receive: Any, send: Any) -> None:
    """Read a body that does not come."""
    await asyncio.Event().wait()


def test_a_mounted_application_has_its_share_of_the_room():
    room, stopping = Room(1), [False]
    it = Front(quick, {"/gateway.do": quick}, room=room, stopping=lambda: stopping[0])
    with live(it) as url:
        assert 200 == httpx.get(f"{url}/gateway.do").status_code
        room.enter()
        full = httpx.get(f"{url}/gateway.do")
        assert (503, "1") == (full.status_code, full.headers["retry-after"])
        room.leave()
        assert 200 == httpx.get(f"{url}/gateway.do").status_code
        stopping[0] = True
        assert 503 == httpx.get(f"{url}/gateway.do").status_code
    assert 0 == room.at_work


def test_a_mounted_application_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(front, "MOUNTED_S", 0.05)
    room = Room(1)
    with live(Front(quick, {"/slow/": waits}, room=room)) as url:
        late = httpx.get(f"{url}/slow/x")
        assert (503, "1") == (late.status_code, late.headers["retry-after"])
        assert "nosniff" == late.headers["x-content-type-options"]
        assert 200 == httpx.get(f"{url}/other").status_code
    assert 0 == room.at_work

"""A small API over a home of notes, served for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx
import msgspec
import pytest
from starlette.requests import Request

from support.both_homes import Places
from support.kit_homes import START, NoteTx, Placed, Put, Unlucky, open_notes, put
from support.live import live
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.home import Home
from venule.kit.http import (
    ANYONE,
    PERSON,
    STAFF,
    Api,
    Call,
    Caller,
    CallerKind,
    CallerUnknown,
    Cursor,
    OriginForm,
    Pushed,
    Rate,
    Route,
    Shape,
    give_cursor,
    take_cursor,
)
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock, VirtualClock

ME = UUID(int=1)
OTHER = UUID(int=2)


class Inner(Shape, frozen=True):
    """A part of a note."""

    text: Annotated[str, msgspec.Meta(max_length=5)]
    number: int


class NoteBody(Shape, frozen=True):
    """A note to be put down."""

    number: Annotated[int, msgspec.Meta(ge=-5, le=100)]
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")]
    inner: Inner | None = None
    others: list[Inner] = []  # noqa: RUF012


class NotePath(msgspec.Struct, frozen=True):
    """Which note."""

    number: int


class NotesQuery(Shape, frozen=True):
    """Which page of the notes."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    cursor: Cursor | None = None


class Page(msgspec.Struct, frozen=True):
    """A page."""

    numbers: list[int]
    next_cursor: str | None


def notes_after(tx: NoteTx, after: int) -> list[int]:
    rows = tx.sql.rows("SELECT number FROM note WHERE number > ? ORDER BY number", (after,))
    return [row[0] for row in rows]


class Gate:
    """Holds a handler until the test lets it go."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._open = asyncio.Event()

    async def wait(self) -> None:
        await self._open.wait()

    def let_go(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)


@dataclass
class Site:
    """What the test drives."""

    url: str
    client: httpx.Client
    api: Api
    home: Home[NoteTx]
    clock: VirtualClock
    gates: list[Gate]
    answered: list[tuple[str, str, int, str]]


class Seen:
    """An observer that keeps what it is told."""

    def __init__(self, into: list[tuple[str, str, int, str]]) -> None:
        self._into = into

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        assert took_s >= 0
        self._into.append((route, method, status, code))


def make_routes(gates: list[Gate]) -> list[Route]:
    async def put_note(call: Call[NoteBody, None, None]) -> Placed:
        return await call.door.acall(put, Put(call.body.number), call.key)

    async def list_notes(call: Call[None, NotesQuery, None]) -> Page:
        after = -1 if call.query.cursor is None else take_cursor(call.query.cursor, int)
        found = await call.door.aread(notes_after, after)
        page = found[: call.query.limit]
        more = give_cursor(page[-1]) if len(found) > len(page) else None
        return Page(page, more)

    async def show_note(call: Call[None, None, NotePath]) -> Page:
        return Page([call.path.number], None)

    async def break_down(call: Call[None, None, None]) -> None:
        raise RuntimeError("a secret of ours")

    async def wait_long(call: Call[None, None, None]) -> None:
        gate = Gate()
        gates.append(gate)
        await gate.wait()

    async def put_slowly(call: Call[NoteBody, None, None]) -> Placed:
        await wait_long(call)  # type: ignore[arg-type]
        return await put_note(call)

    async def count(call: Call[None, None, None]) -> AsyncIterator[Pushed]:
        for n in range(3):
            yield Pushed("number", {"n": n}, str(n))

    async def secret(call: Call[None, None, None]) -> None:
        return None

    common: dict[str, Any] = {"summary": "A test."}
    notes = "/v1/notes"
    return [
        Route(
            method="POST", path=notes, handler=put_note, body=NoteBody, answer=Placed, status=201,
            who=PERSON, money=True, errors=(Unlucky,), **common,
        ),
        Route(method="GET", path=notes, handler=list_notes, query=NotesQuery, answer=Page,
              etag=True, **common),
        Route(method="GET", path="/v1/notes/{number}", handler=show_note, takes_path=NotePath,
              answer=Page, who=ANYONE, **common),
        Route(method="POST", path="/v1/broken", handler=break_down, **common),
        Route(method="POST", path="/v1/slow", handler=wait_long, timeout_s=0.05, **common),
        Route(method="POST", path="/v1/held", handler=put_slowly, body=NoteBody, answer=Placed,
              status=201, who=PERSON, money=True, **common),
        Route(method="GET", path="/v1/stream", stream=count, **common),
        Route(method="GET", path="/v1/secret", handler=secret, who=STAFF, needs="secret.read",
              **common),
        Route(method="POST", path="/v1/risky", handler=secret, who=PERSON | STAFF, fresh=True,
              **common),
    ]  # fmt: skip


@pytest.fixture
def site(places: Places) -> Iterator[Site]:
    clock = VirtualClock(START)

    async def authenticate(request: Request, body: bytes) -> Caller | None:
        said = request.headers.get("authorization", "").removeprefix("Bearer ")
        if said == "bad":
            raise CallerUnknown("a session that is over")
        fresh = clock.now() if said == "fresh" else clock.now() - timedelta(minutes=6)
        if said in {"me", "fresh"}:
            return Caller(CallerKind.PERSON, ME, member_id=ME, stepped_up_at=fresh)
        if said == "other":
            return Caller(CallerKind.PERSON, OTHER, member_id=OTHER)
        if said in {"reader", "staff"}:
            may = frozenset({"secret.read"}) if said == "reader" else frozenset[str]()
            return Caller(CallerKind.STAFF, ME, may)
        return None

    gates: list[Gate] = []
    answered: list[tuple[str, str, int, str]] = []
    with open_notes(places("home")) as home, Desk(home) as desk:
        api = Api(
            make_routes(gates), DeskDoor(desk), authenticate, clock=clock,
            ids=SystemIds(SystemClock()), observer=Seen(answered), pages="/problems/",
            rates={"standard": Rate(1000, 1000), "sign_in": Rate(0.001, 5)}, at_work_max=4,
        )  # fmt: skip
        with live(OriginForm(api)) as url, httpx.Client(base_url=url, timeout=10) as client:
            yield Site(url, client, api, home, clock, gates, answered)

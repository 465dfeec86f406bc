"""A town behind an API, served for real: callers say who they are in a header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
from starlette.requests import Request

from support.both_homes import Place
from support.live import live
from support.wallet_town import Town
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.http import Api, Caller, CallerKind, OriginForm, Rate, Route
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.members import Member, MemberId

STAFF_ID = UUID(int=7)
APPLICATION_ID = UUID(int=8)


class Said(msgspec.Struct):
    """What a caller says of itself; the API under test believes it."""

    kind: CallerKind
    id: UUID
    may: list[str] = []
    member_id: UUID | None = None
    acts_for_member: bool = False
    stepped_up: bool = False


class As:
    """Somebody who asks."""

    def __init__(self, site: ApiTown, said: Said) -> None:
        self._site = site
        self.headers = {"Authorization": "Bearer " + msgspec.json.encode(said).decode()}

    def ask(self, method: str, path: str, body: Any = None, key: str = "", **query: Any) -> Any:
        """Send a request; return the answer."""
        headers = dict(self.headers)
        if key:
            headers["idempotency-key"] = key
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["content-type"] = "application/json"
        return self._site.client.request(
            method, path, content=content, headers=headers, params=query
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return what is there; it must be."""
        answer = self.ask("GET", path, **query)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """Do something once; it must be done."""
        answer = self.ask("POST", path, body, key=self._site.new_key())
        assert status == answer.status_code, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Ask for what must be refused; return status and code. It must change nothing."""
        before = self._site.town.snapshot()
        answer = self.ask(method, path, body, key=self._site.new_key(), **query)
        assert answer.status_code >= 400, answer.text
        after = self._site.town.snapshot()
        for _, rows in (before, after):
            rows.pop("idempotency")  # the refusal itself is kept under the key
        assert before == after
        return answer.status_code, answer.json()["code"]


class ApiTown:
    """The town, the API in front of it, and everybody who asks."""

    def __init__(self, town: Town, url: str, client: httpx.Client, codes: list[str]) -> None:
        self.town = town
        self.url = url
        self.client = client
        self.codes = codes
        self._keys = 0

    def new_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    def person(self, member: Member | MemberId, *, fresh: bool = True) -> As:
        """A member, for themselves."""
        id_ = member.id if isinstance(member, Member) else member
        return As(self, Said(CallerKind.PERSON, id_, member_id=id_, stepped_up=fresh))

    def partner(self, *scopes: str, member: Member | None = None, acts: bool = False) -> As:
        """An application: of nobody's, belonging to a merchant, or acting for a member."""
        whose = None if member is None else member.id
        return As(self, Said(CallerKind.PARTNER, APPLICATION_ID, list(scopes), whose, acts))

    def staff(self, *permissions: str, fresh: bool = True) -> As:
        """Somebody of the house."""
        said = Said(CallerKind.STAFF, STAFF_ID, list(permissions), stepped_up=fresh)
        return As(self, said)


class _Codes:
    """An observer that keeps the names of errors."""

    def __init__(self, into: list[str]) -> None:
        self._into = into

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        self._into.append(code)


@contextmanager
def api_town(
    place: Place, routes: Iterable[Route], start: datetime = datetime(2014, 3, 10, 1, tzinfo=UTC)
) -> Iterator[ApiTown]:
    """Serve routes in front of a town; by default on 2014-03-10 09:00 in China."""
    with Town(place, start) as town, Desk(town.home) as desk:

        async def authenticate(request: Request, body: bytes) -> Caller | None:
            header = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not header.startswith("{"):
                return None
            said = msgspec.json.decode(header, type=Said)
            fresh = town.clock.now() - timedelta(seconds=1)
            return Caller(
                said.kind, said.id, frozenset(said.may), said.member_id, said.acts_for_member,
                stepped_up_at=fresh if said.stepped_up else None,
            )  # fmt: skip

        codes: list[str] = []
        often = Rate(100_000, 100_000)
        api = Api(
            routes, DeskDoor(desk), authenticate, clock=town.clock, ids=SystemIds(SystemClock()),
            rates=dict.fromkeys(("standard", "money", "sign_in"), often), observer=_Codes(codes),
        )  # fmt: skip
        with live(OriginForm(api)) as url, httpx.Client(base_url=url, timeout=20) as client:
            yield ApiTown(town, url, client, codes)

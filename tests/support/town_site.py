"""Routes served for real over a town's home; who asks says so in the token, for tests alone.

person <member>            that member
partner <scopes> <member>  an application of that member's, or of nobody's
staff <permissions>        somebody of the house; `id=N` among them says who
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, cycle
from typing import Any
from uuid import UUID

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from starlette.requests import Request

from support.contract import at_most
from support.live import live
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.http import Api, Caller, CallerKind, OriginForm, Rate, Route, describe
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock

APP = UUID(int=0xA11)
STAFF = UUID(int=0x57AFF)


async def _authenticate(request: Request, body: bytes) -> Caller | None:
    kind, _, rest = request.headers.get("authorization", "").removeprefix("Bearer ").partition(" ")
    if kind == "person":
        id_ = UUID(rest)
        return Caller(CallerKind.PERSON, id_, member_id=id_, stepped_up_at=SystemClock().now())
    if kind == "partner":
        scopes, _, member = rest.partition(" ")
        of = UUID(member) if member else None
        return Caller(CallerKind.PARTNER, APP, frozenset(scopes.split(",")), member_id=of)
    if kind == "staff":
        may = set(rest.split(","))
        ids = [each for each in may if each.startswith("id=")]
        id_ = UUID(int=int(ids[0][3:])) if ids else STAFF
        return Caller(CallerKind.STAFF, id_, frozenset(may), stepped_up_at=SystemClock().now())
    return None


class Answered(list[tuple[str, int, str]]):
    """An observer that keeps route, status and the problem's code."""

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        self.append((f"{method} {route}", status, code))


class Site:
    """A town's routes at an address, and short ways to ask."""

    def __init__(self, url: str, api: Api, client: httpx.Client, answered: Answered) -> None:
        self.url = url
        self.api = api
        self.client = client
        self.answered = answered
        self.keys = count(1)

    def ask(
        self, who: str, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        """Send a request, a POST with a key of its own unless one is given."""
        headers = {"authorization": f"Bearer {who}"}
        if method == "POST":
            headers["idempotency-key"] = key or f"key-{next(self.keys)}"
        return self.client.request(method, path, json=body, headers=headers)

    def get(self, who: str, path: str, status: int = 200) -> Any:
        """Return the JSON of an answer that has this status."""
        return self._json(self.ask(who, "GET", path), status)

    def post(
        self, who: str, path: str, body: Any = None, status: int = 200, key: str | None = None
    ) -> Any:
        """Return the JSON of an answer that has this status."""
        return self._json(self.ask(who, "POST", path, body, key=key), status)

    def refused(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return status and slug of a problem."""
        said = self.ask(who, method, path, body)
        assert said.headers["content-type"] == "application/problem+json", said.text
        return said.status_code, said.json()["type"].rpartition("/")[2].rpartition(":")[2]

    def _json(self, said: httpx.Response, status: int) -> Any:
        assert said.status_code == status, said.text
        return said.json() if said.content else None


@contextmanager
def serve(town: Any, routes: Iterable[Route]) -> Iterator[Site]:
    """Serve routes over the home of a town. While it lasts, the town's commands go by its desk."""
    home, answered = town.home, Answered()
    with Desk(home) as desk:
        api = Api(
            routes, DeskDoor(desk), _authenticate, clock=town.clock, ids=SystemIds(SystemClock()),
            observer=answered, pages="/problems/",
            rates={name: Rate(10_000, 10_000) for name in ("standard", "money", "sign_in")},
        )  # fmt: skip
        town.run = lambda fn, command, key=None: desk.call(fn, command, key)
        try:
            with live(OriginForm(api)) as url, httpx.Client(base_url=url, timeout=20) as client:
                yield Site(url, api, client, answered)
        finally:
            del town.run


def find_lies(
    site: Site, who: dict[str, str], real: dict[str, list[Any]], examples: int = 6
) -> None:
    """Ask every operation in good and in bad ways; each answer must be as described.

    who: kind of caller -> a token of it. real: parameter of a path -> names of what is there: every
    second good request is about one of them.
    """
    routes = {(route.method, route.path): route for route in site.api.routes}
    said = describe(
        site.api.routes, title="Town", version="1", description="Town.", server=site.url, tags={}
    )
    keys = count(1)
    for result in schemathesis.openapi.from_dict(said).get_all_operations():
        operation = result.ok()
        route = routes[operation.method.upper(), operation.path]
        tokens = [who[kind.value] for kind in route.who if kind.value in who]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            good = mode is GenerationMode.POSITIVE
            check = _checker(site, cycle(tokens), keys, real if good else {})
            strategy = operation.as_strategy(generation_mode=mode)
            once = settings(
                max_examples=at_most(examples), deadline=None, database=None, derandomize=True,
                suppress_health_check=list(HealthCheck), phases=[Phase.generate],
            )(given(case=strategy)(check))  # fmt: skip
            with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
                once()
    assert "internal-error" not in {code for _, _, code in site.answered}


def _checker(
    site: Site, tokens: Iterator[str], keys: Iterator[int], real: dict[str, list[Any]]
) -> Callable[..., None]:
    known = {name: cycle(values) for name, values in real.items()}

    def check(case: Any) -> None:
        number = next(keys)
        if case.method.upper() == "POST":
            case.headers["Idempotency-Key"] = f"contract-{number}"
        if number % 2:
            for name in set(case.path_parameters or ()) & set(known):
                case.path_parameters[name] = str(next(known[name]))
        case.call_and_validate(
            base_url=site.url, headers={"Authorization": f"Bearer {next(tokens)}"}
        )

    return check

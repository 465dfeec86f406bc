"""The pages of the service: health, the description of the API, what each error means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup, escape
from starlette.responses import Response

from venule.kit.errors import AppError, NotFound, all_errors, fact_names
from venule.kit.http import Call, Route
from venule.kit.http.errors import RouteNotFound
from venule.kit.telling import ForeignError
from venule.overview import position

READY_S: Final = 2.0
"""So long may the writer take to answer before we are not ready."""

JSON: Final = "application/json"
PAGE: Final = "text/html"


class Health(msgspec.Struct, frozen=True):
    """ok: this process lives. It says nothing of the writer: see `/readyz`."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served. position: how far the journal has come."""

    status: str
    position: int | None = None
    reason: str | None = None


class ProblemPath(msgspec.Struct, frozen=True):
    """Which kind of error."""

    code: str


class ErrorPage(msgspec.Struct, frozen=True):
    """What a kind of error means."""

    code: str
    status: int
    retryable: bool
    meaning: str
    facts: list[str]


class ErrorPageUnknown(NotFound):
    """No error has this code."""

    slug = "error-page-unknown"

    @property
    def message(self) -> str:
        return "expected the code of an error, seen another word"


def meaning_of(leaf: type[AppError]) -> ErrorPage:
    """Return what is said of a kind of error."""
    meaning = cleandoc(leaf.__doc__ or "")
    return ErrorPage(leaf.slug, leaf.status, leaf.retryable, meaning, list(fact_names(leaf)))


def page_routes(
    description: Callable[[], dict[str, Any]], stopping: Callable[[], bool]
) -> list[Route]:
    """Return the operations of the pages. description: of the whole API (OpenAPI), which stays."""
    made: dict[str, bytes] = {}

    def once(name: str, make: Callable[[], bytes]) -> bytes:
        """What is long to make and the same for all is made once: anybody may ask for it."""
        if name not in made:
            made[name] = make()
        return made[name]

    def _reference() -> bytes:
        return _text("reference.html.j2", api=description()).encode()

    async def show_health(call: Call[None, None, None]) -> Health:
        return Health("ok")

    async def show_readiness(call: Call[None, None, None]) -> Response:
        if stopping():
            return _ready(Readiness("stopping", reason="stopping"))
        try:
            async with asyncio.timeout(READY_S):
                at = await call.door.aread(position)
        except AppError as error:
            return _ready(Readiness("unavailable", reason=error.slug))
        except TimeoutError:
            return _ready(Readiness("unavailable", reason="no-answer"))
        return _ready(Readiness("ready", at))

    async def show_description(call: Call[None, None, None]) -> Response:
        text = once("description", lambda: msgspec.json.encode(description()))
        return Response(text, media_type=JSON)

    async def show_reference(call: Call[None, None, None]) -> Response:
        return _page(once("reference", _reference), POLICY, 200)

    async def show_problem(call: Call[None, None, ProblemPath]) -> Response:
        leaf = _leaves().get(call.path.code)
        if leaf is None:
            raise ErrorPageUnknown
        page = meaning_of(leaf)
        if JSON in call.request.headers.get("accept", ""):
            return Response(msgspec.json.encode(page), media_type=JSON)
        return _html("problem.html.j2", page=page)

    common: dict[str, Any] = {"method": "GET", "rate": "pages", "hidden": True}
    return [
        Route(path="/healthz", handler=show_health, answer=Health, summary="Health", **common),
        Route(path="/readyz", handler=show_readiness, answer=Readiness, summary="Ready", **common),
        Route(path="/openapi.json", handler=show_description, summary="Description", **common),
        Route(path="/docs", handler=show_reference, gives=PAGE, summary="Reference", **common),
        Route(
            path="/problems/{code}",
            handler=show_problem,
            takes_path=ProblemPath,
            gives=PAGE,
            summary="An error",
            errors=(ErrorPageUnknown, RouteNotFound),
            **common,
        ),
    ]


def _ready(said: Readiness) -> Response:
    status = 200 if said.status == "ready" else 503
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(said), status, headers, JSON)


@cache
def _leaves() -> dict[str, type[AppError]]:
    leaves = {leaf.slug: leaf for leaf in all_errors()}
    leaves.pop(ForeignError.slug, None)
    return leaves


@cache
def _templates() -> jinja2.Environment:
    folder = files("venule.serving") / "templates"
    sources = {each.name: each.read_text("utf-8") for each in folder.iterdir()}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(sources),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = _words
    return environment


def _words(text: str) -> Markup:
    """Return a text with what stands between backticks as code, and the rest escaped."""
    shown = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    ]
    return Markup("").join(shown)


POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def _html(template: str, **values: Any) -> Response:
    return render(template, POLICY, 200, **values)


def render(template: str, policy: str, status: int, **values: Any) -> Response:
    """Return a page. policy: what it may load and do (Content-Security-Policy)."""
    return _page(_text(template, **values), policy, status)


def _text(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(**values)


def _page(text: str | bytes, policy: str, status: int) -> Response:
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        # Without one, browsers send a form of ours with the origin `null`.
        "referrer-policy": "same-origin",
    }
    return Response(text, status, headers, PAGE)

"""Pages of the documentation that come from the service: `python -m venule.serving.documents DIR`.

`make pages` writes them; a test compares the committed ones with the code.
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from venule.kit.http import Route
from venule.serving.make_client import routes_of_house
from venule.serving.service import TAGS
from venule.serving.settings import SAID, Settings

GENERATED: Final = "<!-- Made from the code by `make pages`; do not edit. -->\n"

SETTINGS_INTRODUCTION: Final = """\
Settings of `venule serve`, and of `venule writer --config`. In a file (TOML) under their names; in
the environment as `VENULE_` and the name in capitals, which goes before the file; what the command
line says goes before both. `venule serve --check` shows what counts, or every flaw at once. Secrets
are no settings: a setting names the file that holds them.
"""

API_INTRODUCTION: Final = """\
Every operation of the native API. The service itself shows them with their structures at `/docs`,
and to machines at `/openapi.json` (OpenAPI 3.1). Callers: `person` is a member with a session,
`partner` another firm's application, `staff` somebody of the house; *needs* is the scope of a
partner and the permission of staff. **Money** marks what needs an `Idempotency-Key`, **step-up**
what people and staff must prove themselves anew for.
"""


def settings_page() -> str:
    """Return the page of the service's settings."""
    rows = [
        f"| `{field.name}` | `{_default(field.default)}` | {SAID[field.name]} |"
        for field in msgspec.structs.fields(Settings)
    ]
    head = "| setting | default | what it is for |\n| --- | --- | --- |"
    return "\n".join([GENERATED, "# Settings\n", SETTINGS_INTRODUCTION, head, *rows]) + "\n"


def _default(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return {"": '""', True: "true", False: "false"}.get(value, value) if value != [] else "[]"


def api_page() -> str:
    """Return the page of every operation, by the group that it belongs to."""
    parts = [GENERATED, "# Operations\n", API_INTRODUCTION]
    routes = [route for route in routes_of_house() if not route.hidden]
    for tag, said in TAGS.items():
        mine = sorted((r for r in routes if r.tag == tag), key=lambda r: (r.path, r.method))
        if mine:
            parts.append(f"## {tag.capitalize()}\n\n{said}\n")
            parts.append("| operation | what it does | callers |\n| --- | --- | --- |")
            parts += [_route_row(route) for route in mine]
            parts.append("")
    return "\n".join(parts)


def _route_row(route: Route) -> str:
    callers = ", ".join(sorted(kind.value for kind in route.who)) or "anyone"
    marks = [f"`{route.needs}`"] if route.needs else []
    marks += ["**money**"] if route.money else []
    marks += ["**step-up**"] if route.fresh else []
    said = route.summary.rstrip(".")
    return f"| `{route.method} {route.path}` | {said} | {'; '.join([callers, *marks])} |"


def main() -> None:
    """Write the pages into the directory named on the command line."""
    docs = Path(sys.argv[1])
    (docs / "settings.md").write_text(settings_page(), encoding="utf-8")
    (docs / "api.md").write_text(api_page(), encoding="utf-8")


if __name__ == "__main__":
    main()

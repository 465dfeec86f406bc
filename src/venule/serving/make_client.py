"""Write the client's structs and operations: `python -m venule.serving.make_client`.

They come from the description of the API (OpenAPI), so that what the client says is what is served.
`make pages` writes them; a test compares the committed ones with the description.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import venule
from venule.kit.http import Route
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.serving.client_models import Models
from venule.serving.client_operations import operations_file, root_file
from venule.serving.play import Play
from venule.serving.production import Production
from venule.serving.rooms import Rooms
from venule.serving.service import description_of, together
from venule.serving.settings import Settings
from venule.serving.sign_up import sign_up_route

OPTIONS: Final = ["--line-length", "100", "--target-version", "py311"]
SORTED: Final = ["--config", 'lint.isort.known-first-party = ["venule"]']
HEADER: Final = "# Made from the description of the API by `make pages`; do not edit.\n"


def client_files(description: dict[str, Any]) -> dict[str, str]:
    """Return the generated files: path below `venule/client` -> text."""
    models = Models(description)
    tags = sorted({operation["tags"][0] for _, _, operation in operations_of(description)})
    files = {f"models/{name}.py": text for name, text in models.files().items()}
    for tag in tags:
        chosen = [each for each in operations_of(description) if each[2]["tags"][0] == tag]
        files[f"operations/{module(tag)}.py"] = operations_file(tag, chosen, models)
    files["operations/__init__.py"] = root_file(tags)
    return {path: shaped(HEADER + text) for path, text in sorted(files.items())}


def description_of_house() -> dict[str, Any]:
    """Return what a house and the sandboxes beside it say of their operations, without one."""
    return description_of(routes_of_house(), Settings(sandbox=True))


def routes_of_house() -> list[Route]:
    """Return every operation of a house and of the sandboxes beside it; none can be called.

    Where a sandbox answers otherwise than its house, it is the sandbox's: whoever asks for
    production does it there.
    """
    settings = Settings(sandbox=True)
    nothing: Any = None
    rooms = Rooms(settings, nothing, Vault(bytes(32)), SystemClock(), nothing)
    world: Any = SimpleNamespace(door=nothing, rail=nothing)
    more = [
        sign_up_route(nothing),
        *Play(world).routes(),
        *Production(world, nothing, settings.url).routes(),
    ]
    return together(rooms.routes(), more)


def operations_of(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return every operation that is for programs: method, path, what is said of it."""
    return [
        (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if operation.get("tags")
    ]


def module(tag: str) -> str:
    """Return the name of a tag's file, and of its group of operations."""
    return tag.replace("-", "_")


def shaped(text: str) -> str:
    """Return code in the shape that all of ours has."""
    ruff = [sys.executable, "-m", "ruff"]
    for verb in (
        ["check", "--quiet", "--select", "I,F401", "--fix", "--exit-zero", "--isolated", *SORTED],
        ["format", "--quiet", "--isolated"],
    ):
        done = subprocess.run(  # noqa: S603  our own words
            [*ruff, *verb, *OPTIONS, "-"], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"expected code, seen: {done.stderr}")
        text = done.stdout
    return text


def write(folder: Path) -> None:
    """Write the files into the client's folder, and delete those that are no more."""
    files = client_files(description_of_house())
    for part in ("models", "operations"):
        (folder / part).mkdir(exist_ok=True)
        for old in (folder / part).glob("*.py"):
            if f"{part}/{old.name}" not in files:
                old.unlink()
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    # The client may be broken, or not there yet: its place is known without it.
    write(Path(next(iter(venule.__path__))) / "client")

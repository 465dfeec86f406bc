"""Pages of the documentation that come from the code: `python -m venule.cli.docs DIRECTORY`.

`make pages` writes them; a test compares the committed ones with the code.
"""

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from cyclopts import App

import venule
from venule.cli.commands import app
from venule.cli.diagrams import svg_of, table_of
from venule.cli.exits import MEANINGS
from venule.cli.names import account_names, transfer_names
from venule.escrow import MACHINES
from venule.kit.errors import AppError, all_errors
from venule.webhooks import PING, TYPES

GENERATED: Final = "<!-- Made from the code by `make pages`; do not edit. -->\n"


def import_everything() -> list[ModuleType]:
    """Import every module of the package, so that every error and public name is known."""
    names = [
        found.name
        for found in pkgutil.walk_packages(venule.__path__, "venule.")
        if not found.name.endswith("__main__")
    ]
    return [venule, *(importlib.import_module(name) for name in sorted(names))]


def public_names() -> list[str]:
    """Return the names in every `__all__` of the house, such as `venule.kit.money: Money`."""
    return [
        f"{module.__name__}: {name}"
        for module in import_everything()
        for name in sorted(getattr(module, "__all__", ()))
    ]


def account_codes() -> list[tuple[int, str]]:
    """Return the chart of accounts as the rooms declare it."""
    return sorted(account_names().items())


def transfer_codes() -> list[tuple[int, str]]:
    """Return the transfer codes as the rooms declare them."""
    return sorted(transfer_names().items())


CLI_INTRODUCTION: Final = """\
Every command answers on standard output, with `--json` as one JSON document. An error is one line
on standard error; with `--json` standard output carries it too, as `{"error": {...}}`, the body of
an RFC 9457 problem. `venule COMMAND --help` shows the same as below.
"""

ERRORS_INTRODUCTION: Final = """\
Every refusal has a name that never changes (`slug`), an HTTP status, and says whether the same
request can succeed later without anybody changing it. `venule` prints the slug, then what was
expected and what was seen.
"""


def cli_page() -> str:
    """Return the page of commands, options and exit codes."""
    parts = [
        GENERATED,
        "# Command line\n",
        CLI_INTRODUCTION,
        *_command_sections(app, "venule"),
        "## Exit codes\n",
        "| code | meaning |\n| --- | --- |",
        *(f"| {code.value} | {text} |" for code, text in MEANINGS.items()),
    ]
    return "\n".join(parts) + "\n"


def _command_sections(group: App, path: str) -> Iterator[str]:
    """Yield the section of each command of a group, and of the groups inside it."""
    for name in group:
        if not name.startswith("-"):
            yield _command_section(group[name], f"{path} {name}")
            yield from _command_sections(group[name], f"{path} {name}")


def _command_section(command: App, path: str) -> str:
    text = command.generate_docs(
        output_format="markdown", heading_level=2, usage_name=path, recursive=False
    )
    text = re.sub(r"^## .*$", f"## {path}", text, count=1, flags=re.MULTILINE)
    text = re.sub(rf"^{path} .*?\[OPTIONS\]", f"{path} [OPTIONS]", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*Parameters\*\*:\n\n\* `", "* `", text)
    text = re.sub(r"^## Table of Contents\n.*", "", text, flags=re.MULTILINE | re.DOTALL)
    return text.strip() + "\n"


def errors_page() -> str:
    """Return the page of errors: every reason a command can give, by branch."""
    import_everything()
    leaves = [leaf for leaf in all_errors() if leaf.__module__.startswith("venule.")]
    parts = [GENERATED, "# Errors\n", ERRORS_INTRODUCTION]
    for room in sorted({_room(leaf) for leaf in leaves}, key=_floor):
        parts += [
            f"## {room}\n",
            "| slug | status | retry helps | reason |\n| --- | --- | --- | --- |",
            *(_error_row(leaf) for leaf in leaves if _room(leaf) == room),
            "",
        ]
    return "\n".join(parts).rstrip("\n") + "\n"


STATES_INTRODUCTION: Final = """\
What can happen to a trade, its shipments, the cases and rulings about it, and frozen money. A pair
of state and event that is not here is refused as `escrow-transition-illegal`. Green states are
final. What each event means stands in [Guaranteed trade](escrow.md).
"""


def states_pages() -> dict[str, str]:
    """Return the page of the escrow room's states and its diagrams, by file name."""
    parts = [GENERATED, "# States of guaranteed trade\n", STATES_INTRODUCTION]
    files: dict[str, str] = {}
    for name, machine in MACHINES.items():
        picture = f"_static/escrow-{name}.svg"
        files[picture] = svg_of(name, machine.table, machine.states, machine.over)
        parts += [
            f"## {name.capitalize()}\n",
            f"![States of a {name}]({picture})\n",
            table_of(machine.table, machine.states),
        ]
    return {"escrow-states.md": "\n".join(parts), **files}


WEBHOOKS_INTRODUCTION: Final = """\
The body of a message is `{"type": ..., "timestamp": ..., "data": {...}}`. What stands under `data`
is named here by type; a field that is empty is left out. Ids are UUIDs, instants are ISO 8601 in
UTC, `amount` and its like are `{"amount": "12.34", "currency": "CNY"}`. How messages are signed
and repeated stands in [Webhooks](webhooks.md).
"""


def webhooks_page() -> str:
    """Return the page of the events that applications are told of."""
    parts = [GENERATED, "# Events of webhooks\n", WEBHOOKS_INTRODUCTION]
    parts.append("| type | what has happened | data |\n| --- | --- | --- |")
    for name, entry in sorted(TYPES.items()):
        fields = ", ".join(f"`{field}`" for field in entry.shape.__struct_fields__)
        parts.append(f"| `{name}` | {entry.says} | {fields} |")
    parts.append(f"| `{PING}` | You have asked for a message to test with. | `endpoint_id` |")
    return "\n".join(parts) + "\n"


def _error_row(leaf: type[AppError]) -> str:
    reason = " ".join((leaf.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
    retry = "yes" if leaf.retryable else "no"
    return f"| `{leaf.slug}` | {leaf.status} | {retry} | {reason.replace('|', '/')} |"


def _room(leaf: type[AppError]) -> str:
    return leaf.__module__.split(".")[1]


def _floor(room: str) -> tuple[int, str]:
    floors = (
        "kit",
        "ledger",
        "members",
        "access",
        "wallet",
        "books",
        "fund",
        "escrow",
        "partners",
        "webhooks",
        "replay",
        "app",
        "cli",
    )
    return (floors.index(room) if room in floors else len(floors), room)


def main() -> None:
    """Write the pages into the directory named on the command line."""
    docs = Path(sys.argv[1])
    (docs / "cli.md").write_text(cli_page(), encoding="utf-8")
    (docs / "errors.md").write_text(errors_page(), encoding="utf-8")
    (docs / "webhook-events.md").write_text(webhooks_page(), encoding="utf-8")
    for name, text in states_pages().items():
        (docs / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The page on partners says what the code says."""

from __future__ import annotations

from pathlib import Path

from venule.cli.diagrams import table_of
from venule.partners import SCOPES, TRANSITIONS, ApplicationState


def test_the_tables_of_the_page(repository: Path) -> None:
    page = (repository / "docs" / "partners.md").read_text(encoding="utf-8")
    states = table_of(TRANSITIONS, ApplicationState)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert set(states.splitlines()) <= set(rows)
    said = {True: "yes", False: "no"}
    scopes = [
        f"| `{each.name}` | {each.does} | {said[each.asked]} | {said[each.reads]} |"
        for each in SCOPES.values()
    ]
    assert scopes == [row for row in rows if row in scopes]

"""The pages say what the code says."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from venule.cli.docs import (
    account_codes,
    cli_page,
    states_pages,
    transfer_codes,
    webhooks_page,
)
from venule.serving.documents import api_page, settings_page

GLOSSARY_TERMS_MIN: Final = 60


def _rows(text):
    """Yield the cells of each body row of the page's tables."""
    for line in text.splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def docs(repository: Path) -> Path:
    return repository / "docs"


def test_the_page_of_commands_is_current(docs):
    """`make pages` writes it."""
    page = (docs / "cli.md").read_text(encoding="utf-8")

    assert cli_page().splitlines() == page.splitlines()


def test_the_states_and_their_diagrams_are_current(docs):
    """`make pages` writes them."""
    for name, text in states_pages().items():
        assert text.splitlines() == (docs / name).read_text(encoding="utf-8").splitlines(), name


def test_the_page_of_settings_is_current(docs):
    assert settings_page() == (docs / "settings.md").read_text(encoding="utf-8"), "run make pages"


def test_the_page_of_operations_is_current(docs):
    assert api_page() == (docs / "api.md").read_text(encoding="utf-8"), "run make pages"


def test_the_page_of_webhook_events_is_current(docs):
    """`make pages` writes it."""
    page = (docs / "webhook-events.md").read_text(encoding="utf-8")

    assert webhooks_page().splitlines() == page.splitlines()


def test_the_chart_of_accounts_is_that_of_the_code(docs):
    page = (docs / "chart-of-accounts.md").read_text(encoding="utf-8")
    written = [(int(c[0]), c[1].strip("`")) for c in _rows(page) if re.fullmatch(r"\d{4}", c[0])]

    assert sorted(account_codes()) == sorted(written)


def test_the_transfer_codes_are_those_of_the_code(docs):
    page = (docs / "chart-of-accounts.md").read_text(encoding="utf-8")
    written = [(int(c[0]), c[1].strip("`")) for c in _rows(page) if re.fullmatch(r"\d{1,3}", c[0])]

    assert sorted(transfer_codes()) == sorted(written)


def test_codes_are_unique_in_the_house():
    for codes in (account_codes(), transfer_codes()):
        numbers = [number for number, _ in codes]
        assert sorted(set(numbers)) == sorted(numbers)


def test_a_term_stands_once_in_the_glossary_with_its_source(docs):
    rows = [c for c in _rows((docs / "glossary.md").read_text(encoding="utf-8")) if c[0] != "Term"]
    terms = [cells[0].casefold() for cells in rows]
    chinese = [cells[1] for cells in rows if cells[1] not in {"", "-"}]

    assert sorted(set(terms)) == sorted(terms)
    assert sorted(set(chinese)) == sorted(chinese)
    assert [] == [cells for cells in rows if len(cells) != 4 or not cells[2] or not cells[3]]
    assert len(terms) >= GLOSSARY_TERMS_MIN


def test_the_pages_build_without_a_warning(docs, tmp_path):
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*sphinx, "-d", str(tmp_path / "trees"), str(docs), str(tmp_path / "html")],
        capture_output=True,
        text=True,
    )

    assert (0, "") == (built.returncode, built.stderr)


def test_decisions_are_numbered_and_have_their_parts(docs):
    pages = sorted((docs / "adr").glob("[0-9]*.md"))

    assert [f"{n:04}" for n in range(1, len(pages) + 1)] == [page.name[:4] for page in pages]
    faults = [
        f"{page.name} lacks {part}"
        for page in pages
        for part in ("## Context", "## Decision", "## Consequences")
        if part not in page.read_text(encoding="utf-8")
    ]
    assert [] == faults

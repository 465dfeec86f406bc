"""Every reason has a name of its own, and the page of errors shows them all."""

import re
from collections import Counter
from pathlib import Path

import pytest

from venule.cli.docs import errors_page, import_everything
from venule.kit.errors import AppError, all_errors


@pytest.fixture(scope="module")
def leaves() -> list[type[AppError]]:
    import_everything()
    return [leaf for leaf in all_errors() if leaf.__module__.startswith("venule.")]


def test_there_are_errors(leaves):
    assert len(leaves) > 20


def test_slugs_are_unique(leaves):
    counts = Counter(leaf.slug for leaf in leaves)

    assert [] == [slug for slug, count in counts.items() if count > 1]


def test_a_leaf_has_a_slug_a_status_and_says_if_a_retry_helps(leaves):
    faults = [
        leaf.__qualname__
        for leaf in leaves
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", leaf.slug)
        or leaf.status not in range(400, 600)
        or not isinstance(leaf.retryable, bool)
        or not (leaf.__doc__ or "").strip()
        or leaf.message is AppError.message
    ]

    assert [] == faults


def test_no_branch_is_raised(sources):
    """Only leaves have a message: a branch says nothing."""
    import_everything()
    branches = {"AppError"} | {
        cls.__name__ for cls in _descendants(AppError) if "slug" not in vars(cls)
    }
    raised = re.compile(r"raise (?:\w+\.)*(\w+)\b")
    faults = [
        f"{source.path}: raise {name}"
        for source in sources
        for name in raised.findall(source.text)
        if name in branches
    ]

    assert [] == faults


def test_the_page_of_errors_is_current(repository: Path):
    """`make pages` writes it."""
    page = (repository / "docs" / "errors.md").read_text(encoding="utf-8")

    assert errors_page().splitlines() == page.splitlines()


def _descendants(cls):
    for child in cls.__subclasses__():
        if child.__module__.startswith("venule."):
            yield child
            yield from _descendants(child)

"""The error tree: every leaf tells its facts, survives a trip between processes, and is JSON."""

import datetime as dt
import enum
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from venule.kit import errors
from venule.kit.errors import (
    INT64_MAX,
    SEEN_CHARS_MAX,
    AmountOutOfRange,
    AppError,
    BadFile,
    BadInput,
    CalendarExhausted,
    ClockMovedBack,
    CommitFailed,
    Conflict,
    CurrenciesDiffer,
    CurrencyWithoutMinorUnit,
    DeskBusy,
    DeskClosed,
    DiskFull,
    FileRowWrong,
    HomeClosed,
    HomeDamaged,
    HomeError,
    HomeLocked,
    HomeReadOnly,
    HomeTooNew,
    IdempotencyKeyReused,
    MalformedAmount,
    NotAHome,
    NotFound,
    Refused,
    Unavailable,
    UnknownCurrency,
    all_errors,
    shorten,
)

NOON = dt.datetime(2014, 5, 4, 4, tzinfo=dt.UTC)
DAY = dt.date(2014, 5, 4)

EXAMPLES = [
    (MalformedAmount("1,2", 2), "a number with at most 2 decimals, such as -12.34, seen '1,2'"),
    (MalformedAmount("1.0", 0), "a whole number, such as -12, seen '1.0'"),
    (AmountOutOfRange("9" * 30), f"-9223372036854775808 to {INT64_MAX} minor units, seen '9999"),
    (CurrenciesDiffer("CNY", "USD"), "in CNY, seen one in USD"),
    (UnknownCurrency("RMB"), "active ISO 4217 currency code, seen 'RMB'"),
    (CurrencyWithoutMinorUnit("XAU"), "minor units, seen XAU, which has none"),
    (FileRowWrong("a.csv", 7, "4 values", "3"), "a.csv, line 7: expected 4 values, seen 3"),
    (FileRowWrong("a.csv", 0, "4 values", "3"), "a.csv: expected 4 values, seen 3"),
    (CalendarExhausted("bank", DAY, DAY, DAY), "'bank' covers, seen a need for 2014-05-04"),
    (ClockMovedBack(NOON, NOON), "not before 2014-05-04T04:00:00+00:00, seen 2014-05-04"),
    (IdempotencyKeyReused("k", "pay", "pay"), "the first body of pay again under key 'k'"),
    (IdempotencyKeyReused("k", "pay", "top_up"), "key 'k' for pay only, seen it for top_up"),
    (NotAHome("/h", "an empty folder"), "expected a home at /h, seen an empty folder"),
    (HomeLocked("/h", 12), "only writer of /h, seen process 12"),
    (HomeLocked("/h", 0), "only writer of /h, seen another process"),
    (HomeTooNew("/h", "format", 1, 2), "expected format up to 1, seen 2"),
    (HomeDamaged("/h", "journal 7", "ab", "cd"), "/h: journal 7: expected ab, seen cd"),
    (HomeReadOnly("/h"), "write to /h, seen a read-only place"),
    (HomeClosed("/h"), "an open home at /h"),
    (DiskFull("/h"), "seen a full disk; nothing was changed"),
    (CommitFailed("/h", "an I/O error"), "commit to succeed, seen an I/O error"),
    (DeskBusy(512, 512), "fewer than 512 waiting commands, seen 512"),
    (DeskClosed(), "seen one that is closing"),
]


@pytest.mark.parametrize("error, part", EXAMPLES, ids=lambda value: type(value).__name__)
def test_a_leaf_says_what_was_expected_and_seen(error, part):
    assert part in str(error)
    assert "expected" in error.message
    assert "seen" in error.message


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda e: type(e).__name__)
def test_a_leaf_survives_pickling(error):
    copy = pickle.loads(pickle.dumps(error))

    assert (type(error), error.facts()) == (type(copy), copy.facts())


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda e: type(e).__name__)
def test_a_problem_is_json_with_every_fact(error):
    problem = json.loads(json.dumps(error.problem()))

    assert f"urn:venule:error:{error.slug}" == problem["type"]
    assert (error.status, error.message) == (problem["status"], problem["detail"])
    assert error.facts().keys() <= problem.keys()


def test_a_problem_in_full():
    expected = {
        "type": "urn:venule:error:home-locked",
        "title": "Home locked",
        "status": 500,
        "detail": "expected to be the only writer of /h, seen process 12 writing to it",
        "retryable": True,
        "path": "/h",
        "holder_pid": 12,
    }

    assert expected == HomeLocked("/h", 12).problem()


def test_facts_of_every_kind_become_plain():
    class Colour(enum.IntEnum):
        RED = 1

    @dataclass(eq=False)
    class Everything(AppError):
        colour: Colour
        wide: int
        ref: bytes
        id: UUID
        on: dt.date
        path: Path
        nothing: None
        slug = "everything"
        message = "expected and seen"

    seen = Everything(Colour.RED, 10**30, b"\x01\xff", UUID(int=1), DAY, Path("/h"), None).problem()
    expected = {
        "colour": "RED",
        "wide": "1000000000000000000000000000000",
        "ref": "01ff",
        "id": "00000000-0000-0000-0000-000000000001",
        "on": "2014-05-04",
        "path": "/h",
        "nothing": None,
    }
    assert expected == {name: seen[name] for name in expected}


@pytest.mark.parametrize(
    "branch, status, retryable",
    [
        (BadInput, 422, False),
        (NotFound, 404, False),
        (Conflict, 409, False),
        (Refused, 409, False),
        (HomeError, 500, False),
        (Unavailable, 503, True),
    ],
)
def test_branches_of_the_tree(branch, status, retryable):
    assert (AppError, status, retryable) == (branch.__base__, branch.status, branch.retryable)


def test_a_branch_has_nothing_to_say():
    with pytest.raises(NotImplementedError, match="NotFound is a branch"):
        str(NotFound())


def _leaves_of_the_kit():
    return [leaf for leaf in all_errors() if leaf.__module__ == errors.__name__]


def test_all_errors_are_the_leaves_by_slug():
    leaves = _leaves_of_the_kit()

    assert sorted(leaf.slug for leaf in leaves) == [leaf.slug for leaf in leaves]
    assert {type(error) for error, _ in EXAMPLES} <= set(leaves)
    assert BadFile not in leaves


def test_slugs_are_those_of_the_names():
    def slug_of(name):
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")

    expected = {leaf: slug_of(leaf.__name__) for leaf in _leaves_of_the_kit()}
    assert expected.pop(NotAHome) == "not-a-home"
    assert expected == {leaf: leaf.slug for leaf in expected}


def test_no_fact_hides_a_member_of_a_problem():
    for leaf in _leaves_of_the_kit():
        names = set(getattr(leaf, "__dataclass_fields__", ()))
        assert not names & AppError.RESERVED, leaf


def test_every_leaf_is_drawn_in_the_tree():
    words = set((errors.__doc__ or "").replace(",", " ").split())

    assert set() == {leaf.__name__ for leaf in _leaves_of_the_kit()} - words


def test_hostile_text_is_shortened():
    assert "'a\\nb'" == shorten("a\nb")
    assert len(shorten("x" * 10**6)) < SEEN_CHARS_MAX + 40
    assert "(1000000 characters)" in shorten("x" * 10**6)

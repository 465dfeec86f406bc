"""Every command that only looks answers the same of a directory and of a database."""

import json

import pytest

from support.postgres import PASSWORD, PostgresServer

COMMANDS = [
    ("verify",),
    ("balances",),
    ("balances", "--at", "2014-05-14T10:30:00+08:00"),
    ("statement", "2"),
    ("statement", "2", "--limit", "1"),
    ("accounts", "--code", "2010"),
    ("ledger", "accounts"),
    ("ledger", "transfers", "--account", "2"),
    ("ledger", "transfers", "--code", "112"),
    ("ledger", "transfer", "6"),
    ("ledger", "trial-balance"),
    ("ledger", "trial-balance", "--seq", "7"),
    ("ledger", "who-paid-whom"),
]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_same_answer(venule, home, database, command: tuple[str, ...], as_json: bool):
    words = command[:2] if command[0] == "ledger" else command[:1]
    rest = [*command[len(words) :], *(["--json"] if as_json else [])]
    expected = venule(*words, home, *rest)
    answer = venule(*words, database, *rest)

    assert 0 == expected.code
    assert (expected.code, expected.err) == (answer.code, answer.err)
    assert _comparable(expected.out, as_json) == _comparable(answer.out, as_json)


def _comparable(text: str, as_json: bool) -> object:
    """A directory has a seal, a database none."""
    if not as_json:
        return [line for line in text.splitlines() if "seal" not in line and set(line) > set("─ ")]
    document = json.loads(text)
    document.get("checked", {}).pop("seal", None)
    return document


def test_export_of_a_database(venule, database, tmp_path):
    file = tmp_path / "transfers.parquet"
    answer = venule("ledger", "export", database, file, "--json")

    assert 0 == answer.code, answer.err
    assert file.stat().st_size == answer.json["bytes"]


def test_an_archive_needs_a_folder(venule, database):
    answer = venule("ledger", "archive", database)

    assert 4 == answer.code
    assert "archive-nowhere" in answer.err


@pytest.mark.parametrize(
    "change,code,slug",
    [
        (("books?", "no_books?"), 3, "not-a-home"),
        (("schema=home", "schema=nobody_home"), 3, "not-a-home"),
        (("schema=", "schema=PG-"), 4, "home-address-malformed"),
        (("127.0.0.1", "127.0.0.2"), 3, "database-unreachable"),
        ((PASSWORD, "another"), 3, "database-refused"),
    ],
)
def test_an_address_that_leads_nowhere(
    venule, postgres: PostgresServer, database, change: tuple[str, str], code: int, slug: str
):
    wrong = database.replace(*change)
    assert wrong != database
    for command in (["verify"], ["ledger", "archive"], ["ledger", "accounts"]):
        answer = venule(*command, wrong)
        assert (code, slug) == (answer.code, answer.err.split(":")[1].strip())
        assert PASSWORD not in answer.err + answer.out
        assert "another" not in answer.err + answer.out

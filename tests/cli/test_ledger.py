"""`venule ledger ...`: what each command answers, for people and for machines, and how it ends."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from support.homes import new_home
from support.looking_homes import OWNERS, live, post
from venule.cli.exits import Exit
from venule.kit.time import VirtualClock
from venule.ledger import Transfer, TransferFlags, Tx, View

# Accounts: 1 the house's bank, 2 and 3 two members' wallets, 4 a member's yen, 5 a closed one.
ALICE, BOB = UUID(int=1 << 120), UUID(int=2)
ORDER = UUID(int=77)
START = datetime(2014, 5, 14, 1, 0, tzinfo=UTC)


def settle(tx: Tx, _: None) -> None:
    tx.define_unit(156, "人民币", 2)
    tx.define_unit(392, "JPY", 0)
    tx.open_account(156, 1010)
    tx.open_account(156, 2010, ref=ALICE)
    tx.open_account(156, 2010, flags=1, ref=BOB)
    tx.open_account(392, 2010, ref=ALICE)
    tx.open_account(156, 2020)


STORY = (  # sequence numbers 6 and on, one an hour from 09:00 China time
    Transfer(1, 2, 100_000, 103, ref=ORDER.bytes),
    Transfer(2, 3, 1_234, 112),
    Transfer(2, 3, 500, 112, flags=int(TransferFlags.PENDING), timeout_s=60 * 60 * 24),
    Transfer(2, 3, 700, 112, flags=int(TransferFlags.PENDING)),
    Transfer(0, 0, 300, 112, flags=int(TransferFlags.POST_PENDING), related=8),
    Transfer(0, 0, 0, 112, flags=int(TransferFlags.VOID_PENDING), related=9),
    Transfer(3, 2, 234, 112, flags=int(TransferFlags.REVERSAL), related=7),
    Transfer(5, 0, 0, 112, flags=int(TransferFlags.CLOSE)),
)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A home with a ledger and nothing else; accounts opened by transfers 1 to 5."""
    path = tmp_path_factory.mktemp("ledger") / "home"
    clock = VirtualClock(START)
    with new_home(path, clock) as home:
        home.run(settle, None)
        for transfer in STORY:
            assert home.run(post, [transfer])[0].ok
            clock.advance(timedelta(hours=1))
        pair = [Transfer(1, 2, 1, 103, flags=int(TransferFlags.LINKED)), Transfer(2, 3, 1, 112)]
        assert all(posted.ok for posted in home.run(post, pair))
    return path


@pytest.fixture
def look(venule, book):
    """Run `venule ledger COMMAND` on the book; return its JSON."""

    def run(command, *options):
        answer = venule("ledger", command, book, *options, "--json")
        assert Exit.OK == answer.code, answer.err
        return answer.json

    return run


def rows(answer):
    return [line.split() for line in answer.out.splitlines()]


# accounts


@pytest.mark.parametrize(
    "options, expected",
    [
        ([], [1, 2, 3, 4, 5]),
        (["--code", 2010], [2, 3, 4]),
        (["--code", 2020, "--code", 1010], [1, 5]),
        (["--unit", 392], [4]),
        (["--owner", ALICE], [2, 4]),
        (["--owner", ALICE.hex, "--unit", 156], [2]),
        (["--flag", "closed"], [5]),
        (["--flag", "debits-must-not-exceed-credits", "--without", "closed"], [3]),
        (["--without", "closed", "--without", "debits-must-not-exceed-credits"], [1, 2, 4]),
        (["--balance-minor-min", 1], [2, 3]),
        (["--balance-minor-max=-1"], [1]),
        (["--after", 3], [4, 5]),
    ],
)
def test_accounts(look, options, expected):
    assert expected == [it["account"] for it in look("accounts", *options)["accounts"]]


def test_accounts_in_pages(look):
    page = look("accounts", "--limit", 4)

    assert (4, [1, 2, 3, 4]) == (page["next_after"], [it["account"] for it in page["accounts"]])
    assert look("accounts", "--after", 4)["next_after"] is None


def test_accounts_for_a_person(venule, book):
    answer = venule("ledger", "accounts", book)

    assert ["2", "2010", "MEMBER_WALLET", "人民币", "987.00"] == rows(answer)[2][:5]
    assert ["0.00", "0.00", "0.00", "-", "closed"] == rows(answer)[5][-5:]
    columns = {len(line.encode("gbk")) for line in answer.out.splitlines()}
    assert 1 == len(columns), "a Chinese character is two columns wide"


# transfers


@pytest.mark.parametrize(
    "options, expected",
    [
        ([], [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (["--oldest-first", "--limit", 3], [1, 2, 3]),
        (["--account", 3], [15, 12, 11, 10, 9, 8, 7]),
        (["--account", BOB, "--oldest-first", "--limit", 2], [7, 8]),
        (["--account", 5], [13]),
        (["--code", 103, "--code", 1], [14, 6, 5, 4, 3, 2, 1]),
        (["--ref", ORDER], [6]),
        (["--ref", ORDER.hex, "--account", 3], []),
        (["--since", "2014-05-14T15:00"], [15, 14, 13, 12]),
        (["--until", "2014-05-14T10:00", "--code", 103], [6]),
        (["--since", "2014-05-14", "--until", "2014-05-14", "--code", 103], [14, 6]),
        (["--since", "2014-05-15"], []),
        (["--first-seq", 6, "--last-seq", 8], [8, 7, 6]),
        (["--amount-minor-min", 500, "--amount-minor-max", 1_234], [11, 9, 8, 7]),
        (["--account", 2, "--amount-minor-max", 1], [15, 14]),
        (["--before", 4], [3, 2, 1]),
        (["--after", 12, "--oldest-first"], [13, 14, 15]),
        (["--amount-minor-min", 10**30], []),
    ],
)
def test_transfers(look, options, expected):
    assert expected == [it["seq"] for it in look("transfers", *options)["transfers"]]


@pytest.mark.parametrize("order, cursor", [([], "before"), (["--oldest-first"], "after")])
@pytest.mark.parametrize("which", [["--account", 2], ["--code", 112]])
def test_transfers_in_pages(look, order, cursor, which):
    whole = [it["seq"] for it in look("transfers", *which, *order)["transfers"]]
    seen, more = [], []
    while True:
        bound = ["--limit", 2, "--scan-max", 4]
        page = look("transfers", *which, *order, *bound, *more)
        seen += [it["seq"] for it in page["transfers"]]
        if page[f"next_{cursor}"] is None:
            break
        more = [f"--{cursor}", page[f"next_{cursor}"]]

    assert whole == seen


def test_a_search_says_how_much_it_looked_at(venule, book):
    answer = venule("ledger", "transfers", book, "--code", 999, "--scan-max", 4)

    assert Exit.OK == answer.code
    assert answer.out.endswith("looked at 4 of 15 transfers\nmore: --before 12\n")


def test_all_that_a_record_says(look):
    held = look("transfers", "--first-seq", 8, "--last-seq", 8)["transfers"][0]

    assert {
        "seq": 8,
        "at": "2014-05-14T03:00:00.000000Z",
        "code": 112,
        "code_name": "FEE",
        "flags": ["PENDING"],
        "debit": 2,
        "credit": 3,
        "unit": 156,
        "unit_name": "人民币",
        "scale": 2,
        "amount_minor": 500,
        "ref": "",
        "related": 0,
        "timeout_s": 86_400,
        "debit_balance_minor": 98_766,
        "debit_debits_pending_minor": 500,
        "debit_credits_pending_minor": 0,
        "credit_balance_minor": 1_234,
        "credit_debits_pending_minor": 0,
        "credit_credits_pending_minor": 500,
    } == held
    opening = look("transfers", "--last-seq", 1)["transfers"][0]
    assert (None, 1) == (opening["amount_minor"], opening["accounts_opened"])


def test_transfers_for_a_person(venule, book):
    answer = venule("ledger", "transfers", book, "--last-seq", 6, "--limit", 2)

    assert rows(answer)[1] == [
        "6", "2014-05-14", "09:00:00", "top", "up", "1", "2", "1000.00", "人民币", "posted",
        str(ORDER),
    ]  # fmt: skip
    assert rows(answer)[2][3:] == ["open", "5", "5", "-", "-", "opens", "1", "account", "-"]


def test_transfers_of_an_account_for_a_person(venule, book):
    answer = venule("ledger", "transfers", book, "--account", 2, "--first-seq", 7, "--limit", 20)

    assert answer.out.startswith(f"account 2, MEMBER_WALLET in 人民币, of {ALICE}\n")
    cells = [[cell for cell in row[3:] if "." in cell] for row in rows(answer)[2:-1]]
    amounts = [tuple(row) for row in cells]
    assert [
        ("-0.01", "987.00", "0.00"),
        ("0.01", "987.01", "0.00"),
        ("2.34", "987.00", "0.00"),
        ("-7.00", "984.66", "0.00"),
        ("-3.00", "984.66", "7.00"),
        ("-7.00", "987.66", "12.00"),
        ("-5.00", "987.66", "5.00"),
        ("-12.34", "987.66", "0.00"),
    ] == amounts


def test_an_interrupted_search_shows_what_it_has(venule, book, monkeypatch):
    block, calls = View.block, []

    def interrupted(self, seq):
        calls.append(seq)
        if seq <= 6 and len(calls) > 3:
            raise KeyboardInterrupt
        return block(self, seq)

    monkeypatch.setattr(View, "block", interrupted)
    monkeypatch.setattr("venule.ledger.view._CHUNK_RECORDS_MIN", 1)
    answer = venule("ledger", "transfers", book, "--code", 112, "--json")

    assert Exit.INTERRUPTED == answer.code
    found = [it["seq"] for it in answer.json["transfers"]]
    assert answer.json["interrupted"]
    assert found
    assert [15, 13, 12, 11, 10, 9, 8, 7][: len(found)] == found
    assert 15 - answer.json["looked_at"] + 1 == answer.json["next_before"]


# one transfer


def test_a_transfer_names_what_it_refers_to_and_what_refers_to_it(look):
    posted, voided = look("transfer", 10), look("transfer", 9)

    assert (8, ["POST_PENDING"]) == (posted["related"], posted["flags"])
    assert [11] == [it["seq"] for it in voided["related_by"]]
    assert [10] == [it["seq"] for it in look("transfer", 8)["related_by"]]
    assert [12] == [it["seq"] for it in look("transfer", 7)["related_by"]]
    assert [] == look("transfer", 12)["related_by"]
    assert {"first_seq": 14, "last_seq": 15} == look("transfer", 15)["chain"]
    assert {
        "account": 3,
        "code": 2010,
        "code_name": "MEMBER_WALLET",
        "owner": str(BOB),
        "balance_minor": 1_534,
        "debits_pending_minor": 0,
        "credits_pending_minor": 700,
        "previous_seq": 9,
    } == posted["credit_account"]
    assert look("transfer", 13)["credit_account"] is None


def test_a_transfer_for_a_person(venule, book):
    held = venule("ledger", "transfer", book, 8).out

    assert "amount      5.00 人民币" in held
    assert "held until  2014-05-15 11:00:00" in held
    assert ["debit", "2", "MEMBER_WALLET", "987.66", "5.00", "0.00", "7", str(ALICE)] in [
        line.split() for line in held.splitlines()
    ]
    assert held.endswith("posted by 10 at 2014-05-14 13:00:00: 3.00 人民币\n")
    assert "linked chain  14 to 15" in venule("ledger", "transfer", book, 14).out
    assert "refers to   reverses 7" in venule("ledger", "transfer", book, 12).out
    assert venule("ledger", "transfer", book, 15).out.endswith("no later transfer refers to it\n")
    short = venule("ledger", "transfer", book, 7, "--scan-max", 2).out
    assert short.endswith("looked only at the 2 transfers after it: see --scan-max\n")


# sums


def test_the_trial_balance(look, venule, book):
    now = look("trial-balance")
    assert (True, 15) == (now["balanced"], now["seq"])
    sums = {
        (it["unit"], it["code"]): (it["debit_minor"], it["credit_minor"]) for it in now["lines"]
    }
    assert {(156, 1010): (100_001, 0), (156, 2010): (0, 100_001), (156, 2020): (0, 0)} == {
        key: value for key, value in sums.items() if key[0] == 156
    }
    by_seq = look("trial-balance", "--seq", 8)["lines"]
    assert by_seq == look("trial-balance", "--at", "2014-05-14T11:00:00+08:00")["lines"]
    assert [(2010, 1_000)] == [(it["code"], it["held_minor"]) for it in by_seq if it["held_minor"]]
    assert [] == look("trial-balance", "--seq", 0)["lines"]
    assert venule("ledger", "trial-balance", book).out.endswith("as of transfer 15\n")


def test_the_trial_balance_is_that_of_the_room(venule, home):
    """Of a home of all rooms, `venule balances` says the same."""
    for options in ([], ["--at", "2014-05-14T10:30:00"]):
        expected = venule("balances", home, *options, "--json").json["lines"]
        seen = venule("ledger", "trial-balance", home, *options, "--json").json["lines"]
        assert expected == seen


def test_who_paid_whom(look):
    answer = look("who-paid-whom")

    assert [(1, 2, 2, 0, 100_001), (2, 3, 3, 1, 1_301)] == [
        (it["payer"], it["payee"], it["transfers"], it["reversals"], it["amount_minor"])
        for it in answer["lines"]
    ]
    assert ("account", 2, 15) == (answer["by"], answer["pairs"], answer["looked_at"])
    morning = look("who-paid-whom", "--since", "2014-05-14T10:00", "--until", "2014-05-14T11:00")
    assert [(2, 3, 1_234)] == [
        (it["payer"], it["payee"], it["amount_minor"]) for it in morning["lines"]
    ]


def test_who_paid_whom_by_owner_and_code(look, venule, book):
    owners = look("who-paid-whom", "--by-owner")["lines"]
    assert [("", str(ALICE)), (str(ALICE), str(BOB))] == [
        (it["payer"], it["payee"]) for it in owners
    ]
    codes = look("who-paid-whom", "--by-code", "--limit", 1)["lines"]
    assert [(1010, "CLIENT_RESERVE", 2010, "MEMBER_WALLET", 100_001)] == [
        (it["payer"], it["payer_name"], it["payee"], it["payee_name"], it["amount_minor"])
        for it in codes
    ]
    shown = rows(venule("ledger", "who-paid-whom", book, "--by-owner"))
    assert ["人民币", "the", "house", str(ALICE), "2", "0", "1000.01"] == shown[1]
    shown = rows(venule("ledger", "who-paid-whom", book))
    assert ["人民币", "2", "MEMBER_WALLET", "3", "MEMBER_WALLET", "3", "1", "13.01"] == shown[2]
    assert ["2", "of", "2", "pairs,", "in", "15", "of", "15", "transfers"] == shown[3]


# export


def test_export(venule, look, book, tmp_path):
    file = tmp_path / "transfers.parquet"
    answer = look("export", file)

    assert (15, "transfers", 15, file.stat().st_size) == (
        answer["rows"],
        answer["what"],
        answer["as_of_seq"],
        answer["bytes"],
    )
    assert list(range(1, 16)) == pq.read_table(file)["seq"].to_pylist()
    again = venule("ledger", "export", book, file)
    assert (Exit.REFUSED, "") == (again.code, again.out)
    assert again.err.startswith("venule: export-exists: ")
    part = venule("ledger", "export", book, tmp_path / "p", "--until", "2014-05-14T10:00")
    assert part.out.startswith(f"{tmp_path / 'p'}: 6 transfers, ")
    look("export", tmp_path / "a", "--what", "accounts")
    assert [2, 4] == [
        it["id"] for it in pq.read_table(tmp_path / "a").to_pylist() if it["ref"] == ALICE.bytes
    ]


# how commands end


@pytest.mark.parametrize(
    "command, options, code, slug",
    [
        ("accounts", ["--limit", 0], Exit.BAD_INPUT, "limit-out-of-range"),
        ("accounts", ["--owner", "frob"], Exit.BAD_INPUT, "reference-malformed"),
        ("accounts", ["--flag", "frob"], Exit.USAGE, None),
        ("transfers", ["--account", "frob"], Exit.BAD_INPUT, "account-malformed"),
        ("transfers", ["--account", 6], Exit.REFUSED, "account-unknown"),
        ("transfers", ["--account", ALICE], Exit.REFUSED, "account-ambiguous"),
        ("transfers", ["--account", ORDER], Exit.REFUSED, "account-unknown"),
        ("transfers", ["--ref", "12"], Exit.BAD_INPUT, "reference-malformed"),
        ("transfers", ["--since", "never"], Exit.BAD_INPUT, "instant-malformed"),
        ("transfers", ["--limit", 100_001], Exit.BAD_INPUT, "limit-out-of-range"),
        ("transfers", ["--scan-max", 0], Exit.BAD_INPUT, "limit-out-of-range"),
        ("transfers", ["--code", "x"], Exit.USAGE, None),
        ("transfer", [0], Exit.REFUSED, "transfer-not-found"),
        ("transfer", [16], Exit.REFUSED, "transfer-not-found"),
        ("transfer", [], Exit.USAGE, None),
        ("trial-balance", ["--seq", 16], Exit.REFUSED, "transfer-not-found"),
        ("trial-balance", ["--seq=-1"], Exit.REFUSED, "transfer-not-found"),
        ("trial-balance", ["--seq", 1, "--at", "2014-05-14"], Exit.BAD_INPUT, "options-conflict"),
        ("who-paid-whom", ["--by-owner", "--by-code"], Exit.BAD_INPUT, "options-conflict"),
        ("export", ["x", "--what", "all"], Exit.USAGE, None),
        (
            "export",
            ["x", "--what", "accounts", "--until", "2014-05-14"],
            Exit.BAD_INPUT,
            "options-conflict",
        ),
    ],
)
def test_errors(venule, book, command, options, code, slug):
    answer = venule("ledger", command, book, *options)

    assert (code, "", 1) == (answer.code, answer.out, answer.err.count("\n"))
    assert slug is None or answer.err.startswith(f"venule: {slug}: expected ") or slug in answer.err
    if slug is None:
        assert f"See `venule ledger {command} --help`." in answer.err


@pytest.mark.parametrize("command", ["accounts", "transfers", "trial-balance", "who-paid-whom"])
def test_a_place_that_is_no_home(venule, tmp_path, command):
    answer = venule("ledger", command, tmp_path / "nothing", "--json")

    assert Exit.HOME == answer.code
    assert answer.json["error"]["type"].endswith(":not-a-home")
    assert [] == list(tmp_path.iterdir())


def test_help_has_examples_for_every_command(venule):
    from venule.cli.ledger import app

    for name in (name for name in app if not name.startswith("-")):
        answer = venule("ledger", name, "--help")
        assert Exit.OK == answer.code
        assert f"venule ledger {name}" in answer.out.split("For example", maxsplit=1)[1]


def test_looking_while_a_writer_is_at_work(venule_process, tmp_path):
    home, _ = live(tmp_path / "home", steps=20, checkpoint_at=10)
    with home:
        assert home.run(post, [Transfer(1, 4, 77, 101)])[0].ok
        owner = UUID(bytes=OWNERS[0])
        answers = [
            venule_process("ledger", *command, "--json")
            for command in (
                ["transfers", tmp_path / "home", "--limit", 1],
                ["accounts", tmp_path / "home", "--owner", owner],
                ["export", tmp_path / "home", tmp_path / "file"],
            )
        ]
        last_seq = home.read(lambda tx: tx.book.memory.next_seq - 1)
    assert [(Exit.OK, "")] * 3 == [(it.code, it.err) for it in answers]
    newest, accounts, exported = (json.loads(it.out) for it in answers)
    assert (77, last_seq) == (
        newest["transfers"][0]["amount_minor"],
        newest["transfers"][0]["seq"],
    )
    assert [4, 12] == [it["account"] for it in accounts["accounts"]]
    assert last_seq == exported["rows"]


def test_a_narrow_terminal_cuts_references_but_no_amount(venule, book, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    answer = venule("ledger", "transfers", book, "--first-seq", 6, "--last-seq", 6)

    *cells, ref = rows(answer)[1]
    assert ["1", "2", "1000.00", "人民币", "posted"] == cells[-5:]
    assert ref.endswith("…")
    assert str(ORDER).startswith(ref[:-1])
    assert len(ref) >= 9

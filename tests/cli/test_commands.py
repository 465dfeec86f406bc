"""What each command answers, and how it ends."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest

from venule import __version__, app
from venule.cli.exits import Exit
from venule.kit.time import FixedClock
from venule.ledger import Transfer

# The home of tests/cli/conftest.py: account 1 is the reserve, 2 and 3 are
# wallets, 4 and 5 are the register.
OWNER = UUID(bytes=bytes(range(16)))


def test_statement_shows_the_newest_first(venule, home):
    answer = venule("statement", home, 2, "--json")

    assert Exit.OK == answer.code
    lines = answer.json["lines"]
    assert [-500, -1_234, 10_000] == [line["amount_minor"] for line in lines]
    assert [8_766, 8_766, 10_000] == [line["balance_minor"] for line in lines]
    assert [500, 0, 0] == [line["debits_pending_minor"] for line in lines]
    assert ["PENDING"] == lines[0]["flags"]
    assert "2014-05-14T01:00:00.000000Z" == lines[2]["at"]
    assert "TOP_UP" == lines[2]["code_name"]
    assert answer.json["next_before"] is None


def test_statement_in_pages_gives_every_line_once(venule, home):
    seen, before = [], []
    while True:
        page = venule("statement", home, 2, "--limit", 1, *before, "--json").json
        seen += [line["seq"] for line in page["lines"]]
        if page["next_before"] is None:
            break
        before = ["--before", page["next_before"]]

    whole = venule("statement", home, 2, "--json").json["lines"]
    assert [line["seq"] for line in whole] == seen


@pytest.mark.parametrize(
    "options, amounts",
    [
        (["--since", "2014-05-14"], [-500, -1_234, 10_000]),
        (["--since", "2014-05-15"], []),
        (["--until", "2014-05-14"], [-500, -1_234, 10_000]),
        (["--until", "2014-05-14T11:00:00"], [-1_234, 10_000]),
        (["--since", "2014-05-14T10:00:00", "--until", "2014-05-14T11:00:00"], [-1_234]),
    ],
)
def test_statement_of_a_time(venule, home, options, amounts):
    lines = venule("statement", home, 2, *options, "--json").json["lines"]

    assert amounts == [line["amount_minor"] for line in lines]


def test_statement_for_a_person(venule, home):
    answer = venule("statement", home, 2)

    assert Exit.OK == answer.code
    assert "account 2, MEMBER_WALLET in CNY, balance 87.66\n" in answer.out
    assert "2014-05-14 09:00:00" in answer.out
    assert "100.00" in answer.out


def test_statement_by_owner(venule, home):
    assert 2 == venule("statement", home, OWNER, "--json").json["account"]["account"]


@pytest.mark.parametrize(
    "account, code, slug",
    [
        ("99", Exit.REFUSED, "account-unknown"),
        ("0", Exit.REFUSED, "account-unknown"),
        ("frob", Exit.BAD_INPUT, "account-malformed"),
        (UUID(int=1), Exit.REFUSED, "account-unknown"),
    ],
)
def test_statement_of_no_account(venule, home, account, code, slug):
    answer = venule("statement", home, account)

    assert (code, "") == (answer.code, answer.out)
    assert answer.err.startswith(f"venule: {slug}: expected ")
    assert 1 == answer.err.count("\n")


def test_balances_now(venule, home):
    answer = venule("balances", home, "--json").json

    assert answer["balanced"]
    sums = {
        (line["unit"], line["code"]): (line["debit_minor"], line["credit_minor"])
        for line in answer["lines"]
    }
    assert {
        (156, 1010): (10_000, 0),
        (156, 2010): (0, 8_766),
        (156, 2020): (0, 1_234),
        (1001, 9010): (8_000, 0),
        (1001, 9020): (0, 8_000),
    } == sums


@pytest.mark.parametrize(
    "at, reserve, merchant, held, holders",
    [
        ("2014-05-13", None, None, None, None),
        ("2014-05-14T09:00:00", 10_000, 0, 0, 0),
        ("2014-05-14T10:59:59", 10_000, 1_234, 0, 0),
        ("2014-05-14T11:00:00", 10_000, 1_234, 500, 0),
        ("2014-05-14", 10_000, 1_234, 500, 8_000),
    ],
)
def test_balances_then(venule, home, at, reserve, merchant, held, holders):
    lines = venule("balances", home, "--at", at, "--json").json["lines"]
    by_code = {line["code"]: line for line in lines}

    if reserve is None:
        assert {} == by_code
        return
    assert reserve == by_code[1010]["debit_minor"]
    assert merchant == by_code[2020]["credit_minor"]
    assert held == by_code[2010]["held_minor"]
    assert holders == by_code[9020]["credit_minor"]


def test_balances_for_a_person(venule, home):
    answer = venule("balances", home)

    assert Exit.OK == answer.code
    rows = [line.split() for line in answer.out.splitlines()]
    assert ["CNY", "1010", "CLIENT_RESERVE", "1", "100.00", "0.00", "0.00"] in rows
    assert ["CNY", "total", "3", "100.00", "100.00", "10.00"] in rows


def test_accounts_in_pages(venule, home):
    first = venule("accounts", home, "--limit", 3, "--json").json
    rest = venule("accounts", home, "--after", first["next_after"], "--json").json

    assert [1, 2, 3, 4, 5] == [it["account"] for it in first["accounts"] + rest["accounts"]]
    assert str(OWNER) == first["accounts"][1]["owner"]
    assert rest["next_after"] is None


def test_accounts_of_a_code_and_unit(venule, home):
    assert [3] == [it["account"] for it in _accounts(venule, home, "--code", 2020)]
    assert [4, 5] == [it["account"] for it in _accounts(venule, home, "--unit", 1001)]
    assert [] == _accounts(venule, home, "--code", 2020, "--unit", 1001)


def _accounts(venule, home, *options):
    return venule("accounts", home, *options, "--json").json["accounts"]


@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_a_limit_out_of_range(venule, home, limit):
    answer = venule("accounts", home, "--limit", limit)

    assert Exit.BAD_INPUT == answer.code
    assert "limit-out-of-range" in answer.err


def test_verify(venule, home):
    answer = venule("verify", home, "--json")

    assert (Exit.OK, True, []) == (answer.code, answer.json["ok"], answer.json["faults"])
    assert 4 <= answer.json["checked"]["transfers"]
    assert venule("verify", home).out.endswith("ok\n")


def test_verify_finds_a_flipped_byte(venule, home, tmp_path):
    copy = tmp_path / "home"
    subprocess.run(["cp", "-r", home, copy], check=True)
    file = copy / "home.sqlite"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    answer = venule("verify", copy)
    assert Exit.REFUSED == answer.code
    assert "fault: " in answer.out


def test_backup_and_restore(venule, home, tmp_path):
    file, copy = tmp_path / "a.backup", tmp_path / "copy"

    assert file.name in venule("backup", home, file).out
    assert Exit.OK == venule("restore", file, copy).code
    assert Exit.OK == venule("verify", copy).code
    assert venule("balances", home, "--json").json == venule("balances", copy, "--json").json


def test_restore_to_a_point(venule, home, tmp_path):
    file, copy = tmp_path / "a.backup", tmp_path / "copy"
    venule("backup", home, file)

    answer = venule("restore", file, copy, "--to-seq", 2)
    assert "up to transfer 2, and takes no writer" in answer.out

    told = venule("verify", copy, "--json").json
    assert told["ok"]
    assert 2 == told["checked"]["transfers"]
    assert Exit.OK == venule("ledger", "trial-balance", copy).code
    assert Exit.OK == venule("ledger", "transfers", copy).code
    beyond = venule("restore", file, tmp_path / "other", "--to-seq", 10**6)
    assert "point-unknown" in beyond.err
    assert not (tmp_path / "other").exists()


def test_backup_never_writes_over(venule, home, tmp_path):
    file = tmp_path / "there"
    file.write_text("mine")

    answer = venule("backup", home, file)
    assert (Exit.REFUSED, "mine") == (answer.code, file.read_text())
    assert "backup-exists" in answer.err


def test_version(venule):
    assert __version__ == venule("version", "--json").json["venule"]
    assert venule("version").out.startswith(f"venule {__version__}\n")


# How commands end


def test_a_place_that_is_no_home(venule, tmp_path):
    for command in (["verify"], ["balances"], ["accounts"], ["statement"], ["backup"]):
        more = {"statement": ["1"], "backup": [tmp_path / "f"]}.get(command[0], [])
        answer = venule(*command, tmp_path / "nothing", *more)
        assert (Exit.HOME, "") == (answer.code, answer.out), command
        assert answer.err.startswith("venule: not-a-home: ")
    assert [] == list(tmp_path.iterdir())


def test_an_error_in_json(venule, tmp_path):
    answer = venule("balances", tmp_path / "nothing", "--json")

    assert Exit.HOME == answer.code
    assert "not-a-home" == answer.json["error"]["type"].rsplit(":", maxsplit=1)[-1]
    assert answer.err.startswith("venule: not-a-home: ")


@pytest.mark.parametrize(
    "arguments",
    [["frob"], ["balances"], ["statement", "x"], ["accounts", "x", "--limit", "many"], ["--frob"]],
)
def test_usage(venule, arguments):
    answer = venule(*arguments)

    assert (Exit.USAGE, "") == (answer.code, answer.out)
    assert 1 == answer.err.count("\n")
    assert "--help" in answer.err


def test_help_has_examples_for_every_command(venule):
    from venule.cli.commands import app as commands

    assert Exit.OK == venule("--help").code
    for name in (name for name in commands if not name.startswith("-")):
        answer = venule(name, "--help")
        assert Exit.OK == answer.code
        assert f"venule {name}" in answer.out.split("For example", maxsplit=1)[1]


def test_a_fault_of_ours_is_one_line(venule, home, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr(app, "open_home", fail)
    answer = venule("balances", home)

    assert Exit.BUG == answer.code
    assert answer.err.startswith("venule: RuntimeError: first second (")


def test_an_interrupt(venule, home, monkeypatch):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "open_home", interrupt)

    assert Exit.INTERRUPTED == venule("balances", home).code


def test_a_reader_of_the_output_that_goes_away(home):
    code = "import sys; from venule.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "accounts", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()

    assert (0, b"") == (process.wait(timeout=120), error)


def test_reading_while_a_writer_is_at_work(venule, venule_process, home, tmp_path):
    copy = tmp_path / "home"
    subprocess.run(["cp", "-r", home, copy], check=True)
    at = app.open_home(home, readonly=True)
    now = at.clock.now()
    at.close()
    with app.open_home(copy, clock=FixedClock(now + timedelta(days=1))) as writer:
        writer.run(_pay, None)

        lines = venule("statement", copy, 3, "--json").json["lines"]
        assert [100, 500, 1_234] == [line["amount_minor"] for line in lines]
        assert Exit.OK == venule_process("verify", copy).code
        assert Exit.OK == venule_process("backup", copy, tmp_path / "b").code


def _pay(tx, _command):
    tx.post_all([Transfer(2, 3, 100, 112)])


def test_the_installed_command(repository):
    command = os.path.join(os.path.dirname(sys.executable), "venule")
    done = subprocess.run([command, "version"], capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(f"venule {__version__}\n")


def test_exit_codes_of_a_shell():
    assert 128 + signal.SIGINT == Exit.INTERRUPTED

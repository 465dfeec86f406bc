"""`venule move`: what it says, and how it ends."""

import shutil
from pathlib import Path

import pytest

from support.postgres import PASSWORD, PostgresServer
from venule.kit import moving_homes


@pytest.fixture
def here(home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(home, tmp_path / "here")


def test_there_and_back(venule, venule_process, here: Path, postgres: PostgresServer):
    address = postgres.address(tcp=True)
    before = venule("ledger", "trial-balance", here, "--json").out
    verified = venule("verify", here, "--json").json
    moved = venule_process("move", here, address)
    assert 0 == moved.code, moved.err
    assert PASSWORD not in moved.out + moved.err
    assert "journal" in moved.out
    assert f"journal hash {verified['checked']['journal_hash']}" in moved.out
    assert "move: proving the books, " in moved.err
    assert before == venule("ledger", "trial-balance", address, "--json").out
    assert before == venule("ledger", "trial-balance", here, "--json").out

    again = venule("move", here, address)
    assert 0 == again.code
    assert "moved by an earlier command" in again.out
    back = venule("move", address, here.with_name("back"), "--json")
    assert 0 == back.code, back.err
    assert verified["checked"]["journal_hash"] == back.json["hash"]
    assert {"accounts", "transfers"} <= venule("verify", here.with_name("back"), "--json").json[
        "checked"
    ].keys()


def test_what_is_refused(
    venule, here: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(moving_homes, "PATIENCE_US", 0)
    address = postgres.address(tcp=True)
    assert 0 == venule("move", here, address).code
    gone = venule("ledger", "archive", here)
    assert 3 == gone.code
    assert gone.err.startswith("venule: home-moved: ")
    assert "seen one that moved to postgresql://127.0.0.1" in gone.err
    assert PASSWORD not in gone.err
    taken = venule("move", address, here, "--json")
    assert 1 == taken.code
    assert "urn:venule:error:move-target-taken" == taken.json["error"]["type"]
    assert 3 == venule("move", here.with_name("nowhere"), postgres.address()).code
    assert 4 == venule("move", here, "postgresql://a/b?schema=X").code


@pytest.mark.parametrize("command", ["restore {1}/file {0}", "accept {0}"])
def test_commands_for_directories_say_what_a_database_has_instead(
    venule, tmp_path: Path, postgres: PostgresServer, command: str
):
    answer = venule(*command.format(postgres.address(tcp=True), tmp_path).split())
    assert 4 == answer.code
    assert answer.err.startswith("venule: place-is-address: ")
    assert PASSWORD not in answer.err
    assert [] == list(tmp_path.iterdir())


def test_a_backup_of_a_database(venule, venule_process, database: str, home: Path, tmp_path: Path):
    file, restored = tmp_path / "file", tmp_path / "restored"
    made = venule("backup", database, file, "--json")
    assert 0 == made.code, made.err
    assert file.stat().st_size == made.json["bytes"]
    assert PASSWORD not in made.out
    assert 0 == venule("restore", file, restored).code
    assert (
        venule("verify", database, "--json").json["checked"]["journal_hash"]
        == (venule("verify", restored, "--json").json["checked"]["journal_hash"])
    )
    for command in ("accounts", "trial-balance"):
        assert (
            venule("ledger", command, database, "--json").out
            == venule("ledger", command, restored, "--json").out
        )
    again = venule("backup", database, file)
    assert 1 == again.code
    assert again.err.startswith("venule: backup-exists: ")
    assert {"file", "restored"} == {path.name for path in tmp_path.iterdir()}

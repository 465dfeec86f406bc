"""`venule accept`: what it tells, what it does, what it leaves alone."""

import shutil
from pathlib import Path

import pytest

from venule import app
from venule.cli.exits import Exit
from venule.kit.events import events_after
from venule.ledger import Transfer


@pytest.fixture
def older(home: Path, tmp_path: Path) -> Path:
    """A home that has seen two more transfers than its database holds."""
    own = Path(shutil.copytree(home, tmp_path / "home"))
    with app.open_home(own) as opened:
        for amount in (7, 8):
            opened.run(lambda tx, it: tx.post_all([it]) and None, Transfer(1, 2, amount, 103))
    shutil.copyfile(home / "home.sqlite", own / "home.sqlite")
    return own


def test_it_tells_what_is_lost_and_does_nothing(venule, older):
    before = {file.name: file.read_bytes() for file in older.iterdir() if file.is_file()}
    refused = venule("balances", older)

    answer = venule("accept", older)

    assert (Exit.HOME, Exit.REFUSED) == (refused.code, answer.code)
    assert refused.err.startswith("venule: home-outdated: ")
    assert "lost: transfers 10 to 11, and the rows of 2 groups" in answer.out
    assert "set aside: seal.json, witness\n" in answer.out
    assert answer.out.endswith("`--yes` goes on without what is lost\n")
    assert before == {file.name: file.read_bytes() for file in older.iterdir() if file.is_file()}


def test_it_goes_on_and_the_home_tells_of_it(venule, older, home):
    told = venule("accept", older, "--json").json
    done = venule("accept", older, "--yes", "--json")

    assert (Exit.OK, True, False) == (done.code, done.json["accepted"], told["accepted"])
    same = ("refusal", "kept", "seen", "lost", "set_aside")
    assert [told[name] for name in same] == [done.json[name] for name in same]
    assert ({"from": 10, "to": 11}, 9) == (told["lost"], told["kept"]["seq"])
    assert (older / done.json["folder"] / "witness").exists()
    assert Exit.OK == venule("verify", older).code
    assert venule("balances", home, "--json").json == venule("balances", older, "--json").json
    with app.open_home(older, readonly=True) as opened:
        [event] = opened.read(lambda tx: events_after(tx.sql, 0))
    assert "home.accepted" == event.name
    assert (9, 11) == (event.decode()["kept"]["seq"], event.decode()["seen"]["seq"])


def test_for_a_person(venule, older):
    answer = venule("accept", older, "--yes")

    assert Exit.OK == answer.code
    assert answer.out.endswith(f"{older}: accepted; `venule verify {older}` proves what is kept\n")


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_nothing_to_accept(venule, home, tmp_path, yes):
    own = shutil.copytree(home, tmp_path / "home")

    answer = venule("accept", own, *yes, "--json")

    assert (Exit.REFUSED, 9) == (answer.code, answer.json["error"]["seq"])
    assert answer.err.startswith("venule: nothing-to-accept: expected a home that is refused")
    assert not (own / "set-aside").exists()


def test_where_no_home_is(venule, tmp_path):
    assert Exit.HOME == venule("accept", tmp_path / "none", "--yes").code
    assert not (tmp_path / "none").exists()

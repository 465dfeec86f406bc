"""`venule staff`: the first of the staff, and the way back for those locked out."""

import json
import re

import pytest

from support.both_homes import Places
from venule.access import EventQuery, LoginState, Role, all_staff, auth_events, login_by_code
from venule.access.commands import HashQuery
from venule.access.front import code_hash
from venule.app import open_home
from venule.cli import main

TWO = ["--add", "Desk 1:desk1:operator", "--add", "Desk 2:desk2:operator,risk"]


@pytest.fixture
def home(places: Places) -> str:
    place = str(places("all rooms"))
    open_home(place).close()
    return place


def said(capsys):
    return capsys.readouterr().out


def test_codes_are_printed_once_and_serve(home, capsys):
    assert 0 == main(["staff", "found", home, *TWO])
    codes = re.findall(r"^desk\d: ((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})$", said(capsys), re.MULTILINE)

    assert 2 == len(set(codes))
    with open_home(home, readonly=True) as opened:
        first, second = opened.read(all_staff)
        assert [Role.OPERATOR, Role.RISK] == second.roles
        query = HashQuery(code_hash(codes[0]))
        assert first.login.id == opened.read(lambda tx: login_by_code(tx, query)).id
    assert 0 == main(["staff", "list", home])
    listed = said(capsys)
    assert "desk2" in listed
    assert not any(code in listed for code in codes)


def test_the_first_are_named_once_and_are_enough(home, capsys):
    assert 4 == main(["staff", "found", home, *TWO[:2]])
    assert "staff-too-few" in capsys.readouterr().err
    assert 0 == main(["staff", "found", home, *TWO, "--json"])
    assert ["desk1", "desk2"] == [each["login"] for each in json.loads(said(capsys))["staff"]]
    assert 1 == main(["staff", "found", home, *TWO])
    assert "house-has-staff" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "a:b", "a:b:king", "a:b:operator:c", "a:b:", "::operator"])
def test_who_is_malformed_is_not_named(home, capsys, text):
    assert 4 == main(["staff", "found", home, "--add", text, *TWO])
    with open_home(home, readonly=True) as opened:
        assert [] == opened.read(all_staff)


def test_a_lost_code_is_replaced_and_a_lost_key_is_reset(home, capsys):
    main(["staff", "found", home, *TWO])
    capsys.readouterr()
    assert 0 == main(["staff", "code", home, "DESK1", "--json"])
    told = json.loads(said(capsys))
    assert "desk1" == told["login"]
    with open_home(home, readonly=True) as opened:
        query = HashQuery(code_hash(told["code"]))
        assert "desk1" == opened.read(lambda tx: login_by_code(tx, query)).name
        assert LoginState.INVITED is opened.read(all_staff)[0].login.state

    assert 1 == main(["staff", "code", home, "nobody"])
    assert "login-name-unknown" in capsys.readouterr().err
    assert 1 == main(["staff", "code", home, "desk1", "--reset", "lost it"])  # nothing to reset
    assert "login-transition-illegal" in capsys.readouterr().err
    with open_home(home, readonly=True) as opened:
        lines = opened.read(lambda tx: auth_events(tx, EventQuery()))
    assert ["login.code", "staff.add", "staff.add"] == [each.what for each in lines]

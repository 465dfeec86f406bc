"""The log: a line for everything that was tried, no secret in it or in any row, an end to it."""

from datetime import timedelta

import pytest

from support.access_town import PASSWORD, PHONE
from venule.access import (
    EventQuery,
    Factor,
    OwnerKind,
    PageMalformed,
    Purge,
    Purged,
    Role,
    SessionOver,
    SignInRefused,
    TooManyFailures,
    auth_events,
    purge_access,
)
from venule.access.model import PURGE_ROWS_MAX


def live(town):
    """Do a little of everything; return what nobody else may ever see."""
    maker = town.staff([Role.SUPPORT])[2]
    person, other = town.person().enrol(), town.person().enrol(passkey=True)
    secrets = [PASSWORD, person.code, other.code, *person.recovery]
    secrets += [person.code.replace("-", ""), *(c.replace("-", "") for c in person.recovery)]
    for entered in (maker.entered, person.entered, other.entered):
        secrets += [entered.token, entered.device_token]
    with pytest.raises(SignInRefused):
        person.begin("hunter2 hunter2 hunter2")
    town.wait(minutes=1)
    secrets += [person.begin(), "hunter2", person.totp()]
    secrets.append(person.sign_in().token)
    town.wait(minutes=1)
    secrets.append(person.sign_in(person.recovery[2], Factor.RECOVERY).token)
    other.sign_in_passkey()
    other.step_up_passkey()
    secrets += town.do(town.own.renew_recovery(person.facts, PHONE))
    town.do(town.own.change_password(person.facts, "seven green bottles", PHONE))
    secrets.append("seven green bottles")
    return secrets, [person.seed, maker.seed]


def test_no_secret_is_in_any_row(town):
    secrets, seeds = live(town)
    rows = repr(town.dump())

    assert len(secrets) > 40
    for secret in secrets:
        assert secret not in rows
    for seed in seeds:
        assert repr(seed)[2:-1] not in rows


def test_no_whole_address_and_no_name_that_was_typed_is_in_the_log(town):
    town.person().enrol()
    typed = town.authn.sign_in_password(OwnerKind.PERSON, "my-password-by-mistake", PASSWORD, PHONE)
    with pytest.raises(SignInRefused):
        town.do(typed)

    lines = repr(town.dump()["access_event"])
    assert PHONE.address not in lines
    assert "203.0.113.0/24" in lines
    assert "my-password-by-mistake" not in lines


def test_every_try_has_its_line(town):
    live(town)

    seen = {(each.what, each.ok) for each in town.log()}
    assert {
        ("staff.add", True),
        ("login.open", True),
        ("login.code", True),
        ("login.enrol", True),
        ("sign_in.password", False),
        ("sign_in.password", True),
        ("sign_in", True),
        ("step_up", True),
        ("recovery.renew", True),
        ("password.change", True),
    } == seen


def test_a_line_says_who_and_from_where(town):
    person = town.person().enrol()
    line = town.log(1)[0]

    assert person.login_id == line.login_id
    assert person.facts.owner_id == line.owner_id
    assert person.facts.session.id == line.session_id
    assert ("203.0.113.0/24", "Mozilla/5.0 (a phone)") == (line.address, line.agent)
    assert town.clock.now() == line.at


def test_pages_of_the_log(town):
    live(town)
    everything = town.log()
    pages = []
    before = None
    while page := town.read(auth_events, EventQuery(before=before, limit=7)):
        pages += page
        before = page[-1].id

    assert everything == pages
    login_id = everything[0].login_id
    assert [e for e in everything if e.login_id == login_id] == town.read(
        auth_events, EventQuery(login_id=login_id)
    )
    for limit in (0, -1, 201):
        with pytest.raises(PageMalformed):
            town.read(auth_events, EventQuery(limit=limit))


def test_what_is_old_goes_and_what_is_open_stays(town):
    person = town.person().enrol()
    town.do(town.authn.begin_passkey())
    with pytest.raises(SignInRefused):
        person.begin("hunter2 hunter2 hunter2")
    lines = len(town.log())
    town.wait(days=8)
    person.sign_in()
    with pytest.raises(SignInRefused):
        person.begin("hunter2 hunter2 hunter2")
    ago = town.clock.now() - timedelta(days=1)

    done = town.run(purge_access, Purge(ago, ago))

    assert Purged(lines, 1, 2, 0) == done
    assert person.facts
    assert 3 == len(town.log())
    town.wait(days=8)
    assert Purged(3, 1, 1, 1) == town.run(purge_access, Purge(town.clock.now(), town.clock.now()))
    assert [] == town.dump()["access_failure"]
    with pytest.raises(SessionOver):
        _ = person.facts


def test_a_purge_has_a_bound(town):
    for number in range(PURGE_ROWS_MAX + 1):
        with pytest.raises((SignInRefused, TooManyFailures)):
            town.do(town.authn.sign_in_password(OwnerKind.PERSON, f"nobody{number}", "x", PHONE))
    town.wait(days=8)
    now = town.clock.now()

    assert Purged(PURGE_ROWS_MAX, 0, 0, PURGE_ROWS_MAX) == town.run(purge_access, Purge(now, now))
    assert Purged(1, 0, 0, 1) == town.run(purge_access, Purge(now, now))

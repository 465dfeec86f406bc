"""Sessions: how long they live, how they end, on which devices; step-up; the cache."""

from datetime import timedelta

import msgspec
import pytest

from support.access_town import PASSWORD, PHONE
from venule.access import (
    CACHE_TTL_S,
    STEP_UP_LASTS,
    DeviceUnknown,
    Factor,
    NameDevice,
    Role,
    SessionNotFound,
    SessionOver,
    ShownDevice,
    SignInRefused,
    StepUpNeeded,
    TooManyFailures,
    Touch,
    check_fresh,
    devices,
    end_session,
    name_device,
    open_sessions,
    touch,
)
from venule.access.commands import EndSession
from venule.access.model import DEVICES_MAX, SESSIONS_MAX


def test_only_the_hash_of_a_token_is_stored(town):
    person = town.person().enrol()
    token = person.entered.token

    assert 4 + 43 == len(token)  # 256 bits
    assert token.startswith("vss_")
    assert token not in repr(town.dump())


@pytest.mark.parametrize("token", ["", "x", "\ud800", "A" * 43, "A" * 100_000])
def test_a_token_of_nobody_is_refused(town, token):
    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(token))


def test_a_persons_session_idles_out_after_an_hour_and_ends_after_a_day(town):
    person = town.person().enrol()
    for _ in range(25):
        town.wait(minutes=57)
        assert person.facts
    town.wait(minutes=15)
    with pytest.raises(SessionOver):
        _ = person.facts

    person.sign_in()
    town.wait(minutes=60)
    with pytest.raises(SessionOver):
        _ = person.facts


def test_the_staffs_session_idles_out_after_a_quarter_and_ends_after_half_a_day(town):
    operator = town.staff()[0]
    for _ in range(51):
        town.wait(minutes=14)
        assert operator.facts
    town.wait(minutes=6)
    with pytest.raises(SessionOver):
        _ = operator.facts

    operator.sign_in()
    town.wait(minutes=15)
    with pytest.raises(SessionOver):
        _ = operator.facts


def test_a_session_in_use_is_written_once_a_minute(town):
    person = town.person().enrol()
    town.front.door.calls.clear()
    for _ in range(130):
        town.wait(seconds=1)
        assert person.facts

    assert 2 == sum(isinstance(each, Touch) for each in town.front.door.calls)


def test_touching_again_changes_nothing(town):
    person = town.person().enrol()
    town.wait(minutes=2)
    seen = town.run(touch, Touch(person.entered.session.id))
    before = town.dump()

    assert seen == town.run(touch, Touch(person.entered.session.id))
    assert before == town.dump()


def test_what_ends_here_is_over_at_once_what_ends_elsewhere_within_the_ttl(town):
    person = town.person().enrol()
    elsewhere = town.process()[1]
    token = person.entered.token
    facts = person.facts
    assert town.do(elsewhere.authenticate(token))

    town.do(town.own.end_session(facts, facts.session.id, PHONE))

    with pytest.raises(SessionOver):
        _ = person.facts
    assert town.do(elsewhere.authenticate(token))
    town.wait(seconds=CACHE_TTL_S)
    with pytest.raises(SessionOver):
        town.do(elsewhere.authenticate(token))


def test_a_clock_of_the_process_that_lies_behind_does_not_keep_a_session(town):
    person = town.person().enrol()
    facts = person.facts
    town.run(end_session, EndSession(facts.session.id, facts.session.id))
    kept = dict(town.authn._kept)
    town.authn._kept = {h: k._replace(at=k.at + timedelta(hours=1)) for h, k in kept.items()}

    with pytest.raises(SessionOver):
        _ = person.facts


def test_one_session_or_all_others_can_be_ended(town):
    person = town.person().enrol()
    first = person.entered
    tokens = [first.token]
    for _ in range(3):
        town.wait(seconds=60)
        tokens.append(person.sign_in().token)
    listed = town.read(open_sessions, person.login_id)
    assert 4 == len(listed)

    town.do(town.own.end_session(person.facts, first.session.id, PHONE))
    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(first.token))
    assert 2 == town.do(town.own.end_others(person.facts, PHONE))

    assert [person.entered.session.id] == [
        each.id for each in town.read(open_sessions, person.login_id)
    ]
    for token in tokens[:3]:
        with pytest.raises(SessionOver):
            town.do(town.authn.authenticate(token))


def test_nobody_ends_the_session_of_another(town):
    person, other = town.person().enrol(), town.person().enrol()

    with pytest.raises(SessionNotFound):
        town.do(town.own.end_session(person.facts, other.facts.session.id, PHONE))
    with pytest.raises(DeviceUnknown):
        town.do(town.own.remove_device(person.facts, other.facts.session.device_id, PHONE))
    with pytest.raises(DeviceUnknown):
        town.run(
            name_device, NameDevice(person.facts.session.id, other.facts.session.device_id, "mine")
        )


def test_a_device_is_known_again_by_what_it_keeps(town):
    person = town.person().enrol()
    town.wait(minutes=1)
    person.sign_in()
    (known,) = town.read(devices, person.login_id)
    assert known.last_seen_at == town.clock.now() > known.first_seen_at

    person.device = ShownDevice("of another house", "tablet")
    town.wait(minutes=1)
    person.sign_in()

    assert ["tablet", "device"] == [each.name for each in town.read(devices, person.login_id)]
    assert "Mozilla/5.0 (a phone)" == known.agent


def test_the_token_of_anothers_device_is_not_known(town):
    person, other = town.person().enrol(), town.person().enrol()
    other.device = person.device
    town.wait(minutes=1)

    assert other.sign_in().device_token is not None


def test_a_removed_device_is_out(town):
    person = town.person().enrol()
    lost = person.entered
    person.device = ShownDevice(None, "new phone")
    town.wait(minutes=1)
    person.sign_in()

    town.do(town.own.remove_device(person.facts, lost.session.device_id, PHONE))

    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(lost.token))
    assert ["new phone"] == [each.name for each in town.read(devices, person.login_id)]


def test_there_is_an_end_to_sessions_and_devices(town):
    person = town.person().enrol(passkey=True)
    first = person.entered
    for _ in range(max(SESSIONS_MAX, DEVICES_MAX)):
        person.device = ShownDevice()
        town.wait(seconds=1)
        person.sign_in_passkey()

    assert SESSIONS_MAX == len(town.read(open_sessions, person.login_id))
    assert DEVICES_MAX == len(town.read(devices, person.login_id))
    town.authn.forget()
    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(first.token))


# Step-up


def test_a_step_up_is_fresh_for_five_minutes(town):
    person = town.person().enrol()
    town.wait(minutes=5)
    check_fresh(person.facts.session, town.clock.now())  # signing in was one
    town.wait(seconds=1)
    with pytest.raises(StepUpNeeded):
        check_fresh(person.facts.session, town.clock.now())

    person.step_up()

    session = person.facts.session
    check_fresh(session, town.clock.now() + STEP_UP_LASTS)
    assert (Factor.TOTP, town.clock.now()) == (session.stepped_up_by, session.stepped_up_at)
    assert ("step_up", True, "totp") == town.last()


def test_a_recovery_code_is_no_step_up_for_money(town):
    person = town.person().enrol()
    town.do(town.authn.step_up_code(person.facts, person.recovery[0], Factor.RECOVERY, PHONE))

    with pytest.raises(StepUpNeeded):
        check_fresh(person.facts.session, town.clock.now())
    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_code(person.facts, person.recovery[0], Factor.RECOVERY, PHONE))


def test_a_step_up_takes_a_code_once_and_counts_failures(town):
    person = town.person().enrol()
    used = person.totp()
    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_code(person.facts, used, Factor.TOTP, PHONE))
    assert ("step_up", False, "replayed") == town.last()
    for _ in range(4):
        with pytest.raises((SignInRefused, TooManyFailures)):
            town.do(town.authn.step_up_code(person.facts, "000000", Factor.TOTP, PHONE))
    with pytest.raises(TooManyFailures):
        town.do(town.authn.step_up_code(person.facts, "000000", Factor.TOTP, PHONE))


def test_a_passkey_steps_up_the_session_that_asked(town):
    person = town.person().enrol(passkey=True)
    town.wait(minutes=6)
    ceremony = town.do(town.authn.begin_step_up(person.facts))
    answer = person.authenticator.answer(ceremony)
    first = person.facts
    person.sign_in_passkey()

    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_passkey(person.facts, ceremony.challenge_id, answer, PHONE))
    assert ("step_up", False, "challenge") == town.last()

    ceremony = town.do(town.authn.begin_step_up(first))
    answer = person.authenticator.answer(ceremony)
    done = town.do(town.authn.step_up_passkey(first, ceremony.challenge_id, answer, PHONE))
    assert (first.session.id, town.clock.now()) == (done.id, done.stepped_up_at)
    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_passkey(first, ceremony.challenge_id, answer, PHONE))


def test_a_sign_ins_challenge_is_no_step_up(town):
    person = town.person().enrol(passkey=True)
    ceremony = town.do(town.authn.begin_passkey())
    answer = person.authenticator.answer(ceremony)

    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_passkey(person.facts, ceremony.challenge_id, answer, PHONE))


def test_the_passkey_of_another_is_no_step_up(town):
    person, other = town.person().enrol(passkey=True), town.person().enrol(passkey=True)
    ceremony = town.do(town.authn.begin_step_up(person.facts))
    answer = other.authenticator.answer(ceremony)

    with pytest.raises(SignInRefused):
        town.do(town.authn.step_up_passkey(person.facts, ceremony.challenge_id, answer, PHONE))


def test_who_calls_crosses_to_another_process_as_it_is(town):
    facts = town.staff([Role.AUDITOR])[2].facts

    assert facts == msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=type(facts))
    assert "audit.read" in facts.permissions
    assert PASSWORD not in repr(facts)

"""Passwords, codes and passkeys: who gets in, who does not, and what is told of it."""

from random import Random

import pytest

from support.access_town import CHEAP, PASSWORD, PHONE, START
from support.authenticator import Authenticator
from venule.access import (
    CeremonyRefused,
    Denial,
    DisableLogin,
    Factor,
    OwnerKind,
    Passwords,
    SessionOver,
    ShownDevice,
    SignInRefused,
    TooManyFailures,
    disable_login,
)
from venule.access.totp import code_at, step_at
from venule.members import CloseMember, end_membership


def test_a_password_alone_gives_no_session(town):
    person = town.person().enrol()
    half = person.begin()

    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(half))
    assert ("sign_in.password", True, None) == town.last()


def test_password_and_code_open_a_session(town):
    person = town.person("Zhang.San@Example").enrol()
    town.wait(minutes=5)

    entered = person.sign_in()

    facts = person.facts
    assert (OwnerKind.PERSON, "zhang.san@example") == (facts.kind, facts.login_name)
    assert (Factor.TOTP, town.clock.now()) == (entered.session.factor, entered.session.opened_at)
    assert ([], frozenset()) == (facts.roles, facts.permissions)
    assert ("sign_in", True, "totp") == town.last()


def test_a_name_is_known_however_it_is_typed(town):
    person = town.person("Straße@Example").enrol()
    town.wait(minutes=1)
    person.name = "STRASSE@EXAMPLE"

    assert person.sign_in()


def test_unknown_names_and_wrong_passwords_are_told_alike(town):
    person = town.person().enrol()
    said = []
    for name, password in ((person.name, "wrong horse battery"), ("nobody@example", PASSWORD)):
        for _ in range(6):
            with pytest.raises((SignInRefused, TooManyFailures)) as caught:
                town.do(town.authn.sign_in_password(person.kind, name, password, PHONE))
            said.append((type(caught.value), caught.value.facts()))

    assert said[:6] == said[6:]
    assert (TooManyFailures, {"wait_s": 1}) == said[4]


class Watched(Passwords):
    """Passwords that tell what they compare with, and let something happen meanwhile."""

    def __init__(self, meanwhile=lambda: None):
        super().__init__(Random(1).randbytes, CHEAP)
        self.compared = []
        self.meanwhile = meanwhile

    def _same(self, known, password):
        self.compared.append(known.rsplit("$", 2)[0])
        same = super()._same(known, password)
        self.meanwhile()
        return same


def test_a_wrong_password_costs_as_much_as_an_unknown_name(town):
    person = town.person().enrol()
    town.front.passwords = Watched()
    for name in (person.name, "nobody@example"):
        with pytest.raises(SignInRefused):
            town.do(town.authn.sign_in_password(person.kind, name, "wrong horse battery", PHONE))

    assert ["$argon2id$v=19$m=64,t=1,p=1"] * 2 == town.front.passwords.compared


def test_pauses_grow_and_the_right_password_waits_too(town):
    person = town.person().enrol()
    waits = []
    for _ in range(12):
        with pytest.raises((SignInRefused, TooManyFailures)) as caught:
            person.begin("wrong horse battery")
        wait = getattr(caught.value, "wait_s", 0)
        waits.append(wait)
        if wait:
            with pytest.raises(TooManyFailures):
                person.begin()
        town.wait(seconds=wait)

    assert [0, 0, 0, 0, 1, 2, 4, 8, 16, 900, 1800, 3600] == waits
    assert person.sign_in()
    with pytest.raises(SignInRefused):
        person.begin("wrong horse battery")  # and counts anew


def test_what_is_asked_during_a_pause_is_not_compared_and_not_counted(town):
    person = town.person().enrol()
    for _ in range(10):
        with pytest.raises((SignInRefused, TooManyFailures)):
            person.begin("wrong horse battery")
        town.wait(seconds=16)
    before = town.dump()["access_failure"]

    with pytest.raises(TooManyFailures):
        person.begin()

    assert before == town.dump()["access_failure"]
    assert ("sign_in.password", False, "blocked") == town.last()


def test_guessed_codes_are_counted_with_the_passwords(town):
    person = town.person().enrol()
    town.wait(minutes=1)
    half = person.begin()
    right = person.totp()
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    refused = 0
    for _ in range(5):
        with pytest.raises((SignInRefused, TooManyFailures)):
            town.do(town.authn.finish_sign_in(half, wrong, Factor.TOTP, person.device, PHONE))
        refused += 1

    with pytest.raises(TooManyFailures):
        town.do(town.authn.finish_sign_in(half, right, Factor.TOTP, person.device, PHONE))
    assert 5 == refused
    with pytest.raises(TooManyFailures):
        person.begin()


def test_a_code_is_accepted_once(town):
    person = town.person().enrol()
    used_at_enrolment = person.totp()

    with pytest.raises(SignInRefused):
        person.sign_in(used_at_enrolment)
    assert ("sign_in.second", False, "replayed") == town.last()

    town.wait(seconds=30)
    code = person.totp()
    person.sign_in(code)
    with pytest.raises(SignInRefused):
        person.sign_in(code)


def test_a_code_of_an_earlier_step_is_refused_after_a_later_one(town):
    person = town.person().enrol()
    town.wait(minutes=2)
    step = step_at(town.clock.now())
    person.sign_in(code_at(person.seed, step + 1))

    for earlier in (step - 1, step, step + 1):
        with pytest.raises(SignInRefused):
            person.sign_in(code_at(person.seed, earlier))


@pytest.mark.parametrize("away, holds", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_a_step(town, away, holds):
    person = town.person().enrol()
    town.wait(minutes=5)
    code = code_at(person.seed, step_at(town.clock.now()) + away)

    if holds:
        assert person.sign_in(code)
    else:
        with pytest.raises(SignInRefused):
            person.sign_in(code)


def test_the_second_factor_must_follow_in_time_and_once(town):
    person = town.person().enrol()
    town.wait(minutes=1)
    half = person.begin()
    town.do(town.authn.finish_sign_in(half, person.totp(), Factor.TOTP, person.device, PHONE))
    town.wait(seconds=30)
    again = town.authn.finish_sign_in(half, person.totp(), Factor.TOTP, person.device, PHONE)
    with pytest.raises(SignInRefused):
        town.do(again)

    late = person.begin()
    town.wait(minutes=5)
    with pytest.raises(SignInRefused):
        town.do(town.authn.finish_sign_in(late, person.totp(), Factor.TOTP, person.device, PHONE))


def test_a_recovery_code_serves_once_however_it_is_typed(town):
    person = town.person().enrol()
    code = person.recovery[3]

    entered = person.sign_in(code.lower().replace("-", " "), Factor.RECOVERY)

    assert Factor.RECOVERY is entered.session.stepped_up_by
    with pytest.raises(SignInRefused):
        person.sign_in(code, Factor.RECOVERY)
    assert ("sign_in.second", False, "recovery_code") == town.last()
    assert person.sign_in(person.recovery[4], Factor.RECOVERY)


def test_a_recovery_code_of_another_does_not_serve(town):
    person, other = town.person().enrol(), town.person().enrol()

    with pytest.raises(SignInRefused):
        person.sign_in(other.recovery[0], Factor.RECOVERY)


def test_a_passkey_alone_opens_a_session(town):
    person = town.person().enrol(passkey=True)
    town.wait(days=2)

    entered = person.sign_in_passkey()

    assert Factor.PASSKEY is entered.session.factor
    assert person.name == person.facts.login_name


def test_a_passkeys_answer_serves_once(town):
    person = town.person().enrol(passkey=True)
    ceremony = town.do(town.authn.begin_passkey())
    answer = person.authenticator.answer(ceremony)

    def finish():
        return town.do(
            town.authn.finish_passkey(
                person.kind, ceremony.challenge_id, answer, person.device, PHONE
            )
        )

    assert finish()
    with pytest.raises(SignInRefused):
        finish()
    assert ("sign_in.passkey", False, "challenge") == town.last()


def test_a_passkeys_answer_to_another_challenge_is_refused(town):
    person = town.person().enrol(passkey=True)
    first, second = (town.do(town.authn.begin_passkey()) for _ in range(2))
    answer = person.authenticator.answer(first)

    with pytest.raises(SignInRefused):
        town.do(
            town.authn.finish_passkey(
                person.kind, second.challenge_id, answer, person.device, PHONE
            )
        )


def test_a_challenge_times_out(town):
    person = town.person().enrol(passkey=True)
    ceremony = town.do(town.authn.begin_passkey())
    answer = person.authenticator.answer(ceremony)
    town.wait(minutes=5)

    with pytest.raises(SignInRefused):
        town.do(
            town.authn.finish_passkey(
                person.kind, ceremony.challenge_id, answer, person.device, PHONE
            )
        )


def test_a_counter_that_goes_back_is_refused_and_logged(town):
    person = town.person().enrol(passkey=True)
    person.sign_in_passkey()
    person.sign_in_passkey()
    person.authenticator.counter -= 2  # a copy, made before the last sign-in

    with pytest.raises(SignInRefused):
        person.sign_in_passkey()

    assert ("sign_in.passkey", False, Denial.COUNTER.value) == town.last()
    person.authenticator.counter += 1
    assert person.sign_in_passkey()  # the true one goes on


def test_a_synced_passkey_does_not_count(town):
    person = town.person()
    person.authenticator = Authenticator(counts=False, synced=True)
    person.enrol(passkey=True)

    assert person.sign_in_passkey()
    assert person.sign_in_passkey()


def test_whether_a_passkey_may_be_backed_up_never_changes(town):
    person = town.person().enrol(passkey=True)
    person.authenticator.synced = True

    with pytest.raises(SignInRefused):
        person.sign_in_passkey()
    assert ("sign_in.passkey", False, "passkey") == town.last()


@pytest.mark.parametrize(
    "trait", [{"verified": False}, {"origin": "https://wallet.example.evil.test"}]
)
def test_the_user_is_verified_on_a_page_of_ours(town, trait):
    person = town.person().enrol(passkey=True)
    for name, value in trait.items():
        setattr(person.authenticator, name, value)

    with pytest.raises(SignInRefused):
        person.sign_in_passkey()

    other = town.person()
    other.authenticator = Authenticator(**trait)
    with pytest.raises(CeremonyRefused):
        other.enrol(passkey=True)
    assert ("login.enrol", False, "passkey") == town.last()


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": 1}', "x" * 40_000, '"\\ud800"'])
def test_what_is_no_answer_at_all_is_refused(town, answer):
    ceremony = town.do(town.authn.begin_passkey())

    with pytest.raises(CeremonyRefused):
        town.do(
            town.authn.finish_passkey(
                OwnerKind.PERSON, ceremony.challenge_id, answer, ShownDevice(), PHONE
            )
        )


def test_a_person_does_not_come_in_by_the_staffs_door(town):
    person = town.person().enrol(passkey=True)
    person.kind = OwnerKind.STAFF

    with pytest.raises(SignInRefused):
        person.sign_in_passkey()


def test_a_disabled_login_and_a_closed_membership_are_out_at_once(town):
    person, leaver = town.person().enrol(), town.person().enrol()
    town.run(disable_login, DisableLogin(person.login_id, "stolen"))
    town.run(end_membership, CloseMember(leaver.facts.owner_id))
    town.authn.forget()
    town.wait(minutes=1)

    for each in (person, leaver):
        with pytest.raises(SessionOver):
            _ = each.facts
        with pytest.raises(SignInRefused):
            each.sign_in()


def test_what_was_compared_with_an_older_password_does_not_count(town):
    """Between the comparison and the record the password is changed."""
    person = town.person().enrol()
    town.wait(minutes=1)
    disable = DisableLogin(person.login_id, "now")
    town.front.passwords = Watched(lambda: town.run(disable_login, disable))

    with pytest.raises(SignInRefused):
        person.begin()
    assert ("sign_in.password", False, "changed") == town.last()


def test_nobody_takes_more_than_so_many_failures_a_day(town):
    """The guesser's best: 18 tries in three days, then one a day."""
    person = town.person().enrol()
    tries = 0
    while (town.clock.now() - START).days < 10:
        try:
            person.begin("wrong horse battery")
        except TooManyFailures as error:
            tries += 1
            town.wait(seconds=error.wait_s)
        except SignInRefused:
            tries += 1
        if (town.clock.now() - START).days < 3:
            in_three_days = tries

    assert 18 >= in_three_days
    assert 26 >= tries

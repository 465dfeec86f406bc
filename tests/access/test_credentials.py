"""Enrolment, and what one signs in with: added, changed, removed; never the last."""

import pytest

from support.access_town import PHONE
from support.authenticator import Authenticator
from venule.access import (
    CeremonyRefused,
    CodeRefused,
    CredentialTaken,
    DisableLogin,
    Factor,
    FallbackMissing,
    LastCredential,
    LoginNameMalformed,
    LoginNameTaken,
    LoginState,
    LoginThere,
    LoginTransitionIllegal,
    LoginUnknown,
    NameMalformed,
    NamePasskey,
    OpenLogin,
    Origin,
    OwnerGone,
    OwnerKind,
    OwnerQuery,
    PasskeyUnknown,
    PasswordUnfit,
    ResetLogin,
    SessionOver,
    SignInRefused,
    StepUpNeeded,
    TooManyPasskeys,
    disable_login,
    login,
    login_of,
    name_passkey,
    open_login,
    passkeys,
    reset_login,
)
from venule.access.model import PASSKEYS_MAX
from venule.members import CloseMember, MemberUnknown, end_membership

NEW = "seven green bottles"


def test_a_member_has_one_login_of_a_name_that_nobody_else_has(town):
    member, other = town.member(), town.member()
    made = town.run(open_login, OpenLogin(member.id, "138 0013 8000".replace(" ", "")))

    assert LoginState.INVITED is made.state
    assert made == town.read(login_of, OwnerQuery(OwnerKind.PERSON, member.id))
    with pytest.raises(LoginThere):
        town.run(open_login, OpenLogin(member.id, "another"))
    with pytest.raises(LoginNameTaken):
        town.run(open_login, OpenLogin(other.id, "１３８００１３８０００"))  # the same, full width
    with pytest.raises(LoginUnknown):
        town.read(login_of, OwnerQuery(OwnerKind.PERSON, other.id))


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 129, "a\n", "a\x00", "a\u200bb", "\ud800"])
def test_login_names_are_plain_text(town, name):
    with pytest.raises(LoginNameMalformed):
        town.run(open_login, OpenLogin(town.member().id, name))


def test_only_members_who_are_there_have_logins(town):
    member = town.member()
    town.run(end_membership, CloseMember(member.id))

    with pytest.raises(OwnerGone):
        town.run(open_login, OpenLogin(member.id, "gone"))
    with pytest.raises(MemberUnknown):
        town.run(open_login, OpenLogin(town.person().login_id, "nobody"))


def test_a_code_enrols_once(town):
    person = town.person().enrol()

    with pytest.raises(CodeRefused):
        town.do(town.enrolment.begin(person.code))
    assert LoginState.ACTIVE is town.read(login, person.login_id).state
    assert ("login.enrol", True, "totp") == town.last()


def test_a_code_times_out_and_a_new_one_voids_it(town):
    person = town.person()
    again = town.do(town.enrolment.issue(person.login_id, None, Origin())).code
    with pytest.raises(CodeRefused):
        town.do(town.enrolment.begin(person.code))
    person.code = again.lower()
    town.wait(hours=72)
    with pytest.raises(CodeRefused):
        person.enrol()


def test_an_enrolled_login_gets_no_code(town):
    person = town.person().enrol()

    with pytest.raises(LoginTransitionIllegal):
        town.do(town.enrolment.issue(person.login_id, None, Origin()))


def test_a_code_of_one_does_not_enrol_with_the_challenge_of_another(town):
    person, other = town.person(), town.person()
    invited = town.do(town.enrolment.begin(person.code))
    answer = person.authenticator.make(invited.passkey)

    with pytest.raises(CeremonyRefused):
        town.do(
            town.enrolment.with_passkey(
                other.code, invited.passkey.challenge_id, answer, "phone", other.device, PHONE
            )
        )


def test_a_seed_is_proven_before_it_counts(town):
    person, other = town.person(), town.person()
    invited = town.do(town.enrolment.begin(person.code))
    person.seed = town.seed_of(invited.totp.secret)
    right, offer = person.totp(), invited.totp.offer

    def enrol(who, offer, code):
        return town.do(town.enrolment.with_password(who.code, NEW, offer, code, who.device, PHONE))

    for who, shown, code in (
        (person, offer, f"{(int(right) + 1) % 1_000_000:06}"),
        (other, offer, right),
        (person, offer[:-2] + "AA", right),
        (person, "", right),
        (person, "???", right),
    ):
        with pytest.raises(CeremonyRefused):
            enrol(who, shown, code)
    town.wait(minutes=16)
    with pytest.raises(CeremonyRefused):
        enrol(person, offer, person.totp())  # offered too long ago


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "aaaaaaaaaaaa",
        "abababababab",
        "x" * 257,
        "password1234",
        "1234567890ab",
        "qwertyuiop12",
        "abcdefghijklmnop",
        "zhangsan1234",
        "ZHANGSAN-ZHANGSAN",
    ],
)
def test_passwords_that_are_easily_guessed_are_refused(town, password):
    person = town.person("zhangsan@example")
    person.password = password

    with pytest.raises(PasswordUnfit) as caught:
        person.enrol()
    assert not password or password not in caught.value.message


@pytest.mark.parametrize(
    "password",
    ["correct horse", "五个字的密码再加上一些汉字", "Tr0ub4dor&3 x", "correct\u00a0horse"],
)
def test_other_passwords_are_fine(town, password):
    person = town.person()
    person.password = password
    person.enrol()
    town.wait(minutes=1)

    assert person.sign_in()


def test_a_changed_password_ends_other_sessions(town):
    person = town.person().enrol()
    old = person.entered.token
    town.wait(minutes=1)
    person.sign_in()
    here = person.entered.token

    town.do(town.own.change_password(person.facts, NEW, PHONE))

    assert town.do(town.authn.authenticate(here))
    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(old))
    town.wait(minutes=1)
    with pytest.raises(SignInRefused):
        person.sign_in()
    person.password = NEW
    assert person.sign_in()


def test_a_half_finished_sign_in_does_not_outlive_a_change(town):
    person = town.person().enrol()
    half = person.begin()
    town.do(town.own.change_password(person.facts, NEW, PHONE))
    town.wait(seconds=30)

    with pytest.raises(SignInRefused):
        town.do(town.authn.finish_sign_in(half, person.totp(), Factor.TOTP, person.device, PHONE))


def test_changes_need_a_step_up(town):
    person = town.person().enrol()
    town.wait(minutes=6)
    facts = person.facts
    key = next(iter(town.read(passkeys, person.login_id)), None)

    for change in (
        lambda: town.own.change_password(facts, NEW, PHONE),
        lambda: town.own.begin_passkey(facts),
        lambda: town.own.remove_fallback(facts, PHONE),
        lambda: town.own.renew_recovery(facts, PHONE),
        lambda: town.own.set_fallback(facts, NEW, "", "", PHONE),
    ):
        with pytest.raises(StepUpNeeded):
            town.do(change())
    with pytest.raises(StepUpNeeded):
        town.own.offer_totp(facts)
    assert key is None


def test_who_has_lost_the_app_mends_it_with_a_recovery_code(town):
    person = town.person().enrol()
    lost = person.seed
    town.wait(minutes=10)
    person.sign_in(person.recovery[0], Factor.RECOVERY)

    offer = town.own.offer_totp(person.facts)
    person.seed = town.seed_of(offer.secret)
    done = town.own.set_fallback(person.facts, NEW, offer.offer, person.totp(), PHONE)
    person.password = NEW
    _, codes = town.do(done)

    assert 10 == len(set(codes))
    town.wait(minutes=1)
    assert person.sign_in()
    with pytest.raises(SignInRefused):
        person.sign_in(person.recovery[1], Factor.RECOVERY)
    person.seed = lost
    with pytest.raises(SignInRefused):
        person.sign_in()


def test_new_recovery_codes_void_the_old_ones(town):
    person = town.person().enrol()
    codes = town.do(town.own.renew_recovery(person.facts, PHONE))

    with pytest.raises(SignInRefused):
        person.sign_in(person.recovery[0], Factor.RECOVERY)
    assert person.sign_in(codes[0], Factor.RECOVERY)


def test_several_passkeys_are_listed_named_and_removed(town):
    person = town.person().enrol(passkey=True)
    second = Authenticator()
    first, person.authenticator = person.authenticator, second
    person.add_passkey("key ring")
    one, two = town.read(passkeys, person.login_id)
    assert ["phone", "key ring"] == [one.name, two.name]
    assert person.sign_in_passkey()

    town.run(name_passkey, NamePasskey(person.facts.session.id, two.id, "钥匙"))
    with pytest.raises(NameMalformed):
        town.run(name_passkey, NamePasskey(person.facts.session.id, two.id, ""))
    town.do(town.own.remove_passkey(person.facts, one.id, PHONE))

    assert ["钥匙"] == [each.name for each in town.read(passkeys, person.login_id)]
    person.authenticator = first
    with pytest.raises(SignInRefused):
        person.sign_in_passkey()
    person.authenticator = second
    assert person.sign_in_passkey()


def test_the_last_credential_stays(town):
    person = town.person().enrol(passkey=True)
    (only,) = town.read(passkeys, person.login_id)
    with pytest.raises(LastCredential):
        town.do(town.own.remove_passkey(person.facts, only.id, PHONE))
    with pytest.raises(FallbackMissing):
        town.do(town.own.remove_fallback(person.facts, PHONE))

    offer = town.own.offer_totp(person.facts)
    person.seed = town.seed_of(offer.secret)
    town.do(town.own.set_fallback(person.facts, NEW, offer.offer, person.totp(), PHONE))
    town.do(town.own.remove_passkey(person.facts, only.id, PHONE))
    with pytest.raises(LastCredential):
        town.do(town.own.remove_fallback(person.facts, PHONE))

    person.authenticator = Authenticator()
    person.add_passkey()
    after = town.do(town.own.remove_fallback(person.facts, PHONE))
    assert (1, None, 0) == (after.passkeys, after.fallback_at, after.recovery_codes_left)
    person.password = NEW
    with pytest.raises(SignInRefused):
        person.begin()


def test_nobody_touches_the_passkey_of_another(town):
    person, other = town.person().enrol(passkey=True), town.person().enrol(passkey=True)
    (theirs,) = town.read(passkeys, other.login_id)

    with pytest.raises(PasskeyUnknown):
        town.do(town.own.remove_passkey(person.facts, theirs.id, PHONE))
    with pytest.raises(PasskeyUnknown):
        town.run(name_passkey, NamePasskey(person.facts.session.id, theirs.id, "mine"))


def test_a_passkey_is_registered_once(town):
    person, other = town.person().enrol(passkey=True), town.person().enrol(passkey=True)
    known = next(iter(person.authenticator.keys))
    ceremony = town.do(town.own.begin_passkey(other.facts))
    assert 1 == len(ceremony.options["excludeCredentials"])

    answer = Authenticator(claims=known).make(ceremony)
    with pytest.raises(CredentialTaken):
        town.do(town.own.add_passkey(other.facts, ceremony.challenge_id, answer, "x", PHONE))
    assert person.sign_in_passkey()


def test_a_registration_is_accepted_once(town):
    person = town.person().enrol(passkey=True)
    ceremony = town.do(town.own.begin_passkey(person.facts))
    answer = Authenticator().make(ceremony)
    town.do(town.own.add_passkey(person.facts, ceremony.challenge_id, answer, "b", PHONE))

    with pytest.raises(CeremonyRefused):
        town.do(town.own.add_passkey(person.facts, ceremony.challenge_id, answer, "c", PHONE))
    assert 2 == len(town.read(passkeys, person.login_id))


def test_there_is_an_end_to_passkeys(town):
    person = town.person().enrol(passkey=True)
    for _ in range(PASSKEYS_MAX - 1):
        person.authenticator = Authenticator()
        person.add_passkey()

    with pytest.raises(TooManyPasskeys):
        person.add_passkey()


def test_a_reset_takes_everything_and_a_new_code_brings_it_back(town):
    person = town.person().enrol()
    old = person.entered.token
    after = town.run(reset_login, ResetLogin(person.login_id, "lost the phone"))
    town.authn.forget()

    assert (LoginState.INVITED, 0, None) == (after.state, after.passkeys, after.fallback_at)
    with pytest.raises(SessionOver):
        town.do(town.authn.authenticate(old))
    with pytest.raises(SignInRefused):
        person.begin()
    person.code = town.do(town.enrolment.issue(person.login_id, None, Origin())).code
    assert person.enrol(passkey=True)


def test_a_disabled_login_comes_back_by_reset_alone(town):
    person = town.person()
    town.run(disable_login, DisableLogin(person.login_id, "wrong person"))
    with pytest.raises(CodeRefused):
        person.enrol()
    with pytest.raises(LoginTransitionIllegal):
        town.run(disable_login, DisableLogin(person.login_id, "again"))

    town.run(reset_login, ResetLogin(person.login_id, "right person"))
    person.code = town.do(town.enrolment.issue(person.login_id, None, Origin())).code
    assert person.enrol()

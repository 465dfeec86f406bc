"""What takes two: proposed by one, approved by another, exactly as shown, and done once."""

import json
from contextlib import contextmanager
from hashlib import sha256
from uuid import uuid4

import msgspec
import pytest

from support.access_town import PHONE, Person, Town
from support.authenticator import unb64
from support.both_homes import spoil
from venule.access import (
    AddStaff,
    Approve,
    CeremonyRefused,
    ChangeRoles,
    CheckerIsMaker,
    CheckerNotIndependent,
    KindNotSensitive,
    NameMalformed,
    PermissionMissing,
    ProposalDecided,
    ProposalDiffers,
    ProposalExpired,
    ProposalMalformed,
    ProposalQuery,
    ProposalState,
    ProposalUnknown,
    Role,
    RolesMalformed,
    SessionOver,
    StepUpNeeded,
    proposal,
    proposals,
)
from venule.access.approvals import Sensitive
from venule.kit.tx import Call
from venule.members import MemberUnknown, Tier, member

KIND = "members.change_tier"


def body(member_id, tier=Tier.I):
    return json.dumps({"tier": int(tier), "member_id": str(member_id)}).encode()


@pytest.fixture
def desk(town):
    """A maker, a checker, and a member whose tier is to be changed."""
    _, _, maker, checker = town.staff([Role.SUPPORT], [Role.RISK])
    return maker, checker, town.member()


def propose(town, desk, reason="papers seen"):
    maker, _, person = desk
    return town.do(town.approving.propose(maker.facts, KIND, body(person.id), reason, PHONE))


def approve(town, who, made, digest=None):
    digest = made.digest if digest is None else digest
    return town.do(town.approving.approve(who.facts, made.id, digest, PHONE))


@contextmanager
def nothing_changes(town):
    """But for the log and what was begun."""
    before = town.dump()
    yield
    after = town.dump()
    for aside in ("access_event", "access_challenge", "access_session", "access_login"):
        before.pop(aside), after.pop(aside)
    assert before == after


def test_a_proposal_holds_the_command_in_one_form(town, desk):
    made = propose(town, desk)

    expected = f'{{"member_id":"{desk[2].id}","tier":1}}'.encode()
    assert expected == made.body
    assert sha256(KIND.encode() + b"\0" + expected).digest() == made.digest
    assert made == town.read(proposal, made.id)
    assert ("proposal.propose", True, KIND) == town.last()
    assert Tier.III is town.read(member, desk[2].id).tier


def test_a_second_person_approves_and_it_is_done(town, desk):
    made = propose(town, desk)

    done = approve(town, desk[1], made)

    assert (ProposalState.EXECUTED, 1, None) == (done.state, done.attempts, done.error)
    assert desk[1].facts.owner_id == done.checker_id
    assert "I" == Tier(json.loads(done.answer)["tier"]).name
    assert Tier.I is town.read(member, desk[2].id).tier
    assert ("proposal.approve", True, KIND) == town.last()


def test_it_is_done_once(town, desk):
    made = propose(town, desk)
    approve(town, desk[1], made)

    with nothing_changes(town), pytest.raises(ProposalDecided):
        approve(town, desk[1], made)


def test_two_checkers_at_once_do_it_once(town):
    *_, maker, one, two = town.staff([Role.SUPPORT], [Role.RISK], [Role.RISK])
    made = propose(town, (maker, one, town.member()))
    asked = [Approve(each.facts.session.id, made.id, made.digest) for each in (one, two)]
    outcomes = town.home.run_many([Call(town.sensitive.approve, each) for each in asked])

    assert [None, ProposalDecided] == [
        None if each.error is None else type(each.error) for each in outcomes
    ]
    tiers = [e for e in town.dump()["event"] if "members.tier_changed" in e]
    assert 1 == len(tiers)


def test_nobody_decides_on_what_they_proposed(town):
    first, second = town.staff()[:2]
    wanted = json.dumps({"display_name": "New", "login_name": "new", "roles": ["support"]}).encode()
    made = town.do(town.approving.propose(first.facts, "access.add_staff", wanted, "grows", PHONE))

    with nothing_changes(town), pytest.raises(CheckerIsMaker):
        approve(town, first, made)
    with nothing_changes(town), pytest.raises(CheckerIsMaker):
        town.do(town.approving.reject(first.facts, made.id, made.digest, "no", PHONE))
    assert approve(town, second, made)


def test_neither_may_have_enrolled_the_other(town):
    first, second = town.staff()[:2]
    wanted = json.dumps(
        {"display_name": "New", "login_name": "new", "roles": ["operator"]}
    ).encode()
    made = town.do(town.approving.propose(first.facts, "access.add_staff", wanted, "grows", PHONE))
    approve(town, second, made)
    added = town.everybody()[-1]
    by = first.facts.owner_id
    issued = town.do(town.enrolment.issue(added.login.id, by, PHONE))
    third = Person(town, added.login.id, "new", added.login.kind, issued.code).enrol()
    wanted = wanted.replace(b"new", b"newer")

    by_first, by_third = (
        town.do(town.approving.propose(each.facts, "access.add_staff", wanted, "more", PHONE))
        for each in (first, third)
    )
    with nothing_changes(town), pytest.raises(CheckerNotIndependent):
        approve(town, third, by_first)
    with nothing_changes(town), pytest.raises(CheckerNotIndependent):
        approve(town, first, by_third)
    assert approve(town, second, by_third)


def test_who_may_not_check_may_not(town, desk):
    made = propose(town, desk)
    other = town.person().enrol()
    maker = desk[0]

    with nothing_changes(town), pytest.raises(PermissionMissing):
        approve(town, other, made)
    with nothing_changes(town), pytest.raises(PermissionMissing):
        town.do(
            town.approving.propose(
                maker.facts, "members.freeze", b'{"member_id":"x","reason":"x"}', "x", PHONE
            )
        )


def test_what_was_shown_is_what_is_approved(town, desk):
    made, other = propose(town, desk), propose(town, desk, "another")
    for digest in (bytes(32), sha256(other.body).digest(), b""):
        with nothing_changes(town), pytest.raises(ProposalDiffers):
            approve(town, desk[1], made, digest)


def test_a_body_altered_in_the_table_is_not_carried_out(town, desk):
    made = propose(town, desk)

    def write(raw):
        text = f"UPDATE access_proposal SET body = X'{raw.hex()}'"
        assert 1 == town.home.run(lambda tx, _: spoil(tx.sql, text), None)

    altered = made.body.replace(b'"tier":1', b'"tier":2')
    write(altered)

    assert any("digest of a proposal" in each for each in town.breaks())
    for digest in (made.digest, sha256(KIND.encode() + b"\0" + altered).digest()):
        with nothing_changes(town), pytest.raises(ProposalDiffers):
            approve(town, desk[1], made, digest)
    write(made.body)
    assert approve(town, desk[1], made)


def test_a_proposal_is_over_after_a_day(town, desk):
    made = propose(town, desk)
    town.wait(hours=24)
    desk[1].sign_in()

    with nothing_changes(town), pytest.raises(ProposalExpired):
        approve(town, desk[1], made)
    assert 1 == town.jobs.run_due()
    assert ProposalState.EXPIRED is town.read(proposal, made.id).state
    with nothing_changes(town), pytest.raises(ProposalDecided):
        approve(town, desk[1], made)


def test_a_decided_proposal_does_not_expire(town, desk):
    made = propose(town, desk)
    approve(town, desk[1], made)
    town.wait(hours=24)

    assert 1 == town.jobs.run_due()
    assert ProposalState.EXECUTED is town.read(proposal, made.id).state


def test_rejecting_says_why_and_is_final(town, desk):
    made = propose(town, desk)
    with pytest.raises(NameMalformed):
        town.do(town.approving.reject(desk[1].facts, made.id, made.digest, "", PHONE))
    done = town.do(town.approving.reject(desk[1].facts, made.id, made.digest, "no papers", PHONE))

    assert (ProposalState.REJECTED, "no papers") == (done.state, done.note)
    with nothing_changes(town), pytest.raises(ProposalDecided):
        approve(town, desk[1], made)
    assert Tier.III is town.read(member, desk[2].id).tier


def test_its_maker_alone_withdraws_it(town, desk):
    made = propose(town, desk)
    with nothing_changes(town), pytest.raises(PermissionMissing):
        town.do(town.approving.withdraw(desk[1].facts, made.id, PHONE))

    done = town.do(town.approving.withdraw(desk[0].facts, made.id, PHONE))

    assert ProposalState.WITHDRAWN is done.state
    with nothing_changes(town), pytest.raises(ProposalDecided):
        approve(town, desk[1], made)


def test_what_the_command_refuses_is_kept_and_may_be_tried_again(town, desk):
    maker, checker, _ = desk
    nobody = uuid4()
    made = town.do(town.approving.propose(maker.facts, KIND, body(nobody), "x", PHONE))

    with pytest.raises(MemberUnknown):
        approve(town, checker, made)
    kept = town.read(proposal, made.id)
    assert (ProposalState.PROPOSED, 1, None) == (kept.state, kept.attempts, kept.checker_id)
    assert kept.error.startswith("member-unknown: ")
    assert ("proposal.approve", False, "command") == town.last()

    with pytest.raises(MemberUnknown):
        approve(town, checker, made)
    assert 2 == town.read(proposal, made.id).attempts


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{}",
        b"[]",
        b'{"member_id":"x","tier":1}',
        b'{"member_id":"0196b6ad-0000-7000-8000-000000000000","tier":"1"}',
        b'{"member_id":"0196b6ad-0000-7000-8000-000000000000","tier":9}',
        b"\xff\xfe",
        b'{"tier":1,' + b" " * 70_000 + b'"member_id":"0196b6ad-0000-7000-8000-000000000000"}',
    ],
)
def test_what_the_command_does_not_take_is_not_proposed(town, desk, wrong):
    with nothing_changes(town), pytest.raises(ProposalMalformed):
        town.do(town.approving.propose(desk[0].facts, KIND, wrong, "x", PHONE))


def test_only_what_takes_two_is_proposed(town, desk):
    for kind in ("wallet.pay", "", "members.onboard"):
        with nothing_changes(town), pytest.raises(KindNotSensitive):
            town.do(town.approving.propose(desk[0].facts, kind, b"{}", "x", PHONE))
    with nothing_changes(town), pytest.raises(NameMalformed):
        propose(town, desk, "")
    with pytest.raises(ProposalUnknown):
        town.read(proposal, desk[2].id)
    with pytest.raises(TypeError):
        Sensitive((lambda tx: None,))


def test_proposing_and_approving_need_a_step_up(town, desk):
    checker = desk[1]
    made = propose(town, desk)
    town.wait(minutes=6)
    with nothing_changes(town), pytest.raises(StepUpNeeded):
        propose(town, desk)
    with nothing_changes(town), pytest.raises(StepUpNeeded):
        approve(town, checker, made)

    checker.step_up()
    assert approve(town, checker, made)


def test_a_passkeys_step_up_does_not_approve_what_it_did_not_sign(town, desk):
    made = propose(town, desk)
    checker = desk[1]
    checker.add_passkey()
    town.wait(minutes=6)
    checker.step_up_passkey()

    with nothing_changes(town), pytest.raises(StepUpNeeded):
        approve(town, checker, made)


def test_a_passkey_signs_the_digest_of_what_is_approved(town, desk):
    made = propose(town, desk)
    checker = desk[1]
    checker.add_passkey()
    town.wait(minutes=6)
    ceremony = town.do(town.approving.begin(checker.facts, made.id, made.digest))
    assert unb64(ceremony.options["challenge"]).endswith(made.digest)
    answer = checker.authenticator.answer(ceremony)

    done = town.do(
        town.approving.approve_with_passkey(
            checker.facts, made.id, made.digest, ceremony.challenge_id, answer, PHONE
        )
    )

    assert ProposalState.EXECUTED is done.state


def test_a_signature_under_one_proposal_does_not_approve_another(town, desk):
    made, other = propose(town, desk), propose(town, desk, "another reason")
    checker = desk[1]
    checker.add_passkey()
    wanted = town.do(
        town.approving.propose(desk[0].facts, KIND, body(desk[2].id, Tier.II), "x", PHONE)
    )
    ceremony = town.do(town.approving.begin(checker.facts, made.id, made.digest))
    answer = checker.authenticator.answer(ceremony)

    with nothing_changes(town), pytest.raises(CeremonyRefused):
        town.do(
            town.approving.approve_with_passkey(
                checker.facts, wanted.id, wanted.digest, ceremony.challenge_id, answer, PHONE
            )
        )
    assert ("proposal.approve", False, "passkey") == town.last()
    assert other.digest == made.digest  # the same command, proposed twice


def test_an_approvals_answer_serves_once(town, desk):
    checker = desk[1]
    checker.add_passkey()
    nobody = town.do(town.approving.propose(desk[0].facts, KIND, body(uuid4()), "x", PHONE))
    ceremony = town.do(town.approving.begin(checker.facts, nobody.id, nobody.digest))
    answer = checker.authenticator.answer(ceremony)

    def again():
        return town.do(
            town.approving.approve_with_passkey(
                checker.facts, nobody.id, nobody.digest, ceremony.challenge_id, answer, PHONE
            )
        )

    with pytest.raises(MemberUnknown):
        again()
    with pytest.raises(CeremonyRefused):
        again()


def test_what_is_shown_is_checked_before_the_ceremony(town, desk):
    made = propose(town, desk)

    with pytest.raises(ProposalDiffers):
        town.do(town.approving.begin(desk[1].facts, made.id, bytes(32)))
    with pytest.raises(ProposalUnknown):
        town.do(town.approving.begin(desk[1].facts, desk[2].id, made.digest))


def test_other_roles_end_the_sessions_of_who_gets_them(town):
    first, second, other = town.staff([Role.RISK])
    wanted = ChangeRoles(other.facts.owner_id, [Role.AUDITOR])
    raw = town.sensitive.canonical("access.change_roles", _json(wanted))
    made = town.do(
        town.approving.propose(first.facts, "access.change_roles", raw, "rotates", PHONE)
    )
    approve(town, second, made)

    with pytest.raises(SessionOver):
        _ = other.facts
    town.wait(minutes=1)
    other.sign_in()
    assert [Role.AUDITOR] == other.facts.roles
    assert "members.freeze" not in other.facts.permissions


def test_staff_with_malformed_roles_are_not_added(town):
    first, second = town.staff()[:2]
    raw = _json(AddStaff("New", "new", [Role.AUDITOR, Role.OPERATOR]))
    made = town.do(town.approving.propose(first.facts, "access.add_staff", raw, "x", PHONE))

    with pytest.raises(RolesMalformed):
        approve(town, second, made)
    assert 2 == len(town.everybody())


def test_pages_of_proposals(town, desk):
    made = [propose(town, desk, f"{i}").id for i in range(5)]
    town.do(town.approving.withdraw(desk[0].facts, made[2], PHONE))

    def page(**how):
        return [each.id for each in town.read(proposals, ProposalQuery(**how))]

    assert made[::-1] == page()
    assert made[:1:-1] == page(limit=3)
    assert made[1::-1] == page(before=made[2])
    assert [made[2]] == page(state=ProposalState.WITHDRAWN)


def test_a_command_that_breaks_leaves_nothing(town, desk, places):
    """Between the command's rows and the proposal's the process dies: neither is there."""
    made = propose(town, desk)
    checker = desk[1].facts

    class Dies(Exception):
        pass

    def dies(statement):
        if statement.startswith("UPDATE access_proposal"):
            raise Dies

    town.home.sql.watch(dies)
    with pytest.raises(Dies):
        town.do(town.approving.approve(checker, made.id, made.digest, PHONE))
    town.home.sql.watch(lambda _: None)

    assert Tier.III is town.read(member, desk[2].id).tier
    assert ProposalState.PROPOSED is town.read(proposal, made.id).state
    copied = places.copy(town.place, "killed")
    town.do(town.approving.approve(checker, made.id, made.digest, PHONE))
    assert Tier.I is town.read(member, desk[2].id).tier
    with Town(copied) as other:
        assert Tier.III is other.read(member, desk[2].id).tier
        assert ProposalState.PROPOSED is other.read(proposal, made.id).state


def _json(command):
    return msgspec.json.encode(command)

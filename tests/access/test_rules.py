"""Roles, pauses, names, addresses: decisions without a home."""

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.access import (
    CHECK,
    LOGIN,
    PERMISSIONS,
    PROPOSAL,
    READ_ONLY,
    READ_PERMISSIONS,
    Assertion,
    Denial,
    Factor,
    LoginEvent,
    LoginState,
    LoginTransitionIllegal,
    OwnerKind,
    Passkey,
    PermissionMissing,
    ProposalDecided,
    ProposalEvent,
    ProposalState,
    Purpose,
    Role,
    RolesMalformed,
    StaffTooFew,
    permissions_of,
    rules,
)
from venule.access.model import Failures
from venule.access.states import PROPOSAL_FINAL, advance_login, advance_proposal
from venule.cli.docs import import_everything
from venule.kit.http import CallerKind
from venule.procedures import COMMANDS, SENSITIVE

NOW = datetime(2017, 3, 10, tzinfo=UTC)
EVERY = sorted(frozenset().union(*PERMISSIONS.values()))

MATRIX = """
    access.add_staff                  O . . . . .
    access.add_staff:check            O . . . . .
    access.change_roles               O . . . . .
    access.change_roles:check         O . . . . .
    access.disable_login              O . . R . .
    access.issue_code                 O . S . . .
    access.read                       O F . R A .
    access.read_log                   . . . R A .
    access.reset_login                O . S . . .
    access.reset_login:check          O . . R . .
    audit.read                        . . . . A G
    bank.reconcile                    . F . . . .
    bank_accounts.write               O . S . . .
    cases.read                        O F . R A G
    cases.write                       . F . . . .
    escrow.close_member               O . . . . .
    escrow.close_member:check         . . . R . .
    escrow.operate                    O . . . . .
    escrow.read                       O F S R A G
    escrow.rule                       . . . R . .
    escrow.unfreeze_funds             . . S R . .
    escrow.unfreeze_funds:check       . . . R . .
    fund.freeze_shares                . . . R . .
    fund.import_opening_balances      O . . . . .
    fund.import_opening_balances:check  . F . . . .
    fund.launch_fund                  O . . . . .
    fund.launch_fund:check            . F . . . .
    fund.operate                      O . . . . .
    fund.read                         O F S R A G
    fund.reverse_fast                 O . . . . .
    fund.reverse_fast:check           . F . . . .
    fund.unfreeze_shares              . . S R . .
    fund.unfreeze_shares:check        . . . R . .
    house.read                        O F . R A G
    jobs.read                         O F . R A .
    jobs.write                        O . . . . .
    ledger.read                       O F . R A G
    limits.read                       O F S R A G
    members.change_tier               O . S R . .
    members.change_tier:check         . . . R . .
    members.freeze                    . . . R . .
    members.read                      O F S R A .
    members.set_tier_limit            . . . R . .
    members.set_tier_limit:check      . . . R . .
    members.verify                    O . . . . .
    members.write                     O . S . . .
    partners.add_key                  O . . . . .
    partners.add_key:check            O . . R . .
    partners.admit                    O . . . . .
    partners.admit:check              O . . R . .
    partners.bind_owner               O . . . . .
    partners.bind_owner:check         O . . R . .
    partners.change_scopes            O . . . . .
    partners.change_scopes:check      O . . R . .
    partners.operate                  O . . R . .
    partners.read                     O F . R A .
    partners.resume                   O . . . . .
    partners.resume:check             O . . R . .
    payments.read                     O F S R A .
    proposals.read                    O F S R A .
    wallet.confirm_top_ups            . F . . . .
    wallet.confirm_top_ups:check      O F . . . .
    wallet.cover_case                 . F . . . .
    wallet.cover_case:check           O F . . . .
    wallet.credit_case                . F . . . .
    wallet.credit_case:check          O F . . . .
    wallet.credit_top_ups             . F . . . .
    wallet.credit_top_ups:check       O F . . . .
    wallet.pay_in_capital             . F . . . .
    wallet.pay_in_capital:check       O F . . . .
    wallet.pay_out_many               . F . . . .
    wallet.pay_out_many:check         O F . . . .
    wallet.read                       O F S R A .
    wallet.record_reserve_entry       . F . . . .
    wallet.record_reserve_entry:check O F . . . .
    wallet.sweep_fees                 . F . . . .
    wallet.sweep_fees:check           O F . . . .
"""
"""Every permission, and whether each role has it, in the order of the roles."""


@pytest.mark.parametrize("role", Role)
def test_each_role_has_just_its_permissions(role):
    rows = [line.split() for line in MATRIX.strip().splitlines()]
    column = 1 + list(Role).index(role)

    for name, *_ in rows:
        allowed = next(row for row in rows if row[0] == name)[column] != "."
        assert allowed == (name in permissions_of([role])), name
    assert EVERY == sorted(row[0] for row in rows)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", EVERY)
def test_a_permission_is_refused_to_who_lacks_it(role, permission):
    held = permissions_of([role])
    if permission in held:
        rules.check_permission(held, permission)
    else:
        with pytest.raises(PermissionMissing):
            rules.check_permission(held, permission)


def test_who_only_looks_changes_nothing():
    assert {Role.AUDITOR, Role.REGULATOR_READER} == READ_ONLY
    for role in READ_ONLY:
        assert PERMISSIONS[role] <= READ_PERMISSIONS


def test_what_takes_two_can_be_proposed_and_checked_and_not_called():
    for kind in SENSITIVE.kinds():
        assert kind in EVERY, kind
        assert kind + CHECK in EVERY, kind
    checks = {name.removesuffix(CHECK) for name in EVERY if name.endswith(CHECK)}
    assert checks <= set(EVERY)
    own = {"access.add_staff", "access.change_roles", "access.reset_login"}
    assert not own & {f"{fn.__module__.split('.')[1]}.{fn.__name__}" for fn in COMMANDS}


def test_whatever_the_staff_may_ask_of_any_room_is_some_roles():
    routes = [
        route
        for module in import_everything()
        for route in getattr(module, "ROUTES", ())
        if CallerKind.STAFF in route.who
    ]
    assert len(routes) > 20
    for route in routes:
        assert not route.needs or route.needs in EVERY, (route.path, route.needs)
        if route.method != "GET":
            assert route.needs, route.path
            assert not any(route.needs in PERMISSIONS[role] for role in READ_ONLY), route.path


@pytest.mark.parametrize(
    "roles, fine",
    [
        ([Role.OPERATOR], True),
        ([Role.OPERATOR, Role.FINANCE], True),
        ([Role.AUDITOR], True),
        ([], False),
        ([Role.RISK, Role.RISK], False),
        ([Role.AUDITOR, Role.OPERATOR], False),
        ([Role.AUDITOR, Role.REGULATOR_READER], False),
    ],
)
def test_who_looks_into_others_work_has_none_of_their_own(roles, fine):
    if fine:
        rules.check_roles(roles)
    else:
        with pytest.raises(RolesMalformed):
            rules.check_roles(roles)


def test_the_first_of_the_staff_can_add_others():
    rules.check_first([[Role.OPERATOR], [Role.AUDITOR], [Role.OPERATOR, Role.RISK]])
    for few in ([], [[Role.OPERATOR]], [[Role.OPERATOR], [Role.RISK]]):
        with pytest.raises(StaffTooFew):
            rules.check_first(few)


def test_the_tables_of_states_are_whole():
    for table, states, events, advance, illegal in (
        (LOGIN, LoginState, LoginEvent, advance_login, LoginTransitionIllegal),
        (PROPOSAL, ProposalState, ProposalEvent, advance_proposal, ProposalDecided),
    ):
        for state in states:
            for event in events:
                if (state, event) in table:
                    assert table[state, event] is advance(state, event)
                else:
                    with pytest.raises(illegal):
                        advance(state, event)
        assert set(states) == {state for state, _ in table} | set(table.values())
    assert not {state for state, _ in PROPOSAL} & PROPOSAL_FINAL


def test_the_lists_of_the_tables_are_those_of_the_code():
    text = (files("venule.access") / "migrations" / "0001_access.sql").read_text()
    for column, values in (
        ("role", Role),
        ("kind", OwnerKind),
        ("factor", Factor),
        ("stepped_up_by", Factor),
        ("purpose", Purpose),
    ):
        for found in re.findall(rf"\b{column} IN \(([^)]*)\)", text):
            assert {each.value for each in values} == set(re.findall(r"'(\w+)'", found)), column
    first, second = re.findall(r"\bstate IN \(([^)]*)\)", text)
    assert {each.value for each in LoginState} == set(re.findall(r"'(\w+)'", first))
    assert {each.value for each in ProposalState} == set(re.findall(r"'(\w+)'", second))


@given(st.integers(0, 200), st.integers(0, 10**6))
def test_pauses_never_shrink_with_failures(failures, later_s):
    pauses = []
    kept = None
    for _ in range(failures + 1):
        kept = rules.after_failure(kept, NOW)
        pauses.append(rules.wait_s(kept, NOW))

    assert all(a <= b for a, b in pairwise(pauses))
    assert pauses[-1] <= rules.LOCK_S_MAX
    assert kept.count == failures + 1
    later = NOW + timedelta(seconds=later_s)
    assert rules.wait_s(kept, later) == max(pauses[-1] - later_s, 0)


def test_failures_are_forgotten_after_a_week():
    old = Failures(30, NOW, NOW)

    assert 31 == rules.after_failure(old, NOW + timedelta(days=7, microseconds=-1)).count
    assert 1 == rules.after_failure(old, NOW + timedelta(days=7)).count


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_a_counter_only_grows(kept, seen, may_then, may_now):
    passkey = Passkey(uuid4(), uuid4(), b"", b"", kept, may_then, False, "x", NOW, None)
    denial = rules.assertion_denial(passkey, Assertion(uuid4(), passkey.id, seen, may_now))

    grows = seen > kept or seen == kept == 0
    assert (denial is Denial.COUNTER) == (not grows)
    assert (denial is None) == (grows and may_then == may_now)


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001::/48"),
        ("", ""),
        ("localhost", ""),
        ("203.0.113.77, 10.0.0.1", ""),
        ("<script>", ""),
    ],
)
def test_of_an_address_the_network_is_kept(address, network):
    assert network == rules.network(address)


@given(st.text(max_size=200))
def test_an_agent_is_short_and_printable(text):
    kept = rules.agent(text)

    assert len(kept) <= 80
    assert kept.isprintable()


@given(st.text(max_size=140))
def test_a_login_name_is_stable(text):
    try:
        name = rules.login_name(text)
    except rules.LoginNameMalformed:
        return
    assert name == rules.login_name(name) == rules.login_name(name.upper()) or "ı" in name

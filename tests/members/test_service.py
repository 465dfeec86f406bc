"""Opening, freezing and closing members; their bank accounts and tiers."""

from datetime import date, time
from uuid import UUID

import numpy as np
import pytest

from support.both_homes import RULE_BROKEN
from support.wallet_town import open_home, yuan
from venule.kit.time import VirtualClock, china_instant
from venule.ledger import AccountFlags, UnitUnknown
from venule.members import (
    BankAccountTaken,
    BankAccountUnbound,
    BankAccountUnknown,
    BindBankAccount,
    ChangeTier,
    CloseMember,
    ExternalRefTaken,
    ExternalRefUnknown,
    Freeze,
    MemberClosed,
    MemberId,
    MemberKind,
    MemberState,
    MemberTransitionIllegal,
    MemberUnknown,
    NewMember,
    OnboardMany,
    TextMalformed,
    Tier,
    TierNotForKind,
    TooManyMembers,
    UnbindBankAccount,
    Unfreeze,
    WalletNotEmpty,
    bind_bank_account,
    bound_bank_account,
    change_tier,
    end_membership,
    freeze,
    member,
    member_by_ref,
    onboard,
    onboard_many,
    parties,
    party,
    unbind_bank_account,
    unfreeze,
    wallet_account,
    wallet_accounts,
)
from venule.wallet import TransferMoney, transfer


def test_opening_a_member_opens_their_wallet(town):
    new = NewMember("alice", MemberKind.PERSON, Tier.II, "Alice")

    alice = town.run(onboard, new)
    account = town.read(lambda tx: tx.account(alice.account))

    assert alice == town.read(member, alice.id) == town.read(member_by_ref, "alice")
    assert (MemberState.ACTIVE, Tier.II, "Alice") == (alice.state, alice.tier, alice.display_name)
    assert alice.opened_at == town.clock.now()
    assert (156, 2010, alice.id.bytes) == (account.unit, account.code, account.ref)
    assert AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS == account.flags
    assert alice.account == town.read(wallet_account, alice.id)


def test_merchants_and_institutions_have_wallets_of_their_own_code_and_no_tier(town):
    for kind in (MemberKind.MERCHANT, MemberKind.INSTITUTION):
        opened = town.run(onboard, NewMember(kind.value, kind, Tier.NONE))
        assert 2020 == town.read(lambda tx, a=opened.account: tx.account(a).code)


@pytest.mark.parametrize(
    "kind, tier",
    [
        (MemberKind.PERSON, Tier.NONE),
        (MemberKind.MERCHANT, Tier.I),
        (MemberKind.INSTITUTION, Tier.III),
    ],
)
def test_tiers_are_for_persons(town, kind, tier):
    with pytest.raises(TierNotForKind):
        town.run(onboard, NewMember("x", kind, tier))


@pytest.mark.parametrize("ref", ["", " ", "x" * 65, "a\nb", " a", "a ", "\x00"])
def test_references_are_plain_text(town, ref):
    before = town.snapshot()

    with pytest.raises(TextMalformed):
        town.run(onboard, NewMember(ref))
    with pytest.raises(TextMalformed):
        town.run(onboard, NewMember("good", display_name=ref))

    assert before == town.snapshot()


def test_the_longest_reference_and_name(town):
    opened = town.run(onboard, NewMember("r" * 64, display_name="张" * 64))

    assert opened == town.read(member_by_ref, "r" * 64)


def test_a_reference_is_one_members(town):
    town.run(onboard, NewMember("alice"))
    before = town.snapshot()

    with pytest.raises(ExternalRefTaken):
        town.run(onboard, NewMember("alice"))
    with pytest.raises(ExternalRefTaken):
        town.run(onboard_many, OnboardMany([NewMember("bob"), NewMember("alice")]))
    with pytest.raises(ExternalRefTaken):
        town.run(onboard_many, OnboardMany([NewMember("bob"), NewMember("bob")]))

    assert before == town.snapshot()


def test_many_are_opened_in_the_order_asked_for(town):
    new = [
        NewMember(f"m{i}", MemberKind.MERCHANT, Tier.NONE) if i % 3 == 0 else NewMember(f"p{i}")
        for i in range(1_200)
    ]

    opened = town.run(onboard_many, OnboardMany(new), key="open them")
    again = town.run(onboard_many, OnboardMany(new), key="open them")

    assert opened == again
    assert sorted(opened.ids) == opened.ids
    assert dict(zip(opened.ids, opened.accounts, strict=True)) == town.read(
        wallet_accounts, opened.ids
    )
    view = town.read(lambda tx: np.array(tx.accounts_view()))
    assert [2020 if i % 3 == 0 else 2010 for i in range(1_200)] == [
        int(view[a]["code"]) for a in opened.accounts
    ]
    assert [i.bytes for i in opened.ids] == [view[a]["ref"].tobytes() for a in opened.accounts]
    assert [] == town.breaks()


def test_no_more_than_the_bound_in_one_command(town, monkeypatch):
    monkeypatch.setattr("venule.members.service.ONBOARD_MEMBERS_MAX", 2)

    with pytest.raises(TooManyMembers):
        town.run(onboard_many, OnboardMany([NewMember(str(i)) for i in range(3)]))


def test_nothing_opens_before_the_house_is_set_up(places):

    clock = VirtualClock(china_instant(date(2014, 1, 1), time()))
    with open_home(places("empty"), clock) as home, pytest.raises(UnitUnknown):
        home.run(onboard, NewMember("alice"))


def test_unknown_members_are_named(town):
    alice = town.person()
    nobody = MemberId(UUID(int=7))

    for ask in (member, party, wallet_account):
        with pytest.raises(MemberUnknown) as raised:
            town.read(ask, nobody)
        assert nobody == raised.value.member_id
    with pytest.raises(MemberUnknown):
        town.read(parties, [alice.id, nobody])
    with pytest.raises(ExternalRefUnknown):
        town.read(member_by_ref, "nobody")


def test_parties_of_many_members_are_asked_for_in_pieces(town):
    opened = town.run(onboard_many, OnboardMany([NewMember(f"p{i}") for i in range(1_300)]))

    found = town.read(parties, [*opened.ids, *opened.ids])

    assert opened.accounts == [found[i].account for i in opened.ids]
    assert {} == town.read(parties, [])


def test_freeze_and_unfreeze(town):
    alice = town.person()

    assert MemberState.FROZEN is town.run(freeze, Freeze(alice.id, "court")).state
    with pytest.raises(MemberTransitionIllegal):
        town.run(freeze, Freeze(alice.id, "again"))
    with pytest.raises(MemberTransitionIllegal):
        town.run(end_membership, CloseMember(alice.id))
    assert MemberState.ACTIVE is town.run(unfreeze, Unfreeze(alice.id, "court")).state
    assert alice == town.read(member, alice.id)


def test_closing_needs_an_empty_wallet(town):
    alice, bob = town.person(money="5"), town.person()
    before = town.snapshot()
    with pytest.raises(WalletNotEmpty) as raised:
        town.run(end_membership, CloseMember(alice.id))
    assert (500, 0) == (raised.value.balance_minor, raised.value.held_minor)
    assert before == town.snapshot()

    town.run(transfer, TransferMoney(alice.id, bob.id, yuan("5")))
    closed = town.run(end_membership, CloseMember(alice.id))

    assert MemberState.CLOSED is closed.state
    assert town.read(lambda tx: tx.account(alice.account)).flags & AccountFlags.CLOSED
    with pytest.raises(MemberTransitionIllegal):
        town.run(end_membership, CloseMember(alice.id))
    with pytest.raises(MemberClosed):
        town.run(transfer, TransferMoney(bob.id, alice.id, yuan("1")))
    with pytest.raises(MemberClosed):
        town.run(change_tier, ChangeTier(alice.id, Tier.I))
    with pytest.raises(MemberClosed):
        town.bank_account(alice.id)
    assert [] == town.breaks()


def test_a_tier_can_be_changed(town):
    alice, shop = town.person(Tier.I), town.merchant()

    assert Tier.III is town.run(change_tier, ChangeTier(alice.id, Tier.III)).tier
    with pytest.raises(TierNotForKind):
        town.run(change_tier, ChangeTier(shop.id, Tier.I))


def test_a_bank_account_belongs_to_one_member_at_a_time(town):
    alice, bob = town.person(), town.person()
    theirs = town.run(bind_bank_account, BindBankAccount(alice.id, "ICBC", "6222"))
    assert theirs == town.read(bound_bank_account, alice.id, theirs.id)
    with pytest.raises(BankAccountUnknown):
        town.read(bound_bank_account, bob.id, theirs.id)
    for who in (alice, bob):
        with pytest.raises(BankAccountTaken):
            town.run(bind_bank_account, BindBankAccount(who.id, "ICBC", "6222"))

    town.run(unbind_bank_account, UnbindBankAccount(theirs.id))
    town.run(unbind_bank_account, UnbindBankAccount(theirs.id))
    with pytest.raises(BankAccountUnbound):
        town.read(bound_bank_account, alice.id, theirs.id)
    taken = town.run(bind_bank_account, BindBankAccount(bob.id, "ICBC", "6222"))

    assert bob.id == town.read(bound_bank_account, bob.id, taken.id).member_id
    with pytest.raises(RULE_BROKEN):
        town.run(lambda tx, _: tx.sql.run("UPDATE bank_account SET state = 'bound'"), None)


@pytest.mark.parametrize("bank, number", [("", "1"), ("ICBC", ""), ("x" * 33, "1")])
def test_bank_accounts_are_plain_text(town, bank, number):
    alice = town.person()
    with pytest.raises(TextMalformed):
        town.run(bind_bank_account, BindBankAccount(alice.id, bank, number))

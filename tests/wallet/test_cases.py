"""Cases: what a person can decide, and what not."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from support.wallet_town import yuan
from venule.members import CloseMember, MemberClosed
from venule.wallet import (
    BankMessage,
    BankMessages,
    BankRefReused,
    CaseId,
    CaseNotResolvable,
    CaseState,
    CaseUnknown,
    CoverCase,
    CreditCase,
    DismissCase,
    InsufficientFunds,
    MessageKind,
    OffsetCases,
    PayInCapital,
    TransitionIllegal,
    case,
    close_member,
    cover_case,
    credit_case,
    dismiss_case,
    offset_cases,
    open_cases,
    pay_in_capital,
    take_bank_messages,
)

DAY = date(2014, 3, 10)


@pytest.fixture
def odd(town):
    """Make a case of so many fen; 0: one without money. It is on the statement as well."""

    def make(fen):
        if fen:
            ref = town.rail.book("reserve", fen)
            kind = MessageKind.DEBIT_BOOKED if fen > 0 else MessageKind.PAYOUT_BOOKED
        else:
            ref, kind = "", MessageKind.DEBIT_REJECTED
        town.count += 1
        message = BankMessage(kind, "reserve", f"?{town.count}", abs(fen) or 1, ref, DAY)
        town.run(take_bank_messages, BankMessages(f"rail {town.count}", 0, [message]))
        return town.read(open_cases)[-1]

    return make


def _well(town):
    assert [] == town.breaks()
    town.go_to(DAY + timedelta(days=1))
    assert 0 == town.reconcile(DAY).gap_minor


def test_money_in_suspense_is_given_to_its_member(town, odd):
    alice, it = town.person(), odd(500)

    ended = town.run(credit_case, CreditCase(it.id, alice.id), key="k")

    assert CaseState.CREDITED is ended.state
    assert ended == town.read(case, it.id)
    assert (500, 0) == (town.fen(alice.id), town.balance(town.house.suspense))
    assert ended == town.run(credit_case, CreditCase(it.id, alice.id), key="k")
    with pytest.raises(TransitionIllegal):
        town.run(credit_case, CreditCase(it.id, alice.id))
    _well(town)


def test_two_cases_undo_each_other(town, odd):
    first, second, third = odd(-500), odd(500), odd(499)

    with pytest.raises(CaseNotResolvable, match="expected 500 fen on reserve, seen 499 fen"):
        town.run(offset_cases, OffsetCases(first.id, third.id))
    with pytest.raises(CaseNotResolvable):
        town.run(offset_cases, OffsetCases(first.id, first.id))
    ended = town.run(offset_cases, OffsetCases(first.id, second.id))

    assert CaseState.OFFSET is ended.state is town.read(case, second.id).state
    assert ([third], 499) == (town.read(open_cases), town.balance(town.house.suspense))
    _well(town)


def test_own_money_makes_good_what_is_missing(town, odd):
    it = odd(-500)
    command = CoverCase(it.id, town.rail.book("reserve", 500), DAY)
    with pytest.raises(InsufficientFunds):
        town.run(cover_case, command)
    town.run(pay_in_capital, PayInCapital(yuan("100")))

    assert CaseState.COVERED is town.run(cover_case, command).state

    house = town.house
    assert (0, 0, -9500, -500) == (
        town.balance(house.suspense),
        town.balance(house.reserve),
        town.balance(house.own_bank),
        town.balance(house.shortfalls),
    )
    with pytest.raises(BankRefReused):
        town.run(cover_case, CoverCase(odd(-500).id, command.bank_ref, DAY))
    _well(town)


def test_a_case_without_money_is_dismissed(town, odd):
    it = odd(0)

    ended = town.run(dismiss_case, DismissCase(it.id, "the bank has called"))

    assert CaseState.DISMISSED is ended.state
    assert ended.detail.endswith("the bank has called")
    assert [] == town.read(open_cases)


def test_decisions_that_cannot_be(town, odd):
    alice, gone = town.person(), town.person()
    town.run(close_member, CloseMember(gone.id))
    plus, minus, none = odd(5), odd(-5), odd(0)
    before = town.snapshot()

    for fn, command, error in [
        (credit_case, CreditCase(minus.id, alice.id), CaseNotResolvable),
        (credit_case, CreditCase(none.id, alice.id), CaseNotResolvable),
        (credit_case, CreditCase(plus.id, gone.id), MemberClosed),
        (credit_case, CreditCase(CaseId(UUID(int=1)), alice.id), CaseUnknown),
        (cover_case, CoverCase(plus.id, "x", DAY), CaseNotResolvable),
        (cover_case, CoverCase(none.id, "x", DAY), CaseNotResolvable),
        (dismiss_case, DismissCase(plus.id, "why not"), CaseNotResolvable),
        (offset_cases, OffsetCases(none.id, none.id), CaseNotResolvable),
    ]:
        with pytest.raises(error):
            town.run(fn, command)

    assert before == town.snapshot()

"""Topping up: the order, the bank's answer, its word; late, twice, too early, or wrong."""

from datetime import date
from uuid import UUID

import pytest

from support.wallet_town import Town, yuan
from venule.kit.money import Money
from venule.members import (
    BankAccountUnbound,
    BankAccountUnknown,
    CloseMember,
    Freeze,
    MemberClosed,
    MemberUnknown,
    UnbindBankAccount,
    freeze,
    unbind_bank_account,
)
from venule.wallet import (
    AMOUNT_MINOR_MAX,
    AmountNotPositive,
    AmountTooLarge,
    BankMessage,
    BankMessages,
    BankRefReused,
    CaseKind,
    ConfirmTopUps,
    CreditLine,
    CreditTopUps,
    CurrencyNotServed,
    MessageKind,
    OrdersOpen,
    RailAnswer,
    RailFaults,
    RequestTopUp,
    ReserveUnknown,
    Taken,
    TopUpId,
    TopUpLine,
    TopUpState,
    TopUpUnknown,
    TransitionIllegal,
    close_member,
    confirm_top_ups,
    credit_top_ups,
    open_cases,
    request_top_up,
    take_bank_messages,
    top_up,
    top_up_answered,
)


@pytest.fixture
def asked(town):
    """Alice has asked for 7 yuan; nobody has answered."""
    alice = town.person()
    order = RequestTopUp(alice.id, town.bank_account(alice.id), yuan("7"))
    return alice, town.run(request_top_up, order)


def _answer(town, made, *, accepted=True):
    town.run(lambda tx, a: top_up_answered(tx, made.id, a), RailAnswer(accepted, "because"))


def _confirm(town, made, ref="b1", fen=700):
    return town.run(confirm_top_ups, ConfirmTopUps([TopUpLine(made.id, ref, fen, town.today)]))


def _say(town, *messages):
    """Let the bank say something, as the next messages of its rail."""
    town.said = getattr(town, "said", 0)
    taken = town.run(take_bank_messages, BankMessages("by hand", town.said, list(messages)))
    town.said += len(messages)
    return taken


def _reject(made, fen=700):
    return BankMessage(MessageKind.DEBIT_REJECTED, "reserve", made.id.hex, fen, reason="no money")


def _state(town, made):
    return town.read(top_up, made.id).state


def _transit(town):
    house = town.house
    return -town.balance(house.top_up_in_transit), town.balance(house.top_up_uncleared)


def test_asking_moves_no_money_and_leaves_a_job(town, asked):
    alice, made = asked

    assert (TopUpState.REQUESTED, 700) == (made.state, made.amount_minor)
    assert (0, (0, 0)) == (town.fen(alice.id), _transit(town))
    assert town.clock.now() == town.jobs.next_due_at()
    assert [] == town.breaks()


def test_accepted_is_in_transit_and_confirmed_is_credited(town, asked):
    alice, made = asked
    _answer(town, made)
    assert (0, (700, 700)) == (town.fen(alice.id), _transit(town))
    assert [] == town.breaks()

    assert Taken(1, 0, 0) == _confirm(town, made)

    assert (700, (0, 0)) == (town.fen(alice.id), _transit(town))
    assert TopUpState.CREDITED is _state(town, made)
    assert -700 == town.balance(town.house.reserve)
    assert [] == town.breaks()


def test_rejected_is_reversed(town, asked):
    alice, made = asked
    _answer(town, made)

    assert Taken(1, 0, 0) == _say(town, _reject(made))

    assert (0, (0, 0), 0) == (town.fen(alice.id), _transit(town), town.balance(town.house.reserve))
    after = town.read(top_up, made.id)
    assert (TopUpState.REJECTED, "no money") == (after.state, after.reason)
    assert Taken(0, 1, 0) == _say(town, _reject(made))
    assert [] == town.breaks()


def test_not_taken_by_the_bank_is_over(town, asked):
    _, made = asked
    _answer(town, made, accepted=False)

    after = town.read(top_up, made.id)
    assert (TopUpState.REJECTED, "because", town.clock.now()) == (
        after.state,
        after.reason,
        after.ended_at,
    )


def test_a_refusal_after_the_money_has_come_is_no_answer(town, asked):
    _, made = asked
    _confirm(town, made)

    with pytest.raises(TransitionIllegal):
        _answer(town, made, accepted=False)


def test_said_twice_is_booked_once(town, asked):
    alice, made = asked
    _answer(town, made)
    _confirm(town, made)
    after = town.snapshot()

    assert Taken(0, 1, 0) == _confirm(town, made)
    _answer(town, made)

    assert after == town.snapshot()
    line = TopUpLine(made.id, "b2", 700, town.today)
    twice = town.run(confirm_top_ups, ConfirmTopUps([line, line]))
    assert Taken(0, 1, 1) == twice  # a second booking of one order is somebody's money
    assert (700, [CaseKind.BOOKED_TWICE]) == (
        town.fen(alice.id),
        [case.kind for case in town.read(open_cases)],
    )


def test_the_bank_may_be_faster_than_its_own_answer(town, asked):
    alice, made = asked

    _confirm(town, made)
    _answer(town, made)

    assert (700, (0, 0)) == (town.fen(alice.id), _transit(town))
    assert [] == town.breaks()


def test_a_rejection_may_be_faster_than_the_answer(town, asked):
    alice, made = asked

    _say(town, _reject(made))
    _answer(town, made)
    _answer(town, made, accepted=False)

    assert (0, (0, 0), TopUpState.REJECTED) == (
        town.fen(alice.id),
        _transit(town),
        _state(town, made),
    )
    assert [] == town.breaks()


@pytest.mark.parametrize("first", ["confirm", "reject"])
def test_a_bank_that_contradicts_itself_makes_a_case(town, asked, first):
    alice, made = asked
    _answer(town, made)
    if first == "confirm":
        _confirm(town, made)
        assert Taken(0, 0, 1) == _say(town, _reject(made))
        assert Taken(0, 1, 0) == _say(town, _reject(made))  # the same word, no second case
        kinds, wallet, suspense = [CaseKind.CONTRADICTION], 700, 0
    else:
        _say(town, _reject(made))
        assert Taken(0, 0, 1) == _confirm(town, made)
        assert Taken(0, 1, 0) == _confirm(town, made)
        kinds, wallet, suspense = [CaseKind.LATE_MONEY], 0, 700

    assert kinds == [case.kind for case in town.read(open_cases)]
    assert (wallet, suspense) == (town.fen(alice.id), town.balance(town.house.suspense))
    assert made.id == town.read(open_cases)[0].subject
    assert [] == town.breaks()


@pytest.mark.parametrize("fen", [699, 701])
def test_another_amount_goes_to_suspense(town, asked, fen):
    alice, made = asked
    _answer(town, made)

    assert Taken(0, 0, 1) == _confirm(town, made, fen=fen)

    assert (0, fen, (700, 700)) == (
        town.fen(alice.id),
        town.balance(town.house.suspense),
        _transit(town),
    )
    assert [CaseKind.AMOUNT_DIFFERS] == [case.kind for case in town.read(open_cases)]
    assert [] == town.breaks()


def test_money_for_nobody_goes_to_suspense(town):
    unknown = TopUpLine(TopUpId(UUID(int=5)), "b9", 100, town.today)

    assert Taken(0, 1, 1) == town.run(confirm_top_ups, ConfirmTopUps([unknown, unknown]))

    case = town.read(open_cases)[0]
    assert (CaseKind.UNMATCHED_CREDIT, 100, None) == (case.kind, case.amount_minor, case.subject)
    assert 100 == town.balance(town.house.suspense) == -town.balance(town.house.reserve)
    assert [] == town.breaks()


@pytest.mark.parametrize(
    "message",
    [
        BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "", 1, "", None),
        BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "", 1, "ref", None),
        BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "", 1, "", date(2014, 3, 10)),
        BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "", 1, "b" * 65, date(2014, 3, 10)),
        BankMessage(MessageKind.DEBIT_REJECTED, "reserve", "x" * 65, 1),
        BankMessage(MessageKind.DEBIT_REJECTED, "reserve", "", 0),
        BankMessage(MessageKind.DEBIT_REJECTED, "reserve", "", -5),
        BankMessage(MessageKind.DEBIT_REJECTED, "reserve", "", 10**16),
        BankMessage(MessageKind.DEBIT_REJECTED, "reserve", "x" * 1000, 1),
        BankMessage(MessageKind.DEBIT_REJECTED, "no such account", "", 1),
    ],
)
def test_what_cannot_be_booked_makes_a_case_and_does_not_stop_the_line(town, asked, message):
    _, made = asked

    assert Taken(1, 0, 1) == _say(town, message, _reject(made))

    case = town.read(open_cases)[0]
    assert (CaseKind.MALFORMED, 0) == (case.kind, case.amount_minor)
    assert [] == town.breaks()


def test_a_stranger_may_send_the_largest_amount(town):
    fen = AMOUNT_MINOR_MAX
    message = BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "x" * 64, fen, "b" * 64, town.today)

    assert Taken(0, 0, 1) == _say(town, message)
    assert fen == town.balance(town.house.suspense)


@pytest.mark.parametrize("ref", ["", "not a reference", "zz" * 16, "0" * 31])
def test_a_reference_that_is_not_ours_makes_a_case(town, ref):
    assert Taken(0, 0, 1) == _say(town, BankMessage(MessageKind.DEBIT_REJECTED, "reserve", ref, 1))
    assert CaseKind.CONTRADICTION is town.read(open_cases)[0].kind


def test_messages_taken_once_are_not_taken_again(town, asked):
    alice, made = asked
    messages = [
        BankMessage(MessageKind.DEBIT_BOOKED, "reserve", made.id.hex, 700, "b1", town.today)
    ]

    assert Taken(1, 0, 0) == town.run(take_bank_messages, BankMessages("r", 0, messages))
    assert Taken(0, 0, 0) == town.run(take_bank_messages, BankMessages("r", 0, messages))
    assert Taken(0, 0, 0) == town.run(take_bank_messages, BankMessages("r", 5, messages))
    assert Taken(0, 1, 0) == town.run(take_bank_messages, BankMessages("r", 1, messages))
    assert 700 == town.fen(alice.id)


def test_requests_that_cannot_be(town):
    alice, bob = town.person(), town.person()
    hers, gone = town.bank_account(alice.id), town.bank_account(alice.id)
    town.run(unbind_bank_account, UnbindBankAccount(gone))
    before = town.snapshot()

    for command, error in [
        (RequestTopUp(alice.id, hers, yuan("0")), AmountNotPositive),
        (RequestTopUp(alice.id, hers, yuan("-1")), AmountNotPositive),
        (RequestTopUp(alice.id, hers, Money(2**62, "CNY")), AmountTooLarge),
        (RequestTopUp(alice.id, hers, Money(1, "USD")), CurrencyNotServed),
        (RequestTopUp(alice.id, hers, yuan("1"), "other"), ReserveUnknown),
        (RequestTopUp(type(alice.id)(int=1), hers, yuan("1")), MemberUnknown),
        (RequestTopUp(bob.id, hers, yuan("1")), BankAccountUnknown),
        (RequestTopUp(alice.id, type(hers)(int=1), yuan("1")), BankAccountUnknown),
        (RequestTopUp(alice.id, gone, yuan("1")), BankAccountUnbound),
    ]:
        with pytest.raises(error):
            town.run(request_top_up, command)

    assert before == town.snapshot()
    with pytest.raises(TopUpUnknown):
        town.read(top_up, TopUpId(UUID(int=1)))


def test_a_membership_does_not_end_while_money_is_on_its_way(town, asked):
    alice, made = asked

    with pytest.raises(OrdersOpen) as raised:
        town.run(close_member, CloseMember(alice.id))
    assert (1, 0) == (raised.value.top_ups, raised.value.payouts)

    _say(town, _reject(made))
    town.run(close_member, CloseMember(alice.id))
    order = RequestTopUp(alice.id, made.bank_account_id, yuan("1"))
    with pytest.raises(MemberClosed):
        town.run(request_top_up, order)


def test_money_for_a_frozen_member_is_credited(town, asked):
    alice, made = asked
    town.run(freeze, Freeze(alice.id, "court"))

    _confirm(town, made)

    assert 700 == town.fen(alice.id)


def test_many_confirmations_in_one_command(town):
    people = [town.person() for _ in range(30)]
    made = [
        town.run(request_top_up, RequestTopUp(p.id, town.bank_account(p.id), Money(100 + i, "CNY")))
        for i, p in enumerate(people)
    ]
    for each in made[::2]:
        _answer(town, each)
    lines = [TopUpLine(t.id, f"b{i}", t.amount_minor, town.today) for i, t in enumerate(made)]

    assert Taken(30, 0, 0) == town.run(confirm_top_ups, ConfirmTopUps(lines))
    assert Taken(0, 30, 0) == town.run(confirm_top_ups, ConfirmTopUps(lines))

    assert [100 + i for i in range(30)] == [town.fen(p.id) for p in people]
    assert Taken(0, 0, 0) == town.run(confirm_top_ups, ConfirmTopUps([]))
    assert [] == town.breaks()


def test_quick_payments_are_ordered_and_booked_in_one(town):
    alice, bob = town.person(), town.person()
    lines = [CreditLine(alice.id, 100, "q1"), CreditLine(bob.id, 50, "q2")]

    batch = town.run(credit_top_ups, CreditTopUps(lines, town.today), key="k")

    assert (2, 150) == (batch.count, batch.total_minor)
    assert batch == town.run(credit_top_ups, CreditTopUps(lines, town.today), key="k")
    assert (100, 50) == (town.fen(alice.id), town.fen(bob.id))
    assert [] == town.breaks()


def test_quick_payments_that_cannot_be(town):
    alice, gone = town.person(), town.person()
    town.run(close_member, CloseMember(gone.id))
    town.run(credit_top_ups, CreditTopUps([CreditLine(alice.id, 1, "old")], town.today))
    before = town.snapshot()
    good = CreditLine(alice.id, 1, "new")

    for bad, error in [
        (CreditLine(alice.id, 0, "x"), AmountNotPositive),
        (CreditLine(alice.id, 10**30, "x"), AmountTooLarge),
        (CreditLine(type(alice.id)(int=1), 1, "x"), MemberUnknown),
        (CreditLine(gone.id, 1, "x"), MemberClosed),
        (CreditLine(alice.id, 1, "old"), BankRefReused),
        (CreditLine(alice.id, 1, "new"), BankRefReused),
    ]:
        with pytest.raises(error):
            town.run(credit_top_ups, CreditTopUps([good, bad], town.today))
    with pytest.raises(ReserveUnknown):
        town.run(credit_top_ups, CreditTopUps([good], town.today, "other"))

    assert before == town.snapshot()


def test_with_the_simulator_the_whole_way(places, town):
    faults = RailFaults(lose_answer_ppm=1_000_000, duplicate_ppm=1_000_000)
    with Town(places("lossy"), town.clock.now(), faults) as lossy:
        alice = lossy.person()
        order = RequestTopUp(alice.id, lossy.bank_account(alice.id), yuan("7"))
        made = lossy.run(request_top_up, order)
        lossy.work()
        assert TopUpState.REQUESTED is _state(lossy, made)  # the answer was lost
        assert Taken(1, 1, 0) == lossy.poll()
        lossy.wait(seconds=5)
        lossy.work()  # the job asks again with the same key

        assert (700, TopUpState.CREDITED) == (lossy.fen(alice.id), _state(lossy, made))
        assert [] == lossy.breaks()

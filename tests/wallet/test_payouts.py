"""Withdrawing: reserve, send, settle or return; in every order in which the bank may speak."""

from itertools import permutations
from uuid import UUID

import pytest

from support.wallet_town import Town, yuan
from venule.kit.money import Money
from venule.members import (
    BankAccountUnknown,
    CloseMember,
    Freeze,
    MemberFrozen,
    MemberUnknown,
    freeze,
)
from venule.wallet import (
    AmountNotPositive,
    BankMessage,
    BankMessages,
    BankRefReused,
    CaseKind,
    CurrencyNotServed,
    InsufficientFunds,
    MessageKind,
    OrdersOpen,
    Pay,
    PayoutId,
    PayOutLine,
    PayOutMany,
    PayoutState,
    PayoutUnknown,
    RailAnswer,
    RailFaults,
    ReserveUnknown,
    Taken,
    TransferMoney,
    TransitionIllegal,
    Withdraw,
    close_member,
    limits_used,
    open_cases,
    pay,
    pay_out_many,
    payout,
    payout_answered,
    take_bank_messages,
    transfer,
    withdraw,
)


class Teller:
    """Alice has 10 yuan, has withdrawn 7 of them, and the bank says what it is told to say."""

    def __init__(self, town):
        self.town = town
        self.alice = town.person(money="10")
        bank = town.bank_account(self.alice.id)
        self.made = town.run(withdraw, Withdraw(self.alice.id, bank, yuan("7")))
        self.said = 0

    def answer(self, *, accepted=True):
        answer = RailAnswer(accepted, "because")
        self.town.run(lambda tx, a: payout_answered(tx, self.made.id, a), answer)

    def say(self, kind, ref="", fen=700):
        on = self.town.today if ref else None
        message = BankMessage(kind, "reserve", self.made.id.hex, fen, ref, on, "why")
        taken = self.town.run(take_bank_messages, BankMessages("hand", self.said, [message]))
        self.said += 1
        return taken

    def settle(self):
        return self.say(MessageKind.PAYOUT_BOOKED, "debit")

    def reject(self):
        return self.say(MessageKind.PAYOUT_REJECTED)

    def give_back(self):
        return self.say(MessageKind.PAYOUT_RETURNED, "return")

    @property
    def state(self):
        return self.town.read(payout, self.made.id).state

    @property
    def money(self):
        """What Alice may spend, what is on its way, what the reserve holds."""
        house = self.town.house
        return (
            self.town.fen(self.alice.id),
            self.town.balance(house.payout_in_transit),
            -self.town.balance(house.reserve),
        )


@pytest.fixture
def teller(town):
    return Teller(town)


def test_asking_reserves_the_money(town, teller):
    assert (PayoutState.RESERVED, (300, 0, 1000)) == (teller.state, teller.money)
    assert 700 == town.read(lambda tx: tx.account(teller.alice.account).debits_pending)
    assert [] == town.breaks()
    other = town.person()
    with pytest.raises(InsufficientFunds):
        town.run(transfer, TransferMoney(teller.alice.id, other.id, yuan("3.01")))


def test_accepted_leaves_the_wallet_and_settled_leaves_the_reserve(town, teller):
    teller.answer()
    assert (PayoutState.SENT, (300, 700, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()

    assert Taken(1, 0, 0) == teller.settle()
    assert (PayoutState.SETTLED, (300, 0, 300)) == (teller.state, teller.money)
    assert Taken(0, 1, 0) == teller.settle()
    assert [] == town.breaks()


def test_refused_by_the_rail_stays_in_the_wallet(town, teller):
    teller.answer(accepted=False)

    assert (PayoutState.REFUSED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert "because" == town.read(payout, teller.made.id).reason
    teller.answer()  # late: no effect
    assert (PayoutState.REFUSED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()


def test_rejected_after_sending_comes_back(town, teller):
    teller.answer()
    assert Taken(1, 0, 0) == teller.reject()
    assert Taken(0, 1, 0) == teller.reject()

    assert (PayoutState.RETURNED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()


def test_returned_after_the_debit_comes_back(town, teller):
    teller.answer()
    teller.settle()
    assert Taken(1, 0, 0) == teller.give_back()
    assert Taken(0, 1, 0) == teller.give_back()

    assert (PayoutState.RETURNED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()


def test_a_return_told_before_the_debit_waits_for_it(town, teller):
    teller.answer()
    teller.give_back()
    assert (PayoutState.RETURNING, (300, 1400, 1700)) == (teller.state, teller.money)
    assert [] == town.breaks()

    teller.settle()
    assert (PayoutState.RETURNED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()


@pytest.mark.parametrize("order", list(permutations(["answer", "settle", "give_back"])))
@pytest.mark.parametrize("twice", [False, True])
def test_the_order_of_the_banks_words_does_not_matter(town, teller, order, twice):
    for word in order:
        for _ in range(2 if twice else 1):
            getattr(teller, word)()
            assert [] == town.breaks()

    assert (PayoutState.RETURNED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.read(open_cases)


@pytest.mark.parametrize("order", list(permutations(["answer", "settle"])))
def test_the_debit_may_be_told_before_the_answer(town, teller, order):
    for word in order:
        getattr(teller, word)()
        assert [] == town.breaks()

    assert (PayoutState.SETTLED, (300, 0, 300)) == (teller.state, teller.money)


def test_a_rejection_may_be_told_before_the_answer(town, teller):
    teller.reject()
    teller.answer()

    assert (PayoutState.REFUSED, (1000, 0, 1000)) == (teller.state, teller.money)
    assert [] == town.breaks()


@pytest.mark.parametrize(
    "words, kinds, suspense",
    [
        (["answer", "settle", "reject"], [CaseKind.CONTRADICTION], 0),
        (["answer", "reject", "settle"], [CaseKind.BOOKED_TWICE], -700),
        (["reject", "settle"], [CaseKind.LATE_MONEY], -700),
        (["answer", "reject", "give_back"], [CaseKind.LATE_MONEY], 700),
    ],
)
def test_a_bank_that_contradicts_itself_makes_a_case(town, teller, words, kinds, suspense):
    for word in words:
        getattr(teller, word)()

    assert kinds == [case.kind for case in town.read(open_cases)]
    assert suspense == town.balance(town.house.suspense)
    assert [] == town.breaks()


def test_a_debit_of_another_amount_goes_to_suspense(town, teller):
    teller.answer()

    assert Taken(0, 0, 1) == teller.say(MessageKind.PAYOUT_BOOKED, "debit", 701)

    assert (PayoutState.SENT, (300, 700, 299)) == (teller.state, teller.money)
    case = town.read(open_cases)[0]
    assert (CaseKind.AMOUNT_DIFFERS, -701) == (case.kind, case.amount_minor)
    assert [] == town.breaks()


def test_a_refusal_after_sending_is_no_answer(teller):
    teller.answer()
    with pytest.raises(TransitionIllegal):
        teller.answer(accepted=False)


def test_a_return_to_a_closed_member_goes_to_suspense(town, teller):
    shop = town.merchant()
    teller.answer()
    with pytest.raises(OrdersOpen):
        town.run(close_member, CloseMember(teller.alice.id))
    teller.settle()
    town.run(pay, Pay(teller.alice.id, shop.id, yuan("3")))
    town.run(close_member, CloseMember(teller.alice.id))

    assert Taken(0, 0, 1) == teller.give_back()

    case = town.read(open_cases)[0]
    assert (CaseKind.LATE_MONEY, 700, teller.made.id) == (
        case.kind,
        case.amount_minor,
        case.subject,
    )
    assert 700 == town.balance(town.house.suspense)
    assert [] == town.breaks()


@pytest.mark.parametrize(
    "words, life",
    [
        (["answer", "settle"], 700),
        (["answer", "settle", "give_back"], 0),
        (["answer", "give_back"], 700),
        (["answer", "give_back", "settle"], 0),
        (["answer", "reject"], 0),
        (["reject"], 0),
    ],
)
def test_limits_are_released_when_the_money_is_back(town_2017, words, life):
    teller = Teller(town_2017)
    for word in words:
        getattr(teller, word)()

    assert life == town_2017.read(limits_used, teller.alice.id).life_minor
    assert [] == town_2017.breaks()


def test_limits_are_released_when_the_rail_refuses(town_2017):
    teller = Teller(town_2017)
    assert 700 == town_2017.read(limits_used, teller.alice.id).life_minor
    teller.answer(accepted=False)
    assert 0 == town_2017.read(limits_used, teller.alice.id).life_minor


@pytest.mark.parametrize(
    "words, sent, ended",
    [
        (["reject"], False, True),
        (["settle"], True, True),
        (["give_back"], True, False),
        (["answer"], True, False),
        (["answer", "reject"], True, True),
    ],
)
def test_when_it_was_sent_and_when_it_was_no_longer_on_its_way(town, teller, words, sent, ended):
    for word in words:
        getattr(teller, word)()

    it = town.read(payout, teller.made.id)
    now = town.clock.now()
    assert (now if sent else None, now if ended else None) == (it.sent_at, it.ended_at)


def test_a_return_does_not_change_when_it_left_transit(town, teller):
    teller.answer()
    teller.settle()
    settled_at = town.clock.now()
    town.wait(days=1)
    teller.give_back()

    it = town.read(payout, teller.made.id)
    assert (settled_at, "why") == (it.ended_at, it.reason)


def test_withdrawals_that_cannot_be(town):
    alice, bob = town.person(money="10"), town.person()
    hers = town.bank_account(alice.id)
    town.run(freeze, Freeze(bob.id, "court"))
    his = town.bank_account(bob.id)
    before = town.snapshot()

    for command, error in [
        (Withdraw(alice.id, hers, yuan("0")), AmountNotPositive),
        (Withdraw(alice.id, hers, yuan("-1")), AmountNotPositive),
        (Withdraw(alice.id, hers, Money(1, "USD")), CurrencyNotServed),
        (Withdraw(alice.id, hers, yuan("10.01")), InsufficientFunds),
        (Withdraw(alice.id, hers, yuan("1"), "other"), ReserveUnknown),
        (Withdraw(alice.id, his, yuan("1")), BankAccountUnknown),
        (Withdraw(type(alice.id)(int=1), hers, yuan("1")), MemberUnknown),
        (Withdraw(bob.id, his, yuan("1")), MemberFrozen),
    ]:
        with pytest.raises(error):
            town.run(withdraw, command)

    assert before == town.snapshot()
    with pytest.raises(PayoutUnknown):
        town.read(payout, PayoutId(UUID(int=1)))


def test_money_sent_on_goes_on_when_the_member_is_frozen(town, teller):
    town.run(freeze, Freeze(teller.alice.id, "court"))
    teller.answer()
    teller.settle()
    teller.give_back()

    assert (1000, 0, 1000) == teller.money


def test_real_time_payouts_are_ordered_and_booked_in_one(town):
    alice, bob = town.person(money="10"), town.person(money="5")
    lines = [PayOutLine(alice.id, 400, "o1"), PayOutLine(bob.id, 500, "o2")]
    command = PayOutMany(lines, town.today)

    batch = town.run(pay_out_many, command, key="k")

    assert (2, 900) == (batch.count, batch.total_minor)
    assert batch == town.run(pay_out_many, command, key="k")
    assert (600, 0) == (town.fen(alice.id), town.fen(bob.id))
    assert [] == town.breaks()
    before = town.snapshot()
    for bad, error in [
        (PayOutLine(bob.id, 1, "o3"), InsufficientFunds),
        (PayOutLine(alice.id, 1, "o1"), BankRefReused),
        (PayOutLine(alice.id, -1, "o3"), AmountNotPositive),
    ]:
        with pytest.raises(error):
            town.run(pay_out_many, PayOutMany([bad], town.today))
    assert before == town.snapshot()


def test_the_jobs_id_is_the_orders_key(places, town):
    """The bank has the order although its answer was lost; asking again does not send it twice."""
    with Town(places("h"), town.clock.now(), RailFaults(lose_answer_ppm=1_000_000)) as lossy:
        alice = lossy.person(money="10")
        made = lossy.run(withdraw, Withdraw(alice.id, lossy.bank_account(alice.id), yuan("7")))
        lossy.work()
        assert PayoutState.RESERVED is lossy.read(payout, made.id).state
        lossy.wait(seconds=5)
        lossy.work()
        assert PayoutState.SENT is lossy.read(payout, made.id).state
        assert Taken(1, 0, 0) == lossy.poll()

        assert PayoutState.SETTLED is lossy.read(payout, made.id).state
        assert 300 == -lossy.balance(lossy.house.reserve)
        assert [] == lossy.breaks()

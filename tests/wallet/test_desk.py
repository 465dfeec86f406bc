"""Many callers at one desk: the same balance is spent once, the same key is one effect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from support.wallet_town import Town, open_home, yuan
from venule.kit.desk import Desk
from venule.kit.money import Money
from venule.members import Tier
from venule.wallet import (
    InsufficientFunds,
    LimitExceeded,
    Pay,
    RefundExceedsPayment,
    RefundPayment,
    TransferMoney,
    Withdraw,
    check,
    limits_used,
    pay,
    refund,
    transfer,
    withdraw,
)


def _all(town, calls):
    """Send commands from eight threads; return values and errors."""

    def call(desk, fn, command, key):
        try:
            return desk.call(fn, command, key)
        except (InsufficientFunds, LimitExceeded, RefundExceedsPayment) as error:
            return error

    with Desk(town.home) as desk, ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda c: call(desk, *c), calls))


def _done(answers):
    return [each for each in answers if not isinstance(each, Exception)]


def test_two_callers_cannot_spend_the_same_balance(town):
    alice, bob, shop = town.person(money="10"), town.person(), town.merchant()
    bank = town.bank_account(alice.id)
    calls = []
    for n in range(30):
        calls += [
            (pay, Pay(alice.id, shop.id, yuan("3")), f"p{n}"),
            (transfer, TransferMoney(alice.id, bob.id, yuan("3")), f"t{n}"),
            (withdraw, Withdraw(alice.id, bank, yuan("3")), f"w{n}"),
        ]

    answers = _all(town, calls)

    assert 3 == len(_done(answers))
    assert {InsufficientFunds} == {type(e) for e in answers if isinstance(e, Exception)}
    assert 100 == town.fen(alice.id)
    assert [] == town.breaks()


def test_the_same_key_from_many_callers_is_one_payment(town):
    alice, shop = town.person(money="10"), town.merchant()

    answers = _all(town, [(pay, Pay(alice.id, shop.id, yuan("3")), "one")] * 50)

    assert 1 == len({each.id for each in _done(answers)})
    assert (50, 700) == (len(_done(answers)), town.fen(alice.id))


def test_refunds_from_many_callers_never_exceed_the_payment(town):
    alice, shop = town.person(money="10"), town.merchant("100")
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("10")))

    answers = _all(
        town, [(refund, RefundPayment(paid.id, f"r{n % 20}", yuan("3")), None) for n in range(40)]
    )

    assert 3 == len({each.id for each in _done(answers)})
    assert 900 == town.fen(alice.id)
    assert [] == town.breaks()


def test_a_limit_holds_to_the_fen_under_many_callers(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.I, money="5000"), town.merchant()

    answers = _all(
        town, [(pay, Pay(alice.id, shop.id, Money(99_99, "CNY")), f"k{n}") for n in range(40)]
    )

    assert 10 == len(_done(answers))
    assert 99_990 == town.read(limits_used, alice.id).life_minor
    assert [] == town.breaks()


@pytest.mark.parametrize("closed_well", [True, False])
def test_everything_is_there_when_the_home_is_opened_again(places, closed_well):
    town = Town(places("h"), datetime(2017, 3, 10, 1, tzinfo=UTC))
    alice, shop = town.person(money="10"), town.merchant()
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("4")), key="k")
    town.run(withdraw, Withdraw(alice.id, town.bank_account(alice.id), yuan("1")))
    before = town.snapshot()
    if closed_well:
        town.home.close()
    else:  # as after a kill: nothing is said to the book
        town.home._care.let_go()

    with open_home(town.place, town.clock, run=1) as home:
        assert [] == home.read(check)
        assert paid == home.run(pay, Pay(alice.id, shop.id, yuan("4")), key="k")
        town.home = home
        assert before == town.snapshot()

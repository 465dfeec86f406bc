"""Tier limits: what counts, up to which fen, and when a day and a year begin in China."""

from datetime import date, time
from uuid import UUID

import pytest

from support.wallet_town import yuan
from venule.members import (
    ChangeTier,
    Freeze,
    LimitRule,
    MemberFrozen,
    MemberId,
    MemberUnknown,
    SetTierLimit,
    Tier,
    change_tier,
    freeze,
    set_tier_limit,
)
from venule.wallet import (
    AmountNotPositive,
    Counters,
    LimitExceeded,
    Pay,
    PayLine,
    PayMany,
    PayOutLine,
    PayOutMany,
    RefMalformed,
    RefundExceedsPayment,
    RefundPayment,
    Spend,
    SpendRefReused,
    TransferMoney,
    Use,
    Withdraw,
    give_back,
    limits_used,
    pay,
    pay_many,
    pay_out_many,
    refund,
    spend,
    spend_many,
    transfer,
    withdraw,
)


def _used(town, member):
    it = town.read(limits_used, member.id)
    return it.day_minor, it.year_minor, it.life_minor


def _exceeds(town, rule, fn, command):
    before = town.snapshot()
    with pytest.raises(LimitExceeded) as raised:
        town.run(fn, command)
    assert rule is raised.value.rule
    assert before == town.snapshot()
    return raised.value


def test_before_the_measures_nothing_is_limited_nor_counted(town):
    alice, shop = town.person(Tier.I, money="500000"), town.merchant()

    made = town.run(pay, Pay(alice.id, shop.id, yuan("400000")))
    got = town.run(spend, Spend(alice.id, 100_000_00, Use.INVESTMENT, bytes(16)))

    assert made.counted_on is None
    assert alice.account == got.account
    assert (0, 0, 0) == _used(town, alice)
    assert [] == town.breaks()


def test_the_first_day_is_in_and_the_day_before_is_not(town):
    alice, shop = town.person(Tier.I, money="5000"), town.merchant()
    town.go_to(date(2016, 6, 30), time(23, 59, 59))
    town.run(pay, Pay(alice.id, shop.id, yuan("1000.01")))
    town.go_to(date(2016, 7, 1))

    _exceeds(town, LimitRule.BALANCE_OUT_LIFETIME, pay, Pay(alice.id, shop.id, yuan("1000.01")))
    town.run(pay, Pay(alice.id, shop.id, yuan("1000")))
    assert (100_000, 100_000, 100_000) == _used(town, alice)


def test_tier_one_has_1000_yuan_for_life_withdrawals_included(town_2017):
    town = town_2017
    alice, bob, shop = town.person(Tier.I, money="2000"), town.person(), town.merchant()
    bank = town.bank_account(alice.id)
    town.run(pay, Pay(alice.id, shop.id, yuan("400")))
    town.run(transfer, TransferMoney(alice.id, bob.id, yuan("300")))
    town.run(withdraw, Withdraw(alice.id, bank, yuan("200")))
    town.go_to(date(2031, 1, 1))

    error = _exceeds(
        town, LimitRule.BALANCE_OUT_LIFETIME, pay, Pay(alice.id, shop.id, yuan("100.01"))
    )
    assert (100_000, 90_000, 10_001) == (error.limit_minor, error.used_minor, error.asked_minor)
    _exceeds(
        town,
        LimitRule.BALANCE_OUT_LIFETIME,
        withdraw,
        Withdraw(alice.id, bank, yuan("100.01")),
    )
    town.run(pay, Pay(alice.id, shop.id, yuan("100")))
    assert (10_000, 10_000, 100_000) == _used(town, alice)
    assert [] == town.breaks()


@pytest.mark.parametrize("tier, limit", [(Tier.II, "100000"), (Tier.III, "200000")])
def test_tiers_two_and_three_have_a_limit_a_year_without_withdrawals(town_2017, tier, limit):
    town = town_2017
    alice, shop = town.person(tier, money="1000000"), town.merchant()
    bank = town.bank_account(alice.id)

    town.run(withdraw, Withdraw(alice.id, bank, yuan("300000")))
    town.run(pay, Pay(alice.id, shop.id, yuan(limit)))
    _exceeds(town, LimitRule.BALANCE_OUT_YEAR, pay, Pay(alice.id, shop.id, yuan("0.01")))
    town.run(withdraw, Withdraw(alice.id, bank, yuan("100000")))

    fen = yuan(limit).amount
    assert (fen, fen, fen + 400_000_00) == _used(town, alice)
    assert [] == town.breaks()


def test_a_year_begins_at_midnight_in_china(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.II, money="1000000"), town.merchant()
    town.go_to(date(2017, 12, 31), time(23, 59, 59, 999_999))
    made = town.run(pay, Pay(alice.id, shop.id, yuan("100000")))
    assert date(2017, 12, 31) == made.counted_on
    _exceeds(town, LimitRule.BALANCE_OUT_YEAR, pay, Pay(alice.id, shop.id, yuan("1")))

    town.go_to(date(2018, 1, 1))  # 2017-12-31T16:00Z
    town.run(pay, Pay(alice.id, shop.id, yuan("100000")))

    assert (100_000_00, 100_000_00, 200_000_00) == _used(town, alice)
    assert [] == town.breaks()


def test_a_day_begins_at_midnight_in_china(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.III, money="10000"), town.merchant()
    rule = LimitRule.BALANCE_OUT_DAY
    town.run(set_tier_limit, SetTierLimit(rule, Tier.III, 5_000_00, date(2017, 4, 1), "article 24"))
    town.go_to(date(2017, 4, 1), time(23, 59, 59))
    town.run(pay, Pay(alice.id, shop.id, yuan("4999.99")))
    _exceeds(town, rule, pay, Pay(alice.id, shop.id, yuan("0.02")))
    town.run(pay, Pay(alice.id, shop.id, yuan("0.01")))

    town.go_to(date(2017, 4, 2))
    town.run(pay, Pay(alice.id, shop.id, yuan("5000")))

    assert (5_000_00, 10_000_00, 10_000_00) == _used(town, alice)


def test_a_refund_releases_the_day_and_year_that_were_used(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.II, money="200000"), town.merchant()
    old = town.run(pay, Pay(alice.id, shop.id, yuan("60000")))
    town.run(refund, RefundPayment(old.id, "r1", yuan("10000")))
    assert (50_000_00, 50_000_00, 50_000_00) == _used(town, alice)

    town.wait(days=1)
    town.run(pay, Pay(alice.id, shop.id, yuan("50000")))
    town.run(refund, RefundPayment(old.id, "r2", yuan("10000")))  # another day, the same year
    assert (50_000_00, 90_000_00, 90_000_00) == _used(town, alice)

    town.go_to(date(2018, 1, 1))
    town.run(pay, Pay(alice.id, shop.id, yuan("1")))
    town.run(refund, RefundPayment(old.id, "r3", yuan("10000")))  # another year
    assert (1_00, 1_00, 80_001_00) == _used(town, alice)
    assert [] == town.breaks()


def test_merchants_are_not_limited(town_2017):
    town = town_2017
    shop, other = town.merchant("1000000"), town.merchant()

    assert town.run(pay, Pay(shop.id, other.id, yuan("900000"))).counted_on is None
    assert (0, 0, 0) == _used(town, shop)


def test_what_was_used_on_one_tier_counts_on_the_next(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.II, money="300000"), town.merchant()
    town.run(pay, Pay(alice.id, shop.id, yuan("90000")))
    town.run(change_tier, ChangeTier(alice.id, Tier.III))
    town.run(pay, Pay(alice.id, shop.id, yuan("110000")))
    _exceeds(town, LimitRule.BALANCE_OUT_YEAR, pay, Pay(alice.id, shop.id, yuan("0.01")))
    town.run(change_tier, ChangeTier(alice.id, Tier.I))
    _exceeds(town, LimitRule.BALANCE_OUT_LIFETIME, pay, Pay(alice.id, shop.id, yuan("0.01")))


def test_limits_count_in_batches_line_by_line(town_2017):
    town = town_2017
    alice, shop = town.person(Tier.I, money="5000"), town.merchant()
    line = PayLine(alice.id, shop.id, 400_00)

    _exceeds(town, LimitRule.BALANCE_OUT_LIFETIME, pay_many, PayMany([line] * 3))
    town.run(pay_many, PayMany([line] * 2))
    lines = [PayOutLine(alice.id, 100_00, ref) for ref in ("a", "b", "c")]
    _exceeds(town, LimitRule.BALANCE_OUT_LIFETIME, pay_out_many, PayOutMany(lines, town.today))
    town.run(pay_out_many, PayOutMany(lines[:2], town.today))

    assert (800_00, 800_00, 1000_00) == _used(town, alice)
    assert [] == town.breaks()


def test_rooms_above_count_and_give_back(town_2017):
    town = town_2017
    alice = town.person(Tier.III, money="500000")
    ref = UUID(int=9).bytes

    got = town.run(spend, Spend(alice.id, 150_000_00, Use.INVESTMENT, ref))
    assert alice.account == got.account
    assert (150_000_00,) * 3 == _used(town, alice)
    before = town.snapshot()
    with pytest.raises(SpendRefReused):
        town.run(spend, Spend(alice.id, 1, Use.INVESTMENT, ref))
    with pytest.raises(LimitExceeded):
        town.run(spend, Spend(alice.id, 50_000_01, Use.INVESTMENT, bytes(16)))
    assert before == town.snapshot()

    town.run(lambda tx, fen: give_back(tx, ref, fen), 100_000_00)
    assert (50_000_00,) * 3 == _used(town, alice)
    with pytest.raises(RefundExceedsPayment):
        town.run(lambda tx, fen: give_back(tx, ref, fen), 50_000_01)
    town.run(lambda tx, fen: give_back(tx, bytes(16), fen), 1)  # never counted: no effect
    assert (50_000_00,) * 3 == _used(town, alice)
    assert [] == town.breaks()


@pytest.mark.parametrize("tier", [Tier.I, Tier.II])
def test_only_tier_three_may_invest(town_2017, tier):
    alice = town_2017.person(tier, money="10")
    _exceeds(
        town_2017,
        LimitRule.INVESTMENT_SINGLE,
        spend,
        Spend(alice.id, 1, Use.INVESTMENT, bytes(16)),
    )


def test_a_single_purchase_may_reach_its_limit(town_2017):
    town = town_2017
    alice = town.person(Tier.III, money="10")
    rule = LimitRule.INVESTMENT_SINGLE
    town.run(set_tier_limit, SetTierLimit(rule, Tier.III, 500, town.today, "a house rule"))

    town.run(spend, Spend(alice.id, 500, Use.INVESTMENT, bytes(16)))
    town.run(spend, Spend(alice.id, 501, Use.PAYMENT, UUID(int=1).bytes))
    _exceeds(town, rule, spend, Spend(alice.id, 501, Use.INVESTMENT, UUID(int=2).bytes))


def test_spends_that_cannot_be(town_2017):
    town = town_2017
    alice = town.person(money="10")
    for command, error in [
        (Spend(alice.id, 0, Use.PAYMENT, bytes(16)), AmountNotPositive),
        (Spend(alice.id, 1, Use.PAYMENT, bytes(15)), RefMalformed),
        (Spend(MemberId(UUID(int=1)), 1, Use.PAYMENT, bytes(16)), MemberUnknown),
    ]:
        with pytest.raises(error):
            town.run(spend, command)
    town.run(freeze, Freeze(alice.id, "court"))
    with pytest.raises(MemberFrozen):
        town.run(spend_many, [Spend(alice.id, 1, Use.PAYMENT, bytes(16))])


def test_counters_are_three():
    assert ("day_minor", "year_minor", "life_minor") == Counters.__struct_fields__

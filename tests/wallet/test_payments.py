"""Transfers, payments and refunds: what moves, what is refused, and that refused is no effect."""

from uuid import UUID

import pytest

from support.wallet_town import yuan
from venule.kit.errors import AmountOutOfRange, IdempotencyKeyReused
from venule.kit.money import Money
from venule.members import (
    CloseMember,
    Freeze,
    MemberClosed,
    MemberFrozen,
    MemberId,
    MemberUnknown,
    TextMalformed,
    Unfreeze,
    freeze,
    unfreeze,
)
from venule.wallet import (
    AMOUNT_MINOR_MAX,
    AmountNotPositive,
    AmountTooLarge,
    Batch,
    BatchTooLarge,
    CurrencyNotServed,
    FeeTooLarge,
    InsufficientFunds,
    NotAMerchant,
    NothingToSweep,
    NotRefundable,
    Pay,
    PayInCapital,
    PayLine,
    PayMany,
    PaymentId,
    PaymentState,
    PaymentUnknown,
    RailAnswer,
    RefundExceedsPayment,
    RefundPayment,
    RefundRequestReused,
    SelfTransfer,
    StatementQuery,
    SweepFees,
    TransferMoney,
    Withdraw,
    close_member,
    pay,
    pay_in_capital,
    pay_many,
    payment,
    payout_answered,
    refund,
    sweep_fees,
    transfer,
    wallet_statement,
    withdraw,
)

NOBODY = MemberId(UUID(int=7))


def _refused(town, error, fn, command):
    """The command fails with this error and leaves no trace."""
    before = town.snapshot()
    with pytest.raises(error) as raised:
        town.run(fn, command, key="a key")
    assert before == town.snapshot()
    assert str(raised.value)
    return raised.value


def test_a_transfer_moves_money_between_members(town):
    alice, bob = town.person(money="10"), town.person()

    made = town.run(transfer, TransferMoney(alice.id, bob.id, yuan("3.30"), "lunch"))

    assert (670, 330) == (town.fen(alice.id), town.fen(bob.id))
    assert made == town.read(payment, made.id)
    assert ("lunch", None) == (made.note, made.counted_on)
    assert [] == town.breaks()


def test_a_payment_moves_money_to_a_merchant(town):
    alice, shop = town.person(money="10"), town.merchant()

    made = town.run(pay, Pay(alice.id, shop.id, yuan("10")))

    assert (0, 1000, 0) == (town.fen(alice.id), town.fen(shop.id), made.fee_minor)
    assert PaymentState.PAID is town.read(payment, made.id).state


def test_the_fee_is_the_merchants_and_becomes_ours_by_a_posted_sweep(town):
    alice, shop = town.person(money="100"), town.merchant()

    town.run(pay, Pay(alice.id, shop.id, yuan("100"), fee=yuan("0.60")))
    house = town.house

    assert 9940 == town.fen(shop.id)
    assert 60 == town.balance(house.fees_unswept)  # still client money, in the reserve
    assert (-10000, 0, 0) == (
        town.balance(house.reserve),
        town.balance(house.own_bank),
        town.balance(house.fees),
    )

    ref = town.rail.book("reserve", -40, "fees")
    town.run(sweep_fees, SweepFees(ref, town.today, yuan("0.40")))
    assert (20, 40, -40) == (
        town.balance(house.fees_unswept),
        town.balance(house.fees),
        town.balance(house.own_bank),
    )
    _refused(town, NothingToSweep, sweep_fees, SweepFees("s2", town.today, yuan("0.21")))
    town.run(sweep_fees, SweepFees(town.rail.book("reserve", -20), town.today))
    _refused(town, NothingToSweep, sweep_fees, SweepFees("s3", town.today))
    assert [] == town.breaks()
    day = town.today
    town.wait(days=1)
    result = town.reconcile(day)
    assert (9940, 0, 3) == (result.bank_minor, result.gap_minor, result.matched)


def test_capital_is_own_money_only(town):
    town.run(pay_in_capital, PayInCapital(yuan("1000")))

    assert (-100_000, 100_000) == (
        town.balance(town.house.own_bank),
        town.balance(town.house.own_capital),
    )
    assert [] == town.breaks()


@pytest.mark.parametrize(
    "amount, error",
    [
        (Money(0, "CNY"), AmountNotPositive),
        (Money(-1, "CNY"), AmountNotPositive),
        (Money(AMOUNT_MINOR_MAX + 1, "CNY"), AmountTooLarge),
        (Money(2**63 - 1, "CNY"), AmountTooLarge),
        (Money(100, "USD"), CurrencyNotServed),
        (Money(-100, "JPY"), CurrencyNotServed),
        (Money(1001, "CNY"), InsufficientFunds),
    ],
)
def test_amounts_that_cannot_move(town, amount, error):
    alice, bob, shop = town.person(money="10"), town.person(), town.merchant()

    _refused(town, error, transfer, TransferMoney(alice.id, bob.id, amount))
    _refused(town, error, pay, Pay(alice.id, shop.id, amount))
    if error is not CurrencyNotServed:
        _refused(town, error, pay_many, PayMany([PayLine(alice.id, shop.id, amount.amount)]))


def test_the_largest_amount_moves(town):
    alice, bob = town.person(), town.person()
    town.give(alice.id, AMOUNT_MINOR_MAX)

    town.run(transfer, TransferMoney(alice.id, bob.id, Money(AMOUNT_MINOR_MAX, "CNY")))

    assert AMOUNT_MINOR_MAX == town.fen(bob.id)


def test_1e30_yuan_is_no_amount(town):
    alice, shop = town.person(money="10"), town.merchant()

    with pytest.raises(AmountOutOfRange):
        Money(10**32, "CNY")
    with pytest.raises(AmountOutOfRange):
        yuan("1" + "0" * 30)
    with pytest.raises(AmountTooLarge):
        town.run(pay_many, PayMany([PayLine(alice.id, shop.id, 10**32)]))


def test_insufficient_funds_says_what_is_there(town):
    alice, bob = town.person(money="10"), town.person()

    error = _refused(
        town, InsufficientFunds, transfer, TransferMoney(alice.id, bob.id, yuan("10.01"))
    )

    assert (alice.account, 1001, 1000) == (
        error.account,
        error.needed_minor,
        error.available_minor,
    )


def test_who_may_not_pay_whom(town):
    alice, bob, shop = town.person(money="10"), town.person(), town.merchant("10")
    frozen, closed, one = town.person(money="10"), town.merchant(), yuan("1")
    town.run(freeze, Freeze(frozen.id, "court"))
    town.run(close_member, CloseMember(closed.id))

    _refused(town, SelfTransfer, transfer, TransferMoney(alice.id, alice.id, one))
    _refused(town, SelfTransfer, pay, Pay(shop.id, shop.id, one))
    _refused(town, NotAMerchant, pay, Pay(alice.id, bob.id, one))
    _refused(town, MemberUnknown, transfer, TransferMoney(NOBODY, bob.id, one))
    _refused(town, MemberUnknown, transfer, TransferMoney(alice.id, NOBODY, one))
    _refused(town, MemberUnknown, pay, Pay(alice.id, NOBODY, one))
    _refused(town, MemberFrozen, transfer, TransferMoney(frozen.id, bob.id, one))
    _refused(town, MemberFrozen, pay, Pay(frozen.id, shop.id, one))
    _refused(town, MemberClosed, transfer, TransferMoney(closed.id, bob.id, one))
    _refused(town, MemberClosed, pay, Pay(alice.id, closed.id, one))


def test_a_frozen_member_may_receive(town):
    alice, frozen = town.person(money="10"), town.person()
    town.run(freeze, Freeze(frozen.id, "court"))

    town.run(transfer, TransferMoney(alice.id, frozen.id, yuan("1")))
    town.run(unfreeze, Unfreeze(frozen.id, "court"))
    town.run(transfer, TransferMoney(frozen.id, alice.id, yuan("1")))

    assert 1000 == town.fen(alice.id)


@pytest.mark.parametrize(
    "fee, error",
    [
        (yuan("10"), FeeTooLarge),
        (yuan("11"), FeeTooLarge),
        (yuan("0"), AmountNotPositive),
        (yuan("-1"), AmountNotPositive),
        (Money(1, "USD"), CurrencyNotServed),
    ],
)
def test_fees_that_cannot_be(town, fee, error):
    alice, shop = town.person(money="10"), town.merchant()
    _refused(town, error, pay, Pay(alice.id, shop.id, yuan("10"), fee=fee))


def test_notes_are_plain_text(town):
    alice, shop = town.person(money="10"), town.merchant()
    _refused(town, TextMalformed, pay, Pay(alice.id, shop.id, yuan("1"), note="x" * 201))
    _refused(town, TextMalformed, pay, Pay(alice.id, shop.id, yuan("1"), note="a\nb"))


def test_a_retry_with_the_same_key_changes_nothing(town):
    alice, shop = town.person(money="10"), town.merchant()
    command = Pay(alice.id, shop.id, yuan("4"))

    first = town.run(pay, command, key="k")
    after = town.snapshot()

    assert first == town.run(pay, command, key="k")
    assert after == town.snapshot()
    with pytest.raises(IdempotencyKeyReused):
        town.run(pay, Pay(alice.id, shop.id, yuan("5")), key="k")


def test_refunds_in_parts_up_to_what_was_paid(town):
    alice, shop = town.person(money="10"), town.merchant()
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("10")))

    made = [
        town.run(refund, RefundPayment(paid.id, f"r{i}", yuan(part)))
        for i, part in enumerate(["3", "6.99"])
    ]
    assert [300, 999] == [each.refunded_minor for each in made]
    assert PaymentState.PARTLY_REFUNDED is town.read(payment, paid.id).state
    error = _refused(town, RefundExceedsPayment, refund, RefundPayment(paid.id, "r2", yuan("0.02")))
    assert (1000, 999, 2) == (error.paid_minor, error.refunded_minor, error.asked_minor)
    town.run(refund, RefundPayment(paid.id, "r2", yuan("0.01")))

    after = town.read(payment, paid.id)
    assert (PaymentState.REFUNDED, 1000) == (after.state, after.refunded_minor)
    assert (1000, 0) == (town.fen(alice.id), town.fen(shop.id))
    _refused(town, RefundExceedsPayment, refund, RefundPayment(paid.id, "r3", yuan("0.01")))
    assert [] == town.breaks()


def test_a_refund_request_is_done_once(town):
    alice, shop = town.person(money="10"), town.merchant()
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("10")))
    first = town.run(refund, RefundPayment(paid.id, "r", yuan("4")), key="k1")
    after = town.snapshot()[0]

    assert first == town.run(refund, RefundPayment(paid.id, "r", yuan("4")), key="k2")
    assert first == town.run(refund, RefundPayment(paid.id, "r", yuan("4")))
    assert after == town.snapshot()[0]
    _refused(town, RefundRequestReused, refund, RefundPayment(paid.id, "r", yuan("5")))

    other = town.run(pay, Pay(alice.id, shop.id, yuan("4")))
    town.run(refund, RefundPayment(other.id, "r", yuan("4")))  # request ids are per payment
    assert [] == town.breaks()


def test_refunds_that_cannot_be(town):
    alice, bob, shop = town.person(money="20"), town.person(), town.merchant()
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("10"), fee=yuan("1")))
    sent = town.run(transfer, TransferMoney(alice.id, bob.id, yuan("1")))

    _refused(town, PaymentUnknown, refund, RefundPayment(PaymentId(NOBODY), "r", yuan("1")))
    _refused(town, NotRefundable, refund, RefundPayment(sent.id, "r", yuan("1")))
    _refused(town, AmountNotPositive, refund, RefundPayment(paid.id, "r", yuan("0")))
    _refused(town, AmountNotPositive, refund, RefundPayment(paid.id, "r", yuan("-1")))
    _refused(town, CurrencyNotServed, refund, RefundPayment(paid.id, "r", Money(1, "USD")))
    _refused(town, TextMalformed, refund, RefundPayment(paid.id, "", yuan("1")))
    # The fee stays paid, so the merchant is a yuan short of a full refund.
    _refused(town, InsufficientFunds, refund, RefundPayment(paid.id, "r", yuan("10")))
    town.run(freeze, Freeze(shop.id, "court"))
    _refused(town, MemberFrozen, refund, RefundPayment(paid.id, "r", yuan("1")))
    town.run(unfreeze, Unfreeze(shop.id, "court"))
    town.run(transfer, TransferMoney(alice.id, bob.id, yuan("9")))
    town.run(close_member, CloseMember(alice.id))
    _refused(town, MemberClosed, refund, RefundPayment(paid.id, "r", yuan("1")))


def test_many_payments_are_made_in_order_all_or_none(town):
    alice, bob, shop = town.person(money="10"), town.person(money="5"), town.merchant()
    lines = [PayLine(alice.id, shop.id, 600), PayLine(bob.id, shop.id, 500)]

    batch = town.run(pay_many, PayMany(lines), key="b")
    assert (2, 1100) == (batch.count, batch.total_minor)
    assert batch == town.run(pay_many, PayMany(lines), key="b")
    assert (400, 0, 1100) == (town.fen(alice.id), town.fen(bob.id), town.fen(shop.id))

    lines = [PayLine(alice.id, shop.id, 300), PayLine(alice.id, shop.id, 101)]
    error = _refused(town, InsufficientFunds, pay_many, PayMany(lines))
    assert (101, 100) == (error.needed_minor, error.available_minor)
    assert Batch(0, 0) == town.run(pay_many, PayMany([]))
    assert [] == town.breaks()


def test_a_batch_has_a_bound(town, monkeypatch):
    monkeypatch.setattr("venule.wallet.rules.BATCH_LINES_MAX", 1)
    alice, shop = town.person(money="10"), town.merchant()
    _refused(town, BatchTooLarge, pay_many, PayMany([PayLine(alice.id, shop.id, 1)] * 2))


def test_holds_are_on_the_statement_without_an_amount(town):
    alice = town.person(money="10")
    bank = town.bank_account(alice.id)
    sent = town.run(withdraw, Withdraw(alice.id, bank, yuan("4")))
    kept = town.run(withdraw, Withdraw(alice.id, bank, yuan("1")))
    for it, accepted in ((sent, True), (kept, False)):
        answer = RailAnswer(accepted)
        town.run(lambda tx, a, it=it: payout_answered(tx, it.id, a), answer)

    lines = town.read(wallet_statement, StatementQuery(alice.id)).lines[::-1]

    assert [
        ("top_up", 1000, 1000, 0),
        ("payout_held", 0, 1000, 400),
        ("payout_held", 0, 1000, 500),
        ("payout_sent", -400, 600, 100),
        ("payout_released", 0, 600, 0),
    ] == [(x.kind, x.amount_minor, x.balance_minor, x.held_minor) for x in lines]


def test_the_statement_can_be_cut_by_time(town):
    alice, bob = town.person(money="10"), town.person()
    days = []
    for _ in range(3):
        town.wait(days=1)
        days.append(town.clock.now())
        town.run(transfer, TransferMoney(alice.id, bob.id, yuan("1")))

    query = StatementQuery(alice.id, since=days[0], until=days[2])
    lines = town.read(wallet_statement, query).lines

    assert [days[1], days[0]] == [line.at for line in lines]
    assert [] == town.read(wallet_statement, StatementQuery(town.merchant().id)).lines


def test_the_statement_runs_through_all_movements_with_balances(town):
    alice, shop = town.person(money="10"), town.merchant()
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("4")))
    town.run(refund, RefundPayment(paid.id, "r", yuan("1")))

    page = town.read(wallet_statement, StatementQuery(alice.id, limit=2))
    rest = town.read(
        wallet_statement, StatementQuery(alice.id, limit=2, before_seq=page.next_before_seq)
    )

    assert [("refund", 100, 700), ("payment", -400, 600), ("top_up", 1000, 1000)] == [
        (line.kind, line.amount_minor, line.balance_minor) for line in page.lines + rest.lines
    ]
    assert paid.id == page.lines[1].ref
    assert rest.next_before_seq is None
    with pytest.raises(MemberUnknown):
        town.read(wallet_statement, StatementQuery(NOBODY))

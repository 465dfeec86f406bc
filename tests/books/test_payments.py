"""Payments between books, by example: what moves, what is refused, what comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.book_house import OPENING_FEN, BookTown
from venule.books import (
    Answer,
    BookOrderDiffers,
    BookPaymentTransitionIllegal,
    BookRefundExceeds,
    BookRefundRequestReused,
    NotReceived,
    Order,
    PaymentKind,
    PaymentState,
    ReceiptState,
    SameBook,
    TimeoutOutOfRange,
    WrongBook,
    answered,
    cancel,
    receipt,
    receive,
    rules,
)
from venule.kit.errors import AppError
from venule.kit.jobs import revive
from venule.members import CloseMember, Freeze, MemberFrozen, Tier, freeze
from venule.wallet import (
    Counters,
    InsufficientFunds,
    LimitExceeded,
    close_member,
    limits_used,
)


def received(town: BookTown, book: int, payment_id) -> ReceiptState:
    return town.homes[book].read(lambda tx: receipt(tx, payment_id)).state


def used(town: BookTown, book: int, member) -> Counters:
    return town.homes[book].read(lambda tx: limits_used(tx, member.id))


def test_a_payment(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700, note="tea")

    assert (PaymentState.HELD, 0) == (made.state, made.peer_seq)
    assert (OPENING_FEN - 700, 0) == (town.fen(1, ann), town.fen(2, shop))
    assert [] == town.breaks()

    assert 1 == town.work()

    paid = town.payment(1, made.id)
    got = town.homes[2].read(lambda tx: receipt(tx, made.id))
    assert (PaymentState.SETTLED, ReceiptState.RECEIVED) == (paid.state, got.state)
    assert (paid.peer_seq, got.peer_seq) == (got.seq, paid.held_seq)
    assert (OPENING_FEN - 700, 700) == (town.fen(1, ann), town.fen(2, shop))
    assert 700 == used(town, 1, ann).day_minor
    assert [] == town.breaks()


def test_a_transfer_to_a_person(town):
    ann, ben = town.person(1), town.person(4)
    made = town.transfer(1, ann, 4, ben, 1)
    town.work()

    assert PaymentState.SETTLED is town.payment(1, made.id).state
    assert (OPENING_FEN - 1, OPENING_FEN + 1) == (town.fen(1, ann), town.fen(4, ben))


@pytest.mark.parametrize("why", ["member-unknown", "not-a-merchant", "member-closed"])
def test_a_payment_that_the_other_book_refuses(town, why):
    ann, ben = town.person(1), town.person(3, 0)
    shop = town.merchant(2)
    to = 3 if why == "not-a-merchant" else 2
    payee = {"member-unknown": ann, "not-a-merchant": ben, "member-closed": shop}[why]
    if why == "member-closed":
        town.homes[2].run(close_member, CloseMember(shop.id))
    made = town.send(1, ann, to, payee, 700)
    town.work()

    paid = town.payment(1, made.id)
    assert (PaymentState.RETURNED, why) == (paid.state, paid.reason)
    assert OPENING_FEN == town.fen(1, ann)
    assert Counters(0, 0, 0) == used(town, 1, ann)
    assert ReceiptState.REJECTED is received(town, to, made.id)
    assert [] == town.breaks()


def test_a_frozen_member_may_receive_and_not_send(town):
    ann, ben = town.person(1), town.person(2)
    for book, each in ((1, ann), (2, ben)):
        town.homes[book].run(freeze, Freeze(each.id, "an order"))
    with pytest.raises(MemberFrozen):
        town.transfer(1, ann, 2, ben, 5)
    cat = town.person(3)
    town.transfer(3, cat, 2, ben, 5)
    town.work()

    assert OPENING_FEN + 5 == town.fen(2, ben)


def test_what_is_refused_leaves_nothing(town):
    poor, ben = town.person(1, 100, Tier.I), town.person(2)
    rich = town.person(1, 200_000, Tier.I)
    for payer, to, fen, more, error in (
        (poor, 2, 101, {}, InsufficientFunds),
        (rich, 2, 100_001, {}, LimitExceeded),
        (poor, 1, 1, {}, SameBook),
        (poor, 2, 1, {"timeout_s": 0}, TimeoutOutOfRange),
        (poor, 2, 0, {}, AppError),
        (poor, 10_000, 1, {}, AppError),
    ):
        with pytest.raises(error):
            town.send(1, payer, to, ben, fen, kind=PaymentKind.TRANSFER, **more)
    assert 0 == town.work()
    assert (100, 200_000) == (town.fen(1, poor), town.fen(1, rich))
    assert Counters(0, 0, 0) == used(town, 1, rich)
    assert [] == town.breaks()


def test_a_key_sends_once(town):
    ann, shop = town.person(1), town.merchant(2)
    first = town.send(1, ann, 2, shop, 700, key="order 7")
    again = town.send(1, ann, 2, shop, 700, key="order 7")

    assert (first, 1) == (again, town.work())


def test_an_order_lost_is_told_again(town):
    ann, shop = town.person(1), town.merchant(2)
    fates = ["lose", "answer", "ok"]
    town.lines[1, 2].fate = lambda: fates.pop(0)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    assert (PaymentState.HELD, 0) == (town.payment(1, made.id).state, town.fen(2, shop))
    town.wait(seconds=1)
    town.work()
    assert (PaymentState.HELD, 700) == (town.payment(1, made.id).state, town.fen(2, shop))
    assert [] == town.breaks()
    town.wait(seconds=2)
    town.work()

    assert (PaymentState.SETTLED, 700) == (town.payment(1, made.id).state, town.fen(2, shop))
    assert 3 == town.lines[1, 2].count
    assert [] == town.breaks()


def test_time_out_before_it_came(town):
    ann, shop = town.person(1), town.merchant(2)
    line = town.lines[1, 2]
    line.fate = lambda: "late"
    made = town.send(1, ann, 2, shop, 700, timeout_s=60)
    town.work()
    town.wait(seconds=60)
    assert PaymentState.HELD is town.payment(1, made.id).state, "never by our own belief"
    line.fate = lambda: "ok"
    town.work()

    paid = town.payment(1, made.id)
    assert (PaymentState.CANCELLED, "timed-out") == (paid.state, paid.reason)
    assert (OPENING_FEN, Counters(0, 0, 0)) == (town.fen(1, ann), used(town, 1, ann))
    assert [ReceiptState.CANCELLED] == [each.state for each in line.deliver_late()]
    assert (0, 0) == (town.fen(2, shop), town.work())
    assert [] == town.breaks()


def test_time_out_after_it_came(town):
    ann, shop = town.person(1), town.merchant(2)
    line = town.lines[1, 2]
    line.fate = lambda: "answer"
    made = town.send(1, ann, 2, shop, 700, timeout_s=60)
    town.work()
    town.wait(seconds=60)
    line.fate = lambda: "ok"
    town.work()

    assert PaymentState.SETTLED is town.payment(1, made.id).state
    assert (OPENING_FEN - 700, 700) == (town.fen(1, ann), town.fen(2, shop))
    assert [] == town.breaks()


def test_a_book_that_is_gone_leaves_a_dead_letter_that_can_be_revived(town):
    ann, shop = town.person(1), town.merchant(2)
    line = town.lines[1, 2]
    line.fate = lambda: "lose"
    made = town.send(1, ann, 2, shop, 700, timeout_s=60)
    town.settle()
    assert rules.attempts_max(60) == line.count
    [dead] = town.runner(1).dead_jobs()
    assert "expected the answer of book 2, seen LineDown: lose" in dead.last_error
    assert made.made_at + timedelta(seconds=60) < town.clock.now()
    assert (PaymentState.HELD, []) == (town.payment(1, made.id).state, town.breaks())
    line.fate = lambda: "ok"
    town.homes[1].run(revive, dead.id)
    town.work()

    assert PaymentState.CANCELLED is town.payment(1, made.id).state
    assert OPENING_FEN == town.fen(1, ann)


def test_one_book_that_is_gone_holds_no_other_up(town):
    ann, shop, other = town.person(1), town.merchant(2), town.merchant(3)
    town.lines[1, 2].fate = lambda: "lose"
    lost = town.send(1, ann, 2, shop, 700)
    made = town.send(1, ann, 3, other, 700)
    town.work()

    assert PaymentState.HELD is town.payment(1, lost.id).state
    assert PaymentState.SETTLED is town.payment(1, made.id).state


def test_attempts_reach_past_the_deadline():
    for timeout_s in (1, 2, 60, 3_600, 7 * 86_400):
        waited, pause = 0, 1
        for _ in range(rules.attempts_max(timeout_s) - 2):
            waited += pause
            pause = min(2 * pause, 3_600)
        assert waited > timeout_s


def test_refunds_in_parts(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    back = town.send_back(2, made.id, "r1", 300)
    assert back == town.send_back(2, made.id, "r1", 300)
    with pytest.raises(BookRefundRequestReused):
        town.send_back(2, made.id, "r1", 301)
    with pytest.raises(BookRefundExceeds):
        town.send_back(2, made.id, "r2", 401)
    assert [] == town.breaks()
    town.work()
    rest = town.send_back(2, made.id, "r2", 400)
    town.work()

    assert (OPENING_FEN, 0) == (town.fen(1, ann), town.fen(2, shop))
    assert 700 == town.payment(1, made.id).refunded_minor
    assert (made.id, made.id) == (back.original_id, rest.original_id)
    assert 0 == used(town, 1, ann).day_minor
    with pytest.raises(BookRefundExceeds):
        town.send_back(2, made.id, "r3", 1)
    assert [] == town.breaks()


def test_a_refund_before_the_payer_has_heard(town):
    ann, shop = town.person(1), town.merchant(2)
    fates = ["answer", "ok"]
    town.lines[1, 2].fate = lambda: fates.pop(0)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    town.send_back(2, made.id, "r1", 700)
    town.work(2)
    assert (PaymentState.HELD, OPENING_FEN) == (town.payment(1, made.id).state, town.fen(1, ann))
    assert [] == town.breaks()
    town.settle()

    assert PaymentState.SETTLED is town.payment(1, made.id).state
    assert (OPENING_FEN, 0) == (town.fen(1, ann), town.fen(2, shop))
    assert [] == town.breaks()


def test_a_refund_that_comes_back_can_be_made_again(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    town.work()
    town.lines[2, 1].fate = lambda: "lose"
    back = town.send_back(2, made.id, "r1", 700)
    town.work()
    town.wait(seconds=60)
    town.lines[2, 1].fate = lambda: "ok"
    town.work()

    assert PaymentState.CANCELLED is town.payment(2, back.id).state
    assert 700 == town.fen(2, shop)
    assert [] == town.breaks()
    town.send_back(2, made.id, "r2", 700)
    town.work()
    assert OPENING_FEN == town.fen(1, ann)


def test_only_payments_that_were_received_are_refunded(town):
    ann, ben, shop = town.person(1), town.person(2), town.merchant(2)
    sent = town.transfer(1, ann, 2, ben, 5)
    refused = town.send(1, ann, 2, ben, 5)
    town.work()
    for each in (sent, refused):
        with pytest.raises(NotReceived):
            town.send_back(2, each.id, "r", 1)
    assert [0, 5] == [town.fen(2, shop), town.fen(2, ben) - OPENING_FEN]


def order_of(town: BookTown, made, **other) -> Order:
    facts = {
        "id": made.id,
        "kind": made.kind,
        "from_book": 1,
        "to_book": made.peer,
        "payer_id": made.payer_id,
        "payee_id": made.payee_id,
        "amount_minor": made.amount_minor,
        "original_id": None,
        "held_seq": made.held_seq,
        "note": made.note,
    }
    return Order(**(facts | other))


def test_the_same_order_again_is_answered_the_same(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    order = order_of(town, made)
    first = town.homes[2].run(receive, order)

    for fn in (receive, cancel, receive):
        assert first == town.homes[2].run(fn, order)
    assert 700 == town.fen(2, shop)
    for other in ({"amount_minor": 701}, {"payee_id": ann.id}, {"from_book": 3}):
        with pytest.raises(BookOrderDiffers):
            town.homes[2].run(receive, order_of(town, made, **other))
    with pytest.raises(WrongBook):
        town.homes[3].run(receive, order)
    with pytest.raises(SameBook):
        town.homes[2].run(receive, order_of(town, made, from_book=2))


def test_another_word_than_before_is_refused(town):
    ann, shop = town.person(1), town.merchant(2)
    made = town.send(1, ann, 2, shop, 700)
    answer = town.homes[2].run(receive, order_of(town, made))
    other = town.homes[3].run(cancel, order_of(town, made, to_book=3))
    with pytest.raises(WrongBook):
        town.homes[1].run(answered, other)
    paid = town.homes[1].run(answered, answer)

    assert paid == town.homes[1].run(answered, answer)
    lie = Answer(answer.id, answer.book, ReceiptState.CANCELLED, "", 1)
    with pytest.raises(BookPaymentTransitionIllegal):
        town.homes[1].run(answered, lie)

"""The bank's statement against our books, day by day: every fen of the gap is an item."""

from datetime import date, time, timedelta

import pytest

from support.wallet_town import Town, yuan
from venule.ledger import Transfer
from venule.wallet import (
    AccountCode,
    BankMessage,
    BankMessages,
    BankStatement,
    BankStatementLine,
    CaseKind,
    ConfirmTopUps,
    CreditLine,
    CreditTopUps,
    ItemKind,
    MessageKind,
    PayoutState,
    RailFaults,
    ReconcileDay,
    RequestTopUp,
    ReserveUnknown,
    StatementChanged,
    StatementInconsistent,
    StatementOutOfOrder,
    StatementTooEarly,
    TopUpLine,
    TopUpState,
    Withdraw,
    check,
    confirm_top_ups,
    credit_top_ups,
    open_cases,
    payout,
    reconcile_day,
    request_top_up,
    take_bank_messages,
    top_up,
    withdraw,
)

DAY = date(2014, 3, 10)
NEXT = DAY + timedelta(days=1)


def _statement(*lines, on=DAY, opening=0):
    made = [BankStatementLine(*line) for line in lines]
    closing = opening + sum(line.amount_minor for line in made)
    return BankStatement("reserve", on, opening, closing, made)


def _reconcile(town, statement, rules=frozenset()):
    """rules: what does not hold meanwhile."""
    result = town.run(reconcile_day, ReconcileDay(statement))
    explained = sum(item.amount_minor for item in result.in_transit)
    assert result.gap_minor == explained + sum(item.amount_minor for item in result.breaks)
    assert rules == {each.rule for each in town.read(check)}
    return result


def _credit(town, member, fen, ref, on=None):
    command = CreditTopUps([CreditLine(member.id, fen, ref)], on or town.today)
    town.run(credit_top_ups, command)


def _items(items):
    return [(item.kind, item.amount_minor, item.bank_ref) for item in items]


def test_a_day_that_agrees(town):
    alice = town.person(money="10")
    town.run(withdraw, Withdraw(alice.id, town.bank_account(alice.id), yuan("4")))
    town.work()
    town.poll()
    town.go_to(NEXT)

    result = town.reconcile(DAY)

    assert (600, 600, 2, 600) == (
        result.bank_minor,
        result.books_minor,
        result.matched,
        result.matched_minor,
    )
    assert ([], [], [], 0) == (
        result.in_transit,
        result.under_way,
        result.breaks,
        result.unexplained_minor,
    )


def test_the_worked_example_of_a_daily_run(town):
    """Payouts sent and not debited are no gap; top-ups seen by the bank first are explained."""
    alice = town.person()
    _credit(town, alice, 9_787_710_55, "all the rest")
    sent = town.run(withdraw, Withdraw(alice.id, town.bank_account(alice.id), yuan("15000")))
    town.jobs.run_due(1)
    made = [
        town.run(request_top_up, RequestTopUp(alice.id, sent.bank_account_id, yuan(amount)))
        for amount in ("4000", "750")
    ]
    town.go_to(NEXT, time(8))

    result = _reconcile(
        town,
        _statement(
            ("all the rest", "", 9_787_710_55),
            ("seen 1", made[0].id.hex, 4_000_00),
            ("seen 2", made[1].id.hex, 750_00),
        ),
    )

    assert (9_792_460_55, 9_787_710_55) == (result.bank_minor, result.books_minor)
    assert [
        (ItemKind.BANK_FIRST, 4_000_00, "seen 1"),
        (ItemKind.BANK_FIRST, 750_00, "seen 2"),
    ] == _items(result.in_transit)
    assert [made[0].id.hex, made[1].id.hex] == [item.ref for item in result.in_transit]
    assert [(ItemKind.PAYOUT_SENT, 15_000_00, "")] == _items(result.under_way)
    assert (4_750_00, 0, []) == (result.gap_minor, result.unexplained_minor, result.breaks)


def test_a_line_that_no_message_told_of_settles_its_order(town):
    alice = town.person(money="10")
    bank = town.bank_account(alice.id)
    out = town.run(withdraw, Withdraw(alice.id, bank, yuan("4")))
    back = town.run(request_top_up, RequestTopUp(alice.id, bank, yuan("7")))
    given = [(line.bank_ref, "", line.amount_minor) for line in _given(town)]

    result = _reconcile(
        town, _statement(*given, ("out", out.id.hex, -400), ("in", back.id.hex, 700))
    )

    assert PayoutState.SETTLED is town.read(payout, out.id).state
    assert TopUpState.CREDITED is town.read(top_up, back.id).state
    assert (300, []) == (result.gap_minor, result.breaks)
    assert 1300 == town.fen(alice.id)
    line = TopUpLine(back.id, "in", 700, DAY)  # the message, late
    assert 1 == town.run(confirm_top_ups, ConfirmTopUps([line])).repeated

    town.wait(days=1)
    after = _reconcile(town, _statement(on=NEXT, opening=1300))
    assert (0, 2, []) == (after.gap_minor, after.matched, after.in_transit)


def test_a_return_on_the_statement_gives_the_money_back(town):
    alice = town.person(money="10")
    out = town.run(withdraw, Withdraw(alice.id, town.bank_account(alice.id), yuan("4")))
    given = [(line.bank_ref, "", line.amount_minor) for line in _given(town)]

    result = _reconcile(
        town, _statement(*given, ("1 out", out.id.hex, -400), ("2 back", out.id.hex, 400))
    )

    assert PayoutState.RETURNED is town.read(payout, out.id).state
    assert (1000, 0, []) == (town.fen(alice.id), result.gap_minor, result.breaks)


def _given(town):
    town.go_to(NEXT)
    return town.rail.statement("reserve", DAY).lines


@pytest.mark.parametrize("fen, kind", [(500, "unmatched_credit"), (-500, "unmatched_debit")])
def test_a_line_that_nobody_explains_goes_to_suspense_and_is_a_break(town, fen, kind):
    town.go_to(NEXT)

    result = _reconcile(town, _statement(("odd", "no idea", fen)))

    assert [(ItemKind.UNMATCHED, fen, "odd")] == _items(result.breaks)
    case = town.read(open_cases)[0]
    assert (kind, fen, case.id.hex) == (case.kind.value, case.amount_minor, result.breaks[0].ref)
    assert fen == town.balance(town.house.suspense) == -town.balance(town.house.reserve)
    town.wait(days=1)
    after = _reconcile(town, _statement(on=NEXT, opening=fen))
    assert (0, 1, []) == (after.gap_minor, after.matched, after.breaks)
    assert [case] == town.read(open_cases)


def test_another_amount_on_the_statement_is_corrected_and_a_break(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1")
    town.go_to(NEXT)

    result = _reconcile(town, _statement(("b1", "", 990)))

    assert [(ItemKind.DIFFERENCE, -10, "b1")] == _items(result.breaks)
    case = town.read(open_cases)[0]
    assert (CaseKind.DIFFERENCE, -10) == (case.kind, case.amount_minor)
    assert "the statement says 990 fen, we had 1000" == case.detail
    assert (1000, -10, -990) == (
        town.fen(alice.id),
        town.balance(town.house.suspense),
        town.balance(town.house.reserve),
    )
    town.wait(days=1)
    after = _reconcile(town, _statement(on=NEXT, opening=990))
    assert (0, 1, []) == (after.gap_minor, after.matched, after.breaks)


def test_what_the_bank_told_and_does_not_show_is_a_break_until_it_does(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1")
    town.go_to(NEXT)

    result = _reconcile(town, _statement())
    assert [(ItemKind.MISSING_AT_BANK, -1000, "b1")] == _items(result.breaks)

    town.wait(days=1)
    again = _reconcile(town, _statement(on=NEXT))
    assert [(ItemKind.MISSING_AT_BANK, -1000, "b1")] == _items(again.breaks)
    town.wait(days=1)
    day = NEXT + timedelta(days=1)
    after = _reconcile(town, _statement(("b1", "", 1000), on=day))
    assert (0, []) == (after.gap_minor, after.breaks)


def test_what_the_bank_books_tomorrow_is_a_matter_of_time(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1", on=NEXT)
    town.go_to(NEXT)

    result = _reconcile(town, _statement())
    assert [(ItemKind.BOOKS_FIRST, -1000, "b1")] == _items(result.in_transit)
    assert (-1000, 0) == (result.gap_minor, result.unexplained_minor)

    town.wait(days=1)
    after = _reconcile(town, _statement(("b1", "", 1000), on=NEXT))
    assert (0, [], 1) == (after.gap_minor, after.in_transit, after.matched)


def test_a_message_after_midnight_of_a_booking_before_it_is_a_matter_of_time(town):
    alice = town.person()
    order = RequestTopUp(alice.id, town.bank_account(alice.id), yuan("7"))
    made = town.run(request_top_up, order)
    town.jobs.run_due()
    town.go_to(NEXT, time(0, 5))
    line = TopUpLine(made.id, "b1", 700, DAY)
    town.run(confirm_top_ups, ConfirmTopUps([line]))

    result = _reconcile(town, _statement(("b1", made.id.hex, 700)))

    assert [(ItemKind.BANK_FIRST, 700, "b1")] == _items(result.in_transit)
    assert [(ItemKind.TOP_UP_TOLD, 700, "")] == _items(result.under_way)
    assert (700, 0) == (result.bank_minor, result.books_minor)


def test_the_cut_is_midnight_in_china(town):
    alice = town.person()
    town.go_to(DAY, time(23, 59, 59, 999_999))
    _credit(town, alice, 1, "last")
    town.go_to(NEXT)
    _credit(town, alice, 2, "first")

    result = _reconcile(town, _statement(("last", "", 1)))

    assert (1, 1, 1, []) == (
        result.bank_minor,
        result.books_minor,
        result.matched,
        result.in_transit,
    )


def test_an_opening_balance_that_is_not_the_closing_one_is_a_break(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1")
    town.go_to(NEXT)
    _reconcile(town, _statement(("b1", "", 1000)))
    town.wait(days=1)

    result = _reconcile(town, _statement(on=NEXT, opening=900))

    assert [(ItemKind.OPENING, -100, "")] == _items(result.breaks)


def test_what_was_before_the_first_statement_is_in_its_opening(town):
    alice = town.person()
    _credit(town, alice, 1000, "old")
    day = DAY + timedelta(days=30)
    town.go_to(day, time(12))
    _credit(town, alice, 5, "new")
    town.go_to(day + timedelta(days=1))

    result = _reconcile(town, _statement(("new", "", 5), on=day, opening=1000))

    assert (0, [], [], 1) == (
        result.gap_minor,
        result.in_transit,
        result.breaks,
        result.matched,
    )


def test_a_posting_on_the_reserve_without_an_entry_is_a_break(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1")

    def post_aside(tx, house):
        other = tx.open_account(156, AccountCode.FUND_COLLECTION)
        tx.post_all([Transfer(alice.account, other, 400, 299)])
        tx.post_all([Transfer(other, house.reserve, 400, 299)])

    town.run(post_aside, town.house)
    town.go_to(NEXT)

    unbooked = {"every movement of a reserve is a booking at its bank"}
    result = _reconcile(town, _statement(("b1", "", 1000)), unbooked)

    assert [(ItemKind.UNRECORDED, 400, "")] == _items(result.breaks)


def test_the_longest_reference_twice(town):
    town.go_to(NEXT)
    ref = "x" * 56

    result = _reconcile(town, _statement((ref, "y" * 100, 1), (ref, "", 10**15)))

    assert [(ItemKind.UNMATCHED, 1, ref), (ItemKind.UNMATCHED, 10**15, ref + "#2")] == _items(
        result.breaks
    )


def test_one_reference_booked_twice_is_two_lines(town):
    alice = town.person()
    _credit(town, alice, 1000, "b1")
    town.go_to(NEXT)

    result = _reconcile(town, _statement(("b1", "", 1000), ("b1", "", 1000)))

    assert [(ItemKind.UNMATCHED, 1000, "b1#2")] == _items(result.breaks)
    town.wait(days=1)
    after = _reconcile(town, _statement(("b1", "", 1000), on=NEXT, opening=2000))
    assert [(ItemKind.UNMATCHED, 1000, "b1#3")] == _items(after.breaks)


def test_the_same_statement_again_changes_nothing(town):
    town.go_to(NEXT)
    statement = _statement(("odd", "", 5))
    first = _reconcile(town, statement)
    after = town.snapshot()

    assert first == _reconcile(town, statement)
    assert after == town.snapshot()
    with pytest.raises(StatementChanged):
        town.run(reconcile_day, ReconcileDay(_statement(("odd", "", 6))))


@pytest.mark.parametrize(
    "statement, error",
    [
        (BankStatement("other", DAY, 0, 0, []), ReserveUnknown),
        (BankStatement("reserve", DAY, 0, 1, []), StatementInconsistent),
        (_statement(("a", "", 0)), StatementInconsistent),
        (_statement(("", "", 1)), StatementInconsistent),
        (_statement(("x" * 57, "", 1)), StatementInconsistent),
        (_statement(("a", "", 10**30)), StatementInconsistent),
        (_statement(on=NEXT), StatementTooEarly),
    ],
)
def test_statements_that_cannot_be(town, statement, error):
    town.go_to(NEXT)
    before = town.snapshot()
    with pytest.raises(error):
        town.run(reconcile_day, ReconcileDay(statement))
    assert before == town.snapshot()


@pytest.mark.parametrize("days", [0, 2])
def test_day_follows_day(town, days):
    town.go_to(DAY + timedelta(days=10))
    _reconcile(town, _statement(on=NEXT))

    with pytest.raises(StatementOutOfOrder) as raised:
        _reconcile(town, _statement(on=DAY + timedelta(days=1 + days if days else -1)))
    assert NEXT + timedelta(days=1) == raised.value.expected_on


def test_an_unmatched_message_before_the_statement_is_a_break_of_its_day(town):
    message = BankMessage(MessageKind.DEBIT_BOOKED, "reserve", "?", 50, "b1", DAY)
    town.go_to(NEXT)
    town.run(take_bank_messages, BankMessages("r", 0, [message]))

    result = _reconcile(town, _statement(("b1", "?", 50)))

    assert [(ItemKind.UNMATCHED, 50, "b1")] == _items(result.breaks)


def test_a_month_with_a_bad_bank_ends_explained(places, town):
    faults = RailFaults(
        refuse_ppm=100_000,
        lose_answer_ppm=200_000,
        reject_ppm=150_000,
        return_ppm=200_000,
        duplicate_ppm=300_000,
        silent_ppm=200_000,
        book_s_max=30_000,
        message_s_max=60_000,
        return_s_max=90_000,
    )
    with Town(places("bad"), town.clock.now(), faults, seed=5) as bad:
        people = [bad.person(money="1000") for _ in range(5)]
        banks = [bad.bank_account(p.id) for p in people]
        day = bad.today
        for n in range(30):
            for p, bank in zip(people, banks, strict=True):
                bad.run(withdraw, Withdraw(p.id, bank, yuan("11")))
                bad.run(request_top_up, RequestTopUp(p.id, bank, yuan("7")))
            for _ in range(6):
                bad.work()
                bad.poll()
                bad.wait(hours=4)
            result = bad.reconcile(day + timedelta(days=n))
            assert [] == result.breaks
            assert [] == bad.breaks()
        for n in range(30, 40):
            bad.wait(days=1)
            bad.work()
            bad.poll()
            result = bad.reconcile(day + timedelta(days=n))

        assert (0, [], []) == (result.gap_minor, result.under_way, result.breaks)
        assert [] == bad.read(open_cases)
        assert result.bank_minor == sum(bad.fen(p.id) for p in people)
        assert [] == bad.breaks()

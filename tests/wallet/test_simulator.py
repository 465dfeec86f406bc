"""The simulated bank: the same seed, the same bank; its own books, and a right statement."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from venule.kit.time import VirtualClock
from venule.wallet import (
    BankRailSimulator,
    BankStatementNotReady,
    MessageKind,
    RailAnswer,
    RailFaults,
    RailOrder,
    RailUnavailable,
)

START = datetime(2014, 3, 10, 1, tzinfo=UTC)
ALWAYS = 1_000_000
WILD = RailFaults(
    refuse_ppm=100_000,
    lose_answer_ppm=100_000,
    reject_ppm=200_000,
    return_ppm=300_000,
    duplicate_ppm=300_000,
    silent_ppm=100_000,
    stray_ppm=100_000,
    book_s_max=50_000,
    message_s_max=90_000,
    return_s_max=10_000,
)


def _order(n, fen=100):
    return RailOrder(UUID(int=1000 + n), "reserve", "ICBC", str(n), fen)


def _live(rail, clock, orders=range(40)):
    """Send some orders, half of them payouts, and listen."""
    heard = []
    for n in orders:
        send = rail.send_payout if n % 2 else rail.request_debit
        try:
            send(UUID(int=n + 1), _order(n, 100 + n))
        except RailUnavailable:
            send(UUID(int=n + 1), _order(n, 100 + n))
        heard += rail.messages(len(heard), 100)
        clock.advance(timedelta(hours=1))
    clock.advance(timedelta(days=4))
    return heard + rail.messages(len(heard), 1000)


def _statements(rail):
    return [rail.statement("reserve", date(2014, 3, 10) + timedelta(days=n)) for n in range(5)]


def _run(seed=3, path=None):
    clock = VirtualClock(START)
    rail = BankRailSimulator(seed, clock, faults=WILD, path=path)
    return _live(rail, clock), _statements(rail)


def test_the_same_seed_is_the_same_bank():
    assert _run() == _run()
    assert _run() != _run(seed=4)


def test_it_goes_on_after_a_kill_where_it_stopped(tmp_path):
    path = tmp_path / "bank.jsonl"
    clock = VirtualClock(START)
    rail = BankRailSimulator(3, clock, faults=WILD, path=path)
    heard = []
    for n in range(40):
        heard = heard[: n // 2]  # what we had not stored is heard again
        send = rail.send_payout if n % 2 else rail.request_debit
        with suppress(RailUnavailable):
            send(UUID(int=n + 1), _order(n, 100 + n))
        heard += rail.messages(len(heard), 100)
        clock.advance(timedelta(hours=1))
        with path.open("ab") as file:
            file.write(b'{"torn')
        rail = BankRailSimulator(3, clock, faults=WILD, path=path)
    clock.advance(timedelta(days=4))
    heard += rail.messages(len(heard), 1000)

    assert (heard, _statements(rail)) == _run()


def test_a_statement_holds_every_booking_once_and_its_balances_follow():
    heard, statements = _run()

    balance = 0
    for statement in statements:
        assert balance == statement.opening_minor
        balance += sum(line.amount_minor for line in statement.lines)
        assert balance == statement.closing_minor
    refs = [line.bank_ref for statement in statements for line in statement.lines]
    assert len(refs) == len(set(refs))
    booked = {
        line.bank_ref: (abs(line.amount_minor), line.our_ref, statement.on)
        for statement in statements
        for line in statement.lines
    }
    for message in heard:
        if message.bank_ref:
            assert booked[message.bank_ref] == (
                message.amount_minor,
                message.our_ref,
                message.booked_on,
            )


def test_the_bank_is_as_bad_as_asked():
    heard, statements = _run()

    assert set(MessageKind) == {message.kind for message in heard}
    assert len(heard) > len({(message.kind, message.our_ref) for message in heard})
    refs = {line.bank_ref for statement in statements for line in statement.lines}
    assert refs - {message.bank_ref for message in heard}  # silent ones
    assert any(line.our_ref == "a stranger" for s in statements for line in s.lines)
    told = [(message.kind, message.our_ref) for message in heard]
    early = [
        ref
        for i, (kind, ref) in enumerate(told)
        if kind is MessageKind.PAYOUT_RETURNED
        and (MessageKind.PAYOUT_BOOKED, ref) in told[i:]
        and (MessageKind.PAYOUT_BOOKED, ref) not in told[:i]
    ]
    assert early  # a return told before its debit


def test_a_key_is_one_order():
    rail = BankRailSimulator(1, VirtualClock(START))
    key = UUID(int=1)

    assert RailAnswer(True) == rail.send_payout(key, _order(1))
    assert RailAnswer(True) == rail.send_payout(key, _order(1))
    assert not rail.send_payout(key, _order(2)).accepted
    assert not rail.request_debit(key, _order(1)).accepted
    assert [MessageKind.PAYOUT_BOOKED] == [message.kind for message in rail.messages(0, 10)]


def test_a_lost_answer_is_an_order_taken():
    faults = RailFaults(lose_answer_ppm=ALWAYS, refuse_ppm=ALWAYS)
    rail = BankRailSimulator(1, VirtualClock(START), faults=faults)

    with pytest.raises(RailUnavailable) as raised:
        rail.request_debit(UUID(int=1), _order(1))

    assert raised.value.retryable
    assert rail.has_taken(UUID(int=1))
    assert not rail.request_debit(UUID(int=1), _order(1)).accepted
    assert [] == rail.messages(0, 10)


def test_a_day_has_its_statement_when_it_is_over():
    clock = VirtualClock(START)
    rail = BankRailSimulator(1, clock)
    rail.book("reserve", 5)

    with pytest.raises(BankStatementNotReady):
        rail.statement("reserve", date(2014, 3, 10))
    clock.set(datetime(2014, 3, 10, 16, tzinfo=UTC))  # midnight in China

    assert (0, 5) == (
        rail.statement("reserve", date(2014, 3, 10)).opening_minor,
        rail.statement("reserve", date(2014, 3, 10)).closing_minor,
    )
    assert [] == rail.statement("other", date(2014, 3, 10)).lines


def test_faults_hold_for_what_comes_after_and_are_written_down(tmp_path):
    clock = VirtualClock(datetime(2014, 3, 10, 1, tzinfo=UTC))
    path = tmp_path / "bank"
    bank = BankRailSimulator(1, clock, path=path)

    def order(n: int) -> RailOrder:
        return RailOrder(UUID(int=n), "reserve", "ICBC", "1", 100)

    assert bank.next_message_at() is None
    assert bank.send_payout(UUID(int=1), order(1)).accepted
    bank.set_faults(RailFaults(refuse_ppm=1_000_000))
    assert not bank.send_payout(UUID(int=2), order(2)).accepted
    assert bank.send_payout(UUID(int=1), order(1)).accepted, "it was taken before"
    bank.set_faults(RailFaults(reject_ppm=1_000_000, book_s_max=100))
    assert bank.send_payout(UUID(int=3), order(3)).accepted
    assert bank.next_message_at() == clock.now()
    clock.advance(timedelta(seconds=100))
    kinds = [message.kind for message in bank.messages(0, 10)]
    assert [MessageKind.PAYOUT_BOOKED, MessageKind.PAYOUT_REJECTED] == kinds
    assert bank.next_message_at() is None

    again = BankRailSimulator(1, clock, path=path)
    assert bank.messages(0, 10) == again.messages(0, 10)
    assert not again.send_payout(UUID(int=2), order(2)).accepted
    assert again.send_payout(UUID(int=4), order(4)).accepted, "it begins with its own faults"

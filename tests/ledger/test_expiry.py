"""Holds whose time is over, when the commands that made them were undone and repeated."""

from __future__ import annotations

from support.ledger_books import Hand
from venule.ledger import AccountFlags, Book, Posted, Transfer, TransferFlags

NO_DEBT = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
SECOND = 1_000_000


def hold(payer: int, payee: int):
    it = Transfer(payer, payee, 30, 900, flags=int(TransferFlags.PENDING), timeout_s=1)

    def command(book: Book) -> list[Posted]:
        return book.post((it,))

    return command


def test_a_hold_made_again_at_the_same_instant_expires_once():
    """The first try is undone; the second gets the same number and ends at the same instant."""
    hand = Hand()
    bank, payer, payee = hand.open(0, NO_DEBT, NO_DEBT)
    hand.post(Transfer(bank, payer, 100, 100))
    first, second = hand.group(hold(payer, payee), hold(payer, payee), fail={0})
    assert first == second
    assert 70 == hand.book.account(payer).available_credit

    hand.now_us += SECOND
    before = hand.book.memory.next_seq
    hand.post()

    assert 100 == hand.book.account(payer).available_credit
    assert before + 1 == hand.book.memory.next_seq
    assert 100 == hand.reopen().book.account(payer).available_credit


def test_a_hold_of_an_undone_command_never_expires():
    hand = Hand()
    bank, payer, payee = hand.open(0, NO_DEBT, NO_DEBT)
    hand.post(Transfer(bank, payer, 100, 100))
    hand.group(hold(payer, payee), fail={0})
    hand.post(Transfer(payer, payee, 1, 100))  # gets the number of the hold that is gone

    hand.now_us += SECOND
    before = hand.book.memory.next_seq
    hand.post()

    assert before == hand.book.memory.next_seq
    assert 99 == hand.book.account(payer).available_credit

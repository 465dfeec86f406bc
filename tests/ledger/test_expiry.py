"""Holds whose time is over, when the commands that made them were undone and repeated; too many
holds."""

from __future__ import annotations

import numpy as np
import pytest

from support.ledger_books import Hand, Hands
from venule.ledger import (
    TRANSFER_REQUEST,
    AccountFlags,
    Book,
    HoldsTooMany,
    Posted,
    Transfer,
    TransferFlags,
    memory,
)

NO_DEBT = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
SECOND = 1_000_000


def hold(payer: int, payee: int):
    it = Transfer(payer, payee, 30, 900, flags=int(TransferFlags.PENDING), timeout_s=1)

    def command(book: Book) -> list[Posted]:
        return book.post((it,))

    return command


def test_a_hold_made_again_at_the_same_instant_expires_once(new_hand: Hands):
    """The first try is undone; the second gets the same number and ends at the same instant."""
    hand = new_hand()
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


def test_a_hold_of_an_undone_command_never_expires(new_hand: Hands):
    hand = new_hand()
    bank, payer, payee = hand.open(0, NO_DEBT, NO_DEBT)
    hand.post(Transfer(bank, payer, 100, 100))
    hand.group(hold(payer, payee), fail={0})
    hand.post(Transfer(payer, payee, 1, 100))  # gets the number of the hold that is gone

    hand.now_us += SECOND
    before = hand.book.memory.next_seq
    hand.post()

    assert before == hand.book.memory.next_seq
    assert 99 == hand.book.account(payer).available_credit


def test_more_holds_than_a_checkpoint_can_keep_are_refused_and_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(memory, "HOLDS_MAX", 3)
    hand = Hand()
    bank, payer, payee = hand.open(0, NO_DEBT, NO_DEBT)
    hand.post(Transfer(bank, payer, 1_000, 100))
    hand.group(*[hold(payer, payee)] * 2)
    before = hand.book.memory.next_seq

    two = np.zeros(2, dtype=TRANSFER_REQUEST)
    two["debit"], two["credit"], two["amount"], two["code"] = payer, payee, 30, 900
    two["flags"] = int(TransferFlags.PENDING)
    with pytest.raises(HoldsTooMany, match="room for 3 open holds: 2 are open, 2 more"):
        hand.book.post_batch(two)
    assert before == hand.book.memory.next_seq

    [last] = hand.group(hold(payer, payee))[0]
    with pytest.raises(HoldsTooMany):
        hold(payer, payee)(hand.book)
    void = int(TransferFlags.VOID_PENDING)
    hand.post(Transfer(0, 0, 0, 900, flags=void, related=last.seq))
    assert hand.group(hold(payer, payee))[0][0].ok
    assert 3 == hand.reopen().book.memory.pending_count

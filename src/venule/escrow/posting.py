"""Posting what must hold, with the wallet's words for what is not there."""

from __future__ import annotations

from venule.escrow import flows
from venule.escrow.accounts import EscrowTransferCode
from venule.escrow.errors import FeesSweptAway
from venule.ledger import Refusal, Transfer, TransferRefused, Tx
from venule.wallet import InsufficientFunds, house


def post(tx: Tx, transfers: list[Transfer]) -> list[int]:
    """Post transfers that must all be accepted; return their sequence numbers.

    Raises: InsufficientFunds, FeesSweptAway, else TransferRefused.
    """
    answer = tx.post(transfers)
    for index, (posted, wanted) in enumerate(zip(answer, transfers, strict=True)):
        if posted.refusal is Refusal.EXCEEDS_CREDITS:
            short = tx.account(wanted.debit)
            if wanted.code == EscrowTransferCode.TRADE_FEE_RETURNED:
                raise FeesSweptAway(wanted.amount, short.available_credit)
            raise InsufficientFunds(short.id, wanted.amount, short.available_credit)
        if posted.refusal not in (Refusal.OK, Refusal.LINKED_EVENT_FAILED):
            raise TransferRefused(index, posted.refusal, wanted)
    return [posted.seq for posted in answer]


def post_legs(tx: Tx, ref: bytes, legs: list[flows.Leg]) -> None:
    """Post legs as one chain. Raises: as `post`."""
    post(tx, flows.chain(ref, legs))


def fees_account(tx: Tx, fee_minor: int) -> int:
    """Return the account that fees go to; 0, without looking, if there is no fee."""
    return house(tx).fees_unswept if fee_minor else 0

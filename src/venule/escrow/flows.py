"""Every movement of money in guaranteed trade, as transfers.

Accounts are ledger ids; amounts are fen; a leg of 0 is left out. Every transfer carries the trade's
id (a hold that of its authorisation): so the sum of a trade's entries on ESCROW_HELD and
ESCROW_UNSETTLED is what stands there for it. A list is a linked chain: all of it holds, or nothing.
"""

from __future__ import annotations

from typing import Final

from venule.escrow.accounts import EscrowTransferCode as Why
from venule.escrow.model import Pools, Refund, Trade
from venule.ledger import Transfer, TransferFlags

_LINKED: Final = int(TransferFlags.LINKED)
_PENDING: Final = int(TransferFlags.PENDING)
_POST: Final = int(TransferFlags.POST_PENDING)
_VOID: Final = int(TransferFlags.VOID_PENDING)

Leg = tuple[int, int, int, int]
"""Why, from, to, fen."""


def chain(ref: bytes, legs: list[Leg]) -> list[Transfer]:
    """Return legs as transfers that hold all together or not at all."""
    wanted = [leg for leg in legs if leg[3]]
    last = len(wanted) - 1
    return [
        Transfer(debit, credit, amount, code, ref, _LINKED if index < last else 0)
        for index, (code, debit, credit, amount) in enumerate(wanted)
    ]


def pay(trade: Trade, pools: Pools) -> list[Leg]:
    """The buyer pays into escrow."""
    return [(Why.ESCROW_PAID, trade.buyer_account, pools.held, trade.amount_minor)]


def pay_instant(trade: Trade, pools: Pools, fees: int) -> list[Leg]:
    """The buyer pays the seller at once, or for settlement; the seller pays our fee out of it."""
    if trade.settle:
        return [
            (
                Why.PAID_FOR_SETTLEMENT,
                trade.buyer_account,
                pools.unsettled,
                trade.amount_minor,
            ),
            (Why.TRADE_FEE, pools.unsettled, fees, trade.fee_minor),
        ]
    return [
        (Why.INSTANT_PAID, trade.buyer_account, trade.seller_account, trade.amount_minor),
        (Why.TRADE_FEE, trade.seller_account, fees, trade.fee_minor),
    ]


def release(trade: Trade, pools: Pools, amount: int, fee: int, fees: int) -> list[Leg]:
    """Held money becomes the seller's, or is kept for settlement; our fee comes out of it."""
    if trade.settle:
        return [
            (Why.RELEASED_FOR_SETTLEMENT, pools.held, pools.unsettled, amount),
            (Why.TRADE_FEE, pools.unsettled, fees, fee),
        ]
    return [
        (Why.ESCROW_RELEASED, pools.held, trade.seller_account, amount),
        (Why.TRADE_FEE, trade.seller_account, fees, fee),
    ]


def refund(
    trade: Trade, pools: Pools, made: Refund, receivers: list[tuple[int, int]], fees: int
) -> list[Leg]:
    """Money goes back to the buyer: held, given back by receivers, unsettled, from the seller.

    receivers: account and fen. What the seller has back of our fee comes first, so that it can be
    part of what the seller sends back.
    """
    buyer = trade.buyer_account
    return [
        (Why.ESCROW_REFUNDED, pools.held, buyer, made.held_minor),
        (Why.TRADE_FEE_RETURNED, fees, trade.seller_account, made.fee_returned_minor),
        *((Why.ROYALTY_RETURNED, account, buyer, fen) for account, fen in receivers),
        (Why.TRADE_REFUNDED, pools.unsettled, buyer, made.unsettled_minor),
        (Why.TRADE_REFUNDED, trade.seller_account, buyer, made.seller_minor),
    ]


def settle(
    trade: Trade, pools: Pools, receivers: list[tuple[int, int]], seller_minor: int
) -> list[Leg]:
    """What was kept for settlement goes to receivers (account and fen), and to the seller."""
    return [
        *((Why.ROYALTY_PAID, pools.unsettled, account, fen) for account, fen in receivers),
        (Why.SETTLED, pools.unsettled, trade.seller_account, seller_minor),
    ]


def award(pools: Pools, account: int, amount: int) -> list[Leg]:
    """A ruling gives a part to somebody who is neither buyer nor seller."""
    return [(Why.ESCROW_AWARDED, pools.held, account, amount)]


def hold(payer: int, pools: Pools, amount: int, ref: bytes) -> list[Transfer]:
    """Freeze money in the payer's wallet, without a time-out: our deadlines end it."""
    return [Transfer(payer, pools.held, amount, Why.PREAUTH_HELD, ref, _PENDING)]


def pay_from_hold(
    trade: Trade, pools: Pools, hold_seq: int, rest: int, fees: int, ref: bytes
) -> list[Transfer]:
    """Pay a trade from a hold and freeze the rest again, in the same instant.

    ref: the authorisation's, for the new hold. The money passes through ESCROW_HELD, which the hold
    was for; nothing of it stays there.
    """
    payer, amount = trade.buyer_account, trade.amount_minor
    post = Transfer(
        payer,
        pools.held,
        amount,
        Why.PREAUTH_PAID,
        trade.id.bytes,
        _POST | _LINKED,
        hold_seq,
    )
    again = [
        Transfer(payer, pools.held, rest, Why.PREAUTH_HELD, ref, _PENDING | _LINKED)
        for _ in range(rest > 0)
    ]
    return [
        post,
        *again,
        *chain(trade.id.bytes, release(trade, pools, amount, trade.fee_minor, fees)),
    ]


def unfreeze(payer: int, pools: Pools, hold_seq: int, rest: int, ref: bytes) -> list[Transfer]:
    """End a hold, and freeze again what is to stay frozen."""
    linked = _LINKED if rest else 0
    void = Transfer(payer, pools.held, 0, Why.PREAUTH_RELEASED, ref, _VOID | linked, hold_seq)
    return [void, *(hold(payer, pools, rest, ref) if rest else [])]

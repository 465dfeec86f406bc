"""Every movement of money in the wallet room, as transfers.

Accounts are ledger ids; amounts are fen above 0. A chain is linked: all its legs hold, or none.
"""

from __future__ import annotations

from typing import Final

from venule.ledger import Transfer, TransferFlags
from venule.wallet.accounts import WalletTransferCode as Why
from venule.wallet.model import House, PayoutState, TopUpState

_LINKED: Final = int(TransferFlags.LINKED)
_PENDING: Final = int(TransferFlags.PENDING)
_POST: Final = int(TransferFlags.POST_PENDING)
_VOID: Final = int(TransferFlags.VOID_PENDING)
_REVERSAL: Final = int(TransferFlags.REVERSAL)


def tell_top_up(house: House, amount: int, ref: bytes) -> list[Transfer]:
    """The bank has accepted a top-up: it is coming, and nobody's to spend yet."""
    return [Transfer(house.top_up_in_transit, house.top_up_uncleared, amount, Why.TOP_UP_TOLD, ref)]


def credit_wallet(reserve: int, wallet: int, amount: int, ref: bytes) -> list[Transfer]:
    """Money has arrived in the reserve account, for a member."""
    return [Transfer(reserve, wallet, amount, Why.TOP_UP, ref)]


def confirm_top_up(
    house: House, reserve: int, wallet: int, amount: int, ref: bytes, state: TopUpState
) -> list[Transfer]:
    """The bank has booked a top-up: clear what was in transit, credit the wallet."""
    credit = credit_wallet(reserve, wallet, amount, ref)
    if state is TopUpState.REQUESTED:
        return credit
    clear = Transfer(
        house.top_up_uncleared,
        house.top_up_in_transit,
        amount,
        Why.TOP_UP_CLEARED,
        ref,
        _LINKED,
    )
    return [clear, *credit]


def reject_top_up(house: House, amount: int, ref: bytes, told_seq: int) -> list[Transfer]:
    """The bank has rejected a top-up that was in transit: reverse it."""
    return [
        Transfer(
            house.top_up_uncleared,
            house.top_up_in_transit,
            amount,
            Why.TOP_UP_REVERSED,
            ref,
            _REVERSAL,
            told_seq,
        )
    ]


def transfer(payer: int, payee: int, amount: int, ref: bytes) -> list[Transfer]:
    """One member sends money to another."""
    return [Transfer(payer, payee, amount, Why.TRANSFER, ref)]


def pay(
    payer: int, merchant: int, amount: int, ref: bytes, fee: int, fees_unswept: int
) -> list[Transfer]:
    """A member pays a merchant in full; the merchant pays us the fee out of it.

    fee: 0 for none. It stays client-side until it is swept.
    """
    if not fee:
        return [Transfer(payer, merchant, amount, Why.PAYMENT, ref)]
    return [
        Transfer(payer, merchant, amount, Why.PAYMENT, ref, _LINKED),
        Transfer(merchant, fees_unswept, fee, Why.FEE, ref),
    ]


def refund(merchant: int, payer: int, amount: int, ref: bytes) -> list[Transfer]:
    """A merchant sends back a part of a payment; the fee stays paid."""
    return [Transfer(merchant, payer, amount, Why.REFUND, ref)]


def hold_payout(house: House, wallet: int, amount: int, ref: bytes) -> list[Transfer]:
    """Reserve money in the wallet for a withdrawal, without a time-out."""
    return [Transfer(wallet, house.payout_in_transit, amount, Why.PAYOUT_HELD, ref, _PENDING)]


def send_payout(house: House, wallet: int, ref: bytes, held_seq: int) -> list[Transfer]:
    """The bank has accepted a withdrawal: the money has left the wallet."""
    return [Transfer(wallet, house.payout_in_transit, 0, Why.PAYOUT_SENT, ref, _POST, held_seq)]


def release_payout(house: House, wallet: int, ref: bytes, held_seq: int) -> list[Transfer]:
    """The bank will not send a withdrawal: the hold ends."""
    return [Transfer(wallet, house.payout_in_transit, 0, Why.PAYOUT_RELEASED, ref, _VOID, held_seq)]


def settle_payout(house: House, reserve: int, amount: int, ref: bytes) -> list[Transfer]:
    """The bank has debited the reserve account for a withdrawal."""
    return [Transfer(house.payout_in_transit, reserve, amount, Why.PAYOUT_SETTLED, ref)]


def reject_payout(house: House, wallet: int, amount: int, ref: bytes) -> list[Transfer]:
    """The bank took a withdrawal and never debited it: back to the wallet."""
    return [Transfer(house.payout_in_transit, wallet, amount, Why.PAYOUT_REJECTED, ref)]


def return_payout(
    house: House, reserve: int, wallet: int, amount: int, ref: bytes, state: PayoutState
) -> list[Transfer]:
    """A withdrawal has come back to the reserve account: after its debit, or told before it."""
    if state is PayoutState.SETTLED:
        return [Transfer(reserve, wallet, amount, Why.PAYOUT_RETURNED, ref)]
    return [Transfer(reserve, house.payout_in_transit, amount, Why.PAYOUT_RETURN_TOLD, ref)]


def settle_returning(
    house: House, reserve: int, wallet: int, amount: int, ref: bytes
) -> list[Transfer]:
    """The debit of a withdrawal whose return is booked already: back to the wallet."""
    out = house.payout_in_transit
    return [
        Transfer(out, reserve, amount, Why.PAYOUT_SETTLED, ref, _LINKED),
        Transfer(out, wallet, amount, Why.PAYOUT_RETURNED, ref),
    ]


def pay_out(wallet: int, reserve: int, amount: int, ref: bytes) -> list[Transfer]:
    """A withdrawal that the bank has settled at once."""
    return [Transfer(wallet, reserve, amount, Why.PAYOUT, ref)]


def into_suspense(house: House, reserve: int, amount: int, ref: bytes) -> list[Transfer]:
    """A line of the bank that nobody explains. amount: + came in, - went out."""
    if amount > 0:
        return [Transfer(reserve, house.suspense, amount, Why.SUSPENSE_IN, ref)]
    return [Transfer(house.suspense, reserve, -amount, Why.SUSPENSE_OUT, ref)]


def credit_from_suspense(house: House, wallet: int, amount: int, ref: bytes) -> list[Transfer]:
    """Money in suspense turns out to be a member's."""
    return [Transfer(house.suspense, wallet, amount, Why.SUSPENSE_CREDITED, ref)]


def cover_shortfall(house: House, reserve: int, amount: int, ref: bytes) -> list[Transfer]:
    """Own money makes good what clients miss: one transfer on either side."""
    return [
        Transfer(reserve, house.suspense, amount, Why.SHORTFALL_COVERED, ref, _LINKED),
        Transfer(house.shortfalls, house.own_bank, amount, Why.SHORTFALL_COST, ref),
    ]


def sweep_fees(house: House, reserve: int, amount: int, ref: bytes) -> list[Transfer]:
    """Fees have gone from the reserve to our own bank account: one transfer on either side."""
    return [
        Transfer(house.fees_unswept, reserve, amount, Why.FEES_SWEPT, ref, _LINKED),
        Transfer(house.own_bank, house.fees, amount, Why.FEES_EARNED, ref),
    ]


def pay_in_capital(house: House, amount: int, ref: bytes) -> list[Transfer]:
    """The owners have paid money into our own bank account."""
    return [Transfer(house.own_bank, house.own_capital, amount, Why.CAPITAL_PAID_IN, ref)]

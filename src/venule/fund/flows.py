"""Every movement of the fund room: business event -> balanced journal entries. Amounts in fen.

Client side (1000s, 2000s), fund side (7000s, 8000s) and register (9000s) meet in control accounts:
FUND_COLLECTION holds what is paid and not confirmed, REDEMPTION_PAYABLE what is confirmed and not
paid. Capital and shares in issue are equal after every command, face value being 1.00.
Source: fund-clearing reference, section 10.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from venule.fund.model import AdvanceLine, FundAccounts, FundTransferCode, Int64s, RecordArray
from venule.ledger import TRANSFER_REQUEST, ZERO_REF, Transfer, TransferFlags

_LINKED = int(TransferFlags.LINKED)
_PENDING = int(TransferFlags.PENDING)
_POST = int(TransferFlags.POST_PENDING)
_VOID = int(TransferFlags.VOID_PENDING)
_REVERSAL = int(TransferFlags.REVERSAL)
C = FundTransferCode


def order_paid(cash: int, fund: FundAccounts, amount: int, ref: bytes) -> Transfer:
    """A subscription is paid: wallet cash to the fund collection."""
    return Transfer(cash, fund.collection, amount, C.ORDER_PAID, ref)


def order_refunded(cash: int, fund: FundAccounts, amount: int, ref: bytes) -> Transfer:
    """A paid subscription is cancelled or rejected: the money goes back."""
    return Transfer(fund.collection, cash, amount, C.ORDER_REFUNDED, ref)


def orders_paid(fund: FundAccounts, cash: Int64s, amounts: Int64s, refs: Any) -> RecordArray:
    """Many subscriptions are paid at once, each by itself."""
    return _batch(cash, fund.collection, amounts, C.ORDER_PAID, refs)


def subscriptions_confirmed(
    fund: FundAccounts, holders: Int64s, amounts: Int64s, refs: Any
) -> RecordArray:
    """T+1: collection to share capital, and the shares to the register; two entries an order."""
    money = _batch(fund.collection, fund.capital, amounts, C.SUBSCRIPTION_CONFIRMED, refs)
    shares = _batch(fund.issue, holders, amounts, C.SHARES_ISSUED, refs)
    return _pairs(money, shares)


def money_to_fund(fund: FundAccounts, amount: int, ref: bytes) -> Transfer:
    """What was confirmed in one run moves from the client reserve to the custodian, in one sum."""
    return Transfer(fund.custody, fund.reserve, amount, C.MONEY_TO_FUND, ref)


def shares_reserved(fund: FundAccounts, holder: int, shares: int, ref: bytes) -> Transfer:
    """A redemption is accepted: its shares are on hold until it is confirmed or cancelled."""
    return Transfer(holder, fund.issue, shares, C.SHARES_RESERVED, ref, _PENDING)


def reservation_released(fund: FundAccounts, holder: int, hold_seq: int, ref: bytes) -> Transfer:
    """A redemption is cancelled or rejected, or its reservation replaced by another."""
    return Transfer(holder, fund.issue, 0, C.RESERVATION_RELEASED, ref, _VOID, hold_seq)


def redemptions_confirmed(
    fund: FundAccounts, holders: Int64s, amounts: Int64s, holds: Int64s, refs: Any
) -> RecordArray:
    """T+1: the reserved shares are cancelled, share capital becomes payable."""
    shares = _batch(holders, fund.issue, amounts, C.SHARES_CANCELLED, refs)
    shares["flags"] = _POST
    shares["related"] = holds
    money = _batch(fund.capital, fund.payable, amounts, C.REDEMPTION_CONFIRMED, refs)
    return _pairs(shares, money)


def pledges_confirmed(
    fund: FundAccounts, pledges: Int64s, amounts: Int64s, refs: Any
) -> RecordArray:
    """T+1: pledged shares are cancelled like any other redemption's."""
    shares = _batch(pledges, fund.issue, amounts, C.SHARES_CANCELLED, refs)
    money = _batch(fund.capital, fund.payable, amounts, C.REDEMPTION_CONFIRMED, refs)
    return _pairs(shares, money)


def redemptions_paid(fund: FundAccounts, cash: Int64s, amounts: Int64s, refs: Any) -> RecordArray:
    """Confirmed redemptions are paid into the holders' wallets."""
    return _batch(fund.payable, cash, amounts, C.REDEMPTION_PAID, refs)


def redemption_paid(fund: FundAccounts, cash: int, amount: int, ref: bytes) -> Transfer:
    """One confirmed redemption is paid into a wallet."""
    return Transfer(fund.payable, cash, amount, C.REDEMPTION_PAID, ref)


def money_from_fund(fund: FundAccounts, amount: int, ref: bytes) -> Transfer:
    """The custodian pays one run's redemptions into the client reserve, in one sum."""
    return Transfer(fund.reserve, fund.custody, amount, C.MONEY_FROM_FUND, ref)


def advanced(line: AdvanceLine, holder: int, cash: int, amount: int, ref: bytes) -> list[Transfer]:
    """Fast redemption: shares into the pledge, the bank's money into the wallet, all or nothing."""
    return [
        Transfer(holder, line.pledge, amount, C.SHARES_PLEDGED, ref, _LINKED),
        Transfer(line.line, cash, amount, C.ADVANCE_PAID, ref, _LINKED),
        Transfer(line.transit, line.funding, amount, C.ADVANCE_FUNDED, ref),
    ]


def advance_reversed(
    line: AdvanceLine, holder: int, cash: int, amount: int, first_seq: int, ref: bytes
) -> list[Transfer]:
    """A fast redemption whose pay-out failed: the mirror of `advanced`, naming what it reverses.

    first_seq: the sequence number of the first of the three entries.
    """
    pairs = ((cash, line.line, 1), (line.funding, line.transit, 2), (line.pledge, holder, 0))
    return [
        Transfer(
            debit,
            credit,
            amount,
            C.ADVANCE_REVERSED,
            ref,
            _REVERSAL if place == 0 else _REVERSAL | _LINKED,
            first_seq + place,
        )
        for debit, credit, place in pairs
    ]


def advance_funded(fund: FundAccounts, line: AdvanceLine, amount: int, ref: bytes) -> Transfer:
    """The bank pays a day's advances into the client reserve; a negative sum is paid back."""
    if amount < 0:
        return Transfer(line.transit, fund.reserve, -amount, C.ADVANCE_FUNDED, ref)
    return Transfer(fund.reserve, line.transit, amount, C.ADVANCE_FUNDED, ref)


def advance_settled(
    fund: FundAccounts, line: AdvanceLine, amount: int, ref: bytes
) -> list[Transfer]:
    """The pledge's redemption pays the bank: its line is full again."""
    return [
        Transfer(fund.payable, line.line, amount, C.ADVANCE_SETTLED, ref, _LINKED),
        Transfer(line.funding, fund.custody, amount, C.ADVANCE_REPAID, ref),
    ]


def income_taken_in(fund: FundAccounts, net_income: int, ref: bytes) -> Transfer:
    """The day's net income is known: a gain to distribute, or a loss."""
    if net_income < 0:
        return Transfer(fund.loss, fund.accrued, -net_income, C.LOSS_TAKEN_IN, ref)
    return Transfer(fund.accrued, fund.income, net_income, C.INCOME_TAKEN_IN, ref)


def residue_used(fund: FundAccounts, residue: int, ref: bytes) -> Transfer:
    """What earlier days left over meets a loss, and so less is left for the holders to bear; or
    holders bear whole fen of a loss, and what is above it is left over (negative)."""
    if residue < 0:
        return Transfer(fund.loss, fund.income, -residue, C.RESIDUE_USED, ref)
    return Transfer(fund.income, fund.loss, residue, C.RESIDUE_USED, ref)


def income_credited(
    fund: FundAccounts, accounts: Int64s, credits: Int64s, ref: bytes
) -> RecordArray:
    """Each holder's credit > 0 becomes shares."""
    return _batch(fund.issue, accounts, credits, C.INCOME_CREDITED, ref)


def income_capitalised(fund: FundAccounts, credited: int, ref: bytes) -> Transfer:
    """The sum of a shard's credits becomes share capital."""
    return Transfer(fund.income, fund.capital, credited, C.INCOME_CAPITALISED, ref)


def losses_taken(fund: FundAccounts, accounts: Int64s, losses: Int64s, ref: bytes) -> RecordArray:
    """Each holder's loss > 0 removes shares."""
    return _batch(accounts, fund.issue, losses, C.LOSS_TAKEN, ref)


def loss_taken(fund: FundAccounts, account: int, loss: int, ref: bytes) -> Transfer:
    """A loss removes shares of one holder."""
    return Transfer(account, fund.issue, loss, C.LOSS_TAKEN, ref)


def loss_capitalised(fund: FundAccounts, taken: int, ref: bytes) -> Transfer:
    """The sum of a shard's losses reduces share capital; what could not be taken stays a loss."""
    return Transfer(fund.capital, fund.loss, taken, C.LOSS_CAPITALISED, ref)


def loss_from_reserved(
    fund: FundAccounts, holder: int, hold_seq: int, loss: int, left: int, ref: bytes
) -> list[Transfer]:
    """A loss takes shares on hold: the hold is replaced by a smaller one, if any is left."""
    entries = [reservation_released(fund, holder, hold_seq, ref)]
    entries.append(Transfer(holder, fund.issue, loss, C.LOSS_TAKEN, ref))
    if left:
        entries.append(shares_reserved(fund, holder, left, ref))
    return entries


def hold_enlarged(
    fund: FundAccounts, holder: int, hold_seq: int, shares: int, ref: bytes
) -> list[Transfer]:
    """Income goes along with a redemption of all shares: the hold is replaced by a larger one."""
    return [
        reservation_released(fund, holder, hold_seq, ref),
        shares_reserved(fund, holder, shares, ref),
    ]


def shares_frozen(holder: int, frozen: int, shares: int, ref: bytes) -> Transfer:
    """Shares are frozen: they earn, and can't be redeemed."""
    return Transfer(holder, frozen, shares, C.SHARES_FROZEN, ref)


def shares_unfrozen(holder: int, frozen: int, shares: int, ref: bytes) -> Transfer:
    """Frozen shares are free again."""
    return Transfer(frozen, holder, shares, C.SHARES_UNFROZEN, ref)


def register_taken_over(
    fund: FundAccounts, holders: Int64s, shares: Int64s, ref: bytes
) -> RecordArray:
    """Shares that an earlier registrar kept come onto the register."""
    return _batch(fund.issue, holders, shares, C.REGISTER_TAKEN_OVER, ref)


def assets_taken_over(fund: FundAccounts, total: int, ref: bytes) -> Transfer:
    """The money behind a register taken over, at the custodian."""
    return Transfer(fund.custody, fund.capital, total, C.REGISTER_TAKEN_OVER, ref)


def _batch(debit: Any, credit: Any, amounts: Int64s, code: int, refs: Any) -> RecordArray:
    """Fill a batch of requests; `debit`, `credit` and `refs` may be one for all."""
    batch: RecordArray = np.zeros(len(amounts), TRANSFER_REQUEST)
    batch["debit"] = debit
    batch["credit"] = credit
    batch["amount"] = amounts
    batch["code"] = code
    batch["ref"] = np.void(refs) if isinstance(refs, bytes) else refs
    return batch


def _pairs(first: RecordArray, second: RecordArray) -> RecordArray:
    """Interleave two batches: each pair is a linked chain, so both legs hold together."""
    both: RecordArray = np.empty(2 * len(first), TRANSFER_REQUEST)
    both[0::2] = first
    both[1::2] = second
    both["flags"][0::2] |= _LINKED
    return both


def refs_of(ids: list[bytes]) -> Any:
    """Return 16-byte references as the array that a batch takes."""
    return np.frombuffer(b"".join(ids), dtype=f"V{len(ZERO_REF)}")

"""Freezing shares: by a court, by the holder's wish, as a pledge. Frozen shares earn."""

from __future__ import annotations

from venule.fund import flows, rules, store
from venule.fund.commands import FreezeShares, ShareFreeze, UnfreezeShares
from venule.fund.errors import FreezeUnknown, SharesInsufficient
from venule.fund.funds import fund_of, holder
from venule.fund.model import FreezeCause, FreezeId, FundAccountCode
from venule.fund.service import require_posted
from venule.ledger import AccountFlags, Refusal, Tx


def freeze_shares(tx: Tx, command: FreezeShares) -> ShareFreeze:
    """Freeze free shares of a holder. Raises: FundUnknown, AmountOutOfFund, HolderUnknown,
    SharesInsufficient."""
    fund = fund_of(tx, command.fund)
    shares = rules.require_amount(command.shares_minor, "shares to freeze")
    who = holder(tx, fund.code, command.member_id, command.distributor)
    frozen = who.frozen
    if not frozen:
        frozen = tx.open_account(
            fund.unit,
            FundAccountCode.HOLDER_FROZEN,
            flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS,
            ref=command.member_id,
        )
        store.save_frozen_account(tx.sql, fund.code, command.distributor, command.member_id, frozen)
    freeze_id = FreezeId(tx.new_id())
    transfer = flows.shares_frozen(who.account, frozen, shares, freeze_id.bytes)
    posted = tx.post((transfer,))[0]
    if posted.refusal is Refusal.EXCEEDS_CREDITS:
        raise SharesInsufficient(fund.code, shares, tx.account(who.account).available_credit)
    require_posted((posted,), (transfer,))
    store.insert_freeze(
        tx.sql, freeze_id, fund.code, who.account, shares, command.cause, command.note, tx.now_us
    )
    said = {"member_id": command.member_id, "shares_minor": shares, "cause": command.cause}
    tx.emit("fund.shares_frozen", freeze_id, said)
    return ShareFreeze(freeze_id, fund.code, who.account, shares, command.cause, False)


def unfreeze_shares(tx: Tx, command: UnfreezeShares) -> ShareFreeze:
    """Release a freeze. With the holder's last one goes all that is frozen, income included.

    A freeze of which a loss has taken a part releases what is left. Raises: FreezeUnknown.
    """
    row = store.load_freeze(tx.sql, command.freeze_id)
    if row is None or row[4] is not None:
        raise FreezeUnknown(command.freeze_id)
    code, account, shares, cause, _, frozen = row
    fund = fund_of(tx, code)
    held = tx.account(frozen).balance
    released = held if store.count_freezes(tx.sql, account) == 1 else min(shares, held)
    if released:
        ref = command.freeze_id.bytes
        tx.post_all((flows.shares_unfrozen(account, frozen, released, ref),))
    store.release_freeze(tx.sql, command.freeze_id, tx.now_us)
    member_id = store.member_of(tx.sql, fund.code, account)
    said = {"member_id": member_id, "shares_minor": released}
    tx.emit("fund.shares_unfrozen", command.freeze_id, said)
    return ShareFreeze(command.freeze_id, fund.code, account, released, FreezeCause(cause), True)

"""Every order of the wallet has moved what it says, between the accounts it says, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from venule.ledger import Legs, TransferFlags, TransferNotFound, leg_differences
from venule.members import Break, accounts_by_member
from venule.wallet import proof_store
from venule.wallet.accounts import WalletTransferCode as Why
from venule.wallet.house_accounts import find_house
from venule.wallet.model import House, PayoutState, TopUpState
from venule.wallet.proof_view import ROOM, ProofView

CODES: Final = tuple(
    int(code) for code in Why if code < Why.SUSPENSE_IN and code is not Why.PAYOUT_HELD
)
"""What is posted with an order's id for its reference."""

_BY_KIND: Final = {"payment": Why.PAYMENT, "transfer": Why.TRANSFER}


def check_entries(view: ProofView) -> list[Break]:
    """Every payment, refund, top-up and withdrawal has the entries of its state, and none other
    has any."""
    house = find_house(view.sql)
    if house is None:
        return []
    seen = view.posted(codes=CODES)
    told = {
        code: {bytes(ref) for ref in seen["ref"][seen["code"] == code].tolist()}
        for code in (Why.PAYOUT_REJECTED, Why.PAYOUT_RETURN_TOLD)
    }
    owners = accounts_by_member(view.sql)
    legs = Legs()
    breaks = [
        *_payments(view, house, owners, legs),
        *_top_ups(view, house, owners, legs),
        *_payouts(view, house, owners, legs, told),
    ]
    breaks += [
        Break(ROOM, "entries of an order", f"{UUID(bytes=ref)}, fen", _words(missing), _words(more))
        for ref, missing, more in leg_differences(legs.array(), seen)
    ]
    return breaks


def _words(legs: Iterable[object]) -> str:
    return "; ".join(str(leg) for leg in legs) or "nothing"


def _owner(
    owners: dict[bytes, int], member: bytes, account: int, what: str, ref: bytes
) -> list[Break]:
    expected = owners.get(member)
    if expected == account:
        return []
    subject = f"{what} {UUID(bytes=ref)}"
    return [Break(ROOM, "account of its member", subject, str(expected), str(account))]


def _payments(view: ProofView, house: House, owners: dict[bytes, int], legs: Legs) -> list[Break]:
    breaks: list[Break] = []
    for ref, kind, payer_id, payee_id, payer, payee, amount, fee in proof_store.payments(view.sql):
        breaks += _owner(owners, payer_id, payer, "payer of", ref)
        breaks += _owner(owners, payee_id, payee, "payee of", ref)
        code = _BY_KIND[kind]
        legs.add(ref, (code, payer, payee, amount))
        if fee:
            legs.add(ref, (Why.FEE, payee, house.fees_unswept, fee))
    for ref, amount, payer, payee in proof_store.refunds(view.sql):
        legs.add(ref, (Why.REFUND, payee, payer, amount))
    return breaks


def _top_ups(view: ProofView, house: House, owners: dict[bytes, int], legs: Legs) -> list[Break]:
    arriving, uncleared = house.top_up_in_transit, house.top_up_uncleared
    breaks: list[Break] = []
    for ref, member, reserve, account, amount, said, told in proof_store.top_ups(view.sql):
        breaks += _owner(owners, member, account, "top-up", ref)
        state = TopUpState(said)
        if told:
            legs.add(ref, (Why.TOP_UP_TOLD, arriving, uncleared, amount))
        if state is TopUpState.CREDITED:
            legs.add(ref, (Why.TOP_UP, house.reserves[reserve], account, amount))
            if told:
                legs.add(ref, (Why.TOP_UP_CLEARED, uncleared, arriving, amount))
        elif state is TopUpState.REJECTED and told:
            legs.add(ref, (Why.TOP_UP_REVERSED, uncleared, arriving, amount))
        if told:
            coming = (arriving, uncleared, amount, ref, False)
            breaks += _told(view, "top-up told", ref, told, coming)
    return breaks


def _payouts(
    view: ProofView,
    house: House,
    owners: dict[bytes, int],
    legs: Legs,
    told: dict[Why, set[bytes]],
) -> list[Break]:
    out = house.payout_in_transit
    breaks: list[Break] = []
    for ref, member, reserve, account, amount, said, held in proof_store.payouts(view.sql):
        breaks += _owner(owners, member, account, "withdrawal", ref)
        bank, state = house.reserves[reserve], PayoutState(said)
        if not held:
            legs.add(ref, (Why.PAYOUT, account, bank, amount))
            continue
        breaks += _told(view, "withdrawal held", ref, held, (account, out, amount, ref, True))
        if state in (PayoutState.RESERVED, PayoutState.REFUSED):
            continue
        legs.add(ref, (Why.PAYOUT_SENT, account, out, amount))
        settled = (Why.PAYOUT_SETTLED, out, bank, amount)
        return_told = (Why.PAYOUT_RETURN_TOLD, bank, out, amount)
        if state is PayoutState.SETTLED:
            legs.add(ref, settled)
        elif state is PayoutState.RETURNING:
            legs.add(ref, return_told)
        elif state is PayoutState.RETURNED and ref in told[Why.PAYOUT_REJECTED]:
            legs.add(ref, (Why.PAYOUT_REJECTED, out, account, amount))
        elif state is PayoutState.RETURNED and ref in told[Why.PAYOUT_RETURN_TOLD]:
            legs.add(ref, return_told, settled, (Why.PAYOUT_RETURNED, out, account, amount))
        elif state is PayoutState.RETURNED:
            legs.add(ref, settled, (Why.PAYOUT_RETURNED, bank, account, amount))
    return breaks


def _told(
    view: ProofView, rule: str, ref: bytes, seq: int, expected: tuple[int, int, int, bytes, bool]
) -> list[Break]:
    """The entry that a row names by its number is that row's."""
    seen: tuple[int, int, int, bytes, bool] | None = None
    try:
        it = view.transfer(seq)
    except TransferNotFound:
        pass
    else:
        pending = bool(it.flags & TransferFlags.PENDING)
        seen = (it.debit, it.credit, it.amount, bytes(it.ref), pending)
    if seen == expected:
        return []
    return [Break(ROOM, rule, str(UUID(bytes=ref)), str(expected[:3]), str(seen and seen[:3]))]


def check_reserves(view: ProofView) -> list[Break]:
    """Each movement of a reserve account is one of our bookings at that bank, by its reference."""
    house = find_house(view.sql)
    names = {} if house is None else {account: name for name, account in house.reserves.items()}
    moved: defaultdict[tuple[str, bytes], int] = defaultdict(int)
    seen = view.posted(accounts=list(names))
    for side, sign in (("debit", 1), ("credit", -1)):
        for account, name in names.items():
            mine = seen[seen[side] == account]
            for ref, amount in zip(mine["ref"].tolist(), mine["amount"].tolist(), strict=True):
                moved[name, bytes(ref)] += sign * amount
    booked = {(reserve, ref): fen for reserve, ref, fen in proof_store.entry_sums(view.sql)}
    breaks = [
        Break(ROOM, "lines matched are our bookings", f"{name}, {ref}, fen", str(line), str(ours))
        for name, ref, line, ours in proof_store.line_faults(view.sql)
    ]
    breaks += [
        Break(ROOM, "opening + lines = closing", f"{name}, {day}, fen", str(sum_), str(closing))
        for name, day, sum_, closing in proof_store.statement_faults(view.sql)
    ]
    return breaks + [
        Break(
            ROOM,
            "every movement of a reserve is a booking at its bank",
            f"{name}, {UUID(bytes=ref)}, fen",
            str(moved.get((name, ref), 0)),
            str(booked.get((name, ref), 0)),
        )
        for name, ref in sorted(moved.keys() | booked.keys())
        if moved.get((name, ref), 0) != booked.get((name, ref), 0)
    ]

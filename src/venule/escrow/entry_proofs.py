"""Every trade has moved what its rows say, between the accounts they say, and no more.

A trade's entries all carry its id: so what stands in escrow for it is proven by them, trade by
trade, though all trades share two accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from venule.escrow import proof_store, rules, store
from venule.escrow.accounts import EscrowTransferCode as Why
from venule.escrow.model import Pools
from venule.escrow.terms import Terms
from venule.ledger import Legs, leg_differences
from venule.members import WALLET_UNIT, Break, accounts_by_member
from venule.wallet import AccountCode, ProofView

ROOM: Final = "escrow"

CODES: Final = tuple(
    int(code) for code in Why if code not in (Why.PREAUTH_HELD, Why.PREAUTH_RELEASED)
)
"""What is posted with a trade's id for its reference."""


class Parties(NamedTuple):
    """The accounts of a trade's buyer and seller, and where releases and refunds go."""

    buyer: int
    seller: int
    settle: bool


def differ(rule: str, subject: str, expected: object, actual: object) -> list[Break]:
    """Return a break if two things that must be the same are not."""
    if expected == actual:
        return []
    return [Break(ROOM, rule, subject, str(expected), str(actual))]


def check_entries(view: ProofView) -> list[Break]:
    """Every trade has the entries of its rows, and no other; its accounts are its members'."""
    pools = store.load_pools(view.sql)
    if pools is None:
        return []
    fees = _fees_account(view)
    owners = accounts_by_member(view.sql)
    breaks: list[Break] = []
    legs = Legs()
    known: dict[bytes, Parties] = {}
    breaks += _paid(view, pools, fees, owners, legs, known)
    breaks += _others(view, owners)
    for ref, leg in _moved(view, pools, fees, known):
        if leg[3]:
            legs.add(ref, leg)
    return breaks + [
        Break(ROOM, "entries of a trade", f"{UUID(bytes=ref)}, fen", _words(missing), _words(more))
        for ref, missing, more in leg_differences(legs.array(), view.posted(codes=CODES))
    ]


def _words(legs: Iterable[object]) -> str:
    return "; ".join(str(leg) for leg in legs) or "nothing"


def _fees_account(view: ProofView) -> int:
    accounts = view.accounts_view()
    mine = (accounts["unit"] == WALLET_UNIT) & (accounts["code"] == AccountCode.FEES_UNSWEPT)
    return int(np.flatnonzero(mine)[0])


def _owner(owners: dict[bytes, int], member: bytes, account: int, what: str) -> list[Break]:
    return differ("account of its member", what, owners.get(bytes(member)), account)


def _paid(
    view: ProofView,
    pools: Pools,
    fees: int,
    owners: dict[bytes, int],
    legs: Legs,
    known: dict[bytes, Parties],
) -> list[Break]:
    """Ask for the entries of the payments; look at the parties and at the fees."""
    terms = {
        id_: msgspec.json.decode(text, type=Terms)
        for id_, text in proof_store.product_terms(view.sql)
    }
    breaks: list[Break] = []
    for row in proof_store.trades(view.sql):
        ref, kind, settle, buyer_id, seller_id, buyer, seller, amount = row[:8]
        released, fee, authorisation, product = row[8:]
        subject = f"trade {UUID(bytes=ref)}"
        breaks += _owner(owners, buyer_id, buyer, f"buyer of {subject}")
        breaks += _owner(owners, seller_id, seller, f"seller of {subject}")
        due = rules.fee_of(released, terms[product].fee_ppm)
        breaks += differ("fee as the terms say", f"{subject}, fen", due, fee)
        it = known[bytes(ref)] = Parties(buyer, seller, bool(settle))
        if kind == "guaranteed":
            legs.add(ref, (Why.ESCROW_PAID, buyer, pools.held, amount))
            continue
        taker = pools.unsettled if settle else seller
        if authorisation is not None:
            legs.add(ref, (Why.PREAUTH_PAID, buyer, pools.held, amount))
            legs.add(ref, *_released(it, pools, amount, fee, fees))
            continue
        code = Why.PAID_FOR_SETTLEMENT if settle else Why.INSTANT_PAID
        legs.add(ref, (code, buyer, taker, amount))
        if fee:
            legs.add(ref, (Why.TRADE_FEE, taker, fees, fee))
    return breaks


def _released(
    it: Parties, pools: Pools, amount: int, fee: int, fees: int
) -> list[tuple[int, int, int, int]]:
    taker = pools.unsettled if it.settle else it.seller
    code = Why.RELEASED_FOR_SETTLEMENT if it.settle else Why.ESCROW_RELEASED
    legs = [(int(code), pools.held, taker, amount), (int(Why.TRADE_FEE), taker, fees, fee)]
    return [leg for leg in legs if leg[3]]


def _moved(
    view: ProofView, pools: Pools, fees: int, known: dict[bytes, Parties]
) -> Iterator[tuple[bytes, tuple[int, int, int, int]]]:
    """Yield the entries of releases, refunds, settlements and awards."""
    sql = view.sql
    for ref, amount, fee in proof_store.released(sql):
        for leg in _released(known[bytes(ref)], pools, amount, fee, fees):
            yield ref, leg
    for ref, held, unsettled, seller, fee in proof_store.refunds(sql):
        it = known[bytes(ref)]
        yield ref, (Why.ESCROW_REFUNDED, pools.held, it.buyer, held)
        yield ref, (Why.TRADE_REFUNDED, pools.unsettled, it.buyer, unsettled)
        yield ref, (Why.TRADE_REFUNDED, it.seller, it.buyer, seller)
        yield ref, (Why.TRADE_FEE_RETURNED, fees, it.seller, fee)
    for ref, account, amount in proof_store.royalty_returns(sql):
        yield ref, (Why.ROYALTY_RETURNED, account, known[bytes(ref)].buyer, amount)
    for ref, _, account, amount in proof_store.royalties(sql):
        yield ref, (Why.ROYALTY_PAID, pools.unsettled, account, amount)
    for ref, amount in proof_store.settled(sql):
        yield ref, (Why.SETTLED, pools.unsettled, known[bytes(ref)].seller, amount)
    for ref, _, account, amount in proof_store.awards(sql):
        yield ref, (Why.ESCROW_AWARDED, pools.held, account, amount)


def _others(view: ProofView, owners: dict[bytes, int]) -> list[Break]:
    """Look at the accounts of receivers, of those with awards, of the unpaid and the frozen."""
    breaks: list[Break] = []
    for rows in (proof_store.royalties(view.sql), proof_store.awards(view.sql)):
        for ref, member, account, _ in rows:
            breaks += _owner(owners, member, account, f"receiver of {UUID(bytes=ref)}")
    for ref, seller, seller_account, buyer, buyer_account in proof_store.unpaid_sellers(view.sql):
        subject = str(UUID(bytes=ref))
        breaks += _owner(owners, seller, seller_account, f"seller of {subject}")
        if buyer is not None:
            breaks += _owner(owners, buyer, buyer_account, f"buyer of {subject}")
    for row in proof_store.authorisations(view.sql):
        ref, payer, payer_account, payee, payee_account = row[:5]
        subject = str(UUID(bytes=ref))
        breaks += _owner(owners, payer, payer_account, f"payer of {subject}")
        breaks += _owner(owners, payee, payee_account, f"payee of {subject}")
    return breaks

"""Every order of a fund has moved what it says, between the accounts it says, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from uuid import UUID

from numpy.typing import NDArray

from venule.fund import due_store, store
from venule.fund.due_store import ProofRow
from venule.fund.model import Fund, OrderKind, OrderState
from venule.fund.model import FundTransferCode as C
from venule.ledger import AccountFlags, Legs, TransferFlags, TransferNotFound, leg_differences
from venule.members import Break, accounts_by_member
from venule.wallet import ProofView

ROOM: Final = "fund"
CODES: Final = (
    *(C.ORDER_PAID, C.ORDER_REFUNDED, C.SUBSCRIPTION_CONFIRMED, C.SHARES_ISSUED),
    *(C.SHARES_CANCELLED, C.REDEMPTION_CONFIRMED, C.REDEMPTION_PAID),
    *(C.SHARES_PLEDGED, C.ADVANCE_PAID, C.ADVANCE_REVERSED, C.SHARES_FROZEN),
)
"""What is posted with the id of an order or of a freeze for its reference."""

_FINAL_PART: Final = (OrderState.CONFIRMED, OrderState.PARTLY_CONFIRMED)


def check_entries(view: ProofView) -> list[Break]:
    """Every order and freeze of every fund has the entries of its state, and none other has any."""
    codes = store.fund_codes(view.sql)
    if not codes:
        return []
    seen = view.posted(codes=CODES)
    accounts = view.accounts_view()
    legs, breaks = Legs(), list[Break]()
    for code in codes:
        fund = store.load_fund(view.sql, code)
        assert fund is not None
        proof = _Proof(view, fund, legs, seen, accounts)
        breaks += [*proof.holders(), *proof.orders()]
        proof.ask_freezes()
    breaks += [
        Break(ROOM, "entries of an order", f"{UUID(bytes=ref)}, fen", _words(missing), _words(more))
        for ref, missing, more in leg_differences(legs.array(), seen)
    ]
    return breaks


def _words(legs: list[Any]) -> str:
    return "; ".join(str(leg) for leg in legs) or "nothing"


class _Proof:
    """The proof of one fund; what its rows ask for goes into `legs`."""

    def __init__(
        self, view: ProofView, fund: Fund, legs: Legs, seen: NDArray[Any], accounts: NDArray[Any]
    ) -> None:
        self.view, self.fund, self.legs, self.accounts = view, fund, legs, accounts
        self.cash_of: dict[int, int] = {}
        self.frozen_of: dict[int, int] = {}
        self.lines = {line.bank.bytes: line for line in fund.lines}
        self.unpaid = {row[0] for row in due_store.all_unpaid(view.sql, fund.code)}
        paid = seen[seen["code"] == int(C.REDEMPTION_PAID)]
        closed = (accounts["flags"] & int(AccountFlags.CLOSED)) != 0
        self.closed = set(closed.nonzero()[0].tolist())
        self.paid_to: dict[bytes, int] = {}
        if self.closed:  # what a closed wallet refuses is paid into another one
            pairs = zip(paid["ref"].tolist(), paid["credit"].tolist(), strict=True)
            self.paid_to = {bytes(ref): credit for ref, credit in pairs}

    def _differ(self, rule: str, subject: str, expected: object, seen: object) -> Iterator[Break]:
        if expected != seen:
            where = f"fund {self.fund.code}, {subject}"
            yield Break(ROOM, rule, where, str(expected), str(seen))

    def holders(self) -> Iterator[Break]:
        """Each holder's money goes to the holder's own wallet."""
        wallets = accounts_by_member(self.view.sql)
        for member, account, cash, frozen in store.holder_accounts(self.view.sql, self.fund.code):
            self.cash_of[account], self.frozen_of[account] = cash, frozen
            yield from self._differ(
                "wallet of its holder", f"account {account}", wallets.get(member), cash
            )

    def orders(self) -> Iterator[Break]:
        """Each order's row against the entries with its id."""
        for row in due_store.orders_to_prove(self.view.sql, self.fund.code):
            subject = f"order {UUID(bytes=row.order_id)}"
            cash = self.cash_of.get(row.holder)
            yield from self._differ("accounts of an order", subject, cash, row.cash)
            state = OrderState(row.state)
            match OrderKind(row.kind):
                case OrderKind.SUBSCRIBE:
                    yield from self._subscription(row, state, subject)
                case OrderKind.REDEEM:
                    yield from self._redemption(row, state, subject)
                case OrderKind.FAST:
                    yield from self._fast(row, state, subject)
                case OrderKind.PLEDGE:
                    yield from self._pledge(row, state, subject)

    def _subscription(self, row: ProofRow, state: OrderState, subject: str) -> Iterator[Break]:
        a, add = self.fund.accounts, partial(self.legs.add, row.order_id)
        if row.paid:
            add((C.ORDER_PAID, row.cash, a.collection, row.amount))
        if state in (OrderState.CANCELLED, OrderState.REJECTED) and row.paid:
            add((C.ORDER_REFUNDED, a.collection, row.cash, row.amount))
        if state in _FINAL_PART:
            add((C.SUBSCRIPTION_CONFIRMED, a.collection, a.capital, row.confirmed))
            add((C.SHARES_ISSUED, a.issue, row.holder, row.confirmed))
            yield from self._differ("confirmed as asked", subject, row.amount, row.confirmed)

    def _redemption(self, row: ProofRow, state: OrderState, subject: str) -> Iterator[Break]:
        a, add = self.fund.accounts, partial(self.legs.add, row.order_id)
        if row.hold_seq:
            hold = (row.holder, a.issue, row.reserved, row.order_id, True)
            yield from self._named(subject, row.hold_seq, hold)
        if state not in _FINAL_PART:
            return
        add((C.SHARES_CANCELLED, row.holder, a.issue, row.confirmed))
        add((C.REDEMPTION_CONFIRMED, a.capital, a.payable, row.confirmed))
        if row.paid and row.order_id not in self.unpaid:
            to = row.cash
            if to in self.closed:
                to = self.paid_to.get(row.order_id, to)
            add((C.REDEMPTION_PAID, a.payable, to, row.confirmed))
        if not row.whole:
            as_asked = row.confirmed == row.amount
            all_of_it = state is OrderState.CONFIRMED
            yield from self._differ("confirmed as asked", subject, all_of_it, as_asked)

    def _fast(self, row: ProofRow, state: OrderState, subject: str) -> Iterator[Break]:
        line, add = self.lines[row.bank], partial(self.legs.add, row.order_id)
        add((C.SHARES_PLEDGED, row.holder, line.pledge, row.amount))
        add((C.ADVANCE_PAID, line.line, row.cash, row.amount))
        if state is OrderState.CANCELLED:
            add(
                (C.ADVANCE_REVERSED, row.cash, line.line, row.amount),
                (C.ADVANCE_REVERSED, line.funding, line.transit, row.amount),
                (C.ADVANCE_REVERSED, line.pledge, row.holder, row.amount),
            )
        first = (row.holder, line.pledge, row.amount, row.order_id, False)
        yield from self._named(subject, row.hold_seq, first)

    def _pledge(self, row: ProofRow, state: OrderState, subject: str) -> Iterator[Break]:
        if state not in _FINAL_PART:
            return
        a, add = self.fund.accounts, partial(self.legs.add, row.order_id)
        add((C.SHARES_CANCELLED, self.lines[row.bank].pledge, a.issue, row.confirmed))
        add((C.REDEMPTION_CONFIRMED, a.capital, a.payable, row.confirmed))
        yield from self._differ("confirmed as asked", subject, row.amount, row.confirmed)

    def _named(
        self, subject: str, seq: int, expected: tuple[int, int, int, bytes, bool]
    ) -> Iterator[Break]:
        """The entry that a row names by its number is that row's."""
        seen: tuple[int, int, int, bytes, bool] | None = None
        try:
            it = self.view.transfer(seq)
        except TransferNotFound:
            pass
        else:
            pending = bool(it.flags & TransferFlags.PENDING)
            seen = (it.debit, it.credit, it.amount, bytes(it.ref), pending)
        if seen != expected:
            where = f"fund {self.fund.code}, {subject}"
            told = str(expected[:3]), str(seen and seen[:3])
            yield Break(ROOM, "entry named by its order", where, *told)

    def ask_freezes(self) -> None:
        """Each freeze has moved its shares once."""
        for ref, holder, shares in store.all_freezes(self.view.sql, self.fund.code):
            frozen = self.frozen_of.get(holder, 0)
            self.legs.add(ref, (C.SHARES_FROZEN, holder, frozen, shares))

"""The bank's word, taken in: messages may be late, doubled, out of order or wrong.

Nothing the bank says is refused, and nothing is booked twice. Each message is one of:
- new and expected: the order goes on, money moves;
- said before (its booking is known, or the order is already there): nothing happens;
- not to be explained: money that moved goes to suspense, so that the reserve account stays what
  the bank says it is, and a case is opened for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from venule.ledger import AccountFlags, Transfer, Tx
from venule.wallet import bank_store, flows, store
from venule.wallet.house_accounts import house, post
from venule.wallet.model import (
    AMOUNT_MINOR_MAX,
    TEXT_CHARS_MAX,
    Case,
    CaseId,
    CaseKind,
    CaseState,
    ConfirmTopUps,
    Payout,
    PayoutEvent,
    PayoutState,
    TopUp,
    TopUpEvent,
    TopUpState,
    Use,
)
from venule.wallet.rail import BankMessage, MessageKind
from venule.wallet.service import uncount
from venule.wallet.states import PAYOUT, PAYOUT_OVER, TOP_UP

TOP_UP_EVENTS: Final = {
    MessageKind.DEBIT_BOOKED: TopUpEvent.CONFIRM,
    MessageKind.DEBIT_REJECTED: TopUpEvent.REJECT,
}
PAYOUT_EVENTS: Final = {
    MessageKind.PAYOUT_BOOKED: PayoutEvent.SETTLE,
    MessageKind.PAYOUT_REJECTED: PayoutEvent.REJECT,
    MessageKind.PAYOUT_RETURNED: PayoutEvent.RETURN,
}
MOVES: Final = {
    MessageKind.DEBIT_BOOKED: 1,
    MessageKind.DEBIT_REJECTED: 0,
    MessageKind.PAYOUT_BOOKED: -1,
    MessageKind.PAYOUT_REJECTED: 0,
    MessageKind.PAYOUT_RETURNED: 1,
}
"""Which way a message's money went over our account: 0 none."""

DETAIL_CHARS_MAX: Final = 200


class BankMessages(msgspec.Struct, frozen=True):
    """Messages of a rail, those after the first `after` ones, in the order in which they came."""

    rail: str
    after: int
    messages: list[BankMessage]


class Taken(msgspec.Struct, frozen=True):
    """What became of messages: orders that went on, words said before, cases opened."""

    applied: int
    repeated: int
    cases: int


def take_bank_messages(tx: Tx, command: BankMessages) -> Taken:
    """Take a rail's next messages; those already taken are skipped.

    Raises: WalletNotSetUp.
    """
    position = bank_store.load_position(tx.sql, command.rail)
    skip = position - command.after
    if skip < 0:  # a gap: these are not the next ones, so take none
        return Taken(0, 0, 0)
    fresh = command.messages[skip:]
    taken = take(tx, fresh)
    if fresh:
        bank_store.save_position(tx.sql, command.rail, position + len(fresh))
    return taken


def confirm_top_ups(tx: Tx, command: ConfirmTopUps) -> Taken:
    """Take many confirmations of top-ups in one command.

    A line for an unknown top-up, or of another amount, goes to suspense with a case; one whose
    bank reference is booked already does nothing. Raises: WalletNotSetUp.
    """
    return take(
        tx,
        [
            BankMessage(
                MessageKind.DEBIT_BOOKED,
                command.reserve,
                line.top_up_id.hex,
                line.amount_minor,
                line.bank_ref,
                line.booked_on,
            )
            for line in command.lines
        ],
    )


def take(tx: Tx, messages: Sequence[BankMessage]) -> Taken:
    """Take messages in order, as one command."""
    if not messages:
        return Taken(0, 0, 0)
    work = _Work(tx, messages)
    for message in messages:
        work.take(message)
    return work.save()


def order_id(text: str) -> UUID | None:
    """Read the bank's idea of our reference; None if it is not one of ours."""
    try:
        return UUID(hex=text)
    except ValueError:
        return None


def is_malformed(message: BankMessage) -> bool:
    """Whether a message cannot be booked as it stands."""
    if not 0 < message.amount_minor <= AMOUNT_MINOR_MAX or len(message.our_ref) > TEXT_CHARS_MAX:
        return True
    if not MOVES[message.kind]:
        return False
    return not 0 < len(message.bank_ref) <= TEXT_CHARS_MAX or message.booked_on is None


class _Work:
    """One batch of messages: what is known, and what will be written at the end."""

    def __init__(self, tx: Tx, messages: Sequence[BankMessage]) -> None:
        self.tx = tx
        self.house = house(tx)
        ids: list[UUID] = []
        refs: dict[str, list[str]] = {}
        for message in messages:
            found = order_id(message.our_ref)
            if found is not None:
                ids.append(found)
            if MOVES[message.kind]:
                refs.setdefault(message.reserve, []).append(message.bank_ref)
        kinds = {message.kind for message in messages}
        self.top_ups = store.load_top_ups(tx.sql, ids) if kinds & set(TOP_UP_EVENTS) else {}
        self.payouts = store.load_payouts(tx.sql, ids) if kinds & set(PAYOUT_EVENTS) else {}
        self.booked = {
            (reserve, ref)
            for reserve, asked in refs.items()
            for ref in bank_store.known_refs(tx.sql, reserve, asked)
        }
        self.transfers: list[Transfer] = []
        self.entries: list[bank_store.Entry] = []
        self.cases: dict[str, Case] = {}
        self.changed: dict[UUID, TopUp | Payout] = {}
        self.applied = self.repeated = 0

    def take(self, message: BankMessage) -> None:
        """Decide about one message."""
        reserve = self.house.reserves.get(message.reserve)
        if reserve is None or is_malformed(message):
            self._open(CaseKind.MALFORMED, message, 0, None, "not a message we can book")
        elif MOVES[message.kind] and (message.reserve, message.bank_ref) in self.booked:
            self.repeated += 1
        elif message.kind in TOP_UP_EVENTS:
            self._take_top_up(message, TOP_UP_EVENTS[message.kind], reserve)
        else:
            self._take_payout(message, PAYOUT_EVENTS[message.kind], reserve)

    def _take_top_up(self, message: BankMessage, event: TopUpEvent, reserve: int) -> None:
        before = self.top_ups.get(order_id(message.our_ref) or UUID(int=0))
        if before is None or not self._fits(message, before):
            self._cannot_explain(message, before, reserve)
            return
        state = TOP_UP.get((before.state, event))
        if state is before.state and event is TopUpEvent.REJECT:
            self.repeated += 1
            return
        if state is None or state is before.state:
            self._cannot_explain(message, before, reserve)
            return
        amount, ref = before.amount_minor, before.id.bytes
        if state is TopUpState.CREDITED:
            self._book(message, amount, ref)
            self.transfers += flows.confirm_top_up(
                self.house, reserve, before.account, amount, ref, before.state
            )
        elif before.state is TopUpState.IN_TRANSIT:
            self.transfers += flows.reject_top_up(self.house, amount, ref, before.told_seq)
        after = msgspec.structs.replace(
            before, state=state, reason=_cut(message.reason), ended_at=self.tx.now
        )
        self.top_ups[before.id] = self.changed[before.id] = after
        self.applied += 1

    def _take_payout(self, message: BankMessage, event: PayoutEvent, reserve: int) -> None:
        before = self.payouts.get(order_id(message.our_ref) or UUID(int=0))
        if before is None or not self._fits(message, before):
            self._cannot_explain(message, before, reserve)
            return
        state = PAYOUT.get((before.state, event))
        if state is before.state and event is PayoutEvent.REJECT:
            self.repeated += 1
            return
        gone = event is PayoutEvent.RETURN and self._is_closed(before.account)
        if state is None or state is before.state or gone:
            self._cannot_explain(message, before, reserve)
            return
        if MOVES[message.kind]:
            amount = MOVES[message.kind] * before.amount_minor
            self._book(message, amount, before.id.bytes)
        self.transfers += self._payout_flow(before, event, reserve)
        after = self._payout_after(before, state, message)
        self.payouts[before.id] = self.changed[before.id] = after
        if state in PAYOUT_OVER:
            uncount(
                self.tx, before.member_id, Use.WITHDRAWAL, before.counted_on, before.amount_minor
            )
        self.applied += 1

    def _payout_flow(self, p: Payout, event: PayoutEvent, reserve: int) -> list[Transfer]:
        known, wallet, amount, ref = self.house, p.account, p.amount_minor, p.id.bytes
        held = p.state is PayoutState.RESERVED
        if event is PayoutEvent.REJECT:
            if held:
                return flows.release_payout(known, wallet, ref, p.held_seq)
            return flows.reject_payout(known, wallet, amount, ref)
        sent = flows.send_payout(known, wallet, ref, p.held_seq) if held else []
        if event is PayoutEvent.RETURN:
            back = flows.return_payout(known, reserve, wallet, amount, ref, p.state)
            return [*sent, *back]
        if p.state is PayoutState.RETURNING:
            return flows.settle_returning(known, reserve, wallet, amount, ref)
        return [*sent, *flows.settle_payout(known, reserve, amount, ref)]

    def _payout_after(self, before: Payout, state: PayoutState, message: BankMessage) -> Payout:
        now = self.tx.now
        ended: datetime | None = now
        if state in (PayoutState.SENT, PayoutState.RETURNING):
            ended = None
        elif before.ended_at is not None:  # settled before it came back: it left transit then
            ended = before.ended_at
        refused = state is PayoutState.REFUSED
        return msgspec.structs.replace(
            before,
            state=state,
            reason=_cut(message.reason) or before.reason,
            sent_at=before.sent_at or (None if refused else now),
            ended_at=ended,
        )

    def _fits(self, message: BankMessage, order: TopUp | Payout) -> bool:
        return message.amount_minor == order.amount_minor and message.reserve == order.reserve

    def _is_closed(self, account: int) -> bool:
        return bool(self.tx.account(account).flags & AccountFlags.CLOSED)

    def _cannot_explain(
        self, message: BankMessage, order: TopUp | Payout | None, reserve: int
    ) -> None:
        """Open a case; money that moved goes to suspense."""
        signed = MOVES[message.kind] * message.amount_minor
        kind = _case_kind(message, order, signed)
        subject = None if order is None else order.id
        detail = "no such order" if order is None else f"the order is {order.state.value}"
        case_id = self._open(kind, message, signed, subject, detail)
        if signed:
            self._book(message, signed, case_id.bytes)
            self.transfers += flows.into_suspense(self.house, reserve, signed, case_id.bytes)

    def _book(self, message: BankMessage, signed: int, ref: bytes) -> None:
        assert message.booked_on is not None
        self.booked.add((message.reserve, message.bank_ref))
        self.entries.append(
            bank_store.Entry(
                message.reserve,
                message.bank_ref,
                0,
                signed,
                ref,
                message.booked_on,
                self.tx.now_us,
            )
        )

    def _open(
        self, kind: CaseKind, message: BankMessage, signed: int, subject: UUID | None, detail: str
    ) -> CaseId:
        """Open a case, once for each cause."""
        named = message.bank_ref if signed else f"{message.our_ref}:{message.kind.value}"
        cause = _cut(f"{kind.value}:{message.reserve}:{named}")
        case = Case(
            CaseId(self.tx.new_id()),
            kind,
            _cut(message.reserve),
            cause,
            subject,
            signed,
            _cut(f"{detail}; {message.kind.value} of {message.amount_minor} fen, {message.reason}"),
            CaseState.OPEN,
            self.tx.now,
            None,
        )
        return self.cases.setdefault(cause, case).id

    def save(self) -> Taken:
        """Post and write everything the batch has decided."""
        tx = self.tx
        if self.transfers:
            post(tx, self.transfers)
        if self.entries:
            bank_store.insert_entries(tx.sql, self.entries)
        changed = self.changed.values()
        top_ups = [each for each in changed if isinstance(each, TopUp)]
        payouts = [each for each in changed if isinstance(each, Payout)]
        if top_ups:
            store.save_top_ups(tx.sql, top_ups)
        if payouts:
            store.save_payouts(tx.sql, payouts)
        opened = bank_store.insert_cases(tx.sql, list(self.cases.values()))
        for top_up in top_ups:
            tx.emit(f"wallet.top_up_{top_up.state.value}", top_up.id, top_up)
        for payout in payouts:
            tx.emit(f"wallet.withdrawal_{payout.state.value}", payout.id, payout)
        for case in opened:
            tx.emit("wallet.case_opened", case.id, case)
        return Taken(self.applied, self.repeated + len(self.cases) - len(opened), len(opened))


def _case_kind(message: BankMessage, order: TopUp | Payout | None, signed: int) -> CaseKind:
    if not signed:
        return CaseKind.CONTRADICTION
    if order is None:
        return CaseKind.UNMATCHED_CREDIT if signed > 0 else CaseKind.UNMATCHED_DEBIT
    if message.amount_minor != order.amount_minor or message.reserve != order.reserve:
        return CaseKind.AMOUNT_DIFFERS
    if order.state in (TopUpState.REJECTED, PayoutState.REFUSED) or message.kind is (
        MessageKind.PAYOUT_RETURNED
    ):
        return CaseKind.LATE_MONEY
    return CaseKind.BOOKED_TWICE


def _cut(text: str) -> str:
    return text[:DETAIL_CHARS_MAX]

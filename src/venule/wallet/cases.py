"""Use cases about cases: what a person decides when the bank's word explains nothing."""

from __future__ import annotations

import msgspec

from venule.ledger import Tx
from venule.members import check_may_receive, check_text, party
from venule.wallet import bank_store, flows
from venule.wallet.errors import CaseNotResolvable, CaseUnknown
from venule.wallet.house_accounts import house, post, record_reserve_entry, reserve_account
from venule.wallet.model import (
    NOTE_CHARS_MAX,
    Case,
    CaseEvent,
    CaseId,
    CoverCase,
    CreditCase,
    DismissCase,
    OffsetCases,
    ReserveEntry,
)
from venule.wallet.states import CASE, advance


def open_cases(tx: Tx) -> list[Case]:
    """Return the cases that nobody has decided, the oldest first."""
    return bank_store.open_cases(tx.sql)


def case(tx: Tx, case_id: CaseId) -> Case:
    """Return a case. Raises: CaseUnknown."""
    found = bank_store.load_case(tx.sql, case_id)
    if found is None:
        raise CaseUnknown(case_id)
    return found


def credit_case(tx: Tx, command: CreditCase) -> Case:
    """Give money in suspense to the member whose it is.

    Raises: CaseUnknown, TransitionIllegal, CaseNotResolvable, MemberUnknown, MemberClosed.
    """
    before = case(tx, command.case_id)
    after = _end(tx, before, CaseEvent.CREDIT, f"credited to {command.member_id}")
    if before.amount_minor <= 0:
        raise CaseNotResolvable(before.id, before.amount_minor, "money that came in")
    who = party(tx, command.member_id)
    check_may_receive(who)
    post(
        tx,
        flows.credit_from_suspense(house(tx), who.account, before.amount_minor, before.id.bytes),
    )
    return _save(tx, after)


def offset_cases(tx: Tx, command: OffsetCases) -> Case:
    """End two cases of one reserve account that undo each other; return the first.

    Raises: CaseUnknown, TransitionIllegal, CaseNotResolvable.
    """
    first, second = case(tx, command.case_id), case(tx, command.other_id)
    after = _end(tx, first, CaseEvent.OFFSET, f"offset by {second.id}")
    other = _end(tx, second, CaseEvent.OFFSET, f"offset by {first.id}")
    undo = first.amount_minor + second.amount_minor == 0 and first.amount_minor != 0
    if not undo or first.reserve != second.reserve:
        expected = f"{-first.amount_minor} fen on {first.reserve}"
        raise CaseNotResolvable(second.id, second.amount_minor, expected)
    _save(tx, other)
    return _save(tx, after)


def cover_case(tx: Tx, command: CoverCase) -> Case:
    """Make good out of own money what the bank took from the clients' account.

    Raises: TextMalformed, CaseUnknown, TransitionIllegal, CaseNotResolvable, InsufficientFunds,
    BankRefReused.
    """
    before = case(tx, command.case_id)
    after = _end(tx, before, CaseEvent.COVER, "covered by own money")
    missing = -before.amount_minor
    if missing <= 0:
        raise CaseNotResolvable(before.id, before.amount_minor, "money that went out")
    known = house(tx)
    reserve = reserve_account(known, before.reserve)
    post(tx, flows.cover_shortfall(known, reserve, missing, before.id.bytes))
    record_reserve_entry(
        tx,
        ReserveEntry(command.bank_ref, missing, before.id.bytes, command.booked_on, before.reserve),
    )
    return _save(tx, after)


def dismiss_case(tx: Tx, command: DismissCase) -> Case:
    """End a case without money. Raises: TextMalformed, CaseUnknown, CaseNotResolvable."""
    check_text("reason", command.reason, NOTE_CHARS_MAX)
    before = case(tx, command.case_id)
    after = _end(tx, before, CaseEvent.DISMISS, command.reason)
    if before.amount_minor:
        raise CaseNotResolvable(before.id, before.amount_minor, "no money in suspense")
    return _save(tx, after)


def _end(tx: Tx, before: Case, event: CaseEvent, how: str) -> Case:
    return msgspec.structs.replace(
        before,
        state=advance(CASE, before.state, event),
        ended_at=tx.now,
        detail=f"{before.detail}; {how}",
    )


def _save(tx: Tx, after: Case) -> Case:
    bank_store.save_case(tx.sql, after)
    tx.emit("wallet.case_ended", after.id, after)
    return after

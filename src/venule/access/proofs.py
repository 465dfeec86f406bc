"""What must hold of logins and proposals, recomputed from the rows."""

from __future__ import annotations

from functools import partial
from typing import Final

from venule.access import rules, staff_store, store
from venule.access.model import OwnerKind, Proposal, ProposalState
from venule.members import Break, ProofView, accounts_by_member, guarded

ROOM: Final = "access"
_DECIDED: Final = frozenset({ProposalState.EXECUTED, ProposalState.REJECTED})


def check(view: ProofView) -> list[Break]:
    """Return everything that does not hold; empty when all is well."""
    breaks = guarded(ROOM, partial(_check_logins, view), "logins")
    return breaks + guarded(ROOM, partial(_check_proposals, view), "proposals")


def _check_logins(view: ProofView) -> list[Break]:
    """Every login is a member's or one of the staff's, and all of the staff have one."""
    members = accounts_by_member(view.sql)
    staff = {staff_id.bytes for staff_id, _, _ in staff_store.load_all_staff(view.sql)}
    breaks: list[Break] = []
    seen = set()
    for login in store.load_logins(view.sql):
        owners = members if login.kind is OwnerKind.PERSON else staff
        if login.owner_id.bytes not in owners:
            breaks.append(
                Break(ROOM, "login has an owner", f"login {login.id}", login.kind.value, "nobody")
            )
        if login.kind is OwnerKind.STAFF:
            seen.add(login.owner_id.bytes)
    breaks += [
        Break(ROOM, "staff have logins", f"staff {missing.hex()}", "a login", "none")
        for missing in sorted(staff - seen)
    ]
    return breaks


def _check_proposals(view: ProofView) -> list[Break]:
    """The digest is that of kind and body, and a second person has decided."""
    breaks: list[Break] = []
    for proposal in staff_store.load_all_proposals(view.sql):
        breaks += _check_proposal(proposal)
    return breaks


def _check_proposal(proposal: Proposal) -> list[Break]:
    decided = proposal.state in _DECIDED
    closed = proposal.state is not ProposalState.PROPOSED
    executed = proposal.state is ProposalState.EXECUTED
    facts: list[tuple[str, bytes | bool, bytes | bool]] = [
        ("digest of a proposal", rules.digest(proposal.kind, proposal.body), proposal.digest),
        ("two have decided", decided, proposal.checker_id is not None),
        ("nobody checks what they made", False, proposal.checker_id == proposal.maker_id),
        ("over or open", closed, proposal.decided_at is not None),
        ("what was executed has an answer", executed, proposal.answer is not None),
    ]
    return [
        Break(ROOM, rule, f"proposal {proposal.id}", _text(expected), _text(seen))
        for rule, expected, seen in facts
        if expected != seen
    ]


def _text(value: bytes | bool) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

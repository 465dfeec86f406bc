"""Every SQL statement of the access room on the staff and on what two of them must agree to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from venule.access.model import Proposal, ProposalId, ProposalState, StaffId
from venule.access.roles import Role
from venule.access.rules import sorted_roles
from venule.access.store import instant, raw, stored
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us

_PROPOSAL: Final = (
    "id, kind, body, digest, maker_id, reason, state, proposed_at, expires_at, checker_id,"
    " decided_at, note, answer, error, attempts"
)
_LAST_ID: Final = b"\xff" * 16


def insert_staff(sql: Sql, staff_id: StaffId, display_name: str, at: datetime) -> None:
    """Write somebody new on the staff."""
    sql.run(
        "INSERT INTO access_staff (id, display_name, added_at) VALUES (?, ?, ?)",
        (staff_id.bytes, display_name, to_us(at)),
    )


def replace_roles(sql: Sql, staff_id: StaffId, roles: Iterable[Role]) -> None:
    """Put these roles in place of all others."""
    sql.run("DELETE FROM access_staff_role WHERE staff_id = ?", (staff_id.bytes,))
    sql.many(
        "INSERT INTO access_staff_role (staff_id, role) VALUES (?, ?)",
        [(staff_id.bytes, role.value) for role in sorted_roles(roles)],
    )


def count_staff(sql: Sql) -> int:
    """Return how many there are."""
    row = sql.row("SELECT COUNT(*) FROM access_staff")
    return 0 if row is None else int(row[0])


def load_staff(sql: Sql, staff_id: StaffId) -> tuple[StaffId, str, datetime] | None:
    """Return somebody's id, name and when they were added; or None."""
    row = sql.row(
        "SELECT id, display_name, added_at FROM access_staff WHERE id = ?", (staff_id.bytes,)
    )
    return None if row is None else _staff(row)


def load_all_staff(sql: Sql) -> list[tuple[StaffId, str, datetime]]:
    """Return the same of everybody, in the order in which they came."""
    rows = sql.rows("SELECT id, display_name, added_at FROM access_staff ORDER BY id")
    return [_staff(row) for row in rows]


def _staff(row: Row) -> tuple[StaffId, str, datetime]:
    return StaffId(UUID(bytes=row[0])), row[1], from_us(row[2])


def load_roles(sql: Sql, staff_id: StaffId) -> list[Role]:
    """Return somebody's roles, in the order of the table."""
    rows = sql.rows("SELECT role FROM access_staff_role WHERE staff_id = ?", (staff_id.bytes,))
    return sorted_roles(Role(row[0]) for row in rows)


def insert_proposal(sql: Sql, proposal: Proposal) -> None:
    """Write a new proposal."""
    sql.run(
        f"INSERT INTO access_proposal ({_PROPOSAL})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            proposal.id.bytes,
            proposal.kind,
            proposal.body,
            proposal.digest,
            proposal.maker_id.bytes,
            proposal.reason,
            proposal.state.value,
            to_us(proposal.proposed_at),
            to_us(proposal.expires_at),
            raw(proposal.checker_id),
            stored(proposal.decided_at),
            proposal.note,
            proposal.answer,
            proposal.error,
            proposal.attempts,
        ),
    )


def save_proposal(sql: Sql, proposal: Proposal) -> None:
    """Write what of a proposal can change."""
    sql.run(
        "UPDATE access_proposal SET state = ?, checker_id = ?, decided_at = ?, note = ?,"
        " answer = ?, error = ?, attempts = ? WHERE id = ?",
        (
            proposal.state.value,
            raw(proposal.checker_id),
            stored(proposal.decided_at),
            proposal.note,
            proposal.answer,
            proposal.error,
            proposal.attempts,
            proposal.id.bytes,
        ),
    )


def load_proposal(sql: Sql, proposal_id: ProposalId) -> Proposal | None:
    """Return a proposal, or None."""
    row = sql.row(
        f"SELECT {_PROPOSAL} FROM access_proposal WHERE id = ?",  # noqa: S608
        (proposal_id.bytes,),
    )
    return None if row is None else _proposal(row)


def load_proposals(
    sql: Sql, state: ProposalState | None, before: ProposalId | None, limit: int
) -> list[Proposal]:
    """Return a page of proposals, the newest first."""
    last = _LAST_ID if before is None else before.bytes
    where, params = ("", ()) if state is None else (" AND state = ?", (state.value,))
    rows = sql.rows(
        f"SELECT {_PROPOSAL} FROM access_proposal WHERE id < ?{where}"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (last, *params, limit),
    )
    return [_proposal(row) for row in rows]


def load_all_proposals(sql: Sql) -> list[Proposal]:
    """Return all proposals, in order of id: for proofs."""
    rows = sql.rows(f"SELECT {_PROPOSAL} FROM access_proposal ORDER BY id")  # noqa: S608
    return [_proposal(row) for row in rows]


def _proposal(row: Row) -> Proposal:
    return Proposal(
        ProposalId(UUID(bytes=row[0])),
        row[1],
        row[2],
        row[3],
        StaffId(UUID(bytes=row[4])),
        row[5],
        ProposalState(row[6]),
        from_us(row[7]),
        from_us(row[8]),
        None if row[9] is None else StaffId(UUID(bytes=row[9])),
        instant(row[10]),
        row[11],
        row[12],
        row[13],
        row[14],
    )

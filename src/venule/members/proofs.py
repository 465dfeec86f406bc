"""What must hold between the members' rows and the ledger, recomputed from both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from numpy.typing import NDArray

from venule.kit.errors import HomeError
from venule.kit.sql import Sql, StorageFailed
from venule.ledger import AccountFlags
from venule.members import rules, store
from venule.members.model import WALLET_UNIT, Member, MemberState

ROOM: Final = "members"


class ProofView(Protocol):
    """What a proof looks at: the rows and the accounts. A `Tx` is one."""

    @property
    def sql(self) -> Sql:
        """The connection to the rows."""
        ...

    def accounts_view(self) -> NDArray[Any]:
        """All accounts; the index is the id."""
        ...


class Break(msgspec.Struct, frozen=True):
    """Something that must hold and does not. Amounts are fen; `subject` says of what."""

    room: str
    rule: str
    subject: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return (
            f"{self.room}: {self.rule}: {self.subject}: expected {self.expected}, "
            f"seen {self.actual}"
        )


def check(view: ProofView) -> list[Break]:
    """Check that every member has a wallet's account of their own, of the right kind."""
    return guarded(ROOM, partial(_check_members, view), "members")


def _check_members(view: ProofView) -> list[Break]:
    accounts = view.accounts_view()
    breaks: list[Break] = []
    owners: dict[int, Member] = {}
    for member in store.load_members(view.sql):
        subject = f"member {member.id}"
        if not 0 < member.account < len(accounts):
            breaks.append(Break(ROOM, "wallet exists", subject, "an account", str(member.account)))
            continue
        if member.account in owners:
            other = owners[member.account]
            breaks.append(
                Break(ROOM, "one wallet each", subject, "an account of its own", str(other.id))
            )
        owners[member.account] = member
        breaks += _check_wallet(member, subject, accounts[member.account])
    return breaks


def guarded(room: str, check: Callable[[], list[Break]], what: str) -> list[Break]:
    """Run a check; rows that it cannot even read are a break too, not an end of all checks.

    what: what it looks at. Raises: HomeError, but for StorageFailed about a row.
    """
    try:
        return check()
    except HomeError as error:
        if not isinstance(error, StorageFailed):
            raise
        seen = error.message
    except Exception as error:
        seen = f"{type(error).__name__}: {error}"
    return [Break(room, "rows can be read", what, "values of their kinds", seen)]


def accounts_by_member(sql: Sql) -> dict[bytes, int]:
    """Return each member's wallet account by the bytes of the member's id, for proofs."""
    return {member.id.bytes: member.account for member in store.load_members(sql)}


def _check_wallet(member: Member, subject: str, account: Any) -> list[Break]:
    dp, _, cp, _, _, ref, unit, code, flags, _ = account.item()
    closed = bool(flags & AccountFlags.CLOSED)
    facts = [
        ("wallet's unit", WALLET_UNIT, unit),
        ("wallet's code", rules.wallet_code(member.kind), code),
        ("wallet's ref", member.id.hex, bytes(ref).hex()),
        ("wallet cannot be overdrawn", True, bool(flags & 1)),
        ("wallet closed with its member", member.state is MemberState.CLOSED, closed),
        ("closed wallet holds nothing", 0, dp + cp if closed else 0),
    ]
    return [
        Break(ROOM, rule, subject, str(expected), str(actual))
        for rule, expected, actual in facts
        if expected != actual
    ]

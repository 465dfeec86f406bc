"""Money set aside for a time, straight on the ledger: authorise, capture, void, or let it expire.

No room offers it yet; the ledger does. The commands are the simulation's own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from support.sim.books import SECOND, Refuse
from support.sim.model import Expect, Model, audits
from venule.ledger import Transfer, TransferFlags, Tx

WHY = 900


class Authorise(msgspec.Struct, frozen=True):
    """Set fen aside on a wallet for another; timeout_s 0: until somebody decides."""

    debit: int
    credit: int
    amount: int
    timeout_s: int


class Capture(msgspec.Struct, frozen=True):
    """Take what is set aside, or less (0: all)."""

    hold: int
    amount: int = 0


class Void(msgspec.Struct, frozen=True):
    """Let go of what is set aside."""

    hold: int


def authorise(tx: Tx, command: Authorise) -> int:
    """Set money aside; return the hold's number. Raises: TransferRefused."""
    flags = int(TransferFlags.PENDING)
    c = command
    it = Transfer(c.debit, c.credit, c.amount, WHY, flags=flags, timeout_s=c.timeout_s)
    return tx.post_all((it,))[0].seq


def capture(tx: Tx, command: Capture) -> int:
    """Take it; return fen moved. Raises: TransferRefused."""
    flags = int(TransferFlags.POST_PENDING)
    it = Transfer(0, 0, command.amount, WHY, flags=flags, related=command.hold)
    return tx.post_all((it,))[0].amount


def void(tx: Tx, command: Void) -> int:
    """Let go; return fen released. Raises: TransferRefused."""
    flags = int(TransferFlags.VOID_PENDING)
    it = Transfer(0, 0, 0, WHY, flags=flags, related=command.hold)
    return tx.post_all((it,))[0].amount


@audits(authorise)
def authorised(m: Model, c: Any) -> Expect:
    if c.amount <= 0 or c.debit == c.credit or m.books.refusal(c.debit, c.credit, c.amount):
        raise Refuse("TransferRefused")
    expires_at = m.now + c.timeout_s * SECOND if c.timeout_s else 0
    return Expect(value=m.books.hold(c.debit, c.credit, c.amount, expires_at))


@audits(capture)
def captured(m: Model, c: Any) -> Expect:
    held = m.books.holds.get(c.hold)
    if held is None or c.amount < 0 or c.amount > held.amount:
        raise Refuse("TransferRefused")
    amount = c.amount or held.amount
    m.books.capture(c.hold, amount)
    return Expect(value=amount)


@audits(void)
def voided(m: Model, c: Any) -> Expect:
    held = m.books.holds.get(c.hold)
    if held is None:
        raise Refuse("TransferRefused")
    m.books.release(c.hold)
    return Expect(value=held.amount)

"""Reading an account's past: statements newest first or by date, and balances at any instant.

Every record names the previous one of both its accounts, so a statement walks a chain: its cost is
the rows shown. Where a chain would be long to walk (an account with many transfers since the point
asked for), whole journal rows are searched backwards instead.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
import numpy as np

from venule.ledger.model import RecordArray, StatementLine, TransferFlags

WALK_STEPS_MAX: Final = 4_096
STATEMENT_LINES_MAX: Final = 100_000


class Blocks(Protocol):
    """Where records come from."""

    def block(self, seq: int) -> tuple[int, RecordArray]: ...
    def block_before(self, first_seq: int) -> tuple[int, RecordArray] | None: ...


class Standing(msgspec.Struct, frozen=True):
    """An account's balance (credits minus debits) and holds at some moment, in minor units."""

    balance: int
    debits_pending: int
    credits_pending: int

    @property
    def available_credit(self) -> int:
        return self.balance - self.debits_pending


NOTHING: Final = Standing(0, 0, 0)


def _record(blocks: Blocks, seq: int) -> np.void:
    first, records = blocks.block(seq)
    record: np.void = records[seq - first]
    return record


def _previous(record: np.void, account: int) -> int:
    return int(record["prev_debit"] if int(record["debit"]) == account else record["prev_credit"])


def _touches(record: np.void, account: int) -> bool:
    if int(record["flags"]) & int(TransferFlags.OPENS):
        return False
    return account in (int(record["debit"]), int(record["credit"]))


def last_before(blocks: Blocks, account: int, head: int, seq: int) -> int:
    """Return the account's last transfer with a number below `seq`, 0 if there is none."""
    at = head
    for _ in range(WALK_STEPS_MAX):
        if at < seq:
            return at
        at = _previous(_record(blocks, at), account)
    if at < seq:
        return at
    block = blocks.block(seq - 1) if seq > 1 else None
    while block is not None:
        first, records = block
        mine = (records["debit"] == account) | (records["credit"] == account)
        mine &= (records["seq"] < seq) & ((records["flags"] & int(TransferFlags.OPENS)) == 0)
        found = np.flatnonzero(mine)
        if len(found):
            return int(records[found[-1]]["seq"])
        block = blocks.block_before(first)
    return 0


def line(record: np.void, account: int) -> StatementLine:
    """Read a record from the side of one of its accounts."""
    side = "debit" if int(record["debit"]) == account else "credit"
    other = "credit" if side == "debit" else "debit"
    amount = int(record["amount"])
    return StatementLine(
        seq=int(record["seq"]),
        at=int(record["at"]),
        counterparty=int(record[other]),
        amount=-amount if side == "debit" else amount,
        code=int(record["code"]),
        flags=TransferFlags(int(record["flags"])),
        ref=record["ref"].tobytes(),
        related=int(record["related"]),
        balance=int(record[f"{side}_balance"]),
        debits_pending=int(record[f"{side}_debits_pending"]),
        credits_pending=int(record[f"{side}_credits_pending"]),
    )


def walk(
    blocks: Blocks,
    account: int,
    head: int,
    *,
    limit: int,
    before_seq: int | None,
    since: int | None,
    until: int | None,
) -> list[StatementLine]:
    """Return up to `limit` lines, newest first: below `before_seq`, at or after `since`, before
    `until`.

    since, until: microseconds. For the next page pass the last line's seq as `before_seq`.
    """
    seq = head
    if before_seq is not None and before_seq <= head:
        seq = last_before(blocks, account, head, before_seq)
    lines: list[StatementLine] = []
    while seq > 0 and len(lines) < limit:
        record = _record(blocks, seq)
        at = int(record["at"])
        if since is not None and at < since:
            break
        if until is None or at < until:
            lines.append(line(record, account))
        seq = _previous(record, account)
    return lines


def standing(blocks: Blocks, account: int, head: int, below_seq: int) -> Standing:
    """Return an account's balance and holds after its last transfer with a number below
    `below_seq`."""
    seq = last_before(blocks, account, head, below_seq)
    if seq == 0:
        return NOTHING
    it = line(_record(blocks, seq), account)
    return Standing(it.balance, it.debits_pending, it.credits_pending)

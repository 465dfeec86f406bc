"""A ledger to look into: owners, holds, reversals, chains, closed accounts, three units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from support.both_homes import Place
from support.homes import new_home
from venule.kit.home import Home
from venule.kit.time import VirtualClock
from venule.ledger import AccountFlags, Posted, Transfer, TransferFlags, Tx

START = datetime(2014, 5, 14, tzinfo=UTC)
CNY, JPY, SHARES = 156, 392, 1001
UNITS = {CNY: ("CNY", 2), JPY: ("JPY", 0), SHARES: ("余额宝份额", 2)}
OWNERS = [bytes([number]) * 16 for number in range(1, 9)]
"""Owner n has account 3 + n in CNY and account 11 + n in shares; 1, 2 and 3 are the house's."""

PAY, HOLD, SETTLE, UNDO, TURN = 101, 102, 103, 104, 105
DEBIT_LIMIT = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS


def settle(tx: Tx, _: None) -> None:
    """Units and the first accounts: the house in each unit, then the owners."""
    for unit, (name, scale) in UNITS.items():
        tx.define_unit(unit, name, scale)
        tx.open_account(unit, 1010)
    for unit, code in ((CNY, 2010), (SHARES, 9020)):
        for owner in OWNERS:
            tx.open_account(unit, code, flags=DEBIT_LIMIT, ref=owner)


def post(tx: Tx, transfers: list[Transfer]) -> list[Posted]:
    return tx.post(transfers)


def open_more(tx: Tx, code: int) -> int:
    return tx.open_account(CNY, code, flags=DEBIT_LIMIT, ref=OWNERS[0])


def write_checkpoint(tx: Tx, _: None) -> None:
    tx.book.checkpoint(tx.sql)


def live(
    place: Place, *, seed: int = 1, steps: int = 300, checkpoint_at: int | None = None
) -> tuple[Home[Tx], VirtualClock]:
    """Make a home and let `steps` small groups happen in it, about one a minute."""
    clock = VirtualClock(START)
    home = new_home(place, clock)
    home.run(settle, None)
    random = Random(seed)
    for number in range(4, 20):
        home.run(post, [Transfer(1 if number < 12 else 3, number, 50_000, PAY)])
    done: list[tuple[int, Transfer]] = []
    for step in range(steps):
        clock.advance(timedelta(seconds=random.choice((0, 1, 60, 61))))
        transfers = _happening(random, done)
        for posted, transfer in zip(home.run(post, transfers), transfers, strict=True):
            if posted.ok:
                done.append((posted.seq, transfer))
        if step % 50 == 49:
            home.run(open_more, 2010 + step)
        if step == checkpoint_at:
            home.run(write_checkpoint, None)
    return home, clock


def _happening(random: Random, done: list[tuple[int, Transfer]]) -> list[Transfer]:
    """Return one thing that people do, or undo; the ledger may refuse it."""
    first = 4 if random.random() < 0.7 else 12
    payer, payee = random.sample(range(first, first + 8), 2)
    amount = random.choice((1, 5, 100, random.randint(1, 3_000)))
    what: dict[str, Any] = {"ref": bytes([random.randint(1, 9)]) * 16}
    kind = random.random()
    if kind < 0.45 or not done:
        return [Transfer(payer, payee, amount, PAY, **what)]
    if kind < 0.6:
        timeout_s = random.choice((0, 30, 600))
        what |= {"flags": int(TransferFlags.PENDING), "timeout_s": timeout_s}
        return [Transfer(payer, payee, amount, HOLD, **what)]
    old_seq, old = random.choice(done[-40:])
    if kind < 0.75:
        flag = random.choice((TransferFlags.POST_PENDING, TransferFlags.VOID_PENDING))
        part = random.randint(0, 1) if flag is TransferFlags.POST_PENDING else 0
        return [Transfer(0, 0, part, SETTLE, flags=int(flag), related=old_seq, **what)]
    if kind < 0.85:
        what |= {"flags": int(TransferFlags.REVERSAL), "related": old_seq}
        return [Transfer(old.credit, old.debit, max(1, old.amount // 2), UNDO, **what)]
    if kind < 0.95:
        linked = {"flags": int(TransferFlags.LINKED)} | what
        return [
            Transfer(payer, payee, amount, PAY, **linked),
            Transfer(payee, payer, amount, PAY, **what),
        ]
    turn = random.choice((TransferFlags.CLOSE, TransferFlags.REOPEN, TransferFlags.REOPEN))
    return [Transfer(11, 0, 0, TURN, flags=int(turn))]

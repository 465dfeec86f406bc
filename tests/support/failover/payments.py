"""What the clients ask for: payments that leave a transfer and a row, and tell when done twice."""

from __future__ import annotations

import msgspec

from venule.kit.relay import Procedures
from venule.ledger import AccountFlags, Transfer, Tx

CNY = 156
BANK, PAYER, PAYEE = 1, 2, 3
AMOUNT_FEN = 7
SECRET = bytes(range(1, 33))


class SetUp(msgspec.Struct, frozen=True):
    """accounts: that many more, so that there is something to load."""

    accounts: int = 0


class Pay(msgspec.Struct, frozen=True):
    number: int


def set_up(tx: Tx, command: SetUp) -> int:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    tx.open_accounts(CNY, 2010, 2, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
    if command.accounts:
        tx.open_accounts(CNY, 2010, command.accounts)
    tx.post_all([Transfer(bank, PAYER, 10**12, 1)])
    # No primary key: what is done twice must show.
    tx.sql.run("CREATE TABLE failover_paid (number BIGINT NOT NULL, seq BIGINT NOT NULL)")
    return bank


def pay(tx: Tx, command: Pay) -> int:
    """Return the transfer's number."""
    [posted] = tx.post_all([Transfer(PAYER, PAYEE, AMOUNT_FEN, 2)])
    tx.sql.run(
        "INSERT INTO failover_paid (number, seq) VALUES (?, ?)", (command.number, posted.seq)
    )
    return posted.seq


def rows(tx: Tx) -> list[tuple[int, int]]:
    """Return (number, transfer) of every payment."""
    return tx.sql.rows("SELECT number, seq FROM failover_paid")


def paid_fen(tx: Tx) -> int:
    """Return what the payee has got."""
    return tx.account(PAYEE).credits_posted


PROCEDURES = Procedures([set_up, pay], [rows, paid_fen])

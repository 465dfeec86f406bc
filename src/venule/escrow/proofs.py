"""What must hold of guaranteed trade, recomputed from the rows and from the ledger."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from numpy.typing import NDArray

from venule.escrow import proof_store, store
from venule.escrow.accounts import EscrowAccountCode
from venule.escrow.entry_proofs import ROOM, check_entries, differ
from venule.ledger import AccountFlags, TransferFlags, TransferNotFound
from venule.members import WALLET_UNIT, Break, guarded
from venule.wallet import ProofView

_CODES: Final = (EscrowAccountCode.ESCROW_HELD, EscrowAccountCode.ESCROW_UNSETTLED)


def check(view: ProofView) -> list[Break]:
    """Return everything that does not hold; empty when all is well."""
    breaks: list[Break] = []
    for what, each in (
        ("the room's accounts", check_pools),
        ("sums of trades", check_sums),
        ("entries of trades", check_entries),
        ("authorisations", check_authorisations),
        ("files of evidence", check_files),
    ):
        breaks += guarded(ROOM, partial(each, view), what)
    return breaks


def check_pools(view: ProofView) -> list[Break]:
    """What stands in the room's accounts is what its trades say, to the fen."""
    pools = store.load_pools(view.sql)
    held, unsettled, frozen = proof_store.pool_sums(view.sql)
    if pools is None:
        return differ("accounts of the room", "trades, fen", 0, held + unsettled + frozen)
    accounts = view.accounts_view()
    breaks: list[Break] = []
    for account, code, fen in (
        (pools.held, _CODES[0], held),
        (pools.unsettled, _CODES[1], unsettled),
    ):
        if not 0 < account < len(accounts):
            breaks += differ("account of the room", code.name, "an account", account)
            continue
        row: NDArray[Any] = accounts[account]
        kind = (WALLET_UNIT, int(code), 1)
        no_overdraft = int(row["flags"]) & AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
        seen = (int(row["unit"]), int(row["code"]), int(no_overdraft))
        breaks += differ("account of the room", code.name, kind, seen)
        balance = int(row["credits_posted"]) - int(row["debits_posted"])
        breaks += differ(f"{code.name} = trades", "fen", fen, balance)
    if not breaks:
        pending = int(accounts[pools.held]["credits_pending"])
        breaks += differ("ESCROW_HELD holds = authorisations", "fen", frozen, pending)
    return breaks


def check_sums(view: ProofView) -> list[Break]:
    """Every trade, settlement and authorisation is the sum of its parts."""
    return [
        Break(ROOM, what, f"{UUID(bytes=id_)}, fen", str(summed), str(noted))
        for what, id_, noted, summed in proof_store.sum_faults(view.sql)
    ]


def check_authorisations(view: ProofView) -> list[Break]:
    """What is left of each authorisation is on hold in the payer's wallet, under its id."""
    pools = store.load_pools(view.sql)
    breaks: list[Break] = []
    for id_, _, payer, _, _, rest, hold_seq in proof_store.authorisations(view.sql):
        if pools is None or not rest:
            breaks += differ("hold of what is over", str(UUID(bytes=id_)), 0, hold_seq)
            continue
        expected = (payer, pools.held, rest, bytes(id_), True)
        seen: tuple[int, int, int, bytes, bool] | None = None
        try:
            it = view.transfer(hold_seq)
        except TransferNotFound:
            pass
        else:
            pending = bool(it.flags & TransferFlags.PENDING)
            seen = (it.debit, it.credit, it.amount, bytes(it.ref), pending)
        if seen != expected:
            subject = str(UUID(bytes=id_))
            found = None if seen is None else seen[:3]
            breaks.append(Break(ROOM, "hold", subject, str(expected[:3]), str(found)))
    return breaks


def check_files(view: ProofView) -> list[Break]:
    """Every file of evidence has the hash it is kept under, and the size it was filed with."""
    breaks: list[Break] = []
    sizes: dict[bytes, int] = {}
    for key, content in proof_store.files(view.sql):
        sizes[bytes(key)] = len(content)
        seen = sha256(content).hexdigest()
        breaks += differ("file = its hash", "SHA-256", bytes(key).hex(), seen)
    for id_, key, size in proof_store.file_sizes(view.sql):
        subject = f"{UUID(bytes=id_)}, bytes"
        breaks += differ("size of evidence", subject, sizes.get(bytes(key)), size)
    return breaks

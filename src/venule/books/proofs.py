"""What must hold between this room's rows and the ledger, recomputed from both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from venule.books import store
from venule.books.flows import BooksAccountCode, BooksTransferCode, code
from venule.books.model import (
    BookPayment,
    PaymentKind,
    PaymentState,
    Receipt,
    ReceiptState,
)
from venule.ledger import Leg, Legs, TransferFlags, TransferNotFound, leg_differences
from venule.members import WALLET_UNIT, Break, accounts_by_member, guarded
from venule.wallet import ProofView

ROOM: Final = "books"
_HELD: Final = BooksTransferCode.BOOK_PAYMENT_HELD
_SETTLED: Final = BooksTransferCode.BOOK_PAYMENT_SETTLED
_RELEASED: Final = BooksTransferCode.BOOK_PAYMENT_RELEASED
_RECEIVED: Final = BooksTransferCode.BOOK_PAYMENT_RECEIVED
_STEPS: Final = tuple(
    int(each) for each in BooksTransferCode if each.name.endswith(("_SETTLED", "_RECEIVED"))
)
"""What is posted with a payment's id for its reference."""


def check(view: ProofView) -> list[Break]:
    """Return everything that does not hold; empty when all is well."""
    checks: tuple[tuple[str, Callable[[ProofView], list[Break]]], ...] = (
        ("clearing accounts", check_clearing),
        ("payments between books", check_entries),
        ("refunds between books", check_refunds),
    )
    breaks: list[Break] = []
    for what, each in checks:
        breaks += guarded(ROOM, partial(each, view), what)
    return breaks


def _differ(rule: str, subject: str, expected: object, actual: object) -> list[Break]:
    if expected == actual:
        return []
    return [Break(ROOM, rule, subject, str(expected), str(actual))]


def check_clearing(view: ProofView) -> list[Break]:
    """Each clearing account is what the payments to and from its book say, holds included."""
    accounts = view.accounts_view()
    balance: defaultdict[int, int] = defaultdict(int)
    held: defaultdict[int, int] = defaultdict(int)
    for p in store.each_payment(view.sql):
        if p.state is PaymentState.SETTLED:
            balance[p.peer] += p.amount_minor
        elif p.state is PaymentState.HELD:
            held[p.peer] += p.amount_minor
    for r in store.each_receipt(view.sql):
        if r.state is ReceiptState.RECEIVED:
            balance[r.peer] -= r.amount_minor
    known = store.load_clearing(view.sql)
    breaks: list[Break] = []
    for peer in sorted(known.keys() | balance.keys() | held.keys()):
        account = known.get(peer, 0)
        subject = f"book {peer}"
        if not 0 < account < len(accounts):
            breaks.append(Break(ROOM, "clearing account", subject, "an account", str(account)))
            continue
        row = accounts[account]
        kind = (int(row["unit"]), int(row["code"]), int.from_bytes(bytes(row["ref"]), "big"))
        wanted = (WALLET_UNIT, int(BooksAccountCode.BOOK_CLEARING), peer)
        posted = int(row["credits_posted"]) - int(row["debits_posted"])
        pending = int(row["credits_pending"])
        breaks += [
            *_differ("clearing account", subject, wanted, kind),
            *_differ("clearing = settled - received", f"{subject}, fen", balance[peer], posted),
            *_differ("holds = payments held", f"{subject}, fen", held[peer], pending),
        ]
    return breaks


def check_entries(view: ProofView) -> list[Break]:
    """Every payment and receipt has the entries of its state, and none other has any."""
    clearing = store.load_clearing(view.sql)
    owners = accounts_by_member(view.sql)
    legs = Legs()
    breaks: list[Break] = []
    for p in store.each_payment(view.sql):
        account, ref = clearing.get(p.peer, 0), p.id.bytes
        breaks += _owner(owners, p.payer_id.bytes, p.payer_account, "payer", p.id)
        held = (code(_HELD, p.kind), p.payer_account, account, p.amount_minor, ref)
        breaks += _named(view, "hold", p.held_seq, held, TransferFlags.PENDING, 0)
        if p.state is PaymentState.SETTLED:
            legs.add(ref, (code(_SETTLED, p.kind), p.payer_account, account, p.amount_minor))
        breaks += _ending(view, p, account)
    for r in store.each_receipt(view.sql):
        breaks += _receipt(view, r, clearing.get(r.peer, 0), owners, legs)
    breaks += [
        Break(ROOM, "entries of a payment", f"{UUID(bytes=ref)}, fen", _words(less), _words(more))
        for ref, less, more in leg_differences(legs.array(), view.posted(codes=_STEPS))
    ]
    return breaks


def _receipt(
    view: ProofView, r: Receipt, clearing: int, owners: dict[bytes, int], legs: Legs
) -> list[Break]:
    if r.state is not ReceiptState.RECEIVED:
        return []
    why, ref = code(_RECEIVED, r.kind), r.id.bytes
    legs.add(ref, (why, clearing, r.payee_account, r.amount_minor))
    moved = (why, clearing, r.payee_account, r.amount_minor, ref)
    return [
        *_owner(owners, r.payee_id.bytes, r.payee_account, "payee", r.id),
        *_named(view, "receipt", r.seq, moved, TransferFlags.NONE, 0),
    ]


def _ending(view: ProofView, p: BookPayment, clearing: int) -> list[Break]:
    """The entry that a payment names as its end is that."""
    if p.state is PaymentState.HELD:
        return []
    settled = p.state is PaymentState.SETTLED
    flag = TransferFlags.POST_PENDING if settled else TransferFlags.VOID_PENDING
    why = code(_SETTLED if settled else _RELEASED, p.kind)
    ended = (why, p.payer_account, clearing, p.amount_minor, p.id.bytes)
    return _named(view, "end of the hold", p.ended_seq, ended, flag, p.held_seq)


def _named(
    view: ProofView,
    rule: str,
    seq: int,
    expected: tuple[int, int, int, int, bytes],
    flag: TransferFlags,
    related: int,
) -> list[Break]:
    """The entry that a row names by its number is that row's."""
    seen: tuple[object, ...] | None = None
    try:
        it = view.transfer(seq)
    except TransferNotFound:
        pass
    else:
        shape = it.flags & ~TransferFlags.LINKED
        seen = (it.code, it.debit, it.credit, it.amount, bytes(it.ref), shape, it.related)
    return _differ(rule, f"payment {UUID(bytes=expected[4])}", (*expected, flag, related), seen)


def _words(legs: list[Leg]) -> str:
    return "; ".join(str(leg) for leg in legs) or "nothing"


def _owner(
    owners: dict[bytes, int], member: bytes, account: int, what: str, payment: UUID
) -> list[Break]:
    return _differ("account of its member", f"{what} of {payment}", owners.get(member), account)


def check_refunds(view: ProofView) -> list[Break]:
    """What has gone back of each payment, and come back, is the sum of its refunds."""
    back: defaultdict[UUID, int] = defaultdict(int)
    came: defaultdict[UUID, int] = defaultdict(int)
    sides: list[tuple[str, UUID, PaymentKind, int]] = []
    gone = (PaymentState.RETURNED, PaymentState.CANCELLED)
    for p in store.each_payment(view.sql):
        sides.append(("paid", p.id, p.kind, p.refunded_minor))
        if p.original_id is not None and p.state not in gone:
            back[p.original_id] += p.amount_minor
    for r in store.each_receipt(view.sql):
        sides.append(("received", r.id, r.kind, r.refunded_minor))
        if r.original_id is not None and r.state is ReceiptState.RECEIVED:
            came[r.original_id] += r.amount_minor
    breaks: list[Break] = []
    for side, payment, kind, refunded in sides:
        total = (came if side == "paid" else back).pop(payment, 0)
        expected = total if kind is PaymentKind.PAYMENT else 0
        breaks += _differ("refunded = sum of refunds", f"{side} {payment}, fen", expected, refunded)
    for payment, total in [*came.items(), *back.items()]:
        breaks.append(Break(ROOM, "a refund is of a payment", f"{payment}, fen", "0", str(total)))
    return breaks

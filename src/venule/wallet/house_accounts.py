"""The house's own accounts: opened once, looked up by name; fees swept, capital paid in."""

from __future__ import annotations

from typing import Final

from venule.kit.money import Money
from venule.kit.sql import Sql
from venule.ledger import AccountFlags, Refusal, Transfer, TransferRefused, Tx
from venule.members import WALLET_UNIT, check_text
from venule.wallet import bank_store, flows, rules, store
from venule.wallet.accounts import AccountCode
from venule.wallet.errors import (
    BankRefReused,
    HouseDiffers,
    InsufficientFunds,
    NothingToSweep,
    ReserveUnknown,
    WalletNotSetUp,
)
from venule.wallet.model import (
    CURRENCY,
    MAIN_RESERVE,
    TEXT_CHARS_MAX,
    House,
    OurBankAccount,
    PayInCapital,
    ReserveEntry,
    SetUp,
    SweepFees,
)

_NO_OVERDRAFT: Final = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
_NO_SURPLUS: Final = AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS

_ACCOUNTS: Final = (
    ("top_up_in_transit", AccountCode.TOP_UP_IN_TRANSIT, _NO_SURPLUS),
    ("top_up_uncleared", AccountCode.TOP_UP_UNCLEARED, _NO_OVERDRAFT),
    ("payout_in_transit", AccountCode.PAYOUT_IN_TRANSIT, _NO_OVERDRAFT),
    # A line that the bank took from us without a word leaves suspense below zero until it is
    # explained or covered, and the reserve follows the bank wherever it goes: no limit on either.
    ("suspense", AccountCode.SUSPENSE, AccountFlags.NONE),
    ("fees_unswept", AccountCode.FEES_UNSWEPT, _NO_OVERDRAFT),
    ("own_bank", AccountCode.OWN_BANK, _NO_SURPLUS),
    ("own_capital", AccountCode.OWN_CAPITAL, _NO_OVERDRAFT),
    ("fees", AccountCode.FEES, _NO_OVERDRAFT),
    ("shortfalls", AccountCode.SHORTFALLS, _NO_SURPLUS),
)
_RESERVE: Final = "reserve:"


def set_up(tx: Tx, command: SetUp) -> House:
    """Open the house's accounts; again with the same bank accounts changes nothing.

    Raises: TextMalformed; HouseDiffers if it is set up with other bank accounts.
    """
    wanted = {_RESERVE + each.name: each for each in command.reserves}
    wanted["own_bank"] = command.own_bank
    _check_bank_accounts(command, wanted)
    known = store.load_house(tx.sql)
    if known:
        found = {row[0]: (row[3], row[4]) for row in known if row[3] is not None}
        asked = {name: (each.bank, each.number) for name, each in wanted.items()}
        if found != asked:
            raise HouseDiffers(str(found), str(asked))
        return house(tx)
    tx.define_unit(WALLET_UNIT, CURRENCY, 2)
    plan = [(name, code, flags) for name, code, flags in _ACCOUNTS]
    plan += [
        (_RESERVE + each.name, AccountCode.CLIENT_RESERVE, AccountFlags.NONE)
        for each in command.reserves
    ]
    rows = []
    for name, code, flags in plan:
        account = tx.open_account(WALLET_UNIT, code, flags=flags)
        bank = wanted.get(name)
        rows.append((name, int(code), account, bank and bank.bank, bank and bank.number))
    store.insert_house(tx.sql, rows)
    return house(tx)


def _check_bank_accounts(command: SetUp, wanted: dict[str, OurBankAccount]) -> None:
    for each in wanted.values():
        for field in ("name", "bank", "number"):
            check_text(field, getattr(each, field), TEXT_CHARS_MAX)
    names = [each.name for each in command.reserves]
    if MAIN_RESERVE not in names:
        raise ReserveUnknown(MAIN_RESERVE)
    if len(set(names)) < len(names):
        raise HouseDiffers("each under a name of its own", str(names))


def house(tx: Tx) -> House:
    """Return the house's accounts. Raises: WalletNotSetUp."""
    known = find_house(tx.sql)
    if known is None:
        raise WalletNotSetUp
    return known


def find_house(sql: Sql) -> House | None:
    """Return the house's accounts, None before there are any."""
    rows = store.load_house(sql)
    if not rows:
        return None
    accounts = {row[0]: row[2] for row in rows}
    cut = len(_RESERVE)
    reserves = {name[cut:]: a for name, a in accounts.items() if name.startswith(_RESERVE)}
    return House(reserves, *[accounts[name] for name, _, _ in _ACCOUNTS])


def reserve_account(known: House, reserve: str) -> int:
    """Return the ledger account of a reserve. Raises: ReserveUnknown."""
    account = known.reserves.get(reserve)
    if account is None:
        raise ReserveUnknown(reserve)
    return account


def record_reserve_entry(tx: Tx, entry: ReserveEntry) -> None:
    """Tell the reconciliation of a booking on a reserve account that a room above has posted.

    Call it in the command that posts on CLIENT_RESERVE, once for each line the bank will show.
    Raises: RefMalformed, BankRefReused.
    """
    rules.check_ref(entry.ref)
    check_text("bank_ref", entry.bank_ref, TEXT_CHARS_MAX)
    add_entries(
        tx,
        entry.reserve,
        [
            bank_store.Entry(
                entry.reserve,
                entry.bank_ref,
                0,
                entry.amount_minor,
                entry.ref,
                entry.booked_on,
                tx.now_us,
            )
        ],
    )


def add_entries(tx: Tx, reserve: str, entries: list[bank_store.Entry]) -> None:
    """Write bookings under references that must be new. Raises: BankRefReused for the first."""
    refs = [entry.bank_ref for entry in entries]
    known = bank_store.known_refs(tx.sql, reserve, refs)
    for ref in refs:
        if ref in known:
            raise BankRefReused(reserve, ref)
        known.add(ref)
    bank_store.insert_entries(tx.sql, entries)


def post(tx: Tx, transfers: list[Transfer]) -> list[int]:
    """Post transfers that must all hold; return their sequence numbers.

    Raises: InsufficientFunds where an account does not hold enough, else TransferRefused.
    """
    answer = tx.post(transfers)
    for index, (posted, wanted) in enumerate(zip(answer, transfers, strict=True)):
        if posted.refusal is Refusal.EXCEEDS_CREDITS:
            short = tx.account(wanted.debit)
            raise InsufficientFunds(short.id, wanted.amount, short.available_credit)
        if posted.refusal is Refusal.EXCEEDS_DEBITS:
            short = tx.account(wanted.credit)
            raise InsufficientFunds(short.id, wanted.amount, short.available_debit)
        if posted.refusal is not Refusal.OK and posted.refusal is not Refusal.LINKED_EVENT_FAILED:
            raise TransferRefused(index, posted.refusal, wanted)
    return [posted.seq for posted in answer]


def sweep_fees(tx: Tx, command: SweepFees) -> Money:
    """Make earned fees our own, now that their money has moved to our own bank account.

    Raises: as `check_amount`, ReserveUnknown, NothingToSweep, BankRefReused.
    """
    asked = None if command.amount is None else rules.check_amount(command.amount)
    known = house(tx)
    reserve = reserve_account(known, command.reserve)
    unswept = tx.account(known.fees_unswept).available_credit
    amount = unswept if asked is None else asked
    if not 0 < amount <= unswept:
        raise NothingToSweep(unswept, amount)
    ref = tx.new_id()
    post(tx, flows.sweep_fees(known, reserve, amount, ref.bytes))
    record_reserve_entry(
        tx,
        ReserveEntry(command.bank_ref, -amount, ref.bytes, command.booked_on, command.reserve),
    )
    tx.emit("wallet.fees_swept", ref, {"amount_minor": amount})
    return Money(amount, CURRENCY)


def pay_in_capital(tx: Tx, command: PayInCapital) -> Money:
    """Book money of the owners on our own bank account. Raises: as `check_amount`."""
    amount = rules.check_amount(command.amount)
    ref = tx.new_id()
    post(tx, flows.pay_in_capital(house(tx), amount, ref.bytes))
    tx.emit("wallet.capital_paid_in", ref, {"amount_minor": amount})
    return Money(amount, CURRENCY)

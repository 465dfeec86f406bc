"""What must come of the commands of the wallet: payments, money in and out, cases.

Written from the documentation of the room; the order of refusals is the documented one.
"""

from __future__ import annotations

from typing import Any

from support.sim.books import CNY, FREE, NO_DEBT, NO_SURPLUS, Refuse, Wrong
from support.sim.model import (
    Case,
    Entry,
    Expect,
    Job,
    Limit,
    Model,
    Payment,
    Payout,
    Refund,
    TopUp,
    audits,
)
from support.sim.rules_members import (
    LIMITS,
    LIMITS_FROM,
    check_bound,
    check_limits,
    check_may_pay,
    check_may_receive,
    count,
    turn,
    uncount,
)
from venule import wallet

AMOUNT_MAX = 10**15

HOUSE = (
    ("top_up_in_transit", 1020, NO_SURPLUS),
    ("top_up_uncleared", 2060, NO_DEBT),
    ("payout_in_transit", 2030, NO_DEBT),
    ("suspense", 2050, FREE),
    ("fees_unswept", 2070, NO_DEBT),
    ("own_bank", 3010, NO_SURPLUS),
    ("own_capital", 4010, NO_DEBT),
    ("fees", 5010, NO_DEBT),
    ("shortfalls", 6010, NO_SURPLUS),
)


# The house


@audits(wallet.set_up)
def set_up(m: Model, c: Any) -> Expect:
    if not m.house:
        m.units[CNY] = "CNY"
        m.house = {name: m.books.open(CNY, code, way) for name, code, way in HOUSE}
        for each in c.reserves:
            m.reserves[each.name] = m.books.open(CNY, 1010, FREE)
            m.reconciled[each.name] = {}
        m.limits = [Limit(rule, tier, fen, LIMITS_FROM) for rule, tier, fen in LIMITS]
    return Expect({"reserves": m.reserves, **m.house})


def reserve_of(m: Model, name: str) -> int:
    if name not in m.reserves:
        raise Refuse("ReserveUnknown")
    return m.reserves[name]


def check_amount(amount: Any) -> int:
    """Check an amount of money or of fen; return the fen."""
    if hasattr(amount, "currency"):
        if amount.currency != "CNY":
            raise Refuse("CurrencyNotServed")
        amount = amount.amount
    if amount <= 0:
        raise Refuse("AmountNotPositive")
    if amount > AMOUNT_MAX:
        raise Refuse("AmountTooLarge")
    fen: int = amount
    return fen


def enter(
    m: Model,
    reserve: str,
    ref: str,
    amount: int,
    on: str,
    *,
    case: bool = False,
    ours: bool = False,
) -> None:
    """Note a booking on a reserve account. ours: the bank hears of it from us, and books it too."""
    m.entries.setdefault((reserve, ref), []).append(Entry(amount, on, m.now, case))
    if ours:
        m.to_book.append((reserve, ref, amount))


def check_new_refs(m: Model, reserve: str, refs: list[str]) -> None:
    seen: set[str] = set()
    for ref in refs:
        if (reserve, ref) in m.entries or ref in seen:
            raise Refuse("BankRefReused")
        seen.add(ref)


@audits(wallet.close_member)
def close_member(m: Model, c: Any) -> Expect:
    who = m.member(c.member_id)
    top_ups = [
        t for t in m.top_ups if t.member == who.ref and t.state in ("requested", "in_transit")
    ]
    under_way = ("reserved", "sent", "returning")
    payouts = [p for p in m.payouts if p.member == who.ref and p.state in under_way]
    if top_ups or payouts:
        raise Refuse("OrdersOpen")
    account = m.books[who.account]
    if account.balance or account.dp or account.cp:
        raise Refuse("WalletNotEmpty")
    answer = turn(m, who, "close")
    m.books.close(who.account)
    return answer


def need(m: Model, account: int, amount: int) -> None:
    if m.books[account].free < amount:
        raise Refuse("InsufficientFunds")


# Payments


def pay_checks(m: Model, c: Any, payee_id: Any, kind: str, fee: int, amount: int) -> Payment:
    """Check a payment or transfer; return it, not yet made."""
    payer, payee = m.member(c.payer_id), m.member(payee_id)
    if payer is payee:
        raise Refuse("SelfTransfer")
    if kind == "payment" and payee.kind == "person":
        raise Refuse("NotAMerchant")
    check_may_pay(payer)
    check_may_receive(payee)
    check_limits(m, payer, kind, amount)
    need(m, payer.account, amount)
    note = getattr(c, "note", "")
    return Payment(None, kind, payer.ref, payee.ref, amount, fee, 0, None, m.now, note)


def make(m: Model, made: Payment) -> Expect:
    """Carry out a payment that was checked."""
    payer, payee = m.members[made.payer], m.members[made.payee]
    made.counted_on = count(m, payer, made.kind, made.amount)
    m.books.move(payer.account, payee.account, made.amount)
    if made.fee:
        m.books.move(payee.account, m.house["fees_unswept"], made.fee)
    m.payments.append(made)
    fields = {
        "kind": made.kind,
        "payer_id": payer.id,
        "payee_id": payee.id,
        "amount_minor": made.amount,
        "fee_minor": made.fee,
        "refunded_minor": 0,
        "state": "paid",
        "counted_on": made.counted_on,
        "made_at": m.now,
        "note": made.note,
    }
    return Expect(fields, thing=made)


@audits(wallet.pay)
def pay(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    fee = 0
    if c.fee is not None:
        fee = check_amount(c.fee)
        if fee >= amount:
            raise Refuse("FeeTooLarge")
    answer = make(m, pay_checks(m, c, c.merchant_id, "payment", fee, amount))
    m.events["wallet.paid"] += 1
    return answer


@audits(wallet.transfer)
def transfer(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    answer = make(m, pay_checks(m, c, c.payee_id, "transfer", 0, amount))
    m.events["wallet.transferred"] += 1
    return answer


@audits(wallet.pay_many, risky=True)
def pay_many(m: Model, c: Any) -> Expect:
    """Form before names, names before limits of any line, limits before the money of any line."""
    for line in c.lines:
        check_amount(line.amount_minor)
    for line in c.lines:
        m.member(line.payer_id)
        m.member(line.merchant_id)
    short = False
    for line in c.lines:
        try:
            made = pay_checks(m, line, line.merchant_id, "payment", 0, line.amount_minor)
        except Refuse as refuse:
            if refuse.name != "InsufficientFunds":
                raise
            short = True
            count(m, m.member(line.payer_id), "payment", line.amount_minor)
        else:
            make(m, made)
    if short:
        raise Refuse("InsufficientFunds")
    return Expect({"count": len(c.lines), "total_minor": sum(x.amount_minor for x in c.lines)})


@audits(wallet.refund)
def refund(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    paid = m.by_id(m.payments, c.payment_id, "PaymentUnknown")
    for first in m.refunds:
        if first.payment is paid and first.request == c.request_id:
            if first.amount != amount:
                raise Refuse("RefundRequestReused")
            return refund_answer(first)
    if paid.kind != "payment":
        raise Refuse("NotRefundable")
    if paid.refunded + amount > paid.amount:
        raise Refuse("RefundExceedsPayment")
    payer, payee = m.members[paid.payer], m.members[paid.payee]
    check_may_pay(payee)
    check_may_receive(payer)
    need(m, payee.account, amount)
    m.books.move(payee.account, payer.account, amount)
    paid.refunded += amount
    made = Refund(None, paid, c.request_id, amount, paid.refunded, m.now)
    m.refunds.append(made)
    uncount(m, payer.ref, "payment", paid.counted_on, amount)
    m.events["wallet.refunded"] += 1
    return refund_answer(made)


def refund_answer(made: Refund) -> Expect:
    fields = {"amount_minor": made.amount, "refunded_minor": made.refunded, "made_at": made.at}
    return Expect({**fields, "payment_id": made.payment.id}, thing=made)


# In and out


@audits(wallet.request_top_up)
def request_top_up(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    reserve_of(m, c.reserve)
    who = m.member(c.member_id)
    check_bound(m, who, c.bank_account_id)
    check_may_receive(who)
    new = TopUp(None, who.ref, c.reserve, amount, "requested", at=m.now)
    m.top_ups.append(new)
    m.jobs.append(Job(None, "wallet.request_debit", new, m.now))
    m.events["wallet.top_up_requested"] += 1
    fields = {"member_id": who.id, "amount_minor": amount, "state": "requested", "told_seq": 0}
    return Expect({**fields, "requested_at": m.now}, thing=new)


@audits(wallet.credit_top_ups)
def credit_top_ups(m: Model, c: Any) -> Expect:
    for line in c.lines:
        check_amount(line.amount_minor)
    reserve = reserve_of(m, c.reserve)
    found = [m.member(line.member_id) for line in c.lines]
    for who in found:
        check_may_receive(who)
    check_new_refs(m, c.reserve, [line.bank_ref for line in c.lines])
    for who, line in zip(found, c.lines, strict=True):
        m.books.move(reserve, who.account, line.amount_minor)
        enter(m, c.reserve, line.bank_ref, line.amount_minor, c.booked_on.isoformat())
        new = TopUp(None, who.ref, c.reserve, line.amount_minor, "credited", quick=True, at=m.now)
        m.top_ups.append(new)
    return Expect({"count": len(c.lines), "total_minor": sum(x.amount_minor for x in c.lines)})


@audits(wallet.withdraw)
def withdraw(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    reserve_of(m, c.reserve)
    who = m.member(c.member_id)
    check_bound(m, who, c.bank_account_id)
    check_may_pay(who)
    check_limits(m, who, "withdrawal", amount)
    need(m, who.account, amount)
    on = count(m, who, "withdrawal", amount)
    held = m.books.hold(who.account, m.house["payout_in_transit"], amount)
    new = Payout(None, who.ref, c.reserve, amount, "reserved", False, held, on, m.now)
    m.payouts.append(new)
    m.jobs.append(Job(None, "wallet.send_payout", new, m.now))
    m.events["wallet.withdrawal_reserved"] += 1
    fields = {"member_id": who.id, "amount_minor": amount, "state": "reserved", "held_seq": held}
    return Expect({**fields, "counted_on": on, "requested_at": m.now}, thing=new)


@audits(wallet.pay_out_many, risky=True)
def pay_out_many(m: Model, c: Any) -> Expect:
    for line in c.lines:
        check_amount(line.amount_minor)
    reserve = reserve_of(m, c.reserve)
    found = [m.member(line.member_id) for line in c.lines]
    made = []
    for who, line in zip(found, c.lines, strict=True):
        check_may_pay(who)
        check_limits(m, who, "withdrawal", line.amount_minor)
        on = count(m, who, "withdrawal", line.amount_minor)
        made.append(
            Payout(None, who.ref, c.reserve, line.amount_minor, "settled", True, 0, on, m.now)
        )
    check_new_refs(m, c.reserve, [line.bank_ref for line in c.lines])
    for who, line in zip(found, c.lines, strict=True):
        need(m, who.account, line.amount_minor)
        m.books.move(who.account, reserve, line.amount_minor)
        enter(m, c.reserve, line.bank_ref, -line.amount_minor, c.booked_on.isoformat())
    m.payouts += made
    return Expect({"count": len(c.lines), "total_minor": sum(x.amount_minor for x in c.lines)})


# Own money and cases


@audits(wallet.sweep_fees)
def sweep_fees(m: Model, c: Any) -> Expect:
    asked = None if c.amount is None else check_amount(c.amount)
    reserve = reserve_of(m, c.reserve)
    unswept = m.books[m.house["fees_unswept"]].free
    amount = unswept if asked is None else asked
    if not 0 < amount <= unswept:
        raise Refuse("NothingToSweep")
    check_new_refs(m, c.reserve, [c.bank_ref])
    m.books.move(m.house["fees_unswept"], reserve, amount)
    m.books.move(m.house["own_bank"], m.house["fees"], amount)
    enter(m, c.reserve, c.bank_ref, -amount, c.booked_on.isoformat(), ours=True)
    m.events["wallet.fees_swept"] += 1
    return Expect(value=amount)


@audits(wallet.pay_in_capital)
def pay_in_capital(m: Model, c: Any) -> Expect:
    amount = check_amount(c.amount)
    m.books.move(m.house["own_bank"], m.house["own_capital"], amount)
    m.events["wallet.capital_paid_in"] += 1
    return Expect(value=amount)


def open_case(m: Model, case_id: Any) -> Case:
    known = m.by_id(m.cases.values(), case_id, "CaseUnknown")
    if known.state != "open":
        raise Refuse("TransitionIllegal")
    return known


def end_case(m: Model, case: Case, state: str) -> Expect:
    case.state = state
    m.events["wallet.case_ended"] += 1
    return Expect({"id": case.id, "state": state, "amount_minor": case.amount})


@audits(wallet.credit_case)
def credit_case(m: Model, c: Any) -> Expect:
    case = open_case(m, c.case_id)
    if case.amount <= 0:
        raise Refuse("CaseNotResolvable")
    who = m.member(c.member_id)
    check_may_receive(who)
    m.books.move(m.house["suspense"], who.account, case.amount)
    return end_case(m, case, "credited")


@audits(wallet.offset_cases)
def offset_cases(m: Model, c: Any) -> Expect:
    first = m.by_id(m.cases.values(), c.case_id, "CaseUnknown")
    other = m.by_id(m.cases.values(), c.other_id, "CaseUnknown")
    if first.state != "open" or other.state != "open":
        raise Refuse("TransitionIllegal")
    undo = first.amount + other.amount == 0 and first.amount != 0
    if not undo or first.reserve != other.reserve:
        raise Refuse("CaseNotResolvable")
    end_case(m, other, "offset")
    return end_case(m, first, "offset")


@audits(wallet.cover_case)
def cover_case(m: Model, c: Any) -> Expect:
    case = open_case(m, c.case_id)
    if case.amount >= 0:
        raise Refuse("CaseNotResolvable")
    missing, own = -case.amount, m.books[m.house["own_bank"]]
    if own.d - own.c < missing:
        raise Refuse("InsufficientFunds")
    check_new_refs(m, case.reserve, [c.bank_ref])
    m.books.move(m.reserves[case.reserve], m.house["suspense"], missing)
    m.books.move(m.house["shortfalls"], m.house["own_bank"], missing)
    enter(m, case.reserve, c.bank_ref, missing, c.booked_on.isoformat(), case=True, ours=True)
    return end_case(m, case, "covered")


@audits(wallet.dismiss_case)
def dismiss_case(m: Model, c: Any) -> Expect:
    case = open_case(m, c.case_id)
    if case.amount:
        raise Refuse("CaseNotResolvable")
    return end_case(m, case, "dismissed")


def house_total(m: Model, first: int, last: int) -> int:
    """Return the balance of all accounts with codes of a range."""
    found = [a for a in m.books.accounts if a.unit == CNY and first <= a.code < last]
    return sum(a.balance for a in found)


def check_conservation(m: Model) -> None:
    """What must hold whatever happens: no fen comes from nowhere. Raises: Wrong."""
    for unit in m.units:
        total = sum(a.balance for a in m.books.accounts if a.unit == unit)
        if total:
            raise Wrong(f"unit {unit}: debits and credits differ by {total}")
    assets, owed = -house_total(m, 1000, 2000), house_total(m, 2000, 3000)
    if assets != owed:
        raise Wrong(f"client assets {assets} fen, client liabilities {owed} fen")

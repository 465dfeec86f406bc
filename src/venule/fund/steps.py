"""The steps of a day's run. Each is one command: it takes the run and returns it moved on.

CONFIRM what is due, PAY_OUT what was confirmed, CUT the orders of T, take in the INCOME and freeze
who earns, DISTRIBUTE it shard by shard (`distribution.py`), CHECK and close (`close.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from venule.fund import day_store, due_store, flows, order_store, register
from venule.fund.day_store import Part, Run
from venule.fund.errors import CloseRefused, YieldMissing
from venule.fund.income import Distribution, distribute
from venule.fund.model import (
    Fund,
    Int64s,
    Order,
    OrderEvent,
    OrderId,
    OrderKind,
    OrderState,
    Step,
    TailPolicy,
)
from venule.fund.posting import post_batch_all
from venule.fund.schedule import DAY
from venule.fund.states import advance
from venule.fund.yields import net_income_of
from venule.ledger import Refusal, Transfer, Tx
from venule.wallet import ReserveEntry, record_reserve_entry

CONFIRMED = advance(OrderState.SENT, OrderEvent.CONFIRM)
PARTLY = advance(OrderState.SENT, OrderEvent.CONFIRM_PART)
REJECTED = advance(OrderState.SENT, OrderEvent.REJECT)
SENT = advance(OrderState.ACCEPTED, OrderEvent.SEND)
LAPSED = advance(OrderState.ACCEPTED, OrderEvent.LAPSE)


def run_ref(fund: str, on: date) -> bytes:
    """Return the 16 bytes that the entries of a day's run refer to."""
    return hashlib.sha256(f"fund run {fund} {on}".encode()).digest()[:16]


def confirm(tx: Tx, fund: Fund, run: Run) -> Run:
    """Confirm the orders that are due: subscriptions, redemptions, pledges."""
    bought = _confirm_subscriptions(tx, fund, run)
    sold = _confirm_redemptions(tx, fund, run) + _confirm_pledges(tx, fund, run)
    left = due_store.count_due(tx.sql, fund.code, run.on)
    if left:
        raise CloseRefused(
            fund.code, run.on, "every due order is final", "orders", "0 left", str(left)
        )
    return msgspec.structs.replace(run, step=Step.PAY_OUT, confirmed_in=bought, confirmed_out=sold)


def _confirm_subscriptions(tx: Tx, fund: Fund, run: Run) -> int:
    rows = due_store.due_orders(tx.sql, fund.code, run.on, OrderKind.SUBSCRIBE)
    if not rows:
        return 0
    ids, holders, amounts = _columns(rows, 0, 1, 2)
    batch = flows.subscriptions_confirmed(fund.accounts, holders, amounts, flows.refs_of(ids))
    post_batch_all(tx, batch)
    changed = due_store.confirm_due(tx.sql, fund.code, run.on, OrderKind.SUBSCRIBE, CONFIRMED)
    assert changed == len(rows), "the orders of this command do not change under it"
    total = int(amounts.sum())
    ref = run_ref(fund.code, run.on)
    tx.post_all((flows.money_to_fund(fund.accounts, total, ref),))
    record_reserve_entry(tx, ReserveEntry(_bank_ref(fund, run, "in"), -total, ref, run.on))
    _record(tx, run, Step.CONFIRM, 0, ids, total)
    return total


def _confirm_redemptions(tx: Tx, fund: Fund, run: Run) -> int:
    """Confirm what is reserved. A loss may have taken a part of it, or income added to it."""
    rows = due_store.due_orders(tx.sql, fund.code, run.on, OrderKind.REDEEM)
    if not rows:
        return 0
    alive = [row for row in rows if row[3] > 0]
    total = 0
    if alive:
        ids, holders, reserved, holds = _columns(alive, 0, 1, 3, 4)
        batch = flows.redemptions_confirmed(
            fund.accounts, holders, reserved, holds, flows.refs_of(ids)
        )
        post_batch_all(tx, batch)
        total = int(reserved.sum())
        _record(tx, run, Step.CONFIRM, 1, ids, total)
    due_store.confirm_each(tx.sql, list(_odd_redemptions(rows)))
    due_store.confirm_due(tx.sql, fund.code, run.on, OrderKind.REDEEM, CONFIRMED)
    return total


def _odd_redemptions(
    rows: list[tuple[bytes, int, int, int, int, int, bytes | None]],
) -> Iterator[tuple[str, int | None, str, bytes]]:
    for order_id, _, amount, reserved, _, whole, _ in rows:
        if reserved == 0:
            yield REJECTED.value, None, "no shares are left", order_id
        elif reserved < amount and not whole:
            yield PARTLY.value, reserved, "a loss has taken the rest", order_id
        elif reserved != amount:
            yield CONFIRMED.value, reserved, "", order_id


def _confirm_pledges(tx: Tx, fund: Fund, run: Run) -> int:
    rows = due_store.due_orders(tx.sql, fund.code, run.on, OrderKind.PLEDGE)
    if not rows:
        return 0
    accounts = {line.bank.bytes: line.pledge for line in fund.lines}
    ids, amounts = _columns(rows, 0, 2)
    pledges = np.array([accounts[row[6]] for row in rows if row[6] is not None], np.int64)
    batch = flows.pledges_confirmed(fund.accounts, pledges, amounts, flows.refs_of(ids))
    post_batch_all(tx, batch)
    for kind in (OrderKind.PLEDGE, OrderKind.FAST):
        due_store.confirm_due(tx.sql, fund.code, run.on, kind, CONFIRMED)
    total = int(amounts.sum())
    _record(tx, run, Step.CONFIRM, 2, ids, total)
    return total


def pay_out(tx: Tx, fund: Fund, run: Run) -> Run:
    """Pay what was confirmed: into the wallets, and back to the banks what they advanced."""
    rows = due_store.unpaid_redemptions(tx.sql, fund.code, run.on)
    pledges = due_store.unpaid_pledges(tx.sql, fund.code, run.on)
    due_store.pay_due(tx.sql, fund.code, run.on)
    ref = run_ref(fund.code, run.on)
    paid = _pay_wallets(tx, fund, run, rows)
    if paid:
        tx.post_all((flows.money_from_fund(fund.accounts, paid, ref),))
        record_reserve_entry(tx, ReserveEntry(_bank_ref(fund, run, "out"), paid, ref, run.on))
    lines = {line.bank.bytes: line for line in fund.lines}
    for bank, amount in pledges.items():
        tx.post_all(flows.advance_settled(fund.accounts, lines[bank], amount, ref))
    _record(tx, run, Step.PAY_OUT, 0, [row[0] for row in rows], paid + sum(pledges.values()))
    return msgspec.structs.replace(run, step=Step.CUT)


def _pay_wallets(tx: Tx, fund: Fund, run: Run, rows: list[tuple[bytes, int, int]]) -> int:
    """Pay into wallets; what a closed wallet refuses stays payable and is told to a person."""
    if not rows:
        return 0
    ids, cash, amounts = _columns(rows, 0, 1, 2)
    batch = flows.redemptions_paid(fund.accounts, cash, amounts, flows.refs_of(ids))
    results = tx.post_batch(batch)
    refused = np.flatnonzero(results["refusal"])
    kept = []
    members = order_store.members_of(tx.sql, [ids[i] for i in refused.tolist()])
    for i in refused.tolist():
        reason = Refusal(int(results["refusal"][i]))
        if reason is not Refusal.CREDIT_ACCOUNT_CLOSED:
            post_batch_all(tx, batch[i : i + 1])
        amount = int(amounts[i])
        kept.append((ids[i], fund.code, amount, reason.name, tx.now_us))
        said = {"member_id": members[ids[i]], "amount_minor": amount, "why": reason.name}
        tx.emit("fund.redemption_unpaid", ids[i], said)
    if kept:
        due_store.insert_unpaid(tx.sql, kept)
    return int(amounts.sum()) - int(amounts[refused].sum())


def cut(tx: Tx, fund: Fund, run: Run) -> Run:
    """Cut the orders of T: unpaid ones lapse, the others are sent; pledges become redemptions.

    An order keeps the days it was given, even if the calendar has changed since. On every natural
    day the banks pay what they have advanced into the client reserve, in one sum.
    """
    sent = 0
    for confirm_on in due_store.confirm_days(tx.sql, fund.code, run.on):
        due_store.lapse_unpaid(tx.sql, fund.code, run.on, confirm_on, LAPSED)
        sent += due_store.send_cut(tx.sql, fund.code, run.on, confirm_on, SENT)
        _redeem_pledges(tx, fund, run, confirm_on)
    ref, advanced = run_ref(fund.code, run.on), 0
    for line in fund.lines:
        amount = tx.account(line.transit).debit_balance
        if amount == 0:
            continue
        tx.post_all((flows.advance_funded(fund.accounts, line, amount, ref),))
        name = _bank_ref(fund, run, f"advance-{line.line}")
        record_reserve_entry(tx, ReserveEntry(name, amount, ref, run.on))
        advanced += amount
    day_store.insert_step(tx.sql, run, Step.CUT, 0, sent, advanced, b"", tx.now_us)
    return msgspec.structs.replace(run, step=Step.INCOME)


def _redeem_pledges(tx: Tx, fund: Fund, run: Run, confirm_on: date) -> None:
    """Make one ordinary redemption a holder and bank of the day's pledges."""
    rows = due_store.pledges_of(tx.sql, fund.code, run.on, confirm_on)
    orders = [
        Order(
            id=OrderId(tx.new_id()),
            fund=fund.code,
            distributor=distributor,
            number=None,
            kind=OrderKind.PLEDGE,
            holder=holder,
            cash=cash,
            amount=amount,
            whole=False,
            paid=False,
            accepted_at=tx.now_us,
            accepted_on=run.on,
            trade_on=run.on,
            confirm_on=confirm_on,
            state=SENT,
            bank=UUID(bytes=bank),
        )
        for bank, holder, distributor, cash, amount in rows
    ]
    order_store.insert_orders(tx.sql, orders)


def take_income(tx: Tx, fund: Fund, run: Run) -> Run:
    """Freeze who earns, take in the day's net income, and work out what each holder gets.

    Refuses if the earning shares are not those of the day before plus income plus in less out.
    """
    before = day_store.load_parts(tx.sql, fund.code, run.on - DAY)
    accounts = tx.accounts_view()
    earning = register.earning_on(accounts, tx.sql, fund, run.on)
    _require_continuity(tx, fund, run, earning, before)
    net_income = _net_income(tx, fund, run.on, earning.total)
    carry = register.carry_on(earning.accounts, before)
    keeps = fund.terms.tail is TailPolicy.CARRY
    distributable = net_income if keeps else net_income + run.residue
    rows = np.flatnonzero((earning.shares > 0) | (carry > 0))
    ids, shares, carried = earning.accounts[rows], earning.shares[rows], carry[rows]
    result = distribute(
        shares, ids, distributable, fund.terms.tail, carried if keeps else None, run.shards
    )
    residue = result.left_in_fund + (run.residue if keeps else 0)
    digest = _input_hash(fund, run, net_income, ids, shares, carried)
    day_store.insert_parts(tx.sql, fund.code, run.on, _parts(ids, shares, result, run.shards))
    moved = msgspec.structs.replace(
        run,
        step=Step.DISTRIBUTE,
        shares_earning=earning.total,
        holders=int(np.count_nonzero(shares)),
        net_income=net_income,
        planned=result.credited,
        residue=residue,
        loss_left=result.not_taken,
        input_hash=digest,
    )
    _book_income(tx, fund, moved)
    day_store.insert_step(tx.sql, run, Step.INCOME, 0, len(ids), net_income, digest, tx.now_us)
    return moved


def _net_income(tx: Tx, fund: Fund, on: date, shares: int) -> int:
    published = day_store.load_income(tx.sql, fund.code, on)
    if published is None:
        raise YieldMissing(fund.code, on)
    net_income, per_10k = published
    if net_income is not None:
        return net_income
    assert per_10k is not None
    return net_income_of(per_10k, shares)


def _require_continuity(
    tx: Tx, fund: Fund, run: Run, earning: register.Earning, before: list[Part]
) -> None:
    """Check balance(d) = balance(d-1) + income + in - out for each holder. Raises: CloseRefused."""
    expected = register.expected_on(earning.accounts, before, tx.sql, fund, run.on)
    wrong = np.flatnonzero((expected != earning.shares) | (earning.shares < 0))
    if len(wrong):
        i = int(wrong[0])
        raise CloseRefused(
            fund.code,
            run.on,
            "shares = yesterday's + income + in - out",
            f"account {earning.accounts[i]} and {len(wrong) - 1} others",
            f"{expected[i]} fen",
            f"{earning.shares[i]} fen",
        )


def _book_income(tx: Tx, fund: Fund, run: Run) -> None:
    """Take the income in; make the two income accounts ready for the distribution."""
    ref, accounts = run_ref(fund.code, run.on), fund.accounts
    entries: list[Transfer] = []
    if run.net_income:
        entries.append(flows.income_taken_in(accounts, run.net_income, ref))
    gain = tx.account(accounts.income).balance + max(run.net_income, 0) - max(run.planned, 0)
    loss = tx.account(accounts.loss).debit_balance - min(run.net_income, 0) + min(run.planned, 0)
    left = day_store.total_loss_left(tx.sql, fund.code) + run.loss_left
    surplus = gain - max(run.residue, 0)
    if surplus != loss - max(-run.residue, 0) - left:
        raise CloseRefused(
            fund.code,
            run.on,
            "income accounts = residue - losses not taken",
            "income to distribute less loss to distribute",
            f"{run.residue - left} fen",
            f"{gain - loss} fen",
        )
    if surplus:
        entries.append(flows.residue_used(accounts, surplus, ref))
    if entries:
        tx.post_all(entries)


def _parts(ids: Int64s, shares: Int64s, result: Distribution, shards: int) -> Iterator[Part]:
    numbers = ids % shards
    for shard in range(shards):
        rows = slice(None) if shards == 1 else np.flatnonzero(numbers == shard)
        if len(ids[rows]):
            yield Part(shard, ids[rows], shares[rows], result.credits[rows], result.carry[rows])


def _input_hash(
    fund: Fund, run: Run, net_income: int, ids: Int64s, shares: Int64s, carry: Int64s
) -> bytes:
    """Hash all that the distribution depends on; the number of shards is not part of it."""
    head = f"{fund.code} {run.on} {net_income} {run.residue} {fund.terms.tail.value} {len(ids)}\n"
    digest = hashlib.sha256(head.encode())
    for values in (ids, shares, carry):
        digest.update(values.astype("<i8", copy=False).tobytes())
    return digest.digest()


def _columns(rows: list[tuple[Any, ...]], ids: int, *columns: int) -> tuple[Any, ...]:
    """Return the ids as a list and other columns as int64 arrays."""
    return (
        [row[ids] for row in rows],
        *(np.array([row[column] for row in rows], np.int64) for column in columns),
    )


def _record(tx: Tx, run: Run, step: Step, shard: int, ids: list[bytes], fen: int) -> None:
    digest = hashlib.sha256(b"".join(ids)).digest()
    day_store.insert_step(tx.sql, run, step, shard, len(ids), fen, digest, tx.now_us)


def _bank_ref(fund: Fund, run: Run, what: str) -> str:
    """Name the one line that the bank will show for this movement."""
    return f"fund-{fund.code}-{run.on}-{what}"

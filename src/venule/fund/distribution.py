"""Posting one shard's income: credits become shares, losses take them, holds follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np

from venule.fund import day_store, due_store, flows, order_store, register, rules, store
from venule.fund.day_store import Part, Run
from venule.fund.model import FrozenIncome, Fund, Int64s, Step
from venule.fund.posting import post_batch_all
from venule.fund.schedule import DAY
from venule.fund.steps import run_ref
from venule.ledger import Transfer, Tx


@dataclass(frozen=True)
class _Hold:
    """An open redemption's reservation."""

    order_id: bytes
    holder: int
    whole: bool
    reserved: int
    seq: int


def distribute_shard(tx: Tx, fund: Fund, run: Run) -> Run:
    """Post the credits of the run's next shard, from its frozen inputs."""
    parts = day_store.load_parts(tx.sql, fund.code, run.on, run.shard)
    part = parts[0] if parts else Part(run.shard, *(np.zeros(0, np.int64) for _ in range(4)))
    credited = int(part.credits.sum())
    not_taken = 0
    if len(part.credits) and int(part.credits.max()) > 0:
        _credit(tx, fund, run, part)
        tx.post_all(
            (flows.income_capitalised(fund.accounts, credited, run_ref(fund.code, run.on)),)
        )
    elif credited < 0:
        not_taken = _take_losses(tx, fund, run, part)
        credited += not_taken
        if credited:
            tx.post_all(
                (flows.loss_capitalised(fund.accounts, -credited, run_ref(fund.code, run.on)),)
            )
    day_store.insert_step(
        tx.sql,
        run,
        Step.DISTRIBUTE,
        run.shard,
        int(np.count_nonzero(part.credits)),
        credited,
        run.input_hash,
        tx.now_us,
    )
    last = run.shard + 1 == run.shards
    return msgspec.structs.replace(
        run,
        step=Step.CHECK if last else Step.DISTRIBUTE,
        shard=run.shard + 1,
        planned=run.planned + not_taken,
        credited=run.credited + credited,
        loss_left=run.loss_left + not_taken,
    )


def _credit(tx: Tx, fund: Fund, run: Run, part: Part) -> None:
    rows = np.flatnonzero(part.credits)
    accounts, credits = part.accounts[rows], part.credits[rows]
    ref = run_ref(fund.code, run.on)
    if fund.terms.frozen_income is FrozenIncome.FROZEN:
        accounts, credits = _with_frozen(tx, fund, accounts, credits)
    post_batch_all(tx, flows.income_credited(fund.accounts, accounts, credits, ref))
    whole = [hold for hold in _holds(tx, fund, run, part) if hold.whole]
    left = dict(zip(accounts.tolist(), credits.tolist(), strict=True)) if whole else {}
    for hold in whole:  # a fen of income goes to one order, the earliest
        gain = min(left.get(hold.holder, 0), tx.account(hold.holder).available_credit)
        if gain:
            left[hold.holder] -= gain
            _hold_again(tx, fund, hold, hold.reserved + gain)


def _with_frozen(tx: Tx, fund: Fund, accounts: Int64s, credits: Int64s) -> tuple[Int64s, Int64s]:
    """Split the credits of holders with frozen shares: that part is added frozen."""
    free, extra = credits.copy(), []
    view = tx.accounts_view()
    for holder, frozen_account in store.frozen_accounts(tx.sql, fund.code):
        place = int(np.searchsorted(accounts, holder))
        if place == len(accounts) or accounts[place] != holder:
            continue
        frozen = register.balance(view, frozen_account)
        total = frozen + register.balance(view, holder)
        credit = int(credits[place])
        free_part, frozen_part = rules.split_frozen(credit, frozen, total, fund.terms.frozen_income)
        free[place] = free_part
        if frozen_part:
            extra.append((frozen_account, frozen_part))
    kept = np.flatnonzero(free)
    more = np.array(extra, np.int64).reshape(-1, 2)
    return (
        np.concatenate([accounts[kept], more[:, 0]]),
        np.concatenate([free[kept], more[:, 1]]),
    )


def _holds(tx: Tx, fund: Fund, run: Run, part: Part) -> list[_Hold]:
    """Return the open reservations of a shard's holders, in the order of acceptance."""
    rows = due_store.open_reservations(tx.sql, fund.code, run.on)
    known = set(part.accounts.tolist()) if rows else set()
    return [
        _Hold(order_id, holder, bool(whole), reserved, seq)
        for order_id, holder, whole, reserved, seq in rows
        if holder in known
    ]


def _hold_again(tx: Tx, fund: Fund, hold: _Hold, shares: int) -> None:
    """Replace a reservation by one of another size; one that a loss has used up begins anew."""
    if hold.seq:
        entries = flows.hold_enlarged(fund.accounts, hold.holder, hold.seq, shares, hold.order_id)
    else:
        entries = [flows.shares_reserved(fund.accounts, hold.holder, shares, hold.order_id)]
    seq = tx.post_all(entries)[-1].seq
    order_store.save_reservation(tx.sql, hold.order_id, shares, seq)


def _take_losses(tx: Tx, fund: Fund, run: Run, part: Part) -> int:
    """Take each holder's loss; return what could not be taken, in fen."""
    losses = -part.credits
    rows = np.flatnonzero(losses)
    away = _away(tx, fund, run)
    enough = tx.availables(part.accounts[rows]) >= losses[rows]
    enough &= ~np.isin(part.accounts[rows], list(away))
    easy, hard = rows[enough], rows[~enough]
    ref = run_ref(fund.code, run.on)
    if len(easy):
        post_batch_all(
            tx, flows.losses_taken(fund.accounts, part.accounts[easy], losses[easy], ref)
        )
    if not len(hard):
        return 0
    holds: dict[int, list[_Hold]] = {}
    for hold in _holds(tx, fund, run, part):
        holds.setdefault(hold.holder, []).append(hold)
    frozen = dict(store.frozen_accounts(tx.sql, fund.code))
    real = part.credits.copy()
    not_taken = 0
    for i in hard.tolist():
        account = int(part.accounts[i])
        has = _Has(account, holds.get(account, []), frozen.get(account, 0), away.get(account, 0))
        left = _take_hard(tx, fund, has, int(losses[i]), ref)
        real[i] += left
        not_taken += left
    if not_taken:
        day_store.save_credits(tx.sql, fund.code, run.on, part.shard, real)
    return not_taken


def _away(tx: Tx, fund: Fund, run: Run) -> dict[int, int]:
    """Return, by holder, the most shares that do not earn for him on a day to come: they are back
    after a pay-out that failed, and a bank earns on them until a day that has not been run."""
    next_day = run.on + DAY
    found: dict[int, list[tuple[date, date, int]]] = {}
    for holder, left, back, fen in due_store.absences(tx.sql, fund.code, next_day):
        absence = date.fromisoformat(left), date.fromisoformat(back), fen
        found.setdefault(holder, []).append(absence)
    return {holder: rules.most_away(each, next_day) for holder, each in found.items()}


@dataclass(frozen=True)
class _Has:
    """What a holder has to lose. account, frozen: of the register; away: see `_away`."""

    account: int
    holds: list[_Hold]
    frozen: int
    away: int


def _take_hard(tx: Tx, fund: Fund, has: _Has, loss: int, ref: bytes) -> int:
    """Take a loss that free shares alone don't cover; return what is left of it."""
    account, holds, frozen = has.account, has.holds, has.frozen
    frozen_shares = tx.account(frozen).balance if frozen else 0
    free = tx.account(account).available_credit
    reserved = [hold.reserved for hold in holds]
    parts = rules.take_loss(loss, free, reserved, frozen_shares, has.away)
    entries: list[Transfer] = []
    if parts[0]:
        entries.append(flows.loss_taken(fund.accounts, account, parts[0], ref))
    if parts[-2]:
        entries.append(flows.loss_taken(fund.accounts, frozen, parts[-2], ref))
    if entries:
        tx.post_all(entries)
    for hold, taken in zip(holds, parts[1:-2], strict=True):
        if not taken:
            continue
        left = hold.reserved - taken
        posted = tx.post_all(
            flows.loss_from_reserved(fund.accounts, account, hold.seq, taken, left, hold.order_id)
        )
        order_store.save_reservation(tx.sql, hold.order_id, left, posted[-1].seq if left else 0)
    return parts[-1]

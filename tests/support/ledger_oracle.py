"""A ledger of dictionaries: slow, plain, and what the kernel is measured against."""

from __future__ import annotations

from dataclasses import dataclass, field

from venule.ledger import INT64_MAX, AccountFlags, Refusal, Transfer, TransferFlags

F = TransferFlags
R = Refusal
KINDS = (F.PENDING, F.POST_PENDING, F.VOID_PENDING, F.CLOSE, F.REOPEN, F.REVERSAL)


@dataclass
class OracleAccount:
    unit: int
    flags: int
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("dp", "d", "cp", "c"), 0))


@dataclass
class Done:
    transfer: Transfer
    debit: int
    credit: int
    amount: int
    at: int


class Oracle:
    def __init__(self) -> None:
        self.accounts: dict[int, OracleAccount] = {}
        self.journal: dict[int, Done | None] = {}
        self.open: dict[int, int] = {}  # pending seq -> expires_at (0 never)

    def open_account(self, unit: int, flags: int) -> None:
        self.accounts[len(self.accounts) + 1] = OracleAccount(unit, flags)
        self.journal[len(self.journal) + 1] = None

    def post(self, transfers: list[Transfer], at: int) -> list[tuple[int, int, Refusal]]:
        answers: list[tuple[int, int, Refusal]] = []
        first = len(self.journal) + 1
        i = 0
        while i < len(transfers):
            j = i
            while transfers[j].flags & F.LINKED and j + 1 < len(transfers):
                j += 1
            chain = transfers[i : j + 1]
            answers += self._chain(chain, at, first)
            i = j + 1
        return answers

    def _chain(self, chain: list[Transfer], at: int, first: int) -> list[tuple[int, int, Refusal]]:
        saved = self._copy() if len(chain) > 1 else None
        answers: list[tuple[int, int, Refusal]] = []
        for k, t in enumerate(chain):
            if t.flags & F.LINKED and k == len(chain) - 1:
                refusal, amount = R.LINKED_CHAIN_OPEN, 0
            else:
                refusal, amount = self._one(t, at, first)
            if refusal is not R.OK:
                if saved is not None:
                    self.accounts, self.journal, self.open = saved
                failed = [(0, 0, R.LINKED_EVENT_FAILED)] * len(chain)
                failed[k] = (0, 0, refusal)
                return failed
            answers.append((len(self.journal), amount, R.OK))
        return answers

    def _copy(self) -> tuple[dict[int, OracleAccount], dict[int, Done | None], dict[int, int]]:
        accounts = {
            k: OracleAccount(a.unit, a.flags, dict(a.sums)) for k, a in self.accounts.items()
        }
        return accounts, dict(self.journal), dict(self.open)

    def _one(self, t: Transfer, at: int, first: int) -> tuple[Refusal, int]:
        refusal = form(t)
        if refusal is not R.OK:
            return refusal, 0
        if t.flags & (F.POST_PENDING | F.VOID_PENDING):
            return self._resolve(t, at)
        if t.flags & (F.CLOSE | F.REOPEN):
            return self._turn(t, at), 0
        return self._move(t, at, first)

    def _record(self, t: Transfer, debit: int, credit: int, amount: int, at: int) -> None:
        self.journal[len(self.journal) + 1] = Done(t, debit, credit, amount, at)

    def _resolve(self, t: Transfer, at: int) -> tuple[Refusal, int]:
        held = self.journal.get(t.related)
        if held is None or not held.transfer.flags & F.PENDING:
            return R.PENDING_NOT_FOUND, 0
        if t.related not in self.open:
            return R.PENDING_ALREADY_RESOLVED, 0
        expires = self.open[t.related]
        if expires and at >= expires:
            return R.PENDING_EXPIRED, 0
        if t.debit not in (0, held.debit) or t.credit not in (0, held.credit):
            return R.PENDING_ACCOUNTS_DIFFER, 0
        amount = t.amount or held.amount
        if t.flags & F.POST_PENDING and amount > held.amount:
            return R.EXCEEDS_PENDING_AMOUNT, 0
        if t.flags & F.VOID_PENDING and amount != held.amount:
            return R.PENDING_AMOUNT_DIFFERS, 0
        d, c = self.accounts[held.debit].sums, self.accounts[held.credit].sums
        d["dp"] -= held.amount
        c["cp"] -= held.amount
        if t.flags & F.POST_PENDING:
            d["d"] += amount
            c["c"] += amount
        del self.open[t.related]
        self._record(t, held.debit, held.credit, amount, at)
        return R.OK, amount

    def _turn(self, t: Transfer, at: int) -> Refusal:
        account = self.accounts.get(t.debit)
        if account is None:
            return R.DEBIT_ACCOUNT_NOT_FOUND
        if t.credit:
            return R.CREDIT_ACCOUNT_NOT_FOUND
        closed = bool(account.flags & AccountFlags.CLOSED)
        if t.flags & F.CLOSE and closed:
            return R.DEBIT_ACCOUNT_CLOSED
        if t.flags & F.REOPEN and not closed:
            return R.ACCOUNT_NOT_CLOSED
        if t.flags & F.CLOSE and (account.sums["dp"] or account.sums["cp"]):
            return R.ACCOUNT_HAS_PENDING
        account.flags ^= AccountFlags.CLOSED
        self._record(t, t.debit, 0, 0, at)
        return R.OK

    def _move(self, t: Transfer, at: int, first: int) -> tuple[Refusal, int]:
        if t.flags & F.REVERSAL:
            if t.related >= first:
                return R.REVERSED_NOT_FOUND, 0
            old = self.journal[t.related]
            plain = F.LINKED | F.POST_PENDING | F.BALANCING_DEBIT | F.BALANCING_CREDIT | F.REVERSAL
            if (
                old is None
                or old.transfer.flags & ~plain
                or (t.debit, t.credit) != (old.credit, old.debit)
                or t.amount > old.amount
            ):
                return R.REVERSED_DIFFERS, 0
        d, c = self.accounts.get(t.debit), self.accounts.get(t.credit)
        if d is None:
            return R.DEBIT_ACCOUNT_NOT_FOUND, 0
        if c is None:
            return R.CREDIT_ACCOUNT_NOT_FOUND, 0
        refusal, amount = movable(t, d, c)
        if refusal is not R.OK:
            return refusal, 0
        d.sums["dp" if t.flags & F.PENDING else "d"] += amount
        c.sums["cp" if t.flags & F.PENDING else "c"] += amount
        self._record(t, t.debit, t.credit, amount, at)
        if t.flags & F.PENDING:
            self.open[len(self.journal)] = at + t.timeout_s * 1_000_000 if t.timeout_s else 0
        return R.OK, amount


def form(t: Transfer) -> Refusal:
    if t.flags & ~511:
        return R.FLAGS_UNKNOWN
    balancing = t.flags & (F.BALANCING_DEBIT | F.BALANCING_CREDIT)
    kinds = [kind for kind in KINDS if t.flags & kind]
    both = balancing == F.BALANCING_DEBIT | F.BALANCING_CREDIT
    settled = t.flags & (F.POST_PENDING | F.VOID_PENDING | F.CLOSE | F.REOPEN)
    if len(kinds) > 1 or both or (balancing and settled):
        return R.FLAGS_CONFLICT
    if not 1 <= t.code <= 65535:
        return R.CODE_OUT_OF_RANGE
    if t.timeout_s and not t.flags & F.PENDING:
        return R.TIMEOUT_NEEDS_PENDING
    if not 0 <= t.timeout_s < 2**32:
        return R.TIMEOUT_OUT_OF_RANGE
    needs = t.flags & (F.POST_PENDING | F.VOID_PENDING | F.REVERSAL)
    if not needs and t.related:
        return R.RELATED_MUST_BE_ZERO
    if needs and t.related <= 0:
        return R.RELATED_NEEDED
    if t.amount < 0:
        return R.AMOUNT_NEGATIVE
    if t.flags & (F.CLOSE | F.REOPEN):
        return R.AMOUNT_MUST_BE_ZERO if t.amount else R.OK
    if t.amount == 0 and not t.flags & (F.POST_PENDING | F.VOID_PENDING):
        return R.AMOUNT_MUST_NOT_BE_ZERO
    return R.OK


def movable(t: Transfer, d: OracleAccount, c: OracleAccount) -> tuple[Refusal, int]:
    amount = t.amount
    if t.debit == t.credit:
        return R.ACCOUNTS_MUST_DIFFER, 0
    if d.unit != c.unit:
        return R.UNITS_DIFFER, 0
    if d.flags & AccountFlags.CLOSED:
        return R.DEBIT_ACCOUNT_CLOSED, 0
    if c.flags & AccountFlags.CLOSED:
        return R.CREDIT_ACCOUNT_CLOSED, 0
    if t.flags & F.BALANCING_DEBIT:
        amount = min(amount, d.sums["c"] - d.sums["d"] - d.sums["dp"])
    if t.flags & F.BALANCING_CREDIT:
        amount = min(amount, c.sums["d"] - c.sums["c"] - c.sums["cp"])
    if amount <= 0:
        return R.NOTHING_TO_BALANCE, 0
    debits = d.sums["dp"] + d.sums["d"] + amount
    credits = c.sums["cp"] + c.sums["c"] + amount
    if debits > INT64_MAX:
        return R.OVERFLOWS_DEBITS, 0
    if credits > INT64_MAX:
        return R.OVERFLOWS_CREDITS, 0
    if d.flags & AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS and debits > d.sums["c"]:
        return R.EXCEEDS_CREDITS, 0
    if c.flags & AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS and credits > c.sums["d"]:
        return R.EXCEEDS_DEBITS, 0
    return R.OK, amount

"""What must come of the bank's word: answers to orders, messages, statements of a day."""

from __future__ import annotations

from typing import Any

from support.sim.books import DAY_US, Refuse, Wrong, china_at
from support.sim.model import Case, Expect, Job, Line, Model, Payout, TopUp, audits
from support.sim.rules_members import uncount
from support.sim.rules_wallet import AMOUNT_MAX, enter
from venule import wallet
from venule.kit import jobs

ATTEMPTS_MAX = 8
BACKOFF_MAX_US = 3_600_000_000
REF_CHARS_MAX = 64

# (state, word) -> state; a pair that leads back is the same word again; no pair: a contradiction.
TOP_UP = {
    ("requested", "accept"): "in_transit",
    ("requested", "refuse"): "rejected",
    ("requested", "confirm"): "credited",
    ("requested", "reject"): "rejected",
    ("in_transit", "accept"): "in_transit",
    ("in_transit", "confirm"): "credited",
    ("in_transit", "reject"): "rejected",
    ("credited", "accept"): "credited",
    ("rejected", "accept"): "rejected",
    ("rejected", "refuse"): "rejected",
    ("rejected", "reject"): "rejected",
}
PAYOUT = {
    ("reserved", "accept"): "sent",
    ("reserved", "refuse"): "refused",
    ("reserved", "settle"): "settled",
    ("reserved", "reject"): "refused",
    ("reserved", "return"): "returning",
    ("sent", "accept"): "sent",
    ("sent", "settle"): "settled",
    ("sent", "reject"): "returned",
    ("sent", "return"): "returning",
    ("settled", "accept"): "settled",
    ("settled", "return"): "returned",
    ("returning", "accept"): "returning",
    ("returning", "settle"): "returned",
    ("returned", "accept"): "returned",
    ("returned", "reject"): "returned",
    ("refused", "accept"): "refused",
    ("refused", "refuse"): "refused",
    ("refused", "reject"): "refused",
}
WORDS = {
    "debit_booked": ("confirm", 1),
    "debit_rejected": ("reject", 0),
    "payout_booked": ("settle", -1),
    "payout_rejected": ("reject", 0),
    "payout_returned": ("return", 1),
}


# Jobs: what the runner does between the book and the bank


def find_job(m: Model, job: Any) -> Job:
    return m.by_id(m.jobs, job.id, "JobNotFound")


def backoff(attempts: int) -> int:
    seconds: int = min(1_000_000 << (attempts - 1), BACKOFF_MAX_US)
    return seconds


@audits(jobs._claim)
def claim(m: Model, job: Any) -> Expect:
    """An attempt is counted before it begins."""
    mine = find_job(m, job)
    if job.attempts >= ATTEMPTS_MAX:
        if mine.state == "ready":
            mine.state = "dead"
        return Expect(value=False)
    if mine.state != "ready":
        return Expect(value=False)
    if mine.due_at > m.now:
        raise Wrong(f"job {mine.id} is tried {mine.due_at - m.now} us before it is due")
    mine.attempts += 1
    mine.due_at = m.now + backoff(job.attempts + 1)
    return Expect(value=True)


@audits(jobs._fail_external)
def fail(m: Model, attempt: Any) -> Expect:
    mine = find_job(m, attempt.job)
    if mine.state == "ready":
        if attempt.job.attempts + 1 >= ATTEMPTS_MAX:
            mine.state = "dead"
        else:
            mine.due_at = m.now + backoff(attempt.job.attempts + 1)
    return Expect()


@audits(jobs.revive)
def revive(m: Model, job_id: Any) -> Expect:
    mine = m.by_id(m.jobs, job_id, "JobNotFound")
    if mine.state != "dead":
        raise Refuse("JobNotDead")
    mine.state, mine.attempts, mine.due_at = "ready", 0, m.now
    return Expect()


@audits(jobs.JobRunner._end, risky=True)
def end_job(m: Model, attempt: Any) -> Expect:
    """The bank has answered: the answer and the job's end are one."""
    mine = find_job(m, attempt.job)
    if mine.state == "ready":
        mine.state, mine.attempts = "done", attempt.job.attempts + 1
        word = "accept" if attempt.answer.accepted else "refuse"
        if isinstance(mine.order, TopUp):
            top_up_answered(m, mine.order, word)
        elif isinstance(mine.order, Payout):
            payout_answered(m, mine.order, word)
    return Expect()


def top_up_answered(m: Model, order: TopUp, word: str) -> None:
    after = TOP_UP.get((order.state, word))
    if after is None:
        raise Refuse("TransitionIllegal")
    if after == order.state:
        return
    if after == "in_transit":
        m.books.move(m.house["top_up_in_transit"], m.house["top_up_uncleared"], order.amount)
        order.told = True
    order.state = after
    m.events[f"wallet.top_up_{after}"] += 1


def payout_answered(m: Model, order: Payout, word: str) -> None:
    after = PAYOUT.get((order.state, word))
    if after is None:
        raise Refuse("TransitionIllegal")
    if after == order.state:
        return
    if after == "sent":
        m.books.capture(order.hold)
    else:
        m.books.release(order.hold)
        uncount(m, order.member, "withdrawal", order.counted_on, order.amount)
    order.state = after
    m.events[f"wallet.withdrawal_{after}"] += 1


# Messages


@audits(wallet.take_bank_messages)
def take_bank_messages(m: Model, c: Any) -> Expect:
    skip = m.taken - c.after
    if skip < 0:  # a gap: these are not the next ones
        return Expect({"applied": 0, "repeated": 0, "cases": 0})
    fresh = c.messages[skip:]
    m.taken += len(fresh)
    return take(m, fresh)


@audits(wallet.confirm_top_ups)
def confirm_top_ups(m: Model, c: Any) -> Expect:
    kind = wallet.MessageKind.DEBIT_BOOKED
    return take(
        m,
        [
            wallet.BankMessage(
                kind, c.reserve, x.top_up_id.hex, x.amount_minor, x.bank_ref, x.booked_on
            )
            for x in c.lines
        ],
    )


def take(m: Model, messages: Any) -> Expect:
    """Take messages in order: what fits moves an order on, what does not becomes a case."""
    batch = Taking(m)
    for message in messages:
        batch.take(message)
    return batch.answer()


class Taking:
    """One batch of the bank's words."""

    def __init__(self, m: Model) -> None:
        self.m = m
        self.applied = self.repeated = self.opened = 0
        self.causes: set[str] = set()
        self.changed: dict[int, TopUp | Payout] = {}

    def take(self, message: Any) -> None:
        m, (word, sign) = self.m, WORDS[message.kind.value]
        reserve = m.reserves.get(message.reserve)
        if reserve is None or malformed(message, sign):
            self.open(message, "malformed", 0)
        elif sign and (message.reserve, message.bank_ref) in m.entries:
            self.repeated += 1
        else:
            orders: Any = m.top_ups if message.kind.value.startswith("debit") else m.payouts
            found = [o for o in orders if o.id == message.our_ref]
            self.apply(message, word, sign, found[0] if found else None, reserve)

    def apply(self, message: Any, word: str, sign: int, order: Any, reserve: int) -> None:
        m = self.m
        after = None
        if fits(message, order):
            table: Any = TOP_UP if isinstance(order, TopUp) else PAYOUT
            after = table.get((order.state, word))
            if after == order.state and word == "reject":
                self.repeated += 1
                return
            if word == "return" and m.books[m.members[order.member].account].closed:
                after = None
        if after is None or after == order.state:
            self.puzzle(message, sign, order, reserve)
            return
        if sign:
            on = message.booked_on.isoformat()
            enter(m, message.reserve, message.bank_ref, sign * order.amount, on)
        if isinstance(order, TopUp):
            self.move_top_up(order, after, reserve)
        else:
            self.move_payout(order, word, reserve)
        order.state = after
        if after in ("returned", "refused"):
            uncount(m, order.member, "withdrawal", order.counted_on, order.amount)
        self.changed[id(order)] = order
        self.applied += 1

    def move_top_up(self, order: TopUp, after: str, reserve: int) -> None:
        m = self.m
        if order.state == "in_transit":
            m.books.move(m.house["top_up_uncleared"], m.house["top_up_in_transit"], order.amount)
        if after == "credited":
            m.books.move(reserve, m.members[order.member].account, order.amount)

    def move_payout(self, order: Payout, word: str, reserve: int) -> None:
        books, way = self.m.books, self.m.house["payout_in_transit"]
        own, amount = self.m.members[order.member].account, order.amount
        if word == "reject":
            if order.state == "reserved":
                books.release(order.hold)
            else:
                books.move(way, own, amount)
            return
        if order.state == "reserved":
            books.capture(order.hold)
        if word == "return" and order.state == "settled":
            books.move(reserve, own, amount)
        elif word == "return":
            books.move(reserve, way, amount)
        else:
            books.move(way, reserve, amount)
            if order.state == "returning":
                books.move(way, own, amount)

    def puzzle(self, message: Any, sign: int, order: Any, reserve: int) -> None:
        """Nobody explains it: money that moved lies in suspense until a person decides."""
        signed = sign * message.amount_minor
        self.open(message, puzzle_kind(message, order, signed), signed)
        if signed:
            on = message.booked_on.isoformat()
            enter(self.m, message.reserve, message.bank_ref, signed, on, case=True)
            suspend(self.m, reserve, signed)

    def open(self, message: Any, kind: str, signed: int) -> None:
        named = message.bank_ref if signed else f"{message.our_ref}:{message.kind.value}"
        cause = f"{kind}:{message.reserve}:{named}"
        if cause in self.causes:
            return
        self.causes.add(cause)
        if cause in self.m.cases:
            self.repeated += 1
            return
        self.m.cases[cause] = Case(None, kind, message.reserve, cause, signed)
        self.m.events["wallet.case_opened"] += 1
        self.opened += 1

    def answer(self) -> Expect:
        for order in self.changed.values():
            name = "top_up" if isinstance(order, TopUp) else "withdrawal"
            self.m.events[f"wallet.{name}_{order.state}"] += 1
        done = {"applied": self.applied, "repeated": self.repeated, "cases": self.opened}
        return Expect({**done})


def malformed(message: Any, sign: int) -> bool:
    if not 0 < message.amount_minor <= AMOUNT_MAX or len(message.our_ref) > REF_CHARS_MAX:
        return True
    named = 0 < len(message.bank_ref) <= REF_CHARS_MAX and message.booked_on is not None
    return bool(sign) and not named


def fits(message: Any, order: Any) -> bool:
    return (
        order is not None
        and order.amount == message.amount_minor
        and order.reserve == message.reserve
    )


def puzzle_kind(message: Any, order: Any, signed: int) -> str:
    if not signed:
        return "contradiction"
    if order is None:
        return "unmatched_credit" if signed > 0 else "unmatched_debit"
    if not fits(message, order):
        return "amount_differs"
    if order.state in ("rejected", "refused") or message.kind.value == "payout_returned":
        return "late_money"
    return "booked_twice"


def suspend(m: Model, reserve: int, signed: int) -> None:
    if signed > 0:
        m.books.move(reserve, m.house["suspense"], signed)
    else:
        m.books.move(m.house["suspense"], reserve, -signed)


# Statements


@audits(wallet.reconcile_day, risky=True)
def reconcile_day(m: Model, c: Any) -> Expect:
    """Compare a day with the bank's statement, which is the last word."""
    s = c.statement
    account = m.reserves.get(s.reserve)
    if account is None:
        raise Refuse("ReserveUnknown")
    if s.opening_minor + sum(x.amount_minor for x in s.lines) != s.closing_minor:
        raise Refuse("StatementInconsistent")
    done, on = m.reconciled[s.reserve], s.on.isoformat()
    if on in done:
        if done[on]["statement"] != s:
            raise Refuse("StatementChanged")
        return Expect(done[on]["fields"])
    cut = china_at(s.on) + DAY_US
    if m.now < cut:
        raise Refuse("StatementTooEarly")
    drift = follow(m, s, on, cut)
    matched, unexplained = compare(m, s.reserve, account, on, cut)
    entries = [e for (name, _), each in m.entries.items() if name == s.reserve for e in each]
    fields = {
        "bank_minor": s.closing_minor,
        "books_minor": sum(e.amount for e in entries if e.booked_at < cut),
        "matched": len(matched),
        "matched_minor": sum(matched),
        "unexplained_minor": unexplained + drift,
    }
    done[on] = {"statement": s, "fields": fields, "closing": s.closing_minor, "drift": drift}
    m.events["wallet.reconciled"] += 1
    return Expect(fields)


def follow(m: Model, s: Any, on: str, cut: int) -> int:
    """Keep the statement's lines; return by how much openings have differed so far."""
    done, since = m.reconciled[s.reserve], cut - DAY_US
    if done:
        last = max(done)
        if china_at(s.on) - DAY_US != china_at(type(s.on).fromisoformat(last)):
            raise Refuse("StatementOutOfOrder")
        drift: int = done[last]["drift"] + s.opening_minor - done[last]["closing"]
    else:
        before = 0
        for (name, _), each in m.entries.items():
            for entry in each:
                if name == s.reserve and entry.booked_on < on and entry.booked_at < since:
                    entry.matched = True
                    before += entry.amount
        drift = s.opening_minor - before
    for line in s.lines:
        if (s.reserve, line.bank_ref) in m.lines:
            raise Wrong("the simulated bank names two lines alike")
        m.lines[s.reserve, line.bank_ref] = Line(line.amount_minor, line.our_ref, on)
    return drift


def open_entries(m: Model, reserve: str, ref: str) -> list[Any]:
    return [e for e in m.entries.get((reserve, ref), []) if not e.matched]


def compare(m: Model, reserve: str, account: int, on: str, cut: int) -> tuple[list[int], int]:
    """Match lines and bookings; return what matched, and the part of the gap nobody explains."""
    lines = {r: x for (name, r), x in m.lines.items() if name == reserve and not x.matched}
    lines = dict(sorted(lines.items(), key=lambda item: (item[1].booked_on, item[0])))
    news = [ref for ref in lines if not open_entries(m, reserve, ref)]
    take(m, [as_message(m, reserve, ref, lines[ref]) for ref in news])
    for ref, line in lines.items():
        mine = open_entries(m, reserve, ref)
        if mine and sum(e.amount for e in mine) != line.amount:
            correct(m, reserve, account, ref, line.amount - sum(e.amount for e in mine), line)
    matched, unexplained = [], 0
    refs = {r for (name, r) in m.entries if name == reserve and open_entries(m, reserve, r)}
    for ref in sorted(lines.keys() | refs):
        mine = open_entries(m, reserve, ref)
        before = [e for e in mine if e.booked_at < cut]
        late = [e for e in mine if e.booked_at >= cut]
        booked = sum(e.amount for e in before)
        if ref in lines and before and booked == lines[ref].amount:
            matched.append(booked)
            lines[ref].matched = True
            for entry in before:
                entry.matched = True
        elif ref in lines:
            if not late or any(e.case for e in late):
                unexplained += lines[ref].amount - booked
        elif before and not all(e.booked_on > on for e in before):
            unexplained -= booked
    return matched, unexplained


def as_message(m: Model, reserve: str, ref: str, line: Line) -> Any:
    kind = "debit_booked"
    if line.amount < 0:
        kind = "payout_booked"
    elif any(p.id == line.our_ref for p in m.payouts):
        kind = "payout_returned"
    on = type(m.today).fromisoformat(line.booked_on)
    return wallet.BankMessage(
        wallet.MessageKind(kind), reserve, line.our_ref, abs(line.amount), ref, on
    )


def correct(m: Model, reserve: str, account: int, ref: str, by: int, line: Line) -> None:
    """The bank's amount is another: what differs is a case."""
    suspend(m, account, by)
    mine = m.entries[reserve, ref]
    part = 1 + max(i for i, entry in enumerate(mine) if not entry.matched)
    enter(m, reserve, ref, by, line.booked_on, case=True)
    cause = f"difference:{reserve}:{ref}:{part}"
    m.cases[cause] = Case(None, "difference", reserve, cause, by)
    m.events["wallet.case_opened"] += 1

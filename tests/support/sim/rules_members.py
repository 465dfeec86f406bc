"""What must come of the commands of members: who may do what, and the limits of a tier."""

from __future__ import annotations

from typing import Any

from support.sim.books import CNY, NO_DEBT, Refuse
from support.sim.model import ANY, BankAccount, Expect, Limit, Member, Model, Used, audits
from venule import members

LIMITS_FROM = "2016-07-01"
LIMITS = (
    ("balance_out_lifetime", 1, 100_000),
    ("balance_out_year", 2, 10_000_000),
    ("balance_out_year", 3, 20_000_000),
    ("investment_single", 1, 0),
    ("investment_single", 2, 0),
)
"""PBOC announcement 43 of 2015, article 11: rule, tier, fen; in force since that day."""

NOT_YEARLY = "withdrawal"


# Members


@audits(members.onboard)
def onboard(m: Model, c: Any) -> Expect:
    if (c.kind.value == "person") != (c.tier > 0):
        raise Refuse("TierNotForKind")
    if c.external_ref in m.members:
        raise Refuse("ExternalRefTaken")
    code = 2010 if c.kind.value == "person" else 2020
    account = m.books.open(CNY, code, NO_DEBT)
    new = Member(None, c.external_ref, c.kind.value, int(c.tier), "active", account)
    m.members[new.ref] = new
    m.events["members.opened"] += 1
    fields = {"external_ref": new.ref, "kind": new.kind, "tier": new.tier, "state": "active"}
    return Expect({**fields, "account": account, "opened_at": m.now}, thing=new)


TURNS = {
    ("active", "freeze"): "frozen",
    ("frozen", "unfreeze"): "active",
    ("active", "close"): "closed",
}


def turn(m: Model, who: Member, event: str) -> Expect:
    after = TURNS.get((who.state, event))
    if after is None:
        raise Refuse("MemberTransitionIllegal")
    who.state = after
    m.events[f"members.{after}"] += 1
    return Expect({"id": who.id, "state": after, "account": who.account})


@audits(members.freeze)
def freeze(m: Model, c: Any) -> Expect:
    return turn(m, m.member(c.member_id), "freeze")


@audits(members.unfreeze)
def unfreeze(m: Model, c: Any) -> Expect:
    return turn(m, m.member(c.member_id), "unfreeze")


@audits(members.change_tier)
def change_tier(m: Model, c: Any) -> Expect:
    who = m.member(c.member_id)
    if who.state == "closed":
        raise Refuse("MemberClosed")
    if (who.kind == "person") != (c.tier > 0):
        raise Refuse("TierNotForKind")
    who.tier = int(c.tier)
    m.events["members.tier_changed"] += 1
    return Expect({"id": who.id, "tier": who.tier})


@audits(members.bind_bank_account)
def bind(m: Model, c: Any) -> Expect:
    who = m.member(c.member_id)
    if who.state == "closed":
        raise Refuse("MemberClosed")
    bound = {(b.bank, b.number) for b in m.bank_accounts if b.state == "bound"}
    if (c.bank, c.number) in bound:
        raise Refuse("BankAccountTaken")
    new = BankAccount(None, who.ref, c.bank, c.number)
    m.bank_accounts.append(new)
    m.events["members.bank_account_bound"] += 1
    return Expect({"member_id": who.id, "number": c.number, "state": "bound"}, thing=new)


@audits(members.unbind_bank_account)
def unbind(m: Model, c: Any) -> Expect:
    known = m.by_id(m.bank_accounts, c.bank_account_id, "BankAccountUnknown")
    if known.state == "bound":
        known.state = "unbound"
        m.events["members.bank_account_unbound"] += 1
    return Expect({"id": known.id, "state": "unbound"})


def check_bound(m: Model, who: Member, bank_account_id: Any) -> None:
    known = m.by_id(m.bank_accounts, bank_account_id, "BankAccountUnknown")
    if known.owner != who.ref:
        raise Refuse("BankAccountUnknown")
    if known.state != "bound":
        raise Refuse("BankAccountUnbound")


def check_may_pay(who: Member) -> None:
    if who.state == "frozen":
        raise Refuse("MemberFrozen")
    if who.state == "closed":
        raise Refuse("MemberClosed")


def check_may_receive(who: Member) -> None:
    if who.state == "closed":
        raise Refuse("MemberClosed")


# Limits


@audits(members.set_tier_limit)
def set_tier_limit(m: Model, c: Any) -> Expect:
    rule, since = c.rule.value, c.from_on.isoformat()
    last = max(
        (x for x in m.limits if x.rule == rule and x.tier == c.tier),
        key=lambda x: x.from_on,
        default=None,
    )
    if last is not None:
        if since <= last.from_on or (last.to_on and since < last.to_on):
            raise Refuse("TierLimitOutOfOrder")
        last.to_on = last.to_on or since
    if c.amount_minor is not None:
        m.limits.append(Limit(rule, int(c.tier), c.amount_minor, since))
    return Expect(value=ANY)


def in_force(m: Model) -> list[Limit]:
    today = m.today.isoformat()
    return [x for x in m.limits if x.from_on <= today and (not x.to_on or today < x.to_on)]


def counted_on(m: Model, who: Member) -> str | None:
    """Return the day on which a use counts: persons', once there are limits."""
    return m.today.isoformat() if who.kind == "person" and in_force(m) else None


def limits_of(m: Model, who: Member) -> dict[str, int]:
    """Return the limits that bind a member today."""
    if counted_on(m, who) is None:
        return {}
    return {x.rule: x.amount for x in in_force(m) if x.tier == who.tier}


def used_by(m: Model, who: Member) -> dict[str, int]:
    """Return what counts against each limit today."""
    used, today = m.used.get(who.ref, Used()), m.today.isoformat()
    return {
        "investment_single": 0,
        "balance_out_day": used.days[today],
        "balance_out_year": used.years[today[:4]],
        "balance_out_lifetime": used.life,
    }


def check_limits(m: Model, who: Member, use: str, amount: int) -> None:
    used = used_by(m, who)
    for rule, limit in limits_of(m, who).items():
        if rule == "investment_single" and use != "investment":
            continue
        if rule in ("balance_out_day", "balance_out_year") and use == NOT_YEARLY:
            continue
        if used[rule] + amount > limit:
            raise Refuse("LimitExceeded")


def count(m: Model, who: Member, use: str, amount: int) -> str | None:
    """Count a use that has been checked; return the day it counts on."""
    on = counted_on(m, who)
    if on is not None:
        used = m.used.setdefault(who.ref, Used())
        if use != NOT_YEARLY:
            used.days[on] += amount
            used.years[on[:4]] += amount
        used.life += amount
        used.last_on = on
    return on


def uncount(m: Model, ref: str, use: str, on: str | None, amount: int) -> None:
    """Money came back: take a use off again."""
    if on is None:
        return
    used = m.used[ref]
    if use != NOT_YEARLY:
        used.days[on] -= amount
        used.years[on[:4]] -= amount
    used.life -= amount

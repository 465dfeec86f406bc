"""Decisions of the fund room: pure functions, facts in, answer out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time

from venule.fund.errors import (
    AmountOutOfFund,
    BelowMinimum,
    FundingInsufficient,
    LimitExceeded,
    NumberMalformed,
    TermsWrong,
)
from venule.fund.model import (
    FEN_MAX,
    LICENCE_NEEDED,
    NUMBER_CHARS_MAX,
    SHARDS_MAX,
    UNIT_MIN,
    AdvanceLine,
    Carry,
    FrozenIncome,
    FundingOrder,
    Limit,
    LimitRule,
    Terms,
)


def require_amount(amount: int, what: str) -> int:
    """Return an amount of an order, in fen. Raises: AmountOutOfFund; TypeError for a bool."""
    if type(amount) is not int:
        raise TypeError(f"{what} must be int fen, got {amount!r}")
    if not 0 < amount <= FEN_MAX:
        raise AmountOutOfFund(what, f"1 to {FEN_MAX} fen", amount)
    return amount


def require_number(number: str) -> str:
    """Return a distributor's order number. Raises: NumberMalformed."""
    if not 0 < len(number) <= NUMBER_CHARS_MAX or not number.isprintable():
        raise NumberMalformed(number, NUMBER_CHARS_MAX)
    return number


def require_terms(terms: Terms, unit: int) -> time:
    """Check a fund's terms and return its cut-off. Raises: TermsWrong."""
    if not UNIT_MIN <= unit < 1 << 16:
        raise TermsWrong("unit", f"a share class, {UNIT_MIN} to 65535", str(unit))
    if not 1 <= terms.shards <= SHARDS_MAX:
        raise TermsWrong("shards", f"1 to {SHARDS_MAX}", str(terms.shards))
    if terms.carry is not Carry.DAILY:
        raise TermsWrong("carry", "daily", terms.carry.value)
    for bounds in terms.shadow:
        if not (bounds.very_low_ppm <= bounds.low_ppm < 0 < bounds.high_ppm):
            raise TermsWrong("shadow", "very low <= low < 0 < high", repr(bounds))
        if bounds.twice_days < 1 or bounds.mend_days < 1:
            raise TermsWrong("shadow", "at least one day", repr(bounds))
    return cut_off_time(terms.cut_off)


def cut_off_time(text: str) -> time:
    """Read HH:MM:SS. Raises: TermsWrong."""
    try:
        at = time.fromisoformat(text)
    except ValueError as error:
        raise TermsWrong("cut_off", "HH:MM:SS", text) from error
    if at.tzinfo is not None or at.microsecond or at.isoformat() != text:
        raise TermsWrong("cut_off", "HH:MM:SS", text)
    return at


def limit_on(
    limits: Iterable[Limit], rule: LimitRule, on: date, since: date, subject: str = ""
) -> int | None:
    """Return the amount in force on a day, in fen; None without a limit.

    since: when the fund began. A limit with a transition binds a fund that was there before it only
    from the end of the transition on. Of several in force the latest counts.
    """
    found = None
    for limit in limits:
        if limit.rule is rule and limit.subject == subject and binds(limit, on, since):
            found = limit if found is None or limit.from_on >= found.from_on else found
    return None if found is None else found.amount


def binds(limit: Limit, on: date, since: date) -> bool:
    """Tell whether a dated limit binds a business begun on `since`, on a day."""
    begins = limit.from_on
    if limit.transition_to_on is not None and since < limit.from_on:
        begins = limit.transition_to_on
    return begins <= on and (limit.to_on is None or on <= limit.to_on)


def check_limit(
    fund: str, rule: LimitRule, limit: int | None, used: int, asked: int, on: date
) -> None:
    """Let an order pass that keeps within a limit, the limit itself included.

    Raises: LimitExceeded.
    """
    if limit is not None and used + asked > limit:
        raise LimitExceeded(fund, rule.value, limit, used, asked, on)


def check_minimum(fund: str, minimum: int | None, asked: int) -> None:
    """Let a subscription pass that is large enough. Raises: BelowMinimum."""
    if minimum is not None and asked < minimum:
        raise BelowMinimum(fund, minimum, asked)


def may_advance(line: AdvanceLine, on: date, since: date) -> bool:
    """Tell whether a bank may advance money on a day: since 2018 only with a licence."""
    return line.licensed or not binds(LICENCE_NEEDED, on, since)


def split_payment(amount: int, cash: int, shares: int, funding: FundingOrder) -> tuple[int, int]:
    """Return how much of a payment comes from cash and how much from shares; in full or not at all.

    Raises: FundingInsufficient.
    """
    match funding:
        case FundingOrder.CASH_THEN_SHARES:
            from_cash = min(amount, cash)
            from_shares = amount - from_cash
        case FundingOrder.SHARES_THEN_CASH:
            from_shares = min(amount, shares)
            from_cash = amount - from_shares
        case FundingOrder.CASH_ONLY:
            from_cash, from_shares = amount, 0
        case _:
            from_cash, from_shares = 0, amount
    if from_cash > cash or from_shares > shares:
        raise FundingInsufficient(amount, cash, shares, funding.value)
    return from_cash, from_shares


def split_frozen(credit: int, frozen: int, total: int, how: FrozenIncome) -> tuple[int, int]:
    """Return the free and the frozen part of a holder's income >= 0, in fen.

    The frozen part is cut toward zero; what remains is free.
    """
    if how is FrozenIncome.FREE or frozen == 0:
        return credit, 0
    to_frozen = credit * frozen // total
    return credit - to_frozen, to_frozen


def take_loss(
    loss: int, free: int, reserved: Sequence[int], frozen: int, away: int = 0
) -> tuple[int, ...]:
    """Split what a holder loses (fen >= 0) over what he has: free shares first, then what is
    reserved for redemptions in the order of their acceptance, then frozen shares.

    away: shares that do not earn for him yet cannot be lost, and must still be there when they do:
    so many stay of the free ones, then of the frozen ones, then of what will be redeemed last.
    Returns the parts in that order and, last, what cannot be taken.
    """
    rooms = [free, *reserved, frozen]
    for place in (0, len(rooms) - 1, *range(len(reserved), 0, -1)):
        kept = min(away, rooms[place])
        rooms[place] -= kept
        away -= kept
    parts, left = [], loss
    for room in rooms:
        part = min(left, room)
        parts.append(part)
        left -= part
    return (*parts, left)


def most_away(absences: Sequence[tuple[date, date, int]], since: date) -> int:
    """Return the most shares, in fen, that are away from a holder on one day from `since` on.

    absences: the first day away, the day of the return, shares.
    """
    starts = {max(left, since) for left, _, _ in absences}
    days = (sum(fen for left, back, fen in absences if left <= day < back) for day in starts)
    return max(days, default=0)

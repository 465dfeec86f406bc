"""The commands of a replay, built from its plan: the same plan gives the same commands again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from venule.fund import (
    CancelOrder,
    FastRedeem,
    FundingOrder,
    ImportBalances,
    LoadCalendar,
    OpenAdvanceLine,
    OpenFund,
    OpenHoldings,
    OrderId,
    PayFromFund,
    PublishIncome,
    ScheduleKind,
    Subscribe,
    Terms,
    cancel_order,
    fast_redeem,
    import_opening_balances,
    load_calendar,
    open_advance_line,
    open_fund,
    open_holdings,
    pay_from_fund,
    publish_income,
    subscribe,
)
from venule.kit.calendar import Calendar
from venule.kit.tx import Call
from venule.ledger import Tx
from venule.members import (
    BindBankAccount,
    MemberId,
    MemberKind,
    NewMember,
    OnboardMany,
    Tier,
    bind_bank_account,
    onboard_many,
)
from venule.replay import store
from venule.replay.inputs import Inputs
from venule.replay.model import KINDS_IN, Kind
from venule.replay.plan import AtOnce, DayPlan, Moves, Plan
from venule.wallet import (
    CreditLine,
    CreditTopUps,
    OurBankAccount,
    PayLine,
    PayMany,
    PayOutLine,
    PayOutMany,
    SetUp,
    credit_top_ups,
    pay_many,
    pay_out_many,
    set_up,
)

FUND: Final = "000198"
FUND_NAME: Final = "Tianhong Zenglibao"
FUND_UNIT: Final = 1_198
CALENDAR: Final = "fund open days"
SHOPS: Final = 200
BANKS: Final = 12
LINES_MAX: Final = 1_000
"""Lines of one batch command, or members of one onboarding."""

USER: Final = "user"
SHOP: Final = "shop"
ADVANCER: Final = "advancer"

Calls = list[Call[Tx]]


class Welcome(msgspec.Struct, frozen=True):
    """Onboard members and remember them by number, from `first`."""

    kind: str
    first: int
    members: list[NewMember]


def welcome(tx: Tx, command: Welcome) -> int:
    """Onboard members of one kind; return how many."""
    opened = onboard_many(tx, OnboardMany(command.members))
    store.insert_members(tx.sql, command.kind, command.first, opened.ids)
    return len(opened.ids)


@dataclass(frozen=True)
class People:
    """The members that the replay made, by number."""

    users: Sequence[MemberId]
    shops: Sequence[MemberId]
    advancer: MemberId

    def shop(self, user: int, day: int) -> MemberId:
        """Return where a user shops: each has a few places, and some places have many users."""
        habit = (user * 2_654_435_761 + day % 3 * 40_503) % 2**32
        crowd = habit % SHOPS * (habit // SHOPS % SHOPS) // SHOPS
        return self.shops[crowd]


# Before the first day


def found_house(inputs: Inputs) -> Calls:
    """Open the house, the shops and the bank that advances redemptions."""
    house = SetUp(
        reserves=(OurBankAccount("reserve", "Reserve Bank", "1000000001"),),
        own_bank=OurBankAccount("own", "Reserve Bank", "2000000001"),
    )
    shops = [
        NewMember(f"shop-{n:04}", MemberKind.MERCHANT, Tier.NONE, f"Shop {n + 1}")
        for n in range(SHOPS)
    ]
    bank = NewMember("advance-bank", MemberKind.INSTITUTION, Tier.NONE, "Advance Bank")
    return [
        Call(set_up, house),
        Call(welcome, Welcome(SHOP, 0, shops)),
        Call(welcome, Welcome(ADVANCER, 0, [bank])),
        Call(load_calendar, _calendar(inputs.fund_days)),
    ]


def _calendar(days: Calendar) -> LoadCalendar:
    span = (days.last - days.first).days + 1
    marks = ["0"] * span
    for day in days.open_days:
        marks[(day - days.first).days] = "1"
    return LoadCalendar(CALENDAR, days.first, "".join(marks))


def found_fund(inputs: Inputs, people: People) -> Calls:
    """Open the fund with the schedule of natural days, and a line large enough for any day."""
    first = inputs.flows.days[0]
    fund = OpenFund(
        FUND, FUND_NAME, FUND_UNIT, first, CALENDAR, Terms(schedule=ScheduleKind.WEEKDAY)
    )
    amount = int(inputs.flows["redeem_total_fen"].sum()) + 1
    line = OpenAdvanceLine(FUND, people.advancer, "Advance Bank", True, amount, first)
    return [Call(open_fund, fund), Call(open_advance_line, line)]


def onboard_users(count: int) -> Calls:
    """Onboard all users."""
    return [
        Call(
            welcome,
            Welcome(
                USER,
                first,
                [
                    NewMember(f"user-{n:06}", MemberKind.PERSON, Tier.III, f"User {n + 1}")
                    for n in range(first, min(first + LINES_MAX, count))
                ],
            ),
        )
        for first in range(0, count, LINES_MAX)
    ]


def take_over_register(plan: Plan, people: People) -> Calls:
    """Take over what the users hold before the first day."""
    holders = plan.population.joining(0)
    holders = holders[plan.opening[holders] > 0]
    opening = ImportBalances(
        FUND, [people.users[n] for n in holders.tolist()], plan.opening[holders].tolist()
    )
    return [*join(plan.days[0], people), Call(import_opening_balances, opening)]


# A day


def join(day: DayPlan, people: People) -> Calls:
    """Bind a bank account and open a holding for each user whose first day this is."""
    numbers = day.joining.tolist()
    binds: Calls = [
        Call(
            bind_bank_account,
            BindBankAccount(people.users[n], f"Bank {n % BANKS + 1}", f"6222{n:012}"),
        )
        for n in numbers
    ]
    if not numbers:
        return []
    holdings = OpenHoldings(FUND, [people.users[n] for n in numbers])
    return [Call(open_holdings, holdings), *binds]


def top_up(day: DayPlan, people: People) -> Calls:
    """Bring money from banks into wallets, confirmed in files."""
    lines = [
        CreditLine(people.users[user], fen, f"in-{day.day:%Y%m%d}-{n:05}")
        for n, (user, fen) in enumerate(_pairs(day.top_ups))
    ]
    return [
        Call(credit_top_ups, CreditTopUps(lines[first : first + LINES_MAX], day.day))
        for first in range(0, len(lines), LINES_MAX)
    ]


def buy(day: DayPlan, people: People) -> Calls:
    """Subscribe with money of the wallet; what comes out again today first, in order."""
    users = people.users
    return buy_at_once(day, people) + [
        Call(subscribe, Subscribe(FUND, users[user], fen))
        for kind in KINDS_IN
        for user, fen in _pairs(day.moves[kind])
    ]


def buy_at_once(day: DayPlan, people: People) -> Calls:
    """Subscribe with what will be taken out before it earns. Numbered: again has no effect."""
    return [
        Call(
            subscribe,
            Subscribe(FUND, people.users[user], fen, number=f"{day.day:%Y%m%d}-{n:05}"),
        )
        for n, (user, fen) in enumerate(_pairs(day.at_once))
    ]


def take_back(orders: Sequence[OrderId]) -> Calls:
    """Cancel subscriptions of today: the money is in the wallet again."""
    return [Call(cancel_order, CancelOrder(order)) for order in orders]


def pass_on(day: DayPlan, people: People) -> Calls:
    """Spend what was taken back, or send it to a bank; some stays in the wallet."""
    once = day.at_once
    spent = once.target == Kind.CONSUME
    sent = once.target == Kind.REDEEM_TO_BANK
    payments = [
        PayLine(people.users[user], people.shop(user, day.index), fen)
        for user, fen in _pairs(Moves(once.users[spent], once.fen[spent]))
    ]
    calls: Calls = [
        Call(pay_many, PayMany(payments[first : first + LINES_MAX]))
        for first in range(0, len(payments), LINES_MAX)
    ]
    return calls + _pay_out(day, people, Moves(once.users[sent], once.fen[sent]), "once")


def consume(day: DayPlan, people: People) -> Calls:
    """Pay shops straight from fund shares."""
    return [
        Call(
            pay_from_fund,
            PayFromFund(
                FUND,
                people.users[user],
                people.shop(user, day.index),
                fen,
                FundingOrder.SHARES_ONLY,
            ),
        )
        for user, fen in _pairs(day.moves[Kind.CONSUME])
    ]


def redeem(day: DayPlan, people: People) -> Calls:
    """Redeem fast, into the wallet."""
    return [
        Call(fast_redeem, FastRedeem(FUND, people.users[user], fen))
        for kind in (Kind.REDEEM_TO_WALLET, Kind.REDEEM_TO_BANK)
        for user, fen in _pairs(day.moves[kind])
    ]


def withdraw(day: DayPlan, people: People) -> Calls:
    """Send on to the bank what was redeemed for it."""
    return _pay_out(day, people, day.moves[Kind.REDEEM_TO_BANK], "out")


def publish(day: DayPlan, per_10k_e4: int) -> Calls:
    """Publish the day's income per 10,000 shares."""
    return [Call(publish_income, PublishIncome(FUND, day.day, per_10k_e4=per_10k_e4))]


def _pay_out(day: DayPlan, people: People, moves: Moves, name: str) -> Calls:
    lines = [
        PayOutLine(people.users[user], fen, f"{name}-{day.day:%Y%m%d}-{n:05}")
        for n, (user, fen) in enumerate(_pairs(moves))
    ]
    return [
        Call(pay_out_many, PayOutMany(lines[first : first + LINES_MAX], day.day))
        for first in range(0, len(lines), LINES_MAX)
    ]


def _pairs(moves: Moves | AtOnce) -> list[tuple[int, int]]:
    return list(zip(moves.users.tolist(), moves.fen.tolist(), strict=True))

"""What happens in the world around the funds: orders, days, income, limits, freezes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.sim.fund_model import Fund, Holder
from support.sim.rules_days import closes_from, next_day
from support.sim.rules_funds import limit_on
from support.sim.world import World, action, member_id
from venule.fund import (
    CancelOrder,
    CloseDay,
    FastRedeem,
    FreezeCause,
    FreezeId,
    FreezeShares,
    FundingOrder,
    Limit,
    LimitRule,
    OpenDay,
    OpenHolding,
    OrderId,
    PayFromFund,
    PayOrder,
    PayUnpaid,
    PublishIncome,
    Redeem,
    RejectOrder,
    ReverseFast,
    SetLimit,
    SetSales,
    SetSweep,
    Subscribe,
    Sweep,
    UnfreezeShares,
    cancel_order,
    close_day,
    fast_redeem,
    freeze_shares,
    open_day,
    open_holding,
    pay_from_fund,
    pay_order,
    pay_unpaid,
    publish_income,
    redeem,
    reject_order,
    reverse_fast,
    set_limit,
    set_sales,
    set_sweep,
    subscribe,
    sweep,
    unfreeze_shares,
)


def some_fund(world: World) -> Fund:
    found: Fund = world.random.choice(list(world.m.funds.values()))
    return found


def some_holder(world: World, fund: Fund) -> tuple[Any, Holder]:
    """Return a holder; mostly one whose wallet is still open."""
    holders = [h for h in fund.holders.values() if world.m.members[h.ref].id]
    alive = [h for h in holders if world.m.members[h.ref].state != "closed"]
    chosen = world.random.choice(alive if world.random.random() < 0.9 else holders)
    return member_id(world.m.members[chosen.ref]), chosen


def number(world: World, fund: Fund) -> str | None:
    """Return a distributor's number: mostly new, sometimes none, sometimes one used before."""
    draw, world.count = world.random.random(), world.count + 1
    if draw < 0.3:
        return None
    used = [o.number for o in fund.orders if o.number]
    if used and draw < 0.37:
        return world.random.choice(used)
    return f"N{world.step}.{world.count}"


def some_order(world: World, fund: Fund, kind: tuple[str, ...], state: str) -> Any:
    """Return an order, mostly of a kind and in a state."""
    known = [o for o in fund.orders if o.id]
    mine = [o for o in known if o.kind in kind and o.state == state]
    if mine and world.random.random() < 0.9:
        return world.random.choice(mine)
    return world.random.choice(known) if known else None


@action(2)
def join(world: World) -> None:
    fund = some_fund(world)
    who = world.anyone()
    world.ask((open_holding, OpenHolding(fund.code, member_id(who))))


@action(10)
def buy(world: World) -> None:
    fund = some_fund(world)
    wanted = []
    for _ in range(world.random.choice((1, 1, 3))):
        who, holder = some_holder(world, fund)
        amount = world.amount(world.m.books[holder.cash].free)
        paid = world.random.random() < 0.8
        command = Subscribe(fund.code, who, amount, number(world, fund), paid)
        wanted.append((subscribe, command))
    world.ask(*wanted)


@action(3)
def pay_for_it(world: World) -> None:
    fund = some_fund(world)
    unpaid = [o for o in fund.orders if o.id and o.kind == "subscribe" and not o.paid]
    late = [o for o in unpaid if o.state == "accepted"]
    chosen = world.random.choice(late or unpaid) if unpaid else None
    if chosen is not None:
        world.ask((pay_order, PayOrder(OrderId(member_id(chosen)))))


@action(7)
def sell(world: World) -> None:
    fund = some_fund(world)
    who, holder = some_holder(world, fund)
    whole = world.random.random() < 0.35
    shares = None if whole else world.amount(world.m.books[holder.account].free)
    world.ask((redeem, Redeem(fund.code, who, shares, number(world, fund))))


@action(3)
def take_back(world: World) -> None:
    fund = some_fund(world)
    order = some_order(world, fund, ("subscribe", "redeem"), "accepted")
    if order is not None:
        world.ask((cancel_order, CancelOrder(OrderId(member_id(order)))))


@action(2)
def reject(world: World) -> None:
    fund = some_fund(world)
    order = some_order(world, fund, ("subscribe", "redeem"), "sent")
    if order is not None:
        world.ask((reject_order, RejectOrder(OrderId(member_id(order)), "for a reason")))


@action(8)
def money_now(world: World) -> None:
    fund = some_fund(world)
    who, holder = some_holder(world, fund)
    near = world.m.books[holder.account].free
    limit = limit_on(fund, "fast_daily", world.m.today.isoformat())
    if limit is not None and world.random.random() < 0.5:
        near = min(near, limit)
    amount = world.amount(near)
    world.ask((fast_redeem, FastRedeem(fund.code, who, amount, number(world, fund))))


@action(3)
def money_back(world: World) -> None:
    fund = some_fund(world)
    order = some_order(world, fund, ("fast",), "accepted")
    if order is not None:
        world.ask((reverse_fast, ReverseFast(OrderId(member_id(order)), "the pay-out failed")))


@action(4)
def pay_with_shares(world: World) -> None:
    fund, random = some_fund(world), world.random
    who, holder = some_holder(world, fund)
    amount = world.amount(world.m.books[holder.account].free // 2 + world.m.books[holder.cash].free)
    shop = member_id(world.some(("merchant",)))
    funding = random.choice((None, *FundingOrder))
    world.count += 1
    note = f"note {world.step}.{world.count}"
    world.ask((pay_from_fund, PayFromFund(fund.code, who, shop, amount, funding, note)))


@action(2)
def choose_sweep(world: World) -> None:
    fund = some_fund(world)
    who, _ = some_holder(world, fund)
    keep = world.random.choice((None, 0, 1_000, 1_000_000))
    world.ask((set_sweep, SetSweep(fund.code, who, keep)))


@action(3)
def sweep_all(world: World) -> None:
    fund = some_fund(world)
    on = world.m.today + timedelta(world.random.choice((0, 0, 0, 0, 0, 0, 1, -1)))
    world.ask((sweep, Sweep(fund.code, on)))


@action(3)
def freeze_some(world: World) -> None:
    fund = some_fund(world)
    who, holder = some_holder(world, fund)
    shares = world.amount(world.m.books[holder.account].free // 2)
    cause = world.random.choice(tuple(FreezeCause))
    world.ask((freeze_shares, FreezeShares(fund.code, who, shares, cause)))


@action(2)
def unfreeze_some(world: World) -> None:
    fund = some_fund(world)
    frozen = [f for f in fund.freezes if f.id]
    if frozen:
        chosen = FreezeId(member_id(world.random.choice(frozen)))
        world.ask((unfreeze_shares, UnfreezeShares(chosen)))


@action(1)
def limits(world: World) -> None:
    fund, random = some_fund(world), world.random
    rule, amounts = random.choice(
        (
            (LimitRule.FAST_DAILY, (300_000, 1_000_000)),
            (LimitRule.SUBSCRIBE_DAILY, (200_000, 50_000_000)),
            (LimitRule.HOLDING_CAP, (30_000_000, 100_000_000)),
            (LimitRule.SUBSCRIBE_MIN, (1, 100)),
        )
    )
    from_on = world.m.today + timedelta(random.choice((0, 1)))
    to_on = from_on + timedelta(3) if random.random() < 0.5 else None
    limit = Limit(rule, random.choice(amounts), from_on, to_on)
    world.tell(set_limit, SetLimit(fund.code, limit))


@action(1)
def stop_sales(world: World) -> None:
    """Sales are stopped for a while; mostly they are open."""
    fund, random = some_fund(world), world.random
    subscriptions, redemptions = random.random() < 0.8, random.random() < 0.8
    if not (fund.subscriptions and fund.redemptions):
        subscriptions = redemptions = True
    world.tell(set_sales, SetSales(fund.code, subscriptions, redemptions, "by hand"))


@action(1)
def pay_the_unpaid(world: World) -> None:
    for fund in world.m.funds.values():
        for order in fund.unpaid[:1]:
            who = member_id(world.anyone())
            world.ask((pay_unpaid, PayUnpaid(OrderId(member_id(order)), who)))


# Days


@action(4)
def morning(world: World) -> None:
    """Confirm and pay early what is due; sometimes of a day whose turn it is not."""
    for fund in world.m.funds.values():
        on = next_day(fund) + timedelta(world.random.choice((0, 0, 0, 0, 1, -1)))
        watched: Any = world.house
        try:
            open_day(watched, OpenDay(fund.code, on))
        except AssertionError:
            raise
        except Exception as error:
            refused(world, error)


@action(9)
def evening(world: World) -> None:
    """Publish the income of every day that is over, and close it."""
    for fund in world.m.funds.values():
        close_days(world, fund)


def close_days(world: World, fund: Fund, most: int = 9, *, surely: bool = False) -> None:
    """Close the days whose time has come; now and then one whose time has not."""
    for _ in range(most):
        on = next_day(fund)
        early = not surely and world.random.random() < 0.06
        if closes_from(world.m, fund, on) > world.house.clock.us and not early:
            return
        if on.isoformat() not in fund.income and (surely or world.random.random() < 0.97):
            world.ask((publish_income, income(world, fund, on)))
        watched: Any = world.house
        try:
            close_day(watched, CloseDay(fund.code, on))
        except AssertionError:
            raise
        except Exception as error:
            refused(world, error)
            return
        if world.random.random() < 0.1:
            close_day(watched, CloseDay(fund.code, on))


def income(world: World, fund: Fund, on: Any) -> PublishIncome:
    """Draw a day's income: mostly a gain, sometimes nothing, a loss, or a great loss."""
    random = world.random
    issue = world.m.books[fund.accounts["issue"]]
    shares = issue.d - issue.c
    draw = random.random()
    if draw < 0.45:
        return PublishIncome(fund.code, on, per_10k_e4=random.randint(8_000, 14_000))
    if draw < 0.8:
        return PublishIncome(fund.code, on, net_income_minor=random.randint(0, 1 + shares // 5_000))
    if draw < 0.87:
        return PublishIncome(fund.code, on, net_income_minor=0)
    if draw < 0.97:
        return PublishIncome(
            fund.code, on, net_income_minor=-random.randint(1, 1 + shares // 3_000)
        )
    return PublishIncome(fund.code, on, net_income_minor=-random.randint(1, 1 + 2 * shares))


def refused(world: World, error: Exception) -> None:
    """A run was refused, as the auditor said; anything else goes on up."""
    from venule.kit.errors import AppError, HomeError

    if not isinstance(error, AppError) or isinstance(error, HomeError):
        raise error
    world.house.note(f"refused: {type(error).__name__}")

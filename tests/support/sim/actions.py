"""What happens in the world: members and their money, the bank and its word, the time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from support.sim.bank import day_before
from support.sim.books import DAY_US, SECOND, china_at, china_day
from support.sim.holds import Authorise, Capture, Void, authorise, capture, void
from support.sim.rules_inbox import WORDS
from support.sim.world import World, action, member_id, runner
from venule.kit.jobs import revive
from venule.kit.money import Money
from venule.members import (
    BankAccountId,
    BindBankAccount,
    ChangeTier,
    CloseMember,
    Freeze,
    LimitRule,
    MemberId,
    MemberKind,
    NewMember,
    SetTierLimit,
    Tier,
    UnbindBankAccount,
    Unfreeze,
    bind_bank_account,
    change_tier,
    freeze,
    onboard,
    set_tier_limit,
    unbind_bank_account,
    unfreeze,
)
from venule.wallet import (
    AMOUNT_MINOR_MAX,
    BankMessage,
    BankMessages,
    CaseId,
    ConfirmTopUps,
    CoverCase,
    CreditCase,
    CreditLine,
    CreditTopUps,
    DismissCase,
    MessageKind,
    OffsetCases,
    Pay,
    PayInCapital,
    PayLine,
    PayMany,
    PaymentId,
    PayOutLine,
    PayOutMany,
    ReconcileDay,
    RefundPayment,
    RequestTopUp,
    SweepFees,
    TopUpId,
    TopUpLine,
    TransferMoney,
    Withdraw,
    close_member,
    confirm_top_ups,
    cover_case,
    credit_case,
    credit_top_ups,
    dismiss_case,
    offset_cases,
    pay,
    pay_in_capital,
    pay_many,
    pay_out_many,
    poll_bank,
    reconcile_day,
    refund,
    request_top_up,
    sweep_fees,
    take_bank_messages,
    transfer,
    withdraw,
)

PEOPLE_MAX = 14
TIERS = (Tier.I, Tier.II, Tier.III, Tier.III, Tier.NONE)


def yuan(fen: int) -> Money:
    return Money(fen, "CNY")


# Members


@action(2)
def new_member(world: World) -> None:
    random = world.random
    number = len(world.m.members)
    if number >= PEOPLE_MAX:
        number = random.randrange(number)
    kind = random.choice((MemberKind.PERSON, MemberKind.PERSON, MemberKind.MERCHANT))
    tier = random.choice(TIERS) if kind is MemberKind.PERSON else Tier.NONE
    world.ask((onboard, NewMember(f"{kind.value} {number}", kind, tier)))


@action(3)
def bind(world: World) -> None:
    number = str(world.random.randrange(8))
    who = member_id(world.some())
    world.ask((bind_bank_account, BindBankAccount(who, "ICBC", number)))


@action(1)
def unbind(world: World) -> None:
    known = [b for b in world.m.bank_accounts if b.id]
    if known and world.random.random() < 0.3:
        chosen = BankAccountId(member_id(world.random.choice(known)))
        world.ask((unbind_bank_account, UnbindBankAccount(chosen)))


@action(2)
def freeze_or_not(world: World) -> None:
    """Nobody stays frozen for long."""
    frozen = [x for x in world.m.members.values() if x.state == "frozen" and x.id]
    if frozen and world.random.random() < 0.8:
        world.ask((unfreeze, Unfreeze(member_id(world.random.choice(frozen)), "looked into")))
    else:
        world.ask((freeze, Freeze(member_id(world.anyone()), "look into it")))


@action(1)
def tier(world: World) -> None:
    world.ask((change_tier, ChangeTier(member_id(world.anyone()), world.random.choice(TIERS))))


@action(1)
def tier_limit(world: World) -> None:
    random = world.random
    rule = random.choice((LimitRule.BALANCE_OUT_DAY, LimitRule.INVESTMENT_SINGLE))
    amount = random.choice((None, None, 500_000, 30_000_000))
    from_on = world.m.today + timedelta(random.choice((0, 1, 3)))
    kind = random.choice((Tier.II, Tier.III))
    if rule is LimitRule.INVESTMENT_SINGLE and random.random() < 0.5:
        amount = None
    world.ask((set_tier_limit, SetTierLimit(rule, kind, amount, from_on, "a test of the house")))


@action(1)
def leave(world: World) -> None:
    """Somebody with an empty wallet, if there is one, ends the membership."""
    members = [x for x in world.m.members.values() if x.id and x.kind == "person"]
    empty = [x for x in members if not world.m.books[x.account].balance and x.state == "active"]
    chosen = world.random.choice(empty or members)
    if world.random.random() < 0.4:
        world.ask((close_member, CloseMember(member_id(chosen))))


@action(1)
def empty_wallet(world: World) -> None:
    """Somebody sends all away, and may then leave."""
    who, other = world.some(), world.anyone()
    free = world.free(who)
    if free > 0 and len([x for x in world.m.members.values() if x.state == "closed"]) < 3:
        world.ask((transfer, TransferMoney(member_id(who), member_id(other), yuan(free))))


# Between members


def note(world: World) -> str:
    world.count += 1
    return f"note {world.step}.{world.count}"


def one_payment(world: World) -> tuple[object, object]:
    payer = world.anyone()
    payee = world.some(("merchant", "institution"))
    if world.random.random() < 0.05:
        payee = world.anyone()
    amount = world.amount(world.free(payer))
    fee = yuan(max(1, amount // 100)) if world.random.random() < 0.4 else None
    return pay, Pay(member_id(payer), member_id(payee), yuan(amount), fee, note(world))


def one_transfer(world: World) -> tuple[object, object]:
    payer, payee = world.anyone(), world.anyone()
    amount = world.amount(world.free(payer))
    command = TransferMoney(member_id(payer), member_id(payee), yuan(amount), note(world))
    return transfer, command


@action(12)
def payments(world: World) -> None:
    """Some of many clients at once: they share a commit."""
    draws = [
        world.random.choice((one_payment, one_transfer))
        for _ in range(world.random.choice((1, 1, 2, 5)))
    ]
    world.ask(*[draw(world) for draw in draws])


@action(2)
def batch(world: World) -> None:
    lines = []
    for _ in range(world.random.choice((1, 3, 12))):
        payer = world.anyone()
        amount = world.amount(world.free(payer) // 4)
        lines.append(PayLine(member_id(payer), member_id(world.some(("merchant",))), amount))
    world.ask((pay_many, PayMany(lines)))


@action(5)
def refunds(world: World) -> None:
    paid = [p for p in world.m.payments if p.id]
    if not paid:
        return
    chosen = world.random.choice(paid[-30:])
    amount = world.amount(chosen.amount - chosen.refunded)
    request = world.random.choice("abcdef")
    command = RefundPayment(PaymentId(member_id(chosen)), request, yuan(amount))
    world.ask((refund, command))


@action(5)
def set_aside(world: World) -> None:
    """Authorise, capture, void; what nobody decides expires."""
    random, held = world.random, world.m.books.holds
    mine = [n for n, h in held.items() if world.m.books[h.credit].code in (2010, 2020)]
    draw = random.random()
    if mine and draw < 0.3:
        hold = random.choice(mine)
        amount = random.choice((0, 0, 1, held[hold].amount, held[hold].amount + 1))
        world.ask((capture, Capture(hold, amount)))
    elif mine and draw < 0.45:
        world.ask((void, Void(random.choice(mine))))
    elif draw < 0.5:
        number = random.randint(1, world.m.books.count)
        if number not in held:  # one that is over, or never was a hold; a room's is not ours
            world.ask((capture, Capture(number)))
    else:
        payer, payee = world.anyone(), world.some(("merchant",))
        if "closed" in (payer.state, payee.state):
            return
        timeout = random.choice((0, 1, 60, 3_600, 20_000, 200_000))
        amount = world.amount(world.free(payer) // 3)
        if abs(amount) < 10**15:
            command = Authorise(payer.account, payee.account, amount, timeout)
            world.ask((authorise, command))


# In and out


def bank_account(world: World) -> tuple[MemberId, BankAccountId, str] | None:
    """Return a bank account with whose it is; now and then somebody else's."""
    known = [b for b in world.m.bank_accounts if b.id]
    good = [b for b in known if b.state == "bound"]
    if not known:
        return None
    chosen = world.random.choice(good or known)
    owner = world.m.members[chosen.owner]
    if world.random.random() < 0.05:
        owner, chosen = world.some(), world.random.choice(known)
    reserve = world.random.choice(("reserve", "reserve", "reserve", "second"))
    return member_id(owner), BankAccountId(member_id(chosen)), reserve


@action(8)
def top_up(world: World) -> None:
    found = bank_account(world)
    if found is None:
        return bind(world)
    who, account, reserve = found
    fen = world.random.choice((100, 99_999, 1_000_000, 20_000_000, world.amount(1_000)))
    command = RequestTopUp(who, account, yuan(fen), reserve)
    world.ask((request_top_up, command))


@action(7)
def take_out(world: World) -> None:
    found = bank_account(world)
    if found is None:
        return bind(world)
    who, account, reserve = found
    member = next(x for x in world.m.members.values() if x.id == who.hex)
    command = Withdraw(who, account, yuan(world.amount(world.free(member))), reserve)
    world.ask((withdraw, command))


@action(6)
def quick_money(world: World) -> None:
    """The bank has booked money for members: first there, then here."""
    lines = []
    for _ in range(world.random.choice((1, 1, 4))):
        amount = world.random.choice((1, 100, 50_000, 3_000_000, 200_000_000))
        ref = world.bank.book("reserve", amount, "quick")
        lines.append(CreditLine(member_id(world.anyone()), amount, ref))
    if world.random.random() < 0.05:
        lines.append(lines[0])
    command = CreditTopUps(lines, china_day(world.house.clock.true))
    world.ask((credit_top_ups, command))


@action(2)
def quick_payouts(world: World) -> None:
    """The bank has paid out at once."""
    lines = []
    for _ in range(world.random.choice((1, 3))):
        who = world.anyone()
        amount = world.random.randint(1, max(1, min(world.free(who), 10**12) // 4))
        lines.append(
            PayOutLine(member_id(who), amount, world.bank.book("reserve", -amount, "quick"))
        )
    command = PayOutMany(lines, china_day(world.house.clock.true))
    world.ask((pay_out_many, command))


@action(1)
def own_money(world: World) -> None:
    random = world.random
    if random.random() < 0.5:
        world.ask((pay_in_capital, PayInCapital(yuan(world.amount(500_000)))))
        return
    unswept = world.m.books[world.m.house["fees_unswept"]].free
    amount = None if random.random() < 0.7 else yuan(world.amount(unswept))
    ref = f"S{world.step}"
    command = SweepFees(ref, china_day(world.house.clock.true), amount)
    world.ask((sweep_fees, command))


# The bank's word


@action(9)
def work(world: World) -> None:
    """Carry what is due to the bank."""
    jobs = runner(world)
    for _ in range(6):
        if not jobs.run_due():
            break
    dead = [j for j in world.m.jobs if j.state == "dead" and j.id]
    if dead and world.random.random() < 0.5:
        world.ask((revive, UUID(hex=world.random.choice(dead).id or "")))


@action(8)
def poll(world: World) -> None:
    for limit in (3, 1_000):
        poll_bank(world.house, world.bank, limit)  # type: ignore[arg-type]


@action(1)
def stale_messages(world: World) -> None:
    """A second poller: messages that are taken already, or the next but one."""
    sent, taken = world.bank.sent, world.m.taken
    after = world.random.randint(max(0, taken - 3), taken + 2)
    command = BankMessages(world.bank.name, after, sent[after : after + 5])
    world.tell(take_bank_messages, command)


@action(2)
def odd_message(world: World) -> None:
    """The bank says something that makes no sense, or that it has said before."""
    random, bank = world.random, world.bank
    ids = [o.id for o in [*world.m.top_ups, *world.m.payouts] if o.id]
    kind = MessageKind(random.choice(sorted(WORDS)))
    ref = f"ODD{world.step}"
    message = BankMessage(
        kind,
        random.choice(("reserve", "second", "nowhere")),
        random.choice([*ids[-5:], "a stranger", ""]),
        random.choice((0, 1, 777, -5)),
        random.choice((ref, "")),
        random.choice((None, china_day(world.house.clock.true))),
    )
    if (
        message.amount_minor > 0
        and message.bank_ref
        and message.booked_on
        and random.random() < 0.8
    ):
        sign = WORDS[kind.value][1]
        if sign and message.reserve != "nowhere":
            bank.book(message.reserve, sign * message.amount_minor, message.our_ref, ref)
    if bank.sent and random.random() < 0.3:
        message = random.choice(bank.sent)
    bank.say(message)


@action(1)
def confirmations(world: World) -> None:
    """A file of confirmations, as some banks send it; lines of other amounts among them."""
    open_ones = [t for t in world.m.top_ups if t.id and t.state in ("requested", "in_transit")]
    lines = []
    for t in open_ones[:3]:
        amount = min(t.amount + world.random.choice((0, 0, 0, 1)), AMOUNT_MINOR_MAX)
        ref = world.bank.book(t.reserve, amount, t.id or "")
        on = china_day(world.house.clock.true)
        lines.append((t.reserve, TopUpLine(TopUpId(member_id(t)), ref, amount, on)))
    for reserve in ("reserve", "second"):
        mine = [line for name, line in lines if name == reserve]
        if mine:
            world.ask((confirm_top_ups, ConfirmTopUps(mine, reserve)))


@action(5)
def reconcile(world: World, *, surely: bool = False) -> None:
    """Compare each day that is over with the bank's statement, and sometimes a wrong one."""
    random = world.random
    last_over = day_before(world.house.clock.true)
    for reserve in world.m.reserves:
        done = world.m.reconciled[reserve]
        begin = china_day(world.bank.bookings[0][0]) if world.bank.bookings else last_over
        on = type(last_over).fromisoformat(max(done)) + timedelta(1) if done else begin
        if random.random() < 0.1 and not surely:
            on += timedelta(random.choice((-1, 1)))
        while on <= last_over:
            statement = world.bank.statement(reserve, on)
            if random.random() < 0.1:
                wrong = msgspec.structs.replace(
                    statement, closing_minor=statement.closing_minor + 1
                )
                world.ask((reconcile_day, ReconcileDay(wrong)))
            world.ask((reconcile_day, ReconcileDay(statement)))
            on += timedelta(1)
            if random.random() < 0.3 and not surely:
                break


@action(4)
def decide(world: World) -> None:
    """A person decides about a case, rightly or wrongly."""
    random = world.random
    cases = [c for c in world.m.cases.values() if c.id and c.state == "open"]
    if not cases:
        return
    case = random.choice(cases)
    mine = CaseId(member_id(case))
    other = [
        c for c in cases if c.amount == -case.amount and c.reserve == case.reserve and case.amount
    ]
    if other and random.random() < 0.6:
        undo = OffsetCases(mine, CaseId(member_id(other[0])))
        world.ask((offset_cases, undo))
    elif (case.amount > 0) is (random.random() < 0.9):
        world.ask((credit_case, CreditCase(mine, member_id(world.anyone()))))
    elif (case.amount < 0) is (random.random() < 0.9):
        on = china_day(world.house.clock.true)
        world.ask((cover_case, CoverCase(mine, f"C{world.step}", on)))
    else:
        world.ask((dismiss_case, DismissCase(mine, "seen")))


# The time


@action(7)
def jump(world: World) -> None:
    """Go near an instant where something turns: cut-off, midnight, a weekend, a month's end."""
    random, now = world.random, world.house.clock.true
    today = china_day(now)
    first_of_next = (today.replace(day=1) + timedelta(32)).replace(day=1)
    ends = [china_at(today, 15 * 3_600), china_at(today, 14 * 3_600 + 1_800)]
    ends += [china_at(today) + DAY_US] * 3
    ends.append(china_at(today + timedelta(1), 9 * 3_600))
    ends.append(china_at(today + timedelta((7 - today.weekday()) % 7 or 7), 9 * 3_600))
    if (first_of_next - today).days <= 4:
        ends.append(china_at(first_of_next))
    at = random.choice([end for end in ends if end > now])
    at += random.choice((-SECOND, -1, 0, 1, SECOND, 600 * SECOND))
    world.go_to(at)


@action(1)
def set_back(world: World) -> None:
    """The machine's clock is set back; it may come right again later."""
    world.seen["clock set back"] += 1
    world.house.clock.off = -world.random.choice((1, SECOND, 3_600 * SECOND, 30 * 3_600 * SECOND))


@action(2)
def restart(world: World) -> None:
    world.house.restart()


@action(2)
def die_between(world: World) -> None:
    world.house.crash()

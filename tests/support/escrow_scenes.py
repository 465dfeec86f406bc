"""Something of everything that can stand in the rows of guaranteed trade."""

from __future__ import annotations

from support.escrow_town import EscrowTown
from venule.escrow import (
    AnswerCase,
    AwardTo,
    BindReceivers,
    DecideRuling,
    FileEvidence,
    FreezeFunds,
    OpenDispute,
    PayAuthorised,
    Receiver,
    RoyaltyOnRefund,
    Rule,
    Settle,
    Terms,
    UnfreezeFunds,
    answer_case,
    bind_receivers,
    decide_ruling,
    file_evidence,
    freeze_funds,
    open_dispute,
    pay_authorised,
    rule,
    settle,
    unfreeze_funds,
)

TERMS = Terms(fee_ppm=6_000, guaranteed_refund_s=86_400, two_people_minor=50_000)
APPEAL_DAYS = 8


def everything(town: EscrowTown) -> None:
    """Live through every kind of trade; leave some of each under way."""
    town.order(777)
    town.paid(1_234)
    parts = town.paid(30_000)
    town.ship(parts, 10_000)
    town.ship(parts, 5_000)
    town.confirm(parts, 1)
    town.refund(parts, 1_000, shipment=2)
    town.shipped(9_999)
    late = town.shipped(20_000)
    town.refund(late, 20_000 // 3)
    town.confirm(late)
    town.refund(late, 1_111)
    _settled(town)
    _disputed(town)
    _frozen(town)


def _settled(town: EscrowTown) -> None:
    receivers = [town.merchant(), town.person()]
    town.run(bind_receivers, BindReceivers(town.shop, receivers, "partners"))
    for finish in (False, True):
        trade = town.instant(50_001, settle=True)
        shares = [Receiver(receivers[0], ratio_ppm=333_333), Receiver(receivers[1], 1_000)]
        command = Settle(trade.id, town.shop, f"S{finish}", shares, finish)
        town.run(settle, command)
        town.refund(trade, 777, royalties=RoyaltyOnRefund.PRO_RATA)
    town.shipped(4_000, settle=True)


def _disputed(town: EscrowTown) -> None:
    carrier = town.merchant()
    for amount, executed in ((60_000, True), (70_000, False)):
        trade = town.shipped(amount)
        case = town.ask(trade)
        town.run(answer_case, AnswerCase(case.id, town.shop, agree=False, words="no"))
        town.run(open_dispute, OpenDispute(case.id, town.buyer))
        content = f"what came: {amount}".encode()
        command = FileEvidence(case.id, town.buyer, "letter.txt", "text/plain", content)
        town.run(file_evidence, command)
        if executed:
            awards = [AwardTo(carrier, 3_333)]
            half = (amount - 3_333) // 2
            left = amount - 3_333 - half
            town.run(rule, Rule(case.id, "ann", half, left, "both are right", awards))
            town.run(decide_ruling, DecideRuling(case.id, "bob", approve=True))
            town.wait(days=APPEAL_DAYS)


def _frozen(town: EscrowTown) -> None:
    def freeze(number: str, amount: int = 80_000) -> FreezeFunds:
        return FreezeFunds("app 1", number, "1", town.buyer, town.shop, amount, "a room")

    first = town.run(freeze_funds, freeze("A1"))
    town.run(pay_authorised, PayAuthorised(first.id, town.shop, "night 1", 30_000, "a night"))
    town.run(unfreeze_funds, UnfreezeFunds(first.id, town.shop, "U1", 10_000))
    second = town.run(freeze_funds, freeze("A2"))
    town.run(
        pay_authorised,
        PayAuthorised(second.id, town.shop, "night 2", 30_000, "a night", complete=True),
    )

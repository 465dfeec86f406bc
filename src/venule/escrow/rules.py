"""Decisions of guaranteed trade: pure functions, facts in, answer out.

Fees round half up on the sum of what was released, so that parts cost together what the whole does.
Ratios and what receivers bear of a refund go by largest remainder (`kit.money.allocate_int`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from venule.escrow.case_errors import (
    EvidenceTooLarge,
    EvidenceTypeRefused,
    RulingUnbalanced,
    SameOperator,
)
from venule.escrow.commands import CreateTrade, Receiver, Rule
from venule.escrow.errors import (
    BuyerIsSeller,
    DeadlineInThePast,
    EscrowTextMalformed,
    NotTheParty,
    OutTradeNoReused,
    ProductTermsWrong,
    RefundExceedsTrade,
    RoyaltyMalformed,
    SellerNotAMerchant,
    SettlementExceedsRest,
    TooManyOfTrade,
    TradeAmountOutOfRange,
)
from venule.escrow.model import (
    AMOUNT_MINOR_MAX,
    AWARDS_MAX,
    EVIDENCE_BYTES_MAX,
    NUMBER_CHARS_MAX,
    Case,
    CaseEvent,
    CaseState,
    Goods,
    RoyaltyLine,
    Ruling,
    RulingState,
    Shipment,
    Side,
    Trade,
    TradeEvent,
    TradeKind,
    TradeState,
)
from venule.escrow.terms import DAY_S, PPM, FeeOnRefund, Silence, Terms
from venule.kit.money import Rounding, allocate_int, divide
from venule.members import MemberId, MemberKind, Party

# Form


def check_text(field: str, text: str, chars_max: int) -> str:
    """Return a text. Raises: EscrowTextMalformed."""
    if not 0 < len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise EscrowTextMalformed(field, chars_max, text)
    return text


def check_note(field: str, text: str, chars_max: int) -> str:
    """Return a text that may be empty. Raises: EscrowTextMalformed."""
    return check_text(field, text, chars_max) if text else text


def check_amount(what: str, amount_minor: int, most: int = AMOUNT_MINOR_MAX) -> int:
    """Return a sum of fen above 0. Raises: TradeAmountOutOfRange."""
    if type(amount_minor) is not int:
        raise TypeError(f"minor units must be int, got {amount_minor!r}")
    if not 0 < amount_minor <= most:
        raise TradeAmountOutOfRange(what, amount_minor, most)
    return amount_minor


_TERM_BOUNDS: Final = {
    "fee_ppm": (0, PPM // 2),
    "pay_s": (60, 365 * DAY_S),
    "ship_days": (1, 60),
    "guaranteed_refund_s": (0, 3_650 * DAY_S),
    "instant_refund_s": (0, 3_650 * DAY_S),
    "settle_s": (60, 3_650 * DAY_S),
    "extension_s": (0, 90 * DAY_S),
    "two_people_minor": (0, AMOUNT_MINOR_MAX),
}
_TIME_BOUNDS: Final = (60, 365 * DAY_S)


def check_terms(terms: Terms) -> None:
    """Raises: ProductTermsWrong."""
    for field in terms.__struct_fields__:
        value = getattr(terms, field)
        if type(value) is int:
            least, most = _TERM_BOUNDS.get(field, _TIME_BOUNDS)
            if not least <= value <= most:
                raise ProductTermsWrong(field, f"{least} to {most}", value)


# Creating and paying


def check_parties(kind: TradeKind, buyer_id: MemberId | None, seller: Party) -> None:
    """Raises: BuyerIsSeller, SellerNotAMerchant."""
    if buyer_id == seller.id:
        raise BuyerIsSeller(seller.id)
    if kind is TradeKind.INSTANT and seller.kind is MemberKind.PERSON:
        raise SellerNotAMerchant(seller.id)


def pay_due_at(command: CreateTrade, terms: Terms, now: datetime) -> datetime:
    """Return until when a trade can be paid. Raises: DeadlineInThePast."""
    last = now + timedelta(seconds=terms.pay_s)
    if command.pay_until is None:
        return last
    if not now < command.pay_until <= last:
        raise DeadlineInThePast(f"an instant after {now}, up to {last}", command.pay_until)
    return command.pay_until


def check_same(trade: Trade, command: CreateTrade) -> None:
    """Raises: OutTradeNoReused if a number is used again for another trade."""
    buyer = trade.buyer_id if command.buyer_id is None else command.buyer_id
    facts: tuple[tuple[str, object, object], ...] = (
        ("amount", trade.amount_minor, command.amount_minor),
        ("seller", trade.seller_id, command.seller_id),
        ("buyer", trade.buyer_id or buyer, buyer),
        ("kind", trade.kind, command.kind),
        ("subject", trade.subject, command.subject),
        ("settlement", trade.settle, command.settle),
    )
    for field, expected, seen in facts:
        if expected != seen:
            raise OutTradeNoReused(trade.app, trade.out_trade_no, trade.id, field)


def check_side(role: str, expected: UUID | None, seen: UUID) -> None:
    """Raises: NotTheParty."""
    if expected != seen:
        raise NotTheParty(role, seen)


# Fees


def fee_of(base_minor: int, fee_ppm: int) -> int:
    """Return the fee on a sum; half up to the fen.

    Source: the custom of payment services, which round each trade's fee to the fen, half up.
    """
    return divide(base_minor * fee_ppm, PPM, Rounding.HALF_UP)


class Released(msgspec.Struct, frozen=True):
    """Money became the seller's: the fee on it, and the trade after."""

    fee_minor: int
    after: Trade


def release(trade: Trade, terms: Terms, amount_minor: int) -> Released:
    """Count money that becomes the seller's. The caller takes it off what is held."""
    released = trade.released_minor + amount_minor
    fee = fee_of(released, terms.fee_ppm) - trade.fee_minor
    kept = amount_minor - fee if trade.settle else 0
    after = replace(
        trade,
        released_minor=released,
        fee_minor=trade.fee_minor + fee,
        unsettled_minor=trade.unsettled_minor + kept,
    )
    return Released(fee, after)


def fee_returned(trade: Trade, terms: Terms, refunded_late_minor: int) -> int:
    """Return what the seller has back of its fee when so much in all has been refunded late."""
    if terms.fee_on_refund is FeeOnRefund.KEPT:
        return 0
    due = fee_of(trade.released_minor - refunded_late_minor, terms.fee_ppm)
    return trade.fee_minor - trade.fee_returned_minor - due


# What a movement does to the state


def stays_open(trade: Trade, terms: Terms) -> bool:
    """Say whether a trade of which nothing is held can still be refunded or settled."""
    return trade.unsettled_minor > 0 or open_s(trade, terms) > 0


def open_s(trade: Trade, terms: Terms) -> int:
    """Return how long a paid or released trade can be refunded or settled, in seconds."""
    guaranteed = trade.kind is TradeKind.GUARANTEED
    span = terms.guaranteed_refund_s if guaranteed else terms.instant_refund_s
    return max(span, terms.settle_s) if trade.settle else span


def release_event(after: Trade, terms: Terms) -> TradeEvent:
    """Name what the release of a shipment did."""
    if after.held_minor:
        return TradeEvent.RELEASE_PART
    if stays_open(after, terms):
        return TradeEvent.RELEASE_REST_OPEN
    return TradeEvent.RELEASE_REST


def refund_event(before: Trade, after: Trade, terms: Terms) -> TradeEvent:
    """Name what a refund, or a ruling, did."""
    if after.refunded_minor == after.amount_minor:
        return TradeEvent.REFUND_ALL
    if before.state is TradeState.SUCCESS:
        return TradeEvent.REFUND_PART
    if after.held_minor == 0:
        return TradeEvent.REFUND_REST_OPEN if stays_open(after, terms) else TradeEvent.REFUND_REST
    if before.state is TradeState.PART_SHIPPED and after.unshipped_minor == 0:
        return TradeEvent.REFUND_UNSHIPPED
    return TradeEvent.REFUND_PART


# Refunds of what is held


class Taken(msgspec.Struct, frozen=True):
    """From where a refund of held money is taken: the unshipped part, and shipments."""

    unshipped_minor: int
    shipments: list[tuple[Shipment, int]]


def take_held(
    trade: Trade, shipments: Sequence[Shipment], amount_minor: int, number: int | None
) -> Taken:
    """Say from where a refund is taken: from the shipment named; else what is not shipped first,
    then what was shipped last.

    Raises: RefundExceedsTrade.
    """
    under_way = [each for each in shipments if each.open_minor]
    unshipped = 0
    if number is None:
        unshipped = min(trade.unshipped_minor, amount_minor)
    else:
        under_way = [each for each in under_way if each.number == number]
    left = amount_minor - unshipped
    taken: list[tuple[Shipment, int]] = []
    for each in sorted(under_way, key=lambda s: -s.number):
        part = min(each.open_minor, left)
        if part:
            taken.append((each, part))
            left -= part
    if left:
        raise RefundExceedsTrade(trade.id, amount_minor - left, amount_minor)
    return Taken(unshipped, taken)


# Refunds of what is the seller's


class Borne(msgspec.Struct, frozen=True):
    """Who bears a late refund: what is unsettled, the seller's wallet, each receiver's line."""

    unsettled_minor: int
    seller_minor: int
    lines: list[tuple[RoyaltyLine, int]]


def bear_pro_rata(trade: Trade, lines: Sequence[RoyaltyLine], amount_minor: int) -> list[int]:
    """Return what each receiver's line bears of a late refund: pro rata to what it has left.

    The seller's weight is all that is left of the trade and not with receivers. The parts and the
    seller's sum to the refund: by largest remainder, so none is more than its line has left.
    Raises: RefundExceedsTrade.
    """
    left = [line.amount_minor - line.returned_minor for line in lines]
    whole = trade.amount_minor - trade.awarded_minor - trade.refunded_minor
    if amount_minor > whole:
        raise RefundExceedsTrade(trade.id, whole, amount_minor)
    seller = whole - sum(left)
    return allocate_int(amount_minor, [seller, *left])[1:]


def bear(
    trade: Trade, lines: Sequence[RoyaltyLine], returned: Sequence[int], amount_minor: int
) -> Borne:
    """Say who bears a late refund when receivers give back so much each.

    The seller bears the rest: from what is unsettled, then from its wallet.
    Raises: RefundExceedsTrade.
    """
    shared = trade.shared_minor - sum(returned)
    left = trade.amount_minor - trade.awarded_minor - trade.refunded_minor - shared
    if amount_minor > left:
        raise RefundExceedsTrade(trade.id, left, amount_minor)
    for line, part in zip(lines, returned, strict=True):
        if part > line.amount_minor - line.returned_minor:
            line_left = line.amount_minor - line.returned_minor
            raise RefundExceedsTrade(trade.id, line_left, part)
    rest = amount_minor - sum(returned)
    if rest < 0:
        raise RefundExceedsTrade(trade.id, amount_minor, sum(returned))
    unsettled = min(trade.unsettled_minor, rest)
    given = [(line, part) for line, part in zip(lines, returned, strict=True) if part]
    return Borne(unsettled, rest - unsettled, given)


def to_fund(trade: Trade, amount_minor: int) -> int:
    """Return what of a refund goes back into the fund: what was paid last goes back first."""
    return min(amount_minor, trade.shares_minor - trade.shares_returned_minor)


# Settlement


def royalties(trade: Trade, receivers: Sequence[Receiver]) -> list[int]:
    """Return what each receiver gets, exact to the fen.

    Ratios are of what is kept for settlement when the command comes; together they make one sum,
    cut down to the fen, which goes to their lines by largest remainder.
    Raises: RoyaltyMalformed, SettlementExceedsRest.
    """
    ratios = []
    for index, each in enumerate(receivers):
        if (each.amount_minor is None) == (each.ratio_ppm is None):
            raise RoyaltyMalformed(index, "an amount or a ratio", "both or neither")
        if each.amount_minor is not None:
            check_amount(f"line {index}", each.amount_minor)
        elif not 0 < (each.ratio_ppm or 0) <= PPM:
            raise RoyaltyMalformed(index, f"1 to {PPM} ppm", str(each.ratio_ppm))
        ratios.append(each.ratio_ppm or 0)
        if sum(ratios) > PPM:
            raise RoyaltyMalformed(index, f"ratios of {PPM} ppm in all", str(sum(ratios)))
    rest = trade.unsettled_minor
    by_ratio = divide(rest * sum(ratios), PPM, Rounding.DOWN)
    parts = allocate_int(by_ratio, ratios) if sum(ratios) else [0] * len(ratios)
    sums = [
        part if each.amount_minor is None else each.amount_minor
        for each, part in zip(receivers, parts, strict=True)
    ]
    if sum(sums) > rest:
        raise SettlementExceedsRest(trade.id, rest, sum(sums))
    for index, fen in enumerate(sums):
        if fen == 0:
            raise RoyaltyMalformed(index, "a ratio that gives a fen or more", "0 fen")
    return sums


def case_s(state: CaseState, terms: Terms, shipped: bool) -> int | None:
    """Return how long somebody may be silent in a state of a case, in seconds; None: for ever."""
    return {
        CaseState.ASKED: terms.answer_shipped_s if shipped else terms.answer_unshipped_s,
        CaseState.REFUSED: terms.dispute_s,
        CaseState.RETURNING: terms.send_back_s,
        CaseState.RETURNED: terms.receive_s,
        CaseState.RULED: terms.appeal_s,
    }.get(state)


def silence_event(case: Case, trade: Trade, terms: Terms) -> CaseEvent:
    """Name what silence until the deadline of a case means."""
    if case.state is not CaseState.ASKED:
        return _SILENCE[case.state]
    if trade.state is TradeState.PAID:  # nothing is under way: as with a seller who does not ship
        return CaseEvent.ANSWER_DUE_REFUND
    if terms.silence is Silence.DISPUTE:
        return CaseEvent.ANSWER_DUE_DISPUTE
    return CaseEvent.AGREE_RETURN if case.goods_back else CaseEvent.ANSWER_DUE_REFUND


_SILENCE: Final = {
    CaseState.REFUSED: CaseEvent.DISPUTE_DUE,
    CaseState.RETURNING: CaseEvent.SEND_BACK_DUE,
    CaseState.RETURNED: CaseEvent.RECEIVE_DUE,
    CaseState.RULED: CaseEvent.APPEAL_DUE,
}


def side_of(trade: Trade, member_id: MemberId) -> Side:
    """Return on which side of a trade a member stands. Raises: NotTheParty."""
    if member_id == trade.buyer_id:
        return Side.BUYER
    check_side("buyer or seller", trade.seller_id, member_id)
    return Side.SELLER


_MAGIC: Final = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
}
MEDIA_TYPES: Final = (*_MAGIC, "text/plain")


def check_file(media_type: str, content: bytes) -> None:
    """Check that a file is of a type that we keep, and begins as such files do.

    Raises: EvidenceTooLarge, EvidenceTypeRefused.
    """
    if not 0 < len(content) <= EVIDENCE_BYTES_MAX:
        raise EvidenceTooLarge(EVIDENCE_BYTES_MAX, len(content))
    if media_type not in MEDIA_TYPES:
        raise EvidenceTypeRefused(", ".join(MEDIA_TYPES), media_type)
    if media_type in _MAGIC:
        sound = content.startswith(_MAGIC[media_type])
    else:
        sound = b"\0" not in content and _is_utf8(content)
    if not sound:
        raise EvidenceTypeRefused(media_type, f"one that begins {content[:8].hex()}")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_ruling(command: Rule, trade: Trade) -> None:
    """Raises: TooManyOfTrade, BuyerIsSeller, RulingUnbalanced."""
    if len(command.awards) > AWARDS_MAX:
        raise TooManyOfTrade("awards", AWARDS_MAX, len(command.awards))
    for each in command.awards:
        check_amount("award", each.amount_minor)
        if each.member_id in (trade.buyer_id, trade.seller_id):
            raise BuyerIsSeller(each.member_id)
    parts = [command.buyer_minor, command.seller_minor, *(a.amount_minor for a in command.awards)]
    if min(parts) < 0 or sum(parts) != trade.held_minor:
        raise RulingUnbalanced(trade.held_minor, sum(parts))


def check_operator(operator: str, rulings: Sequence[Ruling], *, approves: bool) -> None:
    """Check that an operator is none of those whose ruling was appealed, or waits for a second.

    Raises: EscrowTextMalformed, SameOperator.
    """
    check_text("operator", operator, NUMBER_CHARS_MAX)
    for each in rulings:
        bars = each.state is RulingState.APPEALED or (
            approves and each.state is RulingState.PROPOSED
        )
        if bars and operator in (each.operator, each.second):
            raise SameOperator(operator)


def confirm_s(goods: Goods, terms: Terms) -> int:
    """Return how long a buyer may be silent before a receipt counts as confirmed, in seconds."""
    return {
        Goods.EXPRESS: terms.confirm_express_s,
        Goods.POST: terms.confirm_post_s,
        Goods.VIRTUAL: terms.confirm_virtual_s,
    }[goods]

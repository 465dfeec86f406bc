"""The bank's word, from the program that carries it to us.

Nobody of the staff can say alone that money has come: theirs takes two (see the proposals).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec

from venule.kit.http import (
    PARTNER,
    Call,
    Paid,
    Route,
    Shape,
    line_pattern,
    text_pattern,
)
from venule.kit.money import Money
from venule.members import MemberClosed, MemberFrozen, MemberId, MemberUnknown
from venule.wallet import inbox, payouts, top_ups
from venule.wallet.api_views import (
    CNY,
    MEMBER_EXAMPLE,
    BatchView,
    batch_view,
)
from venule.wallet.errors import (
    BankRefReused,
    InsufficientFunds,
    LimitExceeded,
    ReserveUnknown,
    WalletNotSetUp,
)
from venule.wallet.inbox import BankMessages, Taken
from venule.wallet.model import (
    MAIN_RESERVE,
    TEXT_CHARS_MAX,
    ConfirmTopUps,
    CreditLine,
    CreditTopUps,
    PayOutLine,
    PayOutMany,
    TopUpId,
    TopUpLine,
)
from venule.wallet.rail import BankMessage, MessageKind

TAG: Final = "bank"
LINES_MAX: Final = 10_000
LINES_BYTES_MAX: Final = 4 * 1024 * 1024
TEXT_MAX: Final = 200

Reserve = Annotated[
    str,
    msgspec.Meta(
        pattern=line_pattern(TEXT_CHARS_MAX),
        description="How the house calls the reserve account.",
        examples=[MAIN_RESERVE],
    ),
]
BankRef = Annotated[
    str, msgspec.Meta(pattern=line_pattern(TEXT_CHARS_MAX), examples=["B2014031000017"])
]
TheirText = Annotated[str, msgspec.Meta(pattern=text_pattern(TEXT_MAX))]
_YUAN: Final = r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?"
Currency = Annotated[str, msgspec.Meta(pattern="^CNY$", examples=["CNY"])]


class Balance(Shape, frozen=True):
    """An exact sum in yuan, with at most two decimals; below zero: owed to the bank."""

    amount: Annotated[str, msgspec.Meta(pattern=f"^-?{_YUAN}$", max_length=17)]
    currency: Currency

    @property
    def minor(self) -> int:
        """In fen."""
        return Money.parse(self.amount, self.currency).amount


class MessageBody(Shape, frozen=True):
    """The bank's word on one order. our_ref: the order's id in hexadecimal, as the bank has it.

    bank_ref, booked_on: of the booking, for kinds that book.
    """

    kind: MessageKind
    reserve: TheirText
    our_ref: TheirText
    amount: Balance
    bank_ref: TheirText = ""
    booked_on: date | None = None
    reason: TheirText = ""


class MessagesBody(Shape, frozen=True):
    """Messages of a rail, those after the first `after` ones, in the order in which they came."""

    rail: Reserve
    after: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
    messages: Annotated[list[MessageBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]


class ConfirmLineBody(Shape, frozen=True):
    """The bank's confirmation of one top-up."""

    top_up_id: TopUpId
    bank_ref: BankRef
    amount: Paid
    booked_on: date


class ConfirmBody(Shape, frozen=True):
    """Confirmations for one reserve account."""

    lines: Annotated[list[ConfirmLineBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    reserve: Reserve = MAIN_RESERVE


class BookedLineBody(Shape, frozen=True):
    """Money that the bank has moved at once, for a member or to them."""

    member_id: MemberId
    amount: Paid
    bank_ref: BankRef


class BookedBody(Shape, frozen=True):
    """What the bank booked on one day on one reserve account, all or none."""

    lines: Annotated[list[BookedLineBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    booked_on: date
    reserve: Reserve = MAIN_RESERVE


class TakenView(msgspec.Struct, frozen=True):
    """What became of messages: orders that went on, words said before, cases opened."""

    applied: int
    repeated: int
    cases: int


# The bank's word


async def take_bank_messages(call: Call[MessagesBody, None, None]) -> TakenView:
    """Take a rail's next messages."""
    messages = [
        BankMessage(
            each.kind,
            each.reserve,
            each.our_ref,
            each.amount.minor,
            each.bank_ref,
            each.booked_on,
            each.reason,
        )
        for each in call.body.messages
    ]
    command = BankMessages(call.body.rail, call.body.after, messages)
    return _taken(await call.door.acall(inbox.take_bank_messages, command, call.key))


async def confirm_top_ups(call: Call[ConfirmBody, None, None]) -> TakenView:
    """Take many confirmations of top-ups."""
    lines = [
        TopUpLine(each.top_up_id, each.bank_ref, each.amount.money().amount, each.booked_on)
        for each in call.body.lines
    ]
    command = ConfirmTopUps(lines, call.body.reserve)
    return _taken(await call.door.acall(inbox.confirm_top_ups, command, call.key))


def _taken(taken: Taken) -> TakenView:
    return TakenView(taken.applied, taken.repeated, taken.cases)


async def credit_top_ups(call: Call[BookedBody, None, None]) -> BatchView:
    """Credit money that the bank has booked for members."""
    body = call.body
    lines = [
        CreditLine(each.member_id, each.amount.money().amount, each.bank_ref) for each in body.lines
    ]
    command = CreditTopUps(lines, body.booked_on, body.reserve)
    return batch_view(await call.door.acall(top_ups.credit_top_ups, command, call.key))


async def pay_out(call: Call[BookedBody, None, None]) -> BatchView:
    """Book payouts that the bank has settled at once."""
    body = call.body
    lines = [
        PayOutLine(each.member_id, each.amount.money().amount, each.bank_ref) for each in body.lines
    ]
    command = PayOutMany(lines, body.booked_on, body.reserve)
    return batch_view(await call.door.acall(payouts.pay_out_many, command, call.key))


_TAKEN: Final = {"applied": 1, "repeated": 0, "cases": 0}
_BATCH: Final = {"count": 1, "total": CNY}
_BOOKED: Final = {
    "lines": [{"member_id": MEMBER_EXAMPLE, "amount": CNY, "bank_ref": "B2014031000017"}],
    "booked_on": "2014-03-10",
}
_WORD: Final[dict[str, Any]] = {
    "method": "POST",
    "tag": TAG,
    "who": PARTNER,
    "needs": "bank.messages",
    "money": True,
    "body_bytes_max": LINES_BYTES_MAX,
    "timeout_s": 60,
}

BANK: Final[list[Route]] = [
    Route(
        path="/v1/bank/messages", handler=take_bank_messages, body=MessagesBody, answer=TakenView,
        errors=(WalletNotSetUp,), summary="Take the next messages of a bank's rail.",
        description="Nothing the bank says is refused, and nothing is booked twice: what nobody "
        "can explain goes to suspense with a case. Messages already taken are skipped; after a "
        "gap none is taken.",
        examples={
            "body": {"rail": "icbc", "after": 0, "messages": [{
                "kind": "debit_booked", "reserve": MAIN_RESERVE,
                "our_ref": MEMBER_EXAMPLE.replace("-", ""), "amount": CNY,
                "bank_ref": "B2014031000017", "booked_on": "2014-03-10",
            }]},
            "answer": _TAKEN,
        }, **_WORD,
    ),
    Route(
        path="/v1/bank/top-up-confirmations", handler=confirm_top_ups, body=ConfirmBody,
        answer=TakenView, errors=(WalletNotSetUp,),
        summary="Take the bank's confirmations of top-ups.",
        description="A line for an unknown top-up, or of another amount, goes to suspense with a "
        "case.",
        examples={
            "body": {"lines": [{
                "top_up_id": MEMBER_EXAMPLE, "bank_ref": "B2014031000017", "amount": CNY,
                "booked_on": "2014-03-10",
            }]},
            "answer": _TAKEN,
        }, **_WORD,
    ),
    Route(
        path="/v1/bank/top-ups", handler=credit_top_ups, body=BookedBody, answer=BatchView,
        errors=(ReserveUnknown, MemberUnknown, MemberClosed, BankRefReused, WalletNotSetUp),
        summary="Credit quick payments that the bank has booked, all or none.",
        examples={"body": _BOOKED, "answer": _BATCH}, **_WORD,
    ),
    Route(
        path="/v1/bank/payouts", handler=pay_out, body=BookedBody, answer=BatchView,
        errors=(
            ReserveUnknown, MemberUnknown, MemberFrozen, MemberClosed, LimitExceeded,
            BankRefReused, InsufficientFunds, WalletNotSetUp,
        ),
        summary="Book real-time payouts that the bank has settled, all or none.",
        examples={"body": _BOOKED, "answer": _BATCH}, **_WORD,
    ),
]  # fmt: skip
"""Operations by which the bank's word comes in."""

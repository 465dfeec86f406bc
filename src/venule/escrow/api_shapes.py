"""What guaranteed trade looks like in JSON, and who may see which part of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import msgspec

from venule.escrow.model import (
    AMOUNT_MINOR_MAX,
    CARRIER_CHARS_MAX,
    NUMBER_CHARS_MAX,
    SUBJECT_CHARS_MAX,
    TEXT_CHARS_MAX,
    AuthorisationId,
    CaseId,
    Trade,
    TradeId,
    TradeState,
)
from venule.kit.http import (
    Call,
    Caller,
    CallerKind,
    Cursor,
    NotPermitted,
    Shape,
    give_cursor,
    take_cursor,
)
from venule.kit.http.texts import line_pattern
from venule.kit.money import Money
from venule.members import MemberId

T = TypeVar("T")

TAG: Final = "escrow"
READ: Final = "escrow.read"
WRITE: Final = "escrow.write"
RULE: Final = "escrow.rule"
OPERATE: Final = "escrow.operate"

PAGE_MAX: Final = 100

# Texts and sums as they are sent

Number = Annotated[str, msgspec.Meta(pattern=line_pattern(NUMBER_CHARS_MAX))]
"""A number of the caller's own."""

_FIRST: Final = (r"\u0021-\u007E", r"\u0021-\u0022\u0024-\u007E")
_NOT_OURS: Final = line_pattern(NUMBER_CHARS_MAX).replace(*_FIRST, 1)
"""Lines that do not begin with `#`: numbers that do are the room's own."""

assert _NOT_OURS != line_pattern(NUMBER_CHARS_MAX)

RequestNo = Annotated[
    str,
    msgspec.Meta(
        pattern=_NOT_OURS,
        description="A number of the caller's own: the same one again gives the first answer.",
    ),
]
Subject = Annotated[str, msgspec.Meta(pattern=line_pattern(SUBJECT_CHARS_MAX))]
Words = Annotated[str, msgspec.Meta(pattern=line_pattern(TEXT_CHARS_MAX))]
Note = Annotated[str, msgspec.Meta(pattern=line_pattern(TEXT_CHARS_MAX, empty=True))]
CarrierNote = Annotated[str, msgspec.Meta(pattern=line_pattern(CARRIER_CHARS_MAX, empty=True))]
TrackingNote = Annotated[str, msgspec.Meta(pattern=line_pattern(NUMBER_CHARS_MAX, empty=True))]
Carrier = Annotated[str, msgspec.Meta(pattern=line_pattern(CARRIER_CHARS_MAX))]
FundCode = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9]{1,16}$", description="The code of a fund.")
]
ProductName = Annotated[
    str,
    msgspec.Meta(pattern=line_pattern(NUMBER_CHARS_MAX), examples=["standard"]),
]
ShipmentNo = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

_PRICE: Final = r"(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,7}(\.[0-9]{1,2})?|100000000(\.0{1,2})?)"
_PART: Final = r"((0|[1-9][0-9]{0,7})(\.[0-9]{1,2})?|100000000(\.0{1,2})?)"
Currency = Annotated[str, msgspec.Meta(pattern="^CNY$", examples=["CNY"])]

assert AMOUNT_MINOR_MAX == 100_000_000 * 100, "the patterns say so"


class Price(Shape, frozen=True):
    """A sum above zero, in yuan, up to 100,000,000.00."""

    amount: Annotated[str, msgspec.Meta(pattern=f"^{_PRICE}$", max_length=12, examples=["199.00"])]
    currency: Currency

    @property
    def minor(self) -> int:
        """The sum in fen."""
        return Money.parse(self.amount, self.currency).amount


class Part(Shape, frozen=True):
    """A sum in yuan from 0.00 up to 100,000,000.00."""

    amount: Annotated[str, msgspec.Meta(pattern=f"^{_PART}$", max_length=12, examples=["0.00"])]
    currency: Currency

    @property
    def minor(self) -> int:
        """The sum in fen."""
        return Money.parse(self.amount, self.currency).amount


class PageQuery(Shape, frozen=True):
    """Which page of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = 20
    cursor: Cursor | None = None


# Paths


class TradePath(msgspec.Struct, frozen=True):
    """Which trade."""

    trade_id: UUID

    @property
    def id(self) -> TradeId:
        """The trade's id."""
        return TradeId(self.trade_id)


class CasePath(msgspec.Struct, frozen=True):
    """Which case."""

    case_id: UUID

    @property
    def id(self) -> CaseId:
        """The case's id."""
        return CaseId(self.case_id)


class EvidencePath(msgspec.Struct, frozen=True):
    """Which file of which case."""

    case_id: UUID
    evidence_id: UUID


class AuthorisationPath(msgspec.Struct, frozen=True):
    """Which authorisation."""

    authorisation_id: UUID

    @property
    def id(self) -> AuthorisationId:
        """The authorisation's id."""
        return AuthorisationId(self.authorisation_id)


# Who asks


def me(call: Call[Any, Any, Any]) -> MemberId:
    """Return the member whose trades it is about. Raises: NotPermitted."""
    found = call.who.member_id
    if found is None:
        raise NotPermitted("act for a member")
    return MemberId(found)


def app_of(caller: Caller) -> str:
    """Return under whose name a caller's own trade numbers are unique."""
    if caller.kind is CallerKind.PARTNER:
        return str(caller.id)
    return f"member/{caller.member_id}"


def operator(caller: Caller) -> str:
    """Return what a staff member is called in rulings: proven, never what a body says."""
    assert caller.kind is CallerKind.STAFF
    return f"staff/{caller.id}"


def is_party(caller: Caller, *parties: UUID | None) -> bool:
    """Say whether a caller may see what lies between these members; staff may see all."""
    if caller.kind is CallerKind.STAFF:
        return True
    return caller.member_id is not None and caller.member_id in parties


def may_see(caller: Caller, trade: Trade) -> bool:
    """Say whether a caller may see a trade: its parties, and who was given the name of one that
    anybody may pay."""
    for_anybody = trade.buyer_id is None and trade.state is TradeState.CREATED
    return for_anybody or is_party(caller, trade.buyer_id, trade.seller_id)


# Pages


def before(query: PageQuery) -> UUID | None:
    """Return the id that a page of the newest first goes on behind. Raises: CursorUnknown."""
    return None if query.cursor is None else take_cursor(query.cursor, UUID)


def cut(found: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Return a page of what was found (one more than asked for, if there is more), and the last
    one of it if there is a page behind."""
    page = found[:limit]
    return page, page[-1] if len(found) > limit else None


def slice_of(found: Sequence[T], query: PageQuery) -> tuple[Sequence[T], str | None]:
    """Return a page of a list that only ever grows at its end. Raises: CursorUnknown."""
    start = 0 if query.cursor is None else max(0, take_cursor(query.cursor, int))
    end = start + query.limit
    return found[start:end], give_cursor(end) if len(found) > end else None

"""Pre-authorisation over HTTP: money frozen for a payee, paid in parts, let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from venule.escrow import authorisations, lists
from venule.escrow.api_shapes import (
    READ,
    TAG,
    WRITE,
    AuthorisationPath,
    FundCode,
    Instant,
    Note,
    Number,
    PageQuery,
    Price,
    ProductName,
    RequestNo,
    Subject,
    app_of,
    before,
    cut,
    is_party,
    me,
    slice_of,
)
from venule.escrow.api_trades import SPENDING
from venule.escrow.api_views import (
    AuthorisationPage,
    AuthorisationView,
    OperationPage,
    OperationView,
    TradeView,
    authorisation_view,
    operation_view,
    trade_view,
)
from venule.escrow.commands import FreezeFunds, PayAuthorised, UnfreezeFunds
from venule.escrow.errors import (
    AuthorisationExceeded,
    AuthorisationUnknown,
    BuyerIsSeller,
    DeadlineInThePast,
    EscrowTransitionIllegal,
    NotTheParty,
    OutTradeNoReused,
    ProductUnknown,
    RequestNoReused,
    SellerNotAMerchant,
    TradeUnknown,
)
from venule.escrow.model import Authorisation, AuthorisationId, AuthorisationState, Side
from venule.escrow.terms import STANDARD
from venule.kit.http import ALL_SIDES, MEMBER_SIDE, Call, Route, Shape, give_cursor
from venule.members import MemberClosed, MemberId, MemberUnknown

R = TypeVar("R")


class FreezeBody(Shape, frozen=True):
    """Money of the caller frozen for a payee. until: null: as the product says. fund: take from
    these shares what the wallet's cash lacks."""

    out_order_no: Number
    request_no: RequestNo
    payee_id: MemberId
    amount: Price
    title: Subject
    product: ProductName = STANDARD
    until: Instant | None = None
    fund: FundCode | None = None


class PayAuthorisedBody(Shape, frozen=True):
    """A payment from what is frozen. complete: unfreeze the rest. settle: keep what it brings for
    settlement."""

    out_trade_no: Number
    amount: Price
    subject: Subject
    complete: bool = False
    settle: bool = False


class UnfreezeBody(Shape, frozen=True):
    """What is let go."""

    request_no: RequestNo
    amount: Price
    note: Note = ""


class AuthorisationsListQuery(PageQuery, frozen=True):
    """Which authorisations: what the caller has frozen (buyer), or may be paid from (seller)."""

    side: Side = Side.BUYER
    state: AuthorisationState | None = None


async def seen_authorisation(call: Call[Any, Any, AuthorisationPath]) -> Authorisation:
    """Return an authorisation that the caller may see. Raises: AuthorisationUnknown."""
    found = await call.door.aread(authorisations.authorisation, call.path.id)
    if not is_party(call.who, found.payer_id, found.payee_id):
        raise AuthorisationUnknown(str(call.path.id))
    return found


async def _act(call: Call[Any, Any, AuthorisationPath], fn: Callable[..., R], command: Any) -> R:
    try:
        return await call.door.acall(fn, command, call.key)
    except NotTheParty:
        await seen_authorisation(call)
        raise


async def create_authorisation(call: Call[FreezeBody, None, None]) -> AuthorisationView:
    """Freeze money of the caller for a payee."""
    body = call.body
    command = FreezeFunds(
        app_of(call.who),
        body.out_order_no,
        body.request_no,
        me(call),
        body.payee_id,
        body.amount.minor,
        body.title,
        body.product,
        body.until,
        body.fund,
    )
    return authorisation_view(await call.door.acall(authorisations.freeze_funds, command, call.key))


async def list_authorisations(call: Call[None, AuthorisationsListQuery, None]) -> AuthorisationPage:
    """List the caller's authorisations."""
    query = call.query
    last = before(query)
    wanted = lists.AuthorisationsQuery(
        me(call),
        query.side,
        query.state,
        None if last is None else AuthorisationId(last),
        query.limit + 1,
    )
    page, end = cut(await call.door.aread(lists.authorisations_of, wanted), query.limit)
    more = None if end is None else give_cursor(end.id)
    return AuthorisationPage([authorisation_view(each) for each in page], more)


async def show_authorisation(call: Call[None, None, AuthorisationPath]) -> AuthorisationView:
    """Show an authorisation."""
    return authorisation_view(await seen_authorisation(call))


async def pay_from_authorisation(
    call: Call[PayAuthorisedBody, None, AuthorisationPath],
) -> TradeView:
    """Make an instant trade and pay it from what is frozen."""
    body = call.body
    command = PayAuthorised(
        call.path.id,
        me(call),
        body.out_trade_no,
        body.amount.minor,
        body.subject,
        body.complete,
        body.settle,
    )
    return trade_view(call.who, await _act(call, authorisations.pay_authorised, command))


async def unfreeze_authorisation(
    call: Call[UnfreezeBody, None, AuthorisationPath],
) -> OperationView:
    """Let go of a part of what is frozen, or all."""
    body = call.body
    command = UnfreezeFunds(call.path.id, me(call), body.request_no, body.amount.minor, body.note)
    return operation_view(await _act(call, authorisations.unfreeze_funds, command))


async def list_authorisation_uses(call: Call[None, PageQuery, AuthorisationPath]) -> OperationPage:
    """List what an authorisation was used for."""
    await seen_authorisation(call)
    found = await call.door.aread(authorisations.operations, call.path.id)
    page, more = slice_of(found, call.query)
    return OperationPage([operation_view(each) for each in page], more)


_PAY: Final = {"amount": "199.00", "currency": "CNY"}
_ACTING: Final = (AuthorisationUnknown, NotTheParty, EscrowTransitionIllegal, AuthorisationExceeded)
_MOVES: Final[dict[str, Any]] = {
    "method": "POST", "who": MEMBER_SIDE, "needs": WRITE, "money": True, "rate": "money",
    "status": 201, "tag": TAG,
}  # fmt: skip
_LOOKS: Final[dict[str, Any]] = {
    "method": "GET", "who": ALL_SIDES, "needs": READ, "tag": TAG, "takes_path": AuthorisationPath,
    "errors": (AuthorisationUnknown,),
}  # fmt: skip
_AT: Final = "/v1/authorisations/{authorisation_id}"

ROUTES: Final[list[Route]] = [
    Route(path="/v1/authorisations", handler=create_authorisation, body=FreezeBody,
          summary="Freeze money for a payee", answer=AuthorisationView,
          description="A merchant or institution, who may be paid from it in parts. The same "
          "numbers with the same content give the first one.",
          errors=(RequestNoReused, ProductUnknown, DeadlineInThePast, BuyerIsSeller,
                  SellerNotAMerchant, *SPENDING),
          examples={"body": {
              "out_order_no": "H-1", "request_no": "F-1", "amount": _PAY, "title": "Room 12",
              "payee_id": "01890a5d-ac96-774b-bcce-b302099a8057"}}, **_MOVES),
    Route(method="GET", path="/v1/authorisations", handler=list_authorisations, tag=TAG,
          summary="List my authorisations", query=AuthorisationsListQuery,
          answer=AuthorisationPage, who=MEMBER_SIDE, needs=READ),
    Route(path=_AT, handler=show_authorisation, summary="Show an authorisation",
          answer=AuthorisationView, **_LOOKS),
    Route(path=f"{_AT}/payments", handler=pay_from_authorisation, body=PayAuthorisedBody,
          takes_path=AuthorisationPath, summary="Pay from an authorisation", answer=TradeView,
          description="By the payee: an instant trade, under a number that is new to the payer's "
          "application.",
          errors=(*_ACTING, OutTradeNoReused, TradeUnknown, MemberUnknown, MemberClosed),
          examples={"body": {"out_trade_no": "P-1", "amount": _PAY, "subject": "Two nights"}},
          **_MOVES),
    Route(path=f"{_AT}/unfreezings", handler=unfreeze_authorisation, body=UnfreezeBody,
          takes_path=AuthorisationPath, summary="Unfreeze", answer=OperationView,
          description="By the payee: the payer can use that part again.",
          errors=(*_ACTING, RequestNoReused),
          examples={"body": {"request_no": "U-1", "amount": _PAY}}, **_MOVES),
    Route(path=f"{_AT}/operations", handler=list_authorisation_uses, query=PageQuery,
          summary="List what an authorisation was used for", answer=OperationPage, **_LOOKS),
]  # fmt: skip

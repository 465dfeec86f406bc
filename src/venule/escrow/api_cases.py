"""Wishes for refunds over HTTP: asked, answered, disputed with evidence, ruled, appealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec

from venule.escrow import disputes, lists
from venule.escrow.api_shapes import (
    READ,
    RULE,
    TAG,
    WRITE,
    Carrier,
    CasePath,
    EvidencePath,
    Note,
    Number,
    PageQuery,
    Part,
    Price,
    RequestNo,
    ShipmentNo,
    TradePath,
    Words,
    before,
    cut,
    is_party,
    me,
    operator,
    slice_of,
)
from venule.escrow.api_trades import act, party_trade
from venule.escrow.api_views import (
    CasePage,
    CaseView,
    EvidenceList,
    EvidenceView,
    RulingList,
    RulingView,
    case_view,
    evidence_view,
    ruling_view,
)
from venule.escrow.case_errors import (
    CaseOfTradeUnknown,
    CaseStillOpen,
    EvidenceClosed,
    EvidenceUnknown,
    RulingUnbalanced,
    RulingUnknown,
    SameOperator,
)
from venule.escrow.cases import (
    answer_case,
    ask_refund,
    cases,
    open_dispute,
    send_back,
    withdraw_case,
)
from venule.escrow.commands import (
    AnswerCase,
    Appeal,
    AskRefund,
    AwardTo,
    DecideRuling,
    FileEvidence,
    OpenDispute,
    Rule,
    SendBack,
    WithdrawCase,
)
from venule.escrow.errors import (
    BuyerIsSeller,
    EscrowTransitionIllegal,
    FeesSweptAway,
    NotTheParty,
    RefundExceedsTrade,
    RequestNoReused,
    TooManyOfTrade,
    TradeUnknown,
)
from venule.escrow.lists import CaseOfTrade
from venule.escrow.model import (
    AWARDS_MAX,
    EVIDENCE_BYTES_MAX,
    CaseId,
    EvidenceId,
    RulingState,
    Side,
)
from venule.kit.http import (
    ALL_SIDES,
    MEMBER_SIDE,
    STAFF,
    Call,
    CallerKind,
    Route,
    Shape,
    give_cursor,
    take_cursor,
)
from venule.kit.http.route import Response
from venule.kit.time import from_us, to_us
from venule.members import MemberClosed, MemberId, MemberUnknown

R = TypeVar("R")

EVIDENCE_BODY_MAX: Final = 2 * EVIDENCE_BYTES_MAX
"""Bytes of a body with a file in it, which base64 makes a third longer."""

EVIDENCE_TEXT_CHARS_MAX: Final = EVIDENCE_BYTES_MAX // 4
"""A character takes at most four bytes."""

_OF_OPERATORS: Final = frozenset({RulingState.PROPOSED, RulingState.REJECTED})

_B64: Final = "[A-Za-z0-9+/]"
_BEGINS: Final = {
    "image/jpeg": "/9j/",
    "application/pdf": f"JVBERi[0-3]{_B64}",
    "image/png": f"iVBORw0KGg[o-r]{_B64}",
}
_FILE: Final = rf"^({'|'.join(_BEGINS.values())})({_B64}{{4}})*({_B64}{{2}}==|{_B64}{{3}}=)?$"
_MEDIA: Final = {b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}


class CasesListQuery(PageQuery, frozen=True):
    """Which cases: of what the caller bought, or sold."""

    side: Side = Side.BUYER


class AskBody(Shape, frozen=True):
    """What the buyer wants back. goods_back: it will send the goods back first."""

    request_no: RequestNo
    amount: Price
    reason: Words
    goods_back: bool = False
    shipment: ShipmentNo | None = None


class AnswerBody(Shape, frozen=True):
    """What the seller says to it."""

    agree: bool
    words: Note = ""


class SendBackBody(Shape, frozen=True):
    """How the goods travel back."""

    carrier: Carrier
    tracking_no: Number


class FileBody(Shape, frozen=True, tag_field="kind", tag="file"):
    """A picture (JPEG, PNG) or a PDF, in base64, of at most 1 MiB."""

    name: Words
    content: Annotated[
        bytes,
        msgspec.Meta(max_length=EVIDENCE_BYTES_MAX, extra_json_schema={"pattern": _FILE}),
    ]


class TextBody(Shape, frozen=True, tag_field="kind", tag="text"):
    """A text."""

    name: Words
    text: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[^\u0000]+$",
            min_length=1,
            max_length=EVIDENCE_TEXT_CHARS_MAX,
        ),
    ]


class AppealBody(Shape, frozen=True):
    """Why a party does not accept a ruling."""

    reason: Words


class AwardBody(Shape, frozen=True):
    """A part for somebody who is neither buyer nor seller."""

    member_id: MemberId
    amount: Price


class RuleBody(Shape, frozen=True):
    """How what the trade holds is split; the parts sum to it."""

    buyer: Part
    seller: Part
    reason: Words
    awards: Annotated[list[AwardBody], msgspec.Meta(max_length=AWARDS_MAX)] = []  # noqa: RUF012  never changed


class DecideBody(Shape, frozen=True):
    """Whether a second operator approves."""

    approve: bool


async def act_on_case(call: Call[Any, Any, CasePath], fn: Callable[..., R], command: Any) -> R:
    """Carry out a command on a case; to whom it is not known it stays unknown."""
    try:
        return await call.door.acall(fn, command, call.key)
    except NotTheParty:
        await seen_case(call, call.path.id)
        raise


async def seen_case(call: Call[Any, Any, Any], case_id: CaseId) -> CaseOfTrade:
    """Return a case that the caller may see. Raises: CaseOfTradeUnknown."""
    found = await call.door.aread(lists.case_of_trade, case_id)
    if not is_party(call.who, found.trade.buyer_id, found.trade.seller_id):
        raise CaseOfTradeUnknown(str(case_id))
    return found


async def ask_trade_refund(call: Call[AskBody, None, TradePath]) -> CaseView:
    """Ask for money back."""
    body = call.body
    command = AskRefund(
        call.path.id,
        me(call),
        body.request_no,
        body.amount.minor,
        body.reason,
        body.goods_back,
        body.shipment,
    )
    return case_view(await act(call, ask_refund, command))


async def list_cases_of_trade(call: Call[None, PageQuery, TradePath]) -> CasePage:
    """List a trade's cases."""
    await party_trade(call)
    found = await call.door.aread(cases, call.path.id)
    page, more = slice_of(found, call.query)
    return CasePage([case_view(each) for each in page], more)


async def list_trade_cases(call: Call[None, CasesListQuery, None]) -> CasePage:
    """List the cases of the caller's trades."""
    query = call.query
    last = before(query)
    wanted = lists.CasesQuery(
        me(call), query.side, None if last is None else CaseId(last), query.limit + 1
    )
    page, end = cut(await call.door.aread(lists.cases_of, wanted), query.limit)
    return CasePage(
        [case_view(each) for each in page], None if end is None else give_cursor(end.id)
    )


async def show_trade_case(call: Call[None, None, CasePath]) -> CaseView:
    """Show a case."""
    return case_view((await seen_case(call, call.path.id)).case)


async def answer_trade_case(call: Call[AnswerBody, None, CasePath]) -> CaseView:
    """Agree to a case, or refuse it."""
    command = AnswerCase(call.path.id, me(call), call.body.agree, call.body.words)
    return case_view(await act_on_case(call, answer_case, command))


async def send_goods_back(call: Call[SendBackBody, None, CasePath]) -> CaseView:
    """Note that the goods travel back."""
    command = SendBack(call.path.id, me(call), call.body.carrier, call.body.tracking_no)
    return case_view(await act_on_case(call, send_back, command))


async def withdraw_trade_case(call: Call[None, None, CasePath]) -> CaseView:
    """Want no refund any more."""
    command = WithdrawCase(call.path.id, me(call))
    return case_view(await act_on_case(call, withdraw_case, command))


async def open_trade_dispute(call: Call[None, None, CasePath]) -> CaseView:
    """Ask an operator to rule."""
    command = OpenDispute(call.path.id, me(call))
    return case_view(await act_on_case(call, open_dispute, command))


async def file_trade_evidence(call: Call[FileBody | TextBody, None, CasePath]) -> EvidenceView:
    """Put a file before the operator."""
    body = call.body
    if isinstance(body, TextBody):
        content, media_type = body.text.encode(), "text/plain"
    else:
        content = body.content
        media_type = next(
            (media for magic, media in _MEDIA.items() if content.startswith(magic)), "image/png"
        )
    command = FileEvidence(call.path.id, me(call), body.name, media_type, content)
    return evidence_view(await act_on_case(call, disputes.file_evidence, command))


async def list_trade_evidence(call: Call[None, None, CasePath]) -> EvidenceList:
    """List what was filed in a case."""
    await seen_case(call, call.path.id)
    found = await call.door.aread(disputes.evidence, call.path.id)
    return EvidenceList([evidence_view(each) for each in found])


async def download_trade_evidence(call: Call[None, None, EvidencePath]) -> Response:
    """Give a file that was filed, as it was."""
    case_id = CaseId(call.path.case_id)
    await seen_case(call, case_id)
    wanted = EvidenceId(call.path.evidence_id)
    filed = await call.door.aread(disputes.evidence, case_id)
    if wanted not in {each.id for each in filed}:
        raise EvidenceUnknown(str(wanted))
    found = await call.door.aread(disputes.evidence_file, wanted)
    headers = {
        "content-disposition": "attachment",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "x-media-type": found.media_type,
    }
    return Response(found.content, 200, headers, "application/octet-stream")


async def appeal_ruling(call: Call[AppealBody, None, CasePath]) -> CaseView:
    """Do not accept a ruling; once a case."""
    command = Appeal(call.path.id, me(call), call.body.reason)
    return case_view(await act_on_case(call, disputes.appeal, command))


async def list_rulings(call: Call[None, None, CasePath]) -> RulingList:
    """List a case's rulings. A proposal is the operators' alone until it stands."""
    await seen_case(call, call.path.id)
    found = await call.door.aread(disputes.rulings, call.path.id)
    if call.who.kind is not CallerKind.STAFF:
        found = [each for each in found if each.state not in _OF_OPERATORS]
    return RulingList([ruling_view(call.who, each) for each in found])


async def list_cases_to_rule(call: Call[None, PageQuery, None]) -> CasePage:
    """List the cases that wait for an operator."""
    query = call.query
    wanted = lists.WaitingQuery(limit=query.limit + 1)
    if query.cursor is not None:
        at_us, last = take_cursor(query.cursor, tuple[int, CaseId])
        wanted = lists.WaitingQuery(from_us(at_us), last, query.limit + 1)
    page, end = cut(await call.door.aread(lists.cases_waiting, wanted), query.limit)
    more = None if end is None else give_cursor((to_us(end.opened_at), end.id))
    return CasePage([case_view(each) for each in page], more)


async def rule_trade_case(call: Call[RuleBody, None, CasePath]) -> RulingView:
    """Split what a trade still holds."""
    body = call.body
    command = Rule(
        call.path.id,
        operator(call.who),
        body.buyer.minor,
        body.seller.minor,
        body.reason,
        [AwardTo(each.member_id, each.amount.minor) for each in body.awards],
    )
    return ruling_view(call.who, await call.door.acall(disputes.rule, command, call.key))


async def decide_trade_ruling(call: Call[DecideBody, None, CasePath]) -> RulingView:
    """Approve or reject a proposed ruling, as its second operator."""
    command = DecideRuling(call.path.id, operator(call.who), call.body.approve)
    return ruling_view(call.who, await call.door.acall(disputes.decide_ruling, command, call.key))


_ONE: Final[dict[str, Any]] = {"takes_path": CasePath, "tag": TAG}
_ACTING: Final = (CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal)
_DOES: Final[dict[str, Any]] = {
    **_ONE, "method": "POST", "who": MEMBER_SIDE, "needs": WRITE, "answer": CaseView,
}  # fmt: skip
_LOOKS: Final[dict[str, Any]] = {
    **_ONE, "method": "GET", "who": ALL_SIDES, "needs": READ, "errors": (CaseOfTradeUnknown,),
}  # fmt: skip
_RULES: Final[dict[str, Any]] = {
    **_ONE, "method": "POST", "who": STAFF, "needs": RULE, "answer": RulingView, "money": True,
}  # fmt: skip
_PAY: Final = {"amount": "199.00", "currency": "CNY"}
_NOTHING: Final = {"amount": "0.00", "currency": "CNY"}
_AT: Final = "/v1/trade-cases/{case_id}"
_OF_TRADE: Final = "/v1/trades/{trade_id}/cases"

ROUTES: Final[list[Route]] = [
    Route(
        method="POST", path=_OF_TRADE, handler=ask_trade_refund, summary="Ask for a refund",
        description="The buyer wants a part of what is held, or all; one case at a time. The "
        "same number with the same content gives the case as it stands.",
        tag=TAG, takes_path=TradePath, body=AskBody, answer=CaseView, status=201,
        who=MEMBER_SIDE, needs=WRITE,
        errors=(TradeUnknown, NotTheParty, RequestNoReused, CaseStillOpen,
                EscrowTransitionIllegal, RefundExceedsTrade),
        examples={"body": {"request_no": "C-1", "amount": _PAY, "reason": "it is broken"}},
    ),
    Route(method="GET", path=_OF_TRADE, handler=list_cases_of_trade, query=PageQuery,
          summary="List a trade's cases", tag=TAG, takes_path=TradePath, answer=CasePage,
          who=ALL_SIDES, needs=READ, errors=(TradeUnknown,)),
    Route(method="GET", path="/v1/trade-cases", handler=list_trade_cases, tag=TAG,
          summary="List the cases of my trades", query=CasesListQuery, answer=CasePage,
          who=MEMBER_SIDE, needs=READ),
    Route(path=_AT, handler=show_trade_case, summary="Show a case", answer=CaseView, **_LOOKS),
    Route(path=f"{_AT}/answer", handler=answer_trade_case, summary="Answer a case",
          description="The seller agrees, and the money goes back; or refuses. If goods are to "
          "come back, the first agreement asks for them, the second says that they came.",
          body=AnswerBody, money=True, errors=(*_ACTING, RefundExceedsTrade),
          examples={"body": {"agree": True}}, **_DOES),
    Route(path=f"{_AT}/return", handler=send_goods_back, summary="Send goods back",
          body=SendBackBody, errors=_ACTING,
          examples={"body": {"carrier": "SF Express", "tracking_no": "SF1000000002"}}, **_DOES),
    Route(path=f"{_AT}/withdrawal", handler=withdraw_trade_case, summary="Withdraw a case",
          errors=_ACTING, **_DOES),
    Route(path=f"{_AT}/dispute", handler=open_trade_dispute, summary="Dispute a refusal",
          errors=_ACTING, **_DOES),
    Route(path=f"{_AT}/evidence", handler=file_trade_evidence, summary="File evidence",
          description="A picture, a PDF or a text; the type is told from the content. At most "
          "20 files of a side, until an operator has ruled.",
          body=FileBody | TextBody, status=201, body_bytes_max=EVIDENCE_BODY_MAX,
          errors=(CaseOfTradeUnknown, NotTheParty, EvidenceClosed, TooManyOfTrade),
          examples={"body": {"kind": "text", "name": "letter.txt", "text": "It came broken."}},
          **{**_DOES, "answer": EvidenceView}),
    Route(path=f"{_AT}/evidence", handler=list_trade_evidence, summary="List evidence",
          answer=EvidenceList, **_LOOKS),
    Route(path=f"{_AT}/evidence/{{evidence_id}}", handler=download_trade_evidence,
          summary="Download evidence", answer=bytes, gives="application/octet-stream",
          description="`X-Media-Type` says what it is; it is never to be shown as a page.",
          **{**_LOOKS, "takes_path": EvidencePath,
             "errors": (CaseOfTradeUnknown, EvidenceUnknown)}),
    Route(path=f"{_AT}/appeal", handler=appeal_ruling, summary="Appeal a ruling",
          description="Once a case; then others rule, for good.", body=AppealBody,
          errors=_ACTING, examples={"body": {"reason": "the parcel was never opened"}}, **_DOES),
    Route(path=f"{_AT}/rulings", handler=list_rulings, summary="List a case's rulings",
          answer=RulingList, **_LOOKS),
    Route(path=f"{_AT}/rulings", handler=rule_trade_case, summary="Rule on a case",
          description="The parts sum to what the trade holds. Above its product's limit it is a "
          "proposal for a second operator.",
          body=RuleBody, status=201,
          errors=(CaseOfTradeUnknown, EscrowTransitionIllegal, BuyerIsSeller, RulingUnbalanced,
                  SameOperator, MemberUnknown, MemberClosed),
          examples={"body": {"buyer": _PAY, "seller": _NOTHING, "reason": "it came broken"}},
          **_RULES),
    Route(path=f"{_AT}/decision", handler=decide_trade_ruling, summary="Decide on a ruling",
          description="Somebody else than who proposed it.", body=DecideBody,
          errors=(CaseOfTradeUnknown, RulingUnknown, SameOperator, EscrowTransitionIllegal,
                  FeesSweptAway, MemberClosed),
          examples={"body": {"approve": True}}, **_RULES),
    Route(method="GET", path="/v1/trade-cases-to-rule", handler=list_cases_to_rule, tag=TAG,
          summary="List the cases that wait for an operator", description="The oldest first.",
          query=PageQuery, answer=CasePage, who=STAFF, needs=RULE),
]  # fmt: skip

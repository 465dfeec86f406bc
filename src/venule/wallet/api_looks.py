"""What people, partners and staff look at: balances, limits, statements, lists of orders."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from venule.kit.http import (
    ALL_SIDES,
    MEMBER_SIDE,
    STAFF,
    Call,
    CallerKind,
    Cursor,
    Route,
    Shape,
    give_cursor,
    may_see,
    member_of,
    take_cursor,
)
from venule.members import MemberId, MemberUnknown
from venule.wallet import looking, payouts, service, top_ups
from venule.wallet.api_moves import PaymentPath
from venule.wallet.api_views import (
    ALLOWANCES_EXAMPLE,
    BALANCE_EXAMPLE,
    LINE_EXAMPLE,
    PAYMENT_EXAMPLE,
    REFUND_EXAMPLE,
    TOP_UP_EXAMPLE,
    WITHDRAWAL_EXAMPLE,
    AllowancesView,
    BalanceView,
    Instant,
    Limit,
    MemberPath,
    PageQuery,
    PaymentsPage,
    PaymentView,
    RefundsPage,
    SpanQuery,
    StatementPage,
    TopUpsPage,
    TopUpView,
    WithdrawalsPage,
    WithdrawalView,
    allowances_view,
    balance_view,
    give_place,
    payment_view,
    refund_view,
    statement_page,
    take_place,
    top_up_view,
    withdrawal_view,
)
from venule.wallet.errors import PaymentUnknown, PayoutUnknown, TopUpUnknown
from venule.wallet.looking import Direction, OrdersQuery, RefundsQuery
from venule.wallet.model import (
    Payment,
    PaymentId,
    PayoutId,
    RefundId,
    StatementQuery,
    TopUpId,
)


class PaymentsQuery(Shape, frozen=True):
    """Which page, of which span; newest first. direction: paid by the member, or to them."""

    limit: Limit = 50
    cursor: Cursor | None = None
    since: Instant | None = None
    until: Instant | None = None
    direction: Direction | None = None


class TopUpPath(msgspec.Struct, frozen=True):
    """Which top-up."""

    top_up_id: TopUpId


class WithdrawalPath(msgspec.Struct, frozen=True):
    """Which withdrawal."""

    withdrawal_id: PayoutId


AnyCall = Call[Any, Any, Any]


async def _balance(call: AnyCall, member_id: MemberId) -> BalanceView:
    return balance_view(await call.door.aread(looking.wallet_balance, member_id))


async def _allowances(call: AnyCall, member_id: MemberId) -> AllowancesView:
    return allowances_view(await call.door.aread(looking.allowances, member_id))


async def _statement(call: AnyCall, member_id: MemberId) -> StatementPage:
    query: SpanQuery = call.query
    asked = StatementQuery(
        member_id, query.limit, take_place(query.cursor), query.since, query.until
    )
    return statement_page(await call.door.aread(service.wallet_statement, asked))


def _orders(query: SpanQuery, member_id: MemberId) -> OrdersQuery:
    return OrdersQuery(member_id, query.limit, take_place(query.cursor), query.since, query.until)


async def _payments(call: AnyCall, member_id: MemberId) -> PaymentsPage:
    query: PaymentsQuery = call.query
    asked = OrdersQuery(
        member_id,
        query.limit,
        take_place(query.cursor),
        query.since,
        query.until,
        query.direction,
    )
    found = await call.door.aread(looking.payments_of, asked)
    viewer = _viewer(call)
    return PaymentsPage(
        [payment_view(each, viewer) for each in found.items], give_place(found.next_before_seq)
    )


async def _top_ups(call: AnyCall, member_id: MemberId) -> TopUpsPage:
    found = await call.door.aread(looking.top_ups_of, _orders(call.query, member_id))
    return TopUpsPage(
        [top_up_view(each) for each in found.items], give_place(found.next_before_seq)
    )


async def _withdrawals(call: AnyCall, member_id: MemberId) -> WithdrawalsPage:
    found = await call.door.aread(looking.withdrawals_of, _orders(call.query, member_id))
    return WithdrawalsPage(
        [withdrawal_view(each) for each in found.items], give_place(found.next_before_seq)
    )


def _viewer(call: AnyCall) -> Any:
    return None if call.who.kind is CallerKind.STAFF else call.who.member_id


def _me(call: AnyCall) -> MemberId:
    return MemberId(member_of(call.who))


# Their own


async def show_balance(call: Call[None, None, None]) -> BalanceView:
    """Show the caller's balance."""
    return await _balance(call, _me(call))


async def show_limits(call: Call[None, None, None]) -> AllowancesView:
    """Show the caller's limits."""
    return await _allowances(call, _me(call))


async def show_statement(call: Call[None, SpanQuery, None]) -> StatementPage:
    """Show the caller's statement."""
    return await _statement(call, _me(call))


async def list_payments(call: Call[None, PaymentsQuery, None]) -> PaymentsPage:
    """List the caller's payments."""
    return await _payments(call, _me(call))


async def list_top_ups(call: Call[None, SpanQuery, None]) -> TopUpsPage:
    """List the caller's top-ups."""
    return await _top_ups(call, _me(call))


async def list_withdrawals(call: Call[None, SpanQuery, None]) -> WithdrawalsPage:
    """List the caller's withdrawals."""
    return await _withdrawals(call, _me(call))


# A member's, for staff


async def show_member_balance(call: Call[None, None, MemberPath]) -> BalanceView:
    """Show a member's balance."""
    return await _balance(call, call.path.member_id)


async def show_member_limits(call: Call[None, None, MemberPath]) -> AllowancesView:
    """Show a member's limits."""
    return await _allowances(call, call.path.member_id)


async def show_member_statement(call: Call[None, SpanQuery, MemberPath]) -> StatementPage:
    """Show a member's statement."""
    return await _statement(call, call.path.member_id)


async def list_member_payments(call: Call[None, PaymentsQuery, MemberPath]) -> PaymentsPage:
    """List a member's payments."""
    return await _payments(call, call.path.member_id)


async def list_member_top_ups(call: Call[None, SpanQuery, MemberPath]) -> TopUpsPage:
    """List a member's top-ups."""
    return await _top_ups(call, call.path.member_id)


async def list_member_withdrawals(call: Call[None, SpanQuery, MemberPath]) -> WithdrawalsPage:
    """List a member's withdrawals."""
    return await _withdrawals(call, call.path.member_id)


# One order


async def _seen_payment(call: AnyCall, payment_id: PaymentId) -> Payment:
    found = await call.door.aread(service.payment, payment_id)
    if not may_see(call.who, found.payer_id, found.payee_id):
        raise PaymentUnknown(payment_id)
    return found


async def show_payment(call: Call[None, None, PaymentPath]) -> PaymentView:
    """Show a payment or transfer."""
    return payment_view(await _seen_payment(call, call.path.payment_id), _viewer(call))


async def list_refunds(call: Call[None, PageQuery, PaymentPath]) -> RefundsPage:
    """List a payment's refunds."""
    paid = await _seen_payment(call, call.path.payment_id)
    query = call.query
    after = None if query.cursor is None else take_cursor(query.cursor, RefundId)
    found = await call.door.aread(looking.refunds, RefundsQuery(paid.id, query.limit + 1, after))
    page = found[: query.limit]
    more = give_cursor(page[-1].id) if len(found) > len(page) else None
    return RefundsPage([refund_view(each) for each in page], more)


async def show_top_up(call: Call[None, None, TopUpPath]) -> TopUpView:
    """Show a top-up."""
    found = await call.door.aread(top_ups.top_up, call.path.top_up_id)
    if not may_see(call.who, found.member_id):
        raise TopUpUnknown(call.path.top_up_id)
    return top_up_view(found)


async def show_withdrawal(call: Call[None, None, WithdrawalPath]) -> WithdrawalView:
    """Show a withdrawal."""
    found = await call.door.aread(payouts.payout, call.path.withdrawal_id)
    if not may_see(call.who, found.member_id):
        raise PayoutUnknown(call.path.withdrawal_id)
    return withdrawal_view(found)


_STATEMENT: Final = {"answer": {"items": [LINE_EXAMPLE], "next_cursor": None}}
_PAYMENTS: Final = {"answer": {"items": [PAYMENT_EXAMPLE], "next_cursor": None}}
_TOP_UPS: Final = {"answer": {"items": [TOP_UP_EXAMPLE], "next_cursor": None}}
_WITHDRAWALS: Final = {"answer": {"items": [WITHDRAWAL_EXAMPLE], "next_cursor": None}}
_GET: Final[dict[str, Any]] = {"method": "GET", "tag": "wallet"}
_OWN: Final = _GET | {"who": MEMBER_SIDE, "errors": (MemberUnknown,)}
_STAFF: Final = _GET | {"who": STAFF, "takes_path": MemberPath, "errors": (MemberUnknown,)}

LOOKS: Final[list[Route]] = [
    Route(
        path="/v1/wallet", handler=show_balance, answer=BalanceView, needs="wallet.read",
        etag=True, summary="Show what is in the wallet, and what of it is held.",
        examples={"answer": BALANCE_EXAMPLE}, **_OWN,
    ),
    Route(
        path="/v1/wallet/limits", handler=show_limits, answer=AllowancesView, needs="limits.read",
        summary="Show the limits of the tier, and what of them is used.",
        examples={"answer": ALLOWANCES_EXAMPLE}, **_OWN,
    ),
    Route(
        path="/v1/wallet/statement", handler=show_statement, query=SpanQuery,
        answer=StatementPage, needs="statements.read",
        summary="List the movements of the wallet with running balances, newest first.",
        examples=_STATEMENT, **_OWN,
    ),
    Route(
        path="/v1/payments", handler=list_payments, query=PaymentsQuery, answer=PaymentsPage,
        needs="payments.read", summary="List payments and transfers, newest first.",
        examples=_PAYMENTS, **_OWN,
    ),
    Route(
        path="/v1/top-ups", handler=list_top_ups, query=SpanQuery, answer=TopUpsPage,
        needs="wallet.read",
        summary="List top-ups: first those under way, then those that came, newest first.",
        examples=_TOP_UPS, **_OWN,
    ),
    Route(
        path="/v1/withdrawals", handler=list_withdrawals, query=SpanQuery, answer=WithdrawalsPage,
        needs="wallet.read", summary="List withdrawals, newest first.",
        examples=_WITHDRAWALS, **_OWN,
    ),
    Route(
        path="/v1/members/{member_id}/wallet", handler=show_member_balance, answer=BalanceView,
        needs="wallet.read", summary="Show what is in a member's wallet.",
        examples={"answer": BALANCE_EXAMPLE}, **_STAFF,
    ),
    Route(
        path="/v1/members/{member_id}/limits", handler=show_member_limits, answer=AllowancesView,
        needs="wallet.read", summary="Show a member's limits, and what of them is used.",
        examples={"answer": ALLOWANCES_EXAMPLE}, **_STAFF,
    ),
    Route(
        path="/v1/members/{member_id}/statement", handler=show_member_statement, query=SpanQuery,
        answer=StatementPage, needs="wallet.read",
        summary="List the movements of a member's wallet, newest first.",
        examples=_STATEMENT, **_STAFF,
    ),
    Route(
        path="/v1/members/{member_id}/payments", handler=list_member_payments,
        query=PaymentsQuery, answer=PaymentsPage, needs="wallet.read",
        summary="List a member's payments and transfers, newest first.",
        examples=_PAYMENTS, **_STAFF,
    ),
    Route(
        path="/v1/members/{member_id}/top-ups", handler=list_member_top_ups, query=SpanQuery,
        answer=TopUpsPage, needs="wallet.read", summary="List a member's top-ups.",
        examples=_TOP_UPS, **_STAFF,
    ),
    Route(
        path="/v1/members/{member_id}/withdrawals", handler=list_member_withdrawals,
        query=SpanQuery, answer=WithdrawalsPage, needs="wallet.read",
        summary="List a member's withdrawals.", examples=_WITHDRAWALS, **_STAFF,
    ),
    Route(
        path="/v1/payments/{payment_id}", handler=show_payment, takes_path=PaymentPath,
        answer=PaymentView, who=ALL_SIDES, needs="payments.read", errors=(PaymentUnknown,),
        etag=True, summary="Show a payment or transfer, to those between whom it was.",
        examples={"answer": PAYMENT_EXAMPLE}, **_GET,
    ),
    Route(
        path="/v1/payments/{payment_id}/refunds", handler=list_refunds, takes_path=PaymentPath,
        query=PageQuery, answer=RefundsPage, who=ALL_SIDES, needs="payments.read",
        errors=(PaymentUnknown,), summary="List the refunds of a payment, the oldest first.",
        examples={"answer": {"items": [REFUND_EXAMPLE], "next_cursor": None}}, **_GET,
    ),
    Route(
        path="/v1/top-ups/{top_up_id}", handler=show_top_up, takes_path=TopUpPath,
        answer=TopUpView, who=ALL_SIDES, needs="wallet.read", errors=(TopUpUnknown,), etag=True,
        summary="Show a top-up.", examples={"answer": TOP_UP_EXAMPLE}, **_GET,
    ),
    Route(
        path="/v1/withdrawals/{withdrawal_id}", handler=show_withdrawal,
        takes_path=WithdrawalPath, answer=WithdrawalView, who=ALL_SIDES, needs="wallet.read",
        errors=(PayoutUnknown,), etag=True, summary="Show a withdrawal.",
        examples={"answer": WITHDRAWAL_EXAMPLE}, **_GET,
    ),
]  # fmt: skip
"""Operations that change nothing."""

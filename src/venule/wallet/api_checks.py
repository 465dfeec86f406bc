"""Our books against the bank's: reconciliation, cases, the accounts of the house.

What needs two people is not here: crediting and covering cases, sweeping fees, capital, manual
entries on a reserve account.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec

from venule.kit.http import (
    PARTNER,
    STAFF,
    Amount,
    Call,
    Cursor,
    Route,
    Shape,
    fen,
    give_cursor,
    line_pattern,
    take_cursor,
)
from venule.kit.money import Money
from venule.wallet import cases, looking, reconcile
from venule.wallet.api_bank import TAG, Balance, Currency, Reserve, TheirText
from venule.wallet.api_views import (
    CASE_EXAMPLE,
    CNY,
    ZERO,
    CaseView,
    Limit,
    PageQuery,
    case_view,
)
from venule.wallet.errors import (
    CaseNotResolvable,
    CaseUnknown,
    ReconciliationUnknown,
    ReserveUnknown,
    StatementChanged,
    StatementInconsistent,
    StatementOutOfOrder,
    StatementTooEarly,
    TransitionIllegal,
    WalletNotSetUp,
)
from venule.wallet.looking import CasesQuery, ReconciliationQuery, ReconciliationsQuery
from venule.wallet.model import (
    MAIN_RESERVE,
    NOTE_CHARS_MAX,
    TEXT_CHARS_MAX,
    CaseId,
    DismissCase,
    OffsetCases,
)
from venule.wallet.rail import BankStatement, BankStatementLine
from venule.wallet.reconcile import Item, ItemKind, ReconcileDay, Reconciliation

STATEMENT_LINES_MAX: Final = 100_000
STATEMENT_BYTES_MAX: Final = 24 * 1024 * 1024
STATEMENT_REF_CHARS_MAX: Final = 56

StatementRef = Annotated[
    str, msgspec.Meta(pattern=line_pattern(STATEMENT_REF_CHARS_MAX), examples=["B2014031000017"])
]
_NOT_ZERO: Final = r"(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,12}(\.[0-9]{1,2})?)"


class Booked(Shape, frozen=True):
    """An exact sum in yuan that is not 0, with at most two decimals: above zero came in."""

    amount: Annotated[str, msgspec.Meta(pattern=f"^-?{_NOT_ZERO}$", max_length=17)]
    currency: Currency

    @property
    def minor(self) -> int:
        """In fen."""
        return Money.parse(self.amount, self.currency).amount


class StatementLineBody(Shape, frozen=True):
    """A booking on our account: above zero came in. our_ref may be empty, or anything."""

    bank_ref: StatementRef
    amount: Booked
    our_ref: TheirText = ""


class StatementBody(Shape, frozen=True):
    """Everything that the bank booked on one of our accounts on one day (China's civil time)."""

    reserve: Reserve
    on: date
    opening: Balance
    closing: Balance
    lines: Annotated[list[StatementLineBody], msgspec.Meta(max_length=STATEMENT_LINES_MAX)]


class ItemView(msgspec.Struct, frozen=True):
    """One reason for a difference. amount: what it adds to the gap; of those under way, theirs."""

    kind: ItemKind
    amount: Amount
    bank_ref: str
    ref: str


class ReconciliationView(msgspec.Struct, frozen=True):
    """A day's result. bank: the statement's closing balance; books: ours at midnight.

    gap = bank - books = the sum of in_transit and breaks; unexplained: the part that is breaks.
    """

    reserve: str
    on: date
    bank: Amount
    books: Amount
    gap: Amount
    unexplained: Amount
    matched: int
    matched_total: Amount
    in_transit: list[ItemView]
    under_way: list[ItemView]
    breaks: list[ItemView]


class ReconciledDayView(msgspec.Struct, frozen=True):
    """A day that is reconciled; breaks: how many."""

    reserve: str
    on: date
    closing: Amount
    breaks: int


class ReconciliationsPage(msgspec.Struct, frozen=True):
    """A page of days, the last first."""

    items: list[ReconciledDayView]
    next_cursor: str | None


class ReconciliationsParams(Shape, frozen=True):
    """Which page, of which reserve account."""

    reserve: Reserve = MAIN_RESERVE
    limit: Limit = 50
    cursor: Cursor | None = None


class ReconciliationPath(msgspec.Struct, frozen=True):
    """Which day of which reserve account."""

    reserve: Annotated[str, msgspec.Meta(pattern=line_pattern(TEXT_CHARS_MAX))]
    on: date


class CasePath(msgspec.Struct, frozen=True):
    """Which case."""

    case_id: CaseId


class CasesPage(msgspec.Struct, frozen=True):
    """A page of open cases, the oldest first."""

    items: list[CaseView]
    next_cursor: str | None


class DismissBody(Shape, frozen=True):
    """Why nothing is to be done about a case."""

    reason: Annotated[
        str, msgspec.Meta(pattern=line_pattern(NOTE_CHARS_MAX), examples=["told by phone: a test"])
    ]


class OffsetBody(Shape, frozen=True):
    """The case that undoes this one."""

    other_id: CaseId


class HouseBalanceView(msgspec.Struct, frozen=True):
    """An account of the house, and what stands on it as its side has it."""

    name: str
    code: int
    account: int
    balance: Amount


class HouseView(msgspec.Struct, frozen=True):
    """The accounts of the house, by code."""

    items: list[HouseBalanceView]


# Reconciliation


async def reconcile_bank_day(call: Call[StatementBody, None, None]) -> ReconciliationView:
    """Compare a reserve account with the bank's statement of a day."""
    body = call.body
    statement = BankStatement(
        body.reserve,
        body.on,
        body.opening.minor,
        body.closing.minor,
        [BankStatementLine(each.bank_ref, each.our_ref, each.amount.minor) for each in body.lines],
    )
    done = await call.door.acall(reconcile.reconcile_day, ReconcileDay(statement), call.key)
    return _reconciled(done)


async def list_reconciliations(
    call: Call[None, ReconciliationsParams, None],
) -> ReconciliationsPage:
    """List the days that are reconciled."""
    query = call.query
    before = None if query.cursor is None else take_cursor(query.cursor, date)
    found = await call.door.aread(
        looking.reconciliations, ReconciliationsQuery(query.reserve, query.limit + 1, before)
    )
    page = found[: query.limit]
    more = give_cursor(page[-1].on) if len(found) > len(page) else None
    return ReconciliationsPage(
        [ReconciledDayView(d.reserve, d.on, fen(d.closing_minor), d.breaks) for d in page], more
    )


async def show_reconciliation(call: Call[None, None, ReconciliationPath]) -> ReconciliationView:
    """Show a day's result."""
    query = ReconciliationQuery(call.path.reserve, call.path.on)
    return _reconciled(await call.door.aread(looking.reconciliation, query))


def _reconciled(done: Reconciliation) -> ReconciliationView:
    return ReconciliationView(
        done.reserve,
        done.on,
        fen(done.bank_minor),
        fen(done.books_minor),
        fen(done.gap_minor),
        fen(done.unexplained_minor),
        done.matched,
        fen(done.matched_minor),
        _items(done.in_transit),
        _items(done.under_way),
        _items(done.breaks),
    )


def _items(items: list[Item]) -> list[ItemView]:
    return [ItemView(each.kind, fen(each.amount_minor), each.bank_ref, each.ref) for each in items]


# Cases, and the house


async def list_bank_cases(call: Call[None, PageQuery, None]) -> CasesPage:
    """List the open cases."""
    query = call.query
    after = None if query.cursor is None else take_cursor(query.cursor, CaseId)
    found = await call.door.aread(looking.cases_after, CasesQuery(query.limit + 1, after))
    page = found[: query.limit]
    more = give_cursor(page[-1].id) if len(found) > len(page) else None
    return CasesPage([case_view(each) for each in page], more)


async def show_bank_case(call: Call[None, None, CasePath]) -> CaseView:
    """Show a case."""
    return case_view(await call.door.aread(cases.case, call.path.case_id))


async def dismiss_bank_case(call: Call[DismissBody, None, CasePath]) -> CaseView:
    """End a case without money."""
    command = DismissCase(call.path.case_id, call.body.reason)
    return case_view(await call.door.acall(cases.dismiss_case, command))


async def offset_bank_cases(call: Call[OffsetBody, None, CasePath]) -> CaseView:
    """End two cases that undo each other."""
    command = OffsetCases(call.path.case_id, call.body.other_id)
    return case_view(await call.door.acall(cases.offset_cases, command))


async def show_house(call: Call[None, None, None]) -> HouseView:
    """Show the accounts of the house."""
    found = await call.door.aread(looking.house_balances)
    return HouseView(
        [HouseBalanceView(h.name, h.code, h.account, fen(h.balance_minor)) for h in found]
    )


_DAY: Final = {
    "reserve": MAIN_RESERVE, "on": "2014-03-10", "bank": CNY, "books": CNY, "gap": ZERO,
    "unexplained": ZERO, "matched": 1, "matched_total": CNY, "in_transit": [], "under_way": [],
    "breaks": [],
}  # fmt: skip
_CASES: Final[dict[str, Any]] = {"tag": TAG, "who": STAFF}

CHECKS: Final[list[Route]] = [
    Route(
        path="/v1/bank/reconciliations", handler=reconcile_bank_day, body=StatementBody,
        answer=ReconciliationView,
        errors=(
            WalletNotSetUp, ReserveUnknown, StatementInconsistent, StatementChanged,
            StatementOutOfOrder, StatementTooEarly,
        ),
        summary="Reconcile a reserve account with the bank's statement of a day.",
        description="The statement is the bank's last word: what it tells anew is taken in. The "
        "same statement again gives the first result and does nothing; day follows day.",
        examples={
            "body": {
                "reserve": MAIN_RESERVE, "on": "2014-03-10", "opening": ZERO, "closing": CNY,
                "lines": [{"bank_ref": "B2014031000017", "amount": CNY}],
            },
            "answer": _DAY,
        },
        method="POST", tag=TAG, who=STAFF | PARTNER, needs="bank.reconcile", money=True,
        body_bytes_max=STATEMENT_BYTES_MAX, timeout_s=60,
    ),
    Route(
        method="GET", path="/v1/bank/reconciliations", handler=list_reconciliations, tag=TAG,
        query=ReconciliationsParams, answer=ReconciliationsPage, who=STAFF,
        needs="bank.reconcile", errors=(ReserveUnknown, WalletNotSetUp),
        summary="List the days of a reserve account that are reconciled, the last first.",
        examples={"answer": {"items": [
            {"reserve": MAIN_RESERVE, "on": "2014-03-10", "closing": CNY, "breaks": 0}
        ], "next_cursor": None}},
    ),
    Route(
        method="GET", path="/v1/bank/reconciliations/{reserve}/{on}", handler=show_reconciliation,
        tag=TAG, takes_path=ReconciliationPath, answer=ReconciliationView, who=STAFF,
        needs="bank.reconcile", errors=(ReserveUnknown, ReconciliationUnknown, WalletNotSetUp),
        etag=True, summary="Show a day's result, item by item.", examples={"answer": _DAY},
    ),
    Route(
        method="GET", path="/v1/bank/cases", handler=list_bank_cases, query=PageQuery,
        answer=CasesPage, needs="cases.read",
        summary="List what the bank says and nobody has explained yet, the oldest first.",
        examples={"answer": {"items": [CASE_EXAMPLE], "next_cursor": None}}, **_CASES,
    ),
    Route(
        method="GET", path="/v1/bank/cases/{case_id}", handler=show_bank_case,
        takes_path=CasePath, answer=CaseView, needs="cases.read", errors=(CaseUnknown,),
        summary="Show a case, open or ended.", examples={"answer": CASE_EXAMPLE}, **_CASES,
    ),
    Route(
        method="POST", path="/v1/bank/cases/{case_id}/dismiss", handler=dismiss_bank_case,
        takes_path=CasePath, body=DismissBody, answer=CaseView, needs="cases.write",
        errors=(CaseUnknown, CaseNotResolvable, TransitionIllegal),
        summary="End a case in which no money lies.",
        examples={"answer": CASE_EXAMPLE | {"state": "dismissed", "amount": ZERO}}, **_CASES,
    ),
    Route(
        method="POST", path="/v1/bank/cases/{case_id}/offset", handler=offset_bank_cases,
        takes_path=CasePath, body=OffsetBody, answer=CaseView, needs="cases.write",
        errors=(CaseUnknown, CaseNotResolvable, TransitionIllegal),
        summary="End two cases that undo each other: the bank has put right what it did.",
        examples={"answer": CASE_EXAMPLE | {"state": "offset"}}, **_CASES,
    ),
    Route(
        method="GET", path="/v1/house", handler=show_house, tag=TAG, answer=HouseView, who=STAFF,
        needs="house.read", errors=(WalletNotSetUp,),
        summary="Show the accounts of the house: clients' money and our own.",
        examples={"answer": {"items": [
            {"name": "reserve:reserve", "code": 1010, "account": 11, "balance": CNY}
        ]}},
    ),
]  # fmt: skip
"""Operations that compare our books with the bank's, and show the house's."""

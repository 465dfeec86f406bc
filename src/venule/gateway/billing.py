"""What a bill is made from: a seller's trades, refunds and account lines of a day or a month.

It is read in pages, so that no look at the home takes long; the files are made by the process that
was asked for them (`bill_files.py`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

from venule import escrow
from venule.escrow import Refund, RefundId, Trade
from venule.gateway import grants, store
from venule.gateway.errors import GrantInvalid
from venule.gateway.model import Details, Grant, GrantKind
from venule.gateway.numbers import long_number
from venule.gateway.users import known_number, masked_login
from venule.kit.time import china_instant
from venule.ledger import Tx
from venule.members import MemberId, member
from venule.wallet import StatementQuery, WalletLine, wallet_statement

TYPES: Final = ("trade", "signcustomer")
PAGE: Final = 500
_DAY: Final = timedelta(days=1)


def span_of(text: str) -> tuple[datetime, datetime] | None:
    """Return the first instant of a day `yyyy-MM-dd` or month `yyyy-MM`, and the first after it."""
    try:
        first = date.fromisoformat(text if len(text) == 10 else f"{text}-01")
        if len(text) == 10:
            last = first + _DAY
        else:
            last = (first.replace(day=28) + 4 * _DAY).replace(day=1)
        return china_instant(first, time()), china_instant(last, time())
    except (ValueError, OverflowError):
        return None


class Heading(msgspec.Struct, frozen=True):
    """Whose bill it is. number: of the seller; kind, period: as asked for."""

    number: str
    seller_id: MemberId
    kind: str
    period: str


class BillToken(msgspec.Struct, frozen=True):
    """What the address of a bill holds."""

    token: str


def heading(tx: Tx, query: BillToken) -> Heading:
    """Return whose bill an address names. Raises: GrantInvalid."""
    found: Grant | None = grants.in_force(tx, GrantKind.BILL, query.token)
    if found is None or found.member_id is None:
        raise GrantInvalid("code", "unknown or too old")
    kind, period = found.scope.split()
    return Heading(known_number(tx, found.member_id), found.member_id, kind, period)


class BillRow(msgspec.Struct, frozen=True):
    """A row of a trade bill: a sale, or a refund of one. Amounts are fen, signed."""

    trade_no: str
    out_trade_no: str
    is_refund: bool
    subject: str
    created_at: datetime
    ended_at: datetime | None
    other: str
    amount_minor: int
    fee_minor: int
    shared_minor: int
    request_no: str
    details: Details
    note: str = ""


class SalesPage(msgspec.Struct, frozen=True):
    """Which sales to read: from an instant on, but for those that were read."""

    seller_id: MemberId
    since: datetime
    until: datetime
    seen: list[bytes] = []


class Sales(msgspec.Struct, frozen=True):
    """Rows of sales, and how to go on; None at the end."""

    rows: list[BillRow]
    then: SalesPage | None


def sales(tx: Tx, page: SalesPage) -> Sales:
    """Return a page of a seller's sales, by the time they were paid."""
    limit = PAGE + len(page.seen)
    found = escrow.trades_paid(tx, page.seller_id, page.since, page.until, limit)
    seen = set(page.seen)
    rows = [_sale(tx, trade) for trade in found if trade.id.bytes not in seen]
    if len(found) < limit:
        return Sales(rows, None)
    last = found[-1].paid_at
    assert last is not None
    at_last = [trade.id.bytes for trade in found if trade.paid_at == last]
    return Sales(rows, SalesPage(page.seller_id, last, page.until, at_last))


def _names(tx: Tx, trade: Trade) -> tuple[str, Details, str]:
    order = store.load_order(tx.sql, trade.id)
    number = long_number(trade.id, trade.created_at)
    buyer = "" if trade.buyer_id is None else masked_login(tx, trade.buyer_id)
    name = "" if trade.buyer_id is None else member(tx, trade.buyer_id).display_name or ""
    other = f"*{name[-1:]}({buyer})" if name else buyer
    return number, Details() if order is None else order.details, other


def _sale(tx: Tx, trade: Trade) -> BillRow:
    number, details, other = _names(tx, trade)
    return BillRow(
        number,
        trade.out_trade_no,
        False,
        trade.subject,
        trade.created_at,
        trade.paid_at,
        other,
        trade.amount_minor,
        -trade.fee_minor,
        -trade.shared_minor,
        "",
        details,
    )


class RefundsPage(msgspec.Struct, frozen=True):
    """Which refunds to read: from an instant on, after an id."""

    seller_id: MemberId
    since: datetime
    until: datetime
    after: RefundId | None = None


class Refunds(msgspec.Struct, frozen=True):
    """Rows of refunds, and how to go on; None at the end."""

    rows: list[BillRow]
    then: RefundsPage | None


def refunds(tx: Tx, page: RefundsPage) -> Refunds:
    """Return a page of the refunds of a seller's sales, by the time they were made."""
    found = escrow.refunds_made(tx, page.seller_id, page.since, page.until, page.after, PAGE)
    rows = [_back(tx, refund) for refund in found]
    if len(found) < PAGE:
        return Refunds(rows, None)
    last = found[-1]
    return Refunds(rows, RefundsPage(page.seller_id, last.made_at, page.until, last.id))


def _back(tx: Tx, refund: Refund) -> BillRow:
    trade = escrow.trade(tx, refund.trade_id)
    number, details, other = _names(tx, trade)
    return BillRow(
        number,
        trade.out_trade_no,
        True,
        trade.subject,
        trade.created_at,
        refund.made_at,
        other,
        -refund.amount_minor,
        refund.fee_returned_minor,
        refund.receivers_minor,
        refund.request_no,
        details,
        refund.reason,
    )


class LinesPage(msgspec.Struct, frozen=True):
    """Which account lines to read, the newest first: those before a number."""

    seller_id: MemberId
    since: datetime
    until: datetime
    before_seq: int | None = None


class NamedLine(msgspec.Struct, frozen=True):
    """An account line and what the merchant calls what it is about."""

    line: WalletLine
    number: str
    out_trade_no: str
    subject: str


class Lines(msgspec.Struct, frozen=True):
    """Account lines, the newest first, and how to go on; None at the end."""

    lines: list[NamedLine]
    then: LinesPage | None


def account_lines(tx: Tx, page: LinesPage) -> Lines:
    """Return a page of a seller's account."""
    found = wallet_statement(
        tx, StatementQuery(page.seller_id, PAGE, page.before_seq, page.since, page.until)
    )
    lines = [_named(tx, line) for line in found.lines if line.amount_minor]
    if found.next_before_seq is None:
        return Lines(lines, None)
    return Lines(lines, LinesPage(page.seller_id, page.since, page.until, found.next_before_seq))


def _named(tx: Tx, line: WalletLine) -> NamedLine:
    order = store.load_order(tx.sql, escrow.TradeId(line.ref))
    if order is None:
        sent = store.load_sent(tx.sql, line.ref)
        if sent is None:
            return NamedLine(line, "", "", "")
        return NamedLine(line, sent.order_id, sent.out_biz_no, sent.title)
    subject = escrow.trade(tx, order.trade_id).subject
    return NamedLine(line, order.trade_no, order.out_trade_no, subject)

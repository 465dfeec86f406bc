"""Orders: products, creating, paying and closing them; what stands in escrow for them.

Shipping and confirming stand in `shipping.py`, refunds in `refunds.py`, settlement in
`settlement.py`, cases in `cases.py`, `evidence.py` and `rulings.py`, what is frozen in
`authorisations.py`, deadlines in `jobs.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from venule.escrow import authorisation_store, flows, rules, states, store
from venule.escrow.accounts import EscrowAccountCode
from venule.escrow.commands import (
    CloseTrade,
    CreateTrade,
    PayTrade,
    SetProduct,
    SetUpEscrow,
)
from venule.escrow.errors import (
    NotTheParty,
    ProductUnknown,
    TradeExpired,
    TradesOpen,
    TradeUnknown,
)
from venule.escrow.model import (
    APP_CHARS_MAX,
    NUMBER_CHARS_MAX,
    SUBJECT_CHARS_MAX,
    Pools,
    Refund,
    RefundId,
    Shipment,
    Trade,
    TradeEvent,
    TradeId,
    TradeKind,
    TradeState,
)
from venule.escrow.posting import fees_account, post_legs
from venule.escrow.terms import STANDARD, Product, Terms
from venule.escrow.turning import pools, remind, tell, trade, turn
from venule.fund import FastRedeem, fast_redeem
from venule.kit.time import to_us
from venule.ledger import AccountFlags, Tx
from venule.members import (
    WALLET_UNIT,
    CloseMember,
    Member,
    MemberId,
    Party,
    check_may_receive,
    parties,
    party,
)
from venule.wallet import CURRENCY, Spend, Use, spend
from venule.wallet import close_member as close_wallet

TRADES_SHOWN_MAX: Final = 1_000


def set_up_escrow(tx: Tx, command: SetUpEscrow) -> Pools:
    """Open the room's accounts and the product `standard`; again changes nothing.

    Raises: ProductTermsWrong.
    """
    rules.check_terms(command.terms)
    found = store.load_pools(tx.sql)
    if found is not None:
        return found
    tx.define_unit(WALLET_UNIT, CURRENCY, 2)
    held, unsettled = (
        tx.open_account(WALLET_UNIT, code, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
        for code in (EscrowAccountCode.ESCROW_HELD, EscrowAccountCode.ESCROW_UNSETTLED)
    )
    opened = Pools(held, unsettled)
    store.insert_pools(tx.sql, opened)
    set_product(tx, SetProduct(STANDARD, command.terms))
    return opened


def set_product(tx: Tx, command: SetProduct) -> Product:
    """Give a product its terms, for the trades created from now on.

    Raises: EscrowTextMalformed, ProductTermsWrong.
    """
    rules.check_text("name", command.name, NUMBER_CHARS_MAX)
    rules.check_terms(command.terms)
    last = store.last_product(tx.sql, command.name)
    version = 1 if last is None else last.version + 1
    id_ = store.insert_product(tx.sql, command.name, version, command.terms, tx.now_us)
    return Product(id_, command.name, version, command.terms, tx.now)


def product(tx: Tx, name: str) -> Product:
    """Return a product as it is now. Raises: ProductUnknown."""
    found = store.last_product(tx.sql, name)
    if found is None:
        raise ProductUnknown(name)
    return found


def create_trade(tx: Tx, command: CreateTrade) -> Trade:
    """Create an order. The same number with the same content gives the trade as it stands.

    Raises: EscrowTextMalformed, TradeAmountOutOfRange, OutTradeNoReused, ProductUnknown,
    DeadlineInThePast, MemberUnknown, BuyerIsSeller, SellerNotAMerchant, MemberClosed.
    """
    rules.check_text("app", command.app, APP_CHARS_MAX)
    rules.check_text("out_trade_no", command.out_trade_no, NUMBER_CHARS_MAX)
    rules.check_text("subject", command.subject, SUBJECT_CHARS_MAX)
    rules.check_amount("amount", command.amount_minor)
    first = store.find_trade(tx.sql, command.app, command.out_trade_no)
    if first is not None:
        rules.check_same(first, command)
        return first
    of = product(tx, command.product)
    due_at = rules.pay_due_at(command, of.terms, tx.now)
    known = [command.seller_id, *([command.buyer_id] if command.buyer_id else [])]
    found = parties(tx, known)
    seller = found[command.seller_id]
    rules.check_parties(command.kind, command.buyer_id, seller)
    check_may_receive(seller)
    buyer = found[command.buyer_id] if command.buyer_id else None
    made = new_trade(tx, command, of, seller, buyer, due_at)
    store.insert_trade(tx.sql, made)
    remind(tx, due_at)
    tell(tx, "created", made)
    return made


def new_trade(
    tx: Tx,
    command: CreateTrade,
    of: Product,
    seller: Party,
    buyer: Party | None,
    due_at: datetime | None,
) -> Trade:
    """Draw up the row of a new trade."""
    return Trade(
        TradeId(tx.new_id()),
        command.app,
        command.out_trade_no,
        command.kind,
        command.goods,
        of.id,
        command.settle,
        None if buyer is None else buyer.id,
        seller.id,
        0 if buyer is None else buyer.account,
        seller.account,
        command.subject,
        command.amount_minor,
        TradeState.CREATED,
        tx.now,
        due_at,
    )


def pay_trade(tx: Tx, command: PayTrade) -> Trade:
    """Pay an order from the wallet; what cash lacks from a fund's shares, if one is named.

    A guaranteed trade's money is held; an instant one's is the seller's, or kept for settlement.
    The payer's limits apply as to every payment.
    Raises: TradeUnknown, NotTheParty, BuyerIsSeller, EscrowTransitionIllegal, TradeExpired,
    MemberUnknown, MemberFrozen, MemberClosed, LimitExceeded, what `fund.fast_redeem` raises,
    InsufficientFunds.
    """
    before = trade(tx, command.trade_id)
    if before.buyer_id is not None:
        rules.check_side("buyer", before.buyer_id, command.buyer_id)
    terms = store.load_terms(tx.sql, before.product)
    event = _pay_event(before, terms)
    states.advance(states.TRADE, before.state, event)
    if before.due_at is not None and tx.now >= before.due_at:
        raise TradeExpired(before.id, before.due_at, tx.now)
    seller = party(tx, before.seller_id)
    rules.check_parties(before.kind, command.buyer_id, seller)
    check_may_receive(seller)
    amount = before.amount_minor
    payer = spend(tx, Spend(command.buyer_id, amount, Use.PAYMENT, before.id.bytes))
    order_id, shares = draw_shares(tx, payer, amount, command.fund)
    paid = replace(
        before,
        buyer_id=payer.id,
        buyer_account=payer.account,
        paid_at=tx.now,
        fund=command.fund if shares else None,
        fund_order_id=order_id,
        shares_minor=shares,
    )
    if before.kind is TradeKind.GUARANTEED:
        paid = replace(paid, unshipped_minor=amount)
        post_legs(tx, paid.id.bytes, flows.pay(paid, pools(tx)))
    else:
        released = rules.release(paid, terms, amount)
        paid = released.after
        fees = fees_account(tx, released.fee_minor)
        post_legs(tx, paid.id.bytes, flows.pay_instant(paid, pools(tx), fees))
    return turn(tx, paid, event, terms, "paid")


def _pay_event(before: Trade, terms: Terms) -> TradeEvent:
    if before.kind is TradeKind.GUARANTEED:
        return TradeEvent.PAY
    return TradeEvent.PAY_INSTANT if rules.open_s(before, terms) else TradeEvent.PAY_FINAL


def draw_shares(
    tx: Tx, payer: Party, amount_minor: int, fund: str | None
) -> tuple[UUID | None, int]:
    """Redeem fast what the payer's cash lacks; return the fund's order and the fen it brought.

    Cash first: the cash that is there stays in use to the last fen.
    Raises: what `fund.fast_redeem` raises.
    """
    if fund is None:
        return None, 0
    lacking = amount_minor - max(0, tx.account(payer.account).available_credit)
    if lacking <= 0:
        return None, 0
    return fast_redeem(tx, FastRedeem(fund, payer.id, lacking)).id, lacking


def close_trade(tx: Tx, command: CloseTrade) -> Trade:
    """Close an order that is not paid; its number is used up. Again changes nothing.

    Raises: TradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    before = trade(tx, command.trade_id)
    if command.by not in (before.seller_id, before.buyer_id):
        raise NotTheParty("buyer or seller", command.by)
    if before.state is TradeState.CLOSED and not before.is_paid:
        return before
    terms = store.load_terms(tx.sql, before.product)
    return turn(tx, before, TradeEvent.CLOSE, terms, "closed")


# What is asked


def trade_by_number(tx: Tx, app: str, out_trade_no: str) -> Trade:
    """Return the trade that an application calls so. Raises: TradeUnknown."""
    found = store.find_trade(tx.sql, app, out_trade_no)
    if found is None:
        raise TradeUnknown(out_trade_no)
    return found


def terms_of(tx: Tx, it: Trade) -> Terms:
    """Return the terms that a trade was created under."""
    return store.load_terms(tx.sql, it.product)


def shipments(tx: Tx, trade_id: TradeId) -> list[Shipment]:
    """Return a trade's shipments, by number."""
    return store.load_shipments(tx.sql, trade_id)


def refunds(tx: Tx, trade_id: TradeId) -> list[Refund]:
    """Return a trade's refunds, the earliest first."""
    return store.load_refunds(tx.sql, trade_id)


def refund_by_number(tx: Tx, trade_id: TradeId, request_no: str) -> Refund | None:
    """Return the refund made under a request number, or None."""
    return store.load_refund(tx.sql, trade_id, request_no)


def trades_paid(
    tx: Tx, seller_id: MemberId, since: datetime, until: datetime, limit: int = TRADES_SHOWN_MAX
) -> list[Trade]:
    """Return a seller's trades paid from `since` until before `until`, the earliest first.

    For the next page, ask from the last one's `paid_at` and leave out those seen.
    """
    most = max(1, min(limit, TRADES_SHOWN_MAX))
    return store.trades_paid(tx.sql, seller_id, to_us(since), to_us(until), most)


def refunds_made(
    tx: Tx,
    seller_id: MemberId,
    since: datetime,
    until: datetime,
    after: RefundId | None = None,
    limit: int = TRADES_SHOWN_MAX,
) -> list[Refund]:
    """Return refunds of a seller's trades made from `since` until before `until`, by time.

    For the next page, ask from the last one's `made_at`, after its id.
    """
    most = max(1, min(limit, TRADES_SHOWN_MAX))
    seen = b"" if after is None else after.bytes
    return store.refunds_made(tx.sql, seller_id, to_us(since), to_us(until), seen, most)


def close_member(tx: Tx, command: CloseMember) -> Member:
    """End a membership: nothing of it may stand between parties; then as the wallet does.

    Raises: TradesOpen, and what `wallet.close_member` raises.
    """
    trades = store.count_open_trades(tx.sql, command.member_id)
    frozen = authorisation_store.count_frozen(tx.sql, command.member_id)
    if trades or frozen:
        raise TradesOpen(command.member_id, trades, frozen)
    return close_wallet(tx, command)

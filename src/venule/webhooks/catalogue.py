"""Which events are told to whom, under what name and in which shape: one table.

The key is the name under which a room emits the event. `read` finds the members whom it concerns
(or the application itself), and puts what they may know into a shape. Names that are nobody's
business outside stand in `INTERNAL`; a test holds both against what the rooms emit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from venule import books, wallet
from venule.kit.events import Event
from venule.ledger import Tx
from venule.webhooks import facts
from venule.webhooks.facts import Fact
from venule.webhooks.shapes import (
    ApplicationData,
    AuthorisationData,
    BankAccountData,
    BookPaymentData,
    CaseData,
    ConsentData,
    EndpointData,
    EvidenceData,
    FrozenSharesData,
    FundOrderData,
    KeyData,
    MemberData,
    MovementData,
    PaymentData,
    RefundData,
    Shape,
    TradeData,
)

ENDPOINT_DISABLED: Final = "webhooks.endpoint_disabled"

PING: Final = "endpoint.ping"
"""Sent when its owner asks for it; no event of a room."""


class Entry(NamedTuple):
    """An event that is told. name: its public one. says: what has happened, for the page."""

    name: str
    says: str
    shape: type[Shape]
    read: Callable[[Tx, Event], Fact]


def _all(
    prefix: str, type_: str, words: dict[str, str], shape: type[Shape], read: Any
) -> dict[str, Entry]:
    return {
        f"{prefix}{word}": Entry(f"{type_}{word}", says, shape, read)
        for word, says in words.items()
    }


_TOP_UP: Final = {
    "requested": "A member has asked for money from their bank account.",
    "in_transit": "The bank has accepted the order for a top-up.",
    "credited": "The money of a top-up is in the wallet.",
    "rejected": "The bank has refused a top-up.",
}
_WITHDRAWAL: Final = {
    "reserved": "A member has asked for money to their bank account; it is on hold.",
    "sent": "The bank has accepted the order for a withdrawal.",
    "settled": "The bank has paid a withdrawal.",
    "returning": "The bank will return a withdrawal.",
    "returned": "The money of a withdrawal is back in the wallet.",
    "refused": "The bank has refused a withdrawal; the hold is released.",
}
_TRADE: Final = {
    "created": "A trade has been ordered.",
    "paid": "A trade has been paid; its money waits for the goods, or is the seller's at once.",
    "shipped": "Goods of a trade are under way.",
    "extended": "The buyer has taken more time to confirm.",
    "confirmed": "Goods are confirmed; their money is the seller's.",
    "refunded": "A part of a trade's money has gone back.",
    "ruled": "An operator's ruling has split what a trade held.",
    "finished": "A trade is over and can no longer be refunded.",
    "closed": "A trade is over without a sale.",
}
_CASE_CHANGED: Final = (
    "agree", "agree_return", "refuse", "answer_due_refund", "answer_due_dispute", "withdraw",
    "dispute", "dispute_due", "send_back", "send_back_due", "receive_due", "appeal_due", "ruled",
    "appealed", "executed", "disputed",
)  # fmt: skip
_APPLICATION: Final = {
    "asked": "The application has asked for production.",
    "admitted": "The application may call in production.",
    "refused": "The application was refused.",
    "suspended": "The application may no longer call.",
    "closed": "The application is over.",
    "scopes_changed": "What the application may do was said anew.",
    "redirects_changed": "Where browsers may be sent back to was said anew.",
    "owner_bound": "The application is a member's own.",
}
_AUTHORISED: Final = ("pay_part", "pay_rest", "unfreeze_part", "unfreeze_rest", "unfreeze_due")

CATALOGUE: Final[dict[str, Entry]] = {
    "members.opened": Entry(
        "member.opened", "A member has a wallet.", MemberData, facts.member_opened
    ),
    "members.frozen": Entry(
        "member.frozen", "A member's money may no longer go out.", MemberData, facts.member_turned
    ),
    "members.active": Entry(
        "member.unfrozen",
        "A frozen member's money may move again.",
        MemberData,
        facts.member_turned,
    ),
    "members.closed": Entry(
        "member.closed", "A membership is over.", MemberData, facts.member_turned
    ),
    "members.tier_changed": Entry(
        "member.tier_changed", "A person is on another tier.", MemberData, facts.tier_changed
    ),
    "members.bank_account_bound": Entry(
        "bank_account.bound", "A bank account is a member's.", BankAccountData, facts.bank_account
    ),
    "members.bank_account_unbound": Entry(
        "bank_account.unbound",
        "A bank account is no longer a member's.",
        BankAccountData,
        facts.bank_account,
    ),
    "wallet.paid": Entry("payment.paid", "A member has paid a merchant.", PaymentData, facts.paid),
    "wallet.refunded": Entry(
        "payment.refunded", "A part of a payment has gone back.", RefundData, facts.refunded
    ),
    "wallet.transferred": Entry(
        "transfer.made", "A member has sent money to another.", PaymentData, facts.paid
    ),
    **_all("wallet.top_up_", "top_up.", _TOP_UP, MovementData, facts.movement(wallet.TopUp)),
    **_all(
        "wallet.withdrawal_",
        "withdrawal.",
        _WITHDRAWAL,
        MovementData,
        facts.movement(wallet.Payout),
    ),
    **_all("escrow.", "trade.", _TRADE, TradeData, facts.trade),
    "escrow.settled": Entry(
        "trade.settled",
        "Money kept for settlement has been shared out.",
        TradeData,
        facts.trade_settled,
    ),
    "escrow.case_asked": Entry("case.asked", "A buyer wants a refund.", CaseData, facts.case),
    **{
        f"escrow.case_{word}": Entry(
            "case.changed", "A case has gone on; `event` says how.", CaseData, facts.case
        )
        for word in _CASE_CHANGED
    },
    "escrow.evidence_filed": Entry(
        "case.evidence_filed", "A side has filed evidence.", EvidenceData, facts.evidence
    ),
    "escrow.frozen": Entry(
        "authorisation.frozen",
        "Money is frozen for a payee.",
        AuthorisationData,
        facts.authorisation,
    ),
    **{
        f"escrow.authorisation_{word}": Entry(
            "authorisation.changed",
            "Frozen money was paid or unfrozen; `event` says which.",
            AuthorisationData,
            facts.authorisation,
        )
        for word in _AUTHORISED
    },
    "fund.redemption_unpaid": Entry(
        "fund.redemption_unpaid",
        "Redeemed money could not go into its wallet, which is closed.",
        FundOrderData,
        facts.fund_order,
    ),
    "fund.unpaid_settled": Entry(
        "fund.unpaid_settled",
        "Such money has been paid into the wallet of `member_id`.",
        FundOrderData,
        facts.fund_order,
    ),
    "fund.advance_reversed": Entry(
        "fund.advance_reversed", "A fast redemption was undone.", FundOrderData, facts.fund_order
    ),
    "fund.shares_frozen": Entry(
        "fund.shares_frozen", "Shares are frozen.", FrozenSharesData, facts.shares
    ),
    "fund.shares_unfrozen": Entry(
        "fund.shares_unfrozen", "Frozen shares are free again.", FrozenSharesData, facts.shares
    ),
    "books.payment_held": Entry(
        "book_payment.held",
        "Money for a member of another book is on hold.",
        BookPaymentData,
        facts.book(books.BookPayment),
    ),
    "books.payment_settled": Entry(
        "book_payment.settled",
        "A payment to another book has arrived there.",
        BookPaymentData,
        facts.book(books.BookPayment),
    ),
    "books.payment_returned": Entry(
        "book_payment.returned",
        "A payment was refused by the other book; the hold is released.",
        BookPaymentData,
        facts.book(books.BookPayment),
    ),
    "books.payment_cancelled": Entry(
        "book_payment.cancelled",
        "A payment did not reach the other book in time; the hold is released.",
        BookPaymentData,
        facts.book(books.BookPayment),
    ),
    "books.receipt_received": Entry(
        "book_receipt.received",
        "A payment from another book is in the wallet.",
        BookPaymentData,
        facts.book(books.Receipt),
    ),
    **_all("partners.", "application.", _APPLICATION, ApplicationData, facts.application),
    "partners.key_added": Entry(
        "application.key_added", "The application has another key.", KeyData, facts.key
    ),
    "partners.key_revoked": Entry(
        "application.key_revoked", "A key of the application is no longer good.", KeyData, facts.key
    ),
    "partners.grant_ended": Entry(
        "application.tokens_revoked",
        "A code or token was used twice: all that came from it is revoked.",
        ApplicationData,
        facts.application,
    ),
    "partners.consent_given": Entry(
        "consent.given",
        "A member lets the application act within scopes.",
        ConsentData,
        facts.consent,
    ),
    "partners.consent_withdrawn": Entry(
        "consent.withdrawn", "A member has taken a consent back.", ConsentData, facts.consent
    ),
    ENDPOINT_DISABLED: Entry(
        "endpoint.disabled",
        "An endpoint of the application is no longer called; told to its others.",
        EndpointData,
        facts.endpoint_disabled,
    ),
}

INTERNAL: Final[dict[str, str]] = {
    "partners.signed_up": "it has no endpoint yet",
    "access.proposal_executed": "what staff propose and approve",
    "access.proposal_rejected": "the same",
    "access.proposal_withdrawn": "the same",
    "access.proposal_expired": "the same",
    "wallet.case_opened": "what the bank says and we cannot explain yet",
    "wallet.case_ended": "the same",
    "wallet.fees_swept": "the house's own money",
    "wallet.capital_paid_in": "the house's own money",
    "wallet.reconciled": "the house and its bank",
    "escrow.case_proposed": "an operator's word before a second one has approved it",
    "escrow.case_appeal_proposed": "the same, after an appeal",
    "fund.day_closed": "the fund's own day",
    "fund.deviation": "the fund's own valuation",
    "fund.deviation_overdue": "the fund's own valuation",
    "fund.loss_not_taken": "the fund's own loss",
    "fund.register_taken_over": "the fund's own register",
    "fund.sales_set": "the fund's own sales",
    "fund.swept": "a sum over all who sweep",
    "books.added": "the house's own directory",
    "books.pair_alarm": "two books of the house",
    "books.receipt_rejected": "the paying book tells its payer",
    "books.receipt_cancelled": "the paying book tells its payer",
    "gateway.app_registered": "an operator sets a merchant up",
    "gateway.notice_failed": "what the gateway's own notifications came to",
    "home.accepted": "the house's own home",
    "home.moved": "the house's own home",
    "home.arrived": "the house's own home",
}
"""Why nobody outside is told."""

TYPES: Final[dict[str, Entry]] = {entry.name: entry for entry in CATALOGUE.values()}
"""The public types; those of several events once."""

# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `escrow`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class EscrowOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def create_authorisation(
        self, body: models.EscrowFreezeBody, *, idempotency_key: str | None = None
    ) -> models.AuthorisationView:
        """Freeze money for a payee.

        A merchant or institution, who may be paid from it in parts. The same numbers with the
        same content give the first one.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/authorisations",
                gives=models.AuthorisationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_authorisations(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
        state: models.AuthorisationState | None = None,
    ) -> models.AuthorisationPage:
        """List my authorisations.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/authorisations",
                gives=models.AuthorisationPage,
                query={"limit": limit, "cursor": cursor, "side": side, "state": state},
            )
        )

    def show_authorisation(self, authorisation_id: UUID | str) -> models.AuthorisationView:
        """Show an authorisation.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations/{authorisation_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/authorisations/{part(authorisation_id)}",
                gives=models.AuthorisationView,
            )
        )

    def list_authorisation_uses(
        self, authorisation_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.OperationPage:
        """List what an authorisation was used for.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations/{authorisation_id}/operations`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/authorisations/{part(authorisation_id)}/operations",
                gives=models.OperationPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def pay_from_authorisation(
        self,
        authorisation_id: UUID | str,
        body: models.PayAuthorisedBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Pay from an authorisation.

        By the payee: an instant trade, under a number that is new to the payer's application.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations/{authorisation_id}/payments`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/authorisations/{part(authorisation_id)}/payments",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def unfreeze_authorisation(
        self,
        authorisation_id: UUID | str,
        body: models.UnfreezeBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.OperationView:
        """Unfreeze.

        By the payee: the payer can use that part again.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations/{authorisation_id}/unfreezings`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/authorisations/{part(authorisation_id)}/unfreezings",
                gives=models.OperationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_escrow_products(self) -> models.ProductList:
        """List products.

        Callers: staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/escrow-products`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/escrow-products", gives=models.ProductList)
        )

    def show_escrow_product(self, product: str) -> models.ProductView:
        """Show a product.

        Callers: staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/escrow-products/{product}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/escrow-products/{part(product)}", gives=models.ProductView)
        )

    def set_escrow_product(self, product: str, body: models.TermsBody) -> models.ProductView:
        """Set a product's terms.

        For the trades created from now on; a trade keeps the terms of its day.

        Callers: staff.

        Needs `escrow.operate` (of partners and staff).

        `PUT /v1/escrow-products/{product}`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/escrow-products/{part(product)}",
                gives=models.ProductView,
                body=body,
            )
        )

    def list_receivers(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.ReceiverPage:
        """List my receivers of royalties.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/royalty-receivers`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/royalty-receivers",
                gives=models.ReceiverPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def bind_receivers(self, body: models.ReceiversBody) -> models.ReceiverPage:
        """Name receivers of royalties.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/royalty-receivers`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/royalty-receivers", gives=models.ReceiverPage, body=body)
        )

    def unbind_receivers(self, body: models.NoReceiversBody) -> models.ReceiverPage:
        """Share no longer with receivers.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/royalty-receivers/removal`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/royalty-receivers/removal",
                gives=models.ReceiverPage,
                body=body,
            )
        )

    def list_trade_cases(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
    ) -> models.CasePage:
        """List the cases of my trades.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/trade-cases",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor, "side": side},
            )
        )

    def list_cases_to_rule(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasePage:
        """List the cases that wait for an operator.

        The oldest first.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        `GET /v1/trade-cases-to-rule`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/trade-cases-to-rule",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def show_trade_case(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Show a case.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/trade-cases/{part(case_id)}", gives=models.EscrowCaseView)
        )

    def answer_trade_case(
        self, case_id: UUID | str, body: models.AnswerBody, *, idempotency_key: str | None = None
    ) -> models.EscrowCaseView:
        """Answer a case.

        The seller agrees, and the money goes back; or refuses. If goods are to come back, the
        first agreement asks for them, the second says that they came.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/answer`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/answer",
                gives=models.EscrowCaseView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def appeal_ruling(self, case_id: UUID | str, body: models.AppealBody) -> models.EscrowCaseView:
        """Appeal a ruling.

        Once a case; then others rule, for good.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/appeal`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/appeal",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    def decide_trade_ruling(
        self, case_id: UUID | str, body: models.DecideBody, *, idempotency_key: str | None = None
    ) -> models.RulingView:
        """Decide on a ruling.

        Somebody else than who proposed it.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/decision`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/decision",
                gives=models.RulingView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def open_trade_dispute(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Dispute a refusal.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/dispute`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/dispute",
                gives=models.EscrowCaseView,
            )
        )

    def file_trade_evidence(
        self, case_id: UUID | str, body: models.FileBody | models.TextBody
    ) -> models.EvidenceView:
        """File evidence.

        A picture, a PDF or a text; the type is told from the content. At most 20 files of a
        side, until an operator has ruled.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/evidence`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/evidence",
                gives=models.EvidenceView,
                body=body,
            )
        )

    def list_trade_evidence(self, case_id: UUID | str) -> models.EvidenceList:
        """List evidence.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/evidence`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/evidence",
                gives=models.EvidenceList,
            )
        )

    def download_trade_evidence(self, case_id: UUID | str, evidence_id: UUID | str) -> bytes:
        """Download evidence.

        `X-Media-Type` says what it is; it is never to be shown as a page.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/evidence/{evidence_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/evidence/{part(evidence_id)}",
                gives=bytes,
                accepts="application/octet-stream",
            )
        )

    def send_goods_back(
        self, case_id: UUID | str, body: models.SendBackBody
    ) -> models.EscrowCaseView:
        """Send goods back.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/return`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/return",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    def list_rulings(self, case_id: UUID | str) -> models.RulingList:
        """List a case's rulings.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/rulings`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/rulings",
                gives=models.RulingList,
            )
        )

    def rule_trade_case(
        self, case_id: UUID | str, body: models.RuleBody, *, idempotency_key: str | None = None
    ) -> models.RulingView:
        """Rule on a case.

        The parts sum to what the trade holds. Above its product's limit it is a proposal for a
        second operator.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/rulings`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/rulings",
                gives=models.RulingView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def withdraw_trade_case(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Withdraw a case.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/withdrawal`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/withdrawal",
                gives=models.EscrowCaseView,
            )
        )

    def create_trade(self, body: models.OrderBody) -> models.TradeView:
        """Create an order.

        The same number with the same content gives the trade as it stands.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/trades", gives=models.TradeView, body=body)
        )

    def list_trades(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
        state: models.TradeState | None = None,
    ) -> models.TradePage:
        """List my trades.

        As a buyer or as a seller, the newest first.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/trades",
                gives=models.TradePage,
                query={"limit": limit, "cursor": cursor, "side": side, "state": state},
            )
        )

    def show_trade(self, trade_id: UUID | str) -> models.TradeView:
        """Show a trade.

        Its parties see it; so does whoever was given the id of one that anybody may pay.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/trades/{part(trade_id)}", gives=models.TradeView)
        )

    def cancel_trade(
        self, trade_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.TradeView:
        """Cancel a trade.

        Its seller closes it, or refunds all that is left.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/cancellation`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/cancellation",
                gives=models.TradeView,
                money=True,
                key=idempotency_key,
            )
        )

    def ask_trade_refund(self, trade_id: UUID | str, body: models.AskBody) -> models.EscrowCaseView:
        """Ask for a refund.

        The buyer wants a part of what is held, or all; one case at a time. The same number with
        the same content gives the case as it stands.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/cases`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/cases",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    def list_cases_of_trade(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasePage:
        """List a trade's cases.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/cases`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/cases",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def close_trade(self, trade_id: UUID | str) -> models.TradeView:
        """Close an unpaid trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/closure`
        """
        return self._sender.send(
            Ask(method="POST", path=f"/v1/trades/{part(trade_id)}/closure", gives=models.TradeView)
        )

    def confirm_receipt(
        self,
        trade_id: UUID | str,
        body: models.EscrowConfirmBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Confirm a receipt.

        The seller is paid for what has come.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/confirmation`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/confirmation",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def extend_confirmation(self, trade_id: UUID | str) -> models.TradeView:
        """Take more time.

        Puts off the automatic confirmation, once a trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/extension`
        """
        return self._sender.send(
            Ask(
                method="POST", path=f"/v1/trades/{part(trade_id)}/extension", gives=models.TradeView
            )
        )

    def pay_trade(
        self,
        trade_id: UUID | str,
        body: models.EscrowPayBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Pay a trade.

        From the caller's wallet, cash first. What a guaranteed trade brings waits in escrow.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/payment`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/payment",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def refund_trade(
        self,
        trade_id: UUID | str,
        body: models.EscrowRefundBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.EscrowRefundView:
        """Refund a trade.

        By the seller's will: a part of a trade, or all.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/refunds`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/refunds",
                gives=models.EscrowRefundView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_trade_refunds(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.RefundPage:
        """List a trade's refunds.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/refunds`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/refunds",
                gives=models.RefundPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def settle_trade(
        self, trade_id: UUID | str, body: models.SettleBody, *, idempotency_key: str | None = None
    ) -> models.SettlementView:
        """Share out a trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/settlements`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/settlements",
                gives=models.SettlementView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_settlements(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.SettlementPage:
        """List a trade's settlements.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/settlements`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/settlements",
                gives=models.SettlementPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def ship_goods(
        self, trade_id: UUID | str, body: models.ShipBody, *, idempotency_key: str | None = None
    ) -> models.ShipmentView:
        """Ship goods.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/shipments`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/shipments",
                gives=models.ShipmentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_shipments(self, trade_id: UUID | str) -> models.ShipmentList:
        """List a trade's shipments.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/shipments`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/shipments",
                gives=models.ShipmentList,
            )
        )

    def show_trade_terms(self, trade_id: UUID | str) -> models.TermsView:
        """Show a trade's terms.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/terms`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/trades/{part(trade_id)}/terms", gives=models.TermsView)
        )


class AsyncEscrowOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def create_authorisation(
        self, body: models.EscrowFreezeBody, *, idempotency_key: str | None = None
    ) -> models.AuthorisationView:
        """Freeze money for a payee.

        A merchant or institution, who may be paid from it in parts. The same numbers with the
        same content give the first one.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/authorisations",
                gives=models.AuthorisationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_authorisations(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
        state: models.AuthorisationState | None = None,
    ) -> models.AuthorisationPage:
        """List my authorisations.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/authorisations",
                gives=models.AuthorisationPage,
                query={"limit": limit, "cursor": cursor, "side": side, "state": state},
            )
        )

    async def show_authorisation(self, authorisation_id: UUID | str) -> models.AuthorisationView:
        """Show an authorisation.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations/{authorisation_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/authorisations/{part(authorisation_id)}",
                gives=models.AuthorisationView,
            )
        )

    async def list_authorisation_uses(
        self, authorisation_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.OperationPage:
        """List what an authorisation was used for.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/authorisations/{authorisation_id}/operations`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/authorisations/{part(authorisation_id)}/operations",
                gives=models.OperationPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def pay_from_authorisation(
        self,
        authorisation_id: UUID | str,
        body: models.PayAuthorisedBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Pay from an authorisation.

        By the payee: an instant trade, under a number that is new to the payer's application.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations/{authorisation_id}/payments`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/authorisations/{part(authorisation_id)}/payments",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def unfreeze_authorisation(
        self,
        authorisation_id: UUID | str,
        body: models.UnfreezeBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.OperationView:
        """Unfreeze.

        By the payee: the payer can use that part again.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/authorisations/{authorisation_id}/unfreezings`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/authorisations/{part(authorisation_id)}/unfreezings",
                gives=models.OperationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_escrow_products(self) -> models.ProductList:
        """List products.

        Callers: staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/escrow-products`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/escrow-products", gives=models.ProductList)
        )

    async def show_escrow_product(self, product: str) -> models.ProductView:
        """Show a product.

        Callers: staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/escrow-products/{product}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/escrow-products/{part(product)}", gives=models.ProductView)
        )

    async def set_escrow_product(self, product: str, body: models.TermsBody) -> models.ProductView:
        """Set a product's terms.

        For the trades created from now on; a trade keeps the terms of its day.

        Callers: staff.

        Needs `escrow.operate` (of partners and staff).

        `PUT /v1/escrow-products/{product}`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/escrow-products/{part(product)}",
                gives=models.ProductView,
                body=body,
            )
        )

    async def list_receivers(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.ReceiverPage:
        """List my receivers of royalties.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/royalty-receivers`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/royalty-receivers",
                gives=models.ReceiverPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def bind_receivers(self, body: models.ReceiversBody) -> models.ReceiverPage:
        """Name receivers of royalties.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/royalty-receivers`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/royalty-receivers", gives=models.ReceiverPage, body=body)
        )

    async def unbind_receivers(self, body: models.NoReceiversBody) -> models.ReceiverPage:
        """Share no longer with receivers.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/royalty-receivers/removal`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/royalty-receivers/removal",
                gives=models.ReceiverPage,
                body=body,
            )
        )

    async def list_trade_cases(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
    ) -> models.CasePage:
        """List the cases of my trades.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/trade-cases",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor, "side": side},
            )
        )

    async def list_cases_to_rule(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasePage:
        """List the cases that wait for an operator.

        The oldest first.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        `GET /v1/trade-cases-to-rule`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/trade-cases-to-rule",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def show_trade_case(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Show a case.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/trade-cases/{part(case_id)}", gives=models.EscrowCaseView)
        )

    async def answer_trade_case(
        self, case_id: UUID | str, body: models.AnswerBody, *, idempotency_key: str | None = None
    ) -> models.EscrowCaseView:
        """Answer a case.

        The seller agrees, and the money goes back; or refuses. If goods are to come back, the
        first agreement asks for them, the second says that they came.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/answer`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/answer",
                gives=models.EscrowCaseView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def appeal_ruling(
        self, case_id: UUID | str, body: models.AppealBody
    ) -> models.EscrowCaseView:
        """Appeal a ruling.

        Once a case; then others rule, for good.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/appeal`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/appeal",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    async def decide_trade_ruling(
        self, case_id: UUID | str, body: models.DecideBody, *, idempotency_key: str | None = None
    ) -> models.RulingView:
        """Decide on a ruling.

        Somebody else than who proposed it.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/decision`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/decision",
                gives=models.RulingView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def open_trade_dispute(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Dispute a refusal.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/dispute`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/dispute",
                gives=models.EscrowCaseView,
            )
        )

    async def file_trade_evidence(
        self, case_id: UUID | str, body: models.FileBody | models.TextBody
    ) -> models.EvidenceView:
        """File evidence.

        A picture, a PDF or a text; the type is told from the content. At most 20 files of a
        side, until an operator has ruled.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/evidence`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/evidence",
                gives=models.EvidenceView,
                body=body,
            )
        )

    async def list_trade_evidence(self, case_id: UUID | str) -> models.EvidenceList:
        """List evidence.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/evidence`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/evidence",
                gives=models.EvidenceList,
            )
        )

    async def download_trade_evidence(self, case_id: UUID | str, evidence_id: UUID | str) -> bytes:
        """Download evidence.

        `X-Media-Type` says what it is; it is never to be shown as a page.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/evidence/{evidence_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/evidence/{part(evidence_id)}",
                gives=bytes,
                accepts="application/octet-stream",
            )
        )

    async def send_goods_back(
        self, case_id: UUID | str, body: models.SendBackBody
    ) -> models.EscrowCaseView:
        """Send goods back.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/return`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/return",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    async def list_rulings(self, case_id: UUID | str) -> models.RulingList:
        """List a case's rulings.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trade-cases/{case_id}/rulings`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trade-cases/{part(case_id)}/rulings",
                gives=models.RulingList,
            )
        )

    async def rule_trade_case(
        self, case_id: UUID | str, body: models.RuleBody, *, idempotency_key: str | None = None
    ) -> models.RulingView:
        """Rule on a case.

        The parts sum to what the trade holds. Above its product's limit it is a proposal for a
        second operator.

        Callers: staff.

        Needs `escrow.rule` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trade-cases/{case_id}/rulings`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/rulings",
                gives=models.RulingView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def withdraw_trade_case(self, case_id: UUID | str) -> models.EscrowCaseView:
        """Withdraw a case.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trade-cases/{case_id}/withdrawal`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trade-cases/{part(case_id)}/withdrawal",
                gives=models.EscrowCaseView,
            )
        )

    async def create_trade(self, body: models.OrderBody) -> models.TradeView:
        """Create an order.

        The same number with the same content gives the trade as it stands.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/trades", gives=models.TradeView, body=body)
        )

    async def list_trades(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        side: models.Side | None = None,
        state: models.TradeState | None = None,
    ) -> models.TradePage:
        """List my trades.

        As a buyer or as a seller, the newest first.

        Callers: partner, person.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/trades",
                gives=models.TradePage,
                query={"limit": limit, "cursor": cursor, "side": side, "state": state},
            )
        )

    async def show_trade(self, trade_id: UUID | str) -> models.TradeView:
        """Show a trade.

        Its parties see it; so does whoever was given the id of one that anybody may pay.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/trades/{part(trade_id)}", gives=models.TradeView)
        )

    async def cancel_trade(
        self, trade_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.TradeView:
        """Cancel a trade.

        Its seller closes it, or refunds all that is left.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/cancellation`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/cancellation",
                gives=models.TradeView,
                money=True,
                key=idempotency_key,
            )
        )

    async def ask_trade_refund(
        self, trade_id: UUID | str, body: models.AskBody
    ) -> models.EscrowCaseView:
        """Ask for a refund.

        The buyer wants a part of what is held, or all; one case at a time. The same number with
        the same content gives the case as it stands.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/cases`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/cases",
                gives=models.EscrowCaseView,
                body=body,
            )
        )

    async def list_cases_of_trade(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasePage:
        """List a trade's cases.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/cases`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/cases",
                gives=models.CasePage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def close_trade(self, trade_id: UUID | str) -> models.TradeView:
        """Close an unpaid trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/closure`
        """
        return await self._sender.send(
            Ask(method="POST", path=f"/v1/trades/{part(trade_id)}/closure", gives=models.TradeView)
        )

    async def confirm_receipt(
        self,
        trade_id: UUID | str,
        body: models.EscrowConfirmBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Confirm a receipt.

        The seller is paid for what has come.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/confirmation`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/confirmation",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def extend_confirmation(self, trade_id: UUID | str) -> models.TradeView:
        """Take more time.

        Puts off the automatic confirmation, once a trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        `POST /v1/trades/{trade_id}/extension`
        """
        return await self._sender.send(
            Ask(
                method="POST", path=f"/v1/trades/{part(trade_id)}/extension", gives=models.TradeView
            )
        )

    async def pay_trade(
        self,
        trade_id: UUID | str,
        body: models.EscrowPayBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.TradeView:
        """Pay a trade.

        From the caller's wallet, cash first. What a guaranteed trade brings waits in escrow.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/payment`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/payment",
                gives=models.TradeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def refund_trade(
        self,
        trade_id: UUID | str,
        body: models.EscrowRefundBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.EscrowRefundView:
        """Refund a trade.

        By the seller's will: a part of a trade, or all.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/refunds`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/refunds",
                gives=models.EscrowRefundView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_trade_refunds(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.RefundPage:
        """List a trade's refunds.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/refunds`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/refunds",
                gives=models.RefundPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def settle_trade(
        self, trade_id: UUID | str, body: models.SettleBody, *, idempotency_key: str | None = None
    ) -> models.SettlementView:
        """Share out a trade.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/settlements`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/settlements",
                gives=models.SettlementView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_settlements(
        self, trade_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.SettlementPage:
        """List a trade's settlements.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/settlements`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/settlements",
                gives=models.SettlementPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def ship_goods(
        self, trade_id: UUID | str, body: models.ShipBody, *, idempotency_key: str | None = None
    ) -> models.ShipmentView:
        """Ship goods.

        Callers: partner, person.

        Needs `escrow.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/trades/{trade_id}/shipments`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/trades/{part(trade_id)}/shipments",
                gives=models.ShipmentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_shipments(self, trade_id: UUID | str) -> models.ShipmentList:
        """List a trade's shipments.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/shipments`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/trades/{part(trade_id)}/shipments",
                gives=models.ShipmentList,
            )
        )

    async def show_trade_terms(self, trade_id: UUID | str) -> models.TermsView:
        """Show a trade's terms.

        Callers: partner, person, staff.

        Needs `escrow.read` (of partners and staff).

        `GET /v1/trades/{trade_id}/terms`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/trades/{part(trade_id)}/terms", gives=models.TermsView)
        )

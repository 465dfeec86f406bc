# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `bank`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class BankOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list_bank_cases(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasesPage:
        """List what the bank says and nobody has explained yet, the oldest first.

        Callers: staff.

        Needs `cases.read` (of partners and staff).

        `GET /v1/bank/cases`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/bank/cases",
                gives=models.CasesPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def show_bank_case(self, case_id: UUID | str) -> models.WalletCaseView:
        """Show a case, open or ended.

        Callers: staff.

        Needs `cases.read` (of partners and staff).

        `GET /v1/bank/cases/{case_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/bank/cases/{part(case_id)}", gives=models.WalletCaseView)
        )

    def dismiss_bank_case(
        self, case_id: UUID | str, body: models.DismissBody
    ) -> models.WalletCaseView:
        """End a case in which no money lies.

        Callers: staff.

        Needs `cases.write` (of partners and staff).

        `POST /v1/bank/cases/{case_id}/dismiss`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/bank/cases/{part(case_id)}/dismiss",
                gives=models.WalletCaseView,
                body=body,
            )
        )

    def offset_bank_cases(
        self, case_id: UUID | str, body: models.OffsetBody
    ) -> models.WalletCaseView:
        """End two cases that undo each other: the bank has put right what it did.

        Callers: staff.

        Needs `cases.write` (of partners and staff).

        `POST /v1/bank/cases/{case_id}/offset`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/bank/cases/{part(case_id)}/offset",
                gives=models.WalletCaseView,
                body=body,
            )
        )

    def take_bank_messages(
        self, body: models.MessagesBody, *, idempotency_key: str | None = None
    ) -> models.TakenView:
        """Take the next messages of a bank's rail.

        Nothing the bank says is refused, and nothing is booked twice: what nobody can explain
        goes to suspense with a case. Messages already taken are skipped; after a gap none is
        taken.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/messages`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/messages",
                gives=models.TakenView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def pay_out(
        self, body: models.BookedBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Book real-time payouts that the bank has settled, all or none.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/payouts`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/payouts",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def reconcile_bank_day(
        self, body: models.StatementBody, *, idempotency_key: str | None = None
    ) -> models.ReconciliationView:
        """Reconcile a reserve account with the bank's statement of a day.

        The statement is the bank's last word: what it tells anew is taken in. The same
        statement again gives the first result and does nothing; day follows day.

        Callers: partner, staff.

        Needs `bank.reconcile` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/reconciliations`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/reconciliations",
                gives=models.ReconciliationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_reconciliations(
        self, *, reserve: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> models.ReconciliationsPage:
        """List the days of a reserve account that are reconciled, the last first.

        Callers: staff.

        Needs `bank.reconcile` (of partners and staff).

        `GET /v1/bank/reconciliations`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/bank/reconciliations",
                gives=models.ReconciliationsPage,
                query={"reserve": reserve, "limit": limit, "cursor": cursor},
            )
        )

    def show_reconciliation(self, reserve: str, on: dt.date | str) -> models.ReconciliationView:
        """Show a day's result, item by item.

        Callers: staff.

        Needs `bank.reconcile` (of partners and staff).

        `GET /v1/bank/reconciliations/{reserve}/{on}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/bank/reconciliations/{part(reserve)}/{part(on)}",
                gives=models.ReconciliationView,
            )
        )

    def confirm_top_ups(
        self, body: models.WalletConfirmBody, *, idempotency_key: str | None = None
    ) -> models.TakenView:
        """Take the bank's confirmations of top-ups.

        A line for an unknown top-up, or of another amount, goes to suspense with a case.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/top-up-confirmations`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/top-up-confirmations",
                gives=models.TakenView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def credit_top_ups(
        self, body: models.BookedBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Credit quick payments that the bank has booked, all or none.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/top-ups`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/top-ups",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def show_house(self) -> models.HouseView:
        """Show the accounts of the house: clients' money and our own.

        Callers: staff.

        Needs `house.read` (of partners and staff).

        `GET /v1/house`
        """
        return self._sender.send(Ask(method="GET", path="/v1/house", gives=models.HouseView))


class AsyncBankOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def list_bank_cases(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.CasesPage:
        """List what the bank says and nobody has explained yet, the oldest first.

        Callers: staff.

        Needs `cases.read` (of partners and staff).

        `GET /v1/bank/cases`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/bank/cases",
                gives=models.CasesPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def show_bank_case(self, case_id: UUID | str) -> models.WalletCaseView:
        """Show a case, open or ended.

        Callers: staff.

        Needs `cases.read` (of partners and staff).

        `GET /v1/bank/cases/{case_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/bank/cases/{part(case_id)}", gives=models.WalletCaseView)
        )

    async def dismiss_bank_case(
        self, case_id: UUID | str, body: models.DismissBody
    ) -> models.WalletCaseView:
        """End a case in which no money lies.

        Callers: staff.

        Needs `cases.write` (of partners and staff).

        `POST /v1/bank/cases/{case_id}/dismiss`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/bank/cases/{part(case_id)}/dismiss",
                gives=models.WalletCaseView,
                body=body,
            )
        )

    async def offset_bank_cases(
        self, case_id: UUID | str, body: models.OffsetBody
    ) -> models.WalletCaseView:
        """End two cases that undo each other: the bank has put right what it did.

        Callers: staff.

        Needs `cases.write` (of partners and staff).

        `POST /v1/bank/cases/{case_id}/offset`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/bank/cases/{part(case_id)}/offset",
                gives=models.WalletCaseView,
                body=body,
            )
        )

    async def take_bank_messages(
        self, body: models.MessagesBody, *, idempotency_key: str | None = None
    ) -> models.TakenView:
        """Take the next messages of a bank's rail.

        Nothing the bank says is refused, and nothing is booked twice: what nobody can explain
        goes to suspense with a case. Messages already taken are skipped; after a gap none is
        taken.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/messages`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/messages",
                gives=models.TakenView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def pay_out(
        self, body: models.BookedBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Book real-time payouts that the bank has settled, all or none.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/payouts`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/payouts",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def reconcile_bank_day(
        self, body: models.StatementBody, *, idempotency_key: str | None = None
    ) -> models.ReconciliationView:
        """Reconcile a reserve account with the bank's statement of a day.

        The statement is the bank's last word: what it tells anew is taken in. The same
        statement again gives the first result and does nothing; day follows day.

        Callers: partner, staff.

        Needs `bank.reconcile` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/reconciliations`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/reconciliations",
                gives=models.ReconciliationView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_reconciliations(
        self, *, reserve: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> models.ReconciliationsPage:
        """List the days of a reserve account that are reconciled, the last first.

        Callers: staff.

        Needs `bank.reconcile` (of partners and staff).

        `GET /v1/bank/reconciliations`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/bank/reconciliations",
                gives=models.ReconciliationsPage,
                query={"reserve": reserve, "limit": limit, "cursor": cursor},
            )
        )

    async def show_reconciliation(
        self, reserve: str, on: dt.date | str
    ) -> models.ReconciliationView:
        """Show a day's result, item by item.

        Callers: staff.

        Needs `bank.reconcile` (of partners and staff).

        `GET /v1/bank/reconciliations/{reserve}/{on}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/bank/reconciliations/{part(reserve)}/{part(on)}",
                gives=models.ReconciliationView,
            )
        )

    async def confirm_top_ups(
        self, body: models.WalletConfirmBody, *, idempotency_key: str | None = None
    ) -> models.TakenView:
        """Take the bank's confirmations of top-ups.

        A line for an unknown top-up, or of another amount, goes to suspense with a case.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/top-up-confirmations`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/top-up-confirmations",
                gives=models.TakenView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def credit_top_ups(
        self, body: models.BookedBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Credit quick payments that the bank has booked, all or none.

        Callers: partner.

        Needs `bank.messages` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/bank/top-ups`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/bank/top-ups",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def show_house(self) -> models.HouseView:
        """Show the accounts of the house: clients' money and our own.

        Callers: staff.

        Needs `house.read` (of partners and staff).

        `GET /v1/house`
        """
        return await self._sender.send(Ask(method="GET", path="/v1/house", gives=models.HouseView))

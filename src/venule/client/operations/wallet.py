# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `wallet`."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import Literal
from uuid import UUID

from venule.client import models
from venule.client.events import STREAM, Event
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class WalletOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def show_member_limits(self, member_id: UUID | str) -> models.AllowancesView:
        """Show a member's limits, and what of them is used.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/limits`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/limits",
                gives=models.AllowancesView,
            )
        )

    def list_member_payments(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        direction: Literal["in", "out"] | None = None,
    ) -> models.PaymentsPage:
        """List a member's payments and transfers, newest first.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/payments`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/payments",
                gives=models.PaymentsPage,
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "since": since,
                    "until": until,
                    "direction": direction,
                },
            )
        )

    def show_member_statement(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.StatementPage:
        """List the movements of a member's wallet, newest first.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/statement`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/statement",
                gives=models.StatementPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def list_member_top_ups(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.TopUpsPage:
        """List a member's top-ups.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/top-ups`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/top-ups",
                gives=models.TopUpsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def show_member_balance(self, member_id: UUID | str) -> models.BalanceView:
        """Show what is in a member's wallet.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/wallet`
        """
        return self._sender.send(
            Ask(
                method="GET", path=f"/v1/members/{part(member_id)}/wallet", gives=models.BalanceView
            )
        )

    def list_member_withdrawals(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.WithdrawalsPage:
        """List a member's withdrawals.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/withdrawals`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/withdrawals",
                gives=models.WithdrawalsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def make_payments(
        self, body: models.PayBatchBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Pay many merchants from the wallet, all or none.

        Callers: partner.

        Needs `payments.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payment-batches`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/payment-batches",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def make_payment(
        self, body: models.WalletPayBody, *, idempotency_key: str | None = None
    ) -> models.WalletPaymentView:
        """Pay a merchant from the wallet, whole or not at all.

        Callers: partner, person.

        Needs `payments.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payments`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/payments",
                gives=models.WalletPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_payments(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        direction: Literal["in", "out"] | None = None,
    ) -> models.PaymentsPage:
        """List payments and transfers, newest first.

        Callers: partner, person.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/payments",
                gives=models.PaymentsPage,
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "since": since,
                    "until": until,
                    "direction": direction,
                },
            )
        )

    def show_payment(self, payment_id: UUID | str) -> models.WalletPaymentView:
        """Show a payment or transfer, to those between whom it was.

        Callers: partner, person, staff.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments/{payment_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/payments/{part(payment_id)}",
                gives=models.WalletPaymentView,
            )
        )

    def refund_payment(
        self,
        payment_id: UUID | str,
        body: models.WalletRefundBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.WalletRefundView:
        """Send back a part of a payment, from the merchant's wallet to the payer's.

        Only the merchant that was paid. Never more goes back than was paid; the same request id
        with the same amount gives the first refund again.

        Callers: partner, person.

        Needs `refunds.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payments/{payment_id}/refunds`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/payments/{part(payment_id)}/refunds",
                gives=models.WalletRefundView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_refunds(
        self, payment_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.RefundsPage:
        """List the refunds of a payment, the oldest first.

        Callers: partner, person, staff.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments/{payment_id}/refunds`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/payments/{part(payment_id)}/refunds",
                gives=models.RefundsPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def order_top_up(
        self, body: models.BankOrderBody, *, idempotency_key: str | None = None
    ) -> models.TopUpView:
        """Bring money from a bound bank account into the wallet.

        The money is there when the bank has booked it.

        Callers: partner, person.

        Needs `top_ups.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/top-ups`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/top-ups",
                gives=models.TopUpView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_top_ups(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.TopUpsPage:
        """List top-ups: first those under way, then those that came, newest first.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/top-ups`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/top-ups",
                gives=models.TopUpsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def show_top_up(self, top_up_id: UUID | str) -> models.TopUpView:
        """Show a top-up.

        Callers: partner, person, staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/top-ups/{top_up_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/top-ups/{part(top_up_id)}", gives=models.TopUpView)
        )

    def make_transfer(
        self, body: models.TransferBody, *, idempotency_key: str | None = None
    ) -> models.WalletPaymentView:
        """Send money to another member, whole or not at all.

        Callers: partner, person.

        Needs `transfers.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/transfers`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/transfers",
                gives=models.WalletPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def show_balance(self) -> models.BalanceView:
        """Show what is in the wallet, and what of it is held.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/wallet`
        """
        return self._sender.send(Ask(method="GET", path="/v1/wallet", gives=models.BalanceView))

    def show_limits(self) -> models.AllowancesView:
        """Show the limits of the tier, and what of them is used.

        Callers: partner, person.

        Needs `limits.read` (of partners and staff).

        `GET /v1/wallet/limits`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/wallet/limits", gives=models.AllowancesView)
        )

    def show_statement(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.StatementPage:
        """List the movements of the wallet with running balances, newest first.

        Callers: partner, person.

        Needs `statements.read` (of partners and staff).

        `GET /v1/wallet/statement`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/wallet/statement",
                gives=models.StatementPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def stream_balance(self) -> Iterator[Event]:
        """Stream the wallet's balance.

        Server-sent events named `balance`: the balance now, then each time it has changed.
        Connect again after a break.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/wallet/stream`
        """
        return self._sender.stream(Ask(method="GET", path="/v1/wallet/stream", accepts=STREAM))

    def order_withdrawal(
        self, body: models.BankOrderBody, *, idempotency_key: str | None = None
    ) -> models.WithdrawalView:
        """Send money from the wallet to a bound bank account.

        It is held at once, and gone when the bank has taken the order.

        Callers: partner, person.

        Needs `withdrawals.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/withdrawals`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/withdrawals",
                gives=models.WithdrawalView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_withdrawals(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.WithdrawalsPage:
        """List withdrawals, newest first.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/withdrawals`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/withdrawals",
                gives=models.WithdrawalsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def show_withdrawal(self, withdrawal_id: UUID | str) -> models.WithdrawalView:
        """Show a withdrawal.

        Callers: partner, person, staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/withdrawals/{withdrawal_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/withdrawals/{part(withdrawal_id)}",
                gives=models.WithdrawalView,
            )
        )


class AsyncWalletOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def show_member_limits(self, member_id: UUID | str) -> models.AllowancesView:
        """Show a member's limits, and what of them is used.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/limits`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/limits",
                gives=models.AllowancesView,
            )
        )

    async def list_member_payments(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        direction: Literal["in", "out"] | None = None,
    ) -> models.PaymentsPage:
        """List a member's payments and transfers, newest first.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/payments`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/payments",
                gives=models.PaymentsPage,
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "since": since,
                    "until": until,
                    "direction": direction,
                },
            )
        )

    async def show_member_statement(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.StatementPage:
        """List the movements of a member's wallet, newest first.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/statement`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/statement",
                gives=models.StatementPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    async def list_member_top_ups(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.TopUpsPage:
        """List a member's top-ups.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/top-ups`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/top-ups",
                gives=models.TopUpsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    async def show_member_balance(self, member_id: UUID | str) -> models.BalanceView:
        """Show what is in a member's wallet.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/wallet`
        """
        return await self._sender.send(
            Ask(
                method="GET", path=f"/v1/members/{part(member_id)}/wallet", gives=models.BalanceView
            )
        )

    async def list_member_withdrawals(
        self,
        member_id: UUID | str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.WithdrawalsPage:
        """List a member's withdrawals.

        Callers: staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/members/{member_id}/withdrawals`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/withdrawals",
                gives=models.WithdrawalsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    async def make_payments(
        self, body: models.PayBatchBody, *, idempotency_key: str | None = None
    ) -> models.BatchView:
        """Pay many merchants from the wallet, all or none.

        Callers: partner.

        Needs `payments.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payment-batches`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/payment-batches",
                gives=models.BatchView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def make_payment(
        self, body: models.WalletPayBody, *, idempotency_key: str | None = None
    ) -> models.WalletPaymentView:
        """Pay a merchant from the wallet, whole or not at all.

        Callers: partner, person.

        Needs `payments.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payments`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/payments",
                gives=models.WalletPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_payments(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        direction: Literal["in", "out"] | None = None,
    ) -> models.PaymentsPage:
        """List payments and transfers, newest first.

        Callers: partner, person.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/payments",
                gives=models.PaymentsPage,
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "since": since,
                    "until": until,
                    "direction": direction,
                },
            )
        )

    async def show_payment(self, payment_id: UUID | str) -> models.WalletPaymentView:
        """Show a payment or transfer, to those between whom it was.

        Callers: partner, person, staff.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments/{payment_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/payments/{part(payment_id)}",
                gives=models.WalletPaymentView,
            )
        )

    async def refund_payment(
        self,
        payment_id: UUID | str,
        body: models.WalletRefundBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.WalletRefundView:
        """Send back a part of a payment, from the merchant's wallet to the payer's.

        Only the merchant that was paid. Never more goes back than was paid; the same request id
        with the same amount gives the first refund again.

        Callers: partner, person.

        Needs `refunds.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/payments/{payment_id}/refunds`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/payments/{part(payment_id)}/refunds",
                gives=models.WalletRefundView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_refunds(
        self, payment_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.RefundsPage:
        """List the refunds of a payment, the oldest first.

        Callers: partner, person, staff.

        Needs `payments.read` (of partners and staff).

        `GET /v1/payments/{payment_id}/refunds`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/payments/{part(payment_id)}/refunds",
                gives=models.RefundsPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def order_top_up(
        self, body: models.BankOrderBody, *, idempotency_key: str | None = None
    ) -> models.TopUpView:
        """Bring money from a bound bank account into the wallet.

        The money is there when the bank has booked it.

        Callers: partner, person.

        Needs `top_ups.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/top-ups`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/top-ups",
                gives=models.TopUpView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_top_ups(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.TopUpsPage:
        """List top-ups: first those under way, then those that came, newest first.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/top-ups`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/top-ups",
                gives=models.TopUpsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    async def show_top_up(self, top_up_id: UUID | str) -> models.TopUpView:
        """Show a top-up.

        Callers: partner, person, staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/top-ups/{top_up_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/top-ups/{part(top_up_id)}", gives=models.TopUpView)
        )

    async def make_transfer(
        self, body: models.TransferBody, *, idempotency_key: str | None = None
    ) -> models.WalletPaymentView:
        """Send money to another member, whole or not at all.

        Callers: partner, person.

        Needs `transfers.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/transfers`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/transfers",
                gives=models.WalletPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def show_balance(self) -> models.BalanceView:
        """Show what is in the wallet, and what of it is held.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/wallet`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/wallet", gives=models.BalanceView)
        )

    async def show_limits(self) -> models.AllowancesView:
        """Show the limits of the tier, and what of them is used.

        Callers: partner, person.

        Needs `limits.read` (of partners and staff).

        `GET /v1/wallet/limits`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/wallet/limits", gives=models.AllowancesView)
        )

    async def show_statement(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.StatementPage:
        """List the movements of the wallet with running balances, newest first.

        Callers: partner, person.

        Needs `statements.read` (of partners and staff).

        `GET /v1/wallet/statement`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/wallet/statement",
                gives=models.StatementPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    def stream_balance(self) -> AsyncIterator[Event]:
        """Stream the wallet's balance.

        Server-sent events named `balance`: the balance now, then each time it has changed.
        Connect again after a break.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/wallet/stream`
        """
        return self._sender.stream(Ask(method="GET", path="/v1/wallet/stream", accepts=STREAM))

    async def order_withdrawal(
        self, body: models.BankOrderBody, *, idempotency_key: str | None = None
    ) -> models.WithdrawalView:
        """Send money from the wallet to a bound bank account.

        It is held at once, and gone when the bank has taken the order.

        Callers: partner, person.

        Needs `withdrawals.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/withdrawals`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/withdrawals",
                gives=models.WithdrawalView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_withdrawals(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> models.WithdrawalsPage:
        """List withdrawals, newest first.

        Callers: partner, person.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/withdrawals`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/withdrawals",
                gives=models.WithdrawalsPage,
                query={"limit": limit, "cursor": cursor, "since": since, "until": until},
            )
        )

    async def show_withdrawal(self, withdrawal_id: UUID | str) -> models.WithdrawalView:
        """Show a withdrawal.

        Callers: partner, person, staff.

        Needs `wallet.read` (of partners and staff).

        `GET /v1/withdrawals/{withdrawal_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/withdrawals/{part(withdrawal_id)}",
                gives=models.WithdrawalView,
            )
        )

# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `fund`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class FundOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def load_fund_calendar(self, calendar: str, body: models.CalendarBody) -> None:
        """Load a calendar.

        Or more days of one; a day that has begun keeps what it was.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/fund-calendars/{calendar}`
        """
        self._sender.send(
            Ask[None](method="PUT", path=f"/v1/fund-calendars/{part(calendar)}", body=body)
        )

    def show_fund_order(self, order_id: UUID | str) -> models.OrderView:
        """Show an order.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/fund-orders/{order_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/fund-orders/{part(order_id)}", gives=models.OrderView)
        )

    def cancel_fund_order(
        self, order_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Cancel an order.

        Until the cut-off of its trade day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/cancellation`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/cancellation",
                gives=models.OrderView,
                money=True,
                key=idempotency_key,
            )
        )

    def pay_fund_order(
        self, order_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Pay a subscription.

        One that was accepted without money.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/payment`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/payment",
                gives=models.OrderView,
                money=True,
                key=idempotency_key,
            )
        )

    def reject_fund_order(
        self,
        order_id: UUID | str,
        body: models.FundReasonBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.OrderView:
        """Reject an order.

        One that was sent; money and shares are free at once.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/rejection`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/rejection",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def pay_unpaid_fund_order(
        self, order_id: UUID | str, body: models.PayeeBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Pay an unpaid redemption.

        Whose own wallet could not take it.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/settlement`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/settlement",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_funds(self) -> models.FundList:
        """List funds.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds`
        """
        return self._sender.send(Ask(method="GET", path="/v1/funds", gives=models.FundList))

    def show_fund(self, fund: str) -> models.FundView:
        """Show a fund.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}", gives=models.FundView)
        )

    def open_fund_advance_line(self, fund: str, body: models.LineBody) -> models.FundLineView:
        """Open an advance line.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/advance-lines`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/advance-lines",
                gives=models.FundLineView,
                body=body,
            )
        )

    def show_fund_day(self, fund: str, on: dt.date | str) -> models.DayView:
        """Show a day's yield.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/days/{on}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/days/{part(on)}", gives=models.DayView)
        )

    def close_fund_day_step(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.StepView:
        """Close a day by a step.

        Go on, each time with a key of its own, until the next step is `closed`.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/closing-steps`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/closing-steps",
                gives=models.StepView,
                money=True,
                key=idempotency_key,
            )
        )

    def publish_fund_income(
        self, fund: str, on: dt.date | str, body: models.NetIncome | models.PerTenThousand
    ) -> models.IncomePublished:
        """Publish a day's income.

        Again with the same figure changes nothing.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/days/{on}/income`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/income",
                gives=models.IncomePublished,
                body=body,
            )
        )

    def open_fund_day_step(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.StepView:
        """Open a day by a step.

        Confirms and pays in the morning what is due; go on until the next step is `cut`.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/opening-steps`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/opening-steps",
                gives=models.StepView,
                money=True,
                key=idempotency_key,
            )
        )

    def list_fund_day_steps(self, fund: str, on: dt.date | str) -> models.DoneList:
        """List the steps of a day.

        Callers: staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/days/{on}/steps`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/steps",
                gives=models.DoneList,
            )
        )

    def sweep_into_fund(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.SweptView:
        """Sweep wallets into the fund.

        Today's, once; again gives the first answer.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/sweep`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/sweep",
                gives=models.SweptView,
                money=True,
                key=idempotency_key,
            )
        )

    def report_fund_valuation(
        self, fund: str, on: dt.date | str, body: models.ValuationBody
    ) -> models.VerdictView:
        """Report a day's valuation.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/days/{on}/valuation`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/valuation",
                gives=models.VerdictView,
                body=body,
            )
        )

    def redeem_fast_from_fund(
        self, fund: str, body: models.FastBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Redeem at once.

        A bank advances the money; dated limits apply.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/fast-redemptions`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/fast-redemptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def open_fund_holding(self, fund: str) -> models.HoldingView:
        """Open my holding.

        Before the first order; again changes nothing.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        `POST /v1/funds/{fund}/holding`
        """
        return self._sender.send(
            Ask(method="POST", path=f"/v1/funds/{part(fund)}/holding", gives=models.HoldingView)
        )

    def show_fund_holding(self, fund: str) -> models.HoldingView:
        """Show my holding.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/holding`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/holding", gives=models.HoldingView)
        )

    def open_fund_holdings(self, fund: str, body: models.HoldingsBody) -> models.HoldingsView:
        """Open holdings.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/holdings`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/holdings",
                gives=models.HoldingsView,
                body=body,
            )
        )

    def list_fund_income(
        self, fund: str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.IncomeList:
        """List my income.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/income`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/income",
                gives=models.IncomeList,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def set_fund_limit(self, fund: str, body: models.LimitBody) -> models.FundView:
        """Set a dated limit.

        The same rule, subject and first day again replaces it.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/limits`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/limits",
                gives=models.FundView,
                body=body,
            )
        )

    def list_fund_orders(
        self,
        fund: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        kind: models.OrderKind | None = None,
    ) -> models.OrderPage:
        """List my orders.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/orders`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/orders",
                gives=models.OrderPage,
                query={"limit": limit, "cursor": cursor, "kind": kind},
            )
        )

    def pay_merchant_from_fund(
        self, fund: str, body: models.FundPayBody, *, idempotency_key: str | None = None
    ) -> models.FundPaymentView:
        """Pay from the fund.

        What cash lacks is redeemed at once, then the wallet pays all; whole or not at all.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/payments`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/payments",
                gives=models.FundPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def redeem_from_fund(
        self, fund: str, body: models.RedeemBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Redeem.

        Paid into the wallet when it is confirmed, on the next open day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/redemptions`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/redemptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def set_fund_sales(self, fund: str, body: models.SalesBody) -> models.FundView:
        """Open or stop sales.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/sales`
        """
        return self._sender.send(
            Ask(
                method="PUT", path=f"/v1/funds/{part(fund)}/sales", gives=models.FundView, body=body
            )
        )

    def freeze_fund_shares(
        self, fund: str, body: models.FundFreezeBody, *, idempotency_key: str | None = None
    ) -> models.FreezeView:
        """Freeze shares.

        By a court's order, the holder's wish, as a pledge (0, 1, 2).

        Callers: staff.

        Needs `fund.freeze_shares` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/share-freezes`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/share-freezes",
                gives=models.FreezeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def subscribe_to_fund(
        self, fund: str, body: models.SubscribeBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Subscribe.

        The money leaves the wallet now; the shares come on the next open day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/subscriptions`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/subscriptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def set_fund_sweep(self, fund: str, body: models.SweepBody) -> models.HoldingView:
        """Choose the daily sweep.

        What is above the sum to keep goes from the wallet into the fund, once a day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        `PUT /v1/funds/{fund}/sweep`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/sweep",
                gives=models.HoldingView,
                body=body,
            )
        )

    def show_fund_totals(self, fund: str) -> models.TotalsView:
        """Show a fund's sums.

        Callers: staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/totals`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/totals", gives=models.TotalsView)
        )


class AsyncFundOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def load_fund_calendar(self, calendar: str, body: models.CalendarBody) -> None:
        """Load a calendar.

        Or more days of one; a day that has begun keeps what it was.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/fund-calendars/{calendar}`
        """
        await self._sender.send(
            Ask[None](method="PUT", path=f"/v1/fund-calendars/{part(calendar)}", body=body)
        )

    async def show_fund_order(self, order_id: UUID | str) -> models.OrderView:
        """Show an order.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/fund-orders/{order_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/fund-orders/{part(order_id)}", gives=models.OrderView)
        )

    async def cancel_fund_order(
        self, order_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Cancel an order.

        Until the cut-off of its trade day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/cancellation`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/cancellation",
                gives=models.OrderView,
                money=True,
                key=idempotency_key,
            )
        )

    async def pay_fund_order(
        self, order_id: UUID | str, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Pay a subscription.

        One that was accepted without money.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/payment`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/payment",
                gives=models.OrderView,
                money=True,
                key=idempotency_key,
            )
        )

    async def reject_fund_order(
        self,
        order_id: UUID | str,
        body: models.FundReasonBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.OrderView:
        """Reject an order.

        One that was sent; money and shares are free at once.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/rejection`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/rejection",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def pay_unpaid_fund_order(
        self, order_id: UUID | str, body: models.PayeeBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Pay an unpaid redemption.

        Whose own wallet could not take it.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/fund-orders/{order_id}/settlement`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/fund-orders/{part(order_id)}/settlement",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_funds(self) -> models.FundList:
        """List funds.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds`
        """
        return await self._sender.send(Ask(method="GET", path="/v1/funds", gives=models.FundList))

    async def show_fund(self, fund: str) -> models.FundView:
        """Show a fund.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}", gives=models.FundView)
        )

    async def open_fund_advance_line(self, fund: str, body: models.LineBody) -> models.FundLineView:
        """Open an advance line.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/advance-lines`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/advance-lines",
                gives=models.FundLineView,
                body=body,
            )
        )

    async def show_fund_day(self, fund: str, on: dt.date | str) -> models.DayView:
        """Show a day's yield.

        Callers: partner, person, staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/days/{on}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/days/{part(on)}", gives=models.DayView)
        )

    async def close_fund_day_step(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.StepView:
        """Close a day by a step.

        Go on, each time with a key of its own, until the next step is `closed`.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/closing-steps`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/closing-steps",
                gives=models.StepView,
                money=True,
                key=idempotency_key,
            )
        )

    async def publish_fund_income(
        self, fund: str, on: dt.date | str, body: models.NetIncome | models.PerTenThousand
    ) -> models.IncomePublished:
        """Publish a day's income.

        Again with the same figure changes nothing.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/days/{on}/income`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/income",
                gives=models.IncomePublished,
                body=body,
            )
        )

    async def open_fund_day_step(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.StepView:
        """Open a day by a step.

        Confirms and pays in the morning what is due; go on until the next step is `cut`.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/opening-steps`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/opening-steps",
                gives=models.StepView,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_fund_day_steps(self, fund: str, on: dt.date | str) -> models.DoneList:
        """List the steps of a day.

        Callers: staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/days/{on}/steps`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/steps",
                gives=models.DoneList,
            )
        )

    async def sweep_into_fund(
        self, fund: str, on: dt.date | str, *, idempotency_key: str | None = None
    ) -> models.SweptView:
        """Sweep wallets into the fund.

        Today's, once; again gives the first answer.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/days/{on}/sweep`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/sweep",
                gives=models.SweptView,
                money=True,
                key=idempotency_key,
            )
        )

    async def report_fund_valuation(
        self, fund: str, on: dt.date | str, body: models.ValuationBody
    ) -> models.VerdictView:
        """Report a day's valuation.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/days/{on}/valuation`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/days/{part(on)}/valuation",
                gives=models.VerdictView,
                body=body,
            )
        )

    async def redeem_fast_from_fund(
        self, fund: str, body: models.FastBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Redeem at once.

        A bank advances the money; dated limits apply.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/fast-redemptions`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/fast-redemptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def open_fund_holding(self, fund: str) -> models.HoldingView:
        """Open my holding.

        Before the first order; again changes nothing.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        `POST /v1/funds/{fund}/holding`
        """
        return await self._sender.send(
            Ask(method="POST", path=f"/v1/funds/{part(fund)}/holding", gives=models.HoldingView)
        )

    async def show_fund_holding(self, fund: str) -> models.HoldingView:
        """Show my holding.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/holding`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/holding", gives=models.HoldingView)
        )

    async def open_fund_holdings(self, fund: str, body: models.HoldingsBody) -> models.HoldingsView:
        """Open holdings.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/holdings`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/holdings",
                gives=models.HoldingsView,
                body=body,
            )
        )

    async def list_fund_income(
        self, fund: str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.IncomeList:
        """List my income.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/income`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/income",
                gives=models.IncomeList,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def set_fund_limit(self, fund: str, body: models.LimitBody) -> models.FundView:
        """Set a dated limit.

        The same rule, subject and first day again replaces it.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `POST /v1/funds/{fund}/limits`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/limits",
                gives=models.FundView,
                body=body,
            )
        )

    async def list_fund_orders(
        self,
        fund: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        kind: models.OrderKind | None = None,
    ) -> models.OrderPage:
        """List my orders.

        Callers: partner, person.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/orders`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/funds/{part(fund)}/orders",
                gives=models.OrderPage,
                query={"limit": limit, "cursor": cursor, "kind": kind},
            )
        )

    async def pay_merchant_from_fund(
        self, fund: str, body: models.FundPayBody, *, idempotency_key: str | None = None
    ) -> models.FundPaymentView:
        """Pay from the fund.

        What cash lacks is redeemed at once, then the wallet pays all; whole or not at all.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/payments`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/payments",
                gives=models.FundPaymentView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def redeem_from_fund(
        self, fund: str, body: models.RedeemBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Redeem.

        Paid into the wallet when it is confirmed, on the next open day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/redemptions`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/redemptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def set_fund_sales(self, fund: str, body: models.SalesBody) -> models.FundView:
        """Open or stop sales.

        Callers: staff.

        Needs `fund.operate` (of partners and staff).

        `PUT /v1/funds/{fund}/sales`
        """
        return await self._sender.send(
            Ask(
                method="PUT", path=f"/v1/funds/{part(fund)}/sales", gives=models.FundView, body=body
            )
        )

    async def freeze_fund_shares(
        self, fund: str, body: models.FundFreezeBody, *, idempotency_key: str | None = None
    ) -> models.FreezeView:
        """Freeze shares.

        By a court's order, the holder's wish, as a pledge (0, 1, 2).

        Callers: staff.

        Needs `fund.freeze_shares` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/share-freezes`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/share-freezes",
                gives=models.FreezeView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def subscribe_to_fund(
        self, fund: str, body: models.SubscribeBody, *, idempotency_key: str | None = None
    ) -> models.OrderView:
        """Subscribe.

        The money leaves the wallet now; the shares come on the next open day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/funds/{fund}/subscriptions`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/funds/{part(fund)}/subscriptions",
                gives=models.OrderView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def set_fund_sweep(self, fund: str, body: models.SweepBody) -> models.HoldingView:
        """Choose the daily sweep.

        What is above the sum to keep goes from the wallet into the fund, once a day.

        Callers: partner, person.

        Needs `fund.write` (of partners and staff).

        `PUT /v1/funds/{fund}/sweep`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/funds/{part(fund)}/sweep",
                gives=models.HoldingView,
                body=body,
            )
        )

    async def show_fund_totals(self, fund: str) -> models.TotalsView:
        """Show a fund's sums.

        Callers: staff.

        Needs `fund.read` (of partners and staff).

        `GET /v1/funds/{fund}/totals`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/funds/{part(fund)}/totals", gives=models.TotalsView)
        )

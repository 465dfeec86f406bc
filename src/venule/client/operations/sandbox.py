# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `sandbox`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class SandboxOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def sign_up(self, body: models.SignUpBody) -> models.SignedUp:
        """Sign up, and get a sandbox of one's own.

        Nobody is asked. The sandbox has a clock of its own, a merchant, two members with play
        money, a fund, a simulated bank and a gateway for SDKs; the answer has all credentials,
        and is the only one that has them.

        `POST /sandbox/sign-up`
        """
        return self._sender.send(
            Ask(method="POST", path="/sandbox/sign-up", gives=models.SignedUp, body=body)
        )

    def show_bank_faults(self) -> models.BankFaults:
        """Show how the simulated bank behaves.

        `GET /v1/sandbox/bank-faults`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/sandbox/bank-faults", gives=models.BankFaults)
        )

    def set_bank_faults(self, body: models.BankFaults) -> models.BankFaults:
        """Let the simulated bank refuse, lose, reject, return, repeat or be silent.

        `PUT /v1/sandbox/bank-faults`
        """
        return self._sender.send(
            Ask(method="PUT", path="/v1/sandbox/bank-faults", gives=models.BankFaults, body=body)
        )

    def show_clock(self) -> models.ClockView:
        """Show the sandbox's clock.

        `GET /v1/sandbox/clock`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/sandbox/clock", gives=models.ClockView)
        )

    def move_clock(self, body: models.ClockBody) -> models.ClockView:
        """Let time pass in the sandbox.

        What falls due on the way is done at its own instant, in order: deadlines, the bank's
        messages, webhooks and notifications with their retries, the days of the fund. The clock
        never goes back; an instant that is over leaves it where it is. At most 400 days at a
        time.

        `POST /v1/sandbox/clock`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/clock", gives=models.ClockView, body=body)
        )

    def authorise(self, body: models.PlayConsent) -> models.PlayedConsent:
        """Consent to what an application asks for.

        `POST /v1/sandbox/gateway/authorise`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/authorise",
                gives=models.PlayedConsent,
                body=body,
            )
        )

    def confirm(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Confirm receipt.

        `POST /v1/sandbox/gateway/confirm`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/confirm",
                gives=models.PlayedTrade,
                body=body,
            )
        )

    def pay(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Pay an order.

        `POST /v1/sandbox/gateway/pay`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/pay", gives=models.PlayedTrade, body=body)
        )

    def code(self, body: models.PlayCode) -> models.PlayedCode:
        """Show a payment code.

        `POST /v1/sandbox/gateway/paycode`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/paycode",
                gives=models.PlayedCode,
                body=body,
            )
        )

    def ship(self, body: models.PlayShipping) -> models.PlayedTrade:
        """Ship goods.

        `POST /v1/sandbox/gateway/ship`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/ship", gives=models.PlayedTrade, body=body)
        )

    def add_test_member(self, body: models.TestMemberBody) -> models.TestMember:
        """Make a test member with money.

        `POST /v1/sandbox/members`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/members", gives=models.TestMember, body=body)
        )

    def open_test_session(self, member_id: UUID | str) -> models.ServingSessionView:
        """Be a member of the sandbox, without their credentials.

        `POST /v1/sandbox/members/{member_id}/session`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/sandbox/members/{part(member_id)}/session",
                gives=models.ServingSessionView,
            )
        )

    def top_up_at_play(self, body: models.PlayTopUp) -> models.PlayBalance:
        """Give a member play money.

        `POST /v1/sandbox/top-ups`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/top-ups", gives=models.PlayBalance, body=body)
        )


class AsyncSandboxOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def sign_up(self, body: models.SignUpBody) -> models.SignedUp:
        """Sign up, and get a sandbox of one's own.

        Nobody is asked. The sandbox has a clock of its own, a merchant, two members with play
        money, a fund, a simulated bank and a gateway for SDKs; the answer has all credentials,
        and is the only one that has them.

        `POST /sandbox/sign-up`
        """
        return await self._sender.send(
            Ask(method="POST", path="/sandbox/sign-up", gives=models.SignedUp, body=body)
        )

    async def show_bank_faults(self) -> models.BankFaults:
        """Show how the simulated bank behaves.

        `GET /v1/sandbox/bank-faults`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/sandbox/bank-faults", gives=models.BankFaults)
        )

    async def set_bank_faults(self, body: models.BankFaults) -> models.BankFaults:
        """Let the simulated bank refuse, lose, reject, return, repeat or be silent.

        `PUT /v1/sandbox/bank-faults`
        """
        return await self._sender.send(
            Ask(method="PUT", path="/v1/sandbox/bank-faults", gives=models.BankFaults, body=body)
        )

    async def show_clock(self) -> models.ClockView:
        """Show the sandbox's clock.

        `GET /v1/sandbox/clock`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/sandbox/clock", gives=models.ClockView)
        )

    async def move_clock(self, body: models.ClockBody) -> models.ClockView:
        """Let time pass in the sandbox.

        What falls due on the way is done at its own instant, in order: deadlines, the bank's
        messages, webhooks and notifications with their retries, the days of the fund. The clock
        never goes back; an instant that is over leaves it where it is. At most 400 days at a
        time.

        `POST /v1/sandbox/clock`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/clock", gives=models.ClockView, body=body)
        )

    async def authorise(self, body: models.PlayConsent) -> models.PlayedConsent:
        """Consent to what an application asks for.

        `POST /v1/sandbox/gateway/authorise`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/authorise",
                gives=models.PlayedConsent,
                body=body,
            )
        )

    async def confirm(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Confirm receipt.

        `POST /v1/sandbox/gateway/confirm`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/confirm",
                gives=models.PlayedTrade,
                body=body,
            )
        )

    async def pay(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Pay an order.

        `POST /v1/sandbox/gateway/pay`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/pay", gives=models.PlayedTrade, body=body)
        )

    async def code(self, body: models.PlayCode) -> models.PlayedCode:
        """Show a payment code.

        `POST /v1/sandbox/gateway/paycode`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/paycode",
                gives=models.PlayedCode,
                body=body,
            )
        )

    async def ship(self, body: models.PlayShipping) -> models.PlayedTrade:
        """Ship goods.

        `POST /v1/sandbox/gateway/ship`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/ship", gives=models.PlayedTrade, body=body)
        )

    async def add_test_member(self, body: models.TestMemberBody) -> models.TestMember:
        """Make a test member with money.

        `POST /v1/sandbox/members`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/members", gives=models.TestMember, body=body)
        )

    async def open_test_session(self, member_id: UUID | str) -> models.ServingSessionView:
        """Be a member of the sandbox, without their credentials.

        `POST /v1/sandbox/members/{member_id}/session`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/sandbox/members/{part(member_id)}/session",
                gives=models.ServingSessionView,
            )
        )

    async def top_up_at_play(self, body: models.PlayTopUp) -> models.PlayBalance:
        """Give a member play money.

        `POST /v1/sandbox/top-ups`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/top-ups", gives=models.PlayBalance, body=body)
        )

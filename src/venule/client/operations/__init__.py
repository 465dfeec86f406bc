# Made from the description of the API by `make pages`; do not edit.
"""Every operation of the API, in groups."""

from __future__ import annotations

from venule.client.operations.access import AccessOperations, AsyncAccessOperations
from venule.client.operations.bank import AsyncBankOperations, BankOperations
from venule.client.operations.escrow import AsyncEscrowOperations, EscrowOperations
from venule.client.operations.fund import AsyncFundOperations, FundOperations
from venule.client.operations.gateway import AsyncGatewayOperations, GatewayOperations
from venule.client.operations.members import AsyncMembersOperations, MembersOperations
from venule.client.operations.operations import AsyncOperationsOperations, OperationsOperations
from venule.client.operations.partners import AsyncPartnersOperations, PartnersOperations
from venule.client.operations.sandbox import AsyncSandboxOperations, SandboxOperations
from venule.client.operations.wallet import AsyncWalletOperations, WalletOperations
from venule.client.operations.webhooks import AsyncWebhooksOperations, WebhooksOperations
from venule.client.ports import AsyncSender, Sender


class Operations:
    """What a client has: all groups of operations."""

    def __init__(self, sender: Sender) -> None:
        self.access = AccessOperations(sender)
        self.bank = BankOperations(sender)
        self.escrow = EscrowOperations(sender)
        self.fund = FundOperations(sender)
        self.gateway = GatewayOperations(sender)
        self.members = MembersOperations(sender)
        self.operations = OperationsOperations(sender)
        self.partners = PartnersOperations(sender)
        self.sandbox = SandboxOperations(sender)
        self.wallet = WalletOperations(sender)
        self.webhooks = WebhooksOperations(sender)


class AsyncOperations:
    """What a client has: all groups of operations, awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self.access = AsyncAccessOperations(sender)
        self.bank = AsyncBankOperations(sender)
        self.escrow = AsyncEscrowOperations(sender)
        self.fund = AsyncFundOperations(sender)
        self.gateway = AsyncGatewayOperations(sender)
        self.members = AsyncMembersOperations(sender)
        self.operations = AsyncOperationsOperations(sender)
        self.partners = AsyncPartnersOperations(sender)
        self.sandbox = AsyncSandboxOperations(sender)
        self.wallet = AsyncWalletOperations(sender)
        self.webhooks = AsyncWebhooksOperations(sender)

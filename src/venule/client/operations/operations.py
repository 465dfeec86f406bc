# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `operations`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class OperationsOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list_events(self, *, limit: int | None = None, cursor: str | None = None) -> models.Events:
        """List recorded events, oldest first.

        Callers: staff.

        Needs `audit.read` (of partners and staff).

        `GET /v1/events`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/events",
                gives=models.Events,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def list_dead_jobs(self) -> models.Jobs:
        """List jobs that gave up.

        Callers: staff.

        Needs `jobs.read` (of partners and staff).

        `GET /v1/jobs/dead`
        """
        return self._sender.send(Ask(method="GET", path="/v1/jobs/dead", gives=models.Jobs))

    def revive_job(self, job_id: UUID | str) -> models.JobView:
        """Try a dead job again.

        Callers: staff.

        Needs `jobs.write` (of partners and staff).

        `POST /v1/jobs/{job_id}/revive`
        """
        return self._sender.send(
            Ask(method="POST", path=f"/v1/jobs/{part(job_id)}/revive", gives=models.JobView)
        )

    def show_trial_balance(self) -> models.TrialBalance:
        """Show the trial balance.

        Callers: staff.

        Needs `ledger.read` (of partners and staff).

        `GET /v1/trial-balance`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/trial-balance", gives=models.TrialBalance)
        )


class AsyncOperationsOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def list_events(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.Events:
        """List recorded events, oldest first.

        Callers: staff.

        Needs `audit.read` (of partners and staff).

        `GET /v1/events`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/events",
                gives=models.Events,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def list_dead_jobs(self) -> models.Jobs:
        """List jobs that gave up.

        Callers: staff.

        Needs `jobs.read` (of partners and staff).

        `GET /v1/jobs/dead`
        """
        return await self._sender.send(Ask(method="GET", path="/v1/jobs/dead", gives=models.Jobs))

    async def revive_job(self, job_id: UUID | str) -> models.JobView:
        """Try a dead job again.

        Callers: staff.

        Needs `jobs.write` (of partners and staff).

        `POST /v1/jobs/{job_id}/revive`
        """
        return await self._sender.send(
            Ask(method="POST", path=f"/v1/jobs/{part(job_id)}/revive", gives=models.JobView)
        )

    async def show_trial_balance(self) -> models.TrialBalance:
        """Show the trial balance.

        Callers: staff.

        Needs `ledger.read` (of partners and staff).

        `GET /v1/trial-balance`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/trial-balance", gives=models.TrialBalance)
        )

"""The room's jobs: a proposal that nobody decides ends by itself."""

from __future__ import annotations

from venule.access.approvals import EXPIRE_PROPOSAL, expire_proposal
from venule.kit.jobs import Handler


def access_jobs() -> dict[str, Handler]:
    """Return the handlers of the room's jobs, by kind."""
    return {EXPIRE_PROPOSAL: expire_proposal}

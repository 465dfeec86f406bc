"""Approving what another one proposed: the checker's passkey signs the digest of what was shown."""

from __future__ import annotations

from typing import Final

from venule.access import rules
from venule.access.approvals import Sensitive, note_failed, proposal, reject, withdraw
from venule.access.authn import Authn
from venule.access.commands import Approve, NoteFailed, Origin, Propose, Reject, Withdraw
from venule.access.credentials import passkeys
from venule.access.errors import (
    CeremonyRefused,
    CheckerIsMaker,
    CheckerNotIndependent,
    KindNotSensitive,
    PermissionMissing,
    ProposalDecided,
    ProposalDiffers,
    ProposalExpired,
    ProposalUnknown,
    SessionOver,
)
from venule.access.front import Ceremony, Front, within
from venule.access.model import (
    Assertion,
    ChallengeId,
    Denial,
    Proposal,
    ProposalId,
    Purpose,
    SessionFacts,
)
from venule.kit.errors import AppError
from venule.kit.http.errors import StepUpNeeded
from venule.kit.relay import CommandBroke

OF_THE_APPROVAL: Final = (
    CeremonyRefused,
    CheckerIsMaker,
    CheckerNotIndependent,
    KindNotSensitive,
    PermissionMissing,
    ProposalDecided,
    ProposalDiffers,
    ProposalExpired,
    ProposalUnknown,
    SessionOver,
    StepUpNeeded,
)
"""What an approval itself is refused for; anything else is the command's own refusal."""


class Approving:
    """Proposals, from both sides."""

    def __init__(self, front: Front, authn: Authn, sensitive: Sensitive) -> None:
        self._front = front
        self._authn = authn
        self._sensitive = sensitive

    async def propose(
        self, facts: SessionFacts, kind: str, body: bytes, reason: str, origin: Origin
    ) -> Proposal:
        """Propose a command. Raises: as `Sensitive.propose`."""
        asked = Propose(facts.session.id, kind, body, reason, within(facts, origin))
        return await self._front.door.acall(self._sensitive.propose, asked)

    async def begin(self, facts: SessionFacts, proposal_id: ProposalId, digest: bytes) -> Ceremony:
        """Begin to approve with a passkey: what it signs contains the digest.

        Raises: ProposalUnknown, ProposalDiffers, ProposalExpired.
        """
        front = self._front
        found = await front.door.aread(proposal, proposal_id)
        rules.check_undecided(found, digest, front.clock.now())
        challenge = await front.begin(
            Purpose.APPROVE,
            login_id=facts.login_id,
            session_id=facts.session.id,
            subject=digest,
            ends_with=digest,
        )
        allowed = await front.door.aread(passkeys, facts.login_id)
        return Ceremony(challenge.id, front.ceremonies.assertion(challenge.challenge, allowed))

    async def approve_with_passkey(
        self,
        facts: SessionFacts,
        proposal_id: ProposalId,
        digest: bytes,
        challenge_id: ChallengeId,
        answer: str,
        origin: Origin,
    ) -> Proposal:
        """Finish it: the command is carried out. Raises: as `Sensitive.approve`."""
        seen = await self._front.asserted(challenge_id, answer)
        return await self._approve(facts, proposal_id, digest, seen, origin)

    async def approve(
        self, facts: SessionFacts, proposal_id: ProposalId, digest: bytes, origin: Origin
    ) -> Proposal:
        """Approve after a step-up with TOTP. Raises: as `Sensitive.approve`."""
        return await self._approve(facts, proposal_id, digest, None, origin)

    async def _approve(
        self,
        facts: SessionFacts,
        proposal_id: ProposalId,
        digest: bytes,
        seen: Assertion | None,
        origin: Origin,
    ) -> Proposal:
        door, origin = self._front.door, within(facts, origin)
        asked = Approve(facts.session.id, proposal_id, digest, seen, origin)
        challenge_id = None if seen is None else seen.challenge_id
        try:
            done = await door.acall(self._sensitive.approve, asked)
        except CeremonyRefused:
            await self._front.deny("proposal.approve", Denial.PASSKEY, origin, challenge_id)
            raise
        except AppError as error:
            if _is_the_commands(error):
                failed = NoteFailed(
                    facts.session.id,
                    proposal_id,
                    digest,
                    f"{error.slug}: {error.message}",
                    challenge_id,
                    origin,
                )
                await door.acall(note_failed, failed)
            raise
        self._authn.forget()  # it may have been about somebody's roles or login
        return done

    async def reject(
        self, facts: SessionFacts, proposal_id: ProposalId, digest: bytes, note: str, origin: Origin
    ) -> Proposal:
        """Reject what was shown. Raises: as `reject`."""
        asked = Reject(facts.session.id, proposal_id, digest, note, within(facts, origin))
        return await self._front.door.acall(reject, asked)

    async def withdraw(
        self, facts: SessionFacts, proposal_id: ProposalId, origin: Origin
    ) -> Proposal:
        """Take back what one has proposed oneself. Raises: as `withdraw`."""
        asked = Withdraw(facts.session.id, proposal_id, within(facts, origin))
        return await self._front.door.acall(withdraw, asked)


def _is_the_commands(error: AppError) -> bool:
    if isinstance(error, OF_THE_APPROVAL):
        return False
    return error.status < 500 or isinstance(error, CommandBroke)

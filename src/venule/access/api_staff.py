"""What the staff does about logins, each other and what takes two, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from venule.access.api_log import AuthEventsParams, events_page
from venule.access.api_views import (
    AuthEventsView,
    CeremonyView,
    CredentialsView,
    Digest,
    LoginName,
    PasskeyAnswer,
    ProposalsView,
    ProposalView,
    Reason,
    StaffListView,
    answer_text,
    ceremony_view,
    credentials_view,
    facts_of,
    origin_of,
    proposal_view,
    staff_view,
)
from venule.access.approvals import Sensitive, proposal, proposals
from venule.access.approving import Approving
from venule.access.authn import Authn
from venule.access.commands import DisableLogin, OpenLogin, OwnerQuery, ProposalQuery
from venule.access.enrolment import Enrolment
from venule.access.errors import (
    CeremonyRefused,
    CheckerIsMaker,
    CheckerNotIndependent,
    KindNotSensitive,
    LoginNameMalformed,
    LoginNameTaken,
    LoginThere,
    LoginTransitionIllegal,
    LoginUnknown,
    OwnerGone,
    PermissionMissing,
    ProposalDecided,
    ProposalDiffers,
    ProposalExpired,
    ProposalMalformed,
    ProposalUnknown,
    SessionOver,
)
from venule.access.logins import disable_login, login_of, open_login
from venule.access.model import (
    PAGE_MAX,
    ChallengeId,
    LoginId,
    OwnerKind,
    ProposalId,
    ProposalState,
    StaffId,
)
from venule.access.staff import all_staff
from venule.kit.http import STAFF, Call, Cursor, CursorUnknown, Route, Shape
from venule.kit.http import give_cursor as give
from venule.kit.http import take_cursor as take
from venule.kit.http.errors import StepUpNeeded
from venule.members import MemberId, MemberUnknown

TAG: Final = "access"
BODY_FIELDS_MAX: Final = 64


class OwnerPath(msgspec.Struct, frozen=True):
    """Which member."""

    member_id: MemberId


class LoginPath(msgspec.Struct, frozen=True):
    """Which login."""

    login_id: LoginId


class ProposalPath(msgspec.Struct, frozen=True):
    """Which proposal."""

    proposal_id: ProposalId


class OpenLoginBody(Shape, frozen=True):
    """The name of the login."""

    login: LoginName


class DisableBody(Shape, frozen=True):
    """Why; for those who look into it later."""

    reason: Reason


class IssuedView(msgspec.Struct, frozen=True):
    """An enrolment code, shown once."""

    code: str
    login: CredentialsView


class KindsView(msgspec.Struct, frozen=True):
    """The commands that take two people."""

    items: list[str]


class ProposalsParams(Shape, frozen=True):
    """Which page, the newest first; of all or of one state."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX - 1)] = 50
    cursor: Cursor | None = None
    state: ProposalState | None = None


class ProposeBody(Shape, frozen=True):
    """A command that takes two people. body: what it takes."""

    kind: Annotated[str, msgspec.Meta(max_length=64, examples=["members.change_tier"])]
    body: Annotated[dict[str, Any], msgspec.Meta(max_length=BODY_FIELDS_MAX)]
    reason: Reason


class DigestBody(Shape, frozen=True):
    """The digest of what was shown."""

    digest: Digest


class PasskeyProof(Shape, frozen=True):
    """A passkey's answer to the challenge that holds the digest."""

    challenge_id: ChallengeId
    answer: PasskeyAnswer


class ApproveBody(Shape, frozen=True):
    """The digest of what was shown. passkey: without it, TOTP was shown in the last minutes."""

    digest: Digest
    passkey: PasskeyProof | None = None


class RejectBody(Shape, frozen=True):
    """The digest of what was shown, and why not."""

    digest: Digest
    note: Reason


class StaffApi:
    """The operations for the staff."""

    def __init__(
        self, authn: Authn, enrolment: Enrolment, approving: Approving, sensitive: Sensitive
    ) -> None:
        self._authn = authn
        self._enrolment = enrolment
        self._approving = approving
        self._sensitive = sensitive

    # Logins and the log

    async def list_staff(self, call: Call[None, None, None]) -> StaffListView:
        """List the staff."""
        return StaffListView([staff_view(each) for each in await call.door.aread(all_staff)])

    async def open_member_login(self, call: Call[OpenLoginBody, None, OwnerPath]) -> IssuedView:
        """Let a member have a login."""
        made = await call.door.acall(
            open_login, OpenLogin(call.path.member_id, call.body.login, origin_of(call))
        )
        return await self._issue(call, made.id)

    async def show_member_login(self, call: Call[None, None, OwnerPath]) -> CredentialsView:
        """Show a member's login."""
        query = OwnerQuery(OwnerKind.PERSON, call.path.member_id)
        return credentials_view(await call.door.aread(login_of, query))

    async def issue_code(self, call: Call[None, None, LoginPath]) -> IssuedView:
        """Hand out an enrolment code."""
        return await self._issue(call, call.path.login_id)

    async def _issue(self, call: Call[Any, Any, Any], login_id: LoginId) -> IssuedView:
        by = StaffId(facts_of(call).owner_id)
        issued = await self._enrolment.issue(login_id, by, origin_of(call))
        return IssuedView(issued.code, credentials_view(issued.login))

    async def disable_login(self, call: Call[DisableBody, None, LoginPath]) -> CredentialsView:
        """Let nobody in with a login."""
        asked = DisableLogin(call.path.login_id, call.body.reason, origin_of(call))
        disabled = await call.door.acall(disable_login, asked)
        self._authn.forget(call.path.login_id)
        return credentials_view(disabled)

    async def list_auth_events(self, call: Call[None, AuthEventsParams, None]) -> AuthEventsView:
        """List what was tried."""
        return await events_page(call.door, call.query, call.query.login_id)

    # What takes two

    async def list_proposal_kinds(self, call: Call[None, None, None]) -> KindsView:
        """List the commands that take two people."""
        return KindsView(self._sensitive.kinds())

    async def list_proposals(self, call: Call[None, ProposalsParams, None]) -> ProposalsView:
        """List proposals."""
        query = call.query
        before = None if query.cursor is None else take(query.cursor, ProposalId)
        asked = ProposalQuery(query.state, before, query.limit + 1)
        found = await call.door.aread(proposals, asked)
        page = found[: query.limit]
        more = give(page[-1].id) if len(found) > len(page) else None
        return ProposalsView([proposal_view(each) for each in page], more)

    async def show_proposal(self, call: Call[None, None, ProposalPath]) -> ProposalView:
        """Show a proposal."""
        return proposal_view(await call.door.aread(proposal, call.path.proposal_id))

    async def propose(self, call: Call[ProposeBody, None, None]) -> ProposalView:
        """Propose a command."""
        body = call.body
        made = await self._approving.propose(
            facts_of(call),
            body.kind,
            msgspec.json.encode(body.body),
            body.reason,
            origin_of(call),
        )
        return proposal_view(made)

    async def begin_approval(self, call: Call[DigestBody, None, ProposalPath]) -> CeremonyView:
        """Begin to approve with a passkey."""
        digest = bytes.fromhex(call.body.digest)
        made = await self._approving.begin(facts_of(call), call.path.proposal_id, digest)
        return ceremony_view(made)

    async def approve(self, call: Call[ApproveBody, None, ProposalPath]) -> ProposalView:
        """Approve what was shown, and have it carried out."""
        facts, id_, origin = facts_of(call), call.path.proposal_id, origin_of(call)
        digest, proof = bytes.fromhex(call.body.digest), call.body.passkey
        if proof is None:
            return proposal_view(await self._approving.approve(facts, id_, digest, origin))
        done = await self._approving.approve_with_passkey(
            facts, id_, digest, proof.challenge_id, answer_text(proof.answer), origin
        )
        return proposal_view(done)

    async def reject(self, call: Call[RejectBody, None, ProposalPath]) -> ProposalView:
        """Reject what was shown."""
        digest = bytes.fromhex(call.body.digest)
        done = await self._approving.reject(
            facts_of(call), call.path.proposal_id, digest, call.body.note, origin_of(call)
        )
        return proposal_view(done)

    async def withdraw(self, call: Call[None, None, ProposalPath]) -> ProposalView:
        """Take back what one has proposed."""
        done = await self._approving.withdraw(
            facts_of(call), call.path.proposal_id, origin_of(call)
        )
        return proposal_view(done)

    def routes(self) -> list[Route]:
        """Return the operations."""
        return [*self._login_routes(), *self._proposal_routes(), *self._decision_routes()]

    def _login_routes(self) -> list[Route]:
        staff: dict[str, Any] = {"tag": TAG, "who": STAFF}
        over = (SessionOver,)
        return [
            Route(
                method="GET", path="/v1/staff", handler=self.list_staff, answer=StaffListView,
                summary="List the staff and their roles.", needs="access.read", errors=over,
                **staff,
            ),
            Route(
                method="POST", path="/v1/members/{member_id}/login",
                handler=self.open_member_login, takes_path=OwnerPath, body=OpenLoginBody,
                answer=IssuedView, status=201, fresh=True, needs="access.issue_code",
                summary="Let a member have a login; get its enrolment code.",
                errors=(*over, MemberUnknown, OwnerGone, LoginNameMalformed, LoginNameTaken,
                        LoginThere),
                **staff, examples={"body": {"login": "13800138000"}},
            ),
            Route(
                method="GET", path="/v1/members/{member_id}/login",
                handler=self.show_member_login, takes_path=OwnerPath, answer=CredentialsView,
                summary="Show a member's login.", needs="members.read",
                errors=(*over, LoginUnknown), **staff,
            ),
            Route(
                method="POST", path="/v1/logins/{login_id}/code", handler=self.issue_code,
                takes_path=LoginPath, answer=IssuedView, status=201, fresh=True,
                needs="access.issue_code",
                summary="Hand out a new enrolment code; the one before is void.",
                errors=(*over, LoginUnknown, LoginTransitionIllegal), **staff,
            ),
            Route(
                method="POST", path="/v1/logins/{login_id}/disable", handler=self.disable_login,
                takes_path=LoginPath, body=DisableBody, answer=CredentialsView,
                needs="access.disable_login",
                summary="Let nobody in with a login; its sessions end.",
                errors=(*over, LoginUnknown, LoginTransitionIllegal), **staff,
            ),
            Route(
                method="GET", path="/v1/auth-events", handler=self.list_auth_events,
                query=AuthEventsParams, answer=AuthEventsView, needs="access.read_log",
                summary="List what was tried, by whom and from where.",
                errors=(*over, CursorUnknown), **staff,
            ),
        ]  # fmt: skip

    def _proposal_routes(self) -> list[Route]:
        staff: dict[str, Any] = {"tag": TAG, "who": STAFF}
        over = (SessionOver,)
        return [
            Route(
                method="GET", path="/v1/proposal-kinds", handler=self.list_proposal_kinds,
                answer=KindsView, summary="List the commands that take two people.",
                needs="proposals.read", errors=over, **staff,
            ),
            Route(
                method="GET", path="/v1/proposals", handler=self.list_proposals,
                query=ProposalsParams, answer=ProposalsView, summary="List proposals.",
                needs="proposals.read", errors=(*over, CursorUnknown), **staff,
            ),
            Route(
                method="GET", path="/v1/proposals/{proposal_id}", handler=self.show_proposal,
                takes_path=ProposalPath, answer=ProposalView, summary="Show a proposal.",
                needs="proposals.read", errors=(*over, ProposalUnknown), **staff,
            ),
            Route(
                method="POST", path="/v1/proposals", handler=self.propose, body=ProposeBody,
                answer=ProposalView, status=201, fresh=True,
                summary="Propose a command that takes two people.",
                description="It needs the permission that has the command's name.",
                errors=(*over, PermissionMissing, KindNotSensitive, ProposalMalformed), **staff,
                examples={
                    "body": {
                        "kind": "members.change_tier",
                        "body": {"member_id": "019b2f4e-7c00-7000-8000-000000000001", "tier": 2},
                        "reason": "papers seen",
                    }
                },
            ),
        ]  # fmt: skip

    def _decision_routes(self) -> list[Route]:
        staff: dict[str, Any] = {
            "method": "POST", "tag": TAG, "who": STAFF, "takes_path": ProposalPath,
        }  # fmt: skip
        shown = (SessionOver, ProposalUnknown, ProposalDiffers, ProposalExpired)
        decides = (
            *shown, PermissionMissing, CheckerIsMaker, CheckerNotIndependent, ProposalDecided,
        )  # fmt: skip
        return [
            Route(
                path="/v1/proposals/{proposal_id}/challenges", handler=self.begin_approval,
                body=DigestBody, answer=CeremonyView, status=201,
                summary="Begin to approve with a passkey: it signs the digest.", errors=shown,
                **staff,
            ),
            Route(
                path="/v1/proposals/{proposal_id}/approve", handler=self.approve,
                body=ApproveBody, answer=ProposalView,
                summary="Approve what was shown, and have it carried out at once.",
                description="It needs the permission that has the command's name and `:check`."
                " What the command itself is refused for is told as its own error; the proposal"
                " then stays open.",
                errors=(*decides, StepUpNeeded, CeremonyRefused), **staff,
            ),
            Route(
                path="/v1/proposals/{proposal_id}/reject", handler=self.reject, body=RejectBody,
                answer=ProposalView, summary="Reject what was shown.", errors=decides, **staff,
            ),
            Route(
                path="/v1/proposals/{proposal_id}/withdraw", handler=self.withdraw,
                answer=ProposalView, summary="Take back what you have proposed.",
                errors=(SessionOver, ProposalUnknown, PermissionMissing, ProposalDecided), **staff,
            ),
        ]  # fmt: skip

"""Commands that take two people: one proposes, another one approves exactly what was shown.

A proposal holds the command itself, in canonical JSON; its digest is what the checker saw and
names, and with a passkey also signs. Approving carries the command out in the same transaction: it
is done and approved, or neither. What the command is refused for undoes the approval; then the
reason is kept with the proposal, which stays open until its time is over: an account without cover
today may have some tomorrow, and what was shown has not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec

from venule.access import gate, log, rules, session_store, staff_store, store
from venule.access.commands import (
    Approve,
    NoteFailed,
    ProposalQuery,
    Propose,
    Reject,
    Withdraw,
)
from venule.access.errors import (
    CeremonyRefused,
    KindNotSensitive,
    PermissionMissing,
    ProposalMalformed,
    ProposalUnknown,
)
from venule.access.model import (
    BODY_BYTES_MAX,
    ERROR_CHARS_MAX,
    PROPOSAL_LASTS,
    REASON_CHARS_MAX,
    STEP_UP_LASTS,
    STRONG,
    Denial,
    Factor,
    Login,
    OwnerKind,
    Proposal,
    ProposalEvent,
    ProposalId,
    ProposalState,
    Purpose,
    Session,
    StaffId,
)
from venule.access.roles import CHECK
from venule.access.states import advance_proposal
from venule.ledger import Tx

EXPIRE_PROPOSAL: Final = "access.expire_proposal"

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class _Kind(NamedTuple):
    fn: Callable[[Any, Any], Any]
    decode: Callable[[bytes], Any]


class Sensitive:
    """The commands that take two people, by name (`room.function`): the one door to them.

    The composition root says which they are, and serves `propose` and `approve`: bound methods,
    which the writer and those who ask it name alike.
    """

    def __init__(self, commands: Iterable[Callable[..., Any]]) -> None:
        self._kinds: dict[str, _Kind] = {}
        for fn in commands:
            hints = get_type_hints(fn)
            taken = [hint for name, hint in hints.items() if name not in ("tx", "return")]
            if len(taken) != 1:
                raise TypeError(f"expected (tx, command: Type), seen {fn!r}")
            decode = msgspec.json.Decoder(taken[0], strict=True).decode
            self._kinds[kind_of(fn)] = _Kind(fn, decode)

    def kinds(self) -> list[str]:
        """Return the names of the commands."""
        return sorted(self._kinds)

    def canonical(self, kind: str, body: bytes) -> bytes:
        """Return a command's JSON in the one form that is stored and hashed.

        Raises: KindNotSensitive, ProposalMalformed.
        """
        return _encode(self._command(kind, body))

    def _command(self, kind: str, body: bytes) -> Any:
        known = self._kinds.get(kind)
        if known is None:
            raise KindNotSensitive(kind)
        if len(body) > BODY_BYTES_MAX:
            raise ProposalMalformed(kind, f"{len(body)} bytes")
        try:
            return known.decode(body)
        except msgspec.MsgspecError as error:
            raise ProposalMalformed(kind, str(error)) from error
        except UnicodeDecodeError as error:
            raise ProposalMalformed(kind, "bytes that are not UTF-8") from error

    def propose(self, tx: Tx, command: Propose) -> Proposal:
        """Keep a command for a second person to approve within `PROPOSAL_LASTS`.

        Raises: KindNotSensitive, SessionOver, PermissionMissing, StepUpNeeded, NameMalformed,
        ProposalMalformed.
        """
        if command.kind not in self._kinds:
            raise KindNotSensitive(command.kind)
        session, login, maker = gate.staff_session(tx, command.by, command.kind)
        rules.check_fresh(session, tx.now, STEP_UP_LASTS, STRONG)
        rules.check_text("reason", command.reason, REASON_CHARS_MAX)
        body = self.canonical(command.kind, command.body)
        made = Proposal(
            id=ProposalId(tx.new_id()),
            kind=command.kind,
            body=body,
            digest=rules.digest(command.kind, body),
            maker_id=maker,
            reason=command.reason,
            state=ProposalState.PROPOSED,
            proposed_at=tx.now,
            expires_at=tx.now + PROPOSAL_LASTS,
            checker_id=None,
            decided_at=None,
            note=None,
            answer=None,
            error=None,
            attempts=0,
        )
        staff_store.insert_proposal(tx.sql, made)
        tx.enqueue(EXPIRE_PROPOSAL, made.id, due_at=made.expires_at)
        _tell(tx, made, login, command, "proposal.propose", session)
        return made

    def approve(self, tx: Tx, command: Approve) -> Proposal:
        """Approve what was shown, and carry it out in the same transaction.

        Raises: SessionOver, PermissionMissing, ProposalUnknown, CheckerIsMaker,
        CheckerNotIndependent, ProposalDecided, ProposalDiffers, ProposalExpired, StepUpNeeded,
        CeremonyRefused, KindNotSensitive; and what the command itself raises.
        """
        before, session, login, checker = _to_decide(tx, command)
        state = advance_proposal(before.state, ProposalEvent.APPROVE)
        rules.check_undecided(before, command.digest, tx.now)
        _check_presence(tx, session, login, command)
        kind = self._kinds.get(before.kind)
        if kind is None:
            raise KindNotSensitive(before.kind)
        answer = kind.fn(tx, self._command(before.kind, before.body))
        after = msgspec.structs.replace(
            before,
            state=state,
            checker_id=checker,
            decided_at=tx.now,
            answer=_encode(answer),
            error=None,
            attempts=before.attempts + 1,
        )
        staff_store.save_proposal(tx.sql, after)
        _tell(tx, after, login, command, "proposal.approve", session)
        return after


def kind_of(fn: Callable[..., Any]) -> str:
    """Return what a command is called in proposals and permissions: `room.function`."""
    return f"{fn.__module__.split('.')[1]}.{fn.__name__}"


def _to_decide(
    tx: Tx, command: Approve | Reject | NoteFailed
) -> tuple[Proposal, Session, Login, StaffId]:
    """Return an open proposal and who may decide on it."""
    before = proposal(tx, command.proposal_id)
    session, login, checker = gate.staff_session(tx, command.by, before.kind + CHECK)
    maker = store.load_login_of(tx.sql, OwnerKind.STAFF, before.maker_id)
    assert maker is not None, "the staff have logins"
    rules.check_checker(before, checker, maker.enrolled_by, login.enrolled_by)
    return before, session, login, checker


def _check_presence(tx: Tx, session: Session, login: Login, command: Approve) -> None:
    """The checker's passkey has signed the digest, or TOTP was shown a short time ago."""
    seen = command.assertion
    if seen is None:
        rules.check_fresh(session, tx.now, STEP_UP_LASTS, frozenset({Factor.TOTP}))
        return
    taken = gate.take_challenge(
        tx,
        seen.challenge_id,
        Purpose.APPROVE,
        session_id=session.id,
        login_id=login.id,
        subject=command.digest,
    )
    if taken is None or isinstance(gate.use_passkey(tx, login.id, seen), Denial):
        raise CeremonyRefused


def _tell(
    tx: Tx,
    after: Proposal,
    login: Login,
    command: Propose | Approve | Reject | NoteFailed | Withdraw,
    what: str,
    session: Session,
) -> None:
    log.note(
        tx,
        what,
        login,
        command.origin,
        session_id=session.id,
        subject=after.id,
        reason=after.kind,
    )
    tx.emit(
        f"access.proposal_{after.state.value}",
        after.id,
        {"kind": after.kind, "digest": after.digest.hex()},
    )


def note_failed(tx: Tx, command: NoteFailed) -> Proposal:
    """Keep what an approved command was refused for; the passkey's challenge is used up.

    Raises: as `Sensitive.approve` up to ProposalExpired.
    """
    before, session, login, _ = _to_decide(tx, command)
    state = advance_proposal(before.state, ProposalEvent.FAIL)
    rules.check_undecided(before, command.digest, tx.now)
    if command.challenge_id is not None:
        session_store.use_challenge(tx.sql, command.challenge_id, tx.now)
    after = msgspec.structs.replace(
        before, state=state, error=command.error[:ERROR_CHARS_MAX], attempts=before.attempts + 1
    )
    staff_store.save_proposal(tx.sql, after)
    log.note(
        tx,
        "proposal.approve",
        login,
        command.origin,
        denial=Denial.COMMAND,
        session_id=session.id,
        subject=after.id,
    )
    return after


def reject(tx: Tx, command: Reject) -> Proposal:
    """Reject what was shown, with the reason.

    Raises: SessionOver, PermissionMissing, ProposalUnknown, CheckerIsMaker, CheckerNotIndependent,
    ProposalDecided, ProposalDiffers, ProposalExpired, NameMalformed.
    """
    before, session, login, checker = _to_decide(tx, command)
    state = advance_proposal(before.state, ProposalEvent.REJECT)
    rules.check_undecided(before, command.digest, tx.now)
    rules.check_text("note", command.note, REASON_CHARS_MAX)
    after = msgspec.structs.replace(
        before, state=state, checker_id=checker, decided_at=tx.now, note=command.note
    )
    staff_store.save_proposal(tx.sql, after)
    _tell(tx, after, login, command, "proposal.reject", session)
    return after


def withdraw(tx: Tx, command: Withdraw) -> Proposal:
    """Take back what one has proposed oneself.

    Raises: SessionOver, ProposalUnknown, PermissionMissing, ProposalDecided.
    """
    before = proposal(tx, command.proposal_id)
    session, login, staff_id = gate.staff_session(tx, command.by, "")
    if staff_id != before.maker_id:
        raise PermissionMissing("proposals.withdraw")
    state = advance_proposal(before.state, ProposalEvent.WITHDRAW)
    after = msgspec.structs.replace(before, state=state, decided_at=tx.now)
    staff_store.save_proposal(tx.sql, after)
    _tell(tx, after, login, command, "proposal.withdraw", session)
    return after


def expire_proposal(tx: Tx, proposal_id: ProposalId) -> None:
    """End a proposal that nobody has decided in time: a job of its last instant."""
    before = proposal(tx, proposal_id)
    if before.state is not ProposalState.PROPOSED:
        return
    state = advance_proposal(before.state, ProposalEvent.EXPIRE)
    after = msgspec.structs.replace(before, state=state, decided_at=tx.now)
    staff_store.save_proposal(tx.sql, after)
    tx.emit("access.proposal_expired", after.id, {"kind": after.kind, "digest": after.digest.hex()})


def proposal(tx: Tx, proposal_id: ProposalId) -> Proposal:
    """Return a proposal. Raises: ProposalUnknown."""
    found = staff_store.load_proposal(tx.sql, proposal_id)
    if found is None:
        raise ProposalUnknown(proposal_id)
    return found


def proposals(tx: Tx, query: ProposalQuery) -> list[Proposal]:
    """Return a page of proposals, the newest first. Raises: PageMalformed."""
    rules.check_page(query.limit)
    return staff_store.load_proposals(tx.sql, query.state, query.before, query.limit)

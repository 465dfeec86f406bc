"""Decisions about who may come in: pure functions, facts in, answer out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from unicodedata import normalize

from venule.access.errors import (
    CheckerIsMaker,
    CheckerNotIndependent,
    LastCredential,
    LoginNameMalformed,
    NameMalformed,
    PageMalformed,
    PasswordUnfit,
    PermissionMissing,
    ProposalDiffers,
    ProposalExpired,
    RolesMalformed,
    StaffTooFew,
)
from venule.access.model import (
    AGENT_CHARS_MAX,
    LOGIN_NAME_CHARS_MAX,
    PAGE_MAX,
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    STEP_UP_LASTS,
    STRONG,
    Assertion,
    Denial,
    Factor,
    Failures,
    OwnerKind,
    Passkey,
    Proposal,
    Session,
    StaffId,
)
from venule.access.roles import CHECK, READ_ONLY, Role, permissions_of
from venule.kit.http.errors import StepUpNeeded

IDLE: Final = {OwnerKind.PERSON: timedelta(hours=1), OwnerKind.STAFF: timedelta(minutes=15)}
"""How long a session lives unused. Source: NIST SP 800-63B-4, sections 2.2.3 and 2.3.3: at most an
hour at assurance level 2, 15 minutes at level 3, which the staff is held to."""

LASTS: Final = {OwnerKind.PERSON: timedelta(hours=24), OwnerKind.STAFF: timedelta(hours=12)}
"""How long a session lives at most. Source: as above."""

FREE_FAILURES: Final = 4
"""Attempts that fail without a pause: people mistype."""

LOCK_FAILURES: Final = 10
LOCK_S: Final = 900
LOCK_S_MAX: Final = 86_400
FAILURES_FORGOTTEN: Final = timedelta(days=7)
"""A name without a failure for so long begins anew.

With these numbers a guesser has 18 tries in the first three days and one a day after that: fewer
than the 100 that NIST SP 800-63B-4, section 3.2.2, allows at all.
"""

FIRST_STAFF_MIN: Final = 2
ADD_STAFF: Final = "access.add_staff"

DISTINCT_MIN: Final = 5
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
RUN_MIN: Final = 4
_COMMON: Final = frozenset(
    {"password", "passw0rd", "letmein", "welcome", "iloveyou", "woaini", "admin", "venule", "mima"}
)


def login_name(text: str) -> str:
    """Return a login name as it is stored and compared: NFKC, casefolded.

    Raises: LoginNameMalformed.
    """
    name = normalize("NFKC", normalize("NFKC", text).casefold())
    if not 0 < len(name) <= LOGIN_NAME_CHARS_MAX or not name.isprintable() or " " in name:
        raise LoginNameMalformed(text)
    return name


def name_hash(kind: OwnerKind, name: str) -> bytes:
    """Return under what failures of a name are counted."""
    return sha256(f"{kind.value}\0{name}".encode()).digest()


def code_hash(login_id_bytes: bytes, code: str) -> bytes:
    """Return the hash of a recovery code: of 80 random bits, so that nobody counts them through."""
    return sha256(login_id_bytes + plain_code(code).encode()).digest()


def plain_code(code: str) -> str:
    """Return a code as it was made, however it was typed: upper case, no dashes or spaces."""
    return "".join(code.upper().replace("-", "").split())


def password(text: str, name: str) -> str:
    """Return a new password as it is hashed (NFKC), if it is fit for the login of this name.

    Source: NIST SP 800-63B-4, section 3.1.1.2: length before classes of characters, nothing that is
    common, sequential or made from the name.
    Raises: PasswordUnfit.
    """
    plain = normalize("NFKC", text)
    if not PASSWORD_CHARS_MIN <= len(plain) <= PASSWORD_CHARS_MAX:
        raise PasswordUnfit(f"{len(plain)} characters")
    folded = plain.casefold()
    if len(set(folded)) < DISTINCT_MIN:
        raise PasswordUnfit("few different characters")
    rest = folded
    for word in sorted({*_COMMON, name, name.partition("@")[0]}, key=len, reverse=True):
        if len(word) >= RUN_MIN:
            rest = rest.replace(word, "")
    if len(_without_runs(rest)) < PASSWORD_CHARS_MIN // 2:
        raise PasswordUnfit("little but a common word, the login's name or a run of keys")
    return plain


def _without_runs(text: str) -> str:
    """Leave out what lies in a row on a keyboard or in the alphabet, either way."""
    rows = [*_RUNS, *(row[::-1] for row in _RUNS)]
    kept, at = "", 0
    while at < len(text):
        length = 1
        while at + length < len(text) and any(text[at : at + length + 1] in row for row in rows):
            length += 1
        kept += text[at : at + length] if length < RUN_MIN else ""
        at += length
    return kept


def check_text(field: str, text: str, chars_max: int) -> None:
    """Raises: NameMalformed for an empty, too long or unprintable text."""
    if not 0 < len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise NameMalformed(field, chars_max, text)


def check_page(limit: int) -> None:
    """Raises: PageMalformed."""
    if not 1 <= limit <= PAGE_MAX:
        raise PageMalformed(limit)


def check_roles(roles: Sequence[Role]) -> None:
    """Raises: RolesMalformed."""
    alone = READ_ONLY.intersection(roles)
    if not roles or len(set(roles)) < len(roles) or (alone and len(roles) > 1):
        raise RolesMalformed(", ".join(role.value for role in roles) or "none")


def check_first(roles: Sequence[Sequence[Role]]) -> None:
    """Check that of the first of the staff two can add others. Raises: StaffTooFew."""
    able = [each for each in roles if {ADD_STAFF, ADD_STAFF + CHECK} <= permissions_of(each)]
    if len(able) < FIRST_STAFF_MIN:
        raise StaffTooFew(len(able))


def check_permission(permissions: Collection[str], needed: str) -> None:
    """Raises: PermissionMissing."""
    if needed not in permissions:
        raise PermissionMissing(needed)


def is_open(session: Session, kind: OwnerKind, now: datetime) -> bool:
    """Say whether a session may still be used."""
    return (
        session.ended_at is None and now < session.expires_at and now < session.seen_at + IDLE[kind]
    )


def check_fresh(
    session: Session,
    now: datetime,
    max_age: timedelta = STEP_UP_LASTS,
    factors: Collection[Factor] = STRONG,
) -> None:
    """Raises: StepUpNeeded unless the session's owner was proven to be there, lately and so."""
    if session.stepped_up_by not in factors or now - session.stepped_up_at > max_age:
        names = " or ".join(sorted(factor.value for factor in factors))
        raise StepUpNeeded(int(max_age.total_seconds()), names)


def after_failure(before: Failures | None, now: datetime) -> Failures:
    """Return the count after one more failure, and until when nothing more is looked at.

    Four are free; then 1, 2, 4, 8 and 16 s; from the tenth on 15 minutes, doubled each time up to a
    day.
    """
    count = 1 if before is None or is_forgotten(before, now) else before.count + 1
    pause_s = 0
    if count >= LOCK_FAILURES:
        pause_s = min(LOCK_S << min(count - LOCK_FAILURES, 16), LOCK_S_MAX)
    elif count > FREE_FAILURES:
        pause_s = 1 << (count - FREE_FAILURES - 1)
    return Failures(count, now, now + timedelta(seconds=pause_s))


def is_forgotten(failures: Failures, now: datetime) -> bool:
    """Say whether failures lie so far back that they do not count."""
    return now - failures.last_at >= FAILURES_FORGOTTEN


def wait_s(failures: Failures | None, now: datetime) -> int:
    """Return for how many seconds, rounded up, nothing is looked at under a name."""
    if failures is None or now >= failures.blocked_until:
        return 0
    return -((now - failures.blocked_until) // timedelta(seconds=1))


def assertion_denial(passkey: Passkey, seen: Assertion) -> Denial | None:
    """Say why a verified answer of a passkey is not accepted, or None.

    A counter that does not grow is a copied authenticator or an answer sent twice; whether a
    passkey may be backed up never changes.
    Source: W3C Web Authentication Level 3, section 7.2, steps 19 and 22.
    """
    counts = seen.sign_count > 0 or passkey.sign_count > 0
    if counts and seen.sign_count <= passkey.sign_count:
        return Denial.COUNTER
    if seen.may_back_up != passkey.may_back_up:
        return Denial.PASSKEY
    return None


def check_removal(passkeys_left: int, has_fallback: bool) -> None:
    """Raises: LastCredential unless another way to sign in is left."""
    if passkeys_left < 1 and not has_fallback:
        raise LastCredential


def digest(kind: str, body: bytes) -> bytes:
    """Return what a checker names: SHA-256 of the kind, a NUL and the body."""
    return sha256(kind.encode() + b"\0" + body).digest()


def check_checker(
    proposal: Proposal,
    checker: StaffId,
    maker_enrolled_by: StaffId | None,
    checker_enrolled_by: StaffId | None,
) -> None:
    """Raises: CheckerIsMaker, CheckerNotIndependent, in this order."""
    if checker == proposal.maker_id:
        raise CheckerIsMaker(proposal.id)
    if maker_enrolled_by == checker or checker_enrolled_by == proposal.maker_id:
        raise CheckerNotIndependent(proposal.id)


def check_undecided(proposal: Proposal, seen: bytes, now: datetime) -> None:
    """Check that what was shown is what is stored, now, and that there is time.

    Raises: ProposalDiffers, ProposalExpired, in this order.
    """
    true = digest(proposal.kind, proposal.body)
    if seen != true or seen != proposal.digest:
        raise ProposalDiffers(true, seen)
    if now >= proposal.expires_at:
        raise ProposalExpired(proposal.expires_at)


def approval_challenge(nonce: bytes, proposal_digest: bytes) -> bytes:
    """Return what a checker's passkey signs: a nonce, and the digest of what is approved."""
    return nonce + proposal_digest


def network(address: str) -> str:
    """Return the network of an address, which says less of a person: /24 of IPv4, /48 of IPv6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    if ip.version == 4:
        return ".".join(str(ip).split(".")[:3]) + ".0/24"
    return ":".join(ip.exploded.split(":")[:3]) + "::/48"


def agent(text: str) -> str:
    """Return the beginning of what a client calls itself, printable."""
    return "".join(c for c in text[:AGENT_CHARS_MAX] if c.isprintable()).strip()


def sorted_roles(roles: Iterable[Role]) -> list[Role]:
    """Return roles in the order of the table."""
    return sorted(roles, key=list(Role).index)

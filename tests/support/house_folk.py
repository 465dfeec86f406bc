"""Those who ask a whole house: members, staff and partners who are let in by its own commands, and
whose tokens and keys the test knows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, algorithms

from support.partner_town import OneKey, pem, private_key
from venule import access, escrow, partners, wallet
from venule.access import Role
from venule.access.commands import EnrolFallback, IssueCode, NewFallback, Opening
from venule.access.front import token_hash
from venule.access.logins import enrol_fallback, issue_code
from venule.kit.vault import Vault
from venule.members import MemberId, MemberKind, NewMember, Tier, onboard
from venule.partners.consent_model import AskConsent, DecideConsent, ExchangeCode, Request
from venule.partners.consents import ask_consent, decide_consent
from venule.partners.grants import exchange_code

Run = Callable[..., Any]
"""Carries out a command: `run(fn, command)`."""

BACK = "https://shop.example/back"
VAULT_KEY = bytes(range(32))
SEED = b"a seed of 20 letters"
PASSWORD = "correct horse battery"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""What everybody knows here, cheaply hashed."""

OPENING_FEN = 50_000_000
COVERED = ("@method", "@authority", "@target-uri")
_numbers = count(1)


@dataclass
class Folk:
    """Somebody with a session."""

    id: Any
    token: str
    session_id: Any = None
    login_id: Any = None
    name: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class App:
    """A partner's application, with the key by which it signs."""

    id: Any
    key_id: str
    private: Ed25519PrivateKey

    def signed(
        self, method: str, url: str, body: bytes = b"", nonce: str = "", **more: str
    ) -> dict[str, str]:
        """Return the headers of a request, signed by a library that is not ours."""
        headers = {"content-type": "application/json"} if body else {}
        headers |= more
        message = SimpleNamespace(method=method, url=url, headers=dict(headers))
        HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=OneKey(self.private)
        ).sign(
            message,
            key_id=self.key_id,
            created=datetime.now(UTC),
            nonce=nonce or f"n {next(_numbers)}",
            covered_component_ids=[*COVERED, *headers],
            body=body or None,
        )
        signed: dict[str, str] = message.headers
        return signed


def set_up(run: Run) -> None:
    """Set up the rooms, as the service does on its first day."""
    run(wallet.set_up, wallet.SetUp())
    run(escrow.set_up_escrow, escrow.SetUpEscrow())


def new_person(run: Run, fen: int = OPENING_FEN) -> MemberId:
    """Take a member in; with money."""
    number = next(_numbers)
    it: MemberId = run(onboard, NewMember(f"person {number}", MemberKind.PERSON, Tier.III)).id
    if fen:
        give(run, it, fen)
    return it


def new_shop(run: Run, fen: int = 0) -> MemberId:
    """Take a merchant in; with money."""
    new = NewMember(f"shop {next(_numbers)}", MemberKind.MERCHANT, Tier.NONE)
    shop: MemberId = run(onboard, new).id
    if fen:
        give(run, shop, fen)
    return shop


def give(run: Run, member_id: MemberId, fen: int) -> None:
    """Let the bank say that somebody has paid in."""
    line = wallet.CreditLine(member_id, fen, f"opening {next(_numbers)}")
    run(wallet.credit_top_ups, wallet.CreditTopUps([line], date(2020, 3, 2)))


def let_in(run: Run, login_id: Any, owner_id: Any, token: str = "") -> Folk:
    """Enrol a login; its session's token is ours."""
    name = f"{next(_numbers)}"
    token = token or f"vss_{hashlib.sha256(name.encode()).hexdigest()}"
    code = token_hash(f"code {name}")
    run(issue_code, IssueCode(login_id, code))
    sealed = Vault(VAULT_KEY).seal(f"access.totp:{login_id}", SEED)
    fallback = NewFallback(PASSWORD_HASH, sealed, 1, [])
    opening = Opening(token_hash(token), token_hash(f"device {name}"))
    entered = run(enrol_fallback, EnrolFallback(code, fallback, opening))
    return Folk(owner_id, token, entered.session.id, login_id)


def person(run: Run, fen: int = OPENING_FEN) -> Folk:
    """A member with money and a session."""
    member_id = new_person(run, fen)
    return session_of(run, member_id)


def session_of(run: Run, member_id: MemberId) -> Folk:
    """A session of a member who had none."""
    name = f"login.{next(_numbers)}"
    opened = run(access.open_login, access.OpenLogin(member_id, name))
    it = let_in(run, opened.id, member_id)
    it.name = name
    return it


def staff(run: Run, *roles: Sequence[Role]) -> list[Folk]:
    """The house's staff, one a set of roles, each with a session."""
    first = [
        access.FirstStaff(
            f"Staff {at}", f"staff.{next(_numbers)}", list(each), token_hash(f"first {at}")
        )
        for at, each in enumerate(roles)
    ]
    made = run(access.found_staff, access.FoundStaff(first))
    return [let_in(run, each.login.id, each.id) for each in made]


def app(run: Run, owner: MemberId | None, scopes: Sequence[str]) -> App:
    """An application that is admitted, with a key for requests."""
    wanted = tuple(scopes)
    it = run(partners.sign_up, partners.SignUp("Shop helper", "dev@shop.example", wanted, (BACK,)))
    if owner is not None:
        run(partners.bind_owner, partners.BindOwner(it.id, owner, "operator 1"))
    run(partners.ask_production, partners.AskProduction(it.id))
    run(partners.admit, partners.Admit(it.id, wanted, "operator 1"))
    private = private_key(f"folk {next(_numbers)}")
    key = run(partners.add_key, partners.AddKey(it.id, partners.KeyUse.REQUEST, pem(private)))
    return App(it.id, str(key.id), private)


def consent(run: Run, it: App, member_id: Any, token: str, scopes: Sequence[str]) -> None:
    """Let an application act for a member, by a token of ours."""
    number, verifier = next(_numbers), "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    wish = Request(it.id, BACK, tuple(scopes), "s", challenge.rstrip(b"=").decode())
    ticket, code = token_hash(f"ticket {number}"), token_hash(f"code {number}")
    run(ask_consent, AskConsent(ticket, member_id, wish))
    assert run(decide_consent, DecideConsent(ticket, member_id, True, code)).allowed
    access_hash, refresh = token_hash(token), token_hash(f"refresh {number}")
    run(exchange_code, ExchangeCode(it.id, code, BACK, verifier, access_hash, refresh))

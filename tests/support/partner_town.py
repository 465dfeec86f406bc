"""Applications with keys and members with wallets: for the tests of what partners may do.

The client's side is others' code: http-message-signatures signs the requests, joserfc the
assertions.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey

from venule import partners, wallet
from venule.app import open_home
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.relay import Procedures
from venule.kit.time import VirtualClock
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, Tier, onboard
from venule.partners import (
    AddKey,
    Admit,
    Application,
    ApplicationId,
    AskProduction,
    Authenticator,
    AuthnEvent,
    AuthorizationServer,
    BindOwner,
    Caller,
    Key,
    KeyUse,
    SignUp,
    WireRequest,
)
from venule.procedures import COMMANDS, READERS

R = TypeVar("R")

ISSUER = "https://api.example"
BACK = "https://shop.example/back?from=venule"
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
COVERED = ("@method", "@authority", "@target-uri")
WITH_BODY = (*COVERED, "content-digest", "content-type", "idempotency-key")
SCOPES = ("members.read", "payments.read", "payments.write", "statements.read")
OPERATOR = "operator 1"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "a-verifier-of-fifty-characters-" + "x" * 19


def private_key(name: str) -> Ed25519PrivateKey:
    """A key drawn from its name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def pem(key: Any) -> str:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class OneKey(HTTPSignatureKeyResolver):
    """Any id means this key."""

    def __init__(self, private: Any) -> None:
        self.private = private

    def resolve_private_key(self, key_id: str) -> Any:
        return self.private

    def resolve_public_key(self, key_id: str) -> Any:
        return self.private.public_key()


@dataclass
class Partner:
    """An application and its private keys."""

    application: Application
    request_key: Key
    request_private: Ed25519PrivateKey
    assertion_key: Key
    assertion_private: Any

    @property
    def id(self) -> ApplicationId:
        return self.application.id


@dataclass
class Service:
    """What one serving process has."""

    authenticator: Authenticator
    oauth: AuthorizationServer
    events: list[AuthnEvent] = field(default_factory=list)


class WireDoor:
    """A desk's door that packs and unpacks whatever passes, as a relay to another process does."""

    served = Procedures(COMMANDS, READERS)

    def __init__(self, desk: Desk[Tx]) -> None:
        self._door = DeskDoor(desk)

    async def acall(self, fn: Callable[[Any, Any], R], command: Any, key: str | None = None) -> R:
        known = self.served[f"{fn.__module__}.{fn.__qualname__}"]
        answer = await self._door.acall(fn, known.take(known.encode(command)), key)
        return known.give(known.encode(answer))

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        known = self.served[f"{fn.__module__}.{fn.__qualname__}"]
        answer = await self._door.aread(fn, known.take(known.encode(query)))
        return known.give(known.encode(answer))


class PartnerTown:
    """An open home with a desk, and the services in front of it."""

    def __init__(self, place: Path | str, *, sandbox: bool = False) -> None:
        self.place = place
        self.clock = VirtualClock(START)
        self.runs = 0
        self.count = 0
        self.drawn = 0
        self._open()
        self.run(wallet.set_up, wallet.SetUp())
        if sandbox:
            self.run(partners.set_up_sandbox, partners.SetUpSandbox())
        self.shop = self.member(MemberKind.MERCHANT)
        self.buyer = self.member(MemberKind.PERSON)

    def _open(self) -> None:
        ids = SeededIds(f"partner town {self.runs}", self.clock)
        self.home: Home[Tx] = open_home(self.place, clock=self.clock, ids=ids)
        self.desk = Desk(self.home)
        self.service = self.new_service()

    def reopen(self) -> None:
        """Open the home again, as after the end of the process."""
        self.close()
        self.runs += 1
        self._open()

    def close(self) -> None:
        self.desk.close()
        self.home.close()

    def new_service(self) -> Service:
        """What another serving process would have, in front of the same writer."""
        events: list[AuthnEvent] = []

        async def tell(event: AuthnEvent) -> None:
            events.append(event)

        authenticator = Authenticator(WireDoor(self.desk), self.clock, frozenset({ISSUER}), tell)
        return Service(authenticator, AuthorizationServer(authenticator, ISSUER, self.draw), events)

    def draw(self, count: int) -> bytes:
        self.drawn += 1
        return hashlib.sha256(f"drawn {self.drawn}".encode()).digest()[:count]

    def run(self, fn: Callable[[Tx, Any], R], command: Any) -> R:
        return self.desk.call(fn, command)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def wait(self, **by: int) -> None:
        self.clock.advance(timedelta(**by))

    def later(self, **by: int) -> datetime:
        return self.clock.now() + timedelta(**by)

    def member(self, kind: MemberKind) -> MemberId:
        self.count += 1
        tier = Tier.III if kind is MemberKind.PERSON else Tier.NONE
        return self.run(onboard, NewMember(f"partnering {self.count}", kind, tier)).id

    # Applications

    def sign_up(self, *scopes: str, name: str = "Shop helper") -> Application:
        wanted = scopes or SCOPES
        return self.run(partners.sign_up, SignUp(name, "dev@shop.example", wanted, (BACK,)))

    def partner(self, *scopes: str, name: str = "Shop helper", es256: bool = False) -> Partner:
        """An application that is admitted, with a key of each use."""
        it = self.sign_up(*scopes, name=name)
        self.run(partners.bind_owner, BindOwner(it.id, self.shop, OPERATOR))
        self.run(partners.ask_production, AskProduction(it.id))
        it = self.run(partners.admit, Admit(it.id, scopes or SCOPES, OPERATOR))
        self.count += 1
        first = private_key(f"request {self.count}")
        second = (
            generate_private_key(SECP256R1()) if es256 else private_key(f"assertion {self.count}")
        )
        return Partner(
            it,
            self.add_key(it.id, pem(first)),
            first,
            self.add_key(it.id, pem(second), KeyUse.ASSERTION),
            second,
        )

    def add_key(
        self, it: ApplicationId, public: str, use: KeyUse = KeyUse.REQUEST, **how: Any
    ) -> Key:
        return self.run(partners.add_key, AddKey(it, use, public, **how))

    # Signed requests

    def signed(
        self,
        partner: Partner,
        *,
        method: str = "POST",
        url: str = f"{ISSUER}/v1/payments?dry=1",
        body: bytes = b'{"amount":"1.00"}',
        covered: tuple[str, ...] | None = None,
        created: datetime | None = None,
        private: Any = None,
        key_id: str = "",
        nonce: str | None = "",
        **how: Any,
    ) -> WireRequest:
        """A request that the partner's own library has signed."""
        self.count += 1
        headers = {"content-type": "application/json", "idempotency-key": "k-1"} if body else {}
        message = SimpleNamespace(method=method, url=url, headers=headers)
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            headers["content-digest"] = f"sha-256=:{digest}:"
        algorithm = how.pop("algorithm", algorithms.ED25519)
        resolver = OneKey(private or partner.request_private)
        HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
            message,
            key_id=key_id or str(partner.request_key.id),
            created=created or self.clock.now(),
            nonce=f"nonce {self.count}" if nonce == "" else nonce,
            covered_component_ids=covered or (WITH_BODY if body else COVERED),
            use_existing_digest=bool(body),
            **how,
        )
        fields = [(name.lower(), value) for name, value in message.headers.items()]
        return WireRequest(method, url, fields, body)

    def ask(self, request: WireRequest, service: Service | None = None) -> Caller:
        """Let a service find out who has signed."""
        return self.do((service or self.service).authenticator.signed(request))

    @staticmethod
    def do(task: Coroutine[Any, Any, R]) -> R:
        return asyncio.run(task)

    # OAuth

    def assertion(
        self,
        partner: Partner,
        *,
        alg: str = "",
        kid: str | None = "",
        private: Any = None,
        without: str = "",
        **claims: Any,
    ) -> str:
        """What the client proves itself with."""
        self.count += 1
        now = int(self.clock.now().timestamp())
        said = {"iss": str(partner.id), "sub": str(partner.id), "aud": ISSUER, "iat": now}
        said |= {"exp": now + 60, "jti": f"jti {self.count}", **claims}
        said.pop(without, None)
        private = private or partner.assertion_private
        is_ed25519 = isinstance(private, Ed25519PrivateKey)
        alg = alg or ("Ed25519" if is_ed25519 else "ES256")
        header = {"alg": alg, "typ": "JWT"}
        if kid is not None:
            header["kid"] = kid or str(partner.assertion_key.id)
        kind: Any = OKPKey if is_ed25519 else ECKey
        key = kind.import_key(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA has a newer name
            return jwt.encode(header, said, key, algorithms=[alg])

    def proof(self, partner: Partner, **how: Any) -> dict[str, str]:
        """The parameters by which a client proves itself."""
        return {
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(partner, **how),
        }

    def tokens(self, partner: Partner, service: Service | None = None, **params: str) -> Any:
        """What the token endpoint answers."""
        sent = {**self.proof(partner), **params}
        return self.do((service or self.service).oauth.token(sent))

    def wish(self, partner: Partner, **changed: str) -> dict[str, str]:
        """What a member's browser brings from the application."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
        wanted = {
            "response_type": "code",
            "client_id": str(partner.id),
            "redirect_uri": BACK,
            "scope": "payments.read payments.write",
            "state": "state 1",
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changed,
        }
        return {name: value for name, value in wanted.items() if value != "-"}

    def allow(self, partner: Partner, member: MemberId | None = None, **changed: str) -> str:
        """Let a member say yes; return the code."""
        who = member or self.buyer
        oauth = self.service.oauth
        asked = self.do(oauth.ask(self.wish(partner, **changed), who))
        location = self.do(oauth.decide(asked.ticket, who, True))
        return query_of(location)["code"]

    def exchange(self, partner: Partner, given: str, **changed: str) -> Any:
        """Change a code for tokens."""
        params = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            **changed,
        }
        return self.tokens(partner, **params)

    def bearer(self, token: str, service: Service | None = None) -> Caller:
        return self.do((service or self.service).authenticator.bearer(token))


def query_of(location: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    return {name: only for name, (only,) in parse_qs(urlsplit(location).query).items()}


def make_towns(places: Any) -> Iterator[Callable[..., PartnerTown]]:
    """Open towns; close them at the end."""
    with ExitStack() as stack:
        made = 0

        def make(**how: Any) -> PartnerTown:
            nonlocal made
            made += 1
            town = PartnerTown(places(f"town {made}"), **how)
            stack.callback(town.close)
            return town

        yield make

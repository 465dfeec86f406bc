"""How a client proves who it is: a session, an OAuth client's token, or a signature a request."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from venule.client.shapes import FORM, Ask
from venule.client.signing import Incoming, Outgoing, prove_answer, sign_request
from venule.kit.ids import Ids
from venule.kit.time import to_us

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  a path
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_S: Final = 120
EARLY: Final = timedelta(seconds=30)
"""So long before its end a token is renewed."""

_US: Final = 1_000_000


class Auth(Protocol):
    """Proves who calls. Safe to use from several threads at once."""

    def ask_first(self, base_url: str, ids: Ids, now: datetime) -> Ask[Any] | None:
        """Return what must be asked before the next call, without proof; None: nothing."""

    def learn(self, answer: Any, now: datetime) -> None:
        """Take the answer to what had to be asked first."""

    def fields(self, request: Outgoing, ids: Ids, now: datetime) -> dict[str, str]:
        """Return the fields that prove a request."""

    def refused(self) -> bool:
        """Whether something new can be tried now that a proof was not accepted."""

    def check(self, sent: dict[str, str], answer: Incoming, now: datetime) -> None:
        """Check a good answer. sent: what `fields` gave. Raises: AnswerNotProven."""


class Nobody:
    """A caller that does not say who it is."""

    def ask_first(self, base_url: str, ids: Ids, now: datetime) -> Ask[Any] | None:
        """Return None."""
        return None

    def learn(self, answer: Any, now: datetime) -> None:
        """Do nothing."""

    def fields(self, request: Outgoing, ids: Ids, now: datetime) -> dict[str, str]:
        """Return nothing."""
        return {}

    def refused(self) -> bool:
        """Return False: there is nothing else to try."""
        return False

    def check(self, sent: dict[str, str], answer: Incoming, now: datetime) -> None:
        """Take it as it is."""


class Bearer(Nobody):
    """A token in hand: a member's or staff member's session, or an access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def fields(self, request: Outgoing, ids: Ids, now: datetime) -> dict[str, str]:
        """Return the field Authorization."""
        return {"authorization": f"Bearer {self._token}"}


class TokenAnswer(msgspec.Struct, frozen=True):
    """What the token endpoint gives (RFC 6749, section 5.1)."""

    access_token: str
    expires_in: int
    scope: str = ""


class ClientCredentials(Nobody):
    """An OAuth client that gets access tokens by its key (private_key_jwt, RFC 7523), and new ones
    before they end, or when one is not accepted any more."""

    def __init__(
        self,
        client_id: str,
        key_id: str,
        key: Ed25519PrivateKey,
        *,
        scopes: tuple[str, ...] = (),
        audience: str = "",
    ) -> None:
        """client_id: the application's. key: for assertions. scopes: none: all it may have.
        audience: whom assertions are for, if that is not the token endpoint as it is called.
        """
        self._client_id = client_id
        self._key_id = key_id
        self._key = key
        self._scopes = scopes
        self._audience = audience
        self._token = ""
        self._until: datetime | None = None

    def ask_first(self, base_url: str, ids: Ids, now: datetime) -> Ask[Any] | None:
        """Return what gets a token, if there is none that lasts."""
        if self._until is not None and now < self._until:
            return None
        now_s = to_us(now) // _US
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._audience or f"{base_url}{TOKEN_PATH}",
            "iat": now_s,
            "exp": now_s + ASSERTION_S,
            "jti": str(ids.new()),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(claims),
        }
        if self._scopes:
            form["scope"] = " ".join(self._scopes)
        content = urlencode(form).encode()
        return Ask(method="POST", path=TOKEN_PATH, gives=TokenAnswer, body=content, takes=FORM)

    def learn(self, answer: Any, now: datetime) -> None:
        """Keep the token."""
        self._token = answer.access_token
        self._until = now + max(timedelta(seconds=answer.expires_in) - EARLY, EARLY / 30)

    def fields(self, request: Outgoing, ids: Ids, now: datetime) -> dict[str, str]:
        """Return the field Authorization."""
        return {"authorization": f"Bearer {self._token}"}

    def refused(self) -> bool:
        """Forget the token: a new one may do."""
        self._until = None
        return True

    def _assertion(self, claims: dict[str, Any]) -> str:
        head = {"alg": "EdDSA", "typ": "JWT", "kid": self._key_id}
        signed = b".".join(_base64url(msgspec.json.encode(each)) for each in (head, claims))
        return b".".join((signed, _base64url(self._key.sign(signed)))).decode()


class ServerKey(Protocol):
    """The key by which the service signs its answers: what `GET /v1/server-key` shows."""

    @property
    def id(self) -> UUID:
        """Its name in signatures."""

    @property
    def public_key(self) -> str:
        """32 bytes in base64."""


class Signed(Nobody):
    """A partner that signs each request with its Ed25519 key (RFC 9421).

    server_key: of the service (`GET /v1/server-key`, from a place that you trust): then every good
    answer must be signed by it.
    """

    def __init__(
        self, key_id: str, key: Ed25519PrivateKey, *, server_key: ServerKey | None = None
    ) -> None:
        self._key_id = key_id
        self._key = key
        self._server_id = "" if server_key is None else str(server_key.id)
        self._server: Ed25519PublicKey | None = None
        if server_key is not None:
            raw = b64decode(server_key.public_key, validate=True)
            self._server = Ed25519PublicKey.from_public_bytes(raw)

    def fields(self, request: Outgoing, ids: Ids, now: datetime) -> dict[str, str]:
        """Return the signature; another one for each attempt, since a nonce serves once."""
        return sign_request(
            request,
            self._key_id,
            self._key,
            created_s=to_us(now) // _US,
            nonce=str(ids.new()),
        )

    def check(self, sent: dict[str, str], answer: Incoming, now: datetime) -> None:
        """Check the answer's signature, if there is a key to check it with."""
        if self._server is not None:
            now_s = to_us(now) // _US
            prove_answer(answer, sent["signature"], self._server_id, self._server, now_s)


def read_key(pem: bytes) -> Ed25519PrivateKey:
    """Return an Ed25519 key of PEM (PKCS #8), as `openssl genpkey -algorithm ed25519` writes it.

    Raises: ValueError for another kind of key.
    """
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"expected an Ed25519 key, seen {type(key).__name__}")
    return key


def _base64url(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")

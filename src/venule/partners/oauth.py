"""The authorisation server (OAuth 2.1), for processes that serve: parameters in, answers out.

Confidential clients only. They prove themselves with private_key_jwt; codes come with PKCE S256,
redirect addresses that are the same to the letter, `state` and `iss` (RFC 9207). What is given out
is 256 bits drawn here; its SHA-256 goes to the writer.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from venule.kit.errors import AppError
from venule.kit.time import to_us
from venule.members import MemberId
from venule.partners import assertions, consents, grant_rules, grants, service
from venule.partners.authn import ACCESS_PREFIX, Authenticator, AuthnEvent
from venule.partners.consent_model import (
    AskConsent,
    DecideConsent,
    Decided,
    ExchangeCode,
    Issued,
    IssueForClient,
    Renew,
    Request,
    RevokeToken,
    TokenQuery,
)
from venule.partners.errors import UsedBefore
from venule.partners.model import (
    Application,
    ApplicationId,
    ClientQuery,
    KeyUse,
    Once,
    TokenKind,
)
from venule.partners.oauth_errors import (
    ClientNotProven,
    ConsentRefused,
    GrantInvalid,
    GrantTypeUnknown,
    OAuthError,
    RequestUnfit,
    ResponseTypeUnknown,
)
from venule.partners.scopes import SCOPES

AUTHORIZE: Final = "/oauth/authorize"
TOKEN: Final = "/oauth/token"  # noqa: S105  a path
REVOKE: Final = "/oauth/revoke"
INTROSPECT: Final = "/oauth/introspect"
METADATA: Final = "/.well-known/oauth-authorization-server"

DRAWN_BYTES: Final = 32
REFRESH_PREFIX: Final = "vrt_"
VALUE_CHARS_MAX: Final = 4_000

Params = Mapping[str, str]
Draw = Callable[[int], bytes]


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer of the token endpoint (RFC 6749, section 5.1)."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str
    refresh_token: str = ""


class Introspected(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a token is (RFC 7662, section 2.2). `active` false stands alone."""

    active: bool
    scope: str = ""
    client_id: str = ""
    sub: str = ""
    token_type: str = ""
    iat: int = 0
    exp: int = 0
    iss: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What a member's page shows. ticket: what its form carries, and nobody else can know."""

    application: Application
    request: Request
    ticket: str


class AuthorizeFailed(Exception):
    """The browser goes back to the application with an error (RFC 6749, section 4.1.2.1)."""

    def __init__(self, location: str, error: AppError) -> None:
        super().__init__(location)
        self.location = location
        self.error = error


class AuthorizationServer:
    """The endpoints, without their wire. One a process."""

    def __init__(
        self, authenticator: Authenticator, issuer: str, draw: Draw = secrets.token_bytes
    ) -> None:
        """issuer: our own address, such as `https://api.example`. draw: random bytes."""
        self._authn = authenticator
        self._door = authenticator.door
        self.issuer = issuer
        self._draw = draw

    def metadata(self) -> dict[str, Any]:
        """Return what the server can do (RFC 8414, section 2)."""
        algs = list(assertions.ALGS)
        methods = ["private_key_jwt"]
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "revocation_endpoint": self.issuer + REVOKE,
            "introspection_endpoint": self.issuer + INTROSPECT,
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [
                "authorization_code",
                "client_credentials",
                "refresh_token",
            ],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            **{
                f"{endpoint}_endpoint_auth_{what}": value
                for endpoint in ("token", "revocation", "introspection")
                for what, value in (
                    ("methods_supported", methods),
                    ("signing_alg_values_supported", algs),
                )
            },
        }

    # The token endpoint and its neighbours

    async def token(self, params: Params) -> TokenAnswer:
        """Answer the token endpoint. Raises: ClientNotProven, UsedBefore, OAuthError."""
        kind = params.get("grant_type", "")
        if kind not in ("client_credentials", "authorization_code", "refresh_token"):
            raise GrantTypeUnknown(kind)
        client = await self._client(params, TOKEN)
        access, refresh = ACCESS_PREFIX + self._secret(), REFRESH_PREFIX + self._secret()
        scopes = _scopes(params)
        door = self._door
        issued: Issued
        try:
            if kind == "client_credentials":
                refresh = ""
                issued = await door.acall(
                    grants.issue_for_client, IssueForClient(client, scopes, _digest(access))
                )
            elif kind == "refresh_token":
                command = Renew(
                    client,
                    _digest(_needed(params, "refresh_token")),
                    scopes,
                    _digest(access),
                    _digest(refresh),
                )
                issued = await door.acall(grants.renew, command)
            else:
                exchange = ExchangeCode(
                    client,
                    _digest(_needed(params, "code")),
                    _needed(params, "redirect_uri"),
                    _needed(params, "code_verifier"),
                    _digest(access),
                    _digest(refresh),
                )
                issued = await door.acall(grants.exchange_code, exchange)
            if issued.reused:
                self._authn.forget()
                raise GrantInvalid(f"one of which {issued.reused}")
        except AppError as error:
            await self._authn.tell(AuthnEvent(kind, error.slug, client, "", False))
            raise
        await self._authn.tell(AuthnEvent(kind, "ok", client, "", False))
        return TokenAnswer(access, issued.expires_s, " ".join(issued.scopes), "Bearer", refresh)

    async def revoke(self, params: Params) -> None:
        """Take a token back (RFC 7009). Raises: ClientNotProven, UsedBefore, RequestUnfit."""
        client = await self._client(params, REVOKE)
        command = RevokeToken(client, _digest(_needed(params, "token")))
        await self._door.acall(grants.revoke_token, command)
        self._authn.forget()

    async def introspect(self, params: Params) -> Introspected:
        """Say what a token of the client's own is (RFC 7662); of any other, that it is not active.

        Raises: ClientNotProven, UsedBefore, RequestUnfit.
        """
        client = await self._client(params, INTROSPECT)
        query = TokenQuery(_digest(_needed(params, "token")))
        facts = await self._door.aread(grants.token_facts, query)
        if facts is None or facts.application_id != client:
            return Introspected(False)
        return Introspected(
            True,
            " ".join(facts.scopes),
            str(client),
            str(facts.member_id or facts.owner_id or ""),
            "Bearer" if facts.kind is TokenKind.ACCESS else "",
            to_us(facts.issued_at) // 1_000_000,
            to_us(facts.expires_at) // 1_000_000,
            self.issuer,
        )

    async def _client(self, params: Params, endpoint: str) -> ApplicationId:
        """Return who has proven itself. Raises: ClientNotProven, UsedBefore."""
        named = ""
        try:
            if params.get("client_assertion_type") != assertions.TYPE:
                seen = params.get("client_assertion_type", "none")
                raise ClientNotProven(f"client_assertion_type {assertions.TYPE}", seen)
            text = params.get("client_assertion", "")
            named = assertions.claimed_client(text)
            client_id = _application_id(named)
            if client_id is None or params.get("client_id", named) != named:
                raise ClientNotProven("the id of an application", named)
            query = ClientQuery(client_id, KeyUse.ASSERTION)
            facts = await self._door.aread(service.client_facts, query)
            if facts is None:
                raise ClientNotProven("the id of an application", named)
            audiences = (self.issuer, self.issuer + endpoint)
            proven = assertions.check(text, facts, audiences, self._authn.clock.now())
            await self._authn.take_once(client_id, Once.ASSERTION, proven.jti, proven.until_at)
        except (ClientNotProven, UsedBefore) as error:
            await self._authn.tell(AuthnEvent("assertion", error.slug, None, named, False))
            raise
        return client_id

    # A member's authorisation

    async def ask(self, params: Params, member_id: MemberId) -> Asked:
        """Take a request that a member's browser brings; return what the page is to show.

        Raises: RequestUnfit, ApplicationUnknown if browsers must not be sent back;
        AuthorizeFailed, which says where to.
        """
        client_id = _application_id(params.get("client_id", ""))
        if client_id is None:
            raise RequestUnfit(
                "client_id", "the id of an application", params.get("client_id", "none")
            )
        it = await self._door.aread(service.application, client_id)
        redirect_uri = _needed(params, "redirect_uri")
        grant_rules.check_redirect(it, redirect_uri)
        state = params.get("state", "")
        try:
            request = _request(params, client_id, redirect_uri, state)
            ticket = self._secret()
            command = AskConsent(_digest(ticket), member_id, request)
            await self._door.acall(consents.ask_consent, command)
        except OAuthError as error:
            raise AuthorizeFailed(self._back(redirect_uri, state, error), error) from None
        return Asked(it, request, ticket)

    async def decide(self, ticket: str, member_id: MemberId, allow: bool) -> str:
        """Take a member's answer; return where its browser goes.

        Raises: ConsentRequestOver; ApplicationUnknown, OAuthError if the application has changed.
        """
        code = self._secret()
        command = DecideConsent(_digest(ticket), member_id, allow, _digest(code))
        decided: Decided = await self._door.acall(consents.decide_consent, command)
        if not decided.allowed:
            return self._back(decided.redirect_uri, decided.state, ConsentRefused())
        return _with(decided.redirect_uri, code=code, state=decided.state, iss=self.issuer)

    def _back(self, redirect_uri: str, state: str, error: OAuthError) -> str:
        more = {"state": state} if state else {}
        return _with(
            redirect_uri,
            error=error.oauth,
            error_description=_plain(error.message),
            iss=self.issuer,
            **more,
        )

    def _secret(self) -> str:
        return urlsafe_b64encode(self._draw(DRAWN_BYTES)).rstrip(b"=").decode()


def _request(params: Params, client_id: ApplicationId, redirect_uri: str, state: str) -> Request:
    kind = params.get("response_type", "none")
    if kind != "code":
        raise ResponseTypeUnknown(kind)
    method = params.get("code_challenge_method", "none")
    if method != "S256":
        raise RequestUnfit("code_challenge_method", "S256", method)
    scopes = _scopes(params) or ()
    return Request(client_id, redirect_uri, scopes, state, params.get("code_challenge", ""))


def _scopes(params: Params) -> tuple[str, ...] | None:
    text = params.get("scope")
    return None if text is None else tuple(sorted(set(text.split())))


def _needed(params: Params, name: str) -> str:
    value = params.get(name, "")
    if not 0 < len(value) <= VALUE_CHARS_MAX or not value.isascii():
        raise RequestUnfit(name, f"1 to {VALUE_CHARS_MAX} ASCII characters", value)
    return value


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _application_id(text: str) -> ApplicationId | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return ApplicationId(found) if str(found) == text else None


def _with(uri: str, **params: str) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(params)}"


def _plain(text: str) -> str:
    """Return what an error_description may hold (RFC 6749, section 4.1.2.1)."""
    return "".join(
        sign if 0x20 <= ord(sign) <= 0x7E and sign not in '"\\' else "?" for sign in text
    )

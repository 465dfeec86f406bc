"""Partners as callers of the API: from a request on the wire to who asks, and signatures back."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from venule.kit.http import Caller, CallerKind
from venule.partners import authn
from venule.partners.answers import AnswerSigner
from venule.partners.authn import ACCESS_PREFIX, Authenticator
from venule.partners.signatures import WireRequest

BEARER: Final = "bearer "


class PartnerCallers:
    """Finds out which application asks, and for whom; see `kit.http.Authenticate`."""

    def __init__(self, authenticator: Authenticator, public_url: str) -> None:
        """public_url: the service's own address; its scheme is that of every request, whatever
        stands in front of us."""
        self._authenticator = authenticator
        self._scheme = urlsplit(public_url).scheme

    async def __call__(self, request: Request, body: bytes) -> Caller | None:
        """Return the application that asks; None if the request has neither a signature nor an
        access token.

        Raises: what `Authenticator.signed` and `Authenticator.bearer` do.
        """
        if "signature-input" in request.headers or "signature" in request.headers:
            return _caller(await self._authenticator.signed(self.on_the_wire(request, body)))
        said = request.headers.get("authorization", "")
        token = said[len(BEARER) :].strip()
        if said[: len(BEARER)].lower() == BEARER and token.startswith(ACCESS_PREFIX):
            return _caller(await self._authenticator.bearer(token))
        return None

    def on_the_wire(self, request: Request, body: bytes) -> WireRequest:
        """Return a request as its sender signed it."""
        scope = request.scope
        target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        host = request.headers.get("host", "")
        url = f"{self._scheme}://{host}{target}{'?' if query else ''}{query}"
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in _raw(scope)]
        return WireRequest(request.method, url, fields, body)


def _raw(scope: object) -> list[tuple[bytes, bytes]]:
    assert isinstance(scope, dict)
    headers: list[tuple[bytes, bytes]] = list(scope["headers"])
    return headers


def _caller(found: authn.Caller) -> Caller:
    return Caller(
        CallerKind.PARTNER,
        found.application_id,
        found.scopes,
        found.acts_for,
        acts_for_member=found.member_id is not None,
        signed=found.signature is not None,
        proof=found.signature or "",
    )


class SignedAnswers:
    """Signs the answers to signed requests; see `kit.http.SignAnswer`."""

    def __init__(self, signer: AnswerSigner) -> None:
        self._signer = signer

    def __call__(self, caller: Caller, response: Response) -> None:
        """Add Content-Digest, Signature-Input and Signature to an answer; not to a stream."""
        body = getattr(response, "body", None)
        media = response.headers.get("content-type")
        if not isinstance(body, bytes) or media is None:
            return
        fields = self._signer.fields(response.status_code, media, body, caller.proof or None)
        for name, value in fields:
            response.headers[name] = value

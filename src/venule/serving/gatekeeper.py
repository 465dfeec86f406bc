"""Who asks: a member or staff member with a session, or a partner with a token or a signature."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from venule import access, partners
from venule.kit.errors import AppError
from venule.kit.http import Call, Caller, CallerKind, CallerUnknown

TOKEN: Final = "vat_"  # noqa: S105  how one begins
BEARER: Final = "bearer "


class Gatekeeper:
    """Finds out who asks, by what the request brings: a signature, a session, a token."""

    def __init__(
        self, people: access.Authn, partners_: partners.Authenticator, scheme: str
    ) -> None:
        """scheme: of the addresses that callers see, whatever stands in front of us."""
        self._scheme = scheme
        self._people = people
        self._partners = partners_

    async def __call__(self, request: Request, body: bytes) -> Caller | None:
        """See `kit.http.Authenticate`.

        Raises: CallerUnknown, SessionOver, and what `partners.Authenticator` does.
        """
        headers = request.headers
        said = headers.get("authorization")
        if "signature-input" in headers:
            if said is not None:
                raise CallerUnknown("both a signature and a token")
            return _partner(await self._partners.signed(wire_request(request, body, self._scheme)))
        if said is None:
            return None
        if said[: len(BEARER)].lower() != BEARER:
            raise CallerUnknown("another scheme than Bearer")
        token = said[len(BEARER) :].strip()
        if token.startswith(access.SESSION_PREFIX):
            return person_or_staff(await self._people.authenticate(token))
        if token.startswith(TOKEN):
            return _partner(await self._partners.bearer(token))
        raise CallerUnknown("a token that is none of ours")

    async def is_still(self, call: Call[Any, Any, Any]) -> bool:
        """Whether a caller whose answer goes on and on is still who it was.

        A signature counts once: its application and key are looked at anew.
        """
        who = call.who
        try:
            if who.signed:
                await self._partners.still_signs(who.facts)
                return True
            now = await self(call.request, b"")
        except AppError:
            return False
        same = now is not None and (now.name, now.member_id) == (who.name, who.member_id)
        return same and now is not None and now.may >= who.may


def wire_request(request: Request, body: bytes, scheme: str) -> partners.WireRequest:
    """Return a request as its sender signed it."""
    fields = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    ]
    scope = request.scope
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = f"{scheme}://{request.headers.get('host', '')}{path}"
    return partners.WireRequest(request.method, f"{url}?{query}" if query else url, fields, body)


def person_or_staff(facts: access.SessionFacts) -> Caller:
    """Return a session's owner as a caller."""
    session = facts.session
    if facts.kind is access.OwnerKind.STAFF:
        return Caller(
            CallerKind.STAFF,
            facts.owner_id,
            facts.permissions,
            session_id=session.id,
            stepped_up_at=facts.proven_at,
            facts=facts,
        )
    return Caller(
        CallerKind.PERSON,
        facts.owner_id,
        member_id=facts.owner_id,
        session_id=session.id,
        stepped_up_at=facts.proven_at,
        facts=facts,
    )


def _partner(found: partners.Caller) -> Caller:
    return Caller(
        CallerKind.PARTNER,
        found.application_id,
        found.scopes,
        member_id=found.acts_for,
        acts_for_member=found.member_id is not None,
        signed=found.signature is not None,
        facts=found,
    )

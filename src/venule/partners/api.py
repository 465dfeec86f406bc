"""Applications, their keys and members' consents, over HTTP. OAuth's endpoints: `oauth_api.py`.

What gives an application more than it had (to be admitted, another key, more scopes, to go on after
a suspension) takes two people where money is real: see the proposals of staff.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from venule.kit.http import (
    ANYONE,
    PARTNER,
    PERSON,
    STAFF,
    Call,
    CallerKind,
    NotPermitted,
    Route,
    give_cursor,
    take_cursor,
)
from venule.members import MemberId
from venule.partners import consents, service
from venule.partners.api_model import (
    ApplicationBody,
    ApplicationKeyBody,
    ApplicationKeysView,
    ApplicationKeyView,
    ApplicationOpened,
    ApplicationPath,
    ApplicationsPage,
    ApplicationsParams,
    ApplicationView,
    ConsentPath,
    ConsentsView,
    KeyPath,
    RedirectUrisBody,
    ScopesView,
    ServerKeyView,
    WhyBody,
    application_view,
    consent_view,
    key_view,
    scope_view,
)
from venule.partners.authn import Authenticator
from venule.partners.consent_model import ConsentQuery, WithdrawConsent
from venule.partners.errors import (
    ApplicationTransitionIllegal,
    ApplicationUnknown,
    ConsentUnknown,
    KeySpanWrong,
    KeyTaken,
    KeyUnknown,
    NotASandbox,
    PublicKeyUnfit,
    ServerKeyMissing,
    TooManyKeys,
)
from venule.partners.model import (
    AddKey,
    ApplicationId,
    ApplicationQuery,
    AskProduction,
    ChangeRedirects,
    CloseApplication,
    OpenApplication,
    Opened,
    Refuse,
    RevokeKey,
    SignUp,
    Suspend,
)
from venule.partners.scopes import SCOPES

TAG: Final = "partners"
READ: Final = "partners.read"
OPERATE: Final = "partners.operate"


def operator_of(call: Call[Any, Any, Any]) -> str:
    """Return how the staff member who asks is written down."""
    return f"staff {call.who.id}"


def _check_theirs(call: Call[Any, Any, Any], permission: str) -> None:
    """Staff need a permission; an application sees itself, any other is unknown to it.

    Raises: NotPermitted, ApplicationUnknown.
    """
    application_id = call.path.application_id
    if call.who.kind is CallerKind.STAFF:
        if permission not in call.who.may:
            raise NotPermitted(permission)
    elif call.who.id != application_id or call.who.acts_for_member:
        raise ApplicationUnknown(application_id)


async def _open(call: Call[ApplicationBody, None, None], *, by_itself: bool) -> ApplicationOpened:
    body = call.body
    new = SignUp(body.name, body.contact, tuple(body.scopes), tuple(body.redirect_uris))
    command = OpenApplication(new, by_itself, body.request_key or "", body.assertion_key or "")
    opened: Opened = await call.door.acall(service.open_application, command, call.key)
    return ApplicationOpened(
        application_view(opened.application), [key_view(key) for key in opened.keys]
    )


async def sign_up_application(call: Call[ApplicationBody, None, None]) -> ApplicationOpened:
    """Sign up by oneself, in a sandbox."""
    return await _open(call, by_itself=True)


async def open_application(call: Call[ApplicationBody, None, None]) -> ApplicationOpened:
    """Open an application for a partner."""
    return await _open(call, by_itself=False)


async def list_applications(call: Call[None, ApplicationsParams, None]) -> ApplicationsPage:
    """List applications."""
    asked = call.query
    after = None if asked.cursor is None else take_cursor(asked.cursor, ApplicationId)
    query = ApplicationQuery(after, asked.state, asked.limit)
    found = await call.door.aread(service.applications, query)
    more = give_cursor(found[-1].id) if len(found) == asked.limit else None
    return ApplicationsPage([application_view(it) for it in found], more)


async def show_application(call: Call[None, None, ApplicationPath]) -> ApplicationView:
    """Show an application."""
    _check_theirs(call, READ)
    return application_view(await call.door.aread(service.application, call.path.application_id))


async def ask_for_production(call: Call[None, None, ApplicationPath]) -> ApplicationView:
    """Ask that an application be admitted."""
    _check_theirs(call, OPERATE)
    command = AskProduction(call.path.application_id)
    return application_view(await call.door.acall(service.ask_production, command))


async def change_redirect_uris(
    call: Call[RedirectUrisBody, None, ApplicationPath],
) -> ApplicationView:
    """Say anew where browsers may be sent back to."""
    _check_theirs(call, OPERATE)
    command = ChangeRedirects(call.path.application_id, tuple(call.body.redirect_uris))
    return application_view(await call.door.acall(service.change_redirects, command))


async def list_application_keys(call: Call[None, None, ApplicationPath]) -> ApplicationKeysView:
    """List an application's keys."""
    _check_theirs(call, READ)
    found = await call.door.aread(service.keys, call.path.application_id)
    return ApplicationKeysView([key_view(key) for key in found])


async def add_application_key(
    call: Call[ApplicationKeyBody, None, ApplicationPath],
) -> ApplicationKeyView:
    """Add a key, in a sandbox."""
    _check_theirs(call, OPERATE)
    if not await call.door.aread(service.is_sandbox):
        raise NotASandbox
    body = call.body
    command = AddKey(
        call.path.application_id, body.use, body.public_key, body.not_before, body.expires_at
    )
    return key_view(await call.door.acall(service.add_key, command))


async def list_scopes(call: Call[None, None, None]) -> ScopesView:
    """List all scopes."""
    return ScopesView([scope_view(name) for name in SCOPES])


async def show_server_key(call: Call[None, None, None]) -> ServerKeyView:
    """Show the key that signs our answers."""
    key = await call.door.aread(service.server_key)
    if key is None:
        raise ServerKeyMissing
    return ServerKeyView(key.id, "ed25519", b64encode(key.public).decode())


async def list_consents(call: Call[None, None, None]) -> ConsentsView:
    """List what the caller lets applications do."""
    found = await call.door.aread(consents.consents_of, ConsentQuery(MemberId(call.who.id)))
    return ConsentsView([consent_view(shown) for shown in found])


class _Ending:
    """What takes something back: this process forgets what it knew, so that it holds at once."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._forget = authenticator.forget

    async def revoke_application_key(
        self, call: Call[WhyBody, None, KeyPath]
    ) -> ApplicationKeyView:
        """End a key at once."""
        _check_theirs(call, OPERATE)
        command = RevokeKey(call.path.application_id, call.path.key_id, call.body.reason)
        key = await call.door.acall(service.revoke_key, command)
        self._forget()
        return key_view(key)

    async def refuse_application(
        self, call: Call[WhyBody, None, ApplicationPath]
    ) -> ApplicationView:
        """Do not let an application in; it may ask again."""
        command = Refuse(call.path.application_id, call.body.reason, operator_of(call))
        return application_view(await call.door.acall(service.refuse, command))

    async def suspend_application(
        self, call: Call[WhyBody, None, ApplicationPath]
    ) -> ApplicationView:
        """Stop an application for now."""
        command = Suspend(call.path.application_id, call.body.reason, operator_of(call))
        after = await call.door.acall(service.suspend, command)
        self._forget()
        return application_view(after)

    async def close_application(
        self, call: Call[WhyBody, None, ApplicationPath]
    ) -> ApplicationView:
        """Stop an application for good."""
        command = CloseApplication(call.path.application_id, call.body.reason, operator_of(call))
        after = await call.door.acall(service.close_application, command)
        self._forget()
        return application_view(after)

    async def withdraw_consent(self, call: Call[None, None, ConsentPath]) -> None:
        """Take back what the caller lets an application do."""
        command = WithdrawConsent(MemberId(call.who.id), call.path.consent_id)
        await call.door.acall(consents.withdraw_consent, command)
        self._forget()


_APPLICATION: Final = "/v1/applications/{application_id}"
_OPENING: Final = (PublicKeyUnfit, KeyTaken)
_EXAMPLE: Final = ApplicationBody(
    "Shop helper", "dev@shop.example", ["payments.read"], ["https://shop.example/back"]
)


def partner_routes(authenticator: Authenticator) -> list[Route]:
    """Return the room's operations. authenticator: what this process knows of keys and tokens."""
    return [
        *_opening_routes(),
        *_application_routes(_Ending(authenticator)),
        *_key_routes(_Ending(authenticator)),
        *_open_routes(_Ending(authenticator)),
    ]


def _opening_routes() -> list[Route]:
    return [
        Route(
            method="POST",
            path="/v1/sandbox/applications",
            handler=sign_up_application,
            summary="Sign an application up, in a sandbox.",
            description="It may call at once, and acts for a merchant of its own.",
            tag=TAG,
            body=ApplicationBody,
            answer=ApplicationOpened,
            status=201,
            who=ANYONE,
            rate="sign_in",
            errors=(NotASandbox, *_OPENING),
            examples={"body": _EXAMPLE},
        ),
        Route(
            method="POST",
            path="/v1/applications",
            handler=open_application,
            summary="Open an application for a partner.",
            description="It may call when it is admitted, which takes two people.",
            tag=TAG,
            body=ApplicationBody,
            answer=ApplicationOpened,
            status=201,
            who=STAFF,
            needs=OPERATE,
            fresh=True,
            errors=_OPENING,
            examples={"body": _EXAMPLE},
        ),
        Route(
            method="GET",
            path="/v1/applications",
            handler=list_applications,
            summary="List applications, in the order of sign-up.",
            tag=TAG,
            query=ApplicationsParams,
            answer=ApplicationsPage,
            who=STAFF,
            needs=READ,
        ),
    ]


def _application_routes(ending: _Ending) -> list[Route]:
    of_one: dict[str, Any] = {
        "tag": TAG,
        "takes_path": ApplicationPath,
        "answer": ApplicationView,
    }
    ends: dict[str, Any] = {
        **of_one,
        "method": "POST",
        "body": WhyBody,
        "who": STAFF,
        "needs": OPERATE,
        "fresh": True,
        "errors": (ApplicationUnknown, ApplicationTransitionIllegal),
    }
    return [
        Route(
            method="GET",
            path=_APPLICATION,
            handler=show_application,
            summary="Show an application; its own to a partner.",
            who=STAFF | PARTNER,
            errors=(ApplicationUnknown,),
            **of_one,
        ),
        Route(
            method="POST",
            path=f"{_APPLICATION}/production-request",
            handler=ask_for_production,
            summary="Ask that an application be admitted.",
            who=STAFF | PARTNER,
            errors=(ApplicationUnknown, ApplicationTransitionIllegal),
            **of_one,
        ),
        Route(
            method="PUT",
            path=f"{_APPLICATION}/redirect-uris",
            handler=change_redirect_uris,
            summary="Say anew where browsers may be sent back to.",
            body=RedirectUrisBody,
            who=STAFF | PARTNER,
            errors=(ApplicationUnknown,),
            **of_one,
        ),
        Route(
            path=f"{_APPLICATION}/refusal",
            handler=ending.refuse_application,
            summary="Do not let an application in; it may ask again.",
            **ends,
        ),
        Route(
            path=f"{_APPLICATION}/suspension",
            handler=ending.suspend_application,
            summary="Stop an application for now.",
            **ends,
        ),
        Route(
            path=f"{_APPLICATION}/closure",
            handler=ending.close_application,
            summary="Stop an application for good.",
            **ends,
        ),
    ]


def _key_routes(ending: _Ending) -> list[Route]:
    return [
        Route(
            method="GET",
            path=f"{_APPLICATION}/keys",
            handler=list_application_keys,
            summary="List an application's keys.",
            tag=TAG,
            takes_path=ApplicationPath,
            answer=ApplicationKeysView,
            who=STAFF | PARTNER,
            errors=(ApplicationUnknown,),
        ),
        Route(
            method="POST",
            path=f"{_APPLICATION}/keys",
            handler=add_application_key,
            summary="Add a key, in a sandbox.",
            description="Where money is real that takes two people: see the proposals of staff.",
            tag=TAG,
            takes_path=ApplicationPath,
            body=ApplicationKeyBody,
            answer=ApplicationKeyView,
            status=201,
            who=STAFF | PARTNER,
            errors=(
                ApplicationUnknown,
                NotASandbox,
                PublicKeyUnfit,
                KeySpanWrong,
                KeyTaken,
                TooManyKeys,
            ),
        ),
        Route(
            method="POST",
            path=f"{_APPLICATION}/keys/{{key_id}}/revocation",
            handler=ending.revoke_application_key,
            summary="End a key at once, for good.",
            tag=TAG,
            takes_path=KeyPath,
            body=WhyBody,
            answer=ApplicationKeyView,
            who=STAFF | PARTNER,
            errors=(ApplicationUnknown, KeyUnknown),
        ),
    ]


def _open_routes(ending: _Ending) -> list[Route]:
    return [
        Route(
            method="GET",
            path="/v1/scopes",
            handler=list_scopes,
            summary="List what an application may be let do.",
            tag=TAG,
            answer=ScopesView,
            who=ANYONE,
        ),
        Route(
            method="GET",
            path="/v1/server-key",
            handler=show_server_key,
            summary="Show the key that signs the answers to signed requests.",
            tag=TAG,
            answer=ServerKeyView,
            who=ANYONE,
            errors=(ServerKeyMissing,),
        ),
        Route(
            method="GET",
            path="/v1/me/consents",
            handler=list_consents,
            summary="List what the caller lets applications do.",
            tag=TAG,
            answer=ConsentsView,
            who=PERSON,
        ),
        Route(
            method="DELETE",
            path="/v1/me/consents/{consent_id}",
            handler=ending.withdraw_consent,
            summary="Take back what the caller lets an application do.",
            description="Every token that came from it counts for nothing at once.",
            tag=TAG,
            takes_path=ConsentPath,
            who=PERSON,
            errors=(ConsentUnknown,),
        ),
    ]

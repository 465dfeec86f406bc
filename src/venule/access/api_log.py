"""A page of the log, over HTTP: the auditor's, or one's own."""

from __future__ import annotations

from typing import Annotated

import msgspec

from venule.access.api_views import AuthEventsView, auth_event_view
from venule.access.commands import EventQuery
from venule.access.log import auth_events
from venule.access.model import PAGE_MAX, AuthEventId, LoginId
from venule.kit.door import Door
from venule.kit.http import Cursor, Shape, give_cursor, take_cursor


class EventsPage(Shape, frozen=True):
    """Which page; the newest line first."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX - 1)] = 50
    cursor: Cursor | None = None


class AuthEventsParams(EventsPage, frozen=True):
    """Which page, and of which login."""

    login_id: LoginId | None = None


async def events_page(door: Door, query: EventsPage, login_id: LoginId | None) -> AuthEventsView:
    """Return a page of the log. Raises: CursorUnknown."""
    before = None if query.cursor is None else take_cursor(query.cursor, AuthEventId)
    found = await door.aread(auth_events, EventQuery(login_id, before, query.limit + 1))
    page = found[: query.limit]
    more = give_cursor(page[-1].id) if len(found) > len(page) else None
    return AuthEventsView([auth_event_view(each) for each in page], more)

# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `operations`."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from venule.client.shapes import Struct


class EventView(Struct, frozen=True, kw_only=True):
    """A fact as it was recorded."""

    seq: int
    at: dt.datetime
    name: str
    ref: str
    body: Any


class Events(Struct, frozen=True, kw_only=True):
    """A page of events."""

    items: list[EventView]
    next_cursor: str | None


class JobView(Struct, frozen=True, kw_only=True):
    """Work left for later. state: ready, done or dead; a dead one waits for a person."""

    id: UUID
    kind: str
    state: str
    due_at: dt.datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: dt.datetime


class Jobs(Struct, frozen=True, kw_only=True):
    """Jobs that gave up, the earliest first, and the kinds that have jobs waiting."""

    items: list[JobView]
    ready_kinds: list[str]


class TrialBalance(Struct, frozen=True, kw_only=True):
    """The trial balance of one moment. position: the last transfer's place in the journal."""

    position: int
    lines: list[TrialLineView]


class TrialLineView(Struct, frozen=True, kw_only=True):
    """What all accounts of a unit and code hold together, in major units of the unit."""

    unit: int
    code: int
    accounts: int
    debit_balance: str
    credit_balance: str

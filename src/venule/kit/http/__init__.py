"""A small HTTP kit: operations declared as data, and everything that is the same for all of them.

Requests are read into structs with every flaw told at once; errors are problems (RFC 9457); calls
that move money are carried out once for each key (draft-ietf-httpapi-idempotency-key-header-07);
the description (OpenAPI 3.1) is made from the same declarations. It knows no business words.
"""

from venule.kit.http.api import AT_WORK_MAX, RATES, Api, Observer, SignAnswer
from venule.kit.http.callers import (
    ALL_SIDES,
    ANYONE,
    FRESH_S,
    MEMBER_SIDE,
    PARTNER,
    PERSON,
    STAFF,
    Authenticate,
    Caller,
    CallerKind,
)
from venule.kit.http.edge import Amount, Cursor, Paid, Shape, amount, fen, give_cursor, take_cursor
from venule.kit.http.errors import (
    BadRequest,
    BodyNotJson,
    BodyTooLarge,
    BodyTooSlow,
    CallerUnknown,
    CursorUnknown,
    Flaw,
    HeaderRepeated,
    IdempotencyKeyMissing,
    IdempotencyKeyNotPlain,
    IdempotencyKeyRunning,
    InternalError,
    MediaTypeNotServed,
    MethodNotAllowed,
    NotPermitted,
    Overloaded,
    RequestInvalid,
    RequestTimedOut,
    RouteNotFound,
    StepUpNeeded,
    Stopping,
    TooManyRequests,
)
from venule.kit.http.limits import Rate, Rates, Room
from venule.kit.http.openapi import describe, errors_of
from venule.kit.http.owners import may_see, member_of
from venule.kit.http.problems import PROBLEM_JSON, Problem, problem, problem_response
from venule.kit.http.route import Answer, Call, Pushed, Route
from venule.kit.http.targets import OriginForm, Tree
from venule.kit.http.texts import line_pattern, text_pattern

__all__ = [
    "ALL_SIDES",
    "ANYONE",
    "AT_WORK_MAX",
    "FRESH_S",
    "MEMBER_SIDE",
    "PARTNER",
    "PERSON",
    "PROBLEM_JSON",
    "RATES",
    "STAFF",
    "Amount",
    "Answer",
    "Api",
    "Authenticate",
    "BadRequest",
    "BodyNotJson",
    "BodyTooLarge",
    "BodyTooSlow",
    "Call",
    "Caller",
    "CallerKind",
    "CallerUnknown",
    "Cursor",
    "CursorUnknown",
    "Flaw",
    "HeaderRepeated",
    "IdempotencyKeyMissing",
    "IdempotencyKeyNotPlain",
    "IdempotencyKeyRunning",
    "InternalError",
    "MediaTypeNotServed",
    "MethodNotAllowed",
    "NotPermitted",
    "Observer",
    "OriginForm",
    "Overloaded",
    "Paid",
    "Problem",
    "Pushed",
    "Rate",
    "Rates",
    "RequestInvalid",
    "RequestTimedOut",
    "Room",
    "Route",
    "RouteNotFound",
    "Shape",
    "SignAnswer",
    "StepUpNeeded",
    "Stopping",
    "TooManyRequests",
    "Tree",
    "amount",
    "describe",
    "errors_of",
    "fen",
    "give_cursor",
    "line_pattern",
    "may_see",
    "member_of",
    "problem",
    "problem_response",
    "take_cursor",
    "text_pattern",
]

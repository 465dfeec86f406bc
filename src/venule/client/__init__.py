"""A typed client of the service, for partners' servers and for our own programs.

`Client` waits for its answers, `AsyncClient` is awaited; both call the same operations, whose code
is made from the description of the API (`python -m venule.serving.make_client`). Calls that move
money have a key, and are repeated with the same one. Nothing of the house itself is loaded.
"""

from venule.client import models
from venule.client.auth import Auth, Bearer, ClientCredentials, ServerKey, Signed, read_key
from venule.client.calling import Client
from venule.client.calling_async import AsyncClient
from venule.client.errors import (
    AnswerNotProven,
    AnswerUnreadable,
    ApiProblem,
    ApiUnreachable,
    ClientError,
    Flaw,
)
from venule.client.events import BalanceEvent, Event
from venule.client.paging import each, each_async
from venule.client.retrying import Retries

__all__ = [
    "AnswerNotProven",
    "AnswerUnreadable",
    "ApiProblem",
    "ApiUnreachable",
    "AsyncClient",
    "Auth",
    "BalanceEvent",
    "Bearer",
    "Client",
    "ClientCredentials",
    "ClientError",
    "Event",
    "Flaw",
    "Retries",
    "ServerKey",
    "Signed",
    "each",
    "each_async",
    "models",
    "read_key",
]

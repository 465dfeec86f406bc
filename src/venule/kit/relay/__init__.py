"""Commands from other processes to the one writer of a home: a small protocol over a socket.

The writer serves the functions it is given, by name (`Server`, `Procedures`). Any other process
hands commands in as it would to a desk (`Relay`): they are carried out in the writer's groups, and
answered when they are durable. Both prove a shared secret; frames can't be altered or repeated.
"""

from venule.kit.relay.address import Endpoint, EndpointMalformed, parse_endpoint
from venule.kit.relay.client import AnswerLost, Relay, RelayBusy, RelayClosed, WriterUnreachable
from venule.kit.relay.procedures import (
    AnswerTooLarge,
    AskMalformed,
    CommandBroke,
    Procedures,
    ProcedureUnknown,
)
from venule.kit.relay.server import Server
from venule.kit.relay.wire import (
    PeerUnproven,
    RelaySecretUnfit,
    SecretNotNamed,
    make_secret,
    read_secret,
)
from venule.kit.telling import ForeignError

__all__ = [
    "AnswerLost",
    "AnswerTooLarge",
    "AskMalformed",
    "CommandBroke",
    "Endpoint",
    "EndpointMalformed",
    "ForeignError",
    "PeerUnproven",
    "ProcedureUnknown",
    "Procedures",
    "Relay",
    "RelayBusy",
    "RelayClosed",
    "RelaySecretUnfit",
    "SecretNotNamed",
    "Server",
    "WriterUnreachable",
    "make_secret",
    "parse_endpoint",
    "read_secret",
]

"""Requests to addresses that strangers name: sent to the open internet and nowhere else.

Whoever registers a URL with us chooses where our servers connect to. So a URL's form is checked
(`check_url`), its host is looked up once, every address found is checked (`refusal_of`), and the
connection goes to an address that was checked, under the name that was asked for: a name that
answers otherwise a moment later changes nothing. Redirects are not followed; answers are cut short;
all of it ends within the time given.

Source: OWASP, Server-Side Request Forgery Prevention Cheat Sheet; IANA special-purpose address
registries (RFC 6890).
"""

from venule.kit.sending.addresses import Network, parse_networks, refusal_of
from venule.kit.sending.answers import ANSWER_BYTES_MAX
from venule.kit.sending.errors import RequestUnfit, SendFailed, SendRefused, SendStep, UrlRefused
from venule.kit.sending.flights import Flights
from venule.kit.sending.sender import (
    AT_ONCE,
    TIMEOUT_S,
    Request,
    Sender,
    Sent,
    look_up,
)
from venule.kit.sending.urls import ANY_PORT, URL_CHARS_MAX, Policy, Target, check_url

__all__ = [
    "ANSWER_BYTES_MAX",
    "ANY_PORT",
    "AT_ONCE",
    "TIMEOUT_S",
    "URL_CHARS_MAX",
    "Flights",
    "Network",
    "Policy",
    "Request",
    "RequestUnfit",
    "SendFailed",
    "SendRefused",
    "SendStep",
    "Sender",
    "Sent",
    "Target",
    "UrlRefused",
    "check_url",
    "look_up",
    "parse_networks",
    "refusal_of",
]

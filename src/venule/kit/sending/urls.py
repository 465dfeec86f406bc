"""Where requests may go by the form of a URL alone: what is known before any name is looked up.

Both sides must read a URL in the same way, so only one form is taken: `https://host[:port]/path
[?query]` in plain ASCII, the host a name of letters, digits and hyphens or an address written out.
What browsers mend (backslashes, tabs, short addresses such as `127.1` or `0x7f000001`) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NoReturn

from venule.kit.errors import shorten
from venule.kit.sending.addresses import Address, Network, refusal_of
from venule.kit.sending.errors import UrlRefused

URL_CHARS_MAX: Final = 2_048
HOST_CHARS_MAX: Final = 253
ANY_PORT: Final[frozenset[int]] = frozenset(range(1, 65_536))
DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_QUERY: Final = re.compile(r"\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")

INNER_NAMES: Final = frozenset(
    {"alt", "arpa", "home", "internal", "intranet", "invalid", "lan", "local", "localhost",
     "corp", "onion", "private"}
)  # fmt: skip
"""Top labels that no name of the open internet ends in (RFC 6761, 6762, 8375, 9476; ICANN's
reservation of `internal`, 2024): good for a network of one's own alone."""


@dataclass(frozen=True)
class Policy:
    """Where requests may go.

    schemes: `https`, and `http` where an operator permits it. ports: those that may be dialled.
    allowed: networks beyond the open internet, such as that of a test's receiver; names of inner
    networks are taken only if there are some. refused: networks of the open internet that are the
    operator's own, to which nobody may send us; they go before `allowed`.
    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443, 8443})
    allowed: tuple[Network, ...] = ()
    refused: tuple[Network, ...] = ()

    def refusal_of(self, address: Address) -> str | None:
        """Say why no request may go to an address; None if one may."""
        if any(address.version == each.version and address in each for each in self.refused):
            return "refused by the operator"
        return refusal_of(address, self.allowed)


@dataclass(frozen=True)
class Target:
    """A URL in its parts. `host` is lower case, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The host, if it is an address and not a name."""
        return _address(self.host)

    @property
    def authority(self) -> str:
        """What goes into the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, policy: Policy) -> Target:
    """Take a URL apart, if requests may go to what it names; looks nothing up.

    Raises: UrlRefused. That its host's addresses are allowed is known only when it is called.
    """
    if len(url) > URL_CHARS_MAX:
        _refuse(url, f"at most {URL_CHARS_MAX} characters", f"{len(url)}")
    for char in url:
        if not "!" <= char <= "~" or char == "\\":
            _refuse(url, "visible ASCII characters without backslash", repr(char))
    parts = _URL.fullmatch(url)
    if parts is None:
        _refuse(url, "scheme://host/path", "another form")
    scheme = parts["scheme"].lower()
    if scheme not in policy.schemes or scheme not in DEFAULT_PORTS:
        _refuse(url, f"scheme {' or '.join(sorted(policy.schemes))}", shorten(scheme))
    if "@" in parts["authority"]:
        _refuse(url, "no user name or password", "one")
    if parts["fragment"] is not None:
        _refuse(url, "no fragment", "one")
    path, query = parts["path"], parts["query"] or ""
    if not _PATH.fullmatch(path) or (query and not _QUERY.fullmatch(query)):
        _refuse(url, "path and query as RFC 3986 has them", "another character or escape")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        _refuse(url, "host or host:port", shorten(parts["authority"]))
    port = DEFAULT_PORTS[scheme] if authority["port"] is None else int(authority["port"])
    if port not in policy.ports:
        _refuse(url, f"port {_told(policy.ports)}", f"{port}")
    return Target(
        scheme, _host(url, authority["host"].lower(), policy), port, (path or "/") + query
    )


def _host(url: str, host: str, policy: Policy) -> str:
    bare = host[1:-1] if host.startswith("[") else host
    address = _address(bare)
    if address is not None and (address.version == 6) == host.startswith("["):
        reason = policy.refusal_of(address)
        if reason is not None:
            _refuse(url, "an address on the open internet", f"one that is {reason}")
        return str(address)
    labels = host.split(".")
    if len(host) > HOST_CHARS_MAX or not all(map(_LABEL.fullmatch, labels)):
        _refuse(url, "a host of letters, digits and hyphens, or an address", shorten(host))
    if _NUMBER.fullmatch(labels[-1]):
        _refuse(url, "an address written as four decimal numbers", shorten(host))
    if not policy.allowed and (len(labels) == 1 or labels[-1] in INNER_NAMES):
        _refuse(url, "a name of the open internet", shorten(host))
    return host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _told(ports: frozenset[int]) -> str:
    some = sorted(ports)
    return ", ".join(map(str, some)) if len(some) < 10 else f"{some[0]} to {some[-1]}"


def _refuse(url: str, expected: str, seen: str) -> NoReturn:
    raise UrlRefused(url, expected, seen)

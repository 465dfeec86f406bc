"""Where a writer listens: `unix:PATH`, or `tcp:HOST:PORT`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from venule.kit.errors import BadInput, shorten

PORT_MAX = 65_535


@dataclass(eq=False)
class EndpointMalformed(BadInput):
    """It says not where a writer listens."""

    seen: str
    slug = "endpoint-malformed"

    @property
    def message(self) -> str:
        return f"expected unix:PATH or tcp:HOST:PORT, seen {shorten(self.seen)}"


class Endpoint(NamedTuple):
    """A socket's path, or a host and a port; port 0 lets the system choose one."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp:{host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Read an endpoint as it is written. Raises: EndpointMalformed."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest:
        return Endpoint(path=rest)
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if kind == "tcp" and host and port.isascii() and port.isdigit() and int(port) <= PORT_MAX:
        return Endpoint(host=host, port=int(port))
    raise EndpointMalformed(text)

"""Which addresses lie on the open internet. Pure: an address in, the reason against it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_V4: Final = (
    ("0.0.0.0/8", "of this host (RFC 791)"),
    ("10.0.0.0/8", "private (RFC 1918)"),
    ("100.64.0.0/10", "shared by a carrier's NAT (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("168.63.129.16/32", "a cloud's metadata service"),
    ("169.254.0.0/16", "link-local, a cloud's metadata service too (RFC 3927)"),
    ("172.16.0.0/12", "private (RFC 1918)"),
    ("192.0.0.0/24", "for protocols (RFC 6890)"),
    ("192.0.2.0/24", "for documentation (RFC 5737)"),
    ("192.88.99.0/24", "a 6to4 relay (RFC 7526)"),
    ("192.168.0.0/16", "private (RFC 1918)"),
    ("198.18.0.0/15", "for benchmarks (RFC 2544)"),
    ("198.51.100.0/24", "for documentation (RFC 5737)"),
    ("203.0.113.0/24", "for documentation (RFC 5737)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved or broadcast (RFC 1112, RFC 919)"),
)
_V6: Final = (
    ("::/128", "unspecified (RFC 4291)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("::ffff:0:0/96", "an IPv4 address in disguise (RFC 4291)"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64 (RFC 6052)"),
    ("64:ff9b:1::/48", "an IPv4 address behind NAT64 (RFC 8215)"),
    ("2001::/32", "a Teredo tunnel (RFC 4380)"),
    ("2001::/23", "for protocols (RFC 2928)"),
    ("2001:db8::/32", "for documentation (RFC 3849)"),
    ("2002::/16", "a 6to4 tunnel (RFC 3056)"),
    ("3fff::/20", "for documentation (RFC 9637)"),
    ("fc00::/7", "private (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("ff00::/8", "multicast (RFC 4291)"),
)
_REASONS_V4: Final = [(IPv4Network(text), reason) for text, reason in _V4]
_REASONS_V6: Final = [(IPv6Network(text), reason) for text, reason in _V6]

GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")
"""All that IANA gives out for the open internet (RFC 4291, section 2.4)."""

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_TEREDO: Final = IPv6Network("2001::/32")
_6TO4: Final = IPv6Network("2002::/16")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_32_BITS: Final = 0xFFFF_FFFF


def refusal_of(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Say why no request may go to an address; None if one may.

    allowed: networks that the operator permits although they are not on the open internet. An IPv6
    address that carries an IPv4 address inside must be permitted by both.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "bound to one link of this host"
    own = None if _is_in(address, allowed) else _reason(address)
    if own is not None:
        return own
    if isinstance(address, IPv6Address):
        for inner in _inside(address):
            if not _is_in(inner, allowed) and (reason := _reason(inner)) is not None:
                return f"a way to {inner}, which is {reason}"
    return None


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read networks written as `10.1.0.0/16`. Raises: ValueError."""
    return tuple(ip_network(text) for text in texts)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _reason(address: Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((reason for net, reason in _REASONS_V4 if address in net), None)
    for net, reason in _REASONS_V6:
        if address in net:
            return reason
    return None if address in GLOBAL_UNICAST_V6 else "not given out for the internet (RFC 4291)"


def _inside(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address stands for by its form."""
    bits = int(address)
    if address in _MAPPED or address in _NAT64 or (address in _COMPATIBLE and bits > 1):
        yield IPv4Address(bits & _32_BITS)
    if address in _TEREDO:
        yield IPv4Address(bits >> 64 & _32_BITS)  # the server
        yield IPv4Address(~bits & _32_BITS)  # the client
    if address in _6TO4:
        yield IPv4Address(bits >> 80 & _32_BITS)
    if bits >> 32 & _32_BITS in _ISATAP:
        yield IPv4Address(bits & _32_BITS)

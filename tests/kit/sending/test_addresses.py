"""Only the open internet: every special range is refused, in every disguise."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.sending import refusal_of

OPEN = (
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255",
    "172.32.0.0", "192.0.1.0", "223.255.255.255", "2606:4700::1111", "2400:3200::1",
    "2a00:1450:4001::1",
)  # fmt: skip
REFUSED = {
    "0.0.0.0": "this host",
    "0.1.2.3": "this host",
    "10.0.0.1": "private",
    "100.64.0.1": "carrier",
    "100.100.100.200": "carrier",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "metadata",
    "169.254.169.254": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "protocols",
    "192.88.99.1": "6to4",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarks",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "not given out",
    "::ffff:8.8.8.8": "disguise",
    "::ffff:127.0.0.1": "disguise",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "100::1": "not given out",
    "2001::1": "Teredo",
    "2001:2::1": "protocols",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2600::5efe:10.0.0.1": "a way to 10.0.0.1",
    "3fff::1": "documentation",
    "5f00::1": "not given out",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link of this host",
    "2606:4700::1111%1": "link of this host",
    "fec0::1": "not given out",
    "ff02::1": "multicast",
}


@pytest.mark.parametrize("text", OPEN)
def test_the_open_internet_is_allowed(text):
    assert refusal_of(ip_address(text)) is None


@pytest.mark.parametrize("text, why", REFUSED.items())
def test_special_ranges_are_refused(text, why):
    assert why in (refusal_of(ip_address(text)) or "allowed")


@given(st.ip_addresses(v=4))
def test_nothing_is_allowed_that_the_standard_library_calls_private(address: IPv4Address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        assert refusal_of(address) is not None
    if refusal_of(address) is None:
        assert address.is_global


@given(st.ip_addresses(v=6))
def test_an_allowed_ipv6_address_is_global_unicast_and_hides_nothing(address: IPv6Address):
    if refusal_of(address) is None:
        assert address in ip_network("2000::/3")
        assert not address.is_private
        assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@given(st.ip_addresses(v=4))
def test_no_disguise_of_an_ipv4_address_is_allowed(inner: IPv4Address):
    bits = int(inner)
    for disguise in (bits, 0xFFFF << 32 | bits, 0x64FF9B << 96 | bits, 0x2002 << 112 | bits << 80):
        assert refusal_of(IPv6Address(disguise)) is not None


def test_an_operator_may_allow_a_network():
    inner = (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert refusal_of(ip_address("10.1.2.3"), inner) is None
    assert refusal_of(ip_address("::1"), inner) is None
    assert refusal_of(ip_address("10.2.2.3"), inner) is not None
    assert refusal_of(ip_address("::ffff:10.1.2.3"), inner) is not None


def test_what_is_inside_a_tunnel_must_be_allowed_too():
    nat64 = (ip_network("64:ff9b::/96"),)
    assert refusal_of(ip_address("64:ff9b::8.8.8.8"), nat64) is None
    assert "loopback" in (refusal_of(ip_address("64:ff9b::127.0.0.1"), nat64) or "")
    both = (*nat64, IPv4Network("127.0.0.0/8"))
    assert refusal_of(ip_address("64:ff9b::127.0.0.1"), both) is None

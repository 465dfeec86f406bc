"""One form of URL: what two programs could read in two ways is refused."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from venule.kit.sending import ANY_PORT, Policy, Target, UrlRefused, check_url, refusal_of

OPEN = Policy()
LAX = Policy(schemes=frozenset({"http", "https"}), ports=ANY_PORT)
INNER = Policy(ports=ANY_PORT, allowed=(ip_network("10.0.0.0/8"),))

TAKEN = {
    "https://example.com": Target("https", "example.com", 443, "/"),
    "HTTPS://Example.COM/Hook?x=%2F": Target("https", "example.com", 443, "/Hook?x=%2F"),
    "https://example.com:8443/a//b": Target("https", "example.com", 8443, "/a//b"),
    "https://example.com?a=1": Target("https", "example.com", 443, "/?a=1"),
    "https://xn--fiqs8s.xn--55qx5d.cn/h": Target("https", "xn--fiqs8s.xn--55qx5d.cn", 443, "/h"),
    "https://1.1.1.1/h": Target("https", "1.1.1.1", 443, "/h"),
    "https://[2606:4700:0::1111]/h": Target("https", "2606:4700::1111", 443, "/h"),
}
REFUSED = {
    "": "another form",
    "example.com/h": "another form",
    "//example.com/h": "another form",
    "https:/example.com": "another form",
    "http://example.com/h": "http",
    "ftp://example.com/h": "ftp",
    "gopher://example.com:443/_x": "gopher",
    "https://user@example.com/h": "no user name",
    "https://example.com:pw@127.0.0.1/h": "no user name",
    "https://example.com/h#f": "no fragment",
    "https://example.com:22/h": "port",
    "https://example.com:0/h": "port",
    "https://example.com:99999/h": "port",
    "https://example.com:/h": "host",
    "https://example.com:44a/h": "host",
    "https:///h": "host",
    "https://exa mple.com/h": "visible",
    "https://example.com/h\r\nX: y": "visible",
    "https://example.com\\@127.0.0.1/": "visible",
    "https://example\t.com/": "visible",
    "https://例え.jp/h": "visible",
    "https://example.com/%zz": "RFC 3986",
    "https://example.com/<x>": "RFC 3986",
    "https://example.com/?q=[": "RFC 3986",
    "https://example.com./h": "letters",
    "https://-x.com/h": "letters",
    "https://a_b.com/h": "letters",
    "https://%65xample.com/h": "letters",
    "https://localhost/h": "open internet",
    "https://intranet/h": "open internet",
    "https://metadata.google.internal/h": "open internet",
    "https://printer.local/h": "open internet",
    "https://127.0.0.1/h": "loopback",
    "https://169.254.169.254/latest/meta-data": "metadata",
    "https://10.0.0.1/h": "private",
    "https://[::1]/h": "loopback",
    "https://[::ffff:127.0.0.1]/h": "disguise",
    "https://[fe80::1%25eth0]/h": "one link",
    "https://[1.1.1.1]/h": "letters",
    "https://::1/h": "host",
    "https://127.1/h": "decimal",
    "https://2130706433/h": "decimal",
    "https://0x7f000001/h": "decimal",
    "https://0x7f.0.0.1/h": "decimal",
    "https://0177.0.0.1/h": "decimal",
    "https://1.1.1.1.1/h": "decimal",
    "https://1.1.1/h": "decimal",
    "https://example.com/" + "a" * 2_048: "2048 characters",
    "https://" + "a" * 64 + ".com/": "letters",
    "https://" + "a." * 127 + "com/": "letters",
}  # fmt: skip


@pytest.mark.parametrize("url, target", TAKEN.items())
def test_taken(url, target):
    assert target == check_url(url, OPEN)


@pytest.mark.parametrize("url, why", REFUSED.items())
def test_refused(url, why):
    with pytest.raises(UrlRefused) as raised:
        check_url(url, OPEN)
    assert why in raised.value.message


def test_the_authority_names_a_port_that_is_not_the_schemes_own():
    def authority(url: str) -> str:
        return check_url(url, LAX).authority

    assert "example.com" == authority("https://example.com:443/")
    assert "example.com" == authority("http://example.com/")
    assert "example.com:443" == authority("http://example.com:443/")
    assert "[2606:4700::1]:80" == authority("https://[2606:4700::1]:80/")


def test_names_of_an_inner_network_are_taken_where_one_is_allowed():
    assert "receiver" == check_url("https://receiver:9000/h", INNER).host
    assert "10.1.1.1" == check_url("https://10.1.1.1/h", INNER).host
    with pytest.raises(UrlRefused):
        check_url("https://127.0.0.1/h", INNER)


def test_an_operators_own_network_can_be_refused():
    own = Policy(refused=(ip_network("1.1.1.0/24"),))
    with pytest.raises(UrlRefused, match="refused by the operator"):
        check_url("https://1.1.1.1/h", own)
    assert "1.1.2.1" == check_url("https://1.1.2.1/h", own).host


_pieces = st.sampled_from(
    ["https://", "http://", "//", "/", "\\", "@", ":", "?", "#", "%2e", "%00", "[", "]", ".", "..",
     "localhost", "example.com", "127.0.0.1", "0x7f", "1", "::1", "443", "\r\n", "\t", " ", "é"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(_pieces, max_size=8).map("".join)))
@example("https://example.com")
def test_what_is_taken_is_read_the_same_way_by_others(url):
    """The standard library's reading is another one's: both must see the same host and port."""
    try:
        target = check_url(url, LAX)
    except UrlRefused:
        return
    other = urlsplit(url)
    assert target.host == (str(target.address) if target.address else other.hostname)
    if target.address:
        assert target.address == ip_address(other.hostname or "")
        assert refusal_of(target.address) is None
    assert (other.port or {"https": 443, "http": 80}[target.scheme]) == target.port
    assert other.username is None
    assert all("!" <= char <= "~" for char in target.path + target.authority)

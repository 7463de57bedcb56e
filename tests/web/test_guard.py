"""Which addresses and ports may be dialled, as a table; the addresses are the registries' own examples."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.guard import Guard

STRICT = Guard()


def allowing(*networks: str) -> Guard:
    return Guard(tuple(ip_network(network) for network in networks))


REFUSED = [
    *[("loopback", address) for address in ("127.0.0.1", "127.255.255.254", "::1")],
    *[("private", address) for address in ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1")],
    *[("private", address) for address in ("fdff::1", "fec0::1", "64:ff9b:1::a00:1")],
    *[("link-local", address) for address in ("169.254.0.1", "fe80::1", "fe80::1%eth0")],
    *[("metadata", address) for address in ("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200")],
    *[("metadata", address) for address in ("192.0.0.192", "fd00:ec2::254", "fd20:ce::254")],
    *[("shared", address) for address in ("100.64.0.1", "100.127.255.255")],
    *[("unspecified", address) for address in ("0.0.0.0", "0.1.2.3", "::")],  # noqa: S104 - not listened on
    *[("multicast", address) for address in ("224.0.0.1", "239.255.255.255", "ff02::1")],
    *[("reserved", address) for address in ("240.0.0.1", "255.255.255.255", "192.88.99.1", "192.0.0.8")],
    *[("reserved", address) for address in ("2001::1", "2001:2::1", "4000::1", "100::1", "::7f00:1", "5f00::1")],
    *[("documentation", address) for address in ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1")],
    ("documentation", "3fff::1"),
    ("benchmarking", "198.18.0.1"),
    # an IPv4 address within another form
    ("loopback", "::ffff:127.0.0.1"),
    ("private", "::ffff:10.0.0.1"),
    ("metadata", "::ffff:169.254.169.254"),
    ("loopback", "::ffff:0:127.0.0.1"),
    ("loopback", "64:ff9b::127.0.0.1"),
    ("metadata", "64:ff9b::a9fe:a9fe"),
    ("loopback", "2002:7f00:1::"),
    ("private", "2002:a00:1::1"),
]


@pytest.mark.parametrize(("why", "address"), REFUSED)
def test_an_address_that_is_not_public_is_refused_and_says_why(why: str, address: str) -> None:
    said = STRICT.refusal_of_address(address)

    assert said is not None
    assert f" {why} one, outside apps.allow_private" in said


@pytest.mark.parametrize(
    "address",
    [
        *["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "169.253.1.1"],
        *["2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
    ],
)
def test_a_public_address_may_be_dialled(address: str) -> None:
    assert STRICT.refusal_of_address(address) is None


@pytest.mark.parametrize(
    "text", ["", "localhost", "1", "127.1", "0x7f.0.0.1", "2130706433", "1.2.3.4.5", "::g", "[::1]"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """A resolver has made an address of it before it is dialled."""
    assert "it is no address" == STRICT.refusal_of_address(text)


@pytest.mark.parametrize(
    ("network", "address", "allowed"),
    [
        pytest.param("10.1.0.0/16", "10.1.2.3", True, id="in the network"),
        pytest.param("10.1.0.0/16", "10.2.0.1", False, id="beside it"),
        pytest.param("10.1.0.0/16", "::ffff:10.1.2.3", True, id="in it, written as IPv6"),
        pytest.param("127.0.0.1/32", "127.0.0.1", True, id="one address"),
        pytest.param("127.0.0.1/32", "127.0.0.2", False, id="the one next to it"),
        pytest.param("127.0.0.1/32", "::1", False, id="the same of the other family"),
        pytest.param("fd00::/8", "fd12::1", True, id="of IPv6"),
        pytest.param("64:ff9b:1::/48", "64:ff9b:1::a00:1", True, id="a NAT64 prefix of one's own"),
        pytest.param("169.254.0.0/16", "169.254.169.254", False, id="metadata by a network around it"),
        pytest.param("100.64.0.0/10", "100.100.100.200", False, id="another's metadata by a network around it"),
        pytest.param("fd00::/8", "fd00:ec2::254", False, id="metadata of IPv6 by a network around it"),
        pytest.param("169.254.169.254/32", "169.254.169.254", True, id="metadata by its own address"),
    ],
)
def test_a_network_that_is_allowed_lets_in_what_lies_in_it(network: str, address: str, allowed: bool) -> None:
    assert allowed is (allowing(network).refusal_of_address(address) is None)


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_let_in_that_pythons_own_table_holds_not_to_be_global(address: IPv4Address | IPv6Address) -> None:
    if STRICT.refusal_of_address(str(address)) is None:
        held = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        assert (held or address).is_global or address in ip_network("64:ff9b::/96")


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_what_is_refused_as_ipv4_is_refused_in_every_form_that_holds_it(address: IPv4Address) -> None:
    number = int(address)
    high, low = number >> 16, number & 0xFFFF
    forms = [f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{high:x}:{low:x}::5"]
    assert {STRICT.refusal_of_address(str(address))} == {STRICT.refusal_of_address(form) for form in forms}


PORTS = [
    pytest.param(80, (), True, id="HTTP"),
    pytest.param(443, (), True, id="HTTPS"),
    pytest.param(22, (), False, id="another service"),
    pytest.param(8443, (), False, id="another port"),
    pytest.param(8443, ((8443, 8443),), True, id="one that is allowed"),
    pytest.param(8442, ((8000, 8441), (8443, 8443)), False, id="between ranges"),
    pytest.param(8500, ((8000, 8999),), True, id="in a range"),
]


@pytest.mark.parametrize(("port", "ranges", "allowed"), PORTS)
def test_only_the_usual_ports_and_those_of_the_settings(
    port: int, ranges: tuple[tuple[int, int], ...], allowed: bool
) -> None:
    assert allowed is (Guard(allow_ports=ranges).refusal_of_port(port) is None)


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        pytest.param("https://app.example.com/sms", None, id="a name"),
        pytest.param("https://8.8.8.8/sms", None, id="a public address"),
        pytest.param("https://app.example.com:8443/sms", "port 8443", id="another port"),
        pytest.param("http://10.0.0.1/", "private", id="a private address"),
        pytest.param("http://[::1]/", "loopback", id="of IPv6"),
        pytest.param("http://[fe80::1%25eth0]/", "link-local", id="with an interface"),
        pytest.param("http://user:x@127.0.0.1/", "loopback", id="behind a user"),
        pytest.param("ftp://app.example.com/", "no http", id="another scheme"),
        pytest.param("file:///etc/passwd", "no http", id="a file"),
        pytest.param("gopher://127.0.0.1:80/_x", "no http", id="an old scheme"),
        pytest.param("//app.example.com/", "no http", id="no scheme"),
        pytest.param("https:///sms", "no http", id="no host"),
        pytest.param("http://[::1", "no URL", id="broken"),
        pytest.param("http://a:99999/", "no URL", id="a port that is none"),
        pytest.param("https://url-1.invalid/", "leads nowhere", id="a name that leads nowhere"),
    ],
)
def test_what_a_url_tells_before_its_name_is_looked_up(url: str, refused: str | None) -> None:
    said = STRICT.refusal_of_url(url)

    assert (said is None) if refused is None else (said is not None and refused in said)

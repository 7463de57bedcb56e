"""Which addresses the gateway may be led to by a URL of an app, a callback or a sink.

Such a URL is an operator's or a caller's input, and what an app answers can hold more of them, so that without a guard
the gateway would ask hosts inside on behalf of somebody outside (server-side request forgery). What counts is the
address that is dialled, not the name: a name may lead to another address from one moment to the next.

Pure: nothing here looks a name up or opens a connection.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

USUAL_PORTS: Final = frozenset({80, 443})
SCHEMES: Final = frozenset({"http", "https"})
NOWHERE: Final = ".invalid"  # the names that lead nowhere (RFC 6761), as a capture has them in the place of an app's
METADATA: Final = "metadata"
OUTSIDE: Final = "outside apps.allow_private"

# IANA, IPv4 Special-Purpose Address Registry; the cloud providers' manuals for what answers inside a host alone.
# First match names the reason.
REFUSED_V4: Final = (
    (IPv4Network("169.254.169.254/32"), METADATA),
    (IPv4Network("169.254.170.2/32"), METADATA),  # Amazon ECS
    (IPv4Network("168.63.129.16/32"), METADATA),  # Azure; a public address by its number
    (IPv4Network("100.100.100.200/32"), METADATA),  # Alibaba Cloud
    (IPv4Network("192.0.0.192/32"), METADATA),  # Oracle Cloud
    (IPv4Network("0.0.0.0/8"), "unspecified"),  # on Linux 0.0.0.0 is this host
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "shared"),  # behind a carrier's NAT (RFC 6598)
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved"),
    (IPv4Network("192.0.2.0/24"), "documentation"),
    (IPv4Network("192.88.99.0/24"), "reserved"),  # relays of 6to4, withdrawn
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("198.18.0.0/15"), "benchmarking"),
    (IPv4Network("198.51.100.0/24"), "documentation"),
    (IPv4Network("203.0.113.0/24"), "documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),  # 255.255.255.255 too
)

# The same for IPv6. What is not in 2000::/3 is no global unicast address and refused as a whole.
GLOBAL_V6: Final = IPv6Network("2000::/3")
REFUSED_V6: Final = (
    (IPv6Network("fd00:ec2::/32"), METADATA),  # Amazon
    (IPv6Network("fd20:ce::254/128"), METADATA),  # Google
    (IPv6Network("::/128"), "unspecified"),
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("fc00::/7"), "private"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("fec0::/10"), "private"),  # site-local, withdrawn
    (IPv6Network("ff00::/8"), "multicast"),
    (IPv6Network("64:ff9b:1::/48"), "private"),  # NAT64 within one network (RFC 8215); what it holds is not told
    (IPv6Network("2001::/23"), "reserved"),  # Teredo, benchmarking, identifiers that are no addresses
    (IPv6Network("2001:db8::/32"), "documentation"),
    (IPv6Network("3fff::/20"), "documentation"),
)

# Forms of IPv6 that hold an IPv4 address, and how many bits stand behind it.
EMBEDDING: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated (RFC 2765)
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056)
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be reached: public addresses, and whatever lies in ``allow_private``; on ports 80, 443 and those of
    ``allow_ports`` (pairs of the first and the last of a range).
    """

    allow_private: tuple[Network, ...] = ()
    allow_ports: tuple[tuple[int, int], ...] = ()

    def refusal_of_address(self, host: str) -> str | None:
        """Why an address must not be dialled; None when it may. What is no address is refused."""
        try:
            address = ip_address(host.partition("%")[0])  # without the interface of a link-local one
        except ValueError:
            return "it is no address"
        return self._refusal(address)

    def _refusal(self, address: Address) -> str | None:
        if self._is_allowed(address):
            return None
        held = _embedded(address) if isinstance(address, IPv6Address) else None
        if held is not None:
            return self._refusal(held)
        why = _why_refused(address)
        return None if why is None else f"its address is {'an' if why[0] in 'aeiou' else 'a'} {why} one, {OUTSIDE}"

    def _is_allowed(self, address: Address) -> bool:
        """Metadata is let in only by its own address, never by a network around it: it gives keys to whoever asks."""
        is_metadata = _why_refused(address) == METADATA
        return any(_holds(net, address) for net in self.allow_private if net.num_addresses == 1 or not is_metadata)

    def refusal_of_port(self, port: int) -> str | None:
        """Why a port must not be dialled; None when it may."""
        if port in USUAL_PORTS or any(first <= port <= last for first, last in self.allow_ports):
            return None
        return f"port {port} is not one of 80, 443 and apps.allow_ports"

    def refusal_of_url(self, url: str) -> str | None:
        """What can be told of a URL before its name is looked up; None when it has to be tried."""
        try:
            read = URL(url, encoded=True)
            scheme, host, port = read.scheme, read.host, read.port
        except ValueError:
            return "it is no URL"
        if scheme not in SCHEMES or not host or port is None:
            return "it is no http or https URL"
        if host.rstrip(".").endswith(NOWHERE):
            return "a name that ends in .invalid leads nowhere"
        return self.refusal_of_port(port) or (self.refusal_of_address(host) if _is_address(host) else None)


def _why_refused(address: Address) -> str | None:
    table: Iterable[tuple[Network, str]] = REFUSED_V4 if isinstance(address, IPv4Address) else REFUSED_V6
    told = next((why for network, why in table if _holds(network, address)), None)
    is_global = isinstance(address, IPv4Address) or address in GLOBAL_V6
    return told if told is not None or is_global else "reserved"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    for network, behind in EMBEDDING:
        if address in network:
            return IPv4Address(int(address) >> behind & 0xFFFFFFFF)
    return None


def _holds(network: Network, address: Address) -> bool:
    return address.version == network.version and address in network


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True

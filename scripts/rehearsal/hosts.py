"""Which hosts a replay may ask: this one; another one if somebody says so; Twilio never."""

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

from gateway.twilio.page_urls import is_twilios
from scripts.rehearsal.terminal import BadInput


def demand_safe(option: str, url: str, *, yes_live: bool) -> None:
    """Raise `BadInput` unless a URL leads to this host or, with --yes-live, to another one that is not Twilio's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        raise BadInput(f"{option}: it is a URL, as http://127.0.0.1:8080")
    if is_twilios(host):
        raise BadInput(f"{option}: Twilio itself is never asked")
    if not yes_live and not _is_loopback(host):
        raise BadInput(f"{option}: {host} is not this host; --yes-live lets it be asked all the same")


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    try:
        found = {address[4][0] for address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)

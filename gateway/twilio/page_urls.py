"""Where Twilio's answers lead: absolute URLs of its own, written anew so that an app comes back to the gateway. Pure.

The lists of messaging.twilio.com name their pages by absolute URLs (``meta.next_page_url`` and its like), and its
resources themselves and what belongs to them (``url``, ``links``); Twilio's SDKs follow them as they are given. Only
what stands under these names and begins with an address of Twilio's is changed; every other byte stays as it came.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

# Outside a string of JSON a quote begins one, and inside it a quote has a backslash before it: so `"url":` is a name
# wherever it stands in valid JSON.
NAMED: Final = rb'"(?:url|first_page_url|previous_page_url|next_page_url)"\s*:\s*'
LINKS: Final = re.compile(rb'"links"\s*:\s*\{(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+\}', re.DOTALL)

# A Host that can be written into a URL as it stands: a name or an address, and a port.
PLAIN_HOST: Final = re.compile(r"(?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII | re.I)
TWILIO: Final = re.compile(r"(?:.*\.)?twilio\.com\.?", re.ASCII | re.I)
# What a proxy adds to a request. Behind one the gateway cannot tell how it was reached.
FORWARDED: Final = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"}
)
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def reached_at(scheme: str, host: str | None, port: int, header_names: Iterable[str]) -> str | None:
    """The address under which a client reached the listener on ``port``, ``http://127.0.0.1:8080``; None where that
    cannot be told (behind a proxy, or a port that leads to another) or is one of Twilio's own.

    It is only ever told to the client that named it, which sends its credentials there next.
    """
    if host is None or not PLAIN_HOST.fullmatch(host) or any(name.lower() in FORWARDED for name in header_names):
        return None
    try:
        named = urlsplit(f"//{host}").port or DEFAULT_PORTS[scheme]
    except ValueError:  # above 65535
        return None
    return f"{scheme}://{host}" if named == port and not is_twilios(host) else None


def is_twilios(host: str) -> bool:
    """Whether a Host, with or without a port, is a name of Twilio's: the gateway stands in its place."""
    return TWILIO.fullmatch(host.partition(":")[0]) is not None


def led_to(place: str, product: str, stand_in: str, body: bytes) -> bytes:
    """A JSON body whose URLs on ``product``'s host (with edge and region, or ``stand_in``, the address that stands for
    it in the settings) lead to ``place`` instead, which has no slash at its end.
    """
    named, quoted = _patterns(product, stand_in)
    there = place.encode()

    def lead(found: re.Match[bytes]) -> bytes:
        return found[1] + there

    return LINKS.sub(lambda links: quoted.sub(lead, links[0]), named.sub(lead, body))


@lru_cache(maxsize=64)
def _patterns(product: str, stand_in: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """The beginning of a URL of Twilio's: after one of the names, and after a name within ``links``."""
    twilios = rf"https://{re.escape(product)}(?:\.[a-z0-9-]+){{0,2}}\.twilio\.com(?::443)?"
    origin = rf"(?:{twilios}|{re.escape(stand_in)})(?=/)".encode()
    return re.compile(rb"(" + NAMED + rb'")' + origin), re.compile(rb'("(?:[^"\\]|\\.)*+"\s*:\s*")' + origin)

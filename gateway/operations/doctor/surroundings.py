"""What stands around the gateway: environment variables, the public URL, the clock, the store."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from gateway.operations.doctor.findings import Check, Finding, notice, well, wrong
from gateway.store import StoreError
from gateway.twilio.upstream import NotSent, Upstream, UpstreamError, UpstreamRequest

# Twilio, Global Infrastructure: the SDKs put these into every host name, also into a base URL that was set by hand.
HOST_CHANGING: Final = ("TWILIO_REGION", "TWILIO_EDGE")
INBOUND: Final = "/inbound"
OWN_HEADER: Final = "X-Gateway-Request-Id"  # stands on every answer of the gateway's
ANSWER_SECONDS: Final = 10.0
MOST_SKEW_SECONDS: Final = 5.0


def environment(variables: Mapping[str, str]) -> Finding:
    """Whether variables are set that damage an app's base URL."""
    found = [name for name in HOST_CHANGING if variables.get(name)]
    if not found:
        return well(Check.ENVIRONMENT, "neither TWILIO_REGION nor TWILIO_EDGE is set here")
    return wrong(
        Check.ENVIRONMENT,
        f"{' and '.join(found)} set: Twilio's SDKs write it into every host name, also into the gateway's",
        "unset it where the apps run, and set twilio.api_url of the gateway to the region; or use GatewayHttpClient",
    )


def shape_of_public_url(url: str, *, with_twilio: bool) -> Iterator[Finding]:
    """What can be told from the public URL itself. ``with_twilio``: Twilio, not a stand-in, is to reach it."""
    parts = urlsplit(url)
    if parts.path.rstrip("/").endswith(INBOUND):
        yield wrong(
            Check.PUBLIC_URL,
            f"public_url ends with {INBOUND}, which the gateway adds itself, so that no signature fits",
            f"leave {INBOUND} out of public_url",
        )
    elif parts.path.strip("/"):
        yield notice(
            Check.PUBLIC_URL,
            f"public_url has the path {parts.path}",
            f"see that the proxy hands {parts.path}{INBOUND} on as {INBOUND}",
        )
    if not with_twilio:
        return
    if _is_only_here(parts.hostname or ""):
        yield wrong(
            Check.PUBLIC_URL,
            f"public_url names {parts.hostname}, which Twilio cannot reach",
            "set public_url to the https address under which the Internet reaches the webhook listener",
        )
    elif parts.scheme != "https":
        yield wrong(
            Check.PUBLIC_URL,
            "public_url is not https: messages and their signatures go over the Internet in the clear",
            "give the webhook listener a certificate, or a proxy before it, and write https in public_url",
        )


def _is_only_here(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


async def reach_of_public_url(url: str) -> Finding:
    """Whether the gateway answers at its public URL, as far as that can be seen from here."""
    upstream = Upstream(url, most_connections=1, answer_seconds=ANSWER_SECONDS)
    try:
        answer = await upstream.fetch(UpstreamRequest("GET", INBOUND, (("Accept", "application/json"),)))
    except UpstreamError as error:
        return wrong(
            Check.PUBLIC_URL,
            f"nothing answers at {url}{INBOUND} ({_why(error)})",
            "start the gateway, and see that DNS, proxy and firewall lead to its webhook listener; where it cannot be "
            "reached from inside, try it from outside",
        )
    finally:
        upstream.close()
    if answer.header(OWN_HEADER) is None:
        return wrong(
            Check.PUBLIC_URL,
            f"something else than the gateway answers at {url}{INBOUND} (status {answer.status})",
            "see that the proxy leads this path to the webhook listener",
        )
    return well(Check.PUBLIC_URL, f"the gateway answers at {url}{INBOUND}")


def _why(error: UpstreamError) -> str:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {cause.verify_message}"
    if isinstance(error, NotSent) and cause is not None:
        return type(cause).__name__
    return "the connection broke, or what answered is not HTTP"


def clock(date: str | None, asked_at: int, answered_at: int) -> Finding:
    """The difference between this machine's clock and Twilio's, by the ``Date`` of an answer; the times are in
    microseconds since 1970, UTC.
    """
    try:
        theirs = parsedate_to_datetime(date or "").timestamp() + 0.5  # whole seconds, so half of one on average
    except ValueError:
        return notice(Check.CLOCK, "Twilio's answer has no date to compare with", "see that this machine keeps time")
    skew = (asked_at + answered_at) / 2_000_000 - theirs
    if abs(skew) <= MOST_SKEW_SECONDS:
        return well(Check.CLOCK, f"this machine's clock and Twilio's differ by less than {MOST_SKEW_SECONDS:g} s")
    return wrong(
        Check.CLOCK,
        f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Twilio's: of a STOP and a "
        "START the wrong one may count as the later",
        "let the machine keep time by NTP",
    )


async def store(database_url: str) -> Finding:
    """Whether the store can be read and has the schema of this version."""
    from gateway.store.upgrade import is_ready  # takes a while to import

    try:
        there = await asyncio.to_thread(is_ready, database_url)
    except StoreError as error:
        return wrong(Check.STORE, f"the store: {error}", "see database_url, and docs/operations.md on upgrades")
    if there:
        return well(Check.STORE, "the store can be read, and its schema is this version's")
    return notice(
        Check.STORE,
        "there is no store yet at database_url: nobody is opted out",
        "nothing, if the gateway was never started; else see that database_url is the path that it uses",
    )

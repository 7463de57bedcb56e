"""Where Twilio sends inbound messages, judged against where they have to come. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender
from gateway.operations.doctor.findings import Check, Finding, notice, wrong

INBOUND: Final = "/inbound"
PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whose webhook it is, in words, and what Twilio has for it."""

    whose: str
    url: str | None
    method: str | None


def judge(check: Check, webhook: Webhook, public_url: str) -> Finding | None:
    """What is wrong with a webhook; None when messages come to the gateway."""
    expected = public_url + INBOUND
    if not webhook.url:
        return wrong(
            check, f"{webhook.whose} has no webhook: a STOP sent to it is never seen", f"set it to {expected}, POST"
        )
    difference = _difference(urlsplit(webhook.url), urlsplit(expected))
    if difference:
        return wrong(
            check,
            f"the webhook of {webhook.whose} does not lead to the gateway: {difference}",
            f"set it to {expected}, POST; or public_url, if that is what is out of date",
        )
    if webhook.method != "POST":
        return wrong(
            check,
            f"the webhook of {webhook.whose} is asked by {webhook.method or 'another method'}, which gets 405",
            "set its method to POST",
        )
    return None


def _difference(found: SplitResult, expected: SplitResult) -> str:
    """How a URL differs from the right one in what is signed and routed; fragment and user do not count."""
    try:
        ports = [parts.port or PORTS.get(parts.scheme) for parts in (found, expected)]
    except ValueError:
        return "its port is no number"
    if found.hostname != expected.hostname:
        return f"it goes to {_shown(found)}"
    if found.scheme != expected.scheme:
        return f"it is {found.scheme}, not {expected.scheme}"
    if ports[0] != ports[1]:
        return f"its port is {ports[0]}, not {ports[1]}"
    if found.path.rstrip("/") == expected.path and found.path != expected.path:
        return "its path has a slash at the end"
    if found.path != expected.path:
        return f"its path is {found.path or '/'}, not {expected.path}"
    return "it has a query" if found.query else ""


def _shown(parts: SplitResult) -> str:
    """A URL without user, password and query, which may be secrets."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def of_services(services: list[dict[str, Any]], public_url: str) -> Iterator[Finding]:
    """The services that do not hand their messages to the gateway (Twilio, Messaging Service: incoming messages are
    dropped, sent to the service's URL, or left to the sender's webhook).
    """
    for service in services:
        if service.get("use_inbound_webhook_on_number"):
            continue
        whose = f"service {service.get('sid')}"
        if not service.get("inbound_request_url"):
            yield wrong(
                Check.SERVICES,
                f"{whose} drops incoming messages at Twilio: a STOP sent to it is never seen",
                f'in its Integration settings choose "Send a webhook" to {public_url + INBOUND}, or to defer to the '
                "sender's webhook",
            )
            continue
        webhook = Webhook(whose, service["inbound_request_url"], service.get("inbound_method"))
        found = judge(Check.SERVICES, webhook, public_url)
        if found is not None:
            yield found


def own_url_unused(services: list[dict[str, Any]], pools: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The keys of senders whose own webhook Twilio does not ask, as their service decides."""
    deciding = [service.get("sid") for service in services if not service.get("use_inbound_webhook_on_number")]
    return frozenset(key for sid in deciding for key in pools.get(str(sid), ()))


def of_numbers(numbers: list[dict[str, Any]], unused: frozenset[str], public_url: str) -> Iterator[Finding]:
    """Numbers and short codes whose own webhook counts and does not lead to the gateway."""
    for number in numbers:
        name = str(number.get("phone_number") or number.get("short_code") or number.get("sid"))
        if _key(name) in unused or not _can_text(number):
            continue
        if number.get("sms_application_sid"):
            yield notice(
                Check.NUMBERS,
                f"the messages of {name} go to the URL of TwiML application {number['sms_application_sid']}",
                f"see that its message URL is {public_url + INBOUND}, POST; or take the application off the number",
            )
            continue
        found = judge(Check.NUMBERS, Webhook(name, number.get("sms_url"), number.get("sms_method")), public_url)
        if found is not None:
            yield found


def _can_text(number: dict[str, Any]) -> bool:
    """Whether a number takes part in messaging; Twilio writes the capability in either case."""
    told = number.get("capabilities") or {}
    return told.get("sms", told.get("SMS")) is not False


def of_channels(senders: list[dict[str, Any]], unused: frozenset[str], public_url: str) -> Iterator[Finding]:
    """WhatsApp and RCS senders whose own webhook counts and does not lead to the gateway."""
    for sender in senders:
        name = str(sender.get("sender_id") or sender.get("sid"))
        if _key(name) in unused:
            continue
        webhook = sender.get("webhook") or {}
        given = Webhook(name, webhook.get("callback_url"), webhook.get("callback_method"))
        found = judge(Check.CHANNELS, given, public_url)
        if found is not None:
            yield found


def _key(name: str) -> str:
    try:
        return read_sender(name, None).key
    except UnreadableAddress:
        return name

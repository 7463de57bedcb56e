"""What may reach Twilio, by a reading of its own: nothing of the gateway's parsing, policy or store is used here.

Messages are judged as the sandbox made them, requests that made none by everything that somebody generous might read in
them: each value of a parameter in whatever case, with brackets or without, from body and query, as a form or as JSON.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from gateway.sandbox import Message, RecordedRequest
from gateway.sandbox.addresses import channel_of, normalise_recipient, normalise_sender

# Mexico's, Argentina's and Brazil's second writings of a mobile.
SECOND_WRITINGS: Final = (
    (re.compile(r"^\+521(\d{10})$"), r"+52\1"),
    (re.compile(r"^\+549(\d{10})$"), r"+54\1"),
    (re.compile(r"^\+55(\d\d)9(\d{8})$"), r"+55\1\2"),
)
TEXTING: Final = re.compile(r"<\s*(?:[\w-]+:)?(?:sms|message)\b", re.IGNORECASE)
# Where a POST makes messages at other products (Twilio, the products' API pages).
ELSEWHERE: Final = re.compile(
    r"^/(?:conversations|chat|ip-messaging|notify|studio|verify|proxy|comms|flex-api|assistants|wireless|supersim)/",
    re.IGNORECASE,
)
SILENT: Final = re.compile(r"/verificationcheck$", re.IGNORECASE)
# A message that is there already: redacting, cancelling, feedback (Twilio, Message resource). Text in CDATA is no verb.
OF_A_MESSAGE: Final = re.compile(r"/messages/(?:sm|mm)[0-9a-f]{32}(?:/feedback)?(?:\.json|\.xml)?$")
CDATA: Final = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)


def identity(recipient: str) -> tuple[str, str]:
    """Whose phone it is and on which list, whatever the writing: SMS and RCS share one, other apps have their own."""
    channel = channel_of(recipient)
    phone = recipient.removeprefix(channel)
    for second, first in SECOND_WRITINGS:
        phone = second.sub(first, phone)
    return ("" if channel == "rcs:" else channel), phone


class Model:
    """Who sent STOP to whom, and which senders stand together."""

    def __init__(self, pools: Mapping[str, Iterable[str]]) -> None:
        self._pools = {sid: frozenset(senders) for sid, senders in pools.items()}
        self._stopped: dict[tuple[str, str], set[str]] = defaultdict(set)

    def stop(self, recipient: str, sender: str) -> None:
        """The recipient opted out of the sender, and with it of the service that holds it."""
        self._stopped[identity(recipient)].add(sender)

    def forbids(self, recipient: str, speakers: Iterable[str], service: str | None) -> bool:
        """Whether a message to the recipient from any of the speakers, or by the service, may not leave."""
        heard = set(speakers)
        for sid, pool in self._pools.items():
            if sid == service or heard & pool:
                heard |= pool
        return bool(self._stopped.get(identity(recipient), set()) & heard)

    def violation(self, message: Message) -> str | None:
        """What is wrong with a message that Twilio has."""
        speakers = [message.sender] if message.sender else []
        if self.forbids(message.to, speakers, message.messaging_service_sid):
            return "a message to somebody who opted out"
        return None

    def violation_of(self, request: RecordedRequest) -> str | None:
        """What is wrong with a request that reached Twilio, read as generously as anybody might."""
        path, _, query = request.target.partition("?")
        folded = unquote(unquote(path)).casefold()
        if request.method in {"GET", "DELETE"}:
            return "another method in the query" if "_method" in unquote(query).casefold() else None
        if ELSEWHERE.match(folded) and not SILENT.search(folded):
            return "a call to a product that creates messages"
        values = _values(query, request.body)
        if "calls" in folded and any(TEXTING.search(CDATA.sub("", html.unescape(text))) for text in values["twiml"]):
            return "a phone call that texts"
        if "messages" in folded and not OF_A_MESSAGE.search(folded) and self._any_is_forbidden(values):
            return "a request in which somebody may read a send to somebody who opted out"
        return None

    def _any_is_forbidden(self, values: Mapping[str, list[str]]) -> bool:
        named = [*values["from"], *values["fallbackfrom"], *values["messagingservicesid"]]
        services = [text for text in named if text.strip() in self._pools]
        speakers = [normalise_sender(text) for text in named]
        recipients = [recipient for text in values["to"] if (recipient := normalise_recipient(text))]
        return any(
            self.forbids(recipient, speakers, service)
            for recipient in recipients
            for service in (*(text.strip() for text in services), None)
        )


def _values(query: str, body: bytes) -> dict[str, list[str]]:
    """Every value that stands for a parameter, by the letters of its name."""
    text = body.decode("utf-8", "replace")
    pairs = [*parse_qsl(query, keep_blank_values=True), *parse_qsl(text, keep_blank_values=True), *_members(text)]
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        found[re.sub(r"[^a-z]", "", name.casefold())].append(value)
    return found


def _members(text: str) -> list[tuple[str, str]]:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [(str(name), str(value)) for name, value in document.items()] if isinstance(document, dict) else []

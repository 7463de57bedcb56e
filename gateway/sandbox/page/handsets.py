"""What each phone on the page shows. Read from the world, and nothing is changed there."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from gateway.sandbox.addresses import phone_of, region_of
from gateway.sandbox.journal import RecordedWebhook
from gateway.sandbox.seeds import SandboxPhone
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.state import Message, ReceivedMessage, World

SHOWN_MESSAGES: Final = 50
SHOWN_PHONES: Final = 24
"""Phones beside those of the seeds; with the messages, so that the page stays quick after a load test."""

READ_WEBHOOKS: Final = 500
_READ_MESSAGES: Final = 1000
_AUTOMATIC: Final = {"automatic-reply": "Twilio’s own reply", "carrier-reply": "the carrier’s own reply"}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message on a phone's screen."""

    id: str
    own: bool
    label: str
    """Who is at the other end."""

    body: str
    media: int
    time: datetime
    note: str = ""
    failed: bool = False
    """Whether `note` tells of something that went wrong."""


@dataclass(frozen=True, slots=True)
class PhoneView:
    """One phone as it is shown; `id` is good for an HTML id."""

    id: str
    number: str
    country: str
    writes_to: str
    words: tuple[str, ...]
    bubbles: tuple[Bubble, ...]


def webhooks_by_message(simulation: Simulation) -> Mapping[str, list[RecordedWebhook]]:
    """The webhooks of inbound messages that were sent last, by the message's SID, in order."""
    found: dict[str, list[RecordedWebhook]] = defaultdict(list)
    for webhook in simulation.webhook_journal.last(READ_WEBHOOKS):
        if webhook.kind != "status":
            params = webhook.params or parse_qsl(urlsplit(webhook.url).query)  # with GET they stand in the URL
            found[dict(params).get("MessageSid", "")].append(webhook)
    return found


def phones_of(simulation: Simulation, webhooks: Mapping[str, list[RecordedWebhook]]) -> list[PhoneView]:
    """All phones that are shown: those of the seeds and of the page's form, then those that had a message lately."""
    world = simulation.world
    written: dict[str, list[Message]] = defaultdict(list)
    for message in reversed(simulation.inbound.recent(_READ_MESSAGES)):
        written[phone_of(message.sender or "")].append(message)
    others = islice((number for number in {**_lately(world), **written} if number not in world.phones), SHOWN_PHONES)
    shown = [*world.phones.values(), *map(SandboxPhone, others)]
    return [_view(world, each, written.get(phone_of(each.number), ()), webhooks) for each in shown]


def _lately(world: World) -> dict[str, None]:
    return dict.fromkeys(islice(reversed(world.inboxes), SHOWN_PHONES))


def _view(
    world: World, phone: SandboxPhone, written: Iterable[Message], webhooks: Mapping[str, list[RecordedWebhook]]
) -> PhoneView:
    number = phone_of(phone.number)
    identity = id_of(number)
    inbox = world.inboxes.get(number, ())
    first = max(len(inbox) - SHOWN_MESSAGES, 0)
    bubbles = [_received(f"{identity}-{place}", each) for place, each in enumerate(inbox[first:], first)]
    bubbles += [_written(each, webhooks.get(each.sid, ())) for each in written]
    newest = sorted(bubbles, key=lambda bubble: bubble.time)[-SHOWN_MESSAGES:]
    return PhoneView(identity, number, region_of(number), phone.writes_to, phone.words, tuple(newest))


def id_of(number: str) -> str:
    """A phone's HTML id: its digits, or for what is no number a hash."""
    digits = re.fullmatch(r"\+(\d+)", number)
    return f"phone-{digits[1] if digits else hashlib.sha256(number.encode()).hexdigest()[:16]}"


def _received(identity: str, message: ReceivedMessage) -> Bubble:
    note = _AUTOMATIC.get(message.direction, "")
    media = len(message.media_urls)
    return Bubble(identity, False, message.sender, message.body, media, message.received_at, note)


def _written(message: Message, webhooks: Iterable[RecordedWebhook]) -> Bubble:
    last = next(reversed([*webhooks]), None)
    note = "" if last is None else "taken" if is_taken(last) else "not taken by the webhook"
    failed = last is not None and not is_taken(last)
    media = len(message.media_urls)
    return Bubble(f"own-{message.sid}", True, message.to, message.body, media, message.created, note, failed)


def is_taken(webhook: RecordedWebhook) -> bool:
    """Whether a webhook was answered as Twilio wants it."""
    return webhook.error is None and webhook.status is not None and webhook.status < 400

"""Event Streams at work: signed arrays of CloudEvents to webhook sinks, repeated until they are taken.

Sources: Twilio, Event delivery and duplication (2xx within five seconds; repeated with growing pauses for up to four
hours; in no order); Webhooks Security (`bodySHA256`). The signature is computed by Twilio's own library.
"""

import asyncio
import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from twilio.request_validator import RequestValidator

from gateway.sandbox.background import Background
from gateway.sandbox.journal import Journal
from gateway.sandbox.seeds import KeywordType
from gateway.sandbox.sinks import Event, EventTrouble, RecordedEvent, events_of, test_event, type_of_event
from gateway.sandbox.state import Message, Sink, World

ANSWER_SECONDS = 5.0
GIVEN_UP_AFTER = timedelta(hours=4)
_LONGEST_PAUSE_SECONDS = 1.0


class EventStreams:
    """Delivers events, with the trouble that was ordered on their way."""

    def __init__(
        self, world: World, background: Background, journal: Journal[RecordedEvent], retry_seconds: float
    ) -> None:
        self.trouble = EventTrouble()
        self._world = world
        self._background = background
        self._journal = journal
        self._retry_seconds = retry_seconds
        self._waiting: list[Event] = []
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connections' pool."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        )

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def forget(self) -> None:
        """Have no trouble and nothing that waits."""
        self.trouble = EventTrouble()
        self._waiting.clear()

    def publish(self, message: Message, opt_out_type: KeywordType | None) -> None:
        """Tell every sink that is subscribed of an inbound message."""
        self._give(events_of(self._world, message, type_of_event(message, opt_out_type)))

    def publish_test(self, sink: Sink) -> None:
        """Tell a sink of its test; no trouble befalls it."""
        self._send(test_event(sink), 0.0)

    def release(self) -> None:
        """Send what waits to be shuffled, however few there are."""
        events, self._waiting = self._waiting, []
        random.shuffle(events)
        for event in events:
            self._send(event, self.trouble.delay_seconds)

    def _give(self, events: list[Event]) -> None:
        for event in events:
            if self._is_dropped():
                continue
            self._waiting += [event] * (1 + self.trouble.duplicate)
        if len(self._waiting) >= self.trouble.shuffle:
            self.release()

    def _is_dropped(self) -> bool:
        if self.trouble.drop is None:
            return True
        if self.trouble.drop:
            self.trouble = replace(self.trouble, drop=self.trouble.drop - 1)
            return True
        return False

    def _send(self, event: Event, delay_seconds: float) -> None:
        if event.sink.sink_type == "webhook":  # what the others get nobody can see
            self._background.start(self._deliver(event, delay_seconds))

    async def _deliver(self, event: Event, delay_seconds: float) -> None:
        """Deliver an event, again and again until it is taken or too old."""
        give_up_at = self._world.clock.now() + GIVEN_UP_AFTER
        await asyncio.sleep(delay_seconds)
        pause = self._retry_seconds
        while not await self._is_taken(event) and self._world.clock.now() < give_up_at:
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _is_taken(self, event: Event) -> bool:
        body = json.dumps([event.document], separators=(",", ":")).encode()
        status = await self._post(event.sink, body)
        self._journal.add(RecordedEvent(event.sink.sid, event.document["id"], body, status))
        return status is not None and 200 <= status < 300

    async def _post(self, sink: Sink, body: bytes) -> int | None:
        if self._session is None or sink.account_sid not in self._world.accounts:
            return None
        url = _with_hash(str(sink.configuration["destination"]), body)
        signature = RequestValidator(self._world.accounts[sink.account_sid].auth_tokens[0]).compute_signature(url, {})
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json", "User-Agent": "TwilioProxy/1.1"}
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


def _with_hash(url: str, body: bytes) -> str:
    scheme, authority, path, query, _ = urlsplit(url)
    hashed = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    return urlunsplit((scheme, authority, path, f"{query}&{hashed}" if query else hashed, ""))

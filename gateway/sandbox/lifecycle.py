"""An outbound message's way from `queued` to the phone, with its status callbacks.

Sources: Twilio, Outbound Message Status in Status Callbacks; Message Scheduling. One task serves all messages: a
heap of due steps by the world's clock, which can be set forward.
"""

import asyncio
import heapq
import itertools
from dataclasses import replace
from datetime import datetime

from gateway.sandbox import optouts
from gateway.sandbox.addresses import channel_of, region_of
from gateway.sandbox.background import Background
from gateway.sandbox.errors import ERRORS
from gateway.sandbox.state import Message, ReceivedMessage, Service, World
from gateway.sandbox.webhooks import Webhook, WebhookClient

_NEXT_STATUS = {
    "scheduled": "accepted",
    "accepted": "queued",
    "queued": "sending",
    "sending": "sent",
    "sent": "delivered",
}
_FAILED = "failed"


class Lifecycle:
    """Moves messages on and tells their status callbacks."""

    def __init__(self, world: World, webhooks: WebhookClient, background: Background, step_seconds: float) -> None:
        self._world = world
        self._webhooks = webhooks
        self._background = background
        self._step_seconds = step_seconds
        self._due: list[tuple[float, int, str]] = []
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def accept(self, message: Message) -> None:
        """Keep a new message and begin its way."""
        self._world.messages[message.sid] = message
        self._world.changes.tell()
        if message.status == "scheduled" and message.send_at is not None:
            self._plan(message.sid, (message.send_at - self._world.clock.now()).total_seconds())
        elif message.status in _NEXT_STATUS:
            self._plan(message.sid, self._step_seconds)

    def cancel(self, message: Message) -> Message:
        """Withdraw a scheduled message; gives it as it stands then."""
        return self._change(replace(message, status="canceled"))

    def forget(self) -> None:
        """Let no message go on."""
        self._due.clear()

    def look_again(self) -> None:
        """Take note that the clock has been set forward."""
        self._changed.set()

    async def run(self) -> None:
        """Take every step when it is due, until cancelled."""
        while True:
            self._changed.clear()
            while self._due and self._due[0][0] <= self._world.clock.monotonic():
                _, _, sid = heapq.heappop(self._due)
                self._step(sid)
            delay = self._due[0][0] - self._world.clock.monotonic() if self._due else None
            try:
                async with asyncio.timeout(delay):
                    await self._changed.wait()
            except TimeoutError:
                continue

    @property
    def idle(self) -> bool:
        """Whether no message is on its way; scheduled ones rest until they are due."""
        return all(self._rests(due, sid) for due, _, sid in self._due)

    def _rests(self, due: float, sid: str) -> bool:
        message = self._world.messages.get(sid)
        if message is None or message.status == "canceled":
            return True
        return message.status == "scheduled" and due > self._world.clock.monotonic()

    def _plan(self, sid: str, seconds: float) -> None:
        due = self._world.clock.monotonic() + max(seconds, 0.0)
        heapq.heappush(self._due, (due, next(self._order), sid))
        self._changed.set()

    def _step(self, sid: str) -> None:
        message = self._world.messages.get(sid)
        if message is None or message.status not in _NEXT_STATUS:
            return
        following = replace(message, status=_NEXT_STATUS[message.status])
        if following.status == "queued":
            following = self._choose_sender(following)
        if following.status == "sent":
            moment = self._world.clock.now()
            following = replace(following, sent=moment)
            self._world.deliver(_on_the_phone(following, moment))
        following = self._change(following)
        if following.status in _NEXT_STATUS:
            self._plan(sid, self._step_seconds)

    def _choose_sender(self, message: Message) -> Message:
        """The service's work between `accepted` and `queued`: a sender, or the reason why there is none."""
        service_sid = message.messaging_service_sid
        if message.sender is None:
            service = self._world.services.get(service_sid or "")
            sender = None if service is None else choose_sender(self._world, service, message.to)
            if sender is None:
                return failed(message, 21703)
            message = replace(message, sender=sender)
        if optouts.is_blocked(self._world, message.sender or "", message.to, service_sid):
            return failed(message, 21610)
        return message

    def _change(self, message: Message) -> Message:
        message = replace(message, updated=self._world.clock.now())
        self._world.messages[message.sid] = message
        self._world.changes.tell()
        if message.status_callback:
            self._background.start(self._call_back(message, message.status_callback))
        return message

    async def _call_back(self, message: Message, url: str) -> None:
        token = self._world.accounts[message.account_sid].auth_tokens[0]
        await self._webhooks.send(
            Webhook("status", "POST", url, callback_params(message), token, idempotency_token=self._world.sids.new(""))
        )


def choose_sender(world: World, service: Service, to: str) -> str | None:
    """The pool's sender for a recipient: the one it knows (Sticky Sender), else the first of the channel."""
    known = world.last_sender.get((service.sid, to))
    pool = [sender for sender in service.senders if channel_of(sender) == channel_of(to)]
    if known in pool:
        return known
    candidates = pool + ([] if channel_of(to) else _sender_ids_for(service, region_of(to)))
    if not candidates:
        return None
    world.last_sender[service.sid, to] = candidates[0]
    return candidates[0]


def _sender_ids_for(service: Service, region: str) -> list[str]:
    own = [sender for sender, country in service.destination_alpha_senders if country == region]
    return own + service.alpha_senders


def failed(message: Message, code: int) -> Message:
    """The message as one that was never sent, with Twilio's error code."""
    return replace(message, status=_FAILED, error_code=code, error_message=ERRORS[code][1])


def callback_params(message: Message) -> tuple[tuple[str, str], ...]:
    """The form of a status callback."""
    params = [
        ("SmsSid", message.sid),
        ("SmsStatus", message.status),
        ("MessageStatus", message.status),
        ("To", message.to),
        ("MessagingServiceSid", message.messaging_service_sid),
        ("MessageSid", message.sid),
        ("AccountSid", message.account_sid),
        ("From", message.sender),
        ("ApiVersion", "2010-04-01"),
        ("ErrorCode", None if message.error_code is None else str(message.error_code)),
        ("ErrorMessage", message.error_message),
        ("RawDlrDoneDate", _done_date(message.updated) if message.status == "delivered" else None),
    ]
    return tuple((name, value) for name, value in params if value is not None)


def _done_date(moment: datetime) -> str:
    return moment.strftime("%y%m%d%H%M")


def _on_the_phone(message: Message, moment: datetime) -> ReceivedMessage:
    return ReceivedMessage(
        message.sid, message.sender or "", message.to, message.body, message.media_urls, message.direction, moment
    )

"""A phone in a person's hand, for tests and the demo."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.sandbox.inbound import Handled, Handset, Inbound
from gateway.sandbox.state import ReceivedMessage, World

_LOOK_AGAIN_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class SentFromPhone:
    """A message that a phone sent, and what came of it."""

    message_sid: str
    webhook_status: int | None
    """HTTP status of the app's last answer; None where no webhook was called or none answered."""

    webhook_body: str
    webhook_content_type: str | None
    webhook_error: str | None
    replies: tuple[str, ...]
    """Texts that the app's TwiML sent, in order; Twilio's automatic replies are not among them."""


class Phone:
    """One phone number: what it received, and its way of writing to senders."""

    def __init__(self, number: str, world: World, inbound: Inbound) -> None:
        self.number = number
        self._world = world
        self._inbound = inbound

    @property
    def inbox(self) -> tuple[ReceivedMessage, ...]:
        """All that reached the phone on any channel, oldest first."""
        return tuple(self._world.inboxes.get(self.number, ()))

    async def send(
        self,
        body: str,
        to: str,
        *,
        media_urls: Sequence[str] = (),
        extra: Mapping[str, str] | None = None,
        message_sid: str | None = None,
    ) -> SentFromPhone:
        """Write to a sender and wait until the app's answer has been followed.

        `extra` replaces or adds webhook parameters. Raises UnknownSender where `to` is none of the sandbox's.
        """
        handset = Handset(self.number, to, body, tuple(media_urls), extra, message_sid)
        return _sent(await self._inbound.handle(self._inbound.receive(handset)))

    async def wait_for_messages(self, count: int = 1, timeout_seconds: float = 5.0) -> tuple[ReceivedMessage, ...]:
        """The inbox as soon as it holds `count` messages; raises TimeoutError."""
        deadline = time.monotonic() + timeout_seconds
        while len(self.inbox) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.number} holds {len(self.inbox)} messages, not {count}")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return self.inbox


def _sent(handled: Handled) -> SentFromPhone:
    webhook = handled.webhook
    return SentFromPhone(
        message_sid=handled.message_sid,
        webhook_status=webhook.status if webhook else None,
        webhook_body=webhook.body if webhook else "",
        webhook_content_type=webhook.content_type if webhook else None,
        webhook_error=webhook.error if webhook else None,
        replies=handled.replies,
    )

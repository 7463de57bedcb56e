"""A message from a phone: webhook, answer, replies.

Sources: Twilio, Messaging Services (which URL is called), Availability and Reliability (fallback URL), Twilio's
Request to your Incoming Message Webhook URL (parameters), TwiML for Programmable Messaging (answers).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from gateway.sandbox.addresses import is_alphanumeric, normalise_sender, on_channel_of, phone_of
from gateway.sandbox.conversation import Conversation, Session
from gateway.sandbox.event_streams import EventStreams
from gateway.sandbox.handling import handle_keyword
from gateway.sandbox.inbound_form import inbound_params
from gateway.sandbox.journal import RecordedWebhook
from gateway.sandbox.lifecycle import Lifecycle
from gateway.sandbox.state import Message, Number, Service, World
from gateway.sandbox.webhooks import WebhookClient


class UnknownSender(Exception):
    """A phone wrote to a number that is none of the sandbox's, or to a sender ID, which takes no messages."""


class UnknownMessage(Exception):
    """No inbound message has this SID."""


@dataclass(frozen=True, slots=True)
class Handset:
    """What a person does with a phone: text and pictures to a sender, and what a test wants different."""

    phone: str
    to: str
    body: str
    media_urls: tuple[str, ...] = ()
    extra: Mapping[str, str] | None = None
    """Webhook parameters that replace or join the usual ones."""

    message_sid: str | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """How an inbound message ended; `webhook` is the last document fetched, None where there was none."""

    message_sid: str
    webhook: RecordedWebhook | None
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    method: str
    fallback_url: str
    fallback_method: str


class Inbound:
    """Takes messages from phones to the apps and the apps' replies back."""

    def __init__(self, world: World, webhooks: WebhookClient, lifecycle: Lifecycle, events: EventStreams) -> None:
        self._events = events
        self._world = world
        self._webhooks = webhooks
        self._lifecycle = lifecycle
        self._conversations: dict[str, Conversation] = {}

    def forget(self) -> None:
        """Know no message any more."""
        self._conversations.clear()

    def recent(self, count: int) -> tuple[Message, ...]:
        """The messages that phones wrote last, newest first."""
        return tuple(each.message for each in islice(reversed(self._conversations.values()), count))

    @property
    def phones(self) -> frozenset[str]:
        """The phones that have written."""
        return frozenset(phone_of(each.phone) for each in self._conversations.values())

    def sent_by(self, phone: str) -> tuple[Message, ...]:
        """What a phone has written, oldest first."""
        messages = (each.message for each in self._conversations.values())
        return tuple(message for message in messages if phone_of(message.sender or "") == phone)

    def receive(self, handset: Handset) -> str:
        """Take a message from a phone: opt-out handling, then Message resource and webhook; gives its SID.

        Raises UnknownSender where `to` is no sender of the sandbox that takes messages.
        """
        number = self._world.numbers.get(normalise_sender(handset.to))
        if number is None or is_alphanumeric(number.number):
            raise UnknownSender(handset.to)
        service = self._world.service_of(number.number)
        phone = on_channel_of(phone_of(handset.phone), number.number)
        moment = self._world.clock.now()  # before whatever answers it by itself
        opt_out_type = handle_keyword(self._world, phone, number, handset.body)
        own = {} if opt_out_type is None else {"OptOutType": opt_out_type}
        conversation = self._converse(handset, number, service, own, moment)
        message = conversation.message
        self._conversations[message.sid] = conversation
        self._world.changes.tell()
        if _target(number, service) is not None or service is None:
            self._world.messages[message.sid] = message  # "Drop incoming" is not logged
            self._events.publish(message, opt_out_type)
        return message.sid

    def _converse(
        self, handset: Handset, number: Number, service: Service | None, own: Mapping[str, str], moment: datetime
    ) -> Conversation:
        message = Message(
            sid=handset.message_sid or self._world.sids.new("MM" if handset.media_urls else "SM"),
            account_sid=number.account_sid,
            to=number.number,
            body=handset.body,
            direction="inbound",
            status="received",
            sender=on_channel_of(phone_of(handset.phone), number.number),
            media_urls=handset.media_urls,
            messaging_service_sid=service.sid if service else None,
            created=moment,
        )
        params = inbound_params(message) | dict(own) | dict(handset.extra or {})
        token = self._world.accounts[number.account_sid].auth_tokens[0]
        return Conversation(message, tuple(params.items()), self._world.sids.new(""), token)

    async def handle(self, message_sid: str) -> Handled:
        """Post the webhook of a received message and follow the answer; a second call posts it again.

        Raises UnknownMessage where no phone sent that message.
        """
        conversation = self.require(message_sid)
        number = self._world.numbers[conversation.message.to]
        target = _target(number, self._world.service_of(number.number))
        if target is None:
            return Handled(message_sid, None, ())
        return await self._call(conversation, target)

    def require(self, message_sid: str) -> Conversation:
        """What is kept of a received message; raises UnknownMessage."""
        conversation = self._conversations.get(message_sid)
        if conversation is None:
            raise UnknownMessage(message_sid)
        return conversation

    async def _call(self, conversation: Conversation, target: _Target) -> Handled:
        session = Session(self._world, self._webhooks, self._lifecycle, conversation)
        await session.run(conversation.webhook("inbound", target.url, target.method))
        if session.error is not None and target.fallback_url:
            reason = {"ErrorCode": session.error.split()[0], "ErrorUrl": session.last_url}
            session.error = None
            await session.run(conversation.webhook("fallback", target.fallback_url, target.fallback_method, reason))
        record = session.record
        if record is not None and (error := session.error or session.warning):
            record = replace(record, error=error)
        return Handled(conversation.message.sid, record, tuple(session.replies))


def _target(number: Number, service: Service | None) -> _Target | None:
    """Where an inbound message goes; None for nowhere (Twilio, Messaging Services, Incoming Messages)."""
    if service is None or service.use_inbound_webhook_on_number:
        target = _Target(number.sms_url, number.sms_method, number.sms_fallback_url, number.sms_fallback_method)
    else:
        target = _Target(
            service.inbound_request_url or "",
            service.inbound_method,
            service.fallback_url or "",
            service.fallback_method,
        )
    return target if target.url else None

"""The conversation that a message from a phone begins: documents fetched, instructions followed, replies sent.

Source: Twilio, TwiML for Programmable Messaging.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from gateway.sandbox import optouts
from gateway.sandbox.addresses import normalise_sender, on_channel_of, phone_of
from gateway.sandbox.journal import RecordedWebhook
from gateway.sandbox.lifecycle import Lifecycle, failed
from gateway.sandbox.sending import MOST_BODY_CHARACTERS, is_sender_of
from gateway.sandbox.state import Message, ReceivedMessage, World
from gateway.sandbox.twiml import Instruction, Redirect, SendMessage, TwimlError, read_answer
from gateway.sandbox.webhooks import Webhook, WebhookClient

MOST_DOCUMENTS = 10
"""Documents that one message may lead through by `<Redirect>` and `action`."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One inbound message with all that is needed to deliver its webhook, again if need be."""

    message: Message
    params: tuple[tuple[str, str], ...]
    idempotency_token: str
    auth_token: str

    @property
    def phone(self) -> str:
        """The address that wrote, with its channel prefix."""
        return self.message.sender or ""

    def webhook(self, kind: str, url: str, method: str, extra: Mapping[str, str] | None = None) -> Webhook:
        """A request about this message; `extra` joins or replaces parameters."""
        params = dict(self.params) | dict(extra or {})
        pair = (self.phone, self.message.to)
        return Webhook(
            kind, method, url, tuple(params.items()), self.auth_token, self.idempotency_token, cookie_key=pair
        )


class Session:
    """The walk through the documents that one webhook leads to."""

    def __init__(self, world: World, webhooks: WebhookClient, lifecycle: Lifecycle, conversation: Conversation) -> None:
        self._world = world
        self._webhooks = webhooks
        self._lifecycle = lifecycle
        self._conversation = conversation
        self.replies: list[str] = []
        self.record: RecordedWebhook | None = None
        self.error: str | None = None
        """Why the walk ended early: what leads to the fallback URL."""

        self.warning: str | None = None
        """Why a verb was passed over."""

        self.last_url = ""

    async def run(self, webhook: Webhook) -> None:
        """Fetch documents until one leads no further; `error` tells why it ended early."""
        following: Webhook | None = webhook
        for _ in range(MOST_DOCUMENTS):
            if following is None:
                return
            self.last_url = following.url
            self.record = await self._webhooks.send(following)
            if self.record.error is not None:
                self.error = self.record.error
                return
            following = self._read(self.record)
        if following is not None:
            self.error = "11200 HTTP retrieval failure: too many documents"

    def _read(self, record: RecordedWebhook) -> Webhook | None:
        try:
            instructions = read_answer(record.status or 0, record.content_type, record.content)
        except TwimlError as error:
            self.error = str(error)
            return None
        for instruction in instructions:
            following = self._follow(instruction, record)
            if following is not None:
                return following
        return None

    def _follow(self, instruction: Instruction, record: RecordedWebhook) -> Webhook | None:
        if isinstance(instruction, Redirect):
            return self._conversation.webhook("redirect", urljoin(record.url, instruction.url), instruction.method)
        message = self._reply(instruction, record)
        if message is None or not instruction.action:
            return None
        params = {"MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": message.status}
        return self._conversation.webhook("action", urljoin(record.url, instruction.action), instruction.method, params)

    def _reply(self, verb: SendMessage, record: RecordedWebhook) -> Message | None:
        """Send what a `<Message>` asks for; None, with a `warning`, where Twilio would not."""
        inbound = self._conversation.message
        sender = normalise_sender(verb.sender or inbound.to)
        if not is_sender_of(self._world, inbound.account_sid, sender):
            self.warning = f"21606 the account has no sender {sender}"
            return None
        if len(verb.body) > MOST_BODY_CHARACTERS or not (verb.body or verb.media_urls):
            self.warning = "21617 the body is too long" if verb.body else "21602 Message body is required."
            return None
        return self._send_reply(
            verb, record, sender, on_channel_of(phone_of(verb.to or self._conversation.phone), sender)
        )

    def _send_reply(self, verb: SendMessage, record: RecordedWebhook, sender: str, to: str) -> Message:
        service = self._world.service_of(sender)
        callback = urljoin(record.url, verb.status_callback) if verb.status_callback else None
        moment = self._world.clock.now()
        inbound = self._conversation.message
        message = Message(
            sid=self._world.sids.new("MM" if verb.media_urls else "SM"),
            account_sid=inbound.account_sid,
            to=to,
            body=verb.body,
            direction="outbound-reply",
            status="sent",
            sent=moment,
            created=moment,
            updated=moment,
            sender=sender,
            in_reply_to=inbound.sid,
            media_urls=verb.media_urls,
            messaging_service_sid=service.sid if service else None,
            status_callback=callback or (service.status_callback if service else None),
        )
        if optouts.is_blocked(self._world, sender, to, None):
            message = failed(message, 21610)
        else:
            self._put_on_phone(message)
        self._lifecycle.accept(message)
        return message

    def _put_on_phone(self, message: Message) -> None:
        self.replies.append(message.body)
        self._world.deliver(
            ReceivedMessage(
                message.sid,
                message.sender or "",
                message.to,
                message.body,
                message.media_urls,
                message.direction,
                self._world.clock.now(),
            )
        )

"""What an app answers to an inbound message, filtered: a reply in TwiML is a send like any other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import structlog

from gateway.flows.check import Check
from gateway.flows.shadow import WOULD_HOLD_BACK, ShadowCounting
from gateway.flows.tokens import Tokens
from gateway.messaging.addresses import calling_region_of, read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.policy import Suppress
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.messaging.targets import Method, Target
from gateway.twilio.twiml import Redirect, Reply, Verb
from gateway.web.client import host_of

log: Final = structlog.get_logger()

REDIRECT_PATH: Final = "/redirect/"
MOST_DOCUMENTS: Final = 10  # that one message may lead through

Parties = tuple[InboundMessage, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """The verbs that may go to Twilio, and how many replies were held back."""

    verbs: tuple[Verb, ...]
    held_back: int


@dataclass(frozen=True, slots=True)
class Led:
    """What Twilio was led to through the gateway: an app's document, how it is asked for, and how many led to it."""

    account_sid: str
    target: Target
    depth: int


class RedirectTokens:
    """Names for apps' URLs that Twilio is led to through the gateway, so that what they answer is filtered too."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._tokens = Tokens(secret, b"redirect")
        self._public_url = public_url

    def through_gateway(self, led: Led) -> str:
        """The gateway's URL that stands for an app's."""
        token = self._tokens.made(led.account_sid, led.target.url, led.target.method, led.depth)
        return f"{self._public_url}{REDIRECT_PATH}{token}"

    def read(self, token: str) -> Led | None:
        """What a token names; None when the gateway did not make it."""
        content = self._tokens.read(token)
        if content is None:
            return None
        account_sid, url, method, depth = content
        return Led(account_sid, Target(url, Method(method)), depth)


class Replies:
    """Checks each verb of an app's answer."""

    def __init__(self, check: Check, tokens: RedirectTokens, shadow: ShadowCounting) -> None:
        self._check = check
        self._shadow = shadow
        self._tokens = tokens

    async def filtered(
        self, verbs: Iterable[Verb], message: InboundMessage, *, depth: int = 0, parties: Parties = ()
    ) -> Filtered:
        """Leave out replies to opted-out recipients and lead redirects through the gateway. Raises
        `StoreUnavailable`.

        ``depth`` is how many documents led to this one. ``parties`` are further messages that this one may stand for: a
        reply goes out only if it would as an answer to each of them.
        """
        kept: list[Verb] = []
        held_back = 0
        for verb in verbs:
            if isinstance(verb, Redirect):
                kept += self._led(verb, message, depth)
                continue
            checked = await self._checked_for_all(verb, (message, *parties))
            if checked is None:
                held_back += 1
            else:
                kept.append(self._led_action(checked, message, depth))
        return Filtered(tuple(kept), held_back)

    async def _checked_for_all(self, reply: Reply, messages: Parties) -> Reply | None:
        """The reply as it was checked for the first of the messages; None when it may not leave for one of them."""
        checked = [await self._checked(reply, message) for message in messages]
        return None if None in checked else checked[0]

    async def _checked(self, reply: Reply, message: InboundMessage) -> Reply | None:
        """The reply with its addresses as they were checked; None when it may not leave."""
        outbound = as_outbound(reply, message)
        if outbound is None:  # what it means is Twilio's to say where nothing is enforced
            answer = OutboundMessage(message.account_sid, message.recipient, message.service_sid, message.sender)
            return reply if await self._shadow.is_on(answer) else None
        checked = await self._check(outbound)
        if await self._check.place(outbound, checked.decision):
            checked = await self._check(outbound)
        if checked.decision.holds_back:
            return None
        if isinstance(checked.decision, Suppress):
            await self._shadow.count(outbound, WOULD_HOLD_BACK)
        to = None if reply.to is None else outbound.recipient.wire
        sender = outbound.sender.wire if reply.sender is not None and outbound.sender is not None else reply.sender
        return replace(reply, to=to, sender=sender)

    def _led(self, redirect: Redirect, message: InboundMessage, depth: int) -> tuple[Redirect, ...]:
        url = self._through(redirect.url, redirect.method, message, depth)
        return () if url is None else (Redirect(url),)  # by POST, whose parameters stand in no log on the way

    def _led_action(self, reply: Reply, message: InboundMessage, depth: int) -> Reply:
        action = None if reply.action is None else self._through(reply.action, reply.method, message, depth)
        return replace(reply, action=action, method=None)

    def _through(self, url: str, method: str | None, message: InboundMessage, depth: int) -> str | None:
        """The gateway's URL for one that a document leads to; None where that is no web address, or a document too
        many: two that lead to each other would keep Twilio going round.
        """
        if not _is_web(url):
            return None
        if depth >= MOST_DOCUMENTS:
            log.warning("redirects_without_end", account=message.account_sid, host=host_of(url))
            return None
        target = Target(url, Method(method or Method.POST))
        return self._tokens.through_gateway(Led(message.account_sid, target, depth + 1))


def as_outbound(reply: Reply, message: InboundMessage) -> OutboundMessage | None:
    """The send that a reply is: to the phone it answers, from the sender that was written to, unless it says
    otherwise; None when its addresses cannot be read.
    """
    service_sid: str | None = message.service_sid
    sender: Sender | None = message.sender
    try:
        if reply.sender is not None and is_messaging_service(reply.sender):
            service_sid, sender = reply.sender, None
        elif reply.sender is not None:
            sender = read_sender(reply.sender, None)
        region = calling_region_of(sender.key) if sender is not None else None
        recipient = message.recipient if reply.to is None else read_recipient(reply.to, region)
    except UnreadableAddress:
        return None
    return OutboundMessage(message.account_sid, recipient, service_sid, sender)


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


def turned(message: InboundMessage) -> Parties:
    """The message the other way round, where it can be one: behind an ``action`` it is not certain whether Twilio names
    the phone as sender or as recipient.
    """
    try:
        recipient = read_recipient(message.sender.wire, None)
        sender = read_sender(message.recipient.wire, None)
    except UnreadableAddress:
        return ()
    return (replace(message, recipient=recipient, sender=sender),)

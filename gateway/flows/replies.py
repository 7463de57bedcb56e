"""What an app answers to an inbound message, filtered: a reply in TwiML is a send like any other."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import orjson

from gateway.flows.check import Check
from gateway.messaging.addresses import calling_region_of, read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.policy import Forward
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.twilio.twiml import Redirect, Reply, Verb

REDIRECT_PATH: Final = "/redirect/"
SIGNATURE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Filtered:
    """The verbs that may go to Twilio, and how many replies were held back."""

    verbs: tuple[Verb, ...]
    held_back: int


class RedirectTokens:
    """Names for apps' URLs that Twilio is led to through the gateway, so that what they answer is filtered too."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._key = hmac.new(secret, b"redirect", hashlib.sha256).digest()
        self._public_url = public_url

    def through_gateway(self, account_sid: str, url: str) -> str:
        """The gateway's URL that stands for an app's."""
        named = base64.urlsafe_b64encode(orjson.dumps((account_sid, url)) + self._sign(account_sid, url)).decode()
        return f"{self._public_url}{REDIRECT_PATH}{named.rstrip('=')}"

    def read(self, token: str) -> tuple[str, str] | None:
        """The account and the app's URL that a token names; None when the gateway did not make it."""
        try:
            content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            account_sid, url = orjson.loads(content[:-SIGNATURE_BYTES])
        except (ValueError, TypeError):
            return None
        known = isinstance(account_sid, str) and isinstance(url, str)
        genuine = known and hmac.compare_digest(content[-SIGNATURE_BYTES:], self._sign(account_sid, url))
        return (account_sid, url) if genuine else None

    def _sign(self, account_sid: str, url: str) -> bytes:
        return hmac.new(self._key, f"{account_sid}\n{url}".encode(), hashlib.sha256).digest()


class Replies:
    """Checks each verb of an app's answer."""

    def __init__(self, check: Check, tokens: RedirectTokens) -> None:
        self._check = check
        self._tokens = tokens

    async def filtered(self, verbs: Iterable[Verb], message: InboundMessage) -> Filtered:
        """Leave out replies to opted-out recipients and lead redirects through the gateway. Raises
        `StoreUnavailable`.
        """
        kept: list[Verb] = []
        held_back = 0
        for verb in verbs:
            if isinstance(verb, Redirect):
                kept += self._led(verb, message)
                continue
            checked = await self._checked(verb, message)
            if checked is None:
                held_back += 1
            else:
                kept.append(self._led_action(checked, message))
        return Filtered(tuple(kept), held_back)

    async def _checked(self, reply: Reply, message: InboundMessage) -> Reply | None:
        """The reply with its addresses as they were checked; None when it may not leave."""
        outbound = as_outbound(reply, message)
        if outbound is None:
            return None
        checked = await self._check(outbound)
        if await self._check.place(outbound, checked.decision):
            checked = await self._check(outbound)
        if not isinstance(checked.decision, Forward):
            return None
        to = None if reply.to is None else outbound.recipient.wire
        sender = outbound.sender.wire if reply.sender is not None and outbound.sender is not None else reply.sender
        return replace(reply, to=to, sender=sender)

    def _led(self, redirect: Redirect, message: InboundMessage) -> tuple[Redirect, ...]:
        if not _is_web(redirect.url):
            return ()
        url = self._tokens.through_gateway(message.account_sid, redirect.url)
        return (replace(redirect, url=url, method=None),)  # POST: the gateway takes no other

    def _led_action(self, reply: Reply, message: InboundMessage) -> Reply:
        if reply.action is None or not _is_web(reply.action):
            return replace(reply, action=None)
        return replace(reply, action=self._tokens.through_gateway(message.account_sid, reply.action), method=None)


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

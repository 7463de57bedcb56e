"""A webhook as a sink: POST of a JSON array of CloudEvents, signed as Twilio signs its own (Twilio, Event Streams).

The signature is over the sink's URL with ``bodySHA256`` in its query, by the sink's secret if it has one, else by the
account's Auth Token, so that a receiver made for Twilio's sinks needs no change.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.directory import Directory
from gateway.events.sinks import Failure, WebhookConfiguration, failure_in, posted, put_in_halves
from gateway.store.event_records import OwedEvent, Sink
from gateway.twilio.signature import BODY_HASH, sign, signed_form_of
from gateway.web.client import AppClient

AT_ONCE: Final = 16
IN_ONE_BATCH: Final = 100


class WebhookSinks:
    """Tells webhooks: one event a request, several requests at once; with ``batch_events`` many in one."""

    def __init__(self, directory: Directory, client: AppClient) -> None:
        self._directory = directory
        self._client = client

    def most(self, sink: Sink) -> int:
        """So many that one try ends in time."""
        return IN_ONE_BATCH if _configuration(sink).batch_events else AT_ONCE

    async def put(self, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        """See `Driver.put`."""
        if _configuration(sink).batch_events:
            return await put_in_halves(lambda some: self._post(sink, some), events)
        told = await asyncio.gather(*(self._post(sink, [event]) for event in events))
        return {event.delivery_id: failure for event, failure in zip(events, told, strict=True) if failure is not None}

    async def _post(self, sink: Sink, events: Sequence[OwedEvent]) -> Failure | None:
        account = self._directory.account(sink.account_sid)
        key = sink.secret or (account.auth_tokens[0] if account is not None and account.auth_tokens else None)
        if key is None:
            return Failure("the settings name its account no more, and it has no secret to sign with", is_sinks=True)
        body = f"[{','.join(event.payload for event in events)}]".encode()
        url = with_body_hash(_configuration(sink).destination, body)
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Content-Type": "application/json",
            "X-Twilio-Signature": sign(key, signed_form_of(url), ()),
        }
        return failure_in(await posted(self._client, url, headers, body))


def with_body_hash(url: str, body: bytes) -> str:
    """The URL as a request with a JSON body is sent to and signed (Twilio, webhooks security)."""
    return f"{url}{'&' if '?' in url else '?'}{BODY_HASH}={hashlib.sha256(body).hexdigest()}"


def _configuration(sink: Sink) -> WebhookConfiguration:
    return WebhookConfiguration.model_validate_json(sink.configuration)

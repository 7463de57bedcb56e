"""Segment as a sink: each event a ``track`` call of its HTTP Tracking API, several of them in one ``batch``.

Segment recognises a repetition by ``messageId``, which is the CloudEvent's identifier.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from aiohttp import encode_basic_auth

from gateway.events.sinks import Failure, SegmentConfiguration, failure_in, posted, put_in_halves
from gateway.store.event_records import OwedEvent, Sink
from gateway.web.client import AppClient

IN_ONE_BATCH: Final = 100  # Segment takes 500 KB a batch, 32 KB an event; one of ours has at most some 4 KB


class SegmentSinks:
    """Tells Segment."""

    def __init__(self, client: AppClient) -> None:
        self._client = client

    def most(self, sink: Sink) -> int:
        """As many as one batch may hold."""
        return IN_ONE_BATCH

    async def put(self, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        """See `Driver.put`."""
        return await put_in_halves(lambda some: self._post(sink, some), events)

    async def _post(self, sink: Sink, events: Sequence[OwedEvent]) -> Failure | None:
        configuration = SegmentConfiguration.model_validate_json(sink.configuration)
        tracks = [track_of(event, configuration.identify) for event in events]
        call, body = ("track", tracks[0]) if len(tracks) == 1 else ("batch", {"batch": _typed(tracks)})
        headers = {
            "Content-Type": "application/json",
            "Authorization": encode_basic_auth(sink.secret or "", ""),  # the write key is the user, with no password
        }
        url = f"{configuration.endpoint.rstrip('/')}/{call}"
        return failure_in(await posted(self._client, url, headers, orjson.dumps(body)))


def track_of(event: OwedEvent, identify: str) -> dict[str, Any]:
    """The ``track`` call of an event."""
    told = orjson.loads(event.payload)
    data = told["data"]
    recipient = data.get("recipient") or data.get("from")
    who = {"userId": recipient} if identify == "recipient" and recipient else {"anonymousId": event.order_key}
    return {
        **who,
        "event": told["type"],
        "properties": data,
        "messageId": told["id"],
        "timestamp": told["time"],
        "context": {"library": {"name": "optout-gateway"}},
    }


def _typed(tracks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "track", **track} for track in tracks]

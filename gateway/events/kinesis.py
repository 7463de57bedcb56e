"""An Amazon Kinesis data stream as a sink: PutRecords, one record an event (Amazon Kinesis, PutRecords).

The partition key is the hash of the recipient, so that all about one recipient is in one shard. PutRecords promises no
order within a call and may take some records and refuse others; no call holds two events of one recipient.

Credentials are those of the process, found as Amazon's own tools find them. The request is signed by Amazon's library
and sent by the client that asks all other addresses from outside, past the same guard.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.events.sinks import MISSING_EXTRA, Failure, KinesisConfiguration, failure_in, posted
from gateway.store.event_records import OwedEvent, Sink
from gateway.web.client import AppAnswer, AppClient

try:
    from aiobotocore.session import get_session
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError
except ImportError:  # an extra
    get_session = None

IN_ONE_CALL: Final = 100  # PutRecords takes 500
TARGET: Final = "Kinesis_20131202.PutRecords"


class KinesisSinks:
    """Tells Kinesis."""

    def __init__(self, client: AppClient) -> None:
        self._client = client
        self._session: Any = None
        self._credentials: Any = None

    def most(self, sink: Sink) -> int:
        """As many as one call may hold."""
        return IN_ONE_CALL

    async def put(self, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        """See `Driver.put`."""
        if get_session is None:
            return _all(events, Failure(MISSING_EXTRA, is_sinks=True))
        configuration = KinesisConfiguration.model_validate_json(sink.configuration)
        body = orjson.dumps({"StreamARN": configuration.arn, "Records": [_record(event) for event in events]})
        headers = await self._signed(configuration, body)
        if isinstance(headers, Failure):
            return _all(events, headers)
        answer = await posted(self._client, configuration.url, headers, body)
        if isinstance(answer, Failure) or failure_in(answer) is not None:
            why = answer.why if isinstance(answer, Failure) else _told(answer)
            return _all(events, Failure(why, is_sinks=True))  # a call is refused for what is not in the events
        return _refused(events, answer)

    async def _signed(self, configuration: KinesisConfiguration, body: bytes) -> dict[str, str] | Failure:
        """The headers of a call, with its signature."""
        try:
            if self._credentials is None:
                self._session = self._session or get_session()
                self._credentials = await self._session.get_credentials()
            if self._credentials is None:
                return Failure("the gateway has no AWS credentials", is_sinks=True)
            credentials = await self._credentials.get_frozen_credentials()
        except BotoCoreError as error:
            return Failure(f"the gateway got no AWS credentials ({type(error).__name__})", is_sinks=True)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET}
        request = AWSRequest("POST", configuration.url, headers=headers, data=body)
        SigV4Auth(credentials, "kinesis", configuration.region).add_auth(request)
        return dict(request.headers.items())


def _record(event: OwedEvent) -> dict[str, str]:
    return {"Data": base64.b64encode(event.payload.encode()).decode(), "PartitionKey": event.order_key}


def _refused(events: Sequence[OwedEvent], answer: AppAnswer) -> dict[str, Failure]:
    """The records that a call which was taken did not take (``ErrorCode`` beside their place)."""
    try:
        told = orjson.loads(answer.body)["Records"]
        codes = [record.get("ErrorCode") for record in told]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        codes = []
    if len(codes) != len(events):
        return _all(events, Failure("its answer is none of PutRecords", is_sinks=True))
    refused = zip(events, codes, strict=True)
    return {event.delivery_id: Failure(f"it answered {code}", is_sinks=True) for event, code in refused if code}


def _told(answer: AppAnswer) -> str:
    """The status, and the name of the exception that Amazon gives beside it."""
    try:
        name = str(orjson.loads(answer.body)["__type"]).rpartition("#")[2]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        name = ""
    return f"it answered {answer.status}" + (f" {name}" if name.isascii() and name.isalnum() else "")


def _all(events: Sequence[OwedEvent], failure: Failure) -> dict[str, Failure]:
    return {event.delivery_id: failure for event in events}

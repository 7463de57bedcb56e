"""Sinks: how each kind is configured, and what it says of the events that it is given.

Where a webhook's address holds a user, a password or a query it is a secret as well: `shown` leaves these out.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, field_validator

from gateway.messaging.errors import Malformed
from gateway.store.event_records import OwedEvent, Sink
from gateway.web.client import AppAnswer, AppClient, AppUnreachable

ANSWER_SECONDS: Final = 10.0  # Twilio gives a sink five
OF_THE_EVENT: Final = frozenset({400, 413, 422})  # the sink works, but will not take this
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
ARN: Final = re.compile(r"arn:(aws[a-z-]*):kinesis:([a-z0-9-]+):\d{12}:stream/[A-Za-z0-9_.-]{1,128}", re.ASCII)
MISSING_EXTRA: Final = "this installation lacks Amazon's library; run: pip install 'optout-gateway[kinesis]'"
MOST_SECRET: Final = 512  # characters


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event was not taken, without numbers or bodies; ``is_sinks``: the sink is to blame, not this event."""

    why: str
    is_sinks: bool


class Driver(Protocol):
    """How one kind of sink is told."""

    def most(self, sink: Sink) -> int:
        """How many events it is given at once, each of another recipient."""
        ...

    async def put(self, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        """Give events to a sink; what it did not take, by delivery identifier. It may have taken more than it says."""
        ...


class _Configuration(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _web_address(text: str) -> str:
    url = TypeAdapter(HttpUrl).validate_python(text)
    if url.fragment:
        raise ValueError("must have no fragment (#…)")
    return text


class WebhookConfiguration(_Configuration):
    """Twilio's own names (Twilio, Event Streams: sinks)."""

    destination: str = Field(repr=False)
    batch_events: bool = False

    _destination = field_validator("destination")(_web_address)


class SegmentConfiguration(_Configuration):
    """``endpoint`` is Segment's HTTP Tracking API, in the region of the workspace. ``identify`` says who an event is
    about: a hash of the recipient as ``anonymousId``, or the recipient as ``userId``.
    """

    endpoint: str = "https://api.segment.io/v1"
    identify: str = Field(default="hash", pattern="^(hash|recipient)$")

    _endpoint = field_validator("endpoint")(_web_address)


class KinesisConfiguration(_Configuration):
    """``arn`` is the stream's; ``endpoint`` another address of the service than the region's own."""

    arn: str
    endpoint: str | None = None

    @field_validator("arn")
    @classmethod
    def _arn(cls, text: str) -> str:
        if not ARN.fullmatch(text):
            raise ValueError("must be a stream's ARN, as arn:aws:kinesis:us-east-1:123456789012:stream/name")
        return text

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, text: str | None) -> str | None:
        return None if text is None else _web_address(text)

    @property
    def region(self) -> str:
        """The region of the stream."""
        return self.arn.split(":")[3]

    @property
    def url(self) -> str:
        """Where the service is."""
        suffix = ".cn" if self.arn.startswith("arn:aws-cn:") else ""
        return self.endpoint or f"https://kinesis.{self.region}.amazonaws.com{suffix}/"


CONFIGURATIONS: Final[Mapping[str, type[_Configuration]]] = {
    "webhook": WebhookConfiguration,
    "segment": SegmentConfiguration,
    "kinesis": KinesisConfiguration,
}
SECRET_OF: Final[Mapping[str, bool | None]] = {"webhook": False, "segment": True, "kinesis": None}
"""Whether a sink of a kind needs a secret, may have one (False), or has none (None)."""


def read_name(text: str) -> str:
    """A sink's name. Raises `Malformed`."""
    if not NAME.fullmatch(text):
        raise Malformed("must be 1 to 40 small letters, digits and hyphens, with no hyphen at either end")
    return text


def read_configuration(kind: str, given: Mapping[str, Any]) -> str:
    """A configuration as it is kept. Raises `Malformed`, with a line for each place that is wrong."""
    if kind not in CONFIGURATIONS:
        raise Malformed(f"kind: must be one of {', '.join(CONFIGURATIONS)}")
    if kind == "kinesis" and find_spec("aiobotocore") is None:
        raise Malformed(f"kind: {MISSING_EXTRA}")
    try:
        return CONFIGURATIONS[kind].model_validate(dict(given)).model_dump_json()
    except ValidationError as error:
        places = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)]
        raise Malformed("; ".join(places)) from None


def read_secret(kind: str, secret: str | None) -> str | None:
    """A sink's secret, if it has one. Raises `Malformed`, which does not repeat it."""
    needed = SECRET_OF[kind]
    if secret is None:
        if needed:
            raise Malformed("secret: a segment sink needs its write key")
        return None
    if needed is None:
        raise Malformed("secret: a kinesis sink has none; the gateway uses its own AWS credentials")
    if not secret.isascii() or not secret.isprintable() or not secret.strip() or len(secret) > MOST_SECRET:
        raise Malformed(f"secret: must be 1 to {MOST_SECRET} printable ASCII characters in one line")
    return secret.strip()


def shown(kind: str, configuration: str) -> dict[str, Any]:
    """A configuration without what may be secret of an address: user, password and query."""
    if kind not in CONFIGURATIONS:  # the mirror, which the settings configure
        return {}
    read = CONFIGURATIONS[kind].model_validate_json(configuration).model_dump(exclude_none=True)
    return {name: _public(value) if name in {"destination", "endpoint"} else value for name, value in read.items()}


def _public(url: str) -> str:
    scheme, authority, path, query, _ = urlsplit(url)
    return urlunsplit((scheme, authority.rpartition("@")[2], path, "…" if query else "", ""))


async def posted(client: AppClient, url: str, headers: dict[str, str], body: bytes) -> AppAnswer | Failure:
    """What a sink answers to a POST."""
    try:
        return await client.post(url, headers, body, ANSWER_SECONDS)
    except AppUnreachable as error:
        return Failure(str(error), is_sinks=True)


def failure_in(answer: AppAnswer | Failure) -> Failure | None:
    """Why what was posted was not taken; None when it was."""
    if isinstance(answer, Failure):
        return answer
    if answer.is_success:
        return None
    return Failure(f"it answered {answer.status}", is_sinks=answer.status not in OF_THE_EVENT)


PutAll = Callable[[Sequence[OwedEvent]], Awaitable[Failure | None]]


async def put_in_halves(put: PutAll, events: Sequence[OwedEvent]) -> dict[str, Failure]:
    """Give events as one batch; where that is refused for what is in it, by halves, until it is known by which. Where
    all are refused, the sink is to blame.
    """
    failures = await _halved(put, events)
    if len(failures) == len(events) > 1:
        return {key: Failure(failure.why, is_sinks=True) for key, failure in failures.items()}
    return failures


async def _halved(put: PutAll, events: Sequence[OwedEvent]) -> dict[str, Failure]:
    failure = await put(events)
    if failure is None:
        return {}
    if failure.is_sinks or len(events) == 1:
        return {event.delivery_id: failure for event in events}
    middle = len(events) // 2
    return await _halved(put, events[:middle]) | await _halved(put, events[middle:])

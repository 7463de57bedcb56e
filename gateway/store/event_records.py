"""What the store gives back about sinks, a frozen value for each kind of line. Times: microseconds since 1970, UTC."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sink:
    """Where an account's events go: ``kind`` is ``webhook``, ``segment``, ``kinesis`` or ``twilio`` (the mirror),
    ``configuration`` JSON in the form its kind defines. ``secret`` is None wherever sinks are listed.

    ``failures`` counts how often in a row it took nothing; until ``due_at`` it is not tried.
    """

    account_sid: str
    name: str
    kind: str
    configuration: str = field(repr=False)
    secret: str | None = field(repr=False)
    failures: int
    due_at: int
    last_error: str | None
    created_at: int
    actor: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """That a sink wants events of one type, in one version of their schema."""

    account_sid: str
    sink: str
    event_type: str
    schema_version: int
    created_at: int
    actor: str


@dataclass(frozen=True, slots=True)
class OwedEvent:
    """An event that was claimed for a sink: ``payload`` is the CloudEvent; ``attempts`` counts this one.

    ``order_key`` is what events that must stay in order have in common; ``lease`` has to be shown when it is ended.
    """

    delivery_id: str
    payload: str = field(repr=False)
    attempts: int
    give_up_at: int
    lease: str
    order_key: str
    position: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much an account's apps and Twilio (``sink`` None), or one of its sinks, are ``owed``, or were given up on
    (``dead``), and when the oldest of it came to be.
    """

    account_sid: str
    sink: str | None
    state: str
    count: int
    oldest_at: int

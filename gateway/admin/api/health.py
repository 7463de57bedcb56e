"""``/api/v1/health``: how the gateway is, with all that it depends on. `/readyz` says whether it may be asked, this
says what is wrong.
"""

from typing import Final, Literal

from pydantic import Field

from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body, Time, Told
from gateway.operations.health import HealthOperations
from gateway.operations.tokens import Role

HEALTH: Final = "/api/v1/health"
SourceName = Literal["webhooks", "status_callbacks", "event_streams"]


class StoreHealthTold(Told):
    """Whether the store can be written and read; if it cannot, no send goes out and no keyword is acknowledged."""

    writable: bool
    readable: bool


class ConnectionsTold(Told):
    """Connections to an upstream, of all processes: in use, open and waiting, and how many there may be."""

    in_use: int
    idle: int
    most: int


class UpstreamTold(Told):
    """What the processes had from an upstream; there is one for each URL that was needed so far."""

    url: str
    state: Literal["answering", "failing", "unused"] = Field(description="failing: the last request failed.")
    answered: int
    last_answered_at: Time | None
    failures: dict[str, int] = Field(
        description="By kind: connect, tls, no_place, time_out, broken, server_error (5xx), throttled (429)."
    )
    last_failure: str | None
    last_failed_at: Time | None
    connections: ConnectionsTold


class SourceTold(Told):
    """What Twilio sent for an account, signed as it should be; ``failed`` is what it was told to send again."""

    account_sid: str
    source: SourceName
    seen: int
    last_seen_at: Time | None
    failed: int
    last_failed_at: Time | None


class UnsignedTold(Told):
    """Requests that no key of an account had signed."""

    source: SourceName
    count: int
    last_at: Time | None


class GapHealthTold(Told):
    """How far Twilio's list of an account's inbound messages was read; ``missed`` keywords were found in it alone."""

    account_sid: str
    closed_until: Time | None
    error: str | None
    failed_at: Time | None
    missed: int
    last_missed_at: Time | None


class BacklogTold(Told):
    """What is owed, what was given up, and since when the oldest is owed. Beside sinks 10,000 of each are counted at
    most.
    """

    owed: int
    dead: int
    oldest_owed_at: Time | None


class SinkHealthTold(BacklogTold):
    """A sink, and what it is owed."""

    account_sid: str
    name: str
    kind: str
    failures: int = Field(description="How often in a row it took nothing.")
    last_error: str | None


class HealthTold(Told):
    """How the gateway is. What the store would have to tell is null where it cannot be read."""

    since: Time = Field(description="The start of the oldest process: since then it is counted.")
    processes: int
    store: StoreHealthTold
    upstreams: list[UpstreamTold]
    sources: list[SourceTold]
    unsigned: list[UnsignedTold]
    gaps: list[GapHealthTold] | None = Field(description="null where Twilio's list is not read.")
    deliveries: BacklogTold | None = Field(description="To apps and Twilio; sinks have their own.")
    sinks: list[SinkHealthTold] | None


class HealthApi:
    """The handler."""

    def __init__(self, health: HealthOperations) -> None:
        self._health = health

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", HEALTH, "How store, upstreams, sources of events, deliveries and sinks are", Role.READ,
                self._told, HealthTold, query=AccountQuery, about=About.SOME,
            ),
        ]  # fmt: skip

    async def _told(self, call: Call[AccountQuery, Body]) -> Answer:
        wanted = call.account_sid
        return Answer(await self._health.told(lambda sid: call.caller.may_see(sid) and wanted in {None, sid}))

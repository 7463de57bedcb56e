"""``/api/v1/sinks``: where an account's events go, and which; a sink's secret goes in and never comes out."""

from collections.abc import Awaitable
from typing import Any, Final, Literal, TypeVar

from pydantic import Field

from gateway.admin.api.paging import NEXT, PageQuery, page_of
from gateway.admin.problems import INVALID_REQUEST, SINK_EXISTS, UNKNOWN_SINK, Problem
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountBody, AccountQuery, Body, Query, Time, Told
from gateway.messaging.errors import Malformed
from gateway.operations.sinks import (
    KnownSink,
    NoSuchSink,
    SinkExists,
    SinkOperations,
    sink_as_json,
    subscription_as_json,
)
from gateway.operations.tokens import Role

SINKS: Final = "/api/v1/sinks"
SINK: Final = SINKS + "/{sink:[a-z0-9-]{1,40}}"
SUBSCRIPTION: Final = SINK + "/subscriptions/{type:[a-z.-]{1,80}}"

T = TypeVar("T")


class SinkBody(AccountBody):
    """A sink to add."""

    name: str = Field(max_length=40, description="Small letters, digits and hyphens.")
    kind: str = Field(max_length=20, description="webhook, segment or kinesis.")
    configuration: dict[str, Any] = Field(description="By its kind: docs/events.md.")
    secret: str | None = Field(default=None, max_length=512, description="A write key, or what signs.")


class SubscriptionBody(AccountBody):
    """In which version a sink is told a type."""

    schema_version: int | None = Field(default=None, ge=1, le=999, description="null: the newest.")


class SubscriptionTold(Told):
    """Which type a sink is told."""

    account_sid: str
    sink: str
    type: str
    schema_version: int
    created_at: Time
    actor: str


class SinkTold(Told):
    """A sink, without its secret."""

    account_sid: str
    name: str
    kind: str
    configuration: dict[str, Any]
    subscriptions: list[SubscriptionTold]
    failures: int = Field(description="How often in a row it took nothing.")
    last_error: str | None
    owed: int
    dead: int
    created_at: Time
    actor: str


class SinksTold(Told):
    """One page of the sinks of an account."""

    account_sid: str
    sinks: list[SinkTold]
    next: str | None = Field(description=NEXT)


class RemovedSinkTold(Told):
    """A sink that is no more."""

    removed: str
    dropped_events: int


class TestedSinkTold(Told):
    """A test event that a running gateway tells the sink."""

    sink: str
    delivery_id: str


class UnsubscribedTold(Told):
    """A type that a sink is told no more."""

    sink: str
    type: str
    removed: Literal[True]


class SinksApi:
    """The handlers."""

    def __init__(self, sinks: SinkOperations) -> None:
        self._sinks = sinks

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", SINKS, "One page of an account's sinks, by name, with their subscriptions", Role.READ,
                self._list, SinksTold, query=PageQuery,
            ),
            Route(
                "POST", SINKS, "Add a sink", Role.ADMIN, self._add, SinkTold, body=SinkBody, problems=(SINK_EXISTS,),
            ),
            Route(
                "DELETE", SINK, "Remove a sink with all that it is owed", Role.ADMIN, self._remove, RemovedSinkTold,
                query=AccountQuery, problems=(UNKNOWN_SINK,),
            ),
            Route(
                "POST", f"{SINK}/test", "Owe a sink a test event", Role.OPERATE, self._test, TestedSinkTold,
                body=AccountBody, problems=(UNKNOWN_SINK,),
            ),
            Route(
                "PUT", SUBSCRIPTION, "Have a sink told events of a type", Role.ADMIN, self._subscribe,
                SubscriptionTold, body=SubscriptionBody, problems=(UNKNOWN_SINK,),
            ),
            Route(
                "DELETE", SUBSCRIPTION, "Have a sink told no more events of a type", Role.ADMIN, self._unsubscribe,
                UnsubscribedTold, query=AccountQuery, problems=(UNKNOWN_SINK,),
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[PageQuery, Body]) -> Answer:
        account_sid, after = call.account.sid, call.query.after or ""
        known = [each for each in await self._sinks.listed(account_sid) if each.sink.name > after]
        page, following = page_of(known, call.query.limit, lambda each: each.sink.name)
        return Answer({"account_sid": account_sid, "sinks": [sink_as_json(each) for each in page], "next": following})

    async def _add(self, call: Call[Query, SinkBody]) -> Answer:
        given = call.body
        adding = self._sinks.add(
            call.account.sid, given.name, given.kind, given.configuration, given.secret, call.caller.actor
        )
        return Answer(sink_as_json(KnownSink(await _or_problem(adding), (), {})))

    async def _remove(self, call: Call[AccountQuery, Body]) -> Answer:
        dropped = await _or_problem(self._sinks.remove(call.account.sid, call.path["sink"]))
        return Answer({"removed": call.path["sink"], "dropped_events": dropped})

    async def _test(self, call: Call[Query, AccountBody]) -> Answer:
        delivery_id = await _or_problem(self._sinks.test(call.account.sid, call.path["sink"]))
        return Answer({"sink": call.path["sink"], "delivery_id": delivery_id})

    async def _subscribe(self, call: Call[Query, SubscriptionBody]) -> Answer:
        wanted = self._sinks.subscribe(
            call.account.sid, call.path["sink"], call.path["type"], call.body.schema_version, call.caller.actor
        )
        return Answer(subscription_as_json(await _or_problem(wanted)))

    async def _unsubscribe(self, call: Call[AccountQuery, Body]) -> Answer:
        await _or_problem(self._sinks.unsubscribe(call.account.sid, call.path["sink"], call.path["type"]))
        return Answer({"sink": call.path["sink"], "type": call.path["type"], "removed": True})


async def _or_problem(work: Awaitable[T]) -> T:
    """What an operation gives, or its refusal as a problem."""
    try:
        return await work
    except Malformed as error:
        raise Problem(INVALID_REQUEST, str(error)) from None
    except NoSuchSink as error:
        raise Problem(UNKNOWN_SINK, str(error)) from None
    except SinkExists as error:
        raise Problem(SINK_EXISTS, str(error)) from None

"""``/api/v1/deliveries`` and ``/api/v1/scheduled-messages``: what is owed, what was given up, what Twilio holds."""

from typing import Final, Literal

from pydantic import Field

from gateway.admin.api.paging import page_of
from gateway.admin.problems import NOT_TO_RETRY, UNKNOWN_DELIVERY, Problem
from gateway.admin.route import ACCOUNT, About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import (
    PAGE,
    AccountQuery,
    Body,
    FreeText,
    Identifier,
    Limit,
    Query,
    Recipient,
    Time,
    Told,
)
from gateway.operations.deliveries import DeliveryOperations, Retried
from gateway.operations.deliveries import Told as ToldDelivery
from gateway.operations.list_forms import delivery_as_json, scheduled_as_json
from gateway.operations.tokens import Role
from gateway.store import Store
from gateway.store.store import DeliveryFilter

DELIVERIES: Final = "/api/v1/deliveries"
DELIVERY: Final = f"{DELIVERIES}/{{id:[0-9a-f-]{{36}}}}"
SCHEDULED: Final = "/api/v1/scheduled-messages"
FOLLOWS: Final = "The after of the next page; null after the last."


class DeliveriesQuery(AccountQuery):
    """Which deliveries to list."""

    state: Literal["owed", "done", "dead"] | None = Field(default=None, description="How they stand; else all.")
    after: Identifier | None = Field(default=None, description="The next of the page before.")
    limit: Limit = Field(default=PAGE, description="How many lines a page has at most.")


class ScheduledQuery(AccountQuery):
    """Which scheduled messages to list."""

    state: Literal["standing", "canceled", "not_canceled"] | None = Field(default=None, description="Else all.")
    after: str | None = Field(
        default=None, pattern="^AC[0-9a-f]{32}/[A-Z]{2}[0-9a-f]{32}$", description="The next of the page before."
    )
    limit: Limit = Field(default=PAGE, description="How many lines a page has at most.")


class DeliveryTold(Told):
    """A delivery, without what it holds."""

    delivery_id: str
    account_sid: str
    kind: str
    state: str
    attempts: int
    is_held: bool
    due_at: Time | None
    give_up_at: Time
    last_error: FreeText | None
    created_at: Time
    sink: str | None = Field(description="Which sink an event is owed to.")
    ended_at: Time | None


class DeliveriesTold(Told):
    """One page of the deliveries."""

    deliveries: list[DeliveryTold]
    next: str | None = Field(description=FOLLOWS)


class OneDeliveryTold(DeliveryTold):
    """A delivery with which message it is about: names of a webhook's parameters, with their values."""

    about: dict[str, Recipient]


class RetriedTold(Told):
    """A delivery that is due now."""

    delivery_id: str
    retried: Literal["due"]


class ScheduledTold(Told):
    """A scheduled message."""

    account_sid: str
    message_sid: str
    recipient: Recipient
    service_sid: str | None
    sender: str | None
    send_at: Time
    state: str
    why: FreeText | None
    created_at: Time
    ended_at: Time | None


class ScheduledMessagesTold(Told):
    """One page of the scheduled messages."""

    scheduled_messages: list[ScheduledTold]
    next: str | None = Field(description=FOLLOWS)


class DeliveriesApi:
    """The handlers."""

    def __init__(self, store: Store, deliveries: DeliveryOperations) -> None:
        self._store = store
        self._deliveries = deliveries

    def routes(self) -> list[AnyRoute]:
        """The table of these resources."""
        return [
            Route(
                "GET", DELIVERIES, "One page of the deliveries, oldest first", Role.READ, self._list, DeliveriesTold,
                query=DeliveriesQuery, about=About.SOME,
            ),
            Route(
                "GET", DELIVERY, "One delivery", Role.READ, self._one, OneDeliveryTold, about=About.NONE,
                problems=(UNKNOWN_DELIVERY,),
            ),
            Route(
                "POST", f"{DELIVERY}/retry", "Have a delivery tried now, and again for 24 hours", Role.OPERATE,
                self._retry, RetriedTold, about=About.NONE, problems=(UNKNOWN_DELIVERY, NOT_TO_RETRY),
            ),
            Route(
                "GET", SCHEDULED, "One page of the scheduled messages", Role.READ, self._scheduled,
                ScheduledMessagesTold, query=ScheduledQuery, about=About.SOME,
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[DeliveriesQuery, Body]) -> Answer:
        query = call.query
        wanted = DeliveryFilter(account_sid=call.account_sid, state=query.state)
        found = await self._store.list_deliveries(wanted, query.after or "", query.limit + 1)
        page, following = page_of(found, query.limit, lambda delivery: delivery.delivery_id)
        return Answer({"deliveries": [delivery_as_json(delivery) for delivery in page], "next": following})

    async def _one(self, call: Call[Query, Body]) -> Answer:
        told = await self._seen(call)
        return Answer(delivery_as_json(told.delivery) | {"about": dict(told.about)})

    async def _retry(self, call: Call[Query, Body]) -> Answer:
        await self._seen(call)
        came = await self._deliveries.retry(call.path["id"])
        if came is not Retried.DUE:
            raise Problem(NOT_TO_RETRY, "one that is done is not done twice; one under way ends by itself")
        return Answer({"delivery_id": call.path["id"], "retried": "due"})

    async def _scheduled(self, call: Call[ScheduledQuery, Body]) -> Answer:
        query = call.query
        account, _, sid = (query.after or "/").partition("/")
        found = await self._store.scheduled_messages(call.account_sid, query.state, (account, sid), query.limit + 1)
        page, following = page_of(found, query.limit, lambda message: f"{message.account_sid}/{message.message_sid}")
        return Answer({"scheduled_messages": [scheduled_as_json(message) for message in page], "next": following})

    async def _seen(self, call: Call[Query, Body]) -> ToldDelivery:
        """The delivery of the path; one of an account that the caller may not see is as if there were none."""
        told = await self._deliveries.shown(call.path["id"])
        if told is None or not call.caller.may_see(told.delivery.account_sid):
            raise Problem(UNKNOWN_DELIVERY, "look for it in the list; done ones are dropped after seven days")
        call.request[ACCOUNT] = told.delivery.account_sid
        return told

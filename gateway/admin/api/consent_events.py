"""``/api/v1/consent-events``: the history, page by page or of one recipient."""

from typing import Final

from gateway.admin.api.addressing import demanded_recipient
from gateway.admin.api.opt_out_shapes import EventsQuery, EventsTold, HistoryTold, WhomBody
from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body
from gateway.operations.history import HistoryOperations
from gateway.operations.json_forms import event_as_json
from gateway.operations.optouts import Whom
from gateway.operations.tokens import Role
from gateway.store.list_reads import EventFilter

EVENTS: Final = "/api/v1/consent-events"


class ConsentEventsApi:
    """The handlers."""

    def __init__(self, history: HistoryOperations) -> None:
        self._history = history

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", EVENTS, "One page of the history, oldest first", Role.READ, self._list, EventsTold,
                query=EventsQuery, about=About.SOME,
            ),
            Route(
                "POST", f"{EVENTS}/search", "All that happened to one recipient's consent", Role.READ, self._search,
                HistoryTold, query=AccountQuery, body=WhomBody,
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[EventsQuery, Body]) -> Answer:
        query = call.query
        wanted = EventFilter(
            account_sid=call.account_sid,
            channel=query.channel,
            event_type=query.event_type,
            change=query.change,
            source=query.source,
            service_sid=query.service_sid,
            message_sid=query.message_sid,
            since=query.since,
            until=query.until,
        )
        found = await self._history.events(wanted, query.after or "", query.limit + 1)
        page = found[: query.limit]
        following = page[-1].event_id if len(found) > query.limit else None
        return Answer({"events": [event_as_json(event) for event in page], "next": following})

    async def _search(self, call: Call[AccountQuery, WhomBody]) -> Answer:
        address = demanded_recipient(call.account, call.body.recipient)
        events = await self._history.all_events(Whom(call.account.sid, address))
        return Answer({"account_sid": call.account.sid, "events": [event_as_json(event) for event in events]})

"""``/api/v1/consent-events``: the history, page by page or of one recipient."""

from typing import Final

from gateway.admin.api.addressing import demanded_recipient
from gateway.admin.api.opt_out_shapes import EventsQuery, EventsTold, HistoryTold, SearchBody
from gateway.admin.api.paging import page_of
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
                "POST", f"{EVENTS}/search", "One page of what happened to a recipient's consent, oldest first",
                Role.READ, self._search, HistoryTold, query=AccountQuery, body=SearchBody,
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
        page, following = page_of(found, query.limit, lambda event: event.event_id)
        return Answer({"events": [event_as_json(event) for event in page], "next": following})

    async def _search(self, call: Call[AccountQuery, SearchBody]) -> Answer:
        given, account_sid = call.body, call.account.sid
        whom = Whom(account_sid, demanded_recipient(call.account, given.recipient))
        found = await self._history.events_of(whom, given.after or "", given.limit + 1)
        page, following = page_of(found, given.limit, lambda event: event.event_id)
        return Answer({"account_sid": account_sid, "events": list(map(event_as_json, page)), "next": following})

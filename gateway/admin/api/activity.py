"""``/api/v1/activity``: what was decided about each message, as a list and as it happens."""

import asyncio
import re
from dataclasses import replace
from typing import Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import Field

from gateway.admin.api.shapes import ScopeTold
from gateway.admin.problems import TOO_MANY_LISTEN, Problem
from gateway.admin.route import RECHECK, About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import (
    PAGE,
    AccountQuery,
    Body,
    Identifier,
    Instant,
    Limit,
    Recipient,
    ServiceSid,
    Time,
    Told,
    mask_of,
)
from gateway.messaging.activity import Activity
from gateway.operations.activity_forms import activity_as_json
from gateway.operations.live import Listener, LiveFeed, TooManyListen
from gateway.operations.tokens import Role
from gateway.store import Store, StoreError
from gateway.store.activity_reads import ActivityFilter

ACTIVITY: Final = "/api/v1/activity"
EVENT_STREAM: Final = "text/event-stream"
LAST_EVENT_ID: Final = "Last-Event-ID"
LOOK_SECONDS: Final = 1.0  # how soon it is noticed that a token is good no more
HEARTBEAT_LOOKS: Final = 15
WRITE_SECONDS: Final = 10.0  # who takes no bytes for so long does not listen

MESSAGE_SID: Final = "^(?:SM|MM)[0-9a-f]{32}$"
IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
OUTCOME: Final = "^[a-z0-9_]{1,64}$"


class LiveQuery(AccountQuery):
    """Which lines of activity to tell."""

    direction: Literal["outbound", "inbound", "status"] | None = Field(
        default=None, description="Sends, keywords, or status callbacks."
    )
    decision: str | None = Field(default=None, pattern=OUTCOME, description="As suppressed, or forwarded.")
    reason: str | None = Field(default=None, pattern=OUTCOME, description="As opted_out_of_service.")
    service_sid: ServiceSid | None = Field(default=None, description="The Messaging Service that was named.")
    message_sid: str | None = Field(default=None, pattern=MESSAGE_SID, description="Only what is about this message.")


class ActivityQuery(LiveQuery):
    """Which lines of activity to list."""

    since: Instant | None = Field(default=None, description="From when on.")
    until: Instant | None = Field(default=None, description="Up to when; left out itself.")
    after: Identifier | None = Field(default=None, description="The next of the page before.")
    limit: Limit = Field(default=PAGE, description="How many lines a page has at most.")


class ActivityTold(Told):
    """A line of activity."""

    activity_id: str
    account_sid: str
    at: Time
    direction: str
    decision: str
    reason: str
    enforced: bool
    status: int
    error_code: int | None
    message_sid: str | None
    service_sid: str | None
    sender: str | None
    channel: str | None
    recipient: Recipient | None
    country: str | None
    scope: ScopeTold | None
    settings_version: int | None


class ActivityPageTold(Told):
    """One page of activity."""

    activity: list[ActivityTold]
    next: str | None = Field(
        description="The after of the next page, of older lines, also of one with few or none; null after the last."
    )


class ActivityApi:
    """The handlers."""

    def __init__(self, store: Store, live: LiveFeed) -> None:
        self._store = store
        self._live = live

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", ACTIVITY, "One page of what was decided about messages, newest first", Role.READ, self._list,
                ActivityPageTold, query=ActivityQuery, about=About.SOME,
            ),
            Route(
                "GET", f"{ACTIVITY}/live", "The same as it happens, as server-sent events", Role.READ, self._listen,
                EVENT_STREAM, query=LiveQuery, about=About.SOME, problems=(TOO_MANY_LISTEN,),
                takes={LAST_EVENT_ID: "The id of the last event that was had; what came since is told first."},
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[ActivityQuery, Body]) -> Answer:
        query = call.query
        wanted = replace(_wanted(call.account_sid, query), since=query.since, until=query.until)
        page, following = await self._store.page_of_activity(wanted, query.after, query.limit)
        return Answer({"activity": [activity_as_json(line) for line in page], "next": following})

    async def _listen(self, call: Call[LiveQuery, Body]) -> web.StreamResponse:
        wanted = _wanted(call.account_sid, call.query)
        try:
            async with self._live.listening(wanted) as listener:
                missed = await self._missed(call, wanted)
                return await _Stream(call).told(listener, *missed)
        except TooManyListen:
            raise Problem(TOO_MANY_LISTEN, "end one of them; see the list", headers={"Retry-After": "60"}) from None

    async def _missed(self, call: Call[LiveQuery, Body], wanted: ActivityFilter) -> tuple[list[Activity], bool]:
        """What a listener that comes back has missed; one that sends something else than an id begins anew."""
        last = call.request.headers.get(LAST_EVENT_ID, "")
        if not IDENTIFIER.fullmatch(last):
            return [], True
        return await self._live.missed(last, wanted)


class _Stream:
    """One answer that goes on until its caller goes, the token is good no more, or the gateway ends."""

    def __init__(self, call: Call[LiveQuery, Body]) -> None:
        self._call = call
        self._mask = mask_of(ActivityTold)
        self._response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "X-Accel-Buffering": "no"})

    async def told(self, listener: Listener, missed: list[Activity], is_whole: bool) -> web.StreamResponse:
        """Tell what was missed, and then what comes."""
        await self._response.prepare(self._call.request)
        try:
            await self._write(b"" if is_whole else b"event: gap\ndata: {}\n\n")
            await self._write(b": listening\n\n" + b"".join(map(self._event, missed)))
            await self._go_on(listener, {line.activity_id for line in missed})
        except (ConnectionError, TimeoutError):
            pass  # nobody is there any more
        return self._response

    async def _go_on(self, listener: Listener, told: set[str]) -> None:
        looks = 0
        while not listener.is_ended:
            lines = [line for line in await listener.news(LOOK_SECONDS) if line.activity_id not in told]
            if not await self._may_listen():
                await self._write(b"event: end\ndata: {}\n\n")
                return
            looks = 0 if lines else looks + 1
            if lines:
                await self._write(b"".join(map(self._event, lines)))
            elif looks % HEARTBEAT_LOOKS == 0:
                await self._write(b": heartbeat\n\n")

    async def _may_listen(self) -> bool:
        """Whether the token is good still, and for as much as before. A store that is away does not take it away."""
        before = self._call.caller
        try:
            caller = await self._call.request[RECHECK].ask()
        except Problem:
            return False
        except StoreError:
            return True
        return (caller.role, caller.accounts) == (before.role, before.accounts)

    async def _write(self, data: bytes) -> None:
        if data:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._response.write(data)

    def _event(self, line: Activity) -> bytes:
        value: Any = activity_as_json(line)
        if not self._call.caller.sees_numbers:
            value = self._mask(value)
        return b"id: %s\nevent: activity\ndata: %s\n\n" % (line.activity_id.encode(), orjson.dumps(value))


def _wanted(account_sid: str | None, query: LiveQuery) -> ActivityFilter:
    return ActivityFilter(
        account_sid=account_sid,
        direction=query.direction,
        decision=query.decision,
        reason=query.reason,
        service_sid=query.service_sid,
        message_sid=query.message_sid,
    )

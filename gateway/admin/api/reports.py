"""``/api/v1/reports/…``: opt-outs, sends, and which send was the last before an opt-out; as JSON or CSV."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from gateway.admin.api.paging import page_of
from gateway.admin.reading import invalid
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import (
    PAGE,
    AccountQuery,
    Body,
    FreeText,
    Identifier,
    Instant,
    Limit,
    Recipient,
    ServiceSid,
    Time,
    Told,
    mask_of,
)
from gateway.messaging.errors import Malformed
from gateway.messaging.intervals import Interval
from gateway.operations.activity_forms import GROUPS, as_csv, attributed_as_json, report_as_json
from gateway.operations.reports import OPT_OUTS, SENDS, SINCE, Asked, Kind, Reports, zone_of
from gateway.operations.tokens import Role

REPORTS: Final = "/api/v1/reports"
CSV: Final = "text/csv"


class SpanQuery(AccountQuery):
    """Which span a report is about, and in which form it is wanted."""

    since: Instant | None = Field(default=None, description="From when on; else from 30 days before until.")
    until: Instant | None = Field(default=None, description="Up to when, left out itself; else up to now.")
    service_sid: ServiceSid | None = Field(default=None, description="Only what is about this Messaging Service.")
    format: Literal["json", "csv"] | None = Field(default=None, description="Else as Accept says.")


class IntervalQuery(SpanQuery):
    """How a report is cut into intervals."""

    interval: Literal["hour", "day"] = Field(default="day", description="How long each interval is; at most 1,000.")
    time_zone: str = Field(
        default="UTC",
        pattern=r"^[A-Za-z0-9_+/-]{1,64}$",
        description="Whose hours and days: a name of the IANA database, as Europe/Berlin.",
    )


class OptOutsReportQuery(IntervalQuery):
    """What opt-outs are told apart by."""

    by: Literal["service", "sender", "country", "keyword", "source"] | None = Field(
        default=None, description="What they are told apart by; else by nothing."
    )


class SendsReportQuery(IntervalQuery):
    """What sends are told apart by."""

    by: Literal["service", "sender", "country", "reason", "keyword", "source"] | None = Field(
        default=None, description="What they are told apart by; else by nothing."
    )


class AttributionQuery(SpanQuery):
    """Which opt-outs to list."""

    after: Identifier | None = Field(default=None, description="The next of the page before.")
    limit: Limit = Field(default=PAGE, description="How many lines a page has at most.")


class OptOutCounts(Told):
    """How many there were beside how many sends, and opt-outs for each send that went out."""

    opt_outs: int
    opt_ins: int
    help: int
    forwarded: int | None = Field(description="Sends that went out; null in rows by keyword or source.")
    suppressed: int | None = Field(description="Sends that were held back; null likewise.")
    opt_out_rate: float | None


class SendCounts(Told):
    """What became of how many sends; ``errors`` are those that Twilio refused."""

    forwarded: int
    suppressed: int
    refused: int
    failed: int
    errors: int


class OptOutsRow(OptOutCounts):
    """One interval, of one group."""

    since: Time
    until: Time
    group: FreeText | None


class SendsRow(SendCounts):
    """One interval, of one group."""

    since: Time
    until: Time
    group: str | None


class ReportTold(Told):
    """What a report is about."""

    report: str
    account_sid: str
    service_sid: str | None
    interval: str
    by: str | None
    time_zone: str


class OptOutsReportTold(ReportTold):
    """Opt-outs by interval and group."""

    rows: list[OptOutsRow]
    total: OptOutCounts


class SendsReportTold(ReportTold):
    """Sends by interval and group."""

    rows: list[SendsRow]
    total: SendCounts


class AttributedTold(Told):
    """An opt-out, and the last send before it."""

    event_id: str
    effective_at: Time
    channel: str
    recipient: Recipient | None
    sender: str | None
    service_sid: str | None
    keyword: FreeText | None
    source: str
    message_sid: str | None
    last_message_sid: str | None
    last_sent_at: Time | None
    last_sender: str | None
    last_service_sid: str | None
    seconds_between: int | None


class AttributionTold(Told):
    """One page of opt-outs with the last send before each."""

    opt_outs: list[AttributedTold]
    next: str | None = Field(description="The after of the next page; null after the last, and not told in CSV.")


class ReportsApi:
    """The handlers. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(self, reports: Reports, clock: Callable[[], int]) -> None:
        self._reports = reports
        self._clock = clock

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", f"{REPORTS}/opt-outs", "Opt-outs, opt-ins and requests for help over time", Role.READ,
                self._opt_outs, OptOutsReportTold, query=OptOutsReportQuery, also_tells=(CSV,),
            ),
            Route(
                "GET", f"{REPORTS}/sends", "Sends over time, by what became of them", Role.READ, self._sends,
                SendsReportTold, query=SendsReportQuery, also_tells=(CSV,),
            ),
            Route(
                "GET", f"{REPORTS}/attribution", "Opt-outs with the last send before each", Role.READ,
                self._attribution, AttributionTold, query=AttributionQuery, also_tells=(CSV,),
            ),
        ]  # fmt: skip

    async def _opt_outs(self, call: Call[OptOutsReportQuery, Body]) -> Answer | web.Response:
        return await self._report(call, call.query, OPT_OUTS, call.query.by, OptOutsRow, OptOutsReportTold)

    async def _sends(self, call: Call[SendsReportQuery, Body]) -> Answer | web.Response:
        return await self._report(call, call.query, SENDS, call.query.by, SendsRow, SendsReportTold)

    async def _report(
        self,
        call: Call[Any, Body],
        query: IntervalQuery,
        kind: Kind,
        by: str | None,
        row: type[BaseModel],
        told: type[BaseModel],
    ) -> Answer | web.Response:
        since, until = self._span(query)
        asked = Asked(
            account_sid=call.account.sid,
            kind=kind,
            since=since,
            until=until,
            interval=Interval(query.interval),
            by=GROUPS[by] if by is not None else None,
            service_sid=query.service_sid,
            zone=_zone(query.time_zone),
        )
        try:
            value = report_as_json(await self._reports.made(asked))
        except Malformed as error:
            raise invalid("since", str(error)) from None
        if not _wants_csv(call, query):
            return Answer(value)
        return _csv(call, told, value, "rows", ("since", "until", "group", *_counts_of(row)))

    async def _attribution(self, call: Call[AttributionQuery, Body]) -> Answer | web.Response:
        query, account = call.query, call.account
        since, until = self._span(query)
        found = await self._reports.attributed(
            account.sid, query.service_sid, since, until, query.after or "", query.limit + 1
        )
        page, following = page_of(found, query.limit, lambda opt_out: opt_out.event_id)
        value = {"opt_outs": [attributed_as_json(opt_out) for opt_out in page], "next": following}
        if not _wants_csv(call, query):
            return Answer(value)
        return _csv(call, AttributionTold, value, "opt_outs", tuple(AttributedTold.model_fields))

    def _span(self, query: SpanQuery) -> tuple[int, int]:
        until = self._clock() if query.until is None else query.until
        since = until - SINCE if query.since is None else query.since
        if until <= since:
            raise invalid("until", "it must be after since")
        return since, until


def _zone(name: str) -> tzinfo:
    try:
        return zone_of(name)
    except Malformed as error:
        raise invalid("time_zone", str(error)) from None


def _counts_of(row: type[BaseModel]) -> Sequence[str]:
    return [name for name in row.model_fields if name not in {"since", "until", "group"}]


def _wants_csv(call: Call[Any, Body], query: SpanQuery) -> bool:
    """Whether CSV is asked for; what else Accept may say, JSON is the answer."""
    if query.format is not None:
        return query.format == "csv"
    accepted = [part.partition(";")[0].strip().lower() for part in call.request.headers.get("Accept", "").split(",")]
    return CSV in accepted and "application/json" not in accepted


def _csv(call: Call[Any, Body], told: type[BaseModel], value: Any, rows: str, columns: Sequence[str]) -> web.Response:
    """The rows of an answer as CSV, masked as the answer would be."""
    shown = value if call.caller.sees_numbers else mask_of(told)(value)
    text = as_csv(shown[rows], columns)
    return web.Response(body=text.encode(), headers={"Content-Type": f"{CSV}; charset=utf-8"})

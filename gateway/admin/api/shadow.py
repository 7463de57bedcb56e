"""``/api/v1/shadow``: where shadow mode is on, what enforcing would have done, and the list that is kept there."""

from typing import Final

from pydantic import Field

from gateway.admin.api.paging import AFTER, LIMIT, NEXT, page_of
from gateway.admin.api.reasons import reason_of
from gateway.admin.api.shapes import DemandedWhyBody, DryRun
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import PAGE, AccountQuery, Body, Instant, Limit, ServiceSid, Told
from gateway.operations.json_forms import shadow_count_as_json, shadow_places_as_json
from gateway.operations.shadow import ShadowOperations, Wanted
from gateway.operations.tokens import Role
from gateway.store.shadow_lines import ShadowCount

SHADOW: Final = "/api/v1/shadow"
CURSOR: Final = r"^\d{4}-\d\d-\d\d~(MG[0-9a-f]{32})?~[a-z_]{1,32}$"


class ReportQuery(AccountQuery):
    """Which days to tell of."""

    after: str | None = Field(default=None, pattern=CURSOR, description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)

    since: Instant | None = Field(default=None, description="From the day of this time on.")
    until: Instant | None = Field(default=None, description="Up to the day of this time.")


class ShadowTold(Told):
    """Where shadow mode is on: in the whole account save what is ``enforced``, in services, at senders."""

    account_sid: str
    is_on: bool
    account: bool
    services: list[str]
    senders: list[str]
    enforced: list[str]


class CountTold(Told):
    """How often something would have been done on a day (UTC), for a Messaging Service or none."""

    day: str
    service_sid: str | None
    what: str
    count: int


class ReportTold(Told):
    """One page of what enforcing would have done."""

    account_sid: str
    counts: list[CountTold]
    next: str | None = Field(description=NEXT)


class SettleBody(DemandedWhyBody):
    """Which part of the list, and why."""

    service_sid: ServiceSid | None = Field(default=None, description="Only of this Messaging Service and its senders.")


class SettledTold(Told):
    """How many lines were read, and how many of them added, lifted, unchanged or dropped."""

    account_sid: str
    dry_run: bool
    counts: dict[str, int]


class ShadowApi:
    """The handlers."""

    def __init__(self, shadow: ShadowOperations) -> None:
        self._shadow = shadow

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route("GET", SHADOW, "Where shadow mode is on", Role.READ, self._places, ShadowTold, query=AccountQuery),
            Route(
                "GET", f"{SHADOW}/report", "One page of what enforcing would have done, by day and service", Role.READ,
                self._report, ReportTold, query=ReportQuery,
            ),
            Route(
                "POST", f"{SHADOW}/adopt", "Let the shadow list count", Role.OPERATE, self._adopt, SettledTold,
                query=DryRun, body=SettleBody,
            ),
            Route(
                "POST", f"{SHADOW}/drop", "Forget the shadow list", Role.OPERATE, self._drop, SettledTold,
                query=DryRun, body=SettleBody,
            ),
        ]  # fmt: skip

    async def _places(self, call: Call[AccountQuery, Body]) -> Answer:
        places = await self._shadow.places(call.account)
        return Answer({"account_sid": call.account.sid, **shadow_places_as_json(places)})

    async def _report(self, call: Call[ReportQuery, Body]) -> Answer:
        query, account_sid = call.query, call.account.sid
        after = None if query.after is None else _count_in(query.after)
        found = await self._shadow.report(account_sid, query.since, query.until, after=after, limit=query.limit + 1)
        page, following = page_of(found, query.limit, _cursor_of)
        counts = [shadow_count_as_json(count) for count in page]
        return Answer({"account_sid": account_sid, "counts": counts, "next": following})

    async def _adopt(self, call: Call[DryRun, SettleBody]) -> Answer:
        return await self._settled(call, is_adopted=True)

    async def _drop(self, call: Call[DryRun, SettleBody]) -> Answer:
        return await self._settled(call, is_adopted=False)

    async def _settled(self, call: Call[DryRun, SettleBody], *, is_adopted: bool) -> Answer:
        wanted = Wanted(is_adopted, call.body.service_sid, call.query.dry_run)
        reason = reason_of(call.body.reason) or ""
        steps = [done async for done in self._shadow.settle(call.account, wanted, call.caller.actor, reason)]
        return Answer({"account_sid": call.account.sid, "dry_run": wanted.dry_run, "counts": dict(steps[-1])})


def _cursor_of(count: ShadowCount) -> str:
    return f"{count.day}~{count.service_sid or ''}~{count.what}"


def _count_in(cursor: str) -> ShadowCount:
    day, service_sid, what = cursor.split("~")
    return ShadowCount(day, service_sid or None, what, 0)

"""``/api/v1/preference-links``: links on which recipients leave a Messaging Service and come back."""

from typing import Final

from pydantic import Field

from gateway.admin.api.addressing import recipient_of
from gateway.admin.api.opt_out_shapes import WhomBody
from gateway.admin.reading import invalid
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, ServiceSid, Time, Told
from gateway.operations.json_forms import link_as_json
from gateway.operations.optouts import Whom
from gateway.operations.preferences import PreferenceLinks
from gateway.operations.tokens import Role

LINKS: Final = "/api/v1/preference-links"
MOST_DAYS: Final = 400


class LinkBody(WhomBody):
    """Whom a link is for, and for which service."""

    service_sid: ServiceSid = Field(description="The Messaging Service (MG…) that they leave or come back to.")
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS, description="How long it is good; else link_days.")


class LinkTold(Told):
    """A link that was made: who has its URL is the recipient."""

    link_id: str
    account_sid: str
    service_sid: str
    url: str
    expires_at: Time


class PreferenceLinksApi:
    """The handler."""

    def __init__(self, links: PreferenceLinks) -> None:
        self._links = links

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", LINKS, "Make a link to the page of preferences for one recipient and service", Role.OPERATE,
                self._make, LinkTold, query=AccountQuery, body=LinkBody, status=201,
            ),
        ]  # fmt: skip

    async def _make(self, call: Call[AccountQuery, LinkBody]) -> Answer:
        given = call.body
        address = recipient_of(call.account, given.recipient)
        if address is None:
            raise invalid("recipient", "it is missing")
        whom = Whom(call.account.sid, address)
        made = await self._links.make(whom, given.service_sid, call.caller.actor, given.days)
        return Answer(link_as_json(whom, given.service_sid, made))

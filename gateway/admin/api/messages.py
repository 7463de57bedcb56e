"""``/api/v1/messages/{sid}/journey``: all that is known of one message."""

from typing import Final

from pydantic import Field

from gateway.admin.api.shapes import ScopeTold
from gateway.admin.problems import UNKNOWN_MESSAGE, Problem
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body, FreeText, Recipient, Time, Told
from gateway.operations.activity_forms import journey_as_json
from gateway.operations.journey import Journeys
from gateway.operations.tokens import Role

JOURNEY: Final = "/api/v1/messages/{sid:(?:SM|MM)[0-9a-f]{32}}/journey"


class StepTold(Told):
    """One step of a message's journey."""

    at: Time
    step: str
    what: str | None = Field(description="Which of several it is, as the kind of a delivery.")
    outcome: str | None
    reason: FreeText | None
    scopes: list[ScopeTold]
    status: int | None
    error_code: int | None
    reference: str | None = Field(description="Under which identifier more is told of it.")


class JourneyTold(Told):
    """All that is known of one message, in the order of its steps."""

    account_sid: str
    message_sid: str
    direction: str | None
    recipient: Recipient | None
    sender: str | None
    service_sid: str | None
    steps: list[StepTold]


class MessagesApi:
    """The handlers."""

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", JOURNEY, "All that is known of one message, step by step", Role.READ, self._journey,
                JourneyTold, query=AccountQuery, problems=(UNKNOWN_MESSAGE,),
            ),
        ]  # fmt: skip

    async def _journey(self, call: Call[AccountQuery, Body]) -> Answer:
        journey = await self._journeys.of(call.account.sid, call.path["sid"])
        if journey is None:
            raise Problem(UNKNOWN_MESSAGE, "the gateway never saw it, or has forgotten all of it")
        return Answer(journey_as_json(journey))

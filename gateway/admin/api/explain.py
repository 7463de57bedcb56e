"""``/api/v1/explain``: what an inbound body would do, or whether a send would go. Nothing is changed, nobody asked."""

from typing import Final, Literal

from pydantic import Field, RootModel

from gateway.admin.api.addressing import recipient_of, sender_of, service_sid_of
from gateway.admin.api.shapes import EventTold, OptOutTold, ScopeTold
from gateway.admin.reading import invalid
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountBody, AccountQuery, FreeText, MessageText, Told
from gateway.messaging.messages import OutboundMessage
from gateway.operations.explain import Explain
from gateway.operations.json_forms import body_as_json, send_as_json
from gateway.operations.tokens import Role

EXPLAIN: Final = "/api/v1/explain"


class ExplainBody(AccountBody):
    """What to explain: with ``body`` an inbound message, without it a send."""

    body: str | None = Field(default=None, description="What a phone sends; without it, a send is explained.")
    service_sid: str | None = Field(default=None, description="The Messaging Service (MG…).")
    sender: str | None = Field(default=None, description="The sender's number, short code or sender ID.")
    recipient: str | None = Field(default=None, description="Whose consent it is, in any spelling.")


class BodyExplainedTold(Told):
    """What a body means and would do."""

    folded: MessageText | None
    loosely_folded: MessageText | None
    opt_out_type: Literal["STOP", "START", "HELP"] | None
    keyword_set: str | None
    keyword: str | None
    matching: str | None
    why: str | None
    country: str | None
    sender: str | None
    service_sid: str | None
    version: int | None
    advanced_opt_out: bool
    twilio_handling: Literal["off", "default", "aoo"]
    relayed: bool
    enforced: bool
    change: str | None
    scopes: list[ScopeTold]
    lifted_at_twilio: list[ScopeTold]
    reply: str | None
    segments: int | None
    encoding: str | None
    asks_to_stop: list[FreeText] | None
    remarks: list[str]


class SendExplainedTold(Told):
    """Whether a send would go, and if not, by which opt-out and on what evidence."""

    forwarded: bool
    enforced: bool = Field(description="False: in shadow mode, where a send goes whatever the reason.")
    reason: str
    opt_out: OptOutTold | None
    event: EventTold | None
    unplaced: list[str]
    settings_version: int


class ExplainedTold(RootModel[BodyExplainedTold | SendExplainedTold]):
    """The one or the other."""


class ExplainApi:
    """The handlers."""

    def __init__(self, explain: Explain) -> None:
        self._explain = explain

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", EXPLAIN, "What an inbound body would do, or whether a send would go", Role.READ, self._answer,
                ExplainedTold, query=AccountQuery, body=ExplainBody,
            )
        ]  # fmt: skip

    async def _answer(self, call: Call[AccountQuery, ExplainBody]) -> Answer:
        """With ``body`` it is about an inbound message, without about a send."""
        return await (self._inbound(call) if call.body.body is not None else self._send(call))

    async def _inbound(self, call: Call[AccountQuery, ExplainBody]) -> Answer:
        given = call.body
        sender = sender_of(call.account, given.sender)
        explained = await self._explain.body(
            call.account,
            given.body or "",
            recipient=recipient_of(call.account, given.recipient, sender),
            service_sid=service_sid_of(given.service_sid),
            sender=sender,
        )
        return Answer(body_as_json(explained))

    async def _send(self, call: Call[AccountQuery, ExplainBody]) -> Answer:
        given = call.body
        sender = sender_of(call.account, given.sender)
        recipient, service_sid = recipient_of(call.account, given.recipient, sender), service_sid_of(given.service_sid)
        if recipient is None:
            raise invalid("recipient", "say who is to get the message; or give a body, which somebody sent")
        if service_sid is None and sender is None:
            raise invalid("sender", "say what sends: service_sid, sender or both")
        message = OutboundMessage(call.account.sid, recipient, service_sid, sender)
        return Answer(send_as_json(await self._explain.send(message)))

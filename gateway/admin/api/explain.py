"""``/api/v1/explain``: what an inbound body would do, or whether a send would go. Nothing is changed, nobody asked."""

from typing import Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.reading import Call, Calls, invalid
from gateway.messaging.addresses import Address
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.operations.explain import Explain
from gateway.operations.json_forms import body_as_json, send_as_json
from gateway.operations.optouts import channel_of, read_whom

EXPLAIN: Final = "/api/v1/explain"


class ExplainApi:
    """The handlers."""

    def __init__(self, calls: Calls, explain: Explain) -> None:
        self._calls = calls
        self._explain = explain

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [web.post(EXPLAIN, self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        """With ``body`` it is about an inbound message, without about a send."""
        call = await self._calls.by_body(request, "body", "service_sid", "sender", "recipient")
        return await (self._inbound(call) if "body" in call.fields else self._send(call))

    async def _inbound(self, call: Call) -> web.Response:
        explained = await self._explain.body(
            call.account,
            call.fields["body"],
            recipient=_recipient(call),
            service_sid=_service_sid(call),
            sender=_sender(call),
        )
        return answer(body_as_json(explained))

    async def _send(self, call: Call) -> web.Response:
        recipient, service_sid, sender = _recipient(call), _service_sid(call), _sender(call)
        if recipient is None:
            raise invalid("recipient", "say who is to get the message; or give a body, which somebody sent")
        if service_sid is None and sender is None:
            raise invalid("sender", "say what sends: service_sid, sender or both")
        return answer(send_as_json(await self._explain.send(
            OutboundMessage(call.account.sid, recipient, service_sid, sender)
        )))  # fmt: skip


def _service_sid(call: Call) -> str | None:
    given = call.fields.get("service_sid")
    if given is not None and not is_messaging_service(given):
        raise invalid("service_sid", "it is not MG and 32 hexadecimal digits in lower case")
    return given


def _sender(call: Call) -> Sender | None:
    given = call.fields.get("sender")
    if given is None:
        return None
    if is_messaging_service(given):
        raise invalid("sender", "it is a Messaging Service; give it as service_sid")
    try:
        return read_sender(given, call.account.default_region)
    except UnreadableAddress as error:
        raise invalid("sender", str(error)) from None


def _recipient(call: Call) -> Address | None:
    """The recipient, read as in a send from the sender, and on its channel."""
    given, sender = call.fields.get("recipient"), _sender(call)
    if given is None:
        return None
    try:
        recipient = read_whom(call.account.sid, given, call.account.default_region, sender).recipient
    except UnreadableAddress as error:
        raise invalid("recipient", str(error)) from None
    if sender is not None and channel_of(sender) != recipient.channel:
        raise invalid("sender", f"it is on the channel {channel_of(sender)}, the recipient on {recipient.channel}")
    return recipient

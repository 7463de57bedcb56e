"""`/2010-04-01/Accounts/{AC}/Messages` of api.twilio.com.

Source: Twilio, Message resource.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from xml.sax.saxutils import quoteattr

from aiohttp import web

from gateway.sandbox.addresses import normalise_recipient
from gateway.sandbox.answers import element, json_answer, resource_answer, speaks_json, xml_answer
from gateway.sandbox.calls import ACCOUNT, FORMAT, Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.lifecycle import Lifecycle
from gateway.sandbox.paging import Page, legacy_page, page_of
from gateway.sandbox.segments import segments_of
from gateway.sandbox.sending import message_from
from gateway.sandbox.state import Message, World

_MESSAGES = rf"{ACCOUNT}/Messages"
_MESSAGE = rf"{_MESSAGES}/(?P<sid>(?:SM|MM)[0-9a-zA-Z]{{32}})"
_DEFAULT_PAGE = 50


class MessagesApi:
    """Create, list, fetch, update and delete messages."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self._world = world
        self._lifecycle = lifecycle

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [
            route("POST", _MESSAGES + FORMAT, self._create),
            route("GET", _MESSAGES + FORMAT, self._list),
            route("GET", _MESSAGE + FORMAT, self._fetch),
            route("POST", _MESSAGE + FORMAT, self._update),
            route("DELETE", _MESSAGE + FORMAT, self._delete),
            route("POST", _MESSAGE + "/Feedback" + FORMAT, self._feedback),
            route("GET", _MESSAGE + "/Media" + FORMAT, self._media),
            route("POST", ACCOUNT + "/SMS/Messages" + FORMAT, _gone),
            route("GET", ACCOUNT + "/SMS/Messages" + FORMAT, _gone),
        ]

    def _create(self, call: Call) -> web.Response:
        if not call.caller.may_create_messages:
            raise TwilioError.of(70051, permission="twilio/messaging/messages/create")
        message = message_from(self._world, call.account.sid, call.form)
        self._lifecycle.accept(message)
        return resource_answer("Message", represent(message), call.path, status=201)

    def _list(self, call: Call) -> web.Response:
        # newest first, as Twilio lists them
        messages = [message for message in reversed(self._world.messages.values()) if _fits(message, call)]
        page = page_of(messages, call, _DEFAULT_PAGE)
        if speaks_json(call.path):
            return json_answer(legacy_page(page, "messages", represent))
        return xml_answer(_xml_list(page))

    def _fetch(self, call: Call) -> web.Response:
        return resource_answer("Message", represent(self._message(call)), call.path)

    def _update(self, call: Call) -> web.Response:
        message = self._message(call)
        status, body = call.text("Status"), call.text("Body")
        if status is not None:
            if status != "canceled":
                raise TwilioError.of(20001, parameter="Status")
            if message.status != "scheduled":
                raise TwilioError.of(30409)
            message = self._lifecycle.cancel(message)
        if body is not None:
            if body:
                raise TwilioError.of(20001, parameter="Body")
            message = replace(message, body="", updated=self._world.clock.now())
            self._world.messages[message.sid] = message
        return resource_answer("Message", represent(message), call.path)

    def _delete(self, call: Call) -> web.Response:
        del self._world.messages[self._message(call).sid]
        return web.Response(status=204)

    def _feedback(self, call: Call) -> web.Response:
        message = self._message(call)
        document = {
            "account_sid": message.account_sid,
            "message_sid": message.sid,
            "outcome": call.text("Outcome") or "confirmed",
            "date_created": rfc2822(self._world.clock.now()),
            "date_updated": rfc2822(self._world.clock.now()),
            "uri": f"{_uri(message, '')}/Feedback.json",
        }
        return resource_answer("Feedback", document, call.path, status=201)

    def _media(self, call: Call) -> web.Response:
        self._message(call)
        empty: Page[Message] = page_of((), call, _DEFAULT_PAGE)
        if speaks_json(call.path):
            return json_answer(legacy_page(empty, "media_list", represent))
        return xml_answer(_xml_list(empty, "MediaList"))

    def _message(self, call: Call) -> Message:
        message = self._world.messages.get(call.names["sid"])
        if message is None or message.account_sid != call.account.sid:
            raise TwilioError.of(20404, path=call.path)
        return message


def _gone(call: Call) -> web.Response:
    raise TwilioError.of(20410, path=call.path)


def represent(message: Message) -> dict[str, object]:
    """The resource with Twilio's names and types, in the order of Twilio's XML."""
    uri = _uri(message, ".json")
    undecided = message.sender is None
    return {
        "sid": message.sid,
        "date_created": rfc2822(message.created),
        "date_updated": rfc2822(message.updated),
        "date_sent": None if message.sent is None else rfc2822(message.sent),
        "account_sid": message.account_sid,
        "to": message.to,
        "from": message.sender,
        "messaging_service_sid": message.messaging_service_sid,
        "body": message.body,
        "status": message.status,
        "num_segments": "0" if undecided else str(segments_of(message.body)),
        "num_media": str(len(message.media_urls)),
        "direction": message.direction,
        "api_version": "2010-04-01",
        "price": "-0.00750" if message.status in ("sent", "delivered") else None,
        "price_unit": "USD" if message.sent else None,
        "error_code": message.error_code,
        "error_message": message.error_message,
        "uri": uri,
        "subresource_uris": {"media": uri.removesuffix(".json") + "/Media.json"},
    }


def rfc2822(moment: datetime) -> str:
    """A time as api.twilio.com writes it: `Thu, 24 Aug 2023 05:01:45 +0000`."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def _uri(message: Message, extension: str) -> str:
    return f"/2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}{extension}"


def _fits(message: Message, call: Call) -> bool:
    to, sender = call.asked("To"), call.asked("From")
    return (
        message.account_sid == call.account.sid
        and (to is None or message.to in (to, normalise_recipient(to)))
        and (sender is None or message.sender in (sender, normalise_recipient(sender)))
        and all(_fits_day(message, bound) for bound in _day_bounds(call))
    )


def _day_bounds(call: Call) -> Iterator[tuple[str, date]]:
    """The `DateSent` filters; the comparison sign is part of the parameter's name."""
    for sign in ("", "<", ">"):
        text = call.asked("DateSent" + sign)
        if text:
            try:
                yield sign, date.fromisoformat(text[:10])
            except ValueError:
                raise TwilioError.of(20001, parameter="DateSent" + sign) from None


def _fits_day(message: Message, bound: tuple[str, date]) -> bool:
    sign, day = bound
    # an inbound message has been "sent" the moment it came in
    moment = message.sent or (message.created if message.direction == "inbound" else None)
    if moment is None:
        return False
    if sign == "<":
        return moment.date() <= day
    return moment.date() >= day if sign == ">" else moment.date() == day


def _xml_list(page: Page[Message], name: str = "Messages") -> str:
    attributes = {
        "end": page.start + max(len(page.items) - 1, 0),
        "firstpageuri": page.uri(0),
        "nextpageuri": page.next_uri or "",
        "page": page.number,
        "pagesize": page.size,
        "previouspageuri": page.previous_uri or "",
        "start": page.start,
        "uri": page.uri(page.number),
    }
    written = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    inner = "".join(element("Message", represent(message)) for message in page.items)
    return f"<{name}{written}>{inner}</{name}>"

"""`/v2/Channels/Senders` of messaging.twilio.com: the WhatsApp and RCS senders with their webhooks, to be listed.

Source: Twilio, Channels Senders API.
"""

from aiohttp import web

from gateway.sandbox.addresses import channel_of
from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.paging import meta_page, page_of
from gateway.sandbox.state import Number, World

_SENDERS = r"/v2/Channels/Senders"
_DEFAULT_PAGE = 50


class ChannelsApi:
    """The account's senders on one channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [route("GET", _SENDERS, self._list)]

    def _list(self, call: Call) -> web.Response:
        channel = call.asked("Channel")
        if not channel:
            raise TwilioError.of(20001, parameter="Channel")
        senders = [
            number
            for number in self._world.numbers_of(call.account.sid)
            if channel_of(number.number).rstrip(":") == channel
        ]
        base = f"{call.base_url}{_SENDERS}"
        return json_answer(
            meta_page(page_of(senders, call, _DEFAULT_PAGE), "senders", lambda each: _represent(each, base))
        )


def _represent(sender: Number, base: str) -> dict[str, object]:
    return {
        "sid": sender.sid,
        "sender_id": sender.number,
        "status": "ONLINE",
        "webhook": {
            "callback_url": sender.sms_url or None,
            "callback_method": sender.sms_method,
            "fallback_url": sender.sms_fallback_url or None,
            "fallback_method": sender.sms_fallback_method,
            "status_callback_url": None,
            "status_callback_method": "POST",
        },
        "url": f"{base}/{sender.sid}",
    }

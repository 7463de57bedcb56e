"""`/v2/Channels/Senders` of messaging.twilio.com: WhatsApp and RCS senders with their webhooks: list, fetch, update.

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
_SENDER = rf"{_SENDERS}/(?P<sid>XE[0-9a-fA-F]{{32}})"
# Member of the webhook of an update: field of the number, and what it may hold.
_UPDATABLE = {
    "callback_url": "sms_url",
    "callback_method": "sms_method",
    "fallback_url": "sms_fallback_url",
    "fallback_method": "sms_fallback_method",
}
_METHODS = ("POST", "PUT")
_DEFAULT_PAGE = 50


class ChannelsApi:
    """The account's senders on one channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [
            route("GET", _SENDERS, self._list),
            route("GET", _SENDER, self._fetch),
            route("POST", _SENDER, self._update),
        ]

    def _fetch(self, call: Call) -> web.Response:
        return json_answer(_represent(self._sender(call), f"{call.base_url}{_SENDERS}"))

    def _update(self, call: Call) -> web.Response:
        sender, document = self._sender(call), call.document
        webhook = document.get("webhook", {}) if isinstance(document, dict) else None
        if not isinstance(webhook, dict):
            raise TwilioError.of(20001, parameter="webhook")
        for name, value in webhook.items():
            if name.endswith("_method") and value not in _METHODS:
                raise TwilioError.of(20001, parameter=f"webhook.{name}")
            if name in _UPDATABLE:
                setattr(sender, _UPDATABLE[name], value or "")
        sender.updated = self._world.clock.now()
        return json_answer(_represent(sender, f"{call.base_url}{_SENDERS}"), status=202)

    def _sender(self, call: Call) -> Number:
        sender = self._world.number_of_sid(call.names["sid"])
        if sender is None or sender.account_sid != call.account.sid:
            raise TwilioError.of(20404, path=call.path)
        return sender

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

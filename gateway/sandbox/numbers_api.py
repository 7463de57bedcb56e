"""Accounts and their phone numbers on api.twilio.com.

Sources: Twilio, Account resource; IncomingPhoneNumber resource.
"""

from aiohttp import web

from gateway.sandbox.answers import json_answer, resource_answer
from gateway.sandbox.calls import ACCOUNT, FORMAT, Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.messages_api import rfc2822
from gateway.sandbox.paging import legacy_page, page_of
from gateway.sandbox.state import Number, World

_NUMBERS = rf"{ACCOUNT}/IncomingPhoneNumbers"
_NUMBER = rf"{_NUMBERS}/(?P<sid>PN[0-9a-fA-F]{{32}})"
_SHORT_CODES = rf"{ACCOUNT}/SMS/ShortCodes"
_SHORT_CODE = rf"{_SHORT_CODES}/(?P<sid>SC[0-9a-fA-F]{{32}})"
_DEFAULT_PAGE = 50

# Parameter of an update: field of the number.
_UPDATABLE = {
    "FriendlyName": "friendly_name",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method",
}


class NumbersApi:
    """Fetch an account; list, fetch and update its numbers and short codes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [
            route("GET", ACCOUNT + FORMAT, self._account),
            route("GET", _NUMBERS + r"\.json", self._list_numbers),
            route("GET", _NUMBER + FORMAT, self._fetch),
            route("POST", _NUMBER + FORMAT, self._update),
            route("GET", _SHORT_CODES + r"\.json", self._list_short_codes),
            route("GET", _SHORT_CODE + FORMAT, self._fetch),
            route("POST", _SHORT_CODE + FORMAT, self._update),
        ]

    def _account(self, call: Call) -> web.Response:
        if call.caller.by_api_key:
            # Twilio, API keys: a standard key cannot read /Accounts
            raise TwilioError.of(20003)
        uri = f"/2010-04-01/Accounts/{call.account.sid}"
        document = {
            "sid": call.account.sid,
            "friendly_name": call.account.friendly_name,
            "owner_account_sid": call.account.parent or call.account.sid,
            "status": "active",
            "type": "Full",
            "auth_token": call.account.auth_tokens[0],
            "date_created": rfc2822(self._world.started),
            "date_updated": rfc2822(self._world.started),
            "uri": f"{uri}.json",
            "subresource_uris": {"messages": f"{uri}/Messages.json"},
        }
        return resource_answer("Account", document, call.path)

    def _list_numbers(self, call: Call) -> web.Response:
        return self._list(call, "PN", "incoming_phone_numbers", "PhoneNumber")

    def _list_short_codes(self, call: Call) -> web.Response:
        return self._list(call, "SC", "short_codes", "ShortCode")

    def _list(self, call: Call, prefix: str, key: str, filter_name: str) -> web.Response:
        wanted = call.asked(filter_name) or ""
        numbers = [
            number
            for number in self._world.numbers_of(call.account.sid)
            if number.sid.startswith(prefix) and wanted in number.number
        ]
        return json_answer(legacy_page(page_of(numbers, call, _DEFAULT_PAGE), key, represent_number))

    def _fetch(self, call: Call) -> web.Response:
        number = self._number(call)
        return resource_answer(_element_name(number), represent_number(number), call.path)

    def _update(self, call: Call) -> web.Response:
        number = self._number(call)
        for parameter, attribute in _UPDATABLE.items():
            value = call.text(parameter)
            if value is not None:
                setattr(number, attribute, value)
        number.updated = self._world.clock.now()
        return resource_answer(_element_name(number), represent_number(number), call.path)

    def _number(self, call: Call) -> Number:
        number = self._world.number_of_sid(call.names["sid"])
        if number is None or number.account_sid != call.account.sid:
            raise TwilioError.of(20404, path=call.path)
        return number


def _element_name(number: Number) -> str:
    return "ShortCode" if number.sid.startswith("SC") else "IncomingPhoneNumber"


def represent_number(number: Number) -> dict[str, object]:
    """The resource with Twilio's names, as far as messaging goes."""
    is_short_code = number.sid.startswith("SC")
    collection = "SMS/ShortCodes" if is_short_code else "IncomingPhoneNumbers"
    own = {"short_code": number.number} if is_short_code else {"phone_number": number.number}
    return {
        "sid": number.sid,
        "account_sid": number.account_sid,
        "friendly_name": number.friendly_name,
        **own,
        "sms_url": number.sms_url,
        "sms_method": number.sms_method,
        "sms_fallback_url": number.sms_fallback_url,
        "sms_fallback_method": number.sms_fallback_method,
        "sms_application_sid": "",
        "status_callback": "",
        "status_callback_method": "POST",
        "capabilities": {"voice": not is_short_code, "sms": True, "mms": True, "fax": False},
        "api_version": "2010-04-01",
        "date_created": rfc2822(number.created),
        "date_updated": rfc2822(number.updated),
        "uri": f"/2010-04-01/Accounts/{number.account_sid}/{collection}/{number.sid}.json",
    }

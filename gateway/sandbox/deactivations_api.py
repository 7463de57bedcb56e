"""`/v1/Deactivations` of messaging.twilio.com: where the file of a day's deactivated numbers lies.

Source: Twilio, Deactivations resource: 307 with `redirect_to`, a URL that is good for a while and leads to the file.
"""

import re

from aiohttp import web

from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.state import World

FILES = "/sandbox/v1/deactivations"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class DeactivationsApi:
    """Says where a file lies; the file itself is served by the control surface, as somebody else's server does it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [route("GET", r"/v1/Deactivations", self._fetch)]

    def _fetch(self, call: Call) -> web.Response:
        day = call.asked("Date") or ""
        if not _DAY.fullmatch(day):
            raise TwilioError.of(20001, parameter="Date")
        if day not in self._world.deactivations:
            raise TwilioError.of(20404, path=call.path)
        return json_answer({"redirect_to": f"{call.base_url}{FILES}/{day}"}, status=307)

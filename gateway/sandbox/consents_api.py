"""`/v1/Consents/Bulk` of accounts.twilio.com: consents written to Twilio's block list.

Source: Twilio, Consent Management API: repeated `Items`, each a JSON object; at most 25 a call and 100 calls a minute;
what fails, fails item by item inside a 201.
"""

from collections import deque

from aiohttp import web

from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.consents import FAILED, ConsentCall, ConsentResult, read_items, take
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.journal import Journal
from gateway.sandbox.state import World

_WINDOW_SECONDS = 60.0


class ConsentsApi:
    """Takes consents in bulk and keeps a record of each call."""

    def __init__(self, world: World, journal: Journal[ConsentCall]) -> None:
        self._world = world
        self._journal = journal

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [route("POST", r"/v1/Consents/Bulk", self._create)]

    def _create(self, call: Call) -> web.Response:
        self._count(call.account.sid)
        items = read_items(call.form.get("Items", ()))
        taken = take(self._world, call.account.sid, items)
        self._journal.add(taken)
        return json_answer({"items": [_represent(each) for each in taken.results]}, status=201)

    def _count(self, account_sid: str) -> None:
        """Count a call of the account; raises TwilioError 20429 for one too many within a minute."""
        present = self._world.clock.monotonic()
        calls = self._world.consent_calls.setdefault(account_sid, deque())
        while calls and calls[0] <= present - _WINDOW_SECONDS:
            calls.popleft()
        if len(calls) >= self._world.consent_calls_per_minute:
            raise TwilioError.of(20429)
        calls.append(present)


def _represent(result: ConsentResult) -> dict[str, object]:
    return {
        "correlation_id": result.item.correlation_id,
        "error_code": FAILED if result.error_messages else 0,
        "error_messages": list(result.error_messages),
    }

"""Calls to products with absolute page URLs, with an answer that leads the app back through the gateway.

Who reached the gateway by a base URL alone would follow a list's next page to Twilio, past the gateway. Who swaps the
host of each request itself, as `gateway.sdk` does, can ask for Twilio's own URLs: an edge or a region set in the SDK
would be written into any other host as well. Who came by Twilio's own host gets these, too.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.flows.outcome import Answer, Outcome
from gateway.flows.passing import PassingFlow
from gateway.flows.request import Request, readable
from gateway.twilio.page_urls import is_twilios, led_to
from gateway.twilio.paths import Call
from gateway.twilio.products import API

JSON: Final = "application/json"
PAGE_URLS_HEADER: Final = "X-Gateway-Page-Urls"
OF_TWILIO: Final = "twilio"
COMPRESSED: Final = "content-encoding"


class LeadingFlow:
    """The journey of calls that are no sends. ``traffic_url`` is the address that the settings give apps, if they do;
    ``stand_in`` gives the address that stands for a product's host.
    """

    def __init__(self, passing: PassingFlow, traffic_url: str | None, stand_in: Callable[[str], str]) -> None:
        self._passing = passing
        self._traffic_url = traffic_url
        self._stand_in = stand_in

    async def hand_on(self, call: Call, request: Request, reached_at: str | None) -> Outcome:
        """Pass a call on and its answer back. ``reached_at`` is the address under which the app came, as far as that
        can be told; it counts where the settings give none. With neither the answer stays as it is.
        """
        place = self._place(call.product, request, reached_at)
        if call.product == API or place is None:
            return await self._passing.hand_on(call, request)
        outcome = await self._passing.hand_on(call, readable(request))
        return replace(outcome, answer=self._led(call.product, outcome.answer, place))

    def _place(self, product: str, request: Request, reached_at: str | None) -> str | None:
        if request.header(PAGE_URLS_HEADER) == OF_TWILIO or is_twilios(request.header("Host") or ""):
            return f"https://{product}.twilio.com"
        base = self._traffic_url or reached_at
        return None if base is None else f"{base}/{product}"

    def _led(self, product: str, answer: Answer, place: str) -> Answer:
        headers = {name.lower(): value for name, value in answer.headers}
        if COMPRESSED in headers or headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return answer
        return replace(answer, body=led_to(place, product, self._stand_in(product), answer.body))

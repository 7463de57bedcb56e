"""For apps: an HTTP client for Twilio's Python SDK that sends its calls through the gateway.

    client = twilio.rest.Client(sid, token, http_client=GatewayHttpClient("http://127.0.0.1:8080"))

Works with edges and regions set, and follows lists over their pages through the gateway. Calls to hosts that the
gateway does not stand in for (Verify, Lookups and others) go to Twilio as ever.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

# api.twilio.com and messaging.twilio.com, with or without edge and region in between.
GUARDED_HOST: Final = re.compile(r"(api|messaging)(?:\.[a-z0-9-]+){0,2}\.twilio\.com", re.ASCII)
PREFIXES: Final = {"api": "", "messaging": "/messaging"}


def through_gateway(gateway_url: str, url: str) -> str:
    """The gateway's URL for one of Twilio's; other URLs as they are."""
    parts = urlsplit(url)
    found = GUARDED_HOST.fullmatch(parts.hostname or "")
    if found is None:
        return url
    gateway = urlsplit(gateway_url)
    path = gateway.path.rstrip("/") + PREFIXES[found[1]] + parts.path
    return urlunsplit((gateway.scheme, gateway.netloc, path, parts.query, ""))


def _asking_for_twilios(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers of a request, and that lists are to name their pages by Twilio's own URLs, which are led through the
    gateway here. Others would be damaged where the SDK has an edge or a region set.
    """
    return {**(headers or {}), "X-Gateway-Page-Urls": "twilio"}


class GatewayHttpClient(TwilioHttpClient):
    """Twilio's own HTTP client, with the gateway in the place of Twilio's hosts; takes the same arguments beside
    ``gateway_url``.
    """

    def __init__(self, gateway_url: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._gateway_url = gateway_url

    # The SDK names its second parameter uri in one class and url in the next, and calls it by position.
    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Response:
        """Make a request, through the gateway where it stands in for the host."""
        place = through_gateway(self._gateway_url, url)
        sent = headers if place == url else _asking_for_twilios(headers)
        return super().request(method, place, params, data, sent, *args, **kwargs)


class AsyncGatewayHttpClient(AsyncTwilioHttpClient):
    """The same for the SDK's asynchronous calls."""

    def __init__(self, gateway_url: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._gateway_url = gateway_url

    async def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Response:
        """Make a request, through the gateway where it stands in for the host."""
        place = through_gateway(self._gateway_url, url)
        sent = headers if place == url else _asking_for_twilios(headers)
        return await super().request(method, place, params, data, sent, *args, **kwargs)

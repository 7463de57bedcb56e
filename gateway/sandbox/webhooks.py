"""Twilio's side of a webhook: a signed request to a customer's URL.

Sources: Twilio, Webhooks Security (signature); Webhooks connection overrides (time-outs, retries); TwiML for
Programmable Messaging (cookies). The signature is computed by Twilio's own library.
"""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import aiohttp
from multidict import CIMultiDict
from twilio.request_validator import RequestValidator
from yarl import URL

from gateway.sandbox.cookies import CookieShelf
from gateway.sandbox.journal import Journal, RecordedWebhook

CONNECT_SECONDS = 5.0
CONNECT_ATTEMPTS = 2
BUDGET_SECONDS = 15.0
"""All tries of one webhook together."""

_MOST_REDIRECTS = 5
_MOST_BODY_BYTES = 1_000_000
_MOVED = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request to be made: whom to, with what, in whose name."""

    kind: str
    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    auth_token: str
    idempotency_token: str
    cookie_key: tuple[str, str] | None = None
    """The pair of numbers whose conversation keeps the cookies, or None for none."""


class WebhookClient:
    """Sends webhooks and keeps a record of each."""

    def __init__(self, journal: Journal[RecordedWebhook], budget_seconds: float = BUDGET_SECONDS) -> None:
        self._journal = journal
        self._budget_seconds = budget_seconds
        self._cookies = CookieShelf()
        self._session: aiohttp.ClientSession | None = None
        self.losing: int | None = 0
        """Webhooks of inbound messages that are yet to be lost on their way; None: all."""

    async def start(self) -> None:
        """Open the connections' pool."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=timeout,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def forget_cookies(self) -> None:
        """Begin every conversation anew."""
        self._cookies = CookieShelf()

    async def send(self, webhook: Webhook) -> RecordedWebhook:
        """Make the request, follow redirects, tell how it was answered; never raises for the other side."""
        started = time.monotonic()
        exchange = _Exchange(webhook)
        try:
            if webhook.kind == "inbound" and self._is_lost():
                raise OSError("lost on its way, by a switch of the sandbox")
            async with asyncio.timeout(self._budget_seconds):
                await self._follow(exchange)
        except TimeoutError:
            exchange.fail("11200 HTTP retrieval failure: time-out")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            exchange.fail(f"11205 HTTP connection failure: {error}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            exchange.fail(f"11200 HTTP retrieval failure: {error}")
        record = exchange.record(time.monotonic() - started)
        self._journal.add(record)
        return record

    def _is_lost(self) -> bool:
        if self.losing:
            self.losing -= 1
            return True
        return self.losing is None

    async def _follow(self, exchange: "_Exchange") -> None:
        for _ in range(_MOST_REDIRECTS + 1):
            location = await self._request_with_connect_retry(exchange)
            if location is None:
                return
            exchange.move(location)
        exchange.fail("11200 HTTP retrieval failure: too many redirects")

    async def _request_with_connect_retry(self, exchange: "_Exchange") -> str | None:
        for _ in range(CONNECT_ATTEMPTS - 1):
            try:
                return await self._request(exchange)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
                continue
        return await self._request(exchange)

    async def _request(self, exchange: "_Exchange") -> str | None:
        """One request; gives the place it was moved to, if any."""
        if self._session is None:
            raise ValueError("the sandbox is not running")
        key = exchange.webhook.cookie_key
        url = URL(exchange.url, encoded=True)
        headers = exchange.prepare(self._cookies.header_for(key, url))
        if url.user is not None:
            # credentials in the URL go out as Basic; the signature covers the URL with them
            headers["Authorization"] = aiohttp.encode_basic_auth(url.user, url.password or "")
            url = url.with_user(None)
        async with self._session.request(
            exchange.method, url, data=exchange.data, headers=headers, allow_redirects=False
        ) as response:
            body = await response.content.read(_MOST_BODY_BYTES)
            while chunk := await response.content.read(_MOST_BODY_BYTES - len(body)):
                body += chunk
            self._cookies.keep(key, response)
            exchange.answered(response, body)
            return response.headers.get("Location") if response.status in _MOVED else None


class _Exchange:
    """One webhook on its way through tries and redirects."""

    def __init__(self, webhook: Webhook) -> None:
        self.webhook = webhook
        self.method = webhook.method.upper()
        self.url = _without_fragment(webhook.url)
        self.params = webhook.params
        if self.method == "GET":
            self._params_to_query()
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._status: int | None = None
        self._content_type: str | None = None
        self._body = b""
        self._error: str | None = None

    def _params_to_query(self) -> None:
        joint = "&" if urlsplit(self.url).query else "?"
        self.url += joint + urlencode(self.params)
        self.params = ()

    @property
    def data(self) -> bytes | None:
        """The body: a form with POST, nothing with GET."""
        return None if self.method == "GET" else urlencode(self.params).encode()

    def prepare(self, cookie: str) -> CIMultiDict[str]:
        """The headers of the next request, signed for its URL."""
        signature = RequestValidator(self.webhook.auth_token).compute_signature(self.url, _for_signing(self.params))
        self._headers = CIMultiDict(
            {
                "X-Twilio-Signature": signature,
                "I-Twilio-Idempotency-Token": self.webhook.idempotency_token,
                "User-Agent": "TwilioProxy/1.1",
                "Accept": "*/*",
            }
        )
        if self.method != "GET":
            self._headers["Content-Type"] = _FORM
        if cookie:
            self._headers["Cookie"] = cookie
        return self._headers

    def move(self, location: str) -> None:
        """Go on at another place; 301, 302 and 303 turn POST into GET and lose the form."""
        self.url = _without_fragment(urljoin(self.url, location))
        if self._status not in _KEEP_METHOD and self.method != "GET":
            self.method, self.params = "GET", ()

    def answered(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        """Note an answer."""
        self._status = response.status
        self._content_type = response.headers.get("Content-Type")
        self._body = body

    def fail(self, reason: str) -> None:
        """Note that nothing usable came back."""
        self._status, self._content_type, self._body, self._error = None, None, b"", reason

    def record(self, seconds: float) -> RecordedWebhook:
        """What is known at the end."""
        return RecordedWebhook(
            kind=self.webhook.kind,
            method=self.method,
            url=self.url,
            headers=tuple(self._headers.items()),
            params=self.params,
            status=self._status,
            content_type=self._content_type,
            content=self._body,
            seconds=seconds,
            error=self._error,
        )


def _for_signing(params: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(params)


def _without_fragment(url: str) -> str:
    """The URL as it is requested: connection overrides stand in the fragment and stay with Twilio."""
    return urlunsplit(urlsplit(url)._replace(fragment=""))

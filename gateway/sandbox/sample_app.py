"""A small customer application: what stands behind a gateway, or behind Twilio.

It validates the signature of a webhook with Twilio's own library, keeps what it received and answers in
TwiML.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from xml.sax.saxutils import escape

from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

_KEYWORDS = frozenset({"STOP", "START", "HELP"})
_SHUTDOWN_SECONDS = 0.2
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_XML = "text/xml"
_IS_UNTYPED: web.ResponseKey[bool] = web.ResponseKey("is_untyped", bool)


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """A webhook or status callback as the app saw it."""

    params: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    valid: bool
    """Whether its signature was good."""

    received_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answers to every message, whatever it says; `content_type` None leaves the header out."""

    status: int = 200
    body: str | bytes = _EMPTY_TWIML
    content_type: str | None = _XML
    delay_seconds: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


class SampleApp:
    """The app on one port; port 0 takes a free one."""

    def __init__(self, auth_token: str, host: str = "127.0.0.1", port: int = 0, public_url: str | None = None) -> None:
        self.received: list[ReceivedWebhook] = []
        """Messages, oldest first, those with a bad signature as well."""

        self.statuses: list[ReceivedWebhook] = []
        """Status callbacks, oldest first."""

        self.tell: Callable[[], None] = lambda: None
        """Called for whatever comes."""

        self._validator = RequestValidator(auth_token)
        self._host = host
        self._port = port
        self._public_url = public_url
        self._answer: Answer | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end; known once it is started."""
        return f"http://{self._host}:{self._port}"

    @property
    def sms_url(self) -> str:
        """The URL to be given to Twilio for inbound messages."""
        return f"{self._public_url or self.url}/sms"

    @property
    def status_url(self) -> str:
        """The URL to be given to Twilio for status callbacks."""
        return f"{self._public_url or self.url}/status"

    def answer_with(
        self,
        status: int = 200,
        body: str | bytes = _EMPTY_TWIML,
        content_type: str | None = _XML,
        delay_seconds: float = 0.0,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Answer every message with this from now on."""
        self._answer = Answer(status, body, content_type, delay_seconds, headers)

    @property
    def answer(self) -> Answer | None:
        """What it answers to every message; None: by what they say."""
        return self._answer

    def answer_as_usual(self) -> None:
        """Answer by what the messages say again."""
        self._answer = None

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        application = web.Application()
        application.on_response_prepare.append(_leave_type_out)
        application.add_routes(
            [
                web.route("*", "/sms", self._take_message),
                web.post("/status", self._take_status),
                web.get("/received", self._show_received),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "SampleApp":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _take_message(self, request: web.Request) -> web.Response:
        webhook = await self._read(request)
        self.received.append(webhook)
        self.tell()
        if not webhook.valid:
            return web.Response(status=403, text="The signature is not valid.\n")
        answer = self._answer or Answer(body=_usual_answer(webhook.params))
        await asyncio.sleep(answer.delay_seconds)
        return _response(answer)

    async def _take_status(self, request: web.Request) -> web.Response:
        webhook = await self._read(request)
        self.statuses.append(webhook)
        self.tell()
        return web.Response(status=204 if webhook.valid else 403)

    async def _show_received(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "received": [_document(each) for each in self.received],
                "statuses": [_document(each) for each in self.statuses],
            }
        )

    async def _read(self, request: web.Request) -> ReceivedWebhook:
        form: MultiDict[str] = MultiDict((name, str(value)) for name, value in (await request.post()).items())
        # never from the Host header: what Twilio signed is the URL it was given
        url = f"{self._public_url or self.url}{request.raw_path}"
        signature = request.headers.get("X-Twilio-Signature", "")
        valid = bool(self._validator.validate(url, form, signature))
        params = dict(request.query if request.method == "GET" else form)
        return ReceivedWebhook(params, tuple(request.headers.items()), valid, datetime.now(UTC))


def _usual_answer(params: Mapping[str, str]) -> str:
    body = params.get("Body", "")
    if "OptOutType" in params or body.strip().upper() in _KEYWORDS:
        return _EMPTY_TWIML
    text = escape(f"Thanks, we got: {body}")
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{text}</Message></Response>'


def _response(answer: Answer) -> web.Response:
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    headers = MultiDict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    response = web.Response(status=answer.status, body=body, headers=headers)
    response[_IS_UNTYPED] = answer.content_type is None
    return response


async def _leave_type_out(request: web.Request, response: web.StreamResponse) -> None:
    """Take back the `application/octet-stream` that aiohttp gives to a body without a type."""
    if response.get(_IS_UNTYPED):
        response.headers.pop("Content-Type", None)


def _document(webhook: ReceivedWebhook) -> dict[str, object]:
    return {
        "params": dict(webhook.params),
        "valid": webhook.valid,
        "received_at": webhook.received_at.isoformat(),
    }

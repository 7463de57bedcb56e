"""The side of the apps, as the page shows it: sends in an app's name, and what the app and the gateway made of things.

What stands between the apps and the sandbox is known by its URL alone.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import aiohttp

from gateway.sandbox.journal import Journal, RecordedRequest
from gateway.sandbox.sample_app import SampleApp

_BUDGET_SECONDS: Final = 30.0

Evidence = Callable[[str], Awaitable[tuple[tuple[str, str], ...]]]
"""What the gateway wrote down about the inbound message with that SID: titles, each with its sentence."""


@dataclass(frozen=True, slots=True)
class AppSide:
    """Where apps send to, and what is known of them."""

    api_url: str
    """In place of `https://api.twilio.com`, without a slash at the end; empty: the sandbox itself."""

    inbound_url: str = ""
    """Where the webhooks of inbound messages go; empty: as the senders say."""

    app: SampleApp | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class RecordedSend:
    """A send of the page in an app's name, its answer once there is one, and what reached Twilio meanwhile."""

    at: datetime
    form: tuple[tuple[str, str], ...]
    status: int | None = None
    answer: str = ""
    seconds: float = 0.0
    error: str = ""
    """Why there was no answer; empty while it is awaited, or where there is one."""

    reached: tuple[RecordedRequest, ...] = field(default=())

    @property
    def document(self) -> dict[str, object]:
        """The answer's JSON, empty where it is none."""
        try:
            read = json.loads(self.answer)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def sid(self) -> str:
        """The SID of the message, empty where none was made."""
        return str(self.document.get("sid") or "")


class AppSends:
    """Sends messages as an app does, and keeps a record of each."""

    def __init__(self, sends: Journal[RecordedSend], requests: Journal[RecordedRequest]) -> None:
        self._sends = sends
        self._requests = requests

    async def send(
        self, api_url: str, credentials: tuple[str, str], form: tuple[tuple[str, str], ...], at: datetime
    ) -> None:
        """Create a message by Twilio's API at `api_url`; never raises for the other side."""
        number = self._sends.add(RecordedSend(at, form))
        before, started = self._requests.added, time.monotonic()
        url = f"{api_url}/2010-04-01/Accounts/{credentials[0]}/Messages.json"
        changes: dict[str, object] = {}
        try:
            changes["status"], changes["answer"] = await _post(url, credentials, form)
        except TimeoutError:
            changes["error"] = f"no answer within {_BUDGET_SECONDS:.0f} s"
        except (aiohttp.ClientError, OSError) as error:
            changes["error"] = str(error) or type(error).__name__
        changes["seconds"] = time.monotonic() - started
        body = dict(form)["Body"]
        changes["reached"] = tuple(each for each in self._requests.since(before) if _is_create(each, body))
        self._sends.change(number, **changes)


async def _post(url: str, credentials: tuple[str, str], form: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    headers = {"Authorization": aiohttp.encode_basic_auth(*credentials), "Accept": "application/json"}
    async with (
        asyncio.timeout(_BUDGET_SECONDS),
        aiohttp.ClientSession() as session,
        session.post(url, data=aiohttp.FormData(form, charset="utf-8"), headers=headers) as response,
    ):
        return response.status, await response.text("utf-8", "replace")


def _is_create(request: RecordedRequest, body: str) -> bool:
    path = request.target.partition("?")[0]
    return request.method == "POST" and path.endswith("/Messages.json") and request.form.get("Body") == body

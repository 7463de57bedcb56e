"""A sink that a test looks into: it takes what comes, or refuses it as it was told to."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from gateway.messaging.events import CONSENT, INBOUND
from gateway.operations.actors import Actor
from gateway.operations.sinks import SinkOperations
from gateway.store import Store
from tests.staging import ACCOUNT, TOKEN, Clock, Operator

BY = Actor("ann", "operator")


@dataclass
class Told:
    """One request as the sink saw it."""

    path: str
    headers: dict[str, str]
    body: Any
    is_signed: bool


@dataclass
class Receiver:
    """The sink: ``answers`` says with which status a request is answered, by its events' recipients."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    answers: Callable[[Any], int] = lambda _: 200
    key: str = TOKEN

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        is_signed = False
        if "bodySHA256" in request.query:
            url = f"{self.url}{request.raw_path}"
            signature = request.headers.get("X-Twilio-Signature", "")
            is_signed = RequestValidator(self.key).validate(url, raw.decode(), signature)
            assert hashlib.sha256(raw).hexdigest() == request.query["bodySHA256"]
        body = json.loads(raw)
        status = self.answers(body)
        if status < 300:
            self.told.append(Told(request.path, dict(request.headers), body, is_signed))
        return web.Response(status=status)

    def events(self) -> list[dict[str, Any]]:
        """All events that it took, in their order."""
        return [event for told in self.told for event in told.body]

    def changes(self) -> list[tuple[str, str]]:
        """Of the consent changes that it took, recipient and change."""
        return [(e["data"]["recipient"], e["data"]["change"]) for e in self.events() if e["type"] == CONSENT]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


@dataclass(frozen=True)
class Sinks:
    """Sinks of the account, as an operator sets them up."""

    operations: SinkOperations
    store: Store

    async def add(
        self,
        name: str,
        kind: str,
        configuration: dict[str, Any],
        *types: str,
        secret: str | None = None,
        version: int | None = None,
    ) -> None:
        """A sink that is told of these types, or of all."""
        await self.operations.add(ACCOUNT, name, kind, configuration, secret, BY)
        for each in types or (INBOUND, CONSENT):
            await self.operations.subscribe(ACCOUNT, name, each, version, BY)

    async def webhook(self, name: str, receiver: Receiver, *types: str, batch: bool = False, **more: Any) -> None:
        """A webhook that is a receiver's path."""
        configuration = {"destination": f"{receiver.url}/{name}", "batch_events": batch}
        await self.add(name, "webhook", configuration, *types, **more)


@pytest.fixture
def sinks(operator: Operator, clock: Clock) -> Sinks:
    return Sinks(SinkOperations(operator.store, clock), operator.store)

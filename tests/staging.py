"""What the tests of journeys stand on: a running gateway, a clock, and the messages phones send."""

import asyncio
import contextlib
import io
import json
import random
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
from twilio.request_validator import RequestValidator

from gateway.directory import Directory
from gateway.messaging.opt_out_rules import read_settings
from gateway.operations.actors import Actor
from gateway.operations.services import ServiceOperations
from gateway.sandbox import Sandbox
from gateway.service import Service
from gateway.store import Store

ACCOUNT = "AC" + "a1" * 16
OTHER_ACCOUNT = "AC" + "c3" * 16
TOKEN = "fa4e" * 8
API_KEY = ("SK" + "a1" * 16, "fake-secret")
SERVICE = "MG" + "a1" * 16
ON_LOOPBACK = {"allow_private": ["127.0.0.0/8"], "allow_ports": ["1-65535"]}
PHONE = "+14155550100"
IN_POOL = "+12025550101"
ALSO_IN_POOL = "+12025550102"
ALONE = "+12025550103"
TOLL_FREE = "+18005550104"
SHORT_CODE = "55501"
WHATSAPP = "whatsapp:+12025550105"


class Clock:
    """The wall clock, set forward at will; microseconds since 1970, UTC."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000 + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += int(seconds * 1_000_000)


@dataclass
class Gateway:
    """A running gateway and what is around it."""

    service: Service
    url: str
    clock: Clock
    database_url: str
    http: aiohttp.ClientSession

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.service.admin_port}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the store holds, asked past the gateway."""
        return rows_of(self.database_url, query)

    def messages_url(self, rest: str = ".json", account: str = ACCOUNT) -> str:
        return f"{self.url}/2010-04-01/Accounts/{account}/Messages{rest}"

    async def send(self, *, auth: tuple[str, str] = (ACCOUNT, TOKEN), rest: str = ".json", **form: str) -> "Answered":
        """Create a message as an SDK does; ``from_`` stands for ``From``."""
        fields = {{"from_": "From"}.get(name, name): value for name, value in form.items()}
        return await self.post(self.messages_url(rest), aiohttp.FormData(fields)(), auth=auth)

    async def post(self, url: str, data: Any, *, auth: tuple[str, str] | None = None, **headers: str) -> "Answered":
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if auth is not None:
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        if isinstance(data, bytes | str):
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            data = io.BytesIO(data if isinstance(data, bytes) else data.encode())
        async with self.http.post(url, data=data, headers=sent, allow_redirects=False) as response:
            return Answered(response.status, dict(response.headers), await response.read())

    async def get(self, url: str, *, auth: tuple[str, str] | None = (ACCOUNT, TOKEN), **headers: str) -> "Answered":
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if auth:
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with self.http.get(url, headers=sent) as response:
            return Answered(response.status, dict(response.headers), await response.read())

    async def webhook(
        self, fields: dict[str, str], *, token: str = TOKEN, path: str = "/inbound", **headers: str
    ) -> "Answered":
        """Post a webhook, signed by Twilio's own library."""
        signature = RequestValidator(token).compute_signature(f"{self.url}{path}", fields)
        return await self.post(
            f"{self.url}{path}", aiohttp.FormData(fields)(), **{"X-Twilio-Signature": signature} | headers
        )


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> dict[str, Any]:

        return dict(json.loads(self.body))


def inbound(body: str, message: str = "01", **fields: str) -> dict[str, str]:
    """The parameters of an inbound message; ``message`` names it, ``from_`` stands for ``From``."""
    sid = "SM" + message.rjust(32, "0")
    given = {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "FromCountry": "US",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": PHONE,
        "To": ALONE,
        "ApiVersion": "2010-04-01",
    }
    return given | {{"from_": "From"}.get(name, name): value for name, value in fields.items()}


def rows_of(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a store, read by another connection than the gateway's."""
    if database_url.startswith("sqlite:///"):
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(query).fetchall()
    with ThreadPoolExecutor(1) as elsewhere:  # the caller's thread runs a loop already
        return elsewhere.submit(asyncio.run, _rows_of_postgres(database_url, query)).result()


def run_on(database_url: str, *statements: str) -> None:
    """Change a store past the gateway. Where a gateway runs in the caller's loop, this belongs into a thread: its
    transaction may be open, and would wait for the loop, and this for it (``await asyncio.to_thread(run_on, …)``).
    """
    if database_url.startswith("sqlite:///"):
        path = database_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")  # an UPDATE that begins by reading is not waited for: it is "locked"
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")
        return
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, _run_on_postgres(database_url, *statements)).result()


async def _run_on_postgres(database_url: str, *statements: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _rows_of_postgres(database_url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def free_port() -> int:
    """A port that is free, outside the range from which the system takes ports for outgoing connections."""
    while True:
        port = random.randrange(10_240, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


StartGateway = Callable[..., Awaitable[Gateway]]


class Operator:
    """An operator at the command line: another process with the store open beside the gateway's."""

    def __init__(self, store: Store, directory: Directory, clock: Clock) -> None:
        self.store = store
        self.directory = directory
        self.services = ServiceOperations(store, directory, clock)
        self.by = Actor("ann")

    async def save(self, settings: Mapping[str, Any], sid: str = SERVICE, *, enable: bool = True) -> None:
        """Save settings, and enable Advanced Opt-Out with them."""
        await self.services.save(ACCOUNT, sid, read_settings(settings), self.by)
        if enable:
            await self.services.enable(ACCOUNT, sid, self.by)

    async def sync(self) -> None:
        """Read the pools from Twilio, as `gateway services sync` does."""
        await self.directory.sync(self.directory.demand(ACCOUNT))


def later(gateway: Gateway, sandbox: Sandbox) -> None:
    """Two seconds pass: a START no longer loses to the STOP before it."""
    gateway.clock.advance(2)
    sandbox.advance(2)


async def say(sandbox: Sandbox, body: str, to: str = IN_POOL, phone: str = PHONE) -> list[str]:
    """Write a message; gives what the gateway had the phone answered."""
    return list((await sandbox.phone(phone).send(body, to=to)).replies)


async def code_of(gateway: Gateway, by: str, phone: str = PHONE) -> int | None:
    """The error's code of a send by a sender or a service; None when it went out."""
    to = f"whatsapp:{phone}" if by.startswith("whatsapp:") else phone
    if by.startswith("MG"):
        answered = await gateway.send(To=to, Body="x", MessagingServiceSid=by)
    else:
        answered = await gateway.send(To=to, Body="x", from_=by)
    return None if answered.status == 201 else int(answered.json["code"])


async def codes_of(gateway: Gateway, senders: Iterable[str], phone: str = PHONE) -> list[int | None]:
    return list(await asyncio.gather(*(code_of(gateway, by, phone) for by in senders)))


def on_screen(sandbox: Sandbox, *directions: str, phone: str = PHONE) -> list[str]:
    """What is on the phone's screen of these kinds: outbound-reply is the gateway's, automatic-reply Twilio's."""
    return [message.body for message in sandbox.phone(phone).inbox if message.direction in directions]

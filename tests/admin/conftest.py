"""A gateway with an admin token, or the admin listener alone, and calls of it."""

import contextlib
import hashlib
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import pytest

from gateway.admin.edge import AdminEdge
from gateway.admin.listener import AdminListener
from gateway.capture.pseudonyms import Pseudonyms
from gateway.capture.recorder import Capture
from gateway.capture.scrubbing import Scrubber
from gateway.directory import Account, Directory
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.operations.capture_state import capture_state
from gateway.operations.optouts import OptOutOperations
from gateway.store import Store
from gateway.twilio.upstream import Upstream
from tests.staging import ACCOUNT, OTHER_ACCOUNT, TOKEN, Answered, Clock, Gateway, StartGateway, rows_of

ADMIN_TOKEN = "a-token-of-sixteen"
OPENING = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


@dataclass
class Admin:
    """Calls of the admin API, with the token unless headers say otherwise."""

    url: str
    database_url: str
    http: aiohttp.ClientSession
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = int(self.url.rpartition(":")[2])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the store holds, asked past the gateway."""
        return rows_of(self.database_url, query)

    async def get(self, path: str, **headers: str) -> Answered:
        return await self.call("GET", path, None, **headers)

    async def put(self, path: str, document: Any, **headers: str) -> Answered:
        return await self.call("PUT", path, document, **headers)

    async def post(self, path: str, document: Any = None, **headers: str) -> Answered:
        return await self.call("POST", path, document, **headers)

    async def call(self, method: str, path: str, document: Any, **headers: str) -> Answered:
        """A document is sent as JSON, bytes as they are; ``If_Match`` stands for ``If-Match``. Names of headers come
        back in lower case.
        """
        sent = OPENING | {name.replace("_", "-"): value for name, value in headers.items()}
        is_json = document is not None and not isinstance(document, bytes)
        body = json.dumps(document).encode() if is_json else document
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = None if body is None else io.BytesIO(body)
        async with self.http.request(method, f"{self.url}{path}", data=data, headers=sent) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answered(answer.status, headers, await answer.read())


@dataclass
class AdminOfGateway(Admin):
    """The same of a gateway that serves apps and Twilio as well."""

    gateway: Gateway


@pytest.fixture
async def admin(start_gateway: StartGateway) -> AdminOfGateway:
    """The admin listener of a whole gateway."""
    gateway = await start_gateway(admin_token=ADMIN_TOKEN)
    return AdminOfGateway(gateway.admin_url, gateway.database_url, gateway.http, gateway)


@pytest.fixture
async def desk(prepared_sqlite_url: str, clock: Clock) -> AsyncIterator[Admin]:
    """The admin listener alone, for one account; nobody stands for Twilio."""
    async with _desk(prepared_sqlite_url, clock, ACCOUNT) as admin:
        yield admin


@pytest.fixture
async def desk_of_two(prepared_sqlite_url: str, clock: Clock) -> AsyncIterator[Admin]:
    """The same for two accounts."""
    async with _desk(prepared_sqlite_url, clock, ACCOUNT, OTHER_ACCOUNT) as admin:
        yield admin


@contextlib.asynccontextmanager
async def _desk(database_url: str, clock: Clock, *account_sids: str) -> AsyncIterator[Admin]:
    policy = KeywordPolicy(TwilioHandling.OFF)
    accounts = [Account(sid, (TOKEN,), policy, default_region="US") for sid in account_sids]
    async with contextlib.AsyncExitStack() as undo:
        store = Store(database_url, clock)
        undo.push_async_callback(store.close)
        await store.open(serving=False)
        messaging = Upstream("http://127.0.0.1:9")
        undo.callback(messaging.close)
        directory = Directory(accounts, store, lambda _: messaging, clock)
        state = partial(capture_state, directory, OptOutOperations(store, directory.pools, clock), store.shadow_lines)
        capture = Capture(Scrubber(Pseudonyms(b"k" * 32)), "gateway", state, clock)
        token_hash = hashlib.sha256(ADMIN_TOKEN.encode()).hexdigest()
        listener = AdminListener(AdminEdge(store, directory, token_hash, clock, capture).application())
        undo.push_async_callback(listener.stop)
        listening = socket.create_server(("127.0.0.1", 0))
        await listener.start([listening])
        http = await undo.enter_async_context(aiohttp.ClientSession())
        yield Admin(f"http://127.0.0.1:{listening.getsockname()[1]}", database_url, http)

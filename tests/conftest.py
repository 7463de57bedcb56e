"""A gateway on free ports between a sandbox and a sample app: real HTTP, a real store, time as an argument."""

import asyncio
import contextlib
import re
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.accounts import account_of
from gateway.directory import Directory
from gateway.sandbox import SampleApp, Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from gateway.service import Service
from gateway.settings import Settings
from gateway.settings.model import AccountSettings
from gateway.store import Store
from gateway.store.upgrade import prepare
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Origins
from tests.patience import patience
from tests.postgres_databases import TEMPLATE, LentDatabases
from tests.postgres_server import PostgresServer
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    API_KEY,
    IN_POOL,
    ON_LOOPBACK,
    OTHER_ACCOUNT,
    SERVICE,
    SHORT_CODE,
    TOKEN,
    TOLL_FREE,
    WHATSAPP,
    Clock,
    Gateway,
    Operator,
    StartGateway,
    free_port,
)

# Journeys show on PostgreSQL what they show on SQLite, and take their time: there they are for scripts/test --all. What
# hangs on the store's own promises runs on both every time.
LONG_ON_POSTGRESQL = ("admin", "campaigns", "deliveries", "events", "flows", "operations", "sdk", "service", "workers")
LONG_PROCESSES = frozenset({"test_campaigns.py", "test_workers.py"})  # start many processes; of these every time only:
SHORT_PROCESSES = (
    "test_nothing_acknowledged_is_lost_by_kill_9[sqlite]",
    "test_a_stop_taken_by_one_worker_blocks_the_next_send_through_any[sqlite]",
    "test_a_worker_killed_under_load",
)
STARTING_PROCESSES = ("campaigns", "service", "workers")  # each takes seconds on a busy machine
PROCESSES_SECONDS = 180
EVERY_TIME = frozenset({"test_places.py", "test_order_of_events.py", "test_repetition.py", "test_deliveries.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        engine = getattr(item, "callspec", None) and item.callspec.params.get("database_url")  # type: ignore[attr-defined]
        path = item.path.relative_to(Path(__file__).parent)
        if engine == "postgresql" and path.parts[0] in LONG_ON_POSTGRESQL and path.name not in EVERY_TIME:
            item.add_marker(pytest.mark.long)
        if path.parts[0] in STARTING_PROCESSES or path.name == "test_serve.py":
            item.add_marker(pytest.mark.timeout(PROCESSES_SECONDS))
        if path.name in LONG_PROCESSES and not item.name.startswith(SHORT_PROCESSES):
            item.add_marker(pytest.mark.long)


@pytest.fixture(autouse=True)
def patient_with_a_busy_machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits that a busy machine can break are tenfold, but for tests that are about them."""
    with contextlib.nullcontext() if request.node.get_closest_marker("limits") else patience():
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test asks for it."""
    server = PostgresServer(fsync="off", autovacuum="off")  # the machine does not lose its power; processes may end
    server.start()
    server.psql(f"CREATE DATABASE {TEMPLATE}")
    prepare(server.url(TEMPLATE))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def lent_databases(postgres_server: PostgresServer) -> Iterator[LentDatabases]:
    databases = LentDatabases(postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(lent_databases: LentDatabases, postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of its own; after the test no connection to it is left."""
    name = lent_databases.make_empty()
    yield postgres_server.url(name)
    lent_databases.drop(name)


@pytest.fixture
def prepared_postgres_url(lent_databases: LentDatabases, postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema in it and no line; after the test no connection to it is left."""
    name = lent_databases.lend()
    yield postgres_server.url(name)
    lent_databases.take_back(name)


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema in it, to be copied; in SQLite's mode that a gateway leaves it in."""
    path = tmp_path_factory.mktemp("prepared") / "gateway.db"
    prepare(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return path


@pytest.fixture
def prepared_sqlite_url(prepared_sqlite: Path, tmp_path: Path) -> str:
    """A file of its own with the schema in it."""
    return f"sqlite:///{shutil.copy(prepared_sqlite, tmp_path / 'gateway.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A store on each engine, with the schema in it."""
    made = "prepared_sqlite_url" if request.param == "sqlite" else "prepared_postgres_url"
    return str(request.getfixturevalue(made))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app() -> AsyncIterator[SampleApp]:
    async with SampleApp(TOKEN) as app:
        yield app


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    seeds = Seeds(
        accounts=(
            SandboxAccount(ACCOUNT, (TOKEN,), api_keys=(API_KEY,)),
            SandboxAccount(OTHER_ACCOUNT, ("2" * 32,)),
        ),
        numbers=tuple(
            SandboxNumber(ACCOUNT, number) for number in (IN_POOL, ALSO_IN_POOL, ALONE, TOLL_FREE, SHORT_CODE, WHATSAPP)
        ),
        services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=(IN_POOL, ALSO_IN_POOL)),),
        status_step_seconds=0.005,
    )
    async with Sandbox(seeds) as sandbox:
        yield sandbox


@pytest.fixture
async def start_gateway(
    sandbox: Sandbox, app: SampleApp, clock: Clock, database_url: str
) -> AsyncIterator[StartGateway]:
    """Start a gateway; keywords override settings, ``account`` those of its account."""
    async with contextlib.AsyncExitStack() as undo:

        async def start(account: dict[str, Any] | None = None, **overrides: Any) -> Gateway:
            url = f"http://127.0.0.1:{free_port()}"
            given = {
                "sid": ACCOUNT,
                "auth_tokens": [TOKEN],
                "twilio_handling": "off",
                "default_region": "US",
                "app_url": app.sms_url,
                "blocked": "sync",  # so that whoever asks whether a send was held back reads it in its answer
            }
            values = {
                "listen": url.removeprefix("http://"),
                "admin_listen": "127.0.0.1:0",
                "public_url": url,
                "database_url": database_url,
                "twilio": {
                    "api_url": sandbox.url,
                    "messaging_url": sandbox.url,
                    "accounts_url": sandbox.url,
                    "product_url": f"{sandbox.url}/{{product}}",
                    "sync_seconds": 0,
                },
                "apps": ON_LOOPBACK,
                "accounts": [given | (account or {})],
            }
            given_twilio = {"gap_seconds": 0} | overrides.get(
                "twilio", values["twilio"]
            )  # closed where a test asks for it
            service = Service(Settings.model_validate(values | overrides | {"twilio": given_twilio}), clock)
            await service.start()
            undo.push_async_callback(service.stop)
            http = await undo.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            sandbox.point_webhooks_at(f"{url}/inbound")
            return Gateway(service, url, clock, database_url, http)

        yield start


@dataclass(frozen=True)
class Authority:
    """Certificates for Twilio's names, made as docs/sdks.md says: whom to trust, and what the gateway shows."""

    trusted: Path
    certificate: Path
    key: Path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A certificate authority for Twilio's names, and the gateway's certificate by it."""
    if shutil.which("openssl") is None:
        pytest.skip("THE WAY WITHOUT A CHANGE TO THE APP IS NOT TESTED: there is no openssl command")
    page = (Path(__file__).parents[1] / "docs" / "sdks.md").read_text("utf-8")
    [commands] = re.findall(r"^```bash\n(openssl .*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    folder = tmp_path / "authority"
    folder.mkdir()
    subprocess.run(["bash", "-euc", commands], cwd=folder, check=True, capture_output=True)
    return Authority(folder / "ca.pem", folder / "gateway.pem", folder / "gateway.key")


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until something is so; fails after twenty seconds, as a busy machine is late."""

    async def wait(is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
async def operator(gateway: Gateway, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Operator]:
    given = {"sid": ACCOUNT, "auth_tokens": [TOKEN], "twilio_handling": "off"}
    store, messaging = Store(gateway.database_url, clock), Upstream(sandbox.url)
    await store.open(serving=False)
    owner = account_of(AccountSettings.model_validate(given), Origins(sandbox.url, sandbox.url, sandbox.url))
    directory = Directory([owner], store, lambda _: messaging, clock)
    yield Operator(store, directory, clock)
    await directory.close()
    messaging.close()
    await store.close()

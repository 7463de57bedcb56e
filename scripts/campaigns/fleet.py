"""What the campaigns stand on: gateway processes on one store, the sandbox as Twilio, a sample app, phones.

For a checkout, not for an installation: what the tests stand on serves here as well.
"""

import argparse
import asyncio
import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from twilio.request_validator import RequestValidator

from gateway.sandbox import SampleApp, Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from gateway.store.upgrade import prepare
from tests.postgres_server import PostgresServer
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, SERVICE, TOKEN, Answered, free_port, inbound

ENGINES: Final = ("sqlite", "postgresql")
SENDERS: Final = (ALONE, IN_POOL, ALSO_IN_POOL)
SEEDS: Final = Seeds(
    accounts=(SandboxAccount(ACCOUNT, (TOKEN,)),),
    numbers=tuple(SandboxNumber(ACCOUNT, number) for number in SENDERS),
    services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=(IN_POOL, ALSO_IN_POOL)),),
    status_step_seconds=0.005,
)
START_SECONDS: Final = 60.0
END_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 20.0
TRY_AGAIN_SECONDS: Final = 0.05

AUTHORIZATION: Final = aiohttp.encode_basic_auth(ACCOUNT, TOKEN)
FORM: Final = "application/x-www-form-urlencoded"


class NotAnswered(Exception):
    """A process that was killed, is down, or says 5xx: nothing was acknowledged."""


class Replica:
    """One process of ``gateway serve``, to be ended and started again."""

    def __init__(
        self,
        name: str,
        folder: Path,
        database_url: str,
        sandbox_url: str,
        app_url: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{free_port()}"
        self.is_up = False
        self.log = folder / f"{name}.log"
        self._admin_url = f"http://127.0.0.1:{free_port()}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "GATEWAY_LISTEN": self.url.removeprefix("http://"),
            "GATEWAY_ADMIN_LISTEN": self._admin_url.removeprefix("http://"),
            "GATEWAY_PUBLIC_URL": self.url,
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_TWILIO__API_URL": sandbox_url,
            "GATEWAY_TWILIO__MESSAGING_URL": sandbox_url,
            "GATEWAY_TWILIO__PRODUCT_URL": f"{sandbox_url}/{{product}}",
            "GATEWAY_TWILIO__GAP_SECONDS": "0",  # what webhooks alone bring about is looked at
            "GATEWAY_ACCOUNT__SID": ACCOUNT,
            "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
            "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
            "GATEWAY_ACCOUNT__BLOCKED": "sync",  # whether a send was held back stands in its answer
            "GATEWAY_ACCOUNT__DEFAULT_REGION": "US",
            "GATEWAY_ACCOUNT__APP_URL": app_url,
            "GATEWAY_APPS__ALLOW_PRIVATE": "127.0.0.0/8",
            "GATEWAY_APPS__ALLOW_PORTS": "1-65535",
        } | dict(more or {})
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with its log when it does not become so."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "serve", env=self._environment, stdout=log, stderr=log
            )
        give_up_at = time.monotonic() + START_SECONDS
        while not await self._is_ready(http):
            if self._process.returncode is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-2000:]}")
            await asyncio.sleep(0.02)
        self.is_up = True

    async def end(self, by: signal.Signals) -> None:
        """Send it a signal and wait for its end."""
        self.is_up = False
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(by)
        async with asyncio.timeout(END_SECONDS):
            await self._process.wait()

    async def _is_ready(self, http: aiohttp.ClientSession) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with http.get(f"{self._admin_url}/readyz") as response:
                return response.status == 200
        return False


@dataclass(frozen=True, slots=True)
class Fleet:
    """Replicas on one store, and who is around them."""

    replicas: tuple[Replica, ...]
    database_url: str
    sandbox: Sandbox
    app: SampleApp
    http: aiohttp.ClientSession

    async def webhook(self, replica: Replica, fields: dict[str, str], token: str = "") -> Answered:
        """Post an inbound message as Twilio does, with its idempotency token. Raises `NotAnswered`."""
        url = f"{replica.url}/inbound"
        signature = RequestValidator(TOKEN).compute_signature(url, fields)
        headers = {"X-Twilio-Signature": signature} | ({"I-Twilio-Idempotency-Token": token} if token else {})
        return await self._post(url, fields, headers)

    async def send(self, replica: Replica, *, to: str, sender: str, body: str) -> Answered:
        """Create a message as an app does. Raises `NotAnswered`."""
        url = f"{replica.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return await self._post(url, {"To": to, "From": sender, "Body": body}, {"Authorization": AUTHORIZATION})

    async def _post(self, url: str, fields: dict[str, str], headers: dict[str, str]) -> Answered:
        data = io.BytesIO(bytes(aiohttp.FormData(fields)()._value))
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self.http.post(url, data=data, headers={"Content-Type": FORM, **headers}) as response,
            ):
                answered = Answered(response.status, dict(response.headers), await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotAnswered(type(error).__name__) from error
        if answered.status >= 500:
            raise NotAnswered(str(answered.status))
        return answered


@contextlib.contextmanager
def database(engine: str, folder: Path, given: str | None = None) -> Iterator[str]:
    """An address of an empty store on an engine: the one that is given, a file, or a server started for it."""
    if given is not None:
        prepare(given)
        yield given
    elif engine == "sqlite":
        yield f"sqlite:///{folder}/gateway.db"
    else:
        server = PostgresServer()
        try:
            server.start()
            server.psql("CREATE DATABASE campaign")
            prepare(server.url("campaign"))
            yield server.url("campaign")
        finally:
            server.remove()


@contextlib.asynccontextmanager
async def started_fleet(
    database_url: str,
    processes: int,
    folder: Path,
    seeds: Seeds | None = None,
    app_url: str | None = None,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Fleet]:
    """Start sandbox, app and processes; end them all in the end. ``app_url`` puts another app in the place of ours,
    ``more`` are further settings by their variables; in them ``{sandbox}`` stands for the sandbox's URL.
    """
    async with (
        Sandbox(seeds or SEEDS) as sandbox,
        SampleApp(TOKEN) as app,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        settings = {name: value.replace("{sandbox}", sandbox.url) for name, value in (more or {}).items()}
        replicas = tuple(
            Replica(f"gateway-{number}", folder, database_url, sandbox.url, app_url or app.sms_url, settings)
            for number in range(processes)
        )
        try:
            await replicas[0].start(http)  # alone: it makes what they all share
            await asyncio.gather(*(replica.start(http) for replica in replicas[1:]))
            yield Fleet(replicas, database_url, sandbox, app, http)
        finally:
            await asyncio.gather(*(replica.end(signal.SIGKILL) for replica in replicas))


def phone(number: int) -> str:
    """A made-up phone of its own for each number."""
    return f"+1415{2_000_000 + number % 8_000_000:07}"


def keyword(word: str, recipient: str, sender: str) -> dict[str, str]:
    """What Twilio says when a phone sends a message, under a MessageSid of its own."""
    return inbound(word, uuid.uuid4().hex, From=recipient, To=sender)


# The command line


def parser(what: str) -> argparse.ArgumentParser:
    """The options that all campaigns share."""
    options = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    options.add_argument("--database-url", help="a PostgreSQL database that is empty; else a server is started for it")
    return options


def engines_of(options: argparse.Namespace) -> tuple[str, ...]:
    """The engines that were asked for."""
    if options.database_url is not None:
        return ("postgresql",)
    return ENGINES if options.engine == "both" else (options.engine,)


def for_each_engine(
    options: argparse.Namespace, run: Callable[[str, str, Path], Coroutine[Any, Any, list[str]]]
) -> list[str]:
    """Run a campaign on each engine in a folder of its own; gives what was violated."""
    wrong: list[str] = []
    for engine in engines_of(options):
        with tempfile.TemporaryDirectory(prefix="gateway-campaign-") as name:
            folder = Path(name)
            with database(engine, folder, options.database_url) as database_url:
                wrong += asyncio.run(run(engine, database_url, folder))
    return wrong


def campaign_of_many(
    what: str,
    run: Callable[..., Awaitable[Any]],
    counted: str,
    *,
    count: int,
    processes: int,
    minutes: float,
    each: str | None = None,
) -> int:
    """The command of a campaign that does something so often: its options, its runs, its exit status.

    ``counted`` names what is counted, as ``cycles``; what ``run`` gives has ``wrong``. ``each`` tells of processes.
    """
    options = parser(what)
    options.add_argument(f"--{counted}", type=int, default=count)
    options.add_argument("--processes", type=int, default=processes, help=each)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - hides nothing
    options.add_argument("--minutes", type=float, default=minutes, help="at most, for each engine")
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)

    async def campaign(engine: str, database_url: str, folder: Path) -> list[str]:
        found = await run(
            database_url,
            folder,
            engine=engine,
            processes=given.processes,
            seed=given.seed,
            seconds=given.minutes * 60,
            **{counted: getattr(given, counted)},
        )
        return list(found.wrong)

    return told(for_each_engine(given, campaign))


def progress(line: str) -> None:
    """Show how far it is, over the last line on a terminal, else now and then as a line of its own."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def told(wrong: list[str]) -> int:
    """Print what was violated; the exit status."""
    for line in wrong:
        print(f"VIOLATED: {line}")
    return 1 if wrong else 0

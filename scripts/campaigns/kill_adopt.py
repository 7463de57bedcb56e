"""kill -9 of ``gateway twilio adopt`` and ``revert`` at each request to Twilio, and a look for what was lost.

The command is killed before a request reaches Twilio, or when Twilio has answered and the command has not heard it.
What Twilio holds then has to be the apps' own webhooks or, with those written down, the gateway's. A minute later, when
the killed command's lease has run out, the same command or the other one has to finish, and reverting to give exactly
what there was. Also tried: a change of ``public_url`` in between. Ends with status 1 on any violation.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from gateway.sandbox import Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from gateway.store.upgrade import prepare
from scripts.campaigns.fleet import for_each_engine, parser, progress, told
from tests.staging import ACCOUNT, ALONE, IN_POOL, SERVICE, SHORT_CODE, TOKEN, WHATSAPP, free_port, rows_of, run_on

ADOPT, REVERT = "adopt", "revert"
PUBLIC_URL, MOVED = "https://gateway.example.com", "https://moved.example.com"
APP: Final = "https://user:secret@app.example.com/sms?tenant="
SEEDS: Final = Seeds(
    accounts=(SandboxAccount(ACCOUNT, (TOKEN,)),),
    numbers=(
        SandboxNumber(ACCOUNT, IN_POOL, f"{APP}pool", "GET", f"{APP}spare", "GET"),
        SandboxNumber(ACCOUNT, ALONE, f"{APP}alone"),
        SandboxNumber(ACCOUNT, SHORT_CODE, f"{APP}code"),
        SandboxNumber(ACCOUNT, WHATSAPP, f"{APP}whatsapp"),
    ),
    services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=(IN_POOL,)),),
)
LISTS: Final = 5  # the lists that the command reads first; nothing is changed before the last of them
RUN_SECONDS: Final = 60.0
HOP_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})

Webhooks = Mapping[str, tuple[str | None, ...]]
"""By sender or service: URL, method, fallback URL and its method, as Twilio holds them."""


@dataclass(frozen=True, slots=True)
class Case:
    """Which command is killed at which of its requests (from 1), before or after Twilio got it; which one is said then;
    and whether ``public_url`` changes with that.
    """

    killed: str
    number: int
    after: bool
    then: str
    moves: bool = False

    def __str__(self) -> str:
        when = "after" if self.after else "before"
        return f"{self.killed} killed {when} request {self.number}, then {self.then}{' elsewhere' * self.moves}"


@dataclass(slots=True)
class Found:
    """What a run has seen."""

    cases: int = 0
    wrong: list[str] = field(default_factory=list)


class Gate:
    """Stands between a command and Twilio, counts its requests, and kills it at one of them."""

    def __init__(self, twilio: str, http: aiohttp.ClientSession) -> None:
        self.count = 0
        self._twilio = twilio
        self._http = http
        self._kill_at = 0
        self._after = False
        self._pid = 0

    def arm(self, kill_at: int, *, after: bool) -> None:
        """Count anew, and kill at a request; 0: at none."""
        self.count, self._kill_at, self._after = 0, kill_at, after

    def watch(self, pid: int) -> None:
        """Know whom to kill."""
        self._pid = pid

    async def pass_on(self, request: web.Request) -> web.Response:
        """Hand a request on to Twilio, and its answer back."""
        self.count += 1
        is_it = self.count == self._kill_at
        if is_it and not self._after:
            os.kill(self._pid, signal.SIGKILL)
            return web.Response(status=500)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_HEADERS}
        url = self._twilio + request.raw_path
        async with self._http.request(request.method, url, headers=headers, data=await request.read()) as answer:
            body = await answer.read()
        if is_it:
            os.kill(self._pid, signal.SIGKILL)
        return web.Response(status=answer.status, body=body, content_type=answer.content_type)


@asynccontextmanager
async def gate_before(twilio: str) -> AsyncIterator[tuple[Gate, str]]:
    """A gate that listens, and its URL."""
    async with aiohttp.ClientSession() as http:
        gate = Gate(twilio, http)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", gate.pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield gate, f"http://127.0.0.1:{port}"
        finally:
            await runner.cleanup()


class Campaign:
    """One store, on which commands are killed again and again."""

    def __init__(self, database_url: str, sandbox: Sandbox, gate: Gate, url: str) -> None:
        self.found = Found()
        self._database_url = database_url
        self._sandbox = sandbox
        self._gate = gate
        self._environment = {
            "PATH": os.environ["PATH"],
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_TWILIO__API_URL": url,
            "GATEWAY_TWILIO__MESSAGING_URL": url,
            "GATEWAY_TWILIO__ACCOUNTS_URL": url,
            "GATEWAY_ACCOUNT__SID": ACCOUNT,
            "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
            "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
        }

    def webhooks(self) -> Webhooks:
        """What Twilio holds."""
        world = self._sandbox.world
        service = world.services[SERVICE]
        own = (service.inbound_request_url, service.inbound_method, service.fallback_url, service.fallback_method)
        numbers = {
            name: (number.sms_url, number.sms_method, number.sms_fallback_url, number.sms_fallback_method)
            for name, number in world.numbers.items()
        }
        return {SERVICE: own, **numbers}

    async def run(self, cases: Iterable[Case]) -> None:
        """Try each case, from webhooks that are the apps' own."""
        before = self.webhooks()
        for case in cases:
            progress(f"{self.found.cases}: {case}")
            await self._try(case, before)
            self.found.cases += 1

    async def _try(self, case: Case, before: Webhooks) -> None:
        if case.killed == REVERT or case.moves:
            await self._demand(case, ADOPT)
        killed_at = MOVED if case.moves and case.killed == ADOPT else PUBLIC_URL
        self._gate.arm(case.number, after=case.after)
        status = await self._ran(case.killed, killed_at)
        self._gate.arm(0, after=False)
        if status != -signal.SIGKILL:
            self.found.wrong.append(f"{case}: it was not killed, it ended with {status}")
        self._demand_nothing_lost(case, before)
        holds_lease = case.number > LISTS  # until then nothing is to be kept from others
        if holds_lease and await self._ran(case.then, PUBLIC_URL) != 1:
            self.found.wrong.append(f"{case}: within a minute another run was let in")
        run_on(self._database_url, "DELETE FROM leases WHERE name LIKE 'webhooks %'")  # a minute passes
        public_url = MOVED if case.moves else PUBLIC_URL
        await self._demand(case, case.then, public_url)
        if case.then == ADOPT:
            told = {url for url, *_ in self.webhooks().values()}
            if told != {f"{public_url}/inbound"}:
                self.found.wrong.append(f"{case}: not all is led to the gateway")
            self._demand_nothing_lost(case, before)
            await self._demand(case, REVERT, public_url)
        self._demand_as_before(case, before)

    def _demand_nothing_lost(self, case: Case, before: Webhooks) -> None:
        """What is not as it was is the gateway's, and what it was is written down."""
        rows = rows_of(self._database_url, "SELECT kind, name, app FROM adopted_webhooks WHERE state <> 'reverted'")
        kept = {SERVICE if kind == "service" else str(name): str(app) for kind, name, app in rows}
        for name, there in self.webhooks().items():
            if _as_kept(there) == _as_kept(before[name]):
                continue
            url = before[name][0]
            if not str(there[0]).endswith("/inbound") or f'"url":"{url or ""}"' not in kept.get(name, ""):
                self.found.wrong.append(f"{case}: where {name} led is lost")

    def _demand_as_before(self, case: Case, before: Webhooks) -> None:
        now = self.webhooks()
        wrong = [name for name in before if _as_kept(now[name]) != _as_kept(before[name])]
        if wrong:
            self.found.wrong.append(f"{case}: {', '.join(wrong)} not put back")

    async def _demand(self, case: Case, command: str, public_url: str = PUBLIC_URL) -> None:
        status = await self._ran(command, public_url)
        if status:
            self.found.wrong.append(f"{case}: {command} ended with status {status}")

    async def _ran(self, command: str, public_url: str) -> int:
        """Run a command; its status, minus the signal that ended it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "twilio", command, "--json",
            env=self._environment | {"GATEWAY_PUBLIC_URL": public_url},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._gate.watch(process.pid)
        async with asyncio.timeout(RUN_SECONDS):
            return await process.wait()


def _as_kept(webhook: tuple[str | None, ...]) -> tuple[str, ...]:
    """No URL is null at one resource and empty at another, and both are the same."""
    return tuple(each or "" for each in webhook)


def cases(updates: int) -> Iterator[Case]:
    """Every case: at the first list, and at each update."""
    numbers = (1, *range(LISTS + 1, LISTS + updates + 1))
    for number, after in product(numbers, (False, True)):
        yield Case(ADOPT, number, after, ADOPT)
        yield Case(ADOPT, number, after, REVERT)
        yield Case(REVERT, number, after, REVERT)
        yield Case(REVERT, number, after, ADOPT)
        yield Case(ADOPT, number, after, ADOPT, moves=True)
        yield Case(ADOPT, number, after, REVERT, moves=True)


async def run(database_url: str, chosen: Iterable[Case]) -> Found:
    """One campaign on one store."""
    await asyncio.to_thread(prepare, database_url)
    async with Sandbox(SEEDS) as sandbox, gate_before(sandbox.url) as (gate, url):
        service = sandbox.world.services[SERVICE]
        service.use_inbound_webhook_on_number, service.inbound_request_url = False, f"{APP}service"
        campaign = Campaign(database_url, sandbox, gate, url)
        await campaign.run(chosen)
        return campaign.found


def main() -> int:
    given = parser(__doc__ or "").parse_args()

    async def campaign(engine: str, database_url: str, _folder: Path) -> list[str]:
        found = await run(database_url, cases(len(SEEDS.numbers) + 1))
        print(f"{engine}: {found.cases} cases of kill -9")
        return found.wrong

    return told(for_each_engine(given, campaign))


if __name__ == "__main__":
    sys.exit(main())

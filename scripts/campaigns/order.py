"""Shuffled, repeated and delayed histories over all sources, judged by a model of its own.

Each history is one phone that writes to several senders, within seconds. What it writes becomes known by its webhook,
by events, by the closing of a gap, by a back-fill, by several of them, or late; webhooks and events come more than once
and in any order, Twilio answers 21610 to some sends, operators opt people out and lift what stands. In the end every
message is known, and who is opted out of what has to be what the model says, scope by scope and by sends over HTTP.
Time is set by hand, so that everything can come within a second of everything else.
"""

import argparse
import asyncio
import contextlib
import hashlib
import io
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
from twilio.request_validator import RequestValidator

from gateway.accounts import accounts_of, origins_in
from gateway.directory import Directory
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.gaps import GapClosing
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.second_sources import SecondSources
from gateway.messaging.optouts import Scope as GatewaysScope
from gateway.messaging.optouts import ScopeKind
from gateway.operations.actors import Actor
from gateway.operations.backfill import BackfillOperations, Wanted
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.sandbox import Message, Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from gateway.service import Service
from gateway.settings import Settings
from gateway.store import Store
from gateway.twilio.products import MESSAGING
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Upstreams
from scripts.campaigns.fleet import for_each_engine, parser, phone, progress, told
from scripts.campaigns.order_model import SECOND, Model, Scope
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, SERVICE, TOKEN, TOLL_FREE, free_port, inbound, rows_of

POOL: Final = (IN_POOL, ALSO_IN_POOL, TOLL_FREE)
SENDERS: Final = (*POOL, ALONE)
SEEDS: Final = Seeds(
    accounts=(SandboxAccount(ACCOUNT, (TOKEN,)),),
    numbers=tuple(SandboxNumber(ACCOUNT, number) for number in SENDERS),
    services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=POOL),),
    status_step_seconds=0.005,
)
EVENT: Final = "com.twilio.messaging.inbound-message.received"
WORDS: Final = ("STOP", "START", "stop", "Cancel", "yes", "UNSTOP", "HELP", "hello", "Unsubscribe", "start ")
TICK: Final = SECOND // 4
TICKS: Final = 160
WRITING_TICKS: Final = 80  # everything is written in the first part, and may be known late in the second
AT_A_TIME: Final = 16
BATCH: Final = 100
OPTED_OUT: Final = 21610
MOST_SHOWN: Final = 10
AUTHORIZATION: Final = aiohttp.encode_basic_auth(ACCOUNT, TOKEN)
FORM: Final = "application/x-www-form-urlencoded"
SCOPES: Final[tuple[Scope, ...]] = (("service", SERVICE), *(("sender", sender) for sender in SENDERS))

Step = Callable[[], Awaitable[None]]


class HandClock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = time.time_ns() // 1_000_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Said:
    """What a phone wrote."""

    sid: str
    phone: str
    sender: str
    body: str
    at: int


@dataclass
class Found:
    """What a run has seen."""

    histories: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    scopes: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    wrong: list[str] = field(default_factory=list)

    def violated(self, what: str) -> None:
        """Note a violation; the first ones are shown in full."""
        self.violations += 1
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        steps = ", ".join(f"{count} {name}" for name, count in sorted(self.steps.items()))
        return (
            f"{engine}: {self.histories} histories, {steps}; scopes {self.scopes['out']} opted out and "
            f"{self.scopes['in']} not, violations {self.violations}, {seconds:.0f} s"
        )


@dataclass
class Stage:
    """A gateway, what stands for Twilio, and a second process on the same store."""

    url: str
    database_url: str
    clock: HandClock
    sandbox: Sandbox
    http: aiohttp.ClientSession
    gaps: GapClosing
    backfills: BackfillOperations
    opt_outs: OptOutOperations
    directory: Directory


@contextlib.asynccontextmanager
async def staged(database_url: str) -> AsyncIterator[Stage]:
    """Start all of it; the gateway closes no gaps by itself."""
    clock = HandClock()
    async with Sandbox(SEEDS) as sandbox, contextlib.AsyncExitStack() as undo:
        url = f"http://127.0.0.1:{free_port()}"
        settings = Settings.model_validate(_settings(url, database_url, sandbox.url))
        service = Service(settings, clock)
        await service.start()
        undo.push_async_callback(service.stop)
        store = Store(database_url, clock)
        await store.open(serving=False)
        undo.push_async_callback(store.close)
        upstreams = Upstreams(Upstream, origins_in(settings))
        undo.callback(upstreams.close)
        accounts = accounts_of(settings, upstreams.default)
        directory = Directory(accounts, store, lambda account: upstreams.to(MESSAGING, account.origins), clock)
        undo.push_async_callback(directory.close)
        await directory.sync(directory.demand(ACCOUNT))
        prints = Fingerprints(store.root_key)
        sources = SecondSources(directory, store, KeywordRecorder(directory, store, clock), prints, None, clock)
        connector = aiohttp.TCPConnector(limit=0)
        yield Stage(
            url,
            database_url,
            clock,
            sandbox,
            await undo.enter_async_context(aiohttp.ClientSession(connector=connector)),
            GapClosing(directory, store, sources, upstreams, clock, 0.001),
            BackfillOperations(directory, store, sources, upstreams, clock),
            OptOutOperations(store, directory.pools, clock),
            directory,
        )


def _settings(url: str, database_url: str, sandbox_url: str) -> dict[str, Any]:
    return {
        "listen": url.removeprefix("http://"),
        "admin_listen": "127.0.0.1:0",
        "public_url": url,
        "database_url": database_url,
        "twilio": {
            "api_url": sandbox_url,
            "messaging_url": sandbox_url,
            "accounts_url": sandbox_url,
            "product_url": f"{sandbox_url}/{{product}}",
            "sync_seconds": 0,
            "gap_seconds": 0,
        },
        "accounts": [{"sid": ACCOUNT, "auth_tokens": [TOKEN], "twilio_handling": "off", "blocked": "sync"}],
    }


class Campaign:
    """Histories on one stage."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.found = Found()
        self.model = Model({SERVICE: frozenset(POOL)}, frozenset({TOLL_FREE}))
        self._stage = stage
        self._chance = chance
        self._unheard: list[Said] = []
        self._number = 0

    async def run(self, histories: int, engine: str, give_up_at: float) -> None:
        """Play so many histories, some at a time."""
        while self.found.histories < histories and time.monotonic() < give_up_at:
            await self._batch(min(BATCH, histories - self.found.histories))
            progress(f"{engine}: {self.found.histories} of {histories} histories, {self.found.violations} violations")

    async def _batch(self, size: int) -> None:
        stage = self._stage
        phones = [phone(self._number + place) for place in range(size)]
        self._number += size
        began = stage.clock.now = stage.clock.now + 60 * SECOND
        stage.sandbox.world.messages.clear()
        said = {each: self._written(each, began) for each in phones}
        self._unheard = [message for messages in said.values() for message in messages]
        plans = {each: self._plan(each, messages, began) for each, messages in said.items()}
        rounds = set(self._chance.sample(range(TICKS), 3))
        for tick in range(TICKS):
            stage.clock.now = began + tick * TICK
            self._list_up_to(stage.clock.now, [message for messages in said.values() for message in messages])
            await self._at_once([partial(_in_order, plans[each].get(tick, ())) for each in phones])
            if tick in rounds:
                await self._read_list()
        stage.clock.now += SECOND
        await self._read_list()
        await self._judge(phones)
        self.found.histories += size

    def _written(self, number: str, began: int) -> list[Said]:
        """What one phone writes: a few words to a few senders, close together."""
        chance, around = self._chance, self._chance.randrange(WRITING_TICKS - 16)
        senders = chance.sample(SENDERS, chance.randint(1, 3))
        messages = []
        for _ in range(chance.randint(2, 6)):
            at = began + (around + chance.randrange(16)) * TICK
            sid = f"SM{chance.getrandbits(128):032x}"
            messages.append(Said(sid, number, chance.choice(senders), chance.choice(WORDS), at))
        return messages

    def _plan(self, number: str, messages: list[Said], began: int) -> dict[int, list[Step]]:
        """By tick what happens to one phone, in an order of chance."""
        chance = self._chance
        plan: defaultdict[int, list[Step]] = defaultdict(list)
        for message in messages:
            first = (message.at - began) // TICK
            if chance.random() < 0.5:
                for _ in range(chance.choice((1, 1, 2))):
                    tick = first + chance.choice((0, 0, 1, 2, 4, 8, 40))
                    plan[tick].append(partial(self._webhook, message))
            if chance.random() < 0.6:
                for _ in range(chance.choice((1, 1, 1, 2, 3))):
                    plan[min(first + chance.randrange(80), TICKS - 1)].append(partial(self._event, message))
        for happens in (self._refused_by_twilio, self._opted_out_by_operator, self._lifted_by_operator):
            if chance.random() < 0.15:
                plan[chance.randrange(TICKS)].append(partial(happens, number))
        for steps in plan.values():
            chance.shuffle(steps)
        return plan

    # What happens

    async def _webhook(self, message: Said) -> None:
        self.found.steps["webhooks"] += 1
        fields = inbound(message.body, message.sid.removeprefix("SM"), From=message.phone, To=message.sender)
        if message.sender in POOL:
            fields["MessagingServiceSid"] = SERVICE
        url = f"{self._stage.url}/inbound"
        signature = RequestValidator(TOKEN).compute_signature(url, fields)
        data = bytes(aiohttp.FormData(fields)()._value)
        status, _ = await self._post(url, data, {"X-Twilio-Signature": signature, "Content-Type": FORM})
        if status != 200:
            self.found.violated(f"a webhook was answered {status}")
        self._hear(message, self._stage.clock.now)

    async def _event(self, message: Said) -> None:
        self.found.steps["events"] += 1
        timestamp = datetime.fromtimestamp(message.at / SECOND, UTC).isoformat(timespec="milliseconds")
        data = {"messageSid": message.sid, "accountSid": ACCOUNT, "from": message.phone, "to": message.sender}
        data |= {"body": message.body, "timestamp": timestamp}
        data |= {"messagingServiceSid": SERVICE} if message.sender in POOL else {}
        told = [{"specversion": "1.0", "type": EVENT, "id": f"EZ{message.sid[2:]}", "data": data}]
        body = json.dumps(told).encode()
        url = f"{self._stage.url}/events?bodySHA256={hashlib.sha256(body).hexdigest()}"
        signature = RequestValidator(TOKEN).compute_signature(url, {})
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
        status, _ = await self._post(url, body, headers)
        if status != 204:
            self.found.violated(f"an event was answered {status}")
        self._hear(message, message.at)

    async def _refused_by_twilio(self, number: str) -> None:
        """A send that Twilio itself refuses, if the gateway lets it go at all."""
        sender, blocks = self._chance.choice(SENDERS), self._stage.sandbox.world.opt_outs
        blocks.add((sender, number))
        code = await self._sent(number, sender)
        blocks.discard((sender, number))
        self.found.steps["21610s"] += 1
        if code != OPTED_OUT:
            self.found.violated(f"a send that Twilio refuses was answered {code}")
        if not self.model.forbids(number, sender):
            self.model.opt_out(number, ("sender", sender), self._stage.clock.now)

    async def _opted_out_by_operator(self, number: str) -> None:
        scope = self._chance.choice(SCOPES)
        self.found.steps["by operators"] += 1
        await self._stage.opt_outs.add(read_whom(ACCOUNT, number, None), _gateways(scope), Actor("ann"))
        self.model.opt_out(number, scope, self._stage.clock.now)

    async def _lifted_by_operator(self, number: str) -> None:
        scope = self._chance.choice(SCOPES)
        self.found.steps["by operators"] += 1
        await self._stage.opt_outs.remove(read_whom(ACCOUNT, number, None), _gateways(scope), Actor("ann"), "asked")
        self.model.lift(number, scope, self._stage.clock.now)

    async def _read_list(self) -> None:
        """A gap is closed, or the past filled in: all that Twilio lists by now is known."""
        if self._chance.random() < 0.6:
            self.found.steps["gap closings"] += 1
            if not await self._stage.gaps.look():
                self.found.violated("a gap was not closed")
        else:
            self.found.steps["back-fills"] += 1
            account = self._stage.directory.demand(ACCOUNT)
            async for _ in self._stage.backfills.run(account, Wanted(restart=True, pages_per_second=100), Actor("ann")):
                pass
        now = self._stage.clock.now
        for message in self._unheard:
            if message.at <= now:
                self.model.hear(*_of(message), at=message.at // SECOND * SECOND)
        self._unheard = [message for message in self._unheard if message.at > now]

    def _hear(self, message: Said, at: int) -> None:
        self.model.hear(*_of(message), at=at)

    def _list_up_to(self, now: int, messages: list[Said]) -> None:
        """Have Twilio list what it got by now."""
        listed = self._stage.sandbox.world.messages
        for message in sorted(messages, key=lambda message: message.at):
            if message.at <= now and message.sid not in listed:
                listed[message.sid] = Message(
                    message.sid,
                    ACCOUNT,
                    message.sender,
                    message.body,
                    "inbound",
                    "received",
                    message.phone,
                    messaging_service_sid=SERVICE if message.sender in POOL else None,
                    created=datetime.fromtimestamp(message.at / SECOND, UTC),
                )

    # The end

    async def _judge(self, phones: list[str]) -> None:
        """Compare who is opted out of what, and what becomes of sends."""
        query = "SELECT recipient, scope_kind, scope_id FROM opt_outs WHERE standing"
        known = set(phones)
        rows = await asyncio.to_thread(rows_of, self._stage.database_url, query)
        standing: defaultdict[str, set[Scope]] = defaultdict(set)
        for recipient, kind, scope_id in rows:
            if recipient in known:
                standing[recipient].add((kind, scope_id))
        for each in phones:
            expected = self.model.scopes_out(each)
            self.found.scopes.update({"out": len(expected), "in": len(SCOPES) - len(expected)})
            if expected != standing[each]:
                self.found.violated(f"phone {phones.index(each)}: {sorted(standing[each])}, not {sorted(expected)}")
        await self._at_once([partial(self._compare_send, each) for each in phones])

    async def _compare_send(self, number: str) -> None:
        for sender in self._chance.sample(SENDERS, 2):
            self.found.steps["sends"] += 1
            code = await self._sent(number, sender)
            if (code == OPTED_OUT) is not self.model.forbids(number, sender):
                self.found.violated(f"a send from {sender} was answered {code}")

    async def _sent(self, number: str, sender: str) -> int | None:
        url = f"{self._stage.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        form = bytes(aiohttp.FormData({"To": number, "From": sender, "Body": "news"})()._value)
        status, body = await self._post(url, form, {"Authorization": AUTHORIZATION, "Content-Type": FORM})
        return None if status == 201 else int(json.loads(body)["code"])

    async def _post(self, url: str, data: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        async with self._stage.http.post(url, data=io.BytesIO(data), headers=headers) as response:
            return response.status, await response.read()

    async def _at_once(self, works: list[Step]) -> None:
        places = asyncio.Semaphore(AT_A_TIME)

        async def one(work: Step) -> None:
            async with places:
                await work()

        await asyncio.gather(*(one(work) for work in works))


async def _in_order(steps: tuple[Step, ...] | list[Step]) -> None:
    for step in steps:
        await step()


def _of(message: Said) -> tuple[str, str, str, str]:
    return message.sid, message.phone, message.sender, message.body


def _gateways(scope: Scope) -> GatewaysScope:
    kind, scope_id = scope
    return GatewaysScope(ScopeKind(kind), scope_id)


async def run(database_url: str, folder: Path, *, engine: str, histories: int, seed: int, seconds: float) -> Found:
    """Run the campaign; what it found is violated where it says so."""
    began = time.monotonic()
    async with staged(database_url) as stage:
        campaign = Campaign(stage, random.Random(seed))  # noqa: S311 - hides nothing
        await campaign.run(histories, engine, began + seconds)
    found = campaign.found
    print(found.line(engine, time.monotonic() - began), flush=True)
    if found.histories < histories:
        found.wrong.append(f"only {found.histories} of {histories} histories within the time")
    if not found.scopes["out"] or not found.scopes["in"]:
        found.wrong.append("everybody, or nobody, is opted out: the campaign shows nothing")
    return found


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--histories", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - hides nothing
    options.add_argument("--minutes", type=float, default=30.0, help="at most, for each engine")
    given: argparse.Namespace = options.parse_args()
    print(f"seed {given.seed}", flush=True)

    async def campaign(engine: str, database_url: str, folder: Path) -> list[str]:
        found = await run(
            database_url, folder, engine=engine, histories=given.histories, seed=given.seed, seconds=given.minutes * 60
        )
        return found.wrong

    return told(for_each_engine(given, campaign))


if __name__ == "__main__":
    sys.exit(main())

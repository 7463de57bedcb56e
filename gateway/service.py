"""The front door's other half: everything is made and started here in order, and stopped in reverse."""

import asyncio
import contextlib
import hashlib
import secrets
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.admin.edge import AdminEdge
from gateway.deliveries import Outbox
from gateway.directory import Account, Directory
from gateway.flows.check import Check
from gateway.flows.credentials import Credentials
from gateway.flows.forgetting import Forgetting
from gateway.flows.inbound import InboundFlow
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.outbound import OutboundFlow
from gateway.flows.passing import PassingFlow
from gateway.flows.redirect import RedirectFlow
from gateway.flows.relay import KIND, Relaying
from gateway.flows.replies import RedirectTokens, Replies
from gateway.messaging.consent import KeywordPolicy
from gateway.settings import AccountSettings, Settings, TlsSettings
from gateway.store import Store
from gateway.store.transaction import Transaction
from gateway.traffic.edge import TrafficEdge
from gateway.traffic.listener import Listener
from gateway.twilio.paths import Door
from gateway.twilio.upstream import Upstream
from gateway.web.client import AppClient

log: Final = structlog.get_logger()

OUTBOX_SECONDS: Final = 2.0  # what is broken off is tried again when its lease has run out
ROOT_KEY_NAME: Final = "root_key"
ADMIN_HASH_NAME: Final = "admin_token_sha256"


def wall_clock() -> int:
    """Now, in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


class Service:
    """One gateway process: ``start``, then ``stop``. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], int] = wall_clock) -> None:
        self._settings = settings
        self._clock = clock
        self._undo = contextlib.AsyncExitStack()
        self.traffic_port = self.webhook_port = self.admin_port = 0
        self.new_admin_token: str | None = None

    async def start(self) -> None:
        """Start everything, in order; what was started is stopped again when a later step fails."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything, in reverse: listeners drain first, the store closes last."""
        await self._undo.aclose()

    async def _start(self) -> None:
        settings = self._settings
        store = await self._open_store()
        secret = await self._root_key(store)
        api, messaging = self._upstream(settings.twilio.api_url), self._upstream(settings.twilio.messaging_url)
        directory = Directory([_account(given) for given in settings.accounts], store, messaging, self._clock)
        relaying = Relaying(directory, self._app_client())
        outbox = self._start_outbox(store, relaying)
        edge = self._edge(store, directory, api, messaging, relaying, outbox, secret)
        self._run(Forgetting(store, self._clock).run())
        if settings.twilio.sync_seconds:
            self._run(directory.keep_synced(settings.twilio.sync_seconds))
        await self._listen(edge)
        await self._listen_admin(AdminEdge(store, await self._admin_token_hash(store)))

    async def _open_store(self) -> Store:
        store = Store(self._settings.database_url, self._clock)
        await store.open()
        self._undo.push_async_callback(store.close)
        return store

    async def _root_key(self, store: Store) -> bytes:
        given = self._settings.secret
        if given is not None:
            return given.get_secret_value().encode()
        made = secrets.token_hex(32)

        async def keep(transaction: Transaction) -> str:
            return await transaction.value_once(ROOT_KEY_NAME, made)

        return (await store.write(keep)).encode()

    async def _admin_token_hash(self, store: Store) -> str:
        given = self._settings.admin_token
        if given is not None:
            return _hash(given.get_secret_value())
        made = secrets.token_urlsafe(32)

        async def keep(transaction: Transaction) -> str:
            return await transaction.value_once(ADMIN_HASH_NAME, _hash(made))

        kept = await store.write(keep)
        self.new_admin_token = made if kept == _hash(made) else None
        return kept

    def _upstream(self, url: str) -> Upstream:
        twilio = self._settings.twilio
        upstream = Upstream(url, most_connections=twilio.most_connections, answer_seconds=twilio.answer_seconds)
        self._undo.callback(upstream.close)
        return upstream

    def _app_client(self) -> AppClient:
        client = AppClient.open()
        self._undo.push_async_callback(client.close)
        return client

    def _start_outbox(self, store: Store, relaying: Relaying) -> Outbox:
        outbox = Outbox(store, {KIND: relaying.deliver}, self._clock)
        task = asyncio.create_task(outbox.run())

        async def drain() -> None:
            outbox.stop()
            await _finish(task)

        self._undo.push_async_callback(drain)
        return outbox

    def _edge(
        self,
        store: Store,
        directory: Directory,
        api: Upstream,
        messaging: Upstream,
        relaying: Relaying,
        outbox: Outbox,
        secret: bytes,
    ) -> TrafficEdge:
        check = Check(directory, store, self._clock)
        credentials = Credentials(api, secret, time.monotonic)
        tokens = RedirectTokens(secret, self._settings.public_url)
        inbound = InboundFlow(
            directory,
            store,
            KeywordRecorder(directory, store, self._clock),
            relaying,
            Replies(check, tokens),
            outbox,
            public_url=self._settings.public_url,
            secret=secret,
            clock=self._clock,
        )
        upstreams = {Door.API: api, Door.CALL: api, Door.MESSAGING: messaging}
        return TrafficEdge(
            OutboundFlow(directory, credentials, check, api, time.monotonic),
            PassingFlow(directory, upstreams, time.monotonic),
            inbound,
            RedirectFlow(inbound, relaying, tokens),
            time.monotonic,
        )

    async def _listen(self, edge: TrafficEdge) -> None:
        settings = self._settings
        shared = settings.webhook_listen is None
        apps = Listener(edge.handle_all if shared else edge.handle_api, tls=_tls(settings.tls))
        webhooks = apps if shared else Listener(edge.handle_webhook, tls=_tls(settings.webhook_tls))

        async def stop() -> None:
            await asyncio.gather(apps.stop(), webhooks.stop())

        self._undo.push_async_callback(stop)
        await apps.start(*_host_and_port(settings.listen))
        self.traffic_port = apps.port
        if settings.webhook_listen is not None:
            await webhooks.start(*_host_and_port(settings.webhook_listen))
        self.webhook_port = webhooks.port

    async def _listen_admin(self, edge: AdminEdge) -> None:
        runner = web.AppRunner(edge.application(), access_log=None, shutdown_timeout=1.0, keepalive_timeout=75.0)
        await runner.setup()
        self._undo.push_async_callback(runner.cleanup)
        site = web.TCPSite(
            runner, *_host_and_port(self._settings.admin_listen), ssl_context=_tls(self._settings.admin_tls)
        )
        await site.start()
        self.admin_port = runner.addresses[0][1]

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something until the service stops."""
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._undo.push_async_callback(end)


async def _finish(task: asyncio.Task[None]) -> None:
    """Let a task end by itself, for a while."""
    try:
        async with asyncio.timeout(OUTBOX_SECONDS):
            await asyncio.shield(task)
    except TimeoutError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _account(given: AccountSettings) -> Account:
    return Account(
        sid=given.sid,
        auth_tokens=tuple(token.get_secret_value() for token in given.auth_tokens),
        policy=KeywordPolicy(
            given.twilio_handling, given.unmanaged_senders, given.reply_when_not_opted_out, given.help_when_opted_out
        ),
        default_region=given.default_region,
        app_url=given.app_url,
        app_fallback_url=given.app_fallback_url,
        stated={service.sid: frozenset(service.senders) for service in given.services},
    )


def _tls(given: TlsSettings | None) -> ssl.SSLContext | None:
    if given is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.certificate, given.key)
    return context


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

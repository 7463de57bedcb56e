"""The front door's other half: everything is made and started here in order, and stopped in reverse."""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from gateway import metrics
from gateway.accounts import accounts_of, origins_in
from gateway.admin.edge import AdminEdge
from gateway.admin.listener import AdminListener
from gateway.capture.pseudonyms import Pseudonyms
from gateway.capture.recorder import Capture
from gateway.capture.scrubbing import Scrubber
from gateway.deliveries import Outbox
from gateway.directory import Account, Directory
from gateway.events.kinesis import KinesisSinks
from gateway.events.mirror import MIRROR, TwilioMirror, arrange_mirrors
from gateway.events.segment import SegmentSinks
from gateway.events.sinks import Driver
from gateway.events.telling import Telling
from gateway.events.webhook import WebhookSinks
from gateway.flows import deactivations as deactivations_flow
from gateway.flows.activity import ActivityLog
from gateway.flows.arrivals import Arrivals
from gateway.flows.deactivations import Deactivations
from gateway.flows.forgetting import EVERY_SECONDS, Forgetting
from gateway.flows.gaps import GapClosing
from gateway.flows.second_sources import SecondSources
from gateway.flows.shadow import ShadowBanner
from gateway.given import guard_of, retention_of, tls_of
from gateway.journeys import Journeys
from gateway.messaging.deactivation import Deactivated
from gateway.operations.capture_state import capture_state
from gateway.operations.counting import EVERY_SECONDS as COUNT_EVERY_SECONDS
from gateway.operations.counting import Counting
from gateway.operations.optouts import OptOutOperations
from gateway.operations.process_health import SECOND, health_of
from gateway.operations.shared_health import SharedHealth
from gateway.settings import Settings
from gateway.sockets import Sockets
from gateway.store import Store
from gateway.tasks import Tasks
from gateway.timers import Timers
from gateway.traffic.edge import TrafficEdge
from gateway.traffic.listener import Listener
from gateway.twilio.products import MESSAGING
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Upstreams
from gateway.web.client import AppClient

log: Final = structlog.get_logger()

STOP_WITHIN_SECONDS: Final = 8.5
FAILURES_FILE: Final = "sign-in-failures"  # of all workers
ADMIN_HASH_NAME: Final = "admin_token_sha256"


def wall_clock() -> int:
    """Now, in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Shared:
    """What a process has in common with the other workers: its sockets, and the folder in which all count; ``number``
    is the worker's own.
    """

    sockets: Sockets
    metrics_folder: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the settings give, or else the store keeps. ``new_admin_token`` was made just now, to be shown once."""

    root_key: bytes
    admin_hash: str
    new_admin_token: str | None


async def prepare(settings: Settings, clock: Callable[[], int] = wall_clock) -> str | None:
    """Make the store ready for processes to come; gives the admin token if it was made now. Raises `StoreError`."""
    store = Store(settings.database_url, clock, settings.secret)
    await store.open(serving=False)
    _tell_if_made(store)
    try:
        return (await _keep(settings, store)).new_admin_token
    finally:
        await store.close()


class Service:
    """One gateway process: ``start``, then ``stop``. ``clock`` gives microseconds since 1970, UTC.

    ``shared`` is given to one of several workers.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], int] = wall_clock, *, shared: Shared | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._shared = shared
        self._undo = contextlib.AsyncExitStack()
        self._tasks = Tasks(self._undo)
        self.ports: dict[str, int] = {}
        self.new_admin_token: str | None = None

    @property
    def admin_port(self) -> int:
        """The port of the admin listener."""
        return self.ports["admin_listen"]

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

    async def stop_in_time(self) -> bool:
        """Stop; false when it took too long, so that the process is to be ended without further ado."""
        stopping = asyncio.ensure_future(self.stop())
        _, late = await asyncio.wait({stopping}, timeout=STOP_WITHIN_SECONDS)
        if not late:
            stopping.result()
        return not late

    async def _start(self) -> None:
        settings = self._settings
        store = await self._open_store()
        kept = await _keep(settings, store)
        self.new_admin_token = kept.new_admin_token
        upstreams = self._upstreams()
        accounts = accounts_of(settings, upstreams.default)
        directory = Directory(accounts, store, lambda account: upstreams.to(MESSAGING, account.origins), self._clock)
        self._undo.push_async_callback(directory.close)
        client = self._app_client(accounts)
        journeys = Journeys(settings, self._clock, store, directory, upstreams, client, kept.root_key)
        outbox = Outbox(store, journeys.handlers, self._clock)
        self._tasks.run_until_done(outbox)
        await self._start_telling(store, directory, client, upstreams)
        activity = self._start_activity(store)
        learning = journeys.learning(outbox, activity)
        capture = self._start_capture(store, directory, kept.root_key)
        arrivals = Arrivals(self._clock)
        edge = journeys.edge(outbox, learning, activity, arrivals, capture)
        self._start_timers(store, directory, Deactivations(directory, store, upstreams, client, self._clock))
        self._tasks.run(ShadowBanner(directory).run())
        gaps = self._start_gaps(store, directory, learning.sources, upstreams)
        await self._begin_capture(capture)
        health = self._start_health(upstreams, arrivals, gaps)
        await self._listen(edge, self._admin_edge(store, directory, kept, gaps, capture, health))

    async def _open_store(self) -> Store:
        store = Store(self._settings.database_url, self._clock, self._settings.secret)
        await store.open()
        self._undo.push_async_callback(store.close)
        _tell_if_made(store)
        return store

    def _upstreams(self) -> Upstreams:
        twilio = self._settings.twilio
        opened = partial(Upstream, most_connections=twilio.most_connections, answer_seconds=twilio.answer_seconds)
        upstreams = Upstreams(opened, origins_in(self._settings))
        self._undo.callback(upstreams.close)
        return upstreams

    def _app_client(self, accounts: Iterable[Account]) -> AppClient:
        client = AppClient.open(guard_of(self._settings.apps))
        self._undo.push_async_callback(client.close)
        for account in accounts:
            for urls in (account.app_urls, *account.senders_urls.values()):
                for target in filter(None, (urls.app, urls.fallback)):
                    client.look_at(target.url)
        return client

    async def _start_telling(self, store: Store, directory: Directory, client: AppClient, upstreams: Upstreams) -> None:
        await arrange_mirrors(store, directory.accounts, self._clock())
        drivers: dict[str, Driver] = {
            "webhook": WebhookSinks(directory, client),
            "segment": SegmentSinks(client),
            "kinesis": KinesisSinks(client),
            MIRROR: TwilioMirror(directory, upstreams),
        }
        self._tasks.run_until_done(Telling(store, drivers, self._clock, most_owed=self._settings.events.most_owed))

    def _start_activity(self, store: Store) -> ActivityLog:
        activity = ActivityLog(store, self._clock, keeps=self._settings.activity.keep_days > 0)
        self._tasks.run_until_done(activity)
        return activity

    def _start_capture(self, store: Store, directory: Directory, secret: bytes) -> Capture:
        """What takes the traffic for whoever wants it; numbers get the same pseudonyms on all replicas."""
        given = self._settings.capture
        scrubber = Scrubber(
            Pseudonyms(secret),
            {account.sid: account.default_region for account in directory.accounts},
            clear_numbers=given.numbers == "clear",
            clear_bodies=given.bodies == "clear",
        )
        state = partial(
            capture_state, directory, OptOutOperations(store, directory.pools, self._clock), store.shadow_lines
        )
        capture = Capture(scrubber, "gateway", state, self._clock)
        self._tasks.run_until_done(capture)
        return capture

    async def _begin_capture(self, capture: Capture) -> None:
        """Write the capture's files, if the settings want it: the list first, so before anything can change it."""
        given = self._settings.capture
        if given.file is None:
            return
        await capture.begin(given.file, given.part_bytes, given.most_bytes)

    def _start_gaps(
        self, store: Store, directory: Directory, sources: SecondSources, upstreams: Upstreams
    ) -> GapClosing | None:
        every_seconds = self._settings.twilio.gap_seconds
        if not every_seconds:
            return None
        gaps = GapClosing(directory, store, sources, upstreams, self._clock, every_seconds)
        self._tasks.run(gaps.run())
        return gaps

    def _start_health(self, upstreams: Upstreams, arrivals: Arrivals, gaps: GapClosing | None) -> SharedHealth:
        since, shared = self._clock(), self._shared
        began = since - int(asyncio.get_running_loop().time() * SECOND)
        own = partial(health_of, since, upstreams.opened, began, arrivals, gaps)
        health = SharedHealth(own) if shared is None else SharedHealth(own, shared.metrics_folder, shared.number)
        self._tasks.run(health.run())
        return health

    def _admin_edge(
        self,
        store: Store,
        directory: Directory,
        kept: _Kept,
        gaps: GapClosing | None,
        capture: Capture,
        health: SharedHealth,
    ) -> AdminEdge:
        exposition, folder = metrics.exposition, None
        if self._shared is not None:
            folder = self._shared.metrics_folder
            exposition = partial(metrics.exposition_of_all, folder)
        waits = self._settings.twilio.ready_after_gaps
        return AdminEdge(
            store,
            directory,
            kept.admin_hash,
            self._clock,
            capture,
            exposition,
            gaps,
            ready_after_gaps=waits,
            public_url=self._settings.public_url,
            link_days=self._settings.preferences.link_days,
            most_import_bytes=self._settings.imports.most_body_bytes,
            known=health.now,
            failures_file=None if folder is None else folder / FAILURES_FILE,
            most_owed=self._settings.events.most_owed,
        )

    def _start_timers(self, store: Store, directory: Directory, deactivations: Deactivations) -> None:
        timers = Timers(store, self._clock)
        forgetting = Forgetting(store, self._clock, retention_of(self._settings.retention))
        self._tasks.run(timers.run("forgetting", EVERY_SECONDS, forgetting.forget_or_say))
        if any(account.deactivated is not Deactivated.KEEP for account in directory.accounts):
            every = deactivations_flow.EVERY_SECONDS
            reading = partial(timers.run, "deactivations", every, deactivations.read_or_say)
            self._tasks.run(_later(deactivations_flow.FIRST_AFTER_SECONDS, reading))
        kept = self._settings.activity
        counting = Counting(store, self._clock, keep_days=kept.keep_days, keep_counts_days=kept.keep_counts_days)
        self._tasks.run(timers.run("counting", COUNT_EVERY_SECONDS, counting.round_or_say))
        sync_seconds = self._settings.twilio.sync_seconds
        if sync_seconds:
            self._tasks.run(timers.run("pools", sync_seconds, directory.sync_all))

    async def _listen(self, edge: TrafficEdge, admin: AdminEdge) -> None:
        settings = self._settings
        sockets = Sockets.bind(settings) if self._shared is None else self._shared.sockets
        self._undo.callback(sockets.close)
        together = settings.webhook_listen is None
        apps = Listener(edge.handle_all if together else edge.handle_api, tls=tls_of(settings.tls))
        webhooks = apps if together else Listener(edge.handle_webhook, tls=tls_of(settings.webhook_tls))

        async def stop() -> None:
            await asyncio.gather(apps.stop(), webhooks.stop())

        self._undo.push_async_callback(stop)
        await apps.start(sockets.traffic)
        if not together:
            await webhooks.start(sockets.webhook)
        await self._listen_admin(admin, sockets)
        self.ports = sockets.ports

    async def _listen_admin(self, edge: AdminEdge, sockets: Sockets) -> None:
        listener = AdminListener(edge.application(), tls=tls_of(self._settings.admin_tls))
        self._undo.push_async_callback(listener.stop)
        await listener.start(sockets.admin)


async def _later(seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do something after a while."""
    await asyncio.sleep(seconds)
    await work()


def _tell_if_made(store: Store) -> None:
    """Say loudly that nobody is opted out: the list may have been lost, or be looked for in the wrong place."""
    if store.was_made:
        log.warning("store_created", why="there was none: nobody is opted out; wrong unless this is the first start")


async def _keep(settings: Settings, store: Store) -> _Kept:
    """The secrets of the settings; those that they do not give are made once for the store."""
    token = secrets.token_urlsafe(32)
    given_token = settings.admin_token
    key = store.root_key
    if given_token is not None:
        return _Kept(key, _hash(given_token.get_secret_value()), None)
    kept = await store.value_once(ADMIN_HASH_NAME, _hash(token))
    return _Kept(key, kept, token if kept == _hash(token) else None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

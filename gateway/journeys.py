"""The journeys of messages and calls, made of what a process has: its store, its accounts and its ways to Twilio and to
apps.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.capture.recorder import Capture
from gateway.deliveries import Handler, Outbox
from gateway.directory import Directory
from gateway.flows.accounts import Accounts
from gateway.flows.activity import ActivityLog
from gateway.flows.arrivals import Arrivals
from gateway.flows.attempts import Attempts
from gateway.flows.check import Check
from gateway.flows.confirming import CONFIRM, Confirming
from gateway.flows.credentials import Credentials
from gateway.flows.events import EventsFlow
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.held import HeldFlow
from gateway.flows.holding import CALLBACK, Callbacks, Holding
from gateway.flows.inbound import InboundFlow
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.leading import LeadingFlow
from gateway.flows.learning import Learning
from gateway.flows.lifting import LIFT, Lifting
from gateway.flows.outbound import OutboundFlow
from gateway.flows.own_urls import OwnUrls
from gateway.flows.passing import PassingFlow
from gateway.flows.preferences import PreferencesFlow
from gateway.flows.redirect import RedirectFlow
from gateway.flows.relay import KIND, Relaying
from gateway.flows.replies import RedirectTokens, Replies
from gateway.flows.scheduled import Cancelling
from gateway.flows.scheduling import SEEK, Scheduling, Seeking
from gateway.flows.second_sources import SecondSources
from gateway.flows.settling import Settling
from gateway.flows.shadow import ShadowCounting
from gateway.flows.status import StatusFlow, StatusTokens
from gateway.operations.preferences import PreferenceLinks, PreferenceOperations
from gateway.settings import Settings
from gateway.store import Store
from gateway.store.transaction import CANCEL
from gateway.traffic.capturing import Capturing
from gateway.traffic.edge import TrafficEdge
from gateway.twilio.upstreams import Upstreams
from gateway.web.client import AppClient


@dataclass(frozen=True, slots=True)
class LearningParts:
    """How keywords are recorded, and learned where their webhook does not come."""

    recorder: KeywordRecorder
    fingerprints: Fingerprints
    sources: SecondSources


class Journeys:
    """Makes them; ``clock`` gives microseconds since 1970, UTC, ``root_key`` is what all secrets of ours come from."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], int],
        store: Store,
        directory: Directory,
        upstreams: Upstreams,
        client: AppClient,
        root_key: bytes,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store
        self._directory = directory
        self._upstreams = upstreams
        self._client = client
        self._root_key = root_key
        self._check = Check(directory, store, clock)
        self._relaying = Relaying(directory, client, directory.service_urls)
        self._lifting = Lifting(directory, store, upstreams)
        self._cancelling = Cancelling(directory, store, self._check, upstreams, clock)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """How each kind of delivery that is owed is carried out."""
        directory, store, upstreams = self._directory, self._store, self._upstreams
        return {
            KIND: self._relaying.deliver,
            LIFT: self._lifting.deliver,
            CALLBACK: Callbacks(directory, self._client).deliver,
            CANCEL: self._cancelling.deliver,
            SEEK: Seeking(directory, store, upstreams, self._clock).deliver,
            CONFIRM: Confirming(directory, store, self._check, upstreams, self._clock).deliver,
        }

    def learning(self, outbox: Outbox, activity: ActivityLog) -> LearningParts:
        """What learns of keywords by every way that they come."""
        directory, store = self._directory, self._store
        recorder, fingerprints = KeywordRecorder(directory, store, self._clock), Fingerprints(self._root_key)
        sources = SecondSources(directory, store, recorder, fingerprints, outbox, self._clock, activity)
        return LearningParts(recorder, fingerprints, sources)

    def edge(
        self, outbox: Outbox, learning: LearningParts, activity: ActivityLog, arrivals: Arrivals, capture: Capture
    ) -> TrafficEdge:
        """What answers apps and Twilio."""
        settings, store, directory, upstreams = self._settings, self._store, self._directory, self._upstreams
        attempts = Attempts(time.monotonic)
        credentials = Credentials(upstreams, attempts, self._root_key, time.monotonic)
        accounts = Accounts(directory, credentials, upstreams, time.monotonic)
        twilios_word = Learning(directory, store, self._clock)
        shadow = ShadowCounting(directory, store, self._clock)
        tokens = RedirectTokens(self._root_key, settings.public_url)
        callbacks = StatusTokens(self._root_key, settings.public_url)
        inbound = self._inbound(learning, tokens, shadow, outbox)
        outbound = OutboundFlow(
            accounts,
            self._check,
            twilios_word,
            Holding(directory, store, self._clock),
            callbacks,
            Scheduling(store, self._cancelling, outbox, self._clock),
            upstreams,
            shadow,
            time.monotonic,
        )
        return TrafficEdge(
            outbound,
            self._passing(accounts, credentials, attempts),
            inbound,
            RedirectFlow(inbound, self._relaying, tokens),
            StatusFlow(inbound, twilios_word, self._client, callbacks),
            EventsFlow(directory, accounts, learning.sources, public_url=settings.public_url, clock=self._clock),
            self._preferences(),
            activity,
            arrivals,
            time.monotonic,
            Capturing(capture, self._clock, time.monotonic),
            reaches_twilio=any((account.origins or upstreams.default).reach_people for account in directory.accounts),
        )

    def _inbound(
        self, learning: LearningParts, tokens: RedirectTokens, shadow: ShadowCounting, outbox: Outbox
    ) -> InboundFlow:
        return InboundFlow(
            self._directory,
            self._store,
            learning.recorder,
            self._relaying,
            Replies(self._check, tokens, shadow),
            self._lifting,
            outbox,
            public_url=self._settings.public_url,
            fingerprints=learning.fingerprints,
            clock=self._clock,
        )

    def _passing(self, accounts: Accounts, credentials: Credentials, attempts: Attempts) -> HeldFlow:
        settings, store, upstreams = self._settings, self._store, self._upstreams
        allowed, own_urls = frozenset(settings.twilio.allow_unchecked), OwnUrls(store, self._clock)
        passing = PassingFlow(
            self._directory, accounts, credentials, attempts, upstreams, allowed, own_urls, time.monotonic
        )
        leading = LeadingFlow(passing, settings.traffic_url, upstreams.default.url)
        return HeldFlow(accounts, store, leading, Settling(store, self._clock), self._clock)

    def _preferences(self) -> PreferencesFlow:
        given = self._settings.preferences
        links = PreferenceLinks(self._store, self._clock, self._settings.public_url, given.link_days)
        done = PreferenceOperations(self._store, self._directory, self._clock)
        return PreferencesFlow(links, done, given.company, time.monotonic)

"""Messaging Services as the gateway knows them: what is set for each, in which version, and whether it is in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.messaging.opt_out_settings import Enforcement, OptOutSettings
from gateway.messaging.pools import Pools
from gateway.messaging.targets import AppUrls, ServiceUrls, Target


@dataclass(frozen=True, slots=True)
class MessagingService:
    """One Messaging Service with its settings.

    ``version`` counts what was saved, from 1; ``enabled`` tells whether Advanced Opt-Out is on, so that its keyword
    sets are in force and no draft.
    """

    sid: str
    version: int
    enabled: bool
    settings: OptOutSettings

    @property
    def urls(self) -> ServiceUrls:
        """Where its inbound messages go."""
        app, fallback = self.settings.app_url, self.settings.app_fallback_url
        own = AppUrls(Target(app) if app else None, Target(fallback) if fallback else None)
        return ServiceUrls(own, self.settings.use_inbound_webhook_on_number)


@dataclass(frozen=True, slots=True)
class AccountState:
    """What is known of one account at one settings version: its pools, the newest settings of its services, and the
    apps' own URLs of senders (by key) and services whose webhooks at Twilio were led to the gateway.
    """

    pools: Pools = field(default_factory=Pools)
    services: Mapping[str, MessagingService] = field(default_factory=dict)
    adopted_senders: Mapping[str, AppUrls] = field(default_factory=dict)
    adopted_services: Mapping[str, AppUrls] = field(default_factory=dict)
    enforcements: Mapping[str, Enforcement] = field(init=False, repr=False, compare=False)
    """Whether services say themselves that what is decided is carried out."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "enforcements", enforcements_of(self.services))

    @property
    def version(self) -> int:
        """The account's settings version that all of it was read at."""
        return self.pools.version


def enforcements_of(services: Mapping[str, MessagingService]) -> dict[str, Enforcement]:
    """What those services say that say it: whether what is decided is carried out."""
    return {sid: own for sid, service in services.items() if (own := service.settings.enforcement) is not None}

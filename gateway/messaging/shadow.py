"""Where shadow mode is on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import Enforcement
from gateway.messaging.services import MessagingService


@dataclass(frozen=True, slots=True)
class ShadowPlaces:
    """What of an account is in shadow mode: the account itself, and the Messaging Services (SIDs) and senders (keys)
    that say so themselves. ``enforced`` are services and senders that are exempt from an account's shadow mode.
    """

    account: bool
    services: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    enforced: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is."""
        return self.account or bool(self.services) or bool(self.senders)


def places_of(policy: KeywordPolicy, services: Mapping[str, MessagingService]) -> ShadowPlaces:
    """Where an account's settings, and those of its services, say shadow."""
    stated = policy.senders_enforcement or {}
    of_services = {sid: service.settings.enforcement for sid, service in services.items()}
    in_account = policy.enforcement is Enforcement.SHADOW
    exempt = [sid for sid, own in (of_services | dict(stated)).items() if own is Enforcement.ON and in_account]
    return ShadowPlaces(
        account=in_account,
        services=tuple(sorted(sid for sid, own in of_services.items() if own is Enforcement.SHADOW)),
        senders=tuple(sorted(key for key, own in stated.items() if own is Enforcement.SHADOW)),
        enforced=tuple(sorted(exempt)),
    )

"""Which Messaging Service holds which sender, as far as it is known.

Known from webhooks, a sync with Twilio and the settings; where they disagree the union counts:
a sender that two sources place in two services is held by both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Pools:
    """The sender pools of one account.

    ``senders_of`` maps a Messaging Service SID to the keys of its senders. ``placed`` holds the keys of senders
    and the SIDs of services about which Twilio or the settings have been asked; what is in neither has no place
    yet. ``version`` is the account's settings version that this was read at. ``left`` maps a sender's key to the
    services that held it once, each with the instant (microseconds since 1970, UTC) until which it did.
    """

    version: int = 0
    senders_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    placed: frozenset[str] = frozenset()
    left: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def services_of(self, sender_key: str) -> frozenset[str]:
        """The services that hold a sender, by any of the sources."""
        return frozenset(sid for sid, senders in self.senders_of.items() if sender_key in senders)

    def knows(self, sender_key_or_service_sid: str) -> bool:
        """Whether the sender, or the service's whole pool, has its place."""
        return sender_key_or_service_sid in self.placed

    def including(self, service_sid: str, sender_key: str) -> Self:
        """These pools, with a sender that is now known to be in a service."""
        senders = self.senders_of.get(service_sid, frozenset()) | {sender_key}
        return replace(
            self,
            senders_of={**self.senders_of, service_sid: senders},
            placed=self.placed | {sender_key},
        )

    def with_sender_only_in(self, service_sid: str, sender_key: str) -> Self:
        """These pools as they were when a sender was in that one service, which is all that is known of then."""
        others = {sid: senders - {sender_key} for sid, senders in self.senders_of.items() if sid != service_sid}
        return replace(self, senders_of={**self.senders_of, **others}).including(service_sid, sender_key)

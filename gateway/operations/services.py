"""Messaging Services in an operator's hands: look, save, enable, disable, restore, import.

Each change is one more version of a service's settings, with who made it and why; none is ever altered. Before Advanced
Opt-Out is enabled what is saved is a draft; afterwards it is in force as it is saved, on every replica, before that is
told (the account's settings version rises in the same transaction).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.directory import Directory
from gateway.messaging.opt_out_diff import Difference, differences
from gateway.messaging.opt_out_rules import Fault
from gateway.messaging.opt_out_settings import DEFAULT_STANDARD, OptOutSettings, stated_senders
from gateway.messaging.opt_out_warnings import warnings_of
from gateway.messaging.services import MessagingService
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.records import ServiceVersion, TwilioService
from gateway.store.transaction import Transaction

MOST_VERSIONS: Final = 1_000  # shown at a time


class NoSuchVersion(Exception):
    """A service has no such version of its settings; the text says which there are."""


class Conflict(Exception):
    """Somebody else saved in between; the text names the version that is there now."""


@dataclass(frozen=True, slots=True)
class Document:
    """The settings of one service as they are written down, and whether Advanced Opt-Out is enabled with them; None:
    that stays as it is, so that what does not speak of it never takes keywords out of force.
    """

    settings: OptOutSettings
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change does, or would do: the service before (None: nothing was set) and after, what differs, and what is
    worth a warning. Where the order of keywords or languages alone differs, ``differences`` is empty.
    """

    service_sid: str
    before: MessagingService | None
    after: MessagingService
    differences: tuple[Difference, ...]
    warnings: tuple[Fault, ...]

    @property
    def changes(self) -> bool:
        """Whether anything changes: the settings have one version more after it."""
        return self.after.version > (self.before.version if self.before is not None else 0)


@dataclass(frozen=True, slots=True)
class KnownService:
    """A Messaging Service by all that is known: settings, what Twilio says, and the keys of its pool's senders."""

    sid: str
    service: MessagingService | None
    told: TwilioService | None
    senders: frozenset[str]

    @property
    def name(self) -> str:
        """What people call it: by its settings, else at Twilio."""
        own = self.service.settings.name if self.service is not None else ""
        return own or (self.told.friendly_name if self.told is not None else "")


class ServiceOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def known(self, account_sid: str) -> list[KnownService]:
        """Every service that the settings, Twilio or a pool tell of, by SID."""
        state = await self._directory.current(account_sid)
        told = {service.sid: service for service in await self._store.twilio_services(account_sid)}
        sids = sorted({*state.services, *told, *state.pools.senders_of})
        pools = state.pools.senders_of
        return [KnownService(sid, state.services.get(sid), told.get(sid), pools.get(sid, frozenset())) for sid in sids]

    async def service(self, account_sid: str, service_sid: str) -> KnownService:
        """One service, be anything known of it or not."""
        found = [known for known in await self.known(account_sid) if known.sid == service_sid]
        return found[0] if found else KnownService(service_sid, None, None, frozenset())

    async def versions(
        self, account_sid: str, service_sid: str, limit: int = MOST_VERSIONS, *, before: int | None = None
    ) -> list[ServiceVersion]:
        """Up to ``limit`` versions of a service's settings, newest first, from the one before ``before`` on."""
        return await self._store.service_versions(account_sid, service_sid, limit, before)

    async def version(self, account_sid: str, service_sid: str, version: int) -> ServiceVersion:
        """One version of a service's settings. Raises `NoSuchVersion`."""
        found = await self._store.service_version(account_sid, service_sid, version)
        if found is None:
            raise NoSuchVersion(f"the service has no version {version} of its settings")
        return found

    async def compare(self, account_sid: str, service_sid: str, before: int, after: int) -> tuple[Difference, ...]:
        """What differs between two versions. Raises `NoSuchVersion`."""
        one = await self.version(account_sid, service_sid, before)
        other = await self.version(account_sid, service_sid, after)
        return _differences(one.service, other.service)

    async def save(
        self,
        account_sid: str,
        service_sid: str,
        settings: OptOutSettings,
        by: Actor,
        reason: str | None = None,
        *,
        expected_version: int | None = None,
        dry_run: bool = False,
    ) -> Planned:
        """Save settings: a draft, or in force at once where Advanced Opt-Out is enabled. Raises `Conflict` when another
        version than the expected one is the newest.
        """

        def saved(before: MessagingService | None) -> Document:
            if expected_version is not None and expected_version != (before.version if before else 0):
                raise Conflict(f"the newest version is {before.version if before else 0}, not {expected_version}")
            return Document(settings)

        return await self._one(account_sid, service_sid, saved, "saved", by, reason, dry_run=dry_run)

    async def enable(
        self, account_sid: str, service_sid: str, by: Actor, reason: str | None = None, *, dry_run: bool = False
    ) -> Planned:
        """Put a service's keyword sets in force: the saved ones, else Twilio's presets."""
        return await self._switch(account_sid, service_sid, True, by, reason, dry_run=dry_run)

    async def disable(
        self, account_sid: str, service_sid: str, by: Actor, reason: str, *, dry_run: bool = False
    ) -> Planned:
        """Take a service's keyword sets out of force; they stay as a draft, and who is opted out stays so."""
        return await self._switch(account_sid, service_sid, False, by, reason, dry_run=dry_run)

    async def restore(
        self, account_sid: str, service_sid: str, version: int, by: Actor, reason: str | None = None, *,
        dry_run: bool = False,
    ) -> Planned:  # fmt: skip
        """Save the settings of an older version anew; whether they are enabled stays. Raises `NoSuchVersion`."""
        old = await self.version(account_sid, service_sid, version)
        why, wanted = reason or f"version {version}", _always(Document(old.service.settings))
        return await self._one(account_sid, service_sid, wanted, "restored", by, why, dry_run=dry_run)

    async def import_beside(
        self, account_sid: str, service_sid: str, wanted: "Wanted", by: Actor, reason: str | None, *, dry_run: bool
    ) -> Planned:
        """Save what is made of the settings that are there, nobody else's change coming between. Raises what
        ``wanted`` raises.
        """
        return await self._one(account_sid, service_sid, wanted, "imported", by, reason, dry_run=dry_run)

    async def import_all(
        self, account_sid: str, documents: Mapping[str, Document], by: Actor, reason: str | None, *, dry_run: bool
    ) -> list[Planned]:
        """Save all documents in one transaction, or none; those that change nothing make no version."""
        wanted = {sid: _always(document) for sid, document in documents.items()}

        async def unit(transaction: Transaction) -> list[Planned]:
            return await self._change(transaction, account_sid, wanted, "imported", by, reason, dry_run=dry_run)

        return await self._store.write(unit)

    # Inside

    async def _switch(
        self, account_sid: str, service_sid: str, enabled: bool, by: Actor, reason: str | None, *, dry_run: bool
    ) -> Planned:
        def switched(before: MessagingService | None) -> Document | None:
            if before is None and not enabled:
                return None
            settings = before.settings if before else OptOutSettings(standard=DEFAULT_STANDARD)
            return Document(settings, enabled)

        change = "enabled" if enabled else "disabled"
        return await self._one(account_sid, service_sid, switched, change, by, reason, dry_run=dry_run)

    async def _one(
        self, account_sid: str, service_sid: str, wanted: "Wanted", change: str, by: Actor, reason: str | None, *,
        dry_run: bool,
    ) -> Planned:  # fmt: skip
        async def unit(transaction: Transaction) -> Planned:
            (planned,) = await self._change(
                transaction, account_sid, {service_sid: wanted}, change, by, reason, dry_run=dry_run
            )
            return planned

        return await self._store.write(unit)

    async def _change(
        self,
        transaction: Transaction,
        account_sid: str,
        wanted: Mapping[str, "Wanted"],
        change: str,
        by: Actor,
        reason: str | None,
        *,
        dry_run: bool,
    ) -> list[Planned]:
        """Plan the change of each service and, unless it is a trial, write those that change anything."""
        state = await self._directory.state_in(transaction, account_sid)
        plans = []
        for sid, document_of in wanted.items():
            before = state.services.get(sid)
            plans.append(_planned(sid, before, document_of(before), state.pools.senders_of.get(sid, frozenset())))
        changing = [planned for planned in plans if planned.changes]
        if dry_run or not changing:
            return plans
        settings_version = await transaction.raise_settings_version(account_sid)
        for planned in changing:
            await self._note_who_left(transaction, account_sid, planned)
            version = ServiceVersion(planned.after, change, by.name, by.role, reason, settings_version, self._clock())
            await transaction.add_service_version(account_sid, version)
        return plans

    async def _note_who_left(self, transaction: Transaction, account_sid: str, planned: Planned) -> None:
        """Senders that the settings state no longer: an opt-out of the service goes on covering them."""
        if planned.before is None:
            return
        gone = stated_senders(planned.before.settings) - stated_senders(planned.after.settings)
        elsewhere = (await transaction.pools(account_sid)).senders_of.get(planned.service_sid, frozenset())
        await transaction.left(account_sid, planned.service_sid, sorted(gone - elsewhere), self._clock())


Wanted = Callable[[MessagingService | None], Document | None]
"""What is to be written, given what is there now; None: it stays as it is."""


def _always(document: Document) -> Wanted:
    return lambda _: document


def _planned(
    service_sid: str, before: MessagingService | None, document: Document | None, senders: frozenset[str]
) -> Planned:
    old = before or MessagingService(service_sid, 0, False, OptOutSettings())
    if document is None:
        return Planned(service_sid, before, old, (), ())
    enabled = old.enabled if document.enabled is None else document.enabled
    same = before is not None and enabled == old.enabled and _written(document.settings) == _written(old.settings)
    after = MessagingService(service_sid, old.version + (0 if same else 1), enabled, document.settings)
    told = tuple(warnings_of(document.settings, senders | stated_senders(document.settings)))
    return Planned(service_sid, before, after, _differences(before, after), told)


def _written(settings: OptOutSettings) -> str:
    """Settings in the form that is kept, in which the order of keywords and languages counts."""
    return settings.model_dump_json(exclude_none=True)


def _differences(before: MessagingService | None, after: MessagingService) -> tuple[Difference, ...]:
    """What differs, being enabled included."""
    switched: Sequence[Difference] = ()
    was = before.enabled if before else False
    if was != after.enabled:
        switched = (Difference("enabled", str(was).lower(), str(after.enabled).lower()),)
    return (*switched, *differences(before.settings if before else None, after.settings))

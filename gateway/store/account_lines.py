"""The lines of a transaction about accounts: pools, services and their settings, the review list."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import orjson

from gateway.messaging.optouts import RecipientKey
from gateway.messaging.pools import Pools
from gateway.messaging.services import AccountState
from gateway.messaging.targets import AppUrls, Webhook
from gateway.store import statements as sql
from gateway.store.read_ahead import ReadAhead
from gateway.store.records import (
    ReviewItem,
    ServiceVersion,
    TwilioService,
    review_item_of,
    service_of,
    service_version_of,
)

Run = Callable[..., Awaitable[list[tuple[Any, ...]]]]
"""Runs one statement with its values and gives its rows."""

REVIEW_ITEM_COLUMNS: Final = (
    "review_id", "message_sid", "recipient", "sender", "service_sid", "body", "language", "rule", "received_at",
)  # fmt: skip


class AccountLines:
    """What a transaction does with them; it has ``_run`` and ``_ahead``."""

    _run: Run
    _ahead: ReadAhead | None

    # Pools and settings

    async def settings_version(self, account_sid: str) -> int:
        """How new the account's pools and settings are; 0 when there are none."""
        if self._ahead is not None and self._ahead.key.account_sid == account_sid:
            return self._ahead.settings_version
        rows = await self._run(sql.SETTINGS_VERSION, {"account_sid": account_sid})
        return int(rows[0][0]) if rows else 0

    async def place(
        self, account_sid: str, service_sid: str, sender_keys: tuple[str, ...], learned_from: str, now: int
    ) -> bool:
        """Put senders into a service's pool; true when that was news."""
        values = {"account_sid": account_sid, "learned_from": learned_from, "learned_at": now}
        news = False
        for sender_key in sender_keys:
            row = values | {"service_sid": service_sid, "sender_key": sender_key}
            news |= bool(await self._run(sql.PUT_POOL_SENDER, row))
        return news

    async def mark_placed(self, account_sid: str, names: tuple[str, ...], now: int) -> bool:
        """Note that it has been asked where these senders and services stand; true when that was news."""
        news = False
        for name in names:
            values = {"account_sid": account_sid, "name": name, "placed_at": now}
            news |= bool(await self._run(sql.PUT_PLACEMENT, values))
        return news

    async def pools(self, account_sid: str) -> Pools:
        """The account's sender pools and its settings version, as this transaction sees them."""
        return await stored_pools(self._run, account_sid)

    async def account_state(self, account_sid: str) -> AccountState:
        """The account's pools and the newest settings of its services, as this transaction sees them."""
        return await stored_state(self._run, account_sid)

    async def left(self, account_sid: str, service_sid: str, sender_keys: Iterable[str], now: int) -> None:
        """Note that senders were in a service until now; who is opted out of it stays so at these senders."""
        for sender_key in sender_keys:
            values = {"account_sid": account_sid, "service_sid": service_sid, "sender_key": sender_key, "left_at": now}
            await self._run(sql.PUT_FORMER_SENDER, values)

    async def put_twilio_services(self, account_sid: str, services: Iterable[TwilioService], now: int) -> None:
        """Keep what Twilio says of the account's services in the place of what it said before."""
        await self._run(sql.FORGET_TWILIO_SERVICES, {"account_sid": account_sid})
        for service in services:
            values = {
                "account_sid": account_sid,
                "service_sid": service.sid,
                "friendly_name": service.friendly_name,
                "drops_incoming": service.drops_incoming,
                "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
                "read_at": now,
            }
            await self._run(sql.PUT_TWILIO_SERVICE, values)

    async def twilio_services(self, account_sid: str) -> list[TwilioService]:
        """What Twilio said last of the account's services."""
        rows = await self._run(sql.TWILIO_SERVICES, {"account_sid": account_sid})
        return [TwilioService(sid, name, bool(drops), bool(deferred), at) for sid, name, drops, deferred, at in rows]

    async def add_service_version(self, account_sid: str, version: ServiceVersion) -> None:
        """Write one version of a service's settings."""
        service = version.service
        await self._run(
            sql.ADD_SERVICE_VERSION,
            {
                "account_sid": account_sid,
                "service_sid": service.sid,
                "version": service.version,
                "enabled": service.enabled,
                "settings": service.settings.model_dump_json(exclude_none=True),
                "change": version.change,
                "actor": version.actor,
                "role": version.role,
                "reason": version.reason,
                "settings_version": version.settings_version,
                "saved_at": version.saved_at,
            },
        )

    async def service_version(self, account_sid: str, service_sid: str, version: int) -> ServiceVersion | None:
        """One version of a service's settings; None when there is no such."""
        values = {"account_sid": account_sid, "service_sid": service_sid, "version": version}
        rows = await self._run(sql.SERVICE_VERSION, values)
        return service_version_of(rows[0]) if rows else None

    async def forget_pools(self, account_sid: str, *, before: int) -> None:
        """Drop what was said about the account's pools up to an instant."""
        await self._run(sql.FORGET_POOL_SENDERS, {"account_sid": account_sid, "before": before})

    async def forget_placements(self, account_sid: str) -> None:
        """Let no sender and no service of the account have a place any more."""
        await self._run(sql.FORGET_PLACEMENTS, {"account_sid": account_sid})

    async def raise_settings_version(self, account_sid: str) -> int:
        """Make every replica read the account's pools and settings again before it decides."""
        return int((await self._run(sql.RAISE_SETTINGS_VERSION, {"account_sid": account_sid}))[0][0])

    # Review list

    async def add_review_item(self, item: ReviewItem) -> None:
        """Put a message on the review list."""
        values = {name: getattr(item, name) for name in REVIEW_ITEM_COLUMNS}
        words = orjson.dumps(item.words).decode()
        await self._run(sql.ADD_REVIEW_ITEM, values | columns_of(item.key) | {"words": words})

    async def review_item(self, review_id: str) -> ReviewItem | None:
        """One item of the review list; None when there is no such."""
        rows = await self._run(sql.REVIEW_ITEM, {"review_id": review_id})
        return review_item_of(rows[0]) if rows else None

    async def decide_review_item(
        self, review_id: str, state: str, *, actor: str, reason: str | None, event_id: str | None, now: int
    ) -> bool:
        """Close an item as ``accepted`` or ``dismissed`` and drop its body; false when somebody has decided already."""
        values = {"review_id": review_id, "state": state, "actor": actor, "reason": reason, "event_id": event_id}
        return bool(await self._run(sql.DECIDE_REVIEW_ITEM, values | {"now": now}))

    async def forget_review_bodies(self, before: int, limit: int) -> int:
        """Drop bodies (not items) of messages received before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_REVIEW_BODIES, {"before": before, "limit": limit}))


async def stored_pools(run: Run, account_sid: str) -> Pools:
    """The account's sender pools, by a connection whose reads see one state of the store."""
    values = {"account_sid": account_sid}
    versions = await run(sql.SETTINGS_VERSION, values)
    senders: dict[str, set[str]] = {}
    for service_sid, sender_key in await run(sql.POOL_SENDERS, values):
        senders.setdefault(service_sid, set()).add(sender_key)
    left: dict[str, dict[str, int]] = {}
    for sender_key, service_sid, left_at in await run(sql.FORMER_SENDERS, values):
        if sender_key not in senders.get(service_sid, ()):  # one that came back is covered by the service again
            left.setdefault(sender_key, {})[service_sid] = left_at
    return Pools(
        version=versions[0][0] if versions else 0,
        senders_of={sid: frozenset(keys) for sid, keys in senders.items()},
        placed=frozenset(name for (name,) in await run(sql.PLACEMENTS, values)),
        left=left,
    )


async def stored_state(run: Run, account_sid: str) -> AccountState:
    """The account's pools and services, by a connection whose reads see one state of the store."""
    pools = await stored_pools(run, account_sid)
    rows = await run(sql.SERVICES, {"account_sid": account_sid})
    senders: dict[str, AppUrls] = {}
    services: dict[str, AppUrls] = {}
    for kind, sid, name, app in await run(sql.APPS_OF_WEBHOOKS, {"account_sid": account_sid}):
        of_service = kind == "service"
        (services if of_service else senders)[sid if of_service else name] = Webhook(**orjson.loads(app)).urls
    return AccountState(pools, {service.sid: service for service in map(service_of, rows)}, senders, services)


def columns_of(key: RecipientKey) -> dict[str, object]:
    """The columns of a recipient's key."""
    return {"account_sid": key.account_sid, "channel": key.channel, "recipient_key": key.recipient_key}

"""The lines of a transaction about webhooks at Twilio that were led to the gateway: what was, and what is."""

from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

from gateway.messaging.targets import Webhook
from gateway.store.account_lines import Run

ADOPTING: Final = "adopting"  # Twilio may, or may not, have been told
ADOPTED: Final = "adopted"
REVERTED: Final = "reverted"

COLUMNS: Final = """
SELECT account_sid, sid, kind, name, state, before, app, ours, actor, changed_at FROM adopted_webhooks
"""
ADOPTED_WEBHOOKS: Final = f"{COLUMNS} WHERE account_sid = :account_sid ORDER BY kind, name"
ALL_ADOPTED_WEBHOOKS: Final = f"{COLUMNS} WHERE state <> 'reverted' ORDER BY account_sid, sid"

PUT_ADOPTED_WEBHOOK: Final = """
INSERT INTO adopted_webhooks (account_sid, sid, kind, name, state, before, app, ours, actor, changed_at)
VALUES (:account_sid, :sid, :kind, :name, :state, :before, :app, :ours, :actor, :changed_at)
ON CONFLICT (account_sid, sid) DO UPDATE
   SET kind = excluded.kind, name = excluded.name, state = excluded.state, before = excluded.before,
       app = excluded.app, ours = excluded.ours, actor = excluded.actor, changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class AdoptedWebhook:
    """A webhook at Twilio that leads to the gateway: of which resource (``kind`` and SID; ``name`` is the sender's key
    or the service's name), what it was ``before``, where its ``app`` is now, and what Twilio was told (``ours``). URLs
    may hold a password. ``changed_at`` is in microseconds since 1970, UTC.
    """

    account_sid: str
    sid: str
    kind: str
    name: str
    state: str
    before: Webhook = field(repr=False)
    app: Webhook = field(repr=False)
    ours: Webhook = field(repr=False)
    actor: str
    changed_at: int


class WebhookLines:
    """What a transaction does with them; it has ``_run``."""

    _run: Run

    async def adopted_webhooks(self, account_sid: str) -> list[AdoptedWebhook]:
        """All of an account, those that were reverted too."""
        return [adopted_webhook_of(row) for row in await self._run(ADOPTED_WEBHOOKS, {"account_sid": account_sid})]

    async def put_adopted_webhook(self, webhook: AdoptedWebhook) -> None:
        """Keep one in the place of what was known of it."""
        values = {name: getattr(webhook, name) for name in AdoptedWebhook.__slots__}
        written = {name: orjson.dumps(asdict(values[name])).decode() for name in ("before", "app", "ours")}
        await self._run(PUT_ADOPTED_WEBHOOK, values | written)


def adopted_webhook_of(row: tuple[object, ...]) -> AdoptedWebhook:
    """Read the columns of one."""
    account_sid, sid, kind, name, state, before, app, ours, actor, changed_at = row
    was, now, told = (Webhook(**orjson.loads(str(text))) for text in (before, app, ours))
    texts = (str(account_sid), str(sid), str(kind), str(name), str(state))
    return AdoptedWebhook(*texts, was, now, told, str(actor), int(str(changed_at)))

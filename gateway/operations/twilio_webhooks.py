"""Leading an account's webhooks at Twilio to the gateway, and back.

What Twilio has is written down before it is told anything else, and is where messages are relayed to from then on. Each
resource is a step of its own, kept as ``adopting`` until Twilio has taken it: a run that was killed goes on from what
is kept and what Twilio holds. Whatever Twilio holds that is neither ours nor what was kept is somebody else's doing,
and left alone.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urldefrag, urlsplit

from gateway.directory import Account
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender
from gateway.messaging.targets import Method, Webhook
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction
from gateway.store.webhook_lines import ADOPTED, ADOPTING, REVERTED, AdoptedWebhook
from gateway.twilio.lists import items_of
from gateway.twilio.rest import basic
from gateway.twilio.upstreams import Upstreams
from gateway.twilio.webhook_resources import PRODUCT, ResourceKind, path_of, tell, webhook_in

LEASE: Final = 60 * 1_000_000  # microseconds, prolonged with each step
INBOUND: Final = "/inbound"
CAN_TEXT: Final = ("sms", "SMS")
NUMBERS: Final = "/2010-04-01/Accounts/{sid}"
LISTS: Final = (
    (ResourceKind.NUMBER, f"{NUMBERS}/IncomingPhoneNumbers.json?PageSize=1000", "incoming_phone_numbers"),
    (ResourceKind.SHORT_CODE, f"{NUMBERS}/SMS/ShortCodes.json?PageSize=1000", "short_codes"),
    (ResourceKind.SERVICE, "/v1/Services?PageSize=1000", "services"),
    (ResourceKind.CHANNEL_SENDER, "/v2/Channels/Senders?Channel=whatsapp&PageSize=100", "senders"),
    (ResourceKind.CHANNEL_SENDER, "/v2/Channels/Senders?Channel=rcs&PageSize=100", "senders"),
)


class Action(StrEnum):
    """What is done with a webhook: led to the gateway, put back, kept in the store only, left as it is, or refused."""

    ADOPT = "adopt"
    REVERT = "revert"
    NOTE = "note"
    NOTHING = "nothing"
    CONFLICT = "conflict"


class UnderWay(Exception):
    """Somebody else leads the account's webhooks at this moment."""


@dataclass(frozen=True, slots=True)
class Step:
    """One webhook, what is done with it and why; ``there`` is what Twilio has, ``then`` what it is told or keeps.
    ``kept`` is what the store knows of it.
    """

    action: Action
    kind: ResourceKind
    sid: str
    name: str
    why: str
    there: Webhook
    then: Webhook
    kept: AdoptedWebhook | None = None


class WebhookOperations:
    """The operations. ``refusal_of_url`` says why an app's URL could not be asked; ``clock`` gives microseconds since
    1970, UTC. Each raises `UpstreamError`, and `StoreError`.
    """

    def __init__(
        self,
        store: Store,
        upstreams: Upstreams,
        public_url: str,
        refusal_of_url: Callable[[str], str | None],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._upstreams = upstreams
        self._ours = Webhook(public_url + INBOUND, Method.POST, public_url + INBOUND, Method.POST)
        self._refusal_of_url = refusal_of_url
        self._clock = clock
        self._holder = new_id(clock())

    async def planned(self, account: Account, *, revert: bool) -> list[Step]:
        """What would be done with each webhook of an account; nothing is changed."""
        kept = {each.sid: each for each in await self._store.adopted_webhooks(account.sid)}
        judge = self._to_revert if revert else self._to_adopt
        steps = [
            judge(kind, resource, name, webhook_in(kind, resource), kept.get(str(resource.get("sid"))))
            async for kind, resource, name in self._resources(account)
        ]
        return steps + [_gone(each) for sid, each in kept.items() if sid not in {step.sid for step in steps}]

    async def carry_out(self, account: Account, steps: Iterable[Step], by: Actor) -> AsyncIterator[Step]:
        """Do what was planned, step by step; gives each when it is done. Raises `UnderWay`."""
        await self._take_lease(account, LEASE)
        try:
            for step in steps:
                await self._take_lease(account, LEASE)
                await self._carry_out(account, step, by)
                yield step
        finally:
            await self._take_lease(account, 0)

    async def _carry_out(self, account: Account, step: Step, by: Actor) -> None:
        if step.action is Action.ADOPT:
            await self._keep(account, step, ADOPTING, by)
            await self._tell(account, step)
            await self._keep(account, step, ADOPTED, by)
        elif step.action is Action.REVERT:
            await self._tell(account, step)
            await self._keep(account, step, REVERTED, by)
        elif step.action is Action.NOTE:
            await self._keep(account, step, ADOPTED if step.then == step.there == self._ours else REVERTED, by)

    async def _take_lease(self, account: Account, for_microseconds: int) -> None:
        """Keep others from leading the account's webhooks, or, for no time, let them. Raises `UnderWay`."""
        now = self._clock()

        async def unit(transaction: Transaction) -> bool:
            name, until = f"webhooks {account.sid}", now + for_microseconds
            return await transaction.take_lease(name, self._holder, now=now, held_until=until)

        if not await self._store.write(unit):
            raise UnderWay("the account's webhooks are being led already, or that was killed less than a minute ago")

    async def _resources(self, account: Account) -> AsyncIterator[tuple[ResourceKind, dict[str, Any], str]]:
        authorization = basic(account.sid, account.auth_tokens[0])
        for kind, target, key in LISTS:
            upstream = self._upstreams.to(PRODUCT[kind], account.origins)
            async for resource in items_of(upstream, target.format(sid=account.sid), authorization, key):
                yield kind, resource, _name_of(kind, resource)

    def _to_adopt(
        self, kind: ResourceKind, resource: dict[str, Any], name: str, there: Webhook, kept: AdoptedWebhook | None
    ) -> Step:
        def step(action: Action, why: str, then: Webhook = there) -> Step:
            return Step(action, kind, str(resource.get("sid")), name, why, there, then, kept)

        if kept is not None and kept.state != REVERTED and there in (kept.ours, self._ours):
            if there != self._ours:
                return step(Action.ADOPT, "public_url is another now", self._ours)
            if kept.state == ADOPTING or kept.ours != self._ours:
                return step(Action.NOTE, "Twilio has taken it; a run was broken off", self._ours)
            return step(Action.NOTHING, "it leads to the gateway")
        if kept is not None and kept.state == REVERTED and there == kept.ours == self._ours:
            return step(Action.NOTE, "it leads to the gateway again", self._ours)
        if kept is not None and kept.state == ADOPTED and there != kept.app:  # else a revert was broken off
            return step(Action.CONFLICT, f"somebody led it to {_host(there.url)} since; put back {self._ours.url}")
        if urldefrag(there.url).url == self._ours.url:
            return step(Action.NOTHING, "it leads to the gateway; who else would be relayed to is not known")
        return next(self._refusals(step, kind, resource, there), step(Action.ADOPT, "", self._ours))

    def _refusals(
        self, step: Callable[[Action, str], Step], kind: ResourceKind, resource: dict[str, Any], there: Webhook
    ) -> Iterator[Step]:
        """Why a webhook that is not ours yet is not led to the gateway."""
        told = resource.get("capabilities") or {}
        if not any(told.get(name, kind is not ResourceKind.NUMBER or not told) for name in CAN_TEXT):
            yield step(Action.NOTHING, "it takes no messages")
        if resource.get("sms_application_sid"):
            yield step(Action.CONFLICT, "a TwiML application says where its messages go; take it off the number first")
        if resource.get("use_inbound_webhook_on_number"):
            yield step(Action.NOTHING, "it defers to its senders' webhooks")
        if {there.method, there.fallback_method} - set(Method):
            yield step(Action.CONFLICT, "its app is asked by another method than POST or GET")
        for url in (there.url, there.fallback_url):
            refusal = self._refusal_of_url(url) if url else None
            if refusal is not None:
                yield step(Action.CONFLICT, f"the gateway may not ask its app at {_host(url)}: {refusal}")

    def _to_revert(
        self, kind: ResourceKind, resource: dict[str, Any], name: str, there: Webhook, kept: AdoptedWebhook | None
    ) -> Step:
        def step(action: Action, why: str, then: Webhook = there) -> Step:
            return Step(action, kind, str(resource.get("sid")), name, why, there, then, kept)

        if kept is None or kept.state == REVERTED:
            return step(Action.NOTHING, "it was not led to the gateway")
        if there in (kept.ours, self._ours):
            return step(Action.REVERT, "", kept.app)
        if there == kept.app:
            return step(Action.NOTE, "it is as it was already")
        return step(Action.CONFLICT, f"somebody led it to {_host(there.url)} since; it is left alone")

    async def _tell(self, account: Account, step: Step) -> None:
        upstream = self._upstreams.to(PRODUCT[step.kind], account.origins)
        target = path_of(step.kind, account.sid, step.sid)
        await tell(upstream, target, step.kind, step.then, basic(account.sid, account.auth_tokens[0]))

    async def _keep(self, account: Account, step: Step, state: str, by: Actor) -> None:
        """Keep how far a step has come; every replica relays by it from its next message on."""
        now, kept = self._clock(), step.kept
        if kept is None or (step.action is Action.ADOPT and step.there != kept.ours):
            kept = AdoptedWebhook(
                account.sid, step.sid, step.kind, step.name, state, step.there, step.there, step.then, by.name, now
            )
        is_there_still = state == ADOPTING and step.there == kept.ours  # by another public_url, until Twilio is told
        ours = kept.ours if state == REVERTED or is_there_still else step.then
        kept = replace(kept, name=step.name, state=state, ours=ours, actor=by.name, changed_at=now)

        async def unit(transaction: Transaction) -> None:
            await transaction.put_adopted_webhook(kept)
            await transaction.raise_settings_version(account.sid)

        await self._store.write(unit)


def _gone(kept: AdoptedWebhook) -> Step:
    why = "Twilio has it no more"
    return Step(Action.NOTHING, ResourceKind(kept.kind), kept.sid, kept.name, why, kept.ours, kept.ours, kept)


def _name_of(kind: ResourceKind, resource: dict[str, Any]) -> str:
    """A sender's key, a service's name."""
    if kind is ResourceKind.SERVICE:
        return str(resource.get("friendly_name") or "")
    name = next((resource[key] for key in ("phone_number", "short_code", "sender_id") if resource.get(key)), "")
    try:
        return read_sender(str(name), None).key
    except UnreadableAddress:
        return str(name)


def _host(url: str) -> str:
    """What of a URL may be told: its host, as the rest may hold a password."""
    return urlsplit(url).hostname or "nowhere"


__all__ = ["Action", "Step", "UnderWay", "WebhookOperations"]

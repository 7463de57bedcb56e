"""What apps see and set of webhooks at Twilio that lead to the gateway: their own URLs, and never the gateway's.

A program that sets a URL and reads it back, as Terraform does, finds what it set. The gateway keeps it as where
messages are relayed to, and tells Twilio its own again. Kept is only what Twilio has taken, as that proves who asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from gateway.flows.outcome import Answer
from gateway.flows.request import Request
from gateway.messaging.targets import Method, Webhook
from gateway.store import Store, StoreError
from gateway.store.transaction import Transaction
from gateway.store.webhook_lines import AdoptedWebhook
from gateway.twilio.errors import AMBIGUOUS, INVALID_PARAMETER, STORE_AWAY, TrafficError
from gateway.twilio.forms import demand_form, demand_single, read_form
from gateway.twilio.paths import Call
from gateway.twilio.webhook_resources import (
    MEMBERS,
    PARAMETERS,
    TAKEN,
    WEBHOOK,
    ResourceKind,
    kind_of,
    show,
    webhook_in,
)

APPLICATION: Final = "SmsApplicationSid"
ROLES: Final = ("url", "method", "fallback_url", "fallback_method")


class OwnUrls:
    """Changes calls about webhooks on their way to Twilio, and their answers. ``clock``: microseconds since 1970."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    def concern(self, call: Call) -> bool:
        """Whether a call is about resources that have webhooks; its answer is to be read then."""
        return kind_of(call.product, call.path) is not None

    async def rewritten(self, call: Call, request: Request, body: bytes) -> tuple[bytes, AdoptedWebhook | None]:
        """The body as Twilio gets it, and what is to be kept once it has taken it. Raises `TrafficError`."""
        named = kind_of(call.product, call.path)
        if named is None or named[1] is None or request.method in {"GET", "DELETE"}:
            return body, None
        kind, sid = named
        kept = (await self._adopted()).get(sid or "")
        if kept is None or call.account_sid not in {None, kept.account_sid}:
            return body, None
        if request.query:
            raise TrafficError(AMBIGUOUS, "this resource takes its parameters in the body, none in the URL")
        return _of_json(kept, body) if kind is ResourceKind.CHANNEL_SENDER else _of_form(kept, kind, request, body)

    async def answered(self, call: Call, answer: Answer, changed: AdoptedWebhook | None) -> Answer:
        """The answer with the apps' own URLs in it; what Twilio has taken is kept first. Raises `TrafficError`."""
        named = kind_of(call.product, call.path)
        if named is None or answer.status not in TAKEN:
            return answer
        if changed is not None:
            await self._keep(changed)
        adopted = await self._adopted()
        if not adopted:
            return answer
        try:
            document = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            return answer
        for resource in _resources_in(document):
            kept = adopted.get(str(resource.get("sid")))
            if kept is not None and webhook_in(named[0], resource) == kept.ours:
                show(named[0], resource, kept.app)
        return replace(answer, body=orjson.dumps(document))

    async def _adopted(self) -> dict[str, AdoptedWebhook]:
        try:
            return {each.sid: each for each in await self._store.all_adopted_webhooks()}
        except StoreError as error:
            raise TrafficError(STORE_AWAY, str(error)) from error

    async def _keep(self, changed: AdoptedWebhook) -> None:
        async def unit(transaction: Transaction) -> None:
            await transaction.put_adopted_webhook(replace(changed, changed_at=self._clock()))
            await transaction.raise_settings_version(changed.account_sid)

        try:
            await self._store.write(unit)
        except StoreError as error:
            raise TrafficError(STORE_AWAY, str(error)) from error


def _of_form(
    kept: AdoptedWebhook, kind: ResourceKind, request: Request, body: bytes
) -> tuple[bytes, AdoptedWebhook | None]:
    if not body:
        return body, None
    demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
    form = read_form(body)
    names = PARAMETERS[kind]
    demand_single(form, (*names, APPLICATION))
    if form.get(APPLICATION):
        raise TrafficError(INVALID_PARAMETER, f"'{APPLICATION}' would lead messages past the gateway")
    given = {role: value for role, name in zip(ROLES, names, strict=True) if (value := form.get(name)) is not None}
    app = _app(kept.app, given, dict(zip(ROLES, names, strict=True)))
    ours = {name: getattr(kept.ours, role) for role, name in zip(ROLES, names, strict=True)}
    return form.having(ours).encoded(), replace(kept, app=app) if given else None


def _of_json(kept: AdoptedWebhook, body: bytes) -> tuple[bytes, AdoptedWebhook | None]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise TrafficError(INVALID_PARAMETER, "the body is no JSON") from None
    webhook = document.get(WEBHOOK) if isinstance(document, dict) else None
    if not isinstance(webhook, dict):
        return body, None
    names = dict(zip(ROLES, MEMBERS[ResourceKind.CHANNEL_SENDER], strict=True))
    given = {role: str(webhook[name] or "") for role, name in names.items() if name in webhook}
    app = _app(kept.app, given, names)
    webhook |= {name: getattr(kept.ours, role) for role, name in names.items() if role in given}
    return orjson.dumps(document), replace(kept, app=app) if given else None


def _app(app: Webhook, given: dict[str, str], names: dict[str, str]) -> Webhook:
    """Where an app wants its messages now. Raises `TrafficError` for what nobody could be asked by."""
    for role, value in given.items():
        if role.endswith("method") and value not in set(Method):
            raise TrafficError(INVALID_PARAMETER, f"'{names[role]}' must be POST or GET behind the gateway")
        if role.endswith("url") and value and not _is_web(value):
            raise TrafficError(INVALID_PARAMETER, f"'{names[role]}' must be an http or https URL")
    return replace(app, **given)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _resources_in(document: Any) -> Iterator[dict[str, Any]]:
    """The resources of an answer: itself, or the items of its list."""
    if not isinstance(document, dict):
        return
    if "sid" in document:
        yield document
    for value in document.values():
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, dict))

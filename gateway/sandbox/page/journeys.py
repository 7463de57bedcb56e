"""The way of each message, told step by step from what the sandbox and the app behind the gateway saw on the wire.

What happened inside of the gateway is never guessed: it is told where somebody gave evidence of it (`AppSide`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from gateway.sandbox.addresses import phone_of
from gateway.sandbox.app_side import RecordedSend
from gateway.sandbox.journal import RecordedRequest, RecordedWebhook
from gateway.sandbox.page.handsets import is_taken
from gateway.sandbox.sample_app import ReceivedWebhook
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.state import Message

SHOWN: Final = 20
"""Journeys on the page, the newest ones."""

_READ_OF_APP: Final = 500
_DONE: Final = frozenset({"delivered", "sent", "received"})
_STOPPED: Final = frozenset({"failed", "undelivered", "canceled"})
_OPTED_OUT: Final = 21610

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, a sentence, and what stood on the wire."""

    title: str
    text: str
    quote: str = ""
    tone: str = ""
    """good, bad or warn; empty for none of these."""

    fields: Pairs = ()
    document: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """A message's way; `id` is its SID where it has one, `outcome` its end in a word or two."""

    id: str
    at: datetime
    title: str
    outcome: str
    tone: str
    steps: tuple[Step, ...]
    redeliverable: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of all messages, by SID."""

    webhooks: Mapping[str, list[RecordedWebhook]]
    relayed: Mapping[str, list[ReceivedWebhook]]
    statuses: Mapping[str, list[ReceivedWebhook]]
    replies: Mapping[str, list[Message]]
    evidence: Mapping[str, Pairs]


def journeys_of(
    simulation: Simulation, webhooks: Mapping[str, list[RecordedWebhook]], evidence: Mapping[str, Pairs]
) -> list[Journey]:
    """The newest journeys, the newest first."""
    app = simulation.app_side.app
    seen = _Seen(
        webhooks,
        _by_message(() if app is None else app.received[-_READ_OF_APP:]),
        _by_message(() if app is None else app.statuses[-_READ_OF_APP:]),
        _replies(simulation),
        evidence,
    )
    sends = [_of_send(simulation, each, seen) for each in simulation.send_journal.last(SHOWN)]
    told = {journey.id for journey in sends}
    inbound = [_of_inbound(simulation, each, seen) for each in simulation.inbound.recent(SHOWN)]
    foreign = [_of_foreign_send(each, seen) for each in _outbound(simulation) if each.sid not in told]
    return sorted([*sends, *inbound, *foreign], key=lambda journey: journey.at, reverse=True)[:SHOWN]


def _by_message(webhooks: Iterable[ReceivedWebhook]) -> dict[str, list[ReceivedWebhook]]:
    found: dict[str, list[ReceivedWebhook]] = {}
    for webhook in webhooks:
        found.setdefault(webhook.params.get("MessageSid", ""), []).append(webhook)
    return found


def _replies(simulation: Simulation) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in _newest(simulation, 5 * SHOWN):
        if message.in_reply_to is not None:
            found.setdefault(message.in_reply_to, []).insert(0, message)
    return found


def _outbound(simulation: Simulation) -> Iterator[Message]:
    return (each for each in _newest(simulation, 5 * SHOWN) if each.direction == "outbound-api")


def _newest(simulation: Simulation, count: int) -> Iterator[Message]:
    messages = reversed(simulation.world.messages.values())
    return (message for message, _ in zip(messages, range(count), strict=False))


def _of_inbound(simulation: Simulation, message: Message, seen: _Seen) -> Journey:
    webhooks = seen.webhooks.get(message.sid, [])
    relays = seen.relayed.get(message.sid, [])
    steps = [
        Step("Phone", f"{phone_of(message.sender or '')} writes to {message.to}", quote=message.body),
        *map(_webhook_step, webhooks),
        *(Step(title, text) for title, text in seen.evidence.get(message.sid, ())),
        *(_reply_step(each) for each in seen.replies.get(message.sid, ())),
        *map(_relay_step, relays),
    ]
    if simulation.app_side.app is not None and webhooks and not relays:
        steps.append(Step("Relay", "the app has not got it so far", tone="warn"))
    outcome, tone = _end_of_inbound(webhooks, relays, seen.evidence.get(message.sid, ()))
    return Journey(message.sid, message.created, "From a phone", outcome, tone, tuple(steps), redeliverable=True)


def _end_of_inbound(webhooks: list[RecordedWebhook], relays: list[ReceivedWebhook], evidence: Pairs) -> tuple[str, str]:
    if not webhooks:
        return "on its way", ""
    if not is_taken(webhooks[-1]):
        return "webhook failed", "bad"
    changed = dict(evidence).get("Change", "").partition(":")[0]
    if changed:
        return changed, "news"
    return ("relayed", "good") if relays else ("webhook taken", "good")


def _webhook_step(webhook: RecordedWebhook) -> Step:
    took = f"{webhook.seconds * 1000:.0f} ms"
    answered = f"answered {webhook.status} after {took}" if webhook.status else f"no answer after {took}"
    complaint = f"; {webhook.error}" if webhook.error else ""
    own = dict(webhook.params).get("OptOutType")
    by_twilio = f"; Twilio itself says OptOutType {own}" if own else ""
    return Step(
        "Webhook" if webhook.kind == "inbound" else f"Webhook ({webhook.kind})",
        f"{webhook.method} {_short(webhook.url)}, {answered}{complaint}{by_twilio}",
        tone="good" if is_taken(webhook) else "bad",
        fields=webhook.params,
        document=webhook.body,
    )


def _reply_step(message: Message) -> Step:
    code = f", error {message.error_code}" if message.error_code else ""
    text = f"{message.status}{code}: from {message.sender} to {message.to}"
    return Step("Reply", text, quote=message.body, tone="bad" if message.error_code else "good")


def _relay_step(webhook: ReceivedWebhook) -> Step:
    kind = webhook.params.get("OptOutType")
    meaning = f"with OptOutType {kind}" if kind else "without OptOutType"
    text = f"the app got the webhook {meaning}; its signature is {'valid' if webhook.valid else 'NOT valid'}"
    return Step("Relay", text, tone="good" if webhook.valid else "bad", fields=tuple(webhook.params.items()))


def _of_send(simulation: Simulation, send: RecordedSend, seen: _Seen) -> Journey:
    form = dict(send.form)
    service = simulation.world.services.get(form.get("MessagingServiceSid", ""))
    speaker = form.get("From") or (service.friendly_name if service else form.get("MessagingServiceSid", ""))
    message = simulation.world.messages.get(send.sid)
    steps = [
        Step("App", f"sends to {form['To']} by {speaker}", quote=form["Body"], fields=send.form),
        *_answer_steps(send),
        *_reached_steps(send),
        *([] if message is None else [_status_step(message)]),
        *map(_callback_step, seen.statuses.get(send.sid, ())),
    ]
    outcome, tone = _end_of_send(send, message, seen.statuses.get(send.sid, []))
    identity = send.sid or f"send-{send.at.timestamp():.6f}".replace(".", "-")
    return Journey(identity, send.at, "From the app", outcome, tone, tuple(steps))


def _answer_steps(send: RecordedSend) -> Iterator[Step]:
    if send.error:
        yield Step("Answer", send.error, tone="bad")
    elif send.status is not None:
        document = send.document
        text = f"{send.status} after {send.seconds * 1000:.0f} ms"
        if send.status >= 400:
            text += f": error {document.get('code', 'without a code')}, {document.get('message', '')}"
        else:
            text += f": {document.get('sid', '')}, {document.get('status', '')}"
        written = json.dumps(document, indent=1, ensure_ascii=False) if document else send.answer
        yield Step("Answer", text, tone="bad" if send.status >= 400 else "good", document=written)
    else:
        yield Step("Answer", "is awaited", tone="warn")


def _reached_steps(send: RecordedSend) -> Iterator[Step]:
    for request in send.reached:
        yield _request_step(request)
    if not send.reached and (send.error or send.status is not None):
        yield Step("Twilio", "nothing reached it")


def _request_step(request: RecordedRequest) -> Step:
    answered = "broke off" if request.status is None else f"answered {request.status}"
    tone = "good" if request.status is not None and request.status < 400 else "bad"
    return Step("Twilio", f"got the send and {answered}", tone=tone, fields=tuple(request.form.items()))


def _status_step(message: Message) -> Step:
    code = f", error {message.error_code} {message.error_message}" if message.error_code else ""
    tone = "good" if message.status in _DONE else "bad" if message.status in _STOPPED else ""
    return Step("Status", f"{message.status}{code}, from {message.sender or 'a sender yet to be chosen'}", tone=tone)


def _callback_step(webhook: ReceivedWebhook) -> Step:
    code = webhook.params.get("ErrorCode")
    text = f"the app was told {webhook.params.get('MessageStatus', '')}" + (f", error {code}" if code else "")
    return Step("Callback", text, tone="bad" if code else "", fields=tuple(webhook.params.items()))


def _end_of_send(send: RecordedSend, message: Message | None, statuses: list[ReceivedWebhook]) -> tuple[str, str]:
    codes = [send.document.get("code"), message and message.error_code]
    codes += [int(each.params["ErrorCode"]) for each in statuses if each.params.get("ErrorCode", "").isdigit()]
    code = next((code for code in codes if code), None)
    if code:
        return ("blocked, 21610" if code == _OPTED_OUT else f"failed, {code}"), "bad"
    if send.error or (send.status is not None and send.status >= 400):
        return "failed", "bad"
    if message is None:
        return ("accepted", "warn") if send.status else ("on its way", "")
    return message.status, "good" if message.status in _DONE else ""


def _of_foreign_send(message: Message, seen: _Seen) -> Journey:
    """A send that did not begin on this page: an SDK's, for instance. Of its beginning Twilio's side is known alone."""
    steps = [
        Step("App", f"a send to {message.to} reached Twilio", quote=message.body),
        _status_step(message),
        *map(_callback_step, seen.statuses.get(message.sid, ())),
    ]
    tone = "good" if message.status in _DONE else "bad" if message.status in _STOPPED else ""
    return Journey(message.sid, message.created, "From an app", message.status, tone, tuple(steps))


def _short(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{'' if parts.port is None else f':{parts.port}'}{parts.path}"

"""What if: a capture under settings that are not in force. Nothing is asked and nothing is changed.

Two worlds live through the capture side by side, each with its own list, which keywords move along: one under the
settings that the capture began with, one under those that are tried. What they decide otherwise comes of the settings
alone. Where already the first does not decide as it was captured, something else had a hand in it: an operator, a
keyword that came by another way, or settings that changed meanwhile.

Shadow mode is part of the settings: what it would not carry out counts otherwise than what would be done. What it keeps
beside the list counts here as adopted, in both worlds, as it has to be before enforcing means anything.

The pools are the capture's in both, as a file's numbers are not those of a capture with pseudonyms. A sender whose
place nobody knew counts as in no service, as it does once Twilio has been asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from gateway.capture import records
from gateway.capture.decisions import (
    CREATED,
    KEYWORD,
    OPTED_OUT_AT_TWILIO,
    SUPPRESSED,
    Decision,
    Differences,
    decision_of,
    is_decided_alike,
    word_of,
)
from gateway.capture.records import State, Traffic
from gateway.flows.learning import Learned
from gateway.flows.status import LedCallback, learned_from
from gateway.messaging.addresses import Address, read_recipient
from gateway.messaging.blocked import fails_later, service_of_send
from gateway.messaging.consent import change_for, effective_at, opt_outs_after
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.handling import KeywordPolicy, believed, is_send_enforced, read_body
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_rules import Fault, InvalidSettings
from gateway.messaging.opt_out_settings import BlockedMode, OptOutSettings, TwilioHandling
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, Shadow, Source, adopted, wins
from gateway.messaging.policy import Suppress, decide, unplaced
from gateway.messaging.pools import Pools
from gateway.messaging.services import MessagingService, enforcements_of
from gateway.operations.services import Document
from gateway.twilio.errors import TrafficError
from gateway.twilio.forms import Form
from gateway.twilio.inbound import read_inbound
from gateway.twilio.late_messages import NotAMessage, read_event
from gateway.twilio.outbound import read_outbound

BAD_REQUEST: Final = 400
UNKNOWN: Final = KeywordPolicy(TwilioHandling.OFF)  # of an account of which the capture tells nothing


@dataclass(slots=True)
class _Account:
    """What decides in one account of a world."""

    policy: KeywordPolicy = UNKNOWN
    default_region: str | None = None
    blocked: BlockedMode = BlockedMode.AUTO
    pools: Pools = field(default_factory=Pools)
    services: dict[str, MessagingService] = field(default_factory=dict)


class World:
    """One list under one set of settings. ``tried`` are settings of services, by SID, in the place of the capture's."""

    def __init__(self, tried: Mapping[str, Document] | None = None) -> None:
        self._tried = tried or {}
        self._accounts: dict[str, _Account] = {}
        self._lists: dict[RecipientKey, dict[Scope, OptOut]] = {}
        self._seen: set[tuple[str, str]] = set()

    def begin(self, line: State) -> None:
        """Know one more thing of the capture's beginning. Raises `InvalidSettings`."""
        account = self._accounts.setdefault(line.account_sid, _Account())
        pools = account.pools
        match line:
            case records.Account():
                account.policy = _policy(line)
                account.default_region, account.blocked = line.default_region, line.blocked
            case records.Service():
                account.services[line.service_sid] = self._service(line)
            case records.Pool():
                senders = pools.senders_of.get(line.service_sid, frozenset()) | frozenset(line.senders)
                account.pools = replace(pools, senders_of={**pools.senders_of, line.service_sid: senders})
            case records.Left():
                account.pools = replace(pools, left={**pools.left, line.sender: line.services})
            case records.OptOut():
                known = self._lists.setdefault(_key(line.account_sid, _recipient_of(line)), {})
                opt_out = _opt_out_of(line, known.get(Scope(line.scope_kind, line.scope_id)))
                known[opt_out.scope] = opt_out
            case _:
                pass  # nobody is asked here, so it does not matter whom one would have asked

    def try_out(self, account_sid: str) -> None:
        """Know the services that are tried and that the capture did not know, as an account's."""
        services = self._accounts.setdefault(account_sid, _Account()).services
        for sid, document in self._tried.items():
            if not any(sid in account.services for account in self._accounts.values()):
                services[sid] = MessagingService(sid, 1, bool(document.enabled), document.settings)

    def live(self, record: Traffic) -> Decision | None:
        """What is decided about a request, whose effect then stands; None where nothing is decided."""
        account = self._accounts.setdefault(record.account_sid, _Account())
        try:
            match record.record:
                case "send":
                    return self._send(account, record)
                case "inbound":
                    return self._heard(account, read_inbound(Form(record.fields)), record.at)
                case "status":
                    learned = learned_from(Form(record.fields), LedCallback(record.account_sid, "", record.at))
                    self._learn(learned)
                    decided = OPTED_OUT_AT_TWILIO if learned is not None else ""
                    return Decision(word_of("status", "relayed", "", None, decided) or "")
                case _:
                    return self._events(account, record)
        except TrafficError as error:
            return Decision(f"refused (code_{error.kind.code})")

    def _send(self, account: _Account, record: Traffic) -> Decision:
        form = Form(record.fields)
        message = read_outbound(record.account_sid, form, account.default_region)
        key = _key(record.account_sid, message.recipient)
        pools = _placed(account.pools, unplaced(message, account.pools))
        decision = decide(message, pools, self._lists.get(key, {}).values())
        enforced = is_send_enforced(message, account.policy, account.pools, enforcements_of(account.services))
        if not isinstance(decision, Suppress):
            if record.reason == OPTED_OUT_AT_TWILIO:
                self._learn(Learned(message, record.at))
            return Decision("forwarded", enforced=enforced)
        is_scheduled = bool(form.get("ScheduleType") or form.get("SendAt"))
        later = fails_later(message, _mode(account, message, record), is_scheduled=is_scheduled)
        word = word_of("send", "suppressed", "", CREATED if later else BAD_REQUEST) or ""
        return Decision(word, enforced=enforced)

    def _heard(self, account: _Account, message: InboundMessage, at: int) -> Decision:
        if (message.account_sid, message.message_sid) in self._seen:
            return Decision("repeated", knows_reply=False)
        self._seen.add((message.account_sid, message.message_sid))
        pools = _placed(account.pools, (message.sender.key,))
        reading = read_body(message, account.policy, pools, account.services)
        if reading.match is None:
            return Decision("no keyword" if reading.handling.relays else "not_relayed")
        if message.service_sid is not None:  # as a keyword's webhook tells it
            pools = account.pools = pools.including(message.service_sid, message.sender.key)
        known = self._lists.setdefault(_key(message.account_sid, message.recipient), {})
        counts_from = effective_at(reading.match.opt_out_type, known.values(), at)
        change = change_for(message, reading.match, reading.handling, pools, known.values(), counts_from)
        known.update({opt_out.scope: opt_out for opt_out in opt_outs_after(change, counts_from)})
        word, reply = f"{change.opt_out_type.lower()}_{change.change}", change.confirmation
        if change.would_confirm:
            reply = reading.match.reply
        return Decision(word, reply, enforced=change.enforced)

    def _events(self, account: _Account, record: Traffic) -> Decision:
        for item in record.items:
            try:
                late = read_event(item)
            except NotAMessage:
                continue
            if late is not None and late.message.account_sid == record.account_sid:
                message = believed(late.message, account.policy, account.pools, account.services)
                if read_body(message, account.policy, account.pools, account.services).match is not None:
                    self._heard(account, message, min(late.at or record.at, record.at))
        return Decision("taken")

    def _learn(self, learned: Learned | None) -> None:
        """Put on the list whom Twilio would not send to."""
        if learned is None:
            return
        known = self._lists.setdefault(_key(learned.message.account_sid, learned.message.recipient), {})
        scope, at = learned.scope, learned.created_at
        last = known.get(scope)
        if wins(True, at, last) and not (last is not None and last.standing):
            known[scope] = OptOut(scope, standing=True, effective_at=at, source=Source.TWILIO)

    def _service(self, line: records.Service) -> MessagingService:
        document = self._tried.get(line.service_sid)
        if document is None:
            return MessagingService(line.service_sid, line.version, line.enabled, _settings(line))
        enabled = line.enabled if document.enabled is None else document.enabled
        return MessagingService(line.service_sid, line.version + 1, enabled, document.settings)


def what_if(
    state: Iterable[State], traffic: Iterable[Traffic], tried: Mapping[str, Document], account_sid: str
) -> dict[str, Any]:
    """Try settings of an account's services on a capture: what would be decided otherwise, with examples. Raises
    `InvalidSettings` where the capture's own settings cannot be used.
    """
    then, now = World(), World(tried)
    for line in state:
        then.begin(line)
        now.begin(line)
    now.try_out(account_sid)
    differences, told, requests, not_reproduced = Differences(by_deeds=True), Counter[str](), 0, 0
    for record in traffic:
        requests += 1
        before, after = then.live(record), now.live(record)
        captured = decision_of(record)
        if captured is not None and before is not None and not is_decided_alike(captured, before):
            not_reproduced += 1
        if not differences.compare(record, before, after) and before is not None and after is not None:
            told[_in_short(record, before, after)] += 1
    return {
        "requests": requests,
        "compared": differences.compared,
        "different": differences.total,
        "summary": dict(sorted(told.items())),
        "differences": differences.as_json(),
        "not_reproduced": not_reproduced,
    }


def _in_short(record: Traffic, before: Decision, after: Decision) -> str:
    """What a difference means to people."""
    if record.record == "send":
        was, is_now = (each.is_done and each.word.startswith(SUPPRESSED) for each in (before, after))
        if was is is_now:
            return "sends fail in another way" if was else "sends are decided otherwise in shadow mode"
        return "sends are blocked that were not" if is_now else "sends go that were blocked"
    if before.enforced is not after.enforced and is_decided_alike(before, after):
        return "keywords count that shadow mode let pass" if after.enforced else "keywords change only the shadow list"
    was_keyword, is_keyword = (KEYWORD.fullmatch(each.word) is not None for each in (before, after))
    if was_keyword and is_keyword:
        return "replies change" if before.word == after.word else "keywords have another effect"
    if was_keyword is is_keyword:
        return "messages are handled otherwise"
    return "bodies match that did not" if is_keyword else "bodies match no more"


def _policy(line: records.Account) -> KeywordPolicy:
    return KeywordPolicy(
        line.twilio_handling,
        line.unmanaged_senders,
        line.reply_when_not_opted_out,
        line.help_when_opted_out,
        line.intent,
        line.senders,
        line.confirm_late,
        line.enforcement,
        line.senders_enforcement,
    )


def _settings(line: records.Service) -> OptOutSettings:
    try:
        return OptOutSettings.model_validate(line.settings)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidSettings([Fault(f"services.{line.service_sid}.{place}", error.errors()[0]["msg"])]) from None


def _mode(account: _Account, message: OutboundMessage, record: Traffic) -> BlockedMode:
    if record.blocked in {str(mode) for mode in BlockedMode}:
        return BlockedMode(record.blocked)
    service = account.services.get(service_of_send(message, account.pools) or "")
    return (service.settings.blocked if service is not None else None) or account.blocked


def _placed(pools: Pools, names: Iterable[str]) -> Pools:
    return replace(pools, placed=pools.placed | frozenset(names))


def _key(account_sid: str, recipient: Address) -> RecipientKey:
    return RecipientKey(account_sid, recipient.channel, recipient.key)


def _opt_out_of(line: records.OptOut, known: OptOut | None) -> OptOut:
    """A line of the list; what shadow mode keeps beside it counts as adopted."""
    scope = Scope(line.scope_kind, line.scope_id)
    if not line.shadow:
        return OptOut(scope, line.standing, line.effective_at, line.source, line.hold)
    shadow = Shadow(line.standing, line.effective_at, line.source)
    return adopted(replace(known or OptOut(scope, False, 0, line.source), shadow=shadow))


def _recipient_of(line: records.OptOut) -> Address:
    try:
        return read_recipient(line.recipient, None)
    except UnreadableAddress:
        return Address(line.channel, line.recipient, line.recipient)

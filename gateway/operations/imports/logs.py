"""What a line of Twilio's message log means: a keyword that somebody sent us, or a send that Twilio refused because its
recipient had opted out (21610). Other lines are about nobody's consent.

A keyword is read by the settings in force now, and covers what the same keyword covers in a webhook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.directory import Account
from gateway.messaging.addresses import read_recipient
from gateway.messaging.coverage import scopes_of_start, scopes_of_stop
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.handling import handling_of
from gateway.messaging.imports import Evidence, ImportedConsent
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.senders import is_messaging_service, read_sender
from gateway.messaging.services import AccountState
from gateway.operations.imports.columns import Columns
from gateway.operations.imports.dates import NoDate, read_date
from gateway.operations.imports.lists import Refused, text_of
from gateway.twilio.errors import OPTED_OUT

INBOUND: Final = "inbound"
RECEIVED: Final = frozenset({"received", "receiving"})
LONGEST_KEYWORD: Final = 320  # characters; what is longer is a message, whatever stands around its words


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads the lines of an account's message log; ``state`` are its pools and services now."""

    account: Account
    state: AccountState
    columns: Columns

    @property
    def has_opt_ins(self) -> bool:
        """Whether lines can be opt-ins."""
        return True

    def read(self, fields: Mapping[str, object]) -> ImportedConsent | None:
        """The consent of a line; None where it is about none. Raises `Refused`."""
        said = {name: text_of(name, fields.get(column)) for name, column in self.columns.items() if name != "body"}
        if said.get("account") not in {None, "", self.account.sid}:
            raise Refused("account: it is another than the one that is imported to")
        if said.get("direction", "") == INBOUND or (not said.get("direction") and said["status"] in RECEIVED):
            body = fields.get(self.columns["body"])
            return self._keyword(said, body if isinstance(body, str) else "")
        if said.get("error") == str(OPTED_OUT.code):
            return self._refused_send(said)
        return None

    def _keyword(self, said: Mapping[str, str], body: str) -> ImportedConsent | None:
        if len(body) > LONGEST_KEYWORD or not body.strip():
            return None
        service = _service(said)
        try:
            recipient, sender = read_recipient(said["from"], None), read_sender(said["to"], None)
        except UnreadableAddress as error:
            raise Refused(f"From, To: {error}") from None
        message = InboundMessage(self.account.sid, said.get("message", ""), recipient, sender, service, body)
        pools = self.state.pools
        handling = handling_of(message, self.account.policy, pools, self.state.services)
        match = handling.match(message)
        if match is None or match.opt_out_type is OptOutType.HELP:
            return None
        is_stop = match.opt_out_type is OptOutType.STOP
        covered = scopes_of_stop(message, pools) if is_stop else scopes_of_start(message, match.folded, pools)
        at = _date(said, is_stop=is_stop)
        if at is None and not is_stop:
            raise Refused("SentDate: an opt-in counts by its date; give it")
        evidence = Evidence(said.get("message") or None, sender.wire, service, match.keyword)
        return ImportedConsent(recipient, is_stop, tuple(covered), at, evidence=evidence)

    def _refused_send(self, said: Mapping[str, str]) -> ImportedConsent:
        service = _service(said)
        try:
            recipient = read_recipient(said["to"], None)
            if is_messaging_service(said["from"]):
                service, sender = said["from"], None
            else:
                sender = read_sender(said["from"], None) if said["from"] or service is None else None
        except UnreadableAddress as error:
            raise Refused(f"From, To: {error}") from None
        if service is not None:
            scope = Scope(ScopeKind.SERVICE, service)
        else:
            scope = Scope(ScopeKind.SENDER, sender.key if sender is not None else "")
        evidence = Evidence(said.get("message") or None, sender.wire if sender is not None else None, service)
        reason = f"Twilio answered {OPTED_OUT.code} to a send"
        at = _date(said, is_stop=True)
        return ImportedConsent(recipient, True, (scope,), at, reason=reason, evidence=evidence)


def _service(said: Mapping[str, str]) -> str | None:
    service = said.get("service") or None
    if service is not None and not is_messaging_service(service):
        raise Refused("MessagingServiceSid: it is not MG and 32 hexadecimal digits")
    return service


def _date(said: Mapping[str, str], *, is_stop: bool) -> int | None:
    for name in ("date", "created"):
        if said.get(name):
            try:
                return read_date(said[name], is_stop=is_stop)
            except NoDate:
                raise Refused("SentDate: write it as 2026-01-31T12:00:00Z") from None
    return None

"""The inbound message webhook: from form to `InboundMessage` (Twilio, webhook request for messaging).

A signature alone does not fix what was signed (`gateway.twilio.signature`): names must look like names, and each
field on which an effect depends must be there exactly once and in shape.
"""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from gateway.messaging.addresses import Address
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.senders import Sender, is_messaging_service, read_author, read_sender
from gateway.twilio.errors import AMBIGUOUS, INVALID_PARAMETER, TrafficError
from gateway.twilio.forms import Form

Party = TypeVar("Party", Address, Sender)

PARAMETER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
MESSAGE_SID: Final = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
# A field of addressing or identity and, right behind its name, the beginning of what stands in it.
HIDDEN_FIELD: Final = re.compile(
    r"(?:From|To)(?:\+|[a-z]+:|\d{3,8}(?!\d))|(?:Message|Sms|SmsMessage)Sid(?:SM|MM)[0-9a-f]{32}"
    r"|AccountSidAC[0-9a-f]{32}|MessagingServiceSidMG[0-9a-f]{32}|OptOutType(?:STOP|START|HELP)"
)
# Fields behind whose names such a thing belongs.
OWN_NAMES: Final = frozenset(
    {
        "From",
        "To",
        "MessageSid",
        "SmsSid",
        "SmsMessageSid",
        "AccountSid",
        "MessagingServiceSid",
        "OptOutType",
        "OriginalRepliedMessageSid",
    }
)
REQUIRED: Final = ("MessageSid", "AccountSid", "From", "To", "Body")
AT_MOST_ONCE: Final = ("MessagingServiceSid", "OptOutType", "SmsSid", "SmsMessageSid", "NumMedia")


def read_inbound(form: Form) -> InboundMessage:
    """Read an inbound message. Raises `TrafficError` (400) naming the field that is missing, repeated or malformed."""
    for name, _ in form:
        if not PARAMETER_NAME.fullmatch(name):
            raise TrafficError(AMBIGUOUS, "a parameter's name is not of Twilio's form")
    for name in REQUIRED:
        _demand_once(form, name)
    for name in AT_MOST_ONCE:
        _demand_at_most_once(form, name)
    return InboundMessage(
        account_sid=_shaped(form, "AccountSid", ACCOUNT_SID),
        message_sid=_shaped(form, "MessageSid", MESSAGE_SID),
        recipient=_read(form, "From", read_author),
        sender=_read(form, "To", lambda text: read_sender(text, None)),
        service_sid=_service(form),
        body=form.get("Body") or "",
        opt_out_type=_opt_out_type(form),
        from_country=_country(form),
    )


def demand_unsplit(form: Form) -> None:
    """Raise `TrafficError` when a webhook may be another one's, split in another way under the same signature.

    Twilio joins names and values without a separator, so a text ``STARTFrom+1…`` can be presented as a START from
    somebody else, with what is left over hidden in a further field. There it is seen: an address or SID behind the name
    of a field that keywords depend on. Asked for keywords only; nothing depends on any other message.
    """
    for name, value in form:
        shown = value if name in OWN_NAMES else name + value  # what is left over may be part of a name, too
        if name != "Body" and HIDDEN_FIELD.search(shown):
            raise TrafficError(AMBIGUOUS, "a value holds the name of another field and what belongs there")
    sids = {value for name, value in form if name in {"MessageSid", "SmsSid", "SmsMessageSid"}}
    if len(sids) != 1:
        raise TrafficError(AMBIGUOUS, "'MessageSid', 'SmsSid' and 'SmsMessageSid' differ")


def sender_of(form: Form) -> tuple[str | None, Sender | None]:
    """The service and the sender that a message came to, of a form that was read before (`read_inbound`)."""
    try:
        return form.get("MessagingServiceSid") or None, read_sender(form.get("To") or "", None)
    except UnreadableAddress:
        return form.get("MessagingServiceSid") or None, None


def account_of(form: Form) -> str:
    """The account that a webhook says it comes from, before anything about it is believed."""
    _demand_once(form, "AccountSid")
    return _shaped(form, "AccountSid", ACCOUNT_SID)


def _demand_once(form: Form, name: str) -> None:
    if form.count(name) != 1:
        raise TrafficError(INVALID_PARAMETER, f"'{name}' must be there exactly once")


def _demand_at_most_once(form: Form, name: str) -> None:
    if form.count(name) > 1:
        raise TrafficError(INVALID_PARAMETER, f"'{name}' stands more than once")


def _shaped(form: Form, name: str, shape: re.Pattern[str]) -> str:
    value = form.get(name) or ""
    if not shape.fullmatch(value):
        raise TrafficError(INVALID_PARAMETER, f"'{name}' is not a SID of the form Twilio gives it")
    return value


def _opt_out_type(form: Form) -> OptOutType | None:
    """Twilio's word on what the message is; one that is not known counts as none."""
    return OptOutType.__members__.get(form.get("OptOutType") or "")


def _country(form: Form) -> str | None:
    """Twilio's guess, in no way needed: one that is not of its form counts as none."""
    value = form.get("FromCountry") or ""
    return value if form.count("FromCountry") == 1 and COUNTRY.fullmatch(value) else None


def _service(form: Form) -> str | None:
    value = form.get("MessagingServiceSid") or None
    if value is not None and not is_messaging_service(value):
        raise TrafficError(INVALID_PARAMETER, "'MessagingServiceSid' is not MG and 32 hexadecimal digits in lower case")
    return value


def _read(form: Form, name: str, read: Callable[[str], Party]) -> Party:
    try:
        return read(form.get(name) or "")
    except UnreadableAddress as error:
        raise TrafficError(INVALID_PARAMETER, f"'{name}': {error}") from error

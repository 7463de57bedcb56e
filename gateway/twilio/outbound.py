"""The parameters of a send: from form to `OutboundMessage` and back (Twilio, Message resource, create)."""

from typing import Final

from gateway.messaging.addresses import Address, calling_region_of, read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.twilio.errors import (
    AMBIGUOUS,
    INVALID_FALLBACK_SENDER,
    INVALID_PARAMETER,
    INVALID_RECIPIENT,
    INVALID_SENDER,
    NO_RECIPIENT,
    NO_SENDER,
    ErrorKind,
    TrafficError,
)
from gateway.twilio.forms import Form, demand_single

# Parameters that Twilio takes once. A second one, or one in another case, is refused rather than guessed at.
SINGLE_VALUED: Final = (
    "To",
    "From",
    "FallbackFrom",
    "MessagingServiceSid",
    "Body",
    "ContentSid",
    "ContentVariables",
    "StatusCallback",
    "ApplicationSid",
    "ScheduleType",
    "SendAt",
    "ValidityPeriod",
    "Attempt",
    "MaxPrice",
    "ProvideFeedback",
    "ForceDelivery",
    "SmartEncoded",
    "ShortenUrls",
    "SendAsMms",
    "ContentRetention",
    "AddressRetention",
    "TrafficType",
    "RiskCheck",
    "MessageIntent",
)


def read_outbound(account_sid: str, form: Form, default_region: str | None) -> OutboundMessage:
    """Read a send. ``default_region`` (ISO 3166) is where a national ``To`` is read when ``From`` does not tell.

    Raises `TrafficError` with Twilio's code for what Twilio would refuse too, and `AMBIGUOUS` for what it might
    read otherwise than we do.
    """
    demand_single(form, SINGLE_VALUED)
    service_sid, sender = _service_and_sender(form, default_region)
    fallback = _sender(form.get("FallbackFrom"), default_region, INVALID_FALLBACK_SENDER)
    recipient = _recipient(form.get("To"), _region(sender, default_region))
    return OutboundMessage(account_sid, recipient, service_sid, sender, fallback)


def write_outbound(form: Form, message: OutboundMessage) -> bytes:
    """The body that goes to Twilio: the caller's form with the addresses as they were checked."""
    checked = {"To": message.recipient.wire}
    if message.sender is not None:
        checked["From"] = message.sender.wire
    if message.fallback_sender is not None:
        checked["FallbackFrom"] = message.fallback_sender.wire
    return form.encoded(checked)


def _service_and_sender(form: Form, region: str | None) -> tuple[str | None, Sender | None]:
    named, given = form.get("MessagingServiceSid") or None, form.get("From") or None
    if named is not None and not is_messaging_service(named):
        raise TrafficError(INVALID_PARAMETER, "'MessagingServiceSid' is not MG and 32 hexadecimal digits in lower case")
    if given is not None and is_messaging_service(given):
        if named not in {None, given}:
            raise TrafficError(AMBIGUOUS, "'From' and 'MessagingServiceSid' name two Messaging Services")
        return given, None
    if named is None and given is None:
        raise TrafficError(NO_SENDER, "give 'From' or 'MessagingServiceSid'")
    return named, _sender(given, region, INVALID_SENDER)


def _sender(text: str | None, region: str | None, otherwise: ErrorKind) -> Sender | None:
    if not text:
        return None
    try:
        return read_sender(text, region)
    except UnreadableAddress as error:
        raise TrafficError(otherwise, str(error)) from error


def _recipient(text: str | None, region: str | None) -> Address:
    if not text:
        raise TrafficError(NO_RECIPIENT)
    try:
        return read_recipient(text, region)
    except UnreadableAddress as error:
        raise TrafficError(INVALID_RECIPIENT, str(error)) from error


def _region(sender: Sender | None, default_region: str | None) -> str | None:
    if sender is not None and sender.key.startswith("+"):
        return calling_region_of(sender.key) or default_region
    return default_region

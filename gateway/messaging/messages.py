"""The two kinds of message, read once at the door; a value that exists is well-formed."""

from dataclasses import dataclass

from gateway.messaging.addresses import Address
from gateway.messaging.keywords import OptOutType
from gateway.messaging.senders import Sender
from gateway.messaging.values import value


@value
class OutboundMessage:
    """One message from an app to a phone, as far as it concerns the opt-out list.

    ``account_sid`` is the account of the URL path. At least one of ``service_sid`` (Messaging Service named in
    ``MessagingServiceSid`` or in ``From``) and ``sender`` (``From``) is set. ``fallback_sender`` is
    ``FallbackFrom``, which may send in the place of any other.
    """

    account_sid: str
    recipient: Address
    service_sid: str | None
    sender: Sender | None
    fallback_sender: Sender | None = None

    @property
    def senders(self) -> tuple[Sender, ...]:
        """The senders that the app named."""
        return tuple(sender for sender in (self.sender, self.fallback_sender) if sender is not None)


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What a status callback told of a message: ``status`` as Twilio names it, ``error_code`` where there is one."""

    account_sid: str
    message_sid: str
    status: str
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message from a phone to a sender of ours, as Twilio's webhook tells it.

    ``service_sid`` is None where the sender is in no Messaging Service. ``opt_out_type`` is Twilio's own
    ``OptOutType`` (STOP, START or HELP) where the webhook carries one; ``from_country`` its guess at the country the
    message came from (``FromCountry``, ISO 3166), which WhatsApp and RCS never have.
    """

    account_sid: str
    message_sid: str
    recipient: Address
    sender: Sender
    service_sid: str | None
    body: str
    opt_out_type: OptOutType | None = None
    from_country: str | None = None

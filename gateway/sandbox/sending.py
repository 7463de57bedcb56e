"""A send as Twilio reads it: the form of a create in, a Message or Twilio's error out. Pure.

Sources: Twilio, Message resource (parameters); Error and Warning Dictionary; Message Scheduling.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.sandbox import optouts
from gateway.sandbox.addresses import channel_of, normalise_recipient, normalise_sender
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.state import Message, Service, World

MOST_BODY_CHARACTERS = 1600
MOST_MEDIA = 10
_SCHEDULE_FROM = timedelta(seconds=300)
_SCHEDULE_TO = timedelta(days=35)

Form = Mapping[str, Sequence[str]]
"""Parameters by name; a repeated one has several values."""


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who speaks: a sender, or a service that will choose one, or a sender of a service."""

    sender: str | None
    service: Service | None


def message_from(world: World, account_sid: str, form: Form) -> Message:
    """The message that a create asks for, in its first status.

    Raises TwilioError as Twilio would answer at once; what Twilio finds out later is left to the life cycle.
    """
    to = _first(form, "To")
    if not to.strip():
        raise TwilioError.of(21604)
    if not _first(form, "From").strip() and not _first(form, "MessagingServiceSid").strip():
        raise TwilioError.of(21603)
    body, media = _content(form)
    recipient = normalise_recipient(to)
    if recipient is None:
        raise TwilioError.of(21211, to=to)
    speaker = _sender(world, account_sid, form)
    service_sid = speaker.service.sid if speaker.service else None
    if speaker.sender and not service_sid and optouts.is_blocked(world, speaker.sender, recipient, None):
        raise TwilioError.of(21610)
    moment = world.clock.now()
    send_at = _send_at(form, speaker.service, moment)
    callback = _first(form, "StatusCallback") or (speaker.service.status_callback if speaker.service else None)
    return Message(
        sid=world.sids.new("MM" if media else "SM"),
        account_sid=account_sid,
        to=recipient,
        body=body,
        direction="outbound-api",
        status="scheduled" if send_at else "accepted" if service_sid else "queued",
        sender=speaker.sender,
        media_urls=media,
        messaging_service_sid=service_sid,
        status_callback=callback or None,
        send_at=send_at,
        created=moment,
        updated=moment,
    )


def _first(form: Form, name: str) -> str:
    values = form.get(name)
    return values[0] if values else ""


def _content(form: Form) -> tuple[str, tuple[str, ...]]:
    body = _first(form, "Body")
    media = tuple(url for url in form.get("MediaUrl", ()) if url)
    content_sid = _first(form, "ContentSid")
    if not body and not media and not content_sid:
        raise TwilioError.of(21602)
    if len(body) > MOST_BODY_CHARACTERS:
        raise TwilioError.of(21617)
    if len(media) > MOST_MEDIA:
        raise TwilioError.of(21623)
    return body or (f"[content {content_sid}]" if content_sid else ""), media


def _sender(world: World, account_sid: str, form: Form) -> _Sender:
    sender = normalise_sender(_first(form, "From"))
    service_sid = _first(form, "MessagingServiceSid").strip()
    if sender.startswith("MG") and len(sender) == 34:
        # Twilio, RCS: From may itself hold a Messaging Service SID
        sender, service_sid = "", service_sid or sender
    service = _service(world, account_sid, service_sid) if service_sid else None
    _check_fallback(world, account_sid, _first(form, "FallbackFrom"), sender, service)
    if sender and not _may_speak(world, account_sid, sender, service):
        raise TwilioError.of(21606, sender=sender)
    return _Sender(sender or None, service)


def _service(world: World, account_sid: str, sid: str) -> Service:
    if len(sid) != 34 or not sid.startswith("MG"):
        raise TwilioError.of(21705, sid=sid)
    service = world.services.get(sid)
    if service is None or service.account_sid != account_sid:
        raise TwilioError.of(21701)
    return service


def _may_speak(world: World, account_sid: str, sender: str, service: Service | None) -> bool:
    if service is not None:
        return sender in service.senders or sender in service.sender_ids
    return is_sender_of(world, account_sid, sender)


def is_sender_of(world: World, account_sid: str, sender: str) -> bool:
    """Whether the account may send in that sender's name."""
    number = world.numbers.get(sender)
    if number is not None:
        return number.account_sid == account_sid
    services = (service for service in world.services.values() if service.account_sid == account_sid)
    return any(sender in service.sender_ids for service in services)


def _check_fallback(world: World, account_sid: str, fallback: str, sender: str, service: Service | None) -> None:
    """Twilio, errors 21664 to 21667: `FallbackFrom` belongs to a service with an RCS sender."""
    if not fallback:
        return
    if sender:
        raise TwilioError.of(21664)
    if service is None:
        raise TwilioError.of(21666)
    if not is_sender_of(world, account_sid, fallback):
        raise TwilioError.of(21665, sender=fallback)
    if not any(channel_of(member) == "rcs:" for member in service.senders):
        raise TwilioError.of(21667)


def _send_at(form: Form, service: Service | None, now: datetime) -> datetime | None:
    if _first(form, "ScheduleType") != "fixed":
        return None
    if service is None:
        raise TwilioError.of(35118)
    text = _first(form, "SendAt")
    if not text:
        raise TwilioError.of(35111)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError.of(35114) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _SCHEDULE_FROM < moment - now <= _SCHEDULE_TO:
        raise TwilioError.of(35115)
    return moment

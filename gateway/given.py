"""What the settings give, in the form that the parts take it."""

import ssl
from ipaddress import ip_network

from gateway.flows.forgetting import DAY, HOUR, Retention
from gateway.settings import AppsSettings, RetentionSettings, TlsSettings
from gateway.web.guard import Guard


def retention_of(given: RetentionSettings) -> Retention:
    """How long things are kept, as the settings say it."""
    return Retention(
        answers=given.answer_hours * HOUR,
        held_messages=given.held_message_hours * HOUR,
        review_bodies=given.review_body_days * DAY,
        dead_deliveries=given.dead_delivery_days * DAY,
        done_deliveries=given.done_delivery_days * DAY,
        scheduled_messages=given.scheduled_message_days * DAY,
        seen_events=given.seen_event_hours * HOUR,
    )


def guard_of(given: AppsSettings) -> Guard:
    """Which addresses URLs of apps, callbacks and sinks may lead to."""
    ranges = (ports.partition("-") for ports in given.allow_ports)
    return Guard(
        tuple(ip_network(network) for network in given.allow_private),
        tuple((int(first), int(last or first)) for first, _, last in ranges),
    )


def tls_of(given: TlsSettings | None) -> ssl.SSLContext | None:
    """How a listener speaks TLS; None where it does not. Raises `OSError` and `ssl.SSLError`."""
    if given is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.certificate, given.key)
    return context

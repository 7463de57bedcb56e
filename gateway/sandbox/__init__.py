"""A stand-in for Twilio and for phones: real HTTP, no account, no message leaves the machine.

It shares nothing with the gateway's decisions, and imports nothing from outside this package but how our pages look.
What it plays and how it is steered stands in docs/sandbox.md.
"""

from gateway.sandbox.app_side import AppSide
from gateway.sandbox.consents import ConsentCall, ConsentItem, ConsentResult
from gateway.sandbox.faults import Fault
from gateway.sandbox.inbound import UnknownMessage, UnknownSender
from gateway.sandbox.journal import RecordedRequest, RecordedWebhook
from gateway.sandbox.phones import Phone, SentFromPhone
from gateway.sandbox.sample_app import SampleApp
from gateway.sandbox.seeds import (
    DEFAULT_SEEDS,
    PHONES,
    SandboxAccount,
    SandboxKeywordSet,
    SandboxNumber,
    SandboxPhone,
    SandboxService,
    Seeds,
)
from gateway.sandbox.server import Sandbox
from gateway.sandbox.sinks import EventTrouble, RecordedEvent
from gateway.sandbox.state import Message, ReceivedMessage

__all__ = [
    "DEFAULT_SEEDS",
    "PHONES",
    "AppSide",
    "ConsentCall",
    "ConsentItem",
    "ConsentResult",
    "EventTrouble",
    "Fault",
    "Message",
    "Phone",
    "ReceivedMessage",
    "RecordedEvent",
    "RecordedRequest",
    "RecordedWebhook",
    "SampleApp",
    "Sandbox",
    "SandboxAccount",
    "SandboxKeywordSet",
    "SandboxNumber",
    "SandboxPhone",
    "SandboxService",
    "Seeds",
    "SentFromPhone",
    "UnknownMessage",
    "UnknownSender",
]

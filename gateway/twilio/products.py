"""Twilio's hosts, one a product, and which of their calls create messages that nobody here can check.

A product whose calls may text lets only that through which reads, deletes, or is listed here as silent: a call that
Twilio adds tomorrow is refused until somebody has looked at it. `allow_unchecked` in the settings opens a product.
"""

import re
from typing import Final

ACCOUNTS: Final = "accounts"
API: Final = "api"
MESSAGING: Final = "messaging"

# The hosts of Twilio's SDK (twilio-python 9.13), and two that are younger than its classes: comms, assistants.
PRODUCTS: Final = frozenset(
    {
        "accounts",
        "api",
        "assistants",
        "bulkexports",
        "chat",
        "comms",
        "content",
        "conversations",
        "events",
        "flex-api",
        "frontline-api",
        "iam",
        "insights",
        "intelligence",
        "ip-messaging",
        "knowledge",
        "lookups",
        "marketplace",
        "memory",
        "messaging",
        "monitor",
        "notify",
        "numbers",
        "oauth",
        "preview",
        "preview-iam",
        "pricing",
        "proxy",
        "routes",
        "serverless",
        "studio",
        "supersim",
        "sync",
        "taskrouter",
        "trunking",
        "trusthub",
        "verify",
        "video",
        "voice",
        "webhooks",
        "wireless",
    }
)

# What apps change of a Messaging Service: itself, its pool, its registrations (Twilio, messaging v1).
POOL: Final = "PhoneNumbers|ShortCodes|AlphaSenders|ChannelSenders|DestinationAlphaSenders"
OF_A_SERVICE: Final = rf"/v1/Services(?:/MG[0-9a-f]{{32}}(?:/(?:{POOL}|Compliance)(?:/[A-Za-z0-9_-]+)*)?)?"

# Products whose calls may create messages, each with those changes that create none (Twilio, the products' API pages).
SILENT: Final = {
    # Assistants answer over the channels they are connected to.
    "assistants": (),
    # Programmable Chat, the older Conversations: a message in a channel goes to its SMS members.
    "chat": (),
    "ip-messaging": (),
    # Bulk Messaging: up to 10,000 recipients a call, and no opt-out handling of Twilio's.
    "comms": (),
    # A message in a conversation goes to its SMS and WhatsApp participants, who do not stand in the request.
    "conversations": (),
    # Interactions begin conversations with customers.
    "flex-api": (r"/v1/Configuration", r"/v[12]/Insights/.*", r"/v[12]/WebChats?"),
    # Notifications go to bindings of type sms.
    "notify": (r"/v1/Services(?:/IS[0-9a-f]{32}(?:/Bindings)?)?", r"/v1/Credentials(?:/CR[0-9a-f]{32})?"),
    # Sessions and participants relay and send texts between phones.
    "proxy": (),
    # Executions run the widgets of a flow, Send Message among them.
    "studio": (r"/v[12]/Flows(?:/FW[0-9a-f]{32}(?:/TestUsers)?)?", r"/v2/Flows/Validate"),
    # Verifications, challenges and factors text codes.
    "verify": (
        r"/v2/Services/VA[0-9a-f]{32}/VerificationCheck",
        r"/v2/Services(?:/VA[0-9a-f]{32}(?:/RateLimits(?:/RK[0-9a-f]{32}(?:/Buckets(?:/BL[0-9a-f]{32})?)?)?)?)?",
    ),
    # Texts to the account's own SIM cards, and what preview.twilio.com has of the same.
    "wireless": (r"/v1/(?:Sims|RatePlans)(?:/[A-Za-z0-9_-]+)?",),
    "supersim": (r"/v1/(?:Sims|ESimProfiles|Fleets|NetworkAccessProfiles|SettingsUpdates)(?:/[A-Za-z0-9_-]+)*",),
    "preview": (),
    # The Messages API's own neighbour: sessions, typing indicators and what comes next are not known to be silent.
    "messaging": (
        OF_A_SERVICE,
        r"/v1/Services/PreregisteredUsa2p",
        r"/v1/(?:a2p|Tollfree|LinkShortening)(?:/[A-Za-z0-9_-]+)*",
        r"/v2/Channels/Senders(?:/XE[0-9a-f]{32})?",
    ),
}
SILENT_PATHS: Final = {product: re.compile("|".join(paths), re.ASCII) for product, paths in SILENT.items()}
HARMLESS_METHODS: Final = frozenset({"GET", "DELETE"})

# `studio.twilio.com`, `studio.us1.twilio.com`, `studio.dublin.ie1.twilio.com`, and a port.
HOST: Final = re.compile(r"(?P<product>[a-z][a-z-]*)(?:\.[a-z0-9-]+){0,2}\.twilio\.com(?::[0-9]{1,5})?", re.ASCII)
READABLE_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
OF_TWILIO: Final = re.compile(r"(?:^|\.)twilio\.com\.*(?::.*)?$", re.IGNORECASE)


class UnknownHost(Exception):
    """A ``Host`` that is Twilio's or cannot be read, and is none that the gateway stands in for in this spelling."""


def product_of(host: str | None) -> str | None:
    """The product that a ``Host`` header names; None where it names the gateway itself.

    Region and edge in it choose nothing: the account's settings do. Raises `UnknownHost`.
    """
    if host is None or (READABLE_HOST.fullmatch(host) and not OF_TWILIO.search(host)):
        return None
    found = HOST.fullmatch(host)
    if found is None or found["product"] not in PRODUCTS:
        raise UnknownHost(host)
    return found["product"]


def may_create_messages(product: str, method: str, path: str) -> bool:
    """Whether a call to another product than api.twilio.com may create messages that were not checked."""
    if product not in SILENT or method in HARMLESS_METHODS:
        return False
    return SILENT_PATHS[product].fullmatch(path) is None

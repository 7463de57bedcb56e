"""Where an inbound message goes: which app, by which method, and what is asked when that fails.

As at Twilio (Messaging Services, incoming messages): a service decides for its senders unless it defers to each
sender's own URL; a sender in no service has its own. What neither says, the account does.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urldefrag


class Method(StrEnum):
    """How an app is asked: with a form, or with the parameters in the URL."""

    POST = "POST"
    GET = "GET"


@dataclass(frozen=True, slots=True)
class Target:
    """One URL of an app, as it is written in the settings (it may hold a user and a password), and its method."""

    url: str
    method: Method = Method.POST


@dataclass(frozen=True, slots=True)
class AppUrls:
    """What an account or a sender says: its app, and what is asked when that fails. Without ``app`` it says nothing."""

    app: Target | None = None
    fallback: Target | None = None


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """What a Messaging Service says; ``use_inbound_webhook_on_number``: its senders' own URLs come before its own."""

    urls: AppUrls = AppUrls()
    use_inbound_webhook_on_number: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """The webhook that a number, a Messaging Service or a channel sender has at Twilio; "" for no URL."""

    url: str
    method: str
    fallback_url: str
    fallback_method: str

    @property
    def urls(self) -> AppUrls:
        """The same as where a message is relayed to. What stands behind # is for Twilio (connection overrides)."""
        given = ((self.url, self.method), (self.fallback_url, self.fallback_method))
        app, fallback = (Target(urldefrag(url).url, Method(method)) if url else None for url, method in given)
        return AppUrls(app, fallback)


def targets(account: AppUrls, service: ServiceUrls | None, sender: AppUrls | None) -> tuple[Target, ...]:
    """What is asked in turn until one answers; nothing where nobody names an app.

    ``service`` is the one that the message came through, None for none; the fallback is always of the same level as the
    app: a message for one app is never led to another's fallback.
    """
    asks_sender = service is None or service.use_inbound_webhook_on_number
    levels = (sender if asks_sender else None, None if asks_sender or service is None else service.urls, account)
    for urls in levels:
        if urls is not None and urls.app is not None:
            return (urls.app,) if urls.fallback is None else (urls.app, urls.fallback)
    return ()

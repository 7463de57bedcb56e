"""Where Twilio is: an origin a product, by account, and one pool of connections for each origin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.twilio.page_urls import is_twilios
from gateway.twilio.products import ACCOUNTS, API, MESSAGING
from gateway.twilio.upstream import Upstream

PRODUCT: Final = "{product}"


@dataclass(frozen=True, slots=True)
class Origins:
    """The URLs of Twilio's products for one account; ``product_url`` holds ``{product}`` and stands for all others."""

    api_url: str
    messaging_url: str
    product_url: str
    accounts_url: str | None = None

    @property
    def reach_people(self) -> bool:
        """Whether sends, or changes of consent, go to Twilio itself, and not to something that stands for it."""
        return any(is_twilios(urlsplit(self.url(product)).netloc) for product in (API, ACCOUNTS))

    def url(self, product: str) -> str:
        """The URL of a product, such as ``https://studio.twilio.com``."""
        own = {API: self.api_url, MESSAGING: self.messaging_url, ACCOUNTS: self.accounts_url}.get(product)
        return own or self.product_url.replace(PRODUCT, product)


def origins_of(
    default: Origins,
    region: str | None = None,
    edge: str | None = None,
    api_url: str | None = None,
    messaging_url: str | None = None,
) -> Origins:
    """Where Twilio is for one account: its own URLs, else its region (such as ``ie1``, us1 if only an edge is given)
    reached through its edge (such as ``dublin``), else where it is for all (Twilio, global infrastructure).

    Only us1 has hosts without an edge since 28 April 2026 (Twilio changelog, region-specific domain patterns).
    """
    if region or edge:
        labels = ".".join(filter(None, (edge, region or "us1")))
        hosts = f"https://{PRODUCT}.{labels}.twilio.com"
        default = Origins(hosts.replace(PRODUCT, API), hosts.replace(PRODUCT, MESSAGING), hosts)
    return Origins(
        api_url or default.api_url, messaging_url or default.messaging_url, default.product_url, default.accounts_url
    )


class Upstreams:
    """The pools of connections, opened when they are first needed; as many as the settings name origins."""

    def __init__(self, opened: Callable[[str], Upstream], default: Origins) -> None:
        self._opened = opened
        self.default = default
        self._by_url: dict[str, Upstream] = {}

    def to(self, product: str, origins: Origins | None = None) -> Upstream:
        """The connections to a product; without ``origins`` to where it is for accounts that say nothing else."""
        url = (origins or self.default).url(product)
        upstream = self._by_url.get(url)
        if upstream is None:
            upstream = self._by_url[url] = self._opened(url)
        return upstream

    @property
    def opened(self) -> Mapping[str, Upstream]:
        """Those that were needed so far, by their URL."""
        return self._by_url

    def close(self) -> None:
        """Close idle connections; those in use are closed when they are given back."""
        for upstream in self._by_url.values():
            upstream.close()

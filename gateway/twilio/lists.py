"""Twilio's lists, read page by page: the one reader for all of them, in the forms of both hosts.

Those of api.twilio.com name their next page by a path (``next_page_uri``), those of messaging.twilio.com by a URL and
their items by ``meta.key`` (Twilio, Twilio's response: pagination). The next page is asked for at the same origin, and
only in the same list. A list without its items must not look like an empty one.
"""

from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from gateway.twilio.rest import USER_AGENT, NotAnswered
from gateway.twilio.upstream import Upstream, UpstreamRequest

PAGE_SIZE: Final = 1_000
MOST_PAGES: Final = 1_000
NOT_AS_DOCUMENTED: Final = "Twilio's list is not in the form it is documented in"

ListPage = tuple[dict[str, Any], ...]
"""The items of one page as Twilio gives them."""


class Refused(NotAnswered):
    """Twilio did not give a page; ``status`` is what it answered."""

    def __init__(self, status: int, name: str) -> None:
        super().__init__(f"Twilio answered {status} to a list of {name}")
        self.status = status


async def pages_of(
    upstream: Upstream, target: str, authorization: str, key: str | None = None, *, most: int | None = MOST_PAGES
) -> AsyncIterator[ListPage]:
    """The pages of the list at a path and query, ``most`` of them at most (None: as many as there are); ``key`` names
    the items where the list does not. Raises `Refused`, `UpstreamError`.
    """
    path = target.partition("?")[0]
    headers = (("Authorization", authorization), ("Accept", "application/json"), USER_AGENT)
    for _ in count() if most is None else range(most):
        answer = await upstream.fetch(UpstreamRequest("GET", target, headers))
        if answer.status != 200:
            raise Refused(answer.status, path.rpartition("/")[2].removesuffix(".json"))
        page = _read(answer.body)
        yield _items(page, key)
        following = _next(page, path)
        if following is None:
            return
        if following == target:
            raise NotAnswered("Twilio's list leads to the same page again")
        target = following
    raise NotAnswered(f"Twilio's list has more than {most} pages")


async def items_of(
    upstream: Upstream, target: str, authorization: str, key: str | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The items of such a list, over all its pages."""
    async for page in pages_of(upstream, target, authorization, key):
        for item in page:
            yield item


def _read(body: bytes) -> dict[str, Any]:
    try:
        page = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotAnswered(NOT_AS_DOCUMENTED) from error
    if not isinstance(page, dict):
        raise NotAnswered(NOT_AS_DOCUMENTED)
    return page


def _items(page: Mapping[str, Any], key: str | None) -> ListPage:
    meta = page.get("meta")
    named = meta.get("key") if isinstance(meta, dict) else key
    items = page.get(named) if isinstance(named, str) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NotAnswered(NOT_AS_DOCUMENTED)
    return tuple(items)


def _next(page: Mapping[str, Any], path: str) -> str | None:
    """Path and query of the page after one."""
    meta = page.get("meta")
    url = meta.get("next_page_url") if isinstance(meta, dict) else page.get("next_page_uri")
    if not url:
        return None
    parts = urlsplit(str(url))
    if parts.path != path or not parts.query:
        raise NotAnswered("Twilio's list leads elsewhere")
    return f"{parts.path}?{parts.query}"

"""What Twilio says of an account: asked, page by page, and told apart from what it does not say."""

from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from gateway.twilio.rest import USER_AGENT
from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest, UpstreamResponse

MOST_PAGES: Final = 200


class NotRead(Exception):
    """Twilio did not give a list; the text says why, in a few words."""


async def ask(upstream: Upstream, target: str, authorization: str) -> UpstreamResponse:
    """Twilio's answer to a GET. Raises `NotRead`."""
    headers = (("Authorization", authorization), ("Accept", "application/json"), USER_AGENT)
    try:
        return await upstream.fetch(UpstreamRequest("GET", target, headers))
    except UpstreamError as error:
        raise NotRead(str(error)) from error


async def read_list(upstream: Upstream, target: str, key: str, authorization: str) -> list[dict[str, Any]]:
    """All items of a list, in the form of either host. Raises `NotRead`."""
    items: list[dict[str, Any]] = []
    following: str | None = target
    for _ in range(MOST_PAGES):
        answer = await ask(upstream, following or "", authorization)
        if answer.status != 200:
            raise NotRead(f"Twilio answered {answer.status}")
        page = _page(answer.body, key)
        items += page[key]
        following = _next(page)
        if following is None:
            return items
    raise NotRead(f"there are more than {MOST_PAGES} pages")


def _page(body: bytes, key: str) -> dict[str, Any]:
    try:
        page = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotRead("the answer is no JSON") from None
    items = page.get(key) if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NotRead("the answer is not in the form it is documented in")
    return dict(page)


def _next(page: dict[str, Any]) -> str | None:
    """The next page as a path, so that it is asked for at the same place."""
    meta = page.get("meta")
    url = meta.get("next_page_url") if isinstance(meta, dict) else page.get("next_page_uri")
    if not isinstance(url, str) or not url:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path

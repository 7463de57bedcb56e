"""Twilio's list of an account's messages, page by page, newest first (Twilio, Message resource).

The list can be cut by days alone, and not by direction; who wants less leaves out the rest, and stops when what comes
is older.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from gateway.twilio.rest import NOT_AS_DOCUMENTED, PAGE_SIZE, USER_AGENT, NotAnswered, basic
from gateway.twilio.upstream import Upstream, UpstreamRequest

MICROSECONDS: Final = 1_000_000
DAY: Final = timedelta(days=1)

ListPage = tuple[Mapping[str, Any], ...]
"""The messages of one page as Twilio gives them, of either direction."""


async def pages_of_messages(
    api: Upstream, account_sid: str, auth_token: str, since: int | None, until: int | None = None
) -> AsyncIterator[ListPage]:
    """The pages of the messages between two instants (microseconds since 1970, UTC; None: no bound), and of some around
    them, as many as there are. Raises `UpstreamError`.
    """
    path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
    query = {"PageSize": str(PAGE_SIZE)}
    if since is not None:
        query["DateSent>"] = _day(since)
    if until is not None:
        query["DateSent<"] = _day(until + int(DAY.total_seconds()) * MICROSECONDS)  # "on or before midnight" of it
    target: str | None = f"{path}?{urlencode(query)}"
    headers = (("Authorization", basic(account_sid, auth_token)), ("Accept", "application/json"), USER_AGENT)
    while target is not None:
        answer = await api.fetch(UpstreamRequest("GET", target, headers))
        if answer.status != 200:
            raise NotAnswered(f"Twilio answered {answer.status} to the list of messages")
        page = _page(answer.body)
        yield tuple(page["messages"])
        following = _next(page, path)
        if following == target:
            raise NotAnswered("Twilio's list of messages leads to the same page again")
        target = following


def _page(body: bytes) -> dict[str, Any]:
    try:
        page = orjson.loads(body)
        if all(isinstance(item, dict) for item in page["messages"]):
            return dict(page)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotAnswered(NOT_AS_DOCUMENTED) from error
    raise NotAnswered(NOT_AS_DOCUMENTED)


def _next(page: Mapping[str, Any], path: str) -> str | None:
    """Path and query of the page after one; it may lead nowhere but on in the same list."""
    uri = page.get("next_page_uri")
    if not uri:
        return None
    parts = urlsplit(str(uri))
    if parts.path != path or not parts.query:
        raise NotAnswered("Twilio's list of messages leads elsewhere")
    return f"{parts.path}?{parts.query}"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC).date().isoformat()

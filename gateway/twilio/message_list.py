"""Twilio's list of an account's messages, newest first (Twilio, Message resource).

The list can be cut by days alone, and not by direction; who wants less leaves out the rest, and stops when what comes
is older.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from gateway.twilio.lists import PAGE_SIZE, ListPage, pages_of
from gateway.twilio.rest import basic
from gateway.twilio.upstream import Upstream

MICROSECONDS: Final = 1_000_000
DAY: Final = timedelta(days=1)


def pages_of_messages(
    api: Upstream, account_sid: str, auth_token: str, since: int | None, until: int | None = None
) -> AsyncIterator[ListPage]:
    """The pages of the messages between two instants (microseconds since 1970, UTC; None: no bound), and of some around
    them, as many as there are. Raises `UpstreamError`.
    """
    query = {"PageSize": str(PAGE_SIZE)}
    if since is not None:
        query["DateSent>"] = _day(since)
    if until is not None:
        query["DateSent<"] = _day(until + int(DAY.total_seconds()) * MICROSECONDS)  # "on or before midnight" of it
    return _listed(api, account_sid, basic(account_sid, auth_token), query)


def newest_messages(api: Upstream, account_sid: str, authorization: str, count: int) -> AsyncIterator[ListPage]:
    """The same without bounds in time, ``count`` messages a page."""
    return _listed(api, account_sid, authorization, {"PageSize": str(count)})


def messages_to(api: Upstream, account_sid: str, authorization: str, recipient: str) -> AsyncIterator[ListPage]:
    """Those that a recipient was ever sent."""
    return _listed(api, account_sid, authorization, {"To": recipient, "PageSize": str(PAGE_SIZE)})


def _listed(api: Upstream, account_sid: str, authorization: str, query: Mapping[str, str]) -> AsyncIterator[ListPage]:
    return pages_of(
        api,
        f"/2010-04-01/Accounts/{account_sid}/Messages.json?{urlencode(query)}",
        authorization,
        "messages",
        most=None,
    )


def _day(at: int) -> str:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC).date().isoformat()

"""``/api/v1/review-items``: messages that are no keyword but ask to stop, for a person to decide on."""

import re
from typing import Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.actor import BY
from gateway.admin.api.reading import Calls, invalid
from gateway.operations.json_forms import review_item_as_json
from gateway.operations.review import PAGE, ReviewOperations

ITEMS: Final = "/api/v1/review-items"
ID: Final = "[0-9a-f-]{36}"
ITEM: Final = f"{ITEMS}/{{id:{ID}}}"
STATES: Final = {"open": "open", "accepted": "accepted", "dismissed": "dismissed", "any": None}
MOST: Final = 500


class ReviewApi:
    """The handlers."""

    def __init__(self, calls: Calls, review: ReviewOperations) -> None:
        self._calls = calls
        self._review = review

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.get(ITEMS, self._list),
            web.post(f"{ITEM}/accept", self._accept),
            web.post(f"{ITEM}/dismiss", self._dismiss),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        """One page; ``next`` is the ``after`` of the next one, null after the last."""
        call = self._calls.by_query(request, "state", "after", "limit")
        state, limit = call.query.get("state", "open"), _limit(call.query.get("limit", str(PAGE)))
        if state not in STATES:
            raise invalid("state", f"it must be one of {', '.join(STATES)}")
        after = call.query.get("after", "")
        if after and not re.fullmatch(ID, after):
            raise invalid("after", "it must be the next of the page before")
        found = await self._review.items(call.account.sid, STATES[state], after, limit + 1)
        items = [review_item_as_json(item) for item in found[:limit]]
        return answer({"items": items, "next": items[-1]["review_id"] if len(found) > limit else None})

    async def _accept(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "reason")
        review_id = request.match_info["id"]
        change = await self._review.accept(review_id, BY, call.reason, account_sid=call.account.sid)
        return answer({"review_id": review_id, "state": "accepted", "change": change})

    async def _dismiss(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "reason")
        review_id = request.match_info["id"]
        await self._review.dismiss(review_id, BY, call.reason, account_sid=call.account.sid)
        return answer({"review_id": review_id, "state": "dismissed", "change": None})


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise invalid("limit", f"it must be a number from 1 to {MOST}")
    return int(text)

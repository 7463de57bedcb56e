"""``/api/v1/review-items``: messages that are no keyword but ask to stop, for a person to decide on."""

from typing import Final, Literal

from pydantic import Field

from gateway.admin.api.paging import page_of
from gateway.admin.api.reasons import reason_of
from gateway.admin.api.shapes import WhyBody
from gateway.admin.problems import DECIDED_ALREADY, UNKNOWN_ITEM
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import (
    PAGE,
    AccountQuery,
    Body,
    FreeText,
    Identifier,
    Limit,
    MessageText,
    Recipient,
    Time,
    Told,
)
from gateway.operations.json_forms import review_item_as_json
from gateway.operations.review import ReviewOperations
from gateway.operations.tokens import Role

ITEMS: Final = "/api/v1/review-items"
ID: Final = "[0-9a-f-]{36}"
ITEM: Final = f"{ITEMS}/{{id:{ID}}}"


class ItemsQuery(AccountQuery):
    """Which items to list."""

    state: Literal["open", "accepted", "dismissed", "any"] = Field(default="open", description="Which items.")
    after: Identifier | None = Field(default=None, description="The next of the page before.")
    limit: Limit = Field(default=PAGE, description="How many items a page has at most.")


class ItemTold(Told):
    """One message that asks to stop, and what was decided on it."""

    review_id: str
    account_sid: str
    message_sid: str
    recipient: Recipient
    sender: str
    service_sid: str | None
    body: MessageText | None
    language: str
    rule: str
    words: list[FreeText]
    state: Literal["open", "accepted", "dismissed"]
    received_at: Time
    decided_at: Time | None
    actor: str | None
    reason: FreeText | None
    event_id: str | None


class ItemsTold(Told):
    """One page of the review list."""

    items: list[ItemTold]
    next: str | None = Field(description="The after of the next page; null after the last.")


class DecidedTold(Told):
    """What was decided on an item, and what became of its recipient's opt-outs."""

    review_id: str
    state: Literal["accepted", "dismissed"]
    change: str | None


class ReviewApi:
    """The handlers."""

    def __init__(self, review: ReviewOperations) -> None:
        self._review = review

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route("GET", ITEMS, "One page of the review list", Role.READ, self._list, ItemsTold, query=ItemsQuery),
            Route(
                "POST", f"{ITEM}/accept", "Opt an item's recipient out", Role.OPERATE, self._accept, DecidedTold,
                query=AccountQuery, body=WhyBody, problems=(UNKNOWN_ITEM, DECIDED_ALREADY),
            ),
            Route(
                "POST", f"{ITEM}/dismiss", "Change nothing: an item asked for something else", Role.OPERATE,
                self._dismiss, DecidedTold, query=AccountQuery, body=WhyBody, problems=(UNKNOWN_ITEM, DECIDED_ALREADY),
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[ItemsQuery, Body]) -> Answer:
        query = call.query
        state = None if query.state == "any" else query.state
        found = await self._review.items(call.account.sid, state, query.after or "", query.limit + 1)
        page, following = page_of(found, query.limit, lambda item: item.review_id)
        return Answer({"items": [review_item_as_json(item) for item in page], "next": following})

    async def _accept(self, call: Call[AccountQuery, WhyBody]) -> Answer:
        review_id, reason = call.path["id"], reason_of(call.body.reason)
        change = await self._review.accept(review_id, call.caller.actor, reason, account_sid=call.account.sid)
        return Answer({"review_id": review_id, "state": "accepted", "change": change})

    async def _dismiss(self, call: Call[AccountQuery, WhyBody]) -> Answer:
        review_id, reason = call.path["id"], reason_of(call.body.reason)
        await self._review.dismiss(review_id, call.caller.actor, reason, account_sid=call.account.sid)
        return Answer({"review_id": review_id, "state": "dismissed", "change": None})

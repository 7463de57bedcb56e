"""``/api/v1/persons``: what is kept of a person, made unreadable."""

from typing import Final

from pydantic import Field

from gateway.admin.api.addressing import recipient_of
from gateway.admin.api.opt_out_shapes import WhomBody
from gateway.admin.api.reasons import reason_of
from gateway.admin.api.shapes import REASON, DryRun
from gateway.admin.reading import invalid
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import Told
from gateway.operations.actors import MOST_REASON
from gateway.operations.erasure import ErasureOperations
from gateway.operations.json_forms import erasure_as_json
from gateway.operations.optouts import Whom
from gateway.operations.tokens import Role

ERASE: Final = "/api/v1/persons/erase"


class EraseBody(WhomBody):
    """Who is to be erased, and why."""

    reason: str | None = Field(default=None, min_length=1, max_length=MOST_REASON, description=REASON)


class ErasedTold(Told):
    """What an erasure changed: how many lines of each table; ``found`` is false where nothing readable was kept."""

    account_sid: str
    dry_run: bool
    found: bool
    lines: dict[str, int]
    event_ids: list[str]


class PersonsApi:
    """The handler."""

    def __init__(self, erasure: ErasureOperations) -> None:
        self._erasure = erasure

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", ERASE, "Make a person unreadable; opt-outs and history go on counting", Role.ADMIN, self._erase,
                ErasedTold, query=DryRun, body=EraseBody,
            ),
        ]  # fmt: skip

    async def _erase(self, call: Call[DryRun, EraseBody]) -> Answer:
        address = recipient_of(call.account, call.body.recipient)
        if address is None:
            raise invalid("recipient", "it is missing")
        whom, dry_run = Whom(call.account.sid, address), call.query.dry_run
        reason = reason_of(call.body.reason)
        erasure = await self._erasure.erase(whom, call.caller.actor, reason, dry_run=dry_run)
        return Answer(erasure_as_json(whom, erasure, dry_run=dry_run))

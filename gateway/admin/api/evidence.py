"""``/api/v1/opt-outs/evidence``: the evidence file of one recipient, as JSON or as a page to print."""

from typing import Any

from aiohttp import web
from pydantic import Field

from gateway.admin.api.addressing import demanded_recipient
from gateway.admin.api.opt_out_shapes import WhomBody
from gateway.admin.api.opt_outs import OPT_OUTS
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Instant, PlainObject
from gateway.operations.evidence import EvidenceOperations
from gateway.operations.evidence_page import content_security_policy, page_of
from gateway.operations.optouts import Whom
from gateway.operations.tokens import Role

PAGE = "text/html"


class EvidenceBody(WhomBody):
    """Whose evidence, and as of when."""

    at: Instant | None = Field(default=None, description="As of this time, not now.")


class EvidenceApi:
    """The handlers."""

    def __init__(self, evidence: EvidenceOperations) -> None:
        self._evidence = evidence

    def routes(self) -> list[AnyRoute]:
        """The table of this resource. What is sealed cannot be masked, so it takes a role that sees numbers."""
        return [
            Route(
                "POST", f"{OPT_OUTS}/evidence", "The evidence on a recipient's consent, with digest and seal",
                Role.OPERATE, self._file, PlainObject, query=AccountQuery, body=EvidenceBody,
            ),
            Route(
                "POST", f"{OPT_OUTS}/evidence/page", "The same as a page to read and print", Role.OPERATE,
                self._page, PAGE, query=AccountQuery, body=EvidenceBody,
            ),
        ]  # fmt: skip

    async def _file(self, call: Call[AccountQuery, EvidenceBody]) -> Answer:
        return Answer(await self._made(call))

    async def _page(self, call: Call[AccountQuery, EvidenceBody]) -> web.Response:
        headers = {
            "Content-Type": f"{PAGE}; charset=utf-8",
            "Content-Disposition": 'inline; filename="evidence.html"',
            "Content-Security-Policy": content_security_policy(),
        }
        return web.Response(body=page_of(await self._made(call)).encode(), headers=headers)

    async def _made(self, call: Call[AccountQuery, EvidenceBody]) -> dict[str, Any]:
        whom = Whom(call.account.sid, demanded_recipient(call.account, call.body.recipient))
        return await self._evidence.of(whom, call.caller.actor, call.body.at)

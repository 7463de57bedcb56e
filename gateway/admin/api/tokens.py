"""``/api/v1/tokens``: who may call the admin listener. Only who may see all accounts says so."""

from typing import Final

from pydantic import Field

from gateway.admin.api.paging import page_of
from gateway.admin.problems import FORBIDDEN, TAKEN_NAME, UNKNOWN_TOKEN, Problem
from gateway.admin.reading import invalid
from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import PAGE, AccountSid, Body, Limit, Query, Time, Told
from gateway.messaging.errors import Malformed
from gateway.operations.list_forms import token_as_json
from gateway.operations.tokens import MOST_SECONDS, NAME, Role, TokenOperations

TOKENS: Final = "/api/v1/tokens"
TOKEN: Final = f"{TOKENS}/{{name:{NAME}}}"


class TokensQuery(Query):
    """Which tokens to list."""

    after: str | None = Field(default=None, pattern=f"^{NAME}$", description="The next of the page before.")
    limit: Limit = Field(default=PAGE, description="How many lines a page has at most.")


class TokenBody(Body):
    """A token to make."""

    name: str = Field(pattern=f"^{NAME}$", description="Who holds it; history names them by it. Given once.")
    role: Role = Field(description="What it may do.")
    accounts: list[AccountSid] | None = Field(
        default=None, min_length=1, max_length=1000, description="The accounts that it may see; null: all."
    )
    expires_in_seconds: int | None = Field(
        default=None, ge=1, le=MOST_SECONDS, description="How long it is good; null: until it is revoked."
    )


class TokenTold(Told):
    """A token, without its secret."""

    name: str
    role: Role
    accounts: list[str] | None
    created_at: Time
    created_by: str
    expires_at: Time | None
    last_used_at: Time | None
    revoked_at: Time | None
    revoked_by: str | None


class MadeTold(TokenTold):
    """A new token, with its secret, which is told this once."""

    token: str


class TokensTold(Told):
    """One page of the tokens."""

    tokens: list[TokenTold]
    next: str | None = Field(description="The after of the next page; null after the last.")


class RevokedTold(Told):
    """A token that proves nothing any more."""

    name: str
    revoked: bool


class TokensApi:
    """The handlers."""

    def __init__(self, tokens: TokenOperations) -> None:
        self._tokens = tokens

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", TOKENS, "One page of the tokens, by name", Role.ADMIN, self._list, TokensTold,
                query=TokensQuery, about=About.NONE,
            ),
            Route(
                "POST", TOKENS, "Make a token; its secret is told this once", Role.ADMIN, self._make, MadeTold,
                body=TokenBody, about=About.NONE, status=201, problems=(TAKEN_NAME,),
            ),
            Route(
                "DELETE", TOKEN, "Revoke a token, from its next call on", Role.ADMIN, self._revoke, RevokedTold,
                about=About.NONE, problems=(UNKNOWN_TOKEN,),
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[TokensQuery, Body]) -> Answer:
        demand_all_accounts(call)
        limit = call.query.limit
        found = await self._tokens.listed(call.query.after or "", limit + 1)
        page, following = page_of(found, limit, lambda token: token.name)
        return Answer({"tokens": [token_as_json(token) for token in page], "next": following})

    async def _make(self, call: Call[Query, TokenBody]) -> Answer:
        demand_all_accounts(call)
        given = call.body
        accounts = None if given.accounts is None else frozenset(given.accounts)
        try:
            made = await self._tokens.make(given.name, given.role, accounts, call.caller.name, given.expires_in_seconds)
        except Malformed as error:
            raise invalid("name", str(error)) from None
        return Answer(token_as_json(made.token) | {"token": made.secret})

    async def _revoke(self, call: Call[Query, Body]) -> Answer:
        demand_all_accounts(call)
        await self._tokens.revoke(call.path["name"], call.caller.name)
        return Answer({"name": call.path["name"], "revoked": True})


def demand_all_accounts(call: Call[Query, Body]) -> None:
    """Refuse a token of some accounts with a `Problem`. Else it could make one of more."""
    if call.caller.accounts is not None:
        raise Problem(FORBIDDEN, "it takes a token of the role admin that may see all accounts")

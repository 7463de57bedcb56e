"""What pages ask: routes of the admin API by their names (``GET /api/v1/opt-outs``), within the process."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.admin.problems import problem_of
from gateway.admin.route import About, Answer, AnyRoute, Inside
from gateway.directory import Directory
from gateway.operations.tokens import Caller

ABOUT_ACCOUNTS: Final = frozenset({About.ONE, About.SOME, About.NAMED_WITHIN})


class Api:
    """The routes of the admin API, as pages ask them."""

    def __init__(self, routes: Iterable[AnyRoute], directory: Directory) -> None:
        self._routes = {f"{route.method} {route.template}": route for route in routes}
        self._directory = directory

    def has(self, name: str) -> bool:
        """Whether there is a route of this name."""
        return name in self._routes

    def may(self, caller: Caller, name: str) -> bool:
        """Whether a caller's role suffices for a route, which has to be there."""
        role = self._routes[name].role
        return role is None or caller.role.includes(role)

    def accounts_of(self, caller: Caller) -> list[str]:
        """The SIDs of the accounts that a caller may look at, those of the settings first."""
        known = [account.sid for account in self._directory.accounts if caller.may_see(account.sid)]
        return list(dict.fromkeys([*known, *sorted(caller.accounts or ())]))

    def as_seen_by(self, caller: Caller, name: str, value: Any) -> Any:
        """What a route told, as a caller may see it."""
        return self._routes[name].as_seen_by(caller, value)

    async def ask(
        self,
        request: web.Request,
        caller: Caller,
        name: str,
        inside: Inside,
        query: Mapping[str, str],
        body: Mapping[str, Any],
        account_sid: str | None,
    ) -> Any:
        """What a route tells, unmasked; or its response, where that is no JSON. ``account_sid`` goes into the query
        where the route is about accounts. Whatever goes wrong is a `Problem`.
        """
        route = self._routes[name]
        is_about_accounts = route.about in ABOUT_ACCOUNTS and "account_sid" in route.query.model_fields
        if is_about_accounts and account_sid is not None:
            query = {"account_sid": account_sid, **query}
        try:
            answered = await route.asked(request, caller, self._directory, inside, query, orjson.dumps(dict(body)))
        except Exception as error:
            raise problem_of(error) from None
        return answered.value if isinstance(answered, Answer) else answered

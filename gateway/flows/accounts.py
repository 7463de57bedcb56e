"""For whom a call is made: an account of the settings, or a sub-account that Twilio proves to belong to one.

A sub-account counts under its own SID and by its parent's settings (``subaccounts = true``). The caller's credentials
are proved first, so that nobody without any learns which sub-accounts there are.
"""

from collections.abc import Callable
from typing import Final

from gateway.directory import Account, Directory
from gateway.flows.credentials import Credentials, Disproved, user_of
from gateway.flows.request import Request
from gateway.twilio.errors import AUTHENTICATE, UPSTREAM_AWAY, TrafficError
from gateway.twilio.products import API
from gateway.twilio.rest import owner_of
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Origins, Upstreams

OWNED_SECONDS: Final = 3_600.0
FOREIGN_SECONDS: Final = 60.0
MOST_FOREIGN: Final = 10_000


class Accounts:
    """The accounts whose calls are taken."""

    def __init__(
        self, directory: Directory, credentials: Credentials, upstreams: Upstreams, monotonic: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._credentials = credentials
        self._upstreams = upstreams
        self._monotonic = monotonic
        self._owned_until: dict[str, float] = {}
        self._foreign_until: dict[str, float] = {}

    async def proved(self, account_sid: str, request: Request) -> Account:
        """The account, once the request's credentials are proved to be good for sends of it. Raises `Disproved`,
        `TrafficError` (401 for an account that is not ours, 429, 503).
        """
        account = self.known(account_sid)
        if account is not None:
            await self._credentials.prove(account, request)
            return account
        return await self._found(account_sid, request)

    def known(self, account_sid: str) -> Account | None:
        """The account, if it is in the settings or was found to belong to one of them within the last hour."""
        account = self._directory.account(account_sid)
        if account is None and self._owned_until.get(account_sid, 0.0) > self._monotonic():
            return self._directory.subaccount(account_sid)
        return account

    async def child_of(self, parent: Account, account_sid: str) -> Account | None:
        """An account that Twilio shows to a parent as its own: by its own settings where it has some, else by the
        parent's; None for any other. Raises `TrafficError` (503).
        """
        if self._owned_until.get(account_sid, 0.0) > self._monotonic():
            known = self._directory.subaccount(account_sid)
            if known is not None and known.parent_sid == parent.sid:
                return known
        if not await self._owns(parent, account_sid):
            return None
        listed = self._directory.account(account_sid)
        if listed is not None:
            return listed
        child = parent.subaccount(account_sid)
        self._directory.adopt(child)
        self._owned_until[account_sid] = self._monotonic() + OWNED_SECONDS
        return child

    def origins_of(self, request: Request) -> Origins | None:
        """Where Twilio is for a call whose path names no account: where it is for the account that its credentials
        name, else where it is for all accounts; None where these differ and it is an API key or a Bearer token.
        """
        named = self._directory.account(user_of(request.header("Authorization") or "").decode("latin-1"))
        if named is not None:
            return named.origins
        everywhere = {account.origins for account in self._directory.accounts}
        return everywhere.pop() if len(everywhere) == 1 else None

    async def _found(self, account_sid: str, request: Request) -> Account:
        disproved: Disproved | None = None
        for parent in self._directory.accounts:
            if not parent.subaccounts:
                continue
            child = parent.subaccount(account_sid)
            try:
                await self._credentials.prove(child, request)
            except Disproved as error:
                disproved = error
                continue
            if await self._owns(parent, account_sid):
                self._directory.adopt(child)
                self._owned_until[account_sid] = self._monotonic() + OWNED_SECONDS
                return child
        raise disproved or TrafficError(AUTHENTICATE, "the gateway has no such account in its settings")

    async def _owns(self, parent: Account, account_sid: str) -> bool:
        """Whether Twilio shows the account to the parent as its own. An account of others is not asked about again
        for a minute.
        """
        key = f"{parent.sid} {account_sid}"
        if self._foreign_until.get(key, 0.0) > self._monotonic():
            return False
        try:
            api = self._upstreams.to(API, parent.origins)
            owner = await owner_of(api, account_sid, parent.sid, parent.auth_tokens[0])
        except UpstreamError as error:
            raise TrafficError(UPSTREAM_AWAY, "whose sub-account it is cannot be found out") from error
        if owner == parent.sid:
            return True
        if len(self._foreign_until) >= MOST_FOREIGN:
            self._foreign_until.clear()
        self._foreign_until[key] = self._monotonic() + FOREIGN_SECONDS
        return False

"""What a capture began with, put into the gateway that it is played to: by its admin API, so by its own rules."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import aiohttp
import orjson

from gateway.capture.records import OptOut, Pool, Service, State
from gateway.messaging.optouts import ScopeKind
from gateway.messaging.senders import SENDER_ID_CHANNEL

AT_ONCE: Final = 16
CALL_SECONDS: Final = 60.0
REASON: Final = "the list that a capture began with"
SHOWN: Final = 300  # characters of a problem


class NotLoaded(Exception):
    """The gateway did not take the state; the text says what it answered."""


class Loading:
    """Loads a state. ``url`` is the admin listener's; ``mapped`` puts other accounts, services and senders in the place
    of the capture's; ``on_progress`` is called after each opt-out.
    """

    def __init__(self, url: str, token: str, mapped: Mapping[str, str], on_progress: Callable[[], None]) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._mapped = mapped
        self._on_progress = on_progress

    async def load(self, state: Iterable[State]) -> int:
        """Import the services with their senders, then every opt-out; gives how many of these. Raises `NotLoaded`."""
        services: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            are_imported, count = False, 0
            batch: list[OptOut] = []
            for line in state:
                if isinstance(line, OptOut) and line.channel == SENDER_ID_CHANNEL:
                    continue  # nothing can be sent to it, so nobody can opt it out by hand
                if isinstance(line, OptOut):
                    if not are_imported:
                        await self._import(http, services)
                        are_imported = True
                    batch.append(line)
                    count += 1
                    if len(batch) == AT_ONCE:
                        await self._add(http, batch)
                        batch = []
                else:
                    self._note(services[self._named(line.account_sid)], line)
            if not are_imported:
                await self._import(http, services)
            await self._add(http, batch)
        return count

    def _note(self, services: dict[str, dict[str, Any]], line: State) -> None:
        if isinstance(line, Service):
            settings = dict(line.settings) | {"enabled": line.enabled}
            here = services.setdefault(self._named(line.service_sid), {})
            senders = {*here.get("senders", ()), *map(self._named, settings.get("senders", ()))}
            here.update(settings | ({"senders": sorted(senders)} if senders else {}))
        elif isinstance(line, Pool):
            here = services.setdefault(self._named(line.service_sid), {})
            here["senders"] = sorted({*here.get("senders", ()), *map(self._named, line.senders)})

    async def _import(self, http: aiohttp.ClientSession, services: Mapping[str, dict[str, dict[str, Any]]]) -> None:
        for account_sid, of_account in services.items():
            if of_account:
                await self._post(http, "/api/v1/services/import", {"account": account_sid, "services": of_account})

    async def _add(self, http: aiohttp.ClientSession, batch: Iterable[OptOut]) -> None:
        await asyncio.gather(*(self._add_one(http, line) for line in batch))

    async def _add_one(self, http: aiohttp.ClientSession, line: OptOut) -> None:
        covered: dict[ScopeKind, dict[str, Any]] = {
            ScopeKind.SERVICE: {"service_sid": self._named(line.scope_id)},
            ScopeKind.SENDER: {"sender": self._named(line.scope_id)},
            ScopeKind.ACCOUNT: {"account_wide": True},
        }
        whom = {"account_sid": self._named(line.account_sid), "recipient": line.recipient}
        kept = {"hold": line.hold, "reason": REASON}
        await self._post(http, "/api/v1/opt-outs", whom | covered[line.scope_kind] | kept)
        self._on_progress()

    async def _post(self, http: aiohttp.ClientSession, path: str, document: Mapping[str, Any]) -> None:
        try:
            async with http.post(self._url + path, data=orjson.dumps(document), headers=self._headers) as answer:
                if not answer.ok:
                    said = (await answer.text())[:SHOWN]
                    raise NotLoaded(f"{path} answered {answer.status}: {said}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotLoaded(f"{self._url} cannot be reached ({type(error).__name__})") from error

    def _named(self, name: str) -> str:
        return self._mapped.get(name, name)

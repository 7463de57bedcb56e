"""What a capture began with, put into the gateway that it is played to: by its admin API, so by its own rules.

What shadow mode kept beside the list is loaded as if it had been adopted.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
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


Settings = Mapping[str, Mapping[str, Any]]
"""Settings of services by SID, as plain values with ``enabled``."""


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

    async def load(self, state: Callable[[], Iterable[State]], tried: Settings, account_sid: str | None) -> None:
        """Import the services with their senders, then every opt-out. ``tried`` are settings of services of an account
        in the place of the capture's. Raises `NotLoaded`.
        """
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            await self._import(http, self._services(state(), tried, account_sid))
            lifted = {_whose(line) for line in state() if isinstance(line, OptOut) and not line.standing}
            batch: list[OptOut] = []
            for line in state():
                if isinstance(line, OptOut) and _counts(line, lifted):
                    batch.append(line)
                if len(batch) == AT_ONCE:
                    await self._add(http, batch)
                    batch = []
            await self._add(http, batch)

    def _services(
        self, state: Iterable[State], tried: Settings, account_sid: str | None
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """By account and service: settings and whether they are enabled, with all senders of the capture."""
        services: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        if account_sid is not None:
            services[self._named(account_sid)] |= {self._named(sid): dict(given) for sid, given in tried.items()}
        for line in state:
            if not isinstance(line, Service | Pool):
                continue
            here = services[self._named(line.account_sid)].setdefault(self._named(line.service_sid), {})
            if isinstance(line, Service) and line.service_sid not in tried:
                here |= line.settings | {"enabled": line.enabled, "senders": here.get("senders", [])}
            stated = line.senders if isinstance(line, Pool) else line.settings.get("senders", ())
            here["senders"] = sorted({*here.get("senders", ()), *map(self._named, stated)})
        return services

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


def _counts(line: OptOut, lifted: Container[tuple[str, ...]]) -> bool:
    """Whether a line stands once what shadow mode kept is adopted. To a sender ID nothing can be sent."""
    if not line.standing or line.channel == SENDER_ID_CHANNEL:
        return False
    return line.hold or _whose(line) not in lifted


def _whose(line: OptOut) -> tuple[str, ...]:
    return line.account_sid, line.channel, line.recipient, line.scope_kind, line.scope_id

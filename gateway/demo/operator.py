"""The demo's operator: sets the gateway up by its admin API, and asks it what it wrote down about a message."""

from types import TracebackType
from typing import Any, Final

import aiohttp

_CHANGES: Final = {
    "added": "opted out",
    "stays": "stays opted out",
    "lifted": "opted in",
    "nothing": "nothing changes",
    "held": "stays opted out, on hold",
    "outdated": "too old to change anything",
}
_SCOPES: Final = {"service": "the Messaging Service", "sender": "the sender", "account": "the account"}


class Operator:
    """Calls the admin API at `url` with its token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/api/v1"
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"}, timeout=aiohttp.ClientTimeout(total=10)
        )

    async def __aenter__(self) -> "Operator":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def import_services(self, document: bytes) -> None:
        """Save the settings of Messaging Services, a TOML file's. Raises aiohttp.ClientError where they are refused."""
        headers = {"Content-Type": "application/toml"}
        async with self._session.post(f"{self._url}/services/import", data=document, headers=headers) as response:
            response.raise_for_status()

    async def evidence(self, message_sid: str) -> tuple[tuple[str, str], ...]:
        """What the history holds of an inbound message, as titles with sentences; nothing where it does not answer."""
        try:
            async with self._session.get(
                f"{self._url}/consent-events", params={"message_sid": message_sid}
            ) as response:
                response.raise_for_status()
                events: list[dict[str, Any]] = (await response.json())["events"]
        except (aiohttp.ClientError, TimeoutError):
            return ()
        return tuple(line for event in events if event["event_type"] != "SCHEDULED" for line in _lines(event))


def _lines(event: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    by = f" of the keyword set {event['keyword_set']}" if event["keyword_set"] else ""
    match = f"{event['event_type']} by “{event['keyword']}”{by}" if event["keyword"] else event["event_type"]
    scopes = ", ".join(f"{_SCOPES.get(each['kind'], each['kind'])} {each['id']}" for each in event["scopes"])
    change = _CHANGES.get(event["change"], event["change"])
    return ("Match", match), ("Change", f"{change}: {scopes}" if scopes else change)

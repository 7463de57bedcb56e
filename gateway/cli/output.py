"""What commands print: lines for the eye, JSON for programs; times in UTC, as ISO 8601 has them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from rich.console import Console
from rich.text import Text

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, Scope
from gateway.store.records import ListedOptOut

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
HEADING: Final = "bold"
GOES: Final = "green"
STOPS: Final = "red"


def say(text: str, style: str = "") -> None:
    """Print one line; colours only on a terminal, nothing wrapped, nothing read as markup."""
    Console(highlight=False, soft_wrap=True).print(Text(text, style=style))


def say_json(value: Any) -> None:
    """Print one line of JSON."""
    print(orjson.dumps(value).decode())


def iso(microseconds: int) -> str:
    """An instant (microseconds since 1970, UTC) in full: ``2026-01-31T12:00:00.000001Z``."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_the_second(microseconds: int) -> str:
    """An instant for the eye: ``2026-01-31 12:00:00Z``."""
    return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M:%SZ")


def in_columns(cells: Iterable[tuple[str, int]]) -> str:
    """One line of columns, each at least so many characters wide."""
    return "  ".join(text.ljust(width) for text, width in cells).rstrip()


def scope_as_json(scope: Scope) -> dict[str, str]:
    """A scope as every command gives it."""
    return {"kind": str(scope.kind), "id": scope.id}


def opt_out_as_json(opt_out: OptOut) -> dict[str, object]:
    """A recipient's opt-out, where whose it is goes without saying."""
    return {
        "scope": scope_as_json(opt_out.scope),
        "effective_at": iso(opt_out.effective_at),
        "source": str(opt_out.source),
        "hold": opt_out.hold,
    }


def listed_as_json(opt_out: ListedOptOut) -> dict[str, object]:
    """A line of the blocklist."""
    return {
        "opt_out_id": opt_out.opt_out_id,
        "account_sid": opt_out.key.account_sid,
        "channel": opt_out.key.channel,
        "recipient": opt_out.recipient,
        "scope": scope_as_json(opt_out.scope),
        "hold": opt_out.hold,
        "source": opt_out.source,
        "actor": opt_out.actor,
        "effective_at": iso(opt_out.effective_at),
        "received_at": iso(opt_out.received_at),
    }


def event_as_json(event: ConsentEvent) -> dict[str, object]:
    """A line of the history."""
    return {
        "event_id": event.event_id,
        "account_sid": event.key.account_sid,
        "channel": event.key.channel,
        "recipient": event.recipient,
        "event_type": event.event_type,
        "change": event.change,
        "scopes": [scope_as_json(scope) for scope in event.scopes],
        "source": event.source,
        "actor": event.actor,
        "role": event.role,
        "settings_version": event.settings_version,
        "effective_at": iso(event.effective_at),
        "received_at": iso(event.received_at),
        "sender": event.sender,
        "service_sid": event.service_sid,
        "keyword": event.keyword,
        "keyword_set": event.keyword_set,
        "message_sid": event.message_sid,
        "reason": event.reason,
    }

"""How the gateway is, with all that it depends on: store, upstreams, sources of events, what is owed, sinks."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.directory import Directory
from gateway.flows.arrivals import Source
from gateway.messaging.instants import iso, maybe_iso
from gateway.operations.process_health import GapHealth, ProcessHealth, Tally, UpstreamHealth
from gateway.store import Store, StoreError
from gateway.store.event_records import Backlog, Sink

WITHIN_SECONDS: Final = 5.0  # a store that hangs is away, to who looks
MOST_COUNTED: Final = 10_000
ANSWERING: Final = "answering"
FAILING: Final = "failing"
UNUSED: Final = "unused"
NOTHING: Final = Tally()
NO_GAP: Final = GapHealth(None, None, 0, None)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the store tells: until when each account's list was read, what is owed, the sinks."""

    closed_until: Mapping[str, int | None]
    backlogs: tuple[Backlog, ...]
    sinks: tuple[Sink, ...]


class HealthOperations:
    """The operation. ``known`` gives what all processes know; ``reads_list`` says whether Twilio's list is read for
    what was missed.
    """

    def __init__(
        self, store: Store, directory: Directory, known: Callable[[], ProcessHealth], *, reads_list: bool
    ) -> None:
        self._store = store
        self._directory = directory
        self._known = known
        self._reads_list = reads_list

    async def told(self, may_see: Callable[[str], bool]) -> dict[str, Any]:
        """How it is with the accounts that somebody may see. Where the store cannot tell, what it would is None; raises
        nothing.
        """
        known, stored = self._known(), await self._stored(may_see)
        accounts = dict.fromkeys(account.sid for account in self._directory.accounts)
        accounts |= dict.fromkeys(key.partition(" ")[0] for key in known.seen)
        seen = [sid for sid in accounts if may_see(sid)]
        return {
            "since": iso(known.since),
            "processes": known.processes,
            "store": {"writable": self._store.is_writable, "readable": stored is not None},
            "upstreams": [upstream_as_json(url, each) for url, each in sorted(known.upstreams.items())],
            "sources": [source_as_json(sid, source, known) for sid in seen for source in Source],
            "unsigned": [unsigned_as_json(source, known.unsigned.get(source, NOTHING)) for source in Source],
            "gaps": self._gaps(known, stored, seen) if self._reads_list else None,
            "deliveries": None if stored is None else backlog_as_json(stored.backlogs, None, may_see),
            "sinks": None if stored is None else [sink_health_as_json(sink, stored.backlogs) for sink in stored.sinks],
        }

    async def _stored(self, may_see: Callable[[str], bool]) -> _Stored | None:
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                sids = [account.sid for account in self._directory.accounts if may_see(account.sid)]
                closed = {sid: await self._store.closed_until(sid) for sid in sids} if self._reads_list else {}
                backlogs = await self._store.backlogs(MOST_COUNTED)
                sinks = [sink for sink in await self._store.sinks() if may_see(sink.account_sid)]
        except (StoreError, TimeoutError):
            return None
        return _Stored(closed, tuple(backlogs), tuple(sinks))

    def _gaps(self, known: ProcessHealth, stored: _Stored | None, seen: Iterable[str]) -> list[dict[str, Any]]:
        configured = {account.sid for account in self._directory.accounts}
        closed: Mapping[str, int | None] = {} if stored is None else stored.closed_until
        return [gap_as_json(sid, known.gaps.get(sid, NO_GAP), closed.get(sid)) for sid in seen if sid in configured]


def upstream_as_json(url: str, known: UpstreamHealth) -> dict[str, Any]:
    """An upstream, without what its URL may hold of a password. It is failing where its last request failed."""
    parts = urlsplit(url)
    state = ANSWERING if known.answered_at is not None else UNUSED
    if known.troubled_at is not None and known.troubled_at > (known.answered_at or 0):
        state = FAILING
    return {
        "url": parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        "state": state,
        "answered": known.answered,
        "last_answered_at": maybe_iso(known.answered_at),
        "failures": dict(known.troubles),
        "last_failure": known.trouble,
        "last_failed_at": maybe_iso(known.troubled_at),
        "connections": {"in_use": known.in_use, "idle": known.idle, "most": known.most},
    }


def source_as_json(account_sid: str, source: Source, known: ProcessHealth) -> dict[str, Any]:
    """A source of an account's events."""
    key = f"{account_sid} {source}"
    seen, failed = known.seen.get(key, NOTHING), known.failed.get(key, NOTHING)
    return {
        "account_sid": account_sid,
        "source": str(source),
        "seen": seen.count,
        "last_seen_at": maybe_iso(seen.last_at),
        "failed": failed.count,
        "last_failed_at": maybe_iso(failed.last_at),
    }


def unsigned_as_json(source: Source, tally: Tally) -> dict[str, Any]:
    """Requests of a source that nobody had signed."""
    return {"source": str(source), "count": tally.count, "last_at": maybe_iso(tally.last_at)}


def gap_as_json(account_sid: str, known: GapHealth, closed_until: int | None) -> dict[str, Any]:
    """How far an account's list was read; an error counts until it was read again, by whichever process."""
    fails = known.failed_at is not None and known.failed_at > (closed_until or 0)
    return {
        "account_sid": account_sid,
        "closed_until": maybe_iso(closed_until),
        "error": known.error if fails else None,
        "failed_at": maybe_iso(known.failed_at) if fails else None,
        "missed": known.missed,
        "last_missed_at": maybe_iso(known.missed_at),
    }


def backlog_as_json(backlogs: Iterable[Backlog], sink: str | None, may_see: Callable[[str], bool]) -> dict[str, Any]:
    """What is owed and was given up, to all but sinks (None) or to one of them."""
    counted = [each for each in backlogs if each.sink == sink and may_see(each.account_sid)]
    owed = [each for each in counted if each.state == "owed"]
    return {
        "owed": sum(each.count for each in owed),
        "dead": sum(each.count for each in counted if each.state == "dead"),
        "oldest_owed_at": maybe_iso(min((each.oldest_at for each in owed), default=None)),
    }


def sink_health_as_json(sink: Sink, backlogs: Iterable[Backlog]) -> dict[str, Any]:
    """A sink and what it is owed."""
    return {
        "account_sid": sink.account_sid,
        "name": sink.name,
        "kind": sink.kind,
        "failures": sink.failures,
        "last_error": sink.last_error,
        **backlog_as_json(backlogs, sink.name, lambda sid: sid == sink.account_sid),
    }

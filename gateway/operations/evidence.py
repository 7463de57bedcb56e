"""The evidence file: everything the gateway knows of one recipient's consent, in a form that can be handed over.

A file is plain values with two marks at its end. ``digest`` is the SHA-256 of the rest in canonical form (JSON with
sorted keys, no white space, UTF-8, as RFC 8785 has it for such values), so that anybody can see whether a copy is
unchanged. ``seal`` is a keyed hash of the same, by which this gateway, and nobody else, tells that the file is its own.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway import __version__
from gateway.messaging.history import ConsentEvent
from gateway.messaging.instants import iso
from gateway.messaging.opt_out_settings import keyword_sets_of
from gateway.messaging.past import PastOptOut
from gateway.operations.actors import Actor
from gateway.operations.evidence_words import UNKNOWN, finding_of, sentence_of
from gateway.operations.history import HistoryOperations, Past, keys_of
from gateway.operations.json_forms import event_as_json, opt_out_as_json
from gateway.operations.optouts import Whom
from gateway.store import Store
from gateway.store.records import ServiceVersion

FORM: Final = 1
MARKS: Final = ("digest", "seal")
PURPOSE: Final = b"evidence"


class Unsealed(ValueError):
    """A file is not what this gateway made; the text says what is wrong with it."""


class EvidenceOperations:
    """Makes evidence files. ``clock`` gives microseconds since 1970, UTC.

    Each raises `StoreUnavailable`.
    """

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._history = HistoryOperations(store)
        self._clock = clock

    async def of(self, whom: Whom, by: Actor, at: int | None = None) -> dict[str, Any]:
        """The evidence on a recipient's consent, on every channel of the number: what stands, or stood at an instant
        (microseconds since 1970, UTC), every event up to then, and the keyword sets that matched.
        """
        now = self._clock()
        as_of = now if at is None else min(at, now)
        pasts = [await self._history.at(key, as_of) for key in keys_of(whom)]
        events = sorted((event for past in pasts for event in past.events), key=lambda event: event.event_id)
        moment = iso(as_of, "seconds")
        return Seals(self._store.root_key).seal(
            {
                "form": FORM,
                "subject": "consent of one recipient to messages, as kept by the opt-out gateway",
                "account_sid": whom.account_sid,
                "recipient": whom.recipient.wire,
                "as_of": iso(as_of),
                "made_at": iso(now),
                "made_by": by.name,
                "made_with": f"optout-gateway {__version__}",
                "finding": finding_of(pasts, moment) if events else UNKNOWN.format(moment),
                "standing": [_standing(past, opt_out) for past in pasts for opt_out in past.standing],
                "events": [event_as_json(event) | {"in_words": sentence_of(event)} for event in events],
                "keyword_sets": await self._keyword_sets(events),
            }
        )

    async def _keyword_sets(self, events: Sequence[ConsentEvent]) -> list[dict[str, Any]]:
        """Each keyword set of a Messaging Service that an event was decided by, as it was then."""
        named = {
            (event.key.account_sid, event.service_sid, event.service_version, event.keyword_set)
            for event in events
            if event.service_sid and event.service_version is not None and event.keyword_set
        }
        found = []
        for account_sid, service_sid, number, set_name in sorted(named):
            version = await self._store.service_version(account_sid, service_sid, number)
            if version is not None:
                found.append(_keyword_set(version, set_name))
        return found


@dataclass(frozen=True, slots=True)
class Seals:
    """Puts the marks on files and reads them; ``secret`` is the root key."""

    secret: bytes

    def seal(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts with both marks."""
        written = canonical(facts)
        return {
            **facts,
            "digest": {"algorithm": "SHA-256", "value": hashlib.sha256(written).hexdigest()},
            "seal": {"algorithm": "HMAC-SHA-256", "value": self._sealed(written)},
        }

    def verify(self, document: Any) -> None:
        """See that a file is unchanged and was made by a gateway with this root key. Raises `Unsealed`."""
        if not isinstance(document, dict) or not all(_mark(document, mark) for mark in MARKS):
            raise Unsealed("it is no evidence file: it is an object with a digest and a seal")
        written = canonical({name: value for name, value in document.items() if name not in MARKS})
        if not hmac.compare_digest(hashlib.sha256(written).hexdigest(), _mark(document, "digest")):
            raise Unsealed("it was changed after it was made: its digest is another")
        if not hmac.compare_digest(self._sealed(written), _mark(document, "seal")):
            raise Unsealed("it was not made by this gateway, or the gateway's root key has changed since")

    def _sealed(self, written: bytes) -> str:
        key = hmac.new(self.secret, PURPOSE, hashlib.sha256).digest()
        return hmac.new(key, written, hashlib.sha256).hexdigest()


def canonical(facts: Mapping[str, Any]) -> bytes:
    """Plain values in the one form that is hashed. Raises `Unsealed` for what no evidence file holds."""
    try:
        return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise Unsealed("it is no evidence file: it holds what JSON from the gateway never does") from None


def _mark(document: Mapping[str, Any], name: str) -> str:
    mark = document.get(name)
    value = mark.get("value") if isinstance(mark, dict) else None
    return value if isinstance(value, str) and value.isascii() else ""


def _standing(past: Past, opt_out: PastOptOut) -> dict[str, Any]:
    return {"channel": past.key.channel} | opt_out_as_json(opt_out) | {"event_id": opt_out.event_id}


def _keyword_set(version: ServiceVersion, name: str) -> dict[str, Any]:
    """A set by its name (``countries.MX.es.opt_out``); without words where it was none of the settings: Twilio's own
    word, or a body that asks to stop.
    """
    country = name.split(".")[1] if name.startswith("countries.") else None
    found = next((each for each in keyword_sets_of(version.service.settings, country) if each.name == name), None)
    return {
        "service_sid": version.service.sid,
        "service_name": version.service.settings.name or None,
        "service_version": version.service.version,
        "saved_at": iso(version.saved_at),
        "saved_by": version.actor,
        "keyword_set": name,
        "keywords": [] if found is None else [*found.reserved, *found.keywords],
        "reply": None if found is None else found.reply,
    }

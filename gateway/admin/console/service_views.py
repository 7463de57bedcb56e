"""How a service's keyword sets are shown: by layer, each set with its words, reserved ones locked, and its reply."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.keywords import RESERVED, OptOutType
from gateway.messaging.opt_out_settings import WRITTEN
from gateway.messaging.segments import segments_of

TYPES: Final = {name: opt_out_type for opt_out_type, name in WRITTEN.items()}
"""The type of a set by the name it is written under."""


@dataclass(frozen=True, slots=True)
class Group:
    """The sets of one layer: the standard ones (neither country nor language), those of a language, or of a language in
    a country. ``is_primary``: reserved words belong to it.
    """

    country: str
    language: str
    is_primary: bool
    sets: Mapping[str, Mapping[str, Any]]

    @property
    def place(self) -> str:
        """Where the settings hold it."""
        return place_of(self.country, self.language)

    @property
    def query(self) -> str:
        """What names it in a query."""
        return f"country={self.country}&language={self.language}"

    def shown(self) -> Iterator[dict[str, Any]]:
        """Each of its sets, as pages show it."""
        for name, opt_out_type in TYPES.items():
            written = self.sets.get(name)
            reserved = RESERVED[opt_out_type] if self.is_primary else ()
            if written is None and not reserved:
                continue
            reply = written["reply"] if written is not None else None
            yield {
                "name": name,
                "type": opt_out_type,
                "reserved": reserved,
                "keywords": written["keywords"] if written is not None else (),
                "reply": reply,
                "segments": segments_of(reply) if reply is not None else None,
            }


def place_of(country: str, language: str) -> str:
    """Where the settings hold the sets of a language, everywhere or in a country; with neither the standard ones."""
    if country:
        return f"countries.{country}.{language}"
    return f"languages.{language}" if language else "standard"


def groups_of(settings: Mapping[str, Any]) -> list[Group]:
    """All groups, in the order in which people think of them: standard, languages, countries."""
    groups = [Group("", "", True, settings.get("standard", {}))]
    groups += [Group("", code, False, sets) for code, sets in settings.get("languages", {}).items()]
    for country, languages in settings.get("countries", {}).items():
        first = next(iter(languages), None)
        groups += [Group(country, code, code == first, sets) for code, sets in languages.items()]
    return groups


def reserved_of(name: str) -> tuple[str, ...]:
    """The reserved words of a set by the name it is written under."""
    return RESERVED[OptOutType(TYPES[name])]

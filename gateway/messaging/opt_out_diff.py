"""What differs between two settings of a Messaging Service, in words that a person can check before enabling."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.messaging.opt_out_forms import plain
from gateway.messaging.opt_out_settings import OptOutSettings


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs: what stood there and what stands there now; None where there is nothing."""

    place: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.place}: {self.after}"
        if self.after is None:
            return f"- {self.place}: {self.before}"
        return f"~ {self.place}: {self.before} → {self.after}"


def differences(before: OptOutSettings | None, after: OptOutSettings | None) -> tuple[Difference, ...]:
    """What changes from ``before`` to ``after`` (None: nothing was, or is, there), in the order of the places.

    Items of a list differ each by itself, whatever their order; the order of a country's languages counts, as the first
    owns the reserved words.
    """
    old = dict(_leaves(plain(before), "")) if before is not None else {}
    new = dict(_leaves(plain(after), "")) if after is not None else {}
    places = dict.fromkeys([*old, *new])
    return tuple(
        Difference(place, old.get(place), new.get(place)) for place in places if old.get(place) != new.get(place)
    )


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))
            if place == "countries":
                yield f"{place}.{key} primary language", next(iter(inner), "")
    elif isinstance(value, list):
        for item in value:
            yield f'{place} "{item}"', "listed"
    else:
        yield place, _shown(value)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()

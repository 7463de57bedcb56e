"""What is wrong with a form, at its fields."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from gateway.admin.problems import FAULT, STORE_AWAY, Problem

WHOLE: Final = ""
"""Where it stands what is wrong with no field of the form."""

FieldOf = Callable[[str], str | None]
"""Which field of a form shows a place of the API; None: none does."""


def faults_at(problem: Problem, field_of: FieldOf) -> dict[str, str]:
    """What is wrong, by field of the form; ``field_of`` says which field shows a place of the API. What has none, and a
    problem that names no places, stands under `WHOLE`. Raises the problem again where no form can mend it.
    """
    if problem.kind in {FAULT, STORE_AWAY}:
        raise problem
    found: dict[str, list[str]] = {}
    for fault in problem.errors:
        place = field_of(fault.place)
        found.setdefault(place or WHOLE, []).append(fault.text if place is not None else str(fault))
    if not found:
        found[WHOLE] = [f"{problem.kind.title}: {problem.detail}"]
    return {place: "; ".join(texts) for place, texts in found.items()}


def same(*names: str, **others: str) -> FieldOf:
    """Fields that are named as the API's places, and some that have another name."""
    return ({name: name for name in names} | others).get


def typed(form: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed, for a form to show again; what was not is empty."""
    return defaultdict(str, form)

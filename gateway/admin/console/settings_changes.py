"""A change of a service's settings on its way from a form to a saved version: what it changes is shown before it is
saved.

A form names the version that it was made from, so that nobody overwrites what they have not seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.admin.console.faults import FieldOf, faults_at
from gateway.admin.console.page import Visit
from gateway.admin.console.services import SAVE
from gateway.admin.problems import ANOTHER_VERSION, SAVED_MEANWHILE, Problem
from gateway.admin.reading import JSON
from gateway.admin.route import Inside
from gateway.messaging.opt_out_diff import differences
from gateway.messaging.opt_out_settings import OptOutSettings

NOT_SENT_ON: Final = frozenset({"csrf", "step"})
CHANGED_MEANWHILE: Final = "somebody else saved in between; what you typed is still here: check it and send it again"


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that cannot be saved: what is wrong, by field."""

    errors: Mapping[str, str]


async def take(
    visit: Visit,
    service: Mapping[str, Any],
    settings: Mapping[str, Any],
    title: str,
    field_of: FieldOf,
    *,
    is_draft: bool = True,
) -> web.Response | Refused:
    """Show what a change would do (``step`` is ``review``), or do it (``save``). It ``is_draft`` where it has no effect
    before Advanced Opt-Out is enabled.
    """
    sid, is_final = service["service_sid"], visit.form.get("step") == "save"
    inside = Inside(
        path={"MG": sid},
        document=orjson.dumps(settings),
        document_type=JSON,
        if_match=visit.form.get("version", ""),
    )
    try:
        planned = await visit.ask(SAVE, inside=inside, query={"dry_run": "" if is_final else "true"})
    except Problem as problem:
        if problem.kind in {ANOTHER_VERSION, SAVED_MEANWHILE}:
            return Refused({"": CHANGED_MEANWHILE})
        return Refused(faults_at(problem, field_of))
    if not planned["changes"]:
        return visit.go(f"/services/{sid}", "unchanged")
    if is_final:
        return visit.go(f"/services/{sid}", "draft-saved" if is_draft and not service["enabled"] else "saved")
    hidden = {name: value for name, value in visit.form.items() if name not in NOT_SENT_ON}
    told = planned | {"differences": [*_beside_presets(service, planned["differences"])]}
    return visit.show("settings_review.html", service=service, title=title, planned=told, hidden=hidden)


def _beside_presets(service: Mapping[str, Any], found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What differs from what the form showed: Twilio's presets, where nothing was saved yet."""
    presets = (
        set() if service["version"] else {(each.place, each.after) for each in differences(None, OptOutSettings())}
    )
    return (each for each in found if (each["place"], each["after"]) not in presets)


def version_of(service: Mapping[str, Any]) -> str:
    """The version that a form is made from."""
    return str(service["version"] or 0)

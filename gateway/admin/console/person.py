"""For one person, on their request: a link to their page of preferences, shown once; and making them unreadable.

Whom it is about comes in the form, as a number or as an opt-out's identifier, and is shown as the visitor may see it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.admin.console.faults import faults_at, same, typed
from gateway.admin.console.opt_outs import SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

ONE: Final = "GET /api/v1/opt-outs/{id}"
LINK: Final = "POST /api/v1/preference-links"
ERASE: Final = "POST /api/v1/persons/erase"
NOT_TYPED: Final = re.compile(r"\W+")
CONFIRMED_BY: Final = 4  # last characters of the number


@dataclass(frozen=True, slots=True)
class _Whom:
    """Whom it is about: the recipient and account to ask with, the name as the visitor may see it, and the opt-out that
    led here, if one did.
    """

    recipient: str
    account_sid: str | None
    name: str
    by: str | None


class PersonPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("POST", "/person/link", "opt-outs", self._link, (LINK, SERVICES), (ONE,)),
            Page("POST", "/person/erase", "opt-outs", self._erase, (ERASE,), (ONE,)),
        ]

    async def _link(self, visit: Visit) -> web.Response:
        """The form, and the link that was made of it."""
        form, whom = visit.form, await _whom(visit)
        made, errors = None, {}
        if form.get("step") == "make":
            asked = {"recipient": whom.recipient, "service_sid": form.get("service_sid"), "days": _days(form)}
            try:
                made = await visit.ask(LINK, body=asked, account_sid=whom.account_sid)
            except Problem as problem:
                errors = faults_at(problem, same("service_sid", "days", "recipient"))
        return visit.show(
            "preference_link.html",
            422 if errors else 200,
            whom=whom,
            made=made,
            errors=errors,
            typed=typed(form),
            services=await services_by_sid(visit),
        )

    async def _erase(self, visit: Visit) -> web.Response:
        """What erasing would change, and doing it once the end of the number was typed."""
        form, whom = visit.form, await _whom(visit)
        is_final, errors = form.get("step") == "erase", {}
        if is_final and not _is_confirmed(whom.recipient, form.get("confirmation", "")):
            is_final, errors = False, {"confirmation": "that is not how the number ends"}
        asked = {"recipient": whom.recipient, "reason": form.get("reason") or None if is_final else None}
        told = None
        try:
            told = await visit.ask(
                ERASE, query={"dry_run": None if is_final else "true"}, body=asked, account_sid=whom.account_sid
            )
        except Problem as problem:
            errors |= faults_at(problem, same("reason", "recipient"))
        return visit.show("erase.html", 422 if errors else 200, whom=whom, told=told, errors=errors, typed=typed(form))


async def _whom(visit: Visit) -> _Whom:
    opt_out_id = visit.form.get("opt_out_id")
    if not opt_out_id:
        recipient = visit.form.get("recipient", "").strip()
        return _Whom(recipient, visit.account_sid, recipient, None)
    line = await visit.ask_whole(ONE, path={"id": opt_out_id})
    name = (await visit.ask(ONE, path={"id": opt_out_id}))["recipient"]
    visit.account_sid = line["account_sid"]  # whatever was looked at before
    return _Whom(line["recipient"], line["account_sid"], name, opt_out_id)


def _days(form: Mapping[str, str]) -> int | str | None:
    """How long the link is to be good, as the API takes it; what is no number is its to refuse."""
    given = form.get("days", "").strip()
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else given or None


def _is_confirmed(recipient: str, said: str) -> bool:
    """Whether somebody typed the end of a number, or all of it, in whatever spelling."""
    end = NOT_TYPED.sub("", recipient)[-CONFIRMED_BY:]
    given = NOT_TYPED.sub("", said)
    return len(given) >= CONFIRMED_BY and given.endswith(end)

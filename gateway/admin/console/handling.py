"""What else is set for a Messaging Service: its name, how keywords are matched, who handles them, where messages go."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import same, typed
from gateway.admin.console.keyword_sets import keywords_in
from gateway.admin.console.page import Page, Visit
from gateway.admin.console.services import SAVE, SEEING, SERVICE, service_and_settings
from gateway.admin.console.settings_changes import Refused, take, version_of
from gateway.messaging.keywords import Matching
from gateway.messaging.opt_out_settings import BlockedMode, IntentMode, OptOutSettings, RelayMode, TwilioHandling

# Each choice with its values; an empty one means: as the account's settings say.
CHOICES: Final = {
    "matching": tuple(Matching),
    "intent": tuple(IntentMode),
    "twilio_handling": ("", *TwilioHandling),
    "relay": tuple(RelayMode),
    "blocked": ("", *BlockedMode),
}
ANSWERS: Final = ("reply_when_not_opted_out", "help_when_opted_out", "confirm_late")
TEXTS: Final = ("name", "app_url", "app_fallback_url")
LABELS: Final = {
    "name": "Name",
    "matching": "How a body is compared with keywords",
    "intent": "A body that is no keyword but asks to stop",
    "twilio_handling": "Who else handles keywords",
    "relay": "Inbound messages are handed on to the app",
    "blocked": "How a blocked send fails",
    "app_url": "Where inbound messages are relayed to",
    "app_fallback_url": "Where to when that fails",
}


class HandlingPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", f"{SERVICE}/handling", "services", self._edit, (*SEEING, SAVE)),
            Page("POST", f"{SERVICE}/handling", "services", self._take, (*SEEING, SAVE)),
        ]

    async def _edit(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        return self._form(visit, service, written_of(settings) | {"version": version_of(service)}, {})

    async def _take(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        if visit.form.get("step") == "edit":
            return self._form(visit, service, visit.form, {})
        changed = changed_by(settings, visit.form)
        names = same(*TEXTS, *CHOICES, *ANSWERS, "senders")
        taken = await take(
            visit,
            service,
            changed,
            "Change of the handling",
            lambda place: names(place.partition("[")[0]),
            is_draft=False,
        )
        if isinstance(taken, Refused):
            newest = {**visit.form, "version": version_of(service)}
            return self._form(visit, service, newest, taken.errors)
        return taken

    def _form(
        self, visit: Visit, service: Mapping[str, Any], form: Mapping[str, str], errors: Mapping[str, str]
    ) -> web.Response:
        about = {name: given.description or "" for name, given in OptOutSettings.model_fields.items()}
        return visit.show(
            "handling.html",
            422 if errors else 200,
            service=service,
            typed=typed(form),
            errors=errors,
            choices=CHOICES,
            answers=ANSWERS,
            labels=LABELS,
            about=about,
        )


def written_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the form's fields."""
    written = {name: str(settings.get(name, "") or "") for name in (*TEXTS, *CHOICES)}
    for name in ANSWERS:
        written[name] = {True: "true", False: "false", None: ""}[settings.get(name)]
    written["senders"] = ", ".join(settings.get("senders", ()))
    if settings.get("use_inbound_webhook_on_number"):
        written["use_inbound_webhook_on_number"] = "on"
    return written


def changed_by(settings: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Settings as the form's fields say; what is left empty is not set."""
    changed = dict(settings)
    for name in (*TEXTS, *CHOICES, *ANSWERS, "senders"):
        changed.pop(name, None)
    changed |= {name: value for name in (*TEXTS, *CHOICES) if (value := form.get(name, "").strip())}
    changed |= {name: form[name] == "true" for name in ANSWERS if form.get(name)}
    changed["use_inbound_webhook_on_number"] = "use_inbound_webhook_on_number" in form
    if senders := keywords_in(form.get("senders", "")):
        changed["senders"] = senders
    return changed

"""Opt-Out Management: keyword sets edited as they are written, with commas between the keywords."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from aiohttp import web
from phonenumbers import SUPPORTED_REGIONS

from gateway.admin.console.faults import FieldOf, typed
from gateway.admin.console.page import Page, Visit
from gateway.admin.console.service_views import TYPES, Group, groups_of, place_of, reserved_of
from gateway.admin.console.services import SAVE, SEEING, SERVICE, service_and_settings
from gateway.admin.console.settings_changes import Refused, take, version_of
from gateway.admin.console.words import group_name
from gateway.messaging.languages import LANGUAGES
from gateway.messaging.opt_out_rules import LONGEST_KEYWORD, LONGEST_REPLY, MOST_KEYWORDS
from gateway.messaging.segments import GSM_BASIC, GSM_EXTENDED, PLACES, segments_of

SEPARATORS: Final = re.compile(r"[,\n\r،、，]+")
COUNTRIES: Final = sorted(SUPPORTED_REGIONS)


class KeywordSetPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        needs = (*SEEING, SAVE)
        return [
            Page("GET", f"{SERVICE}/sets", "services", self._edit, needs),
            Page("GET", f"{SERVICE}/sets/new", "services", self._new, needs),
            Page("POST", f"{SERVICE}/sets", "services", self._take, needs),
            Page("POST", f"{SERVICE}/sets/remove", "services", self._remove, needs),
        ]

    async def _edit(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        country, language = visit.query.get("country", ""), visit.query.get("language", "")
        group = _group(settings, country, language)
        if group is None:
            return visit.go(f"/services/{service['service_sid']}")
        written = {"country": country, "language": language, "version": version_of(service)}
        written |= {"primary": "on"} if group.country and group.is_primary else {}
        for name, keywords in group.sets.items():
            written |= {f"{name}_keywords": ", ".join(keywords["keywords"]), f"{name}_reply": keywords["reply"]}
        return self._form(visit, service, settings, written, {})

    async def _new(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        kind = "country" if visit.query.get("kind") == "country" else "language"
        return self._form(visit, service, settings, {"new": kind, "version": version_of(service)}, {})

    async def _take(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        form = visit.form
        if form.get("step") == "edit":
            return self._form(visit, service, settings, form, {})
        country, language = form.get("country", ""), form.get("language", "")
        errors = _missing(form, settings)
        if not errors:
            changed = with_sets(settings, country, language, _sets_in(form), is_primary="primary" in form)
            title = f"Change: {group_name(country, language)}"
            taken = await take(visit, service, changed, title, _field_of(country, language))
            if not isinstance(taken, Refused):
                return taken
            errors = dict(taken.errors)
        newest = {**form, "version": version_of(service)}
        return self._form(visit, service, settings, newest, errors)

    async def _remove(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        country, language = visit.form.get("country", ""), visit.form.get("language", "")
        if visit.form.get("step") == "edit" or _group(settings, country, language) is None or not language:
            return visit.go(f"/services/{service['service_sid']}")
        taken = await take(
            visit,
            service,
            without_sets(settings, country, language),
            f"Removal: {group_name(country, language)}",
            lambda _: None,
        )
        if isinstance(taken, Refused):
            written = {"country": country, "language": language, "version": version_of(service)}
            return self._form(visit, service, settings, written, dict(taken.errors))
        return taken

    def _form(
        self,
        visit: Visit,
        service: Mapping[str, Any],
        settings: Mapping[str, Any],
        form: Mapping[str, str],
        errors: Mapping[str, str],
    ) -> web.Response:
        shown = typed(form)
        group = None if shown["new"] else _group(settings, shown["country"], shown["language"])
        replies = {name: shown[f"{name}_reply"] for name in TYPES}
        return visit.show(
            "keyword_sets.html",
            422 if errors else 200,
            service=service,
            typed=shown,
            errors=errors,
            is_new=bool(shown["new"]),
            is_primary=group is not None and group.is_primary,
            reserved={name: reserved_of(name) if group is not None and group.is_primary else () for name in TYPES},
            counted={name: segments_of(reply) for name, reply in replies.items()},
            languages=LANGUAGES,
            countries=COUNTRIES,
            most_keywords=MOST_KEYWORDS,
            longest_keyword=LONGEST_KEYWORD,
            longest_reply=LONGEST_REPLY,
            gsm_basic="".join(sorted(GSM_BASIC)),
            gsm_extended="".join(sorted(GSM_EXTENDED - {"\f"})),
            places={encoding.name.lower(): places for encoding, places in PLACES.items()},
        )


def with_sets(
    settings: Mapping[str, Any], country: str, language: str, sets: Mapping[str, Any], *, is_primary: bool
) -> dict[str, Any]:
    """Settings with the sets of one group as they were written; a primary language comes first in its country."""
    changed = deepcopy(dict(settings))
    if not language:
        changed["standard"] = dict(sets)
    elif not country:
        changed.setdefault("languages", {})[language] = dict(sets)
    else:
        languages = changed.setdefault("countries", {}).setdefault(country, {})
        languages[language] = dict(sets)
        if is_primary:
            changed["countries"][country] = {language: languages.pop(language), **languages}
    return changed


def without_sets(settings: Mapping[str, Any], country: str, language: str) -> dict[str, Any]:
    """Settings without one group; a country without languages goes as well."""
    changed = deepcopy(dict(settings))
    if not country:
        del changed["languages"][language]
        return changed
    del changed["countries"][country][language]
    if not changed["countries"][country]:
        del changed["countries"][country]
    return changed


def keywords_in(text: str) -> list[str]:
    """The keywords of a field, with commas or line ends between them."""
    return [word for part in SEPARATORS.split(text) if (word := part.strip())]


def _sets_in(form: Mapping[str, str]) -> dict[str, Any]:
    """The sets that were written; one with neither keywords nor reply is none."""
    sets = {}
    for name in TYPES:
        keywords = keywords_in(form.get(f"{name}_keywords", ""))
        reply = form.get(f"{name}_reply", "").replace("\r\n", "\n").strip()
        if keywords or reply:
            sets[name] = {"keywords": keywords, "reply": reply}
    return sets


def _missing(form: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, str]:
    """What a new group lacks before the API can be asked: which one it is, and that it is new."""
    new, country, language = form.get("new", ""), form.get("country", ""), form.get("language", "")
    errors = {}
    if (new or country) and not language:
        errors["language"] = "choose a language"
    if new == "country" and not country:
        errors["country"] = "choose a country"
    if new and not errors and _group(settings, country, language) is not None:
        errors["language"] = "there are sets for it already; edit those"
    if language and not errors and not _sets_in(form):
        errors["opt_out_keywords"] = "write at least one set, with its keywords and its reply"
    return errors


def _group(settings: Mapping[str, Any], country: str, language: str) -> Group | None:
    found = [group for group in groups_of(settings) if (group.country, group.language) == (country, language)]
    return found[0] if found else None


def _field_of(country: str, language: str) -> FieldOf:
    """Which field shows a place of the settings: ``countries.MX.es.opt_out.keywords[3]`` is shown at those keywords."""
    base = place_of(country, language)

    def field_of(place: str) -> str | None:
        if place.startswith(f"{base}."):
            name, _, part = place.removeprefix(f"{base}.").partition(".")
            return f"{name}_{'keywords' if part.startswith('keywords') else 'reply'}"
        return "language" if place == base else "country" if country and place == f"countries.{country}" else None

    return field_of

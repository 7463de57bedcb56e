"""What makes the settings of a Messaging Service usable: every fault, each with the exact place where it stands.

Places are keys joined by dots, items counted from 0: ``countries.MX.es.opt_out.keywords[3]``. What is only worth a
warning is in `gateway.messaging.opt_out_warnings`.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, ValidationError

from gateway.messaging.errors import Malformed, UnreadableAddress
from gateway.messaging.folding import fold, fold_loosely
from gateway.messaging.intent import OPT_OUT_LANGUAGES
from gateway.messaging.keywords import DEFAULT_WORDS, RESERVED, Matching, OptOutType
from gateway.messaging.languages import BY_CODE, LANGUAGES
from gateway.messaging.opt_out_settings import (
    WRITTEN,
    IntentMode,
    Keywords,
    LanguageSets,
    OptOutSettings,
    ShortCodeWords,
)
from gateway.messaging.senders import SHORT_CODE, read_sender

MOST_KEYWORDS: Final = 20  # beside the reserved ones (Twilio, "Introducing Advanced Opt-Out")
LONGEST_KEYWORD: Final = 34  # characters (Twilio's configuration model)
LONGEST_REPLY: Final = 320  # characters (Twilio's configuration model; Help Center)
LONGEST_NAME: Final = 64
# What no XML document can hold, and what no phone shows: a reply with one of these could not be sent as it is.
NOT_IN_A_REPLY: Final = re.compile("[^\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Opt-out words by law (47 CFR 64.1200(a)(10)) and by the carriers' rules (CTIA): nothing may give them another meaning.
ALWAYS_STOP: Final = DEFAULT_WORDS[OptOutType.STOP]
# What a value has to be, by pydantic's name of the error.
SHAPES: Final = {
    "string_type": "it must be text",
    "bool_type": "it must be true or false",
    "tuple_type": "it must be a list",
    "dict_type": "it must be a table",
    "model_type": "it must be a table",
}
CODE_OF_NAME: Final = {language.name.casefold(): language.code for language in LANGUAGES}
RESERVED_TYPE: Final = {word: opt_out_type for opt_out_type, words in RESERVED.items() for word in words}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place, and what to do."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class InvalidSettings(Malformed):
    """Settings cannot be used; ``faults`` has one for each place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def read_settings(plain: Mapping[str, Any]) -> OptOutSettings:
    """Read settings from plain values (a TOML table, a JSON object). Raises `InvalidSettings` with every fault.

    Standard sets that are not written are filled in by Twilio's presets, so that what is kept is what works.
    """
    try:
        settings = OptOutSettings.model_validate(plain)
    except ValidationError as error:
        raise InvalidSettings(_fault_of_shape(fault) for fault in error.errors()) from None
    settings = settings.having_standard()
    faults = tuple(faults_of(settings))
    if faults:
        raise InvalidSettings(faults)
    return settings


def faults_of(settings: OptOutSettings) -> Iterator[Fault]:
    """Everything that makes settings unusable although their shape is right."""
    yield from _faults_of_service(settings)
    yield from _faults_of_names(settings)
    general = {"standard": settings.standard} | {f"languages.{code}": sets for code, sets in settings.languages.items()}
    yield from _faults_of_sets(general, settings.matching, reserved_at="standard")
    for country, languages in settings.countries.items():
        override = {f"countries.{country}.{code}": sets for code, sets in languages.items()}
        yield from _faults_of_sets(override, settings.matching, reserved_at=next(iter(override), ""))


# The service


def _faults_of_service(settings: OptOutSettings) -> Iterator[Fault]:
    if len(settings.name) > LONGEST_NAME or not settings.name.isprintable():
        yield Fault("name", f"it must be one line of at most {LONGEST_NAME} characters")
    for position, sender in enumerate(settings.senders):
        try:
            read_sender(sender, None)
        except UnreadableAddress as error:
            yield Fault(f"senders[{position}]", f"it is no sender ({error}); write a number in full")
    for key in ("app_url", "app_fallback_url"):
        url = getattr(settings, key)
        if url is not None and not _is_web(url):
            yield Fault(key, "it must be an http or https URL without a fragment (#…)")
    if settings.intent is IntentMode.OPT_OUT and not OPT_OUT_LANGUAGES:
        yield Fault("intent", "opt_out is not offered: no language is recognised surely enough; use review")


def _is_web(url: str) -> bool:
    if not url.isprintable() or " " in url:
        return False  # the standard library's reader leaves out what a client would not
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment and parts.port != 0
    except ValueError:
        return False


def _faults_of_names(settings: OptOutSettings) -> Iterator[Fault]:
    """Languages and countries that there are, and a country with at least one language (Twilio, Advanced Opt-Out)."""
    yield from _unknown(settings.languages, BY_CODE, "languages", "is not the code of one of the languages")
    yield from _unknown(
        settings.countries, SUPPORTED_REGIONS, "countries", "is not an ISO 3166 country code in capitals"
    )
    for country, languages in settings.countries.items():
        place = f"countries.{country}"
        if not languages:
            yield Fault(place, "a country override has at least one language; add one or remove the country")
        yield from _unknown(languages, BY_CODE, place, "is not the code of one of the languages")
    for code in settings.short_codes:
        if not SHORT_CODE.fullmatch(code):
            yield Fault(f"short_codes.{code}", "it is not a short code of 3 to 8 digits")
    yield from _faults_of_short_codes(settings)


def _faults_of_short_codes(settings: OptOutSettings) -> Iterator[Fault]:
    for code, listed in settings.short_codes.items():
        for name in WRITTEN.values():
            for position, word in enumerate(getattr(listed, name)):
                if CONTROL.search(word) or not fold(word):
                    yield Fault(f"short_codes.{code}.{name}[{position}]", "it is not a word that shows")


def _unknown(given: Iterable[str], known: Collection[str], place: str, what: str) -> Iterator[Fault]:
    for name in given:
        if name not in known:
            spelled = (CODE_OF_NAME.get(name.casefold(), ""), name.upper(), name.lower())
            meant = next((code for code in spelled if code in known), None)
            hint = f"; did you mean {meant}?" if meant else _nearest(name, known)
            yield Fault(f"{place}.{name}", f"{name!r} {what}{hint}")


# Keyword sets that are looked through together


@dataclass(frozen=True, slots=True)
class _Written:
    """One keyword where it stands."""

    place: str
    set_name: str
    opt_out_type: OptOutType
    text: str

    @property
    def is_reserved(self) -> bool:
        return fold(self.text) in RESERVED_TYPE


def _faults_of_sets(layers: Mapping[str, LanguageSets], matching: Matching, reserved_at: str) -> Iterator[Fault]:
    """Faults of the sets of one country, or of the standard and language sets; ``reserved_at`` owns reserved words."""
    written: list[_Written] = []
    for place, sets in layers.items():
        if not any(True for _ in sets.by_type()):
            yield Fault(place, f"it has no keyword set; add {', '.join(WRITTEN.values())}, or remove it")
        for opt_out_type, name, keywords in sets.by_type():
            here = f"{place}.{name}"
            yield from _faults_of_reply(keywords.reply, f"{here}.reply")
            yield from _faults_of_count(keywords, here)
            written += [
                _Written(f"{here}.keywords[{position}]", here, opt_out_type, text)
                for position, text in enumerate(keywords.keywords)
            ]
    by_themselves = [fault for keyword in written for fault in _faults_of_keyword(keyword, reserved_at)]
    yield from by_themselves
    told = {fault.place for fault in by_themselves}
    yield from _faults_of_owners((keyword for keyword in written if keyword.place not in told), matching)


def _faults_of_reply(reply: str, place: str) -> Iterator[Fault]:
    if not reply.strip() or len(reply) > LONGEST_REPLY:
        yield Fault(place, f"it must have 1 to {LONGEST_REPLY} characters; it has {len(reply.strip() and reply)}")
    elif NOT_IN_A_REPLY.search(reply):
        yield Fault(place, "it holds a control character, which no message can carry")


def _faults_of_count(keywords: Keywords, place: str) -> Iterator[Fault]:
    own = [text for text in keywords.keywords if fold(text) not in RESERVED_TYPE]
    if len(own) > MOST_KEYWORDS:
        yield Fault(f"{place}.keywords", f"there are {len(own)}; at most {MOST_KEYWORDS} beside the reserved ones")


def _faults_of_keyword(keyword: _Written, reserved_at: str) -> Iterator[Fault]:
    text, folded, shown = keyword.text, fold(keyword.text), f'"{keyword.text}"'
    if any(char.isspace() for char in text):
        yield Fault(keyword.place, f"{shown} holds white space; a keyword is one word")
    elif not 1 <= len(text) <= LONGEST_KEYWORD or not folded:
        yield Fault(keyword.place, f"{shown} must have 1 to {LONGEST_KEYWORD} visible characters")
    elif CONTROL.search(text):
        yield Fault(keyword.place, "it holds a control character, which no message can carry")
    elif "," in text:
        yield Fault(keyword.place, f"{shown} holds a comma; write each keyword as an item of its own")
    elif keyword.is_reserved and RESERVED_TYPE[folded] is not keyword.opt_out_type:
        yield Fault(keyword.place, f"{shown} is reserved and always means {RESERVED_TYPE[folded]}")
    elif keyword.is_reserved and not keyword.set_name.startswith(f"{reserved_at}."):
        yield Fault(keyword.place, f"{shown} is reserved and belongs to {reserved_at}; it works without being listed")
    elif keyword.opt_out_type is not OptOutType.STOP and {folded, fold_loosely(text)} & ALWAYS_STOP:
        yield Fault(keyword.place, f"{shown} always means STOP and can mean nothing else")


def _faults_of_owners(written: Iterable[_Written], matching: Matching) -> Iterator[Fault]:
    """A keyword belongs to one language and one type (Twilio, Advanced Opt-Out), compared as it is matched."""
    exact: dict[str, _Written] = {}
    loose = {
        fold_loosely(word): _Written(f'"{word}", which is reserved,', "", opt_out_type, word)
        for word, opt_out_type in RESERVED_TYPE.items()
    }
    for keyword in written:
        shown = f'"{keyword.text}"'
        owner = exact.setdefault(fold(keyword.text), keyword)
        if owner is not keyword:
            yield Fault(keyword.place, f"{shown} is already in {owner.set_name}")
            continue
        if matching is Matching.NORMALIZED:
            owner = loose.setdefault(fold_loosely(keyword.text) or keyword.place, keyword)
            if owner.opt_out_type is not keyword.opt_out_type:
                yield Fault(keyword.place, f"{shown} is the same as {owner.place} under normalized matching")


# Shape


def _fault_of_shape(fault: Any) -> Fault:
    """What pydantic says of a value of the wrong shape, in our words."""
    place = _place(fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        return Fault(place, f"{key!r} is not a setting{_nearest(key, _keys_at(fault['loc'][:-1]))}")
    if fault["type"] == "missing":
        return Fault(place, "it is missing")
    if fault["type"] in SHAPES:
        return Fault(place, SHAPES[fault["type"]])
    return Fault(place, fault["msg"].removeprefix("Value error, ").replace("Input should be", "it should be"))


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that may stand at a place."""
    model: type[BaseModel] = OptOutSettings
    if location[:1] == ("short_codes",):
        model = ShortCodeWords
    elif location:
        model = Keywords if location[-1] in WRITTEN.values() else LanguageSets
    return tuple(model.model_fields)


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""

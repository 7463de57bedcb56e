"""How the console says what the admin API tells: names of codes, times, and what an opt-out covers."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from gateway.messaging.languages import BY_CODE
from gateway.messaging.masking import masked

WORDS: Final[Mapping[str, str]] = {
    # what became of opt-outs
    "added": "opted out",
    "stays": "was opted out already",
    "lifted": "let in again",
    "nothing": "nothing changed",
    "held": "kept: on hold",
    "outdated": "too late to count",
    # the same, as activity tells it of keywords
    "stop_added": "STOP: opted out",
    "stop_stays": "STOP: was opted out already",
    "stop_outdated": "STOP: too late to count",
    "start_lifted": "START: let in again",
    "start_nothing": "START: nothing to lift",
    "start_held": "START: kept, as it is on hold",
    "help_nothing": "HELP",
    # how it was learned
    "keyword": "keyword",
    "twilio": "Twilio",
    "operator": "operator",
    "import": "import",
    "api": "API or console",
    "page": "page of preferences",
    "deactivations": "deactivated numbers",
    # what is owed
    "owed": "owed",
    "dead": "given up",
    "done": "done",
    # who handles keywords
    "off": "nobody else: the gateway answers",
    "default": "Twilio’s default handling, too",
    "aoo": "Twilio’s Advanced Opt-Out",
    # where something was kept of a person
    "opt_outs": "opt-outs",
    "consent_events": "lines of the history",
    # how a request of Twilio failed
    "connect": "no connection",
    "tls": "no trusted TLS connection",
    "no_place": "all connections in use",
    "time_out": "no answer in time",
    "broken": "connection broken",
    "server_error": "answered 5xx",
    "throttled": "answered 429, too many requests",
    # why a send goes or not
    "no_opt_out": "no opt-out covers it",
    "opted_out_of_service": "the recipient is opted out of the Messaging Service",
    "opted_out_of_sender": "the recipient is opted out of the sender",
    "opted_out_of_account": "the recipient is opted out of the whole account",
    "sender_not_placed": "the sender’s service is not known, and the recipient is opted out of another",
}
SETS: Final[Mapping[str, str]] = {"opt_out": "Opt-out", "opt_in": "Opt-in", "help": "Help"}
IN_A_SET: Final = re.compile(r'(.+\.(?:opt_out|opt_in|help))\.(?:keywords "(.*)"|(reply))', re.DOTALL)
OF_A_KEYWORD: Final = re.compile(r"([a-z]+\.[\w.-]+), keyword (.*)", re.DOTALL)
PRIMARY: Final = re.compile(r"countries\.(\w+) primary language", re.ASCII)
GOOD: Final = frozenset({"lifted", "done", "forward", "forwarded", "START", "delivered", "enabled", "accepted"})
BAD: Final = frozenset({"added", "dead", "suppress", "suppressed", "STOP", "refused", "failed"})


def words(code: object) -> str:
    """A code as people say it."""
    text = str(code)
    return WORDS.get(text, text.replace("_", " "))


def when(text: str | None) -> Markup | str:
    """A time of the admin API as an element: UTC in its title, in the reader's zone by script."""
    if text is None:
        return "–"
    moment = datetime.fromisoformat(text).astimezone(UTC)
    exact = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    element = Markup('<time datetime="{}" title="{} UTC" data-date>{} UTC</time>')
    return element.format(exact, f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%Y-%m-%d %H:%M}")


def tone(code: object) -> str:
    """The look of a tag that shows a code."""
    text = str(code)
    return "good" if text in GOOD else "bad" if text in BAD else ""


def language(code: str) -> str:
    """A language's name."""
    return BY_CODE[code].name if code in BY_CODE else code


def group_name(country: str, code: str) -> str:
    """The name of a group of keyword sets: the standard ones, those of a language, or of a language in a country."""
    return ", ".join(filter(None, (country, language(code) if code else ""))) or "standard sets"


def set_name(name: str | None) -> str:
    """The name of a keyword set (``countries.MX.es.opt_out``) as people say it."""
    if not name:
        return "–"
    layer, *rest = name.split(".")
    match layer, rest:
        case "countries", [country, code, kind]:
            return f"{SETS.get(kind, kind)}, {country} override, {language(code)}"
        case "languages", [code, kind]:
            return f"{SETS.get(kind, kind)}, {language(code)} in every country"
        case "standard", [kind]:
            return f"{SETS.get(kind, kind)}, standard"
        case "default", [kind]:
            return f"{kind}, Twilio’s default words"
        case "review", [code, *_]:
            return f"review list, {language(code)}"
        case _:
            return name


def why(text: str) -> str:
    """The reason of a step of a journey: a code, or a keyword set with the keyword that matched."""
    found = OF_A_KEYWORD.fullmatch(text)
    return words(text) if found is None else f"{set_name(found[1])}: keyword “{found[2]}”"


def place(text: str) -> str:
    """A place of a service's settings, as differences name it, as people say it."""
    if found := IN_A_SET.fullmatch(text):
        return f"{set_name(found[1])}: {'reply' if found[3] else f'keyword “{found[2]}”'}"
    if found := PRIMARY.fullmatch(text):
        return f"{found[1]} override: primary language"
    return words(text)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "words": words,
    "capfirst": lambda text: str(text)[:1].upper() + str(text)[1:],
    "when": when,
    "tone": tone,
    "language": language,
    "set_name": set_name,
    "why": why,
    "place": place,
    "masked": masked,
}

"""The forms in which the settings of a Messaging Service are written down: plain values, and Twilio's two axes.

Plain values (``plain``) are what a TOML file and the JSON of the admin API hold; reading what was written gives the
same settings again. The two axes (``two_axes``) are those of Twilio's unpublished configuration model: each set is a
row of ``keyword_type`` (``STOP.SPANISH``) and ``message_type`` (``ALL`` or a country).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gateway.messaging.keywords import OptOutType
from gateway.messaging.languages import BY_CODE, BY_KEY
from gateway.messaging.opt_out_rules import Fault, InvalidSettings, read_settings
from gateway.messaging.opt_out_settings import WRITTEN, LanguageSets, OptOutSettings

EVERY: Final = "ALL"
LAYERS: Final = ("standard", "languages", "countries")
KEYWORD_ROW: Final = {"keyword_type", "message_type", "keywords"}
MESSAGE_ROW: Final = {"keyword_type", "message_type", "message"}


def plain(settings: OptOutSettings) -> dict[str, Any]:
    """Settings as plain values, without what is not set."""
    written = settings.model_dump(mode="json", exclude_none=True)
    for name in ("name", "senders", "languages", "countries", "short_codes"):
        if not written[name]:
            del written[name]
    return written


def two_axes(settings: OptOutSettings) -> dict[str, list[dict[str, Any]]]:
    """The keyword sets on Twilio's two axes: ``keywords`` rows and ``messages`` rows."""
    keywords: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for language, country, sets in _layers(settings):
        for opt_out_type, _, written in sets.by_type():
            axes = {"keyword_type": f"{opt_out_type}.{language}", "message_type": country}
            keywords.append(axes | {"keywords": list(written.keywords)})
            messages.append(axes | {"message": written.reply})
    return {"keywords": keywords, "messages": messages}


def read_two_axes(rows: Any, beside: OptOutSettings) -> OptOutSettings:
    """Read rows on Twilio's two axes; all else is kept as in ``beside``. Raises `InvalidSettings`.

    Places are those of the rows where a row cannot be read, those of the settings where it says what cannot be.
    """
    if not isinstance(rows, Mapping) or set(rows) != {"keywords", "messages"}:
        raise InvalidSettings([Fault("", "the two-axis form is an object with the lists 'keywords' and 'messages'")])
    layers: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, fields, key, field in (
        ("keywords", KEYWORD_ROW, "keywords", "keywords"),
        ("messages", MESSAGE_ROW, "reply", "message"),
    ):
        for place, row in _rows(rows[name], name, faults):
            if set(row) != fields:
                faults.append(Fault(place, f"a row has {', '.join(sorted(fields))}"))
            else:
                _put(layers, row, place, key, row[field], faults)
    if faults:
        raise InvalidSettings(faults)
    kept = {name: value for name, value in plain(beside).items() if name not in LAYERS}
    return read_settings(kept | layers)


def _layers(settings: OptOutSettings) -> Iterator[tuple[str, str, LanguageSets]]:
    """Each group of sets with its language and its country on Twilio's axes."""
    yield EVERY, EVERY, settings.standard
    for code, sets in settings.languages.items():
        yield BY_CODE[code].key, EVERY, sets
    for country, languages in settings.countries.items():
        for code, sets in languages.items():
            yield BY_CODE[code].key, country, sets


def _rows(rows: Any, name: str, faults: list[Fault]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(rows, list):
        faults.append(Fault(name, "it must be a list of rows"))
        return
    for position, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield f"{name}[{position}]", row
        else:
            faults.append(Fault(f"{name}[{position}]", "a row must be an object"))


def _put(layers: dict[str, Any], row: Mapping[str, Any], place: str, key: str, value: Any, faults: list[Fault]) -> None:
    """Put a row's value where it belongs in the plain form."""
    opt_out_type, dot, language = str(row["keyword_type"]).partition(".")
    country = str(row["message_type"])
    if not dot or opt_out_type not in OptOutType.__members__ or language not in {EVERY, *BY_KEY}:
        faults.append(Fault(f"{place}.keyword_type", "it must be STOP, START or HELP, a dot, and ALL or a language"))
        return
    if language == EVERY and country != EVERY:
        faults.append(Fault(f"{place}.keyword_type", "a country override names a language, as STOP.SPANISH"))
        return
    if language == EVERY:
        sets = layers.setdefault("standard", {})
    elif country == EVERY:
        sets = layers.setdefault("languages", {}).setdefault(BY_KEY[language].code, {})
    else:
        sets = layers.setdefault("countries", {}).setdefault(country, {}).setdefault(BY_KEY[language].code, {})
    written = sets.setdefault(WRITTEN[OptOutType(opt_out_type)], {})
    if key in written:
        faults.append(Fault(place, "the same keyword_type and message_type stand twice"))
    written[key] = value

"""What an operator should know of settings that can be used all the same.

Sources: Twilio, Advanced Opt-Out (personal data, short codes, toll-free numbers), Twilio's Help Center (shared link
shorteners), A2P 10DLC registration (messages of 20 to 320 characters).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gateway.messaging.folding import fold
from gateway.messaging.keywords import RESERVED, KeywordSet, OptOutType
from gateway.messaging.opt_out_rules import Fault
from gateway.messaging.opt_out_settings import WRITTEN, OptOutSettings, ShortCodeWords, keyword_sets_of
from gateway.messaging.segments import segments_of
from gateway.messaging.senders import SHORT_CODE, TOLL_FREE

SHORTEST_REGISTERED: Final = 20  # characters
# Domains that many companies share; carriers filter them, and they hide where a link leads.
SHORTENERS: Final = (
    "bit.ly", "bitly.com", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "rebrand.ly", "short.io",
    "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
)  # fmt: skip
SHORTENER: Final = re.compile(
    r"(?<![a-z0-9_.-])(?:www\.)?(" + "|".join(map(re.escape, SHORTENERS)) + r")(?![a-z0-9_-]|\.[a-z0-9])",
    re.IGNORECASE,
)
# What looks like somebody's own data, or like the place where it is to be put in: (pattern, what it is).
PERSONAL: Final = (
    (re.compile(r"\{\{?[^{}]{1,40}\}?\}|%[A-Za-z_]{2,30}%|<[A-Za-z_ ]{2,30}>|\[[A-Za-z_ ]{2,30}\]"), "a placeholder"),
    (re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"), "a social security number"),
    (re.compile(r"(?<![\d+])(?<!\+\d )(?<!\+\d\d )(?<!\+\d{3} )(?:\d[ -]?){13,19}(?!\d)"), "a card number"),
    (re.compile(r"[\w.+-]+@(?:gmail|yahoo|hotmail|outlook|icloud|aol|gmx|protonmail)\.\w+", re.I), "a private e-mail"),
)  # fmt: skip


def warnings_of(settings: OptOutSettings, sender_keys: Iterable[str]) -> Iterator[Fault]:
    """What is worth knowing before these settings are in force; ``sender_keys`` are those of the service's pool."""
    for keyword_set in _written_sets(settings):
        yield from _warnings_of_reply(keyword_set)
    pool = sorted(sender_keys)
    toll_free = [key for key in pool if TOLL_FREE.fullmatch(key)]
    if toll_free:
        yield Fault(
            "standard.opt_out.reply",
            f"the pool has toll-free senders ({len(toll_free)}): the carrier answers STOP there, so that this reply is"
            " not shown, and only START and UNSTOP opt in again",
        )
    yield from _warnings_of_short_codes(settings, {*settings.short_codes, *filter(SHORT_CODE.fullmatch, pool)})


def _written_sets(settings: OptOutSettings) -> tuple[KeywordSet, ...]:
    """Every set once, wherever it counts."""
    everywhere = {each.name: each for each in keyword_sets_of(settings, None)}
    for country in settings.countries:
        everywhere |= {each.name: each for each in keyword_sets_of(settings, country)}
    return tuple(everywhere.values())


def _warnings_of_reply(keyword_set: KeywordSet) -> Iterator[Fault]:
    place, reply = f"{keyword_set.name}.reply", keyword_set.reply
    shortener = SHORTENER.search(reply)
    if shortener is not None:
        yield Fault(
            place, f"{shortener[1]} is a shared link shortener, which carriers filter; use a domain of your own"
        )
    for pattern, what in PERSONAL:
        if pattern.search(reply):
            yield Fault(place, f"it holds what looks like {what}; a reply goes to everybody and holds no personal data")
    segments = segments_of(reply)
    if segments.count > 1:
        yield Fault(place, f"it takes {segments.count} segments ({segments.places} places in {segments.encoding})")
    if len(reply) < SHORTEST_REGISTERED:
        yield Fault(
            place, f"it has {len(reply)} characters; A2P 10DLC registers messages of at least {SHORTEST_REGISTERED}"
        )


def _warnings_of_short_codes(settings: OptOutSettings, short_codes: Iterable[str]) -> Iterator[Fault]:
    working = _working_words(settings)
    for short_code in sorted(short_codes):
        registered = settings.short_codes.get(short_code)
        place = f"short_codes.{short_code}"
        if registered is None:
            yield Fault(place, "the words that its application lists are not stated, so they cannot be compared")
            continue
        for opt_out_type, name in WRITTEN.items():
            yield from _difference(f"{place}.{name}", _words_of(registered, opt_out_type), working[opt_out_type])


def _difference(place: str, registered: frozenset[str], working: frozenset[str]) -> Iterator[Fault]:
    if registered - working:
        missing = ", ".join(sorted(registered - working))
        yield Fault(place, f"its application lists words that the settings do not have: {missing}")
    if working - registered:
        more = ", ".join(sorted(working - registered))
        yield Fault(place, f"the settings have words that its application does not list: {more}")


def _words_of(registered: ShortCodeWords, opt_out_type: OptOutType) -> frozenset[str]:
    words: tuple[str, ...] = getattr(registered, WRITTEN[opt_out_type])
    return frozenset(map(fold, (*words, *RESERVED[opt_out_type])))


def _working_words(settings: OptOutSettings) -> Mapping[OptOutType, frozenset[str]]:
    words: dict[OptOutType, set[str]] = {opt_out_type: set() for opt_out_type in OptOutType}
    for keyword_set in _written_sets(settings):
        words[keyword_set.opt_out_type] |= set(map(fold, (*keyword_set.keywords, *keyword_set.reserved)))
    return {opt_out_type: frozenset(found) for opt_out_type, found in words.items()}

"""The two forms in which bodies and keywords are compared.

``fold`` (matching ``exact``) undoes what a person does not see or mean: case, Unicode form, invisible marks, outer
white space. ``fold_loosely`` (matching ``normalized``) also undoes how people type: surrounding punctuation, quotes
and emoji, accents, inner spaces and hyphens. Twilio says only that keywords are matched "in a case insensitive way"
(Advanced Opt-Out); what is beyond is ours. Folding what is folded changes nothing.
"""

import re
import unicodedata
from typing import Final

# Letters that case folding keeps apart although people type one for the other (Turkish i): the dotless one, and the
# dotted one, which folds to an i and a dot above, however it was composed.
DOTLESS_I: Final = str.maketrans({"ı": "i"})
DOTTED_I: Final = re.compile("i\u0307+")

# What shows nothing although its category does not say so (Unicode, Default_Ignorable_Code_Point): the grapheme joiner,
# Hangul fillers, and the variation selectors that Mongolian, Chinese and Japanese keyboards write.
SHOWS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)

# Marks that stand over or under a letter and that people leave out: Latin, Greek and Cyrillic accents, Hebrew points,
# Arabic vowels. Not the marks of Indic scripts or Japanese, without which another word stands there.
ACCENTS: Final = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]")
APART: Final = re.compile(r"[\s\-\u2010-\u2015\u2212\u00b7\u30fb_]+")
AROUND: Final = frozenset("PSZ")  # punctuation, symbols (emoji among them), separators: by their first letter
# Emoji that NFKC would take apart into letters or digits.
LETTER_EMOJI: Final = re.compile("[0-9#*]\ufe0f?\u20e3|[\u2122\u2139\u24c2\u3297\u3299]\ufe0f")
JOINERS: Final = re.compile("[\u200d\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")  # what emoji are made of


def fold(text: str) -> str:
    """The form of exact matching: NFKC, casefold, NFKC; invisible marks dropped; trimmed."""
    if text.isascii():
        return text.strip().casefold()
    visible = "".join(char for char in text if not _is_invisible(char))
    folded = unicodedata.normalize("NFKC", visible).casefold().translate(DOTLESS_I)
    return unicodedata.normalize("NFKC", DOTTED_I.sub("i", folded)).strip()


def fold_loosely(text: str) -> str:
    """The form of normalized matching: folded; then without accents, inner spaces and hyphens, and whatever
    punctuation, quotes or emoji stand around. Empty where nothing else is there.
    """
    folded = JOINERS.sub("", fold(LETTER_EMOJI.sub("", text)))
    bare = unicodedata.normalize("NFC", ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return fold(_without_surroundings(APART.sub("", bare)))


def _without_surroundings(text: str) -> str:
    first, last = 0, len(text)
    while first < last and _is_around(text[first]):
        first += 1
    while last > first and _is_around(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_around(char: str) -> bool:
    return unicodedata.category(char)[0] in AROUND


def _is_invisible(char: str) -> bool:
    """Zero-width and bidi marks, soft hyphens (category Cf) and what shows nothing all the same."""
    return unicodedata.category(char) == "Cf" or SHOWS_NOTHING.match(char) is not None

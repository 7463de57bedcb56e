"""Reading a body for its words: how people type, brought to one form, with the way back to what they typed.

A body becomes a line of words, folded as keywords are and freed of accents and apostrophes, with three marks between
them: ``.`` and ``?`` end a sentence, ``,`` is a pause. Rules are written for such lines.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.messaging.folding import fold

# Twilio's longest body (Messages resource, Body: "up to 1,600 characters in length"); what lies beyond is not read.
LONGEST_BODY: Final = 1_600

LAUGHTER: Final = "haha"
LAUGHING: Final = frozenset("😂🤣😆😅😄😁😹😜😝😛🤪😍🥰😘😊☺🤗❤💕💖")

APOSTROPHES: Final = str.maketrans(dict.fromkeys("'’‘ʼ`´′＇"))
AROUND_WORDS: Final = "\"“”„«»'‘’`´.,;:!?¡¿()[]{}<>*_~…-–—"
PIECE: Final = re.compile(r"[^\W_]+|[\W_]")
INITIALS: Final = re.compile(r"(?:[^\W\d_]\.){2,}[^\W\d_]?\.?")  # s.t.o.p
DRAWN_OUT: Final = re.compile(r"([^\W\d_])\1{2,}")  # stooop
ZERO_FOR_O: Final = re.compile(r"(?<=[^\W\d_])0|0(?=[^\W\d_])")  # st0p


@dataclass(frozen=True, slots=True)
class Word:
    """One word or mark of a body as rules see it, what stood there between two blanks, and the how manieth that was.

    A mark has neither of its own.
    """

    read: str
    written: str = ""
    place: int = -1


SENTENCE_END: Final = Word(".")
MARK_OF: Final = {
    **dict.fromkeys(".!;…¿¡|•–—。", SENTENCE_END),
    **dict.fromkeys(",:", Word(",")),
    "?": Word("?"),
}
STRENGTH: Final = {",": 0, ".": 1, "?": 2}
DASHES: Final = frozenset({"-", "--"})  # between blanks; inside a word they only divide it
SIGNS: Final = {"&": "and", "#": "number"}


@dataclass(frozen=True, slots=True)
class Line:
    """A body as rules see it, between two ends of sentences."""

    words: tuple[Word, ...]

    def has_shouted(self, start: int, end: int) -> bool:
        """Whether one of the words ``[start, end)`` stands out in capitals: others of the body have small letters."""
        if not any(char.islower() for word in self.words for char in word.written):
            return False
        return any(len(word.written) > 1 and word.written.isupper() for word in self.words[start:end])

    def written(self, start: int, end: int) -> tuple[str, ...]:
        """What stood in the body where the line has the words ``[start, end)``."""
        return tuple({word.place: word.written for word in self.words[start:end] if word.written}.values())


def read(body: str, corrections: "Corrections") -> Line:
    """The line that rules look at."""
    words = [SENTENCE_END]
    places = itertools.count()
    for row in body[:LONGEST_BODY].splitlines():
        for chunk in row.split():
            for word in _words(chunk, next(places), corrections):
                _append(words, word)
        _append(words, SENTENCE_END)
    return Line(tuple(words))


def _append(words: list[Word], word: Word) -> None:
    """Put a word or mark behind the others; of marks side by side the strongest one stays."""
    if word.read in STRENGTH and words[-1].read in STRENGTH:
        if STRENGTH[word.read] <= STRENGTH[words[-1].read] or len(words) == 1:
            return
        words.pop()
    words.append(word)


def _words(chunk: str, place: int, corrections: "Corrections") -> Iterator[Word]:
    """The words and marks of what stands between two blanks."""
    if chunk in DASHES:
        yield SENTENCE_END
        return
    written = chunk.strip(AROUND_WORDS) or chunk
    for piece in _pieces(chunk):
        if piece in MARK_OF:
            yield MARK_OF[piece]
        elif piece in LAUGHING:
            yield Word(LAUGHTER, written, place)
        elif piece.isalnum():
            yield Word(corrections.of(_spelled(piece)), written, place)


def _pieces(chunk: str) -> list[str]:
    if chunk in SIGNS:
        return [SIGNS[chunk]]
    if chunk.isascii() and chunk.isalnum():  # most are, and one word
        return [chunk.lower()]
    return PIECE.findall(_plain(chunk))


def _plain(chunk: str) -> str:
    """Folded, without accents and apostrophes; initials drawn together."""
    chunk = chunk.translate(APOSTROPHES)
    folded = fold(chunk)
    if not folded.isascii():
        bare = (char for char in unicodedata.normalize("NFD", folded) if unicodedata.category(char) != "Mn")
        folded = "".join(bare).translate(APOSTROPHES)
    return folded.replace(".", "") if INITIALS.fullmatch(folded) else folded


def _spelled(word: str) -> str:
    """Without letters drawn out for effect and zeros for o's."""
    return ZERO_FOR_O.sub("o", DRAWN_OUT.sub(r"\1", word)) if DRAWN_OUT.search(word) or "0" in word else word


class Corrections:
    """Long words, found again when one letter is wrong, missing, too many or swapped with the next.

    ``others`` are true words that stand one letter away from one of ``words`` and stay what they are.
    """

    def __init__(self, words: Iterable[str], others: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._others = frozenset(others)
        self._shortest = min(map(len, self._words)) - 1
        self._near = {near: word for word in sorted(self._words) for near in (word, *_one_less(word))}

    def of(self, written: str) -> str:
        """The known word that was meant, or the word itself."""
        if len(written) < self._shortest or written in self._words or written in self._others:
            return written
        near = (self._near.get(form) for form in (written, *_one_less(written)))
        return next((word for word in near if word is not None), written)


def _one_less(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]

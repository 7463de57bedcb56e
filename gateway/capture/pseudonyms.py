"""Numbers and bodies replaced by others that look alike and behave alike: stable under one key, never the input.

A number keeps its country, kind and first digits; its last digits are permuted within that block, so that two numbers
never share a pseudonym. Written in another way (national, WhatsApp, Mexico's 1) it is still the same person's. Nobody
without the key can tell who it was: the key is never in a capture, as the few numbers there are could be tried through.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers.phonenumberutil import NumberParseException

from gateway.messaging.addresses import OPAQUE_PREFIXES, read_number, split_prefix
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.folding import fold_loosely
from gateway.messaging.segments import GSM_BASIC, GSM_EXTENDED
from gateway.messaging.senders import ALPHANUMERIC, SHORT_CODE

LONGEST_WORD: Final = 34  # code points: no keyword is longer (`gateway.messaging.opt_out_rules`)
MOST_DIGITS_OF_A_WORD: Final = 3  # a one-time password has more
TELLING: Final = re.compile(r"[@/\\:]")  # an address or a link is one word, too
NORTH_AMERICAN: Final = re.compile(r"\+1\d{10}", re.ASCII)
ROUNDS: Final = 8
LETTERS: Final = "bcdfgjkmnqrvwxz"  # without vowels, p, s, t: nothing that is made of them is a keyword
TO_LETTERS: Final = bytes(ord(LETTERS[byte % len(LETTERS)]) for byte in range(256))
MOST_WALKED: Final = 10_000
MOST_KEPT: Final = 65_536


class Pseudonyms:
    """Pseudonyms under one key (32 bytes or more)."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=b"pseudonyms").digest()
        self._tail = lru_cache(maxsize=MOST_KEPT)(self._new_tail)

    def address(self, text: str, region: str | None = None, *, is_sender: bool = False) -> str:
        """The pseudonym of an address, written as that is: prefix, spelling and length stay. ``region`` (ISO 3166) is
        where a national number is read. A sender ID in letters stays what it is: it names a company.
        """
        prefix, identity = split_prefix(text)
        head = f"{prefix}:" if prefix else ""
        if prefix in OPAQUE_PREFIXES:
            return head + self._shaped(identity)
        if SHORT_CODE.fullmatch(identity):
            return head + identity[0] + self._permuted(f"short {len(identity)} {identity[0]}", identity[1:])
        if is_sender and ALPHANUMERIC.fullmatch(identity.strip(" ")) and _digits(identity) <= MOST_DIGITS_OF_A_WORD:
            return text
        try:
            number = read_number(identity, region)
        except UnreadableAddress:
            return head + self._shaped(identity)
        tail = self._tail(number.key)
        return head + (_ending(identity, tail) or _ending(number.wire, tail) or number.key)

    def text(self, text: str, *, was_keyword: bool = False) -> str:
        """The pseudonym of a body: as long, with its white space and punctuation, in the same encoding. A single word
        of up to 34 characters stays, as it may be a keyword, unless it holds a code, an address or a link; so does what
        was a keyword when it came (``was_keyword``) and is as short.
        """
        if is_word(text) or (was_keyword and is_word(fold_loosely(text))):
            return text
        return self.hidden(text)

    def hidden(self, text: str) -> str:
        """The same for a text of which nothing may stay, be it a single word: a name, a place, a parameter."""
        noise = hashlib.shake_256(self._key + b"text" + text.encode("utf-8", "surrogatepass")).digest(len(text) or 1)
        letters = noise.translate(TO_LETTERS).decode("ascii")
        if text.isascii():
            return "".join([new if old.isalnum() else old for old, new in zip(text, letters, strict=False)])
        return "".join([_letter_like(old, new) for old, new in zip(text, letters, strict=False)])

    def url(self, url: str) -> str:
        """A URL that leads nowhere (RFC 2606), one for each: even a path may hold a secret."""
        if not url:
            return url
        return f"https://url-{self._digest(b'url', url.casefold())[:16]}.invalid/"

    def _new_tail(self, key: str) -> str:
        """The last digits of the pseudonym of a number in full, as many as are permuted."""
        length = _permuted_digits(key)
        block, tail = key[:-length], key[-length:]
        is_told_by_area = _is_told_by_area(key)
        kind = None if is_told_by_area else _kind_of(key)
        for _ in range(MOST_WALKED):  # ends: it is a cycle, on which the number itself is of its kind
            tail = self._permuted(block, tail)
            if tail[0] >= "2" if is_told_by_area else _kind_of(block + tail) == kind:
                break
        return tail if block + tail != key else self._permuted(block, key[-length:])

    def _permuted(self, block: str, digits: str) -> str:
        """The next number on a secret cycle through all numbers of the block: one-to-one, and never the same."""
        size = 10 ** len(digits)
        place = self._mixed(block, int(digits), size, range(ROUNDS))
        after = self._mixed(block, (place + 1) % size, size, range(ROUNDS - 1, -1, -1))
        return f"{after:0{len(digits)}d}"

    def _mixed(self, block: str, value: int, size: int, rounds: range) -> int:
        """A keyed permutation of the numbers below ``size`` (Feistel, cycle walking), or its inverse by the rounds in
        reverse.
        """
        half = max((size - 1).bit_length() + 1, 2) // 2
        mask = (1 << half) - 1
        backwards = rounds.step < 0
        while True:
            left, right = value >> half, value & mask
            for number in rounds:
                if backwards:
                    left, right = right ^ self._round(block, number, left, mask), left
                else:
                    left, right = right, left ^ self._round(block, number, right, mask)
            value = left << half | right
            if value < size:
                return value

    def _round(self, block: str, number: int, value: int, mask: int) -> int:
        given = b"%b|%d|%d" % (block.encode(), number, value)
        return int.from_bytes(hashlib.blake2b(given, digest_size=8, key=self._key).digest()) & mask

    def _shaped(self, text: str) -> str:
        """Another text of the same shape: each digit a digit, each letter a letter, in lower case; never the same."""
        folded = text.casefold()
        for attempt in range(256):
            seed = self._key + b"shape%d" % attempt + folded.encode("utf-8", "surrogatepass")
            noise = hashlib.shake_256(seed).digest(len(folded) or 1)
            made = "".join(_shape_like(char, byte) for char, byte in zip(folded, noise, strict=False))
            if made != folded:
                return made
        return text  # nothing but punctuation

    def _digest(self, purpose: bytes, text: str) -> str:
        given = purpose + text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(given, digest_size=16, key=self._key).hexdigest()


def is_word(text: str) -> bool:
    """Whether a body is a single word that may stay: short, and no code, address or link."""
    word = text.strip()
    if not word:
        return len(text) <= LONGEST_WORD
    is_single = len(word.split()) == 1 and len(text) <= LONGEST_WORD
    return is_single and _digits(word) <= MOST_DIGITS_OF_A_WORD and TELLING.search(word) is None


def _digits(text: str) -> int:
    return sum(char.isdecimal() for char in text)


def _permuted_digits(key: str) -> int:
    """How many digits are permuted: in North America all behind the area code, which tells the country; elsewhere so
    few that what stays tells country and kind.
    """
    if NORTH_AMERICAN.fullmatch(key):
        return 7
    return 6 if len(key) > 10 else max(min(4, len(key) - 2), 1)


def _is_told_by_area(key: str) -> bool:
    """Whether the area code alone tells country and kind, as in the United States and Canada: a quick way, as the
    metadata of the North American countries are slow to ask.
    """
    if not NORTH_AMERICAN.fullmatch(key) or key[5] < "2":
        return False
    return _kind_of(f"{key[:5]}2345678")[0] in {"US", "CA"}


@lru_cache(maxsize=MOST_KEPT)
def _kind_of(number: str) -> tuple[str | None, int, bool]:
    """Country, kind of line, and whether the numbering plan has such a number."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return (None, -1, False)
    region = phonenumbers.region_code_for_number(parsed)
    return (region, phonenumbers.number_type(parsed), phonenumbers.is_valid_number(parsed))


def _ending(text: str, tail: str) -> str | None:
    """The text with its last digits replaced; None where it has fewer."""
    characters, left = list(text), len(tail)
    for place in range(len(characters) - 1, -1, -1):
        if left and characters[place].isdecimal():
            left -= 1
            characters[place] = tail[left]
    return None if left else "".join(characters)


def _shape_like(char: str, byte: int) -> str:
    if char.isdecimal():
        return str(byte % 10)
    return LETTERS[byte % len(LETTERS)] if char.isalpha() else char


def _letter_like(char: str, letter: str) -> str:
    if char.isspace() or (char.isascii() and not char.isalnum()):
        return char
    if char.isascii():
        return letter
    if char in GSM_BASIC:
        return "é"
    if char in GSM_EXTENDED:
        return "€"
    return "🙂" if ord(char) > 0xFFFF else "Ж"

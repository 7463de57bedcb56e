"""Forms as Twilio's API and webhooks use them: read strictly, written anew.

What could be read in two ways is refused, so that nobody behind the gateway reads it the other way.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.twilio.errors import AMBIGUOUS, NOT_A_FORM, TOO_LARGE, TrafficError

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 512
BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NOT_A_LETTER: Final = re.compile("[^a-z0-9]")
FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.<>\-]{0,127}", re.ASCII)
# What is not written as itself in a form (WHATWG URL, urlencoded serializing; as quote_plus has it); a space is a plus.
ESCAPED: Final = re.compile(rb"[^A-Za-z0-9_.~ -]")
ESCAPES: Final = tuple(b"%%%02X" % byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in their order, repeated names kept."""

    fields: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def get(self, name: str) -> str | None:
        """The value of a field that stands once or never; of one that is repeated, the first."""
        return next((value for field, value in self.fields if field == name), None)

    def count(self, name: str) -> int:
        """How often a field stands."""
        return sum(field == name for field, _ in self.fields)

    def having(self, values: dict[str, str]) -> "Form":
        """The same form with the values of some of its fields written anew, each in its place."""
        return Form(tuple((name, values.get(name, value)) for name, value in self.fields))

    def encoded(self) -> bytes:
        """The form as a body."""
        return b"&".join([b"%b=%b" % (_quoted(name), _quoted(value)) for name, value in self.fields])


def demand_form(content_type: str, content_encoding: str) -> None:
    """Raise `TrafficError` (415) unless the headers say: a form, in UTF-8, not compressed."""
    media_type, *parameters = [part.strip() for part in content_type.split(";")]
    if media_type.lower() != MEDIA_TYPE:
        raise TrafficError(NOT_A_FORM, "the Content-Type is another")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() != "charset" or value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            raise TrafficError(NOT_A_FORM, "the Content-Type has another parameter than charset=UTF-8")
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise TrafficError(NOT_A_FORM, "there is a Content-Encoding")


def read_form(body: bytes) -> Form:
    """Read a form's body. Raises `TrafficError` for broken escapes, anything but UTF-8, names that are no names,
    and more than 512 fields.
    """
    if BROKEN_ESCAPE.search(body):
        raise TrafficError(AMBIGUOUS, "a percent sign in the form is not followed by two hexadecimal digits")
    pieces = [piece for piece in body.split(b"&") if piece]
    if len(pieces) > MOST_FIELDS:
        raise TrafficError(TOO_LARGE, f"the form has more than {MOST_FIELDS} fields")
    return Form(tuple(_field(piece) for piece in pieces))


def demand_single(form: Form, names: Iterable[str]) -> None:
    """Raise `TrafficError` when one of the names stands twice, or so that somebody might take it for the same: in
    another case, or with a dot, a dash or the like in it.
    """
    exact, folded = _folded(tuple(names))
    seen: set[str] = set()
    for name, _ in form:
        if name in seen:
            raise TrafficError(AMBIGUOUS, f"'{name}' stands more than once")
        if name in exact:
            seen.add(name)
        elif _letters(name) in folded:
            raise TrafficError(AMBIGUOUS, "a parameter's name is written otherwise than Twilio's")


@lru_cache(maxsize=16)
def _folded(names: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The names, and what is left of them when only letters and digits count."""
    return frozenset(names), frozenset(_letters(name) for name in names)


def _quoted(text: str) -> bytes:
    return ESCAPED.sub(_escape, text.encode()).replace(b" ", b"+")


def _escape(found: re.Match[bytes]) -> bytes:
    return ESCAPES[found[0][0]]


def _letters(name: str) -> str:
    return NOT_A_LETTER.sub("", name.casefold())


def _field(piece: bytes) -> tuple[str, str]:
    name, _, value = piece.partition(b"=")
    field = _text(name), _text(value)
    if not FIELD_NAME.fullmatch(field[0]):
        raise TrafficError(AMBIGUOUS, "a parameter's name holds other than letters, digits and _ . < > -")
    return field


def _text(encoded: bytes) -> str:
    try:
        if b"%" not in encoded:
            return encoded.replace(b"+", b" ").decode("utf-8")
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TrafficError(AMBIGUOUS, "the form is not UTF-8") from error

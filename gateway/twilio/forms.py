"""Forms as Twilio's API and webhooks use them: read strictly, written anew.

What could be read in two ways is refused, so that nobody behind the gateway reads it the other way.
"""

import re
from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gateway.messaging.values import value
from gateway.twilio.errors import AMBIGUOUS, NOT_A_FORM, TOO_LARGE, TrafficError

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 512
BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NOT_A_LETTER: Final = re.compile("[^a-z0-9]")
FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.<>\-]{0,127}", re.ASCII)
# What is not written as itself in a form (WHATWG URL, urlencoded serializing; as quote_plus has it); a space is a plus.
ESCAPED: Final = re.compile(rb"[^A-Za-z0-9_.~ -]")
LONG_NAME: Final = 32  # bytes of a name that may be remembered
NONE: Final[Mapping[str, str]] = MappingProxyType({})
ESCAPES: Final = tuple(b"%%%02X" % byte for byte in range(256))


@value
class Form:
    """The fields of a form in their order, repeated names kept."""

    fields: tuple[tuple[str, str], ...]
    _first: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", dict(reversed(self.fields)))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def get(self, name: str) -> str | None:
        """The value of a field that stands once or never; of one that is repeated, the first."""
        return self._first.get(name)

    def count(self, name: str) -> int:
        """How often a field stands."""
        return sum(each == name for each, _ in self.fields)

    def having(self, values: dict[str, str]) -> "Form":
        """The same form with the values of some of its fields written anew, each in its place."""
        return Form(tuple([(name, values.get(name, value)) for name, value in self.fields]))

    def encoded(self, values: Mapping[str, str] = NONE) -> bytes:
        """The form as a body; with the values of some of its fields written anew, as by `having`."""
        fields = [(name, values.get(name, value)) for name, value in self.fields] if values else self.fields
        return b"&".join([b"%b=%b" % (_quoted_name(name), _quoted(value)) for name, value in fields])


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
    return Form(tuple([_field(piece) for piece in pieces]))


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


@lru_cache(maxsize=512)
def _quoted_name(name: str) -> bytes:
    return _quoted(name)


def _field(piece: bytes) -> tuple[str, str]:
    name, _, value = piece.partition(b"=")
    return (_known_name if len(name) <= LONG_NAME else _name)(name), _text(value)


def _name(encoded: bytes) -> str:
    name = _text(encoded)
    if not FIELD_NAME.fullmatch(name):
        raise TrafficError(AMBIGUOUS, "a parameter's name holds other than letters, digits and _ . < > -")
    return name


_known_name: Final = lru_cache(maxsize=512)(_name)  # there are few; what is refused is not kept


def _text(encoded: bytes) -> str:
    """What an encoded piece stands for; every percent sign in it is known to begin an escape."""
    plain = encoded.replace(b"+", b" ") if b"+" in encoded else encoded
    if b"%" in plain:  # quoted-printable is the same with another sign, and read in C
        plain = a2b_qp(plain.replace(b"=", b"%3D").replace(b"%", b"="))
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TrafficError(AMBIGUOUS, "the form is not UTF-8") from error

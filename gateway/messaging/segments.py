"""How many SMS segments a text takes, and in which encoding (3GPP TS 23.038: GSM 7-bit default alphabet, UCS-2)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# 3GPP TS 23.038, section 6.2.1; the characters of its extension table take two places.
GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """How a text goes over the air."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


# Places (septets, 16-bit units) in a message of one segment, and in each segment of a longer one.
PLACES: Final = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes: its encoding, the places in it, and how many segments they fill."""

    encoding: Encoding
    places: int
    count: int


def segments_of(text: str) -> Segments:
    """How a text is sent, Twilio's "smart encoding" left aside, which can only make it shorter."""
    encoding, widths = Encoding.GSM_7, [_width(char) for char in text]
    if not all(widths):
        encoding, widths = Encoding.UCS_2, [2 if ord(char) > 0xFFFF else 1 for char in text]
    alone, joined = PLACES[encoding]
    places = sum(widths)
    return Segments(encoding, places, 1 if places <= alone else _parts(widths, joined))


def _width(char: str) -> int:
    return 1 if char in GSM_BASIC else 2 if char in GSM_EXTENDED else 0


def _parts(widths: list[int], joined: int) -> int:
    """Segments of a long text; a character of two places is never split over two segments."""
    count, left = 1, joined
    for width in widths:
        if width > left:
            count, left = count + 1, joined
        left -= width
    return count

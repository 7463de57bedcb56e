"""How many SMS a text fills.

Source: GSM 03.38: 160 seven-bit characters, or 153 each where there are several; 70 and 67 in UCS-2.
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters that take two places."""


def segments_of(text: str) -> int:
    """The number of SMS, at least one."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        places = sum(2 if character in _EXTENDED else 1 for character in text)
        return _split(places, 160, 153)
    return _split(len(text.encode("utf-16-be")) // 2, 70, 67)


def _split(places: int, alone: int, joined: int) -> int:
    return 1 if places <= alone else -(-places // joined)

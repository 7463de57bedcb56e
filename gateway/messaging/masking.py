"""How a recipient is shown to who may know that there is one, but not which: ``+1********00``.

What stays is what support needs to tell lines of a list apart: the channel, the country's calling code, two digits.
"""

import re
from typing import Final

from gateway.messaging.addresses import calling_code_of, split_prefix

SHOWN: Final = 2  # characters at the end
NUMBER: Final = re.compile(r"\+?\d(?:[ ().-]{0,2}\d){6,}", re.ASCII)


def masked(address: str) -> str:
    """An address with its middle made unreadable; its length stays."""
    prefix, rest = split_prefix(address)
    head = f"+{calling_code_of(rest) or ''}" if rest.startswith("+") else ""
    hidden = max(len(rest) - len(head) - SHOWN, 0)
    shown = rest[len(head) + hidden :] if hidden else ""
    return (f"{prefix}:" if prefix else "") + head + "*" * (len(rest) - len(head) - len(shown)) + shown


def masked_text(text: str) -> str:
    """A text that people wrote, with each number in it made unreadable: seven digits or more, spaced or not."""
    return NUMBER.sub(lambda found: masked(re.sub(r"[^+\d]", "", found[0])), text)

"""Plain sends for the doors: as SDKs write them, to phones in every spelling that means one number to everybody."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus

from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, API_KEY, IN_POOL, SERVICE, TOKEN
from tests.wire import FORM, Raw, basic

RCS_SERVICE: Final = "MG" + "b2" * 16
RCS_SENDER: Final = "rcs:brand"
WHATSAPP: Final = "whatsapp:+12025550105"
SENDERS: Final = (ALONE, IN_POOL, ALSO_IN_POOL)
OF_ACCOUNT: Final = f"/2010-04-01/Accounts/{ACCOUNT}"
HOST: Final = "gateway.example.com"
MEXICO, ARGENTINA, BRAZIL = "+52", "+54", "+55"


@dataclass
class Draft:
    """A send as it is being written."""

    recipient: str  # E.164, in the writing without a mobile digit
    to: str
    speakers: dict[str, str]
    method: str = "POST"
    target: str = f"{OF_ACCOUNT}/Messages.json"
    host: str = HOST
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str | None = FORM[1]
    authorization: tuple[str, str] = ("Authorization", "")
    more: list[tuple[str, str]] = field(default_factory=list)  # fields after the others, names and values as they go
    body: bytes | None = None  # in the place of a form
    is_chunked: bool = False
    bent: list[str] = field(default_factory=list)

    def fields(self) -> list[tuple[str, str]]:
        plain = [("To", self.to), *self.speakers.items(), ("Body", "x")]
        return [(quote_plus(name), quote_plus(value)) for name, value in plain] + self.more

    def written(self) -> Raw:
        body = self.body
        if body is None:
            body = "&".join(f"{name}={value}" for name, value in self.fields()).encode("utf-8", "replace")
        headers = [self.authorization, *self.headers]
        if self.content_type is not None:
            headers.append(("Content-Type", self.content_type))
        if self.is_chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:7], body[7:]) if piece)
            body += b"0\r\n\r\n"
        return Raw(self.method, self.target, tuple(headers), body, self.host, not self.is_chunked)


def phones(count: int) -> list[str]:
    """Made-up phones, in their numbering plans' first writing."""
    plans = [
        "+1415555{:04}",
        "+4479460{:05}",
        f"{MEXICO}551234{{:04}}",
        f"{ARGENTINA}115555{{:04}}",
        f"{BRAZIL}11555{{:05}}",
    ]
    return [plans[number % len(plans)].format(number % 10_000) for number in range(count)]


def draft(chance: random.Random, recipient: str) -> Draft:
    """A plain send to a phone, as one SDK or another writes it."""
    ways: list[dict[str, str]] = [
        {"From": chance.choice(SENDERS)},
        {"MessagingServiceSid": SERVICE},
        {"From": SERVICE},
        {"MessagingServiceSid": SERVICE, "From": chance.choice([IN_POOL, ALSO_IN_POOL])},
        {"MessagingServiceSid": RCS_SERVICE, "FallbackFrom": chance.choice(SENDERS)},
    ]
    made = Draft(recipient, recipient, chance.choice(ways))
    made.authorization = basic(ACCOUNT, TOKEN) if chance.random() < 0.8 else basic(*API_KEY)
    made.target = f"{OF_ACCOUNT}/Messages{chance.choice(['.json', '.json', '.json', '.xml', ''])}"
    made.content_type = chance.choice([FORM[1], f"{FORM[1]}; charset=UTF-8"])
    made.to = chance.choice(SPELLINGS)(chance, recipient)
    made.is_chunked = chance.random() < 0.05
    if made.to.startswith("whatsapp:"):
        made.speakers = {"From": WHATSAPP}
    if chance.random() < 0.2:
        made.host = "api.twilio.com"
    if chance.random() < 0.2:
        made.headers.append(("X-Forwarded-Host", "api.twilio.com"))
    if chance.random() < 0.3:
        made.more += [("MediaUrl", "https%3A%2F%2Fm.example%2F1"), ("Future", "1"), ("Future", "2")]
    return made


# Ways to write a number that are one number to everybody.

Spelling = Callable[[random.Random, str], str]


def _second_writing(chance: random.Random, number: str) -> str:
    if number.startswith(MEXICO):
        return f"{MEXICO}1{number[3:]}"
    if number.startswith(ARGENTINA):
        return f"{ARGENTINA}9{number[3:]}"
    return f"{BRAZIL}{number[3:5]}9{number[5:]}" if number.startswith(BRAZIL) else number


def _national(chance: random.Random, number: str) -> str:
    if not number.startswith("+1"):
        return number
    return chance.choice(["({}) {}-{}", "{}{}{}", "1-{}-{}-{}", "{}.{}.{}"]).format(
        number[2:5], number[5:8], number[8:]
    )


def _separated(chance: random.Random, number: str) -> str:
    return number[:3] + chance.choice(" -.") + number[3:7] + chance.choice(" -.") + number[7:]


def _wide(chance: random.Random, number: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in number)


def _digits(zero: int) -> Spelling:
    return lambda _, number: "".join(chr(zero + int(char)) if char.isdigit() else char for char in number)


SPELLINGS: Final[tuple[Spelling, ...]] = (
    *[lambda _, number: number] * 8,
    _second_writing,
    _national,
    _separated,
    _wide,
    _digits(0x0660),  # Arabic-Indic
    _digits(0x0966),  # Devanagari
    lambda _, number: " " + number[1:],  # a plus that nobody encoded
    lambda _, number: f"rcs:{number}",
    lambda _, number: f"whatsapp:{number}",
    lambda _, number: f"  {number} ",
)

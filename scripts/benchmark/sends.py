"""The sends that are made: which recipients, how many of them opted out, and each as the bytes of one request."""

import base64
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from scripts.benchmark.load import write_requests
from scripts.campaigns.check_cost import FIRST
from tests.staging import ACCOUNT, ALONE, TOKEN

SENDER: Final = ALONE
BODY: Final = "Your appointment is tomorrow at 10:30. Reply C to confirm, or call us to choose another time."
DISTINCT: Final = 32_768  # requests that are made beforehand and sent over and over
SEND_PATH: Final = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@dataclass(frozen=True, slots=True)
class Mix:
    """How many of a list's recipients are written to, and what share of the sends is to be blocked (0 to 1)."""

    opt_outs: int
    blocked: float


def recipients(mix: Mix, seed: int = 1) -> list[str]:
    """Recipients spread over the whole list, the blocked ones evenly among the others."""
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    chosen = []
    for number in range(DISTINCT):
        is_blocked = int((number + 1) * mix.blocked) > int(number * mix.blocked)
        chosen.append(f"+{FIRST + 2 * chance.randrange(mix.opt_outs) + (0 if is_blocked else 1)}")
    return chosen


def request(recipient: str, host: str) -> bytes:
    """One send as Twilio's Python SDK makes it."""
    body = urlencode({"To": recipient, "From": SENDER, "Body": BODY}).encode()
    credentials = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    head = (
        f"POST {SEND_PATH} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\n"
        "User-Agent: twilio-python/9.11.1 (Linux x86_64) Python/3.11.2\r\nX-Twilio-Client: utf-8\r\n"
        "Accept-Charset: utf-8\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def written(path: Path, mix: Mix) -> Path:
    """A file of sends for `load`; gives its path."""
    write_requests(path, [request(each, "gateway") for each in recipients(mix)])
    return path

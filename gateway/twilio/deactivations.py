"""Twilio's files of deactivated numbers of the United States (Twilio, Deactivations resource).

``GET /v1/Deactivations?Date=…`` of messaging.twilio.com answers 307 with the URL of the file of that day, which is good
for two minutes and may lead on to where the file lies; in it a number stands on each line.
"""

import re
from datetime import date
from typing import Final

import orjson

from gateway.twilio.rest import USER_AGENT, NotAnswered, basic
from gateway.twilio.upstream import Upstream, UpstreamRequest

NOT_FOUND: Final = 404
ANSWERED: Final = frozenset({200, 307})
AMERICAN: Final = re.compile(r"(?:\+?1)?([2-9]\d{9})", re.ASCII)


async def file_of(messaging: Upstream, account_sid: str, auth_token: str, day: date) -> str | None:
    """Where the file of a day lies; None where Twilio has none of it, as before it is made. Raises `UpstreamError`."""
    headers = (("Authorization", basic(account_sid, auth_token)), ("Accept", "application/json"), USER_AGENT)
    target = f"/v1/Deactivations?Date={day.isoformat()}"
    answer = await messaging.fetch(UpstreamRequest("GET", target, headers))
    if answer.status == NOT_FOUND:
        return None
    if answer.status not in ANSWERED:
        raise NotAnswered(f"Twilio answered {answer.status} to its file of deactivated numbers")
    try:
        return str(orjson.loads(answer.body)["redirect_to"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotAnswered("Twilio does not say where its file of deactivated numbers lies") from error


def read_number(line: str) -> str | None:
    """The number on a line, in E.164; None where there is none."""
    found = AMERICAN.fullmatch(line.strip().strip('"'))
    return None if found is None else f"+1{found[1]}"

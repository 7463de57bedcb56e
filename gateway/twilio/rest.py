"""Calls that the gateway makes to Twilio for itself: who has credentials for an account, and whose it is."""

import base64
import re
from enum import StrEnum
from typing import Final

import orjson

from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest, UpstreamResponse

MISSING_PARAMETERS: Final = frozenset({21602, 21603, 21604})  # body, From, To
# Twilio's XML form of an error, as far as its code (Twilio, Twilio's response).
XML_ERROR: Final = re.compile(
    rb"(?:<\?xml[^>]*\?>)?\s*<TwilioResponse>\s*<RestException>(?:<\w+>[^<]*</\w+>)*?<Code>(\d{1,9})</Code>"
)
USER_AGENT: Final = ("User-Agent", "optout-gateway")


class NotAnswered(UpstreamError):
    """Twilio answered a call of ours with something else than what it is documented to answer."""


class Proof(StrEnum):
    """What Twilio says of credentials."""

    PROVED = "proved"
    DISPROVED = "disproved"
    UNDECIDED = "undecided"


async def prove(
    api: Upstream, account_sid: str, authorization: str, *, as_xml: bool = False
) -> tuple[Proof, UpstreamResponse]:
    """Ask Twilio whether credentials may send for an account, by a create without parameters, which sends nothing:
    that To is missing proves them, 401 and 403 disprove them, in JSON or XML. Raises `UpstreamError`.
    """
    answer = await api.fetch(
        UpstreamRequest(
            "POST",
            f"/2010-04-01/Accounts/{account_sid}/Messages.{'xml' if as_xml else 'json'}",
            (
                ("Authorization", authorization),
                ("Content-Type", "application/x-www-form-urlencoded"),
                USER_AGENT,
            ),
        )
    )
    if answer.status in {401, 403}:
        return Proof.DISPROVED, answer
    return Proof.PROVED if _misses_parameters(answer) else Proof.UNDECIDED, answer


async def owner_of(api: Upstream, account_sid: str, parent_sid: str, auth_token: str) -> str | None:
    """The account that owns a sub-account, as Twilio shows it to a parent; None where it shows the parent no such
    account (Twilio, Account resource). Raises `UpstreamError`.
    """
    headers = (("Authorization", basic(parent_sid, auth_token)), ("Accept", "application/json"), USER_AGENT)
    answer = await api.fetch(UpstreamRequest("GET", f"/2010-04-01/Accounts/{account_sid}.json", headers))
    if answer.status in {401, 403, 404}:
        return None
    try:
        account = orjson.loads(answer.body)
        if answer.status == 200 and account["sid"] == account_sid:
            return str(account["owner_account_sid"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotAnswered("Twilio's account is not in the form it is documented in") from error
    raise NotAnswered(f"Twilio answered {answer.status} to an account")


def _misses_parameters(answer: UpstreamResponse) -> bool:
    """Whether Twilio's application said that parameters are missing, which it does to nobody it does not know. Any
    other 400 may come from what stands before it and has not looked at the credentials.
    """
    as_xml = XML_ERROR.match(answer.body)
    if answer.status != 400 or as_xml is not None:
        return answer.status == 400 and as_xml is not None and int(as_xml[1]) in MISSING_PARAMETERS
    try:
        return orjson.loads(answer.body).get("code") in MISSING_PARAMETERS
    except (orjson.JSONDecodeError, AttributeError):
        return False


def basic(user: str, password: str) -> str:
    """The value of an ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

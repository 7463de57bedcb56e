"""Seeds as a file, TOML or JSON, written by hand: read field by field, refused with the place that cannot be used.

The keys stand in docs/sandbox.md. What is left out is as in the seeds before: accounts, with their credentials, above
all, which a gateway knows as well.
"""

import json
import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Final, TypeVar

from gateway.sandbox import fields
from gateway.sandbox.addresses import (
    channel_of,
    is_alphanumeric,
    is_short_code,
    normalise_recipient,
    normalise_sender,
    phone_of,
)
from gateway.sandbox.fields import InvalidInput
from gateway.sandbox.seeds import (
    HANDLINGS,
    KEYWORD_TYPES,
    SandboxAccount,
    SandboxKeywordSet,
    SandboxNumber,
    SandboxPhone,
    SandboxService,
    Seeds,
)

MOST_FILE_BYTES: Final = 1_000_000
_SID: Final = {"AC": re.compile("AC[0-9a-f]{32}"), "MG": re.compile("MG[0-9a-f]{32}")}
_Made = TypeVar("_Made")


def read_seeds(name: str, content: bytes, before: Seeds, *, keep_accounts: bool) -> Seeds:
    """The seeds of a file, JSON where it is named so, else TOML. Raises InvalidInput, whose field is the place.

    `keep_accounts` refuses other accounts: those of before are known to a gateway.
    """
    if len(content) > MOST_FILE_BYTES:
        raise InvalidInput("", f"the file is larger than {MOST_FILE_BYTES} bytes")
    try:
        text = content.decode("utf-8")
        document = json.loads(text) if name.lower().endswith(".json") else tomllib.loads(text)
    except ValueError as error:  # of the encoding, of JSON and of TOML alike
        raise InvalidInput("", f"the file cannot be read: {error}") from error
    if keep_accounts and isinstance(document, dict) and "accounts" in document:
        raise InvalidInput("accounts", "a gateway knows the accounts that are there: leave them out")
    return seeds_from(document, before)


def seeds_from(document: object, before: Seeds) -> Seeds:
    """The seeds of a document, in place of those that it names. Raises InvalidInput."""
    given = fields.read_fields(document, _FIELDS)
    seeds = _pruned(replace(before, **given), given)
    own = seeds.accounts[0].sid if seeds.accounts else ""
    seeds = replace(
        seeds,
        numbers=tuple(replace(each, account_sid=each.account_sid or own) for each in seeds.numbers),
        services=tuple(replace(each, account_sid=each.account_sid or own) for each in seeds.services),
    )
    _check(seeds)
    return seeds


def _pruned(seeds: Seeds, given: Collection[str]) -> Seeds:
    """What is kept from before names only what is still there."""
    numbers = {each.number for each in seeds.numbers}
    if "services" not in given:
        kept = [replace(each, senders=tuple(filter(numbers.__contains__, each.senders))) for each in seeds.services]
        seeds = replace(seeds, services=tuple(kept))
    if "phones" not in given:
        phones = [each if each.writes_to in numbers else replace(each, writes_to="") for each in seeds.phones]
        seeds = replace(seeds, phones=tuple(phones))
    return seeds


def _check(seeds: Seeds) -> None:
    """Whatever one part names of another is there."""
    accounts = {each.sid for each in seeds.accounts}
    numbers = {each.number: each.account_sid for each in seeds.numbers}
    if not accounts:
        raise InvalidInput("accounts", "at least one account is needed")
    _unique("accounts", [each.sid for each in seeds.accounts])
    _unique("numbers", [each.number for each in seeds.numbers])
    _unique("services", [each.sid for each in seeds.services])
    pools: list[str] = []
    for index, number in enumerate(seeds.numbers):
        _known(f"numbers/{index}/account_sid", number.account_sid, accounts, "account")
    for index, service in enumerate(seeds.services):
        _known(f"services/{index}/account_sid", service.account_sid, accounts, "account")
        own = {each for each, account in numbers.items() if account == service.account_sid}
        for place, sender in enumerate(service.senders):
            _known(f"services/{index}/senders/{place}", sender, own, "number of that account")
        pools += service.senders
    _unique("services", pools)
    takes_messages = {each for each in numbers if not is_alphanumeric(each)}
    for index, phone in enumerate(seeds.phones):
        if phone.writes_to:
            _known(f"phones/{index}/writes_to", phone.writes_to, takes_messages, "number that takes messages")


def _known(place: str, name: str, known: set[str], what: str) -> None:
    if name not in known:
        raise InvalidInput(place, f"the file and the seeds before it have no {what} {name}")


def _unique(place: str, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidInput(place, f"{min(twice)} stands there twice")


def _sid(prefix: str) -> fields.Reader:
    def read(name: str, value: object) -> str:
        text = fields.text(name, value)
        if not _SID[prefix].fullmatch(text):
            raise InvalidInput(name, f"{prefix} and 32 hexadecimal digits in lower case are expected")
        return text

    return read


def _sender(name: str, value: object) -> str:
    sender = normalise_sender(fields.text(name, value))
    if not (is_short_code(sender) or is_alphanumeric(sender) or normalise_recipient(sender) or channel_of(sender)):
        raise InvalidInput(name, "a number with its country, short code, sender ID, whatsapp:+… or rcs:… is expected")
    return sender


def _senders(name: str, value: object) -> tuple[str, ...]:
    return tuple(_sender(f"{name}/{index}", each) for index, each in enumerate(fields.texts(name, value)))


def _phone(name: str, value: object) -> str:
    number = normalise_recipient(fields.text(name, value))
    if number is None:
        raise InvalidInput(name, "a phone number with its country is expected, +33639980001")
    return phone_of(number)


def _tokens(name: str, value: object) -> tuple[str, ...]:
    tokens = fields.texts(name, value)
    if not tokens or not all(tokens):
        raise InvalidInput(name, "at least one auth token is needed, and none may be empty")
    return tokens


def _several(make: Callable[..., _Made], readers: dict[str, fields.Reader], *required: str) -> fields.Reader:
    def read(name: str, value: object) -> tuple[_Made, ...]:
        return fields.each(name, value, lambda item: make(**fields.read_fields(item, readers, required)))

    return read


def _number(account_sid: str = "", **given: Any) -> SandboxNumber:
    return SandboxNumber(account_sid, **given)


def _service(account_sid: str = "", **given: Any) -> SandboxService:
    return SandboxService(account_sid=account_sid, **given)


_KEYWORD_SET: dict[str, fields.Reader] = {
    "keyword_type": fields.one_of(*KEYWORD_TYPES),
    "keywords": fields.texts,
    "reply": fields.text,
    "country": fields.text,
    "language": fields.text,
}
_ACCOUNT: dict[str, fields.Reader] = {
    "sid": _sid("AC"),
    "auth_tokens": _tokens,
    "friendly_name": fields.text,
    "twilio_handling": fields.one_of(*HANDLINGS),
}
_NUMBER: dict[str, fields.Reader] = {"number": _sender, "account_sid": _sid("AC"), "sms_url": fields.url}
_SERVICE: dict[str, fields.Reader] = {
    "sid": _sid("MG"),
    "account_sid": _sid("AC"),
    "friendly_name": fields.text,
    "senders": _senders,
    "alpha_senders": fields.texts,
    "inbound_request_url": fields.url,
    "use_inbound_webhook_on_number": fields.flag,
    "status_callback": fields.url,
    "advanced_opt_out": _several(SandboxKeywordSet, _KEYWORD_SET, "keyword_type", "keywords", "reply"),
}
_PHONE: dict[str, fields.Reader] = {"number": _phone, "writes_to": _sender, "words": fields.texts}
KEYS: Final = {
    "accounts": _ACCOUNT,
    "numbers": _NUMBER,
    "services": _SERVICE,
    "advanced_opt_out": _KEYWORD_SET,
    "phones": _PHONE,
}
"""What each kind of item may hold."""

_FIELDS: dict[str, fields.Reader] = {
    "accounts": _several(SandboxAccount, _ACCOUNT, "sid", "auth_tokens"),
    "numbers": _several(_number, _NUMBER, "number"),
    "services": _several(_service, _SERVICE, "sid"),
    "phones": _several(SandboxPhone, _PHONE, "number"),
}

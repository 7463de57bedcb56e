"""Why a webhook's signature fits or does not: the usual causes, each tried. Pure; no key is ever part of a text.

Twilio signs the URL that it asked, as the settings at Twilio write it, and the parameters (Twilio, webhooks security).
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from gateway.twilio.signature import is_signed

SHA1_BYTES: Final = 20
OTHER_SCHEME: Final = {"http": "https", "https": "http"}
COMMON_PORTS: Final = (443, 80, 8080, 8443)

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LabelledKey:
    """A key, and how the settings call it."""

    label: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a signature fits as it stands; the key that it fits with, by its label (None: with none), the likely
    cause where it does not fit, what to do, and how many ways were tried.
    """

    fits: bool
    label: str | None
    cause: str
    to_do: str
    tried: int


@dataclass(frozen=True, slots=True)
class _Try:
    url: str
    fields: Fields
    cause: str
    to_do: str


def explain(signature: str, url: str, fields: Fields, keys: Iterable[LabelledKey], own_url: str) -> Explanation:
    """Explain the value of ``X-Twilio-Signature`` on a request to ``url`` with a form. ``own_url`` is what the gateway
    makes signatures over: public_url and the path.
    """
    if not _has_the_shape(signature):
        cause = "it is no signature of Twilio's: that is 28 characters of base64, for 20 bytes"
        return Explanation(False, None, cause, "take the whole value of the header X-Twilio-Signature", 0)
    known = tuple(keys)
    tried = 0
    for attempt in _tries(url, tuple(fields), own_url):
        for key in known:
            tried += 1
            if is_signed(signature, (key.key,), attempt.url, attempt.fields):
                return Explanation(not attempt.cause, key.label, attempt.cause, attempt.to_do, tried)
    return Explanation(
        False,
        None,
        "no key of the settings fits, in any of the ways that were tried: it is another account's or an old Auth "
        "Token, or what came is not what Twilio sent",
        "compare auth_tokens with the Twilio Console; see that no proxy changes, drops or adds parameters",
        tried,
    )


def _has_the_shape(signature: str) -> bool:
    try:
        return len(base64.b64decode(signature.encode("ascii"), validate=True)) == SHA1_BYTES
    except (binascii.Error, UnicodeEncodeError):
        return False


def _tries(url: str, fields: Fields, own_url: str) -> Iterator[_Try]:
    """As it stands, then one change at a time, then of URL and parameters together."""
    yield _Try(url, fields, "", "")
    urls = list(_other_urls(urlsplit(url), own_url))
    forms = list(_other_fields(fields))
    yield from (_Try(other, fields, cause, to_do) for other, cause, to_do in urls)
    yield from (_Try(url, other, cause, to_do) for other, cause, to_do in forms)
    for other, cause, to_do in urls:
        for form, cause_too, to_do_too in forms:
            yield _Try(other, form, f"{cause}; and {cause_too}", f"{to_do}; {to_do_too}")


PUBLIC_URL: Final = "make public_url and the URL at Twilio the same, to the letter"


def _other_urls(parts: SplitResult, own_url: str) -> Iterator[tuple[str, str, str]]:
    """Other URLs that may have been signed, what it means if one was, and what to do."""
    swapped = parts._replace(scheme=OTHER_SCHEME.get(parts.scheme, parts.scheme))
    if swapped != parts:
        yield urlunsplit(swapped), f"the scheme: Twilio asked by {swapped.scheme}, not {parts.scheme}", PUBLIC_URL
    for base, scheme in ((parts, ""), (swapped, f" and by {swapped.scheme}")):
        for port in (None, *COMMON_PORTS):
            other = _with_port(base, port)
            if other not in {parts, swapped}:
                cause = f"the port: Twilio asked {f'port {port}' if port else 'no port'}{scheme}"
                yield urlunsplit(other), cause, PUBLIC_URL
    own = urlsplit(own_url)
    for other, cause in (
        (parts._replace(scheme=own.scheme, netloc=own.netloc), "the host: Twilio asked that of public_url"),
        (own, "the URL: Twilio asked public_url and the path, without more"),
    ):
        yield urlunsplit(other), cause, "the request is all right; look at it under this URL"
    if parts.query:
        yield urlunsplit(parts._replace(query="")), "the query: Twilio asked without it", PUBLIC_URL
    slashed = parts.path.rstrip("/") if parts.path.endswith("/") else f"{parts.path}/"
    cause = f"a slash at the end: Twilio asked {'with' if slashed.endswith('/') else 'without'} it"
    yield urlunsplit(parts._replace(path=slashed)), cause, PUBLIC_URL
    yield (
        urlunsplit(parts._replace(netloc=parts.netloc.lower())),
        "the host's capitals: Twilio asked in small letters",
        (PUBLIC_URL),
    )


def _with_port(parts: SplitResult, port: int | None) -> SplitResult:
    host = parts.netloc.rpartition("@")[2]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return parts._replace(netloc=name if port is None else f"{name}:{port}")


def _other_fields(fields: Fields) -> Iterator[tuple[Fields, str, str]]:
    """Other readings of the parameters, what it means if one was signed, and what to do."""
    to_do = "let the request pass unchanged, byte for byte"
    if not fields:
        return
    yield (), "the parameters: Twilio sent none in the body (a GET, or JSON)", "set the webhook's method to POST"
    stripped = tuple((name, value.strip()) for name, value in fields)
    plus = tuple((name, value.replace(" ", "+")) for name, value in fields)
    without_last_break = (*fields[:-1], (fields[-1][0], fields[-1][1].rstrip("\r\n")))
    filled = tuple((name, value) for name, value in fields if value)
    for other, cause in (
        (without_last_break, "a line break at the end of the form, which Twilio did not send"),
        (stripped, "white space around values, which Twilio did not send"),
        (plus, "the sign +, which was read as a space: in a form it is written %2B"),
        (filled, "empty parameters, which Twilio did not send"),
    ):
        if other != tuple(fields):
            yield other, cause, to_do
    for position, (name, _) in enumerate(fields):
        yield (*fields[:position], *fields[position + 1 :]), f"the parameter {name}, which Twilio did not send", to_do

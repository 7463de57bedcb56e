"""Twilio's webhook signature: HMAC-SHA1 over the URL and the sorted parameters (Twilio, webhooks security).

The scheme joins names and values without a separator and has no time stamp; whoever takes a signed message has to
check its shape (`gateway.twilio.inbound`) and that its MessageSid is new.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
BODY_HASH: Final = "bodySHA256"
SIGNATURE_CHARACTERS: Final = 28  # base64 of 20 bytes
MOST_EXPLAINED_CHARACTERS: Final = 8 * 1024
MOST_PARTS_THAT_DIFFER: Final = 2


def sign(key: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The value of ``X-Twilio-Signature`` for a request to ``url`` (without fragment and user info) with a form."""
    digest = hmac.new(key.encode(), _signed_text(url, fields).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(signature: str, keys: Iterable[str], url: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the keys made the signature, over the URL with or without its port."""
    listed = list(fields)
    given = signature.encode("utf-8", "surrogateescape")
    return any(
        hmac.compare_digest(given, sign(key, form, listed).encode())
        for key in keys
        for form in _with_and_without_port(signed_form_of(url))
    )


def is_body_signed(signature: str, keys: Iterable[str], url: str, body: bytes) -> bool:
    """Whether one of the keys signed a request whose body is no form (JSON): the URL alone is signed, and its query
    holds ``bodySHA256``, the hash of the raw body in lower-case hexadecimal, exactly once (Twilio, webhooks security).
    """
    hashes = [value for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True) if name == BODY_HASH]
    given = "".join(hashes).encode("utf-8", "surrogateescape")
    is_hash = len(hashes) == 1 and hmac.compare_digest(given, hashlib.sha256(body).hexdigest().encode())
    return is_hash and is_signed(signature, keys, url, ())


def _signed_text(url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The URL, then each name with its values; several values of one name count once each, in order of value."""
    return url + _joined(fields)


def _joined(fields: Iterable[tuple[str, str]]) -> str:
    values: dict[str, set[str]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    return "".join(name + value for name in sorted(values) for value in sorted(values[name]))


def signed_form_of(url: str) -> str:
    """The URL as it is signed: without fragment and without user and password."""
    scheme, authority, path, query, _ = urlsplit(url)
    return urlunsplit((scheme, authority.rpartition("@")[2], path, query, ""))


def _with_and_without_port(url: str) -> tuple[str, ...]:
    """Both spellings of a URL at its scheme's default port; one at any other port, which Twilio keeps."""
    scheme, authority, path, query, _ = urlsplit(url)
    port = DEFAULT_PORTS.get(scheme)
    host, _, given = authority.rpartition(":") if authority.rpartition(":")[2].isdigit() else (authority, "", "")
    if given and given != str(port):
        return (url,)
    return tuple(urlunsplit((scheme, form, path, query, "")) for form in (authority, host, f"{host}:{port}"))


# Why a signature does not fit


# Paths of the gateway's behind which a token names an app's URL.
NAMES_A_URL: Final = re.compile("(/redirect/|/status/).*", re.DOTALL)


class Part(StrEnum):
    """What of a request may have been another one when Twilio signed it."""

    SCHEME = "scheme"
    HOST = "host"
    PORT = "port"
    PATH = "path"
    QUERY = "query"
    PARAMETERS = "parameters"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Cause:
    """The likely cause of a signature that does not fit: the ``parts`` that differ, and the ``url`` that it does fit.

    Without parts nothing that was tried fits, or there is no signature to speak of; ``text`` says which. The URL may
    hold an app's secrets in its query; ``text`` holds neither its query nor user and password.
    """

    text: str
    parts: tuple[Part, ...] = ()
    url: str | None = None


NO_SIGNATURE: Final = Cause("there is no X-Twilio-Signature of Twilio's form")
NOT_EXPLAINED: Final = Cause("it is too long to be explained")
NOTHING_FITS: Final = Cause(
    "no likely URL fits either: the Auth Token is another, or something on the way changed the parameters"
)


def explain(
    signature: str,
    keys: Iterable[str],
    url: str,
    fields: Iterable[tuple[str, str]],
    *,
    hosts: Iterable[str] = (),
    other_keys: Iterable[str] = (),
) -> Cause:
    """The likely cause why a signature fits neither ``url`` nor the fields, found by trying what goes wrong most.

    ``hosts`` are further hosts to try, each with its port if it has one, such as a request's own Host header, which is
    believed for nothing else; ``other_keys`` are those of other accounts. At most two parts are taken to differ.
    """
    listed = list(fields)
    joined = _joined(listed)
    if len(signature) != SIGNATURE_CHARACTERS:
        return NO_SIGNATURE
    if len(url) + len(joined) > MOST_EXPLAINED_CHARACTERS:
        return NOT_EXPLAINED
    if is_signed(signature, other_keys, url, listed):
        return Cause("it was signed with the Auth Token of another account of the settings", (Part.KEY,), url)
    given = signature.encode("utf-8", "surrogateescape")
    coded = [key.encode() for key in keys]
    for parts, variant, rest in _variants(signed_form_of(url), joined, tuple(hosts)):
        for key in coded:
            made = base64.b64encode(hmac.digest(key, (variant + rest).encode(), "sha1"))
            if hmac.compare_digest(given, made):
                return Cause(_told(parts, variant), parts, variant)
    return NOTHING_FITS


def _variants(url: str, joined: str, hosts: tuple[str, ...]) -> Iterator[tuple[tuple[Part, ...], str, str]]:
    """What Twilio may have signed: the parts that differ, the URL, and the joined parameters; nearest first."""
    scheme, authority, path, query, _ = urlsplit(url)
    host, port = _host_and_port(authority)
    pairs = [_host_and_port(each) for each in hosts]
    tried = list(
        product(
            _unlike(scheme, ("https", "http")),
            _unlike(host, (name for name, _ in pairs)),
            _unlike(port, ("", *(number for _, number in pairs), "443", "80", "8080", "8443")),
            _unlike(path, (path.rstrip("/"), f"{path}/", path.replace("//", "/"))),
            _unlike(query, ("", "&".join(sorted(query.split("&"))))),
            _unlike(joined, ("",)),
        )
    )
    own = (scheme, host, port, path, query, joined)
    names = (Part.SCHEME, Part.HOST, Part.PORT, Part.PATH, Part.QUERY, Part.PARAMETERS)
    differing = [
        (tuple(name for name, mine, other in zip(names, own, values, strict=True) if mine != other), values)
        for values in tried
    ]
    for parts, values in sorted(differing, key=lambda each: len(each[0])):
        if 0 < len(parts) <= MOST_PARTS_THAT_DIFFER:
            address = f"{values[1]}:{values[2]}" if values[2] else values[1]
            yield parts, urlunsplit((values[0], address, values[3], values[4], "")), values[5]


def _unlike(own: str, others: Iterable[str]) -> tuple[str, ...]:
    """A value and what may stand in its place, each once."""
    return tuple(dict.fromkeys((own, *others)))


def _host_and_port(authority: str) -> tuple[str, str]:
    host, _, port = authority.rpartition(":")
    return (host, port) if host and port.isdigit() else (authority, "")


def _cut(found: re.Match[str]) -> str:
    return f"{found[1]}…"


def _told(parts: tuple[Part, ...], url: str) -> str:
    scheme, authority, path, query, _ = urlsplit(url)
    shown = f"{scheme}://{authority}{NAMES_A_URL.sub(_cut, path)}{'?…' if query else ''}"
    if parts == (Part.PARAMETERS,):
        return f"it fits {shown} without the parameters: the webhook's method, or its body, was changed on the way"
    return f"it fits {shown}, where {' and '.join(parts)} differ{'s' if len(parts) == 1 else ''}"

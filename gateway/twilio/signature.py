"""Twilio's webhook signature: HMAC-SHA1 over the URL and the sorted parameters (Twilio, webhooks security).

The scheme joins names and values without a separator and has no time stamp; whoever takes a signed message has to
check its shape (`gateway.twilio.inbound`) and that its MessageSid is new.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


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


def _signed_text(url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The URL, then each name with its values; several values of one name count once each, in order of value."""
    values: dict[str, set[str]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    return url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))


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

"""An API call as its handler sees it, and the table of routes it came through."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from aiohttp import web

from gateway.sandbox.credentials import Caller
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.seeds import SandboxAccount

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated API call."""

    method: str
    path: str
    """Decoded, without the query."""

    base_url: str
    """Scheme and authority under which the caller sees this server."""

    caller: Caller
    account: SandboxAccount
    """The account that the path names, else the caller's."""

    names: Mapping[str, str]
    """The variable parts of the path."""

    query: Mapping[str, list[str]]
    form: Mapping[str, list[str]]
    """Parameters of the body; those of the query count where the body does not name them."""

    document: object = None
    """A body of JSON; None where there is none."""

    def text(self, name: str) -> str | None:
        """A single-valued parameter: the first value, or None where it was not given."""
        values = self.form.get(name)
        return values[0] if values else None

    def flag(self, name: str) -> bool | None:
        """A boolean parameter, or None where it was not given; raises TwilioError 20001."""
        text = self.text(name)
        if text is None:
            return None
        if text.lower() not in _TRUTH:
            raise TwilioError.of(20001, parameter=name)
        return _TRUTH[text.lower()]

    def asked(self, name: str) -> str | None:
        """A query parameter's first value, or None."""
        values = self.query.get(name)
        return values[0] if values else None


def read_query(text: str) -> dict[str, list[str]]:
    """A query or form by name, empty values kept, in UTF-8."""
    return parse_qs(text, keep_blank_values=True, errors="replace")


Handler = Callable[[Call], web.Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path to its handler."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


FORMAT = r"(?:\.json|\.xml)?"
ACCOUNT = r"/2010-04-01/Accounts/(?P<account>AC[0-9a-fA-F]{32})"


def route(method: str, pattern: str, handler: Handler) -> Route:
    """A line of a route table; `pattern` has to match the whole path."""
    return Route(method, re.compile(pattern), handler)

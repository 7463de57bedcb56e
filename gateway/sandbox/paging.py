"""Lists page by page.

Sources: Twilio's Response (api.twilio.com: relative URIs); Messaging Service resource (`meta` with absolute
URLs).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from gateway.sandbox.answers import Document
from gateway.sandbox.calls import Call
from gateway.sandbox.errors import TwilioError

_MOST = 1000
_STEERING = frozenset({"Page", "PageSize", "PageToken"})

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """A cut of a list and the way on from it."""

    items: tuple[_Item, ...]
    number: int
    size: int
    start: int
    has_next: bool
    call: Call

    def uri(self, number: int) -> str:
        """Path and query of a page of this list, its filters kept."""
        filters = [
            (name, value) for name, values in self.call.query.items() if name not in _STEERING for value in values
        ]
        steering = [("PageSize", str(self.size)), ("Page", str(number))]
        if number > self.number:
            steering.append(("PageToken", f"PA{self.start + self.size:032x}"))
        return f"{quote(self.call.path)}?{urlencode(filters + steering)}"

    @property
    def next_uri(self) -> str | None:
        """Path and query of the page after this one."""
        return self.uri(self.number + 1) if self.has_next else None

    @property
    def previous_uri(self) -> str | None:
        """Path and query of the page before this one."""
        return self.uri(self.number - 1) if self.number > 0 else None


def page_of(items: Sequence[_Item], call: Call, default_size: int) -> Page[_Item]:
    """The page that a call asks for; raises TwilioError 20001 for a number that is none."""
    size = min(max(_number(call, "PageSize", default_size), 1), _MOST)
    number = max(_number(call, "Page", 0), 0)
    token = call.asked("PageToken")
    start = _offset(token) if token else number * size
    cut = tuple(items[start : start + size])
    return Page(cut, number, size, start, start + size < len(items), call)


def _number(call: Call, name: str, default: int) -> int:
    text = call.asked(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise TwilioError.of(20001, parameter=name)
    return int(text)


def _offset(token: str) -> int:
    try:
        return int(token.removeprefix("PA"), 16)
    except ValueError:
        raise TwilioError.of(20001, parameter="PageToken") from None


def legacy_page(page: Page[_Item], key: str, represent: Callable[[_Item], Document]) -> dict[str, object]:
    """A page in the form of api.twilio.com."""
    return {
        "first_page_uri": page.uri(0),
        "end": page.start + max(len(page.items) - 1, 0),
        "next_page_uri": page.next_uri,
        "page": page.number,
        "page_size": page.size,
        "previous_page_uri": page.previous_uri,
        key: [represent(item) for item in page.items],
        "start": page.start,
        "uri": page.uri(page.number),
    }


def meta_page(page: Page[_Item], key: str, represent: Callable[[_Item], Document]) -> dict[str, object]:
    """A page in the form of the newer hosts."""
    base = page.call.base_url
    return {
        "meta": {
            "page": page.number,
            "page_size": page.size,
            "first_page_url": base + page.uri(0),
            "previous_page_url": None if page.previous_uri is None else base + page.previous_uri,
            "next_page_url": None if page.next_uri is None else base + page.next_uri,
            "key": key,
            "url": base + page.uri(page.number),
        },
        key: [represent(item) for item in page.items],
    }
